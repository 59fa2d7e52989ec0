"""The kinds of findings, and what SES's reputation dashboard says that each of them leads to."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.domain.rates import Metric


class Category(StrEnum):
    """What a finding is about. The two that are metrics are measured; a report opens the others."""

    BOUNCE_RATE = Metric.BOUNCE_RATE.value
    COMPLAINT_RATE = Metric.COMPLAINT_RATE.value
    ANTI_SPAM_ORGANIZATION = "anti_spam_organization"
    DIRECT_FEEDBACK = "direct_feedback"
    DOMAIN_BLOCKLIST = "domain_blocklist"
    INTERNAL_REVIEW = "internal_review"
    MAILBOX_PROVIDER = "mailbox_provider"
    RECIPIENT_FEEDBACK = "recipient_feedback"
    RELATED_ACCOUNT = "related_account"
    SPAMTRAP = "spamtrap"
    VULNERABLE_SITE = "vulnerable_site"
    OTHER = "other"

    @property
    def metric(self) -> Metric | None:
        """The metric that it is about, None for a category that is reported."""
        return METRICS.get(self)


METRICS: Mapping[Category, Metric] = MappingProxyType({Category(metric): metric for metric in Metric})
"""The categories that are measured."""


class Severity(StrEnum):
    """How a finding begins that is reported. What is suspected waits for a person who confirms or dismisses it."""

    SUSPECTED = "suspected"
    PROBATION = "probation"
    SHUTDOWN = "shutdown"


class OnChanges(StrEnum):
    """What follows when the changes that a sender reported are accepted."""

    COUNTED_ANEW = "counted_anew"  # Only mail after the change counts.
    MORE_TIME = "more_time"  # The period is extended, and only reports after the change count.
    LIFTED = "lifted"  # A person has reviewed it, and found it solved.


class AtEnd(StrEnum):
    """What the end of the period leads to."""

    SHUTDOWN = "shutdown"
    MAY_SHUT_DOWN = "may_shut_down"  # A person decides whether it does.
    DECISION = "decision"
    HEALTHY = "healthy"


class Repeat(StrEnum):
    """What another finding leads to, after one of the same category was closed."""

    PROBATION = "probation"
    SHUTDOWN = "shutdown"
    PERMANENT = "permanent"  # A person decides whether it is.


class CategoryPolicy(Struct, frozen=True):
    """One row of the policy: what a category leads to.

    `repeats` is what the second, the third, ... finding of it begins with, the last one for all that follow; empty
    where a repeat is a finding like any other.
    """

    on_changes: OnChanges
    remains: AtEnd
    gone: AtEnd
    repeats: tuple[Repeat, ...] = ()


_MEASURED = CategoryPolicy(OnChanges.COUNTED_ANEW, remains=AtEnd.SHUTDOWN, gone=AtEnd.HEALTHY)
_WATCHED = CategoryPolicy(OnChanges.MORE_TIME, remains=AtEnd.SHUTDOWN, gone=AtEnd.HEALTHY)
_REVIEWED = CategoryPolicy(OnChanges.LIFTED, remains=AtEnd.DECISION, gone=AtEnd.DECISION)
_REVIEWED_AND_REPEATED = CategoryPolicy(
    OnChanges.LIFTED,
    remains=AtEnd.DECISION,
    gone=AtEnd.DECISION,
    repeats=(Repeat.PROBATION, Repeat.SHUTDOWN, Repeat.PERMANENT),
)

# From SES's own page about these messages, in its first form: what it "will" do is done; where it "may", or does not
# say, a person decides. It also says "may" of what follows when a problem is gone, but then nobody has to wait here.
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
CATEGORIES: Mapping[Category, CategoryPolicy] = MappingProxyType(
    {
        Category.BOUNCE_RATE: _MEASURED,
        Category.COMPLAINT_RATE: _MEASURED,
        Category.ANTI_SPAM_ORGANIZATION: _WATCHED,
        Category.DIRECT_FEEDBACK: _WATCHED,
        Category.DOMAIN_BLOCKLIST: _WATCHED,
        Category.INTERNAL_REVIEW: _REVIEWED_AND_REPEATED,
        Category.MAILBOX_PROVIDER: CategoryPolicy(OnChanges.MORE_TIME, remains=AtEnd.MAY_SHUT_DOWN, gone=AtEnd.HEALTHY),
        Category.RECIPIENT_FEEDBACK: _WATCHED,
        Category.RELATED_ACCOUNT: _REVIEWED,
        Category.SPAMTRAP: _WATCHED,
        Category.VULNERABLE_SITE: _REVIEWED_AND_REPEATED,
        Category.OTHER: _REVIEWED,
    }
)
