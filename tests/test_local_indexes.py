"""Queries of an index on moto: in the index's order, of its own attributes, 1 MB of them at a time."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ses_reputation_local.indexes import real_index_queries

TABLE = {"pk": "HASH", "sk": "RANGE"}
INDEX = {"list": "HASH", "rank": "RANGE"}


def schema(keys: dict[str, str]) -> Any:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()]


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with mock_aws(), real_index_queries():
        yield boto3.client("dynamodb", region_name="eu-west-1")


@pytest.fixture
def dynamodb(client: Any) -> Iterator[Any]:
    """A client, with a table that has an index of some attributes, and one of all."""
    index: Any = {
        "IndexName": "ranked",
        "KeySchema": schema(INDEX),
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["brief"]},
    }
    whole: Any = {**index, "IndexName": "whole", "Projection": {"ProjectionType": "ALL"}}
    client.create_table(
        TableName="table",
        KeySchema=schema(TABLE),
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in TABLE | INDEX],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[index, whole],
    )
    yield client
    client.delete_table(TableName="table")


def put(dynamodb: Any, name: str, **attributes: str) -> None:
    texts = {"pk": name, "sk": "-", **attributes}
    dynamodb.put_item(TableName="table", Item={key: {"S": value} for key, value in texts.items()})


def pages(dynamodb: Any, index: str = "ranked", condition: str = "#list = :list", **query: Any) -> list[list[str]]:
    """The names of the items on each page."""
    found = dynamodb.get_paginator("query").paginate(
        TableName="table",
        IndexName=index,
        KeyConditionExpression=condition,
        ExpressionAttributeNames={"#list": "list"},
        ExpressionAttributeValues={":list": {"S": "all"}, **query.pop("values", {})},
        **query,
    )
    return [[item["pk"]["S"] for item in page["Items"]] for page in found]


def test_an_index_has_the_items_with_its_attributes_in_its_own_order(dynamodb: Any) -> None:
    put(dynamodb, "b", list="all", rank="2")
    put(dynamodb, "c", list="all", rank="1")
    put(dynamodb, "a", list="all", rank="2")
    put(dynamodb, "unlisted")
    put(dynamodb, "unranked", list="all")
    put(dynamodb, "elsewhere", list="others", rank="0")
    assert pages(dynamodb) == [["c", "a", "b"]]
    assert pages(dynamodb, ScanIndexForward=False) == [["b", "a", "c"]]
    assert pages(dynamodb, "whole") == [["c", "a", "b"]]


def test_an_entry_has_the_attributes_of_the_index_alone(dynamodb: Any) -> None:
    put(dynamodb, "a", list="all", rank="1", brief="s", long="l")
    whole = dynamodb.get_item(TableName="table", Key={"pk": {"S": "a"}, "sk": {"S": "-"}})["Item"]
    query = {"KeyConditionExpression": "#l = :l", "ExpressionAttributeNames": {"#l": "list"}}
    of_all = {"TableName": "table", **query, "ExpressionAttributeValues": {":l": {"S": "all"}}}
    (entry,) = dynamodb.query(IndexName="ranked", **of_all)["Items"]
    assert entry == {name: whole[name] for name in ("pk", "sk", "list", "rank", "brief")}
    (projected,) = dynamodb.query(IndexName="ranked", ProjectionExpression="brief", **of_all)["Items"]
    assert projected == {"brief": {"S": "s"}}
    assert dynamodb.query(IndexName="whole", **of_all)["Items"] == [whole]


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
@pytest.mark.parametrize("limit", [1, 2, 5, 6])
def test_pages_hold_every_entry_once(dynamodb: Any, limit: int, forward: bool) -> None:
    names = ["a", "b", "c", "d", "e"]
    for name in names:
        put(dynamodb, name, list="all", rank=min("c", name))
    found = pages(dynamodb, Limit=limit, ScanIndexForward=forward)
    assert [name for page in found for name in page] == (names if forward else names[::-1])
    assert all(len(page) <= limit for page in found)


def test_a_page_is_a_megabyte_of_what_the_index_has(dynamodb: Any) -> None:
    for number in range(10):
        put(dynamodb, str(number), list="all", rank=str(number), brief="s" * 150_000, long="l" * 200_000)
    assert [len(page) for page in pages(dynamodb)] == [6, 4]
    assert [len(page) for page in pages(dynamodb, "whole")] == [2] * 5


def test_a_query_may_want_only_some_of_the_ranks(dynamodb: Any) -> None:
    for rank in "12345":
        put(dynamodb, rank, list="all", rank=rank)
    condition = "#list = :list AND #rank > :rank"
    names = {"#list": "list", "#rank": "rank"}
    query = {"KeyConditionExpression": condition, "ExpressionAttributeNames": names}
    values = {":list": {"S": "all"}, ":rank": {"S": "3"}}
    found = dynamodb.query(TableName="table", IndexName="ranked", **query, ExpressionAttributeValues=values)
    assert [item["pk"]["S"] for item in found["Items"]] == ["4", "5"]
