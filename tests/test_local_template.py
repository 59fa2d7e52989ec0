"""template.yaml becomes a running cloud, or an error that names what is wrong with it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda.models import EventSourceMapping, LambdaFunction
from moto.cloudformation import parsing
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.events.models import EventsBackend, Rule
from moto.sns.models import Subscription
from moto.sqs.models import SQSBackend

from ses_reputation_local.application import TEMPLATE
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.quick_start import LISTED_BY_NAME, quick_regions
from ses_reputation_local.resources import ResourceError
from ses_reputation_local.template import ParameterError, check_parameters, check_rules, read_template

QUEUE_AND_FUNCTION = """
Resources:
  Queue: {Type: AWS::SQS::Queue}
  F: {Type: AWS::Serverless::Function, Properties: {CodeUri: f/, Handler: handler.main, Runtime: python3.13}}
"""


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    """One with everything that a deployment may have."""
    parameters = {"NotificationEmail": "reader@example.com", "RelatedAccounts": "210987654321"}
    optional = {"AutomaticSuppression": "true", "BlocklistZones": "multi.surbl.org", "RecipientStorage": "none"}
    with LocalCloud({**parameters, **optional, "ReceiptRetentionDays": "61"}) as cloud:
        yield cloud


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"MinimumVolume": "0"}, "MinimumVolume must be a number of recipients, 1 or more, not 0"),
        ({"OldestMailDays": "1096"}, "OldestMailDays must be a number of days from 1 to 1095, not 1096"),
        ({"MinimumVolume": "many"}, "MinimumVolume must be a number, not 'many'"),
        ({"MinimumVolume": ""}, "MinimumVolume must be a number, not empty"),
        ({"MinimumVolume": "1_000"}, "MinimumVolume must be a number, not '1_000'"),
        ({"Vocabulary": "modern"}, "Vocabulary must be classic or current, not 'modern'"),
        ({"LogRetentionDays": "2"}, "LogRetentionDays must be a number of days that CloudWatch Logs knows - 1, 3, 5"),
        (
            {"NotificationEmail": "me"},
            "or one e-mail address such as ops@shop.example, not 'me'",
        ),
        ({"NotificationEmail": "me@example.com\n"}, "NotificationEmail must be empty, or one e-mail address"),
        ({"Minimum": "1"}, "there is no parameter Minimum; there are NotificationEmail, Profile"),
    ],
)
def test_a_parameter_that_cloudformation_would_refuse_is_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(ParameterError) as refused, LocalCloud(given):
        pass
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("rules", "value", "message"),
    [
        ({"Type": "String"}, None, "P must have a value, since it has no default"),
        ({"Type": "String", "MinLength": 3}, "ab", "P must have at least 3 characters, not 'ab'"),
        ({"Type": "String", "MaxLength": 1}, "ab", "P must have at most 1 characters, not 'ab'"),
        ({"Type": "String", "AllowedPattern": "a+"}, "aab", r"P must match a+, not 'aab'"),
        ({"Type": "CommaDelimitedList", "AllowedPattern": "a+"}, "aa,b", r"P must match a+, not 'aa,b'"),
        ({"Type": "Number", "MinValue": 1, "Default": 0}, None, "P must be at least 1, not 0"),
    ],
    ids=["no value", "too short", "too long", "part of it matches", "a member does not match", "default out of range"],
)
def test_a_value_against_its_rules_is_refused(rules: dict[str, Any], value: str | None, message: str) -> None:
    with pytest.raises(ParameterError) as refused:
        check_parameters({"P": rules}, {} if value is None else {"P": value})
    assert str(refused.value) == message


def test_a_value_within_its_rules_is_taken() -> None:
    rules = {"Type": "Number", "AllowedValues": [1, 30], "Default": 1}
    assert check_parameters({"P": rules}, {"P": "30"}) == {"P": "30"}
    assert check_parameters({"P": rules}, {}) == {"P": "1"}


@pytest.mark.parametrize(
    "condition",
    [{"Fn::Contains": [["a"], {"Ref": "P"}]}, {"Fn::Equals": [{"Fn::Join": ["", "a"]}, "a"]}],
    ids=["a function", "a function within another"],
)
def test_a_rule_that_the_local_cloud_can_not_judge_is_not_passed_over(condition: dict[str, Any]) -> None:
    rules = {"R": {"Assertions": [{"Assert": condition, "AssertDescription": "P must be a"}]}}
    with pytest.raises(NotImplementedError, match="Fn::"):
        check_rules(rules, {"P": "a"})


def test_every_resource_of_the_template_is_created(cloud: LocalCloud) -> None:
    declared = read_template(TEMPLATE, {}, "eu-west-1").body["Resources"]
    assert set(cloud.resources) == set(declared)
    assert all(cloud.resources.values())


def test_a_resource_whose_condition_is_false_is_not_created() -> None:
    with LocalCloud({"NotificationEmail": "", "RelatedAccounts": ""}) as cloud:
        assert not cloud.resources.keys() & {
            "NotificationEmailSubscription",
            "OperationsEmailSubscription",
            "FindingBusPolicy",
        }


def test_a_function_has_the_values_of_parameters_as_text(cloud: LocalCloud) -> None:
    function = cloud.client("lambda").get_function_configuration(FunctionName=cloud.resources["RecordFeedback"])
    variables = function["Environment"]["Variables"]
    assert variables["RECEIPT_RETENTION_DAYS"] == "61"
    assert variables["RECEIPTS_TABLE"] == cloud.resources["ReceiptsTable"]


def test_tables_expire_items_and_are_backed_up_and_protected(cloud: LocalCloud) -> None:
    dynamodb, name = cloud.client("dynamodb"), cloud.resources["ReceiptsTable"]
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert dynamodb.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is True


def test_the_text_false_does_not_protect_a_table() -> None:
    with LocalCloud({"DeletionProtection": "false"}) as cloud:
        cloud.client("dynamodb").delete_table(TableName=cloud.resources["ReceiptsTable"])


def test_a_subscription_has_what_the_template_says(cloud: LocalCloud) -> None:
    attributes = cloud.client("sns").get_subscription_attributes(SubscriptionArn=cloud.resources["BounceSubscription"])[
        "Attributes"
    ]
    assert attributes["RawMessageDelivery"] == "true"
    assert "FeedbackDeadLetterQueue" in attributes["RedrivePolicy"]


def test_the_stack_shows_its_outputs(cloud: LocalCloud) -> None:
    (stack,) = cloud.client("cloudformation").describe_stacks()["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert outputs["BounceTopicArn"] == cloud.resources["BounceTopic"]
    assert len(
        cloud.client("cloudformation").list_stack_resources(StackName=stack["StackName"])["StackResourceSummaries"]
    ) == len(cloud.resources)


def test_a_handler_that_is_not_there_raises(tmp_path: Path) -> None:
    with LocalCloud(template=write(tmp_path, QUEUE_AND_FUNCTION)) as cloud, pytest.raises(FileNotFoundError):
        cloud.invoke("F", {})


UNKNOWN_TYPE = "Resources: {Alarm: {Type: AWS::Unheard::Of, Properties: {}}}"

FILTERED_SOURCE = f"""
{QUEUE_AND_FUNCTION}
  Source:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref F
      EventSourceArn: !GetAtt Queue.Arn
      FilterCriteria: {{Filters: [{{Pattern: "{{}}"}}]}}
