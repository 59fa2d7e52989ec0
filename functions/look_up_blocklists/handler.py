"""look_up_blocklists: asks DNS blocklists about domains. EventBridge Scheduler calls it with the scheduled time."""

import os
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger

from ses_reputation import metrics, wiring
from ses_reputation.discretion import discreet
from ses_reputation.look_up import LookedUp
from ses_reputation.metrics import Meter, Reading
from ses_reputation.schedule import scheduled_time

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()

# Nothing more is asked when less is left: what was found has to be written.
NEEDED_MILLISECONDS = 120_000


@cache
def looker() -> Callable[[datetime, Callable[[], bool]], LookedUp]:
    return wiring.looker(os.environ)


@discreet
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    now = scheduled_time(event)
    looked_up = looker()(now, lambda: context.get_remaining_time_in_millis() > NEEDED_MILLISECONDS)
    told: dict[str, Any] = msgspec.to_builtins(looked_up)
    (logger.warning if looked_up.unusable else logger.info)("looked up", extra={"now": now.isoformat(), **told})
    metrics.write([Reading(Meter.UNUSABLE_BLOCKLISTS, len(looked_up.unusable))])
    return told
