"""Connecting SES to a deployed stack, as a person and as a program does it, and what can go wrong on the way."""

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from click.testing import CliRunner

from ses_reputation.adapters import clients
from ses_reputation.adapters.connections import ATTEMPTS, SesConnections
from ses_reputation.connect import ChangeFailed
from ses_reputation.domain.connections import FEEDBACK_EVENTS, Destination, Notification, Stream
from ses_reputation_cli.main import main
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.server import Clock, Server, address_of, listening, serving
from ses_reputation_local.ses_faults import Faults
from tests.command import Command

NOW = datetime(2026, 3, 20, 12, 40, tzinfo=UTC)
DOCS = (Path(__file__).parents[1] / "docs/connecting.md").read_text()
NEWSLETTER, SHOP = "configuration-set/newsletter", "identity/shop.example"


@pytest.fixture(scope="module")
def deployment() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        cloud.now = NOW
        yield cloud


@pytest.fixture
def cloud(deployment: LocalCloud) -> LocalCloud:
    """The shared deployment, with a configuration set and a verified domain that nobody has connected."""
    for name in (*deployment.ses.configuration_sets,):
        deployment.client("sesv2").delete_configuration_set(ConfigurationSetName=name)
    for identity in (*deployment.ses.identities,):
        deployment.ses.forget(identity)
    deployment.client("sesv2").create_configuration_set(ConfigurationSetName="newsletter")
    deployment.ses.verify("shop.example")
    deployment.ses.faults = Faults()
    return deployment


@contextmanager
def handled(event: str, handler: Any) -> Iterator[None]:
    """Clients that are made in this block have this handler of botocore's events."""
    session = clients.session()
    session.register(event, handler)
    try:
        yield
    finally:
        session.unregister(event, handler)


COMMAND = Command(NOW, ("connect",))
run, told = COMMAND.run, COMMAND.told


def text(*arguments: str, code: int = 0) -> str:
    """What it prints for people, in one line."""
    return " ".join(run(*arguments, code=code).stdout.split())


def actions(document: Any) -> dict[str, str]:
    return {step["name"]: step["action"] for steps in document["scopes"].values() for step in steps}


def destinations(cloud: LocalCloud, name: str = "newsletter") -> dict[str, Any]:
    answer = cloud.client("sesv2").get_configuration_set_event_destinations(ConfigurationSetName=name)
    return {destination.pop("Name"): destination for destination in answer["EventDestinations"]}


def topics(cloud: LocalCloud, identity: str = "shop.example") -> dict[str, str]:
    answer = cloud.client("ses").get_identity_notification_attributes(Identities=[identity])
    attributes = answer["NotificationAttributes"][identity]
    return {n: attributes[f"{n}Topic"] for n in Notification if attributes.get(f"{n}Topic")}


