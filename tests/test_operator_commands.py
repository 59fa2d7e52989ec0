"""An operator's commands against a cloud that is served: what changes anything really goes through a signed request."""

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from ses_reputation.adapters import clients
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.categories import METRICS, Category
from ses_reputation.domain.changes import OutageEvent, outage_change
from ses_reputation.domain.decisions import Decision
from ses_reputation.domain.outages import Outage, Tally
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import ScopeKind, scope
from ses_reputation.domain.standing import Standing
from ses_reputation_cli import arguments
from ses_reputation_cli.main import main
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.server import Clock, Server, address_of, listening, serving
from ses_reputation_local.ses_mail import (
    Bounce,
    BounceSubtype,
    BounceType,
    Complaint,
    Delay,
    DelayType,
    Message,
    Outcome,
    Topic,
)
from ses_reputation_local.ses_simulator import SesSimulator
from tests.command import Command

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
TOPICS = {Topic.BOUNCE: "BounceTopic", Topic.COMPLAINT: "ComplaintTopic", Topic.VOLUME: "VolumeTopic"}
ACME = "tenant/acme"
# moto's own key, which the local cloud takes for the name of a user.
OPERATOR = "arn:aws:iam::123456789012:user/FOOBARKEY"


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with (
        closing(listening("127.0.0.1", 0)) as listener,
        LocalCloud({"NotificationEmail": "ops@shop.example"}, address=address_of(listener)) as cloud,
        serving(Server(cloud, Clock(NOW)), listener),
    ):
        cloud.now = NOW
        cloud.ses.add_tenant("acme")
        yield cloud


COMMAND = Command(NOW)
run, told = COMMAND.run, COMMAND.told


def reported(category: str = "spamtrap", *options: str) -> str:
    """Report a problem of acme; the id of its finding."""
    document = told("report", category, "--scope", ACME, "--evidence", "14 hits", *options)
    return str(document["finding"]["id"])


def newsletters(cloud: LocalCloud, count: int, bad: int, reply: str = "smtp; 550 5.1.1 no such user") -> None:
    """What SES publishes about newsletters of yesterday: the first bounce, the last is complained of, and one mailbox
    is full.
    """
    ses = SesSimulator("newsletters")
    published: dict[str, list[str]] = {name: [] for name in TOPICS.values()}
    for number in range(count):
        message = Message("news@shop.example", (f"reader-{number}@yahoo.com",), configuration_set="newsletter")
        outcomes: list[Outcome] = []
        if number < bad:
            outcomes = [Bounce(message.recipients, BounceType.PERMANENT, BounceSubtype.NO_EMAIL)]
        elif number == bad:
            outcomes = [Bounce(message.recipients, BounceType.TRANSIENT, BounceSubtype.MAILBOX_FULL)]
        elif number == count - 1:
            outcomes = [Complaint(message.recipients[0])]
        for publication in ses.send(YESTERDAY + number * timedelta(seconds=1), message, *outcomes):
            event = json.loads(publication.message)
            for recipient in event.get("bounce", {}).get("bouncedRecipients", []):
                recipient["diagnosticCode"] = reply
            published[TOPICS[publication.topic]].append(json.dumps(event))
    for topic, messages in published.items():
        cloud.publish_all(topic, messages)
    cloud.deliver()
    cloud.tick(NOW, ["EvaluateReputation"])


# -- Looking -----------------------------------------------------------------------------------------------------------


def test_the_status_begins_with_the_account_and_lists_the_worst_first(cloud: LocalCloud) -> None:
    newsletters(cloud, 200, 15)
    reported()
    lines = [line.strip() for line in run("status").output.splitlines()]
    assert lines[0] == "account: Healthy"
    assert "Bounce rate        7.5 % (15 hard bounces in 200 recipients)" in lines
    assert "Limit              10 % (may be reached, not passed)" in lines
    table = [line.split()[0] for line in lines if "/" in line.split(" ")[0]]
    assert table[0] == ACME, "it alone has a finding"
    assert "1 open finding: ses-reputation findings" in lines


