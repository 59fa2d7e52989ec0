"""Which version may follow which, and what a release makes of the changelog."""

import os
import re
import signal
import subprocess
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import click
import pytest

from release.__main__ import end, release_from
from release.changelog import HEADINGS, ChangelogError, read, release
from release.checkout import Checkout
from release.checks import changed, of_the_machine, of_the_tree, of_the_version
from release.source import CHANGELOG, PLACES, version_of, with_version
from release.versions import Version, Weight, objection

ROOT = Path(__file__).parents[1]
LAST = Version(0, 9, 4)
STABLE = Version(2, 3, 4)

CHANGELOG_TEXT = """# Changelog

About it.

## [Unreleased]

### Added

- A thing.

### Fixed

- Another.

## [0.2.0] - 2026-12-24

### Added

- An older thing.

## [0.1.0] - 2026-12-01

### Added

- The oldest.
"""


def unreleased(*sections: str) -> str:
    return "\n\n".join(["# Changelog", "## [Unreleased]", *sections]) + "\n"


# -- Versions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "1", "1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3-rc1", "1.2.x", "1.2.٣"])
def test_a_version_is_three_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="three numbers"):
        Version.parse(text)


def test_versions_are_compared_as_numbers() -> None:
    assert Version.parse("0.10.0") > Version.parse("0.9.12")


@pytest.mark.parametrize(
    ("last", "weight", "version"),
    [
        (STABLE, Weight.PATCH, "2.3.5"),
        (STABLE, Weight.PATCH, "2.4.0"),
        (STABLE, Weight.MINOR, "2.4.0"),
        (STABLE, Weight.MAJOR, "3.0.0"),
        (LAST, Weight.PATCH, "0.9.5"),
        (LAST, Weight.MINOR, "0.10.0"),
        (LAST, Weight.MAJOR, "0.10.0"),
        (LAST, Weight.PATCH, "1.0.0"),
    ],
    ids=[
        "a fix",
        "more than a fix needs",
        "an addition",
        "a break",
        "a fix before 1.0",
        "an addition before 1.0",
        "a break before 1.0",
        "the first stable one",
    ],
)
def test_a_version_may_follow(last: Version, weight: Weight, version: str) -> None:
    assert objection(Version.parse(version), last, weight) is None


@pytest.mark.parametrize(
    ("last", "weight", "version", "why"),
    [
        (STABLE, Weight.PATCH, "2.3.4", "does not follow"),
        (STABLE, Weight.PATCH, "2.3.3", "does not follow"),
        (STABLE, Weight.PATCH, "2.3.6", "does not follow"),
        (STABLE, Weight.PATCH, "2.4.1", "does not follow"),
        (STABLE, Weight.MAJOR, "4.0.0", "does not follow"),
        (STABLE, Weight.MINOR, "2.3.5", "2.4.0 at least"),
        (STABLE, Weight.MAJOR, "2.4.0", "3.0.0 at least"),
        (LAST, Weight.MAJOR, "0.9.5", "0.10.0 at least"),
    ],
    ids=[
        "the same",
        "an older one",
        "one too far",
        "a minor with a patch",
        "a major left out",
        "an addition",
        "a break",
        "a break before 1.0",
    ],
)
def test_a_version_may_not_follow(last: Version, weight: Weight, version: str, why: str) -> None:
    assert why in (objection(Version.parse(version), last, weight) or "")


# -- The changelog -----------------------------------------------------------------------------------------------------


def test_the_changelog_tells_what_is_released_and_what_is_not() -> None:
    changelog = read(CHANGELOG_TEXT)
    assert changelog.unreleased == "### Added\n\n- A thing.\n\n### Fixed\n\n- Another."
    assert changelog.released == (
        (Version(0, 2, 0), date(2026, 12, 24)),
        (Version(0, 1, 0), date(2026, 12, 1)),
    )


@pytest.mark.parametrize(
    ("headings", "weight"),
    [
        ("Fixed", Weight.PATCH),
        ("Security Fixed", Weight.PATCH),
        ("Fixed Added", Weight.MINOR),
        ("Changed", Weight.MINOR),
        ("Deprecated", Weight.MINOR),
        ("Added Removed Fixed", Weight.MAJOR),
        ("Breaking Added", Weight.MAJOR),
    ],
)
def test_the_heaviest_heading_weighs(headings: str, weight: Weight) -> None:
    sections = [f"### {heading}\n\n- A." for heading in headings.split()]
    assert read(unreleased(*sections)).weight() is weight


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (unreleased(), "nothing to release"),
        (unreleased("### Improved", "- A."), "'Improved' is none of Breaking"),
        (unreleased("### Added", "### Fixed", "- A."), "nothing under 'Added'"),
        (unreleased("- A.", "### Fixed", "- B."), "without a heading"),
        (unreleased("### Fixed", "- A.", "### Fixed", "- B."), "twice"),
    ],
    ids=["nothing", "another heading", "an empty one", "none", "the same one again"],
)
def test_what_is_not_as_it_has_to_be_weighs_nothing(text: str, why: str) -> None:
    with pytest.raises(ChangelogError, match=why):
        read(text).weight()


