"""What a policy says of one rate: whether it means something, whether it proves something, whether it is warned of."""

from fractions import Fraction

import pytest
from msgspec.structs import replace

from ses_reputation.domain.limits import Profile, limits_by_kind, parse_custom_limits
from ses_reputation.domain.policy import Evidence, Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind

CLASSIC = Policy()
CURRENT = Policy(profile=Profile.CURRENT, limits=limits_by_kind(Profile.CURRENT))


def bounces(count: int, eligible: int) -> Rate:
    return Rate(Metric.BOUNCE_RATE, count, eligible)


def complaints(count: int, eligible: int) -> Rate:
    return Rate(Metric.COMPLAINT_RATE, count, eligible)


@pytest.mark.parametrize(
    ("minimum", "eligible", "enough"),
    [
        pytest.param(100, 99, False, id="one recipient too few"),
        pytest.param(100, 100, True, id="just enough"),
        pytest.param(0, 0, False, id="none is never enough"),
        pytest.param(0, 1, True, id="one, where any is enough"),
    ],
)
def test_a_rate_means_something_from_the_minimum_volume_on(minimum: int, eligible: int, *, enough: bool) -> None:
    policy = replace(CLASSIC, minimum_volume=minimum)
    assert policy.can_judge(bounces(0, eligible)) == enough
    assert policy.evidence(ACCOUNT, bounces(0, eligible)) is (Evidence.ENOUGH if enough else Evidence.TOO_LITTLE_MAIL)


@pytest.mark.parametrize(
    ("rate", "proven"),
    [
        pytest.param(bounces(1, 100), False, id="one bounce"),
        pytest.param(bounces(2, 100), True, id="two bounces"),
        pytest.param(bounces(99, 99), False, id="many bounces of too little mail"),
        pytest.param(complaints(1, 900), False, id="one complaint in 900 mails"),
        pytest.param(complaints(2, 900), False, id="two complaints"),
        pytest.param(complaints(3, 900), True, id="three complaints"),
    ],
)
def test_a_rate_proves_something_from_the_minimum_count_on(rate: Rate, *, proven: bool) -> None:
    assert CURRENT.is_proven(rate) == proven


@pytest.mark.parametrize(
    ("rate", "evidence"),
    [
        pytest.param(complaints(1, 900), Evidence.TOO_FEW_EVENTS, id="one complaint is over the limit"),
        pytest.param(complaints(2, 2000), Evidence.TOO_FEW_EVENTS, id="two complaints at the limit"),
        pytest.param(complaints(2, 2001), Evidence.ENOUGH, id="two complaints just under it: few, as they should be"),
        pytest.param(complaints(3, 900), Evidence.ENOUGH, id="three complaints over it"),
        pytest.param(complaints(3, 99), Evidence.TOO_LITTLE_MAIL, id="three complaints, and one recipient too few"),
        pytest.param(complaints(0, 900), Evidence.ENOUGH, id="no complaint"),
    ],
)
def test_how_few_there_are_matters_only_over_the_limit(rate: Rate, evidence: Evidence) -> None:
    assert CURRENT.evidence(ACCOUNT, rate) is evidence


@pytest.mark.parametrize(
    ("rate", "over_limit", "over_shutdown"),
    [
        pytest.param(bounces(499, 10_000), False, False, id="under the limit"),
        pytest.param(bounces(500, 10_000), True, False, id="at the limit"),
        pytest.param(bounces(999, 10_000), True, False, id="under the shutdown limit"),
        pytest.param(bounces(1000, 10_000), True, True, id="at the shutdown limit"),
        pytest.param(complaints(49, 10_000), True, False, id="complaints under the shutdown limit"),
        pytest.param(complaints(50, 10_000), True, True, id="complaints at the shutdown limit"),
    ],
)
def test_today_a_probation_begins_under_what_ends_in_a_shutdown(
    rate: Rate, *, over_limit: bool, over_shutdown: bool
) -> None:
    assert CURRENT.is_over_limit(ACCOUNT, rate) == over_limit
    assert CURRENT.is_over_shutdown(ACCOUNT, rate) == over_shutdown


