"""What is in the rates, and what is not: SES's rules, one row each, with their sources.

Where AWS says nothing, the row says so and takes the side that is more careful, or the one that follows from a rule
that AWS does state.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from ses_reputation.domain.providers import OWN, SIMULATOR
from ses_reputation.domain.reply_rules import ReplyClass


class Measure(StrEnum):
    """What is counted. All are recipients, but complaints, which are notifications, and REPORTED.

    REPORTED is mail that SES's own statistics count: messages or recipients, AWS does not say which. DELAYED and those
    that begin with REPLY are counted beside the rates: see `reply_measure`. So is SPAMTRAPPED, mail sent or delivered
    to addresses that nobody has given to the sender.
    """

    SENT = "sent"
    DELIVERED = "delivered"
    HARD_BOUNCED = "hard_bounced"
    SOFT_BOUNCED = "soft_bounced"
    NOT_ATTEMPTED = "not_attempted"
    COMPLAINED = "complained"
    NOT_SPAM = "not_spam"
    COMPLAINED_UNSENT = "complained_unsent"
    REPORTED = "reported"
    SPAMTRAPPED = "spamtrapped"
    DELAYED = "delayed"
    REPLY_USER_UNKNOWN = "reply_user_unknown"
    REPLY_MAILBOX_FULL = "reply_mailbox_full"
    REPLY_POLICY_BLOCK = "reply_policy_block"
    REPLY_SPAM_BLOCK = "reply_spam_block"
    REPLY_BLOCKLIST = "reply_blocklist"
    REPLY_AUTHENTICATION_FAILURE = "reply_authentication_failure"
    REPLY_RATE_LIMITED = "reply_rate_limited"
    REPLY_PROVIDER_OUTAGE = "reply_provider_outage"
    REPLY_OTHER = "reply_other"


class BounceType(StrEnum):
    """https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types"""

    PERMANENT = "Permanent"
    TRANSIENT = "Transient"
    UNDETERMINED = "Undetermined"


_NOTIFICATIONS = "https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html"
_ACCOUNT_LIST = "https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html"
_GLOBAL_LIST = "https://docs.aws.amazon.com/ses/latest/dg/sending-email-global-suppression-list.html"
_TENANT_LIST = "https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list-tenant-level.html"
_ENFORCEMENT = "https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html"
_SIMULATOR = "https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html"
_UNSUBSCRIBE = "https://docs.aws.amazon.com/ses/latest/dg/sending-email-list-management.html"
_VALIDATION = (
    "https://aws.amazon.com/blogs/messaging-and-targeting/"
    "how-to-improve-email-sender-reputation-with-amazon-ses-email-validation/"
)
_MARF = "https://www.iana.org/assignments/marf-parameters"


class Rule(Struct, frozen=True):
    """One rule of what counts: its name, what it says, and where that is written."""

    name: str
    says: str
    source: str


class BounceRule(Rule, frozen=True):
    """What a bounce counts as, by its type (None is any) and subtypes; none of these are all that no rule names."""

    type: BounceType | None
    subtypes: tuple[str, ...]
    measure: Measure


class ComplaintRule(Rule, frozen=True):
    """What a complaint counts as, by whether SES ever sent the mail, and by the type of the feedback; None is any."""

    sent: bool
    feedback_type: str | None
    measure: Measure


class RecipientRule(Rule, frozen=True):
    """Recipients that are in no rate, whatever becomes of their mail: by what stands for their provider."""

    provider: str


# The type of a never-attempted subtype is not looked at: AWS documents none for the newer ones.
BOUNCE_RULES: tuple[BounceRule, ...] = (
    BounceRule(
        "account-suppression-list",
        "On your account's suppression list: SES did not try, and counts it in no rate.",
        _ACCOUNT_LIST,
        None,
        ("OnAccountSuppressionList",),
        Measure.NOT_ATTEMPTED,
    ),
    BounceRule(
        "tenant-suppression-list",
        "On a tenant's suppression list: SES did not try. Taken as the account's list; AWS does not say.",
        _TENANT_LIST,
        None,
        ("OnTenantSuppressionList",),
        Measure.NOT_ATTEMPTED,
    ),
    BounceRule(
        "email-validation",
        "Stopped by SES's address validation: SES did not try. Taken as the account's list; AWS does not say.",
        _VALIDATION,
        None,
        ("EmailValidationSuppressed",),
        Measure.NOT_ATTEMPTED,
    ),
    BounceRule(
        "unsubscribed",
        "Unsubscribed from the contact list: SES did not try. Taken as the account's list; AWS does not say.",
        _UNSUBSCRIBE,
        None,
        ("UnsubscribedRecipient",),
        Measure.NOT_ATTEMPTED,
    ),
    BounceRule(
        "global-suppression-list",
        "On SES's own global suppression list: counts as a hard bounce, though SES did not try.",
        _GLOBAL_LIST,
        BounceType.PERMANENT,
        ("Suppressed",),
        Measure.HARD_BOUNCED,
    ),
    BounceRule(
        "hard-bounce",
        "The receiving server refused for good, or there is no such mailbox.",
        _NOTIFICATIONS,
        BounceType.PERMANENT,
        ("General", "NoEmail"),
        Measure.HARD_BOUNCED,
    ),
    BounceRule(
        "unknown-subtype",
        "Permanent, of a subtype that is not known here: counts, which is the careful side.",
        _NOTIFICATIONS,
        BounceType.PERMANENT,
        (),
        Measure.HARD_BOUNCED,
    ),
    BounceRule(
        "soft-bounce",
        "Passing trouble, or an automatic reply: only hard bounces are in the rate.",
        _ENFORCEMENT,
        BounceType.TRANSIENT,
        (),
        Measure.SOFT_BOUNCED,
    ),
    BounceRule(
        "undetermined-bounce",
        "SES could not tell what is wrong: only hard bounces are in the rate.",
        _NOTIFICATIONS,
        BounceType.UNDETERMINED,
        (),
        Measure.SOFT_BOUNCED,
    ),
)

COMPLAINT_RULES: tuple[ComplaintRule, ...] = (
    ComplaintRule(
        "never-sent-complaint",
        "About mail that a suppression list stopped: it has a subtype, and is in no rate.",
        _ACCOUNT_LIST,
        sent=False,
        feedback_type=None,
        measure=Measure.COMPLAINED_UNSENT,
    ),
    ComplaintRule(
        "not-spam",
        "A report that a message is not spam: the opposite of a complaint. AWS does not say.",
        _MARF,
        sent=True,
        feedback_type="not-spam",
        measure=Measure.NOT_SPAM,
    ),
    ComplaintRule(
        "complaint",
        "One for each notification: its recipients are suspects of the same one complaint.",
        _NOTIFICATIONS,
        sent=True,
        feedback_type=None,
        measure=Measure.COMPLAINED,
    ),
)

RECIPIENT_RULES: tuple[RecipientRule, ...] = (
    RecipientRule("mailbox-simulator", "At SES's mailbox simulator: in no rate.", _SIMULATOR, SIMULATOR),
    RecipientRule(
        "verified-identity",
        "At one of your own verified identities: not in the bounce rate. AWS is silent on complaints; here it is in "
        "neither.",
        _ENFORCEMENT,
        OWN,
    ),
)

RULES: tuple[Rule, ...] = (*RECIPIENT_RULES, *BOUNCE_RULES, *COMPLAINT_RULES)
"""All of them."""

LEFT_OUT_RECIPIENTS: frozenset[str] = frozenset(rule.provider for rule in RECIPIENT_RULES)
"""What stands for the provider of recipients that are in no rate."""

_LEFT_OUT_MEASURES = frozenset({Measure.NOT_SPAM, Measure.COMPLAINED_UNSENT})

_REPLY_MEASURES: Mapping[ReplyClass, Measure] = {c: Measure(f"reply_{c}") for c in ReplyClass}

BESIDE_RATES: frozenset[Measure] = frozenset(
    {
        Measure.SPAMTRAPPED,
        Measure.DELAYED,
        *_REPLY_MEASURES.values(),
    }
)
"""What is counted besides mail, and is in no rate: servers' replies, and the earliest signs of what moves one later."""

