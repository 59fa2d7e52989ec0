"""Function URLs: an HTTP request as a function sees it, and what it returns as an HTTP response.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from ses_reputation_local.functions import Invocation

JSON: Final = "application/json"

# The body of any other type comes to the function in base64.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
_TEXT_TYPES: Final = (JSON, "application/javascript", "application/xml")


class Answer(NamedTuple):
    """What a function URL answered: its status code, and its body, read if it is JSON."""

    status: int
    body: object


@dataclass(frozen=True)
class Caller:
    """Who signed a request: an ARN of IAM or STS, and the access key id."""

    arn: str
    access_key: str = "AKIALOCAL"

    @property
    def account(self) -> str:
        """The account of the caller."""
        return self.arn.split(":")[4]

    @property
    def unique_id(self) -> str:
        """An id such as IAM gives to users and roles; a role's session has its name after it."""
        kind, _, name = self.arn.split(":", 5)[5].partition("/")
        owner, _, session = name.partition("/")
        prefix, owner, suffix = ("AROA", owner, f":{session}") if kind == "assumed-role" else ("AIDA", name, "")
        return f"{prefix}{hashlib.sha256(owner.encode()).hexdigest()[:17].upper()}{suffix}"


@dataclass(frozen=True)
class Request:
    """What a client sent to a function URL: names of headers in lower case, the query as it was written."""

    method: str = "POST"
    path: str = "/"
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    source_ip: str = "127.0.0.1"


@dataclass(frozen=True)
class Response:
    """What a function URL sends back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    def answer(self) -> Answer:
        """The response as a program reads it."""
        text = self.body.decode()
        kind = next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")
        return Answer(self.status, json.loads(text) if kind.startswith(JSON) and text else text)


FORBIDDEN: Final = Response(
    HTTPStatus.FORBIDDEN,
    {"content-type": JSON, "x-amzn-ErrorType": "AccessDeniedException"},
    json.dumps(
        {
            "Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
            "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
        }
    ).encode(),
)

# A function's error is not shown to the client.
_FAILED: Final = Response(HTTPStatus.BAD_GATEWAY, {"content-type": "text/plain"}, b"Internal Server Error")


def request_event(url: str, account: str, request: Request, caller: Caller, now: datetime) -> Mapping[str, Any]:
    """The event that a function gets for a request to its URL."""
    host = urlsplit(url).hostname or ""
    kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    is_text = kind.startswith("text/") or kind in _TEXT_TYPES
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": {"host": host, **request.headers},
        "requestContext": {
            "accountId": account,
            "apiId": host.partition(".")[0],
            "authentication": None,
            "authorizer": {
                "iam": {
                    "accessKey": caller.access_key,
                    "accountId": caller.account,
                    "callerId": caller.unique_id,
                    "cognitoIdentity": None,
                    "principalOrgId": None,
                    "userArn": caller.arn,
                    "userId": caller.unique_id,
                }
            },
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": now.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": bool(request.body) and not is_text,
    }
    if parameters:
        event["queryStringParameters"] = parameters
    if cookies := request.headers.get("cookie"):
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if request.body:
        event["body"] = request.body.decode(errors="replace") if is_text else base64.b64encode(request.body).decode()
    return event


def response_to(invocation: Invocation) -> Response:
    """What the client gets for a run of the function: its result is the body unless it has a statusCode."""
    if invocation.error is not None:
        return _FAILED
    result = invocation.result
    if not (isinstance(result, dict) and "statusCode" in result):
        return Response(HTTPStatus.OK, {"content-type": JSON}, json.dumps(result).encode())
    status, body = result["statusCode"], result.get("body", "")
    if not (isinstance(status, int) and isinstance(body, str)):
        return _FAILED
    headers = {str(name).lower(): str(value) for name, value in (result.get("headers") or {}).items()}
    return Response(
        status,
        {"content-type": JSON, **headers},
        base64.b64decode(body) if result.get("isBase64Encoded") else body.encode(),
        tuple(result.get("cookies") or ()),
    )
