"""What a form was made for, and that it is used once."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from ses_reputation_cli.site.guard import new_secret

T = TypeVar("T")

# A page has one for each finding that waits, and is seldom looked at a hundred times before something is decided.
KEPT = 2_000


class TicketRefused(LookupError):
    """A form was not made here, was used already, or is too old; the text says so."""


class Tickets(Generic[T]):
    """Secrets that stand for something, each good for one use. Of more than `kept`, the oldest are forgotten."""

    def __init__(self, kept: int = KEPT, secret: Callable[[], str] = new_secret) -> None:
        self._kept = kept
        self._secret = secret
        self._issued = 0
        self._open: OrderedDict[str, tuple[str, T]] = OrderedDict()
        self._lock = threading.Lock()

    def issue(self, what: T) -> str:
        """A new ticket for this."""
        secret = self._secret()
        with self._lock:
            self._issued += 1
            number = str(self._issued)
            self._open[number] = (secret, what)
            if len(self._open) > self._kept:
                self._open.popitem(last=False)
        return f"{number}.{secret}"

    def look(self, ticket: str) -> T:
        """What a ticket is for, without using it; TicketRefused."""
        with self._lock:
            return self._find(ticket)[1]

    def use(self, ticket: str) -> T:
        """What a ticket is for, which is worthless from now on; TicketRefused."""
        with self._lock:
            number, what = self._find(ticket)
            del self._open[number]
            return what

    def _find(self, ticket: str) -> tuple[str, T]:
        # Found by its number, so that its secret can be compared in a time that does not depend on it.
        number, _, secret = ticket.partition(".")
        known, what = self._open.get(number, ("", None))
        if what is None or not secrets.compare_digest(secret.encode(errors="replace"), known.encode()):
            raise TicketRefused("This form was used already, is too old, or is not of this site.")
        return number, what
