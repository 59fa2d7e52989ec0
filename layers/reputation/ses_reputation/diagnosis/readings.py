"""What is read of a deployment, to be judged. Parts are named by their logical ids in template.yaml."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from ses_reputation.domain.connections import ConfigurationSet, Identity


class Part(Struct, frozen=True):
    """A resource of the stack. `name` is its physical id, None if it was never created."""

    logical_id: str
    type: str
    name: str | None
    status: str


class Versions(Struct, frozen=True):
    """Which version the command is of, and which one the stack says that it is of; None if it does not say."""

    command: str
    stack: str | None


class Subscription(Struct, frozen=True):
    """Who gets what is published to a topic. An e-mail address is confirmed by the person who reads its mail."""

    protocol: str
    endpoint: str
    confirmed: bool


class Topic(Struct, frozen=True):
    """A topic, its policy, and its subscriptions."""

    part: str
    arn: str
    policy: Mapping[str, Any]
    subscriptions: Sequence[Subscription]


class Queue(Struct, frozen=True):
    """A queue and what is on it."""

    part: str
    url: str
    arn: str
    policy: Mapping[str, Any]
    waiting: int
    in_flight: int

    @property
    def is_for_dead_letters(self) -> bool:
        """Whether nothing reads it but people."""
        return self.part.endswith("DeadLetterQueue")

    @property
    def held(self) -> int:
        """How many messages it holds, about."""
        return self.waiting + self.in_flight


class DeadLetters(Struct, frozen=True):
    """A queue of dead letters, and why some of them are there; None if that may not be read."""

    queue: Queue
    reasons: Sequence[str] | None = ()


class Source(Struct, frozen=True):
    """What has a function read a queue, in the words of Lambda: `Enabled` is as it should be."""

    part: str
    uuid: str
    state: str


class Function(Struct, frozen=True):
    """A function as it is deployed: its state and its last update in the words of Lambda, and where its log is."""

    part: str
    name: str
    state: str
    last_update: str
    deployed: datetime
    environment: Mapping[str, str]
    log_group: str


class Runs(Struct, frozen=True):
    """How often a function was run and failed in the last day, and in which hour it last failed."""

    part: str
    runs: int
    errors: int
    last_error: datetime | None = None


class Schedule(Struct, frozen=True):
    """A schedule of EventBridge Scheduler."""

    part: str
    name: str
    enabled: bool
    expression: str
    timezone: str


class LastRun(Struct, frozen=True):
    """A function that a schedule runs, and the scheduled time of its last run that ended well; None if there is none.

    `deployed` is when the function was last changed.
    """

    function: str
    schedule: Schedule
    deployed: datetime
    time: datetime | None
    log_group: str


class Alarm(Struct, frozen=True):
    """An alarm of CloudWatch. `heard` is whether it tells anybody of a change."""

    part: str
    name: str
    state: str
    reason: str
    heard: bool


class Connections(Struct, frozen=True):
    """All that may publish in this account and region, and where it does."""

    configuration_sets: Sequence[ConfigurationSet]
    identities: Sequence[Identity]


class Arrivals(Struct, frozen=True):
    """The newest hour of which an event was counted, None if none ever was; how much SES says was sent in a day."""

    newest_hour: datetime | None
    sent_last_day: int | None


class Outbox(Struct, frozen=True):
    """Alerts that were written and not sent yet, and when the oldest of them was written."""

    waiting: int
    oldest: datetime | None
