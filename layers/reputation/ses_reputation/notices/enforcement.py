"""The notice about what was done at SES because of a status: sending paused, resumed, or left as it is."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.domain.categories import Category
from ses_reputation.domain.enforcement import Action, Call, Mode, State
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.notices.alert import EnforcementAlert
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.sending_commands import by_hand
from ses_reputation.notices.structure import Command, Headline, Notice, Part, Row, Rows, Section, Text, readable
from ses_reputation.notices.vocabulary import STATUS_NAMES, Vocabulary, words_of


class ActionTexts(Struct, frozen=True):
    """What an action is called in a few words, what was done, and what happens next."""

    news: str
    done: str
    next: str


_RESUMES_ITSELF = (
    "SES Reputation resumes it when the status no longer asks for a pause: once a person has reinstated it, say."
)
_ONLY_OBSERVED = "SES Reputation only observes here, so that nothing was done at SES."
_LETS_IT = "Name {kind} in the parameter EnforceScopes to let SES Reputation do it."
_TRIED_AGAIN = (
    "It is tried again for some hours. If it still fails then, the message is put on the dead-letter queue of "
    "enforcement, and there is an alarm. You are told when it succeeds."
)

ACTIONS: Mapping[Action, ActionTexts] = MappingProxyType(
    {
        Action.WOULD_PAUSE: ActionTexts(
            "would be paused",
            "Sending would be paused at SES because of this status. " + _ONLY_OBSERVED,
            _LETS_IT,
        ),
        Action.PAUSED: ActionTexts(
            "paused",
            "Sending is paused at SES: it takes no more mail from here until that is resumed.",
            _RESUMES_ITSELF,
        ),
        Action.FOUND_PAUSED: ActionTexts(
            "was paused already",
            "The status asks for a pause, and sending was paused at SES already, by somebody else. It stays so.",
            "SES Reputation resumes only what it paused itself: whoever paused this has to resume it.",
        ),
        Action.LEFT_RUNNING: ActionTexts(
            "left running",
            "Sending was resumed at SES by somebody else, though the status asks for a pause. It is left so.",
            "It is paused again only if there is a new reason: one more {shutdown}.",
        ),
        Action.WOULD_RESUME: ActionTexts(
            "would be resumed",
            "The status no longer asks for a pause: sending would go on now. " + _ONLY_OBSERVED,
            "If it is paused at SES, resume it by hand.",
        ),
        Action.RESUMED: ActionTexts(
            "resumed",
            "Sending is resumed at SES: the status no longer asks for a pause.",
            "It is paused again if the status asks for it again.",
        ),
        Action.FOUND_RUNNING: ActionTexts(
            "was resumed already",
            "The status no longer asks for a pause, and somebody else had resumed sending at SES before.",
            "It is paused again if the status asks for it again.",
        ),
        Action.LEFT_PAUSED: ActionTexts(
            "left paused",
            "The status no longer asks for a pause, but it was somebody else who paused sending at SES. It stays so.",
            "Whoever paused this has to resume it.",
        ),
        Action.LEFT_TO_SES: ActionTexts(
            "left to SES",
            "The status no longer asks for a pause, but SES itself has paused the account since, and nobody else can "
            "resume it.",
            "Answer the case that AWS has opened. When SES lets the account send, look whether it does.",
        ),
        Action.PAUSE_FAILED: ActionTexts(
            "could not be paused",
            "Sending is to be paused at SES because of this status, but that failed.",
            _TRIED_AGAIN,
        ),
        Action.RESUME_FAILED: ActionTexts(
            "could not be resumed",
            "The status no longer asks for a pause, so that sending is to be resumed at SES, but that failed.",
            _TRIED_AGAIN,
        ),
    }
)

# What is only said can fail, too: SES does not tell how it is.
OBSERVED_FAILURES: Mapping[Action, ActionTexts] = MappingProxyType(
    {
        Action.PAUSE_FAILED: ActionTexts(
            "would be paused, if it could be",
            "Sending would be paused at SES because of this status, but that would fail. " + _ONLY_OBSERVED,
            _LETS_IT,
        ),
        Action.RESUME_FAILED: ActionTexts(
            "would be resumed, if it could be",
            "The status no longer asks for a pause: sending would go on now, but that would fail. " + _ONLY_OBSERVED,
            "If it is paused at SES, resume it by hand.",
        ),
    }
)

ALL_PAUSED = "That is all mail of this account in this region, password resets included."
STATES: Mapping[State, str] = MappingProxyType(
    {
        State.OBSERVED: "would be paused, but is only observed",
        State.PAUSING: "is being paused",
        State.PAUSED: "paused",
        State.FOUND_PAUSED: "paused by somebody else",
        State.LEFT_RUNNING: "left running, as somebody else set it",
        State.RESUMING: "is being resumed",
    }
)
"""How it stands with a scope's sending at SES, where its status has led to something."""

STOPPED_BY_SES = "SES itself keeps it from sending as well, and only SES can lift that."
MEASURED_ANEW = "SES measures the rates of this configuration set anew from now on, and so does SES Reputation."
BY_HAND: Mapping[Call, str] = MappingProxyType({Call.PAUSE: "To pause it by hand", Call.RESUME: "To resume it by hand"})


def texts_of(action: Action, mode: Mode) -> ActionTexts:
    """What is said of an action."""
    observed = OBSERVED_FAILURES.get(action) if mode is Mode.OBSERVE else None
    return observed or ACTIONS[action]


def enforcement_notice(alert: EnforcementAlert, vocabulary: Vocabulary) -> Notice:
    """What was done, why, how to undo it by hand, and what happens next."""
    action = Action(alert.action)
    texts = texts_of(action, Mode(alert.mode))
    scope = readable(alert.scope)
    call = by_hand(action)
    commands = (Command(BY_HAND[call], alert.by_hand),) if call and alert.by_hand else ()
    return Notice(
        subject=Headline("SES sending of ", scope, f": {texts.news}"),
        title=Headline("", scope, f": sending {texts.news}"),
        also="",
        sections=(
            Section(Part.DONE, tuple(map(Text, _done(alert, texts)))),
            Section(Part.WHY, (Rows(tuple(_rows(alert, vocabulary))),)),
            Section(
                Part.NEXT, (Text(texts.next.format_map(words_of(vocabulary) | {"kind": alert.scope_kind})), *commands)
            ),
        ),
        account=alert.account,
        region=alert.region,
        time=alert.time,
        alert=alert.id,
        finding=alert.finding.id if alert.finding else None,
    )


def _done(alert: EnforcementAlert, texts: ActionTexts) -> Iterator[str]:
    yield texts.done
    if alert.action == Action.PAUSED and alert.scope_kind == ScopeKind.ACCOUNT:
        yield ALL_PAUSED
    if alert.stopped_by_ses is not None and alert.action != Action.LEFT_TO_SES:
        yield STOPPED_BY_SES
    if alert.action == Action.RESUMED and alert.scope_kind == ScopeKind.CONFIGURATION_SET:
        yield MEASURED_ANEW


def _rows(alert: EnforcementAlert, vocabulary: Vocabulary) -> Iterator[Row]:
    yield Row("Status", STATUS_NAMES[vocabulary][Status(alert.scope_status)])
    if alert.finding:
        yield Row("Asked for by", CATEGORY_TEXTS[Category(alert.finding.category)].name)
    if alert.reason:
        yield Row("What failed", readable(alert.reason))
    if alert.stopped_by_ses:
        yield Row("SES's reason", readable(alert.stopped_by_ses))
