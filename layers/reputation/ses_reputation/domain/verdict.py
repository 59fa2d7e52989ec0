"""SES's own verdict: what it says of the account and its configuration sets itself."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from hashlib import blake2b
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import Scope


class Enforcement(StrEnum):
    """What SES's GetAccount says of an account. It does not tell Almost healed and the pending states apart.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
    """

    HEALTHY = "HEALTHY"
    PROBATION = "PROBATION"
    SHUTDOWN = "SHUTDOWN"


class SesRate(Struct, frozen=True):
    """A rate as SES publishes it in CloudWatch: a decimal fraction, and the full hour in which it was published."""

    rate: str
    time: datetime


class Verdict(Struct, frozen=True):
    """What SES said of a scope at one moment. Only the account has an enforcement status and a quota.

    A rate is None where SES has published none in the last days: it does for the account after the first event, and for
    a configuration set once its reputation metrics are on.
    """

    scope: Scope
    time: datetime
    bounce_rate: SesRate | None = None
    complaint_rate: SesRate | None = None
    enforcement: str | None = None
    sending_enabled: bool | None = None
    daily_quota: int | None = None
    sent_last_day: int | None = None

    def completed(self, enforcement: str | None, *, sending_enabled: bool | None) -> Self:
        """The same verdict, with this status and this answer to whether the account may send where SES gave none."""
        return replace(
            self,
            enforcement=enforcement if self.enforcement is None else self.enforcement,
            sending_enabled=sending_enabled if self.sending_enabled is None else self.sending_enabled,
        )


class Comparison(Struct, frozen=True):
    """One rate of a scope, as SES published it and as it was counted here; None where there is none."""

    metric: Metric
    ses: SesRate | None
    ours: Fraction | None

    @property
    def difference(self) -> Fraction | None:
        """How many percentage points ours is above SES's; None unless there are both."""
        if self.ses is None or self.ours is None:
            return None
        return (self.ours - Fraction(self.ses.rate)) * 100


def compare(verdict: Verdict, ours: Mapping[Metric, Fraction | None]) -> list[Comparison]:
    """Each metric as SES has it, beside our rates of the same scope."""
    theirs = {Metric.BOUNCE_RATE: verdict.bounce_rate, Metric.COMPLAINT_RATE: verdict.complaint_rate}
    return [Comparison(metric, theirs[metric], ours.get(metric)) for metric in Metric]


class VerdictChange(Struct, frozen=True, tag="verdict_change"):
    """SES has changed its mind about the account: its enforcement status, or whether it may send."""

    id: str
    time: datetime
    scope: Scope
    before: Verdict
    after: Verdict


def verdict_change(before: Verdict | None, after: Verdict) -> VerdictChange | None:
    """What people are to be told, if anything.

    What SES says first is no news, unless it is bad; nor is it if SES does not say any longer what it said before.
    """
    known = (before or Verdict(after.scope, after.time)).completed(Enforcement.HEALTHY, sending_enabled=True)
    told = after.completed(known.enforcement, sending_enabled=known.sending_enabled)
    if (known.enforcement, known.sending_enabled) == (told.enforcement, told.sending_enabled):
        return None
    identifier = blake2b(f"verdict\0{after.scope}\0{after.time.isoformat()}".encode(), digest_size=10).hexdigest()
    return VerdictChange(identifier, after.time, after.scope, known, after)
