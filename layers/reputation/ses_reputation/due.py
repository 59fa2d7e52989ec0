"""The scopes to evaluate, and those among them that a scheduled run has handed on to other runs, in chunks."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from ses_reputation.domain.changes import news_id
from ses_reputation.domain.scopes import Scope

CHUNK = 500
"""So many scopes a run judges by itself; it hands on what is more, so many at a time.

One takes four or five requests, one after the other, and some milliseconds of a small function's processor: 50 to 60 ms
where DynamoDB answers in 10. So 500 take half a minute of the five that a run has, and 100,000, which are 200 chunks,
ten runs at once some ten minutes: benchmarks/chunks.py.
"""

CHUNK_BYTES = 200_000
"""Of scopes and tokens, whose names may be long: DynamoDB takes items of 400 KB, with all that is around them."""

GIVEN_UP = timedelta(hours=3)
"""After so long the queue has given up a chunk: it offers one five times, and hides it for half an hour each time."""


class TouchedWeek(Struct, frozen=True, array_like=True):
    """A mark that something was counted in a week, which is named by its Monday."""

    week: datetime
    token: str


class Due(Struct, frozen=True, array_like=True):
    """A scope to evaluate, and the marks that say so. A token changes whenever its mark is made again.

    There is a mark for each week in which something was counted, and one with a token of its own (empty if it is not
    there) that comes from no count. Where many are kept they are lists, not objects: that saves a fifth of what is
    written.
    """

    scope: Scope
    token: str = ""
    weeks: tuple[TouchedWeek, ...] = ()

    def answered(self, closed: datetime) -> "Due | None":
        """Which marks may go once a scope was judged that has to be judged again; None if none may.

        Those of weeks that are closed: what was counted there was added up. If these are all, it needs another one.
        """
        past = tuple(touched for touched in self.weeks if touched.week < closed)
        return Due(self.scope, weeks=past) if past else None


class Chunk(Struct, frozen=True):
    """Scopes that were handed on, to be judged at the moment of the run that did it."""

    id: str
    now: datetime
    due: tuple[Due, ...]

    def is_given_up(self, now: datetime) -> bool:
        """Whether it was handed on so long ago that nobody is at it any more."""
        return now - self.now >= GIVEN_UP


class Chunks(Protocol):
    """What was handed on and is not judged yet."""

    @property
    def size(self) -> int:
        """How many scopes a chunk has at most: so many one run judges by itself."""

    def waiting(self) -> Iterator[Chunk]:
        """All of them, as whoever is at them has left them."""

    def read(self, identifier: str) -> Chunk | None:
        """One of them; None if it was judged, or taken back."""

    def hand_on(self, chunks: Sequence[Chunk]) -> None:
        """Have other runs judge these; NotHandedOn, and what remains not handed on, if that can't be."""

    def remind(self, chunks: Sequence[Chunk]) -> None:
        """Have other runs judge these that wait already: whoever handed them on may have been stopped in between."""

    def keep(self, chunk: Chunk) -> None:
        """Let no more of a chunk wait than this, unless it waits no longer."""

    def done(self, chunk: Chunk) -> None:
        """Let a chunk wait no longer."""


class NotHandedOn(RuntimeError):
    """The queue did not take chunks. Their scopes stay due."""


def in_chunks(due: Iterable[Due], now: datetime, size: int) -> Iterator[Chunk]:
    """These scopes in chunks of so many, or of fewer if their names are long.

    A chunk's id follows from when it is handed on and from its first scope, which is in no other one of that moment.
    """
    taken: list[Due] = []
    room = CHUNK_BYTES
    for each in due:
        needs = sum(len(text.encode()) for text in (each.scope, each.token, *(week.token for week in each.weeks)))
        if taken and (len(taken) == size or needs > room):
            yield _chunk(taken, now)
            taken, room = [], CHUNK_BYTES
        taken.append(each)
        room -= needs
    if taken:
        yield _chunk(taken, now)


def _chunk(due: Sequence[Due], now: datetime) -> Chunk:
    return Chunk(f"{now.isoformat()}/{news_id('chunk', due[0].scope, '', now)}", now, tuple(due))
