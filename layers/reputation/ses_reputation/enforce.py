"""The use case of enforce_status: make what SES does agree with a scope's status, and tell people."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.enforcement import (
    INTENTS,
    PAUSABLE,
    Action,
    Call,
    Enforced,
    Enforcement,
    EnforcementPolicy,
    Mode,
    Record,
    Sending,
    called,
    decide,
    failed,
    forgotten,
    needs_ses,
    news_of,
)
from ses_reputation.domain.scopes import Scope, is_other, kind_of
from ses_reputation.domain.standing import Standing
from ses_reputation.evaluate import Versioned
from ses_reputation.notices.alert import Alert
from ses_reputation.outbox import Channel, Outbox, Publish, outgoing_of, send
from ses_reputation.status_messages import StatusMessage

# Others write standings and records as well. Each attempt decides anew.
ATTEMPTS = 8
# The longest way: an old intent is confirmed, then what it led to is undone.
MOST_STEPS = 6

# An intent that is older than this was written by a function that Lambda has stopped since: its timeout is half of it.
# A younger one may have its call still under way, so that nobody else may act on it.
INTENT_HELD = timedelta(minutes=3)


class SesRefused(RuntimeError):
    """SES did not do, or not tell, what it was asked; the text says why.

    `passing` is whether that may be over in a while, `unsure` whether SES may have done it all the same, `missing`
    whether SES has no such scope.
    """

    def __init__(
        self, code: str, reason: str, *, passing: bool = False, unsure: bool = False, missing: bool = False
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.passing = passing
        self.unsure = unsure
        self.missing = missing


class SendingControls(Protocol):
    """The switches of SES. Each of these raises SesRefused."""

    def read(self, scope: Scope) -> Sending:
        """What SES says of a scope's sending now."""

    def pause(self, scope: Scope, sending: Sending) -> None:
        """Let a scope send no longer. `sending` is what SES said of it."""

    def resume(self, scope: Scope, sending: Sending, setting: str) -> None:
        """Let a scope send again, as it was set before it was paused."""


class VersionedEnforcement(Struct, frozen=True):
    """A record as it was read: `version` is what it has to be still when it is written again, 0 for a new one."""

    enforcement: Enforcement
    version: int = 0


class Enforcements(Outbox, Protocol):
    """What was decided about scopes, and what was done about it."""

    def read(self, scope: Scope) -> Versioned:
        """The standing of a scope as it is now; a new one if it has none."""

    def enforcement(self, scope: Scope) -> VersionedEnforcement:
        """The record of a scope as it is now; a new one if it has none."""

    def write_enforcement(
        self,
        enforcement: Enforcement,
        version: int,
        news: Sequence[Enforced],
        alerts: Sequence[Alert],
        standing: Versioned,
        *,
        floored: bool = False,
    ) -> bool:
        """Write a record with its news and the alerts to send, all or nothing; with the standing, if that has a new
        floor.

        False, and nothing written, if somebody else wrote the record or the standing since it had its version: what
        was decided by it holds no longer, and whoever has changed it may have found nothing to do.
        """


class Outcome(StrEnum):
    """What became of a message."""

    AGREED = "agreed"  # SES does what the status asks for, or people were told what it would be.
    TRY_AGAIN = "try_again"
    SET_APART = "set_apart"


class Handled(Struct, frozen=True):
    """What became of a message, and what people were told because of it, in that order.

    `problem` is why it has to come again, or could not be read.
    """

    message_id: str
    outcome: Outcome
    scope: Scope | None = None
    actions: tuple[Action, ...] = ()
    problem: str | None = None


class NotSettled(RuntimeError):
    """Another message about the same scope is being handled, or the same one twice, or others kept writing: it can be
    tried again.
    """


def enforce_status(
    messages: Iterable[StatusMessage], now: datetime, by: "Enforcer", set_apart: Callable[[StatusMessage], bool]
) -> list[Handled]:
    """Do what the status of each message's scope asks for, and say what became of each message.

    `set_apart` keeps a message that can't be read, with the reason, and says whether it could.
    """
    handled = []
    for message in messages:
        if message.scope:
            handled.append(by.enforce(message.scope, message.id, now))
        else:
            outcome = Outcome.SET_APART if set_apart(message) else Outcome.TRY_AGAIN
            handled.append(Handled(message.id, outcome, problem=message.problem))
    return handled


