"""The use case of evaluate_reputation: judge the scopes whose counts changed, and tell people what changed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import count
from typing import Generic, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import astuple, replace

from ses_reputation.domain.lifecycle import Change, EarlyWarning, Standing, assess, measured
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, of_provider
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind, kind_of, name_of
from ses_reputation.news import News
from ses_reputation.notices.alert import Alert

T = TypeVar("T")


class Due(Struct, frozen=True):
    """A scope to evaluate. The token changes whenever the scope is marked again."""

    scope: Scope
    token: str


class Counters(Protocol):
    """What was counted."""

    def hours(self, scope: Scope, before: datetime) -> Iterable[HourCounts]:
        """The counts of the hours that began before a moment, newest first."""


class Versioned(Struct, frozen=True):
    """A standing as it was read: `version` is what it has to be still when it is written again, 0 for a new one."""

    standing: Standing
    version: int = 0


class Learned(Struct, frozen=True):
    """What is known of feedback loops from experience: providers that complaints came from, and what SES measured.

    `feedback_share` is the share of mail that went to providers with a feedback loop; None if SES does not say.
    """

    providers: frozenset[str] = frozenset()
    feedback_share: int | None = None

    def applied_to(self, policy: Policy) -> Policy:
        """The policy, with this known."""
        loops = replace(policy.feedback_loops, learned=self.providers)
        if self.feedback_share is not None:
            loops = replace(loops, feedback_share=self.feedback_share)
        return replace(policy, feedback_loops=loops)


class Standings(Protocol):
    """What was decided, and what is left to do about it."""

    def due(self) -> Iterator[Due]:
        """The scopes whose counts changed, and those that time may move."""

    def read(self, scope: Scope) -> Versioned:
        """The standing of a scope; a new one if it has none."""

    def learned(self) -> Learned:
        """What is known of feedback loops from experience."""

    def write(self, standing: Standing, version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        """Write a standing with its news and the alerts to send, all or nothing.

        False, and nothing written, if somebody else wrote it since it had this version.
        """

    def settle(self, due: Due) -> None:
        """Take a scope off the list, unless it was marked again since."""

    def outbox(self) -> Iterator[Alert]:
        """The alerts that are not known to be sent, oldest first."""

    def mark_sent(self, alert: Alert, message_id: str) -> None:
        """Take an alert out of the outbox, and note with its news that it was sent."""


class StatusTopic(Protocol):
    """Where people and programs hear of changes."""

    def publish(self, alert: Alert) -> str:
        """Send an alert; the id that it was given."""


class Evaluated(Struct, frozen=True):
    """What a run did. `awaited` is how many scopes time alone may still move; `overtaken` were written by another."""

    scopes: int = 0
    changes: int = 0
    warnings: int = 0
    alerts: int = 0
    awaited: int = 0
    overtaken: int = 0


class EvaluationIncomplete(RuntimeError):
    """Some scopes could not be judged, or alerts not be published; the text says how many, and why the first was not.

    All others were. These stay due, or in the outbox, for the next run.
    """


def evaluate_reputation(
    now: datetime,
    policy: Policy,
    counters: Counters,
    standings: Standings,
    topic: StatusTopic,
    to_alert: Callable[[Change | EarlyWarning, Policy], Alert],
) -> Evaluated:
    """Judge every due scope at one moment, and send what is in the outbox; EvaluationIncomplete if some of it failed.

    To run it twice for the same moment does the same as to run it once.
    """
    failures: list[Exception] = []
    # What was left by a run before this one, or put there by watch_ses, must not wait for all that may go wrong here.
    alerts = _send(standings, topic, failures)
    reading = Reading(counters, now)
    policy = standings.learned().applied_to(policy)
    total = Evaluated()
    # The whole list before the first count: what is marked from here on must not be settled by what is read now.
    for due in list(standings.due()):
        try:
            total = _sum(total, _judge(due, now, policy, reading, standings, to_alert))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one scope, the others are still judged
            failures.append(error)
    if total.changes or total.warnings:
        alerts += _send(standings, topic, failures)
    if failures:
        raise EvaluationIncomplete(f"{len(failures)} failures, the first: {failures[0]!r}") from failures[0]
    return replace(total, alerts=alerts)


def _judge(
    due: Due,
    now: datetime,
    policy: Policy,
    reading: "Reading",
    standings: Standings,
    to_alert: Callable[[Change | EarlyWarning, Policy], Alert],
) -> Evaluated:
    """Judge one scope, and take it off the list unless it has to be looked at again."""
    read = standings.read(due.scope)
    measures = measured(read.standing, reading.hours(due.scope), now, policy)
    after, news = assess(read.standing, measures, now, policy)
    if after is read.standing:
        return Evaluated(scopes=1, awaited=1)
    if not standings.write(after, read.version, news, [to_alert(piece, policy) for piece in news]):
        return Evaluated(scopes=1, overtaken=1)
    changes = sum(isinstance(piece, Change) for piece in news)
    # A change may have moved a floor: the next run shows the rates that follow from it.
    awaited = bool(changes or after.moves_with_time)
    if not awaited:
        standings.settle(due)
    return Evaluated(scopes=1, changes=changes, warnings=len(news) - changes, awaited=awaited)


def _sum(one: Evaluated, other: Evaluated) -> Evaluated:
    return Evaluated(*(a + b for a, b in zip(astuple(one), astuple(other), strict=True)))


class Rereadable(Generic[T]):
    """Something that is read once, as far as it is asked for, and can be gone through again and again.

    What could not be read cannot be read the next time either: a part of it would look like the whole.
    """

    def __init__(self, source: Iterable[T]) -> None:
        self._source = iter(source)
        self._read: list[T] = []
        self._error: Exception | None = None

    def __iter__(self) -> Iterator[T]:
        for number in count():
            if number == len(self._read):
                if self._error:
                    raise self._error
                try:
                    self._read.append(next(self._source))
                except StopIteration:
                    return
                except Exception as error:
                    self._error = error
                    raise
            yield self._read[number]


class Reading:
    """The hours of any scope, before a moment. The account's are kept: a mailbox provider's are a view of them."""

    def __init__(self, counters: Counters, before: datetime) -> None:
        self._counters = counters
        self._before = before
        self._account: Rereadable[HourCounts] | None = None

    def hours(self, scope: Scope) -> Iterator[HourCounts]:
        """The hours of a scope, newest first."""
        match kind_of(scope):
            case ScopeKind.ACCOUNT:
                return iter(self._account_hours())
            case ScopeKind.PROVIDER:
                return of_provider(name_of(scope), self._account_hours())
            case _:
                return iter(self._counters.hours(scope, self._before))

    def _account_hours(self) -> Rereadable[HourCounts]:
        if self._account is None:
            self._account = Rereadable(self._counters.hours(ACCOUNT, self._before))
        return self._account


def _send(standings: Standings, topic: StatusTopic, failures: list[Exception]) -> int:
    """Publish the outbox; how many alerts went. One that will not go does not keep back the others."""
    sent = 0
    for alert in standings.outbox():
        try:
            standings.mark_sent(alert, topic.publish(alert))
            sent += 1
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one alert, the others still have to go
            failures.append(error)
    return sent
