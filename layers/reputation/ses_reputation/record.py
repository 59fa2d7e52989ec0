"""The use case of record_feedback: count every event once, or not at all."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from ses_reputation.domain.admission import Cohort, added, admitted, cohorts
from ses_reputation.domain.counting import Cell, Entry, entries, provider_scopes
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.feedback_loops import can_be_learned
from ses_reputation.domain.providers import AddressBook
from ses_reputation.domain.recipients import IN_FULL, Keeping
from ses_reputation.domain.scopes import Scope
from ses_reputation.ses_events import Message

MAX_ACTIONS = 100  # of one DynamoDB transaction
MAX_ATTEMPTS = 10


class Write(Struct, frozen=True):
    """One entry to count. `recorded` is None, or the scopes that its receipt already names.

    An identity notification knows no configuration set and no tenant; the configuration set event of the same fact
    does. If that comes second, its receipt exists already, and only the scopes that the first did not know are added.
    """

    entry: Entry
    recorded: frozenset[Scope] | None = None

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes whose counts this write adds to."""
        return self.entry.scopes if self.recorded is None else added(self.recorded, self.entry.scopes)

    @property
    def counted(self) -> Entry:
        """The entry in the scopes that it counts in once this is written, which need not be those that a copy names."""
        if self.recorded is None:
            return self.entry
        return replace(self.entry, scopes=(*sorted(self.recorded), *self.scopes))


class Committed(Struct, frozen=True):
    """All of it was written."""


class Contended(Struct, frozen=True):
    """Nothing was written, because somebody else was writing the same items, or too much was."""


class AlreadyRecorded(Struct, frozen=True):
    """Nothing was written, because these entries have receipts: the scopes that each receipt names, by its key."""

    scopes: Mapping[tuple[str, str], frozenset[Scope]]


class Ledger(Protocol):
    """Receipts and counters, written together."""

    def commit(self, writes: Sequence[Write]) -> Committed | Contended | AlreadyRecorded:
        """Write receipts and add to counters in one transaction; after contention, to other items of theirs."""

    def note(self, due: Collection[Cell], feedback_loops: Collection[str], feedback: Collection[Entry]) -> None:
        """Have the scopes of these hours evaluated at the next run, remember that complaints come from these mailbox
        providers, and let these bounces, delays and complaints be found by when they were.
        """


class Register(Protocol):
    """Which scopes are counted apart. What it said of a scope and a month holds, unless the maximum is raised."""

    def refused(self, wanted: Mapping[Cohort, Sequence[Scope]]) -> Mapping[Cohort, frozenset[Scope]]:
        """Register these scopes; those that are too many for their month, by their cohort, if there are any."""


class DeadLetters(Protocol):
    """Where messages go that cannot be read."""

    def put(self, messages: Sequence[Message]) -> set[str | None]:
        """Keep the messages with their problems; the ids of those that could not be kept."""


class Outcome(Enum):
    """What became of a message."""

    COUNTED = auto()
    DUPLICATE = auto()
    IGNORED = auto()
    UNREADABLE = auto()
    FAILED = auto()


class Recorded(Struct, frozen=True):
    """What became of each message, in their order. FAILED ones have to come again.

    `unknown_subtypes` is how many hard bounces counted only because nobody knows their subtype, by subtype;
    `refused_scopes` how many scopes were too many to be counted apart, by group.
    """

    messages: Sequence[Message]
    outcomes: Sequence[Outcome]
    unknown_subtypes: Mapping[str, int] = field(default_factory=dict)
    refused_scopes: Mapping[str, int] = field(default_factory=dict)

    def count(self, outcome: Outcome) -> int:
        """How many messages ended so."""
        return self.outcomes.count(outcome)

    def failed(self) -> list[Message]:
        """The messages that have to come again."""
        return [m for m, o in zip(self.messages, self.outcomes, strict=True) if o is Outcome.FAILED]


def record_feedback(
    messages: Sequence[Message],
    addresses: AddressBook,
    ledger: Ledger,
    dead_letters: DeadLetters,
    pause: Callable[[int], None],
    register: Register,
    *,
    keeping: Keeping = IN_FULL,
    has_time: Callable[[], bool] = lambda: True,
) -> Recorded:
    """Count a batch of messages; the unreadable ones go to the dead letters with their problem.

    `pause` waits before the attempt with the given number, after others got in the way. What is left when `has_time`
    says no has to come again. An error of AWS is not caught: the batch then comes again, and what was counted by then
    is found to be.
    """
    rows = [list(entries(message.event, addresses, keeping)) if message.event else [] for message in messages]
    wanted = cohorts(entry for row in rows for entry in row)
    refused = register.refused(wanted) if wanted else {}
    rows = [[admitted(entry, refused) for entry in row] for row in rows] if refused else rows
    tally = _commit_all((entry for row in rows for entry in row), ledger, pause, has_time)
    # After the counts, and for duplicates too: a crash in between brings the messages back, as duplicates, to here.
    judged = [entry for entry in tally.entries() if entry.counts]
    feedback = [entry for entry in tally.entries() if entry.reason]
    if judged or feedback:
        ledger.note(_touched(judged), _complaining(judged), feedback)
    unreadable = [message for message in messages if message.problem]
    lost = dead_letters.put(unreadable) if unreadable else set[str | None]()
    unknown = Counter(
        entry.unknown_subtype for entry in tally.counted.values() if entry.unknown_subtype is not None and entry.counts
    )
    too_many = Counter[str]()
    for cohort, scopes in refused.items():
        too_many[cohort.group] += len(scopes)
    return Recorded(messages, list(_outcomes(messages, rows, tally, judged, lost)), unknown, too_many)


