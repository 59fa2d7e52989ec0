"""Which of SES's own numbers are taken for the time before events were connected."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.backfill import (
    BoundaryReason,
    Plan,
    UnfitBoundary,
    carry_out,
    plan_backfill,
)
from ses_reputation.domain.counting import Cell
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.feedback_loops import FeedbackLoops
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.providers import OTHER, UNSPECIFIED
from ses_reputation.domain.rates import HourCounts, Metric, Rate, Span, VolumeSource, measure
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.statistics import Reported, SesMetric

NOW = datetime(2026, 3, 20, 12, 40, tzinfo=UTC)
NOON = NOW.replace(minute=0)
ELEVEN = NOON - timedelta(hours=1)  # The newest hour's end that is an hour ago.
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEWSLETTER = Scope("configuration-set/newsletter")
MAIL = Reported(sent=100, bounced=3, complained=1)


class Ses:
    """What SES tells: its statistics, and the metrics of scopes, the soft bounces of which are in them."""

    def __init__(self, statistics: Mapping[datetime, Reported] = {}, **metrics: Mapping[datetime, Reported]) -> None:
        self.statistics = dict(statistics)
        self.metrics = {_scope(name): dict(hours) for name, hours in metrics.items()}
        self.listed = {scope for scope, hours in self.metrics.items() if hours}

    def publishing(self, metric: SesMetric) -> frozenset[Scope]:
        assert metric is SesMetric.SENT
        return frozenset(self.listed)

    def send_statistics(self) -> Mapping[datetime, Reported]:
        return self.statistics

    def hourly_counts(
        self, scopes: Collection[Scope], start: datetime, end: datetime
    ) -> Mapping[Scope, Mapping[datetime, Reported]]:
        assert start < end
        return {s: {h: r for h, r in self.metrics.get(s, {}).items() if start <= h < end} for s in scopes}


class Table:
    """The counters: what was backfilled, what SES reported beside events, and the hours with events, of 10 mails each:
    `events` are the account's with its volume, `bounces` those with bounces alone, keywords a set's with its volume.
    """

    def __init__(
        self,
        *,
        events: Iterable[datetime] = (),
        bounces: Iterable[datetime] = (),
        reported: Mapping[datetime, int] | None = None,
        volume: Measure = Measure.SENT,
        **sets: Iterable[datetime],
    ) -> None:
        self.backfilled: dict[tuple[Scope, datetime], Reported] = {}
        self.live: dict[Scope, dict[datetime, dict[tuple[str, Measure], int]]] = {}
        for scope, hours in {ACCOUNT: events, **{_scope(name): hours for name, hours in sets.items()}}.items():
            self.live[scope] = {hour: {(OTHER, volume): 10} for hour in hours}
        for hour in bounces:
            self.live[ACCOUNT].setdefault(hour, {})[OTHER, Measure.HARD_BOUNCED] = 1
        self.reports = reported or {}
        self.writes: list[tuple[Scope, datetime]] = []
        self.marked: list[Cell] = []
        self.read: list[datetime] = []

    def hours(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterator[HourCounts]:
        found = {hour: HourCounts(hour, counts) for hour, counts in self.live.get(scope, {}).items()}
        for (about, hour), told in self.backfilled.items():
            if about == scope:
                counts = {
                    (UNSPECIFIED, Measure.REPORTED): told.sent,
                    (UNSPECIFIED, Measure.HARD_BOUNCED): told.bounced,
                    (UNSPECIFIED, Measure.COMPLAINED): told.complained,
                }
                found[hour] = HourCounts(hour, counts, backfilled=True)
        for hour in sorted(found, reverse=True):
            if hour < before and (since is None or since <= hour):
                self.read.append(hour)
                yield found[hour]

    def oldest_live_hour(self, scope: Scope, measure: Measure | None = None) -> datetime | None:
        hours = self.live.get(scope, {})
        return min((h for h, counts in hours.items() if measure is None or (OTHER, measure) in counts), default=None)

    def reported(self, scope: Scope, start: datetime) -> Mapping[datetime, int]:
        assert scope == ACCOUNT
        return {hour: sent for hour, sent in self.reports.items() if hour >= start}

    def write_backfill(self, scope: Scope, hours: Mapping[datetime, Reported]) -> int:
        self.backfilled.update({(scope, hour): told for hour, told in hours.items()})
        self.writes += [(scope, hour) for hour in hours]
        return len(hours)

    def mark(self, counted: Collection[Cell]) -> None:
        self.marked += [cell for cell in counted if cell not in self.marked]


def _scope(name: str) -> Scope:
    return ACCOUNT if name == "account" else Scope(f"configuration-set/{name}")


def plan(
    ses: Ses,
    table: Table,
    now: datetime = NOW,
    *,
    source: VolumeSource = VolumeSource.SEND_EVENTS,
    window: int = 10_000,
    **changes: Any,
) -> Plan:
    policy = Policy(volume_source=source, representative_volume=window, minimum_volume=1)
    options: dict[str, Any] = {"age": 365 * DAY, "until": None, "known": (), "everything": False}
    return plan_backfill(now, ses, table, table, policy, **{**options, **changes})


def backfill(ses: Ses, table: Table, now: datetime = NOW, **changes: Any) -> int:
    """How many hours were written."""
    return sum(carry_out(plan(ses, table, now, **changes), table, table))


def account_hours(table: Table) -> dict[datetime, Reported]:
    return {hour: told for (scope, hour), told in table.backfilled.items() if scope == ACCOUNT}


@pytest.mark.parametrize(
    ("events", "hour", "reason", "complete_at"),
    [
        ([], ELEVEN, BoundaryReason.NO_EVENTS_YET, None),
        ([NOON], ELEVEN, BoundaryReason.FIRST_HOUR_TOO_NEW, NOON + 2 * HOUR),
        ([NOON - HOUR], ELEVEN, BoundaryReason.FIRST_HOUR_TOO_NEW, NOON + HOUR),
        ([NOON - 2 * HOUR], ELEVEN, BoundaryReason.EVENTS_BEGAN, None),
        ([NOON - 5 * DAY, NOON], NOON - 5 * DAY + HOUR, BoundaryReason.EVENTS_BEGAN, None),
        ([NOON + 9 * DAY], ELEVEN, BoundaryReason.FIRST_HOUR_TOO_NEW, NOON + 9 * DAY + 2 * HOUR),
    ],
    ids=[
        "no event",
        "first hour not over",
        "over for less than an hour",
        "over for an hour",
        "days ago",
        "a clock that is ahead",
    ],
)
def test_the_boundary_is_the_full_hour_after_the_first_with_events(
    events: list[datetime], hour: datetime, reason: BoundaryReason, complete_at: datetime | None
) -> None:
    boundary = plan(Ses(), Table(events=events)).account.boundary
    assert (boundary.hour, boundary.reason, boundary.complete_at) == (hour, reason, complete_at)


def test_the_first_hour_is_taken_as_soon_as_it_is_told_to_run_again() -> None:
    table = Table(events=[NOON])
    again = plan(Ses(), table).account.boundary.complete_at
    assert again
    assert plan(Ses(), table, again - timedelta(minutes=1)).account.boundary.complete_at == again
    assert plan(Ses(), table, again).account.boundary.reason is BoundaryReason.EVENTS_BEGAN


@pytest.mark.parametrize(
    ("source", "volume"),
    [(VolumeSource.SEND_EVENTS, Measure.SENT), (VolumeSource.DELIVERY_EVENTS, Measure.DELIVERED)],
)
def test_bounces_that_were_connected_before_the_volume_draw_no_boundary(source: VolumeSource, volume: Measure) -> None:
    """The hours in between would be bounces over no mail."""
    bounces = [NOON - n * HOUR for n in range(1, 100)]
    boundary = plan(Ses(), Table(bounces=bounces), source=source).account.boundary
    assert boundary.reason is BoundaryReason.NO_EVENTS_YET
    table = Table(bounces=bounces, events=[NOON - 9 * HOUR], volume=volume)
    assert plan(Ses(), table, source=source).account.boundary.hour == NOON - 8 * HOUR
    other = VolumeSource.DELIVERY_EVENTS if source is VolumeSource.SEND_EVENTS else VolumeSource.SEND_EVENTS
    assert plan(Ses(), table, source=other).account.boundary.reason is BoundaryReason.NO_EVENTS_YET


def test_where_statistics_are_the_volume_the_boundary_is_not_before_they_begin() -> None:
    """A bounce came at 7, but the mail sent is known from 10 on: 8 and 9 would have bounces of no mail."""
    table = Table(bounces=[NOON - 5 * HOUR], reported={NOON - 2 * HOUR: 50, NOON - HOUR: 70})
    assert plan(Ses(), table, source=VolumeSource.STATISTICS).account.boundary.hour == NOON - 2 * HOUR
    table = Table(bounces=[NOON - 5 * HOUR], reported={NOON - 9 * HOUR: 50, NOON - HOUR: 70})
    assert plan(Ses(), table, source=VolumeSource.STATISTICS).account.boundary.hour == NOON - 4 * HOUR


def test_where_no_statistics_were_written_yet_it_is_told_that_these_are_missing() -> None:
    """The events began hours ago: their first hour is long over."""
    boundary = plan(Ses(), Table(bounces=[NOON - 5 * HOUR]), source=VolumeSource.STATISTICS).account.boundary
    assert (boundary.hour, boundary.reason) == (ELEVEN, BoundaryReason.NO_STATISTICS_YET)
    assert boundary.complete_at is None


def test_statistics_that_have_just_begun_end_the_backfill_when_they_have_been_over_for_an_hour() -> None:
    table = Table(bounces=[NOON - 5 * HOUR], reported={NOON: 70})
    boundary = plan(Ses(), table, source=VolumeSource.STATISTICS).account.boundary
    assert (boundary.hour, boundary.reason) == (ELEVEN, BoundaryReason.FIRST_HOUR_TOO_NEW)
    assert boundary.complete_at == NOON + HOUR


def test_each_configuration_set_has_its_own_boundary() -> None:
    """They are connected one by one: in between, nobody counts a set that is not."""
    hours = {NOON - n * HOUR: MAIL for n in range(1, 49)}
    table = Table(events=[NOON - 40 * HOUR], newsletter=[NOON - 10 * HOUR], receipts=[NOON])
    planned = plan(Ses(hours, newsletter=hours, receipts=hours, silent=hours), table)
    assert {scope.scope: scope.boundary.hour for scope in planned.scopes} == {
        ACCOUNT: NOON - 39 * HOUR,
        NEWSLETTER: NOON - 9 * HOUR,
        Scope("configuration-set/receipts"): ELEVEN,
        Scope("configuration-set/silent"): NOON - 39 * HOUR,
    }
    assert planned.configuration_sets[1].boundary.complete_at == NOON + 2 * HOUR
    for scope in planned.scopes:
        assert max(scope.hours) == scope.boundary.hour - HOUR


def test_where_statistics_are_the_volume_a_set_s_boundary_is_not_before_they_begin_either() -> None:
    """The set has sent nothing since: its hours are as known as the account's."""
    hours = {NOON - n * HOUR: MAIL for n in range(5, 49)}
    table = Table(bounces=[NOON - 40 * HOUR], newsletter=[NOON - 39 * HOUR], reported={NOON - 20 * HOUR: 50})
    (newsletter,) = plan(Ses(newsletter=hours), table, source=VolumeSource.STATISTICS).configuration_sets
    assert newsletter.boundary.hour == NOON - 20 * HOUR


