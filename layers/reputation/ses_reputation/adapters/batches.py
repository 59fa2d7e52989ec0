"""Items written in batches, and again until DynamoDB has taken all of them."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH_WRITE_ITEMS = 25  # of one BatchWriteItem
BATCH_WRITE_ATTEMPTS = 8


class NotWritten(RuntimeError):
    """DynamoDB kept refusing to take items; what they were about has to be done again."""


def put_all(
    client: "DynamoDBClient", table: str, items: Iterable[dict[str, Any]], pause: Callable[[int], None]
) -> None:
    """Put items, in batches, and again those that DynamoDB did not take; NotWritten if it keeps refusing."""
    _write_all(client, table, [{"PutRequest": {"Item": item}} for item in items], pause)


def delete_all(
    client: "DynamoDBClient", table: str, item_keys: Iterable[dict[str, Any]], pause: Callable[[int], None]
) -> None:
    """Delete the items that have these keys, as put_all puts items."""
    _write_all(client, table, [{"DeleteRequest": {"Key": key}} for key in item_keys], pause)


def _write_all(client: "DynamoDBClient", table: str, requests: Sequence[Any], pause: Callable[[int], None]) -> None:
    for start in range(0, len(requests), BATCH_WRITE_ITEMS):
        unprocessed: Any = {table: requests[start : start + BATCH_WRITE_ITEMS]}
        for attempt in range(1, BATCH_WRITE_ATTEMPTS + 1):
            unprocessed = client.batch_write_item(RequestItems=unprocessed).get("UnprocessedItems")
            if not unprocessed:
                break
            pause(attempt)
        else:
            raise NotWritten(f"{len(unprocessed[table])} items could not be written")
