"""What EventBridge Scheduler calls a function with."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec


class ScheduledTime(msgspec.Struct, frozen=True):
    """The schedule's input: the only clock there is."""

    now: Annotated[datetime, msgspec.Meta(tz=True)]


def scheduled_time(event: object) -> datetime:
    """The moment that a run is for, in UTC; msgspec.ValidationError if the event is not a schedule's."""
    return msgspec.convert(event, ScheduledTime).now.astimezone(UTC)
