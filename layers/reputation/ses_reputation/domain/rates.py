"""Rates: how many of the recipients that count bounced, or led to a complaint, over which mail."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
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


WEEK = timedelta(days=7)


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
        """How many recipients of mail were spamtraps, sent and delivered each counting, wherever the traps are."""
        return sum(n for (_, measure), n in self.counts.items() if measure is Measure.SPAMTRAPPED)

    def sums(self, metric: Metric, source: VolumeSource, loops: FeedbackLoops) -> "HourSums":
        """What this hour adds to a rate."""
        sign = ELIGIBLE[VolumeSource.STATISTICS if self.backfilled else source]
        numerator = NUMERATOR[metric]
        left_out = LEFT_OUT_RECIPIENTS
        if self.in_outage and metric is Metric.BOUNCE_RATE:
            left_out |= self.in_outage
        volume = hundredths = count = 0
        for (provider, measure), n in self.counts.items():
            if provider in left_out:
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

    @property
    def mail_hours(self) -> int:
        """How many hours with mail it is."""
        return int(self.volume > 0)


class WeekTotals(Struct, frozen=True, gc=False):
    """What one scope counted in a week that began on a Monday, or in several, as far as it is in rates, by provider.

    `counts` are of hours whose events were counted, `backfilled` of those that are from SES's statistics. `hours` is
    how many hours had mail, `first` the oldest of them, None without any; `strays` whether an older hour has what is no
    mail, such as a bounce. `odd` says that an hour has a negative number, which no event leads to.
    """

    start: datetime
    counts: Increments
    backfilled: Increments
    hours: int
    first: datetime | None
    strays: bool = False
    odd: bool = False
    weeks: int = 1

    @property
    def end(self) -> datetime:
        """The hour after its last."""
        return self.start + self.weeks * WEEK

    @property
    def any(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.counts or self.backfilled)


class Week(Struct, frozen=True):
    """A week that is over, or several: the totals, and their parts, newest first.

    A rate takes the totals where they are exact. The parts, weeks or hours, are read only if somebody goes through
    them.
    """

    totals: WeekTotals
    parts: Iterable["HourCounts | Week"]

    @property
    def start(self) -> datetime:
        """Its first hour."""
        return self.totals.start

    @property
    def end(self) -> datetime:
        """The hour after its last."""
        return self.totals.end

    def hours(self) -> Iterator[HourCounts]:
        """All of its hours, newest first."""
        for part in self.parts:
            if isinstance(part, Week):
                yield from part.hours()
            else:
                yield part

    def sums(self, metric: Metric, source: VolumeSource, loops: FeedbackLoops) -> "WeekSums":
        """What this week adds to a rate."""
        count = gained = lost = volume_gained = volume_lost = 0
        for counts, told_by in ((self.totals.counts, source), (self.totals.backfilled, VolumeSource.STATISTICS)):
            sign = ELIGIBLE[told_by]
            for (provider, measure), n in counts.items():
                if measure is NUMERATOR[metric]:
                    count += n
                if measure in sign:
                    hundredths = n * (100 if metric is Metric.BOUNCE_RATE else loops.percent(provider))
                    if sign[measure] > 0:
                        gained, volume_gained = gained + hundredths, volume_gained + n
                    else:
                        lost, volume_lost = lost + hundredths, volume_lost + n
        return WeekSums(
            hour=self.totals.first or self.start,
            count=count,
            gained=gained,
            lost=lost,
            volume_gained=volume_gained,
            volume_lost=volume_lost,
            mail_hours=self.totals.hours,
            strays=self.totals.strays,
            opened=lambda: [hour.sums(metric, source, loops) for hour in self.hours()],
        )


class WeekSums(Struct, frozen=True):
    """What one week adds to a rate. Of what its newest hours add nothing is known but its bounds.

    They have no more than all of the count, no more in the denominator and the window than what was `gained`, and no
    less than what was `lost` there, taken away. `hour` is the oldest that has mail; before it may be `strays`. `opened`
    has what each hour adds.
    """

    hour: datetime
    count: int
    gained: int
    lost: int
    volume_gained: int
    volume_lost: int
    mail_hours: int
    strays: bool
    opened: Callable[[], list[HourSums]]

    @property
    def hundredths(self) -> int:
        """Hundredths of recipients in the denominator."""
        return self.gained - self.lost

    @property
    def volume(self) -> int:
        """Recipients in the window."""
        return self.volume_gained - self.volume_lost


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
    """A rate and the hours that it is made of, newest first; of some weeks only what they add up to."""

    span: Span
    hours: tuple[HourSums | WeekSums, ...] = ()

    @property
    def rate(self) -> Rate:
        """The rate over these hours. What only takes mail back that nobody reported is no mail."""
        return Rate(
            metric=self.span.metric,
            count=sum(hour.count for hour in self.hours),
            eligible=max(sum(hour.hundredths for hour in self.hours), 0) // 100,
            volume=max(sum(hour.volume for hour in self.hours), 0),
            start=self.hours[-1].hour if self.hours else None,
            hours=sum(hour.mail_hours for hour in self.hours),
        )

    def opened(self) -> "Window":
        """The same, with each hour of its weeks."""
        return Window(self.span, tuple(chain.from_iterable(map(_opened, self.hours))))


def _opened(part: HourSums | WeekSums) -> Iterable[HourSums]:
    """The hours of what a window is made of, without those that add nothing to it."""
    return filter(_adds, part.opened()) if isinstance(part, WeekSums) else (part,)


def _adds(sums: HourSums) -> bool:
    return bool(sums.count or sums.volume or sums.hundredths)


K = TypeVar("K")


def measure(
    newest_first: Iterable[HourCounts | Week], spans: Mapping[K, Span], source: VolumeSource, loops: FeedbackLoops
) -> dict[K, Window]:
    """The mail of each span, reading no further back than the one that reaches furthest.

    SES judges by a representative volume, not a period; its algorithm is not published. Mails that it sent to real
    accounts name windows of just over 10,000 eligible recipients, whether those took 75 days or 225.
    https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
    """
    filling = {key: _Filling(span, source, loops) for key, span in spans.items()}
    still_open = [each for each in filling.values() if not each.is_full]
    for part in newest_first:
        still_open = [each for each in still_open if each.takes(part)]
        if not still_open:
            break
    return {key: Window(each.span, tuple(_with_volume(each.held))) for key, each in filling.items()}


class _Filling:
    """A window that is filled, with the newest mail first."""

    def __init__(self, span: Span, source: VolumeSource, loops: FeedbackLoops) -> None:
        self.span = span
        self.held: list[HourSums | WeekSums] = []
        self._volume = 0
        self._source = source
        self._loops = loops

    @property
    def is_full(self) -> bool:
        """Whether nothing more belongs to it."""
        return self.span.volume is not None and self._volume >= self.span.volume

    def takes(self, part: HourCounts | Week) -> bool:
        """Add what belongs to it of a part; whether it may reach further back than that."""
        if isinstance(part, Week):
            return self._takes_week(part)
        if part.hour < self.span.start:
            return False
        sums = part.sums(self.span.metric, self._source, self._loops)
        if _adds(sums):
            self._add(sums)
        return not self.is_full

    def _takes_week(self, week: Week) -> bool:
        if week.end <= self.span.start:
            return False
        if week.start >= self.span.start and not week.totals.odd:
            sums = week.sums(self.span.metric, self._source, self._loops)
            # Else it may be full at an hour of this week.
            if self.span.volume is None or self._volume + sums.volume_gained < self.span.volume:
                self._add(sums)
                return True
        return all(map(self.takes, week.parts))

    def _add(self, sums: HourSums | WeekSums) -> None:
        self.held.append(sums)
        self._volume += sums.volume


def _with_volume(newest_first: list[HourSums | WeekSums]) -> list[HourSums | WeekSums]:
    """The hours from the first on of which mail was reported.

    Bounces from before have nothing to be divided by: Send events were connected later, or another source was chosen.
    """
    while newest_first:
        last = newest_first[-1]
        if isinstance(last, WeekSums) and last.mail_hours and last.strays:
            newest_first[-1:] = _opened(last)
        elif last.mail_hours:
            break
        else:
            newest_first.pop()
    return newest_first
