"""What reports and people's decisions do to a scope's findings."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.categories import CATEGORIES, METRICS, Category, Severity
from ses_reputation.domain.changes import (
    Change,
    EvidenceAdded,
    OutageChange,
    OutageEvent,
    change,
    news_id,
    outage_change,
)
from ses_reputation.domain.lifecycle import (
    ACCEPTED,
    REPEATED,
    STAGE_STATUS,
    STAGES_THAT_TIME_MOVES,
    Stage,
    Trigger,
    triggers_from,
)
from ses_reputation.domain.outages import Outage, OutageStage
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import (
    Act,
    Finding,
    Measures,
    Observation,
    ReportedChanges,
    Standing,
    moved,
    new_finding,
    next_full_hour,
    on_probation,
)

# A period that is extended by more has not been thought about.
MOST_DAYS = 365

# What made a detector suspect something stays in the mail that it looks at for days: without this, whoever has
# dismissed a suspicion would be asked the same again tomorrow.
DISMISSED_FOR = timedelta(days=7)


class Decision(StrEnum):
    """What a person can decide about a finding."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    LIFT = "lift"
    EXTEND = "extend"
    SHUTDOWN = "shutdown"
    REINSTATE = "reinstate"
    MAKE_PERMANENT = "make-permanent"
    CONFIRM = "confirm"
    DISMISS = "dismiss"


class ReinstateTo(StrEnum):
    """What a shutdown is turned into on appeal."""

    PROBATION = "probation"
    HEALTHY = "healthy"


class Report(Struct, frozen=True):
    """Somebody saw a problem. `observed` is when; None is now."""

    scope: Scope
    category: Category
    text: str
    source: str
    severity: Severity = Severity.PROBATION
    observed: datetime | None = None


class Withdraw(Struct, frozen=True):
    """Whoever suspected something does so no longer: `source` is who, `text` why."""

    scope: Scope
    category: Category
    source: str
    text: str


class ChangesMade(Struct, frozen=True):
    """A sender changed something about a problem, at `since`; None is now. `seen` is the finding's revision."""

    scope: Scope
    finding: str
    text: str
    since: datetime | None = None
    seen: int | None = None


class Decide(Struct, frozen=True):
    """A person's decision about a finding, or an outage. `days` is for extend (None: the length of a probation), `to`
    for reinstate.

    `seen` is the revision of what the person saw: if it is another by now, nothing is decided.
    """

    scope: Scope
    finding: str
    decision: Decision
    days: int | None = None
    to: ReinstateTo = ReinstateTo.PROBATION
    seen: int | None = None


Command = Report | Withdraw | ChangesMade | Decide


