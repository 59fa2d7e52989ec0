"""What a notice consists of, whether it is rendered as an e-mail, for chat or on a page."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Part(StrEnum):
    """The sections that a notice can have, by their titles."""

    WHY = "Why"
    DONE = "What was done"
    NUMBERS = "The numbers"
    REPORTED = "What was reported"
    SEEN = "What was seen"
    CHANGED = "What was changed"
    DECIDED = "Who decided"
    ACCOUNT = "The account"
    SCOPES = "All scopes"
    FINDINGS = "What is open"
    ADVICE = "What to do"
    NEXT = "What happens next"


class Text(Struct, frozen=True):
    """A paragraph."""

    text: str


class Points(Struct, frozen=True):
    """A numbered list, the most important first."""

    points: tuple[str, ...]


class Row(Struct, frozen=True):
    """A label and a value; a detail belongs to the row above it. Without a label the one above goes on."""

    label: str
    value: str
    detail: bool = False


class Rows(Struct, frozen=True):
    """Rows in two columns."""

    rows: tuple[Row, ...]


class Quote(Struct, frozen=True):
    """What somebody wrote; `by` says who and when."""

    by: str
    text: str


class Command(Struct, frozen=True):
    """What somebody can type, to be copied as it stands, and what for."""

    purpose: str
    line: str


class Entry(Struct, frozen=True):
    """One of many things of the same kind: which one, and what there is to know about it."""

    name: str
    facts: tuple[str, ...]


Block = Text | Points | Rows | Quote | Command | Entry


class Section(Struct, frozen=True):
    """A part of a notice; what matters most comes first."""

    part: Part
    blocks: tuple[Block, ...]


class Headline(Struct, frozen=True):
    """One line about a scope."""

    before: str
    scope: str
    after: str


class Notice(Struct, frozen=True):
    """The text about one alert.

    `also` says what the status is called otherwise, empty where it is not. `finding` is the id of the one that it is
    about, None if it is about none.
    """

    subject: Headline
    title: Headline
    also: str
    sections: tuple[Section, ...]
    account: str
    region: str
    time: datetime
    alert: str
    finding: str | None = None


def readable(text: str, length: int = 1_000) -> str:
    """What somebody named or wrote, in one line of at most this length, without what turns or hides text."""
    line = " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in text).split())
    return line if len(line) <= length else f"{line[: length - 3]}..."


def sentence(text: str) -> str:
    """The text as a sentence: with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")


def listed(words: Sequence[str]) -> str:
    """`a, b or c`; nothing of nothing."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def shortened(text: str, length: int) -> str:
    """The text with its middle left out, if it is longer than that."""
    if len(text) <= length:
        return text
    head = (length - 3) // 2
    return f"{text[:head]}...{text[len(text) - (length - 3 - head) :]}"
