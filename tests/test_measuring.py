"""docs/reliability.md says what became of the mutants of every module of the core."""

import re

from tests.measure import core
from tests.measure.mutate import read_survivors

PAGE = (core.ROOT / "docs/reliability.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("### Mutants\n")[2].partition("\n## ")[0]
COUNTS = re.compile(r"^\| (\S+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", re.MULTILINE)
ROWS = {name: counts for name, *counts in COUNTS.findall(SECTION)}
KNOWN = {path.stem for path in core.CORE.glob("*.py")} - {"__init__"}
SURVIVORS = read_survivors()


def test_the_page_has_a_row_for_each_module_of_the_core() -> None:
    assert {name.strip("`") for name in ROWS} == {*KNOWN, "together"}


def test_whatever_was_tried_was_noticed_or_is_explained_there() -> None:
    counts = {name.strip("`"): [int(count.replace(",", "")) for count in row] for name, row in ROWS.items()}
    together = counts.pop("together")
    assert together == [sum(column) for column in zip(*counts.values(), strict=True)]
    assert all(tried == noticed + explained for tried, noticed, explained in counts.values())
    for module, (_, _, explained) in counts.items():
        assert explained == sum(change.module == module for change in SURVIVORS.reasons())


def test_only_modules_of_the_core_have_explanations() -> None:
    assert {change.module for change in SURVIVORS.reasons()} <= KNOWN


def test_each_module_of_the_core_has_a_test_that_names_it() -> None:
    assert [module for module in sorted(KNOWN) if not core.tests_of(module)] == []