@pytest.mark.parametrize(
    ("until", "problem"),
    [
        (NOON + HOUR, "is in the future"),
        (NOON, "SES may still add to the hour before; choose 2026-03-20T11:00Z at most"),
        (NOW, "is not a full hour in UTC"),
        (NOON.replace(hour=9, tzinfo=timezone(timedelta(hours=5, minutes=30))), "is not a full hour in UTC"),
        (NOON.replace(tzinfo=None), "has no time zone"),
    ],
    ids=["next hour", "an hour that was over a moment ago", "minutes", "an hour in India", "no zone"],
)
def test_a_boundary_that_makes_no_sense_is_refused(until: datetime, problem: str) -> None:
    with pytest.raises(UnfitBoundary, match=problem):
        plan(Ses(), Table(), until=until)


def test_a_chosen_boundary_is_taken_whatever_events_there_are() -> None:
    until = ELEVEN.astimezone(timezone(-5 * HOUR))
    planned = plan(Ses(), Table(events=[NOON - 9 * DAY]), until=until)
    boundary = planned.account.boundary
    assert (boundary.hour, boundary.reason) == (ELEVEN, BoundaryReason.CHOSEN)
    assert boundary.hour.tzinfo == UTC
    assert planned.drawn == NOON - 9 * DAY + HOUR


