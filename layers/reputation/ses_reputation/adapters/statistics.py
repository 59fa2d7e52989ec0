"""What SES's own statistics say, as counter items beside those that events are counted in."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.domain.eligibility import BESIDE_RATES, Measure
from ses_reputation.domain.providers import UNSPECIFIED
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.statistics import Reported

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE_ITEMS = 100

REPORTED = keys.counter_attribute(UNSPECIFIED, Measure.REPORTED)
HARD_BOUNCED = keys.counter_attribute(UNSPECIFIED, Measure.HARD_BOUNCED)
COMPLAINED = keys.counter_attribute(UNSPECIFIED, Measure.COMPLAINED)


class DynamoDbStatistics:
    """The hours of the counters table that SES's statistics tell of. What is told is set, never added: it is a total.

    An hour that is not over grows until it is, so the larger of two numbers is the newer one.
    """

    def __init__(self, client: "DynamoDBClient", *, counters_table: str, retention: timedelta) -> None:
        self._client = client
        self._table = counters_table
        self._retention = retention

    def reported(self, scope: Scope, start: datetime) -> Mapping[datetime, int]:
        """How much mail of a scope was written for each hour from `start` on, beside its events."""
        items = self._items(
            KeyConditionExpression="#scope = :scope AND #hour >= :start",
            ExpressionAttributeNames={"#scope": "scope", "#hour": "hour"},
            ExpressionAttributeValues={":scope": keys.string(scope), ":start": keys.string(keys.hour_key(start))},
        )
        return {
            keys.counter_hour(item["hour"]["S"]): int(item[REPORTED]["N"])
            for item in items
            if keys.counter_writer(item["hour"]["S"]) == keys.STATISTICS
        }

    def write_reported(self, scope: Scope, hours: Mapping[datetime, int]) -> None:
        """Write how much mail SES reports for these hours, beside their events, where that is news."""
        for hour, reported in sorted(hours.items()):
            self._grow(scope, hour, keys.STATISTICS, {REPORTED: reported})

    def write_backfill(self, scope: Scope, hours: Mapping[datetime, Reported]) -> int:
        """Write what SES reports of these hours in place of their events; how many of them were news."""
        return sum(
            self._grow(
                scope,
                hour,
                keys.BACKFILL,
                {REPORTED: told.sent, HARD_BOUNCED: told.bounced, COMPLAINED: told.complained},
            )
            for hour, told in sorted(hours.items())
        )

    def oldest_live_hour(self, scope: Scope, measure: Measure | None = None) -> datetime | None:
        """The oldest hour of a scope that an event was counted in; with a measure, one that counts as that."""
        items = self._items(
            KeyConditionExpression="#scope = :scope",
            ExpressionAttributeNames={"#scope": "scope"},
            ExpressionAttributeValues={":scope": keys.string(scope)},
        )
        told = {keys.BACKFILL, keys.STATISTICS}
        live = (item for item in items if keys.counter_writer(item["hour"]["S"]) not in told)
        measures = set(Measure) - BESIDE_RATES if measure is None else {measure}
        hours = (keys.counter_hour(item["hour"]["S"]) for item in live if _holds(item, measures))
        return next(hours, None)

    def _grow(self, scope: Scope, hour: datetime, writer: str, numbers: Mapping[str, int]) -> bool:
        """Set the numbers of an item if there is none, or any of them is larger; whether that was so."""
        names = {f"#{i}": name for i, name in enumerate(numbers)}
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"scope": keys.string(scope), "hour": keys.string(keys.counter_key(hour, writer))},
                UpdateExpression=f"SET {', '.join(f'#{i} = :{i}' for i in range(len(numbers)))}, expires = :expires",
                ConditionExpression=" OR ".join(
                    ["attribute_not_exists(#0)", *(f"#{i} < :{i}" for i in range(len(numbers)))]
                ),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={
                    **{f":{i}": {"N": str(n)} for i, n in enumerate(numbers.values())},
                    ":expires": keys.expires(hour, self._retention),
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False  # Somebody else wrote it, or more.
        return True

    def _items(self, **query: Any) -> Iterator[dict[str, Any]]:
        """The items of a query, oldest first, read only as far as they are asked for."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table, PaginationConfig={"PageSize": PAGE_ITEMS}, **query
        )
        for page in pages:
            yield from page["Items"]


def _holds(item: Mapping[str, Any], measures: Collection[Measure]) -> bool:
    """Whether a counter item has a number of one of these measures, of any provider."""
    return any(dot and name in measures for _, dot, name in (attribute.rpartition(".") for attribute in item))
