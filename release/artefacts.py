"""What a release consists of, built twice: what is not the same twice, nobody else could build either."""

import hashlib
import shutil
from pathlib import Path

import click

from release.checkout import Checkout

FOLDER = Path("build", "dist")
SUMS = "SHA256SUMS"


def build(checkout: Checkout) -> dict[str, str]:
    """Build everything from nothing, and once more; the SHA-256 of each file. Raises click.ClickException if the two
    differ.
    """
    first, second = _build(checkout), _build(checkout)
    if differing := sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name)):
        raise click.ClickException(f"built twice, {', '.join(differing)} is not the same")
    return second


def write_sums(checkout: Checkout, sums: dict[str, str]) -> None:
    """Write what `sha256sum --check` reads, beside the files."""
    path = checkout.root / FOLDER / SUMS
    path.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())), encoding="utf-8")


def _build(checkout: Checkout) -> dict[str, str]:
    for folder in (checkout.root / FOLDER, checkout.root / ".aws-sam"):
        shutil.rmtree(folder, ignore_errors=True)
    checkout.run("make", "--no-print-directory", "package")
    built = sorted(path for path in (checkout.root / FOLDER).iterdir() if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in built}
