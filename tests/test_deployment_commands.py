"""The commands that look at a deployed stack, or change it, as a person and as a program use them."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from ses_reputation.adapters import clients
from ses_reputation.adapters.clients import unusable_endpoint
from ses_reputation.adapters.counters import DynamoDbCounters
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.adapters.verdicts import DynamoDbVerdicts
from ses_reputation.domain.counting import hour_of
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.events import Bounce, Complaint, Send
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.statements import SendingStatus, SesFinding
from ses_reputation.domain.statistics import Reported
from ses_reputation.domain.verdict import Verdict
from ses_reputation.ses_events import read_event
from ses_reputation_cli.main import main
from ses_reputation_local import ses_mail
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.ses_mail import BounceSubtype, BounceType, Message, Publication, Topic
from ses_reputation_local.ses_simulator import SesSimulator

NOW = datetime(2026, 3, 20, 12, 40, tzinfo=UTC)
NOON = NOW.replace(minute=0)
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
ELEVEN = NOON - HOUR  # The newest hour's end that is an hour ago.
NEWSLETTER = Scope("configuration-set/newsletter")
TOPICS = {Topic.BOUNCE: "BounceTopic", Topic.COMPLAINT: "ComplaintTopic", Topic.VOLUME: "VolumeTopic"}
COMMANDS = ("backfill", "identities", "verdict")


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        cloud.ses.now = NOW
        yield cloud


def run(*arguments: str, now: datetime = NOW) -> Result:
    return CliRunner().invoke(main, arguments, obj=now)


def told(*arguments: str, now: datetime = NOW) -> dict[str, Any]:
    """The JSON document that a command prints."""
    result = run(*arguments, "--json", now=now)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def sent(cloud: LocalCloud, start: datetime, *, hours: int, an_hour: int = 6) -> list[Publication]:
    """Newsletters, some each hour, of which some bounce and some are complained of: what SES publishes about them, in
    order of time. SES's own statistics have it all.
    """
    ses = SesSimulator(f"{start}")
    published: list[Publication] = []
    for number in range(hours * an_hour):
        message = Message("news@shop.example", (f"r{number}@yahoo.com",), configuration_set="newsletter")
        outcomes: list[ses_mail.Outcome] = []
        if number % 7 == 0:
            outcomes = [ses_mail.Bounce(message.recipients, BounceType.PERMANENT, BounceSubtype.NO_EMAIL)]
        elif number % 11 == 0:
            outcomes = [ses_mail.Complaint(message.recipients[0])]
        published += ses.send(start + number * HOUR / an_hour, message, *outcomes)
    published.sort(key=lambda p: p.time)
    for publication in published:
        cloud.ses.observe(read_event(publication.message))
    return published


def connect(cloud: LocalCloud, published: list[Publication], since: datetime) -> None:
    """Let the events from a moment on arrive, as if SES's events had been connected then."""
    for topic, name in TOPICS.items():
        cloud.publish_all(name, [p.message for p in published if p.topic is topic and p.time >= since])
    cloud.deliver()


def truth(published: list[Publication], until: datetime = NOW) -> dict[datetime, Reported]:
    """What was sent, bounced and complained of in each hour, by the events themselves."""
    hours: dict[datetime, Reported] = {}
    for publication in published:
        event = read_event(publication.message)
        match event:
            case Send():
                part = Reported(sent=1)
            case Bounce():
                part = Reported(bounced=1)
            case Complaint():
                part = Reported(complained=1)
            case _:
                continue
        if event.time < until:
            hour = hour_of(event.time)
            hours[hour] = hours.get(hour, Reported()).plus(part)
    return hours


def counted(cloud: LocalCloud, scope: Scope = ACCOUNT, until: datetime = NOW) -> dict[datetime, Reported]:
    """What readers of the counters see of each hour."""
    counters = DynamoDbCounters(cloud.client("dynamodb"), table=cloud.resources["CountersTable"])
    return {
        hour.hour: Reported(
            hour.total(Measure.REPORTED if hour.backfilled else Measure.SENT),
            hour.total(Measure.HARD_BOUNCED),
            hour.total(Measure.COMPLAINED),
        )
        for hour in counters.hours(scope, until)
    }


def before(hours: Mapping[datetime, Reported], end: datetime) -> dict[datetime, Reported]:
    return {hour: reported for hour, reported in hours.items() if hour < end}


