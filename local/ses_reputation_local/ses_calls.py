"""How boto3 clients ask SES and CloudWatch about the simulated account.

moto 5.2.5 lacks GetAccount and BatchGetMetricData, and its statistics know only mail that was sent through moto. The
operations in ANSWERS are answered here, those of CloudWatch where they are about SES. Everything else goes to moto.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from unittest.mock import patch

from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.utils import parse_to_aware_datetime
from botocore.validate import validate_parameters

from ses_reputation_local.ses_account import CloudWatchMetric, Metric, Operation, Point, SesAccount, seconds

NAMESPACE: Final = "AWS/SES"

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListEmailIdentities.html names no default.
MAX_PAGE_SIZE: Final = 1000
DEFAULT_PAGE_SIZE: Final = 100

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_BatchGetMetricData.html
MAX_VDM_QUERIES: Final = 10

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

# Where the parameters of a call are in botocore's context of it, which only this module looks at.
_PARAMETERS: Final = "local cloud: parameters"

_MINUTE: Final = 60
_DAY: Final = 86_400

_STATISTICS: Final[Mapping[str, Callable[[Point], float]]] = {
    "Sum": lambda point: float(point.total),
    "Average": lambda point: point.total / point.number,
    "SampleCount": lambda point: float(point.number),
}

Parameters = Mapping[str, Any]
Answer = dict[str, Any]
T = TypeVar("T")


class Refusal(Exception):
    """An error response of AWS."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@contextmanager
def answered_calls() -> Iterator[SesAccount]:
    """Until the block ends, every boto3 client, whenever it was made, asks this account what it can answer.

    A handler of the event before-call could answer, too, but clients that exist already would not have it: each copied
    its session's handlers when it was made. Here botocore's events come as they do for any other call.
    """
    account = SesAccount()
    client: Any = BaseClient
    with (
        patch.object(client, "_convert_to_request_dict", _with_parameters_kept(client._convert_to_request_dict)),
        patch.object(client, "_make_request", _answered_by(account, client._make_request)),
    ):
        yield account


def _with_parameters_kept(convert_to_request: Callable[..., Any]) -> Callable[..., Any]:
    def convert(client: Any, *, api_params: Parameters, context: dict[str, Any], **others: Any) -> Any:
        context[_PARAMETERS] = api_params
        return convert_to_request(client, api_params=api_params, context=context, **others)

    return convert


def _answered_by(account: SesAccount, make_request: Callable[..., Any]) -> Callable[..., Any]:
    def answered(client: Any, operation_model: Any, request_dict: Any, request_context: Mapping[str, Any]) -> Any:
        service, parameters = operation_model.service_model.service_name, request_context[_PARAMETERS]
        if not answers(service, operation_model.name, parameters):
            return make_request(client, operation_model, request_dict, request_context)
        # AWS would look at the shape of a request, whether the client did or not.
        if operation_model.input_shape is not None:
            validate_parameters(parameters, operation_model.input_shape)
        try:
            return _response(200, answer_to(account, service, operation_model.name, parameters))
        except Refusal as refusal:
            return _response(400, {"Error": {"Code": refusal.code, "Message": str(refusal)}})

    return answered


def answers(service: str, operation: str, parameters: Parameters) -> bool:
    """Whether a request is answered here, rather than by moto."""
    return (service, operation) in ANSWERS and _is_about_ses(service, parameters)


def answer_to(account: SesAccount, service: str, operation: str, parameters: Parameters) -> Answer:
    """What the account answers to a request. Raises Refusal."""
    _fail_if_told(account, Operation(operation))
    return ANSWERS[service, Operation(operation)](account, parameters)


def _response(status: int, parsed: Answer) -> tuple[AWSResponse, Answer]:
    metadata = {"RequestId": "local", "HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}
    return AWSResponse("", status, HTTPHeaders(), None), {**parsed, "ResponseMetadata": metadata}


def _fail_if_told(account: SesAccount, operation: Operation) -> None:
    if code := account.failing.get(operation):
        raise Refusal(code, "The local cloud was told to fail.")


def _is_about_ses(service: str, parameters: Parameters) -> bool:
    if service != "cloudwatch":
        return True
    metrics = [query.get("MetricStat", {}).get("Metric", {}) for query in parameters.get("MetricDataQueries", ())]
    return any(named.get("Namespace") == NAMESPACE for named in (parameters, *metrics))


# -- SES ---------------------------------------------------------------------------------------------------------------


def _list_email_identities(account: SesAccount, parameters: Parameters) -> Answer:
    _refuse_others(parameters, "PageSize", "NextToken")
    identities = [
        {
            "IdentityType": "EMAIL_ADDRESS" if "@" in identity else "DOMAIN",
            "IdentityName": identity,
            "SendingEnabled": status == "SUCCESS",
            "VerificationStatus": status,
        }
        for identity, status in account.identities.items()
    ]
    page, token = _page(identities, parameters, _page_size(parameters))
    return {"EmailIdentities": page, **token}


def _list_configuration_sets(account: SesAccount, parameters: Parameters) -> Answer:
    _refuse_others(parameters, "PageSize", "NextToken")
    page, token = _page(sorted(account.configuration_sets), parameters, _page_size(parameters))
    return {"ConfigurationSets": page, **token}


def _get_account(account: SesAccount, _parameters: Parameters) -> Answer:
    sent = account.series(Metric(CloudWatchMetric.SEND)).total(*account.last(timedelta(days=1)))
    return {
        "DedicatedIpAutoWarmupEnabled": True,
        "EnforcementStatus": account.enforcement_status,
        "ProductionAccessEnabled": True,
        "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": float(sent)},
        "SendingEnabled": account.sending_enabled,
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
        "VdmAttributes": {"VdmEnabled": "ENABLED" if account.vdm_enabled else "DISABLED"},
    }