def test_the_status_is_told_to_programs(cloud: LocalCloud) -> None:
    newsletters(cloud, 200, 25)
    document = told("status")
    assert document["account"]["status"] == "Probation"
    assert document["account"]["bounce_rate"] == "0.1250"
    assert document["statuses"]["Probation"] == 4
    assert document["waiting"] == 0
    assert {scope["scope"] for scope in document["scopes"]} == {
        "account",
        "configuration-set/newsletter",
        "identity/shop.example",
        "provider/yahoo",
    }


def test_the_status_of_a_scope_has_its_rates_its_findings_and_its_history(cloud: LocalCloud) -> None:
    newsletters(cloud, 200, 25)
    output = run("status", "configuration-set/newsletter").output
    assert output.startswith("configuration-set/newsletter: Probation\n  (SES's console calls this: Under review)")
    assert "Bounce rate: Probation" in output
    assert "bounce rate of configuration-set/newsletter, Probation" in output
    assert "2026-03-06 12:00  bounce rate: Healthy -> Probation" in output
    document = told("status", "configuration-set/newsletter")
    assert document["metrics"]["bounce_rate"]["measured"]["window"]["count"] == 25
    assert [news["kind"] if "kind" in news else news["type"] for news in document["news"]] == ["change"]


@pytest.mark.parametrize(
    ("sent", "bad", "said"),
    [
        (40, 11, "Too little mail to judge: 40 of at least 100 recipients."),
        (100, 0, None),
    ],
    ids=["too little mail", "enough"],
)
def test_the_status_of_a_scope_says_why_it_is_not_judged(
    cloud: LocalCloud, sent: int, bad: int, said: str | None
) -> None:
    newsletters(cloud, sent, bad)
    bounces = run("status", "configuration-set/newsletter").output.partition("Complaint rate")[0].splitlines()
    assert "Bounce rate: Healthy" in bounces
    assert [line.strip() for line in bounces if "to judge" in line] == ([said] if said else [])
    (row,) = (line for line in run("status").output.splitlines() if "provider/yahoo" in line)
    assert ("-" in row.split()) == bool(said)


def test_a_rate_over_its_limit_on_too_few_complaints_is_said_not_to_be_judged(cloud: LocalCloud) -> None:
    """One complaint in a hundred mails is twice the limit."""
    newsletters(cloud, 100, 0)
    complaints = run("status", "configuration-set/newsletter").output.partition("Complaint rate: Healthy")[2]
    assert "  Too few complaints to judge: 1 of at least 3. On so few no status changes for the worse." in complaints
    assert "too few" in run("status").output


def test_the_status_of_a_scope_that_stands_for_many_says_so(cloud: LocalCloud) -> None:
    told("report", "spamtrap", "--scope", "tenant/(other)", "--evidence", "14 hits")
    assert "MaximumScopes" in run("status", "tenant/(other)").output
    reported()
    assert "MaximumScopes" not in run("status", ACME).output


def test_the_settings_are_asked_for_once(cloud: LocalCloud) -> None:
    reported()
    asked: list[str] = []
    session = clients.session()
    session.register("before-call.lambda.GetFunctionConfiguration", lambda **_: asked.append(ACME))
    run("status", ACME)
    assert len(asked) == 1


def test_of_an_unknown_scope_there_is_no_status(cloud: LocalCloud) -> None:
    result = run("status", "tenant/nobody", code=1)
    assert "nothing is known of tenant/nobody" in result.stderr


def test_an_empty_deployment_says_so(cloud: LocalCloud) -> None:
    assert "Nothing was evaluated yet" in run("status").output
    assert run("findings").output == "No such finding is open.\n"
    assert run("reviews").output == "Nothing waits for a decision.\n"
    assert "Nothing has changed since" in run("changes").output


def test_statuses_are_shown_in_the_words_that_people_are_told(cloud: LocalCloud) -> None:
    newsletters(cloud, 200, 25)
    function = cloud.resources["EvaluateReputation"]
    variables = cloud.client("lambda").get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    cloud.client("lambda").update_function_configuration(
        FunctionName=function, Environment={"Variables": {**variables, "VOCABULARY": "current"}}
    )
    output = run("status").output
    assert output.startswith("account: Under review\n  (SES's console has called this: Probation)")
    assert told("status")["account"]["status"] == "Probation", "programs read the classic words"


