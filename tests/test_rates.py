"""Rates over windows, exactly."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.domain.counting import Measure
from ses_reputation.domain.rates import HourCounts, Metric, Rate, Span, VolumeSource, measure, of_provider

NOW = datetime(2026, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=365)
SENDS = VolumeSource.SEND_EVENTS


def hour(ago: int, **counts: int) -> HourCounts:
    return HourCounts(NOW - ago * HOUR, {("gmail", Measure(name)): n for name, n in counts.items()})


def bounce_rate(*hours: HourCounts, volume: int | None = 100, start: datetime = LONG_AGO) -> Rate:
    return measure(hours, {"it": Span(Metric.BOUNCE_RATE, start, volume)}, SENDS)["it"]


def test_the_window_closes_with_the_hour_that_fills_it() -> None:
    rate = bounce_rate(hour(1, sent=60, hard_bounced=1), hour(2, sent=60, hard_bounced=2), hour(3, sent=60))
    assert rate == Rate(Metric.BOUNCE_RATE, count=3, eligible=120, start=NOW - 2 * HOUR, hours=2)


def test_a_window_that_is_exactly_full_takes_no_more() -> None:
    assert bounce_rate(hour(1, sent=100), hour(2, sent=1, hard_bounced=1)).count == 0


def test_the_window_ends_at_its_start_however_little_it_holds() -> None:
    inside, outside = hour(2, sent=10), hour(3, sent=10)
    assert bounce_rate(hour(1, sent=10), inside, outside, start=inside.hour).eligible == 20


def test_a_span_without_a_volume_takes_all_mail_since_its_start() -> None:
    assert bounce_rate(*(hour(n, sent=100) for n in range(1, 50)), volume=None).eligible == 4900


def test_reading_stops_when_every_span_has_what_it_needs() -> None:
    read: list[int] = []

    def hours() -> Iterator[HourCounts]:
        for ago in range(1, 1000):
            read.append(ago)
            yield hour(ago, sent=100)

    spans = {"window": Span(Metric.BOUNCE_RATE, LONG_AGO, 250), "since": Span(Metric.BOUNCE_RATE, NOW - 5 * HOUR)}
    rates = measure(hours(), spans, SENDS)
    assert (rates["window"].eligible, rates["since"].eligible) == (300, 500)
    assert read[-1] == 6


def test_no_mail_is_a_rate_of_nothing() -> None:
    rate = bounce_rate()
    assert (rate.eligible, rate.start, rate.holds(1)) == (0, None, False)
    with pytest.raises(ZeroDivisionError):
        _ = rate.fraction


def test_what_was_never_attempted_is_taken_back_out_of_the_volume() -> None:
    assert bounce_rate(hour(1, sent=10, not_attempted=3, hard_bounced=1)).fraction == Fraction(1, 7)


def test_without_sends_the_volume_is_what_was_delivered_or_bounced() -> None:
    hours = [hour(1, delivered=90, hard_bounced=6, soft_bounced=4)]
    spans = {"it": Span(Metric.BOUNCE_RATE, LONG_AGO, 1000)}
    assert measure(hours, spans, VolumeSource.DELIVERY_EVENTS)["it"].fraction == Fraction(6, 100)


def test_complaints_are_in_the_complaint_rate_alone() -> None:
    spans = {metric: Span(metric, LONG_AGO, 1000) for metric in Metric}
    rates = measure([hour(1, sent=1000, hard_bounced=7, complained=2)], spans, SENDS)
    assert (rates[Metric.BOUNCE_RATE].count, rates[Metric.COMPLAINT_RATE].count) == (7, 2)


def test_a_providers_hours_are_the_accounts_less_everybody_elses() -> None:
    both = HourCounts(NOW, {("gmail", Measure.SENT): 2, ("yahoo", Measure.SENT): 3})
    other = HourCounts(NOW - HOUR, {("yahoo", Measure.SENT): 4})
    assert list(of_provider("gmail", [both, other])) == [HourCounts(NOW, {("gmail", Measure.SENT): 2})]


@pytest.mark.parametrize(
    ("count", "eligible", "decimal"),
    [
        pytest.param(1052, 10476, "0.1004", id="what SES told one real account"),
        (0, 7, "0.0000"),
        (7, 7, "1.0000"),
        pytest.param(1, 20_000, "0.0001", id="half of the last place rounds up"),
        pytest.param(1, 20_001, "0.0000", id="just under half rounds down"),
        pytest.param(9, 4, "2.2500", id="more bounces than mail"),
    ],
)
def test_a_rate_is_written_with_four_places(count: int, eligible: int, decimal: str) -> None:
    assert Rate(Metric.BOUNCE_RATE, count, eligible).decimal == decimal


counts = st.integers(min_value=0, max_value=2000)


@given(st.lists(st.tuples(counts, counts), max_size=30), st.integers(min_value=1, max_value=5000))
def test_a_window_is_the_shortest_run_of_the_newest_hours_that_holds_the_volume(
    rows: list[tuple[int, int]], volume: int
) -> None:
    hours = [hour(ago, sent=sent, hard_bounced=bounced) for ago, (sent, bounced) in enumerate(rows, start=1)]
    rate = bounce_rate(*hours, volume=volume)
    runs = [(sum(s for s, _ in rows[:n]), sum(b for _, b in rows[:n])) for n in range(len(rows) + 1)]
    expected = next((run for run in runs if run[0] >= volume), runs[-1])
    assert (rate.eligible, rate.count) == expected
