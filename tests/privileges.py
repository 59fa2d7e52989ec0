"""What functions and operators may do by template.yaml, and the documents, held against what they did."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field
from msgspec.structs import astuple

from ses_reputation_local.template import read_template
from tests.access import Request, applies, listed, statements_of

ROOT = Path(__file__).parents[1]
OPERATOR = "OperatorPolicy"

# What is granted, and called by nothing of ours: by whom then, and why.
NOT_OURS: Mapping[str, str] = MappingProxyType(
    {
        "logs:CreateLogStream": "Lambda writes the log",
        "logs:PutLogEvents": "Lambda writes the log",
        "sqs:ReceiveMessage": "Lambda reads the queue of an event source with the function's role",
        "sqs:DeleteMessage": "Lambda reads the queue of an event source with the function's role",
        "sqs:GetQueueAttributes": "Lambda reads the queue of an event source with the function's role",
        "kms:Decrypt": "the services ask KMS; test_encryption.py derives what from the other permissions",
        "kms:GenerateDataKey": "the services ask KMS; test_encryption.py derives what from the other permissions",
    }
)

# These commands are not for all operators: a policy of their own has all that they need. An operator who looks for one
# recipient's feedback needs both.
OF_THEIR_OWN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "redrive": ("RepairPolicy",),
        "rebuild": ("RepairPolicy",),
        "restore": ("RepairPolicy",),
        "forget": ("ForgetPolicy",),
        "feedback": (OPERATOR, "ForgetPolicy"),
    }
)
POLICIES = (OPERATOR, "RepairPolicy", "ForgetPolicy")

# These commands make a cloud of their own, and everything in it is theirs.
OWN_CLOUD = frozenset({"demo", "local", "replay"})

# These need more than operators have, besides what these have; what, is in docs/permissions.md, and for doctor in
# docs/checking-a-deployment.md.
BEYOND_OPERATORS = frozenset({"backfill", "connect", "doctor"})


class Grant(Struct, frozen=True, order=True):
    """One action on one resource of a statement, by its place there, that a function's role or a policy allows."""

    who: str
    statement: str
    action: str
    place: int


class Notes(Struct):
    """Which grants were used, and how often; what was refused, and in which test; the actions of each command."""

    uses: Counter[Grant] = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)
    commands: dict[str, set[str]] = field(default_factory=dict)


# -- What is allowed ---------------------------------------------------------------------------------------------------


@cache
def granted() -> Mapping[Grant, str]:
    """All that functions and people may ever do, with the resource as the template names it."""
    resources = read_template(ROOT / "template.yaml", {}, "eu-west-1").body["Resources"]
    grants: dict[Grant, str] = {}
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Lambda::Function":
            (policy,) = resources[f"{name}Role"]["Properties"]["Policies"]
            if policy["PolicyName"] != policy_name(name):
                raise ValueError(f"the policy of {name} is to be {policy_name(name)}: by that its calls are found")
            grants |= grants_of(name, policy["PolicyDocument"])
    for name in POLICIES:
        grants |= grants_of(name, resources[name]["Properties"]["PolicyDocument"])
    return grants


