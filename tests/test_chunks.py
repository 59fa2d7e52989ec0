"""What is too much for one evaluation is handed on, and judged as it would have been there: once, and told once."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from ses_reputation import wiring
from ses_reputation.adapters.chunks import DynamoDbChunks
from ses_reputation.adapters.counters import DynamoDbCounters
from ses_reputation.adapters.documents import encode
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts
from ses_reputation.domain.scopes import ACCOUNT, MAX_SCOPE, Scope
from ses_reputation.domain.standing import Standing
from ses_reputation.domain.weeks import ALL_TIME
from ses_reputation.due import CHUNK, CHUNK_BYTES, GIVEN_UP, Chunk, Due, NotHandedOn, in_chunks
from ses_reputation.evaluate import Evaluated, EvaluationIncomplete, Versioned
from ses_reputation.judge_chunks import (
    ChunkIncomplete,
    ChunkMessage,
    Judged,
    judge_chunk,
    judge_chunks,
    read_messages,
)
from ses_reputation.notices.alert import alert_of
from ses_reputation.outbox import Channel
from ses_reputation_local.cloud import LocalCloud
from tests.test_evaluate import (
    BAD,
    GMAIL,
    HOUR,
    NOW,
    OUTAGE,
    FakeChannel,
    FakeCounters,
    FakeReplies,
    FakeStandings,
    evaluate,
    hour,
)
from tests.test_metrics import written
from tests.test_template import RESOURCES
from tests.test_whole_path import MORNING, subscribe_program

SOON = NOW + timedelta(minutes=15)
TENANTS = [Scope(f"tenant/{name}") for name in ("acme", "bikes", "cakes", "dance", "eggs")]


class FakeChunks:
    """Chunks of three scopes, and the queue that names them."""

    def __init__(self, *waiting: Chunk) -> None:
        self.kept = {chunk.id: chunk for chunk in waiting}
        self.queue: list[str] = []
        self.size = 3
        self.refuses = False

    def waiting(self) -> Iterator[Chunk]:
        return iter(list(self.kept.values()))

    def read(self, identifier: str) -> Chunk | None:
        return self.kept.get(identifier)

    def hand_on(self, chunks: Sequence[Chunk]) -> None:
        self.remind(chunks)
        self.kept |= {chunk.id: chunk for chunk in chunks}

    def remind(self, chunks: Sequence[Chunk]) -> None:
        if self.refuses and chunks:
            raise NotHandedOn("no room")
        self.queue += [chunk.id for chunk in chunks]

    def keep(self, chunk: Chunk) -> None:
        if chunk.id in self.kept:
            self.kept[chunk.id] = chunk

    def done(self, chunk: Chunk) -> None:
        self.kept.pop(chunk.id, None)

    @property
    def scopes(self) -> list[list[Scope]]:
        """What waits, chunk by chunk."""
        return [[due.scope for due in chunk.due] for chunk in self.kept.values()]


def judge(
    identifier: str,
    counters: FakeCounters,
    standings: FakeStandings,
    chunks: FakeChunks,
    topic: FakeChannel | None = None,
    policy: Policy = Policy(),  # noqa: B008 - it is frozen
) -> Evaluated:
    """One run of what was handed on."""
    return judge_chunk(
        identifier,
        policy=policy,
        counters=counters,
        replies=FakeReplies(),
        standings=standings,
        chunks=chunks,
        channels={channel: (topic or FakeChannel()).publish for channel in Channel}
        | {Channel.CHAT: FakeChannel().publish},
        to_alert=partial(alert_of, account="123456789012", region="eu-west-1"),
    )


def bad(*scopes: Scope) -> FakeCounters:
    return FakeCounters({scope: [hour(1, hard_bounced=200)] for scope in scopes})


def told(topic: FakeChannel) -> list[str]:
    return [alert.scope for alert in topic.published]


# -- Handing on --------------------------------------------------------------------------------------------------------


def test_what_one_run_can_do_is_not_handed_on() -> None:
    standings, chunks = FakeStandings(ACCOUNT, GMAIL, *TENANTS[:2]), FakeChunks()
    assert evaluate(BAD, standings, chunks=chunks).scopes == 4
    assert (chunks.queue, chunks.scopes) == ([], [])


def test_what_is_too_much_is_handed_on_but_for_the_account_and_the_providers() -> None:
    standings, chunks = FakeStandings(*TENANTS, GMAIL, ACCOUNT), FakeChunks()
    run = evaluate(FakeCounters({}), standings, chunks=chunks)
    assert (run.scopes, run.handed_on, run.in_time) == (2, 5, True)
    assert standings.kept.keys() == {ACCOUNT, GMAIL}
    assert chunks.scopes == [TENANTS[:3], TENANTS[3:]]
    assert {chunk.now for chunk in chunks.waiting()} == {NOW}


def test_all_of_it_is_judged_and_each_change_is_told_once() -> None:
    standings, chunks, topic = FakeStandings(ACCOUNT, *TENANTS), FakeChunks(), FakeChannel()
    counters = bad(ACCOUNT, *TENANTS)
    assert evaluate(counters, standings, topic, chunks=chunks).alerts == 1
    runs = [judge(identifier, counters, standings, chunks, topic) for identifier in chunks.queue]
    assert [(run.scopes, run.changes, run.alerts) for run in runs] == [(3, 3, 3), (2, 2, 2)]
    assert told(topic) == [ACCOUNT, *TENANTS]
    assert chunks.scopes == []
    assert {known.standing.status for known in standings.kept.values()} == {Status.PROBATION}
    assert evaluate(counters, standings, topic, SOON, chunks=chunks).in_time
    assert len(topic.published) == 6


def test_an_outage_that_a_run_finds_is_known_to_those_that_it_hands_on_to() -> None:
    counters = FakeCounters({ACCOUNT: OUTAGE, TENANTS[0]: OUTAGE})
    for hold, status in ((True, Status.HEALTHY), (False, Status.PROBATION)):
        policy = replace(Policy(), hold_outages=hold)
        standings, chunks = FakeStandings(GMAIL, *TENANTS), FakeChunks()
        assert evaluate(counters, standings, policy=policy, chunks=chunks).outages == 1
        judge(chunks.queue[0], counters, standings, chunks, policy=policy)
        assert standings.kept[TENANTS[0]].standing.status is status


def test_what_waits_is_not_handed_on_again_and_makes_the_run_one_that_is_not_complete() -> None:
    standings, chunks = FakeStandings(*TENANTS[:4]), FakeChunks()
    evaluate(bad(), standings, chunks=chunks)
    judge(chunks.queue[0], bad(), standings, chunks)
    standings.marks |= dict.fromkeys(TENANTS, "2")
    run = evaluate(bad(), standings, now=SOON, chunks=chunks)
    assert (run.scopes, run.handed_on, run.late, run.in_time) == (0, 4, 1, False)
    assert chunks.scopes == [[TENANTS[3]], TENANTS[:3], [TENANTS[4]]]


def test_what_was_given_up_is_handed_on_anew_and_its_message_finds_nothing() -> None:
    standings, chunks = FakeStandings(*TENANTS), FakeChunks()
    evaluate(bad(), standings, chunks=chunks)
    evaluate(bad(), standings, now=NOW + GIVEN_UP - HOUR, chunks=chunks)
    assert len(chunks.queue) == 2
    late = NOW + GIVEN_UP
    run = evaluate(bad(), standings, now=late, chunks=chunks)
    assert (run.handed_on, run.late) == (5, 5)
    assert {chunk.now for chunk in chunks.waiting()} == {late}
    assert judge(chunks.queue[0], bad(), standings, chunks) == Evaluated()


def test_the_queue_gives_a_chunk_up_before_a_run_does() -> None:
    queue = RESOURCES["EvaluationQueue"]["Properties"]
    hidden = timedelta(seconds=queue["VisibilityTimeout"])
    assert queue["RedrivePolicy"]["maxReceiveCount"] * hidden <= GIVEN_UP


def test_a_run_that_is_repeated_puts_on_the_queue_what_may_not_have_got_there() -> None:
    standings, chunks = FakeStandings(*TENANTS), FakeChunks()
    evaluate(bad(), standings, chunks=chunks)
    again = evaluate(bad(), standings, chunks=chunks)
    assert (again.handed_on, again.in_time) == (0, True)
    assert chunks.queue == 2 * list(chunks.kept)


def test_what_the_queue_does_not_take_stays_due_and_the_account_is_judged() -> None:
    standings, chunks = FakeStandings(ACCOUNT, *TENANTS), FakeChunks()
    chunks.refuses = True
    with pytest.raises(EvaluationIncomplete, match="NotHandedOn: no room") as failure:
        evaluate(bad(), standings, chunks=chunks)
    assert (failure.value.evaluated.scopes, failure.value.evaluated.handed_on) == (1, 0)
    assert standings.marks.keys() == {*TENANTS}


def test_a_chunk_has_so_many_scopes_or_fewer_with_long_names() -> None:
    short = [Due(Scope(f"tenant/{n}"), "1") for n in range(7)]
    chunks = list(in_chunks(short, NOW, 3))
    assert [len(chunk.due) for chunk in chunks] == [3, 3, 1]
    assert [due for chunk in chunks for due in chunk.due] == short
    assert len({chunk.id for chunk in chunks}) == 3
    long = [Due(Scope(f"tag/{n:03}=".ljust(MAX_SCOPE, "x")), "1" * 32) for n in range(CHUNK)]
    parts = list(in_chunks(long, NOW, CHUNK))
    assert [due for chunk in parts for due in chunk.due] == long
    assert {len(chunk.due) for chunk in parts[:-1]} == {CHUNK_BYTES // (MAX_SCOPE + 32)}
    assert len(encode(parts[0])["S"]) < 400_000 // 1.5, "which is what DynamoDB takes, with room for its quotes"
    assert list(in_chunks([], NOW, 3)) == []


# -- Judging what was handed on ----------------------------------------------------------------------------------------


class FailingCounters(FakeCounters):
    """Counts that can't be read of one scope."""

    fails: Scope | None = TENANTS[1]

    def hours(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterator[HourCounts]:
        if scope == self.fails:
            raise TimeoutError("no answer")
        return super().hours(scope, before, since)


def test_what_fails_is_all_that_is_left_of_a_chunk_and_is_judged_alone() -> None:
    standings, chunks, topic = FakeStandings(*TENANTS), FakeChunks(), FakeChannel()
    counters = FailingCounters(bad(*TENANTS).by_scope)
    evaluate(counters, standings, topic, chunks=chunks)
    with pytest.raises(ChunkIncomplete, match="1 scopes could not be judged, the first: TimeoutError") as failure:
        judge(chunks.queue[0], counters, standings, chunks, topic)
    assert failure.value.evaluated == Evaluated(scopes=2, changes=2, alerts=2, awaited=2)
    assert chunks.scopes == [[TENANTS[1]], TENANTS[3:]]
    counters.fails = None
    counters.read.clear()
    judge(chunks.queue[0], counters, standings, chunks, topic)
    assert counters.read == [TENANTS[1]]
    assert told(topic) == [TENANTS[0], TENANTS[2], TENANTS[1]]
    assert chunks.scopes == [TENANTS[3:]]


def test_a_chunk_that_comes_twice_at_once_is_told_once() -> None:
    standings, chunks, topic = FakeStandings(*TENANTS), FakeChunks(), FakeChannel()
    evaluate(bad(), standings, chunks=chunks)
    first = chunks.queue[0]

    class Overtaken(FakeCounters):
        """Another run judges the whole chunk while this one reads."""

        def hours(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterator[HourCounts]:
            if first in chunks.kept:
                judge(first, bad(*TENANTS), standings, chunks, topic)
            return super().hours(scope, before, since)

    run = judge(first, Overtaken(bad(*TENANTS).by_scope), standings, chunks, topic)
    assert (run.changes, run.overtaken) == (0, 1)
    assert told(topic) == TENANTS[:3]
    assert chunks.scopes == [TENANTS[3:]]


def test_a_chunk_that_comes_after_its_scopes_were_judged_at_a_later_moment_changes_nothing() -> None:
    standings, topic = FakeStandings(*TENANTS[:2]), FakeChannel()
    old = Chunk("old", NOW, tuple(Due(scope, "1") for scope in TENANTS[:2]))
    evaluate(bad(*TENANTS), standings, topic, SOON)
    before = dict(standings.kept)
    run = judge("old", bad(*TENANTS), standings, FakeChunks(old), topic)
    assert (run.scopes, run.changes) == (2, 0)
    assert standings.kept == before
    assert told(topic) == TENANTS[:2]


def test_a_chunk_decides_nothing_before_what_somebody_has_done_since() -> None:
    standings, topic = FakeStandings(*TENANTS[:2]), FakeChannel()
    old = Chunk("old", NOW, tuple(Due(scope, "1") for scope in TENANTS[:2]))
    standings.kept[TENANTS[0]] = Versioned(Standing(TENANTS[0], acted=SOON), 1)
    judge("old", bad(*TENANTS), standings, FakeChunks(old), topic)
    assert told(topic) == [TENANTS[1]]
    assert TENANTS[0] in standings.marks, "the next run judges it"
    evaluate(bad(*TENANTS), standings, topic, SOON)
    assert told(topic) == [TENANTS[1], TENANTS[0]]


def test_a_scope_that_is_marked_again_while_its_chunk_waits_stays_due() -> None:
    standings, chunks = FakeStandings(*TENANTS), FakeChunks()
    evaluate(bad(), standings, chunks=chunks)
    standings.marks[TENANTS[0]] = "2"
    for identifier in chunks.queue:
        judge(identifier, bad(), standings, chunks)
    assert standings.marks == {TENANTS[0]: "2"}


def test_a_scheduled_run_leaves_to_a_chunk_what_is_decided_there_until_that_is_done() -> None:
    standings, chunks, topic = FakeStandings(*TENANTS), FakeChunks(), FakeChannel()
    counters = bad(*TENANTS)
    evaluate(counters, standings, topic, chunks=chunks)

    class Stopped(FakeChannel):
        """Whoever publishes is stopped, as by Lambda at the end of its time: what was decided is in the outbox."""

        def publish(self, _alert: object) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(chunks.queue[0], counters, standings, chunks, Stopped())
    evaluate(counters, standings, topic, SOON, chunks=chunks)
    assert told(topic) == []
    judge(chunks.queue[0], counters, standings, chunks, topic)
    assert told(topic) == [], "it decided nothing, and tells only what it decides"
    evaluate(counters, standings, topic, SOON + HOUR, chunks=chunks)
    assert told(topic) == TENANTS[:3]


def test_what_a_chunk_can_not_send_waits_for_the_next_scheduled_run() -> None:
    standings, chunks, topic = FakeStandings(*TENANTS), FakeChunks(), FakeChannel(refuses=TENANTS[1])
    evaluate(bad(), standings, chunks=chunks)
    run = judge(chunks.queue[0], bad(*TENANTS), standings, chunks, topic)
    assert (run.alerts, run.unsent) == (2, 1)
    assert chunks.scopes == [TENANTS[3:]]
    topic.refuses = ""
    assert evaluate(bad(), standings, topic, SOON, chunks=chunks).alerts == 1
    assert told(topic) == [TENANTS[0], TENANTS[2], TENANTS[1]]


# -- Messages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    ["", "poison", "{}", '{"chunk": 1}', '{"chunk": ""}', f'{{"chunk": "{"k" * 257}"}}', '["chunk"]', "[" * 100_000],
    ids=lambda body: body[:20] or "empty",
)
def test_what_names_no_chunk_says_what_is_wrong(body: str) -> None:
    (message,) = read_messages({"Records": [{"messageId": "m", "receiptHandle": "h", "body": body}]})
    assert message.problem is not None
    assert message.problem.startswith("no chunk of scopes: ")
    assert message.chunk is None


def test_a_message_that_fails_comes_again_soon_and_the_others_do_not() -> None:
    done = Evaluated(scopes=2)
    soon: list[str] = []

    def judge_or_fail(chunk: str) -> Evaluated:
        if chunk == "partly":
            raise ChunkIncomplete([TimeoutError()], done)
        if chunk == "wholly":
            raise KeyError("jane@x.example")
        return done

    bodies = [json.dumps({"chunk": name}) for name in ("well", "partly", "wholly")]
    records = [{"messageId": f"m-{n}", "receiptHandle": f"h-{n}", "body": body} for n, body in enumerate(bodies)]
    apart: list[ChunkMessage] = []
    messages = [*read_messages({"Records": records}), ChunkMessage("m-3", "h-3", "", problem="poison")]

    def set_apart(message: ChunkMessage) -> bool:
        apart.append(message)
        return True

    judged = list(judge_chunks(messages, judge_or_fail, set_apart, soon.append))
    assert [(each.message_id, each.again, each.evaluated) for each in judged] == [
        ("m-0", False, done),
        ("m-1", True, done),
        ("m-2", True, Evaluated()),
        ("m-3", False, Evaluated()),
    ]
    assert soon == ["h-1", "h-2"]
    assert apart == messages[3:]
    assert judged[2].problem == "KeyError", "without what it says: that may be somebody's address"
    assert list(judge_chunks(messages[3:], judge_or_fail, lambda _: False, soon.append)) == [
        Judged("m-3", again=True, problem="poison")
    ]


# -- On the local cloud ------------------------------------------------------------------------------------------------


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalCloud]:
    """A cloud in which one run judges three scopes."""
    monkeypatch.setattr(wiring, "CHUNK", 3)
    with LocalCloud() as cloud:
        cloud.now = MORNING
        yield cloud


