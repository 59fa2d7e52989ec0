"""The command `ses-reputation`, as a person and as a program use it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from ses_reputation_cli.main import main
from ses_reputation_cli.options import SETTINGS
from ses_reputation_local.template import read_source

ROOT = Path(__file__).parents[1]
EVENTS = ROOT / "events"
SEND = json.loads((EVENTS / "configuration-set/send.json").read_text())
BOUNCE = json.loads((EVENTS / "configuration-set/bounce.json").read_text())


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=stdin)


def replay(*arguments: str, events: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The JSON document of a replay, of `events` if they are given."""
    stdin = "\n".join(json.dumps(event) for event in events) if events is not None else None
    result = run("replay", "--json", *(["-"] if events is not None else []), *arguments, stdin=stdin)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def mail(
    sent: int,
    bounced: int = 0,
    configuration_set: str = "newsletter",
    *,
    complained: int = 0,
    day: int = 6,
    domain: str = "x.example",
) -> list[dict[str, Any]]:
    """Sends to different people on one morning, and the bounces and complaints of the first of them."""
    events: list[dict[str, Any]] = []
    for number in range(sent):
        address = f"r{number}@{domain}"
        mail = {
            "timestamp": f"2026-03-{day:02}T09:00:00Z",
            "messageId": f"{day}-{configuration_set}-{domain}-{number}",
            "destination": [address],
            "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/shop.example",
            "tags": {"ses:configuration-set": [configuration_set]},
        }
        events.append({"eventType": "Send", "mail": mail, "send": {}})
        if number < bounced:
            bounce = {
                "bounceType": "Permanent",
                "bounceSubType": "NoEmail",
                "bouncedRecipients": [{"emailAddress": address}],
                "timestamp": f"2026-03-{day:02}T09:00:01Z",
            }
            events.append({"eventType": "Bounce", "mail": mail, "bounce": bounce})
        if number < complained:
            complaint = {
                "complainedRecipients": [{"emailAddress": address}],
                "timestamp": f"2026-03-{day:02}T09:00:02Z",
            }
            events.append({"eventType": "Complaint", "mail": mail, "complaint": complaint})
    return events


