"""What the benchmark of write units takes DynamoDB to charge."""

from typing import Any

import pytest

from benchmarks.capacity import Meter, item_size


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"name": {"S": "Jäger"}}, 4 + 6),
        ({"n": {"N": "27"}}, 1 + 2),
        ({"n": {"N": "-27000"}}, 1 + 3),
        ({"n": {"N": "1806652800"}}, 1 + 5),
        ({"list": {"L": [{"S": "abc"}, {"S": ""}]}}, 4 + 3 + 4 + 1),
        ({"map": {"M": {"key": {"S": "ab"}}}}, 3 + 3 + 1 + 3 + 2),
        ({"yes": {"BOOL": True}}, 3 + 1),
    ],
    ids=["a text in UTF-8", "a number", "below zero", "without zeros at its end", "a list", "a map", "a truth"],
)
def test_the_size_of_an_item_is_that_of_its_names_and_values(item: dict[str, Any], size: int) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    assert item_size(item) == size


class Operation:
    def __init__(self, name: str) -> None:
        self.name = name


class Engine:
    """Says how an item is once it is updated: larger than what was added."""

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": {"scope": {"S": "x" * 1020}}}


def written(operation: str, asked: dict[str, Any], **answer: Any) -> int:
    meter = Meter(Engine())
    context: dict[str, Any] = {}
    meter._before(asked, context)
    assert asked["ReturnConsumedCapacity"] == "TOTAL"
    meter._after(Operation(operation), answer, context)
    return meter.charged.writes


PUT = {"TableName": "t", "Item": {"a": {"S": "x" * 1023}}}


def test_each_kb_that_is_begun_is_a_unit_and_two_in_a_transaction() -> None:
    longer = {"TableName": "t", "Item": {"a": {"S": "x" * 1024}}}
    assert written("PutItem", dict(PUT)) == 1
    assert written("PutItem", longer) == 2
    assert written("TransactWriteItems", {"TransactItems": [{"Put": PUT}, {"Put": longer}]}) == 2 + 4


def test_an_update_is_charged_for_the_whole_item() -> None:
    assert written("UpdateItem", {"TableName": "t", "Key": {"a": {"S": ""}}}) == 2


def test_what_is_in_the_index_is_charged_once_more() -> None:
    item = {"a": {"S": "x"}, "listing": {"S": "scopes"}}
    requests = [{"PutRequest": {"Item": item}}, {"PutRequest": {"Item": {"a": {"S": "x"}}}}]
    assert written("BatchWriteItem", {"RequestItems": {"t": requests}}) == 3
