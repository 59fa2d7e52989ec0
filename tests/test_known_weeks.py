"""Weeks that were added up, in the table, and the marks that tell an evaluation which of them were touched since."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.adapters.known_weeks import DynamoDbKnownWeeks
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.rates import WEEK, HourCounts, Metric, VolumeSource, WeekTotals
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.weeks import KnownWeeks
from ses_reputation.due import Due, TouchedWeek
from ses_reputation_local.cloud import LocalCloud
from tests.test_whole_path import mail, publish

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ACME = Scope("tenant/acme")
CAMPAIGN = Scope("tag/campaign=2026-03-02")
TABLE = "StandingsTable"
SENT, REPORTED = ("gmail", Measure.SENT), ("unspecified", Measure.REPORTED)


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud({"MinimumVolume": "10"}) as cloud:
        yield cloud


def weeks_of(cloud: LocalCloud, source: VolumeSource = VolumeSource.SEND_EVENTS, days: int = 396) -> DynamoDbKnownWeeks:
    return DynamoDbKnownWeeks(
        cloud.client("dynamodb"), table=cloud.resources[TABLE], source=source, counter_retention=days * DAY
    )


def standings_of(cloud: LocalCloud) -> DynamoDbStandings:
    return DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources[TABLE])


def due_of(cloud: LocalCloud, token: str) -> DynamoDbDue:
    client = cloud.client("dynamodb")
    return DynamoDbDue(client, standings_table=cloud.resources[TABLE], new_token=lambda: token, pause=lambda _: None)


def some_weeks() -> KnownWeeks:
    hour = HourCounts(MONDAY - 2 * WEEK + 5 * HOUR, {SENT: 2})
    told = HourCounts(MONDAY - 2 * WEEK, {REPORTED: 7}, backfilled=True)
    whole = WeekTotals(MONDAY - WEEK, {SENT: 9}, {}, 3, MONDAY - 3 * HOUR)
    odd = WeekTotals(MONDAY - 2 * WEEK, {SENT: 2}, {REPORTED: 7}, 2, MONDAY - 2 * WEEK, strays=True, odd=True)
    nothing_sent = WeekTotals(MONDAY - 5 * WEEK, {("gmail", Measure.HARD_BOUNCED): 1}, {}, 0, None, strays=True)
    tail = (MONDAY - 2 * WEEK, (hour, told))
    return KnownWeeks(
        VolumeSource.SEND_EVENTS, MONDAY - 9 * WEEK, MONDAY, (whole, odd, nothing_sent), version=1, tail=tail
    )


# -- What is kept ------------------------------------------------------------------------------------------------------


def test_weeks_are_read_as_they_were_kept(cloud: LocalCloud) -> None:
    weeks, kept = weeks_of(cloud), some_weeks()
    assert weeks.known(ACME).is_nothing
    assert weeks.keep(ACME, replace(kept, version=0))
    assert weeks.known(ACME) == kept
    assert weeks.keep(ACME, replace(kept, tail=None))
    assert weeks.known(ACME) == replace(kept, tail=None, version=2)


def test_of_two_who_keep_the_same_weeks_the_second_is_told(cloud: LocalCloud) -> None:
    weeks = weeks_of(cloud)
    assert weeks.keep(ACME, replace(some_weeks(), version=0))
    assert not weeks.keep(ACME, replace(some_weeks(), version=0, totals=()))
    assert weeks.known(ACME) == some_weeks()


@pytest.mark.parametrize(
    ("source", "days"),
    [
        pytest.param(VolumeSource.DELIVERY_EVENTS, 396, id="by another source: which hours had mail depends on it"),
        pytest.param(
            VolumeSource.SEND_EVENTS, 500, id="when counts were kept shorter: weeks that have some were dropped"
        ),
    ],
)
def test_weeks_that_were_kept_by_other_settings_are_replaced(
    cloud: LocalCloud, source: VolumeSource, days: int
) -> None:
    weeks_of(cloud).keep(ACME, replace(some_weeks(), version=0))
    now = weeks_of(cloud, source, days)
    assert (now.known(ACME).is_nothing, now.known(ACME).version) == (True, 1)
    assert now.keep(ACME, now.known(ACME))


def test_weeks_whose_counts_are_no_longer_kept_are_dropped(cloud: LocalCloud) -> None:
    weeks, kept = weeks_of(cloud, days=14), some_weeks()
    assert weeks.keep(ACME, replace(kept, version=0))
    assert weeks.known(ACME).totals == kept.totals[:2]


def test_of_what_does_not_fit_into_an_item_the_newest_weeks_are_kept(cloud: LocalCloud) -> None:
    weeks = weeks_of(cloud)
    many = {(f"provider-{n}", Measure.SENT): 1_000_000 for n in range(600)}
    hours = tuple(HourCounts(MONDAY - WEEK - n * HOUR, many) for n in range(1, 25))
    small = KnownWeeks(VolumeSource.SEND_EVENTS, MONDAY - 9 * WEEK, MONDAY, tail=(MONDAY - 2 * WEEK, hours))
    assert weeks.keep(ACME, small)
    kept = replace(small, tail=None, cut=True, version=1)
    assert weeks.known(ACME) == kept, "the hours of one week are the first to go"
    totals = tuple(WeekTotals(MONDAY - n * WEEK, many, {}, 1, MONDAY - n * WEEK) for n in range(1, 25))
    large = replace(small, start=MONDAY - 30 * WEEK, totals=totals, tail=None, version=1)
    assert weeks.keep(ACME, large)
    kept = replace(large, start=MONDAY - 12 * WEEK, totals=totals[:12], cut=True, version=2)
    assert weeks.known(ACME) == kept
    assert weeks.keep(ACME, replace(kept, totals=totals[:6]))
    assert not weeks.known(ACME).cut


# -- Marks -------------------------------------------------------------------------------------------------------------


def test_a_scope_is_due_once_with_all_the_weeks_that_were_touched(cloud: LocalCloud) -> None:
    standings = standings_of(cloud)
    due_of(cloud, "1").mark([(ACME, MONDAY - HOUR), (ACME, MONDAY), (CAMPAIGN, MONDAY + DAY), (ACME, MONDAY + DAY)])
    cloud.client("dynamodb").transact_write_items(TransactItems=due_of(cloud, "2").again([ACME]))
    assert set(standings.due()) == {
        Due(ACME, "2", (TouchedWeek(MONDAY - WEEK, "1"), TouchedWeek(MONDAY, "1"))),
        Due(CAMPAIGN, "", (TouchedWeek(MONDAY, "1"),)),
    }


def test_a_week_that_was_touched_again_stays_marked(cloud: LocalCloud) -> None:
    standings = standings_of(cloud)
    due_of(cloud, "1").mark([(ACME, MONDAY - HOUR), (ACME, MONDAY)])
    (seen,) = standings.due()
    due_of(cloud, "2").mark([(ACME, MONDAY - HOUR)])
    standings.settle(seen)
    assert list(standings.due()) == [Due(ACME, "", (TouchedWeek(MONDAY - WEEK, "2"),))]


OLD, LAST, THIS = (TouchedWeek(MONDAY - n * WEEK, "1") for n in (2, 1, 0))


@pytest.mark.parametrize(
    ("due", "may_go"),
    [
        pytest.param(Due(ACME, "1", (OLD, LAST, THIS)), (OLD, LAST), id="all but this week's"),
        pytest.param(Due(ACME, "", (OLD, LAST)), (OLD, LAST), id="all, though no other is left then"),
        pytest.param(Due(ACME, "1", (OLD,)), (OLD,), id="all, where another mark keeps it due"),
        pytest.param(Due(ACME, "", (THIS,)), None, id="not that of a week that goes on"),
        pytest.param(Due(ACME, "1"), None, id="none, where none is of a week"),
    ],
)
def test_of_a_scope_that_stays_due_the_marks_of_closed_weeks_may_go(
    due: Due, may_go: tuple[TouchedWeek, ...] | None
) -> None:
    assert due.answered(MONDAY) == (Due(ACME, "", may_go) if may_go else None)


# -- The whole way -----------------------------------------------------------------------------------------------------


def volume(cloud: LocalCloud) -> int:
    return standings_of(cloud).read(ACCOUNT).standing.measures[Metric.BOUNCE_RATE].window.volume


def test_a_scope_on_probation_has_its_closed_week_gone_through_once(cloud: LocalCloud) -> None:
    publish(cloud, mail(20, bad=10, at=MONDAY + DAY))
    cloud.deliver()
    cloud.tick(MONDAY + 2 * DAY, ["EvaluateReputation"])
    assert standings_of(cloud).read(ACCOUNT).standing.status is Status.PROBATION
    versions = []
    for hours in range(4):
        cloud.tick(MONDAY + WEEK + 3 * DAY + hours * HOUR, ["EvaluateReputation"])
        (due,) = (due for due in standings_of(cloud).due() if due.scope == ACCOUNT)
        assert (due.weeks, bool(due.token)) == ((), True)
        versions.append(weeks_of(cloud).known(ACCOUNT).version)
    assert versions == [2, 3, 3, 3], "what was added up, and then the hours of the week in which the window ended"


def test_events_that_come_weeks_late_are_judged_and_added_up_anew(cloud: LocalCloud) -> None:
    publish(cloud, mail(20, bad=0, at=MONDAY + DAY))
    cloud.deliver()
    now = MONDAY + 4 * WEEK
    cloud.tick(now, ["EvaluateReputation"])
    (added_up,) = weeks_of(cloud).known(ACCOUNT).totals
    assert (added_up.start, added_up.counts[SENT]) == (MONDAY, 20)
    assert list(standings_of(cloud).due()) == []
    publish(cloud, mail(5, bad=5, at=MONDAY + 2 * DAY))
    cloud.deliver()
    cloud.tick(now + HOUR, ["EvaluateReputation"])
    assert volume(cloud) == 25
    (added_up,) = weeks_of(cloud).known(ACCOUNT).totals
    assert (added_up.counts[SENT], added_up.hours) == (25, 2)
