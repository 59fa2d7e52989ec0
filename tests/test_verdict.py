"""SES's own verdict: what of it is news."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from msgspec.structs import replace

from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.verdict import SesRate, Verdict, compare, verdict_change

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def said(enforcement: str | None, *, sending: bool | None = True, time: datetime = NOON) -> Verdict:
    return Verdict(ACCOUNT, time, enforcement=enforcement, sending_enabled=sending)


HEALTHY, PROBATION, SHUTDOWN = said("HEALTHY"), said("PROBATION"), said("SHUTDOWN", sending=False)


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [
        pytest.param(None, HEALTHY, False, id="the first is healthy"),
        pytest.param(None, PROBATION, True, id="the first is a probation"),
        pytest.param(None, said("HEALTHY", sending=False), True, id="the first is healthy, but may not send"),
        pytest.param(HEALTHY, HEALTHY, False, id="still healthy"),
        pytest.param(HEALTHY, PROBATION, True, id="a probation begins"),
        pytest.param(PROBATION, PROBATION, False, id="a probation goes on"),
        pytest.param(PROBATION, SHUTDOWN, True, id="a probation ends in a shutdown"),
        pytest.param(PROBATION, HEALTHY, True, id="healthy again"),
        pytest.param(HEALTHY, said("HEALTHY", sending=False), True, id="sending is off"),
        pytest.param(said("HEALTHY", sending=False), HEALTHY, True, id="sending is on again"),
        pytest.param(None, said(None, sending=None), False, id="nothing is known at first"),
        pytest.param(None, said(None, sending=False), True, id="only that it may not send is known at first"),
        pytest.param(said(None), HEALTHY, False, id="the first status is healthy"),
        pytest.param(said(None), PROBATION, True, id="the first status is a probation"),
        pytest.param(PROBATION, said(None, sending=None), False, id="a probation, and nothing is told any longer"),
        pytest.param(SHUTDOWN, said("SHUTDOWN", sending=None), False, id="not told whether it may send"),
        pytest.param(PROBATION, said(None, sending=False), True, id="not told the status, but sending is off"),
    ],
)
def test_a_verdict_is_news_when_it_differs_and_the_first_when_it_is_bad(
    before: Verdict | None, after: Verdict, *, news: bool
) -> None:
    assert (verdict_change(before, replace(after, time=LATER)) is not None) == news


@pytest.mark.parametrize(
    ("told", "complete"),
    [
        (said(None, sending=None), said("PROBATION", sending=False)),
        (said("HEALTHY", sending=None), said("HEALTHY", sending=False)),
        (said(None), said("PROBATION")),
        (SHUTDOWN, SHUTDOWN),
    ],
    ids=["neither is told", "the status is told", "sending is told", "both are told"],
)
def test_only_what_is_not_told_is_completed(told: Verdict, complete: Verdict) -> None:
    assert told.completed("PROBATION", sending_enabled=False) == complete


def test_a_change_tells_both_verdicts_and_the_moment() -> None:
    after = replace(PROBATION, time=LATER)
    change = verdict_change(HEALTHY, after)
    assert change is not None
    assert (change.time, change.scope, change.before, change.after) == (LATER, ACCOUNT, HEALTHY, after)


def test_before_the_first_verdict_all_was_well() -> None:
    change = verdict_change(None, PROBATION)
    assert change is not None
    assert (change.before.enforcement, change.before.sending_enabled) == ("HEALTHY", True)


def test_rates_and_quotas_are_no_news() -> None:
    other = replace(HEALTHY, time=LATER, bounce_rate=SesRate("0.1004", LATER), daily_quota=50_000, sent_last_day=7)
    assert verdict_change(HEALTHY, other) is None


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param(PROBATION, True, id="the same again"),
        pytest.param(said("PROBATION", time=LATER), False, id="at another moment"),
        pytest.param(SHUTDOWN, False, id="another status"),
        pytest.param(said("PROBATION", sending=False), False, id="it may not send either"),
        pytest.param(replace(PROBATION, scope=Scope("tenant/shop-7")), False, id="another scope"),
    ],
)
def test_a_change_is_told_apart_from_all_that_are_not_the_same(other: Verdict, *, same: bool) -> None:
    one, another = (verdict_change(HEALTHY, after) for after in (PROBATION, other))
    assert one is not None
    assert another is not None
    assert (one.id == another.id) == same


def test_our_rates_stand_beside_those_of_ses_and_how_far_they_are_apart() -> None:
    theirs = replace(HEALTHY, bounce_rate=SesRate("0.03", NOON), complaint_rate=None)
    bounces, complaints = compare(
        theirs, {Metric.BOUNCE_RATE: Fraction(1, 20), Metric.COMPLAINT_RATE: Fraction(1, 100)}
    )
    assert (bounces.metric, bounces.ses, bounces.ours) == (Metric.BOUNCE_RATE, theirs.bounce_rate, Fraction(1, 20))
    assert bounces.difference == 2, "percentage points that ours is above theirs"
    assert (complaints.metric, complaints.ses, complaints.difference) == (Metric.COMPLAINT_RATE, None, None)
    assert [each.difference for each in compare(theirs, {})] == [None, None], "nor where there is none of ours"
