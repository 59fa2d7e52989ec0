"""A scope's past, as an evaluation goes through it: newest hours first, and then whole weeks that were added up before.

Adding up is a by-product of going through the hours of a week that is closed: its totals are kept, and taken from then
on. What is counted in such a week later is no problem: whoever counts marks the scope as due, and with it the week; an
evaluation that finds the mark goes through the hours of that week and adds them up anew.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from functools import cached_property, partial
from itertools import chain
from typing import Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.counting import week_of
from ses_reputation.domain.rates import WEEK, HourCounts, Week, WeekTotals, of_provider
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind, kind_of, name_of
from ses_reputation.domain.weeks import (
    ALL_TIME,
    NOTHING_KNOWN,
    KnownWeeks,
    in_groups,
    in_rates,
    newest_closed,
    week_totals,
)
from ses_reputation.rereadable import Rereadable

T = TypeVar("T")


class Counters(Protocol):
    """What was counted."""

    def hours(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterable[HourCounts]:
        """The counts of the hours that began before a moment, and not before another, newest first."""


class Weeks(Protocol):
    """The weeks of scopes that were added up."""

    def known(self, scope: Scope) -> KnownWeeks:
        """Those of a scope."""

    def keep(self, scope: Scope, known: KnownWeeks) -> bool:
        """Keep these in place of those that had their version; False, and nothing kept, if others were since."""


class Past:
    """The past of one scope before a moment, to be gone through once, newest first, and as far as it is needed.

    `touched` are weeks in which something was counted since they were added up, perhaps. `closed` is when the newest
    closed week ended, `recent` are the hours since then, `hours` all hours, and `read` has those before a moment and
    not before another. What is `known` of its weeks is asked for only by whoever goes back further than the recent
    hours.
    """

    def __init__(
        self,
        known: Callable[[], KnownWeeks],
        touched: Collection[datetime],
        closed: datetime,
        *,
        recent: Iterable[HourCounts],
        hours: Iterable[HourCounts],
        read: Callable[[datetime, datetime], Iterable[HourCounts]],
    ) -> None:
        self.hours = hours
        self._read_known = known
        self._marked = touched
        self._closed = closed
        self._recent = recent
        self._read = read
        self._added_up: dict[datetime, WeekTotals] = {}
        self._opened: dict[datetime, Rereadable[HourCounts]] = {}
        # All weeks from here on until the newest closed one were gone through, or are known.
        self._reached = self._closed
        self._is_recent = True

    @cached_property
    def _known(self) -> KnownWeeks:
        return self._read_known()

    @cached_property
    def _touched(self) -> frozenset[datetime]:
        return frozenset(week for week in self._marked if self._known.covers(week))

    def __iter__(self) -> Iterator[HourCounts | Week]:
        yield from self._recent
        self._is_recent = False
        known = self._known
        if known.is_nothing:
            yield from self._by_hours(self._read(self._closed, ALL_TIME))
            self._reached = ALL_TIME
            return
        if known.end < self._closed:
            yield from self._by_hours(self._read(self._closed, known.end))
        self._reached = min(self._reached, known.end)
        totals = {each.start: each for each in known.totals if each.start < self._closed}
        untouched: list[WeekTotals] = []
        for week in sorted({*totals, *self._touched}, reverse=True):
            if week not in self._touched:
                untouched.append(totals[week])
            elif week < self._closed:
                yield from in_groups(untouched, self._hours_of)
                untouched = []
                yield from self._by_week(week)
        yield from in_groups(untouched, self._hours_of)
        self._reached = known.start
        if known.start > ALL_TIME:
            # Whoever goes further back by a little than the last time gets by with a week.
            week = known.start - WEEK
            yield from self._by_week(week)
            yield from self._by_hours(self._read(week, ALL_TIME))
            self._reached = ALL_TIME

    def _hours_of(self, week: datetime) -> Iterable[HourCounts]:
        """The hours of a week that was added up, which are read only if somebody goes through them."""
        if week not in self._opened:
            tail = self._known.tail
            hours = tail[1] if tail and tail[0] == week else self._read(week + WEEK, week)
            self._opened[week] = Rereadable(hours)
        return self._opened[week]

    def _by_week(self, week: datetime) -> Iterator[HourCounts]:
        """The hours of a closed week, which is added up in any case."""
        hours = list(self._read(week + WEEK, week))
        self._add_up(week, hours)
        self._reached = min(self._reached, week)
        yield from hours

    def _by_hours(self, hours: Iterable[HourCounts]) -> Iterator[HourCounts]:
        """The same hours of closed weeks. Each week is added up once all of it was gone through."""
        week: datetime | None = None
        held: list[HourCounts] = []
        for hour in hours:
            if week is None or hour.hour < week:
                self._add_up(week, held)
                week, held = week_of(hour.hour), []
                self._reached = min(self._reached, week + WEEK)
            held.append(hour)
            yield hour
        self._add_up(week, held)

    def _add_up(self, week: datetime | None, hours: list[HourCounts]) -> None:
        if week is not None:
            self._added_up[week] = week_totals(week, hours, self._known.source)

    def learned(self) -> KnownWeeks | None:
        """What is known of its weeks now; None if that is no news."""
        late = any(week < self._closed for week in self._marked)
        if self._is_recent and not late:
            return None
        known = self._known
        start, end = self._known_from_until()
        if known.cut and end == known.end and not late:
            # What did not fit does not fit now either: it would be written at each evaluation, 350 KB of it.
            return None
        tail = self._tail(start)
        # After a late mark it is written in any case: so whoever adds up the same weeks just now, and may not know of
        # what was counted, is refused.
        if not late and tail == known.tail and (start == end or (start, end) == (known.start, known.end)):
            return None
        totals = {each.start: each for each in known.totals} | self._added_up
        kept = [week for week, told in totals.items() if start <= week < end and told.any]
        newest_first = tuple(totals[week] for week in sorted(kept, reverse=True))
        return replace(known, start=start, end=end, totals=newest_first, tail=tail)

    def _known_from_until(self) -> tuple[datetime, datetime]:
        """From when until when all weeks are known now: none that was touched and not gone through, nor any before."""
        known, unread = self._known, self._touched - self._added_up.keys()
        if known.is_nothing:
            start, end = self._reached, self._closed
        else:
            start = min(self._reached, known.start)
            # What was closed since is known only if it was gone through down to what was known before.
            end = max(self._closed, known.end) if self._reached <= known.end else known.end
        return min(max([start, *(week + WEEK for week in unread)]), end), end

    def _tail(self, start: datetime) -> tuple[datetime, tuple[HourCounts, ...]] | None:
        """The oldest week whose hours were gone through: it is where the window ended, and will end for a week.

        Of a week before the start nobody would know that it was touched.
        """
        opened = [week for week, hours in self._opened.items() if hours.is_begun]
        if opened:
            oldest = min(opened)
            return oldest, tuple(in_rates(self._opened[oldest], self._known.source))
        known = self._known.tail
        return known if known and known[0] >= start and known[0] not in self._touched else None


class _Hours(Struct, frozen=True):
    """A scope's hours, newest first: those since a moment, and all, of which the older ones are read separately."""

    recent: Iterable[HourCounts]
    all: Iterable[HourCounts]


