"""The listing: what it has of a scope, and in which order scopes and findings are looked at."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from msgspec.structs import replace

from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation.domain.limits import Bound, Limits, Profile, limits_by_kind, parse_custom_limits
from ses_reputation.domain.listing import (
    Listed,
    ListedFinding,
    ListedRate,
    listed,
    share_of_limit,
    urgency,
    worst_first,
)
from ses_reputation.domain.outages import Outage, OutageStage, Tally
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import Scope, ScopeKind
from ses_reputation.domain.standing import Actor, Finding, Measures, ReportedChanges, Standing
from ses_reputation.domain.trend import Trend

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ACME = Scope("tenant/acme")
BOUNCES = Metric.BOUNCE_RATE


def finding(stage: Stage = Stage.PROBATION, category: Category = Category.SPAMTRAP) -> Finding:
    return Finding("f-1", category, stage, opened=NOON, since=NOON, stage_since=NOON)


def row(name: str, status: Status = Status.HEALTHY, bounces: int = 0, complaints: int = 0, mail: int = 1000) -> Listed:
    return Listed(
        Scope(f"tenant/{name}"), status, NOON, ListedRate(bounces, mail, mail), ListedRate(complaints, mail, mail)
    )


def test_a_scope_of_which_nothing_was_measured_has_no_rates() -> None:
    row = listed(Standing(ACME))
    assert row == Listed(ACME, Status.HEALTHY)
    assert (row.rate(BOUNCES), row.rate(Metric.COMPLAINT_RATE), row.waiting) == (None, None, 0)


def test_a_scope_has_the_rate_that_decides_and_the_volume_of_its_window() -> None:
    window, since = Rate(BOUNCES, 30, 1000, NOON, 9, 1000), Rate(BOUNCES, 2, 200, NOON, 3, 200)
    complaints = Rate(Metric.COMPLAINT_RATE, 1, 600, NOON, 9, 1000)
    measures = {BOUNCES: Measures(window, since), Metric.COMPLAINT_RATE: Measures(complaints)}
    row = listed(Standing(ACME, NOON, measures=measures, trend=Trend(NOON.date(), (1,), (2,))))
    assert (row.evaluated, row.volume, row.trend) == (NOON, 1000, Trend(NOON.date(), (1,), (2,)))
    assert row.rate(BOUNCES) == Rate(BOUNCES, 2, 200, volume=200)
    assert row.rate(Metric.COMPLAINT_RATE) == Rate(Metric.COMPLAINT_RATE, 1, 600, volume=1000)


@pytest.mark.parametrize(
    ("rate", "share"),
    [
        pytest.param(ListedRate(30, 1000, 1000), 1.0, id="at its limit"),
        pytest.param(ListedRate(45, 1000, 1000), 1.5, id="over its limit"),
        pytest.param(ListedRate(0, 1000, 1000), 0.0, id="nothing of enough mail"),
        pytest.param(ListedRate(0, 0, 100), 0.0, id="nothing of enough mail, none of which could lead to any"),
        pytest.param(ListedRate(0, 99, 99), None, id="nothing of too little mail"),
        pytest.param(ListedRate(50, 99, 1000), None, id="some, and too little mail that could lead to any"),
        pytest.param(None, None, id="never measured"),
    ],
)
def test_a_rate_uses_up_a_share_of_its_limit(rate: ListedRate | None, share: float | None) -> None:
    three_percent = Policy(limits=limits_by_kind(Profile.CLASSIC, parse_custom_limits("tenant.bounce.limit>=3%")))
    assert share_of_limit(Listed(ACME, Status.HEALTHY, bounce_rate=rate), BOUNCES, three_percent) == share


def test_a_scope_has_its_findings_and_how_much_of_it_waits_for_a_person() -> None:
    ends = replace(finding(), period_end=NOON + DAY)
    pending = replace(finding(Stage.PENDING_DECISION, Category.OTHER), id="f-2")
    reported = ReportedChanges(NOON - DAY, NOON - DAY, "a cleaned list", Actor("ana", proven=True))
    changed = replace(finding(category=Category.BOUNCE_RATE), id="f-3", changes=reported)
    seen = Tally(50, 100), Tally(1, 1000)
    outages = [Outage("o", "gmail", NOON, NOON, *seen, stage=stage) for stage in OutageStage]
    findings = {f.category: f for f in (ends, pending, changed)}
    row = listed(Standing(ACME, NOON, findings=findings, outages=tuple(outages)))
    assert row.status is Status.PENDING_DECISION
    assert row.findings == (
        ListedFinding("f-2", Category.OTHER, Stage.PENDING_DECISION, NOON, None, NOON),
        ListedFinding("f-3", Category.BOUNCE_RATE, Stage.PROBATION, NOON, None, NOON - DAY),
        ListedFinding("f-1", Category.SPAMTRAP, Stage.PROBATION, NOON, NOON + DAY, None),
    )
    assert [f.reports_changes for f in row.findings] == [False, True, False]
    assert (row.outages, row.waiting) == (1, 3), "a confirmed or dismissed outage waits for nobody"


def test_scopes_are_listed_by_status_and_then_by_how_much_of_a_limit_they_use_up() -> None:
    expected = [
        row("shut-down", Status.SHUTDOWN),
        row("on-probation", Status.PROBATION, bounces=200),
        row("many-complaints", complaints=4),  # four fifths of its limit, 0.5 %
        row("many-bounces", bounces=70),  # seven tenths of 10 %
        row("a-bounces", bounces=10),
        row("b-bounces", bounces=10),
        row("a-no-mail-to-judge", bounces=50, mail=50),
        Listed(Scope("tenant/never-measured"), Status.HEALTHY),
    ]
    found = expected[::-1]
    found.sort(key=worst_first(Policy()))
    assert found == expected


def test_any_bounce_is_worst_where_none_is_allowed() -> None:
    none = Limits(*[Bound(Fraction(0))] * 3)
    policy = Policy()
    limits = {**policy.limits, ScopeKind.TENANT: {BOUNCES: none, Metric.COMPLAINT_RATE: none}}
    rows = [row("some", bounces=1), row("none")]
    found = rows[::-1]
    found.sort(key=worst_first(replace(policy, limits=limits)))
    assert found == rows


def test_findings_are_looked_at_by_what_waits_for_a_decision_then_by_what_ends_soonest_and_last_what_stays() -> None:
    def listed_finding(
        name: str, stage: Stage, ends: datetime | None = None, waits: datetime | None = None
    ) -> ListedFinding:
        return ListedFinding(name, Category.OTHER, stage, NOON, ends, waits)

    expected = [
        listed_finding("appeal", Stage.SHUTDOWN, waits=NOON),
        listed_finding("would be shut down", Stage.PENDING_SHUTDOWN, waits=NOON),
        listed_finding("waits long", Stage.PENDING_DECISION, waits=NOON - 3 * DAY),
        listed_finding("waits", Stage.PENDING_DECISION, waits=NOON - DAY),
        listed_finding("changes wait", Stage.PROBATION, ends=NOON + 9 * DAY, waits=NOON - DAY),
        listed_finding("ends soon", Stage.PROBATION, ends=NOON + DAY),
        listed_finding("ends", Stage.PROBATION, ends=NOON + 2 * DAY),
        listed_finding("has no end", Stage.PROBATION),
        listed_finding("nearly healed", Stage.ALMOST_HEALED, ends=NOON + DAY),
        listed_finding("suspected", Stage.SUSPECTED, waits=NOON - 30 * DAY),
        listed_finding("shut down", Stage.SHUTDOWN),
        listed_finding("for good", Stage.PERMANENT_SHUTDOWN),
    ]
    found = expected[::-1]
    found.sort(key=urgency)
    assert found == expected
