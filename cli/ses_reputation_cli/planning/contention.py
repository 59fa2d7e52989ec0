"""Functions that add to the same counters, simulated: how often their transactions meet, and what they get done.

Every transaction adds to the account's counter of the hour, of which there is an item for each writer. A function
stays with its item, and takes another when it has met somebody there. The simulation is of that alone: functions that
compute, hold an item for as long as their transaction takes, and wait as `wiring.back_off` does when it is taken.
`python -m benchmarks contention` compares it with what is measured.
"""

import random
from collections.abc import Callable
from heapq import heappop, heappush

from msgspec import Struct

from ses_reputation.record import MAX_ATTEMPTS
from ses_reputation_cli.planning.demand import EVENT_CPU, PROCESSOR, REQUEST, TRANSACTION

RECEIPTS = 97
"""Events of a transaction with the counters of one stream."""

Seconds = Callable[[random.Random], float]


class Setting(Struct, frozen=True):
    """Who is at work: so many functions on so many items, each of which takes one of `first` at first.

    With `first` equal to `writers` they spread at once; with 1, all begin on the same. After a conflict they take any.
    """

    functions: int
    writers: int
    first: int
    computing: Seconds
    holding: Seconds
    refusal: Seconds


class Met(Struct, frozen=True):
    """What came of it: transactions that were written, attempts that met another, chunks that were given up."""

    written: int
    refused: int
    given_up: int
    seconds: float
    items: int

    @property
    def refused_share(self) -> float:
        """The share of attempts that met another one."""
        attempts = self.written + self.refused
        return self.refused / attempts if attempts else 0.0

    @property
    def a_second(self) -> float:
        """Transactions that were written in a second."""
        return self.written / self.seconds


def simulate(setting: Setting, seconds: float, seed: int = 1) -> Met:
    """So many seconds of work, which is always there to do. The same seed makes the same run."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret depends on it
    held_until = [0.0] * setting.writers
    writer = [dice.randrange(setting.first) for _ in range(setting.functions)]
    attempts = [1] * setting.functions
    used = set[int]()
    written = refused = given_up = 0
    # What each function begins next, and when.
    agenda: list[tuple[float, int]] = []
    for function in range(setting.functions):
        heappush(agenda, (setting.computing(dice), function))
    while agenda[0][0] < seconds:
        now, function = heappop(agenda)
        if held_until[writer[function]] <= now:
            end = now + setting.holding(dice)
            held_until[writer[function]] = end
            used.add(writer[function])
            written += 1
            attempts[function] = 1
        else:
            refused += 1
            writer[function] = dice.randrange(setting.writers)
            end = now + setting.refusal(dice) + dice.uniform(0, min(0.02 * 2 ** attempts[function], 1))
            attempts[function] += 1
            if attempts[function] <= MAX_ATTEMPTS:
                heappush(agenda, (end, function))
                continue
            given_up += 1
            attempts[function] = 1
        heappush(agenda, (end + setting.computing(dice), function))
    return Met(written, refused, given_up, seconds, len(used))


def around(seconds: float) -> Seconds:
    """About so many seconds: between half and one and a half times as many."""
    return lambda dice: seconds * dice.uniform(0.5, 1.5)


def deployed(functions: int, writers: int, first: int) -> Setting:
    """As it is assumed to be in Lambda, with functions that always have a batch to count."""
    computing = RECEIPTS * EVENT_CPU / PROCESSOR
    return Setting(functions, writers, first, around(computing), around(TRANSACTION), around(REQUEST))
