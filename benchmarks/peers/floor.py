"""The floor: what nobody who keeps these counts through boto3 can do without.

It decodes the messages into the fields that counting needs, and sends requests that were built before. Nothing is
decided, and nothing is looked up.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct


class _Mail(Struct, rename="camel", gc=False):
    message_id: str
    timestamp: str
    source_arn: str
    destination: list[str]
    tags: dict[str, list[str]]


class _Event(Struct, rename="camel", gc=False):
    event_type: str
    mail: _Mail
    bounce: dict[str, Any] | None = None
    complaint: dict[str, Any] | None = None
    delivery: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(_Event)


def send(client: Any, records: Iterable[dict[str, Any]], requests: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Decode the messages, and send the requests: each the name of a client's method, and its parameters."""
    for record in records:
        _decoder.decode(record["body"])
    for operation, parameters in requests:
        getattr(client, operation)(**parameters)
