"""What SES says of the account itself: through its two APIs, and through CloudWatch."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

from ses_reputation.domain.counting import hour_of
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind, kind_of, name_of, scope
from ses_reputation.domain.statistics import Reported, SesMetric
from ses_reputation.domain.verdict import SesRate
from ses_reputation.watch import AccountFacts, Rates, Verification

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ses import SESClient
    from mypy_boto3_sesv2 import SESV2Client

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListEmailIdentities.html
PAGE_IDENTITIES = 1000

# Of one GetMetricData. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
MAX_QUERIES = 500

# https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-cloudwatch.html
NAMESPACE = "AWS/SES"
CONFIGURATION_SET_DIMENSION = "ses:configuration-set"

# What is counted, and where it is kept.
COUNTS: Mapping[SesMetric, str] = {
    SesMetric.SENT: "sent",
    SesMetric.BOUNCED: "bounced",
    SesMetric.COMPLAINED: "complained",
}

HOUR_SECONDS = 3600
RATES_AGE = timedelta(days=3)
SHARE_DAYS = timedelta(days=14)


class MetricsNotRead(RuntimeError):
    """An answer said that some of the metrics that were asked for are not in it."""


class SesApi:
    """The account of these clients, in their region."""

    def __init__(self, sesv2: "SESV2Client", ses: "SESClient", cloudwatch: "CloudWatchClient") -> None:
        self._sesv2 = sesv2
        self._ses = ses
        self._cloudwatch = cloudwatch

    def verification(self) -> Verification:
        """Which domains and addresses are verified, and of which SES does not know it now.

        https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_IdentityInfo.html
        """
        names: dict[str, set[str]] = {"SUCCESS": set(), "TEMPORARY_FAILURE": set()}
        more: Any = {}
        while True:
            page = self._sesv2.list_email_identities(PageSize=PAGE_IDENTITIES, **more)
            for identity in page["EmailIdentities"]:
                names.setdefault(identity["VerificationStatus"], set()).add(identity["IdentityName"].lower())
            if not (token := page.get("NextToken")):
                return Verification(frozenset(names["SUCCESS"]), frozenset(names["TEMPORARY_FAILURE"]))
            more = {"NextToken": token}

    def account(self) -> AccountFacts:
        """How the account stands, and what it may send."""
        answer = self._sesv2.get_account()
        quota = answer.get("SendQuota", {})
        daily, sent = quota.get("Max24HourSend"), quota.get("SentLast24Hours")
        return AccountFacts(
            enforcement=answer.get("EnforcementStatus"),
            sending_enabled=answer.get("SendingEnabled"),
            # -1 is no limit. https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendQuota.html
            daily_quota=None if daily is None or daily < 0 else int(daily),
            sent_last_day=None if sent is None else int(sent),
            vdm_enabled=answer.get("VdmAttributes", {}).get("VdmEnabled") == "ENABLED",
            production_access=answer.get("ProductionAccessEnabled"),
        )

    def send_statistics(self) -> Mapping[datetime, Reported]:
        """What the whole account sent, and got back, in each full hour of the last two weeks. Hours without are absent.

        SES tells it by intervals of 15 minutes, in no order; one that lies across two hours counts in the first.
        https://docs.aws.amazon.com/ses/latest/APIReference/API_GetSendStatistics.html
        """
        hours: dict[datetime, Reported] = {}
        for point in self._ses.get_send_statistics()["SendDataPoints"]:
            hour = hour_of(point["Timestamp"].astimezone(UTC))
            part = Reported(point["DeliveryAttempts"], point["Bounces"], point["Complaints"])
            hours[hour] = hours.get(hour, Reported()).plus(part)
        return hours

    def hourly_counts(
        self, scopes: Collection[Scope], start: datetime, end: datetime
    ) -> Mapping[Scope, Mapping[datetime, Reported]]:
        """What each scope sent, and got back, in each full hour that CloudWatch knows, from that of `start` to `end`.

        The scopes are the account and configuration sets; ValueError for any other.
        """
        return self._hourly(COUNTS, scopes, start, end)

    def hourly_sent(
        self, scopes: Collection[Scope], start: datetime, end: datetime
    ) -> Mapping[Scope, Mapping[datetime, Reported]]:
        """The same without what it got back: CloudWatch takes money for each metric that it is asked for."""
        return self._hourly({SesMetric.SENT: COUNTS[SesMetric.SENT]}, scopes, start, end)

    def _hourly(
        self, fields: Mapping[SesMetric, str], scopes: Collection[Scope], start: datetime, end: datetime
    ) -> Mapping[Scope, Mapping[datetime, Reported]]:
        counts: dict[Scope, dict[datetime, Reported]] = {about: {} for about in scopes}
        for (about, metric), hour, value in self._values(list(product(sorted(scopes), fields)), start, end, "Sum"):
            part = Reported(**{fields[metric]: round(value)})
            counts[about][hour] = counts[about].get(hour, Reported()).plus(part)
        return counts

    def publishing(self, metric: SesMetric) -> frozenset[Scope]:
        """Which of the account and the configuration sets had a value of this metric in the last two weeks.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
        """
        pages = self._cloudwatch.get_paginator("list_metrics").paginate(Namespace=NAMESPACE, MetricName=metric)
        found = (_scope(listed.get("Dimensions", [])) for page in pages for listed in page["Metrics"])
        return frozenset(about for about in found if about is not None)

    def reputation_rates(self, scopes: Collection[Scope], now: datetime) -> Mapping[Scope, Rates]:
        """The newest bounce rate and complaint rate that SES published of each scope; None if not in the last 3 days.

        The scopes are the account and configuration sets; ValueError for any other.
        """
        newest: dict[tuple[Scope, SesMetric], tuple[datetime, float]] = {}
        metrics = list(product(sorted(scopes), (SesMetric.BOUNCE_RATE, SesMetric.COMPLAINT_RATE)))
        for key, time, value in self._values(metrics, now - RATES_AGE, now, "Average"):
            if key not in newest or time > newest[key][0]:
                newest[key] = time, value
        rates = {key: SesRate(_decimal(value), time) for key, (time, value) in newest.items()}
        return {
            about: (rates.get((about, SesMetric.BOUNCE_RATE)), rates.get((about, SesMetric.COMPLAINT_RATE)))
            for about in scopes
        }

    def feedback_share(self, now: datetime) -> int | None:
        """How many percent of the mail delivered in the last 14 full days went to providers that send complaints back.

        None if nothing was delivered. Only for an account with the Virtual Deliverability Manager. DELIVERY_COMPLAINT
        leaves out providers with which SES has no feedback loop; both leave out mail to several recipients.
        https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_BatchGetMetricDataQuery.html
        """
        end = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        start = end - SHARE_DAYS
        names: tuple[Any, ...] = ("DELIVERY", "DELIVERY_COMPLAINT")
        answer = self._sesv2.batch_get_metric_data(
            Queries=[
                {"Id": name, "Namespace": "VDM", "Metric": name, "StartDate": start, "EndDate": end} for name in names
            ]
        )
        if errors := answer.get("Errors"):
            raise MetricsNotRead(f"SES did not tell {errors[0].get('Id')}: {errors[0].get('Message')}")
        delivered, with_feedback_loop = (
            sum(
                value
                for result in answer["Results"]
                if result["Id"] == name
                for time, value in zip(result["Timestamps"], result["Values"], strict=True)
                # AWS does not say whether the end date itself is told: today is not over.
                if start <= time < end
            )
            for name in names
        )
        return (200 * with_feedback_loop + delivered) // (2 * delivered) if delivered else None

    def _values(
        self, metrics: Sequence[tuple[Scope, SesMetric]], start: datetime, end: datetime, statistic: str
    ) -> Iterator[tuple[tuple[Scope, SesMetric], datetime, float]]:
        """The hourly values of metrics: which metric, the beginning of the hour, the value. In no order.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
        """
        for first in range(0, len(metrics), MAX_QUERIES):
            by_id = {f"m{n}": metric for n, metric in enumerate(metrics[first : first + MAX_QUERIES])}
            queries: Any = [
                {
                    "Id": query_id,
                    "MetricStat": {
                        "Metric": {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": _dimensions(about)},
                        "Period": HOUR_SECONDS,
                        "Stat": statistic,
                    },
                }
                for query_id, (about, name) in by_id.items()
            ]
            # A metric whose values do not fit on a page goes on on the next. Its periods begin at full hours only if
            # the first of them does.
            pages = self._cloudwatch.get_paginator("get_metric_data").paginate(
                MetricDataQueries=queries, StartTime=hour_of(start), EndTime=end
            )
            for page in pages:
                for result in page["MetricDataResults"]:
                    if result["StatusCode"] in {"InternalError", "Forbidden"}:
                        raise MetricsNotRead(f"CloudWatch did not tell {by_id[result['Id']]}: {result['StatusCode']}")
                    for time, value in zip(result["Timestamps"], result["Values"], strict=True):
                        yield by_id[result["Id"]], time.astimezone(UTC), value


def _dimensions(about: Scope) -> list[dict[str, str]]:
    match kind_of(about):
        case ScopeKind.ACCOUNT:
            return []
        case ScopeKind.CONFIGURATION_SET:
            return [{"Name": CONFIGURATION_SET_DIMENSION, "Value": name_of(about)}]
        case kind:
            raise ValueError(f"SES publishes no metrics of a scope of the kind {kind}")


def _scope(dimensions: Sequence[Any]) -> Scope | None:
    """What a metric is about, if that is one of our scopes: others have message tags as dimensions, too, or tenants."""
    match [(dimension["Name"], dimension["Value"]) for dimension in dimensions]:
        case []:
            return ACCOUNT
        case [(name, value)] if name == CONFIGURATION_SET_DIMENSION:
            return scope(ScopeKind.CONFIGURATION_SET, value)
        case _:
            return None


def _decimal(value: float) -> str:
    """A fraction with up to six places."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
