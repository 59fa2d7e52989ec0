"""A misspelt property of SAM's fails, wherever it is: no linter sees one inside an event, and translating drops many.

The models are those from which SAM makes its schema for editors: they know every property of SAM's own, at any depth.
What SAM hands on to CloudFormation as it is (LoggingConfig, Environment), cfn-lint checks like all other resources.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from samtranslator.internal.schema_source import aws_serverless_function, aws_serverless_layerversion

from tests.test_template import SOURCE

MODELS = {
    "AWS::Serverless::Function": aws_serverless_function.Resource,
    "AWS::Serverless::LayerVersion": aws_serverless_layerversion.Resource,
}
OF_SAM = {
    name: resource for name, resource in SOURCE["Resources"].items() if resource["Type"].startswith("AWS::Serverless")
}
UNKNOWN = "extra fields not permitted"


def check(resource: dict[str, Any]) -> None:
    MODELS[resource["Type"]].parse_obj(resource)


@pytest.mark.parametrize("name", OF_SAM)
def test_sam_knows_every_property(name: str) -> None:
    check(OF_SAM[name])


def test_sam_knows_every_global_property() -> None:
    assert SOURCE["Globals"].keys() == {"Function"}
    aws_serverless_function.Globals.parse_obj(SOURCE["Globals"]["Function"])


def renamed(*path: str, to: str) -> Callable[[dict[str, Any]], None]:
    def rename(resource: dict[str, Any]) -> None:
        for key in path[:-1]:
            resource = resource[key]
        resource[to] = resource.pop(path[-1])

    return rename


def with_queue(resource: dict[str, Any]) -> None:
    resource["Properties"]["Events"] = {"OnMessage": {"Type": "SQS", "Properties": {"Queue": "q", "BatchSze": 5}}}


@pytest.mark.parametrize(
    ("name", "misspell"),
    [
        pytest.param("Operate", renamed("Properties", "Timeout", to="Timout"), id="a function's property"),
        pytest.param("Operate", renamed("Properties", "FunctionUrlConfig", "AuthType", to="AuthTyp"), id="its URL's"),
        pytest.param("LookUpBlocklists", renamed("Condition", to="Conditon"), id="its condition"),
        pytest.param(
            "WatchSes",
            renamed("Properties", "Events", "OnSchedule", "Properties", "Input", to="Inpt"),
            id="a schedule's",
        ),
        pytest.param(
            "ReceiveFinding",
            renamed("Properties", "EventInvokeConfig", "MaximumRetryAttempts", to="MaximumRetries"),
            id="how often it is tried",
        ),
        pytest.param(
            "ReceiveFinding",
            renamed("Properties", "EventInvokeConfig", "DestinationConfig", "OnFailure", to="OnFailures"),
            id="where failures go",
        ),
        pytest.param("ReputationLayer", renamed("Properties", "RetentionPolicy", to="Retention"), id="a layer's"),
        pytest.param("ReceiveFinding", with_queue, id="a batch size in an event of a queue"),
    ],
)
def test_a_misspelt_property_is_found(name: str, misspell: Callable[[dict[str, Any]], None]) -> None:
    resource = deepcopy(OF_SAM[name])
    misspell(resource)
    with pytest.raises(ValueError, match=UNKNOWN):
        check(resource)
