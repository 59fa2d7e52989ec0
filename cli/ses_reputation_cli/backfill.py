"""`ses-reputation backfill`: count what SES still knows of the time before events were connected."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import click
import msgspec
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ses_reputation.backfill import (
    METRICS_AGE,
    Boundary,
    BoundaryReason,
    Plan,
    ScopePlan,
    UnfitBoundary,
    carry_out,
    plan_backfill,
)
from ses_reputation.notices.email import moment
from ses_reputation_cli.deployment import Stack, deployed, deployment_options, present

_EXAMPLES = """\b
Examples:
  ses-reputation backfill --dry-run
  ses-reputation backfill
  ses-reputation backfill --days 90 --stack-name ses-reputation-dev --region eu-west-1
  ses-reputation backfill --until 2026-03-02T09:00Z
  ses-reputation backfill --dry-run --json | jq .scopes.account
"""

_DIFFERENCES = """\
Known to differ from what events would have counted:
- Bounces of more than 14 days ago, and those of configuration sets, come from CloudWatch. It counts soft bounces that \
SES gave up on as well, so these rates may be a little high.
- Mail to your own verified identities is in SES's statistics, and so in these rates.
- SES's statistics name no mailbox provider: FeedbackShare percent of this mail is taken to be at providers that send \
complaints back. Mailbox providers, identities, tenants and tags are not backfilled.
- SES tells its statistics by intervals of 15 minutes, which need not begin at a full hour: mail of some minutes \
around the boundary may be missing, or count twice.\
"""


class _HourType(click.ParamType[datetime]):
    name = "hour"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time in ISO 8601, such as 2026-03-02T09:00Z", param, ctx)


@click.command(epilog=_EXAMPLES)
@click.option(
    "--days",
    type=click.IntRange(1, METRICS_AGE.days),
    metavar="N",
    help="How far back. Default: as old as mail can be in a rate (OldestMailDays of the stack), at most 455.",
)
@click.option(
    "--until",
    type=_HourType(),
    metavar="HOUR",
    help="Take SES's statistics before this full hour, such as 2026-03-02T09:00Z, and events from it on.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be written.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output, and nothing else.")
@deployment_options
def command(stack: Stack, days: int | None, until: datetime | None, *, dry_run: bool, as_json: bool) -> None:
    """Count what SES still knows of the time before its events were connected to the deployed stack, for the account
    and for configuration sets that publish the metric Send to CloudWatch. The next evaluation judges them by it.

    SES's statistics reach back 14 days, CloudWatch's hourly values 455. Before a boundary they count in place of
    events; from it on, events do. It is the full hour after the first hour with events, which were connected at some
    time during it; without any event yet it is the present full hour. So no mail counts twice, and none is missing.

    To run it again is safe: it changes nothing, unless SES tells more than it did. Run it once more when the first hour
    with events is over.

    \b
    What is known to differ from events:
    - Bounces older than 14 days, and those of configuration sets, come from
      CloudWatch, which has soft bounces that SES gave up on among them.
    - Mail to your own verified identities is in SES's statistics.
    - No mailbox provider is named: FeedbackShare percent of the mail is taken to
      be at providers that send complaints back.

    \b
    https://docs.aws.amazon.com/ses/latest/APIReference/API_GetSendStatistics.html
    https://docs.aws.amazon.com/ses/latest/dg/monitor-using-event-publishing.html
    """  # noqa: D301 - click takes \b for: do not wrap what follows
    with deployed(stack) as deployment:
        policy, statistics = deployment.policy(), deployment.statistics()
        try:
            plan = plan_backfill(
                present(),
                deployment.ses(),
                deployment.counters(),
                statistics,
                age=timedelta(days=days) if days else policy.oldest_mail,
                until=until,
                source=policy.volume_source,
                known=[standing.scope for standing in deployment.standings().all()],
            )
        except UnfitBoundary as error:
            raise click.BadParameter(str(error), param_hint="'--until'") from error
        if not dry_run:
            with _progress(plan.unwritten) as advance:
                for hours in carry_out(plan, statistics, deployment.due()):
                    advance(hours)
    if as_json:
        click.echo(_document(plan, dry_run=dry_run))
    else:
        _print(Console(), plan, dry_run=dry_run)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """Show progress on standard error while the block runs; nothing if that is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("writing hours", total=total)
        yield lambda hours: progress.advance(task, hours)


def _document(plan: Plan, *, dry_run: bool) -> str:
    body = {
        "dry_run": dry_run,
        "start": plan.start,
        "boundary": {
            "hour": plan.boundary.hour,
            "reason": plan.boundary.reason,
            "complete_at": plan.boundary.complete_at,
        },
        "scopes": {scope.scope: _scope(scope) for scope in plan.scopes},
    }
    return msgspec.json.format(msgspec.json.encode(body)).decode()


def _scope(scope: ScopePlan) -> dict[str, Any]:
    total = scope.total
    return {
        "hours": len(scope.hours),
        "hours_written": len(scope.unwritten),
        "sent": total.sent,
        "bounced": total.bounced,
        "complained": total.complained,
        "first_hour": min(scope.hours, default=None),
        "last_hour": max(scope.hours, default=None),
    }


def _print(console: Console, plan: Plan, *, dry_run: bool) -> None:
    console.print(f"What SES says of {moment(plan.start)} to {moment(plan.boundary.hour)}:", highlight=False)
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("Scope", overflow="fold")
    for heading in ("Hours", "New", "Mail", "Bounces", "Complaints"):
        table.add_column(heading, justify="right", no_wrap=True)
    for scope in plan.scopes:
        total = scope.total
        numbers = (len(scope.hours), len(scope.unwritten), total.sent, total.bounced, total.complained)
        table.add_row(_name(scope), *(f"{number:,}" for number in numbers))
    console.print(table)
    console.print(_summary(plan, dry_run=dry_run), highlight=False)
    console.print(_boundary_text(plan.boundary), highlight=False)
    if plan.unwritten:
        console.print(f"\n{_DIFFERENCES}", highlight=False)


def _name(scope: ScopePlan) -> Text:
    name = Text(scope.scope)
    if scope.hours:
        name.append(f"\n  {min(scope.hours):%Y-%m-%d %H:%M}\n  to {max(scope.hours):%Y-%m-%d %H:%M}", "dim")
    return name


def _summary(plan: Plan, *, dry_run: bool) -> str:
    if not any(scope.hours for scope in plan.scopes):
        return "SES knows of no mail in this time. There is nothing to write."
    if not plan.unwritten:
        return "All of it was written before."
    if dry_run:
        return f"Nothing was written: this was a dry run. {plan.unwritten:,} hours would be."
    return f"{plan.unwritten:,} hours were written. The next evaluation judges by them."


def _boundary_text(boundary: Boundary) -> str:
    hour = moment(boundary.hour)
    match boundary.reason:
        case BoundaryReason.CHOSEN:
            return f"From {hour} on events count, as you chose; before it they do not, if there were any."
        case BoundaryReason.EVENTS_BEGAN:
            return f"From {hour} on events count: this is the first full hour of them."
        case BoundaryReason.FIRST_HOUR_NOT_OVER:
            again = f" Run this again after {moment(boundary.complete_at)}." if boundary.complete_at else ""
            return f"Events began to arrive in an hour that is not over; {hour} is the last that can be written.{again}"
        case BoundaryReason.NO_EVENTS_YET:
            return (
                f"No event has been counted yet, so all hours before {hour} are SES's. Run this again an hour after "
                "the first event, to close the gap up to there."
            )
