"""Keeps the status of each mail stream, as SES Reputation tells it, where a sender looks before it sends."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
    """Keep the status of one category of one scope; False if something newer is known of it.

    SNS may deliver an alert twice, or after a newer one.
    """
    if alert["version"] != VERSION:
        raise ValueError(f"alert {alert['id']} is of version {alert['version']}; this reads {VERSION}")
    order = order_of(alert["finding"])
    try:
        dynamodb().put_item(
            TableName=os.environ["STATUSES_TABLE"],
            Item={
                "scope": {"S": alert["scope"]},
                "category": {"S": alert["category"]},
                "status": {"S": alert["after"]},
                "since": {"S": alert["time"]},
                "order": {"S": order},
            },
            ConditionExpression="attribute_not_exists(#order) OR #order < :order",
            ExpressionAttributeNames={"#order": "order"},
            ExpressionAttributeValues={":order": {"S": order}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


def order_of(finding: Mapping[str, Any]) -> str:
    """A text that is greater of a newer finding, and of the same one after something more was decided about it.

    A scope has one open finding of a category at a time, and all that is decided about it raises its revision.
    """
    opened = datetime.fromisoformat(finding["opened"]).astimezone(UTC)
    # With as many digits each, so that DynamoDB can compare them.
    return f"{opened.isoformat(timespec='microseconds')} {finding['revision']:09}"
