"""The use case of the dashboard: gather what one page shows, with a bounded number of reads.

The overview reads the listing of all scopes, in LISTING_REQUESTS requests at most (one is enough for 2,000 scopes); the
other pages read it without the scopes that are well, for what waits for a person anywhere. Beside it are at most ten
items and short lists, however many scopes there are. A scope's page reads besides:

- the newest news of its history, in one request;
- a sample of its recent feedback, in 18 requests at most (adapters/feedback.py);
- its counts as far back as its charts and its rates reach, which is OldestMailDays at most: 1 MB a request, of two
  weeks or more.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import takewhile
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.dashboard.pages import OverviewPage, Page, PageNotFound, ReviewsPage, ScopePage
from ses_reputation.dashboard.views import (
    FEEDBACK_DAYS,
    FeedbackSample,
    Frame,
    OverviewView,
    Review,
    ReviewsView,
    ScopeView,
    Urgent,
    View,
)
from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change, Reminder
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.enforcement import STATES_THAT_STOP, Enforcement
from ses_reputation.domain.explanation import explain
from ses_reputation.domain.history import by_provider, days, floors_of, moments_between, rates_over_time, rulings_of
from ses_reputation.domain.listing import Listed, Listing, urgency, worst_first
from ses_reputation.domain.news import NewestNews, News
from ses_reputation.domain.outages import Outage, OutageStage, held, without_outages
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ACCOUNT, Scope, kind_of
from ses_reputation.domain.standing import Standing
from ses_reputation.domain.verdict import Verdict
from ses_reputation.evaluate import Learned, Versioned
from ses_reputation.feedback import BOUNCES, COMPLAINTS, DELAYS, RecentFeedback
from ses_reputation.notices.alert import Alert, alert_of
from ses_reputation.notices.enforcement import STATES
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.past import Counters, Reading
from ses_reputation.rereadable import Rereadable
from ses_reputation.watch import VersionedVerdict

LISTING_REQUESTS = 8
"""Each reads 1 MB: of 2,000 scopes or so, so that these are enough for over 10,000."""

ROWS = 25
"""Scopes of one page of the overview."""

URGENT = 20
"""Findings that the overview names."""

REVIEWS = 20
"""Findings of one page of the reviews."""

NEWS = 100
"""News of one scope that its page has."""

FEEDBACK_EXAMINED = 500
FEEDBACK_SHOWN = 20


class ShownStandings(Protocol):
    """What is decided, and the history of it."""

    def listed(self, requests: int, *, well: bool = True) -> Listing:
        """The listing of all scopes, or without those that are well, those with the worst status first, as far as so
        many requests reach.
        """

    def read(self, scope: Scope) -> Versioned:
        """The standing of a scope; a new one if it has none."""

    def read_some(self, scopes: Sequence[Scope]) -> Mapping[Scope, Standing]:
        """The standings of at most 100 scopes; who has none is left out."""

    def newest_news(self, scope: Scope, limit: int) -> NewestNews:
        """The newest of a scope's history: so much of it at most."""

    def outages(self) -> Iterator[Outage]:
        """The outages of all mailbox providers."""

    def learned(self) -> Learned:
        """What is known of feedback loops from experience."""


class ShownVerdicts(Protocol):
    """What SES itself says."""

    def verdict(self, scope: Scope) -> VersionedVerdict:
        """The newest verdict on a scope, if there is one."""


class ShownEnforcements(Protocol):
    """What was done at SES."""

    def of(self, scopes: Sequence[Scope]) -> Mapping[Scope, Enforcement]:
        """The records of at most 100 scopes; who has none is left out."""


class RecentlyTold(Protocol):
    """The single bounces, delays and complaints."""

    def recent(
        self, scope: Scope, measures: Collection[Measure], since: datetime, until: datetime, size: int
    ) -> RecentFeedback:
        """So much at most of what was told of a scope from `since` until before `until`, about the newest of it."""


class Runs(Protocol):
    """When functions on a schedule last ended well."""

    def last(self, function: str) -> datetime | None:
        """The newest time for which a run ended well; None if there is none."""


class Sources(Struct, frozen=True):
    """What a deployment's pages are made of: whose it is, how it judges, in which words, and what it knows."""

    account: str
    region: str
    policy: Policy
    words: Vocabulary
    standings: ShownStandings
    verdicts: ShownVerdicts
    enforcements: ShownEnforcements
    counters: Counters
    feedback: RecentlyTold
    runs: Runs


