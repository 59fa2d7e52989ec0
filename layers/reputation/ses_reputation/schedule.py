"""What EventBridge Scheduler calls a function with."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec


class ScheduledTime(msgspec.Struct, frozen=True):
    """The schedule's input: the only clock there is."""

    now: Annotated[datetime, msgspec.Meta(tz=True)]


class NotScheduled(ValueError):
    """The event is not a schedule's. The text says what is wrong with its time."""


def scheduled_time(event: object) -> datetime:
    """The moment that a run is for, in UTC; NotScheduled if the event is not a schedule's."""
    try:
        return msgspec.convert(event, ScheduledTime).now.astimezone(UTC)
    except msgspec.ValidationError as error:
        raise NotScheduled(f"not what a schedule sends: {error}") from None
