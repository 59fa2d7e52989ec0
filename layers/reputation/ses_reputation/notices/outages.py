"""The notices about outages of mailbox providers."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.domain.changes import OutageEvent
from ses_reputation.domain.decisions import DISMISSED_FOR
from ses_reputation.domain.outages import LONGEST, OutageStage
from ses_reputation.notices.alert import OutageAlert, OutageDocument
from ses_reputation.notices.findings import QUOTED, who
from ses_reputation.notices.numbers import duration, moment, percent
from ses_reputation.notices.structure import (
    Command,
    Headline,
    Notice,
    Part,
    Points,
    Row,
    Rows,
    Section,
    Text,
    readable,
)
from ses_reputation.notices.vocabulary import Vocabulary, words_of


class _Texts(Struct, frozen=True):
    """What is new, in the subject and as a sentence."""

    news: str
    why: str


_EVENTS: Mapping[OutageEvent, _Texts] = MappingProxyType(
    {
        OutageEvent.FOUND: _Texts(
            "outage suspected",
            "Far more mail to {provider} bounces hard than in the four weeks before, while other providers go on "
            "taking it. That looks like an outage, in which the provider refuses mailboxes that exist. Whoever has "
            "just added addresses at {provider} should not believe it.",
        ),
        OutageEvent.OVER: _Texts(
            "outage over", "Mail to {provider} no longer bounces as it did in this outage. It is {stage}."
        ),
        OutageEvent.CONFIRMED: _Texts(
            "outage confirmed", "Somebody has confirmed that it was an outage of {provider}."
        ),
        OutageEvent.DISMISSED: _Texts(
            "outage dismissed",
            "Somebody has decided that this was no outage of {provider}. The bounces are the sender's own.",
        ),
    }
)

_HELD = (
    "Here, mail to {provider} in these hours and its hard bounces are in no bounce rate{until}. SES counts them all "
    "the same: its rate is higher than the one that you see here, and it may act on it."
)
_COUNTED = (
    "These bounces count in every bounce rate, here as at SES{until}. Once it is confirmed as an outage they no longer "
    "do, here."
)
_COUNTED_AGAIN = "These bounces count in every bounce rate from now on, here as at SES."
_CONFIRMED_LATE = (
    "A {probation} that they have led to goes on by the mail since it began. If it rests on nothing else, somebody can "
    "lift it: ses-reputation findings."
)
_ENDS = (
    "You are told when it is over: after 3 hours with few bounces, or after {longest}, since what lasts longer is no "
    "outage."
)
_DISMISSED = "Nothing of the kind is suspected at {provider} for {dismissed}."
_UNTIL_REVIEWED = " until somebody has decided"

_ADVICE = (
    "Look at the provider's status page, and at what others say: an outage is never yours alone.",
    "Hold back mail to {provider} until it is over. SES counts every bounce, whatever its reason.",
    (
        "Do not delete these recipients. SES may have put them on the account's suppression list, where they stay "
        "until you take them off. ses-reputation feedback --kind bounce --hard --scope {scope} lists them."
    ),
)
_STAGES: Mapping[OutageStage, str] = MappingProxyType(
    {
        OutageStage.SUSPECTED: "still only suspected",
        OutageStage.CONFIRMED: "confirmed",
        OutageStage.DISMISSED: "dismissed",
    }
)


def outage_notice(alert: OutageAlert, vocabulary: Vocabulary) -> Notice:
    """What was found or decided, the numbers, whether it counts, and how to decide."""
    event, outage = OutageEvent(alert.cause), alert.outage
    words = words_of(vocabulary) | {
        "provider": readable(outage.provider),
        "scope": readable(alert.scope),
        "stage": _STAGES[OutageStage(outage.stage)],
        "until": _UNTIL_REVIEWED if outage.waits_since else "",
        "longest": duration(int(LONGEST.total_seconds() // 3600)),
        "dismissed": f"{DISMISSED_FOR.days} days",
    }
    texts = _EVENTS[event]
    advice = (Points(tuple(point.format_map(words) for point in _ADVICE)),)
    headline = Headline("", readable(alert.scope), f": {texts.news}")
    return Notice(
        subject=headline,
        title=headline,
        also="",
        sections=(
            Section(Part.WHY, (Text(texts.why.format_map(words)),)),
            *_decision(alert),
            Section(Part.NUMBERS, (Rows(tuple(rows_of_outage(outage))),)),
            *([Section(Part.ADVICE, advice)] if event is OutageEvent.FOUND else []),
            Section(Part.NEXT, (*(Text(text.format_map(words)) for text in _next(alert)), *_commands(outage))),
        ),
        account=alert.account,
        region=alert.region,
        time=alert.time,
        alert=alert.id,
    )


def _decision(alert: OutageAlert) -> Iterator[Section]:
    if alert.act:
        note = [Row("Why", readable(alert.act.note, QUOTED))] if alert.act.note else []
        yield Section(Part.DECIDED, (Rows((Row("By", who(alert.act.by)), *note)),))


def rows_of_outage(outage: OutageDocument) -> Iterator[Row]:
    """When it was, how much bounced in it, and how much before."""
    yield Row("Outage", outage.id)
    yield Row("Time", f"{moment(outage.start)} to {moment(outage.end) if outage.end else 'now'}")
    yield Row("Hard bounces", share_of_mail(outage.bounced, outage.recipients))
    yield Row("4 weeks before", share_of_mail(outage.bounced_before, outage.recipients_before))


def share_of_mail(bounced: int, recipients: int) -> str:
    """How many of the recipients of mail bounced, and which part of them that is."""
    part = f" ({percent(Fraction(bounced, recipients))})" if recipients > 0 else ""
    return f"{bounced:,} of {recipients:,} recipients{part}"


def _next(alert: OutageAlert) -> Iterator[str]:
    event = OutageEvent(alert.cause)
    if event is OutageEvent.DISMISSED:
        yield _COUNTED_AGAIN
        yield _DISMISSED
        return
    yield _HELD if alert.held else _COUNTED
    if event is OutageEvent.CONFIRMED:
        yield _CONFIRMED_LATE
    if alert.outage.end is None:
        yield _ENDS


def _commands(outage: OutageDocument) -> Iterator[Command]:
    for name in outage.allowed:
        purpose = f"Who may decide (to {name} it)"
        yield Command(purpose, f'ses-reputation decide {outage.id} {name} --note "why"')
