"""How the tables' keys and attributes are written.

receipts   message_id, entry                the SES message id, and which of its facts
counters   scope, hour                      `2026-03-02T08#1`: the hour, and which of the writers added to this item
standings  collection, name                 `standing/2` of a scope, `changes/SCOPE` by time, `outbox` by time, and
                                            `due/2`: the scopes to evaluate at the next run
"""

from datetime import UTC, datetime
from zlib import crc32

from ses_reputation.domain.counting import Measure
from ses_reputation.domain.scopes import Scope

# Counter items are split over a few writers, so that concurrent functions seldom meet on one.
WRITERS = 4
# Collections that every scope is in are split over a few partitions, since one takes 1,000 writes a second.
SHARDS = 4

OUTBOX = "outbox"


def counter_key(hour: datetime, writer: int) -> str:
    """The sort key of a counter item: sorts by hour."""
    return f"{hour_key(hour)}#{writer}"


def hour_key(hour: datetime) -> str:
    """The hour's first 13 characters in ISO 8601, which sort by time; always UTC."""
    return hour.isoformat(timespec="hours")[:13]


def counter_hour(key: str) -> datetime:
    """The hour that a counter item is of."""
    return datetime.fromisoformat(key[:13]).replace(tzinfo=UTC)


def counter_attribute(provider: str, measure: Measure) -> str:
    """The attribute that holds one number of a counter item."""
    return f"{provider}.{measure}"


def shard(collection: str, scope: Scope) -> str:
    """The part of a collection that a scope is in."""
    return f"{collection}/{crc32(scope.encode()) % SHARDS}"


def shards(collection: str) -> list[str]:
    """All parts of a collection."""
    return [f"{collection}/{n}" for n in range(SHARDS)]


def string(text: str) -> dict[str, str]:
    """A text as DynamoDB's attribute value."""
    return {"S": text}


def changes_of(scope: Scope) -> str:
    """The collection of a scope's history."""
    return f"changes/{scope}"
