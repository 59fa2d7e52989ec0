"""What SES publishes about mail, as large as it really is: made events, in any number."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b, md5
from itertools import cycle, islice
from types import MappingProxyType
from typing import Any

from msgspec import Struct

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Senders(Struct, frozen=True):
    """Who sends, and to which domains: the events take the names of each list by turns. Most may be empty.

    Without an identity an event counts in the account alone, which is less than SES ever tells.
    """

    configuration_sets: Sequence[str] = ()
    identities: Sequence[str] = ()
    tenants: Sequence[str] = ()
    campaigns: Sequence[str] = ()
    domains: Sequence[str] = ("outlook.com",)


def send(mail: dict[str, Any], _address: str, _time: str, _number: int) -> dict[str, Any]:
    """A Send event."""
    return {"eventType": "Send", "send": {}, "mail": mail}


def delivery(mail: dict[str, Any], address: str, time: str, _number: int) -> dict[str, Any]:
    """A Delivery event."""
    told = {
        "timestamp": time,
        "processingTimeMillis": 812,
        "recipients": [address],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "a42-141.smtp-out.amazonses.com",
    }
    return {"eventType": "Delivery", "delivery": told, "mail": mail}


def bounce(mail: dict[str, Any], address: str, time: str, number: int) -> dict[str, Any]:
    """A hard bounce, with a reply as long as those of the largest providers."""
    reply = (
        f"smtp; 550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). <{address}> "
        "[Name=Protocol Filter Agent][AGT=PFA][MxId=11BA5A2F1C7D9E30] [BN8NAM11FT043.eop-nam11.prod.protection."
        f"outlook.com 2026-03-02T08:00:00.000Z 08DE{number:012X}]"
    )
    return _bounced(mail, address, time, ("Permanent", "General", "5.5.0", reply))


def soft_bounce(mail: dict[str, Any], address: str, time: str, _number: int) -> dict[str, Any]:
    """A soft bounce."""
    reply = f"smtp; 452 4.2.2 <{address}>: the mailbox is over quota"
    return _bounced(mail, address, time, ("Transient", "MailboxFull", "4.2.2", reply))


def _bounced(mail: dict[str, Any], address: str, time: str, why: tuple[str, str, str, str]) -> dict[str, Any]:
    kind, subtype, status, reply = why
    recipient = {"emailAddress": address, "action": "failed", "status": status, "diagnosticCode": reply}
    told = {
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": [recipient],
        "timestamp": time,
        "feedbackId": f"{mail['messageId'][:16]}-feedback-000000",
        "reportingMTA": "dns; a42-141.smtp-out.amazonses.com",
    }
    return {"eventType": "Bounce", "bounce": told, "mail": mail}


def complaint(mail: dict[str, Any], address: str, time: str, _number: int) -> dict[str, Any]:
    """A complaint."""
    told = {
        "complainedRecipients": [{"emailAddress": address}],
        "timestamp": time,
        "complaintSubType": None,
        "complaintFeedbackType": "abuse",
        "userAgent": "feedback loop",
        "feedbackId": f"{mail['messageId'][:16]}-feedback-000000",
    }
    return {"eventType": "Complaint", "complaint": told, "mail": mail}


Kind = Callable[[dict[str, Any], str, str, int], dict[str, Any]]

MIX: Sequence[Kind] = (*[*[send] * 9, bounce] * 4, *[send] * 9, complaint) * 2
"""Of 100 events 90 sends, 8 bounces and 2 complaints: more than anybody may have, and every ten hold one."""

KINDS: Mapping[str, Sequence[Kind]] = MappingProxyType(
    {"sends": (send,), "deliveries": (delivery,), "bounces": (bounce,), "complaints": (complaint,), "a mix": MIX}
)
"""The sorts of events that are compared."""


def events(kinds: Sequence[Kind], senders: Senders, number: int, *, first: int = 0) -> Iterator[str]:
    """So many different events, all within an hour, from the one with a number on."""
    for n, kind in zip(range(first, first + number), islice(cycle(kinds), number), strict=True):
        address = f"person-{n:08}@{senders.domains[n % len(senders.domains)]}"
        time = START + timedelta(milliseconds=(n * 37) % 3_600_000)
        written = f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z"
        yield json.dumps(kind(_mail(senders, n, address, written), address, written, n))


def invocation(bodies: Sequence[str]) -> dict[str, Any]:
    """A batch of a queue as Lambda hands it to a function."""
    return {"Records": list(map(_record, bodies))}


def _record(body: str) -> Mapping[str, Any]:
    digest = md5(body.encode(), usedforsecurity=False).hexdigest()
    return {
        "messageId": f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1772788519124",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1772788519133",
        },
        "messageAttributes": {},
        "md5OfBody": digest,
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:ses-reputation-VolumeQueue",
        "awsRegion": "eu-west-1",
    }


def _mail(senders: Senders, n: int, address: str, time: str) -> dict[str, Any]:
    def of(names: Sequence[str]) -> str | None:
        return names[n % len(names)] if names else None

    digest = blake2b(f"{n}".encode(), digest_size=18).hexdigest()
    message_id = f"0100{n:012x}-{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}-000000"
    identity = of(senders.identities)
    source = f"Spring News <news@{identity}>" if identity else ""
    tags = {
        "ses:operation": "SendEmail",
        "ses:source-ip": "192.0.2.10",
        "ses:caller-identity": "mailer",
        "ses:from-domain": identity,
        "ses:configuration-set": of(senders.configuration_sets),
        "ses:tenant-name": of(senders.tenants),
        "campaign": of(senders.campaigns),
    }
    return {
        "timestamp": time,
        "source": source,
        **({"sourceArn": f"arn:aws:ses:us-east-1:123456789012:identity/{identity}"} if identity else {}),
        "sendingAccountId": "123456789012",
        "messageId": message_id,
        "destination": [address],
        "headersTruncated": False,
        "headers": [
            {"name": "From", "value": source},
            {"name": "To", "value": address},
            {"name": "Subject", "value": "What to plant in March"},
            {"name": "Date", "value": "Mon, 02 Mar 2026 08:00:00 +0000"},
            {"name": "MIME-Version", "value": "1.0"},
            {"name": "Content-Type", "value": "text/html; charset=UTF-8"},
        ],
        "commonHeaders": {
            "from": [source],
            "date": "Mon, 02 Mar 2026 08:00:00 +0000",
            "to": [address],
            "messageId": message_id,
            "subject": "What to plant in March",
        },
        "tags": {name: [value] for name, value in tags.items() if value},
    }
