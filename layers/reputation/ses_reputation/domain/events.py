"""Events: SES notifications, reduced to what counting needs."""

from datetime import datetime

from msgspec import Struct


class Mail(Struct, frozen=True, gc=False):
    """The message that an event is about, and the scopes that it was sent in. Absent names are None.

    `tags` are the message tags that are scopes of their own, as (name, value). `sent` is when SES accepted it, as
    every event about it tells.
    """

    message_id: str
    identity: str | None = None
    configuration_set: str | None = None
    tenant: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    sent: datetime | None = None


class Recipient(Struct, frozen=True, gc=False):
    """One recipient, the address in lower case. `reply` is what the receiving server said, if it said anything."""

    address: str
    status: str | None = None
    reply: str | None = None


class Send(Struct, frozen=True, gc=False):
    """SES accepted a message. It says so even when a suppression list then stops it."""

    mail: Mail
    time: datetime
    recipients: tuple[Recipient, ...]


class Delivery(Struct, frozen=True, gc=False):
    """The receiving servers accepted the message for these recipients."""

    mail: Mail
    time: datetime
    recipients: tuple[Recipient, ...]


class Bounce(Struct, frozen=True, gc=False):
    """The message was refused for these recipients; `type` and `subtype` are SES's words."""

    mail: Mail
    time: datetime
    recipients: tuple[Recipient, ...]
    type: str
    subtype: str


class Delay(Struct, frozen=True, gc=False):
    """SES could not deliver the message to these recipients yet, and goes on trying; `type` is SES's word for why."""

    mail: Mail
    time: datetime
    recipients: tuple[Recipient, ...]
    type: str


class Complaint(Struct, frozen=True, gc=False):
    """Somebody called the message spam. The recipients are suspects: providers often hide who complained."""

    mail: Mail
    time: datetime
    recipients: tuple[Recipient, ...]
    subtype: str | None = None
    feedback_type: str | None = None


class Uncounted(Struct, frozen=True, gc=False):
    """An event that is understood and counts nothing, such as an open, a click or a set-up message."""

    kind: str
    time: datetime | None = None


Event = Send | Delivery | Bounce | Delay | Complaint | Uncounted
