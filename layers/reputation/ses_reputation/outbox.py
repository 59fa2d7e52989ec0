"""The outbox: alerts that were decided and are still to be sent, and how they are."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation.notices.alert import Alert, StatusAlert


class Channel(StrEnum):
    """Where alerts go. One that fails keeps back no other."""

    STATUS = "status"
    CHAT = "chat"
    RELATED = "related"


class Outgoing(Struct, frozen=True):
    """An alert on its way through one channel."""

    channel: Channel
    alert: Alert


class Outbox(Protocol):
    """What is not known to be sent."""

    def outgoing(self) -> Iterator[Outgoing]:
        """Everything in it, oldest first."""

    def mark_sent(self, outgoing: Outgoing, message_id: str) -> None:
        """Take an alert out of the outbox, and note with its news that it was sent."""


Publish = Callable[[Alert], str]
"""Sends an alert; the id that it was given."""


def _every(_alert: Alert) -> bool:
    return True


def _shutdown_of_account(alert: Alert) -> bool:
    return (
        isinstance(alert, StatusAlert)
        and alert.scope == ACCOUNT
        and alert.scope_after == Status.SHUTDOWN
        and alert.scope_before != Status.SHUTDOWN
    )


# Which alerts go through which channel.
_CARRIES: Mapping[Channel, Callable[[Alert], bool]] = {
    Channel.STATUS: _every,
    Channel.CHAT: _every,
    Channel.RELATED: _shutdown_of_account,
}


def outgoing_of(alert: Alert) -> Iterator[Outgoing]:
    """The ways that an alert goes: to people and programs, to chat, and to related accounts if this one shuts down."""
    return (Outgoing(channel, alert) for channel in Channel if _CARRIES[channel](alert))


def send(
    waiting: Iterable[Outgoing], outbox: Outbox, channels: Mapping[Channel, Publish], failures: list[Exception]
) -> int:
    """Send what waits; how many alerts reached the status topic. One that will not go does not keep back the others."""
    told = 0
    for outgoing in waiting:
        try:
            outbox.mark_sent(outgoing, channels[outgoing.channel](outgoing.alert))
            told += outgoing.channel is Channel.STATUS
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one alert, the others still have to go
            failures.append(error)
    return told
