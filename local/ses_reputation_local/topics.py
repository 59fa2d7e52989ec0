"""SNS topics: the deliveries that moto does not make, to people's e-mail and to functions."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from unittest.mock import patch

from moto.sns.models import Subscription

from ses_reputation_local.asynchronous import WaitingEvent

# What SNS writes over an e-mail that was published without a subject.
DEFAULT_SUBJECT: Final = "AWS Notification Message"


@dataclass(frozen=True)
class Email:
    """An e-mail that SNS sent to a subscriber, less the footer with the link to unsubscribe."""

    to: str
    subject: str
    body: str
    at: datetime
    attributes: Mapping[str, str]


@contextmanager
def collected_deliveries(emails: list[Email], waiting: deque[WaitingEvent]) -> Iterator[None]:
    """Until the block ends, messages to e-mail addresses and functions are collected: moto drops the first kind and
    starts Docker for the second. Filter policies and MessageStructure=json are applied by moto, as for all.
    """
    with patch.object(Subscription, "publish", _collect(emails, waiting, Subscription.publish)):
        yield


def _collect(emails: list[Email], waiting: deque[WaitingEvent], publish: Callable[..., None]) -> Callable[..., None]:
    def collect(
        subscription: Subscription,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        message_structure: str | None = None,
        **others: Any,
    ) -> None:
        if subscription.protocol not in ("email", "lambda"):
            publish(
                subscription,
                message,
                message_id,
                subject=subject,
                message_attributes=message_attributes,
                message_structure=message_structure,
                **others,
            )
            return
        matcher = subscription._filter_policy_matcher
        if matcher is not None and not matcher.matches(message_attributes, message):
            return
        if message_structure == "json":
            message = subscription._parse_message_structure(message, subscription.protocol)
        attributes = message_attributes or {}
        if subscription.protocol == "email":
            texts = {name: str(attribute["Value"]) for name, attribute in attributes.items()}
            now = datetime.now(UTC)
            emails.append(Email(subscription.endpoint, subject or DEFAULT_SUBJECT, message, now, texts))
        else:
            record = _lambda_record(subscription, message, message_id, subject, attributes)
            waiting.append(WaitingEvent(subscription.endpoint, {"Records": [record]}))

    return collect


def _lambda_record(
    subscription: Subscription, message: str, message_id: str, subject: str | None, attributes: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A message as Lambda shows it to a function: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html"""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    host = f"https://sns.{subscription.topic.arn.split(':')[3]}.amazonaws.com"
    return {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": subscription.topic.arn,
            "Subject": subject,
            "Message": message,
            "Timestamp": now,
            "SignatureVersion": "1",
            "Signature": "local",
            "SigningCertUrl": f"{host}/local.pem",
            "UnsubscribeUrl": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
            "MessageAttributes": {
                name: {"Type": attribute["Type"], "Value": str(attribute["Value"])}
                for name, attribute in attributes.items()
            },
        },
    }
