"""The chart of a rate over time, with its limits, the statuses that it led to, and what happened."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from fractions import Fraction
from itertools import groupby

import htpy as h
from htpy import Element, Node
from msgspec import Struct

from ses_reputation.dashboard.charts.axes import (
    NARROW,
    RateAxis,
    Taken,
    TimeAxis,
    across,
    apart,
    lanes,
    px,
    rate_axis,
    room_for,
    ticks,
)
from ses_reputation.dashboard.charts.marks import Mark
from ses_reputation.dashboard.charts.tables import scrolled
from ses_reputation.dashboard.parts import moment, moment_text, tone_of
from ses_reputation.domain.history import RatePoint, StatusSpan
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.limits import Limits
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.notices.numbers import percent
from ses_reputation.notices.structure import readable
from ses_reputation.notices.texts import METRICS
from ses_reputation.notices.vocabulary import STATUS_NAMES, Vocabulary, words_of

MOST_MARKS = 12
"""How many marks a chart has at most. Older ones are left out: the history has them."""

_STRIP, _PIN, _PLOT, _LABELS = 22, 20, 180, 22
_LETTER = 6.4  # pixels of a letter in the strip, at most
_HALO = 14  # pixels that a label at a line takes

# How far a chart may go on beyond now, in its own lengths: a month has room for the end of a probation of three weeks.
_AHEAD = 0.75

Line = list[tuple[datetime, Fraction]]


class RateChart(Struct, frozen=True):
    """What a chart of a metric shows.

    `points` are of moments since `since`; `marks` may lie ahead of `now`. `limits` are those of the scope, `policy`
    says which rates can be shown at all. `subject` is what the chart is of, in words: `tenant/shop`.
    """

    metric: Metric
    subject: str
    points: Sequence[RatePoint]
    statuses: Sequence[StatusSpan]
    marks: Sequence[Mark]
    limits: Limits
    policy: Policy
    since: datetime
    now: datetime
    zone: tzinfo
    words: Vocabulary = Vocabulary.CLASSIC

    @property
    def until(self) -> datetime:
        """Where the chart ends: now, or at what is still to come, unless that is too far ahead to be shown."""
        farthest = self.now + (self.now - self.since) * _AHEAD
        return max((mark.time for mark in self.marks if self.now < mark.time <= farthest), default=self.now)

    def shown(self, rate: Rate | None) -> Fraction | None:
        """A rate as it is drawn, None where there is too little mail."""
        return self.policy.shown(rate) if rate else None

    def lines(self, *, deciding: bool) -> list[Line]:
        """The stretches without a gap of the rate that decides, or of that over the window."""
        rates = [(p.time, self.shown(p.deciding if deciding else p.window)) for p in self.points]
        return [
            [(time, rate) for time, rate in stretch if rate is not None]
            for drawn, stretch in groupby(rates, key=lambda pair: pair[1] is not None)
            if drawn
        ]

    @property
    def has_two_lines(self) -> bool:
        """Whether what decided was ever another rate than that over the window."""
        return any(point.since for point in self.points)


def rate_chart(chart: RateChart, prefix: str) -> Element:
    """A metric's rate over time, with its limits, its statuses and what happened. `prefix` makes ids unique."""
    axis = TimeAxis(chart.since, chart.until, chart.zone)
    drawn = [mark for mark in chart.marks if axis.holds(mark.time)]
    left_out, drawn = max(len(drawn) - MOST_MARKS, 0), drawn[-MOST_MARKS:]
    later = [mark for mark in chart.marks if mark.time > axis.end]
    half = 100 * _PIN / NARROW / 2
    levels = lanes([Taken(axis.at(mark.time) - half, axis.at(mark.time) + half) for mark in drawn])
    top = _STRIP + _PIN * (max(levels, default=-1) + 1) + 10
    rates = rate_axis(_highest(chart), _PLOT)
    height = top + _PLOT + _LABELS + (14 if axis.end > chart.now else 0)
    svg = h.svg(
        ".sr-plot",
        width="100%",
        height=height,
        role="img",
        aria_labelledby=f"{prefix}-title",
        aria_describedby=f"{prefix}-desc",
    )[
        h.title(id=f"{prefix}-title")[_title(chart)],
        h.desc(id=f"{prefix}-desc")[_description(chart)],
        _strip(chart, axis, top),
        _grid(rates, top),
        _time_labels(axis, top + _PLOT),
        _now(chart, axis, top) if axis.end > chart.now else None,
        [
            _pin(number, mark, level, axis, top)
            for number, (mark, level) in enumerate(zip(drawn, levels, strict=True), 1)
        ],
        _lines(chart, axis, rates, top),
        _limits(chart, rates, top),
        _last(chart, axis, rates, top) or _nothing(top),
        _points(chart, axis, rates, top),
    ]
    return h.figure(".sr-chart")[svg, _legend(chart), _told(drawn, left_out, later, chart.zone)]


