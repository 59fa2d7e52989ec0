"""Zones of blocklists that one can ask by DNS about a domain, and what their answers mean.

A list says "listed" with an address in 127.0.0.0/8, and "not listed" by saying that there is no such name. Lists also
use such addresses to refuse an answer: to take one of these for a listing is the commonest mistake there is.
https://www.rfc-editor.org/rfc/rfc5782
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.domain.blocklists import BLOCKLISTS, KnownBlocklist, Lists

# It must be on no list: one that has it lists everything, as a zone does that somebody else owns by now.
# https://www.rfc-editor.org/rfc/rfc5782#section-5
NEVER_LISTED = "invalid"


class Failure(StrEnum):
    """Why it is not known whether a domain is listed. None of these means that it is not."""

    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    SERVER_FAILED = "server_failed"
    UNUSABLE_ANSWER = "unusable_answer"
    IMPOSSIBLE_NAME = "impossible_name"


class Unanswered(Struct, frozen=True):
    """It is not known whether a domain is listed; `reason` says why, and never contains a key."""

    failure: Failure
    reason: str


class Listing(Struct, frozen=True):
    """A domain is listed: the codes that the list answers with, and what they mean."""

    codes: tuple[str, ...]
    meanings: tuple[str, ...]


Reading = Listing | Unanswered | None
"""What a list says of a domain; None is that it is not listed."""


class Answers(Struct, frozen=True):
    """How the zones of one list answer.

    `tests` are names of which one at least is always listed. A code is a whole address, or the sum of `bits` in its
    last number.
    """

    zones: tuple[str, ...]
    tests: tuple[str, ...]
    codes: Mapping[str, str] = MappingProxyType({})
    bits: Mapping[int, str] = MappingProxyType({})
    refusals: Mapping[str, str] = MappingProxyType({})


_PUBLIC_RESOLVER = (
    "it refuses queries that come through a public DNS resolver: it needs a key, or a resolver of your own"
)
_BLOCKED = "it refuses queries of this DNS resolver: too many others use it, or it asks too often"

# What each list answers. Spamhaus's "abused" are honest domains that somebody broke into.
# https://docs.spamhaus.com/datasets/docs/source/10-data-type-documentation/datasets/040-zones.html
# https://www.spamhaus.org/faqs/domain-blocklist/
# https://surbl.org/lists
# https://uribl.com/about.shtml
ANSWERS: tuple[Answers, ...] = (
    Answers(
        zones=("dbl.spamhaus.org", "dbl.dq.spamhaus.net"),
        tests=("dbltest.com",),
        codes=MappingProxyType(
            {
                "127.0.1.2": "a domain of low reputation",
                "127.0.1.4": "phishing",
                "127.0.1.5": "malware",
                "127.0.1.6": "control of a botnet",
                "127.0.1.102": "an honest domain that is abused for spam",
                "127.0.1.103": "an honest redirector that is abused for spam",
                "127.0.1.104": "an honest domain that is abused for phishing",
                "127.0.1.105": "an honest domain that is abused for malware",
                "127.0.1.106": "an honest domain that is abused to control a botnet",
            }
        ),
        refusals=MappingProxyType({"127.0.1.255": "it takes domains only, and no addresses"}),
    ),
    Answers(
        zones=("multi.surbl.org",),
        tests=("test.surbl.org", "surbl-org-permanent-test-point.com"),
        bits=MappingProxyType({8: "phishing", 16: "malware", 64: "spam", 128: "a site that was broken into"}),
        refusals=MappingProxyType({"127.0.0.1": _BLOCKED}),
    ),
    Answers(
        zones=("multi.uribl.com",),
        tests=("test.uribl.com", "2.0.0.127"),
        bits=MappingProxyType(
            {
                2: "black: spam and nothing else",
                4: "grey: bulk mail that not everybody asked for",
                8: "red: new, or watched",
            }
        ),
        # https://uribl.com/refused.shtml
        refusals=MappingProxyType({"127.0.0.1": _BLOCKED}),
    ),
)

# Every list should have this one; those that are made for addresses, too, have the other.
# https://www.rfc-editor.org/rfc/rfc5782#section-5
_UNKNOWN = Answers(zones=(), tests=("test", "2.0.0.127"))

# https://www.spamhaus.org/news/article/788/
REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "127.255.255.252": "the name of the zone is misspelt",
        "127.255.255.254": _PUBLIC_RESOLVER,
        "127.255.255.255": "it was asked too often",
    }
)
_NETWORK_OF_REFUSALS = "127.255.255."

_BY_ZONE: Mapping[str, Answers] = MappingProxyType({zone: row for row in ANSWERS for zone in row.zones})
_LISTS: Mapping[str, KnownBlocklist] = MappingProxyType({known.zone: known for known in BLOCKLISTS if known.zone})


def answers_of(zone: str) -> Answers:
    """How a zone answers; one that is in no table as RFC 5782 has it."""
    return _BY_ZONE.get(zone, _UNKNOWN)


def name_of_list(zone: str) -> str:
    """The list as people know it, with its zone; the zone alone if it is in no table."""
    known = _known(zone)
    return f"{known.blocklist.name} ({zone})" if known else zone


def removal_of(zone: str) -> str | None:
    """Where one looks up a domain and asks for its removal; None if that is not known."""
    known = _known(zone)
    return known.look_up if known else None


def lists_addresses(zone: str) -> bool:
    """Whether a zone is known to list IP addresses, so that it says of every domain that it is not listed."""
    known = _known(zone)
    return bool(known and known.blocklist.lists is Lists.ADDRESSES)


def _known(zone: str) -> KnownBlocklist | None:
    """The list of a zone; None if it is in no table. Spamhaus has the same zones under another name for its keys."""
    return _LISTS.get(zone.replace(".dq.spamhaus.net", ".spamhaus.org"))


def read_answer(zone: str, addresses: Sequence[str]) -> Reading:
    """What a zone says with these addresses; with none, the domain is not listed.

    An address that is a listing counts, whatever else is answered.
    """
    row = answers_of(zone)
    problems = {address: problem for address in addresses if (problem := _problem(row, address))}
    codes = tuple(sorted(set(addresses) - problems.keys(), key=_numbers))
    if codes:
        return Listing(codes, tuple(dict.fromkeys(meaning for code in codes for meaning in _meanings(row, code))))
    return next(iter(problems.values()), None)


def _problem(row: Answers, address: str) -> Unanswered | None:
    """Why an address is no listing; None if it is one."""
    if reason := row.refusals.get(address) or REFUSALS.get(address):
        return Unanswered(Failure.REFUSED, f"{reason} (it answers {address})")
    if address.startswith(_NETWORK_OF_REFUSALS) or address == "127.0.0.1":
        return Unanswered(Failure.REFUSED, f"it refuses to answer ({address})")
    if not address.startswith("127."):
        # Such as a page of advertisements, which some resolvers make of every name that does not exist.
        return Unanswered(
            Failure.UNUSABLE_ANSWER,
            f"it answers {address}, as no blocklist does: there is no list any more, or the DNS resolver made this up",
        )
    return None


def _meanings(row: Answers, code: str) -> tuple[str, ...]:
    if row.bits:
        last = _numbers(code)[-1]
        return tuple(meaning for bit, meaning in row.bits.items() if last & bit)
    return (row.codes[code],) if code in row.codes else ()


def _numbers(address: str) -> tuple[int, ...]:
    return tuple(map(int, address.split(".")))


def problem_of_tests(tests: Iterable[Reading], never_listed: Reading) -> str | None:
    """Why the answers of a zone can't be trusted, going by what it says of the names that it must and must not list.

    None if they can.

    A list that refuses a resolver may also say of every domain that it is not listed: only what it must list tells.
    https://www.spamhaus.com/resource-center/successfully-accessing-spamhauss-free-block-lists-using-a-public-dns/
    """
    readings = tuple(tests)
    if isinstance(never_listed, Listing):
        return "it lists everything, also what no list may have: there is no list any more, or the DNS resolver lies"
    if any(isinstance(reading, Listing) for reading in readings):
        return None
    if told := next((reading for reading in (*readings, never_listed) if isinstance(reading, Unanswered)), None):
        return told.reason
    return (
        "it does not list its own test entry: it has no answers for this DNS resolver or this key, or it is no "
        "blocklist of domains"
    )


def domains_of(identities: Iterable[str]) -> frozenset[str]:
    """The domains of verified identities, each once; of an address what stands behind the @."""
    return frozenset(identity.rpartition("@")[2].lower() for identity in identities) - {""}


def asked_name(domain: str) -> str | None:
    """The domain as it is asked for in the DNS, in ASCII; None if it can't be a domain."""
    try:
        name = domain.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    return name if "." in name and len(name) <= _MOST_CHARACTERS else None


