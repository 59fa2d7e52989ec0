"""What a plan outgrows: limits of AWS and constants of the design, in the order in which growing mail meets them.

Partitions are taken at their plain limit. DynamoDB may split a busy one by its sort key, and saves up unused capacity
for five minutes; neither is counted on.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from math import ceil

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.adapters.keys import SHARDS, WRITERS
from ses_reputation_cli.planning.contention import deployed, simulate
from ses_reputation_cli.planning.demand import BATCH_SIZE, TRANSACTIONAL, Demand, Plan, batch, demand
from ses_reputation_cli.planning.prices import PRICES, Item

_PARTITIONS = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"
_ON_DEMAND = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_SNS = "https://docs.aws.amazon.com/general/latest/gr/sns.html"
_SQS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"
_SCALING = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"
_OURS = "docs/scale.md"

PARTITION = 1_000
MAXIMUM_SCOPES = 10_000
MOST = 10**13
"""Nothing is looked for beyond."""


class Growing(StrEnum):
    """What meets a limit when it grows: a field of a plan."""

    MAILS = "mails_per_day"
    SCOPES = "scopes"
    CONCURRENCY = "maximum_concurrency"


class Rule(Struct, frozen=True):
    """A limit: how much it allows, what a plan needs of it, and which parameter, constant or quota moves it."""

    name: str
    unit: str
    allows: Callable[[Plan], float]
    needs: Callable[[Demand], float]
    moves: str
    source: str
    growing: Growing = Growing.MAILS


def _always(number: float) -> Callable[[Plan], float]:
    return lambda _plan: number


def _marks(asked: Demand) -> float:
    """Write units of the busiest part of the list of due scopes: that of the account, which is in every batch."""
    return asked.batches_a_second + (asked.a_second("marks") - asked.batches_a_second) / SHARDS


RULES: Sequence[Rule] = (
    Rule(
        "events that record_feedback counts in time",
        "functions at once on the busiest queue",
        lambda plan: plan.maximum_concurrency,
        lambda asked: max(queue.at_once for queue in asked.queues.values()),
        "MaximumConcurrency",
        _SCALING,
    ),
    Rule(
        "counters that no two functions add to",
        "functions at once",
        _always(WRITERS),
        lambda asked: asked.at_once,
        "WRITERS in adapters/keys.py; beyond it transactions conflict, and are tried again",
        _OURS,
    ),
    Rule(
        "receipts table, as it is when new",
        "write units a second",
        _always(4_000),
        lambda asked: asked.a_second("receipts") + asked.a_second("lists"),
        "nothing to do if mail grows by less than double in half an hour; else the table's warm throughput",
        _ON_DEMAND,
    ),
    Rule(
        "receipts table, by AWS's quota",
        "write units a second",
        _always(40_000),
        lambda asked: asked.a_second("receipts") + asked.a_second("lists"),
        "DynamoDB's quota of write units of a table",
        _DYNAMODB,
    ),
    Rule(
        "counters of the account, one partition",
        "write units a second",
        _always(PARTITION),
        lambda asked: TRANSACTIONAL * asked.transactions_a_second,
        "counter_key in adapters/keys.py: the writer as a part of the partition key",
        _PARTITIONS,
    ),
    Rule(
        "list of due scopes, the partition with the account",
        "write units a second",
        _always(PARTITION),
        _marks,
        "SHARDS in adapters/keys.py, and the windows of the queues' sources in template.yaml",
        _PARTITIONS,
    ),
    Rule(
        "list of a day's feedback, one partition",
        "write units a second",
        _always(PARTITION),
        lambda asked: asked.a_second("lists"),
        "feedback_of in adapters/keys.py: several partitions a day",
        _PARTITIONS,
    ),
    Rule(
        "messages that SES publishes",
        "messages a second",
        _always(30_000),
        lambda asked: asked.events_a_second,
        "SNS's quota of published messages; or VolumeSource statistics",
        _SNS,
    ),
    Rule(
        "functions of the AWS account",
        "functions at once",
        _always(1_000),
        lambda asked: asked.at_once,
        "Lambda's quota of concurrent executions",
        _LAMBDA,
    ),
    Rule(
        "scopes that are evaluated until the next run",
        "seconds",
        lambda plan: 60 * plan.evaluation_minutes,
        lambda asked: asked.evaluated_in,
        "EvaluationConcurrency, up to 30 or so; EvaluationSchedule",
        _OURS,
        Growing.SCOPES,
    ),
    Rule(
        "scopes of a kind that are counted apart in a month",
        "scopes",
        _always(MAXIMUM_SCOPES),
        lambda asked: asked.plan.of_a_kind,
        "MaximumScopes",
        "docs/how-rates-are-counted.md",
        Growing.SCOPES,
    ),
    Rule(
        "messages in flight of one queue",
        "messages",
        _always(120_000),
        lambda asked: BATCH_SIZE * asked.plan.maximum_concurrency,
        "BatchSize of the queues' sources in template.yaml",
        _SQS,
        Growing.CONCURRENCY,
    ),
)
"""All of them."""


class Limit(Struct, frozen=True):
    """A limit beside what a plan needs of it, and up to which mails a day, scopes or concurrency it holds.

    `holds_to` is None if nothing that can be thought of meets it.
    """

    name: str
    unit: str
    allows: float
    needs: float
    growing: Growing
    holds_to: int | None
    moves: str
    source: str

    @property
    def holds(self) -> bool:
        """Whether the plan is within it."""
        return self.needs <= self.allows


def limits(plan: Plan) -> Sequence[Limit]:
    """Every limit, those of growing mail first, and of those the one that is met first."""
    asked = demand(plan)
    found = [
        Limit(
            rule.name,
            rule.unit,
            rule.allows(plan),
            rule.needs(asked),
            rule.growing,
            _holds_to(rule, plan),
            rule.moves,
            rule.source,
        )
        for rule in RULES
    ]
    order = list(Growing)
    return sorted(found, key=lambda limit: (order.index(limit.growing), limit.holds_to or MOST))


def _holds_to(rule: Rule, plan: Plan) -> int | None:
    """The largest number of what grows with which the plan is within a limit. What is needed never falls with it."""

    def within(number: int) -> bool:
        grown = replace(plan, **{rule.growing: number})
        return rule.needs(demand(grown)) <= rule.allows(grown)

    if within(MOST):
        return None
    low, high = 0, MOST
    while high - low > max(1, low // 1000):
        middle = (low + high) // 2
        low, high = (middle, high) if within(middle) else (low, middle)
    return low


class Storm(Struct, frozen=True):
    """Bounces that come at once: how long it takes to count them, what that is bound by, and what they cost to write.

    `conflicts` is the share of transactions that meet another one, and are tried again.
    """

    bounces: int
    seconds: float
    bound_by: str
    conflicts: float
    write_units: float
    dollars: float


# Seconds for which a partition has saved up what it was not asked for.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
_SAVED = 300

# Seconds of the simulation that a storm looks at.
_SIMULATED = 10.0


def storm(plan: Plan, bounces: int, writers: int = WRITERS) -> Storm:
    """What becomes of so many bounces that come all at once, in full batches on every function that may work."""
    full = batch(plan, float(min(BATCH_SIZE, max(1, bounces))), feedback=True)
    batches = bounces / full.size
    working = min(plan.maximum_concurrency, ceil(batches))
    one, all_of_them = (simulate(deployed(n, writers, writers), _SIMULATED) for n in (1, working))
    at_once = all_of_them.a_second / one.a_second
    lists = batches * full.units["lists"]
    by = {
        "MaximumConcurrency" if at_once > 0.9 * working else "WRITERS": batches * full.seconds / at_once,
        "the partition of the day's list": max(0.0, lists / PARTITION - _SAVED),
    }
    bound_by = max(by, key=lambda name: by[name])
    units = batches * full.write_units
    dollars = PRICES[Item.WRITE_UNITS].of(units)
    return Storm(bounces, by[bound_by], bound_by, all_of_them.refused_share, units, dollars)
