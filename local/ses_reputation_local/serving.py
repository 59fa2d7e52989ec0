"""An application of WSGI that answers at an address, as long as a block runs."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there, on any free port if it is 0. Raises OSError if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def address_of(listener: socket.socket) -> str:
    """The URL at which a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def answering(
    application: "WSGIApplication", listener: socket.socket, handler: type[WSGIRequestHandler]
) -> Iterator[None]:
    """Until the block ends, requests to a listening socket are answered in other threads."""
    host, port = listener.getsockname()[:2]
    http = make_server(host, port, application, threaded=True, request_handler=handler, fd=listener.fileno())
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
