"""`ses-reputation dashboard`: the pages of the dashboard in a browser, or in a file."""

import os
import shlex
import stat
import tempfile
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, tzinfo
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ses_reputation_cli.arguments import Whole
from ses_reputation_cli.deployment import Stack, deployment_options
from ses_reputation_cli.options import errors_for_people, local_playback, setting_options
from ses_reputation_cli.port import listening_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ses_reputation.dashboard.medium import Offer, Subject
    from ses_reputation_cli.site.application import Source
    from ses_reputation_local.replay import Playback, Played

_STDOUT = Path("-")
_LOOPBACK = "127.0.0.1"

_EXAMPLES = """\b
Examples:
  ses-reputation dashboard
  ses-reputation dashboard --stack-name ses-reputation-dev --port 0 --no-open
  ses-reputation dashboard --out standing.html
  ses-reputation dashboard --replay captured.jsonl
  ses-reputation dashboard --replay events/stories/second-chance.toml --out story.html
  ses-reputation dashboard --replay captured.jsonl --profile current
"""


class _Name(click.Path):
    """The name of a file or folder, which an empty one would be of this folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not value:
            self.fail("an empty name is none", param, ctx)
        return super().convert(value, param, ctx)


def _loopback(_context: click.Context, option: click.Parameter, value: str) -> str:
    address = _LOOPBACK if value == "localhost" else value
    try:
        if ip_address(address).is_loopback:
            return address
    except ValueError:
        pass
    raise click.BadParameter(
        f"{value!r} is no address of this machine alone, such as 127.0.0.1 or ::1: the site is for one person. "
        "From another machine, come through ssh -L",
        param=option,
    )


@click.command(epilog=_EXAMPLES)
@click.option("--port", type=Whole(0, 65535), default=4589, show_default=True, help="0 takes any free port.")
@click.option(
    "--host",
    default=_LOOPBACK,
    show_default=True,
    metavar="ADDRESS",
    callback=_loopback,
    help="The address to listen at, of this machine alone.",
)
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.option("--utc", is_flag=True, help="Show times in UTC, as a file has them. Default: this machine's time zone.")
@click.option(
    "--out",
    type=_Name(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write the pages into one file of HTML instead, which only you can read; - for standard output.",
)
@click.option(
    "--replay",
    "paths",
    type=_Name(path_type=Path, allow_dash=True),
    metavar="PATH",
    multiple=True,
    help="Show captured events, or a story, instead of a deployment. Repeatable.",
)
@deployment_options
@setting_options
def command(  # noqa: PLR0917 - each is an option
    port: int,
    host: str,
    out: Path | None,
    paths: tuple[Path, ...],
    stack: Stack,
    parameters: dict[str, str],
    identities: tuple[str, ...],
    *,
    no_open: bool,
    utc: bool,
) -> None:
    """Show in a browser where everything stands, why, and what waits for a decision, until Ctrl-C.

    The pages are those of the dashboard in CloudWatch, of a deployed stack, read with your AWS credentials; with
    AWS_ENDPOINT_URL, of a local cloud. What you decide on them is sent as by the command decide. Nobody but you can
    open them: the site listens on this machine alone, and lets in who has the address that is printed.

    With --out they are written into a file that needs nothing else: the overview, the reviews, and the pages of the
    scopes that somebody should look at. Through a symbolic link nothing is written.

    With --replay nothing has to be deployed. A PATH is all that the command replay takes; it is played first, with the
    settings that are given, and shown as it was at its end. What was read of it is told on standard error.
    """
    _check_usage(paths, out, given=bool(parameters or identities))
    # A deployed stack is shown without the local cloud, too.
    with errors_for_people() if paths else nullcontext():
        if out is not None:
            from ses_reputation_cli.site.sheet import sheet  # noqa: PLC0415 - help must not wait for it

            _writable(out)
            with _source(stack, paths, parameters, identities) as source:
                text = sheet(source.pages(UTC), None if paths else _decide_command(stack))
            _write(out, text)
            return
        from ses_reputation_cli.site.serving import serve  # noqa: PLC0415

        with listening_at(host, port) as listener, _source(stack, paths, parameters, identities) as source:
            serve(source, listener, _zone(utc=utc), open_browser=not no_open)


def _zone(*, utc: bool) -> tzinfo:
    """The time zone of pages in a browser of this machine."""
    from ses_reputation_cli.site.zone import MachineZone  # noqa: PLC0415 - help must not wait for it

    return UTC if utc else MachineZone()


def _check_usage(paths: tuple[Path, ...], out: Path | None, *, given: bool) -> None:
    """Refuse the options of the one kind of source, or of place, for the other; `given` is whether settings are."""
    if given and not paths:
        raise click.UsageError("a deployed stack has its own settings: those of this command are for --replay")
    context = click.get_current_context()

    def refuse(names: tuple[str, ...], why: str) -> None:
        for name in names:
            if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
                raise click.UsageError(f"--{name.replace('_', '-')} is of {why}")

    if paths:
        refuse(("stack_name", "region"), "a deployed stack: --replay needs none")
    if out is not None:
        refuse(("port", "host", "no_open"), "the site: --out writes a file")


@contextmanager
def _source(
    stack: Stack, paths: tuple[Path, ...], parameters: dict[str, str], identities: tuple[str, ...]
) -> "Iterator[Source]":
    from ses_reputation_cli.site.sources import Deployed  # noqa: PLC0415 - help must not wait for boto3

    if not paths:
        deployment = Deployed(stack)
        deployment.vocabulary()  # says at once what is wrong with credentials, or with the stack
        yield deployment
        return
    from ses_reputation_cli.replay import play, read_events  # noqa: PLC0415
    from ses_reputation_cli.replay_report import outcomes_text  # noqa: PLC0415

    events = read_events(paths)
    if not any(map(_is_understood, events)):
        raise click.UsageError(f"there is nothing to show: no event of SES is in {', '.join(map(str, paths))}")
    with local_playback(parameters, identities) as playback:
        play(playback, events)
        click.echo(f"{sum(playback.outcomes.values()):,} events read: {outcomes_text(playback.outcomes)}.", err=True)
        yield replayed(playback)


def _is_understood(event: "Played") -> bool:
    from ses_reputation_local.captures import Captured  # noqa: PLC0415 - help must not wait for it

    return not isinstance(event, Captured) or event.event is not None


def replayed(playback: "Playback") -> "Source":
    """The pages of what was played; e-mails that follow from decisions are shown on the terminal."""
    from rich.console import Console  # noqa: PLC0415 - help must not wait for it

    from ses_reputation_cli.demo import letter  # noqa: PLC0415
    from ses_reputation_cli.site.sources import Replayed  # noqa: PLC0415

    playback.ask_ses()  # it was asked last before the first mail
    return Replayed(playback, lambda email: Console(highlight=False).print(letter(email)))


def serve_replay(playback: "Playback") -> None:
    """Serve the pages of what was played, at any free port, until Ctrl-C."""
    from ses_reputation_cli.site.serving import serve  # noqa: PLC0415 - help must not wait for it

    with listening_at(_LOOPBACK, 0) as listener:
        serve(replayed(playback), listener, _zone(utc=False), open_browser=True)


def _decide_command(stack: Stack) -> "Callable[[Subject, Offer], str]":
    """What somebody types who reads a file of this stack's pages and decides."""
    where = ["--stack-name", stack.name, *(["--region", stack.region] if stack.region else [])]

    def line(subject: "Subject", offer: "Offer") -> str:
        seen = f"--revision {subject.revision}"
        return f'ses-reputation decide {subject.id} {offer.decision} --note "why" {seen} {shlex.join(where)}'

    return line


