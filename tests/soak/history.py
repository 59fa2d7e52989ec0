"""A history: what happens to an account in some days, drawn at random, as data that can be run again and again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from random import Random
from typing import Any, Final

from ses_reputation.due import CHUNK
from ses_reputation_local.ses_mail import Topic
from tests.faults import Called
from tests.soak.mail import MINUTE, MORNING, SETS, TENANTS, draw_mail

DAY: Final = timedelta(days=1)

OWN_BUS: Final = "arn:aws:events:eu-west-1:123456789012:event-bus/ses-reputation"

_PAUSABLE: Final = (
    "account",
    *(f"tenant/{name}" for name in TENANTS),
    *(f"configuration-set/{name}" for name in SETS),
)
_SCOPES: Final = (*_PAUSABLE, "identity/shop.example", "provider/gmail")

_QUEUES: Final[Mapping[Topic, str]] = {Topic.BOUNCE: "Bounce", Topic.COMPLAINT: "Complaint", Topic.VOLUME: "Volume"}
_POISON: Final = (
    "not an event at all",
    "[]",
    '{"eventType": "Bounce", "mail": {"messageId": "m-%s"}}',
    '{"eventType": ',
)


@dataclass(frozen=True)
class Parcel:
    """A text on its way to a queue: published to the topic of this name, or put on its queue in SNS's envelope."""

    name: str
    text: str
    wrapped: bool = False
    poison: bool = False

    @property
    def body(self) -> str:
        """What the queue gets."""
        if not self.wrapped:
            return self.text
        topic = f"arn:aws:sns:eu-west-1:123456789012:{self.name}Topic"
        envelope = {"Type": "Notification", "MessageId": "1", "TopicArn": topic, "Message": self.text}
        return json.dumps({**envelope, "Timestamp": "2026-03-06T09:00:00.000Z"})


@dataclass(frozen=True)
class Step:
    """Something that happens at a moment, after which all that waits is worked off.

    `parcels` arrive, or the time of schedules has come (`tick`: their functions), or an operator calls (`command`), or
    SES tells something by an event (`event`), or somebody opens the dashboard (`page`). A command without a finding is
    about one of those that its scope then has. `ses_status` is what SES says of the account from now on. In an
    `outage`, all of a function's calls of one kind fail meanwhile.
    """

    now: datetime
    parcels: tuple[Parcel, ...] = ()
    tick: tuple[str, ...] = ()
    command: Mapping[str, str] | None = None
    event: Mapping[str, object] | None = None
    page: Mapping[str, str] | None = None
    outage: tuple[str, str] | None = None
    ses_status: str | None = None


@dataclass(frozen=True)
class History:
    """What happens, and how the account is deployed.

    `patient`: everything is repeated until it is done before anything else happens. Otherwise what fails is left to the
    next step, as a queue or a schedule leaves it. `enforced` are the kinds of scope that are paused, and whether on
    probation already. `compared`: it is run once more without faults, which must make no difference. Where scopes are
    paused it may: an alert that could not be sent has one resumed later, and its mail counts from then on. So it may
    where an evaluation hands on more than `chunk` scopes: what was contended there is left to the next.
    """

    parameters: Mapping[str, str]
    steps: Sequence[Step]
    patient: bool
    enforced: Mapping[str, bool] = field(default_factory=dict)
    compared: bool = False
    chunk: int = CHUNK

    @property
    def parcels(self) -> list[Parcel]:
        """Everything that arrives."""
        return [parcel for step in self.steps for parcel in step.parcels]

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.steps[-1].now


def seeded(seed: str) -> Random:
    """What draws the same for the same seed."""
    return Random(seed)  # noqa: S311 - nothing secret depends on it


