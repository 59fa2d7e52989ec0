"""Every command of `ses-reputation`, from what its help is made of: what it does, its options, its examples."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

import click

from docs.generators.tables import table
from ses_reputation_cli.main import COMMANDS, main
from ses_reputation_cli.options import SETTINGS

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Without an AWS account": ("demo", "replay", "explain", "local", "notice", "cost"),
        "Setting up": ("connect", "doctor", "backfill", "identities", "completion"),
        "Looking": ("status", "findings", "reviews", "changes", "feedback", "verdict", "dashboard"),
        "Reporting and deciding": ("report", "changes-made", "decide"),
        "Mending, and forgetting": ("redrive", "rebuild", "restore", "forget"),
    }
)
"""The commands, by what one wants; within a group in the order in which one needs them."""

# Options that several commands have: of those that ask a deployment, and of those that make a local cloud.
_OF_DEPLOYMENTS = ("--json", "--stack-name", "--region")
_OF_OWN_CLOUDS = (*(setting.option for setting in SETTINGS), "--verified-identity", "--parameter")

_EXAMPLES = "\b\nExamples:\n"
_LINKS = re.compile(r"(https://\S+\n?)+")


def index() -> str:
    """The commands with what each does, by what one wants."""
    grouped = [name for names in GROUPS.values() for name in names]
    if sorted(grouped) != sorted(COMMANDS):
        raise ValueError(f"a command is in no group, or in two: {set(grouped) ^ set(COMMANDS) or grouped}")
    rows = {title: [(f"[`{name}`](#{name})", COMMANDS[name]) for name in names] for title, names in GROUPS.items()}
    return "\n\n".join(f"### {title}\n\n{table(('command', 'what it does'), rows[title])}" for title in rows)


def options() -> str:
    """The options that several commands have."""
    return table(("option", "what it is"), _of_many().values())


def commands() -> str:
    """A section for each command: its usage, what it does, its own options, examples."""
    return "\n\n".join(_section(name, command) for name, command in sorted(_commands().items()))


@cache
def _commands() -> dict[str, click.Command]:
    context = click.Context(main)
    return {name: command for name in COMMANDS if (command := main.get_command(context, name)) is not None}


@cache
def _of_many() -> dict[str, tuple[str, str]]:
    """The row of each option that several commands have, as most of them say it, by the option."""
    every = [row for command in _commands().values() for row in _rows(command)]
    rows = {}
    for wanted in (*_OF_DEPLOYMENTS, *_OF_OWN_CLOUDS):
        found = [row for row in every if wanted in re.split("[` ,]", row[0])]
        rows[wanted] = max(found, key=found.count)
    return rows


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command)
    many = {row: option for option, row in _of_many().items()}
    own = [row for row in _rows(command) if row not in many]
    shared = [many[row] for row in _rows(command) if row in many]
    parts = [f"### {name}", f"```text\nses-reputation {name} {' '.join(command.collect_usage_pieces(context))}\n```"]
    parts += _paragraphs(command.help or "")
    if own:
        parts.append(table(("option", "what it is"), own))
    also = [f"`{option}`" for option in shared if option in _OF_DEPLOYMENTS]
    if {*shared} >= {*_OF_OWN_CLOUDS}:
        also.append("[the settings](#options-of-many-commands) of a local cloud")
    if also:
        parts.append(f"Also {_enumerated(also)}.")
    return "\n\n".join([*parts, *_paragraphs(command.epilog or "")])


def _rows(command: click.Command) -> Iterator[tuple[str, str]]:
    """The row of every option of a command."""
    context = click.Context(command)
    for option in command.params:
        if isinstance(option, click.Option) and (record := option.get_help_record(context)):
            # What ends a cell of a table separates the words of a choice.
            how, what = (" ".join(text.split()).replace("|", ", ") for text in record)
            yield f"`{how}`", what


def _paragraphs(text: str) -> Iterator[str]:
    """A help text as Markdown: what click is told not to wrap stays as it is, and examples are for a shell."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        kept = paragraph.removeprefix("\b\n")
        if paragraph.startswith(_EXAMPLES):
            yield f"```sh\n{inspect.cleandoc(paragraph.removeprefix(_EXAMPLES))}\n```"
        elif links := _LINKS.fullmatch(kept):
            yield "\n".join(f"- <{link}>" for link in links[0].splitlines())
        elif paragraph.startswith("\b\n"):
            yield f"```text\n{kept}\n```"
        elif paragraph:
            yield " ".join(paragraph.split())


def _enumerated(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
