"""The use case of checking a deployment: read each part of it, judge it, and go on whatever is wrong with one."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Protocol, TypeVar

from msgspec import Struct

from ses_reputation.diagnosis import judgements
from ses_reputation.diagnosis.faults import Check, Fault, Found, Severity, found
from ses_reputation.diagnosis.judgements import Judged
from ses_reputation.diagnosis.readings import (
    Alarm,
    Arrivals,
    Connections,
    DeadLetters,
    Function,
    LastRun,
    Outbox,
    Part,
    Queue,
    Runs,
    Schedule,
    Source,
    Topic,
    Versions,
)
from ses_reputation.diagnosis.texts import CHECKS, FAULTS
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.settings import read_policy
from ses_reputation.watch import AccountFacts

N = TypeVar("N", Function, Schedule)


class Unreadable(Struct, frozen=True):
    """Why something could not be read: `operation` is the call that was denied, `gone` if there is no such thing."""

    reason: str
    operation: str | None = None
    gone: bool = False


class Parts(Protocol):
    """The resources of a stack, as AWS tells of each."""

    def listed(self) -> Sequence[Part]:
        """All of them, as CloudFormation lists them."""

    def functions(self) -> Sequence[Function]:
        """The functions."""

    def runs(self, now: datetime) -> Sequence[Runs]:
        """How often each function was run and failed in the day before."""

    def topics(self) -> Sequence[Topic]:
        """The topics."""

    def queues(self) -> Sequence[Queue]:
        """The queues."""

    def ages(self, now: datetime) -> Mapping[str, timedelta]:
        """How old the oldest message of a queue is, of those queues that had one lately."""

    def dead_letters(self) -> Sequence[DeadLetters]:
        """The queues of what was given up."""

    def sources(self) -> Sequence[Source]:
        """What has functions read queues."""

    def schedules(self) -> Sequence[Schedule]:
        """The schedules."""

    def alarms(self) -> Sequence[Alarm]:
        """The alarms."""


class Deployment(Protocol):
    """A deployment, and the account at SES that it counts the mail of."""

    def parts(self) -> Parts:
        """The resources of its stack."""

    def versions(self) -> Versions:
        """Which version it is of, and which one what looks at it."""

    def now(self) -> datetime:
        """The time that it is there."""

    def aws_time(self) -> datetime | None:
        """What AWS's clock shows; None if it does not say."""

    def held_schema(self) -> int | None:
        """Which schema its tables hold; None before the first evaluation."""

    def last_run(self, function: str) -> datetime | None:
        """The newest time for which a function ended well."""

    def known_identities(self) -> int:
        """How many verified identities are known."""

    def outbox(self) -> Outbox:
        """The alerts that are still to be sent."""

    def account(self) -> AccountFacts:
        """How the account stands with SES."""

    def connections(self) -> Connections:
        """What publishes in the account."""

    def newest_hour(self, now: datetime) -> datetime | None:
        """The newest hour of which an event was counted."""


class PartMissing(LookupError):
    """A check needs a part that the stack does not have; the text names it."""


Explain = Callable[[Exception], Unreadable | None]
"""Says why something could not be read; None of an error that is another's business."""


