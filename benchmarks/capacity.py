"""What DynamoDB charges for requests, by its own rules: for the sizes of the items as they are in the tables.

MiniStack reports consumed capacity too, and takes every item for one of up to 1 KB, and every item of a table with an
index for one that is in the index. Where that is so, both counts agree, which shows that neither misses a request.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from botocore.session import Session
from msgspec import Struct, field

WRITE_BYTES, READ_BYTES = 1024, 4096
TRANSACTIONS, TRANSACTIONAL = "TransactWriteItems", 2
INDEXED = "listing"  # Only items with this attribute are in the index WorstFirst.


class Charged(Struct):
    """What was charged: units by operation and table, of reads half units.

    `reported` is what the engine says itself, by operation; `largest` the size of the largest item in a transaction, in
    bytes.
    """

    requests: Counter[str] = field(default_factory=Counter)
    written: Counter[tuple[str, str]] = field(default_factory=Counter)
    read: Counter[tuple[str, str]] = field(default_factory=Counter)
    largest: int = 0
    reported: Counter[str] = field(default_factory=Counter)

    @property
    def writes(self) -> int:
        """Write units of all requests."""
        return self.written.total()

    @property
    def reads(self) -> float:
        """Read units of all requests."""
        return self.read.total() / 2


class Meter:
    """Notes what the requests of all clients of a session are charged. `engine` is a client of another session.

    An item that is updated is looked up after it: its size is charged, and not that of what is added.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.charged = Charged()

    def watch(self, session: Session) -> None:
        """Note the requests of clients that are made of a session from now on."""
        events = session.get_component("event_emitter")
        events.register("before-parameter-build.dynamodb", self._before)
        events.register("after-call.dynamodb", self._after)

    def _before(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"
        context["asked"] = dict(params)  # the client may empty them, when it has written their JSON

    def _after(self, model: Any, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        asked, charged = context["asked"], self.charged
        charged.requests[model.name] += 1
        told: Any = parsed.get("ConsumedCapacity", ())
        units_told = sum(each["CapacityUnits"] for each in ([told] if isinstance(told, dict) else told))
        charged.reported[model.name] += int(units_told)
        times = TRANSACTIONAL if model.name == TRANSACTIONS else 1
        for table, item in self._written(model.name, asked):
            size = item_size(item)
            if times == TRANSACTIONAL:
                charged.largest = max(charged.largest, size)
            units = times * max(1, ceil(size / WRITE_BYTES)) + (1 if INDEXED in item else 0)
            charged.written[model.name, table] += units
        for table, units in _read(model.name, asked, parsed):
            charged.read[model.name, table] += units

    def _written(self, operation: str, asked: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The items that a request has written, with their tables. A transaction that was cancelled is charged, too."""
        match operation:
            case _ if operation == TRANSACTIONS:
                for action in asked["TransactItems"]:
                    ((kind, of),) = action.items()
                    yield of["TableName"], of["Item"] if kind == "Put" else self._now(of)
            case "BatchWriteItem":
                for table, requests in asked["RequestItems"].items():
                    yield from ((table, request["PutRequest"]["Item"]) for request in requests)
            case "PutItem":
                yield asked["TableName"], asked["Item"]
            case "DeleteItem":
                # A mark, which is small: what it was is gone by now.
                yield asked["TableName"], asked["Key"]
            case "UpdateItem":
                yield asked["TableName"], self._now(asked)
            case _:
                pass

    def _now(self, of: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._engine.get_item(TableName=of["TableName"], Key=of["Key"], ConsistentRead=True)
        item: Mapping[str, Any] = found.get("Item", of["Key"])
        return item


def _read(operation: str, asked: Mapping[str, Any], parsed: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Half read units: what is not read consistently costs one for every 4 KB, and consistently two."""
    match operation:
        case "Query":
            size = sum(map(item_size, parsed.get("Items", ())))
            yield asked["TableName"], _halves(size, consistent=asked.get("ConsistentRead", False))
        case "GetItem":
            size = item_size(parsed.get("Item", {}))
            yield asked["TableName"], _halves(size, consistent=asked.get("ConsistentRead", False))
        case "BatchGetItem":
            for table, wanted in asked["RequestItems"].items():
                found = [item_size(item) for item in parsed.get("Responses", {}).get(table, ())]
                sizes = found + [0] * (len(wanted["Keys"]) - len(found))
                consistent = wanted.get("ConsistentRead", False)
                yield table, sum(_halves(size, consistent=consistent) for size in sizes)
        case _:
            pass


def _halves(size: int, *, consistent: bool) -> int:
    return max(1, ceil(size / READ_BYTES)) * (2 if consistent else 1)


def item_size(item: Mapping[str, Any]) -> int:
    """The bytes of an item: of its attributes' names and values, in UTF-8."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(attribute: Mapping[str, Any]) -> int:
    kind: str
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "B":
            return len(value)
        case "N":
            digits = len(value.strip("-").replace(".", "").strip("0"))
            return ceil(digits / 2) + 1 + int(value.startswith("-"))
        case "L":
            return 3 + sum(1 + _value_size(one) for one in value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(one) for name, one in value.items())
        case _:
            return 1