def test_a_finding_is_found_by_how_its_id_begins(cloud: LocalCloud) -> None:
    finding = reported("spamtrap", "--source", "trap-monitor", "--observed", "2h")
    output = run("findings", finding[:4]).output
    assert output.startswith(f"Finding {finding}: spamtrap of {ACME}, Probation")
    assert "2026-03-06 10:00 UTC, trap-monitor: 14 hits" in output
    assert "changes-made, lift, extend, shutdown" in output


def test_an_id_that_could_be_several_findings_is_none(cloud: LocalCloud) -> None:
    # An id begins with one of 16 digits, so that two of 20 have to begin alike.
    ids = sorted(
        told("report", category, "--scope", scope, "--evidence", "x")["finding"]["id"]
        for category in arguments.REPORTED
        for scope in (ACME, "account")
    )
    one, other = next((a, b) for a, b in pairwise(ids) if a[0] == b[0])
    result = run("findings", one[0], code=1)
    assert "could be any of" in result.stderr
    assert one in result.stderr
    assert other in result.stderr


def test_findings_are_filtered_by_scope_and_category(cloud: LocalCloud) -> None:
    spamtrap, other = reported("spamtrap"), reported("other")
    told("report", "other", "--scope", "account", "--evidence", "x")
    listed = {finding["id"] for finding in told("findings", "--scope", ACME)["findings"]}
    assert listed == {spamtrap, other}
    (one,) = told("findings", "--scope", ACME, "--category", "other")["findings"]
    assert (one["id"], one["scope"], one["revision"]) == (other, ACME, 1)


# -- Reporting and deciding --------------------------------------------------------------------------------------------


def test_a_report_opens_a_finding_and_the_next_one_is_evidence(cloud: LocalCloud) -> None:
    first = run("report", "spamtrap", "--scope", ACME, "--evidence", "14 hits")
    assert first.output.endswith(f"(spamtrap): Probation. {ACME} is Probation.\n")
    second = run("report", "spamtrap", "--scope", ACME, "--evidence", "3 more")
    assert "is open already: this is report 2 of it" in second.output
    assert len(told("findings")["findings"]) == 1


def test_who_reports_and_decides_is_proven_and_kept(cloud: LocalCloud) -> None:
    finding = reported()
    run("decide", finding, "lift", "--note", "it was another tenant")
    newest = told("changes", ACME)["news"][0]
    assert newest["act"]["by"] == {"name": OPERATOR, "proven": True}
    assert newest["act"]["note"] == "it was another tenant"
    assert f"by {OPERATOR}: it was another tenant" in run("changes").output


def test_changes_wait_for_a_decision_and_then_for_the_end(cloud: LocalCloud) -> None:
    finding = reported()
    run("changes-made", finding[:5], "--note", "took out the bought list", "--since", "1h")
    waiting = run("reviews").output
    assert "since 2026-03-06 11:00 UTC: took out the bought list" in waiting
    assert f"ses-reputation decide {finding} accept|refuse|lift|extend|shutdown" in waiting
    assert [review["id"] for review in told("reviews")["reviews"]] == [finding]
    run("decide", finding, "accept", "--note", "checked")
    assert told("reviews")["reviews"] == []
    (change, *_) = told("changes")["news"]
    assert change["finding"]["period_end"].startswith("2026-03-27T12:00:0")


def test_what_the_lifecycle_does_not_allow_is_refused_with_what_it_would(cloud: LocalCloud) -> None:
    finding = reported()
    result = run("decide", finding, "reinstate", "--note", "x", code=3)
    assert result.stderr == (
        "Error: reinstate is not for a finding about spamtrap that is Probation. "
        "Allowed: changes-made, lift, extend or shutdown.\n"
    )
    as_json = CliRunner().invoke(main, ["decide", finding, "accept", "--note", "x", "--json"], obj=NOW)
    assert as_json.exit_code == 3
    assert json.loads(as_json.stdout)["allowed"] == ["changes-made", "lift", "extend", "shutdown"]


def test_a_decision_about_what_was_decided_since_is_refused(cloud: LocalCloud) -> None:
    finding = reported()
    run("decide", finding, "extend", "--days", "3", "--note", "one operator", "--revision", "1")
    result = run("decide", finding, "shutdown", "--note", "another", "--revision", "1", code=3)
    assert "was decided upon since you saw it: it is Probation now" in result.stderr
    assert told("findings", finding)["findings"][0]["status"] == "Probation"


