"""Rates: how many of the recipients that count bounced, or led to a complaint, over which mail."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from msgspec import Struct

from ses_reputation.domain.counting import Increments, Measure


class Metric(StrEnum):
    """What SES judges a sender by."""

    BOUNCE_RATE = "bounce_rate"
    COMPLAINT_RATE = "complaint_rate"


class VolumeSource(StrEnum):
    """Which events tell how much mail was sent."""

    SEND_EVENTS = "send-events"
    DELIVERY_EVENTS = "delivery-events"


NUMERATOR: Mapping[Metric, Measure] = {
    Metric.BOUNCE_RATE: Measure.HARD_BOUNCED,
    Metric.COMPLAINT_RATE: Measure.COMPLAINED,
}

# SES announces a Send even when a suppression list then stops it, so what was never attempted is taken back out.
# Identity notifications have no Send: there, what was delivered and what bounced is what was sent.
ELIGIBLE: Mapping[VolumeSource, Mapping[Measure, int]] = {
    VolumeSource.SEND_EVENTS: {Measure.SENT: 1, Measure.NOT_ATTEMPTED: -1},
    VolumeSource.DELIVERY_EVENTS: {Measure.DELIVERED: 1, Measure.HARD_BOUNCED: 1, Measure.SOFT_BOUNCED: 1},
}


class HourCounts(Struct, frozen=True, gc=False):
    """What one scope counted in one full hour, by mailbox provider and measure."""

    hour: datetime
    counts: Increments

    def total(self, measure: Measure) -> int:
        """The count over all providers."""
        return sum(n for (_, m), n in self.counts.items() if m is measure)

    def eligible(self, source: VolumeSource) -> int:
        """The recipients that are in the denominator; negative where an hour only corrects earlier ones."""
        sign = ELIGIBLE[source]
        return sum(n * sign.get(measure, 0) for (_, measure), n in self.counts.items())


def of_provider(provider: str, account: Iterable[HourCounts]) -> Iterator[HourCounts]:
    """One mailbox provider's counts: the account's, less everybody else's. Hours without any are left out."""
    for hour in account:
        if own := {key: n for key, n in hour.counts.items() if key[0] == provider}:
            yield HourCounts(hour.hour, own)


class Span(Struct, frozen=True, gc=False):
    """Which mail a rate covers: from the newest hour back until `volume` recipients are held, or `start` is reached.

    `volume` None means all mail since the start.
    """

    metric: Metric
    start: datetime
    volume: int | None = None


class Rate(Struct, frozen=True, gc=False):
    """A rate, exactly: `count` hard bounces or complaints per `eligible` recipients.

    `start` is the oldest hour that is in it, None when there is none; `hours` is how many hours have mail in it.
    """

    metric: Metric
    count: int = 0
    eligible: int = 0
    start: datetime | None = None
    hours: int = 0

    def holds(self, volume: int) -> bool:
        """Whether this is enough mail to judge by."""
        return self.eligible >= max(volume, 1)

    @property
    def fraction(self) -> Fraction:
        """The rate as an exact fraction; ZeroDivisionError without eligible mail."""
        return Fraction(self.count, self.eligible)

    @property
    def decimal(self) -> str:
        """The rate as a decimal fraction of four places, rounded half up; ZeroDivisionError without eligible mail."""
        ten_thousandths = (self.count * 20_000 + self.eligible) // (2 * self.eligible)
        return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04}"

    def with_hour(self, hour: HourCounts, source: VolumeSource) -> "Rate":
        """The rate with one more, older hour in it."""
        return Rate(
            self.metric,
            self.count + hour.total(NUMERATOR[self.metric]),
            self.eligible + hour.eligible(source),
            hour.hour,
            self.hours + 1,
        )


K = TypeVar("K")


def measure(newest_first: Iterable[HourCounts], spans: Mapping[K, Span], source: VolumeSource) -> dict[K, Rate]:
    """The rate of each span, reading no further back than the one that reaches furthest.

    SES judges by a representative volume, not a period; its algorithm is not published. Mails that it sent to real
    accounts name windows of just over 10,000 eligible recipients, whether those took 75 days or 225.
    https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
    """
    rates = {key: Rate(span.metric) for key, span in spans.items()}
    open_spans = dict(spans)
    for hour in newest_first:
        for key, span in list(open_spans.items()):
            if hour.hour < span.start or (span.volume is not None and rates[key].eligible >= span.volume):
                del open_spans[key]
            else:
                rates[key] = rates[key].with_hour(hour, source)
        if not open_spans:
            break
    return rates
