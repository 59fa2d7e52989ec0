"""The standings table: what was decided about every scope, its history, the outbox, and the scopes to evaluate."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.adapters import keys
from ses_reputation.adapters.batches import get_all
from ses_reputation.adapters.documents import (
    Item,
    decode,
    encode,
    items_of,
    moment,
    outbox_items,
    outbox_name,
    put_if_unchanged,
    put_of,
    still_at,
    write_decided,
    written,
    written_out,
)
from ses_reputation.domain.changes import Change, OutageChange
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.listing import Listed, Listing, listed
from ses_reputation.domain.news import NewestNews, News
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.providers import UNSPECIFIED
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Act, Standing
from ses_reputation.due import Due, TouchedWeek
from ses_reputation.evaluate import Learned, Versioned
from ses_reputation.notices.alert import Alert, SummaryAlert
from ses_reputation.outbox import Channel, Outgoing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Two runs that send the same alert meet when they mark it. Each attempt takes longer than what is in its way.
MARK_ATTEMPTS = 3

# As long as any queue keeps a request that may come again, and then some.
REQUESTS_KEPT = timedelta(days=90)


class _Outages(Struct, frozen=True):
    """A provider's outages: what every evaluation reads of its standing."""

    outages: tuple[Outage, ...]


class DynamoDbStandings:
    """The standings of one deployment.

    `pause` waits before the attempt with the given number to read what DynamoDB did not give; by default, that many
    seconds.
    """

    def __init__(self, client: "DynamoDBClient", *, table: str, pause: Callable[[int], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._pause = pause

    def all(self) -> Iterator[Standing]:
        """Every standing, in no particular order."""
        for shard in keys.shards("standing"):
            for item in items_of(self._client, self._table, shard):
                standing: Standing = decode(item, Standing)
                yield standing

    def due(self) -> Iterator[Due]:
        """The scopes whose counts changed, and those that time may move."""
        for shard in keys.shards("due"):
            by_scope: dict[Scope, Due] = {}
            for item in items_of(self._client, self._table, shard):
                name, token = item["name"]["S"], item["token"]["S"]
                if "week" not in item:
                    scope = Scope(name)
                    by_scope[scope] = replace(by_scope.get(scope, Due(scope)), token=token)
                    continue
                touched = TouchedWeek(datetime.fromisoformat(item["week"]["S"]), token)
                scope = Scope(name.rpartition(" ")[0])
                known = by_scope.get(scope, Due(scope))
                by_scope[scope] = replace(known, weeks=(*known.weeks, touched))
            yield from by_scope.values()

    def read(self, scope: Scope) -> Versioned:
        """The standing of a scope; a new one if it has none."""
        # Consistent: a standing that lags behind would be refused when it is written.
        answer = self._client.get_item(TableName=self._table, Key=_standing_key(scope), ConsistentRead=True)
        if item := answer.get("Item"):
            return Versioned(decode(item, Standing), int(item["version"]["N"]))
        return Versioned(Standing(scope))

    def read_some(self, scopes: Sequence[Scope]) -> Mapping[Scope, Standing]:
        """The standings of these scopes, 100 at most, as they were a moment ago; who has none is left out."""
        items = get_all(self._client, self._table, [_standing_key(scope) for scope in scopes], self._pause)
        return {Scope(item["name"]["S"]): decode(item, Standing) for item in items}

    def listed(self, requests: int, *, well: bool = True) -> Listing:
        """The listing of all scopes, those with the worst status first, as far as so many requests reach.

        Without those that are `well`: they are healthy, and nobody has to look at them.
        A request reads 1 MB, of 2,000 scopes or so. It may be a moment old: an index of a table always may.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
        """
        rows: list[Listed] = []
        query: Any = {
            "KeyConditionExpression": "listing = :scopes",
            "ExpressionAttributeValues": {":scopes": _LISTING},
        }
        if not well:
            query["KeyConditionExpression"] += " AND #rank < :well"
            query["ExpressionAttributeNames"] = {"#rank": "rank"}
            query["ExpressionAttributeValues"][":well"] = keys.string(_WELL)
        start: Any = {}
        for _ in range(requests):
            answer = self._client.query(
                TableName=self._table,
                IndexName=keys.WORST_FIRST,
                ProjectionExpression="listed",
                **query,
                **start,
            )
            rows += [msgspec.json.decode(item["listed"]["S"], type=Listed) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return Listing(tuple(rows), complete=True)
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        return Listing(tuple(rows), complete=False)

    def with_findings(self) -> Iterator[Standing]:
        """The standings that have open findings, by scope. They are few, however many scopes there are."""
        for item in items_of(self._client, self._table, keys.OPEN_FINDINGS):
            standing = self.read(Scope(item["name"]["S"])).standing
            if standing.findings:
                yield standing

    def outages(self) -> Iterator[Outage]:
        """The outages of all mailbox providers, by provider and then by time."""
        for item in items_of(self._client, self._table, keys.OUTAGES):
            known: _Outages = decode(item, _Outages)
            yield from known.outages

    def write(self, standing: Standing, version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        """Write a standing with its news and the alerts to send; False if it no longer has the version."""
        return self._write(standing, version, news, alerts, ())

    def write_act(
        self, standing: Standing, version: int, act: Act, now: datetime, news: Sequence[News], alerts: Sequence[Alert]
    ) -> bool:
        """Write a standing with what somebody did, and mark its scope as due.

        False, and nothing written, if it no longer has the version, or the act was done before.
        """
        request = {
            "TableName": self._table,
            "Item": {**_request_key(act.id), "expires": keys.expires(now, REQUESTS_KEPT)},
            "ConditionExpression": "attribute_not_exists(#collection)",
            "ExpressionAttributeNames": {"#collection": "collection"},
        }
        others = ({"Put": request}, self._due(standing.scope, act.id))
        return self._write(standing, version, news, alerts, others)

    def is_done(self, request: str) -> bool:
        """Whether an act with this id was carried out in the last three months."""
        return "Item" in self._client.get_item(TableName=self._table, Key=_request_key(request), ConsistentRead=True)

    def _write(
        self,
        standing: Standing,
        version: int,
        news: Sequence[News],
        alerts: Sequence[Alert],
        others: Sequence[Any],
    ) -> bool:
        if any(isinstance(piece, Change) for piece in news):
            others = (*others, self._list(standing))
        told = [piece.id for piece in news if isinstance(piece, OutageChange)]
        if told:
            outages = {
                **keys.item_key(keys.OUTAGES, standing.scope),
                **written_out(_Outages(standing.outages)),
            }
            # What the provider bounced is in the account's rate, or no longer.
            others = (*others, {"Put": {"TableName": self._table, "Item": outages}}, self._due(ACCOUNT, told[0]))
        return write_decided(self._client, self._table, _standing_item(standing), version, news, alerts, others)

    def rewritten(self, read: Versioned) -> list[Any]:
        """The actions of a transaction that write a standing if it still has the version, and have it evaluated."""
        scope = read.standing.scope
        put = put_of(self._table, _standing_item(read.standing), read.version)
        return [{"Put": put}, self._due(scope, f"version {read.version + 1}")]

    def unchanged(self, read: Versioned) -> Any:
        """The action of a transaction that writes nothing, and fails unless a standing still has the version."""
        key = _standing_key(read.standing.scope)
        return {"ConditionCheck": {"TableName": self._table, "Key": key, **still_at(read.version)}}

    def _due(self, scope: Scope, token: str) -> Any:
        """Have a scope evaluated at the next run."""
        item = {**keys.due_key(scope), "token": keys.string(token)}
        return {"Put": {"TableName": self._table, "Item": item}}

    def _list(self, standing: Standing) -> Any:
        """Put a scope on the list of those with open findings, or take it off."""
        key = keys.item_key(keys.OPEN_FINDINGS, standing.scope)
        if standing.findings:
            return {"Put": {"TableName": self._table, "Item": key}}
        return {"Delete": {"TableName": self._table, "Key": key}}

    def mark(self, scope: Scope, token: str) -> None:
        """Have a scope evaluated at the next run though nothing was counted; its mark never had this token before."""
        self._client.put_item(**self._due(scope, token)["Put"])

    def settle(self, due: Due) -> None:
        """Take these marks of a scope off the list, but for those that were made again since."""
        marks = [(touched.week, touched.token) for touched in due.weeks]
        for week, token in [(None, due.token), *marks] if due.token else marks:
            # Not if it was made again, is being made at this moment, or was taken off by another run. A scope that
            # stays on the list is judged once more, which does no harm.
            written(partial(self._unmark, keys.due_key(due.scope, week), token))

    def _unmark(self, key: Item, token: str) -> None:
        self._client.delete_item(
            TableName=self._table,
            Key=key,
            ConditionExpression="#token = :seen",
            ExpressionAttributeNames={"#token": "token"},
            ExpressionAttributeValues={":seen": keys.string(token)},
        )

    def news(self, scope: Scope) -> Iterator[News]:
        """The history of a scope, oldest first."""
        return self._news(keys.news_of(scope))

    def newest_news(self, scope: Scope, limit: int) -> NewestNews:
        """The newest of a scope's history: so much of it at most, and no more than 1 MB."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="#collection = :news",
            ExpressionAttributeNames={"#collection": "collection"},
            ExpressionAttributeValues={":news": keys.string(keys.news_of(scope))},
            ScanIndexForward=False,
            Limit=limit + 1,
            ConsistentRead=True,
        )
        found = answer["Items"]
        told = tuple(decode(item, News) for item in found[:limit])
        return NewestNews(told, complete=len(found) <= limit and "LastEvaluatedKey" not in answer)

    def news_between(self, start: datetime, end: datetime) -> Iterator[News]:
        """The news of all scopes from `start` until before `end`, oldest first."""
        month = start.replace(day=1)
        while month < end:
            yield from (piece for piece in self._news(keys.news_in(month)) if start <= piece.time < end)
            month = (month + timedelta(days=31)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)

    def _news(self, collection: str) -> Iterator[News]:
        for item in items_of(self._client, self._table, collection):
            piece: News = decode(item, News)
            yield piece

    def learned(self) -> Learned:
        """What the complaints that arrived, and SES, say about feedback loops."""
        items = {item["name"]["S"]: item for item in items_of(self._client, self._table, keys.FEEDBACK_LOOPS)}
        measured = items.pop(UNSPECIFIED, None)
        return Learned(frozenset(items), int(measured["percent"]["N"]) if measured else None)

    def outgoing(self) -> Iterator[Outgoing]:
        """The alerts that are not known to be sent, oldest first."""
        for item in items_of(self._client, self._table, keys.OUTBOX):
            outgoing: Outgoing = decode(item, Outgoing)
            yield outgoing

    def mark_sent(self, outgoing: Outgoing, message_id: str) -> None:
        """Take an alert out of the outbox; with its news it is noted that it reached the status topic.

        If somebody else keeps doing so at this moment, it may stay there, and is sent again with the same id.
        """
        for _ in range(MARK_ATTEMPTS):
            if self._marked_sent(outgoing, message_id):
                return

    def _marked_sent(self, outgoing: Outgoing, message_id: str) -> bool:
        """False, and nothing done, if another transaction has the items in its hands."""
        alert = outgoing.alert
        key = keys.item_key(keys.OUTBOX, outbox_name(outgoing))
        # A summary is no news of any scope.
        if outgoing.channel is not Channel.STATUS or isinstance(alert, SummaryAlert):
            return written(lambda: self._client.delete_item(TableName=self._table, Key=key))
        news = {
            "TableName": self._table,
            "Key": keys.item_key(keys.news_of(Scope(alert.scope)), moment(alert)),
            "UpdateExpression": "SET alert_message_id = :id",
            "ExpressionAttributeValues": {":id": keys.string(message_id)},
        }
        actions: list[Any] = [{"Delete": {"TableName": self._table, "Key": key}}, {"Update": news}]
        return written(lambda: self._client.transact_write_items(TransactItems=actions))

    def summarised(self) -> datetime | None:
        """When the last summary was written; None if none ever was."""
        answer = self._client.get_item(TableName=self._table, Key=_SUMMARY_KEY, ConsistentRead=True)
        return datetime.fromisoformat(answer["Item"]["time"]["S"]) if "Item" in answer else None

    def write_summary(self, alert: Alert, before: datetime | None) -> bool:
        """Put a summary into the outbox; False, and nothing written, if somebody else did since `before`."""
        unchanged: Any = {"ConditionExpression": "attribute_not_exists(#time)"}
        if before:
            unchanged = {
                "ConditionExpression": "#time = :before",
                "ExpressionAttributeValues": {":before": keys.string(before.isoformat())},
            }
        put = {
            "TableName": self._table,
            "Item": {**_SUMMARY_KEY, "time": keys.string(alert.time.isoformat())},
            "ExpressionAttributeNames": {"#time": "time"},
            **unchanged,
        }
        items = outbox_items([alert])
        return put_if_unchanged(self._client, put, [{"Put": {"TableName": self._table, "Item": one}} for one in items])


def _standing_item(standing: Standing) -> Item:
    """A standing, with what the index WorstFirst has of it.

    It is an index, and not items of its own, so that one write is all: neither can be without the other. It is sorted
    by status and scope, and not by rates as well: an entry whose key stays the same costs one write more, one whose key
    changes two.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
    """
    row = listed(standing)
    return {
        **_standing_key(standing.scope),
        "status": keys.string(standing.status),
        **written_out(standing),
        "listing": _LISTING,
        "rank": keys.string(_rank(row)),
        "listed": encode(row),
    }


def _rank(row: Listed) -> str:
    """Sorts by status, the worst first, and then scopes that somebody has to look at before those that are well.

    So what is suspected of a healthy scope is found, however many are healthy.
    """
    place = _WORST_FIRST.index(row.status)
    return f"{place}-open/{row.scope}" if row.findings or row.outages else f"{place}/{row.scope}"


def _standing_key(scope: Scope) -> Item:
    return keys.item_key(keys.shard("standing", scope), scope)


def _request_key(request: str) -> Item:
    return keys.item_key(keys.REQUESTS, request)


_WORST_FIRST = tuple(reversed(Status))
# Where those begin that are healthy, and nobody has to look at: behind all others.
_WELL = f"{_WORST_FIRST.index(Status.HEALTHY)}/"
# Only standings have this attribute, so that nothing else in the table is in the index.
_LISTING = keys.string("scopes")
_SUMMARY_KEY = keys.item_key(keys.SUMMARY, "weekly")
