"""Reading the counters table."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.domain.counting import hour_of
from ses_reputation.domain.rates import HourCounts
from ses_reputation.domain.scopes import Scope

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from ses_reputation.domain.eligibility import Measure

# Items of one request. Most windows are full after fewer, and an item not read is an item not paid for.
PAGE_ITEMS = 100

# For who reads a month of hours in any case. An item has some 500 bytes, so that this is about what a request may read.
HISTORY_ITEMS = 2_000

_NO_EVENTS = frozenset({keys.STATISTICS, keys.BACKFILL})


class DynamoDbCounters:
    """What was counted, by scope and hour."""

    def __init__(self, client: "DynamoDBClient", *, table: str, page_items: int = PAGE_ITEMS) -> None:
        self._client = client
        self._table = table
        self._page_items = page_items

    def hours(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterator[HourCounts]:
        """The counts of the hours that began before a moment, and not before another, newest first.

        They are read only as far as they are asked for.
        """
        # By the text of the hour: to make a moment of it takes longer than to group by it.
        for hour, items in groupby(self._items(scope, before, since), key=lambda item: item["hour"]["S"][:13]):
            by_writer = {keys.counter_writer(item["hour"]["S"]): item for item in items}
            yield _hour_counts(keys.counter_hour(hour), by_writer)

    def newest_event(self, scope: Scope, before: datetime) -> datetime | None:
        """The newest hour before a moment of which events were counted; what is from SES's statistics is none."""
        names = (item["hour"]["S"] for item in self._items(scope, before))
        return next((keys.counter_hour(name) for name in names if keys.counter_writer(name) not in _NO_EVENTS), None)

    def _items(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterator[dict[str, Any]]:
        # An hour that began at `before` or later sorts behind the key; one that began earlier, before it or within it.
        limit = keys.hour_key(before) + ("" if before == hour_of(before) else "~")
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            # A condition on a key may have one comparison. What is between two limits has both in it, but no key is
            # an hour without a writer.
            KeyConditionExpression="#scope = :scope AND "
            + ("#hour BETWEEN :since AND :limit" if since else "#hour < :limit"),
            ExpressionAttributeNames={"#scope": "scope", "#hour": "hour"},
            ExpressionAttributeValues={
                ":scope": {"S": scope},
                ":limit": {"S": limit},
                **({":since": {"S": keys.hour_key(since)}} if since else {}),
            },
            ScanIndexForward=False,
            # A scope is settled after it was read: what was counted before it was marked as due must be seen.
            ConsistentRead=True,
            PaginationConfig={"PageSize": self._page_items},
        )
        for page in pages:
            yield from page["Items"]


def _hour_counts(hour: datetime, by_writer: dict[str, dict[str, Any]]) -> HourCounts:
    """The sum of an hour's items; of an hour that was backfilled, what was backfilled stands for all of it."""
    backfill = by_writer.get(keys.BACKFILL)
    counts: dict[tuple[str, Measure], int] = {}
    for item in (backfill,) if backfill else by_writer.values():
        for key, n in keys.counter_numbers(item).items():
            counts[key] = counts.get(key, 0) + n
    return HourCounts(hour, counts, backfilled=backfill is not None)
