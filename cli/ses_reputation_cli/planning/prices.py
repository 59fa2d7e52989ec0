"""What AWS charges: us-east-1, without the free tiers, as known in NOVEMBER 2026. docs/scale.md shows this table."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import inf
from types import MappingProxyType
from typing import Final

from msgspec import Struct

REGION = "us-east-1"
SEEN = "November 2026"

_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
_EVENTBRIDGE = "https://aws.amazon.com/eventbridge/pricing/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"
_SNS = "https://aws.amazon.com/sns/pricing/"
_SQS = "https://aws.amazon.com/sqs/pricing/"


class Service(StrEnum):
    """Who sends the bill."""

    DYNAMODB = "DynamoDB"
    LAMBDA = "Lambda"
    SNS = "SNS"
    SQS = "SQS"
    CLOUDWATCH = "CloudWatch"
    EVENTBRIDGE = "EventBridge"


class Tier(Struct, frozen=True):
    """A price in dollars for so many of the things, `per` of which are priced together."""

    dollars: float
    up_to: float = inf


class Price(Struct, frozen=True):
    """What a service charges for one sort of thing, in a month."""

    service: Service
    what: str
    per: float
    unit: str
    tiers: Sequence[Tier]
    source: str

    def of(self, quantity: float) -> float:
        """Dollars for so many in a month."""
        dollars, start = 0.0, 0.0
        for tier in self.tiers:
            dollars += max(0.0, min(quantity, tier.up_to) - start) / self.per * tier.dollars
            start = tier.up_to
        return dollars


class Item(StrEnum):
    """What is paid for, by the names that documents for programs have."""

    WRITE_UNITS = "write_units"
    READ_UNITS = "read_units"
    STORED_GB = "stored_gb"
    RECOVERABLE_GB = "recoverable_gb"
    INVOCATIONS = "invocations"
    GB_SECONDS = "gb_seconds"
    PUBLISHED = "published"
    QUEUE_REQUESTS = "queue_requests"
    LOG_GB = "log_gb"
    METRICS = "metrics"
    METRICS_READ = "metrics_read"
    ALARMS = "alarms"
    DASHBOARDS = "dashboards"
    SCHEDULED = "scheduled"


def _flat(dollars: float) -> Sequence[Tier]:
    return (Tier(dollars),)


MILLION = 1e6

# Lambda: arm64, as in template.yaml.
PRICES: Final[Mapping[Item, Price]] = MappingProxyType(
    {
        Item.WRITE_UNITS: Price(Service.DYNAMODB, "write units", MILLION, "million", _flat(0.625), _DYNAMODB),
        Item.READ_UNITS: Price(Service.DYNAMODB, "read units", MILLION, "million", _flat(0.125), _DYNAMODB),
        Item.STORED_GB: Price(Service.DYNAMODB, "GB of storage", 1, "GB", _flat(0.25), _DYNAMODB),
        Item.RECOVERABLE_GB: Price(Service.DYNAMODB, "GB of point-in-time recovery", 1, "GB", _flat(0.20), _DYNAMODB),
        Item.INVOCATIONS: Price(Service.LAMBDA, "invocations", MILLION, "million", _flat(0.20), _LAMBDA),
        Item.GB_SECONDS: Price(
            Service.LAMBDA,
            "GB-seconds",
            1,
            "GB-second",
            (Tier(0.0000133334, 7.5e9), Tier(0.0000120001, 18.75e9), Tier(0.0000106667)),
            _LAMBDA,
        ),
        Item.PUBLISHED: Price(Service.SNS, "messages of 64 KB", MILLION, "million", _flat(0.50), _SNS),
        Item.QUEUE_REQUESTS: Price(
            Service.SQS,
            "requests",
            MILLION,
            "million",
            (Tier(0.40, 100e9), Tier(0.30, 200e9), Tier(0.24)),
            _SQS,
        ),
        Item.LOG_GB: Price(Service.CLOUDWATCH, "GB of logs taken in", 1, "GB", _flat(0.50), _CLOUDWATCH),
        Item.METRICS: Price(Service.CLOUDWATCH, "metrics", 1, "metric", _flat(0.30), _CLOUDWATCH),
        Item.METRICS_READ: Price(Service.CLOUDWATCH, "metrics of SES read", 1000, "thousand", _flat(0.01), _CLOUDWATCH),
        Item.ALARMS: Price(Service.CLOUDWATCH, "metrics of alarms", 1, "metric", _flat(0.10), _CLOUDWATCH),
        Item.DASHBOARDS: Price(Service.CLOUDWATCH, "dashboard", 1, "dashboard", _flat(3.00), _CLOUDWATCH),
        Item.SCHEDULED: Price(Service.EVENTBRIDGE, "scheduled runs", MILLION, "million", _flat(1.00), _EVENTBRIDGE),
    }
)
