"""The topics of identities whose place those of a deployment took: an item each, in the standings table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.adapters.connections import failures_told
from ses_reputation.adapters.documents import items_of
from ses_reputation.domain.connections import Notification

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbReplacedTopics:
    """What one deployment has replaced."""

    def __init__(self, client: "DynamoDBClient", *, table: str) -> None:
        self._client = client
        self._table = table

    def read(self) -> Mapping[str, Mapping[Notification, str]]:
        """All of them, by identity."""
        topics: dict[str, dict[Notification, str]] = {}
        for item in items_of(self._client, self._table, keys.REPLACED_TOPICS):
            notification, _, identity = item["name"]["S"].partition("/")
            topics.setdefault(identity, {})[Notification(notification)] = item["topic"]["S"]
        return topics

    def remember(self, identity: str, notification: Notification, topic: str) -> None:
        """Keep a topic, in place of the one that was kept before; ChangeFailed."""
        item = {**_key(identity, notification), "topic": keys.string(topic)}
        with failures_told():
            self._client.put_item(TableName=self._table, Item=item)

    def forget(self, identity: str, notification: Notification) -> None:
        """Keep none; ChangeFailed."""
        with failures_told():
            self._client.delete_item(TableName=self._table, Key=_key(identity, notification))


def _key(identity: str, notification: Notification) -> dict[str, Any]:
    return keys.item_key(keys.REPLACED_TOPICS, f"{notification}/{identity}")