@pytest.mark.parametrize(
    ("wrong", "right", "why"),
    [
        ("## [0.3.0] - 2027-01-01", "## [Unreleased]", "first section"),
        ("## 0.2.0", "## [0.2.0] - 2026-12-24", "such as"),
        ("## [0.2] - 2026-12-24", "## [0.2.0] - 2026-12-24", "three numbers"),
        ("## [0.2.0] - 2026-13-24", "## [0.2.0] - 2026-12-24", "month"),
        ("## [0.0.9] - 2026-12-24", "## [0.2.0] - 2026-12-24", "newest first"),
    ],
    ids=["nothing unreleased", "no date", "no version", "no such day", "an older one first"],
)
def test_a_changelog_of_another_form_is_refused(wrong: str, right: str, why: str) -> None:
    with pytest.raises(ChangelogError, match=why):
        read(CHANGELOG_TEXT.replace(right, wrong))


def test_a_release_gives_what_was_unreleased_a_version_and_a_date_and_changes_nothing_else() -> None:
    after = release(CHANGELOG_TEXT, Version(0, 3, 0), date(2027, 1, 2))
    assert after.replace("## [Unreleased]\n\n## [0.3.0] - 2027-01-02\n", "## [Unreleased]\n") == CHANGELOG_TEXT
    assert read(after).unreleased == ""
    assert read(after).released[0] == (Version(0, 3, 0), date(2027, 1, 2))


# -- What has to be right before ---------------------------------------------------------------------------------------


def texts(version: str, changelog: str = CHANGELOG_TEXT) -> dict[str, str]:
    return {
        CHANGELOG: changelog,
        "pyproject.toml": f'[project]\nversion = "{version}"\n',
        "template.yaml": f"Metadata:\n  Any:\n    SemanticVersion: &Version {version}\n",
    }


TAGS = [Version(0, 2, 0), Version(0, 1, 0)]
FIRST = unreleased("### Added\n\n- All of it.")


@pytest.mark.parametrize(
    ("branch", "changes", "why"),
    [("topic", [], "topic is checked out"), ("", [], "no branch is"), ("main", ["a", "b"], "not committed: a, b")],
    ids=["another branch", "no branch", "changes"],
)
def test_a_release_is_made_from_a_clean_main(branch: str, changes: list[str], why: str) -> None:
    (problem,) = of_the_tree(branch, changes, "")
    assert why in problem
    assert not list(of_the_tree("main", [], ""))


def test_what_is_deployed_is_compiled_by_the_python_that_runs_it() -> None:
    template = (ROOT / "template.yaml").read_text()
    assert not list(of_the_machine(template, lambda _: True))
    (problem,) = of_the_machine(template, lambda program: program != "python3.13")
    assert "no python3.13" in problem


def test_what_follows_the_last_tag_the_files_and_the_changelog_is_released() -> None:
    before = texts("0.2.0")
    assert not list(of_the_version(Version(0, 3, 0), TAGS, before))
    after = changed(Version(0, 3, 0), date(2027, 1, 2), before)
    assert after == texts("0.3.0", release(CHANGELOG_TEXT, Version(0, 3, 0), date(2027, 1, 2)))


def test_the_first_release_is_of_the_version_that_stands_there() -> None:
    assert not list(of_the_version(Version(0, 1, 0), [], texts("0.1.0", FIRST)))
    problems = list(of_the_version(Version(0, 2, 0), [], texts("0.1.0", FIRST)))
    assert problems == ["pyproject.toml has 0.1.0, not 0.2.0", "template.yaml has 0.1.0, not 0.2.0"]


@pytest.mark.parametrize(
    ("version", "tags", "there", "changelog", "why"),
    [
        (Version(0, 2, 0), TAGS, "0.2.0", CHANGELOG_TEXT, ["the tag v0.2.0 is there already"]),
        (Version(0, 2, 1), TAGS, "0.2.0", CHANGELOG_TEXT, ["0.2.1 is too little"]),
        (Version(0, 3, 0), TAGS, "0.3.0", CHANGELOG_TEXT, ["pyproject.toml has 0.3.0", "template.yaml has 0.3.0"]),
        (Version(0, 2, 0), TAGS[1:], "0.1.0", CHANGELOG_TEXT, ["CHANGELOG.md is 0.2.0, that of the tags 0.1.0"]),
        (Version(0, 1, 0), [], "0.1.0", CHANGELOG_TEXT, ["CHANGELOG.md is 0.2.0, that of the tags none"]),
        (Version(0, 3, 0), TAGS, "0.2.0", "# Nothing", ["its first section"]),
        (Version(0, 3, 0), TAGS, "nothing", CHANGELOG_TEXT, ["'nothing' is no version", "'nothing' is no version"]),
    ],
    ids=[
        "a second time",
        "too little",
        "set by hand",
        "a section without a tag",
        "no tag at all",
        "no changelog",
        "no version",
    ],
)
def test_what_is_wrong_is_said(
    version: Version, tags: list[Version], there: str, changelog: str, why: list[str]
) -> None:
    problems = list(of_the_version(version, tags, texts(there, changelog)))
    assert len(problems) == len(why)
    for problem, part in zip(problems, why, strict=True):
        assert part in problem


