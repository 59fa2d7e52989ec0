"""DynamoDB transactions as DynamoDB runs them, on moto.

moto 5.2.5 copies every table it touches once per action, replaces the table by the copy when a condition fails (so that
writes of other threads are lost), writes before it has seen all conditions, and ignores ClientRequestToken. Everything
else about a write (validation of items and expressions, the update itself, streams) stays moto's.
"""

import copy
import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.dynamodb import comparisons
from moto.dynamodb.exceptions import (
    ConditionalCheckFailed,
    MockValidationException,
    MultipleTransactionsException,
    TooManyTransactionsException,
    TransactionCanceledException,
    TransactWriteSingleOpException,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MAXIMUM_ACTIONS: Final = 100
TOKEN_SECONDS: Final = 600


class IdempotentParameterMismatchError(JsonRESTError):
    """A ClientRequestToken came again with other actions."""

    def __init__(self) -> None:
        super().__init__(
            "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException",
            "Request token already in use for another request with a different payload",
        )


@contextmanager
def real_transactions() -> Iterator[None]:
    """Until the block ends, moto's DynamoDB answers one request at a time and runs TransactWriteItems as DynamoDB does:
    all or nothing, all conditions before any write, at a cost that depends on the touched items alone, once per
    ClientRequestToken, and with the old item of a failed condition where the action asks for it.
    """
    with ExitStack() as patches:
        patches.enter_context(patch.object(DynamoHandler, "call_action", _one_at_a_time(DynamoHandler.call_action)))
        patches.enter_context(
            patch.object(DynamoHandler, "transact_write_items", _once_per_token(DynamoHandler.transact_write_items))
        )
        patches.enter_context(patch.object(DynamoDBBackend, "transact_write_items", _transact))
        yield


@dataclass(frozen=True)
class _Action:
    """One action of a transaction, and the place in a table that it is about."""

    kind: str
    body: dict[str, Any]
    table: Table
    key: dict[str, Any]
    hash_value: DynamoType
    range_value: DynamoType | None

    def current(self) -> Item | None:
        item: Item | None = self.table.get_item(self.hash_value, self.range_value)
        return item

    def place(self) -> tuple[str, DynamoType, DynamoType | None]:
        return self.table.name, self.hash_value, self.range_value

    def restore(self, item: Item | None) -> None:
        """Put the item back that stood here before, or nothing where nothing was."""
        # moto nests by sort key if the table has one.
        items: dict[Any, Any] = self.table.items
        if self.range_value is None:
            if item is None:
                items.pop(self.hash_value, None)
            else:
                items[self.hash_value] = item
        elif item is None:
            items[self.hash_value].pop(self.range_value, None)
        else:
            items[self.hash_value][self.range_value] = item


def _transact(backend: DynamoDBBackend, transact_items: Sequence[dict[str, Any]]) -> None:
    if len(transact_items) > MAXIMUM_ACTIONS:
        raise TooManyTransactionsException
    actions = [_action(backend, item) for item in transact_items]
    if len({action.place() for action in actions}) < len(actions):
        raise MultipleTransactionsException
    reasons = [_refusal(action) for action in actions]
    if any(code for code, _, _ in reasons):
        raise TransactionCanceledException(reasons)
    _write_all_or_nothing(backend, actions)


def _action(backend: DynamoDBBackend, item: dict[str, Any]) -> _Action:
    if len(item) != 1:
        raise TransactWriteSingleOpException
    ((kind, body),) = item.items()
    table = backend.get_table(body["TableName"])
    attributes = body["Item"] if kind == "Put" else body["Key"]
    for name in table.table_key_attrs:
        if name not in attributes:
            raise MockValidationException(
                f"One or more parameter values were invalid: Missing the key {name} in the item"
            )
    key = {name: attributes[name] for name in table.table_key_attrs}
    hash_value, range_value = backend.get_keys_value(table, key)
    return _Action(kind, body, table, key, hash_value, range_value)


def _refusal(action: _Action) -> tuple[str | None, str | None, Mapping[str, Any] | None]:
    """Say why an action may not happen: code, message and, if wanted, the item that stands in its way."""
    condition = comparisons.get_filter_expression(
        action.body.get("ConditionExpression"),
        action.body.get("ExpressionAttributeNames"),
        action.body.get("ExpressionAttributeValues"),
    )
    current = action.current()
    if condition.expr(current):
        return None, None, None
    wants_item = action.body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    item = current.to_json()["Attributes"] if wants_item and current is not None else None
    return "ConditionalCheckFailed", str(ConditionalCheckFailed().message), item


def _write_all_or_nothing(backend: DynamoDBBackend, actions: Sequence[_Action]) -> None:
    # moto changes an item in place on Update alone; the others take a new item or none.
    before = [copy.deepcopy(a.current()) if a.kind == "Update" else a.current() for a in actions]
    shards = {id(a.table): a.table.stream_shard for a in actions if a.table.stream_shard is not None}
    lengths = {table: len(shard.items) for table, shard in shards.items()}
    try:
        for action in actions:
            _write(backend, action)
    except BaseException:
        for action, item in zip(actions, before, strict=True):
            action.restore(item)
        for table, shard in shards.items():
            del shard.items[lengths[table] :]
        raise


def _write(backend: DynamoDBBackend, action: _Action) -> None:
    body, table_name = action.body, action.table.name
    if action.kind == "Put":
        action.table.put_item(body["Item"], overwrite=True)
    elif action.kind == "Delete":
        backend.delete_item(table_name, action.key)
    elif action.kind == "Update":
        backend.update_item(
            table_name,
            action.key,
            body["UpdateExpression"],
            body.get("ExpressionAttributeNames", {}),
            body.get("ExpressionAttributeValues", {}),
        )


def _one_at_a_time(call_action: Callable[[DynamoHandler], Any]) -> Callable[[DynamoHandler], Any]:
    """One lock around the request is the isolation that DynamoDB gives each of them, batch and transaction."""
    lock = threading.RLock()

    def locked(handler: DynamoHandler) -> Any:
        with lock:
            return call_action(handler)

    return locked


@dataclass
class _Tokens:
    """What each ClientRequestToken was first used for, and the answer it got."""

    answers: OrderedDict[tuple[str, str, str], tuple[bytes, float, ActionResult]] = field(default_factory=OrderedDict)

    def forget(self, now: float) -> None:
        while self.answers and next(iter(self.answers.values()))[1] <= now - TOKEN_SECONDS:
            self.answers.popitem(last=False)


def _once_per_token(transact_write_items: Callable[[DynamoHandler], ActionResult]) -> Callable[[DynamoHandler], Any]:
    """A token that comes again within ten minutes gets the first answer and writes nothing. A transaction that was
    cancelled did not use its token up.
    """
    tokens = _Tokens()

    def once(handler: DynamoHandler) -> ActionResult:
        token = handler.body.get("ClientRequestToken")
        if not token:
            return transact_write_items(handler)
        now = time.monotonic()
        tokens.forget(now)
        place = (handler.current_account, handler.region, token)
        actions = json.dumps(handler.body["TransactItems"], sort_keys=True, default=repr)
        digest = hashlib.sha256(actions.encode()).digest()
        if place in tokens.answers:
            used_for, _, answer = tokens.answers[place]
            if used_for != digest:
                raise IdempotentParameterMismatchError
            return answer
        answer = transact_write_items(handler)
        tokens.answers[place] = (digest, now, answer)
        return answer

    return once
