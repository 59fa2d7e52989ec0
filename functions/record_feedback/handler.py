"""record_feedback: counts what SES reports. Lambda calls it with batches of the feedback queues."""

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from ses_reputation import wiring
from ses_reputation.record import Outcome, Recorded

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


class NotCounted(RuntimeError):
    """Messages that no queue can send again one by one failed: the invocation as a whole has to come again."""


@cache
def recorder() -> Callable[[object], Recorded]:
    return wiring.recorder(os.environ)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    recorded = recorder()(event)
    logger.info("recorded", extra={str(o.name).lower(): recorded.count(o) for o in Outcome})
    for message in recorded.messages:
        if message.problem:
            logger.warning("unreadable", extra={"message_id": message.id, "reason": message.problem})
    if recorded.unknown_subtypes:
        logger.warning("unknown bounce subtypes", extra={"subtypes": recorded.unknown_subtypes})
        unknown = sum(recorded.unknown_subtypes.values())
        with single_metric("UnknownBounceSubtype", MetricUnit.Count, unknown) as metric:
            metric.add_dimension("service", "record_feedback")
    failed = recorded.failed()
    if any(message.id is None for message in failed):
        raise NotCounted(f"{len(failed)} messages could not be counted")
    return {"batchItemFailures": [{"itemIdentifier": message.id} for message in failed]}
