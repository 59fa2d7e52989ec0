"""`ses-reputation restore`: bring what was lost back from restored tables."""

from collections.abc import Iterator, Mapping

import click
from rich import box
from rich.console import Console
from rich.table import Table as Grid

from ses_reputation.restore import CHANGES, SUFFIX, NothingRestored, Outcome, Table, restore
from ses_reputation_cli.arguments import json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.progress import progress
from ses_reputation_cli.statuses import json_text

_COLUMNS: Mapping[str, tuple[Outcome, ...]] = {
    "Missing": CHANGES[:1],
    "Older": CHANGES[1:],
    "There": (Outcome.KEPT, Outcome.SENT),
    "Expired": (Outcome.EXPIRED,),
    "Changed": (Outcome.CHANGED,),
}

_EXAMPLES = """\b
Examples:
  ses-reputation restore
  ses-reputation restore --apply
  ses-reputation rebuild --apply
"""


@click.command(epilog=_EXAMPLES)
@click.option("--dry-run/--apply", default=True, show_default=True, help="Say what would be restored, or do it.")
@json_option
@deployment_options
def command(stack: Stack, *, dry_run: bool, as_json: bool) -> None:
    """Bring what the tables of the deployed stack lost back from tables that were restored from their backups. A
    restored table has the name of its own with -restored behind it; each one that exists is read. Without --apply
    nothing is changed.

    What is missing is copied. What is there stays, as it is newer, but for two things: a receipt that was written anew
    gets the scopes back that it was counted in, and a standing that was begun anew is replaced by the one that had been
    through more. An alert that was sent since the backup is not sent again, unless the history lost it as well: then
    nothing tells that it was sent. What has expired stays away. Restored tables that are not there, or not ready yet,
    are named.

    Events may come in meanwhile, but let no evaluation run: docs/operators-guide.md has all steps. After every restore
    --apply run rebuild --apply: it mends the counters by the receipts. To run both again is safe: what is back is
    there.

    Exit codes: 0 done; 1 there is no restored table, or some items were changed by others just then: run it again; 2
    wrong usage.
    """
    with deployed(stack) as deployment:
        deployment.refuse_newer_tables()
        tables, parts = deployment.restored_tables()
        with progress("restoring", parts) as advance:
            outcomes = restore(tables, apply=not dry_run, advance=advance)
        names = deployment.table_names()
        if not outcomes:
            raise NothingRestored(_none(names))
    not_found = {table: f"{name}{SUFFIX}" for table, name in names.items() if table not in outcomes}
    if as_json:
        tables_found = {table: _counts(found) for table, found in outcomes.items()}
        click.echo(json_text({"dry_run": dry_run, "tables": tables_found, "not_found": not_found}))
    else:
        _print(Console(), outcomes, not_found, dry_run=dry_run)
    if changed := sum(found.get(Outcome.CHANGED, 0) for found in outcomes.values()):
        raise click.ClickException(f"{changed:,} items were changed by others just then: run it again")


def _counts(found: Mapping[Outcome, int]) -> dict[str, int]:
    return {outcome: found.get(outcome, 0) for outcome in Outcome}


def _none(names: Mapping[Table, str]) -> str:
    commands = "\n".join(
        f"  aws dynamodb restore-table-to-point-in-time --source-table-name {name} "
        f"--target-table-name {name}{SUFFIX} --restore-date-time TIME"
        for name in names.values()
    )
    return f"no table was restored, or none is ready yet. For each table that lost something:\n{commands}"


def _print(
    console: Console, outcomes: Mapping[Table, Mapping[Outcome, int]], not_found: Mapping[Table, str], *, dry_run: bool
) -> None:
    grid = Grid(box=box.SIMPLE, pad_edge=False)
    grid.add_column("Table")
    for heading in _COLUMNS:
        grid.add_column(heading, justify="right", no_wrap=True)
    for table, found in outcomes.items():
        sums = (sum(found.get(outcome, 0) for outcome in column) for column in _COLUMNS.values())
        grid.add_row(table, *(f"{number:,}" for number in sums))
    console.print(grid)
    for text in _texts(outcomes, not_found, dry_run=dry_run):
        console.print(text, highlight=False, markup=False, soft_wrap=True)


def _texts(
    outcomes: Mapping[Table, Mapping[Outcome, int]], not_found: Mapping[Table, str], *, dry_run: bool
) -> Iterator[str]:
    changes = sum(found.get(outcome, 0) for found in outcomes.values() for outcome in CHANGES)
    if not changes:
        yield "There is nothing to restore: all of it is there."
    elif dry_run:
        yield f"Nothing was changed: this was a dry run. --apply would bring {changes:,} items back."
    else:
        yield f"{changes:,} items are back. Now let ses-reputation rebuild --apply mend the counters."
    for name in not_found.values():
        yield f"Nothing was read of {name}: it is not there, or not ready yet."
    if not_found:
        yield "If one of these is still being restored, run this again when it is ready, and then rebuild --apply."
