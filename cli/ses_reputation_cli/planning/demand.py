"""What mail asks of AWS: events, batches, transactions, units and seconds. docs/scale.md holds these formulas.

All of it is arithmetic on averages. Mail is taken to be for one recipient each, and to be sent evenly over the busy
hours of a day. Constants are those of template.yaml and of the code; what was measured says where.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.adapters.keys import WRITERS
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.due import CHUNK
from ses_reputation.record import MAX_ACTIONS
from ses_reputation_cli.planning.prices import Item

DAY, HOUR = 86_400.0, 3_600.0
MONTH_DAYS = 30

# -- template.yaml -----------------------------------------------------------------------------------------------------
BATCH_SIZE = 1_000
VOLUME_WINDOW, FEEDBACK_WINDOW = 30.0, 5.0
MEMORY_GB = 0.5
ALARM_METRICS = 29
QUEUES = 5
"""Queues that a function reads: three of SES's events, and those of enforce_status and evaluate_reputation."""

# -- AWS ---------------------------------------------------------------------------------------------------------------
# Lambda reads a queue with five pollers, each of which fills a batch of its own, and asks an empty queue every 20 s.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
POLLERS, LONG_POLL = 5, 20.0
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
RECEIVED = 10
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: 1,769 MB are one processor.
PROCESSOR = 512 / 1_769
WRITE_BYTES, READ_BYTES = 1_024, 4_096
TRANSACTIONAL = 2
# What storage costs an item besides its attributes.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
ITEM_OVERHEAD = 100

# -- measured ----------------------------------------------------------------------------------------------------------
# CPU seconds of an event in a batch of 100 and more, on the machine of docs/performance.md, part ingest.
EVENT_CPU = 23e-6
# CPU seconds that evaluate_reputation takes for a scope: docs/performance.md, part evaluation.
SCOPE_CPU = 3e-3
# Bytes of items and lists: `python -m benchmarks writes`.
VOLUME_RECEIPT, FEEDBACK_RECEIPT = 250, 640
LISTED = 125
COUNTER = 150
WEEK = 160
"""Bytes of a week that was added up, in the one item of all weeks of a scope, with what is kept of hours beside it."""
STANDING_WRITES = 4
"""Write units of a scope that is evaluated: a standing of up to 2 KB, its entry in the index, and the mark it had."""
LOGGED = 1_500
"""Bytes of log lines of an invocation: two of ours, and three of Lambda's own."""

# -- assumed -----------------------------------------------------------------------------------------------------------
# Seconds of requests, which nothing here can measure: a transaction of 100 actions, and any other request.
TRANSACTION, REQUEST = 0.025, 0.006
SHARED_SETS = 10
"""Configuration sets at most of a plan that does not say how many: platforms share a few among all of their tenants."""
STEADY_METRICS = 20
"""Metrics that a deployment with four kinds of scopes writes: see docs/watching-the-system.md."""
WATCH_SECONDS = 2.0
# Days since the newest week that is added up, on average: a week is when it has been over for a day.
RECENT_DAYS = 4.5


class Plan(Struct, frozen=True):
    """What mail there is, and how the system is set up.

    `scopes` are all besides the account and the mailbox providers, and an event counts in `scopes_each` of them.
    `configuration_sets` are those among them; None if nobody says how many. Rates are fractions of the mail.
    `providers` are those that most mail goes to.
    """

    mails_per_day: int
    scopes: int = 10
    scopes_each: int = 2
    configuration_sets: int | None = None
    bounce_rate: float = 0.02
    complaint_rate: float = 0.0005
    source: VolumeSource = VolumeSource.SEND_EVENTS
    busy_hours: float = 8.0
    maximum_concurrency: int = 5
    evaluation_minutes: float = 15.0
    evaluation_concurrency: int = 10
    receipt_days: int = 90
    oldest_mail_days: int = 365
    representative_volume: int = 10_000
    providers: int = 10

    @property
    def busy_seconds(self) -> float:
        """Seconds of a day in which mail is sent."""
        return self.busy_hours * HOUR

    @property
    def each(self) -> int:
        """The scopes of an event besides the account: no more than there are."""
        return min(self.scopes_each, self.scopes)

    @property
    def streams(self) -> float:
        """How many sorts of mail there are that count in scopes of their own."""
        return max(1.0, self.scopes / self.each) if self.each else 1.0

    @property
    def sets(self) -> int:
        """The configuration sets: no more than there are scopes. Unless it is said, one for each sort of mail, up to a
        few, which tenants share.
        """
        known = min(SHARED_SETS, floor(self.streams)) if self.configuration_sets is None else self.configuration_sets
        return min(known, self.scopes)

    @property
    def of_a_kind(self) -> int:
        """The most scopes that one kind can have: all that are no configuration set, or the configuration sets."""
        return max(self.sets, self.scopes - self.sets)

    @property
    def runs(self) -> float:
        """Evaluations in a day; watch_ses runs as often."""
        return 24 * 60 / self.evaluation_minutes

    @property
    def mails_a_second(self) -> float:
        """In busy hours."""
        return self.mails_per_day / self.busy_seconds


