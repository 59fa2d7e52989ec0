"""How a client in another process asks SES and CloudWatch about the simulated account."""

import io
import warnings
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from moto.core.request import Request
from moto.core.responses import ActionResult, BaseResponse
from werkzeug import wrappers

from ses_reputation_local.ses_account import SesAccount
from ses_reputation_local.ses_calls import Refusal, answer_to, answers

# The services by the names that requests to them are signed with; two versions of SES share one.
_SERVICES: Final[Mapping[str, str]] = {"ses": "ses", "monitoring": "cloudwatch"}
_SES_V2_PATH: Final = "/v2/"


def ses_response(account: SesAccount, environ: Mapping[str, Any], signed_for: str) -> wrappers.Response | None:
    """The answer to a request of HTTP that is signed for a service; None if it is moto's to answer."""
    if signed_for not in _SERVICES:
        return None
    service = "sesv2" if environ["PATH_INFO"].startswith(_SES_V2_PATH) else _SERVICES[signed_for]
    read = _Read(service)
    # A copy: moto may have to read it as well.
    read.setup_class(Request({**environ, "wsgi.input": io.BytesIO(environ["wsgi.input"].getvalue())}))
    operation, parameters = read._get_action(), read.params
    if not answers(service, operation, parameters):
        return None
    try:
        status, headers, body = read.serialized(ActionResult(answer_to(account, service, operation, parameters)))
    except Refusal as refusal:
        with warnings.catch_warnings():
            # moto knows the errors of each service, but not those that all of them have.
            warnings.simplefilter("ignore")
            status, headers, body = read.serialized(ActionResult(refusal))
    return wrappers.Response(body, HTTPStatus(status), headers=dict(headers))


class _Read(BaseResponse):
    """A request as moto reads it by the service's model, in whichever of the service's protocols it is."""

    params: Mapping[str, Any]

    def __init__(self, service: str) -> None:
        super().__init__(service_name=service)
        self.automated_parameter_parsing = True
