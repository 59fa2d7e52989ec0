"""A mail to the mailbox simulator, followed to the receipt of its bounce, or to where it was lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ses_reputation.diagnosis.diagnose import Outcome, State, Unreadable
from ses_reputation.diagnosis.faults import Fault
from ses_reputation.diagnosis.follow import Mail, Refused, Seen, Sent, Way, follow_mail
from ses_reputation.diagnosis.readings import Connections, Function, Part, Queue, Runs
from ses_reputation.domain.connections import ConfigurationSet, Destination, Identity, Notification
from ses_reputation.domain.eligibility import Measure
from tests.test_template import environment

NOW = datetime(2026, 3, 20, 12, 40, tzinfo=UTC)
BOUNCE_TOPIC = "arn:aws:sns:eu-west-1:123456789012:BounceTopic"
MAIL = Mail("Shop <me@shop.example>", "newsletter", "label")
BOUNCED, SENT = frozenset({Measure.HARD_BOUNCED}), frozenset({Measure.SENT})


class Denied(RuntimeError):
    """What a fake raises that may not do something."""


def explain(error: Exception) -> Unreadable | None:
    return Unreadable("denied", operation="SendEmail") if isinstance(error, Denied) else None


@dataclass
class FakeDeployment:
    """A deployment as far as a mail goes through it. It is its own parts."""

    published: tuple[str, ...] = ("BOUNCE", "COMPLAINT", "SEND")
    identity: Mapping[Notification, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    held: Mapping[str, int] = field(default_factory=dict)
    errors: int = 0
    source: str = "send-events"
    unreadable_connections: bool = False

    def parts(self) -> Any:
        return self

    def now(self) -> datetime:
        return NOW

    def connections(self) -> Connections:
        if self.unreadable_connections:
            raise Denied
        destinations = [Destination("to-us", enabled=True, events=frozenset(self.published), topic=BOUNCE_TOPIC)]
        others = [Identity(name, {}, forwarding=True) for name in self.others]
        return Connections(
            [ConfigurationSet("newsletter", destinations)],
            [Identity("Shop.example", self.identity, forwarding=True), *others],
        )

    def listed(self) -> Sequence[Part]:
        return [Part("BounceTopic", "AWS::SNS::Topic", BOUNCE_TOPIC, "CREATE_COMPLETE")]

    def queues(self) -> Sequence[Queue]:
        return [Queue(name, name, name, {}, 0, n) for name, n in self.held.items()]

    def runs(self, now: datetime) -> Sequence[Runs]:
        assert now == NOW
        return [Runs("RecordFeedback", 9, self.errors), Runs("Operate", 9, 9)]

    def functions(self) -> Sequence[Function]:
        variables = environment("EvaluateReputation") | {"VOLUME_SOURCE": self.source}
        return [Function("EvaluateReputation", "it", "Active", "Successful", NOW, variables, "log")]


@dataclass
class FakeSes:
    """Takes mail, or fails."""

    failure: Exception | None = None
    taken: list[tuple[str, str, str | None]] = field(default_factory=list)

    def send(self, sender: str, recipient: str, configuration_set: str | None) -> str:
        if self.failure:
            raise self.failure
        self.taken.append((sender, recipient, configuration_set))
        return "message-1"


@dataclass
class FakeReceipts:
    """Receipts that are there after so many seconds."""

    after: Mapping[Measure, int]
    waits: list[timedelta] = field(default_factory=list)

    def measures(self, message_id: str) -> frozenset[Measure]:
        assert message_id == "message-1"
        waited = sum(self.waits, timedelta()).total_seconds()
        return frozenset(measure for measure, seconds in self.after.items() if seconds <= waited)


def followed(
    after: Mapping[Measure, int],
    deployment: FakeDeployment | None = None,
    *,
    mail: Mail = MAIL,
    ses: FakeSes | None = None,
    timeout: int = 10,
    progress: list[Seen] | None = None,
) -> Outcome:
    receipts = FakeReceipts(after)
    examined: Any = deployment or FakeDeployment()
    way = Way(ses or FakeSes(), receipts, lambda: examined, receipts.waits.append)
    seen = [] if progress is None else progress

    def note(_sent: Sent, so_far: Seen) -> None:
        seen.append(so_far)

    return follow_mail(mail, way, timedelta(seconds=timeout), note, explain)


def test_it_is_sent_to_an_address_of_its_own_at_the_simulator_and_seen_at_each_look() -> None:
    ses, progress = FakeSes(), list[Seen]()
    outcome = followed({Measure.SENT: 7, Measure.HARD_BOUNCED: 2}, ses=ses, progress=progress)
    assert (outcome.state, outcome.faults) == (State.OK, ())
    assert ses.taken == [("Shop <me@shop.example>", "bounce+label@simulator.amazonses.com", "newsletter")]
    assert progress == [Seen(0), Seen(3, BOUNCED), Seen(6, BOUNCED), Seen(9, BOUNCED | SENT)]


def test_the_last_look_is_when_the_time_is_over() -> None:
    progress = list[Seen]()
    assert followed({}, progress=progress, timeout=7).state is State.PROBLEM
    assert [seen.seconds for seen in progress] == [0, 3, 6, 7]


@pytest.mark.parametrize(
    ("mail", "source"),
    [(Mail("me@shop.example", None, "x"), "send-events"), (MAIL, "delivery-events"), (MAIL, "statistics")],
    ids=["without a configuration set", "where deliveries count", "where SES's statistics count"],
)
def test_a_send_event_is_not_waited_for_where_there_may_be_none(mail: Mail, source: str) -> None:
    assert followed({Measure.HARD_BOUNCED: 0}, FakeDeployment(source=source), mail=mail).state is State.OK


OURS = {Notification.BOUNCE: BOUNCE_TOPIC}


@pytest.mark.parametrize(
    ("after", "deployment", "fault", "where"),
    [
        ({}, FakeDeployment(published=("BOUNCE",)), Fault.BOUNCE_LOST, "newsletter publishes no SEND events here"),
        ({}, FakeDeployment(published=("SEND",)), Fault.BOUNCE_LOST, "identity of me@shop.example publishes bounces"),
        ({}, FakeDeployment(published=("SEND",), identity=OURS), Fault.BOUNCE_LOST, "SES may be late"),
        ({}, FakeDeployment(held={"BounceQueue": 2}), Fault.BOUNCE_LOST, "BounceQueue holds 2 messages"),
        ({}, FakeDeployment(held={"FeedbackDeadLetterQueue": 1}), Fault.BOUNCE_LOST, "it may be among them"),
        ({}, FakeDeployment(errors=3), Fault.BOUNCE_LOST, "RecordFeedback failed 3 times"),
        ({}, FakeDeployment(), Fault.BOUNCE_LOST, "nothing that can be seen on its way is wrong"),
        (
            {},
            FakeDeployment(unreadable_connections=True, held={"VolumeQueue": 1}),
            Fault.BOUNCE_LOST,
            "VolumeQueue holds 1 message,",
        ),
        (
            {Measure.HARD_BOUNCED: 0},
            FakeDeployment(published=("BOUNCE",)),
            Fault.SEND_LOST,
            "newsletter publishes no SEND events here",
        ),
    ],
    ids=[
        "no Send events",
        "bounces nowhere",
        "bounces by the identity",
        "on a queue",
        "a dead letter",
        "a failing function",
        "nowhere to be seen",
        "what may not be read is passed over",
        "the bounce is there",
    ],
)
def test_a_mail_that_is_lost_is_looked_for_along_its_way(
    after: Mapping[Measure, int], deployment: FakeDeployment, fault: Fault, where: str
) -> None:
    outcome = followed(after, deployment)
    (case,) = outcome.faults
    assert (outcome.state, case.fault) == (State.PROBLEM, fault)
    assert where in case.details["where"]


@pytest.mark.parametrize(
    ("sender", "others", "where"),
    [
        ("me@mail.shop.example", (), "SES may be late"),
        ("me@mail.shop.example", ("mail.shop.example",), "identity of me@mail.shop.example publishes bounces"),
        ("me@shop.example", ("Me@shop.example",), "identity of me@shop.example publishes bounces"),
        ("me@myshop.example", (), "identity of me@myshop.example publishes bounces"),
    ],
    ids=["its parent", "a subdomain of its own", "an address of its own", "another domain that ends alike"],
)
def test_only_the_most_specific_identity_that_there_is_publishes(
    sender: str, others: tuple[str, ...], where: str
) -> None:
    deployment = FakeDeployment(published=("SEND",), identity=OURS, others=others)
    (case,) = followed({}, deployment, mail=Mail(sender, "newsletter", "label")).faults
    assert where in case.details["where"]


def test_a_mail_that_ses_does_not_take_is_told_with_the_reason() -> None:
    outcome = followed({}, ses=FakeSes(Refused("Email address is not verified.")))
    (case,) = outcome.faults
    assert (case.fault, case.details["reason"]) == (Fault.MAIL_REFUSED, "Email address is not verified")


def test_who_may_not_send_learns_which_action_is_lacking() -> None:
    outcome = followed({}, ses=FakeSes(Denied()))
    assert (outcome.state, outcome.action) == (State.UNKNOWN, "ses:SendEmail")
