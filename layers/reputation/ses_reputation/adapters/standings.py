"""The standings table: what was decided about every scope, its history, the outbox, and the scopes to evaluate."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.adapters.documents import decode, encode, items_of, moment, write_decided
from ses_reputation.domain.lifecycle import Standing
from ses_reputation.domain.providers import UNSPECIFIED
from ses_reputation.domain.scopes import Scope
from ses_reputation.evaluate import Due, Learned, Versioned
from ses_reputation.news import News
from ses_reputation.notices.alert import Alert

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbStandings:
    """The standings of one deployment."""

    def __init__(self, client: "DynamoDBClient", *, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> Iterator[Standing]:
        """Every standing, in no particular order."""
        for shard in keys.shards("standing"):
            for item in items_of(self._client, self._table, shard):
                standing: Standing = decode(item, Standing)
                yield standing

    def due(self) -> Iterator[Due]:
        """The scopes whose counts changed, and those that time may move."""
        for shard in keys.shards("due"):
            for item in items_of(self._client, self._table, shard):
                yield Due(Scope(item["name"]["S"]), item["token"]["S"])

    def read(self, scope: Scope) -> Versioned:
        """The standing of a scope; a new one if it has none."""
        # Consistent: a standing that lags behind would be refused when it is written.
        answer = self._client.get_item(TableName=self._table, Key=_standing_key(scope), ConsistentRead=True)
        if item := answer.get("Item"):
            return Versioned(decode(item, Standing), int(item["version"]["N"]))
        return Versioned(Standing(scope))

    def write(self, standing: Standing, version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        """Write a standing with its news and the alerts to send; False if it no longer has the version."""
        item = {
            **_standing_key(standing.scope),
            "status": keys.string(standing.status),
            "document": encode(standing),
        }
        return write_decided(self._client, self._table, item, version, news, alerts)

    def settle(self, due: Due) -> None:
        """Take a scope off the list, unless it was marked again since."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key={"collection": keys.string(keys.shard("due", due.scope)), "name": keys.string(due.scope)},
                ConditionExpression="#token = :seen",
                ExpressionAttributeNames={"#token": "token"},
                ExpressionAttributeValues={":seen": keys.string(due.token)},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # Marked again, or taken off by another run: either way there is nothing to do.

    def news(self, scope: Scope) -> Iterator[News]:
        """The history of a scope, oldest first."""
        for item in items_of(self._client, self._table, keys.news_of(scope)):
            piece: News = decode(item, News)
            yield piece

    def learned(self) -> Learned:
        """What the complaints that arrived, and SES, say about feedback loops."""
        items = {item["name"]["S"]: item for item in items_of(self._client, self._table, keys.FEEDBACK_LOOPS)}
        measured = items.pop(UNSPECIFIED, None)
        return Learned(frozenset(items), int(measured["percent"]["N"]) if measured else None)

    def outbox(self) -> Iterator[Alert]:
        """The alerts that are not known to be sent, oldest first."""
        for item in items_of(self._client, self._table, keys.OUTBOX):
            alert: Alert = decode(item, Alert)
            yield alert

    def mark_sent(self, alert: Alert, message_id: str) -> None:
        """Take an alert out of the outbox, and note with its news that it was sent."""
        outbox = {
            "TableName": self._table,
            "Key": {"collection": keys.string(keys.OUTBOX), "name": keys.string(moment(alert))},
        }
        news = {
            "TableName": self._table,
            "Key": {
                "collection": keys.string(keys.news_of(Scope(alert.scope))),
                "name": keys.string(moment(alert)),
            },
            "UpdateExpression": "SET alert_message_id = :id",
            "ExpressionAttributeValues": {":id": keys.string(message_id)},
        }
        actions: list[Any] = [{"Delete": outbox}, {"Update": news}]
        self._client.transact_write_items(TransactItems=actions)


def _standing_key(scope: Scope) -> dict[str, Any]:
    return {"collection": keys.string(keys.shard("standing", scope)), "name": keys.string(scope)}
