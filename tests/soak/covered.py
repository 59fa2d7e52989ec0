"""What a soak covered: the numbers, and which call went wrong in which way how often."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tests.faults import Called, Fault
from tests.soak.running import Focus
from tests.soak.trying import Tried

# As the head of a narrow column.
SHORT: Final[Mapping[Fault, str]] = {
    Fault.ERROR: "error",
    Fault.ERROR_FOR_GOOD: "error\nalways",
    Fault.THROTTLED: "thrott-\nled",
    Fault.THROTTLED_FOR_GOOD: "thrott.\nalways",
    Fault.UNREACHABLE: "no con-\nnection",
    Fault.UNREACHABLE_FOR_GOOD: "no con.\nalways",
    Fault.UNANSWERED: "done, no\nanswer",
    Fault.UNANSWERED_FOR_GOOD: "never\nanswers",
    Fault.FAILED_THOUGH_DONE: "done,\nerror",
    Fault.FAILED_THOUGH_DONE_FOR_GOOD: "done, err\nalways",
    Fault.TWICE: "done\ntwice",
    Fault.CONTENDED: "con-\ntended",
    Fault.IN_PART: "in\npart",
    Fault.CRASHED: "fails",
    Fault.KILLED_BEFORE: "killed\nbefore",
    Fault.KILLED_AFTER: "killed\nafter",
}


class Covered:
    """The sum of all histories so far."""

    def __init__(self) -> None:
        self.numbers: Counter[str] = Counter()
        self.injected: Counter[tuple[Called, Fault]] = Counter()
        self.seen: Counter[Called] = Counter()

    def add(self, tried: Tried) -> None:
        """Add what one history covered."""
        self.numbers += tried.numbers
        self.injected += tried.injected
        self.seen += tried.seen

    def line(self, seconds: float) -> str:
        """How far it has come."""
        n = self.numbers
        return (
            f"{n['histories']:,} histories ({n['histories'] / seconds:.1f} a second), {n['faults']:,} faults in "
            f"{n['calls']:,} calls, {n['crashes survived']:,} crashes survived"
        )

    def missing(self) -> list[Focus]:
        """The calls that did not go wrong in every way in which they can."""
        rows = []
        for called in sorted(self.seen, key=str):
            left = tuple(f for f in Fault if f in called.faults() and not self.injected[called, f])
            rows += [Focus(called, left)] if left else []
        return rows

    def show(self, console: Console, seconds: float) -> None:
        """Print all of it."""
        for name, number in self.numbers.items():
            console.print(f"{number:>12,} {name}", highlight=False)
        console.print(f"{seconds:>12,.0f} seconds", highlight=False)
        table = Table("call", "made", *SHORT.values(), padding=(0, 0), pad_edge=False)
        for column in table.columns[1:]:
            column.justify = "right"
        for name, row in self._rows().items():
            cells = [f"{row[fault]:,}" if row[fault] else self._blank(name, fault) for fault in SHORT]
            made = sum(n for called, n in self.seen.items() if called.name == name)
            table.add_row(name, f"{made:,}", *cells)
        console.print(table)
        missing = self.missing()
        ways = sum(len(called.faults()) for called in self.seen)
        hit = sum(1 for called, fault in self.injected if fault in called.faults())
        console.print(
            f"{len(self.seen)} calls of functions, {hit:,} of the {ways:,} ways in which they go wrong covered.",
            highlight=False,
        )
        for focus in missing:
            console.print(f"  not covered: {focus}", highlight=False, soft_wrap=True)

    def document(self, seconds: float) -> Mapping[str, Any]:
        """All of it as JSON."""
        return {
            "seconds": round(seconds, 1),
            "numbers": dict(self.numbers),
            "faults": {name: {str(f): n for f, n in row.items()} for name, row in self._rows().items()},
            "by_function": [
                {"function": called.function, "call": called.name, "fault": str(fault), "times": n}
                for (called, fault), n in sorted(self.injected.items(), key=str)
            ],
            "not_covered": [str(row) for row in self.missing()],
        }

    def _rows(self) -> Mapping[str, Counter[Fault]]:
        rows: dict[str, Counter[Fault]] = {name: Counter() for name in sorted({called.name for called in self.seen})}
        for (called, fault), number in self.injected.items():
            rows[called.name][fault] += number
        return rows

    def _blank(self, name: str, fault: Fault) -> str:
        applies = any(called.name == name and fault in called.faults() for called in self.seen)
        return "0" if applies else ""
