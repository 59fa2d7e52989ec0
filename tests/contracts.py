"""The schemas of docs/schemas, and whether what leaves a deployment keeps to them."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from ses_reputation_local.cloud import LocalCloud, QueuedMessage
from tests.released.kept import unknown
from tests.released.world import received, subscribed

SCHEMAS = Path(__file__).parents[1] / "docs/schemas"


@cache
def validator(name: str) -> Any:
    """What holds documents against the schema of this name."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def accepts(name: str, document: object) -> bool:
    """Whether a document keeps to the schema of this name."""
    return bool(validator(name).is_valid(document))


def problems(name: str, document: object) -> list[str]:
    """Where a document does not keep to the schema of this name, and why."""
    return [f"{name} {error.json_path}: {error.message}" for error in validator(name).iter_errors(document)]


def problems_of_alerts(messages: Iterable[QueuedMessage]) -> Iterator[str]:
    """What is wrong with messages of the status topic, as a queue gets them raw."""
    for message in messages:
        document = json.loads(message.body)
        yield from problems(f"{document['kind']}-alert", document)
        yield from problems("alert-attributes", dict(message.attributes))


def problems_of_chats(messages: Iterable[QueuedMessage]) -> Iterator[str]:
    """What is wrong with messages of the chat topic."""
    for message in messages:
        yield from problems("chat-message", json.loads(message.body))


@contextmanager
def nothing_unknown(cloud: LocalCloud) -> Iterator[None]:
    """Whatever happens in it, all that it tells keeps to the schemas, and of all that it writes an item is kept."""
    alerts, chats = subscribed(cloud, "StatusTopic"), subscribed(cloud, "ChatTopic")
    yield
    assert [*problems_of_alerts(received(cloud, alerts)), *problems_of_chats(received(cloud, chats))] == []
    assert unknown(cloud) == set(), "make released"
