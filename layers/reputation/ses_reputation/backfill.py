"""The use case of backfilling: count what SES still knows of the time before events were connected.

To do it again is safe: no event is touched, and of an hour that was backfilled before, only more mail is news.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import reduce
from itertools import takewhile
from typing import Protocol

from msgspec import Struct

from ses_reputation.domain.counting import hour_of
from ses_reputation.domain.eligibility import BESIDE_RATES, Measure
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind, is_other, kind_of
from ses_reputation.domain.statistics import STATISTICS_AGE, Reported, SesMetric
from ses_reputation.past import Counters
from ses_reputation.watch import DueScopes

HOUR = timedelta(hours=1)

# Hourly values are kept for 15 months.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
METRICS_AGE = timedelta(days=455)

# How long an hour is over before it is taken. SES tells its newest intervals late (AWS does not say how late), and an
# hour that is taken too soon replaces events that are complete by fewer.
SETTLED_AFTER = HOUR

# Hours that are written between two reports of progress.
CHUNK = 50

# The events that tell the volume. With SES's statistics none do: there any event counts, beside the mail it reports.
VOLUME_EVENTS: Mapping[VolumeSource, Measure | None] = {
    VolumeSource.SEND_EVENTS: Measure.SENT,
    VolumeSource.DELIVERY_EVENTS: Measure.DELIVERED,
    VolumeSource.STATISTICS: None,
}


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

    def oldest_live_hour(self, scope: Scope, measure: Measure | None = None) -> datetime | None:
        """The oldest hour of a scope that an event was counted in; with a measure, one that counts as that."""

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
    FIRST_HOUR_TOO_NEW = "first-hour-too-new"
    NO_EVENTS_YET = "no-events-yet"
    NO_STATISTICS_YET = "no-statistics-yet"


class Boundary(Struct, frozen=True):
    """The hour before which SES's own statistics count, and from which on events do.

    `complete_at` is when another backfill closes the gap that this one has to leave; None if it leaves none, or nobody
    can know yet.
    """

    hour: datetime
    reason: BoundaryReason
    complete_at: datetime | None = None


class ScopePlan(Struct, frozen=True):
    """What SES says of one scope's hours before its boundary, newest first, and which of them have to be written.

    `left_out` is whether SES knows of older hours that are not in it, because the newer ones fill a window.
    """

    scope: Scope
    boundary: Boundary
    hours: Mapping[datetime, Reported]
    unwritten: Sequence[datetime]
    left_out: bool = False

    @property
    def total(self) -> Reported:
        """All hours together."""
        return reduce(Reported.plus, self.hours.values(), Reported())


class Plan(Struct, frozen=True):
    """What a backfill is to write: nothing before `start`, and of each scope nothing from its boundary on.

    `drawn` is the hour from which the account's events count if nobody chooses another. If a later one is chosen,
    `replaced` is how many hours of the account would lose the events that were counted in them. `providers` are the
    mailbox providers that are judged by the account's counts.
    """

    start: datetime
    drawn: datetime
    account: ScopePlan
    configuration_sets: Sequence[ScopePlan]
    replaced: int
    providers: Sequence[Scope] = ()

    @property
    def scopes(self) -> Sequence[ScopePlan]:
        """All of them, the account first."""
        return self.account, *self.configuration_sets

    @property
    def unwritten(self) -> int:
        """How many hours have to be written."""
        return sum(len(plan.unwritten) for plan in self.scopes)


def plan_backfill(
    now: datetime,
    ses: Ses,
    counters: Counters,
    statistics: Statistics,
    policy: Policy,
    *,
    age: timedelta,
    until: datetime | None,
    known: Iterable[Scope],
    everything: bool,
) -> Plan:
    """What is to be written of the mail that is no older than `age`; UnfitBoundary if it cannot end with `until`.

    Of each scope that is as much as fills a window together with the events that were counted, or `everything`.

    Configuration sets among the `known` scopes are asked for even if they have sent nothing lately: CloudWatch lists no
    metric that had no value for two weeks.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
    """
    end = hour_of(now.astimezone(UTC) - SETTLED_AFTER)
    start = hour_of(now.astimezone(UTC) - min(age, METRICS_AGE))
    boundaries = _Boundaries(start, end, policy.volume_source, statistics)
    drawn = boundaries.of(ACCOUNT) or Boundary(end, BoundaryReason.NO_EVENTS_YET)
    boundary = Boundary(_checked(until, now, end), BoundaryReason.CHOSEN) if until else drawn

    everybody = frozenset(known)
    providers = {scope for scope in everybody if kind_of(scope) is ScopeKind.PROVIDER}
    candidates = ses.publishing(SesMetric.SENT) | everybody
    sets = {s for s in candidates if kind_of(s) is ScopeKind.CONFIGURATION_SET and not is_other(s)}
    metrics = ses.hourly_counts(frozenset({ACCOUNT, *sets}), start, end)
    # The hour in which the two weeks begin is told only in part.
    told_from = hour_of(now.astimezone(UTC) - STATISTICS_AGE) + HOUR
    full_at = None if everything else policy.window_volume()

    def plan_of(scope: Scope, boundary: Boundary, told: Mapping[datetime, Reported]) -> ScopePlan:
        hours = {h: told[h] for h in told if start <= h < boundary.hour and told[h] != Reported()}
        # Statistics leave out the soft bounces that a metric has in it: they stay when SES no longer tells them.
        kept_until = min(told_from, boundary.hour) if scope == ACCOUNT else start
        counted = takewhile(lambda counts: counts.hour >= start, counters.hours(scope, now))
        return _scope_plan(scope, boundary, hours, counted, policy, kept_until=kept_until, full_at=full_at)

    older, newer = metrics.get(ACCOUNT, {}), ses.send_statistics()
    account = plan_of(ACCOUNT, boundary, {**_before(told_from, older), **_from(told_from, newer)})
    plans = []
    for scope in sorted(sets):
        own = boundaries.of(scope) or boundary
        # Sets are connected one by one: what is chosen for the account must not replace what one has counted.
        ends = own if until is None else min(own, boundary, key=lambda b: b.hour)
        told = _before(ends.hour, metrics.get(scope, {}))
        # Without a volume, which a set need not publish, there is no rate.
        if any(reported.sent for reported in told.values()):
            plans.append(plan_of(scope, ends, told))
    replaced = _live(counters, ACCOUNT, drawn.hour, boundary.hour) & frozenset(account.unwritten)
    return Plan(start, drawn.hour, account, plans, len(replaced), sorted(providers))


def carry_out(plan: Plan, statistics: Statistics, due: DueScopes) -> Iterator[int]:
    """Write what is planned, newest hours first, yielding how many more were seen to, and have its scopes evaluated.

    They are marked even if nothing is written: who was interrupted before may have written it all.
    """
    counted = [(scope_plan.scope, hour) for scope_plan in plan.scopes for hour in scope_plan.hours]
    # Of an hour of the account that was backfilled no provider's mail is known any longer.
    counted += [(provider, hour) for provider in plan.providers for hour in plan.account.hours]
    # Before, so that they are judged even if this is stopped on the way; and after, even if they were judged meanwhile.
    due.mark(counted)
    for scope_plan in plan.scopes:
        for first in range(0, len(scope_plan.unwritten), CHUNK):
            chunk = scope_plan.unwritten[first : first + CHUNK]
            statistics.write_backfill(scope_plan.scope, {hour: scope_plan.hours[hour] for hour in chunk})
            yield len(chunk)
    due.mark(counted)


class _Boundaries:
    """Where SES's statistics end and events begin.

    The first hour with events is SES's as well: it was counted only from the moment at which events were connected, and
    SES has all of it. Bounces that were connected before the volume was are bounces of no mail: they draw no boundary.
    """

    def __init__(self, start: datetime, end: datetime, source: VolumeSource, statistics: Statistics) -> None:
        self._end = end
        self._source = source
        self._statistics = statistics
        self._reports_began: datetime | None = None
        if source is VolumeSource.STATISTICS:
            # watch_ses begins with all scopes at once. One that sent nothing then has a later hour, or none.
            self._reports_began = min(statistics.reported(ACCOUNT, start), default=None)

    def of(self, scope: Scope) -> Boundary | None:
        """Where a scope's events begin; None if none has told its volume yet."""
        first = self._statistics.oldest_live_hour(scope, VOLUME_EVENTS[self._source])
        if first is None:
            return None
        takeover = first + HOUR
        if self._source is VolumeSource.STATISTICS:
            if self._reports_began is None:
                return Boundary(self._end, BoundaryReason.NO_STATISTICS_YET)
            takeover = max(takeover, self._reports_began)
        if takeover > self._end:
            return Boundary(self._end, BoundaryReason.FIRST_HOUR_TOO_NEW, takeover + SETTLED_AFTER)
        return Boundary(takeover, BoundaryReason.EVENTS_BEGAN)


