"""Telling an outage of a mailbox provider from a bad list: by its hard bounces, its history, and everybody else's."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import takewhile

from msgspec.structs import replace

from ses_reputation.domain.changes import OutageChange, OutageEvent, outage_change
from ses_reputation.domain.decisions import DISMISSED_FOR
from ses_reputation.domain.outages import LONGEST, Outage, OutageStage, Tally
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, divided_at, of_provider
from ses_reputation.domain.scopes import Scope, name_of
from ses_reputation.domain.standing import Standing

HOUR = timedelta(hours=1)
RECENT = timedelta(hours=6)
HISTORY = timedelta(days=28)
QUIET = timedelta(hours=3)
"""After so long without many bounces it is over."""

# Where SES begins to pause sending. A list that was mailed for weeks does not get there overnight.
# https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
LEAST_SHARE = Tally(1, 10)
LEAST_RISE = 5
LEAST_HISTORY = 1_000
"""Fewer recipients in the four weeks before contradict nothing."""
LEAST_ELSEWHERE = 100
"""Without mail to others in the same hours nobody can tell an outage from a bad list."""

# An outage is one item's worth of text in the standing and in the index that every evaluation reads.
KEPT = 50


def with_outages(
    standing: Standing, account: Iterable[HourCounts], now: datetime, policy: Policy
) -> tuple[Standing, tuple[OutageChange, ...]]:
    """A provider's standing with its outages as they are now, by the account's hours, and what people are to be told.

    The hours, newest first, are those that were counted, outages included; they are read beyond the newest ones only if
    those look like one.
    """
    outages = tuple(outage for outage in standing.outages if outage.until > now - policy.oldest_mail)
    going_on = next((outage for outage in outages if outage.end is None), None)
    news: tuple[OutageChange, ...] = ()
    if going_on:
        followed = _followed(going_on, account, now, policy)
        outages = tuple(followed if outage is going_on else outage for outage in outages)
        # Of what was dismissed nobody waits for the end.
        if followed.end and followed.stage is not OutageStage.DISMISSED:
            news = (outage_change(standing.scope, followed, OutageEvent.OVER, now, policy),)
    elif policy.suspicion_minimum and policy.can_measure(standing.scope):
        found = _found(standing.scope, outages, account, now, policy)
        if found:
            outages = (*outages, found)[-KEPT:]
            news = (outage_change(standing.scope, found, OutageEvent.FOUND, now, policy),)
    return replace(standing, outages=outages), news


def _followed(outage: Outage, account: Iterable[HourCounts], now: datetime, policy: Policy) -> Outage:
    """An outage that goes on with what was counted since, and its end if that has come."""
    since = list(takewhile(lambda hour: hour.hour >= outage.start, account))
    last = outage.start
    for hour in reversed(since):
        if (
            outage.covers(hour.hour)
            and hour.hour - (last + HOUR) < QUIET
            and _is_bad(_of(outage.provider, hour, policy))
        ):
            last = hour.hour
    end = last + HOUR if now - (last + HOUR) >= QUIET else None
    if end is None and now >= outage.start + LONGEST:
        end = outage.start + LONGEST
    followed = replace(outage, end=end)
    return replace(followed, seen=_sum(_of(outage.provider, h, policy) for h in since if followed.covers(h.hour)))


def _found(
    scope: Scope, known: tuple[Outage, ...], account: Iterable[HourCounts], now: datetime, policy: Policy
) -> Outage | None:
    """The outage that the newest hours look like, if they do."""
    if any(now < _asked_again(outage) for outage in known):
        return None
    provider = name_of(scope)
    newest, earlier = divided_at(account, now - RECENT)
    recent = [hour for hour in newest if not any(outage.covers(hour.hour) for outage in known)]
    starts = list(_starts(provider, recent, policy))
    if not starts:
        return None
    contradicted = [outage for outage in known if outage.stage is not OutageStage.DISMISSED]
    history = [
        hour
        for hour in divided_at(earlier, now - RECENT - HISTORY)[0]
        # SES's own statistics, of a backfilled hour, name no provider.
        if not (hour.backfilled or any(outage.covers(hour.hour) for outage in contradicted))
    ]
    before, before_elsewhere = _apart(provider, history, policy)
    if before.recipients < LEAST_HISTORY:
        return None
    for start in starts:
        seen, elsewhere = _apart(provider, (hour for hour in recent if hour.hour >= start), policy)
        if seen.is_at_least(LEAST_RISE, before) and not _is_everywhere(seen, elsewhere, before_elsewhere):
            identifier = blake2b("\0".join((scope, "outage", now.isoformat())).encode(), digest_size=5).hexdigest()
            return Outage(identifier, provider, start, now, seen, before)
    return None


def _asked_again(outage: Outage) -> datetime:
    """Until when nothing is suspected after an outage: somebody dismissed it, or it went on for too long to be one."""
    if outage.stage is OutageStage.DISMISSED and outage.decided:
        return outage.decided + DISMISSED_FOR
    lapsed = outage.until == outage.start + LONGEST
    return outage.until + DISMISSED_FOR if lapsed else outage.start


def _starts(provider: str, recent: list[HourCounts], policy: Policy) -> Iterator[datetime]:
    """The hours, the oldest first, since which enough has bounced."""
    for hour in reversed(recent):
        since = _sum(_of(provider, later, policy) for later in recent if later.hour >= hour.hour)
        if _is_bad(_of(provider, hour, policy)) and _is_bad(since) and since.bounced >= policy.suspicion_minimum:
            yield hour.hour


def _is_bad(tally: Tally) -> bool:
    # Bounces may come in an hour in which nothing was sent.
    return tally.bounced > 0 and tally.is_at_least(1, LEAST_SHARE)


def _is_everywhere(seen: Tally, elsewhere: Tally, before_elsewhere: Tally) -> bool:
    """Whether the other providers together tell the same, or too little: a bad list has addresses everywhere."""
    if elsewhere.recipients < LEAST_ELSEWHERE:
        return True
    return not seen.is_at_least(LEAST_RISE, elsewhere) and elsewhere.is_at_least(2, before_elsewhere)


def _apart(provider: str, hours: Iterable[HourCounts], policy: Policy) -> tuple[Tally, Tally]:
    """The mail to a provider, and that to all others, in one pass."""
    own, everything = Tally(), Tally()
    for hour in hours:
        own += _of(provider, hour, policy)
        everything += _tally(hour, policy)
    return own, Tally(everything.bounced - own.bounced, everything.recipients - own.recipients)


def _of(provider: str, hour: HourCounts, policy: Policy) -> Tally:
    return _sum(_tally(own, policy) for own in of_provider(provider, [hour]))


def _tally(hour: HourCounts, policy: Policy) -> Tally:
    sums = hour.sums(Metric.BOUNCE_RATE, policy.volume_source, policy.feedback_loops)
    return Tally(sums.count, sums.volume)


def _sum(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())
