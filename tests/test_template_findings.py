"""What must hold in template.yaml of operate, receive_finding and the bus: who may report, who may decide, and how."""

import ast
from datetime import timedelta
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID

from ses_reputation import ses_status_events, wiring
from ses_reputation.adapters.chunks import DynamoDbChunks
from ses_reputation.domain.scopes import Scope
from ses_reputation.due import Chunk, Due
from ses_reputation.finding_events import FINDING_REPORTED, SOURCE, STATUS_CHANGED
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.resources import STACK_NAME
from ses_reputation_local.ses_mail import Bounce, BounceSubtype, BounceType, Message
from ses_reputation_local.ses_simulator import SesSimulator
from tests import test_template as template
from tests.access import listed, statements_of
from tests.noted_calls import noted
from tests.privileges import refused, unused
from tests.test_template import RESOURCES, of_type
from tests.test_whole_path import HOUR, MORNING, mail, publish

OWN_BUS = f"arn:aws:events:eu-west-1:{DEFAULT_ACCOUNT_ID}:event-bus/{STACK_NAME}"
RELATED = {"RelatedEventBuses": OWN_BUS, "RelatedAccounts": "210987654321,987654321098"}
DEAD_LETTERS = {"Fn::GetAtt": ["FindingDeadLetterQueue", "Arn"]}


def report(scope: str, severity: str = "probation") -> dict[str, str]:
    """What an event and a command say of a finding."""
    return {"scope": scope, "category": "spamtrap", "severity": severity, "evidence": "a trap was hit"}


def run_evaluate(cloud: LocalCloud) -> None:
    reply = "smtp; 554 5.7.1 blocked using dbl.spamhaus.org"
    listed = Bounce(("mira@gmail.com",), BounceType.TRANSIENT, BounceSubtype.CONTENT_REJECTED, reply=reply)
    message = Message("news@shop.example", listed.recipients, configuration_set="newsletter")
    for number in range(20):
        publish(cloud, SesSimulator(str(number)).send(MORNING, message, listed))
    cloud.deliver()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "CHUNK", 2)
        for days in (0, 21, 22):
            cloud.tick(MORNING + HOUR + timedelta(days=days), ["EvaluateReputation"])
    cloud.enqueue("EvaluationQueue", ["poison"])
    failing = Chunk("failing", MORNING, (Due(Scope("no scope"), "1"),))
    hand_on(cloud, failing)
    cloud.deliver()


def hand_on(cloud: LocalCloud, chunk: Chunk) -> None:
    names = {"table": cloud.resources["StandingsTable"], "queue_url": cloud.resources["EvaluationQueue"]}
    DynamoDbChunks(cloud.client("dynamodb"), lambda: cloud.client("sqs"), **names, size=1).hand_on([chunk])


def run_operate(cloud: LocalCloud) -> None:
    cloud.invoke("Operate", {"command": "report", "by": "ana", "id": "1", **report("tenant/acme")})
    shut_down = {"command": "report", "by": "ana", "id": "2", **report("account", severity="shutdown")}
    answer: Any = cloud.invoke("Operate", shut_down).result
    finding = answer["body"]["finding"]["id"]
    appeal = {"decision": "reinstate", "to": "healthy", "note": "all traps are gone"}
    cloud.invoke("Operate", {"command": "decide", "by": "ana", "scope": "account", "finding": finding, **appeal})


def run_receive_finding(cloud: LocalCloud) -> None:
    blocklist = {"version": "1.0.0", "data": "An IP is listed.", "metadata": {"impact": "LOW", "type": "IP_LISTING"}}
    resources = ["arn:aws:ses:eu-west-1:123456789012:tenant/acme/tn-1"]
    by_ses = {"version": "0", "id": "ses-1", "source": "aws.ses", "time": "2026-03-06T08:00:00Z"}
    of_acme = {"account": cloud.account, "region": cloud.region, "resources": resources, "detail": blocklist}
    cloud.receive_event("default", {**by_ses, **of_acme, "detail-type": "Advisor Recommendation Status Open"})
    for number, detail in enumerate((report("account", severity="shutdown"), report("nobody"))):
        envelope = {"version": "0", "source": "trap-monitor", "time": "2026-03-06T09:00:00Z", "resources": []}
        sender = {"account": cloud.account, "region": cloud.region}
        reported = {"id": f"event-{number}", "detail-type": FINDING_REPORTED, "detail": detail}
        cloud.receive_event("FindingBus", {**envelope, **sender, **reported})
        cloud.deliver()


