"""What replies of receiving servers mean, whoever's they are: wordings, status codes, and SES's own words.

Wordings are held against a reply in the order of the table. What the reply gives as the reason decides, not whether the
server refuses, delays or slows down.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class ReplyClass(StrEnum):
    """Why a server did not take a message."""

    USER_UNKNOWN = "user_unknown"
    MAILBOX_FULL = "mailbox_full"
    POLICY_BLOCK = "policy_block"
    SPAM_BLOCK = "spam_block"
    BLOCKLIST = "blocklist"
    AUTHENTICATION_FAILURE = "authentication_failure"
    RATE_LIMITED = "rate_limited"
    PROVIDER_OUTAGE = "provider_outage"
    OTHER = "other"


class ReplyRule(Struct, frozen=True):
    """Replies that hold one of `phrases`, or have one of the enhanced `statuses`.

    Phrases are in lower case, with `|` between them, and `*` stands for anything.

    `server` is whose reply it is, and `why` says what it means there. `source` is where that is written, None for what
    is read off the words.
    """

    server: str
    reply_class: ReplyClass
    why: str
    phrases: str
    statuses: tuple[str, ...] = ()
    source: str | None = None

    @property
    def each_phrase(self) -> tuple[str, ...]:
        """The phrases, one by one."""
        return tuple(filter(None, self.phrases.split("|")))


WORDINGS: tuple[ReplyRule, ...] = (
    ReplyRule(
        "any",
        ReplyClass.POLICY_BLOCK,
        "A virus, or a message that is not in the right form, whatever else it says.",
        "virus|malware|duplicate header|multiple * headers|not rfc 5322|not rfc compliant",
    ),
    ReplyRule(
        "any",
        ReplyClass.PROVIDER_OUTAGE,
        "The server has no room left, or its mail goes round in circles: it is not one mailbox.",
        (
            "temporary lookup failure|unverified address|insufficient system|insufficient disk|system storage|"
            "system full|out of memory|disk full|no space left|too many hops|hop count|mail loop|routing loop|"
            "loops back"
        ),
    ),
    ReplyRule(
        "any",
        ReplyClass.MAILBOX_FULL,
        "The mailbox holds as many messages as it may.",
        "too many messages in this mailbox|too many messages on this mailbox|too many messages in the mailbox",
    ),
    ReplyRule(
        "any",
        ReplyClass.SPAM_BLOCK,
        "It says spam, complaints or reputation.",
        (
            "unsolicited|reputation|complaint|looks like spam|looks like a spam|look like spam|considered spam|"
            "considered as spam|identified as spam|classified as spam|detected as spam|rejected as spam|"
            "spam message|spam content|spam detected|is spam|as spam|suspicion of spam|junk mail|junkmail|bulk mail|"
            "spammer|spamtrap|spam trap|high spam score|spam score|spam-like|message scored|mail score|sbrs|"
            "messagescoring|spam probability|senderbase"
        ),
    ),
    ReplyRule(
        "any",
        ReplyClass.BLOCKLIST,
        "On a DNS blocklist that it does not name.",
        " rbl|rbl |dnsbl|dns blacklist|dns blocklist|dns-based block|real-time block|real time block",
    ),
    ReplyRule(
        "any",
        ReplyClass.AUTHENTICATION_FAILURE,
        "SPF, DKIM, DMARC or reverse DNS failed, or the sender's domain does not exist.",
        (
            "dmarc|dkim|sender policy framework| spf | spf:|(spf)|spf check|spf fail|spf record|spf sender|spf rule|"
            "unauthenticated email|unauthenticated mail|sender is unauthenticated|not authenticated|"
            "authentication check|reverse hostname|reverse dns|rdns|ptr record|no ptr| ptr |"
            "cannot find your hostname|ip name lookup failed|ip name forged|domain of sender address|sender domain|"
            "sender's domain|sender address rejected: domain not found|sender address rejected: malformed dns|"
            "sender verify failed|sender verification failed|callout verification failed|"
            "sender address rejected: undeliverable|unresolvable rfc|envelope from domain|from domain does not"
        ),
    ),
    ReplyRule(
        "any",
        ReplyClass.RATE_LIMITED,
        "Too much in a short time, or come back later (greylisting).",
        (
            "rate limit|ratelimit|rate-limit|limit exceeded for mail|message rate|sending rate|too many|"
            "too much mail|too much email|too fast|too quickly|slow down|slower|throttl|receiving mail at a rate|"
            "receiving email at a rate|greylist|graylist|grey-list|gray-list|grey list|postgrey|sending limit|"
            "send limit|daily quota|hourly quota|sending quota|message quota|messages per connection|"
            "message per connection|number of connections|connection limit|concurrent|exceeded the maximum number|"
            "policy rejection- quota|maximum number of messages|maximum number of recipients|"
            "mail quota exceeded for sender|high volume|"
            "hourly limit|daily limit|receive limit|first time sender"
        ),
    ),
    ReplyRule(
        "any",
        ReplyClass.MAILBOX_FULL,
        "The mailbox is full.",
        (
            "mailbox full|mailbox is full|mailbox for * is full|mailbox * full|inbox is full|inbox full|"
            "folder is full|account is full|over quota|over the quota|overquota|over-quota|quota exceeded|"
            "exceeded quota|exceeds quota|exceeded its quota|exceeded his quota|exceeded * quota|quotaexceeded|"
            "quota violation|quota limit|beyond quota|out of storage|storage space|storage allocation|"
            "allowed storage|storage limit|mailbox size limit|mailbox exceeded|mailbox exceeds|mailbox has exceeded|"
            "mailbox limit|mailbox quota|storage quota|not enough space|not enough storage|insufficient space|"
            "insufficient storage|no room|trouble in home directory"
        ),
    ),
    ReplyRule(
        "any",
        ReplyClass.POLICY_BLOCK,
        "It is the sender that is rejected, for no reason that is given.",
        (
            "sender rejected|sender address rejected|sender denied|sender blocked|client host rejected|"
            "denies the sender|recipient's blacklist|user's blacklist|personal blacklist|blocked by the recipient|"
            "recipient preferences|sender ip address rejected|blocked by recipient"
        ),
    ),
    ReplyRule(
        "any",
        ReplyClass.USER_UNKNOWN,
        "No such mailbox or domain, or one that is closed.",
        (
            "user unknown|unknown user|user is unknown|no such user|no such recipient|no such mailbox|"
            "no such address|no such account|no such person|no such local user|no such email|no such domain|"
            "user doesn't|user not exist|not exist|n't exist|non-existent|nonexistent|nonexistant|non existent|"
            "user not found|mailbox not found|recipient not found|address not found|account not found|"
            "not found by smtp address lookup|couldn't be found|could not be found|unknown recipient|"
            "recipient unknown|no valid recipients|recipient address unknown|unknown address|address unknown|"
            "unknown mailbox|unknown local|unknown or illegal alias|unknown alias|unknown account|invalid recipient|"
            "invalid mailbox|"
            "invalid user|invalid address|invalid email|marked as invalid|not a valid mailbox|not a valid user|"
            "not a valid recipient|not a known user|not our customer|not a local user|user not local|unrouteable|"
            "unroutable|mailbox unavailable|mailbox is unavailable|mailbox not available|"
            "local mailbox * is unavailable|mailbox disabled|mailbox is disabled|mailbox has been disabled|"
            "mailbox temporarily disabled|account disabled|account is disabled|account has been disabled|"
            "user disabled|account that you tried to reach is disabled|inactive|account is not active|not activated|"
            "suspended|suspend the service|is locked|temporary locked|temporarily locked|inactivity|account expired|"
            "account closed|account has been closed|mailbox closed|deactivated|no longer valid|no longer available|"
            "no longer on server|no longer in use|no longer accepts|no longer accepting|no longer employed|"
            "no mailbox|no account|doesn't have a|does not have an account|nobody here|undeliverable address|"
            "recipient verify failed|recipient verification failed|recipient rejected|address does not|"
            "bad destination mailbox|bad recipient|bad address|host or domain name not found|domain not found|"
            "domain does not accept mail|does not accept mail|does not receive mail|null mx|nullmx|no valid mx|"
            "user is not a member|able to find the recipient domain|has moved|no delivery to|address rejected"
        ),
    ),
    ReplyRule(
        "any, in other languages",
        ReplyClass.USER_UNKNOWN,
        "German, French, Spanish, Portuguese, Italian, Polish, Russian, Chinese, Japanese: no such mailbox.",
        (
            "unbekannter empfänger|empfänger unbekannt|empfaenger unbekannt|benutzer unbekannt|utilisateur inconnu|"
            "destinataire inconnu|adresse inconnue|usuario desconocido|usuario no existe|destinatario desconocido|"
            "usuário inexistente|utente sconosciuto|destinatario sconosciuto|nie istnieje|не существует|не найден|"
            "不存在|存在しません"
        ),
    ),
    ReplyRule(
        "any, in other languages",
        ReplyClass.MAILBOX_FULL,
        "The same languages: the mailbox is full.",
        (
            "postfach ist voll|postfach voll|boîte pleine|boite pleine|buzón lleno|casella piena|caixa postal cheia|"
            "skrzynka pełna|переполнен|空间不足|邮箱已满"
        ),
    ),
    ReplyRule(
        "any",
        ReplyClass.SPAM_BLOCK,
        "On a list of addresses or senders that the server keeps itself.",
        "blacklist|black list|black-list|blocklist|block list|block-list|denylist|deny list|black ip",
    ),
    ReplyRule(
        "any",
        ReplyClass.POLICY_BLOCK,
        "A rule of the server or the recipient, a security matter, the form of the message, or no reason at all.",
        (
            "policy|policies|access denied|permission denied|not authorized|not authorised|not permitted|"
            "not allowed|not in whitelist|prohibited|relay|phish|malicious|security issue|security reasons|"
            "attachment|content rejected|content was turned down|content is not acceptable|message content|"
            "content filter|content restriction|helo command rejected|ehlo|tls required|starttls|"
            "requires encryption|size limit|too large|too big|larger than|message size|mail size|exceeds maximum|"
            "exceeded maximum|maximum email size|malformed|invalid ip|blocked|banned|"
            "access to this mail system has been rejected|access to submit messages|authentication required|"
            "blocking|no mail from this ip|challenge|non-compliant|not rfc"
        ),
    ),
    ReplyRule(
        "any",
        ReplyClass.PROVIDER_OUTAGE,
        "The server, its network or its DNS fails, or gave no answer until SES gave up.",
        (
            "temporarily unavailable|temporary unavailable|temporary failure|temporary error|temporary problem|"
            "temporary system problem|temporarily rejected|temporary local problem|temporarily deferred|"
            "temporarily not available|currently unavailable|not currently available|try again|try later|"
            "system problem|service unavailable|service not available|service is unavailable|service is currently|"
            "not accepting connections|not accepting messages|not accepting network messages|timed out|timeout|"
            "time out|unable to connect|not reachable|unreachable|no route to host|failed to establish connection|"
            "connection refused|connection lost|lost connection|connection dropped|connection reset|"
            "connection closed|connection expired|unable to lookup dns|dns lookup|dns query|dns failure|dns error|"
            "name service error|internal error|internal server error|local error|server error|system error|"
            "software error|configuration error|server configuration|server busy|server is busy|too busy|overload|"
            "over load|under maximum load|maintenance|queue file write error|no answer from|unable to process|"
            "this server has a problem|shutting down|shut down|out of service|backend|database"
        ),
    ),
    ReplyRule("any", ReplyClass.SPAM_BLOCK, "It speaks of spam, in whatever words.", "spam"),
)
"""Sentences that many servers say."""

# A `*` for the class stands for both. X.0.0, X.1.0, X.2.0 and 5.3.0 say nothing, and so are missing.
# https://www.rfc-editor.org/rfc/rfc3463#section-3
# https://www.iana.org/assignments/smtp-enhanced-status-codes
STATUSES: Mapping[str, ReplyClass] = {
    "*.1.1": ReplyClass.USER_UNKNOWN,  # bad destination mailbox
    "*.1.2": ReplyClass.USER_UNKNOWN,  # bad destination system
    "*.1.3": ReplyClass.USER_UNKNOWN,  # bad syntax of the destination
    "*.1.4": ReplyClass.USER_UNKNOWN,  # ambiguous destination
    "*.1.6": ReplyClass.USER_UNKNOWN,  # has moved
    "*.1.7": ReplyClass.AUTHENTICATION_FAILURE,  # bad syntax of the sender
    "*.1.8": ReplyClass.AUTHENTICATION_FAILURE,  # the sender's domain does not exist
    "*.1.10": ReplyClass.USER_UNKNOWN,  # the domain takes no mail (null MX)
    "*.2.1": ReplyClass.USER_UNKNOWN,  # mailbox disabled
    "*.2.2": ReplyClass.MAILBOX_FULL,
    "*.2.3": ReplyClass.POLICY_BLOCK,  # the message is too long for this mailbox
    "4.3.0": ReplyClass.PROVIDER_OUTAGE,  # mail system: other
    "*.3.1": ReplyClass.PROVIDER_OUTAGE,  # mail system full
    "*.3.2": ReplyClass.PROVIDER_OUTAGE,  # takes no messages
    "*.3.4": ReplyClass.POLICY_BLOCK,  # the message is too big
    "*.3.5": ReplyClass.PROVIDER_OUTAGE,  # configured wrongly
    "*.4.0": ReplyClass.PROVIDER_OUTAGE,  # network: other
    "*.4.1": ReplyClass.PROVIDER_OUTAGE,  # no answer
    "*.4.2": ReplyClass.PROVIDER_OUTAGE,  # bad connection
    "*.4.3": ReplyClass.PROVIDER_OUTAGE,  # directory server failure
    "4.4.4": ReplyClass.PROVIDER_OUTAGE,  # no route, for now
    "5.4.4": ReplyClass.USER_UNKNOWN,  # no route: the domain does not exist
    "*.4.5": ReplyClass.PROVIDER_OUTAGE,  # congestion
    "*.4.6": ReplyClass.PROVIDER_OUTAGE,  # loop
    "*.4.7": ReplyClass.PROVIDER_OUTAGE,  # SES gave up; the reply behind it, if there is one, is looked at first
    "*.5.3": ReplyClass.RATE_LIMITED,  # too many recipients
    "*.6.0": ReplyClass.POLICY_BLOCK,  # content: other
    "*.6.1": ReplyClass.POLICY_BLOCK,  # media not supported
    "*.6.3": ReplyClass.POLICY_BLOCK,  # conversion needed, and not supported
    "*.6.6": ReplyClass.POLICY_BLOCK,  # content not available
    "*.7.0": ReplyClass.POLICY_BLOCK,  # security: other
    "*.7.1": ReplyClass.POLICY_BLOCK,  # not authorised
    "*.7.2": ReplyClass.POLICY_BLOCK,  # expansion of a list prohibited
    "*.7.3": ReplyClass.POLICY_BLOCK,
    "*.7.4": ReplyClass.POLICY_BLOCK,
    "*.7.5": ReplyClass.POLICY_BLOCK,
    "*.7.7": ReplyClass.POLICY_BLOCK,
    "*.7.9": ReplyClass.AUTHENTICATION_FAILURE,  # mechanism too weak; Yahoo's for failed SPF, DKIM and DMARC
    "*.7.17": ReplyClass.USER_UNKNOWN,  # the mailbox's owner has changed (RFC 7293)
    "*.7.18": ReplyClass.USER_UNKNOWN,  # the domain's owner has changed (RFC 7293)
}
"""What an enhanced status code means when no word of the reply tells."""

# 550 and 554 are missing: they are said of everything. 450 too. https://www.rfc-editor.org/rfc/rfc5321#section-4.2.3
SMTP_CODES: Mapping[str, ReplyClass] = {
    "421": ReplyClass.PROVIDER_OUTAGE,  # service not available
    "451": ReplyClass.PROVIDER_OUTAGE,  # local error
    "452": ReplyClass.PROVIDER_OUTAGE,  # no room
    "521": ReplyClass.USER_UNKNOWN,  # takes no mail (RFC 7504)
    "551": ReplyClass.USER_UNKNOWN,  # user not local
    "552": ReplyClass.MAILBOX_FULL,  # exceeded storage allocation
    "553": ReplyClass.USER_UNKNOWN,  # mailbox name not allowed
    "556": ReplyClass.USER_UNKNOWN,  # the domain takes no mail (RFC 7504)
}
"""What the code at the beginning of a reply means when nothing else tells."""

# Only words that say more than a general status code do: of bounces their subtypes, of delays their types.
# https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types
# https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
SES_WORDS: Mapping[str, ReplyClass] = {
    "NoEmail": ReplyClass.USER_UNKNOWN,
    "Suppressed": ReplyClass.USER_UNKNOWN,  # on SES's global list, which holds addresses that bounced
    "MailboxFull": ReplyClass.MAILBOX_FULL,
    "MessageTooLarge": ReplyClass.POLICY_BLOCK,
    "ContentRejected": ReplyClass.POLICY_BLOCK,
    "AttachmentRejected": ReplyClass.POLICY_BLOCK,
    "SpamDetected": ReplyClass.SPAM_BLOCK,
    "IPFailure": ReplyClass.POLICY_BLOCK,  # the provider blocks or slows the address, and does not say why
    "RecipientServerError": ReplyClass.PROVIDER_OUTAGE,
    "TransientCommunicationFailure": ReplyClass.PROVIDER_OUTAGE,
}
"""What SES's own word for a bounce or delay means when no word of the reply tells."""