def status(cloud: LocalCloud, scope: Scope) -> Status:
    standings = DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    return standings.read(scope).standing.status


# -- identities --------------------------------------------------------------------------------------------------------


def test_the_identities_are_those_that_the_deployment_read_last(cloud: LocalCloud) -> None:
    cloud.ses.verify("Shop.example")
    cloud.ses.verify("me@home.example")
    cloud.ses.verify("pending.example", status="PENDING")
    cloud.tick(NOW, ["WatchSes"])
    cloud.ses.verify("tomorrow.example")
    result = run("identities")
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        ["me@home.example", "shop.example", "", "2 verified identities are known. Mail to them is in no rate."],
    )
    assert told("identities") == {"verified_identities": ["me@home.example", "shop.example"]}


def test_without_a_known_identity_it_is_told_who_would_read_them(cloud: LocalCloud) -> None:
    result = run("identities")
    assert result.exit_code == 0
    assert "No verified identity is known" in result.stdout
    assert "WatchSes" in result.stdout
    assert told("identities") == {"verified_identities": []}


# -- backfill ----------------------------------------------------------------------------------------------------------


def test_an_empty_deployment_gets_all_that_ses_knows_and_once_only(cloud: LocalCloud) -> None:
    published = sent(cloud, NOON - 40 * DAY, hours=5) + sent(cloud, NOON - DAY, hours=24)
    expected = before(truth(published), ELEVEN)
    first = told("backfill")
    for scope in (ACCOUNT, NEWSLETTER):
        assert counted(cloud, scope) == expected
        assert first["scopes"][scope]["hours_written"] == len(expected)
    again = told("backfill")
    assert [scope["hours_written"] for scope in again["scopes"].values()] == [0, 0]
    assert counted(cloud) == expected
    assert "All of it was written before." in run("backfill").stdout


def test_the_json_document_says_what_was_written_and_up_to_where(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON - 2 * DAY, sent=100, bounced=7, complained=1)
    cloud.ses.count(NOON - 2 * HOUR, sent=50, configuration_set="newsletter")
    boundary = {"hour": "2026-03-20T11:00:00Z", "reason": "no-events-yet", "complete_at": None}
    assert told("backfill", "--days", "30") == {
        "dry_run": False,
        "start": "2026-02-18T12:00:00Z",
        "boundary": boundary,
        "hours_replaced": 0,
        "scopes": {
            "account": {
                "boundary": boundary,
                "hours": 2,
                "hours_written": 2,
                "older_hours_left_out": False,
                "sent": 150,
                "bounced": 7,
                "complained": 1,
                "first_hour": "2026-03-18T12:00:00Z",
                "last_hour": "2026-03-20T10:00:00Z",
            },
            "configuration-set/newsletter": {
                "boundary": boundary,
                "hours": 1,
                "hours_written": 1,
                "older_hours_left_out": False,
                "sent": 50,
                "bounced": 0,
                "complained": 0,
                "first_hour": "2026-03-20T10:00:00Z",
                "last_hour": "2026-03-20T10:00:00Z",
            },
        },
    }


@pytest.mark.parametrize(
    "connected",
    [NOON - 9 * HOUR + 20 * MINUTE, NOON - 9 * HOUR, ELEVEN - 15 * MINUTE, NOON - 20 * HOUR + MINUTE],
    ids=["in the middle of an hour", "at a full hour", "shortly before the boundary", "long ago"],
)
def test_every_hour_is_whole_on_both_sides_of_the_moment_at_which_events_were_connected(
    cloud: LocalCloud, connected: datetime
) -> None:
    published = sent(cloud, NOON - DAY, hours=25)
    connect(cloud, published, connected)
    assert counted(cloud) != truth(published)
    document = told("backfill")
    boundary = hour_of(connected) + HOUR
    assert datetime.fromisoformat(document["boundary"]["hour"]) == boundary
    assert document["boundary"]["reason"] == "events-began"
    expected = before(truth(published, NOON), NOON)
    assert len(expected) == 24
    for scope in (ACCOUNT, NEWSLETTER):
        assert before(counted(cloud, scope), NOON) == expected


