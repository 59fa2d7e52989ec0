"""What is in the wheel and the source distribution, and that they are the same whenever and wherever they are built."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path, PurePosixPath

from tests.wheel.installation import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGES = {
    "ses_reputation": ROOT / "layers/reputation/ses_reputation",
    "ses_reputation_cli": ROOT / "cli/ses_reputation_cli",
    "ses_reputation_local": ROOT / "local/ses_reputation_local",
}
APPLICATION = ("template.yaml", "functions", "events")


def tracked() -> list[Path]:
    """The files of the source, as git knows them, and not what else lies in its folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def expected() -> dict[str, bytes]:
    """What has to be in the wheel besides what describes it."""
    files = tracked()
    packed = {
        str(PurePosixPath(name, path.relative_to(folder))): path.read_bytes()
        for name, folder in PACKAGES.items()
        for path in files
        if path.is_relative_to(folder)
    }
    for name in APPLICATION:
        for path in files:
            if path.is_relative_to(ROOT / name):
                packed[f"ses_reputation_local/application/{path.relative_to(ROOT)}"] = path.read_bytes()
    return packed


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def build(source: Path, out: Path) -> dict[str, bytes]:
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(out)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)  # noqa: S603 - our own
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_the_wheel_holds_the_three_packages_the_application_and_the_licence_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    described = f"ses_reputation-{PROJECT['version']}.dist-info"
    about = {name.removeprefix(f"{described}/") for name in packed if name.startswith(f"{described}/")}
    assert about == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    assert {name: data for name, data in packed.items() if not name.startswith(described)} == expected()
    assert all(f"{package}/py.typed" in packed for package in PACKAGES)


def test_the_wheel_says_which_version_licence_and_pythons_it_is_of(wheel: Path) -> None:
    told = metadata(wheel)
    assert wheel.name == f"ses_reputation-{PROJECT['version']}-py3-none-any.whl"
    assert (told["Version"], told["License-Expression"]) == (PROJECT["version"], "Apache-2.0")
    assert told["Requires-Python"] == PROJECT["requires-python"]


def test_without_the_extra_it_needs_neither_moto_nor_sam_nor_powertools(wheel: Path) -> None:
    needed = [(re.split("[<>=]", line)[0], "extra" in line) for line in metadata(wheel).get_all("Requires-Dist", [])]
    assert {name for name, extra in needed if not extra} == {"botocore", "click", "htpy", "msgspec", "rich", "werkzeug"}
    assert {"moto", "aws-sam-translator", "aws-lambda-powertools"} <= {name for name, extra in needed if extra}


def test_what_is_built_elsewhere_at_another_time_by_another_user_is_the_same_to_the_last_byte(
    wheel: Path, tmp_path: Path
) -> None:
    source = tmp_path / "another place"
    before = os.umask(0o077)
    try:
        for path in tracked():
            copy = source / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            os.utime(copy, (1_000_000_000, 1_000_000_000))
        built = build(source, tmp_path / "built")
    finally:
        os.umask(before)
    assert built == {path.name: path.read_bytes() for path in wheel.parent.glob("ses_reputation-*")}


def test_the_source_distribution_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    (archive,) = wheel.parent.glob("ses_reputation-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    built = build(tmp_path / archive.name.removesuffix(".tar.gz"), tmp_path / "built")
    assert built[wheel.name] == wheel.read_bytes()
