"""The metrics of CloudWatch that tell how the system itself runs, and how the functions write them."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from msgspec import Struct

from ses_reputation.domain.rates import Metric

if TYPE_CHECKING:  # a cold start of record_feedback must not wait for them
    from ses_reputation.domain.survey import Survey
    from ses_reputation.evaluate import Evaluated

NAMESPACE = "SESReputation"
"""What the template gives every function as POWERTOOLS_METRICS_NAMESPACE, with a slash and the stack's name behind."""


class Meter(StrEnum):
    """What is measured, by the name that it has in CloudWatch."""

    EVENTS_COUNTED = "EventsCounted"
    EVENTS_DUPLICATE = "EventsDuplicate"
    EVENTS_UNREADABLE = "EventsUnreadable"
    UNKNOWN_BOUNCE_SUBTYPE = "UnknownBounceSubtype"
    SCOPES_NOT_APART = "ScopesNotApart"
    COMPLETE_EVALUATIONS = "CompleteEvaluations"
    STATUS_CHANGES = "StatusChanges"
    ALERTS_SENT = "AlertsSent"
    ALERTS_NOT_SENT = "AlertsNotSent"
    BOUNCE_RATE = "BounceRate"
    COMPLAINT_RATE = "ComplaintRate"
    BOUNCE_RATE_OF_LIMIT = "BounceRateOfLimit"
    COMPLAINT_RATE_OF_LIMIT = "ComplaintRateOfLimit"
    SCOPES = "Scopes"
    EVALUATION_AGE = "EvaluationAge"
    UNUSABLE_BLOCKLISTS = "UnusableBlocklists"
    SUPPRESSED = "Suppressed"
    UNSUPPRESSED = "Unsuppressed"
    SKIPPED_BY_SES = "SkippedBySes"


class Definition(Struct, frozen=True):
    """What a metric says, and who writes it: `service` is the function.

    `by` is the one dimension that it has besides `service`. Every value of a dimension is a metric that costs, so none
    holds the name of a scope.
    """

    service: str
    unit: MetricUnit
    says: str
    by: str | None = None


_RECORD, _EVALUATE, _SUPPRESS = "record_feedback", "evaluate_reputation", "suppress_recipients"

METERS: Mapping[Meter, Definition] = MappingProxyType(
    {
        Meter.EVENTS_COUNTED: Definition(_RECORD, MetricUnit.Count, "Events that were counted for the first time."),
        Meter.EVENTS_DUPLICATE: Definition(
            _RECORD, MetricUnit.Count, "Events that had been counted before, and changed nothing."
        ),
        Meter.EVENTS_UNREADABLE: Definition(
            _RECORD, MetricUnit.Count, "Messages that could not be read, and went to the dead-letter queue."
        ),
        Meter.UNKNOWN_BOUNCE_SUBTYPE: Definition(
            _RECORD, MetricUnit.Count, "Hard bounces of a subtype that nobody knows yet. They count."
        ),
        Meter.SCOPES_NOT_APART: Definition(
            _RECORD,
            MetricUnit.Count,
            "Scopes of a batch that were counted as (other), since a month had more than MaximumScopes of their kind.",
        ),
        Meter.COMPLETE_EVALUATIONS: Definition(
            _EVALUATE,
            MetricUnit.Count,
            "1 when a scheduled run judged, or handed on, all that was due and sent all alerts, 0 when a part of it "
            "failed, or when what an earlier run had handed on was still not judged.",
        ),
        Meter.STATUS_CHANGES: Definition(_EVALUATE, MetricUnit.Count, "Changes of a status that a run decided."),
        Meter.ALERTS_SENT: Definition(_EVALUATE, MetricUnit.Count, "Alerts that a run sent to the status topic."),
        Meter.ALERTS_NOT_SENT: Definition(
            _EVALUATE,
            MetricUnit.Count,
            "Alerts that a run could not send, one for each channel. They wait in the outbox for the next run.",
        ),
        Meter.BOUNCE_RATE: Definition(
            _EVALUATE, MetricUnit.Percent, "The account's bounce rate. Nothing while there is too little mail to judge."
        ),
        Meter.COMPLAINT_RATE: Definition(
            _EVALUATE,
            MetricUnit.Percent,
            "The account's complaint rate. Nothing while there is too little mail to judge.",
        ),
        Meter.BOUNCE_RATE_OF_LIMIT: Definition(
            _EVALUATE,
            MetricUnit.Percent,
            "The bounce rate of the worst scope of a kind, in percent of its limit: 100 is the limit.",
            by="kind",
        ),
        Meter.COMPLAINT_RATE_OF_LIMIT: Definition(
            _EVALUATE,
            MetricUnit.Percent,
            "The complaint rate of the worst scope of a kind, in percent of its limit: 100 is the limit.",
            by="kind",
        ),
        Meter.SCOPES: Definition(
            _EVALUATE, MetricUnit.Count, "Scopes with a status. Nothing for a status that no scope has.", by="status"
        ),
        Meter.EVALUATION_AGE: Definition(
            "watch_ses", MetricUnit.Seconds, "For how long no evaluation has ended well: it rises when they stop."
        ),
        Meter.UNUSABLE_BLOCKLISTS: Definition(
            "look_up_blocklists", MetricUnit.Count, "Blocklists that did not answer, or refused to."
        ),
        Meter.SUPPRESSED: Definition(
            _SUPPRESS, MetricUnit.Count, "Recipients that were put on the account's suppression list."
        ),
        Meter.UNSUPPRESSED: Definition(
            _SUPPRESS,
            MetricUnit.Count,
            "Recipients that were taken off the list again, as it was a mistake.",
        ),
        Meter.SKIPPED_BY_SES: Definition(
            _SUPPRESS, MetricUnit.Count, "Recipients that SES had put on the list, or would, by its own setting."
        ),
    }
)
"""Every metric that a function writes. CloudWatch's own metrics of functions, queues and tables tell the rest."""


