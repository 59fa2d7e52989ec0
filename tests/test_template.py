"""What must hold in template.yaml, asserted on what SAM makes of it: a typo inside a SAM event passes every linter."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from ses_reputation.domain.policy import Policy
from ses_reputation.settings import EvaluateSettings, RecordSettings, SettingsError
from ses_reputation_local.template import read_template

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
SOURCE: dict[str, Any] = yaml_parse(TEMPLATE.read_text())
RESOURCES: dict[str, Any] = read_template(TEMPLATE, {"NotificationEmail": "ops@shop.example"}, "eu-west-1").body[
    "Resources"
]
FUNCTIONS = {"RecordFeedback": RecordSettings, "EvaluateReputation": EvaluateSettings}
QUEUES = ("BounceQueue", "ComplaintQueue", "VolumeQueue")


def of_type(kind: str) -> dict[str, Any]:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


def statements(role: str) -> list[dict[str, Any]]:
    return [s for p in RESOURCES[role]["Properties"]["Policies"] for s in p["PolicyDocument"]["Statement"]]


@pytest.mark.parametrize(("name", "window"), [("Bounce", 5), ("Complaint", 5), ("Volume", 30)])
def test_a_queue_is_read_in_large_batches_with_partial_failures(name: str, window: int) -> None:
    source = RESOURCES[f"{name}QueueSource"]["Properties"]
    assert source["BatchSize"] == 1000
    assert source["MaximumBatchingWindowInSeconds"] == window
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["EventSourceArn"] == {"Fn::GetAtt": [f"{name}Queue", "Arn"]}
    assert source["FunctionName"] == {"Fn::GetAtt": ["RecordFeedback", "Arn"]}


def test_a_message_stays_hidden_while_a_function_may_still_be_at_it() -> None:
    timeout = RESOURCES["RecordFeedback"]["Properties"]["Timeout"]
    for name in QUEUES:
        assert RESOURCES[name]["Properties"]["VisibilityTimeout"] >= 6 * timeout


def test_a_message_that_keeps_failing_is_kept_for_two_weeks() -> None:
    for name in QUEUES:
        redrive = RESOURCES[name]["Properties"]["RedrivePolicy"]
        assert redrive == {
            "deadLetterTargetArn": {"Fn::GetAtt": ["FeedbackDeadLetterQueue", "Arn"]},
            "maxReceiveCount": 5,
        }
    assert RESOURCES["FeedbackDeadLetterQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_receipts_outlive_every_redelivery() -> None:
    sns_days, queue_days = 23, 14
    assert SOURCE["Parameters"]["ReceiptRetentionDays"]["MinValue"] >= sns_days + 2 * queue_days


@pytest.mark.parametrize("name", ["BounceTopic", "ComplaintTopic", "VolumeTopic"])
def test_a_topic_takes_messages_from_ses_of_this_account_and_nobody_else(name: str) -> None:
    policy = RESOURCES[f"{name}Policy"]["Properties"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "ses.amazonaws.com"}
    assert statement["Action"] == "sns:Publish"
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert "ArnLike" in statement["Condition"]
    assert policy["Topics"] == [statement["Resource"]] == [{"Ref": name}], "SNS refuses a policy for several topics"


@pytest.mark.parametrize("name", ["Bounce", "Complaint", "Volume"])
def test_a_queue_takes_messages_from_its_topic_and_nobody_else(name: str) -> None:
    policy = RESOURCES[f"{name}QueuePolicy"]["Properties"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": f"{name}Topic"}}}
    assert policy["Queues"] == [{"Ref": f"{name}Queue"}]
    assert statement["Resource"] == {"Fn::GetAtt": [f"{name}Queue", "Arn"]}


def test_the_dead_letter_queue_takes_messages_from_our_topics_and_nobody_else() -> None:
    (statement,) = RESOURCES["FeedbackDeadLetterQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": [{"Ref": f"{t}Topic"} for t in ("Bounce", "Complaint", "Volume")]}
    }


def test_what_sns_cannot_deliver_to_a_queue_is_a_dead_letter() -> None:
    subscriptions = [s for s in of_type("AWS::SNS::Subscription").values() if s["Protocol"] == "sqs"]
    assert len(subscriptions) == 3
    for subscription in subscriptions:
        assert subscription["RedrivePolicy"] == {
            "deadLetterTargetArn": {"Fn::GetAtt": ["FeedbackDeadLetterQueue", "Arn"]}
        }


@pytest.mark.parametrize("name", ["ReceiptsTable", "CountersTable", "StandingsTable"])
def test_a_table_is_on_demand_expires_can_be_restored_and_is_protected(name: str) -> None:
    table = RESOURCES[name]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert SOURCE["Resources"][name]["Properties"]["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_the_schedule_passes_its_time_on() -> None:
    (schedule,) = of_type("AWS::Scheduler::Schedule").values()
    assert schedule["Target"]["Input"] == '{"now": "<aws.scheduler.scheduled-time>"}'


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_granted_only_what_is_named(name: str) -> None:
    function = RESOURCES[name]["Properties"]
    role = RESOURCES[f"{name}Role"]["Properties"]
    assert function["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}
    assert "ManagedPolicyArns" not in role
    for statement in statements(f"{name}Role"):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not [a for a in actions if "*" in a], "no wildcard actions"
        assert "*" not in str(statement["Resource"]), "no wildcard resources"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_one_log_group_with_a_retention(name: str) -> None:
    assert RESOURCES[name]["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": f"{name}Logs"}
    assert SOURCE["Resources"][f"{name}Logs"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize(("name", "settings"), FUNCTIONS.items())
def test_a_function_is_given_the_variables_that_it_reads_and_no_others(name: str, settings: Any) -> None:
    given = RESOURCES[name]["Properties"]["Environment"]["Variables"].keys()
    read = set(re.findall(r'_read\(environment, "([A-Z_]+)"', inspect.getsource(settings)))
    assert {variable for variable in given if not variable.startswith("POWERTOOLS_")} == read


def test_the_defaults_of_the_template_are_those_of_the_policy() -> None:
    defaults = {name: str(p["Default"]) for name, p in SOURCE["Parameters"].items()}
    variables = SOURCE["Resources"]["EvaluateReputation"]["Properties"]["Environment"]["Variables"]
    environment: dict[str, str] = {
        name: defaults.get(value["Ref"], "x:x:x:x:x:x") if isinstance(value, dict) else value
        for name, value in variables.items()
    }
    assert EvaluateSettings.from_environment(environment).policy == Policy()


def test_every_parameter_is_described_labelled_and_in_a_group() -> None:
    interface = SOURCE["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(SOURCE["Parameters"])
    assert interface["ParameterLabels"].keys() == SOURCE["Parameters"].keys()
    for name, parameter in SOURCE["Parameters"].items():
        assert parameter["Description"].endswith("."), name
        if "AllowedPattern" in parameter:
            assert parameter["ConstraintDescription"].startswith("must be"), name


def test_nobody_is_subscribed_unless_an_address_is_given() -> None:
    resources = read_template(TEMPLATE, {}, "eu-west-1").body["Resources"]
    assert resources["NotificationEmailSubscription"]["Condition"] == "HasNotificationEmail"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("MINIMUM_VOLUME", None, "MINIMUM_VOLUME is missing"),
        ("MINIMUM_VOLUME", "many", "MINIMUM_VOLUME is 'many'"),
        ("VOLUME_SOURCE", "guesses", "VOLUME_SOURCE is 'guesses'"),
        ("HUMAN_REVIEW_SCOPES", "account,stream", "HUMAN_REVIEW_SCOPES is 'account,stream'"),
    ],
)
def test_a_wrong_variable_is_named(variable: str, value: str | None, message: str) -> None:
    environment = {
        "COUNTERS_TABLE": "counters",
        "STANDINGS_TABLE": "standings",
        "STATUS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:status",
        "VOLUME_SOURCE": "send-events",
        "REPRESENTATIVE_VOLUME": "10000",
        "MINIMUM_VOLUME": "100",
        "OLDEST_MAIL_DAYS": "365",
        "PROBATION_DAYS": "21",
        "STEADY_HOURS": "24",
        "HEALING_DAYS": "7",
    }
    assert EvaluateSettings.from_environment(environment).policy == Policy()
    changed = {**environment, variable: value}
    with pytest.raises(SettingsError, match=message):
        EvaluateSettings.from_environment({k: v for k, v in changed.items() if v is not None})


def test_a_packaged_layer_holds_the_packages_that_the_functions_import() -> None:
    pinned = (TEMPLATE.parent / "layers/dependencies/requirements.txt").read_text()
    assert re.findall(r"^(aws-lambda-powertools|msgspec)==", pinned, re.MULTILINE) == [
        "aws-lambda-powertools",
        "msgspec",
    ]
    assert "pyyaml" not in pinned.lower()
