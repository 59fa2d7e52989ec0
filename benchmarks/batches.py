"""Mail in batches, as Lambda takes it from the queues, and what it comes to.

One configuration set, one identity, some mailbox providers, and one hour. Of a hundred events fifty are sends, 46 are
deliveries, two hard bounces, one is a soft bounce and one a complaint: a list that is bad enough for SES to look at.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from benchmarks.mail import START, Senders, bounce, complaint, delivery, events, invocation, send, soft_bounce

Invocation = dict[str, Any]

HOUR: Final = f"{START:%Y-%m-%dT%H}"

_SENT: Final = (send, delivery) * 23
HUNDRED: Final = (*_SENT, bounce, send, soft_bounce, send, *_SENT, bounce, send, complaint, send)
"""A hundred events, in the order in which they come."""

_DOMAINS: Final = ("gmail.com",) * 8 + ("outlook.com",) * 4 + ("yahoo.com",) * 3 + ("icloud.com", "firm.example") * 2
_SENDERS: Final = Senders(("newsletter",), ("news.example",), domains=_DOMAINS)
_MEASURES: Final = {
    "Send": "sent",
    "Delivery": "delivered",
    "Permanent": "hard_bounced",
    "Transient": "soft_bounced",
    "Complaint": "complained",
}


def invocations(number: int, batch: int, first: int) -> list[Invocation]:
    """So many events in batches. Those of another `first` number are other mails, whoever counts them."""
    bodies = list(events(HUNDRED, _SENDERS, number, first=first))
    return [invocation(bodies[at : at + batch]) for at in range(0, number, batch)]


def totals(batches: Sequence[Invocation]) -> Counter[str]:
    """What these events come to in each of their scopes, by what is counted."""
    told = (json.loads(record["body"]) for batch in batches for record in batch["Records"])
    return Counter(_MEASURES[event.get("bounce", {}).get("bounceType", event["eventType"])] for event in told)