NEVER_ATTEMPTED: frozenset[str] = frozenset(
    subtype for rule in BOUNCE_RULES if rule.measure is Measure.NOT_ATTEMPTED for subtype in rule.subtypes
)
"""Bounce subtypes of mail that SES never tried to deliver."""

_BY_SUBTYPE: Mapping[tuple[str | None, str | None], BounceRule] = {
    (rule.type, subtype): rule for rule in BOUNCE_RULES for subtype in (rule.subtypes or (None,))
}


def bounce_rule(bounce_type: str, subtype: str) -> BounceRule:
    """The rule for a bounce of this type and subtype; KeyError for a type that SES does not have."""
    known = _BY_SUBTYPE.get((None, subtype)) or _BY_SUBTYPE.get((bounce_type, subtype))
    return known or _BY_SUBTYPE[bounce_type, None]


def complaint_rule(subtype: str | None, feedback_type: str | None) -> ComplaintRule:
    """The rule for a complaint with this subtype and type of feedback."""
    sent = subtype is None
    return next(rule for rule in COMPLAINT_RULES if rule.sent == sent and rule.feedback_type in {None, feedback_type})


def is_unknown(bounce_type: str, subtype: str) -> bool:
    """Whether a bounce counts only because nobody knows its subtype."""
    return bounce_rule(bounce_type, subtype).name == "unknown-subtype"


def is_in_a_rate(provider: str, measure: Measure) -> bool:
    """Whether a count of this provider and measure can move a rate at all."""
    return is_judged(provider, measure) and measure not in BESIDE_RATES


def is_judged(provider: str, measure: Measure) -> bool:
    """Whether anything is judged by a count of this provider and measure: a rate, or what servers reply."""
    if measure is Measure.SPAMTRAPPED:
        return True  # They are often at the sender's own domain.
    return provider not in LEFT_OUT_RECIPIENTS and measure not in _LEFT_OUT_MEASURES


def reply_measure(reply_class: ReplyClass) -> Measure:
    """What a bounce or delay counts as beside its own measure, by what the server replied."""
    return _REPLY_MEASURES[reply_class]