def mark(cloud: LocalCloud, *scopes: Scope, hard_bounced: int = 200) -> None:
    """Let scopes have had bad mail in the hour before the morning, and have them evaluated."""
    client = cloud.client("dynamodb")
    for scope in scopes:
        key = {"scope": {"S": scope}, "hour": {"S": f"{MORNING - HOUR:%Y-%m-%dT%H}#0"}}
        counts = {"gmail.sent": {"N": "1000"}, "gmail.hard_bounced": {"N": str(hard_bounced)}}
        client.put_item(TableName=cloud.resources["CountersTable"], Item={**key, **counts})
    due = DynamoDbDue(
        client, standings_table=cloud.resources["StandingsTable"], new_token=lambda: "1", pause=lambda _: None
    )
    due.mark([(scope, MORNING - HOUR) for scope in scopes])


def chunks_of(cloud: LocalCloud) -> DynamoDbChunks:
    names = {"table": cloud.resources["StandingsTable"], "queue_url": cloud.resources["EvaluationQueue"]}
    return DynamoDbChunks(cloud.client("dynamodb"), cloud.client("sqs"), **names, size=3)


def measured(cloud: LocalCloud) -> list[dict[str, float]]:
    """What each run of the evaluation measured of itself, in order."""
    return [
        {name: value for (name, _, *of), value in written(run.logs).items() if not of}
        for run in cloud.invocations
        if run.function == "EvaluateReputation"
    ]


