"""The building blocks of pages: statuses, names, times, quotes, and the boxes that they stand in."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType

import htpy as h
from htpy import Element, Node
from msgspec import Struct

from ses_reputation.domain.lifecycle import STAGE_STATUS, Stage, Status
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind, kind_of, name_of
from ses_reputation.notices.structure import readable, shortened
from ses_reputation.notices.vocabulary import Vocabulary, name_of_finding

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400

NAME_LENGTH = 60
"""As much of a name is shown in a table or a heading; the whole of it shows when it is pointed at."""


class Tone(StrEnum):
    """How good or bad something is: a colour, and beside it always a shape and a word."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"
    SUSPECT = "suspect"
    PLAIN = "plain"


class _Sign(Struct, frozen=True):
    """A tone, and the shape of its sign as an SVG path in a square of 16."""

    tone: Tone
    path: str


_CIRCLE = "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12z"
_TRIANGLE = "M8 1.5 15 14H1z"
_DIAMOND = "M8 1l7 7-7 7-7-7z"
_SQUARE = "M2.5 2.5h11v11h-11z"
_HALF = "M8 2a6 6 0 1 1 0 12zM8 3.5a4.5 4.5 0 0 0 0 9z"
_RING = "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12zm0 2.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7z"

_SIGNS: Mapping[Status, _Sign] = MappingProxyType(
    {
        Status.HEALTHY: _Sign(Tone.GOOD, _CIRCLE),
        Status.ALMOST_HEALED: _Sign(Tone.GOOD, _HALF),
        Status.PROBATION: _Sign(Tone.WATCH, _TRIANGLE),
        Status.PENDING_DECISION: _Sign(Tone.WATCH, _DIAMOND),
        Status.PENDING_SHUTDOWN: _Sign(Tone.BAD, _DIAMOND),
        Status.SHUTDOWN: _Sign(Tone.BAD, _SQUARE),
    }
)
_SUSPECTED = _Sign(Tone.SUSPECT, _RING)
_SETTLED = _Sign(Tone.PLAIN, _RING)

KINDS: Mapping[ScopeKind, str] = MappingProxyType(
    {
        ScopeKind.ACCOUNT: "Account",
        ScopeKind.CONFIGURATION_SET: "Configuration set",
        ScopeKind.IDENTITY: "Identity",
        ScopeKind.TENANT: "Tenant",
        ScopeKind.PROVIDER: "Mailbox provider",
        ScopeKind.TAG: "Message tag",
    }
)
"""What people call a kind of scope."""


# -- Statuses ----------------------------------------------------------------------------------------------------------


def tone_of(status: Status) -> Tone:
    """How bad a status is."""
    return _SIGNS[status].tone


def status_badge(status: Status, name: str, *, large: bool = False) -> Element:
    """A status by its name, with its sign."""
    return _badge(_SIGNS[status], name, large=large)


def status_sign(status: Status, size: int = 12) -> Element:
    """The shape that stands for a status, so many pixels wide. It says nothing to who can not see it."""
    return _shape(_SIGNS[status], size)


def finding_badge(stage: Stage, words: Vocabulary) -> Element:
    """The status of a finding by its stage; one that is only suspected is called so."""
    return _badge(_SUSPECTED if stage is Stage.SUSPECTED else _SIGNS[STAGE_STATUS[stage]], stage_name(stage, words))


def stage_name(stage: Stage, words: Vocabulary) -> str:
    """What the status of a finding is called, by its stage."""
    name = name_of_finding(STAGE_STATUS[stage], words, suspected=stage is Stage.SUSPECTED)
    return f"{name} for good" if stage is Stage.PERMANENT_SHUTDOWN else name


def suspected_badge(name: str) -> Element:
    """What is only suspected, by its name."""
    return _badge(_SUSPECTED, name)


def plain_badge(name: str) -> Element:
    """What is neither good nor bad, by its name."""
    return _badge(_SETTLED, name)


def _badge(sign: _Sign, name: str, *, large: bool = False) -> Element:
    return h.span(class_=f"sr-badge sr-{sign.tone}{' sr-large' if large else ''}")[_shape(sign, 12), h.span[name]]


def _shape(sign: _Sign, size: int) -> Element:
    return h.svg(".sr-sign", viewBox="0 0 16 16", width=str(size), height=str(size), aria_hidden="true")[
        h.path(d=sign.path)
    ]


# -- Names from outside ------------------------------------------------------------------------------------------------


def outside_name(text: str, length: int = NAME_LENGTH) -> Element:
    """A name that somebody outside has given, in one line: shortened in its middle if it is longer.

    It can not turn the direction of what is around it, and one of white space alone is a question mark. The whole of it
    shows when it is pointed at.
    """
    whole = readable(text) or "?"
    shown = shortened(whole, length)
    return h.bdi(".sr-outside", title=whole if shown != whole else None)[shown]


