"""Weeks in place of their hours: whatever is judged by a window is the same, and most hours are never read."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import groupby, pairwise

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from ses_reputation.domain.counting import week_of
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.feedback_loops import FeedbackLoops
from ses_reputation.domain.forecast import forecast
from ses_reputation.domain.limits import PROFILES, Bound, Limits, Profile
from ses_reputation.domain.rates import (
    WEEK,
    HourCounts,
    Metric,
    Span,
    VolumeSource,
    Week,
    WeekTotals,
    Window,
    measure,
)
from ses_reputation.domain.scopes import ACCOUNT, ScopeKind, scope
from ses_reputation.domain.weeks import ALL_TIME, GROUP, in_groups, newest_closed, rules_of, together, week_totals

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NOW = MONDAY + timedelta(days=1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SENDS = VolumeSource.SEND_EVENTS
LOOPS = FeedbackLoops(feedback_share=33)
SENT, BOUNCED = ("yahoo", Measure.SENT), ("yahoo", Measure.HARD_BOUNCED)
NOT_ATTEMPTED = ("yahoo", Measure.NOT_ATTEMPTED)

# Few providers, of which one sends no complaints and one is in no rate, so that all that can happen happens often.
VOLUME = (Measure.SENT, Measure.NOT_ATTEMPTED, Measure.DELIVERED)
WHAT = [(provider, measure) for provider in ("yahoo", "gmail", "simulator") for measure in VOLUME]
WHAT += [("yahoo", Measure.HARD_BOUNCED), ("yahoo", Measure.COMPLAINED), ("yahoo", Measure.DELAYED)]
TOLD_BY_SES = {("unspecified", Measure.REPORTED): 40, ("unspecified", Measure.HARD_BOUNCED): 4}
TOLD = [("unspecified", m) for m in (Measure.REPORTED, Measure.HARD_BOUNCED, Measure.COMPLAINED)]


def an_hour(ago: int, *, backfilled: bool, told: list[tuple[tuple[str, Measure], int]]) -> HourCounts:
    return HourCounts(NOW - ago * HOUR, dict(told), backfilled=backfilled)


def hours_of(what: list[tuple[str, Measure]], least: int) -> st.SearchStrategy[list[tuple[tuple[str, Measure], int]]]:
    return st.lists(st.tuples(st.sampled_from(what), st.integers(least, 9)), max_size=4)


@st.composite
def histories(draw: st.DrawFn, least: int = 0) -> list[HourCounts]:
    """Some hours of six weeks, newest first; before some hour they are from SES's statistics."""
    ago = sorted(draw(st.sets(st.integers(1, 6 * 168), max_size=40)))
    connected = draw(st.integers(0, 6 * 168 + 1))
    return [
        an_hour(n, backfilled=n >= connected, told=draw(hours_of(TOLD if n >= connected else WHAT, least))) for n in ago
    ]


class Opened:
    """A week's hours, and whether somebody went through them."""

    def __init__(self, hours: list[HourCounts]) -> None:
        self._hours = hours
        self.read = False

    def __iter__(self) -> Iterator[HourCounts]:
        self.read = True
        return iter(self._hours)


def in_weeks(hours: Iterable[HourCounts], source: VolumeSource = SENDS) -> list[HourCounts | Week]:
    """The same history, with a week in place of the hours of each that is closed."""
    parts: list[HourCounts | Week] = []
    for week, group in groupby(hours, key=lambda hour: week_of(hour.hour)):
        held = list(group)
        closed = week < newest_closed(NOW, ACCOUNT)
        parts += [Week(week_totals(week, held, source), held)] if closed else held
    return parts


spans = st.builds(
    Span,
    st.sampled_from(Metric),
    st.integers(0, 6 * 168).map(lambda n: NOW - n * HOUR),
    st.none() | st.integers(1, 120),
)


def rate_and_forecast(window: Window, limits: Limits) -> tuple[object, object]:
    return window.rate, forecast(window, limits, NOW, timedelta(days=60))


