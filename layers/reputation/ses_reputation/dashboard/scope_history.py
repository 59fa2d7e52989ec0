"""The history of a scope: every change and decision, the newest first, with who did it and why."""

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.parts import card, nothing, short_moment, status_badge
from ses_reputation.dashboard.views import ScopeView
from ses_reputation.domain.news import News
from ses_reputation.notices.history import HistoryLine, history_line, reason_of
from ses_reputation.notices.structure import readable
from ses_reputation.notices.vocabulary import STATUS_NAMES, Vocabulary


def history(view: ScopeView, medium: Medium) -> Element:
    """What happened to a scope, as far back as the page knows."""
    if not view.news:
        return card("History", nothing("Nothing has happened here yet."))
    listed = h.ol(".sr-history")[(_piece(piece, view.frame.words, medium) for piece in view.news)]
    return card("History", listed, None if view.all_news else _older(view))


def _piece(piece: News, words: Vocabulary, medium: Medium) -> Element:
    reason = reason_of(piece)
    by = [h.span["by ", h.bdi[reason.by]], ": " if reason.note else None] if reason.by else None
    note = h.bdi[reason.note] if reason.note else None
    return h.li[
        h.p(".sr-when")[short_moment(piece.time, medium.zone)],
        h.div[
            h.p(".sr-what")[_line(history_line(piece, words), words)],
            h.p(".sr-why")[by, note] if by or note else None,
            h.p(".sr-why")[h.bdi[reason.also]] if reason.also else None,
        ],
    ]


def _line(line: HistoryLine, words: Vocabulary) -> Node:
    """What has happened, in one line; where a status has changed, both."""
    badges = [status_badge(status, STATUS_NAMES[words][status]) for status in line.statuses]
    before, after = (badges[:-1], badges[-1:])
    arrow = [h.span(".sr-unseen")["became"], h.span(aria_hidden="true")["\u2192"]] if before else None
    # What SES says of itself is written with an arrow of its own.
    text = readable(line.text).replace("->", "\u2192")
    first, rest = (_capital(line.about), text) if line.about else (_capital(text), "")
    return [h.span[h.bdi[first]], before, arrow, after, h.span[h.bdi[rest]] if rest else None]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _older(view: ScopeView) -> Element:
    command = f"ses-reputation changes {view.standing.scope} --all"
    return h.p(".sr-hint")["There is an older history: ", h.code[h.bdi[readable(command)]]]
