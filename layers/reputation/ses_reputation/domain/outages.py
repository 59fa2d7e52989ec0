"""Outages of mailbox providers, and which mail they leave out of the bounce rate.

In December 2020 Gmail answered `550 5.1.1` for mailboxes that exist, for hours. That says nothing of a sender's list,
whatever SES makes of it.
https://status.mixpanel.com/incidents/vjftprp9lcbv
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Week

LONGEST = timedelta(hours=48)
"""What bounces for longer is no outage."""


class OutageStage(StrEnum):
    """Whether a person has looked at an outage, and what came of it."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Tally(Struct, frozen=True):
    """How many recipients mail was sent to, and how many of them bounced hard."""

    bounced: int = 0
    recipients: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(self.bounced + other.bounced, self.recipients + other.recipients)

    def is_at_least(self, times: int, other: "Tally") -> bool:
        """Whether at least so many times as many bounced on the same mail."""
        return self.bounced * other.recipients >= times * other.bounced * self.recipients


class Outage(Struct, frozen=True):
    """A time in which a provider refused mailboxes that, by its own history, exist.

    `start` is a full hour, `end` the one after its last, None while it goes on. `seen` is the provider's mail in it,
    `before` that of the four weeks before. `decided` is when a person last decided about it; the history has who and
    why. `revision` goes up with every decision.
    """

    id: str
    provider: str
    start: datetime
    found: datetime
    seen: Tally
    before: Tally
    end: datetime | None = None
    stage: OutageStage = OutageStage.SUSPECTED
    decided: datetime | None = None
    revision: int = 1

    def covers(self, hour: datetime) -> bool:
        """Whether an hour is in it."""
        return self.start <= hour < self.until

    @property
    def until(self) -> datetime:
        """When its last hour is over; while it goes on, that of the last that it can have."""
        return self.end or self.start + LONGEST

    @property
    def waits_since(self) -> datetime | None:
        """Since when it waits for a person's decision; None if it does not."""
        return self.found if self.stage is OutageStage.SUSPECTED else None

    def is_held(self, policy: Policy) -> bool:
        """Whether its mail is in no bounce rate: for good once it is confirmed, before that if so configured."""
        return self.stage is OutageStage.CONFIRMED or (self.stage is OutageStage.SUSPECTED and policy.hold_outages)


def held(outages: Iterable[Outage], policy: Policy) -> tuple[Outage, ...]:
    """The outages whose mail is in no bounce rate."""
    return tuple(outage for outage in outages if outage.is_held(policy))


Part = TypeVar("Part", HourCounts, HourCounts | Week)


def without_outages(past: Iterable[Part], left_out: tuple[Outage, ...]) -> Iterator[Part]:
    """The same hours, each knowing the providers whose mail in it is in no bounce rate.

    Of a week that has some of an outage these are its hours.
    """
    if not left_out:
        yield from past
        return
    for part in past:
        if not isinstance(part, Week):
            providers = frozenset(outage.provider for outage in left_out if outage.covers(part.hour))
            yield replace(part, in_outage=providers)
        elif any(outage.start < part.end and outage.until > part.start for outage in left_out):
            yield from without_outages(part.parts, left_out)
        else:
            yield part
