"""The README is true: what its console blocks show is what the commands print."""

import pytest

from ses_reputation_cli.main import main
from tests.pages import README, ROOT
from tests.sessions import differences, shown_in

TEXT = README.read_text()
SESSIONS = shown_in([README])


@pytest.mark.parametrize("command", SESSIONS)
def test_a_command_prints_what_is_shown(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert not differences(SESSIONS[command])


def test_the_readme_names_every_command_and_target() -> None:
    for name in ("demo", "test", "build", "check"):
        assert f"make {name}" in TEXT
    for command in main.list_commands(None):  # type: ignore[arg-type]
        assert f"`{command}`" in TEXT or f"ses-reputation {command}" in TEXT or f"make {command}" in TEXT