@pytest.mark.parametrize(
    ("until", "replaced"),
    [(NOON - 10 * HOUR, 0), (NOON - 9 * HOUR, 0), (NOON - 8 * HOUR, 1), (ELEVEN, 3)],
    ids=["earlier", "the one that is drawn anyway", "an hour later", "much later"],
)
def test_hours_whose_events_a_later_boundary_would_replace_are_counted(until: datetime, replaced: int) -> None:
    """SES tells of an hour more than there are events of, and there is one with events that it does not tell of."""
    hours = {NOON - n * HOUR: MAIL for n in (10, 9, 8, 7, 6, 5)}
    table = Table(
        events=[NOON - 10 * HOUR, NOON - 9 * HOUR, NOON - 8 * HOUR, NOON - 4 * HOUR], bounces=[NOON - 6 * HOUR]
    )
    assert plan(Ses(hours), table, until=until).replaced == replaced
    backfill(Ses(hours), table, until=until)
    assert plan(Ses(hours), table, until=until).replaced == 0, "they are replaced already"


def test_an_hour_in_which_mail_was_only_delayed_has_no_events_to_replace() -> None:
    table = Table(events=[NOON - 4 * HOUR])
    table.live[ACCOUNT][NOON - 9 * HOUR] = {(OTHER, Measure.DELAYED): 3, (OTHER, Measure.REPLY_SPAM_BLOCK): 3}
    hours = {NOON - n * HOUR: MAIL for n in (9, 8, 4)}
    assert plan(Ses(hours), table, until=NOON - 6 * HOUR).replaced == 0


