"""The pages that only the site has: what is about to be decided, what came of it, and what is wrong."""

import htpy as h
from htpy import Element, Node

from ses_reputation.commands import MAX_TEXT
from ses_reputation.dashboard.decided import TITLES, told, ways_on
from ses_reputation.dashboard.deciding import button_classes
from ses_reputation.dashboard.frame import message
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import ReviewsPage
from ses_reputation.dashboard.parts import facts, quote
from ses_reputation.notices.structure import readable
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation_cli.site.decisions import Outcome, Prepared


def confirmation_page(prepared: Prepared, ticket: str, action: str, medium: Medium) -> Element:
    """What is about to be done, with a button that does it."""
    offer, filled = prepared.offer, prepared.filled
    rows: list[tuple[Node, Node]] = [
        ("Decision", offer.name),
        ("About", h.bdi[prepared.subject.about]),
        ("Leads to", offer.leads_to),
    ]
    if filled.days is not None:
        rows.append(("Days", f"{filled.days:,}"))
    if filled.to is not None:
        rows.append(("To", dict(offer.choices).get(filled.to, filled.to)))
    content = [
        h.p(".sr-lead")["Nothing was done yet."],
        facts(rows),
        quote("your reason", filled.note, MAX_TEXT),
        _go(prepared, ticket, action, "Yes, carry it out"),
    ]
    back = medium.link(ReviewsPage(), "No, back to the reviews")
    return message("Carry this out?", content, back, medium=medium, of=prepared.whose)


def outcome_page(of: Outcome, words: Vocabulary, ticket: str | None, action: str, medium: Medium) -> Element:
    """What came of a decision: what is so now, or why it was refused and what would be allowed.

    With a ticket it can be tried again.
    """
    content = [
        told(of.status, of.body, words),
        [
            h.p["Trying again is safe: what was done is not done twice."],
            _go(of.prepared, ticket, action, "Try again"),
        ]
        if ticket
        else None,
    ]
    title = TITLES.get(of.status, "It may not have been decided")
    return message(title, content, *ways_on(of.prepared.subject.scope, medium), medium=medium, of=of.prepared.whose)


def welcome_page(medium: Medium) -> Element:
    """The way in, for a browser that is not taken further by itself."""
    return message("Come in", h.p(".sr-lead")["You are let in."], *ways_on(None, medium), medium=medium)


def problem_page(title: str, text: str, medium: Medium) -> Element:
    """What is wrong, and the way back."""
    return message(title, h.p(".sr-lead")[h.bdi[readable(text)]], *ways_on(None, medium), medium=medium)


def closed_page(title: str, text: str, medium: Medium) -> Element:
    """What is wrong, for somebody who must not even learn where the pages are."""
    return message(title, h.p(".sr-lead")[text], medium=medium)


def _go(prepared: Prepared, ticket: str, action: str, label: str) -> Element:
    return h.form(action=action, method="post")[
        h.input(type="hidden", name="id", value=prepared.id),
        h.input(type="hidden", name="ticket", value=ticket),
        h.p[h.button(class_=f"{button_classes(prepared.offer)} sr-primary", type="submit")[label]],
    ]
