"""A provider's outage is told from a bad list by its history and by the others, and leaves out what it bounced."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ses_reputation.domain.changes import OutageChange, OutageEvent, outage_change
from ses_reputation.domain.decisions import (
    DISMISSED_FOR,
    CommandRefused,
    Decide,
    Decision,
    allowed_of_outage,
    decide_outage,
)
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.explanation import explain
from ses_reputation.domain.outage_detection import KEPT, with_outages
from ses_reputation.domain.outages import LONGEST, Outage, OutageStage, Tally, held, without_outages
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, Rate, Span, VolumeSource, Week, measure
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Act, Actor, Standing
from ses_reputation.domain.weeks import week_totals

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GMAIL = Scope("provider/gmail")
POLICY = Policy()
HOLDING = Policy(hold_outages=True)
ACT = Act("r-1", Actor("ann", proven=True), "their status page says so")


def hour(ago: int, gmail: tuple[int, int] = (0, 0), others: tuple[int, int] = (0, 0), **more: int) -> HourCounts:
    """An hour, so many hours before noon: hard bounces of how many recipients, at Gmail and elsewhere."""
    counts = {
        ("gmail", Measure.HARD_BOUNCED): gmail[0],
        ("gmail", Measure.SENT): gmail[1],
        ("yahoo", Measure.HARD_BOUNCED): others[0],
        ("yahoo", Measure.SENT): others[1],
        **{("yahoo", Measure(name)): n for name, n in more.items()},
    }
    return HourCounts(NOON - ago * HOUR, {key: n for key, n in counts.items() if n})


def days(gmail: tuple[int, int] = (1, 100), others: tuple[int, int] = (1, 100)) -> list[HourCounts]:
    """The same on each of the twenty days before."""
    return [hour(24 * ago, gmail, others) for ago in range(1, 21)]


def judge(
    hours: list[HourCounts], now: datetime = NOON, standing: Standing | None = None, policy: Policy = POLICY
) -> tuple[Standing, tuple[OutageChange, ...]]:
    newest_first = sorted((h for h in hours if h.hour < now), key=lambda h: h.hour, reverse=True)
    return with_outages(standing or Standing(GMAIL), newest_first, now, policy)


def found(hours: list[HourCounts], policy: Policy = POLICY) -> Outage | None:
    standing, _ = judge(hours, policy=policy)
    return standing.outages[0] if standing.outages else None


SPIKE = [hour(1, (50, 100), (1, 100)), hour(2, (50, 100), (1, 100))]


def test_a_spike_at_one_provider_that_its_history_contradicts_is_an_outage() -> None:
    standing, (news,) = judge([*SPIKE, hour(3, (1, 100), (1, 100)), *days()])
    (outage,) = standing.outages
    assert (outage.provider, outage.start, outage.end) == ("gmail", NOON - 2 * HOUR, None)
    assert (outage.stage, outage.found, outage.waits_since) == (OutageStage.SUSPECTED, NOON, NOON)
    assert (outage.seen, outage.before) == (Tally(100, 200), Tally(20, 2000))
    assert (news.event, news.outage, news.held) == (OutageEvent.FOUND, outage, False)
    assert standing.moves_with_time, "its end has to be seen"


@pytest.mark.parametrize(
    ("gmail", "others", "before", "suspected"),
    [
        pytest.param((20, 200), (1, 200), (1, 100), True, id="twenty bounces, a tenth of the mail"),
        pytest.param((19, 100), (1, 200), (1, 100), False, id="one too few"),
        pytest.param((20, 201), (1, 200), (1, 100), False, id="just under a tenth"),
        pytest.param((20, 200), (1, 200), (2, 100), True, id="five times as often as before"),
        pytest.param((20, 200), (1, 200), (21, 1000), False, id="just under five times"),
        pytest.param((20, 200), (1, 200), (0, 50), True, id="just enough history"),
        pytest.param((20, 200), (1, 200), (0, 49), False, id="too little history to contradict anything"),
        pytest.param((20, 200), (1, 100), (1, 100), True, id="just enough mail elsewhere"),
        pytest.param((20, 200), (0, 99), (1, 100), False, id="too little elsewhere to compare with"),
        pytest.param((20, 200), (4, 200), (1, 100), True, id="elsewhere a fifth of that"),
        pytest.param((20, 200), (5, 200), (1, 100), False, id="elsewhere more than a fifth, and more than before"),
        pytest.param((20, 200), (3, 200), (1, 100), True, id="elsewhere as before"),
        pytest.param((300, 300), (300, 300), (1, 100), False, id="everywhere: a bad list"),
    ],
)
def test_it_takes_enough_of_them_a_share_a_rise_and_others_that_are_well(
    gmail: tuple[int, int], others: tuple[int, int], before: tuple[int, int], suspected: bool
) -> None:
    assert bool(found([hour(1, gmail, others), *days(before)])) is suspected


def test_where_others_always_bounced_that_much_they_have_not_risen() -> None:
    """A sender's list of company addresses may be old while that of Gmail is not."""
    assert found([hour(1, (20, 200), (8, 200)), *days(others=(5, 200))])
    assert found([hour(1, (20, 200), (8, 200)), *days(others=(2, 200))]) is None


