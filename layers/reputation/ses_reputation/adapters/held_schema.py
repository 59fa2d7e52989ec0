"""Which schema the tables hold: one item in the standings table, for all three."""

from datetime import datetime
from typing import TYPE_CHECKING

from ses_reputation.adapters import keys
from ses_reputation.adapters.documents import Item, schema_of, written
from ses_reputation.schema import SCHEMA, refuse_newer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbHeldSchema:
    """The schema of one deployment's tables."""

    def __init__(self, client: "DynamoDBClient", *, table: str) -> None:
        self._client = client
        self._table = table

    def read(self) -> int | None:
        """The newest schema that any code has written in; None before the first evaluation."""
        return read_held(self._client, self._table)

    def refuse_newer(self) -> None:
        """TablesAreNewer if the tables hold a newer schema than this code knows."""
        refuse_newer(self.read() or 0)

    def take_up(self, now: datetime) -> None:
        """Begin to write in the schema of this code; TablesAreNewer if the tables hold a newer one.

        It is read at each run, and written once after an upgrade.
        """
        held = self.read() or 0
        refuse_newer(held)
        if held < SCHEMA:
            # Code of two versions may run at once while a new one is deployed: the newer one wins.
            written(
                lambda: self._client.update_item(
                    TableName=self._table,
                    Key=_KEY,
                    UpdateExpression="SET #schema = :ours, #since = :now",
                    ConditionExpression="attribute_not_exists(#schema) OR #schema < :ours",
                    ExpressionAttributeNames={"#schema": "schema", "#since": "since"},
                    ExpressionAttributeValues={":ours": {"N": str(SCHEMA)}, ":now": keys.string(now.isoformat())},
                )
            )


def read_held(client: "DynamoDBClient", table: str) -> int | None:
    """The schema that a standings table holds, or one that was restored from its backup."""
    answer = client.get_item(TableName=table, Key=_KEY, ConsistentRead=True)
    return schema_of(answer["Item"]) if "Item" in answer else None


_KEY: Item = keys.item_key(keys.SCHEMA, "tables")