def test_a_scope_is_judged_by_the_limits_of_its_kind() -> None:
    policy = replace(CLASSIC, limits=limits_by_kind(Profile.CLASSIC, parse_custom_limits("tenant.bounce.limit>=3%")))
    scopes = (Scope("tenant/lucky-deals"), Scope("identity/shop.example"), ACCOUNT)
    assert [policy.is_over_limit(scope, bounces(3, 100)) for scope in scopes] == [True, False, False]


@pytest.mark.parametrize(
    ("rate", "already", "warned"),
    [
        pytest.param(bounces(499, 10_000), False, False, id="just under the recommended value"),
        pytest.param(bounces(500, 10_000), False, True, id="at the recommended value"),
        pytest.param(bounces(5000, 10_000), False, True, id="far over it"),
        pytest.param(bounces(499, 10_000), True, True, id="warned, and just under it"),
        pytest.param(bounces(401, 10_000), True, True, id="warned, and nearly a fifth under it"),
        pytest.param(bounces(400, 10_000), True, False, id="warned, and a fifth under it"),
        pytest.param(bounces(99, 99), False, False, id="too little mail"),
        pytest.param(bounces(1, 20), False, False, id="one bounce, which proves nothing"),
        pytest.param(bounces(1, 20), True, True, id="warned: what is proven no longer stays so"),
        pytest.param(bounces(0, 0), True, True, id="warned, and no mail since"),
        pytest.param(complaints(9, 10_000), False, False, id="complaints just under"),
        pytest.param(complaints(10, 10_000), False, True, id="complaints at the recommended value"),
        pytest.param(complaints(2, 2000), False, False, id="two complaints, which prove nothing"),
        pytest.param(complaints(9, 10_000), True, True, id="warned, and complaints less than a fifth under"),
        pytest.param(complaints(8, 10_000), True, False, id="warned, and complaints a fifth under"),
    ],
)
def test_a_rate_is_warned_about_from_the_recommended_value_until_a_fifth_below(
    rate: Rate, *, already: bool, warned: bool
) -> None:
    assert CLASSIC.is_warned_about(ACCOUNT, rate, already=already) == warned


def test_a_warning_is_over_as_soon_as_one_mail_arrived_and_not_without_any() -> None:
    assert CLASSIC.is_warned_about(ACCOUNT, bounces(0, 0), already=True)
    assert not CLASSIC.is_warned_about(ACCOUNT, bounces(0, 1), already=True)


@pytest.mark.parametrize(
    ("rate", "minimum", "shown"),
    [
        pytest.param(Rate(Metric.COMPLAINT_RATE, 2, 100, volume=500), 100, Fraction(1, 50), id="enough to judge"),
        pytest.param(Rate(Metric.COMPLAINT_RATE, 1, 99, volume=500), 100, None, id="a complaint about too little"),
        pytest.param(Rate(Metric.COMPLAINT_RATE, 0, 0, volume=100), 100, Fraction(0), id="none about enough mail"),
        pytest.param(Rate(Metric.COMPLAINT_RATE, 0, 0, volume=99), 100, None, id="none about too little mail"),
        pytest.param(
            Rate(Metric.COMPLAINT_RATE, 0, 0, volume=1), 0, Fraction(0), id="none about one, if any is enough"
        ),
        pytest.param(Rate(Metric.COMPLAINT_RATE, 0, 0, volume=0), 0, None, id="no mail"),
    ],
)
def test_no_complaint_at_all_is_shown_as_nothing_though_no_provider_would_have_told(
    rate: Rate, minimum: int, shown: Fraction | None
) -> None:
    assert replace(CLASSIC, minimum_volume=minimum).shown(rate) == shown


@pytest.mark.parametrize(
    ("representative", "minimum", "volume"),
    [(10_000, 100, 10_000), pytest.param(50, 100, 100, id="a window that could never be judged is no use")],
)
def test_a_window_holds_at_least_what_can_be_judged(representative: int, minimum: int, volume: int) -> None:
    assert Policy(representative_volume=representative, minimum_volume=minimum).window_volume() == volume


def test_people_review_the_kinds_of_scope_that_ask_for_it() -> None:
    policy = Policy(human_review=frozenset({ScopeKind.TENANT}))
    assert policy.reviewed_by_people(Scope("tenant/lucky-deals"))
    assert not policy.reviewed_by_people(ACCOUNT)
