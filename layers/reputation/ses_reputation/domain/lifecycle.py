"""The status lifecycle: what happens to a scope when its rates rise, and when they fall again.

A finding is one problem of one scope, at a stage. A metric's status is the stage of its finding, and a scope's status
is the worst of its open findings; nothing else stores a status.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType

from msgspec import Struct, field
from msgspec.structs import replace

from ses_reputation.domain.counting import hour_of
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, Rate, Span, measure
from ses_reputation.domain.scopes import Scope


class Status(StrEnum):
    """The names that SES's reputation dashboard gave to the status of an account and of a metric."""

    HEALTHY = "Healthy"
    ALMOST_HEALED = "Almost healed"
    PROBATION = "Probation"
    PENDING_DECISION = "Pending end of probation decision"
    PENDING_SHUTDOWN = "Pending shutdown"
    SHUTDOWN = "Shutdown"


class Stage(StrEnum):
    """How far a finding has come. A later stage is worse, but RESOLVED, which ends it."""

    ALMOST_HEALED = "almost_healed"
    PROBATION = "probation"
    PENDING_DECISION = "pending_decision"
    PENDING_SHUTDOWN = "pending_shutdown"
    SHUTDOWN = "shutdown"
    RESOLVED = "resolved"


class Trigger(StrEnum):
    """What moves a finding from one stage to the next."""

    LIMIT_EXCEEDED = "limit_exceeded"
    STEADY_UNDER_LIMIT = "steady_under_limit"
    HEALED = "healed"
    ENDED_OVER_LIMIT = "ended_over_limit"
    ENDED_OVER_LIMIT_FOR_REVIEW = "ended_over_limit_for_review"
    ENDED_UNPROVEN = "ended_unproven"


# No row leads out of PENDING_DECISION, PENDING_SHUTDOWN or SHUTDOWN: a person decides there, never a good hour.
# None is where there is no finding yet.
TRANSITIONS: Mapping[tuple[Stage | None, Trigger], Stage] = MappingProxyType(
    {
        (None, Trigger.LIMIT_EXCEEDED): Stage.PROBATION,
        (Stage.PROBATION, Trigger.STEADY_UNDER_LIMIT): Stage.ALMOST_HEALED,
        (Stage.PROBATION, Trigger.HEALED): Stage.RESOLVED,
        (Stage.PROBATION, Trigger.ENDED_OVER_LIMIT): Stage.SHUTDOWN,
        (Stage.PROBATION, Trigger.ENDED_OVER_LIMIT_FOR_REVIEW): Stage.PENDING_SHUTDOWN,
        (Stage.PROBATION, Trigger.ENDED_UNPROVEN): Stage.PENDING_DECISION,
        (Stage.ALMOST_HEALED, Trigger.LIMIT_EXCEEDED): Stage.PROBATION,
        (Stage.ALMOST_HEALED, Trigger.HEALED): Stage.RESOLVED,
        (Stage.ALMOST_HEALED, Trigger.ENDED_OVER_LIMIT): Stage.SHUTDOWN,
        (Stage.ALMOST_HEALED, Trigger.ENDED_OVER_LIMIT_FOR_REVIEW): Stage.PENDING_SHUTDOWN,
    }
)

METRIC_STATUS: Mapping[Stage | None, Status] = MappingProxyType(
    {
        None: Status.HEALTHY,
        Stage.RESOLVED: Status.HEALTHY,
        Stage.ALMOST_HEALED: Status.ALMOST_HEALED,
        Stage.PROBATION: Status.PROBATION,
        Stage.PENDING_DECISION: Status.PENDING_DECISION,
        Stage.PENDING_SHUTDOWN: Status.PENDING_SHUTDOWN,
        Stage.SHUTDOWN: Status.SHUTDOWN,
    }
)

# Almost healed is a status of metrics only: the scope itself is on probation until that ends.
SCOPE_STATUS: Mapping[Stage | None, Status] = MappingProxyType({**METRIC_STATUS, Stage.ALMOST_HEALED: Status.PROBATION})

_WORST_LAST = tuple(Stage)

