"""docs/reporting-findings.md and docs/schemas: what they accept is accepted, what they refuse is refused."""

import json
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.commands import MAX_TEXT, Call, answer, read_call, read_command
from ses_reputation.domain.categories import Category
from ses_reputation.domain.decisions import Command, Decide, Decision, carry_out
from ses_reputation.domain.lifecycle import Stage
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import MAX_SCOPE, Scope
from ses_reputation.domain.standing import Act, Actor, Finding, Standing
from ses_reputation.finding_events import FINDING_REPORTED
from ses_reputation.listen import Listened
from ses_reputation.operate import Contended, Done
from ses_reputation.receive import Outcome, Received, receive_finding
from ses_reputation.ses_status_events import ReceivedStatement
from ses_reputation_local.cloud import LocalCloud

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/reporting-findings.md").read_text()
NOW = datetime(2026, 3, 6, 9, tzinfo=UTC)
ACME = Scope("tenant/acme")
FINDING = "5d1c0a7be4"


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "docs/schemas" / name).read_text())
    Draft202012Validator.check_schema(found)
    return found


EVENT = schema("finding-reported.json")
COMMAND = schema("operate-command.json")
ANSWER = schema("operate-answer.json")


def accepts(schema: Mapping[str, Any], document: object) -> bool:
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return bool(validator.is_valid(document))


def operate(command: Command, act: Act, now: datetime) -> Done:
    """What the lifecycle does with a command, if acme has a finding about spamtraps that is on probation."""
    spamtrap = Finding(FINDING, Category.SPAMTRAP, Stage.PROBATION, NOW, NOW, NOW)
    standing = Standing(command.scope)
    if command.scope == ACME:
        standing = standing.with_finding(spamtrap)
    after, _ = carry_out(standing, command, act, now, Policy())
    return Done(command.scope, after.status, spamtrap, changed=True)


def listen(received: ReceivedStatement) -> Listened:
    raise AssertionError(f"{received} is no report")


def receive(detail: object) -> Received:
    event = {
        "id": "0d079340-135a-c8c6-95c2-41fb8f496c53",
        "detail-type": FINDING_REPORTED,
        "source": "trap-monitor",
        "account": "123456789012",
        "region": "eu-west-1",
        "detail": detail,
    }
    invocation = {"received": NOW.isoformat(), "event": event}
    return receive_finding(invocation, "123456789012", "eu-west-1", operate, listen, lambda _event, _reason: None)


def command(document: object, proven: str | None = None) -> int:
    return answer(Call(document, "request-1", NOW, proven), operate).status.value


REPORT: Mapping[str, Any] = {"scope": "tenant/acme", "category": "spamtrap", "evidence": "14 hits since Monday"}


@pytest.mark.parametrize(
    "detail",
    [
        pytest.param(REPORT, id="what is needed"),
        pytest.param({**REPORT, "source": None, "observed": None}, id="what is left out as null"),
        *(pytest.param(example, id=f"example about {example['category']}") for example in EVENT["examples"]),
    ],
)
def test_a_report_that_the_schema_accepts_is_carried_out(detail: dict[str, Any]) -> None:
    assert accepts(EVENT, detail)
    assert receive(detail).outcome in {Outcome.CHANGED, Outcome.EVIDENCE}


@pytest.mark.parametrize(
    "detail",
    [
        pytest.param({**REPORT, "scope": "acme"}, id="a scope of no kind"),
        pytest.param({**REPORT, "scope": "account/acme"}, id="an account with a name"),
        pytest.param({**REPORT, "scope": "tenant/"}, id="a tenant without a name"),
        pytest.param({**REPORT, "scope": f"tenant/{'x' * MAX_SCOPE}"}, id="a scope that is too long"),
        pytest.param({**REPORT, "category": "bounce_rate"}, id="a category that is measured"),
        pytest.param({**REPORT, "category": "spam"}, id="no category"),
        pytest.param({**REPORT, "evidence": ""}, id="no evidence"),
        pytest.param({**REPORT, "evidence": " \n"}, id="blank evidence"),
        pytest.param({**REPORT, "evidence": "x" * (MAX_TEXT + 1)}, id="evidence that is too long"),
        pytest.param({**REPORT, "evidence": ["14 hits"]}, id="evidence in a list"),
        pytest.param({**REPORT, "severity": "warning"}, id="no severity"),
        pytest.param({**REPORT, "source": ""}, id="an empty source"),
        pytest.param({**REPORT, "observed": "2026-03-06T08:15:00"}, id="a time without a zone"),
        pytest.param({**REPORT, "observed": "yesterday"}, id="no time"),
        pytest.param({**REPORT, "version": 2}, id="a version to come"),
        pytest.param({**REPORT, "note": "urgent"}, id="a field too many"),
        pytest.param({name: REPORT[name] for name in ("scope", "category")}, id="a field that is missing"),
        pytest.param([REPORT], id="a list"),
        pytest.param("spamtrap", id="a text"),
    ],
)
def test_a_report_that_the_schema_refuses_is_set_apart(detail: object) -> None:
    assert not accepts(EVENT, detail)
    assert receive(detail).outcome is Outcome.SET_APART


