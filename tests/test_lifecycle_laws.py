"""Laws that hold whatever happens: mail, reports, decisions and time, over many scopes, under changing policies."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.assessment import Windows, assess, measured, windows
from ses_reputation.domain.categories import METRICS, Category, Severity
from ses_reputation.domain.changes import Change, EarlyWarning, EvidenceAdded, Reminder
from ses_reputation.domain.decisions import (
    DISMISSED_FOR,
    ChangesMade,
    Command,
    CommandRefused,
    Decide,
    Decision,
    ReinstateTo,
    Report,
    Withdraw,
    allowed,
    carry_out,
)
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.lifecycle import STAGE_STATUS, TRANSITIONS, Stage, Status, Trigger, triggers_from
from ses_reputation.domain.limits import Profile, limits_by_kind
from ses_reputation.domain.news import News
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind
from ses_reputation.domain.standing import EVIDENCE_KEPT, Act, Actor, Finding, Standing
from ses_reputation.notices.alert import Alert, alert_of

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SCOPES = (ACCOUNT, Scope("tenant/acme"), Scope("configuration-set/newsletter"))
POLICIES: Mapping[str, Policy] = {
    "the defaults": Policy(),
    "people review": Policy(human_review=frozenset(ScopeKind)),
    "today's limits": Policy(profile=Profile.CURRENT, limits=limits_by_kind(Profile.CURRENT), period_reminders=()),
    "a small sender": Policy(
        probation=5 * DAY, healing=DAY, steady=2 * HOUR, review_reminder=timedelta(0), minimum_volume=1
    ),
}
SENDER, OPERATOR = Actor("sender@acme.example", proven=False), Actor("arn:aws:iam::1:user/operator", proven=True)

# The status of a scope by its worst stage, the worst last.
STATUSES: Mapping[Stage | None, str] = {
    None: "Healthy",
    Stage.SUSPECTED: "Healthy",
    Stage.ALMOST_HEALED: "Probation",
    Stage.PROBATION: "Probation",
    Stage.PENDING_DECISION: "Pending end of probation decision",
    Stage.PENDING_SHUTDOWN: "Pending shutdown",
    Stage.SHUTDOWN: "Shutdown",
    Stage.PERMANENT_SHUTDOWN: "Shutdown",
}
BEST_FIRST = tuple(STATUSES)
WAITS_FOR_A_PERSON = BEST_FIRST[4:]


class Mail(Struct, frozen=True):
    """What an hour counts."""

    sent: int = 0
    bounced: int = 0
    complained: int = 0


MAILS = (
    Mail(),
    Mail(2000, 3),
    Mail(40, 4),
    Mail(1000, 300),
    Mail(1000, 10, 12),
    Mail(1000, 70, 2),
    Mail(500, 400, 80),
    Mail(20_000, 100, 4),
)


class Step(Struct, frozen=True):
    """What happens to one scope after a while: mail that is judged, or what somebody does."""

    scope: Scope
    wait: timedelta
    rules: str
    mail: Mail | None = None
    command: Command | None = None

    @property
    def policy(self) -> Policy:
        """The policy by its name, so that a failing example can be read."""
        return POLICIES[self.rules]


class Happened(Struct, frozen=True):
    """What a step has led to."""

    step: Step
    time: datetime
    before: Standing
    after: Standing
    news: tuple[Change | EarlyWarning | EvidenceAdded | Reminder, ...] = ()
    act: Act | None = None
    refused: bool = False
    found: Mapping[Metric, Windows] = {}

    @property
    def changes(self) -> list[Change]:
        return [piece for piece in self.news if isinstance(piece, Change)]

    def findings(self) -> list[tuple[Finding, Finding]]:
        """The findings that were open before, and are still, as they were and as they are."""
        both = self.before.findings.keys() & self.after.findings.keys()
        pairs = [(self.before.findings[category], self.after.findings[category]) for category in both]
        return [(before, after) for before, after in pairs if before.id == after.id]


class World:
    """All scopes, their mail, and what has happened to them since. `closed` findings of each category were before."""

    def __init__(self, closed: int) -> None:
        self.closed = dict.fromkeys(Category, closed) if closed else {}
        self.now = START
        self.standings = {scope: Standing(scope, closed=self.closed) for scope in SCOPES}
        self.mail: dict[Scope, list[HourCounts]] = {scope: [] for scope in SCOPES}
        self.history: list[Happened] = []

    def goes_on(self, step: Step) -> Happened:
        self.now += step.wait
        happened = self._acted(step, step.command) if step.command else self._judged(step)
        self.standings[step.scope] = happened.after
        self.history.append(happened)
        return happened

    def _judged(self, step: Step) -> Happened:
        mail, newest_first, before = step.mail or Mail(), self.mail[step.scope], self.standings[step.scope]
        counts = {Measure.SENT: mail.sent, Measure.HARD_BOUNCED: mail.bounced, Measure.COMPLAINED: mail.complained}
        begun = self.now.replace(minute=0) - HOUR
        newest_first.insert(0, HourCounts(begun, {("yahoo", measure): n for measure, n in counts.items() if n}))
        found = windows(before, newest_first, self.now, step.policy)
        after, news = assess(before, measured(found, step.scope, self.now, step.policy), self.now, step.policy)
        return Happened(step, self.now, before, after, news, found=found)

    def _acted(self, step: Step, command: Command) -> Happened:
        before = self.standings[step.scope]
        by = SENDER if isinstance(command, ChangesMade) else OPERATOR
        act = Act(f"request-{len(self.history)}", by, "Because.")
        try:
            after, piece = carry_out(before, command, act, self.now, step.policy)
        except CommandRefused:
            return Happened(step, self.now, before, before, act=act, refused=True)
        return Happened(step, self.now, before, after, (piece,) if piece else (), act)


rules = st.sampled_from(list(POLICIES))
waits = st.sampled_from([timedelta(0), timedelta(minutes=7), HOUR, 5 * HOUR, DAY, 2 * DAY, 3 * DAY, 8 * DAY, 22 * DAY])
severities = st.sampled_from([Severity.SUSPECTED, *[Severity.PROBATION] * 3, Severity.SHUTDOWN, Severity.SUSPECTED])
sources = st.sampled_from(["a detector", "another"])
ago = st.none() | st.sampled_from([-DAY, timedelta(0), timedelta(minutes=50), DAY, 30 * DAY])


class Lifecycle(RuleBasedStateMachine):
    """Whatever can happen, in any order, to a few categories of a few scopes."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(0)
        self.ids: set[str] = set()

    @initialize(
        scopes=st.lists(st.sampled_from(SCOPES), min_size=1, unique=True),
        categories=st.lists(st.sampled_from(Category), min_size=1, max_size=3, unique=True),
        closed=st.integers(0, 3),
    )
    def begin(self, scopes: list[Scope], categories: list[Category], closed: int) -> None:
        self.world = World(closed)
        self.all_scopes = scopes
        self.scopes = st.sampled_from(scopes)
        self.categories = st.sampled_from(categories)

    @rule(wait=waits, rules=rules, mail=st.sampled_from(MAILS))
    def mail_is_judged_everywhere_at_once(self, wait: timedelta, rules: str, mail: Mail) -> None:
        for number, scope in enumerate(self.all_scopes):
            self._goes_on(Step(scope, timedelta(0) if number else wait, rules, mail))

    @rule(data=st.data(), rules=rules, mail=st.sampled_from(MAILS), days=st.integers(2, 9))
    def mail_is_judged_day_after_day(self, data: st.DataObject, rules: str, mail: Mail, days: int) -> None:
        scope = data.draw(self.scopes)
        for _ in range(days):
            self._goes_on(Step(scope, DAY, rules, mail))

    @rule(data=st.data(), wait=waits, rules=rules, severity=severities, source=sources, before=ago)
    def a_problem_is_reported_or_suspected(
        self,
        data: st.DataObject,
        wait: timedelta,
        rules: str,
        severity: Severity,
        source: str,
        before: timedelta | None,
    ) -> None:
        scope, category = data.draw(self.scopes), data.draw(self.categories)
        observed = None if before is None else self.world.now - before
        self._goes_on(Step(scope, wait, rules, command=Report(scope, category, "Seen.", source, severity, observed)))

    @precondition(lambda self: self.open())
    @rule(data=st.data(), wait=waits, rules=rules, source=sources)
    def a_suspicion_is_withdrawn(self, data: st.DataObject, wait: timedelta, rules: str, source: str) -> None:
        scope, finding = data.draw(st.sampled_from(self.open()))
        self._goes_on(Step(scope, wait, rules, command=Withdraw(scope, finding.category, source, "Seen no more.")))

    @precondition(lambda self: self.open())
    @rule(
        data=st.data(),
        wait=waits,
        rules=rules,
        before=ago,
        answer=st.sampled_from([None, Decision.ACCEPT, Decision.ACCEPT, Decision.REFUSE]),
    )
    def a_sender_reports_changes(
        self, data: st.DataObject, wait: timedelta, rules: str, before: timedelta | None, answer: Decision | None
    ) -> None:
        scope, finding = data.draw(st.sampled_from(self.open()))
        since = None if before is None else self.world.now - before
        self._goes_on(Step(scope, wait, rules, command=ChangesMade(scope, finding.id, "Cleaned the list.", since)))
        if answer:
            self._goes_on(Step(scope, wait, rules, command=Decide(scope, finding.id, answer)))

    @precondition(lambda self: self.open())
    @rule(data=st.data(), wait=waits, rules=rules, to=st.sampled_from(ReinstateTo))
    def a_person_decides_what_can_be_decided(
        self, data: st.DataObject, wait: timedelta, rules: str, to: ReinstateTo
    ) -> None:
        scope, finding = data.draw(st.sampled_from(self.open()))
        if decisions := [decision for decision in Decision if decision in allowed(finding)]:
            decision = data.draw(st.sampled_from(decisions))
            self._goes_on(Step(scope, wait, rules, command=Decide(scope, finding.id, decision, to=to)))

    @precondition(lambda self: self.open())
    @rule(data=st.data(), rules=rules, decision=st.sampled_from(Decision), days=st.none() | st.integers(-1, 400))
    def a_person_decides_whatever_comes_to_mind(
        self, data: st.DataObject, rules: str, decision: Decision, days: int | None
    ) -> None:
        scope, finding = data.draw(st.sampled_from(self.open()))
        seen = data.draw(st.sampled_from([None, finding.revision, finding.revision - 1, finding.revision + 1]))
        self._goes_on(Step(scope, HOUR, rules, command=Decide(scope, finding.id, decision, days, seen=seen)))

    def open(self) -> list[tuple[Scope, Finding]]:
        """The findings that somebody can act upon."""
        return [(s.scope, finding) for s in self.world.standings.values() for finding in s.findings.values()]

    def _goes_on(self, step: Step) -> None:
        last = self.world.goes_on(step)
        for law in LAWS:
            law(last)
        ids = [piece.id for piece in last.news]
        ids += [change.finding.id for change in last.changes if change.before is None]
        assert len(set(ids)) == len(ids)
        assert not self.ids & set(ids), "every finding and every piece of news has an id of its own"
        self.ids |= set(ids)

    def teardown(self) -> None:
        self._every_act_is_in_the_history_once()
        self._what_is_decided_later_has_a_higher_repeat_or_revision()
        again = World(self.world.closed.get(Category.OTHER, 0))
        for happened in self.world.history:
            again.goes_on(happened.step)
        assert again.history == self.world.history, "the same sequence has the same history"

    def _every_act_is_in_the_history_once(self) -> None:
        done = [h.act.id for h in self.world.history if h.act and not h.refused and h.news]
        pieces = [piece for h in self.world.history for piece in h.news]
        kept = [p.act.id for p in pieces if isinstance(p, Change | EvidenceAdded) and p.act]
        assert Counter(kept) == Counter(done)
        assert set(Counter(done).values()) <= {1}

    def _what_is_decided_later_has_a_higher_repeat_or_revision(self) -> None:
        """Programs that hear of it in another order go by that: docs/building-on-it.md. Suspicions move no status."""
        orders: dict[tuple[Scope, Category], list[tuple[int, int]]] = {}
        for change in (change for happened in self.world.history for change in happened.changes):
            if {STAGE_STATUS[change.before], STAGE_STATUS[change.after]} != {Status.HEALTHY}:
                order = change.finding.repeat, change.finding.revision
                orders.setdefault((change.scope, change.category), []).append(order)
        assert all(each == sorted(set(each)) for each in orders.values())


