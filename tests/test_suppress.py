"""suppress_recipients over fakes: whatever happens on the way, the list ends as it should, and nobody else's entry is
touched.
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.domain.events import Bounce, Complaint, Event, Mail, Recipient
from ses_reputation.domain.suppression import Entry, History, ListScope, Preferences, Reason
from ses_reputation.ses_events import Message
from ses_reputation.suppress import (
    MAX_ATTEMPTS,
    NotNow,
    Outcome,
    Refused,
    Suppressed,
    Versioned,
    suppress_recipients,
)
from tests.test_record import FakeDeadLetters
from tests.turns import Turns

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MIRA, JON = "mira@mailbox.example", "jon@mailbox.example"
BOTH = frozenset({Reason.BOUNCE, Reason.COMPLAINT})
NOBODY = Preferences(frozenset())
BOUNCE, COMPLAINT = Entry(Reason.BOUNCE), Entry(Reason.COMPLAINT)


class Killed(BaseException):
    """The process is gone: nothing in it can catch this."""


class World:
    """The account's list, what is known of recipients, and what SES lists by itself: in memory.

    Every call is noted. One of them, by its number, can go wrong `before` or `after` it took effect, or something else
    can happen just before it.
    """

    def __init__(
        self,
        account: Preferences = NOBODY,
        sets: dict[str, Preferences] | None = None,
        tenants: dict[str, Preferences] | None = None,
    ) -> None:
        self.entries: dict[str, Entry] = {}
        self.histories: dict[str, Versioned] = {}
        self.of_account, self.of_sets, self.of_tenants = account, sets or {}, tenants or {}
        self.calls: list[str] = []
        self.before: dict[int, Callable[[], None]] = {}
        self.after: dict[int, Callable[[], None]] = {}
        self.each_call: Callable[[], None] = lambda: None

    def call(self, name: str, effect: Callable[[], None] = lambda: None) -> None:
        self.each_call()
        self.calls.append(name)
        number = len(self.calls)
        self.before.pop(number, lambda: None)()
        effect()
        self.after.pop(number, lambda: None)()

    # The list

    def entry(self, address: str) -> Entry | None:
        self.call("entry")
        return self.entries.get(address)

    def put(self, address: str, reason: Reason) -> None:
        self.call("put", lambda: self.entries.update({address: Entry(reason)}))

    def remove(self, address: str) -> None:
        def effect() -> None:
            self.entries.pop(address, None)

        self.call("remove", effect)

    # What SES lists by itself

    def account(self) -> Preferences:
        return self.of_account

    def configuration_set(self, name: str) -> Preferences:
        return self.of_sets.get(name, Preferences())

    def tenant(self, name: str) -> Preferences:
        self.call("tenant")
        return self.of_tenants.get(name, Preferences())

    # What is known of recipients

    def read(self, address: str) -> Versioned:
        self.call("read")
        return self.histories.get(address, Versioned())

    def write(self, address: str, history: History, version: int) -> bool:
        written: list[bool] = []

        def effect() -> None:
            written.append(self.histories.get(address, Versioned()).version == version)
            if written == [True]:
                self.histories[address] = Versioned(history, version + 1)

        self.call("write", effect)
        return written == [True]


def failing(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def suppress(
    world: World,
    *events: Event,
    dead_letters: FakeDeadLetters | None = None,
    has_time: Callable[[], bool] = lambda: True,
) -> Suppressed:
    messages = [Message(str(n), "", event=event) for n, event in enumerate(events)]
    return suppress_recipients(messages, world, world, world, dead_letters or FakeDeadLetters(), has_time)


def mail(configuration_set: str | None = "newsletter", tenant: str | None = None) -> Mail:
    return Mail("m-1", "shop.example", configuration_set, tenant)


def bounce(*addresses: str, at: datetime = NOON, of: Mail | None = None) -> Bounce:
    return Bounce(of or mail(), at, tuple(map(Recipient, addresses or (MIRA,))), "Permanent", "NoEmail")


def complaint(*addresses: str, at: datetime = NOON, feedback_type: str = "abuse", of: Mail | None = None) -> Complaint:
    return Complaint(of or mail(), at, tuple(map(Recipient, addresses or (MIRA,))), None, feedback_type)


def not_spam(*addresses: str, at: datetime = NOON + HOUR) -> Complaint:
    return complaint(*addresses, at=at, feedback_type="not-spam")


def ended(suppressed: Suppressed) -> dict[Outcome, int]:
    return dict(suppressed.outcomes)


def test_a_bounce_and_a_complaint_put_the_recipient_on_the_list() -> None:
    world = World()
    done = suppress(world, bounce(MIRA), complaint(JON))
    assert ended(done) == {Outcome.SUPPRESSED: 2}
    assert world.entries == {MIRA: BOUNCE, JON: COMPLAINT}


def test_a_repeat_asks_ses_nothing() -> None:
    world = World()
    suppress(world, bounce())
    world.calls.clear()
    assert ended(suppress(world, bounce(), bounce())) == {Outcome.REPEATED: 2}
    assert world.calls == ["read", "read"]


def test_a_repeat_does_not_put_on_again_whom_a_person_took_off() -> None:
    world = World()
    suppress(world, bounce())
    world.entries.clear()
    suppress(world, bounce())
    assert world.entries == {}
    suppress(world, bounce(at=NOON + HOUR))
    assert world.entries == {MIRA: BOUNCE}, "but another bounce does"


def test_an_entry_of_somebody_else_stays_as_it_is() -> None:
    for entry in (Entry(Reason.BOUNCE), Entry(Reason.COMPLAINT), Entry(Reason.COMPLAINT, made_by_ses=True)):
        world = World()
        world.entries[MIRA] = entry
        done = suppress(world, bounce(), complaint(), not_spam())
        assert ended(done) == {Outcome.UNCHANGED: 3}
        assert world.entries == {MIRA: entry}
        assert {"put", "remove"}.isdisjoint(world.calls)


def test_not_spam_takes_off_whom_a_complaint_put_on() -> None:
    world = World()
    assert ended(suppress(world, complaint(), not_spam())) == {Outcome.SUPPRESSED: 1, Outcome.UNSUPPRESSED: 1}
    assert world.entries == {}


def test_not_spam_takes_nobody_off_whose_mail_bounced() -> None:
    world = World()
    suppress(world, complaint(), bounce(at=NOON + HOUR), not_spam(at=NOON + 2 * HOUR))
    assert world.entries == {MIRA: BOUNCE}


def test_not_spam_of_somebody_unknown_is_only_noted() -> None:
    world = World()
    assert ended(suppress(world, not_spam())) == {Outcome.UNCHANGED: 1}
    assert world.calls == ["read", "write"], "the list was not asked for"


def test_of_several_suspects_none_is_listed() -> None:
    world = World()
    assert ended(suppress(world, complaint(MIRA, JON))) == {Outcome.SEVERAL_SUSPECTS: 1}
    assert (world.entries, world.calls) == ({}, [])


def test_what_says_nothing_of_recipients_is_not_touched() -> None:
    soft = Bounce(mail(), NOON, (Recipient(MIRA),), "Transient", "MailboxFull")
    assert ended(suppress(World(), soft)) == {Outcome.NOT_CONCERNED: 1}


# Where SES does it


@pytest.mark.parametrize(
    ("account", "of_set", "outcome"),
    [
        pytest.param(BOTH, None, Outcome.SKIPPED_BY_SES, id="the account lists bounces"),
        pytest.param({Reason.COMPLAINT}, None, Outcome.SUPPRESSED, id="the account lists complaints alone"),
        pytest.param(BOTH, set(), Outcome.SUPPRESSED, id="the configuration set lists nobody"),
        pytest.param(BOTH, {Reason.COMPLAINT}, Outcome.SUPPRESSED, id="the configuration set lists complaints alone"),
        pytest.param(set(), {Reason.BOUNCE}, Outcome.SKIPPED_BY_SES, id="the configuration set lists bounces"),
    ],
)
def test_what_ses_lists_by_itself_is_left_to_it(
    account: Collection[Reason], of_set: Collection[Reason] | None, outcome: Outcome
) -> None:
    sets = {} if of_set is None else {"newsletter": Preferences(frozenset(of_set))}
    world = World(Preferences(frozenset(account)), sets)
    assert ended(suppress(world, bounce())) == {outcome: 1}
    assert (MIRA in world.entries) == (outcome is Outcome.SUPPRESSED)


def test_mail_without_a_configuration_set_is_the_accounts() -> None:
    world = World(Preferences(BOTH), {"newsletter": NOBODY})
    assert ended(suppress(world, bounce(of=mail(None)))) == {Outcome.SKIPPED_BY_SES: 1}


def test_a_tenant_with_a_list_of_its_own_keeps_it_by_itself() -> None:
    """Entries on the account's list would stop the mail of others, and not this tenant's."""
    own = Preferences(frozenset({Reason.COMPLAINT}), ListScope.TENANT)
    world = World(tenants={"acme": own})
    done = suppress(world, bounce(of=mail(tenant="acme")), complaint(of=mail(tenant="acme")))
    assert ended(done) == {Outcome.LEFT_TO_TENANT: 1, Outcome.SKIPPED_BY_SES: 1}
    assert world.entries == {}


def test_a_tenant_is_not_asked_for_if_its_answer_changes_nothing() -> None:
    world = World(sets={"newsletter": Preferences(scope=ListScope.ACCOUNT)})
    suppress(world, bounce(of=mail(tenant="acme")))
    assert "tenant" not in world.calls
    assert world.entries == {MIRA: BOUNCE}


def test_not_spam_is_never_left_to_ses() -> None:
    world = World()
    suppress(world, complaint())
    world.of_account = Preferences(BOTH)
    assert ended(suppress(world, not_spam())) == {Outcome.UNSUPPRESSED: 1}


def test_entries_that_the_account_ignores_are_told() -> None:
    world = World(Preferences(frozenset({Reason.BOUNCE})), {"newsletter": NOBODY})
    assert suppress(world, bounce(MIRA), complaint(JON)).without_effect == 1
    assert suppress(world, bounce(MIRA), complaint(JON)).without_effect == 0, "repeats make no entries"


# What goes wrong

every_delay = pytest.mark.parametrize("moment", ["before", "after"])


def calls_of(*events: Event) -> int:
    """How many calls it takes if all goes well."""
    world = World()
    suppress(world, *events)
    return len(world.calls)


STORY: tuple[Event, ...] = (
    complaint(),
    bounce(JON),
    not_spam(),
    complaint(MIRA, at=NOON + 2 * HOUR),
    not_spam(at=NOON + 3 * HOUR),
)
ENDING = {JON: BOUNCE}


@pytest.mark.parametrize("number", range(1, calls_of(*STORY) + 1))
@pytest.mark.parametrize("error", [NotNow("SES is busy"), Killed()], ids=["not answered", "killed"])
@every_delay
def test_wherever_it_breaks_off_what_comes_again_ends_it(number: int, error: BaseException, moment: str) -> None:
    world = World()
    getattr(world, moment)[number] = failing(error)
    waiting = [*STORY]
    for _ in range(3):
        try:
            done = suppress(world, *waiting)
        except (Killed, NotNow):
            continue  # All of them come again, as after any error of the histories.
        waiting = [waiting[int(message.id or "")] for message in done.failed]
    assert waiting == []
    assert world.entries == ENDING


def test_what_ses_did_without_an_answer_is_known_to_be_ours() -> None:
    world = World()
    world.after[4] = failing(NotNow("ReadTimeoutError"))
    done = suppress(world, complaint())
    assert world.calls == ["read", "entry", "write", "put"]
    assert (ended(done), done.delays) == ({Outcome.FAILED: 1}, {"ReadTimeoutError": 1})
    assert world.entries == {MIRA: COMPLAINT}
    assert ended(suppress(world, complaint())) == {Outcome.SUPPRESSED: 1}, "told once, when it is known"
    assert ended(suppress(world, not_spam())) == {Outcome.UNSUPPRESSED: 1}


def test_one_recipient_that_fails_keeps_back_no_other() -> None:
    world = World()
    world.before[2] = failing(NotNow("TooManyRequestsException"))
    done = suppress(world, bounce(MIRA, JON), bounce("noah@mailbox.example"))
    assert ended(done) == {Outcome.FAILED: 1, Outcome.SUPPRESSED: 2}
    assert [message.id for message in done.failed] == ["0"]
    assert ended(suppress(world, bounce(MIRA, JON))) == {Outcome.SUPPRESSED: 1, Outcome.REPEATED: 1}


def test_what_is_refused_becomes_a_dead_letter_with_the_reason() -> None:
    world, dead_letters = World(), FakeDeadLetters()
    world.before[4] = failing(Refused("AWS refused it: no production access"))
    done = suppress(world, bounce(MIRA), bounce(JON), dead_letters=dead_letters)
    assert ended(done) == {Outcome.REFUSED: 1, Outcome.SUPPRESSED: 1}
    assert dead_letters.kept == {"0": "AWS refused it: no production access"}
    assert [message.id for message in done.set_apart] == ["0"]
    assert not done.failed


def test_what_is_refused_and_delayed_comes_again() -> None:
    """Otherwise the delayed recipient would wait for a person."""
    world, dead_letters = World(), FakeDeadLetters()
    world.before[2] = failing(Refused("no"))
    world.before[4] = failing(NotNow("later"))
    done = suppress(world, bounce(MIRA, JON), dead_letters=dead_letters)
    assert [message.id for message in done.failed] == ["0"]
    assert dead_letters.kept == {}


def test_poison_becomes_a_dead_letter_and_takes_no_neighbour_along() -> None:
    world, dead_letters = World(), FakeDeadLetters()
    messages = [Message("0", "what?", problem="not JSON"), Message("1", "", event=bounce())]
    done = suppress_recipients(messages, world, world, world, dead_letters, lambda: True)
    assert ended(done) == {Outcome.UNREADABLE: 1, Outcome.SUPPRESSED: 1}
    assert dead_letters.kept == {"0": "not JSON"}


def test_a_dead_letter_that_cannot_be_kept_comes_again() -> None:
    messages = [Message("0", "what?", problem="not JSON")]
    world = World()
    done = suppress_recipients(messages, world, world, world, FakeDeadLetters(refuses={"0"}), lambda: True)
    assert ([message.id for message in done.failed], done.set_apart) == (["0"], [])


def test_when_time_is_up_the_rest_comes_again() -> None:
    world, time_left = World(), iter([True, True, False, False])
    done = suppress(world, bounce(MIRA), bounce(JON), bounce(MIRA, at=NOON + HOUR), bounce("noah@mailbox.example"),
                    has_time=lambda: next(time_left))  # fmt: skip
    assert [message.id for message in done.failed] == ["2", "3"]
    assert done.delays == {"there was no time left": 2}
    assert world.entries == {MIRA: BOUNCE, JON: BOUNCE}


# Two at once

OTHERS: dict[str, tuple[Event, dict[str, Entry]]] = {
    "the same once more": (complaint(), {MIRA: COMPLAINT}),
    "not-spam": (not_spam(), {}),
    "a bounce": (bounce(), {MIRA: BOUNCE}),
}


@pytest.mark.parametrize(
    ("other", "number"),
    [pytest.param(*pair, id=f"{pair[0]} at call {pair[1]}") for pair in product(OTHERS, range(1, 6))],
)
def test_two_copies_at_work_on_one_recipient_end_right(other: str, number: int) -> None:
    """The other copy does all of its work just before one of the first one's calls."""
    event, ending = OTHERS[other]
    world = World()
    others: list[Suppressed] = []
    world.before[number] = lambda: others.append(suppress(world, event))
    first = suppress(world, complaint())
    # Neither failed; if one did, its message would come again.
    assert not [message for done in (first, *others) for message in done.failed]
    assert world.entries == ending
    assert world.histories[MIRA].history.settled


