"""What has to be counted, from what SES said: the other half of the proof, so short that it can be checked by reading.

It shares nothing with the code that counts: neither parser, rules nor names. A fact is one message sent, one recipient
reached, bounced or delayed, or one complaint; facts are a set, so that it makes no difference how often, in which order
or in which format SES told one. A fact counts once in every scope that any copy of it names.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from email.utils import parseaddr
from typing import Any, Final

Counts = Counter[tuple[str, str, str, str]]
"""How many, by scope, hour (`2026-03-06T09`), mailbox provider and measure."""

OWN_DOMAIN: Final = "shop.example"
"""The domain that is verified."""

# Whose addresses the histories use; all others are `other`.
PROVIDERS: Final[Mapping[str, str]] = {
    "gmail.com": "gmail",
    "yahoo.co.uk": "yahoo",
    "outlook.com": "microsoft",
    "proton.me": "proton",
    "simulator.amazonses.com": "simulator",
    OWN_DOMAIN: "verified-identity",
}
UNJUDGED: Final = frozenset({"simulator", "verified-identity"})

NOT_ATTEMPTED: Final = frozenset(
    {
        "OnAccountSuppressionList",
        "OnTenantSuppressionList",
        "EmailValidationSuppressed",
        "UnsubscribedRecipient",
    }
)

# What servers meant by what they replied, read off the replies of SesSimulator; by SES's own word for it.
REPLIES: Final[Mapping[str, str]] = {
    "Permanent/General": "user_unknown",
    "Permanent/NoEmail": "user_unknown",
    "Permanent/Suppressed": "user_unknown",
    "Permanent/NotInventedYet": "user_unknown",
    "Transient/General": "provider_outage",
    "Transient/MailboxFull": "mailbox_full",
    "Transient/MessageTooLarge": "policy_block",
    "Transient/ContentRejected": "policy_block",
    "Transient/AttachmentRejected": "policy_block",
    "Transient/CustomTimeoutExceeded": "provider_outage",
    "InternalFailure": "provider_outage",
    "MailboxFull": "mailbox_full",
    "SpamDetected": "spam_block",
    "RecipientServerError": "provider_outage",
    "IPFailure": "policy_block",
    "TransientCommunicationFailure": "provider_outage",
    "BYOIPHostNameLookupUnavailable": "provider_outage",
    "SendingDeferral": "rate_limited",
}
# The words that say why themselves.
TELLING: Final = frozenset(
    {
        "Permanent/NoEmail",
        "Permanent/Suppressed",
        "Transient/MailboxFull",
        "Transient/MessageTooLarge",
        "Transient/ContentRejected",
        "Transient/AttachmentRejected",
    }
)


def expected_counts(told: Iterable[str]) -> Counts:
    """What the counters must hold after SES has told this, each a text as it publishes it."""
    facts: dict[tuple[object, ...], tuple[str, list[tuple[str, str]]]] = {}
    scopes: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for text in set(told):
        document = json.loads(text)
        mail = document["mail"]
        for name, hour, counted in facts_in(document):
            facts[mail["messageId"], name] = hour, counted
            scopes[mail["messageId"], name] |= scopes_in(mail)
    counts = Counts()
    for fact, (hour, counted) in facts.items():
        for scope in scopes[fact]:
            for provider, measure in counted:
                counts[scope, hour, provider, measure] += 1
    return counts


def scopes_in(mail: Any) -> set[str]:
    """Whom a message is about. Identity notifications have no tags, and so name the identity alone."""
    tags = {name: values[0] for name, values in mail.get("tags", {}).items()}
    named = {
        "configuration-set": tags.get("ses:configuration-set"),
        "identity": parseaddr(mail["source"])[1].partition("@")[2],
        "tenant": tags.get("ses:tenant-name"),
        "tag/campaign=": tags.get("campaign"),
    }
    return {"account"} | {f"{kind}{'' if kind[-1] == '=' else '/'}{name}" for kind, name in named.items() if name}


def facts_in(document: Any) -> Iterator[tuple[object, str, list[tuple[str, str]]]]:
    """Each fact in a document: what tells it from others of its message, its hour, and what it counts as."""
    match document.get("eventType") or document.get("notificationType"):
        case "Send":
            recipients = {address.lower() for address in document["mail"]["destination"]}
            counted = [(provider_of(address), "sent") for address in recipients]
            yield "sent", document["mail"]["timestamp"][:13], counted
        case "Delivery":
            for address in {address.lower() for address in document["delivery"]["recipients"]}:
                yield (
                    ("delivered", address),
                    document["delivery"]["timestamp"][:13],
                    [(provider_of(address), "delivered")],
                )
        case "Bounce":
            bounce = document["bounce"]
            kind = f"{bounce['bounceType']}/{bounce['bounceSubType']}"
            for recipient in bounce["bouncedRecipients"]:
                measure = {"Permanent": "hard_bounced"}.get(bounce["bounceType"], "soft_bounced")
                told = "diagnosticCode" in recipient or kind in TELLING
                reply = REPLIES.get(kind, "other") if told else "other"
                if bounce["bounceSubType"] in NOT_ATTEMPTED:
                    measure, reply = "not_attempted", ""
                yield _about(recipient, measure, reply, bounce["timestamp"])
        case "DeliveryDelay":
            delay = document["deliveryDelay"]
            for recipient in delay["delayedRecipients"]:
                yield _about(recipient, "delayed", REPLIES.get(delay["delayType"], "other"), delay["timestamp"])
        case "Complaint":
            complaint = document["complaint"]
            measure = "not_spam" if complaint.get("complaintFeedbackType") == "not-spam" else "complained"
            if complaint.get("complaintSubType"):
                measure = "complained_unsent"
            suspects = sorted({each["emailAddress"].lower() for each in complaint["complainedRecipients"]})
            # SES lists the recipients of one domain.
            yield (measure, *suspects), complaint["timestamp"][:13], [(provider_of(suspects[0]), measure)]


def _about(recipient: Any, measure: str, reply: str, time: str) -> tuple[object, str, list[tuple[str, str]]]:
    """A fact about one recipient, beside which is counted what the server replied, unless nobody is judged by it."""
    address = recipient["emailAddress"].lower()
    provider = provider_of(address)
    counted = [(provider, measure)]
    if reply and provider not in UNJUDGED:
        counted.append((provider, f"reply_{reply}"))
    return (measure, address), time[:13], counted


def provider_of(address: str) -> str:
    """Whose address it is."""
    return PROVIDERS.get(address.rpartition("@")[2], "other")


def scope_hours(counts: Counts, scope: str) -> dict[str, Counter[str]]:
    """What counts for a scope's bounce rate, by hour; a mailbox provider's is a part of the account's."""
    whose = scope.removeprefix("provider/") if scope.startswith("provider/") else None
    hours: dict[str, Counter[str]] = defaultdict(Counter)
    for (counted_in, hour, provider, measure), number in counts.items():
        concerned = whose in {None, provider} and provider not in UNJUDGED
        if concerned and counted_in == (scope if whose is None else "account"):
            hours[hour][measure] += number
    return hours


def bounce_rate(counts: Counts, scope: str, since: str) -> tuple[int, int]:
    """How many hard bounces of how many recipients a scope has since an hour, and since it first sent anything."""
    hours = scope_hours(counts, scope)
    volumes = {hour: n["sent"] - n["not_attempted"] for hour, n in hours.items() if hour >= since}
    first = min((hour for hour, volume in volumes.items() if volume > 0), default="~")
    bounced = sum(hours[hour]["hard_bounced"] for hour in volumes if hour >= first)
    return bounced, max(sum(volume for hour, volume in volumes.items() if hour >= first), 0)
