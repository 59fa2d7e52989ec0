"""What SES knows about the simulated account: what it has, how it stands, and the mail that SES has counted."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from ses_reputation.domain.events import Bounce, Complaint, Event, Send, Uncounted
from ses_reputation_local.ses_faults import Faults
from ses_reputation_local.ses_mail import SIMULATOR_DOMAIN, BounceType
from ses_reputation_local.ses_metrics import CloudWatchMetric, Metric, Series, VdmMetric, seconds
from ses_reputation_local.ses_resources import (
    Call,
    ConfigurationSets,
    Notifications,
    SendingStatus,
    Sent,
    StatusRecord,
    SuppressionList,
    Tenant,
)

CONFIGURATION_SET_DIMENSION: Final = "ses:configuration-set"

_END_OF_TIME: Final = 1 << 40


class SesAccount:
    """An account at SES in one Region.

    `configuration_sets` are those that mail was seen of, and those that somebody adds. `calls` are the requests that
    changed something: none means that nobody touched the account. `sent` is the mail that SES took. What goes wrong
    with requests is in `faults`.
    """

    def __init__(self, account: str = "123456789012", region: str = "eu-west-1") -> None:
        self.id = account
        self.region = region
        # The simulated time. There is none before the first tick: till then nothing is too old.
        self.now: datetime | None = None
        self.enforcement_status = "HEALTHY"
        self.sending_enabled = True
        self.production_access = True
        self.vdm_enabled = False
        # SES's 15-minute intervals need not begin at the clock's quarter hours: those in AWS's own example begin at
        # 19:32 and 00:47. https://docs.aws.amazon.com/cli/latest/reference/ses/get-send-statistics.html
        self.interval_offset = timedelta(0)
        self.configuration_sets = ConfigurationSets()
        self.tenants: dict[str, Tenant] = {}
        self.suppressed = SuppressionList()
        self.suppression: dict[str, Any] = {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}
        self.identities: dict[str, str] = {}
        self.notifications: dict[str, Notifications] = {}
        self.metrics: dict[Metric, Series] = {}
        self.vdm: dict[str, Series] = {metric: Series() for metric in VdmMetric}
        self.calls: list[Call] = []
        self.sent: list[Sent] = []
        self.faults = Faults()

    @property
    def time(self) -> datetime:
        """The simulated time, or the real one while there is none."""
        return self.now or datetime.now(UTC)

    def verify(self, identity: str, status: str = "SUCCESS") -> None:
        """Add a domain or an address, or change its VerificationStatus."""
        self.identities[identity] = status

    def forget(self, identity: str) -> None:
        """Remove a domain or an address."""
        del self.identities[identity]
        self.notifications.pop(identity, None)

    def notifications_of(self, identity: str) -> Notifications:
        """Where the feedback of a domain or an address goes."""
        return self.notifications.setdefault(identity, Notifications())

    def observe(self, event: Event) -> None:
        """Count what an event says, at the event's time. Mail to the mailbox simulator is left out: AWS does not say
        how these statistics take it, but it is in no rate.

        https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
        """
        if isinstance(event, Uncounted):
            return
        recipients = sum(r.address.rpartition("@")[2] != SIMULATOR_DOMAIN for r in event.recipients)
        configuration_set = event.mail.configuration_set
        match event:
            case Send():
                self.count(event.time, configuration_set=configuration_set, sent=recipients)
            case Bounce(type=BounceType.PERMANENT):
                self.count(event.time, configuration_set=configuration_set, bounced=recipients)
            # The recipients are suspects, of whom one complained. With a subtype, the mail was never sent.
            case Complaint(subtype=None) if recipients:
                self.count(event.time, configuration_set=configuration_set, complained=1)

    def count(
        self,
        time: datetime,
        *,
        configuration_set: str | None = None,
        sent: int = 0,
        bounced: int = 0,
        complained: int = 0,
    ) -> None:
        """Add to what the account, and one of its configuration sets if that is given, sent and got back at a time."""
        numbers = {
            CloudWatchMetric.SEND: sent,
            CloudWatchMetric.BOUNCE: bounced,
            CloudWatchMetric.COMPLAINT: complained,
        }
        for metric, number in numbers.items():
            if number:
                self._publish(time, metric, number)
                if configuration_set:
                    self._publish(time, metric, number, configuration_set)

    def publish_rates(
        self, time: datetime, *, bounce_rate: float, complaint_rate: float, configuration_set: str | None = None
    ) -> None:
        """Publish SES's own rates, which are fractions, of the account or of one configuration set."""
        self._publish(time, CloudWatchMetric.BOUNCE_RATE, bounce_rate, configuration_set)
        self._publish(time, CloudWatchMetric.COMPLAINT_RATE, complaint_rate, configuration_set)

    def publish_vdm(self, day: date, *, delivered: int, with_feedback_loop: int) -> None:
        """Add to what the Virtual Deliverability Manager says of a day: the messages delivered, and those of them that
        went to providers with a feedback loop.
        """
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        self.vdm[VdmMetric.DELIVERY].add(midnight, delivered)
        self.vdm[VdmMetric.DELIVERY_COMPLAINT].add(midnight, with_feedback_loop)

    def add_tenant(self, name: str) -> Tenant:
        """Add a tenant that may send, under SES's standard policy. Raises ValueError if there is one of this name."""
        if name in self.tenants:
            raise ValueError(f"there is a tenant {name} already")
        tenant_id = f"tn-{hashlib.blake2b(f'{self.region}/{name}'.encode(), digest_size=15).hexdigest()}"
        sends = StatusRecord(SendingStatus.ENABLED, self.time)
        self.tenants[name] = Tenant(
            name=name,
            id=tenant_id,
            arn=f"arn:aws:ses:{self.region}:{self.id}:tenant/{name}/{tenant_id}",
            created=self.time,
            policy=f"arn:aws:ses:{self.region}:aws:reputation-policy/standard",
            customer=sends,
            ses=sends,
        )
        return self.tenants[name]

    def enforce_tenant(self, name: str, cause: str = "Sending was paused by Amazon SES.") -> None:
        """Pause a tenant as SES itself does, which its customer can not undo. Raises KeyError if there is none."""
        self.tenants[name].ses = StatusRecord(SendingStatus.DISABLED, self.time, cause)

    def release_tenant(self, name: str, cause: str = "Sending was resumed by Amazon SES.") -> None:
        """End SES's own pause of a tenant. Raises KeyError if there is none."""
        self.tenants[name].ses = StatusRecord(SendingStatus.ENABLED, self.time, cause)

    def fail(self, operation: str, code: str, *, times: int | None = None, final: bool = False) -> None:
        """Let requests for an operation such as "GetAccount" end in this error: see Faults.fail."""
        self.faults.fail(operation, code, times=times, final=final)

    def time_out(self, operation: str, *, carried_out: bool, times: int | None = None, final: bool = False) -> None:
        """Let requests for an operation get no answer: see Faults.time_out."""
        self.faults.time_out(operation, carried_out=carried_out, times=times, final=final)

    @property
    def pace(self) -> bool:
        """Whether SES takes one request a second of each operation: see Faults.pace."""
        return self.faults.pace

    @pace.setter
    def pace(self, pace: bool) -> None:
        self.faults.pace = pace

    def series(self, metric: Metric) -> Series:
        """The values of a metric, none if it was never published."""
        return self.metrics.get(metric, Series())

    def last(self, age: timedelta) -> tuple[int, int]:
        """When the last hours or days began and end, in seconds since 1970: all of time before any tick."""
        return (seconds(self.now - age), seconds(self.now)) if self.now else (0, _END_OF_TIME)

    def _publish(self, time: datetime, name: str, value: float, configuration_set: str | None = None) -> None:
        metric = Metric(name)
        if configuration_set:
            self.configuration_sets.add(configuration_set)
            metric = Metric(name, ((CONFIGURATION_SET_DIMENSION, configuration_set),))
        self.metrics.setdefault(metric, Series()).add(time, value)
