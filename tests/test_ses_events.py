"""Reading SES notifications: lenient where nothing depends on it, exact where counting does."""

import copy
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.domain.counting import entries, scopes_of
from ses_reputation.domain.events import Bounce, Complaint, Delay, Delivery, Mail, Recipient, Send, Uncounted
from ses_reputation.domain.providers import AddressBook
from ses_reputation.ses_events import MAX_NAME, TagNames, UnreadableEvent, read_event, read_invocation

EVENTS = Path(__file__).parents[1] / "events"
SAMPLES = sorted(path for path in EVENTS.rglob("*") if path.suffix in {".json", ".txt"})


def sample(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EVENTS / name).read_text())
    return document


def changed(name: str, path: str, value: object) -> str:
    """A sample with the value at a dotted path set, or taken out where it is `...`."""
    document = sample(name)
    *parents, last = path.split(".")
    place: Any = document
    for parent in parents:
        place = place[parent]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("configuration-set/send.json", Send),
        ("configuration-set/delivery.json", Delivery),
        ("configuration-set/bounce.json", Bounce),
        ("configuration-set/bounce-transient.json", Bounce),
        ("configuration-set/complaint.json", Complaint),
        ("configuration-set/reject.json", Uncounted),
        ("configuration-set/open.json", Uncounted),
        ("configuration-set/click.json", Uncounted),
        ("configuration-set/rendering-failure.json", Uncounted),
        ("configuration-set/delivery-delay.json", Delay),
        ("configuration-set/subscription.json", Uncounted),
        ("identity/delivery.json", Delivery),
        ("identity/bounce.json", Bounce),
        ("identity/complaint.json", Complaint),
        ("set-up/identity.json", Uncounted),
        ("set-up/configuration-set.txt", Uncounted),
    ],
)
def test_every_event_type_of_both_formats_is_read(name: str, kind: type) -> None:
    assert isinstance(read_event((EVENTS / name).read_bytes()), kind)


@pytest.mark.parametrize("sample", sorted((EVENTS / "eventbridge").glob("*.json")), ids=lambda path: path.stem)
def test_what_ses_says_of_findings_and_of_sending_is_no_mail_and_no_poison(sample: Path) -> None:
    kind = json.loads(sample.read_text())["detail-type"]
    assert read_event(sample.read_text()) == Uncounted(kind)


DELAY = "configuration-set/delivery-delay.json"


def test_a_delay_says_who_which_why_and_when() -> None:
    delay = read_event((EVENTS / DELAY).read_text())
    reply = "smtp; 452 4.2.2 <lena@small-mailbox.example>: the mailbox has no room left"
    assert isinstance(delay, Delay)
    assert delay.recipients == (Recipient("lena@small-mailbox.example", "4.2.2", reply),)
    assert (delay.type, delay.mail.tenant) == ("MailboxFull", "garden-shop")
    assert delay.time == datetime(2026, 3, 6, 9, 38, 54, 18000, UTC)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("deliveryDelay", ...),
        ("deliveryDelay", None),
        ("deliveryDelay", [1]),
        ("deliveryDelay.delayedRecipients", []),
        ("deliveryDelay.delayedRecipients", [{"status": "4.2.2"}]),
        ("deliveryDelay.delayedRecipients", [{"emailAddress": ""}]),
        ("deliveryDelay.delayType", 7),
        ("deliveryDelay.timestamp", "soon"),
        ("mail", ...),
        ("mail.messageId", ...),
        ("mail.messageId", "m" * 300),
    ],
)
def test_a_delay_that_lacks_what_counting_needs_is_let_go(path: str, value: object) -> None:
    """It is in no rate: no reason to keep it among the dead letters."""
    event = read_event(changed(DELAY, path, value))
    assert isinstance(event, Uncounted)
    assert event.kind == "DeliveryDelay"


@pytest.mark.parametrize(
    ("path", "value", "kept"),
    [
        ("deliveryDelay.delayType", ..., "Undetermined"),
        ("deliveryDelay.delayType", "SomethingNew", "SomethingNew"),
        ("deliveryDelay.timestamp", ..., "MailboxFull"),
        ("deliveryDelay.expirationTime", 12, "MailboxFull"),
        ("deliveryDelay.delayedRecipients", [{"emailAddress": "lena@x.example"}], "MailboxFull"),
    ],
)
def test_a_delay_may_lack_the_rest(path: str, value: object, kept: str) -> None:
    event = read_event(changed(DELAY, path, value))
    assert isinstance(event, Delay)
    assert event.type == kept


