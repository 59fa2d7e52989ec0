"""What is kept of a recipient, and what identifies him where his address is not to be.

An address that stands behind a digest without a key can be guessed: whoever has a list of addresses computes the digest
of each. So where addresses are not kept, everything that is made from one needs the deployment's own key.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.domain.events import Recipient
from ses_reputation.domain.providers import AddressBook

SOMEBODY = "(recipient)"
"""What stands in a text where an address was."""

NOT_KEPT = "(not kept)"
"""What is shown in place of a recipient of whom no name is kept."""

MAX_ADDRESS = 320
"""In so many bytes an address has to fit, since it becomes a part of items."""

LEAST_KEY = 32
"""So many bytes of a key at least: fewer could be guessed."""

_PROVIDERS = AddressBook()


class RecipientStorage(StrEnum):
    """What receipts hold of recipients: addresses, pseudonyms that need a key, or neither."""

    FULL = "full"
    HASHED = "hashed"
    NONE = "none"


class RecipientKey(bytes):
    """The key of a deployment, which is shown to nobody who only looks at what holds it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'...'"

    __str__ = __repr__


class KeptRecipient(Struct, frozen=True, gc=False):
    """What a receipt holds of one recipient. `provider` is the mailbox provider, where no address tells it."""

    address: str | None = None
    status: str | None = None
    reply: str | None = None
    pseudonym: str | None = None
    provider: str | None = None

    @property
    def name(self) -> str | None:
        """What tells him from others: the address, or else the pseudonym; None if neither is kept."""
        return self.address or self.pseudonym

    @property
    def mailbox_provider(self) -> str:
        """The mailbox provider behind the address, as the table of providers has it."""
        return self.provider or _PROVIDERS.provider_of(self.address or "")


class Keeping(Struct, frozen=True):
    """How a deployment keeps recipients. The key may be absent only if addresses are kept."""

    storage: RecipientStorage = RecipientStorage.FULL
    key: RecipientKey = RecipientKey()

    def __post_init__(self) -> None:
        if self.storage is not RecipientStorage.FULL and len(self.key) < LEAST_KEY:
            raise ValueError(f"a key has {LEAST_KEY} bytes or more")

    def identity(self, message_id: str, *told: str) -> str:
        """What tells the recipients of a message apart in the names of its receipts.

        With a key it is another for each message, so that it does not tell that two of them went to the same person.
        """
        return digest(*told) if self.storage is RecipientStorage.FULL else keyed(self.key, "entry", message_id, *told)

    def history(self, address: str) -> str:
        """What the history of a recipient is found by, whatever message it is about."""
        return digest(address) if self.storage is RecipientStorage.FULL else keyed(self.key, "history", address)

    def kept(self, recipient: Recipient) -> KeptRecipient:
        """What a receipt holds of this recipient."""
        if self.storage is RecipientStorage.FULL:
            return KeptRecipient(recipient.address, recipient.status, recipient.reply)
        return KeptRecipient(
            status=_told(recipient.status, recipient.address),
            reply=_told(recipient.reply, recipient.address),
            pseudonym=pseudonym(self.key, recipient.address) if self.storage is RecipientStorage.HASHED else None,
            provider=_PROVIDERS.provider_of(recipient.address),
        )


IN_FULL = Keeping()


def digest(*texts: str) -> str:
    """A text that stands for these where they themselves are not to be, or are too long. It can be guessed."""
    return blake2b("\0".join(texts).encode(), digest_size=12).hexdigest()


def keyed(key: RecipientKey, purpose: str, *texts: str) -> str:
    """The same for whoever has the key, and another for each purpose."""
    text = "\0".join((purpose, *texts)).encode()
    return blake2b(text, digest_size=12, key=blake2b(key).digest()).hexdigest()


def pseudonym(key: RecipientKey, address: str) -> str:
    """What stands for a recipient in receipts: the same for the same address, in lower case, under the same key."""
    return f"recipient-{keyed(key, 'pseudonym', address)}"


# -- One person --------------------------------------------------------------------------------------------------------


class Person(Struct, frozen=True):
    """Somebody who is looked for in receipts, by an address, and by the pseudonyms that it has under these keys.

    The address is in lower case, as it is in receipts.
    """

    address: str
    keys: tuple[RecipientKey, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """What a receipt may have in place of his name."""
        return frozenset((self.address, *(pseudonym(key, self.address) for key in self.keys)))

    @property
    def histories(self) -> tuple[str, ...]:
        """What his history may be found by."""
        return (digest(self.address), *(keyed(key, "history", self.address) for key in self.keys))

    def is_in(self, recipients: Iterable[KeptRecipient]) -> bool:
        """Whether one of these recipients is this person."""
        names = self.names
        return any(recipient.name in names for recipient in recipients)


def bare_address(text: str) -> str:
    """The address alone of `Name <address>`, in lower case, so that one mailbox is one recipient: as receipts have it.

    It may be anything that SES, or whoever publishes in its place, calls an address.
    """
    text = text.strip()
    if text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1]
    return text.strip().lower()


