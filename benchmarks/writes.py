"""Write units that DynamoDB charges for an event: measured at MiniStack, through record_feedback itself."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Final

from benchmarks.capacity import TRANSACTIONS, Charged, Meter
from benchmarks.engine import at_engine
from benchmarks.figures import Figure
from benchmarks.mail import KINDS, START, Senders, events, invocation
from ses_reputation import record_wiring, wiring
from ses_reputation.adapters import clients
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.evaluate import Evaluated
from ses_reputation.record import Outcome, Recorded
from ses_reputation_cli.planning.bill import per_million_mails
from ses_reputation_cli.planning.demand import Plan
from tests.engine.parts import create

PART = "writes"
TARGET = 2.3
"""Write units of an event, in batches of 100 and up with the scopes of one stream."""

BATCHES = (1, 10, 100, 1000)

# An identity of its own for each case: the register remembers scopes, and a new one costs a batch some units more.
_ONE = ("news.example",)
CASES: Final[Mapping[str, Senders]] = MappingProxyType(
    {
        "the account alone": Senders(domains=("brewery.example",)),
        "account, configuration set, identity, provider": Senders(("newsletter",), _ONE),
        "those, a tenant and a tag": Senders(("newsletter",), _ONE, ("garden-shop",), ("spring",)),
        "50 configuration sets": Senders(tuple(f"stream-{n}" for n in range(50)), _ONE),
    }
)
TARGETED = "account, configuration set, identity, provider"


class Rig:
    """record_feedback on tables of MiniStack, with a meter at its requests."""

    def __init__(
        self,
        record: Callable[[object], Recorded],
        evaluate: Callable[[datetime], Evaluated],
        meter: Meter,
        tables: Mapping[str, str],
    ) -> None:
        self._record = record
        self._evaluate = evaluate
        self._meter = meter
        self._numbers = count(step=10_000)
        self._warm = set[Senders]()
        self.tables = tables

    def batch(self, kinds: str, senders: Senders, size: int) -> Charged:
        """What a batch of new events is charged, by a function that knows the scopes."""
        if senders not in self._warm:
            self._warm.add(senders)
            self.first(kinds, senders, 50)
        return self.first(kinds, senders, size)

    def twice(self, kinds: str, senders: Senders, size: int) -> Charged:
        """What the same batch is charged when it comes again."""
        bodies = list(events(KINDS[kinds], senders, size, first=next(self._numbers)))
        self._run(bodies)
        return self._run(bodies, Outcome.DUPLICATE)

    def first(self, kinds: str, senders: Senders, size: int) -> Charged:
        """What a batch of new events is charged, also if scopes are new."""
        return self._run(list(events(KINDS[kinds], senders, size, first=next(self._numbers))))

    def evaluation(self, now: datetime) -> tuple[int, Charged]:
        """How many scopes are evaluated, and what that is charged."""
        self._meter.charged = Charged()
        return self._evaluate(now).scopes, self._meter.charged

    def _run(self, bodies: list[str], outcome: Outcome = Outcome.COUNTED) -> Charged:
        self._meter.charged = Charged()
        recorded = self._record(invocation(bodies))
        if (found := recorded.count(outcome)) != len(bodies):
            raise RuntimeError(f"{found} of {len(bodies)} events were {outcome.name}")
        return self._meter.charged


def measure(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - as of all parts
    """Write units of an event, by sort, scopes and size of the batch; the requests; and what the engine reports."""
    with rig() as at:
        for case, senders in CASES.items():
            for kinds in ("sends", "bounces") if quick else ("sends", "bounces", "complaints", "a mix"):
                for size in (10,) if quick else BATCHES:
                    charged = at.batch(kinds, senders, size)
                    targeted = case == TARGETED and size >= 100
                    yield Figure(
                        PART,
                        f"{kinds}, {case}",
                        f"batch of {size:,}",
                        charged.writes / size,
                        "write units an event",
                        _note(charged, size, at.tables) + (f"; target: {TARGET:g}" if targeted else ""),
                    )
        yield from _besides(at, 10 if quick else 1000)
        if not quick:
            yield from _new_scopes(at, 1000)
        yield from _evaluations(at)
    yield from _bills()


def _besides(at: Rig, size: int) -> Iterator[Figure]:
    """What only some batches are charged."""
    senders = CASES[TARGETED]
    charged = at.batch("bounces", senders, size)
    written = sum(units for (operation, _), units in charged.written.items() if operation == TRANSACTIONS)
    case = f"transactions of {size:,} bounces"
    yield Figure(PART, case, "by the sizes of items", written, "write units", f"largest: {charged.largest:,} bytes")
    yield Figure(PART, case, "as MiniStack reports them", charged.reported[TRANSACTIONS], "write units")
    again = at.twice("bounces", senders, size)
    note = f"{again.requests[TRANSACTIONS]} transactions, which DynamoDB cancels: nothing is counted"
    yield Figure(
        PART, "bounces that come again", f"batch of {size:,}", again.writes / size, "write units an event", note
    )


def _new_scopes(at: Rig, size: int) -> Iterator[Figure]:
    """What the register of scopes is charged."""
    new = Senders(tuple(f"new-{n}" for n in range(50)), tuple(f"new-{n}.example" for n in range(50)))
    first = at.first("sends", new, size)
    known = at.batch("sends", new, size)
    yield Figure(
        PART,
        "scopes that are new in a month",
        "each",
        (first.writes - known.writes) / 100,
        "write units",
        "100 of them in one batch, besides the batch",
    )


def _evaluations(at: Rig) -> Iterator[Figure]:
    """What is charged for each scope that is evaluated: when it has its first standing, and an hour later."""
    for hours, name in ((1, "for the first time"), (2, "again")):
        at.batch("a mix", CASES["50 configuration sets"], 100)
        scopes, charged = at.evaluation(START + timedelta(hours=hours))
        case, note = "scopes that are evaluated", f"{scopes} scopes with a few hours of mail"
        yield Figure(PART, case, name, charged.writes / scopes, "write units each", note)
        yield Figure(PART, case, name, charged.reads / scopes, "read units each")


def _bills() -> Iterator[Figure]:
    """Dollars for a million mails, which nobody measures: they are worked out as `ses-reputation cost` does."""
    for mails in (100_000, 1_000_000, 100_000_000):
        for source in VolumeSource:
            dollars = per_million_mails(Plan(mails, source=source))
            yield Figure(PART, f"the bill at {mails:,} mails a day", source, dollars, "dollars a million mails")


def _note(charged: Charged, size: int, tables: Mapping[str, str]) -> str:
    """Where the units go: an event's receipt takes two."""
    by_table = {name: sum(n for (_, table), n in charged.written.items() if table == of) for name, of in tables.items()}
    listed = sum(n for (operation, _), n in charged.written.items() if operation == "PutItem")
    parts = {
        "receipts": by_table["ReceiptsTable"] - listed,
        "counters": by_table["CountersTable"],
        "lists": listed,
        "marks": by_table["StandingsTable"],
    }
    return ", ".join(f"{name} {units / size:.3g}" for name, units in parts.items() if units)


@contextmanager
def rig() -> Iterator[Rig]:
    """MiniStack with the tables of template.yaml, and record_feedback in this process."""
    with at_engine("benchmark-writes") as engine:
        parts = create(engine, ScopeTags="campaign")
        meter = Meter(engine.client("dynamodb"))
        meter.watch(clients.session())  # of which all clients here are made
        tables = {name: parts.ids[name] for name in ("ReceiptsTable", "CountersTable", "StandingsTable")}
        record = record_wiring.recorder(parts.environment("RecordFeedback"))
        evaluate = wiring.evaluator(parts.environment("EvaluateReputation")).evaluate
        yield Rig(record, evaluate, meter, tables)
