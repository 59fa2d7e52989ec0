"""record_feedback over fakes: each event once, or not at all."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.domain.counting import entries
from ses_reputation.domain.events import Bounce, Delivery, Event, Mail, Recipient, Send, Uncounted
from ses_reputation.domain.scopes import Scope
from ses_reputation.record import (
    MAX_ACTIONS,
    MAX_ATTEMPTS,
    AlreadyRecorded,
    Committed,
    Contended,
    Outcome,
    Recorded,
    Write,
    record_feedback,
)
from ses_reputation.ses_events import Message

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class FakeLedger:
    """A ledger in memory. `contended` is how many of the next commits somebody else gets in the way of."""

    def __init__(self, contended: int = 0) -> None:
        self.receipts: dict[tuple[str, str], frozenset[Scope]] = {}
        self.counts: dict[tuple[Scope, str], int] = {}
        self.due: set[Scope] = set()
        self.sizes: list[int] = []
        self.contended = contended

    def commit(self, writes: Sequence[Write]) -> Committed | Contended | AlreadyRecorded:
        counters = {(scope, w.entry.hour) for w in writes for scope in w.scopes}
        self.sizes.append(len(writes) + len(counters))
        if self.contended:
            self.contended -= 1
            return Contended()
        in_the_way = {
            w.entry.key: self.receipts[w.entry.key] for w in writes if self.receipts.get(w.entry.key) != w.recorded
        }
        if in_the_way:
            return AlreadyRecorded(in_the_way)
        for write in writes:
            known = write.recorded or frozenset()
            self.receipts[write.entry.key] = known.union(write.entry.scopes)
            for scope in write.scopes:
                for (_, measure), n in write.entry.increments.items():
                    self.counts[scope, measure] = self.counts.get((scope, measure), 0) + n
        return Committed()

    def mark_due(self, scopes: Collection[Scope]) -> None:
        self.due.update(scopes)


class FakeDeadLetters:
    def __init__(self, refuses: Collection[str] = ()) -> None:
        self.kept: dict[str | None, str | None] = {}
        self.refuses = refuses

    def put(self, messages: Sequence[Message]) -> set[str | None]:
        self.kept.update({m.id: m.problem for m in messages if m.id not in self.refuses})
        return {m.id for m in messages if m.id in self.refuses}


def no_pause(_attempt: int) -> None:
    return


def record(ledger: FakeLedger, *events: Event, dead_letters: FakeDeadLetters | None = None) -> Recorded:
    messages = [Message(str(n), "", event=event) for n, event in enumerate(events)]
    return record_feedback(messages, ledger, dead_letters or FakeDeadLetters(), no_pause)


def send(message_id: str, *addresses: str, configuration_set: str | None = "newsletter") -> Send:
    mail = Mail(message_id, "shop.example", configuration_set)
    return Send(mail, NOON, tuple(Recipient(a) for a in addresses or ("a@gmail.com",)))


def bounce(
    message_id: str = "m-1", configuration_set: str | None = "newsletter", address: str = "a@gmail.com"
) -> Bounce:
    mail = Mail(message_id, "shop.example", configuration_set)
    return Bounce(mail, NOON, (Recipient(address),), "Permanent", "NoEmail")


def test_an_event_counts_in_all_its_scopes_and_makes_them_due() -> None:
    ledger = FakeLedger()
    assert record(ledger, send("m-1")).outcomes == [Outcome.COUNTED]
    scopes = {"account", "configuration-set/newsletter", "identity/shop.example"}
    assert ledger.counts == {(Scope(scope), "sent"): 1 for scope in scopes}
    assert ledger.due == {*scopes, "provider/gmail"}


def test_a_redelivered_bounce_counts_once() -> None:
    ledger = FakeLedger()
    assert record(ledger, bounce()).outcomes == [Outcome.COUNTED]
    assert record(ledger, bounce()).outcomes == [Outcome.DUPLICATE]
    assert ledger.counts[Scope("account"), "hard_bounced"] == 1


def test_a_bounce_that_is_twice_in_a_batch_counts_once() -> None:
    ledger = FakeLedger()
    assert record(ledger, bounce(), bounce()).outcomes == [Outcome.COUNTED, Outcome.DUPLICATE]
    assert ledger.counts[Scope("account"), "hard_bounced"] == 1


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
@pytest.mark.parametrize("first", [None, "newsletter"], ids=["the notification first", "the event first"])
def test_a_bounce_in_both_formats_counts_once_in_every_scope(first: str | None, *, together: bool) -> None:
    """The identity notification names no configuration set. Whichever comes first, none is missed."""
    ledger = FakeLedger()
    copies = [bounce(configuration_set=first), bounce(configuration_set=None if first else "newsletter")]
    outcomes: list[Outcome] = []
    for batch in [copies] if together else [copies[:1], copies[1:]]:
        outcomes += record(ledger, *batch).outcomes
    assert outcomes == [Outcome.COUNTED, Outcome.DUPLICATE]
    assert set(ledger.counts.values()) == {1}
    assert {scope for scope, _ in ledger.counts} == {
        "account",
        "configuration-set/newsletter",
        "identity/shop.example",
    }


def test_a_duplicate_still_makes_its_scopes_due() -> None:
    """A crash between the counts and the marks brings the messages back as duplicates."""
    ledger = FakeLedger()
    record(ledger, bounce())
    ledger.due.clear()
    record(ledger, bounce())
    assert "account" in ledger.due


def test_what_counts_nothing_is_ignored_and_writes_nothing() -> None:
    ledger = FakeLedger()
    assert record(ledger, Uncounted("Open"), send("m-1", "success@simulator.amazonses.com")).outcomes == [
        Outcome.IGNORED,
        Outcome.IGNORED,
    ]
    assert (ledger.sizes, ledger.due) == ([], set())


def test_an_event_counts_if_only_some_of_it_was_counted_before() -> None:
    ledger = FakeLedger()
    recipients = (Recipient("a@gmail.com"), Recipient("b@gmail.com"))
    record(ledger, Delivery(Mail("m-1"), NOON, recipients[:1]))
    assert record(ledger, Delivery(Mail("m-1"), NOON, recipients)).outcomes == [Outcome.COUNTED]
    assert ledger.counts[Scope("account"), "delivered"] == 2


def test_an_unreadable_message_takes_no_neighbour_with_it() -> None:
    ledger, dead_letters = FakeLedger(), FakeDeadLetters()
    messages = [
        Message("good", "", event=bounce("m-1")),
        Message("poison", "???", problem="not JSON"),
        Message("fine", "", event=bounce("m-2")),
    ]
    recorded = record_feedback(messages, ledger, dead_letters, no_pause)
    assert recorded.outcomes == [Outcome.COUNTED, Outcome.UNREADABLE, Outcome.COUNTED]
    assert dead_letters.kept == {"poison": "not JSON"}
    assert recorded.failed() == []


def test_an_unreadable_message_that_cannot_be_put_apart_comes_again() -> None:
    messages = [Message("poison", "???", problem="not JSON")]
    recorded = record_feedback(messages, FakeLedger(), FakeDeadLetters(refuses=["poison"]), no_pause)
    assert recorded.failed() == messages


def test_a_conflict_is_tried_again() -> None:
    ledger = FakeLedger(contended=MAX_ATTEMPTS - 1)
    assert record(ledger, bounce()).outcomes == [Outcome.COUNTED]


def test_what_stays_contended_comes_again_and_is_not_due() -> None:
    ledger = FakeLedger(contended=MAX_ATTEMPTS)
    recorded = record(ledger, bounce(), bounce())
    assert recorded.outcomes == [Outcome.FAILED, Outcome.FAILED], "its copy in the batch must come again, too"
    assert [m.id for m in recorded.failed()] == ["0", "1"]
    assert (ledger.counts, ledger.due) == ({}, set())


def test_only_the_contended_part_of_a_batch_comes_again() -> None:
    ledger = FakeLedger(contended=MAX_ATTEMPTS)
    recorded = record(ledger, *(bounce(f"m-{n}") for n in range(150)))
    assert 0 < recorded.count(Outcome.FAILED) < 150
    assert recorded.count(Outcome.COUNTED) == ledger.counts[Scope("account"), "hard_bounced"]
    again = [m.event for m in recorded.failed() if m.event]
    assert set(record(ledger, *again).outcomes) == {Outcome.COUNTED}
    assert ledger.counts[Scope("account"), "hard_bounced"] == 150


def test_a_batch_is_written_in_full_transactions() -> None:
    ledger = FakeLedger()
    record(ledger, *(bounce(f"m-{n}") for n in range(1000)))
    assert max(ledger.sizes) == MAX_ACTIONS
    assert len(ledger.sizes) == 11, "97 receipts and 3 counters each"


def test_one_event_may_be_larger_than_a_transaction() -> None:
    """50 recipients in a mail is all that SES allows, but each of several copies may name other scopes."""
    recipients = tuple(Recipient(f"r{n}@x.example") for n in range(50))
    ledger = FakeLedger()
    events = [Delivery(Mail(f"m-{n}", "shop.example", f"set-{n}"), NOON, recipients) for n in range(10)]
    assert set(record(ledger, *events).outcomes) == {Outcome.COUNTED}
    assert ledger.counts[Scope("account"), "delivered"] == 500
    assert max(ledger.sizes) <= MAX_ACTIONS


events = st.builds(
    bounce,
    st.sampled_from(["m-1", "m-2", "m-3"]),
    st.sampled_from([None, "newsletter"]),
    st.sampled_from(["a@gmail.com", "b@x.example", "bounce@simulator.amazonses.com"]),
)
batches = st.lists(st.lists(events, max_size=6), max_size=6)


@given(batches, st.integers(0, 3))
def test_counts_are_those_of_the_set_of_facts(sent: list[list[Bounce]], contended: int) -> None:
    """Whatever is repeated, in whatever format, batch and order: the model counts each fact in each of its scopes."""
    ledger = FakeLedger(contended)
    outcomes: list[Outcome] = []
    for batch in sent:
        outcomes += record(ledger, *batch).outcomes
    facts: dict[tuple[str, str], set[Scope]] = {}
    for event in (e for batch in sent for e in batch):
        for entry in entries(event):
            facts.setdefault(entry.key, set()).update(entry.scopes)
    model: dict[tuple[Scope, str], int] = {}
    for scopes in facts.values():
        for scope in scopes:
            model[scope, "hard_bounced"] = model.get((scope, "hard_bounced"), 0) + 1
    assert ledger.counts == model
    assert outcomes.count(Outcome.COUNTED) == len(facts)
