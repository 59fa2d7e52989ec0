"""Mail as SES tells of it: Lambda events of SQS, whose messages are SES's own JSON, as they come raw from a topic.

One configuration set, one identity, some mailbox providers, and one hour. Of a hundred events fifty are sends, 46 are
deliveries, two hard bounces, one is a soft bounce and one a complaint: a list that is bad enough for SES to look at.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import md5
from itertools import cycle, islice
from typing import Any, Final

Invocation = dict[str, Any]

HOUR: Final = "2026-03-06T09"

_MAIL: Final = {
    "timestamp": f"{HOUR}:#MINUTE#:#SENT#Z",
    "source": "Spring News <news@news.example>",
    "sourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/news.example",
    "sendingAccountId": "123456789012",
    "messageId": "#MESSAGE#",
    "destination": ["#ADDRESS#"],
    "headersTruncated": False,
    "headers": [
        {"name": "From", "value": "Spring News <news@news.example>"},
        {"name": "To", "value": "#ADDRESS#"},
        {"name": "Subject", "value": "What to plant in March"},
        {"name": "MIME-Version", "value": "1.0"},
        {"name": "Content-Type", "value": "text/plain; charset=UTF-8"},
    ],
    "commonHeaders": {
        "from": ["Spring News <news@news.example>"],
        "to": ["#ADDRESS#"],
        "messageId": "#MESSAGE#",
        "subject": "What to plant in March",
    },
    "tags": {
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": ["newsletter"],
        "ses:source-ip": ["192.0.2.10"],
        "ses:from-domain": ["news.example"],
        "ses:caller-identity": ["mailer"],
    },
}

_TOLD: Final = f"{HOUR}:#MINUTE#:#TOLD#Z"


def _bounce(kind: str, subtype: str, status: str, said: str) -> Mapping[str, Any]:
    recipient = {"emailAddress": "#ADDRESS#", "action": "failed", "status": status, "diagnosticCode": said}
    return {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": kind,
            "bounceSubType": subtype,
            "bouncedRecipients": [recipient],
            "timestamp": _TOLD,
            "feedbackId": "#MESSAGE#",
            "reportingMTA": "dns; a42-141.smtp-out.amazonses.com",
        },
        "mail": _MAIL,
    }


_SEND: Final = {"eventType": "Send", "mail": _MAIL, "send": {}}
_DELIVERY: Final = {
    "eventType": "Delivery",
    "mail": _MAIL,
    "delivery": {
        "timestamp": _TOLD,
        "processingTimeMillis": 4568,
        "recipients": ["#ADDRESS#"],
        "smtpResponse": "250 2.0.0 4E8772E6F9 taken for delivery",
        "reportingMTA": "a42-141.smtp-out.amazonses.com",
    },
}
_HARD: Final = _bounce("Permanent", "NoEmail", "5.1.1", "smtp; 550 5.1.1 <#ADDRESS#>: nobody here has this address")
_SOFT: Final = _bounce("Transient", "MailboxFull", "4.2.2", "smtp; 452 4.2.2 <#ADDRESS#>: the mailbox is over quota")
_COMPLAINT: Final = {
    "eventType": "Complaint",
    "complaint": {
        "complainedRecipients": [{"emailAddress": "#ADDRESS#"}],
        "timestamp": _TOLD,
        "complaintSubType": None,
        "complaintFeedbackType": "abuse",
        "feedbackId": "#MESSAGE#",
        "userAgent": "a feedback loop",
    },
    "mail": _MAIL,
}

MIX: Final = (
    (_SEND, _DELIVERY) * 23
    + (_HARD, _SEND, _SOFT, _SEND)
    + (_SEND, _DELIVERY) * 23
    + (
        _HARD,
        _SEND,
        _COMPLAINT,
        _SEND,
    )
)
"""A hundred events, in the order in which they come."""

_DOMAINS: Final = ("gmail.com",) * 8 + ("outlook.com",) * 4 + ("yahoo.com",) * 3 + ("icloud.com", "firm.example") * 2
_MEASURES: Final = {
    "Send": "sent",
    "Delivery": "delivered",
    "Permanent": "hard_bounced",
    "Transient": "soft_bounced",
    "Complaint": "complained",
}


def invocations(events: int, batch: int, first: int) -> list[Invocation]:
    """So many events in batches. Those of another `first` number are other mails, whoever counts them."""
    messages = list(islice(_messages(first), events))
    return [{"Records": list(map(_record, messages[at : at + batch]))} for at in range(0, events, batch)]


def totals(batches: Sequence[Invocation]) -> Counter[str]:
    """What these events come to in each of their scopes, by what is counted."""
    told = (json.loads(record["body"]) for batch in batches for record in batch["Records"])
    return Counter(_MEASURES[event.get("bounce", {}).get("bounceType", event["eventType"])] for event in told)


_TEXTS: Final = tuple(json.dumps(event) for event in MIX)


def _messages(first: int) -> Iterator[str]:
    for number, text, domain in zip(range(first, first + 10**9), cycle(_TEXTS), cycle(_DOMAINS), strict=False):
        yield (
            text.replace("#MESSAGE#", f"0100019cc26dc6f6-{number:08x}-3a22-41bd-850b-5466f880b0e6-000000")
            .replace("#ADDRESS#", f"reader{number}@{domain}")
            .replace("#MINUTE#", f"{number // 20 % 60:02d}")
            .replace("#SENT#", f"{number % 50:02d}.{number * 7 % 1000:03d}")
            .replace("#TOLD#", f"{number % 50 + 4:02d}.{number * 11 % 1000:03d}")
        )


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
