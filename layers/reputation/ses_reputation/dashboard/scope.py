"""The page of one scope: why it stands where it stands, and what to do."""

from collections.abc import Iterator

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.pages import OverviewPage, ScopePage
from ses_reputation.dashboard.parts import (
    card,
    day,
    distance,
    hero,
    kind_name,
    moment,
    scope_name,
    status_badge,
)
from ses_reputation.dashboard.rate_cards import rate_card, warnings
from ses_reputation.dashboard.scope_arithmetic import arithmetic
from ses_reputation.dashboard.scope_findings import findings, outages
from ses_reputation.dashboard.scope_history import history
from ses_reputation.dashboard.scope_mail import mail
from ses_reputation.dashboard.scope_rates import over_time
from ses_reputation.dashboard.verdicts import mail_is_stopped, said_of_sending, sending_text, verdict_rows, worse_at_ses
from ses_reputation.dashboard.views import ScopeView
from ses_reputation.domain.listing import gravest_first
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ACCOUNT, is_other
from ses_reputation.notices.standings import meaning_of, reason_of
from ses_reputation.notices.texts import STANDS_FOR_MANY
from ses_reputation.notices.vocabulary import STATUS_NAMES, other_name

_NAME_SHOWN = 300
# A longer name is set smaller, so that what matters is still in sight.
_LONG = 80


def scope(view: ScopeView, medium: Medium) -> Node:
    """All of the page but its frame: where the scope stands, what to do, the numbers, and how it came to this."""
    standing, frame = view.standing, view.frame
    return [
        _breadcrumb(view, medium),
        _head(view, medium),
        outages(view, medium),
        findings(view, medium),
        h.div(".sr-columns")[
            (rate_card(standing, metric, frame.policy, frame.words, medium.zone) for metric in Metric)
        ],
        over_time(view, medium),
        _ses(view, medium),
        mail(view, medium),
        history(view, medium),
        arithmetic(view, medium),
    ]


def _breadcrumb(view: ScopeView, medium: Medium) -> Element:
    name = scope_name(view.standing.scope)
    return h.nav(".sr-trail", aria_label="Breadcrumb")[
        h.ol[h.li[medium.link(OverviewPage(), "Overview")], h.li(aria_current="page")[name]]
    ]


def _head(view: ScopeView, medium: Medium) -> Element:
    standing, words = view.standing, view.frame.words
    status = standing.status
    kind = None if standing.scope == ACCOUNT else h.span(".sr-over")[kind_name(standing.scope)]
    return hero(
        status,
        _at_a_glance(view, medium),
        h.h1(".sr-long" if len(standing.scope) > _LONG else "")[kind, " ", scope_name(standing.scope, _NAME_SHOWN)],
        h.p(".sr-state")[
            status_badge(status, STATUS_NAMES[words][status], large=True),
            h.span(".sr-muted")[other_name(status, words)] if other_name(status, words) else None,
        ],
        worse_at_ses(standing, view.verdict),
        h.p(".sr-lead")[meaning_of(standing, words, stopped=mail_is_stopped(view))],
        h.p[STANDS_FOR_MANY] if is_other(standing.scope) else None,
        warnings(standing, view.frame.policy, medium.zone),
        (h.p[text] for text in _reasons(view)),
        classes="sr-head-of-scope",
    )


def _reasons(view: ScopeView) -> Iterator[str]:
    """What it is about, what its status comes from first."""
    standing, frame = view.standing, view.frame
    for finding in gravest_first(standing):
        yield reason_of(finding, standing, frame.policy, frame.words)


def _at_a_glance(view: ScopeView, medium: Medium) -> Iterator[tuple[Node, Node]]:
    standing, now, zone = view.standing, view.frame.now, medium.zone
    if since := standing.status_since:
        yield "Since", [day(since, zone), f" ({distance(since, now)})"]
    if ends := standing.period_end:
        yield "Period ends", [moment(ends, zone), f" ({distance(ends, now)})"]
    waits = [since for each in standing.findings.values() if (since := each.waits_since)]
    waits += [since for each in view.outages if (since := each.waits_since)]
    if waits:
        yield "Waits", ["for a person's decision since ", day(min(waits), zone), f" ({distance(min(waits), now)})"]
    if sending := _sending(view, medium):
        yield "Sending", sending
    if view.account_stopped and standing.scope != ACCOUNT:
        yield "Account", ["its sending is off: ", medium.link(ScopePage(ACCOUNT), "see the account")]
    # The foot says when the last run was, which need not have looked at this scope.
    if evaluated := standing.evaluated:
        yield "Rates as of", [moment(evaluated, zone), f" ({distance(evaluated, now)})"]
    else:
        yield "Rates", "not evaluated yet"


def _sending(view: ScopeView, medium: Medium) -> Node:
    """Whether mail goes out, as far as that is known."""
    enforcement = view.enforcement
    if text := sending_text(enforcement):
        return [
            text,
            [", since ", day(enforcement.since, medium.zone)] if enforcement.since else None,
            h.p(".sr-hint")["SES refused something since: the history says what."] if enforcement.failures else None,
        ]
    return said_of_sending(view.verdict)


def _ses(view: ScopeView, medium: Medium) -> Node:
    if view.verdict is None:
        return None
    frame = view.frame
    rows = verdict_rows(view.verdict, view.standing, frame.policy, frame.words, medium.zone, frame.now)
    return card("What SES itself says", rows)
