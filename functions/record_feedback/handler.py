"""record_feedback: counts what SES reports. Lambda calls it with batches of the feedback queues."""

import gc
import os
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from ses_reputation import metrics, record_wiring
from ses_reputation.discretion import discreet
from ses_reputation.metrics import Meter, Reading
from ses_reputation.record import Outcome

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()

# No transaction is begun with when less is left: one that meets others ten times takes 6 s, and what was counted before
# is still to be marked as due, and listed.
NEEDED_MILLISECONDS = 20_000

METERS = {
    Meter.EVENTS_COUNTED: Outcome.COUNTED,
    Meter.EVENTS_DUPLICATE: Outcome.DUPLICATE,
    Meter.EVENTS_UNREADABLE: Outcome.UNREADABLE,
}


class NotCounted(RuntimeError):
    """Messages that no queue can send again one by one failed: the invocation as a whole has to come again."""


@cache
def recorder() -> record_wiring.Record:
    # What boto3 has loaded stays for good. To look for garbage in it whenever there are 700 more objects, of which a
    # batch makes thousands, is a quarter of the CPU time; what a batch leaves behind is no cycle, and goes by itself.
    gc.set_threshold(50_000)
    return record_wiring.recorder(os.environ)


@discreet
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    recorded = recorder()(event, lambda: context.get_remaining_time_in_millis() > NEEDED_MILLISECONDS)
    logger.info("recorded", extra={str(o.name).lower(): recorded.count(o) for o in Outcome})
    for message in recorded.messages:
        if message.problem:
            logger.warning("unreadable", extra={"message_id": message.id, "reason": message.problem})
    readings = [Reading(meter, recorded.count(outcome)) for meter, outcome in METERS.items()]
    if recorded.unknown_subtypes:
        logger.warning("unknown bounce subtypes", extra={"subtypes": recorded.unknown_subtypes})
        readings.append(Reading(Meter.UNKNOWN_BOUNCE_SUBTYPE, sum(recorded.unknown_subtypes.values())))
    if recorded.refused_scopes:
        logger.warning("too many scopes in a month, counted as (other)", extra={"scopes": recorded.refused_scopes})
        readings.append(Reading(Meter.SCOPES_NOT_APART, sum(recorded.refused_scopes.values())))
    metrics.write(readings)
    failed = recorded.failed()
    if any(message.id is None for message in failed):
        raise NotCounted(f"{len(failed)} messages could not be counted")
    return {"batchItemFailures": [{"itemIdentifier": message.id} for message in failed]}