def test_bounces_that_were_connected_before_the_volume_leave_no_hour_without_it(cloud: LocalCloud) -> None:
    """A day of bounces and complaints, and Send events only in the last hours."""
    published = sent(cloud, NOON - DAY, hours=25)
    connect(cloud, [p for p in published if p.topic is not Topic.VOLUME], NOON - DAY + 20 * MINUTE)
    connect(cloud, [p for p in published if p.topic is Topic.VOLUME], NOON - 9 * HOUR + 20 * MINUTE)
    assert datetime.fromisoformat(told("backfill")["boundary"]["hour"]) == NOON - 8 * HOUR
    for scope in (ACCOUNT, NEWSLETTER):
        assert before(counted(cloud, scope), NOON) == before(truth(published), NOON)


def test_each_configuration_set_is_filled_up_to_where_its_own_events_begin(cloud: LocalCloud) -> None:
    published = sent(cloud, NOON - DAY, hours=25)
    connect(cloud, published, NOON - 9 * HOUR + 20 * MINUTE)
    other = Scope("configuration-set/receipts")
    cloud.ses.count(NOON - 20 * HOUR, sent=10, configuration_set="receipts")
    cloud.ses.count(NOON - 4 * HOUR, sent=20, configuration_set="receipts")
    message = Message("shop@shop.example", ("r@yahoo.com",), configuration_set="receipts")
    connect(cloud, [*SesSimulator("receipts").send(NOON - 4 * HOUR, message)], NOON - DAY)
    scopes = told("backfill")["scopes"]
    assert scopes[ACCOUNT]["boundary"]["hour"] == scopes[NEWSLETTER]["boundary"]["hour"] == "2026-03-20T04:00:00Z"
    assert scopes[other]["boundary"] == {
        "hour": "2026-03-20T09:00:00Z",
        "reason": "events-began",
        "complete_at": None,
    }
    assert [r.sent for r in counted(cloud, other).values()] == [20, 10], "of the first hour one event was seen"
    output = " ".join(run("backfill").stdout.split())
    assert "From 2026-03-20 04:00 UTC on the account's events count" in output
    assert "2026-03-20 09:00" in output


def test_the_first_hour_with_events_is_closed_by_another_run_when_it_has_been_over_for_an_hour(
    cloud: LocalCloud,
) -> None:
    published = sent(cloud, NOON - 6 * HOUR, hours=9)
    connect(cloud, published, NOON + 20 * MINUTE)
    for now in (NOW, NOON + 119 * MINUTE):
        cloud.ses.now = now
        document = told("backfill", now=now)
        assert document["boundary"]["reason"] == "first-hour-too-new"
        assert document["boundary"]["complete_at"] == "2026-03-20T14:00:00Z"
        assert "Run this again after 2026-03-20 14:00 UTC." in " ".join(run("backfill", now=now).stdout.split())
    later = NOON + 2 * HOUR + 5 * MINUTE
    cloud.ses.now = later
    assert told("backfill", now=later)["scopes"]["account"]["hours_written"] == 1
    end = NOON + 2 * HOUR
    assert counted(cloud, until=end) == before(truth(published, end), end)


def test_a_gap_between_the_first_run_and_the_first_event_is_closed_by_another_run(cloud: LocalCloud) -> None:
    published = sent(cloud, NOON - 6 * HOUR, hours=16)
    told("backfill")
    connect(cloud, published, NOON + 5 * HOUR + 10 * MINUTE)
    later = NOON + 8 * HOUR + MINUTE
    cloud.ses.now = later
    told("backfill", now=later)
    end = NOON + 8 * HOUR
    assert counted(cloud, until=end) == before(truth(published, end), end)


def test_what_ses_tells_late_is_added_by_another_run(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON - 5 * HOUR, sent=100)
    told("backfill")
    cloud.ses.count(NOON - 5 * HOUR, bounced=4)
    cloud.ses.count(NOON - 4 * HOUR, sent=10)
    assert told("backfill")["scopes"]["account"]["hours_written"] == 2
    assert counted(cloud) == {NOON - 5 * HOUR: Reported(sent=100, bounced=4), NOON - 4 * HOUR: Reported(sent=10)}


