"""What an event adds to which counts, and by which rule."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from datetime import time as clock_time
from functools import lru_cache
from itertools import starmap

from msgspec import Struct

from ses_reputation.domain.eligibility import (
    Measure,
    bounce_rule,
    complaint_rule,
    is_in_a_rate,
    is_judged,
    is_unknown,
    reply_measure,
)
from ses_reputation.domain.events import (
    Bounce,
    Complaint,
    Delay,
    Delivery,
    Event,
    Mail,
    Recipient,
    Send,
    Uncounted,
)
from ses_reputation.domain.providers import NOT_PROVIDERS, AddressBook
from ses_reputation.domain.recipients import IN_FULL, Keeping, KeptRecipient, without_addresses
from ses_reputation.domain.replies import classify
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind, scope

Increments = Mapping[tuple[str, Measure], int]
"""How much is added, by mailbox provider and measure."""

Cell = tuple[Scope, datetime]
"""A scope and an hour."""


class Entry(Struct, frozen=True, gc=False):
    """One thing to count once: a message sent, or one recipient's delivery, bounce or delay, or one complaint.

    `message_id` and `name` identify it from the event's own content, so every copy of the event makes the same entry,
    whatever its envelope or format, as long as recipients are kept in one way. `time` is the event's, `sent` its
    mail's. `unknown_subtype` names a bounce's, if it counts only because nobody knows it.
    """

    message_id: str
    name: str
    time: datetime
    sent: datetime
    scopes: tuple[Scope, ...]
    increments: Increments
    recipients: tuple[KeptRecipient, ...] = ()
    reason: str | None = None
    unknown_subtype: str | None = None

    @property
    def counts(self) -> bool:
        """Whether anything is judged by it; otherwise it is only kept, to be able to say what was left out."""
        return any(starmap(is_judged, self.increments))

    @property
    def key(self) -> tuple[str, str]:
        """What the receipt is found by."""
        return self.message_id, self.name

    @property
    def hour(self) -> datetime:
        """The full hour that it counts in: the event's own, never that of its arrival."""
        return hour_of(self.time)


def hour_of(time: datetime) -> datetime:
    """The full hour that a moment is in."""
    return _full_hour(time.date(), time.hour, time.tzinfo)