def _batch_get_metric_data(account: SesAccount, parameters: Parameters) -> Answer:
    """AWS does not say which error an account without the manager gets, nor whether EndDate itself is in the result:
    here it is not, as in CloudWatch.
    """
    if not account.vdm_enabled:
        raise Refusal("BadRequestException", "Virtual Deliverability Manager is not enabled for this account.")
    if len(parameters["Queries"]) > MAX_VDM_QUERIES:
        raise Refusal("BadRequestException", f"Queries can have {MAX_VDM_QUERIES} items at most.")
    return {"Results": [_days(account, query) for query in parameters["Queries"]], "Errors": []}


def _days(account: SesAccount, query: Parameters) -> Answer:
    _refuse_others(query, "Id", "Namespace", "Metric", "StartDate", "EndDate")
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
    _refuse_others(parameters, "Namespace", "MetricName", "Dimensions", "RecentlyActive", "NextToken")
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
    page, token = _page(metrics, parameters, MAX_LISTED_METRICS)
    return {"Metrics": page, **token}


def _is_listed(metric: Metric, parameters: Parameters) -> bool:
    """A dimension without a value stands for any value of it."""
    return parameters.get("MetricName", metric.name) == metric.name and all(
        any(wanted["Name"] == name and wanted.get("Value", value) == value for name, value in metric.dimensions)
        for wanted in parameters.get("Dimensions", ())
    )


def _get_metric_data(account: SesAccount, parameters: Parameters) -> Answer:
    _refuse_others(parameters, "MetricDataQueries", "StartTime", "EndTime", "ScanBy", "MaxDatapoints", "NextToken")
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
    page, token = _page(points, parameters, parameters.get("MaxDatapoints", MAX_DATAPOINTS))
    for result, begin, value in page:
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
        _refuse_others(query, "Id", "MetricStat", "Label")
        _refuse_others(query["MetricStat"], "Metric", "Period", "Stat")
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


# -- Both --------------------------------------------------------------------------------------------------------------


def _refuse_others(parameters: Parameters, *understood: str) -> None:
    """Rather no answer than one to half of the question."""
    if others := parameters.keys() - understood:
        raise NotImplementedError(f"the local cloud's SES does not understand {', '.join(sorted(others))}")


def _span(parameters: Parameters, start: str, end: str) -> tuple[int, int]:
    return seconds(parse_to_aware_datetime(parameters[start])), seconds(parse_to_aware_datetime(parameters[end]))


def _time(seconds_since_1970: int) -> datetime:
    return datetime.fromtimestamp(seconds_since_1970, UTC)


def _page(items: Sequence[T], parameters: Parameters, size: int) -> tuple[Sequence[T], Mapping[str, str]]:
    """The items that the request's NextToken stands for, and the token of those after them, if there are any."""
    begin = int(parameters.get("NextToken", 0))
    end = begin + size
    return items[begin:end], {"NextToken": str(end)} if end < len(items) else {}


def _page_size(parameters: Parameters) -> int:
    size: int = parameters.get("PageSize") or DEFAULT_PAGE_SIZE
    if size > MAX_PAGE_SIZE:
        raise Refusal("BadRequestException", f"PageSize can be {MAX_PAGE_SIZE} at most.")
    return size


ANSWERS: Final[Mapping[tuple[str, str], Callable[[SesAccount, Parameters], Answer]]] = {
    ("sesv2", Operation.LIST_EMAIL_IDENTITIES): _list_email_identities,
    ("sesv2", Operation.LIST_CONFIGURATION_SETS): _list_configuration_sets,
    ("sesv2", Operation.GET_ACCOUNT): _get_account,
    ("sesv2", Operation.BATCH_GET_METRIC_DATA): _batch_get_metric_data,
    ("ses", Operation.GET_SEND_STATISTICS): _get_send_statistics,
    ("cloudwatch", Operation.LIST_METRICS): _list_metrics,
    ("cloudwatch", Operation.GET_METRIC_DATA): _get_metric_data,
}
