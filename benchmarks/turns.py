"""Measuring by turns: whatever is slow on this machine just now is slow for all who are compared."""

import gc
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from subprocess import run
from time import process_time
from typing import TypeVar

Who = TypeVar("Who")


def cpu_seconds(contestants: Mapping[Who, Callable[[], object]], rounds: int) -> dict[Who, float]:
    """The CPU time that each takes, the median of so many rounds, in seconds. Each warms up once."""
    for contestant in contestants.values():
        contestant()
    took: dict[Who, list[float]] = {who: [] for who in contestants}
    for _ in range(rounds):
        for who, contestant in contestants.items():
            gc.collect()
            started = process_time()
            contestant()
            took[who].append(process_time() - started)
    return {who: median(seconds) for who, seconds in took.items()}


def peak_megabytes(code: str, *arguments: str) -> float:
    """The most memory that a new Python process holds while it runs this code, in MB."""
    measured = f"{code}\nimport sys\nfrom benchmarks.turns import peak\nprint(peak(), file=sys.stderr)"
    ran = run([sys.executable, "-c", measured, *arguments], capture_output=True, text=True, check=True)  # noqa: S603
    return int(ran.stderr.split()[-1]) / 1e6


def peak() -> int:
    """The most memory that this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.is_file():
        # getrusage(2) would have what the process held that started this one, if that was more.
        (line,) = (line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return getrusage(RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
