"""The overview: is the account in good standing, what is urgent, and where does every scope stand."""

from collections.abc import Iterator, Sequence

import htpy as h
from htpy import Element, Node

from ses_reputation.dashboard.listing_table import number_text, scope_listing, that_were_read
from ses_reputation.dashboard.medium import Medium
from ses_reputation.dashboard.outages import outage_list
from ses_reputation.dashboard.pages import ReviewsPage, ScopePage
from ses_reputation.dashboard.parts import (
    card,
    day,
    distance,
    finding_badge,
    hero,
    more,
    nothing,
    scope_phrase,
)
from ses_reputation.dashboard.rate_cards import rate_card, trend_line, warnings
from ses_reputation.dashboard.verdicts import is_stopped, said_of_sending, sending_text, verdict_rows, worse_at_ses
from ses_reputation.dashboard.views import OverviewView, Urgent
from ses_reputation.domain.lifecycle import STAGES_THAT_TIME_MOVES, Status
from ses_reputation.domain.listing import gravest_first
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation.domain.standing import Finding
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.standings import advice_for, meaning_of, reason_of, waits_for
from ses_reputation.notices.vocabulary import STATUS_NAMES, other_name

_REASONS = 2
_URGENT = 6


def overview(view: OverviewView, medium: Medium) -> Node:
    """All of the page but its frame."""
    account, frame = view.account, view.frame
    if not (view.total or account.findings or account.evaluated):
        return [_nothing_yet(), _ses(view, medium)]
    return [
        _standing(view, medium),
        _outages(view, medium),
        h.div(".sr-columns")[
            (
                rate_card(
                    account,
                    metric,
                    frame.policy,
                    frame.words,
                    medium.zone,
                    trend_line(account.trend, ACCOUNT, metric, frame),
                )
                for metric in Metric
            )
        ],
        h.div(".sr-columns.sr-uneven")[_urgent(view, medium), _ses(view, medium)],
        scope_listing(view, medium),
    ]


# -- The account -------------------------------------------------------------------------------------------------------


def _nothing_yet() -> Element:
    return h.section(".sr-hero.sr-plain")[
        h.div[
            h.h1["Nothing was evaluated yet"],
            h.p(".sr-lead")["As soon as SES's events arrive, this page says where the account and its mail stand."],
            h.ol[
                h.li["Connect SES's events: ", h.code["ses-reputation connect"], "."],
                h.li["Send some mail, and wait for the next run of EvaluateReputation."],
                h.li["If nothing appears then, ", h.code["ses-reputation doctor"], " finds out what is missing."],
            ],
        ]
    ]  # fmt: skip


def _standing(view: OverviewView, medium: Medium) -> Element:
    account, words = view.account, view.frame.words
    status = account.status
    findings = gravest_first(account)
    return hero(
        status,
        _at_a_glance(view, medium),
        h.h1[h.span(".sr-over")["The account"], " ", STATUS_NAMES[words][status]],
        h.p(".sr-muted")[also] if (also := other_name(status, words)) else None,
        worse_at_ses(account, view.verdict),
        h.p(".sr-lead")[meaning_of(account, words, stopped=is_stopped(account, view.enforcement, view.verdict))],
        warnings(account, view.frame.policy, medium.zone),
        _trouble_elsewhere(view),
        (_reason(finding, view) for finding in findings[:_REASONS]),
        h.p[medium.link(ScopePage(ACCOUNT), _more_about(findings))],
    )


def _trouble_elsewhere(view: OverviewView) -> Node:
    """That an account in good standing has scopes that are not."""
    others, troubled = _others(view)
    if view.account.findings or not troubled:
        return None
    are = "is" if troubled == 1 else "are"
    known = f"{others:,} other scopes{that_were_read(view)}"
    return h.p[f"But {troubled:,} of {known} {are} not {Status.HEALTHY}: below, the worst comes first."]


def _more_about(findings: list[Finding]) -> str:
    return "All about it, and all there is to do" if findings else "All about the account"


def _reason(finding: Finding, view: OverviewView) -> Node:
    return [
        h.h2[reason_of(finding, view.account, view.frame.policy, view.frame.words)],
        h.p[advice_for(finding)[0]],
    ]