# Stages that time alone can move, so the scope is looked at again though no mail arrived.
STAGES_THAT_TIME_MOVES = frozenset({Stage.PROBATION, Stage.ALMOST_HEALED})


class Finding(Struct, frozen=True):
    """One open problem of a scope.

    It is measured over mail from `since` on, the first full hour of the probation. `under_since` is when the rate was
    first seen at or under the limit without having left it again.
    """

    metric: Metric
    stage: Stage
    opened: datetime
    since: datetime
    stage_since: datetime
    period_end: datetime
    under_since: datetime | None = None


class MetricStanding(Struct, frozen=True):
    """What is decided about one metric. Mail before the floor no longer counts."""

    floor: datetime | None = None
    finding: Finding | None = None

    @property
    def stage(self) -> Stage | None:
        """The stage of the finding, None without one."""
        return self.finding.stage if self.finding else None

    @property
    def status(self) -> Status:
        """The status that people read."""
        return METRIC_STATUS[self.stage]


class Measures(Struct, frozen=True):
    """The rates of one metric: over the window, and on probation over the mail since that began."""

    window: Rate
    since: Rate | None = None


class Standing(Struct, frozen=True):
    """All that is decided about a scope, at the time it was last judged, and the rates that it was judged by."""

    scope: Scope
    evaluated: datetime | None = None
    metrics: Mapping[Metric, MetricStanding] = field(default_factory=dict)
    measures: Mapping[Metric, Measures] = field(default_factory=dict)

    def metric(self, metric: Metric) -> MetricStanding:
        """What is decided about one metric; a metric that was never judged is Healthy."""
        return self.metrics.get(metric, MetricStanding())

    @property
    def status(self) -> Status:
        """The worst of the open findings."""
        open_stages = [m.finding.stage for m in self.metrics.values() if m.finding]
        return SCOPE_STATUS[max(open_stages, key=_WORST_LAST.index, default=None)]

    @property
    def moves_with_time(self) -> bool:
        """Whether time alone could change it."""
        return any(m.stage in STAGES_THAT_TIME_MOVES for m in self.metrics.values())


class Change(Struct, frozen=True):
    """A status before and after, with its cause: what an alert is about."""

    id: str
    time: datetime
    scope: Scope
    metric: Metric
    before: Stage | None
    after: Stage
    trigger: Trigger
    scope_before: Status
    scope_after: Status
    finding: Finding
    measures: Measures


class TransitionRefused(ValueError):
    """A trigger that a stage does not know."""


def advance(stage: Stage | None, trigger: Trigger) -> Stage:
    """The stage that a trigger leads to; TransitionRefused if the table has no such row."""
    try:
        return TRANSITIONS[stage, trigger]
    except KeyError:
        known = ", ".join(t for s, t in TRANSITIONS if s is stage) or "nothing but a person's decision"
        raise TransitionRefused(f"{trigger} does not apply to {stage or 'no finding'}; what does: {known}") from None


def spans(standing: Standing, now: datetime, policy: Policy) -> dict[tuple[Metric, str], Span]:
    """Which mail has to be measured to assess a standing: `window` for every metric, `since` where one is needed."""
    wanted: dict[tuple[Metric, str], Span] = {}
    oldest = now - policy.oldest_mail
    for metric in Metric:
        decided = standing.metric(metric)
        start = max(oldest, decided.floor) if decided.floor else oldest
        wanted[metric, "window"] = Span(metric, start, policy.window_volume())
        if decided.finding:
            wanted[metric, "since"] = Span(metric, decided.finding.since)
    return wanted


def measured(
    standing: Standing, newest_first: Iterable[HourCounts], now: datetime, policy: Policy
) -> Mapping[Metric, Measures]:
    """The rates that a standing is assessed by, from its scope's hours, read no further back than they are needed."""
    rates = measure(newest_first, spans(standing, now, policy), policy.volume_source)
    return {metric: Measures(rates[metric, "window"], rates.get((metric, "since"))) for metric in Metric}


