"""The account's verified identities, as SES last told them: an item each, in the standings table."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.adapters.batches import delete_all, put_all
from ses_reputation.adapters.documents import items_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbIdentities:
    """The verified identities that one deployment knows.

    `pause` waits before the attempt with the given number to write what DynamoDB did not take; by default, that many
    seconds.
    """

    def __init__(self, client: "DynamoDBClient", *, table: str, pause: Callable[[int], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._pause = pause

    def read(self) -> frozenset[str]:
        """The verified domains and addresses, in lower case."""
        return frozenset(item["name"]["S"] for item in items_of(self._client, self._table, keys.VERIFIED_IDENTITIES))

    def write(self, identities: frozenset[str]) -> None:
        """Make these the verified identities, writing only what differs; NotWritten if DynamoDB keeps refusing."""
        known = self.read()
        put_all(self._client, self._table, map(_key, sorted(identities - known)), self._pause)
        delete_all(self._client, self._table, map(_key, sorted(known - identities)), self._pause)


def _key(name: str) -> dict[str, Any]:
    """All there is of an item."""
    return keys.item_key(keys.VERIFIED_IDENTITIES, name)