def commands(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield name, command


@pytest.mark.parametrize("name", [name for name, _ in commands(main)])
def test_every_command_has_help_with_examples_that_name_it(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.output
    assert f"  ses-reputation {name}" in result.output
    assert name in run("--help").output


def test_the_version_is_told() -> None:
    assert run("--version").output.startswith("ses-reputation 0.")


def test_help_imports_neither_boto3_nor_moto() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from ses_reputation_cli.main import main;"
        "CliRunner().invoke(main, ['replay', '--help']);"
        "sys.exit(sum(name in sys.modules for name in ('boto3', 'botocore', 'moto')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own words


def test_an_unknown_command_is_refused_with_a_hint() -> None:
    result = run("reply")
    assert result.exit_code == 2
    assert "No such command 'reply'" in result.stderr


def test_a_replay_counts_judges_and_tells() -> None:
    document = replay(events=mail(1000, 101))
    assert document["events"] == {"read": 1101, "counted": 1101, "duplicate": 0, "ignored": 0, "unreadable": 0}
    scope = document["scopes"]["configuration-set/newsletter"]
    assert scope["counts"] == {
        "sent": 1000,
        "delivered": 0,
        "hard_bounced": 101,
        "soft_bounced": 0,
        "complained": 0,
    }
    assert (scope["status"], scope["eligible"]) == ("Probation", 1000)
    assert (scope["bounce_rate"], scope["complaint_rate"]) == ("0.1010", "0.0000")
    assert scope["bounce_rate_since"] is None, "no mail since the probation began"
    assert "complaint_rate_since" not in scope
    assert {
        "time": "2026-03-06T10:00:00Z",
        "scope": "account",
        "category": "bounce_rate",
        "metric": "bounce_rate",
        "before": "Healthy",
        "after": "Probation",
        "cause": "limit_exceeded",
    } in document["changes"]
    assert {"time": "2026-03-06T10:00:00Z", "subject": "SES bounce rate of account: Healthy -> Probation"} in document[
        "alerts"
    ]
    assert len(document["alerts"]) == len(document["changes"]) == 3


def test_a_replay_of_the_same_input_twice_counts_it_once() -> None:
    events = mail(150, 5)
    document = replay(events=[*events, *events])
    assert document["events"] == {"read": 310, "counted": 155, "duplicate": 155, "ignored": 0, "unreadable": 0}
    assert document["scopes"]["account"]["counts"]["hard_bounced"] == 5


def test_the_rate_since_a_probation_began_is_told_while_it_lasts() -> None:
    document = replay(events=[*mail(200, 50), *mail(200, 10, day=7)])
    scope = document["scopes"]["account"]
    assert (scope["bounce_rate"], scope["bounce_rate_since"]) == ("0.1500", "0.0500")
    assert scope["metrics"]["bounce_rate"]["status"] == "Probation"


def test_time_passes_between_events_of_a_replay() -> None:
    """A probation ends between two events: for too little mail, a person has to decide."""
    document = replay("-P", "ProbationDays=1", events=[*mail(200, 50), *mail(1, day=7)])
    assert document["scopes"]["account"]["status"] == "Pending end of probation decision"
    assert [c["time"] for c in document["changes"] if c["scope"] == "account"] == [
        "2026-03-06T10:00:00Z",
        "2026-03-07T10:00:00Z",
    ]


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (SEND, "counted"),
        (json.loads((EVENTS / "configuration-set/open.json").read_text()), "ignored"),
        (json.loads((EVENTS / "set-up/identity.json").read_text()), "ignored"),
        ({**SEND, "mail": {**SEND["mail"], "destination": ["bounce@simulator.amazonses.com"]}}, "ignored"),
        ({"eventType": "Bounce"}, "unreadable"),
        ({"hello": "world"}, "unreadable"),
    ],
    ids=["a send", "an open", "set-up", "simulator", "half a bounce", "something else"],
)
def test_every_event_is_in_exactly_one_class(event: dict[str, Any], outcome: str) -> None:
    counts = replay(events=[event])["events"]
    assert counts.pop("read") == 1
    assert {name for name, n in counts.items() if n} == {outcome}


def test_every_sample_together_is_read_in_one_go() -> None:
    document = replay(str(EVENTS))
    counts = document["events"]
    assert counts["read"] == sum(n for name, n in counts.items() if name != "read")
    assert counts["unreadable"] == 1, "half of a message in the mixed batch"
    assert document["scopes"]["account"]["counts"]["hard_bounced"] == 1
    assert document["scopes"]["account"]["bounce_rate"] is None, "too few to judge"


def test_an_empty_input_is_a_report_of_nothing() -> None:
    assert replay(events=[]) == {
        "events": {"read": 0, "counted": 0, "duplicate": 0, "ignored": 0, "unreadable": 0},
        "profile": "classic",
        "volume_source": "send-events",
        "verified_identities": [],
        "scopes": {},
        "changes": [],
        "enforcements": [],
        "outages": [],
        "warnings": [],
        "alerts": [],
    }
    assert "Nothing was counted" in run("replay", "-", stdin="").stdout


def test_what_no_queue_could_hold_is_unreadable_and_stops_nothing() -> None:
    lines = [json.dumps(SEND), "\x00\x01 no text for SQS", json.dumps({"x": "y" * 1_100_000}), json.dumps(BOUNCE)]
    result = run("replay", "--json", "-", stdin="\n".join(lines))
    assert json.loads(result.stdout)["events"] == {
        "read": 4,
        "counted": 2,
        "duplicate": 0,
        "ignored": 0,
        "unreadable": 2,
    }


