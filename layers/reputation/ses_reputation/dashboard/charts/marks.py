"""What is marked in the chart of a rate: changes, from when on mail counts, and the end of a period.

A scope's status can be another one than that of its rates, by a finding about something else. So these are marked too.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.dashboard.parts import stage_name
from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change
from ses_reputation.domain.lifecycle import STAGES_THAT_TIME_MOVES, Stage, Trigger
from ses_reputation.domain.news import News
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.standing import Finding
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.vocabulary import Vocabulary, words_of


class MarkKind(StrEnum):
    """What a mark is about. Each has a line of its own."""

    CHANGE = "change"
    FLOOR = "floor"
    PERIOD_END = "period-end"
    OTHER_FINDING = "other-finding"


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
    findings: Iterable[Finding],
    metric: Metric,
    words: Vocabulary,
) -> list[Mark]:
    """All that there is to mark about a metric, in order of time. `findings` are those of the scope that are open.

    Of findings that are about no rate there is only what moved them; those of the other rate are in its own chart.
    `floors` are from `history.floors_of`.
    """
    marks = [
        _of(piece.category, Mark(piece.time, MarkKind.CHANGE, _text(piece, words)))
        for piece in news
        if isinstance(piece, Change)
        and (piece.category.metric is metric or (piece.category.metric is None and piece.after is not piece.before))
    ]
    marks += [Mark(start, MarkKind.FLOOR, "Only mail from here on counts") for start in {start for _, start in floors}]
    marks += [
        _of(finding.category, Mark(finding.period_end, MarkKind.PERIOD_END, f"{_period(words)} ends"))
        for finding in findings
        if finding.category.metric in {metric, None} and finding.period_end and finding.stage in STAGES_THAT_TIME_MOVES
    ]
    return sorted(marks, key=lambda mark: (mark.time, mark.kind))


def _of(category: Category, mark: Mark) -> Mark:
    """A mark that says of what it is, if that is not the rate of the chart."""
    if category.metric:
        return mark
    name = CATEGORY_TEXTS[category].name.capitalize()
    return Mark(mark.time, MarkKind.OTHER_FINDING, f"{name}: {mark.text}")


def _period(words: Vocabulary) -> str:
    return words_of(words)["probation"].capitalize()


def _text(piece: Change, words: Vocabulary) -> str:
    if done := _DONE.get(piece.trigger):
        return done
    match piece.after:
        case Stage.PROBATION:
            return f"{_period(words)} {'again' if piece.before is Stage.ALMOST_HEALED else 'begins'}"
        case stage:
            return stage_name(stage, words)
