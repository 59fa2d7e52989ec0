"""Blocklists: lists of IP addresses or domains that receiving servers ask, and which of them a reply names.

A provider's own list, which nobody else asks, is none of these: being on it is the provider's judgement.
"""

import re
from enum import StrEnum

from msgspec import Struct

from ses_reputation.domain.phrases import Beginnings, Phrases


class Lists(StrEnum):
    """What a blocklist has entries of. Domains are the sender's to mend, addresses are SES's."""

    DOMAINS = "domains"
    ADDRESSES = "addresses"


class Blocklist(Struct, frozen=True, gc=False):
    """A blocklist by the name that people know, or by its zone. `lists` is None where nobody knows."""

    name: str
    lists: Lists | None


class KnownBlocklist(Struct, frozen=True):
    """A blocklist, where one asks whether one is listed, and what replies that mean it hold one of, in lower case.

    `zone` is None where it has none, or nobody knows.
    """

    blocklist: Blocklist
    zone: str | None
    look_up: str
    marks: tuple[str, ...]


def _known(name: str, lists: Lists | None, zone: str | None, look_up: str, *marks: str) -> KnownBlocklist:
    return KnownBlocklist(Blocklist(name, lists), zone, look_up, (*((zone,) if zone else ()), *marks))


_SPAMHAUS = "https://check.spamhaus.org/"

