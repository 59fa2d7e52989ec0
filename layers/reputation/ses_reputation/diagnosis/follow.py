"""The use case of `--send`: one mail to SES's mailbox simulator, followed to the receipt of its bounce.

It is sent for real, and charged as one mail. It counts neither in any rate nor in the sending quota, at SES or here.
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from ses_reputation.diagnosis.diagnose import Deployment, Explain, Outcome, outcome
from ses_reputation.diagnosis.faults import Check, Fault, found
from ses_reputation.diagnosis.judgements import FEEDBACK, Judged, judged, numbered, wanted_events
from ses_reputation.domain.connections import EventType
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.notices.structure import readable

LOOK_EVERY = timedelta(seconds=3)

SIMULATOR = "simulator.amazonses.com"


class Refused(RuntimeError):
    """SES did not take a mail; the text says why."""


class Mailer(Protocol):
    """SES, as it takes mail."""

    def send(self, sender: str, recipient: str, configuration_set: str | None) -> str:
        """Send a mail; the id that SES gave it. Refused if it does not take it."""


class Receipts(Protocol):
    """What was counted of mail."""

    def measures(self, message_id: str) -> frozenset[Measure]:
        """What was counted of one message."""


class Sent(Struct, frozen=True):
    """A mail on its way, and which receipts are expected of it."""

    sender: str
    configuration_set: str | None
    message_id: str
    expected: frozenset[Measure]


class Seen(Struct, frozen=True):
    """What has been counted of the mail so many seconds after it was sent."""

    seconds: int
    measures: frozenset[Measure]


def address(label: str) -> str:
    """The address at which a mail bounces, with a label that makes it the only one."""
    return f"bounce+{label}@{SIMULATOR}"


def send(mailer: Mailer, sender: str, configuration_set: str | None, label: str, source: VolumeSource) -> Sent:
    """Send the mail; Refused if SES takes none."""
    message_id = mailer.send(sender, address(label), configuration_set)
    # Without a configuration set there is no Send event, at least none that anybody could foretell.
    of_set = configuration_set and source is VolumeSource.SEND_EVENTS
    expected = {Measure.HARD_BOUNCED, Measure.SENT} if of_set else {Measure.HARD_BOUNCED}
    return Sent(sender, configuration_set, message_id, frozenset(expected))


def follow(sent: Sent, receipts: Receipts, timeout: timedelta, pause: Callable[[timedelta], None]) -> Iterator[Seen]:
    """What is seen of the mail each few seconds, until all of it is there or the time is over."""
    waited = timedelta()
    while True:
        seen = Seen(int(waited.total_seconds()), receipts.measures(sent.message_id))
        yield seen
        if seen.measures >= sent.expected or waited >= timeout:
            return
        wait = min(LOOK_EVERY, timeout - waited)
        pause(wait)
        waited += wait


def refusal(sender: str, refused: Refused) -> Outcome:
    """How it came out if SES did not take the mail."""
    reason = readable(str(refused), 300).rstrip(".")
    fault = found(Fault.MAIL_REFUSED, sender=sender, reason=reason)
    return outcome(Check.MAIL, lambda: judged(f"from {sender}", [fault]), lambda _: None)


def result(sent: Sent, seen: Seen, where: Callable[[], str]) -> Outcome:
    """How it came out, by what was seen last; `where` says where a mail may have stayed."""
    return outcome(Check.MAIL, lambda: _judge(sent, seen, where), lambda _: None)


def _judge(sent: Sent, seen: Seen, where: Callable[[], str]) -> Judged:
    looked_at = f"{sent.message_id}, {numbered(seen.seconds, 'second')}"
    missing = sent.expected - seen.measures
    if not missing:
        return judged(looked_at)
    details = {"message_id": sent.message_id, "seconds": str(seen.seconds), "where": where()}
    if Measure.HARD_BOUNCED in missing:
        return judged(looked_at, [found(Fault.BOUNCE_LOST, **details)])
    return judged(looked_at, [found(Fault.SEND_LOST, **details, name=sent.configuration_set or "")])


def where_it_is(deployment: Deployment, sent: Sent, now: datetime, explain: Explain) -> str:
    """Where a mail, or its bounce, has probably stayed: the first place on its way at which something is wrong."""
    for place in (_not_published, _on_a_queue, _a_dead_letter, _failing):
        try:
            if text := place(deployment, sent, now):
                return text
        except Exception as error:
            if explain(error) is None:
                raise  # What can not be read was told by its check.
    return "nothing is wrong on the way that can be seen. SES may be late."


def _not_published(deployment: Deployment, sent: Sent, _now: datetime) -> str | None:
    ours = {topic.arn for topic in deployment.parts().topics() if topic.part in FEEDBACK}
    connections = deployment.connections()
    destinations = [
        d
        for each in connections.configuration_sets
        if each.name == sent.configuration_set
        for d in each.destinations
        if d.enabled and d.topic in ours
    ]
    published = frozenset(event for d in destinations for event in d.events)
    if Measure.SENT in sent.expected and (missing := wanted_events(VolumeSource.SEND_EVENTS) - published):
        return f"the configuration set {sent.configuration_set} publishes no {_or(missing)} events here."
    domain = sent.sender.rpartition("@")[2].rstrip(">").lower()
    notified = any(
        arn in ours
        for identity in connections.identities
        if identity.name.lower() in (domain, sent.sender.lower())
        for arn in identity.topics.values()
    )
    if EventType.BOUNCE not in published and not notified:
        through = (
            f"the configuration set {sent.configuration_set}" if sent.configuration_set else "no configuration set"
        )
        return f"it was sent through {through}, and its identity {domain} publishes nothing here."
    return None


def _on_a_queue(deployment: Deployment, _sent: Sent, _now: datetime) -> str | None:
    full = [queue for queue in deployment.parts().queues() if queue.part in FEEDBACK.values() and queue.held]
    if not full:
        return None
    held = ", ".join(f"{queue.part} holds {numbered(queue.held, 'message')}" for queue in full)
    return f"{held}, which no function has worked off yet."


def _a_dead_letter(deployment: Deployment, _sent: Sent, _now: datetime) -> str | None:
    letters = [each for each in deployment.parts().dead_letters() if each.queue.part == "FeedbackDeadLetterQueue"]
    held = sum(each.queue.held for each in letters)
    return f"the dead-letter queue holds {numbered(held, 'message')}; it may be among them." if held else None


def _failing(deployment: Deployment, _sent: Sent, now: datetime) -> str | None:
    errors = sum(run.errors for run in deployment.parts().runs(now) if run.part == "RecordFeedback")
    return f"RecordFeedback failed {numbered(errors, 'time')} in the last day; its log says why." if errors else None


def _or(types: Collection[str]) -> str:
    return " or ".join(sorted(types))
