"""The command in an environment of its own, as pip or pipx installs it, far from any checkout."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PINNED: Final = ("--require-hashes", "--no-deps", "--only-binary", ":all:")


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Installation:
    """An environment that holds the command, and a folder that holds nothing, where it is run."""

    environment: Path
    folder: Path

    def run(self, *arguments: str, **variables: str) -> Ran:
        """Run the command itself."""
        return self.execute("ses-reputation", *arguments, **variables)

    def execute(self, program: str, *arguments: str, **variables: str) -> Ran:
        """Run a program of the environment, which knows of no other one and of no AWS account."""
        ran = subprocess.run(  # noqa: S603 - our own
            [self.environment / "bin" / program, *arguments],
            cwd=self.folder,
            env=self.variables(**variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def variables(self, **more: str) -> dict[str, str]:
        """The environment variables that a program gets."""
        return {
            "HOME": str(self.folder),
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "AWS_EC2_METADATA_DISABLED": "true",
            **more,
        }


def install(python: str, requirements: str, package: str, environment: Path) -> Installation:
    """Install the package (a wheel, or one with an extra) beside what is pinned, which has to be all that it needs."""
    folder = environment.with_name(f"{environment.name}-folder")
    folder.mkdir()
    # The pip of these tests installs into it: one of its own, and all of moto compiled, would take half the time.
    _check([python, "-m", "venv", "--without-pip", environment])
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", environment, "--disable-pip-version-check", "-qq"]
    _check([*pip, "install", "--no-compile", *PINNED, "--requirement", ROOT / "requirements" / requirements])
    # With no index, pip says what is missing.
    _check([*pip, "install", "--no-compile", "--no-index", package])
    _check([*pip, "check"])
    return Installation(environment, folder)


def _check(command: Sequence[str | Path]) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert ran.returncode == 0, ran.stdout + ran.stderr
