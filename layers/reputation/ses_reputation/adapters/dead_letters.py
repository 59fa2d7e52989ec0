"""The dead-letter queue, for messages that no retry can make readable."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from botocore.exceptions import ClientError

from ses_reputation.notices.structure import readable
from ses_reputation.ses_events import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH_ENTRIES = 10  # of one SendMessageBatch
MAX_BATCH_BYTES = 900_000  # SendMessageBatch takes 1 MiB in all, attributes included.
MAX_REASON = 500


class SqsDeadLetters:
    """Puts messages on a queue as they were, with what is wrong with them in the attribute `reason`."""

    def __init__(self, client: "SQSClient", *, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, messages: Sequence[Message]) -> set[str | None]:
        """Keep the messages; the ids of those that the queue refused. They stay where they are, and come again."""
        refused: set[str | None] = set()
        for batch in batches_of(messages):
            try:
                answer = self._client.send_message_batch(
                    QueueUrl=self._queue_url,
                    Entries=[_entry(str(i), message) for i, message in enumerate(batch)],
                )
                failed = {int(entry["Id"]) for entry in answer.get("Failed", [])}
            except ClientError:
                # Too large with its reason, say. The queue it came from will move it, after its last receive.
                failed = set(range(len(batch)))
            refused.update(batch[i].id for i in failed)
        return refused


def attribute_texts(message: Any) -> Mapping[str, str]:
    """The attributes of a received message that are texts."""
    attributes = message.get("MessageAttributes", {})
    return {name: value["StringValue"] for name, value in attributes.items() if "StringValue" in value}


class _HasBody(Protocol):
    @property
    def body(self) -> str: ...


B = TypeVar("B", bound=_HasBody)


def batches_of(messages: Sequence[B]) -> list[list[B]]:
    """Messages in batches that one SendMessageBatch takes."""
    batches: list[list[B]] = []
    size = 0
    for message in messages:
        bytes_ = len(_body(message).encode())
        if not batches or len(batches[-1]) == BATCH_ENTRIES or size + bytes_ > MAX_BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(message)
        size += bytes_
    return batches


def _body(message: _HasBody) -> str:
    """The message as it was. Half a character, which nothing can send, is written as JSON would write it.

    No queue hands one over, but who may invoke the function can; it must not keep back the messages beside it.
    """
    return message.body.encode(errors="backslashreplace").decode()


def _entry(identifier: str, message: Message) -> Any:
    # They may quote what SQS takes in no message, and then it would take none of the batch.
    attributes = {"reason": readable(message.problem or "", MAX_REASON)}
    if message.id:
        attributes["message_id"] = readable(message.id, MAX_REASON)
    return {
        "Id": identifier,
        "MessageBody": _body(message),
        "MessageAttributes": {k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()},
    }
