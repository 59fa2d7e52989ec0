"""The tables of tests/breakages name code that is there, once, and tests that exist. `make breakages` tries them."""

import re

import pytest

from tests.breakages.breakages import ROOT, Breakage, read_breakages
from tests.breakages.try_them import Outcome, judge

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


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        ((1, 1), Outcome.NOTICED),
        ((1, 0), Outcome.UNNOTICED),
        ((0, 1), Outcome.UNNOTICED),
        ((1, 2), Outcome.UNUSABLE),
        ((None,), Outcome.ENDLESS),
    ],
    ids=["both tests fail", "the second passes", "the first passes", "a test can't be run", "it does not end"],
)
def test_every_test_that_is_named_must_fail_by_itself(codes: tuple[int | None, ...], outcome: Outcome) -> None:
    ran = {str(number): (code, "") for number, code in enumerate(codes)}
    assert judge([*ran], ran.__getitem__)[0] is outcome
