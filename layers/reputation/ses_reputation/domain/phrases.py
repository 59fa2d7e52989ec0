"""Looking for many phrases in a text at once."""

from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")

_BEGINNING = 3

Beginnings = set[tuple[str, ...]]
"""All runs of three characters in a text."""


def beginnings(text: str) -> Beginnings:
    """Everything that a phrase in this text can begin with."""
    return set(zip(text, text[1:], text[2:], strict=False))


class Phrases(Generic[T]):
    """Rows of phrases, in order, each row with what it stands for. In a phrase, `*` stands for anything.

    A phrase is only looked for where its first three characters are, so a text is held against hundreds in the time of
    a few. ValueError for a phrase that is shorter.
    """

    def __init__(self, rows: Iterable[tuple[Iterable[str], T]]) -> None:
        self._rows: list[T] = []
        self._by_beginning: dict[tuple[str, ...], list[tuple[int, tuple[str, ...]]]] = {}
        for number, (phrases, meaning) in enumerate(rows):
            self._rows.append(meaning)
            for phrase in phrases:
                parts = tuple(phrase.split("*"))
                if len(parts[0]) < _BEGINNING:
                    raise ValueError(f"{phrase!r} begins with less than {_BEGINNING} characters to look for")
                self._by_beginning.setdefault(tuple(phrase[:_BEGINNING]), []).append((number, parts))
        self._beginnings = frozenset(self._by_beginning)

    def first(self, text: str, begins: Beginnings) -> tuple[int, T] | None:
        """The first row with a phrase that is in the text, and its number; `begins` is what phrases can begin with."""
        found = len(self._rows)
        for beginning in self._beginnings & begins:
            for number, parts in self._by_beginning[beginning]:
                if number < found and parts[0] in text and (len(parts) == 1 or _holds(text, parts)):
                    found = number
        return (found, self._rows[found]) if found < len(self._rows) else None


def _holds(text: str, parts: tuple[str, ...]) -> bool:
    """Whether these parts follow one another in a text."""
    place = 0
    for part in parts:
        place = text.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return True
