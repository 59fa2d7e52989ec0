"""Cold starts: from the start of a process to the answer of its first call, under Lambda's own runtime client.

Every function runs as it is built, with the layers compiled as `sam build` compiles them where Lambda's Python is at
hand. Its first call is real: it is played once on the local cloud, and what AWS answered then is answered at once here,
to a new process. Beside them are *nothing* (a handler without imports), the *floor* (boto3 with a DynamoDB client, and
one call of it) and the *careful peer* (peers/careful.py).
"""

import itertools
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from time import clock_gettime, monotonic
from typing import Final

from msgspec import Struct
from werkzeug.wrappers import Response

from benchmarks.figures import Figure
from ses_reputation_local.template import read_template
from tests.blocklist_server import blocklist_server
from tests.runtime.execution_environment import (
    DEPENDENCIES,
    PYTHON,
    REPUTATION,
    ROOT,
    Deployed,
    Ended,
    ExecutionEnvironment,
    runtime_packages,
    variables_of,
)
from tests.runtime.runtime_cloud import TEMPLATE, Call, Proceed, RuntimeCloud, functions_of
from tests.runtime.triggers import ZONE, trigger

FLOOR: Final = "the floor"
PEER: Final = "the careful peer"
QUICK: Final = ("RecordFeedback",)

_REGION: Final = "eu-west-1"
_FOLDER: Final = ROOT / "build" / "cold_start"


@dataclass(frozen=True)
class Answer:
    """What AWS answers a request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


NOTHING_FOUND: Final = Answer(200, {"Content-Type": "application/x-amz-json-1.0"}, b"{}")
"""What DynamoDB answers to a write, and to a read of nothing."""


@dataclass(frozen=True)
class Contestant:
    """A function, the event of its first call, what AWS answers meanwhile, and where its modules are."""

    function: Deployed
    event: bytes
    answers: Iterable[Answer]
    path: Sequence[Path]


class Start(Struct, frozen=True):
    """One cold start: in seconds and in MB."""

    cpu: float
    wall: float
    memory: float


def measure(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - as every part is called
    """Every function beside the floor, by turns; then what it costs not to ship compiled modules."""
    functions = QUICK if quick else functions_of(read_template(TEMPLATE, {}, _REGION).body)
    with blocklist_server() as blocklists:
        contestants = _contestants(_played(functions, blocklists.address), *_layers())
        starts = _by_turns(contestants, rounds=1 if quick else 7)
    for case, unit, field, size in (
        ("CPU until the first answer", "ms", "cpu", 1000),
        ("time until the first answer", "ms", "wall", 1000),
        ("most memory", "MB", "memory", 1),
    ):
        floor = median(getattr(start, field) for start in starts[FLOOR])
        for who, measured in starts.items():
            value = median(getattr(start, field) for start in measured)
            yield Figure("cold_start", case, who, value * size, unit, f"{value / floor:.2f} times the floor")


def _by_turns(contestants: Mapping[str, Contestant], rounds: int) -> dict[str, list[Start]]:
    with _null_server() as server:
        for contestant in contestants.values():
            server.start(contestant)  # whatever is read from the disk is in memory from now on
        started: dict[str, list[Start]] = {who: [] for who in contestants}
        for _ in range(rounds):
            for who, contestant in contestants.items():
                started[who].append(server.start(contestant))
    return started


def _contestants(
    played: Mapping[str, Contestant], compiled: Sequence[Path], source: Sequence[Path]
) -> dict[str, Contestant]:
    event = played["RecordFeedback"].event
    found = {
        "nothing": _written(ROOT / "benchmarks" / "starts", "nothing", event, ()),
        FLOOR: _written(ROOT / "benchmarks" / "starts", "floor", event, ()),
        **{name: Contestant(one.function, one.event, one.answers, compiled) for name, one in played.items()},
        PEER: _written(ROOT / "benchmarks" / "peers", "careful", event, compiled),
    }
    for name in (PEER, "RecordFeedback"):
        one = found[name]
        found[f"{name}, not compiled"] = Contestant(one.function, one.event, one.answers, source)
    return found


def _written(folder: Path, module: str, event: bytes, path: Sequence[Path]) -> Contestant:
    """A handler that is written for the comparison."""
    names = ("TABLE", "TOTALS_TABLE", "IDEMPOTENCY_TABLE")
    function = Deployed(
        name=module,
        arn=f"arn:aws:lambda:{_REGION}:123456789012:function:{module}",
        folder=folder,
        handler=f"{module}.lambda_handler",
        variables={**dict.fromkeys(names, "events"), "POWERTOOLS_METRICS_NAMESPACE": "Peers"},
        seconds=30,
        megabytes=512,
        log_format="JSON",
    )
    return Contestant(function, event, itertools.repeat(NOTHING_FOUND), path)


# -- The layers --------------------------------------------------------------------------------------------------------

# What the careful peer has besides the dependencies layer.
_PEERS_PACKAGES: Final = ("annotated_types", "pydantic", "pydantic_core", "typing_inspection")


def _layers() -> tuple[Sequence[Path], Sequence[Path]]:
    """The folders of the layers, compiled, and as source alone."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
    (packages,) = (PYTHON.parents[1] / "lib").glob("python*/site-packages")
    compiled = {DEPENDENCIES: DEPENDENCIES, REPUTATION: _FOLDER / "reputation", packages: _FOLDER / "peer"}
    compiled[packages].mkdir(parents=True)
    for name in _PEERS_PACKAGES:
        (compiled[packages] / name).symlink_to(packages / name)
    shutil.copytree(REPUTATION, compiled[REPUTATION])
    command = [str(PYTHON), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, str(compiled[REPUTATION])], check=True)  # noqa: S603 - our own
    source = [_FOLDER / "source" / folder.name for folder in compiled.values()]
    for folder, copy in zip(compiled.values(), source, strict=True):
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return list(compiled.values()), source


