"""The use case of `ses-reputation forget`: take one person out of what is kept of recipients.

A receipt stays, as the proof that its event was counted: without it a copy that comes late would count again.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from msgspec import Struct

from ses_reputation.domain.recipients import KeptRecipient, Person, forget

PARTS = 32
"""In so many parts receipts are read, so that whoever waits can be told how far it is."""

ATTEMPTS = 5


class Named(Struct, frozen=True):
    """A receipt that names recipients."""

    message_id: str
    entry: str
    recipients: tuple[KeptRecipient, ...]


class Part(Struct, frozen=True):
    """One part of all receipts: how many items were looked at, and those that name recipients."""

    looked_at: int
    named: Sequence[Named]


class PersonalItems(Protocol):
    """What is kept of persons, as it is at that moment."""

    def parts(self, number: int) -> Iterator[Part]:
        """All receipts in so many parts."""

    def read(self, receipt: Named) -> Named | None:
        """The same receipt as it is now; None if it is gone."""

    def rewrite(self, receipt: Named, recipients: Sequence[KeptRecipient]) -> bool:
        """Let a receipt name these recipients; False, and nothing written, if it is not as it was read."""

    def has_history(self, digest: str) -> bool:
        """Whether something is known of the suppression of the recipient whom this stands for."""

    def delete_history(self, digest: str) -> None:
        """Forget what is known of it. One that is not there is no error."""


class Sighting(Struct, frozen=True):
    """Where a person was found in one part: how many items were looked at, and the receipts to be written anew.

    `pseudonyms` is how many of the others hold some, none of which is his under the keys that are given.
    """

    looked_at: int
    receipts: Sequence[Named]
    pseudonyms: int


class NotForgotten(RuntimeError):
    """A receipt kept changing while it was written. What was done stays, and to run it again goes on from there."""


def look_for(person: Person, items: PersonalItems) -> Iterator[Sighting]:
    """The receipts that know of a person, part by part. There are PARTS of them."""
    for part in items.parts(PARTS):
        receipts, pseudonyms = list[Named](), 0
        for named in part.named:
            if forget(named.recipients, person):
                receipts.append(named)
            else:
                pseudonyms += any(recipient.pseudonym for recipient in named.recipients)
        yield Sighting(part.looked_at, receipts, pseudonyms)


def histories(person: Person, items: PersonalItems) -> list[str]:
    """What the histories are found by that are kept of a person: those of earlier settings, too."""
    return [digest for digest in person.histories if items.has_history(digest)]


def carry_out(person: Person, receipts: Sequence[Named], found: Sequence[str], items: PersonalItems) -> Iterator[int]:
    """Take a person out of these receipts, and delete these histories; after each, how many things were done.

    To do it twice does no harm. NotForgotten if others kept changing a receipt.
    """
    for receipt in receipts:
        _take_out(person, receipt, items)
        yield 1
    for digest in found:
        items.delete_history(digest)
        yield 1


def _take_out(person: Person, receipt: Named, items: PersonalItems) -> None:
    now: Named | None = receipt
    for _ in range(ATTEMPTS):
        after = forget(now.recipients, person) if now else None
        if now is None or after is None or items.rewrite(now, after):
            return
        now = items.read(receipt)
    raise NotForgotten("a receipt kept changing while the recipient was taken out of it; run it again")