def _writable(out: Path) -> None:
    """Say before anything else is done that a file can not be written there."""
    if out != _STDOUT and not out.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {out.absolute().parent}", param_hint="--out")


def _write(out: Path, text: str) -> None:
    """Write a file, whole or not at all. It has the addresses of recipients: a new one is for its owner alone."""
    try:
        if out == _STDOUT or _is_stdout(out):
            click.echo(text)
            return
        is_file = _write_file(out, text.encode())
    except BrokenPipeError:
        raise  # click ends quietly
    except OSError as error:
        raise click.ClickException(f"{out} was not written: {error.strerror}") from error
    if is_file:
        click.echo(f"{out} holds the dashboard, {len(text.encode()) // 1000:,} KB. Any browser opens it.")


def _is_stdout(out: Path) -> bool:
    """Whether standard output goes there already: to open it once more would write over what it holds."""
    with suppress(OSError):
        return os.path.samestat(out.stat(), os.fstat(1))
    return False


def _write_file(out: Path, data: bytes) -> bool:
    """Whether it is a file now; else it was written to a pipe or a device, which is not replaced."""
    with suppress(FileNotFoundError), os.fdopen(os.open(out, os.O_WRONLY), "wb") as there:
        if not stat.S_ISREG(os.fstat(there.fileno()).st_mode):
            there.write(data)
            return False
    older = None
    with suppress(FileNotFoundError):
        older = out.lstat()
        if stat.S_ISLNK(older.st_mode):
            # It may be somebody else's, and lead to what he would like to see overwritten.
            raise click.ClickException(f"{out} was not written: it is a symbolic link; name the file that it leads to")
    descriptor, name = tempfile.mkstemp(dir=out.absolute().parent, prefix=".ses-reputation-")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        if older is not None:
            part.chmod(_owned_as(older, part))
        part.replace(out)
    except BaseException:
        part.unlink()
        raise
    return True


def _owned_as(older: os.stat_result, part: Path) -> int:
    """Give a file the owner and group of an older one, as far as that is allowed; the mode that it may have then."""
    mode = stat.S_IMODE(older.st_mode)
    for owner in (older.st_uid, -1):  # -1 leaves it as it is: only root gives files away
        with suppress(PermissionError):
            os.chown(part, owner, older.st_gid)
            return mode
    return mode & stat.S_IRWXU  # its group, and so who the others are, is another