def _checked(until: datetime, now: datetime, end: datetime) -> datetime:
    if until.tzinfo is None:
        raise UnfitBoundary(f"{until.isoformat()} has no time zone; {until.isoformat()}Z is in UTC")
    if until > now:
        raise UnfitBoundary(f"{until.isoformat()} is in the future")
    hour = until.astimezone(UTC)
    if hour != hour_of(hour):
        raise UnfitBoundary(f"{until.isoformat()} is not a full hour in UTC")
    if hour > end:
        newest = f"{end:%Y-%m-%dT%H:%MZ}"
        raise UnfitBoundary(
            f"{until.isoformat()} is too new: SES may still add to the hour before; choose {newest} at most"
        )
    return hour


def _scope_plan(
    scope: Scope,
    boundary: Boundary,
    told: Mapping[datetime, Reported],
    counted: Iterable[HourCounts],
    policy: Policy,
    *,
    kept_until: datetime,
    full_at: int | None,
) -> ScopePlan:
    """The newest hours, told or counted, that hold `full_at` recipients; all of them if that is None.

    Hours before `kept_until` that were backfilled stay as they are.
    """
    hours: dict[datetime, Reported] = {}
    unwritten: list[datetime] = []
    held = 0
    for hour, said, known in _side_by_side(told, counted):
        if full_at is not None and held >= full_at:
            break
        written = _written(known) if known and known.backfilled else None
        reported = written if written and hour < kept_until else said
        if reported:
            hours[hour] = reported
            held += reported.sent
            if written is None or _has_grown(written, reported):
                unwritten.append(hour)
        elif known:
            held += known.sums(Metric.BOUNCE_RATE, policy.volume_source, policy.feedback_loops).volume
    return ScopePlan(scope, boundary, hours, unwritten, left_out=not told.keys() <= hours.keys())


