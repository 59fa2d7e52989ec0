"""What each page shows, as data: gathered by `ses_reputation.show`, rendered by the modules beside this one."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from ses_reputation.dashboard.pages import OverviewPage, ReviewsPage, ScopePage
from ses_reputation.domain.categories import Category
from ses_reputation.domain.enforcement import Enforcement
from ses_reputation.domain.explanation import Explanation
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.news import News
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import Scope, ScopeKind
from ses_reputation.domain.standing import Finding, Standing
from ses_reputation.domain.verdict import Verdict
from ses_reputation.feedback import Feedback
from ses_reputation.notices.alert import Alert
from ses_reputation.notices.vocabulary import Vocabulary

if TYPE_CHECKING:
    from ses_reputation.domain.history import DayCounts, ProviderCounts, RatePoint
    from ses_reputation.domain.listing import Listed, ListedFinding


class Frame(Struct, frozen=True):
    """What every page says besides its own: whose it is, how fresh, how scopes are judged, and in which words.

    `evaluated` is when the evaluation last ended well, None if it never did. `waiting` is how many findings and outages
    wait for a person. `policy` has what was learned of feedback loops.
    """

    account: str
    region: str
    now: datetime
    evaluated: datetime | None
    waiting: int
    policy: Policy
    words: Vocabulary


class Urgent(Struct, frozen=True):
    """An open finding, and the scope that it is of."""

    scope: Scope
    finding: "ListedFinding"


class OverviewView(Struct, frozen=True):
    """The account, what is open anywhere, and the scopes that were asked for, the worst first.

    `account` is a new standing if it was never evaluated. `statuses` and `kinds` count all `total` scopes, and
    `elsewhere` the statuses of all but the account. `matching` are those that were asked for, in so many `pages`, and
    `rows` are those of this page. `sending` has those of them about which something was done at SES. `urgent` are the
    open findings of which something will come first, and `urgent_total` how many there are. Not `complete` means that
    there are even more scopes than are read for a page: the healthiest are missing, and all numbers may be higher.
    `outages` are those that go on, or wait for a person.
    """

    frame: Frame
    page: OverviewPage
    account: Standing
    verdict: Verdict | None
    enforcement: Enforcement
    statuses: Mapping[Status, int]
    elsewhere: Mapping[Status, int]
    kinds: Mapping[ScopeKind, int]
    total: int
    matching: int
    pages: int
    rows: tuple["Listed", ...]
    sending: Mapping[Scope, Enforcement]
    urgent: tuple[Urgent, ...]
    urgent_total: int
    outages: tuple[Outage, ...]
    complete: bool = True


FEEDBACK_DAYS = 7
"""Days of feedback that a scope's page looks at, of which today is one."""


class FeedbackSample(Struct, frozen=True):
    """The newest bounces, delays and complaints of the last FEEDBACK_DAYS, at most as many as are looked at for a page.

    `by_reason` counts recipients by what SES calls it, such as `Permanent/General`; `by_class` by what the server's
    reply means. `examined` is how many messages they are of; not `complete` means that there were more.
    """

    since: datetime
    newest: tuple[Feedback, ...]
    examined: int
    by_reason: Mapping[str, int]
    by_class: Mapping[str, int]
    complete: bool = True


class ScopeView(Struct, frozen=True):
    """All about one scope.

    `rates` are as they stood at each moment of the chart, oldest first; `floors` from when on mail counts, with when
    that was decided. `volume` is by day of the reader's zone. `news` is the newest first; not `all_news` means that
    there is older. `notices` are the newest that people were sent about each open finding. `explanation` is None where
    nothing was counted. `account_stopped` is whether the whole account does not send, and so no scope of it.
    """

    frame: Frame
    page: ScopePage
    standing: Standing
    verdict: Verdict | None
    enforcement: Enforcement
    account_stopped: bool
    outages: tuple[Outage, ...]
    rates: Mapping[Metric, Sequence["RatePoint"]]
    floors: Mapping[Metric, Sequence[tuple[datetime, datetime]]]
    volume: tuple["DayCounts", ...]
    providers: tuple["ProviderCounts", ...]
    feedback: FeedbackSample
    news: tuple[News, ...]
    all_news: bool
    notices: Mapping[Category, Alert]
    explanation: Explanation | None
    since: date


class Review(Struct, frozen=True):
    """A finding that waits for a person's decision, with its scope's standing."""

    standing: Standing
    finding: Finding
    waits_since: datetime


class ReviewsView(Struct, frozen=True):
    """What waits for a person, the longest first; outages that are suspected are on the first page."""

    frame: Frame
    page: ReviewsPage
    reviews: tuple[Review, ...]
    outages: tuple[Outage, ...]
    total: int
    pages: int


View = OverviewView | ScopeView | ReviewsView
