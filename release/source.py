"""Where a version stands in the source, and how it is set there."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from release.versions import Version

CHANGELOG = "CHANGELOG.md"

# pyproject.toml has it for the command; the template for what is deployed: its output Version is the same by an alias.
PLACES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "pyproject.toml": re.compile(r'^(version = ")([^"]+)(?=")', re.MULTILINE),
        "template.yaml": re.compile(r"^( +SemanticVersion: &Version )(\S+)$", re.MULTILINE),
    }
)


def version_of(place: str, text: str) -> Version:
    """The version that this file has. Raises ValueError if it does not have exactly one."""
    return Version.parse(_found(place, text)[2])


def with_version(place: str, text: str, version: Version) -> str:
    """The text of this file with this version. Raises ValueError if it does not have exactly one to replace."""
    found = _found(place, text)
    return f"{text[: found.start()]}{found[1]}{version}{text[found.end() :]}"


def _found(place: str, text: str) -> re.Match[str]:
    found = list(PLACES[place].finditer(text))
    if len(found) != 1:
        raise ValueError(f"{place} has a version {len(found)} times, not once")
    return found[0]
