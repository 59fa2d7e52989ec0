"""What is kept of each release, and whether a deployment writes anything of which nothing is kept."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from ses_reputation_local.cloud import LocalCloud
from tests.released.kinds import TABLES, Item, fields_of, kind_of

RELEASED = Path(__file__).parent
RELEASES = sorted(path.name for path in RELEASED.iterdir() if (path / "standings.jsonl").exists())


def items(release: str, table: str, storage: str = "") -> Sequence[Item]:
    """The items of a table as a release wrote them; with a storage, receipts of one that kept recipients like that."""
    return _lines(RELEASED / release / f"{table}{f'-{storage}' if storage else ''}.jsonl")


def dead_letters(release: str) -> Sequence[Any]:
    """Its dead letters: `queue`, `body` and `attributes`."""
    return _lines(RELEASED / release / "dead-letters.jsonl")


def put(cloud: LocalCloud, table: str, found: Sequence[Item]) -> None:
    """Let a table hold these items."""
    name = cloud.resources[f"{table.title()}Table"]
    for start in range(0, len(found), 25):
        requests = [{"PutRequest": {"Item": item}} for item in found[start : start + 25]]
        cloud.client("dynamodb").batch_write_item(RequestItems={name: requests})


@cache
def known() -> Mapping[str, set[str]]:
    """Of each kind of item that is kept of any release, the fields."""
    fields: dict[str, set[str]] = {}
    for release in RELEASES:
        for table in TABLES:
            for item in items(release, table):
                fields.setdefault(kind_of(table, item), set()).update(fields_of(item))
    return fields


def unknown(cloud: LocalCloud) -> set[str]:
    """What a deployment holds of which nothing is kept: kinds of items, and fields of them."""
    return {what for table in TABLES for item in _scanned(cloud, table) for what in _unknown(table, item)}


def _unknown(table: str, item: Item) -> Iterator[str]:
    kind = kind_of(table, item)
    if kind not in known():
        yield kind
    else:
        yield from (f"{kind}: {field}" for field in fields_of(item) - known()[kind])


def _scanned(cloud: LocalCloud, table: str) -> Iterator[Item]:
    """The items of a table, past boto3, which takes most of the time otherwise; of receipts that are alike only one."""
    name, alike = cloud.resources[f"{table.title()}Table"], set()
    for item in dynamodb_backends[cloud.account][cloud.region].tables[name].all_items():
        if table == "receipts":
            kind = (item.attrs["message_id"].value[:9], item.attrs["entry"].value[:9], *item.attrs)
            if kind in alike:
                continue
            alike.add(kind)
        yield item.to_json()["Attributes"]


@cache
def _lines(path: Path) -> Sequence[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]
