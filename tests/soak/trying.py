"""One history, from its seed to whether all laws hold."""

import gc
import random
import traceback
from collections import Counter
from dataclasses import dataclass, field

from ses_reputation.domain.changes import Change
from tests.faults import Called, Killed
from tests.soak.history import History, draw_history, seeded
from tests.soak.laws import LAWS, faults_made_no_difference
from tests.soak.running import Ended, Faults, Focus, Injected, run_history


@dataclass(frozen=True)
class Tried:
    """What one history covered; with a failure, which law did not hold and why."""

    seed: str
    focus: Focus | None = None
    injected: Injected = field(default_factory=Counter)
    seen: Counter[Called] = field(default_factory=Counter)
    invocations: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    law: str | None = None
    failure: str | None = None


def begin_process() -> None:
    """Prepare a process that only runs histories: what it has imported by then stays, see tests/conftest.py."""
    gc.set_threshold(50_000, 20, 100)
    gc.freeze()


def try_history(seed: str, chance: float, focus: Focus | None = None) -> Tried:
    """Run the history of a seed, and look at every law."""
    random.seed(seed)  # which items of counters are added to
    law = "a history comes to its end"
    ended: Ended | None = None
    try:
        history = draw_history(seeded(f"{seed}/history"), about=focus.called if focus else None)
        ended = run_history(history, Faults(seeded(f"{seed}/faults"), chance, focus))
        for each in LAWS:
            law = each.__name__.replace("_", " ")
            each(ended)
        if history.compared:
            law = faults_made_no_difference.__name__.replace("_", " ")
            faults_made_no_difference(ended, run_history(history))
    except (Exception, Killed):  # noqa: BLE001 - whatever it is, whoever runs this must see it, with the seed
        return Tried(seed, focus, law=law, failure=traceback.format_exc(limit=-3))
    return Tried(seed, focus, ended.injected, ended.seen, ended.invocations, _numbers(ended, history))


def _numbers(ended: Ended, history: History) -> Counter[str]:
    return Counter(
        {
            "histories": 1,
            "compared with a run without faults": int(history.compared),
            "events": len(history.parcels),
            "facts counted": sum(
                int(v["N"]) for i in ended.counters if i["scope"]["S"] == "account" for k, v in i.items() if "." in k
            ),
            "invocations": ended.invocations.total(),
            "evaluations": ended.invocations["EvaluateReputation"],
            "crashes survived": ended.crashes,
            "news": len(ended.news),
            "changes": sum(isinstance(piece, Change) for piece in ended.news),
            "alerts": ended.told.messages,
            "dead letters": sum(map(len, ended.letters.values())),
            "redriven": ended.redriven.total(),
            "calls": ended.seen.total(),
            "faults": ended.injected.total(),
        }
    )
