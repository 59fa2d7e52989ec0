"""The words of SES, typed: what a sender hands to it, what may become of a message, and what it publishes.

Every value is SES's own, as its JSON has it. https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum

SIMULATOR_DOMAIN = "simulator.amazonses.com"
MAX_RECIPIENTS = 50  # https://docs.aws.amazon.com/ses/latest/dg/quotas.html
# SES retries a soft bounce for 14 hours unless the configuration set's MaxDeliverySeconds says otherwise.
RETRY_PERIOD = timedelta(hours=14)

SOURCE_IP = "192.0.2.10"
CALLER = "mailer"


class Topic(StrEnum):
    """Where a publication goes: the three topics of template.yaml."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    VOLUME = "volume"


class Format(StrEnum):
    """The two formats in which SES tells the same facts. Both can be on for one message."""

    CONFIGURATION_SET = "configuration-set"
    IDENTITY = "identity"


class EventType(StrEnum):
    """What an event destination can select. The space in `Rendering Failure` is SES's own."""

    SEND = "Send"
    DELIVERY = "Delivery"
    BOUNCE = "Bounce"
    COMPLAINT = "Complaint"
    REJECT = "Reject"
    OPEN = "Open"
    CLICK = "Click"
    RENDERING_FAILURE = "Rendering Failure"
    DELIVERY_DELAY = "DeliveryDelay"
    SUBSCRIPTION = "Subscription"


# The JSON key of an event's own object. Its key and its type agree only by accident.
BODY_KEYS: Mapping[EventType, str] = {
    EventType.SEND: "send",
    EventType.DELIVERY: "delivery",
    EventType.BOUNCE: "bounce",
    EventType.COMPLAINT: "complaint",
    EventType.REJECT: "reject",
    EventType.OPEN: "open",
    EventType.CLICK: "click",
    EventType.RENDERING_FAILURE: "failure",
    EventType.DELIVERY_DELAY: "deliveryDelay",
    EventType.SUBSCRIPTION: "subscription",
}

# An identity has no other notifications: without a configuration set, nobody hears of a send.
NOTIFICATION_TYPES = frozenset({EventType.BOUNCE, EventType.COMPLAINT, EventType.DELIVERY})

# The types missing here go to the volume topic.
TOPICS: Mapping[EventType, Topic] = {EventType.BOUNCE: Topic.BOUNCE, EventType.COMPLAINT: Topic.COMPLAINT}

# Recorded events of these types have no headers, and those of the others no ARN of the identity.
WITHOUT_HEADERS = frozenset({EventType.RENDERING_FAILURE, EventType.DELIVERY_DELAY})
WITHOUT_SOURCE_ARN = frozenset({EventType.OPEN, EventType.CLICK})


class BounceType(StrEnum):
    """https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types"""

    PERMANENT = "Permanent"
    TRANSIENT = "Transient"
    UNDETERMINED = "Undetermined"


class BounceSubtype(StrEnum):
    """Those that the page above lists, and the newer ones of suppression lists, validation and delivery time.

    NOT_INVENTED_YET stands for one that SES may add some day, as it has added these.
    """

    GENERAL = "General"
    NO_EMAIL = "NoEmail"
    SUPPRESSED = "Suppressed"
    ON_ACCOUNT_SUPPRESSION_LIST = "OnAccountSuppressionList"
    ON_TENANT_SUPPRESSION_LIST = "OnTenantSuppressionList"
    EMAIL_VALIDATION_SUPPRESSED = "EmailValidationSuppressed"
    UNSUBSCRIBED_RECIPIENT = "UnsubscribedRecipient"
    UNDETERMINED = "Undetermined"
    MAILBOX_FULL = "MailboxFull"
    MESSAGE_TOO_LARGE = "MessageTooLarge"
    CONTENT_REJECTED = "ContentRejected"
    ATTACHMENT_REJECTED = "AttachmentRejected"
    CUSTOM_TIMEOUT_EXCEEDED = "CustomTimeoutExceeded"
    NOT_INVENTED_YET = "NotInventedYet"


class FeedbackType(StrEnum):
    """What a feedback report can be about. https://www.iana.org/assignments/marf-parameters"""

    ABUSE = "abuse"
    AUTH_FAILURE = "auth-failure"
    FRAUD = "fraud"
    NOT_SPAM = "not-spam"
    OTHER = "other"
    VIRUS = "virus"


class DelayType(StrEnum):
    """Why SES could not deliver yet. https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html"""

    INTERNAL_FAILURE = "InternalFailure"
    GENERAL = "General"
    MAILBOX_FULL = "MailboxFull"
    SPAM_DETECTED = "SpamDetected"
    RECIPIENT_SERVER_ERROR = "RecipientServerError"
    IP_FAILURE = "IPFailure"
    TRANSIENT_COMMUNICATION_FAILURE = "TransientCommunicationFailure"
    BYOIP_HOST_NAME_LOOKUP_UNAVAILABLE = "BYOIPHostNameLookupUnavailable"
    UNDETERMINED = "Undetermined"
    SENDING_DEFERRAL = "SendingDeferral"


