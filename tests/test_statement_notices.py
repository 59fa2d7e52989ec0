"""The texts about what SES tells by itself: every type of finding, and who has switched sending on or off."""

import json
import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace
from rich.console import Console

from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.statements import SENDING, SUSPICIONS, SendingStatus, SesFinding, Statement
from ses_reputation.domain.verdict import Verdict, VerdictChange, hear
from ses_reputation.notices.alert import Alert, SesAlert, ses_alert_of
from ses_reputation.notices.chat import MAX_TITLE, chat_message
from ses_reputation.notices.email import body, subject
from ses_reputation.notices.page import page
from ses_reputation.notices.statements import TYPES
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation_cli.history import print_news
from tests.test_notices import HOSTILE_SCOPES, is_a_subject, unfilled, unfolded

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
SHOP = Scope("tenant/shop-7")
SAID = "The rate exceeded 15.0%."


def found(kind: str = "BOUNCE", impact: str | None = "HIGH", *, is_open: bool = True) -> SesFinding:
    return SesFinding(kind, impact, SAID, is_open, NOON if is_open else LATER, since=NOON)


def switched(status: str = "DISABLED", origin: str = "AWS_MANAGED", cause: str = "") -> SendingStatus:
    return SendingStatus(origin, status, SENDING[status], cause, NOON if status == "DISABLED" else LATER)


def change(*statements: Statement, scope: Scope = SHOP) -> VerdictChange:
    """What is told of the last of these."""
    verdict, told = Verdict(scope, NOON), None
    for said in statements:
        result = hear(verdict, said, LATER)
        verdict, told = result.verdict, result.change
    assert told
    return told


def alert(*statements: Statement, scope: Scope = SHOP) -> SesAlert:
    told = ses_alert_of(change(*statements, scope=scope), "123456789012", "eu-west-1")
    assert isinstance(told, SesAlert)
    return told


def text(*statements: Statement, scope: Scope = SHOP) -> str:
    return unfolded(body(alert(*statements, scope=scope)))


OFF, BY_US, ON = switched(), switched(origin="CUSTOMER_MANAGED"), switched("ENABLED")
ALERTS = {
    **{f"{kind} found": alert(found(kind)) for kind in (*TYPES, "SOMETHING_NEW", "UNKNOWN")},
    "without an impact": alert(found(impact=None)),
    "solved": alert(found(), found(is_open=False)),
    "solved, and another is open": alert(found("SPF", "LOW"), found(), found(is_open=False)),
    "solved, but still off": alert(OFF, found(), found(is_open=False)),
    "off by SES": alert(OFF),
    "off on our side": alert(BY_US),
    "off by somebody else": alert(switched(origin="TRUST_SAFETY")),
    "on again": alert(OFF, ON),
    "reinstated": alert(BY_US, switched("REINSTATED", "CUSTOMER_MANAGED")),
    "on again, but still off": alert(OFF, BY_US, ON),
    "of the account": alert(found(), scope=ACCOUNT),
}


@pytest.mark.parametrize("each", ALERTS.values(), ids=ALERTS)
@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_what_ses_tells_reads_well_everywhere(each: SesAlert, vocabulary: Vocabulary) -> None:
    line, mail = subject(each, vocabulary), body(each, vocabulary)
    message = json.loads(chat_message(each, vocabulary))
    assert is_a_subject(line)
    assert mail.startswith(f"{line}\n\nWhy\n")
    assert "\nWhat happens next\n" in mail
    assert max(map(len, mail.splitlines()[1:])) <= 79
    assert not re.findall(r"[{}]|\bNone\b", line + mail + page(each, vocabulary))
    assert len(message["content"]["title"]) <= MAX_TITLE
    assert len(message["content"].get("nextSteps", [])) <= 5
    assert "Why" in page(each, vocabulary)


def test_no_text_says_what_nobody_reads() -> None:
    assert not unfilled(text(found("SPF")))
    assert "What to do" not in body(ALERTS["on again"]) + body(ALERTS["solved"])


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("BOUNCE found", "SES has found a HIGH bounce problem of tenant/shop-7"),
        ("IP_LISTING found", "SES has found a HIGH blocklist problem of tenant/shop-7"),
        ("SOMETHING_NEW found", "SES has found a HIGH SOMETHING_NEW problem of tenant/shop-7"),
        ("without an impact", "SES has found a bounce problem of tenant/shop-7"),
        ("solved", "SES says it is solved: HIGH bounce problem of tenant/shop-7"),
        ("off by SES", "SES has stopped tenant/shop-7"),
        ("off on our side", "Sending of tenant/shop-7 switched off on your side"),
        ("off by somebody else", "Sending of tenant/shop-7 switched off by TRUST_SAFETY"),
        ("on again", "Sending of tenant/shop-7 switched on again by SES"),
        ("on again, but still off", "Sending of tenant/shop-7 switched on again by SES, but still off"),
        ("of the account", "SES has found a HIGH bounce problem of account"),
    ],
)
def test_a_subject_says_what_ses_said(name: str, line: str) -> None:
    assert subject(ALERTS[name]) == line


