"""The events by which SES tells of problems and of who may send, in all the shapes that they can have."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.commands import UnreadableRequest
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Act, Actor
from ses_reputation.domain.statements import SendingStatus, SesFinding
from ses_reputation.ses_status_events import MAX_TEXT, ReceivedStatement, is_from_ses, read_statement

US, HERE = "123456789012", "eu-west-1"
NOW = datetime(2026, 3, 6, 13, tzinfo=UTC)
SAMPLES = Path(__file__).parents[1] / "events/eventbridge"
BIKES = Scope("tenant/hill-bikes")


def sample(name: str, **changes: object) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return {**event, **changes}


def invocation(event: object) -> dict[str, Any]:
    """What the rule on the default bus makes of an event."""
    return {"received": "2026-03-06T13:00:00Z", "from_ses": event}


def read(event: object) -> ReceivedStatement:
    return read_statement(invocation(event), US, HERE)


def finding(detail: object) -> SesFinding:
    said = read(sample("finding-open", detail=detail)).said
    assert isinstance(said, SesFinding)
    return said


def sending(data: object, name: str = "sending-disabled") -> SendingStatus:
    said = read(sample(name, detail={"version": "1.0.0", "data": data})).said
    assert isinstance(said, SendingStatus)
    return said


def problem(anything: object) -> str:
    with pytest.raises(UnreadableRequest) as refused:
        read_statement(anything, US, HERE)
    return str(refused.value)


# -- As documented -----------------------------------------------------------------------------------------------------


def test_a_finding_is_told_of_a_tenant_by_ses_itself() -> None:
    time = datetime(2026, 3, 6, 9, 55, tzinfo=UTC)
    event = sample("finding-open")
    assert read(event) == ReceivedStatement(
        BIKES,
        SesFinding("BOUNCE", "HIGH", event["detail"]["data"], open=True, time=time, since=time),
        Act(f"event/{event['id']}", Actor("Amazon SES", proven=True)),
        NOW,
    )


@pytest.mark.parametrize(
    ("name", "is_open"),
    [("finding-open", True), ("finding-resolved", False), ("blocklist-open", True), ("blocklist-closed", False)],
)
def test_a_finding_is_over_when_it_is_resolved_and_when_it_is_closed(name: str, is_open: bool) -> None:
    said = read(sample(name)).said
    assert isinstance(said, SesFinding)
    assert said.open == is_open


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "sending-disabled",
            SendingStatus(
                "CUSTOMER_MANAGED",
                "DISABLED",
                on=False,
                cause="Status manually updated.",
                time=datetime(2026, 3, 6, 9, 58, 28, 995000, UTC),
            ),
        ),
        (
            "sending-disabled-by-ses",
            SendingStatus(
                "AWS_MANAGED",
                "DISABLED",
                on=False,
                cause="A reputation finding of high impact is open.",
                time=datetime(2026, 3, 6, 9, 56, 12, 418000, UTC),
            ),
        ),
        (
            "sending-reinstated",
            SendingStatus(
                "CUSTOMER_MANAGED",
                "REINSTATED",
                on=True,
                cause="Status manually updated.",
                time=datetime(2026, 3, 6, 12, 10, 5, 31000, UTC),
            ),
        ),
        (
            "sending-enabled",
            SendingStatus(
                "AWS_MANAGED",
                "ENABLED",
                on=True,
                cause="No reputation finding of high impact is open.",
                time=datetime(2026, 3, 6, 12, 15, 40, tzinfo=UTC),
            ),
        ),
    ],
)
def test_who_switched_sending_on_or_off_is_told_with_the_time_at_which_it_was(name: str, said: SendingStatus) -> None:
    assert read(sample(name)).said == said


# -- As nobody documents -----------------------------------------------------------------------------------------------

RECORD = {"status": "DISABLED", "cause": "By hand."}
DATA = {"origin": "CUSTOMER_MANAGED", "record": RECORD}


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        pytest.param({"data": "Too many."}, ("UNKNOWN", None, "Too many."), id="no metadata"),
        pytest.param({"metadata": {"type": "SPF"}}, ("SPF", None, ""), id="no text, no impact"),
        pytest.param({}, ("UNKNOWN", None, ""), id="nothing"),
        pytest.param({"data": {"a": 1}, "metadata": {}}, ("UNKNOWN", None, '{"a":1}'), id="an object for the text"),
        pytest.param({"data": ["a"], "metadata": []}, ("UNKNOWN", None, '["a"]'), id="lists"),
        pytest.param({"metadata": '{"type":"BOUNCE","impact":"LOW"}'}, ("BOUNCE", "LOW", ""), id="JSON within JSON"),
        pytest.param({"metadata": {"type": "bounce", "impact": " low "}}, ("BOUNCE", "LOW", ""), id="small letters"),
        pytest.param({"metadata": {"type": "SPF", "impact": "MEDIUM"}}, ("SPF", "MEDIUM", ""), id="a new impact"),
        pytest.param({"metadata": {"type": "List-Bomb <b>"}}, ("LIST-BOMB_B_", None, ""), id="a new type"),
        pytest.param({"metadata": {"type": 7, "impact": ""}}, ("7", None, ""), id="a number, and an empty text"),
        pytest.param({"data": "a\nb\u202ec"}, ("UNKNOWN", None, "a b?c"), id="a text that turns"),
    ],
)
def test_a_finding_is_read_whatever_it_looks_like(detail: object, expected: tuple[str, str | None, str]) -> None:
    said = finding(detail)
    assert (said.type, said.impact, said.text) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(DATA, ("CUSTOMER_MANAGED", "DISABLED", False, "By hand."), id="as documented"),
        pytest.param(json.dumps(DATA), ("CUSTOMER_MANAGED", "DISABLED", False, "By hand."), id="JSON within JSON"),
        pytest.param("By hand.", ("UNKNOWN", "DISABLED", False, "By hand."), id="a text"),
        pytest.param(None, ("UNKNOWN", "DISABLED", False, ""), id="null"),
        pytest.param({"origin": "AWS_MANAGED"}, ("AWS_MANAGED", "DISABLED", False, ""), id="no record"),
        pytest.param({"record": {}}, ("UNKNOWN", "DISABLED", False, ""), id="an empty record"),
        pytest.param({**DATA, "record": "x"}, ("CUSTOMER_MANAGED", "DISABLED", False, ""), id="a text for a record"),
        pytest.param(RECORD, ("UNKNOWN", "DISABLED", False, "By hand."), id="the record alone"),
        pytest.param({"record": {"status": "HELD"}}, ("UNKNOWN", "HELD", False, ""), id="a new status"),
        pytest.param({"record": {"status": "ENABLED"}}, ("UNKNOWN", "ENABLED", True, ""), id="another status"),
        pytest.param({"origin": "Trust & Safety"}, ("TRUST_SAFETY", "DISABLED", False, ""), id="a new origin"),
    ],
)
def test_a_status_is_read_whatever_it_looks_like(data: object, expected: tuple[str, str, bool, str]) -> None:
    said = sending(data)
    assert (said.origin, said.status, said.on, said.cause) == expected


def test_a_new_status_is_on_if_the_event_says_so() -> None:
    assert sending({"record": {"status": "PROVISIONAL"}}, "sending-enabled").on


SENT = datetime(2026, 3, 6, 9, 58, 28, tzinfo=UTC)
"""When the event was sent."""


@pytest.mark.parametrize(
    ("told", "time"),
    [
        pytest.param([2026, 3, 6], datetime(2026, 3, 6, tzinfo=UTC), id="a day"),
        pytest.param([2026, 3, 6, 9], datetime(2026, 3, 6, 9, tzinfo=UTC), id="an hour"),
        pytest.param([2026, 3, 6, 9, 5], datetime(2026, 3, 6, 9, 5, tzinfo=UTC), id="a minute"),
        pytest.param([2026, 3, 6, 9, 5, 7], datetime(2026, 3, 6, 9, 5, 7, tzinfo=UTC), id="a second"),
        pytest.param([2026, 3, 6, 9, 5, 7, 1999], datetime(2026, 3, 6, 9, 5, 7, 1, UTC), id="nanoseconds"),
        pytest.param([2026, 3, 6, 9, 5, 7, 0, 8], datetime(2026, 3, 6, 9, 5, 7, tzinfo=UTC), id="more than a time has"),
        pytest.param([2026, 3], SENT, id="a month"),
        pytest.param([], SENT, id="an empty list"),
        pytest.param([2026, 13, 6], SENT, id="a 13th month"),
        pytest.param([2026, 3, "6"], SENT, id="a text in the list"),
        pytest.param([2026, 3, 6, 9.5], SENT, id="half an hour"),
        pytest.param("2026-03-06T09:05:07.25Z", datetime(2026, 3, 6, 9, 5, 7, 250000, UTC), id="ISO 8601"),
        pytest.param("2026-03-06T10:05:07+01:00", datetime(2026, 3, 6, 9, 5, 7, tzinfo=UTC), id="with another zone"),
        pytest.param("2026-03-06T09:05:07.123456789", datetime(2026, 3, 6, 9, 5, 7, 123456, UTC), id="without a zone"),
        pytest.param("yesterday", SENT, id="words"),
        pytest.param(1772787907, datetime(2026, 3, 6, 9, 5, 7, tzinfo=UTC), id="seconds"),
        pytest.param(1772787907.5, datetime(2026, 3, 6, 9, 5, 7, 500000, UTC), id="a fraction"),
        pytest.param(1772787907250, datetime(2026, 3, 6, 9, 5, 7, 250000, UTC), id="milliseconds"),
        pytest.param(0, SENT, id="zero"),
        pytest.param(10**30, SENT, id="a number beyond all calendars"),
        pytest.param(True, SENT, id="a truth"),
        pytest.param(None, SENT, id="null"),
        pytest.param({"seconds": 1}, SENT, id="an object"),
        pytest.param([2026, 3, 6, 13, 5], datetime(2026, 3, 6, 13, 5, tzinfo=UTC), id="a clock that is ahead"),
        pytest.param([2026, 3, 6, 13, 6], SENT, id="a future that would outdate all that follows"),
    ],
)
def test_a_time_is_read_in_any_of_its_shapes_and_else_it_is_when_the_event_was_sent(
    told: object, time: datetime
) -> None:
    assert sending({**DATA, "record": {**RECORD, "lastUpdatedTimestamp": told}}).time == time


@pytest.mark.parametrize("time", ["soon", None, 7, "2027-01-01T00:00:00Z"])
def test_an_event_without_a_time_of_its_own_is_as_old_as_eventbridge_says(time: object) -> None:
    assert read(sample("finding-open", time=time)).said.time == NOW


@pytest.mark.parametrize(
    ("resources", "scope"),
    [
        pytest.param(["arn:aws:ses:eu-west-1:123456789012:tenant/shop-7/tn-1"], "tenant/shop-7", id="a tenant"),
        pytest.param(["arn:aws:ses:eu-west-1::tenant/shop-7/tn-1"], "tenant/shop-7", id="without an account"),
        pytest.param(["arn:aws-us-gov:ses:x:1:tenant/shop-7"], "tenant/shop-7", id="without an id"),
        pytest.param(["x", "arn:aws:ses:x:1:tenant/a/1", "arn:aws:ses:x:1:tenant/b/1"], "tenant/a", id="the first"),
        pytest.param(["arn:aws:ses:x:1:configuration-set/news"], "configuration-set/news", id="a configuration set"),
        pytest.param(["arn:aws:ses:x:1:identity/Shop.example"], "identity/shop.example", id="a domain"),
        pytest.param(["arn:aws:ses:x:1:identity/Ann@Shop.example"], "identity/shop.example", id="an address"),
        pytest.param(["arn:aws:ses:x:1:account"], "account", id="the account"),
    ],
)
def test_the_resource_says_whom_it_is_about(resources: list[str], scope: str) -> None:
    assert read(sample("finding-open", resources=resources)).scope == scope


# -- What is refused ---------------------------------------------------------------------------------------------------

OPEN = sample("finding-open")
UNREADABLE: dict[str, tuple[object, str]] = {
    "an event past the rule": (OPEN, "missing required field `received`"),
    "from our own bus": ({"received": "2026-03-06T13:00:00Z", "event": OPEN}, "missing required field `from_ses`"),
    "another source": (invocation({**OPEN, "source": "ses"}), "the source is 'ses'; it has to be 'aws.ses'"),
    "another account": (
        invocation({**OPEN, "account": "999999999999"}),
        "it is about AWS account 9999",
    ),
    "another region": (invocation({**OPEN, "region": "us-east-1"}), f"it is about AWS account {US} in us-east-1"),
    "another type": (
        invocation({**OPEN, "detail-type": "Email Sent"}),
        "the detail type 'Email Sent' is none by",
    ),
    "about nobody": (
        invocation({**OPEN, "resources": []}),
        "no resource is a tenant, a configuration set",
    ),
    "about a pool": (invocation({**OPEN, "resources": ["arn:aws:ses:x:1:dedicated-ip-pool/a"]}), "no resource is a te"),
    "about a tenant without a name": (
        invocation({**OPEN, "resources": ["arn:aws:ses:x:1:tenant/"]}),
        "is no scope",
    ),
    "no detail": (invocation({**OPEN, "detail": None}), "Expected `object`, got `null` - at `$.detail`"),
    "no list of resources": (invocation({**OPEN, "resources": "x"}), "Expected `array`, got `str` - at `$.resources`"),
    "half a character": (invocation({**OPEN, "detail": {"data": "\udc00"}}), "it can't be kept"),
}


@pytest.mark.parametrize(("anything", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_not_ses_s_or_about_nobody_is_refused_with_the_reason(anything: object, reason: str) -> None:
    assert reason in problem(anything)


def test_only_the_rule_on_the_default_bus_makes_something_of_ses() -> None:
    assert is_from_ses(invocation(OPEN))
    forgeries: list[object] = [
        {"received": "2026-03-06T13:00:00Z", "event": OPEN},
        {"event": {"from_ses": OPEN}},
        OPEN,
        [],
        None,
    ]
    for forged in forgeries:
        assert not is_from_ses(forged)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.sampled_from(["LOW", "BOUNCE"]),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.sampled_from(["origin", "record", "x"]), inner),
    max_leaves=12,
)


@given(
    name=st.sampled_from(["finding-open", "sending-disabled"]),
    detail=st.fixed_dictionaries({}, optional={"data": VALUES, "metadata": VALUES}) | VALUES,
    time=VALUES,
    status=st.fixed_dictionaries({}, optional=dict.fromkeys(("status", "cause", "lastUpdatedTimestamp"), VALUES)),
)
def test_whatever_ses_may_send_is_read_or_refused_and_fits_where_it_goes(
    name: str, detail: object, time: object, status: dict[str, object]
) -> None:
    for each in (detail, {"data": {"record": status, "origin": time}}):
        with suppress(UnreadableRequest):
            said = read(sample(name, detail=each, time=time)).said
            words = (said.type, said.impact or "") if isinstance(said, SesFinding) else (said.origin, said.status)
            assert all(len(word) <= 24 and word.isascii() and word.isprintable() for word in words)
            text = said.text if isinstance(said, SesFinding) else said.cause
            assert len(text) <= MAX_TEXT
            assert text.isprintable()
            assert said.time.year > 2010
