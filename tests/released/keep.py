"""Keep what this version writes, so that every later one is tested to read it: `make released`, before each release.

Into tests/released/VERSION go the items of a small deployment's tables as DynamoDB JSON, its dead letters, and the
schemas of all documents, with examples from the same run. A version that is released is never written again.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moto.moto_api._internal import mock_random

from docs import generate
from docs.generators.contracts import EXAMPLES
from release.source import version_of
from ses_reputation.domain.recipients import RecipientStorage
from tests.released import world
from tests.released.kinds import Item, kind_of

ROOT = Path(__file__).parents[2]
RELEASED = Path(__file__).parent
SCHEMAS = ROOT / "docs/schemas"

# History and the ids of requests are read item by item: one of each kind tells as much as all of them.
_ONE_OF_EACH = ("standings: news", "standings: requests")
_KEPT_APART = (RecipientStorage.HASHED, RecipientStorage.NONE)


def version() -> str:
    """The version that is built here."""
    return str(version_of("pyproject.toml", (ROOT / "pyproject.toml").read_text()))


def keep(folder: Path) -> None:
    """Write all of it into a folder."""
    folder.mkdir(exist_ok=True)
    with same_draws():
        left = world.whole()
        without_addresses = {storage: world.receipts(storage) for storage in _KEPT_APART}
    for table, items in left.tables.items():
        _write(folder / f"{table}.jsonl", sample(table, items))
    for storage, receipts in without_addresses.items():
        _write(folder / f"receipts-{storage}.jsonl", receipts)
    _write(folder / "dead-letters.jsonl", (letter._asdict() for letter in left.letters))
    for name, examples in examples_of(left).items():
        (EXAMPLES / f"{name}.json").write_text(json.dumps(examples, indent=2) + "\n")
    for path, _, text in generate.stale(generate.DOCS):
        path.write_text(text)
    schemas = folder / "schemas"
    schemas.mkdir(exist_ok=True)
    for path in schemas.glob("*.json"):
        path.unlink()
    for path in SCHEMAS.glob("*.json"):
        (schemas / path.name).write_text(path.read_text())


@contextmanager
def same_draws() -> Iterator[None]:
    """Let ids of requests, messages and alerts, and what else is drawn meanwhile, be the same each time.

    So the same code keeps the same, to the last byte. uuid4 gets its bytes from the system.
    """
    of_the_system = os.urandom
    random.seed(0)
    mock_random.seed(0)
    os.urandom = random.Random(0).randbytes  # noqa: S311 - nothing here is secret
    try:
        yield
    finally:
        os.urandom = of_the_system


def sample(table: str, items: Sequence[Item]) -> Iterator[Item]:
    """What there has to be of a table to go on from it, and one of each kind of what there are many of."""
    seen = set()
    for item in sorted(items, key=_key):
        kind = kind_of(table, item)
        many = kind.startswith(_ONE_OF_EACH) or (table == "receipts" and not _of_the_morning(item))
        if not many or kind not in seen:
            yield item
        seen.add(kind)


def examples_of(left: world.World) -> dict[str, list[Any]]:
    """Of each document that leaves, one or two that say the most in few words, by the name of its schema."""
    alerts: dict[str, list[Any]] = {}
    for message in left.alerts:
        document = json.loads(message.body)
        alerts.setdefault(f"{document['kind']}-alert", []).append(document)
    told = max(left.alerts, key=lambda message: len(message.attributes))
    answers = {answer.status: answer.body for answer in left.answers}
    return {
        **{name: [max(documents, key=_says)] for name, documents in alerts.items()},
        "alert-attributes": [dict(sorted(told.attributes.items()))],
        "chat-message": [max((json.loads(message.body) for message in left.chats), key=_says)],
        "operate-answer": [answers[status] for status in sorted(answers)],
        "dead-letter-attributes": [next(dict(letter.attributes) for letter in left.letters if letter.attributes)],
    }


def _says(document: Any) -> tuple[int, int]:
    """How much a document says: how many of its fields hold something, and of those with as many, how shortly."""
    return sum(bool(value) for value in document.values()), -len(json.dumps(document))


def _key(item: Item) -> list[str]:
    return [item[name]["S"] for name in ("message_id", "entry", "scope", "hour", "collection", "name") if name in item]


def _of_the_morning(receipt: Item) -> bool:
    return "campaign=spring" in json.dumps(receipt.get("scopes", {}))


def _write(path: Path, documents: Iterable[Any]) -> None:
    path.write_text("".join(f"{json.dumps(document, sort_keys=True)}\n" for document in documents))


def _is_released(version: str) -> bool:
    # Without git nothing is released from here.
    tags = subprocess.run(("git", "tag"), cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    return not {version, f"v{version}"}.isdisjoint(tags.stdout.split())


def main() -> None:
    """Keep what this version writes, unless it is released."""
    if _is_released(version()):
        sys.exit(f"{version()} is released: what it writes stays as it was kept. Raise the version in pyproject.toml.")
    keep(RELEASED / version())


if __name__ == "__main__":
    main()
