"""An account that is shut down tells its related accounts, on the local cloud: one after the other is up."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation_local.cloud import LocalCloud
from tests.test_finding_path import (
    EVALUATE,
    HOUR,
    MORNING,
    command,
    deployed,
    finding_of,
    history,
    outcomes,
    standing,
)

OTHER = "111122223333"
THERE = "us-east-1"
OUR_BUS = f"arn:aws:events:{THERE}:123456789012:event-bus/ses-reputation"


@pytest.fixture(scope="module")
def shutdown_elsewhere() -> dict[str, Any]:
    """The event that another account sent when an operator there shut it down."""
    with deployed(RelatedEventBuses=OUR_BUS) as cloud:
        cloud.sent_elsewhere = []
        command(cloud, ACCOUNT, command="report", category="direct_feedback", evidence="Many letters.")
        command(cloud, ACCOUNT, command="changes-made", finding=finding_of(cloud, ACCOUNT), note="Nothing yet.")
        assert cloud.sent_elsewhere == [], "nothing but a shutdown concerns the others"
        assert command(cloud, ACCOUNT, command="decide", decision="shutdown")["unsent"] == 0
        cloud.tick(MORNING + HOUR, EVALUATE)
        (sent,) = cloud.sent_elsewhere
        assert sent.bus == OUR_BUS
        text = json.dumps(sent.event).replace(cloud.account, OTHER)
    event: dict[str, Any] = json.loads(text)
    return event


@pytest.fixture
def related() -> Iterator[LocalCloud]:
    """The account that hears of it."""
    with deployed(THERE, RelatedAccounts=OTHER) as cloud:
        yield cloud


def test_the_shutdown_of_a_related_account_puts_this_one_on_probation(
    related: LocalCloud, shutdown_elsewhere: dict[str, Any]
) -> None:
    related.receive_event("FindingBus", shutdown_elsewhere)
    related.deliver()
    assert standing(related, ACCOUNT).status is Status.PROBATION
    finding = standing(related, ACCOUNT).findings[Category.RELATED_ACCOUNT]
    (evidence,) = finding.evidence
    assert evidence.source == f"AWS account {OTHER}, eu-west-1"
    assert "was shut down. The finding there is about: direct feedback." in evidence.text
    (email,) = related.emails()
    assert email.subject == "SES related account of account: Healthy -> Probation"
    assert f"AWS account {OTHER}, eu-west-1: AWS account {OTHER} in eu-west-1" in " ".join(email.body.split())


def test_a_related_account_is_heard_once_whatever_is_sent_again(
    related: LocalCloud, shutdown_elsewhere: dict[str, Any]
) -> None:
    """EventBridge delivers an event twice, or the other account sends its alert again: a new event about the same."""
    again = {**shutdown_elsewhere, "id": "of-another-event"}
    for event in (shutdown_elsewhere, shutdown_elsewhere, again):
        related.receive_event("FindingBus", event)
    related.deliver()
    assert outcomes(related) == ["changed", "repeated", "repeated"]
    command(related, ACCOUNT, command="changes-made", finding=finding_of(related, ACCOUNT), note="It was mended there.")
    command(related, ACCOUNT, command="decide", decision="accept")
    assert standing(related, ACCOUNT).status is Status.HEALTHY
    related.receive_event("FindingBus", again)
    related.deliver()
    assert outcomes(related)[-1] == "repeated"
    assert standing(related, ACCOUNT).status is Status.HEALTHY, "what was solved is not opened again by an old alert"
    assert [email.subject for email in related.emails()] == [
        "SES related account of account: Healthy -> Probation",
        "SES related account of account: Probation, changes reported",
        "SES related account of account: Probation -> Healthy",
    ]


def test_an_account_that_speaks_for_another_is_set_apart(
    related: LocalCloud, shutdown_elsewhere: dict[str, Any]
) -> None:
    related.receive_event("FindingBus", {**shutdown_elsewhere, "account": "444455556666"})
    related.deliver()
    (letter,) = related.messages("FindingDeadLetterQueue")
    assert letter.attributes["reason"].endswith(f"not account of {OTHER} becoming Shutdown, from 444455556666")
    assert standing(related, ACCOUNT).status is Status.HEALTHY


def test_a_related_account_that_lets_us_in_later_hears_of_it_then() -> None:
    with deployed(RelatedEventBuses=OUR_BUS) as cloud:
        command(cloud, ACCOUNT, command="report", category="direct_feedback", evidence="Many letters.")
        answer = command(cloud, ACCOUNT, command="decide", decision="shutdown")
        assert answer["unsent"] == 1
        assert len(cloud.emails()) == 2, "people are told all the same"
        (run,) = cloud.tick(MORNING + HOUR, EVALUATE)
        assert "Not authorized to perform: events:PutEvents" in str(run.error)
        cloud.sent_elsewhere = []
        (run,) = cloud.tick(MORNING + 2 * HOUR, EVALUATE)
        assert run.error is None
        (sent,) = cloud.sent_elsewhere
        *_, shutdown, observed = history(cloud, ACCOUNT)
        assert sent.event["detail"]["id"] == shutdown.id
        assert [observed.id in email.body for email in cloud.emails()] == [True], "nobody is told anything else"
