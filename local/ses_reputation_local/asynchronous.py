"""Asynchronous invocations: events that wait for a function, and what becomes of those that it fails to process.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from moto.awslambda.models import LambdaFunction

from ses_reputation_local.functions import Invocation, error_document

# Two more after the first, unless the function says otherwise.
_DEFAULT_RETRIES: Final = 2


@dataclass(frozen=True)
class WaitingEvent:
    """An event that a service gave to Lambda, for a function to process later. All attempts have one request id."""

    function_arn: str
    event: object
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


def allowed_attempts(function: LambdaFunction) -> int:
    """How often the function is run on an event in all before Lambda gives up."""
    return 1 + int(_settings(function).get("MaximumRetryAttempts", _DEFAULT_RETRIES))


def failure_queue(function: LambdaFunction) -> str | None:
    """The ARN of the queue for the records of events that the function failed to process."""
    destination: str | None = _settings(function).get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    return destination


def failure_record(function: LambdaFunction, waiting: WaitingEvent, last: Invocation, now: datetime) -> object:
    """What Lambda tells an on-failure destination.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    return {
        "version": "1.0",
        "timestamp": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": waiting.request_id,
            "functionArn": f"{function.function_arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": allowed_attempts(function),
        },
        "requestPayload": waiting.event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": error_document(last),
    }


def _settings(function: LambdaFunction) -> Mapping[str, Any]:
    # moto keeps every configuration that was ever put; the newest one counts.
    configurations: list[Any] = function.event_invoke_config
    settings: Mapping[str, Any] = configurations[-1].config if configurations else {}
    return settings
