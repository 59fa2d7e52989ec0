"""Quicker tables: what moto's DynamoDB does again and again without need. No answer is different."""

from bisect import bisect_left, bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any, Final
from unittest.mock import patch

from moto.dynamodb import comparisons
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node  # type: ignore[attr-defined]
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.parsing.validators import UpdateExpressionValidator

_KEPT_EXPRESSIONS: Final = 1000

# Values that are never changed in place: another one takes their place.
_PLAIN: Final = frozenset({"S", "N"})

# The first three of moto's ten walks through an update ask whether it could be one, whatever the item and the values.
_CHECKS: Final = 3


@contextmanager
def quick_tables() -> Iterator[None]:
    """Until the block ends, moto's tables answer the sooner the less a request is about."""
    condition = comparisons.ConditionExpressionParser
    with ExitStack() as stack:
        for owner, name, quick in (
            (Table, "query", _query_one_partition(Table.query)),
            (Item, "__init__", _new_item),
            (DynamoType, "__deepcopy__", _share_plain_values(DynamoType.__deepcopy__)),
            (DynamoType, "size", _measure_plain_values(DynamoType.size)),
            (DynamoType, "cast_value", property(_cast_plain_values(vars(DynamoType)["cast_value"].fget))),
            (condition, "parse", _parse_once(condition.parse)),
            (UpdateExpressionParser, "make", classmethod(_make_once(UpdateExpressionParser.make.__func__))),
            (DepthFirstTraverser, "traverse", _traverse),
            (validators, "deepcopy", _copy_tree),
            (UpdateExpressionValidator, "validate", _check_once(UpdateExpressionValidator.validate)),
        ):
            stack.enter_context(patch.object(owner, name, quick))
        yield


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
    """The items that one page of a backward query before a key, or between two, can hold, and those that moto looks at
    beside them: the last item of the page before, and the first of the page after. All items for any other query.
    """
    comparison, bounds, limit, start, forward, *rest = arguments
    filtered = len(rest) > 3 and rest[3] is not None and not isinstance(rest[3], comparisons.OpDefault)
    ends = {"<": bisect_left, "BETWEEN": bisect_right}
    if comparison not in ends or forward or filtered or not isinstance(limit, int) or bounds[-1].type != "S":
        return items
    names = sorted(key.value for key in items)
    end = ends[comparison](names, bounds[-1].value)
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
            if len(parsed) > _KEPT_EXPRESSIONS:
                parsed.popitem(last=False)
            return condition
        condition, names, values = parsed[place]
        parser.expr_attr_names_found.extend(names)
        parser.expr_attr_values_found.extend(values)
        return condition

    return once


def _share_plain_values(copy: Callable[..., DynamoType]) -> Callable[..., DynamoType]:
    """Moto copies all values of all items that it answers a query with. It never changes a text or a number."""

    def shared(value: DynamoType, memo: dict[int, Any]) -> DynamoType:
        return value if value.type in _PLAIN else copy(value, memo)

    return shared


def _cast_plain_values(cast: Callable[[DynamoType], Any]) -> Callable[[DynamoType], Any]:
    """Most values that are compared are texts, and moto asks first whether they are any of five other kinds."""
    return lambda value: value.value if value.type == "S" else cast(value)


def _measure_plain_values(size: Callable[[DynamoType], int]) -> Callable[[DynamoType], int]:
    """Moto encodes each value to measure each item that it answers a query with."""

    def measured(value: DynamoType) -> int:
        plain = value.type in _PLAIN and value.value.isascii()
        return len(value.value) if plain else size(value)

    return measured


def _make_once(make: Callable[[Any, str], Node]) -> Callable[[Any, str], Node]:
    """Moto parses each update twice, and works on copies of what it parsed. What it came from is noted on it."""

    @lru_cache(_KEPT_EXPRESSIONS)
    def made(parser: Any, expression: str) -> Node:
        tree = make(parser, expression)
        tree.expression = expression
        return tree

    return made


def _copy_tree(node: Any) -> Any:
    """Copy what was parsed: much faster than copy.deepcopy, which knows nothing of trees."""
    if not isinstance(node, Node):
        return node
    copied = object.__new__(type(node))
    copied.__dict__.update(node.__dict__)
    if node.children is not None:
        copied.children = [_copy_tree(child) for child in node.children]
        for child in copied.children:
            if isinstance(child, Node):
                child.set_parent(copied)
    return copied


def _traverse(traverser: Any, root: Any) -> Any:
    """Moto asks each node, whenever it walks by, and by way of abstract classes, what it is, and makes a new table of
    what is done to which. That was a tenth of what a replay of 100,000 events takes.
    """
    kinds = traverser.nodes_to_be_processed()
    processed: dict[type, bool] = {}
    prepares = type(traverser).pre_processing_of_child is not DepthFirstTraverser.pre_processing_of_child

    def walked(node: Any, child_id: int) -> Any:
        parent = node.parent
        for i, child in enumerate(node.children or ()):
            if prepares:
                traverser.pre_processing_of_child(node, i)
            if hasattr(child, "parent"):  # only nodes have one
                walked(child, i)
        kind = type(node)
        if kind not in processed:
            processed[kind] = issubclass(kind, kinds)
        if processed[kind]:
            node = traverser.process(node)
            node.parent = parent
            if parent:
                parent.children[child_id] = node
        return node

    return walked(root, -1)


def _check_once(validate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What moto checked of an expression, its names and its table, it need not check again."""
    checked: OrderedDict[object, None] = OrderedDict()

    def validated(validator: Any) -> Any:
        names = validator.expression_attribute_names or {}
        place = (validator.node_to_validate.expression, *sorted(names.items()), *validator.table.table_key_attrs)
        if place in checked:
            validator.processors = validator.processors[_CHECKS:]
        tree = validate(validator)
        checked[place] = None
        if len(checked) > _KEPT_EXPRESSIONS:
            checked.popitem(last=False)
        return tree

    return validated
