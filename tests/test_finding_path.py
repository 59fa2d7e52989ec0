"""Reported findings on the local cloud: from an event, or a command, to what people, chats and programs are told."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ses_reputation.adapters import clients
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change, EvidenceAdded
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.news import News
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Actor, Standing
from ses_reputation_local.cloud import Email, LocalCloud

EMAIL = {"NotificationEmail": "ops@shop.example"}
MORNING = datetime(2026, 3, 6, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TENANT = Scope("tenant/hill-bikes")
ANN = "arn:aws:iam::123456789012:user/ann"
EVALUATE = {"EvaluateReputation"}


@contextmanager
def deployed(region: str = "eu-west-1", **parameters: str) -> Iterator[LocalCloud]:
    """One on the morning of the 6th, with somebody who gets e-mails."""
    with LocalCloud({**EMAIL, **parameters}, region=region) as cloud:
        cloud.now = MORNING
        yield cloud


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with deployed() as cloud:
        yield cloud


def put(cloud: LocalCloud, scope: str = TENANT, source: str = "trap-monitor", **detail: object) -> str:
    """Report a finding by an event; its id."""
    found = {"version": 1, "scope": scope, "category": "spamtrap", "evidence": "3 hits", **detail}
    entry = {
        "EventBusName": cloud.resources["FindingBus"],
        "Source": source,
        "DetailType": "SES Reputation Finding Reported",
        "Detail": json.dumps(found),
    }
    (result,) = cloud.client("events").put_events(Entries=[entry])["Entries"]
    return str(result["EventId"])


def command(cloud: LocalCloud, scope: str = TENANT, **command: Any) -> dict[str, Any]:
    """What Ann is answered, a minute later."""
    cloud.now += MINUTE
    if command["command"] == "decide":
        command = {"note": "I have looked at it.", "finding": finding_of(cloud, scope), **command}
    status, body = cloud.call("Operate", {"scope": scope, **command}, ANN)
    assert status == 200, body
    assert isinstance(body, dict)
    return body


def standings(cloud: LocalCloud) -> DynamoDbStandings:
    return DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])


def standing(cloud: LocalCloud, scope: str = TENANT) -> Standing:
    return standings(cloud).read(Scope(scope)).standing


def finding_of(cloud: LocalCloud, scope: str = TENANT) -> str:
    (finding,) = standing(cloud, scope).findings.values()
    return finding.id


def history(cloud: LocalCloud, scope: str = TENANT) -> list[News]:
    return list(standings(cloud).news(Scope(scope)))


def outcomes(cloud: LocalCloud) -> list[str]:
    """What receive_finding said of each event."""
    runs = [run for run in cloud.invocations if run.function == "ReceiveFinding"]
    return [run.result["outcome"] if isinstance(run.result, dict) else str(run.error) for run in runs]


def subscribe(cloud: LocalCloud, topic: str, **filter_policy: list[str]) -> str:
    """Subscribe a new queue, as a program would; its URL."""
    sqs = cloud.client("sqs")
    url: str = sqs.create_queue(QueueName=f"program-{topic}-{len(filter_policy)}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    attributes = {"RawMessageDelivery": "true"} | ({"FilterPolicy": json.dumps(filter_policy)} if filter_policy else {})
    cloud.client("sns").subscribe(TopicArn=cloud.resources[topic], Protocol="sqs", Endpoint=arn, Attributes=attributes)
    return url


def received(cloud: LocalCloud, url: str) -> list[dict[str, Any]]:
    messages = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


# -- What an event leads to --------------------------------------------------------------------------------------------


def test_an_event_opens_a_finding_and_people_are_told(cloud: LocalCloud) -> None:
    event = put(cloud)
    cloud.deliver()
    assert outcomes(cloud) == ["changed"]
    assert standing(cloud).status is Status.PROBATION
    (change,) = history(cloud)
    assert isinstance(change, Change)
    assert change.act
    assert (change.act.id, change.time) == (f"event/{event}", MORNING)
    assert change.act.by == Actor("trap-monitor in AWS account 123456789012", proven=False)
    (email,) = cloud.emails()
    assert email.subject == "SES spamtrap of tenant/hill-bikes: Healthy -> Probation"
    assert "2026-03-06 09:00 UTC, trap-monitor: 3 hits" in email.body
    assert change.id in email.body


def test_an_event_that_is_delivered_twice_counts_once(cloud: LocalCloud) -> None:
    put(cloud)
    cloud._waiting.append(cloud._waiting[0])
    cloud.deliver()
    assert outcomes(cloud) == ["changed", "repeated"]
    assert standing(cloud).findings[Category.SPAMTRAP].reports == 1
    assert len(history(cloud)) == len(cloud.emails()) == 1


def test_another_event_about_the_same_problem_adds_evidence(cloud: LocalCloud) -> None:
    for evidence in ("3 hits", "2 more"):
        cloud.now += MINUTE
        put(cloud, evidence=evidence)
        cloud.deliver()
    assert outcomes(cloud) == ["changed", "evidence"]
    assert [observation.text for observation in standing(cloud).findings[Category.SPAMTRAP].evidence] == [
        "3 hits",
        "2 more",
    ]
    assert [type(news) for news in history(cloud)] == [Change, EvidenceAdded]
    assert len(cloud.emails()) == 1


def test_a_suspicion_waits_for_a_person_who_dismisses_or_confirms_it(cloud: LocalCloud) -> None:
    put(cloud, severity="suspected")
    put(cloud, severity="suspected")
    cloud.deliver()
    assert outcomes(cloud) == ["changed", "nothing_new"]
    dismissed = command(cloud, command="decide", decision="dismiss")
    assert (dismissed["changed"], dismissed["scope_status"], dismissed["finding"]["suspected"]) == (
        True,
        "Healthy",
        False,
    )
    put(cloud, severity="suspected", evidence="4 hits")
    cloud.deliver()
    assert outcomes(cloud)[2:] == ["nothing_new"]
    assert list(standings(cloud).with_findings()) == []
    cloud.now += timedelta(days=8)
    put(cloud, severity="suspected", evidence="5 hits")
    cloud.deliver()
    assert [each.scope for each in standings(cloud).with_findings()] == [TENANT]
    assert standing(cloud).status is Status.HEALTHY
    cloud.tick(cloud.now + timedelta(days=8))
    confirmed = command(cloud, command="decide", decision="confirm")
    assert (confirmed["scope_status"], confirmed["finding"]["suspected"]) == ("Probation", False)
    assert [email.subject.partition(": ")[2].partition(" since")[0] for email in cloud.emails()] == [
        "suspected",
        "suspicion dismissed",
        "suspected",
        "suspected, waits for a decision",
        "Healthy -> Probation",
    ]


def test_what_is_known_is_news_if_it_is_bad_enough_for_a_shutdown(cloud: LocalCloud) -> None:
    for severity in ("probation", "shutdown"):
        put(cloud, severity=severity)
    cloud.deliver()
    assert outcomes(cloud) == ["changed", "changed"]
    assert [email.subject for email in cloud.emails()] == [
        "SES spamtrap of tenant/hill-bikes: Healthy -> Probation",
        "SES spamtrap of tenant/hill-bikes: Probation -> Shutdown",
        "SES sending of tenant/hill-bikes: would be paused, if it could be",
    ]


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "a misspelt category": ({"category": "spam"}, "Invalid enum value 'spam' - at `$.category`; it is one of"),
    "a metric": ({"category": "bounce_rate"}, "the bounce rate is measured, and can't be reported"),
    "no scope": ({"scope": "hill-bikes"}, "'hill-bikes' is no scope"),
    "an address for a scope": ({"scope": "jane@x.example"}, "'(recipient)' is no scope"),
    "half a character": ({"evidence": "\ud83d"}, "it can't be kept"),
    "a bell": ({"scope": "\u0007"}, "'\\x07' is no scope"),
}


def test_wrong_events_are_set_apart_with_the_reason(cloud: LocalCloud) -> None:
    for detail, _ in WRONG.values():
        put(cloud, **{"scope": TENANT, **detail})
    cloud.deliver()
    assert outcomes(cloud) == ["set_apart"] * len(WRONG), "and not tried again"
    letters = cloud.messages("FindingDeadLetterQueue")
    for (detail, reason), letter in zip(WRONG.values(), letters, strict=True):
        assert letter.attributes["reason"].startswith(reason)
        assert json.loads(letter.body)["event"]["detail"].items() >= detail.items()
    assert cloud.emails() == []


@pytest.mark.parametrize(
    "wrong",
    [{"category": "jane@x.example"}, {"scope": "jane@x.example"}, {"command": "jane@x.example"}, {"jane@x.example": 1}],
    ids=["a category", "a scope", "a command", "a field"],
)
def test_an_address_in_a_wrong_command_is_answered_and_not_logged(wrong: Mapping[str, object]) -> None:
    command = {"command": "report", "by": "ana", "category": "spamtrap", "scope": TENANT, "evidence": "3 hits"}
    with LocalCloud() as cloud:
        run = cloud.invoke("Operate", {**command, **wrong})
    assert "jane@x.example" in json.dumps(run.result)
    (line,) = [line for line in run.logs if "operated" in line]
    assert "(recipient)" in line
    assert "jane" not in line


def test_a_related_event_of_our_own_is_passed_over(cloud: LocalCloud) -> None:
    entry = {"Source": "ses-reputation", "DetailType": "SES Reputation Status Changed"}
    detail = {"kind": "status-change", "version": 1, "id": "a", "account": cloud.account, "region": cloud.region}
    statuses = {"scope": "account", "category": "spamtrap", "before": "", "scope_before": "", "scope_after": "Shutdown"}
    bus = cloud.resources["FindingBus"]
    cloud.client("events").put_events(
        Entries=[{**entry, "Detail": json.dumps({**detail, **statuses}), "EventBusName": bus}]
    )
    cloud.deliver()
    assert outcomes(cloud) == ["own"]
    assert cloud.messages("FindingDeadLetterQueue") == []


# -- When AWS fails ----------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone: nothing in it can catch this."""


