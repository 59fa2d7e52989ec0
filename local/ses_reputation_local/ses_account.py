"""What SES knows about the simulated account: its identities, how it stands, and the mail that SES has counted."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from ses_reputation.domain.events import Bounce, Complaint, Event, Send, Uncounted
from ses_reputation_local.ses_mail import SIMULATOR_DOMAIN, BounceType

CONFIGURATION_SET_DIMENSION: Final = "ses:configuration-set"

_MINUTE: Final = 60
_HOUR: Final = 3600
_END_OF_TIME: Final = 1 << 40


class Operation(StrEnum):
    """What boto3 can ask this account. All other operations are moto's."""

    LIST_EMAIL_IDENTITIES = "ListEmailIdentities"
    LIST_CONFIGURATION_SETS = "ListConfigurationSets"
    GET_ACCOUNT = "GetAccount"
    BATCH_GET_METRIC_DATA = "BatchGetMetricData"
    GET_SEND_STATISTICS = "GetSendStatistics"
    LIST_METRICS = "ListMetrics"
    GET_METRIC_DATA = "GetMetricData"


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


class SesAccount:
    """An account at SES. `configuration_sets` are those that mail was seen of, and those that somebody adds."""

    def __init__(self) -> None:
        # The simulated time. There is none before the first tick: till then nothing is too old.
        self.now: datetime | None = None
        self.enforcement_status = "HEALTHY"
        self.sending_enabled = True
        self.vdm_enabled = False
        # SES's 15-minute intervals need not begin at the clock's quarter hours: those in AWS's own example begin at
        # 19:32 and 00:47. https://docs.aws.amazon.com/cli/latest/reference/ses/get-send-statistics.html
        self.interval_offset = timedelta(0)
        self.configuration_sets: set[str] = set()
        self.identities: dict[str, str] = {}
        self.metrics: dict[Metric, Series] = {}
        self.vdm: Mapping[str, Series] = {metric: Series() for metric in VdmMetric}
        self.failing: dict[Operation, str] = {}

    def verify(self, identity: str, status: str = "SUCCESS") -> None:
        """Add a domain or an address, or change its VerificationStatus."""
        self.identities[identity] = status

    def forget(self, identity: str) -> None:
        """Remove a domain or an address."""
        del self.identities[identity]

    def observe(self, event: Event) -> None:
        """Count what an event says, at the event's time. Mail to the mailbox simulator is left out: AWS does not say
        how these statistics take it, but it is in no rate.

        https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
        """
        if isinstance(event, Uncounted):
            return
        recipients = sum(r.address.rpartition("@")[2] != SIMULATOR_DOMAIN for r in event.recipients)
        configuration_set = event.mail.configuration_set
        match event:
            case Send():
                self.count(event.time, configuration_set=configuration_set, sent=recipients)
            case Bounce(type=BounceType.PERMANENT):
                self.count(event.time, configuration_set=configuration_set, bounced=recipients)
            # The recipients are suspects, of whom one complained. With a subtype, the mail was never sent.
            case Complaint(subtype=None) if recipients:
                self.count(event.time, configuration_set=configuration_set, complained=1)

    def count(
        self,
        time: datetime,
        *,
        configuration_set: str | None = None,
        sent: int = 0,
        bounced: int = 0,
        complained: int = 0,
    ) -> None:
        """Add to what the account, and one of its configuration sets if that is given, sent and got back at a time."""
        numbers = {
            CloudWatchMetric.SEND: sent,
            CloudWatchMetric.BOUNCE: bounced,
            CloudWatchMetric.COMPLAINT: complained,
        }
        for metric, number in numbers.items():
            if number:
                self._publish(time, metric, number)
                if configuration_set:
                    self._publish(time, metric, number, configuration_set)

    def publish_rates(
        self, time: datetime, *, bounce_rate: float, complaint_rate: float, configuration_set: str | None = None
    ) -> None:
        """Publish SES's own rates, which are fractions, of the account or of one configuration set."""
        self._publish(time, CloudWatchMetric.BOUNCE_RATE, bounce_rate, configuration_set)
        self._publish(time, CloudWatchMetric.COMPLAINT_RATE, complaint_rate, configuration_set)

    def publish_vdm(self, day: date, *, delivered: int, with_feedback_loop: int) -> None:
        """Add to what the Virtual Deliverability Manager says of a day: the messages delivered, and those of them that
        went to providers with a feedback loop.
        """
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        self.vdm[VdmMetric.DELIVERY].add(midnight, delivered)
        self.vdm[VdmMetric.DELIVERY_COMPLAINT].add(midnight, with_feedback_loop)

    def fail(self, operation: str, code: str) -> None:
        """From now on, let an operation such as "GetAccount" end in this error; an empty code ends that. boto3 has the
        error at once, as what is left after its retries. Raises ValueError for an operation that is moto's.
        """
        self.failing[Operation(operation)] = code

    def series(self, metric: Metric) -> Series:
        """The values of a metric, none if it was never published."""
        return self.metrics.get(metric, Series())

    def last(self, age: timedelta) -> tuple[int, int]:
        """When the last hours or days began and end, in seconds since 1970: all of time before any tick."""
        return (seconds(self.now - age), seconds(self.now)) if self.now else (0, _END_OF_TIME)

    def _publish(self, time: datetime, name: str, value: float, configuration_set: str | None = None) -> None:
        metric = Metric(name)
        if configuration_set:
            self.configuration_sets.add(configuration_set)
            metric = Metric(name, ((CONFIGURATION_SET_DIMENSION, configuration_set),))
        self.metrics.setdefault(metric, Series()).add(time, value)


def seconds(time: datetime) -> int:
    """The whole seconds since 1970 in UTC. Raises ValueError for a time without a time zone."""
    if time.tzinfo is None:
        raise ValueError("a time of SES needs a time zone")
    return int(time.timestamp())
