"""The local cloud: template.yaml itself, created in moto in this process, with the real handlers run as they are."""

import json
import threading
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import boto3
from moto import mock_aws
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.events.models import events_backends
from moto.scheduler.models import Schedule, scheduler_backends
from moto.sns.models import sns_backends
from moto.sqs.models import Message, Queue, sqs_backends

from ses_reputation_local import queues
from ses_reputation_local.application import TEMPLATE
from ses_reputation_local.asynchronous import WaitingEvent, allowed_attempts, failure_queue, failure_record
from ses_reputation_local.environment import no_other_aws
from ses_reputation_local.events import SentEvent, collected_events, send_to_rules
from ses_reputation_local.function_urls import JSON, Answer, Caller, Request, Response, request_event, response_to
from ses_reputation_local.functions import Functions, Invocation
from ses_reputation_local.indexes import real_index_queries
from ses_reputation_local.invokes import answered_invokes
from ses_reputation_local.queues import QueuedMessage
from ses_reputation_local.quick_calls import quick_calls
from ses_reputation_local.quick_start import kept_models, quick_regions
from ses_reputation_local.quick_tables import quick_tables
from ses_reputation_local.resources import EVENT_SOURCE_MAPPING, Resource, create_stack
from ses_reputation_local.ses_account import SesAccount
from ses_reputation_local.ses_calls import answered_calls
from ses_reputation_local.template import Template, read_template
from ses_reputation_local.topics import Email, collected_deliveries
from ses_reputation_local.transactions import real_transactions

__all__ = ["Answer", "Email", "Invocation", "LocalCloud", "QueuedMessage", "SentEvent"]

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_MAXIMUM_MESSAGE_BYTES: Final = 262_144

# Who calls a function URL if nobody else is named.
_OPERATOR: Final = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:user/operator"

# A queue without a redrive policy offers a failing message again until it expires; deliver() stops after so many times.
_ATTEMPTS_WITHOUT_REDRIVE: Final = 5

# More than the highest maxReceiveCount that SQS allows.
_MAXIMUM_ROUNDS: Final = 2000

_KEPT_INVOCATIONS: Final = 1000


@dataclass(frozen=True)
class _Source:
    """A queue that a function reads."""

    queue: Queue
    function: str
    batch_size: int
    reports_failures: bool
    mapping: Any


