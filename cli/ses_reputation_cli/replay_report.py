"""What a replay prints: a JSON document for programs, a page of text for people."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ses_reputation.domain.categories import Category
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.forecast import Forecast
from ses_reputation.domain.lifecycle import STAGE_STATUS
from ses_reputation.domain.limits import exact_decimal
from ses_reputation.domain.listing import listed, worst_first
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.policy import Evidence, Policy
from ses_reputation.domain.rates import Metric, Rate, decimal
from ses_reputation.domain.standing import Standing
from ses_reputation.notices.alert import outage_document
from ses_reputation.notices.enforcement import texts_of
from ses_reputation.notices.history import outage_text
from ses_reputation.notices.numbers import moment, percent
from ses_reputation.notices.structure import readable
from ses_reputation.notices.texts import METRICS
from ses_reputation_cli.arguments import LISTED
from ses_reputation_cli.history import change_text
from ses_reputation_cli.statuses import evidence_of, judged_text, left_out_text, rate_text
from ses_reputation_local.replay import Report, ScopeReport

COUNTS = (Measure.SENT, Measure.DELIVERED, Measure.HARD_BOUNCED, Measure.SOFT_BOUNCED, Measure.COMPLAINED)

# Of the scopes that a note is about. There may be thousands.
_NAMED = 5


def document(report: Report) -> str:
    """The report as JSON."""
    body = {
        "events": {"read": report.read, **report.events},
        "profile": report.policy.profile,
        "volume_source": report.policy.volume_source,
        "verified_identities": report.identities,
        "scopes": {scope.standing.scope: _scope(scope, report.policy) for scope in worst_first_of(report)},
        "changes": [
            {
                "time": _time(change.time),
                "scope": change.scope,
                "category": change.category,
                "metric": change.category.metric,
                "before": STAGE_STATUS[change.before],
                "after": STAGE_STATUS[change.after],
                "cause": change.trigger,
            }
            for change in report.changes
        ],
        "outages": [
            {"time": _time(piece.time), "cause": piece.event, "held": piece.held, **_outage(piece.outage)}
            for piece in report.outages
        ],
        "warnings": [
            {
                "time": _time(warning.time),
                "scope": warning.scope,
                "metric": warning.metric,
                "rate": _decimal(warning.measures.window, report.policy),
                "recommended": exact_decimal(report.policy.limits_of(warning.scope, warning.metric).recommended.value),
            }
            for warning in report.warnings
        ],
        "enforcements": [
            {
                "time": _time(piece.time),
                "scope": piece.scope,
                "action": piece.action,
                "mode": piece.mode,
                "reason": piece.reason or None,
            }
            for piece in report.enforced
        ],
        "alerts": [{"time": _time(alert.time), "subject": alert.subject} for alert in report.alerts],
    }
    return msgspec.json.format(msgspec.json.encode(body)).decode()


def print_report(console: Console, report: Report, *, everything: bool) -> None:
    """Print the report for people, with all scopes or the worst of them."""
    console.print(f"{report.read:,} events read: {outcomes_text(report.events)}.")
    if report.changes:
        console.print("\n[bold]What happened[/bold]")
        for change in report.changes:
            console.print(
                f"  {change.time:%Y-%m-%d %H:%M}  ",
                Text(f"{readable(change.scope)} "),
                change_text(change),
                sep="",
                soft_wrap=True,
            )
        console.print(f"  {len(report.alerts):,} alert{'' if len(report.alerts) == 1 else 's'} sent.")
    if report.enforced:
        console.print("\n[bold]Sending at SES[/bold]")
        for done in report.enforced:
            console.print(
                f"  {done.time:%Y-%m-%d %H:%M}  ",
                Text(readable(done.scope)),
                f": {texts_of(done.action, done.mode).news}",
                sep="",
                soft_wrap=True,
            )
    if report.outages:
        console.print("\n[bold]Outages of mailbox providers[/bold]")
        for piece in report.outages:
            console.print(
                f"  {piece.time:%Y-%m-%d %H:%M}  ",
                Text(f"{readable(piece.scope)} "),
                outage_text(piece),
                sep="",
                soft_wrap=True,
            )
    if report.warnings:
        console.print("\n[bold]Early warnings[/bold]")
        for warning in report.warnings:
            recommended = report.policy.limits_of(warning.scope, warning.metric).recommended.value
            console.print(
                f"  {warning.time:%Y-%m-%d %H:%M}  ",
                Text(readable(warning.scope)),
                f" {METRICS[warning.metric].name}: reached {percent(recommended)}",
                sep="",
                soft_wrap=True,
            )
    console.print("\n[bold]Where every scope stands[/bold]")
    scopes = worst_first_of(report)
    shown = scopes if everything else scopes[:LISTED]
    console.print(scopes_table(shown, report.policy) if shown else "  Nothing was counted.")
    if left_out := [scope.standing for scope in scopes[len(shown) :]]:
        console.print(Text(f"  {left_out_text(left_out, report.policy)}"), soft_wrap=True)
    for note in _notes(report, [scope.standing for scope in shown]):
        console.print(Text(f"  {note}"), soft_wrap=True)


def _notes(report: Report, shown: Sequence[Standing]) -> Iterable[str]:
    """What the table leaves unsaid: how the rates were measured, and why some of those that it shows are not judged."""
    policy = report.policy
    if shown:
        yield f"Limits: {policy.profile}. Volume from {policy.volume_source}."
    unreported = [name for name, scope in report.scopes.items() if _lacks_volume(scope)]
    if unreported:
        names = ", ".join(map(readable, sorted(unreported)[:_NAMED]))
        more = f" and {len(unreported) - _NAMED:,} more" if len(unreported) > _NAMED else ""
        yield f"{names}{more}: {policy.volume_source} told of no mail, only of what came back."
    if any(policy.shown(m.window) is None for standing in shown for m in standing.measures.values()):
        yield f"-: fewer than {policy.minimum_volume:,} recipients, too few to judge."
    for standing in shown:
        name = readable(standing.scope)
        for metric in Metric:
            rate = standing.measures[metric].window
            if floor := standing.metric(metric).floor:
                yield f"{name}: mail from before {moment(floor)} is not in its {METRICS[metric].name}."
            if policy.evidence(standing.scope, rate) is Evidence.TOO_FEW_EVENTS:
                few = f"{_counted(rate.count, metric)}, and it takes {policy.minimum_count(metric):,}"
                yield f"{name}: {METRICS[metric].name} over the limit, but on {few}: not judged."


def _lacks_volume(scope: ScopeReport) -> bool:
    """Whether mail came back of which nobody said that it was sent."""
    came_back = scope.totals[Measure.HARD_BOUNCED] + scope.totals[Measure.COMPLAINED]
    return came_back > 0 and scope.standing.measures[Metric.BOUNCE_RATE].window.volume == 0


def _counted(count: int, metric: Metric) -> str:
    return f"{count:,} {METRICS[metric].one if count == 1 else METRICS[metric].many}"


def outcomes_text(events: Mapping[str, int]) -> str:
    """How many events became what."""
    return ", ".join(f"{n:,} {outcome}" for outcome, n in events.items())


def scopes_table(scopes: Iterable[ScopeReport], policy: Policy) -> Table:
    """A row for each of these scopes."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("Scope", overflow="fold")
    table.add_column("Status")
    for heading in ("Bounces", "Complaints"):
        table.add_column(heading, justify="right", no_wrap=True)
    for scope in scopes:
        measures = scope.standing.measures
        table.add_row(
            Text(readable(scope.standing.scope)).append(
                f"\n  {window_text(measures[Metric.BOUNCE_RATE].window)}", "dim"
            ),
            _status(scope.standing, policy),
            *(_rates(measures[metric].window, policy) for metric in Metric),
        )
    return table


