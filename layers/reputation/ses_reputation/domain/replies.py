"""Replies of receiving servers, classified: why they did not take a message."""

import re
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from ses_reputation.domain.blocklists import Blocklist, find_blocklist
from ses_reputation.domain.reply_codes import CODES
from ses_reputation.domain.reply_rules import SES_WORDS, SMTP_CODES, STATUSES, WORDINGS, ReplyClass, ReplyRule

LONGEST = 1000
"""How many characters of a reply are looked at; the reason never comes later."""


class Reply(Struct, frozen=True, gc=False):
    """What a reply means. `blocklist` is the one that it names, if its class is BLOCKLIST."""

    reply_class: ReplyClass
    blocklist: Blocklist | None = None


_REPLIES: Mapping[ReplyClass, Reply] = {reply_class: Reply(reply_class) for reply_class in ReplyClass}

# Nothing here may look at a character more than a few times, whatever a server writes.
# Who the message was for is no reason, and a recipient may be called anything.
_PERSON = re.compile(r"(?<![^\s<>(\[\"':=,;])[^\s<>@(\[\"':=,;]{1,64}@[^\s<>@()\[\]\"':,;]{1,255}")
# Each line of a reply begins like this, and others join the lines: `550-5.1.1 The account ... 550 5.1.1 Learn more`.
_LINE_START = re.compile(
    r"(?:^[245]\d\d[- ]|(?<![^\s;<])[245]\d\d(?:-| (?=[245]\.\d)))(?:[245]\.\d{1,3}\.\d{1,3}(?!\.?\d))?", re.MULTILINE
)
_STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_SMTP_CODE = re.compile(r"(?<![\d.])[45][0-5]\d(?=[\s-]|$)")
# SES's own, around the last reply that it got: `Message expired: unable to deliver in 840 minutes.<421 ...>`.
_GIVEN_UP = frozenset({"4.4.7", "5.4.7"})


class _Test(Struct, frozen=True):
    """A rule, ready to be held against replies: `wild` are phrases whose parts may be apart."""

    reply_class: ReplyClass
    phrases: tuple[str, ...]
    wild: tuple[tuple[str, ...], ...]
    statuses: frozenset[str]


def _tests(rules: Iterable[ReplyRule]) -> tuple[_Test, ...]:
    return tuple(
        _Test(
            rule.reply_class,
            tuple(phrase for phrase in rule.each_phrase if "*" not in phrase),
            tuple(tuple(phrase.split("*")) for phrase in rule.each_phrase if "*" in phrase),
            frozenset(rule.statuses),
        )
        for rule in rules
    )


_CODES, _WORDINGS = _tests(CODES), _tests(WORDINGS)


def classify(status: str | None, reply: str | None, ses_word: str | None = None) -> Reply:
    """Why a server did not take a message, from its reply and its enhanced status code, either of which may be missing.

    `ses_word` is SES's own: the subtype of a bounce, or the type of a delay. What decides is, in this order: a code or
    sentence that only one provider has; a blocklist's name; the wording; SES's word; the status code; the SMTP code.
    """
    raw = (reply or "")[:LONGEST].lower()
    text = _plain(raw)
    statuses = _statuses(status, raw)
    if blocklist := find_blocklist(text):
        return Reply(ReplyClass.BLOCKLIST, blocklist)
    reply_class = (
        _first(_CODES, text, statuses)
        or _first(_WORDINGS, text, statuses)
        or SES_WORDS.get(ses_word or "")
        or _by_status(statuses)
        or _by_smtp_code(raw)
        or ReplyClass.OTHER
    )
    return _REPLIES[reply_class]


def _plain(raw: str) -> str:
    """The words of a reply, on one line and with a space at either end, without people and what begins its lines."""
    text = raw.replace("\u2019", "'")
    if "@" in text:
        text = _PERSON.sub("@", text)
    return f" {' '.join(_LINE_START.sub(' ', text).split())} "


def _statuses(status: str | None, raw: str) -> list[str]:
    """The enhanced status codes: the reply's own before the notification's, and last that SES gave up."""
    found = [*_STATUS.findall(raw), *([status.strip()] if status else ())]
    return sorted(found, key=_GIVEN_UP.__contains__)


def _first(tests: Iterable[_Test], text: str, statuses: Collection[str]) -> ReplyClass | None:
    for test in tests:
        for phrase in test.phrases:
            if phrase in text:
                return test.reply_class
        if any(_holds(text, parts) for parts in test.wild) or not test.statuses.isdisjoint(statuses):
            return test.reply_class
    return None


def _holds(text: str, parts: tuple[str, ...]) -> bool:
    """Whether these parts follow one another in a text."""
    place = 0
    for part in parts:
        place = text.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return True


def _by_status(statuses: Iterable[str]) -> ReplyClass | None:
    for status in statuses:
        if known := STATUSES.get(status) or STATUSES.get(f"*{status[1:]}"):
            return known
    return None


def _by_smtp_code(raw: str) -> ReplyClass | None:
    code = _SMTP_CODE.search(raw)
    return SMTP_CODES.get(code[0]) if code else None
