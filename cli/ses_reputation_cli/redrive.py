"""`ses-reputation redrive`: look at the dead letters, send them back, or discard them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from click.core import ParameterSource
from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ses_reputation.notices.structure import listed, readable
from ses_reputation.redrive import (
    Choice,
    Discarded,
    Group,
    Letter,
    Origin,
    discard,
    grouped,
    retry,
    subject_of,
)
from ses_reputation_cli.arguments import Whole, json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.progress import progress
from ses_reputation_cli.statuses import json_text

if TYPE_CHECKING:
    from ses_reputation.adapters.dead_letter_queues import DeadLetterQueues
    from ses_reputation_cli.deployed_stack import DeployedStack

# So many at a time are sent back and then deleted: what a crash in between leaves is sent back twice.
BATCH = 10

# Of each queue: all that is looked at is in memory, and SQS hides 120,000 messages at most.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
LIMIT = 10_000

_OF_A_LIST = frozenset({"discarded", "as_json", "stack_name", "region"})

_EXAMPLES = """\b
Examples:
  ses-reputation redrive
  ses-reputation redrive --queue feedback --messages
  ses-reputation redrive --queue feedback --retry
  ses-reputation redrive --queue feedback --retry --apply
  ses-reputation redrive --reason "no SES notification" --save letters.jsonl --discard "a test of ours" --apply
  ses-reputation redrive --discarded
"""


class _Report(Struct, frozen=True):
    """The chosen letters, what was to be done with them, and what came of it; no outcomes if it was not carried out."""

    letters: Sequence[Letter]
    left: int
    doing: str | None
    outcomes: Mapping[str, str | None] | None
    full: Sequence[Origin]

    @property
    def failed(self) -> Mapping[str, str]:
        """What went wrong, by the letters' ids."""
        return {identifier: problem for identifier, problem in (self.outcomes or {}).items() if problem}

    @property
    def done(self) -> int:
        """How many letters are gone."""
        return len(self.outcomes or {}) - len(self.failed)


@click.command(epilog=_EXAMPLES)
@click.option(
    "--queue",
    "origins",
    type=click.Choice([str(origin) for origin in Origin]),
    multiple=True,
    help="Only dead letters of this kind; may be repeated.",
)
@click.option("--reason", metavar="TEXT", help="Only those with this text in their reason.")
@click.option("--id", "ids", metavar="ID", multiple=True, help="Only this one, or those that begin so; repeatable.")
@click.option("--retry", "retrying", is_flag=True, help="Send them back to where they came from.")
@click.option("--discard", "note", metavar="NOTE", help="Delete them for good. NOTE says why, and is kept for a year.")
@click.option("--dry-run/--apply", default=True, show_default=True, help="Say what would be done, or do it.")
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write them to a new FILE first, one JSON document a line, with all that is in them.",
)
@click.option("--messages", is_flag=True, help="List each message, not only the reasons.")
@click.option("--addresses", is_flag=True, help="List each message, with the addresses of its recipients.")
@click.option(
    "--limit",
    type=Whole(1, 100_000),
    metavar="N",
    default=LIMIT,
    show_default=True,
    help="Look at so many of each queue at most.",
)
@click.option("--discarded", is_flag=True, help="List what was discarded in the last year, by whom and why.")
@json_option
@deployment_options
def command(  # noqa: PLR0913, PLR0917 - each is an option
    origins: tuple[str, ...],
    reason: str | None,
    ids: tuple[str, ...],
    note: str | None,
    save: Path | None,
    limit: int,
    stack: Stack,
    *,
    retrying: bool,
    dry_run: bool,
    messages: bool,
    addresses: bool,
    discarded: bool,
    as_json: bool,
) -> None:
    """Look at the dead letters of the deployed stack: what could not be read or done, grouped by the reason. With
    --retry they go back to where they came from, with --discard they are deleted; both only with --apply.

    \b
    feedback     events of SES: back to a queue of record_feedback
    finding      reports of findings: receive_finding is run on them again
    enforcement  alerts that ask for a pause, or its end: back to their queue
    suppression  events whose recipients go on the suppression list: likewise
    evaluation   chunks of scopes that were to be judged: likewise

    Mend first what the reasons name: a letter that is sent back and fails again comes back. To send one back twice is
    safe: every event counts once, and every report and pause is known by its id. A letter is deleted only when it was
    taken where it went.

    While letters are looked at nobody else can see them, for a quarter of an hour at most; at the end they are given
    back.

    Exit codes: 0 done, also if there is nothing; 1 some could not be sent back or deleted, and are still there; 2 wrong
    usage.
    """  # noqa: D301 - click takes \b for: do not wrap what follows
    _check(note, reason, ids, retrying=retrying, dry_run=dry_run, discarded=discarded)
    with deployed(stack) as deployment:
        queues = deployment.dead_letter_queues()
        if discarded:
            _show_discarded(queues.discarded(), as_json=as_json)
            return
        wanted = _wanted(origins, queues)
        choice = Choice(ids, reason or "")
        report = _work(deployment, queues, wanted, choice, limit, save, note, retrying=retrying, dry_run=dry_run)
    if as_json:
        click.echo(_document(report, addresses=addresses))
    else:
        _print(Console(), report, messages=messages or addresses, addresses=addresses)
    if report.failed:
        raise click.ClickException(f"of {len(report.letters):,} dead letters {len(report.failed):,} are still there")


