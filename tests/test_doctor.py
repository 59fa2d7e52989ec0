"""`ses-reputation doctor` on the local cloud: a deployment that is well, one that is ill, and how it is mended."""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
import click
import jmespath  # type: ignore[import-untyped]
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from ses_reputation.adapters import clients
from ses_reputation.adapters.deployed_parts import unreadable
from ses_reputation.diagnosis import judgements
from ses_reputation.diagnosis.diagnose import Outcome, State
from ses_reputation.diagnosis.faults import Check, Fault
from ses_reputation.diagnosis.follow import Mail, Way, follow_mail
from ses_reputation.diagnosis.texts import CHECKS, FAULTS
from ses_reputation_cli.deployed_stack import DeployedStack
from ses_reputation_cli.examined_stack import ExaminedStack
from ses_reputation_cli.main import main
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.resources import STACK_NAME
from ses_reputation_local.server import Clock, Server, address_of, listening, serving
from tests.test_template import RESOURCES

NOW = datetime(2026, 3, 20, 12, 40, tzinfo=UTC)
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
SENDER = "shop@shop.example"
OTHERS = "arn:aws:iam::210987654321:root"


@contextmanager
def running(now: datetime = NOW) -> Iterator[LocalCloud]:
    """A cloud with one configuration set that is connected, through which a mail has bounced; all is well."""
    with LocalCloud({"NotificationEmail": "ops@shop.example"}) as cloud:
        cloud.now = now
        cloud.ses.verify("shop.example")
        cloud.ses.configuration_sets.add("newsletter")
        assert run("connect", "--all-configuration-sets", "--apply").exit_code == 0
        send(cloud)
        cloud.tick(now)
        yield cloud


def run(*arguments: str, now: datetime = NOW) -> Result:
    return CliRunner().invoke(main, arguments, obj=now)


def examined(*arguments: str, exit_code: int) -> dict[str, Any]:
    """The checks of the JSON document, by name."""
    result = run("doctor", "--json", *arguments)
    assert (result.exit_code, result.stderr) == (exit_code, ""), result.output
    return {check["check"]: check for check in json.loads(result.stdout)["checks"]}


def faults(checks: dict[str, Any]) -> dict[str, str]:
    """What is wrong, in words, by fault."""
    return {fault["fault"]: fault["says"] for check in checks.values() for fault in check["faults"]}


def send(cloud: LocalCloud) -> None:
    content = {"Simple": {"Subject": {"Data": "Your order"}, "Body": {"Text": {"Data": "It is on its way."}}}}
    cloud.client("sesv2").send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["bounce@simulator.amazonses.com"]},
        Content=content,
        ConfigurationSetName="newsletter",
    )


@contextmanager
def denied(*operations: str) -> Iterator[None]:
    """As with credentials that may not make these calls."""

    def refuse(model: Any, **_: Any) -> None:
        if model.name in operations:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, model.name)

    with heard(refuse):
        yield


@contextmanager
def heard(handler: Any) -> Iterator[None]:
    """Let somebody hear of every call of clients that are made in this block."""
    session = clients.session()
    session.register("before-call", handler)
    try:
        yield
    finally:
        session.unregister("before-call", handler)


# -- All is well -------------------------------------------------------------------------------------------------------


def test_of_a_deployment_that_is_well_every_check_is_ok_and_needs_no_other_action_than_the_docs_name() -> None:
    calls: set[str] = set()

    def note(model: Any, **_: Any) -> None:
        calls.add(f"{model.service_model.signing_name}:{model.name}")

    with running() as cloud:
        with heard(note):
            result = run("doctor")
        checks = examined(exit_code=0)
        assert {check["state"] for check in checks.values()} == {"ok"}, checks
        assert result.exit_code == 0
        assert result.stdout.splitlines()[-1] == "18 checks: all is well."
        assert re.search(
            "^ok +connections +1 of 1 configuration set and 0 of 1 identity publish here$", result.stdout, re.MULTILINE
        )
        assert not cloud.ses.calls[len(judgements.FEEDBACK) :], "nothing was changed at SES"
    named = {action for row in CHECKS.values() for action in row.actions} - {"sqs:ReceiveMessage", "ses:SendEmail"}
    # IAM calls CloudWatch's actions otherwise than requests are signed for.
    seen = {call.replace("monitoring:", "cloudwatch:") for call in calls}
    assert seen - {"cloudformation:ListStackResources", "dynamodb:Query", "dynamodb:GetItem"} == named


