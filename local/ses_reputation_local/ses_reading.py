"""What SES and CloudWatch answer about the account and its mail.

moto's statistics know only mail that was sent through moto, and it has no BatchGetMetricData.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from botocore.utils import parse_to_aware_datetime

from ses_reputation_local.ses_account import SesAccount
from ses_reputation_local.ses_answers import Answer, Answers, Parameters, Refusal, page, page_size, refuse_others
from ses_reputation_local.ses_metrics import CloudWatchMetric, Metric, Point, seconds
from ses_reputation_local.ses_operations import Operation

NAMESPACE: Final = "AWS/SES"

# https://docs.aws.amazon.com/ses/latest/APIReference/API_GetSendStatistics.html
STATISTICS_INTERVAL: Final = timedelta(minutes=15)
STATISTICS_AGE: Final = timedelta(days=14)

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
MAX_LISTED_METRICS: Final = 500
LISTED_AGE: Final = timedelta(days=14)
RECENTLY_ACTIVE_AGE: Final = timedelta(hours=3)

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
MAX_QUERIES: Final = 500
MAX_DATAPOINTS: Final = 100_800

# A query from further back than this finds nothing, unless its period is a multiple of so many seconds.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html
COARSE_PERIODS: Final = ((timedelta(days=63), 3600), (timedelta(days=15), 300))

_MINUTE: Final = 60
_DAY: Final = 86_400

_STATISTICS: Final[Mapping[str, Callable[[Point], float]]] = {
    "Sum": lambda point: float(point.total),
    "Average": lambda point: point.total / point.number,
    "SampleCount": lambda point: float(point.number),
}


# -- SES ---------------------------------------------------------------------------------------------------------------


def _list_email_identities(account: SesAccount, parameters: Parameters) -> Answer:
    refuse_others(parameters, "PageSize", "NextToken")
    identities = [
        {
            "IdentityType": "EMAIL_ADDRESS" if "@" in identity else "DOMAIN",
            "IdentityName": identity,
            "SendingEnabled": status == "SUCCESS",
            "VerificationStatus": status,
        }
        for identity, status in account.identities.items()
    ]
    listed, token = page(identities, parameters, page_size(parameters))
    return {"EmailIdentities": listed, **token}


def _list_configuration_sets(account: SesAccount, parameters: Parameters) -> Answer:
    refuse_others(parameters, "PageSize", "NextToken")
    listed, token = page(sorted(account.configuration_sets), parameters, page_size(parameters))
    return {"ConfigurationSets": listed, **token}


def _get_account(account: SesAccount, _parameters: Parameters) -> Answer:
    sent = account.series(Metric(CloudWatchMetric.SEND)).total(*account.last(timedelta(days=1)))
    return {
        "DedicatedIpAutoWarmupEnabled": True,
        "EnforcementStatus": account.enforcement_status,
        "ProductionAccessEnabled": account.production_access,
        "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": float(sent)},
        "SendingEnabled": account.sending_enabled,
        "SuppressionAttributes": {**account.suppression},
        "VdmAttributes": {"VdmEnabled": "ENABLED" if account.vdm_enabled else "DISABLED"},
    }


def _batch_get_metric_data(account: SesAccount, parameters: Parameters) -> Answer:
    """AWS does not say which error an account without the manager gets, nor whether EndDate itself is in the result:
    here it is not, as in CloudWatch.
    """
    if not account.vdm_enabled:
        raise Refusal("BadRequestException", "Virtual Deliverability Manager is not enabled for this account.")
    return {"Results": [_days(account, query) for query in parameters["Queries"]], "Errors": []}


def _days(account: SesAccount, query: Parameters) -> Answer:
    refuse_others(query, "Id", "Namespace", "Metric", "StartDate", "EndDate")
    if query["Metric"] not in account.vdm:
        raise NotImplementedError(f"the local cloud's SES has no {query['Metric']} in VDM")
    start, end = _span(query, "StartDate", "EndDate")
    days = sorted(account.vdm[query["Metric"]].periods(start, end, _DAY).items())
    return {
        "Id": query["Id"],
        "Timestamps": [_time(day) for day, _ in days],
        "Values": [int(point.total) for _, point in days],
    }


def _get_send_statistics(account: SesAccount, _parameters: Parameters) -> Answer:
    oldest, now = account.last(STATISTICS_AGE)
    interval, offset = (int(span.total_seconds()) for span in (STATISTICS_INTERVAL, account.interval_offset))
    sent, bounced, complained = (
        account.series(Metric(metric)).periods(oldest, now, interval, offset)
        for metric in (CloudWatchMetric.SEND, CloudWatchMetric.BOUNCE, CloudWatchMetric.COMPLAINT)
    )
    points = [
        {
            "Timestamp": _time(begin),
            "DeliveryAttempts": int(sent.get(begin, Point()).total),
            "Bounces": int(bounced.get(begin, Point()).total),
            "Complaints": int(complained.get(begin, Point()).total),
            "Rejects": 0,
        }
        # The interval in which the two weeks begin is not told of, rather than half of it.
        for begin in sorted(b for b in {*sent, *bounced, *complained} if b >= oldest)
    ]
    # SES tells them in no order, so that here, too, nobody can count on one.
    return {"SendDataPoints": points[1::2] + points[::2]}


# -- CloudWatch --------------------------------------------------------------------------------------------------------


def _list_metrics(account: SesAccount, parameters: Parameters) -> Answer:
    refuse_others(parameters, "Namespace", "MetricName", "Dimensions", "RecentlyActive", "NextToken")
    oldest, _ = account.last(RECENTLY_ACTIVE_AGE if "RecentlyActive" in parameters else LISTED_AGE)
    metrics = [
        {
            "Namespace": NAMESPACE,
            "MetricName": metric.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
        }
        for metric, series in account.metrics.items()
        if series.newest >= oldest and _is_listed(metric, parameters)
    ]
    listed, token = page(metrics, parameters, MAX_LISTED_METRICS)
    return {"Metrics": listed, **token}


def _is_listed(metric: Metric, parameters: Parameters) -> bool:
    """A dimension without a value stands for any value of it."""
    return parameters.get("MetricName", metric.name) == metric.name and all(
        any(wanted["Name"] == name and wanted.get("Value", value) == value for name, value in metric.dimensions)
        for wanted in parameters.get("Dimensions", ())
    )


def _get_metric_data(account: SesAccount, parameters: Parameters) -> Answer:
    refuse_others(parameters, "MetricDataQueries", "StartTime", "EndTime", "ScanBy", "MaxDatapoints", "NextToken")
    queries = parameters["MetricDataQueries"]
    start, end = _span(parameters, "StartTime", "EndTime")
    _check_queries(queries, start, end)
    newest_first = parameters.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    results = {
        query["Id"]: {
            "Id": query["Id"],
            "Label": query.get("Label", query["MetricStat"]["Metric"]["MetricName"]),
            "Timestamps": [],
            "Values": [],
            "StatusCode": "Complete",
        }
        for query in queries
    }
    points = [
        (results[query["Id"]], begin, value)
        for query in queries
        for begin, value in sorted(_values(account, query, start, end).items(), reverse=newest_first)
    ]
    listed, token = page(points, parameters, parameters.get("MaxDatapoints", MAX_DATAPOINTS))
    for result, begin, value in listed:
        result["Timestamps"].append(_time(begin))
        result["Values"].append(value)
    for result, _, _ in points[int(token["NextToken"]) :] if token else ():
        result["StatusCode"] = "PartialData"
    return {"MetricDataResults": [*results.values()], "Messages": [], **token}


def _check_queries(queries: Sequence[Parameters], start: int, end: int) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html"""
    if len(queries) > MAX_QUERIES:
        raise Refusal("ValidationError", f"MetricDataQueries can have {MAX_QUERIES} items at most.")
    if start >= end:
        raise Refusal("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
    ids = [query["Id"] for query in queries]
    if len({*ids}) < len(ids) or not all(re.fullmatch("[a-z][a-zA-Z0-9_]*", query_id) for query_id in ids):
        raise Refusal("ValidationError", "Each Id must be the only one, and begin with a lower-case letter.")
    for query in queries:
        refuse_others(query, "Id", "MetricStat", "Label")
        refuse_others(query["MetricStat"], "Metric", "Period", "Stat")
        if query["MetricStat"]["Period"] % _MINUTE:
            raise Refusal("ValidationError", "Period must be a multiple of 60.")


def _values(account: SesAccount, query: Parameters, start: int, end: int) -> Mapping[int, float]:
    metric, period, statistic = (query["MetricStat"][name] for name in ("Metric", "Period", "Stat"))
    if metric["Namespace"] != NAMESPACE or statistic not in _STATISTICS:
        raise NotImplementedError(f"the local cloud has no {statistic} of {metric['Namespace']} in a request about SES")
    if any(start < account.last(age)[0] and period % coarse_period for age, coarse_period in COARSE_PERIODS):
        return {}
    dimensions = tuple((dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions", ()))
    series = account.series(Metric(metric["MetricName"], dimensions))
    # AWS rounds the start down to a full minute, and names a period by its begin even if that lies before the start.
    points = series.periods(start // _MINUTE * _MINUTE, end, period)
    return {begin: _STATISTICS[statistic](point) for begin, point in points.items()}


def _span(parameters: Parameters, start: str, end: str) -> tuple[int, int]:
    return seconds(parse_to_aware_datetime(parameters[start])), seconds(parse_to_aware_datetime(parameters[end]))


def _time(seconds_since_1970: int) -> datetime:
    return datetime.fromtimestamp(seconds_since_1970, UTC)


READING: Final[Answers] = {
    ("sesv2", Operation.LIST_EMAIL_IDENTITIES): _list_email_identities,
    ("sesv2", Operation.LIST_CONFIGURATION_SETS): _list_configuration_sets,
    ("sesv2", Operation.GET_ACCOUNT): _get_account,
    ("sesv2", Operation.BATCH_GET_METRIC_DATA): _batch_get_metric_data,
    ("ses", Operation.GET_SEND_STATISTICS): _get_send_statistics,
    ("cloudwatch", Operation.LIST_METRICS): _list_metrics,
    ("cloudwatch", Operation.GET_METRIC_DATA): _get_metric_data,
}
