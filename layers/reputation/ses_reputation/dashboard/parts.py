"""The building blocks of pages: statuses, rates, times, and the boxes that they stand in."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType

import htpy as h
from htpy import Element, Node
from msgspec import Struct

from ses_reputation.domain.lifecycle import STAGE_STATUS, Stage, Status
from ses_reputation.notices.vocabulary import Vocabulary, name_of_finding

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


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


def tone_of(status: Status) -> Tone:
    """How bad a status is."""
    return _SIGNS[status].tone


def status_badge(status: Status, name: str, *, large: bool = False) -> Element:
    """A status by its name, with its sign."""
    return _badge(_SIGNS[status], name, large=large)


def finding_badge(stage: Stage, words: Vocabulary) -> Element:
    """The status of a finding by its stage; one that is only suspected is called so."""
    status, suspected = STAGE_STATUS[stage], stage is Stage.SUSPECTED
    name = name_of_finding(status, words, suspected=suspected)
    lasting = " for good" if stage is Stage.PERMANENT_SHUTDOWN else ""
    return _badge(_SUSPECTED if suspected else _SIGNS[status], f"{name}{lasting}", large=False)


def _badge(sign: _Sign, name: str, *, large: bool) -> Element:
    shape = h.svg(".sr-sign", viewBox="0 0 16 16", width="12", height="12", aria_hidden="true")[h.path(d=sign.path)]
    return h.span(class_=f"sr-badge sr-{sign.tone}{' sr-large' if large else ''}")[shape, h.span[name]]


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
    text = f"{count:,} {unit}{'' if count == 1 else 's'}"
    return f"in {text}" if seconds > 0 else f"{text} ago"


def card(heading: Node, *content: Node, level: int = 2, classes: str = "") -> Element:
    """A box with a heading of this level."""
    tag = (h.h2, h.h3, h.h4)[level - 2]
    return h.section(class_=f"sr-card {classes}".rstrip())[tag[heading], content]


def facts(rows: Iterable[tuple[Node, Node]]) -> Element:
    """Labels and their values."""
    return h.dl(".sr-facts")[(h.div[h.dt[label], h.dd[value]] for label, value in rows)]


def more(summary: Node, *content: Node, opened: bool = False) -> Element:
    """What is only seen by whoever asks for it."""
    return h.details(open=opened)[h.summary[summary], content]


def nothing(text: str) -> Element:
    """What is said where there is nothing to show."""
    return h.p(".sr-nothing")[text]
