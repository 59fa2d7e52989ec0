"""SQS queues: what waits on them, and how Lambda reads them.

The queues are moto's. Its send and receive ask every waiting message for its state, so that n messages cost n² (twenty
thousand take minutes); here one pass over a queue costs one look at each of its messages.
"""

import json
import uuid
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch

from moto.core.utils import unix_time_millis
from moto.sqs.models import Message, Queue, SQSBackend

# A batch ends where the invocation's payload would exceed 6 MB, whatever its size in messages.
# https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
MAXIMUM_PAYLOAD_BYTES: Final = 6 * 1024 * 1024

# What a record holds besides the body and the message attributes: identifiers, timestamps, the queue's ARN.
_RECORD_BYTES: Final = 1000


@dataclass(frozen=True)
class QueuedMessage:
    """A message that waits on a queue, with its string attributes and the times it was received so far."""

    message_id: str
    body: str
    attributes: Mapping[str, str]
    receive_count: int


@contextmanager
def quick_sends() -> Iterator[None]:
    """Until the block ends, a send to one of moto's standard queues takes the same time however long the queue is."""
    with patch.object(SQSBackend, "send_message", _send_without_counting(SQSBackend.send_message)):
        yield


def peek(queue: Queue) -> list[QueuedMessage]:
    """Look at every message of a queue, in flight or not, without receiving any."""
    return [
        QueuedMessage(m.id, m.body, _string_attributes(m), m.approximate_receive_count) for m in list(queue._messages)
    ]


def batches(queue: Queue, batch_size: int, leave: Collection[str]) -> Iterator[list[Message]]:
    """Receive every visible message of a queue once, in batches as Lambda makes them, but those whose ids to leave.

    The caller settles each batch. Messages that arrive meanwhile are left for the next call.
    """
    now = unix_time_millis()
    waiting = deque(m for m in queue._messages if m.visible_at < now and m.delayed_until <= now and m.id not in leave)
    while waiting:
        batch: list[Message] = []
        free = MAXIMUM_PAYLOAD_BYTES
        while waiting and len(batch) < batch_size:
            size = _payload_bytes(waiting[0])
            if batch and size > free:
                break
            free -= size
            batch.append(waiting.popleft())
        for message in batch:
            _receive(queue, message)
        yield batch


def waited(queue: Queue, batch: list[Message]) -> timedelta:
    """How long a received batch has waited because it failed before: its visibility timeout, each time."""
    failures = max(message.approximate_receive_count for message in batch) - 1
    return failures * timedelta(seconds=_setting(queue, "visibility_timeout"))


def take_dead_letters(queue: Queue) -> int:
    """Move the messages that were received as often as the redrive policy allows; say how many there were.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    if queue.dead_letter_queue is None or not queue.redrive_policy:
        return 0
    limit = queue.redrive_policy["maxReceiveCount"]
    now = unix_time_millis()
    with queue._messages_lock:
        dead = [m for m in queue._messages if m.approximate_receive_count >= limit and m.visible_at < now]
        if dead:
            moved = {id(m) for m in dead}
            queue._messages = [m for m in queue._messages if id(m) not in moved]
    for message in dead:
        queue.dead_letter_queue.add_message(message)
    return len(dead)


def settle(queue: Queue, batch: list[Message], failed: Collection[str]) -> None:
    """Delete the messages of a batch but the failed ones. These are visible again at once, behind all others: in SQS
    they would come back when their visibility timeout has passed, so after what is waiting now.
    """
    received = {id(m) for m in batch}
    with queue._messages_lock:
        others = [m for m in queue._messages if id(m) not in received]
        again = [m for m in queue._messages if id(m) in received and m.id in failed]
        for message in again:
            message.visible_at = 0.0
        queue._messages = others + again


def lambda_record(queue: Queue, message: Message) -> Mapping[str, Any]:
    """A received message as Lambda shows it to a function.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
    """
    record = {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SentTimestamp": str(message.sent_timestamp),
            "SenderId": message.sender_id,
            "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        },
        "messageAttributes": {name: _lambda_attribute(a) for name, a in message.message_attributes.items()},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": queue.region,
    }
    if message.message_attributes:
        record["md5OfMessageAttributes"] = message.attribute_md5
    return record


def _receive(queue: Queue, message: Message) -> None:
    # moto's mark_received draws 185 random characters one by one for the receipt handle.
    message.approximate_first_receive_timestamp = message.approximate_first_receive_timestamp or int(unix_time_millis())
    message.approximate_receive_count += 1
    message.change_visibility(_setting(queue, "visibility_timeout"))
    if message.receipt_handle:
        message._old_receipt_handles.append(message.receipt_handle)
    message.receipt_handle = uuid.uuid4().hex


def _setting(queue: Queue, name: str) -> int:
    # moto sets a queue's attributes by name, which hides them from the type checker.
    value: int = getattr(queue, name)
    return value


def _payload_bytes(message: Message) -> int:
    attributes = json.dumps(message.message_attributes, default=str) if message.message_attributes else ""
    return len(json.dumps(message.body)) + len(attributes) + _RECORD_BYTES


def _lambda_attribute(attribute: Mapping[str, Any]) -> Mapping[str, Any]:
    value = {"stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}
    if "StringValue" in attribute:
        value["stringValue"] = attribute["StringValue"]
    if "BinaryValue" in attribute:
        value["binaryValue"] = attribute["BinaryValue"]
    return value


def _string_attributes(message: Message) -> Mapping[str, str]:
    return {name: str(a["StringValue"]) for name, a in message.message_attributes.items() if "StringValue" in a}


def _send_without_counting(send_message: Callable[..., Message]) -> Callable[..., Message]:
    """Moto asks for all attributes of the queue, three counts of its messages among them, to learn whether it is a FIFO
    queue that makes its own deduplication ids. A standard queue never does.
    """

    def send(
        backend: SQSBackend,
        queue_name: str,
        message_body: str,
        message_attributes: dict[str, Any] | None = None,
        delay_seconds: int | None = None,
        **others: Any,
    ) -> Message:
        queue = backend.get_queue(queue_name)
        if queue.fifo_queue or delay_seconds:
            return send_message(backend, queue_name, message_body, message_attributes, delay_seconds, **others)
        backend._validate_message(queue, message_body, delay_seconds=0)
        message = Message(str(uuid.uuid4()), message_body, others.get("system_attributes"))
        message.message_attributes = message_attributes or {}
        message.mark_sent(_setting(queue, "delay_seconds") if delay_seconds is None else 0)
        queue.add_message(message)
        return message

    return send
