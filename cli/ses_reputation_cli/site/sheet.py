"""One file with the pages that matter, to be read, printed or sent without the site."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from itertools import islice
from typing import ClassVar

import htpy as h
from htpy import Element, Node, Renderable
from msgspec import Struct

from ses_reputation.dashboard.frame import document, framed
from ses_reputation.dashboard.medium import Offer, Subject, Theme
from ses_reputation.dashboard.pages import OverviewPage, Page, ReviewsPage, ScopePage
from ses_reputation.dashboard.parts import card, kind_name, moment_text, scope_name
from ses_reputation.dashboard.render import content
from ses_reputation.dashboard.views import OverviewView, Urgent, View
from ses_reputation.domain.listing import Listed
from ses_reputation.domain.scopes import ACCOUNT, Scope

SCOPES = 25
"""Scopes that a file has the pages of, at most."""

WORST = 5
"""Scopes that it has without an open finding, at most: those that are worst off."""

Commands = Callable[[Subject, Offer], str]


class Sheet(Struct, frozen=True):
    """A file with these pages at their anchors.

    `command` is what somebody types to decide something; None in a replay, in which nothing is deployed.
    """

    anchors: Mapping[Page, str]
    command: Commands | None

    zone: ClassVar[tzinfo] = UTC
    theme: ClassVar[Theme] = Theme.AUTO

    @property
    def takes_commands(self) -> bool:
        """Whether there is a stack that commands reach."""
        return self.command is not None

    def link(self, page: Page, label: Node, *, classes: str = "", current: bool = False) -> Renderable:
        """What leads to a page of the file; only the label of any other. Nobody is at one of them alone."""
        del current
        anchor = self.anchors.get(page)
        if anchor is None:
            return h.span(class_=classes or None)[label]
        return h.a(href=f"#{anchor}", class_=classes or None)[label]

    def form(self, page: Page, fields: Node, submit: str) -> Renderable:
        """Nothing: a file can not be asked."""
        del page, fields, submit
        return h.fragment[None]

    def decisions(self, subject: Subject, offers: Sequence[Offer]) -> Renderable:
        """What each decision leads to, and the command for it where there is one."""
        command = self.command
        return h.fragment[
            None if command else h.p["This is a replay, in which nothing can be decided. These would be allowed:"],
            h.ul[
                (
                    h.li[f"{offer.name}: {offer.leads_to}", h.pre[command(subject, offer)] if command else None]
                    for offer in offers
                )
            ],
        ]


def sheet(view_of: Callable[[Page], View], command: Commands | None) -> str:
    """A whole document: the overview, what waits for a decision, and the scopes that somebody should look at.

    These are the account, those with an open finding, the most urgent first, and some that are worst off without one.
    """
    overview = view_of(OverviewPage())
    assert isinstance(overview, OverviewView)  # noqa: S101 - for mypy
    pages: list[Page] = [OverviewPage(), ReviewsPage(), *map(ScopePage, scopes_of(overview.urgent, overview.rows))]
    medium = Sheet({page: _anchor(number, page) for number, page in enumerate(pages)}, command)
    views = [overview, *map(view_of, pages[1:])]
    first, *others = (
        h.article(".sr-article", id=medium.anchors[page])[content(view, medium)]
        for page, view in zip(pages, views, strict=True)
    )
    body = framed(overview.frame, OverviewPage(), medium, first, _contents(overview, pages, medium), others)
    return document(_title(overview), body)


def scopes_of(urgent: Sequence[Urgent], worst_first: Sequence[Listed]) -> list[Scope]:
    """The scopes whose pages a file has."""
    found = [each.scope for each in urgent]
    found += [row.scope for row in worst_first if row.findings]
    found += islice((row.scope for row in worst_first if not row.findings), WORST)
    return list(dict.fromkeys([ACCOUNT, *found]))[:SCOPES]


def _anchor(number: int, page: Page) -> str:
    match page:
        case OverviewPage():
            return "overview"
        case ReviewsPage():
            return "reviews"
        case ScopePage():
            return f"scope-{number - 1}"


def _title(overview: OverviewView) -> str:
    frame = overview.frame
    return f"SES Reputation of AWS account {frame.account}, {moment_text(frame.now, UTC)}"


def _contents(overview: OverviewView, pages: Sequence[Page], medium: Sheet) -> Element:
    scopes = [page.scope for page in pages if isinstance(page, ScopePage)]
    return card(
        "In this file",
        h.ul[
            h.li[medium.link(OverviewPage(), "Overview")],
            h.li[medium.link(ReviewsPage(), "Reviews")],
            (h.li[_link(scope, medium)] for scope in scopes),
        ],
        h.p(".sr-muted")[
            "Of the scopes, it has the account, those with an open finding, the most urgent first, and those that are "
            f"worst off without one: {len(scopes)} of {overview.total:,}."
        ]
        if len(scopes) < overview.total
        else None,
    )


def _link(scope: Scope, medium: Sheet) -> Node:
    return medium.link(
        ScopePage(scope), scope_name(scope) if scope == ACCOUNT else [kind_name(scope), " ", scope_name(scope)]
    )
