"""Every way into the system, from what Lambda or a file hands over to what would be written, without the network."""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import gettempdir
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Struct

from ses_reputation.adapters.dead_letters import SqsDeadLetters
from ses_reputation.adapters.ledger import DynamoDbLedger
from ses_reputation.adapters.scope_register import DynamoDbScopeRegister
from ses_reputation.adapters.status_topic import SnsStatusTopic
from ses_reputation.commands import answer, read_call
from ses_reputation.dashboard.pages import OverviewPage, PageNotFound
from ses_reputation.dashboard.render import problem, render
from ses_reputation.dashboard.widget import asks_for_description, read_asked, read_widget
from ses_reputation.domain.categories import Category
from ses_reputation.domain.decisions import Command, Report
from ses_reputation.domain.news import News
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.providers import AddressBook
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Act, Actor, Standing
from ses_reputation.domain.verdict import Verdict
from ses_reputation.evaluate import Versioned
from ses_reputation.listen import Listened, listen_to_ses
from ses_reputation.notices.alert import Alert, alert_of, ses_alert_of
from ses_reputation.operate import Done, operate
from ses_reputation.outbox import Channel, Outgoing, outgoing_of
from ses_reputation.receive import receive_finding
from ses_reputation.record import Outcome, record_feedback
from ses_reputation.ses_events import Message, TagNames, read_invocation
from ses_reputation.ses_status_events import ReceivedStatement
from ses_reputation.status_messages import read_messages
from ses_reputation.suppress import suppress_recipients
from ses_reputation.watch import VersionedVerdict
from ses_reputation.wiring import NotSetApart
from ses_reputation_local.captures import CaptureError, read_captures
from tests.dashboard_views import overview_view
from tests.fuzz import seeds
from tests.fuzz.seeds import ACCOUNT, REGION, Seed
from tests.fuzz.stores import MAX_ITEM, MAX_MESSAGE, DynamoDb, NotTaken, Sns, Sqs
from tests.test_suppress import World

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TENANT = Scope("tenant/hill-bikes")
TAGS = TagNames(scopes=("campaign", "team"))
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:show"
REFUSED_BY_LAMBDA = "no JSON that Lambda would hand over, or too much of it"

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_INVOCATION = 6 * 1024 * 1024

Read = Callable[[bytes, Random], str]
"""Reads a text, and carries out what it says; in a few words, what came of it. Any exception is a finding."""


class EntryPoint(Struct, frozen=True):
    """A way in: what comes through it, as mutations begin with it, and what reads it."""

    seeds: Sequence[Seed]
    read: Read


# -- Mail --------------------------------------------------------------------------------------------------------------


class Recording:
    """record_feedback with tables that nothing is in."""

    def __init__(self, tags: TagNames = TAGS, queue: Sqs | None = None) -> None:
        self._tags = tags
        self.dynamodb = DynamoDb()
        client: Any = self.dynamodb
        self._ledger = DynamoDbLedger(
            client,
            receipts_table="receipts",
            counters_table="counters",
            standings_table="standings",
            receipt_retention=90 * DAY,
            counter_retention=400 * DAY,
            choose_writer=lambda: 0,
            new_token=lambda: "0" * 32,
            pause=lambda _: None,
        )
        self._register = DynamoDbScopeRegister(
            client,
            table="standings",
            maximum=10_000,
            receipt_retention=90 * DAY,
            counter_retention=400 * DAY,
            pause=lambda _: None,
            remembered=1_000,
        )
        sqs: Any = queue or Sqs()
        self._dead_letters = SqsDeadLetters(sqs, queue_url="https://sqs.example/letters")

    def record(self, invocation: object) -> str:
        messages = read_invocation(invocation, self._tags)
        recorded = record_feedback(
            messages, AddressBook(), self._ledger, self._dead_letters, lambda _: None, self._register
        )
        for message in messages:
            json.dumps(message.problem, ensure_ascii=False).encode()
        problems = {_problem(message) for message in messages if message.problem}
        outcomes = {outcome.name.lower() for outcome in recorded.outcomes if outcome is not Outcome.UNREADABLE}
        return ", ".join(sorted(outcomes | problems)) or "nothing"


def _problem(message: Message) -> str:
    return f"unreadable: {message.problem}"


def in_queue(body: str) -> object:
    """A text as the body of a queue's message."""
    return {"Records": [{"messageId": "message-1", "body": body, "eventSource": "aws:sqs"}]}