class Batches(Struct, frozen=True):
    """The batches of one queue in busy hours: how many a second, and what one of them is.

    `units` are write units by what they are for.
    """

    events_a_second: float
    a_second: float
    size: float
    transactions: float
    units: Mapping[str, float]
    requests: float

    @property
    def write_units(self) -> float:
        """Write units of a batch."""
        return sum(self.units.values())

    @property
    def units_an_event(self) -> float:
        """Write units of an event."""
        return self.write_units / self.size if self.size else 0.0

    @property
    def seconds(self) -> float:
        """How long record_feedback takes for a batch: it computes, and waits for one request after another."""
        return self.size * EVENT_CPU / PROCESSOR + self.transactions * TRANSACTION + self.requests * REQUEST

    @property
    def at_once(self) -> float:
        """How many are being counted at the same time, on average."""
        return self.a_second * self.seconds


def distinct(number: float, drawn: float) -> float:
    """How many different ones of a number are among so many that are drawn with equal chances."""
    return number * (1 - (1 - 1 / number) ** drawn) if number > 1 else min(1.0, drawn)


def batch(plan: Plan, size: float, *, feedback: bool, events_a_second: float = 0.0) -> Batches:
    """A batch of so many events, which record_feedback writes sorted, so that scopes come together."""
    each, streams = plan.each, distinct(plan.streams, size)
    # Each transaction has the account's counter and those of at least one stream; a stream that is in two of them has
    # its counters in both.
    transactions = ceil(max(1.0, (size + each * (streams - 1)) / (MAX_ACTIONS - 1 - each)))
    counters = transactions + each * (streams + transactions - 1)
    marks = 1 + each * streams + distinct(plan.providers, size)
    units = {
        "receipts": TRANSACTIONAL * size,
        "counters": TRANSACTIONAL * counters,
        "marks": marks,
        "lists": ceil(size * LISTED / WRITE_BYTES) if feedback else 0.0,
    }
    requests = ceil(marks / 25) + feedback
    return Batches(events_a_second, events_a_second / size, size, transactions, MappingProxyType(units), requests)


def batch_size(events_a_second: float, window: float, pollers: int = POLLERS) -> float:
    """How many events come in one batch: the first, and what comes to the same poller until the window ends."""
    return min(float(BATCH_SIZE), 1 + events_a_second * window / pollers)


class Demand(Struct, frozen=True):
    """What a plan asks for: batches of each queue in busy hours, and what all of it comes to in a month."""

    plan: Plan
    queues: Mapping[str, Batches]
    due: float
    """Scopes that are evaluated at each run in busy hours."""
    reads_a_scope: float
    """Read units of each."""

    @property
    def events_a_second(self) -> float:
        """In busy hours, of all queues."""
        return sum(queue.events_a_second for queue in self.queues.values())

    def a_second(self, part: str) -> float:
        """Write units for one part of it, in busy hours."""
        return sum(queue.a_second * queue.units[part] for queue in self.queues.values())

    @property
    def transactions_a_second(self) -> float:
        """In busy hours, each of which adds to the account's counter."""
        return sum(queue.a_second * queue.transactions for queue in self.queues.values())

    @property
    def batches_a_second(self) -> float:
        """In busy hours, of all queues."""
        return sum(queue.a_second for queue in self.queues.values())

    @property
    def at_once(self) -> float:
        """Copies of record_feedback at work, on average in busy hours."""
        return sum(queue.at_once for queue in self.queues.values())

    @property
    def units_an_event(self) -> float:
        """Write units of an event, of all sorts together."""
        units = sum(queue.a_second * queue.write_units for queue in self.queues.values())
        return units / self.events_a_second if self.events_a_second else 0.0

    @property
    def evaluation_seconds(self) -> float:
        """How long functions run to judge all that is due."""
        return _judging(self.due)

    @property
    def evaluated_in(self) -> float:
        """After how many seconds all that is due was judged: in one run, or in chunks of which so many run at once."""
        return _judging(max(min(self.due, CHUNK), self.due / self.plan.evaluation_concurrency))


def _judging(scopes: float) -> float:
    """How many seconds a function takes to judge so many scopes: five requests at most for each, one by one."""
    return 0.3 + scopes * (5 * REQUEST + SCOPE_CPU / PROCESSOR)


def demand(plan: Plan) -> Demand:
    """What a plan asks for."""
    mails = plan.mails_a_second
    volume = {
        VolumeSource.SEND_EVENTS: mails,
        VolumeSource.DELIVERY_EVENTS: mails * (1 - plan.bounce_rate),
        VolumeSource.STATISTICS: 0.0,
    }[plan.source]
    rates = (
        ("volume", volume, VOLUME_WINDOW),
        ("bounces", mails * plan.bounce_rate, FEEDBACK_WINDOW),
        ("complaints", mails * plan.complaint_rate, FEEDBACK_WINDOW),
    )
    pollers = min(POLLERS, plan.maximum_concurrency)
    queues = {
        name: batch(plan, batch_size(rate, window, pollers), feedback=name != "volume", events_a_second=rate)
        for name, rate, window in rates
    }
    events = sum(rate for _, rate, _ in rates)
    due = _due(plan, events)
    writers = _writers(sum(queue.at_once for queue in queues.values()))
    return Demand(plan, MappingProxyType(queues), due, _reads(plan, writers))


