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
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.providers import OTHER, UNSPECIFIED
from ses_reputation.domain.rates import HourCounts, VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.statistics import Reported, SesMetric

NOW = datetime(2026, 3, 20, 12, 40, tzinfo=UTC)
NOON = NOW.replace(minute=0)
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
    """The counters: what was backfilled, what SES reported beside events, and the hours with events."""

    def __init__(self, *, events: Iterable[datetime] = (), reported: Mapping[datetime, int] | None = None) -> None:
        self.backfilled: dict[tuple[Scope, datetime], Reported] = {}
        self.events = sorted(events)
        self.reports = reported or {}
        self.writes = 0
        self.marked: list[Scope] = []

    def hours(self, scope: Scope, before: datetime) -> Iterator[HourCounts]:
        found: dict[datetime, HourCounts] = {}
        if scope == ACCOUNT:
            found = {hour: HourCounts(hour, {(OTHER, Measure.SENT): 1}) for hour in self.events}
        for (about, hour), told in self.backfilled.items():
            if about == scope:
                counts = {
                    (UNSPECIFIED, Measure.REPORTED): told.sent,
                    (UNSPECIFIED, Measure.HARD_BOUNCED): told.bounced,
                    (UNSPECIFIED, Measure.COMPLAINED): told.complained,
                }
                found[hour] = HourCounts(hour, counts, backfilled=True)
        return (found[hour] for hour in sorted(found, reverse=True) if hour < before)

    def oldest_live_hour(self, scope: Scope) -> datetime | None:
        assert scope == ACCOUNT
        return min(self.events, default=None)

    def reported(self, scope: Scope, start: datetime) -> Mapping[datetime, int]:
        assert scope == ACCOUNT
        return {hour: sent for hour, sent in self.reports.items() if hour >= start}

    def write_backfill(self, scope: Scope, hours: Mapping[datetime, Reported]) -> int:
        self.backfilled.update({(scope, hour): told for hour, told in hours.items()})
        self.writes += len(hours)
        return len(hours)

    def mark(self, scopes: Collection[Scope]) -> None:
        self.marked += scopes


def _scope(name: str) -> Scope:
    return ACCOUNT if name == "account" else Scope(f"configuration-set/{name}")


def plan(ses: Ses, table: Table, now: datetime = NOW, **changes: Any) -> Plan:
    options: dict[str, Any] = {"age": 365 * DAY, "until": None, "source": VolumeSource.SEND_EVENTS, "known": ()}
    return plan_backfill(now, ses, table, table, **{**options, **changes})


def backfill(ses: Ses, table: Table, now: datetime = NOW, **changes: Any) -> int:
    """How many hours were written."""
    return sum(carry_out(plan(ses, table, now, **changes), table, table))


def account_hours(table: Table) -> dict[datetime, Reported]:
    return {hour: told for (scope, hour), told in table.backfilled.items() if scope == ACCOUNT}


@pytest.mark.parametrize(
    ("events", "hour", "reason", "complete_at"),
    [
        ([], NOON, BoundaryReason.NO_EVENTS_YET, None),
        ([NOON], NOON, BoundaryReason.FIRST_HOUR_NOT_OVER, NOON + HOUR),
        ([NOON - HOUR], NOON, BoundaryReason.EVENTS_BEGAN, None),
        ([NOON - 5 * DAY, NOON], NOON - 5 * DAY + HOUR, BoundaryReason.EVENTS_BEGAN, None),
        ([NOON + 9 * DAY], NOON, BoundaryReason.FIRST_HOUR_NOT_OVER, NOON + 9 * DAY + HOUR),
    ],
    ids=["no event", "first hour not over", "first hour just over", "days ago", "a clock that is ahead"],
)
def test_the_boundary_is_the_full_hour_after_the_first_with_events(
    events: list[datetime], hour: datetime, reason: BoundaryReason, complete_at: datetime | None
) -> None:
    boundary = plan(Ses(), Table(events=events)).boundary
    assert (boundary.hour, boundary.reason, boundary.complete_at) == (hour, reason, complete_at)


def test_where_statistics_are_the_volume_the_boundary_is_not_before_they_begin() -> None:
    """A bounce came at 7, but the mail sent is known from 10 on: 8 and 9 would have bounces of no mail."""
    table = Table(events=[NOON - 5 * HOUR], reported={NOON - 2 * HOUR: 50, NOON - HOUR: 70})
    assert plan(Ses(), table, source=VolumeSource.STATISTICS).boundary.hour == NOON - 2 * HOUR
    assert plan(Ses(), table).boundary.hour == NOON - 4 * HOUR


def test_where_no_statistics_were_written_yet_the_boundary_is_the_present_hour() -> None:
    boundary = plan(Ses(), Table(events=[NOON - 5 * HOUR]), source=VolumeSource.STATISTICS).boundary
    assert (boundary.hour, boundary.reason) == (NOON, BoundaryReason.FIRST_HOUR_NOT_OVER)
    assert boundary.complete_at == NOON + HOUR


