"""A bounce storm: 20,000 events that arrive in one moment, on MiniStack and on the local cloud.

STORM_EVENTS=200000 in the environment makes it as many. It is over only when every counter is exact, and the changes of
the account and of the configuration set that caused it were told once each, in the order of their times: else it raises
WentWrong. Speeds are those of the engines, which handle one request after the other; what means something are the
ratios, the conflicts and that nothing is lost.
"""

import os
from collections.abc import Iterator, Sequence
from itertools import islice

from benchmarks import storm_engine, storm_local
from benchmarks.engine import at_engine
from benchmarks.figures import Figure
from benchmarks.storm_engine import APPLICATION, contended, memory
from benchmarks.storm_mail import Course, Storm, by_topic, storm
from tests.engine.server import Engine

PART = "storm"
EVENTS = 20_000
QUICK = 600
CONCURRENCY = 5  # the default of MaximumConcurrency
FEWEST = 2  # that Lambda can be held to
PARTS = 10  # that a storm reaches the local cloud in; after each of them there is an evaluation
COMPARED = 8_000  # events by which ways to choose counter items are compared

MINISTACK = "MiniStack"
LOCAL = "local cloud"


def measure(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - as `python -m benchmarks` calls all of them
    """The figures of a storm; WentWrong if anything was lost, or told wrongly."""
    mail = storm(QUICK, afterwards=False) if quick else storm(int(os.environ.get("STORM_EVENTS", EVENTS)))
    with at_engine(PART, APPLICATION) as engine:
        yield from _on_the_engine(engine, mail, FEWEST if quick else CONCURRENCY)
        yield from _contended(engine, mail if quick else storm(COMPARED), (FEWEST,) if quick else (FEWEST, CONCURRENCY))
        for who, megabytes in islice(memory(engine, by_topic(mail.burst)["bounce"]), 1 if quick else None):
            yield Figure(PART, "peak memory of a function", who, megabytes, "MB", "of 512")
    yield from _on_the_local_cloud(mail, 2 if quick else PARTS)


def _on_the_engine(engine: Engine, mail: Storm, concurrency: int) -> Iterator[Figure]:
    course = storm_engine.weather(engine, mail, concurrency)
    case = f"{course.messages:,} events at once"

    def of(value: float, unit: str, note: str = "") -> Figure:
        return Figure(PART, case, MINISTACK, value, unit, note)

    yield of(course.exact, "counters", "all are exact: nothing was lost, or counted twice")
    yield of(course.alerts, "alerts", "each once, those of a scope in the order of their times")
    yield of(course.messages / course.seconds, "events/s", f"by {concurrency} functions at each of three queues")
    yield of(course.cpu / course.messages * 1e6, "us CPU/event", "of the functions, and of what makes conflicts")
    yield _conflicts(case, MINISTACK, course)
    yield of(course.came_again, "came again", "after 10 attempts")
    for quarter, age in enumerate(course.ages, 1):
        yield of(age, "s", f"age of the oldest when {quarter}/4 were counted")
    yield of(course.longest, "s", f"longest of {course.invocations} invocations")
    yield of(course.evaluations, "evaluations", "meanwhile")
    yield of(course.ahead, "x", "bounces counted ahead of the mail that they are divided by, at most")


def _on_the_local_cloud(mail: Storm, parts: int) -> Iterator[Figure]:
    course = storm_local.weather(mail, parts)
    case = f"{course.messages:,} events in {parts} parts"

    def of(value: float, unit: str, note: str = "") -> Figure:
        return Figure(PART, case, LOCAL, value, unit, note)

    yield of(course.exact, "counters", "all are exact")
    yield of(course.alerts, "alerts", "each once, those of a scope in the order of their times")
    yield of(course.messages / course.seconds, "events/s", "one function after the other")
    yield of(course.cpu / course.messages * 1e6, "us CPU/event", "moto included")
    yield of(course.ages[0], "s", "longest until a part was counted")


def _contended(engine: Engine, mail: Storm, concurrencies: Sequence[int]) -> Iterator[Figure]:
    for concurrency in concurrencies:
        for who, course in contended(engine, by_topic(mail.burst), concurrency):
            case = f"{3 * concurrency} functions, counter items"
            yield _conflicts(case, who, course)
            yield Figure(PART, case, who, course.came_again, "came again", f"of {course.messages:,}")


def _conflicts(case: str, who: str, course: Course) -> Figure:
    share = 100 * course.conflicts / course.transactions
    return Figure(
        "storm", case, who, share, "% in conflict", f"{course.conflicts} of {course.transactions} transactions"
    )
