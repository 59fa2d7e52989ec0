"""README and docs are true: what their console blocks show is what the commands print."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from ses_reputation_cli.main import main
from tests.console_blocks import not_printed, sessions

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# test_getting_started.py runs that page, which needs a deployment.
SESSIONS = sessions(*(page for page in PAGES if page.name != "getting-started.md"))

# A newcomer's first command, and what it runs.
MAKE = {"make demo": "ses-reputation demo"}


@pytest.mark.parametrize(("command", "shown"), SESSIONS, ids=[command for command, _ in SESSIONS])
def test_a_command_prints_what_is_shown(command: str, shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    name, *arguments = shlex.split(MAKE.get(command, command))
    assert name == "ses-reputation"
    assert not_printed(shown, CliRunner().invoke(main, arguments).stdout) is None


def test_the_readme_is_a_page_that_names_what_a_newcomer_needs() -> None:
    assert len(README.splitlines()) <= 130
    for name in ("make demo", "make test", "make build", "ses-reputation connect", "ses-reputation doctor"):
        assert name in README
    assert "(docs/commands.md)" in README


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "comparison.md"], ids=lambda page: page.name)
def test_what_is_said_of_others_links_to_where_it_was_read(page: Path) -> None:
    text = page.read_text()
    known = set(re.findall(r"^\[([\w-]+)\]: https://\S+$", text, re.MULTILINE))
    cited = set(re.findall(r"\]\[([\w-]+)\]", text))
    assert cited == known
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    said = [cell.strip() for row in rows if len(row) >= 5 and row[0].strip() for cell in row[2:]]
    assert len(said) > 20
    assert [cell for cell in said if cell != "-" and not set(re.findall(r"\]\[([\w-]+)\]", cell)) & known] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target
