"""Whether the counters agree with the receipts, hour by hour. What can't be known is said to be so, never guessed."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from ses_reputation.domain.counting import Cell, Increments
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.scopes import Scope


class Counted(Struct, frozen=True):
    """What the counters hold of the events of a cell, and how much of it is the `correction` that was made last.

    A cell that was backfilled counts as SES's statistics have it, whatever its events are. `foreign` are attributes
    that are none of its numbers, though they are named so.
    """

    counts: Increments
    correction: Increments
    revision: int = 0
    backfilled: bool = False
    foreign: tuple[str, ...] = ()


class Receipted(Struct, frozen=True):
    """What the receipts of a cell say was counted. `silent` ones are of a version that did not write it down."""

    counts: Increments
    silent: int = 0


NOTHING_COUNTED = Counted({}, {})
_NO_RECEIPTS = Receipted({})


class Difference(Struct, frozen=True):
    """One number that the counters and the receipts have differently."""

    scope: Scope
    hour: datetime
    provider: str
    measure: Measure
    counted: int
    by_receipts: int


class Discrepancy(Struct, frozen=True):
    """A cell whose counters differ from its receipts: what was counted, and what is missing (less than 0: too much)."""

    counted: Counted
    missing: Increments


class Comparison(Struct, frozen=True):
    """What came of comparing: how many cells agree, which do not, and those of which nothing can be said.

    `moving` were being written to meanwhile, `silent` have receipts of an older version, and `backfilled` ones are
    SES's statistics. `foreign` attributes were passed over, wherever they are.
    """

    agreeing: int
    discrepancies: Mapping[Cell, Discrepancy]
    moving: frozenset[Cell]
    silent: frozenset[Cell]
    backfilled: int
    foreign: Mapping[Cell, tuple[str, ...]] = field(default_factory=dict)

    def differences(self) -> Iterator[Difference]:
        """Every number that differs, by scope and time."""
        for (scope, hour), discrepancy in sorted(self.discrepancies.items()):
            counts = discrepancy.counted.counts
            for (provider, measure), missing in sorted(discrepancy.missing.items()):
                counted = counts.get((provider, measure), 0)
                yield Difference(scope, hour, provider, measure, counted, counted + missing)


def compare(
    before: Mapping[Cell, Counted], receipts: Mapping[Cell, Receipted], after: Mapping[Cell, Counted]
) -> Comparison:
    """Compare receipts with the counters as they were before the receipts were read, and after.

    Both are written in one transaction, so where the counters stayed as they were, the receipts did, too.
    """
    agreeing = backfilled = 0
    discrepancies: dict[Cell, Discrepancy] = {}
    moving: set[Cell] = set()
    silent: set[Cell] = set()
    for cell in before.keys() | receipts.keys() | after.keys():
        counted, told = after.get(cell, NOTHING_COUNTED), receipts.get(cell, _NO_RECEIPTS)
        if counted.backfilled:
            backfilled += 1
        elif told.silent:
            silent.add(cell)
        elif before.get(cell, NOTHING_COUNTED) != counted:
            moving.add(cell)
        elif missing := _missing(counted.counts, told.counts):
            discrepancies[cell] = Discrepancy(counted, missing)
        else:
            agreeing += 1
    foreign = {cell: counted.foreign for cell, counted in after.items() if counted.foreign}
    return Comparison(agreeing, discrepancies, frozenset(moving), frozenset(silent), backfilled, foreign)


def confirmed(comparison: Comparison, earlier: Comparison | None) -> Comparison:
    """The same, but of the discrepancies only those that an earlier comparison found as well: the others are moving.

    Mail that is counted rightly adds the same to both sides, and changes nothing about what is missing.
    """
    before = {cell: found.missing for cell, found in earlier.discrepancies.items()} if earlier else {}
    sure = {cell: found for cell, found in comparison.discrepancies.items() if before.get(cell) == found.missing}
    unsure = comparison.discrepancies.keys() - sure.keys()
    return replace(comparison, discrepancies=sure, moving=comparison.moving | unsure)


def _missing(counted: Increments, by_receipts: Increments) -> dict[tuple[str, Measure], int]:
    differing = {what: by_receipts.get(what, 0) - counted.get(what, 0) for what in counted.keys() | by_receipts.keys()}
    return {what: n for what, n in differing.items() if n}