class Reading:
    """What scopes counted before a moment. The account's counts are kept: a mailbox provider's are a view of them.

    With `weeks` those that are over are added up and kept, and their hours are not read again. `together` are the
    account and the mailbox providers that are judged, and so go through the same hours.
    """

    def __init__(
        self, counters: Counters, before: datetime, weeks: Weeks | None = None, together: Collection[Scope] = ()
    ) -> None:
        self._counters = counters
        self._before = before
        self._weeks = weeks
        self._together = together
        self._known_together: dict[Scope, KnownWeeks | Exception] = {}
        self._account_spans: dict[tuple[datetime, datetime], Rereadable[HourCounts]] = {}

    def hours(self, scope: Scope) -> Iterable[HourCounts]:
        """The hours of a scope, newest first, as often as somebody goes through them."""
        return self._hours(scope).all

    def past(self, scope: Scope, touched: Collection[datetime] = ()) -> Past:
        """All that a scope counted; of weeks that were touched since they were added up, and of recent ones, by hours.

        Without `weeks`, all of it by hours.
        """
        hours = self._hours(scope)
        known = partial(self._known, scope, self._weeks) if self._weeks else lambda: NOTHING_KNOWN
        read = partial(self._read, scope) if self._weeks else lambda _before, _since: ()
        closed = newest_closed(self._before, scope)
        return Past(known, touched, closed, recent=hours.recent, hours=hours.all, read=read)

    def keep(self, scope: Scope, past: Past) -> bool:
        """Keep what was added up of a scope, if that is news; False if somebody else did meanwhile, perhaps wrongly."""
        learned = past.learned() if self._weeks else None
        return not (self._weeks and learned) or self._weeks.keep(scope, learned)

    def _known(self, scope: Scope, weeks: Weeks) -> KnownWeeks:
        """What is known of a scope's weeks.

        Of all that go through hours together it is read before these hours are. Else one could replace what another
        evaluation has kept meanwhile, and that knows of more than was counted when the hours were read for the first.
        """
        if scope not in self._together:
            return weeks.known(scope)
        if not self._known_together:
            for each in self._together:
                try:
                    self._known_together[each] = weeks.known(each)
                except Exception as error:  # noqa: BLE001 - the others are still judged
                    self._known_together[each] = error
        known = self._known_together[scope]
        if isinstance(known, Exception):
            raise known
        return known

    @cached_property
    def _account(self) -> _Hours:
        return self._divided(ACCOUNT)

    def _divided(self, scope: Scope) -> _Hours:
        if self._weeks is None:
            hours = Rereadable(self._counters.hours(scope, self._before))
            return _Hours(hours, hours)
        closed = newest_closed(self._before, scope)
        recent = Rereadable(self._counters.hours(scope, self._before, closed))
        older = _later(partial(self._counters.hours, scope, closed, ALL_TIME))
        return _Hours(recent, Rereadable(chain(recent, older)))

    def _hours(self, scope: Scope) -> _Hours:
        if scope == ACCOUNT:
            return self._account
        if kind_of(scope) is not ScopeKind.PROVIDER:
            return self._divided(scope)
        provider = name_of(scope)
        own = Rereadable(of_provider(provider, self._account.all))
        return _Hours(own if self._weeks is None else of_provider(provider, self._account.recent), own)

    def _read(self, scope: Scope, before: datetime, since: datetime) -> Iterable[HourCounts]:
        """The hours of a scope between two moments. Several providers may ask for those of the account."""
        if scope != ACCOUNT and kind_of(scope) is not ScopeKind.PROVIDER:
            return self._counters.hours(scope, before, since)
        span = before, since
        if span not in self._account_spans:
            self._account_spans[span] = Rereadable(self._counters.hours(ACCOUNT, before, since))
        hours = self._account_spans[span]
        return hours if scope == ACCOUNT else of_provider(name_of(scope), hours)


def _later(read: Callable[[], Iterable[T]]) -> Iterator[T]:
    """What is read, but only when somebody asks for the first of it."""
    yield from read()
