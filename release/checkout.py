"""The checkout that a release is made from, by git and make."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import click

from release.versions import Version


class Checkout:
    """A working tree of the project."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, place: str) -> str:
        """The text of a file."""
        return (self.root / place).read_text(encoding="utf-8")

    def write(self, place: str, text: str) -> None:
        """Give a file this text."""
        (self.root / place).write_text(text, encoding="utf-8")

    def branch(self) -> str:
        """The branch that is checked out; nothing if none is."""
        return self._git("branch", "--show-current").strip()

    def changes(self) -> list[str]:
        """The files that differ from the last commit, new ones among them; those that git ignores are not."""
        # Each entry is two letters, a space, and the path; what a renamed file was called before would be an entry of
        # its own. https://git-scm.com/docs/git-status#_short_format
        listed = self._git("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
        return [entry[3:] for entry in listed.split("\0") if entry]

    def released(self) -> list[Version]:
        """The versions that tags name, the newest first, on whatever branch."""
        tags = self._git("tag", "--list", "v*").split()
        found = []
        for tag in tags:
            try:
                found.append(Version.parse(tag.removeprefix("v")))
            except ValueError:
                continue  # somebody's own, such as v-try
        return sorted(found, reverse=True)

    def restore(self, places: Iterable[str]) -> None:
        """Let these files and folders be as the last commit has them."""
        self._git("clean", "--quiet", "--force", "-d", "--", *places)
        if known := self._git("ls-files", "-z", "--", *places).split("\0")[:-1]:
            self._git("checkout", "--quiet", "HEAD", "--", *known)

    def commit(self, places: Iterable[str], message: str) -> None:
        """Commit these files, new ones among them."""
        self._git("add", "--", *places)
        self._git("commit", "--quiet", "--message", message)

    def tag(self, version: Version, notes: str) -> None:
        """Tag the last commit with a version and what it brings, of which each line that begins with # is one, too."""
        message = f"{version}\n\n{notes}\n"
        self._git("tag", "--annotate", "--cleanup=whitespace", "--file=-", f"v{version}", given=message)

    def run(self, *command: str) -> None:
        """Run a command there, whose output is shown. Raises click.ClickException if it fails."""
        # Of the make that this runs in, and its ARGS, others must not hear.
        environment = {name: value for name, value in os.environ.items() if name not in _OF_MAKE}
        ran = subprocess.run(command, cwd=self.root, env=environment, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - our own
        if ran.returncode:
            raise click.ClickException(f"{' '.join(command)} failed: what it says is above")

    def has(self, program: str) -> bool:
        """Whether a program is there, and runs."""
        try:
            return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0  # noqa: S603
        except FileNotFoundError:
            return False

    def _git(self, *arguments: str, given: str | None = None) -> str:
        ran = subprocess.run(  # noqa: S603 - our own
            ["git", *arguments],  # noqa: S607 - whichever git there is
            cwd=self.root,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise click.ClickException(f"git {arguments[0]} failed: {ran.stderr.strip()}")
        return ran.stdout


_OF_MAKE = frozenset({"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ARGS", "VERSION", "PYTHONS"})
