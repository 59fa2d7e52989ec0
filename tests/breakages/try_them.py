"""Break the code on purpose, once for each promise in this folder's tables, and see a test fail: `make breakages`.

Each is tried in a copy of the project, which is thrown away. Names of tables, or words of what is broken, choose some.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import click

from tests.breakages.breakages import ROOT, Breakage, read_breakages

PACKAGES = ("layers/reputation", "cli", "local", ".")
PASSED, FAILED = 0, 1  # https://docs.pytest.org/en/stable/reference/exit-codes.html
LIMIT = 300  # Seconds: code that never ends was noticed, too.


class Outcome(StrEnum):
    """What came of a breakage. Only the first is good."""

    NOTICED = "noticed"
    UNNOTICED = "NOT NOTICED"
    UNUSABLE = "UNUSABLE"


def run_tests(root: Path, tests: Sequence[str]) -> tuple[int | None, str]:
    """The exit code of pytest in a copy of the project, and what it wrote; None if it did not end in time."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *tests]
    paths = os.pathsep.join(str(root / package) for package in PACKAGES)
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(  # noqa: S603 - our own tests
            command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return None, ""
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


def try_breakage(breakage: Breakage) -> tuple[Outcome, str]:
    """Break a copy, and run the tests that must notice."""
    with copied() as root:
        try:
            breakage.apply(root)
        except (OSError, ValueError) as error:
            return Outcome.UNUSABLE, str(error)
        code, output = run_tests(root, breakage.noticed_by)
    if code in {FAILED, None}:
        return Outcome.NOTICED, ""
    return (Outcome.UNNOTICED if code == PASSED else Outcome.UNUSABLE), output


def chosen(words: Sequence[str]) -> list[tuple[str, Breakage]]:
    """The breakages to try, each with its table's name: those that have all the words, or all there are."""
    every = [(table, breakage) for table, breakages in read_breakages().items() for breakage in breakages]
    return [(t, b) for t, b in every if all(word.lower() in f"{t} {b.guarantee} {b.what}".lower() for word in words)]


@click.command(help=__doc__)
@click.argument("words", nargs=-1)
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="How many are tried at once.")
def main(words: tuple[str, ...], jobs: int) -> None:
    """Exit with 1 if one of them goes unnoticed, or its tests fail before anything is broken."""
    breakages = chosen(words)
    if not breakages:
        sys.exit("No breakage has these words.")
    started = time.monotonic()
    tests = sorted({test for _, breakage in breakages for test in breakage.noticed_by})
    with copied() as root:
        code, output = run_tests(root, tests)
    if code != PASSED:
        sys.exit(f"{output}\nThese tests must pass before anything is broken.")
    click.echo(f"{len(tests)} tests pass. Now {len(breakages)} breakages, one after the other:")
    unnoticed = 0
    with ThreadPoolExecutor(jobs) as pool:
        outcomes = pool.map(try_breakage, [breakage for _, breakage in breakages])
        for (table, breakage), (outcome, details) in zip(breakages, outcomes, strict=True):
            click.echo(f"{outcome:<11} {table}: {breakage.what}")
            if outcome is not Outcome.NOTICED:
                unnoticed += 1
                click.echo(details)
    noticed = len(breakages) - unnoticed
    click.echo(f"{noticed} of {len(breakages)} breakages were noticed, in {time.monotonic() - started:.0f} s.")
    sys.exit(1 if unnoticed else 0)


if __name__ == "__main__":
    main()
