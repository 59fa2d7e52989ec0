"""Where SES publishes what happens to mail: event destinations in its second API, identities' topics in its first."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ses_reputation.adapters.aws_errors import AwsError, explained, is_for_all, is_throttled
from ses_reputation.adapters.ses import PAGE_IDENTITIES
from ses_reputation.connect import ChangeFailed
from ses_reputation.domain.connections import Destination, Identity, Notification

if TYPE_CHECKING:
    from mypy_boto3_ses import SESClient
    from mypy_boto3_sesv2 import SESV2Client

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListConfigurationSets.html
PAGE_CONFIGURATION_SETS = 1000

# Of one call. https://docs.aws.amazon.com/ses/latest/APIReference/API_GetIdentityNotificationAttributes.html
MAX_IDENTITIES = 100

# Of one call, of up to five requests of boto3's own each: a minute and more.
ATTEMPTS = 10

_CHANGED_MEANWHILE = "somebody has changed it in the meantime: run the command again"


@contextmanager
def failures_told() -> Iterator[None]:
    """Whatever AWS does not do in this block is a ChangeFailed."""
    try:
        yield
    except AwsError as error:
        raise ChangeFailed(explained(error), hopeless=is_for_all(error)) from error


class SesConnections:
    """The configuration sets and identities of an account, in the region of these clients.

    SES takes one request a second, whoever asks, and each of many configuration sets needs some: what is refused for
    that is asked again, longer than boto3 alone would. `pause` waits before it is; by default, as many seconds as it
    was refused.
    """

    def __init__(self, sesv2: "SESV2Client", ses: "SESClient", pause: Callable[[int], None] = time.sleep) -> None:
        self._sesv2 = sesv2
        self._ses = ses
        self._pause = pause

    def configuration_sets(self) -> Sequence[str]:
        """The names of all."""
        return list(self._pages(self._sesv2.list_configuration_sets, "ConfigurationSets", PAGE_CONFIGURATION_SETS))

    def identities(self) -> Sequence[str]:
        """All domains and addresses, verified or not."""
        listed = self._pages(self._sesv2.list_email_identities, "EmailIdentities", PAGE_IDENTITIES)
        return [identity["IdentityName"] for identity in listed]

    def destinations(self, configuration_set: str) -> Sequence[Destination]:
        """The event destinations of a configuration set."""
        answer = self._patiently(
            self._sesv2.get_configuration_set_event_destinations, ConfigurationSetName=configuration_set
        )
        return [
            Destination(
                destination["Name"],
                enabled=destination.get("Enabled", False),
                events=frozenset(destination["MatchingEventTypes"]),
                topic=destination.get("SnsDestination", {}).get("TopicArn"),
            )
            for destination in answer.get("EventDestinations", [])
        ]

    def notifications(self, identities: Sequence[str]) -> Iterator[Identity]:
        """The topics that are set for the notifications of each identity."""
        for first in range(0, len(identities), MAX_IDENTITIES):
            names = identities[first : first + MAX_IDENTITIES]
            answer = self._patiently(self._ses.get_identity_notification_attributes, Identities=names)
            told = answer["NotificationAttributes"]
            for name in names:
                attributes: Any = told.get(name, {})
                topics = {each: attributes.get(f"{each}Topic") for each in Notification}
                yield Identity(
                    name,
                    {notification: topic for notification, topic in topics.items() if topic},
                    forwarding=attributes.get("ForwardingEnabled", True),
                )

    def put_destination(self, configuration_set: str, destination: Destination, *, new: bool) -> None:
        """Create an event destination, or change the one that has this name; ChangeFailed."""
        parameters: Any = {
            "ConfigurationSetName": configuration_set,
            "EventDestinationName": destination.name,
            "EventDestination": {
                "Enabled": destination.enabled,
                "MatchingEventTypes": sorted(destination.events),
                "SnsDestination": {"TopicArn": destination.topic},
            },
        }
        with failures_told():
            try:
                self._patiently(
                    self._sesv2.create_configuration_set_event_destination
                    if new
                    else self._sesv2.update_configuration_set_event_destination,
                    **parameters,
                )
            except self._sesv2.exceptions.AlreadyExistsException:
                # boto3 asks again when an answer is lost on the way: then it is what was asked for.
                if destination not in self.destinations(configuration_set):
                    raise ChangeFailed(_CHANGED_MEANWHILE, hopeless=False) from None
            except self._sesv2.exceptions.NotFoundException:
                raise ChangeFailed(_CHANGED_MEANWHILE, hopeless=False) from None

    def delete_destination(self, configuration_set: str, name: str) -> None:
        """Remove an event destination, if it is there; ChangeFailed."""
        with failures_told():
            try:
                self._patiently(
                    self._sesv2.delete_configuration_set_event_destination,
                    ConfigurationSetName=configuration_set,
                    EventDestinationName=name,
                )
            except self._sesv2.exceptions.NotFoundException:
                return  # An answer was lost on the way, or somebody else was quicker.

    def set_topic(self, identity: str, notification: Notification, topic: str | None) -> None:
        """Set the topic for one type of an identity's notifications; None for no topic. ChangeFailed."""
        to: Any = {"SnsTopic": topic} if topic else {}
        with failures_told():
            self._patiently(
                self._ses.set_identity_notification_topic,
                Identity=identity,
                NotificationType=notification.value,
                **to,
            )

    def _pages(self, call: Callable[..., Any], items: str, size: int) -> Iterator[Any]:
        more: dict[str, str] = {}
        while True:
            page = self._patiently(call, PageSize=size, **more)
            yield from page.get(items, [])
            if not (token := page.get("NextToken")):
                return
            more = {"NextToken": token}

    def _patiently(self, call: Callable[..., Any], **parameters: Any) -> Any:
        """What SES answers, however often it has to be asked."""
        for attempt in range(1, ATTEMPTS):
            try:
                return call(**parameters)
            except ClientError as error:
                if not is_throttled(error):
                    raise
            self._pause(attempt)
        return call(**parameters)
