"""Change the core in small ways, one at a time, and see its tests fail: `make mutants`.

mutmut makes the changes, in a copy of the project, and forks a process for each. What a module does while it is
imported is over by then, and where a machine is busy mutmut may not wait long enough: so what survives, or took too
long, is tried again in a process that was changed from its start. What still survives must be explained in
survivors.toml, by what it does. Names of modules of the core choose some.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import compress
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from tests.measure.core import CORE, PACKAGE, ROOT, tests_of

COPY = ROOT / "build/mutants"
HERE = Path(__file__).parent
PYTEST = ("-q", "-x", "-p", "no:cacheprovider", "--hypothesis-profile=measure")
SURVIVED, NO_TESTS, TOOK_TOO_LONG, NOT_TRIED = 0, 33, -signal.SIGXCPU, None
# mutmut forks for nothing where no function is called after the import, or where it finds nothing to change.
NOTHING_TO_FORK_FOR = ("Unable to force test failures", "could not find any test case for any mutant")
LIMIT = 300  # Seconds: what takes longer than that never ends, and was noticed.

# mutmut names a module by where it is, without `src`, so that is where it has to be.
SETTINGS = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = {modules}
also_copy = {folders}
pytest_add_cli_args = {pytest}
pytest_add_cli_args_test_selection = {tests}
use_git_change_detection = false
track_dependencies = false
use_setproctitle = false
timeout_multiplier = 3
"""


class Change(Struct, frozen=True):
    """What a mutant changes."""

    module: str
    function: str
    code: str
    mutant: str


class Survivor(Struct, frozen=True, forbid_unknown_fields=True):
    """Changes that no test needs to notice, with the reason: the line of a function, and what becomes of it."""

    module: str
    function: str
    code: str
    mutants: tuple[str, ...]
    reason: str


class Survivors(Struct, frozen=True, forbid_unknown_fields=True):
    """All explanations."""

    survivor: tuple[Survivor, ...] = ()

    def reasons(self) -> dict[Change, str]:
        """The changes that may survive, with the reasons."""
        return {
            Change(survivor.module, survivor.function, survivor.code, mutant): survivor.reason
            for survivor in self.survivor
            for mutant in survivor.mutants
        }


class Mutant(Struct, frozen=True):
    """One change of the core, and how it ended: the exit code of the tests, None if they were not run."""

    name: str
    exit_code: int | None

    @property
    def module(self) -> str:
        """The module of the core that it is in."""
        return self.name.split(".")[2]


def read_survivors() -> Survivors:
    """What is written down of those that survive."""
    return msgspec.convert(tomllib.loads((HERE / "survivors.toml").read_text(encoding="utf-8")), Survivors)


def copy_project(modules: Sequence[str]) -> None:
    """Copy the project as it is now, committed or not, with the package where mutmut looks for it.

    A rule of a module is to be stated by a test that names the module: only those are run.
    """
    shutil.rmtree(COPY, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - git
    for name in filter(None, listed.stdout.split("\0")):
        source = ROOT / name
        if source.is_file():
            inside = source.is_relative_to(PACKAGE)
            target = COPY / "src/ses_reputation" / source.relative_to(PACKAGE) if inside else COPY / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    folders = [path.name for path in COPY.iterdir() if path.name not in {"src", "tests", "pyproject.toml"}]
    tests = sorted({test for module in modules for test in tests_of(module)})
    settings = SETTINGS.format(
        modules=json.dumps([f"src/ses_reputation/domain/{module}.py" for module in modules]),
        folders=json.dumps(folders),
        pytest=json.dumps(PYTEST),
        tests=json.dumps(tests),
    )
    with (COPY / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(settings)


def run_mutmut(modules: Sequence[str], jobs: int) -> None:
    """Try all changes of these modules."""
    names = [f"ses_reputation.domain.{module}.*" for module in modules]
    mutmut = Path(sys.executable).with_name("mutmut")
    log = COPY / "mutmut.log"
    with log.open("w", encoding="utf-8") as file:
        ran = subprocess.run(  # noqa: S603 - mutmut
            [mutmut, "run", "--max-children", str(jobs), *names], cwd=COPY, stdout=file, stderr=file, check=False
        )
    said = log.read_text(encoding="utf-8")
    if ran.returncode and not any(reason in said for reason in NOTHING_TO_FORK_FOR):
        sys.exit(f"mutmut did not run, see {log}:\n{said[-3000:]}")


def mutants_of(module: str) -> list[Mutant]:
    """What became of the changes of a module."""
    path = COPY / f"mutants/src/ses_reputation/domain/{module}.py.meta"
    exit_codes: Mapping[str, int | None] = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return [Mutant(name, code) for name, code in exit_codes.items()]


def survives_from_the_start(mutant: Mutant) -> bool:
    """Whether the tests of its module pass in a process that has the change before it imports anything."""
    folder = COPY / "mutants"
    paths = os.pathsep.join(str(folder / package) for package in ("src", "cli", "local", "."))
    environment = {**os.environ, "MUTANT_UNDER_TEST": mutant.name, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", *PYTEST, *tests_of(mutant.module)]
    try:
        ran = subprocess.run(  # noqa: S603 - our own tests
            command, cwd=folder, env=environment, capture_output=True, check=False, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return False
    return ran.returncode == 0


def changes(mutants: Sequence[Mutant]) -> Iterator[Change]:
    """What these change."""
    names = json.dumps([mutant.name for mutant in mutants])
    ran = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(HERE / "show_mutants.py")],
        cwd=COPY,
        input=names,
        capture_output=True,
        text=True,
        check=True,
    )
    for mutant, (function, code, becomes) in zip(mutants, json.loads(ran.stdout), strict=True):
        yield Change(mutant.module, function, code, becomes)


@click.command(help=__doc__)
@click.argument("modules", nargs=-1)
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="How many are tried at once.")
def main(modules: tuple[str, ...], jobs: int) -> None:
    """Exit with 1 if something survives without an explanation, or what is explained does not."""
    known = [path.stem for path in sorted(CORE.glob("*.py")) if path.stem != "__init__"]
    if unknown := set(modules) - set(known):
        sys.exit(f"The core has no {', '.join(sorted(unknown))}; it has {', '.join(known)}.")
    chosen = modules or tuple(known)
    if untested := [module for module in chosen if not tests_of(module)]:
        sys.exit(f"There is no test of the core that names {', '.join(untested)}.")
    copy_project(chosen)
    run_mutmut(chosen, jobs)
    reasons = read_survivors().reasons()
    unexplained: list[Change] = []
    click.echo(f"{'':<20}{'tried':>7}{'noticed':>9}{'explained':>11}{'unexplained':>13}")
    for module in chosen:
        tried = mutants_of(module)
        alive = [m for m in tried if m.exit_code in {SURVIVED, NO_TESTS, TOOK_TOO_LONG, NOT_TRIED}]
        with ThreadPoolExecutor(jobs) as pool:
            survive = list(pool.map(survives_from_the_start, alive))
        left = list(changes(list(compress(alive, survive))))
        new = [change for change in left if change not in reasons]
        unexplained += new + [change for change in reasons if change.module == module and change not in left]
        noticed = len(tried) - len(left)
        click.echo(f"{module:<20}{len(tried):>7}{noticed:>9}{len(left) - len(new):>11}{len(new):>13}")
    for change in unexplained:
        click.echo(f"\n{change.module}.{change.function}\n-   {change.code}\n+   {change.mutant}")
    if unexplained:
        sys.exit("\nState the rule in a test, or explain in survivors.toml; what is explained there must survive.")


if __name__ == "__main__":
    main()
