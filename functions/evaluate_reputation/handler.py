"""evaluate_reputation: judges what changed and sends alerts. EventBridge Scheduler calls it with the scheduled time."""

import os
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger

from ses_reputation import wiring
from ses_reputation.evaluate import Evaluated
from ses_reputation.schedule import scheduled_time

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def evaluator() -> Callable[[datetime], Evaluated]:
    return wiring.evaluator(os.environ)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    now = scheduled_time(event)
    evaluated: dict[str, Any] = msgspec.to_builtins(evaluator()(now))
    logger.info("evaluated", extra={"now": now.isoformat(), **evaluated})
    return evaluated