def test_a_suspicion_is_listed_as_one_until_it_is_decided(cloud: LocalCloud) -> None:
    suspect = ("report", "spamtrap", "--scope", ACME, "--severity", "suspected", "--evidence", "14 hits")
    assert run(*suspect).output.endswith(f"(spamtrap): Suspected. {ACME} is Healthy.\n")
    assert f"is open already, and this was said of it today. {ACME} is Healthy." in run(*suspect).output
    (finding,) = told("findings")["findings"]
    assert (finding["status"], finding["suspected"]) == ("Healthy", True)
    overview = run("status").output
    assert "1 (1 suspected)" in overview
    assert "1 open finding (1 suspected): ses-reputation findings" in overview
    assert "spamtrap of tenant/acme, Suspected" in run("status", ACME).output
    assert re.search(r"spamtrap +Suspected +waits for a", run("findings").output)
    assert f'ses-reputation decide {finding["id"]} confirm|dismiss --note "why"' in run("reviews").output
    refused = run("decide", finding["id"], "lift", "--note", "x", code=3)
    assert "that is only suspected. Allowed: changes-made, confirm or dismiss." in refused.stderr
    dismissed = run("decide", finding["id"], "dismiss", "--note", "they were ours")
    assert dismissed.output.endswith(f"(spamtrap): Healthy. {ACME} is Healthy.\n")
    assert f"a suspicion of this kind was dismissed a short while ago. {ACME} is Healthy." in run(*suspect).output
    assert "spamtrap: suspicion dismissed" in run("changes").output
    assert "spamtrap: suspected\n" in run("changes").output


def test_an_outage_is_listed_until_it_is_decided_and_its_decision_kept(cloud: LocalCloud) -> None:
    gmail = scope(ScopeKind.PROVIDER, "gmail")
    outage = Outage("52916bc6ca", "gmail", YESTERDAY, NOW, Tally(450, 600), Tally(15, 1500))
    found = outage_change(gmail, outage, OutageEvent.FOUND, NOW, Policy())
    table = DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    assert table.write(Standing(gmail, NOW, outages=(outage,)), 0, [found], [])
    waiting = run("reviews").output
    assert "Outage of gmail, suspected" in waiting
    assert "450 of 600 recipients (75 %)" in waiting
    assert 'ses-reputation decide 52916bc6ca confirm|dismiss --note "why"' in waiting
    assert [each["id"] for each in told("reviews")["outages"]] == ["52916bc6ca"]
    assert "1 waits for a decision: ses-reputation reviews" in run("status").output
    shown = run("status", gmail).output
    assert "Outage of gmail, suspected" in shown
    assert "These bounces      counted" in shown
    decided = run("decide", "529", "confirm", "--note", "their status page says so")
    assert decided.output == "Outage 52916bc6ca of gmail: confirmed. provider/gmail is Healthy.\n"
    assert run("reviews").output == "Nothing waits for a decision.\n"
    assert told("status", gmail)["outages"][0]["stage"] == "confirmed"
    assert "These bounces      in no bounce rate here" in run("status", gmail).output
    history = run("changes").output
    assert "outage suspected: 450 of 600 recipients bounced, counted" in history
    assert "outage confirmed: 450 of 600 recipients bounced, in no bounce rate here" in history
    assert f"by {OPERATOR}: their status page says so" in history
    refused = run("decide", "52916bc6ca", "confirm", "--note", "x", code=3)
    assert refused.stderr == "Error: confirm is not for an outage that is confirmed. Allowed: dismiss.\n"


