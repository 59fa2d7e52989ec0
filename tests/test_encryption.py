"""Encryption with a key of one's own: all that is kept, whoever needs the key, and nobody else."""

from collections.abc import Mapping
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from ses_reputation.adapters.deployment import DeploymentNotFound, variables
from ses_reputation.domain.lifecycle import Status
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.template import read_source
from tests.access import NOBODY, Answer, Caller, Request, answer, applies, listed, service, statements_of
from tests.privileges import POLICIES
from tests.test_finding_path import standing
from tests.test_template import FUNCTIONS, RESOURCES, TEMPLATE
from tests.test_whole_path import HOUR, MORNING, mail, publish

HERE, OTHER, REGION = "123456789012", "987654321098", "eu-west-1"
KEY = f"arn:aws:kms:{REGION}:{HERE}:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
NOTHING = {"Ref": "AWS::NoValue"}


def if_there_is_one(value: Any, otherwise: Any = NOTHING) -> Any:
    return {"Fn::If": ["HasEncryptionKey", value, otherwise]}


THE_KEY = if_there_is_one({"Ref": "EncryptionKeyArn"})

# How a resource of each type is told what to encrypt with.
ENCRYPTED: Mapping[str, Mapping[str, Any]] = {
    "AWS::SNS::Topic": {"KmsMasterKeyId": THE_KEY},
    "AWS::SecretsManager::Secret": {"KmsKeyId": THE_KEY},
    # A queue has one way of encryption or the other.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
    "AWS::SQS::Queue": {"KmsMasterKeyId": THE_KEY, "SqsManagedSseEnabled": if_there_is_one(NOTHING, otherwise=True)},
    "AWS::DynamoDB::Table": {
        "SSESpecification": if_there_is_one(
            {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Ref": "EncryptionKeyArn"}}
        )
    },
    "AWS::Logs::LogGroup": {"KmsKeyId": THE_KEY},
    "AWS::Events::EventBus": {"KmsKeyIdentifier": THE_KEY},
    "AWS::Lambda::Function": {"KmsKeyArn": THE_KEY},
}

# What holds nothing that anybody sent, or has no such setting.
NOT_ENCRYPTED: Mapping[str, str] = {
    "AWS::CloudWatch::Alarm": "CloudWatch has no keys of customers; it says which queue, function or table",
    "AWS::CloudWatch::Dashboard": "CloudWatch has no keys of customers; it shows metrics",
    "AWS::Scheduler::Schedule": "its input is the time",
    "AWS::Lambda::LayerVersion": "the code, which anybody may read",
    "AWS::Events::Rule": "encrypted with its bus; that of the default bus says which of SES's events are for us",
    "AWS::Events::EventBusPolicy": "a policy",
    "AWS::IAM::ManagedPolicy": "a policy",
    "AWS::IAM::Role": "a policy",
    "AWS::SNS::TopicPolicy": "a policy",
    "AWS::SQS::QueuePolicy": "a policy",
    "AWS::Lambda::Permission": "a policy",
    "AWS::Lambda::EventInvokeConfig": "a setting",
    "AWS::Lambda::EventSourceMapping": "a setting",
    "AWS::Lambda::Url": "a setting",
    "AWS::SSM::Parameter": "the name of something in this stack",
    "AWS::SNS::Subscription": "a setting",
}


@pytest.mark.parametrize("name", RESOURCES)
def test_whatever_keeps_something_is_encrypted_with_the_key_if_there_is_one(name: str) -> None:
    kind, properties = RESOURCES[name]["Type"], RESOURCES[name].get("Properties", {})
    if kind in ENCRYPTED:
        assert {setting: properties.get(setting) for setting in ENCRYPTED[kind]} == ENCRYPTED[kind]
    else:
        assert NOT_ENCRYPTED[kind]


def test_what_can_not_be_encrypted_on_its_way_through_the_bus_is_a_dead_letter() -> None:
    dead_letters = {"Arn": {"Fn::GetAtt": ["FindingDeadLetterQueue", "Arn"]}}
    assert RESOURCES["FindingBus"]["Properties"]["DeadLetterConfig"] == if_there_is_one(dead_letters)


# -- Who may use the key by IAM ----------------------------------------------------------------------------------------

# What a service asks KMS for in the name of whoever calls it.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
# https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
SEND, READ = ("kms:Decrypt", "kms:GenerateDataKey"), ("kms:Decrypt",)
ASKED_FOR: Mapping[str, tuple[str, ...]] = {
    "sqs:SendMessage": SEND,
    "sqs:ReceiveMessage": READ,
    "sns:Publish": SEND,
    "dynamodb:": READ,
    "lambda:GetFunctionConfiguration": READ,
    "secretsmanager:": READ,
}


OF_SECRETS = {"DecryptRecipientKey": "EncryptsRecipientKey", "DecryptBlocklistKeys": "EncryptsBlocklistKeys"}


def documents() -> dict[str, Mapping[str, Any]]:
    """What each function's role, and those who operate and mend, may do."""
    roles = {name: RESOURCES[f"{name}Role"]["Properties"]["Policies"][0]["PolicyDocument"] for name in FUNCTIONS}
    return roles | {name: RESOURCES[name]["Properties"]["PolicyDocument"] for name in POLICIES}


@pytest.mark.parametrize("who", documents())
def test_a_role_may_do_with_the_key_what_its_other_permissions_need_and_no_more(who: str) -> None:
    all_of_it = statements_of(documents()[who])
    needed = {
        (asked, action.partition(":")[0])
        for statement in all_of_it
        for action in listed(statement["Action"])
        for prefix, several in ASKED_FOR.items()
        if action.startswith(prefix)
        for asked in several
    }
    given = {
        (action, statement["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Sub"].partition(".")[0])
        for statement in all_of_it
        for action in listed(statement["Action"])
        if action.startswith("kms:")
    }
    assert given == needed


@pytest.mark.parametrize("who", documents())
def test_nobody_may_do_anything_with_the_key_unless_there_is_one(who: str) -> None:
    for statement in documents()[who]["Statement"]:
        given = statement["Fn::If"][1] if "Fn::If" in statement else statement
        if any(action.startswith("kms:") for action in listed(given["Action"])):
            condition = OF_SECRETS.get(given["Sid"], "HasEncryptionKey")
            assert statement == {"Fn::If": [condition, given, NOTHING]}
            assert given["Resource"] == {"Ref": "EncryptionKeyArn"}
            assert given["Condition"].keys() == {"StringEquals"}


def test_a_function_may_not_use_the_key_but_through_the_services() -> None:
    with LocalCloud({"EncryptionKeyArn": KEY}) as cloud:
        iam, role = cloud.client("iam"), cloud.resources["ShowDashboardRole"]
        document: Any = iam.get_role_policy(RoleName=role, PolicyName="show-dashboard")["PolicyDocument"]
        policy = yaml_parse(str(document)) if isinstance(document, str) else document
    through = {"kms:ViaService": f"dynamodb.{REGION}.amazonaws.com"}
    assert answer(policy, Request("kms:Decrypt", KEY, context=through)) is Answer.ALLOWED
    for request in (
        Request("kms:Decrypt", KEY),
        Request("kms:Decrypt", KEY, context={"kms:ViaService": f"sqs.{REGION}.amazonaws.com"}),
        Request("kms:GenerateDataKey", KEY, context=through),
        Request("kms:Decrypt", f"{KEY}0", context=through),
    ):
        assert answer(policy, request) is Answer.SILENT


def test_whoever_may_not_use_the_key_is_told_so_instead_of_missing_settings() -> None:
    refused = {"ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt your variables."}
    with pytest.raises(DeploymentNotFound, match=r"settings of f .*unable to decrypt.* need kms:Decrypt"):
        variables({"FunctionName": "f", "Environment": {"Error": refused}})
    assert variables({"FunctionName": "f", "Environment": {"Variables": {"A": "b"}}}) == {"A": "b"}
    assert variables({"FunctionName": "f"}) == {}


def test_everything_works_with_a_key_as_without() -> None:
    with LocalCloud({"EncryptionKeyArn": KEY}) as cloud:
        publish(cloud, mail(200, bad=40))
        cloud.deliver()
        cloud.tick(MORNING + HOUR, ["EvaluateReputation"])
        assert {run.error for run in cloud.invocations} == {None}
        assert standing(cloud, "account").status is Status.PROBATION


# -- The key -----------------------------------------------------------------------------------------------------------


def key_policy() -> Mapping[str, Any]:
    """The policy of the key that encryption-key.yaml makes, in this account and region."""
    template = read_source(TEMPLATE.parent / "encryption-key.yaml")
    policy: Mapping[str, Any] = _resolved(template["Resources"]["Key"]["Properties"]["KeyPolicy"])
    return policy


def _resolved(value: Any) -> Any:
    names = {"Partition": "aws", "Region": REGION, "AccountId": HERE, "URLSuffix": "amazonaws.com"}
    match value:
        case {"Fn::Sub": str(text)}:
            for name, known in names.items():
                text = text.replace(f"${{AWS::{name}}}", known)
            return text
        case {"Ref": str(name)}:
            return names[name.removeprefix("AWS::")]
        case dict():
            return {key: _resolved(each) for key, each in value.items()}
        case list():
            return [_resolved(each) for each in value]
        case _:
            return value


TOPIC = {"kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:{REGION}:{HERE}:ses-reputation-BounceTopic-1"}
QUEUE = {"kms:EncryptionContext:aws:sqs:arn": f"arn:aws:sqs:{REGION}:{HERE}:ses-reputation-BounceQueue-1"}
BUS = {"kms:EncryptionContext:aws:events:event-bus:arn": f"arn:aws:events:{REGION}:{HERE}:event-bus/ses-reputation"}
LOGS = {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{HERE}:log-group:ses-reputation-OperateLogs-1"}
ACCOUNT = {"aws:SourceAccount": HERE}
BOTH = ("kms:GenerateDataKey", "kms:Decrypt")

LET_IN = {
    "SES publishes to a topic": (service("ses"), BOTH, TOPIC),
    "an alarm publishes to a topic": (service("cloudwatch"), BOTH, TOPIC),
    "SNS fills a queue": (service("sns"), BOTH, QUEUE),
    "EventBridge fills a dead-letter queue": (service("events"), BOTH, QUEUE),
    "EventBridge keeps events": (service("events"), BOTH, BUS),
    "EventBridge looks at the key": (service("events"), ("kms:DescribeKey",), ACCOUNT),
    "CloudWatch keeps logs": (
        service(f"logs.{REGION}"),
        (
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
            "kms:GenerateDataKey",
            "kms:DescribeKey",
        ),
        LOGS,
    ),
    "IAM lets a role of this account use it": (
        Caller("AWS", f"arn:aws:iam::{HERE}:role/ses-reputation-OperateRole-1"),
        ("kms:Decrypt", "kms:CreateGrant"),
        {"kms:ViaService": f"dynamodb.{REGION}.amazonaws.com"},
    ),
}


@pytest.mark.parametrize("why", LET_IN)
def test_the_key_lets_in_who_encrypts_something_here(why: str) -> None:
    caller, actions, context = LET_IN[why]
    for action in actions:
        assert answer(key_policy(), Request(action, KEY, caller, context)) is Answer.ALLOWED


SERVICES = [why for why, (caller, _, _) in LET_IN.items() if caller.kind == "Service"]


@pytest.mark.parametrize("why", SERVICES)
def test_the_key_lets_a_service_in_for_nobody_else(why: str) -> None:
    """SES on behalf of another account could publish to a topic of that account with this key, and so on."""
    caller, actions, context = LET_IN[why]
    strangers: list[tuple[Caller, Mapping[str, str]]] = [
        (caller, {key: value.replace(HERE, OTHER) for key, value in context.items()}),
        (caller, {}),
        (service("lambda"), context),
        (service("s3"), context),
        (Caller("AWS", f"arn:aws:iam::{OTHER}:role/anybody"), context),
        (NOBODY, context),
    ]
    if context is not ACCOUNT:
        strangers += [
            (caller, {key: value.replace(REGION, "us-east-1") for key, value in context.items()}),
            (caller, ACCOUNT),
        ]
    for stranger, circumstances in strangers:
        looks = {"kms:DescribeKey"} if (stranger, circumstances) == (service("events"), ACCOUNT) else set()
        for action in {*actions, "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"} - looks:
            assert answer(key_policy(), Request(action, KEY, stranger, circumstances)) is Answer.SILENT


def test_no_statement_of_the_key_is_for_nothing() -> None:
    for statement in key_policy()["Statement"]:
        used = [why for why, (caller, actions, context) in LET_IN.items() for action in actions
                if applies(statement, Request(action, KEY, caller, context))]  # fmt: skip
        assert used, statement["Sid"]


def test_the_key_outlives_its_stack_and_is_rotated() -> None:
    key = read_source(TEMPLATE.parent / "encryption-key.yaml")["Resources"]["Key"]
    assert key["DeletionPolicy"] == key["UpdateReplacePolicy"] == "Retain"
    assert key["Properties"]["EnableKeyRotation"] is True


def test_the_page_about_encryption_names_every_service_and_every_statement() -> None:
    page = (TEMPLATE.parent / "docs" / "encryption.md").read_text(encoding="utf-8")
    for statement in key_policy()["Statement"]:
        assert f"`{statement['Sid']}`" in page
        for name in listed(statement["Principal"].get("Service", [])):
            assert f"`{name.replace(REGION, 'REGION')}`" in page
