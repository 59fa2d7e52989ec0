"""The status lifecycle: the stages that a finding goes through, and what leads from one to the next.

A finding is one problem of one scope, at a stage. A metric's status is the stage of its finding, and a scope's status
is the worst of its open findings; nothing else stores a status.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from ses_reputation.domain.categories import CATEGORIES, METRICS, AtEnd, Category, OnChanges, Repeat


class Status(StrEnum):
    """The names that SES's reputation dashboard gave to the status of an account and of a metric."""

    HEALTHY = "Healthy"
    ALMOST_HEALED = "Almost healed"
    PROBATION = "Probation"
    PENDING_DECISION = "Pending end of probation decision"
    PENDING_SHUTDOWN = "Pending shutdown"
    SHUTDOWN = "Shutdown"


class Stage(StrEnum):
    """How far a finding has come. A later stage is worse, but RESOLVED, which ends it.

    What is SUSPECTED is no problem yet: a person decides whether it is one.
    """

    SUSPECTED = "suspected"
    ALMOST_HEALED = "almost_healed"
    PROBATION = "probation"
    PENDING_DECISION = "pending_decision"
    PENDING_SHUTDOWN = "pending_shutdown"
    SHUTDOWN = "shutdown"
    PERMANENT_SHUTDOWN = "permanent_shutdown"
    RESOLVED = "resolved"


class Trigger(StrEnum):
    """What moves a finding: a measurement, the end of its period, a report, or what a person decides."""

    LIMIT_EXCEEDED = "limit_exceeded"
    STEADY_UNDER_LIMIT = "steady_under_limit"
    HEALED = "healed"
    ENDED_OVER_SHUTDOWN_LIMIT = "ended_over_shutdown_limit"
    ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW = "ended_over_shutdown_limit_for_review"
    ENDED_BETWEEN_LIMITS = "ended_between_limits"
    ENDED_UNPROVEN = "ended_unproven"
    ENDED_BEFORE_DECISION = "ended_before_decision"

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"
    REPORTED = "reported"
    REPORTED_FOR_SHUTDOWN = "reported_for_shutdown"
    REPORTED_FOR_REVIEW = "reported_for_review"
    REPEATED = "repeated"
    REPEATED_FOR_SHUTDOWN = "repeated_for_shutdown"
    REPEATED_FOR_REVIEW = "repeated_for_review"
    REPEATED_FOR_GOOD = "repeated_for_good"
    ENDED_STILL_REPORTED = "ended_still_reported"
    ENDED_STILL_REPORTED_FOR_REVIEW = "ended_still_reported_for_review"
    ENDED_FOR_DECISION = "ended_for_decision"
    ENDED_WITHOUT_REPORT = "ended_without_report"

    CHANGES_REPORTED = "changes_reported"
    ACCEPTED_AND_COUNTED_ANEW = "accepted_and_counted_anew"
    ACCEPTED_WITH_MORE_TIME = "accepted_with_more_time"
    ACCEPTED_AND_LIFTED = "accepted_and_lifted"
    CHANGES_REFUSED = "changes_refused"
    LIFTED = "lifted"
    EXTENDED = "extended"
    SHUT_DOWN = "shut_down"
    REINSTATED_ON_PROBATION = "reinstated_on_probation"
    REINSTATED = "reinstated"
    MADE_PERMANENT = "made_permanent"


_PENDING = (Stage.PENDING_DECISION, Stage.PENDING_SHUTDOWN)
_BEFORE_SHUTDOWN = (Stage.ALMOST_HEALED, Stage.PROBATION, *_PENDING)
# Whoever reports what was only suspected reports something new: a suspicion is no finding of its kind yet.
_NOTHING_ESTABLISHED = (None, Stage.SUSPECTED)

