"""People are told of a provider's outage: what was seen, whether it counts here, that it does at SES, what to type."""

import json
import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from ses_reputation.domain.changes import OutageEvent, outage_change
from ses_reputation.domain.outages import Outage, OutageStage, Tally
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Act, Actor
from ses_reputation.notices.alert import Alert, OutageAlert, alert_of
from ses_reputation.notices.chat import chat_message
from ses_reputation.notices.email import body, subject
from ses_reputation.notices.page import page
from ses_reputation.notices.vocabulary import Vocabulary
from tests.test_notices import HOSTILE_SCOPES, is_a_subject, unfilled, unfolded

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
GMAIL = Scope("provider/gmail")
SUSPECTED = Outage("52916bc6ca", "gmail", NOON - 2 * HOUR, NOON, Tally(450, 600), Tally(15, 1500))
OVER = replace(SUSPECTED, end=NOON)
CONFIRMED = replace(OVER, stage=OutageStage.CONFIRMED, decided=NOON, revision=2)
DISMISSED = replace(OVER, stage=OutageStage.DISMISSED, decided=NOON, revision=2)
ACT = Act("r-1", Actor("arn:aws:iam::123456789012:user/ann", proven=True), "their status page says so")


def alert(
    event: OutageEvent, outage: Outage, act: Act | None = None, *, hold: bool = False, scope: Scope = GMAIL
) -> OutageAlert:
    policy = Policy(hold_outages=hold)
    told = alert_of(outage_change(scope, outage, event, NOON, policy, act), policy, "123456789012", "eu-west-1")
    assert isinstance(told, OutageAlert)
    return told


ALERTS = {
    "found": alert(OutageEvent.FOUND, SUSPECTED),
    "found and held": alert(OutageEvent.FOUND, SUSPECTED, hold=True),
    "over": alert(OutageEvent.OVER, OVER),
    "confirmed and over": alert(OutageEvent.OVER, CONFIRMED),
    "confirmed": alert(OutageEvent.CONFIRMED, CONFIRMED, ACT),
    "confirmed while it goes on": alert(OutageEvent.CONFIRMED, replace(CONFIRMED, end=None), ACT),
    "dismissed": alert(OutageEvent.DISMISSED, DISMISSED, ACT),
}


@pytest.mark.parametrize("each", ALERTS.values(), ids=ALERTS)
@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_an_outage_reads_well_everywhere(each: OutageAlert, vocabulary: Vocabulary) -> None:
    line, mail, message = subject(each, vocabulary), body(each, vocabulary), json.loads(chat_message(each, vocabulary))
    assert is_a_subject(line)
    assert mail.startswith(f"{line}\n\nWhy\n")
    assert max(map(len, mail.splitlines()[1:])) <= 79
    assert not re.findall(r"[{}]|\bNone\b", line + mail + page(each, vocabulary))
    assert not unfilled(mail)
    assert message["metadata"]["eventType"] == "provider-outage"
    assert len(message["content"]["nextSteps"]) <= 5


def test_the_numbers_and_the_commands_are_told() -> None:
    told = unfolded(body(ALERTS["found"]))
    assert subject(ALERTS["found"]) == "provider/gmail: outage suspected"
    assert "2026-03-20 10:00 UTC to now" in told
    assert "450 of 600 recipients (75 %)" in told
    assert "15 of 1,500 recipients (1 %)" in told
    assert 'ses-reputation decide 52916bc6ca confirm --note "why"' in told
    assert 'ses-reputation decide 52916bc6ca dismiss --note "why"' in told
    assert "2026-03-20 10:00 UTC to 2026-03-20 12:00 UTC" in unfolded(body(ALERTS["over"]))


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("found", "count in every bounce rate, here as at SES until somebody has decided"),
        ("found and held", "are in no bounce rate until somebody has decided. SES counts them all the same"),
        ("over", "count in every bounce rate, here as at SES until somebody has decided"),
        ("confirmed", "are in no bounce rate. SES counts them all the same"),
        ("confirmed and over", "are in no bounce rate. SES counts them all the same"),
        ("dismissed", "count in every bounce rate from now on, here as at SES."),
    ],
)
def test_it_is_said_whether_it_counts_here_and_that_it_does_at_ses(name: str, here: str) -> None:
    assert here in unfolded(body(ALERTS[name]))


def test_who_has_decided_and_why_is_told() -> None:
    told = unfolded(body(ALERTS["dismissed"]))
    assert "user/ann (as IAM proves)" in told
    assert "their status page says so" in told
    assert "Who decided" not in body(ALERTS["over"])
    assert "You are told when it is over" in unfolded(body(ALERTS["confirmed while it goes on"]))
    assert "You are told when it is over" not in unfolded(body(ALERTS["confirmed"]))


@pytest.mark.parametrize("each", ALERTS.values(), ids=ALERTS)
def test_an_alert_that_waited_in_the_outbox_reads_the_same(each: OutageAlert) -> None:
    read: Alert = msgspec.json.decode(msgspec.json.encode(each), type=Alert)
    assert read == each
    assert body(read) == body(each)


@pytest.mark.parametrize("scope", HOSTILE_SCOPES)
def test_a_subject_is_short_and_printable_whatever_the_provider(scope: Scope) -> None:
    assert is_a_subject(subject(alert(OutageEvent.FOUND, replace(SUSPECTED, provider=scope), scope=scope)))


def test_programs_get_the_numbers() -> None:
    document = msgspec.to_builtins(ALERTS["found and held"])
    assert (document["kind"], document["cause"], document["held"], document["scope"]) == (
        "provider-outage",
        "found",
        True,
        "provider/gmail",
    )
    assert tuple(document["outage"]["allowed"]) == ("confirm", "dismiss")
    assert (document["outage"]["bounced"], document["outage"]["recipients"]) == (450, 600)