def test_times_far_apart_and_far_off_are_no_matter() -> None:
    times = ("2000-01-01T00:00:00Z", "2999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
    events = [{**SEND, "mail": {**SEND["mail"], "messageId": time, "timestamp": time}} for time in times]
    counts = replay(events=events)["events"]
    assert (counts["counted"], counts["unreadable"]) == (2, 2)


def test_a_parameter_of_the_template_is_set_as_for_sam() -> None:
    assert replay("-P", "MinimumVolume=1", events=mail(5, 1))["scopes"]["account"]["bounce_rate"] == "0.2000"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.jsonl"], "nowhere.jsonl: there is no such file or folder"),
        (["nowhere.toml"], "nowhere.toml"),
        (["-", "-P", "MinimumVolume=0"], "MinimumVolume must be a number of recipients, 1 or more, not 0"),
        (["-", "-P", "MinimalVolume=1"], "MinimalVolume"),
        (["-", "-P", "MinimumVolume"], "'MinimumVolume' is not NAME=VALUE"),
        ([], "Missing argument"),
    ],
)
def test_a_wrong_argument_is_a_usage_error_that_says_what_is_wrong(arguments: list[str], message: str) -> None:
    result = run("replay", *arguments, stdin="")
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_every_parameter_that_changes_a_rate_has_an_option() -> None:
    """And the other way round: an option that sets nothing would be refused, but only when it is used."""
    metadata = read_source(ROOT / "template.yaml")["Metadata"]["AWS::CloudFormation::Interface"]
    groups = {group["Label"]["default"]: group["Parameters"] for group in metadata["ParameterGroups"]}
    rates = [*groups["How rates are measured"], *groups["What rates may be"]]
    assert sorted(setting.parameter for setting in SETTINGS) == sorted(rates)


@pytest.mark.parametrize(
    ("options", "rate"),
    [
        ([], "0.1000"),
        (["--verified-identity", "shop.example"], "0.0100"),
        (["--verified-identity", "SHOP.example", "--minimum-volume", "101"], None),
        (["--minimum-volume", "111"], None),
        (["--minimum-volume", "110"], "0.1000"),
        (["--minimum-volume", "111", "-P", "MinimumVolume=100"], "0.1000"),
        (["--representative-volume", "100"], "0.1000"),
        (["--oldest-mail-days", "1"], "0.1000"),
        (["--volume-source", "statistics"], "0.1000"),
        (["--volume-source", "delivery-events"], None),
    ],
    ids=str,
)
def test_a_setting_that_changes_a_rate_is_an_option(options: list[str], rate: str | None) -> None:
    """110 recipients, eleven of whom bounce: ten of them are at a domain of the sender's own, where nobody else is."""
    events = [*mail(100, 1), *mail(10, 10, domain="shop.example")]
    assert replay(*options, events=events)["scopes"]["account"]["bounce_rate"] == rate


def test_both_complaint_rates_are_told_with_what_each_is_divided_by() -> None:
    events = [*mail(600, domain="gmail.com"), *mail(400, complained=1, domain="yahoo.com")]
    account = replay(events=events)["scopes"]["account"]
    assert (account["complaint_rate"], account["complaint_eligible"]) == ("0.0025", 400)
    assert (account["plain_complaint_rate"], account["eligible"]) == ("0.0010", 1000)
    assert account["window"] == {"eligible": 1000, "hours": 1, "from": "2026-03-06T09:00:00Z"}
    assert account["volume_source"] == "send-events"


@pytest.mark.parametrize(
    ("options", "eligible"),
    [
        ([], 500),
        (["--unproven-providers", "included"], 900),
        (["--feedback-provider", "proton"], 600),
        (["--feedback-provider", "corp.example"], 800),
        (["--feedback-provider", "corp.example", "--feedback-provider", "proton"], 900),
        (["--silent-provider", "yahoo"], 0),
        (["--mailbox-provider", "corp.example=yahoo"], 800),
        (["--feedback-provider", "gmail"], 600),
    ],
    ids=str,
)
def test_who_sends_complaints_is_a_setting(options: list[str], eligible: int) -> None:
    events = [
        *mail(500, domain="yahoo.com"),
        *mail(100, domain="gmail.com"),
        *mail(100, domain="proton.me"),
        *mail(300, domain="corp.example"),
    ]
    assert replay(*options, events=events)["scopes"]["account"]["complaint_eligible"] == eligible


