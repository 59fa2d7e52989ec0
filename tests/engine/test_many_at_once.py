"""Many functions at once, on an engine whose transactions are real: counts are exact, and each change is one."""

import json
import random
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ses_reputation import record_wiring, wiring
from ses_reputation.adapters import clients
from ses_reputation.commands import Answer, read_call
from ses_reputation.evaluate import Evaluated
from tests.engine.conflicts import BATCH, SINGLE, TRANSACTION, Conflicts
from tests.engine.mail import Published, counted, counters, program, received, told
from tests.engine.parts import Parts, create
from tests.engine.server import CREDENTIALS, REGION, Engine

T = TypeVar("T")

STORY = Path(__file__).with_name("many-at-once.toml")
WRITERS = 6
EVALUATORS = 2
ROUNDS = 2
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
BAD = {"account", "configuration-set/newsletter", "tenant/lucky-deals", "tenant/cheap-pills"}


@pytest.fixture
def parts(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    """Tables and topics, and all clients of this process at the engine."""
    variables = {**CREDENTIALS, "AWS_ENDPOINT_URL": engine.endpoint, "AWS_DEFAULT_REGION": REGION}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    clients.session.cache_clear()
    yield create(engine)
    clients.session.cache_clear()


@pytest.fixture
def conflicts(parts: Parts) -> Conflicts:
    """What DynamoDB would refuse is refused from here on."""
    conflicts = Conflicts(parts.keys())
    conflicts.watch(clients.session())
    return conflicts


def at_once(work: list[Callable[[], T]]) -> list[T]:
    """Do all of it at the same time, begun at the same moment; what each came to."""
    ready = threading.Barrier(len(work))

    def begin(each: Callable[[], T]) -> T:
        ready.wait()
        return each()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(begin, work))


class Queue:
    """Messages with duplicates, in no order, in batches as Lambda takes them. What fails comes again."""

    def __init__(self, published: list[Published], dice: random.Random) -> None:
        messages = [(f"{number}", each.message) for number, each in enumerate(published)]
        messages += [message for message in messages if dice.random() < 0.3]
        dice.shuffle(messages)
        self._dice = dice
        self._waiting = deque(messages)
        self._lock = threading.Lock()
        self.came_again = 0

    def take(self) -> list[tuple[str, str]]:
        """The next batch; nothing if there is nothing left."""
        with self._lock:
            size = min(self._dice.randint(1, 80), len(self._waiting))
            return [self._waiting.popleft() for _ in range(size)]

    def bring_again(self, messages: list[tuple[str, str]]) -> None:
        with self._lock:
            self._waiting.extend(messages)
            self.came_again += len(messages)


def invocation(batch: list[tuple[str, str]]) -> dict[str, Any]:
    """A batch as Lambda hands it to a function."""
    records = [{"messageId": number, "body": body, "eventSource": "aws:sqs"} for number, body in batch]
    return {"Records": records}


def writer(parts: Parts, queue: Queue) -> Callable[[], int]:
    """A function that records until nothing is left, and says how many messages it took."""
    record = record_wiring.recorder(parts.environment("RecordFeedback"))

    def write() -> int:
        taken = 0
        while batch := queue.take():
            failed = {message.id for message in record(invocation(batch)).failed()}
            queue.bring_again([message for message in batch if message[0] in failed])
            taken += len(batch)
        return taken

    return write


def news(engine: Engine, parts: Parts) -> list[dict[str, Any]]:
    """The history of all scopes, as it is in the table, and whether it is known to be sent."""
    table = parts.ids["StandingsTable"]
    pages = engine.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    items = [item for page in pages for item in page["Items"]]
    by_month = [item for item in items if item["collection"]["S"].startswith("news-in/")]
    by_scope = [item for item in items if item["collection"]["S"].startswith("news/")]
    assert sorted(item["document"]["S"] for item in by_month) == sorted(item["document"]["S"] for item in by_scope)
    assert not [item for item in items if item["collection"]["S"] == "outbox"], "all was sent"
    return [json.loads(item["document"]["S"]) | {"sent": "alert_message_id" in item} for item in by_scope]


