"""The floor: what nobody who keeps these counts through boto3 can do without.

It decodes the messages into the fields that counting needs, and sends the transactions that record_feedback would send,
which were built before. Nothing is decided, and nothing is looked up.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import boto3
import msgspec
from botocore.config import Config
from msgspec import Struct

from benchmarks.batches import Invocation, invocations
from ses_reputation import record_wiring
from ses_reputation.adapters import clients

Transaction = dict[str, Any]
"""The parameters of TransactWriteItems."""


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


def send(client: Any, records: Iterable[dict[str, Any]], transactions: Sequence[Transaction]) -> None:
    """Decode the messages, and send the transactions."""
    for record in records:
        _decoder.decode(record["body"])
    for parameters in transactions:
        client.transact_write_items(**parameters)


plainly = partial(send, boto3.client("dynamodb", config=Config(parameter_validation=False)))
"""Through boto3 as it comes, only that it does not check what it is given."""

barely = partial(send, clients.dynamodb())
"""Through the client of record_feedback, which leaves boto3 nothing to serialise either."""


def requests_of(made: Sequence[Invocation]) -> list[list[Transaction]]:
    """The transactions with which record_feedback counts each of these, without sending them."""
    noted: list[Transaction] = []

    def note(params: Mapping[str, Any], model: Any, **_: object) -> None:
        if model.name == "TransactWriteItems":
            noted.append({**params})

    def answer(**_: object) -> tuple[Any, Mapping[str, Any]]:
        return SimpleNamespace(status_code=200), {"Items": [], "Responses": {}}

    session: Any = clients.session()
    session.register("provide-client-params.dynamodb", note)
    session.register("before-call.dynamodb", answer)
    record = record_wiring.recorder(os.environ)
    session.unregister("provide-client-params.dynamodb", note)
    session.unregister("before-call.dynamodb", answer)
    record(invocations(10, 10, 10**9)[0])  # Now the scopes are known.
    found = []
    for invocation in made:
        noted.clear()
        record(invocation)
        found.append(noted[:])
    return found
