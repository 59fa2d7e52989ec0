"""A scope's past: the weeks that are over are added up once, and whatever is counted in them later is not lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ses_reputation.domain.counting import week_of
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.feedback_loops import FeedbackLoops
from ses_reputation.domain.outages import Outage, Tally, without_outages
from ses_reputation.domain.rates import WEEK, HourCounts, Metric, Span, VolumeSource, Window, measure
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.weeks import NOTHING_KNOWN, KnownWeeks
from ses_reputation.past import Past, Reading

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ACME = Scope("tenant/acme")
GMAIL = Scope("provider/gmail")
SENT, BOUNCED = ("gmail", Measure.SENT), ("gmail", Measure.HARD_BOUNCED)


class Counters:
    """Counts by scope and hour; notes which spans of hours were read, and how many hours."""

    def __init__(self) -> None:
        self.counts: dict[Scope, dict[datetime, dict[tuple[str, Measure], int]]] = {}
        self.read: list[datetime] = []

    def add(self, scope: Scope, hour: datetime, **numbers: int) -> None:
        counts = self.counts.setdefault(scope, {}).setdefault(hour, {})
        for name, n in numbers.items():
            what = ("gmail", Measure(name))
            counts[what] = counts.get(what, 0) + n

    def hours(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterator[HourCounts]:
        for hour, counts in sorted(self.counts.get(scope, {}).items(), reverse=True):
            if hour < before and (since is None or since <= hour):
                self.read.append(hour)
                yield HourCounts(hour, dict(counts))


class Weeks:
    """What was added up of each scope."""

    def __init__(self) -> None:
        self.kept: dict[Scope, KnownWeeks] = {}
        self.writes = 0
        self.asked = 0

    def known(self, scope: Scope) -> KnownWeeks:
        self.asked += 1
        return self.kept.get(scope, NOTHING_KNOWN)

    def keep(self, scope: Scope, known: KnownWeeks) -> bool:
        if self.known(scope).version != known.version:
            return False
        self.kept[scope] = replace(known, version=known.version + 1)
        self.writes += 1
        return True


def windows(past: object, *spans: Span, outages: tuple[Outage, ...] = ()) -> dict[int, Window]:
    told: Past = past  # type: ignore[assignment]
    by_number = dict(enumerate(spans))
    return measure(without_outages(told, outages), by_number, VolumeSource.SEND_EVENTS, FeedbackLoops())


def all_since(start: datetime) -> Span:
    return Span(Metric.BOUNCE_RATE, start)


def judged(counters: Counters, weeks: Weeks, scope: Scope, now: datetime, *touched: datetime, start: datetime) -> int:
    """The volume that an evaluation finds; what it added up is kept."""
    reading = Reading(counters, now, weeks)
    past = reading.past(scope, touched)
    volume = windows(past, all_since(start))[0].rate.volume
    assert reading.keep(scope, past)
    return volume


def sent_each_day(counters: Counters, scope: Scope, days: int) -> None:
    for n in range(1, days + 1):
        counters.add(scope, MONDAY - n * DAY, sent=1)


# -- What is read ------------------------------------------------------------------------------------------------------


def test_weeks_that_are_over_are_read_once() -> None:
    counters, weeks, now, start = Counters(), Weeks(), MONDAY + 2 * DAY, MONDAY - 20 * WEEK
    sent_each_day(counters, ACME, 140)
    assert judged(counters, weeks, ACME, now, start=start) == 140
    counters.read.clear()
    counters.add(ACME, MONDAY + HOUR, sent=1)
    assert judged(counters, weeks, ACME, now, start=start) == 141
    assert counters.read == [MONDAY + HOUR]
    assert weeks.writes == 1


def test_a_week_is_over_a_day_after_its_end() -> None:
    counters, weeks, start = Counters(), Weeks(), MONDAY - 20 * WEEK
    sent_each_day(counters, ACCOUNT, 14)
    assert judged(counters, weeks, ACCOUNT, MONDAY + DAY - HOUR, start=start) == 14
    assert weeks.known(ACCOUNT).end == MONDAY - WEEK
    assert judged(counters, weeks, ACCOUNT, MONDAY + DAY, start=start) == 14
    assert weeks.known(ACCOUNT).end == MONDAY


def test_the_week_in_which_a_window_ends_is_read_once() -> None:
    counters, weeks, now, start = Counters(), Weeks(), MONDAY + 2 * DAY, MONDAY - 10 * WEEK + 3 * DAY
    sent_each_day(counters, ACME, 140)
    for _ in range(3):
        assert judged(counters, weeks, ACME, now, start=start) == 67
    counters.read.clear()
    assert judged(counters, weeks, ACME, now, start=start + HOUR) == 66
    assert counters.read == []


def test_where_two_windows_end_in_different_weeks_no_more_is_kept_each_time() -> None:
    counters, weeks, now = Counters(), Weeks(), MONDAY + 2 * DAY
    sent_each_day(counters, ACME, 140)
    for _ in range(6):
        reading = Reading(counters, now, weeks)
        past = reading.past(ACME)
        windows(past, all_since(MONDAY - 10 * WEEK + 3 * DAY), all_since(MONDAY - 5 * WEEK + 3 * DAY))
        assert reading.keep(ACME, past)
    assert weeks.writes == 3, "what was added up, the week after it, and the hours of the older one"


class SmallWeeks(Weeks):
    """Of each scope two weeks fit into its item, and no hours."""

    def keep(self, scope: Scope, known: KnownWeeks) -> bool:
        start = max(known.start, known.end - 2 * WEEK)
        totals = tuple(week for week in known.totals if week.start >= start)
        fits = replace(known, start=start, totals=totals, tail=None, cut=False)
        return super().keep(scope, replace(fits, cut=fits != replace(known, cut=False)))


def test_what_does_not_fit_is_kept_again_only_when_it_changes() -> None:
    counters, weeks, now, start = Counters(), SmallWeeks(), MONDAY + 2 * DAY, MONDAY - 10 * WEEK + 3 * DAY
    sent_each_day(counters, ACME, 140)
    for _ in range(3):
        assert judged(counters, weeks, ACME, now, start=start) == 67
    assert weeks.writes == 1
    late = MONDAY - 40 * DAY
    counters.add(ACME, late, sent=7)
    assert judged(counters, weeks, ACME, now, week_of(late), start=start) == 74
    assert weeks.writes == 2
    for _ in range(2):
        assert judged(counters, weeks, ACME, now + WEEK, start=start) == 74
    assert weeks.writes == 3, "a week was closed"


def test_the_hours_of_a_week_that_do_not_fit_are_kept_again_only_when_it_changes() -> None:
    counters, weeks, now, start = Counters(), SmallWeeks(), MONDAY + 2 * DAY, MONDAY - 2 * WEEK + 3 * DAY
    sent_each_day(counters, ACME, 14)
    for _ in range(5):
        assert judged(counters, weeks, ACME, now, start=start) == 11
    assert weeks.writes == 3, "a week, the one before, and once without its hours"


def test_a_window_that_is_full_early_adds_up_nothing() -> None:
    counters, weeks, now = Counters(), Weeks(), MONDAY + 2 * DAY
    sent_each_day(counters, ACME, 14)
    counters.add(ACME, MONDAY + HOUR, sent=1_000)
    reading = Reading(counters, now, weeks)
    past = reading.past(ACME)
    windows(past, Span(Metric.BOUNCE_RATE, MONDAY - 20 * WEEK, volume=500))
    assert reading.keep(ACME, past)
    assert (weeks.writes, weeks.asked, counters.read) == (0, 0, [MONDAY + HOUR])


# -- What comes late ---------------------------------------------------------------------------------------------------


def test_what_is_counted_in_a_week_that_is_over_is_found_by_its_mark() -> None:
    counters, weeks, now, start = Counters(), Weeks(), MONDAY + 2 * DAY, MONDAY - 20 * WEEK
    sent_each_day(counters, ACME, 140)
    judged(counters, weeks, ACME, now, start=start)
    late = MONDAY - 40 * DAY
    counters.add(ACME, late, sent=7)
    assert judged(counters, weeks, ACME, now, week_of(late), start=start) == 147
    assert judged(counters, weeks, ACME, now, start=start) == 147, "it was added up anew"


def test_what_is_counted_late_where_nobody_looks_now_is_not_lost() -> None:
    counters, weeks, now = Counters(), Weeks(), MONDAY + 2 * DAY
    sent_each_day(counters, ACME, 140)
    judged(counters, weeks, ACME, now, start=MONDAY - 20 * WEEK)
    late = MONDAY - 100 * DAY
    counters.add(ACME, late, sent=7)
    assert judged(counters, weeks, ACME, now, week_of(late), start=MONDAY - WEEK) == 7
    assert judged(counters, weeks, ACME, now, start=MONDAY - 20 * WEEK) == 147


def test_what_is_counted_late_in_a_week_that_is_no_longer_known_is_not_lost() -> None:
    """Of the week in which the window ended also the hours are kept."""
    counters, weeks, now, start = Counters(), Weeks(), MONDAY + 2 * DAY, MONDAY - 10 * WEEK + 3 * DAY
    sent_each_day(counters, ACME, 140)
    for _ in range(3):
        assert judged(counters, weeks, ACME, now, start=start) == 67
    judged(counters, weeks, ACME, now, MONDAY - 3 * WEEK, start=MONDAY)
    counters.add(ACME, start, sent=7)
    judged(counters, weeks, ACME, now, week_of(start), start=MONDAY)
    for begins, volume in ((MONDAY - 20 * WEEK, 147), (start, 74), (start + HOUR, 66)):
        assert judged(counters, weeks, ACME, now, start=begins) == volume


def test_the_marks_stay_if_somebody_else_added_up_the_same_weeks_meanwhile() -> None:
    counters, weeks, now = Counters(), Weeks(), MONDAY + 2 * DAY
    sent_each_day(counters, ACME, 14)
    reading = Reading(counters, now, weeks)
    past = reading.past(ACME)
    windows(past, all_since(MONDAY - 20 * WEEK))
    judged(counters, weeks, ACME, now, start=MONDAY - 20 * WEEK)
    assert not reading.keep(ACME, past)


def test_who_did_not_know_of_what_came_late_keeps_nothing_even_if_nobody_went_through_it() -> None:
    """Another evaluation, whose window was full before, has seen to the mark meanwhile."""
    counters, weeks, now = Counters(), Weeks(), MONDAY + 2 * DAY
    sent_each_day(counters, ACME, 14)
    slow = Reading(counters, now, weeks)
    unknowing = slow.past(ACME)
    windows(unknowing, all_since(MONDAY - 20 * WEEK))
    counters.add(ACME, MONDAY - DAY, sent=7)
    judged(counters, weeks, ACME, now, MONDAY - WEEK, start=MONDAY)
    assert not slow.keep(ACME, unknowing)


def test_who_reads_hours_together_with_others_is_refused_as_well() -> None:
    """They are read for the account, the provider is judged elsewhere, and then by what was read for the account."""
    counters, weeks, now, late, start = Counters(), Weeks(), MONDAY + 2 * DAY, MONDAY - WEEK, MONDAY - 20 * WEEK
    sent_each_day(counters, ACCOUNT, 14)
    for scope in (ACCOUNT, GMAIL):
        judged(counters, weeks, scope, now, start=start)
    slow = Reading(counters, now, weeks, together=[GMAIL, ACCOUNT])
    windows(slow.past(ACCOUNT, [late]), all_since(start))
    counters.add(ACCOUNT, MONDAY - DAY, sent=7)
    assert judged(counters, weeks, GMAIL, now, late, start=start) == 21
    unknowing = slow.past(GMAIL, [late])
    windows(unknowing, all_since(start))
    assert not slow.keep(GMAIL, unknowing)


def test_one_whose_weeks_cannot_be_read_keeps_no_other_back() -> None:
    class Unreadable(Weeks):
        def known(self, scope: Scope) -> KnownWeeks:
            if scope == GMAIL:
                raise OSError("unreadable")
            return super().known(scope)

    counters, weeks, now, start = Counters(), Unreadable(), MONDAY + 2 * DAY, MONDAY - 20 * WEEK
    sent_each_day(counters, ACCOUNT, 14)
    reading = Reading(counters, now, weeks, together=[GMAIL, ACCOUNT])
    with pytest.raises(OSError, match="unreadable"):
        windows(reading.past(GMAIL), all_since(start))
    assert windows(reading.past(ACCOUNT), all_since(start))[0].rate.volume == 14


# -- Whatever happens --------------------------------------------------------------------------------------------------

hours_ago = st.integers(1, 8 * 168)
steps = st.tuples(
    st.integers(-50, 200),  # hours until the next evaluation, which may be one that comes late
    st.lists(st.tuples(hours_ago, st.sampled_from(["sent", "hard_bounced", "not_attempted"]), st.integers(1, 9))),
    hours_ago,  # where the windows begin
    st.none() | st.integers(1, 80),  # how much fills them
    st.none() | hours_ago,  # when an outage began
)


@settings(max_examples=60)
@given(st.lists(steps, min_size=2, max_size=6), st.sampled_from([(ACME,), (GMAIL, ACCOUNT), (ACCOUNT, GMAIL)]))
def test_every_window_is_that_of_all_hours(
    story: list[tuple[int, list[tuple[int, str, int]], int, int | None, int | None]], scopes: tuple[Scope, ...]
) -> None:
    counters, weeks, now = Counters(), Weeks(), MONDAY
    for wait, counted, begins, volume, outage_began in story:
        now += wait * HOUR
        touched = {week_of(now - ago * HOUR) for ago, _, _ in counted}
        for ago, name, n in counted:
            counters.add(ACME if ACME in scopes else ACCOUNT, now - ago * HOUR, **{name: n})
        began = now - (outage_began or 0) * HOUR
        outages = (Outage("1", "gmail", began, began, Tally(), Tally()),) if outage_began else ()
        spans = [Span(metric, now - begins * HOUR, volume) for metric in Metric]
        reading = Reading(counters, now, weeks)
        for scope in scopes:
            past = reading.past(scope, touched)
            found = windows(past, *spans, outages=outages)
            by_hour = windows(Reading(counters, now).hours(scope), *spans, outages=outages)
            assert [window.rate for window in found.values()] == [window.rate for window in by_hour.values()]
            assert [window.opened().rate for window in found.values()] == [window.rate for window in by_hour.values()]
            assert list(past.hours) == list(Reading(counters, now).hours(scope))
            assert reading.keep(scope, past)
