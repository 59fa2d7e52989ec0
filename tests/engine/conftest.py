"""What the tests on the second engine share: `make engine`, or `make engine ARGS="--minutes 5"` for longer."""

from collections.abc import Iterator

import pytest

from tests.engine.application import TEMPLATE
from tests.engine.server import BUILD, PYTHON, Engine, running


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--minutes", type=float, default=0.0, help="how long many are at work at once; 0 for a short form")


def pytest_configure() -> None:
    if not (PYTHON.exists() and TEMPLATE.exists() and (BUILD / "python").is_dir()):
        raise pytest.UsageError("what is to run here is not built: make engine builds it, and runs these tests")


@pytest.fixture(scope="session")
def minutes(request: pytest.FixtureRequest) -> float:
    """How long the long form is to take; 0 for the short one."""
    given: float = request.config.getoption("minutes")
    return given


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A MiniStack of a module's own. Its log is in build/engine."""
    with running(request.module.__name__.rpartition(".")[2]) as engine:
        yield engine
