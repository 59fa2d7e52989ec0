"""What an account at SES has, and can be paused: configuration sets and tenants."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from ses_reputation_local.ses_operations import Operation


class SendingStatus(StrEnum):
    """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_StatusRecord.html"""

    ENABLED = "ENABLED"
    REINSTATED = "REINSTATED"
    DISABLED = "DISABLED"


class Call(NamedTuple):
    """A request that changed something, with its parameters as boto3 was given them."""

    operation: Operation
    parameters: Mapping[str, Any]
    time: datetime


@dataclass
class ConfigurationSet:
    """A configuration set as SES makes it: it sends, and publishes no rates of its own."""

    name: str
    sending_enabled: bool = True
    reputation_metrics_enabled: bool = False
    last_fresh_start: datetime | None = None

    def allow_sending(self, now: datetime, *, enabled: bool) -> None:
        """Pause or resume the set. When a pause ends, SES begins to count the rates of the set anew.

        https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ReputationOptions.html
        """
        if enabled and not self.sending_enabled:
            self.last_fresh_start = now
        self.sending_enabled = enabled


class ConfigurationSets(dict[str, ConfigurationSet]):
    """Configuration sets by name."""

    def add(self, name: str) -> ConfigurationSet:
        """The set of this name, which is a new one if there was none."""
        return self.setdefault(name, ConfigurationSet(name))


@dataclass(frozen=True)
class StatusRecord:
    """Whether one of the two sides, the customer or SES, lets a tenant send."""

    status: SendingStatus
    at: datetime
    cause: str | None = None


@dataclass
class Tenant:
    """A tenant, and its reputation. `impact` is that of its worst open finding, LOW or HIGH."""

    name: str
    id: str
    arn: str
    created: datetime
    policy: str
    customer: StatusRecord
    ses: StatusRecord
    impact: str | None = None

    @property
    def status(self) -> SendingStatus:
        """Whether it may send, which takes both sides.

        https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ReputationEntity.html
        """
        if SendingStatus.DISABLED in (self.customer.status, self.ses.status):
            return SendingStatus.DISABLED
        return self.customer.status