def topic(cloud: LocalCloud, name: str = "elsewhere") -> str:
    """A topic of somebody else, which lets SES publish."""
    arn: str = cloud.client("sns").create_topic(Name=name)["TopicArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return arn


def set_topic(cloud: LocalCloud, notification: str, arn: str) -> None:
    cloud.client("ses").set_identity_notification_topic(
        Identity="shop.example", NotificationType=notification, SnsTopic=arn
    )


def disable(cloud: LocalCloud, name: str) -> None:
    cloud.client("sesv2").update_configuration_set_event_destination(
        ConfigurationSetName="newsletter",
        EventDestinationName=name,
        EventDestination={**destinations(cloud)[name], "Enabled": False},
    )


# -- The plan ----------------------------------------------------------------------------------------------------------


def test_without_being_told_to_apply_it_changes_nothing(cloud: LocalCloud) -> None:
    changed = len(cloud.ses.calls)
    output = text("--all-configuration-sets", "--identity", "shop.example")
    assert "Nothing was changed: this was a dry run. --apply makes 5 changes" in output
    assert "ses-reputation-bounce create missing BOUNCE, DELIVERY_DELAY" in output
    assert "they count once" in output
    assert len(cloud.ses.calls) == changed


def test_the_plan_is_told_to_programs(cloud: LocalCloud) -> None:
    nothing: dict[str, Any] = {"topic_before": None, "published_by": [], "done": False, "problem": None}
    create = {"action": "create", "reason": "missing", **nothing}
    bounces, complaints, volume = (cloud.resources[f"{name}Topic"] for name in ("Bounce", "Complaint", "Volume"))
    assert told("--configuration-set", "newsletter", "--identity", "shop.example") == {
        "dry_run": True,
        "undo": False,
        "scopes": {
            NEWSLETTER: [
                {
                    **create,
                    "name": "ses-reputation-bounce",
                    "topic": bounces,
                    "events": sorted(FEEDBACK_EVENTS[Stream.BOUNCE]),
                },
                {**create, "name": "ses-reputation-complaint", "topic": complaints, "events": ["COMPLAINT"]},
                {**create, "name": "ses-reputation-volume", "topic": volume, "events": ["SEND"]},
            ],
            SHOP: [
                {**create, "name": "Bounce", "topic": bounces, "events": []},
                {**create, "name": "Complaint", "topic": complaints, "events": []},
            ],
        },
        "notes": ["two-formats", "forwarding-stays"],
        "verified_apart": [],
    }


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "choose: --configuration-set, --all-configuration-sets, --identity or --all-identities"),
        (("--configuration-set", "x", "--all-configuration-sets"), "--all-configuration-sets exclude each other"),
        (("--identity", "x", "--all-identities"), "--identity and --all-identities exclude each other"),
        (("--all-identities", "--undo", "--replace"), "--undo and --replace exclude each other"),
    ],
    ids=["nothing", "a set and all", "an identity and all", "undo and replace"],
)
def test_what_makes_no_sense_is_wrong_usage(arguments: tuple[str, ...], problem: str) -> None:
    assert problem in run(*arguments, code=2).stderr


def test_a_name_that_ses_does_not_know_changes_nothing(cloud: LocalCloud) -> None:
    changed = len(cloud.ses.calls)
    result = run("--configuration-set", "newsleter", "--all-identities", "--apply", code=1)
    assert (result.stdout, len(cloud.ses.calls)) == ("", changed)
    assert "SES has no configuration set newsleter here" in result.stderr


def test_an_account_without_any_has_nothing_to_connect(cloud: LocalCloud) -> None:
    cloud.client("sesv2").delete_configuration_set(ConfigurationSetName="newsletter")
    assert "SES has none of these here." in text("--all-configuration-sets", "--apply")


# -- Doing it, again, and back -----------------------------------------------------------------------------------------


def test_all_is_connected_once_and_undone(cloud: LocalCloud) -> None:
    chosen = ("--all-configuration-sets", "--all-identities")
    everything = {
        "ses-reputation-bounce": ("BounceTopic", sorted(FEEDBACK_EVENTS[Stream.BOUNCE])),
        "ses-reputation-complaint": ("ComplaintTopic", ["COMPLAINT"]),
        "ses-reputation-volume": ("VolumeTopic", ["SEND"]),
    }
    output = text(*chosen, "--apply")
    assert "5 of 5 changes were made." in output
    assert "ses-reputation-volume created missing SEND" in output
    assert destinations(cloud) == {
        name: {
            "Enabled": True,
            "MatchingEventTypes": events,
            "SnsDestination": {"TopicArn": cloud.resources[topic]},
        }
        for name, (topic, events) in everything.items()
    }
    assert topics(cloud) == {name: cloud.resources[f"{name}Topic"] for name in ("Bounce", "Complaint")}
    # SES publishes a message of its own to a topic that is set: nothing that is counted, and no dead letter.
    cloud.deliver()
    assert not cloud.messages("FeedbackDeadLetterQueue")

    assert "There is nothing to do: all of it is connected." in text(*chosen, "--apply")
    assert {*actions(told(*chosen)).values()} == {"leave"}

    assert "--apply makes 5 changes" in text(*chosen, "--undo")
    undone = told(*chosen, "--undo", "--apply")
    assert [step["done"] for steps in undone["scopes"].values() for step in steps] == [True] * 5
    assert (destinations(cloud), topics(cloud)) == ({}, {})
    assert "There is nothing to undo." in text(*chosen, "--undo", "--apply")


def test_one_that_was_disabled_is_enabled_again(cloud: LocalCloud) -> None:
    run("--all-configuration-sets", "--apply")
    destination = destinations(cloud)["ses-reputation-bounce"]
    disable(cloud, "ses-reputation-bounce")
    assert actions(told("--all-configuration-sets", "--apply"))["ses-reputation-bounce"] == "update"
    assert destinations(cloud)["ses-reputation-bounce"] == destination


