"""Alerts: versioned documents for programs, from which the texts for people are written."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from msgspec import Struct

from ses_reputation.domain.forecast import Forecast
from ses_reputation.domain.lifecycle import METRIC_STATUS, Change, EarlyWarning, Finding, Measures, Status
from ses_reputation.domain.limits import Bound, exact_decimal
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate, decimal
from ses_reputation.domain.scopes import Scope, kind_of
from ses_reputation.domain.verdict import Verdict, VerdictChange
from ses_reputation.news import News

VERSION = 1
"""Goes up when a field changes its meaning or goes away; new fields alone do not raise it."""


class RateDocument(Struct, frozen=True):
    """A rate, as a decimal fraction, and the counts behind it.

    `plain_rate` is over all `volume` recipients of the window, `rate` over those that are `eligible`: for complaints,
    at providers that send them back. `start` is the oldest hour in it.
    """

    rate: str | None
    plain_rate: str | None
    count: int
    eligible: int
    volume: int
    hours: int
    start: datetime | None


class BoundDocument(Struct, frozen=True):
    """A decimal fraction that a rate may reach, but not exceed; or, if inclusive, not even reach."""

    value: str
    inclusive: bool


class PeriodDocument(Struct, frozen=True):
    """A probation: when it was opened, the first full hour that it is measured from, and when it ends."""

    opened: datetime
    measured_from: datetime
    ends: datetime


class MeasuredDocument(Struct, frozen=True):
    """The rates of one metric and what they are held against.

    `window` is the rate over the window, `since` the one over the mail since the probation began. `minimum_volume` is
    how many recipients it takes to judge at all, `minimum_count` how many bounces or complaints it takes to be over a
    limit.
    """

    window: RateDocument
    since: RateDocument | None
    forecast: Forecast | None
    profile: str
    limit: BoundDocument
    shutdown_limit: BoundDocument
    recommended: BoundDocument
    minimum_volume: int
    minimum_count: int
    volume_source: str


class _Alert(Struct, frozen=True, tag_field="kind", kw_only=True):
    """What every alert says."""

    version: int = VERSION
    id: str
    time: datetime
    account: str
    region: str
    scope: str
    scope_kind: str


class StatusAlert(_Alert, frozen=True, tag="status-change"):
    """One change of one metric of one scope.

    `at_worst` is the status if the rate is over its shutdown limit when the probation ends; `steady_hours` lead from
    Probation to Almost healed, `healing_hours` from there to Healthy.
    """

    metric: str
    before: str
    after: str
    cause: str
    scope_before: str
    scope_after: str
    measured: MeasuredDocument
    steady_hours: int
    healing_hours: int
    at_worst: str
    period: PeriodDocument


class WarningAlert(_Alert, frozen=True, tag="early-warning"):
    """A rate has reached its recommended value. No status has changed."""

    metric: str
    measured: MeasuredDocument


class SesAlert(_Alert, frozen=True, tag="ses-verdict"):
    """SES has changed the account's enforcement status, or whether it may send.

    `before` and `after` are SES's words, such as HEALTHY, with `, sending off` where that is so.
    """

    before: str
    after: str
    verdict_before: Verdict
    verdict_after: Verdict


Alert = StatusAlert | WarningAlert | SesAlert


def alert_of(news: Change | EarlyWarning, policy: Policy, account: str, region: str) -> Alert:
    """The alert about something measured in this AWS account and region."""
    if isinstance(news, Change):
        return _status_alert(news, policy, account, region)
    return WarningAlert(
        **_heading(news, account, region),
        metric=news.metric,
        measured=_measured(news.scope, news.metric, news.measures, policy),
    )


def ses_alert_of(change: VerdictChange, account: str, region: str) -> Alert:
    """The alert about what SES itself said of this AWS account and region."""
    return SesAlert(
        **_heading(change, account, region),
        before=_status(change.before),
        after=_status(change.after),
        verdict_before=change.before,
        verdict_after=change.after,
    )


def _status(verdict: Verdict) -> str:
    return (verdict.enforcement or "unknown") + (", sending off" if verdict.sending_enabled is False else "")


def _heading(news: News, account: str, region: str) -> dict[str, Any]:
    """What every alert says."""
    return {
        "id": news.id,
        "time": news.time,
        "account": account,
        "region": region,
        "scope": news.scope,
        "scope_kind": kind_of(news.scope),
    }


def _status_alert(change: Change, policy: Policy, account: str, region: str) -> StatusAlert:
    return StatusAlert(
        **_heading(change, account, region),
        metric=change.metric,
        before=METRIC_STATUS[change.before],
        after=METRIC_STATUS[change.after],
        cause=change.trigger,
        scope_before=change.scope_before,
        scope_after=change.scope_after,
        measured=_measured(change.scope, change.metric, change.measures, policy),
        steady_hours=_hours(policy.steady),
        healing_hours=_hours(policy.healing),
        at_worst=Status.PENDING_SHUTDOWN if policy.reviewed_by_people(change.scope) else Status.SHUTDOWN,
        period=_period(change.finding),
    )


def _measured(scope: Scope, metric: Metric, measures: Measures, policy: Policy) -> MeasuredDocument:
    limits = policy.limits_of(scope, metric)
    return MeasuredDocument(
        window=_rate(measures.window),
        since=_rate(measures.since) if measures.since else None,
        forecast=measures.forecast,
        profile=policy.profile,
        limit=_bound(limits.limit),
        shutdown_limit=_bound(limits.shutdown),
        recommended=_bound(limits.recommended),
        minimum_volume=policy.minimum_volume,
        minimum_count=policy.minimum_count(metric),
        volume_source=policy.volume_source,
    )


def _hours(duration: timedelta) -> int:
    return int(duration.total_seconds() // 3600)


def _bound(bound: Bound) -> BoundDocument:
    return BoundDocument(exact_decimal(bound.value), bound.inclusive)


def _rate(rate: Rate) -> RateDocument:
    return RateDocument(
        rate=decimal(Fraction(rate.count, rate.eligible)) if rate.eligible > 0 else None,
        plain_rate=decimal(Fraction(rate.count, rate.volume)) if rate.volume > 0 else None,
        count=rate.count,
        eligible=rate.eligible,
        volume=rate.volume,
        hours=rate.hours,
        start=rate.start,
    )


def _period(finding: Finding) -> PeriodDocument:
    return PeriodDocument(opened=finding.opened, measured_from=finding.since, ends=finding.period_end)
