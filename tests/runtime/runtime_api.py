"""Lambda's runtime API on loopback: what gives a function's process its invocations, and takes its answers.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAXIMUM_RESPONSE_BYTES: Final = 6_291_556

_VERSION: Final = "/2018-06-01/runtime"


@dataclass(frozen=True)
class Request:
    """An invocation that a process is to take. The deadline is a time in seconds since 1970."""

    id: str
    event: bytes
    function_arn: str
    deadline: float

    def headers(self) -> Mapping[str, str]:
        """What a process is told beside the event."""
        return {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": self.id,
            "Lambda-Runtime-Deadline-Ms": str(int(self.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.function_arn,
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
        }


@dataclass(frozen=True)
class Answer:
    """What a process posted: a response, or else an error, as JSON. One about no request is of the init phase."""

    request_id: str | None
    body: bytes
    is_error: bool

    def document(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


class RuntimeApi:
    """The API for one process. `answers` is what it posted; `idle` are the times at which it asked for more to do."""

    def __init__(self) -> None:
        self.answers: queue.Queue[Answer | None] = queue.Queue()
        self.idle: list[float] = []
        self._requests: queue.Queue[Request | None] = queue.Queue()
        self._taken: str | None = None
        self._http = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """What the process finds in AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self._http.server_port}"

    def offer(self, request: Request) -> None:
        """Let the process have this when it asks."""
        self._requests.put(request)

    def close(self) -> None:
        """Answer nobody any more."""
        self._requests.put(None)
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def next(self) -> Request | None:
        """The next invocation, as soon as there is one; None when there will be none."""
        self.idle.append(time.monotonic())
        request = self._requests.get()
        self._taken = request.id if request else None
        return request

    def take(self, path: str, body: bytes) -> HTTPStatus:
        """Take what a process posts there. Each invocation is answered once, by who has it."""
        match path.removeprefix(_VERSION).split("/"):
            case ["", "init", "error"]:
                self.answers.put(Answer(None, body, is_error=True))
                return HTTPStatus.ACCEPTED
            case ["", "invocation", request_id, "response" | "error" as kind]:
                if request_id != self._taken:
                    return HTTPStatus.BAD_REQUEST
                self._taken = None
                if len(body) > MAXIMUM_RESPONSE_BYTES:
                    too_large = json.dumps(
                        {
                            "errorType": "Function.ResponseSizeTooLarge",
                            "errorMessage": f"Response payload size ({len(body)} bytes) exceeded maximum allowed",
                        }
                    )
                    self.answers.put(Answer(request_id, too_large.encode(), is_error=True))
                    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
                self.answers.put(Answer(request_id, body, is_error=kind == "error"))
                return HTTPStatus.ACCEPTED
        return HTTPStatus.NOT_FOUND


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A process that is killed closes its connections."""


def _handler_of(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Without them the answer leaves in pieces, each of which waits 40 ms for the other side.
        wbufsize = 65_536
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            if self.path != f"{_VERSION}/invocation/next":
                self._answer(HTTPStatus.NOT_FOUND)
            elif request := api.next():
                self._answer(HTTPStatus.OK, request.event, request.headers())
            else:
                self.close_connection = True

        def do_POST(self) -> None:
            self._answer(api.take(self.path, self._body()))

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _answer(self, status: HTTPStatus, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    return Handler
