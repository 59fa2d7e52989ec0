"""Who mends may do what mending takes, and no more: RepairPolicy against the calls that its commands really make."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from ses_reputation.restore import SUFFIX
from ses_reputation_cli.main import main
from ses_reputation_local.cloud import LocalCloud
from tests.test_template import of_type
from tests.test_template_findings import listed
from tests.test_whole_path import MORNING, mail, publish

TABLES = ("ReceiptsTable", "CountersTable", "StandingsTable")
FREE = {"sts:GetCallerIdentity"}  # Everybody may.
OF_TRANSACTIONS = {"Put": "PutItem", "Update": "UpdateItem"}


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud({"AutomaticSuppression": "true", "MinimumVolume": "20"}) as cloud:
        cloud.now = MORNING + timedelta(days=1)
        yield cloud


@contextmanager
def noted(names: Mapping[str, str]) -> Iterator[set[tuple[str, str]]]:
    """Every call that is made while the block runs: the action as IAM names it, and the resource by its logical id."""
    calls: set[tuple[str, str]] = set()

    def note(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.signing_name
        calls.update((f"{service}:{action}", names.get(on, on)) for action, on in _asked(model.name, params))

    session = boto3._get_default_session()
    session.events.register("provide-client-params", note)
    try:
        yield calls
    finally:
        session.events.unregister("provide-client-params", note)


def _asked(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    match params:
        case {"TransactItems": actions}:
            for action in actions:
                ((kind, body),) = action.items()
                yield OF_TRANSACTIONS[kind], body["TableName"]
        case {"RequestItems": tables}:
            for table in tables:
                yield operation, table
        case {"TableName": on} | {"QueueUrl": on} | {"FunctionName": on} | {"StackName": on}:
            yield {"Invoke": "InvokeFunction"}.get(operation, operation).removesuffix("Batch"), on
        case _:
            yield operation, ""


def granted() -> set[tuple[str, str]]:
    """What the policy allows: actions on resources by their logical ids."""
    statements = of_type("AWS::IAM::ManagedPolicy")["RepairPolicy"]["PolicyDocument"]["Statement"]
    assert all(statement["Effect"] == "Allow" for statement in statements)
    return {
        (action, _logical(resource))
        for statement in statements
        for action in listed(statement["Action"])
        for resource in _resources(statement["Resource"])
    }


def _resources(given: Any) -> list[Any]:
    """All that a statement may name, also what is there only if recipients are suppressed."""
    return listed(given["Fn::If"][1] if "Fn::If" in given else given)


def _logical(resource: Any) -> str:
    match resource:
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return name
        case {"Fn::Sub": str(text)}:
            return text.replace("${", "").replace(".Arn}", "")
        case {"Ref": "AWS::StackId"}:
            return "the stack"
        case _:
            raise AssertionError(f"{resource} names no resource")


def run(*arguments: str) -> None:
    result = CliRunner().invoke(main, arguments, obj=MORNING + timedelta(days=1))
    assert result.exit_code == 0, result.output


def key_of(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    keys = {"ReceiptsTable": ("message_id", "entry"), "CountersTable": ("scope", "hour")}
    return {name: item[name] for name in keys.get(table, ("collection", "name"))}


def test_the_policy_allows_what_the_commands_do_and_nothing_else(cloud: LocalCloud) -> None:
    names = {physical: logical for logical, physical in cloud.resources.items()} | {"ses-reputation": "the stack"}
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
        names[restored] = f"{table}{SUFFIX}"
        for item in client.scan(TableName=restored)["Items"]:
            client.delete_item(TableName=cloud.resources[table], Key=key_of(table, item))
    with noted(names) as calls:
        for queue in ("Feedback", "Enforcement", "Suppression", "Finding"):
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
    calls = {(action, on) for action, on in calls if action not in FREE}
    assert calls == granted()


def test_an_operator_may_do_none_of_it_by_default() -> None:
    """Sending back, discarding and mending are for those who are given RepairPolicy as well."""
    statements = of_type("AWS::IAM::ManagedPolicy")["OperatorPolicy"]["PolicyDocument"]["Statement"]
    actions = {action for statement in statements for action in listed(statement["Action"])}
    assert not {action for action in actions if action.startswith("sqs:")}
    assert not actions & {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Scan", "dynamodb:BatchWriteItem"}
