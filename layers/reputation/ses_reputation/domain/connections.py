"""How SES is connected to a deployment: event destinations of configuration sets, and notifications of identities.

What is there is compared with what a deployment needs. What belongs to somebody else stays as it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import Any

from msgspec import Struct, structs

from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.scopes import Scope, ScopeKind, scope

# https://docs.aws.amazon.com/ses/latest/dg/quotas.html
MAX_DESTINATIONS = 10
MAX_NAME = 64


class Stream(StrEnum):
    """What has a topic of its own."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    VOLUME = "volume"


class EventType(StrEnum):
    """Those of SES's event types that are counted or read here.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_EventDestination.html
    """

    BOUNCE = "BOUNCE"
    COMPLAINT = "COMPLAINT"
    DELIVERY = "DELIVERY"
    DELIVERY_DELAY = "DELIVERY_DELAY"
    SEND = "SEND"


class Notification(StrEnum):
    """What SES tells of an identity, each to a topic that is set for it.

    https://docs.aws.amazon.com/ses/latest/APIReference/API_SetIdentityNotificationTopic.html
    """

    BOUNCE = "Bounce"
    COMPLAINT = "Complaint"
    DELIVERY = "Delivery"


# A delay says why a provider hesitates, long before the bounce does. Rejected mail was never sent: it is in no rate.
FEEDBACK_EVENTS: Mapping[Stream, frozenset[str]] = {
    Stream.BOUNCE: frozenset({EventType.BOUNCE, EventType.DELIVERY_DELAY}),
    Stream.COMPLAINT: frozenset({EventType.COMPLAINT}),
}

# One event for each mail that is sent: what a deployment does not divide by only costs money.
VOLUME_EVENTS: Mapping[VolumeSource, frozenset[str]] = {
    VolumeSource.SEND_EVENTS: frozenset({EventType.SEND}),
    VolumeSource.DELIVERY_EVENTS: frozenset({EventType.DELIVERY}),
    VolumeSource.STATISTICS: frozenset(),
}

STREAM_OF: Mapping[Notification, Stream] = {
    Notification.BOUNCE: Stream.BOUNCE,
    Notification.COMPLAINT: Stream.COMPLAINT,
    Notification.DELIVERY: Stream.VOLUME,
}


class Wanted(Struct, frozen=True):
    """What a deployment wants to be told, and where: the ARNs of its topics, and what it divides its rates by."""

    stack: str
    topics: Mapping[Stream, str]
    volume_source: VolumeSource

    def destination(self, stream: Stream) -> str:
        """The name of the event destination, so that several deployments can be connected to one configuration set."""
        return f"{self.stack[: MAX_NAME - len(stream) - 1]}-{stream}"

    @property
    def destinations(self) -> frozenset[str]:
        """The names of all event destinations that are made for the deployment."""
        return frozenset(map(self.destination, Stream))

    def events(self, stream: Stream) -> frozenset[str]:
        """The event types that a stream consists of, none if the deployment does not need it."""
        return VOLUME_EVENTS[self.volume_source] if stream is Stream.VOLUME else FEEDBACK_EVENTS[stream]

    def wants(self, notification: Notification) -> bool:
        """Whether an identity's notifications of this type are needed: they have no Send, but Delivery."""
        return notification is not Notification.DELIVERY or self.volume_source is VolumeSource.DELIVERY_EVENTS


class Destination(Struct, frozen=True):
    """An event destination of a configuration set, by anybody. `topic` is None if it does not publish to SNS."""

    name: str
    enabled: bool
    events: frozenset[str]
    topic: str | None


class ConfigurationSet(Struct, frozen=True):
    """A configuration set, and where it publishes its events."""

    name: str
    destinations: Sequence[Destination]

    @property
    def scope(self) -> Scope:
        """The scope that is this configuration set."""
        return scope(ScopeKind.CONFIGURATION_SET, self.name)


class Identity(Struct, frozen=True):
    """A domain or address, the topics that are set for its notifications, and whether SES sends them as e-mail, too.

    `replaced` are the topics that were set before those of the deployment took their place.
    """

    name: str
    topics: Mapping[Notification, str]
    forwarding: bool
    replaced: Mapping[Notification, str] = {}

    @property
    def scope(self) -> Scope:
        """`identity/` and its name, which may be an address: the scope that mail is counted in is the domain's."""
        return scope(ScopeKind.IDENTITY, self.name)


Found = ConfigurationSet | Identity


class Action(StrEnum):
    """What is to be done."""

    CREATE = "create"
    UPDATE = "update"
    REMOVE = "remove"
    LEAVE = "leave"
    REFUSE = "refuse"


class Reason(StrEnum):
    """Why this is to be done."""

    MISSING = "missing"
    PRESENT = "present"
    PUBLISHED_BY_OTHERS = "published-by-others"
    DISABLED = "disabled"
    OTHER_EVENTS = "other-events"
    OTHER_TOPIC = "other-topic"
    NAME_TAKEN = "name-taken"
    NO_ROOM = "no-room"
    NOT_NEEDED = "not-needed"
    OURS = "ours"
    REPLACED_BEFORE = "replaced-before"
    NOT_OURS = "not-ours"
    FORWARDING_OFF = "forwarding-off"


