"""AWS that answers at once: what a request costs here, and nothing of what it would cost there.

boto3 checks, serialises and signs a request and reads the answer, as ever; only nothing is sent. So it costs everybody
alike, whoever is compared.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from types import MappingProxyType
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.session import Session

Answer = Callable[[str, Mapping[str, Any]], Mapping[str, Any] | bytes]
"""What an operation is answered, given its name and its parameters; as bytes if it is JSON already."""


class _Body(BytesIO):
    """What botocore reads an answer from."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.getvalue()


@contextmanager
def null_endpoint(
    client: Any, answer: Answer | None = None, *, fixed: Mapping[str, bytes] = MappingProxyType({})
) -> Iterator[None]:
    """Until the block ends, a client of a service with a JSON protocol is answered at once, with nothing by default.

    `fixed` are answers that need no look at the parameters, by operation. Given a session in place of a client,
    those that it makes in the block are answered so for good.
    """
    events = client.get_component("event_emitter") if isinstance(client, Session) else client.meta.events

    def answered(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        target: Any = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        body = fixed.get(operation, b"{}")
        if answer:
            asked: Any = request.body
            told = answer(operation, json.loads(asked))
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
        headers: Any = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "null"}
        return AWSResponse(request.url, 200, headers, _Body(body))

    events.register("before-send", answered)
    try:
        yield
    finally:
        events.unregister("before-send", answered)
