"""Inside a local cloud, boto3 is told about SES's account what the test has told the account."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from ses_reputation.adapters import clients
from ses_reputation.domain.events import Bounce, Complaint, Delivery, Event, Mail, Recipient, Send, Uncounted
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.request_shapes import WrongRequest

NOON = datetime(2022, 3, 22, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, Handler: handler.lambda_handler}
Resources:
  ReadSes:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: read_ses/
      Events: {OnSchedule: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour)}}}
  Other:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: other/
      Events: {OnSchedule: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour)}}}
"""

READ_SES = """
import boto3
def lambda_handler(event, context):
    return [len(boto3.client("ses").get_send_statistics()["SendDataPoints"]),
            boto3.client("sesv2").get_account()["EnforcementStatus"]]
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name, source in {"read_ses": READ_SES, "other": "def lambda_handler(event, context): pass"}.items():
        (folder / name).mkdir()
        (folder / name / "handler.py").write_text(source)
    path = folder / "template.yaml"
    path.write_text(TEMPLATE)
    return path


@pytest.fixture
def cloud(template: Path) -> Iterator[LocalCloud]:
    # With so small a template, a cloud of its own for each test takes ten milliseconds.
    with LocalCloud(template=template) as cloud:
        yield cloud


@cache
def client(service: str) -> Any:
    """A client of any cloud, since it does not matter when it was made. Each takes a tenth of a second."""
    return boto3.client(service, region_name="eu-west-1")  # type: ignore[call-overload]


def metric_query(
    name: str = "Send", *, of: str | None = None, period: int = 3600, stat: str = "Sum", **others: Any
) -> dict[str, Any]:
    dimensions = [{"Name": "ses:configuration-set", "Value": of}] if of else []
    metric = {"Namespace": "AWS/SES", "MetricName": name, "Dimensions": dimensions}
    return {"Id": "q", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}, **others}


def vdm_query(metric: str = "DELIVERY", start: datetime = NOON - 9 * DAY, end: datetime = NOON) -> dict[str, Any]:
    return {"Id": "q", "Namespace": "VDM", "Metric": metric, "StartDate": start, "EndDate": end}


def ask(service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = client(service)._make_api_call(operation, parameters)
    return answer


def metric_data(
    *queries: Mapping[str, Any], start: datetime = NOON - DAY, end: datetime = NOON + DAY, **others: Any
) -> Sequence[Mapping[str, Any]]:
    answer = client("cloudwatch").get_metric_data(MetricDataQueries=queries, StartTime=start, EndTime=end, **others)
    results: Sequence[Mapping[str, Any]] = answer["MetricDataResults"]
    return results


def points(query: Mapping[str, Any], **others: Any) -> dict[datetime, float]:
    (result,) = metric_data(query, **others)
    return dict(zip(result["Timestamps"], result["Values"], strict=True))


def listed_metrics(**filters: Any) -> list[tuple[str, str | None]]:
    pages = client("cloudwatch").get_paginator("list_metrics").paginate(Namespace="AWS/SES", **filters)
    return [
        (metric["MetricName"], next((d["Value"] for d in metric["Dimensions"]), None))
        for page in pages
        for metric in page["Metrics"]
    ]


def statistics() -> dict[datetime, tuple[int, int, int]]:
    return {
        point["Timestamp"]: (point["DeliveryAttempts"], point["Bounces"], point["Complaints"])
        for point in client("ses").get_send_statistics()["SendDataPoints"]
    }


def deliveries(metric: str, start: datetime, end: datetime) -> dict[datetime, int]:
    (result,) = client("sesv2").batch_get_metric_data(Queries=[vdm_query(metric, start, end)])["Results"]
    return dict(zip(result["Timestamps"], result["Values"], strict=True))


def identity_names(sesv2: Any) -> list[str]:
    return [identity["IdentityName"] for identity in sesv2.list_email_identities()["EmailIdentities"]]


# -- The account and its names -----------------------------------------------------------------------------------------


def test_an_identity_is_listed_with_its_type_and_whether_it_may_send(cloud: LocalCloud) -> None:
    cloud.ses.verify("shop.example")
    cloud.ses.verify("owner@mailbox.example")
    cloud.ses.verify("new.example", "PENDING")
    identities = client("sesv2").list_email_identities()["EmailIdentities"]
    assert [tuple(identity.values()) for identity in identities] == [
        ("DOMAIN", "shop.example", True, "SUCCESS"),
        ("EMAIL_ADDRESS", "owner@mailbox.example", True, "SUCCESS"),
        ("DOMAIN", "new.example", False, "PENDING"),
    ]


def test_an_identity_that_is_verified_again_has_its_new_status(cloud: LocalCloud) -> None:
    cloud.ses.verify("shop.example", "PENDING")
    cloud.ses.verify("shop.example")
    (identity,) = client("sesv2").list_email_identities()["EmailIdentities"]
    assert identity["VerificationStatus"] == "SUCCESS"


def test_a_forgotten_identity_is_not_listed(cloud: LocalCloud) -> None:
    cloud.ses.verify("shop.example")
    cloud.ses.forget("shop.example")
    assert identity_names(client("sesv2")) == []


def test_identities_come_in_pages_of_the_size_that_was_asked_for(cloud: LocalCloud) -> None:
    names = [f"shop-{n}.example" for n in range(5)]
    for name in names:
        cloud.ses.verify(name)
    pages: list[list[str]] = []
    token: dict[str, str] = {}
    while not pages or token:
        page = client("sesv2").list_email_identities(PageSize=2, **token)
        pages.append([identity["IdentityName"] for identity in page["EmailIdentities"]])
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert pages == [names[:2], names[2:4], names[4:]]


def test_a_last_page_that_is_full_has_no_token(cloud: LocalCloud) -> None:
    cloud.ses.verify("shop.example")
    assert "NextToken" not in client("sesv2").list_email_identities(PageSize=1)


def test_a_page_of_more_than_a_thousand_is_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match=r"BadRequestException.*1000"):
        client("sesv2").list_email_identities(PageSize=1001)


def test_configuration_sets_are_those_of_mail_and_those_that_were_added(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON, configuration_set="receipts", sent=1)
    cloud.ses.publish_rates(NOON, bounce_rate=0, complaint_rate=0, configuration_set="alerts")
    cloud.ses.configuration_sets.add("unused")
    ses = client("sesv2")
    page = ses.list_configuration_sets(PageSize=2)
    assert page["ConfigurationSets"] == ["alerts", "receipts"]
    rest = ses.list_configuration_sets(PageSize=2, NextToken=page["NextToken"])
    assert rest["ConfigurationSets"] == ["unused"]
    assert "NextToken" not in rest


def test_an_account_is_healthy_and_sends_until_a_test_says_otherwise(cloud: LocalCloud) -> None:
    account = client("sesv2").get_account()
    assert (account["EnforcementStatus"], account["SendingEnabled"], account["ProductionAccessEnabled"]) == (
        "HEALTHY",
        True,
        True,
    )
    assert account["VdmAttributes"] == {"VdmEnabled": "DISABLED"}
    cloud.ses.enforcement_status, cloud.ses.sending_enabled, cloud.ses.vdm_enabled = "SHUTDOWN", False, True
    account = client("sesv2").get_account()
    assert (account["EnforcementStatus"], account["SendingEnabled"]) == ("SHUTDOWN", False)
    assert account["VdmAttributes"] == {"VdmEnabled": "ENABLED"}


def test_the_quota_says_what_was_sent_in_the_last_day(cloud: LocalCloud) -> None:
    for age, sent in {DAY + MINUTE: 1, DAY: 10, MINUTE: 100, timedelta(0): 1000}.items():
        cloud.ses.count(NOON - age, sent=sent)
    cloud.ses.now = NOON
    assert client("sesv2").get_account()["SendQuota"]["SentLast24Hours"] == 110


# -- What an event adds ------------------------------------------------------------------------------------------------


def to(*addresses: str) -> tuple[Recipient, ...]:
    return tuple(Recipient(address) for address in addresses)


MAIL = Mail("m-1", configuration_set="receipts")
TWO = to("a@x.example", "b@x.example")
ROBOT = to("bounce@simulator.amazonses.com")


@pytest.mark.parametrize(
    ("event", "counted"),
    [
        pytest.param(Send(MAIL, NOON, TWO), {"Send": 2}, id="a send"),
        pytest.param(Bounce(MAIL, NOON, TWO, "Permanent", "General"), {"Bounce": 2}, id="a hard bounce"),
        pytest.param(Bounce(MAIL, NOON, TWO, "Transient", "General"), {}, id="a soft bounce"),
        pytest.param(Bounce(MAIL, NOON, TWO, "Undetermined", "Undetermined"), {}, id="an undetermined bounce"),
        pytest.param(Complaint(MAIL, NOON, TWO), {"Complaint": 1}, id="a complaint with two suspects"),
        pytest.param(Complaint(MAIL, NOON, TWO, "OnAccountSuppressionList"), {}, id="a suppressed complaint"),
        pytest.param(Delivery(MAIL, NOON, TWO), {}, id="a delivery"),
        pytest.param(Uncounted("Open"), {}, id="an open"),
        pytest.param(Send(MAIL, NOON, ROBOT + TWO), {"Send": 2}, id="a send to people and the simulator"),
        pytest.param(Send(MAIL, NOON, ROBOT), {}, id="a send to the simulator"),
        pytest.param(Bounce(MAIL, NOON, ROBOT, "Permanent", "General"), {}, id="the simulator's bounce"),
        pytest.param(Complaint(MAIL, NOON, ROBOT), {}, id="the simulator's complaint"),
    ],
)
def test_an_event_counts_for_the_account_and_its_configuration_set(
    cloud: LocalCloud, event: Event, counted: dict[str, float]
) -> None:
    cloud.ses.observe(event)
    for of in (None, "receipts"):
        numbers = {name: points(metric_query(name, of=of)) for name in ("Send", "Bounce", "Complaint")}
        assert numbers == {name: {NOON: counted[name]} if name in counted else {} for name in numbers}


def test_mail_without_a_configuration_set_counts_for_the_account_alone(cloud: LocalCloud) -> None:
    cloud.ses.observe(Send(Mail("m-1"), NOON, TWO))
    assert listed_metrics() == [("Send", None)]


# -- GetSendStatistics -------------------------------------------------------------------------------------------------


def test_statistics_tell_of_the_quarter_hours_with_mail(cloud: LocalCloud) -> None:
    for minutes, numbers in {
        0: {"sent": 3, "bounced": 1},
        14: {"sent": 2},
        15: {"sent": 5},
        59: {"complained": 1},
    }.items():
        cloud.ses.count(NOON + minutes * MINUTE, configuration_set="receipts", **numbers)
    assert statistics() == {
        NOON: (5, 1, 0),
        NOON + 15 * MINUTE: (5, 0, 0),
        NOON + 45 * MINUTE: (0, 0, 1),
    }


def test_statistics_come_in_no_order(cloud: LocalCloud) -> None:
    for n in range(4):
        cloud.ses.count(NOON + n * HOUR, sent=1)
    assert [*statistics()] != sorted(statistics())
    assert [*statistics()] != sorted(statistics(), reverse=True)


def test_statistics_reach_back_two_weeks_from_now(cloud: LocalCloud) -> None:
    for age in (14 * DAY + MINUTE, 14 * DAY, MINUTE, timedelta(0)):
        cloud.ses.count(NOON - age, sent=1)
    assert len(statistics()) == 4, "before any tick nothing is too old"
    cloud.ses.now = NOON
    assert sorted(statistics()) == [NOON - 14 * DAY, NOON - 15 * MINUTE]


def test_an_interval_that_began_more_than_two_weeks_ago_is_left_out(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON + 5 * MINUTE, sent=1)
    cloud.ses.count(NOON + 15 * MINUTE, sent=1)
    cloud.ses.now = NOON + MINUTE + 14 * DAY
    assert [*statistics()] == [NOON + 15 * MINUTE]


def test_intervals_may_begin_beside_the_quarter_hours_as_those_of_ses_do(cloud: LocalCloud) -> None:
    cloud.ses.interval_offset = 2 * MINUTE
    cloud.ses.count(NOON + MINUTE, sent=1)
    cloud.ses.count(NOON + 2 * MINUTE, sent=10)
    assert statistics() == {NOON - 13 * MINUTE: (1, 0, 0), NOON + 2 * MINUTE: (10, 0, 0)}


# -- CloudWatch --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        pytest.param(60, {0: 1, 1: 2, 59: 4, 60: 8, 119: 16}, id="by minute"),
        pytest.param(900, {0: 3, 45: 4, 60: 8, 105: 16}, id="by quarter hour"),
        pytest.param(3600, {0: 7, 60: 24}, id="by hour"),
        pytest.param(7200, {0: 31}, id="by two hours"),
    ],
)
def test_counts_are_summed_by_period(cloud: LocalCloud, period: int, expected: dict[int, float]) -> None:
    for minute, sent in {0: 1, 1: 2, 59: 4, 60: 8, 119: 16}.items():
        cloud.ses.count(NOON + minute * MINUTE + timedelta(seconds=59), sent=sent)
    assert points(metric_query(period=period)) == {NOON + m * MINUTE: n for m, n in expected.items()}


def test_rates_are_averaged_by_period(cloud: LocalCloud) -> None:
    for minute, rate in {0: 0.25, 30: 0.75, 60: 0.5}.items():
        cloud.ses.publish_rates(NOON + minute * MINUTE, bounce_rate=rate, complaint_rate=rate / 2)
    assert points(metric_query("Reputation.BounceRate", stat="Average")) == {NOON: 0.5, NOON + HOUR: 0.5}
    assert points(metric_query("Reputation.ComplaintRate", stat="Average")) == {NOON: 0.25, NOON + HOUR: 0.25}


def test_a_configuration_set_has_rates_of_its_own(cloud: LocalCloud) -> None:
    cloud.ses.publish_rates(NOON, bounce_rate=0.5, complaint_rate=0, configuration_set="receipts")
    query = metric_query("Reputation.BounceRate", stat="Average")
    assert points(query) == {}
    assert points(metric_query("Reputation.BounceRate", stat="Average", of="receipts")) == {NOON: 0.5}


def test_the_start_is_included_and_the_end_is_not(cloud: LocalCloud) -> None:
    for minute in (-1, 0, 59, 60):
        cloud.ses.count(NOON + minute * MINUTE, sent=1)
    found = points(metric_query(period=60), start=NOON, end=NOON + HOUR)
    assert sorted(found) == [NOON, NOON + 59 * MINUTE]


def test_the_start_is_rounded_down_to_a_minute(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON, sent=1)
    assert points(metric_query(), start=NOON + timedelta(seconds=59)) == {NOON: 1}
    assert points(metric_query(), start=NOON + MINUTE) == {}


def test_a_period_that_began_before_the_start_has_the_rest_of_its_mail(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON, sent=1)
    cloud.ses.count(NOON + 30 * MINUTE, sent=10)
    assert points(metric_query(), start=NOON + 10 * MINUTE) == {NOON: 10}


def test_times_may_be_in_another_zone(cloud: LocalCloud) -> None:
    east = timezone(timedelta(hours=5))
    cloud.ses.count(NOON.astimezone(east), sent=1)
    (result,) = metric_data(metric_query(), start=NOON.astimezone(east), end=(NOON + HOUR).astimezone(east))
    assert [moment.isoformat() for moment in result["Timestamps"]] == ["2022-03-22T12:00:00+00:00"]


def test_a_time_without_a_zone_is_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ValueError, match="time zone"):
        cloud.ses.count(NOON.replace(tzinfo=None), sent=1)


@pytest.mark.parametrize(
    ("order", "newest_first"),
    [({}, True), ({"ScanBy": "TimestampDescending"}, True), ({"ScanBy": "TimestampAscending"}, False)],
    ids=["by default", "descending", "ascending"],
)
def test_points_come_newest_first_unless_the_request_says_otherwise(
    cloud: LocalCloud, order: dict[str, Any], newest_first: bool
) -> None:
    for hours in (1, 0, 2):
        cloud.ses.count(NOON + hours * HOUR, sent=hours + 1)
    (result,) = metric_data(metric_query(), **order)
    assert result["Values"] == ([3, 2, 1] if newest_first else [1, 2, 3])
    assert result["Timestamps"] == sorted(result["Timestamps"], reverse=newest_first)


def test_every_query_has_a_result_in_the_order_of_the_request(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON, sent=1)
    queries = [metric_query("Bounce", Id="b"), metric_query("Send", Id="a", Label="sent"), metric_query("No", Id="c")]
    results = metric_data(*queries)
    assert [(r["Id"], r["Label"], r["Values"], r["StatusCode"]) for r in results] == [
        ("b", "Bounce", [], "Complete"),
        ("a", "sent", [1], "Complete"),
        ("c", "No", [], "Complete"),
    ]


def test_more_points_than_a_page_may_have_come_in_pages(cloud: LocalCloud) -> None:
    for n in range(3):
        cloud.ses.count(NOON + n * HOUR, sent=n + 1, bounced=n + 1)
    pages = [
        [(result["Id"], result["Values"], result["StatusCode"]) for result in page["MetricDataResults"]]
        for page in client("cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(
            MetricDataQueries=[metric_query(Id="a"), metric_query("Bounce", Id="b")],
            StartTime=NOON,
            EndTime=NOON + DAY,
            PaginationConfig={"PageSize": 4},
        )
    ]
    assert pages == [
        [("a", [3, 2, 1], "Complete"), ("b", [3], "PartialData")],
        [("a", [], "Complete"), ("b", [2, 1], "Complete")],
    ]


def test_one_call_takes_five_hundred_queries(cloud: LocalCloud) -> None:
    queries = [metric_query(Id=f"q{n}") for n in range(501)]
    assert len(metric_data(*queries[:500])) == 500
    with pytest.raises(ClientError, match=r"ValidationError.*500"):
        metric_data(*queries)


@pytest.mark.parametrize(
    ("queries", "span"),
    [
        pytest.param([metric_query(Id="Upper")], HOUR, id="an id that begins with a capital"),
        pytest.param([metric_query(Id="a-b")], HOUR, id="an id with a hyphen"),
        pytest.param([metric_query(), metric_query("Bounce")], HOUR, id="an id twice"),
        pytest.param([metric_query(period=90)], HOUR, id="a period of a minute and a half"),
        pytest.param([metric_query()], timedelta(0), id="no time at all"),
    ],
)
def test_a_query_that_cloudwatch_refuses_is_refused(
    cloud: LocalCloud, queries: list[dict[str, Any]], span: timedelta
) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        metric_data(*queries, start=NOON, end=NOON + span)


@pytest.mark.parametrize(
    ("age", "period", "found"),
    [
        (15 * DAY, 60, True),
        (15 * DAY + MINUTE, 60, False),
        (15 * DAY + MINUTE, 300, True),
        (63 * DAY, 300, True),
        (63 * DAY + MINUTE, 300, False),
        (63 * DAY + MINUTE, 3600, True),
    ],
)
def test_old_points_are_found_by_long_periods_only(cloud: LocalCloud, age: timedelta, period: int, found: bool) -> None:
    cloud.ses.count(NOON, sent=1)
    cloud.ses.now = NOON + age
    assert bool(points(metric_query(period=period), start=NOON)) is found


def test_metrics_are_listed_once_they_have_values(cloud: LocalCloud) -> None:
    assert listed_metrics() == []
    metric_data(metric_query())
    assert listed_metrics() == [], "asking is not publishing"
    cloud.ses.count(NOON, configuration_set="receipts", sent=1, complained=1)
    cloud.ses.publish_rates(NOON, bounce_rate=0, complaint_rate=0)
    assert listed_metrics() == [
        ("Send", None),
        ("Send", "receipts"),
        ("Complaint", None),
        ("Complaint", "receipts"),
        ("Reputation.BounceRate", None),
        ("Reputation.ComplaintRate", None),
    ]


def test_metrics_are_listed_by_name_and_dimension(cloud: LocalCloud) -> None:
    for name in ("receipts", "alerts"):
        cloud.ses.count(NOON, configuration_set=name, sent=1, bounced=1)
    any_set = [{"Name": "ses:configuration-set"}]
    one_set = [{"Name": "ses:configuration-set", "Value": "alerts"}]
    assert listed_metrics(MetricName="Send") == [("Send", None), ("Send", "receipts"), ("Send", "alerts")]
    assert listed_metrics(MetricName="Send", Dimensions=any_set) == [("Send", "receipts"), ("Send", "alerts")]
    assert listed_metrics(Dimensions=one_set) == [("Send", "alerts"), ("Bounce", "alerts")]
    assert listed_metrics(Dimensions=[{"Name": "ses:from-domain"}]) == []


def test_metrics_are_listed_five_hundred_at_a_time(cloud: LocalCloud) -> None:
    for n in range(500):
        cloud.ses.count(NOON, configuration_set=f"set-{n}", sent=1)
    page = client("cloudwatch").list_metrics(Namespace="AWS/SES")
    assert len(page["Metrics"]) == 500
    assert "NextToken" in page
    assert len(set(listed_metrics())) == 501


def test_a_metric_without_values_for_two_weeks_is_not_listed(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON, sent=1)
    cloud.ses.now = NOON + 14 * DAY
    assert listed_metrics() == [("Send", None)]
    cloud.ses.now += MINUTE
    assert listed_metrics() == []


def test_a_metric_is_recently_active_for_three_hours(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON, sent=1)
    cloud.ses.now = NOON + 3 * HOUR
    assert listed_metrics(RecentlyActive="PT3H") == [("Send", None)]
    cloud.ses.now += MINUTE
    assert listed_metrics(RecentlyActive="PT3H") == []


def test_other_metrics_are_still_those_of_moto(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON, sent=1)
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Mine", MetricData=[{"MetricName": "Send", "Value": 5, "Timestamp": NOON}])
    assert [metric["Namespace"] for metric in cloudwatch.list_metrics()["Metrics"]] == ["Mine"]
    query = metric_query()
    query["MetricStat"]["Metric"]["Namespace"] = "Mine"
    assert [*points(query).values()] == [5]


# -- The Virtual Deliverability Manager --------------------------------------------------------------------------------


def test_without_the_manager_its_metrics_are_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match="BadRequestException"):
        deliveries("DELIVERY", NOON - DAY, NOON)


def test_the_manager_tells_deliveries_by_day(cloud: LocalCloud) -> None:
    cloud.ses.vdm_enabled = True
    for day in range(20, 24):
        cloud.ses.publish_vdm(date(2022, 3, day), delivered=day, with_feedback_loop=day // 2)
    start, end = datetime(2022, 3, 21, tzinfo=UTC), datetime(2022, 3, 23, tzinfo=UTC)
    assert deliveries("DELIVERY", start, end) == {start: 21, start + DAY: 22}
    assert deliveries("DELIVERY_COMPLAINT", start, end) == {start: 10, start + DAY: 11}


def test_the_manager_takes_ten_queries(cloud: LocalCloud) -> None:
    cloud.ses.vdm_enabled = True
    queries = [{**vdm_query(), "Id": str(n)} for n in range(11)]
    answer = client("sesv2").batch_get_metric_data(Queries=queries[:10])
    assert [result["Id"] for result in answer["Results"]] == [str(n) for n in range(10)]
    with pytest.raises(WrongRequest, match=r"Queries.*10"):
        client("sesv2").batch_get_metric_data(Queries=queries)


# -- Errors and shapes -------------------------------------------------------------------------------------------------


def test_an_error_is_of_the_class_that_the_client_has_for_it(cloud: LocalCloud) -> None:
    cloud.ses.fail("GetAccount", "TooManyRequestsException")
    ses = client("sesv2")
    with pytest.raises(ses.exceptions.TooManyRequestsException):
        ses.get_account()


@pytest.mark.parametrize("code", ["", "TooManyRequestsException"], ids=["answered", "failed"])
def test_whoever_watches_the_calls_of_a_client_sees_these_too(cloud: LocalCloud, code: str) -> None:
    sesv2, seen = cloud.client("sesv2"), []
    for moment in ("before-call", "after-call"):
        sesv2.meta.events.register(moment, lambda event_name, **_: seen.append(event_name))
    cloud.ses.fail("GetAccount", code)
    with suppress(ClientError):
        sesv2.get_account()
    assert seen == ["before-call.sesv2.GetAccount", "after-call.sesv2.GetAccount"]


def test_only_what_is_answered_here_can_be_told_to_fail(cloud: LocalCloud) -> None:
    with pytest.raises(ValueError, match="SendRawEmail"):
        cloud.ses.fail("SendRawEmail", "TooManyRequestsException")


def test_a_request_of_another_shape_is_refused_even_if_the_client_does_not_look(cloud: LocalCloud) -> None:
    hasty_client: Any = boto3.client("sesv2", config=Config(parameter_validation=False))
    with pytest.raises(WrongRequest, match="Queries"):
        hasty_client.batch_get_metric_data()


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("sesv2", "ListEmailIdentities", {"Filter": {"IDENTITY_TYPE": "DOMAIN"}}),
        ("sesv2", "BatchGetMetricData", {"Queries": [vdm_query("OPEN")]}),
        (
            "cloudwatch",
            "GetMetricData",
            {"MetricDataQueries": [metric_query(stat="p99")], "StartTime": NOON, "EndTime": NOON + HOUR},
        ),
        (
            "cloudwatch",
            "GetMetricData",
            {
                "MetricDataQueries": [metric_query(), {"Id": "rate", "Expression": "q / 2"}],
                "StartTime": NOON,
                "EndTime": NOON + HOUR,
            },
        ),
    ],
    ids=["a filter", "another metric of the manager", "a percentile", "an expression"],
)
def test_what_this_account_can_not_answer_is_no_wrong_answer(
    cloud: LocalCloud, service: str, operation: str, parameters: Mapping[str, Any]
) -> None:
    cloud.ses.vdm_enabled = True
    with pytest.raises(NotImplementedError):
        ask(service, operation, parameters)


# -- The cloud ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def early_client(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the default session, from before there is a cloud."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    return boto3.client("sesv2", region_name="eu-west-1")


def test_a_client_asks_the_account_while_there_is_a_cloud_whenever_it_was_made(
    early_client: Any, template: Path
) -> None:
    with LocalCloud(template=template) as cloud:
        cloud.ses.verify("shop.example")
        late_client: Any = boto3.client("sesv2", config=clients.dynamodb().meta.config)
        for sesv2 in (early_client, late_client, cloud.client("sesv2")):
            assert identity_names(sesv2) == ["shop.example"]
    with mock_aws():
        assert identity_names(early_client) == identity_names(late_client) == []


def test_the_next_cloud_has_an_account_of_its_own(template: Path) -> None:
    cloud = LocalCloud(template=template)
    with cloud:
        cloud.ses.verify("shop.example")
        cloud.ses.fail("GetAccount", "TooManyRequestsException")
    with cloud:
        assert identity_names(cloud.client("sesv2")) == []
        cloud.client("sesv2").get_account()


def test_a_tick_sets_the_time_of_the_account_before_a_function_asks_it(cloud: LocalCloud) -> None:
    cloud.ses.count(NOON, sent=1)
    cloud.ses.enforcement_status = "PROBATION"
    (run,) = cloud.tick(NOON + 14 * DAY, functions={"ReadSes"})
    assert run.result == [1, "PROBATION"]
    (run,) = cloud.tick(NOON + 15 * DAY, functions={"ReadSes"})
    assert run.result == [0, "PROBATION"]


@pytest.mark.parametrize(
    ("functions", "run"),
    [(None, {"ReadSes", "Other"}), ({"Other"}, {"Other"}), (("Other", "ReadSes"), {"ReadSes", "Other"}), ((), set())],
    ids=["all", "one", "both", "none"],
)
def test_a_tick_runs_the_schedules_of_the_functions_that_it_is_given(
    cloud: LocalCloud, functions: Sequence[str] | None, run: set[str]
) -> None:
    assert {invocation.function for invocation in cloud.tick(NOON, functions)} == run


class LookedAt(dict[int, Any]):
    """Hours that note which of them were asked for; to go through them all is an error."""

    def __init__(self, hours: dict[int, Any]) -> None:
        super().__init__(hours)
        self.hours: list[int] = []

    def get(self, hour: int, default: Any = None) -> Any:
        self.hours.append(hour)
        return super().get(hour, default)

    def __iter__(self) -> Iterator[int]:
        raise AssertionError("all hours were looked at")


def test_an_hour_is_read_at_once_however_many_were_recorded(cloud: LocalCloud) -> None:
    for hour in range(300):
        cloud.ses.count(NOON + hour * HOUR, configuration_set="set-1", sent=5)
    (series,) = (series for metric, series in cloud.ses.metrics.items() if metric.dimensions)
    looked_at = series._hours = LookedAt(series._hours)
    metric_data(metric_query("Send", of="set-1", Id="a"), start=NOON + 299 * HOUR, end=NOON + 300 * HOUR)
    assert len(looked_at.hours) == 1
