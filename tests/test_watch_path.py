"""watch_ses in the whole system on the local cloud, with the real handlers, and what the template gives it."""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ses_reputation.adapters import clients
from ses_reputation.adapters.identities import DynamoDbIdentities
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.adapters.verdicts import DynamoDbVerdicts
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.rates import Metric, VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Standing
from ses_reputation.domain.verdict import SesRate, Verdict, VerdictChange
from ses_reputation.settings import SettingsError, WatchSettings
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.functions import Invocation
from ses_reputation_local.template import read_source, read_template
from tests.noted_calls import noted
from tests.privileges import refused, unused
from tests.test_template import statements
from tests.test_whole_path import EMAIL, mail, publish, totals

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
SOURCE = read_source(TEMPLATE)
RESOURCES: dict[str, Any] = read_template(TEMPLATE, {}, "eu-west-1").body["Resources"]
NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NEWSLETTER = Scope("configuration-set/newsletter")


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(EMAIL) as cloud:
        yield cloud


@pytest.fixture
def counting_cloud() -> Iterator[LocalCloud]:
    """One whose rates are divided by SES's own statistics, and whose first run is over."""
    with LocalCloud({**EMAIL, "VolumeSource": "statistics"}) as cloud:
        watch(cloud, NINE)
        yield cloud


def watch(cloud: LocalCloud, now: datetime) -> Invocation:
    (run,) = cloud.tick(now, ["WatchSes"])
    return run


def evaluate(cloud: LocalCloud, now: datetime) -> list[str]:
    """Run evaluate_reputation; the subjects of the e-mails that it leads to."""
    (run,) = cloud.tick(now, ["EvaluateReputation"])
    assert run.error is None
    return sorted(email.subject for email in cloud.emails())


