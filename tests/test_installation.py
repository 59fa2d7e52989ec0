"""The command without the local cloud, and where the local cloud finds its application: make wheel tries the rest."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ses_reputation_cli.main import main
from ses_reputation_local.application import APPLICATION, STORIES, TEMPLATE, sample

NEEDS_LOCAL_CLOUD = (
    ("demo",),
    ("replay", "-"),
    ("local",),
    ("dashboard", "--replay", "-"),
    ("explain", "account", "-"),
)


@pytest.mark.parametrize("arguments", NEEDS_LOCAL_CLOUD, ids=lambda arguments: arguments[0])
def test_without_the_local_cloud_a_command_says_in_a_line_how_to_install_it(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    # An import of what is None there fails as that of a package which is not installed.
    # https://docs.python.org/3/reference/import.html#the-module-cache
    for name in ("cloud", "replay", "template"):
        monkeypatch.setitem(sys.modules, f"ses_reputation_local.{name}", None)
    result = CliRunner().invoke(main, arguments, input="{}")
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert line.startswith("Error: the local cloud is not installed (")
    assert "this installs it, too: pipx install --force " in line
    assert line.endswith("[local]'")


def test_a_deployed_stack_is_shown_without_the_local_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cloud", "replay", "template"):
        monkeypatch.setitem(sys.modules, f"ses_reputation_local.{name}", None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    result = CliRunner().invoke(main, ["dashboard", "--out", "-"])
    assert "AWS_ENDPOINT_URL is no URL" in result.output


def test_the_application_is_whole() -> None:
    assert TEMPLATE.is_file()
    assert (STORIES / "purchased-list.toml").is_file()
    assert (APPLICATION / "functions" / "operate" / "handler.py").is_file()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("events/stories/five-mails.toml", APPLICATION / "events/stories/five-mails.toml"),
        ("events/identity", APPLICATION / "events/identity"),
        ("events/nothing.json", Path("events/nothing.json")),
        ("template.yaml", Path("template.yaml")),
        ("-", Path("-")),
    ],
    ids=["a story", "a folder", "nothing there", "no sample", "standard input"],
)
def test_a_sample_is_found_from_any_folder(
    asked: str, found: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sample(Path(asked)) == found


def test_a_file_that_is_here_comes_before_the_sample_of_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    own = Path("events/identity/bounce.json")
    own.parent.mkdir(parents=True)
    own.write_text("{}")
    assert sample(own) == own