def test_a_problem_comes_with_ses_s_words_and_with_what_helps() -> None:
    told = text(found())
    assert f"Amazon SES: {SAID}" in told
    assert "Stop mailing the addresses that bounced" in told
    assert "Standard pauses the tenant at the impact HIGH" in told
    assert "publish the DNS records" in text(found("DKIM"))
    assert "it says what to do about it" in text(found("SOMETHING_NEW"))
    assert "reputation policy" not in text(found(), scope=ACCOUNT), "only tenants have one"


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_suspected_here_is_said_to_be(kind: str) -> None:
    assert ("Here it is a suspected finding" in text(found(kind))) == (kind in SUSPICIONS)


def test_a_pause_on_our_side_is_said_to_be_perhaps_our_own() -> None:
    told = text(switched(origin="CUSTOMER_MANAGED", cause="Status manually updated."))
    assert "by a person, by a program, or by SES Reputation itself" in told
    assert "Amazon SES: Status manually updated." in told
    assert "SES Reputation itself" not in text(OFF)


def test_it_is_said_whether_mail_flows_whoever_has_switched_what() -> None:
    assert "Sending off, by SES, on your side" in text(OFF, BY_US)
    assert "It is still off, though: on your side." in text(OFF, BY_US, ON)
    assert "Mail can go out again." in text(OFF, ON)
    assert "it overlooks them" in text(BY_US, switched("REINSTATED", "CUSTOMER_MANAGED"))
    assert "You are told when it is on again." in text(OFF, found(), found(is_open=False))


@pytest.mark.parametrize("scope", HOSTILE_SCOPES)
def test_the_subject_is_short_and_printable_whatever_the_scope_and_ses_s_words(scope: Scope) -> None:
    word = "W" * 24
    for said in (found(word, word), switched(origin=word), OFF):
        assert is_a_subject(subject(alert(said, scope=scope)))
    assert is_a_subject(subject(alert(found(word, word), found(word, word, is_open=False), scope=scope)))


@pytest.mark.parametrize("each", ALERTS.values(), ids=ALERTS)
def test_an_alert_that_waited_in_the_outbox_reads_the_same(each: SesAlert) -> None:
    read: Alert = msgspec.json.decode(msgspec.json.encode(each), type=Alert)
    assert read == each
    assert (body(read), chat_message(read), page(read)) == (body(each), chat_message(each), page(each))


def test_an_alert_of_an_earlier_release_is_still_read() -> None:
    document = msgspec.to_builtins(alert(found()))
    for field in ("findings", "sending"):
        del document["verdict_before"][field], document["verdict_after"][field]
    del document["said"]
    read = msgspec.convert(document, Alert)
    assert isinstance(read, SesAlert)
    assert (read.said, read.verdict_after.findings) == (None, ())


def test_the_history_has_it_in_one_line() -> None:
    console = Console(record=True, width=200)
    print_news(console, [change(found()), replace(change(OFF), scope=ACCOUNT)], Vocabulary.CLASSIC, with_scope=False)
    assert [line.split("  ")[-1] for line in console.export_text().splitlines()] == [
        "SES has found a HIGH bounce problem of tenant/shop-7",
        "SES has stopped tenant/shop-7",
    ]


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (True, False, "SES itself: HEALTHY -> HEALTHY, sending off"),
        (False, True, "SES itself: HEALTHY, sending off -> HEALTHY"),
    ],
    ids=["stopped", "let send again"],
)
def test_the_history_says_that_ses_stopped_an_account_that_stays_healthy(before: bool, after: bool, line: str) -> None:
    was, is_ = (Verdict(ACCOUNT, NOON, enforcement="HEALTHY", sending_enabled=sends) for sends in (before, after))
    console = Console(record=True, width=200)
    print_news(console, [VerdictChange("id", NOON, ACCOUNT, was, is_)], Vocabulary.CLASSIC)
    assert console.export_text().endswith(f"{line}\n")