def _highest(chart: RateChart) -> Fraction:
    shown = [rate for stretch in (*chart.lines(deciding=True), *chart.lines(deciding=False)) for _, rate in stretch]
    return max([chart.limits.limit.value, *shown])


def _strip(chart: RateChart, axis: TimeAxis, top: int) -> Iterator[Element]:
    """The statuses over time, by name and colour, above the plot and faintly behind it."""
    for span in chart.statuses:
        start, end = axis.at(span.start or axis.start), axis.at(span.end)
        if end <= start:
            continue
        name, tone = STATUS_NAMES[chart.words][span.status], tone_of(span.status)
        began = moment_text(span.start, chart.zone) if span.start else "before"
        x, width = across(start), across(end - start)
        yield h.g(class_=f"sr-{tone}")[
            h.title[f"{name}, since {began}"],
            h.rect(class_=f"sr-span sr-{tone}-soft", x=x, y=0, width=width, height=_STRIP - 4, rx=3),
            h.rect(class_=f"sr-behind sr-{tone}-soft", x=x, y=top, width=width, height=_PLOT)
            if span.status is not Status.HEALTHY
            else None,
            _fitting(name, start, end),
        ]


def _fitting(name: str, start: float, end: float) -> Element | None:
    """A name within a stretch of the strip, where there is room for it."""
    room = room_for(len(name) * _LETTER + 12, (end - start) / 100)
    if room is None:
        return None
    return h.text(class_=f"sr-name {room}".rstrip(), x=across(start), dx=6, y=13)[name]


def _grid(rates: RateAxis, top: int) -> Iterator[Element]:
    for rate in rates.marks:
        y = top + rates.at(rate)
        yield h.line(class_="sr-zero" if rate == 0 else "sr-grid", x1="0", x2="100%", y1=px(y), y2=px(y))
        yield h.text(".sr-scale", x=-8, y=px(y + 4), text_anchor="end")[percent(rate)]


def _time_labels(axis: TimeAxis, bottom: int) -> Iterator[Element]:
    for tick in ticks(axis):
        x = across(axis.at(tick.moment))
        yield h.g(class_="sr-roomy" if tick.minor else None)[
            h.line(".sr-zero", x1=x, x2=x, y1=bottom, y2=bottom + 4),
            h.text(".sr-scale", x=x, y=bottom + 17, text_anchor="middle")[tick.label],
        ]


def _now(chart: RateChart, axis: TimeAxis, top: int) -> Element:
    x = across(axis.at(chart.now))
    return h.g[
        h.line(".sr-now", x1=x, x2=x, y1=top, y2=top + _PLOT + 22),
        h.text(".sr-scale.sr-strong", x=x, y=top + _PLOT + 33, text_anchor="middle")["now"],
    ]


def _pin(number: int, mark: Mark, level: int, axis: TimeAxis, top: int) -> Element:
    """A line down the chart at a mark, with its number above."""
    x, y = across(axis.at(mark.time)), _STRIP + level * _PIN + 9
    return h.g[
        h.title[f"{moment_text(mark.time, axis.zone)}: {mark.text}"],
        h.line(class_=f"sr-mark sr-{mark.kind}", x1=x, x2=x, y1=y + 8, y2=top + _PLOT),
        h.circle(class_=f"sr-pin sr-{mark.kind}", cx=x, cy=y, r=8),
        h.text(".sr-pin-number", x=x, y=y + 4, text_anchor="middle")[str(number)],
    ]


