"""The local cloud's tables are quick, and answer as those of moto do."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from ses_reputation_local.quick_calls import quick_calls
from ses_reputation_local.quick_tables import quick_tables

EVERY_KIND = {
    "text": {"S": "a\N{LATIN SMALL LETTER SHARP S}"},
    "number": {"N": "7"},
    "map": {"M": {"list": {"L": [{"S": "x"}, {"N": "1"}]}, "flag": {"BOOL": True}}},
    "names": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "bytes": {"B": b"\x00\xff"},
    "nothing": {"NULL": True},
}

CHANGES: list[dict[str, Any]] = [
    {
        "UpdateExpression": "ADD #n :one, names :c",
        "ExpressionAttributeNames": {"#n": "number"},
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":c": {"SS": ["c"]}},
    },
    {
        "UpdateExpression": "SET #m.#l[1] = :v, text = :t",
        "ExpressionAttributeNames": {"#m": "map", "#l": "list"},
        "ExpressionAttributeValues": {":v": {"N": "2"}, ":t": {"S": "other"}},
    },
    {
        "UpdateExpression": "SET text = if_not_exists(text, :t) REMOVE nothing",
        "ExpressionAttributeValues": {":t": {"S": "late"}},
    },
    {"UpdateExpression": "DELETE names :a", "ExpressionAttributeValues": {":a": {"SS": ["a"]}}},
]

QUERIES: list[dict[str, Any]] = [
    {"KeyConditionExpression": "pk = :pk"},
    {"KeyConditionExpression": "pk = :pk", "ScanIndexForward": False, "Limit": 1},
    {"KeyConditionExpression": "pk = :pk AND sk > :sk", "ExpressionAttributeValues": {":sk": {"S": "1"}}},
    {"KeyConditionExpression": "pk = :pk AND sk < :sk", "ExpressionAttributeValues": {":sk": {"S": "1"}}},
    *(
        {
            "KeyConditionExpression": f"pk = :pk AND sk {condition}",
            "ExpressionAttributeValues": {":low": {"S": "0"}, ":sk": {"S": "1"}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        for condition in ("BETWEEN :low AND :sk", "BETWEEN :sk AND :sk")
        for limit in (1, 2, 9)
    ),
]


def test_an_item_is_put_changed_read_and_found_quickly_as_it_is_by_moto() -> None:
    with mock_aws():
        by_moto = list(answers())
    with ExitStack() as stack:
        for context in (quick_calls(), mock_aws(), quick_tables()):
            stack.enter_context(context)
        assert list(answers()) == by_moto


def answers() -> Iterator[Any]:
    """What a new table says. An item is changed where it is, where none is, and where it was changed before."""
    dynamodb: Any = boto3.client("dynamodb", region_name="eu-west-1")
    dynamodb.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    key = {"pk": {"S": "a"}, "sk": {"S": "0"}}
    dynamodb.put_item(TableName="table", Item={**key, **EVERY_KIND})
    before = dynamodb.get_item(TableName="table", Key=key)["Item"]
    assert before == {**key, **EVERY_KIND}
    for name in ("0", "1", "0"):
        for change in CHANGES:
            try:
                answer = dynamodb.update_item(
                    TableName="table", Key={**key, "sk": {"S": name}}, ReturnValues="ALL_OLD", **change
                )
            except ClientError as refusal:
                yield str(refusal)
            else:
                yield answer.get("Attributes")
    for query in QUERIES:
        values = {":pk": {"S": "a"}, **query.get("ExpressionAttributeValues", {})}
        answer = dynamodb.query(TableName="table", **{**query, "ExpressionAttributeValues": values})
        yield answer["Items"], answer["Count"], answer["ScannedCount"], answer.get("LastEvaluatedKey")
    more = {"FilterExpression": "sk > :sk", "ExpressionAttributeValues": {":sk": {"S": "0"}}}
    yield dynamodb.scan(TableName="table", **more)["Items"]
