"""The tables of docs/building-on-it.md: what template.yaml puts out for others."""

from typing import Any

from samtranslator.yaml_helper import yaml_parse

from docs.generators.parameters import TEMPLATE
from docs.generators.tables import table


def exported() -> str:
    """All that has an export, and an SSM parameter of the same name."""
    return _outputs(exported=True)


def tables() -> str:
    """What has an SSM parameter only."""
    return _outputs(exported=False)


def _outputs(*, exported: bool) -> str:
    template: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return table(
        ("name", "what it is for"),
        (
            (f"`{name}`", output["Description"])
            for name, output in template["Outputs"].items()
            if f"{name}Parameter" in template["Resources"] and ("Export" in output) is exported
        ),
    )
