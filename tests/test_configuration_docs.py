"""docs/configuration.md has every parameter of the template, with what it may be, and when to change it."""

import re
from pathlib import Path
from typing import Any

import pytest

from docs.generators.occasions import OCCASIONS
from ses_reputation_local.template import read_source

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/configuration.md").read_text()
TEMPLATE = read_source(ROOT / "template.yaml")
PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["Parameters"]
GROUPS = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]


def test_somebody_says_of_every_parameter_when_to_change_it() -> None:
    assert OCCASIONS.keys() == PARAMETERS.keys(), "docs/generators/occasions.py"
    assert all(text.endswith((".", ".)")) and text[:1] in "`ABCDEFGHIJKLMNOPQRSTUVWXYZ" for text in OCCASIONS.values())


def test_the_page_has_the_groups_of_the_template_with_their_parameters_in_order() -> None:
    generated = PAGE.partition("<!-- parameters:")[2]
    headings = re.findall(r"^(##+) `?(.+?)`?$", generated, re.MULTILINE)
    wanted = [(g["Label"]["default"], *g["Parameters"]) for g in GROUPS]
    assert headings == [("##" if i == 0 else "###", name) for group in wanted for i, name in enumerate(group)]
    assert {name for _, *names in wanted for name in names} == PARAMETERS.keys()


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_has_its_default_and_its_bounds(name: str) -> None:
    section = re.split(r"^##", PAGE.partition(f"### `{name}`")[2], maxsplit=1, flags=re.MULTILINE)[0]
    parameter = PARAMETERS[name]
    default = re.findall(r"^- Default: (.*)$", section, re.MULTILINE)
    assert default == ["none" if parameter["Default"] == "" else f"`{parameter['Default']}`"]
    (allowed,) = re.findall(r"^- Allowed: (.*)$", section, re.MULTILINE)
    for value in parameter.get("AllowedValues", []):
        assert f"`{value}`" in allowed
    for bound in ("MinValue", "MaxValue"):
        assert bound not in parameter or str(parameter[bound]) in allowed


def test_what_the_texts_name_as_a_parameter_is_one() -> None:
    named = {name for text in OCCASIONS.values() for name in re.findall(r"`([A-Z][A-Za-z]+)(?:=[a-z-]+)?`", text)}
    assert named <= PARAMETERS.keys()