@given(
    histories(),
    spans,
    st.sampled_from(VolumeSource),
    st.tuples(st.fractions(0, 1, max_denominator=20), st.fractions(0, 1, max_denominator=20), st.booleans()),
)
def test_a_rate_and_its_forecast_are_those_of_the_hours(
    hours: list[HourCounts], span: Span, source: VolumeSource, told: tuple[Fraction, Fraction, bool]
) -> None:
    limit, recommended, inclusive = told
    limits = Limits(Bound(limit, inclusive), Bound(limit, inclusive), Bound(recommended, inclusive))
    by_hour = measure(hours, {"it": span}, source, LOOPS)["it"]
    by_weeks = measure(in_weeks(hours, source), {"it": span}, source, LOOPS)["it"]
    event("taken as a whole" if by_weeks.opened().hours != by_weeks.hours else "by the hour")
    assert rate_and_forecast(by_weeks, limits) == rate_and_forecast(by_hour, limits)
    assert by_weeks.opened().rate == by_hour.rate


def counted_late(parts: Iterable[HourCounts | Week], more: int) -> list[HourCounts | Week]:
    """The same, where more was counted in each hour of the weeks since they were added up."""
    return [
        Week(part.totals, [replace(h, counts={**h.counts, SENT: h.counts.get(SENT, 0) + more}) for h in part.hours()])
        if isinstance(part, Week)
        else part
        for part in parts
    ]


@given(histories(), spans, st.integers(1, 100))
@example(
    [
        HourCounts(NOW - HOUR, {SENT: 20, BOUNCED: 5}),
        HourCounts(MONDAY - HOUR, {SENT: 20}),
        HourCounts(MONDAY - 2 * HOUR, {SENT: 5}),
    ],
    Span(Metric.BOUNCE_RATE, NOW - 8 * WEEK, 50),
    40,
).via("by then the hours of the week hold more than the window needs")
def test_what_is_counted_in_a_week_while_its_scope_is_judged_fails_nothing(
    hours: list[HourCounts], span: Span, more: int
) -> None:
    judged = measure(counted_late(in_weeks(hours), more), {"it": span}, SENDS, LOOPS)["it"]
    rate_and_forecast(judged, PROFILES[Profile.CLASSIC][span.metric])


@given(histories(least=-3), spans)
def test_even_if_an_hour_has_a_negative_number(hours: list[HourCounts], span: Span) -> None:
    by_hour = measure(hours, {"it": span}, SENDS, LOOPS)["it"]
    by_weeks = measure(in_weeks(hours), {"it": span}, SENDS, LOOPS)["it"]
    assert by_weeks.rate == by_hour.rate


def in_last_week(*numbers: tuple[int, int]) -> list[HourCounts]:
    """An hour of this week with mail to ten, and hours of the last one, newest first, by what was sent and bounced."""
    told = [(NOW - HOUR, 10, 0), *((MONDAY - n * HOUR, *both) for n, both in enumerate(numbers, 1))]
    return [HourCounts(hour, {SENT: sent, BOUNCED: bounced}) for hour, sent, bounced in told]


def window(hours: Iterable[HourCounts | Week], volume: int | None) -> Window:
    return measure(hours, {"it": Span(Metric.BOUNCE_RATE, NOW - 8 * WEEK, volume)}, SENDS, LOOPS)["it"]


@pytest.mark.parametrize(
    ("volume", "hours", "held"),
    [
        pytest.param(61, 4, 60, id="more than all of it"),
        pytest.param(60, 4, 60, id="all of it"),
        pytest.param(31, 3, 40, id="some of its hours"),
        pytest.param(10, 1, 10, id="none of it"),
    ],
)
def test_a_window_holds_no_more_of_a_week_than_fills_it(volume: int, hours: int, held: int) -> None:
    rate = window(in_weeks(in_last_week((10, 0), (20, 0), (20, 0))), volume).rate
    assert (rate.hours, rate.volume) == (hours, held)


def test_a_window_that_a_week_fills_holds_nothing_from_before_its_mail() -> None:
    before = HourCounts(MONDAY - WEEK - HOUR, {SENT: 1})
    rate = window(in_weeks([*in_last_week((50, 1), (0, 7)), before]), 60).rate
    assert (rate.count, rate.volume) == (1, 60)


