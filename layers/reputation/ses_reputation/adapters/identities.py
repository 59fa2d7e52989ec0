"""The account's verified identities, as SES last told them: an item each, in the standings table."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbIdentities:
    """The verified identities that one deployment knows."""

    def __init__(self, client: "DynamoDBClient", *, table: str) -> None:
        self._client = client
        self._table = table

    def read(self) -> frozenset[str]:
        """The verified domains and addresses, in lower case."""
        return frozenset(item["name"]["S"] for item in self._items())

    def write(self, identities: frozenset[str]) -> None:
        """Make these the verified identities, writing only what differs."""
        known = self.read()
        for name in sorted(identities - known):
            self._client.put_item(TableName=self._table, Item=_key(name))
        for name in sorted(known - identities):
            self._client.delete_item(TableName=self._table, Key=_key(name))

    def _items(self) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#collection = :collection",
            ExpressionAttributeNames={"#collection": "collection"},
            ExpressionAttributeValues={":collection": keys.string(keys.VERIFIED_IDENTITIES)},
        )
        for page in pages:
            yield from page["Items"]


def _key(name: str) -> dict[str, Any]:
    return {"collection": keys.string(keys.VERIFIED_IDENTITIES), "name": keys.string(name)}
