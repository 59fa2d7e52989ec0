"""template.yaml as CloudFormation would create it: translated, with its conditions decided by parameter values."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from ses_reputation_local.template import read_template

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
REGION = "eu-west-1"
PSEUDO_PARAMETERS = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": "123456789012"}

_NO_VALUE = {"Ref": "AWS::NoValue"}


def resolved_template(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The resources that these parameters create, with nothing left in them that depends on a condition."""
    template = read_template(TEMPLATE, parameters, REGION)
    values = {**PSEUDO_PARAMETERS, **template.parameters}
    declared = template.body["Parameters"]
    lists = {name for name, rules in declared.items() if rules["Type"] == "CommaDelimitedList"}
    known = {name: value.split(",") if name in lists else value for name, value in values.items()}
    conditions: dict[str, Any] = {}
    for name, condition in template.body["Conditions"].items():  # Each names only such as stand before it.
        conditions[name] = _evaluate(condition, known, conditions)
    created = {
        name: resource
        for name, resource in template.body["Resources"].items()
        if "Condition" not in resource or conditions[resource["Condition"]]
    }
    return {"Resources": _decide(deepcopy(created), conditions, known)}


# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "Fn::Equals": lambda one, other: one == other,
    "Fn::Not": lambda one: not one,
    "Fn::And": lambda *all_of: all(all_of),
    "Fn::Or": lambda *any_of: any(any_of),
    "Fn::Join": lambda separator, parts: separator.join(parts),
    "Fn::Split": lambda separator, text: text.split(separator),
}


def _evaluate(expression: Any, values: Mapping[str, Any], conditions: Mapping[str, bool]) -> Any:
    match expression:
        case {"Ref": name}:
            return values[name]
        case {"Condition": name}:
            return conditions[name]
        case dict():
            ((function, arguments),) = expression.items()
            return _FUNCTIONS[function](*[_evaluate(argument, values, conditions) for argument in arguments])
        case [*items]:
            return [_evaluate(item, values, conditions) for item in items]
        case _:
            return expression


def _decide(node: Any, conditions: Mapping[str, bool], values: Mapping[str, Any]) -> Any:
    """Take the branch that holds of each Fn::If, the value of each parameter, and leave out what has no value."""
    match node:
        case {"Fn::If": [condition, then, otherwise]}:
            return _decide(then if conditions[condition] else otherwise, conditions, values)
        case {"Ref": name} if name in values:
            return values[name]
        case dict():
            return {k: _decide(v, conditions, values) for k, v in _valued(node.items(), conditions)}
        case list():
            return [_decide(v, conditions, values) for _, v in _valued(enumerate(node), conditions)]
        case _:
            return node


def _valued(items: Any, conditions: Mapping[str, bool]) -> list[tuple[Any, Any]]:
    return [(key, value) for key, value in items if _chosen(value, conditions) != _NO_VALUE]


def _chosen(node: Any, conditions: Mapping[str, bool]) -> Any:
    while isinstance(node, dict) and "Fn::If" in node:
        condition, then, otherwise = node["Fn::If"]
        node = then if conditions[condition] else otherwise
    return node
