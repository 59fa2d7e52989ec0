"""Detectors: what receiving servers say of a scope's mail more often than they used to.

SES reports such problems by mail, weeks later. Here a rise is only suspected to be one: a person confirms or dismisses.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import takewhile
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.blocklists import Lists
from ses_reputation.domain.categories import Category
from ses_reputation.domain.decisions import DISMISSED_FOR
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, divided_at
from ses_reputation.domain.replies import Reply
from ses_reputation.domain.reply_rules import ReplyClass
from ses_reputation.domain.scopes import Scope, ScopeKind, kind_of
from ses_reputation.domain.standing import Standing, next_full_hour

# A day evens out the hours, and is soon enough for what takes SES weeks; four weeks even out the days.
SOURCE = "replies of receiving servers"
"""Who suspects."""

RECENT = timedelta(hours=24)
HISTORY = timedelta(days=28)

# What one in a hundred servers says is everyday life, and so is what is up by less than this.
LEAST_SHARE = Fraction(1, 100)
LEAST_RISE = 3
# In less mail before, a reply that one server in three hundred gives may be missing by chance.
LEAST_HISTORY = 1_000
# Where there is nothing to compare with, it takes more to be unusual.
LEAST_SHARE_WITHOUT_HISTORY = Fraction(1, 20)


class Detector(Struct, frozen=True):
    """What a rise of a class of replies may mean to which kinds of scope.

    `lists` is what the blocklists that the replies name must have entries of (None is a list of which nobody knows);
    empty for replies that name none.
    """

    reply_class: ReplyClass
    category: Category
    kinds: frozenset[ScopeKind]
    lists: tuple[Lists | None, ...] = ()

    def speaks(self, reply: Reply) -> bool:
        """Whether a reply of its class says what this row is about."""
        return not self.lists or (reply.blocklist is not None and reply.blocklist.lists in self.lists)


# Each problem is suspected where somebody can do something about it: a listed domain at the identity that sends from
# it, an address at the account, whose mail leaves from it, what one provider thinks at that provider. A platform wants
# to know which of its tenants it is, too. User unknown and mailbox full are no row: SES counts the one in the bounce
# rate, and the other is the recipient's business; a provider's outage is told from its hard bounces.
_PLACES_OF_PROVIDERS = frozenset({ScopeKind.PROVIDER, ScopeKind.TENANT})
DETECTORS: tuple[Detector, ...] = (
    Detector(
        ReplyClass.BLOCKLIST,
        Category.DOMAIN_BLOCKLIST,
        frozenset({ScopeKind.IDENTITY, ScopeKind.TENANT}),
        (Lists.DOMAINS,),
    ),
    Detector(
        ReplyClass.BLOCKLIST,
        Category.ANTI_SPAM_ORGANIZATION,
        frozenset({ScopeKind.ACCOUNT, ScopeKind.TENANT}),
        (Lists.ADDRESSES, None),
    ),
    Detector(ReplyClass.SPAM_BLOCK, Category.MAILBOX_PROVIDER, _PLACES_OF_PROVIDERS),
    Detector(ReplyClass.POLICY_BLOCK, Category.MAILBOX_PROVIDER, _PLACES_OF_PROVIDERS),
    Detector(ReplyClass.AUTHENTICATION_FAILURE, Category.MAILBOX_PROVIDER, _PLACES_OF_PROVIDERS),
    Detector(ReplyClass.RATE_LIMITED, Category.MAILBOX_PROVIDER, _PLACES_OF_PROVIDERS),
)

# Who sends to a trap has got its addresses from somewhere they should not be from: that is a stream, and its sender.
TRAPPED = frozenset({ScopeKind.CONFIGURATION_SET, ScopeKind.IDENTITY, ScopeKind.TENANT})

_BY_KIND: Mapping[ScopeKind, tuple[Detector, ...]] = MappingProxyType(
    {kind: tuple(row for row in DETECTORS if kind in row.kinds) for kind in ScopeKind}
)


class Rise(Struct, frozen=True):
    """A class of replies that came more often than before: `count` of them on `volume` recipients in the last day.

    `before` and `volume_before` are those of the `days` before it, up to four weeks, as far as there was mail. `since`
    is from when on they were counted, None for the whole day. `named` is about how many of them name a blocklist of the
    kind that is suspected, None if that does not matter.
    """

    reply_class: ReplyClass
    count: int
    volume: int
    before: int
    volume_before: int
    days: int
    since: datetime | None = None
    named: int | None = None


class Heard(Struct, frozen=True):
    """What a server of a mailbox provider replied to one recipient's mail: its text, and what that means."""

    provider: str
    text: str
    reply: Reply


