"""Judging a scope by its rates, and by what time has done to its findings."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.categories import CATEGORIES, METRICS, AtEnd, Category
from ses_reputation.domain.changes import Change, EarlyWarning, Reminder, ReminderKind, change, news_id
from ses_reputation.domain.forecast import Forecast, forecast
from ses_reputation.domain.lifecycle import STAGES_THAT_TIME_MOVES, Stage, Trigger
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, Rate, Span, Week, Window, measure
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import (
    Finding,
    Measures,
    MetricStanding,
    Standing,
    moved,
    new_finding,
    on_probation,
)

_SHUTS_DOWN = frozenset({AtEnd.SHUTDOWN, AtEnd.MAY_SHUT_DOWN})
_AT_END: Mapping[AtEnd, Trigger] = MappingProxyType(
    {
        AtEnd.SHUTDOWN: Trigger.ENDED_STILL_REPORTED,
        AtEnd.MAY_SHUT_DOWN: Trigger.ENDED_FOR_DECISION,
        AtEnd.DECISION: Trigger.ENDED_FOR_DECISION,
        AtEnd.HEALTHY: Trigger.ENDED_WITHOUT_REPORT,
    }
)


class Windows(Struct, frozen=True):
    """The mail that one metric is judged by: of the window, and on probation since that began."""

    window: Window
    since: Window | None = None


def windows(
    standing: Standing, newest_first: Iterable[HourCounts | Week], now: datetime, policy: Policy
) -> Mapping[Metric, Windows]:
    """The mail that a standing is judged by, from its scope's past, read no further back than they are needed."""
    wanted = _spans(standing, now, policy)
    told = newest_first if policy.can_measure(standing.scope) else ()
    measured = measure(told, wanted, policy.volume_source, policy.feedback_loops)
    return {m: Windows(measured[m, "window"], measured.get((m, "since"))) for m in Metric}


def measured(found: Mapping[Metric, Windows], scope: Scope, now: datetime, policy: Policy) -> Mapping[Metric, Measures]:
    """The rates that a standing is judged by, with what they will be."""
    return {metric: _measures(found[metric], scope, now, policy) for metric in Metric}


def _spans(standing: Standing, now: datetime, policy: Policy) -> dict[tuple[Metric, str], Span]:
    """Which mail has to be measured: `window` for every metric, `since` where there is a finding."""
    wanted: dict[tuple[Metric, str], Span] = {}
    oldest = now - policy.oldest_mail
    for category, metric in METRICS.items():
        floor = standing.metric(metric).floor
        wanted[metric, "window"] = Span(metric, max(oldest, floor) if floor else oldest, policy.window_volume())
        if finding := standing.findings.get(category):
            # Where a person decides, the newest mail says enough, and reading does not take longer every day.
            moves = finding.stage in STAGES_THAT_TIME_MOVES
            wanted[metric, "since"] = Span(metric, finding.since, None if moves else policy.window_volume())
    return wanted


def _measures(found: Windows, scope: Scope, now: datetime, policy: Policy) -> Measures:
    window, since = found.window, found.since
    telling = since if since and policy.can_judge(since.rate) else window
    return Measures(window.rate, since.rate if since else None, _forecast(telling, scope, now, policy))


def _forecast(window: Window, scope: Scope, now: datetime, policy: Policy) -> Forecast | None:
    if not policy.can_judge(window.rate):
        return None
    return forecast(window, policy.limits_of(scope, window.span.metric), now, policy.oldest_mail)


def assess(
    standing: Standing, measures: Mapping[Metric, Measures], now: datetime, policy: Policy
) -> tuple[Standing, tuple[Change | EarlyWarning | Reminder, ...]]:
    """Judge a scope by its measures at one moment: the standing that follows, and what people are to be told.

    A moment that was judged already, or lies before one that was, changes nothing; nor does one before somebody acted:
    what he saw, and did, must not have something come before it afterwards.
    """
    if standing.evaluated is not None and now <= standing.evaluated:
        return standing, ()
    if standing.acted is not None and now < standing.acted:
        return standing, ()
    after, warnings = _with_warnings(replace(standing, evaluated=now, measures=measures), now, policy)
    moves: list[tuple[Finding, Trigger]] = []
    reminders: list[tuple[Finding, ReminderKind]] = []
    for category in Category:
        finding, trigger = _next_finding(standing, category, measures, now, policy)
        if finding and trigger:
            # What led to the probation has been answered for: from here on only mail since it began counts.
            after = after.with_finding(finding, floor=finding.since if finding.stage is Stage.RESOLVED else None)
            moves.append((finding, trigger))
        elif finding:
            finding, kind = _reminded(finding, now, policy)
            after = after.with_finding(finding)
            if kind:
                reminders.append((finding, kind))
    changes = [change(standing, after, finding, trigger, now) for finding, trigger in moves]
    # A change says more than a warning, also the one that closes a finding.
    told = [w for w in warnings if Category(w.metric) not in {**standing.findings, **after.findings}]
    return after, (*changes, *told, *(_reminder(after, finding, kind, now) for finding, kind in reminders))


