"""enforce_status on the local cloud: from a report to SES's switches and back, through clients, topics and queues."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ses_reputation.adapters.enforcements import DynamoDbEnforcements
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.enforcement import Enforced, State
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.ses_operations import Operation
from ses_reputation_local.ses_resources import SendingStatus, StatusRecord

MORNING = datetime(2026, 3, 6, 9, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TENANT, SET = Scope("tenant/acme"), Scope("configuration-set/newsletter")
SCOPES = [TENANT, SET, ACCOUNT]
SWITCHES = {
    TENANT: Operation.UPDATE_REPUTATION_ENTITY_CUSTOMER_MANAGED_STATUS,
    SET: Operation.PUT_CONFIGURATION_SET_SENDING_OPTIONS,
    ACCOUNT: Operation.PUT_ACCOUNT_SENDING_ATTRIBUTES,
}
READS = {TENANT: "GetReputationEntity", SET: "GetConfigurationSet", ACCOUNT: "GetAccount"}


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    """One that may pause everything, with a tenant and a configuration set."""
    named = {"EnforceScopes": "account,configuration-set,tenant", "NotificationEmail": "ops@shop.example"}
    with LocalCloud(named) as cloud:
        cloud.now = MORNING
        cloud.ses.add_tenant("acme")
        cloud.ses.configuration_sets.add("newsletter")
        yield cloud


def shut_down(cloud: LocalCloud, scope: str) -> str:
    """Report something so bad that the scope is shut down; the id of the finding."""
    reported = {"command": "report", "by": "ana", "category": "spamtrap", "severity": "shutdown", "evidence": "3 hits"}
    answer: Any = cloud.invoke("Operate", {**reported, "scope": scope, "id": f"{scope} {cloud.now}"}).result
    cloud.deliver()
    return str(answer["body"]["finding"]["id"])


def reinstate(cloud: LocalCloud, scope: str, finding: str) -> None:
    cloud.now += MINUTE
    decided = {"command": "decide", "by": "ana", "decision": "reinstate", "note": "mended", "id": f"{scope} again"}
    cloud.invoke("Operate", {**decided, "scope": scope, "finding": finding})
    cloud.deliver()


def records(cloud: LocalCloud) -> DynamoDbEnforcements:
    return DynamoDbEnforcements(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])


def standings(cloud: LocalCloud) -> DynamoDbStandings:
    return DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])


def state(cloud: LocalCloud, scope: Scope) -> State:
    return records(cloud).enforcement(scope).enforcement.state


def actions(cloud: LocalCloud, scope: Scope) -> list[str]:
    """What the history says was done."""
    return [str(news.action) for news in standings(cloud).news(scope) if isinstance(news, Enforced)]


def sends(cloud: LocalCloud, scope: Scope) -> bool:
    ses = cloud.ses
    return {
        TENANT: ses.tenants["acme"].status is not SendingStatus.DISABLED,
        SET: ses.configuration_sets["newsletter"].sending_enabled,
        ACCOUNT: ses.sending_enabled,
    }[scope]


def subjects(cloud: LocalCloud) -> list[str]:
    return [email.subject for email in cloud.emails() if email.subject.startswith("SES sending")]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_shutdown_pauses_that_scope_alone_and_a_reinstatement_resumes_it(cloud: LocalCloud, scope: Scope) -> None:
    finding = shut_down(cloud, scope)
    assert [sends(cloud, each) for each in SCOPES] == [each != scope for each in SCOPES]
    assert state(cloud, scope) is State.PAUSED
    reinstate(cloud, scope, finding)
    assert all(sends(cloud, each) for each in SCOPES)
    assert [call.operation for call in cloud.ses.calls] == [SWITCHES[scope]] * 2
    assert actions(cloud, scope) == ["paused", "resumed"]
    assert records(cloud).of([*SCOPES]) == {scope: records(cloud).enforcement(scope).enforcement}
    assert subjects(cloud) == [f"SES sending of {scope}: paused", f"SES sending of {scope}: resumed"]
    assert list(records(cloud).outgoing()) == []


def test_a_configuration_set_is_measured_anew_when_ses_does(cloud: LocalCloud) -> None:
    reinstate(cloud, SET, shut_down(cloud, SET))
    standing = records(cloud).read(SET).standing
    assert cloud.ses.configuration_sets["newsletter"].last_fresh_start == MORNING + MINUTE
    assert {standing.metric(metric).floor for metric in Metric} == {MORNING.replace(hour=10, minute=0)}


def test_a_tenant_that_was_reinstated_at_ses_is_so_again(cloud: LocalCloud) -> None:
    cloud.ses.tenants["acme"].customer = StatusRecord(SendingStatus.REINSTATED, MORNING)
    finding = shut_down(cloud, TENANT)
    assert not sends(cloud, TENANT)
    reinstate(cloud, TENANT, finding)
    assert cloud.ses.tenants["acme"].status is SendingStatus.REINSTATED


def test_of_a_tenant_that_ses_pauses_as_well_people_are_told_so(cloud: LocalCloud) -> None:
    finding = shut_down(cloud, TENANT)
    cloud.ses.enforce_tenant("acme", "Too many bounces.")
    cloud.emails()
    reinstate(cloud, TENANT, finding)
    assert cloud.ses.tenants["acme"].customer.status is SendingStatus.ENABLED
    assert not sends(cloud, TENANT)
    (email,) = (email for email in cloud.emails() if email.subject.startswith("SES sending"))
    assert "SES itself keeps it from sending as well" in email.body
    assert "Too many bounces." in email.body


def test_what_ses_itself_has_paused_of_the_account_stays_so(cloud: LocalCloud) -> None:
    finding = shut_down(cloud, ACCOUNT)
    cloud.ses.enforcement_status = "SHUTDOWN"
    reinstate(cloud, ACCOUNT, finding)
    assert actions(cloud, ACCOUNT) == ["paused", "left_to_ses"]
    assert len(cloud.ses.calls) == 1


# -- Faults ------------------------------------------------------------------------------------------------------------


def test_ses_takes_one_call_a_second_and_that_is_enough(cloud: LocalCloud) -> None:
    cloud.ses.pace = True
    for scope in SCOPES:
        reinstate(cloud, scope, shut_down(cloud, scope))
        assert actions(cloud, scope) == ["paused", "resumed"]


@pytest.mark.parametrize(
    ("scope", "reading", "code", "attempts"),
    [
        pytest.param(TENANT, False, "TooManyRequestsException", 3, id="a tenant, throttled"),
        pytest.param(SET, False, "InternalServiceErrorException", 3, id="a configuration set, an error of SES's own"),
        pytest.param(ACCOUNT, False, "AccessDeniedException", 1, id="the account, denied"),
        pytest.param(TENANT, True, "AccessDeniedException", 1, id="asked about a tenant, denied"),
        pytest.param(SET, True, "TooManyRequestsException", 3, id="asked about a configuration set, throttled"),
    ],
)
def test_what_ses_refuses_is_told_and_done_when_the_queue_brings_it_again(
    cloud: LocalCloud, scope: Scope, reading: bool, code: str, attempts: int
) -> None:
    operation = READS[scope] if reading else SWITCHES[scope]
    cloud.ses.fail(operation, code, times=2 * attempts)
    shut_down(cloud, scope)
    assert actions(cloud, scope) == ["pause_failed", "paused"]
    assert not sends(cloud, scope)
    assert cloud.messages("EnforcementDeadLetterQueue") == []


def test_what_comes_again_is_as_late_as_its_queue_makes_it(cloud: LocalCloud) -> None:
    """No time passes in the local cloud. To a function that waits for another one some passes all the same."""
    cloud.ses.fail(SWITCHES[SET], "AccessDeniedException", times=2)
    shut_down(cloud, SET)
    refused, paused = (news for news in standings(cloud).news(SET) if isinstance(news, Enforced))
    # The visibility timeout of the queue, twice. News is a millisecond after what led to it.
    assert paused.time - refused.time == 2 * timedelta(seconds=540)
    assert cloud.now < paused.time


TIMED_OUT = [
    pytest.param(TENANT, True, id="a tenant, after it took effect"),
    pytest.param(SET, False, id="a configuration set, before it took effect"),
    pytest.param(ACCOUNT, True, id="the account, after it took effect"),
]


@pytest.mark.parametrize(("scope", "carried_out"), TIMED_OUT)
def test_a_pause_that_times_out_is_recognised_as_ours(cloud: LocalCloud, scope: Scope, carried_out: bool) -> None:
    cloud.ses.time_out(SWITCHES[scope], carried_out=carried_out, times=1, final=True)
    finding = shut_down(cloud, scope)
    assert actions(cloud, scope) == ["pause_failed", "paused"]
    reinstate(cloud, scope, finding)
    assert sends(cloud, scope)


@pytest.mark.parametrize(("scope", "carried_out"), TIMED_OUT)
def test_a_resumption_that_times_out_is_brought_to_its_end(cloud: LocalCloud, scope: Scope, carried_out: bool) -> None:
    finding = shut_down(cloud, scope)
    cloud.ses.time_out(SWITCHES[scope], carried_out=carried_out, times=1, final=True)
    reinstate(cloud, scope, finding)
    assert sends(cloud, scope)
    assert actions(cloud, scope) == ["paused", "resume_failed", "resumed"]


def test_what_keeps_failing_is_told_once_and_kept_with_its_message(cloud: LocalCloud) -> None:
    cloud.ses.fail(SWITCHES[TENANT], "AccessDeniedException")
    finding = shut_down(cloud, TENANT)
    (letter,) = cloud.messages("EnforcementDeadLetterQueue")
    assert json.loads(letter.body)["finding"]["id"] == finding
    (email,) = (email for email in cloud.emails() if email.subject.startswith("SES sending"))
    assert email.subject == "SES sending of tenant/acme: could not be paused"
    assert "AWS denied UpdateReputationEntityCustomerManagedStatus" in " ".join(email.body.split())
    # Somebody gives the permission, and sends the message again.
    cloud.ses.fail(SWITCHES[TENANT], "")
    cloud.enqueue("EnforcementQueue", [letter.body])
    cloud.deliver()
    assert actions(cloud, TENANT) == ["pause_failed", "paused"]


def test_what_ses_does_not_have_is_told_and_holds_up_no_observer() -> None:
    with LocalCloud() as cloud:
        cloud.now = MORNING
        for name in ("nobody", "no name at all", "x" * 65):
            for kind, called in (("tenant", "tenant"), ("configuration-set", "configuration set")):
                scope = Scope(f"{kind}/{name}")
                shut_down(cloud, scope)
                (news,) = (news for news in standings(cloud).news(scope) if isinstance(news, Enforced))
                assert (news.action, news.reason) == ("pause_failed", f"SES has no {called} {name} in this region")
        assert cloud.messages("EnforcementDeadLetterQueue") == []


def test_what_can_not_be_read_is_set_apart_with_the_reason(cloud: LocalCloud) -> None:
    cloud.enqueue("EnforcementQueue", ["no alert"])
    cloud.deliver()
    (letter,) = cloud.messages("EnforcementDeadLetterQueue")
    assert letter.body == "no alert"
    assert letter.attributes["reason"].startswith("no alert about a status: JSON is malformed")


def test_what_ses_can_not_pause_never_reaches_it(cloud: LocalCloud) -> None:
    for scope in ("identity/shop.example", "provider/gmail", "tag/campaign=spring"):
        shut_down(cloud, scope)
    assert "EnforceStatus" not in {run.function for run in cloud.invocations}


def test_a_scope_that_is_paused_on_probation_already_goes_on_when_it_is_healthy() -> None:
    with LocalCloud({"EnforceScopes": "tenant", "PauseAtProbationScopes": "tenant"}) as cloud:
        cloud.now = MORNING
        cloud.ses.add_tenant("acme")
        reported = {"command": "report", "by": "ana", "category": "spamtrap", "evidence": "3 hits", "scope": TENANT}
        answer: Any = cloud.invoke("Operate", reported).result
        cloud.deliver()
        assert (state(cloud, TENANT), cloud.ses.tenants["acme"].status) == (State.PAUSED, SendingStatus.DISABLED)
        lifted = {"command": "decide", "by": "ana", "decision": "lift", "note": "not theirs", "scope": TENANT}
        cloud.invoke("Operate", {**lifted, "finding": answer["body"]["finding"]["id"]})
        cloud.deliver()
        assert cloud.ses.tenants["acme"].status is SendingStatus.ENABLED
