"""Several deployments in one account and region: none takes what is another's, and none is told for another."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ses_reputation.domain.connections import (
    Action,
    ConfigurationSet,
    Destination,
    Identity,
    Plan,
    Reason,
    Stream,
    Wanted,
    plan_connection,
    plan_undoing,
)
from ses_reputation.domain.connections import Notification as Type
from ses_reputation.domain.rates import VolumeSource
from ses_reputation_local.application import TEMPLATE
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.resources import STACK_NAME, create_stack
from ses_reputation_local.template import read_template
from tests.test_template import RESOURCES

OTHER = "ses-reputation-dev"
ALL_ON = {
    "NotificationEmail": "ops@shop.example",
    "RelatedAccounts": "210987654321",
    "AutomaticSuppression": "true",
    "BlocklistZones": "multi.surbl.org",
    "RecipientStorage": "hashed",
}

# The properties that are the name of the thing itself: two of the same name are one thing, or an error.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
NAMES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SSM::Parameter": "Name",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
}
# They have no name of their own: they belong to what they are about.
NAMELESS = {
    "AWS::Events::EventBusPolicy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}


def names_the_stack(value: Any) -> bool:
    return "AWS::StackName" in json.dumps(value)


def test_of_every_type_it_is_known_whether_it_has_a_name() -> None:
    assert {resource["Type"] for resource in RESOURCES.values()} <= NAMES.keys() | NAMELESS


@pytest.mark.parametrize("name", [name for name, resource in RESOURCES.items() if resource["Type"] in NAMES])
def test_what_is_not_named_by_cloudformation_is_named_after_the_stack(name: str) -> None:
    """SAM itself gives a schedule and a layer the name of the logical id, unless it is told otherwise."""
    resource = RESOURCES[name]
    given = resource["Properties"].get(NAMES[resource["Type"]])
    assert given is None or names_the_stack(given)


def test_no_statement_is_about_things_of_another_stack() -> None:
    """An ARN that is put together holds the id of a resource of ours, but where it is about SES or an account."""
    put_together = "arn:${AWS::Partition}:"
    made = [text.removeprefix(put_together) for text in texts(RESOURCES) if text.startswith(put_together)]
    assert made
    for arn in made:
        of_the_account = arn.startswith("ses:") or arn.endswith(":schedule-group/default")
        assert of_the_account or arn.endswith(":dashboard/${Dashboard}"), arn


def texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from texts(inner)


def test_all_that_an_exported_output_is_called_names_the_stack() -> None:
    outputs = read_template(TEMPLATE, {}, "eu-west-1").body["Outputs"]
    for output in outputs.values():
        assert "Export" not in output or names_the_stack(output["Export"])


@pytest.fixture
def both() -> Iterator[tuple[LocalCloud, Mapping[str, Any]]]:
    """A cloud with all that there can be, and what a second stack of the same template has in it."""
    with LocalCloud(ALL_ON) as cloud:
        template = read_template(TEMPLATE, ALL_ON, cloud.region)
        yield cloud, create_stack(template, cloud.account, cloud.region, None, OTHER)


def test_a_second_stack_of_the_same_template_comes_up_and_shares_nothing(
    both: tuple[LocalCloud, Mapping[str, Any]],
) -> None:
    cloud, second = both
    ids = {name: str(resource.physical_resource_id) for name, resource in second.items()}
    assert ids.keys() == cloud.resources.keys()
    # What moto knows no id of: it belongs to the bus whose policy it is.
    same = {name for name, physical_id in ids.items() if cloud.resources[name] == physical_id}
    assert same == {"FindingBusPolicy"}
    assert not {*ids.values()} & {*cloud.resources.values()} - {ids["FindingBusPolicy"]}


def test_each_measures_and_shows_its_own(both: tuple[LocalCloud, Mapping[str, Any]]) -> None:
    cloud, second = both
    cloudwatch = cloud.client("cloudwatch")
    ids = {STACK_NAME: cloud.resources, OTHER: {name: str(r.physical_resource_id) for name, r in second.items()}}
    for stack, other in ((STACK_NAME, OTHER), (OTHER, STACK_NAME)):
        function = cloud.client("lambda").get_function_configuration(FunctionName=ids[stack]["RecordFeedback"])
        measures = function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
        alarm = cloudwatch.describe_alarms(AlarmNames=[ids[stack]["AlertsNotSentAlarm"]])["MetricAlarms"][0]
        shown = cloudwatch.get_dashboard(DashboardName=ids[stack]["Dashboard"])["DashboardBody"]
        assert measures == alarm["Namespace"] == f"SESReputation/{stack}"
        assert f'"{measures}"' in shown
        assert f'"SESReputation/{other}"' not in shown
        assert ids[stack]["ShowDashboard"] in shown
        assert ids[other]["ShowDashboard"] not in shown


# -- What they set up at SES -------------------------------------------------------------------------------------------


def wanted(stack: str) -> Wanted:
    topics = {stream: f"arn:aws:sns:eu-west-1:123456789012:{stack}-{stream}-topic" for stream in Stream}
    return Wanted(stack=stack, topics=topics, volume_source=VolumeSource.SEND_EVENTS)


def connected(*stacks: str) -> ConfigurationSet:
    """A configuration set that publishes to each of them, as `connect` leaves it."""
    destinations: list[Destination] = []
    for stack in stacks:
        found = ConfigurationSet("newsletter", tuple(destinations))
        for step in plan_connection([found], wanted(stack), (), replace=False).changes:
            assert step.action is Action.CREATE
            destinations.append(Destination(step.name, enabled=True, events=step.events, topic=step.topic))
    return ConfigurationSet("newsletter", tuple(destinations))


def changed(plan: Plan) -> dict[str, Action]:
    return {step.name: step.action for step in plan.changes}


def test_both_can_be_connected_to_one_configuration_set() -> None:
    found = connected(STACK_NAME, OTHER)
    assert len({destination.name for destination in found.destinations}) == 6
    for stack in (STACK_NAME, OTHER):
        assert not plan_connection([found], wanted(stack), (), replace=False).changes


@pytest.mark.parametrize(("stack", "other"), [(STACK_NAME, OTHER), (OTHER, STACK_NAME)])
def test_to_undo_one_leaves_what_is_the_others(stack: str, other: str) -> None:
    plan = plan_undoing([connected(STACK_NAME, OTHER)], wanted(stack))
    assert changed(plan) == dict.fromkeys(wanted(stack).destinations, Action.REMOVE)
    assert not {*changed(plan)} & wanted(other).destinations


def test_stacks_whose_long_names_begin_alike_refuse_instead_of_taking_the_others_destination() -> None:
    """An event destination's name has 64 characters, a stack's has 128."""
    first, second = (f"{'x' * 60}-{end}" for end in ("one", "two"))
    assert wanted(first).destinations == wanted(second).destinations
    found = connected(first)
    plan = plan_connection([found], wanted(second), (), replace=False)
    assert not plan.changes
    assert {step.reason for step in plan.refused} == {Reason.OTHER_TOPIC}
    assert not plan_undoing([found], wanted(second)).changes


def test_an_identity_that_tells_one_is_neither_taken_nor_freed_by_the_other() -> None:
    """An identity has one topic for each type."""
    topics = {Type.BOUNCE: wanted(STACK_NAME).topics[Stream.BOUNCE]}
    found = Identity("shop.example", topics, forwarding=True)
    connection = plan_connection([found], wanted(OTHER), ("shop.example",), replace=False)
    assert changed(connection) == {Type.COMPLAINT: Action.CREATE}
    assert [step.name for step in connection.refused] == [Type.BOUNCE]
    assert not plan_undoing([found], wanted(OTHER)).changes
