"""Measure how fast and how cheap it is, beside what others would write: `make bench`.

Every ratio is taken in one run, in which those that are compared take turns: this machine may be shared, and slower a
minute later. Names of parts choose some; `--quick` tries that all of it works, and its figures say nothing.
"""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Final

import click

from benchmarks.figures import Figure, Run, machine, table
from benchmarks.page import write

PARTS: Final = {
    "ingest": "events that record_feedback counts, beside what others would write",
    "writes": "write units that DynamoDB charges for an event, and the bill",
    "contention": "functions that add to the same counters, simulated and measured",
    "cold_start": "functions that start under Lambda's own runtime client",
    "evaluation": "scopes that are judged, however many there are, and however long their history",
    "chunks": "100,000 scopes, handed on to concurrent runs",
    "dashboard": "pages, of few scopes and of many",
    "storm": "a burst of bounces on an engine with real transactions, and on the local cloud",
    "local": "the demo, a replay, and help",
}
"""The parts, in the order in which they run, and what each is about."""

Measure = Callable[[bool], Iterator[Figure]]


@click.command(help=__doc__)
@click.argument("parts", nargs=-1, metavar=f"[{'|'.join(PARTS)}]...")
@click.option("--quick", is_flag=True, help="A moment of each.")
@click.option(
    "--json",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("build/benchmarks.json"),
    show_default=True,
    help="Where the figures go.",
)
@click.option(
    "--page", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Show the tables there, too."
)
def main(parts: tuple[str, ...], *, quick: bool, path: Path, page: Path | None) -> None:
    """Exit with 2 for a part that does not exist."""
    if unknown := set(parts) - set(PARTS):
        raise click.BadParameter(f"no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}", param_hint="PARTS")
    figures: list[Figure] = []
    for part in parts or PARTS:
        click.echo(f"{part}: {PARTS[part]}", err=True)
        started = monotonic()
        measured = list(measure(part)(quick))
        click.echo(table(measured))
        click.echo(f"({monotonic() - started:.0f} s)\n", err=True)
        figures += measured
    path.parent.mkdir(parents=True, exist_ok=True)
    run = Run(machine(), quick, tuple(figures))
    path.write_bytes(run.document())
    if page:
        write(page, run)
    click.echo(f"All figures are in {path}.", err=True)


def measure(part: str) -> Measure:
    """What measures a part."""
    of_part: Measure = import_module(f"benchmarks.{part}").measure
    return of_part


if __name__ == "__main__":
    sys.exit(main())
