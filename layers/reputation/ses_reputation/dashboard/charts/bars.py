"""Bars that compare a few things, in tables that say how many they are."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import htpy as h
from htpy import Element, Node
from msgspec import Struct

from ses_reputation.dashboard.charts.axes import across
from ses_reputation.dashboard.parts import nothing
from ses_reputation.domain.history import MailCounts, ProviderCounts
from ses_reputation.domain.providers import OTHER, UNSPECIFIED
from ses_reputation.notices.numbers import percent
from ses_reputation.notices.structure import readable

_NAMES: Mapping[str | None, str] = {
    None: "all others",
    OTHER: "other domains",
    UNSPECIFIED: "not told by SES",
}


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


def share_bars(caption: str, what: str, counts: Iterable[tuple[str, int]]) -> Element:
    """How many there are of each thing, and which share of all they are. `what` they are is the first heading."""
    counted = list(counts)
    total = sum(count for _, count in counted)
    rows = [Bar(label, n, (f"{n:,}", percent(Fraction(n, total)) if total else "")) for label, n in counted]
    return bars(caption, (what, "Count", "Share"), rows)


def provider_bars(caption: str, providers: Iterable[ProviderCounts]) -> Element:
    """The mail to each mailbox provider, and how much of it bounced or led to a complaint."""
    rows = [Bar(_NAMES.get(one.provider) or one.provider or "", one.mail.sent, _cells(one.mail)) for one in providers]
    return bars(caption, ("Provider", "Recipients", "Hard bounces", "Complaints"), rows)


def _cells(mail: MailCounts) -> tuple[Node, ...]:
    def of_all(count: int) -> Node:
        share = percent(Fraction(count, mail.sent)) if count and mail.sent else ""
        return [f"{count:,}", [" ", h.span(".sr-share")[f"({share})"]] if share else None]

    return f"{mail.sent:,}", of_all(mail.hard_bounced), of_all(mail.complained)
