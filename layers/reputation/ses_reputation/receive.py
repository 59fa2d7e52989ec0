"""The use case of receive_finding: carry out what an event reports, or set it apart with the reason."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from ses_reputation.commands import UnreadableRequest
from ses_reputation.domain.decisions import Command, CommandRefused
from ses_reputation.domain.recipients import without_addresses
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Act
from ses_reputation.finding_events import read_event
from ses_reputation.listen import Listened
from ses_reputation.notices.structure import readable
from ses_reputation.operate import Done
from ses_reputation.ses_status_events import ReceivedStatement, is_from_ses, read_statement


class Outcome(StrEnum):
    """What became of an event."""

    CHANGED = "changed"
    EVIDENCE = "evidence"
    NOTHING_NEW = "nothing_new"
    NOTED = "noted"
    REPEATED = "repeated"
    OUTDATED = "outdated"
    OWN = "own"
    SET_APART = "set_apart"


class Received(Struct, frozen=True):
    """What became of an event, and which scope it is about; `problem` is why it was set apart."""

    outcome: Outcome
    scope: Scope | None = None
    problem: str | None = None


def receive_finding(
    invocation: object,
    account: str,
    region: str,
    operate: Callable[[Command, Act, datetime], Done],
    listen: Callable[[ReceivedStatement], Listened],
    set_apart: Callable[[object, str], None],
) -> Received:
    """Report what an event says, or listen to it if it is SES's own. `account` and `region` are our own.

    What cannot be read, or is refused, would be so again: it is set apart. An error of AWS is not caught, and Lambda
    tries again.
    """
    try:
        if is_from_ses(invocation):
            return _listened(listen(read_statement(invocation, account, region)))
        received = read_event(invocation, account, region)
        if received is None:
            return Received(Outcome.OWN)
        done = operate(received.report, received.act, received.time)
    except (UnreadableRequest, CommandRefused) as problem:
        # It may quote an address, which is not for logs, and what SQS takes in no message.
        reason = readable(without_addresses(str(problem), ""))
        set_apart(invocation, reason)
        return Received(Outcome.SET_APART, problem=reason)
    if done.nothing_new:
        return Received(Outcome.NOTHING_NEW, done.scope)
    if done.finding is None:
        return Received(Outcome.REPEATED, done.scope)
    return Received(Outcome.CHANGED if done.changed else Outcome.EVIDENCE, done.scope)


def _listened(heard: Listened) -> Received:
    """What became of what SES said."""
    if heard.outdated:
        return Received(Outcome.OUTDATED, heard.scope)
    if heard.told or (heard.done and heard.done.changed):
        return Received(Outcome.CHANGED, heard.scope)
    return Received(Outcome.REPEATED if heard.known else Outcome.NOTED, heard.scope)
