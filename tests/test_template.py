"""What must hold in template.yaml, asserted on what SAM makes of it: a typo inside a SAM event passes every linter."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samtranslator.yaml_helper import yaml_parse

import ses_reputation.settings
from ses_reputation.domain.feedback_loops import UnprovenProviders
from ses_reputation.domain.limits import Profile, limits_by_kind, parse_custom_limits
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.providers import PROVIDERS
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.ses_events import TagNames
from ses_reputation.settings import EvaluateSettings, RecordSettings
from ses_reputation_local.template import read_template

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
SOURCE: dict[str, Any] = yaml_parse(TEMPLATE.read_text())
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


def of_type(kind: str) -> dict[str, Any]:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


def environment(function: str) -> dict[str, str]:
    """A function's variables where every parameter has its default; the name of a resource is anything."""

    def value(given: str | dict[str, str]) -> str:
        if isinstance(given, str):
            return given
        parameter = PARAMETERS.get(given.get("Ref", ""))
        return str(parameter["Default"]) if parameter else "a-resource"

    variables = SOURCE["Resources"][function]["Properties"]["Environment"]["Variables"]
    return {name: value(given) for name, given in variables.items()}


class Reads(dict[str, str]):
    """An environment that notes what is read."""

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables)
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return super().get(key, default)


def matches(parameter: str, text: str) -> bool:
    """Whether CloudFormation takes this value: the pattern must match all of it."""
    return re.fullmatch(PARAMETERS[parameter]["AllowedPattern"], text) is not None


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


def test_every_schedule_passes_its_time_on() -> None:
    schedules = of_type("AWS::Scheduler::Schedule")
    assert schedules
    for schedule in schedules.values():
        assert schedule["Target"]["Input"] == '{"now": "<aws.scheduler.scheduled-time>"}'


# AWS knows no resources for these: a policy can only say `*`.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
WITHOUT_RESOURCES = {
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "ses:BatchGetMetricData",
    "ses:GetAccount",
    "ses:GetSendStatistics",
    "ses:ListConfigurationSets",
    "ses:ListEmailIdentities",
}


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
        if "*" in str(statement["Resource"]):
            assert set(actions) <= WITHOUT_RESOURCES, "no wildcard resources but where AWS takes no other"


@pytest.mark.parametrize(
    ("name", "granted"),
    [
        ("RecordFeedback", {"dynamodb:BatchWriteItem", "dynamodb:Query"}),
        (
            "EvaluateReputation",
            {"dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"},
        ),
    ],
)
def test_a_function_may_do_with_standings_what_its_adapters_do(name: str, granted: set[str]) -> None:
    table = {"Fn::GetAtt": ["StandingsTable", "Arn"]}
    (statement,) = [s for s in statements(f"{name}Role") if s["Resource"] == table]
    assert set(statement["Action"]) == granted


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
    assert variables["POWERTOOLS_SERVICE_NAME"] == snake_case
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "SESReputation"


def test_the_defaults_of_the_template_are_those_of_the_policy() -> None:
    assert EvaluateSettings.from_environment(environment("EvaluateReputation")).policy == Policy()


def test_the_defaults_of_the_template_are_those_of_the_parser() -> None:
    recorded = RecordSettings.from_environment(environment("RecordFeedback"))
    assert recorded.tags == TagNames()
    assert recorded.provider_domains == {}


def test_both_functions_are_given_the_same_providers_and_the_same_oldest_mail() -> None:
    record, evaluate = (
        SOURCE["Resources"][name]["Properties"]["Environment"]["Variables"]
        for name in ("RecordFeedback", "EvaluateReputation")
    )
    for variable in ("MAILBOX_PROVIDERS", "FEEDBACK_PROVIDERS", "SILENT_PROVIDERS", "OLDEST_MAIL_DAYS"):
        assert record[variable] == evaluate[variable]


@pytest.mark.parametrize(
    ("parameter", "values"),
    [("VolumeSource", VolumeSource), ("Profile", Profile), ("UnprovenProviders", UnprovenProviders)],
)
def test_a_choice_has_every_value_that_there_is(parameter: str, values: Any) -> None:
    assert PARAMETERS[parameter]["AllowedValues"] == list(values)


@pytest.mark.parametrize("parameter", ["FeedbackProviders", "SilentProviders"])
def test_the_providers_that_can_be_named_are_those_of_the_table(parameter: str) -> None:
    names = re.findall(r"[a-z-]+", PARAMETERS[parameter]["AllowedPattern"].partition("|[a-z0-9-]+")[0])
    assert set(names) == PROVIDERS
    assert names == sorted(names)
    for name in PROVIDERS:
        assert matches(parameter, name)


@pytest.mark.parametrize("parameter", ["CustomLimits", "HumanReviewScopes"])
def test_every_kind_of_scope_can_be_named(parameter: str) -> None:
    pattern = PARAMETERS[parameter]["AllowedPattern"]
    assert set(re.findall(r"[a-z-]+", pattern.partition(")")[0])) == set(ScopeKind)


