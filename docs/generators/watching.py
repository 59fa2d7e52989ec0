"""The tables of docs/watching-the-system.md, from the table of metrics and the alarms of template.yaml."""

from typing import Any

from docs.generators import parameters
from docs.generators.tables import table
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.metrics import METERS, Meter
from ses_reputation_local.template import read_source

_CONDITIONS = {
    "SuppressesRecipients": "only with `AutomaticSuppression`",
    "LooksUpBlocklists": "only with `BlocklistZones`",
}

# Functions that a parameter adds, and metrics that are written only when something is odd.
_OPTIONAL = {"suppress_recipients", "look_up_blocklists"}
_RARE = {Meter.UNKNOWN_BOUNCE_SUBTYPE, Meter.SCOPES_NOT_APART}


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


def costs() -> str:
    """What all of it costs in a month, at most, and what is free."""
    resources = [r for r in _resources().values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    looked_at = [_looked_at(resource) for resource in resources]
    always = sum(
        number for resource, (number, _) in zip(resources, looked_at, strict=True) if "Condition" not in resource
    )
    at_most = sum(number + added for number, added in looked_at)
    single = [row for row in METERS.values() if row.by is None]
    steady = sum(row.service not in _OPTIONAL for row in single) - len(_RARE)
    by_kind = sum(row.by == "kind" for row in METERS.values())
    everything = len(single) + by_kind * len(ScopeKind) + len(Status)
    typical = steady + by_kind * 4 + 2
    return table(
        ("what", "a month", "how many", "at most"),
        (
            ("the dashboard", "$3", "1", "$3.00"),
            (
                "alarms, for each metric that they look at",
                "$0.10",
                f"{always}; {at_most} with what parameters add",
                _dollars(10 * at_most),
            ),
            (
                "metrics, for each value of a dimension",
                "$0.30",
                (
                    f"{steady}, {by_kind} for each kind of scope, 1 for each status, {everything} at most; "
                    f"four kinds and two statuses make {typical}, which are {_dollars(30 * typical)}"
                ),
                _dollars(30 * everything),
            ),
            (
                "reading the list of all scopes after each evaluation",
                "$0.125 for a million units",
                "128 units for 2,000 scopes or so, each time",
                "$0.25 with 10,000 scopes; less than a cent with 100",
            ),
            (
                "writing that list",
                "$0.625 for a million units",
                "1 unit for each scope with new counts, each time",
                "$18.00 with 10,000 scopes that have new mail all the time; $0.18 with 100",
            ),
        ),
    )


def settings() -> str:
    """The parameters of the dashboard and the alarms."""
    return parameters.of_group("How the system itself is watched")


def _resources() -> dict[str, Any]:
    resources: dict[str, Any] = read_source(parameters.TEMPLATE)["Resources"]
    return resources


def _name(name: str, resource: dict[str, Any]) -> str:
    return f"`{name}`" + (f", {_CONDITIONS[resource['Condition']]}" if "Condition" in resource else "")


def _paid_for(resource: dict[str, Any]) -> str:
    always, added = _looked_at(resource)
    return f"{always}, up to {always + added} with what parameters add" if added else str(always)


def _looked_at(resource: dict[str, Any]) -> tuple[int, int]:
    """How many metrics an alarm looks at, and how many parameters can add. An expression is none."""
    queries = resource["Properties"].get("Metrics")
    if queries is None:
        return 1, 0
    return sum("MetricStat" in query for query in queries), sum("Fn::If" in query for query in queries)


def _dollars(cents: int) -> str:
    return f"${cents // 100}.{cents % 100:02}"
