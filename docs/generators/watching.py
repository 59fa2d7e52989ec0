"""The tables of docs/watching-the-system.md, from the table of metrics and the alarms of template.yaml."""

from typing import Any

from samtranslator.yaml_helper import yaml_parse

from docs.generators import parameters
from docs.generators.tables import table
from ses_reputation.metrics import METERS

_CONDITIONS = {
    "SuppressesRecipients": "only with `AutomaticSuppression`",
    "LooksUpBlocklists": "only with `BlocklistZones`",
}


def metrics() -> str:
    """Every metric that a function writes."""
    return table(
        ("metric", "written by", "unit", "also by", "what it says"),
        (
            (f"`{meter}`", f"`{row.service}`", row.unit.value, f"`{row.by}`" if row.by else "-", row.says)
            for meter, row in METERS.items()
        ),
    )


def alarms() -> str:
    """Every alarm, with what its description says."""
    return table(
        ("alarm", "what it means, and what to do first", "metrics that are paid for"),
        (
            (_name(name, resource), " ".join(resource["Properties"]["AlarmDescription"].split()), _paid_for(resource))
            for name, resource in _resources().items()
            if resource["Type"] == "AWS::CloudWatch::Alarm"
        ),
    )


def settings() -> str:
    """The parameters of the dashboard and the alarms."""
    return parameters.of_group("How the system itself is watched")


def _resources() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse(parameters.TEMPLATE.read_text())
    resources: dict[str, Any] = template["Resources"]
    return resources


def _name(name: str, resource: dict[str, Any]) -> str:
    return f"`{name}`" + (f", {_CONDITIONS[resource['Condition']]}" if "Condition" in resource else "")


def _paid_for(resource: dict[str, Any]) -> str:
    """How many metrics an alarm looks at: an expression is none."""
    queries = resource["Properties"].get("Metrics")
    if queries is None:
        return "1"
    always = sum("MetricStat" in query for query in queries)
    others = sum("Fn::If" in query for query in queries)
    return f"{always}, up to {always + others} with what parameters add" if others else str(always)
