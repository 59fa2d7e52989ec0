"""The decisions that a person is offered: what each is called, and what it leads to for what it is about."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.dashboard.medium import Offer, Subject
from ses_reputation.dashboard.parts import scope_text
from ses_reputation.domain.categories import CATEGORIES, OnChanges, Repeat
from ses_reputation.domain.decisions import DISMISSED_FOR, Decision, ReinstateTo, allowed, allowed_of_outage
from ses_reputation.domain.lifecycle import Stage
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Finding
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.numbers import ordinal
from ses_reputation.notices.structure import readable
from ses_reputation.notices.vocabulary import Vocabulary, words_of


class _Texts(Struct, frozen=True):
    """What a decision is called, and what it leads to."""

    name: str
    leads_to: str


_PENDING = (Stage.PENDING_DECISION, Stage.PENDING_SHUTDOWN)

_TEXTS: Mapping[Decision, _Texts] = MappingProxyType(
    {
        Decision.REFUSE: _Texts("Refuse the changes", "They are not enough. All else stays as it is."),
        Decision.LIFT: _Texts("Lift", "There is no problem, or no longer one: the finding is closed."),
        Decision.EXTEND: _Texts("Extend", "The {probation} lasts longer. What was changed still waits."),
        Decision.SHUTDOWN: _Texts(
            "{to_shut_down}", "It is {shut_down} now. Only a person's decision leads out of that."
        ),
        Decision.REINSTATE: _Texts(
            "Reinstate", "The {shutdown} ends, with a new {probation} or with the status {Healthy} at once."
        ),
        Decision.MAKE_PERMANENT: _Texts("Make permanent", "It is {shut_down} for good: no {appeal} leads out of it."),
        Decision.CONFIRM: _Texts("Confirm", "It is so: a {probation} begins, as if it had been reported now."),
        Decision.DISMISS: _Texts(
            "Dismiss",
            (
                "It is not so: it is as if it had never been, and nothing like it is suspected for {dismissed_days} "
                "days."
            ),
        ),
    }
)
_REFUSE_APPEAL = _Texts("Refuse the {appeal}", "It stays {shut_down}.")
_EXTEND_INSTEAD = _Texts("Extend", "More time instead of a decision, in a {probation}.")

_ACCEPT = "Accept the changes"
_ACCEPTED: Mapping[OnChanges, str] = MappingProxyType(
    {
        OnChanges.COUNTED_ANEW: "Only mail after the change counts. The {probation} ends when it would have.",
        OnChanges.MORE_TIME: "There is more time, and only what is seen after the change counts.",
        OnChanges.LIFTED: "The problem counts as solved: the finding is closed.",
    }
)
_ACCEPTED_LATE = "Only mail after the change counts, in a new {probation}."

_CONFIRMED_AGAIN: Mapping[Repeat, str] = MappingProxyType(
    {
        Repeat.PROBATION: "It is so, for the {nth} time: another {probation} begins.",
        Repeat.SHUTDOWN: "It is so, for the {nth} time: it is {shut_down} at once.",
        Repeat.PERMANENT: "It is so, for the {nth} time: a person then decides whether it is {shut_down} for good.",
    }
)
_CONFIRMED_FOR_REVIEW = "It is so, for the {nth} time: the status becomes {Pending_shutdown}."

_OF_OUTAGES: Mapping[Decision, _Texts] = MappingProxyType(
    {
        Decision.CONFIRM: _Texts(
            "Confirm", "It was an outage: what it bounced is in no bounce rate here. SES counts it all the same."
        ),
        Decision.DISMISS: _Texts("Dismiss", "It was none: what bounced counts in every bounce rate."),
    }
)

GRAVE = frozenset({Decision.SHUTDOWN, Decision.MAKE_PERMANENT})
"""Decisions that make things worse for the sender at once."""


def subject_of(scope: Scope, finding: Finding) -> Subject:
    """What a decision about a finding is about."""
    about = f"{CATEGORY_TEXTS[finding.category].name} of {scope_text(scope)}"
    return Subject(scope, finding.id, finding.revision, about)


def subject_of_outage(scope: Scope, outage: Outage) -> Subject:
    """What a decision about an outage is about."""
    return Subject(scope, outage.id, outage.revision, f"outage of {readable(outage.provider, 300)}")


def offers_of(scope: Scope, finding: Finding, policy: Policy, vocabulary: Vocabulary) -> tuple[Offer, ...]:
    """The decisions about a finding that would not be refused now."""
    words = words_of(vocabulary) | {"nth": ordinal(finding.repeat + 1), "dismissed_days": str(DISMISSED_FOR.days)}
    reviewed = policy.reviewed_by_people(scope)
    could = (word for word in allowed(finding) if word in set(Decision))
    return tuple(_offer(Decision(word), _texts_of(Decision(word), finding, reviewed=reviewed), words) for word in could)


def offers_of_outage(outage: Outage, vocabulary: Vocabulary) -> tuple[Offer, ...]:
    """The decisions about an outage that would not be refused now."""
    decisions = map(Decision, allowed_of_outage(outage))
    return tuple(_offer(decision, _OF_OUTAGES[decision], words_of(vocabulary)) for decision in decisions)


def _offer(decision: Decision, texts: _Texts, words: Mapping[str, str]) -> Offer:
    name = texts.name.format_map(words)
    return Offer(
        decision,
        f"{name[0].upper()}{name[1:]}",
        texts.leads_to.format_map(words),
        takes_days=decision is Decision.EXTEND,
        choices=_choices(words) if decision is Decision.REINSTATE else (),
    )


def _choices(words: Mapping[str, str]) -> tuple[tuple[ReinstateTo, str], ...]:
    return (
        (ReinstateTo.PROBATION, "a new {probation}".format_map(words)),
        (ReinstateTo.HEALTHY, "{Healthy} at once".format_map(words)),
    )


def _texts_of(decision: Decision, finding: Finding, *, reviewed: bool) -> _Texts:
    row = CATEGORIES[finding.category]
    match decision:
        case Decision.ACCEPT:
            late = row.on_changes is OnChanges.COUNTED_ANEW and finding.stage in _PENDING
            return _Texts(_ACCEPT, _ACCEPTED_LATE if late else _ACCEPTED[row.on_changes])
        case Decision.REFUSE if finding.stage is Stage.SHUTDOWN:
            return _REFUSE_APPEAL
        case Decision.EXTEND if finding.stage in _PENDING:
            return _EXTEND_INSTEAD
        case Decision.CONFIRM if row.repeats and finding.repeat:
            repeat = row.repeats[min(finding.repeat, len(row.repeats)) - 1]
            leads_to = _CONFIRMED_FOR_REVIEW if reviewed and repeat is Repeat.SHUTDOWN else _CONFIRMED_AGAIN[repeat]
            return _Texts(_TEXTS[decision].name, leads_to)
        case _:
            return _TEXTS[decision]
