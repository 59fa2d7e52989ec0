"""When the functions that schedules run last ended well: an item each, in the standings table."""

from datetime import datetime
from typing import TYPE_CHECKING

from ses_reputation.adapters import keys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbRuns:
    """The runs of one deployment."""

    def __init__(self, client: "DynamoDBClient", *, table: str) -> None:
        self._client = client
        self._table = table

    def note(self, function: str, time: datetime) -> None:
        """Keep that a run for this time ended well, unless one for a later time has."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=keys.item_key(keys.RUNS, function),
                UpdateExpression="SET #time = :time",
                ConditionExpression="attribute_not_exists(#time) OR #time < :time",
                ExpressionAttributeNames={"#time": "time"},
                ExpressionAttributeValues={":time": keys.string(time.isoformat())},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # It was a repetition.

    def last(self, function: str) -> datetime | None:
        """The newest time for which a run ended well; None if there is none."""
        item = self._client.get_item(TableName=self._table, Key=keys.item_key(keys.RUNS, function)).get("Item")
        return datetime.fromisoformat(item["time"]["S"]) if item else None
