"""A history run on the local cloud, with or without faults, and all that is left when it is over."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Final
from unittest.mock import patch

from moto.dynamodb.models import dynamodb_backends
from moto.sqs.models import Queue, sqs_backends

from ses_reputation import wiring
from ses_reputation.adapters import keys
from ses_reputation.adapters.documents import decode
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.adapters.identities import DynamoDbIdentities
from ses_reputation.domain.lifecycle import Stage
from ses_reputation.domain.news import News
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Standing
from ses_reputation.domain.verdict import Verdict
from ses_reputation_local import queues
from ses_reputation_local.cloud import Email, LocalCloud, QueuedMessage
from ses_reputation_local.ses_account import SesAccount
from tests.faults import ENDING, Called, Fault, Killed, injected
from tests.soak.history import History, Step, seeded
from tests.soak.mail import MINUTE, SETS, TENANTS
from tests.soak.model import OWN_DOMAIN

Injected = Counter[tuple[Called, Fault]]

# More would use up how often a queue offers a message, or Lambda an event, which an outage does on purpose.
ENDING_IN_A_STEP: Final = 3
ENDING_OF_AN_EVENT: Final = 2
CHANCE: Final = 0.25
ATTEMPTS: Final = 12

FEEDBACK_QUEUES: Final = ("BounceQueue", "ComplaintQueue", "VolumeQueue")
FEEDBACK_LETTERS: Final = "FeedbackDeadLetterQueue"
# Where what could be read ends if it fails often enough, and the queue that it is put back on.
REDRIVEN_TO: Final = {FEEDBACK_LETTERS: FEEDBACK_QUEUES[0], "EvaluationDeadLetterQueue": "EvaluationQueue"}

_WIDGET: Final = {
    "theme": "light",
    "timezone": {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0},
    "forms": {"all": {}},
    "params": {},
}


@dataclass(frozen=True)
class Focus:
    """A call that is to go wrong in all of these ways; others go wrong less often then, so that it comes to it."""

    called: Called
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        return f"{self.called.function} {self.called.name}: {', '.join(self.faults)}"

    @classmethod
    def read(cls, text: str) -> "Focus":
        """What somebody wrote as it is printed. ValueError if that is not so."""
        call, _, faults = text.partition(": ")
        function, _, name = call.partition(" ")
        service, _, operation = name.partition(".")
        return cls(Called(function, service, operation), tuple(Fault(fault) for fault in faults.split(", ")))


class Faults:
    """Draws what goes wrong with calls, and counts it."""

    def __init__(self, random: Random, chance: float, focus: Focus | None = None) -> None:
        self.random = random
        self._chance = chance
        self._focused = focus.called if focus else None
        self._next = list(focus.faults) if focus else []
        self._left = 0
        self._outage: tuple[str, str] | None = None
        self.injected: Injected = Counter()
        self.seen: Counter[Called] = Counter()

    def begin(self, outage: tuple[str, str] | None = None) -> None:
        """A step begins: so many calls may end badly in it, or all of one kind."""
        self._left, self._outage = ENDING_IN_A_STEP, outage if self._chance else None

    def end_outage(self) -> None:
        """AWS works again."""
        self._outage = None

    def stop(self) -> None:
        """Nothing goes wrong any more."""
        self._chance, self._outage, self._focused = 0, None, None

    def __call__(self, called: Called) -> Fault | None:
        """How a call goes wrong, if it does."""
        self.seen[called] += 1
        if self._outage == (called.function, called.operation):
            fault: Fault | None = Fault.ERROR_FOR_GOOD
        else:
            fault = self._drawn(called)
            self._left -= fault is not None and _may_end(called, fault)
        if fault:
            self.injected[called, fault] += 1
        return fault

    def _drawn(self, called: Called) -> Fault | None:
        reserved = ENDING_IN_A_STEP - ENDING_OF_AN_EVENT if called.function == "ReceiveFinding" else 0
        possible = {fault for fault in called.faults() if self._left > reserved or not _may_end(called, fault)}
        if called == self._focused and self._next and self.random.random() < 0.7:
            return self._next.pop() if self._next[-1] in possible else None
        # What was not done by another function may be what brings this one to the call.
        aside = self._focused is not None and called.operation != self._focused.operation
        if not possible or self.random.random() >= (self._chance / 5 if aside else self._chance):
            return None
        return self.random.choice(sorted(possible))


def _may_end(called: Called, fault: Fault) -> bool:
    """Whether an invocation may fail by a fault. What is left of a batch of DynamoDB's is written at once."""
    in_part = fault is Fault.IN_PART and called.service != "dynamodb"
    return fault in ENDING or fault is Fault.CONTENDED or in_part


@dataclass
class Told:
    """The documents of alerts that were published, by id, as a program gets them; and whether any came too early."""

    documents: dict[str, Any] = field(default_factory=dict)
    messages: int = 0
    unrecorded: list[str] = field(default_factory=list)


