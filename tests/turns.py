"""Several pieces of work at once, in an order that is chosen: threads that take turns, one step each."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


class Turns:
    """Whose turn is next follows from a schedule of numbers, each of which chooses one of those still at work."""

    def __init__(self, schedule: Iterable[int]) -> None:
        self._schedule: Iterator[int] = iter(schedule)
        self._moved = threading.Condition()
        self._working: list[threading.Thread] = []
        self._turn: threading.Thread | None = None

    def run(self, *work: Callable[[], T]) -> list[T]:
        """Do all of it at once; what each came to, in their order."""
        results: dict[int, T] = {}

        def do(number: int) -> None:
            try:
                self._wait()
                results[number] = work[number]()
            finally:
                with self._moved:
                    self._working.remove(threading.current_thread())
                    self._choose()

        self._working = [threading.Thread(target=do, args=(number,)) for number in range(len(work))]
        threads = [*self._working]
        for thread in threads:
            thread.start()
        with self._moved:
            self._choose()
        for thread in threads:
            thread.join()
        return [results[number] for number in range(len(work))]

    def step(self) -> None:
        """Let another come first, if it is its turn. Called by those at work, before each step."""
        with self._moved:
            self._choose()
        self._wait()

    def _choose(self) -> None:
        self._turn = self._working[next(self._schedule, 0) % len(self._working)] if self._working else None
        self._moved.notify_all()

    def _wait(self) -> None:
        with self._moved:
            self._moved.wait_for(lambda: self._turn is threading.current_thread())
