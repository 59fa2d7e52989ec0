"""The suppression list: what an event says of its recipients, and what has to be done about their entries."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum, StrEnum, auto

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.eligibility import Measure, bounce_rule, complaint_rule
from ses_reputation.domain.events import Bounce, Complaint, Event, Mail
from ses_reputation.domain.providers import SIMULATOR_DOMAIN, domain_of


class Reason(StrEnum):
    """Why an address is on a suppression list, in SES's words."""

    BOUNCE = "BOUNCE"
    COMPLAINT = "COMPLAINT"


class ListScope(StrEnum):
    """Whose suppression list SES uses for a message."""

    ACCOUNT = "ACCOUNT"
    TENANT = "TENANT"


# What belongs on the list is what is in a rate. All else is on a list already, may pass, or is no recipient's doing.
REASONS: Mapping[Measure, Reason] = {
    Measure.HARD_BOUNCED: Reason.BOUNCE,
    Measure.COMPLAINED: Reason.COMPLAINT,
}


class Claim(Struct, frozen=True):
    """What an event says of one recipient of a message.

    The measure is HARD_BOUNCED, COMPLAINED, or NOT_SPAM, which takes a complaint back.
    """

    mail: Mail
    address: str
    measure: Measure
    time: datetime

    @property
    def reason(self) -> Reason | None:
        """Why the recipient belongs on the list; None if the claim speaks for taking him off."""
        return REASONS.get(self.measure)


def claims(event: Event) -> Iterator[Claim]:
    """What an event says of its recipients, each named once. Nothing of those at the mailbox simulator, which SES does
    not list either, and nothing if it names several suspects.

    https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
    """
    match event:
        case Bounce(type=bounce_type, subtype=subtype):
            yield from _claims(event, bounce_rule(bounce_type, subtype).measure)
        case Complaint(subtype=subtype, feedback_type=feedback_type) if not names_several_suspects(event):
            yield from _claims(event, complaint_rule(subtype, feedback_type).measure)


def names_several_suspects(event: Event) -> bool:
    """Whether nobody can tell who complained, or who said that it is not spam.

    Most providers hide who it was. SES then names every recipient of the message at that provider, of whom all but one
    are innocent. https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#complained-recipients
    """
    return isinstance(event, Complaint) and len(_addresses(event)) > 1


def _claims(event: Bounce | Complaint, measure: Measure) -> Iterator[Claim]:
    if measure in _FIELDS:
        for address in _addresses(event):
            if domain_of(address) != SIMULATOR_DOMAIN:
                yield Claim(event.mail, address, measure, event.time)


def _addresses(event: Bounce | Complaint) -> tuple[str, ...]:
    return tuple(dict.fromkeys(recipient.address for recipient in event.recipients))


# -- What SES does by itself -------------------------------------------------------------------------------------------


class Preferences(Struct, frozen=True):
    """For which reasons SES lists a recipient by itself, and on whose list. None is not set here."""

    reasons: frozenset[Reason] | None = None
    scope: ListScope | None = None


def preferences_of_mail(account: Preferences, configuration_set: Preferences, tenant: Preferences) -> Preferences:
    """What SES does with the mail of a configuration set and a tenant: what is set nearest to the mail counts.

    A configuration set that overrides the account with no reason at all means none.
    https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list-config-level.html
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SuppressionOptions.html
    """
    scope = configuration_set.scope or tenant.scope or ListScope.ACCOUNT
    wider = tenant if scope is ListScope.TENANT else account
    reasons = wider.reasons if configuration_set.reasons is None else configuration_set.reasons
    return Preferences(reasons or frozenset(), scope)


# -- What is to be done about an entry ---------------------------------------------------------------------------------


class Entry(Struct, frozen=True):
    """An entry of the account's list. SES notes with those that it made which message they come from.

    A reason of None is one that is not known here, so that somebody else has put it.
    """

    reason: Reason | None
    made_by_ses: bool = False


class History(Struct, frozen=True):
    """The newest of what was said of a recipient, and the entry that was made here because of it.

    `put` is the reason that the entry was made with, or was about to be made with. If it is not `settled`, nobody knows
    whether the list was changed: the call that did it was not answered, or is under way.
    """

    bounced: datetime | None = None
    complained: datetime | None = None
    not_spam: datetime | None = None
    put: Reason | None = None
    settled: bool = True

    def after(self, claim: Claim) -> "History":
        """The same with one more claim. In which order claims come, and how often, makes no difference."""
        field = _FIELDS[claim.measure]
        known: datetime | None = getattr(self, field)
        return self if known and known >= claim.time else replace(self, **{field: claim.time})

    @property
    def wanted(self) -> Reason | None:
        """Why the recipient belongs on the list; None if he does not.

        A hard bounce is for good. A complaint is until a later report that it is not spam.
        """
        if self.bounced:
            return Reason.BOUNCE
        if self.complained and not (self.not_spam and self.not_spam > self.complained):
            return Reason.COMPLAINT
        return None

    @property
    def concerns_the_list(self) -> bool:
        """Whether there may be something to do about an entry."""
        return self.wanted is not None or self.put is not None


_FIELDS: Mapping[Measure, str] = {
    Measure.HARD_BOUNCED: "bounced",
    Measure.COMPLAINED: "complained",
    Measure.NOT_SPAM: "not_spam",
}


class Action(Enum):
    """What to do about an entry. CONFIRM is nothing, since the entry is there: an earlier call was not in vain."""

    PUT = auto()
    REMOVE = auto()
    CONFIRM = auto()
    LEAVE = auto()


class Step(Struct, frozen=True):
    """What to do, and the histories to keep: the one before it is done, and the one after."""

    action: Action
    before: History
    after: History


def next_step(history: History, listed: Entry | None, claim: Claim, *, taken_off: bool = False) -> Step:
    """What makes the list agree with a recipient's history, which has this claim in it. `listed` is his entry now.

    An entry that somebody else made is left alone, and from then on is not taken for ours. What somebody took off comes
    on again by a new reason alone: that something is not spam is none. `taken_off` is whether it was just taken off
    here, perhaps in vain.
    """
    wanted = history.wanted
    ours = listed is not None and _is_ours(history, listed)
    our_complaint = ours and listed is not None and listed.reason is Reason.COMPLAINT
    if wanted and (claim.reason or taken_off) and (listed is None or (our_complaint and wanted is Reason.BOUNCE)):
        put = replace(history, put=wanted, settled=False)
        return Step(Action.PUT, put, replace(put, settled=True))
    # Like SES, which takes off complaints alone when it hears that something is not spam.
    # https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list-tenant-level.html
    if wanted is None and our_complaint:
        return Step(Action.REMOVE, replace(history, settled=False), replace(history, put=None, settled=True))
    if not history.settled and (listed is None or (ours and listed.reason is not history.put)):
        # Somebody may be about to put what is not there yet, or was taken back meanwhile. He comes by again, and then
        # it has to be known.
        return Step(Action.LEAVE, history, history)
    after = replace(history, put=history.put if ours else None, settled=True)
    return Step(Action.CONFIRM if ours and not history.settled else Action.LEAVE, history, after)


def _is_ours(history: History, listed: Entry) -> bool:
    """Whether an entry is the one that was made here. One with another reason was made over by somebody else, unless it
    was being changed when that was last heard of.
    """
    if history.put is None or listed.reason is None or listed.made_by_ses:
        return False
    return not history.settled or listed.reason is history.put
