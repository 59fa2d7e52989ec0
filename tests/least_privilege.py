"""Least privilege, proven: what functions and commands do in all tests is what their policies allow, and no more.

A plugin of pytest, which conftest.py registers. While a handler runs in the local cloud, or a command against it, each
call of a boto3 client is held against the policy that the function or the operator would have in AWS. A call that it
does not allow fails the run. After a run of all tests, so does a permission that nothing has used.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
NOTED = ROOT / "build" / "aws-calls.json"
WATCHER, JUDGE = "tests.noted_calls", "tests.privileges"


class LeastPrivilege:
    """The plugin. Under xdist each worker hands its notes to the controller, which alone judges a whole run.

    It imports what it needs when it is needed: a test of a pure function must not wait for moto.
    """

    def __init__(self) -> None:
        self._patch = pytest.MonkeyPatch()
        self._written: list[Any] = []
        self._failures: list[str] = []

    def pytest_collection_finish(self) -> None:
        """Only tests that know a local cloud can run functions."""
        if "ses_reputation_local.cloud" in sys.modules:
            import_module(WATCHER).watch_calls(self._patch)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker of xdist has ended."""
        self._written += getattr(node, "workeroutput", {}).get("aws_calls", [])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Judge what was noted, and fail the run if something is wrong."""
        self._patch.undo()
        if WATCHER in sys.modules:
            self._written.append(import_module(WATCHER).all_noted())
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["aws_calls"] = self._written
        elif self._written:
            self._judge(whole=exitstatus == pytest.ExitCode.OK and _is_whole(session.config))
            if self._failures:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _judge(self, *, whole: bool) -> None:
        privileges = import_module(JUDGE)
        notes = privileges.read(self._written)
        self._failures = privileges.refused(notes)
        if whole:
            self._failures += [*privileges.unused(notes), *privileges.undocumented(notes, privileges.documented())]
            NOTED.parent.mkdir(exist_ok=True)
            NOTED.write_text(json.dumps(privileges.by_function(notes), indent=2) + "\n", encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what is wrong."""
        if self._failures:
            terminalreporter.section("Least privilege: policies and calls differ", red=True, bold=True)
            for failure in self._failures:
                terminalreporter.write_line(failure, red=True)


def _is_whole(config: pytest.Config) -> bool:
    """Whether all tests were run: whoever chooses some leaves calls out."""
    narrowing = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf", "maxfail")
    chosen = any(config.getoption(name, None) for name in narrowing)
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not chosen