RUNS = {"EvaluateReputation": run_evaluate, "Operate": run_operate, "ReceiveFinding": run_receive_finding}


@pytest.mark.parametrize("name", RUNS)
def test_a_role_allows_what_its_function_does_and_no_more(name: str) -> None:
    """Logs are written by Lambda itself."""
    with LocalCloud(RELATED) as cloud:
        cloud.now = MORNING
        # What the alerts lead to is another function's.
        cloud.client("sns").unsubscribe(SubscriptionArn=cloud.resources["EnforcementSubscription"])
        for hours in (0, 3):
            publish(cloud, mail(200, bad=40, at=MORNING + hours * HOUR))
        cloud.deliver()
        with noted() as notes:
            RUNS[name](cloud)
        assert {run.error for run in cloud.invocations} == {None}
    assert refused(notes) == unused(notes, name) == []


def role_of(cloud: LocalCloud, function: str) -> dict[str, Any]:
    """The statements that a function's role has been given, by their names."""
    iam, role = cloud.client("iam"), cloud.resources[f"{function}Role"]
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    # moto writes it as Python does.
    return {statement["Sid"]: statement for statement in ast.literal_eval(document)["Statement"]}


def test_a_function_may_put_events_only_on_the_related_buses_and_only_if_there_are_any() -> None:
    with LocalCloud() as cloud:
        for function in RUNS:
            assert "TellRelatedAccounts" not in role_of(cloud, function)
    with LocalCloud({"RelatedEventBuses": f"{OWN_BUS},{OWN_BUS}-2"}) as cloud:
        for function in RUNS:
            statement = role_of(cloud, function)["TellRelatedAccounts"]
            assert (statement["Action"], statement["Resource"]) == ("events:PutEvents", [OWN_BUS, f"{OWN_BUS}-2"])


# Who may decide


def test_only_those_whom_iam_lets_in_can_call_operate() -> None:
    (url,) = of_type("AWS::Lambda::Url").values()
    assert (url["AuthType"], url["TargetFunctionArn"]) == ("AWS_IAM", {"Ref": "Operate"})
    permissions = of_type("AWS::Lambda::Permission").values()
    assert not [p for p in permissions if p["FunctionName"] == {"Ref": "Operate"} or p["Principal"] == "*"]


def test_an_operator_may_look_and_decide_through_the_url_alone() -> None:
    """A plain invocation could say that it is anybody's."""
    policy = of_type("AWS::IAM::ManagedPolicy")["OperatorPolicy"]
    granted = {s["Sid"]: s for s in statements_of(policy["PolicyDocument"])}
    invoking = [s for s in granted.values() if "lambda:InvokeFunction" in listed(s["Action"])]
    assert invoking == [
        {
            "Sid": "DecideThroughTheUrlOnly",
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": {"Fn::GetAtt": ["Operate", "Arn"]},
            "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": True}},
        }
    ]
    of_tables = {action for s in granted.values() for action in listed(s["Action"]) if action.startswith("dynamodb:")}
    assert of_tables == {"dynamodb:Query", "dynamodb:GetItem", "dynamodb:BatchGetItem"}
    assert not [s for s in granted.values() if "*" in f"{s['Action']}{s['Resource']}"]


# Who may report


