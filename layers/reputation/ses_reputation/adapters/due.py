"""The list of scopes to evaluate, in the standings table."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

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
        token = keys.string(self._new_token())
        items = ({**keys.item_key(keys.shard("due", scope), scope), "token": token} for scope in sorted(scopes))
        put_all(self._client, self._standings_table, items, self._pause)
