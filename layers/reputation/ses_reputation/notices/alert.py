"""Alerts: versioned documents for programs, from which the texts for people are written."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.categories import CATEGORIES, AtEnd
from ses_reputation.domain.changes import Change, EarlyWarning, OutageChange, Reminder, news_id
from ses_reputation.domain.decisions import allowed, allowed_of_outage
from ses_reputation.domain.enforcement import Enforced
from ses_reputation.domain.forecast import Forecast
from ses_reputation.domain.lifecycle import STAGE_STATUS, Stage, Status
from ses_reputation.domain.limits import Bound, exact_decimal
from ses_reputation.domain.news import News, Told
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate, decimal
from ses_reputation.domain.scopes import ACCOUNT, Scope, kind_of
from ses_reputation.domain.standing import Act, Finding, Measures, Observation, ReportedChanges, Standing
from ses_reputation.domain.statements import Statement
from ses_reputation.domain.verdict import Verdict, VerdictChange
from ses_reputation.notices.sending_commands import aws_command

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
    """A probation: when it was opened, from when on mail or reports count, and when it ends."""

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


class FindingDocument(Struct, frozen=True):
    """One problem of a scope.

    `metric` is None unless it is measured, `reports` and `last_observed` are of those that are reported, `evidence` has
    the newest. `changes` wait for a decision, as a finding does that `waits_since`. `allowed` are the commands about it
    that would not be refused. `remains` and `gone` are what the end of its period leads to: `shutdown`, `decision` (a
    person's) or `healthy`. One that is `suspected` has changed no status yet: a person confirms or dismisses it.
    `revision` goes up with everything that is decided about it: the higher one is newer, whatever came first. Of two
    findings of a scope and category the one with the higher `repeat` is newer: so many were closed before, besides
    those that were never more than suspected.
    """

    id: str
    category: str
    metric: str | None
    status: str
    permanent: bool
    repeat: int
    opened: datetime
    period: PeriodDocument | None
    reports: int
    last_observed: datetime | None
    evidence: tuple[Observation, ...]
    changes: ReportedChanges | None
    waits_since: datetime | None
    on_changes: str
    remains: str
    gone: str
    allowed: tuple[str, ...]
    suspected: bool = False
    revision: int = 1


class StatusAlert(_Alert, frozen=True, tag="status-change"):
    """Something was decided about one finding of one scope: `cause` says what, `act` by whom if it was a person.

    `before` and `after` are the finding's statuses, the same where something else than the status has changed.
    `at_worst` is the status if the problem remains when the probation ends; `steady_hours` lead from Probation to
    Almost healed, `healing_hours` from there to Healthy. `measured` is of metrics only.
    """

    category: str
    metric: str | None
    before: str
    after: str
    cause: str
    scope_before: str
    scope_after: str
    finding: FindingDocument
    act: Act | None
    measured: MeasuredDocument | None
    steady_hours: int
    healing_hours: int
    at_worst: str


class ReminderAlert(_Alert, frozen=True, tag="reminder"):
    """A probation ends soon (`period_ends`), or a person has to decide (`review_waits`). No status has changed."""

    category: str
    metric: str | None
    reminder: str
    scope_status: str
    finding: FindingDocument
    measured: MeasuredDocument | None
    at_worst: str


class ScopeDocument(Struct, frozen=True):
    """One scope in a summary, with its rates as decimal fractions; None where there is too little mail to judge."""

    scope: str
    status: str
    bounce_rate: str | None
    complaint_rate: str | None
    findings: tuple[FindingDocument, ...]


class SummaryAlert(_Alert, frozen=True, tag="summary"):
    """How everything stands, once a week: the account, how many scopes have each status, and those with findings.

    `scopes` has the worst first, and no more than `SUMMARY_SCOPES` of them; `not_listed` is how many more there are.
    """

    account_standing: ScopeDocument
    statuses: dict[str, int]
    scopes: tuple[ScopeDocument, ...]
    not_listed: int


class WarningAlert(_Alert, frozen=True, tag="early-warning"):
    """A rate has reached its recommended value. No status has changed."""

    metric: str
    measured: MeasuredDocument


class OutageDocument(Struct, frozen=True):
    """One outage of a mailbox provider: `stage` is suspected, confirmed or dismissed, `end` None while it goes on.

    `bounced` of `recipients` bounced hard since its start, `bounced_before` of `recipients_before` in the four weeks
    before. `allowed` are the decisions about it that would not be refused.
    """

    id: str
    provider: str
    stage: str
    start: datetime
    end: datetime | None
    found: datetime
    bounced: int
    recipients: int
    bounced_before: int
    recipients_before: int
    decided: datetime | None
    waits_since: datetime | None
    allowed: tuple[str, ...]
    revision: int


class OutageAlert(_Alert, frozen=True, tag="provider-outage"):
    """An outage of a mailbox provider was `found`, is `over`, or was `confirmed` or `dismissed`: `cause` says which.

    `held` is whether its mail is in no bounce rate here. SES counts it in either case. `act` is of the person who
    decided.
    """

    cause: str
    held: bool
    outage: OutageDocument
    act: Act | None


class EnforcementAlert(_Alert, frozen=True, tag="enforcement"):
    """Sending was paused or resumed at SES because of a status, or would be, or could not: `action` says which.

    `mode` is `observe` where it was only said. `finding` is the one because of which it was to be paused, as it was
    then; `scope_status` the scope's now. `target` is how SES names the scope. `reason` is why something failed.
    `stopped_by_ses` is why SES itself lets it not send, None if it does. `by_hand` is a command for the AWS CLI that
    does the opposite, or what was not done; empty where there is none.
    """

    action: str
    mode: str
    scope_status: str
    finding: FindingDocument | None
    target: str
    reason: str
    stopped_by_ses: str | None
    by_hand: str


class SesAlert(_Alert, frozen=True, tag="ses-verdict"):
    """SES has changed the account's enforcement status or whether it may send, or has told something by itself.

    `before` and `after` are SES's words, such as HEALTHY, with its open findings, such as HIGH BOUNCE, and `sending
    off` where that is so; `no findings` without any of that. `said` is what SES told, None if it was asked. Of what SES
    told before, the verdicts have no texts.
    """

    before: str
    after: str
    verdict_before: Verdict
    verdict_after: Verdict
    said: Statement | None = None


Alert = StatusAlert | WarningAlert | ReminderAlert | OutageAlert | SummaryAlert | SesAlert | EnforcementAlert

SUMMARY_SCOPES = 20
EVIDENCE_TOLD = 3


def alert_of(news: Told, policy: Policy, account: str, region: str) -> Alert:
    """The alert about something measured, reported or decided in this AWS account and region."""
    match news:
        case Change():
            return _status_alert(news, policy, account, region)
        case Reminder():
            return reminder_alert(news, policy, account, region)
        case OutageChange():
            return OutageAlert(
                **_heading(news, account, region),
                cause=news.event,
                held=news.held,
                outage=outage_document(news.outage),
                act=news.act,
            )
        case EarlyWarning():
            return WarningAlert(
                **_heading(news, account, region),
                metric=news.metric,
                measured=measured_document(news.scope, news.metric, news.measures, policy),
            )


def summary_of(standings: Iterable[Standing], now: datetime, policy: Policy, account: str, region: str) -> SummaryAlert:
    """How everything stands in this AWS account and region."""
    known = {standing.scope: standing for standing in standings}
    whole = known.get(ACCOUNT, Standing(ACCOUNT))
    troubled = sorted((s for s in known.values() if s.findings), key=_worst_first)
    return SummaryAlert(
        id=news_id("summary", ACCOUNT, region, now),
        time=now,
        account=account,
        region=region,
        scope=ACCOUNT,
        scope_kind=kind_of(ACCOUNT),
        account_standing=scope_document(whole, policy),
        statuses=dict(Counter(str(s.status) for s in known.values())),
        scopes=tuple(scope_document(standing, policy) for standing in troubled[:SUMMARY_SCOPES]),
        not_listed=max(len(troubled) - SUMMARY_SCOPES, 0),
    )


def _worst_first(standing: Standing) -> tuple[int, str]:
    return -list(Status).index(standing.status), standing.scope


def scope_document(standing: Standing, policy: Policy) -> ScopeDocument:
    """One scope, for programs."""
    shown = {metric: policy.shown(measures.deciding) for metric, measures in standing.measures.items()}
    rates = {metric: None if rate is None else decimal(rate) for metric, rate in shown.items()}
    return ScopeDocument(
        scope=standing.scope,
        status=standing.status,
        bounce_rate=rates.get(Metric.BOUNCE_RATE),
        complaint_rate=rates.get(Metric.COMPLAINT_RATE),
        findings=tuple(finding_document(finding) for finding in standing.findings.values()),
    )


def ses_alert_of(change: VerdictChange, account: str, region: str) -> Alert:
    """The alert about what SES itself said of this AWS account and region."""
    return SesAlert(
        **_heading(change, account, region),
        before=verdict_text(change.before, change.said),
        after=verdict_text(change.after, change.said),
        verdict_before=_told(change.before),
        verdict_after=_told(change.after),
        said=change.said,
    )


def enforcement_alert_of(news: Enforced, account: str, region: str) -> Alert:
    """The alert about what was done at SES, or was not, in this AWS account and region."""
    return EnforcementAlert(
        **_heading(news, account, region),
        action=news.action,
        mode=news.mode,
        scope_status=news.status,
        finding=finding_document(news.finding) if news.finding else None,
        target=news.target,
        reason=news.reason,
        stopped_by_ses=news.stopped_by_ses,
        by_hand=aws_command(news, region),
    )


def _told(verdict: Verdict) -> Verdict:
    """A verdict without what is resolved, and without the texts of statements: they were told with each of them."""
    return replace(
        verdict,
        findings=tuple(replace(finding, text="") for finding in verdict.open_findings),
        sending=tuple(replace(status, cause="") for status in verdict.sending),
    )


def verdict_text(verdict: Verdict, said: Statement | None) -> str:
    """What SES says of a scope, in its words and in a line; `said` is the statement, None if it was asked."""
    asked = verdict.enforcement or (None if said else "unknown")
    found = (" ".join(filter(None, (finding.impact, finding.type))) for finding in verdict.open_findings)
    off = "sending off" if verdict.sends is False else None
    return ", ".join(filter(None, (asked, *found, off))) or "no findings"


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
        category=change.category,
        metric=change.category.metric,
        before=STAGE_STATUS[change.before],
        after=STAGE_STATUS[change.after],
        cause=change.trigger,
        scope_before=change.scope_before,
        scope_after=change.scope_after,
        finding=finding_document(change.finding),
        act=change.act,
        measured=_measured_finding(change, policy),
        steady_hours=_hours(policy.steady),
        healing_hours=_hours(policy.healing),
        at_worst=_at_worst(change, policy),
    )


def reminder_alert(reminder: Reminder, policy: Policy, account: str, region: str) -> ReminderAlert:
    """The alert that reminds people of a finding, with all that is known of it now."""
    return ReminderAlert(
        **_heading(reminder, account, region),
        category=reminder.category,
        metric=reminder.category.metric,
        reminder=reminder.kind,
        scope_status=reminder.status,
        finding=finding_document(reminder.finding),
        measured=_measured_finding(reminder, policy),
        at_worst=_at_worst(reminder, policy),
    )


def _at_worst(news: Change | Reminder, policy: Policy) -> str:
    remains = CATEGORIES[news.category].remains
    if remains is AtEnd.DECISION:
        return Status.PENDING_DECISION
    if policy.reviewed_by_people(news.scope):
        return Status.PENDING_SHUTDOWN
    return Status.PENDING_DECISION if remains is AtEnd.MAY_SHUT_DOWN else Status.SHUTDOWN


def finding_document(finding: Finding) -> FindingDocument:
    """One finding, for programs."""
    row = CATEGORIES[finding.category]
    return FindingDocument(
        id=finding.id,
        category=finding.category,
        metric=finding.category.metric,
        status=STAGE_STATUS[finding.stage],
        permanent=finding.stage is Stage.PERMANENT_SHUTDOWN,
        repeat=finding.repeat,
        opened=finding.opened,
        period=_period(finding),
        reports=finding.reports,
        last_observed=finding.last_observed,
        evidence=finding.evidence[-EVIDENCE_TOLD:],
        changes=finding.changes,
        waits_since=finding.waits_since,
        on_changes=row.on_changes,
        remains=row.remains,
        gone=row.gone,
        allowed=allowed(finding),
        suspected=finding.stage is Stage.SUSPECTED,
        revision=finding.revision,
    )


def outage_document(outage: Outage) -> OutageDocument:
    """One outage, for programs."""
    return OutageDocument(
        id=outage.id,
        provider=outage.provider,
        stage=outage.stage,
        start=outage.start,
        end=outage.end,
        found=outage.found,
        bounced=outage.seen.bounced,
        recipients=outage.seen.recipients,
        bounced_before=outage.before.bounced,
        recipients_before=outage.before.recipients,
        decided=outage.decided,
        waits_since=outage.waits_since,
        allowed=allowed_of_outage(outage),
        revision=outage.revision,
    )


def _measured_finding(news: Change | Reminder, policy: Policy) -> MeasuredDocument | None:
    metric = news.category.metric
    return measured_document(news.scope, metric, news.measures, policy) if metric and news.measures else None


def measured_document(scope: Scope, metric: Metric, measures: Measures, policy: Policy) -> MeasuredDocument:
    """The rates of one metric of a scope, for programs."""
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


def _period(finding: Finding) -> PeriodDocument | None:
    if finding.period_since is None or finding.period_end is None:
        return None
    return PeriodDocument(finding.period_since, finding.since, finding.period_end)