class NothingKnown(PageNotFound):
    """There is nothing to show of a scope; the text says so."""


def gather(page: Page, now: datetime, zone: tzinfo, sources: Sources) -> View:
    """What a page shows at a moment, by the days of the reader's time zone; NothingKnown of a scope that is not there.

    A page of a list that is no longer so long is the last one that there is.
    """
    # Only the overview shows those that are well: of 10,000 scopes they are a tenth of a second, and 260 read units.
    listing = sources.standings.listed(LISTING_REQUESTS, well=isinstance(page, OverviewPage))
    frame = Frame(
        account=sources.account,
        region=sources.region,
        now=now,
        evaluated=sources.runs.last("EvaluateReputation"),
        waiting=sum(row.waiting for row in listing.rows),
        policy=sources.standings.learned().applied_to(sources.policy),
        words=sources.words,
    )
    match page:
        case OverviewPage():
            return _overview(page, frame, listing, sources)
        case ReviewsPage():
            return _reviews(page, frame, listing, sources)
        case ScopePage():
            return _scope(page, frame, zone, sources)


# -- Overview ----------------------------------------------------------------------------------------------------------


def _overview(page: OverviewPage, frame: Frame, listing: Listing, sources: Sources) -> OverviewView:
    scopes = sorted(listing.rows, key=worst_first(frame.policy))
    matching = [row for row in scopes if _is_asked_for(row, page)]
    number, pages = _which(page.number, len(matching), ROWS)
    rows = tuple(matching[(number - 1) * ROWS : number * ROWS])
    enforcements = sources.enforcements.of(list({ACCOUNT, *(row.scope for row in rows)}))
    # Of findings that are as urgent as each other those of the worst scope come first.
    urgent = sorted(_findings(scopes), key=lambda each: urgency(each.finding))
    return OverviewView(
        frame=frame,
        page=replace(page, number=number),
        account=sources.standings.read(ACCOUNT).standing,
        verdict=sources.verdicts.verdict(ACCOUNT).verdict,
        enforcement=enforcements.get(ACCOUNT, Enforcement(ACCOUNT)),
        statuses=Counter(row.status for row in scopes),
        # The account is read as it is now, and the listing may lag.
        elsewhere=Counter(row.status for row in scopes if row.scope != ACCOUNT),
        kinds=Counter(kind_of(row.scope) for row in scopes),
        total=len(scopes),
        matching=len(matching),
        pages=pages,
        rows=rows,
        sending={row.scope: each for row in rows if (each := enforcements.get(row.scope)) and each.state in STATES},
        urgent=tuple(urgent[:URGENT]),
        urgent_total=len(urgent),
        outages=tuple(filter(_is_of_interest, sources.standings.outages())),
        complete=listing.complete,
    )


def _is_asked_for(row: Listed, page: OverviewPage) -> bool:
    return (
        page.kind in {None, kind_of(row.scope)}
        and page.status in {None, row.status}
        and page.search.casefold() in row.scope.casefold()
    )


def _is_of_interest(outage: Outage) -> bool:
    """Whether somebody has to look at an outage, or it goes on."""
    return bool(outage.waits_since) or (outage.stage is OutageStage.CONFIRMED and outage.end is None)


