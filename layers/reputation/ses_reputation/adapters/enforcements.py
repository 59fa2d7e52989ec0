"""What was done at SES about each scope's status, in the standings table."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.adapters.batches import get_all
from ses_reputation.adapters.documents import Item, decode, items_of, write_decided, written_out
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.enforcement import Enforced, Enforcement
from ses_reputation.domain.scopes import Scope
from ses_reputation.enforce import VersionedEnforcement
from ses_reputation.evaluate import Versioned
from ses_reputation.notices.alert import Alert
from ses_reputation.outbox import Outgoing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbEnforcements:
    """The records of one deployment, beside its standings and its outbox.

    `pause` waits before the attempt with the given number to read what DynamoDB did not give; by default, that many
    seconds.
    """

    def __init__(self, client: "DynamoDBClient", *, table: str, pause: Callable[[int], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._pause = pause
        self._standings = DynamoDbStandings(client, table=table)

    def read(self, scope: Scope) -> Versioned:
        """The standing of a scope; a new one if it has none."""
        return self._standings.read(scope)

    def enforcement(self, scope: Scope) -> VersionedEnforcement:
        """The record of a scope; a new one if it has none."""
        answer = self._client.get_item(TableName=self._table, Key=_key(scope), ConsistentRead=True)
        if item := answer.get("Item"):
            return VersionedEnforcement(decode(item, Enforcement), int(item["version"]["N"]))
        return VersionedEnforcement(Enforcement(scope))

    def all(self) -> Iterator[Enforcement]:
        """Every record, by scope."""
        for item in items_of(self._client, self._table, keys.ENFORCEMENTS):
            enforcement: Enforcement = decode(item, Enforcement)
            yield enforcement

    def of(self, scopes: Sequence[Scope]) -> Mapping[Scope, Enforcement]:
        """The records of these scopes, 100 at most, as they were a moment ago; who has none is left out."""
        items = get_all(self._client, self._table, [_key(scope) for scope in scopes], self._pause)
        return {Scope(item["name"]["S"]): decode(item, Enforcement) for item in items}

    def write_enforcement(
        self,
        enforcement: Enforcement,
        version: int,
        news: Sequence[Enforced],
        alerts: Sequence[Alert],
        standing: Versioned,
        *,
        floored: bool = False,
    ) -> bool:
        """Write a record with its news and the alerts to send; with a new floor also the standing, to be evaluated.

        False, and nothing written, if the record or the standing no longer has the version.
        """
        item: Item = {
            **_key(enforcement.scope),
            "state": keys.string(enforcement.state),
            **written_out(enforcement),
        }
        others: list[Any] = self._standings.rewritten(standing) if floored else [self._standings.unchanged(standing)]
        return write_decided(self._client, self._table, item, version, news, alerts, others)

    def outgoing(self) -> Iterator[Outgoing]:
        """The alerts that are not known to be sent, oldest first."""
        return self._standings.outgoing()

    def mark_sent(self, outgoing: Outgoing, message_id: str) -> None:
        """Take an alert out of the outbox; with its news it is noted that it reached the status topic."""
        self._standings.mark_sent(outgoing, message_id)


def _key(scope: Scope) -> Item:
    return keys.item_key(keys.ENFORCEMENTS, scope)
