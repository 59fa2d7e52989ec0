"""Reading SES notifications: both formats, all event types, in any envelope.

SES publishes two formats of the same facts: identity notifications (`notificationType`) and configuration set events
(`eventType`). Either arrives as it is, inside an SNS notification, or inside an EventBridge event, and each of these as
the body of a queue's message. Unknown fields are skipped and optional ones may be missing; what counting needs must be
there and make sense. https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ses_reputation.domain.eligibility import NEVER_ATTEMPTED, BounceType
from ses_reputation.domain.events import (
    Bounce,
    Complaint,
    Delay,
    Delivery,
    Event,
    Mail,
    Recipient,
    Send,
    Uncounted,
)
from ses_reputation.domain.providers import domain_of
from ses_reputation.domain.recipients import MAX_ADDRESS, bare_address

# SNS text that SES sends once when an event destination is made: not JSON, and nothing to count.
EVENT_DESTINATION_CREATED = "Successfully validated SNS topic for Amazon SES event publishing."
# The same for an identity's notification topic, as a notificationType of its own.
IDENTITY_TOPIC_CREATED = "AmazonSnsSubscriptionSucceeded"

# The detail types of SES's other EventBridge events, about findings and sending, are for receive_finding.
# https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html
ABOUT_MAIL = "Email "

# In bytes, since they become keys and items. So no receipt is over 25 KB, with its scopes, a hundred of them stay under
# the 4 MB of a transaction, and every scope stays under the 1 KB of a sort key.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_NAME = 256  # Message ids, configuration sets and tenants are at most 64 characters, domains 253, tag values 256.
MAX_REPLY = 500  # Enough of a server's reply to act on.
MAX_RECIPIENTS = 50  # https://docs.aws.amazon.com/ses/latest/dg/quotas.html
MAX_ENVELOPES = 3
YEARS = range(2000, 3000)  # SES is from 2011. A date far off is somebody's mistake, and no arithmetic survives year 1.

_BOUNCE_TYPES = frozenset(BounceType)
_HARMLESS = re.compile(r"[A-Za-z ]{1,32}|[0-9TZ:+. -]{1,40}")

T = TypeVar("T")
Name = TypeVar("Name", str, str | None)


class UnreadableEvent(ValueError):
    """A message that is no SES notification, or lacks what counting needs. Its text says what is wrong."""


class TagNames(Struct, frozen=True):
    """Which message tags are scopes: the one that holds the tenant, and those whose values are scopes of their own.

    SES's own tenants are in `ses:tenant-name`.
    https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list-tenant-level.html
    """

    tenant: str = "ses:tenant-name"
    scopes: tuple[str, ...] = ()


SES_TAGS = TagNames()


class Message(Struct, frozen=True):
    """One message of an invocation: the event in it, or the problem with it.

    `id` is the queue's message id, and None where there is no queue.
    """

    id: str | None
    body: str
    event: Event | None = None
    problem: str | None = None


def read_invocation(invocation: object, tags: TagNames = SES_TAGS) -> list[Message]:
    """Every message that Lambda hands to a function in one invocation, read. Never raises for a bad message."""
    return [_read_message(identifier, body, tags) for identifier, body in messages_in(invocation)]


def messages_in(document: object) -> Iterator[tuple[str | None, str]]:
    """The messages of a Lambda event from SQS or SNS, with the queue's ids; any other document is one message."""
    records = document.get("Records") if isinstance(document, Mapping) else None
    if not isinstance(records, list):
        yield None, _text(document)
        return
    for record in records:
        # The pattern {"messageId": str(identifier), "body": str(body)} says the same in ten times as long: 1 us.
        if isinstance(record, dict):
            identifier, body = record.get("messageId"), record.get("body")
            if isinstance(identifier, str) and isinstance(body, str):
                yield identifier, body
                continue
        match record:
            case {"Sns": {"Message": str(body)}}:
                yield None, body
            case _:
                yield None, _text(record)


