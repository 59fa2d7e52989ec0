"""What must hold in template.yaml, asserted on what SAM makes of it: a typo inside a SAM event passes every linter."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import ses_reputation.settings
from ses_reputation.domain.policy import Policy
from ses_reputation.metrics import NAMESPACE
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.ses_events import TagNames
from ses_reputation.settings import EvaluateSettings, RecordSettings
from ses_reputation_local.template import read_source, read_template
from tests.access import listed, statements_of

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
SOURCE = read_source(TEMPLATE)
PARAMETERS: dict[str, Any] = SOURCE["Parameters"]
RESOURCES: dict[str, Any] = read_template(TEMPLATE, {"NotificationEmail": "ops@shop.example"}, "eu-west-1").body[
    "Resources"
]
# A function's settings are named for its verb: RecordSettings are those of RecordFeedback.
FUNCTIONS: dict[str, Any] = {
    name: getattr(ses_reputation.settings, f"{re.findall('[A-Z][a-z]+', name)[0]}Settings")
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Lambda::Function"
}
QUEUES = ("BounceQueue", "ComplaintQueue", "VolumeQueue")
SERVICE = "POWERTOOLS_SERVICE_NAME"


def of_type(kind: str) -> dict[str, Any]:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


def environment(function: str) -> dict[str, str]:
    """A function's variables where every parameter has its default; the name of a resource is anything."""

    def value(given: str | dict[str, str]) -> str:
        parameter = PARAMETERS.get(parameter_of(given) or "")
        return str(parameter["Default"]) if parameter else "a-resource"

    variables = SOURCE["Resources"][function]["Properties"]["Environment"]["Variables"]
    return {name: given if isinstance(given, str) else value(given) for name, given in variables.items()}


def parameter_of(given: Any) -> str | None:
    """The parameter, or the resource, that a variable is the value of; that of a list joins its members."""
    match given:
        case {"Ref": str(name)} | {"Fn::Join": [",", {"Ref": str(name)}]}:
            return name
        case _:
            return None


class Reads(dict[str, str]):
    """An environment that notes what is read."""

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables)
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return super().get(key, default)


def statements(role: str) -> list[Mapping[str, Any]]:
    """All that a role may ever do, also what it may only if there is something to do it with."""
    return [s for p in RESOURCES[role]["Properties"]["Policies"] for s in statements_of(p["PolicyDocument"])]


@pytest.mark.parametrize(("name", "window"), [("Bounce", 5), ("Complaint", 5), ("Volume", 30)])
def test_a_queue_is_read_in_large_batches_with_partial_failures(name: str, window: int) -> None:
    source = RESOURCES[f"{name}QueueSource"]["Properties"]
    assert source["BatchSize"] == 1000
    assert source["MaximumBatchingWindowInSeconds"] == window
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["EventSourceArn"] == {"Fn::GetAtt": [f"{name}Queue", "Arn"]}
    assert source["FunctionName"] == {"Fn::GetAtt": ["RecordFeedback", "Arn"]}


def test_a_message_stays_hidden_while_a_function_may_still_be_at_it() -> None:
    sources = of_type("AWS::Lambda::EventSourceMapping").values()
    assert len(sources) == 6
    for source in sources:
        queue, function = source["EventSourceArn"]["Fn::GetAtt"][0], source["FunctionName"]["Fn::GetAtt"][0]
        timeout = RESOURCES[function]["Properties"]["Timeout"]
        assert RESOURCES[queue]["Properties"]["VisibilityTimeout"] >= 6 * timeout, queue


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
    assert len(subscriptions) == 6
    for subscription in subscriptions:
        (queue, _) = subscription["Endpoint"]["Fn::GetAtt"]
        redrive = RESOURCES[queue]["Properties"]["RedrivePolicy"]
        assert subscription["RedrivePolicy"] == {"deadLetterTargetArn": redrive["deadLetterTargetArn"]}