@dataclass
class Ended:
    """What is there when a history is over and nothing fails any more."""

    history: History
    counters: list[dict[str, Any]]
    standings: dict[str, Standing]
    news: list[News]
    news_by_month: list[News]
    told: Told
    emails: list[Email]
    outbox: int
    due: set[str]
    waiting: dict[str, int]
    letters: dict[str, list[QueuedMessage]]
    redriven: Counter[str]
    ses: SesAccount
    verdicts: dict[str, Verdict]
    injected: Injected
    seen: Counter[Called]
    invocations: Counter[str] = field(default_factory=Counter)
    crashes: int = 0


def run_history(history: History, faults: Faults | None = None) -> Ended:
    """Run a history in a cloud of its own. Without faults nothing goes wrong."""
    with LocalCloud(history.parameters) as cloud, patch.object(wiring, "CHUNK", history.chunk):
        return _Run(cloud, history, faults or Faults(seeded(""), 0)).run()


class _Run:
    def __init__(self, cloud: LocalCloud, history: History, faults: Faults) -> None:
        self._cloud = cloud
        self._history = history
        self._faults = faults
        self._told = Told()
        self._redriven: Counter[str] = Counter()
        self._crashes = 0
        self._runs: Counter[str] = Counter()

    def run(self) -> Ended:
        self._set_up()
        with ExitStack() as stack:
            stack.enter_context(injected(self._faults, self._faults.random))
            for step in self._history.steps:
                self._cloud.now = step.now
                self._faults.begin(step.outage)
                if self._history.patient:
                    self._take_until_done(step)
                else:
                    self._take(step)
            self._faults.stop()
            self._settle()
        return self._ended()

    def _set_up(self) -> None:
        cloud = self._cloud
        cloud.now = self._history.steps[0].now
        for name in SETS:
            cloud.ses.configuration_sets.add(name)
        for name in TENANTS:
            cloud.ses.add_tenant(name)
        for name in ("newsletter", "receipts"):  # Of their mail, SES lists nobody by itself.
            cloud.ses.configuration_sets[name].suppression = {"SuppressedReasons": []}
        cloud.ses.verify(OWN_DOMAIN)
        table = cloud.resources["StandingsTable"]
        DynamoDbIdentities(cloud.client("dynamodb"), table=table).write(frozenset({OWN_DOMAIN}))
        url = cloud.client("sqs").create_queue(QueueName="program")["QueueUrl"]
        arn = f"arn:aws:sqs:{cloud.region}:{cloud.account}:{url.rpartition('/')[2]}"
        raw = {"RawMessageDelivery": "true"}
        cloud.client("sns").subscribe(
            TopicArn=cloud.resources["StatusTopic"], Protocol="sqs", Endpoint=arn, Attributes=raw
        )

    def _take(self, step: Step) -> bool:
        """Let a step happen once; whether all of it was done."""
        for parcel in step.parcels:
            if parcel.wrapped:
                self._cloud.enqueue(f"{parcel.name}Queue", [parcel.body])
            else:
                self._cloud.publish_all(f"{parcel.name}Topic", [parcel.body])
        if step.ses_status:
            self._cloud.ses.enforcement_status = step.ses_status
        if step.event:
            self._cloud.receive_event("default", step.event)
        called = self._call(step)
        return self._deliver() and called

    def _take_until_done(self, step: Step) -> None:
        done = self._take(step)
        for _ in range(ATTEMPTS):
            if done and not step.outage:
                return
            self._faults.end_outage()
            self._redrive()
            done = self._call(step)
            done = self._deliver() and done
            if done and all("reason" in message.attributes for message in self._cloud.messages(FEEDBACK_LETTERS)):
                return
        raise AssertionError(f"it is never done: {step}")

    def _call(self, step: Step) -> bool:
        """Call the functions that a step calls; whether they did all that they are called for."""
        done = True
        for function in step.tick:
            done = self._invoked_on_schedule(function) and done
        if step.command:
            done = self._operated(step.command) and done
        if step.page is not None:
            done = self._invoke("ShowDashboard", {**step.page, "widgetContext": _WIDGET}) is not None and done
        return done

    def _invoked_on_schedule(self, function: str) -> bool:
        try:
            (run,) = self._cloud.tick(self._cloud.now, {function})
        except Killed:
            self._died()
            return False
        self._look()
        left = run.result if isinstance(run.result, dict) else {}
        return run.error is None and not (left.get("overtaken") or left.get("unsent"))

    def _operated(self, command: Mapping[str, str]) -> bool:
        if command["command"] != "report":
            standing = self._standings().get(command["scope"])
            if not (standing and standing.findings):
                return True
            # Those that are shut down before others, since most can be decided about them.
            first = min(
                standing.findings.values(), key=lambda finding: (finding.stage is not Stage.SHUTDOWN, finding.id)
            )
            command = {**command, "finding": first.id}
        answer = self._invoke("Operate", command)
        return answer is not None and answer["status"] < 500

    def _invoke(self, function: str, event: object) -> Any:
        """What a function returns; None if it fails, or dies."""
        try:
            run = self._cloud.invoke(function, event)
        except Killed:
            self._died()
            return None
        self._look()
        return None if run.error else run.result

    def _deliver(self) -> bool:
        """Work off what waits; whether nothing died on the way. Whoever is patient goes on until all is quiet."""
        for _ in range(ATTEMPTS if self._history.patient else 1):
            with suppress(Killed):
                self._cloud.deliver()
                self._look()
                return True
            self._died()
        return False

    def _died(self) -> None:
        self._crashes += 1
        self._look()

    def _look(self) -> None:
        """See what was published so far: all of it must be in the history by now."""
        for run in self._cloud.invocations:
            self._runs[run.function] += 1
        self._cloud.invocations.clear()
        program = queues.peek(self._queue("program"))
        if len(program) == self._told.messages:
            return
        recorded = {piece.id for piece in self._news("news/")}
        for message in program[self._told.messages :]:
            document = json.loads(message.body)
            self._told.documents[document["id"]] = document
            if document["kind"] != "summary" and document["id"] not in recorded:
                self._told.unrecorded.append(document["id"])
        self._told.messages = len(program)

    def _redrive(self) -> None:
        """Put dead letters that could be read back onto their queues, as an operator does when AWS works again."""
        for letters, source in REDRIVEN_TO.items():
            queue = self._queue(self._cloud.resources[letters].rpartition("/")[2])
            for message in queues.peek(queue):
                if "reason" not in message.attributes:
                    self._redriven[letters] += 1
                    self._cloud.enqueue(source, [message.body])
                    with queue._messages_lock:
                        queue._messages = [kept for kept in queue._messages if kept.id != message.message_id]

    def _settle(self) -> None:
        """Let everything come to its end: what queues and schedules repeat is repeated until nothing changes. SES is
        asked once more, and every scope judged by what is known then.
        """
        now = self._history.end
        self._redrive()
        self._cloud.deliver()
        self._mark_all_due()
        news = -1
        # What was handed on, and whose run or message was lost, is judged anew after a while.
        while news != (news := len(self._news("news/"))) or self._collection(keys.CHUNKS, keys.OUTBOX):
            self._redrive()
            self._cloud.deliver()
            # An intent of a function that died is somebody else's for some minutes.
            now += 60 * MINUTE
            for run in self._cloud.tick(now, {"WatchSes", "EvaluateReputation"}):
                assert run.error is None, repr(run.error)
            self._look()

    def _mark_all_due(self) -> None:
        """Have every scope judged once more: feedback loops that were learned since it was are another denominator."""
        marks = count()
        client = self._cloud.client("dynamodb")
        due = DynamoDbDue(
            client,
            standings_table=self._cloud.resources["StandingsTable"],
            new_token=lambda: f"at the end, {next(marks)}",
            pause=lambda _: None,
        )
        for action in due.again([Scope(scope) for scope in self._standings()]):
            client.put_item(**action["Put"])

    def _queue(self, name: str) -> Queue:
        queue: Queue = sqs_backends[self._cloud.account][self._cloud.region].get_queue(name)
        return queue

    def _items(self, table: str) -> Iterator[dict[str, Any]]:
        tables = dynamodb_backends[self._cloud.account][self._cloud.region].tables
        for item in tables[self._cloud.resources[table]].all_items():
            yield item.to_json()["Attributes"]

    def _collection(self, *collections: str) -> list[dict[str, Any]]:
        return [item for item in self._items("StandingsTable") if item["collection"]["S"] in collections]

    def _news(self, prefix: str) -> list[News]:
        items = self._items("StandingsTable")
        return [decode(item, News) for item in items if item["collection"]["S"].startswith(prefix)]

    def _standings(self) -> dict[str, Standing]:
        items = self._items("StandingsTable")
        return {i["name"]["S"]: decode(i, Standing) for i in items if i["collection"]["S"].startswith("standing/")}

    def _verdicts(self) -> dict[str, Verdict]:
        items = self._items("StandingsTable")
        return {i["name"]["S"]: decode(i, Verdict) for i in items if i["collection"]["S"] == keys.VERDICTS}

    def _ended(self) -> Ended:
        collections = [(i["collection"]["S"], i["name"]["S"]) for i in self._items("StandingsTable")]
        names = [name for name in self._cloud.resources if name.endswith("Queue")]
        letters = {name: self._cloud.messages(name) for name in names if name.endswith("DeadLetterQueue")}
        return Ended(
            self._history,
            list(self._items("CountersTable")),
            self._standings(),
            self._news("news/"),
            self._news("news-in/"),
            self._told,
            self._cloud.emails(),
            len(self._collection(keys.OUTBOX)),
            # A mark that names a week has it behind the scope.
            {name.partition(" ")[0] for collection, name in collections if collection.startswith("due/")},
            {name: len(self._cloud.messages(name)) for name in names if name not in letters},
            letters,
            self._redriven,
            self._cloud.ses,
            self._verdicts(),
            self._faults.injected,
            self._faults.seen,
            self._runs,
            self._crashes,
        )
