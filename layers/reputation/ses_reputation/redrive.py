"""The use case of redriving: what is on the dead-letter queues, and why; back to where it came from, or discarded.

To send one back is safe, however often: receipts make every event count once, findings and pauses know their ids.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import groupby
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.counting import scopes_of
from ses_reputation.domain.events import Uncounted
from ses_reputation.domain.recipients import without_addresses
from ses_reputation.domain.scopes import ACCOUNT, MAX_SCOPE
from ses_reputation.ses_events import UnreadableEvent, read_event

# The attribute that says why a message is a dead letter: ours, that of SNS, that of EventBridge.
# https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
_REASON_ATTRIBUTES = ("reason", "ErrorMessage", "ERROR_MESSAGE")

GIVEN_UP = "a function failed on it again and again"
"""The reason of what SQS itself moved: it says none."""

ENCRYPTED = "EventBridge could not use the key of the bus: decrypt it and put it there anew, or let its sender do so"
"""The reason of an event that is inside an envelope, which only its key opens."""

# What is shown of a text that anybody may have written.
MAX_SHOWN = 300
_TYPE = re.compile(r"[A-Za-z][A-Za-z -]{0,63}")

# How long it is kept what was discarded, by whom and why.
DISCARDED_KEPT = timedelta(days=365)


class Origin(StrEnum):
    """The dead-letter queues, by what their messages are."""

    FEEDBACK = "feedback"
    FINDING = "finding"
    ENFORCEMENT = "enforcement"
    SUPPRESSION = "suppression"
    EVALUATION = "evaluation"


class Letter(Struct, frozen=True, dict=True):
    """A dead letter: the message as it was, when it came to the queue, and how often it was received since.

    `handle` deletes it, or gives it back.
    """

    origin: Origin
    id: str
    handle: str
    body: str
    attributes: Mapping[str, str]
    sent: datetime
    receives: int

    @cached_property
    def reason(self) -> str:
        """Why it is one, as whoever put it there says, without addresses."""
        return _shown(reason_of(self.attributes, self.body))


class Subject(Struct, frozen=True):
    """What a message is about, as far as it can be told: its type, its scopes, the id of the mail, and recipients."""

    type: str = "unknown"
    scopes: tuple[str, ...] = ()
    message_id: str | None = None
    recipients: tuple[str, ...] = ()


class Group(Struct, frozen=True):
    """The letters of a queue with the same reason."""

    origin: Origin
    reason: str
    letters: tuple[Letter, ...]

    @property
    def oldest(self) -> datetime:
        """When the first of them came."""
        return min(letter.sent for letter in self.letters)

    @property
    def types(self) -> Mapping[str, int]:
        """How many there are of each type, the most first."""
        return dict(Counter(subject_of(letter).type for letter in self.letters).most_common())


class Choice(Struct, frozen=True):
    """Which letters: those with any of these ids, and with this text in their reasons; all if nothing is said."""

    ids: tuple[str, ...] = ()
    reason: str = ""

    def takes(self, letter: Letter) -> bool:
        """Whether a letter is chosen. An id may be as much of it as is unique."""
        named = not self.ids or any(letter.id.startswith(wanted) for wanted in self.ids)
        return named and self.reason.casefold() in letter.reason.casefold()


class Discarded(Struct, frozen=True):
    """A letter that somebody discarded: what it was, who did it, when, and why."""

    origin: Origin
    id: str
    reason: str
    sent: datetime
    type: str
    scopes: tuple[str, ...]
    message_id: str | None
    by: str
    time: datetime
    note: str


class Queues(Protocol):
    """The dead-letter queues, and where what is on them came from."""

    def send_back(self, letters: Sequence[Letter]) -> Mapping[str, str]:
        """Send letters of one queue back to where they came from; why some did not go, by their ids."""

    def delete(self, letters: Sequence[Letter]) -> Mapping[str, str]:
        """Delete letters of one queue; why some were not, by their ids."""

    def keep_discarded(self, discarded: Sequence[Discarded]) -> None:
        """Note what is about to be discarded. To note a letter again leaves one note of it, the last."""


class Unreadable(ValueError):
    """What a letter holds can't be sent back; the text says why."""


def grouped(letters: Iterable[Letter]) -> list[Group]:
    """Letters by queue and reason, the most frequent reason of a queue first."""
    ordered = sorted(letters, key=lambda letter: (letter.origin, letter.reason, letter.sent))
    groups = [
        Group(origin, reason, tuple(of_reason))
        for (origin, reason), of_reason in groupby(ordered, key=lambda letter: (letter.origin, letter.reason))
    ]
    order = list(Origin)
    return sorted(groups, key=lambda group: (order.index(group.origin), -len(group.letters), group.reason))


def retry(
    letters: Sequence[Letter], queues: Queues, batch: int, advance: Callable[[int], None]
) -> Iterator[tuple[Letter, str | None]]:
    """Send letters back; of each what is wrong, or None. One is deleted only when the other queue has taken it."""
    for chunk in _chunks(letters, batch):
        kept = queues.send_back(chunk)
        gone = [letter for letter in chunk if letter.id not in kept]
        problems = {**kept, **(queues.delete(gone) if gone else {})}
        yield from ((letter, problems.get(letter.id)) for letter in chunk)
        advance(len(chunk))


def discard(  # noqa: PLR0917 - each is said by the user
    letters: Sequence[Letter],
    queues: Queues,
    batch: int,
    advance: Callable[[int], None],
    by: str,
    now: datetime,
    note: str,
) -> Iterator[tuple[Letter, str | None]]:
    """Delete letters for good; of each what is wrong, or None. Who did it, when and why is kept before."""
    for chunk in _chunks(letters, batch):
        queues.keep_discarded([_discarded(letter, by, now, note) for letter in chunk])
        problems = queues.delete(chunk)
        yield from ((letter, problems.get(letter.id)) for letter in chunk)
        advance(len(chunk))