def refused() -> BaseException:
    return ClientError({"Error": {"Code": "InternalServerError", "Message": "try again"}}, "any")


@dataclass
class Calls:
    """Watches every AWS call, and makes those with these numbers fail."""

    failing: frozenset[int] = frozenset()
    failure: Any = Killed
    armed: bool = False
    seen: list[str] = field(default_factory=list)

    def note(self, model: Any, **_: Any) -> None:
        if self.armed:
            self.seen.append(model.name)
            if len(self.seen) in self.failing:
                raise self.failure()

    @contextmanager
    def watching(self, *failing: int, failure: Any = Killed) -> Iterator[None]:
        self.failing, self.failure, self.armed = frozenset(failing), failure, True
        self.seen.clear()
        try:
            yield
        finally:
            self.armed = False


def watched(moment: str) -> Calls:
    """`before-call`: the request is never sent. `after-call`: it took effect, and nobody hears of it."""
    calls = Calls()
    clients.session().get_component("event_emitter").register(moment, calls.note)
    return calls


def test_what_aws_fails_to_do_is_tried_again(cloud: LocalCloud) -> None:
    calls = watched("before-call")
    put(cloud)
    with calls.watching(1, 3, failure=refused):
        cloud.deliver()
    assert len(outcomes(cloud)) == 3
    assert outcomes(cloud)[-1] == "changed"
    assert len(history(cloud)) == len(cloud.emails()) == 1
    assert cloud.messages("FindingDeadLetterQueue") == []


