"""MiniStack in a process of its own, which nobody outside of this machine reaches, and which ends with its tests."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-engine" / "bin" / "python"
BUILD = ROOT / "build" / "engine"

LOOPBACK = "127.0.0.1"
ACCOUNT, REGION = "123456789012", "eu-west-1"
STARTS_WITHIN = 60.0
ENDS_WITHIN = 10.0

# Started in place of the engine itself: when nobody holds the other end of its input any longer, however the tests have
# ended, it ends its whole group, in which the engine and the functions' processes are.
_GUARD = """
import os, signal, subprocess, sys
engine = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
sys.stdin.buffer.read()
os.killpg(0, signal.SIGKILL)
"""

# MiniStack takes twelve digits that stand where the key's id does for the account.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "none"}

# All that it, and the functions in it, see of this process's environment: no credentials, no profile, no proxy.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL")


class NotStarted(RuntimeError):
    """The engine does not answer. The text is the end of its log."""


@dataclass(frozen=True)
class Engine:
    """A running MiniStack: where it answers, and where it says what it does."""

    endpoint: str
    log: Path

    def client(self, service: str) -> Any:
        """A client of one of its services."""
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(read_timeout=120, retries={"total_max_attempts": 2}),
        )


@contextmanager
def running(name: str, application: str = "ministack.app:app") -> Iterator[Engine]:
    """MiniStack on a free port of the loopback interface. Its log is build/engine/NAME.log."""
    BUILD.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    log = BUILD / f"{name}.log"
    # By itself it listens on all interfaces, and lets go of a connection that was not used for five seconds.
    command = [
        str(PYTHON),
        "-m",
        "hypercorn",
        application,
        "--bind",
        f"{LOOPBACK}:{port}",
        "--keep-alive",
        "75",
    ]
    with ExitStack() as opened:
        output = opened.enter_context(log.open("wb"))
        # Functions are unpacked there, and left behind.
        folder = opened.enter_context(TemporaryDirectory(dir=BUILD))
        environment = {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{port}",
            "BIND_HOST": LOOPBACK,
            "GATEWAY_PORT": str(port),
            "MINISTACK_HOST": LOOPBACK,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "LAMBDA_EXECUTOR": "local",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": folder,
        }
        # A group of its own, so that Ctrl-C reaches it through the guard alone.
        guard = subprocess.Popen(  # noqa: S603 - the pinned engine
            [str(PYTHON), "-c", _GUARD, *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        opened.callback(_end, guard)
        _wait(guard, port, log)
        yield Engine(f"http://{LOOPBACK}:{port}", log)


def _free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind((LOOPBACK, 0))
        port: int = taken.getsockname()[1]
        return port


def _wait(guard: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Until it answers; NotStarted if it ends, or does not in time."""
    until = time.monotonic() + STARTS_WITHIN
    while guard.poll() is None and time.monotonic() < until:
        with suppress(OSError, http.client.HTTPException), closing(http.client.HTTPConnection(LOOPBACK, port)) as asked:
            asked.request("GET", "/_ministack/health")
            asked.getresponse().read()
            return
        time.sleep(0.05)
    raise NotStarted(log.read_text(encoding="utf-8", errors="replace")[-2000:])


def _end(guard: "subprocess.Popen[bytes]") -> None:
    """Let go of the guard's input, and it ends all that it has started, and itself."""
    if guard.stdin:
        guard.stdin.close()
    guard.wait(ENDS_WITHIN)
