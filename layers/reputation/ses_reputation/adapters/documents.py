"""Documents in the standings table: JSON in `document`, beside what a person wants to see in a listing."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from ses_reputation.adapters import keys
from ses_reputation.news import News
from ses_reputation.notices.alert import Alert

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]


def encode(document: msgspec.Struct) -> dict[str, str]:
    """A document as DynamoDB's attribute value."""
    return keys.string(msgspec.json.encode(document).decode())


def decode(item: Item, to: Any) -> Any:
    """The document that an item holds."""
    return msgspec.json.decode(item["document"]["S"], type=to)


def moment(what: News | Alert) -> str:
    """Sorts by time, and is the same for news and the alert about it."""
    return f"{what.time.isoformat(timespec='seconds')}/{what.id}"


def items_of(client: "DynamoDBClient", table: str, collection: str) -> Iterator[Item]:
    """All items of a collection, by name, whatever was written a moment ago."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="#collection = :collection",
        ExpressionAttributeNames={"#collection": "collection"},
        ExpressionAttributeValues={":collection": keys.string(collection)},
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]


def write_decided(
    client: "DynamoDBClient", table: str, item: Item, version: int, news: Sequence[News], alerts: Sequence[Alert]
) -> bool:
    """Put an item that had this version (0: that was not there) with its news and the alerts to send, all or nothing.

    False, and nothing written, if somebody else wrote it since.
    """
    put: Any = {
        "TableName": table,
        "Item": {**item, "version": {"N": str(version + 1)}},
        **_still_at(version),
    }
    actions: list[Any] = [{"Put": {"TableName": table, "Item": _news_item(piece)}} for piece in news]
    actions += [{"Put": {"TableName": table, "Item": _outbox_item(alert)}} for alert in alerts]
    try:
        if actions:
            client.transact_write_items(TransactItems=[{"Put": put}, *actions])
        else:
            client.put_item(**put)  # On its own it costs half of what it costs in a transaction.
    except (
        client.exceptions.ConditionalCheckFailedException,
        client.exceptions.TransactionConflictException,
    ):
        return False
    except client.exceptions.TransactionCanceledException as error:
        codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        if codes & {"ConditionalCheckFailed", "TransactionConflict"}:
            return False
        raise
    return True


def _still_at(version: int) -> dict[str, Any]:
    if version:
        return {
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": {"N": str(version)}},
        }
    return {
        "ConditionExpression": "attribute_not_exists(#collection)",
        "ExpressionAttributeNames": {"#collection": "collection"},
    }


def _news_item(news: News) -> Item:
    return {
        "collection": keys.string(keys.news_of(news.scope)),
        "name": keys.string(moment(news)),
        "document": encode(news),
    }


def _outbox_item(alert: Alert) -> Item:
    return {
        "collection": keys.string(keys.OUTBOX),
        "name": keys.string(moment(alert)),
        "document": encode(alert),
    }
