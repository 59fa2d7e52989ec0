"""How a client in another process asks SES and CloudWatch about the simulated account.

A request that AWS would not understand is refused with a ValidationException, which names what is wrong with it: AWS
itself ignores names that it does not know. A request that times out is answered as a gateway would.
"""

import io
import json
import warnings
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

from botocore.model import OperationModel
from botocore.serialize import create_serializer
from moto.core.request import Request, determine_request_protocol
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model
from werkzeug import wrappers

from ses_reputation_local.request_shapes import WrongRequest, check_request
from ses_reputation_local.ses_account import SesAccount
from ses_reputation_local.ses_answers import Answer, Refusal, TimedOut
from ses_reputation_local.ses_calls import SES, Asked, answer_to, answers, status_of

# The services by the names that requests to them are signed with; two versions of SES share one.
_SERVICES: Final[Mapping[str, str]] = {"ses": "ses", "monitoring": "cloudwatch"}
_SES_V2_PATH: Final = "/v2/"

# What a form says beside the parameters. https://docs.aws.amazon.com/ses/latest/DeveloperGuide/query-interface-requests.html
_OF_ALL_FORMS: Final = frozenset({"Action", "Version"})


def ses_response(account: SesAccount, environ: Mapping[str, Any], signed_for: str) -> wrappers.Response | None:
    """The answer to a request of HTTP that is signed for a service; None if it is moto's to answer."""
    if signed_for not in _SERVICES:
        return None
    service = "sesv2" if environ["PATH_INFO"].startswith(_SES_V2_PATH) else _SERVICES[signed_for]
    read = _Read(service)
    # A copy: moto may have to read it as well.
    request = Request({**environ, "wsgi.input": io.BytesIO(environ["wsgi.input"].getvalue())})
    read.setup_class(request)
    if service not in SES and not answers(service, read._get_action(), read.params):
        return None
    model: Any = get_service_model(service)
    try:
        return _response(*read.serialized(ActionResult(_answer(account, model, request, read))))
    except WrongRequest as wrong:
        refusal = Refusal("ValidationException", str(wrong))
    except TimedOut as timed_out:
        # A page of HTML is not parsed, in any of the protocols.
        return wrappers.Response(f"<html>{timed_out}</html>", HTTPStatus.GATEWAY_TIMEOUT)
    except NotImplementedError as left_out:
        refusal = Refusal("NotImplemented", str(left_out))
    except Refusal as refused:
        refusal = refused
    with warnings.catch_warnings():
        # moto knows the errors of each service, but not those that all of them have.
        warnings.simplefilter("ignore")
        _, headers, body = read.serialized(ActionResult(refusal))
    return _response(status_of(model, refusal.code), headers, body)


def _answer(account: SesAccount, model: Any, request: Request, read: "_Read") -> Answer:
    service, operation = model.service_name, read._get_action()
    if not answers(service, operation, read.params):
        raise NotImplementedError(f"the local cloud's SES has no {operation or 'such operation'}")
    _check(request, model.operation_model(operation), read.params)
    return answer_to(account, service, operation, Asked(read.params))


def _response(status: int, headers: Mapping[str, Any], body: Any) -> wrappers.Response:
    return wrappers.Response(body, HTTPStatus(status), headers=dict(headers))


class _Read(BaseResponse):
    """A request as moto reads it by the service's model, in whichever of the service's protocols it is."""

    params: Mapping[str, Any]

    def __init__(self, service: str) -> None:
        super().__init__(service_name=service)
        self.automated_parameter_parsing = True
        # What a request to no operation has.
        self.params = {}


def _check(request: Request, operation: OperationModel, parameters: Mapping[str, Any]) -> None:
    """Raise WrongRequest for parameters that are not as the model has them, and for names that were not read as any:
    those that are gone when what was read is written again.
    """
    check_request(operation, parameters)
    service: Any = operation.service_model
    protocol = determine_request_protocol(service, request.content_type)
    written = create_serializer(protocol, include_validation=False).serialize_to_request(parameters, operation)
    if protocol == "query":
        sent, understood = {*request.form} - _OF_ALL_FORMS, {*written["body"]} - _OF_ALL_FORMS
    else:
        sent = {*_names(json.loads(request.get_data() or "{}"))} | {*parse_qs(request.query_string.decode())}
        understood = {*_names(json.loads(written["body"] or "{}"))} | {*written["query_string"]}
    if unknown := sent - understood:
        raise WrongRequest(f"{operation.name}: unknown parameters {', '.join(sorted(unknown))}")


def _names(value: object, within: str = "") -> Iterator[str]:
    """The names of all members of a JSON document, each with those that it is within."""
    match value:
        case dict():
            for name, member in value.items():
                yield f"{within}{name}"
                yield from _names(member, f"{within}{name}.")
        case list():
            for item in value:
                yield from _names(item, within)
