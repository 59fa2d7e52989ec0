"""Tables that were restored from a backup, and the tables that they are copies of: what is missing is copied back.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery.Tutorial.html
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ses_reputation.adapters import keys
from ses_reputation.adapters.batches import BATCH_GET_KEYS, delete_all, get_all
from ses_reputation.adapters.documents import Item, decode, items_of, moment, put_if_unchanged
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.adapters.held_schema import read_held
from ses_reputation.adapters.kept_recipients import RECIPIENTS
from ses_reputation.adapters.scans import scan_parts
from ses_reputation.domain.admission import added
from ses_reputation.domain.counting import Cell, provider_scopes
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.notices.alert import SummaryAlert
from ses_reputation.outbox import Outgoing
from ses_reputation.restore import SUFFIX, Outcome, Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEYS: Mapping[Table, tuple[str, str]] = {
    Table.RECEIPTS: ("message_id", "entry"),
    Table.COUNTERS: ("scope", "hour"),
    Table.STANDINGS: ("collection", "name"),
}
_STANDINGS = frozenset(keys.shards("standing"))
_DUE = frozenset(keys.shards("due"))


class _Step(Struct, frozen=True):
    """What to do with an item: what comes of it, and what to write, if anything, on which condition."""

    outcome: Outcome
    item: Item | None = None
    condition: Mapping[str, Any] = {}


class DynamoDbRestoredTables:
    """The tables of one deployment by their names, at a moment, which decides what has expired.

    `pause` waits before the attempt with the given number to read what DynamoDB did not give; by default, that many
    seconds.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        tables: Mapping[Table, str],
        due: DynamoDbDue,
        now: datetime,
        pause: Callable[[int], None] = time.sleep,
    ) -> None:
        self._client = client
        self._tables = tables
        self._due = due
        self._now = now
        self._pause = pause

    def is_there(self, table: Table) -> bool:
        """Whether a table was restored, and is ready: one that is still being made can't be told from none.

        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html#API_Scan_Errors
        """
        try:
            self._client.scan(TableName=self._restored(table), Limit=1)
        except self._client.exceptions.ResourceNotFoundException:
            return False
        return True

    def schema(self) -> int | None:
        """Which schema the restored standings say that all tables held then; None if they do not say."""
        return read_held(self._client, self._restored(Table.STANDINGS))

    def restore(self, table: Table, *, apply: bool) -> Iterator[Mapping[Outcome, int]]:
        """Bring back what is missing of a table, or only say what would be: the outcomes of each part of it.

        Alerts that waited to be sent come first: once the news is back that each is about, nothing would tell whether
        it was sent since.
        """
        read = partial(self._copy, table, apply=apply)
        if table is Table.STANDINGS:
            yield read(items_of(self._client, self._restored(table), keys.OUTBOX))
            # Weeks are added up anew from the counters, in which more may have been counted since.
            others: Any = {
                "FilterExpression": "#collection <> :outbox AND NOT begins_with(#collection, :weeks)",
                "ExpressionAttributeNames": {"#collection": "collection"},
                "ExpressionAttributeValues": {
                    ":outbox": keys.string(keys.OUTBOX),
                    ":weeks": keys.string(f"{keys.WEEKS}/"),
                },
            }
            yield from scan_parts(self._client, self._restored(table), read, **others)
        else:
            if table is Table.COUNTERS and apply:
                self._drop_weeks()
            yield from scan_parts(self._client, self._restored(table), read)

    def _drop_weeks(self) -> None:
        """Have all weeks added up anew: what was lost, and is not brought back, must be in no sum either."""
        table = self._tables[Table.STANDINGS]
        for shard in keys.shards(keys.WEEKS):
            kept = [
                {name: item[name] for name in _KEYS[Table.STANDINGS]} for item in items_of(self._client, table, shard)
            ]
            delete_all(self._client, table, kept, self._pause)

    def _restored(self, table: Table) -> str:
        return f"{self._tables[table]}{SUFFIX}"

    def _copy(self, table: Table, items: Iterable[Item], *, apply: bool) -> Mapping[Outcome, int]:
        outcomes: Counter[Outcome] = Counter()
        partition, name = _KEYS[table]
        restored = iter(items)
        while chunk := list(islice(restored, BATCH_GET_KEYS)):
            wanted = [{partition: item[partition], name: item[name]} for item in chunk]
            there = {
                (item[partition]["S"], item[name]["S"]): item
                for item in get_all(self._client, self._tables[table], wanted, self._pause)
            }
            steps = [self._step(table, item, there.get((item[partition]["S"], item[name]["S"]))) for item in chunk]
            back = [step.item for step in steps if step.item] if apply and table is Table.COUNTERS else []
            counted = [cell for item in back for cell in _cells(item)]
            # Before, so that they are judged even if this is stopped on the way: what is back is no news next time.
            self._due.mark(counted)
            for step in steps:
                outcome = step.outcome
                if apply and step.item and not self._write(table, step.item, step.condition):
                    # A scope may just have been marked as due with its standing: one mark is as good as another.
                    outcome = Outcome.KEPT if _in(step.item, _DUE) else Outcome.CHANGED
                outcomes[outcome] += 1
            # And after, even if they were judged meanwhile.
            self._due.mark(counted)
        return outcomes

    def _step(self, table: Table, restored: Item, there: Item | None) -> _Step:
        """What to do with an item, by what is there in its place."""
        if "expires" in restored and int(restored["expires"]["N"]) <= self._now.timestamp():
            return _Step(Outcome.EXPIRED)
        if there is None:
            if _in(restored, {keys.OUTBOX}) and self._was_sent(decode(restored, Outgoing)):
                return _Step(Outcome.SENT)
            partition, _ = _KEYS[table]
            absent = {
                "ConditionExpression": "attribute_not_exists(#partition)",
                "ExpressionAttributeNames": {"#partition": partition},
            }
            return _Step(Outcome.RESTORED, restored, absent)
        if table is Table.RECEIPTS and "scopes" in restored and "scopes" in there:
            return _merged(restored, there)
        if _in(restored, _STANDINGS):
            return _newer(restored, there)
        return _Step(Outcome.KEPT)

    def _was_sent(self, outgoing: Outgoing) -> bool:
        """Whether an alert that is not in the outbox was in it: what it is about was written together with it."""
        alert, table = outgoing.alert, self._tables[Table.STANDINGS]
        if isinstance(alert, SummaryAlert):
            found = self._client.get_item(TableName=table, Key=keys.item_key(keys.SUMMARY, "weekly")).get("Item")
            return found is not None and datetime.fromisoformat(found["time"]["S"]) >= alert.time
        key = keys.item_key(keys.news_of(Scope(alert.scope)), moment(alert))
        return "Item" in self._client.get_item(TableName=table, Key=key)

    def _write(self, table: Table, item: Item, condition: Mapping[str, Any]) -> bool:
        """Write an item on its condition; a standing is judged at the next evaluation. False if it does not hold."""
        put = {"TableName": self._tables[table], "Item": item, **condition}
        judged = [Scope(item["name"]["S"])] if _in(item, _STANDINGS) else []
        return put_if_unchanged(self._client, put, self._due.again(judged))