def test_both_profiles_on_the_same_capture_show_both_outcomes() -> None:
    events = mail(1000, 70)
    assert replay("--profile", "classic", events=events)["scopes"]["account"]["status"] == "Healthy"
    assert replay("--profile", "current", events=events)["scopes"]["account"]["status"] == "Probation"
    custom = replay("--limit", "account.bounce.limit=7%", "--limit", "identity.bounce.limit>=7%", events=events)
    assert custom["scopes"]["account"]["status"] == "Healthy", "classic is over the limit only"
    assert custom["scopes"]["identity/shop.example"]["status"] == "Probation"


def test_an_early_warning_is_no_change_of_a_status() -> None:
    document = replay(events=mail(1000, 60))
    warnings = [warning for warning in document["warnings"] if warning["scope"] == "account"]
    assert warnings == [
        {
            "time": "2026-03-06T10:00:00Z",
            "scope": "account",
            "metric": "bounce_rate",
            "rate": "0.0600",
            "recommended": "0.05",
        }
    ]
    assert document["changes"] == document["alerts"] == []


def test_a_forecast_stands_beside_each_rate() -> None:
    account = replay(events=mail(1000, 150))["scopes"]["account"]
    assert account["forecast"] == {
        "bounce_rate": {
            "limit_passed": None,
            "clean_recipients_to_limit": 500,
            "clean_recipients_to_recommended": 2001,
        },
        "complaint_rate": None,
    }
    assert account["metrics"]["bounce_rate"]["forecast"] == account["forecast"]["bounce_rate"]


def test_tags_are_scopes_if_they_are_named() -> None:
    events = mail(100, 1)
    for event in events:
        event["mail"]["tags"] |= {"campaign": ["spring"], "customer": ["acme"]}
    scopes = replay("--scope-tag", "campaign", "--tenant-tag", "customer", events=events)["scopes"]
    assert scopes["tag/campaign=spring"]["bounce_rate"] == scopes["tenant/acme"]["bounce_rate"] == "0.0100"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--verified-identity", ""], "'' is neither a domain nor an address"),
        (["--verified-identity", "*.shop.example"], "is neither a domain nor an address"),
        (["--profile", ""], "Profile must be classic or current, not empty"),
        (["--profile", "strict"], "Profile must be classic or current, not 'strict'"),
        (["--limit", "tenant.bounce.limit"], "CustomLimits must be empty, or a list such as tenant.bounce.limit>=4%"),
        (["--minimum-complaints", "0"], "MinimumComplaints must be a number of complaints, 1 or more, not 0"),
        (["--feedback-provider", "yaho"], "FeedbackProviders must be empty, or a list such as yahoo,freenet.de"),
        (["--volume-source", "guesses"], "VolumeSource must be send-events, delivery-events or statistics"),
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_refused_with_what_would(arguments: list[str], message: str) -> None:
    result = run("replay", "-", *arguments, stdin="")
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_an_explanation_can_be_checked_with_a_pencil() -> None:
    events = [*mail(600, domain="gmail.com"), *mail(400, 12, complained=1, domain="yahoo.com"), *mail(9, 9)]
    stdin = "\n".join(json.dumps(event) for event in events)
    result = run("explain", "account", "-", "--verified-identity", "x.example", stdin=stdin)
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    for line in (
        "account: Healthy",
        "sent (Send events) 1,009",
        "- at your own verified identities -9 verified-identity",
        "= eligible 1,000",
        "hard bounces 21",
        "= counted 12",
        "12 / 1,000 = 0.0120 = 1.2 %",
        "12 <= 10 % of 1,000 = 100: not over the limit",
        "to gmail 600 left out: known to send no complaints",
        "to yahoo 400 known to send complaints",
        "= at providers that send complaints 400",
        "1 / 400 = 0.0025 = 0.25 %",
        "1 / 1,000 = 0.1 % of all mail, the plain rate: SES's is 2.5 times that",
    ):
        assert line in lines


