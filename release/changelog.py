"""CHANGELOG.md, as a release reads and changes it. https://keepachangelog.com"""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from msgspec import Struct

from release.versions import Version, Weight

UNRELEASED = "## [Unreleased]"

# What an entry asks of the reader is said by the heading that it is under.
HEADINGS: Mapping[str, Weight] = MappingProxyType(
    {
        "Breaking": Weight.MAJOR,
        "Removed": Weight.MAJOR,
        "Added": Weight.MINOR,
        "Changed": Weight.MINOR,
        "Deprecated": Weight.MINOR,
        "Fixed": Weight.PATCH,
        "Security": Weight.PATCH,
    }
)

_RELEASED = re.compile(r"## \[(?P<version>[^\]]+)\] - (?P<date>\d{4}-\d\d-\d\d)")


class ChangelogError(ValueError):
    """The changelog is not as it has to be; the text says why."""


class Changelog(Struct, frozen=True):
    """What is not released yet, as it is written there, and the versions that are, the newest first."""

    unreleased: str
    released: tuple[tuple[Version, date], ...]

    def weight(self) -> Weight:
        """That of the heaviest change that is not released yet. Raises ChangelogError if there is none, or it is under
        no known heading.
        """
        before, *sections = re.split(r"^### (.*)\n", self.unreleased, flags=re.MULTILINE)
        entries = dict(zip(sections[::2], sections[1::2], strict=True))
        if unknown := [heading for heading in entries if heading not in HEADINGS]:
            raise ChangelogError(f"the heading {unknown[0]!r} is none of {', '.join(HEADINGS)}")
        if before.strip():
            raise ChangelogError("under Unreleased there is something without a heading")
        if len(entries) != len(sections) // 2:
            raise ChangelogError("a heading stands under Unreleased twice")
        if empty := [heading for heading, text in entries.items() if not text.strip()]:
            raise ChangelogError(f"there is nothing under {empty[0]!r}")
        if not entries:
            raise ChangelogError("there is nothing to release: nothing is under Unreleased")
        return max(HEADINGS[heading] for heading in entries)


def read(text: str) -> Changelog:
    """Read a changelog. Raises ChangelogError."""
    heads = list(re.finditer(r"^## .*$", text, re.MULTILINE))
    if not heads or heads[0].group() != UNRELEASED:
        raise ChangelogError(f"its first section has to be {UNRELEASED}")
    released = [_release_of(head.group()) for head in heads[1:]]
    if released != sorted(released, key=lambda each: (each[0], each[1]), reverse=True):
        raise ChangelogError("the versions do not stand with the newest first")
    end = heads[1].start() if len(heads) > 1 else len(text)
    return Changelog(text[heads[0].end() : end].strip("\n"), tuple(released))


def _release_of(heading: str) -> tuple[Version, date]:
    found = _RELEASED.fullmatch(heading)
    if found is None:
        raise ChangelogError(f"the heading {heading!r} has to be such as '## [0.2.0] - 2027-01-31'")
    try:
        return Version.parse(found["version"]), date.fromisoformat(found["date"])
    except ValueError as error:
        raise ChangelogError(f"the heading {heading!r}: {error}") from error


def release(text: str, version: Version, day: date) -> str:
    """The changelog in which what is not released yet is what this version brings, and nothing is unreleased."""
    if text.count(f"\n{UNRELEASED}\n") != 1:
        raise ChangelogError(f"{UNRELEASED} has to stand there once")
    return text.replace(UNRELEASED, f"{UNRELEASED}\n\n## [{version}] - {day.isoformat()}")
