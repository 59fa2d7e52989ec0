"""Playing events through a local cloud in their own time, and seeing where that leaves every scope."""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from itertools import groupby, zip_longest

from msgspec import Struct
from msgspec.structs import replace

from ses_reputation.adapters.counters import DynamoDbCounters
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.assessment import measured, windows
from ses_reputation.domain.changes import Change, EarlyWarning, OutageChange
from ses_reputation.domain.counting import hour_of
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.enforcement import Enforced
from ses_reputation.domain.events import Bounce, Complaint, Send
from ses_reputation.domain.explanation import Explanation
from ses_reputation.domain.outages import held, without_outages
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Standing
from ses_reputation.explain import explain_scope
from ses_reputation.past import Reading
from ses_reputation.ses_events import read_event
from ses_reputation.settings import EvaluateSettings
from ses_reputation_local.captures import Captured
from ses_reputation_local.cloud import Answer, Email, LocalCloud
from ses_reputation_local.ses_mail import Publication, Topic
from ses_reputation_local.stories import Commanded

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
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
STATUS_CHANGE = "status-change"

# The tags that SES itself gives a message. In an envelope of SNS or SQS their quotation marks are escaped.
_TENANT = "ses:tenant-name"
_NAMED = re.compile(rf"\\*\"(ses:configuration-set|{_TENANT})\\*\": ?\[ ?\\*\"([A-Za-z0-9_-]+)\\*\"")

Played = Captured | Publication | Commanded
"""What can happen in a replay: something was captured, SES publishes it in a story, or somebody gives a command."""

OUTCOMES = ("counted", "duplicate", "ignored", "unreadable")


class ReplayFailed(RuntimeError):
    """A function failed in the local cloud; the text says which, and why."""


class Tick(Struct, frozen=True):
    """One evaluation: its time, how many events had been fed by then, and the e-mails that it sent.

    `next` is when the next one will be, None if it is the last.
    """

    now: datetime
    fed: int
    emails: Sequence[Email]
    next: datetime | None = None


class ScopeReport(Struct, frozen=True):
    """Where a scope stands: `totals` are over everything that was ever counted, its rates over the window."""

    standing: Standing
    totals: Mapping[Measure, int]


class Sent(Struct, frozen=True):
    """An alert that was sent, at which time of the replay."""

    time: datetime
    subject: str


class Report(Struct, frozen=True):
    """What was replayed, and what came of it. `events` counts by what became of them; `alerts` are about changes."""

    events: Mapping[str, int]
    scopes: Mapping[Scope, ScopeReport]
    changes: Sequence[Change]
    warnings: Sequence[EarlyWarning]
    alerts: Sequence[Sent]
    enforced: Sequence[Enforced]
    policy: Policy
    identities: Sequence[str]
    outages: Sequence[OutageChange] = ()

    @property
    def read(self) -> int:
        """How many events there were."""
        return sum(self.events.values())


