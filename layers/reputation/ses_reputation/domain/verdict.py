"""SES's own verdict: what it says of the account, its configuration sets and its tenants itself."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.categories import Severity
from ses_reputation.domain.changes import news_id
from ses_reputation.domain.decisions import Report, Withdraw
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.statements import (
    ENABLED,
    SUSPICIONS,
    SendingStatus,
    SesFinding,
    Statement,
    Superseded,
    findings_after,
    sending_after,
)


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
    """What SES last said of a scope. Only the account has an enforcement status and a quota.

    A rate is None where SES has published none in the last days: it does for the account after the first event, and for
    a configuration set once its reputation metrics are on. `time` is when SES was asked. It is not asked about tenants:
    there, `time` is when it first told something by itself. That is in `findings`, those that are resolved among them,
    and in `sending`, each with its own time.
    """

    scope: Scope
    time: datetime
    bounce_rate: SesRate | None = None
    complaint_rate: SesRate | None = None
    enforcement: str | None = None
    sending_enabled: bool | None = None
    daily_quota: int | None = None
    sent_last_day: int | None = None
    findings: tuple[SesFinding, ...] = ()
    sending: tuple[SendingStatus, ...] = ()

    @property
    def open_findings(self) -> tuple[SesFinding, ...]:
        """The problems that SES found and has not resolved, the newest last."""
        return tuple(finding for finding in self.findings if finding.open)

    @property
    def stopped(self) -> tuple[SendingStatus, ...]:
        """Who has switched sending off, the newest last."""
        return tuple(status for status in self.sending if not status.on)

    @property
    def sends(self) -> bool | None:
        """Whether mail flows; None if SES said nothing of it."""
        if self.stopped or self.sending_enabled is False:
            return False
        return True if self.sending else self.sending_enabled

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
    """SES has changed its mind: about the account's enforcement status or whether it may send, or by a statement.

    `said` is the statement, None if SES was asked.
    """

    id: str
    time: datetime
    scope: Scope
    before: Verdict
    after: Verdict
    said: Statement | None = None


def verdict_change(before: Verdict | None, after: Verdict) -> VerdictChange | None:
    """What people are to be told of an answer of SES, if anything.

    What SES says first is no news, unless it is bad; nor is it if SES does not say any longer what it said before.
    """
    known = (before or Verdict(after.scope, after.time)).completed(Enforcement.HEALTHY, sending_enabled=True)
    told = after.completed(known.enforcement, sending_enabled=known.sending_enabled)
    if (known.enforcement, known.sending_enabled) == (told.enforcement, told.sending_enabled):
        return None
    identifier = news_id("verdict", after.scope, f"{told.enforcement}/{told.sending_enabled}", after.time)
    return VerdictChange(identifier, after.time, after.scope, known, after)


class Heard(Struct, frozen=True):
    """What a statement of SES leads to: the verdict with it, and what people are to be told, if anything.

    `outdated` is whether something newer was known of the same matter; then the verdict is what it was.
    """

    verdict: Verdict
    change: VerdictChange | None = None
    outdated: bool = False


def hear(known: Verdict, said: Statement, now: datetime) -> Heard:
    """Take a statement into a verdict, once, whatever came before it.

    That a problem is resolved which nobody heard of, or that sending is on as it was, is no news.
    """
    told: Statement | None
    try:
        match said:
            case SesFinding():
                after = replace(known, findings=findings_after(known.findings, said))
                told = _finding_told(known, after, said)
            case SendingStatus():
                after = replace(known, sending=sending_after(known.sending, said))
                told = _sending_told(known, said)
    except Superseded:
        return Heard(known, outdated=True)
    if told is None or after == known:
        return Heard(after)
    identifier = news_id("verdict", known.scope, _matter(told), said.time)
    return Heard(after, VerdictChange(identifier, now, known.scope, known, after, told))


def _finding_told(before: Verdict, after: Verdict, said: SesFinding) -> SesFinding | None:
    """The finding that was opened or resolved: as it was known, if it is one."""
    was, is_ = ({(f.type, f.impact) for f in verdict.open_findings} for verdict in (before, after))
    changed = [f for f in after.findings if (f.type, f.impact) in was ^ is_]
    if not changed:
        return None
    return changed[0] if len(changed) == 1 else said


def _sending_told(before: Verdict, said: SendingStatus) -> SendingStatus | None:
    known = next((s for s in before.sending if s.origin == said.origin), None)
    was = (known.on, known.status) if known else (True, ENABLED)
    return said if (said.on, said.status) != was else None


def suspicion(verdict: Verdict, said: Statement, source: str) -> Report | Withdraw | None:
    """What a statement says of the scope's findings here: suspect one, or no longer; None if it is about none.

    `verdict` is the one with the statement in it, `source` who says it.
    """
    if not isinstance(said, SesFinding) or (category := SUSPICIONS.get(said.type)) is None:
        return None
    text = f"{' '.join(filter(None, (said.impact, said.type)))}: {said.text or 'SES says no more about it.'}"
    if said.open:
        return Report(verdict.scope, category, text, source, Severity.SUSPECTED, said.time)
    if any(finding.type == said.type for finding in verdict.open_findings):
        return None
    return Withdraw(verdict.scope, category, source, text)


def _matter(said: Statement) -> str:
    match said:
        case SesFinding():
            return f"{said.type}/{said.impact}/{said.open}"
        case SendingStatus():
            return f"{said.origin}/{said.status}"
