"""Judging a scope: every boundary of what is measured, and what time does to what is reported."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ses_reputation.domain.assessment import Windows, assess, measured, windows
from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change, EarlyWarning, Reminder
from ses_reputation.domain.decisions import ChangesMade, Command, Decide, Decision, Report, carry_out
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.forecast import Forecast
from ses_reputation.domain.lifecycle import STAGE_STATUS, Stage, Status, Trigger
from ses_reputation.domain.limits import Profile, limits_by_kind, parse_custom_limits
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, Rate, VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind
from ses_reputation.domain.standing import Act, Actor, Finding, Measures, Standing

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
POLICY = Policy()
END = START + POLICY.probation
CURRENT = Policy(profile=Profile.CURRENT, limits=limits_by_kind(Profile.CURRENT))
NEWSLETTER = Scope("configuration-set/newsletter")
OPERATOR = Actor("arn:aws:iam::123456789012:user/operator", proven=True)


def slowly_healing(policy: Policy = POLICY) -> Policy:
    """One where the period ends before anything has healed."""
    return replace(policy, healing=100 * DAY)


def reviewed(policy: Policy = POLICY) -> Policy:
    return replace(policy, human_review=frozenset({ScopeKind.CONFIGURATION_SET}))


def bounces(count: int, eligible: int, volume: int = 0) -> Rate:
    return Rate(Metric.BOUNCE_RATE, count, eligible, START, 1, volume)


def measures(window: tuple[int, int], since: tuple[int, int] | None = None) -> Mapping[Metric, Measures]:
    """A bounce rate over the window, and since the probation began; there are no complaints."""
    return {
        Metric.BOUNCE_RATE: Measures(bounces(*window), bounces(*since) if since else None),
        Metric.COMPLAINT_RATE: Measures(Rate(Metric.COMPLAINT_RATE, 0, window[1])),
    }


GOOD, BAD = (1, 1000), (200, 1000)


class Sender:
    """One scope, judged again and again by its bounces, and reported."""

    def __init__(self, scope: Scope = NEWSLETTER, policy: Policy = POLICY, category: str = "bounce_rate") -> None:
        self.standing = Standing(scope)
        self.policy = policy
        self.category = Category(category)
        self.changes: list[Change] = []

    def at(self, time: datetime, window: tuple[int, int] = BAD, since: tuple[int, int] | None = None) -> Status:
        self.standing, news = assess(self.standing, measures(window, since), time, self.policy)
        self.changes += [piece for piece in news if isinstance(piece, Change)]
        return STAGE_STATUS[self.standing.stage(self.category)]

    def does(self, command: Command, time: datetime) -> Change | None:
        self.standing, piece = carry_out(self.standing, command, Act(str(time), OPERATOR), time, self.policy)
        if isinstance(piece, Change):
            self.changes.append(piece)
            return piece
        return None

    def is_reported(self, time: datetime) -> None:
        self.does(Report(self.standing.scope, self.category, "Seen.", "abuse-desk", observed=time), time)

    @property
    def finding(self) -> Finding:
        return self.standing.findings[self.category]

    def measured_from(self, time: datetime) -> Windows:
        return windows(self.standing, (), time, self.policy)[Metric.BOUNCE_RATE]


def on_probation(scope: Scope = NEWSLETTER, policy: Policy = POLICY) -> Sender:
    sender = Sender(scope, policy)
    assert sender.at(START) is Status.PROBATION
    return sender


def almost_healed(policy: Policy = POLICY) -> Sender:
    sender = on_probation(policy=policy)
    sender.at(START + HOUR, since=GOOD)
    assert sender.at(START + HOUR + DAY, since=GOOD) is Status.ALMOST_HEALED
    return sender


def reported(category: str = "spamtrap", policy: Policy = POLICY) -> Sender:
    sender = Sender(policy=policy, category=category)
    sender.is_reported(START)
    assert sender.at(START + HOUR, GOOD) is Status.PROBATION
    return sender


# How a metric's probation begins.


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
    assert standing.metric_status(metric) is status
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
    assert (change.time, change.scope, change.category) == (START, NEWSLETTER, Category.BOUNCE_RATE)
    assert (change.before, change.after, change.trigger) == (None, Stage.PROBATION, Trigger.LIMIT_EXCEEDED)
    assert (change.scope_before, change.scope_after) == (Status.HEALTHY, Status.PROBATION)
    assert (change.finding.period_since, change.finding.period_end) == (START, END)
    assert (change.measures, change.act) == (Measures(bounces(*BAD)), None)


def test_a_probation_is_measured_from_the_next_full_hour() -> None:
    for opened, since in ((START, START), (START + timedelta(minutes=1), START + HOUR)):
        sender = Sender()
        sender.at(opened)
        assert sender.finding.since == since
        found = sender.measured_from(opened + DAY)
        assert found.since
        assert found.since.span.start == since


def test_where_a_person_decides_no_more_mail_is_read_every_day() -> None:
    sender = on_probation()
    running = sender.measured_from(START + HOUR)
    assert running.since
    assert running.since.span.volume is None
    assert sender.at(END, since=BAD) is Status.SHUTDOWN
    waiting = sender.measured_from(START + 300 * DAY)
    assert waiting.since
    assert waiting.since.span.volume == POLICY.representative_volume


# How it heals.


def test_almost_healed_takes_a_full_day_under_the_limit() -> None:
    sender = on_probation()
    assert sender.at(START + HOUR, since=GOOD) is Status.PROBATION
    assert sender.at(START + HOUR + DAY - SECOND, since=GOOD) is Status.PROBATION
    assert sender.at(START + HOUR + DAY, since=GOOD) is Status.ALMOST_HEALED
    assert sender.standing.metric_status(Metric.BOUNCE_RATE) is Status.ALMOST_HEALED
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
    assert sender.changes[-1].finding.period_end == END, "the period is not prolonged"


def test_almost_healed_becomes_healthy_after_the_healing_time() -> None:
    sender = almost_healed()
    healed = START + HOUR + DAY + POLICY.healing
    assert sender.at(healed - SECOND, since=GOOD) is Status.ALMOST_HEALED
    assert sender.at(healed, since=GOOD) is Status.HEALTHY
    assert (sender.standing.findings, sender.standing.closed) == ({}, {Category.BOUNCE_RATE: 1})


def test_almost_healed_becomes_healthy_at_the_end_of_the_period() -> None:
    sender = almost_healed(slowly_healing())
    assert sender.at(END - HOUR, since=GOOD) is Status.ALMOST_HEALED
    assert sender.at(END, since=GOOD) is Status.HEALTHY


def test_almost_healed_is_not_undone_by_too_little_mail() -> None:
    """Volume can shrink: what was announced as sent may turn out never to have been attempted."""
    sender = almost_healed(slowly_healing())
    assert sender.at(START + 3 * DAY, since=(0, 99)) is Status.ALMOST_HEALED
    assert sender.at(END, since=(0, 99)) is Status.HEALTHY


def test_what_was_answered_for_does_not_count_again() -> None:
    sender = almost_healed()
    sender.at(START + 20 * DAY, since=GOOD)
    assert sender.standing.metric(Metric.BOUNCE_RATE).floor == START
    assert sender.measured_from(START + 21 * DAY).window.span.start == START
    sender.at(START + 21 * DAY, GOOD)
    assert sender.standing.metric(Metric.BOUNCE_RATE).floor == START, "nor does it ever"


# How its period ends.


@pytest.mark.parametrize("stage", [Stage.PROBATION, Stage.ALMOST_HEALED])
@pytest.mark.parametrize(
    ("policy", "since", "trigger", "status"),
    [
        pytest.param(POLICY, BAD, Trigger.ENDED_OVER_SHUTDOWN_LIMIT, Status.SHUTDOWN, id="over the limit"),
        pytest.param(
            reviewed(),
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
    if stage is Stage.PROBATION:
        sender = on_probation(policy=policy)
        assert sender.at(END - SECOND, since=since) is Status.PROBATION
    else:
        sender = almost_healed(slowly_healing(policy))
    assert sender.at(END, since=since) is status
    assert sender.standing.status is status
    assert (sender.changes[-1].before, sender.changes[-1].trigger) == (stage, trigger)


def test_too_few_bounces_move_nothing_for_the_worse() -> None:
    """150 of 1000 are over the limit, but one fewer than it takes."""
    policy = replace(POLICY, minimum_bounces=151)
    waiting = on_probation(policy=policy)
    assert waiting.at(END, since=(150, 1000)) is Status.PENDING_DECISION, "nor for the better: a person decides"
    assert waiting.changes[-1].trigger is Trigger.ENDED_UNPROVEN
    assert almost_healed(slowly_healing(policy)).at(START + 3 * DAY, since=(150, 1000)) is Status.ALMOST_HEALED
    assert almost_healed(slowly_healing(policy)).at(END, since=(150, 1000)) is Status.HEALTHY
    assert almost_healed(slowly_healing(policy)).at(START + 3 * DAY, since=(151, 1000)) is Status.PROBATION


@pytest.mark.parametrize(
    ("mail", "status"),
    [
        pytest.param(99, Status.PENDING_DECISION, id="one recipient too few to judge"),
        pytest.param(100, Status.HEALTHY, id="just enough to judge"),
    ],
)
def test_a_probation_that_ends_with_too_little_mail_is_for_a_person_to_decide(mail: int, status: Status) -> None:
    sender = on_probation()
    assert sender.at(END, since=(0, mail)) is status
    assert sender.standing.status is status


def test_a_metric_itself_stays_on_probation_while_its_end_is_decided() -> None:
    sender = on_probation()
    assert sender.at(END, since=(0, 99)) is Status.PENDING_DECISION
    assert sender.standing.metric_status(Metric.BOUNCE_RATE) is Status.PROBATION


def test_human_review_is_asked_for_by_kind_of_scope() -> None:
    policy = replace(POLICY, human_review=frozenset({ScopeKind.ACCOUNT}))
    for scope, status in ((ACCOUNT, Status.PENDING_SHUTDOWN), (NEWSLETTER, Status.SHUTDOWN)):
        assert on_probation(scope, policy).at(END, since=BAD) is status


@pytest.mark.parametrize("since", [BAD, (0, 99)], ids=["shutdown", "pending decision"])
def test_no_good_hour_leads_out_of_what_a_person_decides(since: tuple[int, int]) -> None:
    sender = on_probation()
    stuck = sender.at(END, since=since)
    for day in range(22, 400):
        assert sender.at(START + day * DAY, window=GOOD, since=GOOD) is stuck
    assert len(sender.changes) == 2


@pytest.mark.parametrize(
    ("since", "status"),
    [
        pytest.param(BAD, Status.PENDING_DECISION, id="over the limit: not shut down unheard"),
        pytest.param((0, 99), Status.PENDING_DECISION, id="too little mail"),
        pytest.param(GOOD, Status.HEALTHY, id="under the limit: there is nothing left to decide"),
    ],
)
def test_a_probation_that_ends_before_changes_are_decided_on_waits_for_that(
    since: tuple[int, int], status: Status
) -> None:
    for policy in (POLICY, reviewed()):
        sender = on_probation(policy=policy)
        sender.does(ChangesMade(NEWSLETTER, sender.finding.id, "Cleaned the list."), START + DAY)
        assert sender.at(END - SECOND, since=since) is not Status.PENDING_DECISION
        assert sender.at(END, since=since) is status
        if status is Status.PENDING_DECISION:
            assert sender.changes[-1].trigger is Trigger.ENDED_BEFORE_DECISION
            assert sender.finding.changes, "they still wait"


def test_changes_of_what_is_almost_healed_are_decided_on_if_it_ends_over_the_limit() -> None:
    sender = almost_healed(slowly_healing())
    sender.does(ChangesMade(NEWSLETTER, sender.finding.id, "Cleaned the list."), START + 2 * DAY)
    assert sender.at(END, since=BAD) is Status.PENDING_DECISION


# How the period of a reported finding ends.

REMAINS_AND_GONE = [
    # Category, then what follows if it was seen again: as a rule, and where people review; then if it was not.
    ("anti_spam_organization", Status.SHUTDOWN, Status.PENDING_SHUTDOWN, Status.HEALTHY),
    ("mailbox_provider", Status.PENDING_DECISION, Status.PENDING_SHUTDOWN, Status.HEALTHY),
    ("internal_review", Status.PENDING_DECISION, Status.PENDING_DECISION, Status.PENDING_DECISION),
]


@pytest.mark.parametrize(("category", "remains", "for_review", "gone"), REMAINS_AND_GONE)
def test_a_reported_probation_ends_by_whether_the_problem_was_seen_again(
    category: str, remains: Status, for_review: Status, gone: Status
) -> None:
    for policy, again, status in (
        (POLICY, True, remains),
        (reviewed(), True, for_review),
        (POLICY, False, gone),
        (reviewed(), False, gone),
    ):
        sender = reported(category, policy)
        if again:
            sender.is_reported(START + 5 * DAY)
        assert sender.at(END - SECOND, GOOD) is Status.PROBATION
        assert sender.at(END, GOOD) is status
        assert sender.standing.status is status


@pytest.mark.parametrize(
    ("observed", "status"),
    [
        pytest.param(START - DAY, Status.HEALTHY, id="before the probation: it is known"),
        pytest.param(START, Status.HEALTHY, id="as it began"),
        pytest.param(START + SECOND, Status.SHUTDOWN, id="after it began"),
    ],
)
def test_what_was_seen_before_a_probation_is_no_sign_that_the_problem_remains(
    observed: datetime, status: Status
) -> None:
    sender = reported()
    sender.does(Report(NEWSLETTER, Category.SPAMTRAP, "Seen.", "abuse-desk", observed=observed), START + DAY)
    assert sender.at(END, GOOD) is status


@pytest.mark.parametrize(
    ("observed", "status"),
    [
        pytest.param(START + 3 * DAY, Status.HEALTHY, id="as the change was made"),
        pytest.param(START + 3 * DAY + SECOND, Status.SHUTDOWN, id="after the change"),
    ],
)
def test_once_changes_are_accepted_only_later_reports_count(observed: datetime, status: Status) -> None:
    sender = reported()
    changed, decided = START + 3 * DAY, START + 6 * DAY
    sender.does(ChangesMade(NEWSLETTER, sender.finding.id, "Cleaned the list.", changed), START + 5 * DAY)
    sender.does(Report(NEWSLETTER, Category.SPAMTRAP, "Seen.", "abuse-desk", observed=observed), START + 5 * DAY)
    sender.does(Decide(NEWSLETTER, sender.finding.id, Decision.ACCEPT), decided)
    assert sender.at(decided + POLICY.probation - SECOND, GOOD) is Status.PROBATION
    assert sender.at(decided + POLICY.probation, GOOD) is status


@pytest.mark.parametrize("category", [row[0] for row in REMAINS_AND_GONE])
def test_changes_that_nobody_has_decided_on_keep_a_reported_finding_from_a_shutdown(category: str) -> None:
    for policy in (POLICY, reviewed()):
        sender = reported(category, policy)
        sender.is_reported(START + 4 * DAY)
        sender.does(ChangesMade(NEWSLETTER, sender.finding.id, "Cleaned the list."), START + 5 * DAY)
        assert sender.at(END, GOOD) is Status.PENDING_DECISION
        assert sender.changes[-1].trigger is Trigger.ENDED_BEFORE_DECISION


def test_mail_moves_no_reported_finding() -> None:
    sender = reported()
    for day in range(1, 20):
        assert sender.at(START + day * DAY, GOOD, GOOD) is Status.PROBATION
    assert sender.at(END, GOOD) is Status.HEALTHY


def test_a_finding_keeps_no_other_from_what_it_has_coming() -> None:
    sender = reported()
    sender.is_reported(START + 2 * HOUR)
    assert sender.at(END, BAD) is Status.SHUTDOWN
    bounce, trap = sender.changes[-2:]
    assert (bounce.after, trap.after) == (Stage.PROBATION, Stage.SHUTDOWN)
    assert {(c.scope_before, c.scope_after) for c in (bounce, trap)} == {(Status.PROBATION, Status.SHUTDOWN)}
    assert bounce.id != trap.id


# What a scope is, all in all.


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
    standing, _ = assess(standing, healing, END, POLICY)
    assert standing.metric_status(Metric.BOUNCE_RATE) is Status.HEALTHY
    assert standing.status is Status.SHUTDOWN


@pytest.mark.parametrize(
    ("acted", "status"),
    [(START + SECOND, Status.HEALTHY), (START, Status.PROBATION), (START - SECOND, Status.PROBATION)],
    ids=["before somebody acted", "as somebody acted", "after somebody acted"],
)
def test_nothing_is_decided_at_a_moment_before_somebody_acted(acted: datetime, status: Status) -> None:
    sender = Sender()
    sender.standing = replace(sender.standing, acted=acted)
    assert sender.at(START) is status
    assert (sender.standing.evaluated is None) == (status is Status.HEALTHY)


@pytest.mark.parametrize("again", [START, START - HOUR], ids=["the same moment", "an earlier one"])
def test_a_moment_that_was_judged_is_not_judged_again(again: datetime) -> None:
    sender = on_probation()
    assert assess(sender.standing, measures(GOOD, GOOD), again, POLICY) == (sender.standing, ())


# What is measured.


def hour(start: datetime, sent: int, bounced: int = 0) -> HourCounts:
    return HourCounts(start, {("yahoo", Measure.SENT): sent, ("yahoo", Measure.HARD_BOUNCED): bounced})


def bounce_measures(standing: Standing, *newest_first: HourCounts, policy: Policy = POLICY) -> Measures:
    now = START + DAY
    found = windows(standing, newest_first, now, policy)
    return measured(found, standing.scope, now, policy)[Metric.BOUNCE_RATE]


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


def test_too_little_mail_since_a_probation_began_is_forecast_by_the_window() -> None:
    before, within = hour(START - HOUR, 100, 20), hour(START, 99, 0)
    found = bounce_measures(on_probation().standing, within, before)
    assert found.forecast == Forecast(limit_passed=None, clean_to_limit=1, clean_to_recommended=202)


def test_mail_that_is_too_old_is_not_read() -> None:
    sender = Sender(policy=replace(POLICY, oldest_mail=10 * DAY))
    assert sender.measured_from(START).window.span.start == START - 10 * DAY
    sender.standing = sender.standing.with_finding(replace(on_probation().finding, stage=Stage.RESOLVED), START)
    assert sender.measured_from(START + DAY).window.span.start == START
    assert sender.measured_from(START + 30 * DAY).window.span.start == START + 20 * DAY


def test_the_window_ends_with_the_representative_volume_on_probation_too() -> None:
    for sender in (Sender(), on_probation()):
        assert sender.measured_from(START + DAY).window.span.volume == POLICY.window_volume()


def test_since_a_probation_began_all_mail_counts_but_while_a_person_decides_no_more_than_a_window() -> None:
    sender = on_probation()
    since = sender.measured_from(START + DAY).since
    assert since
    assert (since.span.start, since.span.volume) == (START, None)
    sender.does(Decide(NEWSLETTER, sender.finding.id, Decision.SHUTDOWN), START + DAY)
    since = sender.measured_from(START + 2 * DAY).since
    assert since
    assert (since.span.start, since.span.volume) == (sender.finding.since, POLICY.window_volume())


def test_what_the_volume_source_does_not_tell_of_is_not_measured() -> None:
    policy = replace(POLICY, volume_source=VolumeSource.STATISTICS)
    told = HourCounts(START, {("yahoo", Measure.REPORTED): 100, ("yahoo", Measure.HARD_BOUNCED): 20})
    for scope, eligible in ((NEWSLETTER, 100), (Scope("tenant/lucky-deals"), 0)):
        assert bounce_measures(Standing(scope), told, policy=policy).window.eligible == eligible


def test_all_that_is_kept_survives_being_written_down() -> None:
    sender = almost_healed()
    sender.category = Category.SPAMTRAP
    sender.is_reported(START + 2 * DAY)
    sender.does(ChangesMade(NEWSLETTER, sender.finding.id, "Cleaned the list."), START + 3 * DAY)
    now = START + 4 * DAY
    found = windows(sender.standing, [hour(START + HOUR, 500, 20)], now, POLICY)
    kept = replace(sender.standing, measures=measured(found, NEWSLETTER, now, POLICY))
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Standing) == kept


# Laws of one metric, whatever happens.

rate_pairs = st.integers(0, 3000).flatmap(lambda eligible: st.tuples(st.integers(0, eligible), st.just(eligible)))
histories = st.lists(st.tuples(st.integers(1, 200), rate_pairs, rate_pairs), min_size=1, max_size=40)


@given(histories)
def test_people_are_told_once_of_every_change_and_of_nothing_else(
    history: list[tuple[int, tuple[int, int], tuple[int, int]]],
) -> None:
    standing, now, ids = Standing(ACCOUNT), START, []
    for hours, window, since in history:
        now += hours * HOUR
        before = standing.stage(Category.BOUNCE_RATE)
        standing, news = assess(standing, measures(window, since if before else None), now, POLICY)
        after = standing.stage(Category.BOUNCE_RATE)
        assert any(isinstance(piece, Change) for piece in news) == (before is not after)
        assert sum(isinstance(piece, Change | EarlyWarning) for piece in news) <= 1, "a warning if nothing else is told"
        assert not any(isinstance(piece, EarlyWarning) for piece in news) or before is after is None
        assert standing.moves_with_time == (after is not None and after is not Stage.SHUTDOWN)
        ids += [piece.id for piece in news if isinstance(piece, Change | EarlyWarning | Reminder)]
    assert len(set(ids)) == len(ids)


WORSE = {status: rank for rank, status in enumerate(Status)}


@given(rate_pairs, st.integers(1, 50))
def test_one_more_bounce_never_helps(window: tuple[int, int], more: int) -> None:
    fewer, _ = assess(Standing(ACCOUNT), measures(window), START, POLICY)
    worse, _ = assess(Standing(ACCOUNT), measures((window[0] + more, window[1])), START, POLICY)
    assert WORSE[worse.status] >= WORSE[fewer.status]
