"""Where SES publishes what becomes of mail: the event destinations of configuration sets, the topics of identities.

Left out: only SNS topics get anything. Destinations of other kinds are kept, and that is all. So is the forwarding of
feedback by e-mail.
"""

import json
import re
from typing import Any, Final

from ses_reputation_local.ses_account import SesAccount
from ses_reputation_local.ses_answers import Answer, Answers, Parameters, Refusal, not_found
from ses_reputation_local.ses_control import configuration_set
from ses_reputation_local.ses_operations import Operation
from ses_reputation_local.ses_resources import Notifications
from ses_reputation_local.ses_topics import may_publish, publish

# https://docs.aws.amazon.com/ses/latest/dg/quotas.html
MAX_DESTINATIONS: Final = 10

# https://docs.aws.amazon.com/ses/latest/APIReference/API_GetIdentityNotificationAttributes.html
MAX_IDENTITIES: Final = 100

_KINDS: Final = frozenset(
    {
        "KinesisFirehoseDestination",
        "CloudWatchDestination",
        "SnsDestination",
        "EventBridgeDestination",
        "PinpointDestination",
    }
)

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_EventDestination.html
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

_NOTIFICATIONS: Final = ("Bounce", "Complaint", "Delivery")
_FORWARDED: Final = frozenset({"Bounce", "Complaint"})

# SES publishes this word for word when a topic becomes a destination: anymail, moto and others know it.
DESTINATION_SET_UP: Final = "Successfully validated SNS topic for Amazon SES event publishing."


# -- Event destinations ------------------------------------------------------------------------------------------------


def _create_event_destination(account: SesAccount, parameters: Parameters) -> Answer:
    destinations = configuration_set(account, parameters).destinations
    name = parameters["EventDestinationName"]
    if name in destinations:
        raise Refusal("AlreadyExistsException", f"Event destination <{name}> already exists.")
    if len(destinations) >= MAX_DESTINATIONS:
        raise Refusal("LimitExceededException", f"A configuration set has {MAX_DESTINATIONS} destinations at most.")
    if not _NAME.fullmatch(name):
        raise Refusal("BadRequestException", f"<{name}> is not a name of an event destination.")
    destinations[name] = _checked(account, parameters)
    return {}


def _update_event_destination(account: SesAccount, parameters: Parameters) -> Answer:
    destinations = configuration_set(account, parameters).destinations
    _known(destinations, parameters)
    destinations[parameters["EventDestinationName"]] = _checked(account, parameters)
    return {}


def _delete_event_destination(account: SesAccount, parameters: Parameters) -> Answer:
    destinations = configuration_set(account, parameters).destinations
    _known(destinations, parameters)
    del destinations[parameters["EventDestinationName"]]
    return {}


def _get_event_destinations(account: SesAccount, parameters: Parameters) -> Answer:
    destinations = configuration_set(account, parameters).destinations
    return {"EventDestinations": [{"Name": name, **definition} for name, definition in destinations.items()]}


def _known(destinations: dict[str, Any], parameters: Parameters) -> None:
    if parameters["EventDestinationName"] not in destinations:
        raise not_found(f"Event destination <{parameters['EventDestinationName']}>")


def _checked(account: SesAccount, parameters: Parameters) -> dict[str, Any]:
    """The definition of a destination, after SES has tried it. AWS does not say with which error it refuses a topic
    that it can't publish to; of those that the operations have, only this one fits.
    """
    definition = {"Enabled": False, **parameters["EventDestination"]}
    if not definition.get("MatchingEventTypes"):
        raise Refusal("BadRequestException", "An event destination needs at least one type of events.")
    if len(_KINDS & definition.keys()) != 1:
        raise Refusal("BadRequestException", "An event destination needs exactly one place to publish to.")
    if topic := topic_of(definition):
        source = f"configuration-set/{parameters['ConfigurationSetName']}"
        if not may_publish(account, topic, source):
            raise Refusal("BadRequestException", f"Could not publish to SNS topic <{topic}>.")
        publish(account, topic, source, DESTINATION_SET_UP)
    return definition


def topic_of(definition: Parameters) -> str | None:
    """The SNS topic of an event destination, None if it is of another kind."""
    topic: str | None = definition.get("SnsDestination", {}).get("TopicArn")
    return topic


# -- Notifications of identities ---------------------------------------------------------------------------------------