# -- What is wrong -----------------------------------------------------------------------------------------------------


def break_everything(cloud: LocalCloud) -> None:
    """One of each kind, somewhere. What can be mended by a command of its own is broken so that it can."""
    sns, sqs, lambda_ = cloud.client("sns"), cloud.client("sqs"), cloud.client("lambda")
    topics = {name: cloud.resources[name] for name in cloud.resources if name.endswith("Topic")}
    # A message that nobody can read, one that nobody reads, and a run that fails.
    cloud.publish("BounceTopic", "no event at all")
    cloud.deliver()
    lambda_.update_event_source_mapping(UUID=cloud.resources["VolumeQueueSource"], Enabled=False)
    cloud.enqueue("VolumeQueue", ["waits"])
    queue_name = cloud.resources["VolumeQueue"].rpartition("/")[2]
    cloud.measure("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": queue_name}, 3 * 3600)
    cloud.invoke("EvaluateReputation", {"now": "some day"})
    # The way in.
    sns.set_topic_attributes(TopicArn=topics["BounceTopic"], AttributeName="Policy", AttributeValue='{"Statement": []}')
    allow = {"Effect": "Allow", "Principal": {"AWS": OTHERS}, "Action": "*", "Resource": "*"}
    opened = json.dumps({"Statement": [allow]})
    sns.set_topic_attributes(TopicArn=topics["StatusTopic"], AttributeName="Policy", AttributeValue=opened)
    sqs.set_queue_attributes(QueueUrl=cloud.resources["ComplaintQueue"], Attributes={"Policy": opened})
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=topics["ComplaintTopic"])["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    # Who is told: moto confirms addresses at once.
    for subscription in sns_backends[DEFAULT_ACCOUNT_ID][cloud.region].subscriptions.values():
        if subscription.protocol == "email":
            subscription.arn = "PendingConfirmation"
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.set_alarm_state(
        AlarmName=cloud.resources["FeedbackDeadLetterAlarm"], StateValue="ALARM", StateReason="Threshold Crossed: 1"
    )
    cloudwatch.delete_alarms(AlarmNames=[cloud.resources["FindingDeadLetterAlarm"]])
    # Schedules.
    scheduler = cloud.client("scheduler")
    at = scheduler.get_schedule(Name=cloud.resources["WatchSesOnSchedule"])
    kept = {name: at[name] for name in ("Name", "Description", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**kept, State="DISABLED")
    # SES.
    cloud.ses.production_access = cloud.ses.sending_enabled = False
    cloud.ses.enforcement_status = "PROBATION"
    for name in (*map(str, range(6)), "unconnected"):
        cloud.ses.configuration_sets.add(name)
    sesv2 = cloud.client("sesv2")
    told = sesv2.get_configuration_set_event_destinations(ConfigurationSetName="newsletter")["EventDestinations"]
    for destination in told:
        if "SEND" in destination["MatchingEventTypes"]:
            sesv2.delete_configuration_set_event_destination(
                ConfigurationSetName="newsletter", EventDestinationName=destination["Name"]
            )
        if "COMPLAINT" in destination["MatchingEventTypes"]:
            off = {name: destination[name] for name in ("MatchingEventTypes", "SnsDestination")}
            sesv2.update_configuration_set_event_destination(
                ConfigurationSetName="newsletter",
                EventDestinationName=destination["Name"],
                EventDestination={**off, "Enabled": False},
            )
    cloud.client("ses").set_identity_notification_topic(
        Identity="shop.example", NotificationType="Complaint", SnsTopic=topics["ComplaintTopic"]
    )
    cloud.ses.count(NOW - HOUR, sent=5)


BROKEN = {
    Fault.FUNCTION_FAILED: "EvaluateReputation failed 1 of ",
    Fault.TOPIC_CLOSED: "SES may not publish to BounceTopic.",
    Fault.TOPIC_OPEN: f"StatusTopic takes messages from outside of this account: {OTHERS}.",
    Fault.QUEUE_OPEN: f"ComplaintQueue takes messages from outside of this account: {OTHERS}.",
    Fault.QUEUE_CLOSED: "ComplaintQueue takes no messages from ComplaintTopic.",
    Fault.NOT_SUBSCRIBED: "ComplaintQueue is not subscribed to ComplaintTopic.",
    Fault.SOURCE_OFF: "VolumeQueueSource is disabled: no function reads the queue.",
    Fault.QUEUE_STUCK: "VolumeQueue holds 1 message, the oldest for 3 hours.",
    Fault.DEAD_LETTERS: "FeedbackDeadLetterQueue holds 1 message. Why: ",
    Fault.SCHEDULE_OFF: "WatchSesOnSchedule is off (rate(15 minutes)).",
    Fault.RUN_LATE: " last ended well for 2026-03-19 12:40 UTC, 24 hours ago; its schedule says rate(15 minutes).",
    Fault.NOT_CONFIRMED: "ops@shop.example has not confirmed its subscription to ",
    Fault.NOBODY_TOLD: "Nobody gets the alerts",
    Fault.NOBODY_ALARMED: "Nobody hears of alarms",
    Fault.ALARM_RAISED: "FeedbackDeadLetterAlarm is raised: Threshold Crossed: 1.",
    Fault.ALARM_MUTE: "FindingDeadLetterAlarm tells nobody when it is raised.",
    Fault.SANDBOX: "The account is in SES's sandbox in eu-west-1.",
    Fault.SENDING_OFF: "Sending is off for the whole account in eu-west-1.",
    Fault.UNDER_REVIEW: "SES has the account under review in eu-west-1.",
    Fault.SET_NOT_CONNECTED: "The configuration set unconnected publishes nothing here.",
    Fault.DESTINATION_OFF: "The event destination ses-reputation-complaint of the configuration set newsletter is off.",
    Fault.SET_INCOMPLETE: "The configuration set newsletter publishes no SEND events here.",
    Fault.IDENTITY_INCOMPLETE: "The identity shop.example sends no Bounce notifications here.",
    Fault.EVENTS_MISSING: "SES says that 5 mails were sent in the last day, but the newest event that was counted ",
}

# By which commands that are told, and what they leave to a person, or to time.
MENDED = {
    Fault.TOPIC_CLOSED,
    Fault.TOPIC_OPEN,
    Fault.QUEUE_OPEN,
    Fault.QUEUE_CLOSED,
    Fault.NOT_SUBSCRIBED,
    Fault.SOURCE_OFF,
    Fault.SCHEDULE_OFF,
    Fault.SENDING_OFF,
    Fault.DESTINATION_OFF,
}


def test_whatever_is_wrong_is_found_and_the_commands_that_are_told_mend_it() -> None:
    with running(NOW - DAY - HOUR) as cloud:
        cloud.now = NOW - DAY
        cloud.tick(NOW - DAY)
        cloud.now = NOW - 10 * MINUTE
        break_everything(cloud)
        cloud.now = NOW
        result = run("doctor")
        assert result.exit_code == 1
        assert "problem  sources" in result.stdout
        assert "... and 2 more: --json lists all of them." in result.stdout
        checks = examined(exit_code=1)
        told = faults(checks)
        assert told.keys() == BROKEN.keys()
        for fault, says in BROKEN.items():
            assert says in told[fault], fault
        assert checks["account"]["state"] == "problem"
        for check in checks.values():
            for fault in check["faults"]:
                if fault["fault"] in MENDED:
                    carry_out(cloud, fault["command"])
        assert faults(examined(exit_code=1)).keys() == BROKEN.keys() - MENDED


def carry_out(cloud: LocalCloud, command: str) -> None:
    """Do what the aws command would do with this line."""
    if nested := re.search(r'"\$\((.*)\)"$', command):
        service, method, parameters = request_of(nested[1])
        query = parameters.pop("query")
        parameters.pop("output")
        answer = getattr(cloud.client(service), method)(**parameters)
        service, method, _ = request_of(command.replace(f"--cli-input-json {nested[0]}", ""))
        getattr(cloud.client(service), method)(**jmespath.search(query, answer))
        return
    service, method, parameters = request_of(command)
    if method != "get_queue_attributes":  # There a person has to see which statement is wrong.
        getattr(cloud.client(service), method)(**parameters)


def request_of(command: str) -> tuple[str, str, dict[str, Any]]:
    """The request that a line of the aws command makes, by the service's model; options of the command itself too."""
    aws, service, operation, *options = shlex.split(command)
    assert aws == "aws"
    model = botocore.session.get_session().get_service_model(service)
    methods = {xform_name(name): name for name in model.operation_names}
    method = operation.replace("-", "_")
    shape: Any = model.operation_model(methods[method]).input_shape
    members = shape.members
    # The aws command has an --endpoint-url of its own, so that it calls this one otherwise.
    names = {xform_name(name, "-"): name for name in members} | {"notification-endpoint": "Endpoint"}
    parameters: dict[str, Any] = {}
    while options:
        option = options.pop(0).removeprefix("--")
        if option in {"region", "max-items", "cli-input-json"}:
            options.pop(0) if options else None
        elif option in {"query", "output"}:
            parameters[option] = options.pop(0)
        else:
            values = []
            while options and not options[0].startswith("--"):
                values.append(options.pop(0))
            parameters[names[option]] = value_of(members[names[option]], values)
    return service, method, parameters


def value_of(shape: Any, values: list[str]) -> Any:
    """An option's value, in JSON or as the aws command writes it shorter."""
    match shape.type_name:
        case "boolean":
            assert values == []
            return True
        case "list":
            return values
        case "map" | "structure":
            (value,) = values
            shorthand = "=" in value and not value.startswith("{")
            return dict([value.split("=", 1)]) if shorthand else json.loads(value)
        case "integer":
            return int(*values)
        case _:
            (value,) = values
            return value


@pytest.mark.parametrize("fault", [fault for fault, row in FAULTS.items() if row.command])
def test_every_command_that_is_told_is_one(fault: Fault) -> None:
    names = re.findall(r"(?<!{){(\w+)}(?!})", FAULTS[fault].command or "")
    command = (FAULTS[fault].command or "").format_map(dict.fromkeys(names, "1"))
    words = shlex.split(command)
    if words[0] == "ses-reputation":
        known = main.get_command(None, words[1])  # type: ignore[arg-type]
        assert known is not None
        options = {option for parameter in known.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options
    # `tail` is the aws command's own, and reads the log until now.
    elif words[1:3] == ["logs", "tail"]:
        assert {word for word in words if word.startswith("--")} <= {"--region", "--since", "--filter-pattern"}
    elif nested := re.search(r'"\$\((.*)\)"$', command):
        request_of(nested[1])
    else:
        request_of(command)


# -- What is not told --------------------------------------------------------------------------------------------------


def test_what_these_credentials_may_not_read_is_unknown_and_the_rest_is_told() -> None:
    with running(), denied("GetTopicAttributes", "GetSchedule", "GetMetricData"):
        checks = examined(exit_code=0)
        result = run("doctor")
    lacking = {name: check["lacks"] for name, check in checks.items() if check["state"] == "unknown"}
    assert lacking == {
        "functions": "cloudwatch:GetMetricData",
        "topics": "sns:GetTopicAttributes",
        "subscriptions": "sns:GetTopicAttributes",
        "queues": "cloudwatch:GetMetricData",
        "schedules": "scheduler:GetSchedule",
        "evaluation": "scheduler:GetSchedule",
        "watch": "scheduler:GetSchedule",
        "alerts": "sns:GetTopicAttributes",
        "alarms": "sns:GetTopicAttributes",
    }
    assert {check["state"] for check in checks.values()} == {"ok", "unknown"}
    assert result.exit_code == 0
    assert "The IAM action that these credentials lack: scheduler:GetSchedule" in " ".join(result.stdout.split())
    assert result.stdout.splitlines()[-1] == "18 checks: 9 that could not be made."


def test_a_part_that_was_deleted_behind_the_stack_s_back_is_a_problem() -> None:
    with running() as cloud:
        cloud.client("sqs").delete_queue(QueueUrl=cloud.resources["VolumeQueue"])
        checks = examined(exit_code=1)
    assert [fault["fault"] for fault in checks["queues"]["faults"]] == [Fault.PART_GONE]
    assert checks["events"]["state"] == "ok"


def test_a_stack_that_is_not_there_ends_it() -> None:
    with running():
        result = run("doctor", "--stack-name", "another")
    assert result.exit_code == 1
    assert "there is no stack another" in result.stderr


# -- A mail ------------------------------------------------------------------------------------------------------------


def test_a_mail_is_followed_to_its_receipt_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as cloud, listening("127.0.0.1", 0) as listener:
        with serving(Server(cloud, Clock(NOW)), listener):
            monkeypatch.setenv("AWS_ENDPOINT_URL", address_of(listener))
            result = run("doctor", "--send", SENDER, "--configuration-set", "newsletter")
            refused = run("doctor", "--send", "somebody@else.example")
        message_id = cloud.ses.sent[-1].id
        assert [sent.message.recipients[0].partition("+")[0] for sent in cloud.ses.sent[1:]] == ["bounce"]
    assert re.search(f"^ok +mail +message {message_id}, followed for 0 seconds$", result.stdout, re.MULTILINE), (
        result.output
    )
    assert "SES did not take the mail from somebody@else.example" in " ".join(refused.stdout.split())
    assert refused.exit_code == 1


def test_who_follows_a_mail_is_not_told_to_follow_one() -> None:
    advice = "follow one to the mailbox simulator all the way. $ ses-reputation doctor"
    with LocalCloud() as cloud:
        cloud.now = NOW
        plain, following = (" ".join(run("doctor", *send).stdout.split()) for send in ((), ("--send", SENDER)))
    assert "No event has arrived so far." in plain
    assert "No event has arrived so far." in following
    assert (advice in plain, "all the way" in following) == (True, False)


def test_a_mail_is_seen_once_lambda_has_read_it_and_found_on_its_queue_if_lambda_does_not() -> None:
    """As the command follows it, but that the cloud delivers while it waits."""
    with running() as cloud, click.Context(main, obj=NOW):
        stack = DeployedStack(STACK_NAME, cloud.region)

        def deliver(_: timedelta) -> None:
            cloud.deliver()

        def follow() -> Outcome:
            way = Way(stack.mailer(), stack.receipts(), lambda: ExaminedStack(stack), deliver)
            mail = Mail(SENDER, "newsletter", "label")
            return follow_mail(mail, way, timedelta(seconds=9), lambda *_: None, unreadable)

        seen = follow()
        source = cloud.resources["BounceQueueSource"]
        cloud.client("lambda").update_event_source_mapping(UUID=source, Enabled=False)
        lost = follow()
    assert (seen.state, seen.looked_at.partition(", ")[2]) == (State.OK, "followed for 3 seconds")
    (case,) = lost.faults
    assert (case.fault, case.details["seconds"]) == (Fault.BOUNCE_LOST, "9")
    assert case.details["where"] == "BounceQueue holds 1 message, which no function has worked off yet."


def test_no_mail_is_sent_through_a_configuration_set_that_is_not_there() -> None:
    with running() as cloud:
        before = len(cloud.ses.sent)
        refused = run("doctor", "--send", SENDER, "--configuration-set", "nope")
        assert len(cloud.ses.sent) == before
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "SES has no configuration set nope here" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--configuration-set", "newsletter"), ("--send", "nobody"), ("--send", SENDER, "--timeout", "0")],
    ids=["a set to send nothing through", "no address", "no time"],
)
def test_wrong_usage_is_refused_before_anything_is_read(arguments: tuple[str, ...]) -> None:
    assert run("doctor", *arguments).exit_code == 2


# -- What holds for template and docs ----------------------------------------------------------------------------------

KINDS = {
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::Lambda::Function",
    "AWS::Lambda::EventSourceMapping",
    "AWS::DynamoDB::Table",
    "AWS::Scheduler::Schedule",
    "AWS::CloudWatch::Alarm",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::SNS::Subscription",
}


def test_the_parts_that_must_be_there_are_those_of_the_template() -> None:
    always = {name for name, r in RESOURCES.items() if r["Type"] in KINDS and "Condition" not in r}
    assert set(judgements.PARTS) == always, "a new part belongs to PARTS in diagnosis/judgements.py"


def test_the_deliveries_that_are_checked_are_those_of_the_template() -> None:
    subscriptions = [r["Properties"] for r in RESOURCES.values() if r["Type"] == "AWS::SNS::Subscription"]
    of_queues = {
        (s["TopicArn"]["Ref"], s["Endpoint"]["Fn::GetAtt"][0]) for s in subscriptions if s["Protocol"] == "sqs"
    }
    assert set(judgements.DELIVERIES) == of_queues, "a new one belongs to DELIVERIES in diagnosis/judgements.py"


def test_the_page_is_in_the_docs() -> None:
    page = (Path(__file__).parents[1] / "docs/checking-a-deployment.md").read_text()
    assert all(f"`{check}`" in page for check in Check)
    assert all(f"`{fault}`" in page for fault in Fault)


def test_the_stack_of_the_local_cloud_is_the_one_that_commands_look_for() -> None:
    assert STACK_NAME in run("doctor", "--help").output