class CommandRefused(ValueError):
    """A command that the lifecycle does not allow; the text says why, `allowed` what it would allow."""

    def __init__(self, reason: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.allowed = allowed


CHANGES_MADE = "changes-made"

# What each decision is to the lifecycle. Accepting depends on the category, reinstating on what it is to; confirming is
# something else where a repeat escalates.
_TRIGGERS: Mapping[Decision, frozenset[Trigger]] = MappingProxyType(
    {
        Decision.ACCEPT: frozenset(ACCEPTED.values()),
        Decision.REFUSE: frozenset({Trigger.CHANGES_REFUSED}),
        Decision.LIFT: frozenset({Trigger.LIFTED}),
        Decision.EXTEND: frozenset({Trigger.EXTENDED}),
        Decision.SHUTDOWN: frozenset({Trigger.SHUT_DOWN}),
        Decision.REINSTATE: frozenset({Trigger.REINSTATED_ON_PROBATION, Trigger.REINSTATED}),
        Decision.MAKE_PERMANENT: frozenset({Trigger.MADE_PERMANENT}),
        Decision.CONFIRM: frozenset({Trigger.CONFIRMED}),
        Decision.DISMISS: frozenset({Trigger.DISMISSED}),
    }
)
_NEEDS_CHANGES = frozenset({Decision.ACCEPT, Decision.REFUSE})
# After these the changes that were reported still wait.
_LEAVES_CHANGES = frozenset({Trigger.CHANGES_REPORTED, Trigger.EXTENDED})


def allowed(finding: Finding) -> tuple[str, ...]:
    """The commands about a finding that would not be refused now."""
    applies = set(triggers_from(finding.category, finding.stage))
    made = (CHANGES_MADE,) if Trigger.CHANGES_REPORTED in applies else ()
    return made + tuple(
        decision
        for decision, triggers in _TRIGGERS.items()
        if applies & triggers and (finding.changes or decision not in _NEEDS_CHANGES)
    )


def carry_out(
    standing: Standing, command: Command, act: Act, now: datetime, policy: Policy
) -> tuple[Standing, Change | EvidenceAdded | None]:
    """Do to a scope what somebody wants, at one moment: the standing that follows, and what its history keeps.

    None, and the standing as it is, if a suspicion says nothing new, or there is none to withdraw. CommandRefused if
    the lifecycle does not allow it.
    """
    match command:
        case Report(severity=Severity.SUSPECTED):
            return suspect(standing, command, act, now)
        case Report():
            return _report(standing, command, act, now, policy)
        case Withdraw():
            return _withdraw(standing, command, act, now)
        case ChangesMade():
            finding = _found(standing, command.finding, command.seen)
            return _changes_made(standing, finding, command, act, now)
        case Decide():
            finding = _found(standing, command.finding, command.seen)
            return _decide(standing, finding, command, act, now, policy)


_OUTAGE_DECISIONS: Mapping[Decision, tuple[OutageStage, OutageEvent]] = MappingProxyType(
    {
        Decision.CONFIRM: (OutageStage.CONFIRMED, OutageEvent.CONFIRMED),
        Decision.DISMISS: (OutageStage.DISMISSED, OutageEvent.DISMISSED),
    }
)


def allowed_of_outage(outage: Outage) -> tuple[str, ...]:
    """The decisions about an outage that would not be refused now. Whoever erred can decide the other way."""
    return tuple(decision for decision, (stage, _) in _OUTAGE_DECISIONS.items() if stage is not outage.stage)


def decide_outage(
    standing: Standing, outage: Outage, command: Decide, act: Act, now: datetime, policy: Policy
) -> tuple[Standing, OutageChange]:
    """Confirm or dismiss an outage of a mailbox provider: the standing that follows, and what people are told.

    CommandRefused for all other decisions, and if somebody else has decided since `seen`.
    """
    would = allowed_of_outage(outage)
    if command.seen is not None and command.seen != outage.revision:
        raise CommandRefused(
            f"outage {outage.id} was decided upon since you saw it: it is {outage.stage} now. Nothing was done", would
        )
    if command.decision not in would:
        raise CommandRefused(f"{command.decision} is not for an outage that is {outage.stage}", would)
    stage, event = _OUTAGE_DECISIONS[command.decision]
    decided = replace(outage, stage=stage, decided=now, revision=outage.revision + 1)
    return standing.with_outage(decided), outage_change(standing.scope, decided, event, now, policy, act)


def suspect(
    standing: Standing, suspicion: Report, act: Act, now: datetime
) -> tuple[Standing, Change | EvidenceAdded | None]:
    """Suspect what a report says, whatever its severity: the standing that follows, and what its history keeps.

    Where a finding of its category is open it is evidence, and moves nothing; it says that the problem remains only if
    a person has confirmed what the same source suspected of it. None, and the standing as it is, if the same source has
    said the same on this day (UTC) and it is still among the finding's evidence; and if a person has
    dismissed such a suspicion within DISMISSED_FOR, or after what is suspected now was observed. CommandRefused if the
    category is measured.
    """
    category = suspicion.category
    _refuse_measured(category)
    finding = standing.findings.get(category)
    observation = _observation(suspicion, now, suspected=not (finding and suspicion.source in finding.confirmed))
    if finding:
        if any(_is_alike(known, observation) for known in finding.evidence):
            return standing, None
        return _with_evidence(standing, finding.with_observation(observation), observation, act, now)
    dismissed = standing.dismissed.get(category)
    if dismissed and (now - dismissed < DISMISSED_FOR or observation.observed <= dismissed):
        return standing, None
    repeat = standing.closed.get(category, 0)
    opened = new_finding(standing.scope, category, Trigger.SUSPECTED, now, repeat, act.id)
    opened = opened.with_observation(observation)
    after = standing.with_finding(opened)
    return after, change(standing, after, opened, Trigger.SUSPECTED, now, act)


def _is_alike(known: Observation, new: Observation) -> bool:
    """Whether an observation says what was said on the same day."""
    return (known.source, known.text, known.received.date()) == (new.source, new.text, new.received.date())


def _withdraw(
    standing: Standing, withdrawal: Withdraw, act: Act, now: datetime
) -> tuple[Standing, Change | EvidenceAdded | None]:
    """Take back what a source has said of a suspected finding; without any other suspicion left the finding ends."""
    finding = standing.findings.get(withdrawal.category)
    if finding is None or finding.stage is not Stage.SUSPECTED:
        return standing, None
    left = tuple(known for known in finding.evidence if known.source != withdrawal.source)
    if len(left) == len(finding.evidence):
        return standing, None
    withdrawn = Observation(now, now, withdrawal.source, withdrawal.text, suspected=True)
    # What is taken back stays in the history alone.
    if left:
        after, kept = _with_evidence(standing, replace(finding, evidence=left), withdrawn, act, now)
        return after, replace(kept, withdrawn=True)
    ended = replace(moved(finding, Trigger.WITHDRAWN, now), changes=None, evidence=(withdrawn,))
    after = standing.without_suspicion(finding.category)
    return after, change(standing, after, ended, Trigger.WITHDRAWN, now, act)


def _found(standing: Standing, identifier: str, seen: int | None) -> Finding:
    finding = standing.finding(identifier)
    if finding is None:
        open_ones = ", ".join(f"{f.id} ({f.category})" for f in standing.findings.values()) or "none"
        raise CommandRefused(f"{standing.scope} has no open finding {identifier}; it has {open_ones}")
    if seen is not None and seen != finding.revision:
        raise CommandRefused(
            f"finding {identifier} was decided upon since you saw it: it is {_status(finding)} now. Nothing was done",
            allowed(finding),
        )
    return finding


def _report(
    standing: Standing, report: Report, act: Act, now: datetime, policy: Policy
) -> tuple[Standing, Change | EvidenceAdded]:
    category = report.category
    _refuse_measured(category)
    observation = _observation(report, now)
    finding, repeat = standing.findings.get(category), standing.closed.get(category, 0)
    trigger = _trigger_of(report, finding, repeat, reviewed=policy.reviewed_by_people(standing.scope))
    if finding is None:
        opened = _established(new_finding(standing.scope, category, trigger, now, repeat), now, policy)
        after = standing.with_finding(opened.with_observation(observation))
        return after, change(standing, after, after.findings[category], trigger, now, act)
    known = finding.with_observation(observation)
    if trigger is Trigger.REPORTED and finding.stage is not Stage.SUSPECTED:
        return _with_evidence(standing, known, observation, act, now)
    reported = moved(known, trigger, now)
    if finding.stage is Stage.SUSPECTED:
        reported = _established(reported, now, policy)
    after = standing.with_finding(reported)
    return after, change(standing, after, reported, trigger, now, act)


def _refuse_measured(category: Category) -> None:
    if category in METRICS:
        reported = tuple(c for c in Category if c not in METRICS)
        raise CommandRefused(f"the {category.replace('_', ' ')} is measured, and can't be reported", reported)


def _observation(report: Report, now: datetime, *, suspected: bool = False) -> Observation:
    return Observation(min(report.observed or now, now), now, report.source, report.text, suspected)


def _with_evidence(
    standing: Standing, finding: Finding, observation: Observation, act: Act, now: datetime
) -> tuple[Standing, EvidenceAdded]:
    """The standing with a finding that has moved nowhere, and what its history keeps of that."""
    scope, category = standing.scope, finding.category
    id_ = news_id("evidence", scope, category, now, act.id)
    return standing.with_finding(finding), EvidenceAdded(id_, now, scope, category, finding.id, observation, act)


def _established(finding: Finding, now: datetime, policy: Policy) -> Finding:
    """A finding that is no mere suspicion from now on: a probation begins, unless it begins with something worse."""
    return on_probation(finding, now, policy.probation) if finding.stage is Stage.PROBATION else finding


def _trigger_of(report: Report, finding: Finding | None, repeat: int, *, reviewed: bool) -> Trigger:
    """What a report is to the lifecycle: the worse of what it asks for and what a repeat leads to."""
    shutdown = report.severity is Severity.SHUTDOWN
    if finding is None or finding.stage is Stage.SUSPECTED:
        return _opening(report.category, repeat, reviewed=reviewed, shutdown=shutdown)
    trigger = Trigger.REPORTED_FOR_REVIEW if reviewed else Trigger.REPORTED_FOR_SHUTDOWN
    # What is as bad already gets no worse by another report.
    return trigger if shutdown and trigger in triggers_from(report.category, finding.stage) else Trigger.REPORTED


def _opening(category: Category, repeat: int, *, reviewed: bool, shutdown: bool = False) -> Trigger:
    """What begins a finding after so many that were closed; `shutdown` is whether that is asked for."""
    repeats = CATEGORIES[category].repeats
    again = REPEATED[repeats[min(repeat, len(repeats)) - 1]] if repeats and repeat else Trigger.REPORTED
    if again is Trigger.REPEATED_FOR_GOOD:
        return again
    if again is Trigger.REPEATED_FOR_SHUTDOWN:
        return Trigger.REPEATED_FOR_REVIEW if reviewed else again
    if shutdown:
        return Trigger.REPORTED_FOR_REVIEW if reviewed else Trigger.REPORTED_FOR_SHUTDOWN
    return again


def _changes_made(
    standing: Standing, finding: Finding, made: ChangesMade, act: Act, now: datetime
) -> tuple[Standing, Change]:
    _refuse_unless(CHANGES_MADE, finding)
    since = made.since or now
    if since > now:
        raise CommandRefused(f"the changes can't have been made at {since:%Y-%m-%d %H:%M} UTC: that is in the future")
    reported = ReportedChanges(now, since, made.text, act.by)
    changed = replace(moved(finding, Trigger.CHANGES_REPORTED, now), changes=reported)
    return _changed(standing, changed, Trigger.CHANGES_REPORTED, act, now)


def _decide(
    standing: Standing, finding: Finding, command: Decide, act: Act, now: datetime, policy: Policy
) -> tuple[Standing, Change]:
    _refuse_unless(command.decision, finding)
    if command.days is not None and not 0 < command.days <= MOST_DAYS:
        raise CommandRefused(f"a period is extended by 1 to {MOST_DAYS} days, not by {command.days}")
    if finding.stage is Stage.SUSPECTED:
        return _decide_suspicion(standing, finding, command, act, now, policy)
    trigger = _trigger_of_decision(command, finding)
    decided = moved(finding, trigger, now)
    if trigger not in _LEAVES_CHANGES:
        decided = replace(decided, changes=None)
    changed = finding.changes.since if finding.changes else now
    floor = None
    match trigger:
        case Trigger.ACCEPTED_AND_COUNTED_ANEW:
            floor = next_full_hour(changed)
            anew = replace(decided, since=max(finding.since, floor), under_since=None)
            decided = anew if finding.stage in STAGES_THAT_TIME_MOVES else _until(anew, now + policy.probation, now)
        case Trigger.ACCEPTED_WITH_MORE_TIME:
            end = max(finding.period_end or now, now + policy.probation)
            decided = _until(replace(decided, since=max(finding.since, changed)), end, now)
        case Trigger.EXTENDED:
            length = timedelta(days=command.days) if command.days else policy.probation
            decided = _until(decided, max(finding.period_end or now, now) + length, now)
        case Trigger.REINSTATED_ON_PROBATION:
            decided = on_probation(decided, now, policy.probation)
            floor = decided.since
        case Trigger.ACCEPTED_AND_LIFTED | Trigger.LIFTED | Trigger.REINSTATED:
            # What was before must not open it again.
            floor = next_full_hour(now)
        case _:
            pass  # It counts from where it did.
    return _changed(standing, decided, trigger, act, now, floor)


def _decide_suspicion(
    standing: Standing, finding: Finding, command: Decide, act: Act, now: datetime, policy: Policy
) -> tuple[Standing, Change]:
    if command.decision is Decision.DISMISS:
        dismissed = replace(moved(finding, Trigger.DISMISSED, now), changes=None)
        after = standing.without_suspicion(finding.category, dismissed=now)
        return after, change(standing, after, dismissed, Trigger.DISMISSED, now, act)
    # One more finding of its kind leads to the same, however it was found. What a sender has said of it still waits.
    reviewed = policy.reviewed_by_people(standing.scope)
    opening = _opening(finding.category, finding.repeat, reviewed=reviewed)
    trigger = Trigger.CONFIRMED if opening is Trigger.REPORTED else opening
    believed = replace(finding, confirmed=tuple(dict.fromkeys(known.source for known in finding.evidence)))
    return _changed(standing, _established(moved(believed, trigger, now), now, policy), trigger, act, now)


def _until(finding: Finding, end: datetime, now: datetime) -> Finding:
    """The finding with a period that ends then; one that had ended begins anew."""
    ended = finding.period_end is None or finding.period_end <= now
    return replace(
        finding,
        period_end=end,
        period_since=now if ended else finding.period_since,
        under_since=None if ended else finding.under_since,
    )


def _trigger_of_decision(command: Decide, finding: Finding) -> Trigger:
    match command.decision:
        case Decision.ACCEPT:
            return ACCEPTED[CATEGORIES[finding.category].on_changes]
        case Decision.REINSTATE if command.to is ReinstateTo.HEALTHY:
            return Trigger.REINSTATED
        case Decision.REINSTATE:
            return Trigger.REINSTATED_ON_PROBATION
        case decision:
            (trigger,) = _TRIGGERS[decision]
            return trigger


def _refuse_unless(command: str, finding: Finding) -> None:
    would = allowed(finding)
    if command in would:
        return
    if finding.stage is Stage.PERMANENT_SHUTDOWN:
        raise CommandRefused(f"finding {finding.id} is shut down for good: no appeal leads out of it")
    # Of a shutdown, changes are an appeal: it is refused, or somebody reinstates.
    accepts_appeal = command == Decision.ACCEPT and finding.stage is Stage.SHUTDOWN
    if command in _NEEDS_CHANGES and not finding.changes and not accepts_appeal:
        raise CommandRefused(f"no changes of finding {finding.id} wait for a decision", would)
    about = finding.category.replace("_", " ")
    raise CommandRefused(f"{command} is not for a finding about {about} that is {_status(finding)}", would)


def _status(finding: Finding) -> str:
    return "only suspected" if finding.stage is Stage.SUSPECTED else STAGE_STATUS[finding.stage]


def _changed(
    standing: Standing, finding: Finding, trigger: Trigger, act: Act, now: datetime, floor: datetime | None = None
) -> tuple[Standing, Change]:
    after = standing.with_finding(finding, floor)
    metric, before = finding.category.metric, standing.findings[finding.category]
    if metric and metric in standing.measures and finding.since != before.since:
        # What was measured since the probation began is not what counts from here on: the next evaluation tells that.
        after = replace(after, measures={**after.measures, metric: Measures(after.measures[metric].window)})
    return after, change(standing, after, finding, trigger, now, act)
