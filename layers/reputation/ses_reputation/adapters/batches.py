"""Items written and read in batches, and again until DynamoDB has taken, or given, all of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH_WRITE_ITEMS = 25  # of one BatchWriteItem
BATCH_WRITE_ATTEMPTS = 8
BATCH_GET_KEYS = 100  # of one BatchGetItem
BATCH_GET_ATTEMPTS = 8


class NotWritten(RuntimeError):
    """DynamoDB kept refusing to take items; what they were about has to be done again."""


class NotRead(RuntimeError):
    """DynamoDB kept refusing to give items."""


def put_all(
    client: "DynamoDBClient", table: str, items: Iterable[dict[str, Any]], pause: Callable[[int], None]
) -> None:
    """Put items, in batches, and again those that DynamoDB did not take; NotWritten if it keeps refusing."""
    put_each(client, ((table, item) for item in items), pause)


def put_each(
    client: "DynamoDBClient", items: Iterable[tuple[str, dict[str, Any]]], pause: Callable[[int], None]
) -> None:
    """Put items into several tables, each given with the name of its own, as put_all puts them into one."""
    _write_all(client, [(table, {"PutRequest": {"Item": item}}) for table, item in items], pause)


def delete_all(
    client: "DynamoDBClient", table: str, item_keys: Iterable[dict[str, Any]], pause: Callable[[int], None]
) -> None:
    """Delete the items that have these keys, as put_all puts items."""
    _write_all(client, [(table, {"DeleteRequest": {"Key": key}}) for key in item_keys], pause)


def _write_all(
    client: "DynamoDBClient", requests: Sequence[tuple[str, dict[str, Any]]], pause: Callable[[int], None]
) -> None:
    for start in range(0, len(requests), BATCH_WRITE_ITEMS):
        unprocessed: Any = {}
        for table, request in requests[start : start + BATCH_WRITE_ITEMS]:
            unprocessed.setdefault(table, []).append(request)
        for attempt in range(1, BATCH_WRITE_ATTEMPTS + 1):
            unprocessed = client.batch_write_item(RequestItems=unprocessed).get("UnprocessedItems")
            if not unprocessed:
                break
            pause(attempt)
        else:
            raise NotWritten(f"{sum(map(len, unprocessed.values()))} items could not be written")


def get_all(
    client: "DynamoDBClient",
    table: str,
    item_keys: Sequence[dict[str, Any]],
    pause: Callable[[int], None],
    *,
    consistent: bool = False,
) -> Iterator[dict[str, Any]]:
    """The items that have these keys, 100 of them at most, in any order; NotRead if DynamoDB keeps refusing.

    A key that no item has is left out. They may be a moment old, unless they are read consistently, which costs twice.
    """
    if not item_keys:
        return
    requests: Any = {table: {"Keys": item_keys, "ConsistentRead": consistent}}
    for attempt in range(1, BATCH_GET_ATTEMPTS + 1):
        answer = client.batch_get_item(RequestItems=requests)
        yield from answer["Responses"].get(table, [])
        requests = answer.get("UnprocessedKeys")
        if not requests:
            return
        # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
        pause(attempt)
    raise NotRead("DynamoDB is asked too much, and gives no more items: try again in a minute")
