"""The list of scopes to evaluate, in the standings table."""

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.adapters.batches import put_all
from ses_reputation.domain.scopes import Scope

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbDue:
    """The scopes that one deployment is to evaluate.

    `new_token` makes a text that it never made before; `pause` waits before the attempt with the given number.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        standings_table: str,
        new_token: Callable[[], str],
        pause: Callable[[int], None],
    ) -> None:
        self._client = client
        self._standings_table = standings_table
        self._new_token = new_token
        self._pause = pause

    def mark(self, scopes: Collection[Scope]) -> None:
        """Have these scopes evaluated at the next run; NotWritten if DynamoDB keeps refusing."""
        put_all(self._client, self._standings_table, self.items(scopes), self._pause)

    def marks(self, scopes: Collection[Scope]) -> list[Any]:
        """The actions of a transaction that do the same."""
        return [{"Put": {"TableName": self._standings_table, "Item": item}} for item in self.items(scopes)]

    def items(self, scopes: Collection[Scope]) -> Iterator[dict[str, Any]]:
        """What the standings table then holds, for who writes it together with other items."""
        token = keys.string(self._new_token())
        return ({**keys.item_key(keys.shard("due", scope), scope), "token": token} for scope in sorted(scopes))
