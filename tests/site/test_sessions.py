"""All pages but the README, whose sessions run with `make test`: what they show is what the commands print."""

import pytest

from tests.pages import PATHS, README, ROOT
from tests.sessions import differences, shown_in

SESSIONS = shown_in([path for path in PATHS if path != README])


@pytest.mark.parametrize("command", SESSIONS)
def test_a_command_prints_what_is_shown(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert not differences(SESSIONS[command])