# The laws. Each is of one step, whatever came before it.


def the_status_is_the_worst_open_stage(last: Happened) -> None:
    stages = [finding.stage for finding in last.after.findings.values()]
    assert last.after.status == STATUSES[max(stages, key=BEST_FIRST.index, default=None)]
    assert all(category is finding.category for category, finding in last.after.findings.items())
    assert Stage.RESOLVED not in stages, "what is resolved is no longer open"


def only_a_person_leads_out_of_what_waits_or_is_shut_down(last: Happened) -> None:
    for category, before in last.before.findings.items():
        after = last.after.stage(category)
        if before.stage in WAITS_FOR_A_PERSON and BEST_FIRST.index(after) < BEST_FIRST.index(before.stage):
            assert isinstance(last.step.command, Decide)
            assert last.act
            assert before.id == last.step.command.finding


def permanent_is_for_ever_and_a_persons_decision(last: Happened) -> None:
    for category, before in last.before.findings.items():
        if before.stage is Stage.PERMANENT_SHUTDOWN:
            after = last.after.findings[category]
            assert (after.id, after.stage, after.revision) == (before.id, before.stage, before.revision)
            assert not isinstance(last.step.command, Decide) or last.refused or last.step.command.finding != before.id
    for change in last.changes:
        if change.after is Stage.PERMANENT_SHUTDOWN:
            assert isinstance(last.step.command, Decide)
            assert last.step.command.decision is Decision.MAKE_PERMANENT, "and nothing but a person leads into it"


