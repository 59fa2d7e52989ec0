"""From a view to HTML."""

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.frame import framed, message
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.overview import overview
from ses_reputation.dashboard.pages import OverviewPage
from ses_reputation.dashboard.reviews import reviews
from ses_reputation.dashboard.scope import scope
from ses_reputation.dashboard.views import OverviewView, ReviewsView, ScopeView, View
from ses_reputation.notices.structure import readable, sentence


def render(view: View, medium: Medium) -> Element:
    """A page, without the look: `frame.style` has to be beside it once."""
    return framed(view.frame, view.page, medium, content(view, medium))


def content(view: View, medium: Medium) -> Node:
    """All of a page but its frame."""
    match view:
        case OverviewView():
            return overview(view, medium)
        case ReviewsView():
            return reviews(view, medium)
        case ScopeView():
            return scope(view, medium)


def problem(text: str, medium: Medium) -> Element:
    """A page that says why there is no other, and leads back to one that there is."""
    back = medium.link(OverviewPage(), "To the overview", classes="sr-button")
    return message("There is nothing to show", h.p(".sr-lead")[sentence(readable(text))], back, medium=medium)
