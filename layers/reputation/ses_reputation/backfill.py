"""The use case of backfilling: count what SES still knows of the time before events were connected.

To do it again is safe: no event is touched, and of an hour that was backfilled before, only more mail is news.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import Protocol

from msgspec import Struct

from ses_reputation.domain.counting import hour_of
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.lifecycle import next_full_hour
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind, kind_of
from ses_reputation.domain.statistics import Reported, SesMetric
from ses_reputation.evaluate import Counters
from ses_reputation.watch import DueScopes

HOUR = timedelta(hours=1)

# https://docs.aws.amazon.com/ses/latest/APIReference/API_GetSendStatistics.html
STATISTICS_AGE = timedelta(days=14)

# Hourly values are kept for 15 months.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
METRICS_AGE = timedelta(days=455)

# Hours that are written between two reports of progress.
CHUNK = 50


class Ses(Protocol):
    """What SES and CloudWatch tell of the past."""

    def publishing(self, metric: SesMetric) -> frozenset[Scope]:
        """Which of the account and the configuration sets published a metric lately."""

    def send_statistics(self) -> Mapping[datetime, Reported]:
        """What the account sent, and got back, in each hour of the last two weeks."""

    def hourly_counts(
        self, scopes: frozenset[Scope], start: datetime, end: datetime
    ) -> Mapping[Scope, Mapping[datetime, Reported]]:
        """What each scope sent, and got back, in each hour that CloudWatch knows."""


class Statistics(Protocol):
    """The counters that are written from SES's own statistics."""

    def oldest_live_hour(self, scope: Scope) -> datetime | None:
        """The oldest hour of a scope that an event was counted in."""

    def reported(self, scope: Scope, start: datetime) -> Mapping[datetime, int]:
        """How much mail SES reported for each hour from `start` on, beside its events."""

    def write_backfill(self, scope: Scope, hours: Mapping[datetime, Reported]) -> int:
        """Write what SES reports of these hours in place of their events; how many of them were news."""


class UnfitBoundary(ValueError):
    """A backfill cannot end there; the text says why."""


class BoundaryReason(StrEnum):
    """Why a backfill ends where it does."""

    CHOSEN = "chosen"
    EVENTS_BEGAN = "events-began"
    FIRST_HOUR_NOT_OVER = "first-hour-not-over"
    NO_EVENTS_YET = "no-events-yet"


class Boundary(Struct, frozen=True):
    """The hour before which SES's own statistics count, and from which on events do.

    `complete_at` is when another backfill closes the gap that this one has to leave; None if it leaves none, or nobody
    can know yet.
    """

    hour: datetime
    reason: BoundaryReason
    complete_at: datetime | None = None


class ScopePlan(Struct, frozen=True):
    """What SES says of one scope's hours before the boundary, and which of them have to be written for that."""

    scope: Scope
    hours: Mapping[datetime, Reported]
    unwritten: Sequence[datetime]

    @property
    def total(self) -> Reported:
        """All hours together."""
        return reduce(Reported.plus, self.hours.values(), Reported())


class Plan(Struct, frozen=True):
    """What a backfill is to write: nothing before `start`, and nothing from the boundary on."""

    start: datetime
    boundary: Boundary
    scopes: Sequence[ScopePlan]

    @property
    def unwritten(self) -> int:
        """How many hours have to be written."""
        return sum(len(plan.unwritten) for plan in self.scopes)


