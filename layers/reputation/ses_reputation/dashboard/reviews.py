"""The reviews: what waits for a person, with what is known of it and the decisions that are allowed."""

from collections.abc import Iterator

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.frame import paging
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.offers import offers_of, offers_of_outage, subject_of, subject_of_outage
from ses_reputation.dashboard.outages import outage_badge, outage_facts
from ses_reputation.dashboard.pages import ScopePage
from ses_reputation.dashboard.parts import (
    counted,
    day,
    distance,
    facts,
    finding_badge,
    moment,
    nothing,
    outside_name,
    quote,
    scope_phrase,
)
from ses_reputation.dashboard.rate_cards import rate_rows
from ses_reputation.dashboard.views import Review, ReviewsView
from ses_reputation.domain.lifecycle import STAGES_THAT_TIME_MOVES, Stage
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.scopes import ScopeKind, scope
from ses_reputation.domain.standing import Finding
from ses_reputation.notices.categories import CATEGORY_TEXTS, SUSPICIONS
from ses_reputation.notices.findings import who
from ses_reputation.notices.standings import cause_of_waiting, reason_of


def reviews(view: ReviewsView, medium: Medium) -> Node:
    """All of the page but its frame."""
    return [
        h.section(".sr-intro")[
            h.h1["Reviews"],
            h.p(".sr-lead")["What waits for a person's decision, the longest first."]
            if view.total
            else nothing("Nothing waits for a decision."),
        ],
        [_review(each, view, medium) for each in view.reviews],
        [_outage(outage, view, medium) for outage in view.outages],
        paging(view.page, view.pages, medium),
    ]


def _review(review: Review, view: ReviewsView, medium: Medium) -> Element:
    finding, standing, frame = review.finding, review.standing, view.frame
    of = scope_phrase(standing.scope, lambda label: medium.link(ScopePage(standing.scope), label))
    return h.section(".sr-card.sr-review")[
        h.h2[
            h.span[CATEGORY_TEXTS[finding.category].name.capitalize(), " of ", of],
            finding_badge(finding.stage, frame.words),
        ],
        h.p(".sr-lead")[cause_of_waiting(finding, frame.words)],
        h.p[reason_of(finding, standing, frame.policy, frame.words)],
        h.div(".sr-columns")[
            h.div[h.h3["What is known"], facts(_rows(review, view, medium)), _evidence(finding, medium)],
            h.div[_said(finding, medium), _check(finding)],
        ],
        medium.decisions(
            subject_of(standing.scope, finding), offers_of(standing.scope, finding, frame.policy, frame.words)
        ),
    ]  # fmt: skip


def _rows(review: Review, view: ReviewsView, medium: Medium) -> Iterator[tuple[Node, Node]]:
    finding, frame = review.finding, view.frame
    since = review.waits_since
    yield "Waits", ["since ", moment(since, medium.zone), f" ({distance(since, frame.now)})"]
    earlier = f", after {counted(finding.repeat, 'earlier one')}" if finding.repeat else ""
    yield "Opened", [day(finding.opened, medium.zone), earlier]
    # A shutdown ends a period before its day.
    runs_or_is_over = finding.stage in STAGES_THAT_TIME_MOVES or (finding.period_end or frame.now) <= frame.now
    if finding.period_since and finding.period_end and runs_or_is_over:
        distant = f" ({distance(finding.period_end, frame.now)})"
        yield "Period", [day(finding.period_since, medium.zone), " to ", day(finding.period_end, medium.zone), distant]
    if finding.reports:
        yield "Reports", f"{finding.reports:,}"
    if finding.category.metric:
        rows = rate_rows(review.standing, finding.category.metric, frame.policy, frame.words, medium.zone)
        yield from (shown for _, shown in rows)
    yield "Finding", h.code[finding.id]


def _evidence(finding: Finding, medium: Medium) -> Node:
    return [
        quote([moment(seen.observed, medium.zone), ", ", outside_name(seen.source)], seen.text)
        for seen in reversed(finding.evidence)
    ]


def _said(finding: Finding, medium: Medium) -> Node:
    """What was changed, and by whom."""
    changes = finding.changes
    if changes is None:
        return None
    by = [who(changes.by), ", ", moment(changes.reported, medium.zone)]
    return [
        h.h3["What was changed"],
        quote(by, changes.text),
        h.p(".sr-muted")["Changed since ", moment(changes.since, medium.zone)],
    ]


def _check(finding: Finding) -> Node:
    """What to look at before deciding."""
    if finding.stage is not Stage.SUSPECTED:
        return [h.h3["What to look for"], h.p[f"Whether they can say {CATEGORY_TEXTS[finding.category].said}."]]
    texts = SUSPICIONS[finding.category]
    return [h.h3["Before you decide"], h.p[texts.doubt], h.ol[(h.li[check] for check in texts.checks)]]


def _outage(outage: Outage, view: ReviewsView, medium: Medium) -> Element:
    provider = scope(ScopeKind.PROVIDER, outage.provider)
    return h.section(".sr-card.sr-review")[
        h.h2[
            h.span["Outage of ", medium.link(ScopePage(provider), outside_name(outage.provider))],
            outage_badge(outage),
        ],
        h.p(".sr-lead")["It looks as if this provider refuses mailboxes that exist. A person says whether it was so."],
        outage_facts(outage, view.frame, medium),
        medium.decisions(subject_of_outage(provider, outage), offers_of_outage(outage, view.frame.words)),
    ]