def whatever_is_decided_is_told_in_exactly_one_change(last: Happened) -> None:
    moved = set()
    for category in Category:
        before, after = last.before.findings.get(category), last.after.findings.get(category)
        if (before and (before.id, before.stage, before.revision)) != (
            after and (after.id, after.stage, after.revision)
        ):
            moved.add(category)
    assert sorted(moved) == sorted(change.category for change in last.changes)
    for change in last.changes:
        before, after = last.before.findings.get(change.category), last.after.findings.get(change.category)
        assert (change.before, change.scope_before) == (before.stage if before else None, last.before.status)
        assert (change.after, change.scope_after) == (change.finding.stage, last.after.status)
        assert TRANSITIONS[change.before, change.trigger] is change.after
        assert change.trigger in triggers_from(change.category, change.before)
        assert change.finding == after if after else change.after is Stage.RESOLVED
        assert change.finding.revision == (before.revision + 1 if before else 1)
        assert (change.time, change.scope) == (last.time, last.step.scope)


def an_act_is_in_the_history_with_what_it_did(last: Happened) -> None:
    if last.refused:
        assert (last.news, last.after) == ((), last.before)
    elif last.act and not last.news:
        assert suspects(last) or isinstance(last.step.command, Withdraw)
        assert last.after == last.before, "what is no news changes nothing"
    elif last.act:
        (piece,) = last.news
        assert isinstance(piece, Change | EvidenceAdded)
        assert piece.act == last.act
        assert last.after.evaluated == last.before.evaluated, "nobody's act is an evaluation"
    else:
        assert all(piece.act is None for piece in last.changes)