def read_event(text: str | bytes, tags: TagNames = SES_TAGS) -> Event:
    """The event in one message, out of whatever envelopes it came in; UnreadableEvent if there is none."""
    for _ in range(MAX_ENVELOPES):
        document = _decode(text)
        if isinstance(document, Uncounted):
            return document
        if not document.is_envelope:  # Nearly always: to try the patterns takes longer than to decode it, 1 us.
            return _read_ses(document, tags)
        match document:
            case _Document(type="Notification", message=str(inner)):
                text = inner
            case _Document(type=str(kind)) if document.event_type is None and document.notification_type is None:
                raise UnreadableEvent(f"an SNS message of the type {_quoted(kind)} with no notification in it")
            case _Document(source="aws.ses", detail_type=str(kind)) if not kind.startswith(ABOUT_MAIL):
                return Uncounted(kind[:MAX_NAME])
            case _Document(detail=msgspec.Raw() as detail):
                text = bytes(detail)
            case _:
                return _read_ses(document, tags)
    raise UnreadableEvent(f"more than {MAX_ENVELOPES} envelopes around it")


class _Mail(Struct, rename="camel", gc=False):
    message_id: str | None = None
    timestamp: str | None = None
    source: str | None = None
    source_arn: str | None = None
    destination: list[str] | None = None
    tags: dict[str, list[str]] | None = None

    def tag(self, name: str) -> str | None:
        values = (self.tags or {}).get(name)
        return values[0] if values else None


class _Recipient(Struct, rename="camel", gc=False):
    email_address: str
    status: str | None = None
    diagnostic_code: str | None = None


class _Bounce(Struct, rename="camel", gc=False):
    bounce_type: str
    bounced_recipients: list[_Recipient]
    bounce_sub_type: str | None = None
    timestamp: str | None = None


class _Delay(Struct, rename="camel", gc=False):
    delayed_recipients: list[_Recipient]
    delay_type: str = ""
    timestamp: str | None = None


class _Complaint(Struct, rename="camel", gc=False):
    complained_recipients: list[_Recipient]
    timestamp: str | None = None
    complaint_sub_type: str | None = None
    complaint_feedback_type: str | None = None


class _Delivery(Struct, rename="camel", gc=False):
    recipients: list[str]
    timestamp: str | None = None


class _Document(Struct, rename="camel", gc=False):
    """An SES notification of either format or one of the envelopes around it: decoding once tells which."""

    event_type: str | None = None
    notification_type: str | None = None
    mail: _Mail | None = None
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    delivery: _Delivery | None = None
    # Its form is checked apart: a delay that makes no sense is no reason to keep it among the dead letters.
    delivery_delay: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    type: str | None = msgspec.field(default=None, name="Type")
    message: str | None = msgspec.field(default=None, name="Message")
    detail: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    detail_type: str | None = msgspec.field(default=None, name="detail-type")
    source: str | None = None

    @property
    def is_envelope(self) -> bool:
        """Whether it has anything of an envelope: what SES itself writes has none of it."""
        return self.type is not None or self.source is not None or self.detail is not msgspec.UNSET


_decoder = msgspec.json.Decoder(_Document)
_delay_decoder = msgspec.json.Decoder(_Delay)


def _read_message(identifier: str | None, body: str, tags: TagNames) -> Message:
    try:
        return Message(identifier, body, event=read_event(body, tags))
    except UnreadableEvent as problem:
        return Message(identifier, body, problem=str(problem))


def _decode(text: str | bytes) -> _Document | Uncounted:
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError as error:
        raise UnreadableEvent(f"not an SES notification: {error}") from error
    except msgspec.DecodeError as error:
        if _is_set_up_text(text):
            return Uncounted(EVENT_DESTINATION_CREATED)
        raise UnreadableEvent(f"not JSON: {error}") from error
    except UnicodeEncodeError as error:
        raise UnreadableEvent("not JSON: it holds half of a character (a lone surrogate)") from error
    except RecursionError as error:
        raise UnreadableEvent("not an SES notification: nested too deeply") from error