@pytest.mark.parametrize("name", ["ReceiptsTable", "CountersTable", "StandingsTable"])
def test_a_table_is_on_demand_expires_can_be_restored_and_is_protected(name: str) -> None:
    table = RESOURCES[name]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert SOURCE["Resources"][name]["Properties"]["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_every_schedule_passes_its_time_on() -> None:
    schedules = of_type("AWS::Scheduler::Schedule")
    assert schedules
    for schedule in schedules.values():
        assert schedule["Target"]["Input"] == '{"now": "<aws.scheduler.scheduled-time>"}'


# Why a policy can only say `*`.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
NO_RESOURCES = "IAM knows no resources for it"
WITHOUT_RESOURCES: Mapping[str, str] = {
    "cloudwatch:DescribeAlarms": "it tells of alarms of all types only who may ask for all",
    "cloudwatch:GetMetricData": NO_RESOURCES,
    "cloudwatch:ListDashboards": NO_RESOURCES,
    "cloudwatch:ListMetrics": NO_RESOURCES,
    "ses:BatchGetMetricData": "IAM knows resources only for metrics of one identity or configuration set",
    "ses:DeleteSuppressedDestination": "IAM knows a tenant's list, and not the account's",
    "ses:GetSuppressedDestination": "IAM knows a tenant's list, and not the account's",
    "ses:PutSuppressedDestination": "IAM knows a tenant's list, and not the account's",
    "ses:GetAccount": NO_RESOURCES,
    "ses:GetSendStatistics": NO_RESOURCES,
    "ses:ListEmailIdentities": NO_RESOURCES,
    "ses:PutAccountSendingAttributes": NO_RESOURCES,
}
# Which of them a scope stands for is not known before.
ANY_OF_OURS = {
    f"arn:${{AWS::Partition}}:ses:${{AWS::Region}}:${{AWS::AccountId}}:{kind}/*"
    for kind in ("configuration-set", "tenant")
}


def test_every_reason_for_a_wildcard_is_one_for_something_that_is_granted() -> None:
    documents = [policy["PolicyDocument"] for policy in of_type("AWS::IAM::ManagedPolicy").values()]
    documents += [
        policy["PolicyDocument"] for role in of_type("AWS::IAM::Role").values() for policy in role["Policies"]
    ]
    anywhere = {
        action
        for document in documents
        for statement in statements_of(document)
        if statement["Resource"] == "*"
        for action in listed(statement["Action"])
    }
    assert anywhere == WITHOUT_RESOURCES.keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_granted_only_what_is_named(name: str) -> None:
    function = RESOURCES[name]["Properties"]
    role = RESOURCES[f"{name}Role"]["Properties"]
    assert function["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}
    assert "ManagedPolicyArns" not in role
    for statement in statements(f"{name}Role"):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not [a for a in actions if "*" in a], "no wildcard actions"
        assert "NotAction" not in statement
        assert "NotResource" not in statement
        if statement["Resource"] == "*":
            assert set(actions) <= WITHOUT_RESOURCES.keys(), "no wildcard resources but where AWS takes no other"
        elif "*" in str(statement["Resource"]):
            resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            assert {resource["Fn::Sub"] for resource in resources} <= ANY_OF_OURS, (
                "nor any but of this account and region"
            )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_one_log_group_with_a_retention(name: str) -> None:
    assert RESOURCES[name]["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": f"{name}Logs"}
    assert SOURCE["Resources"][f"{name}Logs"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_given_the_variables_that_it_reads_and_no_others(name: str) -> None:
    reads = Reads(environment(name))
    FUNCTIONS[name].from_environment(reads)
    given = RESOURCES[name]["Properties"]["Environment"]["Variables"].keys()
    assert {variable for variable in given if not variable.startswith("POWERTOOLS_")} == reads.names


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_function_logs_and_measures_has_its_name_on_it(name: str) -> None:
    variables = RESOURCES[name]["Properties"]["Environment"]["Variables"]
    snake_case = "_".join(re.findall("[A-Z][a-z]+", name)).lower()
    assert variables[SERVICE] == snake_case
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == {"Fn::Sub": f"{NAMESPACE}/${{AWS::StackName}}"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_lambda_keeps_what_a_function_logs_and_the_lines_that_are_its_metrics(name: str) -> None:
    properties = RESOURCES[name]["Properties"]
    logging = properties["LoggingConfig"]
    assert (logging["LogFormat"], logging.get("ApplicationLogLevel", "INFO")) == ("JSON", "INFO")
    assert "POWERTOOLS_LOG_LEVEL" not in properties["Environment"]["Variables"], "Lambda's own level overrules it"


def test_the_defaults_of_the_template_are_those_of_the_policy() -> None:
    settings = EvaluateSettings.from_environment(environment("EvaluateReputation"))
    assert settings.policy == Policy()
    assert (settings.channels.related_event_buses, settings.channels.vocabulary) == ((), Vocabulary.CLASSIC)
    assert settings.weekly_summary is None


def test_the_defaults_of_the_template_are_those_of_the_parser() -> None:
    recorded = RecordSettings.from_environment(environment("RecordFeedback"))
    assert recorded.tags == TagNames()
    assert recorded.provider_domains == {}


def test_what_is_counted_and_what_is_judged_are_given_the_same_providers_and_the_same_oldest_mail() -> None:
    record, evaluate = (
        SOURCE["Resources"][name]["Properties"]["Environment"]["Variables"]
        for name in ("RecordFeedback", "EvaluateReputation")
    )
    for variable in ("MAILBOX_PROVIDERS", "FEEDBACK_PROVIDERS", "SILENT_PROVIDERS", "OLDEST_MAIL_DAYS"):
        assert record[variable] == evaluate[variable]


def test_all_that_decide_decide_by_the_same_policy_and_tell_the_same_people() -> None:
    own = {
        "EvaluateReputation": {
            *("RECEIPTS_TABLE", "COUNTERS_TABLE", "WEEKLY_SUMMARY"),
            *("EVALUATION_QUEUE_URL", "DEAD_LETTER_QUEUE_URL"),
        },
        "Operate": set(),
        "ReceiveFinding": {"DEAD_LETTER_QUEUE_URL"},
        "LookUpBlocklists": {"BLOCKLIST_ZONES", "BLOCKLIST_KEYS_SECRET", "BLOCKLIST_RESOLVER"},
    }
    evaluate, *others = [
        {
            variable: given
            for variable, given in SOURCE["Resources"][name]["Properties"]["Environment"]["Variables"].items()
            if variable not in {*own[name], SERVICE}
        }
        for name in own
    ]
    assert all(other == evaluate for other in others)


def test_nobody_is_subscribed_unless_an_address_is_given() -> None:
    resources = read_template(TEMPLATE, {}, "eu-west-1").body["Resources"]
    assert resources["NotificationEmailSubscription"]["Condition"] == "HasNotificationEmail"


def test_a_packaged_layer_holds_the_packages_that_the_functions_import() -> None:
    pinned = (TEMPLATE.parent / "layers/dependencies/requirements.txt").read_text()
    assert re.findall(r"^(aws-lambda-powertools|dnspython|msgspec)==", pinned, re.MULTILINE) == [
        "aws-lambda-powertools",
        "dnspython",
        "msgspec",
    ]
    assert "pyyaml" not in pinned.lower()


def test_every_dead_letter_queue_has_an_alarm_that_reaches_somebody() -> None:
    queues = {name for name in RESOURCES if name.endswith("DeadLetterQueue")}
    alarms = [r["Properties"] for r in RESOURCES.values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in alarms
        for dimension in alarm.get("Dimensions", ())
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible" and alarm["Threshold"] == 0
    }
    assert queues == watched
    assert all(alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "OperationsTopic"}] for alarm in alarms)