class Reading(Struct, frozen=True):
    """One value of a metric; `of` is the value of the dimension that its definition has besides `service`."""

    meter: Meter
    value: float
    of: str | None = None


def of_evaluation(evaluated: "Evaluated", *, complete: bool) -> list[Reading]:
    """What a scheduled run did; `complete` is whether nothing of it failed."""
    return [
        Reading(Meter.COMPLETE_EVALUATIONS, int(complete and evaluated.in_time)),
        *of_chunk(evaluated),
        Reading(Meter.ALERTS_NOT_SENT, evaluated.unsent),
    ]


def of_chunk(evaluated: "Evaluated") -> list[Reading]:
    """What a run did with what had been handed on to it.

    What it could not send the next scheduled run tells, which tries all that waits: a 0 from here would hide that.
    """
    return [Reading(Meter.STATUS_CHANGES, evaluated.changes), Reading(Meter.ALERTS_SENT, evaluated.alerts)]


_RATES = {Metric.BOUNCE_RATE: Meter.BOUNCE_RATE, Metric.COMPLAINT_RATE: Meter.COMPLAINT_RATE}
_SHARES = {Metric.BOUNCE_RATE: Meter.BOUNCE_RATE_OF_LIMIT, Metric.COMPLAINT_RATE: Meter.COMPLAINT_RATE_OF_LIMIT}


def of_survey(survey: "Survey") -> list[Reading]:
    """How all scopes stand."""
    return [
        *(Reading(_RATES[metric], float(100 * rate)) for metric, rate in survey.rates.items()),
        *(Reading(_SHARES[metric], 100 * share, kind) for (metric, kind), share in survey.shares.items()),
        *(Reading(Meter.SCOPES, scopes, status) for status, scopes in survey.statuses.items()),
    ]


def write(readings: Iterable[Reading]) -> None:
    """Write readings to the log, out of which CloudWatch makes metrics (the embedded metric format).

    What has the same dimensions goes into one line. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
    """
    for (service, by, of), group in groupby(sorted(readings, key=_dimensions), key=_dimensions):
        document = EphemeralMetrics(service=service)
        if by:
            document.add_dimension(by, of)
        for reading in group:
            document.add_metric(reading.meter, METERS[reading.meter].unit, reading.value)
        document.flush_metrics()


def _dimensions(reading: Reading) -> tuple[str, str, str]:
    definition = METERS[reading.meter]
    if (definition.by is None) != (reading.of is None):
        raise ValueError(f"{reading.meter} has the dimension {definition.by}, and was given {reading.of!r} for it")
    return definition.service, definition.by or "", reading.of or ""
