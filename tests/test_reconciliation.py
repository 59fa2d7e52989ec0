"""Comparing counters with receipts: what agrees, what differs, and what can not be known."""

from datetime import UTC, datetime, timedelta

import pytest

from ses_reputation.domain.counting import Increments
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.reconciliation import (
    Comparison,
    Counted,
    Difference,
    Discrepancy,
    Receipted,
    compare,
    confirmed,
)
from ses_reputation.domain.scopes import ACCOUNT, Scope

NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
CELL = (Scope("tenant/acme"), NINE)
SENT, BOUNCED = ("gmail", Measure.SENT), ("gmail", Measure.HARD_BOUNCED)
NOTHING: frozenset[tuple[Scope, datetime]] = frozenset()


def compared(counted: Counted | None, receipts: Receipted | None, before: Counted | None = None) -> Comparison:
    """One cell, which was as it is now before the receipts were read, unless something else is said."""
    before = before or counted
    return compare(
        {CELL: before} if before else {}, {CELL: receipts} if receipts else {}, {CELL: counted} if counted else {}
    )


def missing(found: Comparison) -> Increments | None:
    return found.discrepancies[CELL].missing if found.discrepancies else None


def differing(by: int) -> Comparison:
    return compared(Counted({SENT: 5}, {}), Receipted({SENT: 5 + by}))


@pytest.mark.parametrize(
    ("counted", "receipts", "lacking"),
    [
        pytest.param({SENT: 5}, {SENT: 5}, None, id="both the same"),
        pytest.param({SENT: 5}, {SENT: 7}, {SENT: 2}, id="too little was counted"),
        pytest.param({SENT: 5}, {SENT: 4}, {SENT: -1}, id="too much was counted"),
        pytest.param({SENT: 5}, {SENT: 5, BOUNCED: 1}, {BOUNCED: 1}, id="one number was never counted"),
        pytest.param({SENT: 5, BOUNCED: 1}, {SENT: 5}, {BOUNCED: -1}, id="one number has no receipt"),
        pytest.param(None, {SENT: 1}, {SENT: 1}, id="there is no counter at all"),
        pytest.param({SENT: 1}, None, {SENT: -1}, id="there is no receipt at all"),
        pytest.param({SENT: 0}, None, None, id="nothing was counted, and nothing has a receipt"),
    ],
)
def test_what_the_receipts_have_and_the_counters_do_not_is_missing(
    counted: Increments | None, receipts: Increments | None, lacking: Increments | None
) -> None:
    found = compared(
        None if counted is None else Counted(counted, {}), None if receipts is None else Receipted(receipts)
    )
    assert missing(found) == lacking
    assert found.agreeing == (0 if lacking else 1)
    assert (found.moving, found.silent, found.backfilled) == (NOTHING, NOTHING, 0)


def test_of_a_cell_that_is_written_to_meanwhile_nothing_is_said() -> None:
    for before in (Counted({SENT: 4}, {}), Counted({SENT: 5}, {}, revision=1)):
        found = compared(Counted({SENT: 5}, {}), Receipted({SENT: 4}), before)
        assert found == Comparison(0, {}, frozenset({CELL}), NOTHING, 0)
    appeared = compare({}, {CELL: Receipted({SENT: 1})}, {CELL: Counted({SENT: 2}, {})})
    gone = compare({CELL: Counted({SENT: 2}, {})}, {}, {})
    assert appeared == gone == Comparison(0, {}, frozenset({CELL}), NOTHING, 0)


def test_of_a_cell_with_a_receipt_that_does_not_say_what_it_counted_nothing_is_said() -> None:
    found = compared(Counted({SENT: 5}, {}), Receipted({SENT: 4}, silent=1), Counted({SENT: 4}, {}))
    assert found == Comparison(0, {}, NOTHING, frozenset({CELL}), 0)


def test_what_was_backfilled_is_not_compared() -> None:
    found = compared(Counted({SENT: 5}, {}, backfilled=True), Receipted({SENT: 4}, silent=1))
    assert found == Comparison(0, {}, NOTHING, NOTHING, 1)


def test_attributes_that_are_no_numbers_are_told_wherever_they_are_and_change_nothing_else() -> None:
    strange = Counted({SENT: 5}, {}, foreign=("n#x",))
    for receipts, agreeing in ((Receipted({SENT: 5}), 1), (Receipted({SENT: 5}, silent=1), 0)):
        found = compared(strange, receipts)
        assert (found.foreign, found.agreeing) == ({CELL: ("n#x",)}, agreeing)
    assert compared(Counted({SENT: 5}, {}), Receipted({SENT: 5})).foreign == {}


def test_cells_are_told_apart_and_added_up() -> None:
    cells = [(ACCOUNT, NINE + hour * timedelta(hours=1)) for hour in range(4)]
    counters = {cell: Counted({SENT: 5}, {}, backfilled=cell in cells[2:]) for cell in cells}
    assert compare(counters, {cell: Receipted({SENT: 5}) for cell in cells}, counters) == Comparison(
        2, {}, NOTHING, NOTHING, 2
    )


def test_differences_say_what_is_counted_and_what_should_be_by_scope_and_time() -> None:
    later = (CELL[0], NINE + timedelta(hours=1))
    counters = {
        later: Counted({SENT: 5}, {}),
        CELL: Counted({SENT: 5}, {}),
        (ACCOUNT, NINE): Counted({SENT: 5, BOUNCED: 2}, {}),
    }
    receipts = {
        later: Receipted({SENT: 6}),
        CELL: Receipted({SENT: 5, BOUNCED: 1}),
        (ACCOUNT, NINE): Receipted({SENT: 4}),
    }
    assert list(compare(counters, receipts, counters).differences()) == [
        Difference(ACCOUNT, NINE, "gmail", Measure.HARD_BOUNCED, 2, 0),
        Difference(ACCOUNT, NINE, "gmail", Measure.SENT, 5, 4),
        Difference(CELL[0], NINE, "gmail", Measure.HARD_BOUNCED, 0, 1),
        Difference(*later, "gmail", Measure.SENT, 5, 6),
    ]


@pytest.mark.parametrize(
    "earlier",
    [
        pytest.param(None, id="nobody looked before"),
        pytest.param(compared(None, None), id="it was not seen before"),
        pytest.param(differing(1), id="another number was missing before"),
    ],
)
def test_what_differs_for_the_first_time_may_be_moving(earlier: Comparison | None) -> None:
    found = differing(2)
    assert confirmed(found, earlier) == Comparison(0, {}, frozenset({CELL}), NOTHING, 0)


def test_what_is_missing_twice_is_confirmed_though_more_mail_was_counted() -> None:
    found = differing(2)
    earlier = compared(Counted({SENT: 3}, {}), Receipted({SENT: 5}))
    assert confirmed(found, earlier) == found
    assert found.discrepancies == {CELL: Discrepancy(Counted({SENT: 5}, {}), {SENT: 2})}


def test_confirming_keeps_what_else_was_found() -> None:
    other = (ACCOUNT, NINE)
    found = Comparison(3, differing(2).discrepancies, frozenset({other}), frozenset({other}), 4)
    assert confirmed(found, found) == found
    assert confirmed(found, None) == Comparison(3, {}, frozenset({other, CELL}), frozenset({other}), 4)
