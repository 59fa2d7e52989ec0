"""The tables of docs/building-on-it.md: what template.yaml puts out, and what subscriptions can filter by."""

from typing import Any, get_args

from msgspec import structs
from samtranslator.yaml_helper import yaml_parse

from docs.generators.parameters import TEMPLATE
from docs.generators.tables import table
from ses_reputation.adapters.status_topic import ATTRIBUTES
from ses_reputation.notices.alert import Alert


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


def attributes() -> str:
    """Every message attribute, and the kinds of alerts that have it."""
    # The kind is in none of the fields, but in every document.
    fields = {str(a.__struct_config__.tag): {"kind", *(f.name for f in structs.fields(a))} for a in get_args(Alert)}
    kinds = {name: [kind for kind, has in fields.items() if name in has] for name in ATTRIBUTES}
    return table(
        ("attribute", "alerts that have it"),
        (
            (f"`{name}`", "all" if len(having) == len(fields) else ", ".join(f"`{kind}`" for kind in having))
            for name, having in kinds.items()
        ),
    )
