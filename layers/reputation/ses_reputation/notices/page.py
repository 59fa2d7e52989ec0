"""The fragment of a page about an alert: HTML without scripts or styles, with everything escaped."""

from collections.abc import Iterator
from html import escape

from ses_reputation.notices.alert import Alert
from ses_reputation.notices.notice import notice_of
from ses_reputation.notices.numbers import moment
from ses_reputation.notices.structure import Block, Command, Entry, Headline, Notice, Points, Quote, Rows, Section, Text
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
            yield "<table>"
            for row in block.rows:
                detail = ' class="detail"' if row.detail else ""
                # A row without a label goes on with the one above. A heading may not be empty.
                label = f'<th scope="row">{escape(row.label)}</th>' if row.label else "<td></td>"
                yield f"<tr{detail}>{label}<td>{escape(row.value)}</td></tr>"
            yield "</table>"
        case Quote():
            by = f"<figcaption>{escape(block.by)}</figcaption>"
            yield f"<figure>{by}<blockquote>{escape(block.text)}</blockquote></figure>"
        case Command():
            yield f"<p>{escape(block.purpose)}:</p>"
            yield f"<pre><code>{escape(block.line)}</code></pre>"
        case Entry():
            yield f"<p><strong>{escape(block.name)}</strong>: {escape(', '.join(block.facts))}</p>"
