"""How boto3 clients ask SES and CloudWatch about the simulated account.

The operations in ANSWERS are answered here, those of CloudWatch where they are about SES; the rest of CloudWatch is
moto's. The rest of SES is not there: moto has some of it, but of identities and configuration sets of its own.

A request is looked at before it is sent: one that AWS would not understand raises WrongRequest in the middle of the
test. Each attempt of a call is then a request of its own, so that boto3's retries are at work as they are with AWS. It
does not wait between them. Signing is real, but nothing is written to a wire: over HTTP, see ses_requests.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore import endpoint as botocore_endpoint
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.endpoint import Endpoint
from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import MockRawResponse

from ses_reputation_local.request_shapes import check_request
from ses_reputation_local.ses_account import SesAccount
from ses_reputation_local.ses_answers import Answer, Answers, Parameters, Refusal, TimedOut
from ses_reputation_local.ses_control import CONTROL
from ses_reputation_local.ses_destinations import DESTINATIONS
from ses_reputation_local.ses_faults import Fault
from ses_reputation_local.ses_operations import CHANGES, Operation
from ses_reputation_local.ses_reading import NAMESPACE, READING
from ses_reputation_local.ses_resources import Call
from ses_reputation_local.ses_sending import SENDING
from ses_reputation_local.ses_suppression import SUPPRESSION

ANSWERS: Final[Answers] = {**READING, **CONTROL, **SUPPRESSION, **DESTINATIONS, **SENDING}

SES: Final = frozenset({"ses", "sesv2"})
"""The services that are wholly answered here."""

# Of errors that the services' models do not have. https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html
_STATUSES: Final[Mapping[str, int]] = {
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "InternalFailure": 500,
    "InternalServiceError": 500,
    "InternalServiceErrorException": 500,
    "NotImplemented": 501,
    "RequestTimeout": 408,
    "ServiceUnavailable": 503,
    "TooManyRequestsException": 429,
}

# Where a call that is answered here is in botocore's context of it, which only this module looks at.
_ASKED: Final = "local cloud: asked"


@dataclass
class Asked:
    """What a call of boto3 asks for, and what went wrong with its last attempt."""

    parameters: Parameters
    fault: Fault | None = None


@contextmanager
def answered_calls(account_id: str, region: str) -> Iterator[SesAccount]:
    """Until the block ends, every boto3 client, whenever it was made, asks this account what it can answer; but for
    those that were given an endpoint of their own.

    A handler of the event before-send could answer, too, but clients that exist already would not have it: each copied
    its session's handlers when it was made. Here botocore's events come as they do for any other call.
    """
    account = SesAccount(account_id, region)
    client, endpoint = BaseClient, Endpoint
    clock = _Clock(account)
    with (
        patch.object(
            client, "_convert_to_request_dict", _with_parameters_kept(vars(client)["_convert_to_request_dict"])
        ),
        patch.object(endpoint, "_do_get_response", _answered_by(account, clock, vars(endpoint)["_do_get_response"])),
        patch.object(botocore_endpoint, "time", clock),
    ):
        yield account


class _Clock:
    """The module `time`, as far as botocore's endpoints use it: they wait here before they try again."""

    def __init__(self, account: SesAccount) -> None:
        self._account = account
        # Where the last answer that this thread got came from is where it tries again.
        self.last = threading.local()

    def sleep(self, duration: float) -> None:
        """Take note of a wait for the account, and really wait for others."""
        if getattr(self.last, "ours", False):
            self._account.faults.wait(duration)
        else:
            time.sleep(duration)


def _with_parameters_kept(convert_to_request: Callable[..., Any]) -> Callable[..., Any]:
    def convert(
        client: Any,
        *,
        api_params: Parameters,
        operation_model: Any,
        endpoint_url: str,
        context: dict[str, Any],
        **others: Any,
    ) -> Any:
        service = operation_model.service_model.service_name
        if _is_aws(endpoint_url) and answers(service, operation_model.name, api_params):
            check_request(operation_model, api_params)
            context[_ASKED] = Asked(api_params)
        elif _is_aws(endpoint_url) and service in SES:
            raise NotImplementedError(f"the local cloud's SES has no {operation_model.name}")
        return convert_to_request(
            client,
            api_params=api_params,
            operation_model=operation_model,
            endpoint_url=endpoint_url,
            context=context,
            **others,
        )

    return convert


def _is_aws(url: str) -> bool:
    return ".amazonaws.com" in (urlsplit(url).hostname or "")


def _answered_by(account: SesAccount, clock: _Clock, get_response: Callable[..., Any]) -> Callable[..., Any]:
    def answered(endpoint: Any, request: Any, operation_model: Any, context: Mapping[str, Any]) -> Any:
        asked = context.get(_ASKED)
        clock.last.ours = asked is not None
        if asked is None:
            return get_response(endpoint, request, operation_model, context)
        service = operation_model.service_model
        try:
            return made_response(200, answer_to(account, service.service_name, operation_model.name, asked)), None
        except Refusal as refusal:
            error = {"Error": {"Code": refusal.code, "Message": refusal.message}}
            return made_response(status_of(service, refusal.code), error), None
        except TimedOut as timed_out:
            return None, ReadTimeoutError(endpoint_url=request.url, error=timed_out)

    return answered


def answers(service: str, operation: str, parameters: Parameters) -> bool:
    """Whether a request is answered here, rather than by moto."""
    return (service, operation) in ANSWERS and _is_about_ses(service, parameters)


def answer_to(account: SesAccount, service: str, operation: str, asked: Asked) -> Answer:
    """What the account answers to a request. Raises Refusal, or TimedOut where no answer comes."""
    name = Operation(operation)
    asked.fault = fault = account.faults.next(name, asked.fault)
    if fault is not None and not fault.carried_out:
        if fault.code is None:
            raise TimedOut("The local cloud was told not to take the request.")
        raise Refusal(fault.code, "The local cloud was told to fail.")
    if account.faults.is_too_fast(name, account.time):
        raise Refusal("Throttling" if service == "ses" else "TooManyRequestsException", "Rate exceeded.")
    answer = ANSWERS[service, name](account, asked.parameters)
    if name in CHANGES:
        account.calls.append(Call(name, asked.parameters, account.time))
    if fault is not None:
        raise TimedOut("The local cloud was told not to answer.")
    return answer


def status_of(service: Any, code: str) -> int:
    """The HTTP status of an error."""
    shape = service.shape_for_error_code(code)
    modelled = shape.metadata.get("error", {}).get("httpStatusCode") if shape is not None else None
    return int(modelled or _STATUSES.get(code, 400))


def made_response(status: int, parsed: Answer) -> tuple[AWSResponse, Answer]:
    """An answer as botocore's endpoints make one of what comes over the wire."""
    response = AWSResponse("", status, HTTPHeaders(), MockRawResponse(b""))
    metadata = {"RequestId": "local", "HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}
    return response, {**parsed, "ResponseMetadata": metadata}


def _is_about_ses(service: str, parameters: Parameters) -> bool:
    if service != "cloudwatch":
        return True
    metrics = [query.get("MetricStat", {}).get("Metric", {}) for query in parameters.get("MetricDataQueries", ())]
    return any(named.get("Namespace") == NAMESPACE for named in (parameters, *metrics))
