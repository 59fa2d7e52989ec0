"""Lambda's Invoke: the real handlers, where moto would start Docker."""

import base64
import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction

from ses_reputation_local.asynchronous import WaitingEvent
from ses_reputation_local.functions import Invocation, error_document

# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
_LOG_TAIL_BYTES: Final = 4096


@contextmanager
def answered_invokes(run: Callable[[str, object], Invocation], waiting: deque[WaitingEvent]) -> Iterator[None]:
    """Until the block ends, Invoke runs the function with this ARN at once and answers with its result, or lets the
    event wait if the invocation type is Event.
    """

    def invoke(function: LambdaFunction, body: Any, request_headers: Any, response_headers: dict[str, str]) -> bytes:
        event = _event(body)
        response_headers["x-amz-executed-version"] = "$LATEST"
        kind = request_headers.get("x-amz-invocation-type", "RequestResponse")
        if kind == "Event":
            waiting.append(WaitingEvent(function.function_arn, event))
        if kind != "RequestResponse":
            return b""
        invocation = run(function.function_arn, event)
        log = "\n".join(invocation.logs).encode()[-_LOG_TAIL_BYTES:]
        response_headers["x-amz-log-result"] = base64.b64encode(log).decode()
        if invocation.error is not None:
            response_headers["x-amz-function-error"] = "Unhandled"
            return json.dumps(error_document(invocation)).encode()
        return json.dumps(invocation.result).encode()

    with patch.object(LambdaFunction, "invoke", invoke):
        yield


def _event(body: Any) -> object:
    """The payload as the handler gets it; nothing is an empty object."""
    try:
        return json.loads(body) if body else {}
    except ValueError as error:
        raise LambdaClientError(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        ) from error
