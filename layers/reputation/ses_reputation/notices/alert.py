"""The alert about a change: a versioned document for programs, from which the text for people is written."""

from datetime import datetime, timedelta

from msgspec import Struct

from ses_reputation.domain.lifecycle import METRIC_STATUS, Change, Finding, Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Rate
from ses_reputation.domain.scopes import kind_of

VERSION = 1
"""Goes up when a field changes its meaning or goes away; new fields alone do not raise it."""


class RateDocument(Struct, frozen=True):
    """A rate, as a decimal fraction, and the counts behind it. `start` is the oldest hour in it."""

    rate: str | None
    count: int
    eligible: int
    hours: int
    start: datetime | None


class PeriodDocument(Struct, frozen=True):
    """A probation: when it was opened, the first full hour that it is measured from, and when it ends."""

    opened: datetime
    measured_from: datetime
    ends: datetime


class Alert(Struct, frozen=True):
    """One change of one metric of one scope, with all that its text says.

    `window` is the rate over the window, `since` the one over the mail since the probation began; limits are decimal
    fractions that a rate may reach, but not exceed. `at_worst` is the status if the rate is over the limit when the
    probation ends; `steady_hours` lead from Probation to Almost healed, `healing_hours` from there to Healthy.
    """

    version: int
    id: str
    time: datetime
    account: str
    region: str
    scope: str
    scope_kind: str
    metric: str
    before: str
    after: str
    cause: str
    scope_before: str
    scope_after: str
    limit: str
    recommended: str
    minimum_volume: int
    volume_source: str
    steady_hours: int
    healing_hours: int
    at_worst: str
    window: RateDocument
    since: RateDocument | None
    period: PeriodDocument


def alert_of(change: Change, policy: Policy, account: str, region: str) -> Alert:
    """The alert about a change in this AWS account and region."""
    limits = policy.limits[change.metric]
    return Alert(
        version=VERSION,
        id=change.id,
        time=change.time,
        account=account,
        region=region,
        scope=change.scope,
        scope_kind=kind_of(change.scope),
        metric=change.metric,
        before=METRIC_STATUS[change.before],
        after=METRIC_STATUS[change.after],
        cause=change.trigger,
        scope_before=change.scope_before,
        scope_after=change.scope_after,
        limit=str(float(limits.limit)),
        recommended=str(float(limits.recommended)),
        minimum_volume=policy.minimum_volume,
        volume_source=policy.volume_source,
        steady_hours=_hours(policy.steady),
        healing_hours=_hours(policy.healing),
        at_worst=Status.PENDING_SHUTDOWN if policy.reviewed_by_people(change.scope) else Status.SHUTDOWN,
        window=_rate(change.measures.window),
        since=_rate(change.measures.since) if change.measures.since else None,
        period=_period(change.finding),
    )


def _hours(duration: timedelta) -> int:
    return int(duration.total_seconds() // 3600)


def _rate(rate: Rate) -> RateDocument:
    return RateDocument(
        rate=rate.decimal if rate.holds(1) else None,
        count=rate.count,
        eligible=rate.eligible,
        hours=rate.hours,
        start=rate.start,
    )


def _period(finding: Finding) -> PeriodDocument:
    return PeriodDocument(opened=finding.opened, measured_from=finding.since, ends=finding.period_end)
