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
from bisect import bisect_left, bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.core.serialize import BaseJSONSerializer
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
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MAXIMUM_ACTIONS: Final = 100
TOKEN_SECONDS: Final = 600

_PARSED_EXPRESSIONS: Final = 1000


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
        patches.enter_context(patch.object(Table, "query", _query_one_partition(Table.query)))
        patches.enter_context(patch.object(Item, "__init__", _new_item))
        patches.enter_context(
            patch.object(
                BaseJSONSerializer,
                "_serialize_type_structure",
                _plain_values(BaseJSONSerializer._serialize_type_structure),
            )
        )
        parser = comparisons.ConditionExpressionParser
        patches.enter_context(patch.object(parser, "parse", _parse_once(parser.parse)))
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


def _query_one_partition(query: Callable[..., Any]) -> Callable[..., Any]:
    """Moto sorts the whole table to read one page of one partition of it, so give it a table that holds little more."""

    def narrowed(table: Table, hash_key: DynamoType | None, *args: Any, **kwargs: Any) -> Any:
        index_name = kwargs["index_name"] if "index_name" in kwargs else (args[6] if len(args) > 6 else None)
        if index_name or hash_key is None:
            return query(table, hash_key, *args, **kwargs)
        # object.__new__, since moto remembers every table that its own __new__ makes.
        partition: Table = object.__new__(type(table))
        partition.__dict__.update(table.__dict__)
        partition.items = defaultdict(dict)
        if hash_key in table.items:
            partition.items[hash_key] = _newest_page(table, table.items[hash_key], args)
        return query(partition, hash_key, *args, **kwargs)

    return narrowed


def _newest_page(table: Table, items: Any, arguments: Sequence[Any]) -> Any:
    """The items that one page of a backward query before a key can hold, and those that moto looks at beside them: the
    last item of the page before, and the first of the page after. All items for any other query.
    """
    comparison, bounds, limit, start, forward, *rest = arguments
    filtered = len(rest) > 3 and rest[3] is not None and not isinstance(rest[3], comparisons.OpDefault)
    if comparison != "<" or forward or filtered or not isinstance(limit, int) or bounds[0].type != "S":
        return items
    names = sorted(key.value for key in items)
    end = bisect_left(names, bounds[0].value)
    if start:
        end = min(end, bisect_right(names, start[table.range_key_attr]["S"]))
    page = (DynamoType({"S": name}) for name in names[max(end - limit - 2, 0) : end])
    return {key: items[key] for key in page}


def _new_item(item: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: Mapping[str, Any]) -> None:
    """Moto adds up the item's size again for each attribute. Once is enough: setting the last one checks the whole."""
    item.hash_key = hash_key
    item.range_key = range_key
    item.attrs = LimitedSizeDict()
    values = [(name, DynamoType(value)) for name, value in attrs.items()]
    for name, value in values[:-1]:
        dict.__setitem__(item.attrs, name, value)
    for name, value in values[-1:]:
        item.attrs[name] = value


def _plain_values(serialize: Callable[..., None]) -> Callable[..., None]:
    """Moto asks for each of the ten members that an attribute value might have, which makes a query of a few hundred
    items take seconds. Texts and numbers are in its tables as they are in the answer.
    """

    def serialized_as_it_is(
        serializer: BaseJSONSerializer, serialized: dict[str, Any], value: Any, shape: Any, key: str
    ) -> None:
        if shape.name == "AttributeValue" and isinstance(value, dict) and value.keys() <= {"S", "N"}:
            serialized[serializer.get_serialized_name(shape, key)] = value
        else:
            serialize(serializer, serialized, value, shape, key)

    return serialized_as_it_is


def _parse_once(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Moto parses the condition of every action twice, with a dozen regular expressions for each token of it. What it
    parses to depends on the three arguments alone, and is never changed.
    """
    parsed: OrderedDict[tuple[str, str, str], tuple[Any, list[str], list[str]]] = OrderedDict()

    def once(parser: Any) -> Any:
        if not parser.condition_expression:
            return parse(parser)
        place = (
            parser.condition_expression,
            repr(parser.expression_attribute_names),
            repr(parser.expression_attribute_values),
        )
        if place not in parsed:
            condition = parse(parser)
            parsed[place] = (condition, list(parser.expr_attr_names_found), list(parser.expr_attr_values_found))
            if len(parsed) > _PARSED_EXPRESSIONS:
                parsed.popitem(last=False)
            return condition
        condition, names, values = parsed[place]
        parser.expr_attr_names_found.extend(names)
        parser.expr_attr_values_found.extend(values)
        return condition

    return once