@pytest.mark.parametrize(("ago", "suspected"), [(6, True), (7, False)], ids=["within six hours", "before"])
def test_only_the_newest_six_hours_are_looked_at(ago: int, suspected: bool) -> None:
    assert bool(found([hour(ago, (50, 100), (1, 100)), *days()])) is suspected


def test_it_begins_in_the_oldest_hour_from_which_on_a_tenth_bounced() -> None:
    """One bounce of five mails is a tenth, too, but not of what followed."""
    quiet = [hour(5, (1, 5), (0, 20)), hour(4, (5, 1000), (5, 1000))]
    outage = found([hour(1, (50, 100), (1, 100)), *quiet, *days()])
    assert outage
    assert (outage.start, outage.seen) == (NOON - HOUR, Tally(50, 100))


@pytest.mark.parametrize(
    ("gmail", "ago"),
    [
        pytest.param((1, 10), 2, id="one bounce of ten mails"),
        pytest.param((1, 11), 1, id="one of eleven"),
        pytest.param((0, 0), 1, id="no mail to this provider"),
    ],
)
def test_an_hour_before_the_others_belongs_to_it_if_a_tenth_bounced(gmail: tuple[int, int], ago: int) -> None:
    outage = found([SPIKE[0], hour(2, gmail, (1, 100)), *days()])
    assert outage
    assert outage.start == NOON - ago * HOUR


def test_bounces_may_come_in_an_hour_without_mail() -> None:
    assert found([hour(1, (50, 0), (0, 0)), hour(2, (0, 100), (1, 100)), *days()]) is None, "nothing sent since"
    outage = found([hour(1, (50, 0)), hour(2, (10, 100), (1, 100)), *days()])
    assert outage
    assert outage.seen == Tally(60, 100)


def test_history_is_read_only_if_the_newest_hours_look_like_an_outage() -> None:
    def until_yesterday() -> Iterator[HourCounts]:
        yield hour(1, (19, 100), (1, 100))
        yield hour(7, (1, 100))
        raise AssertionError("read too far")

    assert with_outages(Standing(GMAIL), until_yesterday(), NOON, POLICY) == (Standing(GMAIL), ())


def test_only_four_weeks_are_history_and_no_hour_that_names_no_provider() -> None:
    edge = [hour(6 + 28 * 24, (1, 1000), (0, 1000)), hour(7 + 28 * 24, (900, 900))]
    outage = found([hour(1, (50, 100), (0, 100)), *edge])
    assert outage
    assert outage.before == Tally(1, 1000)
    unknown = {("unspecified", Measure.REPORTED): 9_000, ("unspecified", Measure.HARD_BOUNCED): 900}
    backfilled = HourCounts(NOON - 48 * HOUR, unknown, backfilled=True)
    assert found([hour(1, (20, 200), (8, 200)), backfilled, *days()]) is None, "others seem to have bounced always"


