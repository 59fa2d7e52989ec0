"""The table of the parameters of template.yaml that the lifecycle depends on."""

from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from docs.generators.tables import table

TEMPLATE = Path(__file__).parents[2] / "template.yaml"

_GROUPS = ("How statuses change", "Who is told")


def of_lifecycle() -> str:
    """What the template says of the parameters that say when statuses change, and who is told."""
    return of_group(*_GROUPS)


def of_group(*labels: str) -> str:
    """What the template says of the parameters in the groups with these labels."""
    template: dict[str, Any] = yaml_parse(TEMPLATE.read_text())
    groups = {
        group["Label"]["default"]: group["Parameters"]
        for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    }
    parameters = {name: template["Parameters"][name] for group in labels for name in groups[group]}
    return table(
        ("parameter", "default", "what it is"),
        (
            (f"`{name}`", f"`{parameter['Default']}`" if parameter["Default"] != "" else "none", _line(parameter))
            for name, parameter in parameters.items()
        ),
    )


def _line(parameter: dict[str, Any]) -> str:
    return " ".join(str(parameter["Description"]).split()).replace("|", "\\|")
