"""Reading alerts about changed statuses as they come back from the status topic, through a queue."""

from collections.abc import Iterator
from typing import Literal

import msgspec
from msgspec import Struct

from ses_reputation.domain.scopes import Scope, parse_scope
from ses_reputation.ses_events import messages_in


class StatusMessage(Struct, frozen=True):
    """One message: which scope's status has changed, or what is wrong with it.

    What the status is does not matter: it may have changed again. `id` is the queue's.
    """

    id: str
    body: str
    scope: Scope | None = None
    problem: str | None = None


class _Alert(Struct, frozen=True):
    """What there must be in an alert."""

    kind: Literal["status-change"]
    version: Literal[1]
    scope: str


def read_messages(invocation: object) -> Iterator[StatusMessage]:
    """Every message that Lambda hands to a function in one invocation, read. Never raises for a bad message."""
    for identifier, body in messages_in(invocation):
        try:
            alert = msgspec.json.decode(body, type=_Alert)
            yield StatusMessage(identifier or "", body, parse_scope(alert.scope))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            yield StatusMessage(identifier or "", body, problem=f"no alert about a status: {error}")