def _which(number: int, total: int, size: int) -> tuple[int, int]:
    """Which page of a list it is, and how many there are: at least one."""
    pages = max(-(-total // size), 1)
    return min(number, pages), pages


def _findings(rows: Iterable[Listed]) -> Iterator[Urgent]:
    return (Urgent(row.scope, finding) for row in rows for finding in row.findings)


# -- Reviews -----------------------------------------------------------------------------------------------------------


def _reviews(page: ReviewsPage, frame: Frame, listing: Listing, sources: Sources) -> ReviewsView:
    waiting = sorted(
        ((since, each) for each in _findings(listing.rows) if (since := each.finding.waits_since)),
        key=lambda pair: (pair[0], pair[1].finding.id),
    )
    number, pages = _which(page.number, len(waiting), REVIEWS)
    found = [each for _, each in waiting[(number - 1) * REVIEWS : number * REVIEWS]]
    standings = sources.standings.read_some(list(dict.fromkeys(each.scope for each in found)))
    outages = sources.standings.outages() if number == 1 else ()
    return ReviewsView(
        frame=frame,
        page=ReviewsPage(number),
        reviews=tuple(_still_waiting(found, standings)),
        outages=tuple(outage for outage in outages if outage.waits_since),
        total=frame.waiting,
        pages=pages,
    )


def _still_waiting(found: Sequence[Urgent], standings: Mapping[Scope, Standing]) -> Iterator[Review]:
    """The reviews of a page, but for those that were decided a moment ago: the listing may not know that yet."""
    for each in found:
        standing = standings.get(each.scope)
        finding = standing.finding(each.finding.id) if standing else None
        if standing and finding and finding.waits_since:
            yield Review(standing, finding, finding.waits_since)


# -- A scope -----------------------------------------------------------------------------------------------------------


def _scope(page: ScopePage, frame: Frame, zone: tzinfo, sources: Sources) -> ScopeView:
    scope, now, policy = page.scope, frame.now, frame.policy
    read = sources.standings.read(scope)
    standing = read.standing
    verdict = sources.verdicts.verdict(scope).verdict
    enforcements = sources.enforcements.of(list({ACCOUNT, scope}))
    told = sources.standings.newest_news(scope, NEWS)
    left_out = held(sources.standings.outages(), policy)
    hours = Rereadable(without_outages(Reading(sources.counters, now).hours(scope), left_out))
    counted = next(iter(hours), None) is not None
    if not (counted or read.version or verdict or told.news or scope == ACCOUNT):
        raise NothingKnown(f"nothing is known of {scope}: no mail was counted, no finding reported")
    since = _beginning(page.days, now, zone)
    rulings = {metric: rulings_of(told.news, standing, metric) for metric in Metric}
    moments = moments_between(since, now)
    return ScopeView(
        frame=frame,
        page=page,
        standing=standing,
        verdict=verdict,
        enforcement=enforcements.get(scope, Enforcement(scope)),
        account_stopped=_is_stopped(enforcements.get(ACCOUNT), sources.verdicts.verdict(ACCOUNT).verdict),
        outages=standing.outages,
        rates={metric: rates_over_time(hours, moments, metric, policy, rulings[metric]) for metric in Metric},
        floors={metric: floors_of(rulings[metric]) for metric in Metric},
        volume=tuple(days(hours, since, now, zone, policy.volume_source)),
        providers=tuple(by_provider(takewhile(lambda hour: hour.hour >= since, hours), policy.volume_source)),
        feedback=_feedback(scope, now, zone, sources),
        news=told.news,
        all_news=told.complete,
        notices=_notices(standing, told.news, frame),
        explanation=explain(standing, hours, now, policy, left_out) if counted else None,
        since=since.astimezone(zone).date(),
    )


def _beginning(number: int, now: datetime, zone: tzinfo) -> datetime:
    """When the last so many days began, of which today is one, in the reader's time zone."""
    first = now.astimezone(zone).date() - timedelta(days=number - 1)
    return datetime.combine(first, time(), zone).astimezone(UTC)


def _is_stopped(enforcement: Enforcement | None, verdict: Verdict | None) -> bool:
    """Whether the account does not send, by what was done here or by what SES says."""
    return bool((enforcement and enforcement.state in STATES_THAT_STOP) or (verdict and verdict.sends is False))


def _feedback(scope: Scope, now: datetime, zone: tzinfo, sources: Sources) -> FeedbackSample:
    since = _beginning(FEEDBACK_DAYS, now, zone)
    found = sources.feedback.recent(scope, BOUNCES | DELAYS | COMPLAINTS, since, now, FEEDBACK_EXAMINED)
    by_reason: Counter[str] = Counter()
    by_class: Counter[str] = Counter()
    for feedback in found.feedback:
        if feedback.measure in BOUNCES:
            by_reason[feedback.reason] += len(feedback.recipients)
        replies = (feedback.reply_to(recipient) for recipient in feedback.recipients)
        by_class.update(reply.reply_class for reply in replies if reply)
    return FeedbackSample(
        since=since,
        newest=found.feedback[:FEEDBACK_SHOWN],
        examined=len(found.feedback),
        by_reason=dict(by_reason.most_common()),
        by_class=dict(by_class.most_common()),
        complete=found.complete,
    )


def _notices(standing: Standing, newest_first: Sequence[News], frame: Frame) -> Mapping[Category, Alert]:
    """The newest that people were told of each open finding, as far as the news reach."""
    told: dict[str, Change | Reminder] = {}
    for piece in newest_first:
        if isinstance(piece, Change | Reminder):
            told.setdefault(piece.finding.id, piece)
    return {
        category: alert_of(told[finding.id], frame.policy, frame.account, frame.region)
        for category, finding in standing.findings.items()
        if finding.id in told
    }