# The parts of ZEN come before ZEN, and what only says "Spamhaus" comes after all of them.
# https://www.spamhaus.org/blocklists/
BLOCKLISTS: tuple[KnownBlocklist, ...] = (
    # Comcast's bits, and Cox's URLBL011, can mean several lists; the first bit set is the one named.
    # https://www.xfinity.com/support/articles/email-errors
    _known(
        "Spamhaus DBL",
        Lists.DOMAINS,
        "dbl.spamhaus.org",
        _SPAMHAUS,
        "spamhaus dbl",
        "spamhaus.org/dbl",
        "spamhaus.org/query/dbl",
        "spamhaus.org/query/domain",
        "spamhaus domain block",
        "urlbl010",
    ),
    _known("Spamhaus ZRD", Lists.DOMAINS, "zrd.spamhaus.org", _SPAMHAUS, "zrd.dq.spamhaus", "spamhaus zrd"),
    _known(
        "Spamhaus CSS",
        Lists.ADDRESSES,
        None,
        _SPAMHAUS,
        "sblcss",
        "sbl-css",
        "sbl css",
        "spamhaus css",
        "css.spamhaus",
        "spamhaus.org/css",
    ),
    _known(
        "Spamhaus PBL",
        Lists.ADDRESSES,
        "pbl.spamhaus.org",
        _SPAMHAUS,
        "spamhaus pbl",
        "spamhaus.org/pbl",
        "spamhaus.org/query/pbl",
    ),
    _known(
        "Spamhaus SBL-XBL",
        Lists.ADDRESSES,
        "sbl-xbl.spamhaus.org",
        _SPAMHAUS,
        "spamhaus sbl-xbl",
        "spamhaus sbl/xbl",
    ),
    _known(
        "Spamhaus XBL",
        Lists.ADDRESSES,
        "xbl.spamhaus.org",
        _SPAMHAUS,
        "spamhaus xbl",
        "spamhaus.org/xbl",
        "spamhaus.org/query/xbl",
        "cbl.abuseat.org",
        "abuseat.org",
    ),
    _known(
        "Spamhaus SBL",
        Lists.ADDRESSES,
        "sbl.spamhaus.org",
        _SPAMHAUS,
        "spamhaus sbl",
        "spamhaus.org/sbl",
        "spamhaus.org/query/sbl",
    ),
    _known(
        "Spamhaus ZEN",
        Lists.ADDRESSES,
        "zen.spamhaus.org",
        _SPAMHAUS,
        "zen.dq.spamhaus",
        "spamhaus zen",
        "spamhaus-zen",
        "spamhaus.org/zen",
        "spamhaus.org/query/bl",
        "spamhaus.org/query/ip",
        "spamhaus.org/lookup",
        "bl000001",
        "bl000011",
        "bl000101",
        "bl000111",
        "ipbl0001",
        "ipbl0011",
    ),
    _known("Spamhaus", None, None, _SPAMHAUS, "spamhaus"),
    _known(
        "SURBL",
        Lists.DOMAINS,
        "multi.surbl.org",
        "https://surbl.org/surbl-analysis",
        "surbl",
        "urlbl001",
        "urlbl011",
    ),
    _known("URIBL", Lists.DOMAINS, "multi.uribl.com", "https://lookup.uribl.com/", "uribl.com", "uribl ", "uribl_"),
    _known(
        "Invaluement ivmURI",
        Lists.DOMAINS,
        "uri.invaluement.com",
        "https://www.invaluement.com/lookup/",
        "ivmuri",
        "ivm/uri",
    ),
    _known(
        "Invaluement ivmSIP",
        Lists.ADDRESSES,
        "sip.invaluement.com",
        "https://www.invaluement.com/lookup/",
        "ivmsip",
        "ivm/sip",
        "invaluement",
        "ipbl0100",
    ),
    _known(
        "Barracuda BRBL",
        Lists.ADDRESSES,
        "b.barracudacentral.org",
        "https://www.barracudacentral.org/lookups",
        "barracudacentral",
        "barracudanetworks.com/reputation",
        "barracuda reputation",
        "brbl",
    ),
    _known(
        "SpamCop",
        Lists.ADDRESSES,
        "bl.spamcop.net",
        "https://www.spamcop.net/bl.shtml",
        "spamcop",
    ),
    _known(
        "SORBS",
        Lists.ADDRESSES,
        "dnsbl.sorbs.net",
        "http://www.sorbs.net/ (closed in June 2024)",
        "sorbs.net",
        "sorbs dnsbl",
        " sorbs ",
    ),
    _known(
        "Abusix",
        Lists.ADDRESSES,
        "combined.mail.abusix.zone",
        "https://lookup.abusix.com/",
        "abusix",
    ),
    _known(
        "UCEPROTECT",
        Lists.ADDRESSES,
        "dnsbl-1.uceprotect.net",
        "https://www.uceprotect.net/en/rblcheck.php",
        "uceprotect",
    ),
    _known(
        "backscatterer.org",
        Lists.ADDRESSES,
        "ips.backscatterer.org",
        "https://www.backscatterer.org/?target=test",
        "backscatterer",
    ),
    _known("PSBL", Lists.ADDRESSES, "psbl.surriel.com", "https://psbl.org/", "psbl.org", "psbl "),
    _known(
        "Proofpoint Dynamic Reputation",
        Lists.ADDRESSES,
        None,
        "https://ipcheck.proofpoint.com/",
        "ipcheck.proofpoint.com",
        "proofpoint.com/us/ipcheck",
        "support.proofpoint.com/dnsbl",
        "support.proofpoint.com/rbl",
        "proofpoint dynamic reputation",
        "proofpoint reputation",
    ),
    _known(
        "Cloudmark CSI",
        Lists.ADDRESSES,
        None,
        "https://csi.cloudmark.com/en/reset/",
        "csi.cloudmark.com",
        "cloudmark csi",
        "cloudmark sender intelligence",
        "bl000010",
        "bl000110",
    ),
    _known(
        "Mimecast reputation",
        Lists.ADDRESSES,
        "csi.mimecast.org",
        "https://community.mimecast.com/s/article/Mimecast-SMTP-Error-Codes-842605754",
    ),
    _known(
        "Validity Sender Score",
        Lists.ADDRESSES,
        "bl.score.senderscore.com",
        "https://senderscore.org/",
        "senderscore",
        "sender score",
        "return path reputation",
        "bl000100",
        "ipbl0010",
    ),
    _known(
        "Trend Micro ERS",
        Lists.ADDRESSES,
        None,
        "https://servicecentral.trendmicro.com/en-us/ers/",
        "trend micro email reputation",
        "trend micro rbl",
        "trendmicro.com/ers",
        "mail-abuse.com",
        "ers.trendmicro.com",
    ),
    _known(
        "FortiGuard",
        Lists.ADDRESSES,
        None,
        "https://www.fortiguard.com/services/antispam",
        "fortiguard",
    ),
    _known(
        "Symantec",
        Lists.ADDRESSES,
        None,
        "https://ipremoval.sms.symantec.com/",
        "ipremoval.sms.symantec.com",
        "symantec global bad senders",
    ),
    _known(
        "SpamRATS",
        Lists.ADDRESSES,
        "all.spamrats.com",
        "https://www.spamrats.com/lookup.php",
        "spamrats",
    ),
    _known(
        "NiX Spam",
        Lists.ADDRESSES,
        "ix.dnsbl.manitu.net",
        "https://www.dnsbl.manitu.net/",
        "nixspam",
        "nix spam",
        "dnsbl.manitu.net",
    ),
    _known(
        "Mailspike",
        Lists.ADDRESSES,
        "bl.mailspike.net",
        "https://mailspike.org/iplookup.html",
        "mailspike",
    ),
    _known("Hostkarma", Lists.ADDRESSES, "hostkarma.junkemailfilter.com", "https://ipadmin.junkemailfilter.com/"),
    _known("DroneBL", Lists.ADDRESSES, "dnsbl.dronebl.org", "https://dronebl.org/lookup", "dronebl"),
    _known(
        "GBUdb Truncate",
        Lists.ADDRESSES,
        "truncate.gbudb.net",
        "https://www.gbudb.com/truncate/",
        "gbudb",
    ),
)

