"""The standings table: what was decided about every scope, its history, the outbox, and the scopes to evaluate."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ses_reputation.adapters import keys
from ses_reputation.domain.lifecycle import Change, Standing
from ses_reputation.domain.scopes import Scope
from ses_reputation.evaluate import Due, Versioned
from ses_reputation.notices.alert import Alert

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")


class DynamoDbStandings:
    """The standings of one deployment.

    Beside the document (JSON, in `document`) an item holds what a person wants to see in a listing.
    """

    def __init__(self, client: "DynamoDBClient", *, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> Iterator[Standing]:
        """Every standing, in no particular order."""
        for shard in keys.shards("standing"):
            for item in self._query(shard):
                yield _decode(item, Standing)

    def due(self) -> Iterator[Due]:
        """The scopes whose counts changed, and those that time may move."""
        for shard in keys.shards("due"):
            for item in self._query(shard):
                yield Due(Scope(item["name"]["S"]), item["token"]["S"])

    def read(self, scope: Scope) -> Versioned:
        """The standing of a scope; a new one if it has none."""
        # Consistent: a standing that lags behind would be refused when it is written.
        answer = self._client.get_item(TableName=self._table, Key=_standing_key(scope), ConsistentRead=True)
        if item := answer.get("Item"):
            return Versioned(_decode(item, Standing), int(item["version"]["N"]))
        return Versioned(Standing(scope))

    def write(self, standing: Standing, version: int, changes: Sequence[Change], alerts: Sequence[Alert]) -> bool:
        """Write a standing with its changes and the alerts to send; False if it no longer has the version."""
        put = self._put_standing(standing, version)
        actions: list[Any] = [{"Put": {"TableName": self._table, "Item": _change_item(change)}} for change in changes]
        actions += [{"Put": {"TableName": self._table, "Item": _outbox_item(alert)}} for alert in alerts]
        try:
            if actions:
                self._client.transact_write_items(TransactItems=[{"Put": put}, *actions])
            else:
                self._client.put_item(**put)  # On its own it costs half of what it costs in a transaction.
        except (
            self._client.exceptions.ConditionalCheckFailedException,
            self._client.exceptions.TransactionConflictException,
        ):
            return False
        except self._client.exceptions.TransactionCanceledException as error:
            codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
            if codes & {"ConditionalCheckFailed", "TransactionConflict"}:
                return False
            raise
        return True

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

    def changes(self, scope: Scope) -> Iterator[Change]:
        """The history of a scope, oldest first."""
        for item in self._query(keys.changes_of(scope)):
            yield _decode(item, Change)

    def outbox(self) -> Iterator[Alert]:
        """The alerts that are not known to be sent, oldest first."""
        for item in self._query(keys.OUTBOX):
            yield _decode(item, Alert)

    def mark_sent(self, alert: Alert, message_id: str) -> None:
        """Take an alert out of the outbox, and note with its change that it was sent."""
        outbox = {
            "TableName": self._table,
            "Key": {"collection": keys.string(keys.OUTBOX), "name": keys.string(_moment(alert))},
        }
        change = {
            "TableName": self._table,
            "Key": {
                "collection": keys.string(keys.changes_of(Scope(alert.scope))),
                "name": keys.string(_moment(alert)),
            },
            "UpdateExpression": "SET alert_message_id = :id",
            "ExpressionAttributeValues": {":id": keys.string(message_id)},
        }
        actions: list[Any] = [{"Delete": outbox}, {"Update": change}]
        self._client.transact_write_items(TransactItems=actions)

    def _put_standing(self, standing: Standing, version: int) -> Any:
        item = {
            **_standing_key(standing.scope),
            "version": {"N": str(version + 1)},
            "status": keys.string(standing.status),
            "document": keys.string(_encode(standing)),
        }
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(#collection)",
            "ExpressionAttributeNames": {"#collection": "collection"},
        }
        if version:
            condition = {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(version)}},
            }
        return {"TableName": self._table, "Item": item, **condition}

    def _query(self, collection: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#collection = :collection",
            ExpressionAttributeNames={"#collection": "collection"},
            ExpressionAttributeValues={":collection": keys.string(collection)},
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]


def _standing_key(scope: Scope) -> dict[str, Any]:
    return {"collection": keys.string(keys.shard("standing", scope)), "name": keys.string(scope)}


def _change_item(change: Change) -> dict[str, Any]:
    return {
        "collection": keys.string(keys.changes_of(change.scope)),
        "name": keys.string(_moment(change)),
        "metric": keys.string(change.metric),
        "after": keys.string(change.after),
        "document": keys.string(_encode(change)),
    }


def _outbox_item(alert: Alert) -> dict[str, Any]:
    return {
        "collection": keys.string(keys.OUTBOX),
        "name": keys.string(_moment(alert)),
        "document": keys.string(_encode(alert)),
    }


def _moment(what: Change | Alert) -> str:
    """Sorts by time, and is the same for a change and the alert about it."""
    return f"{what.time.isoformat(timespec='seconds')}/{what.id}"


def _encode(document: msgspec.Struct) -> str:
    return msgspec.json.encode(document).decode()


def _decode(item: dict[str, Any], to: type[T]) -> T:
    return msgspec.json.decode(item["document"]["S"], type=to)