def draw_history(random: Random, mails: int = 12, about: Called | None = None) -> History:
    """A history with so many mails at most; or one that is about a call, with what makes that likely."""
    function = about.function if about else None
    patient = random.random() < 0.5
    parameters = {
        "NotificationEmail": "ops@shop.example",
        "MinimumVolume": random.choice(("3", "8")),
        "ProbationDays": "1",
        "HealingDays": "1",
        "SteadyHours": random.choice(("1", "24")),
        "ScopeTags": "campaign",
        "RelatedEventBuses": OWN_BUS,
        "HumanReviewScopes": random.choice(("", "account,tenant")),
    }
    if random.random() < 0.3:
        parameters["WeeklySummary"] = "saturday"
    enforced: dict[str, bool] = {}
    if random.random() < 0.4 or function == "EnforceStatus":
        enforced = {kind: random.random() < 0.5 for kind in ("account", "configuration-set", "tenant")}
        parameters["EnforceScopes"] = ",".join(enforced)
        parameters["PauseAtProbationScopes"] = ",".join(kind for kind, early in enforced.items() if early)
    if random.random() < 0.3 or function == "SuppressRecipients":
        parameters["AutomaticSuppression"] = "true"
    if random.random() < (0.5 if function == "WatchSes" else 0.15):
        parameters["VolumeSource"] = "statistics"
    steps = tuple(_steps(random, mails, about))
    compared = patient and not enforced and random.random() < 0.7
    chunk = 3 if random.random() < 0.3 else CHUNK
    if about and (about.function, about.service) == ("EvaluateReputation", "sqs"):
        chunk = 1
    return History(parameters, steps, patient, enforced, compared and chunk == CHUNK, chunk)


# How likely a function is called in any other way than by mail, between two deliveries.
_CHANCES: Final[Mapping[str, float]] = {
    "EvaluateReputation": 0.5,
    "WatchSes": 0.2,
    "Operate": 0.2,
    "EnforceStatus": 0.05,
    "ReceiveFinding": 0.1,
    "ShowDashboard": 0.05,
}


# Which scopes have to be shut down for a call to be made.
_SHUT_DOWN: Final[Mapping[str, Sequence[str]]] = {
    "PutEvents": ("account",),
    "PutAccountSendingAttributes": ("account",),
    "GetAccount": ("account",),
    "PutConfigurationSetSendingOptions": _PAUSABLE[3:],
    "GetReputationEntity": _PAUSABLE[1:3],
    "UpdateReputationEntityCustomerManagedStatus": _PAUSABLE[1:3],
}


def _steps(random: Random, mails: int, about: Called | None) -> Iterator[Step]:
    """Mail in some deliveries, with everything else in between, and the days after it. Every step has its own time."""
    complaining = about is not None and about.operation == "DeleteSuppressedDestination"
    few = about is not None and not complaining
    sent = draw_mail(random, random.randint(1, 4 if few else mails), complaining=complaining)
    poisoned = about is not None and (about.function, about.operation) == ("EnforceStatus", "SendMessageBatch")
    texts = [*sent, *(publication for publication in sent if random.random() < 0.2)]
    texts.sort(key=lambda publication: publication.time + random.randint(0, 5) * 30 * MINUTE)
    now = MORNING
    while texts:
        chunk, texts = texts[: (size := random.randint(1, 40))], texts[size:]
        # Nothing arrives before it happened.
        now = max(now, *(publication.time for publication in chunk)) + MINUTE
        parcels = [Parcel(_QUEUES[p.topic], p.message, wrapped=random.random() < 0.3) for p in chunk]
        if random.random() < 0.3:
            parcels.append(_poison(random))
        if poisoned or random.random() < 0.05:
            parcels.append(Parcel("Enforcement", f"no alert {random.randrange(1000)}", wrapped=True, poison=True))
        random.shuffle(parcels)
        outage = None
        if random.random() < 0.05:
            calls = ("TransactWriteItems", "BatchWriteItem", "UpdateItem", "Query", "SendMessageBatch")
            outage = "RecordFeedback", random.choice(calls)
        yield Step(now, parcels=tuple(parcels), outage=outage)
        for step in _meanwhile(random, about):
            yield Step(now := now + random.choice((MINUTE, 20 * MINUTE)), **step)
    for step in chain.from_iterable(_meanwhile(random, about) for _ in range(3 if about else 0)):
        yield Step(now := now + random.choice((MINUTE, 20 * MINUTE)), **step)
    for _ in range(random.randint(1, 3)):
        now += random.choice((20 * MINUTE, 6 * 60 * MINUTE, DAY))
        yield Step(now, tick=("EvaluateReputation",))
        if random.random() < 0.3:
            yield Step(now := now + MINUTE, command=_decision(random, _SCOPES))


