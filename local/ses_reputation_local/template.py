"""From template.yaml and parameter values to the CloudFormation template that AWS would create."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# SAM takes code from S3 alone; what stands there is never read.
_NO_CODE: Final = "s3://local/code.zip"
_CODE_PROPERTY: Final[Mapping[str, str]] = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
}
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


class ParameterError(ValueError):
    """A parameter value that CloudFormation would refuse, said so that the person who typed it knows what to change."""


@dataclass(frozen=True)
class FunctionCode:
    """Where a function's code is: its folder, and `module.function` in it as Lambda's Handler property names it."""

    folder: Path
    handler: str


@dataclass(frozen=True)
class Template:
    """A plain CloudFormation template, the value of each of its parameters, and the code of each function in it."""

    body: Mapping[str, Any]
    parameters: Mapping[str, str]
    functions: Mapping[str, FunctionCode]


# Parsing and translating take longer than all else that bringing up a cloud does, and a process may bring up many.
_parsed = lru_cache(maxsize=8)(yaml_parse)


def read_source(path: Path) -> dict[str, Any]:
    """A SAM template as it is written; `!Sub` is `Fn::Sub` in it, and so on.

    What is returned is not to be changed: whoever reads the same template is given the same object.
    """
    source: dict[str, Any] = _parsed(path.read_text(encoding="utf-8"))
    return source


def read_template(path: Path, parameters: Mapping[str, str], region: str) -> Template:
    """Read a SAM template and translate it as AWS::Serverless does. What is returned is not to be changed.

    Raises ParameterError for a value that CloudFormation would refuse.
    """
    return _translated(path.read_text(encoding="utf-8"), path.parent, tuple(parameters.items()), region)


@lru_cache(maxsize=32)
def _translated(text: str, folder: Path, parameters: tuple[tuple[str, str], ...], region: str) -> Template:
    # A copy: translating it changes it.
    sam = deepcopy(_parsed(text))
    values = check_parameters(sam.get("Parameters", {}), dict(parameters))
    check_rules(sam.get("Rules", {}), values)
    folders = _take_code_folders(sam, folder)
    # The translator asks its session for nothing but the region.
    session = SimpleNamespace(region_name=region)
    translator = Translator({}, Parser(), boto_session=session)
    body = translator.translate(sam, dict(values))
    # To nobody: it warns on the terminal about metrics that were not published.
    translator.metrics.publish()
    functions = {
        logical_id: FunctionCode(folders[logical_id], resource["Properties"]["Handler"])
        for logical_id, resource in body["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function" and logical_id in folders
    }
    return Template(body, values, functions)


def check_parameters(declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> Mapping[str, str]:
    """Give every declared parameter its value, or its default, and check it as CloudFormation does.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
    """
    for name in given:
        if name not in declared:
            raise ParameterError(f"there is no parameter {name}; there are {', '.join(declared)}")
    values = {}
    for name, rules in declared.items():
        if name not in given and "Default" not in rules:
            raise ParameterError(f"{name} must have a value, since it has no default")
        values[name] = str(given.get(name, rules.get("Default")))
        _check_value(name, rules, values[name])
    return values


def _check_value(name: str, rules: Mapping[str, Any], value: str) -> None:
    kind = rules.get("Type", "String")
    number = _number(name, value) if kind == "Number" else None
    constraint = _allowed_values(rules, value, number) or (
        _number_range(rules, number) if number is not None else _length_and_pattern(rules, kind, value)
    )
    if constraint:
        raise ParameterError(f"{name} {rules.get('ConstraintDescription', constraint)}, not {_shown(value, number)}")


def _number(name: str, value: str) -> Decimal:
    if not _NUMBER.fullmatch(value):
        raise ParameterError(f"{name} must be a number, not {_shown(value, None)}")
    return Decimal(value)


def _shown(value: str, number: Decimal | None) -> str:
    if number is not None:
        return value
    return f"'{value}'" if value else "empty"


def _allowed_values(rules: Mapping[str, Any], value: str, number: Decimal | None) -> str | None:
    allowed: Sequence[Any] = rules.get("AllowedValues", [])
    if not allowed:
        return None
    found = any(number == Decimal(str(a)) for a in allowed) if number is not None else value in map(str, allowed)
    return None if found else f"must be one of {', '.join(map(str, allowed))}"


def _number_range(rules: Mapping[str, Any], number: Decimal) -> str | None:
    if "MinValue" in rules and number < Decimal(str(rules["MinValue"])):
        return f"must be at least {rules['MinValue']}"
    if "MaxValue" in rules and number > Decimal(str(rules["MaxValue"])):
        return f"must be at most {rules['MaxValue']}"
    return None


def _length_and_pattern(rules: Mapping[str, Any], kind: str, value: str) -> str | None:
    if "MinLength" in rules and len(value) < int(rules["MinLength"]):
        return f"must have at least {rules['MinLength']} characters"
    if "MaxLength" in rules and len(value) > int(rules["MaxLength"]):
        return f"must have at most {rules['MaxLength']} characters"
    # The pattern must match the whole value, of a list each of its members.
    members = value.split(",") if kind == "CommaDelimitedList" else [value]
    if "AllowedPattern" in rules and not all(re.fullmatch(rules["AllowedPattern"], member) for member in members):
        return f"must match {rules['AllowedPattern']}"
    return None


def check_rules(rules: Mapping[str, Mapping[str, Any]], values: Mapping[str, str]) -> None:
    """Check values of parameters together as the rules of a template do.

    Raises ParameterError for the first assertion that does not hold, with what the template says of it.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
    """
    for rule in rules.values():
        if "RuleCondition" in rule and not _holds(rule["RuleCondition"], values):
            continue
        for assertion in rule["Assertions"]:
            if not _holds(assertion["Assert"], values):
                raise ParameterError(assertion["AssertDescription"])


def _holds(condition: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    match condition:
        case {"Fn::Not": [inner]}:
            return not _holds(inner, values)
        case {"Fn::Equals": [{"Ref": name}, text]}:
            return bool(values[name] == text)
        case _:
            raise NotImplementedError(f"the local cloud knows no {', '.join(condition)} of this form in rules")


def _take_code_folders(sam: Mapping[str, Any], root: Path) -> dict[str, Path]:
    """Replace local code in a SAM template by a place in S3, and return the folder of each resource that had some."""
    shared = sam.get("Globals", {}).get("Function", {}).get("CodeUri")
    folders = {}
    for logical_id, resource in sam["Resources"].items():
        code_property = _CODE_PROPERTY.get(resource["Type"])
        if code_property is None:
            continue
        properties = resource.setdefault("Properties", {})
        code = properties.get(code_property, shared if code_property == "CodeUri" else None)
        if isinstance(code, str) and not code.startswith("s3://"):
            folders[logical_id] = root / code
            properties[code_property] = _NO_CODE
    return folders