def _with_warnings(standing: Standing, now: datetime, policy: Policy) -> tuple[Standing, list[EarlyWarning]]:
    """The standing with what people were warned about, and the warnings that are new."""
    metrics: dict[Metric, MetricStanding] = {}
    warnings = []
    for metric in Metric:
        known, measures = standing.metric(metric), standing.measures[metric]
        warned = policy.is_warned_about(standing.scope, measures.window, already=known.warned)
        metrics[metric] = MetricStanding(known.floor, warned)
        if warned and not known.warned:
            id_ = news_id("warning", standing.scope, metric, now)
            warnings.append(EarlyWarning(id_, now, standing.scope, metric, measures))
    return replace(standing, metrics=metrics), warnings


def _next_finding(
    standing: Standing, category: Category, measures: Mapping[Metric, Measures], now: datetime, policy: Policy
) -> tuple[Finding | None, Trigger | None]:
    """The finding of a category as it is now, and what has moved it, if anything has."""
    finding, metric = standing.findings.get(category), category.metric
    if finding is None:
        opened = metric and _opened(standing, measures[metric].window, now, policy)
        return (opened, Trigger.LIMIT_EXCEEDED) if opened else (None, None)
    if finding.stage not in STAGES_THAT_TIME_MOVES:
        return finding, None
    if metric:
        since = measures[metric].since
        finding = _with_under_since(finding, since, standing.scope, now, policy)
        trigger = _measured_trigger(finding, since, standing.scope, now, policy)
    else:
        trigger = _reported_trigger(finding, standing.scope, now, policy)
    return (moved(finding, trigger, now), trigger) if trigger else (finding, None)


def _opened(standing: Standing, window: Rate, now: datetime, policy: Policy) -> Finding | None:
    if not (policy.is_proven(window) and policy.is_over_limit(standing.scope, window)):
        return None
    category = Category(window.metric)
    repeat = standing.closed.get(category, 0)
    opened = new_finding(standing.scope, category, Trigger.LIMIT_EXCEEDED, now, repeat)
    return on_probation(opened, now, policy.probation)


def _with_under_since(finding: Finding, since: Rate | None, scope: Scope, now: datetime, policy: Policy) -> Finding:
    if since is None or not policy.can_judge(since):
        return finding
    over = policy.is_over_limit(scope, since)
    return replace(finding, under_since=None if over else finding.under_since or now)


def _measured_trigger(
    finding: Finding, since: Rate | None, scope: Scope, now: datetime, policy: Policy
) -> Trigger | None:
    """What a metric's finding has coming. `since` is the rate since the probation began."""
    judged = since is not None and policy.can_judge(since)
    over = since if judged and finding.under_since is None else None
    # What rests on too few bounces or complaints moves nothing for the worse.
    proven = over is not None and policy.is_proven(over)
    if _has_ended(finding, now):
        healed = finding.stage is Stage.ALMOST_HEALED or (judged and over is None)
        if healed and not proven:
            return Trigger.HEALED
        if finding.changes:
            return Trigger.ENDED_BEFORE_DECISION
        return _ended_over_limit(over, scope, policy) if over is not None and proven else Trigger.ENDED_UNPROVEN
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


def _reported_trigger(finding: Finding, scope: Scope, now: datetime, policy: Policy) -> Trigger | None:
    """What a reported finding has coming: its problem remains if it was observed again since it counts."""
    if not _has_ended(finding, now):
        return None
    if finding.changes:
        return Trigger.ENDED_BEFORE_DECISION
    row = CATEGORIES[finding.category]
    remains = finding.last_observed is not None and finding.last_observed > finding.since
    outcome = row.remains if remains else row.gone
    if outcome in _SHUTS_DOWN and policy.reviewed_by_people(scope):
        return Trigger.ENDED_STILL_REPORTED_FOR_REVIEW
    return _AT_END[outcome]


def _has_ended(finding: Finding, now: datetime) -> bool:
    return finding.period_end is not None and now >= finding.period_end


def _reminded(finding: Finding, now: datetime, policy: Policy) -> tuple[Finding, ReminderKind | None]:
    """The finding, and what people are to be reminded of now, if anything."""
    waits = finding.waits_since
    if (
        waits
        and policy.review_reminder
        and now - max(waits, finding.review_reminded or waits) >= policy.review_reminder
    ):
        return replace(finding, review_reminded=now), ReminderKind.REVIEW_WAITS
    if finding.stage is Stage.PROBATION and _ends_soon(finding, now, policy):
        return replace(finding, period_reminded=now), ReminderKind.PERIOD_ENDS
    return finding, None


def _ends_soon(finding: Finding, now: datetime, policy: Policy) -> bool:
    """Whether one of the moments to remind of a period's end has come since that period began, or the last reminder."""
    if finding.period_since is None or finding.period_end is None:
        return False
    after = max(finding.period_since, finding.period_reminded or finding.period_since)
    return any(after < finding.period_end - timedelta(days=days) <= now for days in policy.period_reminders)


def _reminder(standing: Standing, finding: Finding, kind: ReminderKind, now: datetime) -> Reminder:
    metric = finding.category.metric
    return Reminder(
        id=news_id(f"reminder/{kind}", standing.scope, finding.category, now),
        time=now,
        scope=standing.scope,
        kind=kind,
        category=finding.category,
        status=standing.status,
        finding=finding,
        measures=standing.measures.get(metric) if metric else None,
    )
