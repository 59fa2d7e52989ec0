"""Limits: SES's two profiles to the last recipient, and a deployment's own numbers over them."""

from fractions import Fraction

import pytest

from ses_reputation.domain.limits import (
    PROFILES,
    Bound,
    CustomLimit,
    Limits,
    Profile,
    limits_by_kind,
    parse_custom_limits,
)
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ScopeKind

CLASSIC, CURRENT = Profile
BOUNCES, COMPLAINTS = Metric
TENANT = ScopeKind.TENANT
MAIL = 100_000


def percent(text: str) -> Fraction:
    return Fraction(text) / 100


def over(text: str) -> Bound:
    return Bound(percent(text))


def at(text: str) -> Bound:
    return Bound(percent(text), inclusive=True)


def custom(text: str, profile: Profile = CLASSIC, metric: Metric = BOUNCES, kind: ScopeKind = TENANT) -> Limits:
    return limits_by_kind(profile, parse_custom_limits(text))[kind][metric]


@pytest.mark.parametrize(
    ("profile", "metric", "which", "count", "is_over"),
    [
        pytest.param(CLASSIC, BOUNCES, "limit", 10_000, False, id="classic: probation over 10 % bounces"),
        pytest.param(CLASSIC, BOUNCES, "shutdown", 10_000, False, id="classic: shutdown over 10 % bounces"),
        pytest.param(CLASSIC, BOUNCES, "recommended", 5_000, True, id="classic: a warning at 5 % bounces"),
        pytest.param(CLASSIC, COMPLAINTS, "limit", 500, False, id="classic: probation over 0.5 % complaints"),
        pytest.param(CLASSIC, COMPLAINTS, "shutdown", 500, False, id="classic: shutdown over 0.5 % complaints"),
        pytest.param(CLASSIC, COMPLAINTS, "recommended", 100, True, id="classic: a warning at 0.1 % complaints"),
        pytest.param(CURRENT, BOUNCES, "limit", 5_000, True, id="current: probation at 5 % bounces"),
        pytest.param(CURRENT, BOUNCES, "shutdown", 10_000, True, id="current: shutdown at 10 % bounces"),
        pytest.param(CURRENT, BOUNCES, "recommended", 2_000, True, id="current: a warning at 2 % bounces"),
        pytest.param(CURRENT, COMPLAINTS, "limit", 100, True, id="current: probation at 0.1 % complaints"),
        pytest.param(CURRENT, COMPLAINTS, "shutdown", 500, True, id="current: shutdown at 0.5 % complaints"),
        pytest.param(CURRENT, COMPLAINTS, "recommended", 100, True, id="current: a warning at 0.1 % complaints"),
    ],
)
def test_a_limit_is_exceeded_at_it_or_from_one_over_it(
    profile: Profile, metric: Metric, which: str, count: int, *, is_over: bool
) -> None:
    bound: Bound = getattr(PROFILES[profile][metric], which)
    judged = [bound.exceeded_by(n, MAIL) for n in (count - 1, count, count + 1)]
    assert judged == [False, is_over, True]


@pytest.mark.parametrize("bound", [over("0"), at("0")], ids=["over", "at"])
@pytest.mark.parametrize("eligible", [0, -1], ids=["none", "less than none"])
def test_without_mail_nothing_is_exceeded(bound: Bound, eligible: int) -> None:
    assert not bound.exceeded_by(0, eligible)
    assert not bound.exceeded_by(5, eligible)


def test_one_mail_is_enough_to_exceed_a_limit() -> None:
    assert over("0").exceeded_by(1, 1)


def test_limits_are_compared_exactly() -> None:
    third = Fraction(1, 3)
    for count, exclusive, inclusive in ((10**17 - 1, False, False), (10**17, False, True), (10**17 + 1, True, True)):
        assert Bound(third).exceeded_by(count, 3 * 10**17) == exclusive
        assert Bound(third, inclusive=True).exceeded_by(count, 3 * 10**17) == inclusive


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        pytest.param("tenant.bounce.limit>=4%", at("4"), id="at it"),
        pytest.param("tenant.bounce.limit>4%", over("4"), id="over it"),
        pytest.param("tenant.bounce.limit=4%", over("4"), id="as the profile has it"),
        pytest.param("tenant.bounce.limit>=0.05%", at("0.05"), id="a part of a percent"),
        pytest.param("tenant.bounce.limit>4%,tenant.bounce.limit>=3%", at("3"), id="the last of one name wins"),
        pytest.param("tenant.bounce.limit>=4%,tenant.bounce.limit=3%", at("3"), id="which keeps the operator before"),
        pytest.param(" tenant.bounce.limit>4% ,, ", over("4"), id="spaces and empty ones between"),
    ],
)
def test_a_limit_of_ones_own_says_whether_it_is_over_at_it(text: str, bound: Bound) -> None:
    assert custom(text).limit == bound


