"""The use case of connecting: let SES tell a deployment of the mail of configuration sets and identities.

To do it again is safe: what is there already is left, and what was interrupted goes on where it stopped.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from ses_reputation.domain.connections import (
    Action,
    ConfigurationSet,
    Destination,
    Found,
    Identity,
    Notification,
    Plan,
    Step,
)
from ses_reputation.domain.scopes import ScopeKind, kind_of, name_of


class Ses(Protocol):
    """Where SES publishes what happens to mail. What changes that raises ChangeFailed, and is safe to repeat."""

    def configuration_sets(self) -> Sequence[str]:
        """The names of all."""

    def identities(self) -> Sequence[str]:
        """All domains and addresses, verified or not."""

    def destinations(self, configuration_set: str) -> Sequence[Destination]:
        """The event destinations of a configuration set."""

    def notifications(self, identities: Sequence[str]) -> Iterator[Identity]:
        """The topics that are set for the notifications of each identity."""

    def put_destination(self, configuration_set: str, destination: Destination, *, new: bool) -> None:
        """Create an event destination, or change the one that has this name."""

    def delete_destination(self, configuration_set: str, name: str) -> None:
        """Remove an event destination."""

    def set_topic(self, identity: str, notification: Notification, topic: str | None) -> None:
        """Set the topic for one type of an identity's notifications; None for no topic."""


class ReplacedTopics(Protocol):
    """The topics of identities whose place those of a deployment took."""

    def read(self) -> Mapping[str, Mapping[Notification, str]]:
        """All of them, by identity."""

    def remember(self, identity: str, notification: Notification, topic: str) -> None:
        """Keep a topic, in place of the one that was kept before."""

    def forget(self, identity: str, notification: Notification) -> None:
        """Keep none."""


class NotAtSes(LookupError):
    """SES has no configuration set, or identity, of some name; the text says which."""


class ChangeFailed(RuntimeError):
    """SES did not do what it was asked to; the text says why. If it is `hopeless`, it would not do the rest either."""

    def __init__(self, problem: str, *, hopeless: bool) -> None:
        super().__init__(problem)
        self.hopeless = hopeless


class Choice(Struct, frozen=True):
    """What is to be connected, by name; None for all that there are."""

    configuration_sets: Collection[str] | None = ()
    identities: Collection[str] | None = ()


class Chosen(Struct, frozen=True):
    """What there is at SES of a choice, as SES spells it; `verified` are all identities, if any was chosen."""

    configuration_sets: Sequence[str]
    identities: Sequence[str]
    verified: Sequence[str]

    def __len__(self) -> int:
        return len(self.configuration_sets) + len(self.identities)


class Outcome(Struct, frozen=True):
    """A step that was tried, and what went wrong with it, None if nothing did."""

    step: Step
    problem: str | None = None


def find(choice: Choice, ses: Ses) -> Chosen:
    """What SES has of a choice; NotAtSes for a name that it does not know, so that a wrong name changes nothing."""
    sets = () if choice.configuration_sets == () else ses.configuration_sets()
    identities = () if choice.identities == () else ses.identities()
    return Chosen(
        _known("configuration set", choice.configuration_sets, sets, str),
        # SES takes domains and addresses in any case; the names of configuration sets are what they are.
        _known("identity", choice.identities, identities, str.lower),
        identities,
    )


def _known(
    kind: str, names: Collection[str] | None, at_ses: Sequence[str], spelling: Callable[[str], str]
) -> Sequence[str]:
    if names is None:
        return at_ses
    known = {spelling(name): name for name in at_ses}
    if unknown := [name for name in names if spelling(name) not in known]:
        raise NotAtSes(f"SES has no {kind} {', '.join(unknown)} here: look at the name, and at the region")
    return list(dict.fromkeys(known[spelling(name)] for name in names))


def read(chosen: Chosen, ses: Ses, replaced: ReplacedTopics) -> Iterator[Found]:
    """How everything that was chosen is connected now. SES takes about a second for each configuration set."""
    for name in chosen.configuration_sets:
        yield ConfigurationSet(name, ses.destinations(name))
    if chosen.identities:
        kept = replaced.read()
        for found in ses.notifications(chosen.identities):
            yield Identity(found.name, found.topics, found.forwarding, kept.get(found.name, {}))


def carry_out(plan: Plan, ses: Ses, replaced: ReplacedTopics) -> Iterator[Outcome]:
    """Make the changes of a plan, one after another. One that fails does not hold up the others, unless it is hopeless:
    then there are no more outcomes.
    """
    for step in plan.changes:
        try:
            _carry_out(step, ses, replaced)
        except ChangeFailed as failure:
            yield Outcome(step, str(failure))
            if failure.hopeless:
                return
        else:
            yield Outcome(step)


def _carry_out(step: Step, ses: Ses, replaced: ReplacedTopics) -> None:
    name = name_of(step.scope)
    if kind_of(step.scope) is ScopeKind.IDENTITY:
        notification = Notification(step.name)
        # Before it is replaced: a run that stops in between loses nothing.
        if step.forget:
            replaced.forget(name, notification)
        elif step.remember:
            replaced.remember(name, notification, step.remember)
        ses.set_topic(name, notification, step.topic)
    elif step.action is Action.REMOVE:
        ses.delete_destination(name, step.name)
    else:
        destination = Destination(step.name, enabled=True, events=step.events, topic=step.topic)
        ses.put_destination(name, destination, new=step.action is Action.CREATE)
