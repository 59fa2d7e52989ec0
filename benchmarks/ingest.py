"""Events that record_feedback counts in a second of CPU time, beside what others would write.

Each endpoint has a process of its own: a handler keeps its clients as long as its process lives.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import run
from typing import Any, Final

import boto3
import click
import msgspec
from msgspec import Struct

from benchmarks.batches import HOUR, Invocation, totals
from benchmarks.contestants import (
    ALL,
    BARE_FLOOR,
    CAREFUL,
    ENVIRONMENT,
    FLOOR,
    OURS,
    PLAIN,
    TABLES,
    Contestants,
    answered_at_once,
    logging_nothing,
)
from benchmarks.figures import Figure
from benchmarks.sessions import new_session
from benchmarks.turns import cpu_seconds, peak_megabytes
from ses_reputation_local.environment import no_other_aws
from tests.engine.server import CREDENTIALS, REGION, running

NULL, MINISTACK, MOTO = "null endpoint", "MiniStack", "moto"

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


AMOUNTS: Final = {
    NULL: Amount(ours=1000, plain=100, careful=20, rounds=7, invocations=30),
    MINISTACK: Amount(ours=1000, plain=20, careful=10, rounds=3, invocations=10),
    MOTO: Amount(ours=1000, plain=20, careful=10, rounds=3, invocations=10),
}
QUICK: Final = Amount(ours=20, plain=2, careful=2, rounds=1, invocations=2)


def measure(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - as every part is called
    """By endpoint and size of batch: events per CPU second of each, and how they compare."""
    # The engine takes seconds to start.
    for endpoint in (NULL, MOTO) if quick else AMOUNTS:
        command = [sys.executable, "-m", "benchmarks.ingest", endpoint, *(["--quick"] if quick else [])]
        ran = run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)  # noqa: S603
        if ran.returncode:
            raise RuntimeError(f"{endpoint}: {ran.stderr}")
        yield from msgspec.json.decode(ran.stdout, type=list[Figure])
    size = 10 if quick else 1000
    for who in (OURS, PLAIN, CAREFUL):
        code = f"from benchmarks.contestants import handle_once; handle_once({who!r}, {size})"
        yield Figure("ingest", f"memory with a batch of {size:,}", who, peak_megabytes(code), "MB at most")


class Inexact(AssertionError):
    """What was counted is not what was told."""


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
            if events[who] < size:
                note += f" (handled {events[who]} at a time)"
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
            from ses_reputation_local.cloud import LocalCloud  # noqa: PLC0415 - it takes a second, and others none of it

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
        if endpoint == NULL:
            opened.enter_context(answered_at_once())
        else:
            new_session()
            for table in TABLES.keys() - tables:
                _create(boto3.client("dynamodb"), table)
        yield


def _create(dynamodb: Any, table: str) -> None:
    names = list(zip(TABLES[table], ("HASH", "RANGE"), strict=False))
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in names],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in names],
        BillingMode="PAY_PER_REQUEST",
    )


@click.command()
@click.argument("endpoint", type=click.Choice(list(AMOUNTS)))
@click.option("--quick", is_flag=True)
def main(endpoint: str, *, quick: bool) -> None:
    """Print the figures of one endpoint as JSON, after what the handlers log."""
    with logging_nothing(), at(endpoint):
        found = list(figures(endpoint, QUICK if quick else AMOUNTS[endpoint], SIZES[1:2] if quick else SIZES))
    click.echo(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
