"""The past of a scope, told from its hours and its news."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple, replace

from ses_reputation.domain.assessment import assess, measured, windows
from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change
from ses_reputation.domain.decisions import ChangesMade, Command, Decide, Decision, ReinstateTo, carry_out
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.feedback_loops import FeedbackLoops
from ses_reputation.domain.history import (
    MOST_MOMENTS,
    MOST_PROVIDERS,
    MailCounts,
    ProviderCounts,
    RatePoint,
    Ruling,
    StatusSpan,
    by_provider,
    days,
    floors_of,
    moments_between,
    rates_over_time,
    rulings_of,
    statuses_over_time,
)
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.providers import OTHER, OWN, SIMULATOR, UNSPECIFIED
from ses_reputation.domain.rates import HourCounts, Metric, Span, VolumeSource, measure
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Act, Actor, Standing

if TYPE_CHECKING:
    from ses_reputation.domain.news import News

HOUR = timedelta(hours=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
BOUNCES, COMPLAINTS = Metric
SHOP = Scope("tenant/shop")
SMALL = Policy(representative_volume=100, minimum_volume=10, minimum_bounces=1, minimum_complaints=1)
SHARE = FeedbackLoops(feedback_share=33)


def hour(after: int, provider: str = "yahoo", *, backfilled: bool = False, **counts: int) -> HourCounts:
    """The counts of an hour, so many hours after START."""
    return HourCounts(START + after * HOUR, {(provider, Measure(name)): n for name, n in counts.items()}, backfilled)


def at(hours: float) -> datetime:
    return START + hours * HOUR


# -- Rates


def past(newest_first: Sequence[HourCounts], *moments: datetime, rulings: Sequence[Ruling] = ()) -> list[RatePoint]:
    return rates_over_time(newest_first, moments, BOUNCES, SMALL, rulings)


def test_each_moment_has_the_rate_of_the_hours_that_began_before_it() -> None:
    hours = [hour(2, sent=60, hard_bounced=6), hour(1, sent=60, hard_bounced=3), hour(0, sent=60)]
    points = past(hours, at(0), at(1), at(2), at(3))
    assert [(p.window.count, p.window.eligible) for p in points] == [(0, 0), (0, 60), (3, 120), (9, 120)]
    assert [p.time for p in points] == [at(0), at(1), at(2), at(3)]


def test_moments_are_told_in_order_and_once_however_they_are_asked_for() -> None:
    assert [p.time for p in past([hour(0, sent=1)], at(3), at(1), at(3))] == [at(1), at(3)]


def test_without_moments_or_mail_there_is_nothing() -> None:
    assert past([hour(0, sent=1)]) == []
    (point,) = past([], at(1))
    assert (point.deciding.eligible, point.window.start) == (0, None)


def test_only_as_many_hours_are_read_as_the_oldest_moment_needs() -> None:
    read: list[datetime] = []

    def hours() -> Iterator[HourCounts]:
        for after in range(999, 0, -1):
            read.append(at(after))
            yield hour(after, sent=50)

    points = rates_over_time(hours(), [at(1000), at(995)], BOUNCES, SMALL)
    assert [p.window.eligible for p in points] == [100, 100]
    assert read[-1] == at(992)


def test_a_floor_holds_from_after_the_moment_it_was_decided() -> None:
    hours = [hour(n, sent=10, hard_bounced=int(n < 3)) for n in reversed(range(6))]
    points = past(hours, at(4), at(5), rulings=[Ruling(decided=at(4), floor=at(3))])
    assert [(p.window.count, p.window.eligible) for p in points] == [(3, 40), (0, 20)]


def test_a_floor_is_never_lowered_by_what_is_decided_later() -> None:
    hours = [hour(n, sent=10) for n in reversed(range(6))]
    (point,) = past(hours, at(6), rulings=[Ruling(at(4), floor=at(4)), Ruling(at(5), floor=at(1))])
    assert point.window.start == at(4)


def test_while_a_finding_is_open_the_rate_since_it_counts_decides() -> None:
    hours = [hour(n, sent=100, hard_bounced=20 - n) for n in reversed(range(6))]
    rulings = [Ruling(at(2), since=at(2)), Ruling(at(5), floor=at(2))]
    points = past(hours, at(2), at(4), at(5), at(6), rulings=rulings)
    assert [p.since and p.since.eligible for p in points] == [None, 200, 300, None]
    assert [p.deciding.count for p in points] == [19, 18 + 17, 18 + 17 + 16, 15]


def test_the_moment_of_a_decision_is_among_those_between_which_it_lies() -> None:
    hours = [hour(n, sent=10, hard_bounced=1) for n in reversed(range(6))]
    decided = [Ruling(at(n), floor=at(n)) for n in (1, 3.5, 6)]
    assert [p.time for p in past(hours, at(2), at(5), rulings=decided)] == [at(2), at(3.5), at(5)]


def test_what_waits_for_a_person_is_measured_by_the_newest_mail() -> None:
    hours = [hour(n, sent=60) for n in reversed(range(9))]
    (point,) = past(hours, at(9), rulings=[Ruling(at(1), since=at(1), moves=False)])
    assert point.since
    assert point.since.eligible == 120


def test_mail_that_counts_at_a_share_is_told_in_whole_recipients() -> None:
    policy = replace(SMALL, feedback_loops=SHARE)
    (point,) = rates_over_time([hour(0, UNSPECIFIED, sent=10, complained=1)], [at(1)], COMPLAINTS, policy)
    assert point.window.eligible == 3


providers = st.sampled_from(["yahoo", "gmail", OTHER, OWN, UNSPECIFIED])
# Few numbers, so that windows close exactly; some hours only take mail back.
counted = st.dictionaries(
    st.tuples(
        providers,
        st.sampled_from(
            [Measure.SENT, Measure.HARD_BOUNCED, Measure.COMPLAINED, Measure.NOT_ATTEMPTED, Measure.REPORTED]
        ),
    ),
    st.sampled_from([1, 2, 10, 30, 50]),
    max_size=4,
)


@st.composite
def mails(draw: st.DrawFn) -> list[HourCounts]:
    """The hours of some days, newest first, with holes."""
    afters = draw(st.lists(st.integers(0, 96), unique=True, max_size=30))
    return [
        HourCounts(
            at(after), draw(counted), after < 20, draw(st.sampled_from([frozenset[str](), frozenset({"yahoo"})]))
        )
        for after in sorted(afters, reverse=True)
    ]


moments = st.lists(st.floats(0, 110).map(at) | st.integers(0, 110).map(at), min_size=1, max_size=12)
rulings = st.lists(
    st.builds(
        Ruling,
        st.integers(0, 100).map(at),
        st.none() | st.integers(0, 100).map(at),
        st.none() | st.integers(0, 100).map(at),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda ruling: ruling.decided,
)


@given(mails(), moments, st.sampled_from(Metric), st.sampled_from([0, 30, 100]), rulings, st.sampled_from([9, 40, 900]))
@settings(max_examples=150)
def test_every_point_is_what_would_have_been_measured_then(
    hours: list[HourCounts],
    times: list[datetime],
    metric: Metric,
    volume: int,
    decided: list[Ruling],
    oldest: int,
) -> None:
    policy = replace(
        SMALL, representative_volume=volume, minimum_volume=0, oldest_mail=oldest * HOUR, feedback_loops=SHARE
    )
    for point in rates_over_time(hours, times, metric, policy, decided):
        before = [h for h in hours if h.hour < point.time]
        told = sorted((r for r in decided if r.decided < point.time), key=lambda r: r.decided)
        start = max([point.time - policy.oldest_mail, *(r.floor for r in told if r.floor)])
        spans = {"window": Span(metric, start, policy.window_volume())}
        if told and told[-1].since:
            spans["since"] = Span(metric, told[-1].since, None if told[-1].moves else policy.window_volume())
        then = measure(before, spans, policy.volume_source, policy.feedback_loops)
        assert point.window == then["window"].rate
        assert point.since == (then["since"].rate if "since" in then else None)


@pytest.mark.parametrize(("since", "until"), [(0, 720), (0, 719.5), (5.5, 6), (0, 17520), (3, 3)])
def test_moments_are_few_and_even_and_end_with_the_last(since: float, until: float) -> None:
    times = moments_between(at(since), at(until))
    assert len(times) <= MOST_MOMENTS
    assert times[-1] == at(until)
    assert all(at(since) <= time <= at(until) for time in times)
    assert len({b - a for a, b in pairwise(times[:-1])}) <= 1


@pytest.mark.parametrize(
    ("since", "until", "times"),
    [
        pytest.param(0, 3, [0, 1, 2, 3], id="every full hour, with the first and the last"),
        pytest.param(0.5, 3.5, [1, 2, 3, 3.5], id="the full hours between, and the last moment"),
        pytest.param(5.25, 5.75, [5.75], id="no full hour between"),
        pytest.param(3, 3, [3], id="no time between"),
        pytest.param(0, 118.5, [*range(119), 118.5], id="as many as there may be"),
        pytest.param(0, 119.5, [*range(1, 120, 2), 119.5], id="one hour more: every other"),
        pytest.param(0, 720, range(6, 721, 7), id="thirty days: every seven hours"),
    ],
)
def test_moments_are_counted_back_from_the_last_full_hour(since: float, until: float, times: Sequence[float]) -> None:
    assert moments_between(at(since), at(until)) == [at(time) for time in times]


# -- What was decided

ACT = Act("r-1", Actor("ada", proven=True))
CLEAN, BAD = (10, 0), (10, 4)


class Story:
    """A scope that is judged every hour, by so much mail in each, with people's commands between."""

    def __init__(self, policy: Policy = SMALL) -> None:
        self.policy = policy
        self.standing = Standing(SHOP)
        self.hours: list[HourCounts] = []
        self.news: list[News] = []
        self.judged: list[tuple[datetime, RatePoint]] = []

    def goes_on(self, *mail: tuple[int, int]) -> "Story":
        for sent, bounced in mail:
            self.hours.insert(0, hour(len(self.hours), sent=sent, hard_bounced=bounced))
            now = at(len(self.hours))
            measures = measured(windows(self.standing, self.hours, now, self.policy), SHOP, now, self.policy)
            point = RatePoint(now, measures[BOUNCES].window, measures[BOUNCES].since)
            self.judged.append((now, point))
            self.standing, news = assess(self.standing, measures, now, self.policy)
            self.news += news
        return self

    def commands(self, command: Command, minutes: int = 20) -> "Story":
        now = at(len(self.hours)) + timedelta(minutes=minutes)
        self.standing, piece = carry_out(self.standing, command, ACT, now, self.policy)
        self.news += [piece] if piece else []
        return self

    @property
    def finding(self) -> str:
        return self.standing.findings[Category.BOUNCE_RATE].id

    def reports_changes(self, hours_ago: float = 0) -> "Story":
        since = at(len(self.hours) - hours_ago)
        return self.commands(ChangesMade(SHOP, self.finding, "cleaned the list", since), minutes=10)

    def decides(self, decision: Decision, to: ReinstateTo = ReinstateTo.PROBATION) -> "Story":
        return self.commands(Decide(SHOP, self.finding, decision, to=to))

    def retold(self) -> list[tuple[datetime, RatePoint]]:
        told = rulings_of(reversed(self.news), self.standing, BOUNCES)
        points = rates_over_time(self.hours, [time for time, _ in self.judged], BOUNCES, self.policy, told)
        times = {time for time, _ in self.judged}
        return [(point.time, point) for point in points if point.time in times]


