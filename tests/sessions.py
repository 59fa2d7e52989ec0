"""Sessions that pages show, run: what a command prints is held against what the page has it print."""

import shlex
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from click.testing import CliRunner

from ses_reputation_cli.main import main
from tests.pages import Session, read

# Targets of the Makefile that run the command, and what they run.
MAKE = {"make demo": "ses-reputation demo"}


def shown_in(paths: Sequence[Path]) -> Mapping[str, list[Session]]:
    """The commands that are run, each once, with all that these pages show of it.

    One of which no page shows what it prints is not.
    """
    shown: dict[str, list[Session]] = {}
    for session in (session for path in paths for session in read(path).sessions):
        if session.shown and session.command.startswith(("ses-reputation ", "make ")):
            shown.setdefault(session.command, []).append(session)
    return shown


def differences(sessions: Sequence[Session]) -> list[str]:
    """What is shown of one command, and not printed."""
    return [told for session in sessions if (told := difference(session, _printed(session.command)))]


def difference(session: Session, printed: Sequence[str]) -> str:
    """The first line that is shown and not printed where it should be; empty if there is none.

    `...` stands for lines that are left out. What follows the last line, and spaces at a line's end, say nothing.
    """
    lines = iter(printed)
    skipping = False
    for line in session.shown:
        if line == "...":
            skipping = True
            continue
        actual = next((printed for printed in lines if printed == line), None) if skipping else next(lines, None)
        if actual != line:
            return f"shown is {line!r}, printed {'nowhere' if actual is None else repr(actual)}"
        skipping = False
    return ""


@cache
def _printed(command: str) -> tuple[str, ...]:
    name, *arguments = shlex.split(MAKE.get(command, command))
    if name != "ses-reputation":
        raise ValueError(f"nobody knows here what {command} runs")
    return lines_of(CliRunner().invoke(main, arguments).stdout)


def lines_of(printed: str) -> tuple[str, ...]:
    """What a command printed, as it is held against what is shown."""
    return tuple(line.rstrip() for line in printed.lstrip("\n").split("\n"))