def test_an_explanation_adds_up_for_a_program_too() -> None:
    events = [*mail(600, 9, complained=3), *mail(400, complained=7, domain="yahoo.com")]
    result = run("explain", "account", "-", "--json", stdin="\n".join(json.dumps(event) for event in events))
    document = json.loads(result.stdout)
    assert document["ses"] is None
    for metric in document["metrics"]:
        (calculation,) = metric["calculations"] if len(metric["calculations"]) == 1 else metric["calculations"][1:]
        rate = calculation["rate"]
        assert sum(line["count"] for line in calculation["volume"]) == rate["volume"]
        assert sum(line["count"] for line in calculation["numerator"]) == rate["count"]
        if calculation["providers"]:
            assert sum(provider["eligible"] for provider in calculation["providers"]) == rate["eligible"]
    assert {rule["source"].partition("://")[0] for rule in document["rules"]} == {"https"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["acount", "-"], 2, "'acount' is no scope; a scope is account, configuration-set/NAME"),
        (["tag/", "-"], 2, "is no scope"),
        (["account", "-"], 1, "nothing was counted for account"),
        (["account", "--minimum-volume", "5"], 2, "settings apply to a replay"),
    ],
    ids=str,
)
def test_what_cannot_be_explained_is_refused(arguments: list[str], code: int, message: str) -> None:
    result = run("explain", *arguments, stdin="")
    assert result.exit_code == code
    assert message in result.stderr


def test_people_get_a_report_in_words() -> None:
    events = "\n".join(json.dumps(event) for event in mail(200, 50))
    output = run("replay", "-", stdin=events).stdout
    assert "250 events read: 250 counted, 0 duplicate, 0 ignored, 0 unreadable." in output
    assert "account bounce rate: Healthy -> Probation" in output
    assert "3 alerts sent." in output
    table = output.partition("Where every scope stands")[2]
    assert max(map(len, table.splitlines())) <= 80


def test_of_many_scopes_a_report_shows_the_worst_unless_all_are_asked_for() -> None:
    """One is over its limit, one has enough mail; of the others half of the mail bounces, but there is too little."""
    events = mail(20, 1, "campaigns") + mail(20, 10, "bad")
    events += [event for number in range(30) for event in mail(2, 1, f"set-{number:02}")]
    lines = "\n".join(json.dumps(event) for event in events)
    some, everything = (
        run("replay", "-", "--minimum-volume=20", *all_, stdin=lines).stdout for all_ in ((), ("--all",))
    )
    shown = re.findall(r"^ ((?:account|\S+/\S+) )", some, re.MULTILINE)
    assert len(shown) == 25
    assert some.index(" configuration-set/bad") < some.index(" configuration-set/campaigns")
    assert some.index(" configuration-set/campaigns") < some.index(" configuration-set/set-00")
    assert "9 more scopes are no worse, 9 of them with too little mail to judge; --all lists them." in some
    assert "configuration-set/set-29" in everything
    assert "more scopes" not in everything


def test_a_note_names_a_few_of_many_scopes() -> None:
    bounces = [event for number in range(7) for event in mail(1, 1, f"set-{number}") if event["eventType"] == "Bounce"]
    notes = run("replay", "-", stdin="\n".join(map(json.dumps, bounces))).stdout.splitlines()
    (note,) = (line for line in notes if "told of no mail" in line)
    assert note.startswith("  account, configuration-set/set-0, configuration-set/set-1, configuration-set/set-2")
    assert " and 4 more: send-events told of no mail" in note


def test_the_demo_tells_a_story_to_its_end() -> None:
    result = run("demo", "one-complaint", "--profile", "current")
    assert result.exit_code == 0, result.output
    for told in (
        "One complaint",
        "Subject: SES complaint rate of account: Healthy -> Probation",
        "(SES's console calls this: Under review)",
        "0.25 % (3 complaints in 1,200 recipients",
        "Where every scope stands",
        "0.111 % of 900 Healthy",
        "0.25 % of 1,200 Probation",
    ):
        assert told in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_story_that_does_not_exist_is_refused_with_those_that_do() -> None:
    result = run("demo", "purchased")
    assert result.exit_code == 2
    assert "complaint-wave, " in result.stderr
