"""How somebody gets from page to page and decides in a browser: by links, and by forms that need no script."""

from collections.abc import Callable, Sequence
from datetime import tzinfo
from urllib.parse import urlencode

import htpy as h
from htpy import Element, Node

from ses_reputation.commands import MAX_TEXT
from ses_reputation.dashboard.medium import Offer, Subject, Theme
from ses_reputation.dashboard.pages import Page, fields_of
from ses_reputation.domain.decisions import MOST_DAYS, ReinstateTo

HOME = "/"
DECIDE = "/decide"


class Browser:
    """A person's browser at the site. `ticket` gives one for a form in which something can be decided."""

    theme = Theme.AUTO

    def __init__(self, zone: tzinfo, ticket: Callable[[Subject, Sequence[Offer]], str]) -> None:
        self._zone = zone
        self._ticket = ticket

    @property
    def zone(self) -> tzinfo:
        """The reader's time zone."""
        return self._zone

    def link(self, page: Page, label: Node, *, classes: str = "", current: bool = False) -> Element:
        """What leads to a page."""
        return h.a(href=address_of(page), class_=classes or None, aria_current="page" if current else None)[label]

    def form(self, page: Page, fields: Node, submit: str) -> Element:
        """A form that asks for a page."""
        kind = h.input(type="hidden", name="page", value=fields_of(page)["page"])
        return h.form(".sr-form", action=HOME, method="get")[
            kind, fields, h.button(".sr-button", type="submit")[submit]
        ]

    def decisions(self, subject: Subject, offers: Sequence[Offer]) -> Element:
        """A form with a reason, and a button for each decision. It asks for a confirmation."""
        return h.form(".sr-decision", action=DECIDE, method="post", aria_label=f"Decide about {subject.about}")[
            h.input(type="hidden", name="ticket", value=self._ticket(subject, offers)),
            h.label[
                "Why? It is kept for ever, and told with the alert.",
                h.textarea(name="note", required=True, maxlength=str(MAX_TEXT), rows="3"),
            ],
            _days(offers),
            _to(offers),
            h.ul(".sr-offers")[(_button(offer) for offer in offers)],
        ]


def address_of(page: Page) -> str:
    """Where a page is on the site."""
    return f"{HOME}?{urlencode(fields_of(page))}"


def _button(offer: Offer) -> Element:
    button = h.button(".sr-button", type="submit", name="decision", value=offer.decision)[offer.name]
    return h.li[button, " ", h.span[offer.leads_to]]


def _days(offers: Sequence[Offer]) -> Node:
    names = [offer.name for offer in offers if offer.takes_days]
    if not names:
        return None
    return h.label[
        f"Days, for {' or '.join(names)}",
        h.input(type="number", name="days", min="1", max=str(MOST_DAYS), placeholder="as long as a probation"),
    ]


def _to(offers: Sequence[Offer]) -> Node:
    names = [offer.name for offer in offers if offer.takes_to]
    if not names:
        return None
    return h.label[
        f"To, for {' or '.join(names)}",
        h.select(name="to")[
            h.option(value=ReinstateTo.PROBATION)["a new probation"], h.option(value=ReinstateTo.HEALTHY)["Healthy"]
        ],
    ]
