"""The arithmetic of a rate, line by line: it sums up, and says by which rule something was left out."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.explanation import Calculation, Line, explain
from ses_reputation.domain.feedback_loops import Feedback
from ses_reputation.domain.outages import Outage, OutageStage, Tally, without_outages
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.providers import OWN, SIMULATOR
from ses_reputation.domain.rates import HourCounts, Metric, VolumeSource
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Standing

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEWSLETTER = Scope("configuration-set/newsletter")
POLICY = Policy()
BY_DELIVERY = Policy(volume_source=VolumeSource.DELIVERY_EVENTS)


Counts = Mapping[str, int]


def hour(
    ago: int, *, backfilled: bool = False, others: Mapping[str, Counts] | None = None, **counts: int
) -> HourCounts:
    """So many hours before noon; at Yahoo but for `others`."""
    by_provider = {"yahoo": counts, **(others or {})}
    told = {(p, Measure(name)): n for p, each in by_provider.items() for name, n in each.items()}
    return HourCounts(NOON - ago * HOUR, told, backfilled)


LEFT_OUT: Mapping[str, Counts] = {SIMULATOR: {"sent": 40, "hard_bounced": 4}, OWN: {"sent": 5, "hard_bounced": 1}}


def calculated(metric: Metric, *hours: HourCounts, policy: Policy = POLICY) -> Calculation:
    explanation = explain(Standing(NEWSLETTER), hours, NOON, policy)
    (of_metric,) = (m for m in explanation.metrics if m.metric is metric)
    (calculation,) = of_metric.calculations
    return calculation


def sums(lines: tuple[Line, ...]) -> list[tuple[str, int]]:
    return [(line.what, line.count) for line in lines]


def test_what_does_not_count_is_taken_away_line_by_line() -> None:
    calculation = calculated(
        Metric.BOUNCE_RATE,
        hour(1, sent=1000, hard_bounced=20, soft_bounced=7, not_attempted=30, others=LEFT_OUT),
    )
    assert sums(calculation.volume) == [
        ("sent (Send events)", 1045),
        ("never attempted", -30),
        ("at SES's mailbox simulator", -40),
        ("at your own verified identities", -5),
    ]
    assert sums(calculation.numerator) == [
        ("hard bounces", 25),
        ("at SES's mailbox simulator", -4),
        ("at your own verified identities", -1),
    ]
    assert sums(calculation.besides) == [("soft bounces", 7), ("never attempted", 30)]
    assert (calculation.rate.volume, calculation.rate.count) == (970, 20)


def test_the_rules_that_were_applied_are_named_and_no_others() -> None:
    hours = [hour(1, sent=1000, not_attempted=30, others={SIMULATOR: {"sent": 40}})]
    explanation = explain(Standing(NEWSLETTER), hours, NOON, POLICY)
    volume = explanation.metrics[0].calculations[0].volume
    assert [bool(line.rules) for line in volume] == [False, True, True], "nobody has to be told why mail was sent"
    assert {rule.name for rule in explanation.rules} == {name for line in volume for name in line.rules}


def test_deliveries_and_bounces_together_are_what_was_sent() -> None:
    counted = hour(1, delivered=900, hard_bounced=60, soft_bounced=40)
    calculation = calculated(Metric.BOUNCE_RATE, counted, policy=BY_DELIVERY)
    assert sums(calculation.volume) == [("delivered", 900), ("hard bounced", 60), ("soft bounced", 40)]
    assert calculation.rate.volume == 1000


def test_what_was_never_reported_as_sent_cannot_be_taken_away_from_it() -> None:
    calculation = calculated(Metric.BOUNCE_RATE, hour(1, not_attempted=30), hour(2, sent=10))
    assert sums(calculation.volume) == [
        ("sent (Send events)", 10),
        ("never attempted", -30),
        ("never attempted, but not reported as sent", 20),
    ]
    assert calculation.rate.volume == 0


def test_a_source_of_which_nothing_was_heard_is_told_as_nothing() -> None:
    counted = hour(1, hard_bounced=60)
    assert sums(calculated(Metric.BOUNCE_RATE, counted, policy=BY_DELIVERY).volume) == [
        ("delivered", 0),
        ("hard bounced", 60),
    ]


def test_hours_from_before_are_sums_of_their_own() -> None:
    calculation = calculated(
        Metric.BOUNCE_RATE, hour(1, sent=100), hour(2, backfilled=True, reported=5000, hard_bounced=9)
    )
    assert sums(calculation.volume) == [("sent (Send events)", 100), ("sent (SES's statistics), backfilled", 5000)]
    assert calculation.rate.volume == 5100


def test_the_denominator_of_complaints_is_told_provider_by_provider_the_largest_first() -> None:
    calculation = calculated(
        Metric.COMPLAINT_RATE,
        hour(1, sent=500, complained=2, others={"gmail": {"sent": 3000}}),
        hour(2, sent=0, others={"microsoft": {"sent": 500}, SIMULATOR: {"sent": 9000, "complained": 1}}),
    )
    assert [(p.provider, p.volume, p.eligible, p.complaints) for p in calculation.providers] == [
        ("gmail", 3000, 0, 0),
        ("microsoft", 500, 500, 0),
        ("yahoo", 500, 500, 2),
    ]
    assert [p.feedback for p in calculation.providers] == [Feedback.SILENT, Feedback.KNOWN, Feedback.KNOWN]
    assert sum(p.eligible for p in calculation.providers) == calculation.rate.eligible == 1000


@pytest.mark.parametrize("metric", Metric)
def test_a_bounce_rate_has_no_providers_and_is_all_mail(metric: Metric) -> None:
    providers = calculated(metric, hour(1, sent=10)).providers
    assert [p.provider for p in providers] == (["yahoo"] if metric is Metric.COMPLAINT_RATE else [])


def test_what_an_outage_bounced_is_taken_away_from_bounces_and_named() -> None:
    outage = Outage("o-1", "gmail", NOON - 3 * HOUR, NOON, Tally(50, 100), Tally(1, 1000), stage=OutageStage.CONFIRMED)
    unrelated = replace(outage, id="o-2", provider="yahoo", start=NOON - 9 * HOUR, end=NOON - 8 * HOUR)
    mail = [
        HourCounts(
            NOON - 2 * HOUR,
            {
                ("gmail", Measure.SENT): 100,
                ("gmail", Measure.HARD_BOUNCED): 50,
                ("yahoo", Measure.SENT): 900,
                ("yahoo", Measure.HARD_BOUNCED): 3,
            },
        )
    ]
    outages = (outage, unrelated)
    explanation = explain(Standing(NEWSLETTER), list(without_outages(mail, outages)), NOON, POLICY, outages)
    bounces, complaints = (metric.calculations[0] for metric in explanation.metrics)
    assert sums(bounces.volume) == [("sent (Send events)", 1000), ("at gmail, during an outage", -100)]
    assert sums(bounces.numerator) == [("hard bounces", 53), ("at gmail, during an outage", -50)]
    assert sums(complaints.volume) == [("sent (Send events)", 1000)]
    assert explanation.outages == (outage,), "the other has no mail in the rate"


def test_an_outage_is_in_the_lines_that_it_took_something_from() -> None:
    gmail = Outage("o-1", "gmail", NOON - 3 * HOUR, NOON, Tally(5, 5), Tally(1, 1000), stage=OutageStage.CONFIRMED)
    outages = (gmail, replace(gmail, id="o-2", provider="yahoo"))
    mail = [hour(2, sent=100, others={"gmail": {"hard_bounced": 5}, "microsoft": {"sent": 10}})]
    explanation = explain(Standing(NEWSLETTER), list(without_outages(mail, outages)), NOON, POLICY, outages)
    bounces = explanation.metrics[0].calculations[0]
    assert sums(bounces.volume) == [("sent (Send events)", 110), ("at yahoo, during an outage", -100)]
    assert sums(bounces.numerator) == [("hard bounces", 5), ("at gmail, during an outage", -5)]
