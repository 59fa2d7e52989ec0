"""No function waits for AWS until Lambda kills it: then it could say nothing, and set nothing apart."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import pytest

from ses_reputation.adapters import clients
from tests.test_template import RESOURCES

FUNCTIONS = [name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::Lambda::Function"]

CLIENTS: Final[Mapping[str, tuple[Callable[[str], Any], ...]]] = {
    "cloudwatch": (clients.cloudwatch,),
    "dynamodb": (clients.dynamodb,),
    "events": (clients.events,),
    "secretsmanager": (clients.secretsmanager,),
    "ses": (clients.ses, clients.sesv2),
    "sns": (clients.sns,),
    "sqs": (clients.sqs,),
}
"""By the prefix that a service has in IAM. Lambda writes the logs, and reads the queues; the services ask KMS."""


@cache
def longest_call(service: str) -> float:
    """The seconds that a call takes at most: each attempt times out, and before each but the first it waits longest.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    """
    longest = 0.0
    for make in CLIENTS[service]:
        config = make("eu-west-1").meta.config
        assert config.retries["mode"] == "standard"
        attempts = config.retries["total_max_attempts"]
        waits = sum(min(2**number, 20) for number in range(attempts - 1))
        longest = max(longest, attempts * (config.connect_timeout + config.read_timeout) + waits)
    return longest


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_call_takes_as_long_as_the_function_may(function: str) -> None:
    properties = RESOURCES[function]["Properties"]
    role = RESOURCES[properties["Role"]["Fn::GetAtt"][0]]
    services = set(re.findall(r'"([a-z0-9]+):\w+"', json.dumps(role["Properties"]["Policies"]))) - {"logs", "kms"}
    assert services
    for service in services:
        assert longest_call(service) < properties["Timeout"], service
