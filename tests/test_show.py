"""Gathering pages over fakes: what each page has, in which order, how much of it, and from how many reads."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from ses_reputation.dashboard.pages import OverviewPage, Page, ReviewsPage, ScopePage
from ses_reputation.dashboard.views import OverviewView, ReviewsView, ScopeView
from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change, EvidenceAdded, Reminder, ReminderKind
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.enforcement import Enforcement, State
from ses_reputation.domain.lifecycle import Stage, Status, Trigger
from ses_reputation.domain.listing import Listing, listed
from ses_reputation.domain.news import NewestNews, News
from ses_reputation.domain.outages import Outage, OutageStage, Tally
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, Rate
from ses_reputation.domain.recipients import KeptRecipient
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind
from ses_reputation.domain.standing import Act, Actor, Finding, Measures, Observation, Standing
from ses_reputation.domain.verdict import Verdict
from ses_reputation.evaluate import Learned, Versioned
from ses_reputation.feedback import Feedback, RecentFeedback
from ses_reputation.notices.alert import ReminderAlert, StatusAlert
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.show import NothingKnown, Sources, gather
from ses_reputation.watch import VersionedVerdict

NOW = datetime(2026, 3, 6, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ACME = Scope("tenant/acme")
GMAIL = Scope("provider/gmail")


class Known:
    """All that a deployment knows, as every adapter would read it; counts how often it is asked what."""

    def __init__(self, *standings: Standing) -> None:
        self.standings = {standing.scope: standing for standing in standings}
        self.news: dict[Scope, list[News]] = {}
        self.said: dict[Scope, Verdict] = {}
        self.enforced: dict[Scope, Enforcement] = {}
        self.counts: dict[Scope, list[HourCounts]] = {}
        self.told: list[Feedback] = []
        self.all_told = True
        self.complete = True
        self.loops = Learned()
        self.stale: dict[Scope, Standing] = {}
        self.asked: Counter[str] = Counter()

    def listed(self, requests: int, *, well: bool = True) -> Listing:
        self.asked["listed"] += requests
        rows = (listed(standing) for standing in (self.standings | self.stale).values())
        looked_at = (row for row in rows if well or row.status is not Status.HEALTHY or row.findings or row.outages)
        return Listing(tuple(looked_at), self.complete)

    def read(self, scope: Scope) -> Versioned:
        self.asked["read"] += 1
        known = self.standings.get(scope)
        return Versioned(known, 1) if known else Versioned(Standing(scope))

    def read_some(self, scopes: Sequence[Scope]) -> Mapping[Scope, Standing]:
        assert len(scopes) == len(set(scopes)), "DynamoDB refuses a key twice"
        self.asked["read_some"] += 1
        return {scope: self.standings[scope] for scope in scopes if scope in self.standings}

    def newest_news(self, scope: Scope, limit: int) -> NewestNews:
        self.asked["newest_news"] += 1
        found = self.news.get(scope, [])[::-1]
        return NewestNews(tuple(found[:limit]), len(found) <= limit)

    def outages(self) -> Iterator[Outage]:
        self.asked["outages"] += 1
        return (outage for standing in self.standings.values() for outage in standing.outages)

    def learned(self) -> Learned:
        self.asked["learned"] += 1
        return self.loops

    def verdict(self, scope: Scope) -> VersionedVerdict:
        self.asked["verdict"] += 1
        return VersionedVerdict(self.said.get(scope))

    def of(self, scopes: Sequence[Scope]) -> Mapping[Scope, Enforcement]:
        assert len(scopes) == len(set(scopes)) <= 100, "DynamoDB reads no more at once, and no key twice"
        self.asked["of"] += 1
        return {scope: self.enforced[scope] for scope in scopes if scope in self.enforced}

    def hours(self, scope: Scope, before: datetime) -> Iterator[HourCounts]:
        self.asked[f"hours of {scope}"] += 1
        return (hour for hour in self.counts.get(scope, []) if hour.hour < before)

    def recent(
        self, _scope: Scope, measures: Collection[Measure], since: datetime, until: datetime, size: int
    ) -> RecentFeedback:
        self.asked["recent"] += 1
        found = [each for each in self.told if each.measure in measures and since <= each.time < until]
        return RecentFeedback(tuple(found[:size]), self.all_told and len(found) <= size)

    def last(self, function: str) -> datetime | None:
        self.asked["last"] += 1
        return NOW - HOUR if function == "EvaluateReputation" else None

    def show(self, page: Page, zone: tzinfo = UTC, policy: Policy = Policy()) -> Any:  # noqa: B008 - it is frozen
        known: dict[str, Any] = dict.fromkeys(
            ("standings", "verdicts", "enforcements", "counters", "feedback", "runs"), self
        )
        return gather(page, NOW, zone, Sources("123456789012", "eu-west-1", policy, Vocabulary.CURRENT, **known))

    def overview(self, **page: Any) -> OverviewView:
        view: OverviewView = self.show(OverviewPage(**page))
        return view

    def reviews(self, number: int = 1) -> ReviewsView:
        view: ReviewsView = self.show(ReviewsPage(number))
        return view

    def scope(self, scope: Scope = ACME, days: int = 7, zone: tzinfo = UTC) -> ScopeView:
        view: ScopeView = self.show(ScopePage(scope, days), zone)
        return view


def finding(
    name: str = "f-1",
    stage: Stage = Stage.PROBATION,
    category: Category = Category.SPAMTRAP,
    since: datetime = NOW - DAY,
) -> Finding:
    return Finding(name, category, stage, opened=since, since=since, stage_since=since)


def standing(scope: str, *findings: Finding, bounces: int = 0) -> Standing:
    measures = Measures(Rate(Metric.BOUNCE_RATE, bounces, 1000, NOW - DAY, 9, 1000))
    by_category = {each.category: each for each in findings}
    return Standing(Scope(scope), NOW, measures={Metric.BOUNCE_RATE: measures}, findings=by_category)


def outage(name: str, stage: OutageStage, end: datetime | None = NOW) -> Outage:
    return Outage(name, "gmail", NOW - HOUR, NOW, Tally(50, 100), Tally(1, 1000), end, stage)


MANY = [standing(f"tenant/t-{n:02}", bounces=n) for n in range(60)]


# Every page


def test_every_page_says_whose_it_is_how_fresh_and_what_waits() -> None:
    known = Known(standing("account", finding(stage=Stage.PENDING_DECISION)), standing("tenant/acme"))
    known.loops = Learned(frozenset({"gmail"}), 40)
    for page in (OverviewPage(), ReviewsPage(), ScopePage(ACME)):
        frame = known.show(page).frame
        assert (frame.account, frame.region, frame.now) == ("123456789012", "eu-west-1", NOW)
        assert (frame.evaluated, frame.waiting, frame.words) == (NOW - HOUR, 1, Vocabulary.CURRENT)
        assert frame.policy == known.loops.applied_to(Policy()), "what was learned of feedback loops counts here, too"


# The overview


def test_the_overview_has_the_account_and_all_scopes_the_worst_first() -> None:
    account = standing("account", bounces=90)
    known = Known(standing("tenant/b", bounces=3), account, standing("tenant/a", finding()), standing("identity/c"))
    known.said[ACCOUNT] = Verdict(ACCOUNT, NOW)
    known.enforced[ACCOUNT] = Enforcement(ACCOUNT, State.PAUSED)
    view = known.overview()
    assert (view.account, view.verdict) == (account, Verdict(ACCOUNT, NOW))
    assert view.enforcement == Enforcement(ACCOUNT, State.PAUSED)
    assert [row.scope for row in view.rows] == ["tenant/a", "account", "tenant/b", "identity/c"]
    assert view.rows[0] == listed(known.standings[Scope("tenant/a")])
    assert (view.total, view.matching, view.pages, view.complete) == (4, 4, 1, True)
    assert view.statuses == {Status.PROBATION: 1, Status.HEALTHY: 3}
    assert view.kinds == {ScopeKind.ACCOUNT: 1, ScopeKind.TENANT: 2, ScopeKind.IDENTITY: 1}


def test_the_other_scopes_are_counted_without_the_account_even_where_the_listing_lags() -> None:
    known = Known(standing("account", finding()), standing("tenant/a"), standing("tenant/b", finding()))
    known.stale[ACCOUNT] = standing("account")
    view = known.overview()
    assert view.account.status is Status.PROBATION
    assert view.elsewhere == {Status.HEALTHY: 1, Status.PROBATION: 1}


def test_an_overview_of_nothing_has_a_new_account() -> None:
    view = Known().overview()
    assert (view.account, view.rows, view.total, view.pages) == (Standing(ACCOUNT), (), 0, 1)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kind": ScopeKind.TENANT}, ["tenant/Shop", "tenant/other"]),
        ({"status": Status.PROBATION}, ["tenant/Shop", "identity/shop.example"]),
        ({"search": "SHOP"}, ["tenant/Shop", "identity/shop.example"]),
        ({"search": "shop", "kind": ScopeKind.IDENTITY}, ["identity/shop.example"]),
        ({"search": "tenant/o"}, ["tenant/other"]),
        ({"kind": ScopeKind.TAG}, []),
        ({"kind": ScopeKind.ACCOUNT}, ["account"]),
    ],
    ids=["a kind", "a status", "part of a name", "both", "with its kind", "none", "the account"],
)
def test_scopes_are_asked_for_by_kind_status_and_part_of_the_name(asked: dict[str, Any], found: list[str]) -> None:
    known = Known(
        standing("tenant/Shop", finding(), bounces=9),
        standing("identity/shop.example", finding(), bounces=8),
        standing("tenant/other"),
        standing("account"),
    )
    view = known.overview(**asked)
    assert [row.scope for row in view.rows] == found
    assert (view.matching, view.total) == (len(found), 4)
    assert view.statuses == {Status.PROBATION: 2, Status.HEALTHY: 2}, "of all, whatever is asked for"


@pytest.mark.parametrize(
    ("number", "shown", "rows"),
    [(1, 1, range(59, 34, -1)), (2, 2, range(34, 9, -1)), (3, 3, range(9, -1, -1)), (4, 3, range(9, -1, -1))],
    ids=["the first page", "the second", "the last", "one that is no longer there"],
)
def test_scopes_are_shown_by_pages(number: int, shown: int, rows: range) -> None:
    view = Known(*MANY).overview(number=number)
    assert [row.scope for row in view.rows] == [f"tenant/t-{n:02}" for n in rows]
    assert (view.page.number, view.pages, view.matching) == (shown, 3, 60)


def test_what_was_done_at_ses_is_known_of_the_scopes_that_are_shown() -> None:
    known = Known(*MANY)
    of = {n: Scope(f"tenant/t-{n}") for n in (59, 58, 10)}
    known.enforced = {
        of[59]: Enforcement(of[59], State.PAUSED),
        of[58]: Enforcement(of[58], State.RELEASED),
        of[10]: Enforcement(of[10], State.PAUSED),
    }
    assert known.overview().sending == {of[59]: Enforcement(of[59], State.PAUSED)}


def test_the_most_urgent_findings_of_all_scopes_are_named() -> None:
    stages = [Stage.SHUTDOWN, Stage.PENDING_DECISION, Stage.PROBATION, Stage.SUSPECTED]
    known = Known(*(standing(f"tenant/{n}", finding(f"f-{n}", stage)) for n, stage in enumerate(stages)), *MANY)
    known.standings[ACCOUNT] = standing("account", finding("f-account", Stage.PERMANENT_SHUTDOWN))
    view = known.overview()
    assert [each.finding.id for each in view.urgent] == ["f-1", "f-2", "f-3", "f-0", "f-account"]
    assert [each.scope for each in view.urgent][-2:] == ["tenant/0", ACCOUNT]


def test_what_is_shut_down_for_good_pushes_out_nothing_that_can_be_acted_on() -> None:
    gone = [standing(f"tenant/{n}", finding(f"f-{n}", Stage.PERMANENT_SHUTDOWN)) for n in range(30)]
    known = Known(*gone, standing("tenant/acme", finding("f-acme", Stage.SUSPECTED)))
    assert known.overview().urgent[0].finding.id == "f-acme"


def test_of_findings_that_are_as_urgent_those_of_the_worst_scope_come_first() -> None:
    known = Known(*(standing(f"tenant/{n}", finding(f"f-{-n}"), bounces=n) for n in range(3)))
    assert [each.scope for each in known.overview().urgent] == ["tenant/2", "tenant/1", "tenant/0"]


def test_of_many_findings_twenty_are_named_and_all_counted() -> None:
    view = Known(*(standing(f"tenant/{n}", finding(f"f-{n}")) for n in range(21))).overview()
    assert (len(view.urgent), view.urgent_total) == (20, 21)


def test_outages_that_wait_or_go_on_are_shown() -> None:
    shown = [outage("o-1", OutageStage.SUSPECTED), outage("o-2", OutageStage.CONFIRMED, None)]
    over = [outage("o-3", OutageStage.CONFIRMED), outage("o-4", OutageStage.DISMISSED, None)]
    view = Known(replace(standing(GMAIL), outages=(*shown, *over))).overview()
    assert view.outages == tuple(shown)
    assert view.frame.waiting == 1


def test_a_listing_that_leaves_scopes_out_says_so() -> None:
    known = Known(*MANY)
    known.complete = False
    assert not known.overview().complete


# Reviews


def test_reviews_are_what_waits_the_longest_first() -> None:
    long = finding("f-1", Stage.PENDING_DECISION, since=NOW - 3 * DAY)
    suspected = finding("f-2", Stage.SUSPECTED, Category.OTHER, since=NOW - 2 * DAY)
    tenant, account = standing("tenant/acme", finding("f-3"), suspected), standing("account", long)
    known = Known(tenant, account, replace(standing(GMAIL), outages=(outage("o", OutageStage.SUSPECTED),)))
    view = known.reviews()
    assert [(r.standing, r.finding, r.waits_since) for r in view.reviews] == [
        (account, long, NOW - 3 * DAY),
        (tenant, suspected, NOW - 2 * DAY),
    ]
    assert [each.id for each in view.outages] == ["o"]
    assert (view.total, view.pages) == (3, 1)


def test_reviews_are_shown_by_pages_and_outages_on_the_first() -> None:
    pending = [finding(f"f-{n:02}", Stage.PENDING_DECISION, since=NOW - n * HOUR) for n in range(45)]
    known = Known(*(standing(f"tenant/{n}", each) for n, each in enumerate(pending)))
    known.standings[GMAIL] = replace(standing(GMAIL), outages=(outage("o", OutageStage.SUSPECTED),))
    first, last = known.reviews(), known.reviews(9)
    assert [review.finding for review in first.reviews] == pending[:24:-1]
    assert [review.finding for review in last.reviews] == pending[4::-1]
    assert (first.page.number, last.page.number, last.pages, last.total) == (1, 3, 3, 46)
    assert (len(first.outages), len(last.outages)) == (1, 0)


def test_two_findings_of_one_scope_are_two_reviews() -> None:
    both = [finding("f-1", Stage.PENDING_DECISION), finding("f-2", Stage.SUSPECTED, Category.OTHER)]
    view = Known(standing("tenant/acme", *both)).reviews()
    assert [review.finding for review in view.reviews] == both


@pytest.mark.parametrize(
    "now_known",
    [standing("tenant/acme"), standing("tenant/acme", finding(stage=Stage.PROBATION))],
    ids=["it is closed", "it does not wait any more"],
)
def test_what_was_decided_since_the_listing_was_written_is_no_review(now_known: Standing) -> None:
    known = Known(now_known)
    known.stale[ACME] = standing("tenant/acme", finding(stage=Stage.PENDING_DECISION))
    assert known.reviews().reviews == ()


# A scope


def hour(ago: int, bounces: int = 0, sent: int = 1000, provider: str = "gmail") -> HourCounts:
    counts = {(provider, Measure.SENT): sent, (provider, Measure.HARD_BOUNCED): bounces}
    return HourCounts(NOW.replace(minute=0) - ago * HOUR, counts)


def changed(of: Finding, time: datetime = NOW - DAY) -> Change:
    return Change(
        id=f"{of.id}/{time:%d%H}",
        time=time,
        scope=ACME,
        category=of.category,
        before=None,
        after=of.stage,
        trigger=Trigger.REPORTED,
        scope_before=Status.HEALTHY,
        scope_after=Status.PROBATION,
        finding=of,
    )


def test_a_scope_is_shown_with_its_past_by_days_and_moments() -> None:
    known = Known(standing("tenant/acme"))
    known.counts[ACME] = [hour(1, 10), hour(30, 20), hour(24 * 20, 500)]
    view = known.scope(days=7)
    assert (view.since, view.standing) == (date(2026, 2, 28), known.standings[ACME])
    assert [(each.day.day, each.mail.sent) for each in view.volume if each.mail.sent] == [(5, 1000), (6, 1000)]
    assert [(each.provider, each.mail.sent) for each in view.providers] == [("gmail", 2000)]
    bounces = view.rates[Metric.BOUNCE_RATE]
    assert (bounces[0].time, bounces[-1].time) == (datetime(2026, 2, 28, tzinfo=UTC), NOW)
    assert bounces[-1].window.fraction == Fraction(530, 3000)
    assert view.explanation
    assert view.explanation.metrics[0].calculations[0].rate == bounces[-1].window
    assert known.asked[f"hours of {ACME}"] == 1, "charts and arithmetic are made of one reading"


def test_days_are_those_of_the_readers_zone() -> None:
    known = Known(standing("tenant/acme"))
    known.counts[ACME] = [hour(1)]
    view = known.scope(days=30, zone=timezone(timedelta(hours=13)))
    assert view.since == date(2026, 2, 6)
    assert [each.day for each in view.volume if each.mail.sent] == [date(2026, 3, 7)]
    midnight = datetime(2026, 2, 5, 11, tzinfo=UTC)
    assert midnight <= view.rates[Metric.BOUNCE_RATE][0].time < midnight + 12 * HOUR


def test_mail_that_an_outage_bounced_is_left_out_of_the_past_as_well() -> None:
    known = Known(standing("tenant/acme"))
    held = outage("o", OutageStage.CONFIRMED)
    known.standings[GMAIL] = replace(standing(GMAIL), outages=(replace(held, start=NOW - 2 * HOUR),))
    known.counts[ACME] = [hour(1, 900, provider="gmail"), hour(1, 10, provider="yahoo")]
    view = known.scope()
    assert view.rates[Metric.BOUNCE_RATE][-1].window.fraction == Fraction(10, 1000)
    assert view.explanation
    assert [each.id for each in view.explanation.outages] == ["o"]
    assert view.outages == ()
    assert [each.id for each in known.scope(GMAIL).outages] == ["o"]


def test_a_scope_has_what_ses_says_and_what_was_done_there() -> None:
    known = Known(standing("tenant/acme"))
    known.said[ACME], known.enforced[ACME] = Verdict(ACME, NOW), Enforcement(ACME, State.PAUSED)
    view = known.scope()
    assert (view.verdict, view.enforcement) == (Verdict(ACME, NOW), Enforcement(ACME, State.PAUSED))
    assert not view.account_stopped


@pytest.mark.parametrize(
    ("enforced", "said"),
    [(Enforcement(ACCOUNT, State.PAUSED), None), (None, Verdict(ACCOUNT, NOW, sending_enabled=False))],
    ids=["paused here", "switched off, says SES"],
)
def test_a_scope_knows_that_its_account_is_stopped(enforced: Enforcement | None, said: Verdict | None) -> None:
    known = Known(standing("tenant/acme"))
    known.enforced |= {ACCOUNT: enforced} if enforced else {}
    known.said |= {ACCOUNT: said} if said else {}
    assert known.scope().account_stopped


def test_a_scope_has_the_newest_of_its_history() -> None:
    known = Known(standing("tenant/acme"))
    history = [changed(finding(), NOW - n * HOUR) for n in range(101, 0, -1)]
    known.news[ACME] = list(history)
    view = known.scope()
    assert view.news == tuple(history[:0:-1])
    assert not view.all_news
    known.news[ACME] = list(history[1:])
    assert known.scope().all_news


def test_each_open_finding_has_the_newest_that_people_were_told_about_it() -> None:
    open_one, other = finding("f-1"), finding("f-2", category=Category.OTHER)
    remembered = finding("f-3", category=Category.DIRECT_FEEDBACK)
    known = Known(standing("tenant/acme", open_one, remembered, finding("f-9", category=Category.INTERNAL_REVIEW)))
    seen = EvidenceAdded("e", NOW, ACME, Category.SPAMTRAP, "f-1", Observation(NOW, NOW, "x", "y"), Act("r", ANA))
    reminder = Reminder("r", NOW, ACME, ReminderKind.PERIOD_ENDS, remembered.category, Status.PROBATION, remembered)
    newest = changed(open_one, NOW - HOUR)
    known.news[ACME] = [changed(open_one), changed(remembered), newest, changed(other, NOW), seen, reminder]
    notices = known.scope().notices
    assert {category: (type(alert), alert.id) for category, alert in notices.items()} == {
        Category.SPAMTRAP: (StatusAlert, newest.id),
        Category.DIRECT_FEEDBACK: (ReminderAlert, reminder.id),
    }


ANA = Actor("ana", proven=True)


def told(ago: timedelta, measure: Measure, reason: str, *replies: str | None) -> Feedback:
    recipients = tuple(KeptRecipient(f"r{n}@shop.example", None, reply) for n, reply in enumerate(replies))
    return Feedback(NOW - ago, measure, reason, "m", recipients, (ACME,))


def test_recent_feedback_is_counted_by_what_ses_calls_it_and_by_what_servers_meant() -> None:
    known = Known(standing("tenant/acme"))
    full = "552 5.2.2 mailbox full"
    known.told = [
        told(HOUR, Measure.HARD_BOUNCED, "Permanent/General", "550 5.1.1 unknown", "550 5.1.1 unknown"),
        told(2 * HOUR, Measure.SOFT_BOUNCED, "Transient/MailboxFull", full),
        told(3 * HOUR, Measure.DELAYED, "MailboxFull", full),
        told(4 * HOUR, Measure.COMPLAINED, "abuse", None),
        told(8 * DAY, Measure.HARD_BOUNCED, "Permanent/General", "550 5.1.1 unknown"),
    ]
    sample = known.scope().feedback
    assert (sample.examined, sample.complete) == (4, True)
    assert sample.newest == tuple(known.told[:4])
    assert sample.by_reason == {"Permanent/General": 2, "Transient/MailboxFull": 1}
    assert sample.by_class == {"user_unknown": 2, "mailbox_full": 2}


@pytest.mark.parametrize(
    ("zone", "began"),
    [
        pytest.param(UTC, NOW.replace(hour=0, minute=0) - 6 * DAY, id="in UTC"),
        pytest.param(timezone(14 * HOUR), NOW.replace(hour=10, minute=0) - 6 * DAY, id="where it is tomorrow"),
        pytest.param(timezone(-11 * HOUR), NOW.replace(hour=11, minute=0) - 6 * DAY, id="far in the west"),
    ],
)
def test_recent_feedback_begins_with_a_day_of_the_reader_as_the_mail_by_day_does(zone: tzinfo, began: datetime) -> None:
    known = Known(standing("tenant/acme"))
    second = timedelta(seconds=1)
    known.told = [Feedback(time, Measure.DELAYED, "MailboxFull", "m", (), (ACME,)) for time in (began, began - second)]
    view = known.scope(zone=zone)
    assert view.feedback.since == began
    assert [feedback.time for feedback in view.feedback.newest] == [began]
    assert view.volume[0].day == began.astimezone(zone).date()


def test_of_much_feedback_a_sample_is_looked_at_and_twenty_are_shown() -> None:
    known = Known(standing("tenant/acme"))
    known.told = [told(HOUR, Measure.HARD_BOUNCED, "Permanent/General", None)] * 501
    sample = known.scope().feedback
    assert (len(sample.newest), sample.examined, sample.complete) == (20, 500, False)


def test_a_scope_of_which_nothing_is_known_has_no_page() -> None:
    with pytest.raises(NothingKnown, match="nothing is known of tenant/acme: no mail was counted"):
        Known().scope()
    view = Known().scope(ACCOUNT)
    assert (view.standing, view.explanation) == (Standing(ACCOUNT), None), "the account is always there"


def test_a_scope_of_which_anything_is_known_has_a_page() -> None:
    judged, counted, said_of, reported = Known(Standing(ACME)), Known(), Known(), Known()
    counted.counts[ACME] = [hour(1)]
    said_of.said[ACME] = Verdict(ACME, NOW)
    reported.news[ACME] = [changed(finding())]
    for known in (judged, counted, said_of, reported):
        assert known.scope().standing == Standing(ACME)


def test_a_page_asks_for_no_more_however_much_there_is() -> None:
    pending = [standing(f"tenant/{n}", finding(f"f-{n}", Stage.PENDING_DECISION)) for n in range(300)]
    for page in (OverviewPage(), ReviewsPage(), ScopePage(Scope("tenant/1"))):
        few, many = Known(pending[1]), Known(*pending, *MANY)
        few.show(page)
        many.show(page)
        assert few.asked == many.asked
        assert many.asked["listed"] == 8
        assert many.asked.total() - 8 <= 10
