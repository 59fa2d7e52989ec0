"""What happened to scopes, line by line."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from ses_reputation.domain.changes import Change, EarlyWarning, EvidenceAdded, OutageChange, OutageEvent, Reminder
from ses_reputation.domain.enforcement import Enforced
from ses_reputation.domain.lifecycle import STAGE_STATUS, Status
from ses_reputation.domain.standing import Act
from ses_reputation.domain.verdict import VerdictChange
from ses_reputation.news import News
from ses_reputation.notices.alert import verdict_text
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.enforcement import texts_of
from ses_reputation.notices.findings import news_within
from ses_reputation.notices.numbers import day
from ses_reputation.notices.statements import headline_text
from ses_reputation.notices.structure import readable
from ses_reputation.notices.texts import METRICS
from ses_reputation.notices.vocabulary import Vocabulary, words_of
from ses_reputation_cli.statuses import status_text

_NOTE = 200


def print_news(console: Console, news: Iterable[News], words: Vocabulary, *, with_scope: bool = True) -> None:
    """A line for each piece of news, in this order, and below it who did it and why."""
    for piece in news:
        line = Text(f"  {piece.time:%Y-%m-%d %H:%M}  ")
        if with_scope:
            line.append(f"{readable(piece.scope)} ")
        console.print(line.append_text(_what(piece, words)), soft_wrap=True)
        for detail in _details(piece):
            console.print(Text(f"                    {detail}", "dim"), soft_wrap=True)


def _what(piece: News, words: Vocabulary) -> Text:
    return change_text(piece, words) if isinstance(piece, Change) else Text(_besides(piece))


def _besides(
    piece: EarlyWarning | Enforced | EvidenceAdded | OutageChange | Reminder | VerdictChange,
) -> str:
    """What has happened that changed no finding."""
    match piece:
        case EvidenceAdded():
            return f"{CATEGORY_TEXTS[piece.category].name}: {_evidence(piece)}"
        case EarlyWarning():
            return f"{METRICS[piece.metric].name}: early warning"
        case Enforced():
            return f"sending at SES: {texts_of(piece.action, piece.mode).news}"
        case Reminder():
            return f"{CATEGORY_TEXTS[piece.category].name}: reminder, {piece.kind.replace('_', ' ')}"
        case OutageChange():
            return outage_text(piece)
        case VerdictChange():
            return _verdict(piece)


def _evidence(piece: EvidenceAdded) -> str:
    if piece.withdrawn:
        return f"suspected no longer by {readable(piece.observation.source, _NOTE)}"
    return "suspected again" if piece.observation.suspected else "reported again"


def _verdict(change: VerdictChange) -> str:
    if change.said:
        return headline_text(change.said, change.after)
    before, after = (verdict_text(verdict, None) for verdict in (change.before, change.after))
    return f"SES itself: {before} -> {after}"


def change_text(change: Change, words: Vocabulary = Vocabulary.CLASSIC) -> Text:
    """What a change is about, and the statuses before and after it; or what else it is, where the status stays."""
    before, after = STAGE_STATUS[change.before], STAGE_STATUS[change.after]
    line = Text(f"{CATEGORY_TEXTS[change.category].name}: ")
    if before is not after:
        return line.append_text(status_text(before, words)).append(" -> ").append_text(status_text(after, words))
    end = change.finding.period_end
    placeholders = words_of(words) | ({"ends_day": day(end)} if end else {})
    news = news_within(after, change.trigger, placeholders)
    # Where nothing but a suspicion is told of, no status says anything.
    return (
        line.append(news)
        if after is Status.HEALTHY
        else line.append_text(status_text(after, words)).append(f", {news}")
    )


def outage_text(piece: OutageChange) -> str:
    """What has become of an outage, and whether it counts."""
    seen, event = piece.outage.seen, "suspected" if piece.event is OutageEvent.FOUND else piece.event
    counted = "in no bounce rate here" if piece.held else "counted"
    return f"outage {event}: {seen.bounced:,} of {seen.recipients:,} recipients bounced, {counted}"


def _details(piece: News) -> Iterator[str]:
    if isinstance(piece, Enforced) and piece.reason:
        yield readable(piece.reason, _NOTE)
    if not isinstance(piece, Change | EvidenceAdded | OutageChange) or piece.act is None:
        return
    act = piece.act
    yield f"by {who(act)}" + (f": {readable(act.note, _NOTE)}" if act.note else "")
    if isinstance(piece, EvidenceAdded):
        yield f"{readable(piece.observation.source, _NOTE)}: {readable(piece.observation.text, _NOTE)}"


def who(act: Act) -> str:
    """Who did something, and whether that is proven."""
    return f"{readable(act.by.name, _NOTE)}{'' if act.by.proven else ' (as stated)'}"
