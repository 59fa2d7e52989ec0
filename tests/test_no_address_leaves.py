"""Addresses of recipients are in receipts, and nowhere else: everything runs, everything fails once, all is searched.

Every local part has a mark in it that stands nowhere else. Messages that wait are searched for it but for their bodies:
what SES said stays what it said, as long as queues keep it.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from ses_reputation.adapters import clients
from ses_reputation.domain.recipients import RecipientStorage
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.functions import error_document
from tests.blocklist_server import blocklist_server
from tests.test_template import RESOURCES

MARK = "xqzro"  # Shorter ones stand in made-up names and signatures at times.
LOCAL_PART = "jane.xqzroe"
NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
# As addresses are written in events, and what servers call the mailbox.
WRITTEN = (
    ("Jane.Xqzroe@Gmail.com", LOCAL_PART),
    ("Jane Roe <jane.xqzroe@gmail.com>", "JANE.XQZROE"),
    ("=?utf-8?q?Jane_Roe?= <jane.xqzroe+news@gmail.com>", LOCAL_PART),
    ('"jane xqzroe"@gmail.com', "Jane Xqzroe"),
    ("=?utf-8?q?jane=2exqzroe?=@gmail.com", LOCAL_PART),
)
REPLIES = (
    "smtp; 554 5.7.1 <{}>: mail from you was blocked using dbl.spamhaus.org",
    "smtp; 554 5.7.1 mailbox {local} refuses: you are listed by dbl.spamhaus.org; user={local}",
    "smtp; 554 5.7.1 blocked using dbl.spamhaus.org, see https://list.example/?who={local}%40gmail.com",
    "smtp; 554 5.7.1 blocked using dbl.spamhaus.org.  " + "x " * 220 + "{local}@gmail.com",  # cut off in the mark
)
POISON = (
    '{{"eventType": "Bounce", "mail": {{"destination": ["{0}"',
    '{{"eventType": "{0}"}}',
    '{{"Type": "{0}", "Message": "{0}"}}',
    '{{"eventType": "Send", "mail": {{"messageId": "p1", "timestamp": "{0}", "destination": ["{0}"]}}}}',
    '{{"eventType": "Bounce", "mail": {{}}, "bounce": {{"bounceType": "{0}", "bouncedRecipients": []}}}}',
    '{{"eventType": "Send", "mail": {{"tags": {{"{0}": "{0}"}}}}}}',
    '{{"eventType": "Send", "mail": {{"destination": "{0}"}}}}',
)
KEY = f"0123456789{MARK}abcdefghijklm"
ZONE = "dbl.dq.spamhaus.net"
KEYS_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:blocklist-keys-a1B2c3"
PARAMETERS = {
    "NotificationEmail": "ops@shop.example",
    "AutomaticSuppression": "true",
    "EnforceScopes": "tenant",
    "SuspicionMinimum": "3",
    "MinimumVolume": "10",
    "BlocklistZones": ZONE,
    "BlocklistKeysSecretArn": KEYS_ARN,
}


FUNCTIONS = {name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::Lambda::Function"}


class Failure(Enum):
    """How each call of AWS fails once in each function: AWS refuses it, and quotes the request, or a library fails
    on the local part of an address; but in watch_ses, which has nothing to do with recipients.
    """

    REFUSED = auto()
    BROKEN = auto()


class Faults:
    """What goes wrong in functions, and how often it did, by function and call."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        self.failed: Counter[str] = Counter()

    def __call__(self, model: Any, params: Any, **_: Any) -> Any:
        function = os.environ.get("POWERTOOLS_SERVICE_NAME")
        call = f"{function}: {model.name}"
        if not function or self.failed[call]:
            return None
        self.failed[call] += 1
        if self.failure is Failure.BROKEN:
            raise KeyError("unknown" if function == "watch_ses" else LOCAL_PART)
        message = f"One or more parameter values are not valid: {params['url']} {params['body']!r}"
        answer = {"Error": {"Code": "ValidationException", "Message": message}, "ResponseMetadata": {}}
        return AWSResponse("", 400, HTTPHeaders(), None), answer


