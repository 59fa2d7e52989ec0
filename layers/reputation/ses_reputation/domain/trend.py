"""The trend of a scope: the rates that it was judged by, one a day, for the small line beside it in a listing."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from msgspec import Struct

from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate

DAYS = 14
"""How many days a trend has at most."""

# A rate of one complaint in a million recipients is still told from none.
_UNIT = 1_000_000

Points = tuple[int | None, ...]


class Trend(Struct, frozen=True, array_like=True, gc=False):
    """The newest days of a scope's two rates, the oldest day first, in millionths; None where there was no rate.

    `last` is the day, in UTC, that the last points are of; None before the first. Both metrics have as many points.
    """

    last: date | None = None
    bounce_rate: Points = ()
    complaint_rate: Points = ()

    def of(self, metric: Metric) -> Points:
        """The points of one metric."""
        return self.bounce_rate if metric is Metric.BOUNCE_RATE else self.complaint_rate

    def fractions(self, metric: Metric) -> tuple[Fraction | None, ...]:
        """The points of one metric as rates."""
        return tuple(None if point is None else Fraction(point, _UNIT) for point in self.of(metric))

    def until(self, day: date) -> "Trend":
        """The same trend, with the days until this one that nothing is known of; of a day that is over, as it is."""
        if self.last is None or day <= self.last:
            return self
        unknown: Points = (None,) * min((day - self.last).days, DAYS)
        return Trend(day, _newest(self.bounce_rate + unknown), _newest(self.complaint_rate + unknown))


def with_today(trend: Trend, rates: Mapping[Metric, Rate], today: date, policy: Policy) -> Trend:
    """The trend with the rates of today in place of those that were measured earlier in the day.

    A day before the last one that it has changes nothing.
    """
    if trend.last is not None and today < trend.last:
        return trend
    before = trend.until(today - timedelta(days=1))
    kept = len(before.bounce_rate) - (trend.last == today)

    def points(metric: Metric) -> Points:
        return _newest((*before.of(metric)[:kept], _point(rates.get(metric), policy)))

    return Trend(today, points(Metric.BOUNCE_RATE), points(Metric.COMPLAINT_RATE))


def _newest(points: Points) -> Points:
    return points[-DAYS:]


def _point(rate: Rate | None, policy: Policy) -> int | None:
    """A rate in millionths, rounded half up; None where none is shown."""
    shown = policy.shown(rate) if rate else None
    return None if shown is None else int(shown * _UNIT + Fraction(1, 2))
