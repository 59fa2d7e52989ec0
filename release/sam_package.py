"""Pack what `make build` left in .aws-sam/build, for people without the SAM CLI: `make package`.

The archive holds the built template beside the folders that it names, so that `aws cloudformation package` and
`aws cloudformation deploy` do the rest: docs/deployment.md. Made twice of the same files, it is the same archive.
"""

import hashlib
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from release.source import version_of

PROJECT = Path(__file__).parents[1]
BUILT = PROJECT / ".aws-sam" / "build"
ARCHIVES = PROJECT / "build" / "dist"

# What belongs to it besides what was built. The template names the first two, for repositories of applications.
BESIDE = ("LICENSE", "README.md", "CHANGELOG.md", "encryption-key.yaml")

# The earliest time that an archive knows: when a file was built says nothing about it.
# https://docs.python.org/3/library/zipfile.html#zipfile.ZipInfo.date_time
_ALWAYS = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16

# `sam build` names them as seen from .aws-sam/build.
_BESIDE_THE_PROJECT = re.compile(r"^( +(?:LicenseUrl|ReadmeUrl): )\.\./\.\./", re.MULTILINE)


def main() -> None:
    """Write the archive, and say where it is and what its SHA-256 is."""
    if not (BUILT / "template.yaml").exists():
        sys.exit(f"there is nothing in {BUILT}: run make build first")
    archive = write_archive(PROJECT, BUILT, ARCHIVES)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    sys.stdout.write(f"{archive.relative_to(PROJECT)}\n{digest}\n")


def write_archive(project: Path, built: Path, archives: Path) -> Path:
    """Write the archive of a project's version into a folder, from what was built of it."""
    version = version_of("pyproject.toml", (project / "pyproject.toml").read_text(encoding="utf-8"))
    archives.mkdir(parents=True, exist_ok=True)
    path = archives / f"ses-reputation-{version}-sam.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(_files(project, built)):
            entry = zipfile.ZipInfo(f"ses-reputation-{version}/{name}", _ALWAYS)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # as on Unix, wherever it is made
            entry.external_attr = _READABLE
            archive.writestr(entry, content)
    return path


def _files(project: Path, built: Path) -> Iterator[tuple[str, bytes]]:
    for name in BESIDE:
        yield name, (project / name).read_bytes()
    for path in built.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            name = path.relative_to(built).as_posix()
            yield name, _template(content.decode()).encode() if name == "template.yaml" else content


def _template(text: str) -> str:
    """The built template as it stands in the archive. Raises ValueError if it does not name what is put beside it."""
    beside, found = _BESIDE_THE_PROJECT.subn(r"\1", text)
    if found != 2:
        raise ValueError("the built template does not name LICENSE and README.md as those of the project")
    return beside


if __name__ == "__main__":
    main()
