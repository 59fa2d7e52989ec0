"""The pages that only the site has: what is about to be decided, what came of it, and what is wrong."""

import htpy as h
from htpy import Element, Node

from ses_reputation.commands import MAX_TEXT
from ses_reputation.dashboard.deciding import button_classes
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import OverviewPage, ReviewsPage, ScopePage
from ses_reputation.dashboard.parts import card, facts
from ses_reputation.notices.structure import listed, readable
from ses_reputation_cli.site.decisions import Outcome, Prepared


def confirmation(prepared: Prepared, ticket: str, action: str, medium: Medium) -> Element:
    """What is about to be done, with a button that does it."""
    offer, filled = prepared.offer, prepared.filled
    rows: list[tuple[Node, Node]] = [
        ("About", readable(prepared.subject.about)),
        ("Decision", offer.name),
        ("It leads to", offer.leads_to),
        ("Why", readable(filled.note, MAX_TEXT)),
    ]
    if filled.days is not None:
        rows.append(("Days", str(filled.days)))
    if filled.to is not None:
        rows.append(("To", dict(offer.choices).get(filled.to, filled.to)))
    return _bare(
        medium,
        h.h1["Confirm a decision"],
        card(
            "What will be done",
            facts(rows),
            h.p["Nothing was done yet."],
            _go(prepared, ticket, action, f"{offer.name} now"),
            h.p[medium.link(ReviewsPage(), "Do not, and go to the reviews")],
        ),
    )


def outcome(of: Outcome, told: str, ticket: str | None, action: str, medium: Medium) -> Element:
    """What came of a decision: what is so now, or why it was refused and what would be allowed, or how to try again."""
    prepared = of.prepared
    if of.answer is not None:
        heading, text = "Decided", [h.p[line] for line in told.splitlines()]
    else:
        heading, text = "Not decided", [h.p[f"{of.problem}."]]
    if of.allowed:
        text.append(h.p[f"Allowed: {listed(list(of.allowed))}."])
    if ticket is not None:
        text.append(h.p["Trying again is safe: what was done is not done twice."])
        text.append(_go(prepared, ticket, action, "Try again"))
    about = readable(prepared.subject.about)
    return _bare(
        medium,
        h.h1[heading],
        card(f"{prepared.offer.name}: {about}", text),
        _ways_on(medium, medium.link(ScopePage(prepared.subject.scope), readable(prepared.subject.scope))),
    )


def problem(heading: str, text: str, medium: Medium) -> Element:
    """What is wrong, and the way back."""
    return _bare(medium, h.h1[heading], card("What is wrong", h.p[readable(text)]), _ways_on(medium))


def _go(prepared: Prepared, ticket: str, action: str, label: str) -> Element:
    return h.form(action=action, method="post")[
        h.input(type="hidden", name="id", value=prepared.id),
        h.input(type="hidden", name="ticket", value=ticket),
        h.button(class_=button_classes(prepared.offer), type="submit")[label],
    ]


def _ways_on(medium: Medium, *others: Node) -> Element:
    links = [*others, medium.link(ReviewsPage(), "Reviews"), medium.link(OverviewPage(), "Overview")]
    return h.ul[(h.li[link] for link in links)]


def _bare(medium: Medium, *content: Node) -> Element:
    """A page without what is known of the deployment."""
    return h.div(class_=f"ses-reputation sr-{medium.theme}")[
        h.div(".sr-page")[h.header(".sr-head")[h.p(".sr-product")["SES Reputation"]], h.main[content]]
    ]