def test_a_destination_of_somebody_else_is_recognised_and_survives(cloud: LocalCloud) -> None:
    theirs = {
        "Enabled": True,
        "MatchingEventTypes": ["SEND", "DELIVERY"],
        "SnsDestination": {"TopicArn": cloud.resources["VolumeTopic"]},
    }
    cloud.client("sesv2").create_configuration_set_event_destination(
        ConfigurationSetName="newsletter", EventDestinationName="theirs", EventDestination=theirs
    )
    volume = told("--all-configuration-sets", "--apply")["scopes"][NEWSLETTER][2]
    assert (volume["action"], volume["published_by"]) == ("leave", ["theirs"])
    assert sorted(destinations(cloud)) == ["ses-reputation-bounce", "ses-reputation-complaint", "theirs"]
    run("--all-configuration-sets", "--undo", "--apply")
    assert [*destinations(cloud)] == ["theirs"]
    assert {*destinations(cloud)["theirs"]["MatchingEventTypes"]} == {"SEND", "DELIVERY"}


def test_the_volume_is_what_the_stack_divides_by(cloud: LocalCloud) -> None:
    function = {"FunctionName": cloud.resources["EvaluateReputation"]}
    lambda_ = cloud.client("lambda")
    before = lambda_.get_function_configuration(**function)["Environment"]
    variables = {**before["Variables"], "VOLUME_SOURCE": "delivery-events"}
    lambda_.update_function_configuration(**function, Environment={"Variables": variables})
    try:
        run("--all-configuration-sets", "--all-identities", "--apply")
    finally:
        lambda_.update_function_configuration(**function, Environment=before)
    assert destinations(cloud)["ses-reputation-volume"]["MatchingEventTypes"] == ["DELIVERY"]
    assert topics(cloud)["Delivery"] == cloud.resources["VolumeTopic"]


def test_another_topic_is_replaced_only_on_request_and_comes_back(cloud: LocalCloud) -> None:
    theirs = topic(cloud)
    set_topic(cloud, "Complaint", theirs)
    refused = run("--all-identities", "--apply", code=1)
    assert "of 2 changes 1 was refused." in refused.stderr
    assert f"anothertopic:{theirs};--replace" in "".join(refused.stdout.split())
    assert topics(cloud) == {"Bounce": cloud.resources["BounceTopic"], "Complaint": theirs}

    document = told("--all-identities", "--replace", "--apply")
    assert [(step["topic_before"], step["done"]) for step in document["scopes"][SHOP]] == [
        (None, False),
        (theirs, True),
    ]
    assert topics(cloud)["Complaint"] == cloud.resources["ComplaintTopic"]

    run("--all-identities", "--undo", "--apply")
    assert topics(cloud) == {"Complaint": theirs}


def test_a_topic_stays_where_ses_forwards_nothing_by_email(cloud: LocalCloud) -> None:
    run("--all-identities", "--apply")
    ses = cloud.client("ses")
    ses.set_identity_feedback_forwarding_enabled(Identity="shop.example", ForwardingEnabled=False)
    assert "turn it on first" in text("--all-identities", "--undo", "--apply", code=1)
    ses.set_identity_feedback_forwarding_enabled(Identity="shop.example", ForwardingEnabled=True)
    run("--all-identities", "--undo", "--apply")
    assert topics(cloud) == {}


def test_a_deployment_of_another_name_is_connected_beside_this_one(cloud: LocalCloud) -> None:
    """Its topics are others: what is named after this stack does not stand in its way."""
    dev = topic(cloud, "dev")
    connections(cloud).put_destination(
        "newsletter", Destination("dev-bounce", True, frozenset({"BOUNCE"}), dev), new=True
    )
    run("--all-configuration-sets", "--apply")
    run("--all-configuration-sets", "--undo", "--apply")
    assert [*destinations(cloud)] == ["dev-bounce"]


# -- What SES then tells -----------------------------------------------------------------------------------------------