def _lines(chart: RateChart, axis: TimeAxis, rates: RateAxis, top: int) -> Element:
    """The rate that decides, and where that is another one that over the window, faintly."""

    def path(stretch: Line) -> str:
        # A rate that stands alone is drawn as a dot: a line of no length, with round ends.
        points = [f"{px(axis.at(time) * 10)} {px(rates.at(rate))}" for time, rate in stretch]
        return "M" + "L".join(points if len(points) > 1 else points * 2)

    def area(stretch: Line) -> str:
        return f"{path(stretch)}V{rates.height}H{px(axis.at(stretch[0][0]) * 10)}Z"

    deciding, window = chart.lines(deciding=True), chart.lines(deciding=False) if chart.has_two_lines else []
    # Only what is stretched is in here: lines, whose strokes are not.
    return h.svg(
        ".sr-stretched",
        x=0,
        y=top,
        width="100%",
        height=rates.height,
        viewBox=f"0 0 1000 {rates.height}",
        preserveAspectRatio="none",
    )[
        [h.path(".sr-area", d=area(stretch)) for stretch in deciding if len(stretch) > 1],
        [h.path(".sr-line.sr-window", d=path(stretch), vector_effect="non-scaling-stroke") for stretch in window],
        [h.path(".sr-line", d=path(stretch), vector_effect="non-scaling-stroke") for stretch in deciding],
    ]


def _named_limits(chart: RateChart) -> list[tuple[str, Fraction, str]]:
    """What the rate may be: the kind of each bound, its value, and its name. Those that are alike are one."""
    limits, words = chart.limits, words_of(chart.words)
    named = [("limit", limits.limit.value, f"Limit {percent(limits.limit.value)}")]
    if limits.recommended.value < limits.limit.value:
        value = limits.recommended.value
        named.append(("recommended", value, f"Recommended: under {percent(value)}"))
    if limits.shutdown.value > limits.limit.value:
        value = limits.shutdown.value
        named.append(("shutdown", value, f"{words['shutdown'].capitalize()} {percent(value)}"))
    return named


def _limits(chart: RateChart, rates: RateAxis, top: int) -> Iterator[Element]:
    """A line for each bound that is within the chart, with its name at it."""
    named = [(kind, top + rates.at(value), name) for kind, value, name in _named_limits(chart) if value <= rates.top]
    heights = apart([y - 5 for _, y, _ in named], _HALO)
    for (kind, y, name), text_y in zip(named, heights, strict=True):
        yield h.g(class_=f"sr-bound sr-{kind}")[
            h.line(x1="0", x2="100%", y1=px(y), y2=px(y)),
            h.text(".sr-halo", x=6, y=px(text_y))[name],
        ]


def _last(chart: RateChart, axis: TimeAxis, rates: RateAxis, top: int) -> Element | None:
    """The newest rate that is known, as a dot with its value; None if there is none."""
    lines = chart.lines(deciding=True)
    if not lines:
        return None
    time, rate = lines[-1][-1]
    x, y = axis.at(time), top + rates.at(rate)
    # Above the dot, but under it at the top of the chart.
    text_y = y - 10 if y - top > 2 * _HALO else y + 20
    ahead = x < 80
    return h.g[
        h.circle(".sr-last", cx=across(x), cy=px(y), r="4.5"),
        h.text(
            ".sr-value.sr-halo",
            x=across(x),
            dx=8 if ahead else 0,
            y=px(text_y),
            text_anchor="start" if ahead else "end",
        )[percent(rate)],
    ]


def _nothing(top: int) -> Element:
    return h.text(".sr-scale", x="50%", y=top + _PLOT - 16, text_anchor="middle")["Too little mail to show a rate"]


def _points(chart: RateChart, axis: TimeAxis, rates: RateAxis, top: int) -> Iterator[Element]:
    """What shows when a moment is pointed at: a dot, and the moment's numbers."""
    at = [axis.at(point.time) for point in chart.points]
    for number, point in enumerate(chart.points):
        start = (at[number - 1] + at[number]) / 2 if number else at[0]
        end = (at[number] + at[number + 1]) / 2 if number + 1 < len(at) else at[-1]
        rate = chart.shown(point.deciding)
        yield h.g(".sr-point")[
            h.title[f"{moment_text(point.time, chart.zone)}: {_measured(chart, point.deciding)}"],
            h.rect(x=across(start), y=top, width=across(max(end - start, 0.3)), height=_PLOT),
            h.circle(cx=across(at[number]), cy=px(top + rates.at(rate)), r="3.5") if rate is not None else None,
        ]