# -- The calls that a first event takes, and what AWS answers ----------------------------------------------------------


class _Played(RuntimeCloud):
    """A cloud that keeps what it answered the newest run of a function."""

    def __init__(self, blocklists: str) -> None:
        parameters = {
            "AutomaticSuppression": "true",
            "BlocklistZones": ZONE,
            "BlocklistResolver": blocklists,
            "EnforceScopes": "configuration-set",
        }
        super().__init__(parameters)
        self.answers: dict[str, list[Answer]] = {}

    def run(self, function: str, event: bytes, request_id: str | None = None) -> Ended:
        answers = self.answers[function] = []

        def noted(_call: Call, proceed: Proceed) -> Response:
            response = proceed()
            headers = {name: value for name, value in response.headers if name.lower() != "content-length"}
            answers.append(Answer(response.status_code, headers, response.get_data()))
            return response

        self.endpoint.fault = noted
        return super().run(function, event, request_id)


def _played(functions: Iterable[str], blocklists: str) -> dict[str, Contestant]:
    """Functions with an event that is not their first, and what a new process of theirs is answered meanwhile."""
    found: dict[str, Contestant] = {}
    with _Played(blocklists) as cloud:
        for function in functions:
            trigger(cloud, function)
            cloud.restart(function)
            trigger(cloud, function)
            found[function] = Contestant(cloud.deployed(function), cloud.latest[function], cloud.answers[function], ())
    return found


class _NullServer(ThreadingHTTPServer):
    """AWS that answers what it was told to, whatever it is asked, at once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: Iterator[Answer] = iter(())

    def start(self, contestant: Contestant) -> Start:
        """A cold start of a function: the first call of a new process of it."""
        self.answers = iter(contestant.answers)
        function = contestant.function
        variables = variables_of(function, _REGION, f"http://127.0.0.1:{self.server_port}")
        path = ":".join(map(str, (function.folder, *contestant.path, runtime_packages())))
        environment = ExecutionEnvironment(function, {**variables, "PYTHONPATH": path})
        try:
            ended = environment.invoke(contestant.event)
            wall = monotonic() - environment.started
            cpu = clock_gettime(_cpu_clock(environment.process.pid))
            if ended.error is not None:
                raise RuntimeError(f"{function.name} failed: {ended.error}")
            return Start(cpu, wall, environment.most_megabytes)
        finally:
            environment.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # In one piece: the other side would wait 40 ms for the second.
    wbufsize = 65_536
    disable_nagle_algorithm = True
    server: _NullServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = next(self.server.answers)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def _null_server() -> Iterator[_NullServer]:
    server = _NullServer()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _cpu_clock(pid: int) -> int:
    """The clock of the CPU time of a process, all its threads included, as clock_getcpuclockid(3) has it."""
    return (~pid << 3) | 2
