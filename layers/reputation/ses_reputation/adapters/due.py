"""The list of scopes to evaluate, in the standings table."""

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.adapters.batches import put_all
from ses_reputation.domain.counting import Cell, week_of
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

    def mark(self, counted: Collection[Cell]) -> None:
        """Have the scopes evaluated at the next run in whose hours something was counted.

        NotWritten if DynamoDB keeps refusing.
        """
        put_all(self._client, self._standings_table, self.items(counted), self._pause)

    def marks(self, counted: Collection[Cell]) -> list[Any]:
        """The actions of a transaction that do the same."""
        return [{"Put": {"TableName": self._standings_table, "Item": item}} for item in self.items(counted)]

    def again(self, scopes: Collection[Scope]) -> list[Any]:
        """The actions of a transaction that have scopes evaluated though nothing was counted."""
        again = keys.string(self._new_token())
        items = ({**keys.due_key(scope), "token": again} for scope in scopes)
        return [{"Put": {"TableName": self._standings_table, "Item": item}} for item in items]

    def items(self, counted: Collection[Cell]) -> Iterator[dict[str, Any]]:
        """What the standings table then holds, for who writes it together with other items.

        A mark for each week: one for all of them would hide from an evaluation what it does not name.
        """
        token = keys.string(self._new_token())
        for scope, week in sorted({(scope, week_of(hour)) for scope, hour in counted}):
            yield {**keys.due_key(scope, week), "week": keys.string(week.isoformat()), "token": token}
