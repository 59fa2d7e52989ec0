"""The use case of watch_ses: ask SES about the account, and keep what it says with the standings."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.counting import Cell, hour_of
from ses_reputation.domain.news import News
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import next_full_hour
from ses_reputation.domain.statistics import STATISTICS_AGE, Reported, SesMetric
from ses_reputation.domain.verdict import SesRate, Verdict, VerdictChange, verdict_change
from ses_reputation.notices.alert import Alert

# SES may still correct an hour that is over, and what was sent just now may be missing in its statistics. For how long,
# AWS does not say.
CORRECTED_FOR = timedelta(days=2)
MISSING_FOR = timedelta(hours=2)


class AccountFacts(Struct, frozen=True):
    """What SES says of the account now. A daily quota of None is no limit; without production access, mail goes to
    verified addresses only.
    """

    enforcement: str | None
    sending_enabled: bool | None
    daily_quota: int | None
    sent_last_day: int | None
    vdm_enabled: bool
    production_access: bool | None = None


class Verification(Struct, frozen=True):
    """Domains and addresses, in lower case: those that SES verified, and those of which it cannot tell for a while.

    A verified identity that SES cannot tell of goes on sending.
    """

    verified: frozenset[str]
    undecided: frozenset[str] = frozenset()


Rates = tuple[SesRate | None, SesRate | None]
"""SES's bounce rate and complaint rate."""


class Ses(Protocol):
    """The account, as SES tells of it."""

    def account(self) -> AccountFacts:
        """How the account stands, and what it may send."""

    def feedback_share(self, now: datetime) -> int | None:
        """How many percent of the mail goes to providers that send complaints back; None if there was no mail."""

    def verification(self) -> Verification:
        """Which identities are verified."""

    def publishing(self, metric: SesMetric) -> frozenset[Scope]:
        """Which of the account and the configuration sets publish a metric."""

    def reputation_rates(self, scopes: Collection[Scope], now: datetime) -> Mapping[Scope, Rates]:
        """The newest rates that SES published of each scope."""

    def send_statistics(self) -> Mapping[datetime, Reported]:
        """What the whole account sent, and got back, by hour."""

    def hourly_sent(
        self, scopes: Collection[Scope], start: datetime, end: datetime
    ) -> Mapping[Scope, Mapping[datetime, Reported]]:
        """What each scope sent, by hour."""


class Identities(Protocol):
    """The verified identities, as they are known to who counts."""

    def read(self) -> frozenset[str]:
        """Those that are known."""

    def write(self, identities: frozenset[str]) -> None:
        """Make these the verified identities."""


class Statistics(Protocol):
    """The mail that SES reported, beside the events that were counted."""

    def reported(self, scope: Scope, start: datetime) -> Mapping[datetime, int]:
        """What is known of the hours from `start` on."""

    def write_reported(self, scope: Scope, hours: Mapping[datetime, int]) -> None:
        """Write these hours, unless more is known of them."""


class VersionedVerdict(Struct, frozen=True):
    """A verdict as it was read: `version` is what it has to be still when it is written again, 0 for a new one."""

    verdict: Verdict | None = None
    version: int = 0

    def is_before(self, time: datetime) -> bool:
        """Whether a verdict of this time would be newer."""
        return self.verdict is None or self.verdict.time < time


class StatisticsTaken(Struct, frozen=True):
    """From which hour on SES's statistics are taken, and when all of them were last read; None if they never were."""

    since: datetime
    read: datetime | None = None

    def unread_from(self, now: datetime) -> datetime:
        """The first full hour of which SES may tell something new, if it tells it at all."""
        complete_until = min((self.read or self.since) - MISSING_FOR, now - CORRECTED_FOR)
        return max(self.since, hour_of(complete_until), next_full_hour(now - STATISTICS_AGE))


