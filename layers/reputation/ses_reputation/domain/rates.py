"""Rates: how many of the recipients that count bounced, or led to a complaint, over which mail."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from itertools import chain
from typing import TypeVar

from msgspec import Struct

from ses_reputation.domain.counting import Increments
from ses_reputation.domain.eligibility import LEFT_OUT_RECIPIENTS, Measure, reply_measure
from ses_reputation.domain.feedback_loops import FeedbackLoops
from ses_reputation.domain.reply_rules import ReplyClass


class Metric(StrEnum):
    """What SES judges a sender by."""

    BOUNCE_RATE = "bounce_rate"
    COMPLAINT_RATE = "complaint_rate"


class VolumeSource(StrEnum):
    """Where the denominator comes from: which events, or SES's own statistics, tell how much mail was sent."""

    SEND_EVENTS = "send-events"
    DELIVERY_EVENTS = "delivery-events"
    STATISTICS = "statistics"


NUMERATOR: Mapping[Metric, Measure] = {
    Metric.BOUNCE_RATE: Measure.HARD_BOUNCED,
    Metric.COMPLAINT_RATE: Measure.COMPLAINED,
}

# SES announces a Send even when a suppression list then stops it, so what was never attempted is taken back out; its
# statistics are taken to do the same. Identity notifications have no Send: there, what was delivered and what bounced
# is what was sent.
ELIGIBLE: Mapping[VolumeSource, Mapping[Measure, int]] = {
    VolumeSource.SEND_EVENTS: {Measure.SENT: 1, Measure.NOT_ATTEMPTED: -1},
    VolumeSource.DELIVERY_EVENTS: {Measure.DELIVERED: 1, Measure.HARD_BOUNCED: 1, Measure.SOFT_BOUNCED: 1},
    VolumeSource.STATISTICS: {Measure.REPORTED: 1, Measure.NOT_ATTEMPTED: -1},
}


class HourCounts(Struct, frozen=True, gc=False):
    """What one scope counted in one full hour, by mailbox provider and measure.

    A backfilled hour is one from before events were connected: all of it is from SES's own statistics. Mail to the
    providers in `in_outage` is in no bounce rate.
    """

    hour: datetime
    counts: Increments
    backfilled: bool = False
    in_outage: frozenset[str] = frozenset()

    def total(self, measure: Measure) -> int:
        """The count over all providers, without recipients that are in no rate."""
        return sum(n for (p, m), n in self.counts.items() if m is measure and p not in LEFT_OUT_RECIPIENTS)

    def of_class(self, reply_class: ReplyClass, provider: str | None = None) -> int:
        """How many bounces and delays had a reply of this class, at one mailbox provider or at all.

        A message that was delayed and then bounced is in it twice. Recipients that are in no rate are left out, and a
        backfilled hour has none: SES's statistics know no replies.
        """
        measure = reply_measure(reply_class)
        if provider is None:
            return self.total(measure)
        return 0 if provider in LEFT_OUT_RECIPIENTS else self.counts.get((provider, measure), 0)

    @property
    def trapped(self) -> int:
        """How many recipients of mail were spam traps, sent and delivered each counting, wherever the traps are."""
        return sum(n for (_, measure), n in self.counts.items() if measure is Measure.SPAMTRAPPED)

    def sums(self, metric: Metric, source: VolumeSource, loops: FeedbackLoops) -> "HourSums":
        """What this hour adds to a rate."""
        sign = ELIGIBLE[VolumeSource.STATISTICS if self.backfilled else source]
        numerator = NUMERATOR[metric]
        left_out = self.in_outage if metric is Metric.BOUNCE_RATE else frozenset()
        volume = hundredths = count = 0
        for (provider, measure), n in self.counts.items():
            if provider in LEFT_OUT_RECIPIENTS or provider in left_out:
                continue
            if measure is numerator:
                count += n
            if measure in sign:
                eligible = n * sign[measure]
                volume += eligible
                hundredths += eligible * (100 if metric is Metric.BOUNCE_RATE else loops.percent(provider))
        return HourSums(self.hour, count, hundredths, volume)


class HourSums(Struct, frozen=True, gc=False):
    """What one hour adds to a rate: `count`, hundredths of recipients in its denominator, and recipients in its window.

    An hour that only corrects earlier ones has negative ones.
    """

    hour: datetime
    count: int
    hundredths: int
    volume: int