def test_a_bounce_is_counted_once_in_either_format_and_in_both_until_it_is_undone(cloud: LocalCloud) -> None:
    expected: list[str] = []
    for chosen in ("--all-configuration-sets", "--all-identities", "--all-configuration-sets"):
        run(chosen, "--apply")
        expected.insert(0, send(cloud, "bounce@simulator.amazonses.com"))
        if len(expected) == 1:
            run(chosen, "--undo", "--apply")
    run("--all-configuration-sets", "--all-identities", "--undo", "--apply")
    send(cloud, "bounce@simulator.amazonses.com")
    cloud.deliver()
    assert {row["message_id"] for row in bounces()} == {*expected}
    assert len(bounces()) == 3


def send(cloud: LocalCloud, to: str) -> str:
    """Send a mail through SES; its message id."""
    answer = cloud.client("sesv2").send_email(
        FromEmailAddress="news@shop.example",
        Destination={"ToAddresses": [to]},
        Content={"Simple": {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "None today."}}}},
        ConfigurationSetName="newsletter",
    )
    message_id: str = answer["MessageId"]
    return message_id


def bounces() -> list[Any]:
    result = CliRunner().invoke(main, ("feedback", "--kind", "bounce", "--json"), obj=NOW)
    assert result.exit_code == 0, result.output
    rows: list[Any] = json.loads(result.stdout)["feedback"]
    return rows


# -- What can go wrong -------------------------------------------------------------------------------------------------


def connections(cloud: LocalCloud) -> SesConnections:
    """SES, as the command asks it; it waits as boto3 does here."""
    return SesConnections(cloud.client("sesv2"), cloud.client("ses"), pause=cloud.ses.faults.wait)


def test_a_missing_permission_ends_it_and_another_run_goes_on(cloud: LocalCloud) -> None:
    cloud.client("sesv2").create_configuration_set(ConfigurationSetName="receipts")
    cloud.ses.fail("SetIdentityNotificationTopic", "AccessDenied")
    chosen = ("--configuration-set", "newsletter", "--all-identities", "--apply")
    result = run(*chosen, code=1)
    assert "3 of 5 changes were made." in result.stdout
    assert "AWS denied SetIdentityNotificationTopic" in " ".join(result.stdout.split())
    assert "of 5 changes 1 failed, 1 was not tried. Run it again" in result.stderr
    document = told(*chosen, code=1)
    assert [(step["done"], bool(step["problem"])) for step in document["scopes"][SHOP]] == [
        (False, True),
        (False, False),
    ]
    cloud.ses.fail("SetIdentityNotificationTopic", "")
    assert "2 of 2 changes were made." in text(*chosen)
    assert len(topics(cloud)) == 2


def test_what_may_not_be_read_is_named(cloud: LocalCloud) -> None:
    changed = len(cloud.ses.calls)
    for operation in (
        "GetIdentityNotificationAttributes",
        "GetConfigurationSetEventDestinations",
        "ListEmailIdentities",
        "ListConfigurationSets",
    ):
        cloud.ses.fail(operation, "AccessDeniedException")
        result = run("--all-configuration-sets", "--all-identities", "--apply", code=1)
        assert (result.stdout, len(cloud.ses.calls)) == ("", changed)
        assert f"AWS denied {operation}" in result.stderr


def test_one_refusal_does_not_hold_up_the_others(cloud: LocalCloud) -> None:
    cloud.ses.fail("CreateConfigurationSetEventDestination", "BadRequestException", times=1)
    document = told("--all-configuration-sets", "--apply", code=1)
    assert [step["done"] for step in document["scopes"][NEWSLETTER]] == [False, True, True]
    assert told("--all-configuration-sets", "--apply")["scopes"][NEWSLETTER][0]["done"]


def test_ses_s_pace_is_kept(cloud: LocalCloud) -> None:
    cloud.ses.faults.pace = True
    assert "5 of 5 changes were made." in text("--all-configuration-sets", "--all-identities", "--apply")
    assert cloud.ses.faults.waits


def test_whoever_is_throttled_for_long_is_asked_again_and_then_told(cloud: LocalCloud) -> None:
    cloud.ses.fail("ListConfigurationSets", "TooManyRequestsException", times=ATTEMPTS - 1, final=True)
    assert connections(cloud).configuration_sets() == ["newsletter"]
    cloud.ses.fail("DeleteConfigurationSetEventDestination", "TooManyRequestsException")
    with pytest.raises(
        ChangeFailed, match="asked too much and refused DeleteConfigurationSetEventDestination"
    ) as failed:
        connections(cloud).delete_destination("newsletter", "x")
    assert failed.value.hopeless


