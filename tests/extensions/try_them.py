"""Make the changes that docs/extending.md shows, each in a copy of the project, and run the tests that are about it.

`make extend` does it; names of changes choose some. With --renew they are fitted to the code as it is committed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType

import click

from tests.breakages.breakages import ROOT
from tests.breakages.try_them import LIMIT, PACKAGES, PASSED, copied, run_tests

DIFFS = ROOT / "docs/extending"

# What pytest is told for each change: the tests that it changes, and those that would miss a part of it.
TESTS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "event-type": (
            "tests/test_ses_events.py",
            "tests/test_event_samples.py",
            "tests/test_counting.py",
            "tests/test_connect.py",
            "tests/test_eligibility.py",
        ),
        "category": (
            "tests/test_lifecycle.py",
            "tests/test_notices.py",
            "tests/test_notice_command.py",
            "tests/test_category_stories.py",
            "-k",
            "[authentication] or authentication- or -authentication or every_category or help_names",
        ),
        "scope-kind": (
            "tests/test_scopes.py",
            "tests/test_counting.py",
            "tests/test_limits.py",
            "tests/test_template_parameters.py",
            "tests/test_watching.py",
            "-k",
            "scope or kind",
        ),
        "alert-channel": (
            "tests/test_channels.py",
            "tests/test_settings.py",
            "tests/test_operate.py",
            "tests/test_template_enforcement.py",
        ),
    }
)


def try_change(name: str) -> str | None:
    """Make a change in a copy, with the documentation that follows from it; what is wrong, None if nothing is."""
    with copied() as root:
        for command in (["git", "apply", str(DIFFS / f"{name}.diff")], [sys.executable, "docs/generate.py"]):
            paths = os.pathsep.join(str(root / package) for package in PACKAGES)
            ran = subprocess.run(  # noqa: S603 - git, and our own documentation
                command, cwd=root, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
            )
            if ran.returncode:
                return ran.stdout + ran.stderr
        code, output = run_tests(root, TESTS[name], LIMIT)
        return None if code == PASSED else output


def renew(name: str) -> str:
    """Fit a change to the code that is committed, and write it anew; what was done, or what is left to do by hand."""
    diff = DIFFS / f"{name}.diff"
    clone = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    _git("clone", "--quiet", "--shared", str(ROOT), str(clone))
    merged = _git("-C", str(clone), "apply", "--3way", str(diff), check=False)
    how = f"git -C {clone} diff --full-index -U2 HEAD > {diff}"
    if merged.returncode:
        return f"{merged.stderr}Mend what conflicts in {clone}, then: git -C {clone} add --all; {how}"
    diff.write_text(_git("-C", str(clone), "diff", "--full-index", "-U2", "HEAD").stdout)
    return "written"


def _git(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=check)  # noqa: S603, S607 - git


@click.command(help=__doc__)
@click.argument("names", nargs=-1, type=click.Choice(list(TESTS)))
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="How many are tried at once.")
@click.option("--renew", "anew", is_flag=True, help="Fit the changes to the code, and write them anew; try nothing.")
def main(names: Sequence[str], jobs: int, *, anew: bool) -> None:
    """Exit with 1 if a change can't be made, or a test of it fails."""
    chosen = list(names or TESTS)
    if anew:
        for name in chosen:
            click.echo(f"{name}: {renew(name)}")
        return
    started, wrong = time.monotonic(), 0
    with ThreadPoolExecutor(jobs) as pool:
        for name, problem in zip(chosen, pool.map(try_change, chosen), strict=True):
            click.echo(f"{name}: {problem or 'made, and its tests pass'}")
            wrong += problem is not None
    click.echo(f"{len(chosen) - wrong} of {len(chosen)} changes, in {time.monotonic() - started:.0f} s.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