class Verdicts(Protocol):
    """What SES said last."""

    def versioned_verdicts(self) -> Mapping[Scope, VersionedVerdict]:
        """The newest verdict on every scope that SES ever judged."""

    def write_verdict(self, verdict: Verdict, version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        """Write a verdict with its news and the alerts to send, all or nothing.

        False, and nothing written, if somebody else wrote it since it had this version.
        """

    def write_feedback_share(self, percent: int) -> None:
        """Keep the share that SES measured."""

    def forget_feedback_share(self) -> None:
        """Keep none any longer."""

    def statistics_taken(self, first: datetime) -> StatisticsTaken:
        """From when on statistics are taken: from `first` if they never were."""

    def write_statistics_read(self, time: datetime) -> None:
        """Keep when all statistics were last read."""


class DueScopes(Protocol):
    """The scopes to evaluate."""

    def mark(self, counted: Collection[Cell]) -> None:
        """Have the scopes evaluated at the next run in whose hours something was counted."""


class Watched(Struct, frozen=True):
    """What a run did: verified identities, verdicts written, news among them, hours of statistics written."""

    identities: int = 0
    verdicts: int = 0
    news: int = 0
    hours: int = 0


class SesNotRead(RuntimeError):
    """Some of what SES says could not be read or kept: the text names each part and its error. The rest was."""


def watch_ses(
    now: datetime,
    source: VolumeSource,
    *,
    ses: Ses,
    identities: Identities,
    statistics: Statistics,
    verdicts: Verdicts,
    due: DueScopes,
    to_alert: Callable[[VerdictChange], Alert],
) -> Watched:
    """Read what SES says and keep it, each part whatever becomes of the others; SesNotRead at the end if any failed.

    The most urgent parts come first, since the time of a run is limited. To run it twice for the same moment does the
    same as to run it once.
    """
    failures = _Failures()
    account: AccountFacts | None = None
    rates: Mapping[Scope, Rates] = {}
    written: list[Sequence[News]] = []
    verified: frozenset[str] = frozenset()
    hours = 0
    with failures.of("the account's status"):
        account = ses.account()
    with failures.of("the reputation rates"):
        rates = ses.reputation_rates({ACCOUNT, *ses.publishing(SesMetric.BOUNCE_RATE)}, now)
    with failures.of("the verdicts"):
        written = list(_keep_verdicts(now, account, rates, verdicts, to_alert))
    if account:
        with failures.of("the share of mail that can lead to complaints"):
            _keep_feedback_share(now, account, ses, verdicts)
    with failures.of("the verified identities"):
        verified = _keep_identities(ses, identities)
    if source is VolumeSource.STATISTICS:
        hours = _take_statistics(now, ses, statistics, verdicts, due, failures)
    failures.raise_any()
    return Watched(len(verified), len(written), sum(map(len, written)), hours)


def _keep_verdicts(
    now: datetime,
    account: AccountFacts | None,
    rates: Mapping[Scope, Rates],
    verdicts: Verdicts,
    to_alert: Callable[[VerdictChange], Alert],
) -> Iterator[Sequence[News]]:
    """Write a verdict on every scope of which something was read; the news about each one that was written.

    One of this moment, or a later one, stays.
    """
    known = verdicts.versioned_verdicts()
    if account:
        before = known.get(ACCOUNT, VersionedVerdict())
        verdict = _account_verdict(now, account, rates, before.verdict)
        change = verdict_change(before.verdict, verdict)
        news = [change] if change else []
        if before.is_before(now) and verdicts.write_verdict(verdict, before.version, news, [*map(to_alert, news)]):
            yield news
    for scope in sorted(rates.keys() - {ACCOUNT}):
        before = known.get(scope, VersionedVerdict())
        bounce_rate, complaint_rate = rates[scope]
        last = before.verdict or Verdict(scope, now)
        verdict = replace(last, time=now, bounce_rate=bounce_rate, complaint_rate=complaint_rate)
        if before.is_before(now) and verdicts.write_verdict(verdict, before.version, (), ()):
            yield ()


def _account_verdict(
    now: datetime, account: AccountFacts, rates: Mapping[Scope, Rates], before: Verdict | None
) -> Verdict:
    """What SES says of the account. What it did not tell now is still as it was told last."""
    known = before or Verdict(ACCOUNT, now)
    bounce_rate, complaint_rate = rates.get(ACCOUNT, (known.bounce_rate, known.complaint_rate))
    return replace(
        known,
        time=now,
        bounce_rate=bounce_rate,
        complaint_rate=complaint_rate,
        enforcement=account.enforcement,
        sending_enabled=account.sending_enabled,
        daily_quota=account.daily_quota,
        sent_last_day=account.sent_last_day,
    ).completed(known.enforcement, sending_enabled=known.sending_enabled)


def _keep_feedback_share(now: datetime, account: AccountFacts, ses: Ses, verdicts: Verdicts) -> None:
    """Keep what the Virtual Deliverability Manager measures; where nothing was delivered, what it measured before."""
    if not account.vdm_enabled:
        verdicts.forget_feedback_share()
    elif (share := ses.feedback_share(now)) is not None:
        verdicts.write_feedback_share(share)


def _keep_identities(ses: Ses, identities: Identities) -> frozenset[str]:
    """Keep which identities are verified, and tell it. One that SES cannot tell of stays what it was."""
    told = ses.verification()
    verified = told.verified
    if told.undecided:
        verified |= told.undecided & identities.read()
    identities.write(verified)
    return verified


def _take_statistics(
    now: datetime, ses: Ses, statistics: Statistics, verdicts: Verdicts, due: DueScopes, failures: "_Failures"
) -> int:
    """Keep what SES counted; how many hours were news. What was before the very first run is a backfill's business."""
    hours = 0
    taken: StatisticsTaken | None = None
    with failures.of("the beginning of the statistics"):
        taken = verdicts.statistics_taken(next_full_hour(now))
    if taken is None or taken.since >= now:
        return hours
    start, failed_before = taken.unread_from(now), len(failures)
    with failures.of("the account's statistics"):
        hours += _keep_statistics({ACCOUNT: ses.send_statistics()}, start, now, statistics, due)
    with failures.of("the configuration sets' statistics"):
        sets = ses.publishing(SesMetric.SENT) - {ACCOUNT}
        hours += _keep_statistics(ses.hourly_sent(sets, start, now), start, now, statistics, due)
    # Only if nothing is missing: the next run does not go back behind this one.
    if len(failures) == failed_before and (taken.read is None or taken.read < now):
        with failures.of("when the statistics were read"):
            verdicts.write_statistics_read(now)
    return hours


def _keep_statistics(
    told: Mapping[Scope, Mapping[datetime, Reported]],
    start: datetime,
    now: datetime,
    statistics: Statistics,
    due: DueScopes,
) -> int:
    """Write the hours of which SES now tells more than is known; how many they are."""
    grown: dict[Scope, Mapping[datetime, int]] = {}
    for scope, hours in told.items():
        known = statistics.reported(scope, start)
        if more := {h: r.sent for h, r in hours.items() if start <= h < now and r.sent > known.get(h, 0)}:
            grown[scope] = more
    if grown:
        # What is written is no news to the next run. Marked before, the scopes are due even if this run dies on the
        # way; marked after, even if they were judged meanwhile. If both happens, they wait until SES tells more.
        counted = [(scope, hour) for scope, sent in grown.items() for hour in sent]
        due.mark(counted)
        for scope, sent in grown.items():
            statistics.write_reported(scope, sent)
        due.mark(counted)
    return sum(map(len, grown.values()))


class _Failures:
    """What went wrong so far, by what could not be read or kept."""

    def __init__(self) -> None:
        self._errors: dict[str, Exception] = {}

    def __len__(self) -> int:
        return len(self._errors)

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Note an error of this block, and go on after it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one part, the others still have to be read
            self._errors[what] = error

    def raise_any(self) -> None:
        """Raise SesNotRead if anything went wrong."""
        if self._errors:
            texts = [f"{what}: {error}" for what, error in self._errors.items()]
            raise SesNotRead("; ".join(texts)) from next(iter(self._errors.values()))