class Enforcer(Struct, frozen=True):
    """Makes what SES does agree with the statuses of scopes, with all that this takes.

    `pause` waits before the attempt with the given number; `new_holder` makes a text that it never made before.
    """

    policy: EnforcementPolicy
    enforcements: Enforcements
    controls: SendingControls
    channels: Mapping[Channel, Publish]
    to_alert: Callable[[Enforced], Alert]
    pause: Callable[[int], None]
    new_holder: Callable[[], str]

    def enforce(self, scope: Scope, message_id: str, now: datetime) -> Handled:
        """Do what the status of a scope asks for as it is now. To do it twice does the same as to do it once, one after
        the other or both at once.
        """
        # What stands for many is no thing of SES's, and those in it have done nothing together.
        if kind_of(scope) not in PAUSABLE or is_other(scope):
            return Handled(message_id, Outcome.AGREED, scope)
        told: list[Action] = []
        outcome, problem = Outcome.AGREED, None
        try:
            # Not the message's own id: two copies of it may be handled at once, and a call that one of them makes late
            # would undo what has been done since. What a dead function holds is free before its message comes again.
            self._agree(scope, self.new_holder(), now, told)
        except NotSettled as unsettled:
            outcome, problem = Outcome.TRY_AGAIN, str(unsettled)
        except SesRefused as refusal:
            problem = str(refusal)
            # Who only observes has told people that it would fail; it is no work that is left undone.
            if refusal.passing or self.policy.mode(scope) is Mode.ENFORCE:
                outcome = Outcome.TRY_AGAIN
        return Handled(message_id, outcome, scope, tuple(told), problem)

    def _agree(self, scope: Scope, holder: str, now: datetime, told: list[Action]) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            read, known = self.enforcements.read(scope), self.enforcements.enforcement(scope)
            enforcement = known.enforcement
            if enforcement.holder not in {None, holder} and enforcement.held and now - enforcement.held < INTENT_HELD:
                raise NotSettled(f"another message about {scope} is being handled, or this one twice")
            if _Turn(self, read, known, holder, now, told).settle():
                return
            self.pause(attempt)
        raise NotSettled(f"others kept writing about {scope}")


class _Turn:
    """From one reading of a scope to where nothing is left to do, or somebody else wrote."""

    def __init__(
        self,
        by: Enforcer,
        read: Versioned,
        known: VersionedEnforcement,
        holder: str,
        now: datetime,
        told: list[Action],
    ) -> None:
        self._by = by
        self._read = read
        self._enforcement = known.enforcement
        self._version = known.version
        self._holder = holder
        self._now = now
        self._told = told
        self._scope = read.standing.scope
        self._demand = by.policy.demand(read.standing)
        self._mode = by.policy.mode(self._scope)

    def settle(self) -> bool:
        """Take steps until nothing is left to do; False if there is more, or somebody else wrote meanwhile."""
        # Where it makes no difference, SES is not asked.
        sending = Sending(enabled=True)
        if needs_ses(self._enforcement, self._demand):
            try:
                sending = self._by.controls.read(self._scope)
            except SesRefused as refusal:
                return self._refused(refusal)
        for _ in range(MOST_STEPS):
            step = decide(self._enforcement, self._demand, sending, self._mode, self._now)
            if step is None:
                return True
            if isinstance(step, Record):
                if not self._write(step, sending):
                    return False
            elif not self._hold():
                return False
            else:
                try:
                    self._call(step, sending)
                except SesRefused as refusal:
                    return self._refused(refusal)
                sending = called(step, self._enforcement, sending, self._now)
        return False

    def _call(self, call: Call, sending: Sending) -> None:
        if call is Call.PAUSE:
            self._by.controls.pause(self._scope, sending)
        else:
            self._by.controls.resume(self._scope, sending, self._enforcement.setting)

    def _hold(self) -> bool:
        """Write down that SES is called now, and by whom, unless that was just done."""
        held = replace(self._enforcement, holder=self._holder, held=self._now)
        return held == self._enforcement or self._put(held)

    def _write(self, step: Record, sending: Sending) -> bool:
        after = step.enforcement
        if after.state in INTENTS:
            after = replace(after, holder=self._holder, held=self._now)
        news = news_of(step, sending, self._mode, self._read.standing.status, self._moment)
        standing = self._read.standing.measured_from(step.floor) if step.floor else None
        return self._put(after, news, standing)

    def _refused(self, refusal: SesRefused) -> bool:
        """Tell people if they do not know yet; False if somebody else wrote meanwhile, else SesRefused again.

        What SES no longer has can't be resumed, and need not be: True.
        """
        if refusal.missing and self._demand is None:
            return self._put(forgotten(self._enforcement, self._now))
        if refusal.passing and self._mode is Mode.OBSERVE:
            raise refusal  # SES only was not asked yet.
        before = self._enforcement if refusal.unsure else replace(self._enforcement, holder=None, held=None)
        status = self._read.standing.status
        news = failed(before, self._demand, self._mode, status, self._moment, code=refusal.code, reason=str(refusal))
        after, told = news or (before, None)
        if after != self._enforcement and not self._put(after, told):
            return False
        raise refusal

    def _put(self, after: Enforcement, news: Enforced | None = None, standing: Standing | None = None) -> bool:
        """Write a record, and tell people its news; False if somebody else wrote meanwhile."""
        pieces = [news] if news else []
        if news:
            after = replace(after, told=news.time)
        alerts = [self._by.to_alert(piece) for piece in pieces]
        seen = Versioned(standing, self._read.version) if standing else self._read
        floored = standing is not None
        if not self._by.enforcements.write_enforcement(after, self._version, pieces, alerts, seen, floored=floored):
            return False
        self._enforcement, self._version = after, self._version + 1
        if floored:
            self._read = Versioned(seen.standing, seen.version + 1)
        for alert in alerts:
            # What can't be sent now, the next evaluation sends.
            send(outgoing_of(alert), self._by.enforcements, self._by.channels, failures=[])
        self._told += [piece.action for piece in pieces]
        return True

    @property
    def _moment(self) -> datetime:
        """When the next piece of news is: after the one before and what led to it, however clocks differ."""
        return max(self._now, self._enforcement.told or self._now) + timedelta(milliseconds=1)
