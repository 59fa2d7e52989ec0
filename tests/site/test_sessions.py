"""All pages but the README, whose sessions run with `make test`: what they show is what the commands print."""

import pytest

from tests.pages import PATHS, README, ROOT
from tests.sessions import differences, shown_in

# tests/test_getting_started.py runs that page, which needs a deployment.
OWN = {README, ROOT / "docs" / "getting-started.md"}
SESSIONS = shown_in([path for path in PATHS if path not in OWN])


@pytest.mark.parametrize("command", SESSIONS)
def test_a_command_prints_what_is_shown(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert not differences(SESSIONS[command])
