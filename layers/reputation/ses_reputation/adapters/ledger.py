"""Receipts and counters in DynamoDB, written in one transaction."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.adapters.batches import put_all
from ses_reputation.adapters.documents import CONTENTION, Item
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.adapters.feedback import DynamoDbFeedback
from ses_reputation.adapters.kept_recipients import RECIPIENTS, to_attribute
from ses_reputation.domain.counting import Entry
from ses_reputation.domain.reconciliation import Cell
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.record import AlreadyRecorded, Committed, Contended, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbLedger:
    """The receipts and counters of one deployment.

    `choose_writer` picks the counter items to add to (0 to keys.WRITERS - 1), and others when somebody is in the way:
    staying with them keeps an hour's counts in as few items as there are functions at work. `new_token` makes a text
    that it never made before; `pause` waits before the attempt with the given number.
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
        self._feedback = DynamoDbFeedback(client, table=receipts_table)

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
                self._writer = self._choose_writer()
                return Contended()
            raise
        return Committed()

    def mark_due(self, counted: Collection[Cell]) -> None:
        """Have the scopes of these hours evaluated at the next run; NotWritten if DynamoDB keeps refusing."""
        self._due.mark(counted)

    def list_feedback(self, entries: Collection[Entry]) -> None:
        """Let these bounces, delays and complaints be found by when they were, as long as their receipts are kept."""
        self._feedback.add(entries, self._receipt_retention)

    def note_feedback_loops(self, providers: Collection[str]) -> None:
        """Remember that complaints come from these mailbox providers; NotWritten if DynamoDB keeps refusing."""
        items = (keys.item_key(keys.FEEDBACK_LOOPS, provider) for provider in sorted(providers))
        put_all(self._client, self._standings_table, items, self._pause)

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
        totals: dict[tuple[Scope, datetime], dict[str, int]] = {}
        for write in writes:
            for scope in write.scopes:
                total = totals.setdefault((scope, write.entry.hour), {})
                for (provider, measure), n in write.entry.increments.items():
                    attribute = keys.counter_attribute(provider, measure)
                    total[attribute] = total.get(attribute, 0) + n
        for (scope, hour), total in totals.items():
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


def _scopes(scopes: Collection[Scope]) -> Item:
    """The scopes of a receipt, in an order of their own. The account is in every one, and not written."""
    return {"L": [keys.string(scope) for scope in sorted(scopes) if scope != ACCOUNT]}
