"""What reports and people's decisions do to a scope: at every stage, and what is refused, and why."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ses_reputation.domain.assessment import assess, measured, windows
from ses_reputation.domain.categories import METRICS, Category, Severity
from ses_reputation.domain.changes import Change, EvidenceAdded
from ses_reputation.domain.decisions import (
    MOST_DAYS,
    ChangesMade,
    Command,
    CommandRefused,
    Decide,
    Decision,
    ReinstateTo,
    Report,
    allowed,
    carry_out,
)
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.lifecycle import Stage, Status, Trigger
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, Rate
from ses_reputation.domain.scopes import Scope, ScopeKind
from ses_reputation.domain.standing import (
    EVIDENCE_KEPT,
    Act,
    Actor,
    Finding,
    Measures,
    Observation,
    ReportedChanges,
    Standing,
)

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TENANT = Scope("tenant/acme")
POLICY = Policy()
LENGTH = POLICY.probation
END = START + LENGTH
REVIEWED = replace(POLICY, human_review=frozenset({ScopeKind.TENANT}))
OPERATOR = Actor("arn:aws:iam::123456789012:user/operator", proven=True)
ACT = Act("request-1", OPERATOR, "Because.")

BOUNCES, SPAMTRAP, REVIEW = Category.BOUNCE_RATE, Category.SPAMTRAP, Category.INTERNAL_REVIEW


class Case:
    """One problem of one tenant."""

    def __init__(self, category: Category, policy: Policy = POLICY) -> None:
        self.category = category
        self.policy = policy
        self.standing = Standing(TENANT)

    def does(self, command: Command, time: datetime, act: Act = ACT) -> Change | EvidenceAdded:
        self.standing, piece = carry_out(self.standing, command, act, time, self.policy)
        assert piece
        return piece

    def is_reported(
        self, time: datetime, severity: Severity = Severity.PROBATION, observed: datetime | None = None
    ) -> Change | EvidenceAdded:
        return self.does(Report(TENANT, self.category, f"Seen at {time}.", "abuse-desk", severity, observed), time)

    def changes(self, time: datetime, since: datetime | None = None) -> Change:
        return self._changed(ChangesMade(TENANT, self.finding.id, "Cleaned the list.", since), time)

    def decides(
        self,
        decision: Decision,
        time: datetime,
        *,
        days: int | None = None,
        to: ReinstateTo = ReinstateTo.PROBATION,
        seen: int | None = None,
    ) -> Change:
        return self._changed(Decide(TENANT, self.finding.id, decision, days, to, seen), time)

    def is_measured(self, time: datetime, bounced: int, since: int | None = None, mail: int = 1000) -> None:
        """So many of 1000 bounced over the window, and of so much mail since the probation began."""
        bounces = Measures(
            Rate(Metric.BOUNCE_RATE, bounced, 1000),
            None if since is None else Rate(Metric.BOUNCE_RATE, since, mail),
        )
        rates = {Metric.BOUNCE_RATE: bounces, Metric.COMPLAINT_RATE: Measures(Rate(Metric.COMPLAINT_RATE, 0, 1000))}
        self.standing, _ = assess(self.standing, rates, time, self.policy)

    def _changed(self, command: Command, time: datetime) -> Change:
        change = self.does(command, time)
        assert isinstance(change, Change)
        assert change.act == ACT
        return change

    @property
    def finding(self) -> Finding:
        return self.standing.findings[self.category]

    @property
    def floor(self) -> datetime | None:
        return self.standing.metric(Metric.BOUNCE_RATE).floor


def on_probation(category: Category, policy: Policy = POLICY) -> Case:
    case = Case(category, policy)
    if category is BOUNCES:
        case.is_measured(START, 200)
    else:
        case.is_reported(START)
    return case


def at(stage: Stage, category: Category = BOUNCES) -> Case:
    """A finding at a stage, since the end of its period where that has led to it."""
    case = on_probation(category, REVIEWED if stage is Stage.PENDING_SHUTDOWN else POLICY)
    match stage:
        case Stage.ALMOST_HEALED:
            case.policy = replace(POLICY, healing=100 * DAY)
            case.is_measured(START + HOUR, 200, 1)
            case.is_measured(START + HOUR + DAY, 200, 1)
        case Stage.PENDING_DECISION if category is BOUNCES:
            case.is_measured(END - HOUR, 200, 1)
            case.is_measured(END, 200, 0, mail=99)
        case Stage.PENDING_DECISION:
            case.changes(START + DAY)
            case.is_measured(END, 1)
            case.decides(Decision.REFUSE, END)
        case Stage.PENDING_SHUTDOWN if category is BOUNCES:
            case.is_measured(END, 200, 200)
        case Stage.PENDING_SHUTDOWN:
            case.is_reported(START + DAY, Severity.SHUTDOWN)
        case Stage.SHUTDOWN | Stage.PERMANENT_SHUTDOWN:
            case.decides(Decision.SHUTDOWN, START + DAY)
            if stage is Stage.PERMANENT_SHUTDOWN:
                case.decides(Decision.MAKE_PERMANENT, START + 2 * DAY)
    assert case.finding.stage is stage
    return case


def refusal(case: Case, command: Command, time: datetime) -> CommandRefused:
    with pytest.raises(CommandRefused) as refused:
        case.does(command, time)
    return refused.value


# Reports.


def test_a_report_opens_a_probation_that_counts_from_now() -> None:
    case = Case(SPAMTRAP)
    change = case.is_reported(START + MINUTE, observed=START - DAY)
    seen = Observation(START - DAY, START + MINUTE, "abuse-desk", f"Seen at {START + MINUTE}.")
    assert isinstance(change, Change)
    assert (change.before, change.after, change.trigger) == (None, Stage.PROBATION, Trigger.REPORTED)
    assert (change.scope_before, change.scope_after) == (Status.HEALTHY, Status.PROBATION)
    assert (change.time, change.scope, change.category, change.act) == (START + MINUTE, TENANT, SPAMTRAP, ACT)
    assert change.measures is None
    finding = change.finding
    assert finding == case.finding
    assert (finding.opened, finding.since, finding.stage_since) == (START + MINUTE,) * 3
    assert (finding.period_since, finding.period_end) == (START + MINUTE, START + MINUTE + LENGTH)
    assert (finding.reports, finding.evidence, finding.last_observed) == (1, (seen,), START - DAY)
    assert (finding.repeat, finding.revision) == (0, 1)


def test_a_severe_report_shuts_down_at_once_or_asks_a_person_to() -> None:
    for policy, stage in ((POLICY, Stage.SHUTDOWN), (REVIEWED, Stage.PENDING_SHUTDOWN)):
        case = Case(SPAMTRAP, policy)
        case.is_reported(START, Severity.SHUTDOWN)
        assert case.finding.stage is stage
        assert (case.finding.period_since, case.finding.period_end) == (None, None)


def test_another_report_of_an_open_finding_is_evidence_and_no_second_finding() -> None:
    case = on_probation(SPAMTRAP)
    before = case.finding
    added = case.is_reported(START + DAY)
    assert isinstance(added, EvidenceAdded)
    assert (added.time, added.scope, added.category, added.finding) == (START + DAY, TENANT, SPAMTRAP, before.id)
    assert added.act == ACT
    assert added.observation == case.finding.evidence[-1]
    assert case.finding == replace(
        before, reports=2, last_observed=START + DAY, evidence=(*before.evidence, added.observation)
    ), "nothing was decided: the revision is what it was"
    assert case.standing == Standing(TENANT, findings={SPAMTRAP: case.finding})


@pytest.mark.parametrize(
    ("observed", "kept"),
    [
        pytest.param(START - DAY, START + DAY, id="an older observation arrives late"),
        pytest.param(START + 9 * DAY, START + 2 * DAY, id="nobody has seen what is to come"),
    ],
)
def test_the_newest_observation_says_whether_the_problem_remains(observed: datetime, kept: datetime) -> None:
    case = on_probation(SPAMTRAP)
    case.is_reported(START + DAY)
    case.is_reported(START + 2 * DAY, observed=observed)
    assert case.finding.last_observed == kept
    assert case.finding.evidence[-1].observed == min(observed, START + 2 * DAY)


def test_the_newest_evidence_is_kept_and_all_of_it_counted() -> None:
    case = Case(SPAMTRAP)
    for hour in range(EVIDENCE_KEPT + 5):
        case.is_reported(START + hour * HOUR)
    assert case.finding.reports == EVIDENCE_KEPT + 5
    assert [o.received for o in case.finding.evidence] == [START + hour * HOUR for hour in range(5, EVIDENCE_KEPT + 5)]


@pytest.mark.parametrize(
    ("stage", "after"),
    [
        pytest.param(Stage.PROBATION, (Stage.SHUTDOWN, Stage.PENDING_SHUTDOWN), id="on probation"),
        pytest.param(Stage.PENDING_DECISION, (Stage.SHUTDOWN, Stage.PENDING_SHUTDOWN), id="pending decision"),
        pytest.param(Stage.PENDING_SHUTDOWN, (Stage.SHUTDOWN, None), id="pending shutdown"),
        pytest.param(Stage.SHUTDOWN, (None, None), id="shut down"),
        pytest.param(Stage.PERMANENT_SHUTDOWN, (None, None), id="shut down for good"),
    ],
)
def test_a_severe_report_of_an_open_finding_makes_it_worse_unless_it_is_as_bad(
    stage: Stage, after: tuple[Stage | None, Stage | None]
) -> None:
    for policy, worse in zip((POLICY, REVIEWED), after, strict=True):
        case = at(stage, REVIEW)
        case.policy = policy
        before = case.finding
        piece = case.is_reported(END + DAY, Severity.SHUTDOWN)
        assert isinstance(piece, Change if worse else EvidenceAdded)
        assert case.finding.stage is (worse or stage)
        assert case.finding.revision == before.revision + bool(worse)
        assert (case.finding.id, case.finding.reports) == (before.id, before.reports + 1)
        assert case.finding.stage_since == (END + DAY if worse else before.stage_since)


def test_changes_that_wait_become_an_appeal_when_a_report_shuts_down() -> None:
    case = on_probation(SPAMTRAP)
    case.changes(START + DAY)
    case.is_reported(START + 2 * DAY, Severity.SHUTDOWN)
    assert case.finding.changes
    assert case.finding.waits_since == START + DAY


def test_all_that_is_done_at_one_moment_can_be_told_apart() -> None:
    ids = []
    for scope in (TENANT, Scope("tenant/other")):
        case = Case(SPAMTRAP)
        case.standing = Standing(scope)
        for number in range(5):
            command: Command = Report(scope, SPAMTRAP, "Seen.", "abuse-desk")
            if number > 2:
                command = ChangesMade(scope, case.finding.id, "Cleaned the list.")
            ids.append(case.does(command, START, Act(f"request-{number}", OPERATOR)).id)
        ids.append(case.finding.id)
    assert len(set(ids)) == len(ids) == 12


@pytest.mark.parametrize("category", METRICS)
def test_what_is_measured_can_not_be_reported(category: Category) -> None:
    refused = refusal(Case(category), Report(TENANT, category, "Many bounces.", "abuse-desk"), START)
    assert str(refused) == f"the {category.replace('_', ' ')} is measured, and can't be reported"
    assert {*refused.allowed} == {*Category} - {*METRICS}


@pytest.mark.parametrize("category", [REVIEW, Category.VULNERABLE_SITE])
@pytest.mark.parametrize(
    ("closed", "severity", "reviewed", "trigger", "stage"),
    [
        (0, Severity.PROBATION, False, Trigger.REPORTED, Stage.PROBATION),
        (1, Severity.PROBATION, False, Trigger.REPEATED, Stage.PROBATION),
        (1, Severity.PROBATION, True, Trigger.REPEATED, Stage.PROBATION),
        (1, Severity.SHUTDOWN, False, Trigger.REPORTED_FOR_SHUTDOWN, Stage.SHUTDOWN),
        (1, Severity.SHUTDOWN, True, Trigger.REPORTED_FOR_REVIEW, Stage.PENDING_SHUTDOWN),
        (2, Severity.PROBATION, False, Trigger.REPEATED_FOR_SHUTDOWN, Stage.SHUTDOWN),
        (2, Severity.PROBATION, True, Trigger.REPEATED_FOR_REVIEW, Stage.PENDING_SHUTDOWN),
        (2, Severity.SHUTDOWN, False, Trigger.REPEATED_FOR_SHUTDOWN, Stage.SHUTDOWN),
        (3, Severity.PROBATION, False, Trigger.REPEATED_FOR_GOOD, Stage.PENDING_SHUTDOWN),
        (3, Severity.SHUTDOWN, False, Trigger.REPEATED_FOR_GOOD, Stage.PENDING_SHUTDOWN),
        (3, Severity.SHUTDOWN, True, Trigger.REPEATED_FOR_GOOD, Stage.PENDING_SHUTDOWN),
        (9, Severity.PROBATION, False, Trigger.REPEATED_FOR_GOOD, Stage.PENDING_SHUTDOWN),
    ],
)
def test_repeats_escalate(
    category: Category, closed: int, severity: Severity, reviewed: bool, trigger: Trigger, stage: Stage
) -> None:
    case = Case(category, REVIEWED if reviewed else POLICY)
    case.standing = Standing(TENANT, closed={category: closed, SPAMTRAP: 5})
    change = case.is_reported(START, severity)
    assert isinstance(change, Change)
    assert (change.trigger, case.finding.stage, case.finding.repeat) == (trigger, stage, closed)
    assert (case.finding.period_end is not None) == (stage is Stage.PROBATION)


def test_repeats_of_other_categories_are_findings_like_any_other() -> None:
    case = Case(SPAMTRAP)
    case.standing = Standing(TENANT, closed={SPAMTRAP: 9, REVIEW: 9})
    change = case.is_reported(START)
    assert isinstance(change, Change)
    assert (change.trigger, change.after, change.finding.repeat) == (Trigger.REPORTED, Stage.PROBATION, 9)


# Changes that a sender has made.


def test_reported_changes_wait_with_what_was_done_since_when_and_by_whom() -> None:
    case = on_probation(SPAMTRAP)
    before = case.finding
    change = case.changes(START + 2 * DAY, START + DAY)
    said = ReportedChanges(START + 2 * DAY, START + DAY, "Cleaned the list.", OPERATOR)
    assert (change.before, change.after, change.trigger) == (Stage.PROBATION, Stage.PROBATION, Trigger.CHANGES_REPORTED)
    assert case.finding == replace(before, changes=said, revision=2), "neither its stage nor its period has changed"
    assert case.finding.waits_since == START + 2 * DAY
    later = case.changes(START + 3 * DAY)
    assert later.finding.changes == replace(said, reported=START + 3 * DAY, since=START + 3 * DAY), "now, if not said"


def test_changes_can_not_have_been_made_in_the_future() -> None:
    case = on_probation(SPAMTRAP)
    case.changes(START + DAY, START + DAY)
    made = ChangesMade(TENANT, case.finding.id, "Will clean the list.", START + DAY + SECOND)
    refused = refusal(case, made, START + DAY)
    assert str(refused) == "the changes can't have been made at 2026-03-03 08:00 UTC: that is in the future"


# What is allowed, and what is refused.

BEFORE = ("lift", "extend", "shutdown")
ALLOWED: Mapping[Stage, tuple[str, ...]] = {
    Stage.ALMOST_HEALED: BEFORE,
    Stage.PROBATION: BEFORE,
    Stage.PENDING_DECISION: BEFORE,
    Stage.PENDING_SHUTDOWN: BEFORE,
    Stage.SHUTDOWN: ("reinstate",),
    Stage.PERMANENT_SHUTDOWN: (),
}
CASES = [
    pytest.param(category, stage, id=f"{category} at {stage}")
    for category in (BOUNCES, SPAMTRAP, REVIEW)
    for stage in ALLOWED
    if (stage is not Stage.ALMOST_HEALED or category is BOUNCES)
    and (stage is not Stage.PERMANENT_SHUTDOWN or category is REVIEW)
]


@pytest.mark.parametrize(("category", "stage"), CASES)
def test_every_stage_allows_what_leads_out_of_it_and_says_so_of_all_else(category: Category, stage: Stage) -> None:
    case = at(stage, category)
    alone, good = set(ALLOWED[stage]), set()
    if stage is not Stage.PERMANENT_SHUTDOWN:
        alone |= {"changes-made"}
    if category is REVIEW and stage in {Stage.PENDING_SHUTDOWN, Stage.SHUTDOWN}:
        alone |= {"make-permanent"}
    assert set(allowed(case.finding)) == alone
    if stage is not Stage.PERMANENT_SHUTDOWN:
        case.changes(END + DAY)
        good = alone | {"refuse"} | (set() if stage is Stage.SHUTDOWN else {"accept"})
        assert set(allowed(case.finding)) == good
    for decision in set(Decision) - good:
        refused = refusal(case, Decide(TENANT, case.finding.id, decision), END + 2 * DAY)
        assert set(refused.allowed) == good


@pytest.mark.parametrize(
    ("stage", "command", "why"),
    [
        pytest.param(Stage.PROBATION, "accept", "no changes of finding ID wait for a decision", id="nothing to accept"),
        pytest.param(Stage.PROBATION, "refuse", "no changes of finding ID wait for a decision", id="nothing to refuse"),
        pytest.param(
            Stage.SHUTDOWN, "refuse", "no changes of finding ID wait for a decision", id="no appeal to refuse"
        ),
        pytest.param(
            Stage.SHUTDOWN,
            "accept",
            "accept is not for a finding about internal review that is Shutdown",
            id="an appeal is not accepted: one reinstates",
        ),
        pytest.param(
            Stage.PENDING_DECISION,
            "reinstate",
            "reinstate is not for a finding about internal review that is Pending end of probation decision",
            id="nothing to reinstate",
        ),
        *(
            pytest.param(
                Stage.PERMANENT_SHUTDOWN,
                command,
                "finding ID is shut down for good: no appeal leads out of it",
                id=f"{command} what is shut down for good",
            )
            for command in ("changes-made", "accept", "reinstate", "lift")
        ),
    ],
)
def test_a_refusal_says_why(stage: Stage, command: str, why: str) -> None:
    case = at(stage, REVIEW)
    identifier = case.finding.id
    made: Command = ChangesMade(TENANT, identifier, "Cleaned the list.")
    refused = refusal(case, made if command == "changes-made" else Decide(TENANT, identifier, Decision(command)), END)
    assert str(refused) == why.replace("ID", identifier)
    assert refused.allowed == allowed(case.finding)


def test_a_finding_that_is_not_open_is_refused_with_those_that_are() -> None:
    case = Case(SPAMTRAP)
    refused = refusal(case, ChangesMade(TENANT, "a1b2", "Cleaned the list."), START)
    assert str(refused) == "tenant/acme has no open finding a1b2; it has none"
    case.is_reported(START)
    refused = refusal(case, Decide(TENANT, "a1b2", Decision.LIFT), START)
    assert str(refused) == f"tenant/acme has no open finding a1b2; it has {case.finding.id} (spamtrap)"
    first, case.category = case.finding.id, REVIEW
    case.is_reported(START)
    refused = refusal(case, Decide(TENANT, "a1b2", Decision.LIFT), START)
    assert str(refused) == (
        f"tenant/acme has no open finding a1b2; it has {first} (spamtrap), {case.finding.id} (internal_review)"
    )


def test_of_two_operators_who_decide_at_once_the_second_is_told() -> None:
    case = on_probation(SPAMTRAP)
    seen = case.finding.revision
    case.is_reported(START + HOUR)
    case.decides(Decision.SHUTDOWN, START + DAY, seen=seen)
    for command in (
        Decide(TENANT, case.finding.id, Decision.REINSTATE, seen=seen),
        ChangesMade(TENANT, case.finding.id, "Cleaned the list.", seen=seen),
    ):
        refused = refusal(case, command, START + DAY)
        assert str(refused) == (
            f"finding {case.finding.id} was decided upon since you saw it: it is Shutdown now. Nothing was done"
        )
        assert refused.allowed == ("changes-made", "reinstate")
    case.decides(Decision.REINSTATE, START + 2 * DAY, seen=case.finding.revision)


# What each decision does.


@pytest.mark.parametrize(
    ("changed", "since"),
    [
        pytest.param(START + 3 * DAY, START + 3 * DAY, id="at a full hour"),
        pytest.param(START + 3 * DAY + MINUTE, START + 3 * DAY + HOUR, id="within an hour"),
        pytest.param(START - 3 * DAY, START, id="before the probation, which counts as it did"),
    ],
)
@pytest.mark.parametrize("stage", [Stage.PROBATION, Stage.ALMOST_HEALED])
def test_accepted_changes_of_a_metric_count_only_the_mail_after_them(
    stage: Stage, changed: datetime, since: datetime
) -> None:
    case = at(stage)
    case.is_measured(START + 2 * DAY, 200, 1)
    case.changes(START + 4 * DAY, changed)
    before = case.finding
    change = case.decides(Decision.ACCEPT, START + 5 * DAY)
    assert (change.before, change.after, change.trigger) == (stage, stage, Trigger.ACCEPTED_AND_COUNTED_ANEW)
    assert change.measures == case.standing.measures[Metric.BOUNCE_RATE], "what it was decided upon"
    assert (change.measures.since is None) == (since > START), "what was measured of older mail counts no longer"
    assert case.finding == replace(before, since=since, under_since=None, changes=None, revision=before.revision + 1)
    assert case.finding.period_end == END, "the period is not prolonged"
    assert case.floor == max(since, START) if changed > START else START - 3 * DAY
    found = windows(case.standing, (), START + 6 * DAY, POLICY)[Metric.BOUNCE_RATE]
    assert found.since
    assert (found.since.span.start, found.window.span.start) == (since, case.floor)


@pytest.mark.parametrize("stage", [Stage.PENDING_DECISION, Stage.PENDING_SHUTDOWN])
def test_accepted_changes_of_a_metric_that_waits_begin_a_probation_anew(stage: Stage) -> None:
    case = at(stage)
    case.changes(END + DAY, END + HOUR)
    case.decides(Decision.ACCEPT, END + 2 * DAY)
    finding = case.finding
    assert (finding.stage, finding.stage_since, finding.since) == (Stage.PROBATION, END + 2 * DAY, END + HOUR)
    assert (finding.period_since, finding.period_end) == (END + 2 * DAY, END + 2 * DAY + LENGTH)
    assert (finding.under_since, finding.changes, case.floor) == (None, None, END + HOUR)


@pytest.mark.parametrize(
    ("extended", "accepted", "end"),
    [
        pytest.param(None, START + 5 * DAY, START + 5 * DAY + LENGTH, id="a whole probation from now"),
        pytest.param(30, START + 5 * DAY, END + 30 * DAY, id="but never less than it had"),
    ],
)
def test_accepted_changes_of_what_is_watched_give_it_more_time(
    extended: int | None, accepted: datetime, end: datetime
) -> None:
    case = on_probation(SPAMTRAP)
    if extended:
        case.decides(Decision.EXTEND, START + DAY, days=extended)
    case.changes(START + 4 * DAY, START + 3 * DAY + MINUTE)
    before = case.finding
    change = case.decides(Decision.ACCEPT, accepted)
    assert change.trigger is Trigger.ACCEPTED_WITH_MORE_TIME
    since = START + 3 * DAY + MINUTE
    assert case.finding == replace(before, since=since, period_end=end, changes=None, revision=before.revision + 1)
    case.changes(accepted, START - DAY)
    case.decides(Decision.ACCEPT, accepted)
    assert case.finding.since == since, "what does not count any longer never counts again"


def test_accepted_changes_of_what_is_watched_and_waits_begin_a_probation_anew() -> None:
    case = at(Stage.PENDING_DECISION, SPAMTRAP)
    case.changes(END + DAY, END + HOUR)
    case.decides(Decision.ACCEPT, END + 2 * DAY)
    finding = case.finding
    assert (finding.stage, finding.since, finding.changes) == (Stage.PROBATION, END + HOUR, None)
    assert (finding.period_since, finding.period_end) == (END + 2 * DAY, END + 2 * DAY + LENGTH)


def test_a_period_that_a_review_has_interrupted_goes_on() -> None:
    case = at(Stage.PENDING_SHUTDOWN, SPAMTRAP)
    case.changes(START + 2 * DAY)
    case.decides(Decision.ACCEPT, START + 3 * DAY)
    assert (case.finding.period_since, case.finding.period_end) == (START, START + 3 * DAY + LENGTH)


@pytest.mark.parametrize("stage", [Stage.PROBATION, Stage.PENDING_DECISION, Stage.PENDING_SHUTDOWN])
@pytest.mark.parametrize("decision", [Decision.ACCEPT, Decision.LIFT])
def test_what_a_person_has_reviewed_and_found_solved_is_closed(stage: Stage, decision: Decision) -> None:
    case = at(stage, REVIEW)
    case.changes(END + DAY)
    change = case.decides(decision, END + 2 * DAY)
    assert (change.after, change.finding.changes, change.scope_after) == (Stage.RESOLVED, None, Status.HEALTHY)
    assert (case.standing.findings, case.standing.closed) == ({}, {REVIEW: 1})


@pytest.mark.parametrize("stage", [s for s in ALLOWED if s is not Stage.PERMANENT_SHUTDOWN])
def test_refused_changes_are_answered_and_nothing_else_has_changed(stage: Stage) -> None:
    case = at(stage)
    before, measures = case.finding, case.standing.measures
    case.changes(END + DAY)
    change = case.decides(Decision.REFUSE, END + 2 * DAY)
    assert (change.before, change.after, change.trigger) == (stage, stage, Trigger.CHANGES_REFUSED)
    assert case.finding == replace(before, revision=before.revision + 2)
    assert case.standing.measures == measures, "also what was measured since the probation began"
    assert case.floor is None


@pytest.mark.parametrize(
    ("stage", "now", "days", "begun", "end"),
    [
        pytest.param(Stage.PROBATION, START + 2 * DAY, None, START, END + LENGTH, id="by another probation"),
        pytest.param(Stage.PROBATION, START + 2 * DAY, 7, START, END + 7 * DAY, id="by days"),
        pytest.param(Stage.PROBATION, END - SECOND, 7, START, END + 7 * DAY, id="in its last second"),
        pytest.param(Stage.PROBATION, END, 7, END, END + 7 * DAY, id="that ends now: from now"),
        pytest.param(Stage.ALMOST_HEALED, START + 2 * DAY, 7, START, END + 7 * DAY, id="almost healed"),
        pytest.param(Stage.PENDING_DECISION, END + DAY, 7, END + DAY, END + 8 * DAY, id="that had ended: from now"),
        pytest.param(
            Stage.PENDING_SHUTDOWN, END + DAY, None, END + DAY, END + DAY + LENGTH, id="that had ended, by another"
        ),
    ],
)
def test_a_period_is_extended(stage: Stage, now: datetime, days: int | None, begun: datetime, end: datetime) -> None:
    case = at(stage)
    case.changes(now)
    before = case.finding
    change = case.decides(Decision.EXTEND, now, days=days)
    finding = case.finding
    assert change.trigger is Trigger.EXTENDED
    assert (finding.period_since, finding.period_end) == (begun, end)
    assert finding.stage is (stage if begun == START else Stage.PROBATION)
    assert (finding.since, finding.changes) == (before.since, before.changes), "what counts still counts, and waits"
    assert finding.under_since == (before.under_since if begun == START else None)
    assert case.floor is None


def test_a_period_that_a_report_left_out_begins_when_it_is_extended() -> None:
    case = Case(SPAMTRAP, REVIEWED)
    case.is_reported(START, Severity.SHUTDOWN)
    case.decides(Decision.EXTEND, START + DAY, days=3)
    assert (case.finding.period_since, case.finding.period_end) == (START + DAY, START + 4 * DAY)


@pytest.mark.parametrize("days", [-1, 0, MOST_DAYS + 1])
def test_a_period_is_extended_by_a_day_to_a_year(days: int) -> None:
    for most in (1, MOST_DAYS):
        case = on_probation(SPAMTRAP)
        case.decides(Decision.EXTEND, START, days=most)
        assert case.finding.period_end == END + most * DAY
    case = on_probation(SPAMTRAP)
    refused = refusal(case, Decide(TENANT, case.finding.id, Decision.EXTEND, days=days), START)
    assert str(refused) == f"a period is extended by 1 to 365 days, not by {days}"


@pytest.mark.parametrize("stage", [s for s, commands in ALLOWED.items() if "shutdown" in commands])
def test_a_person_can_shut_down_before_a_period_ends_or_after(stage: Stage) -> None:
    case = at(stage)
    case.changes(END + DAY)
    before = case.finding
    change = case.decides(Decision.SHUTDOWN, END + DAY)
    assert (change.before, change.after, change.trigger) == (stage, Stage.SHUTDOWN, Trigger.SHUT_DOWN)
    assert case.finding == replace(
        before, stage=Stage.SHUTDOWN, stage_since=END + DAY, changes=None, revision=before.revision + 1
    )
    assert case.standing.status is Status.SHUTDOWN


@pytest.mark.parametrize("stage", [Stage.PENDING_SHUTDOWN, Stage.SHUTDOWN])
def test_a_shutdown_is_made_permanent_and_stays_so(stage: Stage) -> None:
    case = at(stage, REVIEW)
    case.changes(END)
    case.decides(Decision.MAKE_PERMANENT, END + DAY)
    assert (case.finding.stage, case.finding.changes) == (Stage.PERMANENT_SHUTDOWN, None)
    assert (case.standing.status, case.standing.moves_with_time) == (Status.SHUTDOWN, False)


# What was before does not count again.


def hour(start: datetime, sent: int, bounced: int) -> HourCounts:
    return HourCounts(start, {("yahoo", Measure.SENT): sent, ("yahoo", Measure.HARD_BOUNCED): bounced})


def is_judged(case: Case, time: datetime, *newest_first: HourCounts) -> Status:
    """The status that a scope's mail leads to."""
    found = windows(case.standing, newest_first, time, case.policy)
    case.standing, _ = assess(case.standing, measured(found, TENANT, time, case.policy), time, case.policy)
    return case.standing.status