def _check(
    note: str | None, reason: str | None, ids: Sequence[str], *, retrying: bool, dry_run: bool, discarded: bool
) -> None:
    # A blank is most often a variable that was not set, and every text holds it: all letters would be chosen.
    if (reason is not None and not reason.strip()) or not all(identifier.strip() for identifier in ids):
        raise click.UsageError("--id and --reason want a text; without them all letters are chosen")
    if retrying and note is not None:
        raise click.UsageError("--retry and --discard exclude each other")
    if note is not None and not note.strip():
        raise click.UsageError("--discard wants a note: why can these be thrown away?")
    if discarded and _given() - _OF_A_LIST:
        raise click.UsageError("--discarded only lists: of the other options it takes --json")
    if not dry_run and not retrying and note is None:
        raise click.UsageError("--apply does what --retry or --discard says: give one of them")


def _given() -> set[str]:
    """The parameters that were given on the command line."""
    context = click.get_current_context()
    return {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}


def _wanted(names: Sequence[str], queues: "DeadLetterQueues") -> Sequence[Origin]:
    wanted = [Origin(name) for name in names] or queues.origins
    if missing := [origin for origin in wanted if origin not in queues.origins]:
        raise click.UsageError(f"this stack has no dead letters of {listed(missing)}: AutomaticSuppression is off")
    return wanted


def _work(  # noqa: PLR0917 - what the options say
    deployment: "DeployedStack",
    queues: "DeadLetterQueues",
    origins: Sequence[Origin],
    choice: Choice,
    limit: int,
    save: Path | None,
    note: str | None,
    *,
    retrying: bool,
    dry_run: bool,
) -> _Report:
    """Look at the letters, and do what is asked for. Whatever happens, what is left is given back."""
    held: dict[str, Letter] = {}
    outcomes: dict[str, str | None] = {}
    doing = "retry" if retrying else "discard" if note is not None else None
    try:
        _look(queues, origins, limit, held)
        chosen = sorted((letter for letter in held.values() if choice.takes(letter)), key=_order)
        full = [o for o in origins if sum(letter.origin is o for letter in held.values()) == limit]
        if save:
            _save(save, chosen)
        if doing and not dry_run and chosen:
            with progress("sending back" if retrying else "discarding", len(chosen)) as advance:
                working = (
                    retry(chosen, queues, BATCH, advance)
                    if note is None
                    else discard(chosen, queues, BATCH, advance, deployment.caller(), deployment.now(), note)
                )
                for letter, problem in working:
                    outcomes[letter.id] = problem
    finally:
        if problem := queues.give_back([letter for letter in held.values() if outcomes.get(letter.id, "left")]):
            click.echo(f"Some letters stay hidden for a quarter of an hour at most: {problem}", err=True)
    return _Report(chosen, len(held) - len(chosen), doing, None if dry_run or not doing else outcomes, full)


def _look(queues: "DeadLetterQueues", origins: Sequence[Origin], limit: int, held: dict[str, Letter]) -> None:
    """Receive the letters into `held`, so that they can be given back even if not all can be received."""
    expected = {origin: min(queues.held(origin), limit) for origin in origins}
    with progress("looking", sum(expected.values())) as advance:
        for origin in origins:
            for letter in queues.receive(origin, limit):
                held[letter.id] = letter
                advance(1)


def _order(letter: Letter) -> tuple[int, Any, str]:
    return list(Origin).index(letter.origin), letter.sent, letter.id


