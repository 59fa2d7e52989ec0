"""What a replay prints: a JSON document for programs, a page of text for people."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ses_reputation.domain.counting import Measure
from ses_reputation.domain.lifecycle import METRIC_STATUS, Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.notices.email import percent
from ses_reputation.notices.texts import METRICS
from ses_reputation_local.replay import Report, ScopeReport

COUNTS = (Measure.SENT, Measure.DELIVERED, Measure.HARD_BOUNCED, Measure.SOFT_BOUNCED, Measure.COMPLAINED)

_COLOURS = {
    Status.HEALTHY: "green",
    Status.ALMOST_HEALED: "cyan",
    Status.PROBATION: "yellow",
    Status.PENDING_DECISION: "yellow",
    Status.PENDING_SHUTDOWN: "red",
    Status.SHUTDOWN: "bold red",
}
_WORST_LAST = tuple(Status)


def document(report: Report) -> str:
    """The report as JSON."""
    body = {
        "events": {"read": report.read, **report.events},
        "scopes": {name: _scope(scope, report.policy) for name, scope in _worst_first(report)},
        "changes": [
            {
                "time": _time(change.time),
                "scope": change.scope,
                "metric": change.metric,
                "before": METRIC_STATUS[change.before],
                "after": METRIC_STATUS[change.after],
            }
            for change in report.changes
        ],
        "alerts": [{"time": _time(alert.time), "subject": alert.subject} for alert in report.alerts],
    }
    return msgspec.json.format(msgspec.json.encode(body)).decode()


def print_report(console: Console, report: Report) -> None:
    """Print the report for people."""
    console.print(f"{report.read:,} events read: {outcomes_text(report)}.")
    if report.changes:
        console.print("\n[bold]What happened[/bold]")
        for change in report.changes:
            console.print(
                f"  {change.time:%Y-%m-%d %H:%M}  ",
                Text(change.scope),
                f" {METRICS[change.metric].name}: ",
                status_text(METRIC_STATUS[change.before]),
                " -> ",
                status_text(METRIC_STATUS[change.after]),
                sep="",
                soft_wrap=True,
            )
        console.print(f"  {len(report.alerts):,} alert{'' if len(report.alerts) == 1 else 's'} sent.")
    console.print("\n[bold]Where every scope stands[/bold]")
    console.print(scopes_table(report) if report.scopes else "  Nothing was counted.")
    if any(not report.policy.can_judge(m.window) for s in report.scopes.values() for m in s.standing.measures.values()):
        console.print(f"  -: fewer than {report.policy.minimum_volume:,} recipients, too few to judge.")


def outcomes_text(report: Report) -> str:
    """How many events became what."""
    return ", ".join(f"{n:,} {outcome}" for outcome, n in report.events.items())


def scopes_table(report: Report) -> Table:
    """A row for each scope, the worst first."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("Scope", overflow="fold")
    table.add_column("Status")
    for heading in ("Bounces", "Complaints", "Recipients"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, scope in _worst_first(report):
        measures = scope.standing.measures
        table.add_row(
            Text(name),
            status_text(scope.standing.status),
            *(rate_text(measures[metric].window, report.policy) for metric in Metric),
            f"{scope.totals[Measure.SENT]:,}",
        )
    return table


def status_text(status: Status) -> Text:
    """A status in its colour."""
    return Text(status, style=_COLOURS[status])


def rate_text(rate: Rate, policy: Policy) -> str:
    """A rate in percent, or a dash where there is too little mail to judge."""
    return percent(rate.fraction) if policy.can_judge(rate) else "-"


def _scope(scope: ScopeReport, policy: Policy) -> dict[str, Any]:
    standing = scope.standing
    shown: dict[str, Any] = {
        "status": standing.status,
        "counts": {measure: scope.totals[measure] for measure in COUNTS},
        "eligible": standing.measures[Metric.BOUNCE_RATE].window.eligible,
    }
    for metric in Metric:
        shown[metric] = _decimal(standing.measures[metric].window, policy)
    for metric in Metric:
        if standing.metric(metric).finding:
            since = standing.measures[metric].since
            shown[f"{metric}_since"] = _decimal(since, policy) if since else None
    shown["metrics"] = {
        metric: {"status": standing.metric(metric).status, "window": _window(standing.measures[metric].window)}
        for metric in Metric
    }
    return shown


def _window(rate: Rate) -> dict[str, Any]:
    """What a rate was measured over: `count` in `eligible` recipients, in `hours` hours with mail from `from` on."""
    start = _time(rate.start) if rate.start else None
    return {"count": rate.count, "eligible": rate.eligible, "hours": rate.hours, "from": start}


def _decimal(rate: Rate, policy: Policy) -> str | None:
    return rate.decimal if policy.can_judge(rate) else None


def _worst_first(report: Report) -> Iterable[tuple[str, ScopeReport]]:
    return sorted(report.scopes.items(), key=lambda row: (-_WORST_LAST.index(row[1].standing.status), row[0]))


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
