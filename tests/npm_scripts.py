"""Scripts of npm packages, for a browser: pinned by hash, got once, kept in .venv. Nothing else of a package is run.

`make browser` and `make site` need them.
"""

import base64
import hashlib
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

    MERMAID = (
        "mermaid@11.17.2",
        "V6K3C8EBdEsPFZXSKMJe6ppQOENxuHARr9GvHX4hh47lAbhMRD9qf4oEK7LoaRQxULMa80/qt5gHO73aCleBBg==",
        "package/dist/mermaid.min.js",
    )
    """Draws the diagrams of the documentation's site, as GitHub does. The site's theme is written for version 11."""

    IFRAME_WORKER = (
        "iframe-worker@1.0.4",
        "roeaaI+Lg1LJNfgpCjoRe/+WzEjy9+Z08LoEvu85MCPbBjwm+qXz8Ag5U05lHa6V1CysZyGzE0SOkAtSUA5q7Q==",
        "package/shim/index.js",
    )
    """Lets the site's search run where the site is read from a folder: browsers allow no workers there."""

    def __init__(self, package: str, sha512: str, path: str) -> None:
        self.package, self.sha512, self.path = package, sha512, path

    @property
    def archive(self) -> Path:
        """Where the package is, or will be."""
        return Path(__file__).parents[1] / ".venv" / f"{self.package.replace('@', '-')}.tgz"

    @property
    def is_here(self) -> bool:
        """Whether the package is there, and is the one that is pinned."""
        return self.archive.exists() and _sha512(self.archive) == self.sha512

    def read(self) -> str:
        """The script's text; NotGot if the package is not there, or another one."""
        if not self.is_here:
            raise NotGot(f"{self.package} is not here: make browser and make site get what they need")
        with tarfile.open(self.archive) as archive:
            script = archive.extractfile(self.path)
            assert script is not None
            return script.read().decode()


NO_NPM = "There is no npm here, which is needed once, to get {package}. On Debian: apt install npm, as root."


class NotGot(RuntimeError):
    """A script is missing that can not be got here; the text says what to do about it."""


def get(script: Script) -> None:
    """Have npm fetch the package from wherever it gets packages; NotGot if it can't, or if it is another one."""
    if script.is_here:
        return
    npm = shutil.which("npm")
    if not npm:
        raise NotGot(NO_NPM.format(package=script.package))
    sys.stdout.write(f"Getting {script.package} ...\n")
    sys.stdout.flush()
    script.archive.parent.mkdir(exist_ok=True)
    folder = str(script.archive.parent)
    command = [npm, "pack", script.package, "--silent", "--ignore-scripts", "--pack-destination", folder]
    packed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if packed.returncode:
        raise NotGot(f"npm could not get {script.package}: {packed.stderr.strip()}")
    if not script.is_here:
        found = _sha512(script.archive)
        script.archive.unlink()
        raise NotGot(f"what npm got is not the {script.package} that is pinned: its SHA-512 is {found}")


def _sha512(path: Path) -> str:
    return base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
