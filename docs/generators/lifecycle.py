"""The tables of docs/lifecycle.md, and its diagram, from the tables of the code."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from docs.generators import words
from docs.generators.tables import table
from ses_reputation.domain.categories import CATEGORIES, METRICS, Category, OnChanges
from ses_reputation.domain.decisions import CHANGES_MADE, Decision, allowed
from ses_reputation.domain.lifecycle import (
    METRIC_STATUS,
    SCOPE_STATUS,
    STAGE_STATUS,
    TRANSITIONS,
    TRIGGERS,
    Stage,
    Status,
    Trigger,
    stages_of,
    triggers_from,
)
from ses_reputation.domain.standing import Actor, Finding, ReportedChanges
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.vocabulary import STATUS_NAMES, Vocabulary

NO_FINDING = "no finding"
STAYS = "stays"

_REPORTED = frozenset(Category) - METRICS.keys()
_GROUPS: Mapping[str, frozenset[Category]] = MappingProxyType(
    {
        words.ON_CHANGES[on_changes].group: frozenset(c for c in Category if CATEGORIES[c].on_changes is on_changes)
        for on_changes in OnChanges
    }
)
_OPEN_STAGES = tuple(stage for stage in Stage if stage is not Stage.RESOLVED)
# What is suspected is on no way to a shutdown: a person decides whether it is a problem at all.
_BEFORE_SHUTDOWN = _OPEN_STAGES[_OPEN_STAGES.index(Stage.ALMOST_HEALED) : _OPEN_STAGES.index(Stage.SHUTDOWN)]
_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def statuses() -> str:
    """What each status is called and means, of a scope and of a metric."""
    return table(
        ("`classic`", "`current`", "of the account, or any scope", "of a metric"),
        (
            (
                status,
                STATUS_NAMES[Vocabulary.CURRENT][status],
                _meaning(status, SCOPE_STATUS, words.STATUSES[status].of_scope),
                _meaning(status, METRIC_STATUS, words.STATUSES[status].of_metric),
            )
            for status in Status
        ),
    )


def _meaning(status: Status, shown: Mapping[Stage | None, Status], meaning: str) -> str:
    stage = next(stage for stage, known in STAGE_STATUS.items() if known is status)
    return meaning if shown[stage] is status else f"*shown as {shown[stage]}*"


def stages() -> str:
    """The stages, from the best to the worst, with who or what leads on from each."""
    return table(
        ("stage", "in code and JSON", "status of the finding", "categories", "what moves it on"),
        (
            (
                words.STAGES[stage],
                f"`{stage}`",
                STAGE_STATUS[stage],
                categories_in_words(c for c in Category if stage in stages_of(c)),
                ", ".join(_movers(stage)) or "nothing",
            )
            for stage in Stage
        ),
    )


def _movers(stage: Stage) -> Iterator[str]:
    moving = {words.TRIGGERS[t].by for (before, t), after in TRANSITIONS.items() if before is stage is not after}
    return (by for by in words.By if by in moving)


def categories() -> str:
    """What each category leads to."""
    return table(
        (
            "category",
            "opened by",
            "accepted changes",
            "the period ends, and the problem remains",
            "... and it is gone",
            "repeats",
            "permanent shutdown",
        ),
        (
            (
                f"{CATEGORY_TEXTS[category].name} `{category}`",
                "its rate" if category in METRICS else "a report",
                "{0.group}: {0.what}".format(words.ON_CHANGES[row.on_changes]),
                words.AT_END[row.remains],
                words.AT_END[row.gone],
                _repeats(category),
                "yes" if Stage.PERMANENT_SHUTDOWN in stages_of(category) else "no",
            )
            for category, row in CATEGORIES.items()
        ),
    )


def _repeats(category: Category) -> str:
    repeats = CATEGORIES[category].repeats
    told = [f"{ordinal(n)}: {words.REPEATS[repeat]}" for n, repeat in enumerate(repeats, start=2)]
    return f"{'; '.join(told)}, as all that follow" if told else "as the first"


def ordinal(number: int) -> str:
    """The number in an order; small ones only."""
    return {2: "2nd", 3: "3rd"}.get(number, f"{number}th")


def transitions() -> str:
    """Every transition: rows of the code's table with the same trigger and outcome are one row."""
    merged: dict[tuple[Trigger, str], list[str]] = {}
    for trigger in Trigger:
        for before in (None, *Stage):
            if (after := TRANSITIONS.get((before, trigger))) and _is_reached(before, trigger):
                outcome = STAYS if after is before else words.STAGES[after]
                merged.setdefault((trigger, outcome), []).append(_stage_in_words(before))
    return table(
        ("trigger", "what happens", "by", "from", "to", "categories"),
        (
            (
                f"`{trigger}`",
                words.TRIGGERS[trigger].what,
                words.TRIGGERS[trigger].by,
                ", ".join(before),
                outcome,
                categories_in_words(c for c in Category if trigger in TRIGGERS[c]),
            )
            for (trigger, outcome), before in merged.items()
        ),
    )