LEADING_OUT = [
    pytest.param(Stage.PROBATION, Decision.LIFT, id="lifted"),
    pytest.param(Stage.ALMOST_HEALED, Decision.LIFT, id="lifted, almost healed"),
    pytest.param(Stage.PENDING_DECISION, Decision.LIFT, id="lifted after its end"),
    pytest.param(Stage.SHUTDOWN, Decision.REINSTATE, id="reinstated"),
]


@pytest.mark.parametrize(("stage", "decision"), LEADING_OUT)
def test_mail_from_before_opens_again_nothing_that_a_person_has_closed(stage: Stage, decision: Decision) -> None:
    case = at(stage)
    closed = END + DAY + MINUTE
    change = case.decides(decision, closed, to=ReinstateTo.HEALTHY)
    assert (change.after, change.scope_after) == (Stage.RESOLVED, Status.HEALTHY)
    assert case.standing.closed == {BOUNCES: 1}
    assert case.floor == END + DAY + HOUR, "the mail of the hour itself was before, too"
    old = hour(END + DAY, 1000, 1000)
    assert is_judged(case, END + 2 * DAY, old) is Status.HEALTHY
    assert is_judged(case, END + 3 * DAY, hour(END + DAY + HOUR, 1000, 200), old) is Status.PROBATION


