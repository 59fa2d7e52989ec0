"""What happened to scopes, line by line."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from ses_reputation.domain.changes import Change
from ses_reputation.domain.news import News
from ses_reputation.notices.history import HistoryLine, history_line, line_of_change, reason_of
from ses_reputation.notices.structure import readable
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation_cli.statuses import status_text


def print_news(console: Console, news: Iterable[News], words: Vocabulary, *, with_scope: bool = True) -> None:
    """A line for each piece of news, in this order, and below it who did it and why."""
    for piece in news:
        line = Text(f"  {piece.time:%Y-%m-%d %H:%M}  ")
        if with_scope:
            line.append(f"{readable(piece.scope)} ")
        console.print(line.append_text(_line_text(history_line(piece, words), words)), soft_wrap=True)
        for detail in _details(piece):
            console.print(Text(f"                    {detail}", "dim"), soft_wrap=True)


def change_text(change: Change, words: Vocabulary = Vocabulary.CLASSIC) -> Text:
    """What a change is about, and the statuses before and after it; or what else it is, where the status stays."""
    return _line_text(line_of_change(change, words), words)


def _line_text(line: HistoryLine, words: Vocabulary) -> Text:
    """A line of the history, with its statuses in their colours."""
    statuses = Text(" -> ").join(status_text(status, words) for status in line.statuses)
    said = Text(", ").join(filter(None, (statuses, Text(line.text))))
    return Text(f"{line.about}: ").append_text(said) if line.about else said


def _details(piece: News) -> Iterator[str]:
    reason = reason_of(piece)
    if reason.by:
        yield f"by {reason.by}" + (f": {reason.note}" if reason.note else "")
    if reason.also:
        yield reason.also