def test_a_bounce_says_who_which_why_and_when() -> None:
    bounce = read_event((EVENTS / "configuration-set/bounce.json").read_text())
    assert isinstance(bounce, Bounce)
    raw = sample("configuration-set/bounce.json")
    assert bounce.mail.message_id == raw["mail"]["messageId"]
    assert bounce.mail.configuration_set == raw["mail"]["tags"]["ses:configuration-set"][0]
    assert (bounce.type, bounce.subtype) == (raw["bounce"]["bounceType"], raw["bounce"]["bounceSubType"])
    assert bounce.time == datetime.fromisoformat(raw["bounce"]["timestamp"])
    (recipient,) = bounce.recipients
    assert recipient.reply == raw["bounce"]["bouncedRecipients"][0]["diagnosticCode"]


def tagged(tags: dict[str, list[str]], names: TagNames) -> Mail:
    """The mail of a sample with these message tags."""
    event = read_event(changed("configuration-set/bounce.json", "mail.tags", tags), names)
    assert isinstance(event, Bounce)
    return event.mail


@pytest.mark.parametrize(
    ("names", "tenant"),
    [
        (TagNames(), "lucky-deals"),
        (TagNames(tenant="customer"), "hill-bikes"),
        (TagNames(tenant="nobody"), None),
        (TagNames(tenant="void"), None),
    ],
    ids=["the tag of SES's own tenants", "a tag of one's own", "a tag that is not there", "a tag without a value"],
)
def test_the_tenant_is_read_from_its_tag(names: TagNames, tenant: str | None) -> None:
    mail = tagged({"ses:tenant-name": ["lucky-deals"], "customer": ["hill-bikes", "second"], "void": []}, names)
    assert mail.tenant == tenant


@pytest.mark.parametrize("values", [[], [""]], ids=["no value", "an empty one"])
def test_an_empty_tag_makes_no_scope(values: list[str]) -> None:
    mail = tagged({"ses:tenant-name": values, "campaign": values}, TagNames(scopes=("campaign",)))
    assert mail.tags == ()
    assert scopes_of(mail) == ("account", "identity/news.example")


def test_the_values_of_scope_tags_are_scopes_in_the_order_of_their_names() -> None:
    names = TagNames(scopes=("stream", "campaign", "missing"))
    mail = tagged({"campaign": ["spring"], "stream": ["digest"], "unnamed": ["x"]}, names)
    assert mail.tags == (("stream", "digest"), ("campaign", "spring"))
    assert scopes_of(mail)[-2:] == ("tag/stream=digest", "tag/campaign=spring")
    assert tagged({"campaign": ["spring"]}, TagNames()).tags == (), "none unless they are named"


@pytest.mark.parametrize("tag", ["ses:configuration-set", "customer", "campaign"])
def test_a_tag_longer_than_ses_allows_is_unreadable_if_it_is_read(tag: str) -> None:
    names = TagNames(tenant="customer", scopes=("campaign",))
    assert tagged({tag: ["x" * MAX_NAME]}, names)
    with pytest.raises(UnreadableEvent, match="257 bytes, more than SES allows"):
        tagged({tag: ["x" * (MAX_NAME + 1)]}, names)
    assert tagged({"unnamed": ["x" * (MAX_NAME + 1)]}, names)


def test_an_identity_notification_has_no_tags() -> None:
    event = read_event((EVENTS / "identity/bounce.json").read_text(), TagNames(scopes=("campaign",)))
    assert isinstance(event, Bounce)
    assert (event.mail.configuration_set, event.mail.tenant, event.mail.tags) == (None, None, ())


def test_a_batch_is_read_with_the_tags_of_the_deployment() -> None:
    sent = changed("configuration-set/send.json", "mail.tags", {"customer": ["hill-bikes"], "campaign": ["spring"]})
    (message,) = read_invocation({"Records": [{"messageId": "1", "body": sent}]}, TagNames("customer", ("campaign",)))
    assert isinstance(message.event, Send)
    assert (message.event.mail.tenant, message.event.mail.tags) == ("hill-bikes", (("campaign", "spring"),))


