"""The use case of watch_ses: ask SES about the account, and keep what it says with the standings."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from ses_reputation.domain.counting import hour_of
from ses_reputation.domain.lifecycle import next_full_hour
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.statistics import Reported, SesMetric
from ses_reputation.domain.verdict import SesRate, Verdict, VerdictChange, verdict_change
from ses_reputation.news import News
from ses_reputation.notices.alert import Alert

# SES may still correct an hour that is over. How long, AWS does not say.
CORRECTED_FOR = timedelta(days=2)


class AccountFacts(Struct, frozen=True):
    """What SES says of the account now. A daily quota of None is no limit."""

    enforcement: str | None
    sending_enabled: bool | None
    daily_quota: int | None
    sent_last_day: int | None
    vdm_enabled: bool


Rates = tuple[SesRate | None, SesRate | None]
"""SES's bounce rate and complaint rate."""


class Ses(Protocol):
    """The account, as SES tells of it."""

    def verified_identities(self) -> frozenset[str]:
        """The verified domains and addresses, in lower case."""

    def account(self) -> AccountFacts:
        """How the account stands, and what it may send."""

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

    def feedback_share(self, now: datetime) -> int | None:
        """How many percent of the mail goes to providers that send complaints back; None if there was no mail."""


class Identities(Protocol):
    """The verified identities, as they are known to who counts."""

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


class Verdicts(Protocol):
    """What SES said last."""

    def verdict(self, scope: Scope) -> VersionedVerdict:
        """The newest verdict on a scope."""

    def write_verdict(self, verdict: Verdict, version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        """Write a verdict with its news and the alerts to send, all or nothing.

        False, and nothing written, if somebody else wrote it since it had this version.
        """

    def write_feedback_share(self, percent: int) -> None:
        """Keep the share that SES measured."""

    def forget_feedback_share(self) -> None:
        """Keep none any longer."""

    def statistics_since(self, first: datetime) -> datetime:
        """The hour from which statistics are taken: `first` if there was none so far."""


class DueScopes(Protocol):
    """The scopes to evaluate."""

    def mark(self, scopes: Collection[Scope]) -> None:
        """Have these scopes evaluated at the next run."""


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

    To run it twice for the same moment does the same as to run it once.
    """
    failures = _Failures()
    verified: frozenset[str] = frozenset()
    start, hours = now, 0
    account: AccountFacts | None = None
    rates: Mapping[Scope, Rates] = {}
    written: list[Sequence[News]] = []
    with failures.of("the verified identities"):
        verified = ses.verified_identities()
        identities.write(verified)
    if source is VolumeSource.STATISTICS:
        with failures.of("the beginning of the statistics"):
            start = _start_of_statistics(now, verdicts)
    if start < now:
        with failures.of("the account's statistics"):
            hours += _keep_statistics({ACCOUNT: ses.send_statistics()}, start, now, statistics, due)
        with failures.of("the configuration sets' statistics"):
            sets = ses.publishing(SesMetric.SENT) - {ACCOUNT}
            hours += _keep_statistics(ses.hourly_sent(sets, start, now), start, now, statistics, due)
    with failures.of("the account's status"):
        account = ses.account()
    with failures.of("the reputation rates"):
        rates = ses.reputation_rates({ACCOUNT, *ses.publishing(SesMetric.BOUNCE_RATE)}, now)
    with failures.of("the verdicts"):
        written = list(_keep_verdicts(now, account, rates, verdicts, to_alert))
    if account:
        with failures.of("the share of mail that can lead to complaints"):
            _keep_feedback_share(now, account, ses, verdicts)
    failures.raise_any()
    return Watched(len(verified), len(written), sum(map(len, written)), hours)


def _start_of_statistics(now: datetime, verdicts: Verdicts) -> datetime:
    """From when on statistics are taken. What was before the very first run is a backfill's business."""
    return max(verdicts.statistics_since(next_full_hour(now)), hour_of(now - CORRECTED_FOR))


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
        # Before, since what is written is no news to the next run: if this one dies on the way, they are due still.
        # After, since they may have been judged meanwhile.
        due.mark(grown)
        for scope, sent in grown.items():
            statistics.write_reported(scope, sent)
        due.mark(grown)
    return sum(map(len, grown.values()))


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
    if account:
        known = verdicts.verdict(ACCOUNT)
        verdict = Verdict(
            ACCOUNT,
            now,
            *(rates.get(ACCOUNT) or _rates(known.verdict)),
            enforcement=account.enforcement,
            sending_enabled=account.sending_enabled,
            daily_quota=account.daily_quota,
            sent_last_day=account.sent_last_day,
        )
        change = verdict_change(known.verdict, verdict)
        news = [change] if change else []
        if known.is_before(now) and verdicts.write_verdict(verdict, known.version, news, [*map(to_alert, news)]):
            yield news
    for scope in sorted(rates.keys() - {ACCOUNT}):
        known = verdicts.verdict(scope)
        verdict = Verdict(scope, now, *rates[scope])
        if known.is_before(now) and verdicts.write_verdict(verdict, known.version, (), ()):
            yield ()


def _rates(verdict: Verdict | None) -> Rates:
    """The rates of a verdict: where none could be read, they are still the newest that are known."""
    return (verdict.bounce_rate, verdict.complaint_rate) if verdict else (None, None)


def _keep_feedback_share(now: datetime, account: AccountFacts, ses: Ses, verdicts: Verdicts) -> None:
    """Keep what the Virtual Deliverability Manager measures; where nothing was delivered, what it measured before."""
    if not account.vdm_enabled:
        verdicts.forget_feedback_share()
    elif (share := ses.feedback_share(now)) is not None:
        verdicts.write_feedback_share(share)


class _Failures:
    """What went wrong so far, by what could not be read or kept."""

    def __init__(self) -> None:
        self._errors: dict[str, Exception] = {}

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
