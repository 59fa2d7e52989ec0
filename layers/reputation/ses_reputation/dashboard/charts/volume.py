"""The chart of a scope's mail day by day."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from fractions import Fraction
from functools import reduce
from operator import add

import htpy as h
from htpy import Element, Node
from msgspec import Struct

from ses_reputation.dashboard.charts.axes import TimeAxis, across, day_label, px, ticks
from ses_reputation.dashboard.parts import nothing, wide
from ses_reputation.domain.history import DayCounts, MailCounts
from ses_reputation.notices.numbers import percent
from ses_reputation.notices.structure import readable

# More bars than this are too thin to be seen on a phone: then each is a week.
_MOST_BARS = 100
_WEEK = 7
_NAMED_BARS = 9

_NAME, _GAP, _LABELS = 18, 12, 12


class _Kind(Struct, frozen=True):
    """One kind of mail, so many pixels high in the chart; without a height it is in the table only.

    Each has a scale of its own: against all mail, nobody would see a complaint.
    """

    field: str
    name: str
    height: int = 0

    def of(self, mail: MailCounts) -> int:
        """How much of it there is."""
        count: int = getattr(mail, self.field)
        return count


_KINDS = (
    _Kind("sent", "recipients", 64),
    _Kind("delivered", "delivered"),
    _Kind("hard_bounced", "hard bounces", 34),
    _Kind("soft_bounced", "soft bounces", 34),
    _Kind("complained", "complaints", 34),
    _Kind("delayed", "delayed"),
)
_DRAWN = tuple(kind for kind in _KINDS if kind.height)


class _Bar(Struct, frozen=True):
    """The mail of a day, or of a week."""

    first: date
    last: date
    mail: MailCounts

    @property
    def when(self) -> str:
        if self.first == self.last:
            return f"{self.first:%a %Y-%m-%d}"
        return f"{self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}"


def volume_chart(days: Sequence[DayCounts], subject: str, prefix: str) -> Element:
    """What was sent, bounced and complained about day by day, or week by week if they are many; at least one day.

    `subject` is whose mail it is, in words; `prefix` makes ids unique.
    """
    if not any(kind.of(one.mail) for one in days for kind in _DRAWN):
        return nothing("No mail in these days.")
    bars, each = _bars(days)
    rows: list[Node] = []
    bottom = 0
    for kind in _DRAWN:
        rows.append(list(_drawn(kind, bars, each, bottom)))
        bottom += _NAME + _GAP + (kind.height if any(kind.of(bar.mail) for bar in bars) else 0)
    svg = h.svg(
        ".sr-plot",
        width="100%",
        height=bottom + _LABELS,
        role="img",
        aria_labelledby=f"{prefix}-title",
        aria_describedby=f"{prefix}-desc",
    )[
        h.title(id=f"{prefix}-title")[f"Mail of {readable(subject)} by {each}, {days[0].day} to {days[-1].day}"],
        h.desc(id=f"{prefix}-desc")[_description(bars)],
        rows,
        list(_days(bars, bottom)),
        [_pointed_at(number, bar, len(bars), bottom) for number, bar in enumerate(bars)],
    ]
    return h.figure(".sr-chart")[svg]


def _bars(days: Sequence[DayCounts]) -> tuple[list[_Bar], str]:
    """The bars, and what each is of. Weeks are counted back from the last day, so that the newest is a whole one."""
    if len(days) <= _MOST_BARS:
        return [_Bar(one.day, one.day, one.mail) for one in days], "day"
    starts = range(-(-len(days) % _WEEK), len(days), _WEEK)
    weeks = [days[max(start, 0) : start + _WEEK] for start in starts]
    return [_Bar(week[0].day, week[-1].day, reduce(add, (one.mail for one in week))) for week in weeks], "week"


def _drawn(kind: _Kind, bars: Sequence[_Bar], each: str, top: int) -> Iterator[Element]:
    """The row of one kind of mail; only a line that says so if there was none."""
    most = max(kind.of(bar.mail) for bar in bars)
    yield h.text(".sr-name", x="0", y=top + 12)[f"{kind.name.capitalize()} a {each}" if most else f"No {kind.name}"]
    if not most:
        return
    full, bottom = top + _NAME, top + _NAME + kind.height
    for y, number, line in ((full, most, "sr-grid"), (bottom, 0, "sr-zero")):
        yield h.line(class_=line, x1="0", x2="100%", y1=y, y2=y)
        yield h.text(".sr-scale", x=-8, y=y + 4, text_anchor="end")[_short(number)]
    width = 100 / len(bars)
    # A few bars that are as wide as they could be look like walls.
    thick = 0.8 if len(bars) > 2 * _NAMED_BARS else 0.5
    for number, bar in enumerate(bars):
        if count := kind.of(bar.mail):
            # However little it is, it is not nothing.
            size = max(kind.height * count / most, 1.5)
            yield h.rect(
                class_=f"sr-bar-{kind.field.replace('_', '-')}",
                x=across((number + (1 - thick) / 2) * width),
                y=px(bottom - size),
                width=across(thick * width),
                height=px(size),
            )


def _short(number: int) -> str:
    """A number in the room that there is beside a chart: `12,400`, `1.3 M`."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (100_000, "k")):
        if number >= size:
            unit = 1_000 if letter == "k" else size
            return f"{number / unit:.3g} {letter}"
    return f"{number:,}"


