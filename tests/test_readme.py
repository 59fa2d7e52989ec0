"""The README is true: what its console blocks show is what the commands print, and what it says of others was read."""

import re
from pathlib import Path

import pytest

from tests.pages import README, ROOT
from tests.sessions import differences, shown_in

TEXT = README.read_text()
SESSIONS = shown_in([README])


@pytest.mark.parametrize("command", SESSIONS)
def test_a_command_prints_what_is_shown(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert not differences(SESSIONS[command])


def test_the_readme_is_a_page_that_names_what_a_newcomer_needs() -> None:
    assert len(TEXT.splitlines()) <= 130
    for name in ("make demo", "make test", "make build", "ses-reputation connect", "ses-reputation doctor"):
        assert name in TEXT
    assert "(docs/commands.md)" in TEXT


@pytest.mark.parametrize("page", [README, ROOT / "docs" / "comparison.md"], ids=lambda page: page.name)
def test_what_is_said_of_others_links_to_where_it_was_read(page: Path) -> None:
    text = page.read_text()
    known = set(re.findall(r"^\[([\w-]+)\]: https://\S+$", text, re.MULTILINE))
    cited = set(re.findall(r"\]\[([\w-]+)\]", text))
    assert cited == known
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    said = [cell.strip() for row in rows if len(row) >= 5 and row[0].strip() for cell in row[2:]]
    assert len(said) > 20
    assert [cell for cell in said if cell != "-" and not set(re.findall(r"\]\[([\w-]+)\]", cell)) & known] == []