_MOST_CHARACTERS = 253


def with_parents(name: str) -> tuple[str, ...]:
    """A name and the domains that it is part of, down to two labels: `mail.shop.example`, `shop.example`.

    Receiving servers ask the lists about the registered domain, some about the whole name; where the one ends and the
    other begins only a list of public suffixes could tell. To ask for one name too many (`co.uk`) does no harm, since
    no list has it.
    """
    labels = name.split(".")
    return tuple(".".join(labels[first:]) for first in range(max(1, len(labels) - 1)))


class Look(Struct, frozen=True):
    """What a zone says of a sending domain. `name` is what is listed: the domain itself, or one that it is part of.

    A listing is `covered` if a parent that is itself a sending domain is listed in this zone: that is where people are
    told, and where it can be mended.
    """

    reading: Reading
    name: str
    covered: bool = False


def look_at(name: str, readings: Mapping[str, Reading], senders: Collection[str]) -> Look:
    """What is known of a sending domain, going by what a zone says of all names. What nobody asked for is not known.

    The shortest listed name is taken: many lists have a domain with all that is part of it.
    """
    names = with_parents(name)
    listed = [each for each in names if isinstance(readings.get(each), Listing)]
    if listed:
        covered = any(parent in senders and set(with_parents(parent)) & set(listed) for parent in names[1:])
        return Look(readings[listed[-1]], listed[-1], covered)
    for each in names:
        if (reading := readings.get(each, _NOT_ASKED)) is not None:
            return Look(reading, each)
    return Look(None, name)


_NOT_ASKED = Unanswered(Failure.TIMED_OUT, "it was not asked")
