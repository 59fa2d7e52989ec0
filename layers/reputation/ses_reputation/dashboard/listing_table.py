"""All scopes in a table: the worst first, some of them at a time, and what narrows them down."""

from fractions import Fraction

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.frame import paging
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import OverviewPage, ScopePage
from ses_reputation.dashboard.parts import (
    KINDS,
    kind_name,
    nothing,
    scope_name,
    status_badge,
    status_sign,
    tone_of,
)
from ses_reputation.dashboard.rate_cards import share_text, trend_line
from ses_reputation.dashboard.verdicts import sending_text
from ses_reputation.dashboard.views import OverviewView
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation.domain.listing import Listed
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.numbers import percent
from ses_reputation.notices.texts import METRICS
from ses_reputation.notices.vocabulary import STATUS_NAMES

# A rate that is far under its limit need not say how far.
_SHARE_SHOWN = Fraction(1, 2)
_PART_OF_IT = "Part of a name is enough; upper and lower case are the same."
_MORE = "There are more scopes than this page can read: the healthiest are missing."


def scope_listing(view: OverviewView, medium: Medium) -> Element:
    """The scopes that were asked for, how many there are of each status, and what to ask for."""
    return h.section(".sr-card.sr-all")[
        h.h2["All scopes ", h.span(".sr-muted")[number_text(view.total, view)]],
        _chips(view, medium),
        h.div(".sr-filter")[medium.form(OverviewPage(), _fields(view), "Show")],
        _matching(view, medium),
        _table(view, medium) if view.rows else nothing(_no_match(view)),
        paging(view.page, view.pages, medium),
        None if view.complete else h.p(".sr-hint")[_MORE],
    ]  # fmt: skip


def number_text(number: int, view: OverviewView) -> str:
    """How many scopes there are, or findings of them: at least so many where the listing was cut off."""
    return f"{number:,}" if view.complete else f"at least {number:,}"


def that_were_read(view: OverviewView) -> str:
    """What is said after a number of scopes where there are more than were read."""
    return "" if view.complete else " that were read"


def _chips(view: OverviewView, medium: Medium) -> Node:
    """How many scopes have each status, the worst first, and the way to them."""
    names = STATUS_NAMES[view.frame.words]
    return h.ul(".sr-chips", aria_label="Scopes by status")[
        (
            h.li[
                medium.link(
                    OverviewPage(status=status),
                    h.span(".sr-chip")[
                        h.span(class_=f"sr-{tone_of(status)}")[status_sign(status)],
                        names[status],
                        " ",
                        h.span(".sr-total")[number_text(number, view)],
                    ],
                    current=view.page.status is status,
                )
            ]
            for status in reversed(Status)
            if (number := view.statuses.get(status))
        )
    ]


def _fields(view: OverviewView) -> Node:
    page, names = view.page, STATUS_NAMES[view.frame.words]
    kinds = {
        kind: f"{name} ({number_text(number, view)})"
        for kind, name in KINDS.items()
        if (number := view.kinds.get(kind))
    }
    if page.kind and page.kind not in kinds:
        kinds[page.kind] = KINDS[page.kind]
    # Almost healed is a status of rates, not of scopes.
    statuses = {status: names[status] for status in reversed(Status) if status is not Status.ALMOST_HEALED}
    return [
        h.div[
            h.label(for_="sr-kind")["Kind"],
            h.select(id="sr-kind", name="kind")[
                h.option(value="")["All"],
                (h.option(value=kind, selected=kind is page.kind)[name] for kind, name in kinds.items()),
            ],
        ],
        h.div[
            h.label(for_="sr-status")["Status"],
            h.select(id="sr-status", name="status")[
                h.option(value="")["All"],
                (h.option(value=status, selected=status is page.status)[name] for status, name in statuses.items()),
            ],
        ],
        h.div[
            h.label(for_="sr-search")["Name"],
            h.input(id="sr-search", name="search", type="search", value=page.search, maxlength="300"),
        ],
    ]  # fmt: skip


def _is_filtered(page: OverviewPage) -> bool:
    return bool(page.kind or page.status or page.search)