def _status(standing: Standing, policy: Policy) -> Text:
    """The status, and below it why nothing is judged, or a rate over its limit is not. A dash says that of one rate."""
    shown = judged_text(standing, policy)
    unjudged = evidence_of(standing, policy) == {Evidence.TOO_LITTLE_MAIL}
    return shown.append("\ntoo little mail", "dim") if unjudged else shown


def _rates(rate: Rate, policy: Policy) -> Text:
    """A rate, and below it the plain one where that is another."""
    shown = Text(rate_text(rate, policy))
    if policy.can_judge(rate) and rate.eligible != rate.volume and rate.count:
        shown.append(f"\nplain {percent(rate.plain)}", "dim")
    return shown


def window_text(rate: Rate) -> str:
    """What a rate was measured over."""
    since = f" since {rate.start:%Y-%m-%d %H:%M}" if rate.start else ""
    return f"{rate.volume:,} in {rate.hours:,} h{since}"


def _scope(scope: ScopeReport, policy: Policy) -> dict[str, Any]:
    standing = scope.standing
    bounces, complaints = (standing.measures[metric].window for metric in Metric)
    shown: dict[str, Any] = {
        "status": standing.status,
        "counts": {measure: scope.totals[measure] for measure in COUNTS},
        "eligible": bounces.eligible,
        "complaint_eligible": complaints.eligible,
        "bounce_rate": _decimal(bounces, policy),
        "complaint_rate": _decimal(complaints, policy),
        "plain_complaint_rate": _plain(complaints, policy),
    }
    for metric in Metric:
        if standing.stage(Category(metric)):
            since = standing.measures[metric].since
            shown[f"{metric}_since"] = _decimal(since, policy) if since else None
    shown["window"] = {"eligible": bounces.eligible, "hours": bounces.hours, "from": _time_or_none(bounces.start)}
    shown["volume_source"] = policy.volume_source
    shown["forecast"] = {metric: _forecast(standing.measures[metric].forecast) for metric in Metric}
    shown["metrics"] = {metric: _metric(standing, metric, policy) for metric in Metric}
    return shown


