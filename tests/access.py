"""What a policy of IAM says of a request: for tests over the policies of template.yaml.

Of the language of policies, what stands in ours is understood, and anything else is refused instead of guessed.
(The diagnosis reads policies of others, and takes what it does not understand for open: that is another question.)
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

from msgspec import Struct

Policy = Mapping[str, Any]
Context = Mapping[str, str | Sequence[str]]

_ELEMENTS = frozenset({"Sid", "Effect", "Principal", "Action", "Resource", "Condition"})


class Answer(StrEnum):
    """What a policy says of a request. SILENT: nothing, so that it is refused unless another policy allows it."""

    ALLOWED = "allowed"
    DENIED = "denied"
    SILENT = "silent"


class Caller(Struct, frozen=True):
    """Who makes a request: a service of AWS, a user or role by its ARN, or somebody without credentials (no name)."""

    kind: str
    name: str = ""


def service(name: str) -> Caller:
    """A service, by the name that its principal begins with."""
    return Caller("Service", f"{name}.amazonaws.com")


NOBODY = Caller("AWS")
"""Somebody without credentials."""


class Request(Struct, frozen=True):
    """An action on a resource, and what IAM knows of the circumstances. An action that has no resources has `*`."""

    action: str
    resource: str = "*"
    caller: Caller = NOBODY
    context: Context = {}


def answer(policy: Policy, request: Request) -> Answer:
    """What the policy of a resource, or of a role, says of a request. A denial is stronger than any permission.

    Raises NotImplementedError for what is not understood.
    """
    effects = {statement["Effect"] for statement in listed(policy["Statement"]) if applies(statement, request)}
    if "Deny" in effects:
        return Answer.DENIED
    return Answer.ALLOWED if "Allow" in effects else Answer.SILENT


def applies(statement: Mapping[str, Any], request: Request) -> bool:
    """Whether a statement is about a request."""
    if unknown := statement.keys() - _ELEMENTS:
        raise NotImplementedError(f"policies of ours have no {', '.join(sorted(unknown))}")
    return (
        any(_fits(pattern.lower(), request.action.lower()) for pattern in listed(statement["Action"]))
        and any(_fits(pattern, request.resource) for pattern in listed(statement["Resource"]))
        and _is_named(statement.get("Principal"), request.caller)
        and all(_hold(operator, wanted, request) for operator, wanted in statement.get("Condition", {}).items())
    )


def listed(one_or_more: Any) -> list[Any]:
    """The members of what may be a list, or one of it."""
    return list(one_or_more) if isinstance(one_or_more, list | tuple) else [one_or_more]


def statements_of(document: Policy) -> list[Mapping[str, Any]]:
    """The statements of a policy in a template, also those that depend on a condition."""
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in document["Statement"]]


def _is_named(principal: Any, caller: Caller) -> bool:
    """A policy of a role names nobody: it is about the role. `*` is everybody, also who has no credentials."""
    match principal:
        case None | "*":
            return True
        case Mapping():
            names = [str(name) for kind, named in principal.items() if kind == caller.kind for name in listed(named)]
            everybody = "*" in map(str, listed(principal.get("AWS", ())))
            return everybody or any(_is(name, caller) for name in names)
        case _:
            raise NotImplementedError(f"a principal {principal!r}")


def _is(name: str, caller: Caller) -> bool:
    """An account's id, or its root, stands for everybody in it whom IAM there allows it."""
    account = re.fullmatch(r"(?:arn:[a-z-]+:iam::)?(\d{12})(?::root)?", name)
    if caller.kind == "AWS" and account:
        return account_of(caller.name) == account[1]
    return name == caller.name


def account_of(arn: str) -> str:
    """The account that an ARN is of; empty if it is none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


# -- Conditions --------------------------------------------------------------------------------------------------------
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html


def _hold(operator: str, wanted: Mapping[str, Any], request: Request) -> bool:
    """Whether an operator holds of all its keys, each with one of its values."""
    given = {key.lower(): listed(value) for key, value in request.context.items()}
    return all(_holds(operator, given.get(key.lower(), []), list(_texts(values))) for key, values in wanted.items())


def _holds(operator: str, given: list[str], wanted: list[str]) -> bool:
    """Whether one key has a value that is wanted. Without the key nothing equals it."""
    set_operator, _, plain = operator.rpartition(":")
    if plain == "Null":
        return (not given) == (wanted == ["true"])
    if plain not in _SAME:
        raise NotImplementedError(f"a condition {operator}")
    same = _SAME[plain]
    found = [any(same(value, each) for value in wanted) for each in given]
    match set_operator:
        case "ForAllValues":
            return all(found)
        case "":
            return len(found) == 1 and found[0]
        case _:
            raise NotImplementedError(f"a condition {operator}")


def _texts(values: Any) -> Iterator[str]:
    for value in listed(values):
        yield str(value).lower() if isinstance(value, bool) else str(value)


def _equal(wanted: str, given: str) -> bool:
    return wanted == given


def _same_truth(wanted: str, given: str) -> bool:
    return wanted.lower() == given.lower()


def _alike(wanted: str, given: str) -> bool:
    return _fits(wanted, given)


def _same_arn(wanted: str, given: str) -> bool:
    """A wildcard stands for a part of an ARN, or of a part, and not for several."""
    parts = wanted.split(":", 5), given.split(":", 5)
    return len(parts[0]) == len(parts[1]) == 6 and all(map(_fits, *parts))


_SAME: Mapping[str, Callable[[str, str], bool]] = MappingProxyType(
    {
        "StringEquals": _equal,
        "StringLike": _alike,
        "ArnEquals": _same_arn,
        "ArnLike": _same_arn,
        "Bool": _same_truth,
    }
)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), re.DOTALL)


def _fits(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None