def test_what_is_chosen_for_the_account_replaces_nothing_that_a_set_has_counted() -> None:
    """Sets are connected one by one, so the account's hours in between are to be corrected, and not the first set's."""
    hours = {NOON - n * HOUR: MAIL for n in range(1, 49)}
    table = Table(events=[NOON - 30 * HOUR], newsletter=[NOON - 30 * HOUR], receipts=[NOON - 9 * HOUR])
    ses = Ses(hours, newsletter=hours, receipts=hours, silent=hours)
    planned = plan(ses, table, until=NOON - 8 * HOUR)
    assert [NOON - scope.boundary.hour for scope in planned.scopes] == [8 * HOUR, 29 * HOUR, 8 * HOUR, 8 * HOUR]
    planned = plan(ses, table, until=NOON - 35 * HOUR)
    assert [NOON - scope.boundary.hour for scope in planned.scopes] == [35 * HOUR] * 4


def test_only_hours_before_the_boundary_and_within_the_age_are_written() -> None:
    hours = {NOON - n * HOUR: MAIL for n in range(60)}
    table = Table(events=[NOON - 3 * HOUR])
    assert backfill(Ses(hours), table, age=DAY, everything=True) == 22
    assert (min(account_hours(table)), max(account_hours(table))) == (NOON - DAY, NOON - 3 * HOUR)


def test_statistics_count_for_two_weeks_and_cloudwatch_before_that() -> None:
    """The hour in which SES's two weeks begin is not told in full, so it is CloudWatch's."""
    begins = NOON - 14 * DAY
    metrics = {begins + n * HOUR: Reported(sent=10, bounced=9) for n in range(-3, 4)}
    statistics = {begins + n * HOUR: Reported(sent=10, bounced=1) for n in range(4)}
    table = Table()
    backfill(Ses(statistics, account=metrics), table)
    assert [told.bounced for _, told in sorted(account_hours(table).items())] == [9, 9, 9, 9, 1, 1, 1]


def test_nothing_older_than_cloudwatch_keeps_is_asked_for() -> None:
    assert plan(Ses(), Table(), age=1095 * DAY).start == NOON - 455 * DAY


def test_an_hour_is_taken_when_it_has_been_over_for_an_hour() -> None:
    """SES tells the newest of it late, and fewer would replace events that are complete."""
    ses = Ses({NOON - n * HOUR: MAIL for n in range(4)})
    assert list(plan(ses, Table(), NOON - timedelta(seconds=1)).account.hours) == [NOON - 3 * HOUR]
    assert list(plan(ses, Table(), NOON).account.hours) == [NOON - 2 * HOUR, NOON - 3 * HOUR]


