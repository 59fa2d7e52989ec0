"""The operator's guide has an answer to every alarm, and every command in it exists."""

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
from samtranslator.yaml_helper import yaml_parse

from ses_reputation_cli.main import main

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "operators-guide.md").read_text()
RESOURCES: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
ALARMS = [name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::CloudWatch::Alarm"]
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", GUIDE, re.DOTALL | re.MULTILINE))
COMMANDS = re.findall(r"^ *(ses-reputation [^\n#]+)|`(ses-reputation [^`]+)`", GUIDE, re.MULTILINE)


def test_every_alarm_has_a_section_in_the_order_of_the_template() -> None:
    assert list(SECTIONS) == ALARMS


@pytest.mark.parametrize("alarm", ALARMS)
def test_a_section_says_what_it_means_what_to_look_at_how_to_mend_it_and_what_is_lost(alarm: str) -> None:
    parts = ("What it means.", "Look at.", "Mend.", "If nothing is done.")
    assert re.findall(r"^\*\*(.*?)\*\*", SECTIONS[alarm], re.MULTILINE) == list(parts)


@pytest.mark.parametrize("command", sorted({" ".join("".join(found).split()) for found in COMMANDS}))
def test_a_command_of_the_guide_exists_with_its_options(command: str) -> None:
    _, name, *arguments = shlex.split(command)
    found = main.get_command(click.Context(main), name)
    assert found is not None
    options = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {argument for argument in arguments if argument.startswith("--")} <= options