class Suspicion(Struct, frozen=True):
    """What may be a problem of this category: rises, of which `heard` is some, or mail for spamtraps."""

    category: Category
    rises: tuple[Rise, ...] = ()
    heard: tuple[Heard, ...] = ()
    trapped: int = 0


def classes_of(scope: Scope) -> tuple[ReplyClass, ...]:
    """The classes of replies that are watched in a scope."""
    return tuple(dict.fromkeys(row.reply_class for row in _BY_KIND[kind_of(scope)]))


def rises(standing: Standing, newest_first: Iterable[HourCounts], now: datetime, policy: Policy) -> tuple[Rise, ...]:
    """The classes of replies that have risen in a scope, by its hours; read beyond the last day only if one may have.

    A class has risen if there are as many of it in the last day as the policy asks for, on at least one recipient in a
    hundred, and three times as many on the same mail as in the four weeks before; if there was little mail before, on
    one recipient in twenty. Mail from before a finding counts, or ended, is not counted again.
    Without volume (a source that does not tell it of this scope) nothing can be held against anything.
    """
    if not (policy.suspicion_minimum and policy.can_measure(standing.scope)):
        return ()
    read, earlier = divided_at(newest_first, now - RECENT)
    # SES's statistics know no replies: their mail would only make the share of what the others count look smaller.
    recent = [hour for hour in read if not hour.backfilled]
    candidates: dict[ReplyClass, tuple[int, int, datetime | None]] = {}
    for reply_class in classes_of(standing.scope):
        start = _news_start(standing, (row.category for row in _rows(standing.scope, reply_class)), now)
        new = _since(start, recent)
        count, volume = sum(hour.of_class(reply_class) for hour in new), _volume(new, policy)
        if count >= policy.suspicion_minimum and volume > 0 and _is_at_least(LEAST_SHARE, count, volume):
            candidates[reply_class] = count, volume, start
    if not candidates:
        return ()
    before, _ = divided_at(takewhile(_is_classified, earlier), now - RECENT - HISTORY)
    if any(hour.total(Measure.DELAYED) for hour in recent):
        before = _told_of_delays(before)
    volume_before = max(_volume(before, policy), 0)
    days = -((before[-1].hour - (now - RECENT)) // timedelta(days=1)) if before else 0
    risen = (
        Rise(c, count, volume, sum(hour.of_class(c) for hour in before), volume_before, days, start)
        for c, (count, volume, start) in candidates.items()
    )
    return tuple(rise for rise in risen if _is_more(rise))


def _told_of_delays(newest_first: list[HourCounts]) -> list[HourCounts]:
    """The hours since the oldest with a delay: before that, SES was perhaps not asked to tell of them.

    The replies of all those that it tells of from some day on would look like a rise.
    """
    delayed = [number for number, hour in enumerate(newest_first, 1) if hour.total(Measure.DELAYED)]
    return newest_first[: delayed[-1]] if delayed else []


def _rows(scope: Scope, reply_class: ReplyClass) -> tuple[Detector, ...]:
    return tuple(row for row in _BY_KIND[kind_of(scope)] if row.reply_class is reply_class)


def _news_start(standing: Standing, categories: Iterable[Category], now: datetime) -> datetime | None:
    """From which full hour on mail says something new of these categories; None if all of the last day does."""
    starts = (next_full_hour(heard) for category in categories if (heard := standing.heard_from(category)))
    return max((start for start in starts if start > now - RECENT), default=None)


def _since(start: datetime | None, hours: list[HourCounts]) -> list[HourCounts]:
    return [hour for hour in hours if hour.hour >= start] if start else hours


def _is_more(rise: Rise) -> bool:
    if rise.volume_before < LEAST_HISTORY:
        return _is_at_least(LEAST_SHARE_WITHOUT_HISTORY, rise.count, rise.volume)
    return rise.count * rise.volume_before >= LEAST_RISE * rise.before * rise.volume


def _is_at_least(share: Fraction, count: int, volume: int) -> bool:
    return count * share.denominator >= share.numerator * volume


def _is_classified(hour: HourCounts) -> bool:
    """Whether the replies of an hour were read: those from before there were classes, or before events, were not."""
    bounced = hour.total(Measure.HARD_BOUNCED) + hour.total(Measure.SOFT_BOUNCED)
    return not hour.backfilled and (not bounced or any(hour.of_class(c) for c in ReplyClass))


def unanswered(standing: Standing, risen: Iterable[Rise], now: datetime) -> tuple[Rise, ...]:
    """The rises that may say something new: a finding has not heard of them today, nor has a person dismissed them."""
    return tuple(
        rise
        for rise in risen
        if not all(_is_known(standing, row.category, now) for row in _rows(standing.scope, rise.reply_class))
    )


def _is_known(standing: Standing, category: Category, now: datetime) -> bool:
    finding, dismissed = standing.findings.get(category), standing.dismissed.get(category)
    if finding is None:
        return dismissed is not None and now - dismissed < DISMISSED_FOR
    return any((known.source, known.received.date()) == (SOURCE, now.date()) for known in finding.evidence)


def suspicions(
    standing: Standing, risen: Iterable[Rise], heard: Iterable[Heard], now: datetime, policy: Policy
) -> tuple[Suspicion, ...]:
    """What these rises may be, by some of what they are made of, without what a finding has heard of today.

    A rise of blocklists may be about several kinds of lists: each kind has to have risen enough by itself, going by its
    share of what was heard.
    """
    known = tuple(heard)
    found: dict[Category, Suspicion] = {}
    for rise in risen:
        of_class = [each for each in known if each.reply.reply_class is rise.reply_class]
        for row in _rows(standing.scope, rise.reply_class):
            theirs = tuple(each for each in of_class if row.speaks(each.reply))
            shared = rise
            if row.lists:
                share = rise.count * len(theirs) // max(len(of_class), 1)
                if share < policy.suspicion_minimum or not _is_at_least(LEAST_SHARE, share, rise.volume):
                    continue
                shared = replace(rise, named=share)
            if not _is_known(standing, row.category, now):
                before = found.get(row.category, Suspicion(row.category))
                found[row.category] = replace(before, rises=(*before.rises, shared), heard=(*before.heard, *theirs))
    return tuple(found.values())


def trapped(
    standing: Standing, newest_first: Iterable[HourCounts], now: datetime, policy: Policy
) -> tuple[Suspicion, ...]:
    """What mail of the last day for the deployment's own spamtraps may be: it takes no more than one of them."""
    scope = standing.scope
    if kind_of(scope) not in TRAPPED or not policy.can_measure(scope) or _is_known(standing, Category.SPAMTRAP, now):
        return ()
    recent, _ = divided_at(newest_first, now - RECENT)
    start = _news_start(standing, [Category.SPAMTRAP], now)
    found = sum(hour.trapped for hour in _since(start, recent))
    return (Suspicion(Category.SPAMTRAP, trapped=found),) if found else ()


def _volume(hours: Iterable[HourCounts], policy: Policy) -> int:
    return sum(hour.sums(Metric.BOUNCE_RATE, policy.volume_source, policy.feedback_loops).volume for hour in hours)
