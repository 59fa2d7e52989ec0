"""A function that dies at any AWS call, and runs again: the same counts, the same news, and no alert is lost."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID

from ses_reputation.adapters.identities import DynamoDbIdentities
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.resources import STACK_NAME
from ses_reputation_local.ses_mail import Complaint, Topic
from ses_reputation_local.ses_simulator import SesSimulator
from tests.faults import Fault, FaultAt, Killed, injected
from tests.test_whole_path import EMAIL, HOUR, MORNING, mail, newsletter, publish, totals

POISON = "not an event at all"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
EVALUATE = {"EvaluateReputation"}


# To be killed before a call is to be killed after the one before it.
every_fault = pytest.mark.parametrize(
    "fault", [Fault.KILLED_AFTER, Fault.ERROR_FOR_GOOD, Fault.FAILED_THOUGH_DONE_FOR_GOOD]
)

READS = frozenset({"Query", "GetItem"})


@dataclass(frozen=True)
class Story:
    """What came of a run."""

    counts: dict[str, Any]
    learned: frozenset[str]
    news: list[str]
    emails: set[str]
    reasons: set[str]


def run(calls: FaultAt) -> Story:
    """Good mail, bounces, a complaint, poison and duplicates through both functions, each run until it came to its end.

    The complaint is the first from its provider. The recipient of one mail is a verified identity.
    """
    with LocalCloud({**EMAIL, "MinimumVolume": "10"}) as cloud, injected(calls):
        bad = mail(10, bad=3)
        good = mail(29, bad=0, at=MORNING + 5 * MINUTE, configuration_set="receipts")
        own = mail(1, bad=1, at=MORNING + 6 * MINUTE, configuration_set="receipts", recipients=("me@shop.example",))
        message = newsletter(99, configuration_set="receipts", recipients=("a@proton.me",))
        complained = SesSimulator("complained").send(MORNING + 7 * MINUTE, message, Complaint("a@proton.me"))
        DynamoDbIdentities(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"]).write(
            frozenset({"shop.example"})
        )
        publish(cloud, [*bad, *bad[:4], *good, *own, *complained])
        cloud.publish("BounceTopic", POISON)
        calls.armed = True
        for _ in range(2):
            with suppress(Killed):
                cloud.deliver()
        with suppress(Killed):
            cloud.tick(MORNING + DAY, EVALUATE)
        # What comes after an undisturbed run only looks again.
        calls.armed = False
        cloud.tick(MORNING + DAY, EVALUATE)
        cloud.tick(MORNING + DAY + HOUR, EVALUATE)
        standings = DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
        scopes = [standing.scope for standing in standings.all()]
        return Story(
            counts={scope: totals(cloud, scope) for scope in scopes if not scope.startswith("provider/")},
            learned=standings.learned().providers,
            news=sorted(f"{type(n).__name__} {n.scope} {n.id}" for scope in scopes for n in standings.news(scope)),
            emails={email.subject for email in cloud.emails()},
            reasons={letter.attributes["reason"] for letter in cloud.messages("FeedbackDeadLetterQueue")},
        )


def test_the_undisturbed_run_makes_every_call_there_is() -> None:
    calls = FaultAt()
    story = run(calls)
    assert story.counts["account"] == {
        "sent": 41,
        "delivered": 37,
        "hard_bounced": 4,
        "complained": 1,
        "reply_user_unknown": 3,  # what is said about mail to oneself is not counted
    }
    assert story.learned == {"proton"}
    assert story.emails == {
        "SES bounce rate of configuration-set/newsletter: Healthy -> Probation",
        "SES bounce rate of account: early warning, at 7.5 %",
        "SES bounce rate of identity/shop.example: early warning, at 7.5 %",
        "SES bounce rate of provider/gmail: early warning, at 7.69 %",
    }
    assert len(story.news) == len(story.emails)
    assert len(story.reasons) == 1
    assert calls.seen[0] == "Query", "the identities"
    assert set(calls.seen) == {
        "TransactWriteItems",
        "BatchGetItem",
        "BatchWriteItem",
        "SendMessageBatch",
        "Query",
        "GetItem",
        "PutItem",
        "DeleteItem",
        "Publish",
        "UpdateItem",
    }


def places(calls: list[str]) -> Iterator[tuple[int, str]]:
    """The numbers of the calls, each with its name, but those that follow the same call as such a one did before."""
    known = set()
    for number, place in enumerate(pairwise(["", *calls]), start=1):
        if place not in known:
            known.add(place)
            yield number, place[1]


@pytest.mark.parametrize("fault", [Fault.KILLED_AFTER, Fault.ERROR_FOR_GOOD])
def test_a_failure_at_any_call_changes_no_count_and_loses_no_alert(fault: Fault) -> None:
    """Of calls that follow the same one again, the first stands for all; `make soak` lets any fail in any way."""
    undisturbed = FaultAt()
    expected = run(undisturbed)
    for number, name in places(undisturbed.seen):
        if fault is not Fault.ERROR_FOR_GOOD and name in READS:
            continue  # Reading has no effect: whether it took place is the same.
        assert run(FaultAt(number, fault)) == expected, f"{name}, call {number}"


SHUTDOWN = {
    "command": "report",
    "scope": "account",
    "category": "domain_blocklist",
    "severity": "shutdown",
    "evidence": "three domains of ours are listed",
    "by": "ana",
    "id": "request-1",
}
OWN_BUS = f"arn:aws:events:eu-west-1:{DEFAULT_ACCOUNT_ID}:event-bus/{STACK_NAME}"


@dataclass(frozen=True)
class Reported:
    """What came of a report."""

    news: list[str]
    emails: set[str]
    told_related_accounts: bool
    left: int


def report(calls: FaultAt) -> Reported:
    """Somebody's report that shuts the account down, sent until it is answered, and the evaluation after it."""
    with LocalCloud({**EMAIL, "RelatedEventBuses": OWN_BUS}) as cloud, injected(calls):
        cloud.now = MORNING
        calls.armed = True
        for _ in range(2):
            with suppress(Killed):
                cloud.invoke("Operate", SHUTDOWN)
        calls.armed = False
        cloud.tick(MORNING + HOUR, EVALUATE)
        cloud.deliver()
        standings = DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
        return Reported(
            news=[f"{type(n).__name__} {n.scope} {n.id}" for n in standings.news(ACCOUNT)],
            emails={email.subject for email in cloud.emails()},
            told_related_accounts="ReceiveFinding" in {run.function for run in cloud.invocations},
            left=len(list(standings.outgoing())),
        )


