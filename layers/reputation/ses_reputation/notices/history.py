"""What a scope's history says of each piece of news, in one line, and who did it and why."""

from msgspec import Struct

from ses_reputation.domain.changes import Change, EarlyWarning, EvidenceAdded, OutageChange, OutageEvent, Reminder
from ses_reputation.domain.enforcement import Enforced
from ses_reputation.domain.lifecycle import STAGE_STATUS, Status
from ses_reputation.domain.news import News
from ses_reputation.domain.standing import Act
from ses_reputation.domain.verdict import VerdictChange
from ses_reputation.notices.alert import verdict_text
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.enforcement import texts_of
from ses_reputation.notices.findings import news_within
from ses_reputation.notices.numbers import day
from ses_reputation.notices.statements import headline_text
from ses_reputation.notices.structure import readable
from ses_reputation.notices.texts import METRICS
from ses_reputation.notices.vocabulary import Vocabulary, words_of

QUOTED = 200
"""How much is shown of what somebody wrote."""


class HistoryLine(Struct, frozen=True):
    """One piece of news: what it is about, the statuses that it led through, and what else there is to say.

    There are two `statuses` where one has changed into another, one where that has stayed, and none where no status
    says anything. `about` and `text` are empty where the other says it all.
    """

    about: str
    statuses: tuple[Status, ...] = ()
    text: str = ""


class Reason(Struct, frozen=True):
    """Who did something, and the note that he left: empty where nobody did, or nothing was noted.

    `also` is what else is told of why: what SES refused, or what a report says.
    """

    by: str = ""
    note: str = ""
    also: str = ""


def history_line(piece: News, words: Vocabulary) -> HistoryLine:
    """What has happened."""
    match piece:
        case Change():
            return line_of_change(piece, words)
        case VerdictChange():
            return _verdict(piece)
        case _:
            return HistoryLine(*_besides(piece))


def _besides(piece: EarlyWarning | Enforced | EvidenceAdded | OutageChange | Reminder) -> tuple[str, tuple[()], str]:
    """What has happened that changed no status."""
    match piece:
        case EvidenceAdded():
            return CATEGORY_TEXTS[piece.category].name, (), _evidence(piece)
        case EarlyWarning():
            return METRICS[piece.metric].name, (), "early warning"
        case Enforced():
            return "sending at SES", (), texts_of(piece.action, piece.mode).news
        case Reminder():
            return CATEGORY_TEXTS[piece.category].name, (), f"reminder, {piece.kind.replace('_', ' ')}"
        case OutageChange():
            return "", (), outage_text(piece)


def line_of_change(change: Change, words: Vocabulary) -> HistoryLine:
    """What a change is about, and the statuses before and after it; or what else it is, where the status stays."""
    before, after = STAGE_STATUS[change.before], STAGE_STATUS[change.after]
    about = CATEGORY_TEXTS[change.category].name
    if before is not after:
        return HistoryLine(about, (before, after))
    end = change.finding.period_end
    placeholders = words_of(words) | ({"ends_day": day(end)} if end else {})
    news = news_within(after, change.trigger, placeholders)
    # Where nothing but a suspicion is told of, no status says anything.
    return HistoryLine(about, () if after is Status.HEALTHY else (after,), news)


def outage_text(piece: OutageChange) -> str:
    """What has become of an outage, and whether it counts."""
    seen, event = piece.outage.seen, "suspected" if piece.event is OutageEvent.FOUND else piece.event
    counted = "in no bounce rate here" if piece.held else "counted"
    return f"outage {event}: {seen.bounced:,} of {seen.recipients:,} recipients bounced, {counted}"


def reason_of(piece: News) -> Reason:
    """Who did it and why, as far as the history knows."""
    if isinstance(piece, Enforced):
        return Reason(also=readable(piece.reason, QUOTED))
    if not isinstance(piece, Change | EvidenceAdded | OutageChange) or piece.act is None:
        return Reason()
    also = ""
    if isinstance(piece, EvidenceAdded):
        also = f"{readable(piece.observation.source, QUOTED)}: {readable(piece.observation.text, QUOTED)}"
    return Reason(_who(piece.act), readable(piece.act.note, QUOTED), also)


def _who(act: Act) -> str:
    """Who did something. That IAM proves who it was is the rule here, so what is said is only where it does not."""
    return f"{readable(act.by.name, QUOTED)}{'' if act.by.proven else ' (as stated)'}"


def _evidence(piece: EvidenceAdded) -> str:
    if piece.withdrawn:
        return f"suspected no longer by {readable(piece.observation.source, QUOTED)}"
    return "suspected again" if piece.observation.suspected else "reported again"


def _verdict(change: VerdictChange) -> HistoryLine:
    if change.said:
        return HistoryLine("", text=headline_text(change.said, change.after))
    before, after = (verdict_text(verdict, None) for verdict in (change.before, change.after))
    return HistoryLine("SES itself", text=f"{before} -> {after}")
