"""Which scopes are counted apart: so many different ones of a group in a month, and the rest together.

Tags, tenants and sender domains are chosen by whoever sends. Names that are always new would make items, evaluations
and alerts without end. The month is that of the mail, so that all
that is told of it counts in the same scopes, and each copy of an event is decided alike, whenever it comes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from msgspec.structs import replace

from ses_reputation.domain.counting import Entry
from ses_reputation.domain.scopes import Group, Scope, ScopeKind, group_of, is_other, kind_of, other_of

UNLIMITED = frozenset({ScopeKind.ACCOUNT, ScopeKind.PROVIDER})
"""There is one account, and mailbox providers are those of a table."""


class Cohort(NamedTuple):
    """The scopes of one group in one month, which is given by its first day."""

    group: Group
    month: date


def cohort_of(scope: Scope, month: date) -> Cohort | None:
    """Where a scope counts as one; None if it is not limited, or stands for those that are too many itself."""
    return None if kind_of(scope) in UNLIMITED or is_other(scope) else Cohort(group_of(scope), month)


def month_of(time: datetime) -> date:
    """The first day of a moment's month."""
    return time.date().replace(day=1)


def cohorts(entries: Iterable[Entry]) -> Mapping[Cohort, Sequence[Scope]]:
    """The limited scopes that entries name, each once, in the order in which they come."""
    found: dict[Cohort, dict[Scope, None]] = {}
    for scopes, month in dict.fromkeys((entry.scopes, month_of(entry.sent)) for entry in entries):
        for scope in scopes:
            if cohort := cohort_of(scope, month):
                found.setdefault(cohort, {})[scope] = None
    return {cohort: list(scopes) for cohort, scopes in found.items()}


def admitted(entry: Entry, refused: Mapping[Cohort, frozenset[Scope]]) -> Entry:
    """The entry as it is counted: under the scope of all others in place of each that is refused."""
    month = month_of(entry.sent)
    scopes = tuple(_counted(scope, month, refused) for scope in entry.scopes)
    return entry if scopes == entry.scopes else replace(entry, scopes=scopes)


def _counted(scope: Scope, month: date, refused: Mapping[Cohort, frozenset[Scope]]) -> Scope:
    cohort = cohort_of(scope, month)
    return other_of(cohort.group) if cohort and scope in refused.get(cohort, ()) else scope


def added(known: Iterable[Scope], scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """What a copy of an event adds to the scopes that it counts in already: those of groups that none of them is of.

    An event is in one scope of a group. If it was counted among all others, and the maximum has been raised since, its
    copy must not count it again.
    """
    groups = {group_of(scope) for scope in known}
    return tuple(scope for scope in scopes if group_of(scope) not in groups)
