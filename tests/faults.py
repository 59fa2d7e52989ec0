"""Faults of AWS calls: any attempt of any call that a function makes in a local cloud goes wrong as a test wants it.

They are made where boto3 gets the answer to a request, so that what boto3 does about them (its retries, and what it
makes of an error) is at work as it is with AWS; only that nobody waits.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Final, Protocol
from unittest.mock import patch

from botocore import endpoint as botocore_endpoint
from botocore.endpoint import Endpoint
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from ses_reputation import wiring
from ses_reputation_local.ses_calls import made_response


class Killed(BaseException):
    """The process is gone: nothing in it can catch this."""


class Crashed(Exception):
    """The function fails, as by an error in its own code: Lambda hears of it."""


class Fault(StrEnum):
    """How a call goes wrong. `for good` is every attempt that boto3 makes, otherwise the first."""

    ERROR = "error"
    ERROR_FOR_GOOD = "error for good"
    THROTTLED = "throttled"
    THROTTLED_FOR_GOOD = "throttled for good"
    UNREACHABLE = "no connection"
    UNREACHABLE_FOR_GOOD = "no connection for good"
    UNANSWERED = "answer lost"
    UNANSWERED_FOR_GOOD = "answer lost for good"
    FAILED_THOUGH_DONE = "done but error"
    FAILED_THOUGH_DONE_FOR_GOOD = "done but error for good"
    TWICE = "done twice"
    CONTENDED = "contended"
    IN_PART = "done in part"
    CRASHED = "function fails"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


FOR_GOOD: Final = frozenset(fault for fault in Fault if fault.endswith("for good"))

ENDING: Final = FOR_GOOD | {Fault.CRASHED, Fault.KILLED_BEFORE, Fault.KILLED_AFTER}
"""What a call does not survive; what comes of it is up to the function."""

_AFTER_AN_EFFECT: Final = frozenset(
    {
        Fault.UNANSWERED,
        Fault.UNANSWERED_FOR_GOOD,
        Fault.FAILED_THOUGH_DONE,
        Fault.FAILED_THOUGH_DONE_FOR_GOOD,
        Fault.TWICE,
        Fault.KILLED_AFTER,
    }
)

# What each service says when it is asked too much: boto3 tries again after all of these.
# https://docs.aws.amazon.com/boto3/latest/guide/retries.html
_THROTTLED: Final[Mapping[str, tuple[str, ...]]] = {
    "dynamodb": ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"),
    "events": ("ThrottlingException",),
    "sqs": ("RequestThrottled",),
    "sesv2": ("TooManyRequestsException",),
}

# Of single writes, too, which meet transactions on their item.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
_CONTENDED: Final = frozenset({"TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem"})
_CANCELLED: Final = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")

_READS: Final = ("Get", "Query", "List", "BatchGet")


@dataclass(frozen=True)
class Called:
    """A call that a function makes."""

    function: str
    service: str
    operation: str

    @property
    def name(self) -> str:
        """How tables name it."""
        return f"{self.service}.{self.operation}"

    @property
    def reads(self) -> bool:
        """Whether it has no effect: that it was carried out before it failed makes no difference."""
        return self.operation.startswith(_READS)

    def faults(self) -> frozenset[Fault]:
        """The ways in which it can go wrong."""
        apply = set(Fault) - {Fault.CONTENDED, Fault.IN_PART}
        if self.reads:
            apply -= _AFTER_AN_EFFECT
        if self.operation in _CONTENDED:
            apply.add(Fault.CONTENDED)
        if self.operation in _PARTS:
            apply.add(Fault.IN_PART)
        return frozenset(apply)


class Chooser(Protocol):
    """Decides what goes wrong."""

    def __call__(self, called: Called) -> Fault | None:
        """How this call goes wrong; None if it does not."""


@dataclass
class FaultAt:
    """One call goes wrong: the one with this number among those that are seen from when it is armed."""

    number: int = 0
    fault: Fault = Fault.KILLED_AFTER
    armed: bool = False
    seen: list[str] = field(default_factory=list)

    def __call__(self, called: Called) -> Fault | None:
        """Take note of the call."""
        if not self.armed:
            return None
        self.seen.append(called.operation)
        return self.fault if len(self.seen) == self.number else None

    def arm(self, number: int) -> None:
        """Begin to count anew; with 0 nothing goes wrong."""
        self.number, self.armed = number, True
        self.seen.clear()


@contextmanager
def injected(choose: Chooser, random: Random | None = None) -> Iterator[None]:
    """Until the block ends, every call of every function in the local cloud that is up goes wrong as `choose` says.

    What a fault leaves open, such as how much of a batch is done, is drawn from `random`.
    """
    get_response = vars(Endpoint)["_do_get_response"]
    drawn = random or Random(0)  # noqa: S311 - nothing secret depends on it

    def answered(endpoint: Any, request: Any, model: Any, context: dict[str, Any]) -> Any:
        function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        if function is None:
            return get_response(endpoint, request, model, context)
        if _FAULT in context:  # It is another attempt.
            fault = context[_FAULT] if context[_FAULT] in FOR_GOOD else None
        else:
            called = Called(function.split("-")[-2], model.service_model.service_name, model.name)
            fault = context[_FAULT] = choose(called)

        def carry_out() -> Any:
            return get_response(endpoint, request, model, context)

        return _answer(fault, carry_out, request, model, drawn) if fault else carry_out()

    with (
        patch.object(Endpoint, "_do_get_response", answered),
        patch.object(botocore_endpoint, "time", _NoWaits()),
        patch.object(wiring, "back_off", lambda _: None),
    ):
        yield


class _NoWaits:
    """The module `time`, as far as botocore's endpoints use it."""

    def sleep(self, _duration: float) -> None:
        """No time passes while a function runs."""


