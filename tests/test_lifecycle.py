"""The status lifecycle: every boundary, every cell, and laws that hold whatever happens."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.forecast import Forecast
from ses_reputation.domain.lifecycle import (
    TRANSITIONS,
    Change,
    EarlyWarning,
    Measures,
    Stage,
    Standing,
    Status,
    TransitionRefused,
    Trigger,
    advance,
    assess,
    measured,
    spans,
)
from ses_reputation.domain.limits import Profile, limits_by_kind, parse_custom_limits
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, Rate
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind
from ses_reputation.domain.verdict import SesRate, Verdict, verdict_change
from ses_reputation.news import News

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
POLICY = Policy()
CURRENT = Policy(profile=Profile.CURRENT, limits=limits_by_kind(Profile.CURRENT))
NEWSLETTER = Scope("configuration-set/newsletter")


def bounces(count: int, eligible: int, volume: int = 0) -> Rate:
    return Rate(Metric.BOUNCE_RATE, count, eligible, START, 1, volume)


def measures(
    window: tuple[int, int], since: tuple[int, int] | None = None, complaints: int = 0
) -> Mapping[Metric, Measures]:
    """A bounce rate over the window, and since the probation began; complaints, if any, about the same mail."""
    return {
        Metric.BOUNCE_RATE: Measures(bounces(*window), bounces(*since) if since else None),
        Metric.COMPLAINT_RATE: Measures(Rate(Metric.COMPLAINT_RATE, complaints, window[1])),
    }


GOOD, BAD = (1, 1000), (200, 1000)
RECOMMENDED = (50, 1000)  # At the recommended value, under the limit.


class Sender:
    """One scope, judged again and again."""

    def __init__(self, scope: Scope = NEWSLETTER, policy: Policy = POLICY) -> None:
        self.standing = Standing(scope)
        self.policy = policy
        self.news: list[Change | EarlyWarning] = []

    def at(self, time: datetime, window: tuple[int, int] = BAD, since: tuple[int, int] | None = None) -> Status:
        self.standing, news = assess(self.standing, measures(window, since), time, self.policy)
        self.news += news
        return self.standing.metric(Metric.BOUNCE_RATE).status

    @property
    def changes(self) -> list[Change]:
        return [piece for piece in self.news if isinstance(piece, Change)]

    @property
    def warnings(self) -> list[EarlyWarning]:
        return [piece for piece in self.news if isinstance(piece, EarlyWarning)]


def on_probation(scope: Scope = NEWSLETTER, policy: Policy = POLICY) -> Sender:
    sender = Sender(scope, policy)
    assert sender.at(START) is Status.PROBATION
    return sender


def almost_healed(policy: Policy = POLICY) -> Sender:
    sender = on_probation(policy=policy)
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


@pytest.mark.parametrize(
    ("metric", "count", "eligible", "status"),
    [
        pytest.param(Metric.COMPLAINT_RATE, 1, 900, Status.HEALTHY, id="one complaint proves nothing"),
        pytest.param(Metric.COMPLAINT_RATE, 2, 900, Status.HEALTHY, id="nor do two"),
        pytest.param(Metric.COMPLAINT_RATE, 3, 900, Status.PROBATION, id="three do"),
        pytest.param(Metric.BOUNCE_RATE, 1, 5, Status.HEALTHY, id="one bounce proves nothing"),
        pytest.param(Metric.BOUNCE_RATE, 2, 5, Status.PROBATION, id="two do"),
    ],
)
def test_probation_begins_only_with_enough_bounces_or_complaints(
    metric: Metric, count: int, eligible: int, status: Status
) -> None:
    policy = replace(CURRENT, minimum_volume=5)
    rates = {m: Measures(Rate(m, count if m is metric else 0, eligible)) for m in Metric}
    standing, news = assess(Standing(ACCOUNT), rates, START, policy)
    assert (standing.status, bool(news)) == (status, status is Status.PROBATION)


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


def test_where_a_person_decides_no_more_mail_is_read_every_day() -> None:
    sender = on_probation()
    assert spans(sender.standing, START + HOUR, POLICY)[Metric.BOUNCE_RATE, "since"].volume is None
    assert sender.at(START + POLICY.probation, since=BAD) is Status.SHUTDOWN
    span = spans(sender.standing, START + 300 * DAY, POLICY)[Metric.BOUNCE_RATE, "since"]
    assert span.volume == POLICY.representative_volume


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
    sender = almost_healed(replace(POLICY, healing=timedelta(days=100)))
    assert sender.at(START + POLICY.probation - HOUR, since=GOOD) is Status.ALMOST_HEALED
    assert sender.at(START + POLICY.probation, since=GOOD) is Status.HEALTHY


def test_almost_healed_is_not_undone_by_too_little_mail() -> None:
    """Volume can shrink: what was announced as sent may turn out never to have been attempted."""
    sender = almost_healed(replace(POLICY, healing=timedelta(days=100)))
    assert sender.at(START + 3 * DAY, since=(0, 99)) is Status.ALMOST_HEALED
    assert sender.at(START + POLICY.probation, since=(0, 99)) is Status.HEALTHY


def test_what_was_answered_for_does_not_count_again() -> None:
    sender = almost_healed()
    sender.at(START + 20 * DAY, since=GOOD)
    assert sender.standing.metric(Metric.BOUNCE_RATE).floor == START
    assert spans(sender.standing, START + 21 * DAY, POLICY)[Metric.BOUNCE_RATE, "window"].start == START


def reviewed(policy: Policy) -> Policy:
    return replace(policy, human_review=frozenset({ScopeKind.CONFIGURATION_SET}))


@pytest.mark.parametrize("stage", [Stage.PROBATION, Stage.ALMOST_HEALED])
@pytest.mark.parametrize(
    ("policy", "since", "trigger", "status"),
    [
        pytest.param(POLICY, BAD, Trigger.ENDED_OVER_SHUTDOWN_LIMIT, Status.SHUTDOWN, id="over the limit"),
        pytest.param(
            reviewed(POLICY),
            BAD,
            Trigger.ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW,
            Status.PENDING_SHUTDOWN,
            id="over the limit, and a person was asked for",
        ),
        pytest.param(POLICY, (100, 1000), Trigger.HEALED, Status.HEALTHY, id="at the limit, though not yet for a day"),
        pytest.param(
            CURRENT, (100, 1000), Trigger.ENDED_OVER_SHUTDOWN_LIMIT, Status.SHUTDOWN, id="today: at the shutdown limit"
        ),
        pytest.param(
            CURRENT,
            (99, 1000),
            Trigger.ENDED_BETWEEN_LIMITS,
            Status.PENDING_DECISION,
            id="today: just under the shutdown limit",
        ),
        pytest.param(
            CURRENT, (50, 1000), Trigger.ENDED_BETWEEN_LIMITS, Status.PENDING_DECISION, id="today: at the limit"
        ),
        pytest.param(CURRENT, (49, 1000), Trigger.HEALED, Status.HEALTHY, id="today: just under the limit"),
        pytest.param(
            reviewed(CURRENT),
            (99, 1000),
            Trigger.ENDED_BETWEEN_LIMITS,
            Status.PENDING_DECISION,
            id="between the limits a person decides anyway",
        ),
        pytest.param(
            replace(POLICY, minimum_bounces=150),
            (150, 1000),
            Trigger.ENDED_OVER_SHUTDOWN_LIMIT,
            Status.SHUTDOWN,
            id="just enough bounces to act on",
        ),
    ],
)
def test_a_probation_ends_as_its_mail_deserves(
    stage: Stage, policy: Policy, since: tuple[int, int], trigger: Trigger, status: Status
) -> None:
    end = START + POLICY.probation
    if stage is Stage.PROBATION:
        sender = on_probation(policy=policy)
        assert sender.at(end - timedelta(seconds=1), since=since) is Status.PROBATION
    else:
        sender = almost_healed(replace(policy, healing=timedelta(days=100)))
    assert sender.at(end, since=since) is status
    assert sender.standing.status is status
    assert (sender.changes[-1].before, sender.changes[-1].trigger) == (stage, trigger)


def test_too_few_bounces_move_nothing_for_the_worse() -> None:
    """150 of 1000 are over the limit, but one fewer than it takes."""
    policy = replace(POLICY, minimum_bounces=151)
    end = START + POLICY.probation
    waiting = on_probation(policy=policy)
    assert waiting.at(end, since=(150, 1000)) is Status.PENDING_DECISION, "nor for the better: a person decides"
    assert waiting.changes[-1].trigger is Trigger.ENDED_UNPROVEN
    for time in (START + 3 * DAY, end):
        healing = almost_healed(replace(policy, healing=timedelta(days=100)))
        healing.at(time, since=(150, 1000))
        assert healing.standing.metric(Metric.BOUNCE_RATE).status is (
            Status.HEALTHY if time == end else Status.ALMOST_HEALED
        )
    healing = almost_healed(replace(policy, healing=timedelta(days=100)))
    assert healing.at(START + 3 * DAY, since=(151, 1000)) is Status.PROBATION


@pytest.mark.parametrize(
    ("mail", "status"),
    [
        pytest.param(99, Status.PENDING_DECISION, id="one recipient too few to judge"),
        pytest.param(100, Status.HEALTHY, id="just enough to judge"),
    ],
)
def test_a_probation_that_ends_with_too_little_mail_is_for_a_person_to_decide(mail: int, status: Status) -> None:
    sender = on_probation()
    assert sender.at(START + POLICY.probation, since=(0, mail)) is status
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


def test_an_early_warning_is_given_once() -> None:
    sender = Sender()
    for hour, count in enumerate((49, 50, 45, 50, 41, 60)):
        assert sender.at(START + hour * HOUR, (count, 1000)) is Status.HEALTHY
    (warning,) = sender.news
    assert isinstance(warning, EarlyWarning)
    assert (warning.time, warning.scope, warning.metric) == (START + HOUR, NEWSLETTER, Metric.BOUNCE_RATE)
    assert warning.measures.window == bounces(*RECOMMENDED)


@pytest.mark.parametrize(
    ("fell_to", "warnings"),
    [
        pytest.param(41, 1, id="nearly a fifth under the recommended value: it still hovers"),
        pytest.param(40, 2, id="a fifth under it"),
    ],
)
def test_an_early_warning_is_given_again_after_the_rate_was_well_under(fell_to: int, warnings: int) -> None:
    sender = Sender()
    for hour, count in enumerate((50, fell_to, 50)):
        sender.at(START + hour * HOUR, (count, 1000))
    assert len(sender.warnings) == warnings == len({warning.id for warning in sender.warnings})


def test_a_rate_that_goes_on_probation_is_not_warned_about_as_well() -> None:
    assert len(on_probation().news) == 1


def test_while_a_finding_is_open_nobody_is_warned() -> None:
    sender = on_probation()
    for hour, window in enumerate((GOOD, RECOMMENDED, GOOD, BAD), start=1):
        sender.at(START + hour * HOUR, window, since=BAD)
    assert sender.warnings == []


def test_what_has_just_healed_is_not_warned_about_until_it_has_been_well_under() -> None:
    sender = almost_healed()
    healed = START + HOUR + DAY + POLICY.healing
    assert sender.at(healed, RECOMMENDED, since=RECOMMENDED) is Status.HEALTHY
    sender.at(healed + HOUR, RECOMMENDED)
    assert sender.warnings == []
    sender.at(healed + 2 * HOUR, GOOD)
    sender.at(healed + 3 * HOUR, RECOMMENDED)
    assert len(sender.warnings) == 1


def test_one_metric_can_change_while_another_is_warned_about() -> None:
    _, news = assess(Standing(ACCOUNT), measures(BAD, complaints=3), START, POLICY)
    assert [(type(piece), piece.metric) for piece in news] == [
        (Change, Metric.BOUNCE_RATE),
        (EarlyWarning, Metric.COMPLAINT_RATE),
    ]
    assert len({piece.id for piece in news}) == 2


def hour(start: datetime, sent: int, bounced: int = 0) -> HourCounts:
    return HourCounts(start, {("yahoo", Measure.SENT): sent, ("yahoo", Measure.HARD_BOUNCED): bounced})


def bounce_measures(standing: Standing, *newest_first: HourCounts, policy: Policy = POLICY) -> Measures:
    return measured(standing, newest_first, START + DAY, policy)[Metric.BOUNCE_RATE]


def test_a_rate_is_measured_with_a_forecast_if_there_is_enough_mail_to_judge_it() -> None:
    enough, too_little = (bounce_measures(Standing(NEWSLETTER), hour(START, sent, 20)) for sent in (100, 99))
    assert enough.forecast == Forecast(limit_passed=None, clean_to_limit=100, clean_to_recommended=301)
    assert (too_little.window.eligible, too_little.forecast) == (99, None)


def test_a_forecast_is_made_with_the_limits_of_the_scope() -> None:
    policy = replace(POLICY, limits=limits_by_kind(Profile.CLASSIC, parse_custom_limits("tenant.bounce.limit=20%")))
    told = [
        bounce_measures(Standing(scope), hour(START, 100, 20), policy=policy).forecast
        for scope in (NEWSLETTER, Scope("tenant/lucky-deals"))
    ]
    assert [forecast.clean_to_limit for forecast in told if forecast] == [100, 0]


def test_on_probation_the_rate_since_then_decides_and_is_forecast() -> None:
    """Before it 100 of 100 bounced, in it 50 of 250: 250 clean ones bring that to 10 %."""
    before, within = hour(START - HOUR, 100, 100), hour(START, 250, 50)
    found = bounce_measures(on_probation().standing, within, before)
    assert (found.window.count, found.window.eligible) == (150, 350)
    assert found.deciding == found.since == bounces(50, 250, volume=250)
    assert found.forecast == Forecast(limit_passed=None, clean_to_limit=250, clean_to_recommended=751)


def test_all_that_is_kept_survives_being_written_down() -> None:
    kept = almost_healed().standing
    kept = replace(kept, measures=measured(kept, [hour(START + HOUR, 500, 20)], START + DAY, POLICY))
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Standing) == kept


def test_all_news_survives_being_written_down() -> None:
    sender = Sender()
    sender.at(START, RECOMMENDED)
    sender.at(START + HOUR, BAD)
    said = verdict_change(None, Verdict(ACCOUNT, START, bounce_rate=SesRate("0.1004", START), enforcement="PROBATION"))
    told = (*sender.news, said)
    assert [type(piece).__name__ for piece in told] == ["EarlyWarning", "Change", "VerdictChange"]
    decoder: msgspec.json.Decoder[News] = msgspec.json.Decoder(News)
    assert tuple(decoder.decode(msgspec.json.encode(piece)) for piece in told) == told


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
        assert not any(w.time == now for w in sender.warnings) or (
            finding is None and status is Status.HEALTHY and before.status is Status.HEALTHY
        ), "a warning only where nothing else is told"
    ids = [piece.id for piece in sender.news]
    assert len(set(ids)) == len(ids)


WORSE = {status: rank for rank, status in enumerate(Status)}


@given(rate_pairs, st.integers(1, 50))
def test_one_more_bounce_never_helps(window: tuple[int, int], more: int) -> None:
    fewer, _ = assess(Standing(ACCOUNT), measures(window), START, POLICY)
    worse, _ = assess(Standing(ACCOUNT), measures((window[0] + more, window[1])), START, POLICY)
    assert WORSE[worse.status] >= WORSE[fewer.status]