def test_nothing_is_suspected_if_so_configured_or_where_nobody_tells_of_providers() -> None:
    hours = [*SPIKE, *days()]
    assert found(hours, policy=replace(POLICY, suspicion_minimum=0)) is None
    assert found(hours, policy=replace(POLICY, volume_source=VolumeSource.STATISTICS)) is None


def going_on() -> tuple[list[HourCounts], Standing]:
    hours = [*SPIKE, *days()]
    return hours, judge(hours)[0]


def later(hours: int, bounced: int, sent: int = 100) -> HourCounts:
    return hour(-hours, (bounced, sent), (1, 100))


def test_it_is_over_three_hours_after_the_last_bad_one() -> None:
    hours, standing = going_on()
    hours += [later(0, 50), later(1, 1), later(2, 1)]
    standing, news = judge(hours, NOON + 3 * HOUR, standing)
    assert (news, standing.outages[0].end, standing.outages[0].seen) == ((), None, Tally(152, 500))
    standing, (over,) = judge(hours, NOON + 4 * HOUR, standing)
    assert (over.event, over.outage.end, over.outage.seen) == (OutageEvent.OVER, NOON + HOUR, Tally(150, 300))
    assert not standing.moves_with_time
    hours.append(later(8, 80))
    again = judge(hours, NOON + 9 * HOUR, standing)[0]
    assert [outage.start for outage in again.outages] == [NOON - 2 * HOUR, NOON + 8 * HOUR]
    both_over = judge(hours, NOON + 12 * HOUR, again)[0]
    assert [outage.end for outage in both_over.outages] == [NOON + HOUR, NOON + 9 * HOUR]


@pytest.mark.parametrize(
    ("bad_again", "end", "seen"),
    [
        pytest.param(3, 4, Tally(202, 600), id="before three hours are quiet"),
        pytest.param(4, 1, Tally(150, 300), id="after three quiet hours"),
    ],
)
def test_its_end_is_the_same_however_late_it_is_seen(bad_again: int, end: int, seen: Tally) -> None:
    hours, standing = going_on()
    hours += [later(0, 50), later(1, 1), later(2, 1), later(bad_again, 50)]
    for late in (3, 4, 20, 60):
        (outage,) = judge(hours, NOON + (end + late) * HOUR, standing)[0].outages
        assert (outage.end, outage.seen) == (NOON + end * HOUR, seen)


def test_what_lasts_for_two_days_is_no_outage_any_more_nor_another_one() -> None:
    hours, standing = going_on()
    hours += [later(n, 50) for n in range(48)]
    end = NOON - 2 * HOUR + LONGEST
    assert judge(hours, end - HOUR, standing)[0].outages[0].end is None
    standing, (over,) = judge(hours, end, standing)
    assert (over.event, over.outage.end) == (OutageEvent.OVER, end)
    assert judge(hours, NOON + 48 * HOUR, standing) == (standing, ())
    for later_still, number in ((DISMISSED_FOR - HOUR, 1), (DISMISSED_FOR, 2)):
        spike = replace(SPIKE[0], hour=end + later_still - HOUR)
        assert len(judge([*hours, spike], end + later_still, standing)[0].outages) == number, "a week later it may be"


def decided(standing: Standing, decision: Decision, now: datetime = NOON, seen: int | None = None) -> Standing:
    (*_, outage) = standing.outages
    after, change = decide_outage(standing, outage, Decide(GMAIL, outage.id, decision, seen=seen), ACT, now, POLICY)
    assert (change.act, change.outage, change.held) == (ACT, after.outages[-1], decision is Decision.CONFIRM)
    assert change.event.value == after.outages[-1].stage.value
    return after


