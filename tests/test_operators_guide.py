"""The operator's guide has an answer to every alarm."""

import re
from pathlib import Path
from typing import Any

import pytest

from ses_reputation_local.template import read_source

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "operators-guide.md").read_text()
RESOURCES: dict[str, Any] = read_source(ROOT / "template.yaml")["Resources"]
ALARMS = [name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::CloudWatch::Alarm"]
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", GUIDE, re.DOTALL | re.MULTILINE))


def test_every_alarm_has_a_section_in_the_order_of_the_template() -> None:
    assert list(SECTIONS) == ALARMS


@pytest.mark.parametrize("alarm", ALARMS)
def test_a_section_says_what_it_means_what_to_look_at_how_to_mend_it_and_what_is_lost(alarm: str) -> None:
    parts = ("What it means.", "Look at.", "Mend.", "If nothing is done.")
    assert re.findall(r"^\*\*(.*?)\*\*", SECTIONS[alarm], re.MULTILINE) == list(parts)
