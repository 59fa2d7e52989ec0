"""What Lambda sees of a function that can't work: an error that says why, and a process that goes on."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ses_reputation_local.server import address_of, listening
from tests.runtime.execution_environment import Ended
from tests.runtime.logs import flaws
from tests.runtime.runtime_cloud import RuntimeCloud
from tests.runtime.test_cold_start import FUNCTIONS
from tests.runtime.triggers import events_of, trigger, unique

# What AWS Lambda Powertools reads: without them a function still works.
_POWERTOOLS = re.compile("POWERTOOLS_.*")

MALFORMED = [
    "null",
    "[]",
    '"text"',
    "7",
    "1e999",
    "{}",
    '{"Records": null}',
    '{"Records": "text"}',
    '{"Records": [{}, null, 7]}',
    '{"Records": [{"messageId": "m1", "body": null}]}',
    '{"Records": [{"messageId": "m1", "body": "\\ud800"}]}',
    '{"now": "yesterday"}',
    '{"now": 1e400}',
    '{"requestContext": {"http": {"method": "POST"}}, "body": 7}',
    '{"requestContext": {"http": {"method": "POST"}}, "body": "\\ud800"}',
    '{"widgetContext": 7}',
    '{"page": "scope", "scope": "tenant/\\ud800", "widgetContext": {"params": []}}',
    '{"received": 1, "event": {"detail-type": "\\ud800"}}',
    '{"received": "2026-03-06T09:00:00Z", "from_ses": []}',
    "{" * 5000,
    "[" * 5000 + "]" * 5000,
]


def required(cloud: RuntimeCloud, function: str) -> list[str]:
    return [name for name in cloud.deployed(function).variables if not _POWERTOOLS.fullmatch(name)]


def invoke_apart(
    cloud: RuntimeCloud, function: str, event: bytes, endpoint: str | None = None, **changes: str | None
) -> Ended:
    """How the function answers in a process of its own."""
    environment = cloud.start(function, endpoint, **changes)
    try:
        return environment.invoke(event)
    finally:
        environment.close()


def one_each(cloud: RuntimeCloud) -> list[tuple[str, str]]:
    return [(function, name) for function in FUNCTIONS for name in required(cloud, function)[:1]]


def every(cloud: RuntimeCloud) -> list[tuple[str, str]]:
    return [(function, name) for function in FUNCTIONS for name in required(cloud, function)]


@pytest.mark.parametrize(
    "missing",
    [
        pytest.param(one_each, id="one of each function"),
        pytest.param(every, id="each of each function", marks=pytest.mark.long),
    ],
)
def test_a_missing_variable_fails_the_invocation_and_is_named(
    cloud: RuntimeCloud, missing: Callable[[RuntimeCloud], list[tuple[str, str]]]
) -> None:
    def without(pair: tuple[str, str]) -> Ended:
        function, name = pair
        return invoke_apart(cloud, function, events[function], None, **{name: None})

    events, pairs = events_of(cloud, FUNCTIONS), missing(cloud)
    with ThreadPoolExecutor(2) as pool:
        for (function, name), ended in zip(pairs, pool.map(without, pairs), strict=True):
            assert ended.error is not None, (function, name)
            assert ended.error["errorType"] == "SettingsError"
            assert ended.error["errorMessage"] == f"the environment variable {name} is missing"
            assert list(flaws(ended.lines)) == []


def test_an_error_is_shown_with_its_type_its_text_and_where_it_was_raised(cloud: RuntimeCloud) -> None:
    ended = cloud.run("EvaluateReputation", b"{}", request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd")
    assert ended.error is not None
    assert ended.error["errorType"] == "NotScheduled"
    assert "`now`" in ended.error["errorMessage"]
    assert ended.error["requestId"] == "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
    assert any("handler.py" in line and "lambda_handler" in line for line in ended.error["stackTrace"])
    logged = json.loads(ended.lines[-1])
    assert (logged["level"], logged["errorMessage"]) == ("ERROR", ended.error["errorMessage"])


def test_aws_out_of_reach_fails_the_invocation_and_is_named(cloud: RuntimeCloud) -> None:
    with listening("127.0.0.1", 0) as nobody:
        endpoint = address_of(nobody)
    events = events_of(cloud, FUNCTIONS)
    with ThreadPoolExecutor(len(FUNCTIONS)) as pool:
        for ended in pool.map(lambda function: invoke_apart(cloud, function, events[function], endpoint), FUNCTIONS):
            if ended.error is None:  # SuppressRecipients tries each recipient apart, and then has each message again.
                assert ended.response["batchItemFailures"]
                assert "EndpointConnectionError" in "".join(ended.lines)
            else:
                assert ended.error["errorType"] == "Failed"
                assert ended.error["errorMessage"] == f"EndpointConnectionError at {endpoint.removeprefix('http://')}"
            assert list(flaws(ended.lines)) == []


def test_a_table_that_is_not_there_fails_the_invocation(cloud: RuntimeCloud) -> None:
    ended = invoke_apart(cloud, "EvaluateReputation", b'{"now": "2026-03-06T09:00:00Z"}', None, STANDINGS_TABLE="gone")
    assert ended.error is not None
    assert ended.error["errorType"] == "Failed"
    assert ended.error["errorMessage"].startswith("ResourceNotFoundException in ")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_malformed_event_is_refused_and_the_process_goes_on(cloud: RuntimeCloud, function: str) -> None:
    trigger(cloud, function)
    process = cloud.environment(function).process
    for event in MALFORMED:
        ended = cloud.run(function, event.encode())
        assert ended.error is None or ended.error["errorMessage"], event[:80]
    assert cloud.environment(function).process is process
    assert trigger(cloud, function).error is None


@pytest.mark.parametrize(
    ("function", "queue"),
    [
        ("RecordFeedback", "FeedbackDeadLetterQueue"),
        ("SuppressRecipients", "SuppressionDeadLetterQueue"),
        ("ReceiveFinding", "FindingDeadLetterQueue"),
        ("EnforceStatus", "EnforcementDeadLetterQueue"),
    ],
)
def test_what_makes_no_sense_is_set_apart_with_its_reason(cloud: RuntimeCloud, function: str, queue: str) -> None:
    before = {message.message_id for message in cloud.messages(queue)}
    name = unique()
    ended = cloud.run(function, json.dumps({"Records": [{"messageId": "m1", "body": f"no JSON {name}"}]}).encode())
    (message,) = [message for message in cloud.messages(queue) if message.message_id not in before]
    assert name in message.body
    assert message.attributes["reason"]
    assert ended.response == {"batchItemFailures": []} or ended.response["outcome"] == "set_apart"
