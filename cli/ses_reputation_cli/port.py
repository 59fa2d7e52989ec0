"""A port of this machine."""

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator


@contextmanager
def listening_at(host: str, port: int) -> "Iterator[socket.socket]":
    """A socket that listens there while the block runs; click.ClickException says why there can be none."""
    from ses_reputation_local.serving import listening  # noqa: PLC0415 - help must not wait for it

    try:
        listener = listening(host, port)
    except OSError as error:
        # Python adds the address, which is here already.
        reason = str(error.strerror).partition(" (")[0]
        raise click.ClickException(
            f"nothing can listen on port {port} of {host} ({reason}); --port takes another, or 0 for any"
        ) from error
    with closing(listener):
        yield listener