@contextmanager
def failing_once(failure: Failure) -> Iterator[Faults]:
    """Clients that functions make in this block fail."""
    faults = Faults(failure)
    events = clients.session().get_component("event_emitter")
    events.register("before-call", faults)
    try:
        yield faults
    finally:
        events.unregister("before-call", faults)


def event(kind: str, number: int, written: str, **facts: Any) -> str:
    """What SES says of one mail, with the address wherever it has one."""
    mail = {
        "messageId": f"m-{number}",
        "timestamp": (NOON + timedelta(seconds=number)).isoformat(),
        "source": "news@shop.example",
        "destination": [written],
        "headers": [{"name": "To", "value": written}],
        "commonHeaders": {"to": [written], "subject": f"For {written}"},
        "tags": {"ses:configuration-set": ["newsletter"], "ses:tenant-name": ["acme"]},
    }
    return json.dumps({"eventType": kind, "mail": mail, kind.lower(): facts})


def events_of(number: int) -> Iterator[tuple[str, str]]:
    """All that happens to one mail, with the topic that SES publishes it to: it bounces, is delayed, complained of."""
    (written, local), reply = WRITTEN[number % len(WRITTEN)], REPLIES[number % len(REPLIES)]
    said = reply.format(written, local=local)
    failed = {"emailAddress": written, "status": "5.7.1", "diagnosticCode": said}
    yield "VolumeTopic", event("Send", number, written)
    yield "VolumeTopic", event("Delivery", number, written, recipients=[written], smtpResponse=f"250 OK {written}")
    yield (
        "BounceTopic",
        event("Bounce", number, written, bounceType="Permanent", bounceSubType="General", bouncedRecipients=[failed]),
    )
    delayed = event("DeliveryDelay", number, written).replace(
        '"deliverydelay": {}', f'"deliveryDelay": {json.dumps({"delayType": "General", "delayedRecipients": [failed]})}'
    )
    yield "BounceTopic", delayed
    yield (
        "ComplaintTopic",
        event("Complaint", number, written, complaintFeedbackType="abuse", complainedRecipients=[failed]),
    )


def played(cloud: LocalCloud) -> None:
    """Everything that functions do, each until it succeeds."""
    for number in range(len(WRITTEN) * len(REPLIES)):
        for topic, message in events_of(number):
            cloud.publish(topic, message)
    for poison in POISON:
        body = poison.format(LOCAL_PART)
        cloud.enqueue("BounceQueue", [body])
        cloud.enqueue("SuppressionQueue", [body])
        cloud.invoke("RecordFeedback", json.dumps(body))
    for _ in range(6):
        cloud.deliver()
    for number in range(30):
        runs = cloud.tick(NOON + HOUR + number * timedelta(minutes=15))
        if number > 2 and not any(run.error for run in runs):
            break
    for _ in range(5):
        cloud.invoke("ShowDashboard", {"scope": "account", "widgetContext": {}})
        cloud.call("Operate", {"command": "report", "scope": "tenant/acme", "category": "other", "evidence": "seen"})
    entry = {"EventBusName": cloud.resources["FindingBus"], "Source": "monitor", "Detail": "{}"}
    cloud.client("events").put_events(Entries=[{**entry, "DetailType": "SES Reputation Finding Reported"}])
    cloud.deliver()