_MARKS = Phrases((known.marks, known.blocklist) for known in BLOCKLISTS)

# What a recipient or provider keeps for itself.
_OWN = re.compile(
    r"\b(?:customer|local|our|internal|private|personal|recipient'?s?|user'?s?|policy level)"
    r"(?: own)? (?:ip )?(?:black|block|deny)[ -]?list"
)
_ZONE = r"(?:https?://)?((?:[a-z0-9_-]{1,63}\.){1,6}[a-z]{2,24})\b"
_AT_A_ZONE = re.compile(
    r"(?:\b(?:blocked using|(?<!not )(?<!n't )listed (?:at|in|on|by)|(?:black|block|deny)[ -]?list (?:at|in|on|by)"
    r"|(?:rbl|dnsbl|dnsrbl)(?: on| at)?:?) (?:the )?(?:rbl |dnsbl )?|\bby (?=\S{4,200} (?:rbl|dnsbl)\b))" + _ZONE
)
_BY_NAME = re.compile(r"\bblocked using (?:the )?([^\s;,:([<][^;,:([<]{2,40})")


def find_blocklist(text: str, begins: Beginnings) -> Blocklist | None:
    """The blocklist that a reply in lower case, without people's addresses, says one is on; None if it names none.

    One that is in no table is named as the reply names it. `begins` is what phrases in the reply can begin with.
    """
    if known := _MARKS.first(text, begins):
        return known[1]
    if _OWN.search(text):
        return None
    if zone := _AT_A_ZONE.search(text):
        return Blocklist(zone[1], _what_it_lists(text))
    if name := _BY_NAME.search(text):
        return Blocklist(name[1].strip(" .\"'"), _what_it_lists(text))
    return None


_ABOUT_ADDRESSES = re.compile(r"\bclient\b|\bip\b|\bhost\b|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}")
_ABOUT_DOMAINS = re.compile(r"\b(?:domain|url|uri|link)s?\b")


def _what_it_lists(text: str) -> Lists | None:
    """What a list that is in no table has entries of, as far as the reply says what was found on it."""
    if _ABOUT_DOMAINS.search(text):
        return Lists.DOMAINS
    return Lists.ADDRESSES if _ABOUT_ADDRESSES.search(text) else None
