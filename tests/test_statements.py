"""What SES tells by itself: which statement holds, what of it is news, and what it makes suspected here."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ses_reputation.domain.categories import METRICS, Category, Severity
from ses_reputation.domain.decisions import Report, Withdraw
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.statements import (
    FINDINGS_KEPT,
    SENDING,
    SUSPICIONS,
    SendingStatus,
    SesFinding,
    Statement,
)
from ses_reputation.domain.verdict import Heard, Verdict, hear, suspicion

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
SHOP = Scope("tenant/shop-7")
SILENT = Verdict(SHOP, NOON)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def found(minute: int, *, is_open: bool = True, kind: str = "BOUNCE", impact: str | None = "HIGH") -> SesFinding:
    return SesFinding(kind, impact, f"as of {minute}", is_open, at(minute), since=at(minute))


def solved(minute: int, kind: str = "BOUNCE", impact: str | None = "HIGH") -> SesFinding:
    return found(minute, is_open=False, kind=kind, impact=impact)


def switched(minute: int, status: str = "DISABLED", origin: str = "AWS_MANAGED") -> SendingStatus:
    return SendingStatus(origin, status, SENDING[status], "", at(minute))


def heard(*statements: Statement) -> tuple[Verdict, list[str]]:
    """The verdict after all of these, and which of them were news."""
    verdict, news = SILENT, []
    for number, said in enumerate(statements):
        result = hear(verdict, said, at(60))
        verdict = result.verdict
        if result.change:
            news.append(f"{number}")
    return verdict, news


def still_open(verdict: Verdict) -> set[tuple[str, str | None]]:
    return {(finding.type, finding.impact) for finding in verdict.open_findings}


HIGH, LOW = ("BOUNCE", "HIGH"), ("BOUNCE", "LOW")


@pytest.mark.parametrize(
    ("statements", "open_ones", "news"),
    [
        pytest.param([found(1)], {HIGH}, "0", id="a problem"),
        pytest.param([found(1), found(1)], {HIGH}, "0", id="the same again"),
        pytest.param([found(1), found(2)], {HIGH}, "0", id="it goes on"),
        pytest.param([found(1), solved(2)], set(), "01", id="it is solved"),
        pytest.param([found(1), solved(2), solved(2)], set(), "01", id="it is solved twice"),
        pytest.param([found(1), solved(2), solved(3)], set(), "01", id="it is solved again"),
        pytest.param([found(1), solved(2), found(3)], {HIGH}, "012", id="it is back"),
        pytest.param([solved(2), found(1)], set(), "", id="solved before anybody heard of it"),
        pytest.param([found(1), solved(2), found(1)], set(), "01", id="the first comes again after the second"),
        pytest.param([found(3), solved(2)], {HIGH}, "0", id="an older solution"),
        pytest.param([found(2), solved(2)], {HIGH}, "0", id="solved at the same moment"),
        pytest.param([solved(2), found(2)], {HIGH}, "1", id="solved at the same moment, told first"),
        pytest.param([found(1, impact="LOW"), found(2)], {LOW, HIGH}, "01", id="it gets worse"),
        pytest.param([found(1, impact="LOW"), found(2), solved(3, impact="LOW")], {HIGH}, "012", id="one of two"),
        pytest.param([found(1), found(2, impact="LOW"), solved(3, impact=None)], set(), "012", id="both of two"),
        pytest.param([found(1), solved(3, impact=None), found(2)], set(), "01", id="an old one after both are solved"),
        pytest.param([found(4), solved(3, impact=None)], {HIGH}, "0", id="a newer one is not solved"),
        pytest.param([solved(3, impact=None), found(4)], {HIGH}, "1", id="a newer one after all were solved"),
        pytest.param([found(3), solved(3, impact=None)], {HIGH}, "0", id="all are solved at the same moment"),
        pytest.param([found(1), solved(2, "COMPLAINT")], {HIGH}, "0", id="another problem is solved"),
    ],
)
def test_the_newest_statement_about_a_problem_holds_and_is_told_once(
    statements: list[SesFinding], open_ones: set[tuple[str, str | None]], news: str
) -> None:
    verdict, told = heard(*statements)
    assert (still_open(verdict), "".join(told)) == (open_ones, news)


@pytest.mark.parametrize(
    ("known", "said", "outdated"),
    [
        pytest.param([found(1)], found(1), False, id="the same problem again"),
        pytest.param([found(2)], found(1), True, id="the problem as it was earlier"),
        pytest.param([found(1)], solved(1), True, id="a problem solved at the moment at which it is open"),
        pytest.param([solved(1)], solved(1), False, id="the same solution again"),
        pytest.param([switched(1)], switched(1), False, id="the same off again"),
        pytest.param([switched(1, "ENABLED")], switched(1, "ENABLED"), False, id="the same on again"),
        pytest.param([switched(1)], switched(1, "ENABLED"), True, id="on at the moment at which it is off"),
        pytest.param([switched(2)], switched(1), True, id="an older off"),
        pytest.param(
            [switched(1), switched(2, origin="CUSTOMER_MANAGED")], switched(1), False, id="the first of two off again"
        ),
    ],
)
def test_what_is_known_or_outdated_changes_nothing_and_it_is_told_which(
    known: list[Statement], said: Statement, *, outdated: bool
) -> None:
    verdict, _ = heard(*known)
    assert hear(verdict, said, at(60)) == Heard(verdict, outdated=outdated)


@pytest.mark.parametrize(
    ("statements", "stopped", "news"),
    [
        pytest.param([switched(1)], ["AWS_MANAGED"], "0", id="off"),
        pytest.param([switched(1), switched(1)], ["AWS_MANAGED"], "0", id="off twice"),
        pytest.param([switched(1), switched(2)], ["AWS_MANAGED"], "0", id="off again"),
        pytest.param([switched(1), switched(2, "ENABLED")], [], "01", id="on again"),
        pytest.param([switched(1, "ENABLED")], [], "", id="on, as it always was"),
        pytest.param([switched(1, "REINSTATED")], [], "0", id="on after something that nobody heard of"),
        pytest.param([switched(1), switched(2, "REINSTATED"), switched(3, "ENABLED")], [], "012", id="back in order"),
        pytest.param([switched(2, "ENABLED"), switched(1)], [], "", id="an older off"),
        pytest.param([switched(2), switched(1, "ENABLED")], ["AWS_MANAGED"], "0", id="an older on"),
        pytest.param([switched(1), switched(1, "ENABLED")], ["AWS_MANAGED"], "0", id="both at one moment"),
        pytest.param([switched(1, "ENABLED"), switched(1)], ["AWS_MANAGED"], "1", id="both, on told first"),
        pytest.param([switched(1, "ENABLED"), switched(1, "REINSTATED")], [], "", id="on in two ways at one moment"),
        pytest.param(
            [switched(1), switched(2, origin="CUSTOMER_MANAGED"), switched(3, "ENABLED")],
            ["CUSTOMER_MANAGED"],
            "012",
            id="one of two who switched it off",
        ),
    ],
)
def test_sending_is_off_as_long_as_anybody_has_switched_it_off(
    statements: list[SendingStatus], stopped: list[str], news: str
) -> None:
    verdict, told = heard(*statements)
    assert ([status.origin for status in verdict.stopped], "".join(told)) == (stopped, news)
    assert verdict.sends == (not stopped)


@pytest.mark.parametrize(
    ("first", "then", "outdated"),
    [
        pytest.param(found(2), solved(1), True, id="an older solution"),
        pytest.param(switched(2), switched(1, "ENABLED"), True, id="an older on"),
        pytest.param(found(2), found(2), False, id="the same again"),
        pytest.param(found(2), solved(1, "SPF"), False, id="an older one about something else"),
    ],
)
def test_a_statement_is_outdated_once_something_newer_is_known(
    first: Statement, then: Statement, *, outdated: bool
) -> None:
    known, _ = heard(first)
    result = hear(known, then, at(60))
    assert (result.outdated, result.change) == (outdated, None)
    assert result.verdict == known or not outdated


def test_it_is_known_since_when_a_problem_is_open() -> None:
    verdict, _ = heard(found(1), solved(2), found(3), found(5))
    (finding,) = verdict.findings
    assert (finding.since, finding.time, finding.text) == (at(3), at(5), "as of 5")


@pytest.mark.parametrize("impact", ["HIGH", None])
def test_of_a_solved_problem_it_stays_known_since_when_it_was_open_and_what_it_was(impact: str | None) -> None:
    for solution, text in (
        (solved(4, impact=impact), "as of 4"),
        (replace(solved(4, impact=impact), text=""), "as of 1"),
    ):
        finding = next(f for f in heard(found(1), solution)[0].findings if f.impact == "HIGH")
        assert (finding.open, finding.since, finding.time, finding.text) == (False, at(1), at(4), text)


def test_whether_mail_flows_is_what_both_ways_of_knowing_say() -> None:
    assert SILENT.sends is None
    assert heard(found(1))[0].sends is None
    assert heard(switched(1, "ENABLED"))[0].sends is True
    assert heard(switched(1))[0].sends is False
    assert replace(SILENT, sending_enabled=True).sends is True
    assert replace(heard(switched(1, "ENABLED"))[0], sending_enabled=False).sends is False


def test_what_is_told_is_what_was_before_and_after_and_the_statement_itself() -> None:
    change = hear(SILENT, found(1), at(7)).change
    assert change
    assert (change.time, change.scope, change.before, change.said) == (at(7), SHOP, SILENT, found(1))
    assert change.after == heard(found(1))[0]


def test_all_that_is_news_is_told_apart() -> None:
    news = [
        hear(SILENT, found(1), at(7)),
        hear(SILENT, found(2), at(7)),
        hear(SILENT, found(1, impact="LOW"), at(7)),
        hear(SILENT, found(1, kind="SPF"), at(7)),
        hear(SILENT, switched(1), at(7)),
        hear(SILENT, switched(1, "REINSTATED"), at(7)),
        hear(SILENT, switched(1, origin="CUSTOMER_MANAGED"), at(7)),
        hear(replace(SILENT, scope=Scope("tenant/shop-8")), found(1), at(7)),
        hear(heard(found(0))[0], solved(1), at(7)),
    ]
    assert len({told.change.id for told in news if told.change}) == len(news)
    assert hear(SILENT, found(1), at(7)) == news[0], "but the same again is the same"


def test_a_solution_without_impact_that_solves_several_tells_of_itself() -> None:
    result = hear(heard(found(1), found(2, impact="LOW"))[0], solved(5, impact=None), at(9))
    assert result.change
    assert result.change.said == solved(5, impact=None)


def test_a_solution_without_impact_tells_of_the_only_problem_that_it_solves() -> None:
    result = hear(heard(found(1), found(2, impact="LOW"), solved(3))[0], solved(5, impact=None), at(9))
    assert result.change
    said = result.change.said
    assert isinstance(said, SesFinding)
    assert (said.impact, said.open, said.since) == ("LOW", False, at(2))


def test_no_more_is_kept_than_an_alert_can_hold_and_what_is_open_before_what_is_not() -> None:
    many = [solved(n, kind=f"T{n}") for n in range(10, 50)]
    verdict, _ = heard(found(1), *many)
    assert len(verdict.findings) == FINDINGS_KEPT
    assert still_open(verdict) == {HIGH}


def test_nothing_that_ses_can_find_is_forgotten_for_the_rest_of_it() -> None:
    kinds = ["BOUNCE", "COMPLAINT", "FEEDBACK_3P", "IP_LISTING", "DKIM", "DMARC", "SPF", "BIMI"]
    said: list[Statement] = []
    for n, kind in enumerate(kinds):
        opened = [found(3 * n + k, kind=kind, impact=impact) for k, impact in enumerate(("LOW", "HIGH"), 2)]
        said += [*opened, solved(3 * n + 4, kind, impact=None)]
    late = [found(1, kind=kind, impact=impact) for kind in kinds for impact in ("LOW", "HIGH", None)]
    assert still_open(heard(*said, *late)[0]) == set()


def test_what_a_newer_solution_of_its_type_says_as_well_is_not_kept() -> None:
    verdict, _ = heard(found(1), solved(2), found(3, kind="SPF"), solved(4, "SPF"), solved(5, impact=None))
    assert [(f.type, f.impact) for f in verdict.findings] == [("SPF", "HIGH"), ("BOUNCE", None)]
    assert still_open(heard(found(1), solved(2), solved(5, impact=None), found(1), found(4))[0]) == set()


STATEMENTS = st.one_of(
    st.builds(
        found,
        st.integers(0, 5),
        is_open=st.booleans(),
        kind=st.sampled_from(["BOUNCE", "SPF"]),
        impact=st.sampled_from(["HIGH", None]),
    ),
    st.builds(
        switched,
        st.integers(0, 5),
        st.sampled_from(sorted(SENDING)),
        st.sampled_from(["AWS_MANAGED", "CUSTOMER_MANAGED"]),
    ),
)


@given(
    statements=st.lists(STATEMENTS, max_size=7, unique_by=lambda said: (said.time, type(said))).flatmap(
        lambda said: st.tuples(st.just(said), st.permutations([*said, *said]))
    )
)
def test_in_whatever_order_and_however_often_they_come_the_same_is_known(
    statements: tuple[list[Statement], list[Statement]],
) -> None:
    told, arrived = statements
    (first, _), (second, _) = heard(*sorted(told, key=lambda said: said.time)), heard(*arrived)
    assert still_open(first) == still_open(second)
    assert set(first.sending) == set(second.sending)


# -- What it makes suspected -------------------------------------------------------------------------------------------


def test_no_type_is_suspected_that_is_measured_here() -> None:
    assert not {"BOUNCE", "COMPLAINT"} & SUSPICIONS.keys()
    assert not set(SUSPICIONS.values()) & METRICS.keys()


@pytest.mark.parametrize("kind", ["BOUNCE", "COMPLAINT", "DKIM", "DMARC", "SPF", "BIMI", "SOMETHING_NEW"])
def test_what_is_none_of_the_categories_is_only_a_verdict(kind: str) -> None:
    assert suspicion(heard(found(1, kind=kind))[0], found(1, kind=kind), "Amazon SES") is None
    assert suspicion(SILENT, switched(1), "Amazon SES") is None


@pytest.mark.parametrize(
    ("impact", "text", "says"),
    [
        ("HIGH", "listed", "HIGH IP_LISTING: listed"),
        (None, "listed", "IP_LISTING: listed"),
        (None, "", "IP_LISTING: SES says no more about it."),
    ],
    ids=["all of it", "no impact", "nothing but the type"],
)
def test_a_suspicion_says_what_ses_says(impact: str | None, text: str, says: str) -> None:
    said = replace(found(1, kind="IP_LISTING", impact=impact), text=text)
    suspected = suspicion(heard(said)[0], said, "Amazon SES")
    assert suspected is not None
    assert suspected.text == says


def test_what_ses_finds_is_suspected_until_all_of_it_is_solved() -> None:
    high, low = (found(n, kind="IP_LISTING", impact=impact) for n, impact in ((1, "HIGH"), (2, "LOW")))
    verdict, _ = heard(high, low)
    assert suspicion(verdict, low, "Amazon SES") == Report(
        SHOP,
        Category.ANTI_SPAM_ORGANIZATION,
        "LOW IP_LISTING: as of 2",
        "Amazon SES",
        Severity.SUSPECTED,
        at(2),
    )
    after, _ = heard(high, low, one := solved(3, "IP_LISTING"))
    assert suspicion(after, one, "Amazon SES") is None, "the other is open"
    both, _ = heard(high, low, one, other := solved(4, "IP_LISTING", "LOW"))
    withdrawn = suspicion(both, replace(other, text=""), "Amazon SES")
    assert withdrawn == Withdraw(
        SHOP, Category.ANTI_SPAM_ORGANIZATION, "Amazon SES", "LOW IP_LISTING: SES says no more about it."
    )