def _cells(counter: Item) -> Iterator[Cell]:
    """Whom a counter item is about: that of the account also its mailbox providers."""
    scope, hour = Scope(counter["scope"]["S"]), keys.counter_hour(counter["hour"]["S"])
    yield scope, hour
    if scope == ACCOUNT:
        yield from ((provider, hour) for provider in provider_scopes(keys.counter_numbers(counter)))


def _in(item: Item, collections: Iterable[str]) -> bool:
    return item.get("collection", {}).get("S") in collections


def _merged(restored: Item, there: Item) -> _Step:
    """A receipt that was written anew for a copy of its event, and what it was counted in before of other groups."""
    known = frozenset(Scope(scope["S"]) for scope in there["scopes"]["L"])
    more = added(known, (Scope(scope["S"]) for scope in restored["scopes"]["L"]))
    if not more:
        return _Step(Outcome.KEPT)
    item = {**there, "scopes": {"L": [keys.string(scope) for scope in sorted(known.union(more))]}}
    # What it holds of recipients may have been forgotten since it was read: the whole item is written.
    unchanged, values = "scopes = :known", {":known": there["scopes"]}
    if RECIPIENTS in there:
        unchanged, values = f"{unchanged} AND {RECIPIENTS} = :recipients", {**values, ":recipients": there[RECIPIENTS]}
    return _Step(Outcome.MERGED, item, {"ConditionExpression": unchanged, "ExpressionAttributeValues": values})


def _newer(restored: Item, there: Item) -> _Step:
    """A standing that has been through more than the one that was begun in its place."""
    version, known = int(restored["version"]["N"]), there["version"]
    if version <= int(known["N"]):
        return _Step(Outcome.KEPT)
    return _Step(
        Outcome.REPLACED,
        {**restored, "version": {"N": str(version + 1)}},
        {"ConditionExpression": "version = :known", "ExpressionAttributeValues": {":known": known}},
    )