def _meanwhile(random: Random, about: Called | None) -> Iterator[dict[str, Any]]:
    wanted = _SHUT_DOWN.get(about.operation) if about else None

    def called(function: str) -> bool:
        return random.random() < (1 if about and about.function == function else _CHANCES[function])

    if called("EvaluateReputation"):
        yield {"tick": ("EvaluateReputation",)}
    if called("WatchSes"):
        # Not that it is shut down: what SES stopped itself is left to it.
        status = random.choice(("HEALTHY", "PROBATION")) if about or random.random() < 0.3 else None
        yield {"tick": ("WatchSes",), "ses_status": status}
    if wanted or called("EnforceStatus"):
        # Of one category, so that it is over when its finding is.
        worst = {"category": "spamtrap", "severity": "shutdown"}
        yield {"command": {**_report(random, wanted or _PAUSABLE), **worst}}
    if called("Operate"):
        yield {"command": _report(random, _SCOPES)}
    if called("ReceiveFinding"):
        yield {"event": _event(random)}
    if called("Operate"):
        yield {"command": _decision(random, _SCOPES)}
    if wanted or called("EnforceStatus"):
        again = {"command": "decide", "decision": "reinstate", "to": "healthy"}
        yield {"command": {**_decision(random, wanted or _PAUSABLE), **again}}
    if called("ShowDashboard"):
        yield {"page": random.choice(({}, {"page": "scope", "scope": "account"}, {"page": "reviews"}))}


def _poison(random: Random) -> Parcel:
    text = random.choice(_POISON)
    number = random.randrange(1000)
    text = text % number if "%s" in text else text + " " * number
    return Parcel(random.choice([*_QUEUES.values()]), text, wrapped=random.random() < 0.3, poison=True)


def _report(random: Random, scopes: Sequence[str]) -> Mapping[str, str]:
    number = random.randrange(1 << 30)
    return {
        "command": "report",
        "scope": random.choice(scopes),
        "category": random.choice(("spamtrap", "domain_blocklist", "internal_review", "direct_feedback")),
        "evidence": f"hit number {number}",
        "by": "ana",
        "id": f"report-{number}",
        "severity": random.choice(("probation", "probation", "shutdown")),
    }


def _decision(random: Random, scopes: Sequence[str]) -> Mapping[str, str]:
    decision = random.choice(("reinstate", "reinstate", "lift", "accept", "extend", "shutdown", "changes"))
    number = random.randrange(1 << 30)
    identified = {"scope": random.choice(scopes), "by": "ana", "note": f"note {number}", "id": f"decision-{number}"}
    if decision == "changes":
        return {"command": "changes-made", **identified}
    return {"command": "decide", "decision": decision, **identified}


def _event(random: Random) -> Mapping[str, object]:
    """What SES tells by itself of a tenant: on EventBridge's default bus."""
    number, name = random.randrange(1 << 30), random.choice(TENANTS)
    data = "The bounce rate exceeded 15.0% based on a representative volume of 412 emails."
    return {
        "version": "0",
        "id": f"event-{number}",
        "detail-type": random.choice(("Advisor Recommendation Status Open", "Advisor Recommendation Status Resolved")),
        "source": "aws.ses",
        "account": "123456789012",
        "time": (MORNING + random.randrange(600) * MINUTE).isoformat().replace("+00:00", "Z"),
        "region": "eu-west-1",
        "resources": [f"arn:aws:ses:eu-west-1:123456789012:tenant/{name}/tn-1"],
        "detail": {"version": "1.0.0", "data": data, "metadata": {"impact": "HIGH", "type": "BOUNCE"}},
    }
