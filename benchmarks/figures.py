"""What was measured, as a table and as JSON, and on which machine."""

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from io import StringIO
from itertools import groupby
from pathlib import Path

import msgspec
from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table


class Figure(Struct, frozen=True):
    """One number: of whom, in which case, in which unit. `note` says what it is to be compared with, if anything."""

    part: str
    case: str
    who: str
    value: float
    unit: str
    note: str = ""


class Machine(Struct, frozen=True):
    """Where something was measured."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    boto3: str


class Run(Struct, frozen=True):
    """Figures of one run. Those of a quick one only show that it works."""

    machine: Machine
    quick: bool
    figures: Sequence[Figure]

    def document(self) -> bytes:
        """The run as JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def machine() -> Machine:
    """What runs this process."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        boto3=version("boto3"),
    )


def table(figures: Iterable[Figure]) -> str:
    """The figures of a part, those of one case together."""
    shown = Table(box=box.SIMPLE, pad_edge=False)
    for name in ("case", "who"):
        shown.add_column(name)
    shown.add_column("figure", justify="right")
    for name in ("unit", "note"):
        shown.add_column(name)
    for case, group in groupby(figures, key=lambda figure: figure.case):
        for number, figure in enumerate(group):
            shown.add_row("" if number else case, figure.who, rounded(figure.value), figure.unit, figure.note)
    written = StringIO()
    Console(file=written, width=140).print(shown)
    return written.getvalue().rstrip()


def rounded(value: float) -> str:
    """A number of three digits that mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