@pytest.mark.parametrize(
    ("until", "problem"),
    [
        (NOON + HOUR, "is in the future"),
        (NOW, "is not a full hour in UTC"),
        (NOON.replace(hour=9, tzinfo=timezone(timedelta(hours=5, minutes=30))), "is not a full hour in UTC"),
        (NOON.replace(tzinfo=None), "has no time zone"),
    ],
    ids=["next hour", "minutes", "an hour in India", "no zone"],
)
def test_a_boundary_that_makes_no_sense_is_refused(until: datetime, problem: str) -> None:
    with pytest.raises(UnfitBoundary, match=problem):
        plan(Ses(), Table(), until=until)


def test_a_chosen_boundary_is_taken_whatever_events_there_are() -> None:
    until = NOON.astimezone(timezone(-5 * HOUR))
    boundary = plan(Ses(), Table(events=[NOON - 9 * DAY]), until=until).boundary
    assert (boundary.hour, boundary.reason) == (NOON, BoundaryReason.CHOSEN)
    assert boundary.hour.tzinfo == UTC


def test_only_hours_before_the_boundary_and_within_the_age_are_written() -> None:
    hours = {NOON - n * HOUR: MAIL for n in range(60)}
    table = Table(events=[NOON - 3 * HOUR])
    assert backfill(Ses(hours), table, age=DAY) == 22
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


def test_an_hour_without_any_mail_is_not_written_but_one_with_a_late_bounce_is() -> None:
    table = Table()
    assert backfill(Ses({NOON - HOUR: Reported(bounced=1), NOON - 2 * HOUR: Reported()}), table) == 1


def test_a_configuration_set_needs_a_metric_of_its_mail() -> None:
    ses = Ses(newsletter={NOON - HOUR: MAIL}, receipts={NOON - HOUR: Reported(bounced=2)})
    scopes = [scope.scope for scope in plan(ses, Table()).scopes]
    assert scopes == [ACCOUNT, NEWSLETTER]


def test_a_configuration_set_that_was_silent_for_weeks_is_asked_for_if_it_is_known() -> None:
    ses = Ses(newsletter={NOON - 40 * DAY: MAIL})
    ses.listed.clear()
    assert [scope.scope for scope in plan(ses, Table()).scopes] == [ACCOUNT]
    known = [NEWSLETTER, Scope("tenant/acme"), ACCOUNT]
    assert [scope.scope for scope in plan(ses, Table(), known=known).scopes] == [ACCOUNT, NEWSLETTER]


def test_statistics_that_were_written_stay_when_ses_no_longer_tells_them() -> None:
    """CloudWatch has the hour as well, with soft bounces in it."""
    ses, table = Ses({NOON - HOUR: MAIL}, account={NOON - HOUR: Reported(100, 30, 1)}), Table()
    backfill(ses, table)
    ses.statistics.clear()
    assert backfill(ses, table, NOW + 20 * DAY, until=NOON) == 0
    assert account_hours(table) == {NOON - HOUR: MAIL}


def test_more_mail_of_an_hour_is_news_and_less_is_not() -> None:
    ses, table = Ses({NOON - HOUR: MAIL, NOON - 2 * HOUR: MAIL}), Table()
    backfill(ses, table)
    ses.statistics = {NOON - HOUR: Reported(100, 4, 1), NOON - 2 * HOUR: Reported(90, 3, 1)}
    assert backfill(ses, table) == 1
    assert account_hours(table) == {NOON - HOUR: Reported(100, 4, 1), NOON - 2 * HOUR: MAIL}


def test_a_plan_writes_nothing() -> None:
    table = Table()
    assert plan(Ses({NOON - HOUR: MAIL}), table).unwritten == 1
    assert (table.writes, table.marked) == (0, [])


def test_scopes_are_evaluated_again_even_if_all_was_written_before() -> None:
    """Whoever was interrupted between the last hour and the marks starts again."""
    ses, table = Ses({NOON - HOUR: MAIL}, newsletter={NOON - HOUR: MAIL}), Table()
    for _ in carry_out(plan(ses, table), table, table):
        pass
    table.marked.clear()
    assert backfill(ses, table) == 0
    assert table.marked == [ACCOUNT, NEWSLETTER]


def test_a_scope_without_mail_is_not_evaluated() -> None:
    table = Table()
    backfill(Ses(), table)
    assert table.marked == []


def test_progress_is_told_every_few_hours() -> None:
    table = Table()
    ses = Ses({NOON - n * HOUR: MAIL for n in range(1, 121)})
    assert list(carry_out(plan(ses, table), table, table)) == [50, 50, 20]


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
    boundary = plan(ses, table).boundary.hour
    backfill(ses, table)
    assert all(hour < boundary for _, hour in table.backfilled)
    assert backfill(ses, table) == 0