def read_address(text: str) -> str:
    """One address as receipts have it, whatever is in it; ValueError if it is none, or several, without quoting it."""
    address = bare_address(text)
    local_part, _, domain = address.rpartition("@")
    if not (local_part and domain) or len(address.encode()) > MAX_ADDRESS or _SEVERAL.search(address):
        raise ValueError("not one address such as jane@example.com")
    return address


def forget(recipients: Collection[KeptRecipient], person: Person) -> tuple[KeptRecipient, ...] | None:
    """The recipients of a receipt without this person, and without his address in what servers replied about others;
    None if nothing is known of him there.

    What is left of himself is his mailbox provider, and the status code, so that counts can still be explained.
    """
    names = person.names
    after = tuple(
        KeptRecipient(status=_told(recipient.status, person.address), provider=recipient.mailbox_provider)
        if recipient.name in names
        else _unmentioned(recipient, person.address)
        for recipient in recipients
    )
    return None if after == tuple(recipients) else after


def _unmentioned(recipient: KeptRecipient, address: str) -> KeptRecipient:
    """What is kept of somebody else, without an address that is not a part of another: mary.jane@ is not jane@."""
    if recipient.reply and address in recipient.reply.lower():
        whole = rf"(?:(?<![\w.+-])|(?<=%[0-9a-f]{{2}})){re.escape(address)}(?![\w-]|\.\w)"
        return replace(recipient, reply=re.sub(whole, SOMEBODY, recipient.reply, flags=re.IGNORECASE))
    return recipient


# -- Texts of others ---------------------------------------------------------------------------------------------------

# Shorter local parts are words of a reply, unless they are set apart in it: <bob>.
_TELLING = 4
_DOMAIN = r"""(?:\[[^\s\[\]@]{1,255}\]|[^\s<>()\[\]"',;:@]{0,255})"""
# As servers write one, as it is in a URL, and as what mail calls an encoded word, which may hold an address or a name.
# https://datatracker.ietf.org/doc/html/rfc2047#section-2
_ADDRESS = re.compile(
    rf"""=\?[^\s?]{{1,64}}\?[bq]\?[^\s?]*(?:\?=)?|(?:"[^"@]{{1,64}}"|[^\s<>()\[\]"',;:@]{{1,64}})(?:@|%40){_DOMAIN}""",
    re.IGNORECASE,
)
# Addresses one after the other: what is in quotation marks is one local part.
_SEVERAL = re.compile(r"""^[^"]*@[^"@]*[\s,;][^"@]*@""")


def without_addresses(text: str, address: str) -> str:
    """A reply without the recipient that it is about, or anybody's address: those stay in the receipts.

    The text may have been cut off in the middle of an address.
    """
    text = _replaced(text, address)
    text = _ADDRESS.sub(SOMEBODY, text)
    for name in sorted(set(_local_parts(address)), key=len, reverse=True):
        if len(name) < _TELLING:
            text = _replaced_in_brackets(text, name)
        else:
            text = _replaced(text, name) if _may_be_a_word(name) else _replaced_in_names(text, name)
    rest = re.split(r"[\s<>()\[\]\"',;:=]", text)[-1]
    if len(rest) >= _TELLING and address.startswith(rest.lower()):
        return f"{text[: -len(rest)]}{SOMEBODY}"
    return text


def _told(text: str | None, address: str) -> str | None:
    return without_addresses(text, address) if text else None


def _replaced(text: str, name: str) -> str:
    if not name:
        return text
    return re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", SOMEBODY, text, flags=re.IGNORECASE)


def _may_be_a_word(name: str) -> bool:
    """Whether something else may be called so in a longer text: a word (spam in anti-spam), a number, not jane.roe."""
    letters = sum(map(str.isalpha, name))
    return letters in {0, len(name.replace("-", ""))}


def _replaced_in_names(text: str, name: str) -> str:
    """Replaced also where digits or signs are around it, as in user_jane.roe_1."""
    return re.sub(rf"(?<![^\W\d_]){re.escape(name)}(?![^\W\d_])", SOMEBODY, text, flags=re.IGNORECASE)


def _replaced_in_brackets(text: str, name: str) -> str:
    return re.sub(rf"""(?<=[<(\["'=]){re.escape(name)}(?=[>)\]"';,]|$)""", SOMEBODY, text, flags=re.IGNORECASE)


def _local_parts(address: str) -> Iterator[str]:
    """What servers may call a recipient: without quotation marks, decoded, and as the mailbox that a tag (bob+news)
    leads to.
    """
    local_part = address.rpartition("@")[0]
    for name in (local_part, local_part.strip('"'), _decoded(local_part)):
        yield from filter(None, (name, name.partition("+")[0]))


def _decoded(local_part: str) -> str:
    if "=?" not in local_part:
        return local_part
    try:
        parts = decode_header(local_part)
    except HeaderParseError:
        return local_part
    return "".join(part if isinstance(part, str) else part.decode("utf-8", "replace") for part, _ in parts).lower()
