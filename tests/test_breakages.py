"""The tables of tests/breakages name code that is there, once, and tests that exist. `make breakages` tries them."""

import re

import pytest

from tests.breakages.breakages import ROOT, Breakage, read_breakages

BREAKAGES = [
    pytest.param(breakage, id=f"{table}: {breakage.what}")
    for table, breakages in read_breakages().items()
    for breakage in breakages
]


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_breakage_changes_code_that_is_there_once(breakage: Breakage) -> None:
    assert (ROOT / breakage.file).read_text().count(breakage.code) == 1
    assert breakage.broken != breakage.code


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_breakage_is_noticed_by_tests_that_exist(breakage: Breakage) -> None:
    assert breakage.noticed_by
    for test in breakage.noticed_by:
        file, _, name = test.partition("::")
        text = (ROOT / file).read_text()
        assert not name or re.search(rf"^def {re.escape(name.partition('[')[0])}\(", text, re.MULTILINE), test
