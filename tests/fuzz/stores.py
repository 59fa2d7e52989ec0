"""AWS as far as the entry points write to it: nothing is kept, and everything is refused that AWS would refuse."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

MAX_ITEM = 400 * 1024
MAX_TRANSACTION = 4 * 1024 * 1024
MAX_PARTITION_KEY, MAX_SORT_KEY = 2048, 1024
MAX_MESSAGE = 1024 * 1024
MAX_ALERT = 256 * 1024
KEYS: Mapping[str, tuple[str, str]] = {
    "receipts": ("message_id", "entry"),
    "counters": ("scope", "hour"),
    "standings": ("collection", "name"),
}


# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_NO_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|^$")


class NotTaken(AssertionError):
    """DynamoDB, SQS or SNS would refuse this, and would again."""


def size_of(value: Mapping[str, Any]) -> int:
    """The size of an attribute value.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return 21
    if kind == "L":
        return 3 + sum(1 + size_of(element) for element in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + size_of(element) for name, element in content.items())
    raise NotTaken(f"an attribute of type {kind}")


def size_of_item(item: Mapping[str, Any]) -> int:
    """The size of an item."""
    return sum(len(name.encode()) + size_of(value) for name, value in item.items())


def check_key(table: str, item: Mapping[str, Any]) -> tuple[str, str, str]:
    """The key of an item; NotTaken if DynamoDB has none like it."""
    partition, sort = (item[name]["S"] for name in KEYS[table])
    if not 1 <= len(partition.encode()) <= MAX_PARTITION_KEY or not 1 <= len(sort.encode()) <= MAX_SORT_KEY:
        raise NotTaken(f"a key of {table} with {len(partition.encode())} and {len(sort.encode())} bytes")
    return table, partition, sort


def check_item(table: str, item: Mapping[str, Any]) -> int:
    """The size of an item with its key; NotTaken if it is too large."""
    check_key(table, item)
    if (size := size_of_item(item)) > MAX_ITEM:
        raise NotTaken(f"an item of {table} with {size} bytes")
    return size


class _Refused(ClientError):
    """One of the errors that the real client has."""


class _Errors:
    TransactionCanceledException = _Refused
    ConditionalCheckFailedException = _Refused
    TransactionConflictException = _Refused


class DynamoDb:
    """A client of three tables in which nothing ever is.

    `largest` is what was written, in bytes; `items` how many items were put under each partition key, by its table.
    """

    exceptions = _Errors

    def __init__(self) -> None:
        self.largest = {"item": 0, "transaction": 0, "actions": 0}
        self.items = Counter[tuple[str, str]]()

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> None:  # noqa: N803 - boto3's name
        keys = set()
        total = 0
        for action in TransactItems:
            ((kind, request),) = action.items()
            if kind == "Put":
                total += self._item(request["TableName"], request["Item"])
                keys.add(check_key(request["TableName"], request["Item"]))
            else:
                keys.add(check_key(request["TableName"], request["Key"]))
                total += size_of_item(request["Key"]) + size_of_item(request.get("ExpressionAttributeValues", {}))
        if len(TransactItems) > 100 or len(keys) != len(TransactItems) or total > MAX_TRANSACTION:
            raise NotTaken(f"a transaction of {len(TransactItems)} actions on {len(keys)} items with {total} bytes")
        self._grow("transaction", total)
        self._grow("actions", len(TransactItems))

    def put_item(self, *, TableName: str, Item: Mapping[str, Any], **_: object) -> None:  # noqa: N803
        self._item(TableName, Item)

    def batch_write_item(self, *, RequestItems: Mapping[str, Sequence[Any]]) -> Mapping[str, Any]:  # noqa: N803
        for table, requests in RequestItems.items():
            if not 1 <= len({check_key(table, r["PutRequest"]["Item"]) for r in requests}) == len(requests) <= 25:
                raise NotTaken(f"a batch of {len(requests)} items")
            for request in requests:
                self._item(table, request["PutRequest"]["Item"])
        return {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N803
        for table, request in RequestItems.items():
            if not 1 <= len({check_key(table, key) for key in request["Keys"]}) == len(request["Keys"]) <= 100:
                raise NotTaken(f"{len(request['Keys'])} keys at once")
        return {"Responses": {}}

    def _item(self, table: str, item: Mapping[str, Any]) -> int:
        size = check_item(table, item)
        self.items[table, item[KEYS[table][0]]["S"]] += 1
        self._grow("item", size)
        return size

    def _grow(self, what: str, size: int) -> None:
        self.largest[what] = max(self.largest[what], size)


class Sqs:
    """A client of a dead-letter queue."""

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:  # noqa: ARG002, N803
        total = 0
        for entry in Entries:
            if _NO_TEXT.search(entry["MessageAttributes"]["reason"]["StringValue"]):
                raise NotTaken("a reason with characters that no message can have")
            texts = [entry["MessageBody"], *(a["StringValue"] for a in entry["MessageAttributes"].values())]
            total += sum(len(text.encode()) for text in texts)
        if not 1 <= len(Entries) <= 10:
            raise NotTaken(f"{len(Entries)} messages at once")
        if not all(entry["MessageBody"] for entry in Entries):
            # No queue hands one over; what is forged may be refused.
            return {"Failed": [{"Id": entry["Id"]} for entry in Entries]}
        if total > MAX_MESSAGE:
            # One alone that is too large with its reason stays where it is.
            if len(Entries) > 1:
                raise NotTaken(f"{total} bytes of messages at once")
            return {"Failed": [{"Id": entry["Id"]} for entry in Entries]}
        return {}


class Sns:
    """A client of the status topic."""

    def publish(self, **request: Any) -> Mapping[str, str]:
        subject, attributes = request["Subject"], request.get("MessageAttributes", {})
        if not (1 <= len(subject) <= 100 and subject.isascii() and subject.isprintable()):
            raise NotTaken(f"the subject {subject!r}")
        texts = [request["Message"], *(attribute["StringValue"] for attribute in attributes.values())]
        if not all(texts) or sum(len(text.encode()) for text in texts) > MAX_ALERT or len(attributes) > 10:
            raise NotTaken("an alert that is too large")
        return {"MessageId": "message-1"}
