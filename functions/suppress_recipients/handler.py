"""suppress_recipients: keeps the account's suppression list. Lambda calls it with batches of the suppression queue."""

import os
from collections.abc import Callable
from functools import cache
from time import sleep
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from ses_reputation import metrics, wiring
from ses_reputation.discretion import discreet
from ses_reputation.metrics import Meter, Reading
from ses_reputation.suppress import Outcome, Suppressed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()

# No recipient is begun with when less is left: two calls that SES does not answer take as long.
NEEDED_MILLISECONDS = 90_000

METERS = {
    Meter.SUPPRESSED: Outcome.SUPPRESSED,
    Meter.UNSUPPRESSED: Outcome.UNSUPPRESSED,
    Meter.SKIPPED_BY_SES: Outcome.SKIPPED_BY_SES,
}


class NotSuppressed(RuntimeError):
    """Messages that no queue can send again one by one failed: the invocation as a whole has to come again."""


@cache
def suppressor() -> Callable[[object, Callable[[], bool]], Suppressed]:
    return wiring.suppressor(os.environ, sleep)


@discreet
@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    suppressed = suppressor()(event, lambda: context.get_remaining_time_in_millis() > NEEDED_MILLISECONDS)
    outcomes = {str(outcome): number for outcome, number in suppressed.outcomes.items()}
    logger.info("suppressed", extra={**outcomes, "without_effect": suppressed.without_effect})
    for message in suppressed.set_apart:
        logger.warning("set apart", extra={"message_id": message.id, "reason": message.problem})
    if suppressed.delays:
        logger.warning("not yet", extra={"delays": suppressed.delays})
    counts = {meter: suppressed.outcomes.get(outcome) for meter, outcome in METERS.items()}
    metrics.write(Reading(meter, count) for meter, count in counts.items() if count)
    if any(message.id is None for message in suppressed.failed):
        raise NotSuppressed(f"{len(suppressed.failed)} messages could not be acted on")
    return {"batchItemFailures": [{"itemIdentifier": message.id} for message in suppressed.failed]}
