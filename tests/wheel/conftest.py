"""The wheel that `make wheel` has built, and the environments that it is installed into."""

import os
import sys
from pathlib import Path

import pytest

from tests.wheel.installation import ROOT, Installation, install


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel in build/dist."""
    (found,) = (ROOT / "build" / "dist").glob("ses_reputation-*.whl")
    return found


@pytest.fixture(scope="session", params=os.environ.get("PYTHONS", "").split() or [sys.executable])
def python(request: pytest.FixtureRequest) -> str:
    """Each Python that is to run the command: by PYTHONS, or else the one that runs the tests."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def command(python: str, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The command alone, with what requirements/cli.txt pins."""
    return install(python, "cli.txt", str(wheel), tmp_path_factory.mktemp("command") / "environment")


@pytest.fixture(scope="session")
def with_local_cloud(python: str, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The command with the extra `local`, and what requirements/demo.txt pins."""
    return install(python, "demo.txt", f"{wheel}[local]", tmp_path_factory.mktemp("local") / "environment")
