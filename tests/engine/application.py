"""What `make package` packs, deployed as the AWS CLI would: its code put into S3, its template into CloudFormation."""

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from release.sam_package import write_archive
from tests.engine.server import BUILD, ROOT, Engine

TEMPLATE = ROOT / ".aws-sam" / "build" / "template.yaml"
BUCKET = "ses-reputation-artefacts"
STACK = "ses-reputation"

# The one thing that is not as it is deployed: Lambda's packages are built for arm64 and its Python.
SWAPPED = {"DependenciesLayer": BUILD}

_CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


class NotDeployed(RuntimeError):
    """CloudFormation did not create the stack; the text says what it says."""


@dataclass(frozen=True)
class Application:
    """A deployed stack: the physical id of each resource, and the outputs."""

    resources: Mapping[str, str]
    outputs: Mapping[str, str]


def deploy(engine: Engine, parameters: Mapping[str, str]) -> Application:
    """Deploy what was packed of what `make build` left in .aws-sam/build; NotDeployed if the engine refuses it."""
    storage = engine.client("s3")
    template = _worked_out(_packaged(storage), parameters)
    storage.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(template).encode())
    formation = engine.client("cloudformation")
    formation.create_stack(
        StackName=STACK,
        TemplateURL=f"{engine.endpoint}/{BUCKET}/template.json",
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    formation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]
    pages = formation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    return Application(
        {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources},
        {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
    )


def read_template(path: Path) -> Any:
    """A template with CloudFormation's short forms as the long ones."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - our own, a safe one


def _packaged(storage: Any) -> Any:
    """The unpacked template with its code in S3, as `aws cloudformation package` writes it."""
    storage.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with tempfile.TemporaryDirectory() as folder:
        unpacked = _unpacked(Path(folder))
        template = read_template(unpacked / "template.yaml")
        for name, resource in template["Resources"].items():
            if where := _CODE.get(resource["Type"]):
                code = SWAPPED.get(name, unpacked / resource["Properties"][where])
                storage.put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=_zipped(code))
                resource["Properties"][where] = f"s3://{BUCKET}/{name}.zip"
    return template


def _unpacked(folder: Path) -> Path:
    """The folder that whoever unpacks the archive has."""
    with zipfile.ZipFile(write_archive(ROOT, TEMPLATE.parent, folder)) as archive:
        archive.extractall(folder)
    return next(path for path in folder.iterdir() if path.is_dir())


def _worked_out(template: Any, parameters: Mapping[str, str]) -> Any:
    """The template with the functions in its conditions replaced by their values: the engine takes a Fn::Join or a
    Fn::Split there for a text of its own.
    """
    values = {name: str(rules.get("Default", "")) for name, rules in template["Parameters"].items()} | dict(parameters)

    def value(part: Any) -> Any:
        match part:
            case {"Ref": name} if name in values:
                return values[name]
            case {"Fn::Split": [delimiter, text]}:
                return value(text).split(value(delimiter))
            case {"Fn::Join": [delimiter, texts]}:
                parts = value(texts)
                return value(delimiter).join(parts if isinstance(parts, list) else parts.split(","))
            case dict():
                return {name: value(inner) for name, inner in part.items()}
            case list():
                return [value(inner) for inner in part]
            case _:
                return part

    # And it takes a parameter's number for text, which is more than it can compare.
    resources = {
        name: _with_numbers(each, template, values) if each["Type"] == "AWS::Lambda::EventSourceMapping" else each
        for name, each in template["Resources"].items()
        if name not in left_out(template)
    }
    return {**template, "Conditions": value(template["Conditions"]), "Resources": resources}


def left_out(template: Any) -> frozenset[str]:
    """The resources that the engine can't create: alarms that compute with several metrics."""
    return frozenset(
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
    )


def _with_numbers(part: Any, template: Any, values: Mapping[str, str]) -> Any:
    match part:
        case {"Ref": name} if template["Parameters"].get(name, {}).get("Type") == "Number":
            return int(values[name])
        case dict():
            return {name: _with_numbers(inner, template, values) for name, inner in part.items()}
        case _:
            return part


def _zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(folder))
    return packed.getvalue()


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms, which CloudFormation itself reads, as the long ones."""


def _short_form(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)