def test_a_shutdown_is_appealed_and_ended(cloud: LocalCloud) -> None:
    finding = reported("other", "--severity", "shutdown")
    assert told("status", ACME)["status"] == "Shutdown"
    run("changes-made", finding, "--note", "all is new")
    run("decide", finding, "reinstate", "--to", "healthy", "--note", "convincing")
    assert told("status", ACME)["status"] == "Healthy"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        pytest.param(("decide", "x", "lift", "--note", "n", "--days", "3"), "--days is for extend", id="days"),
        pytest.param(("decide", "x", "lift", "--note", "n", "--to", "healthy"), "--to is for reinstate", id="to"),
        pytest.param(("decide", "x", "forgive", "--note", "n"), "'forgive' is not one of", id="no decision"),
        pytest.param(("decide", "x", "lift"), "Missing option '--note'", id="no reason"),
        pytest.param(("report", "bounce-rate", "--scope", ACME, "--evidence", "e"), "is not one of", id="measured"),
        pytest.param(("report", "other", "--scope", "acme", "--evidence", "e"), "is no scope", id="no scope"),
        pytest.param(("report", "other", "--scope", ACME, "--evidence", " "), "evidence", id="no evidence"),
        pytest.param(("changes", "--since", "yesterday"), "is no time", id="no time"),
        pytest.param(("feedback", "--kind", "complaint", "--hard"), "--hard is for --kind bounce", id="hard complaint"),
        pytest.param(
            ("feedback", "--kind", "complaint", "--class", "other"), "--class is for --kind bounce", id="class of none"
        ),
        pytest.param(("feedback", "--kind", "bounce", "--csv", "--json"), "exclude each other", id="two formats"),
    ],
)
def test_wrong_usage_is_told(cloud: LocalCloud, arguments: tuple[str, ...], problem: str) -> None:
    assert problem in run(*arguments, code=2).stderr


def test_what_was_changed_in_the_future_is_refused(cloud: LocalCloud) -> None:
    result = run("changes-made", reported(), "--note", "x", "--since", "2026-03-07", code=3)
    assert "that is in the future" in result.stderr


