"""What must hold in the template whatever its parameters are, as rules of Guard: each holds, and can fail."""

import json
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from tests.audit.resolved_template import resolved_template

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-audit/bin/python"
FILES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((HERE / "rules").glob("*.guard"))}
RULES = {rule: name for name, text in FILES.items() for rule in re.findall(r"^rule (\w+)", text, re.MULTILINE)}

PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "the defaults": {},
    "all options on": {
        "NotificationEmail": "ops@shop.example",
        "AutomaticSuppression": "true",
        "BlocklistZones": "multi.surbl.org",
        "EnforceScopes": "account,configuration-set,tenant",
        "RelatedAccounts": "210987654321,109876543210",
        "RelatedEventBuses": "arn:aws:events:eu-west-1:210987654321:event-bus/ses-reputation",
    },
    "without a dashboard": {"CloudWatchDashboard": "false"},
    "a key of yours, and no addresses": {
        "EncryptionKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "RecipientStorage": "hashed",
    },
}
WHOLE = resolved_template(PARAMETERS["all options on"])


def run_guard(pairs: Sequence[tuple[Mapping[str, Any], str]]) -> list[dict[str, Any]]:
    """What Guard says of each pair of a template and a file of rules."""
    ran = subprocess.run(  # noqa: S603 - our own script
        [PYTHON, HERE / "guard.py"], input=json.dumps(pairs), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    answers: list[dict[str, Any]] = json.loads(ran.stdout)
    return answers


@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=PARAMETERS)
def test_every_rule_holds(parameters: Mapping[str, str]) -> None:
    template = resolved_template(parameters)
    answers = run_guard([(template, rules) for rules in FILES.values()])
    holding = {rule for answer in answers for rule in answer["holding"]}
    silent = {rule for answer in answers for rule in answer["silent"]}
    assert holding | silent == RULES.keys(), [answer["said"] for answer in answers]


def test_no_rule_is_silent_where_all_options_are_on() -> None:
    assert not [rule for answer in run_guard([(WHOLE, rules) for rules in FILES.values()]) for rule in answer["silent"]]


# -- Each rule can fail ------------------------------------------------------------------------------------------------

Break = Callable[[dict[str, Any]], None]


def left_out(resource: str, name: str) -> Break:
    return lambda resources: resources[resource]["Properties"].pop(name)


def changed(resource: str, name: str, value: Any) -> Break:
    return lambda resources: resources[resource]["Properties"].update({name: value})


def resource_changed(resource: str, name: str, value: Any) -> Break:
    return lambda resources: resources[resource].update({name: value})


def granted(role: str, **statement: Any) -> Break:
    more = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:123456789012:q"}
    return lambda resources: resources[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].append(
        {**more, **statement}
    )


def managed(policy: str, **statement: Any) -> Break:
    more = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:123456789012:q"}
    return lambda resources: resources[policy]["Properties"]["PolicyDocument"]["Statement"].append(
        {**more, **statement}
    )


def let_in(policy: str, **statement: Any) -> Break:
    return lambda resources: resources[policy]["Properties"]["PolicyDocument"]["Statement"][0].update(statement)


def removed(resource: str) -> Break:
    return lambda resources: resources.pop(resource)


