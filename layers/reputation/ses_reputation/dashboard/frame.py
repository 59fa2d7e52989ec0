"""What is around every page: the look, where one is and where one can go, and how fresh the numbers are."""

from functools import cache
from pathlib import Path

import htpy as h
from htpy import Element, Node
from markupsafe import Markup
from msgspec.structs import replace

from ses_reputation.dashboard.medium import Medium, Theme
from ses_reputation.dashboard.pages import OverviewPage, Page, ReviewsPage
from ses_reputation.dashboard.parts import distance, moment
from ses_reputation.dashboard.views import Frame

_STYLES = ("style.css", "charts.css", "scope.css")


@cache
def style() -> Element:
    """The look of all pages. Every rule is about what is inside of `.ses-reputation`."""
    here = Path(__file__).parent
    texts = [(here / name).read_text() for name in _STYLES]
    # What is in a style element is no HTML, so it must not be escaped. It is ours.
    return h.style[Markup("\n".join(texts))]  # noqa: S704


def framed(frame: Frame, page: Page, medium: Medium, *content: Node) -> Element:
    """A page with its head and its foot, without the look."""
    return _around(
        medium,
        _head(whose(frame.account, frame.region), _navigation(medium, page, frame.waiting)),
        h.main[content],
        h.footer(".sr-foot")[_freshness(frame, medium)],
    )


def message(title: str, content: Node, *ways: Node, medium: Medium, of: str = "") -> Element:
    """A page that says one thing, and where one can go from there, without the look.

    Where it is known `of` which account and region it is, its head says so, as that of any other page.
    """
    return _around(
        medium,
        _head(of, _navigation(medium)) if of else _head(),
        h.main[
            h.section(".sr-hero.sr-plain")[h.div[h.h1[title], content, h.p(".sr-ways")[((way, " ") for way in ways)]]]
        ],
    )


def whose(account: str, region: str) -> str:
    """Whose mail pages are about, in words."""
    return f"AWS account {account}, {region}"


def _head(of: str = "", navigation: Node = None) -> Element:
    return h.header(".sr-head")[
        h.p(".sr-product")["SES Reputation"],
        h.p(".sr-whose")[of] if of else None,
        navigation,
    ]


def _around(medium: Medium, *content: Node) -> Element:
    return h.div(class_=f"ses-reputation sr-{medium.theme}")[h.div(".sr-page")[content]]


def _navigation(medium: Medium, page: Page | None = None, waiting: int = 0) -> Element:
    count = h.span(".sr-count")[f"{waiting:,}"] if waiting else None
    return h.nav(".sr-nav", aria_label="Pages")[
        medium.link(OverviewPage(), "Overview", current=isinstance(page, OverviewPage)),
        medium.link(ReviewsPage(), ["Reviews", count], current=isinstance(page, ReviewsPage)),
    ]


def _freshness(frame: Frame, medium: Medium) -> Element:
    if frame.evaluated is None:
        return h.p["Nothing was evaluated yet."]
    return h.p[
        "Evaluated ",
        moment(frame.evaluated, medium.zone),
        f" ({distance(frame.evaluated, frame.now)}). Shown as of ",
        moment(frame.now, medium.zone),
        ".",
    ]


def paging(page: OverviewPage | ReviewsPage, pages: int, medium: Medium) -> Node:
    """The way to the pages before and after; nothing where there is one only."""
    if pages <= 1:
        return None
    number = page.number
    return h.nav(".sr-paging", aria_label="Further pages")[
        h.p[f"Page {number:,} of {pages:,}"],
        h.p[
            medium.link(replace(page, number=min(number - 1, pages)), "Previous") if number > 1 else None,
            " ",
            medium.link(replace(page, number=number + 1), "Next") if number < pages else None,
        ],
    ]


def document(title: str, *bodies: Node, theme: Theme = Theme.AUTO) -> str:
    """A whole document that holds pages, complete in itself."""
    # htpy writes the doctype of an html element.
    return str(
        h.html(lang="en", class_=f"sr-document sr-{theme}")[
            h.head[
                h.meta(charset="utf-8"),
                h.meta(name="viewport", content="width=device-width, initial-scale=1"),
                h.meta(name="color-scheme", content="light dark" if theme is Theme.AUTO else theme),
                h.title[title],
                style(),
            ],
            h.body[bodies],
        ]
    )