def plan_backfill(
    now: datetime,
    ses: Ses,
    counters: Counters,
    statistics: Statistics,
    *,
    age: timedelta,
    until: datetime | None,
    source: VolumeSource,
    known: Iterable[Scope],
) -> Plan:
    """What is to be written of the mail that is no older than `age`; UnfitBoundary if it cannot end with `until`.

    Configuration sets among the `known` scopes are asked for even if they have sent nothing lately: CloudWatch lists no
    metric that had no value for two weeks.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
    """
    boundary = _boundary(now, until, source, statistics)
    start, end = hour_of(now - min(age, METRICS_AGE)), boundary.hour
    if start >= end:
        return Plan(start, boundary, (ScopePlan(ACCOUNT, {}, ()),))
    candidates = ses.publishing(SesMetric.SENT) | frozenset(known)
    sets = {scope for scope in candidates if kind_of(scope) is ScopeKind.CONFIGURATION_SET}
    # The hour in which the two weeks begin is told only in part.
    told_from = hour_of(now - STATISTICS_AGE) + HOUR
    metrics = ses.hourly_counts(frozenset({ACCOUNT, *sets}), start, end)
    recent = ses.send_statistics() if told_from < end else {}

    plans = []
    for scope in (ACCOUNT, *sorted(sets)):
        hours = metrics.get(scope, {})
        written = _written(counters, scope, start, end)
        if scope == ACCOUNT:
            # Statistics leave out the soft bounces that a metric has in it: they stay when SES no longer tells them.
            older = {**hours, **written}
            hours = {**_before(told_from, older), **_from(told_from, recent)}
        elif not any(told.sent for told in hours.values()):
            continue  # It publishes no volume, without which there is no rate.
        told = {h: hours[h] for h in sorted(hours) if start <= h < end and hours[h] != Reported()}
        unwritten = tuple(h for h in told if h not in written or _has_grown(written[h], told[h]))
        plans.append(ScopePlan(scope, told, unwritten))
    return Plan(start, boundary, tuple(plans))


def carry_out(plan: Plan, statistics: Statistics, due: DueScopes) -> Iterator[int]:
    """Write what is planned, yielding how many more hours were seen to; then have its scopes evaluated.

    They are marked even if nothing is written: who was interrupted before may have written it all.
    """
    for scope_plan in plan.scopes:
        for first in range(0, len(scope_plan.unwritten), CHUNK):
            chunk = scope_plan.unwritten[first : first + CHUNK]
            statistics.write_backfill(scope_plan.scope, {hour: scope_plan.hours[hour] for hour in chunk})
            yield len(chunk)
    due.mark([scope_plan.scope for scope_plan in plan.scopes if scope_plan.hours])


def _boundary(now: datetime, until: datetime | None, source: VolumeSource, statistics: Statistics) -> Boundary:
    """Where SES's statistics end and events begin.

    The first hour with events is SES's as well: it was counted only from the moment at which events were connected, and
    SES has all of it. An hour that is not over is nobody's: SES's numbers of it still grow.
    """
    if until is not None:
        return Boundary(_checked(until, now), BoundaryReason.CHOSEN)
    this_hour = hour_of(now.astimezone(UTC))
    first = statistics.oldest_live_hour(ACCOUNT)
    if first is None:
        return Boundary(this_hour, BoundaryReason.NO_EVENTS_YET)
    takeover = first + HOUR
    if source is VolumeSource.STATISTICS:
        # The events are bounces and complaints; the mail sent is known from the first hour that watch_ses wrote.
        takeover = max(takeover, min(statistics.reported(ACCOUNT, first), default=next_full_hour(now)))
    if takeover > this_hour:
        return Boundary(this_hour, BoundaryReason.FIRST_HOUR_NOT_OVER, takeover)
    return Boundary(takeover, BoundaryReason.EVENTS_BEGAN)


def _checked(until: datetime, now: datetime) -> datetime:
    if until.tzinfo is None:
        raise UnfitBoundary(f"{until.isoformat()} has no time zone; {until.isoformat()}Z is in UTC")
    if until > now:
        raise UnfitBoundary(f"{until.isoformat()} is in the future")
    hour = until.astimezone(UTC)
    if hour != hour_of(hour):
        raise UnfitBoundary(f"{until.isoformat()} is not a full hour in UTC")
    return hour


def _written(counters: Counters, scope: Scope, start: datetime, end: datetime) -> Mapping[datetime, Reported]:
    """What was backfilled before."""
    written = {}
    for counted in counters.hours(scope, end):
        if counted.hour < start:
            break
        if counted.backfilled:
            written[counted.hour] = Reported(
                counted.total(Measure.REPORTED),
                counted.total(Measure.HARD_BOUNCED),
                counted.total(Measure.COMPLAINED),
            )
    return written


def _before(hour: datetime, hours: Mapping[datetime, Reported]) -> Mapping[datetime, Reported]:
    return {h: told for h, told in hours.items() if h < hour}


def _from(hour: datetime, hours: Mapping[datetime, Reported]) -> Mapping[datetime, Reported]:
    return {h: told for h, told in hours.items() if h >= hour}


def _has_grown(before: Reported, now: Reported) -> bool:
    return now.sent > before.sent or now.bounced > before.bounced or now.complained > before.complained