def test_an_equals_sign_keeps_the_profiles_operator() -> None:
    assert custom("tenant.bounce.limit=4%", CLASSIC).limit == over("4")
    assert custom("tenant.bounce.limit=4%", CURRENT).limit == at("4")


def test_a_custom_limit_is_read_as_it_is_written() -> None:
    assert parse_custom_limits("configuration-set.complaint.recommended=0.05%,account.bounce.shutdown>8%") == (
        CustomLimit(ScopeKind.CONFIGURATION_SET, COMPLAINTS, "recommended", percent("0.05"), None),
        CustomLimit(ScopeKind.ACCOUNT, BOUNCES, "shutdown", percent("8"), False),
    )
    assert parse_custom_limits("") == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("tenant.bounce.limit", id="no number"),
        pytest.param("tenant.bounce.limit>=4", id="no percent sign"),
        pytest.param("tenant.bounce.limit>=4%%", id="two percent signs"),
        pytest.param("tenant.bounce.limit>=%", id="an empty number"),
        pytest.param("tenant.bounce.limit>=four%", id="a number in words"),
        pytest.param("tenant.bounce.limit<4%", id="an operator that says under"),
        pytest.param("tenant.bounce.limit=>4%", id="an operator the wrong way round"),
        pytest.param("tenant.opens.limit>=4%", id="no such metric"),
        pytest.param("tenant.bounce.maximum>=4%", id="no such limit"),
        pytest.param("sender.bounce.limit>=4%", id="no such kind of scope"),
        pytest.param("tenant/lucky-deals.bounce.limit>=4%", id="one scope instead of a kind"),
        pytest.param("bounce.limit>=4%", id="no kind of scope"),
        pytest.param("tenant.bounce.limit.now>=4%", id="one name too many"),
        pytest.param("tenant.bounce.limit>=1/0%", id="a fraction that is none"),
        pytest.param("tenant.bounce.limit>=-4%", id="less than nothing"),
        pytest.param("tenant.bounce.limit>=400%", id="more than everything"),
        pytest.param("account.bounce.limit>=4%,nonsense", id="one that is wrong among right ones"),
    ],
)
def test_what_is_no_limit_is_refused_with_an_example_and_what_was_written(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no limit such as tenant\.bounce\.limit>=4%: a scope kind") as refused:
        parse_custom_limits(text)
    assert repr(text.rpartition(",")[2]) in str(refused.value)
    assert str(refused.value).endswith(
        f"({', '.join(ScopeKind)}), bounce or complaint, limit, shutdown or recommended, then >, >= or =, and a "
        "percentage of up to 100"
    )


@pytest.mark.parametrize("profile", Profile)
def test_without_limits_of_ones_own_every_kind_of_scope_has_the_profiles(profile: Profile) -> None:
    assert limits_by_kind(profile) == dict.fromkeys(ScopeKind, PROFILES[profile])


def test_a_limit_of_ones_own_is_for_its_kind_its_metric_and_its_number_alone() -> None:
    table = dict(limits_by_kind(CLASSIC, parse_custom_limits("tenant.bounce.limit>=7%")))
    assert table.pop(TENANT) == {
        BOUNCES: Limits(limit=at("7"), shutdown=over("10"), recommended=at("5")),
        COMPLAINTS: PROFILES[CLASSIC][COMPLAINTS],
    }
    assert table == {kind: PROFILES[CLASSIC] for kind in ScopeKind if kind is not TENANT}


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        pytest.param(
            "tenant.bounce.limit>=12%",
            Limits(limit=at("12"), shutdown=at("12"), recommended=at("5")),
            id="a shutdown limit under the limit is raised to it",
        ),
        pytest.param(
            "tenant.bounce.limit>=10%",
            Limits(limit=at("10"), shutdown=over("10"), recommended=at("5")),
            id="one at the limit stays",
        ),
        pytest.param(
            "tenant.bounce.limit>=4%",
            Limits(limit=at("4"), shutdown=over("10"), recommended=at("4")),
            id="a recommended value over the limit is lowered to it",
        ),
        pytest.param(
            "tenant.bounce.limit>5%",
            Limits(limit=over("5"), shutdown=over("10"), recommended=at("5")),
            id="one at the limit stays too",
        ),
        pytest.param(
            "tenant.bounce.shutdown>=3%",
            Limits(limit=over("10"), shutdown=over("10"), recommended=at("5")),
            id="a shutdown limit of ones own moves no limit",
        ),
        pytest.param(
            "tenant.bounce.recommended>20%",
            Limits(limit=over("10"), shutdown=over("10"), recommended=over("10")),
            id="nor does a recommended value",
        ),
        pytest.param(
            "tenant.bounce.shutdown>=15%,tenant.bounce.limit>=12%",
            Limits(limit=at("12"), shutdown=at("15"), recommended=at("5")),
            id="the order is put right after all were read",
        ),
    ],
)
def test_the_limit_wins_over_its_neighbours(text: str, limits: Limits) -> None:
    assert custom(text) == limits
