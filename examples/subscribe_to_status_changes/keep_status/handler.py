"""Keeps the status of each mail stream, as SES Reputation tells it, where a sender looks before it sends."""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HEALTHY = "Healthy"
# Of the alert's format. New fields do not raise it; a field that means something else, or is gone, does.
VERSION = 1


@cache
def dynamodb() -> "DynamoDBClient":
    """The client that warm invocations share."""
    return boto3.client("dynamodb")


def lambda_handler(event: Mapping[str, Any], _context: object) -> None:
    """Keep what the alerts say that SNS brings. If one fails, Lambda brings all of them again, which does no harm."""
    for record in event["Records"]:
        keep(json.loads(record["Sns"]["Message"]))


def keep(alert: Mapping[str, Any]) -> bool:
    """Keep the status of one category of one scope, and since when it has it; False if nothing is new about it.

    SNS may deliver an alert twice, or after a newer one.
    """
    if alert["version"] != VERSION:
        raise ValueError(f"alert {alert['id']} is of version {alert['version']}; this reads {VERSION}")
    before, after = alert["before"], alert["after"]
    if before == after == HEALTHY:
        return False  # A suspicion has changed no status, and is in no order with what follows it.
    is_new = _keep_newest(alert, "status", after)
    if before != after:
        # Nor does what comes later, an extended period for one, change since when it has its status.
        _keep_newest(alert, "since", alert["time"])
    return is_new


def _keep_newest(alert: Mapping[str, Any], name: str, value: str) -> bool:
    """Keep one thing that the alert says; False if it is already kept of this alert, or of a newer one."""
    order = order_of(alert["finding"])
    try:
        dynamodb().update_item(
            TableName=os.environ["STATUSES_TABLE"],
            Key={"scope": {"S": alert["scope"]}, "category": {"S": alert["category"]}},
            UpdateExpression="SET #name = :value, #order = :order",
            ConditionExpression="attribute_not_exists(#order) OR #order < :order",
            ExpressionAttributeNames={"#name": name, "#order": f"{name}_order"},
            ExpressionAttributeValues={":value": {"S": value}, ":order": {"S": order}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


def order_of(finding: Mapping[str, Any]) -> str:
    """A text that is greater of a newer finding, and of the same one after something more was decided about it.

    A scope has one open finding of a category at a time. `repeat` is how many were closed before, and all that is
    decided about one raises its revision. Times would not do: several things may be decided in the same second, and a
    report that has waited in a queue is of when it was sent.
    """
    # With as many digits each, so that DynamoDB can compare them.
    return f"{finding['repeat']:09} {finding['revision']:09}"
