"""`ses-reputation backfill`: count what SES still knows of the time before events were connected."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ses_reputation.backfill import (
    METRICS_AGE,
    SETTLED_AFTER,
    Boundary,
    BoundaryReason,
    Plan,
    ScopePlan,
    UnfitBoundary,
    carry_out,
    plan_backfill,
)
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.notices.numbers import hours_text, moment
from ses_reputation.notices.structure import readable
from ses_reputation_cli.arguments import Whole, json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.progress import progress

_EXAMPLES = """\b
Examples:
  ses-reputation backfill --dry-run
  ses-reputation backfill
  ses-reputation backfill --days 90 --stack-name ses-reputation-dev --region eu-west-1
  ses-reputation backfill --until 2026-03-02T09:00Z --dry-run
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

_FIRST_EVENT = {
    VolumeSource.SEND_EVENTS: "Send event",
    VolumeSource.DELIVERY_EVENTS: "Delivery event",
    VolumeSource.STATISTICS: "bounce or complaint",
}


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
    type=Whole(1, METRICS_AGE.days),
    metavar="N",
    help="How far back. Default: as old as mail can be in a rate (OldestMailDays of the stack), at most 455.",
)
@click.option(
    "--until",
    type=_HourType(),
    metavar="HOUR",
    help="Take SES's statistics before this full hour, such as 2026-03-02T09:00Z, and the account's events from it on.",
)
@click.option(
    "--replace-events", is_flag=True, help="Let --until replace hours of the account whose events were counted."
)
@click.option(
    "--all", "everything", is_flag=True, help="Take older hours, too, than a rate can hold (RepresentativeVolume)."
)
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be written.")
@json_option
@deployment_options
def command(
    stack: Stack,
    days: int | None,
    until: datetime | None,
    *,
    replace_events: bool,
    everything: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Count what SES still knows of the time before its events were connected to the deployed stack, for the account
    and for configuration sets that publish the metric Send to CloudWatch. The next evaluation judges them by it.

    SES's statistics reach back 14 days, CloudWatch's hourly values 455. Of each scope the newest hours are taken, until
    they and its events together fill the window of a rate.

    Before a boundary SES's numbers count in place of events; from it on, events do. Each scope has its own: the full
    hour after the first one with events that tell its volume, as these were connected at some time during it. A
    configuration set without any has the account's. Minutes of mail around a boundary may be missing, or count twice:
    SES's intervals need not begin at a full hour. Hours are taken when they have been over for an hour, as SES tells
    the newest late.

    Hours of the account in which only some sets were connected can be corrected with --until and --replace-events. A
    set that has events of its own keeps them.

    To run it again is safe: without --until it changes nothing, unless SES tells more than it did, or there is a gap to
    close. The output says when.

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
    if replace_events and until is None:
        raise click.UsageError("--replace-events is for --until")
    with deployed(stack) as deployment:
        deployment.refuse_newer_tables()
        policy, statistics = deployment.policy(), deployment.statistics()
        try:
            plan = plan_backfill(
                deployment.now(),
                deployment.ses(),
                deployment.counters(),
                statistics,
                policy,
                age=timedelta(days=days) if days else policy.oldest_mail,
                until=until,
                known=[standing.scope for standing in deployment.standings().all()],
                everything=everything,
            )
        except UnfitBoundary as error:
            raise _unfit(str(error)) from error
        if plan.replaced and not (replace_events or dry_run):
            raise _unfit(_replaced(plan))
        if not dry_run:
            with progress("writing hours", plan.unwritten) as advance:
                for hours in carry_out(plan, statistics, deployment.due()):
                    advance(hours)
    if as_json:
        click.echo(_document(plan, dry_run=dry_run))
    else:
        _print(Console(), plan, policy, dry_run=dry_run)


def _unfit(problem: str) -> click.BadParameter:
    return click.BadParameter(problem, param_hint="'--until'")


def _replaced(plan: Plan) -> str:
    """What would be lost by this boundary."""
    return (
        f"the account's events count from {moment(plan.drawn)} on: {hours_text(plan.replaced)} with live events would "
        "be replaced by SES's numbers, for good; --replace-events does so"
    )


def _document(plan: Plan, *, dry_run: bool) -> str:
    body = {
        "dry_run": dry_run,
        "start": plan.start,
        "boundary": _boundary(plan.account.boundary),
        "hours_replaced": plan.replaced,
        "scopes": {scope.scope: _scope(scope) for scope in plan.scopes},
    }
    return msgspec.json.format(msgspec.json.encode(body)).decode()


def _boundary(boundary: Boundary) -> dict[str, Any]:
    return {"hour": boundary.hour, "reason": boundary.reason, "complete_at": boundary.complete_at}


def _scope(scope: ScopePlan) -> dict[str, Any]:
    total = scope.total
    return {
        "boundary": _boundary(scope.boundary),
        "hours": len(scope.hours),
        "hours_written": len(scope.unwritten),
        "older_hours_left_out": scope.left_out,
        "sent": total.sent,
        "bounced": total.bounced,
        "complained": total.complained,
        "first_hour": min(scope.hours, default=None),
        "last_hour": max(scope.hours, default=None),
    }


def _print(console: Console, plan: Plan, policy: Policy, *, dry_run: bool) -> None:
    console.print(f"What SES says of the time since {moment(plan.start)}:", highlight=False)
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("Scope", overflow="fold")
    for heading in ("Hours", "New", "Mail", "Bounces", "Complaints"):
        table.add_column(heading, justify="right", no_wrap=True)
    for scope in plan.scopes:
        total = scope.total
        numbers = (len(scope.hours), len(scope.unwritten), total.sent, total.bounced, total.complained)
        table.add_row(_name(scope), *(f"{number:,}" for number in numbers))
    console.print(table)
    for text in _texts(plan, policy, dry_run=dry_run):
        console.print(Text(text))
    if plan.unwritten:
        console.print(f"\n{_DIFFERENCES}", highlight=False)


def _name(scope: ScopePlan) -> Text:
    name = Text(readable(scope.scope))
    if scope.hours:
        name.append(f"\n  {min(scope.hours):%Y-%m-%d %H:%M}\n  to {max(scope.hours):%Y-%m-%d %H:%M}", "dim")
    return name.append(f"\n  events from\n  {scope.boundary.hour:%Y-%m-%d %H:%M}", "dim")


def _texts(plan: Plan, policy: Policy, *, dry_run: bool) -> Iterator[str]:
    """What was done, why no more, and what is left to do."""
    yield _summary(plan, dry_run=dry_run)
    if dry_run and plan.replaced:
        yield f"Careful: {_replaced(plan)}."
    elif plan.replaced:
        yield f"Of {hours_text(plan.replaced)} of the account the events no longer count."
    if full := sum(scope.left_out for scope in plan.scopes):
        yield (
            f"Older hours of {full:,} scope{'' if full == 1 else 's'} were left out: the newer ones, with the events, "
            f"hold the {policy.window_volume():,} recipients of a rate's window. --all takes them, too."
        )
    yield _boundary_text(plan.account.boundary, policy.volume_source)
    for scope in plan.configuration_sets:
        if scope.boundary != plan.account.boundary and scope.boundary.reason is not BoundaryReason.EVENTS_BEGAN:
            yield f"{readable(scope.scope)}: {_boundary_text(scope.boundary, policy.volume_source)}"


def _summary(plan: Plan, *, dry_run: bool) -> str:
    if not any(scope.hours or scope.left_out for scope in plan.scopes):
        return "SES knows of no mail in this time. There is nothing to write."
    if not any(scope.hours for scope in plan.scopes):
        return "There is nothing to write: events fill the windows of all rates."
    if not plan.unwritten:
        return "All of it was written before."
    if dry_run:
        return f"Nothing was written: this was a dry run. {plan.unwritten:,} hours would be."
    return f"{plan.unwritten:,} hours were written. The next evaluation judges by them."


def _boundary_text(boundary: Boundary, source: VolumeSource) -> str:
    hour = moment(boundary.hour)
    match boundary.reason:
        case BoundaryReason.CHOSEN:
            return (
                f"From {hour} on the account's events count, as you chose; before it they do not, if there were any. "
                "Of a configuration set that was connected earlier, they count from then on."
            )
        case BoundaryReason.EVENTS_BEGAN:
            also = ", and of the mail that WatchSes reads" if source is VolumeSource.STATISTICS else ""
            return f"From {hour} on the account's events count: this is the first full hour of them{also}."
        case BoundaryReason.FIRST_HOUR_TOO_NEW:
            text = f"Hours before {hour} are SES's for now: it may still add to its numbers of the later ones."
            if boundary.complete_at is None:
                return text
            begin = moment(boundary.complete_at - SETTLED_AFTER)
            return f"{text} Events count from {begin} on. Run this again after {moment(boundary.complete_at)}."
        case BoundaryReason.NO_EVENTS_YET:
            return (
                f"No {_FIRST_EVENT[source]} has been counted yet, so all hours before {hour} are SES's. Run this again "
                "two hours after the first one, to close the gap up to there."
            )
        case BoundaryReason.NO_STATISTICS_YET:
            return (
                f"Events have arrived, but the function WatchSes has not written yet how much mail was sent, so all "
                f"hours before {hour} are SES's. Run this again in three hours, when mail has been sent, to close the "
                "gap up to there."
            )
