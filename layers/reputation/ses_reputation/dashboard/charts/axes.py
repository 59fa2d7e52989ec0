"""Where a moment or a rate is in a chart, and what is written along its edges.

Across, a chart is measured in percent of its width, so that it can be as wide as there is room, and down in pixels.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from fractions import Fraction
from itertools import count, takewhile

from msgspec import Struct

from ses_reputation.notices.numbers import percent

_HOUR = timedelta(hours=1)

# Pixels of the narrowest plot that has to be legible, that of a phone, and of those from which on there is room for
# what has one of these classes. charts.css has these widths, each with what is beside the plot.
NARROW = 256
ROOMY = {480: "sr-roomy", 720: "sr-roomier"}

_MOST_TICKS = 9
_MOST_NARROW_TICKS = 4


def px(pixels: float) -> str:
    """A length down a chart, as an attribute."""
    return f"{pixels:.1f}".removesuffix(".0")


def across(percent: float) -> str:
    """A length across a chart, as an attribute."""
    return f"{percent:.2f}".rstrip("0").removesuffix(".") + "%"


class TimeAxis(Struct, frozen=True):
    """The time from one moment to a later one, in the reader's zone."""

    start: datetime
    end: datetime
    zone: tzinfo

    def at(self, moment: datetime) -> float:
        """Where a moment is, in percent of the width; what is outside is at the edge."""
        share = (moment - self.start) / max(self.end - self.start, _HOUR)
        return 100 * min(max(share, 0.0), 1.0)

    def holds(self, moment: datetime) -> bool:
        """Whether a moment is within it."""
        return self.start <= moment <= self.end


class Tick(Struct, frozen=True):
    """A moment with a name; `minor` ones are left out where there is little room."""

    moment: datetime
    label: str
    minor: bool


def ticks(axis: TimeAxis) -> list[Tick]:
    """The full hours, days, weeks or months that are written below a chart."""
    found = next(moments for moments in _scales(axis) if len(moments) <= _MOST_TICKS)
    every = -(-len(found) // _MOST_NARROW_TICKS)
    hourly = any(moment.time() != time.min for moment in found)
    monthly = len(found) > 1 and all(moment.day == 1 for moment in found)
    label = _hour_label if hourly else _month_label if monthly else day_label
    return [Tick(moment, label(moment), n % every > 0) for n, moment in enumerate(found)]


def _scales(axis: TimeAxis) -> Iterator[list[datetime]]:
    """The moments that could be written, from many to few."""
    for hours in (1, 3, 6, 12):
        # A long time has more hours than anybody wants to go through.
        if axis.end - axis.start <= _MOST_TICKS * hours * _HOUR:
            yield [
                moment
                for day in _days(axis, 1)
                for hour in range(0, 24, hours)
                if axis.holds(moment := datetime.combine(day, time(hour), axis.zone))
            ]
    for each in (1, 2, 7, 14):
        yield _midnights(axis, _days(axis, each))
    for months in (1, 2, 3, 6, 12):
        yield _midnights(axis, _firsts(axis, months))
    for years in (2, 5, 10, 100):
        yield _midnights(axis, (first for first in _firsts(axis, 12) if first.year % years == 0))
    yield []


def _midnights(axis: TimeAxis, days: Iterator[date]) -> list[datetime]:
    midnights = (datetime.combine(day, time.min, axis.zone) for day in days)
    return [midnight for midnight in takewhile(lambda moment: moment <= axis.end, midnights) if midnight >= axis.start]


def _days(axis: TimeAxis, each: int) -> Iterator[date]:
    """Each so manieth day; weeks begin on Mondays."""
    first, last = axis.start.astimezone(axis.zone).date(), axis.end.astimezone(axis.zone).date()
    # Day 1 of the calendar was a Monday.
    first += timedelta(days=-(first.toordinal() - 1) % each)
    return (first + timedelta(days=n) for n in range(0, (last - first).days + 1, each))


def _firsts(axis: TimeAxis, months: int) -> Iterator[date]:
    """The first of each so manieth month of a year."""
    first, last = axis.start.astimezone(axis.zone), axis.end.astimezone(axis.zone)
    for year in range(first.year, last.year + 1):
        for month in range(1, 13, months):
            yield date(year, month, 1)


def _hour_label(moment: datetime) -> str:
    return day_label(moment) if moment.time() == time.min else f"{moment:%H:%M}"


def _month_label(moment: datetime) -> str:
    """`Mar`, and the year where it begins."""
    return f"{moment:%Y}" if moment.month == 1 else f"{moment:%b}"


def day_label(day: date) -> str:
    """`6 Mar`."""
    return f"{day.day} {day:%b}"


class RateAxis(Struct, frozen=True):
    """From nothing up to `steps` times a round rate, in so many pixels."""

    step: Fraction
    steps: int
    height: int

    @property
    def top(self) -> Fraction:
        """The highest rate that it shows."""
        return self.step * self.steps

    @property
    def marks(self) -> list[Fraction]:
        """The rates that are written beside it."""
        return [self.step * n for n in range(self.steps + 1)]

    def at(self, rate: Fraction) -> float:
        """How many pixels below the top a rate is."""
        return float(self.height * (1 - min(rate / self.top, Fraction(1))))


# What is smaller is shown as 0 %.
_SMALLEST_STEP = Fraction(1, 1_000_000)
_ROUND = (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5))
_MOST_STEPS = 5


def rate_axis(highest: Fraction, height: int) -> RateAxis:
    """The axis of a chart in which this is the highest rate, with some room above it."""
    wanted = min(highest * Fraction(115, 100), Fraction(1))
    steps = (factor * _SMALLEST_STEP * 10**power for power in count() for factor in _ROUND)
    axes = (RateAxis(step, max(-(-wanted // step), 1), height) for step in steps)
    return next(axis for axis in axes if axis.steps <= _MOST_STEPS and all(map(_is_exact, axis.marks)))


def _is_exact(rate: Fraction) -> bool:
    """Whether a rate is written as it is, without rounding."""
    return Fraction(percent(rate).removesuffix(" %")) == rate * 100


class Taken(Struct, frozen=True):
    """A stretch of a line that something takes up, in percent of the width."""

    start: float
    end: float


def lanes(wanted: Sequence[Taken]) -> list[int]:
    """In which line each of these stands, from 0 on, so that none is upon another; they come from left to right."""
    ends: list[float] = []
    found = []
    for each in wanted:
        lane = next((n for n, end in enumerate(ends) if end <= each.start), len(ends))
        ends[lane : lane + 1] = [each.end]
        found.append(lane)
    return found


def apart(wanted: Sequence[float], distance: float) -> list[float]:
    """Heights in pixels, moved up where two would be closer than this; in the order in which they were given."""
    found = dict[int, float]()
    below: float | None = None
    for number in sorted(range(len(wanted)), key=lambda n: -wanted[n]):
        below = wanted[number] if below is None else min(wanted[number], below - distance)
        found[number] = below
    return [found[number] for number in range(len(wanted))]


def room_for(pixels: float, share: float) -> str | None:
    """The class of a text that takes so many pixels within this share of the width; None if there is never room."""
    widths = {NARROW: "", **ROOMY}
    return next((name for width, name in widths.items() if width * share >= pixels), None)