# Nothing but a person's decision leads out of PENDING_DECISION, PENDING_SHUTDOWN or SHUTDOWN to something better, or
# into PERMANENT_SHUTDOWN, and nothing at all out of that. None is where there is no finding yet.
TRANSITIONS: Mapping[tuple[Stage | None, Trigger], Stage] = MappingProxyType(
    {
        # What is measured.
        (None, Trigger.LIMIT_EXCEEDED): Stage.PROBATION,
        (Stage.PROBATION, Trigger.STEADY_UNDER_LIMIT): Stage.ALMOST_HEALED,
        (Stage.PROBATION, Trigger.HEALED): Stage.RESOLVED,
        (Stage.PROBATION, Trigger.ENDED_OVER_SHUTDOWN_LIMIT): Stage.SHUTDOWN,
        (Stage.PROBATION, Trigger.ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW): Stage.PENDING_SHUTDOWN,
        (Stage.PROBATION, Trigger.ENDED_BETWEEN_LIMITS): Stage.PENDING_DECISION,
        (Stage.PROBATION, Trigger.ENDED_UNPROVEN): Stage.PENDING_DECISION,
        (Stage.ALMOST_HEALED, Trigger.LIMIT_EXCEEDED): Stage.PROBATION,
        (Stage.ALMOST_HEALED, Trigger.HEALED): Stage.RESOLVED,
        (Stage.ALMOST_HEALED, Trigger.ENDED_OVER_SHUTDOWN_LIMIT): Stage.SHUTDOWN,
        (Stage.ALMOST_HEALED, Trigger.ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW): Stage.PENDING_SHUTDOWN,
        (Stage.ALMOST_HEALED, Trigger.ENDED_BETWEEN_LIMITS): Stage.PENDING_DECISION,
        # What is suspected. It moves nothing that is established.
        **{
            (stage, Trigger.SUSPECTED): stage or Stage.SUSPECTED
            for stage in (
                *_NOTHING_ESTABLISHED,
                Stage.PROBATION,
                *_PENDING,
                Stage.SHUTDOWN,
                Stage.PERMANENT_SHUTDOWN,
            )
        },
        (Stage.SUSPECTED, Trigger.CONFIRMED): Stage.PROBATION,
        (Stage.SUSPECTED, Trigger.DISMISSED): Stage.RESOLVED,
        (Stage.SUSPECTED, Trigger.WITHDRAWN): Stage.RESOLVED,
        # What is reported.
        **{
            (stage, trigger): after
            for stage in _NOTHING_ESTABLISHED
            for trigger, after in (
                (Trigger.REPORTED, Stage.PROBATION),
                (Trigger.REPORTED_FOR_SHUTDOWN, Stage.SHUTDOWN),
                (Trigger.REPORTED_FOR_REVIEW, Stage.PENDING_SHUTDOWN),
                (Trigger.REPEATED, Stage.PROBATION),
                (Trigger.REPEATED_FOR_SHUTDOWN, Stage.SHUTDOWN),
                (Trigger.REPEATED_FOR_REVIEW, Stage.PENDING_SHUTDOWN),
                (Trigger.REPEATED_FOR_GOOD, Stage.PENDING_SHUTDOWN),
            )
        },
        # A report of what is known is evidence, and moves nothing, unless it asks for a shutdown.
        **{
            (stage, Trigger.REPORTED): stage
            for stage in (Stage.PROBATION, *_PENDING, Stage.SHUTDOWN, Stage.PERMANENT_SHUTDOWN)
        },
        **{(stage, Trigger.REPORTED_FOR_SHUTDOWN): Stage.SHUTDOWN for stage in (Stage.PROBATION, *_PENDING)},
        **{
            (stage, Trigger.REPORTED_FOR_REVIEW): Stage.PENDING_SHUTDOWN
            for stage in (Stage.PROBATION, Stage.PENDING_DECISION)
        },
        (Stage.PROBATION, Trigger.ENDED_STILL_REPORTED): Stage.SHUTDOWN,
        (Stage.PROBATION, Trigger.ENDED_STILL_REPORTED_FOR_REVIEW): Stage.PENDING_SHUTDOWN,
        (Stage.PROBATION, Trigger.ENDED_FOR_DECISION): Stage.PENDING_DECISION,
        (Stage.PROBATION, Trigger.ENDED_WITHOUT_REPORT): Stage.RESOLVED,
        # What people do. Changes that are reported after a shutdown are an appeal, those of a suspicion explain it.
        **{(stage, Trigger.ENDED_BEFORE_DECISION): Stage.PENDING_DECISION for stage in _BEFORE_SHUTDOWN[:2]},
        **{(stage, Trigger.CHANGES_REPORTED): stage for stage in (Stage.SUSPECTED, *_BEFORE_SHUTDOWN, Stage.SHUTDOWN)},
        **{(stage, Trigger.CHANGES_REFUSED): stage for stage in (*_BEFORE_SHUTDOWN, Stage.SHUTDOWN)},
        **{
            (stage, trigger): Stage.PROBATION if stage in _PENDING else stage
            for stage in _BEFORE_SHUTDOWN
            for trigger in (Trigger.ACCEPTED_AND_COUNTED_ANEW, Trigger.EXTENDED)
        },
        # What is measured is never accepted so, and nothing else is ever Almost healed.
        **{(stage, Trigger.ACCEPTED_WITH_MORE_TIME): Stage.PROBATION for stage in (Stage.PROBATION, *_PENDING)},
        **{(stage, Trigger.ACCEPTED_AND_LIFTED): Stage.RESOLVED for stage in (Stage.PROBATION, *_PENDING)},
        **{(stage, Trigger.LIFTED): Stage.RESOLVED for stage in _BEFORE_SHUTDOWN},
        **{(stage, Trigger.SHUT_DOWN): Stage.SHUTDOWN for stage in _BEFORE_SHUTDOWN},
        (Stage.SHUTDOWN, Trigger.REINSTATED_ON_PROBATION): Stage.PROBATION,
        (Stage.SHUTDOWN, Trigger.REINSTATED): Stage.RESOLVED,
        (Stage.SHUTDOWN, Trigger.MADE_PERMANENT): Stage.PERMANENT_SHUTDOWN,
        (Stage.PENDING_SHUTDOWN, Trigger.MADE_PERMANENT): Stage.PERMANENT_SHUTDOWN,
    }
)

