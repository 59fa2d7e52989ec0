"""Documents in the standings table: JSON in `document`, beside what a person wants to see in a listing."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from ses_reputation.adapters import keys
from ses_reputation.domain.news import News
from ses_reputation.notices.alert import Alert
from ses_reputation.outbox import Outgoing, outgoing_of
from ses_reputation.schema import SCHEMA, refuse_newer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]

# What others can be the reason for, as a transaction names it. Errors of single writes are named alike.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_OTHERS = frozenset({"ConditionalCheckFailed", "TransactionConflict"})

CONTENTION = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
"""Reasons for which a transaction is cancelled though nothing is wrong with it. boto3 does not retry these."""


def encode(document: msgspec.Struct) -> dict[str, str]:
    """A document as DynamoDB's attribute value."""
    return keys.string(msgspec.json.encode(document).decode())


def written_out(document: msgspec.Struct) -> Item:
    """What an item has of a document: the document itself, and the schema that it is written in."""
    return {"document": encode(document), "schema": {"N": str(SCHEMA)}}


def schema_of(item: Item) -> int:
    """The schema that an item was written in; items of the first one need not say so."""
    return int(item["schema"]["N"]) if "schema" in item else 1


def decode(item: Item, to: Any) -> Any:
    """The document that an item holds; TablesAreNewer if it was written in a schema that this code does not know.

    Who reads a document mostly writes it again. Without this, code that is older than the document would drop what it
    does not know of it, also in the minute in which a new version is deployed function by function.
    """
    refuse_newer(schema_of(item))
    return msgspec.json.decode(item["document"]["S"], type=to)


def moment(what: News | Alert) -> str:
    """Sorts by time, and is the same for news and the alert about it."""
    return f"{what.time.isoformat(timespec='milliseconds')}/{what.id}"


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


def write_decided(  # noqa: PLR0917 - each is one part of the transaction
    client: "DynamoDBClient",
    table: str,
    item: Item,
    version: int,
    news: Sequence[News],
    alerts: Sequence[Alert],
    others: Sequence[Any] = (),
) -> bool:
    """Put an item that had this version (0: that was not there) with its news and the alerts to send, all or nothing.

    `others` are more actions of the same transaction. False, and nothing written, if somebody else wrote it since, or
    another condition does not hold.
    """
    put = put_of(table, item, version)
    told = [*(one for piece in news for one in _news_items(piece)), *outbox_items(alerts)]
    actions = [*({"Put": {"TableName": table, "Item": one}} for one in told), *others]
    return put_if_unchanged(client, put, actions)


def put_of(table: str, item: Item, version: int) -> dict[str, Any]:
    """What puts an item in its next version if it still has this one; 0 for one that is not there."""
    return {"TableName": table, "Item": {**item, "version": {"N": str(version + 1)}}, **still_at(version)}


def put_if_unchanged(client: "DynamoDBClient", put: Any, actions: Sequence[Any]) -> bool:
    """Put an item on a condition, with more actions, all or nothing; False if a condition does not hold."""
    if actions:
        return written(lambda: client.transact_write_items(TransactItems=[{"Put": put}, *actions]))
    return written(lambda: client.put_item(**put))  # On its own it costs half of what it costs in a transaction.


def written(write: Callable[[], object]) -> bool:
    """Make a write; False, and nothing written, if its condition does not hold, or a transaction has one of its items
    in its hands at this moment.

    boto3 tries neither again.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
    """
    try:
        write()
    except ClientError as error:
        codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        if _OTHERS & {*codes, error.response["Error"]["Code"].removesuffix("Exception")}:
            return False
        raise
    return True


def still_at(version: int) -> dict[str, Any]:
    """The condition that an item still has this version; 0 for one that is not there."""
    if version:
        return {
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": {"N": str(version)}},
        }
    return {
        "ConditionExpression": "attribute_not_exists(#collection)",
        "ExpressionAttributeNames": {"#collection": "collection"},
    }


def _news_items(news: News) -> Iterator[Item]:
    """News is kept twice: in the history of its scope, and among all news of its month."""
    for collection in (keys.news_of(news.scope), keys.news_in(news.time)):
        yield {**keys.item_key(collection, moment(news)), **written_out(news)}


def outbox_items(alerts: Sequence[Alert]) -> Iterator[Item]:
    """Alerts in the outbox, once for each channel that they go through."""
    for alert in alerts:
        for outgoing in outgoing_of(alert):
            yield {**keys.item_key(keys.OUTBOX, outbox_name(outgoing)), **written_out(outgoing)}


def outbox_name(outgoing: Outgoing) -> str:
    """Sorts by time."""
    return f"{moment(outgoing.alert)}/{outgoing.channel}"
