"""The register of scopes in the standings table: which of them are counted apart in a month."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ses_reputation.adapters import keys
from ses_reputation.adapters.batches import NotWritten, get_all
from ses_reputation.adapters.documents import CONTENTION
from ses_reputation.domain.admission import Cohort
from ses_reputation.domain.scopes import Scope

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REMEMBERED = 100_000
"""Scopes that a warm function remembers, and as many that it has refused: some 20 MB of each at most."""

AT_ONCE = 99  # New scopes in one transaction of 100 actions, of which one adds them to the count.
ATTEMPTS = 12
MONTH = timedelta(days=31)

_FAILED = "ConditionalCheckFailed"

_Name = tuple[Cohort, Scope]

T = TypeVar("T")


class DynamoDbScopeRegister:
    """The register of one deployment, in which so many scopes of each cohort find room.

    It is kept for as long after a month as its mail counts in a rate and what is told of that has a receipt. `pause`
    waits before the attempt with the given number. What is remembered holds for good: nobody leaves the register of a
    month, and what is full stays full.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        table: str,
        maximum: int,
        receipt_retention: timedelta,
        counter_retention: timedelta,
        pause: Callable[[int], None],
        remembered: int = REMEMBERED,
    ) -> None:
        self._client = client
        self._table = table
        self._maximum = maximum
        # A complaint can come while its mail counts, and a copy of the complaint while that has a receipt.
        self._retention = counter_retention + receipt_retention
        self._pause = pause
        self._registered = _Memory[_Name](remembered)
        self._refused = _Memory[_Name](remembered)
        self._full = _Memory[Cohort](remembered)

    def refused(self, wanted: Mapping[Cohort, Sequence[Scope]]) -> Mapping[Cohort, frozenset[Scope]]:
        """Register these scopes; those that find no room, by their cohort. NotWritten if others keep writing there.

        Scopes that are remembered cost nothing, those that only the table knows a read unit each, and new ones two
        write units each and two for each transaction.
        """
        names = [(cohort, scope) for cohort, scopes in wanted.items() for scope in scopes]
        refused = {name for name in names if name in self._refused}
        unknown = [name for name in names if name not in self._registered and name not in refused]
        for start in range(0, len(unknown), AT_ONCE):
            refused |= self._enter(unknown[start : start + AT_ONCE])
        return {cohort: scopes for cohort in wanted if (scopes := frozenset(s for c, s in refused if c == cohort))}

    def _enter(self, names: Sequence[_Name]) -> set[_Name]:
        """Look names up, and register those that are new; the ones that find no room."""
        full = {cohort for cohort, _ in names if cohort in self._full}
        new: dict[Cohort, list[Scope]] = {}
        for cohort, scope in self._absent(names):
            new.setdefault(cohort, []).append(scope)
        refused = {(cohort, scope) for cohort, scopes in new.items() for scope in self._register(cohort, scopes)}
        # Where there was room still before that look, others may have taken the last of it for one of these since.
        # Now there is none, so another look is the last word.
        if doubtful := [name for name in refused if name[0] not in full]:
            refused -= {*doubtful} - {*self._absent(doubtful)}
        for name in names:
            (self._refused if name in refused else self._registered).add(name)
        return refused

    def _absent(self, names: Sequence[_Name]) -> list[_Name]:
        """Those that are not registered at this moment."""
        items = get_all(self._client, self._table, [_key(*name) for name in names], self._pause, consistent=True)
        found = {(item["collection"]["S"], item["name"]["S"]) for item in items}
        return [(cohort, scope) for cohort, scope in names if (_collection(cohort), scope) not in found]

    def _register(self, cohort: Cohort, scopes: Sequence[Scope]) -> Sequence[Scope]:
        """Register scopes that were not registered a moment ago; the ones that find no room."""
        left, room = scopes, self._maximum
        for attempt in range(1, ATTEMPTS + 1):
            if not left or cohort in self._full:
                return left
            trying = left[:room]
            try:
                self._client.transact_write_items(TransactItems=list(self._actions(cohort, trying)))
            except self._client.exceptions.TransactionCanceledException as error:
                reasons: Sequence[Any] = error.response.get("CancellationReasons", [])
                codes = [str(reason.get("Code")) for reason in reasons]
                if not {_FAILED, *CONTENTION} & {*codes}:
                    raise
                # Who else has registered is in, whether there is room left or not.
                others = {scope for scope, code in zip(trying, codes, strict=False) if code == _FAILED}
                left = [scope for scope in left if scope not in others]
                if codes[-1] == _FAILED:
                    room = self._maximum - int(reasons[-1]["Item"]["taken"]["N"])
                    if room <= 0:
                        self._full.add(cohort)
                elif not others:
                    self._pause(attempt)
            else:
                left, room = left[len(trying) :], self._maximum
        if left and cohort not in self._full:
            raise NotWritten(f"{len(left)} scopes of {cohort.group} could not be registered: others kept writing")
        return left

    def _actions(self, cohort: Cohort, scopes: Collection[Scope]) -> Iterator[Any]:
        """Register all of them, if they are new and there is room for all of them, or none."""
        end = datetime.combine(cohort.month, time(), UTC) + MONTH
        for scope in scopes:
            yield {
                "Put": {
                    "TableName": self._table,
                    "Item": {**_key(cohort, scope), "expires": keys.expires(end, self._retention)},
                    "ConditionExpression": "attribute_not_exists(#collection)",
                    "ExpressionAttributeNames": {"#collection": "collection"},
                }
            }
        yield {
            "Update": {
                "TableName": self._table,
                "Key": keys.item_key(keys.SCOPE_COUNTS, _collection(cohort)),
                "UpdateExpression": "ADD taken :new SET expires = :expires",
                "ConditionExpression": "attribute_not_exists(taken) OR taken <= :room",
                "ExpressionAttributeValues": {
                    ":new": {"N": str(len(scopes))},
                    ":room": {"N": str(self._maximum - len(scopes))},
                    # Later than those that it counts, of which DynamoDB takes some days to delete the last.
                    ":expires": keys.expires(end + MONTH, self._retention),
                },
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }


class _Memory(Generic[T]):
    """Things that are known, in no more than so much memory: when it is full, it starts anew."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._things = set[T]()

    def __contains__(self, thing: T) -> bool:
        return thing in self._things

    def add(self, thing: T) -> None:
        if len(self._things) >= self._size:
            self._things.clear()
        self._things.add(thing)


def _collection(cohort: Cohort) -> str:
    return f"scopes/{cohort.group}/{cohort.month:%Y-%m}"


def _key(cohort: Cohort, scope: Scope) -> dict[str, Any]:
    return keys.item_key(_collection(cohort), scope)