ACCEPTED: Mapping[OnChanges, Trigger] = MappingProxyType(
    {
        OnChanges.COUNTED_ANEW: Trigger.ACCEPTED_AND_COUNTED_ANEW,
        OnChanges.MORE_TIME: Trigger.ACCEPTED_WITH_MORE_TIME,
        OnChanges.LIFTED: Trigger.ACCEPTED_AND_LIFTED,
    }
)
"""What accepting changes is."""

REPEATED: Mapping[Repeat, Trigger] = MappingProxyType(
    {
        Repeat.PROBATION: Trigger.REPEATED,
        Repeat.SHUTDOWN: Trigger.REPEATED_FOR_SHUTDOWN,
        Repeat.PERMANENT: Trigger.REPEATED_FOR_GOOD,
    }
)
"""What a report is, where repeats escalate."""

_OF_MEASURED = frozenset(
    {
        Trigger.LIMIT_EXCEEDED,
        Trigger.STEADY_UNDER_LIMIT,
        Trigger.HEALED,
        Trigger.ENDED_OVER_SHUTDOWN_LIMIT,
        Trigger.ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW,
        Trigger.ENDED_BETWEEN_LIMITS,
        Trigger.ENDED_UNPROVEN,
    }
)
_OF_REPORTED = frozenset(
    {
        Trigger.SUSPECTED,
        Trigger.CONFIRMED,
        Trigger.DISMISSED,
        Trigger.WITHDRAWN,
        Trigger.REPORTED,
        Trigger.REPORTED_FOR_SHUTDOWN,
        Trigger.REPORTED_FOR_REVIEW,
    }
)
_OF_ALL = frozenset(
    {
        Trigger.ENDED_BEFORE_DECISION,
        Trigger.CHANGES_REPORTED,
        Trigger.CHANGES_REFUSED,
        Trigger.LIFTED,
        Trigger.EXTENDED,
        Trigger.SHUT_DOWN,
        Trigger.REINSTATED_ON_PROBATION,
        Trigger.REINSTATED,
    }
)


