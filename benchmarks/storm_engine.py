"""A storm on MiniStack, whose transactions are real, with the conflicts that DynamoDB would have.

Its queues are not used: each receive looks at every message that waits, so that 200,000 of them would take an hour. The
messages wait here instead, and functions take them in batches as Lambda does: so many at a time from each queue.
"""

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.sessions import new_session
from benchmarks.storm_mail import BUILD, DAY, START, Course, Storm, by_topic, check
from benchmarks.turns import peak_megabytes
from ses_reputation import record_wiring, wiring
from ses_reputation.adapters.ledger import counter_writers
from ses_reputation.record import Recorded
from tests.engine.conflicts import TRANSACTION, Conflicts
from tests.engine.mail import counters, program, received
from tests.engine.parts import Parts, create
from tests.engine.server import Engine

EVALUATED_EVERY = 1.0  # seconds, in which a second of the storm passes
SMALL_BATCH = 100
APPLICATION = f"{Path(__file__).with_name('quick_engine.py')}:app"

Function = tuple[str, Callable[[object], Recorded]]
"""A queue, by its topic, and a copy of record_feedback that reads it."""


class _Backlog:
    """What waits on the three queues since the same moment. What fails comes again behind all others, at once: on SQS
    that would take until its visibility timeout has passed.
    """

    def __init__(self, messages: Mapping[str, Sequence[str]], batch: int) -> None:
        self._waiting = {
            topic: deque((f"{topic}-{number}", body) for number, body in enumerate(bodies))
            for topic, bodies in messages.items()
        }
        self._batch = batch
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._totals = {topic: len(bodies) for topic, bodies in messages.items()}
        self._done: Counter[str] = Counter()
        self.course = Course(messages=sum(self._totals.values()))

    def take(self, topic: str) -> list[tuple[str, str]]:
        """The next batch of a queue; nothing if there is nothing left."""
        with self._lock:
            waiting = self._waiting[topic]
            return [waiting.popleft() for _ in range(min(self._batch, len(waiting)))]

    def settle(
        self, topic: str, batch: Sequence[tuple[str, str]], failed: set[str | None], seconds: float, cpu: float
    ) -> None:
        """Note what a function did with a batch, and how long it took."""
        again = [message for message in batch if message[0] in failed]
        with self._lock:
            course = self.course
            self._waiting[topic].extend(again)
            self._done[topic] += len(batch) - len(again)
            course.came_again += len(again)
            course.invocations += 1
            course.cpu += cpu
            course.longest = max(course.longest, seconds)
            course.seconds = time.monotonic() - self._began
            while len(course.ages) < 4 and self._done.total() >= course.messages * (len(course.ages) + 1) / 4:
                course.ages.append(course.seconds)
            if self._done["volume"]:
                share = {of: self._done[of] / max(self._totals[of], 1) for of in ("bounce", "volume")}
                course.ahead = max(course.ahead, share["bounce"] / share["volume"])


def weather(engine: Engine, storm: Storm, concurrency: int) -> Course:
    """Let a storm loose on an engine; WentWrong if a count or an alert is not what it must be."""
    parts, conflicts = _parts(engine)
    url = program(engine.client, parts.ids["StatusTopic"], "program")
    evaluate = wiring.evaluator(parts.environment("EvaluateReputation")).evaluate
    done = threading.Event()
    evening = START + DAY
    batch_size = _batch_size(parts)
    burst = by_topic(storm.burst)

    def evaluate_meanwhile() -> int:
        runs = 0
        while not done.wait(EVALUATED_EVERY):
            runs += 1
            evaluate(evening + runs * timedelta(seconds=1))
        return runs

    with ThreadPoolExecutor(1) as pool:
        evaluating = pool.submit(evaluate_meanwhile)
        try:
            course = _count(_functions(parts, burst, concurrency), burst, batch_size)
        finally:
            done.set()
        course.evaluations = evaluating.result()
    course.transactions, course.conflicts = conflicts.seen[TRANSACTION], conflicts.refused[TRANSACTION]
    evaluate(evening + timedelta(hours=2))
    for day, published in enumerate(storm.after, 2):
        messages = by_topic(published)
        _count(_functions(parts, messages, 1), messages, batch_size)
        evaluate(START + day * DAY)
    alerts = received(engine.client("sqs"), url)
    course.exact = check(storm, counters(engine.client("dynamodb"), parts.ids["CountersTable"]), alerts)
    course.alerts = len(alerts)
    return course


WRITERS: Mapping[str, Callable[[Callable[[int], int]], Iterator[int]]] = {
    "always 1": lambda choose: (choose(1) for _ in count()),
    "always 4": lambda choose: (choose(4) for _ in count()),
    "as many as it takes": counter_writers,
}
"""Ways to choose the counter items of an hour, so many of them."""


