"""The open findings and outages of a scope: what each is, what to do, what follows, and how to decide."""

from collections.abc import Iterator, Sequence
from functools import partial

import htpy as h
from htpy import Element, Node
from markupsafe import Markup

from ses_reputation.dashboard.medium import Medium, Offer, Subject
from ses_reputation.dashboard.offers import offers_of, offers_of_outage, subject_of, subject_of_outage
from ses_reputation.dashboard.outages import outage_badge, outage_facts
from ses_reputation.dashboard.parts import (
    card,
    counted,
    distance,
    facts,
    finding_badge,
    moment,
    moment_text,
    more,
    quote,
)
from ses_reputation.dashboard.verdicts import mail_is_stopped
from ses_reputation.dashboard.views import ScopeView
from ses_reputation.domain.changes import OutageChange
from ses_reputation.domain.lifecycle import STAGES_THAT_TIME_MOVES, Stage
from ses_reputation.domain.listing import gravest_first
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.standing import Finding, Observation, ReportedChanges
from ses_reputation.notices.alert import Alert, alert_of
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.findings import who
from ses_reputation.notices.page import page
from ses_reputation.notices.questions import Question, commands, questions
from ses_reputation.notices.standings import cause_of_waiting
from ses_reputation.notices.structure import Command, readable
from ses_reputation.notices.vocabulary import words_of

_EVIDENCE_SHOWN = 3
_OUTAGES_SHOWN = 3
_SOURCE = 280
# Why, and what to do, are what a reader needs first.
_REASONS = 2


def findings(view: ScopeView, medium: Medium) -> Iterator[Element]:
    """Every open finding, the one that the status comes from first."""
    for finding in gravest_first(view.standing):
        yield _finding(finding, view, medium)


def _finding(finding: Finding, view: ScopeView, medium: Medium) -> Element:
    standing, policy, words = view.standing, view.frame.policy, view.frame.words
    tell = partial(moment_text, zone=medium.zone)
    offers = offers_of(standing.scope, finding, policy, words) if finding.waits_since else ()
    asked = questions(finding, standing, policy, words, tell, stopped=mail_is_stopped(view))
    reasons, outcomes = asked[:_REASONS], sorted(asked[_REASONS:], key=lambda question: not question.matters)
    alert = view.notices.get(finding.category)
    return card(
        [h.span[f"Open finding: {CATEGORY_TEXTS[finding.category].name}"], finding_badge(finding.stage, words)],
        h.p(".sr-lead")[cause_of_waiting(finding, words)] if finding.waits_since else None,
        h.div(".sr-columns")[
            h.div[(_question(question) for question in reasons)],
            h.div[
                h.section[h.h3["What is known"], facts(_facts(finding, view, medium)), _evidence(finding, medium)],
                (_question(question) for question in outcomes),
            ],
        ],
        _decisions(medium, subject_of(standing.scope, finding), offers),
        _commands(commands(finding, standing, policy, words, deciding=not offers)) if medium.takes_commands else None,
        _notice(alert, view, medium) if alert else None,
        classes="sr-finding",
    )


def _facts(finding: Finding, view: ScopeView, medium: Medium) -> Iterator[tuple[Node, Node]]:
    now, zone = view.frame.now, medium.zone
    before = f", after {counted(finding.repeat, 'other')} that {_was(finding.repeat)} closed" if finding.repeat else ""
    yield "Open since", [moment(finding.opened, zone), f" ({distance(finding.opened, now)}){before}"]
    if finding.period_since and finding.period_end and finding.stage in STAGES_THAT_TIME_MOVES:
        ends = f" ({distance(finding.period_end, now)})"
        period = words_of(view.frame.words)["probation"].capitalize()
        yield period, [moment(finding.period_since, zone), " to ", moment(finding.period_end, zone), ends]
        yield ("Mail counts" if finding.category.metric else "Reports count"), ["from ", moment(finding.since, zone)]
    if since := finding.waits_since:
        yield "Waits", ["for a decision since ", moment(since, zone), f" ({distance(since, now)})"]
    if finding.reports:
        seen = [", seen last on ", moment(finding.last_observed, zone)] if finding.last_observed else None
        yield "Reports", [f"{finding.reports:,}", seen]
    yield "Finding", h.code[finding.id]


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _evidence(finding: Finding, medium: Medium) -> Node:
    """What was seen, the newest first, and what was changed about it."""
    seen = [_observation(observation, finding, medium) for observation in reversed(finding.evidence)]
    older = seen[_EVIDENCE_SHOWN:]
    return [
        [h.h3["What was seen"], seen[:_EVIDENCE_SHOWN]] if seen else None,
        more(f"{counted(len(older), 'older report')}", older) if older else None,
        [h.h3["What was changed"], _changes(finding.changes, medium)] if finding.changes else None,
    ]


def _observation(observation: Observation, finding: Finding, medium: Medium) -> Element:
    only = " (only suspected)" if observation.suspected and finding.stage is not Stage.SUSPECTED else ""
    source = h.bdi[readable(observation.source, _SOURCE)]
    return quote([source, ", ", moment(observation.observed, medium.zone), only], observation.text)


def _changes(changes: ReportedChanges, medium: Medium) -> Element:
    since = ["; changed ", moment(changes.since, medium.zone)]
    return quote([h.bdi[who(changes.by)], ", ", moment(changes.reported, medium.zone), since], changes.text)


def _question(question: Question) -> Element:
    """A question and its answer, which is folded away where it can wait."""
    points = h.ol[(h.li[point] for point in question.points)] if question.points else None
    texts = [h.p[text] for text in question.texts]
    if question.matters:
        return h.section[h.h3[question.title], texts, points]
    return h.section[h.h3(".sr-unseen")[question.title], more(question.title, texts, points)]


def _decisions(medium: Medium, subject: Subject, offers: Sequence[Offer]) -> Node:
    return h.div(".sr-to-decide")[h.h3["To decide"], medium.decisions(subject, offers)] if offers else None


def _commands(known: Sequence[Command]) -> Node:
    if not known:
        return None
    return more("On the command line", [[h.p[f"{each.purpose}:"], h.pre[h.code[each.line]]] for each in known])


def _notice(alert: Alert, view: ScopeView, medium: Medium) -> Element:
    """The newest message about something, as people got it. It is HTML of ours, with all that is not escaped."""
    sent = ["The newest message about it, of ", moment(alert.time, medium.zone)]
    return more(sent, Markup(page(alert, view.frame.words, level=3)))  # noqa: S704


def outages(view: ScopeView, medium: Medium) -> Iterator[Element]:
    """The newest outages of a mailbox provider, those that wait for a person with what to decide."""
    for outage in reversed(view.outages[-_OUTAGES_SHOWN:]):
        yield _outage(outage, view, medium)


def _outage(outage: Outage, view: ScopeView, medium: Medium) -> Element:
    scope, words = view.standing.scope, view.frame.words
    offers = offers_of_outage(outage, words) if outage.waits_since else ()
    told = (piece for piece in view.news if isinstance(piece, OutageChange) and piece.outage.id == outage.id)
    newest = next(told, None)
    return card(
        [h.span["Outage"], outage_badge(outage)],
        outage_facts(outage, view.frame, medium),
        _decisions(medium, subject_of_outage(scope, outage), offers),
        _notice(_alert(newest, view), view, medium) if newest else None,
        classes="sr-finding",
    )


def _alert(news: OutageChange, view: ScopeView) -> Alert:
    frame = view.frame
    return alert_of(news, frame.policy, frame.account, frame.region)