class State(StrEnum):
    """How a check came out. Unknown is what could not be read."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


class Outcome(Struct, frozen=True):
    """A check, what it looked at, and what is wrong; of one that could not be made, why, and the action it lacks."""

    check: Check
    state: State
    looked_at: str
    faults: Sequence[Found] = ()
    action: str | None = None


def diagnose(deployment: Deployment, here: datetime, explain: Explain) -> Iterator[Outcome]:
    """Make every check but that of a mail, one after another. `here` is what the clock of this machine shows."""
    now = deployment.now()
    for check, examine in _EXAMINATIONS.items():
        yield outcome(check, partial(examine, deployment, now, here), explain)


def outcome(check: Check, examine: Callable[[], Judged], explain: Explain) -> Outcome:
    """How a check comes out, whatever can not be read for it."""
    try:
        judged = examine()
    except PartMissing as error:
        return Outcome(check, State.UNKNOWN, str(error))
    except Exception as error:
        if (unreadable := explain(error)) is None:
            raise
        if unreadable.gone:
            gone = found(Fault.PART_GONE, reason=unreadable.reason.rstrip("."))
            return Outcome(check, State.PROBLEM, "", (gone,))
        return Outcome(check, State.UNKNOWN, unreadable.reason, action=_action(check, unreadable.operation))
    return Outcome(check, state_of(judged.faults), judged.looked_at, judged.faults)


def state_of(faults: Sequence[Found]) -> State:
    """That of the worst of them."""
    severities = {FAULTS[each.fault].severity for each in faults}
    if Severity.PROBLEM in severities:
        return State.PROBLEM
    return State.WARNING if severities else State.OK


def volume_source(deployment: Deployment) -> VolumeSource:
    """What its rates are divided by."""
    return read_policy(_function(deployment, judgements.EVALUATE).environment).volume_source


def _action(check: Check, operation: str | None) -> str | None:
    """The IAM action of a call that was denied: they are named alike."""
    return next((action for action in CHECKS[check].actions if action.partition(":")[2] == operation), operation)


def _function(deployment: Deployment, part: str) -> Function:
    return _part(deployment.parts().functions(), part)


def _part(parts: Iterable[N], name: str) -> N:
    for part in parts:
        if part.part == name:
            return part
    raise PartMissing(f"the stack has no {name}")


def _deployed(deployment: Deployment) -> datetime:
    return _function(deployment, judgements.RECORD).deployed


def _log_of(deployment: Deployment, part: str) -> str:
    return _function(deployment, part).log_group


def _last_run(deployment: Deployment, part: str) -> LastRun:
    # SAM names the schedule for the function and its event.
    schedule = _part(deployment.parts().schedules(), f"{part}OnSchedule")
    function = _function(deployment, part)
    return LastRun(part, schedule, function.deployed, deployment.last_run(part), function.log_group)


_EXAMINATIONS: Mapping[Check, Callable[[Deployment, datetime, datetime], Judged]] = MappingProxyType(
    {
        Check.STACK: lambda d, _now, _here: judgements.judge_stack(d.parts().listed()),
        Check.VERSION: lambda d, _now, _here: judgements.judge_version(d.versions()),
        Check.CLOCK: lambda d, _now, here: judgements.judge_clock(here, d.aws_time()),
        Check.FUNCTIONS: lambda d, now, _here: judgements.judge_functions(d.parts().functions(), d.parts().runs(now)),
        Check.TABLES: lambda d, _now, _here: judgements.judge_tables(d.held_schema()),
        Check.TOPICS: lambda d, _now, _here: judgements.judge_topics(d.parts().topics()),
        Check.SUBSCRIPTIONS: lambda d, _now, _here: judgements.judge_subscriptions(
            d.parts().topics(), d.parts().queues()
        ),
        Check.SOURCES: lambda d, _now, _here: judgements.judge_sources(d.parts().sources()),
        Check.QUEUES: lambda d, now, _here: judgements.judge_queues(
            d.parts().queues(), d.parts().ages(now), _log_of(d, judgements.RECORD)
        ),
        Check.DEAD_LETTERS: lambda d, _now, _here: judgements.judge_dead_letters(d.parts().dead_letters()),
        Check.SCHEDULES: lambda d, _now, _here: judgements.judge_schedules(d.parts().schedules()),
        Check.EVALUATION: lambda d, now, _here: judgements.judge_run(_last_run(d, judgements.EVALUATE), now),
        Check.WATCH: lambda d, now, _here: judgements.judge_watch(
            _last_run(d, judgements.WATCH), d.known_identities(), now
        ),
        Check.ALERTS: lambda d, now, _here: judgements.judge_alerts(
            d.parts().topics(), d.parts().queues(), d.outbox(), _log_of(d, judgements.EVALUATE), now
        ),
        Check.ALARMS: lambda d, _now, _here: judgements.judge_alarms(d.parts().alarms(), d.parts().topics()),
        Check.ACCOUNT: lambda d, _now, _here: judgements.judge_account(d.account()),
        Check.CONNECTIONS: lambda d, _now, _here: judgements.judge_connections(
            d.connections(), judgements.feedback_topics(d.parts().listed()), volume_source(d)
        ),
        Check.EVENTS: lambda d, now, _here: judgements.judge_events(
            Arrivals(d.newest_hour(now), d.account().sent_last_day), volume_source(d), _deployed(d), now
        ),
    }
)