def test_weeks_before_the_window_are_not_gone_through() -> None:
    week, (newest,) = Opened([]), in_last_week()
    before = [Week(WeekTotals(MONDAY - n * WEEK, {SENT: 40}, {}, 1, None), week) for n in (1, 2)]
    past: Iterator[HourCounts | Week] = iter([newest, *before])
    measure(past, {"it": Span(Metric.BOUNCE_RATE, MONDAY)}, SENDS, LOOPS)
    assert (week.read, list(past)) == (False, before[1:])


def test_a_week_adds_what_its_hours_add() -> None:
    told = {("gmail", Measure.SENT): 30, SENT: 20, NOT_ATTEMPTED: 5, BOUNCED: 2, ("gmail", Measure.HARD_BOUNCED): 3}
    hours = [HourCounts(MONDAY - HOUR, told), HourCounts(MONDAY - 2 * HOUR, TOLD_BY_SES, backfilled=True)]
    week = Week(week_totals(MONDAY - WEEK, hours, SENDS), hours)
    for metric in Metric:
        added, sums = week.sums(metric, SENDS, LOOPS), [hour.sums(metric, SENDS, LOOPS) for hour in hours]
        assert added.count == sum(each.count for each in sums)
        assert (added.hundredths, added.volume) == (sum(s.hundredths for s in sums), sum(s.volume for s in sums))
        assert (added.hour, added.mail_hours, added.volume_lost) == (MONDAY - 2 * HOUR, 2, 5)


def test_a_window_that_is_opened_is_that_of_its_hours() -> None:
    hours = in_last_week((20, 1), (0, 0), (30, 0))
    assert window(in_weeks(hours), None).opened() == window(hours, None)


def test_hours_before_the_first_mail_are_left_out_of_a_week() -> None:
    rate = window(in_weeks(in_last_week((20, 1), (0, 7))), None).rate
    assert (rate.count, rate.start) == (1, MONDAY - HOUR)


def test_a_forecast_goes_by_the_hour_in_which_the_bounces_drop_out() -> None:
    """Clean mail alone would take 90 recipients: 20 of 200. With the 51st the hour of the bounces is not needed."""
    tenth = Bound(Fraction(1, 10), inclusive=False)
    held = window(in_weeks(in_last_week((50, 0), (50, 20))), 111)
    assert len(held.hours) == 2, "the week is one"
    assert forecast(held, Limits(tenth, tenth, tenth), NOW, timedelta(days=60)).clean_to_limit == 51


Numbers = tuple[int, int, int]
"""Of an hour: what was sent, how much of it bounced, and what was never attempted."""


@pytest.mark.parametrize(
    ("today", "week", "volume", "limit", "clean", "passed"),
    [
        pytest.param(
            (40, 5, 0), [(20, 2, 0), (40, 0, 0)], 101, 10, 0, DAY + 36 * MINUTE, id="over it without the clean hour"
        ),
        pytest.param(
            (40, 5, 15), [(20, 5, 0), (40, 0, 0)], 100, 5, 0, 2 * DAY + 288 * MINUTE, id="over it by the week's bounces"
        ),
        pytest.param((10, 10, 0), [(40, 0, 0)], 70, 8, 30, None, id="within it while the week is still needed"),
        pytest.param((0, 2, 0), [(40, 5, 0)], 70, 20, 70, None, id="within it with nothing left of the week"),
        pytest.param(
            (0, 0, 0), [(10, 0, 0), (10, 10, 5)], 60, 10, 50, None, id="within it without the hour of the bounces"
        ),
        pytest.param(
            (10, 5, 5), [(0, 0, 0), (10, 0, 0)], 30, 8, 30, None, id="within it once what bounced drops out at last"
        ),
        pytest.param((0, 5, 15), [(20, 0, 5)], 100, 10, 50, None, id="nothing that counts yet"),
    ],
)
def test_a_forecast_finds_the_hour_of_a_week_at_which_it_turns(
    today: Numbers, week: list[Numbers], volume: int, limit: int, clean: int, passed: timedelta | None
) -> None:
    """The limit is one bounce of so many; a step is a recipient, or a second."""
    at = [NOW - HOUR, *(MONDAY - n * HOUR for n in range(1, len(week) + 1))]
    what = (SENT, BOUNCED, NOT_ATTEMPTED)
    hours = [
        HourCounts(hour, dict(zip(what, told, strict=True))) for hour, told in zip(at, [today, *week], strict=True)
    ]
    one_of = Bound(Fraction(1, limit), inclusive=False)
    limits = Limits(one_of, one_of, one_of)
    found = forecast(window(in_weeks(hours), volume), limits, NOW, timedelta(days=60))
    assert found == forecast(window(hours, volume), limits, NOW, timedelta(days=60))
    assert (found.clean_to_limit, found.limit_passed) == (clean, passed and NOW + passed)