def _triggers(category: Category) -> frozenset[Trigger]:
    row = CATEGORIES[category]
    triggers = {*_OF_ALL, *(_OF_MEASURED if category in METRICS else _OF_REPORTED), ACCEPTED[row.on_changes]}
    triggers |= {REPEATED[repeat] for repeat in row.repeats}
    if row.repeats:
        triggers.add(Trigger.REPEATED_FOR_REVIEW)
    if Repeat.PERMANENT in row.repeats:
        triggers.add(Trigger.MADE_PERMANENT)
    if category not in METRICS:
        if row.remains is AtEnd.SHUTDOWN:
            triggers.add(Trigger.ENDED_STILL_REPORTED)
        if row.remains is not AtEnd.DECISION:
            triggers.add(Trigger.ENDED_STILL_REPORTED_FOR_REVIEW)
        if row.remains is not AtEnd.SHUTDOWN:
            triggers.add(Trigger.ENDED_FOR_DECISION)
        if row.gone is AtEnd.HEALTHY:
            triggers.add(Trigger.ENDED_WITHOUT_REPORT)
    return frozenset(triggers)


TRIGGERS: Mapping[Category, frozenset[Trigger]] = MappingProxyType({c: _triggers(c) for c in Category})
"""What can move a finding of each category at all."""

# What is suspected changes no status: nothing is decided about it.
STAGE_STATUS: Mapping[Stage | None, Status] = MappingProxyType(
    {
        None: Status.HEALTHY,
        Stage.SUSPECTED: Status.HEALTHY,
        Stage.RESOLVED: Status.HEALTHY,
        Stage.ALMOST_HEALED: Status.ALMOST_HEALED,
        Stage.PROBATION: Status.PROBATION,
        Stage.PENDING_DECISION: Status.PENDING_DECISION,
        Stage.PENDING_SHUTDOWN: Status.PENDING_SHUTDOWN,
        Stage.SHUTDOWN: Status.SHUTDOWN,
        Stage.PERMANENT_SHUTDOWN: Status.SHUTDOWN,
    }
)
"""What people call the stage of one finding."""

# Pending end of probation decision is a status of scopes only: the metric itself is on probation until it is decided.
METRIC_STATUS: Mapping[Stage | None, Status] = MappingProxyType(
    {**STAGE_STATUS, Stage.PENDING_DECISION: Status.PROBATION}
)

# Almost healed is a status of metrics only: the scope itself is on probation until that ends.
SCOPE_STATUS: Mapping[Stage | None, Status] = MappingProxyType({**STAGE_STATUS, Stage.ALMOST_HEALED: Status.PROBATION})

# Stages that time alone can end, so the scope is looked at again though no mail arrived.
STAGES_THAT_TIME_MOVES = frozenset({Stage.PROBATION, Stage.ALMOST_HEALED})
STAGES_THAT_WAIT = frozenset((Stage.SUSPECTED, *_PENDING))
"""Stages that wait for a person's decision, as long as that takes: time alone ends none of them."""


class TransitionRefused(ValueError):
    """A trigger that a stage, or a category, does not know."""


def advance(category: Category, stage: Stage | None, trigger: Trigger) -> Stage:
    """The stage that a trigger leads to; TransitionRefused if the tables have no such row."""
    known = triggers_from(category, stage)
    if trigger not in known:
        does = ", ".join(known) or "nothing"
        raise TransitionRefused(f"{trigger} does not apply to {category} at {stage or 'no finding'}; what does: {does}")
    return TRANSITIONS[stage, trigger]


# Whatever is decided asks for it, and so does every finding that is shown.
@cache
def triggers_from(category: Category, stage: Stage | None) -> tuple[Trigger, ...]:
    """All that applies to a finding of this category at this stage, in the order of Trigger."""
    if stage is not None and stage not in stages_of(category):
        return ()
    return tuple(t for t in Trigger if t in TRIGGERS[category] and (stage, t) in TRANSITIONS)


def stages_of(category: Category) -> frozenset[Stage]:
    """The stages that a finding of this category can be at."""
    never = {Stage.SUSPECTED if category in METRICS else Stage.ALMOST_HEALED}
    if Trigger.MADE_PERMANENT not in TRIGGERS[category]:
        never.add(Stage.PERMANENT_SHUTDOWN)
    return frozenset(Stage) - never
