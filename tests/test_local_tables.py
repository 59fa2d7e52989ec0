"""Inside the local cloud, moto's tables do what DynamoDB's do, and do it quickly."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends

from ses_reputation_local.quick_calls import quick_calls
from ses_reputation_local.quick_tables import quick_tables
from ses_reputation_local.transactions import real_transactions

KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
TYPES = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}]


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with quick_calls(), mock_aws(), quick_tables(), real_transactions():
        yield boto3.client("dynamodb", region_name="eu-west-1")


@pytest.fixture
def table(dynamodb: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    name = "table"
    dynamodb.create_table(
        TableName=name,
        KeySchema=KEYS,
        AttributeDefinitions=TYPES,
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Let threads take turns as often as they can, so that one is surely interrupted where it should not be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}, "sk": {"S": "-"}}


def put(table: str, name: str, **others: Any) -> dict[str, Any]:
    return {
        "Put": {
            "TableName": table,
            "Item": {**key(name), "why": {"S": "new"}},
            "ConditionExpression": "attribute_not_exists(pk)",
            **others,
        }
    }


def add(table: str, name: str, number: int = 1, **others: Any) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": table,
            "Key": key(name),
            "UpdateExpression": "ADD #n :n",
            "ExpressionAttributeNames": {"#n": "number"},
            "ExpressionAttributeValues": {":n": {"N": str(number)}},
            **others,
        }
    }


def items(dynamodb: Any, table: str) -> dict[str, Mapping[str, Any]]:
    return {item["pk"]["S"]: item for item in dynamodb.scan(TableName=table)["Items"]}


def reasons(dynamodb: Any, actions: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as cancelled:
        dynamodb.transact_write_items(TransactItems=actions)
    found: list[Mapping[str, Any]] = cancelled.value.response["CancellationReasons"]
    return found


def test_a_transaction_writes_all_of_its_actions(dynamodb: Any, table: str) -> None:
    dynamodb.put_item(TableName=table, Item=key("old"))
    dynamodb.put_item(TableName=table, Item=key("kept"))
    dynamodb.transact_write_items(
        TransactItems=[
            put(table, "a"),
            add(table, "counter", 3),
            {"Delete": {"TableName": table, "Key": key("old")}},
            {"ConditionCheck": {"TableName": table, "Key": key("kept"), "ConditionExpression": "attribute_exists(pk)"}},
        ]
    )
    assert set(items(dynamodb, table)) == {"a", "counter", "kept"}
    assert items(dynamodb, table)["counter"]["number"] == {"N": "3"}


def test_a_failed_condition_writes_nothing(dynamodb: Any, table: str) -> None:
    dynamodb.transact_write_items(TransactItems=[put(table, "b"), add(table, "counter")])
    before = items(dynamodb, table)
    found = reasons(
        dynamodb,
        [
            put(table, "a"),
            add(table, "counter"),
            {"Delete": {"TableName": table, "Key": key("b")}},
            put(table, "b2"),
            put(table, "c", ConditionExpression="attribute_exists(pk)"),
        ],
    )
    assert [reason["Code"] for reason in found] == ["None"] * 4 + ["ConditionalCheckFailed"]
    assert items(dynamodb, table) == before


def test_each_failed_condition_is_reported(dynamodb: Any, table: str) -> None:
    dynamodb.transact_write_items(TransactItems=[put(table, "a"), put(table, "c")])
    found = reasons(dynamodb, [put(table, "a"), put(table, "b"), put(table, "c")])
    assert [reason["Code"] for reason in found] == ["ConditionalCheckFailed", "None", "ConditionalCheckFailed"]
    assert [reason.get("Message") for reason in found] == [
        "The conditional request failed",
        None,
        "The conditional request failed",
    ]


def test_the_old_item_comes_with_the_reason_if_asked_for(dynamodb: Any, table: str) -> None:
    old = {**key("a"), "why": {"S": "old"}, "list": {"L": [{"N": "1"}, {"M": {"x": {"BOOL": True}}}]}}
    dynamodb.put_item(TableName=table, Item=old)
    asked = put(table, "a", ReturnValuesOnConditionCheckFailure="ALL_OLD")
    nothing_there = add(
        table, "b", ConditionExpression="attribute_exists(pk)", ReturnValuesOnConditionCheckFailure="ALL_OLD"
    )
    found = reasons(dynamodb, [asked, nothing_there])
    assert found[0]["Item"] == old
    assert "Item" not in found[1]
    assert "Item" not in reasons(dynamodb, [put(table, "a")])[0]


def test_an_error_halfway_writes_nothing(dynamodb: Any, table: str) -> None:
    dynamodb.put_item(TableName=table, Item={**key("text"), "number": {"S": "no number"}})
    dynamodb.transact_write_items(TransactItems=[add(table, "counter")])
    before = items(dynamodb, table)
    with pytest.raises(ClientError, match="incorrect data type"):
        dynamodb.transact_write_items(
            TransactItems=[put(table, "a"), add(table, "counter"), add(table, "new"), add(table, "text")]
        )
    assert items(dynamodb, table) == before


def test_a_transaction_that_failed_is_not_in_the_stream(dynamodb: Any, table: str) -> None:
    dynamodb.put_item(TableName=table, Item=key("a"))
    reasons(dynamodb, [put(table, "b"), put(table, "a")])
    dynamodb.put_item(TableName=table, Item={**key("text"), "number": {"S": "no number"}})
    with pytest.raises(ClientError):
        dynamodb.transact_write_items(TransactItems=[put(table, "b"), add(table, "text")])
    shard = dynamodb_backends["123456789012"]["eu-west-1"].tables[table].stream_shard
    assert shard is not None
    assert [record.record["dynamodb"]["Keys"]["pk"] for record in shard.items] == [{"S": "a"}, {"S": "text"}]


def test_a_hundred_actions_are_the_most(dynamodb: Any, table: str) -> None:
    dynamodb.transact_write_items(TransactItems=[put(table, str(n)) for n in range(100)])
    with pytest.raises(ClientError, match="less than or equal to 100"):
        dynamodb.transact_write_items(TransactItems=[put(table, f"x{n}") for n in range(101)])


def test_two_actions_on_one_item_are_refused(dynamodb: Any, table: str) -> None:
    with pytest.raises(ClientError, match="multiple operations on one item"):
        dynamodb.transact_write_items(TransactItems=[put(table, "a"), add(table, "b"), add(table, "a")])
    assert items(dynamodb, table) == {}


def test_a_key_that_is_missing_is_refused(dynamodb: Any, table: str) -> None:
    with pytest.raises(ClientError, match="Missing the key sk"):
        dynamodb.transact_write_items(TransactItems=[put(table, "a", Item={"pk": {"S": "a"}})])


def test_a_token_that_comes_again_writes_nothing(dynamodb: Any, table: str) -> None:
    for _ in range(3):
        dynamodb.transact_write_items(TransactItems=[add(table, "counter")], ClientRequestToken="again")
    assert items(dynamodb, table)["counter"]["number"] == {"N": "1"}


def test_a_token_that_comes_again_with_other_actions_is_refused(dynamodb: Any, table: str) -> None:
    dynamodb.transact_write_items(TransactItems=[add(table, "counter")], ClientRequestToken="other")
    with pytest.raises(dynamodb.exceptions.IdempotentParameterMismatchException):
        dynamodb.transact_write_items(TransactItems=[add(table, "counter", 2)], ClientRequestToken="other")


def test_a_cancelled_transaction_does_not_use_its_token_up(dynamodb: Any, table: str) -> None:
    dynamodb.put_item(TableName=table, Item=key("a"))
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(TransactItems=[put(table, "a")], ClientRequestToken="retry")
    dynamodb.delete_item(TableName=table, Key=key("a"))
    dynamodb.transact_write_items(TransactItems=[put(table, "a")], ClientRequestToken="retry")
    assert set(items(dynamodb, table)) == {"a"}


@pytest.mark.usefixtures("eager_threads")
def test_of_many_threads_one_wins_each_item_and_none_is_counted_twice(dynamodb: Any, table: str) -> None:
    def count(name: str) -> bool:
        try:
            dynamodb.transact_write_items(TransactItems=[put(table, name), add(table, "counter")])
        except dynamodb.exceptions.TransactionCanceledException:
            return False
        return True

    names = [f"event {n % 25}" for n in range(200)]
    with ThreadPoolExecutor(8) as threads:
        won = sum(threads.map(count, names))
    assert won == 25
    assert items(dynamodb, table)["counter"]["number"] == {"N": "25"}


@pytest.mark.usefixtures("eager_threads")
def test_updates_of_many_threads_are_all_counted(dynamodb: Any, table: str) -> None:
    def count(_: int) -> None:
        dynamodb.update_item(
            TableName=table, **{k: v for k, v in add(table, "counter")["Update"].items() if k != "TableName"}
        )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count, range(200)))
    assert items(dynamodb, table)["counter"]["number"] == {"N": "200"}


def test_a_large_table_makes_no_more_work_for_a_transaction_and_a_query(dynamodb: Any, table: str) -> None:
    def write(number: int) -> None:
        receipts = [put(table, f"{number}-{n}") for n in range(95)]
        counters = [add(table, f"counter {n}") for n in range(5)]
        dynamodb.transact_write_items(TransactItems=[*receipts, *counters])

    def query(number: int) -> None:
        pk = {":pk": {"S": f"{number}-1"}}
        dynamodb.query(TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues=pk)

    # moto alone takes 19 s for one transaction on a table of 3,000 items.
    steps = [(steps_of(write, number), steps_of(query, number)) for number in range(12)]
    for first, last in zip(steps[1], steps[-1], strict=True):
        assert last < 1.1 * first


def steps_of(function: Callable[[int], None], number: int) -> int:
    """How many functions of Python are called on the way."""
    calls = count()

    def profile(_: object, event: str, __: object) -> None:
        if event == "call":
            next(calls)

    sys.setprofile(profile)
    try:
        function(number)
    finally:
        sys.setprofile(None)
    return next(calls)


def test_a_query_finds_its_partition_alone_in_order(dynamodb: Any, table: str) -> None:
    for pk, sk in [("a", "2"), ("b", "1"), ("a", "1"), ("a", "3")]:
        dynamodb.put_item(TableName=table, Item={"pk": {"S": pk}, "sk": {"S": sk}})

    def query(pk: str, **others: Any) -> list[str]:
        answer = dynamodb.query(
            TableName=table,
            KeyConditionExpression="pk = :pk AND sk >= :sk",
            ExpressionAttributeValues={":pk": {"S": pk}, ":sk": {"S": "2"}},
            **others,
        )
        return [item["sk"]["S"] for item in answer["Items"]]

    assert query("a") == ["2", "3"]
    assert query("a", ScanIndexForward=False) == ["3", "2"]
    assert query("a", Limit=1) == ["2"]
    assert query("b") == query("c") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 100])
@pytest.mark.parametrize("before", ["0", "3", "35", "9"])
def test_pages_from_the_newest_item_back_hold_every_item_before_a_key_once(
    dynamodb: Any, table: str, before: str, limit: int
) -> None:
    names = [str(n) for n in range(1, 8)]
    for name in names:
        dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "sk": {"S": name}})
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk AND sk < :sk",
        ExpressionAttributeValues={":pk": {"S": "a"}, ":sk": {"S": before}},
        ScanIndexForward=False,
        PaginationConfig={"PageSize": limit},
    )
    found = [[item["sk"]["S"] for item in page["Items"]] for page in pages]
    expected = [name for name in reversed(names) if name < before]
    assert [name for page in found for name in page] == expected
    assert all(len(page) == limit for page in found[:-1])


def test_an_item_that_is_too_large_is_refused(dynamodb: Any, table: str) -> None:
    large = {**key("a"), **{f"attribute {n}": {"S": "x" * 50_000} for n in range(9)}}
    with pytest.raises(ClientError, match="size"):
        dynamodb.put_item(TableName=table, Item=large)
    with pytest.raises(ClientError, match="size"):
        dynamodb.transact_write_items(TransactItems=[put(table, "a", Item=large)])
    assert items(dynamodb, table) == {}


@pytest.mark.parametrize("condition", ["sent = :n", "sent > :n", "attribute_not_exists(pk) OR sent < :n"])
def test_a_condition_is_read_with_its_values_each_time(dynamodb: Any, table: str, condition: str) -> None:
    dynamodb.put_item(TableName=table, Item={**key("a"), "sent": {"N": "5"}})
    passed = []
    for number in (4, 5, 6, 4, 5, 6):
        check = {
            "TableName": table,
            "Key": key("a"),
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {":n": {"N": str(number)}},
        }
        try:
            dynamodb.transact_write_items(TransactItems=[{"ConditionCheck": check}])
        except dynamodb.exceptions.TransactionCanceledException:
            passed.append(False)
        else:
            passed.append(True)
    expected = {"=": [False, True, False], ">": [True, False, False], "<": [False, False, True]}
    assert passed == expected[condition.split()[-2]] * 2


def test_an_unused_name_is_refused_each_time(dynamodb: Any, table: str) -> None:
    for _ in range(2):
        with pytest.raises(ClientError, match="unused in expressions"):
            dynamodb.transact_write_items(TransactItems=[put(table, "a", ExpressionAttributeNames={"#x": "x"})])


@pytest.mark.parametrize(
    ("expression", "names", "refusal"),
    [
        pytest.param("SET a = :v, a = :v", {}, "overlap", id="a path twice"),
        pytest.param("SET a = :v SET b = :v", {}, "can only be used once", id="a clause twice"),
        pytest.param("SET pk = :v", {}, "part of the key", id="a part of the key"),
        pytest.param("SET #k = :v", {"#k": "sk"}, "part of the key", id="a part of the key by another name"),
    ],
)
def test_an_update_that_could_be_none_is_refused_each_time(
    dynamodb: Any, table: str, expression: str, names: dict[str, str], refusal: str
) -> None:
    update = {
        "TableName": table,
        "Key": key("a"),
        "UpdateExpression": expression,
        "ExpressionAttributeValues": {":v": {"N": "1"}},
        **({"ExpressionAttributeNames": names} if names else {}),
    }
    for _ in range(2):
        with pytest.raises(ClientError, match=refusal):
            dynamodb.update_item(**update)
    if names:
        dynamodb.update_item(**{**update, "ExpressionAttributeNames": {"#k": "free"}})
        with pytest.raises(ClientError, match=refusal):
            dynamodb.update_item(**update)