def of_provider(provider: str, account: Iterable[HourCounts]) -> Iterator[HourCounts]:
    """One mailbox provider's counts: the account's, less everybody else's. Hours without any are left out."""
    for hour in account:
        if own := {key: n for key, n in hour.counts.items() if key[0] == provider}:
            yield HourCounts(hour.hour, own, hour.backfilled)


def divided_at(newest_first: Iterable[HourCounts], start: datetime) -> tuple[list[HourCounts], Iterator[HourCounts]]:
    """The hours since a moment, and those before it, which are read only when somebody goes on: but for the first."""
    hours = iter(newest_first)
    since: list[HourCounts] = []
    for hour in hours:
        if hour.hour < start:
            return since, chain([hour], hours)
        since.append(hour)
    return since, hours


class Span(Struct, frozen=True, gc=False):
    """Which mail a rate covers: from the newest hour back until `volume` recipients are held, or `start` is reached.

    `volume` None means all mail since the start.
    """

    metric: Metric
    start: datetime
    volume: int | None = None


class Rate(Struct, frozen=True, gc=False):
    """A rate, exactly: `count` hard bounces or complaints per `eligible` recipients.

    `volume` is the recipients of the window. For bounces all of them are eligible; for complaints those at providers
    that send complaints back. `start` is the oldest hour that is in it, None when there is none; `hours` is how many
    hours have mail in it.
    """

    metric: Metric
    count: int = 0
    eligible: int = 0
    start: datetime | None = None
    hours: int = 0
    volume: int = 0

    @property
    def fraction(self) -> Fraction:
        """The rate as an exact fraction, as SES has it; ZeroDivisionError without eligible mail."""
        return Fraction(self.count, self.eligible)

    @property
    def plain(self) -> Fraction:
        """The rate over all mail in the window, whoever it went to; ZeroDivisionError without any."""
        return Fraction(self.count, self.volume)


def decimal(fraction: Fraction) -> str:
    """A fraction as a decimal one of four places, rounded half up."""
    ten_thousandths = (fraction.numerator * 20_000 + fraction.denominator) // (2 * fraction.denominator)
    return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04}"


class Window(Struct, frozen=True):
    """A rate and the hours that it is made of, newest first."""

    span: Span
    hours: tuple[HourSums, ...] = ()

    @property
    def rate(self) -> Rate:
        """The rate over these hours. What only takes mail back that nobody reported is no mail."""
        return Rate(
            metric=self.span.metric,
            count=sum(hour.count for hour in self.hours),
            eligible=max(sum(hour.hundredths for hour in self.hours), 0) // 100,
            volume=max(sum(hour.volume for hour in self.hours), 0),
            start=self.hours[-1].hour if self.hours else None,
            hours=sum(hour.volume > 0 for hour in self.hours),
        )


K = TypeVar("K")


def measure(
    newest_first: Iterable[HourCounts], spans: Mapping[K, Span], source: VolumeSource, loops: FeedbackLoops
) -> dict[K, Window]:
    """The mail of each span, reading no further back than the one that reaches furthest.

    SES judges by a representative volume, not a period; its algorithm is not published. Mails that it sent to real
    accounts name windows of just over 10,000 eligible recipients, whether those took 75 days or 225.
    https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
    """
    held: dict[K, list[HourSums]] = {key: [] for key in spans}
    volumes = dict.fromkeys(spans, 0)
    open_spans = dict(spans)
    for hour in newest_first:
        for key, span in list(open_spans.items()):
            if hour.hour < span.start or (span.volume is not None and volumes[key] >= span.volume):
                del open_spans[key]
            else:
                sums = hour.sums(span.metric, source, loops)
                if sums.count or sums.volume or sums.hundredths:
                    held[key].append(sums)
                    volumes[key] += sums.volume
        if not open_spans:
            break
    return {key: Window(span, tuple(_with_volume(held[key]))) for key, span in spans.items()}


def _with_volume(newest_first: list[HourSums]) -> list[HourSums]:
    """The hours from the first on of which mail was reported.

    Bounces from before have nothing to be divided by: Send events were connected later, or another source was chosen.
    """
    while newest_first and newest_first[-1].volume <= 0:
        newest_first.pop()
    return newest_first
