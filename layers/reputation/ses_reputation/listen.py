"""The use case of receive_finding for what SES tells by itself: keep it, tell people, and suspect what it reports."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from ses_reputation.domain.decisions import Command
from ses_reputation.domain.news import News
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Act
from ses_reputation.domain.verdict import Verdict, VerdictChange, hear, suspicion
from ses_reputation.notices.alert import Alert
from ses_reputation.operate import ATTEMPTS, Contended, Done
from ses_reputation.outbox import Channel, Outbox, Publish, outgoing_of, send
from ses_reputation.ses_status_events import SES, ReceivedStatement
from ses_reputation.watch import VersionedVerdict


class SesVerdicts(Protocol):
    """What SES said last."""

    def verdict(self, scope: Scope) -> VersionedVerdict:
        """The newest verdict on a scope, if there is one."""

    def write_verdict(self, verdict: Verdict, version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        """Write a verdict with its news and the alerts to send, all or nothing.

        False, and nothing written, if somebody else wrote it since it had this version.
        """


class Listened(Struct, frozen=True):
    """What became of a statement: whether people are told of it, and whether it was known, or outdated, before.

    `done` is what it did to the scope's findings, None if it is about nothing that can be one.
    """

    scope: Scope
    told: bool = False
    known: bool = False
    outdated: bool = False
    done: Done | None = None


def listen_to_ses(
    received: ReceivedStatement,
    *,
    verdicts: SesVerdicts,
    outbox: Outbox,
    channels: Mapping[Channel, Publish],
    to_alert: Callable[[VerdictChange], Alert],
    operate: Callable[[Command, Act, datetime], Done],
    pause: Callable[[int], None],
) -> Listened:
    """Keep what SES said in the verdict on the scope, send the alert about it, and suspect what it has found.

    What SES has resolved is suspected no longer. To listen to an event twice, or to two in the wrong order, does the
    same as to listen to each once, in order.
    """
    for attempt in range(1, ATTEMPTS + 1):
        read = verdicts.verdict(received.scope)
        heard = hear(read.verdict or Verdict(received.scope, received.time), received.said, received.time)
        if heard.outdated:
            return Listened(received.scope, outdated=True)
        known = heard.verdict == read.verdict
        alerts = [to_alert(heard.change)] if heard.change else []
        news = [heard.change] if heard.change else []
        if known or verdicts.write_verdict(heard.verdict, read.version, news, alerts):
            break
        pause(attempt)
    else:
        raise Contended(f"others kept writing the verdict on {received.scope}; nothing was done")
    failures: list[Exception] = []  # What could not be sent at once, the next evaluation sends.
    for alert in alerts:
        send(outgoing_of(alert), outbox, channels, failures)
    # After a crash in between, the event comes again: then the verdict is known, and this is still to be done.
    command = suspicion(heard.verdict, received.said, SES)
    done = operate(command, received.act, received.time) if command else None
    return Listened(received.scope, told=bool(alerts), known=known, done=done)