def test_a_hostile_name_is_shown_as_text_in_a_table_that_fits(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    scope = "tenant/" + "[bold]\x1b[2J\u202eevil" + 250 * "x"
    run("report", "other", "--scope", scope, "--evidence", "\u202e [red]")
    finding = told("findings")["findings"][0]["id"]
    shown = [run(*command).output for command in (("status",), ("findings",), ("findings", finding), ("status", scope))]
    shown += [run("changes", "--all").output, run("decide", finding, "lift", "--note", "\u202e").output]
    for text in shown:
        assert "[bold]?[2J" in text
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert all(len(line) <= 80 for table in shown[:2] for line in table.splitlines())


def test_a_finding_that_is_not_open_is_told(cloud: LocalCloud) -> None:
    result = run("decide", "0000", "lift", "--note", "x", code=1)
    assert "there is no open finding 0000" in result.stderr


def test_whom_iam_does_not_let_in_is_told_what_is_missing(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = reported()
    monkeypatch.setattr("botocore.auth.SigV4Auth.add_auth", lambda *_: None)
    result = run("decide", finding, "lift", "--note", "x", code=1)
    assert "lambda:InvokeFunctionUrl and lambda:InvokeFunction" in result.stderr


# -- The history -------------------------------------------------------------------------------------------------------


def test_the_newest_change_comes_first_and_as_many_as_are_asked_for(cloud: LocalCloud) -> None:
    finding = reported()
    run("report", "spamtrap", "--scope", ACME, "--evidence", "again")
    run("decide", finding, "extend", "--note", "first")
    run("decide", finding, "shutdown", "--note", "second")
    what = [news.get("trigger") or news["action"] for news in told("changes")["news"]]
    assert what == ["would_pause", "shut_down", "extended", "reported"]
    assert [news["action"] for news in told("changes", "--limit", "1")["news"]] == ["would_pause"]
    assert len(told("changes", ACME, "--all")["news"]) == 5, "with the further evidence"
    assert told("changes", "--since", "2026-03-07", "--until", "2026-04-07")["news"] == []
    assert told("changes", "tenant/other")["news"] == []
    assert run("changes", "--limit", "1").output.endswith("\n  ... and 3 before that: --until or --limit\n")
    assert "before that" not in run("changes", "--limit", "4").output
    empty = run("changes", "--since", "2026-03-07", "--until", "2026-04-07").output
    assert empty == "Nothing has changed between 2026-03-07 00:00 UTC and 2026-04-07 00:00 UTC.\n"


def test_what_a_status_has_led_to_at_ses_is_shown_with_it(cloud: LocalCloud) -> None:
    assert told("status")["enforcements"] == []
    finding = reported("spamtrap", "--severity", "shutdown")
    line = f"Sending at SES: would be paused, but is only observed, since 2026-03-06 12:00 UTC (finding {finding})"
    assert line in " ".join(run("status", ACME).output.split())
    assert "would be paused" in run("status").output
    (enforcement,) = told("status")["enforcements"]
    assert (enforcement["scope"], enforcement["state"]) == (ACME, "observed")
    assert told("status", ACME)["enforcement"] == enforcement
    run("decide", finding, "reinstate", "--note", "mended")
    assert "Sending at SES" not in run("status", ACME).output
    assert told("status", ACME)["enforcement"]["state"] == "released"
    assert "sending at SES: would be resumed" in run("changes", ACME).output


def test_what_ses_refused_is_shown_with_the_reason(cloud: LocalCloud) -> None:
    cloud.ses.fail("GetTenant", "AccessDeniedException")
    reported("spamtrap", "--severity", "shutdown")
    output = run("status", ACME).output
    assert "SES refused something since" in output
    assert "AWS denied GetTenant to these credentials" in output


def test_changes_that_are_reported_before_a_shutdown_are_no_appeal(cloud: LocalCloud) -> None:
    reviewed = [reported("internal-review")]
    for note in ("first", "second"):
        run("decide", reviewed[-1], "lift", "--note", note)
        reviewed.append(reported("internal-review"))
    run("decide", reviewed[-1], "reinstate", "--to", "healthy", "--note", "third")
    pending = reported("internal-review")
    run("changes-made", pending, "--note", "new templates")
    assert "internal review: Pending shutdown, changes reported" in run("changes").output
    run("decide", pending, "shutdown", "--note", "not enough")
    run("changes-made", pending, "--note", "new lists, too")
    assert "internal review: Shutdown, there is an appeal" in run("changes").output


# -- Feedback ----------------------------------------------------------------------------------------------------------


def test_bounces_and_complaints_are_listed_with_recipient_reason_and_time(cloud: LocalCloud) -> None:
    newsletters(cloud, 20, 3)
    bounces = told("feedback", "--kind", "bounce")["feedback"]
    assert [bounce["time"] for bounce in bounces] == sorted((bounce["time"] for bounce in bounces), reverse=True)
    assert {bounce["recipient"] for bounce in bounces} == {f"reader-{n}@yahoo.com" for n in range(4)}
    (first,) = (bounce for bounce in bounces if bounce["recipient"] == "reader-0@yahoo.com")
    assert first | {"message_id": ""} == {
        "time": first["time"],
        "kind": "bounce",
        "counted_as": "hard_bounced",
        "recipient": "reader-0@yahoo.com",
        "reason": "Permanent/NoEmail",
        "status": "5.1.1",
        "reply": "smtp; 550 5.1.1 no such user",
        "message_id": "",
        "scopes": ["configuration-set/newsletter", "identity/shop.example"],
        "reply_class": "user_unknown",
        "blocklist": None,
    }
    (complaint,) = told("feedback", "--kind", "complaint")["feedback"]
    assert (complaint["recipient"], complaint["reason"]) == ("reader-19@yahoo.com", "abuse")
    assert (complaint["reply_class"], complaint["blocklist"]) == (None, None), "nobody replies with a complaint"


@pytest.mark.parametrize(
    ("options", "number"),
    [
        pytest.param(("--hard",), 3, id="only those that count"),
        pytest.param(("--class", "user_unknown"), 4, id="of a class of replies"),
        pytest.param(("--class", "user_unknown", "--hard"), 3, id="of a class, and only those that count"),
        pytest.param(("--class", "user_unknown", "--class", "mailbox_full"), 4, id="of two classes"),
        pytest.param(("--class", "user_unknown", "--limit", "2"), 2, id="the newest two of a class"),
        pytest.param(("--class", "spam_block"), 0, id="of a class that nobody replied with"),
        pytest.param(("--recipient", "Reader-2@Yahoo.com"), 1, id="of one recipient, in any letters"),
        pytest.param(("--recipient", "reader@yahoo.com"), 0, id="of one of whom nothing is known"),
        pytest.param(("--limit", "2"), 2, id="the newest two"),
        pytest.param(("--limit", "0"), 4, id="all"),
        pytest.param(("--scope", "configuration-set/newsletter"), 4, id="of a scope"),
        pytest.param(("--scope", "provider/yahoo"), 4, id="of a mailbox provider"),
        pytest.param(("--scope", "provider/gmail"), 0, id="of another one"),
        pytest.param(("--since", "30m"), 0, id="none of the last half hour"),
        pytest.param(("--since", "2026-03-05", "--until", "2026-03-06T09:00+03:00"), 4, id="of a day"),
        pytest.param(("--until", "2026-03-05T12:00Z"), 0, id="before a moment"),
    ],
)
def test_feedback_is_filtered(cloud: LocalCloud, options: tuple[str, ...], number: int) -> None:
    newsletters(cloud, 20, 3)
    assert len(told("feedback", "--kind", "bounce", *options)["feedback"]) == number


def test_feedback_as_csv_is_safe_to_open(cloud: LocalCloud) -> None:
    newsletters(cloud, 10, 2, reply='=HYPERLINK("https://evil.example","smtp; 550 a,b")')
    output = run("feedback", "--kind", "bounce", "--hard", "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(output)))
    assert {row["recipient"] for row in rows} == {"reader-1@yahoo.com", "reader-0@yahoo.com"}
    assert rows[0]["reply"] == '\'=HYPERLINK("https://evil.example","smtp; 550 a,b")'
    assert rows[0]["scopes"] == "configuration-set/newsletter identity/shop.example"


def test_delays_are_listed_with_the_blocklist_that_they_name(cloud: LocalCloud) -> None:
    message = Message("news@shop.example", ("ada@yahoo.com",), configuration_set="newsletter")
    delay = Delay(message.recipients, DelayType.IP_FAILURE, "4.7.1", "451 4.7.1 blocked using zen.spamhaus.org")
    for publication in SesSimulator("delays").send(YESTERDAY, message, delay):
        if publication.topic is Topic.VOLUME:
            cloud.publish("VolumeTopic", publication.message)
    cloud.deliver()
    (told_of,) = told("feedback", "--kind", "delay", "--class", "blocklist")["feedback"]
    assert (told_of["counted_as"], told_of["reason"]) == ("delayed", "IPFailure")
    assert (told_of["reply_class"], told_of["blocklist"]) == ("blocklist", "Spamhaus ZEN")
    assert "ZEN" in run("feedback", "--kind", "delay").output
    assert told("feedback", "--kind", "bounce")["feedback"] == []


def test_feedback_is_shown_to_people(cloud: LocalCloud) -> None:
    newsletters(cloud, 10, 1)
    output = run("feedback", "--kind", "bounce", "--hard").output
    assert "reader-0@yahoo.com" in output
    assert "hard bounced" in output
    assert "user unknown" in output
    assert "No complaint of tenant/x is known" in run("feedback", "--kind", "complaint", "--scope", "tenant/x").output


# -- The shell ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell: str) -> None:
    script = run("completion", shell).output
    assert "_SES_REPUTATION_COMPLETE" in script
    assert "ses-reputation" in script


@pytest.mark.parametrize(
    ("line", "incomplete", "found"),
    [
        pytest.param([], "rev", {"reviews"}, id="a command"),
        pytest.param(["decide", "57d"], "re", {"refuse", "reinstate"}, id="a decision"),
        pytest.param(["report"], "do", {"domain-blocklist"}, id="a category"),
        pytest.param(["status"], "te", {"tenant/"}, id="a kind of scope"),
        pytest.param(["report", "other", "--scope"], "i", {"identity/"}, id="a scope in an option"),
        pytest.param(["feedback", "--kind"], "", {"bounce", "complaint", "delay"}, id="a choice"),
    ],
)
def test_words_are_completed(line: list[str], incomplete: str, found: set[str]) -> None:
    completion = ShellComplete(main, {}, "ses-reputation", "_SES_REPUTATION_COMPLETE")
    assert {item.value for item in completion.get_completions(line, incomplete)} == found


def test_the_words_that_are_completed_are_those_of_the_domain() -> None:
    assert set(arguments.CATEGORIES) == {category.replace("_", "-") for category in Category}
    assert set(arguments.REPORTED) == {category.replace("_", "-") for category in {*Category} - {*METRICS}}
    assert set(arguments.DECISIONS) == set(Decision)
