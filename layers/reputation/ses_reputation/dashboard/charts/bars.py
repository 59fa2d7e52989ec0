"""Bars that compare a few things, in tables that say how many they are."""

from collections.abc import Sequence

import htpy as h
from htpy import Element, Node
from msgspec import Struct

from ses_reputation.dashboard.charts.axes import across
from ses_reputation.dashboard.parts import nothing
from ses_reputation.notices.structure import readable


class Bar(Struct, frozen=True):
    """One thing: what it is called, how long its bar is, and what is written beside it and below its name."""

    label: Node
    size: int
    cells: tuple[Node, ...]
    note: Node = None


def bars(caption: str, headings: Sequence[str], rows: Sequence[Bar]) -> Element:
    """A table with a bar below each label; the first heading is that of the labels, the others those of the cells."""
    if not rows:
        return nothing("Nothing was counted.")
    most = max([1, *(row.size for row in rows)])
    return h.table(".sr-bars")[
        h.caption[caption],
        h.thead[h.tr[h.th(scope="col")[headings[0]], [h.th(".sr-number", scope="col")[name] for name in headings[1:]]]],
        h.tbody[
            [
                h.tr[
                    h.th(scope="row")[
                        readable(row.label, 120) if isinstance(row.label, str) else row.label,
                        _bar(row.size, most),
                        row.note,
                    ],
                    [h.td(".sr-number")[cell] for cell in row.cells],
                ]
                for row in rows
            ]
        ],
    ]


def _bar(size: int, most: int) -> Element:
    share = max(100 * size / most, 0.5 if size > 0 else 0)
    return h.svg(".sr-bar", width="100%", height="8", aria_hidden="true")[
        h.rect(".sr-bar-rail", width="100%", height="8", rx="2"),
        h.rect(".sr-bar-size", width=across(share), height="8", rx="2"),
    ]
