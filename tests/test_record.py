"""record_feedback over fakes: each event once, or not at all."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ses_reputation.domain.admission import Cohort
from ses_reputation.domain.counting import Cell, Entry, entries
from ses_reputation.domain.events import Bounce, Complaint, Delay, Delivery, Event, Mail, Recipient, Send, Uncounted
from ses_reputation.domain.providers import AddressBook
from ses_reputation.domain.scopes import ACCOUNT, Scope
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
OURS = AddressBook(identities=frozenset({"shop.example"}), domains={"freenet.de": "freenet.de"})


class FakeLedger:
    """A ledger in memory. `contended` is how many of the next commits somebody else gets in the way of.

    `by_provider` is what the account counted, also of what is in no rate.
    """

    def __init__(self, contended: int = 0) -> None:
        self.receipts: dict[tuple[str, str], frozenset[Scope]] = {}
        self.counts: dict[tuple[Scope, str], int] = {}
        self.by_provider: dict[tuple[str, str], int] = {}
        self.due: set[Scope] = set()
        self.due_cells: set[Cell] = set()
        self.complaining: set[str] = set()
        self.feedback: dict[tuple[str, str], set[Scope]] = {}
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
            self.receipts[write.entry.key] = known.union(write.scopes)
            for scope in write.scopes:
                for (provider, measure), n in write.entry.increments.items():
                    self.counts[scope, measure] = self.counts.get((scope, measure), 0) + n
                    if scope == ACCOUNT:
                        self.by_provider[provider, measure] = self.by_provider.get((provider, measure), 0) + n
        return Committed()

    def note(self, due: Collection[Cell], feedback_loops: Collection[str], feedback: Collection[Entry]) -> None:
        self.due.update(scope for scope, _ in due)
        self.due_cells.update(due)
        self.complaining.update(feedback_loops)
        self.feedback.update({entry.key: set(entry.scopes) for entry in feedback})


class FakeDeadLetters:
    def __init__(self, refuses: Collection[str] = ()) -> None:
        self.kept: dict[str | None, str | None] = {}
        self.refuses = refuses

    def put(self, messages: Sequence[Message]) -> set[str | None]:
        self.kept.update({m.id: m.problem for m in messages if m.id not in self.refuses})
        return {m.id for m in messages if m.id in self.refuses}


class FakeRegister:
    """A register in memory, with room for so many scopes of each cohort."""

    def __init__(self, maximum: int = 10_000) -> None:
        self.maximum = maximum
        self.registered: dict[Cohort, list[Scope]] = {}

    def refused(self, wanted: Mapping[Cohort, Sequence[Scope]]) -> Mapping[Cohort, frozenset[Scope]]:
        refused: dict[Cohort, frozenset[Scope]] = {}
        for cohort, scopes in wanted.items():
            known = self.registered.setdefault(cohort, [])
            new = [scope for scope in scopes if scope not in known]
            room = self.maximum - len(known)
            known += new[:room]
            if new[room:]:
                refused[cohort] = frozenset(new[room:])
        return refused


def no_pause(_attempt: int) -> None:
    return


def record(
    ledger: FakeLedger,
    *events: Event,
    dead_letters: FakeDeadLetters | None = None,
    register: FakeRegister | None = None,
) -> Recorded:
    messages = [Message(str(n), "", event=event) for n, event in enumerate(events)]
    letters = dead_letters or FakeDeadLetters()
    return record_feedback(messages, OURS, ledger, letters, no_pause, register or FakeRegister())


def send(message_id: str, *addresses: str, configuration_set: str | None = "newsletter") -> Send:
    mail = Mail(message_id, "shop.example", configuration_set)
    return Send(mail, NOON, tuple(Recipient(a) for a in addresses or ("a@gmail.com",)))


def bounce(
    message_id: str = "m-1",
    configuration_set: str | None = "newsletter",
    address: str = "a@gmail.com",
    *others: str,
    kind: str = "Permanent",
    subtype: str = "NoEmail",
) -> Bounce:
    mail = Mail(message_id, "shop.example", configuration_set)
    return Bounce(mail, NOON, tuple(map(Recipient, (address, *others))), kind, subtype)


def complaint(*addresses: str, subtype: str | None = None, feedback_type: str | None = "abuse") -> Complaint:
    mail = Mail("m-1", "shop.example", "newsletter")
    return Complaint(mail, NOON, tuple(map(Recipient, addresses)), subtype, feedback_type)


def test_an_event_counts_in_all_its_scopes_and_makes_them_due() -> None:
    ledger = FakeLedger()
    assert record(ledger, send("m-1")).outcomes == [Outcome.COUNTED]
    scopes = {"account", "configuration-set/newsletter", "identity/shop.example"}
    assert ledger.counts == {(Scope(scope), "sent"): 1 for scope in scopes}
    assert ledger.due == {*scopes, "provider/gmail"}


def test_a_scope_is_due_for_the_hours_in_which_it_counted_and_for_no_others() -> None:
    ledger, weeks_ago = FakeLedger(), NOON - timedelta(days=21)
    record(ledger, send("m-1"), replace(bounce("m-2", "coupons", "a@yahoo.com"), time=weeks_ago))
    hours = {
        "account": {NOON, weeks_ago},
        "configuration-set/newsletter": {NOON},
        "configuration-set/coupons": {weeks_ago},
        "identity/shop.example": {NOON, weeks_ago},
        "provider/gmail": {NOON},
        "provider/yahoo": {weeks_ago},
    }
    assert ledger.due_cells == {(Scope(scope), hour) for scope, counted in hours.items() for hour in counted}


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
    assert record(ledger, Uncounted("Open")).outcomes == [Outcome.IGNORED]
    assert (ledger.sizes, ledger.due) == ([], set())


@pytest.mark.parametrize(
    ("event", "recorded_as"),
    [
        (send("m-1", "success+1@simulator.amazonses.com"), ("simulator", "sent")),
        (bounce(address="bounce@simulator.amazonses.com"), ("simulator", "hard_bounced")),
        (complaint("complaint@simulator.amazonses.com"), ("simulator", "complained")),
        (send("m-1", "me@shop.example"), ("verified-identity", "sent")),
        (bounce(address="gone@news.shop.example"), ("verified-identity", "hard_bounced")),
        (complaint("me@shop.example"), ("verified-identity", "complained")),
        (complaint("a@proton.me", feedback_type="not-spam"), ("proton", "not_spam")),
        (complaint("a@proton.me", subtype="OnAccountSuppressionList"), ("proton", "complained_unsent")),
    ],
    ids=[
        "sent to the simulator",
        "bounced at the simulator",
        "complained at the simulator",
        "sent to oneself",
        "bounced at one's own subdomain",
        "complained oneself",
        "said to be no spam",
        "complained about what was never sent",
    ],
)
def test_what_is_in_no_rate_is_recorded_ignored_and_moves_nothing(event: Event, recorded_as: tuple[str, str]) -> None:
    ledger = FakeLedger()
    for batch in ([event], [event, event]):
        assert set(record(ledger, *batch).outcomes) == {Outcome.IGNORED}, "redelivered or not"
    assert ledger.by_provider == {recorded_as: 1}
    assert ledger.counts.keys() == {
        (Scope(scope), recorded_as[1]) for scope in ("account", "configuration-set/newsletter", "identity/shop.example")
    }
    assert (ledger.due, ledger.complaining) == (set(), set())


@pytest.mark.parametrize(
    ("event", "recorded_as"),
    [
        (
            send("m-1", "a@simulator.amazonses.com", "me@shop.example", "a@gmail.com"),
            {("simulator", "sent"): 1, ("verified-identity", "sent"): 1, ("gmail", "sent"): 1},
        ),
        (
            bounce("m-1", "newsletter", "me@shop.example", "a@gmail.com"),
            {
                ("verified-identity", "hard_bounced"): 1,
                ("gmail", "hard_bounced"): 1,
                ("gmail", "reply_user_unknown"): 1,
            },
        ),
        (complaint("me@shop.example", "a@gmail.com"), {("gmail", "complained"): 1}),
    ],
    ids=["a send", "a bounce", "a complaint: of its suspects, the one that can be in a rate"],
)
def test_a_message_that_is_partly_in_a_rate_is_counted(event: Event, recorded_as: dict[tuple[str, str], int]) -> None:
    ledger = FakeLedger()
    assert record(ledger, event).outcomes == [Outcome.COUNTED]
    assert record(ledger, event).outcomes == [Outcome.DUPLICATE]
    assert ledger.by_provider == recorded_as
    assert ledger.due == {"account", "configuration-set/newsletter", "identity/shop.example", "provider/gmail"}


@pytest.mark.parametrize(
    ("event", "unknown"),
    [
        (bounce(subtype="NoSuchSubtype"), {"NoSuchSubtype": 1}),
        (bounce("m-1", None, "a@gmail.com", "b@gmail.com", subtype="NoSuchSubtype"), {"NoSuchSubtype": 2}),
        (bounce(subtype=""), {"": 1}),
        (bounce(subtype="General"), {}),
        (bounce(kind="Transient", subtype="NoSuchSubtype"), {}),
        (bounce(subtype="OnTenantSuppressionList"), {}),
    ],
    ids=["unknown", "two recipients", "no subtype", "known", "a soft bounce", "never attempted"],
)
def test_a_hard_bounce_that_counts_only_for_its_unknown_subtype_is_told_once(
    event: Bounce, unknown: dict[str, int]
) -> None:
    ledger = FakeLedger()
    assert record(ledger, event).unknown_subtypes == unknown
    assert ledger.counts.get((ACCOUNT, "hard_bounced"), 0) >= sum(unknown.values())
    assert record(ledger, event, event).unknown_subtypes == {}, "a duplicate was told before"


def test_an_unknown_subtype_that_comes_in_both_formats_or_is_contended_is_told_once() -> None:
    ledger = FakeLedger(contended=MAX_ATTEMPTS)
    notification, event = (bounce(configuration_set=name, subtype="New") for name in (None, "newsletter"))
    told = [record(ledger, copy).unknown_subtypes for copy in (notification, notification, event)]
    assert told == [{}, {"New": 1}, {}]


@pytest.mark.parametrize(
    ("address", "learned"),
    [
        ("a@proton.me", {"proton"}),
        ("a@freenet.de", {"freenet.de"}),
        ("a@gmail.com", set()),
        ("a@yahoo.co.uk", set()),
        ("complaint@simulator.amazonses.com", set()),
        ("me@shop.example", set()),
    ],
    ids=[
        "of which nobody knew",
        "of the deployment's own",
        "that sends none",
        "that is known to send them",
        "the simulator",
        "oneself",
    ],
)
def test_a_complaint_shows_that_its_provider_sends_complaints(address: str, learned: set[str]) -> None:
    ledger = FakeLedger()
    record(ledger, complaint(address))
    assert ledger.complaining == learned
    ledger.complaining.clear()
    record(ledger, complaint(address))
    assert ledger.complaining == learned, "a crash before it was noted brings the complaint back as a duplicate"


def test_nothing_but_a_counted_complaint_shows_that_a_provider_sends_complaints() -> None:
    ledger = FakeLedger()
    record(ledger, send("m-1", "a@proton.me"), bounce(address="a@proton.me"))
    ledger.contended = MAX_ATTEMPTS
    assert record(ledger, complaint("a@proton.me")).outcomes == [Outcome.FAILED]
    assert ledger.complaining == set()


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
    recorded = record_feedback(messages, OURS, ledger, dead_letters, no_pause, FakeRegister())
    assert recorded.outcomes == [Outcome.COUNTED, Outcome.UNREADABLE, Outcome.COUNTED]
    assert dead_letters.kept == {"poison": "not JSON"}
    assert recorded.failed() == []


def test_an_unreadable_message_that_cannot_be_put_apart_comes_again() -> None:
    messages = [Message("poison", "???", problem="not JSON")]
    dead_letters = FakeDeadLetters(refuses=["poison"])
    recorded = record_feedback(messages, OURS, FakeLedger(), dead_letters, no_pause, FakeRegister())
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


def test_what_there_is_no_time_for_comes_again_and_what_was_counted_by_then_is_due() -> None:
    ledger = FakeLedger()
    looks = iter([True, False])
    messages = [Message(str(n), "", event=send(f"m-{n}")) for n in range(2 * MAX_ACTIONS)]
    recorded = record_feedback(
        messages, OURS, ledger, FakeDeadLetters(), no_pause, FakeRegister(), has_time=lambda: next(looks)
    )
    counted = len(ledger.receipts)
    assert 0 < counted < MAX_ACTIONS
    assert recorded.count(Outcome.COUNTED) == counted
    assert recorded.failed() == messages[counted:]
    assert ACCOUNT in ledger.due
    assert record(ledger, *(message.event for message in messages if message.event)).failed() == []
    assert len(ledger.receipts) == len(messages)


def test_only_the_contended_part_of_a_batch_comes_again() -> None:
    ledger = FakeLedger(contended=MAX_ATTEMPTS)
    recorded = record(ledger, *(bounce(f"m-{n}") for n in range(150)))
    assert 0 < recorded.count(Outcome.FAILED) < 150
    assert recorded.count(Outcome.COUNTED) == ledger.counts[Scope("account"), "hard_bounced"]
    again = [m.event for m in recorded.failed() if m.event]
    assert set(record(ledger, *again).outcomes) == {Outcome.COUNTED}
    assert ledger.counts[Scope("account"), "hard_bounced"] == 150


def delay(address: str = "a@gmail.com", reply: str = "421 4.7.0 [TSS04] deferred due to user complaints") -> Delay:
    recipients = (Recipient(address, "4.7.0", reply),)
    return Delay(Mail("m-1", "shop.example", "newsletter"), NOON, recipients, "General")


def test_a_delay_counts_once_for_each_class_of_replies_and_has_its_scopes_judged() -> None:
    ledger = FakeLedger()
    assert record(ledger, delay(), delay()).outcomes == [Outcome.COUNTED, Outcome.DUPLICATE]
    assert record(ledger, delay()).outcomes == [Outcome.DUPLICATE]
    assert ledger.by_provider == {("gmail", "delayed"): 1, ("gmail", "reply_spam_block"): 1}
    assert ledger.due == {"account", "configuration-set/newsletter", "identity/shop.example", "provider/gmail"}
    assert record(ledger, delay(reply="452 4.2.2 Over quota")).outcomes == [Outcome.COUNTED]
    assert ledger.by_provider["gmail", "delayed"] == 2
    assert len(ledger.feedback) == 2, "so that the replies can be read"


def test_a_delay_at_the_simulator_is_ignored() -> None:
    ledger = FakeLedger()
    assert record(ledger, delay("delay@simulator.amazonses.com")).outcomes == [Outcome.IGNORED]
    assert ledger.by_provider == {("simulator", "delayed"): 1}
    assert ledger.due == set()


def test_a_batch_is_written_in_full_transactions() -> None:
    ledger = FakeLedger()
    record(ledger, *(bounce(f"m-{n}") for n in range(1000)))
    assert max(ledger.sizes) == MAX_ACTIONS
    assert len(ledger.sizes) == 11, "97 receipts and 3 counters each"


def test_events_that_count_in_the_same_scopes_are_written_together_however_they_come() -> None:
    ledger = FakeLedger()
    record(ledger, *(send(f"m-{n}", configuration_set=f"set-{n % 20}") for n in range(400)))
    assert ledger.counts[Scope("configuration-set/set-7"), "sent"] == 20
    assert sum(ledger.sizes) - 400 <= 5 * 2 + 20 + 4, "the account and the identity in five transactions, each set once"


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
    st.sampled_from(["a@gmail.com", "b@x.example", "me@shop.example", "bounce@simulator.amazonses.com"]),
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
    in_a_rate: set[tuple[str, str]] = set()
    for event in (e for batch in sent for e in batch):
        for entry in entries(event, OURS):
            facts.setdefault(entry.key, set()).update(entry.scopes)
            if not event.recipients[0].address.endswith(("amazonses.com", "shop.example")):
                in_a_rate.add(entry.key)
    model: dict[tuple[Scope, str], int] = {}
    for key, scopes in facts.items():
        for scope in scopes:
            for measure in ("hard_bounced", "reply_user_unknown") if key in in_a_rate else ("hard_bounced",):
                model[scope, measure] = model.get((scope, measure), 0) + 1
    assert ledger.counts == model
    assert outcomes.count(Outcome.COUNTED) == len(in_a_rate)


# -- Scopes without end ------------------------------------------------------------------------------------------------


def of_tenant(message_id: str, tenant: str, at: datetime = NOON) -> Send:
    return Send(Mail(message_id, "shop.example", "newsletter", tenant), at, (Recipient("a@gmail.com"),))


def test_scopes_beyond_the_maximum_are_counted_together_judged_together_and_told_of() -> None:
    ledger, register = FakeLedger(), FakeRegister(maximum=2)
    recorded = record(ledger, *(of_tenant(f"m-{n}", f"t-{n}") for n in range(5)), register=register)
    assert recorded.outcomes == [Outcome.COUNTED] * 5
    counted = {scope: n for (scope, _), n in ledger.counts.items() if scope.startswith("tenant/")}
    assert counted == {"tenant/t-0": 1, "tenant/t-1": 1, "tenant/(other)": 3}
    assert ledger.counts[ACCOUNT, "sent"] == 5
    assert {scope for scope in ledger.due if scope.startswith("tenant/")} == counted.keys()
    assert recorded.refused_scopes == {"tenant": 3}


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
def test_a_raised_maximum_counts_nobody_twice(*, together: bool) -> None:
    """The receipt says (other); the copy that comes later is of a tenant that now has room."""
    ledger = FakeLedger()
    register = FakeRegister(maximum=0)
    record(ledger, of_tenant("m-1", "t-1"), register=register)
    register.maximum = 1
    copies = [of_tenant("m-1", "t-1"), of_tenant("m-2", "t-1")]
    for batch in [copies] if together else [copies[:1], copies[1:]]:
        record(ledger, *batch, register=register)
    assert ledger.counts[Scope("tenant/(other)"), "sent"] == 1
    assert ledger.counts[Scope("tenant/t-1"), "sent"] == 1
    assert ledger.counts[ACCOUNT, "sent"] == 2
    assert ledger.receipts["m-1", "sent"] >= {"tenant/(other)"}
    assert "tenant/t-1" not in ledger.receipts["m-1", "sent"]


@pytest.mark.parametrize("first_in", [None, "newsletter"], ids=["and adds other scopes", "and adds nothing"])
def test_a_copy_after_a_raised_maximum_is_judged_and_listed_where_it_counts(first_in: str | None) -> None:
    """Its tenant has no counts: it is no scope to evaluate, nor to list bounces of."""
    mail = Mail("m-1", "shop.example", first_in, "t-1")
    first, register = FakeLedger(), FakeRegister(maximum=0)
    told = Bounce(mail, NOON, (Recipient("a@gmail.com"),), "Permanent", "General")
    record(first, told, register=register)
    copied = FakeLedger()
    copied.receipts = first.receipts
    register.maximum = 5
    record(copied, replace(told, mail=replace(mail, configuration_set="newsletter")), register=register)
    (counted,) = copied.receipts.values()
    assert "tenant/(other)" in counted
    assert copied.due == counted | {"provider/gmail"}
    assert list(copied.feedback.values()) == [counted]


def test_what_is_told_of_mail_in_the_next_month_counts_where_the_mail_does() -> None:
    """A bad stream would hide, its mail in one scope and its bounces in another."""
    last = datetime(2026, 3, 31, 23, tzinfo=UTC)
    mail, to = Mail("m-1", "shop.example", "newsletter", "t-1", sent=last), (Recipient("a@gmail.com"),)
    ledger, register = FakeLedger(), FakeRegister(maximum=1)
    april = last + timedelta(hours=2)
    record(ledger, Send(mail, last, to), of_tenant("m-2", "t-2", april), register=register)
    record(ledger, Bounce(mail, april, to, "Permanent", "General"), register=register)
    complaint = Complaint(mail, april, to, feedback_type="abuse")
    record(ledger, complaint, register=register)
    record(ledger, complaint, of_tenant("m-3", "t-1", april), register=register)
    of_t_1 = {measure: n for (scope, measure), n in ledger.counts.items() if scope == "tenant/t-1"}
    assert of_t_1["sent"] == of_t_1["hard_bounced"] == of_t_1["complained"] == 1
    assert {measure for scope, measure in ledger.counts if scope == "tenant/(other)"} == {"sent"}


def test_a_copy_adds_the_scopes_of_other_kinds_that_the_first_did_not_know() -> None:
    ledger, register = FakeLedger(), FakeRegister(maximum=0)
    record(ledger, bounce(configuration_set=None), register=register)
    register.maximum = 5
    record(ledger, bounce(), register=register)
    assert {scope for scope, _ in ledger.counts} == {"account", "identity/(other)", "configuration-set/newsletter"}
    assert set(ledger.counts.values()) == {1}


def test_two_copies_in_a_batch_that_disagree_on_a_name_count_in_the_first() -> None:
    ledger = FakeLedger()
    record(ledger, of_tenant("m-1", "t-1"), of_tenant("m-1", "t-2"))
    assert {scope for scope, _ in ledger.counts if scope.startswith("tenant/")} == {"tenant/t-1"}


def test_a_batch_with_nothing_to_limit_asks_no_register() -> None:
    class Unasked(FakeRegister):
        def refused(self, wanted: Mapping[Cohort, Sequence[Scope]]) -> Mapping[Cohort, frozenset[Scope]]:
            raise AssertionError(wanted)

    record(FakeLedger(), Uncounted("Open"), register=Unasked())
