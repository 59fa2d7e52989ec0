"""What an event adds to which counts, and by which rule."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct

from ses_reputation.domain.events import Bounce, Complaint, Delivery, Event, Mail, Recipient, Send
from ses_reputation.domain.providers import OTHER, is_simulator, provider_of
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind, scope


class Measure(StrEnum):
    """What is counted. All are recipients, but COMPLAINED, which is notifications."""

    SENT = "sent"
    DELIVERED = "delivered"
    HARD_BOUNCED = "hard_bounced"
    SOFT_BOUNCED = "soft_bounced"
    NOT_ATTEMPTED = "not_attempted"
    COMPLAINED = "complained"


class BounceType(StrEnum):
    """https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types"""

    PERMANENT = "Permanent"
    TRANSIENT = "Transient"
    UNDETERMINED = "Undetermined"


# Subtypes of mail that SES never tried to deliver. Mail on the account's list "does not count toward your bounce rate";
# the other three are of the same kind and AWS is silent on them. `Suppressed`, SES's own global list, is missing here
# because it does count. https://docs.aws.amazon.com/ses/latest/dg/sending-email-global-suppression-list.html
NEVER_ATTEMPTED = frozenset(
    {"OnAccountSuppressionList", "OnTenantSuppressionList", "EmailValidationSuppressed", "UnsubscribedRecipient"}
)

# Only hard bounces are in the bounce rate. SES gives up on an Undetermined bounce as on a Transient one.
BOUNCE_MEASURES: Mapping[str, Measure] = {
    BounceType.PERMANENT: Measure.HARD_BOUNCED,
    BounceType.TRANSIENT: Measure.SOFT_BOUNCED,
    BounceType.UNDETERMINED: Measure.SOFT_BOUNCED,
}

# A report that a message is *not* spam. https://www.iana.org/assignments/marf-parameters
NOT_SPAM = "not-spam"

Increments = Mapping[tuple[str, Measure], int]
"""How much is added, by mailbox provider and measure."""


class Entry(Struct, frozen=True, gc=False):
    """One thing to count once: a message sent, or one recipient's delivery or bounce, or one complaint.

    `message_id` and `name` identify it from the event's own content, so every copy of the event makes the same entry,
    whatever its envelope or format.
    """

    message_id: str
    name: str
    time: datetime
    scopes: tuple[Scope, ...]
    increments: Increments
    recipients: tuple[Recipient, ...] = ()
    reason: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What the receipt is found by."""
        return self.message_id, self.name

    @property
    def hour(self) -> datetime:
        """The full hour that it counts in: the event's own, never that of its arrival."""
        return hour_of(self.time)


def hour_of(time: datetime) -> datetime:
    """The full hour that a moment is in."""
    return time.replace(minute=0, second=0, microsecond=0)


def bounce_measure(bounce_type: str, subtype: str) -> Measure:
    """What a bounce of this type counts as; KeyError for a type that SES does not have.

    An unknown subtype of a permanent bounce counts as a hard bounce: that is the safe side.
    """
    return Measure.NOT_ATTEMPTED if subtype in NEVER_ATTEMPTED else BOUNCE_MEASURES[bounce_type]


def entries(event: Event) -> Iterator[Entry]:
    """Everything that an event counts; nothing for one that counts nothing. The mailbox simulator is left out."""
    match event:
        case Send(mail, time, recipients):
            if increments := _increments(Measure.SENT, recipients):
                yield Entry(mail.message_id, Measure.SENT, time, scopes_of(mail), increments)
        case Delivery(mail, time, recipients):
            for recipient in _real(recipients):
                yield _recipient_entry(Measure.DELIVERED, mail, time, recipient)
        case Bounce(mail, time, recipients, bounce_type, subtype):
            measure = bounce_measure(bounce_type, subtype)
            for recipient in _real(recipients):
                yield _recipient_entry(measure, mail, time, recipient, reason=f"{bounce_type}/{subtype}")
        case Complaint(mail, time, recipients, None, feedback_type) if feedback_type != NOT_SPAM:
            # One complaint per notification: all its recipients are suspects of the same one complaint.
            if suspects := _real(recipients):
                name = f"{Measure.COMPLAINED}#{_digest(*sorted(r.address for r in suspects))}"
                increments = {(provider_of(suspects[0].address), Measure.COMPLAINED): 1}
                reason = feedback_type or "unspecified"
                yield Entry(mail.message_id, name, time, scopes_of(mail), increments, suspects, reason)


def scopes_of(mail: Mail) -> tuple[Scope, ...]:
    """The scopes that a message counts in, the account first. Providers are not among them: see `provider_scopes`."""
    named = (
        (ScopeKind.CONFIGURATION_SET, mail.configuration_set),
        (ScopeKind.IDENTITY, mail.identity),
        (ScopeKind.TENANT, mail.tenant),
    )
    return (ACCOUNT, *(scope(kind, name) for kind, name in named if name))


def provider_scopes(increments: Increments) -> set[Scope]:
    """The mailbox providers that these increments touch.

    Their counts are a view of the account's own, which are kept by provider; OTHER is many providers, and so no scope.
    """
    return {scope(ScopeKind.PROVIDER, provider) for provider, _ in increments if provider != OTHER}


def _recipient_entry(
    measure: Measure, mail: Mail, time: datetime, recipient: Recipient, *, reason: str | None = None
) -> Entry:
    name = f"{measure}#{_digest(recipient.address)}"
    increments = {(provider_of(recipient.address), measure): 1}
    recorded = (recipient,) if reason else ()  # a delivery needs no record of whom it reached
    return Entry(mail.message_id, name, time, scopes_of(mail), increments, recorded, reason)


def _increments(measure: Measure, recipients: tuple[Recipient, ...]) -> Increments:
    by_provider: dict[tuple[str, Measure], int] = {}
    for recipient in _real(recipients):
        key = (provider_of(recipient.address), measure)
        by_provider[key] = by_provider.get(key, 0) + 1
    return by_provider


def _real(recipients: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
    """Each recipient once, without the mailbox simulator's."""
    return tuple({r.address: r for r in recipients if not is_simulator(r.address)}.values())


def _digest(*addresses: str) -> str:
    return blake2b("\0".join(addresses).encode(), digest_size=12).hexdigest()
