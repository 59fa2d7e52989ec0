"""The checkout that a release is made from, by git and make."""

import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
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

    def refusal_to_commit(self) -> str:
        """Why git would commit nothing whatever it is; nothing if it would."""
        try:
            self._git("var", "GIT_COMMITTER_IDENT")
        except click.ClickException as error:
            return error.message
        return ""

    def head(self) -> str:
        """The last commit."""
        return self._git("rev-parse", "HEAD").strip()

    def undo(self, commit: str, version: Version, places: Iterable[str]) -> None:
        """Let this be the last commit again, without a tag of the version, and these files and folders be as it has
        them.
        """
        if version in self.released():
            self._git("tag", "--delete", f"v{version}")
        # What was added is new again, so that it is cleaned; other files stay as they are.
        self._git("reset", "--quiet", "--mixed", commit)
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
        # Of a group of its own, so that all of it can be ended, and writes nothing after an undo.
        with subprocess.Popen(  # noqa: S603 - our own
            command, cwd=self.root, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        ) as running:
            try:
                failed = running.wait()
            except BaseException:
                _end(running)
                raise
        if failed:
            raise click.ClickException(f"{' '.join(command)} failed: what it says is above")

    def has(self, program: str) -> bool:
        """Whether a program is there, and runs."""
        try:
            return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0  # noqa: S603
        except FileNotFoundError:
            return False

    def _git(self, *arguments: str, given: str | None = None) -> str:
        with subprocess.Popen(  # noqa: S603 - our own
            ("git", *arguments),  # noqa: S607 - whichever git there is
            cwd=self.root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            try:
                told, complained = running.communicate(given)
            except BaseException:
                running.terminate()  # not killed: it unlocks what it has locked
                raise
        if running.returncode:
            said = "\n".join(filter(None, (complained.strip(), told.strip())))
            raise click.ClickException(f"git {arguments[0]} failed: {said}")
        return told


def _end(running: subprocess.Popen[bytes]) -> None:
    """End a process and its group, with what it was just about to begin."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(running.pid, number)
        with suppress(subprocess.TimeoutExpired):
            running.wait(10)


_OF_MAKE = frozenset({"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ARGS", "VERSION", "PYTHONS"})
