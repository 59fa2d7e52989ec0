"""Who may ask the site for anything: the browser of the person who started it, and nobody else.

A web page that the person visits can send requests to a port of this machine, under the name of a host of its own that
leads here, too; and every other user of the machine can reach the port.
"""

import secrets
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

TOKEN = "token"  # noqa: S105 - the name of a field
"""The field of the query by which somebody gets in."""

_BYTES = 32
_HTTP = 80

# What browsers say of who makes a request: this site itself, or nobody, as for an address that somebody typed. Other
# ports of this machine are `same-site`. https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
_OURS = frozenset({"same-origin", "none"})


class NotForYou(PermissionError):
    """A request is not of the person who started the site; the text says what is wrong with it."""


def new_secret() -> str:
    """Text that nobody can guess."""
    return secrets.token_urlsafe(_BYTES)


class Guard:
    """Keeps everybody out of a site at this address, such as http://127.0.0.1:4589, who has none of its secrets.

    All of the site is below `path`. A browser gives a cookie to every port of a machine, so that whatever else answers
    at one would get it as well, if it knew the path. https://datatracker.ietf.org/doc/html/rfc6265#section-8.5
    """

    def __init__(self, address: str, secret: Callable[[], str] = new_secret) -> None:
        host, port = urlsplit(address).netloc.rsplit(":", 1)
        self._address = address
        # Browsers leave out the port that is usual.
        self._hosts = frozenset(
            name
            for each in (host, "localhost")
            for name in ((f"{each}:{port}", each) if int(port) == _HTTP else (f"{each}:{port}",))
        )
        self._entry = secret()
        self._session = secret()
        self.path: str = f"/{secret()}"
        # Another site of this machine must not take this one's place.
        self.cookie: str = f"ses-reputation-{port}"

    def entry(self) -> str:
        """The address that lets in who opens it, as often as he does: it is for his eyes only."""
        return f"{self._address}/?{TOKEN}={self._entry}"

    def session_for(self, token: str) -> str:
        """What the cookie of somebody with this token has to hold; NotForYou if the token is none."""
        if not _equal(token, self._entry):
            raise NotForYou("This address is of a site that has ended.")
        return self._session

    def check_name(self, headers: Headers) -> None:
        """Pass a request that calls this site by its own name; NotForYou."""
        if headers.get("Host", "") not in self._hosts:
            raise NotForYou("This site is not known by that name.")

    def check_sender(self, headers: Headers) -> None:
        """Pass a request that comes from this site, or from nobody's page; NotForYou."""
        host = headers.get("Host", "")
        if (
            headers.get("Origin", f"http://{host}") != f"http://{host}"
            or headers.get("Sec-Fetch-Site", "none") not in _OURS
        ):
            raise NotForYou("Another web page asked for this.")

    def check_session(self, cookies: Mapping[str, str]) -> None:
        """Pass a request of a browser that was let in; NotForYou."""
        if not _equal(cookies.get(self.cookie, ""), self._session):
            raise NotForYou("This page is for whoever started it.")


def _equal(text: str, secret: str) -> bool:
    """Whether they are the same; how long that takes says nothing of how much of them is."""
    return secrets.compare_digest(text.encode(errors="replace"), secret.encode())
