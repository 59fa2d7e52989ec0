"""`ses-reputation replay`: captured events through the local cloud."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ses_reputation_cli.arguments import LISTED, json_option
from ses_reputation_cli.options import errors_for_people, local_playback, setting_options

if TYPE_CHECKING:
    from ses_reputation_local.replay import Playback, Played, Tick

_EXAMPLES = """\b
Examples:
  ses-reputation replay captured.jsonl
  ses-reputation replay events/configuration-set events/identity/bounce.json
  ses-reputation replay events/stories/complaint-wave.toml
  zcat archive/*.gz | ses-reputation replay - --json | jq .scopes
  ses-reputation replay captured.jsonl --profile current
  ses-reputation replay captured.jsonl --verified-identity shop.example --minimum-volume 500
  ses-reputation replay captured.jsonl -P ProbationDays=14
  ses-reputation replay events/stories/second-chance.toml -P EnforceScopes=tenant
"""


@click.command(epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True), metavar="PATH...")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help=f"Show all scopes, not just the {LISTED} that are worst off. JSON has all.",
)
@json_option
@setting_options
def command(
    paths: tuple[Path, ...],
    parameters: dict[str, str],
    identities: tuple[str, ...],
    *,
    everything: bool,
    as_json: bool,
) -> None:
    """Feed captured events through the local cloud, and say what happened and where every scope stands.

    A PATH is a file with one event, JSON lines or a JSON array (also with .gz), a folder of such files, - for standard
    input, or a story (.toml). Events may be in any envelope, mixed: as SES wrote them, in an SNS notification, in an
    EventBridge event, or a whole Lambda event from SQS or SNS. What the examples below take from events/ comes with the
    command.

    The events are played in their own time, and every scope is evaluated at every full hour of it, with the same code
    and template.yaml that SAM deploys. Nothing leaves this machine.
    """
    with errors_for_people(), played(paths, parameters, identities) as playback:
        report = playback.report()
    from ses_reputation_cli.replay_report import document, print_report  # noqa: PLC0415 - help must not wait for it

    if as_json:
        click.echo(document(report))
    else:
        print_report(Console(), report, everything=everything)


@contextmanager
def played(paths: tuple[Path, ...], parameters: dict[str, str], identities: tuple[str, ...]) -> "Iterator[Playback]":
    """What is at these paths, played to its end on a local cloud, which is gone when the block ends."""
    events = read_events(paths)
    with local_playback(parameters, identities) as playback:
        play(playback, events)
        yield playback


def read_events(paths: tuple[Path, ...]) -> "list[Played]":
    """The events at these paths, of captures and of stories, in order of time."""
    from ses_reputation_local.application import sample  # noqa: PLC0415 - help must not wait for it
    from ses_reputation_local.captures import read_captures  # noqa: PLC0415
    from ses_reputation_local.stories import read_story  # noqa: PLC0415

    paths = tuple(map(sample, paths))
    stories = [read_story(path) for path in paths if path.suffix == ".toml"]
    events: list[Played] = list(read_captures([path for path in paths if path.suffix != ".toml"]))
    events += [event for story in stories for event in story.events()]
    return sorted(events, key=lambda event: event.time)


def play(playback: "Playback", events: "list[Played]") -> None:
    """Play the events to their end, with a progress bar."""
    with _progress(len(events)) as advance:
        for tick in playback.play(events):
            advance(tick)


@contextmanager
def _progress(total: int) -> Iterator[Callable[["Tick"], None]]:
    """Show progress on standard error while the block runs; nothing if that is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("replaying", total=total)

        def advance(tick: "Tick") -> None:
            progress.update(task, completed=tick.fed, description=f"{tick.now:%Y-%m-%d %H:%M}")

        yield advance
