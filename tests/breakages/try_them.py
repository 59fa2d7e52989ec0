"""Break the code on purpose, once for each promise in this folder's tables, and see a test fail: `make breakages`.

Each is tried in a copy of the project, which is thrown away. Names of tables, or words of what is broken, choose some.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from threading import Event

import click

from tests.breakages.breakages import ROOT, Breakage, read_breakages
from tests.interrupts import interrupted

PACKAGES = ("layers/reputation", "cli", "local", ".")
PASSED, FAILED = 0, 1  # https://docs.pytest.org/en/stable/reference/exit-codes.html
LIMIT = 300  # Seconds, of one test.


class Outcome(StrEnum):
    """What came of a breakage. Only the first is good."""

    NOTICED = "noticed"
    UNNOTICED = "NOT NOTICED"
    UNUSABLE = "UNUSABLE"
    ENDLESS = "NOT ENDED"
    """The broken code may never end, or the machine has other things to do: it proves nothing."""
    STOPPED = "stopped"


_Run = tuple[int | None, str]
"""The exit code of pytest, None if it did not end in time, and what it wrote."""

# Anything else is an error in the tests or in the tables.
_OTHERWISE = {PASSED: Outcome.UNNOTICED, None: Outcome.ENDLESS}


def run_tests(root: Path, tests: Sequence[str], limit: float | None) -> _Run:
    """Run tests in a copy of the project, until one fails."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *tests]
    paths = os.pathsep.join(str(root / package) for package in PACKAGES)
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(  # noqa: S603 - our own tests
            command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return None, f"It ran for {limit} s."
    return ran.returncode, ran.stdout + ran.stderr


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the project as it is now, committed or not."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - git
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        yield root


def try_breakage(breakage: Breakage, stopped: Event) -> tuple[Outcome, str]:
    """Break a copy, and run the tests that must notice."""
    if stopped.is_set():
        return Outcome.STOPPED, ""
    with copied() as root:
        try:
            breakage.apply(root)
        except (OSError, ValueError) as error:
            return Outcome.UNUSABLE, str(error)
        judged = judge(breakage.noticed_by, lambda test: run_tests(root, [test], LIMIT))
    return (Outcome.STOPPED, "") if stopped.is_set() else judged


def judge(tests: Sequence[str], run: Callable[[str], _Run]) -> tuple[Outcome, str]:
    """What came of a breakage, and why if it is not good: each of its tests must fail by itself."""
    for test in tests:
        code, output = run(test)
        if code != FAILED:
            return _OTHERWISE.get(code, Outcome.UNUSABLE), f"{test}:\n{output}"
    return Outcome.NOTICED, ""


def chosen(words: Sequence[str]) -> list[tuple[str, Breakage]]:
    """The breakages to try, each with its table's name: those that have all the words, or all there are."""
    every = [(table, breakage) for table, breakages in read_breakages().items() for breakage in breakages]
    return [(t, b) for t, b in every if all(word.lower() in f"{t} {b.guarantee} {b.what}".lower() for word in words)]


@click.command(help=__doc__)
@click.argument("words", nargs=-1)
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="How many are tried at once.")
def main(words: tuple[str, ...], jobs: int) -> None:
    """Exit with 1 if one of them goes unnoticed, or its tests fail before anything is broken.

    Ctrl-C ends it early, and what was tried by then is told.
    """
    breakages = chosen(words)
    if not breakages:
        sys.exit("No breakage has these words.")
    started = time.monotonic()
    tests = sorted({test for _, breakage in breakages for test in breakage.noticed_by})
    click.echo(f"{len(tests)} tests must pass before anything is broken ...")
    with copied() as root:
        code, output = run_tests(root, tests, limit=None)
    if code != PASSED:
        sys.exit(f"{output}\nThese tests must pass before anything is broken.")
    click.echo(f"They do, in {time.monotonic() - started:.0f} s. Now {len(breakages)} breakages, as they end:")
    stopped = interrupted()
    outcomes = Counter[Outcome]()
    with ThreadPoolExecutor(jobs) as pool:
        tried = {
            pool.submit(try_breakage, breakage, stopped): f"{table}: {breakage.what}" for table, breakage in breakages
        }
        for future in as_completed(tried):
            outcome, details = future.result()
            outcomes[outcome] += 1
            if outcome is not Outcome.STOPPED:
                click.echo(f"{outcomes.total():>4} {outcome:<11} {tried[future]}")
            if details:
                click.echo(details)
    noticed = outcomes[Outcome.NOTICED]
    click.echo(f"{noticed} of {len(breakages)} breakages were noticed, in {time.monotonic() - started:.0f} s.")
    if stopped.is_set():
        click.echo(f"Stopped: {outcomes[Outcome.STOPPED]} were not tried.")
    sys.exit(0 if noticed == len(breakages) else 1)


if __name__ == "__main__":
    main()
