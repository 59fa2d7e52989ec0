"""Playing events through a local cloud in their own time, and seeing where that leaves every scope."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from msgspec import Struct

from ses_reputation.adapters.counters import DynamoDbCounters
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.counting import Measure, hour_of
from ses_reputation.domain.events import Bounce, Complaint
from ses_reputation.domain.lifecycle import Change, Standing
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import Scope
from ses_reputation.evaluate import Reading
from ses_reputation.settings import EvaluateSettings
from ses_reputation_local.captures import Captured
from ses_reputation_local.cloud import Email, LocalCloud
from ses_reputation_local.ses_mail import Publication, Topic

HOUR = timedelta(hours=1)
END_OF_TIME = datetime.max.replace(tzinfo=UTC)

# What no queue of AWS could have held is cut, so that it is as unreadable here as it was there.
MAX_MESSAGE_BYTES = 1_048_576
UNREADABLE_EXCERPT = 1_000
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
NOT_IN_A_MESSAGE = re.compile("[^\\t\\n\\r -\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")

TOPICS: Mapping[Topic, str] = {
    Topic.BOUNCE: "BounceTopic",
    Topic.COMPLAINT: "ComplaintTopic",
    Topic.VOLUME: "VolumeTopic",
}
OUTCOMES = ("counted", "duplicate", "ignored", "unreadable")


class ReplayFailed(RuntimeError):
    """A function failed in the local cloud; the text says which, and why."""


class Tick(Struct, frozen=True):
    """One evaluation: its time, how many events had been fed by then, and the e-mails that it sent."""

    now: datetime
    fed: int
    emails: Sequence[Email]


class ScopeReport(Struct, frozen=True):
    """Where a scope stands: `totals` are over everything that was ever counted, its rates over the window."""

    standing: Standing
    totals: Mapping[Measure, int]


class Sent(Struct, frozen=True):
    """An alert that was sent, at which time of the replay."""

    time: datetime
    subject: str


class Report(Struct, frozen=True):
    """What was replayed, and what came of it. `events` counts by what became of them."""

    events: Mapping[str, int]
    scopes: Mapping[Scope, ScopeReport]
    changes: Sequence[Change]
    alerts: Sequence[Sent]
    policy: Policy

    @property
    def read(self) -> int:
        """How many events there were."""
        return sum(self.events.values())


class Playback:
    """Plays events through a local cloud, evaluating every simulated hour.

    An hour in which nothing arrives and nothing could change is skipped: evaluating it would do nothing.
    """

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._fed = 0
        self._awaited = 0
        self._now: datetime | None = None
        self._sent: list[Sent] = []
        self.outcomes = dict.fromkeys(OUTCOMES, 0)

    def play(self, events: Iterable[Captured | Publication]) -> Iterator[Tick]:
        """Feed the events, which are in order of time; yields after each evaluation."""
        for hour, group in groupby(events, key=lambda event: hour_of(event.time)):
            while self._awaited and self._now and self._now < hour:
                yield self._tick(self._now + HOUR)
            self._feed(list(group))
            yield self._tick(hour + HOUR)

    def standings(self) -> list[Standing]:
        """The standing of every scope that was evaluated so far."""
        return list(self._standings().all())

    def policy(self) -> Policy:
        """What scopes are judged by: the environment that the template gives the function, read as it reads it."""
        function = self._cloud.resources["EvaluateReputation"]
        configuration = self._cloud.client("lambda").get_function_configuration(FunctionName=function)
        return EvaluateSettings.from_environment(configuration["Environment"]["Variables"]).policy

    def report(self) -> Report:
        """Where everything stands, after what was played so far."""
        return Report(self.outcomes, self._scopes(), self._changes(), self._sent, self.policy())

    def _scopes(self) -> dict[Scope, ScopeReport]:
        counters = DynamoDbCounters(self._cloud.client("dynamodb"), table=self._cloud.resources["CountersTable"])
        reading = Reading(counters, END_OF_TIME)
        reports: dict[Scope, ScopeReport] = {}
        for standing in self.standings():
            totals = dict.fromkeys(Measure, 0)
            for hour in reading.hours(standing.scope):
                for (_, measure), n in hour.counts.items():
                    totals[measure] += n
            reports[standing.scope] = ScopeReport(standing, totals)
        return reports

    def _changes(self) -> list[Change]:
        standings = self._standings()
        changes = [change for standing in standings.all() for change in standings.changes(standing.scope)]
        return sorted(changes, key=lambda change: (change.time, change.scope, change.metric))

    def _standings(self) -> DynamoDbStandings:
        return DynamoDbStandings(self._cloud.client("dynamodb"), table=self._cloud.resources["StandingsTable"])

    def _feed(self, events: Sequence[Captured | Publication]) -> None:
        for queue in ("BounceQueue", "ComplaintQueue", "VolumeQueue"):
            bodies = [_body(e.text) for e in events if isinstance(e, Captured) and _queue(e) == queue]
            if bodies:
                self._cloud.enqueue(queue, bodies)
        for topic, name in TOPICS.items():
            messages = [e.message for e in events if isinstance(e, Publication) and e.topic is topic]
            if messages:
                self._cloud.publish_all(name, messages)
        self._cloud.deliver()
        self._note_invocations()
        self._fed += len(events)

    def _tick(self, now: datetime) -> Tick:
        self._now = now
        self._cloud.tick(now)
        self._note_invocations()
        emails = self._cloud.emails()
        self._sent += [Sent(now, email.subject) for email in emails]
        return Tick(now, self._fed, emails)

    def _note_invocations(self) -> None:
        """Add up what the functions say they did. They say it in their logs, as they do in AWS."""
        while self._cloud.invocations:
            invocation = self._cloud.invocations.popleft()
            if invocation.error is not None:
                raise ReplayFailed(f"{invocation.function} failed: {invocation.error!r}") from invocation.error
            for line in invocation.logs:
                record = json.loads(line)
                match record["message"]:
                    case "recorded":
                        for outcome in OUTCOMES:
                            self.outcomes[outcome] += record[outcome]
                    case "evaluated":
                        self._awaited = record["awaited"]


def _queue(captured: Captured) -> str:
    """The queue that SES's topics would have led it to."""
    match captured.event:
        case Bounce():
            return "BounceQueue"
        case Complaint():
            return "ComplaintQueue"
        case _:
            return "VolumeQueue"


def _body(text: str) -> str:
    """The text as a queue can hold it."""
    if len(text.encode(errors="replace")) > MAX_MESSAGE_BYTES:
        text = text[:UNREADABLE_EXCERPT]
    return NOT_IN_A_MESSAGE.sub("\ufffd", text)
