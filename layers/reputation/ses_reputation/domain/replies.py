"""Replies of receiving servers, classified: why they did not take a message."""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from ses_reputation.domain.blocklists import Blocklist, find_blocklist
from ses_reputation.domain.phrases import Beginnings, Phrases, beginnings
from ses_reputation.domain.reply_codes import CODES
from ses_reputation.domain.reply_rules import SES_WORDS, SMTP_CODES, STATUSES, WORDINGS, ReplyClass

LONGEST = 500
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
# Where something is said may hold any word: `smtp-relay.example`, `/policy/spam.html`.
_PLACE = re.compile(r"https?://\S+|(?<![\w.-])[\w-]{1,63}(?:\.[\w-]{1,63}){2,}")
_SMTP_CODE = re.compile(r"(?<![\d.])[45][0-5]\d(?=[\s-]|$)")
# SES's own, around the last reply that it got: `Message expired: unable to deliver in 840 minutes.<421 ...>`.
_GIVEN_UP = frozenset({"4.4.7", "5.4.7"})


_CODES = Phrases((rule.each_phrase, rule.reply_class) for rule in CODES)
_WORDINGS = Phrases((rule.each_phrase, rule.reply_class) for rule in WORDINGS)
# An enhanced status code stands in one row only.
_CODE_STATUSES = {status: (n, rule.reply_class) for n, rule in enumerate(CODES) for status in rule.statuses}


def classify(status: str | None, reply: str | None, ses_word: str) -> Reply:
    """Why a server did not take a message, from its reply and its enhanced status code, either of which may be missing.

    `ses_word` is SES's own: the subtype of a bounce, or the type of a delay. What decides is, in this order: a
    blocklist's name; a code or sentence that only one provider has; the wording; SES's word; the status code; the SMTP
    code.
    """
    raw = (reply or "")[:LONGEST].lower()
    text = _plain(raw)
    begins = beginnings(text)
    if blocklist := find_blocklist(text, begins):
        return Reply(ReplyClass.BLOCKLIST, blocklist)
    statuses = _statuses(status, raw)
    reply_class = (
        _by_code(text, begins, statuses)
        or _by_wording(text, begins)
        or SES_WORDS.get(ses_word)
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
    words = " ".join(_LINE_START.sub(" ", text).split())
    code = _SMTP_CODE.search(raw)
    # `550-... 550-... 550 the end`: only the last line's code, without a status code, is left now.
    if code and raw.startswith("-", code.end()):
        words = words.replace(f" {code[0]} ", " ")
    return f" {words} "


def _statuses(status: str | None, raw: str) -> list[str]:
    """The enhanced status codes: the reply's own before the notification's, and last that SES gave up."""
    found = [*_STATUS.findall(raw), *([status.strip()] if status else ())]
    return sorted(found, key=_GIVEN_UP.__contains__)


def _by_code(text: str, begins: Beginnings, statuses: Iterable[str]) -> ReplyClass | None:
    rows = [_CODE_STATUSES[status] for status in statuses if status in _CODE_STATUSES]
    if said := _CODES.first(text, begins):
        rows.append(said)
    return min(rows)[1] if rows else None


def _by_wording(text: str, begins: Beginnings) -> ReplyClass | None:
    said = _WORDINGS.first(_PLACE.sub(" ", text), begins)
    return said[1] if said else None


def _by_status(statuses: Iterable[str]) -> ReplyClass | None:
    for status in statuses:
        if known := STATUSES.get(status) or STATUSES.get(f"*{status[1:]}"):
            return known
    return None


def _by_smtp_code(raw: str) -> ReplyClass | None:
    code = _SMTP_CODE.search(raw)
    return SMTP_CODES.get(code[0]) if code else None
