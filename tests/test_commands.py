"""What operators send, in both channels, and what they are answered."""

import base64
import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ses_reputation.commands import MAX_NAME, MAX_TEXT, Call, UnreadableRequest, answer, read_call, read_command
from ses_reputation.domain.categories import Category, Severity
from ses_reputation.domain.changes import Change
from ses_reputation.domain.decisions import ChangesMade, Command, CommandRefused, Decide, Decision, ReinstateTo, Report
from ses_reputation.domain.decisions import carry_out as carried_out
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import ANY_FORM, Scope
from ses_reputation.domain.standing import Act, Actor, Standing
from ses_reputation.operate import Contended, Done

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
CALLED = datetime(2026, 3, 6, 11, 59, 58, 500_000, tzinfo=UTC)
ANN = "arn:aws:iam::123456789012:user/ann"
TENANT = Scope("tenant/hill-bikes")

REPORT = {"command": "report", "scope": "tenant/hill-bikes", "category": "spamtrap", "evidence": "3 hits", "by": "ben"}
CHANGES = {"command": "changes-made", "scope": "tenant/hill-bikes", "finding": "f1", "note": "done", "by": "ben"}
DECIDE = {**CHANGES, "command": "decide", "decision": "lift"}


def through_url(body: str | None, caller: str | None = ANN, **changes: Any) -> dict[str, Any]:
    """What a function gets for a request to its URL."""
    context = {
        "http": {"method": "POST", "path": "/"},
        "requestId": "request-of-the-url",
        "timeEpoch": int(CALLED.timestamp() * 1000),
        "authorizer": {"iam": {"userArn": caller, "accountId": "123456789012"}} if caller else None,
    }
    event = {"version": "2.0", "requestContext": context, "body": body, "isBase64Encoded": False, **changes}
    return {name: value for name, value in event.items() if value is not None}


def posted(document: object, **changes: Any) -> dict[str, Any]:
    return through_url(json.dumps(document), **changes)


def without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def read(document: object) -> tuple[Command, Act]:
    """A command in a plain invocation."""
    return read_command(read_call(document, "request-1", NOW))


def problem(invocation: object) -> str:
    with pytest.raises(UnreadableRequest) as refused:
        read_command(read_call(invocation, "request-1", NOW))
    return str(refused.value)


# -- Who called, and when ----------------------------------------------------------------------------------------------


def test_the_function_url_proves_who_called_and_when() -> None:
    call = read_call(posted(without(REPORT, "by")), "request-1", NOW)
    assert (call.proven, call.time, call.request_id, call.over_http) == (ANN, CALLED, "request-of-the-url", True)
    assert read_command(call)[1] == Act("request-of-the-url", Actor(ANN, proven=True))


def test_who_calls_plainly_says_who_it_is_and_that_is_marked() -> None:
    call = read_call(REPORT, "request-1", NOW)
    assert (call.proven, call.time, call.request_id, call.over_http) == (None, NOW, "request-1", False)
    assert read_command(call)[1] == Act("request-1", Actor("ben", proven=False))


def test_who_is_proven_can_not_say_to_be_somebody_else() -> None:
    assert problem(posted(REPORT)) == f"`by` must be left out: IAM proves that you are {ANN}"


@pytest.mark.parametrize(
    "invocation",
    [without(REPORT, "by"), posted(without(REPORT, "by"), caller=None)],
    ids=["a plain invocation", "a function URL without IAM"],
)
def test_nobody_s_command_is_refused(invocation: object) -> None:
    assert "`by` is missing: this way of calling does not prove who you are" in problem(invocation)


def test_an_id_of_ones_own_makes_a_command_safe_to_send_again() -> None:
    assert read({**DECIDE, "id": "mine"})[1] == Act("mine", Actor("ben", proven=False), "done")


def test_a_body_can_be_in_base64() -> None:
    body = base64.b64encode(json.dumps(without(REPORT, "by")).encode()).decode()
    assert isinstance(read_command(read_call(through_url(body, isBase64Encoded=True), "", NOW))[0], Report)