def _writers(at_once: float) -> float:
    """The counter items of an hour: as many as there were functions at work at once, on two at least in most hours."""
    return float(min(WRITERS, max(2, ceil(at_once))))


def _due(plan: Plan, events_a_second: float) -> float:
    """Scopes with new counts since the last run."""
    drawn = events_a_second * plan.evaluation_minutes * 60
    if plan.source is VolumeSource.STATISTICS:
        # What SES reports of every configuration set is news each time.
        return 1 + plan.scopes + distinct(plan.providers, drawn)
    return distinct(1, drawn) + plan.each * distinct(plan.streams, drawn) + distinct(plan.providers, drawn)


def _window_days(plan: Plan) -> float:
    """How many days the window of a scope goes back, on average."""
    full = plan.representative_volume * plan.streams / plan.mails_per_day
    return min(float(plan.oldest_mail_days), max(1 / plan.busy_hours, full))


def _reads(plan: Plan, writers: float) -> float:
    """Read units of one scope: its standing, the counters of the newest hours of its window, which are not added up
    yet, in pages of 100, and its weeks, if the window goes further back.
    """
    days = _window_days(plan)
    items = ceil(min(days, RECENT_DAYS) * plan.busy_hours * writers / 100) * 100
    kept = RECENT_DAYS * plan.busy_hours * writers
    weeks = max(0.0, days - RECENT_DAYS) / 7
    return 1 + ceil(min(items, kept) * COUNTER / READ_BYTES) + ceil(weeks * WEEK / READ_BYTES)


def monthly(asked: Demand) -> Mapping[Item, float]:
    """How much is used of each thing that is paid for in a month."""
    plan = asked.plan
    busy, days = plan.busy_seconds * MONTH_DAYS, MONTH_DAYS
    busy_runs = plan.runs * plan.busy_hours / 24 * days
    runs = plan.runs * days
    queues: Sequence[Batches] = tuple(asked.queues.values())
    events = asked.events_a_second * busy
    batches = asked.batches_a_second * busy
    written = (
        sum(queue.a_second * queue.write_units for queue in queues) * busy + asked.due * STANDING_WRITES * busy_runs
    )
    if plan.source is VolumeSource.STATISTICS:
        # watch_ses writes how much mail SES reports, of each that it reports of.
        written += (1 + plan.sets) * busy_runs
    # The list of all scopes after each run: an entry has 260 bytes or so, read as they were a moment ago.
    listed = max(1.0, (1 + plan.scopes + plan.providers) * 260 / READ_BYTES) / 2
    read = asked.due * asked.reads_a_scope * busy_runs + listed * runs
    seconds = (
        sum(queue.a_second * queue.seconds for queue in queues) * busy
        + asked.evaluation_seconds * busy_runs
        + 0.3 * (runs - busy_runs)
        + WATCH_SECONDS * runs
    )
    received = sum(queue.events_a_second / min(RECEIVED, queue.size) for queue in queues) * busy
    idle = QUEUES * POLLERS * DAY / LONG_POLL * days
    stored = _stored_gb(asked)
    return {
        Item.WRITE_UNITS: written,
        Item.READ_UNITS: read,
        Item.STORED_GB: stored,
        Item.RECOVERABLE_GB: stored,
        Item.INVOCATIONS: batches + 2 * runs,
        Item.GB_SECONDS: seconds * MEMORY_GB,
        Item.PUBLISHED: events,
        # What SNS puts there, what Lambda takes, and what it deletes; and asking empty queues.
        Item.QUEUE_REQUESTS: events + 2 * received + idle,
        Item.LOG_GB: (batches + 2 * runs) * LOGGED / 1e9,
        Item.METRICS: STEADY_METRICS,
        # The two rates of the account and each configuration set, and how much they sent.
        Item.METRICS_READ: runs * (2 + plan.sets * (3 if plan.source is VolumeSource.STATISTICS else 2)),
        Item.ALARMS: ALARM_METRICS,
        Item.DASHBOARDS: 1,
        Item.SCHEDULED: 2 * runs,
    }


def _stored_gb(asked: Demand) -> float:
    """What is kept once it goes as fast as it comes: receipts for their days, counters for as long as mail counts."""
    plan = asked.plan
    daily = {name: queue.events_a_second * plan.busy_seconds for name, queue in asked.queues.items()}
    feedback = daily["bounces"] + daily["complaints"]
    receipts = daily["volume"] * (VOLUME_RECEIPT + ITEM_OVERHEAD) + feedback * (
        FEEDBACK_RECEIPT + LISTED + ITEM_OVERHEAD
    )
    in_an_hour = distinct(plan.streams, asked.events_a_second * HOUR) * plan.each + 1
    counters = in_an_hour * plan.busy_hours * _writers(asked.at_once) * (COUNTER + ITEM_OVERHEAD)
    return (receipts * plan.receipt_days + counters * plan.oldest_mail_days) / 1e9