def _measured(chart: RateChart, rate: Rate) -> str:
    """A rate in words: `4.2 % (421 of 10,000)`."""
    shown = chart.shown(rate)
    of = f"{rate.count:,} of {rate.eligible:,}"
    return f"{percent(shown)} ({of})" if shown is not None else f"too little mail ({of})"


def _legend(chart: RateChart) -> Element | None:
    """What the two lines are, where there are two."""
    if not chart.has_two_lines:
        return None

    def line(classes: str, text: str) -> Element:
        swatch = h.svg(width="26", height="10", aria_hidden="true")[h.path(class_=classes, d="M2 5H24")]
        return h.li[swatch, " ", text]

    period = words_of(chart.words)["probation"]
    return h.ul(".sr-legend")[
        line("sr-line", f"The rate that decides: in a {period}, over the mail since it began"),
        line("sr-line sr-window", "Over the whole window"),
    ]


def _told(drawn: Sequence[Mark], left_out: int, later: Sequence[Mark], zone: tzinfo) -> Node:
    """The marks in words, by their numbers."""
    if not (drawn or later):
        return None
    return [
        h.ol(".sr-marks")[
            [
                h.li[
                    h.span(class_=f"sr-number-of sr-{mark.kind}")[str(number)],
                    h.span[moment(mark.time, zone), f" {mark.text}"],
                ]
                for number, mark in enumerate(drawn, 1)
            ],
            [h.li[h.span(".sr-number-of")["\u2192"], h.span[moment(m.time, zone), f" {m.text}"]] for m in later],
        ],
        h.p(".sr-muted")[f"{left_out:,} earlier changes are in the history."] if left_out else None,
    ]


def _title(chart: RateChart) -> str:
    since, now = (f"{t.astimezone(chart.zone):%Y-%m-%d}" for t in (chart.since, chart.now))
    return f"{METRICS[chart.metric].name.capitalize()} of {readable(chart.subject)}, {since} to {now}"


def _description(chart: RateChart) -> str:
    """What the chart shows, in words."""
    texts = METRICS[chart.metric]
    rates = [(rate, p) for p in chart.points if (rate := chart.shown(p.deciding)) is not None]
    said = []
    if rates:
        first, highest, (last, newest) = rates[0], max(rates, key=lambda pair: pair[0]), rates[-1]
        said.append(f"From {percent(first[0])} on {moment_text(first[1].time, chart.zone)}")
        said.append(f"highest {percent(highest[0])} on {moment_text(highest[1].time, chart.zone)}")
        when = "now" if newest is chart.points[-1] else f"last known on {moment_text(newest.time, chart.zone)}"
        said.append(f"{when} {percent(last)}, {newest.deciding.count:,} {texts.many} of {newest.deciding.eligible:,}")
    else:
        said.append("Too little mail to show a rate")
    bounds = "; ".join(name for _, _, name in _named_limits(chart))
    marks = "; ".join(f"{moment_text(mark.time, chart.zone)}: {mark.text}" for mark in chart.marks[-MOST_MARKS:])
    return f"{'; '.join(said)}. {bounds}.{f' {marks}.' if marks else ''}"


def rate_table(chart: RateChart) -> Element:
    """What a rate chart shows, in numbers, the newest first."""
    texts, two = METRICS[chart.metric], chart.has_two_lines
    headings = ("Rate", texts.many.capitalize(), "Of", *(("Over the window",) if two else ()))
    return scrolled(
        texts.name.capitalize(),
        h.table[
            h.thead[h.tr[h.th(scope="col")["Time"], [h.th(".sr-number", scope="col")[name] for name in headings]]],
            h.tbody[
                [
                    h.tr[
                        h.th(scope="row")[moment(point.time, chart.zone)],
                        [h.td(".sr-number")[cell] for cell in _cells(chart, point, two=two)],
                    ]
                    for point in reversed(chart.points)
                ]
            ],
        ],
    )


def _cells(chart: RateChart, point: RatePoint, *, two: bool) -> Iterator[str]:
    def text(rate: Rate) -> str:
        shown = chart.shown(rate)
        return percent(shown) if shown is not None else "too little mail"

    yield text(point.deciding)
    yield f"{point.deciding.count:,}"
    yield f"{point.deciding.eligible:,}"
    if two:
        yield text(point.window)
