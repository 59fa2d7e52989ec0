"""What pages show is what the commands print.

Those of the README run with `make test`, and so do those of getting-started.md, which need a deployment.
"""

import pytest

from tests.pages import PATHS, README, ROOT
from tests.sessions import differences, shown_in

SESSIONS = shown_in([path for path in PATHS if path != README and path.name != "getting-started.md"])


@pytest.mark.parametrize("command", SESSIONS)
def test_a_command_prints_what_is_shown(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert not differences(SESSIONS[command])