def what_is_told_has_one_alert_that_says_so(last: Happened) -> None:
    for piece in last.news:
        if isinstance(piece, EvidenceAdded):
            continue
        alert = alert_of(piece, last.step.policy, "123456789012", "eu-west-1")
        assert (alert.id, alert.time, alert.scope) == (piece.id, piece.time, piece.scope)
        assert ALERTS.decode(msgspec.json.encode(alert)) == alert


def all_that_is_kept_can_be_read_again(last: Happened) -> None:
    assert STANDINGS.decode(msgspec.json.encode(last.after)) == last.after
    for piece in last.news:
        assert NEWS.decode(msgspec.json.encode(piece)) == piece


def a_moment_that_was_judged_is_not_judged_again(last: Happened) -> None:
    if last.after.evaluated:
        again = assess(last.after, last.after.measures, last.after.evaluated, last.step.policy)
        assert again == (last.after, ())


def nobody_is_warned_of_what_has_a_finding(last: Happened) -> None:
    told = [piece.metric for piece in last.news if isinstance(piece, EarlyWarning)]
    for metric in told:
        assert Category(metric) not in {**last.before.findings, **last.after.findings}
        assert last.after.metric(metric).warned
        assert not last.before.metric(metric).warned


def floors_and_periods_only_move_forward(last: Happened) -> None:
    for metric in Metric:
        was, is_ = last.before.metric(metric).floor, last.after.metric(metric).floor
        assert was is None or (is_ is not None and is_ >= was)
    reinstated = {c.category for c in last.changes if c.trigger is Trigger.REINSTATED_ON_PROBATION}
    for before, after in last.findings():
        assert after.since >= before.since
        assert after.stage_since >= before.stage_since
        if before.period_since and before.period_end:
            assert after.period_since
            assert after.period_end
            assert after.period_since in {before.period_since, last.time}
            # Whoever is reinstated begins anew; all others have at least the time that they had.
            begun = after.category in reinstated
            assert after.period_end > last.time if begun else after.period_end >= before.period_end
    for category, closed in last.before.closed.items():
        assert last.after.closed[category] >= closed


