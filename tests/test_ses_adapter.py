"""What SES and CloudWatch answer, as the use case takes it. Where the local cloud can't answer so, a stub does."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from ses_reputation.adapters import clients
from ses_reputation.adapters.ses import MAX_QUERIES, PAGE_IDENTITIES, MetricsNotRead, SesApi
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.statistics import Reported, SesMetric
from ses_reputation.domain.verdict import SesRate
from ses_reputation.watch import AccountFacts, Verification
from ses_reputation_local.cloud import LocalCloud

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2026, 3, 6, tzinfo=UTC)
NEWSLETTER, RECEIPTS = Scope("configuration-set/newsletter"), Scope("configuration-set/receipts")


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        cloud.ses.now = NOON
        yield cloud


@pytest.fixture
def api(cloud: LocalCloud) -> SesApi:
    return SesApi(clients.sesv2(), clients.ses(), clients.cloudwatch())


def test_identities_are_told_in_lower_case_if_they_are_verified_or_undecided(cloud: LocalCloud, api: SesApi) -> None:
    assert api.verification() == Verification(frozenset())
    cloud.ses.verify("Shop.Example")
    cloud.ses.verify("me@mail.example")
    for status in ("PENDING", "FAILED", "TEMPORARY_FAILURE", "NOT_STARTED"):
        cloud.ses.verify(f"{status.lower()}.example", status)
    assert api.verification() == Verification(
        verified=frozenset({"shop.example", "me@mail.example"}), undecided=frozenset({"temporary_failure.example"})
    )


def test_all_pages_of_identities_are_read(cloud: LocalCloud, api: SesApi) -> None:
    names = {f"shop-{n}.example" for n in range(2 * PAGE_IDENTITIES + 1)}
    for name in names:
        cloud.ses.verify(name)
    assert api.verification().verified == names


def test_an_account_tells_how_it_stands(cloud: LocalCloud, api: SesApi) -> None:
    cloud.ses.count(NOON - HOUR, sent=321)
    assert api.account() == AccountFacts(
        "HEALTHY",
        sending_enabled=True,
        daily_quota=50_000,
        sent_last_day=321,
        vdm_enabled=False,
        production_access=True,
    )
    cloud.ses.enforcement_status, cloud.ses.sending_enabled, cloud.ses.vdm_enabled = "SHUTDOWN", False, True
    facts = api.account()
    assert (facts.enforcement, facts.sending_enabled, facts.vdm_enabled) == ("SHUTDOWN", False, True)


class Stubs:
    """Clients whose answers a test writes."""

    def __init__(self) -> None:
        self.sesv2 = clients.sesv2()
        self.cloudwatch = clients.cloudwatch()
        self.api = SesApi(self.sesv2, clients.ses(), self.cloudwatch)


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Stubs:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    return Stubs()


@pytest.mark.parametrize("make_client", [clients.sesv2, clients.ses, clients.cloudwatch])
def test_a_call_that_hangs_leaves_time_for_the_others(
    monkeypatch: pytest.MonkeyPatch, make_client: Callable[[], Any]
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    config = make_client().meta.config
    attempts = config.retries["total_max_attempts"]
    # boto3 waits up to a second before the second attempt, and then up to twice as long each time.
    waits = sum(2**retry for retry in range(attempts - 1))
    assert attempts * (config.connect_timeout + config.read_timeout) + waits <= 45


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        pytest.param(
            {"SendQuota": {"Max24HourSend": -1.0, "SentLast24Hours": 7.0}, "EnforcementStatus": "HEALTHY"},
            AccountFacts("HEALTHY", sending_enabled=None, daily_quota=None, sent_last_day=7, vdm_enabled=False),
            id="no limit",
        ),
        pytest.param(
            {},
            AccountFacts(None, sending_enabled=None, daily_quota=None, sent_last_day=None, vdm_enabled=False),
            id="nothing",
        ),
    ],
)
def test_what_an_account_does_not_tell_is_none(stubs: Stubs, answer: dict[str, Any], facts: AccountFacts) -> None:
    with Stubber(stubs.sesv2) as stub:
        stub.add_response("get_account", answer)
        assert stubs.api.account() == facts


def test_statistics_are_summed_by_the_full_hour_that_an_interval_begins_in(cloud: LocalCloud, api: SesApi) -> None:
    cloud.ses.interval_offset = 7 * MINUTE
    for minutes in (-68, -53, -38, -23, -8):
        cloud.ses.count(NOON + minutes * MINUTE, sent=10, bounced=2, complained=1)
    assert api.send_statistics() == {
        NOON - 2 * HOUR: Reported(10, 2, 1),
        NOON - HOUR: Reported(40, 8, 4),
    }


def test_statistics_hours_are_in_utc(cloud: LocalCloud, api: SesApi) -> None:
    cloud.ses.count(NOON - HOUR, sent=10)
    (hour,) = api.send_statistics()
    assert hour.tzinfo is UTC


def test_hourly_counts_are_told_for_the_account_and_each_configuration_set(cloud: LocalCloud, api: SesApi) -> None:
    cloud.ses.count(NOON - 3 * HOUR - MINUTE, configuration_set="newsletter", sent=99)
    cloud.ses.count(NOON - 3 * HOUR + MINUTE, configuration_set="newsletter", sent=10, bounced=2)
    cloud.ses.count(NOON - HOUR + 59 * MINUTE, configuration_set="newsletter", sent=5, complained=1)
    cloud.ses.count(NOON - HOUR, sent=1)
    cloud.ses.count(NOON, sent=99)
    counts = api.hourly_counts({ACCOUNT, NEWSLETTER, RECEIPTS}, NOON - 3 * HOUR + 30 * MINUTE, NOON)
    assert counts == {
        ACCOUNT: {NOON - 3 * HOUR: Reported(10, 2), NOON - HOUR: Reported(6, 0, 1)},
        NEWSLETTER: {NOON - 3 * HOUR: Reported(10, 2), NOON - HOUR: Reported(5, 0, 1)},
        RECEIPTS: {},
    }, "the hour of the start counts from its beginning"
    sent = api.hourly_sent({ACCOUNT, NEWSLETTER, RECEIPTS}, NOON - 3 * HOUR + 30 * MINUTE, NOON)
    assert sent == {
        scope: {hour: Reported(told.sent) for hour, told in hours.items() if told.sent}
        for scope, hours in counts.items()
    }


def test_no_scopes_have_no_counts_and_ask_nobody(cloud: LocalCloud, api: SesApi) -> None:
    cloud.ses.fail("GetMetricData", "AccessDeniedException")
    assert api.hourly_counts((), NOON - HOUR, NOON) == {}


def test_more_scopes_than_fit_into_a_request_are_asked_for_in_several(cloud: LocalCloud, api: SesApi) -> None:
    names = [f"set-{n}" for n in range(MAX_QUERIES // 3 + 2)]
    for n, name in enumerate(names):
        cloud.ses.count(NOON - HOUR, configuration_set=name, sent=n + 1)
    counts = api.hourly_counts({Scope(f"configuration-set/{name}") for name in names}, NOON - HOUR, NOON)
    assert {scope: hours[NOON - HOUR].sent for scope, hours in counts.items()} == {
        f"configuration-set/{name}": n + 1 for n, name in enumerate(names)
    }


def test_a_metric_that_goes_on_on_another_page_is_read_to_its_end(stubs: Stubs) -> None:
    request = {"MetricDataQueries": ANY, "StartTime": NOON - 2 * HOUR, "EndTime": NOON}
    pages: list[dict[str, Any]] = [
        {"Id": "m0", "Timestamps": [NOON - HOUR], "Values": [4.0], "StatusCode": "PartialData"},
        {"Id": "m0", "Timestamps": [NOON - 2 * HOUR], "Values": [3.0], "StatusCode": "Complete"},
    ]
    with Stubber(stubs.cloudwatch) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": pages[:1], "NextToken": "more"}, request)
        stub.add_response("get_metric_data", {"MetricDataResults": pages[1:]}, {**request, "NextToken": "more"})
        counts = stubs.api.hourly_counts([ACCOUNT], NOON - 2 * HOUR, NOON)
        stub.assert_no_pending_responses()
    assert sum(reported.bounced + reported.sent + reported.complained for reported in counts[ACCOUNT].values()) == 7
    assert counts[ACCOUNT].keys() == {NOON - HOUR, NOON - 2 * HOUR}


@pytest.mark.parametrize("status", ["InternalError", "Forbidden"])
def test_a_metric_that_could_not_be_read_is_no_zero(stubs: Stubs, status: str) -> None:
    result = {"Id": "m0", "Timestamps": [], "Values": [], "StatusCode": status}
    with Stubber(stubs.cloudwatch) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": [result]})
        with pytest.raises(MetricsNotRead, match=status):
            stubs.api.hourly_counts([ACCOUNT], NOON - HOUR, NOON)


def test_ses_publishes_no_metrics_of_other_scopes(api: SesApi) -> None:
    with pytest.raises(ValueError, match="no metrics of a scope of the kind tenant"):
        api.hourly_counts([Scope("tenant/acme")], NOON - HOUR, NOON)


def test_who_publishes_a_metric_is_found_by_exactly_its_dimensions(cloud: LocalCloud, api: SesApi) -> None:
    assert api.publishing(SesMetric.SENT) == frozenset()
    cloud.ses.count(NOON - HOUR, configuration_set="newsletter", sent=1)
    cloud.ses.publish_rates(NOON - HOUR, configuration_set="receipts", bounce_rate=0.01, complaint_rate=0)
    cloud.ses.count(NOON - 15 * DAY, configuration_set="long-ago", sent=1)
    assert api.publishing(SesMetric.SENT) == {ACCOUNT, NEWSLETTER}
    assert api.publishing(SesMetric.BOUNCE_RATE) == {RECEIPTS}


def test_metrics_by_message_tags_or_tenants_are_not_those_of_a_configuration_set(stubs: Stubs) -> None:
    dimensions = [
        [],
        [{"Name": "ses:configuration-set", "Value": "newsletter"}],
        [{"Name": "ses:configuration-set", "Value": "receipts"}, {"Name": "campaign", "Value": "spring"}],
        [{"Name": "TenantId", "Value": "tn-1"}, {"Name": "TenantName", "Value": "acme"}],
        [{"Name": "campaign", "Value": "spring"}],
    ]
    metrics = [{"Namespace": "AWS/SES", "MetricName": "Send", "Dimensions": listed} for listed in dimensions]
    request = {"Namespace": "AWS/SES", "MetricName": "Send"}
    with Stubber(stubs.cloudwatch) as stub:
        stub.add_response("list_metrics", {"Metrics": metrics[:1], "NextToken": "more"}, request)
        stub.add_response("list_metrics", {"Metrics": metrics[1:]}, {**request, "NextToken": "more"})
        assert stubs.api.publishing(SesMetric.SENT) == {ACCOUNT, NEWSLETTER}


def test_the_newest_rates_are_told_with_the_hour_that_they_were_published_in(cloud: LocalCloud, api: SesApi) -> None:
    cloud.ses.publish_rates(NOON - 5 * HOUR, bounce_rate=0.2, complaint_rate=0.02)
    cloud.ses.publish_rates(NOON - 2 * HOUR, bounce_rate=0.0312, complaint_rate=0.1 + 0.2)
    cloud.ses.publish_rates(NOON + MINUTE, bounce_rate=0.5, complaint_rate=0.5)
    cloud.ses.publish_rates(NOON - 71 * HOUR, configuration_set="newsletter", bounce_rate=0.0, complaint_rate=1 / 3)
    cloud.ses.publish_rates(NOON - 73 * HOUR, configuration_set="receipts", bounce_rate=0.1, complaint_rate=0.1)
    assert api.reputation_rates({ACCOUNT, NEWSLETTER, RECEIPTS}, NOON) == {
        ACCOUNT: (SesRate("0.0312", NOON - 2 * HOUR), SesRate("0.3", NOON - 2 * HOUR)),
        NEWSLETTER: (SesRate("0", NOON - 71 * HOUR), SesRate("0.333333", NOON - 71 * HOUR)),
        RECEIPTS: (None, None),
    }


def test_several_values_of_an_hour_are_averaged(cloud: LocalCloud, api: SesApi) -> None:
    for minute, rate in ((1, 0.01), (16, 0.02)):
        cloud.ses.publish_rates(NOON - HOUR + minute * MINUTE, bounce_rate=rate, complaint_rate=0)
    assert api.reputation_rates([ACCOUNT], NOON)[ACCOUNT][0] == SesRate("0.015", NOON - HOUR)


@pytest.mark.parametrize(
    ("days", "percent"),
    [
        pytest.param({1: (1000, 610)}, 61, id="a day"),
        pytest.param({1: (1000, 610), 14: (1000, 390)}, 50, id="14 full days"),
        pytest.param({0: (9000, 0), 1: (1000, 610), 15: (9000, 0)}, 61, id="not today, and not the 15th day"),
        pytest.param({1: (1000, 5)}, 1, id="half a percent is rounded up"),
        pytest.param({1: (1000, 4)}, 0, id="less is rounded down"),
        pytest.param({1: (1000, 1000)}, 100, id="all of it"),
        pytest.param({0: (9000, 9000)}, None, id="nothing so far"),
        pytest.param({}, None, id="nothing at all"),
    ],
)
def test_the_feedback_share_is_of_what_was_delivered_in_two_weeks(
    cloud: LocalCloud, api: SesApi, days: dict[int, tuple[int, int]], percent: int | None
) -> None:
    cloud.ses.vdm_enabled = True
    for ago, (delivered, with_feedback_loop) in days.items():
        day = (MIDNIGHT - ago * DAY).date()
        cloud.ses.publish_vdm(day, delivered=delivered, with_feedback_loop=with_feedback_loop)
    assert api.feedback_share(NOON) == percent


def test_an_end_date_that_is_told_after_all_does_not_count(stubs: Stubs) -> None:
    days = [MIDNIGHT - DAY, MIDNIGHT]
    results = [
        {"Id": "DELIVERY", "Timestamps": days, "Values": [100, 900]},
        {"Id": "DELIVERY_COMPLAINT", "Timestamps": days, "Values": [40, 0]},
    ]
    with Stubber(stubs.sesv2) as stub:
        stub.add_response("batch_get_metric_data", {"Results": results, "Errors": []})
        assert stubs.api.feedback_share(NOON) == 40


def test_a_share_of_which_ses_tells_only_half_is_no_share(stubs: Stubs) -> None:
    answer: dict[str, Any] = {
        "Results": [{"Id": "DELIVERY", "Timestamps": [MIDNIGHT - DAY], "Values": [100]}],
        "Errors": [{"Id": "DELIVERY_COMPLAINT", "Code": "ACCESS_DENIED", "Message": "not for you"}],
    }
    with Stubber(stubs.sesv2) as stub:
        stub.add_response("batch_get_metric_data", answer)
        with pytest.raises(MetricsNotRead, match="DELIVERY_COMPLAINT: not for you"):
            stubs.api.feedback_share(NOON)


@pytest.mark.parametrize(
    ("operation", "question"),
    [
        ("ListEmailIdentities", SesApi.verification),
        ("GetAccount", SesApi.account),
        ("GetSendStatistics", SesApi.send_statistics),
        ("ListMetrics", lambda api: api.publishing(SesMetric.SENT)),
        ("GetMetricData", lambda api: api.reputation_rates([ACCOUNT], NOON)),
        ("BatchGetMetricData", lambda api: api.feedback_share(NOON)),
    ],
)
def test_an_error_of_aws_is_raised(cloud: LocalCloud, api: SesApi, operation: str, question: Any) -> None:
    cloud.ses.fail(operation, "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        question(api)
