"""The chart of a rate over time, with its limits, the statuses that it led to, and what happened."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from fractions import Fraction
from itertools import groupby, pairwise

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
from ses_reputation.dashboard.charts.marks import Mark, MarkKind
from ses_reputation.dashboard.parts import moment, moment_text, status_sign, tone_of, wide
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
"""How many marks a chart has at most. First those of other findings are left out, then the oldest.

The history has them all."""

# In pixels: the strip of statuses, a row of pins, the plot, the times below it, and `now` below those.
_STRIP, _SIGN, _PIN, _PLOT, _LABELS, _NOW = 22, 10, 20, 180, 22, 14
# A letter is at most so wide, and a line of text so high.
_LETTER, _LINE = 7.8, 14

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
        """Where the chart ends: now, or with a period that is still to end, unless that is too far ahead."""
        farthest = self.now + (self.now - self.since) * _AHEAD
        ends = [mark.time for mark in self.marks if mark.kind is MarkKind.PERIOD_END]
        return max((end for end in ends if self.now < end <= farthest), default=self.now)

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


class _Plot(Struct, frozen=True):
    """Where everything is: the axes, and how many pixels down the plot begins."""

    time: TimeAxis
    rate: RateAxis
    top: int

    @property
    def bottom(self) -> int:
        return self.top + self.rate.height

    def x(self, moment: datetime) -> str:
        return across(self.time.at(moment))

    def y(self, rate: Fraction, below: float = 0) -> str:
        """Where a rate is, or so many pixels below it."""
        return px(self.top + self.rate.at(rate) + below)


def rate_chart(chart: RateChart, prefix: str, beside: Sequence[RateChart] = ()) -> Element:
    """A metric's rate over time, with its limits, its statuses and what happened. `prefix` makes ids unique.

    It reaches as far ahead as the charts `beside` it, and its plot is as far down as theirs.
    """
    axis = TimeAxis(chart.since, max(each.until for each in (chart, *beside)), chart.zone)
    drawn, left_out = _drawn(chart, axis)
    later = [mark for mark in chart.marks if mark.time > axis.end]
    levels = _levels(drawn, axis)
    rows = max((level + 1 for each in (chart, *beside) for level in _levels(_drawn(each, axis)[0], axis)), default=0)
    plot = _Plot(axis, rate_axis(_highest(chart), _PLOT), _STRIP + _PIN * rows + 10)
    goes_on = axis.end > chart.now
    svg = h.svg(
        ".sr-plot",
        width="100%",
        height=plot.bottom + _LABELS + (_NOW if goes_on else 0),
        role="img",
        aria_labelledby=f"{prefix}-title",
        aria_describedby=f"{prefix}-desc",
    )[
        h.title(id=f"{prefix}-title")[_title(chart)],
        h.desc(id=f"{prefix}-desc")[_description(chart)],
        list(_strip(chart, plot)),
        list(_grid(plot)),
        list(_times(plot)),
        _now(chart, plot) if goes_on else None,
        [_pin(n, mark, level, plot) for n, (mark, level) in enumerate(zip(drawn, levels, strict=True), 1)],
        _lines(chart, plot),
        list(_alone(chart, plot)),
        list(_limits(chart, plot)),
        _last(chart, plot),
        list(_points(chart, plot)),
    ]
    return h.figure(".sr-chart")[svg, _legend(chart), _told(drawn, left_out, later, chart.zone)]


def _drawn(chart: RateChart, axis: TimeAxis) -> tuple[Sequence[Mark], int]:
    """The marks that are drawn, and how many are left out because they are too many."""
    within = [mark for mark in chart.marks if axis.holds(mark.time)]
    first = sorted(within, key=lambda mark: (mark.kind is not MarkKind.OTHER_FINDING, mark.time))[-MOST_MARKS:]
    return sorted(first, key=lambda mark: mark.time), len(within) - len(first)


def _levels(drawn: Sequence[Mark], axis: TimeAxis) -> list[int]:
    """In which row the pin of each mark is."""
    half = 100 * _PIN / NARROW / 2
    return lanes([Taken(axis.at(mark.time) - half, axis.at(mark.time) + half) for mark in drawn])


def _highest(chart: RateChart) -> Fraction:
    """The highest rate, or limit, that has to be within the chart: a shutdown only where it is not far away."""
    limit, shutdown = chart.limits.limit.value, chart.limits.shutdown.value
    lines = (*chart.lines(deciding=True), *chart.lines(deciding=False))
    shown = max((rate for stretch in lines for _, rate in stretch), default=Fraction(0))
    return max(shown, shutdown if shown > limit else limit)


def _strip(chart: RateChart, plot: _Plot) -> Iterator[Element]:
    """The statuses of the rate over time, by name and colour, above the plot and faintly behind it.

    They say of what they are, for the scope can have another status by another finding.
    """
    of = f"{METRICS[chart.metric].name.capitalize()}: "
    for span in chart.statuses:
        start, end = plot.time.at(span.start or plot.time.start), plot.time.at(span.end)
        if end <= start:
            continue
        name, tone = STATUS_NAMES[chart.words][span.status], tone_of(span.status)
        x, width = across(start), across(end - start)
        soft = f"sr-{tone}-soft"
        yield h.g(class_=f"sr-{tone}")[
            h.title[of, f"{name}, since {moment_text(span.start, chart.zone)}" if span.start else name],
            h.rect(class_=f"sr-span {soft}", x=x, y=0, width=width, height=_STRIP - 4, rx=3),
            None
            if span.status is Status.HEALTHY
            else h.rect(class_=f"sr-behind {soft}", x=x, y=plot.top, width=width, height=_PLOT),
            *_fitting(span.status, of, name, start, end),
        ]


def _fitting(status: Status, of: str, name: str, start: float, end: float) -> Iterator[Element]:
    """The sign of a status, its name, and of what it is, within a stretch of the strip as far as there is room."""
    share = (end - start) / 100
    sign, text, whole = (
        room_for(pixels, share)
        for pixels in (
            _SIGN + 4,
            len(name) * _LETTER + _SIGN + 16,
            len(of + name) * _LETTER + _SIGN + 16,
        )
    )
    if sign is not None:
        # The place within the strip is a share of its width, and the distance from there is not.
        yield h.svg(x=across(start), y=3, class_=sign or None, aria_hidden="true")[
            h.g(transform="translate(3)")[status_sign(status, _SIGN)]
        ]
    if text is not None:
        prefix = h.tspan(class_=whole or None)[of] if whole is not None else None
        yield h.svg(x=across(start), aria_hidden="true")[
            h.text(class_=f"sr-name {text}".rstrip(), x=_SIGN + 8, y=13)[prefix, name]
        ]


def _grid(plot: _Plot) -> Iterator[Element]:
    for rate in plot.rate.marks:
        y = plot.y(rate)
        yield h.line(class_="sr-zero" if rate == 0 else "sr-grid", x1="0", x2="100%", y1=y, y2=y)
        yield h.text(".sr-scale", x=-8, y=plot.y(rate, 4), text_anchor="end")[percent(rate)]


def _times(plot: _Plot) -> Iterator[Element]:
    for tick in ticks(plot.time):
        x = plot.x(tick.moment)
        yield h.g(class_="sr-roomy" if tick.minor else None)[
            h.line(".sr-zero", x1=x, x2=x, y1=plot.bottom, y2=plot.bottom + 4),
            h.text(".sr-scale", x=x, y=plot.bottom + 17, text_anchor="middle")[tick.label],
        ]


def _now(chart: RateChart, plot: _Plot) -> Element:
    x = plot.x(chart.now)
    return h.g[
        h.line(".sr-now", x1=x, x2=x, y1=plot.top, y2=plot.bottom + 22),
        h.text(".sr-scale.sr-strong", x=x, y=plot.bottom + 33, text_anchor="middle")["now"],
    ]


def _pin(number: int, mark: Mark, level: int, plot: _Plot) -> Element:
    """A line down the chart at a mark, with its number above."""
    x, y = plot.x(mark.time), _STRIP + level * _PIN + 9
    return h.g[
        h.title[_marked(mark, plot.time.zone)],
        h.line(class_=f"sr-mark sr-{mark.kind}", x1=x, x2=x, y1=y + 8, y2=plot.bottom),
        h.circle(class_=f"sr-pin sr-{mark.kind}", cx=x, cy=y, r=8),
        h.text(".sr-pin-number", x=x, y=y + 4, text_anchor="middle")[str(number)],
    ]


def _lines(chart: RateChart, plot: _Plot) -> Element:
    """The rate that decides, and where that is another one that over the window, faintly."""

    def path(stretch: Line) -> str:
        return "M" + "L".join(f"{px(plot.time.at(time) * 10)} {px(plot.rate.at(rate))}" for time, rate in stretch)

    def line(stretch: Line, classes: str) -> Element:
        return h.path(class_=classes, d=path(stretch), vector_effect="non-scaling-stroke")

    def area(stretch: Line) -> str:
        return f"{path(stretch)}V{_PLOT}H{px(plot.time.at(stretch[0][0]) * 10)}Z"

    deciding, window = ([stretch for stretch in lines if len(stretch) > 1] for lines in _both(chart))
    # Only what is stretched is in here: lines, whose strokes are not.
    return h.svg(
        ".sr-stretched",
        aria_hidden="true",
        y=plot.top,
        width="100%",
        height=_PLOT,
        viewBox=f"0 0 1000 {_PLOT}",
        preserveAspectRatio="none",
    )[
        [h.path(".sr-area", d=area(stretch)) for stretch in deciding],
        [line(stretch, "sr-line sr-window") for stretch in window],
        [line(stretch, "sr-line") for stretch in deciding],
    ]


def _both(chart: RateChart) -> tuple[list[Line], list[Line]]:
    """The stretches of the rate that decides, and of that over the window where that is another one."""
    return chart.lines(deciding=True), chart.lines(deciding=False) if chart.has_two_lines else []


def _alone(chart: RateChart, plot: _Plot) -> Iterator[Element]:
    """Rates that have none beside them, as small rings: the newest one alone is a full dot."""
    for lines, classes in zip(_both(chart), ("sr-alone", "sr-alone sr-window"), strict=True):
        for stretch in lines:
            if len(stretch) == 1:
                ((time, rate),) = stretch
                yield h.circle(class_=classes, cx=plot.x(time), cy=plot.y(rate), r="2.5")


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


def _limits(chart: RateChart, plot: _Plot) -> Iterator[Element]:
    """A line for each bound that is within the chart, with its name at it."""
    named = [bound for bound in _named_limits(chart) if bound[1] <= plot.rate.top]
    heights = apart([plot.rate.at(value) - 5 for _, value, _ in named], _LINE)
    for (kind, value, name), height in zip(named, heights, strict=True):
        yield h.g(class_=f"sr-bound sr-{kind}")[
            h.line(x1="0", x2="100%", y1=plot.y(value), y2=plot.y(value)),
            h.text(".sr-halo", x=6, y=px(plot.top + height))[name],
        ]


def _last(chart: RateChart, plot: _Plot) -> Element:
    """The newest rate that is known, as a dot with its value; words where there is none."""
    lines = chart.lines(deciding=True)
    if not lines:
        nothing = "Too little mail to show a rate"
        return h.text(".sr-scale", x="50%", y=plot.bottom - 16, text_anchor="middle")[nothing]
    time, rate = lines[-1][-1]
    # Above the dot, but under it at the top of the chart; behind it where nothing else can be.
    below = -10 if plot.rate.at(rate) > 2 * _LINE else 20
    behind = plot.time.at(time) < 80
    where = {"x": plot.x(time), "y": plot.y(rate, below), "dx": "8" if behind else "0"}
    return h.g[
        h.circle(".sr-last", cx=plot.x(time), cy=plot.y(rate), r="4.5"),
        h.text(".sr-value.sr-halo", where, text_anchor="start" if behind else "end")[percent(rate)],
    ]


def _points(chart: RateChart, plot: _Plot) -> Iterator[Element]:
    """What shows when a moment is pointed at: a dot, and the moment's numbers."""
    at = [plot.time.at(point.time) for point in chart.points]
    middles = [(one + other) / 2 for one, other in pairwise(at)]
    for point, start, end in zip(chart.points, [*at[:1], *middles], [*middles, *at[-1:]], strict=True):
        rate = chart.shown(point.deciding)
        yield h.g(".sr-point")[
            h.title[f"{moment_text(point.time, chart.zone)}: {_measured(chart, point.deciding)}"],
            h.rect(x=across(start), y=plot.top, width=across(max(end - start, 0.3)), height=_PLOT),
            h.circle(cx=plot.x(point.time), cy=plot.y(rate), r="3.5") if rate is not None else None,
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


def _marked(mark: Mark, zone: tzinfo) -> str:
    return f"{moment_text(mark.time, zone)}: {readable(mark.text)}"


def _told(drawn: Sequence[Mark], left_out: int, later: Sequence[Mark], zone: tzinfo) -> Node:
    """The marks in words, by their numbers; those that are too far ahead have an arrow."""
    if not (drawn or later):
        return None
    signs = [(str(number), f"sr-number-of sr-{mark.kind}", mark) for number, mark in enumerate(drawn, 1)]
    signs += [("\u2192", "sr-number-of", mark) for mark in later]
    return [
        h.ol(".sr-marks")[
            [
                h.li[h.span(class_=classes)[sign], h.span[moment(mark.time, zone), f" {readable(mark.text)}"]]
                for sign, classes, mark in signs
            ]
        ],
        h.p(".sr-muted")[f"The history has {left_out:,} more."] if left_out else None,
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
    marks = "; ".join(_marked(mark, chart.zone) for mark in chart.marks[-MOST_MARKS:])
    return f"{'; '.join(said)}. {bounds}.{f' {marks}.' if marks else ''}"


def rate_table(chart: RateChart) -> Element:
    """What a rate chart shows, in numbers, the newest first."""
    texts, two = METRICS[chart.metric], chart.has_two_lines
    headings = ("Rate", texts.many.capitalize(), "Of", *(("Over the window",) if two else ()))
    caption = texts.name.capitalize()
    return wide(
        f"Table: {caption}",
        h.table[
            h.caption(".sr-unseen")[caption],
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
        classes="sr-scrolled",
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
