"""watch_ses: keeps what SES says of the account. EventBridge Scheduler calls it with the scheduled time."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger

from ses_reputation import metrics, wiring
from ses_reputation.discretion import discreet
from ses_reputation.metrics import Meter, Reading
from ses_reputation.schedule import scheduled_time

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def watcher() -> wiring.Watcher:
    return wiring.watcher(os.environ)


@discreet
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    now = scheduled_time(event)
    # evaluate_reputation can't tell that it no longer runs. First, since SES may not answer.
    if (age := watcher().evaluation_age(now)) is not None:
        metrics.write([Reading(Meter.EVALUATION_AGE, age.total_seconds())])
    watched: dict[str, Any] = msgspec.to_builtins(watcher().watch(now))
    logger.info("watched", extra={"now": now.isoformat(), **watched})
    return watched