CHANGES = frozenset({Action.CREATE, Action.UPDATE, Action.REMOVE})


class Step(Struct, frozen=True):
    """What is to be done about one event destination, or about one type of an identity's notifications (`name`).

    `topic` is where it publishes to afterwards, None for nowhere, and `before` the topic that this takes the place of.
    `events` are the types that a destination publishes then. `others` are the destinations of others that publish them.
    `remember` is the topic that an undo is to set again from now on, and with `forget` it is to set none; with neither,
    that stays as it is.
    """

    scope: Scope
    name: str
    action: Action
    reason: Reason
    topic: str | None = None
    before: str | None = None
    events: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()
    remember: str | None = None
    forget: bool = False


class Note(StrEnum):
    """What somebody should know who connects this."""

    TWO_FORMATS = "two-formats"
    FORWARDING_STAYS = "forwarding-stays"
    NO_SEND_EVENTS = "no-send-events"
    VERIFIED_APART = "verified-apart"


class Plan(Struct, frozen=True):
    """What is to be done about each configuration set and identity, in the order in which they were chosen.

    `apart` are identities that are verified on their own, beside a chosen domain that they are in.
    """

    scopes: Mapping[Scope, Sequence[Step]]
    notes: Sequence[Note] = ()
    apart: Sequence[str] = ()

    @property
    def steps(self) -> Sequence[Step]:
        """All of them."""
        return list(chain.from_iterable(self.scopes.values()))

    @property
    def changes(self) -> Sequence[Step]:
        """Those that change something."""
        return [step for step in self.steps if step.action in CHANGES]

    @property
    def refused(self) -> Sequence[Step]:
        """Those that would be needed, but are not done."""
        return [step for step in self.steps if step.action is Action.REFUSE]


def plan_connection(found: Iterable[Found], wanted: Wanted, identities: Iterable[str], *, replace: bool) -> Plan:
    """What makes SES tell the deployment all that it needs about these, once.

    With `replace`, a topic of the deployment takes the place of another. `identities` are all that are verified.
    """
    found = list(found)
    scopes = {
        each.scope: _set_steps(each, wanted, replace=replace)
        if isinstance(each, ConfigurationSet)
        else _identity_steps(each, wanted, replace=replace)
        for each in found
    }
    apart = _verified_apart(found, identities)
    return Plan(scopes, _notes(found, wanted, apart), apart)


def plan_undoing(found: Iterable[Found], wanted: Wanted) -> Plan:
    """What removes all that connecting has made of these: whatever is named as ours and publishes to our topics."""
    return Plan(
        {
            each.scope: _set_undone(each, wanted)
            if isinstance(each, ConfigurationSet)
            else _identity_undone(each, wanted)
            for each in found
        }
    )


# -- Configuration sets ------------------------------------------------------------------------------------------------


def _set_steps(found: ConfigurationSet, wanted: Wanted, *, replace: bool) -> Sequence[Step]:
    steps = [step for stream in Stream if (step := _destination_step(found, wanted, stream, replace=replace))]
    # What is removed makes room.
    steps.sort(key=lambda step: step.action is not Action.REMOVE)
    removed = sum(step.action is Action.REMOVE for step in steps)
    room = MAX_DESTINATIONS - len(found.destinations) + removed
    creations = [step for step in steps if step.action is Action.CREATE]
    without_room = creations[max(room, 0) :]
    return [_refused(step, Reason.NO_ROOM) if step in without_room else step for step in steps]


def _destination_step(found: ConfigurationSet, wanted: Wanted, stream: Stream, *, replace: bool) -> Step | None:
    """What is to be done about a stream; None if it is neither needed nor there."""
    topic, name, needed = wanted.topics[stream], wanted.destination(stream), wanted.events(stream)
    others = [
        other
        for other in found.destinations
        if other.name not in wanted.destinations and other.enabled and other.topic == topic and other.events & needed
    ]
    missing = needed.difference(*(other.events for other in others))
    step = Step(found.scope, name, Action.CREATE, Reason.MISSING, topic, events=missing)
    own = next((d for d in found.destinations if d.name == name), None)
    if not missing and (own is None or own.topic != topic):
        return _published(step, needed, others)
    if own is None:
        return step
    if own.topic is None:
        # What a destination is cannot be changed, only where one of its kind publishes.
        return _refused(step, Reason.NAME_TAKEN)
    if own.topic != topic:
        may_change = replace or own.topic in wanted.topics.values()
        return _as(step, Action.UPDATE if may_change else Action.REFUSE, Reason.OTHER_TOPIC, before=own.topic)
    if own.enabled and own.events and missing <= own.events <= needed:
        return _as(step, Action.LEAVE, Reason.PRESENT, events=own.events)
    reason = Reason.OTHER_EVENTS if own.enabled else Reason.DISABLED
    return _as(step, Action.UPDATE, reason) if missing else _removed(step, Reason.NOT_NEEDED)


