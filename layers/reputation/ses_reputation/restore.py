"""The use case of restoring: bring what the tables lost back from tables that were restored from a backup.

Events may flow in meanwhile: nothing that is there is replaced by what is older. Counters that are damaged, rather than
lost, are then mended by their receipts: see rebuild. It is to be run after each time: what is brought back after it may
have been mended by it already.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Protocol

from ses_reputation.schema import refuse_newer

SUFFIX = "-restored"
"""A table is restored beside its own: by this name it is found, and RepairPolicy lets it be read."""


class Table(StrEnum):
    """The tables, in the order in which they are restored: a receipt keeps its event from counting twice."""

    RECEIPTS = "receipts"
    COUNTERS = "counters"
    STANDINGS = "standings"


class Outcome(StrEnum):
    """What becomes of an item of a restored table."""

    RESTORED = "restored"  # it was missing
    MERGED = "merged"  # a receipt that names fewer scopes than the restored one
    REPLACED = "replaced"  # a standing that was begun anew
    KEPT = "kept"  # it is there
    SENT = "sent"  # an alert that was waiting then, and was sent since
    EXPIRED = "expired"
    CHANGED = "changed"  # somebody else wrote it just now


CHANGES = (Outcome.RESTORED, Outcome.MERGED, Outcome.REPLACED)


class NothingRestored(LookupError):
    """There is no restored table; the text says how to make one."""


class RestoredTables(Protocol):
    """The tables of a deployment, and those that were restored beside them."""

    def is_there(self, table: Table) -> bool:
        """Whether a table was restored, and is ready to be read."""

    def schema(self) -> int | None:
        """Which schema the restored standings say that all tables held then; None if they do not say."""

    def restore(self, table: Table, *, apply: bool) -> Iterator[Mapping[Outcome, int]]:
        """Bring back what is missing of a table, or only say what would be: the outcomes of each part of it."""


def restore(
    tables: RestoredTables, *, apply: bool, advance: Callable[[int], None]
) -> dict[Table, Mapping[Outcome, int]]:
    """Bring back what is missing, or only say what would be; what became of the items of each restored table.

    TablesAreNewer, and nothing changed, if they were written by newer code than this.
    """
    if tables.is_there(Table.STANDINGS):
        refuse_newer(tables.schema() or 0)
    outcomes: dict[Table, Mapping[Outcome, int]] = {}
    for table in Table:
        if tables.is_there(table):
            total: Counter[Outcome] = Counter()
            for part in tables.restore(table, apply=apply):
                total.update(part)
                advance(1)
            outcomes[table] = total
    return outcomes
