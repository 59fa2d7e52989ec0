"""The ways that an alert goes: to the status topic, to the chat topic, and to the buses of related accounts."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest

from ses_reputation.adapters import clients
from ses_reputation.adapters.chat_topic import SnsChatTopic
from ses_reputation.adapters.related_buses import MOST_ENTRIES, EventBridgeRelatedBuses, NotTold
from ses_reputation.adapters.status_topic import ATTRIBUTES, PROGRAM_PROTOCOLS, SnsStatusTopic
from ses_reputation.domain.assessment import assess
from ses_reputation.domain.categories import Category, Severity
from ses_reputation.domain.changes import Change, EarlyWarning, Reminder
from ses_reputation.domain.decisions import Report, carry_out
from ses_reputation.domain.enforcement import Action, Enforced, Mode
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.news import Told
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Act, Actor, Measures, Standing
from ses_reputation.domain.verdict import Verdict, VerdictChange
from ses_reputation.notices.alert import Alert, StatusAlert, alert_of, enforcement_alert_of, ses_alert_of, summary_of
from ses_reputation.notices.chat import chat_message
from ses_reputation.notices.email import body, subject
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.outbox import Channel, outgoing_of
from ses_reputation_local.cloud import LocalCloud

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
NEWSLETTER = Scope("configuration-set/newsletter")
OWN = ("123456789012", "eu-west-1")
POLICY = Policy()


def measures(bounced: int) -> Mapping[Metric, Measures]:
    counts = {Metric.BOUNCE_RATE: bounced, Metric.COMPLAINT_RATE: 0}
    return {metric: Measures(Rate(metric, count, 1000, NOON, 24, 1000)) for metric, count in counts.items()}


def told(news: Told) -> Alert:
    return alert_of(news, POLICY, *OWN)


def measured(bounced: int) -> Alert:
    """What is told about a configuration set of which so many in a thousand bounced."""
    (news,) = assess(Standing(NEWSLETTER), measures(bounced), NOON, POLICY)[1]
    assert isinstance(news, Change | EarlyWarning)
    return told(news)


def reported(scope: Scope = NEWSLETTER, severity: Severity = Severity.PROBATION) -> tuple[Standing, Alert]:
    report = Report(scope, Category.SPAMTRAP, "three traps were hit", "a blocklist", severity)
    standing, change = carry_out(Standing(scope), report, Act("r-1", Actor("ana", proven=True)), NOON, POLICY)
    assert isinstance(change, Change)
    return standing, told(change)


def reminded() -> Alert:
    soon = NOON + POLICY.probation - timedelta(hours=20)
    (news,) = assess(reported()[0], measures(0), soon, POLICY)[1]
    assert isinstance(news, Reminder)
    return told(news)


def verdict() -> Alert:
    before = Verdict(ACCOUNT, NOON - timedelta(hours=1), enforcement="HEALTHY", sending_enabled=True)
    after = Verdict(ACCOUNT, NOON, enforcement="PROBATION", sending_enabled=False)
    return ses_alert_of(VerdictChange("verdict", NOON, ACCOUNT, before, after), *OWN)


def enforced() -> Alert:
    """What was done about a shutdown."""
    finding = reported(severity=Severity.SHUTDOWN)[0].findings[Category.SPAMTRAP]
    done = Enforced("enforced", NOON, NEWSLETTER, Action.PAUSED, Mode.ENFORCE, Status.SHUTDOWN, finding)
    return enforcement_alert_of(done, *OWN)


ALERTS: dict[str, tuple[Alert, dict[str, str]]] = {
    "a change of a metric": (
        measured(200),
        {
            "kind": "status-change",
            "scope": "configuration-set/newsletter",
            "scope_kind": "configuration-set",
            "category": "bounce_rate",
            "metric": "bounce_rate",
            "before": "Healthy",
            "after": "Probation",
            "cause": "limit_exceeded",
            "scope_after": "Probation",
        },
    ),
    "a report": (
        reported()[1],
        {
            "kind": "status-change",
            "scope": "configuration-set/newsletter",
            "scope_kind": "configuration-set",
            "category": "spamtrap",
            "before": "Healthy",
            "after": "Probation",
            "cause": "reported",
            "scope_after": "Probation",
        },
    ),
    "a warning": (
        measured(60),
        {
            "kind": "early-warning",
            "scope": "configuration-set/newsletter",
            "scope_kind": "configuration-set",
            "metric": "bounce_rate",
        },
    ),
    "a reminder": (
        reminded(),
        {
            "kind": "reminder",
            "scope": "configuration-set/newsletter",
            "scope_kind": "configuration-set",
            "category": "spamtrap",
            "reminder": "period_ends",
            "scope_status": "Probation",
        },
    ),
    "a summary": (
        summary_of([], NOON, POLICY, *OWN),
        {"kind": "summary", "scope": "account", "scope_kind": "account"},
    ),
    "what was done at SES": (
        enforced(),
        {
            "kind": "enforcement",
            "scope": "configuration-set/newsletter",
            "scope_kind": "configuration-set",
            "scope_status": "Shutdown",
            "action": "paused",
            "mode": "enforce",
        },
    ),
    "SES's own verdict": (
        verdict(),
        {
            "kind": "ses-verdict",
            "scope": "account",
            "scope_kind": "account",
            "before": "HEALTHY",
            "after": "PROBATION, sending off",
        },
    ),
}


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


def requests_of(client: Any) -> list[Any]:
    """What is published from here on."""
    published: list[Any] = []
    client.meta.events.register("provide-client-params.sns.Publish", lambda params, **_: published.append(params))
    return published


# The status topic


@pytest.mark.parametrize("vocabulary", Vocabulary)
@pytest.mark.parametrize(("alert", "attributes"), ALERTS.values(), ids=ALERTS)
def test_people_get_an_email_and_programs_the_document(
    cloud: LocalCloud, alert: Alert, attributes: dict[str, str], vocabulary: Vocabulary
) -> None:
    """Programs filter by attributes, which are in the classic words whatever people read."""
    client = clients.sns()
    published = requests_of(client)
    topic = SnsStatusTopic(client, topic_arn=cloud.resources["StatusTopic"], vocabulary=vocabulary)
    assert topic.publish(alert)
    (params,) = published
    assert {name: value["StringValue"] for name, value in params["MessageAttributes"].items()} == attributes
    assert params["Subject"] == subject(alert, vocabulary)
    message = json.loads(params["Message"])
    assert message.pop("default") == body(alert, vocabulary)
    assert message.keys() == set(PROGRAM_PROTOCOLS)
    for document in message.values():
        assert msgspec.json.decode(document, type=Alert) == alert


def test_the_words_that_people_read_are_a_setting(cloud: LocalCloud) -> None:
    client = clients.sns()
    published = requests_of(client)
    for vocabulary in (Vocabulary.CLASSIC, Vocabulary.CURRENT):
        SnsStatusTopic(client, topic_arn=cloud.resources["StatusTopic"], vocabulary=vocabulary).publish(measured(200))
    classic, current = (params["Subject"] for params in published)
    assert (classic.endswith("Healthy -> Probation"), current.endswith("Healthy -> Under review")) == (True, True)


@pytest.mark.parametrize("kind", get_args(Alert), ids=lambda kind: kind.__struct_config__.tag)
def test_no_alert_has_more_attributes_than_a_queue_takes(kind: type[Any]) -> None:
    """SNS drops a message with more than ten on its way to a queue that takes it raw."""
    names = {"kind"} | {field.name for field in msgspec.structs.fields(kind)}
    assert len(names & set(ATTRIBUTES)) <= 10


def test_a_scope_with_letters_that_sns_does_not_take_is_published(cloud: LocalCloud) -> None:
    client = clients.sns()
    published = requests_of(client)
    topic = SnsStatusTopic(client, topic_arn=cloud.resources["StatusTopic"])
    topic.publish(reported(Scope("tag/campaign=Frühling"))[1])
    (params,) = published
    assert params["MessageAttributes"]["scope"]["StringValue"] == "tag/campaign=Fr?hling"
    assert params["Subject"].isascii()
    assert "tag/campaign=Frühling" in params["Message"], "the document has it as it is"


# The chat topic


@pytest.mark.parametrize("vocabulary", Vocabulary)
@pytest.mark.parametrize("alert", [alert for alert, _ in ALERTS.values()], ids=ALERTS)
def test_chat_gets_a_custom_notification(cloud: LocalCloud, alert: Alert, vocabulary: Vocabulary) -> None:
    client = clients.sns()
    published = requests_of(client)
    topic = SnsChatTopic(client, topic_arn=cloud.resources["ChatTopic"], vocabulary=vocabulary)
    assert topic.publish(alert)
    assert published == [{"TopicArn": cloud.resources["ChatTopic"], "Message": chat_message(alert, vocabulary)}]
    assert json.loads(published[0]["Message"])["source"] == "custom"


# Related accounts


SHUT_DOWN = reported(ACCOUNT, Severity.SHUTDOWN)[1]


class FakeBuses:
    """EventBridge in all regions: takes every event but those for buses that refuse, and fails in some regions."""

    def __init__(self, refuse: str = "", down: str = "") -> None:
        self.refuse = refuse
        self.down = down
        self.told: Counter[str] = Counter()
        self.requests: list[tuple[str, int]] = []

    def client(self, region: str) -> Any:
        return RegionalBuses(self, region)


class RegionalBuses:
    def __init__(self, buses: FakeBuses, region: str) -> None:
        self.buses = buses
        self.region = region

    def put_events(self, *, Entries: list[dict[str, str]]) -> Any:  # noqa: N803 - so boto3 names it
        self.buses.requests.append((self.region, len(Entries)))
        if self.region == self.buses.down:
            raise ConnectionError("no answer")
        return {"Entries": [self._put(entry) for entry in Entries]}

    def _put(self, entry: dict[str, str]) -> dict[str, str]:
        arn = entry["EventBusName"]
        if arn == self.buses.refuse:
            return {"ErrorCode": "AccessDeniedException", "ErrorMessage": "not you"}
        assert (entry["Source"], entry["DetailType"]) == ("ses-reputation", "SES Reputation Status Changed")
        assert msgspec.json.decode(entry["Detail"], type=StatusAlert) == SHUT_DOWN
        self.buses.told[arn] += 1
        return {"EventId": f"event-{sum(self.buses.told.values())}"}


def bus(number: int, region: str = "eu-west-1") -> str:
    return f"arn:aws:events:{region}:{number:012}:event-bus/ses-reputation"


@pytest.mark.parametrize(
    ("arns", "requests"),
    [
        ([], []),
        ([bus(n) for n in range(MOST_ENTRIES)], [("eu-west-1", 10)]),
        ([bus(n) for n in range(2 * MOST_ENTRIES + 3)], [("eu-west-1", 10), ("eu-west-1", 10), ("eu-west-1", 3)]),
        (
            [bus(1), bus(2, "us-east-1"), bus(3), bus(4, "ap-south-1")],
            [("ap-south-1", 1), ("eu-west-1", 2), ("us-east-1", 1)],
        ),
    ],
    ids=["none", "as many as one request takes", "more", "in several regions"],
)
def test_every_related_bus_is_told_once_in_its_own_region(arns: list[str], requests: list[tuple[str, int]]) -> None:
    """EventBridge takes no more than ten events in a request, and none for a bus of another region."""
    buses = FakeBuses()
    ids = EventBridgeRelatedBuses(buses.client, bus_arns=arns).publish(SHUT_DOWN)
    assert buses.told == Counter(arns)
    assert buses.requests == requests
    assert ids == ",".join(f"event-{n}" for n in range(1, len(arns) + 1))


@pytest.mark.parametrize(
    ("refuse", "down", "untold", "reason"),
    [
        (bus(0), "", {bus(0)}, rf"^{bus(0)}: not you \(AccessDeniedException\)$"),
        ("", "ap-south-1", {bus(99, "ap-south-1")}, rf"^{bus(99, 'ap-south-1')}: no answer$"),
    ],
    ids=["one bus", "a region"],
)
def test_a_bus_that_is_not_told_is_named_and_keeps_back_no_other(
    refuse: str, down: str, untold: set[str], reason: str
) -> None:
    buses = FakeBuses(refuse, down)
    arns = [*(bus(n) for n in range(MOST_ENTRIES + 2)), bus(99, "ap-south-1")]
    with pytest.raises(NotTold, match=reason):
        EventBridgeRelatedBuses(buses.client, bus_arns=arns).publish(SHUT_DOWN)
    assert buses.told == Counter(set(arns) - untold)


def test_another_accounts_bus_that_does_not_let_us_in_refuses_and_our_own_is_told(cloud: LocalCloud) -> None:
    own = f"arn:aws:events:eu-west-1:{cloud.account}:event-bus/{cloud.resources['FindingBus']}"
    buses = EventBridgeRelatedBuses(clients.events, bus_arns=[bus(7), own])
    with pytest.raises(NotTold, match=r"event-bus/ses-reputation: Not authorized .*\(AccessDeniedException\)"):
        buses.publish(SHUT_DOWN)
    cloud.deliver()
    assert [run.function for run in cloud.invocations] == ["ReceiveFinding"]


@pytest.mark.parametrize(
    ("alert", "heard"),
    [
        (SHUT_DOWN, True),
        (reported(ACCOUNT)[1], False),
        (reported(NEWSLETTER, Severity.SHUTDOWN)[1], False),
        (verdict(), False),
        (summary_of([], NOON, POLICY, *OWN), False),
    ],
    ids=["the account shuts down", "the account is on probation", "a stream shuts down", "SES's verdict", "a summary"],
)
def test_related_accounts_hear_only_of_a_shutdown_of_the_account(alert: Alert, heard: bool) -> None:
    channels = [outgoing.channel for outgoing in outgoing_of(alert)]
    assert channels[:2] == [Channel.STATUS, Channel.CHAT]
    assert (Channel.RELATED in channels) == heard


def test_related_accounts_hear_of_a_shutdown_once_however_many_findings_lead_to_it() -> None:
    shut_down, _ = reported(ACCOUNT, Severity.SHUTDOWN)
    other = Report(ACCOUNT, Category.OTHER, "a letter", "a lawyer", Severity.SHUTDOWN)
    after, change = carry_out(shut_down, other, Act("r-2", Actor("ana", proven=True)), NOON, POLICY)
    assert isinstance(change, Change)
    assert [o.channel for o in outgoing_of(told(change))] == [Channel.STATUS, Channel.CHAT]
    assert after.status == shut_down.status
