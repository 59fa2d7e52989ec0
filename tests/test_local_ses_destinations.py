"""Inside a local cloud, SES publishes to the topics that it was told of, if their policies let it."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ses_reputation_local.cloud import LocalCloud

TEMPLATE = """
Resources:
  Bounces: {Type: AWS::SNS::Topic}
  Complaints: {Type: AWS::SNS::Topic}
  Queue: {Type: AWS::SQS::Queue}
  OfBounces:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Bounces, Protocol: sqs, Endpoint: !GetAtt Queue.Arn, RawMessageDelivery: true}
"""

SET_UP = "Successfully validated SNS topic for Amazon SES event publishing."


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("project") / "template.yaml"
    path.write_text(TEMPLATE)
    return path


@pytest.fixture
def cloud(template: Path) -> Iterator[LocalCloud]:
    with LocalCloud(template=template) as cloud:
        cloud.ses.configuration_sets.add("news")
        cloud.ses.verify("shop.example")
        yield cloud


@cache
def client(service: str) -> Any:
    """A client of any cloud, since it does not matter when it was made. Each takes a tenth of a second."""
    return boto3.client(service, region_name="eu-west-1")  # type: ignore[call-overload]


def published(cloud: LocalCloud) -> list[str]:
    return [message.body for message in cloud.messages("Queue")]


def code(raised: pytest.ExceptionInfo[ClientError]) -> str:
    return raised.value.response["Error"]["Code"]


# -- Event destinations ------------------------------------------------------------------------------------------------


def to(topic: str, *types: str, enabled: bool = True) -> dict[str, Any]:
    return {"Enabled": enabled, "MatchingEventTypes": list(types or ("BOUNCE",)), "SnsDestination": {"TopicArn": topic}}


def create(definition: dict[str, Any], name: str = "mine", configuration_set: str = "news") -> None:
    client("sesv2").create_configuration_set_event_destination(
        ConfigurationSetName=configuration_set, EventDestinationName=name, EventDestination=definition
    )


def update(definition: dict[str, Any], name: str = "mine") -> None:
    client("sesv2").update_configuration_set_event_destination(
        ConfigurationSetName="news", EventDestinationName=name, EventDestination=definition
    )


def delete(name: str = "mine") -> None:
    client("sesv2").delete_configuration_set_event_destination(ConfigurationSetName="news", EventDestinationName=name)


def destinations() -> Any:
    answer = client("sesv2").get_configuration_set_event_destinations(ConfigurationSetName="news")
    return answer["EventDestinations"]


def test_a_destination_is_there_from_its_creation_to_its_end(cloud: LocalCloud) -> None:
    topic = cloud.resources["Bounces"]
    create(to(topic, "BOUNCE", "SEND"))
    assert destinations() == [{"Name": "mine", **to(topic, "BOUNCE", "SEND")}]
    update(to(topic, "COMPLAINT", enabled=False))
    assert destinations() == [{"Name": "mine", **to(topic, "COMPLAINT", enabled=False)}]
    delete()
    assert destinations() == []


def test_a_topic_that_becomes_a_destination_gets_a_message_that_says_so(cloud: LocalCloud) -> None:
    create(to(cloud.resources["Bounces"]))
    update(to(cloud.resources["Bounces"], "SEND"))
    assert published(cloud) == [SET_UP, SET_UP]


def test_a_destination_is_off_unless_it_is_switched_on(cloud: LocalCloud) -> None:
    definition = to(cloud.resources["Bounces"])
    del definition["Enabled"]
    create(definition)
    assert destinations()[0]["Enabled"] is False


def test_a_set_has_ten_destinations_and_each_name_once(cloud: LocalCloud) -> None:
    for number in range(10):
        create(to(cloud.resources["Complaints"]), f"d{number}")
    with pytest.raises(client("sesv2").exceptions.AlreadyExistsException):
        create(to(cloud.resources["Complaints"]), "d3")
    with pytest.raises(client("sesv2").exceptions.LimitExceededException):
        create(to(cloud.resources["Complaints"]), "d10")


def test_what_is_not_there_is_not_found(cloud: LocalCloud) -> None:
    topic = cloud.resources["Bounces"]
    with pytest.raises(client("sesv2").exceptions.NotFoundException):
        create(to(topic), configuration_set="other")
    with pytest.raises(client("sesv2").exceptions.NotFoundException):
        update(to(topic))
    with pytest.raises(client("sesv2").exceptions.NotFoundException):
        delete()
    assert cloud.ses.calls == []


@pytest.mark.parametrize(
    "definition",
    [
        {"Enabled": True, "MatchingEventTypes": ["BOUNCE"]},
        {"Enabled": True, "MatchingEventTypes": [], "EventBridgeDestination": {"EventBusArn": "arn:aws:events:x"}},
        {
            "Enabled": True,
            "MatchingEventTypes": ["BOUNCE"],
            "EventBridgeDestination": {"EventBusArn": "arn:aws:events:x"},
            "SnsDestination": {"TopicArn": "arn:aws:sns:x"},
        },
        to("arn:aws:sns:eu-west-1:123456789012:nobody-s"),
    ],
    ids=["no place", "no types", "two places", "a topic that is not there"],
)
def test_a_destination_that_can_not_work_is_refused(cloud: LocalCloud, definition: dict[str, Any]) -> None:
    with pytest.raises(client("sesv2").exceptions.BadRequestException):
        create(definition)
    assert destinations() == []


def test_a_name_has_letters_digits_hyphens_and_underscores(cloud: LocalCloud) -> None:
    with pytest.raises(client("sesv2").exceptions.BadRequestException):
        create(to(cloud.resources["Bounces"]), "a b")


def statement(**changes: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "ses.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": "*",
        **changes,
    }


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        pytest.param([statement()], True, id="SES of anybody"),
        pytest.param([statement(Principal={"Service": ["s3.amazonaws.com", "ses.amazonaws.com"]})], True, id="two"),
        pytest.param([statement(Principal="*")], True, id="everybody"),
        pytest.param([statement(Action=["SNS:Publish", "SNS:Subscribe"])], True, id="two actions"),
        pytest.param(
            [
                statement(
                    Condition={
                        "StringEquals": {"aws:SourceAccount": "123456789012"},
                        "ArnLike": {"aws:SourceArn": "arn:aws:ses:eu-west-1:123456789012:*"},
                    }
                )
            ],
            True,
            id="SES of this account",
        ),
        pytest.param(
            [statement(Condition={"ArnEquals": {"AWS:SourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/x"}})],
            False,
            id="SES on behalf of something else",
        ),
        pytest.param(
            [statement(Condition={"ArnEquals": {"aws:SourceArn": "arn:aws:ses:*:123456789012:*"}})],
            True,
            id="a pattern of ARNs",
        ),
        pytest.param(
            [statement(Condition={"StringEquals": {"aws:SourceArn": "arn:aws:ses:*:123456789012:*"}})],
            False,
            id="a pattern where none is read",
        ),
        pytest.param(
            [statement(Condition={"StringEquals": {"aws:SourceAccount": 123456789012}})], True, id="a bare number"
        ),
        pytest.param([statement(Condition={"StringEquals": {"aws:SourceAccount": "1"}})], False, id="another account"),
        pytest.param([statement(Condition={"Bool": {"aws:SecureTransport": "true"}})], False, id="another condition"),
        pytest.param(
            [statement(Condition={"StringNotLike": {"aws:SourceArn": "arn:aws:ses:*"}})], False, id="everything but SES"
        ),
        pytest.param([statement(Principal={"Service": "s3.amazonaws.com"})], False, id="another service"),
        pytest.param([statement(Action="sns:Subscribe")], False, id="another action"),
        pytest.param([statement(), statement(Effect="Deny")], False, id="denied as well"),
        pytest.param([], False, id="nothing"),
    ],
)
def test_ses_publishes_where_the_policy_of_the_topic_lets_it(
    cloud: LocalCloud, statements: list[dict[str, Any]], allowed: bool
) -> None:
    topic = cloud.resources["Bounces"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    if allowed:
        create(to(topic))
    else:
        with pytest.raises(client("sesv2").exceptions.BadRequestException, match="SNS topic"):
            create(to(topic))
    assert published(cloud) == [SET_UP] * allowed


def test_ses_does_not_publish_to_a_fifo_topic(cloud: LocalCloud) -> None:
    topic = client("sns").create_topic(Name="orders.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    with pytest.raises(client("sesv2").exceptions.BadRequestException):
        create(to(topic))


# -- Notifications of identities ---------------------------------------------------------------------------------------


def attributes(identity: str = "shop.example") -> Any:
    answer = client("ses").get_identity_notification_attributes(Identities=[identity])
    return answer["NotificationAttributes"].get(identity)


def set_topic(kind: str, identity: str = "shop.example", **topic: str) -> None:
    client("ses").set_identity_notification_topic(Identity=identity, NotificationType=kind, **topic)


def forward(enabled: bool) -> None:
    client("ses").set_identity_feedback_forwarding_enabled(Identity="shop.example", ForwardingEnabled=enabled)


def test_an_identity_forwards_its_feedback_and_has_no_topics_when_it_is_new(cloud: LocalCloud) -> None:
    assert attributes() == {
        "ForwardingEnabled": True,
        "HeadersInBounceNotificationsEnabled": False,
        "HeadersInComplaintNotificationsEnabled": False,
        "HeadersInDeliveryNotificationsEnabled": False,
    }
    assert attributes("other.example") is None


def test_a_topic_is_set_for_one_type_until_it_is_taken_away(cloud: LocalCloud) -> None:
    topic = cloud.resources["Bounces"]
    set_topic("Bounce", SnsTopic=topic)
    told = attributes()
    assert (told["BounceTopic"], "ComplaintTopic" in told) == (topic, False)
    (message,) = published(cloud)
    assert json.loads(message)["notificationType"] == "AmazonSnsSubscriptionSucceeded"
    assert message.endswith("\n")
    set_topic("Bounce")
    assert "BounceTopic" not in attributes()


def test_headers_are_switched_on_for_one_type(cloud: LocalCloud) -> None:
    for enabled in (True, False):
        client("ses").set_identity_headers_in_notifications_enabled(
            Identity="shop.example", NotificationType="Complaint", Enabled=enabled
        )
        assert attributes()["HeadersInComplaintNotificationsEnabled"] is enabled
        assert attributes()["HeadersInBounceNotificationsEnabled"] is False


def test_feedback_goes_somewhere_always(cloud: LocalCloud) -> None:
    set_topic("Bounce", SnsTopic=cloud.resources["Bounces"])
    with pytest.raises(ClientError) as raised:
        forward(enabled=False)
    assert code(raised) == "InvalidParameterValue"
    set_topic("Complaint", SnsTopic=cloud.resources["Complaints"])
    forward(enabled=False)
    assert attributes()["ForwardingEnabled"] is False
    with pytest.raises(ClientError) as raised:
        set_topic("Bounce")
    assert code(raised) == "InvalidParameterValue"
    forward(enabled=True)
    set_topic("Bounce")


@pytest.mark.parametrize("topic", ["", "arn:aws:sns:eu-west-1:123456789012:nobody-s"], ids=["none", "one of nobody's"])
def test_a_topic_that_is_not_there_is_no_topic_of_an_identity(cloud: LocalCloud, topic: str) -> None:
    with pytest.raises(ClientError) as raised:
        set_topic("Bounce", SnsTopic=topic)
    assert code(raised) == "InvalidParameterValue"
    assert "BounceTopic" not in attributes()


def test_an_identity_that_is_not_there_has_no_notifications(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError) as raised:
        set_topic("Bounce", "other.example", SnsTopic=cloud.resources["Bounces"])
    assert code(raised) == "InvalidParameterValue"
    assert cloud.ses.calls == []


def test_an_identity_may_be_named_by_its_arn(cloud: LocalCloud) -> None:
    arn = "arn:aws:ses:eu-west-1:123456789012:identity/shop.example"
    set_topic("Bounce", arn, SnsTopic=cloud.resources["Bounces"])
    assert attributes(arn) == attributes()


def test_an_identity_that_was_forgotten_begins_anew(cloud: LocalCloud) -> None:
    set_topic("Bounce", SnsTopic=cloud.resources["Bounces"])
    cloud.ses.forget("shop.example")
    cloud.ses.verify("shop.example")
    assert "BounceTopic" not in attributes()


def test_one_request_is_about_a_hundred_identities_at_most(cloud: LocalCloud) -> None:
    names = [f"shop-{number}.example" for number in range(101)]
    client("ses").get_identity_notification_attributes(Identities=names[:100])
    with pytest.raises(ClientError, match="100"):
        client("ses").get_identity_notification_attributes(Identities=names)
