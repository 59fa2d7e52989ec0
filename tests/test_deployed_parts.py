"""What is read of a deployed stack, where there is more to it than a call: reasons of dead letters, and last runs."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from ses_reputation.adapters.deployed_parts import DeployedParts, unreadable
from ses_reputation.adapters.deployment import DeploymentNotFound
from ses_reputation.adapters.runs import DynamoDbRuns
from ses_reputation.adapters.ses import MetricsNotRead
from ses_reputation.diagnosis.diagnose import Unreadable
from ses_reputation.diagnosis.readings import Part
from ses_reputation.settings import SettingsError
from ses_reputation_local.cloud import LocalCloud

NOW = datetime(2026, 3, 20, 12, 40, tzinfo=UTC)


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


def parts(cloud: LocalCloud, sqs: Any = None) -> DeployedParts:
    """The dead-letter queue alone."""
    name = "FeedbackDeadLetterQueue"
    return DeployedParts(
        lambda: [Part(name, "AWS::SQS::Queue", cloud.resources[name], "CREATE_COMPLETE")],
        cloudwatch=cloud.client("cloudwatch"),
        lambda_=cloud.client("lambda"),
        scheduler=cloud.client("scheduler"),
        sns=cloud.client("sns"),
        sqs=sqs or cloud.client("sqs"),
    )


LETTERS = {
    "set apart by a function": ("{}", {"reason": "no event of SES"}, "no event of SES"),
    "not delivered by SNS": ("{}", {"ErrorCode": "403", "ErrorMessage": "not allowed"}, "not allowed"),
    "not delivered by EventBridge": ("{}", {"ERROR_CODE": "X", "ERROR_MESSAGE": "no permission"}, "no permission"),
    "an invocation that failed": (
        json.dumps({"responsePayload": {"errorMessage": "table is gone", "errorType": "E"}}),
        {},
        "table is gone",
    ),
    "an invocation that came too late": (
        json.dumps({"requestContext": {"condition": "EventAgeExceeded"}}),
        {},
        "EventAgeExceeded",
    ),
    "received too often": ('{"eventType": "Bounce"}', {}, "a function failed on it again and again"),
    "no JSON at all": ("what is this", {}, "a function failed on it again and again"),
}


def test_dead_letters_tell_their_reasons_and_stay_where_they_are(cloud: LocalCloud) -> None:
    sqs, url = cloud.client("sqs"), cloud.resources["FeedbackDeadLetterQueue"]
    for body, attributes, _ in LETTERS.values():
        values = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=values)
    for _ in range(2):
        (letters,) = parts(cloud).dead_letters()
        assert letters.queue.held == len(LETTERS)
        assert letters.reasons == [reason for _, _, reason in LETTERS.values()]


class MayNotReceive:
    """SQS for credentials that may look at a queue, and not into it."""

    def __init__(self, sqs: Any) -> None:
        self.get_queue_attributes = sqs.get_queue_attributes

    def receive_message(self, **_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ReceiveMessage")


def test_reasons_that_may_not_be_read_do_not_hide_how_many_dead_letters_there_are(cloud: LocalCloud) -> None:
    sqs = cloud.client("sqs")
    sqs.send_message(QueueUrl=cloud.resources["FeedbackDeadLetterQueue"], MessageBody="{}")
    (letters,) = parts(cloud, MayNotReceive(sqs)).dead_letters()
    assert letters.queue.held > 0
    assert letters.reasons is None


def test_the_last_run_is_the_one_for_the_latest_time_whenever_it_ended(cloud: LocalCloud) -> None:
    runs = DynamoDbRuns(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    assert runs.last("EvaluateReputation") is None
    for time in (NOW - timedelta(minutes=15), NOW, NOW - timedelta(minutes=15)):
        runs.note("EvaluateReputation", time)
    assert runs.last("EvaluateReputation") == NOW
    assert runs.last("WatchSes") is None


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetTopicAttributes")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            refused("AuthorizationError"),
            Unreadable("AWS denied GetTopicAttributes to these credentials: no", "GetTopicAttributes"),
        ),
        (refused("NotFound"), Unreadable("AWS refused GetTopicAttributes: no (NotFound)", gone=True)),
        (
            refused("ResourceNotFoundException"),
            Unreadable(
                "AWS refused GetTopicAttributes: no (ResourceNotFoundException): the stack, or this part of it, may "
                "have been deleted",
                gone=True,
            ),
        ),
        (refused("InternalError"), Unreadable("AWS refused GetTopicAttributes: no (InternalError)")),
        (DeploymentNotFound("no such part"), Unreadable("no such part")),
        (MetricsNotRead("not told"), Unreadable("not told")),
        (SettingsError("no TABLE"), Unreadable("the stack is of another version: no TABLE")),
        (
            ResponseParserError("Unable to parse response (syntax error), invalid XML received."),
            Unreadable("what answered is not AWS, or was cut off: look at proxies and AWS_ENDPOINT_URL, and try again"),
        ),
        (KeyError("a mistake of ours"), None),
    ],
    ids=[
        "denied",
        "gone",
        "no-table",
        "refused",
        "no such part",
        "no such metric",
        "another version",
        "no answer of AWS",
        "a mistake",
    ],
)
def test_only_what_comes_of_reading_is_explained(error: Exception, expected: Unreadable | None) -> None:
    assert unreadable(error) == expected