def _at_a_glance(view: OverviewView, medium: Medium) -> Iterator[tuple[Node, Node]]:
    account, now = view.account, view.frame.now
    if account.status_since:
        yield "Since", [day(account.status_since, medium.zone), f" ({distance(account.status_since, now)})"]
    if ends := account.period_end:
        yield "Period ends", [day(ends, medium.zone), f" ({distance(ends, now)})"]
    if sends := sending_text(view.enforcement) or said_of_sending(view.verdict):
        yield "Sending", sends
    yield "Other scopes", _other_scopes(view)
    waiting = view.frame.waiting
    yield (
        "Decisions",
        [
            medium.link(ReviewsPage(), f"{waiting:,} {'waits' if waiting == 1 else 'wait'} for a person")
            if waiting
            else "none waits for a person"
        ],
    )


def _other_scopes(view: OverviewView) -> str:
    others, troubled = _others(view)
    if not others:
        return "none yet"
    known = f"{others:,}{that_were_read(view)}"
    return f"{troubled:,} of {known} not {Status.HEALTHY}" if troubled else f"all {known} {Status.HEALTHY}"


def _others(view: OverviewView) -> tuple[int, int]:
    """How many scopes there are besides the account, and how many of them are not Healthy."""
    others = sum(view.elsewhere.values())
    return others, others - view.elsewhere.get(Status.HEALTHY, 0)


# -- What SES says, and what is urgent ---------------------------------------------------------------------------------


def _ses(view: OverviewView, medium: Medium) -> Element:
    frame = view.frame
    if view.verdict is None:
        content: Node = nothing("SES was not asked yet: the function WatchSes does so on a schedule.")
    else:
        content = verdict_rows(view.verdict, view.account, frame.policy, frame.words, medium.zone, frame.now)
    return card("What SES itself says", content)


def _outages(view: OverviewView, medium: Medium) -> Node:
    if not view.outages:
        return None
    return card("Outages of mailbox providers", outage_list(view.outages, view.frame, medium))


def _urgent(view: OverviewView, medium: Medium) -> Element:
    if not view.urgent:
        where = ": there is nothing to do" if view.complete else " in the scopes that were read"
        return card("Open findings", nothing(f"No finding is open{where}."))
    first, others, left_out = view.urgent[:_URGENT], view.urgent[_URGENT:], view.urgent_total - len(view.urgent)
    return card(
        ["Open findings ", h.span(".sr-muted")[number_text(view.urgent_total, view)]],
        _findings(first, view, medium),
        more(f"The next {len(others):,}", _findings(others, view, medium)) if others else None,
        h.p(".sr-hint")[f"{number_text(left_out, view).capitalize()} more are less urgent."] if left_out else None,
    )


def _findings(urgent: Sequence[Urgent], view: OverviewView, medium: Medium) -> Element:
    return h.ol(".sr-list")[(h.li[_urgent_finding(each, view, medium)] for each in urgent)]


def _urgent_finding(each: Urgent, view: OverviewView, medium: Medium) -> Element:
    finding, words = each.finding, view.frame.words
    name = CATEGORY_TEXTS[finding.category].name
    of = scope_phrase(each.scope, lambda label: medium.link(ScopePage(each.scope), label))
    waits = waits_for(finding.stage, changes=finding.reports_changes, vocabulary=words)
    return h.div(".sr-urgent")[
        h.div[
            h.p(".sr-what")[name.capitalize(), " of ", of],
            h.p(".sr-muted")[f"Waits for {waits}"],
        ],
        h.div[h.p[finding_badge(finding.stage, words)], h.p(".sr-muted.sr-number")[_when(each, view, medium)]],
    ]


def _when(each: Urgent, view: OverviewView, medium: Medium) -> Node:
    finding, now = each.finding, view.frame.now
    if finding.waits_since:
        return ["waits since ", day(finding.waits_since, medium.zone), f" ({distance(finding.waits_since, now)})"]
    if finding.period_end and finding.stage in STAGES_THAT_TIME_MOVES:
        return ["ends ", day(finding.period_end, medium.zone), f" ({distance(finding.period_end, now)})"]
    return ["since ", day(finding.stage_since, medium.zone)]