def _matching(view: OverviewView, medium: Medium) -> Node:
    if not _is_filtered(view.page):
        return None
    verb = "matches" if view.matching == 1 else "match"
    return h.p[
        f"{view.matching:,} of {view.total:,}{that_were_read(view)} {verb}. ", medium.link(OverviewPage(), "Show all")
    ]


def _no_match(view: OverviewView) -> str:
    if view.total:
        which = "" if view.complete else " among those that were read"
        return f"No scope{which} is like that. {_PART_OF_IT}"
    return "No scope was evaluated yet."


def _table(view: OverviewView, medium: Medium) -> Element:
    return h.table(".sr-scopes", role="table")[
        h.caption(".sr-unseen")["Scopes, the worst first"],
        h.thead(role="rowgroup")[h.tr(role="row")[
            _head("Scope"),
            _head("Status"),
            _head("Bounce rate", number=True),
            _head([h.span(".sr-unseen")["Bounce rate, "], "14 days"], trend=True),
            _head("Complaint rate", number=True),
            _head([h.span(".sr-unseen")["Complaint rate, "], "14 days"], trend=True),
            _head("Recipients", number=True),
            _head("Open findings"),
        ]],
        h.tbody(role="rowgroup")[(_row(row, view, medium) for row in view.rows)],
    ]  # fmt: skip


def _head(name: Node, *, number: bool = False, trend: bool = False) -> Element:
    classes = "sr-number" if number else "sr-trend" if trend else None
    return h.th(scope="col", role="columnheader", class_=classes)[name]


def _row(row: Listed, view: OverviewView, medium: Medium) -> Element:
    names = STATUS_NAMES[view.frame.words]
    enforcement = view.sending.get(row.scope)
    sending = sending_text(enforcement) if enforcement else None
    return h.tr(role="row")[
        h.th(scope="row", role="rowheader")[
            h.span(".sr-kind")[kind_name(row.scope)] if row.scope != ACCOUNT else None,
            medium.link(ScopePage(row.scope), scope_name(row.scope)),
        ],
        h.td(".sr-state", role="cell")[
            status_badge(row.status, names[row.status]),
            h.span(".sr-note")[f"At SES: {sending}"] if sending else None,
        ],
        _rate(row, Metric.BOUNCE_RATE, view),
        _trend_cell(row, Metric.BOUNCE_RATE, view),
        _rate(row, Metric.COMPLAINT_RATE, view),
        _trend_cell(row, Metric.COMPLAINT_RATE, view),
        h.td(".sr-number", role="cell")[_label("Recipients"), f"{row.volume:,}"],
        h.td(role="cell")[_label("Open findings"), _findings(row)],
    ]


def _label(name: str) -> Element:
    """What the head of the column says, where a row is a box without one."""
    return h.span(".sr-label", aria_hidden="true")[name]


def _rate(row: Listed, metric: Metric, view: OverviewView) -> Element:
    policy = view.frame.policy
    rate = row.rate(metric)
    shown = policy.shown(rate) if rate else None
    label = _label(METRICS[metric].name.capitalize())
    if shown is None:
        return h.td(".sr-number.sr-muted", role="cell", title="too little mail to judge")[label, "\u2013"]
    limit = policy.limits_of(row.scope, metric).limit.value
    near = limit and shown / limit >= _SHARE_SHOWN
    share = h.span(".sr-note")[share_text(shown, limit).removeprefix(", ")] if near else None
    return h.td(".sr-number", role="cell")[label, percent(shown), share]


def _trend_cell(row: Listed, metric: Metric, view: OverviewView) -> Element:
    return h.td(".sr-trend", role="cell")[trend_line(row.trend, row.scope, metric, view.frame)]


def _findings(row: Listed) -> Node:
    if not row.findings:
        return h.span(".sr-muted")["none"]
    first, *others = row.findings
    text = CATEGORY_TEXTS[first.category].name + (" (suspected)" if first.stage is Stage.SUSPECTED else "")
    return [text, h.span(".sr-note")[f"and {len(others):,} more"] if others else None]
