"""What a function that reads a queue could do nothing about comes again, and nothing else does."""

from collections.abc import Iterator

import pytest

from ses_reputation_local.cloud import LocalCloud
from tests.test_whole_path import EVENTS

POISON = {"messageId": "poison", "body": "no event at all"}
BOUNCE = {"messageId": "bounce", "body": (EVENTS / "configuration-set/bounce.json").read_text(encoding="utf-8")}


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud({"AutomaticSuppression": "true"}) as cloud:
        yield cloud


@pytest.mark.parametrize(
    ("function", "queue", "neighbours"),
    [
        ("RecordFeedback", "FeedbackDeadLetterQueue", [BOUNCE]),
        ("SuppressRecipients", "SuppressionDeadLetterQueue", [BOUNCE]),
        # Their batches hold one message.
        ("EnforceStatus", "EnforcementDeadLetterQueue", []),
        ("EvaluateReputation", "EvaluationDeadLetterQueue", []),
    ],
)
def test_poison_that_nobody_takes_comes_again_alone(
    cloud: LocalCloud, function: str, queue: str, neighbours: list[dict[str, str]]
) -> None:
    batch = {"Records": [*neighbours, POISON]}
    assert cloud.invoke(function, batch).result == {"batchItemFailures": []}
    cloud.client("sqs").delete_queue(QueueUrl=cloud.resources[queue])
    run = cloud.invoke(function, batch)
    assert run.result == {"batchItemFailures": [{"itemIdentifier": "poison"}]}, run.error
