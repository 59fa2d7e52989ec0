"""Weeks: hours that are over, added up, so that a rate over a year need not go through each of its hours.

A week is a sum of its hours and never anything else. Wherever the sum does not tell enough (the window ends within it,
mail of an outage is left out of it, an hour of it may be the one that a forecast turns on) its hours are gone through.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zlib import crc32

from msgspec import Struct

from ses_reputation.domain.counting import week_of
from ses_reputation.domain.eligibility import LEFT_OUT_RECIPIENTS, Measure
from ses_reputation.domain.rates import ELIGIBLE, NUMERATOR, WEEK, HourCounts, VolumeSource, Week, WeekTotals
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind, kind_of

CLOSED_AFTER = timedelta(days=1)
"""How long a week is over, at least, before it is added up. Whatever comes later has it added up anew: this only makes
it rare.
"""

_MINUTES_OF_A_DAY = 24 * 60

# A Monday, from before all mail.
ALL_TIME = datetime(1970, 1, 5, tzinfo=UTC)


def newest_closed(now: datetime, scope: Scope) -> datetime:
    """When the newest week of a scope ended that is closed.

    To add up a week takes twice the requests of any other evaluation (benchmarks/evaluation.py). So it is not done for
    all scopes in one run, but spread over a day. Mailbox providers are a view of the account's hours, and close with
    it.
    """
    shared = scope == ACCOUNT or kind_of(scope) is ScopeKind.PROVIDER
    later = timedelta() if shared else timedelta(minutes=crc32(scope.encode()) % _MINUTES_OF_A_DAY)
    return week_of(now.astimezone(UTC) - CLOSED_AFTER - later)


_IN_RATES: Mapping[VolumeSource, frozenset[Measure]] = {
    source: frozenset({*NUMERATOR.values(), *measures}) for source, measures in ELIGIBLE.items()
}


def rules_of(source: VolumeSource) -> str:
    """What is added up, and how, as a text that is another one as soon as that is: older sums are then of no use."""
    terms = [
        f"{sign:+}*{measure}" for told in (source, VolumeSource.STATISTICS) for measure, sign in ELIGIBLE[told].items()
    ]
    return " ".join([*terms, *NUMERATOR.values(), *sorted(LEFT_OUT_RECIPIENTS)])


def in_rates(hours: Iterable[HourCounts], source: VolumeSource) -> Iterator[HourCounts]:
    """The same hours, with nothing in them that is in no rate."""
    for hour in hours:
        wanted = _IN_RATES[VolumeSource.STATISTICS if hour.backfilled else source]
        counts = {(p, m): n for (p, m), n in hour.counts.items() if m in wanted and p not in LEFT_OUT_RECIPIENTS}
        yield HourCounts(hour.hour, counts, hour.backfilled)


def week_totals(start: datetime, newest_first: Iterable[HourCounts], source: VolumeSource) -> WeekTotals:
    """The hours of a week, added up."""
    sums: tuple[dict[tuple[str, Measure], int], dict[tuple[str, Measure], int]] = ({}, {})
    hours = 0
    first: datetime | None = None
    strays = odd = False
    for hour in in_rates(newest_first, source):
        sign = ELIGIBLE[VolumeSource.STATISTICS if hour.backfilled else source]
        total, volume = sums[hour.backfilled], 0
        for what, n in hour.counts.items():
            total[what] = total.get(what, 0) + n
            volume += n * sign.get(what[1], 0)
            odd = odd or n < 0
        if volume > 0:
            hours, first, strays = hours + 1, hour.hour, False
        else:
            strays = strays or bool(hour.counts)
    return WeekTotals(start, *sums, hours=hours, first=first, strays=strays, odd=odd)


def together(newest_first: Sequence[WeekTotals]) -> WeekTotals:
    """The same hours, of one week or more, added up once more."""
    counts: dict[tuple[str, Measure], int] = {}
    backfilled: dict[tuple[str, Measure], int] = {}
    hours = 0
    first: datetime | None = None
    strays = odd = False
    for week in newest_first:
        for total, more in ((counts, week.counts), (backfilled, week.backfilled)):
            for what, n in more.items():
                total[what] = total.get(what, 0) + n
        hours, odd = hours + week.hours, odd or week.odd
        if week.first:
            first, strays = week.first, week.strays
        else:
            strays = strays or week.any
    start, end = newest_first[-1].start, newest_first[0].end
    return WeekTotals(start, counts, backfilled, hours, first, strays, odd, weeks=(end - start) // WEEK)


# Of a year so few weeks or groups of weeks are gone through one by one: five weeks at its beginning and as many at its
# end, and four groups in between. By single weeks they were 52, and an evaluation took a third longer.
GROUP = 8


def in_groups(
    newest_first: Iterable[WeekTotals], hours_of: Callable[[datetime], Iterable[HourCounts]]
) -> Iterator[Week]:
    """These weeks, with one in place of those that are always together, in each GROUP of weeks since ALL_TIME.

    `hours_of` has the hours of the week that begins at a moment, for whoever goes through them.
    """
    for _, group in groupby(newest_first, key=lambda week: (week.start - ALL_TIME) // (GROUP * WEEK)):
        weeks = list(group)
        if len(weeks) == 1:
            yield Week(weeks[0], hours_of(weeks[0].start))
        else:
            yield Week(together(weeks), _Apart(weeks, hours_of))


class _Apart(Iterable[Week]):
    """Weeks one by one. Of most groups nobody asks for them."""

    def __init__(self, weeks: Sequence[WeekTotals], hours_of: Callable[[datetime], Iterable[HourCounts]]) -> None:
        self._weeks = weeks
        self._hours_of = hours_of

    def __iter__(self) -> Iterator[Week]:
        return (Week(week, self._hours_of(week.start)) for week in self._weeks)


class KnownWeeks(Struct, frozen=True):
    """The weeks of a scope that were added up: all from `start` until before `end`, those without mail left out.

    `totals` are newest first, and by this source of the volume. `version` is 0 of what was never kept. `tail` is the
    week in which the window ended lately, and its hours, as far as they are in rates. `cut` is whether there was more
    than could be kept.
    """

    source: VolumeSource
    start: datetime
    end: datetime
    totals: tuple[WeekTotals, ...] = ()
    version: int = 0
    tail: tuple[datetime, tuple[HourCounts, ...]] | None = None
    cut: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether there is no such week."""
        return self.start == self.end

    def covers(self, week: datetime) -> bool:
        """Whether a week is among them."""
        return self.start <= week < self.end


NOTHING_KNOWN = KnownWeeks(VolumeSource.SEND_EVENTS, ALL_TIME, ALL_TIME)
"""Of a scope whose weeks are not kept."""