@pytest.mark.parametrize(
    ("arn", "source", "identity"),
    [
        ("arn:aws:ses:us-east-1:123456789012:identity/shop.example", "a@news.shop.example", "shop.example"),
        ("arn:aws:ses:us-east-1:123456789012:identity/News@Shop.example", "x@other.example", "shop.example"),
        (..., "Shop <news@Shop.example>", "shop.example"),
        (..., ..., None),
    ],
    ids=["a domain", "an address", "no ARN: the sender's domain", "neither"],
)
def test_the_identity_is_the_one_that_was_verified(arn: object, source: object, identity: str | None) -> None:
    document = json.loads(changed("identity/bounce.json", "mail.sourceArn", arn))
    document["mail"].pop("source", None)
    if source is not ...:
        document["mail"]["source"] = source
    event = read_event(json.dumps(document))
    assert isinstance(event, Bounce)
    assert event.mail.identity == identity


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("mail.sourceArn", ...),
        ("mail.tags", ...),
        ("mail.tags", None),
        ("mail.headersTruncated", "false"),
        ("mail.headers", {"not": "a list"}),
        ("mail.destination", ...),
        ("bounce.feedbackId", ...),
        ("bounce.bounceSubType", ...),
        ("bounce.reportingMTA", 7),
        ("bounce.timestamp", ...),
        ("somethingNew", {"deep": [1, 2, {"er": None}]}),
    ],
)
def test_a_bounce_is_read_without_what_counting_does_not_need(path: str, value: object) -> None:
    assert isinstance(read_event(changed("configuration-set/bounce.json", path, value)), Bounce)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("mail", ..., "mail is missing"),
        ("mail.messageId", ..., "mail.messageId is missing"),
        ("mail.messageId", "", "mail.messageId is missing"),
        ("mail.messageId", "x" * 257, "257 bytes"),
        ("mail.tags", {"ses:configuration-set": ["x" * 257]}, "257 bytes"),
        ("mail.tags", {"ses:configuration-set": "newsletter"}, "Expected `array"),
        ("bounce", ..., "bounce is missing"),
        ("bounce.bouncedRecipients", ..., "bouncedRecipients"),
        ("bounce.bouncedRecipients", [], "names 0 recipients"),
        ("bounce.bouncedRecipients", [{"emailAddress": f"a{n}@x.example"} for n in range(51)], "names 51 recipients"),
        ("bounce.bouncedRecipients", [{"emailAddress": ""}], "an address of 0 bytes"),
        ("bounce.bouncedRecipients", [{"emailAddress": "x" * 321}], "an address of 321 bytes"),
        ("bounce.bouncedRecipients", [{"emailAddress": None}], "Expected `str`"),
        ("bounce.bounceType", "Bouncy", "no bounce type 'Bouncy'"),
        ("bounce.bounceType", ..., "bounceType"),
        ("bounce.timestamp", "yesterday", "'yesterday' is not a time"),
        ("bounce.timestamp", "0001-01-01T00:00:00+14:00", "is not a time"),
        ("bounce.timestamp", "1999-12-31T23:59:59Z", "is not a time that SES has known"),
        ("bounce.timestamp", "9999-12-31T23:59:59Z", "is not a time that SES has known"),
        ("eventType", "Bounced", "no event type 'Bounced'"),
        ("eventType", ..., "neither eventType nor notificationType"),
    ],
)
def test_a_bounce_that_lacks_what_counting_needs_is_unreadable(path: str, value: object, reason: str) -> None:
    with pytest.raises(UnreadableEvent, match=reason):
        read_event(changed("configuration-set/bounce.json", path, value))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("hello", "not JSON"),
        ("{", "not JSON"),
        ("[]", "not an SES notification"),
        ("null", "not an SES notification"),
        ('{"Type": "SubscriptionConfirmation", "Message": "You have chosen..."}', "SubscriptionConfirmation"),
        ('{"detail-type": "Scheduled Event", "detail": {}}', "neither eventType nor notificationType"),
        ('{"detail": null}', "not an SES notification"),
        ("[" * 100_000, "not an SES notification"),
        ('{"x": ' + "[" * 100_000, "nested too deeply"),
        ("\ud800", "not JSON"),
    ],
)
def test_anything_else_is_unreadable_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(UnreadableEvent, match=reason):
        read_event(text)


@pytest.mark.parametrize("path", ["eventType", "bounce.bounceType", "bounce.timestamp"])
@pytest.mark.parametrize("value", ["jane.roe@x.example", "jane.roe", "x" * 300], ids=["address", "local part", "long"])
def test_a_reason_quotes_nothing_that_may_be_somebody(path: str, value: str) -> None:
    with pytest.raises(UnreadableEvent) as unreadable:
        read_event(changed("configuration-set/bounce.json", path, value))
    assert value not in str(unreadable.value)
    assert f"of {len(value)} characters" in str(unreadable.value)