def _save(path: Path, letters: Sequence[Letter]) -> None:
    """Write letters to a new file, which nobody else may read: they name recipients. It has all of them, or is gone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.UsageError(f"--save {path}: {error.strerror}") from error
    with ExitStack() as undo:
        undo.callback(path.unlink)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for letter in letters:
                    file.write(msgspec.json.encode({**_letter(letter, addresses=True), **_content(letter)}) + b"\n")
                # Only this may find that the disk is full, and what is saved may be discarded next.
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise click.ClickException(f"--save {path}: {error.strerror}; nothing was sent or deleted") from error
        undo.pop_all()


def _content(letter: Letter) -> dict[str, object]:
    return {"attributes": letter.attributes, "body": letter.body}


# -- JSON --------------------------------------------------------------------------------------------------------------


def _document(report: _Report, *, addresses: bool) -> str:
    return json_text(
        {
            "dry_run": report.outcomes is None,
            "doing": report.doing,
            "groups": [
                {"queue": group.origin, "reason": group.reason, "letters": len(group.letters), "oldest": group.oldest}
                for group in grouped(report.letters)
            ],
            "letters": [
                {
                    **_letter(letter, addresses=addresses),
                    "done": bool(report.outcomes) and letter.id not in report.failed,
                    "problem": report.failed.get(letter.id),
                }
                for letter in report.letters
            ],
            "not_chosen": report.left,
            "more": report.full,
        }
    )


def _letter(letter: Letter, *, addresses: bool) -> dict[str, Any]:
    subject = subject_of(letter)
    return {
        "queue": letter.origin,
        "id": letter.id,
        "reason": letter.reason,
        "since": letter.sent,
        "receives": letter.receives,
        "type": subject.type,
        "scopes": subject.scopes,
        "message_id": subject.message_id,
        **({"recipients": subject.recipients} if addresses else {}),
    }


# -- Text --------------------------------------------------------------------------------------------------------------


def _print(console: Console, report: _Report, *, messages: bool, addresses: bool) -> None:
    if messages:
        for letter in report.letters:
            for line in _message(letter, addresses=addresses):
                console.print(line, soft_wrap=True)
    elif report.letters:
        console.print(_reasons(grouped(report.letters)))
    for text in _texts(report):
        console.print(text, highlight=False, markup=False)


def _reasons(groups: Sequence[Group]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("Queue", no_wrap=True)
    table.add_column("Letters", justify="right", no_wrap=True)
    table.add_column("Oldest (UTC)", no_wrap=True)
    table.add_column("Reason", overflow="fold")
    for group in groups:
        types = ", ".join(f"{n:,} {readable(kind)}" for kind, n in group.types.items())
        reason = Text(readable(group.reason, 200)).append(f"\n{types}", "dim")
        table.add_row(group.origin, f"{len(group.letters):,}", f"{group.oldest:%Y-%m-%d %H:%M}", reason)
    return table


def _message(letter: Letter, *, addresses: bool) -> Iterator[Text]:
    """One letter: which, since when, what it is about, and why it is here."""
    subject = subject_of(letter)
    received = "once" if letter.receives == 1 else f"{letter.receives:,} times"
    yield Text(f"{letter.origin} {letter.id}", "bold").append(
        f"  since {letter.sent:%Y-%m-%d %H:%M} UTC, received {received}", "not bold"
    )
    yield Text(f"  {', '.join(readable(text) for text in (subject.type, *subject.scopes))}")
    if subject.message_id:
        yield Text(f"  mail {readable(subject.message_id)}")
    if addresses and subject.recipients:
        yield Text(f"  to {', '.join(readable(recipient) for recipient in subject.recipients)}")
    yield Text(f"  {readable(letter.reason)}", "dim")


def _texts(report: _Report) -> Iterator[str]:
    """What there is, what was done, and what is left."""
    many = _many(len(report.letters))
    if not report.letters:
        yield "There are no dead letters." if not report.left else "No dead letter is of these."
    elif report.outcomes is not None:
        verb = "sent back" if report.doing == "retry" else "discarded"
        yield f"{report.done:,} of {many} {'was' if len(report.letters) == 1 else 'were'} {verb}."
    elif report.doing:
        verb = "send back" if report.doing == "retry" else "discard"
        yield f"Nothing was changed: this was a dry run. --apply would {verb} {many}."
    else:
        yield f"{many}. --retry sends them back, once what the reasons name is mended; --discard NOTE deletes them."
    for identifier, problem in report.failed.items():
        yield f"  {identifier}: {readable(problem)}"
    if report.left and report.letters:
        yield f"{_many(report.left)} of others {'was' if report.left == 1 else 'were'} left alone."
    for origin in report.full:
        yield f"There may be more of {origin}: --limit was reached. Run it again, or raise --limit."


def _many(number: int) -> str:
    return "1 dead letter" if number == 1 else f"{number:,} dead letters"


def _show_discarded(discarded: Sequence[Discarded], *, as_json: bool) -> None:
    if as_json:
        click.echo(json_text({"discarded": discarded}))
        return
    console = Console()
    if not discarded:
        console.print("Nothing was discarded in the last year.")
        return
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("Time (UTC)", no_wrap=True)
    table.add_column("What", overflow="fold")
    table.add_column("By", overflow="fold")
    table.add_column("Why", overflow="fold")
    for one in discarded:
        what = Text(f"{one.origin}: {readable(one.type)}").append(f"\n{readable(one.reason, 200)}", "dim")
        table.add_row(f"{one.time:%Y-%m-%d %H:%M}", what, Text(readable(one.by)), Text(readable(one.note)))
    console.print(table)
