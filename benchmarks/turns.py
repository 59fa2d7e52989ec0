"""Measuring by turns: whatever is slow on this machine just now is slow for all who are compared."""

import gc
import sys
from collections.abc import Callable, Mapping
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
    measured = f"{code}\n{_PEAK}"
    ran = run([sys.executable, "-c", measured, *arguments], capture_output=True, text=True, check=True)  # noqa: S603
    return int(ran.stderr.split()[-1]) * _UNIT / 1e6


# In bytes on macOS, else in kilobytes: getrusage(2). On Linux that begins with what the process that started this one
# had then, while proc(5) counts anew with each program.
_UNIT = 1 if sys.platform == "darwin" else 1024
_PEAK = """
import sys
if sys.platform == "linux":
    peak = open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]
else:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak, file=sys.stderr)
"""
