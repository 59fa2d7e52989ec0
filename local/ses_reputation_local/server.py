"""A local cloud on a port: for the aws command, boto3 in another process, and any HTTP client."""

import io
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug import wrappers
from werkzeug.wsgi import get_input_stream

from ses_reputation_local.cloud import Email, Invocation, LocalCloud
from ses_reputation_local.function_urls import FORBIDDEN, JSON, Caller, Request, Response
from ses_reputation_local.resources import FUNCTION_URL_PATH
from ses_reputation_local.serving import address_of, answering, listening
from ses_reputation_local.ses_requests import ses_response

if TYPE_CHECKING:
    import socket

__all__ = ["Clock", "Server", "address_of", "listening", "serving"]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
_SIGNED_BY: Final = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/\d+/[\w-]+/([\w-]+)/aws4_request")

_NO_SUCH_URL: Final = Response(404, {"content-type": JSON}, b'{"Message": "No function has this URL."}')


@dataclass(frozen=True)
class Clock:
    """A time that goes on from its start, `pace` times as fast as the real one."""

    start: datetime = field(default_factory=lambda: datetime.now(UTC))
    pace: float = 1
    _begun: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """The time that it is now."""
        return self.start + timedelta(seconds=(time.monotonic() - self._begun) * self.pace)


class Server:
    """Answers requests to a cloud, one at a time.

    When a request has been answered, and after a tick, all that follows from it is delivered, and `on_email` and
    `on_failure` are told of the e-mails that SNS sent and the runs of functions that failed.
    """

    def __init__(
        self,
        cloud: LocalCloud,
        clock: Clock,
        *,
        on_email: Callable[[Email], None] = lambda _: None,
        on_failure: Callable[[Invocation], None] = lambda _: None,
    ) -> None:
        self._cloud = cloud
        self._clock = clock
        self._on_email = on_email
        self._on_failure = on_failure
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._one_at_a_time = threading.Lock()

    def tick(self) -> None:
        """Run every schedule, at the time that the clock shows."""
        with self._turn():
            # A schedule has no fractions of a second.
            self._cloud.tick(self._cloud.now.replace(microsecond=0))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, as an application of WSGI."""
        if _is_another_web_page_s(environ):
            return wrappers.Response("Not for other web pages.", 403)(environ, start_response)
        # Nobody has to wait for a client that sends slowly.
        environ["wsgi.input"] = io.BytesIO(get_input_stream(environ).read())
        with self._turn():
            if environ["PATH_INFO"].startswith(FUNCTION_URL_PATH):
                response = self._call_function(wrappers.Request(environ))
            else:
                response = self._call_aws(environ)
            # The command takes the time that it is from here.
            response.date = self._cloud.now
        return response(environ, start_response)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Exclude others: a run of a function has the process's environment and output for itself."""
        with self._one_at_a_time:
            self._cloud.now = self._clock.now()
            yield
            self._cloud.deliver()
            while self._cloud.invocations:
                run = self._cloud.invocations.popleft()
                if run.error is not None:
                    self._on_failure(run)
            for email in self._cloud.emails():
                self._on_email(email)

    def _call_aws(self, environ: dict[str, Any]) -> wrappers.Response:
        signed = _SIGNED_BY.match(environ.get("HTTP_AUTHORIZATION", ""))
        answer = ses_response(self._cloud.ses, environ, signed[2]) if signed else None
        return answer or wrappers.Response.from_app(self._moto, environ, buffered=True)

    def _call_function(self, request: wrappers.Request) -> wrappers.Response:
        """Who calls is the access key id of the signature; whether that is right is not checked, for every key is."""
        name, _, path = request.path.removeprefix(FUNCTION_URL_PATH).partition("/")
        function = next((logical_id for logical_id, known in self._cloud.resources.items() if known == name), None)
        signed = _SIGNED_BY.match(request.headers.get("Authorization", ""))
        if function is None:
            answer = _NO_SUCH_URL
        elif signed is None:
            answer = FORBIDDEN
        else:
            caller = Caller(f"arn:aws:iam::{self._cloud.account}:user/{signed[1]}", signed[1])
            answer = self._cloud.request(function, _request(request, f"/{path}"), caller)
        response = wrappers.Response(answer.body, answer.status, headers=list(answer.headers.items()))
        for cookie in answer.cookies:
            response.headers.add("set-cookie", cookie)
        return response


def _is_another_web_page_s(environ: Mapping[str, str]) -> bool:
    """Whether a browser sent a request for a page from elsewhere: captured mail is nobody's business, and moto lets all
    pages read its answers. A page whose name leads to this machine counts as one from elsewhere.
    """
    host = environ.get("HTTP_HOST", "")
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and urlsplit(origin).netloc != host:
        return True
    return _is_loopback(environ["SERVER_NAME"]) and not _is_loopback(urlsplit(f"//{host}").hostname or "localhost")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _request(request: wrappers.Request, path: str) -> Request:
    return Request(
        method=request.method,
        path=path,
        query=request.query_string.decode(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(),
        source_ip=request.remote_addr or "",
    )


@contextmanager
def serving(server: Server, listener: "socket.socket") -> Iterator[None]:
    """Until the block ends, requests to a listening socket are answered in other threads."""
    with answering(server, listener, _QuietHandler):
        yield


class _QuietHandler(MotoRequestHandler):
    def send_response(self, code: int, message: str | None = None) -> None:
        """Send no date: the answer has the cloud's."""
        self.send_response_only(code, message)

    def log_request(self, *_: object) -> None:
        """Keep quiet about requests. Errors are logged."""