def test_an_hour_without_any_mail_is_not_written_but_one_with_a_late_bounce_is() -> None:
    table = Table()
    assert backfill(Ses({NOON - 2 * HOUR: Reported(bounced=1), NOON - 3 * HOUR: Reported()}), table) == 1


def test_a_configuration_set_needs_a_metric_of_its_mail() -> None:
    ses = Ses(newsletter={NOON - 2 * HOUR: MAIL}, receipts={NOON - 2 * HOUR: Reported(bounced=2)})
    scopes = [scope.scope for scope in plan(ses, Table()).scopes]
    assert scopes == [ACCOUNT, NEWSLETTER]


def test_a_configuration_set_that_was_silent_for_weeks_is_asked_for_if_it_is_known() -> None:
    ses = Ses(newsletter={NOON - 40 * DAY: MAIL})
    ses.listed.clear()
    assert [scope.scope for scope in plan(ses, Table()).scopes] == [ACCOUNT]
    known = [NEWSLETTER, Scope("tenant/acme"), ACCOUNT, Scope("configuration-set/(other)")]
    assert [scope.scope for scope in plan(ses, Table(), known=known).scopes] == [ACCOUNT, NEWSLETTER]


def test_statistics_that_were_written_stay_when_ses_no_longer_tells_them() -> None:
    """CloudWatch has the hour as well, with soft bounces in it."""
    ses, table = Ses({NOON - 2 * HOUR: MAIL}, account={NOON - 2 * HOUR: Reported(100, 30, 1)}), Table()
    backfill(ses, table)
    ses.statistics.clear()
    assert backfill(ses, table, NOW + 20 * DAY, until=NOON) == 0
    assert account_hours(table) == {NOON - 2 * HOUR: MAIL}


def test_more_mail_of_an_hour_is_news_and_less_is_not() -> None:
    ses, table = Ses({NOON - 2 * HOUR: MAIL, NOON - 3 * HOUR: MAIL}), Table()
    backfill(ses, table)
    ses.statistics = {NOON - 2 * HOUR: Reported(100, 4, 1), NOON - 3 * HOUR: Reported(90, 3, 1)}
    assert backfill(ses, table) == 1
    assert account_hours(table) == {NOON - 2 * HOUR: Reported(100, 4, 1), NOON - 3 * HOUR: MAIL}


def test_a_plan_writes_nothing() -> None:
    table = Table()
    assert plan(Ses({NOON - 2 * HOUR: MAIL}), table).unwritten == 1
    assert (table.writes, table.marked) == ([], [])


def test_scopes_are_evaluated_even_if_the_rest_is_never_written() -> None:
    ses, table = Ses({NOON - n * HOUR: MAIL for n in range(2, 122)}), Table()
    next(carry_out(plan(ses, table, everything=True), table, table))
    assert len(table.writes) == 50
    assert set(table.marked) >= set(table.writes)


def test_scopes_are_evaluated_again_even_if_all_was_written_before() -> None:
    """Whoever was interrupted between the last hour and the marks starts again."""
    ses, table = Ses({NOON - 2 * HOUR: MAIL}, newsletter={NOON - 2 * HOUR: MAIL}), Table()
    for _ in carry_out(plan(ses, table), table, table):
        pass
    table.marked.clear()
    assert backfill(ses, table) == 0
    assert table.marked == [(ACCOUNT, NOON - 2 * HOUR), (NEWSLETTER, NOON - 2 * HOUR)]


def test_mailbox_providers_are_evaluated_again_of_whose_mail_nothing_is_known_any_longer() -> None:
    gmail, table = Scope("provider/gmail"), Table()
    backfill(Ses({NOON - 2 * HOUR: MAIL}), table, known=[ACCOUNT, gmail])
    assert table.marked == [(ACCOUNT, NOON - 2 * HOUR), (gmail, NOON - 2 * HOUR)]


def test_a_scope_without_mail_is_not_evaluated() -> None:
    table = Table()
    backfill(Ses(), table)
    assert table.marked == []


def test_progress_is_told_every_few_hours() -> None:
    table = Table()
    ses = Ses({NOON - n * HOUR: MAIL for n in range(2, 122)})
    assert list(carry_out(plan(ses, table, everything=True), table, table)) == [50, 50, 20]
    assert [hour for _, hour in table.writes] == [NOON - n * HOUR for n in range(2, 122)], "the newest first"


