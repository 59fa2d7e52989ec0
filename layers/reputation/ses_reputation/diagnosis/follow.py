"""The use case of `--send`: one mail to SES's mailbox simulator, followed to the receipt of its bounce.

It is sent for real, and charged as one mail. It counts neither in any rate nor in the sending quota, at SES or here.
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from email.utils import parseaddr
from typing import Protocol

from msgspec import Struct

from ses_reputation.diagnosis.diagnose import Deployment, Explain, Outcome, outcome, volume_source
from ses_reputation.diagnosis.faults import Check, Fault, found
from ses_reputation.diagnosis.judgements import FEEDBACK, RECORD, Judged, feedback_topics, judged, numbered
from ses_reputation.domain.connections import EventType, Identity, Notification
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


class Mail(Struct, frozen=True):
    """What to send: from whom, through which configuration set, and the label that makes its recipient the only one."""

    sender: str
    configuration_set: str | None
    label: str

    @property
    def recipient(self) -> str:
        """The address at which it bounces."""
        return f"bounce+{self.label}@{SIMULATOR}"


class Sent(Struct, frozen=True):
    """A mail on its way, the id that SES gave it, and what is expected to be counted of it."""

    mail: Mail
    message_id: str
    expected: frozenset[Measure]


class Seen(Struct, frozen=True):
    """What has been counted of a mail so many seconds after it was sent."""

    seconds: int = 0
    measures: frozenset[Measure] = frozenset()


class Way(Struct, frozen=True):
    """What a mail goes through: `examined` gives the deployment as it is now, `pause` waits."""

    mailer: Mailer
    receipts: Receipts
    examined: Callable[[], Deployment]
    pause: Callable[[timedelta], None]


def follow_mail(
    mail: Mail, way: Way, timeout: timedelta, progress: Callable[[Sent, Seen], None], explain: Explain
) -> Outcome:
    """Send a mail, and see what becomes of it: all that is expected was counted, or where it may have stayed.

    `progress` is told every few seconds what has been seen so far.
    """

    def examine() -> Judged:
        source = volume_source(way.examined())
        try:
            message_id = way.mailer.send(mail.sender, mail.recipient, mail.configuration_set)
        except Refused as refused:
            reason = readable(str(refused), 300).rstrip(".")
            return judged(f"from {mail.sender}", [found(Fault.MAIL_REFUSED, sender=mail.sender, reason=reason)])
        sent, seen = Sent(mail, message_id, _expected(mail, source)), Seen()
        for seen in _looks(sent, way, timeout):
            progress(sent, seen)
        return _judge(sent, seen, lambda: where_it_is(way.examined(), sent, explain))

    return outcome(Check.MAIL, examine, explain)


def _expected(mail: Mail, source: VolumeSource) -> frozenset[Measure]:
    """What a mail that bounces leads to. Without a configuration set nobody can foretell whether there is a Send."""
    has_send = mail.configuration_set is not None and source is VolumeSource.SEND_EVENTS
    return frozenset({Measure.HARD_BOUNCED, Measure.SENT} if has_send else {Measure.HARD_BOUNCED})


def _looks(sent: Sent, way: Way, timeout: timedelta) -> Iterator[Seen]:
    """What is seen each few seconds, until all of it is there or the time is over."""
    waited = timedelta()
    while True:
        seen = Seen(int(waited.total_seconds()), way.receipts.measures(sent.message_id))
        yield seen
        if seen.measures >= sent.expected or waited >= timeout:
            return
        wait = min(LOOK_EVERY, timeout - waited)
        way.pause(wait)
        waited += wait


def _judge(sent: Sent, seen: Seen, where: Callable[[], str]) -> Judged:
    looked_at = f"message {sent.message_id}, followed for {numbered(seen.seconds, 'second')}"
    missing = sent.expected - seen.measures
    if not missing:
        return judged(looked_at)
    details = {"message_id": sent.message_id, "seconds": str(seen.seconds), "where": where()}
    if Measure.HARD_BOUNCED in missing:
        return judged(looked_at, [found(Fault.BOUNCE_LOST, **details)])
    return judged(looked_at, [found(Fault.SEND_LOST, **details, name=sent.mail.configuration_set or "")])


def where_it_is(deployment: Deployment, sent: Sent, explain: Explain) -> str:
    """Where a mail, or its bounce, has probably stayed: the first place on its way at which something is wrong."""
    for place in (_not_published, _on_a_queue, _a_dead_letter, _failing):
        try:
            if text := place(deployment, sent):
                return text
        except Exception as error:
            if explain(error) is None:
                raise  # What can not be read was told by its check.
    return "nothing that can be seen on its way is wrong. SES may be late."


def _not_published(deployment: Deployment, sent: Sent) -> str | None:
    ours = feedback_topics(deployment.parts().listed())
    connections, mail = deployment.connections(), sent.mail
    published = {
        event
        for each in connections.configuration_sets
        if each.name == mail.configuration_set
        for destination in each.destinations
        if destination.enabled and destination.topic in ours
        for event in destination.events
    }
    if Measure.SENT in sent.expected and EventType.SEND not in published:
        return f"the configuration set {mail.configuration_set} publishes no SEND events here."
    sender = parseaddr(mail.sender)[1].lower()
    identity = _identity_of(sender, connections.identities)
    if EventType.BOUNCE in published or (identity and identity.topics.get(Notification.BOUNCE) in ours):
        return None
    through = f"the configuration set {mail.configuration_set}" if mail.configuration_set else "no configuration set"
    return f"it was sent through {through}, and neither that nor the identity of {sender} publishes bounces here."


def _identity_of(sender: str, identities: Iterable[Identity]) -> Identity | None:
    """The one whose settings hold for mail from an address: the address itself, else its domain, else a parent of it.

    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
    """
    by_name = {identity.name.lower(): identity for identity in identities}
    labels = sender.rpartition("@")[2].split(".")
    names = (sender, *(".".join(labels[n:]) for n in range(len(labels))))
    return next((by_name[name] for name in names if name in by_name), None)


def _on_a_queue(deployment: Deployment, _sent: Sent) -> str | None:
    full = [queue for queue in deployment.parts().queues() if queue.part in FEEDBACK.values() and queue.held]
    held = ", ".join(f"{queue.part} holds {numbered(queue.held, 'message')}" for queue in full)
    return f"{held}, which no function has worked off yet." if full else None


def _a_dead_letter(deployment: Deployment, _sent: Sent) -> str | None:
    held = sum(queue.held for queue in deployment.parts().queues() if queue.part == "FeedbackDeadLetterQueue")
    return f"the dead-letter queue holds {numbered(held, 'message')}; it may be among them." if held else None


def _failing(deployment: Deployment, _sent: Sent) -> str | None:
    errors = sum(run.errors for run in deployment.parts().runs(deployment.now()) if run.part == RECORD)
    return f"{RECORD} failed {numbered(errors, 'time')} in the last day; its log says why." if errors else None
