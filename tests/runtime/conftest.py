"""One cloud for all tests, its functions' processes, and a report of how long they took to start."""

from collections.abc import Iterator

import pytest

from tests.blocklist_server import BlocklistServer, blocklist_server
from tests.runtime.execution_environment import BUILT, DEPENDENCIES, PYTHON
from tests.runtime.logs import flaws
from tests.runtime.runtime_cloud import RuntimeCloud, no_fault
from tests.runtime.triggers import ZONE

REPORTED: list[str] = []
"""What is written at the end: how long each function took to start on this machine, and what was done to it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="every variable, every call and every hanging service")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="only with --long"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes minutes, and runs with --long only")
    if not (PYTHON.exists() and BUILT.is_dir() and DEPENDENCIES.is_dir()):
        raise pytest.UsageError("what is to run here is not built: make runtime builds it, and runs these tests")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if REPORTED:
        terminalreporter.section("on this machine")
        for line in REPORTED:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def blocklists() -> Iterator[BlocklistServer]:
    with blocklist_server() as server:
        yield server


@pytest.fixture(scope="session")
def deployed(blocklists: BlocklistServer) -> Iterator[RuntimeCloud]:
    parameters = {
        "AutomaticSuppression": "true",
        "BlocklistZones": ZONE,
        "BlocklistResolver": blocklists.address,
        "EnforceScopes": "configuration-set,tenant",
        "NotificationEmail": "ops@shop.example",
    }
    with RuntimeCloud(parameters) as cloud:
        yield cloud


@pytest.fixture
def cloud(deployed: RuntimeCloud) -> Iterator[RuntimeCloud]:
    """The cloud, of which every test demands that its functions write no line but JSON."""
    deployed.ended.clear()
    deployed.invocations.clear()
    yield deployed
    deployed.endpoint.fault = no_fault
    deployed.seconds.clear()
    assert not [flaw for _, ended in deployed.ended for flaw in flaws(ended.lines)]