"""

SCHEDULED_RULE = "Resources: {Rule: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 hour)}}}"

RULE_FOR_A_QUEUE = f"""
{QUEUE_AND_FUNCTION}
  Rule: {{Type: AWS::Events::Rule, Properties: {{EventPattern: {{}}, Targets: [{{Id: Q, Arn: !GetAtt Queue.Arn}}]}}}}
"""

PUBLIC_URL = f"""
{QUEUE_AND_FUNCTION}
  Url: {{Type: AWS::Lambda::Url, Properties: {{TargetFunctionArn: !Ref F, AuthType: NONE}}}}
"""

DESTINATION = f"""
{QUEUE_AND_FUNCTION}
  Async:
    Type: AWS::Lambda::EventInvokeConfig
    Properties: {{FunctionName: !Ref F, DestinationConfig: {{OnSuccess: {{Destination: !GetAtt Queue.Arn}}}}}}
"""

BAD_NAME = "Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: 'not a name'}}}"

UNKNOWN_REFERENCE = """
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Other}}
  Other: {Type: AWS::Unheard::Of, Properties: {}}
"""


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (UNKNOWN_TYPE, "Alarm (AWS::Unheard::Of) was not created: moto has no model for it"),
        (FILTERED_SOURCE, "Source (AWS::Lambda::EventSourceMapping) was not created: the local cloud moves messages"),
        (SCHEDULED_RULE, "Rule (AWS::Events::Rule) was not created: the local cloud's rules match events"),
        (RULE_FOR_A_QUEUE, "Rule (AWS::Events::Rule) was not created: the local cloud's rules match events"),
        (PUBLIC_URL, "Url (AWS::Lambda::Url) was not created: a function URL of the local cloud has AuthType AWS_IAM"),
        (DESTINATION, "Async (AWS::Lambda::EventInvokeConfig) was not created: the local cloud sends the events"),
        (BAD_NAME, "Topic (AWS::SNS::Topic) was not created: "),
        (UNKNOWN_REFERENCE, "Other (AWS::Unheard::Of) was not created: "),
    ],
    ids=[
        "unknown type",
        "unsupported property",
        "a schedule of a rule",
        "a rule for a queue",
        "a public function URL",
        "a destination of success",
        "wrong property",
        "another resource that it refers to",
    ],
)
def test_a_resource_that_can_not_be_created_is_an_error(tmp_path: Path, template: str, message: str) -> None:
    with pytest.raises(ResourceError) as refused, LocalCloud(template=write(tmp_path, template)):
        pass
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("condition", ["Never", "Always"])
def test_an_unknown_type_is_an_error_only_if_its_condition_holds(tmp_path: Path, condition: str) -> None:
    template = f"""
