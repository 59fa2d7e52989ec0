"""The listing: of every scope only what a list of scopes shows, since there may be thousands."""

from collections.abc import Callable, Mapping
from datetime import datetime
from math import inf
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import STAGES_THAT_WAIT, Stage, Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Finding, Standing
from ses_reputation.domain.trend import Trend

_STATUSES = {status: place for place, status in enumerate(Status)}
_STAGES = {stage: place for place, stage in enumerate(Stage)}


class ListedRate(Struct, frozen=True, array_like=True, gc=False):
    """A deciding rate: `count` hard bounces or complaints per `eligible` recipients, of `volume` that it covers."""

    count: int
    eligible: int
    volume: int


class ListedFinding(Struct, frozen=True, array_like=True):
    """An open finding: `waits_since` is since when it waits for a person's decision, None if it does not."""

    id: str
    category: Category
    stage: Stage
    stage_since: datetime
    period_end: datetime | None = None
    waits_since: datetime | None = None

    @property
    def reports_changes(self) -> bool:
        """Whether what waits are changes that were reported, and not what becomes of the finding at its stage."""
        return self.waits_since is not None and self.stage not in STAGES_THAT_WAIT


class Listed(Struct, frozen=True, array_like=True):
    """A scope in the listing. `volume` is how many recipients its window has, `outages` how many of them wait.

    A rate is None before it was first measured.
    """

    scope: Scope
    status: Status
    evaluated: datetime | None = None
    bounce_rate: ListedRate | None = None
    complaint_rate: ListedRate | None = None
    volume: int = 0
    findings: tuple[ListedFinding, ...] = ()
    outages: int = 0
    trend: Trend = Trend()

    def rate(self, metric: Metric) -> Rate | None:
        """The rate that a metric's status depends on; None before it was first measured."""
        known = self.bounce_rate if metric is Metric.BOUNCE_RATE else self.complaint_rate
        return Rate(metric, known.count, known.eligible, volume=known.volume) if known else None

    @property
    def waiting(self) -> int:
        """How many findings and outages wait for a person's decision."""
        return self.outages + sum(finding.waits_since is not None for finding in self.findings)


class Listing(Struct, frozen=True):
    """The scopes that a reading found, those with the worst status first, and whether they are all there are."""

    rows: tuple[Listed, ...] = ()
    complete: bool = True


def gravest_first(standing: Standing) -> list[Finding]:
    """The open findings of a scope, the one that its status comes from first."""
    return sorted(standing.findings.values(), key=_gravity)


def listed(standing: Standing) -> Listed:
    """What the listing has of a scope."""
    measures = standing.measures.get(Metric.BOUNCE_RATE)
    findings = (
        ListedFinding(f.id, f.category, f.stage, f.stage_since, f.period_end, f.waits_since)
        for f in gravest_first(standing)
    )
    return Listed(
        scope=standing.scope,
        status=standing.status,
        evaluated=standing.evaluated,
        bounce_rate=_rate(standing, Metric.BOUNCE_RATE),
        complaint_rate=_rate(standing, Metric.COMPLAINT_RATE),
        volume=measures.window.volume if measures else 0,
        findings=tuple(findings),
        outages=sum(outage.waits_since is not None for outage in standing.outages),
        trend=standing.trend,
    )


def _rate(standing: Standing, metric: Metric) -> ListedRate | None:
    if metric not in standing.measures:
        return None
    deciding = standing.measures[metric].deciding
    return ListedRate(deciding.count, deciding.eligible, deciding.volume)


def worst_first(policy: Policy) -> Callable[[Listed], Any]:
    """What sorts scopes by status, the worst first, and then by how much of its limit the worse rate uses up."""

    def badness(scope: Listed) -> tuple[int, float, Scope]:
        return (
            -_STATUSES[scope.status],
            -max(share_of_limit(scope, metric, policy) or 0.0 for metric in Metric),
            scope.scope,
        )

    return badness


def share_of_limit(scope: Listed, metric: Metric, policy: Policy) -> float | None:
    """How much of its limit a rate uses up: 1 is the limit, infinity more than a limit of nothing.

    None where there is too little mail to judge.
    """
    rate = scope.rate(metric)
    if rate is None:
        return None
    if not rate.count:
        return None if policy.shown(rate) is None else 0.0
    if not policy.can_judge(rate):
        return None
    limit = policy.limits_of(scope.scope, metric).limit.value
    # The float nearest to the exact quotient, as of two fractions, and of 10,000 scopes in a fifth of the time.
    return rate.count * limit.denominator / (rate.eligible * limit.numerator) if limit else inf


# What waits for a decision that more depends on, what time leads to something, what a person may leave as it is, what
# nothing follows from until the sender appeals, and what nothing follows from at all.
_PLACES: Mapping[Stage, int] = MappingProxyType(
    {
        Stage.PENDING_SHUTDOWN: 0,
        Stage.PENDING_DECISION: 0,
        Stage.PROBATION: 1,
        Stage.ALMOST_HEALED: 1,
        Stage.SUSPECTED: 2,
        Stage.SHUTDOWN: 3,
        Stage.PERMANENT_SHUTDOWN: 4,
    }
)


def urgency(finding: ListedFinding) -> tuple[int, int, float]:
    """What sorts findings of many scopes by urgency: first what waits for a decision, then what time moves on.

    Reported changes and appeals wait for one; a suspicion can wait. Last is a shutdown, from which nothing follows.
    """
    return 0 if finding.reports_changes else _PLACES[finding.stage], *_gravity(finding)


def _gravity(finding: Finding | ListedFinding) -> tuple[int, float]:
    """What sorts findings by how bad they are: the worst stage first, then what has waited longest or ends soonest."""
    moments = [moment.timestamp() for moment in (finding.waits_since, finding.period_end) if moment]
    return -_STAGES[finding.stage], min(moments, default=inf)
