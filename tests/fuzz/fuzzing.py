"""One mutation after the other through the entry points, and what came of them."""

import re
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from types import FrameType

from msgspec import Struct, field

from tests.fuzz.entry_points import EntryPoint, entry_points
from tests.fuzz.mutations import mutated

# Of the text's size in MiB, and a little for the smallest: in seconds of this thread's time.
SECONDS, SECONDS_FOR_EACH_MIB = 0.5, 1.0
STUCK = 60  # Seconds after which what still runs is ended.
# Which way in, in this order: mail is what anybody can cause.
_SHARES: Mapping[str, int] = {
    "record_feedback, a message": 8,
    "record_feedback, an invocation": 3,
    "suppress_recipients": 2,
    "enforce_status": 1,
    "receive_finding": 2,
    "operate": 3,
    "show_dashboard": 2,
    "replay, a file": 1,
}


class Finding(Struct, frozen=True):
    """A text that was not read as it has to be: what it is, and what happened."""

    number: int
    entry_point: str
    text: bytes
    what: str


class Covered(Struct):
    """What was tried. Times are in seconds."""

    mutations: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    slowest: tuple[float, int, str, int] = (0.0, 0, "", 0)
    """How long it took, which number, where, and how many bytes it had."""

    def add(self, other: "Covered") -> None:
        """Add what somebody else tried."""
        self.mutations += other.mutations
        self.entries += other.entries
        self.outcomes += other.outcomes
        self.findings += other.findings
        self.seconds += other.seconds
        self.slowest = max(self.slowest, other.slowest)


class TookTooLong(AssertionError):
    """Reading a text took longer than its size allows."""


def _stuck(_signal: int, _frame: FrameType | None) -> None:
    raise TookTooLong(f"not read after {STUCK} s")


@contextmanager
def _alarm() -> Iterator[None]:
    """Interrupt what never ends."""
    before = signal.signal(signal.SIGALRM, _stuck)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fuzz(seed: int, numbers: Iterable[int], *, large: float = 0.0003, bounded: bool = True) -> Iterator[Covered]:
    """Try these numbers, and tell from time to time what was covered since. The same number is the same mutation.

    `large` is the share of texts of a mebibyte; `bounded` is whether it counts how long one takes.
    """
    points = entry_points()
    names, weights = [*_SHARES], [*_SHARES.values()]
    covered = Covered()
    with _alarm():
        for done, number in enumerate(numbers, start=1):
            random = Random(f"{seed}/{number}")  # noqa: S311 - nothing secret depends on it
            name = random.choices(names, weights)[0]
            _try(points[name], name, number, random, covered, large=large, bounded=bounded)
            if done % 2_000 == 0:
                yield covered
                covered = Covered()
    yield covered


def _try(
    point: EntryPoint, name: str, number: int, random: Random, covered: Covered, *, large: float, bounded: bool
) -> None:
    seed = random.choice(point.seeds)
    text, kinds = mutated(seed, point.seeds, random, large)
    covered.mutations.update(kinds)
    covered.entries[name] += 1
    signal.setitimer(signal.ITIMER_REAL, STUCK)
    started = time.thread_time()
    try:
        outcome = point.read(text, random)
        took = time.thread_time() - started
        _check_time(took if bounded else 0, len(text))
    except Exception:  # noqa: BLE001 - any of them is what is looked for
        covered.findings.append(Finding(number, name, text, traceback.format_exc()))
        return
    covered.seconds += took
    covered.slowest = max(covered.slowest, (took, number, name, len(text)))
    covered.outcomes[name, general(outcome)] += 1


def _check_time(seconds: float, size: int) -> None:
    if seconds > SECONDS + SECONDS_FOR_EACH_MIB * size / 2**20:
        raise TookTooLong(f"{seconds:.2f} s for {size} bytes")


_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`\$[^`]*`")
_DIGITS = re.compile(r"\d[\d,.]*")


def general(outcome: str) -> str:
    """An outcome without what is different about each, so that they can be counted."""
    return _DIGITS.sub("N", _QUOTED.sub("'...'", outcome[:2_000]))[:110]
