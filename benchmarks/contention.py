"""Functions that add to the same counters: how often their transactions meet, simulated, and measured at MiniStack.

Every transaction adds to the account's counter of the hour, of which there is an item for each writer. A function
stays with its item, and takes another when it has met somebody there.
"""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import chain, count
from statistics import mean
from typing import Any, Final

from msgspec import Struct

from benchmarks.engine import at_engine
from benchmarks.figures import Figure
from benchmarks.mail import START
from benchmarks.sessions import new_session
from ses_reputation.adapters import clients
from ses_reputation.adapters.ledger import DynamoDbLedger
from ses_reputation.domain.counting import Entry
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation.record import MAX_ATTEMPTS, Committed, Write
from ses_reputation.record_wiring import back_off
from ses_reputation_cli.planning.contention import Met, Setting, deployed, simulate
from tests.engine.conflicts import TRANSACTION as TRANSACTIONS
from tests.engine.conflicts import Conflicts
from tests.engine.parts import Parts, create

PART = "contention"

FUNCTIONS: Final = (5, 15, 60)
WRITERS: Final = (4, 16, 64)


def measure(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - as of all parts
    """The simulation for a deployment, and beside what is measured here, the simulation of just that."""
    seconds = 5 if quick else 60
    alone = simulate(deployed(1, 1, 1), seconds)
    for writers in WRITERS:
        for name, first in (("spread from the start", writers), ("spread after a conflict", 1)):
            for functions in FUNCTIONS:
                met = simulate(deployed(functions, writers, first), seconds)
                yield Figure(
                    PART,
                    f"simulated: {writers} writers, {name}",
                    f"{functions} functions",
                    100 * met.refused_share,
                    "% of attempts in conflict",
                    f"{met.a_second / alone.a_second:.3g} times as much as one; {met.given_up} given up; "
                    f"{met.items} items",
                )
    with at_engine("benchmark-contention") as engine:
        parts = create(engine)
        for functions, writers in ((4, 4),) if quick else ((2, 4), (4, 4), (8, 4), (8, 16)):
            for first in (writers, 1):
                yield from _compared(parts, functions, writers, first, 1.0 if quick else 4.0)


def _compared(parts: Parts, functions: int, writers: int, first: int, seconds: float) -> Iterator[Figure]:
    """What is measured here, and the simulation with the times that were measured."""
    found = Measured(parts, functions, writers, first).run(seconds)
    times = Setting(
        functions,
        writers,
        first,
        computing=lambda dice: dice.choice(found.computing),
        holding=lambda dice: dice.choice(found.holding),
        refusal=lambda dice: dice.choice(found.refusals),
    )
    runs = [simulate(times, found.met.seconds, seed) for seed in range(20)]
    case = f"{functions} functions, {writers} writers, {'all' if first == writers else 'one'} at first"
    note = f"{mean(found.holding) * 1e3:.0f} ms of transaction, {mean(found.computing) * 1e3:.0f} ms between"
    yield Figure(PART, case, "MiniStack", 100 * found.met.refused_share, "% of attempts in conflict", note)
    shares = sorted(100 * run.refused_share for run in runs)
    note = f"{shares[0]:.3g} to {shares[-1]:.3g} in {len(runs)} runs"
    yield Figure(PART, case, "simulated", mean(shares), "% of attempts in conflict", note)
    yield Figure(PART, case, "MiniStack", found.met.a_second, "transactions a second")
    yield Figure(PART, case, "simulated", mean(run.a_second for run in runs), "transactions a second")


class Found(Struct, frozen=True):
    """What was measured: what came of it, and the seconds that each thing took."""

    met: Met
    computing: Sequence[float]
    holding: Sequence[float]
    refusals: Sequence[float]


class Measured:
    """Functions in threads, each with a ledger of its own, on the tables of an engine that refuses what conflicts."""

    def __init__(self, parts: Parts, functions: int, writers: int, first: int) -> None:
        self._parts = parts
        self._functions, self._writers, self._first = functions, writers, first
        self._mine = threading.local()
        self._computing: list[float] = []
        self._holding: list[float] = []
        self._refusals: list[float] = []

    def run(self, seconds: float) -> Found:
        """So many seconds of work, all begun at once."""
        session = new_session()
        events = session.get_component("event_emitter")
        conflicts = Conflicts(self._parts.keys())
        # Before the conflicts', which answer for the engine if there is one.
        events.register_first("before-send.dynamodb", self._before)
        conflicts.watch(session)
        events.register("response-received.dynamodb", self._after)
        ledgers = [self._ledger(number) for number in range(self._functions)]
        ready = threading.Barrier(self._functions)
        with ThreadPoolExecutor(self._functions) as pool:
            given_up = sum(pool.map(partial(self._work, ready, seconds), range(self._functions), ledgers))
        refused = conflicts.refused[TRANSACTIONS]
        met = Met(conflicts.seen[TRANSACTIONS] - refused, refused, given_up, seconds, 0)
        return Found(met, self._computing, self._holding, self._refusals or [0.001])

    def _ledger(self, number: int) -> DynamoDbLedger:
        dice = random.Random(number)  # noqa: S311 - the same every time
        chosen = chain([dice.randrange(self._first)], iter(partial(dice.randrange, self._writers), None))
        tables = {
            f"{name}_table": self._parts.ids[f"{name.title()}Table"] for name in ("receipts", "counters", "standings")
        }
        return DynamoDbLedger(
            clients.dynamodb(),
            **tables,
            receipt_retention=timedelta(90),
            counter_retention=timedelta(400),
            choose_writer=partial(next, chosen),
            new_token=lambda: "",
            pause=back_off,
        )

    def _work(self, ready: threading.Barrier, seconds: float, number: int, ledger: DynamoDbLedger) -> int:
        """Commit chunks as record_feedback does; how many were given up."""
        ready.wait()
        self._mine.free = time.perf_counter()
        until = self._mine.free + seconds
        given_up = 0
        for n in count():
            name = f"{self._functions}-{self._writers}-{self._first}-{number}-{n}"
            chunk = [Write(_entry(f"{name}-{m}")) for m in range(20)]
            self._mine.again = False
            for attempt in range(1, MAX_ATTEMPTS + 1):
                if time.perf_counter() > until:
                    return given_up
                if isinstance(ledger.commit(chunk), Committed):
                    break
                self._mine.again = True
                back_off(attempt)
            else:
                given_up += 1
        raise AssertionError("it counts without end")

    def _before(self, **_: Any) -> None:
        self._mine.sent = time.perf_counter()
        if not self._mine.again:
            self._computing.append(self._mine.sent - self._mine.free)

    def _after(self, response_dict: dict[str, Any], **_: Any) -> None:
        self._mine.free = time.perf_counter()
        took = self._mine.free - self._mine.sent
        (self._holding if response_dict["status_code"] == 200 else self._refusals).append(took)


def _entry(message_id: str) -> Entry:
    return Entry(message_id, Measure.SENT, START, START, (ACCOUNT,), {("other", Measure.SENT): 1})
