"""Inside a local cloud, SES takes mail from those who may send, and publishes what becomes of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest

from ses_reputation_local.cloud import LocalCloud

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)

TEMPLATE = """
Resources:
  Events: {Type: AWS::SNS::Topic}
  Notifications: {Type: AWS::SNS::Topic}
  EventQueue: {Type: AWS::SQS::Queue}
  NotificationQueue: {Type: AWS::SQS::Queue}
  OfEvents:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Events, Protocol: sqs, Endpoint: !GetAtt EventQueue.Arn, RawMessageDelivery: true}
  OfNotifications:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Notifications
      Protocol: sqs
      Endpoint: !GetAtt NotificationQueue.Arn
      RawMessageDelivery: true
"""

BOUNCE = "bounce@simulator.amazonses.com"
COMPLAINT = "complaint@simulator.amazonses.com"
SUCCESS = "success@simulator.amazonses.com"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("project") / "template.yaml"
    path.write_text(TEMPLATE)
    return path


@pytest.fixture
def cloud(template: Path) -> Iterator[LocalCloud]:
    with LocalCloud(template=template) as cloud:
        cloud.now = NOON
        cloud.ses.configuration_sets.add("news")
        cloud.ses.verify("shop.example")
        yield cloud


@cache
def client(service: str = "sesv2") -> Any:
    """A client of any cloud, since it does not matter when it was made. Each takes a tenth of a second."""
    return boto3.client(service, region_name="eu-west-1")  # type: ignore[call-overload]


def send(*to: str, sender: str = "Shop <orders@shop.example>", **others: Any) -> str:
    content = {"Simple": {"Subject": {"Data": "Your order"}, "Body": {"Text": {"Data": "It is on its way."}}}}
    answer = client().send_email(
        FromEmailAddress=sender, Destination={"ToAddresses": list(to)}, Content=content, **others
    )
    message_id: str = answer["MessageId"]
    return message_id


def publish_events(cloud: LocalCloud, *types: str, enabled: bool = True, name: str = "mine") -> None:
    client().create_configuration_set_event_destination(
        ConfigurationSetName="news",
        EventDestinationName=name,
        EventDestination={
            "Enabled": enabled,
            "MatchingEventTypes": types,
            "SnsDestination": {"TopicArn": cloud.resources["Events"]},
        },
    )


def told(cloud: LocalCloud, queue: str = "EventQueue") -> list[Any]:
    """What was published to the topic behind a queue, without the messages that set it up."""
    bodies = [message.body for message in cloud.messages(queue)]
    documents = [json.loads(body) for body in bodies if body.startswith("{")]
    return [document for document in documents if "mail" in document]


def kinds(cloud: LocalCloud) -> list[str]:
    return [event["eventType"] for event in told(cloud)]


# -- What is published -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        (SUCCESS, ["Send", "Delivery"]),
        (BOUNCE, ["Send", "Bounce"]),
        ("bounce+label1@simulator.amazonses.com", ["Send", "Bounce"]),
        (COMPLAINT, ["Send", "Delivery", "Complaint"]),
        ("ann@mailbox.example", ["Send", "Delivery"]),
    ],
)
def test_events_of_the_selected_types_tell_what_became_of_a_message(
    cloud: LocalCloud, recipient: str, expected: list[str]
) -> None:
    publish_events(cloud, "SEND", "DELIVERY", "BOUNCE", "COMPLAINT")
    message_id = send(recipient, ConfigurationSetName="news")
    assert kinds(cloud) == expected
    assert {event["mail"]["messageId"] for event in told(cloud)} == {message_id}
    assert [sent.id for sent in cloud.ses.sent] == [message_id]
    assert cloud.ses.sent[0].message.recipients == (recipient,)


def test_a_destination_gets_its_types_alone_and_nothing_while_it_is_off(cloud: LocalCloud) -> None:
    publish_events(cloud, "BOUNCE")
    publish_events(cloud, "SEND", enabled=False, name="off")
    send(BOUNCE, ConfigurationSetName="news")
    assert kinds(cloud) == ["Bounce"]


def test_each_destination_of_a_set_gets_an_event(cloud: LocalCloud) -> None:
    publish_events(cloud, "SEND")
    publish_events(cloud, "SEND", name="second")
    send(SUCCESS, ConfigurationSetName="news")
    assert kinds(cloud) == ["Send", "Send"]


def test_mail_without_a_configuration_set_has_no_events(cloud: LocalCloud) -> None:
    publish_events(cloud, "SEND", "BOUNCE")
    send(BOUNCE)
    assert kinds(cloud) == []


def test_an_event_names_the_tenant_and_the_tags_of_its_mail(cloud: LocalCloud) -> None:
    cloud.ses.add_tenant("shop-7")
    publish_events(cloud, "SEND")
    send(SUCCESS, ConfigurationSetName="news", TenantName="shop-7", EmailTags=[{"Name": "campaign", "Value": "spring"}])
    (event,) = told(cloud)
    tags = event["mail"]["tags"]
    assert (tags["ses:tenant-name"], tags["ses:configuration-set"], tags["campaign"]) == (
        ["shop-7"],
        ["news"],
        ["spring"],
    )


def test_nobody_hears_of_it_when_the_topic_no_longer_lets_ses_in(cloud: LocalCloud) -> None:
    publish_events(cloud, "SEND")
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    arn = cloud.resources["Events"]
    client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    send(SUCCESS, ConfigurationSetName="news")
    assert kinds(cloud) == []


def notify(cloud: LocalCloud, identity: str, *types: str) -> None:
    for kind in types:
        client("ses").set_identity_notification_topic(
            Identity=identity, NotificationType=kind, SnsTopic=cloud.resources["Notifications"]
        )


def test_an_identity_s_topics_get_notifications_with_or_without_a_set(cloud: LocalCloud) -> None:
    notify(cloud, "shop.example", "Bounce")
    send(BOUNCE)
    send(BOUNCE, ConfigurationSetName="news")
    send(COMPLAINT)
    notifications = told(cloud, "NotificationQueue")
    assert [each["notificationType"] for each in notifications] == ["Bounce", "Bounce"]
    assert all("tags" not in each["mail"] for each in notifications)


def test_notifications_have_headers_where_they_are_switched_on(cloud: LocalCloud) -> None:
    notify(cloud, "shop.example", "Complaint", "Delivery")
    client("ses").set_identity_headers_in_notifications_enabled(
        Identity="shop.example", NotificationType="Complaint", Enabled=True
    )
    send(COMPLAINT)
    headers = {each["notificationType"]: "headers" in each["mail"] for each in told(cloud, "NotificationQueue")}
    assert headers == {"Complaint": True, "Delivery": False}


def test_an_address_has_topics_of_its_own_before_its_domain_s(cloud: LocalCloud) -> None:
    notify(cloud, "shop.example", "Bounce")
    cloud.ses.verify("orders@shop.example")
    send(BOUNCE)
    assert told(cloud, "NotificationQueue") == []
    send(BOUNCE, sender="news@shop.example")
    assert len(told(cloud, "NotificationQueue")) == 1


def test_mail_counts_but_for_that_to_the_simulator(cloud: LocalCloud) -> None:
    send("ann@mailbox.example", "bob@mailbox.example", BOUNCE, ConfigurationSetName="news")
    assert client().get_account()["SendQuota"]["SentLast24Hours"] == 0, "till the next minute has begun"
    cloud.now = NOON.replace(minute=1)
    assert client().get_account()["SendQuota"]["SentLast24Hours"] == 2


# -- Suppression lists -------------------------------------------------------------------------------------------------


def test_mail_to_a_suppressed_address_is_taken_and_not_delivered(cloud: LocalCloud) -> None:
    publish_events(cloud, "SEND", "DELIVERY", "BOUNCE", "COMPLAINT")
    cloud.ses.suppressed.put("Ann@mailbox.example", "BOUNCE", NOON)
    cloud.ses.suppressed.put("bob@mailbox.example", "COMPLAINT", NOON)
    send("ann@mailbox.example", ConfigurationSetName="news")
    send("bob@mailbox.example", ConfigurationSetName="news")
    (_, bounce, _, complaint) = told(cloud)
    assert bounce["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    assert complaint["complaint"]["complaintSubType"] == "OnAccountSuppressionList"


def test_a_set_may_leave_suppression_lists_aside(cloud: LocalCloud) -> None:
    publish_events(cloud, "DELIVERY", "BOUNCE")
    cloud.ses.suppressed.put("ann@mailbox.example", "BOUNCE", NOON)
    client().put_configuration_set_suppression_options(ConfigurationSetName="news", SuppressedReasons=[])
    send("ann@mailbox.example", ConfigurationSetName="news")
    assert kinds(cloud) == ["Delivery"]


def test_a_tenant_s_own_list_stops_its_mail_if_it_says_so(cloud: LocalCloud) -> None:
    publish_events(cloud, "DELIVERY", "BOUNCE")
    shop = cloud.ses.add_tenant("shop-7")
    shop.suppressed.put("ann@mailbox.example", "BOUNCE", NOON)
    send("ann@mailbox.example", ConfigurationSetName="news", TenantName="shop-7")
    shop.suppression = {"SuppressionScope": "TENANT"}
    send("ann@mailbox.example", ConfigurationSetName="news", TenantName="shop-7")
    delivery, bounce = told(cloud)
    assert delivery["eventType"] == "Delivery"
    assert bounce["bounce"]["bounceSubType"] == "OnTenantSuppressionList"


# -- What is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paused", "error"),
    [
        ("by SES", "AccountSuspendedException"),
        ("the account", "SendingPausedException"),
        ("the set", "SendingPausedException"),
        ("the tenant", "SendingPausedException"),
        ("the tenant, by SES", "SendingPausedException"),
    ],
)
def test_what_is_paused_sends_nothing(cloud: LocalCloud, paused: str, error: str) -> None:
    arn = cloud.ses.add_tenant("shop-7").arn
    publish_events(cloud, "SEND")
    match paused:
        case "by SES":
            cloud.ses.enforcement_status = "SHUTDOWN"
        case "the account":
            client().put_account_sending_attributes(SendingEnabled=False)
        case "the set":
            client().put_configuration_set_sending_options(ConfigurationSetName="news", SendingEnabled=False)
        case "the tenant":
            client().update_reputation_entity_customer_managed_status(
                ReputationEntityType="RESOURCE", ReputationEntityReference=arn, SendingStatus="DISABLED"
            )
        case _:
            cloud.ses.enforce_tenant("shop-7")
    with pytest.raises(getattr(client().exceptions, error)):
        send(SUCCESS, ConfigurationSetName="news", TenantName="shop-7")
    assert (kinds(cloud), cloud.ses.sent) == ([], [])


def test_a_reinstated_tenant_sends(cloud: LocalCloud) -> None:
    arn = cloud.ses.add_tenant("shop-7").arn
    for status in ("DISABLED", "REINSTATED"):
        client().update_reputation_entity_customer_managed_status(
            ReputationEntityType="RESOURCE", ReputationEntityReference=arn, SendingStatus=status
        )
    send(SUCCESS, TenantName="shop-7")


@pytest.mark.parametrize(
    ("sender", "verified"),
    [
        ("orders@shop.example", True),
        ("orders@SHOP.example", True),
        ("orders@mail.shop.example", True),
        ("Shop <orders@shop.example>", True),
        ("orders@workshop.example", False),
        ("orders@new.example", False),
        ("ann@mailbox.example", True),
        ("bob@mailbox.example", False),
    ],
)
def test_a_sender_needs_a_verified_address_or_domain(cloud: LocalCloud, sender: str, verified: bool) -> None:
    cloud.ses.verify("new.example", "PENDING")
    cloud.ses.verify("ann@mailbox.example")
    if verified:
        send(SUCCESS, sender=sender)
    else:
        with pytest.raises(client().exceptions.MessageRejected, match="not verified"):
            send(SUCCESS, sender=sender)


def test_in_the_sandbox_recipients_need_to_be_verified_too(cloud: LocalCloud) -> None:
    cloud.ses.production_access = False
    send(BOUNCE, "orders@shop.example")
    with pytest.raises(client().exceptions.MessageRejected, match=r"EU-WEST-1: ann@mailbox\.example"):
        send("ann@mailbox.example")


def test_a_message_has_up_to_fifty_recipients(cloud: LocalCloud) -> None:
    addresses = [f"r{number}@mailbox.example" for number in range(51)]
    send(*addresses[:50])
    for refused in (addresses, []):
        with pytest.raises(client().exceptions.BadRequestException):
            send(*refused)
    with pytest.raises(client().exceptions.BadRequestException):
        send("nobody")


def test_a_set_or_a_tenant_that_is_not_there_is_not_found(cloud: LocalCloud) -> None:
    for others in ({"ConfigurationSetName": "other"}, {"TenantName": "other"}):
        with pytest.raises(client().exceptions.NotFoundException):
            send(SUCCESS, **others)


# -- All the way -------------------------------------------------------------------------------------------------------


def test_a_mail_to_the_bounce_simulator_ends_as_a_receipt() -> None:
    with LocalCloud() as cloud:
        cloud.now = NOON
        cloud.ses.configuration_sets.add("news")
        cloud.ses.verify("shop.example")
        client().create_configuration_set_event_destination(
            ConfigurationSetName="news",
            EventDestinationName="bounces",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": ["BOUNCE"],
                "SnsDestination": {"TopicArn": cloud.resources["BounceTopic"]},
            },
        )
        message_id = send(BOUNCE, ConfigurationSetName="news")
        cloud.deliver()
        receipts = client("dynamodb").query(
            TableName=cloud.resources["ReceiptsTable"],
            KeyConditionExpression="message_id = :id",
            ExpressionAttributeValues={":id": {"S": message_id}},
        )
        assert [run.error for run in cloud.invocations] == [None]
        assert receipts["Count"] == 1
