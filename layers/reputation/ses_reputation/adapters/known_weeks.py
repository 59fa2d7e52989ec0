"""What the hours of scopes' weeks add up to, in the standings table: an item for each scope.

Of a year it has some 8 KB, where the hours of a scope that sends every hour have 2 MB.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.adapters import keys
from ses_reputation.adapters.documents import Item, decode, put_of, written, written_out
from ses_reputation.domain.counting import Increments
from ses_reputation.domain.rates import WEEK, HourCounts, VolumeSource, WeekTotals
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.weeks import ALL_TIME, KnownWeeks, rules_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_HOUR = timedelta(hours=1)

# An item has 400 KB at most. Only those of hundreds of mailbox providers come near it: nobody but this deployment names
# these, and names are ASCII.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MOST_BYTES = 350_000


class _Totals(Struct, frozen=True, array_like=True, omit_defaults=True, gc=False):
    """A week: how many weeks before the end it began, and its numbers by attribute; `first` counts hours from there."""

    before: int
    counts: Mapping[str, int]
    hours: int
    first: int | None
    backfilled: Mapping[str, int] = {}
    strays: bool = False
    odd: bool = False


class _Hour(Struct, frozen=True, array_like=True, omit_defaults=True, gc=False):
    number: int
    counts: Mapping[str, int]
    backfilled: bool = False


class _Document(Struct, frozen=True, omit_defaults=True):
    """What is kept of a scope. Documents from before `rules` were kept have none, and so are nothing that is known."""

    start: datetime
    end: datetime
    totals: tuple[_Totals, ...]
    rules: str = ""
    tail_week: datetime = ALL_TIME
    tail: tuple[_Hour, ...] = ()
    cut: bool = False


class DynamoDbKnownWeeks:
    """The weeks of one deployment whose volume comes from this source, and whose counts are kept for so long.

    Where counts were kept longer or shorter before, or the volume came from elsewhere, nothing is known: weeks that
    were dropped may still have counts, and weeks that were kept may have none any more.
    """

    def __init__(
        self, client: "DynamoDBClient", *, table: str, source: VolumeSource, counter_retention: timedelta
    ) -> None:
        self._client = client
        self._table = table
        self._source = source
        self._rules = f"{rules_of(source)} {counter_retention.days}d"
        self._retention = counter_retention

    def known(self, scope: Scope) -> KnownWeeks:
        """The weeks of a scope that were added up."""
        # Consistent: who settles what was counted late has to see what others have kept since.
        answer = self._client.get_item(TableName=self._table, Key=_key(scope), ConsistentRead=True)
        nothing = KnownWeeks(self._source, ALL_TIME, ALL_TIME)
        if "Item" not in answer:
            return nothing
        version = int(answer["Item"]["version"]["N"])
        document: _Document = decode(answer["Item"], _Document)
        if document.rules != self._rules:
            return replace(nothing, version=version)
        totals = tuple(_read(each, document.end) for each in document.totals)
        week = document.tail_week
        tail = tuple(
            HourCounts(week + hour.number * _HOUR, _increments(hour.counts), hour.backfilled) for hour in document.tail
        )
        return KnownWeeks(
            self._source, document.start, document.end, totals, version, (week, tail) if tail else None, document.cut
        )

    def keep(self, scope: Scope, known: KnownWeeks) -> bool:
        """Keep what is known of a scope, as far as it fits and its counts are kept; False if its version is another."""
        oldest = known.end - self._retention
        kept = replace(known, totals=tuple(week for week in known.totals if week.end > oldest), cut=False)
        item = {
            **_key(scope),
            **self._document(kept),
            "expires": keys.expires(known.end, self._retention),
        }
        put = put_of(self._table, item, known.version)
        return written(lambda: self._client.put_item(**put))

    def _document(self, known: KnownWeeks) -> Item:
        """What is known, in no more than fits into an item: without the tail, or only the newer weeks if need be."""
        totals = tuple(_written(each, known.end) for each in known.totals)
        week, hours = known.tail or (ALL_TIME, ())
        tail = tuple(_Hour((hour.hour - week) // _HOUR, _attributes(hour.counts), hour.backfilled) for hour in hours)
        document = written_out(_Document(known.start, known.end, totals, self._rules, week, tail, known.cut))
        if len(document["document"]["S"]) <= MOST_BYTES:
            return document
        if known.tail:
            return self._document(replace(known, tail=None, cut=True))
        newer = known.totals[: len(known.totals) // 2]
        start = newer[-1].start if newer else known.end
        return self._document(replace(known, start=start, totals=newer, cut=True))


def _key(scope: Scope) -> dict[str, dict[str, str]]:
    return keys.item_key(keys.shard(keys.WEEKS, scope), scope)


def _written(totals: WeekTotals, end: datetime) -> _Totals:
    return _Totals(
        before=(end - totals.start) // WEEK,
        counts=_attributes(totals.counts),
        hours=totals.hours,
        first=(totals.first - totals.start) // _HOUR if totals.first else None,
        backfilled=_attributes(totals.backfilled),
        strays=totals.strays,
        odd=totals.odd,
    )


def _read(told: _Totals, end: datetime) -> WeekTotals:
    start = end - told.before * WEEK
    return WeekTotals(
        start=start,
        counts=_increments(told.counts),
        backfilled=_increments(told.backfilled) if told.backfilled else {},
        hours=told.hours,
        first=None if told.first is None else start + told.first * _HOUR,
        strays=told.strays,
        odd=told.odd,
    )


def _attributes(counts: Increments) -> dict[str, int]:
    return {keys.counter_attribute(*what): n for what, n in counts.items()}


def _increments(numbers: Mapping[str, int]) -> Increments:
    return {what: n for name, n in numbers.items() if (what := keys.counter_name(name))}
