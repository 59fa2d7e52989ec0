"""`ses-reputation rebuild`: compare the counters with the receipts, and mend what differs."""

import sys
from collections.abc import Iterator, Sequence

import click
from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ses_reputation.domain.counting import Cell
from ses_reputation.domain.reconciliation import Comparison, Difference
from ses_reputation.domain.scopes import Scope
from ses_reputation.notices.numbers import moment
from ses_reputation.notices.structure import readable
from ses_reputation.rebuild import LOOKS, Span, UnfitSpan, mend, reconcile, span_of
from ses_reputation_cli.arguments import MOMENT, SCOPE, Moment, json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.progress import progress
from ses_reputation_cli.statuses import json_text

DIFFERENT = 1
"""The exit code when something differs, as diff has it."""

# More rows say no more to a person; --json has all.
SHOWN = 40

_EXAMPLES = """\b
Examples:
  ses-reputation rebuild
  ses-reputation rebuild --apply
  ses-reputation rebuild --scope tenant/acme --since 7d
  ses-reputation rebuild --json | jq '.differences[] | select(.scope == "account")'
"""


class _Report(Struct, frozen=True):
    """What was found, which cells were corrected, and which somebody else was writing to."""

    span: Span
    comparison: Comparison
    corrected: Sequence[Cell] = ()
    refused: Sequence[Cell] = ()


@click.command(epilog=_EXAMPLES)
@click.option("--scope", type=SCOPE, help="Compare one scope only.")
@click.option("--since", type=MOMENT, metavar="TIME", help="A time, or how long ago, such as 7d. Default: 58 days ago.")
@click.option("--until", type=MOMENT, metavar="TIME", help="A time, or how long ago. Default: an hour ago.")
@click.option("--dry-run/--apply", default=True, show_default=True, help="Say what differs, or mend it as well.")
@json_option
@deployment_options
def command(
    scope: Scope | None,
    since: Moment | None,
    until: Moment | None,
    stack: Stack,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Compare what the counters hold with what the receipts say was counted, hour by hour, and list what differs.
    Without --apply nothing is changed.

    Receipts and counters are written together, so nothing differs unless somebody changed or lost one of them: an item
    that was deleted by hand, a table that was restored from a backup.

    With --apply the difference of each hour is written beside its counts, with your name, and its scope is judged anew
    at the next evaluation. To run it again is safe: what was mended agrees.

    \b
    What is not compared, and said:
    - hours that were written to while they were read: run it again
    - hours with receipts of older versions, which do not say what was counted
    - hours that were backfilled: there SES's own statistics count
    - attributes of a counter item that this version never wrote

    Receipts are kept for 60 days at least, so the last 58 are compared. --since goes back further where
    ReceiptRetentionDays is higher: do that only if it was as high all the time. Both tables are read as wholes.

    \b
    Exit codes: 0 nothing differs, or all was mended; 1 something differs, or it
    failed; 2 wrong usage
    """  # noqa: D301 - click takes \b for: do not wrap what follows
    from ses_reputation.adapters.scans import PARTS  # noqa: PLC0415 - help must not wait for boto3

    with deployed(stack) as deployment:
        deployment.refuse_newer_tables()
        now, books = deployment.now(), deployment.books()
        first, last = (since.at(now) if since else None), (until.at(now) if until else None)
        try:
            span = span_of(now, first, last, scope, deployment.receipt_retention())
        except UnfitSpan as error:
            raise click.UsageError(str(error)) from error
        with progress("reading receipts", PARTS * LOOKS) as advance:
            comparison = reconcile(books, span, advance)
        report = _Report(span, comparison)
        if comparison.discrepancies and not dry_run:
            with progress("mending hours", len(comparison.discrepancies)) as advance:
                outcomes = {}
                for cell, done in mend(books, comparison, deployment.caller(), now):
                    outcomes[cell] = done
                    advance(1)
            corrected = [cell for cell, done in outcomes.items() if done]
            report = _Report(span, comparison, corrected, [cell for cell in outcomes if cell not in corrected])
    if as_json:
        click.echo(_document(report, dry_run=dry_run))
    else:
        _print(Console(), report, dry_run=dry_run)
    if len(report.corrected) < len(comparison.discrepancies):
        sys.exit(DIFFERENT)


def _document(report: _Report, *, dry_run: bool) -> str:
    comparison = report.comparison
    return json_text(
        {
            "dry_run": dry_run,
            "since": report.span.since,
            "until": report.span.until,
            "agreeing": comparison.agreeing,
            "differences": list(comparison.differences()),
            "corrected": _cells(report.corrected),
            "refused": _cells(report.refused),
            "in_motion": _cells(comparison.moving),
            "without_counts": _cells(comparison.silent),
            "backfilled": comparison.backfilled,
            "foreign": [
                {"scope": scope, "hour": hour, "attributes": names}
                for (scope, hour), names in sorted(comparison.foreign.items())
            ],
        }
    )


def _cells(cells: Sequence[Cell] | frozenset[Cell]) -> list[dict[str, object]]:
    return [{"scope": scope, "hour": hour} for scope, hour in sorted(cells)]


def _print(console: Console, report: _Report, *, dry_run: bool) -> None:
    comparison = report.comparison
    differences = list(comparison.differences())
    if differences:
        table = Table(box=box.SIMPLE, pad_edge=False)
        table.add_column("Scope", overflow="fold")
        table.add_column("Hour (UTC)", no_wrap=True)
        table.add_column("What", overflow="fold")
        for heading in ("Counted", "By receipts"):
            table.add_column(heading, justify="right", no_wrap=True)
        for difference in differences[:SHOWN]:
            table.add_row(*_row(difference))
        console.print(table)
    for text in _texts(report, len(differences), dry_run=dry_run):
        console.print(text, highlight=False, markup=False)


def _row(difference: Difference) -> tuple[Text, str, Text, str, str]:
    return (
        Text(readable(difference.scope)),
        f"{difference.hour:%Y-%m-%d %H:%M}",
        Text(f"{difference.provider}.{difference.measure}"),
        f"{difference.counted:,}",
        f"{difference.by_receipts:,}",
    )


def _texts(report: _Report, differences: int, *, dry_run: bool) -> Iterator[str]:
    """What was compared, what came of it, and of what nothing can be said."""
    comparison, found = report.comparison, len(report.comparison.discrepancies)
    if differences > SHOWN:
        yield f"... and {differences - SHOWN:,} numbers more: --json has them all."
    compared = comparison.agreeing + found
    yield (
        f"From {moment(report.span.since)} until {moment(report.span.until)}: counters and receipts of "
        f"{compared:,} scopes' hours were compared, and {found:,} differ."
    )
    if found and dry_run:
        yield "Nothing was changed: this was a dry run. --apply mends them."
    elif found:
        yield f"{len(report.corrected):,} were mended. The next evaluation judges by them."
    if report.refused:
        yield f"{len(report.refused):,} were not: somebody else was writing to them. Run it again."
    if comparison.moving:
        yield f"{len(comparison.moving):,} were being written to, and can't be judged yet: run it again in a while."
    if comparison.silent:
        yield f"{len(comparison.silent):,} have receipts of an older version, which do not say what was counted."
    if comparison.backfilled:
        yield f"{comparison.backfilled:,} were backfilled: there SES's statistics count, and no receipts."
    for (scope, hour), names in sorted(comparison.foreign.items())[:SHOWN]:
        foreign = readable(", ".join(names), 200)
        yield f"Passed over, since this version never wrote it: {foreign} of {readable(scope)} at {moment(hour)}."