def test_a_dry_run_tells_the_same_and_writes_nothing(cloud: LocalCloud) -> None:
    sent(cloud, NOON - DAY, hours=10)
    dry = told("backfill", "--dry-run")
    assert "Nothing was written: this was a dry run." in run("backfill", "--dry-run").stdout
    assert counted(cloud) == {}
    assert cloud.tick(NOW, ["EvaluateReputation"])[0].result["scopes"] == 0  # type: ignore[index]
    assert told("backfill") == {**dry, "dry_run": False}


def test_a_chosen_boundary_makes_ses_count_in_place_of_the_events_before_it(cloud: LocalCloud) -> None:
    published = sent(cloud, NOON - DAY, hours=24)
    connect(cloud, published[len(published) // 2 :], NOON - DAY)
    document = told("backfill", "--until", "2026-03-20T12:00+01:00", "--replace-events")
    assert document["boundary"] == {"hour": "2026-03-20T11:00:00Z", "reason": "chosen", "complete_at": None}
    assert document["hours_replaced"] == 10
    assert document["scopes"][NEWSLETTER]["boundary"]["reason"] == "events-began"
    for scope in (ACCOUNT, NEWSLETTER):
        assert before(counted(cloud, scope), ELEVEN) == before(truth(published), ELEVEN)


def test_events_are_replaced_only_before_an_hour_that_is_named() -> None:
    refused = run("backfill", "--replace-events")
    assert refused.exit_code == 2
    assert "--replace-events is for --until" in refused.stderr


def test_events_are_replaced_only_on_request(cloud: LocalCloud) -> None:
    published = sent(cloud, NOON - DAY, hours=24)
    connect(cloud, published, NOON - 12 * HOUR + MINUTE)
    counts = counted(cloud)
    refused = run("backfill", "--until", "2026-03-20T08:00Z")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "7 hours with live events would be replaced" in " ".join(refused.stderr.split())
    assert "--replace-events" in refused.stderr
    dry = run("backfill", "--until", "2026-03-20T08:00Z", "--dry-run")
    assert dry.exit_code == 0
    assert "7 hours with live events would be replaced" in " ".join(dry.stdout.split())
    assert told("backfill", "--until", "2026-03-20T08:00Z", "--dry-run")["hours_replaced"] == 7
    assert counted(cloud) == counts
    done = run("backfill", "--until", "2026-03-20T08:00Z", "--replace-events")
    assert "Of 7 hours of the account the events no longer count." in done.stdout
    assert run("backfill", "--until", "2026-03-20T08:00Z").exit_code == 0, "there is nothing left to replace"


def test_an_earlier_boundary_needs_no_consent(cloud: LocalCloud) -> None:
    connect(cloud, sent(cloud, NOON - DAY, hours=24), NOON - 12 * HOUR + MINUTE)
    assert told("backfill", "--until", "2026-03-20T01:00Z")["hours_replaced"] == 0


def test_no_older_hours_are_taken_than_a_rate_can_hold() -> None:
    with LocalCloud({"RepresentativeVolume": "150"}) as cloud:
        cloud.ses.now = NOW
        for hours in range(2, 50):
            cloud.ses.count(NOON - hours * HOUR, sent=100)
        output = " ".join(run("backfill").stdout.split())
        assert "2 hours were written." in output
        assert "Older hours of 1 scope were left out" in output
        assert "150 recipients of a rate's window. --all takes them, too." in output
        assert told("backfill")["scopes"]["account"]["older_hours_left_out"] is True
        assert "46 hours were written." in run("backfill", "--all").stdout
        assert told("backfill", "--all")["scopes"]["account"]["older_hours_left_out"] is False


def test_where_events_fill_every_window_nothing_is_taken() -> None:
    with LocalCloud({"RepresentativeVolume": "100", "MinimumVolume": "10"}) as cloud:
        cloud.ses.now = NOW
        connect(cloud, sent(cloud, NOON - 2 * DAY, hours=48), NOON - DAY)
        assert "events fill the windows of all rates" in run("backfill").stdout


@pytest.mark.parametrize(
    ("until", "problem"),
    [
        ("yesterday", "no time in ISO 8601"),
        ("2026-03-20T13:00Z", "in the future"),
        ("2026-03-20T12:00Z", "may still add"),
        ("2026-03-20T09:30Z", "not a full hour"),
        ("2026-03-20T09:00", "no time zone"),
    ],
)
def test_a_boundary_that_makes_no_sense_is_a_usage_error(cloud: LocalCloud, until: str, problem: str) -> None:
    result = run("backfill", "--until", until)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("days", ["0", "456", "many"])
def test_a_number_of_days_that_cloudwatch_does_not_keep_is_a_usage_error(days: str) -> None:
    assert run("backfill", "--days", days).exit_code == 2


def test_it_reaches_back_as_far_as_mail_counts() -> None:
    with LocalCloud({"OldestMailDays": "20"}) as cloud:
        cloud.ses.now = NOW
        for days in (19, 21, 25):
            cloud.ses.count(NOON - days * DAY, sent=10)
        assert told("backfill")["scopes"]["account"]["hours"] == 1
        assert told("backfill", "--days", "30")["scopes"]["account"]["hours"] == 3


def test_after_a_backfill_the_next_evaluation_judges_by_it(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON - 2 * DAY, sent=1000, bounced=150, configuration_set="newsletter")
    cloud.ses.count(NOON - 30 * DAY, sent=500, bounced=0)
    told("backfill")
    cloud.tick(NOON + HOUR, ["EvaluateReputation"])
    assert status(cloud, NEWSLETTER) is Status.PROBATION
    assert status(cloud, ACCOUNT) is Status.HEALTHY, "150 of 1,500 is not over 10 %"


def test_what_is_known_to_differ_is_said(cloud: LocalCloud) -> None:
    sent(cloud, NOON - DAY, hours=3)
    for output in (run("backfill").stdout, run("backfill", "--help").stdout):
        told_in_one_line = " ".join(output.split())
        for word in ("soft bounces", "verified identities", "FeedbackShare"):
            assert word in told_in_one_line
    assert max(map(len, output.splitlines())) <= 100


def test_a_backfill_of_nothing_says_so(cloud: LocalCloud) -> None:
    result = run("backfill")
    assert result.exit_code == 0
    assert "SES knows of no mail in this time." in result.stdout


def test_statistics_that_are_the_volume_already_go_on_where_the_backfill_ends() -> None:
    """Here only bounces and complaints are connected; watch_ses writes the mail sent, from its first full hour on."""
    with LocalCloud({"VolumeSource": "statistics"}) as cloud:
        published = sent(cloud, NOON - DAY, hours=25)
        begins = NOON - 9 * HOUR
        cloud.tick(begins - 30 * MINUTE, ["WatchSes"])
        feedback = [p for p in published if p.topic is not Topic.VOLUME]
        connect(cloud, feedback, begins - 4 * HOUR + 20 * MINUTE)
        cloud.tick(NOON, ["WatchSes"])
        cloud.ses.now = NOW
        assert datetime.fromisoformat(told("backfill")["boundary"]["hour"]) == begins
        assert "of the mail that WatchSes reads" in " ".join(run("backfill").stdout.split())
        reported: Counter[datetime] = Counter()
        counters = DynamoDbCounters(cloud.client("dynamodb"), table=cloud.resources["CountersTable"])
        expected = before(truth(published), NOON)
        for hour in counters.hours(ACCOUNT, NOON):
            reported[hour.hour] += hour.total(Measure.REPORTED)
            assert hour.total(Measure.HARD_BOUNCED) == expected[hour.hour].bounced
        assert reported == {hour: r.sent for hour, r in expected.items()}


def test_statistics_that_were_not_written_yet_are_named() -> None:
    """The events began hours ago: it is not their first hour that is missing."""
    with LocalCloud({"VolumeSource": "statistics"}) as cloud:
        cloud.ses.now = NOW
        connect(cloud, [p for p in sent(cloud, NOON - DAY, hours=24) if p.topic is not Topic.VOLUME], NOON - 9 * HOUR)
        assert told("backfill")["boundary"] == {
            "hour": "2026-03-20T11:00:00Z",
            "reason": "no-statistics-yet",
            "complete_at": None,
        }
        output = " ".join(run("backfill").stdout.split())
        assert "WatchSes has not written yet how much mail was sent" in output
        assert "Run this again in three hours" in output


@pytest.mark.parametrize(
    ("source", "event"),
    [("send-events", "Send event"), ("delivery-events", "Delivery event"), ("statistics", "bounce or complaint")],
)
def test_which_events_are_missing_is_said(source: str, event: str) -> None:
    with LocalCloud({"VolumeSource": source}) as cloud:
        cloud.ses.now = NOW
        output = " ".join(run("backfill").stdout.split())
        assert f"No {event} has been counted yet" in output
        assert "Run this again two hours after the first one" in output


# -- verdict -----------------------------------------------------------------------------------------------------------


def test_ses_s_verdict_is_shown_beside_ours(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON - DAY, sent=1000, bounced=41, complained=1, configuration_set="newsletter")
    told("backfill")
    cloud.ses.publish_rates(NOON - HOUR, bounce_rate=0.0432, complaint_rate=0.001)
    cloud.ses.publish_rates(NOON - HOUR, bounce_rate=0.04, complaint_rate=0.0, configuration_set="newsletter")
    cloud.ses.enforcement_status = "PROBATION"
    cloud.tick(NOON)
    document = told("verdict")
    assert document["scopes"]["account"] == {
        "read": "2026-03-20T12:00:00Z",
        "evaluated": "2026-03-20T12:00:00Z",
        "enforcement": "PROBATION",
        "sending_enabled": True,
        "daily_quota": 50_000,
        "sent_last_day": 1000,
        "findings": [],
        "sending": [],
        "bounce_rate": {
            "ses": "0.0432",
            "published": "2026-03-20T11:00:00Z",
            "ours": "0.0410",
            "difference_points": "-0.2200",
        },
        "complaint_rate": {
            "ses": "0.001",
            "published": "2026-03-20T11:00:00Z",
            "ours": "0.0010",
            "difference_points": "0.0000",
        },
    }
    newsletter = document["scopes"]["configuration-set/newsletter"]
    assert (newsletter["enforcement"], newsletter["bounce_rate"]["difference_points"]) == (None, "0.1000")
    output = run("verdict").stdout
    assert "account: PROBATION, sending on, quota 50,000 a day, 1,000 sent in the last day." in output
    for word in ("4.32 %", "4.1 %", "-0.2200", "+0.1000", "Read from SES: 2026-03-20 12:00 UTC."):
        assert word in output
    assert [line.split()[0] for line in output.splitlines() if "bounce rate" in line] == ["account", NEWSLETTER]
    assert all(line.startswith("  ") for line in output.splitlines() if "complaint rate" in line)


def test_a_scope_that_was_not_evaluated_yet_is_told_from_one_with_too_little_mail(cloud: LocalCloud) -> None:
    cloud.ses.publish_rates(NOON - HOUR, bounce_rate=0.04, complaint_rate=0.0)
    cloud.ses.count(NOON - DAY, sent=99)
    told("backfill")
    cloud.tick(NOON, ["WatchSes"])
    assert told("verdict")["scopes"]["account"]["evaluated"] is None
    assert "not evaluated yet" in run("verdict").stdout
    cloud.tick(NOON + MINUTE, ["EvaluateReputation"])
    assert told("verdict")["scopes"]["account"]["evaluated"] == "2026-03-20T12:01:00Z"
    assert "too little mail" in run("verdict").stdout


def test_rates_that_were_read_earlier_than_others_are_named(cloud: LocalCloud) -> None:
    verdicts = DynamoDbVerdicts(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    verdicts.write_verdict(Verdict(ACCOUNT, NOON, enforcement="HEALTHY"), 0, (), ())
    verdicts.write_verdict(Verdict(NEWSLETTER, NOON - DAY), 0, (), ())
    output = " ".join(run("verdict").stdout.split())
    assert f"Read from SES: 2026-03-20 12:00 UTC, of {NEWSLETTER} 2026-03-19 12:00 UTC." in output


@pytest.mark.parametrize(
    ("quota", "sent_last_day", "told"),
    [
        (None, None, "quota unknown, sent in the last day unknown"),
        (None, 0, "no daily limit, 0 sent in the last day"),
        (200, 7, "quota 200 a day, 7 sent in the last day"),
        (200, None, "quota 200 a day, unknown how many sent in the last day"),
    ],
)
def test_an_unknown_quota_is_not_taken_for_none_and_unknown_mail_not_for_no_mail(
    cloud: LocalCloud, quota: int | None, sent_last_day: int | None, told: str
) -> None:
    verdicts = DynamoDbVerdicts(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    verdict = Verdict(ACCOUNT, NOON, enforcement="HEALTHY", daily_quota=quota, sent_last_day=sent_last_day)
    verdicts.write_verdict(verdict, 0, (), ())
    assert told in run("verdict").stdout


def test_what_was_not_published_or_judged_has_no_difference(cloud: LocalCloud) -> None:
    cloud.tick(NOON)
    account = told("verdict")["scopes"]["account"]
    nothing = {"ses": None, "published": None, "ours": None, "difference_points": None}
    assert (account["bounce_rate"], account["complaint_rate"]) == (nothing, nothing)
    assert account["enforcement"] == "HEALTHY"
    assert run("verdict").exit_code == 0


TENANT = Scope("tenant/hill-bikes")
FOUND = SesFinding("BOUNCE", "HIGH", "The rate exceeded 15.0%.", open=True, time=NOON, since=NOON)
STOPPED = SendingStatus("AWS_MANAGED", "DISABLED", on=False, cause="", time=NOON)


def test_what_ses_tells_of_a_tenant_is_shown_with_its_verdict_and_its_status(cloud: LocalCloud) -> None:
    verdicts = DynamoDbVerdicts(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    solved = replace(FOUND, type="SPF", open=False)
    for verdict in (
        Verdict(TENANT, NOON, findings=(solved, FOUND), sending=(STOPPED,)),
        Verdict(Scope("tenant/good"), NOON, findings=(solved,), sending=(replace(STOPPED, on=True),)),
        Verdict(ACCOUNT, NOON, enforcement="HEALTHY", sending_enabled=True),
    ):
        verdicts.write_verdict(verdict, 0, (), ())
    for arguments in (("verdict",), ("verdict", TENANT), ("status", TENANT)):
        output = " ".join(run(*arguments).stdout.split())
        assert TENANT in output
        assert "Sending off, by SES" in output
        assert "Found by SES HIGH bounce problem, since 2026-03-20 12:00 UTC" in output
        assert "HIGH bounce problem: The rate exceeded 15.0%." in output
        assert "SPF" not in output
    assert "SES tells of tenants by itself" in run("verdict", TENANT).stdout
    document = told("verdict")["scopes"]
    assert document.keys() == {"account", TENANT}, "nothing bad is said of the other"
    assert document[TENANT]["read"] is None, "nobody asks"
    assert [finding["type"] for finding in document[TENANT]["findings"]] == ["BOUNCE"]
    assert [status["origin"] for status in document[TENANT]["sending"]] == ["AWS_MANAGED"]
    assert told("verdict", "tenant/good")["scopes"]["tenant/good"]["findings"] == []
    assert told("status", TENANT)["ses"]["sending"][0]["status"] == "DISABLED"


def test_of_a_scope_that_ses_has_told_nothing_of_there_is_no_verdict(cloud: LocalCloud) -> None:
    assert_told_in_one_line(run("verdict", "tenant/nobody"), "SES has told nothing of tenant/nobody")


def test_without_a_verdict_it_is_told_who_would_read_it(cloud: LocalCloud) -> None:
    assert "WatchSes" in run("verdict").stdout
    assert told("verdict") == {"scopes": {}}


# -- What can be wrong -------------------------------------------------------------------------------------------------


def assert_told_in_one_line(result: Result, *words: str) -> None:
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    for word in words:
        assert word in line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_stack_that_does_not_exist_is_named_with_the_region_that_was_asked(cloud: LocalCloud, command: str) -> None:
    words = ("no stack ses-rep in eu-west-1", "--stack-name", "--region", "AWS_REGION")
    assert_told_in_one_line(run(command, "--stack-name", "ses-rep"), *words)


@pytest.mark.parametrize("command", COMMANDS)
def test_another_region_has_no_such_stack(cloud: LocalCloud, command: str) -> None:
    assert_told_in_one_line(run(command, "--region", "us-east-1"), "no stack ses-reputation in us-east-1")


def test_the_stack_and_the_region_are_also_chosen_by_the_environment(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SES_REPUTATION_STACK", "mine")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert_told_in_one_line(run("identities"), "no stack mine in eu-north-1")


def test_a_stack_without_our_resources_is_told_to_be_another_or_older(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: {StatusTopic: {Type: AWS::SNS::Topic}}")
    with LocalCloud(template=template):
        assert_told_in_one_line(run("identities"), "has no StandingsTable", "older version")


def test_a_function_without_a_setting_is_told_to_be_of_another_version(cloud: LocalCloud) -> None:
    function = cloud.resources["EvaluateReputation"]
    cloud.client("lambda").update_function_configuration(
        FunctionName=function, Environment={"Variables": {"PROFILE": "classic"}}
    )
    assert_told_in_one_line(run("verdict"), "another version", "is missing", "deploy this version")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDenied", ("denied GetSendStatistics",)),
        ("AccessDeniedException", ("denied GetSendStatistics",)),
        ("Throttling", ("GetSendStatistics", "try again")),
        ("ExpiredToken", ("expired", "aws sso login")),
        ("InvalidClientTokenId", ("does not know these credentials",)),
        ("InternalFailure", ("GetSendStatistics", "InternalFailure")),
    ],
)
def test_a_refusal_of_aws_is_told_in_one_line(cloud: LocalCloud, code: str, words: tuple[str, ...]) -> None:
    cloud.ses.fail("GetSendStatistics", code)
    assert_told_in_one_line(run("backfill"), *words)
    assert counted(cloud) == {}


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A machine without credentials, from which nothing could reach AWS either."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    clients.session.cache_clear()
    return monkeypatch


@pytest.mark.parametrize("command", COMMANDS)
def test_without_credentials_it_is_told_how_to_get_some(no_aws: pytest.MonkeyPatch, command: str) -> None:
    assert_told_in_one_line(run(command, "--region", "eu-west-1"), "no AWS credentials", "AWS_PROFILE")


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_region_it_is_told_how_to_choose_one(no_aws: pytest.MonkeyPatch, command: str) -> None:
    assert_told_in_one_line(run(command), "no AWS region", "--region")
    assert_told_in_one_line(run(command, "--region", ""), "no AWS region", "--region")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "ftp://127.0.0.1",
        "http://",
        "http://a_name:4566",
        "http://[::1",
        "http://127.0.0.1:x",
        "http://127.0.0.1:0",
        "http://127.0.0.1:65536",
    ],
    ids=["no-url", "ftp", "no-host", "no-host-name", "no-bracket", "port-of-letters", "port-0", "port-too-high"],
)
def test_an_endpoint_that_is_none_is_told(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Also if what it is for is asked late."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SES", url)
    assert_told_in_one_line(run("backfill"), "AWS_ENDPOINT_URL_SES is no URL", repr(url))


@pytest.mark.parametrize("url", ["", "https://localhost", "http://[::1]:65535/path"], ids=["none", "name", "ipv6"])
def test_another_endpoint_may_be_chosen(url: str) -> None:
    assert unusable_endpoint({"AWS_ENDPOINT_URL": url, "AWS_REGION": "eu-west-1"}) is None


def test_an_endpoint_of_a_profile_that_is_none_is_told(no_aws: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_aws.delenv("AWS_ENDPOINT_URL")
    (tmp_path / "config").write_text("[default]\nendpoint_url = nonsense\n")
    assert_told_in_one_line(run("status", "--region", "eu-west-1"), "endpoint_url of your profile", "nonsense")


@pytest.mark.parametrize("service", ["cloudformation", "dynamodb", "sqs"])
def test_an_endpoint_of_one_service_that_is_none_is_told_with_its_section(
    no_aws: pytest.MonkeyPatch, tmp_path: Path, service: str
) -> None:
    no_aws.delenv("AWS_ENDPOINT_URL")
    config = f"[default]\nservices = mine\n[services mine]\n{service} =\n  endpoint_url = nonsense\n"
    (tmp_path / "config").write_text(config)
    result = run("status", "--region", "eu-west-1")
    assert_told_in_one_line(result, f"{service} in [services mine]", "nonsense")


def test_a_region_that_can_not_be_one_is_named(no_aws: pytest.MonkeyPatch) -> None:
    result = run("status", "--region", "eu west")
    assert_told_in_one_line(result, "region", "'eu west'")
    assert "endpoint" not in result.stderr.lower()


def test_a_profile_that_does_not_exist_is_named(no_aws: pytest.MonkeyPatch) -> None:
    no_aws.setenv("AWS_PROFILE", "nobody")
    assert_told_in_one_line(run("identities", "--region", "eu-west-1"), "nobody")
