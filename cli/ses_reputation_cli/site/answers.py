"""The pages that only the site has: what is about to be decided, what came of it, and what is wrong."""

import htpy as h
from htpy import Element, Node

from ses_reputation.commands import MAX_TEXT
from ses_reputation.dashboard.deciding import button_classes
from ses_reputation.dashboard.frame import unframed
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import OverviewPage, ReviewsPage, ScopePage
from ses_reputation.dashboard.parts import card, facts, quote, scope_text
from ses_reputation.dashboard.render import message
from ses_reputation.notices.structure import listed, readable
from ses_reputation_cli.site.decisions import Outcome, Prepared


def confirmation(prepared: Prepared, ticket: str, action: str, medium: Medium) -> Element:
    """What is about to be done, with a button that does it."""
    offer, filled = prepared.offer, prepared.filled
    rows: list[tuple[Node, Node]] = [("It leads to", offer.leads_to)]
    if filled.days is not None:
        rows.append(("Days", f"{filled.days:,}"))
    if filled.to is not None:
        rows.append(("To", dict(offer.choices).get(filled.to, filled.to)))
    return unframed(
        medium,
        h.h1[f"{offer.name}?"],
        card(
            h.bdi[_capital(prepared.subject.about)],
            facts(rows),
            quote("Your reason", filled.note, MAX_TEXT),
            h.p(".sr-muted")["Nothing was done yet."],
            _go(prepared, ticket, action, offer.name),
        ),
        h.p(".sr-ways")[medium.link(ReviewsPage(), "No, to the reviews")],
    )


def outcome(of: Outcome, told: str, ticket: str | None, action: str, medium: Medium) -> Element:
    """What came of a decision: what is so now, or why it was refused and what would be allowed, or how to try again."""
    prepared = of.prepared
    heading = "Decided" if of.answer is not None else "Not decided"
    lines = told.splitlines() if of.answer is not None else [f"{of.problem}."]
    if of.allowed:
        lines.append(f"Allowed: {listed(list(of.allowed))}.")
    return message(
        heading,
        [(h.bdi[line], h.br) for line in lines],
        *([_again(prepared, ticket, action)] if ticket is not None else []),
        medium.link(ScopePage(prepared.subject.scope), [_capital(scope_text(prepared.subject.scope))]),
        medium.link(ReviewsPage(), "Reviews"),
        medium.link(OverviewPage(), "Overview"),
        medium=medium,
    )


def problem(heading: str, text: str, medium: Medium) -> Element:
    """What is wrong, and the way back."""
    ways = [medium.link(ReviewsPage(), "Reviews"), medium.link(OverviewPage(), "Overview")]
    return message(heading, readable(text), *ways, medium=medium)


def _again(prepared: Prepared, ticket: str, action: str) -> Node:
    return ["Trying again is safe: what was done is not done twice.", _go(prepared, ticket, action, "Try again")]


def _go(prepared: Prepared, ticket: str, action: str, label: str) -> Element:
    return h.form(action=action, method="post")[
        h.input(type="hidden", name="id", value=prepared.id),
        h.input(type="hidden", name="ticket", value=ticket),
        h.button(class_=button_classes(prepared.offer), type="submit")[label],
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
