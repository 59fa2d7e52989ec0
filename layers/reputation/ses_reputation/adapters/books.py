"""The receipts and the counters side by side, as wholes: what both of them say was counted, and how it is corrected.

Both tables are scanned. What is read is summed up at once: a table with a million receipts stays as small as its hours.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.adapters.documents import Item, written
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.adapters.scans import scan_parts
from ses_reputation.domain.counting import Cell, hour_of, provider_scopes
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.reconciliation import Counted, Discrepancy, Receipted
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.rebuild import Span

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Of one correction: with their providers' marks they fit into a transaction of 100 actions.
MAX_NUMBERS = 90

_STATISTICS = frozenset({keys.STATISTICS, keys.BACKFILL})

_Numbers = dict[tuple[str, Measure], int]


class DynamoDbBooks:
    """The receipts and counters of one deployment."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        receipts_table: str,
        counters_table: str,
        counter_retention: timedelta,
        due: DynamoDbDue,
    ) -> None:
        self._client = client
        self._receipts_table = receipts_table
        self._counters_table = counters_table
        self._counter_retention = counter_retention
        self._due = due

    def counted(self, span: Span) -> Mapping[Cell, Counted]:
        """What the counters hold of these hours."""
        names = {"#hour": "hour", **({"#scope": "scope"} if span.scope else {})}
        values = {
            ":since": keys.string(keys.hour_key(span.since)),
            ":until": keys.string(keys.hour_key(span.until)),
            **({":scope": keys.string(span.scope)} if span.scope else {}),
        }
        in_span = "#hour >= :since AND #hour < :until" + (" AND #scope = :scope" if span.scope else "")
        parts = scan_parts(
            self._client,
            self._counters_table,
            list,
            FilterExpression=in_span,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
        items: dict[Cell, dict[str, Item]] = {}
        for part in parts:
            for item in part:
                key = item["hour"]["S"]
                cell = Scope(item["scope"]["S"]), keys.counter_hour(key)
                items.setdefault(cell, {})[keys.counter_writer(key)] = item
        # An hour that only SES's statistics tell of has no events, and is nothing that was counted.
        return {cell: _counted(of_cell) for cell, of_cell in items.items() if of_cell.keys() != {keys.STATISTICS}}

    def receipted(self, span: Span, advance: Callable[[int], None]) -> Mapping[Cell, Receipted]:
        """What the receipts say of these hours. `advance` is told of each part that was read."""
        parts = scan_parts(
            self._client,
            self._receipts_table,
            partial(_totals, scope=span.scope),
            ProjectionExpression="#time, scopes, #counts",
            FilterExpression="attribute_exists(scopes) AND #time >= :since AND #time < :until",
            ExpressionAttributeNames={"#time": "time", "#counts": "counts"},
            ExpressionAttributeValues={
                ":since": keys.string(keys.hour_key(span.since)),
                ":until": keys.string(keys.hour_key(span.until)),
            },
        )
        totals: dict[Cell, _Numbers] = {}
        silent: dict[Cell, int] = {}
        for numbers, without in parts:
            for cell, of_cell in numbers.items():
                _add(totals.setdefault(cell, {}), of_cell)
            for cell, n in without.items():
                silent[cell] = silent.get(cell, 0) + n
            advance(1)
        return {cell: Receipted(totals.get(cell, {}), silent.get(cell, 0)) for cell in totals.keys() | silent.keys()}

    def correct(self, cell: Cell, discrepancy: Discrepancy, by: str, now: datetime) -> bool:
        """Add what is missing to the counters of a cell, and have it judged; False if somebody else just did.

        What is written is a total, and on the condition that nobody corrected the cell since it was read. The other
        writers may go on meanwhile: what they count is in the receipts, too.
        """
        scope, hour = cell
        corrected = discrepancy.counted.correction
        missing = sorted(discrepancy.missing.items())
        for number, start in enumerate(range(0, len(missing), MAX_NUMBERS)):
            revision, chunk = discrepancy.counted.revision + number, missing[start : start + MAX_NUMBERS]
            totals = {keys.counter_attribute(*what): corrected.get(what, 0) + n for what, n in chunk}
            update = {
                "TableName": self._counters_table,
                "Key": {"scope": keys.string(scope), "hour": keys.string(keys.counter_key(hour, keys.REBUILD))},
                "UpdateExpression": "SET "
                + ", ".join(f"#{i} = :{i}" for i in range(len(totals)))
                + ", revision = :next, corrected_by = :by, corrected_at = :now, expires = :expires",
                "ConditionExpression": "revision = :seen" if revision else "attribute_not_exists(revision)",
                "ExpressionAttributeNames": {f"#{i}": name for i, name in enumerate(totals)},
                "ExpressionAttributeValues": {
                    **{f":{i}": {"N": str(n)} for i, n in enumerate(totals.values())},
                    **({":seen": {"N": str(revision)}} if revision else {}),
                    ":next": {"N": str(revision + 1)},
                    ":by": keys.string(by),
                    ":now": keys.string(now.isoformat()),
                    ":expires": keys.expires(hour, self._counter_retention),
                },
            }
            judged = {scope, *(provider_scopes(dict(chunk)) if scope == ACCOUNT else ())}
            marks = self._due.marks([(each, hour) for each in judged])
            actions: list[Any] = [{"Update": update}, *marks]
            if not written(partial(self._client.transact_write_items, TransactItems=actions)):
                return False
        return True


def _counted(by_writer: Mapping[str, Item]) -> Counted:
    counts: _Numbers = {}
    for writer, item in by_writer.items():
        if writer not in _STATISTICS:
            _add(counts, keys.counter_numbers(item))
    correction = by_writer.get(keys.REBUILD, {})
    return Counted(
        {what: n for what, n in counts.items() if n},
        keys.counter_numbers(correction),
        int(correction.get("revision", {"N": "0"})["N"]),
        backfilled=keys.BACKFILL in by_writer,
        foreign=tuple(name for _, item in sorted(by_writer.items()) for name in keys.foreign_attributes(item)),
    )


def _totals(receipts: Iterable[Item], scope: Scope | None) -> tuple[dict[Cell, _Numbers], dict[Cell, int]]:
    """What these receipts say was counted, and how many say nothing of it, by cell."""
    totals: dict[Cell, _Numbers] = {}
    silent: dict[Cell, int] = {}
    for receipt in receipts:
        hour = hour_of(datetime.fromisoformat(receipt["time"]["S"]))
        numbers = keys.counter_numbers(receipt["counts"]["M"]) if "counts" in receipt else None
        for named in (ACCOUNT, *(Scope(value["S"]) for value in receipt["scopes"]["L"])):
            if scope not in {None, named}:
                continue
            cell = named, hour
            if numbers is None:
                silent[cell] = silent.get(cell, 0) + 1
            else:
                _add(totals.setdefault(cell, {}), numbers)
    return totals, silent


def _add(total: _Numbers, numbers: Mapping[tuple[str, Measure], int]) -> None:
    for what, n in numbers.items():
        total[what] = total.get(what, 0) + n
