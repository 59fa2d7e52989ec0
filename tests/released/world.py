"""A small deployment in which everything has happened that leaves an item in a table, a document or a dead letter.

What is in its tables, and what has left it, is kept for each release: tests/released/keep.py.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from moto.sqs.models import sqs_backends

from ses_reputation.adapters.books import DynamoDbBooks
from ses_reputation.adapters.chunks import DynamoDbChunks
from ses_reputation.adapters.dead_letter_queues import DeadLetterQueues
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.adapters.replaced_topics import DynamoDbReplacedTopics
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.adapters.statistics import DynamoDbStatistics
from ses_reputation.adapters.verdicts import DynamoDbVerdicts
from ses_reputation.domain.connections import Notification
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.recipients import RecipientStorage
from ses_reputation.domain.reconciliation import Counted, Discrepancy
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.statistics import Reported
from ses_reputation.due import Due, in_chunks
from ses_reputation.redrive import Discarded, Origin
from ses_reputation_local.cloud import Answer, LocalCloud, QueuedMessage
from ses_reputation_local.queues import peek
from ses_reputation_local.ses_mail import (
    Bounce,
    BounceSubtype,
    BounceType,
    Complaint,
    Delay,
    EventType,
    FeedbackType,
    Format,
    Message,
    Topic,
)
from ses_reputation_local.ses_simulator import SesSimulator
from tests.released.kinds import TABLES, Item

EVENTS = Path(__file__).parents[2] / "events"
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
WEEKS_AGO = datetime(2026, 2, 16, 9, tzinfo=UTC)
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
END = MONDAY + 21 * DAY
LATE_MAIL = END - 2 * HOUR

NEWSLETTER, SHARED = Scope("configuration-set/newsletter"), Scope("configuration-set/shared")
BIKES, BOOKS = Scope("tenant/hill-bikes"), Scope("tenant/valley-books")
TRAP = "nobody@trap.example"
RECIPIENT_KEY = "the key of recipients in the deployment of which items are kept "
ANN = "arn:aws:iam::123456789012:user/ann"
PARAMETERS: Mapping[str, str] = {
    "NotificationEmail": "ops@shop.example",
    "MinimumVolume": "10",
    "SuspicionMinimum": "3",
    "Spamtraps": TRAP,
    "ScopeTags": "campaign",
    "MaximumScopes": "3",
    "ReviewReminderDays": "7",
    "HumanReviewScopes": "configuration-set",
    "EnforceScopes": "tenant",
    "AutomaticSuppression": "true",
    "WeeklySummary": "monday",
    "RelatedEventBuses": "arn:aws:events:us-east-1:123456789012:event-bus/ses-reputation",
}
TOPICS: Mapping[Topic, str] = {
    Topic.BOUNCE: "BounceTopic",
    Topic.COMPLAINT: "ComplaintTopic",
    Topic.VOLUME: "VolumeTopic",
}
QUEUES = ("Feedback", "Finding", "Enforcement", "Suppression", "Evaluation")


class Letter(NamedTuple):
    """A dead letter: the queue that it is on, its body, and its attributes."""

    queue: str
    body: str
    attributes: Mapping[str, str]


class World(NamedTuple):
    """What is left of it: the items of each table, what left, and what was set apart.

    `alerts` are messages of the status topic as a queue gets them, and so are `chats`; `answers` is what operate said.
    """

    tables: Mapping[str, Sequence[Item]]
    letters: Sequence[Letter]
    alerts: Sequence[QueuedMessage]
    chats: Sequence[QueuedMessage]
    answers: Sequence[Answer]


def whole() -> World:
    """All of it."""
    with LocalCloud(PARAMETERS) as cloud:
        return _Telling(cloud).all()


def receipts(storage: RecipientStorage) -> Sequence[Item]:
    """The receipts of a morning in a deployment that keeps recipients in this way."""
    with keeping(storage) as cloud:
        tell_of_the_morning(cloud)
        return table(cloud, "receipts")


@contextmanager
def keeping(storage: RecipientStorage) -> Iterator[LocalCloud]:
    """A deployment on that morning that keeps recipients in this way, under a key that is no secret."""
    with LocalCloud({"RecipientStorage": storage, "AutomaticSuppression": "true"}) as cloud:
        cloud.now = MONDAY
        cloud.ses.configuration_sets.add("newsletter").suppression = {"SuppressedReasons": []}
        if "RecipientKey" in cloud.resources:
            secret = cloud.resources["RecipientKey"]
            cloud.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=RECIPIENT_KEY)
        yield cloud


def tell_of_the_morning(cloud: LocalCloud, which: str = "a morning") -> None:
    """Have SES tell of all mail of a morning; once more, as after a redrive, if it has done so before."""
    _Telling(cloud).morning(which)


def table(cloud: LocalCloud, name: str) -> Sequence[Item]:
    """All items of a table."""
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=cloud.resources[f"{name.title()}Table"])
    return [item for page in pages for item in page["Items"]]


class _Telling:
    """The story of it, step by step."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.dynamodb = cloud.client("dynamodb")
        self.answers: list[Answer] = []
        self.standings = DynamoDbStandings(self.dynamodb, table=cloud.resources["StandingsTable"])

    def all(self) -> World:
        cloud = self.cloud
        alerts, chats = subscribed(cloud, "StatusTopic"), subscribed(cloud, "ChatTopic")
        cloud.sent_elsewhere = []
        self.begins()
        self.weeks_ago()
        self.morning()
        self.streams()
        self.evaluated(MONDAY + HOUR)
        self.people()
        self.outage()
        self.ses_says()
        self.time_passes()
        heard, seen = received(cloud, alerts), received(cloud, chats)
        self.is_cut_short()
        self.what_commands_write()
        self.is_set_apart()
        self.is_handed_on()
        tables = {name: table(cloud, name) for name in TABLES}
        return World(tables, list(letters(cloud)), heard, seen, self.answers)

    def begins(self) -> None:
        self.cloud.now = WEEKS_AGO
        self.cloud.ses.verify("shop.example")
        for name in ("newsletter", "shared"):
            self.cloud.ses.configuration_sets.add(name).suppression = {"SuppressedReasons": []}
        self.cloud.ses.add_tenant("hill-bikes")
        self.cloud.ses.add_tenant("valley-books")
        self.cloud.tick(WEEKS_AGO, ["WatchSes"])

    def weeks_ago(self) -> None:
        """Enough mail to Gmail that what follows contradicts it."""
        self.mails("weeks ago", WEEKS_AGO, 26, provider="gmail.com", configuration_set="magazine")
        self.evaluated(WEEKS_AGO + HOUR)

    def morning(self, which: str = "a morning") -> None:
        """A mail of each kind: whatever SES may tell of one, in both formats where there are two."""
        ses = SesSimulator(which)

        def said(recipient: str, *outcomes: Any, **fields: Any) -> None:
            both = frozenset({Format.IDENTITY, Format.CONFIGURATION_SET})
            fields = {"configuration_set": "newsletter", "tenant": "hill-bikes", "formats": both, **fields}
            message = Message("Shop <news@shop.example>", (recipient,), tags={"campaign": "spring"}, **fields)
            self.publish(ses.send(MONDAY, message, *outcomes))

        for number in range(3):
            person = f"reader{number}@yahoo.com"
            said(person)
            said(person, Bounce((person,), BounceType.PERMANENT, BounceSubtype.NO_EMAIL))
            refused = "smtp; 554 5.7.1 blocked using dbl.spamhaus.org"
            said(person, Bounce((person,), status="5.7.1", reply=refused))
        said("full@yahoo.com", Bounce(("full@yahoo.com",), BounceType.TRANSIENT, BounceSubtype.MAILBOX_FULL))
        said("gone@yahoo.com", Bounce(("gone@yahoo.com",), BounceType.PERMANENT, BounceSubtype.SUPPRESSED))
        withheld = BounceSubtype.ON_ACCOUNT_SUPPRESSION_LIST
        said("left@yahoo.com", Bounce(("left@yahoo.com",), BounceType.PERMANENT, withheld))
        said("angry@yahoo.com", Complaint("angry@yahoo.com"))
        said("unknown@proton.me", Complaint("unknown@proton.me"))
        said("kind@yahoo.com", Complaint("kind@yahoo.com", FeedbackType.NOT_SPAM))
        said("slow@yahoo.com", Delay(("slow@yahoo.com",)))
        said("bounce@simulator.amazonses.com")
        said("me@shop.example")
        said(TRAP)
        self.cloud.deliver()

    def streams(self) -> None:
        """One that is bad, one that is only not good, more campaigns than there is room for, and mail of a tenant."""
        self.mails("bad", MONDAY, 2, bad=10, provider="yahoo.com", configuration_set="newsletter")
        self.mails("not good", MONDAY, 4, bad=3, provider="web.de", configuration_set="shared", tenant="valley-books")
        for campaign in ("summer", "autumn", "winter", "carnival"):
            tags = {"campaign": campaign}
            self.mails(campaign, MONDAY, 1, provider="aol.com", configuration_set="shared", tags=tags)

    def people(self) -> None:
        """Somebody sees problems, mends one, and decides; programs report as well, one of them wrongly."""
        self.operates(
            command="report", scope=BIKES, category="spamtrap", severity="shutdown", evidence="A list of traps."
        )
        self.operates(command="report", scope=BOOKS, category="other", severity="suspected", evidence="It looks odd.")
        self.operates(command="report", scope=ACCOUNT, category="direct_feedback", evidence="Many letters to AWS.")
        self.operates(command="report", scope=ACCOUNT, category="direct_feedback", evidence="One more letter.")
        note = "The list from the fair is gone."
        self.operates(command="changes-made", scope=BIKES, finding=self.finding(BIKES), note=note)
        self.decides(BIKES, "reinstate", to="healthy")
        self.operates(
            command="report", scope=BIKES, category="recipient_feedback", severity="shutdown", evidence="Again."
        )
        self.decides(ACCOUNT, "shutdown")
        self.decides(ACCOUNT, "make-permanent")  # No: only two categories know that.
        self.decides(ACCOUNT, "reinstate")
        self.operates(command="report", scope="nobody", category="other", evidence="?")
        detail = {"version": 1, "scope": BOOKS, "category": "vulnerable_site", "evidence": "Its form is open."}
        self.puts(detail)
        self.puts({**detail, "category": "bounce_rate"})

    def outage(self) -> None:
        """Gmail refuses addresses that it took for weeks, everybody else takes them; somebody says so."""
        noon = MONDAY + 4 * HOUR
        self.mails("outage", noon, 6, bad=38, provider="gmail.com", configuration_set="magazine")
        self.mails("elsewhere", noon, 3, provider="outlook.com", configuration_set="magazine")
        self.evaluated(noon + HOUR)
        outage = self.outages()[0]
        provider = Scope(f"provider/{outage.provider}")
        self.decides(provider, "confirm", finding=outage.id)
        self.evaluated(noon + 6 * HOUR)

    def ses_says(self) -> None:
        """SES itself puts the account under review, and tells of a tenant and of a blocklist."""
        cloud = self.cloud
        cloud.ses.enforcement_status = "PROBATION"
        cloud.tick(MONDAY + 11 * HOUR, ["WatchSes"])
        for name in ("finding-open", "sending-disabled-by-ses", "blocklist-open"):
            cloud.receive_event("default", json.loads((EVENTS / f"eventbridge/{name}.json").read_text()))
            cloud.deliver()
        self.evaluated(MONDAY + 12 * HOUR)

    def time_passes(self) -> None:
        """Until the first probations end, with reminders on the way. A sender is good for two days."""
        self.mails("good again", MONDAY + DAY, 30, provider="yahoo.com", configuration_set="newsletter")
        for days in (1, 2, 3, 14, 20, 21):
            self.evaluated(MONDAY + days * DAY + HOUR)

    def is_cut_short(self) -> None:
        """No topic and no bus takes an alert: they wait. Mail is counted, and not judged."""
        cloud, sns = self.cloud, self.cloud.client("sns")
        cloud.now = LATE_MAIL
        cloud.sent_elsewhere = None
        for topic in ("StatusTopic", "ChatTopic"):
            sns.delete_topic(TopicArn=cloud.resources[topic])
        self.decides(ACCOUNT, "shutdown")
        self.mails(
            "late", LATE_MAIL, 1, bad=1, provider="proton.me", configuration_set="newsletter", tenant="hill-bikes"
        )

    def what_commands_write(self) -> None:
        """What connect, backfill, rebuild and redrive leave, and SES's statistics."""
        cloud, resources = self.cloud, self.cloud.resources
        standings_table, counters_table = resources["StandingsTable"], resources["CountersTable"]
        DynamoDbReplacedTopics(self.dynamodb, table=standings_table).remember(
            "shop.example", Notification.BOUNCE, "arn:aws:sns:eu-west-1:123456789012:old-bounces"
        )
        statistics = DynamoDbStatistics(self.dynamodb, counters_table=counters_table, retention=400 * DAY)
        before = WEEKS_AGO - 10 * DAY
        statistics.write_backfill(ACCOUNT, {before: Reported(sent=400, bounced=8, complained=1)})
        statistics.write_reported(ACCOUNT, {MONDAY: 250})
        verdicts = DynamoDbVerdicts(self.dynamodb, table=standings_table)
        verdicts.write_feedback_share(40)
        verdicts.statistics_taken(MONDAY)
        verdicts.write_statistics_read(MONDAY + HOUR)
        due = DynamoDbDue(self.dynamodb, standings_table=standings_table, new_token=lambda: "rebuilt", pause=_never)
        books = DynamoDbBooks(
            self.dynamodb,
            receipts_table=resources["ReceiptsTable"],
            counters_table=counters_table,
            counter_retention=400 * DAY,
            due=due,
        )
        lost = Discrepancy(Counted({}, {}), {("yahoo", Measure.SENT): 1})
        books.correct((NEWSLETTER, MONDAY), lost, ANN, cloud.now)
        queues = DeadLetterQueues(
            cloud.client("sqs"),
            cloud.client("lambda"),
            self.dynamodb,
            dead={},
            sources={},
            ses_rule="",
            standings_table=standings_table,
            pause=_never,
        )
        garbage = Discarded(
            origin=Origin.FEEDBACK,
            id="5f1c2c1e",
            reason="no JSON",
            sent=MONDAY,
            type="unknown",
            scopes=(),
            message_id=None,
            by=ANN,
            time=cloud.now,
            note="It is garbage.",
        )
        queues.keep_discarded([garbage])

    def is_set_apart(self) -> None:
        """What no function could read, or was given up."""
        self.cloud.publish("BounceTopic", "no JSON")
        for queue in ("EnforcementQueue", "SuppressionQueue"):
            self.cloud.enqueue(queue, ["no JSON"])
        chunk = json.dumps({"chunk": "of nobody"})
        self.cloud.enqueue("EvaluationDeadLetterQueue", [chunk])
        bounce = (EVENTS / "configuration-set/bounce.json").read_text()
        self.cloud.enqueue("FeedbackDeadLetterQueue", [bounce])
        self.cloud.deliver()

    def is_handed_on(self) -> None:
        """Scopes of a large evaluation that nobody has judged yet."""
        chunks = DynamoDbChunks(
            self.dynamodb,
            self.cloud.client("sqs"),
            table=self.cloud.resources["StandingsTable"],
            queue_url=self.cloud.resources["EvaluationQueue"],
            size=2,
        )
        chunks.hand_on(list(in_chunks([Due(BOOKS, "of this run"), Due(SHARED, "as well")], END - HOUR, 2)))

    # What the steps consist of.

    def mails(self, name: str, at: datetime, count: int, *, bad: int = 0, provider: str, **fields: Any) -> None:
        """Messages to fifty recipients each, of whom so many do not exist."""
        ses = SesSimulator(name)
        fields = {"publishes": frozenset({EventType.SEND, EventType.BOUNCE}), **fields}
        for number in range(count):
            recipients = tuple(f"{name.replace(' ', '-')}-{number}-{n}@{provider}" for n in range(50))
            message = Message("Shop <news@shop.example>", recipients, **fields)
            bounced = [Bounce(recipients[:bad], BounceType.PERMANENT, BounceSubtype.NO_EMAIL)] if bad else []
            self.publish(ses.send(at, message, *bounced))
        self.cloud.deliver()

    def publish(self, published: Any) -> None:
        for topic, name in TOPICS.items():
            self.cloud.publish_all(name, [each.message for each in published if each.topic is topic])

    def evaluated(self, at: datetime) -> None:
        for run in self.cloud.tick(at, ["EvaluateReputation"]):
            if run.error:
                raise run.error

    def operates(self, **command: Any) -> None:
        self.cloud.now += MINUTE
        self.answers.append(self.cloud.call("Operate", command, ANN))
        self.cloud.deliver()

    def decides(self, scope: Scope, decision: str, finding: str | None = None, **options: Any) -> None:
        found = finding or self.finding(scope)
        note = "I have looked at it."
        self.operates(command="decide", scope=scope, finding=found, decision=decision, note=note, **options)

    def puts(self, detail: Mapping[str, Any]) -> None:
        entry = {
            "EventBusName": self.cloud.resources["FindingBus"],
            "Source": "trap-monitor",
            "DetailType": "SES Reputation Finding Reported",
            "Detail": json.dumps(detail),
        }
        self.cloud.client("events").put_events(Entries=[entry])
        self.cloud.deliver()

    def finding(self, scope: Scope) -> str:
        """The newest finding of a scope that was reported."""
        findings = [f for f in self.standings.read(scope).standing.findings.values() if f.category.metric is None]
        return max(findings, key=lambda finding: finding.opened).id

    def outages(self) -> list[Outage]:
        return list(self.standings.outages())