def _in_queue(text: bytes, random: Random) -> object:
    """A queue has no half characters, a forged invocation may."""
    return in_queue(text[:MAX_MESSAGE].decode(errors="replace" if random.random() < 0.95 else "surrogateescape"))


def _handed_over(text: bytes) -> object:
    """What Lambda's runtime makes of an invocation; ValueError or RecursionError if it hands over nothing."""
    if len(text) > MAX_INVOCATION:
        raise ValueError("too large")
    document: object = json.loads(text.decode(errors="surrogatepass"))
    return document


def _of_invocation(read: Callable[[object], str]) -> Read:
    def read_text(text: bytes, random: Random) -> str:
        try:
            invocation = _handed_over(text)
        except (ValueError, RecursionError):
            return REFUSED_BY_LAMBDA
        return read(invocation)

    return read_text


def _suppress(invocation: object) -> str:
    messages = read_invocation(invocation)
    world = World()
    queue: Any = Sqs()
    dead_letters = SqsDeadLetters(queue, queue_url="https://sqs.example/letters")
    suppressed = suppress_recipients(messages, world, world, world, dead_letters, lambda: True)
    return ", ".join(sorted(suppressed.outcomes)) or "nothing"


def _enforce(invocation: object) -> str:
    read = list(read_messages(invocation))
    json.dumps([message.problem for message in read], ensure_ascii=False).encode()
    return "; ".join(sorted({message.problem or "a scope" for message in read})) or "nothing"


# -- People and programs -----------------------------------------------------------------------------------------------


