"""examples/: each is deployed beside the application, in one cloud, and does what it says with what really comes."""

import ast
import contextlib
import io
import json
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs, to_builtins

from examples.report_a_finding.reporter import report_finding
from examples.report_a_finding.reporter.report_finding import NotReported, findings_of, report
from examples.subscribe_to_status_changes import send_campaign
from examples.subscribe_to_status_changes.keep_status import handler
from examples.subscribe_to_status_changes.keep_status.handler import keep, order_of
from examples.subscribe_to_status_changes.send_campaign import (
    ASK_EVERY,
    REFUSED_IN_A_ROW,
    STOPPING,
    Campaign,
    Stopped,
    stopped,
)
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.adapters.status_topic import ATTRIBUTES
from ses_reputation.domain.categories import Category, Severity
from ses_reputation.domain.changes import Change
from ses_reputation.domain.connections import Stream, Wanted
from ses_reputation.domain.decisions import (
    ChangesMade,
    CommandRefused,
    Decide,
    Decision,
    ReinstateTo,
    Report,
    Withdraw,
    allowed,
    carry_out,
)
from ses_reputation.domain.lifecycle import STAGE_STATUS, Stage, Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind, parse_scope, scope
from ses_reputation.domain.standing import Act, Actor, Standing
from ses_reputation.finding_events import FINDING_REPORTED
from ses_reputation.notices.alert import VERSION, FindingDocument, alert_of
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.replay import TOPICS
from ses_reputation_local.ses_mail import Publication
from ses_reputation_local.stories import read_story
from ses_reputation_local.template import read_source
from tests.access import listed, statements_of
from tests.command import Command

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
TEMPLATE = read_source(ROOT / "template.yaml")
SUBSCRIBER = read_source(EXAMPLES / "subscribe_to_status_changes/template.yaml")
FILTER = SUBSCRIBER["Resources"]["KeepStatus"]["Properties"]["Events"]["StatusChange"]["Properties"]["FilterPolicy"]
HILL_BIKES = Scope("tenant/hill-bikes")
CAMPAIGN = "tag/campaign=spring"
READERS = [f"reader-{n}@mailbox.example" for n in range(ASK_EVERY + 2)]
MORNING = datetime(2026, 3, 6, 9, tzinfo=UTC)


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    """The application, and beside it the stacks of two programs that build on it."""
    with LocalCloud() as cloud:
        cloud.now = MORNING
        cloud.deploy("campaigns", EXAMPLES / "subscribe_to_status_changes/template.yaml")
        cloud.deploy("abuse", EXAMPLES / "report_a_finding/template.yaml", {"SesReputationStack": "ses-reputation"})
        yield cloud


def standing(cloud: LocalCloud, about: Scope) -> Standing:
    return DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"]).read(about).standing


def kept(cloud: LocalCloud, scope: str) -> dict[str, str]:
    """What the subscriber has in its table of a scope: the status of each category."""
    return {category: status for category, (status, _) in items(cloud, scope).items()}


def items(cloud: LocalCloud, scope: str) -> dict[str, tuple[str, str | None]]:
    """The same, and since when it has it."""
    answer = cloud.client("dynamodb").query(
        TableName=cloud.resources["campaigns/Statuses"],
        KeyConditionExpression="#scope = :scope",
        ExpressionAttributeNames={"#scope": "scope"},
        ExpressionAttributeValues={":scope": {"S": scope}},
    )
    return {item["category"]["S"]: (item["status"]["S"], item.get("since", {}).get("S")) for item in answer["Items"]}


def stops(cloud: LocalCloud, *scopes: str) -> list[str]:
    return stopped(cloud.client("dynamodb"), cloud.resources["campaigns/Statuses"], scopes)


def decide(cloud: LocalCloud, scope: Scope, decision: str) -> None:
    (finding,) = standing(cloud, scope).findings.values()
    decided = {"command": "decide", "scope": scope, "finding": finding.id, "decision": decision, "note": "seen"}
    assert cloud.call("Operate", decided).status == 200
    cloud.now += timedelta(minutes=1)
    cloud.deliver()


# -- A program that hears of status changes ----------------------------------------------------------------------------


