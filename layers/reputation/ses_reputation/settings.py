"""Every environment variable that the functions read, once. template.yaml sets them and checks their values."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Self, TypeVar

from msgspec import Struct

from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.scopes import ScopeKind

T = TypeVar("T")


class SettingsError(ValueError):
    """An environment variable is missing or makes no sense; the text names it."""


class RecordSettings(Struct, frozen=True):
    """What record_feedback is told."""

    receipts_table: str
    counters_table: str
    standings_table: str
    dead_letter_queue_url: str
    receipt_retention: timedelta
    counter_retention: timedelta

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        return cls(
            receipts_table=_read(environment, "RECEIPTS_TABLE", str),
            counters_table=_read(environment, "COUNTERS_TABLE", str),
            standings_table=_read(environment, "STANDINGS_TABLE", str),
            dead_letter_queue_url=_read(environment, "DEAD_LETTER_QUEUE_URL", str),
            receipt_retention=_read(environment, "RECEIPT_RETENTION_DAYS", _days),
            # A month longer than any rate reaches back, so that a count never vanishes from one that is shown.
            counter_retention=_read(environment, "OLDEST_MAIL_DAYS", _days) + timedelta(days=31),
        )


class EvaluateSettings(Struct, frozen=True):
    """What evaluate_reputation is told."""

    counters_table: str
    standings_table: str
    status_topic_arn: str
    policy: Policy

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        return cls(
            counters_table=_read(environment, "COUNTERS_TABLE", str),
            standings_table=_read(environment, "STANDINGS_TABLE", str),
            status_topic_arn=_read(environment, "STATUS_TOPIC_ARN", str),
            policy=Policy(
                volume_source=_read(environment, "VOLUME_SOURCE", VolumeSource),
                representative_volume=_read(environment, "REPRESENTATIVE_VOLUME", int),
                minimum_volume=_read(environment, "MINIMUM_VOLUME", int),
                oldest_mail=_read(environment, "OLDEST_MAIL_DAYS", _days),
                probation=_read(environment, "PROBATION_DAYS", _days),
                steady=_read(environment, "STEADY_HOURS", _hours),
                healing=_read(environment, "HEALING_DAYS", _days),
                human_review=_read(environment, "HUMAN_REVIEW_SCOPES", _scope_kinds, default=""),
            ),
        )


def _read(environment: Mapping[str, str], name: str, parse: Callable[[str], T], default: str | None = None) -> T:
    text = environment.get(name, default)
    if text is None:
        raise SettingsError(f"the environment variable {name} is missing")
    try:
        return parse(text)
    except ValueError as error:
        raise SettingsError(f"the environment variable {name} is {text!r}: {error}") from error


def _days(text: str) -> timedelta:
    return timedelta(days=int(text))


def _hours(text: str) -> timedelta:
    return timedelta(hours=int(text))


def _scope_kinds(text: str) -> frozenset[ScopeKind]:
    return frozenset(ScopeKind(kind.strip()) for kind in text.split(",") if kind.strip())