def scope_name(scope: Scope, length: int = NAME_LENGTH) -> Node:
    """The name of a scope within its kind; `The account`, which has none."""
    return "The account" if scope == ACCOUNT else outside_name(name_of(scope), length)


def scope_phrase(scope: Scope, link: Callable[[Node], Node]) -> Node:
    """A scope with its kind, in the middle of a sentence: `the account`, or `tenant NAME`, the name in a link."""
    if scope == ACCOUNT:
        return link("the account")
    kind = kind_name(scope)
    return [f"{kind[0].lower()}{kind[1:]} ", link(scope_name(scope))]


def scope_text(scope: Scope) -> str:
    """A scope in words, in the middle of a sentence: `the account`, or `tenant/NAME`."""
    return "the account" if scope == ACCOUNT else readable(scope, 300)


def kind_name(scope: Scope) -> str:
    """What people call the kind of a scope."""
    return KINDS[kind_of(scope)]


# -- Times and numbers -------------------------------------------------------------------------------------------------


def moment_text(time: datetime, zone: tzinfo) -> str:
    """A time in the reader's zone, with that zone's offset from UTC."""
    local = time.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {zone_text(local)}"


def zone_text(local: datetime) -> str:
    """The offset of a time with a zone: `UTC`, or `UTC+02:00`."""
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}" if local.utcoffset() else "UTC"


def moment(time: datetime, zone: tzinfo) -> Element:
    """A time, as a person and as a program reads it."""
    return h.time(datetime=time.astimezone(UTC).isoformat(timespec="seconds"))[moment_text(time, zone)]


def short_moment(time: datetime, zone: tzinfo) -> Element:
    """A time in the reader's zone, for lists of many; with the zone it shows when it is pointed at."""
    iso = time.astimezone(UTC).isoformat(timespec="seconds")
    return h.time(datetime=iso, title=moment_text(time, zone))[f"{time.astimezone(zone):%Y-%m-%d %H:%M}"]


def day(time: datetime, zone: tzinfo) -> Element:
    """The day of a time in the reader's zone; the whole time shows when it is pointed at."""
    iso = time.astimezone(UTC).isoformat(timespec="seconds")
    return h.time(datetime=iso, title=moment_text(time, zone))[f"{time.astimezone(zone):%Y-%m-%d}"]


def distance(time: datetime, now: datetime) -> str:
    """How far away a time is: `in 3 days`, `5 minutes ago`, `now`."""
    seconds = (time - now) / timedelta(seconds=1)
    size = abs(seconds)
    if size < _MINUTE:
        return "now"
    count, unit = next(
        (int(size // length), unit)
        for length, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"))
        if size >= length
    )
    text = counted(count, unit)
    return f"in {text}" if seconds > 0 else f"{text} ago"


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 finding`, `2,000 findings`."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


# -- Boxes -------------------------------------------------------------------------------------------------------------


def hero(status: Status, at_a_glance: Iterable[tuple[Node, Node]], *content: Node, classes: str = "") -> Element:
    """The status of what a page is about, at its head: a large sign, what there is to say, and facts beside it."""
    tone = tone_of(status)
    return h.section(class_=f"sr-hero sr-{tone} {classes}".rstrip())[
        h.div(".sr-standing")[
            h.div(class_=f"sr-emblem sr-{tone}")[status_sign(status, 20)],
            h.div[content],
        ],
        facts(at_a_glance),
    ]


def card(heading: Node, *content: Node, level: int = 2, classes: str = "") -> Element:
    """A box with a heading of this level."""
    tag = (h.h2, h.h3, h.h4)[level - 2]
    return h.section(class_=f"sr-card {classes}".rstrip())[tag[heading], content]


def facts(rows: Iterable[tuple[Node, Node]]) -> Element:
    """Labels and their values."""
    return h.dl(".sr-facts")[(h.div[h.dt[label], h.dd[value]] for label, value in rows)]


def quote(by: Node, text: str, length: int = 1_000) -> Element:
    """What somebody wrote, and who and when."""
    return h.figure(".sr-quote")[h.blockquote[h.bdi[readable(text, length)]], h.figcaption[by]]


def more(summary: Node, *content: Node, opened: bool = False) -> Element:
    """What is only seen by whoever asks for it."""
    return h.details(open=opened)[h.summary[summary], content]


def wide(label: str, *content: Node, classes: str = "") -> Element:
    """What may be wider than its surroundings: it scrolls for itself, with the keyboard too."""
    return h.div(class_=f"sr-wide {classes}".rstrip(), role="region", aria_label=label, tabindex="0")[content]


def nothing(text: Node) -> Element:
    """What is said where there is nothing to show."""
    return h.p(".sr-nothing")[text]