def test_a_story_stops_and_releases_a_tenant_in_the_table_of_another_stack(cloud: LocalCloud) -> None:
    """From SES's events to the sender: nothing is handed over but by topics, queues and tables."""
    shut_down = datetime(2026, 5, 6, tzinfo=UTC)
    for event in read_story(ROOT / "events/stories/second-chance.toml").events():
        if isinstance(event, Publication) and event.time < shut_down and "hill-bikes" in event.message:
            cloud.publish_all(TOPICS[event.topic], [event.message])
    cloud.deliver()
    cloud.tick(shut_down, ["EvaluateReputation"])
    assert kept(cloud, HILL_BIKES) == {"bounce_rate": "Probation"}
    assert stops(cloud, HILL_BIKES) == []
    decide(cloud, HILL_BIKES, "shutdown")
    assert kept(cloud, HILL_BIKES) == {"bounce_rate": "Shutdown"}
    assert stops(cloud, "account", "configuration-set/shared", HILL_BIKES) == [HILL_BIKES]
    decide(cloud, HILL_BIKES, "reinstate")
    assert kept(cloud, HILL_BIKES) == {"bounce_rate": "Probation"}
    assert stops(cloud, "account", HILL_BIKES) == []


def call_campaign(cloud: LocalCloud, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a command line that sends a campaign, and all that it sends with."""
    cloud.ses.configuration_sets.add("newsletter")
    cloud.ses.verify("shop.example")
    text = folder / "spring.txt"
    text.write_text("It is here.")
    given = {"table": cloud.resources["campaigns/Statuses"], "configuration-set": "newsletter", "text": str(text)}
    given |= {"sender": "news@shop.example", "subject": "Spring", "scope": CAMPAIGN}
    monkeypatch.setattr("sys.argv", ["send_campaign.py", *(f"--{name}={value}" for name, value in given.items())])


@pytest.fixture
def newsletter(cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalCloud:
    """The cloud with a campaign on the command line."""
    call_campaign(cloud, tmp_path, monkeypatch)
    return cloud


def sent_to(cloud: LocalCloud) -> list[str]:
    return [recipient for sent in cloud.ses.sent for recipient in sent.message.recipients]


Send = Callable[[list[str]], tuple[int, list[str], str]]


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Send:
    """Run the campaign for some readers: its exit status, who is left, and what it says."""

    def run(readers: list[str]) -> tuple[int, list[str], str]:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{reader}\n" for reader in readers)))
        status = send_campaign.main()
        told = capsys.readouterr()
        return status, told.out.splitlines(), told.err

    return run


def shut_down(cloud: LocalCloud, scope: str) -> None:
    told = {"command": "report", "scope": scope, "category": "spamtrap", "severity": "shutdown"}
    assert cloud.invoke("Operate", {**told, "evidence": "3 hits", "by": "ana"}).error is None
    cloud.deliver()


def test_a_campaign_that_is_not_stopped_leaves_nobody(newsletter: LocalCloud, send: Send) -> None:
    assert send(READERS[:2]) == (0, [], "")
    assert sent_to(newsletter) == READERS[:2]


def test_a_campaign_stops_when_its_own_scope_is_shut_down(newsletter: LocalCloud, send: Send) -> None:
    shut_down(newsletter, CAMPAIGN)
    assert send(READERS) == (1, READERS, f"Stopped: {CAMPAIGN} may not send now\n")
    assert sent_to(newsletter) == []


def test_a_scope_of_any_kind_can_be_asked_for(cloud: LocalCloud) -> None:
    scopes = [scope(kind, "spring=sale") if kind is not ScopeKind.ACCOUNT else ACCOUNT for kind in ScopeKind]
    for each in scopes:
        shut_down(cloud, each)
    assert stops(cloud, *scopes) == scopes


def test_a_campaign_asks_again_and_again(cloud: LocalCloud) -> None:
    def send_email(**_: object) -> None:
        """The first mail makes somebody shut the campaign down."""
        if not stops(cloud, CAMPAIGN):
            shut_down(cloud, CAMPAIGN)

    ses: Any = SimpleNamespace(send_email=send_email)
    campaign = Campaign("news@shop.example", "Spring", "It is here.", "newsletter", [CAMPAIGN])
    left, table = deque(READERS), cloud.resources["campaigns/Statuses"]
    with pytest.raises(Stopped, match=CAMPAIGN):
        send_campaign.send_campaign(campaign, left, dynamodb=cloud.client("dynamodb"), table=table, ses=ses)
    assert [*left] == READERS[ASK_EVERY:]


def test_a_pause_that_the_table_does_not_know_of_loses_nobody(
    send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its configuration set was shut down, and paused at SES, before the table was there."""
    with LocalCloud({"EnforceScopes": "configuration-set"}) as cloud:
        cloud.ses.configuration_sets.add("newsletter")
        shut_down(cloud, "configuration-set/newsletter")
        cloud.deploy("campaigns", EXAMPLES / "subscribe_to_status_changes/template.yaml")
        call_campaign(cloud, tmp_path, monkeypatch)
        status, left, why = send(READERS)
    assert (status, left) == (1, READERS)
    assert re.match("Stopped: .*SendingPausedException.*newsletter", why)


@pytest.mark.parametrize("broken", ["SendEmail", "the table"])
def test_no_error_of_aws_loses_anybody(
    newsletter: LocalCloud, send: Send, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    if broken == "the table":
        monkeypatch.setattr("sys.argv", [*sys.argv, "--table=gone"])
    else:
        newsletter.ses.fail(broken, "LimitExceededException")
    status, left, why = send(READERS)
    assert (status, left) == (1, READERS)
    assert re.match("Stopped: .*(LimitExceeded|ResourceNotFound)Exception", why)


def test_an_address_that_is_refused_keeps_nobody_else_from_the_campaign(newsletter: LocalCloud, send: Send) -> None:
    status, left, why = send(["no address", READERS[0], "nor this", *READERS[1:4]])
    assert (status, left) == (1, ["no address", "nor this"])
    assert [line.partition(":")[0] for line in why.splitlines()] == left
    assert sent_to(newsletter) == READERS[:4]


def test_a_sandbox_refuses_one_recipient_and_takes_the_next(newsletter: LocalCloud, send: Send) -> None:
    newsletter.ses.production_access = False
    newsletter.ses.verify(READERS[1])
    status, left, why = send(READERS[:2])
    assert (status, left) == (1, READERS[:1])
    assert "MessageRejected" in why
    assert sent_to(newsletter) == READERS[1:2]


def test_a_campaign_that_ses_takes_from_nobody_stops_soon(newsletter: LocalCloud, send: Send) -> None:
    newsletter.ses.identities.clear()
    status, left, why = send(READERS)
    assert (status, sorted(left)) == (1, sorted(READERS))
    assert why.count("MessageRejected") == REFUSED_IN_A_ROW
    assert why.splitlines()[-1].startswith("Stopped: ")


def alert(repeat: int = 0, revision: int = 2, **fields: object) -> dict[str, Any]:
    """As much of an alert as the program reads."""
    about = {"scope": "tenant/acme", "category": "spamtrap", "time": "2026-03-06T10:00:00Z"}
    statuses = {"before": "Probation", "after": "Shutdown"}
    finding = {"repeat": repeat, "revision": revision}
    message = json.dumps({"version": VERSION, "id": "a1", "finding": finding, **about, **statuses, **fields})
    return {"Records": [{"Sns": {"Message": message}}]}


@pytest.mark.parametrize(
    ("second", "status"),
    [
        ({"revision": 10}, "Healthy"),
        ({"revision": 1}, "Shutdown"),
        ({"revision": 2}, "Shutdown"),
        ({"repeat": 1, "revision": 1}, "Healthy"),
        ({"repeat": 1, "revision": 1, "before": "Healthy"}, "Shutdown"),
    ],
    ids=["newer", "older, and late", "the same again", "of a newer finding", "of a newer suspicion"],
)
def test_the_newest_alert_counts_in_whatever_order_they_come(
    cloud: LocalCloud, second: dict[str, Any], status: str
) -> None:
    for event in (alert(), alert(**{"after": "Healthy", **second})):
        assert cloud.invoke("campaigns/KeepStatus", event).error is None
    assert kept(cloud, "tenant/acme") == {"spamtrap": status}


def test_what_is_shut_down_again_in_the_same_second_is_shut_down(cloud: LocalCloud) -> None:
    acme = Scope("tenant/acme")
    shut_down(cloud, acme)
    (finding,) = standing(cloud, acme).findings.values()
    decided = {"command": "decide", "scope": acme, "finding": finding.id, "decision": "reinstate", "to": "healthy"}
    assert cloud.call("Operate", {**decided, "note": "seen"}).status == 200
    cloud.deliver()
    assert stops(cloud, acme) == []
    shut_down(cloud, acme)
    assert stops(cloud, acme) == [acme]


KEPT = (Category.SPAMTRAP, Category.VULNERABLE_SITE)


@st.composite
def stories(draw: st.DrawFn, about: Scope) -> tuple[Standing, list[Change]]:
    """What is reported and decided of a scope, some of it at one time, or late: how it stands then, and all changes."""
    policy = Policy(human_review=draw(st.sampled_from([frozenset(), frozenset(ScopeKind)])))
    now, changes = Standing(about), []
    for number in range(draw(st.integers(2, 12))):
        time = MORNING + timedelta(hours=draw(st.integers(-1, 1)))
        category = draw(st.sampled_from(KEPT))
        acts: list[Report | ChangesMade | Decide | Withdraw] = [
            Report(about, category, "Seen.", "a trap", severity) for severity in Severity
        ]
        if finding := now.findings.get(category):
            may = [each for each in Decision if each in allowed(finding)]
            decisions: list[Report | ChangesMade | Decide | Withdraw] = [
                Decide(about, finding.id, each, to=to) for each in may for to in ReinstateTo
            ]
            told = [ChangesMade(about, finding.id, "Mended."), Withdraw(about, category, "a trap", "Gone.")]
            acts = draw(st.sampled_from([acts, told, decisions or acts, decisions or acts]))
        with contextlib.suppress(CommandRefused):
            act = Act(f"act {number}", Actor("ana", proven=False))
            now, piece = carry_out(now, draw(st.sampled_from(acts)), act, time, policy)
            changes += [piece] if isinstance(piece, Change) else []
    return now, changes


def test_any_story_is_kept_as_it_ended_in_whatever_order_and_however_often_its_alerts_come(cloud: LocalCloud) -> None:
    numbers = count()

    @settings(max_examples=30, deadline=None)
    @given(st.data())
    def kept_as_it_ended(data: st.DataObject) -> None:
        about = Scope(f"tenant/t{next(numbers)}")
        ended, changes = data.draw(stories(about))
        alerts = [to_builtins(alert_of(change, Policy(), "123456789012", "eu-west-1")) for change in changes]
        again = data.draw(st.lists(st.sampled_from(alerts), max_size=4)) if alerts else []
        for each in data.draw(st.permutations([*alerts, *again])):
            keep(each)
        moved = {each["category"]: each["time"] for each in alerts if each["before"] != each["after"]}
        assert items(cloud, about) == {
            category: (STAGE_STATUS[ended.stage(Category(category))], since) for category, since in moved.items()
        }

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STATUSES_TABLE", cloud.resources["campaigns/Statuses"])
        handler.dynamodb.cache_clear()
        kept_as_it_ended()
        handler.dynamodb.cache_clear()


def test_status_has_what_a_table_that_begins_late_needs(cloud: LocalCloud) -> None:
    """The page says how to make items of it. Since when each has its status is not in it: that is history."""
    reported = {"command": "report", "by": "ana", "evidence": "3 hits"}
    for about, severity in (("account", "suspected"), (CAMPAIGN, "shutdown"), (HILL_BIKES, "probation")):
        told = {**reported, "scope": about, "category": "spamtrap", "severity": severity}
        assert cloud.invoke("Operate", told).error is None
    cloud.deliver()
    table = cloud.client("dynamodb").scan(TableName=cloud.resources["campaigns/Statuses"])["Items"]
    found = [
        (each["scope"], finding["category"], finding["status"], order_of(finding))
        for each in Command(MORNING).told("status")["scopes"]
        for finding in each["findings"]
        if not finding["suspected"]
    ]
    names = ("scope", "category", "status", "status_order")
    assert sorted(found) == sorted(tuple(item[name]["S"] for name in names) for item in table)
    news = Command(MORNING).told("status", CAMPAIGN)["news"]
    (since,) = [item["since"]["S"] for item in table if item["scope"]["S"] == CAMPAIGN]
    assert since in [piece["time"] for piece in news]


def test_one_finding_that_is_over_does_not_hide_another(cloud: LocalCloud) -> None:
    cloud.invoke("campaigns/KeepStatus", alert())
    cloud.invoke("campaigns/KeepStatus", alert(category="bounce_rate", after="Healthy"))
    assert stops(cloud, "tenant/acme") == ["tenant/acme"]


def test_an_alert_of_a_version_that_the_program_does_not_know_is_not_lost(cloud: LocalCloud) -> None:
    topic = cloud.resources["StatusTopic"]
    attributes = {"kind": "status-change", "scope_kind": "tenant"}
    cloud.client("sns").publish(
        TopicArn=topic,
        Message=json.dumps({"version": VERSION + 1, "id": "a2"}),
        MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()},
    )
    cloud.deliver()
    (failure,) = cloud.messages("campaigns/NotKept")
    assert "alert a2 is of version 2; this reads 1" in failure.body


def test_what_the_program_filters_by_and_stops_at_is_what_there_is() -> None:
    assert FILTER.keys() <= set(ATTRIBUTES)
    assert set(Status) > STOPPING
    assert {"repeat", "revision"} <= {field.name for field in structs.fields(FindingDocument)}


def test_the_program_on_the_page_prints_what_the_subscriber_keeps(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/building-on-it.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    with contextlib.chdir(ROOT):
        exec(program, {})  # noqa: S102 - our own page
    (item,) = ast.literal_eval(capsys.readouterr().out)
    assert (item["scope"], item["category"], item["status"]) == (
        {"S": "tenant/acme"},
        {"S": "spamtrap"},
        {"S": "Probation"},
    )


def test_the_cdk_filters_by_what_the_template_filters_by() -> None:
    """The CDK is not installed here, so its app is read and not run."""
    app = ast.parse((EXAMPLES / "with_cdk/app.py").read_text(encoding="utf-8"))
    filters = [n.value for n in app.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "FILTER"]
    assert [ast.literal_eval(each) for each in filters] == [FILTER]


# -- A program that reports findings -----------------------------------------------------------------------------------


def received(*recipients: str, spam: str = "PASS") -> dict[str, Any]:
    """What SES tells a function of a mail that it received."""
    verdicts = {"spamVerdict": {"status": spam}, "virusVerdict": {"status": "PASS"}}
    mail = {"timestamp": "2026-03-06T08:15:00.000Z", "source": "angry@mailbox.example"}
    return {"Records": [{"ses": {"mail": mail, "receipt": {"recipients": [*recipients], **verdicts}}}]}


def test_mail_to_the_abuse_mailbox_becomes_one_suspicion_a_day(cloud: LocalCloud) -> None:
    for _ in range(2):
        assert cloud.invoke("abuse/ReportFindings", received("Abuse@shop.example")).error is None
        cloud.deliver()
    (finding,) = standing(cloud, Scope("identity/shop.example")).findings.values()
    assert (finding.category, finding.stage) == (Category.DIRECT_FEEDBACK, Stage.SUSPECTED)
    (seen,) = finding.evidence
    assert (seen.source, seen.text) == ("abuse-mailbox", "Somebody wrote to the mailbox abuse of this domain.")
    assert cloud.messages("FindingDeadLetterQueue") == []


def test_spam_in_the_abuse_mailbox_is_no_finding() -> None:
    (record,) = received("abuse@shop.example", spam="FAIL")["Records"]
    assert list(findings_of(record["ses"])) == []


class Bus:
    """EventBridge, that takes what `answer` lets it: the code of an error, or nothing, for each detail."""

    def __init__(self, answer: Callable[[int, str], str | None]) -> None:
        self.calls: list[list[str]] = []
        self._answer = answer

    def put_events(self, *, Entries: list[dict[str, str]]) -> Mapping[str, Any]:  # noqa: N803 - boto3's
        self.calls.append([json.loads(entry["Detail"])["evidence"] for entry in Entries])
        codes = [self._answer(len(self.calls), text) for text in self.calls[-1]]
        entries = [{"ErrorCode": code, "ErrorMessage": "no"} if code else {"EventId": "e"} for code in codes]
        return {"FailedEntryCount": sum(code is not None for code in codes), "Entries": entries}


def put(bus: Any, count: int) -> list[float]:
    """Report so many findings; the seconds that were waited."""
    findings = [{"scope": "account", "category": "other", "evidence": str(n)} for n in range(count)]
    waited: list[float] = []
    report(findings, bus="ses-reputation", source="test", client=bus, wait=waited.append)
    return waited


def test_only_what_was_not_taken_is_put_again() -> None:
    bus = Bus(lambda call, text: "ThrottlingException" if text == "1" and call < 3 else None)
    assert put(bus, 3) == [2, 4]
    assert bus.calls == [["0", "1", "2"], ["1"], ["1"]]


def test_ten_findings_are_put_in_a_call() -> None:
    bus = Bus(lambda _call, _text: None)
    assert put(bus, 21) == []
    assert [len(call) for call in bus.calls] == [10, 10, 1]


@pytest.mark.parametrize(("code", "calls"), [("InternalFailure", 4), ("MalformedDetail", 1)])
def test_what_is_not_taken_in_the_end_is_an_error_that_says_why(code: str, calls: int) -> None:
    bus = Bus(lambda _call, text: code if text == "1" else None)
    with pytest.raises(NotReported, match=rf'^{code} \(no\): [^;]*"evidence": "1"[^;]*$'):
        put(bus, 2)
    assert len(bus.calls) == calls


def test_one_that_can_never_be_taken_keeps_back_no_other() -> None:
    codes = {"0": "MalformedDetail", "1": "ThrottlingException"}
    bus = Bus(lambda call, text: codes.get(text) if call == 1 else None)
    with pytest.raises(NotReported, match=r'^MalformedDetail [^;]*"evidence": "0"[^;]*$'):
        put(bus, 12)
    assert bus.calls[1:] == [["1"], ["10", "11"]]


def test_of_two_equal_findings_one_may_be_refused_and_the_other_put_again() -> None:
    codes = iter(["MalformedDetail", "ThrottlingException", None])
    bus: Any = Bus(lambda _call, _text: next(codes))
    finding = {"scope": "account", "category": "other", "evidence": "0"}
    with pytest.raises(NotReported, match=r"^MalformedDetail [^;]*$"):
        report([finding, finding], bus="ses-reputation", source="test", client=bus, wait=lambda _: None)
    assert bus.calls == [["0", "0"], ["0"]]


def test_a_reporter_may_put_events_of_one_type_on_our_bus_and_nothing_else(cloud: LocalCloud) -> None:
    arn = cloud.resources["abuse/ReporterPolicy"]
    version = cloud.client("iam").get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    (statement,) = statements_of(version["Document"])
    assert listed(statement["Action"]) == ["events:PutEvents"]
    bus = cloud.client("events").describe_event_bus(Name=cloud.resources["FindingBus"])["Arn"]
    assert statement["Resource"] == bus
    allowed = statement["Condition"]["ForAllValues:StringEquals"]["events:detail-type"]
    assert allowed == FINDING_REPORTED == report_finding.DETAIL_TYPE


SCHEMA = json.loads((ROOT / "docs/schemas/finding-reported.json").read_text(encoding="utf-8"))["properties"]


def call_reporter(monkeypatch: pytest.MonkeyPatch, **given: str) -> None:
    finding = {"scope": "tenant/acme", "category": "spamtrap", "evidence": "14 hits", "severity": "shutdown", **given}
    named = ("severity", "source")
    options = [f"--{name}={finding.pop(name)}" for name in named if name in finding]
    monkeypatch.setattr("sys.argv", ["report_finding.py", *options, *finding.values()])
    report_finding.eventbridge.cache_clear()
    report_finding.main()


def test_the_script_reports_what_it_is_told(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    call_reporter(monkeypatch)
    cloud.deliver()
    (finding,) = standing(cloud, Scope("tenant/acme")).findings.values()
    assert (finding.category, finding.stage) == (Category.SPAMTRAP, Stage.SHUTDOWN)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"scope": "tennant/acme"}, "a scope is account, configuration-set/NAME"),
        ({"scope": "tag/campaign"}, "tag/NAME=VALUE"),
        ({"scope": f"tenant/{'ü' * 500}"}, "1000 bytes"),
        ({"category": "spam-trap"}, "invalid choice: 'spam-trap'"),
        ({"category": "bounce_rate"}, "invalid choice: 'bounce_rate'"),
        ({"severity": "bad"}, "invalid choice: 'bad'"),
        ({"evidence": " "}, "1 to 1500 characters"),
        ({"evidence": "x" * 1501}, "1 to 1500 characters"),
        ({"evidence": "\0"}, "1 to 1500 characters"),
    ],
)
def test_the_script_refuses_what_is_no_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: dict[str, str], why: str
) -> None:
    """Without a cloud: it does not get as far as that."""
    with pytest.raises(SystemExit, match=r"^2$"):
        call_reporter(monkeypatch, **given)
    assert why in " ".join(capsys.readouterr().err.split())