def test_mail_that_is_taken_back_where_complaints_come_from_may_turn_a_forecast() -> None:
    """In an hour whose mail to others is needed still, once the older one is gone that has mail that counts."""
    hours = [
        HourCounts(NOW - HOUR, {SENT: 20, ("yahoo", Measure.COMPLAINED): 1}),
        HourCounts(MONDAY - HOUR, {("gmail", Measure.SENT): 30, NOT_ATTEMPTED: 10}),
        HourCounts(MONDAY - 2 * HOUR, {SENT: 60}),
    ]
    span, limit = Span(Metric.COMPLAINT_RATE, NOW - 8 * WEEK, 111), Bound(Fraction(13, 250), inclusive=False)
    held = measure(in_weeks(hours), {"it": span}, SENDS, LOOPS)["it"]
    found = forecast(held, Limits(limit, limit, limit), NOW, timedelta(days=60))
    assert found.limit_passed == NOW + 3 * DAY + 792 * MINUTE


def test_a_forecast_knows_that_hours_of_a_newer_week_may_be_enough() -> None:
    """Of 40 recipients of the newest two hours 25 are taken back before: with 30 more the 40 are 70 all the same."""
    seventh = Bound(Fraction(1, 7), inclusive=False)
    taken_back = HourCounts(MONDAY - 2 * HOUR, {NOT_ATTEMPTED: 25})
    bounces = HourCounts(MONDAY - WEEK - HOUR, {SENT: 10, BOUNCED: 9})
    held = window(in_weeks([*in_last_week((30, 0)), taken_back, bounces]), 70)
    assert [part.volume for part in held.hours] == [10, 5, 10]
    assert forecast(held, Limits(seventh, seventh, seventh), NOW, timedelta(days=60)).clean_to_limit == 30


def test_weeks_in_which_nothing_turns_are_not_gone_through() -> None:
    """A rate far from its limit, weeks long: no hour of them is read."""
    week, mondays = Opened([]), [MONDAY - n * WEEK for n in range(1, 8)]
    totals = [WeekTotals(monday, {SENT: 40, BOUNCED: 1}, {}, 4, monday) for monday in mondays]
    parts: list[HourCounts | Week] = [*in_last_week(), *(Week(each, week) for each in totals)]
    fifth = Bound(Fraction(1, 5), inclusive=False)
    found = window(parts, 300)
    assert (found.rate.volume, found.rate.count) == (290, 7)
    assert forecast(found, Limits(fifth, fifth, fifth), NOW, timedelta(days=900)).clean_to_limit == 0
    assert not week.read


@pytest.fixture
def in_auckland(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose Monday is half a day ahead of UTC's."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Pacific/Auckland")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_auckland")
def test_a_week_is_closed_a_day_after_it_ended_in_utc_wherever_that_is_asked() -> None:
    assert newest_closed(MONDAY + 23 * HOUR, ACCOUNT) == MONDAY - WEEK
    assert newest_closed(MONDAY + 24 * HOUR, ACCOUNT) == MONDAY
    assert newest_closed((MONDAY + 23 * HOUR).astimezone(), ACCOUNT) == MONDAY - WEEK


def test_the_weeks_of_many_scopes_close_evenly_within_a_day() -> None:
    tenants = [scope(ScopeKind.TENANT, f"customer-{n}") for n in range(1_000)]

    def closed(hour: int) -> int:
        return sum(newest_closed(MONDAY + hour * HOUR, each) == MONDAY for each in tenants)

    by_hour = [closed(24 + hour) for hour in range(25)]
    assert by_hour[24] == 1_000
    assert all(20 <= more - so_far <= 65 for so_far, more in pairwise(by_hour))


def test_the_weeks_of_those_that_share_the_accounts_hours_close_with_it() -> None:
    for provider in ("gmail", "yahoo", "other"):
        assert newest_closed(MONDAY + DAY, scope(ScopeKind.PROVIDER, provider)) == newest_closed(MONDAY + DAY, ACCOUNT)


def last_week(*numbers: tuple[int, int]) -> WeekTotals:
    return week_totals(MONDAY - WEEK, in_last_week(*numbers)[1:], SENDS)


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        (VolumeSource.SEND_EVENTS, "+1*sent -1*not_attempted"),
        (VolumeSource.DELIVERY_EVENTS, "+1*delivered +1*hard_bounced +1*soft_bounced"),
        (VolumeSource.STATISTICS, "+1*reported -1*not_attempted"),
    ],
)
def test_what_weeks_are_made_of_is_known_by_all_that_a_rate_is_made_of(source: VolumeSource, rules: str) -> None:
    of_all = "+1*reported -1*not_attempted hard_bounced complained simulator verified-identity"
    assert rules_of(source) == f"{rules} {of_all}"


