"""What tests/faults.py lets happen: whether a call took effect, how boto3 takes it, and what its caller hears of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from ses_reputation.adapters import clients
from ses_reputation_local.cloud import LocalCloud
from tests.faults import Called, Crashed, Fault, FaultAt, Killed, injected

WRITE = Called("Some", "dynamodb", "PutItem")

# Whether a write took effect, and what is raised; boto3 lives through what does not last.
OUTCOMES: dict[Fault, tuple[bool, type[BaseException] | None]] = {
    Fault.ERROR: (True, None),
    Fault.ERROR_FOR_GOOD: (False, ClientError),
    Fault.THROTTLED: (True, None),
    Fault.THROTTLED_FOR_GOOD: (False, ClientError),
    Fault.UNREACHABLE: (True, None),
    Fault.UNREACHABLE_FOR_GOOD: (False, BotoCoreError),
    Fault.UNANSWERED: (True, None),
    Fault.UNANSWERED_FOR_GOOD: (True, BotoCoreError),
    Fault.FAILED_THOUGH_DONE: (True, None),
    Fault.FAILED_THOUGH_DONE_FOR_GOOD: (True, ClientError),
    Fault.TWICE: (True, None),
    Fault.CONTENDED: (False, ClientError),
    Fault.CRASHED: (False, Crashed),
    Fault.KILLED_BEFORE: (False, Killed),
    Fault.KILLED_AFTER: (True, Killed),
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def within(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a function were running."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "ses-reputation-Some-1A2B")


def item(name: str) -> dict[str, Any]:
    return {"collection": {"S": "tests"}, "name": {"S": name}}


def test_every_way_in_which_a_write_can_fail_is_known() -> None:
    assert OUTCOMES.keys() == WRITE.faults()
    assert not {fault for fault in Called("Some", "dynamodb", "Query").faults() if "done" in fault} - {Fault.IN_PART}


@pytest.mark.parametrize(("fault", "outcome"), OUTCOMES.items(), ids=OUTCOMES)
def test_a_write_takes_effect_and_is_heard_of_as_its_fault_says(
    cloud: LocalCloud, within: None, fault: Fault, outcome: tuple[bool, type[BaseException] | None]
) -> None:
    took_effect, raised = outcome
    table, client, fault_at = cloud.resources["StandingsTable"], clients.dynamodb(), FaultAt(1, fault, armed=True)
    with injected(fault_at):
        if raised:
            with pytest.raises(raised):
                client.put_item(TableName=table, Item=item(fault))
        else:
            client.put_item(TableName=table, Item=item(fault))
    assert fault_at.seen == ["PutItem"], "attempts are of one call"
    assert ("Item" in client.get_item(TableName=table, Key=item(fault))) is took_effect


def test_of_a_batch_a_part_is_left(cloud: LocalCloud, within: None) -> None:
    table, client = cloud.resources["StandingsTable"], clients.dynamodb()
    puts: Any = [{"PutRequest": {"Item": item(f"part {n}")}} for n in range(10)]
    with injected(FaultAt(1, Fault.IN_PART, armed=True)):
        left = client.batch_write_item(RequestItems={table: puts})["UnprocessedItems"][table]
    written = [put for put in puts if "Item" in client.get_item(TableName=table, Key=put["PutRequest"]["Item"])]
    assert [*written, *left] == puts
    assert left


def test_of_a_batch_for_several_tables_a_part_of_each_may_be_left(cloud: LocalCloud, within: None) -> None:
    tables, client = (cloud.resources["StandingsTable"], cloud.resources["CountersTable"]), clients.dynamodb()
    key: Any = {"scope": {"S": "tests"}, "hour": {"S": "one"}}
    puts: Any = {tables[0]: [{"PutRequest": {"Item": item("one")}}], tables[1]: [{"PutRequest": {"Item": key}}]}
    with injected(FaultAt(1, Fault.IN_PART, armed=True)):
        left = client.batch_write_item(RequestItems=puts)["UnprocessedItems"]
    for table, found in zip(tables, (item("one"), key), strict=True):
        assert ("Item" in client.get_item(TableName=table, Key=found)) is (table not in left)
    assert tables[1] in left


def test_a_query_may_end_its_page_at_the_first_item(cloud: LocalCloud, within: None) -> None:
    table, client = cloud.resources["StandingsTable"], clients.dynamodb()
    for name in ("page 1", "page 2"):
        client.put_item(TableName=table, Item=item(name))
    with injected(FaultAt(1, Fault.IN_PART, armed=True)):
        page = client.query(
            TableName=table,
            KeyConditionExpression="#c = :c",
            ExpressionAttributeNames={"#c": "collection"},
            ExpressionAttributeValues={":c": {"S": "tests"}},
        )
    assert len(page["Items"]) == 1
    assert "LastEvaluatedKey" in page


def test_what_no_function_asks_never_fails(cloud: LocalCloud) -> None:
    with injected(FaultAt(1, Fault.KILLED_BEFORE, armed=True)):
        cloud.client("dynamodb").put_item(TableName=cloud.resources["StandingsTable"], Item=item("nobody"))
