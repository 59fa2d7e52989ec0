"""What the receipts table holds of persons: the recipients in receipts, and the histories of their suppression."""

from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.adapters.documents import Item, written
from ses_reputation.adapters.kept_recipients import RECIPIENTS, from_attribute, to_attribute
from ses_reputation.adapters.scans import scan_pages
from ses_reputation.adapters.suppression_histories import history_key
from ses_reputation.forget import Named, Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import ScanOutputTypeDef

    from ses_reputation.domain.recipients import KeptRecipient


class DynamoDbPersonalItems:
    """The personal items of one deployment. All of them are read as they are at that moment."""

    def __init__(self, client: "DynamoDBClient", *, table: str) -> None:
        self._client = client
        self._table = table

    def parts(self, number: int) -> "Iterator[Part]":
        """The table in so many parts: the receipts in each that name recipients."""
        return scan_pages(
            self._client,
            self._table,
            _part,
            number,
            FilterExpression=f"attribute_exists({RECIPIENTS})",
            ProjectionExpression=f"message_id, entry, {RECIPIENTS}",
        )

    def read(self, receipt: Named) -> Named | None:
        """The same receipt as it is now; None if it is gone."""
        answer = self._client.get_item(TableName=self._table, Key=_key(receipt), ConsistentRead=True)
        return _named(answer["Item"]) if RECIPIENTS in answer.get("Item", ()) else None

    def rewrite(self, receipt: Named, recipients: "Sequence[KeptRecipient]") -> bool:
        """Let a receipt name these recipients; False, and nothing written, if it is not as it was read, or others
        have it in their hands at this moment.
        """
        return written(
            lambda: self._client.update_item(
                TableName=self._table,
                Key=_key(receipt),
                UpdateExpression=f"SET {RECIPIENTS} = :after",
                ConditionExpression=f"{RECIPIENTS} = :before",
                ExpressionAttributeValues={
                    ":after": to_attribute(recipients),
                    ":before": to_attribute(receipt.recipients),
                },
            )
        )

    def has_history(self, digest: str) -> bool:
        """Whether something is known of the suppression of the recipient whom this stands for."""
        answer = self._client.get_item(TableName=self._table, Key=history_key(digest), ConsistentRead=True)
        return "Item" in answer

    def delete_history(self, digest: str) -> None:
        """Forget what is known of it. One that is not there is no error."""
        self._client.delete_item(TableName=self._table, Key=history_key(digest))


def _key(receipt: Named) -> Item:
    return {"message_id": keys.string(receipt.message_id), "entry": keys.string(receipt.entry)}


def _part(pages: "Iterable[ScanOutputTypeDef]") -> Part:
    looked_at, named = 0, list[Named]()
    for page in pages:
        looked_at += page["ScannedCount"]
        named += (_named(item) for item in page["Items"])
    return Part(looked_at, named)


def _named(item: Any) -> Named:
    return Named(item["message_id"]["S"], item["entry"]["S"], from_attribute(item[RECIPIENTS]))