@pytest.mark.parametrize("option", ["--apply", "--undo"])
def test_an_answer_that_was_lost_changes_nothing_twice(cloud: LocalCloud, option: str) -> None:
    """SES did what it was asked to, and boto3 asks again: then the destination is there already, or gone."""
    operation = "CreateConfigurationSetEventDestination"
    if option == "--undo":
        run("--all-configuration-sets", "--apply")
        operation = "DeleteConfigurationSetEventDestination"
    cloud.ses.faults.time_out(operation, carried_out=True, times=1)
    assert "3 of 3 changes were made." in text("--all-configuration-sets", "--apply", *({option} - {"--apply"}))
    assert len(destinations(cloud)) == (3 if option == "--apply" else 0)


def test_what_somebody_else_changed_in_the_meantime_is_left_and_told(cloud: LocalCloud) -> None:
    ses = connections(cloud)
    theirs = Destination("ses-reputation-bounce", True, frozenset({"BOUNCE"}), topic(cloud))
    ses.put_destination("newsletter", theirs, new=True)
    ours = Destination("ses-reputation-bounce", True, frozenset({"BOUNCE"}), cloud.resources["BounceTopic"])
    with pytest.raises(ChangeFailed, match="in the meantime"):
        ses.put_destination("newsletter", ours, new=True)
    assert ses.destinations("newsletter") == [theirs]
    gone = Destination("gone", True, frozenset({"BOUNCE"}), cloud.resources["BounceTopic"])
    with pytest.raises(ChangeFailed, match="in the meantime"):
        ses.put_destination("newsletter", gone, new=False)


def test_a_topic_that_can_not_be_remembered_is_not_replaced(cloud: LocalCloud) -> None:
    theirs = topic(cloud)
    set_topic(cloud, "Bounce", theirs)
    denied = {"Error": {"Code": "AccessDeniedException", "Message": ""}}
    answer = AWSResponse("", 403, HTTPHeaders(), None), denied
    with handled("before-call.dynamodb.PutItem", lambda **_: answer):
        result = run("--all-identities", "--replace", "--apply", code=1)
    assert "AWS denied PutItem" in " ".join(result.stdout.split())
    assert "of 2 changes 1 failed, 1 was not tried." in result.stderr
    assert topics(cloud) == {"Bounce": theirs}


def test_more_identities_than_one_call_takes_are_all_connected(cloud: LocalCloud) -> None:
    for number in range(100):
        cloud.ses.verify(f"shop-{number}.example")
    document = told("--all-identities")
    assert len(document["scopes"]) == 101
    assert {*actions(document).values()} == {"create"}


# -- Who may, and from where -------------------------------------------------------------------------------------------


def test_the_policy_in_the_docs_allows_exactly_what_is_asked(cloud: LocalCloud) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)
    (statement,) = json.loads(block)["Statement"]
    asked: set[str] = set()
    chosen = ("--all-configuration-sets", "--all-identities", "--apply")
    with handled("before-call", lambda model, **_: asked.add(f"{model.service_model.signing_name}:{model.name}")):
        run(*chosen)
        disable(cloud, "ses-reputation-bounce")
        run(*chosen)
        run(*chosen, "--undo")
    assert {action for action in asked if action.startswith("ses:")} == {*statement["Action"]}
    others = asked - {*statement["Action"]}
    assert others == {"cloudformation:ListStackResources", "lambda:GetFunctionConfiguration", "dynamodb:Query"}


def test_it_works_against_a_cloud_that_is_served(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(listening("127.0.0.1", 0)) as listener, serving(Server(cloud, Clock(NOW)), listener):
        address = address_of(listener)
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        hosts: set[str] = set()
        with handled("before-send", lambda request, **_: hosts.add(request.url.split("/")[2])):
            document = told("--all-configuration-sets", "--all-identities", "--apply")
    assert hosts == {address.removeprefix("http://")}
    assert [step["done"] for steps in document["scopes"].values() for step in steps] == [True] * 5
    assert (len(destinations(cloud)), len(topics(cloud))) == (3, 2)
