"""Receipts and counters in DynamoDB, written in one transaction."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.adapters.batches import put_each
from ses_reputation.adapters.documents import CONTENTION, Item
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.adapters.feedback import listing_items
from ses_reputation.adapters.kept_recipients import RECIPIENTS, to_attribute
from ses_reputation.domain.counting import Cell, Entry
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.record import AlreadyRecorded, Committed, Contended, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from ses_reputation.domain.eligibility import Measure


def counter_writers(choose: Callable[[int], int]) -> Iterator[int]:
    """The numbers of the counter items that a function adds to, each until somebody is in its way there: first the one
    that all share, then any. `choose` makes a number from 0 up to before the given one.

    So an hour has one item in quiet times, which is cheap to read, and in a storm about as many as there are functions
    at work. With always 4 items, 15 functions were in conflict in 40 % of their transactions, and now once or twice
    each (docs/performance.md).
    """
    yield 0
    while True:
        yield choose(keys.WRITERS)


class DynamoDbLedger:
    """The receipts and counters of one deployment.

    `choose_writer` picks the counter items to add to (0 to keys.WRITERS - 1), and others when somebody is in the way
    there: staying with them keeps an hour's counts in as few items as there are functions at work. `new_token` makes a
    text that it never made before; `pause` waits before the attempt with the given number.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        receipts_table: str,
        counters_table: str,
        standings_table: str,
        receipt_retention: timedelta,
        counter_retention: timedelta,
        choose_writer: Callable[[], int],
        new_token: Callable[[], str],
        pause: Callable[[int], None],
    ) -> None:
        self._client = client
        self._receipts_table = receipts_table
        self._counters_table = counters_table
        self._standings_table = standings_table
        self._receipt_retention = receipt_retention
        self._counter_retention = counter_retention
        self._choose_writer = choose_writer
        self._writer = choose_writer()
        self._pause = pause
        self._due = DynamoDbDue(client, standings_table=standings_table, new_token=new_token, pause=pause)

    def commit(self, writes: Sequence[Write]) -> Committed | Contended | AlreadyRecorded:
        """Write all receipts and add to all counters, or neither."""
        actions = [self._receipt(write) for write in writes]
        actions += self._additions(writes, self._writer)
        try:
            self._client.transact_write_items(TransactItems=actions)
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = error.response.get("CancellationReasons", [])
            codes = {str(reason.get("Code")) for reason in reasons}
            if "ConditionalCheckFailed" in codes:
                return AlreadyRecorded(dict(_recorded(writes, reasons)))
            if codes & CONTENTION:
                # Two copies of an event meet on its receipt, wherever they are counted.
                if any(reason.get("Code") in CONTENTION for reason in reasons[len(writes) :]):
                    self._writer = self._choose_writer()
                return Contended()
            raise
        return Committed()

    def note(
        self,
        due: Collection[Cell] = (),
        feedback_loops: Collection[str] = (),
        feedback: Collection[Entry] = (),
    ) -> None:
        """Have the scopes of these hours evaluated, remember mailbox providers that complaints come from, and list
        feedback by its time.

        All together, in one request as a rule. NotWritten if DynamoDB keeps refusing.
        """
        standings = [*self._due.items(due), *(keys.item_key(keys.FEEDBACK_LOOPS, p) for p in sorted(feedback_loops))]
        listings = listing_items(feedback, self._receipt_retention)
        items = [(self._standings_table, item) for item in standings]
        put_each(self._client, [*items, *((self._receipts_table, item) for item in listings)], self._pause)

    def _receipt(self, write: Write) -> Any:
        entry = write.entry
        if write.recorded is None:
            return {
                "Put": {
                    "TableName": self._receipts_table,
                    "Item": self._receipt_item(entry),
                    "ConditionExpression": "attribute_not_exists(message_id)",
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            }
        # The receipt must still name what it named when it was read: two copies may be adding scopes at once.
        return {
            "Update": {
                "TableName": self._receipts_table,
                "Key": {"message_id": keys.string(entry.message_id), "entry": keys.string(entry.name)},
                "UpdateExpression": "SET scopes = :all",
                "ConditionExpression": "scopes = :recorded",
                "ExpressionAttributeValues": {
                    ":all": _scopes(write.recorded.union(write.scopes)),
                    ":recorded": _scopes(write.recorded),
                },
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _receipt_item(self, entry: Entry) -> Item:
        item: Item = {
            "message_id": keys.string(entry.message_id),
            "entry": keys.string(entry.name),
            "time": keys.string(entry.time.isoformat()),
            "scopes": _scopes(entry.scopes),
            "counts": _counts(entry),
            "expires": keys.expires(entry.time, self._receipt_retention),
        }
        if entry.reason:
            item["reason"] = keys.string(entry.reason)
            item[RECIPIENTS] = to_attribute(entry.recipients)
        return item

    def _additions(self, writes: Sequence[Write], writer: int) -> Iterator[Any]:
        """One ADD for each counter item, whatever number of receipts it sums up."""
        for (scope, hour), total in _totals(writes).items():
            adds = ", ".join(f"#{i} :{i}" for i in range(len(total)))
            yield {
                "Update": {
                    "TableName": self._counters_table,
                    "Key": {"scope": keys.string(scope), "hour": keys.string(keys.counter_key(hour, writer))},
                    "UpdateExpression": f"ADD {adds} SET expires = :expires",
                    "ExpressionAttributeNames": {f"#{i}": name for i, name in enumerate(total)},
                    "ExpressionAttributeValues": {
                        **{f":{i}": {"N": str(n)} for i, n in enumerate(total.values())},
                        ":expires": keys.expires(hour, self._counter_retention),
                    },
                }
            }


def _totals(writes: Iterable[Write]) -> Mapping[tuple[Scope, datetime], Mapping[str, int]]:
    """What each counter item gets, by attribute. What is in the same scopes is summed up once, and not once in each."""
    together: dict[tuple[tuple[Scope, ...], datetime], dict[tuple[str, Measure], int]] = {}
    for write in writes:
        sums = together.setdefault((write.scopes, write.entry.hour), {})
        for what, n in write.entry.increments.items():
            sums[what] = sums.get(what, 0) + n
    totals: dict[tuple[Scope, datetime], dict[str, int]] = {}
    for (scopes, hour), sums in together.items():
        for scope in scopes:
            total = totals.setdefault((scope, hour), {})
            for what, n in sums.items():
                attribute = keys.counter_attribute(*what)
                total[attribute] = total.get(attribute, 0) + n
    return totals


def _recorded(
    writes: Sequence[Write], reasons: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[tuple[str, str], frozenset[Scope]]]:
    """The scopes that the receipts in the way name. The reasons are in the order of the actions, receipts first."""
    for write, reason in zip(writes, reasons, strict=False):
        if reason.get("Code") == "ConditionalCheckFailed":
            named = reason["Item"]["scopes"]["L"]
            yield write.entry.key, frozenset((ACCOUNT, *(Scope(value["S"]) for value in named)))


def _counts(entry: Entry) -> Item:
    """What was added to the counters of each scope, by their attributes: they can be made anew from receipts alone."""
    return {"M": {keys.counter_attribute(*what): {"N": str(n)} for what, n in entry.increments.items()}}


# Sorted once for all mails of a stream, and not for each receipt. Nobody changes an item.
@lru_cache(maxsize=1024)
def _scopes(scopes: tuple[Scope, ...] | frozenset[Scope]) -> Item:
    """The scopes of a receipt, in an order of their own. The account is in every one, and not written."""
    return {"L": [keys.string(scope) for scope in sorted(scopes) if scope != ACCOUNT]}
