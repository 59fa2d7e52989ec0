"""The site at a port of this machine, as long as a block runs."""

import os
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import tzinfo
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
import htpy as h
from werkzeug.serving import WSGIRequestHandler

from ses_reputation.dashboard.render import render
from ses_reputation_cli.site.application import Site, Source
from ses_reputation_cli.site.guard import Guard
from ses_reputation_local.serving import address_of, answering

if TYPE_CHECKING:
    import socket

# What says that someone is there to see a window, but for macOS and Windows, where there always is.
_SCREENS = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")


@contextmanager
def serving(source: Source, listener: "socket.socket", zone: tzinfo) -> "Iterator[Guard]":
    """Serve a source's pages at a listening socket until the block ends. The guard has the address that lets one in."""
    guard = Guard(address_of(listener))
    with answering(Site(source, guard, zone, render), listener, _Handler):
        yield guard


def serve(
    source: Source,
    listener: "socket.socket",
    zone: tzinfo,
    *,
    open_browser: bool,
    wait: Callable[[], object] = lambda: threading.Event().wait(),
) -> None:
    """Serve a source's pages until Ctrl-C, and say where. A browser is opened, if somebody would see it.

    `wait` returns never, unless by KeyboardInterrupt.
    """
    with serving(source, listener, zone) as guard:
        click.echo(f"The dashboard is at {guard.entry()}")
        click.echo("That address is for you alone: whoever has it can read all and decide. Ctrl-C ends it.")
        try:
            with ExitStack() as until_then:
                if open_browser and has_screen(os.environ, sys.platform):
                    webbrowser.open(until_then.enter_context(way_in(guard.entry())).as_uri())
                wait()
        except KeyboardInterrupt:
            click.echo("\nThe dashboard is closed.")


@contextmanager
def way_in(address: str) -> Iterator[Path]:
    """A file that leads a browser to an address and that nobody else can read, until the block ends.

    All users of a machine can see with which address a program was started.
    """
    with tempfile.TemporaryDirectory(prefix="ses-reputation-") as folder:
        file = Path(folder, "dashboard.html")
        file.touch(mode=0o600)
        page = h.html(lang="en")[
            h.head[
                h.meta(charset="utf-8"),
                h.meta(http_equiv="refresh", content=f"0; url={address}"),
                h.title["SES Reputation"],
            ],
            h.body[h.a(href=address)["To the dashboard"]],
        ]
        file.write_text(str(page), encoding="utf-8")
        yield file


def has_screen(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser can be opened that somebody sees: not by a continuous integration, nor on a mere terminal."""
    if environment.get("CI"):
        return False
    return platform in {"darwin", "win32"} or any(environment.get(name) for name in _SCREENS)


class _Handler(WSGIRequestHandler):
    # A client that sends no more is not waited for. In seconds.
    timeout = 30

    def version_string(self) -> str:
        """Say nothing of what answers."""
        return "SES-Reputation"

    def run_wsgi(self) -> None:
        """Answer a request, also one whose target is no address."""
        try:
            urlsplit(self.path)
        except ValueError:
            self.send_error(HTTPStatus.BAD_REQUEST)
        else:
            super().run_wsgi()

    def log_request(self, *_: object) -> None:
        """Keep quiet about requests."""

    def log_error(self, *_: object) -> None:
        """Keep quiet about what is no request: it may hold anything. What fails here is told all the same."""