@pytest.mark.parametrize(
    ("invocation", "expected"),
    [
        (through_url("command=report"), "the body is not JSON: JSON is malformed"),
        (through_url(None), "the body is not JSON: it is empty"),
        (through_url("no base64", isBase64Encoded=True), "the body is not JSON: "),
        (through_url(base64.b64encode(b'"\xff"').decode(), isBase64Encoded=True), "the body is not JSON: "),
        (through_url("[" * 100_000), "the body is not JSON: maximum recursion depth exceeded"),
        (through_url("[]"), "Expected `object`, got `array`; `command` is report, changes-made or decide"),
    ],
    ids=["a form", "nothing", "no base64", "no text", "brackets without end", "a list"],
)
def test_a_body_that_is_no_command_is_refused(invocation: object, expected: str) -> None:
    assert problem(invocation).startswith(expected)


# -- What is asked for -------------------------------------------------------------------------------------------------


def test_a_report_can_leave_out_what_is_usual() -> None:
    assert read(REPORT)[0] == Report(TENANT, Category.SPAMTRAP, "3 hits", source="ben", severity=Severity.PROBATION)


def test_every_command_is_read_with_all_that_it_can_say() -> None:
    observed, since = "2026-03-05T10:00:00+02:00", "2026-03-05T08:00:00Z"
    time = datetime(2026, 3, 5, 8, tzinfo=UTC)
    report = {**REPORT, "severity": "shutdown", "source": "monitor", "observed": observed, "note": "why", "id": "i"}
    assert read(report) == (
        Report(TENANT, Category.SPAMTRAP, "3 hits", "monitor", Severity.SHUTDOWN, time),
        Act("i", Actor("ben", proven=False), "why"),
    )
    assert read({**CHANGES, "since": since, "seen": 2})[0] == ChangesMade(TENANT, "f1", "done", time, 2)
    decision = {**DECIDE, "decision": "reinstate", "to": "healthy", "days": 7, "seen": 3}
    assert read(decision)[0] == Decide(TENANT, "f1", Decision.REINSTATE, 7, ReinstateTo.HEALTHY, 3)


