"""The parameters of template.yaml: all of them on a page of their own, and tables of some on others."""

from pathlib import Path
from typing import Any

from docs.generators.occasions import OCCASIONS
from docs.generators.tables import table
from ses_reputation_local.template import read_source

TEMPLATE = Path(__file__).parents[2] / "template.yaml"

_GROUPS = ("How statuses change", "Who is told")


def of_lifecycle() -> str:
    """What the template says of the parameters that say when statuses change, and who is told."""
    return of_group(*_GROUPS)


def of_group(*labels: str) -> str:
    """What the template says of the parameters in the groups with these labels."""
    template = read_source(TEMPLATE)
    groups = _groups(template)
    return table(
        ("parameter", "default", "what it is"),
        (
            (f"`{name}`", _default(parameter), _line(parameter).replace("|", "\\|"))
            for name, parameter in ((name, template["Parameters"][name]) for label in labels for name in groups[label])
        ),
    )


def all_of_them() -> str:
    """Every parameter in its group: what it is, its default, what it may be, and when to change it."""
    template = read_source(TEMPLATE)
    labels = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterLabels"]
    lines: list[str] = []
    for label, names in _groups(template).items():
        lines += [f"## {label}", ""]
        for name in names:
            parameter = template["Parameters"][name]
            lines += [
                f"### `{name}`",
                "",
                f"**{labels[name]['default']}.** {_line(parameter)}",
                "",
                f"- Default: {_default(parameter)}",
                f"- Allowed: {_allowed(parameter)}",
                f"- When to change it: {OCCASIONS[name]}",
                "",
            ]
    return "\n".join(lines).rstrip()


def _groups(template: dict[str, Any]) -> dict[str, list[str]]:
    """The names of the parameters of each group, in the order in which CloudFormation shows them."""
    return {
        group["Label"]["default"]: group["Parameters"]
        for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    }


def _default(parameter: dict[str, Any]) -> str:
    if "Default" not in parameter:
        return "none: it has to be given"
    return f"`{parameter['Default']}`" if parameter["Default"] != "" else "none"


def _allowed(parameter: dict[str, Any]) -> str:
    """What it may be, in words: its values, or what CloudFormation says of one that it refuses."""
    if values := parameter.get("AllowedValues"):
        return ", ".join(f"`{value}`" for value in values)
    refused = str(parameter["ConstraintDescription"])
    return _words(refused).removeprefix("must be ")


def _line(parameter: dict[str, Any]) -> str:
    return _words(str(parameter["Description"]))


def _words(text: str) -> str:
    return " ".join(text.split())