def identities(cloud: LocalCloud) -> frozenset[str]:
    return DynamoDbIdentities(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"]).read()


def verdicts(cloud: LocalCloud) -> list[Verdict]:
    return list(DynamoDbVerdicts(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"]).verdicts())


def standings(cloud: LocalCloud) -> DynamoDbStandings:
    return DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])


def standing(cloud: LocalCloud, scope: Scope = ACCOUNT) -> Standing:
    return standings(cloud).read(scope).standing


def test_a_run_logs_what_it_did(cloud: LocalCloud) -> None:
    cloud.ses.verify("shop.example")
    run = watch(cloud, NINE)
    assert run.result == {"identities": 1, "verdicts": 1, "news": 0, "hours": 0}
    (line,) = [json.loads(log) for log in run.logs]
    assert (line["message"], line["now"], line["service"]) == ("watched", "2026-03-06T09:00:00+00:00", "watch_ses")
    assert (line["identities"], line["verdicts"]) == (1, 1)


def test_a_time_without_a_zone_is_refused(cloud: LocalCloud) -> None:
    for function in ("WatchSes", "EvaluateReputation"):
        assert "timezone" in str(cloud.invoke(function, {"now": "2026-03-06T09:00:00"}).error)


def test_a_time_in_another_zone_is_the_same_moment(cloud: LocalCloud) -> None:
    assert cloud.invoke("WatchSes", {"now": "2026-03-06T10:30:00+01:00"}).error is None
    assert [verdict.time for verdict in verdicts(cloud)] == [NINE + 30 * MINUTE]


def test_identities_follow_what_ses_verifies(cloud: LocalCloud) -> None:
    cloud.ses.verify("Shop.example")
    cloud.ses.verify("pending.example", "PENDING")
    watch(cloud, NINE)
    assert identities(cloud) == {"shop.example"}
    cloud.ses.verify("Shop.example", "FAILED")
    cloud.ses.verify("pending.example")
    watch(cloud, NINE + HOUR)
    assert identities(cloud) == {"pending.example"}


def test_an_identity_of_which_ses_cannot_tell_stays_what_it_was(cloud: LocalCloud) -> None:
    cloud.ses.verify("shop.example")
    watch(cloud, NINE)
    for name in ("shop.example", "new.example"):
        cloud.ses.verify(name, "TEMPORARY_FAILURE")
    assert watch(cloud, NINE + HOUR).error is None
    assert identities(cloud) == {"shop.example"}


def test_mail_to_an_identity_that_was_found_verified_is_in_no_rate(cloud: LocalCloud) -> None:
    cloud.ses.verify("gmail.com")
    watch(cloud, NINE)
    publish(cloud, mail(200, bad=50))
    cloud.deliver()
    assert evaluate(cloud, NINE + HOUR) == []
    assert standing(cloud) == Standing(ACCOUNT), "there was nothing to judge"


def test_identities_stay_when_ses_does_not_answer(cloud: LocalCloud) -> None:
    cloud.ses.verify("shop.example")
    watch(cloud, NINE)
    cloud.ses.fail("ListEmailIdentities", "TooManyRequestsException")
    cloud.ses.forget("shop.example")
    assert "the verified identities" in str(watch(cloud, NINE + HOUR).error)
    assert identities(cloud) == {"shop.example"}


def test_what_ses_decides_is_told_with_the_next_evaluation_once(cloud: LocalCloud) -> None:
    watch(cloud, NINE)
    assert evaluate(cloud, NINE) == []
    cloud.ses.enforcement_status = "PROBATION"
    cloud.ses.publish_rates(NINE + 30 * MINUTE, bounce_rate=0.0512, complaint_rate=0.0002)
    for minutes in (60, 75):
        run = watch(cloud, NINE + minutes * MINUTE)
        assert run.result == {"identities": 0, "verdicts": 1, "news": 1 if minutes == 60 else 0, "hours": 0}
    (subject,) = evaluate(cloud, NINE + 75 * MINUTE)
    assert "HEALTHY -> PROBATION" in subject
    assert evaluate(cloud, NINE + 90 * MINUTE) == []
    (piece,) = standings(cloud).news(ACCOUNT)
    assert isinstance(piece, VerdictChange)
    assert piece.after.bounce_rate == SesRate("0.0512", NINE)


def test_sending_that_ses_switched_off_is_told_at_the_first_run(cloud: LocalCloud) -> None:
    cloud.ses.sending_enabled = False
    watch(cloud, NINE)
    (subject,) = evaluate(cloud, NINE)
    assert "sending off" in subject


def test_a_configuration_set_that_publishes_its_rates_has_a_verdict(cloud: LocalCloud) -> None:
    cloud.ses.publish_rates(NINE, configuration_set="newsletter", bounce_rate=0.02, complaint_rate=0)
    watch(cloud, NINE + HOUR)
    account, newsletter = verdicts(cloud)
    assert (account.enforcement, account.bounce_rate) == ("HEALTHY", None)
    assert newsletter == Verdict(NEWSLETTER, NINE + HOUR, SesRate("0.02", NINE), SesRate("0", NINE))


def test_a_missing_permission_stops_nothing_else(cloud: LocalCloud) -> None:
    cloud.ses.vdm_enabled = True
    cloud.ses.verify("shop.example")
    cloud.ses.fail("BatchGetMetricData", "AccessDeniedException")
    assert "AccessDenied" in str(watch(cloud, NINE).error)
    assert identities(cloud) == {"shop.example"}
    assert [verdict.scope for verdict in verdicts(cloud)] == [ACCOUNT]


def test_the_account_is_judged_by_what_ses_counted(counting_cloud: LocalCloud) -> None:
    """Bounces come as events, and no Send does."""
    cloud = counting_cloud
    bounces = [published for published in mail(21, bad=21, at=NINE) if "ounce" in published.topic]
    publish(cloud, bounces)
    cloud.deliver()
    cloud.ses.count(NINE, configuration_set="newsletter", sent=150)
    cloud.ses.count(NINE + 14 * MINUTE, configuration_set="newsletter", sent=50)
    assert watch(cloud, NINE + 15 * MINUTE).result["hours"] == 2  # type: ignore[index]
    assert evaluate(cloud, NINE + 15 * MINUTE) == [
        "SES bounce rate of account: Healthy -> Probation",
        "SES bounce rate of configuration-set/newsletter: Healthy -> Probation",
    ]
    rate = standing(cloud).measures[Metric.BOUNCE_RATE].window
    assert (rate.count, rate.volume) == (21, 200)
    assert totals(cloud, NEWSLETTER)["reported"] == 200  # type: ignore[index]


def test_an_hour_that_grows_heals_the_rate(counting_cloud: LocalCloud) -> None:
    cloud = counting_cloud
    publish(cloud, [published for published in mail(9, bad=9, at=NINE) if "ounce" in published.topic])
    cloud.deliver()
    volumes = []
    for minutes in (15, 30, 45):
        cloud.ses.count(NINE + (minutes - 5) * MINUTE, sent=100)
        cloud.ses.now = NINE + minutes * MINUTE
        watch(cloud, NINE + minutes * MINUTE)
        evaluate(cloud, NINE + minutes * MINUTE)
        volumes.append(standing(cloud).measures[Metric.BOUNCE_RATE].window.volume)
    assert volumes == [100, 200, 300]
    assert standing(cloud).status is Status.HEALTHY


def test_what_was_sent_before_the_first_run_is_left_to_a_backfill(counting_cloud: LocalCloud) -> None:
    counting_cloud.ses.count(NINE - MINUTE, configuration_set="newsletter", sent=500)
    assert watch(counting_cloud, NINE + HOUR).result["hours"] == 0  # type: ignore[index]
    assert totals(counting_cloud, ACCOUNT) == {}


def test_what_was_sent_during_an_outage_is_counted_after_it(counting_cloud: LocalCloud) -> None:
    cloud = counting_cloud
    watch(cloud, NINE + HOUR)
    cloud.ses.count(NINE + 2 * HOUR, configuration_set="newsletter", sent=500)
    assert watch(cloud, NINE + 5 * 24 * HOUR).result["hours"] == 2  # type: ignore[index]
    assert totals(cloud, ACCOUNT)["reported"] == totals(cloud, NEWSLETTER)["reported"] == 500  # type: ignore[index]


def test_the_measured_share_divides_complaints(counting_cloud: LocalCloud) -> None:
    cloud = counting_cloud
    cloud.ses.vdm_enabled = True
    cloud.ses.publish_vdm(datetime(2026, 3, 5, tzinfo=UTC).date(), delivered=1000, with_feedback_loop=250)
    cloud.ses.count(NINE + MINUTE, sent=400)
    watch(cloud, NINE + HOUR)
    evaluate(cloud, NINE + HOUR)
    rate = standing(cloud).measures[Metric.COMPLAINT_RATE].window
    assert (rate.eligible, rate.volume) == (100, 400)


class Killed(BaseException):
    """The process is gone: nothing in it can catch this."""


@dataclass
class Calls:
    """Watches the calls of every client that is made meanwhile, and kills the process at one of them."""

    fatal: int = 0
    armed: bool = False
    seen: list[str] = field(default_factory=list)

    def note(self, model: Any, **_: Any) -> None:
        if self.armed:
            self.seen.append(model.name)
            if len(self.seen) == self.fatal:
                raise Killed


@contextmanager
def listening(moment: str, note: Callable[..., None]) -> Iterator[None]:
    session = clients.session()
    session.register(moment, note)
    try:
        yield
    finally:
        clients.session.cache_clear()


def outcome(calls: Calls, moment: str = "before-call") -> dict[str, Any]:
    """What there is after a run that may have died, and came again."""
    with LocalCloud({**EMAIL, "VolumeSource": "statistics"}) as cloud, listening(moment, calls.note):
        watch(cloud, NINE)
        cloud.ses.verify("shop.example")
        cloud.ses.enforcement_status, cloud.ses.vdm_enabled = "PROBATION", True
        cloud.ses.publish_vdm((NINE - timedelta(days=1)).date(), delivered=1000, with_feedback_loop=250)
        cloud.ses.count(NINE, configuration_set="newsletter", sent=400)
        for armed in (True, False):
            calls.armed = armed
            with suppress(Killed):
                watch(cloud, NINE + HOUR)
        calls.armed = False
        return {
            "e-mails": evaluate(cloud, NINE + HOUR),
            "identities": identities(cloud),
            "verdicts": verdicts(cloud),
            "news": list(standings(cloud).news(ACCOUNT)),
            "rates": [standing(cloud, scope).measures for scope in (ACCOUNT, NEWSLETTER)],
        }


def test_a_run_that_dies_at_any_call_and_comes_again_does_what_one_run_does() -> None:
    """To die before a call is to die after the one before it, and to read changes nothing."""
    undisturbed = Calls()
    expected = outcome(undisturbed)
    assert len(expected["e-mails"]) == len(expected["news"]) == 1
    assert all(measures[Metric.COMPLAINT_RATE].window.eligible == 100 for measures in expected["rates"])
    for number, name in enumerate(undisturbed.seen, start=1):
        if not name.startswith(("Get", "List", "Query", "BatchGet")):
            assert outcome(Calls(number), "after-call") == expected, f"{name}, call {number}"


def test_a_hundred_configuration_sets_of_which_nothing_is_new_are_written_nowhere() -> None:
    calls: list[tuple[str, str]] = []

    def note(model: Any, params: dict[str, Any], **_: Any) -> None:
        calls.append((model.name, params["body"].decode()))

    with LocalCloud({"VolumeSource": "statistics"}) as cloud, listening("before-call.dynamodb", note):
        watch(cloud, NINE)
        for n in range(100):
            cloud.ses.count(NINE + MINUTE, configuration_set=f"set-{n}", sent=1)
        assert watch(cloud, NINE + HOUR).result["hours"] == 101  # type: ignore[index]
        calls.clear()
        assert watch(cloud, NINE + HOUR + 15 * MINUTE).result["hours"] == 0  # type: ignore[index]
    assert sum('"verdicts"' in body for name, body in calls if name == "Query") == 1
    assert sorted(name for name, _ in calls if name != "Query") == [
        "DeleteItem",  # the feedback share, which this account does not have
        "GetItem",  # when an evaluation last ended well
        "PutItem",  # the account's verdict
        "UpdateItem",  # since when statistics are taken
        "UpdateItem",  # when they were last read
        "UpdateItem",  # that this run ended well
    ]


def test_its_role_allows_what_it_does_and_no_more() -> None:
    with LocalCloud({"VolumeSource": "statistics"}) as cloud, noted() as notes:
        for hours, status in enumerate(("HEALTHY", "PROBATION", "HEALTHY")):
            cloud.ses.verify("shop.example", "SUCCESS" if status == "PROBATION" else "FAILED")
            cloud.ses.enforcement_status, cloud.ses.vdm_enabled = status, status == "PROBATION"
            cloud.ses.publish_vdm((NINE - timedelta(days=1)).date(), delivered=1000, with_feedback_loop=250)
            cloud.ses.count(NINE + hours * HOUR - MINUTE, sent=1)
            assert watch(cloud, NINE + hours * HOUR).error is None
    assert refused(notes) == unused(notes, "WatchSes") == []


def test_it_has_as_much_time_as_evaluate_reputation() -> None:
    assert RESOURCES["WatchSes"]["Properties"]["Timeout"] == 300
    assert RESOURCES["EvaluateReputation"]["Properties"]["Timeout"] == 300


def test_its_role_asks_ses_and_cloudwatch_and_changes_nothing_there() -> None:
    everywhere = [statement for statement in statements("WatchSesRole") if statement["Resource"] == "*"]
    assert sorted(action for statement in everywhere for action in statement["Action"]) == [
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "ses:BatchGetMetricData",
        "ses:GetAccount",
        "ses:GetSendStatistics",
        "ses:ListEmailIdentities",
    ]
    assert RESOURCES["WatchSes"]["Properties"]["Role"] == {"Fn::GetAtt": ["WatchSesRole", "Arn"]}
    assert "ManagedPolicyArns" not in RESOURCES["WatchSesRole"]["Properties"]


def test_its_logs_are_its_own_and_do_not_stay_for_ever() -> None:
    assert RESOURCES["WatchSes"]["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": "WatchSesLogs"}
    assert SOURCE["Resources"]["WatchSesLogs"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    (logs,) = (statement for statement in statements("WatchSesRole") if statement["Sid"] == "WriteLogs")
    assert logs["Resource"] == {"Fn::GetAtt": ["WatchSesLogs", "Arn"]}


def test_its_schedule_is_a_parameter_and_passes_its_time_on() -> None:
    (event,) = SOURCE["Resources"]["WatchSes"]["Properties"]["Events"].values()
    assert event["Properties"]["ScheduleExpression"] == {"Ref": "WatchSchedule"}
    assert event["Properties"]["Input"] == '{"now": "<aws.scheduler.scheduled-time>"}'
    watching, evaluating = (SOURCE["Parameters"][name] for name in ("WatchSchedule", "EvaluationSchedule"))
    assert {**watching, "Description": ""} == {**evaluating, "Description": ""}


def test_it_is_given_the_variables_that_it_reads_and_no_others() -> None:
    given = RESOURCES["WatchSes"]["Properties"]["Environment"]["Variables"].keys()
    read = set(re.findall(r'_read\(environment, "([A-Z_]+)"', inspect.getsource(WatchSettings)))
    assert {variable for variable in given if not variable.startswith("POWERTOOLS_")} == read


ENVIRONMENT = {
    "COUNTERS_TABLE": "counters",
    "STANDINGS_TABLE": "standings",
    "STATUS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:status",
    "VOLUME_SOURCE": "statistics",
    "OLDEST_MAIL_DAYS": "365",
}


def test_it_is_told_where_to_write_and_for_how_long() -> None:
    assert WatchSettings.from_environment(ENVIRONMENT) == WatchSettings(
        counters_table="counters",
        standings_table="standings",
        status_topic_arn="arn:aws:sns:eu-west-1:123456789012:status",
        volume_source=VolumeSource.STATISTICS,
        counter_retention=timedelta(days=396),
    )


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_variable_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is missing"):
        WatchSettings.from_environment({k: v for k, v in ENVIRONMENT.items() if k != name})
