"""The message about an alert that AWS's chat integration shows in Slack and in Microsoft Teams.

The integration (Amazon Q Developer in chat applications, once AWS Chatbot) shows nothing but what it knows, so an alert
is written as one of its custom notifications, and published on a topic of its own.
https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from ses_reputation.notices.alert import Alert
from ses_reputation.notices.notice import notice_of
from ses_reputation.notices.structure import (
    Block,
    Command,
    Entry,
    Headline,
    Notice,
    Part,
    Points,
    Quote,
    Rows,
    Text,
    readable,
    shortened,
)
from ses_reputation.notices.vocabulary import Vocabulary

# AWS states no lengths; Slack takes 3,000 characters in a block of text, and 250 are a long title.
# https://docs.slack.dev/reference/block-kit/blocks/section-block
MAX_TITLE = 250
MAX_DESCRIPTION = 2_500

# A chat shows what comes first; the e-mail has the rest. The numbers are shown without details.
_SHOWN: Mapping[Part, int] = MappingProxyType(
    {Part.WHY: 1, Part.REPORTED: 2, Part.SEEN: 2, Part.FINDINGS: 10, Part.NEXT: 1}
)
_POINTS = 2

# Slack makes links and mentions of <...>, Teams makes links of [...](...). The signs for bold, struck out and code have
# no escape that both understand, so look-alikes stand for them.
# https://docs.slack.dev/messaging/formatting-message-text#escaping
_IN_CODE = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'"}
_ESCAPED_IN_CODE = str.maketrans(_IN_CODE)
_ESCAPED = str.maketrans({**_IN_CODE, "*": "\u2217", "~": "\u223c", "[": "(", "]": ")"})


def chat_message(alert: Alert, vocabulary: Vocabulary = Vocabulary.CLASSIC) -> str:
    """The alert as a custom notification, in JSON. All that is told about one finding is one thread."""
    notice = notice_of(alert, vocabulary)
    message: dict[str, Any] = {
        "version": "1.0",
        "source": "custom",
        "id": alert.id,
        "content": {
            "textType": "client-markdown",
            "title": _line(notice.subject),
            "description": _limited(_description(notice)),
        },
        "metadata": {
            "summary": _plain(notice.subject),
            "eventType": alert.__struct_config__.tag,
            "relatedResources": [readable(alert.scope, MAX_TITLE)],
            "additionalContext": {"account": alert.account, "region": alert.region, "alert": alert.id},
        },
    }
    if steps := list(_steps(notice)):
        message["content"]["nextSteps"] = steps
    if notice.finding:
        message["metadata"]["threadId"] = f"{alert.account}-{alert.region}-{notice.finding}"
    return msgspec.json.encode(message).decode()


def _line(line: Headline) -> str:
    room = MAX_TITLE - len(line.before) - len(line.after) - 2
    scope = shortened(line.scope, room).translate(_ESCAPED_IN_CODE)
    if len(scope) > room:
        scope = shortened(line.scope, room // len("&amp;")).translate(_ESCAPED_IN_CODE)
    return f"{line.before}`{scope}`{_arrow(line.after)}"


def _plain(line: Headline) -> str:
    return line.before + shortened(line.scope, MAX_TITLE - len(line.before) - len(line.after)) + _arrow(line.after)


def _arrow(text: str) -> str:
    # The sign of an ASCII arrow would have to be escaped.
    return text.replace("->", "\u2192")


def _description(notice: Notice) -> Iterator[str]:
    if notice.also:
        yield _text(notice.also)
    for section in notice.sections:
        if section.part is not Part.ADVICE:
            for block in section.blocks[: _SHOWN.get(section.part)]:
                yield from _lines(block)
    yield f"AWS account {notice.account}, {notice.region}" + (f", finding {notice.finding}" if notice.finding else "")


def _steps(notice: Notice) -> Iterator[str]:
    """What to do, and what can be typed."""
    for section in notice.sections:
        for block in section.blocks:
            match block:
                case Points():
                    yield from (_text(point) for point in block.points[:_POINTS])
                case Command():
                    yield f"{_text(block.purpose)}: `{block.line.translate(_ESCAPED_IN_CODE)}`"
                case _:
                    pass


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield _text(block.text)
        case Rows():
            for row in block.rows:
                if not row.detail:
                    yield _text(f"{row.label}: {row.value}" if row.label else row.value)
        case Quote():
            yield _text(f"{block.by}: \u201c{block.text}\u201d")
        case Entry():
            yield f"`{block.name.translate(_ESCAPED_IN_CODE)}`: {_text(', '.join(block.facts))}"
        case Points() | Command():
            pass  # They are next steps.


def _text(text: str) -> str:
    return text.translate(_ESCAPED)


def _limited(lines: Iterator[str]) -> str:
    """As many of the lines as fit."""
    text = next(lines)
    for line in lines:
        if len(text) + 1 + len(line) <= MAX_DESCRIPTION:
            text = f"{text}\n{line}"
    return text
