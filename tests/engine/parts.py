"""Tables, topics and queues of template.yaml, created one by one, and the variables of functions that use them."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.engine.application import read_template
from tests.engine.server import ROOT, Engine

_TABLE = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Parts:
    """What was created: the ARN of each topic, the URL of each queue, the name of each table, by logical id."""

    template: Any
    ids: Mapping[str, str]
    parameters: Mapping[str, str]

    def environment(self, function: str) -> dict[str, str]:
        """The variables of the function with this logical id."""
        variables = self.template["Resources"][function]["Properties"]["Environment"]["Variables"]
        return {name: self._value(value) for name, value in variables.items()}

    def keys(self) -> dict[str, tuple[str, ...]]:
        """The names of each table's key attributes."""
        resources = self.template["Resources"]
        return {
            self.ids[name]: tuple(part["AttributeName"] for part in resource["Properties"]["KeySchema"])
            for name, resource in resources.items()
            if resource["Type"] == "AWS::DynamoDB::Table"
        }

    def _value(self, value: Any) -> str:
        match value:
            case {"Ref": name} if name in self.ids:
                return self.ids[name]
            case {"Ref": name}:
                return self.parameters.get(name, str(self.template["Parameters"][name].get("Default", "")))
            case {"Fn::Join": [_, listed]}:
                return self._value(listed)
            case _:
                return str(value)


def create(engine: Engine, **parameters: str) -> Parts:
    """Tables, topics and queues of their own, with the names of none before."""
    template = read_template(ROOT / "template.yaml")
    number = next(_numbers)
    ids: dict[str, str] = {}
    for name, resource in template["Resources"].items():
        match resource["Type"]:
            case "AWS::DynamoDB::Table":
                ids[name] = f"{name}-{number}"
                given = {part: resource["Properties"][part] for part in _TABLE if part in resource["Properties"]}
                engine.client("dynamodb").create_table(TableName=ids[name], **given)
            case "AWS::SNS::Topic":
                ids[name] = engine.client("sns").create_topic(Name=f"{name}-{number}")["TopicArn"]
            case "AWS::SQS::Queue":
                ids[name] = engine.client("sqs").create_queue(QueueName=f"{name}-{number}")["QueueUrl"]
    return Parts(template, ids, parameters)