def _days(bars: Sequence[_Bar], bottom: int) -> Iterator[Element]:
    """The names of some bars, below their middles."""
    for number, label, minor in _named(bars):
        x = across(100 * (number + 0.5) / len(bars))
        yield h.text(class_=f"sr-scale{' sr-roomy' if minor else ''}", x=x, y=bottom + 8, text_anchor="middle")[label]


def _named(bars: Sequence[_Bar]) -> Iterator[tuple[int, str, bool]]:
    """Which bars have a name, and whether that is left out where there is little room."""
    if len(bars) <= _NAMED_BARS:
        yield from ((n, day_label(bar.first), n % 2 > 0 and len(bars) > _NAMED_BARS // 2) for n, bar in enumerate(bars))
        return
    start, end = (datetime.combine(day, time.min, UTC) for day in (bars[0].first, bars[-1].last))
    for tick in ticks(TimeAxis(start, end, UTC)):
        yield next(n for n, bar in enumerate(bars) if bar.last >= tick.moment.date()), tick.label, tick.minor


def _pointed_at(number: int, bar: _Bar, many: int, height: int) -> Element:
    return h.g(".sr-point")[
        h.title[_said(bar)],
        h.rect(x=across(100 * number / many), y=0, width=across(100 / many), height=height),
    ]


def _said(bar: _Bar) -> str:
    mail = bar.mail
    counts = ", ".join(f"{kind.of(mail):,} {kind.name}" for kind in _DRAWN)
    bounced = f"; {percent(Fraction(mail.hard_bounced, mail.sent))} bounced hard" if mail.sent else ""
    return f"{bar.when}: {counts}{bounced}"


def _description(bars: Sequence[_Bar]) -> str:
    said = []
    for kind in _DRAWN:
        counts = [kind.of(bar.mail) for bar in bars]
        most = f", most {bars[counts.index(max(counts))].when} with {max(counts):,}" if any(counts) else ""
        said.append(f"{sum(counts):,} {kind.name}{most}")
    return f"{'; '.join(said)}."


def volume_table(days: Sequence[DayCounts]) -> Element:
    """The mail of each day in numbers, the newest first; what there was none of on any day is left out."""
    kinds = [kind for kind in _KINDS if kind.height or any(kind.of(one.mail) for one in days)]
    caption = "Mail by day"
    return wide(
        f"Table: {caption}",
        h.table[
            h.caption(".sr-unseen")[caption],
            h.thead[
                h.tr[
                    h.th(scope="col")["Day"],
                    [h.th(".sr-number", scope="col")[kind.name.capitalize()] for kind in kinds],
                ]
            ],
            h.tbody[
                [
                    h.tr[
                        h.th(scope="row")[f"{one.day:%a %Y-%m-%d}"],
                        [h.td(".sr-number")[f"{kind.of(one.mail):,}"] for kind in kinds],
                    ]
                    for one in reversed(days)
                ]
            ],
        ],
        classes="sr-scrolled",
    )
