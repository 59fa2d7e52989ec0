"""What is known of recipients whose suppression was considered: an item each, in the receipts table.

An item is found by a digest of the address, which needs the deployment's key unless receipts hold addresses. It goes
when the newest that was said of the recipient is as old as receipts get; an entry that was made here is then nobody's,
and stays.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.adapters.documents import Item, put_if_unchanged
from ses_reputation.domain.recipients import IN_FULL, Keeping
from ses_reputation.domain.suppression import History, Reason
from ses_reputation.suppress import Versioned

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TIMES = ("bounced", "complained", "not_spam")


class DynamoDbSuppressionHistories:
    """The histories of one deployment."""

    def __init__(
        self, client: "DynamoDBClient", *, table: str, retention: timedelta, keeping: Keeping = IN_FULL
    ) -> None:
        self._client = client
        self._table = table
        self._retention = retention
        self._keeping = keeping

    def read(self, address: str) -> Versioned:
        """What is known of an address."""
        answer = self._client.get_item(TableName=self._table, Key=self._key(address), ConsistentRead=True)
        return _versioned(answer["Item"]) if "Item" in answer else Versioned()

    def write(self, address: str, history: History, version: int) -> bool:
        """Keep a history that was read at this version as the next one; False if somebody else wrote meanwhile."""
        put: Any = {
            "TableName": self._table,
            "Item": self._item(address, history, version + 1),
            "ConditionExpression": "attribute_not_exists(message_id)",
        }
        if version:
            put["ConditionExpression"] = "version = :version"
            put["ExpressionAttributeValues"] = {":version": {"N": str(version)}}
        return put_if_unchanged(self._client, put, ())

    def _item(self, address: str, history: History, version: int) -> Item:
        times = {name: time for name in _TIMES if (time := getattr(history, name))}
        item: Item = {
            **self._key(address),
            **{name: keys.string(time.isoformat()) for name, time in times.items()},
            "settled": {"BOOL": history.settled},
            "version": {"N": str(version)},
            "expires": keys.expires(max(times.values()), self._retention),
        }
        if history.put:
            item["put"] = keys.string(history.put)
        return item

    def _key(self, address: str) -> Item:
        return history_key(self._keeping.history(address))


def history_key(digest: str) -> Item:
    """The key of the item of the recipient that this stands for."""
    return {"message_id": keys.string(keys.suppression_of(digest)), "entry": keys.string(keys.HISTORY)}


def _versioned(item: Any) -> Versioned:
    times = {name: datetime.fromisoformat(item[name]["S"]) for name in _TIMES if name in item}
    put = Reason(item["put"]["S"]) if "put" in item else None
    return Versioned(History(**times, put=put, settled=item["settled"]["BOOL"]), int(item["version"]["N"]))