class _Kept:
    """Standings in memory, which the table would take: as they are written, everything is as large as it will be."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing

    def read(self, scope: Scope) -> Versioned:
        return Versioned(self._standing, 1) if scope == self._standing.scope else Versioned(Standing(scope))

    def is_done(self, request: str) -> bool:
        return not request.encode()

    def write_act(
        self, standing: Standing, _version: int, act: Act, _now: datetime, news: Sequence[News], alerts: Sequence[Alert]
    ) -> bool:
        for name in (standing.scope, act.id):
            if len(name.encode()) > 1_024:
                raise NotTaken(f"a key of {len(name.encode())} bytes")
        for kept in (standing, *news, *(outgoing for alert in alerts for outgoing in outgoing_of(alert))):
            if len(document := msgspec.json.encode(kept)) > MAX_ITEM - 5_000:
                raise NotTaken(f"a document of {len(document)} bytes")
            msgspec.json.decode(document, type=type(kept))
        return True

    def outgoing(self) -> Sequence[Outgoing]:
        return ()

    def mark_sent(self, _outgoing: Outgoing, _message_id: str) -> None:
        return


class Desk:
    """Where commands are carried out, with one finding open."""

    def __init__(self) -> None:
        client: Any = Sns()
        publish = SnsStatusTopic(client, topic_arn="arn:aws:sns:eu-west-1:123456789012:status").publish
        # A channel that fails keeps the alert in the outbox, and would for ever: here it is a finding.
        self._channels = dict.fromkeys(Channel, publish)
        self._failures: list[Exception] = []
        self._standings: Any = _Kept(Standing(TENANT))
        report = Report(TENANT, Category.SPAMTRAP, "14 hits", "ben", observed=NOW)
        done = self.carry_out(report, Act("report-0", Actor("ben", proven=False)), NOW)
        assert done.finding
        self.finding = done.finding.id
        self._standings = _Kept(Standing(TENANT, findings={Category.SPAMTRAP: done.finding}))

    def carry_out(self, command: Command, act: Act, now: datetime) -> Done:
        done = operate(
            command,
            act,
            now,
            policy=Policy(),
            standings=self._standings,
            channels=self._channels,
            to_alert=partial(alert_of, account=ACCOUNT, region=REGION),
            pause=lambda _: None,
        )
        if done.unsent:
            raise NotTaken("an alert could not be sent, and never can be")
        return done

    def command(self, invocation: object) -> str:
        call = read_call(invocation, "request-1", NOW)
        answered = answer(call, self.carry_out)
        told = json.loads(json.dumps(answered.to(call)))
        json.dumps(told, ensure_ascii=False).encode()
        if answered.status >= 500:
            raise NotTaken(f"the status {answered.status}")
        error = answered.body.get("error")
        return f"{answered.status.value} {error or 'done'}"

    def finding_reported(self, invocation: object) -> str:
        queue: Any = Sqs()
        dead_letters = SqsDeadLetters(queue, queue_url="https://sqs.example/letters")

        def set_apart(apart: object, reason: str) -> None:
            # As wiring does it.
            if dead_letters.put([Message(None, json.dumps(apart), problem=reason)]):
                raise NotSetApart

        try:
            received = receive_finding(
                invocation, ACCOUNT, REGION, operate=self.carry_out, listen=self._listen, set_apart=set_apart
            )
        except NotSetApart:
            # In the end Lambda itself sends it to the dead-letter queue, in an envelope of its own.
            return "too large to be set apart with a reason"
        json.dumps(msgspec.to_builtins(received), ensure_ascii=False).encode()
        return received.problem or received.outcome

    def _listen(self, received: ReceivedStatement) -> Listened:
        return listen_to_ses(
            received,
            verdicts=_NoVerdicts(),
            outbox=self._standings,
            channels=self._channels,
            to_alert=partial(ses_alert_of, account=ACCOUNT, region=REGION),
            operate=self.carry_out,
            pause=lambda _: None,
        )


class _NoVerdicts:
    """SES has said nothing yet."""

    def verdict(self, _scope: Scope) -> VersionedVerdict:
        return VersionedVerdict()

    def write_verdict(self, verdict: Verdict, _version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        if len(verdict.scope.encode()) > 1_000:
            raise NotTaken("a key that is too long")
        for kept in (verdict, *news, *alerts):
            if len(msgspec.json.encode(kept)) > MAX_ITEM - 5_000:
                raise NotTaken("a verdict that is too large")
        return True


def _page(text: bytes, random: Random) -> str:
    try:
        event = _handed_over(text)
    except (ValueError, RecursionError):
        return REFUSED_BY_LAMBDA
    if asks_for_description(event):
        return "the description"
    widget = read_widget(event, show=ARN, operate=ARN)
    try:
        page = read_asked(event)
    except PageNotFound as error:
        widget.shown(problem(str(error), widget)).encode()
        return f"no page: {error}"
    # To render one takes as long as to read a hundred.
    if isinstance(page, OverviewPage) and random.random() < 0.02:
        widget.shown(render(overview_view(page=page), widget)).encode()
    else:
        str(widget.link(page, "x")).encode()
    return type(page).__name__


# -- Files -------------------------------------------------------------------------------------------------------------


def _capture(text: bytes, random: Random) -> str:
    path = Path(gettempdir()) / f"capture-{uuid4().hex}.json"
    if random.random() < 0.1:
        path = path.with_suffix(".json.gz")
        packed = bytearray(gzip.compress(text, compresslevel=1))
        if random.random() < 0.5:
            packed[random.randrange(len(packed))] = random.randrange(256)
        text = bytes(packed)
    try:
        path.write_bytes(text)
        return ", ".join(sorted({type(each.event).__name__ for each in read_captures([path])})) or "nothing"
    except CaptureError as error:
        return f"no capture: {str(error).replace(str(path), 'it')}"
    finally:
        path.unlink()


def entry_points() -> Mapping[str, EntryPoint]:
    """All of them, by their names, with fakes of their own."""
    recording, desk = Recording(), Desk()
    commands = [Seed(seed.name, seed.text.replace("FINDING", desk.finding)) for seed in seeds.of_commands()]
    return MappingProxyType(
        {
            "record_feedback, a message": EntryPoint(
                seeds.of_mail(), lambda text, random: recording.record(_in_queue(text, random))
            ),
            "record_feedback, an invocation": EntryPoint(seeds.of_invocations(), _of_invocation(recording.record)),
            "suppress_recipients": EntryPoint(seeds.of_mail(), lambda text, random: _suppress(_in_queue(text, random))),
            "enforce_status": EntryPoint(seeds.of_alerts(), lambda text, random: _enforce(_in_queue(text, random))),
            "receive_finding": EntryPoint(seeds.of_findings(), _of_invocation(desk.finding_reported)),
            "operate": EntryPoint(commands, _of_invocation(desk.command)),
            "show_dashboard": EntryPoint(seeds.of_pages(), _page),
            "replay, a file": EntryPoint([*seeds.of_mail(), *seeds.of_invocations()], _capture),
        }
    )
