"""What becomes of each resource when the stack is deleted, or no longer has it: a new one needs a decision."""

from enum import Enum, auto
from typing import Any

import pytest

from ses_reputation.restore import SUFFIX
from ses_reputation_local.application import TEMPLATE
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.resources import create_stack
from ses_reputation_local.template import read_template
from tests.test_restore import TABLES, run
from tests.test_several_deployments import NAMES
from tests.test_template import RESOURCES, SOURCE
from tests.test_whole_path import HOUR, MORNING, mail, publish


class Fate(Enum):
    """What happens to a resource when its stack goes."""

    KEPT = auto()  # nothing brings it back: it stays until a person deletes it
    GOES = auto()  # the stack makes another one, or it is worth nothing alone


# Topics and queues go with what is in them, subscriptions with their topic: docs/deployment.md says what to do first.
FATES: dict[str, Fate] = {
    "AWS::CloudWatch::Alarm": Fate.GOES,
    "AWS::CloudWatch::Dashboard": Fate.GOES,
    "AWS::DynamoDB::Table": Fate.KEPT,
    "AWS::Events::EventBus": Fate.GOES,
    "AWS::Events::EventBusPolicy": Fate.GOES,
    "AWS::Events::Rule": Fate.GOES,
    "AWS::IAM::ManagedPolicy": Fate.GOES,
    "AWS::IAM::Role": Fate.GOES,
    "AWS::Lambda::EventInvokeConfig": Fate.GOES,
    "AWS::Lambda::EventSourceMapping": Fate.GOES,
    "AWS::Lambda::Function": Fate.GOES,
    "AWS::Lambda::LayerVersion": Fate.GOES,
    "AWS::Lambda::Permission": Fate.GOES,
    "AWS::Lambda::Url": Fate.GOES,
    # Logs hold no counts, and they would cost money for ever where their retention is long.
    "AWS::Logs::LogGroup": Fate.GOES,
    "AWS::SNS::Subscription": Fate.GOES,
    "AWS::SNS::Topic": Fate.GOES,
    "AWS::SNS::TopicPolicy": Fate.GOES,
    "AWS::SQS::Queue": Fate.GOES,
    "AWS::SQS::QueuePolicy": Fate.GOES,
    "AWS::SSM::Parameter": Fate.GOES,
    "AWS::Scheduler::Schedule": Fate.GOES,
    # Without it nobody is found in the table that stays.
    "AWS::SecretsManager::Secret": Fate.KEPT,
}


@pytest.mark.parametrize("name", RESOURCES)
def test_what_can_not_be_had_again_stays_and_nothing_else(name: str) -> None:
    """RetainExceptOnCreate: a first deployment that fails leaves nothing behind.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    resource = RESOURCES[name]
    if FATES[resource["Type"]] is Fate.KEPT:
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"
    else:
        assert resource.get("DeletionPolicy", "Delete") == "Delete"
        assert resource.get("UpdateReplacePolicy", "Delete") == "Delete"


def kept() -> dict[str, Any]:
    return {name: r for name, r in RESOURCES.items() if FATES[r["Type"]] is Fate.KEPT}


@pytest.mark.parametrize("name", kept())
def test_what_stays_is_not_in_the_way_of_the_next_stack_of_this_name(name: str) -> None:
    assert NAMES[RESOURCES[name]["Type"]] not in RESOURCES[name]["Properties"]


def test_the_tables_and_the_key_of_what_is_in_them_are_what_stays() -> None:
    assert kept().keys() == {"ReceiptsTable", "CountersTable", "StandingsTable", "RecipientKey"}


def test_tables_are_protected_from_deletion_by_hand_unless_somebody_says_otherwise() -> None:
    protection = SOURCE["Parameters"]["DeletionProtection"]
    assert protection["Default"] == "true"
    for name in kept():
        if name.endswith("Table"):
            properties = SOURCE["Resources"][name]["Properties"]
            assert properties["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}


def test_a_stack_that_is_deployed_anew_gets_back_what_the_tables_of_the_one_before_hold() -> None:
    with LocalCloud() as cloud:
        cloud.now = MORNING + HOUR
        publish(cloud, mail(60, bad=6))
        cloud.deliver()
        cloud.tick(MORNING + HOUR, ["EvaluateReputation"])
        shown = [run("status", *scope).stdout for scope in ((), ("account",))]
        template = read_template(TEMPLATE, {}, cloud.region)
        anew = create_stack(template, cloud.account, cloud.region, None, "deployed-anew")
        dynamodb = cloud.client("dynamodb")
        for table in TABLES:
            dynamodb.restore_table_to_point_in_time(
                SourceTableName=cloud.resources[table],
                TargetTableName=f"{anew[table].name}{SUFFIX}",
                UseLatestRestorableTime=True,
            )
        run("restore", "--apply", "--stack-name", "deployed-anew")
        assert "0 differ" in run("rebuild", "--stack-name", "deployed-anew").output
        for table in ("ReceiptsTable", "CountersTable"):
            before, after = (
                sorted(map(str, dynamodb.scan(TableName=name)["Items"]))
                for name in (cloud.resources[table], anew[table].name)
            )
            assert before
            assert after == before
        assert [run("status", *scope, "--stack-name", "deployed-anew").stdout for scope in ((), ("account",))] == shown
