"""The use case of operate and receive_finding: do to a scope what somebody wants, once, and tell people."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.changes import Change, EvidenceAdded, OutageChange
from ses_reputation.domain.decisions import ChangesMade, Command, Decide, carry_out, decide_outage
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.news import News, Told
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Act, Finding, Standing
from ses_reputation.evaluate import Versioned
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
    """What an act has led to. `finding` is None if nothing was done, because it had been done before, or if the act
    was about an `outage`.

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
    outage: Outage | None = None


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
        after, piece = _carry_out(read.standing, command, act, now, policy)
        finding = piece.finding if isinstance(piece, Change) else _about(command, after)
        if piece is None:
            return Done(command.scope, after.status, finding, nothing_new=True)
        after = replace(after, acted=max(now, after.acted or now))
        outage = piece.outage if isinstance(piece, OutageChange) else None
        alerts = [to_alert(piece, policy)] if isinstance(piece, Change | OutageChange) else []
        if standings.write_act(after, read.version, act, now, [piece], alerts):
            failures: list[Exception] = []
            for alert in alerts:
                send(outgoing_of(alert), standings, channels, failures)
            return Done(command.scope, after.status, finding, bool(alerts), len(failures), outage=outage)
        pause(attempt)
    raise Contended(f"others kept writing the standing of {command.scope}; nothing was done: try again")


def _carry_out(
    standing: Standing, command: Command, act: Act, now: datetime, policy: Policy
) -> tuple[Standing, Change | EvidenceAdded | OutageChange | None]:
    if isinstance(command, Decide) and (outage := standing.outage(command.finding)):
        return decide_outage(standing, outage, command, act, now, policy)
    return carry_out(standing, command, act, now, policy)


def _bound(command: Command, standing: Standing) -> Command:
    """The command, bound to what it is about as that was first seen: no decision that comes between is overruled."""
    if not isinstance(command, ChangesMade | Decide) or command.seen is not None:
        return command
    about = standing.finding(command.finding) or standing.outage(command.finding)
    return replace(command, seen=about.revision) if about else command


def _about(command: Command, after: Standing) -> Finding | None:
    """The open finding that a command is about; None if it is not open."""
    if isinstance(command, ChangesMade | Decide):
        return after.finding(command.finding)
    return after.findings.get(command.category)