def test_all_that_becomes_of_an_outage_is_news_of_its_own() -> None:
    outage = outage_of(1, 1)

    def told(event: OutageEvent, now: datetime = NOON, act: Act | None = None) -> str:
        return outage_change(GMAIL, outage, event, now, POLICY, act).id

    other = replace(ACT, id="r-2")
    ids = [
        told(OutageEvent.FOUND),
        told(OutageEvent.OVER),
        told(OutageEvent.OVER, NOON + HOUR),
        told(OutageEvent.CONFIRMED, act=ACT),
        told(OutageEvent.CONFIRMED, act=other),
    ]
    assert len(set(ids)) == 5
    assert told(OutageEvent.CONFIRMED, act=ACT) == ids[3], "and the same when it is decided again"


def test_a_dismissed_one_is_not_suspected_again_for_a_week() -> None:
    hours, standing = going_on()
    standing = decided(standing, Decision.DISMISS)
    standing, news = judge(hours, NOON + 5 * HOUR, standing)
    assert (news, standing.outages[0].end) == ((), NOON), "nobody waits for its end"
    for age, number in ((DISMISSED_FOR - HOUR, 1), (DISMISSED_FOR, 2)):
        spike = replace(SPIKE[0], hour=NOON + age - HOUR)
        assert len(judge([*hours, spike], NOON + age, standing)[0].outages) == number


def test_after_a_confirmed_one_the_next_is_suspected_at_once() -> None:
    hours, standing = going_on()
    standing = judge(hours, NOON + 5 * HOUR, decided(standing, Decision.CONFIRM))[0]
    assert len(judge([*hours, later(8, 50)], NOON + 9 * HOUR, standing)[0].outages) == 2


def test_what_was_an_outage_is_no_history_and_what_was_dismissed_is() -> None:
    hours, standing = going_on()
    over = judge(hours, NOON + 5 * HOUR, standing)[0]
    spike = replace(SPIKE[0], hour=NOON + 10 * DAY - HOUR)
    for decision, bounced in ((Decision.CONFIRM, 18), (Decision.DISMISS, 118)):
        known = decided(over, decision)
        assert judge([*hours, spike], NOON + 10 * DAY, known)[0].outages[1].before.bounced == bounced


@pytest.mark.parametrize(
    ("stage", "allowed"),
    [
        (OutageStage.SUSPECTED, ("confirm", "dismiss")),
        (OutageStage.CONFIRMED, ("dismiss",)),
        (OutageStage.DISMISSED, ("confirm",)),
    ],
)
def test_it_is_confirmed_or_dismissed_and_an_error_can_be_mended(stage: OutageStage, allowed: tuple[str, ...]) -> None:
    _, standing = going_on()
    standing = replace(standing, outages=(replace(standing.outages[0], stage=stage),))
    assert allowed_of_outage(standing.outages[0]) == allowed
    for decision in Decision:
        if decision in allowed:
            assert decided(standing, decision).outages[0].revision == 2
        else:
            with pytest.raises(CommandRefused) as refused:
                decided(standing, decision)
            assert str(refused.value) == f"{decision} is not for an outage that is {stage}"
            assert refused.value.allowed == allowed


def test_a_decision_about_what_was_decided_since_is_refused() -> None:
    _, standing = going_on()
    standing = decided(standing, Decision.CONFIRM, seen=1)
    with pytest.raises(CommandRefused) as refused:
        decided(standing, Decision.DISMISS, seen=1)
    assert str(refused.value) == (
        f"outage {standing.outages[0].id} was decided upon since you saw it: it is confirmed now. Nothing was done"
    )
    assert refused.value.allowed == ("dismiss",)