def test_the_script_says_what_the_bus_does_not_take(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=r"^Not reported: .*NotAuthorizedForSource"):
        call_reporter(monkeypatch, source="aws.ses")


def test_the_script_lets_through_what_the_schema_does() -> None:
    assert [*report_finding.CATEGORIES] == SCHEMA["category"]["enum"]
    assert [*report_finding.SEVERITIES] == SCHEMA["severity"]["enum"]
    assert report_finding.SCOPES in SCHEMA["scope"]["description"]
    assert SCHEMA["scope"]["maxLength"] == report_finding.MAX_SCOPE
    assert f"^{report_finding.EVIDENCE.pattern}$" == SCHEMA["evidence"]["pattern"]
    assert SCHEMA["evidence"]["maxLength"] == report_finding.MAX_EVIDENCE


@pytest.mark.parametrize("kind", ScopeKind)
@pytest.mark.parametrize("name", ["", "/acme", "/a=b", "/a=", "/=b", "/a b/c", "=b"])
def test_the_script_knows_a_scope_as_we_do(kind: ScopeKind, name: str) -> None:
    text = f"{kind}{name}"
    assert bool(report_finding.SCOPE.fullmatch(text)) == is_scope(text)


def is_scope(text: str) -> bool:
    try:
        parse_scope(text)
    except ValueError:
        return False
    return True