SWIFT = replace(SMALL, probation=20 * HOUR, steady=2 * HOUR, healing=5 * HOUR)

STORIES: Mapping[str, Story] = {
    "a probation that heals": Story(SWIFT).goes_on(*[CLEAN] * 12, *[BAD] * 5, *[CLEAN] * 20, *[BAD] * 3),
    "a probation that ends in a shutdown, and an appeal": Story(SWIFT)
    .goes_on(*[CLEAN] * 5, *[BAD] * 30)
    .decides(Decision.REINSTATE)
    .goes_on(*[CLEAN] * 4),
    "a probation that ends in a shutdown": Story(SWIFT).goes_on(*[CLEAN] * 5, *[BAD] * 40),
    "a probation that lasts": Story(SWIFT).goes_on(*[CLEAN] * 5, *[BAD] * 18),
    "a shutdown that was wrong": Story(SWIFT)
    .goes_on(*[CLEAN] * 5, *[BAD] * 30)
    .decides(Decision.REINSTATE, ReinstateTo.HEALTHY)
    .goes_on(*[CLEAN] * 4),
    "changes that are accepted": Story(SWIFT)
    .goes_on(*[CLEAN] * 10, *[BAD] * 8)
    .reports_changes(hours_ago=2.5)
    .decides(Decision.ACCEPT)
    .goes_on(*[CLEAN] * 4),
    "changes from before the probation": Story(SWIFT)
    .goes_on(*[CLEAN] * 10, *[BAD] * 8)
    .reports_changes(hours_ago=9)
    .decides(Decision.ACCEPT)
    .goes_on(*[CLEAN] * 4),
    "a probation that is lifted": Story(SWIFT)
    .goes_on(*[BAD] * 8)
    .decides(Decision.LIFT)
    .goes_on(*[CLEAN] * 4, *[BAD] * 3),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_the_news_tell_the_rates_that_a_scope_was_judged_by(story: Story) -> None:
    assert len(story.news) > 1
    assert story.retold() == story.judged


def test_the_stories_set_every_kind_of_floor() -> None:
    triggers = {piece.trigger for story in STORIES.values() for piece in story.news if isinstance(piece, Change)}
    assert {"healed", "reinstated_on_probation", "reinstated", "accepted_and_counted_anew", "lifted"} <= triggers


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_what_older_news_would_have_told_comes_from_the_standing(story: Story) -> None:
    told = rulings_of([], story.standing, BOUNCES)
    (point,) = rates_over_time(story.hours, [at(len(story.hours))], BOUNCES, story.policy, told)
    assert point == story.judged[-1][1]


def test_what_was_accepted_counts_from_where_its_finding_does_if_no_news_tells_since_when_it_was_changed() -> None:
    news = STORIES["changes that are accepted"].news
    (accepted,) = [
        piece for piece in news if isinstance(piece, Change) and piece.trigger == "accepted_and_counted_anew"
    ]
    (decided,) = rulings_of([accepted], Standing(SHOP), BOUNCES)
    assert decided.floor == accepted.finding.since


def test_a_fresh_start_at_ses_counts_from_its_own_moment() -> None:
    started = Standing(SHOP).measured_from(at(7))
    assert rulings_of([], started, BOUNCES) == [Ruling(at(7), floor=at(7))]
    assert floors_of(rulings_of([], started, BOUNCES)) == [(at(7), at(7))]


def test_a_fresh_start_leaves_the_finding_that_is_open() -> None:
    story = Story(SWIFT).goes_on(*[BAD] * 8)
    anew = story.standing.measured_from(at(9))
    opened, fresh = rulings_of(story.news, anew, BOUNCES)
    assert fresh == replace(opened, decided=at(9), floor=at(9))


def test_another_metrics_changes_decide_nothing() -> None:
    story = STORIES["a probation that is lifted"]
    assert rulings_of(story.news, Standing(SHOP), COMPLAINTS) == []


def test_the_statuses_are_one_after_the_other_up_to_now() -> None:
    story, now = STORIES["a probation that heals"], at(40)
    spans = statuses_over_time(reversed(story.news), story.standing, BOUNCES, now)
    healthy, probation, almost, healed = spans[:4]
    assert [span.status for span in spans[:4]] == [
        Status.HEALTHY,
        Status.PROBATION,
        Status.ALMOST_HEALED,
        Status.HEALTHY,
    ]
    assert healthy.start is None
    assert [span.end for span in spans] == [*(span.start for span in spans[1:]), now]
    assert (probation.start, almost.start) < (almost.start, healed.start)


def test_what_changes_no_status_begins_no_new_span() -> None:
    story = Story(SWIFT).goes_on(*[BAD] * 8).reports_changes()
    assert len(statuses_over_time(story.news, story.standing, BOUNCES, at(9))) == 2


def test_a_scope_without_news_has_had_the_status_that_it_has() -> None:
    story = Story(SWIFT).goes_on(*[BAD] * 8)
    assert statuses_over_time([], story.standing, BOUNCES, at(9)) == [StatusSpan(None, at(9), Status.PROBATION)]


# -- Mail

SENDS, DELIVERIES, _ = VolumeSource


def test_a_day_is_one_of_the_readers_zone() -> None:
    hours = [hour(n, sent=1) for n in reversed(range(48))]
    tokyo = timezone(9 * HOUR)
    told = days(hours, at(0), at(40), tokyo, SENDS)
    assert [(day.day, day.mail.sent) for day in told] == [
        (date(2026, 3, 1), 15),
        (date(2026, 3, 2), 24),
        (date(2026, 3, 3), 9),
    ]
    assert days(hours, at(15), at(40), tokyo, SENDS) == told[1:], "it is the next day there"


def test_the_first_day_is_whole_and_days_without_mail_are_there() -> None:
    hours = [hour(100, sent=3), hour(73, sent=2, hard_bounced=1), hour(1, sent=5), hour(-1, sent=9)]
    told = days(hours, at(20), at(80), UTC, SENDS)
    assert [day.mail.sent for day in told] == [5, 0, 0, 2]
    assert told[3].mail == MailCounts(sent=2, hard_bounced=1)


def test_a_day_is_divided_by_what_its_rates_are_divided_by() -> None:
    one = hour(0, sent=50, not_attempted=5, delivered=30, hard_bounced=2, soft_bounced=3, delayed=4, complained=1)
    (day,) = days([one], at(0), at(0), UTC, SENDS)
    assert day.mail == MailCounts(45, 30, 2, 3, 1, 4)
    assert {type(n) for n in astuple(day.mail)} == {int}
    assert days([one], at(0), at(0), UTC, DELIVERIES)[0].mail.sent == 35
    assert days([replace(one, backfilled=True)], at(0), at(0), UTC, SENDS)[0].mail.sent == 0


def test_recipients_that_are_in_no_rate_are_in_no_day_and_with_no_provider() -> None:
    sent = {(name, Measure.SENT): 9 for name in (OWN, SIMULATOR, "yahoo")}
    hours = [HourCounts(START, sent)]
    assert days(hours, at(0), at(0), UTC, SENDS)[0].mail == MailCounts(sent=9)
    assert by_provider(hours, SENDS) == [ProviderCounts("yahoo", MailCounts(sent=9))]


def test_providers_come_by_how_much_mail_they_got() -> None:
    hours = [hour(1, "gmail", sent=5, hard_bounced=1), hour(0, "yahoo", sent=7), hour(0, "gmail", sent=4)]
    assert by_provider(hours, SENDS) == [
        ProviderCounts("gmail", MailCounts(sent=9, hard_bounced=1)),
        ProviderCounts("yahoo", MailCounts(sent=7)),
    ]


def test_of_providers_that_got_as_much_mail_the_one_that_bounced_more_comes_first_and_then_the_name_decides() -> None:
    bounced = {"yahoo": 3, "gmail": 1, "apple": 1}
    hours = [hour(0, provider, sent=9, hard_bounced=n) for provider, n in bounced.items()]
    assert [one.provider for one in by_provider(hours, SENDS)] == ["yahoo", "apple", "gmail"]


@pytest.mark.parametrize(("more", "rest"), [(1, "p12"), (2, None)], ids=["one more is itself", "two more are others"])
def test_the_providers_behind_the_first_are_one(more: int, rest: str | None) -> None:
    sent = {f"p{n}": 100 - n for n in range(MOST_PROVIDERS + more)}
    told = by_provider([hour(0, provider, sent=n) for provider, n in sent.items()], SENDS)
    assert [one.provider for one in told] == [*list(sent)[:MOST_PROVIDERS], rest]
    assert sum(one.mail.sent for one in told) == sum(sent.values())
