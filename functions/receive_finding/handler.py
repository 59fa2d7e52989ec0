"""receive_finding: opens findings, or adds evidence to them, as events say, and keeps what SES tells by itself."""

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger

from ses_reputation import wiring
from ses_reputation.discretion import discreet
from ses_reputation.receive import Outcome, Received

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def receiver() -> Callable[[object], Received]:
    return wiring.finding_receiver(os.environ)


@discreet
@logger.inject_lambda_context
def lambda_handler(event: object, _context: "LambdaContext") -> dict[str, Any]:
    received = receiver()(event)
    told: dict[str, Any] = msgspec.to_builtins(received)
    (logger.warning if received.outcome is Outcome.SET_APART else logger.info)("received", extra=told)
    return told
