"""Make a release from this checkout, up to the tag: `make release VERSION=0.2.0`. Nothing leaves this machine."""

import difflib
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

import click

from release import artefacts, checks
from release.changelog import read
from release.checkout import Checkout
from release.source import CHANGELOG, PLACES
from release.versions import Version

ROOT: Final = Path(__file__).parents[1]

# What `make released` writes: what this version keeps in tables, for later ones to be tested with, and examples of its
# documents, which the schemas show.
KEPT: Final = ("tests/released/{version}/", "docs/generators/examples/", "docs/schemas/")


class _VersionType(click.ParamType["Version"]):
    name = "version"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Version:
        try:
            return value if isinstance(value, Version) else Version.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(help=__doc__)
@click.argument("version", type=_VersionType())
@click.option(
    "--dry-run", is_flag=True, help="Check what can be checked at once, say what would be done, change nothing."
)
def main(version: Version, *, dry_run: bool) -> None:
    """No check can be left out: what must hold before a release is what .ci/run checks."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    release_from(Checkout(ROOT), version, dry_run=dry_run)


def end(number: int, _frame: FrameType | None) -> None:
    """End like after Ctrl-C: what was begun is undone. 128 and the number is what a shell says of a signal."""
    sys.exit(128 + number)


def release_from(checkout: Checkout, version: Version, *, dry_run: bool = False) -> None:
    """Make a release, or leave the checkout as it was. Raises click.ClickException with what is wrong."""
    texts = {place: checkout.read(place) for place in (CHANGELOG, *PLACES)}
    problems = [
        *checks.of_the_tree(checkout.branch(), checkout.changes(), checkout.refusal_to_commit()),
        *checks.of_the_machine(checkout.read("template.yaml"), checkout.has),
        *checks.of_the_version(version, checkout.released(), texts),
    ]
    if problems:
        raise click.ClickException(f"{version} is not released:\n" + "\n".join(f"  {each}" for each in problems))
    notes = read(texts[CHANGELOG]).unreleased
    changed = checks.changed(version, datetime.now(UTC).date(), texts)
    kept = [folder.format(version=version) for folder in KEPT]
    if dry_run:
        _tell(version, texts, changed)
        return
    before = checkout.head()
    try:
        _write_and_check(checkout, changed, kept)
        sums = artefacts.build(checkout)
        artefacts.write_sums(checkout, sums)
        checkout.commit((*changed, *kept), f"Release {version}")
        checkout.tag(version, notes)
    except BaseException:
        checkout.undo(before, version, (*changed, *kept))
        click.echo(f"{', '.join((*changed, *kept))} are as they were, and nothing is committed or tagged.", err=True)
        raise
    click.echo(f"\n{version} is committed and tagged, and in {artefacts.FOLDER}:")
    for name in (*sorted(sums), artefacts.SUMS):
        click.echo(f"  {name}")
    click.echo(f"\n{_by_hand(version)}")


def _write_and_check(checkout: Checkout, changed: Mapping[str, str], kept: Sequence[str]) -> None:
    """Let the files be those of the release, and everything be checked with them."""
    for place, text in changed.items():
        checkout.write(place, text)
    checkout.run("make", "--no-print-directory", "docs")
    _refuse_others(checkout, tuple(changed), "make docs has changed")
    checkout.run("make", "--no-print-directory", "released")
    _refuse_others(checkout, (*changed, *kept), "make released has changed")
    checkout.run("bash", ".ci/run")
    _refuse_others(checkout, (*changed, *kept), ".ci/run has left behind")


def _refuse_others(checkout: Checkout, ours: tuple[str, ...], why: str) -> None:
    """Raise click.ClickException if anything differs from the last commit but what the release changes."""
    folders = tuple(place for place in ours if place.endswith("/"))
    if others := [place for place in checkout.changes() if place not in ours and not place.startswith(folders)]:
        raise click.ClickException(f"{why} {', '.join(others)}: look at that, and commit it before a release")


def _tell(version: Version, texts: Mapping[str, str], changed: Mapping[str, str]) -> None:
    """Say what a release would do."""
    for place, text in changed.items():
        before, after = texts[place].splitlines(), text.splitlines()
        for line in difflib.unified_diff(before, after, place, place, n=1, lineterm=""):
            click.echo(line)
    click.echo(
        "\nAll that can be checked at once is right. A release would write this, run make docs, make released and "
        f".ci/run, build everything twice with make package, write {artefacts.FOLDER / artefacts.SUMS}, commit, and "
        f"tag v{version}. Nothing was changed."
    )


def _by_hand(version: Version) -> str:
    return f"""\
What is left to do by hand:
  git push --atomic origin {checks.BRANCH} v{version}
  Put what is in {artefacts.FOLDER} where people find it, {artefacts.SUMS} with it.
  If it is in the Serverless Application Repository, publish it there: docs/deployment.md.
To take it back before it is pushed:
  git tag --delete v{version} && git reset --hard HEAD~1"""


if __name__ == "__main__":
    main()
