"""The packages: pinned by hash, the same in every set, and under licences that let them be deployed. No network."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.audit.pinned import DEPLOYED, FILES, ROOT, Requirement, UnreadableRequirement, requirements

# Those that ask for no more than to be named, by what packages call them.
ALLOWED_LICENCES = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0"}

# Cut from check.txt: what one of them has, all that have it have.
CUT = ("browser", "cli", "demo", "measure", "test")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_package_is_pinned_by_hash(path: Path) -> None:
    found = list(requirements(path))
    assert found
    for requirement in found:
        assert requirement.hashes, requirement.name
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", each) for each in requirement.hashes), requirement.name


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("jmespath>=1.1.0", id="a range"),
        pytest.param("jmespath", id="any version"),
        pytest.param("jmespath @ https://files.example/jmespath.whl", id="an address"),
        pytest.param("--index-url https://packages.example/simple", id="another index"),
        pytest.param("-e .", id="a folder"),
    ],
)
def test_a_line_that_pins_nothing_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(f"htpy==1.0 --hash=sha256:{'0' * 64}\n{line}\n")
    with pytest.raises(UnreadableRequirement):
        list(requirements(path))


@pytest.mark.parametrize("name", [*CUT, "layers"])
def test_the_sets_agree(name: str) -> None:
    whole = {(r.name, r.version): r.hashes for r in requirements(ROOT / "requirements/check.txt")}
    path = DEPLOYED if name == "layers" else ROOT / f"requirements/{name}.txt"
    for requirement in requirements(path):
        assert whole.get((requirement.name, requirement.version)) == requirement.hashes, requirement.name


@pytest.mark.parametrize("requirement", list(requirements(DEPLOYED)), ids=lambda requirement: requirement.name)
def test_what_is_deployed_has_a_licence_that_allows_it(requirement: Requirement) -> None:
    installed = distribution(requirement.name)
    assert installed.version == requirement.version
    told = installed.metadata.json
    assert (told.get("license_expression") or told["license"]) in ALLOWED_LICENCES
