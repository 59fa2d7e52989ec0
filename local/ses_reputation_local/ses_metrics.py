"""Numbers by time, as CloudWatch and the Virtual Deliverability Manager keep them of SES."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

_MINUTE: Final = 60
_HOUR: Final = 3600


class CloudWatchMetric(StrEnum):
    """What is published here for the account and for each configuration set. SES does so for the account by itself; of
    a configuration set it publishes rates if its reputation metrics are on, and counts through an event destination.

    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-cloudwatch.html
    """

    SEND = "Send"
    BOUNCE = "Bounce"
    COMPLAINT = "Complaint"
    BOUNCE_RATE = "Reputation.BounceRate"
    COMPLAINT_RATE = "Reputation.ComplaintRate"


class VdmMetric(StrEnum):
    """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_BatchGetMetricDataQuery.html"""

    DELIVERY = "DELIVERY"
    DELIVERY_COMPLAINT = "DELIVERY_COMPLAINT"


class Metric(NamedTuple):
    """A metric of CloudWatch in SES's namespace, of the account or, with a dimension, of a configuration set."""

    name: str
    dimensions: tuple[tuple[str, str], ...] = ()


class Point(NamedTuple):
    """The sum of some values, and how many they are."""

    total: float = 0
    number: int = 0

    def plus(self, other: "Point") -> "Point":
        """Both points in one."""
        return Point(self.total + other.total, self.number + other.number)


class Series:
    """Values by minute, kept by the hour, so that hours that nobody asks for take no time. Times are seconds since
    1970 in UTC; a period is named by its first.
    """

    def __init__(self) -> None:
        self.newest = 0
        self._hours: dict[int, dict[int, Point]] = {}

    def add(self, time: datetime, value: float) -> None:
        """Add a value at a time."""
        minute = seconds(time) // _MINUTE * _MINUTE
        hour = self._hours.setdefault(minute // _HOUR, {})
        hour[minute] = hour.get(minute, Point()).plus(Point(value, 1))
        self.newest = max(self.newest, minute)

    def periods(self, start: int, end: int, period: int, offset: int = 0) -> dict[int, Point]:
        """The minutes from `start` up to before `end`, put together by period. A period without values has no point."""
        periods: dict[int, Point] = {}
        for minute, point in self._minutes(start, end):
            first = (minute - offset) // period * period + offset
            periods[first] = periods.get(first, Point()).plus(point)
        return periods

    def total(self, start: int, end: int) -> float:
        """The sum of all values from `start` up to before `end`."""
        return sum(point.total for _, point in self._minutes(start, end))

    def _minutes(self, start: int, end: int) -> Iterator[tuple[int, Point]]:
        hours: Iterable[int] = range(start // _HOUR, (end - 1) // _HOUR + 1)
        if (end - start) // _HOUR > len(self._hours):
            hours = self._hours
        for hour in hours:
            for minute, point in self._hours.get(hour, {}).items():
                if start <= minute < end:
                    yield minute, point


def seconds(time: datetime) -> int:
    """The whole seconds since 1970 in UTC. Raises ValueError for a time without a time zone."""
    if time.tzinfo is None:
        raise ValueError("a time of SES needs a time zone")
    return int(time.timestamp())