@pytest.mark.parametrize(
    ("numbers", "first", "strays", "odd"),
    [
        pytest.param((), None, False, False, id="nothing"),
        pytest.param(((0, 7),), None, True, False, id="no mail"),
        pytest.param(((20, 1), (30, 0)), MONDAY - 2 * HOUR, False, False, id="mail"),
        pytest.param(((20, 1), (0, 7)), MONDAY - HOUR, True, False, id="bounces before the first mail"),
        pytest.param(((20, -1), (30, 1)), MONDAY - 2 * HOUR, False, True, id="a negative number, and none before"),
        pytest.param(((20, 1), (30, -1)), MONDAY - 2 * HOUR, False, True, id="a negative number at first"),
    ],
)
def test_a_week_knows_its_first_mail_and_what_no_sum_tells(
    numbers: tuple[tuple[int, int], ...], first: datetime | None, *, strays: bool, odd: bool
) -> None:
    told = last_week(*numbers)
    assert (told.first, told.strays, told.odd) == (first, strays, odd)
    alone = together([told])
    assert (alone.first, alone.strays, alone.odd) == (first, strays, odd)


BEFORE = WeekTotals(MONDAY - 4 * WEEK, {SENT: 5}, {}, 1, MONDAY - 4 * WEEK)


@pytest.mark.parametrize(
    ("newer", "older", "first", "strays", "odd"),
    [
        pytest.param(last_week((20, 1)), BEFORE, BEFORE.first, False, False, id="mail in both"),
        pytest.param(last_week((20, 1), (0, 7)), BEFORE, BEFORE.first, False, False, id="bounces between them"),
        pytest.param(
            last_week((20, 1)),
            WeekTotals(BEFORE.start, {BOUNCED: 7}, {}, 0, None),
            MONDAY - HOUR,
            True,
            False,
            id="only bounces before",
        ),
        pytest.param(last_week((20, -1)), BEFORE, BEFORE.first, False, True, id="a negative number in the newer one"),
    ],
)
def test_weeks_together_know_what_one_of_all_their_hours_would(
    newer: WeekTotals, older: WeekTotals, first: datetime, *, strays: bool, odd: bool
) -> None:
    both = together([newer, older])
    assert (both.start, both.end) == (older.start, newer.end)
    assert (both.first, both.strays, both.odd) == (first, strays, odd)
    assert both.hours == newer.hours + older.hours


def test_weeks_are_taken_in_the_same_groups_whenever_and_from_where_one_goes() -> None:
    """Eight at most since the same Monday, so that a week that is new moves no others; one alone is in no group."""
    numbers = [GROUP, GROUP - 1, GROUP - 3, 0]
    told = [WeekTotals(ALL_TIME + n * WEEK, {SENT: n}, {}, 1, ALL_TIME + n * WEEK) for n in numbers]
    found = list(in_groups(told, lambda week: [HourCounts(week, {SENT: 1})]))
    assert [(week.start, week.end) for week in found] == [
        (ALL_TIME + GROUP * WEEK, ALL_TIME + (GROUP + 1) * WEEK),
        (ALL_TIME, ALL_TIME + GROUP * WEEK),
    ]
    assert [hour.hour for week in found for hour in week.hours()] == [each.start for each in told]
