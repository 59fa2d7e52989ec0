"""Events that record_feedback counts in a second of CPU time, beside what others would write.

Each endpoint has a process of its own: a handler keeps its clients as long as its process lives.
"""

import os
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path
from subprocess import run
from types import SimpleNamespace
from typing import Any, Final

import boto3
import click
import msgspec
from botocore.config import Config
from msgspec import Struct

from benchmarks.batches import HOUR, Invocation, invocations, totals
from benchmarks.figures import Figure
from benchmarks.null_endpoint import null_endpoint
from benchmarks.peers import floor
from benchmarks.turns import cpu_seconds, peak_megabytes
from ses_reputation import wiring
from ses_reputation.adapters import clients
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.environment import no_other_aws
from tests.engine.server import CREDENTIALS, REGION, running

OURS, PLAIN, CAREFUL = "record_feedback", "plain peer", "careful peer"
FLOOR, BARE_FLOOR = "floor", "floor without boto3's serialiser"
ALL: Final = (OURS, FLOOR, BARE_FLOOR, PLAIN, CAREFUL)

SIZES: Final = (1, 10, 100, 1000)


class Amount(Struct, frozen=True):
    """How much each handles in a round, and how many rounds there are. Those who are slower handle fewer events."""

    ours: int
    plain: int
    careful: int
    rounds: int
    invocations: int = 100

    def of(self, who: str, batch: int) -> int:
        """So many events, in whole batches if there is more than one."""
        events = min({PLAIN: self.plain, CAREFUL: self.careful}.get(who, self.ours), self.invocations * batch)
        return max(events // batch * batch, min(events, batch))


NULL, MINISTACK, MOTO = "null endpoint", "MiniStack", "moto"

AMOUNTS: Final = {
    NULL: Amount(ours=2000, plain=200, careful=40, rounds=5),
    MINISTACK: Amount(ours=1000, plain=50, careful=20, rounds=3, invocations=20),
    MOTO: Amount(ours=1000, plain=50, careful=20, rounds=3, invocations=20),
}
QUICK: Final = Amount(ours=20, plain=2, careful=2, rounds=1)

TABLES: Final = {
    "receipts": ("message_id", "entry"),
    "counters": ("scope", "hour"),
    "standings": ("collection", "name"),
    "events": ("message_id", "entry"),
    "idempotency": ("id",),
    "totals": ("scope", "hour"),
}
"""Those of the three contestants, with their keys."""

# As template.yaml has them by default.
ENVIRONMENT: Final = {
    "AWS_LAMBDA_FUNCTION_NAME": "record-feedback",
    "POWERTOOLS_SERVICE_NAME": "record_feedback",
    "POWERTOOLS_METRICS_NAMESPACE": "SESReputation",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/dead-letters",
    "RECEIPT_RETENTION_DAYS": "60",
    "OLDEST_MAIL_DAYS": "90",
    "MAXIMUM_SCOPES": "10000",
    "MAILBOX_PROVIDERS": "",
    "FEEDBACK_PROVIDERS": "",
    "SILENT_PROVIDERS": "",
    "TENANT_TAG": "ses:tenant-name",
    "SCOPE_TAGS": "",
    "SPAMTRAPS": "",
    "RECIPIENT_STORAGE": "full",
    "RECIPIENT_KEY_SECRET": "",
    **{f"{name.upper()}_TABLE": name for name in TABLES},
}

ANSWERS: Final = {"Query": b'{"Items": [], "Count": 0, "ScannedCount": 0}', "BatchGetItem": b'{"Responses": {}}'}

_CONTEXT: Final = SimpleNamespace(
    function_name="record-feedback",
    memory_limit_in_mb="512",
    invoked_function_arn=f"arn:aws:lambda:{REGION}:123456789012:function:record-feedback",
    aws_request_id="5f7e1a9c-3b2d-4c8e-9a61-0d2f4b6c8e01",
    get_remaining_time_in_millis=lambda: 60_000,
)

Request = tuple[str, dict[str, Any]]


def measure(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - as every part is called
    """By endpoint and size of batch: events per CPU second of each, and how they compare."""
    for endpoint in (NULL, MOTO) if quick else AMOUNTS:
        command = [sys.executable, "-m", "benchmarks.ingest", endpoint, *(["--quick"] if quick else [])]
        ran = run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)  # noqa: S603
        if ran.returncode:
            raise RuntimeError(f"{endpoint}: {ran.stderr}")
        yield from msgspec.json.decode(ran.stdout.splitlines()[-1], type=list[Figure])
    for who in ALL:
        size = 10 if quick else 1000 if who != CAREFUL else 100
        code = f"import sys; from {__name__} import handle_once; handle_once(*sys.argv[1:])"
        yield Figure("ingest", f"memory, a batch of {size}", who, peak_megabytes(code, who, str(size)), "MB at most")


class Inexact(AssertionError):
    """What was counted is not what was told."""


class Contestants:
    """All who are compared, at one endpoint. What each handles is new to it, and made beforehand."""

    def __init__(self, *names: str) -> None:
        self._numbers = count(step=100_000)
        self._handlers: dict[str, Callable[[Invocation, Any], object]] = {}
        self.handled: list[Invocation] = []
        if OURS in names:
            self._handlers[OURS] = import_module("functions.record_feedback.handler").lambda_handler
        if PLAIN in names:
            self._handlers[PLAIN] = import_module("benchmarks.peers.plain").lambda_handler
        if CAREFUL in names:
            self._handlers[CAREFUL] = import_module("benchmarks.peers.careful").lambda_handler
        self._clients: dict[str, Any] = {}
        if FLOOR in names:
            self._clients[FLOOR] = boto3.client("dynamodb", config=Config(parameter_validation=False))
        if BARE_FLOOR in names:
            self._clients[BARE_FLOOR] = clients.dynamodb()

    def work(self, who: str, events: int, batch: int, times: int) -> Callable[[], None]:
        """What `who` does, each time it is called, with so many events in batches; so many times."""
        made = [invocations(events, batch, next(self._numbers)) for _ in range(times)]
        if who not in {PLAIN, CAREFUL}:
            self.handled += [invocation for of_round in made for invocation in of_round]
        work = deque(self._calls(who, of_round) for of_round in made)

        def next_of_it() -> None:
            for handle in work.popleft():
                handle()

        return next_of_it

    def _calls(self, who: str, made: Sequence[Invocation]) -> list[Callable[[], object]]:
        if client := self._clients.get(who):
            requests = requests_of(made)
            return [partial(floor.send, client, i["Records"], r) for i, r in zip(made, requests, strict=True)]
        return [partial(self._handlers[who], invocation, _CONTEXT) for invocation in made]


def requests_of(made: Sequence[Invocation]) -> list[list[Request]]:
    """The transactions with which record_feedback counts each of these, without sending them."""
    noted: list[Request] = []

    def note(params: dict[str, Any], model: Any, **_: object) -> None:
        if model.name == "TransactWriteItems":
            noted.append(("transact_write_items", {**params}))

    def answer(**_: object) -> tuple[Any, Mapping[str, Any]]:
        return SimpleNamespace(status_code=200), {"Items": [], "Responses": {}}

    theirs = boto3.DEFAULT_SESSION
    session = _new_session()
    session.events.register("provide-client-params.dynamodb", note)
    session.events.register("before-call.dynamodb", answer)
    record = wiring.recorder(os.environ)
    boto3.DEFAULT_SESSION = theirs
    record(invocations(10, 10, 10**9)[0])  # Now the scopes are known.
    found = []
    for invocation in made:
        noted.clear()
        record(invocation)
        found.append(noted[:])
    return found


def counted(table: str) -> Counter[tuple[str, str]]:
    """What the counters table says of the hour, by scope and measure, of all writers and mailbox providers."""
    counts: Counter[tuple[str, str]] = Counter()
    for page in boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            for name, value in item.items():
                if "." in name and item["hour"]["S"].startswith(HOUR):
                    counts[item["scope"]["S"], name.rpartition(".")[2]] += int(value["N"])
    return counts


def check(handled: Sequence[Invocation], counts: Mapping[tuple[str, str], int]) -> int:
    """How many events were counted; Inexact if any scope has more, or fewer, than were told."""
    told = totals(handled)
    for scope in ("account", "configuration-set/newsletter", "identity/news.example"):
        found = {measure: counts.get((scope, measure), 0) for measure in told}
        if found != told:
            raise Inexact(f"{scope}: {found} of {dict(told)}")
    return told.total()


def figures(endpoint: str, amount: Amount, sizes: Sequence[int]) -> Iterator[Figure]:
    """What each handles at the endpoint that boto3's default session now leads to."""
    contestants = Contestants(*ALL)
    for size in sizes:
        events = {who: amount.of(who, size) for who in ALL}
        work = {who: contestants.work(who, n, size, amount.rounds + 1) for who, n in events.items()}
        seconds = cpu_seconds(work, amount.rounds)
        rates = {who: n / seconds[who] for who, n in events.items()}
        for who, rate in rates.items():
            times = rates[OURS] / rate
            note = "" if who == OURS else f"ours are {times:.3g} times as many"
            if who in {FLOOR, BARE_FLOOR}:
                note = f"ours take {1 / times:.2f} times the CPU"
            yield Figure("ingest", f"{endpoint}, batches of {size:,}", who, rate, "events per CPU second", note)
    if endpoint != NULL:
        exact = check(contestants.handled, counted(os.environ["COUNTERS_TABLE"]))
        yield Figure("ingest", f"{endpoint}, counted", OURS, exact, "events", "each exactly once, in each scope")


@contextmanager
def at(endpoint: str) -> Iterator[None]:
    """Until the block ends, boto3's default session leads to this endpoint, where the tables of all are."""
    with ExitStack() as opened:
        tables: Mapping[str, str] = {}
        if endpoint == MOTO:
            cloud = opened.enter_context(LocalCloud())
            ours = ("receipts", "counters", "standings")
            tables = {name: cloud.resources[f"{name.capitalize()}Table"] for name in ours}
        else:
            opened.enter_context(no_other_aws(REGION))
        os.environ.update(ENVIRONMENT)
        os.environ.update({f"{name.upper()}_TABLE": of_cloud for name, of_cloud in tables.items()})
        if endpoint == MINISTACK:
            os.environ["AWS_ENDPOINT_URL"] = opened.enter_context(running("benchmark-ingest")).endpoint
            os.environ.update(CREDENTIALS)
        session = _new_session()
        if endpoint == NULL:
            opened.enter_context(null_endpoint(session, fixed=ANSWERS))
        else:
            for table in TABLES.keys() - tables:
                _create(session.client("dynamodb"), table)
        yield


def _new_session() -> Any:
    boto3.setup_default_session()
    return boto3.DEFAULT_SESSION


def _create(dynamodb: Any, table: str) -> None:
    names = list(zip(TABLES[table], ("HASH", "RANGE"), strict=False))
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in names],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in names],
        BillingMode="PAY_PER_REQUEST",
    )


def handle_once(who: str, size: str) -> None:
    """Handle one batch at the null endpoint, for who wants to know what memory that takes."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), at(NULL):
        Contestants(who).work(who, int(size), int(size), 1)()


@click.command()
@click.argument("endpoint", type=click.Choice(list(AMOUNTS)))
@click.option("--quick", is_flag=True)
def main(endpoint: str, *, quick: bool) -> None:
    """Print the figures of one endpoint as JSON, after what the handlers log."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), at(endpoint):
        found = list(figures(endpoint, QUICK if quick else AMOUNTS[endpoint], SIZES[1:2] if quick else SIZES))
    click.echo(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