@every_fault
def test_a_report_that_fails_at_any_call_and_is_sent_again_is_one_report(fault: Fault) -> None:
    undisturbed = FaultAt()
    expected = report(undisturbed)
    assert len(expected.news) == len(expected.emails) == 2, "the report, and what would be done at SES"
    assert (expected.told_related_accounts, expected.left) == (True, 0)
    assert {"TransactWriteItems", "Publish", "PutEvents", "DeleteItem"} <= set(undisturbed.seen)
    for number, name in enumerate(undisturbed.seen, start=1):
        assert report(FaultAt(number, fault)) == expected, f"{name}, call {number}"


def test_what_was_counted_by_a_process_that_died_is_judged_once_its_duplicates_have_come() -> None:
    """It died before it could say that there is something to judge; what comes again counts nothing any more."""
    calls = FaultAt()
    bounced = [publication for publication in mail(1, bad=1) if publication.topic is Topic.BOUNCE]
    with LocalCloud(EMAIL) as cloud, injected(calls):
        publish(cloud, [publication for publication in mail(1, bad=1) if publication not in bounced])
        cloud.deliver()
        cloud.tick(MORNING + MINUTE, EVALUATE)
        publish(cloud, bounced)
        calls.arm(1)
        with pytest.raises(Killed):
            cloud.deliver()
        assert calls.seen == ["TransactWriteItems"]
        cloud.deliver()
        cloud.tick(MORNING + HOUR, EVALUATE)
        standings = DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
        judged = {standing.scope: standing.measures[Metric.BOUNCE_RATE].window.count for standing in standings.all()}
        names = ("account", "configuration-set/newsletter", "identity/shop.example", "provider/gmail")
        assert judged == dict.fromkeys(names, 1)


def test_poison_that_its_queue_does_not_take_at_once_comes_again_until_it_does() -> None:
    calls = FaultAt(fault=Fault.IN_PART)
    with LocalCloud(EMAIL) as cloud, injected(calls):
        cloud.publish("BounceTopic", POISON)
        calls.arm(2)
        cloud.deliver()
        assert calls.seen == ["Query", "SendMessageBatch", "SendMessageBatch"]
        (letter,) = cloud.messages("FeedbackDeadLetterQueue")
        assert (letter.body, letter.attributes["reason"][:8]) == (POISON, "not JSON")
        assert cloud.messages("BounceQueue") == []


def test_a_schedule_that_is_late_or_repeated_decides_as_it_would_have_on_time() -> None:
    with LocalCloud(EMAIL) as cloud:
        publish(cloud, mail(110, bad=15))
        cloud.deliver()
        for hours in (3, 1, 3, 2):
            cloud.tick(MORNING + hours * HOUR)
        assert len(cloud.emails()) == 4
        cloud.tick(MORNING + timedelta(days=30))
        assert len(cloud.emails()) == 4, "pending end of probation decision, for too little mail"
