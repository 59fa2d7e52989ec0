"""How the tables' keys and attributes are written. docs/architecture.md has what is in each collection.

receipts   message_id, entry    the SES message id, and which of its facts; `feedback/2026-03-02`; `suppression/DIGEST`
counters   scope, hour          `2026-03-02T08#1`: the hour, and which of the writers added to this item
standings  collection, name     `standing/2`, `news/SCOPE`, `outbox`, ...

What has a `document` in the standings table has a `schema` as well: the one that it was written in.

A standing has three attributes more, of which the index WorstFirst is made: `listing`, which is `scopes`, `rank`, its
status and scope, which sort the worst first, and `listed`: what a list of all scopes shows of it.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zlib import crc32

from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.scopes import Scope

# Counter items are split over writers, as many as there are functions at work at once, up to about this many.
WRITERS = 64
# Collections that every scope is in are split over a few partitions, since one takes 1,000 writes a second.
SHARDS = 4

OUTBOX = "outbox"
WEEKS = "weeks"
CHUNKS = "chunks"
OPEN_FINDINGS = "open-findings"
OUTAGES = "outages"
REQUESTS = "requests"
SUMMARY = "summary"
RUNS = "runs"
VERIFIED_IDENTITIES = "verified-identities"
FEEDBACK_LOOPS = "feedback-loops"
VERDICTS = "verdicts"
ENFORCEMENTS = "enforcements"
TENANT_VERDICTS = "tenant-verdicts"
REPLACED_TOPICS = "replaced-topics"
DISCARDED = "discarded"
SCOPE_COUNTS = "scope-counts"
SCHEMA = "schema"

WORST_FIRST = "WorstFirst"
"""The index that lists all scopes, those with the worst status first."""

HISTORY = "history"
"""What was said of a recipient, and which entry on the suppression list was made because of it."""

STATISTICS = "statistics"
"""Who writes what SES's statistics say of the present, beside the events of the same hour."""

BACKFILL = "backfill"
"""Who writes what SES's statistics say of an hour before events were connected, in place of its events."""

REBUILD = "rebuild"
"""Who writes what an hour's receipts have more, or less, than the other writers of its events counted."""


def item_key(collection: str, name: str) -> dict[str, Any]:
    """The key of an item in the standings table."""
    return {"collection": string(collection), "name": string(name)}


def counter_key(hour: datetime, writer: int | str) -> str:
    """The sort key of a counter item: sorts by hour."""
    return f"{hour_key(hour)}#{writer}"


def hour_key(hour: datetime) -> str:
    """The hour's first 13 characters in ISO 8601, which sort by time; always UTC."""
    return hour.isoformat(timespec="hours")[:13]


def counter_hour(key: str) -> datetime:
    """The hour that a counter item is of."""
    return datetime.fromisoformat(key[:13]).replace(tzinfo=UTC)


def counter_writer(key: str) -> str:
    """Who wrote a counter item."""
    return key[14:]


def counter_attribute(provider: str, measure: Measure) -> str:
    """The attribute that holds one number of a counter item."""
    return f"{provider}.{measure}"


def counter_numbers(attributes: Mapping[str, Any]) -> dict[tuple[str, Measure], int]:
    """The numbers among the attributes of a counter item, by mailbox provider and measure; no others."""
    read = {}
    for name, value in attributes.items():
        if (what := counter_name(name)) and (n := _number(value)) is not None:
            read[what] = n
    return read


def foreign_attributes(attributes: Mapping[str, Any]) -> list[str]:
    """The attributes of a counter item that are named as numbers are, and are none: this version never wrote them."""
    named = ((name, value) for name, value in attributes.items() if "." in name)
    return sorted(name for name, value in named if not counter_name(name) or _number(value) is None)


# The names are few, and the same in every item: to look one up takes a fifth of what it takes to make an enum of it.
@lru_cache(10_000)
def counter_name(attribute: str) -> tuple[str, Measure] | None:
    """Of which mailbox provider and measure an attribute is; None of one that is no number's."""
    provider, dot, measure = attribute.rpartition(".")
    try:
        return (provider, Measure(measure)) if dot else None
    except ValueError:
        return None


def _number(value: Mapping[str, Any]) -> int | None:
    try:
        return int(value["N"])
    except (KeyError, ValueError):
        return None


def shard(collection: str, scope: Scope) -> str:
    """The part of a collection that a scope is in."""
    return f"{collection}/{crc32(scope.encode()) % SHARDS}"


def shards(collection: str) -> list[str]:
    """All parts of a collection."""
    return [f"{collection}/{n}" for n in range(SHARDS)]


def due_key(scope: Scope, week: datetime | None = None) -> dict[str, Any]:
    """The key of the mark that a scope has to be evaluated, because of what was counted in the week of that Monday."""
    return item_key(shard("due", scope), f"{scope} {week:%Y-%m-%d}" if week else scope)


def string(text: str) -> dict[str, str]:
    """A text as DynamoDB's attribute value."""
    return {"S": text}


def expires(time: datetime, retention: timedelta) -> dict[str, str]:
    """When an item about a time may go, as DynamoDB reads it: in seconds since 1970.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
    """
    return {"N": str(int(time.timestamp() + retention.total_seconds()))}


def feedback_of(day: date) -> str:
    """The collection that lists the bounces, delays and complaints of a day."""
    return f"feedback/{day.isoformat()}"


def suppression_of(digest: str) -> str:
    """The collection of what is known of the recipient whose address has this digest."""
    return f"suppression/{digest}"


def news_of(scope: Scope) -> str:
    """The collection of a scope's history: all that people were told about it."""
    return f"news/{scope}"


def news_in(time: datetime) -> str:
    """The collection of all news of a month."""
    return f"news-in/{time:%Y-%m}"
