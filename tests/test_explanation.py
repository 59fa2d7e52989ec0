"""The arithmetic of a rate, line by line: it sums up, and says by which rule something was left out."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from msgspec.structs import replace

from ses_reputation.domain.categories import Category
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.explanation import Calculation, Line, explain
from ses_reputation.domain.feedback_loops import Feedback, FeedbackLoops
from ses_reputation.domain.forecast import Forecast
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation.domain.limits import Profile, limits_by_kind
from ses_reputation.domain.outages import Outage, OutageStage, Tally, without_outages
from ses_reputation.domain.policy import Evidence, Policy
from ses_reputation.domain.providers import OWN, SIMULATOR, UNSPECIFIED
from ses_reputation.domain.rates import HourCounts, Metric, VolumeSource
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Finding, MetricStanding, Standing

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


def on_probation(since: datetime) -> Standing:
    finding = Finding("f-1", Category.BOUNCE_RATE, Stage.PROBATION, since, since, since, since, NOON + 30 * HOUR)
    return Standing(NEWSLETTER, findings={finding.category: finding})


LEFT_OUT: Mapping[str, Counts] = {
    SIMULATOR: {"sent": 40, "hard_bounced": 4, "not_attempted": 3},
    OWN: {"sent": 5, "hard_bounced": 1},
}


def calculated(metric: Metric, *hours: HourCounts, policy: Policy = POLICY) -> Calculation:
    explanation = explain(Standing(NEWSLETTER), hours, NOON, policy)
    (of_metric,) = (m for m in explanation.metrics if m.metric is metric)
    (calculation,) = of_metric.calculations
    return calculation


def sums(lines: tuple[Line, ...]) -> list[tuple[str, int]]:
    return [(line.what, line.count) for line in lines]


def rules(lines: tuple[Line, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(line.what, line.rules) for line in lines]


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
    assert sums(calculation.besides) == [("soft bounces", 7), ("never attempted", 33)]
    assert (calculation.rate.volume, calculation.rate.count) == (970, 20)


def test_a_line_names_the_rules_that_it_is_due_to() -> None:
    counted = hour(
        1, sent=1000, not_attempted=30, hard_bounced=2, complained=1, not_spam=4, complained_unsent=5, others=LEFT_OUT
    )
    bounces, complaints = (calculated(metric, counted) for metric in Metric)
    assert rules(bounces.volume) == [
        ("sent (Send events)", ()),  # Nobody has to be told why mail was sent.
        (
            "never attempted",
            ("account-suppression-list", "tenant-suppression-list", "email-validation", "unsubscribed"),
        ),
        ("at SES's mailbox simulator", ("mailbox-simulator",)),
        ("at your own verified identities", ("verified-identity",)),
    ]
    assert rules(bounces.numerator) == [
        ("hard bounces", ("global-suppression-list", "hard-bounce", "unknown-subtype")),
        ("at SES's mailbox simulator", ("mailbox-simulator",)),
        ("at your own verified identities", ("verified-identity",)),
    ]
    assert rules(complaints.numerator) == [("complaints", ("complaint",))]
    assert rules(complaints.besides) == [
        ("reports that it is not spam", ("not-spam",)),
        ("complaints about mail never sent", ("never-sent-complaint",)),
    ]


@pytest.mark.parametrize(
    ("counted", "applied"),
    [
        pytest.param(hour(1, sent=1000), [], id="none where nothing happened"),
        pytest.param(
            hour(1, sent=1000, soft_bounced=1), ["soft-bounce", "undetermined-bounce"], id="those of what is in no rate"
        ),
        pytest.param(hour(1, sent=1000, complained=1), ["complaint"], id="those of complaints"),
        pytest.param(
            hour(1, sent=1000, others={OWN: {"sent": 1}, SIMULATOR: {"sent": 1}}),
            ["mailbox-simulator", "verified-identity"],
            id="those of what is taken away",
        ),
    ],
)
def test_the_rules_that_were_applied_are_told_once_and_no_others(counted: HourCounts, applied: list[str]) -> None:
    assert [rule.name for rule in explain(Standing(NEWSLETTER), [counted], NOON, POLICY).rules] == applied


def test_deliveries_and_bounces_together_are_what_was_sent() -> None:
    counted = hour(1, delivered=900, hard_bounced=60, soft_bounced=40)
    calculation = calculated(Metric.BOUNCE_RATE, counted, policy=BY_DELIVERY)
    assert sums(calculation.volume) == [("delivered", 900), ("hard bounced", 60), ("soft bounced", 40)]
    assert not any(line.rules for line in calculation.volume), "nothing is left out"
    assert calculation.rate.volume == 1000


def test_what_was_never_reported_as_sent_cannot_be_taken_away_from_it() -> None:
    others: Mapping[str, Counts] = {SIMULATOR: {"sent": 40}, OWN: {"sent": 5}, "gmail": {"sent": 100}}
    hours = [hour(1, not_attempted=30, others=others), hour(2, sent=10)]
    outage = Outage("o-1", "gmail", NOON - HOUR, NOON, Tally(50, 100), Tally(1, 1000), stage=OutageStage.CONFIRMED)
    calculation = calculated(Metric.BOUNCE_RATE, *without_outages(hours, (outage,)))
    assert sums(calculation.volume) == [
        ("sent (Send events)", 155),
        ("never attempted", -30),
        ("at SES's mailbox simulator", -40),
        ("at your own verified identities", -5),
        ("at gmail, during an outage", -100),
        ("never attempted, but not reported as sent", 20),
    ]
    assert calculation.rate.volume == 0


def test_a_source_of_which_nothing_was_heard_is_told_as_nothing() -> None:
    counted = hour(1, hard_bounced=60)
    assert sums(calculated(Metric.BOUNCE_RATE, counted, policy=BY_DELIVERY).volume) == [
        ("delivered", 0),
        ("hard bounced", 60),
    ]


def test_no_line_says_what_was_never_reported_where_all_of_it_was() -> None:
    calculation = calculated(Metric.BOUNCE_RATE, hour(1, not_attempted=30), hour(2, sent=30))
    assert sums(calculation.volume) == [("sent (Send events)", 30), ("never attempted", -30)]


@pytest.mark.parametrize(
    ("hours", "volume"),
    [
        pytest.param([], [("sent (Send events)", 0)], id="no hours at all"),
        pytest.param(
            [hour(1, sent=100), hour(2, backfilled=True, reported=5000, hard_bounced=9)],
            [("sent (Send events)", 100), ("sent (SES's statistics), backfilled", 5000)],
            id="some from before",
        ),
        pytest.param(
            [hour(2, backfilled=True, reported=5000, not_attempted=50)],
            [
                ("sent (Send events)", 0),
                ("sent (SES's statistics), backfilled", 5000),
                ("never attempted, backfilled", -50),
            ],
            id="none but those from before",
        ),
    ],
)
def test_hours_from_before_are_sums_of_their_own(hours: list[HourCounts], volume: list[tuple[str, int]]) -> None:
    calculation = calculated(Metric.BOUNCE_RATE, *hours)
    assert sums(calculation.volume) == volume
    assert calculation.rate.volume == sum(count for _, count in volume)
    providers = calculated(Metric.COMPLAINT_RATE, *hours).providers
    assert sum(p.volume for p in providers) == calculation.rate.volume


def test_the_denominator_of_complaints_is_told_provider_by_provider_the_largest_first() -> None:
    calculation = calculated(
        Metric.COMPLAINT_RATE,
        hour(1, sent=500, complained=2, others={"gmail": {"sent": 3000}}),
        hour(2, complained=1, others={"comcast": {"complained": 1, "delayed": 1}, "gmx": {"soft_bounced": 1}}),
        hour(3, sent=0, others={"microsoft": {"sent": 500}, SIMULATOR: {"sent": 9000, "complained": 1}}),
        hour(4, sent=0, others={UNSPECIFIED: {"sent": 10}}),
        policy=Policy(feedback_loops=FeedbackLoops(feedback_share=33)),
    )
    assert [(p.provider, p.volume, p.eligible, p.complaints) for p in calculation.providers] == [
        ("gmail", 3000, 0, 0),
        ("microsoft", 500, 500, 0),
        ("yahoo", 500, 500, 3),
        (UNSPECIFIED, 10, 3, 0),
        ("comcast", 0, 0, 1),
    ], "nothing is told of one that was sent nothing and did not complain"
    told = [Feedback.SILENT, Feedback.KNOWN, Feedback.KNOWN, Feedback.SHARE, Feedback.KNOWN]
    assert [p.feedback for p in calculation.providers] == told
    assert sum(p.eligible for p in calculation.providers) == calculation.rate.eligible == 1003


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


def test_of_two_outages_each_takes_away_its_own_providers_mail_of_its_own_hours() -> None:
    gmail = Outage("o-1", "gmail", NOON - 2 * HOUR, NOON, Tally(), Tally(), end=NOON, stage=OutageStage.CONFIRMED)
    yahoo = replace(gmail, id="o-2", provider="yahoo", start=NOON - 5 * HOUR, end=NOON - 4 * HOUR)
    mail = [hour(2, sent=100, others={"gmail": {"sent": 10}}), hour(5, sent=200, others={"gmail": {"sent": 20}})]
    outages = (gmail, yahoo)
    explanation = explain(Standing(NEWSLETTER), list(without_outages(mail, outages)), NOON, POLICY, outages)
    assert sums(explanation.metrics[0].calculations[0].volume) == [
        ("sent (Send events)", 330),
        ("at gmail, during an outage", -10),
        ("at yahoo, during an outage", -200),
    ]


def test_all_that_a_metric_is_judged_by_is_told_with_its_rates() -> None:
    policy = Policy(
        limits=limits_by_kind(Profile.CURRENT), minimum_volume=50, minimum_bounces=4, representative_volume=500
    )
    floor = NOON - 20 * HOUR
    standing = replace(on_probation(NOON - 6 * HOUR), metrics={Metric.COMPLAINT_RATE: MetricStanding(floor)})
    hours = [hour(1, sent=40, hard_bounced=2), hour(9, sent=900, hard_bounced=90)]
    explanation = explain(standing, hours, NOON, policy)
    assert (explanation.scope, explanation.status, explanation.now) == (NEWSLETTER, Status.PROBATION, NOON)
    assert explanation.source is VolumeSource.SEND_EVENTS
    bounces, complaints = explanation.metrics
    assert (bounces.metric, bounces.status, bounces.floor) == (Metric.BOUNCE_RATE, Status.PROBATION, None)
    assert bounces.evidence is Evidence.TOO_LITTLE_MAIL, "since the probation began, which is what decides"
    assert (bounces.minimum_volume, bounces.minimum_count) == (50, 4)
    assert bounces.limits.limit.value == Fraction(5, 100)
    assert bounces.forecast == Forecast(None, 460, 460), "with the newest hour these fill the window"
    assert (complaints.metric, complaints.status, complaints.floor) == (Metric.COMPLAINT_RATE, Status.HEALTHY, floor)
    assert (complaints.evidence, complaints.minimum_count) == (Evidence.ENOUGH, 3)
    assert complaints.limits.limit.value == Fraction(1, 1000)


def test_on_probation_the_rate_since_it_began_is_told_first() -> None:
    policy = Policy(representative_volume=100)
    began = NOON - 40 * HOUR
    hours = [hour(1, sent=100, hard_bounced=1), hour(30, sent=1000, hard_bounced=200), hour(50, sent=7)]
    since, window = explain(on_probation(began), hours, NOON, policy).metrics[0].calculations
    assert (since.full_at, since.start, since.rate.volume) == (None, began, 1100)
    assert (sums(since.volume), sums(since.numerator)) == ([("sent (Send events)", 1100)], [("hard bounces", 201)])
    assert (window.full_at, window.start, window.rate.volume) == (100, NOON - policy.oldest_mail, 100)
    assert (sums(window.volume), sums(window.numerator)) == ([("sent (Send events)", 100)], [("hard bounces", 1)])


@pytest.mark.parametrize(
    ("began", "hours", "told"),
    [
        pytest.param(NOON - 40 * HOUR, [hour(1, sent=100), hour(30, sent=100)], True, id="only since the probation"),
        pytest.param(NOON - 2 * HOUR, [hour(1, sent=10), hour(30, sent=100)], True, id="only in the window"),
        pytest.param(NOON, [hour(30, sent=100)], True, id="nothing since the probation"),
        pytest.param(NOON - 2 * HOUR, [hour(1, sent=100), hour(30, sent=100)], False, id="in neither"),
        pytest.param(NOON - 2 * HOUR, [hour(1, sent=100), hour(30)], False, id="no mail in it"),
        pytest.param(NOON - 2 * HOUR, [], False, id="no mail at all"),
    ],
)
def test_an_outage_is_told_if_any_of_the_rates_has_mail_in_it(
    began: datetime, hours: list[HourCounts], *, told: bool
) -> None:
    start = NOON - 31 * HOUR
    outage = Outage("o-1", "yahoo", start, start, Tally(50, 100), Tally(1, 1000), end=start + 3 * HOUR)
    explanation = explain(on_probation(began), hours, NOON, Policy(representative_volume=100), (outage,))
    assert explanation.outages == ((outage,) if told else ())
