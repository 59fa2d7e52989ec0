"""What SES tells by itself, in the whole system on the local cloud: its verdict on tenants, and what is suspected."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ses_reputation.adapters.verdicts import DynamoDbVerdicts
from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.statements import FINDINGS_KEPT, ORIGINS_KEPT, SendingStatus, SesFinding
from ses_reputation.domain.verdict import Verdict, VerdictChange
from ses_reputation.listen import Listened, listen_to_ses
from ses_reputation.notices.alert import ses_alert_of
from ses_reputation.operate import ATTEMPTS, Contended, Done
from ses_reputation.ses_status_events import MAX_TEXT, MAX_WORD, read_statement
from ses_reputation.watch import VersionedVerdict
from ses_reputation_local.cloud import LocalCloud
from tests.test_finding_path import (
    ANN,
    EVALUATE,
    HOUR,
    Killed,
    deployed,
    finding_of,
    history,
    outcomes,
    put,
    received,
    standing,
    standings,
    subscribe,
    watched,
)

BIKES = Scope("tenant/hill-bikes")
NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
SAMPLES = Path(__file__).parents[1] / "events/eventbridge"


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with deployed() as cloud:
        yield cloud


def event_of(name: str, **changes: object) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return {**event, **changes}


def tell(cloud: LocalCloud, name: str, **changes: object) -> str:
    """SES tells something, and it arrives a second later; what receive_finding says of it."""
    event = event_of(name, **changes)
    cloud.now = datetime.fromisoformat(event["time"]) + timedelta(seconds=1)
    cloud.receive_event("default", event)
    cloud.deliver()
    return outcomes(cloud)[-1]


def verdict(cloud: LocalCloud, scope: Scope = BIKES) -> Verdict:
    verdicts = DynamoDbVerdicts(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    known = verdicts.verdict(scope).verdict
    assert known
    return known


def subjects(cloud: LocalCloud) -> list[str]:
    return [email.subject for email in cloud.emails()]


STORY = {
    "finding-open": "SES has found a HIGH bounce problem of tenant/hill-bikes",
    "sending-disabled-by-ses": "SES has stopped tenant/hill-bikes",
    "sending-disabled": "Sending of tenant/hill-bikes switched off on your side",
    "sending-reinstated": "Sending of tenant/hill-bikes switched on again on your side, but still off",
    "finding-resolved": "SES says it is solved: HIGH bounce problem of tenant/hill-bikes",
    "sending-enabled": "Sending of tenant/hill-bikes switched on again by SES",
}
"""One morning of a tenant, and what people are told of it."""


def test_a_story_is_told_step_by_step_and_kept(cloud: LocalCloud) -> None:
    for name, subject in STORY.items():
        assert tell(cloud, name) == "changed"
        assert subjects(cloud) == [subject]
        assert tell(cloud, name) == "repeated", "EventBridge may deliver twice"
    known = verdict(cloud)
    assert known.sends
    assert known.open_findings == ()
    assert [(status.origin, status.status) for status in known.sending] == [
        ("CUSTOMER_MANAGED", "REINSTATED"),
        ("AWS_MANAGED", "ENABLED"),
    ]
    changes = history(cloud, BIKES)
    assert len(changes) == len(STORY)
    assert all(isinstance(piece, VerdictChange) for piece in changes)
    assert subjects(cloud) == []
    assert standing(cloud, BIKES).findings == {}, "bounces are measured here, whatever SES says"


def test_events_in_the_wrong_order_lead_to_the_same(cloud: LocalCloud) -> None:
    told = [tell(cloud, name) for name in reversed(STORY)]
    known = verdict(cloud)
    assert known.sends
    assert known.open_findings == ()
    assert told == ["noted", "noted", "changed", "outdated", "outdated", "outdated"]
    assert subjects(cloud) == [
        "Sending of tenant/hill-bikes switched on again on your side",
    ], "of the end of a pause that nobody had heard of"


def test_what_ses_tells_is_shown_beside_the_accounts_own_verdict_and_leaves_it_alone(cloud: LocalCloud) -> None:
    newsletter = Scope("configuration-set/newsletter")
    resources = ["arn:aws:ses:eu-west-1:123456789012:configuration-set/newsletter"]
    cloud.ses.publish_rates(NINE, bounce_rate=0.02, complaint_rate=0.0)
    cloud.ses.publish_rates(NINE, bounce_rate=0.02, complaint_rate=0.0, configuration_set="newsletter")
    tell(cloud, "finding-open", resources=resources)
    tell(cloud, "sending-disabled", resources=["arn:aws:ses:eu-west-1:123456789012:account"])
    for hours in (2, 3):
        cloud.tick(NINE + hours * HOUR, ["WatchSes"])
    asked = verdict(cloud, newsletter)
    assert asked.bounce_rate
    assert (asked.time, asked.open_findings[0].type) == (NINE + 3 * HOUR, "BOUNCE")
    account = verdict(cloud, ACCOUNT)
    assert (account.enforcement, account.sending_enabled, account.sends) == ("HEALTHY", True, False)


# -- What it makes suspected -------------------------------------------------------------------------------------------


def test_a_listing_is_suspected_until_ses_says_that_it_is_over(cloud: LocalCloud) -> None:
    assert tell(cloud, "blocklist-open") == "changed"
    finding = standing(cloud, BIKES).findings[Category.ANTI_SPAM_ORGANIZATION]
    assert finding.stage is Stage.SUSPECTED
    (evidence,) = finding.evidence
    assert (evidence.source, evidence.text) == (
        "Amazon SES",
        "LOW IP_LISTING: The IP address 192.0.2.17 is on a blocklist.",
    )
    assert standing(cloud, BIKES).status is Status.HEALTHY, "nobody has confirmed it"
    told = subjects(cloud)
    assert told[0] == "SES has found a LOW blocklist problem of tenant/hill-bikes"
    assert len(told) == 2
    assert tell(cloud, "blocklist-open") == "repeated"
    assert tell(cloud, "blocklist-closed") == "changed"
    assert standing(cloud, BIKES).findings == {}
    assert verdict(cloud).open_findings == ()


def test_what_a_person_has_confirmed_stays_though_ses_says_that_it_is_over(cloud: LocalCloud) -> None:
    tell(cloud, "blocklist-open")
    decision = {"command": "decide", "scope": BIKES, "decision": "confirm", "note": "I have looked it up."}
    cloud.call("Operate", {**decision, "finding": finding_of(cloud, BIKES)}, ANN)
    assert standing(cloud, BIKES).status is Status.PROBATION
    tell(cloud, "blocklist-closed")
    assert standing(cloud, BIKES).findings[Category.ANTI_SPAM_ORGANIZATION].stage is Stage.PROBATION
    assert verdict(cloud).open_findings == ()


def test_a_problem_that_is_over_already_is_not_suspected_when_its_event_comes_late(cloud: LocalCloud) -> None:
    tell(cloud, "blocklist-closed")
    assert tell(cloud, "blocklist-open") == "outdated"
    assert standing(cloud, BIKES).findings == {}
    assert subjects(cloud) == []


# -- Whom to believe ---------------------------------------------------------------------------------------------------


def test_nobody_can_speak_for_ses(cloud: LocalCloud) -> None:
    event = event_of("sending-disabled")
    entry = {"Source": "aws.ses", "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"])}
    for bus in ("default", cloud.resources["FindingBus"]):
        (result,) = cloud.client("events").put_events(Entries=[{**entry, "EventBusName": bus}])["Entries"]
        assert result["ErrorCode"] == "NotAuthorizedForSourceException"
    cloud.receive_event("FindingBus", event)
    cloud.receive_event("FindingBus", {**event, "detail-type": "SES Reputation Finding Reported"})
    for elsewhere in ({"account": "999999999999"}, {"region": "us-east-1"}):
        cloud.receive_event("default", {**event, **elsewhere})
    cloud.deliver()
    assert outcomes(cloud) == ["set_apart"], "of the only one that a rule on our bus asks for: it is no report"
    with pytest.raises(AssertionError):
        verdict(cloud)


def test_what_other_programs_put_on_the_default_bus_is_not_for_us(cloud: LocalCloud) -> None:
    cloud.receive_event("default", event_of("sending-disabled", source="ses"))
    cloud.receive_event("default", {**event_of("sending-disabled"), "detail-type": "Email Bounced"})
    put(cloud)
    cloud.deliver()
    assert outcomes(cloud) == ["changed"], "the report on our own bus"


def test_what_is_about_nobody_is_set_apart_with_the_reason(cloud: LocalCloud) -> None:
    assert tell(cloud, "finding-open", resources=["arn:aws:ses:eu-west-1:123456789012:pool/a"]) == "set_apart"
    (letter,) = cloud.messages("FindingDeadLetterQueue")
    assert letter.attributes["reason"].startswith("no resource is a tenant")
    assert json.loads(letter.body)["from_ses"]["detail"]["metadata"]["type"] == "BOUNCE"


# -- Who is told, and how ----------------------------------------------------------------------------------------------


def test_programs_get_the_statement_and_both_verdicts(cloud: LocalCloud) -> None:
    queue = subscribe(cloud, "StatusTopic", kind=["ses-verdict"], scope_kind=["tenant"])
    for name in ("finding-open", "sending-disabled-by-ses"):
        tell(cloud, name)
    found, stopped = received(cloud, queue)
    assert (found["before"], found["after"]) == ("no findings", "HIGH BOUNCE")
    assert (stopped["before"], stopped["after"]) == ("HIGH BOUNCE", "HIGH BOUNCE, sending off")
    assert found["said"] == {
        "about": "finding",
        "type": "BOUNCE",
        "impact": "HIGH",
        "text": event_of("finding-open")["detail"]["data"],
        "open": True,
        "time": "2026-03-06T09:55:00Z",
        "since": "2026-03-06T09:55:00Z",
    }
    assert stopped["said"]["cause"] == "A reputation finding of high impact is open."
    assert stopped["verdict_after"]["sending"] == [{**stopped["said"], "cause": ""}]
    assert stopped["verdict_before"]["findings"] == [{**found["said"], "text": ""}], "which was told before"


@pytest.mark.parametrize("character", ["\U0001f4a5", '"'], ids=["emoji", "quotes"])
def test_the_longest_that_ses_can_say_reaches_people(cloud: LocalCloud, character: str) -> None:
    """SNS takes 256 KB, and there is a copy of the document for each protocol that programs use."""
    word = "A" * MAX_WORD
    most = tuple(
        SesFinding(f"{n:02}{word[2:]}", word, character * MAX_TEXT, open=True, time=NINE, since=NINE)
        for n in range(FINDINGS_KEPT)
    )
    sending = SendingStatus(word, word, on=False, cause=character * MAX_TEXT, time=NINE)
    known = Verdict(BIKES, NINE, findings=most, sending=(sending,) * ORIGINS_KEPT)
    verdicts = DynamoDbVerdicts(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    verdicts.write_verdict(known, 0, (), ())
    metadata = {"impact": character * 99, "type": "x" * 99}
    tell(cloud, "finding-open", detail={"data": character * MAX_TEXT * 2, "metadata": metadata})
    assert len(verdict(cloud).open_findings) == FINDINGS_KEPT
    assert len(subjects(cloud)) == 1
    assert list(standings(cloud).outgoing()) == []


# -- When AWS fails, and others write ----------------------------------------------------------------------------------

READS = frozenset({"GetItem"})
CALLS = [
    *("GetItem", "TransactWriteItems"),  # the verdict
    *("Publish", "TransactWriteItems", "Publish", "DeleteItem"),  # and its alerts
    *("GetItem", "GetItem", "GetItem", "TransactWriteItems"),  # the suspicion
    *("Publish", "TransactWriteItems", "Publish", "DeleteItem"),
    *("GetItem", "GetItem"),  # of enforce_status, which has nothing to do
]


@pytest.mark.parametrize("moment", ["before-call", "after-call"], ids=["before it took effect", "after it took effect"])
def test_a_process_that_is_killed_at_any_call_does_all_of_it_and_once(cloud: LocalCloud, moment: str) -> None:
    calls = watched(moment)
    event = event_of("blocklist-open")
    cloud.now = datetime.fromisoformat(event["time"])
    scopes = {}
    for number in range(len(CALLS) + 1):
        name = CALLS[number - 1] if number else "no call"
        if moment == "after-call" and name in READS:
            continue  # Reading has no effect: whether it took place is the same.
        scope = scopes[f"{name}, call {number}"] = Scope(f"tenant/t{number:02}")
        resources = [f"arn:aws:ses:eu-west-1:123456789012:{scope}/tn-{number}"]
        cloud.receive_event("default", {**event, "id": f"event-{number}", "resources": resources})
        with calls.watching(number), suppress(Killed):
            cloud.deliver()
        assert calls.seen == (CALLS[:number] if number else CALLS)
        cloud.deliver()
    cloud.tick(cloud.now + HOUR, EVALUATE)
    told = {(email.subject, email.body) for email in cloud.emails()}
    for where, scope in scopes.items():
        assert [type(piece).__name__ for piece in sorted(history(cloud, scope), key=lambda p: type(p).__name__)] == [
            "Change",
            "VerdictChange",
        ], where
        assert len([subject for subject, _ in told if f" {scope}" in subject]) == 2, where
        assert standing(cloud, scope).findings[Category.ANTI_SPAM_ORGANIZATION].reports == 1, where
        assert len(verdict(cloud, scope).open_findings) == 1, where
    assert list(standings(cloud).outgoing()) == []


class KeptVerdicts:
    """Verdicts that somebody else writes before us, so many times."""

    def __init__(self, overtaken: int, others: Mapping[int, Verdict]) -> None:
        self.overtaken = overtaken
        self.others = others
        self.kept = VersionedVerdict()

    def verdict(self, _scope: Scope) -> VersionedVerdict:
        return self.kept

    def write_verdict(self, verdict: Verdict, version: int, _news: object, _alerts: object) -> bool:
        if self.kept.version < self.overtaken:
            self.kept = VersionedVerdict(self.others.get(self.kept.version, self.kept.verdict), self.kept.version + 1)
            return False
        self.kept = VersionedVerdict(verdict, version + 1)
        return True


class EmptyOutbox:
    def outgoing(self) -> Iterator[Any]:
        return iter(())

    def mark_sent(self, _outgoing: object, _message_id: str) -> None:
        raise AssertionError("there was nothing to send it with")


def listen(verdicts: KeptVerdicts, name: str) -> Listened:
    def operate(command: object, act: object, now: datetime) -> Done:
        raise AssertionError(f"{command} is for nobody")

    invocation = {"received": "2026-03-07T13:00:00Z", "from_ses": event_of(name)}
    return listen_to_ses(
        read_statement(invocation, "123456789012", "eu-west-1"),
        verdicts=verdicts,
        outbox=EmptyOutbox(),
        channels={},
        to_alert=partial(ses_alert_of, account="123456789012", region="eu-west-1"),
        operate=operate,
        pause=lambda _: None,
    )


def test_what_another_function_writes_meanwhile_is_not_overwritten() -> None:
    others = Verdict(BIKES, NINE, sending=(SendingStatus("AWS_MANAGED", "DISABLED", False, "", NINE),))
    verdicts = KeptVerdicts(1, {0: others})
    assert listen(verdicts, "finding-open").told
    assert verdicts.kept.verdict
    assert (len(verdicts.kept.verdict.findings), verdicts.kept.verdict.sending) == (1, others.sending)
    newer = replace_time(others)
    assert listen(KeptVerdicts(1, {0: newer}), "finding-open").outdated


def replace_time(verdict: Verdict) -> Verdict:
    """A verdict in which the problem is solved since."""
    time = NINE + 9 * HOUR
    return Verdict(verdict.scope, NINE, findings=(SesFinding("BOUNCE", "HIGH", "", False, time, time),))


def test_what_is_known_is_not_written_again() -> None:
    verdicts = KeptVerdicts(0, {})
    assert [listen(verdicts, "finding-open").known for _ in range(2)] == [False, True]
    assert verdicts.kept.version == 1


def test_an_event_waits_for_its_next_delivery_if_others_keep_writing() -> None:
    with pytest.raises(Contended, match="tenant/hill-bikes"):
        listen(KeptVerdicts(ATTEMPTS, {}), "finding-open")
