"""All pages but the README, whose sessions run with `make test`: what they show is what the commands print."""

import pytest

from tests.pages import PATHS, README, ROOT, Session
from tests.sessions import difference, shown_in


@pytest.mark.parametrize(
    "session", shown_in([path for path in PATHS if path != README]), ids=lambda session: session.command
)
def test_a_command_prints_what_is_shown(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert not difference(session)