UNREADABLE: dict[str, tuple[object, str]] = {
    "nothing": ({}, "missing required field `command`; `command` is report, changes-made or decide"),
    "no object": ("lift", "Expected `object`, got `str`; `command` is"),
    "an unknown command": ({**DECIDE, "command": "lift"}, "'lift' - at `$.command`; `command` is report,"),
    "a list of commands": ({**DECIDE, "command": ["lift"]}, "`command` is report, changes-made or decide"),
    "no scope": (without(REPORT, "scope"), "missing required field `scope`"),
    "a scope that is none": ({**REPORT, "scope": "hill-bikes"}, "'hill-bikes' is no scope; a scope is account,"),
    "a tag without a value": ({**REPORT, "scope": "tag/campaign="}, "'tag/campaign=' is no scope"),
    "a tag without a name": ({**REPORT, "scope": "tag/=spring"}, "'tag/=spring' is no scope"),
    "no tag's all others": ({**REPORT, "scope": "tag/(other)"}, "or tag/NAME=VALUE"),
    "providers that stand for many": ({**REPORT, "scope": "provider/(other)"}, "'provider/(other)' is no scope"),
    "a kind of scope that is none": ({**REPORT, "scope": "customer/x"}, "'customer/x' is no scope"),
    "a scope that no table takes": ({**REPORT, "scope": f"tenant/{'é' * 500}"}, "a scope has at most 1000 bytes"),
    "an unknown category": ({**REPORT, "category": "spam"}, "'spam' - at `$.category`; it is one of bounce_rate, com"),
    "an unknown severity": ({**REPORT, "severity": "bad"}, "`$.severity`; it is one of suspected, probation, shutdown"),
    "an unknown decision": ({**DECIDE, "decision": "free"}, "`$.decision`; it is one of accept, refuse, lift, extend"),
    "reinstated to nowhere": ({**DECIDE, "to": "Healthy"}, "`$.to`; it is one of probation, healthy"),
    "blank evidence": ({**REPORT, "evidence": " \n"}, "Expected words, and no control characters - at `$.evidence`"),
    "no evidence": ({**REPORT, "evidence": ""}, "Expected words, and no control characters - at `$.evidence`"),
    "a control character": ({**REPORT, "evidence": "a\u0001"}, "words, and no control characters - at `$.evidence`"),
    "a control character in a note": ({**REPORT, "note": "\u0000"}, "no control characters - at `$.note`"),
    "no note": (without(DECIDE, "note"), "missing required field `note`"),
    "a blank name": ({**REPORT, "by": " "}, "Expected words, and no control characters - at `$.by`"),
    "evidence without end": ({**REPORT, "evidence": "x" * (MAX_TEXT + 1)}, "of length <= 1500 - at `$.evidence`"),
    "a name without end": ({**REPORT, "source": "x" * (MAX_NAME + 1)}, "of length <= 256 - at `$.source`"),
    "a time without a zone": ({**REPORT, "observed": "2026-03-05T08:00:00"}, "timezone component - at `$.observed`"),
    "a time before all calendars": ({**REPORT, "observed": "0001-01-01T00:00:00+14:00"}, "is too far away"),
    "a time after all calendars": ({**CHANGES, "since": "9999-12-31T23:59:59-14:00"}, "is too far away"),
    "days that are no number": ({**DECIDE, "days": "7"}, "Expected `int | null`, got `str` - at `$.days`"),
    "a field of another command": ({**DECIDE, "evidence": "x"}, "contains unknown field `evidence`"),
    "a misspelt field": ({**DECIDE, "desicion": "lift"}, "contains unknown field `desicion`"),
    "half a character": ({**REPORT, "evidence": "\ud83d"}, "it can't be kept: 'utf-8' codec can't encode"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_can_not_be_read_is_told_so_that_it_can_be_mended(name: str) -> None:
    document, expected = UNREADABLE[name]
    assert expected in problem(document)


# -- What is answered --------------------------------------------------------------------------------------------------


def done(command: Command, act: Act, now: datetime) -> Done:
    """What operate makes of a report."""
    standing, piece = carried_out(Standing(TENANT), command, act, now, Policy())
    assert isinstance(piece, Change)
    return Done(command.scope, standing.status, piece.finding, changed=True, unsent=1)


def refused(*_: object) -> Done:
    raise CommandRefused("it is Shutdown now", ("changes-made", "reinstate"))


def contended(*_: object) -> Done:
    raise Contended("others kept writing; nothing was done")


ANSWERS: dict[str, tuple[Any, dict[str, Any], HTTPStatus, dict[str, Any]]] = {
    "done": (
        done,
        REPORT,
        HTTPStatus.OK,
        {"scope": "tenant/hill-bikes", "scope_status": "Probation", "changed": True, "unsent": 1, "nothing_new": False},
    ),
    "done before": (
        lambda *_: Done(TENANT, Status.SHUTDOWN),
        REPORT,
        HTTPStatus.OK,
        {
            "scope": "tenant/hill-bikes",
            "scope_status": "Shutdown",
            "changed": False,
            "unsent": 0,
            "nothing_new": False,
            "finding": None,
        },
    ),
    "unreadable": (
        done,
        {**REPORT, "scope": "x"},
        HTTPStatus.BAD_REQUEST,
        {"error": f"'x' is no scope; a scope is {ANY_FORM}"},
    ),
    "refused": (
        refused,
        REPORT,
        HTTPStatus.CONFLICT,
        {"error": "it is Shutdown now", "allowed": ["changes-made", "reinstate"]},
    ),
    "contended": (
        contended,
        REPORT,
        HTTPStatus.SERVICE_UNAVAILABLE,
        {"error": "others kept writing; nothing was done"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_both_channels_get_the_same_answer(name: str) -> None:
    operate, document, status, expected = ANSWERS[name]
    plain = read_call(document, "request-1", NOW)
    url = read_call(posted(without(document, "by")), "request-1", NOW)
    plainly = answer(plain, operate).to(plain)
    response = answer(url, operate).to(url)
    assert (plainly["status"], response["statusCode"]) == (status, status)
    assert response["headers"] == {"content-type": "application/json"}
    for body in (json.loads(json.dumps(plainly["body"])), json.loads(response["body"])):
        finding = body.pop("finding", None)
        assert body == without(expected, "finding")
        if finding:
            assert (finding["category"], finding["status"], finding["reports"]) == ("spamtrap", "Probation", 1)
            assert finding["allowed"] == ["changes-made", "lift", "extend", "shutdown"]


def test_the_answer_knows_who_called_also_if_the_command_was_refused() -> None:
    for operate in (done, refused):
        assert answer(Call(REPORT, "r", NOW), operate).by == Actor("ben", proven=False)


# Any character at all, halves of characters too.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
LONG_TEXTS = st.builds(lambda text, times: text * times, TEXTS, st.sampled_from((1, 200)))
NUMBERS = st.integers() | st.integers(10**18, 10**400) | st.floats(allow_nan=False)
TIMES = st.datetimes(timezones=st.timezones() | st.none()).map(datetime.isoformat)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | LONG_TEXTS | TIMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
WORDS = st.sampled_from(
    [*Category, *Severity, *Decision, *ReinstateTo, "report", "decide", "account", "tenant/hill-bikes", "provider/x"]
)
OPENED, _ = carried_out(
    Standing(TENANT),
    Report(TENANT, Category.SPAMTRAP, "3 hits", "monitor"),
    Act("first", Actor("monitor", proven=False)),
    NOW,
    Policy(),
)
FINDING = OPENED.findings[Category.SPAMTRAP].id
FIELDS = sorted({*REPORT, *CHANGES, *DECIDE, "severity", "observed", "since", "days", "to", "seen", "id", "note"})
COMMANDS = st.builds(
    lambda start, changes: {**start, **changes},
    st.sampled_from([{}, REPORT, {**CHANGES, "finding": FINDING}, {**DECIDE, "finding": FINDING}]),
    st.dictionaries(st.sampled_from(FIELDS), WORDS | VALUES, max_size=3),
)


def check_answer(invocation: object) -> HTTPStatus:
    """The status, if the answer can be sent and what was carried out can be kept."""

    def operate(command: Command, act: Act, now: datetime) -> Done:
        standing = OPENED if command.scope == TENANT else Standing(command.scope)
        after, piece = carried_out(standing, command, act, now, Policy())
        for kept in (after, piece, act):
            assert msgspec.json.decode(msgspec.json.encode(kept), type=type(kept)) == kept
        return Done(command.scope, after.status, next(iter(after.findings.values()), None))

    call = read_call(invocation, "request-1", NOW)
    result = answer(call, operate)
    told = json.loads(json.dumps(result.to(call)))
    body = json.loads(told["body"]) if call.over_http else told["body"]
    json.dumps(body, ensure_ascii=False).encode()
    assert ("error" in body) == (result.status is not HTTPStatus.OK)
    return result.status


@given(
    document=COMMANDS | VALUES,
    channel=st.sampled_from(("plain", "url", "base64", "raw")),
    context=st.none() | st.fixed_dictionaries({}, optional=dict.fromkeys(("http", "requestId", "timeEpoch"), VALUES)),
)
@example(without(REPORT, "by"), "url", {"http": {}, "requestId": "\ud800", "timeEpoch": 0})
@example({**REPORT, "observed": "0001-01-01T00:00:00Z"}, "plain", None)
@example({**CHANGES, "finding": FINDING, "since": "0001-01-01T00:00:00Z"}, "plain", None)
@example({**DECIDE, "finding": FINDING, "decision": "extend", "days": 10**400}, "plain", None)
def test_whatever_comes_in_is_answered_in_json(document: object, channel: str, context: dict[str, Any] | None) -> None:
    """And whatever is carried out can be kept."""
    bodies = {
        "url": lambda: json.dumps(document),
        "base64": lambda: base64.b64encode(json.dumps(document).encode()).decode(),
        "raw": lambda: document if isinstance(document, str) else json.dumps(document, ensure_ascii=False),
    }
    invocation = document if channel == "plain" else through_url(bodies[channel](), isBase64Encoded=channel == "base64")
    if context is not None and isinstance(invocation, dict):
        invocation = {**invocation, "requestContext": {**invocation.get("requestContext", {}), **context}}
    assert check_answer(invocation) in {HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 900 + "]" * 900,
        '{"command": "report", "scope": ' + "[" * 900 + "]" * 900 + "}",
        '{"requestContext": ' * 900 + "1" + "}" * 900,
        '{"requestContext": {"http": {"x": ' + "[" * 900 + "]" * 900 + "}}}",
    ],
    ids=["lists", "a field", "calls within calls", "a call"],
)
def test_nesting_without_end_is_refused(text: str) -> None:
    for invocation in (json.loads(text), through_url(text), through_url(json.dumps(text))):
        assert check_answer(invocation) is HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("epoch", [-1, 10**14, 10**40], ids=["before 1970", "after all calendars", "astronomical"])
def test_what_looks_like_a_call_at_an_impossible_time_is_none(epoch: int) -> None:
    forged = through_url(json.dumps(without(REPORT, "by")))
    forged["requestContext"]["timeEpoch"] = epoch
    assert read_call(forged, "request-1", NOW) == Call(forged, "request-1", NOW)
