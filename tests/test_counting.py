"""What an event adds to which counts."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.domain.counting import Entry, entries, provider_scopes, scopes_of, week_of
from ses_reputation.domain.eligibility import BESIDE_RATES, Measure, is_in_a_rate, reply_measure
from ses_reputation.domain.events import (
    Bounce,
    Complaint,
    Delay,
    Delivery,
    Event,
    Mail,
    Recipient,
    Send,
    Uncounted,
)
from ses_reputation.domain.providers import NOT_PROVIDERS, OTHER, OWN, PROVIDERS, SIMULATOR, AddressBook
from ses_reputation.domain.recipients import Keeping, KeptRecipient, RecipientKey, RecipientStorage
from ses_reputation.domain.reply_rules import ReplyClass
from ses_reputation.domain.scopes import ScopeKind, kind_of

NOON = datetime(2026, 3, 2, 12, 34, 56, tzinfo=UTC)
MAIL = Mail(
    "m-1",
    identity="shop.example",
    configuration_set="newsletter",
    tenant="lucky-deals",
    tags=(("campaign", "spring"), ("team", "growth")),
)
BOOK = AddressBook(identities=frozenset({"shop.example", "ann@mail.example"}))
SIMULATED, STAFF, REAL = "bounce+1@simulator.amazonses.com", "staff@shop.example", "a@gmail.com"
LEFT_OUT = (SIMULATED, STAFF, "ann+news@mail.example")


def kept(*addresses: str) -> tuple[KeptRecipient, ...]:
    return tuple(KeptRecipient(address) for address in addresses)


def to(*addresses: str) -> tuple[Recipient, ...]:
    return tuple(Recipient(address) for address in addresses)


def send(*addresses: str) -> Send:
    return Send(MAIL, NOON, to(*addresses))


def delivery(*addresses: str) -> Delivery:
    return Delivery(MAIL, NOON, to(*addresses))


def bounce(*addresses: str, type_: str = "Permanent", subtype: str = "General") -> Bounce:
    return Bounce(MAIL, NOON, to(*addresses), type_, subtype)


def delay(*addresses: str, type_: str = "General", status: str | None = None, reply: str | None = None) -> Delay:
    return Delay(MAIL, NOON, tuple(Recipient(address, status, reply) for address in addresses), type_)


def complaint(*addresses: str, subtype: str | None = None, feedback: str | None = None) -> Complaint:
    return Complaint(MAIL, NOON, to(*addresses), subtype, feedback)


EVENTS: tuple[Callable[..., Event], ...] = (send, delivery, bounce, delay, complaint)


def entries_of(event: Event) -> list[Entry]:
    return list(entries(event, BOOK))


def only(event: Event) -> Entry:
    (entry,) = entries_of(event)
    return entry


def totals(event: Event) -> dict[Measure, int]:
    counted: dict[Measure, int] = {}
    for entry in entries_of(event):
        for (_, measure), n in entry.increments.items():
            counted[measure] = counted.get(measure, 0) + n
    return counted


def test_a_bounce_counts_once_for_each_recipient() -> None:
    event = bounce(REAL, "b@gmail.com", "c@x.example", subtype="NoEmail")
    assert totals(event) == {Measure.HARD_BOUNCED: 3, Measure.REPLY_USER_UNKNOWN: 3}
    assert [entry.reason for entry in entries_of(event)] == ["Permanent/NoEmail"] * 3


@pytest.mark.parametrize(
    ("type_", "subtype", "measure"),
    [
        ("Permanent", "Suppressed", Measure.HARD_BOUNCED),
        ("Permanent", "OnAccountSuppressionList", Measure.NOT_ATTEMPTED),
        ("Transient", "General", Measure.SOFT_BOUNCED),
    ],
)
def test_a_bounce_counts_as_its_rule_says(type_: str, subtype: str, measure: Measure) -> None:
    counted = totals(bounce(REAL, type_=type_, subtype=subtype))
    assert {m: n for m, n in counted.items() if m not in BESIDE_RATES} == {measure: 1}


@pytest.mark.parametrize(
    ("type_", "subtype", "unknown"),
    [
        pytest.param("Permanent", "SomethingNew", "SomethingNew", id="one that nobody knows"),
        pytest.param("Permanent", "", "", id="a missing one"),
        pytest.param("Permanent", "General", None, id="a known one"),
        pytest.param("Permanent", "Suppressed", None, id="the global list's"),
        pytest.param("Permanent", "OnTenantSuppressionList", None, id="one that was never attempted"),
        pytest.param("Transient", "SomethingNew", None, id="a new one of a bounce that does not count anyway"),
    ],
)
def test_an_entry_names_the_subtype_if_it_counts_only_because_nobody_knows_it(
    type_: str, subtype: str, unknown: str | None
) -> None:
    entry = only(bounce(REAL, type_=type_, subtype=subtype))
    assert (entry.unknown_subtype, entry.counts) == (unknown, True)


@pytest.mark.parametrize(
    ("event", "reason", "unknown"),
    [
        (bounce(REAL, subtype=f"to <{REAL}>"), "Permanent/to <(recipient)>", "to <(recipient)>"),
        (bounce(REAL, subtype=f"{REAL}"), "Permanent/(recipient)", "(recipient)"),
        (delay(REAL, type_=f"{REAL}"), "(recipient)", None),
        (complaint(REAL, feedback=f"{REAL}"), "(recipient)", None),
        (bounce("general@gmail.com"), "Permanent/General", None),
    ],
    ids=["a subtype", "a subtype alone", "a delay", "a feedback type", "a recipient who is called like a word of SES"],
)
def test_no_address_is_kept_or_told_as_a_word_of_ses(event: Event, reason: str, unknown: str | None) -> None:
    entry = only(event)
    assert (entry.reason, entry.unknown_subtype) == (reason, unknown)


def test_a_bounce_counts_beside_its_rate_as_what_the_server_replied() -> None:
    recipients = (
        Recipient("a@gmail.com", "5.7.26", "550-5.7.26 The sender is unauthenticated"),
        Recipient("b@x.example", "4.2.2", "452 4.2.2 Over quota"),
        Recipient("c@x.example"),
        Recipient("d@x.example", "5.1.1"),
    )
    increments = [entry.increments for entry in entries_of(Bounce(MAIL, NOON, recipients, "Transient", "General"))]
    assert increments == [
        {("gmail", Measure.SOFT_BOUNCED): 1, ("gmail", Measure.REPLY_AUTHENTICATION_FAILURE): 1},
        {(OTHER, Measure.SOFT_BOUNCED): 1, (OTHER, Measure.REPLY_MAILBOX_FULL): 1},
        {(OTHER, Measure.SOFT_BOUNCED): 1, (OTHER, Measure.REPLY_OTHER): 1},
        {(OTHER, Measure.SOFT_BOUNCED): 1, (OTHER, Measure.REPLY_USER_UNKNOWN): 1},
    ]


def test_of_mail_that_was_never_attempted_no_server_replied() -> None:
    (entry,) = entries_of(bounce(REAL, subtype="OnAccountSuppressionList"))
    assert entry.increments == {("gmail", Measure.NOT_ATTEMPTED): 1}


def test_a_delay_counts_in_no_rate_and_is_kept_with_its_reply() -> None:
    entry = only(delay(REAL, reply="421-4.7.28 Gmail has detected an unusual rate of email", type_="IPFailure"))
    assert entry.increments == {("gmail", Measure.DELAYED): 1, ("gmail", Measure.REPLY_RATE_LIMITED): 1}
    assert (entry.counts, entry.reason, len(entry.recipients)) == (True, "IPFailure", 1)
    assert not any(is_in_a_rate(provider, measure) for provider, measure in entry.increments)


@pytest.mark.parametrize(
    ("type_", "reply_class"),
    [
        ("SpamDetected", ReplyClass.SPAM_BLOCK),
        ("MailboxFull", ReplyClass.MAILBOX_FULL),
        ("IPFailure", ReplyClass.POLICY_BLOCK),
        ("RecipientServerError", ReplyClass.PROVIDER_OUTAGE),
        ("TransientCommunicationFailure", ReplyClass.PROVIDER_OUTAGE),
        pytest.param("InternalFailure", ReplyClass.OTHER, id="SES's own trouble"),
        pytest.param("SendingDeferral", ReplyClass.OTHER, id="SES holds it back"),
        ("BYOIPHostNameLookupUnavailable", ReplyClass.OTHER),
        ("General", ReplyClass.OTHER),
        ("Undetermined", ReplyClass.OTHER),
        pytest.param("SomethingNew", ReplyClass.OTHER, id="one that nobody knows"),
    ],
)
def test_a_delay_without_a_reply_counts_as_ses_calls_it(type_: str, reply_class: ReplyClass) -> None:
    assert totals(delay(REAL, type_=type_)) == {Measure.DELAYED: 1, reply_measure(reply_class): 1}


def test_a_delay_that_is_told_again_is_one_fact_until_the_server_says_something_else() -> None:
    first = only(delay(REAL, reply="421 4.7.0 [TSS04] deferred due to user complaints"))
    again = only(delay(REAL, reply="421 4.7.0 [TSS04] deferred due to user complaints, once more"))
    other = only(delay(REAL, reply="452 4.2.2 Over quota"))
    somebody_else = only(delay("b@gmail.com", reply="452 4.2.2 Over quota"))
    assert first.key == again.key
    assert len({first.key, other.key, somebody_else.key}) == 3


@pytest.mark.parametrize("event", [send, bounce, delivery, delay], ids=lambda make: make.__name__)
def test_a_recipient_named_twice_in_one_event_counts_once(event: Callable[..., Event]) -> None:
    assert totals(event("a@x.example", "a@x.example")) == totals(event("a@x.example"))


def test_a_complaint_counts_once_however_many_suspects_it_lists() -> None:
    entry = only(complaint("a@yahoo.com", "b@yahoo.com", feedback="abuse"))
    assert entry.increments == {("yahoo", Measure.COMPLAINED): 1}
    assert (entry.recipients, entry.reason) == (kept("a@yahoo.com", "b@yahoo.com"), "abuse")
    assert only(complaint("a@yahoo.com")).reason == "unspecified"


def test_a_send_is_one_entry_for_all_its_recipients() -> None:
    entry = only(send(REAL, "b@gmail.com", "c@x.example"))
    assert entry.increments == {("gmail", Measure.SENT): 2, (OTHER, Measure.SENT): 1}


def test_what_bounced_is_recorded_by_recipient_and_what_arrived_is_only_counted() -> None:
    assert only(bounce(REAL)).recipients == kept(REAL)
    assert [only(event).recipients for event in (send(REAL), delivery(REAL))] == [(), ()]


@pytest.mark.parametrize("left_out", LEFT_OUT)
@pytest.mark.parametrize("event", EVENTS, ids=lambda make: make.__name__)
def test_what_reaches_only_recipients_that_are_left_out_is_kept_and_does_not_count(
    event: Callable[..., Event], left_out: str
) -> None:
    assert not only(event(left_out)).counts
    assert only(event(REAL)).counts
    assert not any(entry.counts for entry in entries_of(event(*LEFT_OUT)))


@pytest.mark.parametrize(
    ("event", "measure"),
    [
        pytest.param(complaint(REAL, feedback="not-spam"), Measure.NOT_SPAM, id="a report that it is no spam"),
        pytest.param(
            complaint(REAL, subtype="OnAccountSuppressionList"), Measure.COMPLAINED_UNSENT, id="about mail never sent"
        ),
    ],
)
def test_a_complaint_that_is_none_is_kept_and_does_not_count(event: Event, measure: Measure) -> None:
    entry = only(event)
    assert (entry.increments, entry.counts) == ({("gmail", measure): 1}, False)


def test_what_is_understood_and_counts_nothing_has_no_entries() -> None:
    assert entries_of(Uncounted("Open", NOON)) == []


def test_a_mixed_send_is_split_by_recipient() -> None:
    entry = only(send(SIMULATED, STAFF, "ann@mail.example", REAL, "c@x.example"))
    assert entry.increments == {
        (SIMULATOR, Measure.SENT): 1,
        (OWN, Measure.SENT): 2,
        ("gmail", Measure.SENT): 1,
        (OTHER, Measure.SENT): 1,
    }
    assert entry.counts


@pytest.mark.parametrize("event", [bounce, delivery, delay], ids=lambda make: make.__name__)
def test_a_mixed_bounce_delay_or_delivery_counts_for_its_real_recipients_alone(event: Callable[..., Event]) -> None:
    assert [entry.counts for entry in entries_of(event(SIMULATED, STAFF, REAL))] == [False, False, True]


@pytest.mark.parametrize(
    "suspects",
    [
        pytest.param((STAFF, SIMULATED, "a@yahoo.com", REAL), id="the others last"),
        pytest.param(("a@yahoo.com", STAFF), id="the others first"),
    ],
)
def test_a_complaint_whose_suspects_are_partly_oneself_is_the_first_others(suspects: tuple[str, ...]) -> None:
    entry = only(complaint(*suspects))
    assert (entry.increments, entry.counts) == ({("yahoo", Measure.COMPLAINED): 1}, True)
    assert entry.recipients == kept(*suspects), "all are suspects still"


@pytest.mark.parametrize(
    "suspects", [pytest.param((STAFF, "a@yahoo.com"), id="oneself first"), pytest.param((SIMULATED, REAL), id="a test")]
)
def test_what_is_no_complaint_is_the_first_suspects(suspects: tuple[str, ...]) -> None:
    entry = only(complaint(*suspects, feedback="not-spam"))
    assert entry.increments == {(BOOK.provider_of(suspects[0]), Measure.NOT_SPAM): 1}


TRAP = "old-contact@shop.example"
TRAPS = AddressBook(identities=BOOK.identities, spamtraps=frozenset({TRAP}))


def test_mail_to_a_spam_trap_counts_as_that_too_though_it_is_at_ones_own_domain() -> None:
    (sent,) = entries(send(TRAP, STAFF, REAL), TRAPS)
    assert sent.increments == {(OWN, Measure.SENT): 2, (OWN, Measure.SPAMTRAPPED): 1, ("gmail", Measure.SENT): 1}
    delivered, other = entries(delivery(TRAP, STAFF), TRAPS)
    assert delivered.increments == {(OWN, Measure.DELIVERED): 1, (OWN, Measure.SPAMTRAPPED): 1}
    assert other.increments == {(OWN, Measure.DELIVERED): 1}


def test_an_entry_counts_in_the_hour_of_the_event() -> None:
    event = Send(MAIL, NOON.replace(microsecond=789), to("a@x.example"))
    assert only(event).hour == datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "time",
    [
        pytest.param(datetime(2026, 3, 2, tzinfo=UTC), id="its first moment"),
        pytest.param(datetime(2026, 3, 5, 12, 34, 56, 789, tzinfo=UTC), id="in the middle of it"),
        pytest.param(datetime(2026, 3, 8, 23, 59, 59, 999_999, tzinfo=UTC), id="its last moment"),
    ],
)
def test_a_week_begins_on_monday_at_midnight(time: datetime) -> None:
    assert week_of(time) == datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "name"),
    [
        pytest.param(send(REAL), "sent", id="a send"),
        pytest.param(delivery(REAL), "delivered#881b80007d767eef82a4b0f1", id="a delivery"),
        pytest.param(bounce(REAL), "hard_bounced#881b80007d767eef82a4b0f1", id="a bounce"),
        pytest.param(bounce(REAL, type_="Transient"), "soft_bounced#881b80007d767eef82a4b0f1", id="a soft bounce"),
        pytest.param(
            delay(REAL, type_="MailboxFull"), "delayed#4927b067a642f1bf7770a46b", id="a delay, with what was replied"
        ),
        pytest.param(complaint(REAL, "b@gmail.com"), "complained#615bec0d9189631d6a9b078f", id="a complaint"),
    ],
)
def test_the_key_of_a_receipt_is_what_it_was_in_every_version(event: Event, name: str) -> None:
    """Receipts outlive deployments: under another key, an event that comes again would count again."""
    assert only(event).key == ("m-1", name)


@pytest.mark.parametrize("event", [bounce, complaint])
def test_under_a_key_the_name_of_an_entry_is_told_by_its_message_too(event: Callable[..., Event]) -> None:
    hashed = Keeping(RecipientStorage.HASHED, RecipientKey(b"k" * 64))
    (entry,) = entries(event(REAL), BOOK, hashed)
    assert entry.name.partition("#")[2] == hashed.identity("m-1", REAL)


def test_mail_counts_in_all_its_scopes_at_once() -> None:
    assert scopes_of(MAIL) == (
        "account",
        "configuration-set/newsletter",
        "identity/shop.example",
        "tenant/lucky-deals",
        "tag/campaign=spring",
        "tag/team=growth",
    )
    assert scopes_of(Mail("m-1")) == ("account",)
    assert {kind_of(scope) for scope in scopes_of(MAIL)} == {*ScopeKind} - {ScopeKind.PROVIDER}


def test_a_provider_is_a_scope_and_what_stands_for_none_is_not() -> None:
    assert provider_scopes(only(send(REAL, "c@x.example", STAFF, SIMULATED)).increments) == {"provider/gmail"}
    assert provider_scopes({(name, Measure.REPORTED): 1 for name in NOT_PROVIDERS}) == set()


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("a@gmail.com", "gmail"),
        ("a@GoogleMail.com", "gmail"),
        ("a@hotmail.co.uk", "microsoft"),
        ("a@yahoo.com.br", "yahoo"),
        ("a@yahoo.ne.jp", "yahoo"),
        ("a@yahoo.de", "yahoo"),
        ("a@gmx.net", "gmx"),
        ("a@icloud.com", "apple"),
        ("a@163.com", "netease"),
        pytest.param("a@yahoo.example.com", OTHER, id="a label that anybody can own"),
        pytest.param("a@yahoo.co.example", OTHER, id="a country of more than two letters"),
        pytest.param("a@mail.yahoo.de", OTHER, id="a country form within another domain"),
        pytest.param("a@live.mail.example", OTHER, id="a label within another domain"),
        pytest.param("a@gmail.de", OTHER, id="a country form of a name that has none"),
        pytest.param("a@yahoo", OTHER, id="a name without a country"),
        pytest.param("a@notgmail.com", OTHER, id="another name that ends alike"),
        pytest.param("nobody", OTHER, id="no domain at all"),
        pytest.param('"a@gmail.com"@yahoo.de', "yahoo", id="an @ within quotes"),
        ("bounce@simulator.amazonses.com", SIMULATOR),
        pytest.param("bounce+label1@SIMULATOR.amazonses.com", SIMULATOR, id="the simulator with a label, in any case"),
        pytest.param("bounce@simulator.amazonses.com.evil.example", OTHER, id="a name that begins like the simulator"),
        pytest.param("bounce@x.simulator.amazonses.com", OTHER, id="a name that ends like the simulator"),
    ],
)
def test_the_provider_is_told_from_the_domain(address: str, provider: str) -> None:
    assert AddressBook().provider_of(address) == provider


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        pytest.param("anybody@shop.example", OWN, id="at a verified domain"),
        pytest.param("anybody@SHOP.example", OWN, id="at a verified domain, in any case"),
        pytest.param("anybody@mail.eu.shop.example", OWN, id="at its subdomain"),
        pytest.param("anybody@notshop.example", OTHER, id="at a domain that ends alike"),
        pytest.param("anybody@bakery.example", OTHER, id="at a sibling"),
        pytest.param("anybody@example", OTHER, id="at its parent"),
        pytest.param("anybody@shop.example.evil.example", OTHER, id="at a domain that begins alike"),
        pytest.param("ann@mail.example", OWN, id="a verified address"),
        pytest.param("ann+news+2@mail.example", OWN, id="its label"),
        pytest.param("bob@mail.example", OTHER, id="another address at that domain"),
        pytest.param("ann@eu.mail.example", OTHER, id="the same name at its subdomain"),
        pytest.param("joann@mail.example", OTHER, id="a name that ends alike"),
        pytest.param("ann@x.example@mail.example", OTHER, id="a name that begins alike, with an @ in it"),
    ],
)
def test_mail_to_a_verified_identity_is_mail_to_oneself(address: str, provider: str) -> None:
    assert BOOK.provider_of(address) == provider


def test_the_simulator_is_the_simulator_though_somebody_verified_it() -> None:
    assert AddressBook(frozenset({"amazonses.com", "simulator.amazonses.com"})).provider_of(SIMULATED) == SIMULATOR


def test_a_verified_identity_is_oneself_whoever_hosts_it() -> None:
    book = AddressBook(frozenset({"me@gmail.com", "shop.example"}), {"shop.example": "gmail"})
    assert [book.provider_of(a) for a in ("me@gmail.com", "you@gmail.com", STAFF)] == [OWN, "gmail", OWN]


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        pytest.param("a@company.example", "gmail", id="a domain that is in no table"),
        pytest.param("a@eu.company.example", OTHER, id="not its subdomain"),
        pytest.param("a@icloud.com", OTHER, id="a domain taken from the table"),
        pytest.param("a@yahoo.co.jp", "yahoo-japan", id="one country form of many"),
        pytest.param("a@yahoo.com", "yahoo", id="another country form"),
    ],
)
def test_a_deployments_own_domains_go_before_the_table(address: str, provider: str) -> None:
    book = AddressBook(domains={"company.example": "gmail", "icloud.com": OTHER, "yahoo.co.jp": "yahoo-japan"})
    assert book.provider_of(address) == provider


@given(st.text(max_size=60))
def test_any_text_has_one_of_a_bounded_list_of_providers(address: str) -> None:
    """A counter item holds a few numbers for each, so they must not grow with the domains that people send to."""
    assert BOOK.provider_of(address) in PROVIDERS.keys() | NOT_PROVIDERS


@given(st.lists(st.sampled_from([REAL, "b@gmail.com", "c@x.example", *LEFT_OUT]), min_size=1, max_size=8), st.randoms())
def test_the_order_of_recipients_changes_no_entry(names: list[str], random: Random) -> None:
    """SES promises no order, so two copies of one event may differ in it."""
    shuffled = random.sample(names, len(names))
    for event in EVENTS:
        one, other = ([(e.key, e.counts) for e in entries_of(event(*order))] for order in (names, shuffled))
        assert sorted(one) == sorted(other)


def test_a_hard_and_a_soft_bounce_of_one_recipient_are_two_facts() -> None:
    assert only(bounce(REAL)).key != only(bounce(REAL, type_="Transient", subtype="MailboxFull")).key
