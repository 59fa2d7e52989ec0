"""Limits: what a rate may be. Two profiles of SES's own, and a deployment's own numbers over them."""

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ScopeKind


class Bound(Struct, frozen=True):
    """A fraction, and whether the fraction itself is over it already (`>=`) or may still be reached (`>`)."""

    value: Fraction
    inclusive: bool = False

    def exceeded_by(self, count: int, eligible: int) -> bool:
        """Whether a rate is over this bound: by cross-multiplication, so that no rounding decides.

        A rate without mail is over no bound.
        """
        excess = count * self.value.denominator - self.value.numerator * eligible
        return eligible > 0 and (excess >= 0 if self.inclusive else excess > 0)


def exact_decimal(limit: Fraction) -> str:
    """A limit as a decimal fraction, without an exponent; limits have six places at most."""
    return f"{Decimal(limit.numerator) / limit.denominator:f}"


class Limits(Struct, frozen=True):
    """What a rate may be.

    Over `limit` a probation begins, or goes on; over `shutdown` when it ends, it ends in a shutdown. `recommended` is
    the lower one to stay under: at it, people are warned.
    """

    limit: Bound
    shutdown: Bound
    recommended: Bound


class Profile(StrEnum):
    """Limits that SES states, or has stated."""

    CLASSIC = "classic"
    CURRENT = "current"


def _percent(text: str) -> Fraction:
    return Fraction(text) / 100


def _limits(limit: str, shutdown: str, recommended: str) -> Limits:
    return Limits(_bound(limit), _bound(shutdown), _bound(recommended))


def _bound(text: str) -> Bound:
    """`>= 5` in percent: what is over the bound."""
    operator, percent = text.split()
    return Bound(_percent(percent), inclusive=operator == ">=")


# CLASSIC is SES's reputation dashboard as it was first documented: *over* 10 % or 0.5 %, from the probation's beginning
# to its end. CURRENT is what SES applies today: a review at 5 % or 0.1 %, a sending pause at 10 % or 0.5 %. The
# recommended values are to be stayed *under*, in both.
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
# https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
PROFILES: Mapping[Profile, Mapping[Metric, Limits]] = {
    Profile.CLASSIC: {
        Metric.BOUNCE_RATE: _limits(limit="> 10", shutdown="> 10", recommended=">= 5"),
        Metric.COMPLAINT_RATE: _limits(limit="> 0.5", shutdown="> 0.5", recommended=">= 0.1"),
    },
    Profile.CURRENT: {
        Metric.BOUNCE_RATE: _limits(limit=">= 5", shutdown=">= 10", recommended=">= 2"),
        Metric.COMPLAINT_RATE: _limits(limit=">= 0.1", shutdown=">= 0.5", recommended=">= 0.1"),
    },
}


class CustomLimit(Struct, frozen=True):
    """One number of a deployment's own: `tenant.bounce.limit>=4%`. `inclusive` None keeps the profile's operator."""

    kind: ScopeKind
    metric: Metric
    which: str
    value: Fraction
    inclusive: bool | None = None


_METRICS = {"bounce": Metric.BOUNCE_RATE, "complaint": Metric.COMPLAINT_RATE}
_CUSTOM_LIMIT = re.compile(
    rf"({'|'.join(ScopeKind)})\.({'|'.join(_METRICS)})\.(limit|shutdown|recommended)"
    r"(>=|>|=)(100|[0-9]{1,2}(?:\.[0-9]{1,4})?)%"
)


def parse_custom_limits(text: str) -> tuple[CustomLimit, ...]:
    """The limits in a list such as `tenant.bounce.limit>=4%,tag.complaint.recommended=0.05%`; ValueError if it is none.

    A later one of the same name replaces an earlier one.
    """
    return tuple(_custom_limit(part.strip()) for part in text.split(",") if part.strip())


def _custom_limit(text: str) -> CustomLimit:
    match = _CUSTOM_LIMIT.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text!r} is no limit such as tenant.bounce.limit>=4%: a scope kind ({', '.join(ScopeKind)}), bounce or "
            "complaint, limit, shutdown or recommended, then >, >= or =, and a percentage of up to 100"
        )
    kind, metric, which, operator, percent = match.groups()
    inclusive = {">=": True, ">": False, "=": None}[operator]
    return CustomLimit(ScopeKind(kind), _METRICS[metric], which, _percent(percent), inclusive)


def limits_by_kind(
    profile: Profile, custom: tuple[CustomLimit, ...] = ()
) -> Mapping[ScopeKind, Mapping[Metric, Limits]]:
    """The limits of every kind of scope.

    The limit wins over its neighbours: a shutdown limit below it is raised to it, and so is a recommended value above
    it lowered.
    """
    table = {kind: dict(PROFILES[profile]) for kind in ScopeKind}
    for number in custom:
        limits = table[number.kind][number.metric]
        bound: Bound = getattr(limits, number.which)
        inclusive = bound.inclusive if number.inclusive is None else number.inclusive
        table[number.kind][number.metric] = replace(limits, **{number.which: Bound(number.value, inclusive)})
    return {kind: {metric: _in_order(limits) for metric, limits in metrics.items()} for kind, metrics in table.items()}


def _in_order(limits: Limits) -> Limits:
    return replace(
        limits,
        shutdown=limits.shutdown if limits.shutdown.value >= limits.limit.value else limits.limit,
        recommended=Bound(min(limits.recommended.value, limits.limit.value), limits.recommended.inclusive),
    )
