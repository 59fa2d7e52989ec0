"""Events that report a finding: our own, and those by which a related account tells that it was shut down."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.commands import UnreadableRequest
from ses_reputation.domain.categories import Category, Severity
from ses_reputation.domain.changes import Change
from ses_reputation.domain.decisions import Command, CommandRefused, Decide, Decision, Report, carry_out
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Act, Actor, Standing
from ses_reputation.finding_events import FINDING_REPORTED, SOURCE, STATUS_CHANGED, ReceivedReport, read_event
from ses_reputation.listen import Listened
from ses_reputation.notices.alert import alert_of
from ses_reputation.operate import Done
from ses_reputation.receive import Outcome, Received, receive_finding
from ses_reputation.ses_status_events import ReceivedStatement

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
US, OTHERS = "123456789012", "999999999999"
HERE, THERE = "eu-west-1", "us-east-1"
TENANT = Scope("tenant/hill-bikes")
DETAIL = {"version": 1, "scope": "tenant/hill-bikes", "category": "spamtrap", "evidence": "3 hits"}


def event(detail: object = DETAIL, detail_type: str = FINDING_REPORTED, **changes: object) -> dict[str, Any]:
    """What the rule makes of an event."""
    envelope = {
        "version": "0",
        "id": "event-1",
        "detail-type": detail_type,
        "source": "trap-monitor",
        "account": US,
        "time": "1999-12-31T00:00:00Z",
        "region": HERE,
        "resources": [],
        "detail": detail,
        **changes,
    }
    return {"received": "2026-03-06T12:00:00Z", "event": envelope}


def shutdown_elsewhere(account: str = OTHERS, region: str = THERE) -> dict[str, Any]:
    """The alert of an account that an operator there shuts down, as it is sent to related accounts."""
    act = partial(Act, by=Actor("operator", proven=True))
    report = Report(ACCOUNT, Category.DIRECT_FEEDBACK, "Many letters.", "aws")
    standing, _ = carry_out(Standing(ACCOUNT), report, act("1"), NOW - timedelta(hours=1), Policy())
    (finding,) = standing.findings.values()
    _, change = carry_out(standing, Decide(ACCOUNT, finding.id, Decision.SHUTDOWN), act("2"), NOW, Policy())
    assert isinstance(change, Change)
    alert: dict[str, Any] = msgspec.to_builtins(alert_of(change, Policy(), account, region))
    return alert


def changed(
    account: str = OTHERS, region: str = THERE, sent_by: str | None = None, sent_in: str | None = None, **changes: Any
) -> dict[str, Any]:
    """The event about an account's change. Who sent it is the account that it is about, unless that is said."""
    detail = {**shutdown_elsewhere(account, region), **changes}
    who, where = sent_by or account, sent_in or region
    return event(detail, STATUS_CHANGED, source=SOURCE, account=who, region=where)


def read(invocation: object) -> ReceivedReport | None:
    return read_event(invocation, US, HERE)


def problem(invocation: object) -> str:
    with pytest.raises(UnreadableRequest) as refused:
        read(invocation)
    return str(refused.value)


# -- Our own event -----------------------------------------------------------------------------------------------------


def test_an_event_is_a_report_by_its_sender_at_the_time_that_it_was_received() -> None:
    assert read(event()) == ReceivedReport(
        Report(TENANT, Category.SPAMTRAP, "3 hits", source="trap-monitor"),
        Act("event/event-1", Actor(f"trap-monitor in AWS account {US}", proven=False)),
        NOW,
    )


def test_an_event_can_say_who_saw_it_when_and_how_bad_it_is() -> None:
    more = {"source": "Spamhaus", "observed": "2026-03-05T23:00:00-01:00", "severity": "shutdown"}
    received = read(event({**DETAIL, **more}))
    assert received
    observed = datetime(2026, 3, 6, tzinfo=UTC)
    assert received.report == Report(TENANT, Category.SPAMTRAP, "3 hits", "Spamhaus", Severity.SHUTDOWN, observed)


def test_only_what_eventbridge_gives_makes_two_events_different() -> None:
    first, again, other = (read(event(id=id_)) for id_ in ("a", "a", "b"))
    assert first == again
    assert first
    assert other
    assert first.act.id != other.act.id


