"""What a standing tells of itself: since when it is as bad as it is, and when time alone may change that."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import Stage, Status, Trigger
from ses_reputation.domain.outages import Outage, OutageStage, Tally
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Actor, Finding, ReportedChanges, Standing, new_finding

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TENANT = Scope("tenant/acme")
BOUNCES = Finding(
    "f-1",
    Category.BOUNCE_RATE,
    Stage.PROBATION,
    opened=START,
    since=START,
    stage_since=START,
    period_since=START,
    period_end=START + 21 * DAY,
)
CHANGES = ReportedChanges(START, START, "Cleaned the list.", Actor("ann", proven=True))
REVIEW = replace(
    BOUNCES,
    id="f-2",
    category=Category.INTERNAL_REVIEW,
    opened=START + DAY,
    stage_since=START + DAY,
    period_since=START + DAY,
    period_end=START + 8 * DAY,
)
GOING_ON = Outage("o-1", "gmail", START, found=START, seen=Tally(50, 100), before=Tally(1, 1000))


def standing(*findings: Finding) -> Standing:
    return Standing(TENANT, findings={finding.category: finding for finding in findings})


def test_a_scope_has_its_status_since_the_first_finding_that_gives_it_that() -> None:
    both = standing(REVIEW, BOUNCES)
    assert (both.status, both.status_since) == (Status.PROBATION, START)
    shut = standing(BOUNCES, replace(REVIEW, stage=Stage.SHUTDOWN, stage_since=START + 2 * DAY))
    assert (shut.status, shut.status_since) == (Status.SHUTDOWN, START + 2 * DAY)


def test_a_rate_that_healed_a_little_and_got_worse_again_is_the_same_probation() -> None:
    again = replace(BOUNCES, stage_since=START + 3 * DAY)
    assert standing(again).status_since == START
    assert standing(replace(again, stage=Stage.ALMOST_HEALED)).status_since == START
    assert standing(replace(again, period_since=None)).status_since == START + 3 * DAY, "no period is known"


def test_a_healthy_scope_is_so_since_its_last_finding_ended() -> None:
    assert standing().status_since is None, "it was never anything else"
    ended = {Category.BOUNCE_RATE: START, Category.INTERNAL_REVIEW: START + DAY}
    healthy = replace(standing(replace(BOUNCES, stage=Stage.SUSPECTED)), ended=ended)
    assert (healthy.status, healthy.status_since) == (Status.HEALTHY, START + DAY)


def test_the_first_period_that_runs_ends_next() -> None:
    assert standing().period_end is None
    assert standing(BOUNCES, REVIEW).period_end == START + 8 * DAY
    assert standing(BOUNCES, replace(REVIEW, stage=Stage.PENDING_DECISION)).period_end == START + 21 * DAY
    assert standing(BOUNCES, replace(REVIEW, period_end=None)).period_end == START + 21 * DAY


def test_time_alone_moves_periods_reviews_and_outages_and_nothing_else() -> None:
    shut = replace(BOUNCES, stage=Stage.SHUTDOWN)
    assert not standing().moves_with_time
    assert not standing(shut).moves_with_time
    assert standing(shut, REVIEW).moves_with_time
    assert standing(replace(shut, changes=CHANGES)).moves_with_time, "somebody has to answer"
    assert replace(standing(), outages=(GOING_ON,)).moves_with_time
    assert not replace(standing(), outages=(replace(GOING_ON, end=START + HOUR),)).moves_with_time


def test_what_is_decided_about_an_outage_leaves_the_others_as_they_are() -> None:
    before, after = replace(GOING_ON, id="o-0", end=START + HOUR), replace(GOING_ON, id="o-2")
    confirmed = replace(GOING_ON, stage=OutageStage.CONFIRMED)
    known = replace(standing(), outages=(before, GOING_ON, after))
    assert known.with_outage(confirmed).outages == (before, confirmed, after)


@pytest.mark.parametrize(
    ("scope", "category", "opened", "repeat", "request_id"),
    [
        pytest.param(ACCOUNT, Category.SPAMTRAP, START, 0, "r-1", id="another scope"),
        pytest.param(TENANT, Category.OTHER, START, 0, "r-1", id="another category"),
        pytest.param(TENANT, Category.SPAMTRAP, START + HOUR, 0, "r-1", id="another moment"),
        pytest.param(TENANT, Category.SPAMTRAP, START, 1, "r-1", id="one was closed before"),
        pytest.param(TENANT, Category.SPAMTRAP, START, 0, "r-2", id="another request"),
        pytest.param(TENANT, Category.SPAMTRAP, START, 0, "", id="no request"),
    ],
)
def test_findings_of_which_anything_differs_have_ids_of_their_own(
    scope: Scope, category: Category, opened: datetime, repeat: int, request_id: str
) -> None:
    one, again = (new_finding(TENANT, Category.SPAMTRAP, Trigger.SUSPECTED, START, 0, "r-1") for _ in range(2))
    other = new_finding(scope, category, Trigger.SUSPECTED, opened, repeat, request_id)
    assert one == again
    assert other.id != one.id
    assert len(one.id) == 10, "people type it"