def week_of(time: datetime) -> datetime:
    """The Monday, at midnight in UTC, on which the week of a moment began."""
    return (time - timedelta(days=time.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)


# To make an hour and to hash it for the first time takes 2 us, and a batch is about few hours.
@lru_cache(maxsize=1024)
def _full_hour(day: date, hour: int, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, clock_time(hour), zone)


def entries(event: Event, addresses: AddressBook, keeping: Keeping = IN_FULL) -> Iterator[Entry]:
    """Everything that an event counts, also what is in no rate; nothing for one that counts nothing."""
    match event:
        case Send(mail, time, recipients):
            increments = _sent(recipients, addresses)
            yield Entry(mail.message_id, Measure.SENT, time, mail.sent or time, scopes_of(mail), increments)
        case Delivery(mail, time, recipients):
            for recipient in _unique(recipients):
                trapped = Measure.SPAMTRAPPED if addresses.is_spamtrap(recipient.address) else None
                yield _recipient_entry(Measure.DELIVERED, mail, time, recipient, addresses, keeping, also=trapped)
        case Bounce(mail, time, recipients, bounce_type, subtype):
            measure = bounce_rule(bounce_type, subtype).measure
            said = f"{_word(bounce_type)}/{_word(subtype)}"
            unknown = _word(subtype) if is_unknown(bounce_type, subtype) else None
            for recipient in _unique(recipients):
                # Of mail that SES never tried to deliver no server has said anything.
                also = None if measure is Measure.NOT_ATTEMPTED else _reply_measure(recipient, subtype)
                yield _recipient_entry(
                    measure,
                    mail,
                    time,
                    recipient,
                    addresses,
                    keeping,
                    also=also,
                    reason=said,
                    unknown_subtype=unknown,
                )
        case Delay(mail, time, recipients, delay_type):
            for recipient in _unique(recipients):
                also = _reply_measure(recipient, delay_type)
                yield _recipient_entry(
                    Measure.DELAYED, mail, time, recipient, addresses, keeping, also=also, reason=_word(delay_type)
                )
        case Complaint(mail, time, recipients, subtype, feedback_type):
            # One complaint per notification: all its recipients are suspects of the same one complaint.
            measure = complaint_rule(subtype, feedback_type).measure
            suspects = _unique(recipients)
            name = f"{measure}#{keeping.identity(mail.message_id, *sorted(r.address for r in suspects))}"
            increments = {(_complaining(suspects, measure, addresses), measure): 1}
            reason = _word(feedback_type or "unspecified")
            kept = tuple(map(keeping.kept, suspects))
            sent = mail.sent or time
            yield Entry(mail.message_id, name, time, sent, scopes_of(mail), increments, kept, reason)
        case Uncounted():
            pass


def scopes_of(mail: Mail) -> tuple[Scope, ...]:
    """The scopes that a message counts in, the account first. Providers are not among them: see `provider_scopes`."""
    return _scopes_named(mail.configuration_set, mail.identity, mail.tenant, mail.tags)


# The mails of a stream are all in the same scopes: to name them anew for each is 2 of the 20 us that an event costs.
@lru_cache(maxsize=1024)
def _scopes_named(
    configuration_set: str | None,
    identity: str | None,
    tenant: str | None,
    tags: tuple[tuple[str, str], ...],
) -> tuple[Scope, ...]:
    named = (
        (ScopeKind.CONFIGURATION_SET, configuration_set),
        (ScopeKind.IDENTITY, identity),
        (ScopeKind.TENANT, tenant),
        *((ScopeKind.TAG, f"{name}={value}") for name, value in tags),
    )
    return (ACCOUNT, *(scope(kind, name) for kind, name in named if name))


def provider_scopes(increments: Iterable[tuple[str, Measure]]) -> set[Scope]:
    """The mailbox providers that these increments touch.

    Their counts are a view of the account's own, which are kept by provider; OTHER is many providers, and so no scope.
    """
    return {scope(ScopeKind.PROVIDER, name) for name in {provider for provider, _ in increments} - NOT_PROVIDERS}


def _recipient_entry(
    measure: Measure,
    mail: Mail,
    time: datetime,
    recipient: Recipient,
    addresses: AddressBook,
    keeping: Keeping,
    *,
    also: Measure | None = None,
    reason: str | None = None,
    unknown_subtype: str | None = None,
) -> Entry:
    """What one recipient adds to a measure, and `also` to another, if anything is judged by this recipient.

    SES tells of a delay again while it goes on trying. That is a new fact only if the reply is of another class.
    """
    told = (recipient.address, also) if also and measure is Measure.DELAYED else (recipient.address,)
    name = f"{measure}#{keeping.identity(mail.message_id, *told)}"
    provider = addresses.provider_of(recipient.address)
    increments = {(provider, measure): 1}
    if also and is_judged(provider, also):
        increments[provider, also] = 1
    recorded = (keeping.kept(recipient),) if reason else ()  # a delivery needs no record of whom it reached
    sent = mail.sent or time
    return Entry(mail.message_id, name, time, sent, scopes_of(mail), increments, recorded, reason, unknown_subtype)


def _word(of_ses: str) -> str:
    """A word of SES as it is kept and logged. Whoever publishes in its place may have put an address there."""
    return without_addresses(of_ses, "")


def _reply_measure(recipient: Recipient, ses_word: str) -> Measure:
    return reply_measure(classify(recipient.status, recipient.reply, ses_word).reply_class)


def _sent(recipients: tuple[Recipient, ...], addresses: AddressBook) -> Increments:
    by_provider: dict[tuple[str, Measure], int] = {}
    for recipient in _unique(recipients):
        provider, trapped = addresses.provider_of(recipient.address), addresses.is_spamtrap(recipient.address)
        for measure in (Measure.SENT, Measure.SPAMTRAPPED) if trapped else (Measure.SENT,):
            by_provider[provider, measure] = by_provider.get((provider, measure), 0) + 1
    return by_provider


def _complaining(suspects: tuple[Recipient, ...], measure: Measure, addresses: AddressBook) -> str:
    """The provider that sent a complaint: the first suspect's that can be in a rate, if there is one."""
    providers = [addresses.provider_of(suspect.address) for suspect in suspects]
    return next((provider for provider in providers if is_in_a_rate(provider, measure)), providers[0])


def _unique(recipients: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
    return recipients if len(recipients) == 1 else tuple({r.address: r for r in recipients}.values())