class LocalCloud:
    """A context manager: inside it, template.yaml is deployed in moto and boto3 talks to nothing else. One at a time.

    `resources` gives the physical id of each logical id, `invocations` the newest thousand runs of functions, and `ses`
    is what SES and CloudWatch say of the account when a function asks them.
    Entering raises ParameterError for parameters that CloudFormation would refuse, and ResourceError for a resource
    that could not be created. IAM, topic, queue and event bus policies are stored, but nothing is refused because of
    them, except that SES publishes only where a topic's policy lets it. Given an `address` such as
    http://127.0.0.1:4588, function URLs begin with it: somebody serves them there.

    Event buses of other accounts and regions let nobody in, unless `sent_elsewhere` is made a list: then they take
    every event, and it is in there. `receive_event` gives one to a bus of another cloud.
    """

    _running = threading.Lock()

    def __init__(
        self,
        parameters: Mapping[str, str] | None = None,
        *,
        template: Path = TEMPLATE,
        region: str = "eu-west-1",
        address: str | None = None,
    ) -> None:
        self.account: str = DEFAULT_ACCOUNT_ID
        self.region: str = region
        self.resources: Mapping[str, str] = {}
        self.invocations: deque[Invocation] = deque(maxlen=_KEPT_INVOCATIONS)
        self.ses = SesAccount(self.account, region)
        self.sent_elsewhere: list[SentEvent] | None = None
        self._parameters = parameters or {}
        self._template = template
        self._address = address
        self._clients: dict[str, Any] = {}
        self._exit = ExitStack()
        self._functions = Functions(region, lambda: self.now)
        self._sources: list[_Source] = []
        self._emails: list[Email] = []
        self._waiting: deque[WaitingEvent] = deque()

    def __enter__(self) -> Self:
        template = read_template(self._template, self._parameters, self.region)
        if not self._running.acquire(blocking=False):
            raise RuntimeError("another LocalCloud is up in this process")
        with ExitStack() as opened:
            opened.callback(self._running.release)
            opened.enter_context(no_other_aws(self.region))
            opened.enter_context(quick_regions())
            opened.enter_context(kept_models())
            opened.enter_context(quick_calls())
            opened.enter_context(mock_aws())
            opened.enter_context(quick_tables())
            opened.enter_context(real_transactions())
            opened.enter_context(real_index_queries())
            opened.enter_context(queues.quick_sends())
            opened.enter_context(collected_deliveries(self._emails, self._waiting))
            home = f"arn:aws:events:{self.region}:{self.account}:event-bus/"
            elsewhere = collected_events(self._waiting, lambda: self.now, home, lambda: self.sent_elsewhere)
            opened.enter_context(elsewhere)
            opened.enter_context(answered_invokes(self._invoke_by_arn, self._waiting))
            self.ses = opened.enter_context(answered_calls(self.account, self.region))
            created = create_stack(template, self.account, self.region, self._address)
            self._functions = Functions(self.region, lambda: self.now)
            opened.callback(self._functions.close)
            self._sources, self.resources = [], {}
            self._take_on(template, created)
            self._exit = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._clients.clear()
        self._exit.close()

    def deploy(self, stack: str, template: Path, parameters: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Create another stack in this cloud, of a program that builds on this one, and return its outputs.

        What it consists of is known here as STACK/LOGICAL-ID, and its functions run as all others do. Raises what
        entering the cloud raises.
        """
        translated = read_template(template, parameters or {}, self.region)
        created = create_stack(translated, self.account, self.region, self._address, stack)
        self._take_on(translated, created, f"{stack}/")
        (described,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}

    @property
    def now(self) -> datetime:
        """The cloud's time: that of the last tick, or what it was set to since; the real time before the first."""
        return self.ses.now or datetime.now(UTC)

    @now.setter
    def now(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("the cloud's time needs a time zone")
        self.ses.now = now

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud, the same one each time."""
        if service not in self._clients:
            self._clients[service] = boto3.client(service, region_name=self.region)  # type: ignore[call-overload]
        return self._clients[service]

    def publish(self, topic: str, message: str) -> None:
        """Publish one message to the topic with this logical id, as SES does: one call of sns publish.

        Raises ValueError for a message over 256 KB, as SNS takes none.
        """
        self.client("sns").publish(TopicArn=self._physical_id(topic), Message=_checked_size(message))

    def publish_all(self, topic: str, messages: Iterable[str]) -> None:
        """Publish many messages to the topic with this logical id, past boto3, which takes most of the time otherwise.

        Raises ValueError at a message over 256 KB; those before it are published.
        """
        arn, sns = self._physical_id(topic), sns_backends[self.account][self.region]
        for message in messages:
            sns.publish(_checked_size(message), arn)

    def enqueue(self, queue: str, bodies: Iterable[str]) -> None:
        """Put messages straight onto the queue with this logical id: for those captured in another envelope."""
        name = self._queue(queue).name
        for body in bodies:
            sqs_backends[self.account][self.region].send_message(name, body)

    def receive_event(self, bus: str, event: Mapping[str, Any]) -> None:
        """Give an event to the bus with this logical id, or to `default`: its envelope and all.

        So come the events of AWS services, and those of other accounts and regions, which PutEvents does not take.
        """
        name = bus if bus == "default" else self._physical_id(bus)
        send_to_rules(events_backends[self.account][self.region].event_buses[name], event)

    def deliver(self) -> int:
        """Move messages from queues, topics and event buses to functions until all is quiet, as Lambda does.

        No time passes: a batch does not wait for company, and a message that failed is visible again at once, behind
        the others; only to the function that then gets it, it is as late as its queue would have made it. It becomes a
        dead letter after maxReceiveCount receives; without a redrive policy it stays on its queue after five. A delayed
        message stays until its time has come. An exception in a handler brings the batch back, as in Lambda, and is
        found in `invocations`. What came from a topic, an event bus or an asynchronous Invoke is tried three times, or
        as often as the function says, and then put on its on-failure queue, if any.

        Queues whose event source mapping is disabled are left alone.

        Returns how many times a message was handed to a function or moved to a dead-letter queue.
        """
        moved = 0
        attempts: Counter[str] = Counter()
        for _ in range(_MAXIMUM_ROUNDS):
            moved_now = self._deliver_waiting_events()
            for source in (source for source in self._sources if source.mapping.enabled):
                moved_now += self._deliver_queue(source, attempts)
            if not moved_now:
                return moved
            moved += moved_now
        raise RuntimeError(f"there are still messages after {_MAXIMUM_ROUNDS} rounds: does a function feed itself?")

    def tick(self, now: datetime, functions: Collection[str] | None = None) -> list[Invocation]:
        """Run every enabled schedule whose target is a function as if its time had come, then deliver what follows.

        Given logical ids of functions, only their schedules are run. A run that fails is not repeated: call again with
        the same time, as EventBridge Scheduler would.
        """
        self.now = now
        runs = []
        for schedule in self._schedules():
            function = self._functions.logical_id(schedule.target["Arn"])
            if functions is None or function in functions:
                runs.append(self._invoke(function, self._scheduled_event(schedule, now)))
        self.deliver()
        return runs

    def invoke(self, function: str, event: object) -> Invocation:
        """Run the function with this logical id on an event, which reaches it as JSON would."""
        return self._invoke(function, json.loads(json.dumps(event)))

    def call(self, function: str, body: object, caller: str = _OPERATOR) -> Answer:
        """Post a body, as JSON, to the URL of the function with this logical id, signed by this user or role.

        Raises LookupError for a function that has no URL.
        """
        request = Request(headers={"content-type": JSON}, body=json.dumps(body).encode())
        return self.request(function, request, Caller(caller)).answer()

    def request(self, function: str, request: Request, caller: Caller) -> Response:
        """Send a request to the URL of the function with this logical id. Raises LookupError if it has none."""
        url = self._functions.model(function).url_config
        if url is None:
            raise LookupError(f"{function} has no function URL")
        return response_to(self._invoke(function, request_event(url.url, self.account, request, caller, self.now)))

    def emails(self) -> list[Email]:
        """The e-mails that SNS sent to its subscribers since this was last asked."""
        sent = list(self._emails)
        del self._emails[: len(sent)]
        return sent

    def measure(self, namespace: str, metric: str, dimensions: Mapping[str, str], value: float) -> None:
        """Let CloudWatch have measured something now, as services of AWS do. Runs of functions are measured anyway."""
        cloudwatch: Any = cloudwatch_backends[self.account][self.region]
        datum = {
            "MetricName": metric,
            "Dimensions": [{"Name": name, "Value": of} for name, of in dimensions.items()],
            "Timestamp": self.now.astimezone(UTC).replace(tzinfo=None),  # as moto reads those of a request
            "Value": value,
        }
        cloudwatch.put_metric_data(namespace, [datum])

    def messages(self, queue: str) -> list[QueuedMessage]:
        """What is on the queue with this logical id now. Looking is not receiving: nothing changes."""
        return queues.peek(self._queue(queue))

    def _take_on(self, template: Template, created: Mapping[str, Any], prefix: str = "") -> None:
        """Know what a stack consists of, and run it."""
        self.resources = {
            **self.resources,
            **{prefix + logical_id: str(r.physical_resource_id) for logical_id, r in created.items()},
        }
        self._functions.add(
            {prefix + logical_id: code for logical_id, code in template.functions.items()},
            {prefix + logical_id: r for logical_id, r in created.items() if isinstance(r, LambdaFunction)},
        )
        self._sources += [
            self._source(r)
            for r in created.values()
            if isinstance(r, Resource) and r.cf_resource_type == EVENT_SOURCE_MAPPING
        ]

    def _physical_id(self, logical_id: str) -> str:
        try:
            return self.resources[logical_id]
        except KeyError:
            raise LookupError(f"this cloud has no {logical_id}; it has {', '.join(self.resources)}") from None

    def _queue(self, logical_id: str) -> Queue:
        return self._queue_named(self._physical_id(logical_id).rsplit("/", 1)[-1])

    def _queue_named(self, name: str) -> Queue:
        queue: Queue = sqs_backends[self.account][self.region].get_queue(name)
        return queue

    def _source(self, mapping: Resource) -> _Source:
        properties = mapping.properties
        return _Source(
            queue=self._queue_named(properties["EventSourceArn"].rsplit(":", 1)[-1]),
            function=self._functions.logical_id(properties["FunctionName"]),
            batch_size=int(properties.get("BatchSize", 10)),
            reports_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
            mapping=lambda_backends[self.account][self.region].get_event_source_mapping(mapping.physical_resource_id),
        )

    def _schedules(self) -> list[Schedule]:
        groups = scheduler_backends[self.account][self.region].schedule_groups.values()
        return [
            schedule
            for group in groups
            for schedule in group.schedules.values()
            if schedule.state == "ENABLED" and ":function:" in schedule.target["Arn"]
        ]

    def _scheduled_event(self, schedule: Schedule, now: datetime) -> object:
        """https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"""
        time = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        event = schedule.target.get("Input", "{}")
        for name, value in {
            "scheduled-time": time,
            "schedule-arn": schedule.arn,
            "execution-id": f"local-{time}",
            "attempt-number": "1",
        }.items():
            event = event.replace(f"<aws.scheduler.{name}>", value)
        return json.loads(event)

    def _invoke(self, function: str, event: object, request_id: str | None = None) -> Invocation:
        invocation = self._functions.invoke(function, event, request_id)
        self.invocations.append(invocation)
        name = {"FunctionName": self._physical_id(function)}
        self.measure("AWS/Lambda", "Invocations", name, 1)
        self.measure("AWS/Lambda", "Errors", name, int(invocation.error is not None))
        return invocation

    def _invoke_by_arn(self, arn: str, event: object) -> Invocation:
        return self._invoke(self._functions.logical_id(arn), event)

    def _deliver_waiting_events(self) -> int:
        moved = 0
        for _ in range(len(self._waiting)):
            waiting = self._waiting.popleft()
            function = self._functions.logical_id(waiting.function_arn)
            try:
                moved += self._process(function, waiting)
            except BaseException:
                # A simulated kill: Lambda would have kept the event.
                self._waiting.appendleft(waiting)
                raise
        return moved

    def _process(self, function: str, waiting: WaitingEvent) -> int:
        """Run a function on an event until it succeeds, or give up; how many runs that took."""
        model = self._functions.model(function)
        for attempt in range(1, allowed_attempts(model) + 1):
            run = self._invoke(function, waiting.event, waiting.request_id)
            if run.error is None:
                return attempt
        if queue := failure_queue(model):
            record = json.dumps(failure_record(model, waiting, run, self.now))
            sqs_backends[self.account][self.region].send_message(queue.rpartition(":")[2], record)
        return attempt

    def _deliver_queue(self, source: _Source, attempts: Counter[str]) -> int:
        moved = queues.take_dead_letters(source.queue)
        tired: set[str] = set()
        if source.queue.dead_letter_queue is None:
            tired = {message for message, count in attempts.items() if count >= _ATTEMPTS_WITHOUT_REDRIVE}
        for batch in queues.batches(source.queue, source.batch_size, leave=tired):
            failed: Collection[str] = {message.id for message in batch}
            try:
                failed = self._offer(source, batch)
            finally:
                queues.settle(source.queue, batch, failed)
            attempts.update(failed)
            moved += len(batch)
        return moved

    def _offer(self, source: _Source, batch: list[Message]) -> Collection[str]:
        """Invoke a function with a batch, and return the ids of the messages that must come again."""
        records = [queues.lambda_record(source.queue, message) for message in batch]
        with self._later(queues.waited(source.queue, batch)):
            invocation = self._invoke(source.function, {"Records": records})
        everything = {message.id for message in batch}
        if invocation.error is not None:
            return everything
        if not source.reports_failures:
            return ()
        return _failed_items(invocation.result, everything)

    @contextmanager
    def _later(self, by: timedelta) -> Iterator[None]:
        """Until the block ends, it is so much later, also for SES."""
        before = self.ses.now
        if by:
            self.ses.now = self.now + by
        try:
            yield
        finally:
            self.ses.now = before


def _failed_items(result: object, everything: Collection[str]) -> Collection[str]:
    """Read a partial batch response. No list, or an empty one, is success; one entry that names no message of the batch
    makes the whole batch a failure.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    failures = result.get("batchItemFailures") if isinstance(result, dict) else None
    if not failures:
        return ()
    failed = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in failures]
    return {item for item in failed if item} if all(item in everything for item in failed) else everything


def _checked_size(message: str) -> str:
    size = len(message.encode())
    if size > _MAXIMUM_MESSAGE_BYTES:
        raise ValueError(f"SNS takes messages of {_MAXIMUM_MESSAGE_BYTES} bytes at most, not of {size}")
    return message
