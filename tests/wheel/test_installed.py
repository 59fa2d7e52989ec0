"""The command as somebody has it who never saw the source: alone, and with the local cloud."""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ses_reputation_cli.main import COMMANDS
from tests.wheel.installation import ROOT, Installation

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

NEEDS_LOCAL_CLOUD = (
    ("demo",),
    ("replay", "events/stories/complaint-wave.toml"),
    ("local", "--port", "0"),
    ("dashboard", "--replay", "events/stories/complaint-wave.toml", "--out", "story.html"),
    ("explain", "account", "events/stories/complaint-wave.toml"),
)


@contextmanager
def local_cloud(installation: Installation) -> Iterator[dict[str, str]]:
    """The variables that lead to a local cloud over a story, which the installed command keeps running."""
    started = subprocess.Popen(  # noqa: S603 - our own
        [installation.environment / "bin" / "ses-reputation", "local", "events/stories/second-chance.toml", "--port=0"],
        cwd=installation.folder,
        env=installation.variables(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        text=True,
    )
    variables: dict[str, str] = {}
    try:
        assert started.stdout is not None
        for line in started.stdout:
            if assigned := re.match(r"\s*export (\w+)=(\S+)", line):
                variables[assigned[1]] = assigned[2]
            if line.startswith("Ctrl-C"):
                break
        yield variables
    finally:
        started.kill()
        started.communicate()


# -- Alone -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", [("ses-reputation",), ("python", "-m", "ses_reputation_cli")], ids=" ".join)
def test_it_says_its_name_and_version(command: Installation, program: tuple[str, ...]) -> None:
    ran = command.execute(*program, "--version")
    assert (ran.code, ran.out) == (0, f"ses-reputation {VERSION}\n")


def test_moto_sam_and_powertools_are_not_there(command: Installation) -> None:
    listing = "from importlib.metadata import distributions\nfor each in distributions(): print(each.name.lower())"
    names = set(command.execute("python", "-c", listing).out.split())
    assert "ses-reputation" in names
    assert not names & {"moto", "boto3", "aws-sam-translator", "aws-sam-cli", "aws-lambda-powertools", "flask"}


def test_every_command_has_its_help(command: Installation) -> None:
    # Of all of them at once: a Python for each would take most of this file's time.
    asked = "\n".join(f"run({name!r}, '--help')" for name in COMMANDS)
    ran = command.execute(
        "python",
        "-c",
        "from ses_reputation_cli.main import main\n"
        f"def run(*arguments): main(arguments, prog_name='ses-reputation', standalone_mode=False)\n{asked}",
    )
    assert (ran.code, ran.err) == (0, "")
    assert re.findall(r"^Usage: ses-reputation ([\w-]+)", ran.out, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("cost", "--mails-per-day", "100000"),
        ("notice", "spamtrap"),
        ("completion", "bash"),
        ("connect", "--help"),
    ],
    ids=" ".join,
)
def test_what_asks_no_aws_works(command: Installation, arguments: tuple[str, ...]) -> None:
    ran = command.run(*arguments)
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.out.splitlines()) > 3


@pytest.mark.parametrize("arguments", NEEDS_LOCAL_CLOUD, ids=lambda arguments: arguments[0])
def test_what_needs_the_local_cloud_says_in_a_line_how_to_install_it(
    command: Installation, wheel: Path, arguments: tuple[str, ...]
) -> None:
    ran = command.run(*arguments)
    assert (ran.code, ran.out) == (1, "")
    (line,) = ran.err.splitlines()
    assert line.startswith("Error: the local cloud is not installed (")
    assert line.endswith(f" is missing); this installs it, too: pipx install --force '{wheel}[local]'")


def test_a_deployment_is_looked_at_checked_and_shown(command: Installation, with_local_cloud: Installation) -> None:
    with local_cloud(with_local_cloud) as there:
        status = command.run("status", **there)
        doctor = command.run("doctor", "--json", **there)
        page = command.run("dashboard", "--out", "standing.html", **there)
    assert (status.code, status.err) == (0, "")
    assert "tenant/" in status.out
    checks = {check["check"]: check for check in json.loads(doctor.out)["checks"]}
    assert checks["version"]["state"] == "ok"
    assert VERSION in checks["version"]["looked_at"]
    assert (page.code, page.err) == (0, "")
    assert "tenant/" in (command.folder / "standing.html").read_text()


# -- With the local cloud ----------------------------------------------------------------------------------------------


def test_the_demo_tells_its_story_to_the_end(with_local_cloud: Installation) -> None:
    ran = with_local_cloud.run("demo", "five-mails", "--no-serve")
    assert (ran.code, ran.err) == (0, "")
    assert "Where every scope stands" in ran.out
    assert ran.out.splitlines()[-1].startswith("Next, with your own mail")


def test_what_help_and_docs_name_is_found_from_any_folder(with_local_cloud: Installation) -> None:
    ran = with_local_cloud.run("replay", "events/configuration-set", "events/identity/bounce.json", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["events"]["counted"] > 0