def test_envelopes_do_not_nest_for_ever() -> None:
    text = (EVENTS / "configuration-set/send.json").read_text()
    for _ in range(3):
        text = json.dumps({"Type": "Notification", "Message": text})
    with pytest.raises(UnreadableEvent, match="more than 3 envelopes"):
        read_event(text)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-06T09:15:01.123Z", datetime(2026, 3, 6, 9, 15, 1, 123000, UTC)),
        ("2018-10-08T14:05:45 +0000", datetime(2018, 10, 8, 14, 5, 45, tzinfo=UTC)),
        ("2009-12-03T04:24:21.000-05:00", datetime(2009, 12, 3, 9, 24, 21, tzinfo=UTC)),
        ("2026-03-06T09:15:01", datetime(2026, 3, 6, 9, 15, 1, tzinfo=UTC)),
    ],
)
def test_every_way_that_ses_writes_a_time_is_read(written: str, meant: datetime) -> None:
    event = read_event(changed("configuration-set/send.json", "mail.timestamp", written))
    assert isinstance(event, Send)
    assert event.time == meant


@pytest.mark.parametrize("sample", ["configuration-set/bounce.json", "identity/bounce.json"])
def test_what_is_told_of_mail_says_when_that_was_sent(sample: str) -> None:
    told = read_event(changed(sample, "mail.timestamp", "2026-02-28T23:15:01.123Z"))
    assert isinstance(told, Bounce)
    assert told.mail.sent == datetime(2026, 2, 28, 23, 15, 1, 123000, UTC)
    assert told.time > told.mail.sent


@pytest.mark.parametrize("written", [..., "soon"], ids=["nothing", "no time"])
def test_a_bounce_needs_no_time_of_its_mail(written: Any) -> None:
    told = read_event(changed("configuration-set/bounce.json", "mail.timestamp", written))
    assert isinstance(told, Bounce)
    assert told.mail.sent is None


@pytest.mark.parametrize("written", ["Mira <Mira@X.example>", " mira@x.example ", "MIRA@X.EXAMPLE"])
def test_one_mailbox_is_one_recipient_however_it_is_written(written: str) -> None:
    event = read_event(changed("configuration-set/send.json", "mail.destination", [written]))
    assert isinstance(event, Send)
    assert [r.address for r in event.recipients] == ["mira@x.example"]


def test_an_invocation_by_nothing_known_is_one_unreadable_message() -> None:
    invocations: list[object] = [{}, {"Records": {}}, {"Records": "x"}, 7, None, {"x": {1, 2}}]
    for invocation in invocations:
        (message,) = read_invocation(invocation)
        assert message.event is None
        assert message.problem
    assert read_invocation({"Records": []}) == []
    (odd,) = read_invocation({"Records": [{"s3": {}}]})
    assert odd.problem


def test_an_event_that_lambda_hands_over_directly_is_read() -> None:
    (message,) = read_invocation(sample("configuration-set/send.json"))
    assert isinstance(message.event, Send)


# -- Mutations: whatever arrives, it is read or refused with a reason, and nothing else happens ------------------------

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON document."""
    found = [path] if path else []
    children = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in children:
        found += places(value, (*path, key))
    return found


DOCUMENTS = [
    json.loads(path.read_text()) for path in SAMPLES if path.suffix == ".json" and path.parent.name != "envelopes"
]


def read_all(invocation: Any) -> None:
    for message in read_invocation(invocation, TagNames(scopes=("campaign", "ses:from-domain"))):
        assert (message.event is None) == (message.problem is not None)
        if message.event is not None:
            assert len(list(entries(message.event, AddressBook()))) <= 50


@given(st.data())
def test_a_sample_with_anything_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, last = data.draw(st.sampled_from(places(document)))
        place = document
        try:
            for parent in parents:
                place = place[parent]
            if data.draw(st.booleans()):
                place[last] = data.draw(junk)
            else:
                del place[last]
        except (KeyError, IndexError, TypeError):
            continue  # An earlier mutation took this place away.
        if not places(document):
            break
    read_all(document)
    read_all({"Records": [{"messageId": "1", "body": json.dumps(document)}]})


@given(st.sampled_from(SAMPLES), st.data())
def test_a_sample_with_any_characters_anywhere_is_read_or_refused(path: Path, data: st.DataObject) -> None:
    text = path.read_text()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    broken = text[:start] + data.draw(st.text(max_size=10)) + text[end:]
    read_all({"Records": [{"messageId": "1", "body": broken}]})


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(UnreadableEvent):
        read_event(data)


def test_a_megabyte_of_anything_is_refused() -> None:
    """A queue's message has at most one."""
    bounce = sample("configuration-set/bounce.json")
    bounce["bounce"]["bouncedRecipients"] = [{"emailAddress": f"a{n}@x.example"} for n in range(30_000)]
    for text in (json.dumps(bounce), "[" * 1_000_000, '"' * 1_000_000, "9" * 1_000_000):
        with pytest.raises(UnreadableEvent):
            read_event(text)