Conditions: {{Never: !Equals [a, b], Always: !Equals [a, a]}}
Resources:
  Topic: {{Type: AWS::SNS::Topic}}
  Alarm: {{Type: AWS::Unheard::Of, Condition: {condition}, Properties: {{}}}}
"""
    cloud = LocalCloud(template=write(tmp_path, template))
    if condition == "Never":
        with cloud:
            assert set(cloud.resources) == {"Topic"}
    else:
        with pytest.raises(ResourceError, match="Alarm"), cloud:
            pass


def test_two_clouds_in_a_row_share_nothing(tmp_path: Path) -> None:
    template = """
Parameters: {LogLevel: {Type: String, Default: INFO}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: handler.main
      Runtime: python3.13
      Environment: {Variables: {POWERTOOLS_LOG_LEVEL: !Ref LogLevel, POWERTOOLS_SERVICE_NAME: two_clouds}}
"""
    (tmp_path / "handler.py").write_text(
        "from aws_lambda_powertools import Logger\n"
        "logger, calls = Logger(), []\n"
        "def main(event, context):\n"
        "    calls.append(event)\n"
        "    logger.debug('detail')\n"
        "    return len(calls)\n"
    )
    path = write(tmp_path, template)
    with LocalCloud(template=path) as cloud:
        runs = [cloud.invoke("F", {}) for _ in range(2)]
    assert [(run.result, len(run.logs)) for run in runs] == [(1, 0), (2, 0)]
    with LocalCloud({"LogLevel": "DEBUG"}, template=path) as cloud:
        run = cloud.invoke("F", {})
    assert (run.result, len(run.logs)) == (1, 1)


def test_the_shell_s_aws_settings_reach_nothing_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "real",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_SNS": "http://127.0.0.1:1",
        "AWS_DEFAULT_REGION": "us-west-2",
        "MOTO_ACCOUNT_ID": "999999999999",
    }
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with LocalCloud() as cloud:
        assert not set(theirs.values()) & set(os.environ.values())
        assert boto3.client("sns").list_topics()["Topics"]
        assert cloud.resources["BounceTopic"].startswith("arn:aws:sns:eu-west-1:123456789012:")
    assert dict(os.environ) == before


def test_moto_is_itself_again_after_a_cloud() -> None:
    patched = [
        (parsing, "parse_and_create_resource"),
        (parsing, "resource_class_from_type"),
        (DynamoDBBackend, "transact_write_items"),
        (EventsBackend, "put_events"),
        (Rule, "send_to_targets"),
        (Item, "__init__"),
        (LambdaFunction, "invoke"),
        (Subscription, "publish"),
        (SQSBackend, "send_message"),
    ]
    before = [getattr(owner, name) for owner, name in patched]
    with LocalCloud():
        assert SQSBackend.send_message is not before[-1]
    assert [getattr(owner, name) for owner, name in patched] == before
    assert parsing.resource_class_from_type("AWS::Lambda::EventSourceMapping") is EventSourceMapping
    with mock_aws():
        assert boto3.client("sns", region_name="eu-west-1").list_topics()["Topics"] == []


@pytest.mark.parametrize("service", sorted(LISTED_BY_NAME))
def test_regions_are_the_same_when_they_are_listed_quickly(service: str) -> None:
    session = boto3.Session()
    for partition in session.get_available_partitions():
        regions = session.get_available_regions(service, partition)
        with quick_regions():
            assert session.get_available_regions(service, partition) == regions


def test_a_cloud_that_could_not_start_leaves_the_way_free(tmp_path: Path) -> None:
    before = dict(os.environ)
    bad = write(tmp_path, UNKNOWN_TYPE)
    with pytest.raises(ResourceError), LocalCloud(template=bad):
        pass
    assert dict(os.environ) == before
    with LocalCloud():
        pass


def write(folder: Path, template: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(f"Transform: AWS::Serverless-2016-10-31\n{template}\n")
    return path