def _side_by_side(
    told: Mapping[datetime, Reported], counted: Iterable[HourCounts]
) -> Iterator[tuple[datetime, Reported | None, HourCounts | None]]:
    """Every hour that SES tells of or that was counted, newest first; what was counted is read only as far as asked."""
    untold = sorted(told)
    for known in counted:
        while untold and untold[-1] > known.hour:
            hour = untold.pop()
            yield hour, told[hour], None
        if untold and untold[-1] == known.hour:
            untold.pop()
        yield known.hour, told.get(known.hour), known
    for hour in reversed(untold):
        yield hour, told[hour], None


def _live(counters: Counters, scope: Scope, start: datetime, end: datetime) -> frozenset[datetime]:
    """The hours from `start` up to before `end` whose events count."""
    if start >= end:
        return frozenset()
    return frozenset(
        counted.hour
        for counted in takewhile(lambda counts: counts.hour >= start, counters.hours(scope, end))
        if not counted.backfilled
        and any(measure is not Measure.REPORTED and measure not in BESIDE_RATES for _, measure in counted.counts)
    )


def _written(counted: HourCounts) -> Reported:
    return Reported(
        counted.total(Measure.REPORTED), counted.total(Measure.HARD_BOUNCED), counted.total(Measure.COMPLAINED)
    )


def _before(hour: datetime, hours: Mapping[datetime, Reported]) -> Mapping[datetime, Reported]:
    return {h: told for h, told in hours.items() if h < hour}


def _from(hour: datetime, hours: Mapping[datetime, Reported]) -> Mapping[datetime, Reported]:
    return {h: told for h, told in hours.items() if h >= hour}


def _has_grown(before: Reported, now: Reported) -> bool:
    return now.sent > before.sent or now.bounced > before.bounced or now.complained > before.complained