DECIDE: Mapping[str, Any] = {
    "command": "decide",
    "scope": "tenant/acme",
    "finding": FINDING,
    "decision": "lift",
    "note": "It was a test.",
}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({**REPORT, "command": "report"}, id="a report"),
        *(
            pytest.param(example, id=f"example {number} of {example['command']}")
            for number, example in enumerate(COMMAND["examples"], 1)
        ),
    ],
)
def test_a_command_that_the_schema_accepts_is_carried_out(document: dict[str, Any]) -> None:
    assert accepts(COMMAND, document)
    assert command(document, None if "by" in document else "arn:aws:iam::123456789012:user/mira") == 200


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({**DECIDE, "command": "close"}, id="no command"),
        pytest.param({**DECIDE, "decision": "forgive"}, id="no decision"),
        pytest.param({**DECIDE, "note": ""}, id="a decision without a reason"),
        pytest.param({**DECIDE, "decision": "extend", "days": 0}, id="no days"),
        pytest.param({**DECIDE, "decision": "extend", "days": 366}, id="too many days"),
        pytest.param({**DECIDE, "decision": "extend", "days": "7"}, id="days in a text"),
        pytest.param({**DECIDE, "decision": "reinstate", "to": "shutdown"}, id="reinstated to a shutdown"),
        pytest.param({**DECIDE, "seen": 1.5}, id="half a revision"),
        pytest.param({**DECIDE, "evidence": "14 hits"}, id="a field of another command"),
        pytest.param({**DECIDE, "id": " "}, id="a blank id"),
        pytest.param({**REPORT, "command": "report", "category": "complaint_rate"}, id="a rate is reported"),
        pytest.param(REPORT, id="no word of what to do"),
        pytest.param({**DECIDE, "scope": "everybody"}, id="no scope"),
        pytest.param({**DECIDE, "finding": None}, id="no finding"),
    ],
)
def test_a_command_that_the_schema_refuses_is_not_carried_out(document: dict[str, Any]) -> None:
    assert not accepts(COMMAND, document)
    assert command(document, "arn:aws:iam::123456789012:user/mira") in {400, 409}


def contended(_command: Command, _act: Act, _now: datetime) -> Done:
    raise Contended("others kept writing")


@pytest.mark.parametrize("status", [200, 400, 409, 503])
def test_every_answer_of_operate_is_a_row_with_its_fields(status: int) -> None:
    document = {**DECIDE, "by": "mira"}
    given = {
        200: answer(Call(document, "1", NOW), operate),
        400: answer(Call({}, "1", NOW), operate),
        409: answer(Call({**document, "decision": "reinstate"}, "1", NOW), operate),
        503: answer(Call(document, "1", NOW), contended),
    }[status]
    assert given.status.value == status
    assert accepts(ANSWER, msgspec.json.decode(msgspec.json.encode(given.body)))
    fields = ", ".join(f'"{name}"' for name in given.body)
    assert f"| {status} | `{{{fields}}}` |" in PAGE


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def evidence(cloud: LocalCloud, scope: Scope) -> list[str]:
    """What was reported about spamtraps of a scope."""
    standings = DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    finding = standings.read(scope).standing.findings.get(Category.SPAMTRAP)
    return [observation.text for observation in finding.evidence] if finding else []


def test_the_examples_of_an_event_open_a_finding_and_add_to_its_evidence() -> None:
    (python,) = blocks("python")
    with LocalCloud() as cloud:
        exec(compile(python, "docs/reporting-findings.md", "exec"), {})  # noqa: S102 - it is what people will copy
        cloud.deliver()
        assert evidence(cloud, ACME) == ["14 hits since Monday, from news@acme.example"]
        (entry,) = put_entries(blocks("sh")[0], cloud.resources["FindingBus"])
        assert entry["EventBusName"] == cloud.resources["FindingBus"]
        assert cloud.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
        cloud.deliver()
        assert evidence(cloud, ACME)[1:] == ["14 hits since Monday"]


def put_entries(script: str, bus: str) -> Any:
    """The entries that a script has the aws command put, if that says the name of the bus to everything else."""
    aws = f"""aws() {{ if [ "$1 $2 $3" = "events put-events --entries" ]; then echo "$4"; else echo {bus}; fi; }}"""
    run = subprocess.run(["bash", "-euc", f"{aws}\n{script}"], capture_output=True, text=True, check=True)  # noqa: S603, S607
    return json.loads(run.stdout)


def test_the_examples_of_commands_are_commands() -> None:
    _, _, _, curl, invoke = blocks("sh")
    (posted,) = re.findall(r"--data '(.*?)'", curl)
    (sent,) = re.findall(r"--payload '(.*?)'", invoke)
    assert accepts(COMMAND, json.loads(posted))
    assert "by" not in json.loads(posted)
    assert accepts(COMMAND, json.loads(sent))
    assert command(json.loads(sent)) == 200


def test_the_example_of_a_click_in_the_widget_is_a_command() -> None:
    click = json.loads(blocks("json")[1])
    decide, act = read_command(read_call(click, "request-1", NOW))
    assert decide == Decide(Scope("tenant/lucky-deals"), "57d77a092d", Decision.LIFT, seen=4)
    assert act == Act(click["id"], Actor("mira, in CloudWatch", proven=False), "it was another tenant")


def test_the_permission_is_one_on_the_bus() -> None:
    statement, _ = map(json.loads, blocks("json"))
    assert statement["Action"] == "events:PutEvents"
    assert statement["Resource"].endswith(":event-bus/ses-reputation")
