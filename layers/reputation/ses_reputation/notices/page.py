"""The fragment of a page about an alert: HTML without scripts or styles, with everything escaped."""

from collections.abc import Iterable, Iterator
from html import escape

from ses_reputation.notices.alert import Alert
from ses_reputation.notices.notice import notice_of
from ses_reputation.notices.numbers import moment
from ses_reputation.notices.structure import (
    Block,
    Command,
    Entry,
    Headline,
    Notice,
    Points,
    Quote,
    Row,
    Rows,
    Section,
    Text,
)
from ses_reputation.notices.vocabulary import Vocabulary


def page(alert: Alert, vocabulary: Vocabulary = Vocabulary.CLASSIC, level: int = 2) -> str:
    """The alert as one section element, to be put into a page, its title a heading of this level."""
    return "\n".join(_notice(notice_of(alert, vocabulary), level)) + "\n"


def _notice(notice: Notice, level: int) -> Iterator[str]:
    yield '<section class="notice">'
    yield f"<h{level}>{escape(_line(notice.title))}</h{level}>"
    if notice.also:
        yield f'<p class="also">{escape(notice.also)}</p>'
    for section in notice.sections:
        yield from _section(section, level + 1)
    finding = f"Finding {notice.finding}, alert" if notice.finding else "Alert"
    signature = f"AWS account {notice.account}, {notice.region}, {moment(notice.time)}. {finding} {notice.alert}"
    yield f'<p class="signature">{escape(signature)}</p>'
    yield "</section>"


def _line(line: Headline) -> str:
    return f"{line.before}{line.scope}{line.after}".replace("->", "\u2192")


def _section(section: Section, level: int) -> Iterator[str]:
    yield f"<h{level}>{escape(section.part)}</h{level}>"
    for block in section.blocks:
        yield from _elements(block)


def _elements(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield f"<p>{escape(block.text)}</p>"
        case Points():
            yield "<ol>"
            yield from (f"<li>{escape(point)}</li>" for point in block.points)
            yield "</ol>"
        case Rows():
            yield "<dl>"
            yield from (_row(label, values) for label, values in _grouped(block.rows))
            yield "</dl>"
        case Quote():
            by = f"<figcaption>{escape(block.by)}</figcaption>"
            yield f"<figure>{by}<blockquote>{escape(block.text)}</blockquote></figure>"
        case Command():
            yield f"<p>{escape(block.purpose)}:</p>"
            yield f"<pre><code>{escape(block.line)}</code></pre>"
        case Entry():
            yield f"<p><strong>{escape(block.name)}</strong>: {escape(', '.join(block.facts))}</p>"


def _grouped(rows: Iterable[Row]) -> Iterator[tuple[Row, list[str]]]:
    """Each row with a label, and all its values: without a label the one above goes on."""
    above: tuple[Row, list[str]] | None = None
    for row in rows:
        if above and not row.label:
            above[1].append(row.value)
            continue
        if above:
            yield above
        above = row, [row.value]
    if above:
        yield above


def _row(row: Row, values: Iterable[str]) -> str:
    detail = ' class="detail"' if row.detail else ""
    told = "".join(f"<dd>{escape(value)}</dd>" for value in values)
    return f"<div{detail}><dt>{escape(row.label)}</dt>{told}</div>"
