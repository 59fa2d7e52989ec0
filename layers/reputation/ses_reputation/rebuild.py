"""The use case of rebuilding: compare the counters with the receipts, and mend what differs.

Counters and receipts are written together, so they differ only if somebody changed or lost one of them: a table that
was restored, an item that was deleted by hand, a defect. To do it again is safe: what was mended agrees.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from ses_reputation.domain.counting import Cell, hour_of
from ses_reputation.domain.reconciliation import Comparison, Counted, Discrepancy, Receipted, compare, confirmed
from ses_reputation.domain.scopes import Scope, ScopeKind, kind_of

# The least that ReceiptRetentionDays may be. What it is now says nothing of receipts that were written before it was
# raised, so that of hours that are older than this, some receipts may be gone.
LEAST_RETENTION = timedelta(days=60)

# DynamoDB deletes what has expired within a few days, most often at once.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
MARGIN = timedelta(days=2)

# How long an hour is over before it is compared: most of its events have come by then.
SETTLED_AFTER = timedelta(hours=1)

# How often everything is read, until two readings agree about what differs.
LOOKS = 3


class Span(Struct, frozen=True):
    """The full hours from `since` until before `until`, of one scope or of all."""

    since: datetime
    until: datetime
    scope: Scope | None = None


class UnfitSpan(ValueError):
    """These hours can not be compared; the text says why."""


class Books(Protocol):
    """Counters and receipts, both of which say what was counted."""

    def counted(self, span: Span) -> Mapping[Cell, Counted]:
        """What the counters hold of these hours."""

    def receipted(self, span: Span, advance: Callable[[int], None]) -> Mapping[Cell, Receipted]:
        """What the receipts say of these hours. `advance` is told of each part that was read."""

    def correct(self, cell: Cell, discrepancy: Discrepancy, by: str, now: datetime) -> bool:
        """Add what is missing to the counters of a cell, and have it judged; False if somebody else just did."""


def span_of(
    now: datetime, since: datetime | None, until: datetime | None, scope: Scope | None, retention: timedelta
) -> Span:
    """The hours to compare: if nothing else is said, all whose receipts are there for certain, and that are over.

    `retention` is how long receipts are kept now. UnfitSpan if some of these hours' receipts have expired, if an hour
    is not over, or if the scope has no counters of its own.
    """
    if scope and kind_of(scope) is ScopeKind.PROVIDER:
        raise UnfitSpan("a mailbox provider has no counters of its own: the account's are kept by provider")
    latest = hour_of(now - SETTLED_AFTER)
    certain, oldest = hour_of(now - LEAST_RETENTION + MARGIN), hour_of(now - max(retention, LEAST_RETENTION) + MARGIN)
    span = Span(hour_of(since) if since else certain, hour_of(until) if until else latest, scope)
    if span.since < oldest:
        raise UnfitSpan(f"receipts of before {oldest:%Y-%m-%dT%H:00Z} have expired, or are about to")
    if span.until > latest:
        raise UnfitSpan(f"hours can be compared when they have been over for an hour: until {latest:%Y-%m-%dT%H:00Z}")
    if span.since >= span.until:
        raise UnfitSpan("there is no full hour in this time")
    return span


def reconcile(books: Books, span: Span, advance: Callable[[int], None]) -> Comparison:
    """Compare the counters of these hours with their receipts. A difference is one that two readings found."""
    read = _read(books, span, advance)
    settled = confirmed(read, None)
    for _ in range(LOOKS - 1):
        if not settled.moving:
            break
        earlier, read = read, _read(books, span, advance)
        settled = confirmed(read, earlier)
    return settled


def mend(books: Books, comparison: Comparison, by: str, now: datetime) -> Iterator[tuple[Cell, bool]]:
    """Correct the counters of every cell that differs; whether it was done, or somebody else had just done it."""
    for cell, discrepancy in sorted(comparison.discrepancies.items(), key=lambda item: item[0]):
        yield cell, books.correct(cell, discrepancy, by, now)


def _read(books: Books, span: Span, advance: Callable[[int], None]) -> Comparison:
    before = books.counted(span)
    receipts = books.receipted(span, advance)
    return compare(before, receipts, books.counted(span))
