"""The use case of operate and receive_finding: do to a scope what somebody wants, once, and tell people."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.changes import Change
from ses_reputation.domain.decisions import ChangesMade, Command, Decide, carry_out
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Act, Finding, Standing
from ses_reputation.evaluate import Versioned
from ses_reputation.news import News, Told
from ses_reputation.notices.alert import Alert
from ses_reputation.outbox import Channel, Outbox, Publish, outgoing_of, send

# Evaluations write standings, too. Each attempt decides anew.
ATTEMPTS = 8


class ActStandings(Outbox, Protocol):
    """What was decided, and what is decided now."""

    def read(self, scope: Scope) -> Versioned:
        """The standing of a scope; a new one if it has none."""

    def is_done(self, request: str) -> bool:
        """Whether an act with this id was carried out already."""

    def write_act(
        self, standing: Standing, version: int, act: Act, now: datetime, news: Sequence[News], alerts: Sequence[Alert]
    ) -> bool:
        """Write a standing with what was done, and have its scope evaluated, all or nothing.

        False, and nothing written, if somebody else wrote it since it had this version, or the act was done.
        """


class Done(Struct, frozen=True):
    """What an act has led to. `finding` is None if nothing was done, because it had been done before.

    `nothing_new` is whether nothing was done, because what is suspected, or withdrawn, is no news; `finding` is the
    open one of its category then, if there is one. `unsent` is how many alerts could not be sent at once; the next
    evaluation sends them.
    """

    scope: Scope
    scope_status: Status
    finding: Finding | None = None
    changed: bool = False
    unsent: int = 0
    nothing_new: bool = False


class Contended(RuntimeError):
    """Others kept writing the standing of the scope. Nothing was done; it can be tried again."""


def operate(
    command: Command,
    act: Act,
    now: datetime,
    *,
    policy: Policy,
    standings: ActStandings,
    channels: Mapping[Channel, Publish],
    to_alert: Callable[[Told, Policy], Alert],
    pause: Callable[[int], None],
) -> Done:
    """Carry out one command, and send the alert about it; CommandRefused if the lifecycle does not allow it.

    To run it twice with the same act does the same as to run it once. Whoever comes second with another is told that
    somebody else has decided.
    """
    for attempt in range(1, ATTEMPTS + 1):
        read = standings.read(command.scope)
        if standings.is_done(act.id):
            # Perhaps a moment ago, after this reading.
            return Done(command.scope, standings.read(command.scope).standing.status)
        command = _bound(command, read.standing)
        after, piece = carry_out(read.standing, command, act, now, policy)
        finding = piece.finding if isinstance(piece, Change) else _about(command, after)
        if piece is None:
            return Done(command.scope, after.status, finding, nothing_new=True)
        alerts = [to_alert(piece, policy)] if isinstance(piece, Change) else []
        if standings.write_act(after, read.version, act, now, [piece], alerts):
            failures: list[Exception] = []
            for alert in alerts:
                send(outgoing_of(alert), standings, channels, failures)
            return Done(command.scope, after.status, finding, bool(alerts), len(failures))
        pause(attempt)
    raise Contended(f"others kept writing the standing of {command.scope}; nothing was done")


def _bound(command: Command, standing: Standing) -> Command:
    """The command, bound to the finding as it was first seen: a decision that comes between must not be overruled."""
    if not isinstance(command, ChangesMade | Decide) or command.seen is not None:
        return command
    finding = standing.finding(command.finding)
    return replace(command, seen=finding.revision) if finding else command


def _about(command: Command, after: Standing) -> Finding | None:
    """The open finding that a command is about; None if it is not open."""
    if isinstance(command, ChangesMade | Decide):
        return after.finding(command.finding)
    return after.findings.get(command.category)
