"""Queries of a table's index as DynamoDB answers them, on moto.

moto 5.2.5 counts the whole item against the 1 MB that a query reads, where DynamoDB counts what the index has of it, so
that reading an index takes several times as many requests as it does at AWS. It also goes through the whole table, and
sorts what it finds, for every page, and copies items with all that the index leaves out.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import GlobalSecondaryIndex, SecondaryIndex, Table

_PAGE_BYTES: Final = 1_048_576


@contextmanager
def real_index_queries() -> Iterator[None]:
    """Until the block ends, a query of a global secondary index reads the index, and not the table behind it."""
    query = _query_the_index(Table.query)
    with patch.object(SecondaryIndex, "project", _entry), patch.object(Table, "query", query):
        yield


def _entry(index: SecondaryIndex, item: Item) -> Item:
    """What an index has of an item. moto translates all of it to Python and back, once for each attribute."""
    kind = (index.projection or {}).get("ProjectionType", "ALL")
    if kind == "ALL":
        return item
    names = {*index.table_key_attrs, *index.schema_key_attrs}
    if kind == "INCLUDE":
        names |= {*index.projection["NonKeyAttributes"]}
    entry: Item = object.__new__(Item)
    entry.hash_key, entry.range_key, entry.attrs = item.hash_key, item.range_key, LimitedSizeDict()
    for name in names & item.attrs.keys():
        dict.__setitem__(entry.attrs, name, item.attrs[name])
    return entry


def _query_the_index(query: Callable[..., Any]) -> Callable[..., Any]:
    """Give moto a table that holds only what one page of the index needs, as the index has it."""

    def of_index(  # noqa: PLR0917 - the parameters are those of moto
        table: Table,
        hash_key: DynamoType | None,
        comparison: str | None,
        bounds: list[DynamoType],
        limit: int | None,
        start: Mapping[str, Any] | None,
        forward: bool,  # noqa: FBT001
        projection: Any,
        index_name: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        found, index = table, _global_index(table, index_name)
        if index and hash_key:
            items = _sorted_items(table, index, hash_key)
            # A condition is looked at first, and what does not meet it is not read: moto knows how.
            page = items if comparison or not forward else _page(table, index, items, start, limit)
            # object.__new__, since moto remembers every table that its own __new__ makes.
            found = object.__new__(type(table))
            found.__dict__.update(table.__dict__)
            found.items = defaultdict(dict)
            for item in page:
                found.items[item.hash_key][item.range_key] = _entry(index, item)
        return query(
            found, hash_key, comparison, bounds, limit, start, forward, projection, index_name, *args, **kwargs
        )

    return of_index


def _global_index(table: Table, name: str | None) -> GlobalSecondaryIndex | None:
    """The index of this name, if it is one of a table like ours: both have a partition and a sort key."""
    index = next((index for index in table.global_indexes if index.name == name), None)
    return index if index and len(index.schema) == 2 and table.range_key_attr else None


def _sorted_items(table: Table, index: GlobalSecondaryIndex, hash_key: DynamoType) -> list[Item]:
    """The items of one partition of an index, in its order: one without the index's attributes is not in it."""
    partition, sort = (key["AttributeName"] for key in index.schema)
    indexed = (item for item in table.all_items() if item.attrs.keys() >= {partition, sort})
    items = [item for item in indexed if item.attrs[partition] == hash_key]
    return sorted(items, key=lambda item: _place(table, index, item.attrs))


def _place(table: Table, index: GlobalSecondaryIndex, attributes: Mapping[str, Any]) -> tuple[Any, ...]:
    """Where an index has the item with these attributes, of those that have the same partition key."""
    names = (index.schema[1]["AttributeName"], *table.table_key_attrs)
    return tuple(attributes[name].value for name in names)


def _page(
    table: Table,
    index: GlobalSecondaryIndex,
    items: Sequence[Item],
    start: Mapping[str, Any] | None,
    limit: int | None,
) -> Iterator[Item]:
    """The items after the start, until there are more than a page can hold: so moto sees that it is not the last."""
    first = 0
    if start:
        after = _place(table, index, {name: DynamoType(value) for name, value in start.items()})
        first = bisect_right(items, after, key=lambda item: _place(table, index, item.attrs))
    size = 0
    for number, item in enumerate(items[first:]):
        yield item
        size += _entry(index, item).size()
        if size > _PAGE_BYTES or number == limit:
            return
