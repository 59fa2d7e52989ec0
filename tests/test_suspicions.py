"""What is suspected: it waits for a person, changes nothing until then, and leaves no trace if it was wrong."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace
from rich.console import Console

from ses_reputation.domain.assessment import assess
from ses_reputation.domain.categories import METRICS, Category, Severity
from ses_reputation.domain.changes import Change, EvidenceAdded, Reminder, ReminderKind
from ses_reputation.domain.decisions import (
    DISMISSED_FOR,
    ChangesMade,
    Command,
    CommandRefused,
    Decide,
    Decision,
    Report,
    Withdraw,
    allowed,
    carry_out,
    suspect,
)
from ses_reputation.domain.lifecycle import Stage, Status, Trigger
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import Scope, ScopeKind
from ses_reputation.domain.standing import Act, Actor, Finding, Measures, Observation, Standing
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation_cli.history import print_news

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TENANT = Scope("tenant/acme")
SPAMTRAP, REVIEW = Category.SPAMTRAP, Category.INTERNAL_REVIEW
POLICY = Policy()
REVIEWED = Policy(human_review=frozenset(ScopeKind))
REPORTED = [category for category in Category if category not in METRICS]


class Case:
    """One problem of one tenant, after so many of its kind that were closed."""

    def __init__(self, category: Category = SPAMTRAP, *, closed: int = 0, policy: Policy = POLICY) -> None:
        self.category = category
        self.policy = policy
        self.standing = Standing(TENANT, closed={category: closed} if closed else {})
        self.acts = 0

    def does(self, command: Command, time: datetime) -> Change | EvidenceAdded | None:
        self.acts += 1
        act = Act(f"request-{self.acts}", Actor("ann", proven=True), "Because.")
        self.standing, piece = carry_out(self.standing, command, act, time, self.policy)
        return piece

    def is_suspected(
        self, time: datetime, text: str = "Hits.", source: str = "detector", observed: datetime | None = None
    ) -> Change | EvidenceAdded | None:
        return self.does(Report(TENANT, self.category, text, source, Severity.SUSPECTED, observed), time)

    def is_reported(self, time: datetime, severity: Severity = Severity.PROBATION) -> Change | EvidenceAdded | None:
        return self.does(Report(TENANT, self.category, "Hits.", "abuse-desk", severity), time)

    def is_withdrawn(self, time: datetime, source: str = "detector") -> Change | EvidenceAdded | None:
        return self.does(Withdraw(TENANT, self.category, source, "No more hits."), time)

    def is_decided(self, decision: Decision, time: datetime) -> Change:
        change = self.does(Decide(TENANT, self.finding.id, decision), time)
        assert isinstance(change, Change)
        return change

    def is_judged(self, time: datetime) -> list[Reminder]:
        rates = {metric: Measures(Rate(metric, 0, 1000)) for metric in Metric}
        self.standing, news = assess(self.standing, rates, time, self.policy)
        return [piece for piece in news if isinstance(piece, Reminder)]

    @property
    def finding(self) -> Finding:
        return self.standing.findings[self.category]


def suspected(category: Category = SPAMTRAP, *, closed: int = 0, policy: Policy = POLICY) -> Case:
    case = Case(category, closed=closed, policy=policy)
    case.is_suspected(START)
    return case


@pytest.mark.parametrize("category", REPORTED)
def test_a_suspicion_is_told_waits_for_a_person_and_leaves_the_scope_healthy(category: Category) -> None:
    case = Case(category)
    change = case.is_suspected(START, observed=START - HOUR)
    assert isinstance(change, Change)
    assert (change.before, change.after, change.trigger) == (None, Stage.SUSPECTED, Trigger.SUSPECTED)
    assert (change.scope_before, change.scope_after, case.standing.status) == (Status.HEALTHY,) * 3
    assert (case.finding.waits_since, case.finding.period_end) == (START, None)
    assert case.finding.evidence == (Observation(START - HOUR, START, "detector", "Hits.", suspected=True),)
    assert set(allowed(case.finding)) == {"changes-made", "confirm", "dismiss"}


@pytest.mark.parametrize("category", METRICS)
def test_what_is_measured_can_not_be_suspected(category: Category) -> None:
    with pytest.raises(CommandRefused, match="is measured, and can't be reported") as refused:
        Case(category).is_suspected(START)
    assert refused.value.allowed == tuple(REPORTED)


def test_time_alone_ends_no_suspicion_but_has_people_reminded() -> None:
    case = suspected()
    assert case.standing.moves_with_time
    reminders = [piece for day in range(1, 60) for piece in case.is_judged(START + day * DAY)]
    assert case.finding.stage is Stage.SUSPECTED
    assert {piece.kind for piece in reminders} == {ReminderKind.REVIEW_WAITS}
    assert len(reminders) == 59 * DAY // POLICY.review_reminder


@pytest.mark.parametrize(
    ("text", "source", "later", "reports"),
    [
        pytest.param("Hits.", "detector", 15 * HOUR, None, id="the same on the same day"),
        pytest.param("Hits.", "detector", 16 * HOUR, 2, id="the same on the next day, which begins at midnight UTC"),
        pytest.param("More hits.", "detector", HOUR, 2, id="something else by the same source"),
        pytest.param("Hits.", "another", HOUR, 2, id="the same by another source"),
    ],
)
def test_what_was_said_today_is_no_news(text: str, source: str, later: timedelta, reports: int | None) -> None:
    case = suspected()
    piece = case.is_suspected(START + later, text, source)
    assert isinstance(piece, EvidenceAdded) == (reports is not None)
    assert case.finding.reports == (reports or 1)
    assert (case.finding.stage, case.finding.revision) == (Stage.SUSPECTED, 1)


def test_a_suspicion_can_be_told_without_a_policy_by_whoever_writes_the_standing() -> None:
    act = Act("evaluation", Actor("SES Reputation", proven=True))
    report = Report(TENANT, SPAMTRAP, "Hits.", "detector")
    after, change = suspect(Standing(TENANT), report, act, START)
    assert isinstance(change, Change)
    assert after.stage(SPAMTRAP) is Stage.SUSPECTED, "whatever the severity"
    assert suspect(after, report, act, START + HOUR) == (after, None)


# What a person decides, and what a report does.


@pytest.mark.parametrize(
    ("category", "closed", "policy", "trigger", "stage"),
    [
        pytest.param(SPAMTRAP, 0, POLICY, Trigger.CONFIRMED, Stage.PROBATION, id="the first"),
        pytest.param(SPAMTRAP, 5, POLICY, Trigger.CONFIRMED, Stage.PROBATION, id="one of many, as the first"),
        pytest.param(REVIEW, 0, POLICY, Trigger.CONFIRMED, Stage.PROBATION, id="the first that could escalate"),
        pytest.param(REVIEW, 1, POLICY, Trigger.REPEATED, Stage.PROBATION, id="the second"),
        pytest.param(REVIEW, 2, POLICY, Trigger.REPEATED_FOR_SHUTDOWN, Stage.SHUTDOWN, id="the third"),
        pytest.param(
            REVIEW,
            2,
            REVIEWED,
            Trigger.REPEATED_FOR_REVIEW,
            Stage.PENDING_SHUTDOWN,
            id="the third, where people review",
        ),
        pytest.param(REVIEW, 3, POLICY, Trigger.REPEATED_FOR_GOOD, Stage.PENDING_SHUTDOWN, id="the fourth"),
    ],
)
def test_a_confirmed_suspicion_begins_as_a_report_of_that_day_would(
    category: Category, closed: int, policy: Policy, trigger: Trigger, stage: Stage
) -> None:
    case, other = suspected(category, closed=closed, policy=policy), Case(category, closed=closed, policy=policy)
    confirmed = case.is_decided(Decision.CONFIRM, START + 3 * DAY)
    other.is_reported(START + 3 * DAY)
    assert (confirmed.trigger, confirmed.after) == (trigger, stage)
    assert confirmed.act
    assert (case.finding.stage, case.finding.since, case.finding.period_since, case.finding.period_end) == (
        other.finding.stage,
        case.finding.since,
        other.finding.period_since,
        other.finding.period_end,
    )
    if stage is Stage.PROBATION:
        assert case.finding.since == START + 3 * DAY, "what was seen while it was suspected is not seen again"
        assert case.finding.opened == START


@pytest.mark.parametrize("severity", [Severity.PROBATION, Severity.SHUTDOWN])
@pytest.mark.parametrize("policy", [POLICY, REVIEWED], ids=["the defaults", "people review"])
@pytest.mark.parametrize("closed", range(4))
@pytest.mark.parametrize("category", [SPAMTRAP, REVIEW])
def test_a_report_of_what_was_only_suspected_is_a_report_of_something_new(
    category: Category, closed: int, policy: Policy, severity: Severity
) -> None:
    case, other = suspected(category, closed=closed, policy=policy), Case(category, closed=closed, policy=policy)
    for each in (case, other):
        change = each.is_reported(START + DAY, severity)
        assert isinstance(change, Change), "and no mere evidence"
    assert (case.finding.stage, case.finding.period_end) == (other.finding.stage, other.finding.period_end)
    assert case.finding.reports == 2


def test_what_was_dismissed_was_never_there() -> None:
    case = suspected(REVIEW, closed=1)
    before = case.standing
    change = case.is_decided(Decision.DISMISS, START + HOUR)
    assert (change.after, change.finding.stage) == (Stage.RESOLVED, Stage.RESOLVED)
    assert case.standing == replace(before, findings={}, dismissed={REVIEW: START + HOUR})
    reported = case.is_reported(START + 2 * HOUR)
    assert isinstance(reported, Change)
    assert reported.trigger is Trigger.REPEATED, "it is the second of its kind, as it would have been"


DISMISSED = START + HOUR


@pytest.mark.parametrize(
    ("time", "observed", "is_news"),
    [
        pytest.param(DISMISSED + DISMISSED_FOR - HOUR, None, False, id="too soon"),
        pytest.param(DISMISSED + DISMISSED_FOR, None, True, id="after a week"),
        pytest.param(DISMISSED + DISMISSED_FOR, DISMISSED, False, id="seen before it was dismissed"),
        pytest.param(DISMISSED + DISMISSED_FOR, DISMISSED + HOUR, True, id="seen since"),
    ],
)
def test_what_a_person_has_dismissed_is_not_asked_again_at_once(
    time: datetime, observed: datetime | None, is_news: bool
) -> None:
    case = suspected()
    first = case.finding.id
    case.is_decided(Decision.DISMISS, DISMISSED)
    piece = case.is_suspected(time, observed=observed)
    assert isinstance(piece, Change) == is_news
    assert (SPAMTRAP in case.standing.findings) == is_news
    assert first not in {finding.id for finding in case.standing.findings.values()}


def test_a_dismissal_is_of_its_category_alone() -> None:
    case = suspected()
    case.is_decided(Decision.DISMISS, DISMISSED)
    case.category = Category.DOMAIN_BLOCKLIST
    assert isinstance(case.is_suspected(DISMISSED), Change)


def test_changes_that_explain_a_suspicion_wait_until_it_is_decided() -> None:
    case = suspected()
    change = case.does(ChangesMade(TENANT, case.finding.id, "It was an import."), START + HOUR)
    assert isinstance(change, Change)
    assert (change.after, change.trigger) == (Stage.SUSPECTED, Trigger.CHANGES_REPORTED)
    assert set(allowed(case.finding)) == {"changes-made", "confirm", "dismiss"}
    waiting = case.standing
    case.is_decided(Decision.CONFIRM, START + DAY)
    assert case.finding.changes
    assert "accept" in allowed(case.finding), "they are an answer to what is established now"
    case.standing = waiting
    assert case.is_decided(Decision.DISMISS, START + DAY).finding.changes is None
    case.standing = waiting
    withdrawn = case.is_withdrawn(START + DAY)
    assert isinstance(withdrawn, Change)
    assert withdrawn.finding.waits_since is None, "nor does anybody wait for what is suspected no longer"


@pytest.mark.parametrize("decision", [d for d in Decision if d not in {Decision.CONFIRM, Decision.DISMISS}])
def test_nothing_but_these_two_decisions_is_for_a_suspicion(decision: Decision) -> None:
    case = suspected()
    case.does(ChangesMade(TENANT, case.finding.id, "It was an import."), START + HOUR)
    with pytest.raises(CommandRefused, match=f"{decision} is not for a finding about spamtrap that is only suspected"):
        case.is_decided(decision, START + DAY)


@pytest.mark.parametrize("decision", [Decision.CONFIRM, Decision.DISMISS])
def test_what_is_established_can_not_be_confirmed_nor_dismissed(decision: Decision) -> None:
    case = Case()
    case.is_reported(START)
    with pytest.raises(CommandRefused) as refused:
        case.is_decided(decision, START + DAY)
    assert str(refused.value) == f"{decision} is not for a finding about spamtrap that is Probation"
    assert refused.value.allowed == ("changes-made", "lift", "extend", "shutdown")


# What has been established already.


@pytest.mark.parametrize("policy", [POLICY, REVIEWED], ids=["the defaults", "people review"])
def test_a_suspicion_of_what_is_established_is_evidence_that_decides_nothing(policy: Policy) -> None:
    case = Case(policy=policy)
    case.is_reported(START)
    assert isinstance(case.is_suspected(START + DAY), EvidenceAdded)
    assert (case.finding.reports, case.finding.last_observed) == (2, START)
    case.is_judged(START + POLICY.probation)
    assert case.standing.status is Status.HEALTHY, "only a report can say that the problem remains"


@pytest.mark.parametrize(
    ("source", "status"),
    [("detector", Status.SHUTDOWN), ("another detector", Status.HEALTHY)],
    ids=["who was believed", "who was not"],
)
def test_what_a_person_confirmed_remains_if_the_same_source_sees_it_again(source: str, status: Status) -> None:
    case = suspected()
    case.is_decided(Decision.CONFIRM, START + DAY)
    case.is_suspected(START + 3 * DAY, source=source)
    assert case.finding.evidence[-1].suspected == (status is Status.HEALTHY)
    case.is_judged(START + DAY + POLICY.probation)
    assert case.standing.status is status


# What its source takes back.


def test_whoever_suspects_something_can_withdraw_it() -> None:
    case = suspected(REVIEW, closed=1)
    before = case.standing
    change = case.is_withdrawn(START + DAY)
    assert isinstance(change, Change)
    assert (change.after, change.trigger) == (Stage.RESOLVED, Trigger.WITHDRAWN)
    why = Observation(START + DAY, START + DAY, "detector", "No more hits.", suspected=True)
    assert change.finding.evidence == (why,), "people read why, and nothing else"
    assert (change.act is not None, change.finding.stage_since) == (True, START + DAY)
    assert case.standing == replace(before, findings={}), "also nothing is dismissed"
    again = case.is_suspected(START + DAY)
    assert isinstance(again, Change), "nothing keeps it from being suspected again"


def test_what_is_suspected_again_within_the_same_moment_is_another_finding() -> None:
    case = suspected()
    first = case.finding.id
    case.is_withdrawn(START)
    case.is_suspected(START)
    assert case.finding.id != first


def history(piece: Change | EvidenceAdded) -> str:
    """What the history says of a suspicion."""
    console = Console(record=True, width=200)
    print_news(console, [piece], Vocabulary.CLASSIC)
    return console.export_text().splitlines()[0].rpartition(": ")[2]


def test_what_others_suspect_as_well_goes_on() -> None:
    case = suspected()
    case.is_suspected(START + HOUR, source="another")
    again = case.is_suspected(START + 2 * HOUR, "More hits.", "another")
    added = case.is_withdrawn(START + DAY)
    assert isinstance(again, EvidenceAdded)
    assert isinstance(added, EvidenceAdded), "the history keeps it"
    assert (history(again), history(added)) == ("suspected again", "suspected no longer by detector")
    assert added.observation == Observation(START + DAY, START + DAY, "detector", "No more hits.", suspected=True)
    assert (again.withdrawn, added.withdrawn, added.time) == (False, True, START + DAY)
    assert {seen.source for seen in case.finding.evidence} == {"another"}
    assert isinstance(case.is_withdrawn(START + DAY, "another"), Change)


def test_there_is_nothing_to_withdraw_of_what_others_suspect_is_established_or_not_there() -> None:
    case = Case()
    assert case.is_withdrawn(START) is None
    case.is_suspected(START)
    assert case.is_withdrawn(START, "another") is None
    case.is_decided(Decision.CONFIRM, START + HOUR)
    before = case.standing
    assert case.is_withdrawn(START + DAY) is None
    assert case.standing is before


def test_a_standing_from_before_there_were_suspicions_can_still_be_read() -> None:
    case = Case()
    case.is_reported(START)
    document = msgspec.json.decode(msgspec.json.encode(case.standing))
    del document["dismissed"], document["ended"]
    for seen in document["findings"]["spamtrap"]["evidence"]:
        del seen["suspected"]
    assert msgspec.convert(document, Standing) == case.standing
