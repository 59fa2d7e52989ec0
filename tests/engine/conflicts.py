"""DynamoDB's transaction conflicts, on an engine that handles one request after the other and so has none.

As long as a transaction is under way, it holds its items. Another transaction with one of them is cancelled with
TransactionConflict, a single write to one of them is refused, and of a batch nothing is processed. The whole time of a
request counts, so that there are more conflicts than DynamoDB has, and none that it could not have.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.session import Session

Item = tuple[str, str]
"""A table, and the key of one of its items, as JSON."""

TRANSACTION = "TransactWriteItems"
BATCH = "BatchWriteItem"
SINGLE = ("PutItem", "UpdateItem", "DeleteItem")


class Conflicts:
    """Refuses what conflicts, in all clients of a session. `keys` are the names of each table's key attributes.

    `seen` counts the writes by operation, `refused` those of them that were in conflict.
    """

    def __init__(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        self._keys = keys
        self._lock = threading.Lock()
        self._held: set[Item] = set()
        self._mine = threading.local()
        self.seen: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def watch(self, session: Session) -> None:
        """Have all clients that are made of a session from now on tell of their requests."""
        # What a handler of this event returns is taken for the answer, and nothing is sent.
        events = session.get_component("event_emitter")
        events.register("before-send.dynamodb", self._before)
        events.register("response-received.dynamodb", self._after)

    def _before(self, request: Any, **_: Any) -> AWSResponse | None:
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        if operation not in {TRANSACTION, BATCH, *SINGLE}:
            return None
        body = json.loads(request.body)
        touched = list(self._items(operation, body))
        with self._lock:
            self.seen[operation] += 1
            taken = [item in self._held for item in touched]
            if not any(taken):
                if operation == TRANSACTION:
                    self._held.update(touched)
                    self._mine.items = touched
                return None
            self.refused[operation] += 1
        return _refusal(request.url, operation, body, taken)

    def _after(self, **_: Any) -> None:
        with self._lock:
            self._held.difference_update(getattr(self._mine, "items", ()))
        self._mine.items = ()

    def _items(self, operation: str, body: Mapping[str, Any]) -> Iterator[Item]:
        if operation == TRANSACTION:
            for action in body["TransactItems"]:
                (of,) = action.values()
                yield self._item(of["TableName"], of)
        elif operation == BATCH:
            for table, requests in body["RequestItems"].items():
                for request in requests:
                    (of,) = request.values()
                    yield self._item(table, of)
        else:
            yield self._item(body["TableName"], body)

    def _item(self, table: str, of: Mapping[str, Any]) -> Item:
        attributes = of.get("Key") or of["Item"]
        return table, json.dumps([attributes[name] for name in self._keys[table]])


def _refusal(url: str, operation: str, body: Mapping[str, Any], taken: list[bool]) -> AWSResponse:
    if operation == BATCH:
        return _answer(url, 200, {"UnprocessedItems": body["RequestItems"]})
    kind = "com.amazonaws.dynamodb.v20120810#"
    if operation == TRANSACTION:
        conflict = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
        reasons = [conflict if is_taken else {"Code": "None"} for is_taken in taken]
        error = {"__type": f"{kind}TransactionCanceledException", "CancellationReasons": reasons}
        return _answer(url, 400, {**error, "Message": "Transaction cancelled"})
    return _answer(url, 400, {"__type": f"{kind}TransactionConflictException", "message": "Transaction is ongoing"})


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


def _answer(url: str, status: int, document: Mapping[str, Any]) -> AWSResponse:
    headers = HTTPHeaders.from_pairs([("content-type", "application/x-amz-json-1.0")])
    return AWSResponse(url, status, headers, _Body(json.dumps(document).encode()))
