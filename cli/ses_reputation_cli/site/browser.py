"""How somebody gets from page to page and decides in a browser: by links, and by forms that need no script."""

from collections.abc import Callable, Sequence
from datetime import tzinfo
from urllib.parse import urlencode

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.deciding import NO_SUBMIT, button_classes, deciding
from ses_reputation.dashboard.medium import Offer, Subject, Theme
from ses_reputation.dashboard.pages import Page, fields_of

HOME = "/"
DECIDE = "/decide"


class Browser:
    """A person's browser at a site below `path`. `ticket` gives one for a form in which something can be decided."""

    theme = Theme.AUTO
    takes_commands = True

    def __init__(self, path: str, zone: tzinfo, ticket: Callable[[Subject, Sequence[Offer]], str]) -> None:
        self._path = path
        self._zone = zone
        self._ticket = ticket

    @property
    def zone(self) -> tzinfo:
        """The reader's time zone."""
        return self._zone

    def link(self, page: Page, label: Node, *, classes: str = "", current: bool = False) -> Element:
        """What leads to a page."""
        address = f"{self._path}{HOME}?{urlencode(fields_of(page))}"
        return h.a(href=address, class_=classes or None, aria_current="page" if current else None)[label]

    def form(self, page: Page, fields: Node, submit: str) -> Element:
        """A form that asks for a page."""
        kind = h.input(type="hidden", name="page", value=fields_of(page)["page"])
        return h.form(".sr-filter", action=f"{self._path}{HOME}", method="get")[
            kind, fields, h.button(".sr-button", type="submit")[submit]
        ]

    def decisions(self, subject: Subject, offers: Sequence[Offer]) -> Element:
        """A form with a reason, and a button for each decision. It asks for a confirmation."""
        return h.form(action=f"{self._path}{DECIDE}", method="post", aria_label=f"Decide about the {subject.about}")[
            NO_SUBMIT,
            h.input(type="hidden", name="ticket", value=self._ticket(subject, offers)),
            deciding(subject, offers, _button),
        ]


def _button(offer: Offer) -> Element:
    return h.button(class_=button_classes(offer), type="submit", name="decision", value=offer.decision)[offer.name]
