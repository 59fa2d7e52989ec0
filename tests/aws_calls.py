"""The calls of boto3 clients, as IAM sees them: which actions on which resources each of them is.

One call may be several actions, or one of another name. What is not known here is refused, so that no call is passed
over in silence.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from tests.access import Request

# Where IAM's name of a service differs from boto3's.
_PREFIXES: Mapping[str, str] = MappingProxyType({"sesv2": "ses"})

# A batch needs the permission for one of it.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
_RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "sqs:SendMessageBatch": "sqs:SendMessage",
        "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
        "lambda:Invoke": "lambda:InvokeFunction",
        "sns:PublishBatch": "sns:Publish",
    }
)

# Which parameter names the resource, and how its ARN goes on; the first that a call has. A value may be an ARN itself.
_NAMED: Mapping[str, str] = MappingProxyType(
    {
        "IndexName": "table/{TableName}/index/{IndexName}",
        "TableName": "table/{TableName}",
        "TopicArn": "{TopicArn}",
        "FunctionName": "function:{FunctionName}",
        "StackName": "stack/{StackName}/1",
        "ConfigurationSetName": "configuration-set/{ConfigurationSetName}",
        "TenantName": "tenant/{TenantName}/tn-1",
        "ReputationEntityReference": "{ReputationEntityReference}",
        "SecretId": "secret:{SecretId}",
    }
)

# All else is told of single resources.
_OF_THE_ACCOUNT = frozenset({"cloudformation", "cloudwatch", "scheduler", "ses"})


def requests_of(
    service: str, operation: str, params: Mapping[str, Any], region: str, account: str
) -> Iterator[Request]:
    """What IAM is asked about a call. Raises NotImplementedError for one that is not known."""
    prefix = _PREFIXES.get(service, service)
    action = _RENAMED.get(f"{prefix}:{operation}", f"{prefix}:{operation}")

    def arn(resource: str) -> str:
        return f"arn:aws:{prefix}:{region}:{account}:{resource}"

    if (
        action == "sts:GetCallerIdentity"
    ):  # Everybody may. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
        return
    match params:
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
        case {"TransactItems": items}:
            for item in items:
                for kind, one in item.items():
                    yield Request(f"dynamodb:{kind}Item", arn(f"table/{one['TableName']}"))
        case {"RequestItems": tables}:
            yield from (Request(action, arn(f"table/{table}")) for table in tables)
        case {"Entries": entries} if action == "events:PutEvents":
            for entry in entries:
                context = {"events:source": entry["Source"], "events:detail-type": entry["DetailType"]}
                yield Request(action, entry["EventBusName"], context=context)
        case {"QueueUrl": url}:
            yield Request(action, arn(url.rpartition("/")[2]))
        case _:
            yield Request(action, _resource(prefix, operation, params, arn))


def _resource(prefix: str, operation: str, params: Mapping[str, Any], arn: Callable[[str], str]) -> str:
    for name, resource in _NAMED.items():
        if name in params:
            given = str(params[name])
            return given if given.startswith("arn:") else arn(resource.format_map(params))
    if prefix in _OF_THE_ACCOUNT or operation == "GetEventSourceMapping":
        return "*"
    raise NotImplementedError(f"which actions of IAM are {prefix}:{operation}?")
