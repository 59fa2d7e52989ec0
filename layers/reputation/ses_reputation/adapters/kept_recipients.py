"""The attribute `recipients` of a receipt: what is kept of each, as a list of maps."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import structs

from ses_reputation.adapters import keys
from ses_reputation.domain.recipients import KeptRecipient

RECIPIENTS = "recipients"


def to_attribute(recipients: Iterable[KeptRecipient]) -> dict[str, Any]:
    """Recipients as DynamoDB's attribute value, without what is not kept."""
    return {"L": [{"M": _fields(recipient)} for recipient in recipients]}


def from_attribute(attribute: Mapping[str, Any]) -> tuple[KeptRecipient, ...]:
    """The recipients in DynamoDB's attribute value. Receipts of all ways to keep recipients may be in one table."""
    return tuple(
        KeptRecipient(**{name: value["S"] for name, value in recipient["M"].items()}) for recipient in attribute["L"]
    )


def _fields(recipient: KeptRecipient) -> dict[str, Any]:
    return {name: keys.string(value) for name, value in structs.asdict(recipient).items() if value}
