"""What people are told, and what a scope's history keeps: changes, and what is no change but worth knowing."""

from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct

from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import Stage, Status, Trigger
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Act, Finding, Measures, Observation, Standing


class Change(Struct, frozen=True, tag="change"):
    """Something was decided about a finding, by time and measurement or by somebody's act, and why.

    The stage may be what it was: an extended period is a change, too. `finding` is as it is after it.
    """

    id: str
    time: datetime
    scope: Scope
    category: Category
    before: Stage | None
    after: Stage
    trigger: Trigger
    scope_before: Status
    scope_after: Status
    finding: Finding
    measures: Measures | None = None
    act: Act | None = None


class EvidenceAdded(Struct, frozen=True, tag="evidence"):
    """A problem that is known was reported again. Nobody is told, but nothing is lost.

    `withdrawn` is whether a source has instead taken back what it suspected; others still suspect it.
    """

    id: str
    time: datetime
    scope: Scope
    category: Category
    finding: str
    observation: Observation
    act: Act
    withdrawn: bool = False


class EarlyWarning(Struct, frozen=True, tag="early_warning"):
    """A rate has reached its recommended value, and no status has changed."""

    id: str
    time: datetime
    scope: Scope
    metric: Metric
    measures: Measures


class ReminderKind(StrEnum):
    """What people are reminded of."""

    PERIOD_ENDS = "period_ends"
    REVIEW_WAITS = "review_waits"


class Reminder(Struct, frozen=True, tag="reminder"):
    """A probation ends soon, or somebody has to decide. No status has changed."""

    id: str
    time: datetime
    scope: Scope
    kind: ReminderKind
    category: Category
    status: Status
    finding: Finding
    measures: Measures | None = None


class OutageEvent(StrEnum):
    """What has become of a provider's outage."""

    FOUND = "found"
    OVER = "over"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class OutageChange(Struct, frozen=True, tag="outage"):
    """An outage of a mailbox provider was suspected, is over, or was decided upon by somebody's act.

    `outage` is as it is after it, `held` whether its mail is in no bounce rate from now on.
    """

    id: str
    time: datetime
    scope: Scope
    event: OutageEvent
    outage: Outage
    held: bool
    act: Act | None = None


def outage_change(
    scope: Scope, outage: Outage, event: OutageEvent, now: datetime, policy: Policy, act: Act | None = None
) -> OutageChange:
    """What has become of an outage; it is as it is after that."""
    identifier = news_id(f"outage/{event}", scope, outage.id, now, act.id if act else "")
    return OutageChange(identifier, now, scope, event, outage, outage.is_held(policy), act)


def change(
    before: Standing, after: Standing, finding: Finding, trigger: Trigger, now: datetime, act: Act | None = None
) -> Change:
    """The change that led from one standing of a scope to the next; `finding` is as it is after it."""
    metric = finding.category.metric
    return Change(
        id=news_id("change", before.scope, finding.category, now, act.id if act else ""),
        time=now,
        scope=before.scope,
        category=finding.category,
        before=before.stage(finding.category),
        after=finding.stage,
        trigger=trigger,
        scope_before=before.status,
        scope_after=after.status,
        finding=finding,
        measures=after.measures.get(metric) if metric else None,
        act=act,
    )


def news_id(kind: str, scope: Scope, about: str, now: datetime, request: str = "") -> str:
    """An id that is the same whenever the same thing is decided again."""
    text = "\0".join((kind, scope, about, now.isoformat(), request))
    return blake2b(text.encode(), digest_size=10).hexdigest()
