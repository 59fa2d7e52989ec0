"""What a volume of mail asks of AWS, on paper: held against what was measured, and against what does not change."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from docs.generators.parameters import TEMPLATE
from ses_reputation.domain.rates import VolumeSource
from ses_reputation_cli.planning import demand as model
from ses_reputation_cli.planning.bill import bill, per_million_mails
from ses_reputation_cli.planning.contention import deployed, simulate
from ses_reputation_cli.planning.demand import Plan, batch, batch_size, demand, distinct, monthly
from ses_reputation_cli.planning.limits import MAXIMUM_SCOPES, RULES, limits, storm
from ses_reputation_cli.planning.prices import PRICES, Item, Price, Service, Tier
from ses_reputation_local.template import read_source

SOME = Plan(1_000_000)


@pytest.mark.parametrize(
    ("scopes", "size", "feedback", "units"),
    [
        (2, 1, False, 12),
        (2, 1, True, 13),
        (2, 10, False, 3.0),
        (2, 100, False, 2.16),
        (2, 100, True, 2.29),
        (2, 1000, False, 2.07),
        (2, 1000, True, 2.192),
        (4, 100, True, 2.39),
        (4, 1000, False, 2.116),
    ],
)
def test_write_units_are_those_that_were_measured(scopes: int, size: int, *, feedback: bool, units: float) -> None:
    """As `python -m benchmarks writes` measured them, of one stream and one mailbox provider."""
    plan = replace(SOME, scopes=scopes, scopes_each=scopes, providers=1)
    assert batch(plan, size, feedback=feedback).units_an_event == pytest.approx(units, abs=0.002)


def test_write_units_of_many_streams_are_about_those_that_were_measured() -> None:
    """50 configuration sets of one identity took 2.215; here each has its own, which is a little more."""
    plan = replace(SOME, scopes=100, providers=1)
    assert 2.215 < batch(plan, 1000, feedback=False).units_an_event < 2.4


def test_the_constants_of_the_template_are_its_own() -> None:
    template = read_source(TEMPLATE)
    resources = template["Resources"]
    sources = {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping" and "Condition" not in resource
    }
    assert len(sources) == model.QUEUES
    assert sources["VolumeQueueSource"]["BatchSize"] == sources["BounceQueueSource"]["BatchSize"] == model.BATCH_SIZE
    assert sources["VolumeQueueSource"]["MaximumBatchingWindowInSeconds"] == model.VOLUME_WINDOW
    for queue in ("BounceQueueSource", "ComplaintQueueSource"):
        assert sources[queue]["MaximumBatchingWindowInSeconds"] == model.FEEDBACK_WINDOW
    assert resources["RecordFeedback"]["Properties"]["MemorySize"] == model.MEMORY_GB * 1024
    alarms = [
        resource["Properties"]
        for resource in resources.values()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Condition" not in resource
    ]
    # An alarm is charged for each metric that it looks at. What an expression makes of them is none.
    looked_at = [alarm.get("Metrics", [{"MetricStat": alarm}]) for alarm in alarms]
    assert sum("MetricStat" in query for queries in looked_at for query in queries) == model.ALARM_METRICS
    parameters = template["Parameters"]
    assert parameters["MaximumConcurrency"]["Default"] == SOME.maximum_concurrency
    assert parameters["ReceiptRetentionDays"]["Default"] == SOME.receipt_days
    assert parameters["OldestMailDays"]["Default"] == SOME.oldest_mail_days
    assert parameters["RepresentativeVolume"]["Default"] == SOME.representative_volume
    assert parameters["MaximumScopes"]["Default"] == MAXIMUM_SCOPES
    assert parameters["EvaluationConcurrency"]["Default"] == SOME.evaluation_concurrency
    assert parameters["EvaluationSchedule"]["Default"] == f"rate({SOME.evaluation_minutes:g} minutes)"


def test_a_batch_holds_its_first_event_and_what_comes_to_its_poller_in_time() -> None:
    assert batch_size(0, 30) == 1
    assert batch_size(5, 30) == 31
    assert batch_size(1_000_000, 30) == 1000


@pytest.mark.parametrize(
    ("number", "drawn", "different"),
    [(1, 50, 1), (1, 0, 0), (10, 1, 1), (2, 2, 1.5), (10, 10_000, 10)],
    ids=["one", "none drawn", "one drawn", "two coins", "all of them"],
)
def test_different_ones_are_counted_as_chance_has_it(number: int, drawn: int, different: float) -> None:
    assert distinct(number, drawn) == pytest.approx(different)


plans = st.builds(
    Plan,
    mails_per_day=st.integers(1, 10**9),
    scopes=st.integers(0, 10**5),
    scopes_each=st.integers(1, 13),
    configuration_sets=st.none() | st.integers(0, 10**5),
    bounce_rate=st.floats(0, 0.3),
    complaint_rate=st.floats(0, 0.05),
    source=st.sampled_from(VolumeSource),
    busy_hours=st.floats(1, 24),
    maximum_concurrency=st.integers(2, 1000),
)


@settings(max_examples=30)
@given(plans)
def test_more_mail_takes_more_of_everything_but_reads(plan: Plan) -> None:
    """Windows are full sooner, and so shorter to read. The search for where a limit holds relies on the rest."""
    more = replace(plan, mails_per_day=plan.mails_per_day * 2)
    asked, of_more = demand(plan), demand(more)
    for item, quantity in monthly(asked).items():
        if item != Item.READ_UNITS:
            assert monthly(of_more)[item] >= 0.99 * quantity, item
    for rule in RULES:
        assert rule.needs(of_more) >= 0.99 * rule.needs(asked), rule.name


@settings(max_examples=30)
@given(plans)
def test_no_event_is_charged_less_than_its_receipt(plan: Plan) -> None:
    for queue in demand(plan).queues.values():
        assert queue.units_an_event > 2
        assert 1 <= queue.size <= 1000


def test_statistics_cost_next_to_nothing_beside_events() -> None:
    dollars = {source: per_million_mails(replace(SOME, source=source)) for source in VolumeSource}
    assert dollars[VolumeSource.STATISTICS] < dollars[VolumeSource.DELIVERY_EVENTS] / 4
    assert dollars[VolumeSource.DELIVERY_EVENTS] < dollars[VolumeSource.SEND_EVENTS]


PLATFORM = replace(SOME, scopes=3_010, scopes_each=3)
"""Three thousand tenants that share ten configuration sets."""


@pytest.mark.parametrize(
    ("plan", "sets"),
    [
        (PLATFORM, 10),
        (SOME, 5),
        (replace(SOME, scopes=0), 0),
        (replace(SOME, configuration_sets=0), 0),
        (replace(PLATFORM, configuration_sets=40), 40),
        (replace(SOME, configuration_sets=40), 10),
    ],
    ids=["shared", "one for each sort of mail", "the account alone", "none", "as said", "no more than scopes"],
)
def test_ses_is_asked_about_configuration_sets_and_not_about_tenants(plan: Plan, sets: int) -> None:
    """Two rates of the account and of each, at 96 runs a day."""
    assert monthly(demand(plan))[Item.METRICS_READ] == 96 * 30 * (2 + 2 * sets)


def test_what_ses_reports_is_written_of_configuration_sets_alone() -> None:
    units = [
        monthly(demand(replace(PLATFORM, source=VolumeSource.STATISTICS, configuration_sets=sets)))[Item.WRITE_UNITS]
        for sets in (10, 11)
    ]
    assert units[1] - units[0] == pytest.approx(96 * 30 * PLATFORM.busy_hours / 24)


@pytest.mark.parametrize(
    ("plan", "needed"),
    [(PLATFORM, 3_000), (replace(PLATFORM, configuration_sets=2_000), 2_000), (replace(SOME, scopes=0), 0)],
    ids=["tenants", "configuration sets", "none"],
)
def test_the_scopes_of_the_largest_kind_are_held_against_their_limit(plan: Plan, needed: int) -> None:
    (limit,) = (limit for limit in limits(plan) if limit.moves == "MaximumScopes")
    assert limit.needs == needed


def test_everything_that_is_used_has_a_price_and_every_service_is_on_the_bill() -> None:
    assert set(monthly(demand(SOME))) == set(Item) == set(PRICES)
    assert {line.service for line in bill(demand(SOME))} == set(Service)


def test_a_million_sends_are_charged_as_one_would_by_hand() -> None:
    """30 million a month. Of each, 0.50 dollars a million are for SNS; and so on."""
    by_item = {line.item: line for line in bill(demand(replace(SOME, bounce_rate=0.0, complaint_rate=0.0)))}
    assert by_item[Item.PUBLISHED].dollars == pytest.approx(15.0)
    assert by_item[Item.DASHBOARDS].dollars == 3
    assert by_item[Item.SCHEDULED].quantity == 2 * 96 * 30
    # 30 million messages are sent, and received and deleted by tens; four queues are asked by five pollers.
    assert by_item[Item.QUEUE_REQUESTS].quantity == pytest.approx(36e6 + 5 * 5 * 3 * 60 * 24 * 30)


def test_a_price_falls_with_quantity_only_for_what_is_beyond() -> None:
    price = Price(Service.SQS, "requests", 10, "ten", (Tier(2.0, 100), Tier(1.0)), "https://aws.amazon.com")
    assert price.of(100) == 20
    assert price.of(120) == 22


def test_a_limit_holds_exactly_to_where_it_says() -> None:
    for limit in limits(SOME):
        rule = next(rule for rule in RULES if rule.name == limit.name)
        if limit.holds_to is not None:
            at = replace(SOME, **{limit.growing: limit.holds_to})
            assert rule.needs(demand(at)) <= rule.allows(at), limit.name
            beyond = replace(SOME, **{limit.growing: int(limit.holds_to * 1.01) + 1})
            assert rule.needs(demand(beyond)) > rule.allows(beyond), limit.name


def test_a_parameter_that_is_said_to_move_a_limit_moves_it() -> None:
    wider = {limit.name: limit for limit in limits(replace(SOME, maximum_concurrency=50))}
    for limit in limits(SOME):
        if limit.moves == "MaximumConcurrency":
            assert limit.holds_to is not None
            assert (wider[limit.name].holds_to or 0) > 5 * limit.holds_to


def test_functions_on_items_of_their_own_never_meet() -> None:
    met = simulate(deployed(functions=1, writers=1, first=1), 20)
    assert met.refused == met.given_up == 0
    apart = simulate(deployed(functions=5, writers=64, first=64), 20)
    assert apart.a_second == pytest.approx(5 * met.a_second, rel=0.03)


def test_functions_on_one_item_do_no_more_than_the_item_allows() -> None:
    together = simulate(deployed(functions=20, writers=1, first=1), 20)
    assert together.refused_share > 0.5
    assert together.a_second < 1 / model.TRANSACTION * 1.05


def test_functions_that_begin_on_one_item_spread_over_as_many_as_they_are() -> None:
    met = simulate(deployed(functions=6, writers=64, first=1), 20)
    assert 6 <= met.items <= 12
    assert met.refused_share < 0.05


def test_a_simulation_is_the_same_every_time() -> None:
    setting = deployed(functions=8, writers=4, first=4)
    assert simulate(setting, 5) == simulate(setting, 5)
    assert simulate(setting, 5) != simulate(setting, 5, seed=2)


def test_a_storm_is_counted_sooner_by_more_functions_until_they_meet() -> None:
    slow, quick, crowded = (storm(replace(SOME, maximum_concurrency=n), 200_000, writers=8) for n in (2, 8, 40))
    assert quick.seconds == pytest.approx(slow.seconds / 4, rel=0.1)
    assert slow.bound_by == quick.bound_by == "MaximumConcurrency"
    assert crowded.seconds > quick.seconds / 2
    assert crowded.bound_by == "WRITERS"
    assert crowded.conflicts > 0.1 > quick.conflicts


def test_a_storm_of_hours_is_bound_by_the_partition_of_its_list() -> None:
    endless = storm(replace(SOME, maximum_concurrency=60), 10**9, writers=64)
    assert endless.bound_by == "the partition of the day's list"
    assert endless.seconds == pytest.approx(10**9 * model.LISTED / model.WRITE_BYTES / 1000 - 300, rel=0.01)