def _metric(standing: Standing, metric: Metric, policy: Policy) -> dict[str, Any]:
    decided, measures = standing.metric(metric), standing.measures[metric]
    limits = policy.limits_of(standing.scope, metric)
    return {
        "status": standing.metric_status(metric),
        "evidence": policy.evidence(standing.scope, measures.deciding),
        "limit": exact_decimal(limits.limit.value),
        "limit_may_be_reached": not limits.limit.inclusive,
        "recommended": exact_decimal(limits.recommended.value),
        "floor": _time_or_none(decided.floor),
        "window": _window(measures.window),
        "forecast": _forecast(measures.forecast),
    }


def _window(rate: Rate) -> dict[str, Any]:
    """What a rate was measured over: `count` in `eligible` of the window's `volume`, in `hours` hours since `from`."""
    start = _time_or_none(rate.start)
    return {"count": rate.count, "eligible": rate.eligible, "volume": rate.volume, "hours": rate.hours, "from": start}


def _forecast(forecast: Forecast | None) -> dict[str, Any] | None:
    if forecast is None:
        return None
    return {
        "limit_passed": _time_or_none(forecast.limit_passed),
        "clean_recipients_to_limit": forecast.clean_to_limit,
        "clean_recipients_to_recommended": forecast.clean_to_recommended,
    }


def _decimal(rate: Rate, policy: Policy) -> str | None:
    shown = policy.shown(rate)
    return None if shown is None else decimal(shown)


def _plain(rate: Rate, policy: Policy) -> str | None:
    return decimal(rate.plain) if rate.volume >= max(policy.minimum_volume, 1) else None


def _outage(outage: Outage) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(outage_document(outage))
    return body


def _time_or_none(time: datetime | None) -> str | None:
    return _time(time) if time else None


def worst_first_of(report: Report) -> Sequence[ScopeReport]:
    """The scopes in the order of `ses-reputation status`."""
    badness = worst_first(report.policy)
    return sorted(report.scopes.values(), key=lambda scope: badness(listed(scope.standing)))


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
