"""Forecasts: by hand, against `measure` itself, and against a model of the window that knows no shortcut."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.feedback_loops import FeedbackLoops
from ses_reputation.domain.forecast import Forecast, forecast
from ses_reputation.domain.limits import PROFILES, Bound, Limits, Profile
from ses_reputation.domain.providers import UNSPECIFIED
from ses_reputation.domain.rates import HourCounts, Metric, Span, VolumeSource, Window, measure

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
BOUNCES, COMPLAINTS = Metric
OVER_TEN = PROFILES[Profile.CLASSIC][BOUNCES]  # Over 10 %, and recommended under 5 %.
AT_FIVE = PROFILES[Profile.CURRENT][BOUNCES]  # At 5 %, and recommended under 2 %.


def all_at(value: Fraction, *, inclusive: bool) -> Limits:
    bound = Bound(value, inclusive)
    return Limits(bound, bound, bound)


OVER_SIX = all_at(Fraction(6, 100), inclusive=False)


def hour(ago: int, sent: int, bounced: int = 0) -> HourCounts:
    return HourCounts(NOW - ago * HOUR, {("yahoo", Measure.SENT): sent, ("yahoo", Measure.HARD_BOUNCED): bounced})


def window_of(hours: Sequence[HourCounts], volume: int | None, metric: Metric = BOUNCES) -> Window:
    loops = FeedbackLoops(feedback_share=33)
    return measure(hours, {"it": Span(metric, NOW - YEAR, volume)}, VolumeSource.SEND_EVENTS, loops)["it"]


def forecast_of(
    *hours: HourCounts, volume: int | None, limits: Limits = OVER_TEN, horizon: timedelta = YEAR
) -> Forecast:
    return forecast(window_of(hours, volume), limits, NOW, horizon)


def passed_after(*hours: HourCounts, volume: int | None, limits: Limits = OVER_TEN, horizon: timedelta = YEAR) -> int:
    """Seconds until the limit is passed."""
    passed = forecast_of(*hours, volume=volume, limits=limits, horizon=horizon).limit_passed
    assert passed is not None
    return int((passed - NOW).total_seconds())


@pytest.mark.parametrize(
    ("inclusive", "seconds"),
    [pytest.param(True, 86_400, id="at the limit"), pytest.param(False, 86_401, id="over the limit, a second later")],
)
def test_a_rate_passes_its_limit_when_the_last_days_pace_has_carried_it_there(*, inclusive: bool, seconds: int) -> None:
    """50 of 750 bounced, all of them among the 250 of the last day, and nothing drops out of a span without a volume.

    After t days: 50 + 50t bounces of 750 + 250t. That is 10 % when 50 + 50t = 75 + 25t, so after one day.
    """
    hours = (hour(1, 250, 50), hour(25, 500))
    assert passed_after(*hours, volume=None, limits=all_at(Fraction(1, 10), inclusive=inclusive)) == seconds


def test_a_rate_passes_its_limit_when_good_mail_drops_out_of_the_window() -> None:
    """60 of 1000 bounced, all of them among the 500 of the last day.

    With both hours in the window it would take until 60 + 60t > 100 + 50t, four days. But after one day the new mail
    and the newest hour are 1000 without the older one: 120 bounces of 1000.
    """
    hours = (hour(1, 500, 60), hour(25, 500))
    assert passed_after(*hours, volume=1000) == 86_400
    assert passed_after(*hours, volume=None) == 4 * 86_400 + 1


def test_a_limit_is_passed_in_a_whole_second() -> None:
    """Three sevenths of a day, 37,028.6 seconds, bring 300 of the 700 that drive the older hour out: 120 of 1000."""
    assert passed_after(hour(1, 700, 84), hour(25, 500), volume=1000) == 37_029


def test_bounces_go_on_coming_where_nothing_is_sent_any_longer() -> None:
    """Five a day, and no new mail drives the old out: 95 of 1000, and more than 100 just after a day."""
    assert passed_after(hour(1, 0, 5), hour(25, 1000, 90), volume=1000) == 86_401


def test_a_rate_comes_back_when_what_was_taken_back_drops_out_of_the_window() -> None:
    """One complaint of 100, but for 200 that were taken back from hours before: until these go, there is no rate."""
    hours = [
        HourCounts(NOW - HOUR, {("gmail", Measure.SENT): 100}),
        HourCounts(NOW - 30 * HOUR, {("yahoo", Measure.SENT): 100, ("yahoo", Measure.COMPLAINED): 1}),
        HourCounts(NOW - 31 * HOUR, {("gmail", Measure.SENT): 300, ("yahoo", Measure.NOT_ATTEMPTED): 200}),
    ]
    window = window_of(hours, 300, COMPLAINTS)
    assert window.rate.eligible <= 0
    assert forecast(window, PROFILES[Profile.CLASSIC][COMPLAINTS], NOW, YEAR).limit_passed == NOW + DAY


def test_a_window_that_is_full_after_hours_tells_the_pace_of_these_hours() -> None:
    """1,000 an hour fill 10,000 in ten hours: 9.5 % bounced, 12 % in the last five of them and 7 % before.

    After three hours more at 9.5 %, three of the older hours have dropped out: 740 and 285 bounces of 10,000.
    """
    hours = [hour(ago, 1000, 120 if ago <= 5 else 70) for ago in range(1, 30)]
    assert passed_after(*hours, volume=10_000) == 3 * 3600


def test_the_last_day_has_24_hours() -> None:
    """The same mail an hour earlier is no pace: without it nothing more comes."""
    assert forecast_of(hour(24, 250, 20), volume=1000, limits=AT_FIVE).limit_passed is None, "it is over it already"
    assert forecast_of(hour(24, 250, 50), hour(26, 500), volume=None).limit_passed == NOW + DAY + timedelta(seconds=1)
    assert forecast_of(hour(25, 250, 50), hour(26, 500), volume=None).limit_passed is None


@pytest.mark.parametrize(
    "hours",
    [
        pytest.param([], id="no mail at all"),
        pytest.param([hour(25, 1000, 90)], id="no mail in the last day"),
        pytest.param([hour(1, 1000, 101)], id="over it already"),
        pytest.param([hour(1, 1000)], id="no bounces"),
        pytest.param([hour(1, 1000, 100)], id="at the limit, and staying there"),
        pytest.param([hour(1, 100, 9), hour(30, 900, 90)], id="falling"),
        pytest.param([hour(1, 0, 0), hour(30, 1000, 90)], id="an empty last day"),
    ],
)
def test_no_moment_is_told_where_the_limit_is_not_passed(hours: list[HourCounts]) -> None:
    assert forecast_of(*hours, volume=1000).limit_passed is None


@pytest.mark.parametrize("profile", Profile)
def test_mail_to_providers_that_send_no_complaints_passes_no_complaint_limit(profile: Profile) -> None:
    """In four days it has pushed all other mail out of the window, and without eligible mail there is no rate."""
    sent = [(1, "gmail", 2000), (48, "yahoo", 9000)]
    hours = [HourCounts(NOW - ago * HOUR, {(provider, Measure.SENT): n}) for ago, provider, n in sent]
    window = window_of(hours, 10_000, COMPLAINTS)
    assert forecast(window, PROFILES[profile][COMPLAINTS], NOW, YEAR) == Forecast(None, 0, 0)


def test_a_single_recipient_whose_provider_sends_complaints_makes_a_rate() -> None:
    """One complaint per recipient is at the limit, which is passed with the next part of one."""
    hours = [
        HourCounts(NOW - HOUR, {("gmail", Measure.SENT): 5, ("gmail", Measure.COMPLAINED): 1}),
        HourCounts(NOW - 30 * HOUR, {("yahoo", Measure.SENT): 1}),
    ]
    told = forecast(window_of(hours, None, COMPLAINTS), all_at(Fraction(1), inclusive=False), NOW, YEAR)
    assert told.limit_passed == NOW + timedelta(seconds=1)


def test_mail_that_counts_at_a_share_makes_whole_recipients() -> None:
    """A third of three is not quite one more: 99 recipients, not 100 or something in between."""
    sent = {("yahoo", Measure.SENT): 99, ("yahoo", Measure.COMPLAINED): 1, (UNSPECIFIED, Measure.SENT): 3}
    window = window_of([HourCounts(NOW - HOUR, sent)], None, COMPLAINTS)
    assert forecast(window, all_at(Fraction(1, 99), inclusive=True), NOW, YEAR).clean_to_limit == 1


def test_an_hour_that_only_takes_mail_back_does_not_keep_older_mail_in_the_window() -> None:
    """With 900 new ones the newest hour fills the window, though with the next one it would not."""
    hours = (hour(1, 100, 60), hour(2, -50), hour(3, 950, 240))
    assert forecast_of(*hours, volume=1000).clean_to_limit == 900


@pytest.mark.parametrize(
    ("horizon", "told"),
    [
        pytest.param(timedelta(seconds=86_400), False, id="a second too far"),
        pytest.param(timedelta(seconds=86_401), True, id="just within it"),
    ],
)
def test_no_moment_is_told_beyond_the_horizon(horizon: timedelta, *, told: bool) -> None:
    passed = forecast_of(hour(1, 250, 50), hour(25, 500), volume=None, horizon=horizon).limit_passed
    assert passed == (NOW + timedelta(seconds=86_401) if told else None)


@pytest.mark.parametrize(
    ("hours", "volume", "limits", "to_limit", "to_recommended"),
    [
        # 200 of 1000 + n: at most 10 % from n = 1000 on, under 5 % from n = 3001 on.
        pytest.param([hour(1, 1000, 200)], None, OVER_TEN, 1000, 3001, id="nothing drops out"),
        # Under 5 % from n = 3001 on, under 2 % from n = 9001 on.
        pytest.param([hour(1, 1000, 200)], None, AT_FIVE, 3001, 9001, id="where the limit itself is over"),
        # 1000 new ones fill the window alone.
        pytest.param([hour(1, 1000, 200)], 1000, AT_FIVE, 1000, 1000, id="the whole window is replaced"),
        # With 900 new ones the newest hour fills the window: 60 of 1000. Under 5 % only when it has gone, too.
        pytest.param([hour(1, 100, 60), hour(2, 900, 140)], 1000, OVER_TEN, 900, 1000, id="one hour after another"),
        # With 500 new ones it would be 90 of 1500, 6 %, but just then the older hour drops out: 90 of 1000.
        pytest.param([hour(1, 500, 90), hour(2, 500)], 1000, OVER_SIX, 1000, 1000, id="good mail drops out just then"),
        # 120 of 1000 + n: 6 % from n = 1000 on, which is over neither.
        pytest.param([hour(1, 1000, 120)], None, OVER_SIX, 1000, 1000, id="where neither bound is over itself"),
        pytest.param([hour(1, 1000, 100)], None, OVER_TEN, 0, 1001, id="at the limit"),
        pytest.param([hour(1, 1000, 49)], None, OVER_TEN, 0, 0, id="under the recommended value"),
        pytest.param([hour(1, 1000, 50)], None, OVER_TEN, 0, 1, id="at the recommended value"),
    ],
)
def test_clean_mail_brings_a_rate_down(
    hours: list[HourCounts], volume: int | None, limits: Limits, to_limit: int, to_recommended: int
) -> None:
    told = forecast_of(*hours, volume=volume, limits=limits)
    assert (told.clean_to_limit, told.clean_to_recommended) == (to_limit, to_recommended)


def test_no_amount_of_clean_mail_undoes_a_bounce_where_none_is_allowed() -> None:
    none_allowed = all_at(Fraction(0), inclusive=False)
    assert forecast_of(hour(1, 500, 1), volume=None, limits=none_allowed).clean_to_limit is None
    assert forecast_of(hour(1, 500, 1), volume=1000, limits=none_allowed).clean_to_limit == 1000, "but it is forgotten"


counts = st.integers(min_value=0, max_value=400)
few = st.integers(min_value=0, max_value=60)
bounds = st.builds(
    Bound, st.sampled_from([Fraction(n, 1000) for n in (1, 5, 20, 50, 100, 333, 999)] + [Fraction(1, 3)]), st.booleans()
)
volumes = st.none() | st.integers(min_value=1, max_value=1500)


@st.composite
def histories(draw: st.DrawFn) -> list[HourCounts]:
    """Hours newest first, with gaps; some go to a provider that sends no complaints, some only take mail back."""
    hours: list[HourCounts] = []
    ago = 0
    for _ in range(draw(st.integers(min_value=1, max_value=8))):
        ago += draw(st.sampled_from([1, 1, 7, 30]))
        mail = {
            ("yahoo", Measure.SENT): draw(st.just(0) | counts),
            ("gmail", Measure.SENT): draw(counts),
            ("gmail", Measure.NOT_ATTEMPTED): draw(st.just(0) | counts),
            (UNSPECIFIED, Measure.SENT): draw(st.just(0) | few),
            ("yahoo", Measure.HARD_BOUNCED): draw(few),
            ("yahoo", Measure.COMPLAINED): draw(few),
        }
        hours.append(HourCounts(NOW - ago * HOUR, mail))
    return hours


def is_over(bound: Bound, count: int, eligible: int) -> bool:
    if eligible <= 0:
        return False
    return Fraction(count, eligible) >= bound.value if bound.inclusive else Fraction(count, eligible) > bound.value


@given(histories(), volumes, st.sampled_from(Metric), bounds)
def test_as_much_clean_mail_as_is_told_is_enough_and_one_less_is_not(
    hours: list[HourCounts], volume: int | None, metric: Metric, bound: Bound
) -> None:
    def is_over_after(clean: int) -> bool:
        rate = window_of([hour(0, clean), *hours], volume, metric).rate
        return bound.exceeded_by(rate.count, rate.eligible)

    window = window_of(hours, volume, metric)
    assume(window.rate.eligible > 0)
    told = forecast(window, Limits(limit=bound, shutdown=bound, recommended=bound), NOW, YEAR)
    assert told.clean_to_limit is not None, "every bound here is more than nothing"
    assert told.clean_to_limit == told.clean_to_recommended
    assert not is_over_after(told.clean_to_limit)
    assert told.clean_to_limit == 0 or is_over_after(told.clean_to_limit - 1)


def after(window: Window, seconds: int) -> tuple[int, int]:
    """How much of the rate is how much of the mail, in parts of a day, when mail goes on as in the last one.

    Or in parts of the time that the mail of the whole window took, if that was less.
    """
    day = [one for one in window.hours if NOW - one.hour <= DAY]
    unit = 86_400
    if window.span.volume is not None and day == [*window.hours] and window.rate.volume >= window.span.volume:
        unit = int((NOW - day[-1].hour).total_seconds())
    count = seconds * sum(one.count for one in day)
    eligible = seconds * (sum(one.hundredths for one in day) // 100)
    volume = seconds * sum(one.volume for one in day)
    held = 0
    for one in window.hours:
        if window.span.volume is not None and volume >= unit * window.span.volume:
            break
        count, held, volume = count + unit * one.count, held + one.hundredths, volume + unit * one.volume
    return count, eligible + unit * (held // 100)


@given(histories(), volumes, st.sampled_from(Metric), bounds)
def test_the_limit_is_passed_in_the_second_that_is_told_and_in_none_before(
    hours: list[HourCounts], volume: int | None, metric: Metric, bound: Bound
) -> None:
    window = window_of(hours, volume, metric)
    assume(window.rate.eligible > 0 and not is_over(bound, window.rate.count, window.rate.eligible))
    assume(sum(one.volume for one in window.hours if NOW - one.hour <= DAY) >= 0)
    horizon = timedelta(days=20)
    told = forecast(window, Limits(limit=bound, shutdown=bound, recommended=bound), NOW, horizon).limit_passed
    seconds = int(((told or NOW + horizon) - NOW).total_seconds())
    if told:
        assert is_over(bound, *after(window, seconds))
    for earlier in (*range(0, seconds, 3600), seconds - 1):
        assert not is_over(bound, *after(window, earlier))
