"""What the tests in a browser need besides Python's packages: a Chromium, and two scripts that judge a page.

`make browser` runs this before the tests. Any Chrome or Chromium that is there will do, else Debian's is installed. The
scripts come from npm and stay in .venv. All are got once.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.npm_scripts import NotGot, Script, get

# The fonts are those that widths are chosen for: they are as wide as Arial, Times and Courier.
DEBIAN_PACKAGES = ("chromium", "fonts-liberation")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)

NO_CHROMIUM = """\
There is no Chromium here, and it could not be installed. On Debian: apt install chromium, as root. Elsewhere any Chrome
or Chromium will do: one that is in PATH, or CHROMIUM=/path/to/it make browser."""


class NotPrepared(RuntimeError):
    """Something is missing that can not be got here; the text says what to do about it."""


def find_chromium() -> Path | None:
    """The browser that the environment names in CHROMIUM, or else the first in PATH; None if there is none."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named)
    found = (shutil.which(name) for name in (*NAMES, *MAC_APPLICATIONS))
    return next((Path(path) for path in found if path), None)


def main() -> None:
    """Get what is missing, or exit with a message that says what to do."""
    try:
        _get_chromium()
        for script in (Script.AXE, Script.DOMPURIFY):
            get(script)
    except (NotPrepared, NotGot) as error:
        sys.exit(str(error))


def _get_chromium() -> None:
    if find_chromium():
        return
    for command in _debian_commands():
        _say(f"{' '.join(command)} ...")
        if _run(command).returncode:
            break
    if not find_chromium():
        raise NotPrepared(NO_CHROMIUM)


def _debian_commands() -> list[list[str]]:
    """What installs Chromium here; nothing if this is no Debian, or if installing needs a password."""
    sudo = ["sudo", "--non-interactive"] if os.geteuid() else []
    if not shutil.which("apt-get") or (sudo and (not shutil.which("sudo") or _run([*sudo, "true"]).returncode)):
        return []
    apt = [*sudo, "apt-get", "-qq"]
    return [[*apt, "update"], [*apt, "install", "--yes", "--no-install-recommends", *DEBIAN_PACKAGES]]


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    # Debian's packages ask nobody anything then.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 - our own


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