def suspects(last: Happened) -> bool:
    return isinstance(last.step.command, Report) and last.step.command.severity is Severity.SUSPECTED


def a_suspicion_never_makes_a_scope_worse(last: Happened) -> None:
    """Neither at once, nor by what it leads to later: of an established finding it is evidence, and nothing else.

    Unless a person has confirmed what the same source suspected: then the problem has been seen again.
    """
    assert {finding.stage for category, finding in last.after.findings.items() if category in METRICS}.isdisjoint(
        {Stage.SUSPECTED}
    )
    if suspects(last) or isinstance(last.step.command, Withdraw):
        assert last.after.status == last.before.status
        assert (last.after.metrics, last.after.closed) == (last.before.metrics, last.before.closed)
        for before, after in last.findings():
            if before.stage is not Stage.SUSPECTED:
                # What a person confirmed, the same source may see again.
                command = last.step.command
                believed = isinstance(command, Report) and command.source in before.confirmed
                seen = before.last_observed if believed else after.last_observed
                same = replace(after, evidence=before.evidence, reports=before.reports, last_observed=seen)
                assert same == before


def only_a_person_or_a_report_makes_a_suspicion_a_problem(last: Happened) -> None:
    for before, after in last.findings():
        if before.stage is Stage.SUSPECTED is not after.stage:
            command = last.step.command
            assert not suspects(last)
            assert isinstance(command, Report) or (
                isinstance(command, Decide) and command.decision is Decision.CONFIRM and command.finding == before.id
            )


def what_was_only_suspected_leaves_no_trace_in_repeats(last: Happened) -> None:
    for change in last.changes:
        if change.before is Stage.SUSPECTED and change.after is Stage.RESOLVED:
            besides = {c: finding for c, finding in last.before.findings.items() if c is not change.category}
            assert last.after == replace(last.before, findings=besides, dismissed=last.after.dismissed)
            dismissed = {change.category: last.time} if change.trigger is Trigger.DISMISSED else {}
            assert last.after.dismissed == {**last.before.dismissed, **dismissed}


def what_was_dismissed_is_not_suspected_again_at_once(last: Happened) -> None:
    for change in last.changes:
        dismissed = last.before.dismissed.get(change.category)
        if change.after is Stage.SUSPECTED and change.before is None and dismissed:
            assert last.time - dismissed >= DISMISSED_FOR
            assert change.finding.last_observed
            assert change.finding.last_observed > dismissed


def what_closes_a_metrics_finding_leaves_its_mail_behind(last: Happened) -> None:
    for change in last.changes:
        if change.after is Stage.RESOLVED and change.category.metric:
            floor = last.after.metric(change.category.metric).floor
            assert floor
            assert floor >= (last.time if last.act else change.finding.since)


def every_report_is_counted(last: Happened) -> None:
    if isinstance(last.step.command, Report) and not last.refused and last.news:
        category = last.step.command.category
        before = last.before.findings.get(category)
        assert last.after.findings[category].reports == (before.reports if before else 0) + 1


