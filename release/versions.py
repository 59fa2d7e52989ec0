"""Semantic versions, and which of them may follow which."""

import re
from enum import IntEnum
from typing import Self

from msgspec import Struct


class Weight(IntEnum):
    """How much a change asks of those who use the public interface: nothing, nothing yet, or to change something."""

    PATCH = 0
    MINOR = 1
    MAJOR = 2


class Version(Struct, frozen=True, order=True):
    """Three numbers. Pre-releases are not made here."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 1.20.3. Raises ValueError for what is no such version."""
        numbers = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", text, re.ASCII)
        if numbers is None:
            raise ValueError(f"{text!r} is no version: it has to be three numbers, such as 0.2.0")
        return cls(*map(int, numbers.groups()))

    def next(self, weight: Weight) -> "Version":
        """The one in which this number is raised."""
        match weight:
            case Weight.MAJOR:
                return Version(self.major + 1, 0, 0)
            case Weight.MINOR:
                return Version(self.major, self.minor + 1, 0)
            case Weight.PATCH:
                return Version(self.major, self.minor, self.patch + 1)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def objection(version: Version, last: Version, weight: Weight) -> str | None:
    """Why a version may not follow the last one, with changes of this weight; None if it may.

    Before 1.0.0 what breaks raises the minor number. https://semver.org/#spec-item-4
    """
    followers = [last.next(each) for each in Weight]
    if version not in followers:
        return f"{version} does not follow {last}: {', '.join(map(str, followers[:-1]))} or {followers[-1]} does"
    needed = Weight.MINOR if last.major == 0 and weight is Weight.MAJOR else weight
    if version < last.next(needed):
        return f"{version} is too little for what the changelog tells: {last.next(needed)} at least"
    return None
