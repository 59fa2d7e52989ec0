"""What an event adds to which counts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.domain.counting import Measure, bounce_measure, entries, provider_scopes, scopes_of
from ses_reputation.domain.events import Bounce, Complaint, Delivery, Event, Mail, Recipient, Send, Uncounted
from ses_reputation.domain.providers import OTHER, PROVIDERS, is_simulator, provider_of

NOON = datetime(2026, 3, 2, 12, 34, 56, tzinfo=UTC)
MAIL = Mail("m-1", identity="shop.example", configuration_set="newsletter", tenant="lucky-deals")


def to(*addresses: str) -> tuple[Recipient, ...]:
    return tuple(Recipient(address) for address in addresses)


def totals(event: Event) -> dict[Measure, int]:
    counted: dict[Measure, int] = {}
    for entry in entries(event):
        for (_, measure), n in entry.increments.items():
            counted[measure] = counted.get(measure, 0) + n
    return counted


@pytest.mark.parametrize(
    ("bounce_type", "subtype", "measure"),
    [
        ("Permanent", "General", Measure.HARD_BOUNCED),
        ("Permanent", "NoEmail", Measure.HARD_BOUNCED),
        pytest.param("Permanent", "Suppressed", Measure.HARD_BOUNCED, id="SES's own global list counts"),
        pytest.param("Permanent", "SomethingNew", Measure.HARD_BOUNCED, id="an unknown permanent subtype counts"),
        pytest.param("Permanent", "", Measure.HARD_BOUNCED, id="a missing subtype counts"),
        ("Permanent", "OnAccountSuppressionList", Measure.NOT_ATTEMPTED),
        ("Permanent", "OnTenantSuppressionList", Measure.NOT_ATTEMPTED),
        ("Permanent", "EmailValidationSuppressed", Measure.NOT_ATTEMPTED),
        ("Permanent", "UnsubscribedRecipient", Measure.NOT_ATTEMPTED),
        ("Transient", "General", Measure.SOFT_BOUNCED),
        ("Transient", "MailboxFull", Measure.SOFT_BOUNCED),
        ("Undetermined", "Undetermined", Measure.SOFT_BOUNCED),
    ],
)
def test_a_bounce_counts_as_its_type_and_subtype_say(bounce_type: str, subtype: str, measure: Measure) -> None:
    assert bounce_measure(bounce_type, subtype) is measure


def test_a_bounce_counts_once_for_each_recipient() -> None:
    bounce = Bounce(MAIL, NOON, to("a@gmail.com", "b@gmail.com", "c@x.example"), "Permanent", "NoEmail")
    assert totals(bounce) == {Measure.HARD_BOUNCED: 3}
    assert [entry.reason for entry in entries(bounce)] == ["Permanent/NoEmail"] * 3


def test_a_recipient_named_twice_in_one_event_counts_once() -> None:
    assert totals(Bounce(MAIL, NOON, to("a@x.example", "a@x.example"), "Permanent", "General")) == {
        Measure.HARD_BOUNCED: 1
    }
    assert totals(Send(MAIL, NOON, to("a@x.example", "a@x.example"))) == {Measure.SENT: 1}


def test_a_complaint_counts_once_however_many_suspects_it_lists() -> None:
    assert totals(Complaint(MAIL, NOON, to("a@yahoo.com", "b@yahoo.com"))) == {Measure.COMPLAINED: 1}


def test_a_send_is_one_entry_for_all_its_recipients() -> None:
    (entry,) = entries(Send(MAIL, NOON, to("a@gmail.com", "b@gmail.com", "c@x.example")))
    assert entry.increments == {("gmail", Measure.SENT): 2, (OTHER, Measure.SENT): 1}


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(Uncounted("Open", NOON), id="an open"),
        pytest.param(Complaint(MAIL, NOON, to("a@yahoo.com"), None, "not-spam"), id="a report that it is no spam"),
        pytest.param(Complaint(MAIL, NOON, to("a@yahoo.com"), "OnAccountSuppressionList"), id="a mail never sent"),
        pytest.param(Send(MAIL, NOON, to("success@simulator.amazonses.com")), id="a send to the simulator"),
        pytest.param(Delivery(MAIL, NOON, to("success+1@Simulator.AmazonSES.com")), id="a simulated delivery"),
        pytest.param(
            Bounce(MAIL, NOON, to("bounce@simulator.amazonses.com"), "Permanent", "General"), id="a simulated bounce"
        ),
        pytest.param(Complaint(MAIL, NOON, to("complaint@simulator.amazonses.com")), id="a simulated complaint"),
    ],
)
def test_what_counts_nothing_has_no_entries(event: Event) -> None:
    assert list(entries(event)) == []


def test_in_a_mixed_mail_only_the_simulators_recipients_are_left_out() -> None:
    assert totals(Send(MAIL, NOON, to("a@x.example", "bounce@simulator.amazonses.com"))) == {Measure.SENT: 1}


def test_an_entry_counts_in_the_hour_of_the_event() -> None:
    (entry,) = entries(Send(MAIL, NOON, to("a@x.example")))
    assert entry.hour == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_mail_counts_in_all_its_scopes_at_once() -> None:
    assert scopes_of(MAIL) == (
        "account",
        "configuration-set/newsletter",
        "identity/shop.example",
        "tenant/lucky-deals",
    )
    assert scopes_of(Mail("m-1")) == ("account",)


def test_a_provider_is_a_scope_and_other_is_none() -> None:
    (entry,) = entries(Send(MAIL, NOON, to("a@gmail.com", "c@x.example")))
    assert provider_scopes(entry.increments) == {"provider/gmail"}


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("a@gmail.com", "gmail"),
        ("a@GoogleMail.com", "gmail"),
        ("a@hotmail.co.uk", "microsoft"),
        ("a@yahoo.com.br", "yahoo"),
        ("a@yahoo.de", "yahoo"),
        ("a@icloud.com", "apple"),
        ("a@163.com", "netease"),
        pytest.param("a@yahoo.example.com", OTHER, id="a label that anybody can own"),
        pytest.param("a@live.mail.example", OTHER, id="a label within another domain"),
        pytest.param("a@notgmail.com", OTHER, id="another name that ends alike"),
        pytest.param("nobody", OTHER, id="no domain at all"),
        pytest.param('"a@gmail.com"@x.example', OTHER, id="an @ within quotes"),
    ],
)
def test_the_provider_is_told_from_the_domain(address: str, provider: str) -> None:
    assert provider_of(address) == provider


@given(st.text(max_size=60))
def test_any_text_has_one_of_the_bounded_list_of_providers(address: str) -> None:
    assert provider_of(address) in PROVIDERS


def test_the_simulator_is_known_with_a_label_and_in_any_case() -> None:
    assert is_simulator("bounce+label1@SIMULATOR.amazonses.com")
    assert not is_simulator("bounce@simulator.amazonses.com.evil.example")


addresses = st.sampled_from(["a@gmail.com", "b@gmail.com", "c@x.example", "bounce@simulator.amazonses.com"])


@given(st.lists(addresses, min_size=1, max_size=8), st.randoms())
def test_the_order_of_recipients_changes_no_entry(names: list[str], random: object) -> None:
    """SES promises no order, so two copies of one event may differ in it."""
    shuffled = names.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for make in (
        lambda r: Send(MAIL, NOON, r),
        lambda r: Delivery(MAIL, NOON, r),
        lambda r: Bounce(MAIL, NOON, r, "Permanent", "General"),
        lambda r: Complaint(MAIL, NOON, r),
    ):
        assert {e.key for e in entries(make(to(*names)))} == {e.key for e in entries(make(to(*shuffled)))}


def test_a_hard_and_a_soft_bounce_of_one_recipient_are_two_facts() -> None:
    (soft,) = entries(Bounce(MAIL, NOON, to("a@x.example"), "Transient", "MailboxFull"))
    (hard,) = entries(Bounce(MAIL, NOON, to("a@x.example"), "Permanent", "General"))
    assert soft.key != hard.key
