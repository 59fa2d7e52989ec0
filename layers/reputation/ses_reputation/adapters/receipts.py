"""What was counted of one message: its receipts."""

from typing import TYPE_CHECKING

from ses_reputation.adapters import keys
from ses_reputation.domain.eligibility import Measure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbReceipts:
    """The receipts of one deployment."""

    def __init__(self, client: "DynamoDBClient", *, table: str) -> None:
        self._client = client
        self._table = table

    def measures(self, message_id: str) -> frozenset[Measure]:
        """What was counted of a message, whatever was written a moment ago. There are few receipts of one."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="message_id = :id",
            ExpressionAttributeValues={":id": keys.string(message_id)},
            ConsistentRead=True,
        )
        return frozenset(Measure(item["entry"]["S"].partition("#")[0]) for item in answer["Items"])
