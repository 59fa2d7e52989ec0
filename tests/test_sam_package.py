"""What people without the SAM CLI deploy, and what repositories of applications are told, is whole and the same."""

import os
import re
import tomllib
import zipfile
from pathlib import Path

import pytest

from release.sam_package import BESIDE, PROJECT, write_archive
from tests.test_template import SOURCE

APPLICATION = SOURCE["Metadata"]["AWS::ServerlessRepo::Application"]
TEMPLATE = """\
Metadata:
  AWS::ServerlessRepo::Application:
    LicenseUrl: ../../LICENSE
    ReadmeUrl: ../../README.md
Resources:
  Operate: {Type: AWS::Serverless::Function, Properties: {CodeUri: Operate}}
"""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as `sam build` leaves it, small."""
    built = tmp_path / "built"
    for name, content in {"template.yaml": TEMPLATE, "Operate/handler.py": "1", "Layer/python/a/b.py": "2"}.items():
        (built / name).parent.mkdir(parents=True, exist_ok=True)
        (built / name).write_text(content)
    return built


def packed(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_archive_holds_the_built_application_with_its_version_and_what_its_template_names(
    built: Path, tmp_path: Path
) -> None:
    archive = write_archive(PROJECT, built, tmp_path / "archives")
    version = APPLICATION["SemanticVersion"]
    assert archive.name == f"ses-reputation-{version}-sam.zip"
    files = packed(archive)
    top = f"ses-reputation-{version}"
    own = {"template.yaml", "Operate/handler.py", "Layer/python/a/b.py"}
    assert files.keys() == {f"{top}/{name}" for name in own | {*BESIDE}}
    assert files[f"{top}/Operate/handler.py"] == b"1"
    template = files[f"{top}/template.yaml"].decode()
    assert template == TEMPLATE.replace("../../", ""), "nothing else is changed in it"
    for name in re.findall(r"(?:LicenseUrl|ReadmeUrl): (\S+)", template):
        assert files[f"{top}/{name}"] == (PROJECT / name).read_bytes()


def test_made_twice_it_is_the_same_archive_whenever_the_files_were_built(built: Path, tmp_path: Path) -> None:
    first = write_archive(PROJECT, built, tmp_path / "first")
    for path in built.rglob("*"):
        os.utime(path, (0, 0))
        path.chmod(0o755)
    second = write_archive(PROJECT, built, tmp_path / "second")
    assert first.read_bytes() == second.read_bytes()


def test_whoever_unpacks_it_can_read_it_and_lambda_too(built: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(write_archive(PROJECT, built, tmp_path)) as archive:
        assert {entry.external_attr >> 16 & 0o777 for entry in archive.infolist()} == {0o644}


@pytest.mark.parametrize("template", ["", TEMPLATE.replace("../../README.md", "README.md")], ids=["none", "one of two"])
def test_a_template_that_names_no_licence_or_readme_is_not_packed(built: Path, tmp_path: Path, template: str) -> None:
    (built / "template.yaml").write_text(template)
    with pytest.raises(ValueError, match="LICENSE and README"):
        write_archive(PROJECT, built, tmp_path)


# -- What the Serverless Application Repository takes ------------------------------------------------------------------
# https://docs.aws.amazon.com/serverlessrepo/latest/devguide/applications.html#CreateApplicationInput


def test_the_metadata_are_of_the_form_that_the_repository_takes() -> None:
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,140}", APPLICATION["Name"])
    assert re.fullmatch(r"(?!.*--)[a-z0-9](?:[a-z0-9-]{0,125}[a-z0-9])?", APPLICATION["Author"])
    assert 0 < len(APPLICATION["Description"]) <= 256
    assert 0 < len(APPLICATION["Labels"]) <= 10
    assert all(re.fullmatch(r"[a-zA-Z0-9+_:/@-]{1,127}", label) for label in APPLICATION["Labels"])
    assert "HomePageUrl" not in APPLICATION, "there is none"


def test_the_metadata_say_what_the_project_says() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert APPLICATION["SemanticVersion"] == project["version"]
    assert APPLICATION["SpdxLicenseId"] == project["license"]
    assert APPLICATION["Name"] == project["name"]
    assert [APPLICATION["LicenseUrl"]] == project["license-files"]
    assert APPLICATION["ReadmeUrl"] == project["readme"]
    assert all((PROJECT / APPLICATION[name]).exists() for name in ("LicenseUrl", "ReadmeUrl"))
