"""What hangs ends in time, and what Lambda kills in the middle of a batch comes again: the totals are exact."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.wrappers import Response

from ses_reputation_local.server import address_of, listening
from tests.runtime.conftest import REPORTED
from tests.runtime.execution_environment import Ended
from tests.runtime.logs import flaws
from tests.runtime.runtime_cloud import Call, Proceed, RuntimeCloud
from tests.runtime.test_cold_start import FUNCTIONS
from tests.runtime.test_errors import invoke_apart
from tests.runtime.test_partial_failures import BATCH, bounces, hard_bounced
from tests.runtime.triggers import events_of, unique

# How long a connection waits to be accepted is the kernel's business: this many may.
_BACKLOG = 1000


@pytest.fixture
def silence() -> Iterator[str]:
    """Where connections are made, and nobody ever answers."""
    with listening("127.0.0.1", 0) as listener:
        listener.listen(_BACKLOG)
        yield address_of(listener)


def test_a_function_gives_up_before_its_time_is_over_when_aws_does_not_answer(
    cloud: RuntimeCloud, silence: str
) -> None:
    def ended(function: str) -> Ended:
        return invoke_apart(cloud, function, events[function], silence)

    events = events_of(cloud, FUNCTIONS)
    with ThreadPoolExecutor(len(FUNCTIONS)) as pool:
        for function, end in zip(FUNCTIONS, pool.map(ended, FUNCTIONS), strict=True):
            if end.error is None:  # SuppressRecipients tries each recipient apart, and then has each message again.
                assert end.response["batchItemFailures"], function
                assert "ReadTimeoutError" in "".join(end.lines)
            else:
                assert end.error["errorType"] == "Failed", (function, end.error)
                assert end.error["errorMessage"] == f"ReadTimeoutError at {silence.removeprefix('http://')}"
            assert end.seconds < cloud.deployed(function).seconds
            assert list(flaws(end.lines)) == []


SERVICES = ("CLOUDWATCH", "DYNAMODB", "EVENTBRIDGE", "SES", "SESV2", "SNS", "SQS")


@pytest.mark.long
@pytest.mark.parametrize("service", SERVICES)
def test_one_service_that_does_not_answer_does_not_take_all_the_time(
    cloud: RuntimeCloud, silence: str, service: str
) -> None:
    events = events_of(cloud, FUNCTIONS)

    def ended(function: str) -> Ended:
        return invoke_apart(cloud, function, events[function], None, **{f"AWS_ENDPOINT_URL_{service}": silence})

    with ThreadPoolExecutor(len(FUNCTIONS)) as pool:
        for function, end in zip(FUNCTIONS, pool.map(ended, FUNCTIONS), strict=True):
            assert (end.error or {}).get("errorType") != "Sandbox.Timedout", (function, end.error)
            assert list(flaws(end.lines)) == []


def test_what_there_is_no_time_left_for_is_not_begun_and_comes_again(cloud: RuntimeCloud) -> None:
    cloud.ses.configuration_sets.add(name := unique()).suppression = {"SuppressedReasons": []}
    late = cloud.deployed("SuppressRecipients").seconds / 2
    bodies = bounces(name, 2)
    event = {"Records": [{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}
    begun = len(cloud.ses.calls)
    cloud.seconds["SuppressRecipients"] = late - 1
    ended = cloud.run("SuppressRecipients", json.dumps(event).encode())
    assert ended.response == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m1"}]}
    assert len(cloud.ses.calls) == begun


def test_a_batch_whose_time_is_over_comes_again(cloud: RuntimeCloud) -> None:
    name, silent, over = unique(), True, threading.Event()

    def hanging(call: Call, proceed: Proceed) -> Response:
        nonlocal silent
        answer = proceed()
        if silent and call.action == "TransactWriteItems":
            silent = False
            cloud.seconds.clear()  # Whoever is called from now on has the time of his Timeout.
            over.wait(30)
        return answer

    cloud.environment("RecordFeedback").invoke(b"{}")
    cloud.seconds["RecordFeedback"] = 1.5
    cloud.endpoint.fault = hanging
    cloud.enqueue("BounceQueue", bounces(name))
    cloud.deliver()
    over.set()
    first, *_, last = [ended for _, ended in cloud.ended]
    assert first.error is not None
    assert first.error["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.50 seconds" in first.error["errorMessage"]
    assert last.response == {"batchItemFailures": []}
    assert hard_bounced(cloud, name) == BATCH


def calls_of_a_batch(cloud: RuntimeCloud) -> list[str]:
    """The calls that the first batch of a process takes, in their order."""
    cloud.enqueue("BounceQueue", bounces(unique()))  # From then on the sender's domain is registered.
    cloud.deliver()
    cloud.restart("RecordFeedback")
    seen: list[str] = []

    def noted(call: Call, proceed: Proceed) -> Response:
        seen.append(call.action)
        return proceed()

    cloud.endpoint.fault = noted
    cloud.enqueue("BounceQueue", [*bounces(unique()), "poison"])
    cloud.deliver()
    return seen


def kill_at(cloud: RuntimeCloud, number: int, *, took_effect: bool) -> None:
    """Kill a new process at its call of this number, once; then everything is counted once."""
    cloud.restart("RecordFeedback")
    name, seen = unique(), 0

    def killing(_call: Call, proceed: Proceed) -> Response:
        nonlocal seen
        seen += 1
        if seen != number:
            return proceed()
        answer = proceed() if took_effect else Response(status=500)
        cloud.environment("RecordFeedback").kill()
        return answer

    cloud.endpoint.fault = killing
    cloud.ended.clear()
    cloud.enqueue("BounceQueue", [*bounces(name), f"{name} is poison"])
    cloud.deliver()
    first, last = cloud.ended[0][1], cloud.ended[-1][1]
    assert first.error is not None
    assert first.error["errorType"] == "Runtime.ExitError"
    assert last.response == {"batchItemFailures": []}
    assert hard_bounced(cloud, name) == BATCH
    assert f"{name} is poison" in [message.body for message in cloud.messages("FeedbackDeadLetterQueue")]


def test_a_process_that_is_killed_at_a_transaction_changes_no_count(cloud: RuntimeCloud) -> None:
    calls = calls_of_a_batch(cloud)
    at = [number for number, action in enumerate(calls, 1) if action == "TransactWriteItems"]
    assert len(at) == 3, "its configuration set is registered, and it is more than one transaction takes"
    kill_at(cloud, at[0], took_effect=True)
    kill_at(cloud, at[1], took_effect=True)
    kill_at(cloud, at[2], took_effect=False)


@pytest.mark.long
def test_a_process_that_is_killed_at_any_call_changes_no_count(cloud: RuntimeCloud) -> None:
    calls = calls_of_a_batch(cloud)
    for number in range(1, len(calls) + 1):
        for took_effect in (False, True):
            kill_at(cloud, number, took_effect=took_effect)
    REPORTED.append(f"killed {2 * len(calls)} times, before and after each of {', '.join(calls)}")
