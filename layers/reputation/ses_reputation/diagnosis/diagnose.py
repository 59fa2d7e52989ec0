"""The use case of checking a deployment: read each part of it, judge it, and go on whatever is wrong with one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from msgspec import Struct

from ses_reputation.diagnosis import judgements
from ses_reputation.diagnosis.faults import CHECKS, FAULTS, Check, Fault, Found, Severity, found
from ses_reputation.diagnosis.judgements import Judged
from ses_reputation.diagnosis.readings import (
    Account,
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
)
from ses_reputation.domain.rates import VolumeSource


class Unreadable(RuntimeError):
    """Something could not be read; the text says why.

    `operation` is the call that was denied, and `gone` whether what it was about is not there.
    """

    def __init__(self, reason: str, *, operation: str | None = None, gone: bool = False) -> None:
        super().__init__(reason)
        self.operation = operation
        self.gone = gone


class Deployment(Protocol):
    """The parts of a deployment. All that is read raises Unreadable if it can not be."""

    def now(self) -> datetime:
        """The time that it is there."""

    def aws_time(self) -> datetime | None:
        """What AWS's clock showed when it was last asked; None if it did not say."""

    def parts(self) -> Sequence[Part]:
        """All resources of the stack."""

    def functions(self) -> Sequence[Function]:
        """The functions."""

    def function(self, part: str) -> Function:
        """One of them."""

    def runs(self, now: datetime) -> Sequence[Runs]:
        """How often each function was run and failed in the day before."""

    def unfit_settings(self) -> Mapping[str, str]:
        """The functions whose settings this version can not read, and why."""

    def topics(self) -> Sequence[Topic]:
        """The topics."""

    def queues(self, now: datetime) -> Sequence[Queue]:
        """The queues."""

    def dead_letters(self, now: datetime) -> Sequence[DeadLetters]:
        """The queues of what was given up."""

    def sources(self) -> Sequence[Source]:
        """What has functions read queues."""

    def schedules(self) -> Sequence[Schedule]:
        """The schedules."""

    def last_run(self, function: str) -> LastRun:
        """When a function that a schedule runs last ended well."""

    def verified_identities(self) -> int:
        """How many are known."""

    def outbox(self) -> Outbox:
        """The alerts that are still to be sent."""

    def alarms(self) -> Sequence[Alarm]:
        """The alarms."""

    def account(self) -> Account:
        """How the account stands with SES."""

    def connections(self) -> Connections:
        """What publishes in this account."""

    def arrivals(self, now: datetime) -> Arrivals:
        """What was counted last."""

    def volume_source(self) -> VolumeSource:
        """What rates are divided by."""


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


def diagnose(deployment: Deployment, here: datetime) -> Iterator[Outcome]:
    """Make every check but that of a mail, one after another. `here` is what the clock of this machine shows."""
    now = deployment.now()
    for check, examine in _EXAMINATIONS.items():
        yield outcome(check, lambda examine=examine: examine(deployment, now, here))  # type: ignore[misc]


def outcome(check: Check, examine: Callable[[], Judged]) -> Outcome:
    """How a check comes out, whatever happens to it."""
    try:
        judged = examine()
    except Unreadable as error:
        if error.gone:
            return Outcome(check, State.PROBLEM, "", (found(Fault.PART_GONE, reason=str(error).rstrip(".")),))
        return Outcome(check, State.UNKNOWN, str(error), action=_action(check, error.operation))
    return Outcome(check, state_of(judged.faults), judged.looked_at, judged.faults)


def state_of(faults: Sequence[Found]) -> State:
    """That of the worst of them."""
    severities = {FAULTS[each.fault].severity for each in faults}
    if Severity.PROBLEM in severities:
        return State.PROBLEM
    return State.WARNING if severities else State.OK


def _action(check: Check, operation: str | None) -> str | None:
    """The IAM action of a call that was denied; they are named alike."""
    return next((action for action in CHECKS[check].actions if action.partition(":")[2] == operation), operation)


def _functions(deployment: Deployment, now: datetime, _here: datetime) -> Judged:
    functions = deployment.functions()
    return judgements.judge_functions(functions, deployment.runs(now), deployment.unfit_settings())


def _run_of(function: str) -> Callable[[Deployment], tuple[LastRun, str]]:
    return lambda deployment: (deployment.last_run(function), deployment.function(function).log_group)


def _evaluation(deployment: Deployment, now: datetime, _here: datetime) -> Judged:
    run, log_group = _run_of(judgements.EVALUATION)(deployment)
    return judgements.judge_run(run, log_group, now)


def _watch(deployment: Deployment, now: datetime, _here: datetime) -> Judged:
    run, log_group = _run_of(judgements.WATCH)(deployment)
    return judgements.judge_watch(run, log_group, deployment.verified_identities(), now)


def _queues(deployment: Deployment, now: datetime, _here: datetime) -> Judged:
    return judgements.judge_queues(deployment.queues(now), deployment.function("RecordFeedback").log_group)


def _alerts(deployment: Deployment, now: datetime, _here: datetime) -> Judged:
    evaluator = deployment.function(judgements.EVALUATION)
    return judgements.judge_alerts(deployment.topics(), deployment.outbox(), evaluator.log_group, now)


def _connections(deployment: Deployment, _now: datetime, _here: datetime) -> Judged:
    topics, source = deployment.topics(), deployment.volume_source()
    return judgements.judge_connections(deployment.connections(), topics, source)


_EXAMINATIONS: Mapping[Check, Callable[[Deployment, datetime, datetime], Judged]] = MappingProxyType(
    {
        Check.STACK: lambda d, _now, _here: judgements.judge_stack(d.parts()),
        Check.CLOCK: lambda d, _now, here: judgements.judge_clock(here, d.aws_time()),
        Check.FUNCTIONS: _functions,
        Check.TOPICS: lambda d, _now, _here: judgements.judge_topics(d.topics()),
        Check.SUBSCRIPTIONS: lambda d, now, _here: judgements.judge_subscriptions(d.topics(), d.queues(now)),
        Check.SOURCES: lambda d, _now, _here: judgements.judge_sources(d.sources()),
        Check.QUEUES: _queues,
        Check.DEAD_LETTERS: lambda d, now, _here: judgements.judge_dead_letters(d.dead_letters(now)),
        Check.SCHEDULES: lambda d, _now, _here: judgements.judge_schedules(d.schedules()),
        Check.EVALUATION: _evaluation,
        Check.WATCH: _watch,
        Check.ALERTS: _alerts,
        Check.ALARMS: lambda d, _now, _here: judgements.judge_alarms(d.alarms(), d.topics()),
        Check.ACCOUNT: lambda d, _now, _here: judgements.judge_account(d.account()),
        Check.CONNECTIONS: _connections,
        Check.EVENTS: lambda d, now, _here: judgements.judge_events(d.arrivals(now), now),
    }
)
