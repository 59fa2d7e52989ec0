"""Mutated events, commands and files through every way into the system: `make fuzz MUTATIONS=1000000`.

What is found is written to build/fuzz, and `python -m tests.fuzz --only NUMBER --seed SEED` tries it again.
"""

import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from itertools import islice
from pathlib import Path

import click

from tests.fuzz.fuzzing import Covered, fuzz
from tests.interrupts import ignore_interrupts, interrupted

FOUND = Path("build") / "fuzz"
MAX_MEMORY = 512  # MiB, which is what the functions have.
SHOWN = 25
SHOWN_EVERY = 2  # Seconds.


def _try_all(seed: int, numbers: range) -> tuple[Covered, int]:
    """What one process covered, and how much memory it had at most, in MiB."""
    covered = Covered()
    for part in fuzz(seed, numbers):
        covered.add(part)
    return covered, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _parts(first: int, mutations: int, jobs: int) -> Iterator[range]:
    """The numbers in parts that are small enough to tell how far it has come, and to end soon after Ctrl-C."""
    size = max(1, min(1_000, -(-mutations // jobs)))
    for start in range(first, first + mutations, size):
        yield range(start, min(start + size, first + mutations))


def _tried(seed: int, parts: Iterator[range], jobs: int) -> Iterator[tuple[Covered, int]]:
    """What came of each part, as they end. Ctrl-C has no further ones begun."""
    stopped = interrupted()
    with ProcessPoolExecutor(jobs, initializer=ignore_interrupts) as pool:
        # One for each process: what waits in the pool could not be taken back.
        running = {pool.submit(_try_all, seed, part) for part in islice(parts, jobs)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            further = () if stopped.is_set() else islice(parts, len(done))
            running |= {pool.submit(_try_all, seed, part) for part in further}
            for future in done:
                yield future.result()


@click.command(help=__doc__)
@click.option("--mutations", default=20_000, show_default=True, help="How many are tried.")
@click.option("--seed", default=1, show_default=True, help="Another seed makes other mutations.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="How many processes try them.")
@click.option("--only", type=int, help="Try the mutation with this number, and no other.")
def main(mutations: int, seed: int, jobs: int, only: int | None) -> None:
    """Exit with 1 if something is found. Ctrl-C ends it early, and what was tried by then is told."""
    started = time.monotonic()
    first, mutations = (0, mutations) if only is None else (only, 1)
    covered, memory, shown = Covered(), 0, started
    for part, peak in _tried(seed, _parts(first, mutations, jobs), jobs):
        covered.add(part)
        memory = max(memory, peak)
        now = time.monotonic()
        if now - shown > SHOWN_EVERY:
            tried, shown = covered.entries.total(), now
            click.echo(f"{tried:>10,} mutations, {len(covered.findings)} findings, {now - started:.0f} s", err=True)
    _tell(covered, memory, seed, time.monotonic() - started)
    sys.exit(1 if covered.findings or memory > MAX_MEMORY else 0)


def _tell(covered: Covered, memory: int, seed: int, elapsed: float) -> None:
    tried = covered.entries.total()
    click.echo(f"{tried:,} mutations with seed {seed} in {elapsed:.0f} s")
    _table("by entry point", covered.entries)
    _table("by kind (a text may have up to four)", covered.mutations)
    outcomes = Counter({f"{name}: {outcome}": n for (name, outcome), n in covered.outcomes.items()})
    _table(f"by what came of it ({len(outcomes):,} in all)", outcomes)
    if tried:
        seconds, number, name, size = covered.slowest
        click.echo(f"\nOne took {1e6 * covered.seconds / tried:,.0f} us of CPU on average.")
        click.echo(f"The slowest took {1000 * seconds:,.0f} ms: number {number:,}, {name}, {size:,} bytes.")
    click.echo(f"A process had {memory:,} MiB at most, of {MAX_MEMORY} that it may have.")
    FOUND.mkdir(parents=True, exist_ok=True)
    for found in covered.findings[:100]:
        path = FOUND / f"{seed}-{found.number}.txt"
        path.write_bytes(found.text)
        click.echo(f"\nFOUND: number {found.number:,}, {found.entry_point}, kept as {path}\n{found.what}")
    click.echo(f"\n{len(covered.findings):,} findings.")


def _table(title: str, counts: Counter[str]) -> None:
    click.echo(f"\n{title}")
    for name, count in counts.most_common(SHOWN):
        click.echo(f"{count:>12,}  {name}")


if __name__ == "__main__":
    main()
