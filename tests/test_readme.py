"""The README is true, and short: what its console blocks show is what the commands print."""

import re
from pathlib import Path

import pytest

from tests.pages import README, ROOT
from tests.sessions import differences, shown_in

TEXT = README.read_text()
SESSIONS = shown_in([README])
COMPARISONS = (README, ROOT / "docs" / "comparison.md")


@pytest.mark.parametrize("command", SESSIONS)
def test_a_command_prints_what_is_shown(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert not differences(SESSIONS[command])


def test_the_readme_is_a_page_that_names_what_a_newcomer_needs() -> None:
    assert len(TEXT.splitlines()) <= 130
    for command in ("make demo", "make test", "make build", "ses-reputation connect", "ses-reputation doctor"):
        assert command in TEXT
    assert "(docs/commands.md)" in TEXT


@pytest.mark.parametrize("page", COMPARISONS, ids=lambda page: page.name)
def test_what_is_said_of_others_leads_to_where_it_was_read(page: Path) -> None:
    text = page.read_text()
    sources = set(re.findall(r"^\[([\w-]+)\]: https://\S+$", text, re.MULTILINE))
    assert set(re.findall(r"\]\[([\w-]+)\]", text)) == sources
    (head,) = (line for line in text.splitlines() if line.startswith("| | SES Reputation |"))
    rows = [line for line in text.splitlines() if line.count(" | ") == head.count(" | ") and line != head]
    said = [cell for row in rows for cell in row.strip("| ").split(" | ")[2:]]
    assert len(said) >= 32
    assert not [cell for cell in said if cell != "-" and "][" not in cell]