UNREADABLE: dict[str, tuple[object, str]] = {
    "nothing": (None, "Expected `object`, got `null`"),
    "an event past the rule": (event()["event"], "missing required field `received`"),
    "no time": ({**event(), "received": "today"}, "Invalid RFC3339 encoded datetime - at `$.received`"),
    "another detail type": (event(detail_type="Findings"), "the detail type is 'Findings'; it has to be 'SES Reputati"),
    "no detail": (event(None), "Expected `object`, got `null`"),
    "a version to come": (event({**DETAIL, "version": 2}), "Invalid enum value 2 - at `$.version`"),
    "an unknown category": (event({**DETAIL, "category": "spam"}), "`$.category`; it is one of bounce_rate, complai"),
    "a scope that is none": (event({**DETAIL, "scope": "hill-bikes"}), "'hill-bikes' is no scope"),
    "no evidence": (event({**DETAIL, "evidence": " "}), "Expected words, and no control characters - at `$.evidence`"),
    "a misspelt field": (event({**DETAIL, "sevrity": "x"}), "contains unknown field `sevrity`"),
    "half a character": (event({**DETAIL, "evidence": "\udc00"}), "it can't be kept"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_report_is_refused_with_the_reason(name: str) -> None:
    invocation, expected = UNREADABLE[name]
    assert expected in problem(invocation)


# -- A related account -------------------------------------------------------------------------------------------------


def test_the_shutdown_of_a_related_account_is_a_report_about_ours() -> None:
    received = read(changed())
    assert received
    report = received.report
    assert (report.scope, report.category, report.severity) == (ACCOUNT, Category.RELATED_ACCOUNT, Severity.PROBATION)
    assert report.source == f"AWS account {OTHERS}, {THERE}"
    assert report.text == (
        f"AWS account {OTHERS} in {THERE} was shut down. The finding there is about: direct feedback."
    )
    assert received.act.by == Actor(f"ses-reputation in AWS account {OTHERS}", proven=False)


def test_an_alert_that_is_sent_again_is_the_same_act() -> None:
    first, again = read(changed()), read({**changed(), "event": {**changed()["event"], "id": "another"}})
    assert first
    assert again
    assert first.act == again.act
    assert first.act.id == f"alert/{OTHERS}/{shutdown_elsewhere()['id']}"


@pytest.mark.parametrize(
    ("sender", "heard"),
    [
        ({"account": US, "region": HERE}, False),
        ({"account": US, "region": THERE}, True),
        ({"account": US, "region": THERE, "sent_in": HERE}, True),
        ({"account": OTHERS, "region": HERE}, True),
        ({"account": OTHERS, "region": THERE, "sent_in": HERE}, True),
    ],
    ids=[
        "this account itself",
        "its deployment in another region",
        "its deployment in another region, which called the bus here",
        "another account in this region",
        "another account in another region, which called the bus here",
    ],
)
def test_an_account_hears_of_all_others_but_not_of_itself(sender: dict[str, str], heard: bool) -> None:
    assert (read(changed(**sender)) is not None) is heard


@pytest.mark.parametrize("account", [OTHERS, US], ids=["another one", "ours"])
def test_an_account_can_not_speak_for_another(account: str) -> None:
    told = problem(changed(account, HERE, sent_by="111122223333"))
    assert "an account's own shutdown is what related accounts hear of" in told
    assert f"of {account} becoming Shutdown, from 111122223333" in told


@pytest.mark.parametrize(
    "change",
    [{"scope_after": "Probation"}, {"scope_after": "Sending paused"}, {"scope": "tenant/hill-bikes"}],
    ids=["a probation", "a word for people", "one of its tenants"],
)
def test_nothing_but_the_shutdown_of_an_account_concerns_another(change: dict[str, str]) -> None:
    assert "an account's own shutdown is what related accounts hear of" in problem(changed(**change))


@pytest.mark.parametrize(
    "change",
    [{"kind": "reminder"}, {"id": ""}, {"id": "x" * 65}, {"scope_after": None}, {"category": "x" * 257}],
    ids=["another kind", "no id", "an id without end", "no status", "a category without end"],
)
def test_a_related_account_s_event_that_is_no_alert_is_refused(change: dict[str, Any]) -> None:
    assert problem(changed(**change))


def test_fields_that_a_later_version_adds_are_no_obstacle() -> None:
    assert read(changed(new_field={"a": 1})) == read(changed())


TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(10**18, 10**400) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def altered(known: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The same with some fields gone or changed."""
    fields = st.dictionaries(st.sampled_from(sorted(known)), VALUES, max_size=2)
    return st.builds(
        lambda changes, gone: {name: value for name, value in {**known, **changes}.items() if name not in gone},
        fields,
        st.sets(st.sampled_from(sorted(known)), max_size=1),
    )


DETAILS = altered({**DETAIL, "severity": "probation", "observed": "2026-03-06T12:00:00Z", "source": "monitor"})
EVENTS = st.one_of(
    st.builds(event, DETAILS | VALUES),
    st.builds(event, altered(shutdown_elsewhere()), st.just(STATUS_CHANGED), account=st.sampled_from((US, OTHERS))),
    altered(event()["event"]).map(lambda envelope: {"received": "2026-03-06T12:00:00Z", "event": envelope}),
    VALUES,
)


@given(invocation=EVENTS)
def test_whatever_comes_in_is_read_or_refused_and_nothing_else(invocation: object) -> None:
    """And whatever is read can be kept."""
    received = None
    with suppress(UnreadableRequest):
        received = read(json.loads(json.dumps(invocation)))
    if received:
        for kept in (received.report, received.act):
            assert msgspec.json.decode(msgspec.json.encode(kept), type=type(kept)) == kept


# -- What becomes of it ------------------------------------------------------------------------------------------------


def receive(invocation: object, done: Done | Exception) -> tuple[Received, list[tuple[object, str]]]:
    """What receive_finding says, and what it set apart."""
    apart: list[tuple[object, str]] = []

    def operate(command: Command, act: Act, now: datetime) -> Done:
        if isinstance(done, Exception):
            raise done
        return done

    return receive_finding(invocation, US, HERE, operate, not_of_ses, lambda *args: apart.append(args)), apart


def not_of_ses(received: ReceivedStatement) -> Listened:
    raise AssertionError(f"{received} came by our own bus")


FINDING = carry_out(
    Standing(TENANT), Report(TENANT, Category.SPAMTRAP, "x", "m"), Act("1", Actor("m", proven=False)), NOW, Policy()
)[0].findings[Category.SPAMTRAP]


@pytest.mark.parametrize(
    ("invocation", "done", "outcome"),
    [
        (event(), Done(TENANT, Status.PROBATION, FINDING, changed=True), Outcome.CHANGED),
        (event(), Done(TENANT, Status.PROBATION, FINDING), Outcome.EVIDENCE),
        (event(), Done(TENANT, Status.PROBATION), Outcome.REPEATED),
        (changed(US, HERE), Done(ACCOUNT, Status.PROBATION, FINDING, changed=True), Outcome.OWN),
    ],
    ids=["it opens a finding", "the finding is open", "it came before", "it is our own"],
)
def test_it_is_said_what_became_of_an_event(invocation: object, done: Done, outcome: Outcome) -> None:
    received, apart = receive(invocation, done)
    assert received == Received(outcome, None if outcome is Outcome.OWN else TENANT)
    assert apart == []


@pytest.mark.parametrize(
    ("invocation", "reason"),
    [
        (event({**DETAIL, "scope": "a\u0000\u202eb"}), "'a\\x00\\u202eb' is no scope"),
        (changed(scope="a\u0007b"), "an account's own shutdown is what related accounts hear of, not a?b of"),
        (event(), "it is shut down for good"),
    ],
    ids=["unreadable", "with characters that no message takes", "refused"],
)
def test_what_would_be_refused_again_is_set_apart_with_the_reason(invocation: object, reason: str) -> None:
    received, apart = receive(invocation, CommandRefused("it is shut down for good"))
    ((kept, why),) = apart
    assert (received.outcome, received.problem, kept) == (Outcome.SET_APART, why, invocation)
    assert why.startswith(reason)
    assert why.isprintable()


def test_an_error_of_aws_is_left_to_lambda() -> None:
    with pytest.raises(ConnectionError):
        receive(event(), ConnectionError("no answer"))