def whoever_has_not_seen_the_latest_is_refused(last: Happened) -> None:
    if isinstance(last.step.command, Decide) and last.step.command.seen is not None:
        known = {finding.id: finding.revision for finding in last.before.findings.values()}
        assert last.refused or known[last.step.command.finding] == last.step.command.seen


def no_mail_from_before_a_floor_is_measured(last: Happened) -> None:
    for metric, found in last.found.items():
        floor = last.before.metric(metric).floor
        finding = last.before.findings.get(Category(metric))
        assert floor is None or all(hour.hour >= floor for hour in found.window.hours)
        assert not finding or (found.since and all(hour.hour >= finding.since for hour in found.since.hours))


def a_probation_has_a_period_and_only_metrics_heal(last: Happened) -> None:
    for category, finding in last.after.findings.items():
        if finding.stage in {Stage.PROBATION, Stage.ALMOST_HEALED}:
            assert finding.period_since
            assert finding.period_end
            assert finding.period_end > finding.period_since
        assert category in METRICS or (finding.stage is not Stage.ALMOST_HEALED and finding.under_since is None)
        assert category not in METRICS or (finding.reports, finding.evidence) == (0, ())
        # What was taken back is no evidence any more, but it was a report.
        assert min(finding.reports, 1) <= len(finding.evidence) <= min(finding.reports, EVIDENCE_KEPT)
        assert finding.stage is not Stage.PERMANENT_SHUTDOWN or finding.changes is None


def what_time_can_not_move_does_not_move(last: Happened) -> None:
    """The scope is taken off the list of those to look at."""
    if last.act is None and not last.before.moves_with_time:
        assert {change.trigger for change in last.changes} <= {Trigger.LIMIT_EXCEEDED}
        assert not any(isinstance(piece, Reminder) for piece in last.news)


def what_is_allowed_is_carried_out_and_nothing_else(last: Happened) -> None:
    now, scope = last.time, last.step.scope
    act = Act("another", OPERATOR)
    for finding in last.after.findings.values():
        may = allowed(finding)
        commands: dict[str, Command] = {"changes-made": ChangesMade(scope, finding.id, "Cleaned the list.")}
        commands |= {decision: Decide(scope, finding.id, decision, seen=finding.revision) for decision in Decision}
        for name, command in commands.items():
            if name in may:
                after, piece = carry_out(last.after, command, act, now, last.step.policy)
                assert isinstance(piece, Change)
                assert piece.finding.revision == finding.revision + 1
                assert after != last.after
            else:
                with pytest.raises(CommandRefused) as refused:
                    carry_out(last.after, command, act, now, last.step.policy)
                assert refused.value.allowed == may
        assert set(may) <= set(commands)


LAWS = (
    the_status_is_the_worst_open_stage,
    only_a_person_leads_out_of_what_waits_or_is_shut_down,
    permanent_is_for_ever_and_a_persons_decision,
    whatever_is_decided_is_told_in_exactly_one_change,
    an_act_is_in_the_history_with_what_it_did,
    what_is_told_has_one_alert_that_says_so,
    all_that_is_kept_can_be_read_again,
    a_moment_that_was_judged_is_not_judged_again,
    nobody_is_warned_of_what_has_a_finding,
    floors_and_periods_only_move_forward,
    what_closes_a_metrics_finding_leaves_its_mail_behind,
    every_report_is_counted,
    a_suspicion_never_makes_a_scope_worse,
    only_a_person_or_a_report_makes_a_suspicion_a_problem,
    what_was_only_suspected_leaves_no_trace_in_repeats,
    what_was_dismissed_is_not_suspected_again_at_once,
    whoever_has_not_seen_the_latest_is_refused,
    no_mail_from_before_a_floor_is_measured,
    a_probation_has_a_period_and_only_metrics_heal,
    what_time_can_not_move_does_not_move,
    what_is_allowed_is_carried_out_and_nothing_else,
)

ALERTS: msgspec.json.Decoder[Alert] = msgspec.json.Decoder(Alert)
NEWS: msgspec.json.Decoder[News] = msgspec.json.Decoder(News)
STANDINGS = msgspec.json.Decoder(Standing)

TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)