@pytest.mark.parametrize("number", range(1, 6))
@every_delay
def test_a_copy_that_dies_while_another_takes_it_back_ends_right(number: int, moment: str) -> None:
    world = World()

    def taken_back_and_killed() -> None:
        suppress(world, not_spam())
        raise Killed

    getattr(world, moment)[number] = taken_back_and_killed
    with pytest.raises(Killed):
        suppress(world, complaint())
    suppress(world, complaint())
    assert world.entries == {}


# What was heard before, and what is heard at once.
AT_ONCE: dict[str, tuple[list[Bounce | Complaint], list[Bounce | Complaint]]] = {
    "a complaint, and that it was none": ([], [complaint(), not_spam()]),
    "that it was none, and a new one": ([complaint()], [not_spam(), complaint(at=NOON + 2 * HOUR)]),
    "that it was none, and a bounce": ([complaint()], [not_spam(), bounce(at=NOON + 2 * HOUR)]),
    "a complaint, twice, and that it was none": ([], [complaint(), complaint(), not_spam()]),
    "that it was none, twice, and a new one": ([complaint()], [not_spam(), not_spam(), complaint(at=NOON + 2 * HOUR)]),
    "a bounce, a complaint, and that it was none": ([], [bounce(), complaint(), not_spam()]),
}


