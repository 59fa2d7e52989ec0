"""Run random histories with faults at any call, for as long as wanted: `make soak MINUTES=60`.

Each history is random mail, decisions and evaluations through the real handlers on the local cloud, with faults drawn
at any AWS call; in the end the laws in tests/soak/laws.py must hold. All of it follows from a seed.
"""

import json
import multiprocessing
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tests.soak.covered import Covered
from tests.soak.history import seeded
from tests.soak.running import CHANCE, Focus
from tests.soak.trying import Tried, begin_process, try_history

# A process that has run so many gives way to a new one, so that nothing that moto keeps adds up.
HISTORIES_OF_A_PROCESS = 200


@click.command(help=__doc__)
@click.option("--minutes", default=1.0, show_default=True, help="How long new histories are begun.")
@click.option("--histories", type=int, help="How many at most.")
@click.option("--series", help="The histories of this name, the same each time. Without it, new ones.")
@click.option("--seed", "seeds", multiple=True, help="Run the history with this seed, and no others.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="How many processes run them.")
@click.option("--chance", default=CHANCE, show_default=True, help="How likely a call goes wrong.")
@click.option("--focus", type=Focus.read, help="A call and how it is to go wrong besides, as it is printed.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write what was covered into this file, too.")
def main(  # noqa: PLR0917 - click gives them by name
    minutes: float,
    histories: int | None,
    series: str | None,
    seeds: tuple[str, ...],
    jobs: int,
    chance: float,
    focus: Focus | None,
    file: Path | None,
) -> None:
    """Exit with 1 if a law did not hold, and say how to see it again."""
    # Sets are gone through in an order of their own in each process, unless this is set before it starts.
    os.environ["PYTHONHASHSEED"] = "0"
    covered = Covered()
    started = time.monotonic()
    console = Console(width=None if sys.stdout.isatty() else 150)
    number = histories or sys.maxsize
    wanted: Iterator[tuple[str, Focus | None]]
    if seeds:
        wanted = ((seed, focus) for seed in seeds)
    elif series:
        wanted = ((f"{series}-{n}", focus) for n in range(number))
    else:
        wanted = _fresh(secrets.token_hex(4), number, covered)
    failed: list[Tried] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        shown = progress.add_task("starting")
        try:
            for tried in _tried(wanted, jobs, chance, None if seeds else started + 60 * minutes):
                covered.add(tried)
                failed += [tried] if tried.failure else []
                progress.update(shown, description=covered.line(time.monotonic() - started))
                if failed:
                    break
        except KeyboardInterrupt:
            console.print("Stopped.")
    seconds = time.monotonic() - started
    covered.show(console, seconds)
    if file:
        file.write_text(json.dumps(covered.document(seconds), indent=2), encoding="utf-8")
    for tried in failed:
        console.print(f"\nThis does not hold: {tried.law}.", style="bold red", markup=False)
        console.print(tried.failure, highlight=False, markup=False)
        focused = f' --focus "{tried.focus}"' if tried.focus else ""
        again = f".venv/bin/python -m tests.soak --chance {chance} --seed {tried.seed}{focused}"
        console.print(f"Again: {again}", markup=False, soft_wrap=True)
    sys.exit(1 if failed else 0)


def _fresh(begun: str, number: int, covered: Covered) -> Iterator[tuple[str, Focus | None]]:
    """New seeds. Three of four histories are about a call that has not gone wrong in every way yet."""
    random = seeded(begun)
    for n in range(number):
        missing = covered.missing() if n % 4 else []
        (focus,) = random.choices(missing, [len(each.faults) for each in missing]) if missing else (None,)
        yield f"{begun}-{n}", focus


def _tried(seeds: Iterator[tuple[str, Focus | None]], jobs: int, chance: float, end: float | None) -> Iterator[Tried]:
    """What came of each history, as they end. No new one is begun after `end`."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        jobs, context, initializer=begin_process, max_tasks_per_child=HISTORIES_OF_A_PROCESS
    ) as pool:
        running: set[Future[Tried]] = set()
        try:
            while True:
                while len(running) < 2 * jobs and (end is None or time.monotonic() < end):
                    wanted = next(seeds, None)
                    if wanted is None:
                        break
                    seed, focus = wanted
                    with _interrupts_held():
                        running.add(pool.submit(try_history, seed, chance, focus))
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """What is started meanwhile, process or thread, never hears of Ctrl-C, which is for this process alone."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


if __name__ == "__main__":
    main()