class Playback:
    """Plays events through a local cloud, evaluating every simulated hour.

    An hour in which nothing arrives and nothing could change is skipped: evaluating it would do nothing. `identities`
    are verified in the account from the beginning.
    """

    def __init__(self, cloud: LocalCloud, identities: Iterable[str] = ()) -> None:
        self._cloud = cloud
        self._identities = sorted({identity.lower() for identity in identities})
        self._fed = 0
        self._awaited = 0
        self._now: datetime | None = None
        self._sent: list[Sent] = []
        self._sends_seen: set[str] = set()
        self._last_day: deque[Captured | Publication] = deque()
        self.outcomes = dict.fromkeys(OUTCOMES, 0)

    def play(self, events: Iterable[Played]) -> Iterator[Tick]:
        """Feed the events, which are in order of time; yields after each evaluation."""
        hours = [(hour, list(group)) for hour, group in groupby(events, key=lambda event: hour_of(event.time))]
        for (hour, group), following in zip_longest(hours, hours[1:]):
            next_hour = following[0] if following else None
            if self._now is None:
                self._begin(hour)
            self._feed(group)
            yield self._tick(hour + HOUR, next_hour)
            while self._awaited and self._now and next_hour and self._now < next_hour:
                yield self._tick(self._now + HOUR, next_hour)

    @property
    def now(self) -> datetime:
        """The time that it is in the cloud."""
        return self._cloud.now

    @property
    def region(self) -> str:
        """The region that the cloud is."""
        return self._cloud.region

    def ask_ses(self) -> None:
        """Let watch_ses ask SES what it says now, which includes how much was sent in the last day."""
        self._let_ses_count(self._last_day)
        self._watch(self._cloud.now)

    def operate(self, command: Mapping[str, object], by: str) -> tuple[Answer, Sequence[Email]]:
        """Let somebody give a command a minute after all that was played, and evaluate a minute later.

        What he was answered, and the e-mails that followed.
        """
        self._cloud.now += MINUTE
        answer = self._call(command, by)
        self._cloud.deliver()
        return answer, self._tick(self._cloud.now + MINUTE, None).emails

    def standings(self) -> list[Standing]:
        """The standing of every scope that was evaluated so far."""
        return list(self._standings().all())

    def policy(self) -> Policy:
        """What scopes are judged by: the environment that the template gives the function, read as it reads it."""
        return self._standings().learned().applied_to(self._configured)

    def explain(self, scope: Scope) -> Explanation:
        """The arithmetic of a scope's rates, after what was played so far; NothingCounted if there are none."""
        now = self._now or END_OF_TIME
        return explain_scope(scope, now, self._configured, self._counters(), self._standings())

    def report(self) -> Report:
        """Where everything stands, after what was played so far."""
        standings = self._standings()
        news = [piece for standing in standings.all() for piece in standings.news(standing.scope)]
        news.sort(key=lambda piece: (piece.time, piece.id))
        return Report(
            events=self.outcomes,
            scopes=self._scopes(),
            changes=sorted(
                (piece for piece in news if isinstance(piece, Change)), key=lambda c: (c.time, c.scope, c.category)
            ),
            warnings=sorted(
                (piece for piece in news if isinstance(piece, EarlyWarning)), key=lambda w: (w.time, w.scope, w.metric)
            ),
            alerts=self._sent,
            enforced=[piece for piece in news if isinstance(piece, Enforced)],
            policy=self.policy(),
            identities=self._identities,
            outages=[piece for piece in news if isinstance(piece, OutageChange)],
        )

    @cached_property
    def _configured(self) -> Policy:
        function = self._cloud.resources["EvaluateReputation"]
        configuration = self._cloud.client("lambda").get_function_configuration(FunctionName=function)
        return EvaluateSettings.from_environment(configuration["Environment"]["Variables"]).policy

    def _begin(self, hour: datetime) -> None:
        """Let watch_ses see the account as it is before the first mail."""
        for identity in self._identities:
            self._cloud.ses.verify(identity)
        self._watch(hour)

    def _watch(self, now: datetime) -> None:
        self._cloud.tick(now, ["WatchSes"])
        self._note_invocations()

    def _scopes(self) -> dict[Scope, ScopeReport]:
        reading = Reading(self._counters(), END_OF_TIME)
        now, policy = self._now or END_OF_TIME, self.policy()
        left_out = held(self._standings().outages(), policy)
        reports: dict[Scope, ScopeReport] = {}
        for decided in self.standings():
            # A scope is judged when mail touches it. What it would be judged by now may have changed since: a provider
            # was learned, or mail has grown too old.
            hours = list(reading.hours(decided.scope))
            until_now = (hour for hour in hours if hour.hour < now)
            found = windows(decided, without_outages(until_now, left_out), now, policy)
            measures = measured(found, decided.scope, now, policy)
            standing = replace(decided, measures=measures)
            totals = dict.fromkeys(Measure, 0)
            for hour in hours:
                for measure in Measure:
                    totals[measure] += hour.total(measure)
            reports[standing.scope] = ScopeReport(standing, totals)
        return reports

    def _counters(self) -> DynamoDbCounters:
        return DynamoDbCounters(self._cloud.client("dynamodb"), table=self._cloud.resources["CountersTable"])

    def _standings(self) -> DynamoDbStandings:
        return DynamoDbStandings(self._cloud.client("dynamodb"), table=self._cloud.resources["StandingsTable"])

    def _feed(self, played: Sequence[Played]) -> None:
        for command in played:
            if isinstance(command, Commanded):
                self._carry_out(command)
        events = [event for event in played if not isinstance(event, Commanded)]
        self._let_ses_know(events)
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
        if self._configured.volume_source is VolumeSource.STATISTICS:
            self._let_ses_count(events)
        self._keep_a_day_of(events)
        self._fed += len(events)

    def _carry_out(self, commanded: Commanded) -> None:
        """Let somebody give a command. It is about the finding that is open in its scope, unless it reports one."""
        fields = dict(commanded.fields)
        if fields.get("command") != "report":
            scope = Scope(fields.get("scope", ""))
            finding = next(iter(self._standings().read(scope).standing.findings.values()), None)
            if finding is None:
                raise ReplayFailed(f"{scope} has no open finding that {commanded.by} could do something about")
            fields["finding"] = finding.id
        self._cloud.now = commanded.time
        answer = self._call(fields, commanded.by)
        if answer.status != HTTPStatus.OK:
            raise ReplayFailed(f"what {commanded.by} wanted was refused: {answer.body}")

    def _call(self, command: Mapping[str, object], by: str) -> Answer:
        return self._cloud.call("Operate", command, f"arn:aws:iam::{self._cloud.account}:user/{by}")

    def _let_ses_know(self, events: Sequence[Captured | Publication]) -> None:
        """Have SES know the configuration sets and tenants of this mail: they were there, or it would not have gone."""
        for event in events:
            text = event.text if isinstance(event, Captured) else event.message
            for tag, name in _NAMED.findall(text):
                if tag == _TENANT and name not in self._cloud.ses.tenants:
                    self._cloud.ses.add_tenant(name)
                elif tag != _TENANT:
                    self._cloud.ses.configuration_sets.add(name)

    def _keep_a_day_of(self, events: Sequence[Captured | Publication]) -> None:
        """Keep what SES has to count when somebody asks: to count all while it is played would slow that down."""
        self._last_day.extend(events)
        while self._last_day and self._last_day[0].time < self._last_day[-1].time - DAY:
            self._last_day.popleft()

    def _let_ses_count(self, events: Iterable[Captured | Publication]) -> None:
        """Have SES's own statistics count what the events say was sent: each message once, though it is told twice."""
        for fed in events:
            event = fed.event if isinstance(fed, Captured) else read_event(fed.message)
            if isinstance(event, Send) and event.mail.message_id not in self._sends_seen:
                self._sends_seen.add(event.mail.message_id)
                self._cloud.ses.observe(event)

    def _tick(self, now: datetime, next_hour: datetime | None) -> Tick:
        """Evaluate; `next_hour` is the next one with events."""
        self._now = now
        if self._configured.volume_source is VolumeSource.STATISTICS:
            self._watch(now)
        self._cloud.tick(now, ["EvaluateReputation"])
        self._note_invocations()
        emails = self._cloud.emails()
        self._sent += [Sent(now, e.subject) for e in emails if e.attributes["kind"] == STATUS_CHANGE]
        upcoming = None
        if next_hour:
            upcoming = now + HOUR if self._awaited and now < next_hour else next_hour + HOUR
        return Tick(now, self._fed, emails, upcoming)

    def _note_invocations(self) -> None:
        """Add up what the functions say they did. They say it in their logs, as they do in AWS."""
        while self._cloud.invocations:
            invocation = self._cloud.invocations.popleft()
            if invocation.error is not None:
                raise ReplayFailed(f"{invocation.function} failed: {invocation.error!r}") from invocation.error
            for line in invocation.logs:
                record = json.loads(line)
                match record.get("message"):
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