# -- An application with a deployment of its own inside ----------------------------------------------------------------

INSIDE: dict[str, Any] = read_source(EXAMPLES / "inside_another_stack/template.yaml")["Resources"]
DESTINATIONS = [
    resource["Properties"]["EventDestination"]
    for resource in INSIDE.values()
    if resource["Type"] == "AWS::SES::ConfigurationSetEventDestination"
]


def topic(destination: Mapping[str, Any]) -> str:
    """The output that names where it publishes to."""
    nested, attribute = destination["SnsDestination"]["TopicARN"]["Fn::GetAtt"]
    assert nested == "Reputation"
    return str(attribute).removeprefix("Outputs.")


def test_an_application_gives_what_the_template_takes_and_uses_what_it_puts_out() -> None:
    nested = INSIDE["Reputation"]["Properties"]
    assert (EXAMPLES / "inside_another_stack" / nested["Location"]).resolve() == ROOT / "template.yaml"
    assert nested["Parameters"].keys() <= TEMPLATE["Parameters"].keys()
    assert {topic(destination) for destination in DESTINATIONS} <= TEMPLATE["Outputs"].keys()


def test_its_configuration_set_publishes_what_connect_would_have_it_publish() -> None:
    topics = {stream: f"{stream.title()}TopicArn" for stream in Stream}
    wanted = Wanted("ses-reputation", topics, VolumeSource.SEND_EVENTS)
    assert {topic(destination): set(events(destination)) for destination in DESTINATIONS} == {
        topics[stream]: wanted.events(stream) for stream in Stream
    }
    assert {destination["Name"] for destination in DESTINATIONS} == wanted.destinations


def events(destination: Mapping[str, Any]) -> Iterator[str]:
    """SES's names of its events: what it calls DELIVERY_DELAY is deliveryDelay to CloudFormation."""
    for name in destination["MatchingEventTypes"]:
        yield re.sub("[A-Z]", r"_\g<0>", name).upper()