def reason_of(attributes: Mapping[str, str], body: str) -> str:
    """Why a message is a dead letter, as whoever put it there says; of what is encrypted, what can be done about it."""
    document = _json(body)
    if _is_encrypted(_event_in(document)):
        return ENCRYPTED
    for name in _REASON_ATTRIBUTES:
        if text := attributes.get(name):
            return text
    # What Lambda keeps of an asynchronous invocation that failed.
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    match document:
        case {"responsePayload": {"errorMessage": str(text)}}:
            return text
        case {"requestContext": {"condition": str(text)}}:
            return text
        case _:
            return GIVEN_UP


def invocation_of(letter: Letter, ses_rule: str) -> object:
    """What receive_finding is to be run on again; Unreadable if there is nothing.

    It is the invocation that was set apart, or that of Lambda's record of a failure. EventBridge puts what it could not
    deliver on the queue as the event was, and names its rule: only what came by `ses_rule` of the default bus is SES's.
    """
    document = _json(letter.body)
    if _is_encrypted(_event_in(document)):
        raise Unreadable(ENCRYPTED)
    match document:
        case {"requestContext": {}, "requestPayload": payload}:
            return payload
        case {"received": _, **others} as invocation if others.keys() & {"event", "from_ses"}:
            return invocation
        case {"detail-type": str(), "source": str()} as event:
            rule = letter.attributes.get("RULE_ARN", "").partition(":rule/")[2]
            field = "from_ses" if rule == ses_rule else "event"
            # When EventBridge received it is not told. It tries for a day at most.
            return {"received": letter.sent.isoformat(), field: event}
        case _:
            raise Unreadable("it is no event: it can only be discarded")


def subject_of(letter: Letter) -> Subject:
    """What a letter is about, in texts that can be kept and shown, whatever it holds."""
    subject = _subject(letter)
    scopes = tuple(_shown(scope, MAX_SCOPE) for scope in subject.scopes)
    message_id = subject.message_id and _shown(subject.message_id)
    return replace(subject, scopes=scopes, message_id=message_id)


def _subject(letter: Letter) -> Subject:
    document = _json(letter.body)
    match letter.origin, document:
        case Origin.FINDING, _:
            return _of_finding(_event_in(document))
        case Origin.ENFORCEMENT, {"kind": kind, "scope": str(scope)}:
            return Subject(_type(kind), (scope,))
        case Origin.EVALUATION, {"chunk": str()}:
            return Subject("chunk")
        case ((Origin.FEEDBACK | Origin.SUPPRESSION), _):
            return _of_feedback(letter.body, document)
        case _:
            return Subject()


def _of_feedback(body: str, document: Any) -> Subject:
    try:
        event = read_event(body)
    except UnreadableEvent:
        return _of_unreadable(document)
    if isinstance(event, Uncounted):
        return Subject("uncounted")
    return Subject(
        type(event).__name__.lower(),
        tuple(scope for scope in scopes_of(event.mail) if scope != ACCOUNT),
        event.mail.message_id,
        tuple(recipient.address for recipient in event.recipients),
    )


def _of_unreadable(document: Any) -> Subject:
    match document:
        case {"mail": {"messageId": str(identifier)}, **others}:
            kind = others.get("eventType") or others.get("notificationType")
            return Subject(_type(kind).lower(), (), identifier)
        case {"eventType": kind} | {"notificationType": kind}:
            return Subject(_type(kind).lower())
        case _:
            return Subject()


def _of_finding(document: Any) -> Subject:
    match document:
        case {"detail-type": kind, "detail": {"scope": str(scope)}}:
            return Subject(_type(kind), (scope,))
        case {"detail-type": kind}:
            return Subject(_type(kind))
        case _:
            return Subject()


def _event_in(document: Any) -> Any:
    """The event that a dead letter of receive_finding is about: it may be in an invocation, and that in a record."""
    match document:
        case {"requestPayload": {"event": event} | {"from_ses": event} | event}:
            return event
        case {"event": event} | {"from_ses": event}:
            return event
        case _:
            return document


def _is_encrypted(event: Any) -> bool:
    """Whether EventBridge set it apart because of the key of the bus: what it was is in an envelope then.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-dlq-decrypt.html
    """
    match event:
        case {"source": "aws.events", "detail-type": "Encrypted Events"}:
            return True
        case _:
            return False


def _type(value: object) -> str:
    """What calls itself a type, if it looks like one: whoever wants to see what else it is saves the letter."""
    return value if isinstance(value, str) and _TYPE.fullmatch(value) else "unknown"


def _shown(text: str, length: int = MAX_SHOWN) -> str:
    """A text that anybody may have written, as it is shown and kept: without addresses, cut off, and without halves of
    characters (lone surrogates), which JSON can name and UTF-8 can't.
    """
    return without_addresses(text, "")[:length].encode(errors="replace").decode()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _discarded(letter: Letter, by: str, now: datetime, note: str) -> Discarded:
    subject = subject_of(letter)
    return Discarded(
        letter.origin,
        letter.id,
        letter.reason,
        letter.sent,
        subject.type,
        subject.scopes,
        subject.message_id,
        by,
        now,
        note,
    )


def _chunks(letters: Sequence[Letter], batch: int) -> Iterator[Sequence[Letter]]:
    """Letters of one queue each, so many at most, in their order."""
    for _, of_queue in groupby(letters, key=lambda letter: letter.origin):
        of_one = list(of_queue)
        for start in range(0, len(of_one), batch):
            yield of_one[start : start + batch]
