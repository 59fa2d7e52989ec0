"""What people and programs are told about what was done at SES."""

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from msgspec.structs import replace

from docs.generators import enforcement as tables
from ses_reputation.domain.categories import Category
from ses_reputation.domain.enforcement import Action, Enforced, Mode, State
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Finding
from ses_reputation.notices.alert import Alert, EnforcementAlert, enforcement_alert_of
from ses_reputation.notices.chat import chat_message
from ses_reputation.notices.email import body, subject
from ses_reputation.notices.page import page
from ses_reputation.notices.vocabulary import Vocabulary
from tests.test_notices import HOSTILE_SCOPES, OTHER_WORDS, is_a_subject, unfilled

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
ARN = "arn:aws:ses:eu-west-1:123456789012:tenant/acme/tn-1"
TENANT, SET = Scope("tenant/acme"), Scope("configuration-set/newsletter")
FINDING = Finding("5d1c0a7be4", Category.SPAMTRAP, Stage.SHUTDOWN, opened=NOON, since=NOON, stage_since=NOON)
SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parents[1] / "docs" / "schemas" / "enforcement-alert.json").read_text())
)


def told(action: Action = Action.PAUSED, scope: Scope = TENANT, mode: Mode = Mode.ENFORCE, **more: str) -> Alert:
    target = ARN if scope == TENANT else ""
    news = Enforced("9ff3", NOON, scope, action, mode, Status.SHUTDOWN, FINDING, target, setting="ENABLED")
    return enforcement_alert_of(replace(news, **more), "123456789012", "eu-west-1")


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_every_action_reads_well_everywhere(action: Action, vocabulary: Vocabulary) -> None:
    for mode in Mode:
        for scope in (ACCOUNT, SET, TENANT):
            alert = told(action, scope, mode, reason="SES has no tenant acme", stopped_by_ses="Too many bounces.")
            text, line, chat = (
                body(alert, vocabulary),
                subject(alert, vocabulary),
                json.loads(chat_message(alert, vocabulary)),
            )
            assert line.startswith(f"SES sending of {scope}: ")
            assert is_a_subject(line)
            for section in ("What was done", "Why", "What happens next"):
                assert f"\n{section}\n  " in text
            assert max(len(each) for each in text.splitlines() if not each.startswith("    aws ")) <= 79
            assert "\nFinding 5d1c0a7be4\n" in text
            assert FINDING.id in chat["metadata"]["threadId"], "in the thread of the finding"
            everything = "\n".join([line, text, page(alert, vocabulary), chat["content"]["description"]])
            assert not unfilled(everything)
            words = re.sub("[Pp]aused?|sending pause", "", everything)
            assert not OTHER_WORDS[vocabulary].search(words)


@pytest.mark.parametrize("scope", HOSTILE_SCOPES)
def test_a_subject_is_short_and_printable_whatever_the_scope(scope: Scope) -> None:
    for action in Action:
        alert = told(action, scope)
        assert is_a_subject(subject(alert))
        assert "\x00" not in body(alert) + chat_message(alert)


def test_only_what_is_observed_says_how_to_let_it_be_done() -> None:
    assert "Name tenant in the parameter EnforceScopes" in " ".join(body(told(Action.WOULD_PAUSE)).split())
    assert "EnforceScopes" not in body(told())


def test_that_the_whole_account_is_paused_is_said_as_it_is() -> None:
    included = "password resets included"
    assert included in " ".join(body(told(scope=ACCOUNT)).split())
    assert included not in " ".join(body(told()).split())


def test_that_a_configuration_set_is_measured_anew_is_said() -> None:
    anew = "SES measures the rates of this configuration set anew"
    assert anew in " ".join(body(told(Action.RESUMED, SET)).split())
    assert anew not in " ".join(body(told(Action.RESUMED)).split())


RESUME_TENANT = (
    "aws sesv2 update-reputation-entity-customer-managed-status --reputation-entity-type RESOURCE "
    f"--reputation-entity-reference {ARN} --sending-status ENABLED --region eu-west-1"
)


@pytest.mark.parametrize(
    ("alert", "command"),
    [
        pytest.param(told(), RESUME_TENANT, id="undo the pause of a tenant"),
        pytest.param(
            told(setting="REINSTATED"),
            RESUME_TENANT.replace("ENABLED", "REINSTATED"),
            id="a tenant that was reinstated",
        ),
        pytest.param(told(Action.RESUMED), RESUME_TENANT.replace("ENABLED", "DISABLED"), id="undo a resumption"),
        pytest.param(
            told(scope=SET),
            "aws sesv2 put-configuration-set-sending-options --configuration-set-name newsletter --sending-enabled "
            "--region eu-west-1",
            id="undo the pause of a configuration set",
        ),
        pytest.param(
            told(Action.WOULD_PAUSE, SET),
            "aws sesv2 put-configuration-set-sending-options --configuration-set-name newsletter --no-sending-enabled "
            "--region eu-west-1",
            id="do what was only observed",
        ),
        pytest.param(
            told(scope=ACCOUNT),
            "aws sesv2 put-account-sending-attributes --sending-enabled --region eu-west-1",
            id="undo the pause of the account",
        ),
        pytest.param(told(Action.LEFT_TO_SES, ACCOUNT), "", id="what only SES can lift"),
        pytest.param(told(Action.PAUSE_FAILED, target=""), "", id="a tenant that SES did not tell of"),
        pytest.param(told(scope=Scope("configuration-set/a\nb")), "", id="no name that can be typed"),
    ],
)
def test_a_person_can_do_by_hand_what_was_not_done_or_undo_what_was(alert: Alert, command: str) -> None:
    assert isinstance(alert, EnforcementAlert)
    assert alert.by_hand == command
    assert command in body(alert)


def test_a_name_is_quoted_for_the_shell() -> None:
    alert = told(scope=Scope("configuration-set/a b; rm -r *"))
    assert isinstance(alert, EnforcementAlert)
    assert "a b; rm -r *" in shlex.split(alert.by_hand)


@pytest.mark.parametrize("action", Action)
def test_a_program_gets_a_document_that_the_schema_describes(action: Action) -> None:
    for scope in (ACCOUNT, SET, TENANT):
        document = msgspec.to_builtins(told(action, scope), enc_hook=str)
        SCHEMA.validate(json.loads(msgspec.json.encode(document)))
        assert document["kind"] == "enforcement"
        assert msgspec.convert(document, type=Alert) == told(action, scope)


def test_the_schema_refuses_another_document() -> None:
    document = json.loads(msgspec.json.encode(told()))
    for wrong in ({"action": "stopped"}, {"mode": "maybe"}, {"scope_kind": "tag"}, {"kind": "reminder"}):
        assert not SCHEMA.is_valid({**document, **wrong})


def test_every_action_and_every_state_is_a_row_of_the_documentation() -> None:
    assert [f"| `{action}` |" in tables.actions() for action in Action] == [True] * len(Action)
    assert [f"| `{state}` |" in tables.states() for state in State] == [True] * len(State)