def policy_name(function: str) -> str:
    """The name of the policy in a function's role."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", function).lower()


def grants_of(who: str, document: Mapping[str, Any]) -> dict[Grant, str]:
    """The grants of a policy in a template, also of statements that depend on a condition."""
    return {
        Grant(who, statement["Sid"], action, place): _resource_text(resource)
        for statement in statements_of(document)
        for action in listed(statement["Action"])
        for place, resource in enumerate(_resources(statement))
    }


def _resources(statement: Mapping[str, Any]) -> list[Any]:
    """The resources of a statement in a template, also those that depend on a condition, which are the last."""
    match statement["Resource"]:
        case {"Fn::If": [_, [*those], [*without]]} if those[: len(without)] == without:
            return those
        case resource:
            return listed(resource)


def _resource_text(resource: Any) -> str:
    match resource:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", text).rpartition(":")[2]
        case _:
            return str(resource)


def unused(notes: Notes, *who: str) -> list[str]:
    """What was granted to these functions or policies, or to any, and never used."""
    return [
        f"{grant.who} may {grant.action} on {resource} ({grant.statement}), but never does"
        for grant, resource in granted().items()
        if grant.action not in NOT_OURS and not notes.uses[grant] and (not who or grant.who in who)
    ]


def refused(notes: Notes) -> list[str]:
    """What was done though no policy allows it, and in which test."""
    return [f"{what} ({test})" for what, test in sorted(notes.refused.items())]


def matches(document: Mapping[str, Any], request: Request) -> tuple[tuple[str, int], ...]:
    """The statements that allow a request, and by which of their resources."""
    return tuple(
        (statement["Sid"], place)
        for statement in document["Statement"]
        if statement["Effect"] == "Allow" and applies(statement, request)
        for place, resource in enumerate(listed(statement["Resource"]))
        if applies({**statement, "Resource": resource}, request)
    )


# -- What is told ------------------------------------------------------------------------------------------------------


# Commands (none stands for all), and the actions that they need.
Needs = list[tuple[set[str], set[str]]]


def undocumented(notes: Notes, table: Needs) -> list[str]:
    """What commands call that the documents do not name, and what these name and none of them calls."""
    told = []
    for command, actions in sorted(notes.commands.items()):
        named = set().union(*(needs for names, needs in table if not names or command in names))
        told += [f"{command} calls {action}, of which the documents say nothing" for action in sorted(actions - named)]
    for names, needs in table:
        called = set().union(*(actions for command, actions in notes.commands.items() if not names or command in names))
        of = ", ".join(sorted(names)) or "all commands"
        told += [
            f"the documents say of {of} that they need {action}, but none does" for action in sorted(needs - called)
        ]
    return told


def documented() -> Needs:
    """What docs/permissions.md says, and the table of checks for doctor.

    Who decides on the dashboard does what decide does, but in a thread that serves his browser, which is not seen here.
    """
    checks = (ROOT / "docs" / "checking-a-deployment.md").read_text(encoding="utf-8").partition("<!-- end -->")[0]
    table = needs_in((ROOT / "docs" / "permissions.md").read_text(encoding="utf-8"))
    return [*table, ({"doctor"}, _actions(checks))]


def needs_in(page: str) -> Needs:
    """The rows of the table of commands."""
    rows = re.findall(r"^\| ((?:all that look|`[a-z-]+`)[^|]*) \| (.*[a-z]+:[A-Z][^|]*) \|$", page, re.MULTILINE)
    return [(set(re.findall(r"`([a-z-]+)`", names)), _actions(needs)) for names, needs in rows]


def _actions(text: str) -> set[str]:
    """The actions that a text names; a key of a condition is none."""
    return set(re.findall(r"`([a-z]+:[A-Z]\w+)`", text)) - {"lambda:InvokedViaFunctionUrl"}


def by_function(notes: Notes) -> dict[str, dict[str, dict[str, int]]]:
    """How often which function did what to which resource."""
    told: dict[str, dict[str, dict[str, int]]] = {}
    for grant, resource in sorted(granted().items()):
        if count := notes.uses[grant]:
            of_action = told.setdefault(grant.who, {}).setdefault(grant.action, {})
            of_action[resource] = max(of_action.get(resource, 0), count)
    return told


def written(notes: Notes) -> dict[str, Any]:
    """Notes as JSON has them."""
    return {
        "uses": [[*astuple(grant), count] for grant, count in notes.uses.items()],
        "refused": notes.refused,
        "commands": {command: sorted(actions) for command, actions in notes.commands.items()},
    }


def read(several: Iterable[Mapping[str, Any]]) -> Notes:
    """What was written, of several processes."""
    notes = Notes()
    for each in several:
        notes.uses.update({Grant(*grant): count for *grant, count in each["uses"]})
        notes.refused.update(each["refused"])
        for command, actions in each["commands"].items():
            notes.commands.setdefault(command, set()).update(actions)
    return notes
