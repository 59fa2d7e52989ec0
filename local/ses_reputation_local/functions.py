"""Lambda functions: their real handlers, run in this process as Lambda would run them."""

import importlib.util
import io
import json
import logging
import os
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any, Final

from moto.awslambda.models import LambdaFunction

from ses_reputation_local.template import FunctionCode

Handler = Callable[[object, "Context"], object]


@dataclass(frozen=True)
class Running:
    """A function whose handler is at work, and the ARN of the role that it has in AWS."""

    function: str
    role: str


running: Final[ContextVar[Running | None]] = ContextVar("running", default=None)
"""The function whose handler this code is called from: None outside of all of them."""


@dataclass(frozen=True)
class Invocation:
    """One run of a function: what it returned or the exception it raised, and the lines it logged."""

    function: str
    result: object
    error: Exception | None
    logs: tuple[str, ...]
    request_id: str = ""


@dataclass(frozen=True)
class Context:
    """What a handler is told about its invocation.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    function_name: str
    invoked_function_arn: str
    # Lambda's runtime for Python passes on the text of an environment variable here.
    memory_limit_in_mb: str
    deadline: float
    aws_request_id: str
    function_version: str = "$LATEST"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    @property
    def log_group_name(self) -> str:
        """Where the function's logs would be."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """The rest of the function's Timeout. Nothing happens when it is over."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


class Functions:
    """The functions of one cloud. Each handler's module is loaded at its first invocation and is this cloud's alone:
    what it keeps between invocations (clients, settings) stays warm here and is unknown to the next cloud. The modules
    that a handler imports are the process's, and keep what they keep.

    A function of a handler's module that is called `clock` is replaced by this one: what it shows is the cloud's time.
    One that is called `sleep` does not wait: no time passes while a function runs.
    """

    def __init__(self, region: str, clock: Callable[[], datetime]) -> None:
        self._code: dict[str, FunctionCode] = {}
        self._models: dict[str, LambdaFunction] = {}
        self._region = region
        self._clock = clock
        self._handlers: dict[str, Handler] = {}
        self._modules: list[str] = []
        self._one_at_a_time = threading.RLock()

    def add(self, code: Mapping[str, FunctionCode], models: Mapping[str, LambdaFunction]) -> None:
        """Take on the functions of one more stack, each known here by its key."""
        self._code |= code
        self._models |= models

    def close(self) -> None:
        """Forget the handlers, and take the loggers that they made back from Python's logging."""
        for name in self._modules:
            sys.modules.pop(name, None)
        self._handlers.clear()
        _release_loggers()

    def logical_id(self, arn: str) -> str:
        """Find the function that an ARN, with or without a version, or a name stands for. Raises LookupError."""
        name = arn.rpartition(":function:")[2].partition(":")[0]
        for logical_id, model in self._models.items():
            if model.function_name == name:
                return logical_id
        raise LookupError(f"no function of the template is {arn}")

    def model(self, logical_id: str) -> LambdaFunction:
        """What moto knows of a function. Raises LookupError."""
        if logical_id not in self._models:
            raise LookupError(f"the template has no function {logical_id}; there are {', '.join(self._models)}")
        return self._models[logical_id]

    def invoke(self, logical_id: str, event: object, request_id: str | None = None) -> Invocation:
        """Run a handler under its own environment. An exception that it raises is the invocation's error; what is no
        Exception (a simulated kill) passes through. A handler that can't be loaded raises here, too.
        """
        model = self.model(logical_id)
        request_id = request_id or str(uuid.uuid4())
        with self._one_at_a_time, _environment(self._variables(model)), _console.captured() as lines:
            handler = self._handlers.get(logical_id) or self._load(logical_id)
            result, error = None, None
            entered = running.set(Running(logical_id, model.role))
            try:
                # Lambda returns JSON: a result that is none is an error of the function.
                result = json.loads(json.dumps(handler(event, self._context(model, request_id))))
            except Exception as raised:  # noqa: BLE001 - whatever a function raises is its caller's to judge
                error = raised
            except BaseException:
                # The process is gone, and with it what the function kept: Lambda starts another one.
                self._handlers.pop(logical_id, None)
                raise
            finally:
                running.reset(entered)
        return Invocation(logical_id, result, error, tuple("".join(lines).splitlines()), request_id)

    def _context(self, model: LambdaFunction, request_id: str) -> Context:
        deadline = time.monotonic() + int(model.timeout)
        return Context(model.function_name, model.function_arn, str(model.memory_size), deadline, request_id)

    def _variables(self, model: LambdaFunction) -> Mapping[str, str]:
        # Not LAMBDA_TASK_ROOT: Powertools' Tracer takes it for the presence of an X-Ray daemon.
        return {
            **{name: str(value) for name, value in model.environment_vars.items()},
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_LAMBDA_FUNCTION_NAME": model.function_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(model.memory_size),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{model.function_name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        }

    def _load(self, logical_id: str) -> Handler:
        if logical_id not in self._code:
            raise LookupError(f"{logical_id} has no code in a local folder")
        code = self._code[logical_id]
        module_name, function_name = code.handler.rsplit(".", 1)
        path = code.folder / f"{module_name.replace('.', '/')}.py"
        # A name of its own, since every function's module is called `handler`.
        spec = importlib.util.spec_from_file_location(f"_local_{logical_id}_{uuid.uuid4().hex}", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is no Python module")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        self._modules.append(spec.name)
        spec.loader.exec_module(module)
        if hasattr(module, "clock"):
            vars(module)["clock"] = self._clock
        if hasattr(module, "sleep"):
            vars(module)["sleep"] = _pass_no_time
        handler = _function(module, function_name)
        self._handlers[logical_id] = handler
        return handler


def error_document(invocation: Invocation) -> Mapping[str, Any]:
    """How Lambda shows the exception of a run that failed.

    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    """
    error = invocation.error
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": invocation.request_id,
        "stackTrace": traceback.format_tb(error.__traceback__) if error else [],
    }


def _pass_no_time(_seconds: float) -> None:
    """What functions of this cloud wait with."""


def _function(module: ModuleType, name: str) -> Handler:
    function: Handler = getattr(module, name)
    return function


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class _Console(io.TextIOBase):
    """Standard output and error of functions. There is one for the process, and it outlives the clouds, for a logger
    keeps the stream that it was made with.
    """

    def __init__(self) -> None:
        self._lines: list[str] | None = None

    @contextmanager
    def captured(self) -> Iterator[list[str]]:
        outer, self._lines = self._lines, []
        try:
            with redirect_stdout(self), redirect_stderr(self):
                yield self._lines
        finally:
            self._lines = outer

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._lines is not None:
            self._lines.append(text)
        return len(text)


_console: Final = _Console()


def _release_loggers() -> None:
    """Let a logger of Powertools be set up anew. Powertools sets up one logger per service name and process, so that
    the functions of the next cloud would log at this cloud's level.
    """
    for logger in list(logging.Logger.manager.loggerDict.values()):
        if not isinstance(logger, logging.Logger):
            continue
        ours = [handler for handler in logger.handlers if getattr(handler, "stream", None) is _console]
        for handler in ours:
            logger.removeHandler(handler)
        if ours:
            state: dict[str, Any] = vars(logger)
            state.pop("init", None)
            state.pop("powertools_handler", None)