def test_what_is_too_old_for_any_rate_is_forgotten_and_no_more_are_kept_than_fit() -> None:
    _, standing = going_on()
    (outage,) = standing.outages
    old = replace(outage, id="old", start=NOON - POLICY.oldest_mail - HOUR, end=NOON - POLICY.oldest_mail)
    many = [replace(outage, id=str(n), start=NOON - (60 - n) * DAY, end=NOON - (60 - n) * DAY) for n in range(50)]
    kept, _ = judge([*SPIKE, *days()], standing=replace(standing, outages=(old, *many)))
    assert len(kept.outages) == KEPT
    assert [each.id for each in kept.outages[:1]] == ["1"]
    assert kept.outages[-1].start == NOON - 2 * HOUR


def test_an_outage_is_kept_as_long_as_any_of_its_mail_may_be_in_a_rate() -> None:
    outage = outage_of(1, 10, OutageStage.CONFIRMED)
    for age, kept in ((timedelta(0), True), (9 * HOUR, True), (10 * HOUR, False)):
        now = outage.start + POLICY.oldest_mail + age
        standing, _ = judge([], now, Standing(GMAIL, outages=(outage,)))
        assert standing.outages == ((outage,) if kept else ())


def test_each_outage_has_an_id_of_its_own_that_is_short_enough_to_type() -> None:
    def id_of(scope: Scope, spike: HourCounts, now: datetime) -> str:
        standing, _ = judge([spike, *days()], now, Standing(scope))
        return standing.outages[0].id

    ids = [
        id_of(GMAIL, SPIKE[0], NOON),
        id_of(GMAIL, SPIKE[0], NOON + HOUR),
        id_of(Scope("provider/yahoo"), hour(1, (1, 100), (50, 100)), NOON),
    ]
    assert len(set(ids)) == 3
    assert all(re.fullmatch("[0-9a-f]{10}", each) for each in ids)
    assert id_of(GMAIL, SPIKE[0], NOON) == ids[0], "and the same when it is found again"


def test_a_standing_from_before_there_were_outages_is_read() -> None:
    _, standing = going_on()
    assert msgspec.json.decode(msgspec.json.encode(standing), type=Standing) == standing
    document = msgspec.to_builtins(standing)
    del document["outages"]
    assert msgspec.convert(document, Standing, strict=False) == replace(standing, outages=())


# Laws

few = st.integers(0, 300)
hours_of_mail = st.lists(st.tuples(st.tuples(few, few), st.tuples(few, few), few), min_size=1, max_size=40)


def rates(hours: list[HourCounts], left_out: tuple[Outage, ...] = ()) -> dict[Metric, Rate]:
    spans = {metric: Span(metric, NOON - 400 * DAY) for metric in Metric}
    found = measure(without_outages(hours, left_out), spans, POLICY.volume_source, POLICY.feedback_loops)
    return {metric: window.rate for metric, window in found.items()}


def outage_of(start: int, length: int, stage: OutageStage = OutageStage.SUSPECTED) -> Outage:
    begin = NOON - start * HOUR
    return Outage("1", "gmail", begin, NOON, Tally(), Tally(), end=begin + length * HOUR, stage=stage)


@given(rows=hours_of_mail, start=st.integers(0, 40), length=st.integers(1, 40))
def test_holding_leaves_out_that_providers_mail_of_those_hours_and_changes_nothing_else(
    rows: list[tuple[tuple[int, int], tuple[int, int], int]], start: int, length: int
) -> None:
    hours = [hour(ago, gmail, others, complained=c) for ago, (gmail, others, c) in enumerate(rows, start=1)]
    outage = outage_of(start, length)
    without = [
        hour(ago, (0, 0) if outage.covers(NOON - ago * HOUR) else gmail, others)
        for ago, (gmail, others, _) in enumerate(rows, start=1)
    ]
    left_out = held([outage], HOLDING)
    assert rates(hours, left_out)[Metric.BOUNCE_RATE] == rates(without)[Metric.BOUNCE_RATE]
    assert rates(hours, left_out)[Metric.COMPLAINT_RATE] == rates(hours)[Metric.COMPLAINT_RATE]