def statuses(engine: Engine, parts: Parts) -> dict[str, str]:
    """The status of each scope."""
    pages = engine.client("dynamodb").get_paginator("scan").paginate(TableName=parts.ids["StandingsTable"])
    items = [item for page in pages for item in page["Items"]]
    return {item["name"]["S"]: item["status"]["S"] for item in items if item["collection"]["S"].startswith("standing/")}


def writes(conflicts: Conflicts) -> str:
    """What was written, and how much of it was in conflict."""
    seen, refused = conflicts.seen, conflicts.refused
    singles, met = (sum(counts[one] for one in SINGLE) for counts in (seen, refused))
    return (
        f"{seen[TRANSACTION]:,} transactions, {refused[TRANSACTION]:,} in conflict; {singles:,} single writes, {met:,}"
        f" in conflict; {seen[BATCH]:,} batches, {refused[BATCH]:,} unprocessed."
    )


def test_counts_are_exact_and_each_change_is_recorded_once_however_many_are_at_work(
    engine: Engine, parts: Parts, conflicts: Conflicts, minutes: float, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(7)  # noqa: S311 - the same mail every time
    url = program(engine.client, parts.ids["StatusTopic"], "everything")
    published: list[Published] = []
    alerts: list[Any] = []
    totals: Counter[str] = Counter()
    busy = 0.0
    until = time.monotonic() + 60 * minutes
    while totals["rounds"] < ROUNDS or time.monotonic() < until:
        day = FIRST + totals["rounds"] * DAY
        of_day = told(STORY, day)
        published += of_day
        queue = Queue(of_day, dice)
        # Made one after the other: to make clients is not safe at once.
        writers = [writer(parts, queue) for _ in range(WRITERS)]
        evaluators = [wiring.evaluator(parts.environment("EvaluateReputation")).evaluate for _ in range(EVALUATORS)]
        done = threading.Event()

        def evaluate(evaluate: Callable[[datetime], Evaluated], day: datetime = day, done: Any = done) -> int:
            runs = 0
            while not done.is_set():
                evaluate(day + 22 * HOUR + min(runs, 100) * timedelta(minutes=1))
                runs += 1
            return runs

        started = time.monotonic()
        with ThreadPoolExecutor(EVALUATORS) as pool:
            evaluating = [pool.submit(evaluate, each) for each in evaluators]
            try:
                totals["messages"] += sum(at_once(writers))
            finally:
                done.set()
            totals["evaluations"] += sum(each.result() for each in evaluating)
        busy += time.monotonic() - started
        totals["came again"] += queue.came_again
        for moment in (day + 23 * HOUR + 50 * timedelta(minutes=1), day + 24 * HOUR):
            evaluators[0](moment)
        alerts += received(engine.client("sqs"), url)
        totals["rounds"] += 1
    expected = counted(each.message for each in published)
    assert counters(engine.client("dynamodb"), parts.ids["CountersTable"]) == expected

    known = news(engine, parts)
    ids = [each["id"] for each in known]
    assert len(ids) == len(set(ids)), "each change is recorded once"
    assert all(each["sent"] for each in known)
    assert {alert["id"] for alert in alerts} == set(ids), "each is told at least once"
    begun = Counter(each["scope"] for each in known if each.get("trigger") == "limit_exceeded")
    assert set(begun) >= BAD
    worse = {scope for scope, status in statuses(engine, parts).items() if status != "Healthy"}
    assert worse >= BAD
    assert not {"tenant/hill-bikes", "tenant/garden-shop", "configuration-set/receipts"} & worse

    assert conflicts.refused[TRANSACTION], "the conflicts that this is about did not happen"
    with capsys.disabled():
        sys.stdout.write(
            f"\n{totals['messages']:,} messages, {len(published):,} of them different, in {totals['rounds']} rounds by"
            f" {WRITERS} writers, beside {totals['evaluations']:,} evaluations by {EVALUATORS}:"
            f" {totals['messages'] / busy:,.0f} a second.\n{writes(conflicts)}\n"
            f"{totals['came again']:,} messages came again. {len(known):,} pieces of news,"
            f" {len(alerts) - len(ids):,} told twice.\n"
        )


def operators(parts: Parts, number: int) -> list[Callable[[dict[str, Any]], Answer]]:
    """So many copies of operate, which carry out a command that was sent in a plain invocation."""

    def one() -> Callable[[dict[str, Any]], Answer]:
        carry_out = wiring.operator(parts.environment("Operate"))
        return lambda command: carry_out(read_call(command, f"request-{id(command)}", FIRST + DAY))

    return [one() for _ in range(number)]


def test_evaluations_that_begin_at_once_all_end_well_and_change_each_scope_once(
    engine: Engine, parts: Parts, conflicts: Conflicts, capsys: pytest.CaptureFixture[str]
) -> None:
    url = program(engine.client, parts.ids["StatusTopic"], "of-evaluations")
    of_day = told(STORY, FIRST)
    writer(parts, Queue(of_day, random.Random(3)))()  # noqa: S311 - the same every time
    evaluators = [wiring.evaluator(parts.environment("EvaluateReputation")).evaluate for _ in range(4)]
    did = at_once([lambda run=run: run(FIRST + 22 * HOUR) for run in evaluators])  # type: ignore[misc]
    known = news(engine, parts)
    changed = Counter(each["scope"] for each in known if each["type"] == "change")
    assert set(changed) >= BAD
    assert sum(each.changes for each in did) == changed.total()
    ids = [each["id"] for each in known]
    assert len(ids) == len(set(ids))
    alerts = [alert["id"] for alert in received(engine.client("sqs"), url)]
    assert set(alerts) == set(ids)
    with capsys.disabled():
        overtaken = sum(each.overtaken for each in did)
        sys.stdout.write(
            f"\n{len(did)} evaluations at once: {len(ids)} pieces of news, {len(alerts) - len(ids)} told twice;"
            f" {overtaken} scopes had been written by another; {conflicts.refused.total()} writes in conflict.\n"
        )


def test_of_those_who_decide_at_once_one_does_and_the_others_are_told_why_not(
    engine: Engine, parts: Parts, conflicts: Conflicts
) -> None:
    url = program(engine.client, parts.ids["StatusTopic"], "of-decisions")
    everybody = operators(parts, 4)
    report = {"command": "report", "scope": "tenant/hill-bikes", "category": "spamtrap", "by": "trap-monitor"}
    opened = everybody[0]({**report, "evidence": "3 hits"})
    assert opened.status == 200, opened.body
    decision = {"command": "decide", "scope": "tenant/hill-bikes", "finding": opened.body["finding"]["id"]}
    decisions = ("lift", "shutdown", "extend", "lift")
    commands = [
        {**decision, "decision": each, "note": "so", "by": f"person-{number}"} for number, each in enumerate(decisions)
    ]
    answers = at_once([lambda one=one, c=c: one(c) for one, c in zip(everybody, commands, strict=True)])  # type: ignore[misc]
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409], [answer.body for answer in answers]
    assert all(answer.body["error"] for answer in answers if answer.status != 200)
    wiring.evaluator(parts.environment("EvaluateReputation")).evaluate(FIRST + 2 * DAY)
    known = news(engine, parts)
    assert len(known) == 2
    assert {alert["id"] for alert in received(engine.client("sqs"), url)} == {each["id"] for each in known}


def test_a_command_that_arrives_several_times_at_once_is_carried_out_once(
    engine: Engine, parts: Parts, conflicts: Conflicts
) -> None:
    everybody = operators(parts, 4)
    command = {
        "command": "report",
        "scope": "account",
        "category": "domain_blocklist",
        "evidence": "listed",
        "by": "list",
    }
    answers = at_once([lambda one=one: one({**command, "id": "the same"}) for one in everybody])  # type: ignore[misc]
    assert {answer.status for answer in answers} == {200}
    # Who meets another one when he takes an alert out of the outbox leaves it there: the next evaluation does that.
    wiring.evaluator(parts.environment("EvaluateReputation")).evaluate(FIRST + 2 * DAY)
    assert len(news(engine, parts)) == 1
