"""What pages show and where they lead is there: files, headings, commands, options, targets, parameters, outputs."""

from pathlib import Path

import pytest

from tests.pages import PATHS, README, ROOT, Line, commands, read
from tests.shown_commands import problems, unknown

PAGES = pytest.mark.parametrize("path", PATHS, ids=lambda path: str(path.relative_to(ROOT)))


@PAGES
def test_every_link_leads_to_a_file_and_a_heading_in_it(path: Path) -> None:
    lost = []
    for link in read(path).links:
        target, _, anchor = link.partition("#")
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        file = (path.parent / target).resolve() if target else path
        if not file.exists() or (anchor and anchor not in read(file).anchors):
            lost.append(link)
    assert not lost


@PAGES
def test_every_command_that_is_shown_can_be_given_like_that(path: Path) -> None:
    page = read(path)
    found = {" ".join(line.words): list(problems(line)) for line in page.lines}
    found |= {" ".join(words): list(unknown(words)) for words in page.mentions}
    assert not {command: wrong for command, wrong in found.items() if wrong}


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("ses-reputation histories", "there is no command histories"),
        ("ses-reputation status --all-of-it", "No such option"),
        ("ses-reputation report spamtrap --scope acme --evidence x", "is no scope"),
        ("ses-reputation replay events -P EnforceScope=tenant", "EnforceScope"),
        ("make coffee", "no target coffee"),
        ("sam deploy --parameter-overrides EnforceScopes=tenant Colour=red", "no parameter Colour"),
        ("sam deploy --parameter-overrides Profile=classical", "Profile is never classical"),
        ("aws sesv2 get-acount", "sesv2 has no get-acount"),
        ("aws sqs receive-message --queue x", "receive-message has no --queue"),
        ("aws cloudformation deploy --template-file key.yaml", "there is no key.yaml"),
        ("""x=$(aws cloudformation describe-stacks --query "O[?OutputKey=='Bus']")""", "there is no output Bus"),
        ("aws cloudformation describe-stack-resource --logical-resource-id Operator", "there is no resource Operator"),
        ("echo x | .venv/bin/python -m tests.nothing", "there is no module tests.nothing"),
        ('make test ARGS="tests/test_nothing.py"', "there is no tests/test_nothing.py"),
    ],
)
def test_a_command_that_can_not_be_given_is_noticed(command: str, wrong: str) -> None:
    (told,) = (problem for words in commands(command) for problem in problems(Line(words)))
    assert wrong in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make demo   # a story", [("make", "demo")]),
        ("A=b C='d e' make test ARGS='-k window' | tail > out.txt", [("make", "test", "ARGS=-k window"), ("tail",)]),
        ("forget - --json < file", [("forget", "-", "--json")]),
        ("report \\\n  --note 'two\nlines'", [("report", "--note", "two\nlines")]),
    ],
    ids=["a comment", "variables, a pipe and a file", "input from a file", "a line and a quotation that go on"],
)
def test_commands_are_taken_from_what_is_around_them(text: str, expected: list[tuple[str, ...]]) -> None:
    assert list(commands(text)) == expected


def test_a_command_is_given_in_the_folder_that_was_gone_to_before(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\ncd events/stories\nsam build && sam deploy\n```\n\n```sh\nsam build\n```\n")
    assert [line.folder for line in read(page).lines] == [".", "events/stories", "events/stories", "."]


def test_a_heading_has_the_anchor_that_github_gives_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A provider's `tag/NAME` & more\n\n## Undo\n\ntext\n\n## Undo\n\n```sh\n# no heading\n```\n")
    assert read(page).anchors == {"a-providers-tagname--more", "undo", "undo-1"}


def test_there_are_pages_to_look_at() -> None:
    assert README in PATHS
    assert sum(len(read(path).links) for path in PATHS) > 100
    assert sum(len(read(path).lines) for path in PATHS) > 100