# -- All of it, or nothing ---------------------------------------------------------------------------------------------

MAKEFILE = """.PHONY: docs
docs:
	@touch CHANGELOG.md
released:
	@mkdir -p tests/released/0.1.0 docs/generators/examples docs/schemas
	@echo {} | tee tests/released/0.1.0/new.jsonl > docs/schemas/known.json
package:
	@mkdir -p build/dist && touch build/dist/wheel
"""


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(("git", *arguments), cwd=folder, check=True, capture_output=True, text=True).stdout  # noqa: S603, S607


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A small project that can be released, of somebody with no settings of git's beside those in it."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    files = {
        **texts("0.1.0", FIRST),
        "Makefile": MAKEFILE,
        ".ci/run": "",
        ".gitignore": "build/\n",
        "docs/schemas/known.json": "",
    }
    for place, text in files.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    for name, value in (("user.name", "Ann"), ("user.email", "ann@shop.example"), ("user.useConfigOnly", "true")):
        git(tmp_path, "config", name, value)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "All of it")
    return Checkout(tmp_path)


def test_a_release_is_one_commit_and_a_tag(checkout: Checkout) -> None:
    release_from(checkout, Version(0, 1, 0))
    assert git(checkout.root, "log", "--format=%s").splitlines() == ["Release 0.1.0", "All of it"]
    assert git(checkout.root, "tag", "--points-at", "HEAD").split() == ["v0.1.0"]
    assert checkout.changes() == []


def refused_by_a_hook(checkout: Checkout) -> None:
    hook = checkout.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not on a Friday\nexit 1\n")
    hook.chmod(0o755)


def not_signed(checkout: Checkout) -> None:
    git(checkout.root, "config", "tag.gpgSign", "true")
    git(checkout.root, "config", "gpg.program", "/bin/false")


def ended(checkout: Checkout) -> None:
    """While it is checked, as `kill` ends it."""
    (checkout.root / ".ci/run").write_text(f"kill -TERM {os.getpid()}; sleep 1")
    git(checkout.root, "commit", "--quiet", "--all", "--message", "Wait")


def too_much_changed(checkout: Checkout) -> None:
    """What begins like a file that a release changes."""
    makefile = checkout.root / "Makefile"
    makefile.write_text(MAKEFILE.replace("CHANGELOG.md", "CHANGELOG.md.orig"))
    git(checkout.root, "commit", "--quiet", "--all", "--message", "Leave behind")


@pytest.mark.parametrize(
    ("prevented", "says"),
    [
        (refused_by_a_hook, "git commit failed: not on a Friday"),
        (not_signed, "git tag failed: error: gpg failed"),
        (ended, "143"),
        (too_much_changed, "make docs has changed CHANGELOG.md.orig"),
    ],
)
def test_a_release_that_does_not_come_about_leaves_everything_as_it_was(
    checkout: Checkout, prevented: Callable[[Checkout], None], says: str
) -> None:
    prevented(checkout)
    before = git(checkout.root, "log")
    of_others = signal.signal(signal.SIGTERM, end)
    try:
        with pytest.raises((click.ClickException, SystemExit), match=says):
            release_from(checkout, Version(0, 1, 0))
    finally:
        signal.signal(signal.SIGTERM, of_others)
    assert git(checkout.root, "log") == before
    assert git(checkout.root, "tag") == ""
    assert checkout.changes() == (["CHANGELOG.md.orig"] if prevented is too_much_changed else [])


def test_where_git_knows_nobody_to_commit_as_nothing_is_begun(checkout: Checkout) -> None:
    git(checkout.root, "config", "--unset", "user.email")
    with pytest.raises(click.ClickException, match="no email was given"):
        release_from(checkout, Version(0, 1, 0))


# -- This project ------------------------------------------------------------------------------------------------------


def test_the_version_stands_once_in_each_place_and_is_set_in_all() -> None:
    for place in PLACES:
        text = (ROOT / place).read_text()
        changed = with_version(place, text, Version(9, 8, 7))
        assert version_of(place, changed) == Version(9, 8, 7)
        assert changed.replace("9.8.7", str(version_of(place, text))) == text


def test_all_places_and_the_changelog_have_one_version() -> None:
    version = Version.parse(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])
    assert {version_of(place, (ROOT / place).read_text()) for place in PLACES} == {version}
    released = read((ROOT / "CHANGELOG.md").read_text()).released
    assert [each for each, _ in released[:1]] in ([], [version])


def test_what_is_unreleased_here_can_be_released() -> None:
    changelog = read((ROOT / "CHANGELOG.md").read_text())
    assert not changelog.unreleased or changelog.weight() in Weight


def test_the_page_on_releases_has_every_heading() -> None:
    page = (ROOT / "docs" / "releases.md").read_text()
    for heading in HEADINGS:
        assert re.search(rf"`{heading}`", page), heading