@pytest.mark.parametrize(
    ("start", "whole"),
    [
        pytest.param(277, True, id="in the hour before it"),
        pytest.param(276, False, id="in its first hour"),
        pytest.param(109, False, id="in its last hour"),
        pytest.param(108, True, id="in the hour after it"),
    ],
)
def test_a_week_that_was_added_up_is_gone_through_only_if_an_outage_is_in_it(start: int, *, whole: bool) -> None:
    held_out, parts = outage_of(start, 1), [hour(start, gmail=(1, 2))]
    week = Week(week_totals(NOON - 276 * HOUR, parts, POLICY.volume_source), parts)
    hours = [replace(part, in_outage=frozenset({"gmail"})) for part in parts]
    assert list(without_outages([week], (held_out,))) == ([week] if whole else hours)


@given(
    rows=hours_of_mail, start=st.integers(0, 40), length=st.integers(1, 40), policy=st.sampled_from([POLICY, HOLDING])
)
def test_a_dismissed_outage_gives_the_rates_without_any(
    rows: list[tuple[tuple[int, int], tuple[int, int], int]], start: int, length: int, policy: Policy
) -> None:
    hours = [hour(ago, gmail, others) for ago, (gmail, others, _) in enumerate(rows, start=1)]
    assert rates(hours, held([outage_of(start, length, OutageStage.DISMISSED)], policy)) == rates(hours)


@pytest.mark.parametrize(
    ("stage", "policy", "left_out"),
    [
        (OutageStage.SUSPECTED, POLICY, False),
        (OutageStage.SUSPECTED, HOLDING, True),
        (OutageStage.CONFIRMED, POLICY, True),
        (OutageStage.DISMISSED, HOLDING, False),
    ],
)
def test_what_is_suspected_counts_unless_it_is_held_and_what_is_confirmed_never_does(
    stage: OutageStage, policy: Policy, left_out: bool
) -> None:
    assert outage_of(1, 1, stage).is_held(policy) is left_out


@given(rows=hours_of_mail, start=st.integers(0, 40), length=st.integers(1, 40))
def test_the_arithmetic_of_a_rate_adds_up_with_what_was_left_out(
    rows: list[tuple[tuple[int, int], tuple[int, int], int]], start: int, length: int
) -> None:
    hours = [hour(ago, gmail, others, complained=c) for ago, (gmail, others, c) in enumerate(rows, start=1)]
    left_out = (outage_of(start, length, OutageStage.CONFIRMED),)
    explanation = explain(Standing(ACCOUNT), list(without_outages(hours, left_out)), NOON, POLICY, left_out)
    for metric in explanation.metrics:
        for calculation in metric.calculations:
            assert max(sum(line.count for line in calculation.volume), 0) == calculation.rate.volume
            assert sum(line.count for line in calculation.numerator) == calculation.rate.count
    lines = [line.what for m in explanation.metrics for c in m.calculations for line in (*c.volume, *c.numerator)]
    if "at gmail, during an outage" in lines:
        assert explanation.outages == left_out


@given(
    share=st.integers(0, 100),
    elsewhere=st.integers(0, 100),
    sent=st.lists(st.integers(1, 30), min_size=30, max_size=30),
)
def test_steady_mail_of_any_level_is_no_outage(share: int, elsewhere: int, sent: list[int]) -> None:
    ago = [*range(1, 7), *(24 * day for day in range(1, 25))]
    steady = [hour(at, (share * n, 100 * n), (elsewhere * n, 100 * n)) for at, n in zip(ago, sent, strict=True)]
    assert found(steady) is None


@given(
    before=st.integers(0, 10),
    spike=st.integers(1, 100),
    sent=st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=6, max_size=6),
)
def test_a_spike_at_all_providers_is_none(before: int, spike: int, sent: list[tuple[int, int]]) -> None:
    spikes = [hour(ago, (spike * n, 100 * n), (spike * m, 100 * m)) for ago, (n, m) in enumerate(sent, start=1)]
    assert found([*spikes, *days((before, 100), (before, 100))]) is None