def _published(step: Step, events: frozenset[str], others: Sequence[Destination]) -> Step | None:
    """What others publish already; None if nothing is needed."""
    if not events:
        return None
    names = tuple(other.name for other in others)
    return _as(step, Action.LEAVE, Reason.PUBLISHED_BY_OTHERS, events=events, others=names)


def _set_undone(found: ConfigurationSet, wanted: Wanted) -> Sequence[Step]:
    steps = []
    for at in found.destinations:
        if at.topic in wanted.topics.values():
            step = Step(found.scope, at.name, Action.LEAVE, Reason.NOT_OURS, at.topic, events=at.events)
            steps.append(_removed(step, Reason.OURS) if at.name in wanted.destinations else step)
    return steps


# -- Identities --------------------------------------------------------------------------------------------------------


def _identity_steps(found: Identity, wanted: Wanted, *, replace: bool) -> Sequence[Step]:
    return [
        step for notification in Notification if (step := _topic_step(found, wanted, notification, replace=replace))
    ]


def _topic_step(found: Identity, wanted: Wanted, notification: Notification, *, replace: bool) -> Step | None:
    """What is to be done about one type of notification; None if it is neither needed nor there."""
    topic, present = wanted.topics[STREAM_OF[notification]], found.topics.get(notification)
    ours = present in wanted.topics.values()
    if not wanted.wants(notification):
        return _unset(found, notification, Reason.NOT_NEEDED) if ours else None
    step = Step(found.scope, notification, Action.CREATE, Reason.MISSING, topic)
    if present is None:
        return structs.replace(step, forget=notification in found.replaced)
    if present == topic:
        return _as(step, Action.LEAVE, Reason.PRESENT)
    if ours or replace:
        remember = None if ours else present
        return _as(step, Action.UPDATE, Reason.OTHER_TOPIC, before=present, remember=remember)
    return _as(step, Action.REFUSE, Reason.OTHER_TOPIC, before=present)


def _identity_undone(found: Identity, wanted: Wanted) -> Sequence[Step]:
    ours = [notification for notification, topic in found.topics.items() if topic in wanted.topics.values()]
    steps = [_unset(found, notification, Reason.OURS) for notification in ours]
    # SES has to tell somebody of bounces and complaints: without e-mail it wants a topic for both.
    # https://docs.aws.amazon.com/ses/latest/APIReference/API_SetIdentityNotificationTopic.html
    return [
        _refused(step, Reason.FORWARDING_OFF)
        if step.action is Action.REMOVE and step.name != Notification.DELIVERY and not found.forwarding
        else step
        for step in steps
    ]


def _unset(found: Identity, notification: Notification, reason: Reason) -> Step:
    """Our topic goes, and the one whose place it took comes back."""
    step = Step(found.scope, notification, Action.REMOVE, reason, before=found.topics[notification])
    replaced = found.replaced.get(notification)
    return _as(step, Action.UPDATE, Reason.REPLACED_BEFORE, topic=replaced) if replaced else step


# -- Notes -------------------------------------------------------------------------------------------------------------


def _notes(found: Sequence[Found], wanted: Wanted, apart: Sequence[str]) -> Sequence[Note]:
    if not any(isinstance(each, Identity) for each in found):
        return ()
    sets = any(isinstance(each, ConfigurationSet) for each in found)
    applies = {
        Note.TWO_FORMATS: True,
        Note.FORWARDING_STAYS: True,
        Note.NO_SEND_EVENTS: wanted.volume_source is VolumeSource.SEND_EVENTS and not sets,
        Note.VERIFIED_APART: bool(apart),
    }
    return [note for note, does in applies.items() if does]


def _verified_apart(found: Sequence[Found], identities: Iterable[str]) -> Sequence[str]:
    """Identities that are not chosen, in domains that are: the domain's notifications do not hold for them.

    https://docs.aws.amazon.com/ses/latest/dg/configure-sns-notifications.html
    """
    chosen = {each.name.lower() for each in found if isinstance(each, Identity)}
    return sorted(i for i in identities if i.lower() not in chosen and not chosen.isdisjoint(_domains(i.lower())))


def _domains(identity: str) -> Iterator[str]:
    """A domain, or that of an address, and those above it."""
    labels = identity.rpartition("@")[2].split(".")
    return (".".join(labels[first:]) for first in range(len(labels)))


# -- Steps -------------------------------------------------------------------------------------------------------------


def _as(step: Step, action: Action, reason: Reason, **changes: Any) -> Step:
    return structs.replace(step, action=action, reason=reason, **changes)


def _refused(step: Step, reason: Reason) -> Step:
    return _as(step, Action.REFUSE, reason)


def _removed(step: Step, reason: Reason) -> Step:
    return _as(step, Action.REMOVE, reason, topic=None, before=step.topic, events=frozenset())