def test_a_shutdown_that_is_reinstated_on_probation_is_judged_by_its_new_mail_alone() -> None:
    case = at(Stage.ALMOST_HEALED)
    case.decides(Decision.SHUTDOWN, START + 3 * DAY)
    case.policy = POLICY
    case.changes(END)
    change = case.decides(Decision.REINSTATE, END + DAY + MINUTE)
    begun = END + DAY + MINUTE
    assert (change.after, change.trigger) == (Stage.PROBATION, Trigger.REINSTATED_ON_PROBATION)
    finding = case.finding
    assert (finding.stage_since, finding.since, finding.changes) == (begun, END + DAY + HOUR, None)
    assert (finding.period_since, finding.period_end, finding.under_since) == (begun, begun + LENGTH, None)
    assert case.floor == END + DAY + HOUR
    old, new = hour(END + DAY, 1000, 1000), hour(END + DAY + HOUR, 1000, 1)
    assert is_judged(case, END + 2 * DAY, new, old) is Status.PROBATION
    assert is_judged(case, END + 3 * DAY, new, old) is Status.PROBATION
    assert case.finding.stage is Stage.ALMOST_HEALED
    assert is_judged(case, END + 10 * DAY, new, old) is Status.HEALTHY
    assert is_judged(case, END + 11 * DAY, new, old) is Status.HEALTHY


