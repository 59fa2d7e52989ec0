"""The requirement files: what is pinned where."""

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).parents[2]
DEPLOYED = ROOT / "layers/dependencies/requirements.txt"
FILES = (DEPLOYED, *(path for path in sorted((ROOT / "requirements").glob("*.txt")) if path.stem != "constraints"))


class Requirement(Struct, frozen=True):
    """One line of a requirement file: a package, how its version is chosen, and the hashes of its files."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


class UnreadableRequirement(ValueError):
    """A line that is no pinned requirement."""


_PINNED = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>[^\\]+?))?(?P<hashes>(?: --hash=\S+)*)"
)


def requirements(path: Path) -> Iterator[Requirement]:
    """All that a file pins; UnreadableRequirement for a line of any other kind, such as an index or a range."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        said = " ".join(line.split("#", 1)[0].split())
        if said:
            found = _PINNED.fullmatch(said)
            if not found:
                raise UnreadableRequirement(f"{path.name}: {said}")
            hashes = tuple(each.removeprefix("--hash=") for each in found["hashes"].split())
            yield Requirement(found["name"], found["version"], found["marker"] or "", hashes)
