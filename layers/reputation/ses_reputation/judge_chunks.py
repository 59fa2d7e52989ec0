"""The use case of evaluate_reputation on its own queue: judge scopes that a scheduled run has handed on."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from ses_reputation.discretion import told
from ses_reputation.domain.news import Told
from ses_reputation.domain.policy import Policy
from ses_reputation.due import Chunks
from ses_reputation.evaluate import Evaluated, Replies, Standings, judge_all
from ses_reputation.notices.alert import Alert
from ses_reputation.outbox import Channel, Publish, outgoing_of, send
from ses_reputation.past import Counters, Reading, Weeks


class ChunkMessage(Struct, frozen=True):
    """A message: which chunk is to be judged, or what is wrong with it. `id` and `handle` are the queue's."""

    id: str
    handle: str
    body: str
    chunk: str | None = None
    problem: str | None = None


class Judged(Struct, frozen=True):
    """What became of a message. `problem` is why it comes again, or could not be read."""

    message_id: str
    again: bool
    chunk: str | None = None
    evaluated: Evaluated = Evaluated()
    problem: str | None = None


class ChunkIncomplete(RuntimeError):
    """Some scopes of a chunk could not be judged; the text says how many, and why the first was not.

    They alone are left of it. All others were judged: `evaluated` says what was done.
    """

    def __init__(self, failures: Iterable[Exception], evaluated: Evaluated) -> None:
        failed = list(failures)
        super().__init__(f"{len(failed)} scopes could not be judged, the first: {told(failed[0])}")
        self.evaluated = evaluated


class _Record(Struct, frozen=True, rename="camel"):
    message_id: str
    body: str
    receipt_handle: str = ""


class _Invocation(Struct, frozen=True):
    records: tuple[_Record, ...] = msgspec.field(name="Records")


class _Body(Struct, frozen=True):
    # DynamoDB looks for no key that is empty, or has more than 1 KB, in four bytes a character at most.
    chunk: Annotated[str, Meta(min_length=1, max_length=256)]


def read_messages(invocation: object) -> Iterator[ChunkMessage]:
    """The messages that Lambda hands over from the queue, read. Never raises for a bad one."""
    for record in msgspec.convert(invocation, _Invocation).records:
        message = ChunkMessage(record.message_id, record.receipt_handle, record.body)
        try:
            yield replace(message, chunk=msgspec.json.decode(record.body, type=_Body).chunk)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            yield replace(message, problem=f"no chunk of scopes: {error}")


def judge_chunks(
    messages: Iterable[ChunkMessage],
    judge: Callable[[str], Evaluated],
    set_apart: Callable[[ChunkMessage], bool],
    retry_soon: Callable[[str], None],
) -> Iterator[Judged]:
    """Judge the chunk of each message, and say what became of it; what failed comes again, soon.

    `judge` judges the chunk with an id. `set_apart` keeps a message that can't be read, with the reason, and says
    whether it could. `retry_soon` has the queue offer the message with a handle again.
    """
    for message in messages:
        if message.chunk is None:
            yield Judged(message.id, again=not set_apart(message), problem=message.problem)
            continue
        try:
            judged = Judged(message.id, again=False, chunk=message.chunk, evaluated=judge(message.chunk))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a chunk, it comes again by itself
            evaluated = error.evaluated if isinstance(error, ChunkIncomplete) else Evaluated()
            judged = Judged(message.id, again=True, chunk=message.chunk, evaluated=evaluated, problem=told(error))
            retry_soon(message.handle)
        yield judged


def judge_chunk(
    identifier: str,
    *,
    policy: Policy,
    counters: Counters,
    replies: Replies,
    standings: Standings,
    chunks: Chunks,
    channels: Mapping[Channel, Publish],
    to_alert: Callable[[Told, Policy], Alert],
    weeks: Weeks | None = None,
) -> Evaluated:
    """Judge the scopes of a chunk at the moment at which they were handed on, and tell what changed.

    ChunkIncomplete if some of them could not be judged. To judge it twice, one after the other or both at once, does
    the same as to judge it once, and so does judging it late: a scope that was judged at a later moment stays as it is.
    """
    chunk = chunks.read(identifier)
    if chunk is None:
        return Evaluated()
    made: list[Alert] = []
    total, failed = judge_all(
        chunk.due,
        outages=tuple(standings.outages()),
        now=chunk.now,
        policy=standings.learned().applied_to(policy),
        reading=Reading(counters, chunk.now, weeks),
        replies=replies,
        standings=standings,
        to_alert=to_alert,
        made=made,
    )
    # Only what was written here, and before the chunk is done: until then scheduled runs leave it alone. What can't be
    # sent is in the outbox, and the next scheduled run tells it, or how much of it can't be told.
    unsent: list[Exception] = []
    alerts = send((way for alert in made for way in outgoing_of(alert)), standings, channels, unsent)
    total = replace(total, alerts=alerts, unsent=len(unsent))
    if failed:
        chunks.keep(replace(chunk, due=tuple(failed)))
        raise ChunkIncomplete(failed.values(), total) from next(iter(failed.values()))
    chunks.done(chunk)
    return total
