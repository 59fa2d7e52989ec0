"""A simulator of SES: mail goes in, and the JSON that SES would publish comes out.

Both formats are made: events of a configuration set, and feedback notifications of an identity. Everything follows from
a seed and from the order of the calls, nothing from a clock, so a story gives the same events on every run.

It shares no code with the parser on purpose: a mistake in one must not hide the same mistake in the other.
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parseaddr
from hashlib import blake2b
from uuid import UUID

from ses_reputation_local.ses_mail import (
    ACCEPTING,
    ANSWERING,
    BODY_KEYS,
    CALLER,
    CLICKING,
    COMPLAINING,
    DELAYING,
    DELAYS,
    DELIVERING,
    DIAGNOSES,
    NOTIFICATION_TYPES,
    PUBLISHING,
    READING,
    RETRY_PERIOD,
    SIMULATOR_DOMAIN,
    SOURCE_IP,
    TOPICS,
    WITHHOLDING,
    WITHOUT_HEADERS,
    WITHOUT_SOURCE_ARN,
    Bounce,
    BounceSubtype,
    BounceType,
    Click,
    Complaint,
    Delay,
    EventType,
    Format,
    Message,
    Open,
    Outcome,
    Publication,
    Reject,
    RenderingFailure,
    Span,
    Topic,
    Unsubscribe,
)


class SesSimulator:
    """An SES account in one Region. Two simulators with one seed publish the same for the same calls."""

    def __init__(self, seed: str = "ses", *, account: str = "123456789012", region: str = "us-east-1") -> None:
        self.account = account
        self.region = region
        self._seed = seed
        self._sent = 0

    def send(self, at: datetime, message: Message, *outcomes: Outcome) -> list[Publication]:
        """Everything that SES publishes about a message sent `at` this time, in order of time.

        A recipient whom no outcome stops gets the message. Recipients at the mailbox simulator bring their outcome with
        them. ValueError for a time without an offset, or an outcome of somebody who is no recipient.
        """
        if at.tzinfo is None:
            raise ValueError("the time needs an offset")
        _check(message, outcomes)
        self._sent += 1
        dice = Dice(f"{self._seed}/{self._sent}")
        mail = _Mail(self.account, self.region, at.astimezone(UTC), message, dice)
        return sorted(_publications(mail, (*outcomes, *simulated(message.recipients))), key=lambda p: p.time)


def simulated(recipients: Iterable[str]) -> Iterator[Outcome]:
    """Outcomes that the mailbox simulator has for its addresses, by the part before a +label. Others are delivered.

    SES reports several bounces of one request in one notification.
    https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
    """
    by_mailbox: dict[str, list[str]] = {}
    for address in recipients:
        mailbox, _, domain = address.lower().rpartition("@")
        if domain == SIMULATOR_DOMAIN:
            by_mailbox.setdefault(mailbox.partition("+")[0], []).append(address)
    if bounced := by_mailbox.get("bounce"):
        yield Bounce(tuple(bounced))
    if suppressed := by_mailbox.get("suppressionlist"):
        yield Bounce(tuple(suppressed), subtype=BounceSubtype.SUPPRESSED)
    for address in by_mailbox.get("ooto", ()):
        yield Bounce((address,), BounceType.TRANSIENT, after_delivery=True)
    if complained := by_mailbox.get("complaint"):
        yield Complaint(complained[0])


def _check(message: Message, outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        for address in _named(outcome):
            if address not in message.recipients:
                raise ValueError(f"{address} is no recipient of the message")
            if _domain(address) == SIMULATOR_DOMAIN:
                raise ValueError(f"{address} is at the mailbox simulator, which decides for itself")


def _named(outcome: Outcome) -> tuple[str, ...]:
    match outcome:
        case Bounce(recipients) | Delay(recipients):
            return recipients
        case Complaint(recipient):
            return (recipient,)
        case _:
            return ()


class Dice:
    """Numbers that look random and follow from a seed and a purpose alone."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def number(self, below: int, *purpose: object) -> int:
        """Pick a number from 0 up to, but not, `below`."""
        return int.from_bytes(self._bytes(purpose)) % below

    def within(self, span: Span, *purpose: object) -> timedelta:
        """Pick a length of time between the earliest and the latest, in milliseconds."""
        earliest, latest = span
        step = timedelta(milliseconds=1)
        return earliest + step * self.number((latest - earliest) // step + 1, *purpose)

    def uuid(self, *purpose: object) -> UUID:
        """Make a UUID that looks like a random one."""
        return UUID(bytes=self._bytes(purpose), version=4)

    def _bytes(self, purpose: tuple[object, ...]) -> bytes:
        return blake2b("/".join((self._seed, *map(str, purpose))).encode(), digest_size=16).digest()


Json = dict[str, object]


class _Mail:
    """One message within SES: its id, and the `mail` object that every event about it carries."""

    def __init__(self, account: str, region: str, at: datetime, message: Message, dice: Dice) -> None:
        self.at = at
        self.message = message
        self.dice = dice
        self.id = _ses_id(at, dice.uuid("message"))
        self._account = account
        self._address = parseaddr(message.source)[1]
        self._source_arn = f"arn:aws:ses:{region}:{account}:identity/{_domain(self._address)}"

    @property
    def relay(self) -> str:
        """The SES host that talks to the recipients' servers."""
        return f"a{1 + self.dice.number(60, 'host')}-{1 + self.dice.number(250, 'relay')}.smtp-out.amazonses.com"

    def publish(self, kind: EventType, time: datetime, body: Callable[[Format], Json]) -> Iterator[Publication]:
        """One event in every format that is on, if it is selected. The formats share an event, not its feedback id."""
        if kind not in self.message.publishes:
            return
        topic = TOPICS.get(kind, Topic.VOLUME)
        for shape in sorted(self.message.formats):
            published = time + self.dice.within(PUBLISHING, "publish", shape, kind, time)
            document: Json = {BODY_KEYS[kind]: body(shape), "mail": self._mail(kind, shape)}
            if shape is Format.CONFIGURATION_SET:
                # Recorded events end in a line feed, notifications don't.
                yield Publication(topic, published, json.dumps({"eventType": kind, **document}) + "\n")
            elif kind in NOTIFICATION_TYPES:
                yield Publication(topic, published, json.dumps({"notificationType": kind, **document}))

    def feedback_id(self, time: datetime, *purpose: object) -> str:
        """Bounces and complaints have one. AWS does not promise that it is one for both formats, so here it differs."""
        return _ses_id(time, self.dice.uuid("feedback", *purpose))

    def _mail(self, kind: EventType, shape: Format) -> Json:
        mail: Json = {"timestamp": _iso(self.at), "source": self.message.source}
        if shape is Format.IDENTITY or kind not in WITHOUT_SOURCE_ARN:
            mail["sourceArn"] = self._source_arn
        if shape is Format.IDENTITY:
            mail |= {"sourceIp": SOURCE_IP, "callerIdentity": CALLER}
        mail |= {"sendingAccountId": self._account, "messageId": self.id, "destination": [*self.message.recipients]}
        if shape is Format.IDENTITY:
            return mail | self._headers(self.message.subject) if self.message.identity_headers else mail
        mail |= {"headersTruncated": False} if kind in WITHOUT_HEADERS else self._headers(self.message.subject)
        return mail | {"tags": self._tags(kind)}

    def _headers(self, subject: str) -> Json:
        to, date = ", ".join(self.message.recipients), format_datetime(self.at)
        headers = {"From": self.message.source, "To": to, "Subject": subject, "Date": date, "MIME-Version": "1.0"}
        return {
            "headersTruncated": False,
            "headers": [{"name": name, "value": value} for name, value in headers.items()],
            "commonHeaders": {
                "from": [self.message.source],
                "date": date,
                "to": [*self.message.recipients],
                "messageId": self.id,
                "subject": subject,
            },
        }

    def _tags(self, kind: EventType) -> Json:
        tags = {
            "ses:operation": "SendEmail",
            "ses:configuration-set": self.message.configuration_set,
            "ses:source-ip": SOURCE_IP,
            "ses:from-domain": _domain(self._address),
            "ses:caller-identity": CALLER,
            "ses:tenant-name": self.message.tenant,
            "ses:outgoing-ip": f"198.51.100.{self.dice.number(16, 'outgoing')}" if kind is EventType.DELIVERY else None,
            **self.message.tags,
        }
        return {name: [value] for name, value in tags.items() if value}


def _publications(mail: _Mail, outcomes: tuple[Outcome, ...]) -> Iterator[Publication]:
    for outcome in outcomes:
        match outcome:
            case Reject():
                yield from _reject(mail)
                return
            case RenderingFailure():
                yield from _rendering_failure(mail, outcome)
                return
    yield from _send(mail)
    yield from _deliveries(mail, _undelivered(outcomes))
    for number, outcome in enumerate(outcomes):
        match outcome:
            case Bounce():
                yield from _bounce(mail, outcome, number)
            case Complaint():
                yield from _complaint(mail, outcome, number)
            case Delay():
                yield from _delay(mail, outcome)
            case Open():
                yield from _open(mail)
            case Click():
                yield from _click(mail, outcome, number)
            case Unsubscribe():
                yield from _subscription(mail, outcome)


def _undelivered(outcomes: Iterable[Outcome]) -> set[str]:
    stopped: set[str] = set()
    for outcome in outcomes:
        match outcome:
            case Bounce(recipients, after_delivery=False):
                stopped.update(recipients)
            case Complaint(recipient, withheld=BounceSubtype()):
                stopped.add(recipient)
    return stopped


def _send(mail: _Mail) -> Iterator[Publication]:
    # Also for recipients whom a suppression list stops a moment later.
    # https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
    yield from mail.publish(EventType.SEND, mail.at + mail.dice.within(ACCEPTING, "accept"), lambda _: {})


def _deliveries(mail: _Mail, undelivered: set[str]) -> Iterator[Publication]:
    """One Delivery for each receiving domain: SES hands a message over once to all recipients of a server."""
    for domain, recipients in _by_domain(mail.message.recipients).items():
        if accepted := [address for address in recipients if address not in undelivered]:
            yield from _delivery(mail, domain, accepted)


def _delivery(mail: _Mail, domain: str, accepted: list[str]) -> Iterator[Publication]:
    time = _delivered(mail, domain)
    body: Json = {
        "timestamp": _iso(time),
        "processingTimeMillis": (time - mail.at) // timedelta(milliseconds=1),
        "recipients": accepted,
        "smtpResponse": f"250 2.0.0 {mail.dice.uuid('queue', domain).hex[:10].upper()} taken for delivery",
        "reportingMTA": mail.relay,
    }
    remote: Json = {"remoteMtaIp": _remote_ip(mail, domain)}
    yield from mail.publish(EventType.DELIVERY, time, lambda shape: _in_identity(shape, body, remote))


def _bounce(mail: _Mail, bounce: Bounce, number: int) -> Iterator[Publication]:
    diagnosis = DIAGNOSES[bounce.type, bounce.subtype]
    domain = _domain(bounce.recipients[0])
    if bounce.after_delivery:
        time = _delivered(mail, domain) + mail.dice.within(ANSWERING, "answer", number)
    else:
        time = mail.at + mail.dice.within(diagnosis.when, "bounce", number)
    status = bounce.status or diagnosis.status
    reply = diagnosis.reply if bounce.reply is None else bounce.reply
    reported = status is not None and not bounce.after_delivery
    body: Json = {
        "bounceType": bounce.type,
        "bounceSubType": bounce.subtype,
        "bouncedRecipients": [
            {
                "emailAddress": address,
                "action": "failed",
                "status": status,
                "diagnosticCode": _said(reply, address),
            }
            if reported
            else {"emailAddress": address}
            for address in bounce.recipients
        ],
        "timestamp": _iso(time),
    }
    if reported:
        body["reportingMTA"] = f"dns; {mail.relay if diagnosis.attempted else 'amazonses.com'}"
    remote: Json = {"remoteMtaIp": _remote_ip(mail, domain)} if diagnosis.attempted else {}
    yield from mail.publish(
        EventType.BOUNCE,
        time,
        lambda shape: _in_identity(shape, {**body, "feedbackId": mail.feedback_id(time, number, shape)}, remote),
    )


def _complaint(mail: _Mail, complaint: Complaint, number: int) -> Iterator[Publication]:
    domain = _domain(complaint.recipient)
    simulator = domain == SIMULATOR_DOMAIN
    if complaint.withheld:
        time = mail.at + mail.dice.within(WITHHOLDING, "complaint", number)
    else:
        when = WITHHOLDING if simulator else COMPLAINING
        time = _delivered(mail, domain) + mail.dice.within(when, "complaint", number)
    suspects = [complaint.recipient] if complaint.withheld else _suspects(mail.message.recipients, domain)
    body: Json = {
        "complainedRecipients": [{"emailAddress": address} for address in suspects],
        "timestamp": _iso(time),
        "complaintSubType": complaint.withheld,
    }
    if complaint.feedback_type and not complaint.withheld:
        body["userAgent"] = "Amazon SES Mailbox Simulator" if simulator else f"{domain} feedback loop"
        body["complaintFeedbackType"] = complaint.feedback_type
        body["arrivalDate"] = _iso(time)
    yield from mail.publish(
        EventType.COMPLAINT,
        time,
        lambda shape: {**body, "feedbackId": mail.feedback_id(time, number, shape)},
    )


def _suspects(recipients: Iterable[str], domain: str) -> list[str]:
    at_domain = _by_domain(recipients)[domain]
    # Of its own addresses, the mailbox simulator complains only for complaint@.
    return [a for a in at_domain if a.lower().startswith("complaint")] if domain == SIMULATOR_DOMAIN else at_domain


def _delay(mail: _Mail, delay: Delay) -> Iterator[Publication]:
    status, reply = DELAYS[delay.type]
    status, reply = delay.status or status, reply if delay.reply is None else delay.reply
    time = mail.at + mail.dice.within(DELAYING, "delay", *delay.recipients)
    body: Json = {
        "timestamp": _iso(time),
        "delayType": delay.type,
        "expirationTime": _iso(mail.at + RETRY_PERIOD),
        "delayedRecipients": [
            {
                "emailAddress": address,
                "status": status,
                "diagnosticCode": _said(reply, address),
            }
            for address in delay.recipients
        ],
        "reportingMTA": mail.relay,
    }
    yield from mail.publish(EventType.DELIVERY_DELAY, time, lambda _: body)


def _said(reply: str, address: str) -> str:
    return reply.replace("{address}", address)


def _open(mail: _Mail) -> Iterator[Publication]:
    time = _read(mail)
    yield from mail.publish(EventType.OPEN, time, lambda _: _reader(mail, time))


def _click(mail: _Mail, click: Click, number: int) -> Iterator[Publication]:
    time = _read(mail) + mail.dice.within(CLICKING, "click", number)
    link_tags = {name: [value] for name, value in click.tags.items()} or None
    body = {**_reader(mail, time), "link": click.link, "linkTags": link_tags}
    yield from mail.publish(EventType.CLICK, time, lambda _: body)


def _subscription(mail: _Mail, unsubscribe: Unsubscribe) -> Iterator[Publication]:
    time = _read(mail) + mail.dice.within(CLICKING, "unsubscribe")

    def preferences(status: str) -> Json:
        choice = {"topicName": unsubscribe.topic, "subscriptionStatus": status}
        return {"unsubscribeAll": False, "topicSubscriptionStatus": [choice]}

    body: Json = {
        "contactList": unsubscribe.contact_list,
        "timestamp": _iso(time),
        "source": "UnsubscribeHeader",
        "newTopicPreferences": preferences("OptOut"),
        "oldTopicPreferences": preferences("OptIn"),
    }
    yield from mail.publish(EventType.SUBSCRIPTION, time, lambda _: body)


def _reject(mail: _Mail) -> Iterator[Publication]:
    time = mail.at + mail.dice.within(ACCEPTING, "reject")
    yield from mail.publish(EventType.REJECT, time, lambda _: {"reason": "Bad content"})


def _rendering_failure(mail: _Mail, failure: RenderingFailure) -> Iterator[Publication]:
    body: Json = {
        "templateName": failure.template,
        "errorMessage": f"The template asks for '{failure.attribute}', which the message does not give",
    }
    time = mail.at + mail.dice.within(ACCEPTING, "render")
    yield from mail.publish(EventType.RENDERING_FAILURE, time, lambda _: body)


def _in_identity(shape: Format, body: Json, extra: Json) -> Json:
    """Only identity notifications say which server SES talked to."""
    return {**body, **extra} if shape is Format.IDENTITY else body


def _reader(mail: _Mail, time: datetime) -> Json:
    return {
        "timestamp": _iso(time),
        "ipAddress": f"198.51.100.{64 + mail.dice.number(64, 'reader')}",
        "userAgent": "Mozilla/5.0 (compatible; a mail program)",
    }


def _delivered(mail: _Mail, domain: str) -> datetime:
    return mail.at + mail.dice.within(DELIVERING, "deliver", domain)


def _read(mail: _Mail) -> datetime:
    return mail.at + mail.dice.within(READING, "read")


def _remote_ip(mail: _Mail, domain: str) -> str:
    return f"198.51.100.{128 + mail.dice.number(128, 'remote', domain)}"


def _by_domain(recipients: Iterable[str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for address in recipients:
        grouped.setdefault(_domain(address), []).append(address)
    return grouped


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ses_id(time: datetime, uuid: UUID) -> str:
    """Ids that SES makes are a prefix of the Region, the milliseconds since 1970 in hex, and a UUID."""
    milliseconds = (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return f"0100{milliseconds:012x}-{uuid}-000000"