def _get_notification_attributes(account: SesAccount, parameters: Parameters) -> Answer:
    if len(parameters["Identities"]) > MAX_IDENTITIES:
        raise Refusal("InvalidParameterValue", f"Identities can have {MAX_IDENTITIES} items at most.")
    found = {
        name: account.notifications_of(_name(name)) for name in parameters["Identities"] if _is_known(account, name)
    }
    return {"NotificationAttributes": {name: _attributes(notifications) for name, notifications in found.items()}}


def _attributes(notifications: Notifications) -> Answer:
    return {
        **{f"{kind}Topic": topic for kind, topic in notifications.topics.items()},
        **{f"HeadersIn{kind}NotificationsEnabled": kind in notifications.headers for kind in _NOTIFICATIONS},
        "ForwardingEnabled": notifications.forwarding,
    }


def _set_notification_topic(account: SesAccount, parameters: Parameters) -> Answer:
    name, notifications, kind = _set_up(account, parameters)
    if "SnsTopic" not in parameters:
        if not notifications.forwarding and kind in _FORWARDED:
            raise _invalid(f"Identity {name} forwards no feedback, so that it needs a topic for {kind}.")
        notifications.topics.pop(kind, None)
        return {}
    topic = parameters["SnsTopic"]
    if not may_publish(account, topic, f"identity/{name}"):
        raise _invalid(f"SNS topic {topic} is invalid.")
    notifications.topics[kind] = topic
    text = f"The SNS topic '{topic}' now gets the '{kind}' notifications of the identity '{name}'."
    set_up = {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": text}
    publish(account, topic, f"identity/{name}", json.dumps(set_up) + "\n")
    return {}


def _set_headers(account: SesAccount, parameters: Parameters) -> Answer:
    _, notifications, kind = _set_up(account, parameters)
    if parameters["Enabled"]:
        notifications.headers.add(kind)
    else:
        notifications.headers.discard(kind)
    return {}


def _set_feedback_forwarding(account: SesAccount, parameters: Parameters) -> Answer:
    """Feedback goes somewhere always.

    https://docs.aws.amazon.com/ses/latest/APIReference/API_SetIdentityFeedbackForwardingEnabled.html
    """
    name, notifications = _identity(account, parameters)
    enabled = parameters["ForwardingEnabled"]
    if not enabled and not notifications.topics.keys() >= _FORWARDED:
        raise _invalid(f"Identity {name} needs a topic for bounces and one for complaints to forward no feedback.")
    notifications.forwarding = enabled
    return {}


def _set_up(account: SesAccount, parameters: Parameters) -> tuple[str, Notifications, str]:
    return *_identity(account, parameters), parameters["NotificationType"]


def _identity(account: SesAccount, parameters: Parameters) -> tuple[str, Notifications]:
    name = _name(parameters["Identity"])
    if not _is_known(account, name):
        raise _invalid(f"Identity {name} is invalid. Must be a verified email address or domain.")
    return name, account.notifications_of(name)


def _is_known(account: SesAccount, identity: str) -> bool:
    return _name(identity) in account.identities


def _name(identity: str) -> str:
    """An identity may be named by its ARN."""
    return identity.rpartition(":identity/")[2]


def _invalid(message: str) -> Refusal:
    return Refusal("InvalidParameterValue", message)


DESTINATIONS: Final[Answers] = {
    ("sesv2", Operation.CREATE_CONFIGURATION_SET_EVENT_DESTINATION): _create_event_destination,
    ("sesv2", Operation.UPDATE_CONFIGURATION_SET_EVENT_DESTINATION): _update_event_destination,
    ("sesv2", Operation.DELETE_CONFIGURATION_SET_EVENT_DESTINATION): _delete_event_destination,
    ("sesv2", Operation.GET_CONFIGURATION_SET_EVENT_DESTINATIONS): _get_event_destinations,
    ("ses", Operation.GET_IDENTITY_NOTIFICATION_ATTRIBUTES): _get_notification_attributes,
    ("ses", Operation.SET_IDENTITY_NOTIFICATION_TOPIC): _set_notification_topic,
    ("ses", Operation.SET_IDENTITY_HEADERS_IN_NOTIFICATIONS_ENABLED): _set_headers,
    ("ses", Operation.SET_IDENTITY_FEEDBACK_FORWARDING_ENABLED): _set_feedback_forwarding,
}