# Turns that are seldom drawn, and in which somebody who was not heard of did harm.
UNLUCKY = (
    [4, 1, 2, 4, 4, 3, 5, 0, 5, 3, 5, 1, 0, 1, 0, 5, 3, 4, 4, 4, 2, 4, 0, 3],
    [3, 4, 0, 5, 4, 3, 4, 4, 2, 0, 0, 5, 3, 2, 3, 2, 5, 4, 4, 3, 0, 1, 3, 3],
)


@pytest.mark.parametrize(("before", "events"), AT_ONCE.values(), ids=AT_ONCE)
def test_whoever_is_at_work_on_one_recipient_at_once_and_in_whatever_turns_it_ends_right(
    before: list[Bounce | Complaint], events: list[Bounce | Complaint]
) -> None:
    """Nobody dies here, but every call of one may come between any two of another."""
    in_order = World()
    suppress(in_order, *before, *sorted(events, key=lambda event: event.time))
    random = Random(7)  # noqa: S311 - the same turns every time
    for schedule in (*UNLUCKY, *([random.randrange(6) for _ in range(24)] for _ in range(80))):
        world = World()
        suppress(world, *before)
        turns = Turns(schedule)
        world.each_call = turns.step
        done = turns.run(*(partial(suppress, world, event) for event in events))
        world.each_call = lambda: None
        again = [event for event, each in zip(events, done, strict=True) if each.failed]
        suppress(world, *again)
        assert world.entries == in_order.entries


