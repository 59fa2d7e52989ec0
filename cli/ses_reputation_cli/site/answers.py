"""The pages that only the site has: what is about to be decided, what came of it, and what is wrong."""

import htpy as h
from htpy import Element, Node

from ses_reputation.commands import MAX_TEXT
from ses_reputation.dashboard.deciding import button_classes
from ses_reputation.dashboard.frame import unframed
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import OverviewPage, ReviewsPage, ScopePage
from ses_reputation.dashboard.parts import facts, kind_and_name, quote, scope_name
from ses_reputation.notices.structure import listed, readable
from ses_reputation_cli.site.decisions import Outcome, Prepared


def confirmation(prepared: Prepared, ticket: str, action: str, medium: Medium) -> Element:
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
    return _page(
        medium,
        "Carry this out?",
        h.p(".sr-lead")["Nothing was done yet."],
        facts(rows),
        quote("your reason", filled.note, MAX_TEXT),
        _go(prepared, ticket, action, "Yes, carry it out"),
        h.p(".sr-ways")[medium.link(ReviewsPage(), "No, to the reviews")],
    )


def outcome(of: Outcome, told: str, ticket: str | None, action: str, medium: Medium) -> Element:
    """What came of a decision: what is so now, or why it was refused and what would be allowed, or how to try again."""
    done = of.answer is not None
    lines = told.splitlines() if done else [f"{of.problem}."]
    if of.allowed:
        lines.append(f"Allowed: {listed(list(of.allowed))}.")
    again = None
    if ticket is not None:
        again = [
            h.p["Trying again is safe: what was done is not done twice."],
            _go(of.prepared, ticket, action, "Try again"),
        ]
    scope = of.prepared.subject.scope
    return _page(
        medium,
        "Decided" if done else "Not decided",
        (h.p(".sr-lead")[h.bdi[line]] for line in lines),
        again,
        _ways(medium, kind_and_name(scope, medium.link(ScopePage(scope), scope_name(scope)))),
    )


def problem(heading: str, text: str, medium: Medium) -> Element:
    """What is wrong, and the way back."""
    return _page(medium, heading, h.p(".sr-lead")[h.bdi[readable(text)]], _ways(medium))


def _page(medium: Medium, heading: str, *content: Node) -> Element:
    return unframed(medium, h.section(".sr-hero.sr-plain")[h.div[h.h1[heading], content]])


def _go(prepared: Prepared, ticket: str, action: str, label: str) -> Element:
    return h.form(action=action, method="post")[
        h.input(type="hidden", name="id", value=prepared.id),
        h.input(type="hidden", name="ticket", value=ticket),
        h.p[h.button(class_=button_classes(prepared.offer), type="submit")[label]],
    ]


def _ways(medium: Medium, *others: Node) -> Element:
    ways = [*others, medium.link(ReviewsPage(), "Reviews"), medium.link(OverviewPage(), "Overview")]
    return h.p(".sr-ways")["Go on to ", ((", ", way) if number else way for number, way in enumerate(ways)), "."]
