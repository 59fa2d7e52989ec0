"""What kind of item one is, and which fields it has: so that none is written of which no example is kept."""

import json
from collections.abc import Iterator
from typing import Any

from ses_reputation.adapters import keys

Item = dict[str, Any]
TABLES = ("receipts", "counters", "standings")


def kind_of(table: str, item: Item) -> str:
    """What an item is, in words that are the same for all that are read alike."""
    match table:
        case "receipts":
            identifier, slash, _ = item["message_id"]["S"].partition("/")
            return f"receipts: {identifier}" if slash else f"receipts: {item['entry']['S'].partition('#')[0]}"
        case "counters":
            writer = keys.counter_writer(item["hour"]["S"])
            return f"counters: {'events' if writer.isdecimal() else writer}"
        case _:
            return f"{table}: {'/'.join(_standing_kind(item))}"


def _standing_kind(item: Item) -> Iterator[str]:
    """The collection of an item, without what is different in each; and of documents of several types, which it is."""
    collection = item["collection"]["S"].partition("/")[0]
    yield collection
    document = json.loads(item["document"]["S"]) if "document" in item else {}
    if collection in {"news", "news-in"}:
        yield document["type"]
    elif collection == keys.OUTBOX:
        yield document["channel"]
    elif collection == "due":
        yield "of a week" if "week" in item else "again"
    elif collection == keys.FEEDBACK_LOOPS:
        yield "measured" if "percent" in item else "learned"


def fields_of(item: Item) -> set[str]:
    """The fields of an item, of its maps and lists, and of its document. All numbers of counters are one."""
    return {field for name, value in item.items() for field in _fields(_any_number(name), value)}


def _fields(name: str, value: Any) -> Iterator[str]:
    yield name
    if name == "document":
        document = json.loads(value["S"])
        yield from (f"document.{field}" for field in (document if isinstance(document, dict) else ()))
        return
    for member in value.get("L", []):
        yield from _fields(f"{name}[]", member)
    for key, member in value.get("M", {}).items():
        yield from _fields(f"{name}.{_any_number(key)}", member)


def _any_number(name: str) -> str:
    return "PROVIDER.MEASURE" if keys.counter_name(name) else name
