"""Which scopes are counted apart, and which of them together with all others."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from ses_reputation.domain.admission import Cohort, added, admitted, cohort_of, cohorts, month_of
from ses_reputation.domain.counting import Entry
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.scopes import ACCOUNT, Group, Scope

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
TENANT, CAMPAIGN = Group("tenant"), Group("tag/campaign")
ACME, BOLT = Scope("tenant/acme"), Scope("tenant/bolt")
SPRING = Scope("tag/campaign=spring")


def entry(*scopes: Scope, time: datetime = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)) -> Entry:
    return Entry("m-1", "sent", time, time, scopes, {("gmail", Measure.SENT): 1})


@pytest.mark.parametrize(
    ("scope", "group"),
    [
        pytest.param("tenant/acme", "tenant", id="tenants are limited"),
        pytest.param("identity/shop.example", "identity", id="so are sender domains"),
        pytest.param("configuration-set/newsletter", "configuration-set", id="and configuration sets"),
        pytest.param("tag/campaign=spring", "tag/campaign", id="and the values of each tag apart"),
        pytest.param("account", None, id="there is one account"),
        pytest.param("provider/gmail", None, id="mailbox providers are those of a table"),
        pytest.param("tenant/(other)", None, id="what holds the others takes nobody's place"),
        pytest.param("tag/campaign=(other)", None, id="nor does that of a tag"),
    ],
)
def test_whoever_sends_can_choose_only_so_many_names(scope: str, group: str | None) -> None:
    assert cohort_of(Scope(scope), MARCH) == (Cohort(Group(group), MARCH) if group else None)


@pytest.mark.parametrize(
    ("time", "month"),
    [
        pytest.param(datetime(2026, 3, 1, tzinfo=UTC), MARCH, id="its first moment"),
        pytest.param(datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC), MARCH, id="its last second"),
        pytest.param(datetime(2026, 4, 1, tzinfo=UTC), APRIL, id="the moment after"),
    ],
)
def test_the_month_is_that_of_the_event(time: datetime, month: date) -> None:
    assert month_of(time) == month


def test_names_are_asked_for_once_a_month_in_the_order_in_which_they_come() -> None:
    in_april = entry(ACME, time=datetime(2026, 4, 1, tzinfo=UTC))
    found = cohorts([entry(ACCOUNT, BOLT, SPRING), entry(ACME, Scope("provider/gmail")), entry(BOLT), in_april])
    assert found == {
        Cohort(TENANT, MARCH): [BOLT, ACME],
        Cohort(CAMPAIGN, MARCH): [SPRING],
        Cohort(TENANT, APRIL): [ACME],
    }


def test_what_is_refused_counts_with_all_others_and_the_rest_as_it_is() -> None:
    refused = {Cohort(TENANT, MARCH): frozenset({ACME}), Cohort(CAMPAIGN, MARCH): frozenset({SPRING})}
    assert admitted(entry(ACCOUNT, ACME, SPRING), refused) == entry(
        ACCOUNT, Scope("tenant/(other)"), Scope("tag/campaign=(other)")
    )
    assert admitted(entry(ACCOUNT, BOLT), refused) == entry(ACCOUNT, BOLT)


def test_what_one_month_refuses_the_next_takes() -> None:
    refused = {Cohort(TENANT, MARCH): frozenset({ACME})}
    in_april = entry(ACME, time=datetime(2026, 4, 1, tzinfo=UTC))
    assert admitted(in_april, refused) is in_april
    assert admitted(entry(ACME), {}) == entry(ACME)


@pytest.mark.parametrize(
    ("known", "scopes", "new"),
    [
        pytest.param([ACCOUNT], [ACCOUNT, ACME], [ACME], id="a kind that the first copy did not know"),
        pytest.param([Scope("tenant/(other)")], [ACME], [], id="it counts among all others already"),
        pytest.param([ACME], [Scope("tenant/(other)")], [], id="it counts as itself already"),
        pytest.param([SPRING], [Scope("tag/region=eu"), ACME], [Scope("tag/region=eu"), ACME], id="another tag"),
        pytest.param([], [ACME, ACCOUNT], [ACME, ACCOUNT], id="nothing was known"),
    ],
)
def test_a_copy_adds_only_scopes_of_groups_that_the_event_is_not_in_yet(
    known: Sequence[Scope], scopes: Sequence[Scope], new: Sequence[Scope]
) -> None:
    assert added(known, scopes) == tuple(new)
