"""README and docs are true: what their console blocks show is what the commands print."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from ses_reputation_cli.main import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

# A newcomer's first command, and what it runs.
MAKE = {"make demo": "ses-reputation demo"}


def sessions() -> list[tuple[str, list[str]]]:
    """Every command in a console block, with the lines that it is shown to print."""
    found = []
    text = "\n".join(page.read_text() for page in PAGES)
    for block in re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for session in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = session.rstrip("\n").split("\n")
            found.append((command, lines))
    return found


@pytest.mark.parametrize(("command", "shown"), sessions(), ids=[command for command, _ in sessions()])
def test_a_command_prints_what_is_shown(command: str, shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line, in this order; `...` stands for lines that are left out, and spaces at a line's end say nothing."""
    monkeypatch.chdir(ROOT)
    name, *arguments = shlex.split(MAKE.get(command, command))
    assert name == "ses-reputation"
    printed = iter(line.rstrip() for line in CliRunner().invoke(main, arguments).stdout.lstrip("\n").split("\n"))
    skipping = False
    for line in shown:
        if line == "...":
            skipping = True
            continue
        actual = next((p for p in printed if p == line), None) if skipping else next(printed, None)
        assert actual == line
        skipping = False


def test_the_readme_names_every_command_and_target() -> None:
    for name in ("demo", "test", "build", "check"):
        assert f"make {name}" in README
    for command in main.list_commands(None):  # type: ignore[arg-type]
        assert f"`{command}`" in README or f"ses-reputation {command}" in README or f"make {command}" in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target