LISTS_OF_PROVIDERS = {
    "nothing": ("", True),
    "one name": ("yahoo", True),
    "two names": ("mail-ru,t-online", True),
    "a domain": ("freenet.de", True),
    "a name and a subdomain": ("proton,mail.freenet.de", True),
    "a trailing comma": ("yahoo,", False),
    "a leading comma": (",yahoo", False),
    "two commas": ("yahoo,,gmail", False),
    "a comma alone": (",", False),
    "a space": ("yahoo, gmail", False),
    "an unknown name": ("freenet", False),
    "a known name and more": ("yahoo2", False),
    "an unknown name after a known one": ("yahoo,freenet", False),
    "capitals": ("Yahoo", False),
    "an address": ("a@freenet.de", False),
    "a wildcard": ("yahoo.*", False),
    "an empty label": ("freenet..de", False),
    "two lines": ("yahoo\n", False),
}
TEXTS: dict[str, dict[str, tuple[str, bool]]] = {
    "FeedbackProviders": LISTS_OF_PROVIDERS,
    "SilentProviders": LISTS_OF_PROVIDERS,
    "MailboxProviders": {
        "nothing": ("", True),
        "one": ("acme.example=acme", True),
        "two": ("acme.example=acme,acme.test=acme", True),
        "a provider of the table": ("my-company.co.uk=mail-ru", True),
        "a trailing comma": ("acme.example=acme,", False),
        "a space": ("acme.example=acme, acme.test=acme", False),
        "no provider": ("acme.example", False),
        "an empty provider": ("acme.example=", False),
        "no domain": ("=acme", False),
        "no dot": ("acme=acme", False),
        "a provider with dots": ("acme.example=acme.example", False),
        "capitals": ("acme.example=Acme", False),
        "two equals signs": ("acme.example=acme=acme", False),
    },
    "TenantTag": {
        "SES's own": ("ses:tenant-name", True),
        "one's own": ("Customer_7", True),
        "the longest": ("x" * 256, True),
        "one more": ("x" * 257, False),
        "nothing": ("", False),
        "a space": ("a b", False),
        "two": ("customer,stream", False),
    },
    "ScopeTags": {
        "nothing": ("", True),
        "one": ("campaign", True),
        "two": ("campaign,ses:from-domain", True),
        "ten": (",".join(["tag"] * 10), True),
        "eleven": (",".join(["tag"] * 11), False),
        "too long": ("x" * 257, False),
        "a trailing comma": ("campaign,", False),
        "a space": ("campaign, stream", False),
        "a value": ("campaign=spring", False),
    },
    "CustomLimits": {
        "nothing": ("", True),
        "at it or more": ("tenant.bounce.limit>=4%", True),
        "over it": ("account.complaint.shutdown>0.45%", True),
        "as the profile has it": ("configuration-set.bounce.recommended=2%", True),
        "two": ("tag.complaint.recommended=0.05%,provider.bounce.limit>10%", True),
        "four places": ("identity.complaint.limit>0.0625%", True),
        "five places": ("identity.complaint.limit>0.06251%", False),
        "everything": ("tenant.bounce.limit>=100%", True),
        "more than everything": ("tenant.bounce.limit>=101%", False),
        "no digits": ("tenant.bounce.limit>=%", False),
        "a point alone": ("tenant.bounce.limit>=4.%", False),
        "no percent sign": ("tenant.bounce.limit>=4", False),
        "no operator": ("tenant.bounce.limit4%", False),
        "another operator": ("tenant.bounce.limit<4%", False),
        "the operator turned round": ("tenant.bounce.limit=>4%", False),
        "an unknown kind": ("stream.bounce.limit>4%", False),
        "an unknown metric": ("tenant.opens.limit>4%", False),
        "an unknown limit": ("tenant.bounce.most>4%", False),
        "no limit": ("tenant.bounce>4%", False),
        "a trailing comma": ("tenant.bounce.limit>4%,", False),
        "a space": ("tenant.bounce.limit > 4%", False),
        "a space behind the comma": ("tenant.bounce.limit>4%, tag.bounce.limit>4%", False),
    },
    "HumanReviewScopes": {
        "nothing": ("", True),
        "one": ("account", True),
        "all": ("account,configuration-set,identity,tenant,provider,tag", True),
        "a trailing comma": ("account,", False),
        "a space": ("account, tag", False),
        "an unknown kind": ("account,stream", False),
        "two run together": ("accounttag", False),
    },
}


@pytest.mark.parametrize(
    ("parameter", "text", "allowed"),
    [
        pytest.param(parameter, *row, id=f"{parameter}: {what}")
        for parameter, rows in TEXTS.items()
        for what, row in rows.items()
    ],
)
def test_a_pattern_allows_what_makes_sense_and_nothing_else(parameter: str, text: str, allowed: bool) -> None:
    assert matches(parameter, text) == allowed


VARIABLES = {
    (function, given["Ref"]): variable
    for function in FUNCTIONS
    for variable, given in SOURCE["Resources"][function]["Properties"]["Environment"]["Variables"].items()
    if isinstance(given, dict) and "AllowedPattern" in PARAMETERS.get(given.get("Ref", ""), ())
}


@pytest.mark.parametrize(("function", "parameter"), VARIABLES)
@settings(max_examples=25)
@given(data=st.data())
def test_whatever_a_pattern_allows_a_function_can_read(function: str, parameter: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(PARAMETERS[parameter]["AllowedPattern"], fullmatch=True))
    FUNCTIONS[function].from_environment({**environment(function), VARIABLES[function, parameter]: text})


@settings(max_examples=50)
@given(st.from_regex(PARAMETERS["CustomLimits"]["AllowedPattern"], fullmatch=True))
def test_whatever_limits_the_pattern_allows_are_limits(text: str) -> None:
    custom = parse_custom_limits(text)
    assert len(custom) == (text.count(",") + 1 if text else 0)
    assert limits_by_kind(Profile.CLASSIC, custom).keys() == set(ScopeKind)


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


def test_a_packaged_layer_holds_the_packages_that_the_functions_import() -> None:
    pinned = (TEMPLATE.parent / "layers/dependencies/requirements.txt").read_text()
    assert re.findall(r"^(aws-lambda-powertools|msgspec)==", pinned, re.MULTILINE) == [
        "aws-lambda-powertools",
        "msgspec",
    ]
    assert "pyyaml" not in pinned.lower()
