"""The numbers that a scope is judged by."""

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction

from msgspec import Struct, field

from ses_reputation.domain.rates import Metric, Rate, VolumeSource
from ses_reputation.domain.scopes import Scope, ScopeKind, kind_of


class Limits(Struct, frozen=True):
    """What a rate may be: it is over the limit when it *exceeds* it; `recommended` is the lower one to stay under."""

    limit: Fraction
    recommended: Fraction

    def exceeded_by(self, rate: Rate) -> bool:
        """Whether a rate is over the limit: by cross-multiplication, so that no rounding decides."""
        return rate.count * self.limit.denominator > self.limit.numerator * rate.eligible


# The limits of SES's reputation dashboard as it was first documented: over 10 % bounces or over 0.5 % complaints put an
# account on probation; it asks senders to stay under 5 % and 0.1 %.
CLASSIC: Mapping[Metric, Limits] = {
    Metric.BOUNCE_RATE: Limits(limit=Fraction(10, 100), recommended=Fraction(5, 100)),
    Metric.COMPLAINT_RATE: Limits(limit=Fraction(5, 1000), recommended=Fraction(1, 1000)),
}


class Policy(Struct, frozen=True):
    """How rates are measured and statuses move; the defaults are those of template.yaml.

    SES publishes neither the length of a probation nor its representative volume: 21 days follow from its FAQ (ask for
    no review within three weeks), 10,000 recipients from the mails it sent.
    """

    limits: Mapping[Metric, Limits] = field(default_factory=lambda: CLASSIC)
    volume_source: VolumeSource = VolumeSource.SEND_EVENTS
    representative_volume: int = 10_000
    minimum_volume: int = 100
    oldest_mail: timedelta = timedelta(days=365)
    probation: timedelta = timedelta(days=21)
    steady: timedelta = timedelta(hours=24)
    healing: timedelta = timedelta(days=7)
    human_review: frozenset[ScopeKind] = frozenset()

    def can_judge(self, rate: Rate) -> bool:
        """Whether a rate covers enough mail to mean something."""
        return rate.holds(self.minimum_volume)

    def window_volume(self) -> int:
        """How much mail closes a window: a window that could never be judged would be no use."""
        return max(self.representative_volume, self.minimum_volume)

    def reviewed_by_people(self, scope: Scope) -> bool:
        """Whether a person decides before this scope is shut down."""
        return kind_of(scope) in self.human_review
