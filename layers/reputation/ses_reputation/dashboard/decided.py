"""What came of a decision in CloudWatch, as a page that leads back."""

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import htpy as h
from htpy import Node

from ses_reputation.dashboard.frame import message
from ses_reputation.dashboard.pages import OverviewPage, Page, ReviewsPage, ScopePage
from ses_reputation.dashboard.widget import read_widget
from ses_reputation.domain.scopes import parse_scope
from ses_reputation.notices.answers import outcome
from ses_reputation.notices.structure import listed, readable
from ses_reputation.notices.vocabulary import Vocabulary

_TITLES: Mapping[HTTPStatus, str] = {
    HTTPStatus.OK: "Decided",
    HTTPStatus.CONFLICT: "This is not allowed",
    HTTPStatus.BAD_REQUEST: "Nothing was decided",
    HTTPStatus.SERVICE_UNAVAILABLE: "Nothing was decided: try again",
}


def decided(status: HTTPStatus, body: Mapping[str, Any], event: Mapping[str, Any], words: Vocabulary) -> str:
    """The answer to a call of the widget: what was done, or why it was not and what would be allowed."""
    widget = read_widget(event, show=str(event.get("show", "")), operate="")
    ways = (widget.link(page, label, classes="sr-button") for page, label in _ways(event))
    return widget.shown(message(_TITLES[status], _told(status, body, words), *ways, medium=widget))


def _told(status: HTTPStatus, body: Mapping[str, Any], words: Vocabulary) -> Node:
    if status is HTTPStatus.OK:
        return [h.p(".sr-lead")[line] for line in outcome(body, words)]
    allowed = listed([str(word) for word in body.get("allowed", ())])
    return [
        h.p(".sr-lead")[readable(body["error"])],
        h.p[f"What would be allowed now: {allowed}."] if allowed else None,
    ]


def _ways(event: Mapping[str, Any]) -> list[tuple[Page, str]]:
    ways: list[tuple[Page, str]] = [(ReviewsPage(), "To the reviews"), (OverviewPage(), "To the overview")]
    with suppress(ValueError):
        ways.insert(1, (ScopePage(parse_scope(str(event.get("scope")))), "To the scope"))
    return ways
