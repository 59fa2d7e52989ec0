"""The changes in docs/extending can be made to the code as it is. `make extend` makes them, and runs their tests."""

import subprocess

import pytest

from tests.breakages.breakages import ROOT
from tests.extensions.try_them import DIFFS, TESTS


@pytest.mark.parametrize("name", TESTS)
def test_a_change_that_is_shown_can_be_made(name: str) -> None:
    command = ["git", "apply", "--check", str(DIFFS / f"{name}.diff")]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - git
    assert ran.returncode == 0, f"{ran.stderr}Commit what you have, then: make extend ARGS=--renew && make docs"


def test_every_change_that_is_shown_is_tried() -> None:
    assert {path.stem for path in DIFFS.glob("*.diff")} == {*TESTS}
