"""The trend of a scope: one point a day, however often it is judged, and gaps where it was not."""

from datetime import date, timedelta
from fractions import Fraction

import msgspec
import pytest

from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.trend import DAYS, Trend, with_today

FRIDAY = date(2026, 3, 6)
DAY = timedelta(days=1)


def rates(bounces: int, complaints: int = 0, eligible: int = 1000) -> dict[Metric, Rate]:
    counts = {Metric.BOUNCE_RATE: bounces, Metric.COMPLAINT_RATE: complaints}
    return {metric: Rate(metric, count, eligible, volume=eligible) for metric, count in counts.items()}


def trend_of(*days: tuple[int, int]) -> Trend:
    """A trend of bounces on a thousand recipients each day, days after Friday first."""
    trend = Trend()
    for day, bounces in days:
        trend = with_today(trend, rates(bounces), FRIDAY + day * DAY, Policy())
    return trend


def test_each_day_has_its_point_in_millionths() -> None:
    assert trend_of((0, 12), (1, 13)) == Trend(FRIDAY + DAY, (12_000, 13_000), (0, 0))


def test_a_later_rate_of_the_same_day_replaces_the_earlier() -> None:
    assert trend_of((0, 12), (1, 13), (1, 14)).bounce_rate == (12_000, 14_000)
    assert trend_of((0, 12), (0, 14)).bounce_rate == (14_000,)


def test_days_that_were_not_judged_are_gaps() -> None:
    assert trend_of((0, 12), (3, 15)).bounce_rate == (12_000, None, None, 15_000)


def test_an_earlier_day_changes_nothing() -> None:
    known = trend_of((0, 12), (3, 15))
    assert with_today(known, rates(99), FRIDAY + 2 * DAY, Policy()) == known


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (range(DAYS), tuple(range(DAYS))),
        (range(DAYS + 1), tuple(range(1, DAYS + 1))),
        ((0, 13), (0, *(None,) * 12, 13)),
        ((0, 14), (*(None,) * 13, 14)),
        ((0, 900), (*(None,) * 13, 900)),
    ],
    ids=["14 days", "15 days", "the first of 14 days", "a day before that", "long ago"],
)
def test_fourteen_days_are_kept(days: range, expected: tuple[int | None, ...]) -> None:
    points = trend_of(*((day, day) for day in days)).bounce_rate
    assert points == tuple(None if bounces is None else bounces * 1000 for bounces in expected)


@pytest.mark.parametrize(
    ("count", "eligible", "point"),
    [(0, 100, 0), (0, 99, None), (2, 99, None), (1, 3_000_000, 0), (1, 2_000_000, 1), (2, 3_000_000, 1)],
    ids=["no bounce", "too little mail", "too little mail to judge", "rounded down", "a half", "rounded up"],
)
def test_a_day_has_the_rate_that_is_shown(count: int, eligible: int, point: int | None) -> None:
    trend = with_today(Trend(), rates(count, eligible=eligible), FRIDAY, Policy())
    assert trend.bounce_rate == (point,)


def test_a_metric_that_is_not_measured_is_a_gap() -> None:
    assert with_today(Trend(), {}, FRIDAY, Policy()) == Trend(FRIDAY, (None,), (None,))


def test_a_trend_is_shown_until_a_day_with_gaps_where_nothing_is_known_since() -> None:
    known = trend_of((0, 12))
    assert known.until(FRIDAY) == known.until(FRIDAY - DAY) == known
    assert known.until(FRIDAY + 2 * DAY) == Trend(FRIDAY + 2 * DAY, (12_000, None, None), (0, None, None))
    assert known.until(FRIDAY + 365 * DAY).bounce_rate == (None,) * DAYS
    assert Trend().until(FRIDAY) == Trend()


def test_a_trend_takes_little_room() -> None:
    full = Trend(FRIDAY, (123_456,) * DAYS, (1_234,) * DAYS)
    assert len(msgspec.json.encode(full)) < 200
    assert msgspec.json.decode(msgspec.json.encode(full), type=Trend) == full


def test_points_are_shown_as_the_rates_that_they_are() -> None:
    trend = trend_of((0, 25), (2, 1))
    assert trend.fractions(Metric.BOUNCE_RATE) == (Fraction(25, 1000), None, Fraction(1, 1000))
    assert trend.fractions(Metric.COMPLAINT_RATE) == (Fraction(0), None, Fraction(0))
