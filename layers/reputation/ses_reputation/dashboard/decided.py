"""What came of a decision, as a page that leads back."""

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import htpy as h
from htpy import Node, Renderable

from ses_reputation.dashboard.frame import message
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import OverviewPage, Page, ReviewsPage, ScopePage
from ses_reputation.dashboard.widget import read_widget
from ses_reputation.domain.scopes import parse_scope
from ses_reputation.notices.answers import outcome
from ses_reputation.notices.structure import listed, readable, sentence
from ses_reputation.notices.vocabulary import Vocabulary

TITLES: Mapping[HTTPStatus, str] = {
    HTTPStatus.OK: "Decided",
    HTTPStatus.CONFLICT: "This is not allowed",
    HTTPStatus.BAD_REQUEST: "Nothing was decided",
    HTTPStatus.SERVICE_UNAVAILABLE: "Nothing was decided",
}
"""The heading for each status that Operate answers."""


def decided(status: HTTPStatus, body: Mapping[str, Any], event: Mapping[str, Any], words: Vocabulary) -> str:
    """The answer to a call of the widget: what was done, or why it was not and what would be allowed."""
    show = event.get("show")
    widget = read_widget(event, show=str(show), operate="")
    # Who called without a button of ours said of no function that shows anything.
    shows = isinstance(show, str) and show.isascii() and show.startswith("arn:")
    ways = ways_on(event.get("scope"), widget) if shows else ()
    return widget.shown(message(TITLES[status], told(status, body, words), *ways, medium=widget))


def told(status: HTTPStatus, body: Mapping[str, Any], words: Vocabulary) -> Node:
    """What Operate answered, in words."""
    if status is HTTPStatus.OK:
        return [h.p(".sr-lead")[line] for line in outcome(body, words)]
    allowed = listed([str(word) for word in body.get("allowed", ())])
    return [
        h.p(".sr-lead")[sentence(readable(body["error"]))],
        h.p[f"What would be allowed now: {allowed}."] if allowed else None,
    ]


def ways_on(scope: object, medium: Medium) -> list[Renderable]:
    """Where one can go after a decision, or what was to become one, about this scope."""
    ways: list[tuple[Page, str]] = [(ReviewsPage(), "To the reviews"), (OverviewPage(), "To the overview")]
    with suppress(ValueError):
        ways.insert(1, (ScopePage(parse_scope(str(scope))), "To the scope"))
    return [medium.link(page, label, classes="sr-button") for page, label in ways]
