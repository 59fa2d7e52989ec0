"""What is marked in the chart of a rate: changes, from when on mail counts, and the end of a period."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.domain.changes import Change
from ses_reputation.domain.lifecycle import STAGE_STATUS, Stage, Trigger
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.standing import Finding
from ses_reputation.news import News
from ses_reputation.notices.vocabulary import STATUS_NAMES, Vocabulary, words_of


class MarkKind(StrEnum):
    """What a mark is about. Each has a line of its own."""

    CHANGE = "change"
    FLOOR = "floor"
    PERIOD_END = "period-end"


class Mark(Struct, frozen=True):
    """A moment, and what happens then."""

    time: datetime
    kind: MarkKind
    text: str


# What a person has done is called so; for all else it says enough what it led to.
_DONE: Mapping[Trigger, str] = MappingProxyType(
    {
        Trigger.CHANGES_REPORTED: "Changes reported",
        Trigger.CHANGES_REFUSED: "Changes refused",
        Trigger.ACCEPTED_AND_COUNTED_ANEW: "Changes accepted",
        Trigger.EXTENDED: "Period extended",
        Trigger.LIFTED: "Lifted: Healthy",
        Trigger.REINSTATED: "Reinstated: Healthy",
    }
)


def marks_of(
    news: Iterable[News],
    floors: Iterable[tuple[datetime, datetime]],
    finding: Finding | None,
    metric: Metric,
    words: Vocabulary,
) -> list[Mark]:
    """All that there is to mark about a metric, in order of time. `finding` is the one that is open.

    `floors` are from `history.floors_of`.
    """
    changes = [piece for piece in news if isinstance(piece, Change) and piece.category.metric is metric]
    marks = [Mark(piece.time, MarkKind.CHANGE, _text(piece, words)) for piece in changes]
    marks += [Mark(start, MarkKind.FLOOR, "Only mail from here on counts") for start in {start for _, start in floors}]
    marks += _period_end(finding, words)
    return sorted(marks, key=lambda mark: (mark.time, mark.kind))


def _period_end(finding: Finding | None, words: Vocabulary) -> Iterator[Mark]:
    if finding and finding.period_end and finding.stage in {Stage.PROBATION, Stage.ALMOST_HEALED}:
        yield Mark(finding.period_end, MarkKind.PERIOD_END, f"{words_of(words)['probation'].capitalize()} ends")


def _text(piece: Change, words: Vocabulary) -> str:
    if done := _DONE.get(piece.trigger):
        return done
    match piece.after:
        case Stage.PROBATION:
            period = words_of(words)["probation"].capitalize()
            return f"{period} {'again' if piece.before is Stage.ALMOST_HEALED else 'begins'}"
        case Stage.PERMANENT_SHUTDOWN:
            return f"{STATUS_NAMES[words][STAGE_STATUS[piece.after]]} for good"
        case stage:
            return STATUS_NAMES[words][STAGE_STATUS[stage]]
