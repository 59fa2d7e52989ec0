"""Tables in memory that answer boto3 at once: what is asked costs what it costs, and looking it up next to nothing.

They know what our adapters ask, and no more. Conditions always hold: here everybody is alone. Consumed read units are
added up as DynamoDB does.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

import json
import re
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from msgspec import Struct

from benchmarks.null_endpoint import null_endpoint

_PAGE: Final = 1_000_000  # what a query reads at most
_UNIT: Final = 4_096
_SORTED: Final = re.compile(r"(\S+) (<=|>=|<|>) (:\w+)|(\S+) (BETWEEN) (:\w+) AND (:\w+)")


class _Kept(Struct, frozen=True):
    """An item: as JSON, so that answering is joining, and how large DynamoDB says that it is."""

    json: bytes
    size: int


class Tables:
    """The tables of one deployment by name, each with the names of its two keys, an index also with the one attribute
    that it has besides; what was asked of them is counted.
    """

    def __init__(self, keys: Mapping[str, tuple[str, str]], indexes: Mapping[str, tuple[str, str, str]]) -> None:
        self._keys = keys
        self._indexes = indexes
        self._items: dict[str, dict[str, dict[str, _Kept]]] = {name: {} for name in (*keys, *indexes)}
        self._names: dict[str, dict[str, list[str]]] = {name: {} for name in (*keys, *indexes)}
        self.requests: Counter[str] = Counter()
        self.read_units = 0.0
        self.bytes_read = 0

    def reset(self) -> None:
        """Count anew."""
        self.requests, self.read_units, self.bytes_read = Counter(), 0.0, 0

    def put(self, table: str, item: Mapping[str, Any]) -> None:
        """Put an item, and what an index has of it."""
        kept = _Kept(json.dumps(item, separators=(",", ":")).encode(), _size(item))
        self._put(table, self._keys[table], item, kept)
        for name, (partition, rank, attribute) in self._indexes.items():
            if partition in item:
                entry = {attribute: item[attribute]}
                size = _size({**{key: item[key] for key in (*self._keys[table], partition, rank)}, **entry})
                kept = _Kept(json.dumps(entry, separators=(",", ":")).encode(), size)
                self._put(name, (partition, rank), item, kept, of=item[self._keys[table][1]]["S"])

    def clear(self, table: str, partition: str) -> None:
        """Delete all items that have this partition key."""
        self._items[table].pop(partition, None)
        self._names[table].pop(partition, None)

    def get(self, table: str, key: Mapping[str, Any]) -> dict[str, Any]:
        """The item that has this key; KeyError if there is none."""
        partition, name = (key[part]["S"] for part in self._keys[table])
        item: dict[str, Any] = json.loads(self._items[table][partition][name].json)
        return item

    def _put(self, table: str, keys: tuple[str, str], item: Mapping[str, Any], kept: _Kept, of: str = "") -> None:
        partition, name = item[keys[0]]["S"], f"{item[keys[1]]['S']}{of and chr(0)}{of}"
        items = self._items[table].setdefault(partition, {})
        if name not in items:
            insort(self._names[table].setdefault(partition, []), name)
        items[name] = kept

    def _delete(self, table: str, key: Mapping[str, Any]) -> None:
        partition, name = (key[part]["S"] for part in self._keys[table])
        if self._items[table].get(partition, {}).pop(name, None):
            self._names[table][partition].remove(name)

    @contextmanager
    def answering(self, client: Any) -> Iterator[None]:
        """Until the block ends, what a client of DynamoDB is answered comes from these."""
        with null_endpoint(client, self._answer):
            yield

    def _answer(self, operation: str, asked: Mapping[str, Any]) -> bytes:
        self.requests[operation] += 1
        match operation:
            case "Query":
                return self._query(asked)
            case "GetItem":
                kept = self._found(asked["TableName"], asked["Key"])
                self._consume(kept.size if kept else 0, consistent=asked.get("ConsistentRead", False))
                return b'{"Item":%b}' % kept.json if kept else b"{}"
            case "BatchGetItem":
                ((table, wanted),) = asked["RequestItems"].items()
                found = [kept for key in wanted["Keys"] if (kept := self._found(table, key))]
                for kept in found:
                    self._consume(kept.size, consistent=wanted.get("ConsistentRead", False))
                return b'{"Responses":{%b:[%b]}}' % (json.dumps(table).encode(), b",".join(k.json for k in found))
            case "PutItem":
                self.put(asked["TableName"], asked["Item"])
            case "DeleteItem":
                self._delete(asked["TableName"], asked["Key"])
            case "TransactWriteItems":
                for action in asked["TransactItems"]:
                    self._act(action)
        return b"{}"

    def _act(self, action: Mapping[str, Any]) -> None:
        if put := action.get("Put"):
            self.put(put["TableName"], put["Item"])
        elif delete := action.get("Delete"):
            self._delete(delete["TableName"], delete["Key"])

    def _found(self, table: str, key: Mapping[str, Any]) -> _Kept | None:
        partition, name = (key[part]["S"] for part in self._keys[table])
        return self._items[table].get(partition, {}).get(name)

    def _consume(self, size: int, *, consistent: bool) -> None:
        self.bytes_read += size
        self.read_units += max(-(-size // _UNIT), 1) * (1 if consistent else 0.5)

    def _query(self, asked: Mapping[str, Any]) -> bytes:
        values, names = asked["ExpressionAttributeValues"], asked.get("ExpressionAttributeNames", {})
        table = asked.get("IndexName", asked["TableName"])
        condition = asked["KeyConditionExpression"]
        partition = values[condition.partition("= ")[2].split()[0]]["S"]
        there = self._names[table].get(partition, [])
        first, last = 0, len(there)
        for _, sign, bound, _, between, low, high in _SORTED.findall(condition):
            match sign or between:
                case "<":
                    last = bisect_left(there, values[bound]["S"])
                case "<=":
                    last = bisect_right(there, values[bound]["S"])
                case ">":
                    first = bisect_right(there, values[bound]["S"])
                case ">=":
                    first = bisect_left(there, values[bound]["S"])
                case "BETWEEN":
                    first, last = bisect_left(there, values[low]["S"]), bisect_right(there, values[high]["S"])
        forward = asked.get("ScanIndexForward", True)
        if start := asked.get("ExclusiveStartKey"):
            if forward:
                first = max(first, bisect_right(there, start["after"]["S"]))
            else:
                last = min(last, bisect_left(there, start["after"]["S"]))
        items = self._items[table].get(partition, {})
        page: list[bytes] = []
        size, limit, name, complete = 0, asked.get("Limit", len(there)), "", True
        for number in range(first, last) if forward else range(last - 1, first - 1, -1):
            if len(page) == limit or size >= _PAGE:
                complete = False
                break
            name = there[number]
            page.append(items[name].json if table in self._indexes else _projected(items[name].json, asked, names))
            size += items[name].size
        self._consume(size, consistent=asked.get("ConsistentRead", False))
        more = b"" if complete else b',"LastEvaluatedKey":{"after":{"S":%b}}' % json.dumps(name).encode()
        return b'{"Items":[%b]%b}' % (b",".join(page), more)


def _projected(item: bytes, asked: Mapping[str, Any], names: Mapping[str, str]) -> bytes:
    """Only what was asked for."""
    if "ProjectionExpression" not in asked:
        return item
    whole = json.loads(item)
    wanted = (names.get(name, name) for name in asked["ProjectionExpression"].split(", "))
    return json.dumps({name: whole[name] for name in wanted if name in whole}, separators=(",", ":")).encode()


def _size(item: Mapping[str, Any]) -> int:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "N":
            return len(held) // 2 + 1
        case "L":
            return 3 + sum(1 + _value_size(each) for each in held)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(each) for name, each in held.items())
    return len(str(held).encode())
