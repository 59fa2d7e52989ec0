"""What an account at SES has: configuration sets, tenants, suppression lists, and the notifications of identities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from ses_reputation_local.ses_mail import Message
from ses_reputation_local.ses_operations import Operation


class SendingStatus(StrEnum):
    """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_StatusRecord.html"""

    ENABLED = "ENABLED"
    REINSTATED = "REINSTATED"
    DISABLED = "DISABLED"


class Sent(NamedTuple):
    """A message that SES took, and the id that it gave to it."""

    id: str
    message: Message


class Call(NamedTuple):
    """A request that changed something, with its parameters as boto3 was given them."""

    operation: Operation
    parameters: Mapping[str, Any]
    time: datetime


@dataclass(frozen=True)
class Suppressed:
    """An entry of a suppression list. Only one that SES made itself comes from a message and its feedback.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SuppressedDestinationAttributes.html
    """

    address: str
    reason: str
    at: datetime
    message_id: str | None = None
    feedback_id: str | None = None


class SuppressionList(dict[str, Suppressed]):
    """Entries by address, as it was written but for the case of its domain."""

    def put(
        self, address: str, reason: str, at: datetime, *, message_id: str | None = None, feedback_id: str | None = None
    ) -> None:
        """Add an address, or write its entry anew. With a message's id, it is SES itself that does so."""
        written = _with_lower_domain(address)
        self[written] = Suppressed(written, reason, at, message_id, feedback_id)

    def entry(self, address: str) -> Suppressed | None:
        """The entry of an address that is written in the same way."""
        return self.get(_with_lower_domain(address))

    def reason_to_stop(self, address: str) -> str | None:
        """The reason that mail to an address is stopped for, in whichever case it is written; None if it is not."""
        return next((entry.reason for written, entry in self.items() if written.lower() == address.lower()), None)


def _with_lower_domain(address: str) -> str:
    local, _, domain = address.strip().rpartition("@")
    return f"{local}@{domain.lower()}"


@dataclass
class ConfigurationSet:
    """A configuration set as SES makes it: it sends, and publishes no rates of its own.

    `suppression` is what it has instead of the account's preferences; `destinations` are those of its events, by name.
    """

    name: str
    sending_enabled: bool = True
    reputation_metrics_enabled: bool = False
    last_fresh_start: datetime | None = None
    suppression: Mapping[str, Any] = field(default_factory=dict)
    destinations: dict[str, dict[str, Any]] = field(default_factory=dict)

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


@dataclass
class Notifications:
    """Where an identity's feedback goes: to SNS topics by type, and by e-mail. `headers` are the types with headers."""

    topics: dict[str, str] = field(default_factory=dict)
    headers: set[str] = field(default_factory=set)
    forwarding: bool = True


@dataclass(frozen=True)
class StatusRecord:
    """Whether one of the two sides, the customer or SES, lets a tenant send."""

    status: SendingStatus
    at: datetime
    cause: str | None = None


@dataclass
class Tenant:
    """A tenant, and its reputation. `impact` is that of its worst open finding, LOW or HIGH. `suppression` are its
    preferences; its own list is heeded only if they say so.
    """

    name: str
    id: str
    arn: str
    created: datetime
    policy: str
    customer: StatusRecord
    ses: StatusRecord
    impact: str | None = None
    suppression: Mapping[str, Any] = field(default_factory=dict)
    suppressed: SuppressionList = field(default_factory=SuppressionList)

    @property
    def status(self) -> SendingStatus:
        """Whether it may send, which takes both sides.

        https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ReputationEntity.html
        """
        if SendingStatus.DISABLED in (self.customer.status, self.ses.status):
            return SendingStatus.DISABLED
        return self.customer.status