Span = tuple[timedelta, timedelta]
"""The earliest and the latest that something happens."""

PUBLISHING: Span = (timedelta(milliseconds=40), timedelta(milliseconds=400))
ACCEPTING: Span = (timedelta(milliseconds=100), timedelta(milliseconds=400))
DELIVERING: Span = (timedelta(seconds=1), timedelta(seconds=6))
WITHHOLDING: Span = (timedelta(seconds=1), timedelta(seconds=2))
REFUSING: Span = (timedelta(seconds=1), timedelta(seconds=30))
ANSWERING: Span = (timedelta(seconds=20), timedelta(minutes=5))
GIVING_UP: Span = (timedelta(hours=4), RETRY_PERIOD)
DELAYING: Span = (timedelta(minutes=5), timedelta(minutes=30))
COMPLAINING: Span = (timedelta(minutes=5), timedelta(hours=6))
READING: Span = (timedelta(minutes=2), timedelta(hours=6))
CLICKING: Span = (timedelta(seconds=5), timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """How a bounce of one kind looks: the enhanced status and reply of its delivery status notification.

    Without a `status` there was no such notification. `attempted` is false where SES itself withheld the mail.
    """

    status: str | None
    reply: str
    when: Span = REFUSING
    attempted: bool = True


# A pair that is missing is one that SES does not have. UnsubscribedRecipient was seen, but never with its type.
DIAGNOSES: Mapping[tuple[BounceType, BounceSubtype], Diagnosis] = {
    (BounceType.PERMANENT, BounceSubtype.GENERAL): Diagnosis("5.1.1", "smtp; 550 5.1.1 No delivery to {address}"),
    (BounceType.PERMANENT, BounceSubtype.NO_EMAIL): Diagnosis(
        "5.1.1", "smtp; 550 5.1.1 <{address}>: nobody here has this address"
    ),
    (BounceType.PERMANENT, BounceSubtype.SUPPRESSED): Diagnosis(
        "5.1.1", "SES withheld the mail: {address} is on its global suppression list", WITHHOLDING, attempted=False
    ),
    (BounceType.PERMANENT, BounceSubtype.ON_ACCOUNT_SUPPRESSION_LIST): Diagnosis(
        "5.1.1", "SES withheld the mail: {address} is on the account's suppression list", WITHHOLDING, attempted=False
    ),
    (BounceType.PERMANENT, BounceSubtype.ON_TENANT_SUPPRESSION_LIST): Diagnosis(
        "5.1.1", "SES withheld the mail: {address} is on the tenant's suppression list", WITHHOLDING, attempted=False
    ),
    (BounceType.PERMANENT, BounceSubtype.EMAIL_VALIDATION_SUPPRESSED): Diagnosis(
        "5.1.1", "SES withheld the mail: {address} failed its validation", WITHHOLDING, attempted=False
    ),
    (BounceType.PERMANENT, BounceSubtype.UNSUBSCRIBED_RECIPIENT): Diagnosis(
        "5.1.1", "SES withheld the mail: {address} has left the contact list", WITHHOLDING, attempted=False
    ),
    (BounceType.PERMANENT, BounceSubtype.NOT_INVENTED_YET): Diagnosis(
        "5.0.0", "smtp; 550 5.0.0 No delivery to {address}, for a reason that has no name yet"
    ),
    (BounceType.UNDETERMINED, BounceSubtype.UNDETERMINED): Diagnosis(None, ""),
    (BounceType.TRANSIENT, BounceSubtype.GENERAL): Diagnosis(
        "4.3.2", "smtp; 451 4.3.2 This server is too busy, come back later", GIVING_UP
    ),
    (BounceType.TRANSIENT, BounceSubtype.MAILBOX_FULL): Diagnosis(
        "4.2.2", "smtp; 452 4.2.2 <{address}>: the mailbox has no room left", GIVING_UP
    ),
    (BounceType.TRANSIENT, BounceSubtype.MESSAGE_TOO_LARGE): Diagnosis(
        "5.3.4", "smtp; 552 5.3.4 The message is larger than this server takes"
    ),
    (BounceType.TRANSIENT, BounceSubtype.CONTENT_REJECTED): Diagnosis(
        "5.6.0", "smtp; 554 5.6.0 The text of the message was turned down"
    ),
    (BounceType.TRANSIENT, BounceSubtype.ATTACHMENT_REJECTED): Diagnosis(
        "5.7.1", "smtp; 552 5.7.1 Attachments of this kind are turned down"
    ),
    (BounceType.TRANSIENT, BounceSubtype.CUSTOM_TIMEOUT_EXCEEDED): Diagnosis(
        "4.4.7", "SES stopped trying: MaxDeliverySeconds is over", (timedelta(minutes=10), timedelta(hours=1))
    ),
}


# The status and reply of each delay.
DELAYS: Mapping[DelayType, tuple[str, str]] = {
    DelayType.INTERNAL_FAILURE: ("4.3.0", "SES had a problem of its own and tries again"),
    DelayType.GENERAL: ("4.0.0", "smtp; 450 4.0.0 Not now"),
    DelayType.MAILBOX_FULL: ("4.2.2", "smtp; 452 4.2.2 <{address}>: the mailbox has no room left"),
    DelayType.SPAM_DETECTED: ("4.7.1", "smtp; 451 4.7.1 Too much unwanted mail comes from you"),
    DelayType.RECIPIENT_SERVER_ERROR: ("4.3.0", "smtp; 451 4.3.0 This server has a problem"),
    DelayType.IP_FAILURE: ("4.7.0", "smtp; 421 4.7.0 No mail from this IP address for now"),
    DelayType.TRANSIENT_COMMUNICATION_FAILURE: ("4.4.1", "smtp; 421 4.4.1 No answer from the server of {address}"),
    DelayType.BYOIP_HOST_NAME_LOOKUP_UNAVAILABLE: ("4.4.3", "SES found no host name for the sending IP address"),
    DelayType.UNDETERMINED: ("4.0.0", "smtp; 450 4.0.0 The server gave no reason"),
    DelayType.SENDING_DEFERRAL: ("4.7.0", "smtp; 421 4.7.0 Too many messages at once"),
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the sender hands it to SES. `recipients` are all of to, cc and bcc, as bare addresses.

    `publishes` is what the event destination selects, or for identity notifications which of them have a topic.
    ValueError for what SES would not accept.
    """

    source: str
    recipients: tuple[str, ...]
    configuration_set: str | None = None
    tenant: str | None = None
    subject: str = "A message for you"
    tags: Mapping[str, str] = field(default_factory=dict)
    formats: frozenset[Format] = frozenset({Format.CONFIGURATION_SET})
    publishes: frozenset[EventType] = frozenset(EventType)
    identity_headers: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.recipients) <= MAX_RECIPIENTS:
            raise ValueError(f"SES takes 1 to {MAX_RECIPIENTS} recipients, not {len(self.recipients)}")
        for address in (parseaddr(self.source)[1], *self.recipients):
            if "@" not in address:
                raise ValueError(f"{address!r} is no address")
        if Format.CONFIGURATION_SET in self.formats and not self.configuration_set:
            raise ValueError("without a configuration set SES publishes no events of one")


@dataclass(frozen=True, slots=True)
class Bounce:
    """One bounce notification. With `after_delivery` the server first accepted the mail and then sent a bounce or an
    automatic reply, from which SES reads no status.

    `status` and `reply` are the server's; unless they are given, it is one that goes with the type.
    """

    recipients: tuple[str, ...]
    type: BounceType = BounceType.PERMANENT
    subtype: BounceSubtype = BounceSubtype.GENERAL
    after_delivery: bool = False
    status: str | None = None
    reply: str | None = None

    def __post_init__(self) -> None:
        if (self.type, self.subtype) not in DIAGNOSES:
            raise ValueError(f"SES has no bounce {self.type}/{self.subtype}")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint. SES lists every recipient at the complainer's domain, since most providers hide who complained.

    Without a `feedback_type` there was no feedback report. `withheld` names the suppression list that stopped the mail.
    """

    recipient: str
    feedback_type: FeedbackType | None = FeedbackType.ABUSE
    withheld: BounceSubtype | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """SES could not deliver yet and goes on trying.

    `status` and `reply` are the server's; unless they are given, it is one that goes with the type.
    """

    recipients: tuple[str, ...]
    type: DelayType = DelayType.TRANSIENT_COMMUNICATION_FAILURE
    status: str | None = None
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """Somebody opened the message. SES does not say which recipient."""


@dataclass(frozen=True, slots=True)
class Click:
    """Somebody followed a link. `tags` are those of the link."""

    link: str
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Somebody left a topic of a contact list by the header that SES adds."""

    contact_list: str
    topic: str


@dataclass(frozen=True, slots=True)
class Reject:
    """SES found a virus and tries no delivery; there is no Send either."""


@dataclass(frozen=True, slots=True)
class RenderingFailure:
    """The template needs an attribute that the message does not give, so nothing is sent."""

    template: str
    attribute: str


Outcome = Bounce | Complaint | Delay | Open | Click | Unsubscribe | Reject | RenderingFailure
"""What becomes of a message beside its delivery."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What SES publishes: `message` is the SNS message to the letter, `time` when SNS gets it."""

    topic: Topic
    time: datetime
    message: str