# (what is broken, how, the rules that must fail: these and no others)
BREAKS: Mapping[str, tuple[Break, set[str]]] = {
    "a table without point-in-time recovery": (
        left_out("ReceiptsTable", "PointInTimeRecoverySpecification"),
        {"tables_can_be_restored_to_any_second"},
    ),
    "point-in-time recovery switched off": (
        changed("CountersTable", "PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": False}),
        {"tables_can_be_restored_to_any_second"},
    ),
    "a table that anybody can delete": (
        left_out("StandingsTable", "DeletionProtectionEnabled"),
        {"tables_are_protected_from_deletion"},
    ),
    "a table that goes with the stack": (
        resource_changed("StandingsTable", "DeletionPolicy", "Delete"),
        {"tables_stay_when_the_stack_goes"},
    ),
    "a table that goes when it is replaced": (
        resource_changed("StandingsTable", "UpdateReplacePolicy", "Delete"),
        {"tables_stay_when_the_stack_goes"},
    ),
    "a table that keeps everything": (
        left_out("ReceiptsTable", "TimeToLiveSpecification"),
        {"entries_of_tables_expire"},
    ),
    "a table that throttles": (changed("CountersTable", "BillingMode", "PROVISIONED"), {"tables_are_paid_by_request"}),
    "a queue in the clear": (changed("VolumeQueue", "SqsManagedSseEnabled", False), {"queues_are_encrypted"}),
    "a queue without a dead-letter queue": (
        left_out("BounceQueue", "RedrivePolicy"),
        {"what_keeps_failing_is_set_apart", "a_dead_letter_raises_an_alarm"},
    ),
    "dead letters in a queue that is read again": (
        changed("BounceQueue", "RedrivePolicy", {"deadLetterTargetArn": {"Fn::GetAtt": ["VolumeQueue", "Arn"]}}),
        {"what_keeps_failing_is_set_apart"},
    ),
    "a dead-letter queue that forgets after four days": (
        left_out("FindingDeadLetterQueue", "MessageRetentionPeriod"),
        {"a_message_is_kept_for_two_weeks"},
    ),
    "a dead-letter queue without an alarm": (
        removed("EnforcementDeadLetterAlarm"),
        {"a_dead_letter_raises_an_alarm"},
    ),
    "an alarm that waits for a hundred dead letters": (
        changed("FeedbackDeadLetterAlarm", "Threshold", 100),
        {"a_dead_letter_raises_an_alarm"},
    ),
    "an alarm of which nobody hears": (
        changed("SuppressionDeadLetterAlarm", "AlarmActions", []),
        {"a_dead_letter_raises_an_alarm", "somebody_hears_of_an_alarm_and_of_its_end"},
    ),
    "an alarm that says nothing of missing data": (
        left_out("QueueAgeAlarm", "TreatMissingData"),
        {"somebody_hears_of_an_alarm_and_of_its_end"},
    ),
    "an alarm that does not say what to do": (
        changed("TableThrottlesAlarm", "AlarmDescription", "Throttled."),
        {"somebody_hears_of_an_alarm_and_of_its_end"},
    ),
    "a subscription that loses what it cannot deliver": (
        left_out("BounceSubscription", "RedrivePolicy"),
        {"what_sns_cannot_deliver_is_set_apart"},
    ),
    "a batch that fails as a whole": (
        left_out("VolumeQueueSource", "FunctionResponseTypes"),
        {"a_batch_fails_message_by_message"},
    ),
    "a queue that takes all the concurrency": (
        left_out("VolumeQueueSource", "ScalingConfig"),
        {"a_queue_cannot_use_up_the_concurrency_of_the_account"},
    ),
    "a role that two functions share": (
        changed("WatchSes", "Role", {"Fn::GetAtt": ["EvaluateReputationRole", "Arn"]}),
        {"a_function_has_a_role_of_its_own"},
    ),
    "logs as text": (
        changed("Operate", "LoggingConfig", {"LogFormat": "Text", "LogGroup": {"Ref": "OperateLogs"}}),
        {"logs_are_json"},
    ),
    "a function that logs where another does": (
        changed("Operate", "LoggingConfig", {"LogFormat": "JSON", "LogGroup": {"Ref": "WatchSesLogs"}}),
        {"a_function_logs_to_a_group_of_its_own"},
    ),
    "a function whose logs go where Lambda puts them": (
        changed("Operate", "LoggingConfig", {"LogFormat": "JSON"}),
        {"a_function_logs_to_a_group_of_its_own"},
    ),
    "logs for ever": (left_out("OperateLogs", "RetentionInDays"), {"logs_are_kept_for_a_time"}),
    "a public URL": (changed("OperateUrl", "AuthType", "NONE"), {"a_url_asks_for_credentials"}),
    "a permission for any rule of any account": (
        left_out("FindingRulePermission", "SourceArn"),
        {"a_service_may_call_on_behalf_of_one_resource"},
    ),
    "a permission for everybody": (
        changed("FindingRulePermission", "Principal", "*"),
        {"a_service_may_call_on_behalf_of_one_resource"},
    ),
    "a schedule without its time": (
        lambda resources: resources["WatchSesOnSchedule"]["Properties"]["Target"].pop("Input"),
        {"a_schedule_passes_its_time_on"},
    ),
    "a wildcard in one action": (granted("OperateRole", Action="dynamodb:*"), {"no_action_is_a_wildcard"}),
    "a wildcard among actions": (
        granted("WatchSesRole", Action=["sns:Publish", "ses:Get*"]),
        {"no_action_is_a_wildcard"},
    ),
    "a wildcard in what SAM makes": (
        granted("ScheduleRole", Action="lambda:*"),
        {"no_action_is_a_wildcard"},
    ),
    "a wildcard for operators": (managed("OperatorPolicy", Action="dynamodb:*"), {"no_action_is_a_wildcard"}),
    "all but one action": (
        granted("OperateRole", NotAction="iam:PassRole"),
        {"nothing_is_allowed_by_exclusion"},
    ),
    "all but one resource": (
        managed("OperatorPolicy", NotResource="arn:aws:sqs:eu-west-1:123456789012:q"),
        {"nothing_is_allowed_by_exclusion"},
    ),
    "any resource": (granted("OperateRole", Resource="*"), {"any_resource_only_where_there_is_none_to_name"}),
    "any resource among others": (
        granted("OperateRole", Resource=["arn:aws:sqs:eu-west-1:123456789012:q", "*"]),
        {"any_resource_only_where_there_is_none_to_name"},
    ),
    "any resource for viewers": (
        managed("ViewerPolicy", Resource="*"),
        {"any_resource_only_where_there_is_none_to_name"},
    ),
    "a policy of AWS's own": (
        changed("OperateRole", "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AmazonSESFullAccess"]),
        {"roles_have_policies_of_ours_only"},
    ),
    "a role for anybody's service": (
        lambda resources: resources["OperateRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0].update(
            {"Principal": {"Service": "ec2.amazonaws.com"}}
        ),
        {"roles_are_assumed_by_lambda_and_the_scheduler_only"},
    ),
    "a role for another account": (
        lambda resources: resources["OperateRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0].update(
            {"Principal": {"Service": "lambda.amazonaws.com", "AWS": "210987654321"}}
        ),
        {"roles_are_assumed_by_lambda_and_the_scheduler_only"},
    ),
    "a topic that takes what SES of anybody says": (
        let_in("VolumeTopicPolicy", Condition={"ArnLike": {"aws:SourceArn": "arn:aws:ses:*"}}),
        {"a_topic_lets_in_ses_of_this_account_only"},
    ),
    "a topic that takes what anybody says": (
        let_in("BounceTopicPolicy", Principal="*"),
        {"a_topic_lets_in_ses_of_this_account_only"},
    ),
    "a queue that any topic writes to": (
        let_in("BounceQueuePolicy", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        {"a_queue_lets_in_what_it_is_for_only"},
    ),
    "a queue that anybody writes to": (
        let_in("EnforcementQueuePolicy", Principal={"AWS": "*"}),
        {"a_queue_lets_in_what_it_is_for_only"},
    ),
    "a bus that anybody puts events on": (
        lambda resources: resources["FindingBusPolicy"]["Properties"]["Statement"].update({"Principal": "*"}),
        {"a_bus_lets_in_named_accounts_and_one_kind_of_event_only"},
    ),
    "a bus that takes any event": (
        lambda resources: resources["FindingBusPolicy"]["Properties"]["Statement"].pop("Condition"),
        {"a_bus_lets_in_named_accounts_and_one_kind_of_event_only"},
    ),
}


@lru_cache(maxsize=1)
def failures() -> Mapping[str, set[str]]:
    """The rules that fail, by what is broken. One call of Guard tries all: to start it takes longer than it works."""
    broken = []
    for change, _ in BREAKS.values():
        resources = deepcopy(WHOLE["Resources"])
        change(resources)
        broken.append({"Resources": resources})
    answers = run_guard([(template, rules) for template in broken for rules in FILES.values()])
    each = len(FILES)
    return {
        what: RULES.keys() - {rule for answer in answers[n * each : (n + 1) * each] for rule in answer["holding"]}
        for n, what in enumerate(BREAKS)
    }


@pytest.mark.parametrize("what", BREAKS)
def test_a_broken_template_fails_the_rule_that_is_about_it_and_no_other(what: str) -> None:
    assert failures()[what] == BREAKS[what][1]


def test_every_rule_was_seen_to_fail() -> None:
    assert set().union(*(rules for _, rules in BREAKS.values())) == RULES.keys()
