"""Views of the dashboard, made by hand: what the tests of its pages render."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from ses_reputation.dashboard.pages import OverviewPage, ReviewsPage
from ses_reputation.dashboard.views import Frame, OverviewView, Review, ReviewsView, Urgent
from ses_reputation.domain.categories import Category
from ses_reputation.domain.enforcement import Enforcement
from ses_reputation.domain.lifecycle import Stage
from ses_reputation.domain.listing import Listed, listed
from ses_reputation.domain.outages import Outage, Tally
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import ACCOUNT, Scope, kind_of
from ses_reputation.domain.standing import Finding, Measures, Observation, Standing
from ses_reputation.notices.vocabulary import Vocabulary

NOW = datetime(2026, 3, 16, 14, 20, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TENANT = Scope("tenant/lucky-deals")
# What turns text around is shown as a question mark; all else is text like any other.
HOSTILE = f"<script>alert(1)</script>\"'&\u202egnp.exe{'x' * 260}"

OUTAGE = Outage("ab12cd34ef", "gmail.com", NOW - 5 * HOUR, NOW - 4 * HOUR, Tally(812, 3_020), Tally(20, 99_000))


def frame(**changes: Any) -> Frame:
    """What is around every page."""
    known = Frame("123456789012", "eu-west-1", NOW, NOW - timedelta(minutes=20), 0, Policy(), Vocabulary.CLASSIC)
    return replace(known, **changes)


def finding(category: Category = Category.SPAMTRAP, stage: Stage = Stage.PROBATION, **changes: Any) -> Finding:
    """A finding that was opened nine days ago, with a period where its stage has one."""
    opened = NOW - 9 * DAY
    known = Finding("57d77a092d", category, stage, opened, opened, NOW - 5 * DAY, revision=4)
    if stage in {Stage.PROBATION, Stage.ALMOST_HEALED, Stage.PENDING_DECISION}:
        known = replace(known, period_since=opened, period_end=opened + 21 * DAY)
    return replace(known, **changes)


def seen(text: str = "Two of our traps were hit.", source: str = "postmaster@receiver.example") -> Observation:
    """What somebody saw three days ago."""
    return Observation(NOW - 3 * DAY, NOW - 2 * DAY, source, text)


def measured(metric: Metric, count: int, eligible: int) -> Measures:
    """A rate over a window of a week."""
    return Measures(Rate(metric, count, eligible, NOW - 7 * DAY, 120, eligible))


def standing(scope: Scope = ACCOUNT, *findings: Finding, bounces: int = 134, complaints: int = 6) -> Standing:
    """Where a scope stands that has sent 10,000 messages."""
    return Standing(
        scope,
        evaluated=NOW - timedelta(minutes=20),
        measures={
            Metric.BOUNCE_RATE: measured(Metric.BOUNCE_RATE, bounces, 10_000),
            Metric.COMPLAINT_RATE: measured(Metric.COMPLAINT_RATE, complaints, 8_000),
        },
        findings={each.category: each for each in findings},
    )


def overview_view(account: Standing | None = None, others: Iterable[Standing] = (), **changes: Any) -> OverviewView:
    """The overview of an account and of what else there is; `changes` are what is different about it."""
    account = account or standing()
    standings = [*others, *([account] if account.evaluated else [])]
    rows = tuple(map(listed, standings))
    urgent = tuple(Urgent(row.scope, each) for row in rows for each in row.findings)
    view = OverviewView(
        frame=frame(),
        page=OverviewPage(),
        account=account,
        verdict=None,
        enforcement=Enforcement(ACCOUNT),
        statuses=Counter(row.status for row in rows),
        elsewhere=Counter(row.status for row in rows if row.scope != ACCOUNT),
        kinds=Counter(kind_of(row.scope) for row in rows),
        total=len(rows),
        matching=len(rows),
        pages=1,
        rows=rows,
        sending={},
        urgent=urgent,
        urgent_total=len(urgent),
        outages=(),
    )
    return replace(view, **changes)


def row(scope: str, **changes: Any) -> Listed:
    """A scope in the table."""
    return replace(listed(standing(Scope(scope))), **changes)


def review(one: Finding, scope: Scope = TENANT) -> Review:
    """A finding that waits."""
    assert one.waits_since
    return Review(standing(scope, one), one, one.waits_since)


def reviews_view(*reviews: Review, outages: tuple[Outage, ...] = (), **changes: Any) -> ReviewsView:
    """What waits for a person."""
    total = len(reviews) + len(outages)
    return replace(ReviewsView(frame(waiting=total), ReviewsPage(), reviews, outages, total, 1), **changes)
