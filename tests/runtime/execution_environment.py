"""A function's process as Lambda starts it, from what `sam build` made, with Lambda's own runtime client.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

import json
import queue
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.runtime.runtime_api import Answer, Request, RuntimeApi

ROOT: Final = Path(__file__).parents[2]
BUILT: Final = ROOT / ".aws-sam" / "build"
REPUTATION: Final = BUILT / "ReputationLayer" / "python"
DEPENDENCIES: Final = ROOT / "build" / "engine" / "python"
"""DependenciesLayer holds the same pins, for Lambda's processor and Python."""

_ENGINE: Final = ROOT / ".venv-engine"
PYTHON: Final = _ENGINE / "bin" / "python"

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html, and the runtime client with all that it imports.
_RUNTIME_PACKAGES: Final = frozenset(
    {"awslambdaric", "boto3", "botocore", "dateutil", "jmespath", "runtime_client"}
    | {"s3transfer", "simplejson", "six", "snapshot_restore_py", "urllib3"}
)

# How long a process may take to begin, whatever else this machine does.
_START_SECONDS: Final = 30


@dataclass(frozen=True)
class Deployed:
    """What Lambda knows of a function."""

    name: str
    arn: str
    folder: Path
    handler: str
    variables: Mapping[str, str]
    seconds: float
    megabytes: int
    log_format: str


@dataclass(frozen=True)
class Ended:
    """How an invocation ended: with a response, or with an error as Lambda shows it, and what was logged."""

    response: Any
    error: Mapping[str, Any] | None
    lines: tuple[str, ...]
    seconds: float


@dataclass
class ExecutionEnvironment:
    """One process of a function, until it is closed, ends by itself or is killed. It takes one invocation at a time."""

    function: Deployed
    variables: Mapping[str, str]
    started: float = field(init=False, default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._api = RuntimeApi()
        # The process has the same file: it appends, wherever this side reads.
        self._log = tempfile.TemporaryFile("a+b")  # noqa: SIM115 - closed with the rest
        self._read = 0
        self.process = subprocess.Popen(  # noqa: S603 - our own functions
            # Without site-packages, and without leaving compiled files among what is deployed: there are none there.
            [PYTHON, "-S", "-B", "-m", "awslambdaric", self.function.handler],
            cwd=self.function.folder,
            env={**self.variables, "AWS_LAMBDA_RUNTIME_API": self._api.address},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def init_seconds(self) -> float:
        """How long it took until the process asked for its first invocation."""
        return self._api.idle[0] - self.started

    @property
    def most_megabytes(self) -> int:
        """The most memory that the process has had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) // 1024

    @property
    def is_alive(self) -> bool:
        """Whether the process takes another invocation."""
        return self.process.poll() is None

    def invoke(self, event: bytes, *, request_id: str | None = None, seconds: float | None = None) -> Ended:
        """Hand an event to the process, and kill it if it has not answered when the function's Timeout is over."""
        allowed = seconds or self.function.seconds
        deadline = time.time() + allowed + (0 if self._api.idle else _START_SECONDS)
        request_id = request_id or str(uuid.uuid4())
        started = time.monotonic()
        self._api.offer(Request(request_id, event, self.function.arn, time.time() + allowed))
        try:
            answer = self._api.answers.get(timeout=max(0, deadline - time.time()))
        except queue.Empty:
            self.kill()
            answer = _lambda_s_own(request_id, "Sandbox.Timedout", f"Task timed out after {allowed:.2f} seconds")
        if answer is None:
            how = f"signal: {-self.process.returncode}" if self.process.returncode < 0 else "exit status"
            answer = _lambda_s_own(request_id, "Runtime.ExitError", f"Runtime exited with error: {how}")
        took = time.monotonic() - started
        document = answer.document()
        response, error = (None, document) if answer.is_error else (document, None)
        return Ended(response, error, self.lines(), took)

    def lines(self) -> tuple[str, ...]:
        """What was logged since this was last asked."""
        self._log.seek(self._read)
        text = self._log.read()
        self._read += len(text)
        return tuple(text.decode().splitlines())

    def kill(self) -> None:
        """End the process at once, as Lambda does when the time is over."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End the process and all that belongs to it."""
        self.kill()
        self._api.close()
        self._log.close()

    def _watch(self) -> None:
        self.process.wait()
        self._api.answers.put(None)


def _lambda_s_own(request_id: str, kind: str, text: str) -> Answer:
    document = {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {text}"}
    return Answer(request_id, json.dumps(document).encode(), is_error=True)


def variables_of(function: Deployed, region: str, endpoint: str) -> Mapping[str, str]:
    """The environment that Lambda gives a function's process, with AWS at this endpoint.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    path = [function.folder, DEPENDENCIES, REPUTATION, runtime_packages()]
    return {
        **function.variables,
        "_HANDLER": function.handler,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.megabytes),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_REGION": region,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "LAMBDA_TASK_ROOT": str(function.folder),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": ":".join(map(str, path)),
        # Lambda's LANG is en_US.UTF-8, which not every machine has. Its streams are strict.
        "PYTHONIOENCODING": "utf-8:strict",
        "TZ": ":UTC",
    }


@cache
def runtime_packages() -> Path:
    """A folder that has what Lambda's runtime brings, and nothing else."""
    folder = ROOT / "build" / "engine" / "runtime"
    folder.mkdir(parents=True, exist_ok=True)
    (found,) = _ENGINE.glob("lib/python*/site-packages")
    for package in found.iterdir():
        link = folder / package.name
        if package.name.partition(".")[0] in _RUNTIME_PACKAGES and not link.exists():
            link.symlink_to(package)
    return folder