# -- Only as far back as a rate reaches --------------------------------------------------------------------------------


def test_no_more_hours_are_taken_than_fill_a_window_together_with_the_events() -> None:
    """Two hours with 10 mails each were counted, and SES tells of 100 in each hour before."""
    hours = {NOON - n * HOUR: MAIL for n in range(2, 99)}
    ses = Ses(hours, newsletter=hours)
    table = Table(events=[NOON - 9 * HOUR, NOON - 3 * HOUR, NOON - 2 * HOUR])
    taken = {window: len(plan(ses, table, window=window).account.hours) for window in (1, 20, 21, 120, 121, 320)}
    assert taken == {1: 0, 20: 0, 21: 1, 120: 1, 121: 2, 320: 3}
    planned = plan(ses, table, window=320)
    assert [len(scope.hours) for scope in planned.scopes] == [3, 4], "the set has no events"
    assert [scope.left_out for scope in planned.scopes] == [True, True]
    assert backfill(ses, table, window=320) == 7
    assert backfill(ses, table, window=320) == 0


def test_everything_is_taken_on_request() -> None:
    ses = Ses({NOON - n * HOUR: MAIL for n in range(2, 99)})
    account = plan(ses, Table(), window=320, everything=True).account
    assert (len(account.hours), account.left_out) == (97, False)


def test_nothing_is_left_out_where_the_window_takes_all() -> None:
    ses = Ses({NOON - n * HOUR: MAIL for n in range(2, 6)})
    assert not plan(ses, Table(), window=400).account.left_out
    assert plan(ses, Table(), window=300).account.left_out


def test_what_was_counted_is_read_no_further_back_than_a_window_reaches() -> None:
    table = Table(events=[NOON - n * HOUR for n in range(1, 200)])
    account = plan(Ses({NOON - n * HOUR: MAIL for n in range(2, 300)}), table, window=50).account
    assert (len(account.hours), account.left_out) == (0, True)
    assert len(table.read) == 6


def test_a_scope_whose_window_is_full_of_events_is_not_evaluated_for_it() -> None:
    table = Table(events=[NOON - n * HOUR for n in range(1, 200)])
    assert backfill(Ses({NOON - n * HOUR: MAIL for n in range(2, 300)}), table, window=50) == 0
    assert table.marked == []


REPORTS = st.dictionaries(
    st.integers(-30 * 24, 3).map(lambda n: NOON + n * HOUR),
    st.builds(Reported, *[st.integers(0, 5)] * 3),
    max_size=20,
)


@given(
    REPORTS,
    REPORTS,
    st.lists(st.integers(-40 * 24, 0).map(lambda n: NOON + n * HOUR), max_size=3),
)
def test_to_run_it_again_writes_nothing_and_no_hour_from_the_boundary_on_is_touched(
    statistics: dict[datetime, Reported], metrics: dict[datetime, Reported], events: list[datetime]
) -> None:
    ses, table = Ses(statistics, account=metrics, newsletter=metrics), Table(events=events)
    boundary = plan(ses, table).account.boundary.hour
    backfill(ses, table)
    assert all(hour < boundary for _, hour in table.backfilled)
    assert backfill(ses, table) == 0


@given(
    REPORTS,
    st.lists(st.integers(-40 * 24, 0).map(lambda n: NOON + n * HOUR), max_size=9),
    st.integers(1, 60),
)
def test_a_rate_is_the_same_whether_all_hours_are_taken_or_those_that_it_needs(
    statistics: dict[datetime, Reported], events: list[datetime], window: int
) -> None:
    tables = [Table(events=events), Table(events=events)]
    for everything, table in zip((False, True), tables, strict=True):
        backfill(Ses(statistics), table, window=window, everything=everything)
    assert rates(tables[0], window) == rates(tables[1], window)
    assert len(tables[0].writes) <= len(tables[1].writes)


def rates(table: Table, window: int) -> list[Rate]:
    """The account's, over its window."""
    spans = {metric: Span(metric, NOW - 365 * DAY, window) for metric in Metric}
    measured = measure(table.hours(ACCOUNT, NOW), spans, VolumeSource.SEND_EVENTS, FeedbackLoops())
    return [measured[metric].rate for metric in Metric]
