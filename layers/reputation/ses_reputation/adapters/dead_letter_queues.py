"""The dead-letter queues as a person works on them: looked at, sent back to where they came from, and discarded."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ses_reputation.adapters import keys
from ses_reputation.adapters.aws_errors import AwsError, explained, is_for_all
from ses_reputation.adapters.batches import put_all
from ses_reputation.adapters.dead_letters import attribute_texts, batches_of
from ses_reputation.adapters.documents import decode, items_of, written_out
from ses_reputation.redrive import DISCARDED_KEPT, Discarded, Letter, Origin, Unreadable, invocation_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

BATCH_ENTRIES = 10  # of one ReceiveMessage, DeleteMessageBatch or ChangeMessageVisibilityBatch

# What is received is hidden from others, and must stay so until it was dealt with: reading ten thousand messages takes
# a minute or two. If it takes longer than this, another reader may get a message as well; a retry does no harm then.
HIDDEN_SECONDS = 900

# A queue may say that it is empty while it is not: a short poll asks some of its servers only.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
EMPTY_ANSWERS = 2
POLL_SECONDS = 1


class DeadLetterQueues:
    """The dead-letter queues of one deployment. `dead` are their URLs, `sources` where messages came from: the URL of a
    queue, or the function that reports of findings go to. `ses_rule` names the rule by which SES's own events come.
    """

    def __init__(
        self,
        sqs: "SQSClient",
        lambda_: "LambdaClient",
        dynamodb: "DynamoDBClient",
        *,
        dead: Mapping[Origin, str],
        sources: Mapping[Origin, str],
        ses_rule: str,
        standings_table: str,
        pause: Callable[[int], None],
    ) -> None:
        self._sqs = sqs
        self._lambda = lambda_
        self._dynamodb = dynamodb
        self._dead = dead
        self._sources = sources
        self._ses_rule = ses_rule
        self._standings_table = standings_table
        self._pause = pause

    @property
    def origins(self) -> Sequence[Origin]:
        """The queues that there are."""
        return list(self._dead)

    def held(self, origin: Origin) -> int:
        """How many messages of a queue can be received now, about."""
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self._dead[origin], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def receive(self, origin: Origin, limit: int) -> Iterator[Letter]:
        """So many letters of a queue at most. They are hidden from others until they are deleted or given back."""
        received = empty = 0
        while received < limit and empty < EMPTY_ANSWERS:
            answer = self._sqs.receive_message(
                QueueUrl=self._dead[origin],
                MaxNumberOfMessages=min(BATCH_ENTRIES, limit - received),
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=POLL_SECONDS if empty else 0,
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
                MessageAttributeNames=["All"],
            )
            messages = answer.get("Messages", [])
            if not messages:
                if not self.held(origin):
                    return
                empty += 1
            for message in messages:
                yield _letter(origin, message)
            received += len(messages)

    def give_back(self, letters: Sequence[Letter]) -> str | None:
        """Let others see these letters again at once; why not all can, if so: those come back by themselves."""
        problem: str | None = None
        for url, batch in self._by_queue(letters):
            entries: Any = [
                {"Id": str(n), "ReceiptHandle": letter.handle, "VisibilityTimeout": 0} for n, letter in enumerate(batch)
            ]
            try:
                self._sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
            except AwsError as error:
                problem = explained(error)
                if is_for_all(error):
                    break
        return problem

    def send_back(self, letters: Sequence[Letter]) -> Mapping[str, str]:
        """Send letters of one queue back to where they came from; why some did not go, by their ids."""
        if letters[0].origin is Origin.FINDING:
            told = ((letter.id, self._invoke(letter)) for letter in letters)
            return {identifier: problem for identifier, problem in told if problem}
        problems: dict[str, str] = {}
        for batch in batches_of(letters):
            entries: Any = [{"Id": str(n), "MessageBody": letter.body} for n, letter in enumerate(batch)]
            url = self._sources[letters[0].origin]
            problems |= _problems(batch, lambda: self._sqs.send_message_batch(QueueUrl=url, Entries=entries))  # noqa: B023 - called at once
        return problems

    def delete(self, letters: Sequence[Letter]) -> Mapping[str, str]:
        """Delete letters; why some were not, by their ids."""
        problems: dict[str, str] = {}
        for url, batch in self._by_queue(letters):
            entries: Any = [{"Id": str(n), "ReceiptHandle": letter.handle} for n, letter in enumerate(batch)]
            problems |= _problems(batch, lambda: self._sqs.delete_message_batch(QueueUrl=url, Entries=entries))  # noqa: B023 - called at once
        return problems

    def keep_discarded(self, discarded: Sequence[Discarded]) -> None:
        """Note what is about to be discarded; NotWritten if DynamoDB keeps refusing."""
        items = (
            {
                **keys.item_key(keys.DISCARDED, f"{one.origin}/{one.id}"),
                **written_out(one),
                "expires": keys.expires(one.time, DISCARDED_KEPT),
            }
            for one in discarded
        )
        put_all(self._dynamodb, self._standings_table, items, self._pause)

    def discarded(self) -> list[Discarded]:
        """What was discarded in the last year, oldest first."""
        items = items_of(self._dynamodb, self._standings_table, keys.DISCARDED)
        found: list[Discarded] = [decode(item, Discarded) for item in items]
        return sorted(found, key=lambda one: one.time)

    def _invoke(self, letter: Letter) -> str | None:
        """Have a report of a finding received again; what is wrong, if anything is."""
        try:
            payload = json.dumps(invocation_of(letter, self._ses_rule)).encode()
            self._lambda.invoke(FunctionName=self._sources[letter.origin], InvocationType="Event", Payload=payload)
        except Unreadable as problem:
            return str(problem)
        except ClientError as error:
            if is_for_all(error):
                raise
            return explained(error)
        return None

    def _by_queue(self, letters: Sequence[Letter]) -> Iterator[tuple[str, list[Letter]]]:
        for origin, url in self._dead.items():
            of_queue = [letter for letter in letters if letter.origin is origin]
            for start in range(0, len(of_queue), BATCH_ENTRIES):
                yield url, of_queue[start : start + BATCH_ENTRIES]


def _problems(batch: Sequence[Letter], call: Callable[[], Any]) -> dict[str, str]:
    """Why some of a batch were refused, by their ids. An error that any other call would meet as well is raised."""
    try:
        refused = call().get("Failed", [])
    except ClientError as error:
        if is_for_all(error):
            raise
        return {letter.id: explained(error) for letter in batch}
    return {batch[int(entry["Id"])].id: str(entry.get("Message") or entry["Code"]) for entry in refused}


def _letter(origin: Origin, message: Any) -> Letter:
    system = message["Attributes"]
    return Letter(
        origin,
        message["MessageId"],
        message["ReceiptHandle"],
        message["Body"],
        attribute_texts(message),
        datetime.fromtimestamp(int(system["SentTimestamp"]) / 1000, UTC),
        int(system["ApproximateReceiveCount"]),
    )
