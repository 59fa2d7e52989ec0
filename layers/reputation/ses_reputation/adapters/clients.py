"""boto3 clients, as every adapter wants them."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

# Short timeouts and few retries: what still fails comes again through the queue or the schedule. The adapters' requests
# are covered by tests, so that boto3 need not check the shape of every one: that costs more than sending it.
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "max_attempts": 4},
    parameter_validation=False,
)


def dynamodb() -> "DynamoDBClient":
    """A DynamoDB client in the region of the environment."""
    return boto3.client("dynamodb", config=_CONFIG)


def sns() -> "SNSClient":
    """An SNS client in the region of the environment."""
    return boto3.client("sns", config=_CONFIG)


def sqs() -> "SQSClient":
    """An SQS client in the region of the environment."""
    return boto3.client("sqs", config=_CONFIG)
