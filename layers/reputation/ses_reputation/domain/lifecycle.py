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
from ses_reputation.domain.forecast import Forecast, forecast
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, Rate, Span, Window, measure
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
    ENDED_OVER_SHUTDOWN_LIMIT = "ended_over_shutdown_limit"
    ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW = "ended_over_shutdown_limit_for_review"
    ENDED_BETWEEN_LIMITS = "ended_between_limits"
    ENDED_UNPROVEN = "ended_unproven"


# No row leads out of PENDING_DECISION, PENDING_SHUTDOWN or SHUTDOWN: a person decides there, never a good hour.
# None is where there is no finding yet.
TRANSITIONS: Mapping[tuple[Stage | None, Trigger], Stage] = MappingProxyType(
    {
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
    """What is decided about one metric. Mail before the floor no longer counts.

    `warned` is whether people were told that the rate has reached its recommended value, and it has not been well
    under it since.
    """

    floor: datetime | None = None
    finding: Finding | None = None
    warned: bool = False

    @property
    def stage(self) -> Stage | None:
        """The stage of the finding, None without one."""
        return self.finding.stage if self.finding else None

    @property
    def status(self) -> Status:
        """The status that people read."""
        return METRIC_STATUS[self.stage]


class Measures(Struct, frozen=True):
    """The rates of one metric: over the window, and on probation over the mail since that began.

    The forecast is for the one that decides, or for the window as long as there is too little mail since; None where
    there is too little in the window, too.
    """

    window: Rate
    since: Rate | None = None
    forecast: Forecast | None = None

    @property
    def deciding(self) -> Rate:
        """The rate that the status depends on."""
        return self.since or self.window


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


class Change(Struct, frozen=True, tag="change"):
    """A status before and after, with its cause."""

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


class EarlyWarning(Struct, frozen=True, tag="early_warning"):
    """A rate has reached its recommended value, and no status has changed."""

    id: str
    time: datetime
    scope: Scope
    metric: Metric
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
            # Where a person decides, the newest mail says enough, and reading does not take longer every day.
            moves = decided.finding.stage in STAGES_THAT_TIME_MOVES
            wanted[metric, "since"] = Span(metric, decided.finding.since, None if moves else policy.window_volume())
    return wanted


def measured(
    standing: Standing, newest_first: Iterable[HourCounts], now: datetime, policy: Policy
) -> Mapping[Metric, Measures]:
    """The rates that a standing is assessed by, from its scope's hours, read no further back than they are needed."""
    wanted = spans(standing, now, policy)
    told = newest_first if policy.can_measure(standing.scope) else ()
    windows = measure(told, wanted, policy.volume_source, policy.feedback_loops)
    measures: dict[Metric, Measures] = {}
    for metric in Metric:
        window, since = windows[metric, "window"], windows.get((metric, "since"))
        telling = since if since and policy.can_judge(since.rate) else window
        measures[metric] = Measures(
            window=window.rate,
            since=since.rate if since else None,
            forecast=_forecast(telling, standing.scope, now, policy),
        )
    return measures


def _forecast(window: Window, scope: Scope, now: datetime, policy: Policy) -> Forecast | None:
    if not policy.can_judge(window.rate):
        return None
    return forecast(window, policy.limits_of(scope, window.span.metric), now, policy.oldest_mail)


def assess(
    standing: Standing, measures: Mapping[Metric, Measures], now: datetime, policy: Policy
) -> tuple[Standing, tuple[Change | EarlyWarning, ...]]:
    """Judge a scope by its measures at one moment: the standing that follows, and what people are to be told.

    A moment that was judged already, or lies before one that was, changes nothing.
    """
    if standing.evaluated is not None and now <= standing.evaluated:
        return standing, ()
    metrics: dict[Metric, MetricStanding] = {}
    moves: list[tuple[Metric, Trigger, Finding]] = []
    warnings: list[EarlyWarning] = []
    for metric in Metric:
        decided = standing.metric(metric)
        finding, trigger = _next_finding(decided.finding, measures[metric], standing.scope, now, policy)
        warned = policy.is_warned_about(standing.scope, measures[metric].window, already=decided.warned)
        if finding and finding.stage is Stage.RESOLVED:
            # What led to the probation has been answered for: from here on only mail since it began counts.
            metrics[metric] = MetricStanding(floor=finding.since, warned=True)
        else:
            metrics[metric] = MetricStanding(decided.floor, finding, warned)
        if finding and trigger:
            moves.append((metric, trigger, finding))
        elif warned and not decided.warned and not finding:
            id_ = _news_id("warning", standing.scope, metric, now)
            warnings.append(EarlyWarning(id_, now, standing.scope, metric, measures[metric]))
    after = Standing(standing.scope, now, metrics, measures)
    changes = tuple(
        Change(
            id=_news_id("change", standing.scope, metric, now),
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
    return after, (*changes, *warnings)


def _next_finding(
    finding: Finding | None, measures: Measures, scope: Scope, now: datetime, policy: Policy
) -> tuple[Finding | None, Trigger | None]:
    if finding is None:
        if not (policy.is_proven(measures.window) and policy.is_over_limit(scope, measures.window)):
            return None, None
        opened = Finding(
            metric=measures.window.metric,
            stage=advance(None, Trigger.LIMIT_EXCEEDED),
            opened=now,
            since=next_full_hour(now),
            stage_since=now,
            period_end=now + policy.probation,
        )
        return opened, Trigger.LIMIT_EXCEEDED
    if finding.stage not in STAGES_THAT_TIME_MOVES:
        return finding, None
    finding = _with_under_since(finding, measures.since, scope, now, policy)
    trigger = _trigger(finding, measures.since, scope, now, policy)
    if trigger is None:
        return finding, None
    return replace(finding, stage=advance(finding.stage, trigger), stage_since=now), trigger


def _with_under_since(finding: Finding, since: Rate | None, scope: Scope, now: datetime, policy: Policy) -> Finding:
    if since is None or not policy.can_judge(since):
        return finding
    over = policy.is_over_limit(scope, since)
    return replace(finding, under_since=None if over else finding.under_since or now)


def _trigger(finding: Finding, since: Rate | None, scope: Scope, now: datetime, policy: Policy) -> Trigger | None:
    """What a finding on probation, or almost healed, has coming. `since` is the rate since the probation began."""
    judged = since is not None and policy.can_judge(since)
    over = since if judged and finding.under_since is None else None
    # What rests on too few bounces or complaints moves nothing for the worse.
    proven = over is not None and policy.is_proven(over)
    if now >= finding.period_end:
        if over is not None and proven:
            return _ended_over_limit(over, scope, policy)
        healed = finding.stage is Stage.ALMOST_HEALED or (judged and over is None)
        return Trigger.HEALED if healed else Trigger.ENDED_UNPROVEN
    if finding.stage is Stage.ALMOST_HEALED:
        if proven:
            return Trigger.LIMIT_EXCEEDED
        return Trigger.HEALED if now - finding.stage_since >= policy.healing else None
    steady = finding.under_since is not None and now - finding.under_since >= policy.steady
    return Trigger.STEADY_UNDER_LIMIT if steady else None


def _ended_over_limit(since: Rate, scope: Scope, policy: Policy) -> Trigger:
    if not policy.is_over_shutdown(scope, since):
        return Trigger.ENDED_BETWEEN_LIMITS
    if policy.reviewed_by_people(scope):
        return Trigger.ENDED_OVER_SHUTDOWN_LIMIT_FOR_REVIEW
    return Trigger.ENDED_OVER_SHUTDOWN_LIMIT


def next_full_hour(time: datetime) -> datetime:
    """The full hour that a moment is, or that follows it: where mail begins to count anew."""
    hour = hour_of(time)
    return hour if hour == time else hour + timedelta(hours=1)


def _news_id(kind: str, scope: Scope, metric: Metric, now: datetime) -> str:
    return blake2b(f"{kind}\0{scope}\0{metric}\0{now.isoformat()}".encode(), digest_size=10).hexdigest()