def _is_set_up_text(text: str | bytes) -> bool:
    plain = text.decode(errors="replace") if isinstance(text, bytes) else text
    return plain.strip() == EVENT_DESTINATION_CREATED


def _read_ses(document: _Document, tags: TagNames) -> Event:
    kind = document.event_type or document.notification_type
    if kind is None:
        raise UnreadableEvent("not an SES notification: it has neither eventType nor notificationType")
    reader = _READERS.get(kind)
    if reader is None:
        raise UnreadableEvent(f"SES has no event type {_quoted(kind)}")
    return reader(document, tags)


def _read_send(document: _Document, tags: TagNames) -> Send:
    raw = _require(document.mail, "mail")
    mail = _read_mail(raw, tags)
    return Send(mail, mail.sent or _time(raw.timestamp), _addresses(raw.destination, "mail.destination"))


def _read_delivery(document: _Document, tags: TagNames) -> Delivery:
    raw, delivery = _require(document.mail, "mail"), _require(document.delivery, "delivery")
    recipients = _addresses(delivery.recipients, "delivery.recipients")
    return Delivery(_read_mail(raw, tags), _time(delivery.timestamp or raw.timestamp), recipients)


def _read_bounce(document: _Document, tags: TagNames) -> Bounce:
    raw, bounce = _require(document.mail, "mail"), _require(document.bounce, "bounce")
    subtype = bounce.bounce_sub_type or ""
    if bounce.bounce_type not in _BOUNCE_TYPES and subtype not in NEVER_ATTEMPTED:
        raise UnreadableEvent(f"SES has no bounce type {_quoted(bounce.bounce_type)}")
    return Bounce(
        _read_mail(raw, tags),
        _time(bounce.timestamp or raw.timestamp),
        _recipients(bounce.bounced_recipients, "bounce.bouncedRecipients"),
        _name(bounce.bounce_type, "bounce.bounceType"),
        _name(subtype, "bounce.bounceSubType"),
    )


def _read_delay(document: _Document, tags: TagNames) -> Delay | Uncounted:
    """A delay is in no rate, so one that lacks what counting needs is let go.

    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
    """
    try:
        raw, delay = _require(document.mail, "mail"), _delay_decoder.decode(document.delivery_delay or b"null")
        return Delay(
            _read_mail(raw, tags),
            _time(delay.timestamp or raw.timestamp),
            _recipients(delay.delayed_recipients, "deliveryDelay.delayedRecipients"),
            _cut(delay.delay_type, MAX_NAME) or "Undetermined",
        )
    except (UnreadableEvent, msgspec.ValidationError):
        return _read_uncounted(document, tags)


def _read_complaint(document: _Document, tags: TagNames) -> Complaint:
    raw, complaint = _require(document.mail, "mail"), _require(document.complaint, "complaint")
    # No server has replied to a complaint, and SES gives nothing but the addresses.
    suspects = [recipient.email_address for recipient in complaint.complained_recipients]
    return Complaint(
        _read_mail(raw, tags),
        _time(complaint.timestamp or raw.timestamp),
        _addresses(suspects, "complaint.complainedRecipients"),
        _name(complaint.complaint_sub_type or None, "complaint.complaintSubType"),
        _name(complaint.complaint_feedback_type, "complaint.complaintFeedbackType"),
    )


def _read_uncounted(document: _Document, _tags: TagNames) -> Uncounted:
    # Nothing is counted, so nothing needs to be exact.
    time = _time_if_told(document.mail.timestamp if document.mail else None)
    return Uncounted(document.event_type or document.notification_type or "", time)


_READERS: Mapping[str, Callable[[_Document, TagNames], Event]] = {
    "Send": _read_send,
    "Delivery": _read_delivery,
    "Bounce": _read_bounce,
    "Complaint": _read_complaint,
    "Reject": _read_uncounted,
    "Open": _read_uncounted,
    "Click": _read_uncounted,
    "Rendering Failure": _read_uncounted,
    "DeliveryDelay": _read_delay,
    "Subscription": _read_uncounted,
    IDENTITY_TOPIC_CREATED: _read_uncounted,
}


