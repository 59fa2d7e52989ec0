"""Made-up findings of one tenant: every change that can happen to them, found by doing everything that can be done.

They come from the rules themselves, so a preview shows what the rules lead to.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.domain.assessment import assess
from ses_reputation.domain.categories import Category, Severity
from ses_reputation.domain.changes import Change, Reminder
from ses_reputation.domain.decisions import (
    ChangesMade,
    Command,
    CommandRefused,
    Decide,
    Decision,
    ReinstateTo,
    Report,
    Withdraw,
    carry_out,
)
from ses_reputation.domain.lifecycle import STAGE_STATUS, Stage, Trigger
from ses_reputation.domain.limits import Profile, limits_by_kind
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import Scope, ScopeKind
from ses_reputation.domain.standing import Act, Actor, Measures, Standing

SCOPE = Scope("tenant/acme")
ACCOUNT_ID, REGION = "123456789012", "eu-west-1"
START = datetime(2026, 3, 6, 12, tzinfo=UTC)

POLICIES = (
    Policy(),
    Policy(human_review=frozenset(ScopeKind)),
    Policy(profile=Profile.CURRENT, limits=limits_by_kind(Profile.CURRENT)),
)
"""The rules that lead to different ends of a probation: of their own accord, by a person, between two limits."""

# What leads to a stage as a rule, where several things can.
_TYPICAL = (
    Trigger.ENDED_STILL_REPORTED,
    Trigger.ENDED_STILL_REPORTED_FOR_REVIEW,
    Trigger.ENDED_FOR_DECISION,
    Trigger.ENDED_WITHOUT_REPORT,
    Trigger.ENDED_UNPROVEN,
    Trigger.REPEATED_FOR_SHUTDOWN,
    Trigger.ACCEPTED_AND_LIFTED,
)

# After the last repeat that a table of policy knows of, all further ones are alike.
_REPEATS = 4
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_OPERATOR = Actor("arn:aws:iam::123456789012:user/operator", proven=True)
_SENDER = Actor("mail-team@acme.example", proven=False)


class Told(Struct, frozen=True):
    """What a sender changed about a problem of a category; who had reported it, and saw what. Nobody reports a rate."""

    changes: str
    source: str = ""
    evidence: str = ""


_TOLD: Mapping[Category, Told] = MappingProxyType(
    {
        Category.BOUNCE_RATE: Told("Took out the addresses of the trade fair; the sign-up form confirms by mail now."),
        Category.COMPLAINT_RATE: Told("Stopped the weekly offers to people who had not asked for them."),
        Category.ANTI_SPAM_ORGANIZATION: Told(
            "Stopped the campaign to the list of 2019, and deleted that list.",
            "AWS case 1234567890",
            "Listed since 5 March for unsolicited offers.",
        ),
        Category.DIRECT_FEEDBACK: Told(
            "One mail a week instead of one a day; all new addresses are confirmed.",
            "AWS case 1234567890",
            "27 people wrote about offers@acme.example this week.",
        ),
        Category.DOMAIN_BLOCKLIST: Told(
            "Links no longer go through short.example, in any template.",
            "link-check",
            "short.example, in the footer of offers, is on a blocklist.",
        ),
        Category.INTERNAL_REVIEW: Told(
            "New templates with our name and address; the bought list is deleted.",
            "content-review",
            "The offers don't say who sends them, nor why.",
        ),
        Category.MAILBOX_PROVIDER: Told(
            "Stopped the campaign to the list of 2019, and deleted that list.",
            "AWS case 1234567890",
            "A provider reports unsolicited mail of acme.example.",
        ),
        Category.RECIPIENT_FEEDBACK: Told(
            "Took out 31,000 recipients who had not clicked for a year.",
            "AWS case 1234567890",
            "A provider's users report the offers as spam.",
        ),
        Category.RELATED_ACCOUNT: Told(
            "The other account's contact form needs a login now; nothing was moved here.",
            "operator",
            "acme-offers, with the same billing address, was stopped by SES.",
        ),
        Category.SPAMTRAP: Told(
            "Deleted the list of the former partner, and everybody silent for six months.",
            "trap-monitor",
            "14 messages of acme.example reached spamtraps since 2 March.",
        ),
        Category.VULNERABLE_SITE: Told(
            "Invitations need a login, and one user can send five a day.",
            "abuse-desk",
            "The invitation form of acme.example mails strangers about pills.",
        ),
        Category.OTHER: Told(
            "Did what the report asks for, point by point.",
            "operator",
            "Mail goes out in the name of acme.example that its owner does not know of.",
        ),
    }
)

_NOTES: Mapping[Decision, str] = MappingProxyType(
    {
        Decision.ACCEPT: "Checked: the cause is gone.",
        Decision.REFUSE: "It says what was stopped, but not where the addresses came from.",
        Decision.LIFT: "Reported by mistake: it was another tenant.",
        Decision.EXTEND: "The new form goes live next week.",
        Decision.SHUTDOWN: "It got worse, and nobody answers.",
        Decision.REINSTATE: "The cause is gone, and the plan is good.",
        Decision.MAKE_PERMANENT: "The fourth time, and the same cause.",
        Decision.CONFIRM: "Looked at the mail: it is as it seems.",
        Decision.DISMISS: "Looked at the mail: it is another sender's.",
    }
)


class Example(Struct, frozen=True):
    """A change of a made-up finding, or what people are reminded of, and the rules that it follows."""

    news: Change | Reminder
    policy: Policy


def typical(category: Category, stage: Stage) -> Example:
    """How a finding of this category mostly comes to this stage. It must be one that the category has."""
    reached = [
        (_how_typical(change), number, example)
        for number, example in enumerate(_all(category))
        if isinstance(change := example.news, Change) and change.after is stage is not change.before
    ]
    _, _, most_typical = min(reached)
    return most_typical


@cache
def _all(category: Category) -> tuple[Example, ...]:
    # Each stage of a category is chosen from the same ones, and they take a while to be found.
    return tuple(examples(category))


def _how_typical(change: Change) -> tuple[int, bool]:
    """Sorts by what leads to it, and where that is alike, what changes the status comes first."""
    number = _TYPICAL.index(change.trigger) if change.trigger in _TYPICAL else len(_TYPICAL)
    return number, STAGE_STATUS[change.before] is STAGE_STATUS[change.after]


class _State(Struct, frozen=True):
    standing: Standing
    now: datetime


def examples(category: Category, policies: Sequence[Policy] = POLICIES) -> Iterator[Example]:
    """All that can happen to a finding of this category, and be told; what takes the fewest steps comes first.

    At each step any of the policies can apply, as after a changed setting.
    """
    states = deque([_State(Standing(SCOPE), START)])
    seen = {_kind(states[0], category)}
    while states:
        state = states.popleft()
        for policy in policies:
            for after, told in _next(state, category, policy):
                yield from (Example(news, policy) for news in told)
                if (kind := _kind(after, category)) not in seen:
                    seen.add(kind)
                    states.append(after)


def _kind(state: _State, category: Category) -> tuple[object, ...]:
    """What tells one state of a finding from another, as far as the rules know."""
    finding, repeats = state.standing.findings.get(category), min(state.standing.closed.get(category, 0), _REPEATS)
    if finding is None:
        return None, repeats
    seen_again = finding.last_observed is not None and finding.last_observed > finding.since
    return finding.stage, repeats, finding.changes is not None, finding.under_since is not None, seen_again


def _next(state: _State, category: Category, policy: Policy) -> Iterator[tuple[_State, tuple[Change | Reminder, ...]]]:
    """Everything that can follow: what time and mail do, and what people do."""
    for now in _times(state, category):
        for measures in _measures(state, category):
            after, told = assess(state.standing, measures, now, policy)
            yield _State(after, now), tuple(news for news in told if isinstance(news, Change | Reminder))
    now = state.now + _DAY
    for command, act in _commands(state, category, now):
        try:
            after, news = carry_out(state.standing, command, act, now, policy)
        except CommandRefused:
            continue
        yield _State(after, now), ((news,) if isinstance(news, Change) else ())


def _times(state: _State, category: Category) -> Iterator[datetime]:
    yield state.now + _HOUR
    yield state.now + 2 * _DAY
    yield state.now + 8 * _DAY
    finding = state.standing.findings.get(category)
    if finding and finding.period_end and finding.period_end > state.now:
        yield finding.period_end - _DAY
        yield finding.period_end


def _measures(state: _State, category: Category) -> Iterator[Mapping[Metric, Measures]]:
    """Mail that is fine, over the limit, between the limits of the current profile, and too little of it."""
    # In ten thousandths.
    hundredths = {Metric.BOUNCE_RATE: (81, 1_263, 720), Metric.COMPLAINT_RATE: (4, 84, 26)}
    fine = {metric: Measures(_rate(metric, rates[0], 9_500, state.now)) for metric, rates in hundredths.items()}
    if (metric := category.metric) is None:
        yield fine
        return
    finding = state.standing.findings.get(category)
    for rate, eligible in (*((rate, 9_500) for rate in hundredths[metric]), (0, 40)):
        since = _rate(metric, rate, eligible // 2, finding.since) if finding else None
        yield {**fine, metric: Measures(_rate(metric, rate, eligible, state.now - 9 * _DAY), since)}


def _rate(metric: Metric, ten_thousandths: int, eligible: int, start: datetime) -> Rate:
    hours = max(1, eligible // 60)
    return Rate(metric, ten_thousandths * eligible // 10_000, eligible, start, hours, eligible)


def _commands(state: _State, category: Category, now: datetime) -> Iterator[tuple[Command, Act]]:
    told = _TOLD[category]
    if not category.metric:
        for severity in Severity:
            report = Report(SCOPE, category, told.evidence, told.source, severity, now - 2 * _HOUR)
            yield report, Act("report", _OPERATOR)
        yield Withdraw(SCOPE, category, told.source, "It is no longer seen."), Act("withdrawal", _OPERATOR)
    if finding := state.standing.findings.get(category):
        yield ChangesMade(SCOPE, finding.id, told.changes, now - _DAY), Act("changes", _SENDER)
        for decision, note in _NOTES.items():
            for to in ReinstateTo if decision is Decision.REINSTATE else (ReinstateTo.PROBATION,):
                yield Decide(SCOPE, finding.id, decision, to=to), Act(f"{decision} {to}", _OPERATOR, note)
