"""A small line beside a number: where it has been going."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from math import sqrt

import htpy as h
from htpy import Element

from ses_reputation.dashboard.charts.axes import px
from ses_reputation.notices.numbers import percent

WIDTH, HEIGHT = 96, 24
_MARGIN = 4

# The highest rate there is room for, in limits: what is over it is at the edge, and the limit itself two thirds up.
_TOP = Fraction(9, 4)

# What has changed by less than a tenth is where it was.
_STEADY = Fraction(1, 10)


def sparkline(points: Sequence[Fraction | None], limit: Fraction) -> Element:
    """The rates of the last days, one a day with the newest last, None where there was none.

    The limit is a thin line, at the same height in all of them, so that those of several scopes can be compared. A rate
    is as high as the square root of its share of the limit: far below it there is still something to see.
    """
    known = [(number, rate) for number, rate in enumerate(points) if rate is not None]

    def x(number: int) -> str:
        return px(_MARGIN + (WIDTH - 2 * _MARGIN) * number / max(len(points) - 1, 1))

    def y(rate: Fraction) -> str:
        share = min(rate / limit, _TOP) if limit else _TOP * (rate > 0)
        return px(HEIGHT - _MARGIN - (HEIGHT - 2 * _MARGIN) * sqrt(share / _TOP))

    def path(stretch: Sequence[tuple[int, Fraction]]) -> str:
        drawn = [f"{x(number)} {y(rate)}" for number, rate in stretch]
        return "M" + "L".join(drawn if len(drawn) > 1 else drawn * 2)

    # Days that follow each other have the same distance to their places among those that are known.
    stretches = [
        [one for _, one in group] for _, group in groupby(enumerate(known), key=lambda pair: pair[1][0] - pair[0])
    ]
    return h.svg(".sr-sparkline", viewBox=f"0 0 {WIDTH} {HEIGHT}", width=str(WIDTH), height=str(HEIGHT), role="img")[
        h.title[_description(points, limit)],
        h.line(".sr-limit-hair", x1=0, x2=WIDTH, y1=y(limit), y2=y(limit)),
        [h.path(".sr-line", d=path(stretch)) for stretch in stretches],
        h.circle(".sr-last", cx=x(known[-1][0]), cy=y(known[-1][1]), r="2.5") if known else None,
    ]


def _description(points: Sequence[Fraction | None], limit: Fraction) -> str:
    rates = [rate for rate in points if rate is not None]
    days = f"Last {len(points)} days" if len(points) > 1 else "Today"
    if not rates:
        return "No rate in the last days"
    course = ", ".join(percent(rate) for rate in rates)
    return f"{days}: {course}{f', {_from_first(rates)}' if len(rates) > 1 else ''}; the limit is {percent(limit)}"


def _from_first(rates: Sequence[Fraction]) -> str:
    first, last = rates[0], rates[-1]
    if abs(last - first) <= _STEADY * max(first, last):
        return "about as at first"
    return "higher than at first" if last > first else "lower than at first"
