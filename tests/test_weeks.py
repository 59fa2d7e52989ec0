"""Weeks in place of their hours: whatever is judged by a window is the same, and most hours are never read."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import event, given
from hypothesis import strategies as st

from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.feedback_loops import FeedbackLoops
from ses_reputation.domain.forecast import forecast
from ses_reputation.domain.limits import Bound, Limits
from ses_reputation.domain.rates import HourCounts, Metric, Span, VolumeSource, Week, Window, measure
from ses_reputation.domain.weeks import by_week, newest_closed, week_totals

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NOW = MONDAY + timedelta(days=1)
HOUR = timedelta(hours=1)
SENDS = VolumeSource.SEND_EVENTS
LOOPS = FeedbackLoops(feedback_share=33)

# Few providers, of which one sends no complaints and one is in no rate, so that all that can happen happens often.
VOLUME = (Measure.SENT, Measure.NOT_ATTEMPTED, Measure.DELIVERED)
WHAT = [(provider, measure) for provider in ("yahoo", "gmail", "simulator") for measure in VOLUME]
WHAT += [("yahoo", Measure.HARD_BOUNCED), ("yahoo", Measure.COMPLAINED), ("yahoo", Measure.DELAYED)]
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
    for week, held in by_week(hours):
        closed = week < newest_closed(NOW)
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


@given(histories(least=-3), spans)
def test_even_if_an_hour_has_a_negative_number(hours: list[HourCounts], span: Span) -> None:
    by_hour = measure(hours, {"it": span}, SENDS, LOOPS)["it"]
    by_weeks = measure(in_weeks(hours), {"it": span}, SENDS, LOOPS)["it"]
    assert by_weeks.rate == by_hour.rate