def _never(attempt: int) -> None:
    raise AssertionError(f"nothing is in the way here: {attempt}")


def subscribed(cloud: LocalCloud, topic: str) -> str:
    """Subscribe a new queue to a topic, as a program would that wants the attributes as well; its URL."""
    sqs = cloud.client("sqs")
    url: str = sqs.create_queue(QueueName=f"what-leaves-{topic}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    raw = {"RawMessageDelivery": "true"}
    cloud.client("sns").subscribe(TopicArn=cloud.resources[topic], Protocol="sqs", Endpoint=arn, Attributes=raw)
    return url


def received(cloud: LocalCloud, url: str) -> Sequence[QueuedMessage]:
    """What came to a queue. Looking is not receiving, which would take most of the time."""
    return peek(sqs_backends[cloud.account][cloud.region].get_queue(url.rpartition("/")[2]))


def letters(cloud: LocalCloud) -> Iterator[Letter]:
    """What is on the dead-letter queues."""
    for name in QUEUES:
        queue = f"{name}DeadLetterQueue"
        answer = cloud.client("sqs").receive_message(
            QueueUrl=cloud.resources[queue], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        for message in answer.get("Messages", []):
            attributes = {n: v["StringValue"] for n, v in message.get("MessageAttributes", {}).items()}
            yield Letter(queue, message["Body"], attributes)
