"""The status lifecycle: every boundary, every cell, and laws that hold whatever happens."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ses_reputation.domain.lifecycle import (
    TRANSITIONS,
    Change,
    Measures,
    Stage,
    Standing,
    Status,
    TransitionRefused,
    Trigger,
    advance,
    assess,
    spans,
)
from ses_reputation.domain.policy import CLASSIC, Limits, Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
POLICY = Policy()
NEWSLETTER = Scope("configuration-set/newsletter")


def bounces(count: int, eligible: int) -> Rate:
    return Rate(Metric.BOUNCE_RATE, count, eligible, START, 1)


def measures(window: tuple[int, int], since: tuple[int, int] | None = None) -> Mapping[Metric, Measures]:
    """A bounce rate over the window, and since the probation began; no complaints."""
    return {
        Metric.BOUNCE_RATE: Measures(bounces(*window), bounces(*since) if since else None),
        Metric.COMPLAINT_RATE: Measures(Rate(Metric.COMPLAINT_RATE, 0, window[1])),
    }


GOOD, BAD = (1, 1000), (200, 1000)


class Sender:
    """One scope, judged again and again."""

    def __init__(self, scope: Scope = NEWSLETTER, policy: Policy = POLICY) -> None:
        self.standing = Standing(scope)
        self.policy = policy
        self.changes: list[Change] = []

    def at(self, time: datetime, window: tuple[int, int] = BAD, since: tuple[int, int] | None = None) -> Status:
        self.standing, changes = assess(self.standing, measures(window, since), time, self.policy)
        self.changes += changes
        return self.standing.metric(Metric.BOUNCE_RATE).status


def on_probation(scope: Scope = NEWSLETTER, policy: Policy = POLICY) -> Sender:
    sender = Sender(scope, policy)
    assert sender.at(START) is Status.PROBATION
    return sender


def almost_healed() -> Sender:
    sender = on_probation()
    sender.at(START + HOUR, since=GOOD)
    assert sender.at(START + HOUR + DAY, since=GOOD) is Status.ALMOST_HEALED
    return sender


@pytest.mark.parametrize(
    ("metric", "count", "eligible", "status"),
    [
        pytest.param(Metric.BOUNCE_RATE, 1000, 10_000, Status.HEALTHY, id="bounces at the limit"),
        pytest.param(Metric.BOUNCE_RATE, 1001, 10_000, Status.PROBATION, id="one bounce over the limit"),
        pytest.param(Metric.COMPLAINT_RATE, 50, 10_000, Status.HEALTHY, id="complaints at the limit"),
        pytest.param(Metric.COMPLAINT_RATE, 51, 10_000, Status.PROBATION, id="one complaint over the limit"),
        pytest.param(Metric.BOUNCE_RATE, 11, 100, Status.PROBATION, id="just enough mail to judge"),
        pytest.param(Metric.BOUNCE_RATE, 99, 99, Status.HEALTHY, id="one recipient too few to judge"),
        pytest.param(Metric.BOUNCE_RATE, 1, 5, Status.HEALTHY, id="five mails and one bounce"),
    ],
)
def test_probation_begins_above_the_limit_and_with_enough_mail(
    metric: Metric, count: int, eligible: int, status: Status
) -> None:
    rates = {m: Measures(Rate(m, count if m is metric else 0, eligible)) for m in Metric}
    standing, _ = assess(Standing(ACCOUNT), rates, START, POLICY)
    assert standing.metric(metric).status is status
    assert standing.status is status


def test_a_change_says_what_was_before_and_after_and_why() -> None:
    (change,) = on_probation().changes
    assert (change.time, change.scope, change.metric) == (START, NEWSLETTER, Metric.BOUNCE_RATE)
    assert (change.before, change.after, change.trigger) == (None, Stage.PROBATION, Trigger.LIMIT_EXCEEDED)
    assert (change.scope_before, change.scope_after) == (Status.HEALTHY, Status.PROBATION)
    assert change.finding.period_end == START + POLICY.probation


def test_a_probation_is_measured_from_the_next_full_hour() -> None:
    for opened, since in ((START, START), (START + timedelta(minutes=1), START + HOUR)):
        sender = Sender()
        sender.at(opened)
        finding = sender.standing.metric(Metric.BOUNCE_RATE).finding
        assert finding is not None
        assert finding.since == since
        assert spans(sender.standing, opened + DAY, POLICY)[Metric.BOUNCE_RATE, "since"].start == since


def test_almost_healed_takes_a_full_day_under_the_limit() -> None:
    sender = on_probation()
    assert sender.at(START + HOUR, since=GOOD) is Status.PROBATION
    assert sender.at(START + HOUR + DAY - timedelta(seconds=1), since=GOOD) is Status.PROBATION
    assert sender.at(START + HOUR + DAY, since=GOOD) is Status.ALMOST_HEALED
    assert sender.standing.status is Status.PROBATION, "the scope itself is on probation until that ends"


def test_an_hour_over_the_limit_starts_the_day_anew() -> None:
    sender = on_probation()
    sender.at(START + HOUR, since=GOOD)
    sender.at(START + 20 * HOUR, since=BAD)
    sender.at(START + 21 * HOUR, since=GOOD)
    assert sender.at(START + 30 * HOUR, since=GOOD) is Status.PROBATION
    assert sender.at(START + 45 * HOUR, since=GOOD) is Status.ALMOST_HEALED


def test_a_rate_at_its_limit_is_not_over_it() -> None:
    sender = on_probation()
    sender.at(START + HOUR, since=(100, 1000))
    assert sender.at(START + HOUR + DAY, since=(100, 1000)) is Status.ALMOST_HEALED


def test_too_little_mail_since_the_probation_began_heals_nothing() -> None:
    sender = on_probation()
    for day in range(1, 20):
        assert sender.at(START + day * DAY, since=(0, 99)) is Status.PROBATION


def test_almost_healed_becomes_probation_again_at_once() -> None:
    sender = almost_healed()
    assert sender.at(START + 2 * DAY + HOUR, since=BAD) is Status.PROBATION
    assert sender.changes[-1].before is Stage.ALMOST_HEALED
    assert sender.changes[-1].finding.period_end == START + POLICY.probation, "the period is not prolonged"


def test_almost_healed_becomes_healthy_after_the_healing_time() -> None:
    sender = almost_healed()
    healed = START + HOUR + DAY + POLICY.healing
    assert sender.at(healed - timedelta(seconds=1), since=GOOD) is Status.ALMOST_HEALED
    assert sender.at(healed, since=GOOD) is Status.HEALTHY
    assert sender.standing.metric(Metric.BOUNCE_RATE).finding is None


def test_almost_healed_becomes_healthy_at_the_end_of_the_period() -> None:
    policy = replace(POLICY, healing=timedelta(days=100))
    sender = on_probation(policy=policy)
    sender.at(START + HOUR, since=GOOD)
    sender.at(START + 2 * DAY, since=GOOD)
    assert sender.at(START + POLICY.probation - HOUR, since=GOOD) is Status.ALMOST_HEALED
    assert sender.at(START + POLICY.probation, since=GOOD) is Status.HEALTHY


def test_almost_healed_is_not_undone_by_too_little_mail() -> None:
    """Volume can shrink: what was announced as sent may turn out never to have been attempted."""
    policy = replace(POLICY, healing=timedelta(days=100))
    sender = on_probation(policy=policy)
    sender.at(START + HOUR, since=GOOD)
    assert sender.at(START + 2 * DAY, since=GOOD) is Status.ALMOST_HEALED
    assert sender.at(START + 3 * DAY, since=(0, 99)) is Status.ALMOST_HEALED
    assert sender.at(START + POLICY.probation, since=(0, 99)) is Status.HEALTHY


def test_what_was_answered_for_does_not_count_again() -> None:
    sender = almost_healed()
    sender.at(START + 20 * DAY, since=GOOD)
    assert sender.standing.metric(Metric.BOUNCE_RATE).floor == START
    assert spans(sender.standing, START + 21 * DAY, POLICY)[Metric.BOUNCE_RATE, "window"].start == START


@pytest.mark.parametrize(
    ("since", "review", "status"),
    [
        pytest.param(BAD, False, Status.SHUTDOWN, id="still over the limit"),
        pytest.param(BAD, True, Status.PENDING_SHUTDOWN, id="still over the limit, and a person was asked for"),
        pytest.param((0, 99), False, Status.PENDING_DECISION, id="too little mail to judge"),
        pytest.param((100, 1000), False, Status.HEALTHY, id="at the limit, though not yet for a day"),
    ],
)
def test_a_probation_ends_as_its_mail_deserves(since: tuple[int, int], *, review: bool, status: Status) -> None:
    kinds = frozenset({ScopeKind.CONFIGURATION_SET}) if review else frozenset()
    sender = on_probation(policy=replace(POLICY, human_review=kinds))
    end = START + POLICY.probation
    assert sender.at(end - timedelta(seconds=1), since=since) is Status.PROBATION
    assert sender.at(end, since=since) is status
    assert sender.standing.status is status


def test_human_review_is_asked_for_by_kind_of_scope() -> None:
    policy = replace(POLICY, human_review=frozenset({ScopeKind.ACCOUNT}))
    for scope, status in ((ACCOUNT, Status.PENDING_SHUTDOWN), (NEWSLETTER, Status.SHUTDOWN)):
        assert on_probation(scope, policy).at(START + POLICY.probation, since=BAD) is status


@pytest.mark.parametrize("since", [BAD, (0, 99)], ids=["shutdown", "pending decision"])
def test_no_good_hour_leads_out_of_what_a_person_decides(since: tuple[int, int]) -> None:
    sender = on_probation()
    stuck = sender.at(START + POLICY.probation, since=since)
    for day in range(22, 400):
        assert sender.at(START + day * DAY, window=GOOD, since=GOOD) is stuck
    assert len(sender.changes) == 2


def test_a_scope_is_as_bad_as_its_worst_metric() -> None:
    rates = dict(measures(BAD))
    rates[Metric.COMPLAINT_RATE] = Measures(Rate(Metric.COMPLAINT_RATE, 100, 1000))
    standing, changes = assess(Standing(ACCOUNT), rates, START, POLICY)
    assert len(changes) == 2
    since = bounces(*GOOD)
    healing = {
        Metric.BOUNCE_RATE: Measures(bounces(*BAD), since),
        Metric.COMPLAINT_RATE: Measures(rates[Metric.COMPLAINT_RATE].window, Rate(Metric.COMPLAINT_RATE, 100, 1000)),
    }
    standing, _ = assess(standing, healing, START + POLICY.probation, POLICY)
    assert standing.metric(Metric.BOUNCE_RATE).status is Status.HEALTHY
    assert standing.status is Status.SHUTDOWN


@pytest.mark.parametrize("again", [START, START - HOUR], ids=["the same moment", "an earlier one"])
def test_a_moment_that_was_judged_is_not_judged_again(again: datetime) -> None:
    sender = on_probation()
    assert assess(sender.standing, measures(GOOD, GOOD), again, POLICY) == (sender.standing, ())


@pytest.mark.parametrize(("stage", "trigger"), list(product([None, *Stage], Trigger)))
def test_every_cell_is_a_transition_or_a_refusal_that_says_what_would_do(stage: Stage | None, trigger: Trigger) -> None:
    if (stage, trigger) in TRANSITIONS:
        assert advance(stage, trigger) is TRANSITIONS[stage, trigger]
    else:
        with pytest.raises(TransitionRefused, match="does not apply to"):
            advance(stage, trigger)


def test_no_row_leads_out_of_a_stage_that_waits_for_a_person() -> None:
    waiting = {Stage.PENDING_DECISION, Stage.PENDING_SHUTDOWN, Stage.SHUTDOWN, Stage.RESOLVED}
    assert not waiting & {stage for stage, _ in TRANSITIONS}


def test_limits_are_compared_exactly() -> None:
    third = Limits(limit=Fraction(1, 3), recommended=Fraction(1, 10))
    assert not third.exceeded_by(bounces(10**17, 3 * 10**17))
    assert third.exceeded_by(bounces(10**17 + 1, 3 * 10**17))


rate_pairs = st.integers(0, 3000).flatmap(lambda eligible: st.tuples(st.integers(0, eligible), st.just(eligible)))
histories = st.lists(st.tuples(st.integers(1, 200), rate_pairs, rate_pairs), min_size=1, max_size=40)


@given(histories)
def test_laws_of_any_history(history: list[tuple[int, tuple[int, int], tuple[int, int]]]) -> None:
    sender = Sender()
    now = START
    for hours, window, since in history:
        now += hours * HOUR
        before = sender.standing
        finding = before.metric(Metric.BOUNCE_RATE).finding
        changes = len(sender.changes)
        status = sender.at(now, window, since if finding else None)
        assert (len(sender.changes) > changes) == (before.metric(Metric.BOUNCE_RATE).status is not status), (
            "an alert if, and only if, the status changed"
        )
        for change in sender.changes[changes:]:
            assert TRANSITIONS[change.before, change.trigger] is change.after
        assert assess(sender.standing, measures(window, since), now, POLICY) == (sender.standing, ())
        assert sender.standing.moves_with_time == (status in {Status.PROBATION, Status.ALMOST_HEALED})
    ids = [change.id for change in sender.changes]
    assert len(set(ids)) == len(ids)


WORSE = {status: rank for rank, status in enumerate(Status)}


@given(rate_pairs, st.integers(1, 50))
def test_one_more_bounce_never_helps(window: tuple[int, int], more: int) -> None:
    fewer, _ = assess(Standing(ACCOUNT), measures(window), START, POLICY)
    worse, _ = assess(Standing(ACCOUNT), measures((window[0] + more, window[1])), START, POLICY)
    assert WORSE[worse.status] >= WORSE[fewer.status]


def test_the_classic_limits_are_ten_and_a_half_percent() -> None:
    assert CLASSIC[Metric.BOUNCE_RATE] == Limits(Fraction(1, 10), Fraction(1, 20))
    assert CLASSIC[Metric.COMPLAINT_RATE] == Limits(Fraction(1, 200), Fraction(1, 1000))
