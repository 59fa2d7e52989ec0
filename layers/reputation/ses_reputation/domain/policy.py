"""The numbers that a scope is judged by."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct, field

from ses_reputation.domain.feedback_loops import FeedbackLoops
from ses_reputation.domain.limits import Limits, Profile, limits_by_kind
from ses_reputation.domain.rates import Metric, Rate, VolumeSource
from ses_reputation.domain.scopes import Scope, ScopeKind, kind_of

# A warning is given again only after the rate has fallen by a fifth of the recommended value, so that one that hovers
# there warns once.
REARMED_AT = Fraction(4, 5)


COUNTED_BY_SES = frozenset({ScopeKind.ACCOUNT, ScopeKind.CONFIGURATION_SET})


class Evidence(StrEnum):
    """Whether there is enough to judge a rate by."""

    ENOUGH = "enough"
    TOO_LITTLE_MAIL = "too_little_mail"
    TOO_FEW_EVENTS = "too_few_events"


class Policy(Struct, frozen=True):
    """How rates are measured and statuses move; the defaults are those of template.yaml.

    SES publishes neither the length of a probation nor its representative volume: 21 days follow from its FAQ (ask for
    no review within three weeks), 10,000 recipients from the mails it sent. `period_reminders` are days before the end
    of a probation; `review_reminder` is after how long, again and again, people are told that a review waits (zero:
    never). `suspicion_minimum` is how many replies of a class, or hard bounces at one provider, it takes to suspect a
    problem (zero: none ever is). `hold_outages` is whether mail that a suspected outage bounces is in no bounce rate
    until a person has reviewed it.
    """

    profile: Profile = Profile.CLASSIC
    limits: Mapping[ScopeKind, Mapping[Metric, Limits]] = field(default_factory=lambda: limits_by_kind(Profile.CLASSIC))
    volume_source: VolumeSource = VolumeSource.SEND_EVENTS
    feedback_loops: FeedbackLoops = FeedbackLoops()
    representative_volume: int = 10_000
    minimum_volume: int = 100
    minimum_bounces: int = 2
    minimum_complaints: int = 3
    oldest_mail: timedelta = timedelta(days=365)
    probation: timedelta = timedelta(days=21)
    steady: timedelta = timedelta(hours=24)
    healing: timedelta = timedelta(days=7)
    human_review: frozenset[ScopeKind] = frozenset()
    period_reminders: tuple[int, ...] = (7, 1)
    review_reminder: timedelta = timedelta(days=3)
    suspicion_minimum: int = 20
    hold_outages: bool = False

    def limits_of(self, scope: Scope, metric: Metric) -> Limits:
        """What a metric of a scope may be."""
        return self.limits[kind_of(scope)][metric]

    def minimum_count(self, metric: Metric) -> int:
        """On fewer hard bounces or complaints than this no status changes for the worse."""
        return self.minimum_bounces if metric is Metric.BOUNCE_RATE else self.minimum_complaints

    def can_measure(self, scope: Scope) -> bool:
        """Whether the volume source tells of a scope: SES's statistics know only the account and configuration sets."""
        return self.volume_source is not VolumeSource.STATISTICS or kind_of(scope) in COUNTED_BY_SES

    def can_judge(self, rate: Rate) -> bool:
        """Whether a rate covers enough mail to mean something."""
        return rate.eligible >= max(self.minimum_volume, 1)

    def shown(self, rate: Rate) -> Fraction | None:
        """The rate as it is shown: None where there is too little mail to judge.

        Without a single complaint it is 0, however little of the mail could have led to one, as in SES's console.
        """
        if self.can_judge(rate):
            return rate.fraction
        return Fraction(0) if rate.count == 0 and rate.volume >= max(self.minimum_volume, 1) else None

    def is_proven(self, rate: Rate) -> bool:
        """Whether a rate that is over a limit has enough mail, and enough bounces or complaints, to act on."""
        return self.can_judge(rate) and rate.count >= self.minimum_count(rate.metric)

    def is_over_limit(self, scope: Scope, rate: Rate) -> bool:
        """Whether a rate is over its limit."""
        return self.limits_of(scope, rate.metric).limit.exceeded_by(rate.count, rate.eligible)

    def is_over_shutdown(self, scope: Scope, rate: Rate) -> bool:
        """Whether a rate is so high that a probation that ends with it ends in a shutdown."""
        return self.limits_of(scope, rate.metric).shutdown.exceeded_by(rate.count, rate.eligible)

    def evidence(self, scope: Scope, rate: Rate) -> Evidence:
        """Whether a rate can be judged; how few bounces or complaints there are matters only over the limit."""
        if not self.can_judge(rate):
            return Evidence.TOO_LITTLE_MAIL
        if self.is_over_limit(scope, rate) and not self.is_proven(rate):
            return Evidence.TOO_FEW_EVENTS
        return Evidence.ENOUGH

    def is_warned_about(self, scope: Scope, rate: Rate, *, already: bool) -> bool:
        """Whether a rate is at the recommended value or over it; one that was stays so until it is well under."""
        recommended = self.limits_of(scope, rate.metric).recommended
        if already:
            rearmed = REARMED_AT * recommended.value
            return rate.eligible <= 0 or rate.count * rearmed.denominator > rearmed.numerator * rate.eligible
        return self.is_proven(rate) and recommended.exceeded_by(rate.count, rate.eligible)

    def window_volume(self) -> int:
        """How much mail closes a window: a window that could never be judged would be no use."""
        return max(self.representative_volume, self.minimum_volume)

    def reviewed_by_people(self, scope: Scope) -> bool:
        """Whether a person decides before this scope is shut down."""
        return kind_of(scope) in self.human_review
