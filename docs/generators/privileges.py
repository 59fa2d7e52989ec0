"""What each function may do, from the translated template: the plugin of the tests holds it against what they do."""

from collections import defaultdict

from docs.generators.tables import table
from tests.privileges import NOT_OURS, OPERATOR, granted


def privileges() -> str:
    """A row for each function, and one for operators: what they may do on which resource."""
    of_resource: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for grant, resource in granted().items():
        if grant.action not in NOT_OURS and grant.action not in of_resource[grant.who][resource]:
            of_resource[grant.who][resource].append(grant.action)
    rows = [
        (f"`{who}`", "; ".join(f"{_names(actions)} on {_name(resource)}" for resource, actions in resources.items()))
        for who, resources in sorted(of_resource.items(), key=lambda item: (item[0] == OPERATOR, item[0]))
    ]
    return table(("who", "may do"), rows)


def _names(actions: list[str]) -> str:
    """Actions of one service, which is named once."""
    services: dict[str, list[str]] = defaultdict(list)
    for action in actions:
        service, _, name = action.partition(":")
        services[service].append(name)
    return ", ".join(f"{service}: {', '.join(names)}" for service, names in services.items())


def _name(resource: str) -> str:
    return "the account" if resource == "*" else f"`{resource}`"
