"""enforce_status: pauses sending at SES, and resumes it. Lambda calls it with messages of the enforcement queue."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from time import sleep
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger

from ses_reputation import wiring
from ses_reputation.discretion import discreet
from ses_reputation.enforce import Handled, Outcome

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


@cache
def enforcer() -> Callable[[object, datetime], list[Handled]]:
    return wiring.enforcer(os.environ, sleep)


def clock() -> datetime:
    # What SES does from now on depends on it, whenever the message was written.
    return datetime.now(UTC)


@discreet
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    handled = enforcer()(event, clock())
    for each in handled:
        (logger.warning if each.problem else logger.info)("enforced", extra=msgspec.to_builtins(each))
    again = [each.message_id for each in handled if each.outcome is Outcome.TRY_AGAIN]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
