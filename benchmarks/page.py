"""A page shows a run: between `<!-- PART: measured by make bench -->` and `<!-- end -->` stands the table of a part."""

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from benchmarks.figures import Figure, Machine, Run, rounded

_MEASURED = re.compile(r"(<!-- (\w+): measured by make bench -->\n).*?(?=<!-- end -->)", re.DOTALL)


def write(page: Path, run: Run) -> None:
    """Put the tables of a run, and its machine, in the places of those that are there; other parts stay as they are."""
    parts = {part: markdown(figures) for part, figures in groupby(run.figures, key=lambda figure: figure.part)}
    parts["machine"] = described(run.machine)

    def measured(match: re.Match[str]) -> str:
        return f"{match[1]}\n{parts[match[2]]}\n\n" if match[2] in parts else match[0]

    page.write_text(_MEASURED.sub(measured, page.read_text(encoding="utf-8")), encoding="utf-8")


def markdown(figures: Iterable[Figure]) -> str:
    """The figures of a part as a table, those of one case together."""
    rows = ["| case | who | figure | unit | |", "|---|---|--:|---|---|"]
    for case, group in groupby(figures, key=lambda figure: figure.case):
        for number, one in enumerate(group):
            rows.append(f"| {'' if number else case} | {one.who} | {rounded(one.value)} | {one.unit} | {one.note} |")
    return "\n".join(rows)


def described(machine: Machine) -> str:
    """The machine in a line."""
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gb} GB of memory, {machine.system}; "
        f"Python {machine.python}, boto3 {machine.boto3}."
    )