def test_who_never_finds_it_unchanged_comes_again() -> None:
    world = World()

    def change() -> None:
        known = world.histories.get(MIRA, Versioned())
        world.histories[MIRA] = Versioned(known.history, known.version + 1)

    # Not-spam of somebody unknown takes a read and a write.
    world.before.update({2 * attempt: change for attempt in range(1, MAX_ATTEMPTS + 1)})
    assert ended(suppress(world, not_spam())) == {Outcome.FAILED: 1}
    assert ended(suppress(world, not_spam())) == {Outcome.UNCHANGED: 1}


# Any history


@st.composite
def said_of_one(draw: st.DrawFn) -> list[Bounce | Complaint]:
    kinds: dict[str, Callable[[datetime], Bounce | Complaint]] = {
        "bounce": lambda at: bounce(at=at),
        "complaint": lambda at: complaint(at=at),
        "not-spam": lambda at: not_spam(at=at),
    }
    drawn = draw(st.lists(st.tuples(st.sampled_from(sorted(kinds)), st.integers(0, 9)), min_size=1, max_size=6))
    return [kinds[kind](NOON + hours * HOUR) for kind, hours in drawn]


@given(said_of_one(), st.randoms(use_true_random=False))
def test_in_whatever_order_and_however_often_events_come_the_list_ends_the_same(
    events: list[Bounce | Complaint], random: Random
) -> None:
    in_order = World()
    suppress(in_order, *sorted(events, key=lambda event: event.time))
    shuffled = [*events, *events]
    random.shuffle(shuffled)
    anyhow = World()
    for event in shuffled:
        suppress(anyhow, event)
    assert anyhow.entries == in_order.entries
