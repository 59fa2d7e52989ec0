"""What everybody asks about an open finding: why, what to do, and what a probation and a shutdown mean.

These are the four questions that SES's page about the messages of its reputation dashboard answers for each kind of
problem, in its first form; of what is only suspected, four others.
https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.domain.categories import AtEnd, Category, OnChanges
from ses_reputation.domain.changes import Reminder, ReminderKind
from ses_reputation.domain.lifecycle import STAGES_THAT_TIME_MOVES, Stage, Status, stages_of
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Rate
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.domain.standing import Finding, Measures, Standing
from ses_reputation.notices.alert import ReminderAlert, reminder_alert
from ses_reputation.notices.categories import CATEGORY_TEXTS, SUSPICIONS
from ses_reputation.notices.findings import commands_about, confirming, repeating, words_about
from ses_reputation.notices.numbers import Moments, duration
from ses_reputation.notices.numbers import moment as moment_in_utc
from ses_reputation.notices.structure import Command
from ses_reputation.notices.texts import (
    DISMISSING,
    NEXT,
    NEXT_PERMANENT,
    ON_APPEAL,
    ON_CHANGES,
    SES_DECIDES_TOO,
)
from ses_reputation.notices.vocabulary import Vocabulary

_SHUT_DOWN = frozenset({Stage.SHUTDOWN, Stage.PERMANENT_SHUTDOWN})


class Question(Struct, frozen=True):
    """A question, what there is to say, and points to go through, the most important first.

    `matters` is whether it is one to ask of the finding as it is now; the others can wait.
    """

    title: str
    texts: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    matters: bool = True


_MEASURED = "The {metric} was {over_limit} when this began, on {began}."
_GO_ON = "You can go on sending."
_MAIL_SINCE = "Only mail since {measured_from} is in the rate that decides."
_HEALS = "Before that, after {steady} {within_limit} it is {Almost_healed}, and after another {healing} {Healthy}."
# What the end of a probation leads to where none is running, so that there is no day to name.
_ENDS_MEASURED = (
    "In a {probation} only mail since it began is in the rate that decides. If {unless} when it ends, the status "
    "becomes {at_worst}; if it is {within_limit}, {Healthy}."
)
_ENDS: Mapping[AtEnd, str] = MappingProxyType(
    {
        AtEnd.SHUTDOWN: (
            "If a report says by the end of the {probation} that {unless}, the status becomes {at_worst}; if none "
            "does, {Healthy}."
        ),
        AtEnd.MAY_SHUT_DOWN: (
            "If a report says by the end of the {probation} that {unless}, a person decides whether to {to_shut_down}; "
            "if none does, the status becomes {Healthy}."
        ),
        AtEnd.DECISION: (
            "When the {probation} ends, a person decides what follows: it does not clear by itself, even if nothing "
            "more is reported."
        ),
    }
)
_FOR_GOOD = "A person can decide that a {shutdown} is for good. Then no {appeal} leads out of it."


def questions(
    finding: Finding,
    standing: Standing,
    policy: Policy,
    vocabulary: Vocabulary,
    moment: Moments = moment_in_utc,
    *,
    stopped: bool = False,
) -> tuple[Question, ...]:
    """The four questions about an open finding of a scope, and their answers.

    `stopped` is whether the scope's mail can not go on, whatever its status is.
    """
    alert, words = _said(finding, standing, policy, vocabulary, moment)
    asked = _of_suspicion(alert) if alert.finding.suspected else _of_problem(alert, finding, stopped=stopped)
    return tuple(
        Question(
            _capital(question.title.format_map(words)),
            tuple(text.format_map(words) for text in question.texts),
            tuple(point.format_map(words) for point in question.points),
            question.matters,
        )
        for question in asked
    )


def commands(
    finding: Finding, standing: Standing, policy: Policy, vocabulary: Vocabulary, *, deciding: bool
) -> tuple[Command, ...]:
    """What can be typed about a finding; `deciding` is whether that includes what people decide."""
    alert, words = _said(finding, standing, policy, vocabulary, moment_in_utc)
    known = commands_about(alert, words)
    return tuple(known if deciding else (each for each in known if " decide " not in each.line))


def _said(
    finding: Finding, standing: Standing, policy: Policy, vocabulary: Vocabulary, moment: Moments
) -> tuple[ReminderAlert, dict[str, str]]:
    """What people would be reminded of now, and what the placeholders stand for."""
    metric = finding.category.metric
    measures = standing.measures.get(metric) or Measures(Rate(metric)) if metric else None
    kind = ReminderKind.REVIEW_WAITS if finding.waits_since else ReminderKind.PERIOD_ENDS
    reminder = Reminder(
        "", finding.stage_since, standing.scope, kind, finding.category, standing.status, finding, measures
    )
    alert = reminder_alert(reminder, policy, account="", region="")
    words = words_about(alert, vocabulary, moment)
    words |= {"began": moment(finding.opened)}
    for name, time_span in (("steady", policy.steady), ("healing", policy.healing)):
        words[name] = duration(int(time_span.total_seconds() // 3600))
    return alert, words


def _of_problem(alert: ReminderAlert, finding: Finding, *, stopped: bool) -> Iterator[Question]:
    texts = CATEGORY_TEXTS[finding.category]
    happened = _MEASURED if finding.category.metric else "{happened}"
    yield Question("Why", (happened, texts.about))
    yield Question("What to do", points=texts.advice)
    shut_down = finding.stage in _SHUT_DOWN
    yield Question("{on_probation}", tuple(_on_probation(alert, finding, stopped=stopped)), matters=not shut_down)
    yield Question("After a {shutdown}", tuple(_after_shutdown(alert, finding)), matters=shut_down)


def _on_probation(alert: ReminderAlert, finding: Finding, *, stopped: bool) -> Iterator[str]:
    if not stopped:
        yield _GO_ON
    if finding.period_end and finding.stage in STAGES_THAT_TIME_MOVES:
        yield from _while_it_runs(finding)
    else:
        yield _ENDS_MEASURED if finding.category.metric else _ENDS[AtEnd(alert.finding.remains)]
    yield ON_CHANGES[OnChanges(alert.finding.on_changes)]
    yield from repeating(alert.finding)
    if alert.scope_kind == ScopeKind.ACCOUNT and not finding.category.metric:
        yield SES_DECIDES_TOO


def _while_it_runs(finding: Finding) -> Iterator[str]:
    if finding.category.metric:
        yield _MAIL_SINCE
    yield "{at_end}"
    if finding.category.metric and finding.stage is Stage.PROBATION:
        yield _HEALS


def _after_shutdown(alert: ReminderAlert, finding: Finding) -> Iterator[str]:
    if alert.finding.permanent:
        yield NEXT_PERMANENT
        return
    yield NEXT[Status.SHUTDOWN]
    yield ON_APPEAL
    if Stage.PERMANENT_SHUTDOWN in stages_of(finding.category):
        yield _FOR_GOOD


def _of_suspicion(alert: ReminderAlert) -> Iterator[Question]:
    texts = SUSPICIONS[Category(alert.category)]
    yield Question("Why it is suspected", ("{seen}", texts.doubt))
    yield Question("How to find out", points=texts.checks)
    yield Question("If it is confirmed", (confirming(alert.finding),))
    yield Question("If it is dismissed", (DISMISSING,))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
