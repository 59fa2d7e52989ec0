"""The floor: a function that talks to DynamoDB through boto3, once, and does nothing else."""

import os
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")


def lambda_handler(event: dict[str, Any], _context: object) -> None:
    """Keep what came."""
    item = {"id": {"S": event["Records"][0]["messageId"]}, "body": {"S": event["Records"][0]["body"]}}
    dynamodb.put_item(TableName=os.environ["TABLE"], Item=item)