class _Tally(Struct):
    """Which entries this batch counted, and which it found counted before; what failed is in neither."""

    counted: dict[tuple[str, str], Entry] = field(default_factory=dict)
    duplicates: dict[tuple[str, str], Entry] = field(default_factory=dict)

    def entries(self) -> Iterator[Entry]:
        """The entries of either sort."""
        yield from self.counted.values()
        yield from self.duplicates.values()


def _outcomes(
    messages: Sequence[Message],
    rows: Sequence[list[Entry]],
    tally: _Tally,
    judged: Iterable[Entry],
    lost: set[str | None],
) -> Iterator[Outcome]:
    """What became of each message. Of several with the same entry, the first is the one that was counted.

    `judged` are those of the tally by which anything is judged.
    """
    unclaimed = set(tally.counted)
    known = unclaimed | tally.duplicates.keys()
    judged_keys = {entry.key for entry in judged}
    for message, row in zip(messages, rows, strict=True):
        keys = {entry.key for entry in row}
        if message.problem:
            yield Outcome.FAILED if message.id in lost else Outcome.UNREADABLE
        elif not keys <= known:
            yield Outcome.FAILED
        elif not (counting := keys & judged_keys):
            yield Outcome.IGNORED
        else:
            yield Outcome.COUNTED if counting & unclaimed else Outcome.DUPLICATE
            unclaimed -= counting


def _commit_all(
    entries: Iterable[Entry], ledger: Ledger, pause: Callable[[int], None], has_time: Callable[[], bool]
) -> _Tally:
    tally = _Tally()
    # Those that add to the same counters go together: each transaction pays for every counter that it touches. Of 1,000
    # sends of 50 configuration sets, which come mixed, an event takes 2.2 write units so, and else 4.1. To sort them
    # takes one or two microseconds each.
    for chunk in _chunks(sorted(_merged(entries), key=_counters)):
        # Whoever is stopped half-way marks nothing as due, and all of his batch has to come again, not only the rest.
        if not has_time():
            break
        _commit(chunk, ledger, pause, tally)
    return tally


def _counters(write: Write) -> tuple[datetime, tuple[Scope, ...]]:
    return write.entry.hour, write.entry.scopes


def _commit(chunk: list[Write], ledger: Ledger, pause: Callable[[int], None], tally: _Tally) -> None:
    """Commit one chunk, without what was recorded before; what is still contended at the end stays out of the tally."""
    for attempt in range(1, MAX_ATTEMPTS + 1):
        if not chunk:
            return
        match ledger.commit(chunk):
            case Committed():
                for write in chunk:
                    (tally.counted if write.recorded is None else tally.duplicates)[write.entry.key] = write.counted
                return
            case AlreadyRecorded(recorded):
                chunk = [replace(w, recorded=recorded.get(w.entry.key, w.recorded)) for w in chunk]
                tally.duplicates.update({w.entry.key: w.counted for w in chunk if not w.scopes})
                chunk = [w for w in chunk if w.scopes]
            case Contended():
                pause(attempt)


def _merged(entries: Iterable[Entry]) -> Iterator[Write]:
    """Every entry once, in all scopes that any copy of it names."""
    merged: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        known = merged.setdefault(entry.key, entry)
        if known is not entry and (more := added(known.scopes, entry.scopes)):
            merged[entry.key] = replace(known, scopes=(*known.scopes, *more))
    return map(Write, merged.values())


def _chunks(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """Split so that receipts and the counters they add to fit into one transaction each."""
    chunk: list[Write] = []
    counters: set[tuple[Scope, object]] = set()
    for write in writes:
        hour = write.entry.hour
        touched = {(scope, hour) for scope in write.entry.scopes}
        if len(chunk) + 1 + len(counters) + len(touched - counters) > MAX_ACTIONS:
            yield chunk
            chunk, counters = [], set()
        chunk.append(write)
        counters |= touched
    if chunk:
        yield chunk


def _touched(judged: Iterable[Entry]) -> set[Cell]:
    """The hours of scopes in which anything is judged anew.

    Most entries are in the same hours of the same scopes, so those are told apart first.
    """
    together: dict[tuple[tuple[Scope, ...], datetime], set[tuple[str, Measure]]] = {}
    for entry in judged:
        together.setdefault((entry.scopes, entry.hour), set()).update(entry.increments)
    return {
        (scope, hour)
        for (scopes, hour), increments in together.items()
        for scope in (*scopes, *provider_scopes(increments))
    }


def _complaining(judged: Iterable[Entry]) -> set[str]:
    """The mailbox providers that are now known to send complaints back."""
    return {
        provider
        for entry in judged
        for provider, measure in entry.increments
        if measure is Measure.COMPLAINED and can_be_learned(provider)
    }
