"""The tables of the lifecycle: every cell, and for each category what SES says that it leads to."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from ses_reputation.domain.assessment import assess
from ses_reputation.domain.categories import Category, Severity
from ses_reputation.domain.changes import Change
from ses_reputation.domain.decisions import (
    ChangesMade,
    Command,
    CommandRefused,
    Decide,
    Decision,
    ReinstateTo,
    Report,
    carry_out,
)
from ses_reputation.domain.lifecycle import (
    METRIC_STATUS,
    SCOPE_STATUS,
    STAGE_STATUS,
    TRANSITIONS,
    TRIGGERS,
    Stage,
    Status,
    TransitionRefused,
    Trigger,
    advance,
    stages_of,
    triggers_from,
)
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import Scope, ScopeKind
from ses_reputation.domain.standing import Act, Actor, Finding, Measures, Standing
from ses_reputation_cli.examples import examples

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLICY = Policy()
FOR_REVIEW = Policy(human_review=frozenset(ScopeKind))
TENANT = Scope("tenant/acme")

SUSPECTED = Stage.SUSPECTED
PROBATION, ALMOST_HEALED, RESOLVED = Stage.PROBATION, Stage.ALMOST_HEALED, Stage.RESOLVED
PENDING_DECISION, PENDING_SHUTDOWN = Stage.PENDING_DECISION, Stage.PENDING_SHUTDOWN
SHUTDOWN, PERMANENT = Stage.SHUTDOWN, Stage.PERMANENT_SHUTDOWN

Cells = Mapping[Stage | None, Mapping[str, Stage]]

# What people can do about every finding.
BY_PEOPLE: Cells = {
    PROBATION: {
        "changes_reported": PROBATION,
        "changes_refused": PROBATION,
        "extended": PROBATION,
        "lifted": RESOLVED,
        "shut_down": SHUTDOWN,
        "ended_before_decision": PENDING_DECISION,
    },
    PENDING_DECISION: {
        "changes_reported": PENDING_DECISION,
        "changes_refused": PENDING_DECISION,
        "extended": PROBATION,
        "lifted": RESOLVED,
        "shut_down": SHUTDOWN,
    },
    PENDING_SHUTDOWN: {
        "changes_reported": PENDING_SHUTDOWN,
        "changes_refused": PENDING_SHUTDOWN,
        "extended": PROBATION,
        "lifted": RESOLVED,
        "shut_down": SHUTDOWN,
    },
    SHUTDOWN: {
        "changes_reported": SHUTDOWN,
        "changes_refused": SHUTDOWN,
        "reinstated_on_probation": PROBATION,
        "reinstated": RESOLVED,
    },
}
MEASURED: Cells = {
    None: {"limit_exceeded": PROBATION},
    PROBATION: {
        "steady_under_limit": ALMOST_HEALED,
        "healed": RESOLVED,
        "ended_over_shutdown_limit": SHUTDOWN,
        "ended_over_shutdown_limit_for_review": PENDING_SHUTDOWN,
        "ended_between_limits": PENDING_DECISION,
        "ended_unproven": PENDING_DECISION,
        "accepted_and_counted_anew": PROBATION,
    },
    ALMOST_HEALED: {
        "limit_exceeded": PROBATION,
        "healed": RESOLVED,
        "ended_over_shutdown_limit": SHUTDOWN,
        "ended_over_shutdown_limit_for_review": PENDING_SHUTDOWN,
        "ended_between_limits": PENDING_DECISION,
        "ended_before_decision": PENDING_DECISION,
        "changes_reported": ALMOST_HEALED,
        "changes_refused": ALMOST_HEALED,
        "accepted_and_counted_anew": ALMOST_HEALED,
        "extended": ALMOST_HEALED,
        "lifted": RESOLVED,
        "shut_down": SHUTDOWN,
    },
    PENDING_DECISION: {"accepted_and_counted_anew": PROBATION},
    PENDING_SHUTDOWN: {"accepted_and_counted_anew": PROBATION},
}
REPORTED: Cells = {
    None: {
        "suspected": SUSPECTED,
        "reported": PROBATION,
        "reported_for_shutdown": SHUTDOWN,
        "reported_for_review": PENDING_SHUTDOWN,
    },
    SUSPECTED: {
        "suspected": SUSPECTED,
        "confirmed": PROBATION,
        "dismissed": RESOLVED,
        "withdrawn": RESOLVED,
        "reported": PROBATION,
        "reported_for_shutdown": SHUTDOWN,
        "reported_for_review": PENDING_SHUTDOWN,
        "changes_reported": SUSPECTED,
    },
    PROBATION: {
        "suspected": PROBATION,
        "reported": PROBATION,
        "reported_for_shutdown": SHUTDOWN,
        "reported_for_review": PENDING_SHUTDOWN,
    },
    PENDING_DECISION: {
        "suspected": PENDING_DECISION,
        "reported": PENDING_DECISION,
        "reported_for_shutdown": SHUTDOWN,
        "reported_for_review": PENDING_SHUTDOWN,
    },
    PENDING_SHUTDOWN: {
        "suspected": PENDING_SHUTDOWN,
        "reported": PENDING_SHUTDOWN,
        "reported_for_shutdown": SHUTDOWN,
    },
    SHUTDOWN: {"suspected": SHUTDOWN, "reported": SHUTDOWN},
}
MORE_TIME: Cells = {
    PROBATION: {"accepted_with_more_time": PROBATION, "ended_without_report": RESOLVED},
    PENDING_DECISION: {"accepted_with_more_time": PROBATION},
    PENDING_SHUTDOWN: {"accepted_with_more_time": PROBATION},
}
SHUT_DOWN_IF_IT_REMAINS: Cells = {
    PROBATION: {"ended_still_reported": SHUTDOWN, "ended_still_reported_for_review": PENDING_SHUTDOWN},
}
MAY_BE_SHUT_DOWN_IF_IT_REMAINS: Cells = {
    PROBATION: {"ended_for_decision": PENDING_DECISION, "ended_still_reported_for_review": PENDING_SHUTDOWN},
}
REVIEWED: Cells = {
    PROBATION: {"accepted_and_lifted": RESOLVED, "ended_for_decision": PENDING_DECISION},
    PENDING_DECISION: {"accepted_and_lifted": RESOLVED},
    PENDING_SHUTDOWN: {"accepted_and_lifted": RESOLVED},
}
AGAIN = {
    "repeated": PROBATION,
    "repeated_for_shutdown": SHUTDOWN,
    "repeated_for_review": PENDING_SHUTDOWN,
    "repeated_for_good": PENDING_SHUTDOWN,
}
WORSE_AGAIN: Cells = {
    None: AGAIN,
    SUSPECTED: AGAIN,
    PENDING_SHUTDOWN: {"made_permanent": PERMANENT},
    SHUTDOWN: {"made_permanent": PERMANENT},
    PERMANENT: {"suspected": PERMANENT, "reported": PERMANENT},
}

WATCHED = (BY_PEOPLE, REPORTED, MORE_TIME, SHUT_DOWN_IF_IT_REMAINS)
CELLS: Mapping[str, tuple[Cells, ...]] = {
    "bounce_rate": (BY_PEOPLE, MEASURED),
    "complaint_rate": (BY_PEOPLE, MEASURED),
    "anti_spam_organization": WATCHED,
    "direct_feedback": WATCHED,
    "domain_blocklist": WATCHED,
    "internal_review": (BY_PEOPLE, REPORTED, REVIEWED, WORSE_AGAIN),
    "mailbox_provider": (BY_PEOPLE, REPORTED, MORE_TIME, MAY_BE_SHUT_DOWN_IF_IT_REMAINS),
    "recipient_feedback": WATCHED,
    "related_account": (BY_PEOPLE, REPORTED, REVIEWED),
    "spamtrap": WATCHED,
    "vulnerable_site": (BY_PEOPLE, REPORTED, REVIEWED, WORSE_AGAIN),
    "other": (BY_PEOPLE, REPORTED, REVIEWED),
}

every_category = pytest.mark.parametrize("category", Category)


def documented(category: Category, stage: Stage | None) -> dict[str, Stage]:
    return {trigger: after for part in CELLS[category] for trigger, after in part.get(stage, {}).items()}


@every_category
@pytest.mark.parametrize("stage", [None, *Stage], ids=lambda stage: stage or "no finding")
def test_every_cell_is_a_transition_or_a_refusal_that_says_what_would_apply(
    category: Category, stage: Stage | None
) -> None:
    rows = documented(category, stage)
    assert set(triggers_from(category, stage)) == set(rows)
    for trigger in Trigger:
        if trigger in rows:
            assert advance(category, stage, trigger) is rows[trigger]
        else:
            with pytest.raises(TransitionRefused) as refused:
                advance(category, stage, trigger)
            says, _, would = str(refused.value).partition("; what does: ")
            assert says == f"{trigger} does not apply to {category} at {stage or 'no finding'}"
            assert set(would.split(", ")) == (set(rows) or {"nothing"})


@every_category
def test_every_row_that_can_change_something_can_happen(category: Category) -> None:
    happened = {(e.news.before, str(e.news.trigger)) for e in examples(category) if isinstance(e.news, Change)}
    # A suspicion, or a report, of a finding that is open already is evidence.
    rows = {
        (stage, t)
        for stage in (None, *Stage)
        for t, after in documented(category, stage).items()
        if not (t in {"suspected", "reported"} and after is stage)
    }
    assert happened == rows
    assert stages_of(category) == {after for stage in (None, *Stage) for after in documented(category, stage).values()}
    assert {*TRIGGERS[category]} == {t for stage in (None, *Stage) for t in documented(category, stage)}


# What a person does. A report is a person's, or a program's; it only makes things worse.
PERSONS = {
    "accepted_and_counted_anew",
    "accepted_with_more_time",
    "accepted_and_lifted",
    "lifted",
    "extended",
    "reinstated_on_probation",
    "reinstated",
}
BEST_FIRST = (RESOLVED, SUSPECTED, ALMOST_HEALED, PROBATION, PENDING_DECISION, PENDING_SHUTDOWN, SHUTDOWN, PERMANENT)


def test_only_a_person_leads_out_of_what_waits_or_is_shut_down_to_something_better() -> None:
    better = {
        trigger
        for (stage, trigger), after in TRANSITIONS.items()
        if stage in {PENDING_DECISION, PENDING_SHUTDOWN, SHUTDOWN} and BEST_FIRST.index(after) < BEST_FIRST.index(stage)
    }
    assert better == PERSONS


def test_only_a_person_leads_into_a_permanent_shutdown_and_nothing_out_of_it_or_of_what_is_resolved() -> None:
    into = {trigger for (stage, trigger), after in TRANSITIONS.items() if after is PERMANENT is not stage}
    assert into == {"made_permanent"}
    assert {after for (stage, _), after in TRANSITIONS.items() if stage is PERMANENT} == {PERMANENT}
    assert not any(stage is RESOLVED for stage, _ in TRANSITIONS)


@pytest.mark.parametrize(
    ("stage", "finding", "metric", "account"),
    [
        (None, "Healthy", "Healthy", "Healthy"),
        (RESOLVED, "Healthy", "Healthy", "Healthy"),
        (SUSPECTED, "Healthy", "Healthy", "Healthy"),
        (ALMOST_HEALED, "Almost healed", "Almost healed", "Probation"),
        (PROBATION, "Probation", "Probation", "Probation"),
        (PENDING_DECISION, "Pending end of probation decision", "Probation", "Pending end of probation decision"),
        (PENDING_SHUTDOWN, "Pending shutdown", "Pending shutdown", "Pending shutdown"),
        (SHUTDOWN, "Shutdown", "Shutdown", "Shutdown"),
        (PERMANENT, "Shutdown", "Shutdown", "Shutdown"),
    ],
)
def test_metrics_and_accounts_have_the_five_statuses_each_that_ses_has(
    stage: Stage | None, finding: str, metric: str, account: str
) -> None:
    assert (STAGE_STATUS[stage], METRIC_STATUS[stage], SCOPE_STATUS[stage]) == (finding, metric, account)
    assert len(set(METRIC_STATUS.values())) == len(set(SCOPE_STATUS.values())) == 5


def test_a_scope_is_as_bad_as_the_worst_of_its_findings() -> None:
    for worst, stage in enumerate(BEST_FIRST[1:], start=1):
        for other in BEST_FIRST[1 : worst + 1]:
            findings = {
                category: Finding("a1b2", category, at, START, START, START)
                for category, at in ((Category.BOUNCE_RATE, stage), (Category.COMPLAINT_RATE, other))
            }
            assert Standing(TENANT, findings=findings).status is SCOPE_STATUS[stage]
    assert Standing(TENANT).status is Status.HEALTHY


# What SES says of each category, read from its page, and not from the code: what it does when changes are accepted;
# what a period ends with if the problem remains, for a scope that people review as well, and if it is gone; what the
# second, third, fourth and fifth finding begins with; whether one can be shut down for good.


class Says(NamedTuple):
    accepted: str
    remains: str
    remains_for_review: str
    gone: str
    repeats: tuple[str, ...]
    permanent: bool


ALIKE = ("probation",) * 4
# For good is for a person to decide: what SES says that it *may* do.
WORSE = ("probation", "shutdown", "pending_shutdown", "pending_shutdown")
PENDING_END = "Pending end of probation decision"

SEED: Mapping[str, Says] = {
    # Bounces before the change are left out; over 10 % at the end, SES will suspend.
    "bounce_rate": Says("counts anew", "Shutdown", "Pending shutdown", "Healthy", ALIKE, permanent=False),
    # Complaints before it are left out; over 0.5 % at the end, it will suspend.
    "complaint_rate": Says("counts anew", "Shutdown", "Pending shutdown", "Healthy", ALIKE, permanent=False),
    # The period is extended; still flagged, it will suspend; no longer listed, it may lift.
    "anti_spam_organization": Says("more time", "Shutdown", "Pending shutdown", "Healthy", ALIKE, permanent=False),
    # Extended; still many direct complaints, it will suspend; fewer or none, it may lift.
    "direct_feedback": Says("more time", "Shutdown", "Pending shutdown", "Healthy", ALIKE, permanent=False),
    # Extended; still such domains in the mail, it will suspend; fewer or none, it may lift.
    "domain_blocklist": Says("more time", "Shutdown", "Pending shutdown", "Healthy", ALIKE, permanent=False),
    # Nothing of the period's end: somebody considers what was done. Again: probation or shutdown, at last for good.
    "internal_review": Says("lifted", PENDING_END, PENDING_END, PENDING_END, WORSE, permanent=True),
    # Extended; still flagged, it *may* suspend; no longer reported, it may lift.
    "mailbox_provider": Says("more time", PENDING_END, "Pending shutdown", "Healthy", ALIKE, permanent=False),
    # Extended; still many complaints there, it will suspend; fewer or none, it may lift.
    "recipient_feedback": Says("more time", "Shutdown", "Pending shutdown", "Healthy", ALIKE, permanent=False),
    # Nothing of the period's end: if SES agrees that it is solved, it may lift.
    "related_account": Says("lifted", PENDING_END, PENDING_END, PENDING_END, ALIKE, permanent=False),
    # Extended; still mail to spamtraps, it will suspend; fewer or none, it may lift.
    "spamtrap": Says("more time", "Shutdown", "Pending shutdown", "Healthy", ALIKE, permanent=False),
    # As internal review.
    "vulnerable_site": Says("lifted", PENDING_END, PENDING_END, PENDING_END, WORSE, permanent=True),
    # Nothing of the period's end: depending on what it is, it may lift.
    "other": Says("lifted", PENDING_END, PENDING_END, PENDING_END, ALIKE, permanent=False),
}


class Case:
    """One problem of one tenant, however its category is found out about."""

    def __init__(self, category: Category, policy: Policy = POLICY) -> None:
        self.category = category
        self.policy = policy
        self.standing = Standing(TENANT)

    def appears(self, time: datetime) -> None:
        """The problem is there: in the mail, or in a report."""
        if self.category.metric:
            self._is_measured(time, bad=True)
        else:
            self.does(Report(TENANT, self.category, "Seen.", "abuse-desk"), time)

    def ends(self, *, remains: bool) -> Status:
        """What the probation ends with, judged at its end."""
        end = self.finding.period_end
        assert end
        if remains and not self.category.metric:
            self.appears(end - DAY)
        self._is_measured(end, bad=remains)
        return STAGE_STATUS[self.standing.stage(self.category)]

    def does(self, command: Command, time: datetime) -> None:
        self.standing, _ = carry_out(
            self.standing, command, Act(str(time), Actor("me", proven=False)), time, self.policy
        )

    def is_decided(self, decision: Decision, time: datetime) -> None:
        self.does(Decide(TENANT, self.finding.id, decision, to=ReinstateTo.HEALTHY), time)

    def _is_measured(self, time: datetime, *, bad: bool) -> None:
        rates = {m: Rate(m, 500 if bad and m is self.category.metric else 0, 1000) for m in Metric}
        since = self.category.metric if self.category in self.standing.findings else None
        measures = {m: Measures(rate, rate if m == since else None) for m, rate in rates.items()}
        self.standing, _ = assess(self.standing, measures, time, self.policy)

    @property
    def finding(self) -> Finding:
        return self.standing.findings[self.category]


def opened(category: Category, policy: Policy = POLICY) -> Case:
    case = Case(category, policy)
    case.appears(START)
    assert case.finding.stage is PROBATION
    return case


@every_category
def test_accepted_changes_do_what_ses_says_of_the_category(category: Category) -> None:
    case = opened(category)
    changed = START + 2 * DAY
    case.does(ChangesMade(TENANT, case.finding.id, "Cleaned the list.", changed), START + 3 * DAY)
    case.is_decided(Decision.ACCEPT, START + 4 * DAY)
    finding = case.standing.findings.get(category)
    end = START + POLICY.probation
    match SEED[category].accepted:
        case "counts anew":
            assert finding
            assert (finding.since, finding.period_end) == (changed, end)
        case "more time":
            assert finding
            assert (finding.since, finding.period_end) == (changed, end + 4 * DAY)
        case "lifted":
            assert finding is None


@every_category
def test_the_end_of_a_period_does_what_ses_says_of_the_category(category: Category) -> None:
    says = SEED[category]
    assert opened(category).ends(remains=True) == says.remains
    assert opened(category, FOR_REVIEW).ends(remains=True) == says.remains_for_review
    assert opened(category).ends(remains=False) == opened(category, FOR_REVIEW).ends(remains=False) == says.gone


@every_category
def test_repeats_lead_to_what_ses_says_of_the_category(category: Category) -> None:
    case = opened(category)
    begun: list[str] = []
    for number in range(1, 5):
        decision = Decision.REINSTATE if case.finding.stage is SHUTDOWN else Decision.LIFT
        case.is_decided(decision, START + number * DAY)
        case.appears(START + number * DAY + HOUR)
        assert case.finding.repeat == number
        begun.append(case.finding.stage)
    assert tuple(begun) == SEED[category].repeats


@every_category
def test_only_where_ses_says_so_something_is_shut_down_for_good(category: Category) -> None:
    case = opened(category)
    case.is_decided(Decision.SHUTDOWN, START + DAY)
    if SEED[category].permanent:
        case.is_decided(Decision.MAKE_PERMANENT, START + 2 * DAY)
        assert case.finding.stage is PERMANENT
        case.does(Report(TENANT, category, "Again.", "abuse-desk", Severity.SHUTDOWN), START + 3 * DAY)
        assert case.finding.stage is PERMANENT
    else:
        with pytest.raises(CommandRefused, match=r"make-permanent is not for a finding about [a-z ]+ that is Shutdown"):
            case.is_decided(Decision.MAKE_PERMANENT, START + 2 * DAY)
    assert (PERMANENT in stages_of(category)) == SEED[category].permanent
