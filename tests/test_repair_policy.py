"""Who mends may do what mending takes, and no more: RepairPolicy against the calls that its commands really make."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from ses_reputation.restore import SUFFIX
from ses_reputation_local.cloud import LocalCloud
from tests.access import listed, statements_of
from tests.command import Command
from tests.noted_calls import noted
from tests.privileges import refused, unused
from tests.test_template import of_type
from tests.test_whole_path import MORNING, mail, publish

TABLES = ("ReceiptsTable", "CountersTable", "StandingsTable")


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud({"AutomaticSuppression": "true", "MinimumVolume": "20"}) as cloud:
        cloud.now = MORNING + timedelta(days=1)
        yield cloud


run = Command(MORNING + timedelta(days=1)).run


def key_of(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    keys = {"ReceiptsTable": ("message_id", "entry"), "CountersTable": ("scope", "hour")}
    return {name: item[name] for name in keys.get(table, ("collection", "name"))}


def test_the_policy_allows_what_the_commands_do_and_nothing_else(cloud: LocalCloud) -> None:
    client = cloud.client("dynamodb")
    # An alert that can't be sent waits in the outbox.
    cloud.client("sns").delete_topic(TopicArn=cloud.resources["StatusTopic"])
    publish(cloud, mail(30, bad=6))
    cloud.deliver()
    cloud.tick(MORNING + timedelta(hours=1), ["EvaluateReputation"])
    for table in TABLES:
        restored = f"{cloud.resources[table]}{SUFFIX}"
        client.restore_table_to_point_in_time(
            SourceTableName=cloud.resources[table], TargetTableName=restored, UseLatestRestorableTime=True
        )
        for item in client.scan(TableName=restored)["Items"]:
            client.delete_item(TableName=cloud.resources[table], Key=key_of(table, item))
    with noted() as notes:
        for queue in ("Feedback", "Enforcement", "Suppression", "Finding", "Evaluation"):
            cloud.enqueue(f"{queue}DeadLetterQueue", [json.dumps({"received": "", "event": {}})])
        run("redrive")
        run("redrive", "--retry", "--apply")
        cloud.enqueue("FeedbackDeadLetterQueue", ["x"])
        run("redrive", "--discard", "a test", "--apply")
        run("redrive", "--discarded")
        run("restore", "--apply")
        counted = client.scan(TableName=cloud.resources["CountersTable"])["Items"][0]
        client.delete_item(TableName=cloud.resources["CountersTable"], Key=key_of("CountersTable", counted))
        run("rebuild", "--apply")
    assert refused(notes) == unused(notes, "RepairPolicy") == []


def test_an_operator_may_do_none_of_it_by_default() -> None:
    """Sending back, discarding and mending are for those who are given RepairPolicy as well."""
    statements = statements_of(of_type("AWS::IAM::ManagedPolicy")["OperatorPolicy"]["PolicyDocument"])
    actions = {action for statement in statements for action in listed(statement["Action"])}
    assert not {action for action in actions if action.startswith("sqs:")}
    assert not actions & {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Scan", "dynamodb:BatchWriteItem"}