def test_what_aws_keeps_failing_to_do_ends_on_the_queue_with_its_error(cloud: LocalCloud) -> None:
    calls = watched("before-call")
    event = put(cloud)
    with calls.watching(*range(1, 20), failure=refused):
        cloud.deliver()
    (message,) = cloud.messages("FindingDeadLetterQueue")
    record = json.loads(message.body)
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["requestPayload"]["event"]["id"] == event
    assert "InternalServerError" in record["responsePayload"]["errorMessage"]
    assert history(cloud) == []


READS = frozenset({"GetItem"})
ALL_CALLS = [
    "GetItem",
    "GetItem",
    "GetItem",
    "TransactWriteItems",
    "Publish",
    "TransactWriteItems",
    "Publish",
    "DeleteItem",
]
# What follows a report is that enforce_status looks, and has nothing to do.
FOLLOWING = {"Operate": [], "ReceiveFinding": ["GetItem", "GetItem"]}


def check_told_once(cloud: LocalCloud, scope: str, emails: list[Email], where: str) -> None:
    """One change, which is what the standing says, and alerts about it and nothing else."""
    (change,) = history(cloud, scope)
    assert isinstance(change, Change)
    assert change.finding == standing(cloud, scope).findings[Category.SPAMTRAP], where
    told = [email for email in emails if f" {scope}:" in email.subject]
    assert len(told) >= 1, f"lost: {where}"
    assert len({email.body for email in told}) == 1, where
    assert f"Alert {change.id}" in told[0].body, where


