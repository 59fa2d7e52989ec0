"""Scopes that a scheduled run hands on: an item for each chunk in the standings table, and a message that names it.

The item is what there is to do: it is gone once that is done, so a message that comes twice, or late, finds nothing.
"""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ses_reputation.adapters import keys
from ses_reputation.adapters.dead_letters import BATCH_ENTRIES
from ses_reputation.adapters.documents import Item, decode, items_of, written, written_out
from ses_reputation.due import Chunk, NotHandedOn

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

# A chunk that failed comes again while the period lasts that it is of, and not only after the half hour for which the
# queue hides what a function may still be at.
RETRY_SECONDS = 60


class DynamoDbChunks:
    """The chunks of one deployment, of so many scopes at most."""

    def __init__(self, client: "DynamoDBClient", sqs: "SQSClient", *, table: str, queue_url: str, size: int) -> None:
        self._client = client
        self._sqs = sqs
        self._table = table
        self._queue_url = queue_url
        self._size = size

    @property
    def size(self) -> int:
        """How many scopes a chunk has at most."""
        return self._size

    def waiting(self) -> Iterator[Chunk]:
        """All chunks that are not judged, by when they were handed on."""
        for item in items_of(self._client, self._table, keys.CHUNKS):
            chunk: Chunk = decode(item, Chunk)
            yield chunk

    def read(self, identifier: str) -> Chunk | None:
        """A chunk that waits; None if it waits no longer."""
        answer = self._client.get_item(TableName=self._table, Key=_key(identifier), ConsistentRead=True)
        chunk: Chunk | None = decode(answer["Item"], Chunk) if "Item" in answer else None
        return chunk

    def hand_on(self, chunks: Sequence[Chunk]) -> None:
        """Keep chunks and put them on the queue. NotHandedOn if it does not take one: that, and what follows, is not
        kept.

        Kept first, since whoever gets the message looks for it at once.
        """
        for batch in _batches(chunks):
            for chunk in batch:
                self._client.put_item(TableName=self._table, Item=_item(chunk))
            try:
                refused = self._send(batch)
            except ClientError:
                for chunk in batch:
                    self.done(chunk)
                raise
            for chunk in refused:
                self.done(chunk)
            if refused:
                raise NotHandedOn(f"the queue did not take {len(refused)} chunks of scopes")

    def remind(self, chunks: Sequence[Chunk]) -> None:
        """Put chunks that are kept on the queue once more; NotHandedOn if it does not take one."""
        for batch in _batches(chunks):
            if refused := self._send(batch):
                raise NotHandedOn(f"the queue did not take {len(refused)} chunks of scopes")

    def keep(self, chunk: Chunk) -> None:
        """Write what is left of a chunk, unless it waits no longer."""
        put: Any = {
            "TableName": self._table,
            "Item": _item(chunk),
            "ConditionExpression": "attribute_exists(#collection)",
            "ExpressionAttributeNames": {"#collection": "collection"},
        }
        written(lambda: self._client.put_item(**put))

    def done(self, chunk: Chunk) -> None:
        """Let a chunk wait no longer."""
        self._client.delete_item(TableName=self._table, Key=_key(chunk.id))

    def retry_soon(self, handle: str) -> None:
        """Let the queue offer a received message again in a minute."""
        self._sqs.change_message_visibility(
            QueueUrl=self._queue_url, ReceiptHandle=handle, VisibilityTimeout=RETRY_SECONDS
        )

    def _send(self, batch: Sequence[Chunk]) -> list[Chunk]:
        """Put chunks on the queue; those that it refused."""
        entries: Any = [{"Id": str(n), "MessageBody": json.dumps({"chunk": chunk.id})} for n, chunk in enumerate(batch)]
        answer = self._sqs.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        return [batch[int(entry["Id"])] for entry in answer.get("Failed", [])]


def _batches(chunks: Sequence[Chunk]) -> Iterator[Sequence[Chunk]]:
    return (chunks[start : start + BATCH_ENTRIES] for start in range(0, len(chunks), BATCH_ENTRIES))


def _item(chunk: Chunk) -> Item:
    return {**_key(chunk.id), **written_out(chunk)}


def _key(identifier: str) -> Item:
    return keys.item_key(keys.CHUNKS, identifier)
