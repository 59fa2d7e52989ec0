"""What the tests in a browser need besides Python's packages: a Chromium, and axe-core, which judges accessibility.

`make browser` runs this before the tests. Any Chrome or Chromium that is there will do, else Debian's is installed.
axe-core comes from npm and stays in .venv. Both are got once.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

AXE = "axe-core@4.14.1"
# npm calls this the integrity of a package.
AXE_SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
AXE_ARCHIVE = Path(__file__).parents[2] / ".venv" / f"{AXE.replace('@', '-')}.tgz"

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
NO_NPM = f"""\
There is no npm here, which is needed once, to get {AXE}. On Debian: apt install npm, as root."""


class NotPrepared(RuntimeError):
    """Something is missing that can not be got here; the text says what to do about it."""


def find_chromium() -> Path | None:
    """The browser that the environment names in CHROMIUM, or else the first in PATH; None if there is none."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named)
    found = (shutil.which(name) for name in (*NAMES, *MAC_APPLICATIONS))
    return next((Path(path) for path in found if path), None)


def axe_script() -> str:
    """The script that adds `axe` to a page; NotPrepared if the archive is not there, or not the one that is pinned."""
    if not AXE_ARCHIVE.exists():
        raise NotPrepared(f"{AXE} is not here: run make browser")
    if (found := _sha512(AXE_ARCHIVE)) != AXE_SHA512:
        raise NotPrepared(f"{AXE_ARCHIVE} is not the {AXE} that is pinned: its SHA-512 is {found}")
    with tarfile.open(AXE_ARCHIVE) as archive:
        script = archive.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode()


def main() -> None:
    """Get what is missing, or exit with a message that says what to do."""
    try:
        _get_chromium()
        _get_axe()
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


def _get_axe() -> None:
    """Have npm fetch the package from wherever it gets packages. Nothing of it is run, or kept if it is another one."""
    if AXE_ARCHIVE.exists() and _sha512(AXE_ARCHIVE) == AXE_SHA512:
        return
    npm = shutil.which("npm")
    if not npm:
        raise NotPrepared(NO_NPM)
    _say(f"Getting {AXE} ...")
    AXE_ARCHIVE.unlink(missing_ok=True)
    packed = _run([npm, "pack", AXE, "--silent", "--ignore-scripts", "--pack-destination", str(AXE_ARCHIVE.parent)])
    if packed.returncode:
        raise NotPrepared(f"npm could not get {AXE}: {packed.stderr.strip()}")
    if (found := _sha512(AXE_ARCHIVE)) != AXE_SHA512:
        AXE_ARCHIVE.unlink()
        raise NotPrepared(f"what npm got is not the {AXE} that is pinned: its SHA-512 is {found}")


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