def contended(engine: Engine, messages: Mapping[str, Sequence[str]], concurrency: int) -> Iterator[tuple[str, Course]]:
    """The same mail counted by so many functions at each queue, with each way to choose among counter items."""
    for name, writers in WRITERS.items():
        parts, conflicts = _parts(engine)
        with _set(record_wiring, "counter_writers", writers):
            functions = _functions(parts, messages, concurrency)
        # What they do when they are new is not what is compared: they make connections, and register scopes.
        for topic, record in functions:
            record(_invocation([("warm", messages[topic][0])]))
        conflicts.seen.clear()
        conflicts.refused.clear()
        course = _count(functions, messages, SMALL_BATCH)
        course.transactions, course.conflicts = conflicts.seen[TRANSACTION], conflicts.refused[TRANSACTION]
        yield name, course


_FUNCTION = """
import json, os, sys
from types import SimpleNamespace
handler, variables, file = sys.argv[1:]
os.environ.update(json.loads(variables))
from importlib import import_module
lambda_handler = import_module(f"functions.{handler}.handler").lambda_handler
named = ("function_name", "memory_limit_in_mb", "invoked_function_arn", "aws_request_id")
context = SimpleNamespace(**dict.fromkeys(named, "storm"), get_remaining_time_in_millis=lambda: 60_000)
with open(file, encoding="utf-8") as events:
    for event in events:
        lambda_handler(json.loads(event), context)
"""


def memory(engine: Engine, messages: Sequence[str]) -> Iterator[tuple[str, float]]:
    """The most memory in MB that functions take in a storm, each in a process of its own."""
    parts = create(engine)
    size = _batch_size(parts)
    batches = [messages[start : start + size] for start in range(0, len(messages), size)]
    events = [json.dumps(_invocation([(str(n), body) for n, body in enumerate(batch)])) for batch in batches]
    now = json.dumps({"now": (START + DAY).isoformat()})
    runs = [
        ("record_feedback", "RecordFeedback", "nothing", []),
        ("record_feedback", "RecordFeedback", f"a batch of {len(batches[0]):,}", events[:1]),
        ("record_feedback", "RecordFeedback", f"{len(events[1:])} more batches", events[1:]),
        ("evaluate_reputation", "EvaluateReputation", "all of that", [now]),
    ]
    for handler, function, what, lines in runs:
        if lines or what == "nothing":
            file = BUILD / "storm-events.jsonl"
            file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            variables = {**parts.environment(function), "POWERTOOLS_METRICS_NAMESPACE": "Storm"}
            yield f"{handler}, {what}", peak_megabytes(_FUNCTION, handler, json.dumps(variables), str(file))


def _functions(parts: Parts, messages: Mapping[str, Sequence[str]], concurrency: int) -> list[Function]:
    """So many functions for each queue on which something waits."""
    # Made one after the other: to make clients is not safe at once.
    environment = parts.environment("RecordFeedback")
    topics = [topic for topic, bodies in messages.items() if bodies]
    return [(topic, record_wiring.recorder(environment)) for topic in topics for _ in range(concurrency)]


def _count(functions: Sequence[Function], messages: Mapping[str, Sequence[str]], batch_size: int) -> Course:
    """Count what waits, by these functions."""
    backlog = _Backlog(messages, batch_size)

    def work(topic: str, record: Callable[[object], Recorded]) -> None:
        while batch := backlog.take(topic):
            began, cpu = time.monotonic(), time.thread_time()
            failed = {message.id for message in record(_invocation(batch)).failed()}
            backlog.settle(topic, batch, failed, time.monotonic() - began, time.thread_time() - cpu)

    with ThreadPoolExecutor(max(len(functions), 1)) as pool:
        for ended in [pool.submit(work, *function) for function in functions]:
            ended.result()
    return backlog.course


def _invocation(batch: Sequence[tuple[str, str]]) -> Mapping[str, Any]:
    """A batch as Lambda hands it to a function."""
    return {"Records": [{"messageId": id_, "body": body, "eventSource": "aws:sqs"} for id_, body in batch]}


def _parts(engine: Engine) -> tuple[Parts, Conflicts]:
    """Tables and topics of their own, at which what DynamoDB would refuse is refused."""
    parts = create(engine)
    conflicts = Conflicts(parts.keys())
    conflicts.watch(new_session())
    return parts, conflicts


def _batch_size(parts: Parts) -> int:
    size: int = parts.template["Resources"]["BounceQueueSource"]["Properties"]["BatchSize"]
    return size


@contextmanager
def _set(module: Any, name: str, value: object) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)
