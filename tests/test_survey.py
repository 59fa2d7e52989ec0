"""The survey: of each kind of scope the worst, how many have which status, and the account's own rates."""

from fractions import Fraction

import pytest

from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.limits import Profile, limits_by_kind, parse_custom_limits
from ses_reputation.domain.listing import Listed, ListedRate
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind
from ses_reputation.domain.survey import MOST, Survey, survey

BOUNCE, COMPLAINT = Metric.BOUNCE_RATE, Metric.COMPLAINT_RATE


def scope(
    name: str,
    bounced: int | None = None,
    complained: int | None = None,
    of: int = 1000,
    status: Status = Status.HEALTHY,
) -> Listed:
    """A scope with so many hard bounces and complaints of so many recipients; None was never measured."""

    def rate(count: int | None) -> ListedRate | None:
        return None if count is None else ListedRate(count, of, of)

    return Listed(Scope(name), status, bounce_rate=rate(bounced), complaint_rate=rate(complained))


def test_of_each_kind_the_worst_scope_tells_how_near_its_limit_is() -> None:
    scopes = [scope("tenant/a", 20, 1), scope("tenant/b", 80, 0), scope("tenant/c", 50, 4), scope("identity/d", 10)]
    assert survey(scopes, Policy()).shares == {
        (BOUNCE, ScopeKind.TENANT): pytest.approx(0.8),
        (COMPLAINT, ScopeKind.TENANT): pytest.approx(0.8),
        (BOUNCE, ScopeKind.IDENTITY): pytest.approx(0.1),
    }


def test_a_rate_is_measured_by_the_limit_of_its_own_kind() -> None:
    policy = Policy(limits=limits_by_kind(Profile.CLASSIC, parse_custom_limits("tenant.bounce.limit>=4%")))
    shares = survey([scope("tenant/a", 40), scope("identity/b", 40)], policy).shares
    assert shares == {
        (BOUNCE, ScopeKind.TENANT): pytest.approx(1),
        (BOUNCE, ScopeKind.IDENTITY): pytest.approx(0.4),
    }


def test_too_little_mail_tells_nothing_however_bad_it_is() -> None:
    assert survey([scope("account", 50, 50, of=99)], Policy()) == Survey(statuses={Status.HEALTHY: 1})


def test_a_rate_of_nothing_is_a_rate() -> None:
    found = survey([scope("account", 0, 0)], Policy())
    assert found.rates == {BOUNCE: 0, COMPLAINT: 0}
    assert set(found.shares.values()) == {0.0}


def test_only_the_accounts_own_rates_are_told_exactly() -> None:
    found = survey([scope("tenant/a", 80, 4), scope(ACCOUNT, 12, 1)], Policy())
    assert found.rates == {BOUNCE: Fraction(12, 1000), COMPLAINT: Fraction(1, 1000)}


def test_a_limit_of_nothing_is_exceeded_as_far_as_a_graph_can_show() -> None:
    policy = Policy(limits=limits_by_kind(Profile.CLASSIC, parse_custom_limits("tenant.bounce.limit>0%")))
    assert survey([scope("tenant/a", 1)], policy).shares == {(BOUNCE, ScopeKind.TENANT): MOST}


def test_every_scope_is_counted_under_its_status() -> None:
    scopes = [scope("tenant/a"), scope("tenant/b", status=Status.PROBATION), scope("tag/c=d", status=Status.PROBATION)]
    assert survey(scopes, Policy()).statuses == {Status.HEALTHY: 1, Status.PROBATION: 2}