def test_a_chunk_that_fails_is_retried_alone_and_nobody_is_told_twice(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark(cloud, ACCOUNT, *TENANTS)
    program = subscribe_program(cloud)
    really, asked = DynamoDbCounters.hours, list[Scope]()

    def hours(self: DynamoDbCounters, scope: Scope, before: datetime, since: datetime | None = None) -> Any:
        if since != ALL_TIME:  # what is older is another request
            asked.append(scope)
        if scope == TENANTS[0] and asked.count(scope) == 1:
            raise TimeoutError
        return really(self, scope, before, since)

    monkeypatch.setattr(DynamoDbCounters, "hours", hours)
    (run,) = cloud.tick(MORNING, ["EvaluateReputation"])
    assert isinstance(run.result, dict)
    assert (run.result["scopes"], run.result["handed_on"]) == (1, 5)
    assert {scope: asked.count(scope) for scope in asked} == {ACCOUNT: 1, **dict.fromkeys(TENANTS, 1), TENANTS[0]: 2}
    messages = cloud.client("sqs").receive_message(QueueUrl=program, MaxNumberOfMessages=10)["Messages"]
    assert sorted(json.loads(message["Body"])["scope"] for message in messages) == sorted([ACCOUNT, *TENANTS])
    assert list(chunks_of(cloud).waiting()) == []
    assert cloud.messages("EvaluationQueue") == cloud.messages("EvaluationDeadLetterQueue") == []
    scheduled, *others = measured(cloud)
    assert (scheduled["CompleteEvaluations"], scheduled["StatusChanges"], scheduled["AlertsSent"]) == (1, 1, 1)
    assert {"Scopes", "AlertsNotSent"} & {name for each in others for name in each} == set()
    assert sum(each["StatusChanges"] for each in others) == sum(each["AlertsSent"] for each in others) == 5
    assert {run.error for run in cloud.invocations} == {None}


def test_an_evaluation_is_complete_once_all_that_the_one_before_handed_on_is_judged(cloud: LocalCloud) -> None:
    mark(cloud, ACCOUNT, *TENANTS)
    source = cloud.resources["EvaluationQueueSource"]
    cloud.client("lambda").update_event_source_mapping(UUID=source, Enabled=False)

    def complete(minutes: int) -> float:
        (run,) = cloud.tick(MORNING + timedelta(minutes=minutes), ["EvaluateReputation"])
        return written(run.logs)["CompleteEvaluations", "evaluate_reputation"]

    assert [complete(minutes) for minutes in (0, 15)] == [1, 0]
    (watch,) = cloud.tick(MORNING + timedelta(minutes=15), ["WatchSes"])
    assert written(watch.logs)["EvaluationAge", "watch_ses"] == 15 * 60
    cloud.client("lambda").update_event_source_mapping(UUID=source, Enabled=True)
    assert [complete(minutes) for minutes in (30, 45)] == [0, 1]


def test_what_can_not_be_read_is_set_apart_with_its_reason(cloud: LocalCloud) -> None:
    cloud.enqueue("EvaluationQueue", ["poison"])
    cloud.deliver()
    (letter,) = cloud.messages("EvaluationDeadLetterQueue")
    assert letter.body == "poison"
    assert letter.attributes["reason"].startswith("no chunk of scopes: ")


def test_of_what_the_queue_does_not_take_nothing_waits(cloud: LocalCloud) -> None:
    chunks = chunks_of(cloud)
    cloud.client("sqs").delete_queue(QueueUrl=cloud.resources["EvaluationQueue"])
    with pytest.raises(Exception, match="NonExistentQueue"):
        chunks.hand_on(list(in_chunks([Due(scope, "1") for scope in TENANTS], NOW, 3)))
    assert list(chunks.waiting()) == []


def test_what_is_left_of_a_chunk_is_kept_only_while_it_waits(cloud: LocalCloud) -> None:
    chunks = chunks_of(cloud)
    first, second = in_chunks([Due(scope, "1") for scope in TENANTS], NOW, 3)
    chunks.hand_on([first, second])
    less = replace(first, due=first.due[1:])
    chunks.keep(less)
    assert {chunk.id: chunk for chunk in chunks.waiting()} == {first.id: less, second.id: second}
    chunks.done(first)
    chunks.keep(less)
    assert list(chunks.waiting()) == [second]
    assert (chunks.read(first.id), chunks.read(second.id)) == (None, second)