@pytest.mark.parametrize("moment", ["before-call", "after-call"], ids=["before it took effect", "after it took effect"])
@pytest.mark.parametrize("function", ["Operate", "ReceiveFinding"])
def test_a_process_that_is_killed_at_any_call_does_all_of_it_and_once(
    cloud: LocalCloud, function: str, moment: str
) -> None:
    calls = watched(moment)
    document = {"command": "report", "category": "spamtrap", "evidence": "3 hits"}

    def run(scope: str) -> None:
        if function == "Operate":
            cloud.call("Operate", {**document, "scope": scope, "id": scope}, ANN)
        else:
            cloud.deliver()

    scopes = {}
    for number in range(len(ALL_CALLS) + 1):
        name = ALL_CALLS[number - 1] if number else "no call"
        if moment == "after-call" and name in READS:
            continue  # Reading has no effect: whether it took place is the same.
        scope = scopes[f"{name}, call {number}"] = f"tenant/t{number}"
        if function == "ReceiveFinding":
            put(cloud, scope)
        with calls.watching(number), suppress(Killed):
            run(scope)
        assert calls.seen == (ALL_CALLS[:number] if number else [*ALL_CALLS, *FOLLOWING[function]])
        run(scope)
    cloud.tick(MORNING + HOUR, EVALUATE)
    emails = cloud.emails()
    for where, scope in scopes.items():
        check_told_once(cloud, scope, emails, where)
    assert list(standings(cloud).outgoing()) == []


# -- Who is told, and how ----------------------------------------------------------------------------------------------


def test_a_chat_gets_custom_notifications_in_one_thread_per_finding(cloud: LocalCloud) -> None:
    chat = subscribe(cloud, "ChatTopic")
    put(cloud)
    cloud.deliver()
    command(cloud, command="decide", decision="extend", days=7)
    opened, extended = received(cloud, chat)
    for message in (opened, extended):
        assert (message["version"], message["source"]) == ("1.0", "custom")
        assert message["metadata"]["threadId"] == f"123456789012-eu-west-1-{finding_of(cloud)}"
    assert opened["content"]["title"] == "SES spamtrap of `tenant/hill-bikes`: Healthy \u2192 Probation"
    assert opened["id"] == history(cloud)[0].id
    assert extended["content"]["title"] == "SES spamtrap of `tenant/hill-bikes`: Probation, extended to 2026-04-03"


def test_a_program_gets_the_documents_that_it_asked_for(cloud: LocalCloud) -> None:
    everything = subscribe(cloud, "StatusTopic")
    shutdowns = subscribe(cloud, "StatusTopic", category=["spamtrap"], scope_kind=["tenant"], after=["Shutdown"])
    for scope, category in ((TENANT, "spamtrap"), (TENANT, "direct_feedback"), ("identity/shop.example", "spamtrap")):
        for severity in ("probation", "shutdown"):
            put(cloud, scope, category=category, severity=severity)
    cloud.deliver()
    documents = [document for document in received(cloud, everything) if document["kind"] == "status-change"]
    assert len(documents) == 6
    (document,) = received(cloud, shutdowns)
    assert document in documents
    assert (document["version"], document["kind"], document["scope"]) == (1, "status-change", TENANT)
    assert (document["before"], document["after"], document["cause"]) == (
        "Probation",
        "Shutdown",
        "reported_for_shutdown",
    )
    assert document["act"]["by"] == {"name": "trap-monitor in AWS account 123456789012", "proven": False}
    assert document["finding"]["allowed"] == ["changes-made", "reinstate"]


@pytest.mark.parametrize("character", ["\U0001f4a5", '"', "\\", "\n"], ids=["emoji", "quotes", "backslashes", "lines"])
def test_the_longest_that_can_be_said_reaches_people(cloud: LocalCloud, character: str) -> None:
    """SNS takes 256 KB, and there is a copy of the document for each protocol that programs use."""
    text, name = ("x" + character * 1499 for _ in range(2))
    source = name[:256]
    for number in range(4):
        put(cloud, evidence=text, source=source, category="other", observed=f"2026-03-0{number + 1}T00:00:00Z")
    cloud.deliver()
    finding = finding_of(cloud)
    for request in ({"command": "changes-made"}, {"command": "decide", "decision": "extend"}):
        answer = command(cloud, **request, finding=finding, note=text)
        assert answer["unsent"] == 0
