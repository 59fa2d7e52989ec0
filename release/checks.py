"""What has to be right before anything is changed."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from release.changelog import ChangelogError, read, release
from release.source import CHANGELOG, PLACES, version_of, with_version
from release.versions import Version, objection

BRANCH = "main"


def of_the_tree(branch: str, changes: list[str], refusal: str) -> Iterator[str]:
    """What is wrong with the checkout; `refusal` is why git would commit nothing."""
    if refusal:
        yield refusal
    if branch != BRANCH:
        yield f"{branch or 'no branch'} is checked out: a release is made from {BRANCH}"
    if changes:
        yield f"there is what is not committed: {', '.join(changes[:5])}{' and more' if len(changes) > 5 else ''}"


def of_the_machine(template: str, runs: Callable[[str], bool]) -> Iterator[str]:
    """What is wrong with the machine; `runs` says whether it has a program."""
    # See layers/reputation/Makefile: without it the layers are as good, but nothing in them is compiled.
    for runtime in sorted(set(re.findall(r"^ *Runtime: (python\S+)$", template, re.MULTILINE))):
        if not runs(runtime):
            yield f"there is no {runtime} to compile what is deployed: every function would start more slowly"


def of_the_version(version: Version, tags: list[Version], texts: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with this version after those that tags name, the newest first, and with these files."""
    last = tags[0] if tags else None
    if version in tags:
        yield f"the tag v{version} is there already"
    for place in PLACES:
        try:
            there = version_of(place, texts[place])
        except ValueError as error:
            yield str(error)
        else:
            if there != (last or version):
                yield f"{place} has {there}, not {last or version}" + (", the last release" if last else "")
    try:
        changelog = read(texts[CHANGELOG])
        newest = changelog.released[0][0] if changelog.released else None
        if newest != last:
            yield f"the newest version in {CHANGELOG} is {newest or 'none'}, that of the tags {last or 'none'}"
        weight = changelog.weight()
    except ChangelogError as error:
        yield f"{CHANGELOG}: {error}"
    else:
        if last and version not in tags and (why := objection(version, last, weight)):
            yield why


def changed(version: Version, day: date, texts: Mapping[str, str]) -> dict[str, str]:
    """The files as the release has them."""
    places = {place: with_version(place, texts[place], version) for place in PLACES}
    return {CHANGELOG: release(texts[CHANGELOG], version, day), **places}
