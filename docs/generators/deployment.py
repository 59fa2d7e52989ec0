"""The tables of docs/deployment.md, from the template."""

from collections.abc import Mapping

from docs.generators.parameters import TEMPLATE
from docs.generators.tables import table
from ses_reputation_local.template import read_source

# What the conditions of resources that stay mean.
_IF: Mapping[str | None, str] = {None: "always", "KeepsNoAddresses": "with `RecipientStorage` `hashed` or `none`"}


def questions() -> str:
    """The parameters that are asked for first: those before the order of the groups begins."""
    template = read_source(TEMPLATE)
    interface = template["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    names = list(template["Parameters"])
    begins = next(
        place for place in range(len(names)) if names[place:] == [name for name in grouped if name not in names[:place]]
    )
    return table(
        ("parameter", "default", "what it is"),
        (
            (
                f"`{name}`",
                f"`{default}`" if (default := template["Parameters"][name]["Default"]) != "" else "none",
                interface["ParameterLabels"][name]["default"],
            )
            for name in names[:begins]
        ),
    )


def refused() -> str:
    """Which values of parameters are refused together, as CloudFormation says it."""
    rules = read_source(TEMPLATE)["Rules"].values()
    told = dict.fromkeys(assertion["AssertDescription"] for rule in rules for assertion in rule["Assertions"])
    return "\n".join(f"- {text}" for text in told)


def stays() -> str:
    """The resources that stay when the stack goes."""
    return table(
        ("what stays", "type", "if"),
        (
            (f"`{name}`", f"`{resource['Type']}`", _IF[resource.get("Condition")])
            for name, resource in read_source(TEMPLATE)["Resources"].items()
            if resource.get("DeletionPolicy", "Delete") != "Delete"
        ),
    )
