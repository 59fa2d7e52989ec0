"""What must hold in template.yaml of enforce_status: what reaches it, what it may do at SES, how long it is tried."""

from typing import Any

import pytest

from ses_reputation.domain.enforcement import PAUSABLE, EnforcementPolicy
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.enforce import INTENT_HELD
from ses_reputation.settings import EnforceSettings, SettingsError
from ses_reputation_local.cloud import LocalCloud
from tests.noted_calls import noted
from tests.privileges import refused, unused
from tests.test_template import PARAMETERS, RESOURCES, environment
from tests.test_template_findings import role_of
from tests.test_whole_path import MORNING

QUEUE = RESOURCES["EnforcementQueue"]["Properties"]
FUNCTION = RESOURCES["EnforceStatus"]["Properties"]
SOURCE = RESOURCES["EnforcementQueueSource"]["Properties"]
EVERYTHING = "account,configuration-set,tenant"


def test_only_changed_statuses_of_what_ses_can_pause_reach_it() -> None:
    subscription = RESOURCES["EnforcementSubscription"]["Properties"]
    assert subscription["TopicArn"] == {"Ref": "StatusTopic"}
    assert subscription["RawMessageDelivery"] is True
    assert subscription["FilterPolicy"] == {"kind": ["status-change"], "scope_kind": sorted(PAUSABLE)}


@pytest.mark.parametrize("queue", ["EnforcementQueue", "EnforcementDeadLetterQueue"])
def test_its_queues_take_messages_from_the_status_topic_and_nobody_else(queue: str) -> None:
    policy = RESOURCES[f"{queue}Policy"]["Properties"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Queues"] == [{"Ref": queue}]
    assert (statement["Action"], statement["Principal"]) == ("sqs:SendMessage", {"Service": "sns.amazonaws.com"})
    assert statement["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "StatusTopic"}}}


def test_what_fails_is_tried_for_hours_then_kept_for_two_weeks() -> None:
    redrive = QUEUE["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["EnforcementDeadLetterQueue", "Arn"]}
    assert 3 * 3600 <= redrive["maxReceiveCount"] * QUEUE["VisibilityTimeout"] <= 6 * 3600
    assert RESOURCES["EnforcementDeadLetterQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_few_calls_are_made_at_once_and_each_message_answers_for_itself() -> None:
    assert (SOURCE["BatchSize"], SOURCE["ScalingConfig"]) == (1, {"MaximumConcurrency": 2})
    assert SOURCE["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert QUEUE["VisibilityTimeout"] >= 6 * FUNCTION["Timeout"]


def test_nobody_takes_over_from_a_function_that_may_still_be_running() -> None:
    assert INTENT_HELD.total_seconds() >= 2 * FUNCTION["Timeout"]
    assert QUEUE["VisibilityTimeout"] > INTENT_HELD.total_seconds(), "and the next attempt need not wait once more"


def report(cloud: LocalCloud, scope: str, severity: str = "shutdown", **more: str) -> Any:
    document = {"command": "report", "by": "ana", "id": f"{scope}/{severity}", "category": "spamtrap", "evidence": "3"}
    return cloud.invoke("Operate", {**document, "scope": scope, "severity": severity, **more}).result


def test_its_role_allows_what_it_does_and_no_more() -> None:
    scopes = ("tenant/acme", "configuration-set/newsletter", "account")
    with LocalCloud({"EnforceScopes": EVERYTHING}) as cloud:
        cloud.now = MORNING
        cloud.ses.add_tenant("acme")
        cloud.ses.configuration_sets.add("newsletter")
        findings = {scope: report(cloud, scope)["body"]["finding"]["id"] for scope in scopes}
        with noted() as notes:
            cloud.deliver()
            reinstated = {"command": "decide", "by": "ana", "decision": "reinstate", "note": "mended"}
            for scope, finding in findings.items():
                cloud.invoke("Operate", {**reinstated, "scope": scope, "finding": finding})
            cloud.enqueue("EnforcementQueue", ["no alert"])
            cloud.deliver()
        assert {run.error for run in cloud.invocations} == {None}
        assert len(cloud.ses.calls) == 6
    assert refused(notes) == unused(notes, "EnforceStatus") == []


@pytest.mark.parametrize(
    ("named", "granted"),
    [
        ("", set()),
        ("account", {"PauseTheAccount"}),
        ("configuration-set", {"PauseConfigurationSets"}),
        ("tenant", {"PauseTenants"}),
        ("tenant,configuration-set", {"PauseTenants", "PauseConfigurationSets"}),
        (EVERYTHING, {"PauseTenants", "PauseConfigurationSets", "PauseTheAccount"}),
    ],
)
def test_what_is_not_named_can_not_be_paused_whatever_the_function_does(named: str, granted: set[str]) -> None:
    with LocalCloud({"EnforceScopes": named}) as cloud:
        assert {sid for sid in role_of(cloud, "EnforceStatus") if sid.startswith("Pause")} == granted


@pytest.mark.parametrize("parameter", ["EnforceScopes", "PauseAtProbationScopes"])
def test_what_ses_can_pause_can_be_named_and_nothing_else(parameter: str) -> None:
    names = PARAMETERS[parameter]["AllowedPattern"].partition(")")[0].removeprefix("^((")
    assert names.split("|") == sorted(PAUSABLE)


def test_the_settings_say_what_is_paused_and_when() -> None:
    given = {**environment("EnforceStatus"), "ENFORCE_SCOPES": "tenant,account", "PAUSE_AT_PROBATION_SCOPES": "tenant"}
    policy = EnforceSettings.from_environment(given).policy
    assert policy == EnforcementPolicy(frozenset({ScopeKind.TENANT, ScopeKind.ACCOUNT}), frozenset({ScopeKind.TENANT}))
    assert EnforceSettings.from_environment(environment("EnforceStatus")).policy == EnforcementPolicy()
    with pytest.raises(SettingsError, match="ENFORCE_SCOPES is 'identity': SES can't pause identity"):
        EnforceSettings.from_environment({**given, "ENFORCE_SCOPES": "identity"})
