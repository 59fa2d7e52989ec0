"""What bounces, delays and complaints are, in words: what servers meant by their replies, and what SES calls them.

https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.domain.reply_rules import ReplyClass


class ReplyTexts(Struct, frozen=True):
    """What a class of replies means, and what the sender does."""

    means: str
    do: str


CLASSES: Mapping[ReplyClass, ReplyTexts] = MappingProxyType(
    {
        ReplyClass.USER_UNKNOWN: ReplyTexts(
            "There is no such mailbox or domain, or it is closed for good.",
            "Take the address off your list. Many at once: find out where these addresses came from.",
        ),
        ReplyClass.MAILBOX_FULL: ReplyTexts(
            "The mailbox takes no more for now.",
            "Nothing at once. An address that stays full for months is abandoned: take it off.",
        ),
        ReplyClass.SPAM_BLOCK: ReplyTexts(
            "Judged as spam: by content, by complaints, or by the reputation of the sender, its domain or its address, "
            "also where that is the provider's own list. Refused, delayed or slowed down makes no difference.",
            "Send to whom has opened or clicked of late, and less of it. Look for the campaign that began it.",
        ),
        ReplyClass.BLOCKLIST: ReplyTexts(
            "On a list that many servers ask, which the reply mostly names.",
            "If it lists domains, it is yours to mend: look yourself up, end the cause, ask to be taken off. If it "
            "lists addresses, and yours are not dedicated, tell AWS Support.",
        ),
        ReplyClass.POLICY_BLOCK: ReplyTexts(
            "A rule of the server or the recipient: attachments, links, size, form, country, who may write to whom; or "
            "access is denied, and nobody says why.",
            "Read the reply: it is about this message, or between you and this recipient.",
        ),
        ReplyClass.AUTHENTICATION_FAILURE: ReplyTexts(
            "The sender can't be proved: SPF, DKIM, DMARC, reverse DNS, or a domain that does not exist.",
            "Check the DKIM records of the identity, its MAIL FROM domain, and the DMARC record of the domain in From.",
        ),
        ReplyClass.RATE_LIMITED: ReplyTexts(
            "Too much in a short time, or come back later (greylisting), and no other reason.",
            "Send more slowly to this provider. SES tries again by itself.",
        ),
        ReplyClass.PROVIDER_OUTAGE: ReplyTexts(
            "The server, its network or its DNS fails, or nobody answered until SES gave up.",
            "Nothing: it is not about you. Do not take addresses off for bounces of these hours.",
        ),
        ReplyClass.OTHER: ReplyTexts(
            "None of these, or there was no reply.",
            "Nothing, unless there are many: then read them.",
        ),
    }
)
"""The words of every class of replies."""

# Of bounces it is the type and subtype, of delays the type, of complaints the type of the feedback report.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "Permanent/General": "Refused for good: mostly there is no such address.",
        "Permanent/NoEmail": "There is no such address.",
        "Permanent/Suppressed": "On SES's own global suppression list: it bounced for somebody not long ago.",
        "Permanent/OnAccountSuppressionList": "On your account's suppression list: SES did not try.",
        "Permanent/OnTenantSuppressionList": "On the tenant's suppression list: SES did not try.",
        "Permanent/EmailValidationSuppressed": "SES's address validation took it for a bad one: SES did not try.",
        "Permanent/UnsubscribedRecipient": "Has unsubscribed from the contact list: SES did not try.",
        "Transient/General": "Refused for now, or an automatic reply. The server's reply says more.",
        "Transient/MailboxFull": "The mailbox is full.",
        "Transient/MessageTooLarge": "The message is larger than the server takes.",
        "Transient/ContentRejected": "The server does not take what is in the message.",
        "Transient/AttachmentRejected": "The server does not take the attachment.",
        "Transient/CustomTimeoutExceeded": "Not delivered within the time that you have set for it.",
        "Undetermined/Undetermined": "The server's reply does not tell what is wrong.",
        "InternalFailure": "Delayed: something within SES.",
        "General": "Delayed: a failure that SES has no name for.",
        "MailboxFull": "Delayed: the mailbox is full.",
        "SpamDetected": "Delayed: the server has found much unwanted mail from this account.",
        "RecipientServerError": "Delayed: the recipient's server has a problem.",
        "IPFailure": "Delayed: the provider blocks or slows down the address that SES sends from.",
        "TransientCommunicationFailure": "Delayed: the connection to the server failed.",
        "BYOIPHostNameLookupUnavailable": "Delayed: the name of your own IP address could not be looked up.",
        "Undetermined": "Delayed: SES could not tell why.",
        "SendingDeferral": "Delayed: SES itself puts it off.",
        "abuse": "Called spam by somebody who received it.",
        "auth-failure": "Reported for failed authentication.",
        "fraud": "Called fraud or phishing.",
        "not-spam": "Said to be no spam: the opposite of a complaint.",
        "other": "Complained about, for none of the usual reasons.",
        "virus": "Said to contain a virus.",
        "unspecified": "Complained about; the provider does not say why.",
    }
)
"""What SES calls a bounce, a delay or a complaint, in our words. Another one is shown in SES's word alone."""


def class_name(reply_class: str) -> str:
    """A class of replies as people read it."""
    return reply_class.replace("_", " ")
