"""Measure which branches the tests take: `make coverage`.

The core must be covered whole; of the rest, the table says how much is. `core` measures the core by its own tests
alone, with fewer examples of what they draw at random.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from msgspec import Struct

from tests.measure.core import CORE, ROOT, core_tests

PYTEST = (sys.executable, "-m", "pytest", "-q", "--numprocesses", "auto", "--dist", "worksteal", "--cov-report=")
OF_CORE = ("--hypothesis-profile=measure", f"--cov={CORE}")


class Covered(Struct, frozen=True):
    """How many of the statements and branches of some files were taken."""

    statements: int = 0
    statements_taken: int = 0
    branches: int = 0
    branches_taken: int = 0

    def plus(self, other: "Covered") -> "Covered":
        """Both in one."""
        return Covered(
            self.statements + other.statements,
            self.statements_taken + other.statements_taken,
            self.branches + other.branches,
            self.branches_taken + other.branches_taken,
        )


def measured() -> Mapping[str, Any]:
    """What coverage knows of each file, by its path."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        command = (sys.executable, "-m", "coverage", "json", "-q", "-o", str(report))
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - coverage
        files: Mapping[str, Any] = json.loads(report.read_text(encoding="utf-8"))["files"]
        return files


def by_package(files: Mapping[str, Any]) -> dict[str, Covered]:
    """The sums of each folder."""
    sums: dict[str, Covered] = {}
    for path, known in files.items():
        folder, told = str(Path(path).parent), known["summary"]
        covered = Covered(told["num_statements"], told["covered_lines"], told["num_branches"], told["covered_branches"])
        sums[folder] = sums.get(folder, Covered()).plus(covered)
    return sums


def gaps(files: Mapping[str, Any]) -> Iterator[str]:
    """The lines and branches of the core that no test takes, as FILE:LINE."""
    core = f"{CORE.relative_to(ROOT)}/"
    for path, known in files.items():
        if path.startswith(core):
            yield from (f"{path}:{line} is never run" for line in known["missing_lines"])
            yield from (
                f"{path}:{line} never goes on {'to the end' if to < 0 else f'at line {to}'}"
                for line, to in known["missing_branches"]
            )


def share(taken: int, of: int) -> str:
    """A percentage that is 100 only if nothing is missing."""
    return f"{1000 * taken // of / 10:.1f} %" if of else "-"


@click.command(help=__doc__)
@click.argument("what", type=click.Choice(["all", "core"]), default="all")
def main(what: str) -> None:
    """Exit with 1 if a test fails, or a branch of the core is never taken."""
    (ROOT / "build").mkdir(exist_ok=True)
    chosen: Sequence[str] = [*OF_CORE, *core_tests()] if what == "core" else ["--cov"]
    passed = subprocess.run((*PYTEST, *chosen), cwd=ROOT, check=False).returncode == 0  # noqa: S603 - our own tests
    files = measured()
    click.echo(f"{'':<55}{'statements':>11}{'':>9}{'branches':>10}")
    for folder, sums in sorted(by_package(files).items()):
        click.echo(
            f"{folder:<55}{sums.statements:>11}{share(sums.statements_taken, sums.statements):>9}"
            f"{sums.branches:>10}{share(sums.branches_taken, sums.branches):>9}"
        )
    found = list(gaps(files))
    click.echo("\n".join(found) or "Every branch of the core is taken.")
    sys.exit(0 if passed and not found else 1)


if __name__ == "__main__":
    main()