def searched(cloud: LocalCloud, program: str) -> Iterator[tuple[str, str]]:
    """Everything that leaves, by where it is."""
    for run in cloud.invocations:
        yield f"the log of {run.function}", " ".join(run.logs)
        yield f"the error of {run.function}", json.dumps(error_document(run))
        if run.function != "ShowDashboard":
            yield f"what {run.function} returned", json.dumps(run.result)
    for email in cloud.emails():
        yield "an e-mail", f"{email.subject} {email.body}"
    while messages := cloud.client("sqs").receive_message(QueueUrl=program, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            yield "a message of a topic", message["Body"]
            cloud.client("sqs").delete_message(QueueUrl=program, ReceiptHandle=message["ReceiptHandle"])
    for queue in (name for name in cloud.resources if name.endswith("Queue")):
        for waiting in cloud.messages(queue):
            yield f"an attribute in {queue}", json.dumps(dict(waiting.attributes))
    for table in ("CountersTable", "StandingsTable", "ReceiptsTable"):
        for item in items(cloud, table):
            yield f"an item of {table}", json.dumps(item)


def items(cloud: LocalCloud, table: str) -> list[Any]:
    found: list[Any] = cloud.client("dynamodb").scan(TableName=cloud.resources[table])["Items"]
    return found


def listening_program(cloud: LocalCloud) -> str:
    """A queue that gets what the topics for people and programs say."""
    sqs = cloud.client("sqs")
    url: str = sqs.create_queue(QueueName="program")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for topic in ("StatusTopic", "ChatTopic", "OperationsTopic"):
        cloud.client("sns").subscribe(
            TopicArn=cloud.resources[topic],
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
        )
    return url


@contextmanager
def lived_through(storage: RecipientStorage, failure: Failure) -> Iterator[tuple[LocalCloud, str, Faults]]:
    """A cloud in which everything was done, and failed, and its listening program."""
    with blocklist_server() as server:
        server.put(f"{KEY}.{ZONE}", "dbltest.com", codes=("127.0.1.2",))
        server.put(f"{KEY}.{ZONE}", "shop.example", codes=("127.0.1.4",), text=f"See {KEY}.{ZONE}".encode())
        parameters = {**PARAMETERS, "BlocklistResolver": server.address, "RecipientStorage": storage}
        with LocalCloud(parameters) as cloud, failing_once(failure) as faults:
            cloud.now = NOON
            keys = {"Name": KEYS_ARN.rpartition(":")[2], "SecretString": f"{ZONE}={KEY}"}
            cloud.client("secretsmanager").create_secret(**keys)
            cloud.ses.verify("shop.example")
            cloud.ses.configuration_sets.add("newsletter").suppression = {"SuppressedReasons": []}
            cloud.ses.add_tenant("acme")
            program = listening_program(cloud)
            played(cloud)
            yield cloud, program, faults


def marked(text: str) -> bool:
    return MARK in text.lower()


@pytest.mark.parametrize(
    ("storage", "failure"),
    [(RecipientStorage.FULL, Failure.REFUSED), (RecipientStorage.HASHED, Failure.BROKEN)],
    ids=["addresses are kept, AWS refuses", "pseudonyms are kept, libraries fail"],
)
def test_no_address_leaves_the_receipts_whatever_is_done_and_whatever_fails(
    storage: RecipientStorage, failure: Failure
) -> None:
    with lived_through(storage, failure) as (cloud, program, faults):
        found = list(searched(cloud, program))
        where = {place for place, text in found if marked(text)}
        assert where == ({"an item of ReceiptsTable"} if storage is RecipientStorage.FULL else set())
        assert all("expires" in item for item in items(cloud, "ReceiptsTable")), "what is of persons has an end"
        # Something was there to be found.
        assert {place.rpartition(" ")[2] for place, _ in found if place.startswith("the log of")} >= FUNCTIONS
        failed = Counter(run.function for run in cloud.invocations if run.error)
        assert failed.keys() >= FUNCTIONS
        assert sum(faults.failed.values()) > 40
        assert any("dbl.spamhaus.org" in text for place, text in found if place == "an e-mail"), "replies are quoted"
        assert sum(place == "an attribute in FeedbackDeadLetterQueue" for place, _ in found) >= len(POISON)
        assert any("reason" in text for place, text in found if place.startswith("an attribute in Feedback"))