def _read_mail(raw: _Mail, tags: TagNames) -> Mail:
    return Mail(
        message_id=_name(_require(raw.message_id, "mail.messageId"), "mail.messageId"),
        identity=_name(_identity(raw), "the identity"),
        configuration_set=_name(raw.tag("ses:configuration-set"), "the configuration set"),
        tenant=_name(raw.tag(tags.tenant), "the tenant"),
        tags=_scope_tags(raw, tags.scopes) if tags.scopes else (),
        sent=_time_if_told(raw.timestamp),
    )


def _scope_tags(raw: _Mail, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name in names if (value := _name(raw.tag(name), f"the tag {name}")))


def _identity(raw: _Mail) -> str | None:
    """The domain of the verified identity: `sourceArn` names it in both formats, else it is the sender's domain."""
    identity = (raw.source_arn or "").partition(":identity/")[2] or bare_address(raw.source or "")
    return domain_of(identity) or None


def _require(value: T | None, field: str) -> T:
    if value is None or value == "":
        raise UnreadableEvent(f"{field} is missing")
    return value


def _name(value: Name, what: str) -> Name:
    # A character has four bytes at most, so that the short ones, which are nearly all, need not be encoded.
    if value is not None and len(value) > MAX_NAME // 4 and (size := len(value.encode())) > MAX_NAME:
        raise UnreadableEvent(f"{what} has {size} bytes, more than SES allows")
    return value


def _addresses(values: list[str] | None, field: str) -> tuple[Recipient, ...]:
    return _checked([Recipient(bare_address(value)) for value in values or ()], field)


def _recipients(values: list[_Recipient], field: str) -> tuple[Recipient, ...]:
    recipients = [
        Recipient(bare_address(v.email_address), _cut(v.status, MAX_NAME), _cut(v.diagnostic_code, MAX_REPLY))
        for v in values
    ]
    return _checked(recipients, field)


def _checked(recipients: list[Recipient], field: str) -> tuple[Recipient, ...]:
    if not 1 <= len(recipients) <= MAX_RECIPIENTS:
        raise UnreadableEvent(f"{field} names {len(recipients)} recipients, not 1 to {MAX_RECIPIENTS}")
    for recipient in recipients:
        if not 1 <= (size := len(recipient.address.encode())) <= MAX_ADDRESS:
            raise UnreadableEvent(f"{field} holds an address of {size} bytes")
    return tuple(recipients)


def _cut(value: str | None, length: int) -> str | None:
    """The beginning of a text, in so many bytes; None of nothing."""
    return value.encode()[:length].decode(errors="ignore") or None if value else None


def _time(value: str | None) -> datetime:
    """An ISO 8601 time in UTC. SES also writes `2018-10-08T14:05:45 +0000`; without an offset it means UTC."""
    text = _require(value, "the timestamp")
    try:
        time = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-"))
        if time.tzinfo is not UTC:  # as it is where SES writes a Z
            time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableEvent(f"{_quoted(text)} is not a time") from error
    if time.year not in YEARS:
        raise UnreadableEvent(f"{_quoted(text)} is not a time that SES has known, or will")
    return time


def _time_if_told(value: str | None) -> datetime | None:
    try:
        return _time(value)
    except UnreadableEvent:
        return None


def _quoted(value: str) -> str:
    """A value as a problem may quote it, which is logged: a word or a time, and of all else only how long it is. There
    may be an address in it, and whoever wants to see it finds the message among the dead letters.
    """
    return repr(value) if _HARMLESS.fullmatch(value) else f"of {len(value)} characters"


def _text(document: Any) -> str:
    try:
        return msgspec.json.encode(document).decode()
    except (TypeError, UnicodeEncodeError, RecursionError):
        return repr(document)