def test_related_accounts_may_tell_that_they_were_shut_down_and_nothing_else() -> None:
    assert RESOURCES["FindingBusPolicy"]["Condition"] == "HasRelatedAccounts"
    policy = RESOURCES["FindingBusPolicy"]["Properties"]
    assert policy["EventBusName"] == {"Ref": "FindingBus"}
    statement = policy["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "events:PutEvents")
    assert statement["Principal"] == {"AWS": {"Ref": "RelatedAccounts"}}
    assert statement["Resource"] == {"Fn::GetAtt": ["FindingBus", "Arn"]}
    assert statement["Condition"] == {
        "ForAllValues:StringEquals": {"events:source": SOURCE, "events:detail-type": STATUS_CHANGED},
        "Null": {"events:source": False, "events:detail-type": False},
    }


def test_no_other_account_may_put_events_on_the_bus_unless_one_is_named() -> None:
    def policy(cloud: LocalCloud) -> Any:
        return cloud.client("events").describe_event_bus(Name=cloud.resources["FindingBus"]).get("Policy")

    with LocalCloud() as cloud:
        assert policy(cloud) is None
    with LocalCloud(RELATED) as cloud:
        assert all(account in policy(cloud) for account in RELATED["RelatedAccounts"].split(","))


def invokes_receive_finding(rule: str, field: str) -> None:
    """What a rule makes of an event says by which rule it came, and when EventBridge received it."""
    (target,) = RESOURCES[rule]["Properties"]["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["ReceiveFinding", "Arn"]}
    assert target["InputTransformer"] == {
        "InputTemplate": f'{{"received": <aws.events.event.ingestion-time>, "{field}": <aws.events.event.json>}}'
    }
    assert target["DeadLetterConfig"] == {"Arn": DEAD_LETTERS}
    assert [p for p in of_type("AWS::Lambda::Permission").values() if p["SourceArn"] == arn_of(rule)] == [
        {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": "ReceiveFinding"},
            "Principal": "events.amazonaws.com",
            "SourceArn": arn_of(rule),
        }
    ]


def arn_of(resource: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [resource, "Arn"]}


RULES = {"FindingRule", "SesStatusRule"}


def test_only_our_rules_invoke_receive_finding() -> None:
    permissions = [
        p for p in of_type("AWS::Lambda::Permission").values() if p["FunctionName"] == {"Ref": "ReceiveFinding"}
    ]
    assert of_type("AWS::Events::Rule").keys() >= RULES
    assert sorted(str(p["SourceArn"]) for p in permissions) == sorted(str(arn_of(rule)) for rule in RULES)


def test_every_event_of_our_types_goes_to_receive_finding_with_the_time_at_which_it_came() -> None:
    """A wrong one is set apart with the reason, so no event is filtered by anything but its type."""
    rule = RESOURCES["FindingRule"]["Properties"]
    assert rule["EventBusName"] == {"Ref": "FindingBus"}
    assert rule["EventPattern"] == {"detail-type": [FINDING_REPORTED, STATUS_CHANGED]}
    invokes_receive_finding("FindingRule", "event")


def test_what_ses_says_itself_comes_from_the_default_bus_of_this_account_and_is_told_apart() -> None:
    """Nobody but AWS can put an event there whose source begins with aws., so the field says that it is SES's."""
    rule = RESOURCES["SesStatusRule"]["Properties"]
    assert "EventBusName" not in rule
    assert rule["EventPattern"] == {
        "source": [ses_status_events.SOURCE],
        "account": [{"Ref": "AWS::AccountId"}],
        "region": [{"Ref": "AWS::Region"}],
        "detail-type": [*ses_status_events.OPENS, *ses_status_events.SWITCHES],
    }
    invokes_receive_finding("SesStatusRule", "from_ses")


def test_the_dead_letter_queue_of_findings_takes_messages_from_our_rules_and_bus_and_nobody_else() -> None:
    policy = RESOURCES["FindingDeadLetterQueuePolicy"]["Properties"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Queues"] == [{"Ref": "FindingDeadLetterQueue"}]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", DEAD_LETTERS)
    sources = [arn_of("FindingRule"), arn_of("SesStatusRule"), arn_of("FindingBus")]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": sources}}


def test_what_fails_again_and_again_is_kept_for_two_weeks() -> None:
    (config,) = of_type("AWS::Lambda::EventInvokeConfig").values()
    assert (config["FunctionName"], config["MaximumRetryAttempts"]) == ({"Ref": "ReceiveFinding"}, 2)
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": DEAD_LETTERS}}
    queue = RESOURCES["FindingDeadLetterQueue"]["Properties"]
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_a_bus_is_named_for_its_stack_and_told_to_those_who_need_it() -> None:
    assert RESOURCES["FindingBus"]["Properties"]["Name"] == {"Ref": "AWS::StackName"}
    outputs = {name: output["Value"] for name, output in template.SOURCE["Outputs"].items()}
    assert outputs["EventBusArn"] == {"Fn::GetAtt": ["FindingBus", "Arn"]}
    assert outputs["OperateUrl"] == {"Fn::GetAtt": ["OperateUrl", "FunctionUrl"]}
    assert outputs["ChatTopicArn"] == {"Ref": "ChatTopic"}
