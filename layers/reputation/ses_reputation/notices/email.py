"""The e-mail about an alert: subject and plain text."""

from collections.abc import Iterator
from textwrap import fill

from ses_reputation.notices.alert import Alert
from ses_reputation.notices.notice import notice_of
from ses_reputation.notices.numbers import moment
from ses_reputation.notices.structure import (
    Block,
    Command,
    Entry,
    Headline,
    Points,
    Quote,
    Rows,
    Section,
    Text,
    shortened,
)
from ses_reputation.notices.vocabulary import Vocabulary

# SNS takes a subject of less than 100 printable ASCII characters.
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
MAX_SUBJECT = 99
WIDTH = 74


def subject(alert: Alert, vocabulary: Vocabulary = Vocabulary.CLASSIC) -> str:
    """One line that says what it is about, and what has changed."""
    line = notice_of(alert, vocabulary).subject
    room = MAX_SUBJECT - len(line.before) - len(line.after)
    return line.before + shortened(printable(line.scope), room) + line.after


def body(alert: Alert, vocabulary: Vocabulary = Vocabulary.CLASSIC) -> str:
    """Why, the numbers, what to do, and what happens next."""
    notice = notice_of(alert, vocabulary)
    title = _line(notice.title) + (f"\n{notice.also}" if notice.also else "")
    finding = [f"Finding {notice.finding}"] if notice.finding else []
    signature = [
        f"AWS account {notice.account}, {notice.region}, {moment(notice.time)}",
        *finding,
        f"Alert {notice.alert}",
    ]
    return "\n\n".join([title, *map(_section, notice.sections), "\n".join(signature)]) + "\n"


def printable(text: str) -> str:
    """The text with a question mark for everything that SNS takes in no subject and no attribute."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def _line(line: Headline) -> str:
    return line.before + printable(line.scope) + line.after


def _section(section: Section) -> str:
    lines = [str(section.part)]
    for number, block in enumerate(section.blocks):
        # Entries are a list, and quotes belong to what is above them.
        gap = number and not isinstance(block, Entry | Quote)
        lines += [*([""] if gap else []), *_lines(block)]
    return "\n".join(lines)


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield _filled(block.text, "  ", "  ")
        case Points():
            yield from (_filled(point, f"  {n}. ", "     ") for n, point in enumerate(block.points, 1))
        case Rows():
            for row in block.rows:
                label = f"  {row.label}" if row.detail else row.label
                yield _filled(row.value, f"  {label:<16} ", " " * 19)
        case Quote():
            yield _filled(f"{block.by}: {block.text}", "  ", "    ")
        case Command():
            yield _filled(f"{block.purpose}:", "  ", "  ")
            yield f"    {block.line}"
        case Entry():
            yield _filled(f"{printable(block.name)}: {', '.join(block.facts)}", "  ", "    ")


def _filled(text: str, first: str, rest: str) -> str:
    """The text in lines, which part no number from its percent sign."""
    kept = text.replace(" %", "\u00a0%")
    lines = fill(kept, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return lines.replace("\u00a0", " ")
