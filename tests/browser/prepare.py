"""What the tests in a browser need besides Python's packages: a Chromium, and two scripts that judge a page.

`make browser` runs this before the tests. Any Chrome or Chromium that is there will do, else Debian's is installed. The
scripts come from npm and stay in .venv. All are got once.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from enum import Enum
from pathlib import Path


class Script(Enum):
    """A script of an npm package: the package, its SHA-512 as npm states it, and where the script is in it."""

    AXE = (
        "axe-core@4.14.1",
        "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        "package/axe.min.js",
    )
    """Finds what bars people from a page: contrast, labels, names, order."""

    DOMPURIFY = (
        "dompurify@3.5.0",
        "LYC0ZkE8P1V42JsRYTwMdme/2ET8SpOc5AA2eOFjP/IadvRd2fwiT4TVz5vkfy0XUx12aS2UaRkTnfVPNOv9vw==",
        "package/dist/purify.min.js",
    )
    """Cleans HTML in the browser. It may be what CloudWatch uses: it removes what CloudWatch says that it removes."""

    def __init__(self, package: str, sha512: str, path: str) -> None:
        self.package, self.sha512, self.path = package, sha512, path

    @property
    def archive(self) -> Path:
        """Where the package is, or will be."""
        return Path(__file__).parents[2] / ".venv" / f"{self.package.replace('@', '-')}.tgz"

    @property
    def is_here(self) -> bool:
        """Whether the package is there, and is the one that is pinned."""
        return self.archive.exists() and _sha512(self.archive) == self.sha512

    def read(self) -> str:
        """The script's text; NotPrepared if the package is not there, or another one."""
        if not self.is_here:
            raise NotPrepared(f"{self.package} is not here: run make browser")
        with tarfile.open(self.archive) as archive:
            script = archive.extractfile(self.path)
            assert script is not None
            return script.read().decode()


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
NO_NPM = "There is no npm here, which is needed once, to get {package}. On Debian: apt install npm, as root."


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
        for script in Script:
            _get(script)
    except NotPrepared as error:
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


def _get(script: Script) -> None:
    """Have npm fetch the package from wherever it gets packages. Nothing of it is run, or kept if it is another one."""
    if script.is_here:
        return
    npm = shutil.which("npm")
    if not npm:
        raise NotPrepared(NO_NPM.format(package=script.package))
    _say(f"Getting {script.package} ...")
    folder = str(script.archive.parent)
    packed = _run([npm, "pack", script.package, "--silent", "--ignore-scripts", "--pack-destination", folder])
    if packed.returncode:
        raise NotPrepared(f"npm could not get {script.package}: {packed.stderr.strip()}")
    if not script.is_here:
        found = _sha512(script.archive)
        script.archive.unlink()
        raise NotPrepared(f"what npm got is not the {script.package} that is pinned: its SHA-512 is {found}")


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    # Debian's packages ask nobody anything then.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 - our own


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _sha512(path: Path) -> str:
    return base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


if __name__ == "__main__":
    main()