def assess(
    standing: Standing, measures: Mapping[Metric, Measures], now: datetime, policy: Policy
) -> tuple[Standing, tuple[Change, ...]]:
    """Judge a scope by its measures at one moment: the standing that follows, and what changed.

    A moment that was judged already, or lies before one that was, changes nothing.
    """
    if standing.evaluated is not None and now <= standing.evaluated:
        return standing, ()
    metrics: dict[Metric, MetricStanding] = {}
    moves: list[tuple[Metric, Trigger, Finding]] = []
    for metric in Metric:
        decided = standing.metric(metric)
        finding, trigger = _next_finding(decided.finding, measures[metric], standing.scope, now, policy)
        if finding and finding.stage is Stage.RESOLVED:
            # What led to the probation has been answered for: from here on only mail since it began counts.
            metrics[metric] = MetricStanding(floor=finding.since)
        else:
            metrics[metric] = MetricStanding(decided.floor, finding)
        if finding and trigger:
            moves.append((metric, trigger, finding))
    after = Standing(standing.scope, now, metrics, measures)
    changes = tuple(
        Change(
            id=_change_id(standing.scope, metric, now),
            time=now,
            scope=standing.scope,
            metric=metric,
            before=standing.metric(metric).stage,
            after=finding.stage,
            trigger=trigger,
            scope_before=standing.status,
            scope_after=after.status,
            finding=finding,
            measures=measures[metric],
        )
        for metric, trigger, finding in moves
    )
    return after, changes


def _next_finding(
    finding: Finding | None, measures: Measures, scope: Scope, now: datetime, policy: Policy
) -> tuple[Finding | None, Trigger | None]:
    if finding is None:
        limits = policy.limits[measures.window.metric]
        if not (policy.can_judge(measures.window) and limits.exceeded_by(measures.window)):
            return None, None
        opened = Finding(
            metric=measures.window.metric,
            stage=advance(None, Trigger.LIMIT_EXCEEDED),
            opened=now,
            since=_next_full_hour(now),
            stage_since=now,
            period_end=now + policy.probation,
        )
        return opened, Trigger.LIMIT_EXCEEDED
    if finding.stage not in STAGES_THAT_TIME_MOVES:
        return finding, None
    finding = _with_under_since(finding, measures.since, now, policy)
    trigger = _trigger(finding, measures.since, scope, now, policy)
    if trigger is None:
        return finding, None
    return replace(finding, stage=advance(finding.stage, trigger), stage_since=now), trigger


def _with_under_since(finding: Finding, since: Rate | None, now: datetime, policy: Policy) -> Finding:
    if since is None or not policy.can_judge(since):
        return finding
    over = policy.limits[finding.metric].exceeded_by(since)
    return replace(finding, under_since=None if over else finding.under_since or now)


def _trigger(finding: Finding, since: Rate | None, scope: Scope, now: datetime, policy: Policy) -> Trigger | None:
    """What a finding on probation, or almost healed, has coming. `since` is the rate since the probation began."""
    judged = since is not None and policy.can_judge(since)
    over = judged and finding.under_since is None
    if now >= finding.period_end:
        if over:
            by_people = policy.reviewed_by_people(scope)
            return Trigger.ENDED_OVER_LIMIT_FOR_REVIEW if by_people else Trigger.ENDED_OVER_LIMIT
        proven = judged or finding.stage is Stage.ALMOST_HEALED
        return Trigger.HEALED if proven else Trigger.ENDED_UNPROVEN
    if finding.stage is Stage.ALMOST_HEALED:
        if over:
            return Trigger.LIMIT_EXCEEDED
        return Trigger.HEALED if now - finding.stage_since >= policy.healing else None
    steady = finding.under_since is not None and now - finding.under_since >= policy.steady
    return Trigger.STEADY_UNDER_LIMIT if steady else None


def _next_full_hour(time: datetime) -> datetime:
    hour = hour_of(time)
    return hour if hour == time else hour + timedelta(hours=1)


def _change_id(scope: Scope, metric: Metric, now: datetime) -> str:
    return blake2b(f"{scope}\0{metric}\0{now.isoformat()}".encode(), digest_size=10).hexdigest()