# Where what goes wrong with a call is in botocore's context of it.
_FAULT: Final = "tests: fault"


def _answer(  # noqa: PLR0911 - one for each way
    fault: Fault, carry_out: Callable[[], Any], request: Any, model: Any, random: Random
) -> Any:
    service = model.service_model.service_name
    match fault:
        case Fault.KILLED_BEFORE:
            raise Killed
        case Fault.KILLED_AFTER:
            carry_out()
            raise Killed
        case Fault.CRASHED:
            raise Crashed("a fault of the function itself")
        case Fault.ERROR | Fault.ERROR_FOR_GOOD:
            return _refusal("InternalServerError", 500)
        case Fault.THROTTLED | Fault.THROTTLED_FOR_GOOD:
            return _refusal(random.choice(_THROTTLED.get(service, ("Throttling",))), 400)
        case Fault.UNREACHABLE | Fault.UNREACHABLE_FOR_GOOD:
            return None, ConnectionClosedError(endpoint_url=request.url)
        case Fault.UNANSWERED | Fault.UNANSWERED_FOR_GOOD:
            carry_out()
            return None, ReadTimeoutError(endpoint_url=request.url)
        case Fault.FAILED_THOUGH_DONE | Fault.FAILED_THOUGH_DONE_FOR_GOOD:
            carry_out()
            return _refusal("ServiceUnavailable", 503)
        case Fault.TWICE:
            answer = carry_out()
            carry_out()
            return answer
        case Fault.CONTENDED if model.name == "TransactWriteItems":
            reasons = [{"Code": "None"} for _ in json.loads(request.body)["TransactItems"]]
            random.choice(reasons)["Code"] = random.choice(_CANCELLED)
            return _refusal("TransactionCanceledException", 400, CancellationReasons=reasons)
        case Fault.CONTENDED:
            return _refusal("TransactionConflictException", 400)
        case Fault.IN_PART:
            return _PARTS[model.name](request, carry_out, random)


def _refusal(code: str, status: int, **more: Any) -> Any:
    error = {"Error": {"Code": code, "Message": "A fault was injected."}, **more}
    return made_response(status, error), None


def _write_in_part(request: Any, carry_out: Callable[[], Any], random: Random) -> Any:
    """BatchWriteItem, which may leave any number of items for another request."""
    return _dynamodb_batch(request, carry_out, random, "UnprocessedItems", lambda items: items)


def _read_in_part(request: Any, carry_out: Callable[[], Any], random: Random) -> Any:
    """BatchGetItem, which may as well."""
    return _dynamodb_batch(request, carry_out, random, "UnprocessedKeys", lambda keys: keys["Keys"])


def _dynamodb_batch(
    request: Any, carry_out: Callable[[], Any], random: Random, left: str, rows: Callable[[Any], list[Any]]
) -> Any:
    document = json.loads(request.body)
    asked = document["RequestItems"]
    every = [(table, row) for table, of_table in asked.items() for row in rows(of_table)]
    done = random.randrange(len(every))

    def with_rows(some: list[tuple[str, Any]]) -> Any:
        chosen: dict[str, list[Any]] = {}
        for table, row in some:
            chosen.setdefault(table, []).append(row)
        return {
            table: found if isinstance(asked[table], list) else {**asked[table], "Keys": found}
            for table, found in chosen.items()
        }

    if done:
        request.body = json.dumps({**document, "RequestItems": with_rows(every[:done])}).encode()
        response, error = carry_out()
    else:
        response, error = made_response(200, {"Responses": {}}), None
    if response:
        response[1][left] = with_rows(every[done:])
    return response, error


def _send_in_part(request: Any, carry_out: Callable[[], Any], random: Random) -> Any:
    """SendMessageBatch, which names the messages that the queue did not take."""
    document = json.loads(request.body)
    entries = document["Entries"]
    done = random.randrange(len(entries))
    response, error = made_response(200, {"Successful": []}), None
    if done:
        request.body = json.dumps({**document, "Entries": entries[:done]}).encode()
        response, error = carry_out()
    if response:
        failed = [{"Id": e["Id"], "SenderFault": False, "Code": "InternalError"} for e in entries[done:]]
        response[1].setdefault("Failed", []).extend(failed)
    return response, error


def _put_events_in_part(request: Any, carry_out: Callable[[], Any], random: Random) -> Any:
    """PutEvents, which answers for each entry."""
    document = json.loads(request.body)
    entries = document["Entries"]
    done = random.randrange(len(entries))
    response, error = made_response(200, {"Entries": []}), None
    if done:
        request.body = json.dumps({**document, "Entries": entries[:done]}).encode()
        response, error = carry_out()
    if response:
        response[1]["Entries"] += [{"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}] * (
            len(entries) - done
        )
        response[1]["FailedEntryCount"] = len(entries) - done
    return response, error


def _first_page(request: Any, carry_out: Callable[[], Any], _random: Random) -> Any:
    """Query, which may end a page wherever it wants: here after the first item."""
    request.body = json.dumps({**json.loads(request.body), "Limit": 1}).encode()
    return carry_out()


_PARTS: Final[Mapping[str, Callable[[Any, Callable[[], Any], Random], Any]]] = {
    "BatchWriteItem": _write_in_part,
    "BatchGetItem": _read_in_part,
    "SendMessageBatch": _send_in_part,
    "PutEvents": _put_events_in_part,
    "Query": _first_page,
}
