"""The survey: how all scopes stand, in as few numbers as many scopes and few have in common."""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

from msgspec import Struct, field

from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.listing import Listed, share_of_limit
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ACCOUNT, ScopeKind, kind_of

# A limit of 0 % is exceeded without end, which no graph shows.
MOST = 100.0


class Survey(Struct, frozen=True):
    """How many scopes have each status, the account's rates, and the worst rates of each kind of scope.

    `shares` are of the limit: 1 is the limit, MOST is the highest. A rate that can't be judged is in neither.
    """

    statuses: Mapping[Status, int] = field(default_factory=dict)
    rates: Mapping[Metric, Fraction] = field(default_factory=dict)
    shares: Mapping[tuple[Metric, ScopeKind], float] = field(default_factory=dict)


def survey(scopes: Iterable[Listed], policy: Policy) -> Survey:
    """Go through all scopes once.

    Of a kind it is the worst scope that tells something: the mean, or the median, of a thousand tenants stays where it
    is whatever becomes of one.
    """
    statuses: Counter[Status] = Counter()
    rates: dict[Metric, Fraction] = {}
    shares: dict[tuple[Metric, ScopeKind], float] = {}
    for scope in scopes:
        statuses[scope.status] += 1
        kind = kind_of(scope.scope)
        for metric in Metric:
            share = share_of_limit(scope, metric, policy)
            if share is not None:
                shares[metric, kind] = max(shares.get((metric, kind), 0.0), min(share, MOST))
            if scope.scope == ACCOUNT and (rate := scope.rate(metric)) and (shown := policy.shown(rate)) is not None:
                rates[metric] = shown
    return Survey(statuses, rates, shares)
