"""The tables of docs/building-on-it.md: what template.yaml puts out for others."""

from docs.generators.parameters import TEMPLATE
from docs.generators.tables import table
from ses_reputation_local.template import read_source


def exported() -> str:
    """All that has an export, and an SSM parameter of the same name."""
    return _outputs(exported=True)


def tables() -> str:
    """What has an SSM parameter only."""
    return _outputs(exported=False)


def _outputs(*, exported: bool) -> str:
    template = read_source(TEMPLATE)
    return table(
        ("name", "what it is for"),
        (
            (f"`{name}`", output["Description"])
            for name, output in template["Outputs"].items()
            if f"{name}Parameter" in template["Resources"] and ("Export" in output) is exported
        ),
    )