def test_a_reported_finding_that_is_reinstated_is_judged_by_new_reports_alone() -> None:
    case = at(Stage.SHUTDOWN, SPAMTRAP)
    case.is_reported(START + 4 * DAY)
    case.decides(Decision.REINSTATE, START + 5 * DAY + MINUTE)
    begun = START + 5 * DAY + MINUTE
    assert (case.finding.since, case.finding.period_since, case.finding.period_end) == (begun, begun, begun + LENGTH)
    assert is_judged(case, begun + LENGTH) is Status.HEALTHY
    assert case.standing.metrics[Metric.BOUNCE_RATE].floor is None, "it says nothing of the mail"


def test_a_floor_never_moves_back() -> None:
    case = at(Stage.SHUTDOWN)
    case.decides(Decision.REINSTATE, START + 5 * DAY)
    case.changes(START + 6 * DAY, START + DAY)
    case.decides(Decision.ACCEPT, START + 7 * DAY)
    assert case.floor == case.finding.since == START + 5 * DAY


def test_what_a_person_has_closed_is_not_warned_about_at_once() -> None:
    case = on_probation(BOUNCES)
    case.is_measured(START + HOUR, 1, 200)
    case.decides(Decision.LIFT, START + 2 * HOUR)
    assert case.standing.metric(Metric.BOUNCE_RATE).warned
