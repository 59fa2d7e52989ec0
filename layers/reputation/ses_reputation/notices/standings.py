"""What a standing means in a few sentences, and what its findings wait for: for who looks at it rather than is told."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation.domain.standing import Finding, Standing
from ses_reputation.notices.alert import measured_document
from ses_reputation.notices.categories import CATEGORY_TEXTS, SUSPICIONS
from ses_reputation.notices.numbers import percent, words_of_limits
from ses_reputation.notices.texts import METRICS
from ses_reputation.notices.vocabulary import Vocabulary, words_of

# Of a scope, so that none of them is Almost healed.
_MEANINGS: Mapping[Status, str] = MappingProxyType(
    {
        Status.HEALTHY: "No finding is open.",
        Status.PROBATION: "There is a problem, and time to solve it.",
        Status.PENDING_DECISION: "The {probation} is over, and a person decides what follows.",
        Status.PENDING_SHUTDOWN: "A person decides whether this is {shut_down}.",
        Status.SHUTDOWN: "No more of this mail is to go out. Only a person's decision leads out of that.",
    }
)
# Of the other scopes there may be many, and the same page lists them.
_ACCOUNT_IS_HEALTHY = "No finding is open about the account itself."
_FOR_GOOD = "No more of this mail is to go out. That is for good: no {appeal} leads out of it."
# Not where sending is stopped, whatever the status would allow.
_GOES_ON: Mapping[Status, str] = MappingProxyType(
    {
        Status.HEALTHY: " You can go on sending.",
        Status.PROBATION: " You can go on sending.",
        Status.PENDING_DECISION: " Until then you can go on sending.",
        Status.PENDING_SHUTDOWN: " Until then you can go on sending: hold back what you can.",
    }
)
_UNDECIDED = "No status has changed: what is only suspected waits for a person who says whether it is so."

_WAITS_FOR: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.SUSPECTED: "a decision: is it so?",
        Stage.ALMOST_HEALED: "the rate to stay down",
        Stage.PROBATION: "the problem to be solved",
        Stage.PENDING_DECISION: "a decision: what follows?",
        Stage.PENDING_SHUTDOWN: "a decision: is it {shut_down}?",
        Stage.SHUTDOWN: "{an_appeal}",
        Stage.PERMANENT_SHUTDOWN: "nothing: it is for good",
    }
)
_CHANGES_WAIT = "a decision: are the changes enough?"
_APPEAL_WAITS = "a decision: is the {appeal} granted?"
# What is suspected or pending waits for the same decision, whatever was said of it.
_CHANGES_COME_FIRST = frozenset({Stage.ALMOST_HEALED, Stage.PROBATION, Stage.SHUTDOWN})

_CAUSES: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.SUSPECTED: "This is only suspected. A person says whether it is so; until then nothing follows.",
        Stage.PENDING_DECISION: "The {probation} is over. A person decides what follows.",
        Stage.PENDING_SHUTDOWN: "This is {shut_down} if a person decides so.",
        Stage.SHUTDOWN: "There is {an_appeal}. A person decides whether the {shutdown} ends.",
    }
)
_CHANGES_CAUSE = "Changes were reported. A person decides whether they are enough; the {probation} goes on meanwhile."


def meaning_of(standing: Standing, vocabulary: Vocabulary, *, stopped: bool) -> str:
    """What the status of a scope means now; `stopped` is whether its mail can not go on, whatever the status is."""
    status = standing.status
    if standing.findings and status is Status.HEALTHY:
        return _UNDECIDED
    for_good = any(finding.stage is Stage.PERMANENT_SHUTDOWN for finding in standing.findings.values())
    meaning = _FOR_GOOD if for_good else _MEANINGS[status]
    if status is Status.HEALTHY and standing.scope == ACCOUNT:
        meaning = _ACCOUNT_IS_HEALTHY
    return f"{meaning}{'' if stopped else _GOES_ON.get(status, '')}".format_map(words_of(vocabulary))


def warnings_of(standing: Standing, policy: Policy, moment: Callable[[datetime], str]) -> Iterator[str]:
    """What could become a finding: a rate that is over what SES recommends, or on its way over its limit."""
    for metric, measures in standing.measures.items():
        if Category(metric) in standing.findings:
            continue
        limits = policy.limits_of(standing.scope, metric)
        name, shown = METRICS[metric].name, policy.shown(measures.window)
        passed = measures.forecast.limit_passed if measures.forecast else None
        at_pace = f"at the present pace it passes {percent(limits.limit.value)} on {moment(passed)}" if passed else ""
        if shown is not None and policy.is_warned_about(standing.scope, measures.window, already=False):
            over = f"The {name} is {percent(shown)}, and recommended is under {percent(limits.recommended.value)}"
            yield f"{over}; {at_pace}." if at_pace else f"{over}."
        elif at_pace and shown is not None:
            yield f"The {name} is {percent(shown)}; {at_pace}."


def reason_of(finding: Finding, standing: Standing, policy: Policy, vocabulary: Vocabulary) -> str:
    """What a finding is about, in a sentence: what was measured, reported, or is suspected.

    Of a measured one it says how the rate stands now, which may be in order.
    """
    texts = CATEGORY_TEXTS[finding.category]
    metric = finding.category.metric
    if metric is None:
        suspected = finding.stage is Stage.SUSPECTED
        return SUSPICIONS[finding.category].seen if suspected else texts.happened
    name = METRICS[metric].name
    if metric not in standing.measures:
        return f"The {name} was over its limit."
    measures = standing.measures[metric]
    words = words_of(vocabulary) | words_of_limits(measured_document(standing.scope, metric, measures, policy))
    words["metric"] = name
    if policy.is_over_limit(standing.scope, measures.deciding):
        return texts.happened.format_map(words)
    if not policy.can_judge(measures.deciding):
        return "The {metric} was {over_limit}. Since then there is too little mail to judge it by.".format_map(words)
    return "The {metric} was {over_limit}, and is {within_limit} now.".format_map(words)


def waits_for(stage: Stage, *, changes: bool, vocabulary: Vocabulary) -> str:
    """What a finding at a stage waits for; `changes` is whether changes were reported that nobody has decided on."""
    text = _WAITS_FOR[stage]
    if changes and stage in _CHANGES_COME_FIRST:
        text = _APPEAL_WAITS if stage is Stage.SHUTDOWN else _CHANGES_WAIT
    return text.format_map(words_of(vocabulary))


def advice_for(finding: Finding) -> tuple[str, ...]:
    """What to do about a finding, the most important first."""
    if finding.stage is Stage.SUSPECTED:
        return SUSPICIONS[finding.category].checks
    return CATEGORY_TEXTS[Category(finding.category)].advice


def cause_of_waiting(finding: Finding, vocabulary: Vocabulary) -> str:
    """Why a finding that waits for a person does."""
    return _CAUSES.get(finding.stage, _CHANGES_CAUSE).format_map(words_of(vocabulary))
