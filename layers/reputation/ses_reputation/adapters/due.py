"""The list of scopes to evaluate, in the standings table; and how items are written in batches, as in that list."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.domain.scopes import Scope

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH_WRITE_ITEMS = 25  # of one BatchWriteItem
BATCH_WRITE_ATTEMPTS = 8


class NotWritten(RuntimeError):
    """DynamoDB kept refusing to take items; what they were about has to be done again."""


class DynamoDbDue:
    """The scopes that one deployment is to evaluate.

    `new_token` makes a text that it never made before; `pause` waits before the attempt with the given number.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        standings_table: str,
        new_token: Callable[[], str],
        pause: Callable[[int], None],
    ) -> None:
        self._client = client
        self._standings_table = standings_table
        self._new_token = new_token
        self._pause = pause

    def mark(self, scopes: Collection[Scope]) -> None:
        """Have these scopes evaluated at the next run; NotWritten if DynamoDB keeps refusing."""
        token = keys.string(self._new_token())
        items = [
            {"collection": keys.string(keys.shard("due", scope)), "name": keys.string(scope), "token": token}
            for scope in sorted(scopes)
        ]
        put_all(self._client, self._standings_table, items, self._pause)


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
