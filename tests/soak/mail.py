"""Random mail: messages of all kinds, and whatever can become of them, as SES tells it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from ses_reputation_local.ses_mail import (
    DELAYS,
    DIAGNOSES,
    SIMULATOR_DOMAIN,
    Bounce,
    BounceSubtype,
    BounceType,
    Click,
    Complaint,
    Delay,
    FeedbackType,
    Format,
    Message,
    Open,
    Outcome,
    Publication,
    Reject,
    RenderingFailure,
    Unsubscribe,
)
from ses_reputation_local.ses_simulator import SesSimulator
from tests.soak.model import OWN_DOMAIN

MORNING: Final = datetime(2026, 3, 6, 9, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)

SETS: Final = ("newsletter", "receipts", "alerts")
TENANTS: Final = ("acme", "hill-bikes")

_SOURCES: Final = (f"Shop <news@{OWN_DOMAIN}>", "billing@bikes.example")
_DOMAINS: Final = ("gmail.com", "gmail.com", "yahoo.co.uk", "outlook.com", "proton.me", "firm.example", OWN_DOMAIN)
_SIMULATED: Final = ("bounce", "complaint", "suppressionlist", "success", "ooto")
_GONE: Final = (BounceType.PERMANENT, BounceSubtype.NO_EMAIL)
_WITHHELD: Final = (None, None, None, BounceSubtype.ON_ACCOUNT_SUPPRESSION_LIST)


def draw_mail(random: Random, count: int, *, complaining: bool = False) -> list[Publication]:
    """What SES tells of so many messages, by message; of each a complaint that is taken back, if that is wanted."""
    simulator = SesSimulator(f"history/{random.randrange(1 << 30)}")
    badness = random.choice((0.05, 0.2, 0.5, 0.8))
    told: list[Publication] = []
    for number in range(count):
        message = _message(random, number)
        at = MORNING + random.randrange(0, 6 * 60) * MINUTE
        outcomes = _taken_back(message) if complaining else _outcomes(random, message, badness)
        told += simulator.send(at, message, *outcomes)
    return told


def _message(random: Random, number: int) -> Message:
    configuration_set = random.choice((None, *SETS))
    formats = {Format.IDENTITY} if configuration_set is None else {Format.CONFIGURATION_SET}
    if random.random() < 0.3:
        formats.add(Format.IDENTITY)
    recipients = {f"reader-{number}-{n}@{random.choice(_DOMAINS)}" for n in range(random.choice((1, 1, 1, 2, 5)))}
    if random.random() < 0.1:
        recipients.add(f"{random.choice(_SIMULATED)}@{SIMULATOR_DOMAIN}")
    if random.random() < 0.1:
        recipients.add(f"Somebody-{number}@Gmail.com")
    return Message(
        random.choice(_SOURCES),
        tuple(sorted(recipients)),
        configuration_set,
        tenant=random.choice((None, *TENANTS)) if configuration_set else None,
        tags={"campaign": "spring"} if random.random() < 0.3 else {},
        formats=frozenset(formats),
    )


def _outcomes(random: Random, message: Message, badness: float) -> Iterator[Outcome]:
    """What becomes of a message: of each recipient one bounce at most, and one delay; of a domain one complaint, which
    may be taken back.
    """
    if random.random() < 0.04:
        yield random.choice((Reject(), RenderingFailure("welcome", "name")))
        return
    if random.random() < 0.05:
        yield random.choice((Open(), Click("https://shop.example/"), Unsubscribe("news", "offers")))
    complained = set()
    for address in message.recipients:
        domain = address.rpartition("@")[2].lower()
        if domain == SIMULATOR_DOMAIN:
            continue
        if random.random() < badness / 2:
            yield Delay((address,), random.choice([*DELAYS]))
        if random.random() < badness:
            kind = random.choice([*DIAGNOSES, *([_GONE] * 12)])
            yield Bounce(
                (address,), *kind, after_delivery=kind[0] is not BounceType.PERMANENT and random.random() < 0.2
            )
        elif random.random() < badness / 2 and domain not in complained:
            complained.add(domain)
            complaint = Complaint(address, random.choice([None, *FeedbackType]), random.choice(_WITHHELD))
            yield complaint
            if complaint.feedback_type is not FeedbackType.NOT_SPAM and random.random() < 0.3:
                yield Complaint(address, FeedbackType.NOT_SPAM)


def _taken_back(message: Message) -> Iterator[Outcome]:
    """Everybody outside of the mailbox simulator complains, each alone at his provider, and takes it back."""
    for addresses in _by_domain(message.recipients).values():
        yield Complaint(addresses[0])
        yield Complaint(addresses[0], FeedbackType.NOT_SPAM)


def _by_domain(addresses: Iterable[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for address in addresses:
        domain = address.rpartition("@")[2].lower()
        if domain != SIMULATOR_DOMAIN:
            found.setdefault(domain, []).append(address)
    return found