def _is_reached(stage: Stage | None, trigger: Trigger) -> bool:
    """Whether a finding that the trigger is for can be at this stage."""
    return any(trigger in triggers_from(category, stage) for category in Category)


def _stage_in_words(stage: Stage | None) -> str:
    return words.STAGES[stage] if stage else NO_FINDING


def commands() -> str:
    """Which commands are carried out at which stage."""
    return table(
        ("command", "what it says", NO_FINDING, *(words.STAGES[stage] for stage in _OPEN_STAGES)),
        (
            (f"`{command}`", what, *(_applies(command, stage) for stage in (None, *_OPEN_STAGES)))
            for command, what in words.COMMANDS.items()
        ),
    )


def _applies(command: str, stage: Stage | None) -> str:
    possible = [c for c in Category if stage is None or stage in stages_of(c)]
    always = [c for c in possible if _is_carried_out(command, c, stage, changes=False)]
    if always:
        return "yes" if always == possible else categories_in_words(always)
    waiting = [c for c in possible if _is_carried_out(command, c, stage, changes=True)]
    if not waiting:
        return "no"
    return "if changes wait" + ("" if waiting == possible else f": {categories_in_words(waiting)}")


def _is_carried_out(command: str, category: Category, stage: Stage | None, *, changes: bool) -> bool:
    if command == "report":
        return Trigger.REPORTED in triggers_from(category, stage)
    if stage is None:
        return False
    made = ReportedChanges(_TIME, _TIME, "Something.", Actor("somebody", proven=False))
    finding = Finding("1", category, stage, _TIME, _TIME, _TIME, changes=made if changes else None)
    return (CHANGES_MADE if command == CHANGES_MADE else Decision(command.removeprefix("decide "))) in allowed(finding)


def diagram() -> str:
    """The way of a finding as a state diagram in Mermaid; what leads out of all open stages alike is drawn once."""
    edges: dict[tuple[str, str], set[words.By]] = {}
    for (before, trigger), after in TRANSITIONS.items():
        if before is not after:
            source = "open" if before in _BEFORE_SHUTDOWN and _is_common(after) else (before or "[*]")
            edges.setdefault((source, after), set()).add(words.TRIGGERS[trigger].by)
    lines = [
        "stateDiagram-v2",
        '  state "Before a shutdown" as open {',
        *(f"    {line}" for line in _states(_BEFORE_SHUTDOWN)),
        "  }",
        *(f"  {line}" for line in _states([s for s in Stage if s not in _BEFORE_SHUTDOWN])),
        *(
            f"  {source} --> {after} : {', '.join(by for by in words.By if by in movers)}"
            for (source, after), movers in edges.items()
        ),
        f"  {Stage.RESOLVED} --> [*]",
    ]
    return "\n".join(("```mermaid", *lines, "```"))


def _is_common(after: Stage) -> bool:
    """Whether all stages before a shutdown lead there."""
    leading = {before for (before, _), reached in TRANSITIONS.items() if reached is after is not before}
    return leading.issuperset(_BEFORE_SHUTDOWN)


def _states(stages: Sequence[Stage]) -> list[str]:
    return [f'state "{words.STAGES[stage]}" as {stage}' for stage in stages]


def categories_in_words(chosen: Iterable[Category]) -> str:
    """These categories in as few words as possible, by the groups that accepted changes make."""
    known = frozenset(chosen)
    if known == frozenset(Category):
        return "all"
    if known == _REPORTED:
        return "all that are reported"
    told = (_members(name, group, known & group) for name, group in _GROUPS.items())
    return ", ".join(text for text in told if text)


def _members(name: str, group: Collection[Category], known: Collection[Category]) -> str:
    missing = [c for c in Category if c in group and c not in known]
    if not missing:
        return name
    if len(known) > 1 and len(missing) == 1:
        return f"{name} (but not `{missing[0]}`)"
    return ", ".join(f"`{c}`" for c in Category if c in known)
