"""The SES simulator publishes what SES would."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ses_reputation_local.ses_mail import (
    DIAGNOSES,
    Bounce,
    BounceSubtype,
    BounceType,
    Click,
    Complaint,
    Delay,
    DelayType,
    EventType,
    FeedbackType,
    Format,
    Message,
    Open,
    Outcome,
    Publication,
    Reject,
    RenderingFailure,
    Topic,
    Unsubscribe,
)
from ses_reputation_local.ses_simulator import SesSimulator

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
BOTH = frozenset(Format)
MAIL = {"timestamp", "source", "sendingAccountId", "messageId", "destination"}
EVENT_MAIL = MAIL | {"sourceArn", "tags", "headersTruncated"}
HEADERS = {"headers", "commonHeaders"}

# What recorded events always have: the object that each type has of its own, its keys, and those of `mail`.
EVENT_KEYS: dict[str, tuple[str, set[str], set[str]]] = {
    "Send": ("send", set(), EVENT_MAIL | HEADERS),
    "Delivery": (
        "delivery",
        {"timestamp", "processingTimeMillis", "recipients", "smtpResponse", "reportingMTA"},
        EVENT_MAIL | HEADERS,
    ),
    "Bounce": (
        "bounce",
        {"bounceType", "bounceSubType", "bouncedRecipients", "timestamp", "feedbackId", "reportingMTA"},
        EVENT_MAIL | HEADERS,
    ),
    "Complaint": (
        "complaint",
        {
            "complainedRecipients",
            "timestamp",
            "feedbackId",
            "complaintSubType",
            "userAgent",
            "complaintFeedbackType",
            "arrivalDate",
        },
        EVENT_MAIL | HEADERS,
    ),
    "Reject": ("reject", {"reason"}, EVENT_MAIL | HEADERS),
    "Open": ("open", {"ipAddress", "timestamp", "userAgent"}, EVENT_MAIL - {"sourceArn"} | HEADERS),
    "Click": (
        "click",
        {"ipAddress", "timestamp", "userAgent", "link", "linkTags"},
        EVENT_MAIL - {"sourceArn"} | HEADERS,
    ),
    "Rendering Failure": ("failure", {"templateName", "errorMessage"}, EVENT_MAIL),
    "DeliveryDelay": (
        "deliveryDelay",
        {"timestamp", "delayType", "expirationTime", "delayedRecipients", "reportingMTA"},
        EVENT_MAIL,
    ),
    "Subscription": (
        "subscription",
        {"contactList", "timestamp", "source", "newTopicPreferences", "oldTopicPreferences"},
        EVENT_MAIL | HEADERS,
    ),
}
NOTIFICATION_MAIL = MAIL | {"sourceArn", "sourceIp", "callerIdentity"}
NOTIFICATION_KEYS: dict[str, tuple[str, set[str]]] = {
    "Bounce": ("bounce", EVENT_KEYS["Bounce"][1] | {"remoteMtaIp"}),
    "Complaint": ("complaint", EVENT_KEYS["Complaint"][1]),
    "Delivery": ("delivery", EVENT_KEYS["Delivery"][1] | {"remoteMtaIp"}),
}


def newsletter(*recipients: str, formats: frozenset[Format] = BOTH, tenant: str | None = None) -> Message:
    return Message(
        "News <news@news.example>",
        recipients or ("ada@a.example", "ben@b.example"),
        "newsletter",
        tenant=tenant,
        formats=formats,
    )


def published(message: Message, *outcomes: Outcome) -> list[Publication]:
    return SesSimulator("test").send(NOON, message, *outcomes)


def documents(publications: Iterable[Publication], kind: str, key: str = "eventType") -> list[dict[str, Any]]:
    read = [json.loads(publication.message) for publication in publications]
    return [document for document in read if document.get(key) == kind]


def the(publications: Iterable[Publication], kind: str, key: str = "eventType") -> dict[str, Any]:
    (document,) = documents(publications, kind, key)
    return document


EVERYTHING: list[tuple[Outcome, ...]] = [
    (
        Bounce(("ben@b.example",)),
        Complaint("ada@a.example"),
        Delay(("ben@b.example",)),
        Open(),
        Click("https://news.example/"),
        Unsubscribe("readers", "news"),
    ),
    (Reject(),),
    (RenderingFailure("welcome", "name"),),
]


@pytest.fixture(scope="module")
def everything() -> list[Publication]:
    ses = SesSimulator("test")
    return [p for outcomes in EVERYTHING for p in ses.send(NOON, newsletter(), *outcomes)]


@pytest.mark.parametrize("kind", EVENT_KEYS)
def test_an_event_has_the_keys_of_recorded_ones(everything: list[Publication], kind: str) -> None:
    own, keys, mail = EVENT_KEYS[kind]
    document = the(everything, kind)
    assert document.keys() == {"eventType", own, "mail"}
    assert document[own].keys() == keys
    assert document["mail"].keys() == mail


@pytest.mark.parametrize("kind", NOTIFICATION_KEYS)
def test_an_identity_notification_has_the_keys_of_recorded_ones(everything: list[Publication], kind: str) -> None:
    own, keys = NOTIFICATION_KEYS[kind]
    document = the(everything, kind, "notificationType")
    assert document.keys() == {"notificationType", own, "mail"}
    assert document[own].keys() == keys
    assert document["mail"].keys() == NOTIFICATION_MAIL


def test_the_table_of_keys_has_every_event_type() -> None:
    assert set(EVENT_KEYS) == set(EventType)


def test_an_identity_has_no_other_notifications_than_three(everything: list[Publication]) -> None:
    kinds = {json.loads(p.message).get("notificationType") for p in everything} - {None}
    assert kinds == set(NOTIFICATION_KEYS)


def test_an_identity_notification_has_headers_only_where_they_are_enabled() -> None:
    message = Message("a@news.example", ("b@b.example",), formats=frozenset({Format.IDENTITY}), identity_headers=True)
    assert the(published(message), "Delivery", "notificationType")["mail"].keys() == (
        NOTIFICATION_MAIL | HEADERS | {"headersTruncated"}
    )


def test_tags_tell_where_the_mail_belongs() -> None:
    message = Message("a@news.example", ("b@b.example",), "newsletter", tenant="acme", tags={"campaign": "spring"})
    tags = the(published(message), "Send")["mail"]["tags"]
    assert tags == {
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": ["newsletter"],
        "ses:source-ip": ["192.0.2.10"],
        "ses:from-domain": ["news.example"],
        "ses:caller-identity": ["mailer"],
        "ses:tenant-name": ["acme"],
        "campaign": ["spring"],
    }


def test_without_a_tenant_there_is_no_tag_of_one() -> None:
    assert "ses:tenant-name" not in the(published(newsletter()), "Send")["mail"]["tags"]


def test_only_a_delivery_tells_the_outgoing_ip(everything: list[Publication]) -> None:
    events = [json.loads(p.message) for p in everything if '"eventType"' in p.message]
    assert {e["eventType"] for e in events if "ses:outgoing-ip" in e["mail"]["tags"]} == {"Delivery"}


@pytest.mark.parametrize(
    ("kind", "topic"),
    [(k, {"Bounce": Topic.BOUNCE, "Complaint": Topic.COMPLAINT}.get(k, Topic.VOLUME)) for k in EVENT_KEYS],
)
def test_each_event_goes_to_its_topic(everything: list[Publication], kind: str, topic: Topic) -> None:
    topics = {p.topic for p in everything if json.loads(p.message).get("eventType") == kind}
    assert topics == {topic}


def test_recipients_at_one_domain_are_delivered_in_one_event() -> None:
    publications = published(newsletter("a@one.example", "b@one.example", "c@two.example"))
    delivered = [d["delivery"]["recipients"] for d in documents(publications, "Delivery")]
    assert sorted(delivered) == [["a@one.example", "b@one.example"], ["c@two.example"]]


def test_a_hard_bounced_recipient_has_no_delivery() -> None:
    publications = published(newsletter("a@one.example", "b@one.example"), Bounce(("b@one.example",)))
    assert the(publications, "Delivery")["delivery"]["recipients"] == ["a@one.example"]


def test_a_send_names_every_recipient_even_those_a_suppression_list_stops() -> None:
    stopped = Bounce(("b@one.example",), subtype=BounceSubtype.ON_ACCOUNT_SUPPRESSION_LIST)
    publications = published(newsletter("a@one.example", "b@one.example"), stopped)
    assert the(publications, "Send")["mail"]["destination"] == ["a@one.example", "b@one.example"]
    assert the(publications, "Bounce")["bounce"]["bounceSubType"] == "OnAccountSuppressionList"


@pytest.mark.parametrize(("kind", "subtype"), DIAGNOSES, ids="/".join)
def test_every_kind_of_bounce_follows_its_send(kind: BounceType, subtype: BounceSubtype) -> None:
    publications = published(newsletter("b@one.example"), Bounce(("b@one.example",), kind, subtype))
    assert json.loads(publications[0].message)["eventType"] == "Send"
    for bounce in (the(publications, "Bounce")["bounce"], the(publications, "Bounce", "notificationType")["bounce"]):
        assert (bounce["bounceType"], bounce["bounceSubType"]) == (kind, subtype)
        assert bounce["bouncedRecipients"][0]["emailAddress"] == "b@one.example"
    assert not documents(publications, "Delivery")


@pytest.mark.parametrize(
    "subtype",
    [s for (_, s), diagnosis in DIAGNOSES.items() if not diagnosis.attempted],
)
def test_mail_that_ses_withheld_reached_no_server(subtype: BounceSubtype) -> None:
    publications = published(newsletter("b@one.example"), Bounce(("b@one.example",), subtype=subtype))
    bounce = the(publications, "Bounce", "notificationType")["bounce"]
    assert "remoteMtaIp" not in bounce
    assert bounce["reportingMTA"] == "dns; amazonses.com"


def test_a_bounce_of_unknown_cause_names_nothing_but_the_address() -> None:
    bounce = Bounce(("b@one.example",), BounceType.UNDETERMINED, BounceSubtype.UNDETERMINED)
    told = the(published(newsletter("b@one.example"), bounce), "Bounce")["bounce"]
    assert told["bouncedRecipients"] == [{"emailAddress": "b@one.example"}]
    assert "reportingMTA" not in told


def test_an_automatic_reply_is_a_soft_bounce_after_the_delivery() -> None:
    reply = Bounce(("b@one.example",), BounceType.TRANSIENT, after_delivery=True)
    publications = published(newsletter("b@one.example", formats=frozenset({Format.CONFIGURATION_SET})), reply)
    assert [json.loads(p.message)["eventType"] for p in publications] == ["Send", "Delivery", "Bounce"]


def test_a_complaint_lists_everybody_at_the_complainers_domain() -> None:
    message = newsletter("a@one.example", "b@one.example", "c@two.example")
    complaint = the(published(message, Complaint("b@one.example")), "Complaint")["complaint"]
    assert [r["emailAddress"] for r in complaint["complainedRecipients"]] == ["a@one.example", "b@one.example"]


@pytest.mark.parametrize("feedback_type", FeedbackType)
def test_a_complaint_carries_its_feedback_type(feedback_type: FeedbackType) -> None:
    complaint = the(published(newsletter(), Complaint("ada@a.example", feedback_type)), "Complaint")["complaint"]
    assert complaint["complaintFeedbackType"] == feedback_type
    assert complaint["complaintSubType"] is None


def test_a_complaint_without_a_feedback_report_has_no_type_of_one() -> None:
    complaint = the(published(newsletter(), Complaint("ada@a.example", None)), "Complaint")["complaint"]
    assert complaint.keys() == {"complainedRecipients", "timestamp", "feedbackId", "complaintSubType"}


def test_a_complaint_that_a_suppression_list_answers_for_was_never_delivered() -> None:
    withheld = Complaint("b@one.example", withheld=BounceSubtype.ON_ACCOUNT_SUPPRESSION_LIST)
    publications = published(newsletter("b@one.example"), withheld)
    assert the(publications, "Complaint")["complaint"]["complaintSubType"] == "OnAccountSuppressionList"
    assert not documents(publications, "Delivery")


def test_a_complaint_comes_minutes_to_hours_after_its_delivery() -> None:
    publications = published(newsletter("b@one.example"), Complaint("b@one.example"))
    delivery = the(publications, "Delivery")["delivery"]["timestamp"]
    complaint = the(publications, "Complaint")["complaint"]["timestamp"]
    wait = datetime.fromisoformat(complaint) - datetime.fromisoformat(delivery)
    assert timedelta(minutes=5) <= wait <= timedelta(hours=6)


@pytest.mark.parametrize("delay_type", DelayType)
def test_a_delay_names_its_type_and_who_waits(delay_type: DelayType) -> None:
    delay = the(published(newsletter(), Delay(("ada@a.example",), delay_type)), "DeliveryDelay")["deliveryDelay"]
    assert delay["delayType"] == delay_type
    assert delay["delayedRecipients"][0].keys() == {"emailAddress", "status", "diagnosticCode"}


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        pytest.param(Reject(), "Reject", id="a virus"),
        pytest.param(RenderingFailure("t", "a"), "Rendering Failure", id="a template without its data"),
    ],
)
def test_mail_that_ses_does_not_send_has_one_event_alone(outcome: Outcome, kind: str) -> None:
    publications = published(newsletter(formats=frozenset({Format.CONFIGURATION_SET})), outcome)
    assert [json.loads(p.message)["eventType"] for p in publications] == [kind]


def test_both_formats_tell_of_the_same_bounce_under_different_feedback_ids() -> None:
    publications = published(newsletter(), Bounce(("ada@a.example",)))
    event, notification = the(publications, "Bounce"), the(publications, "Bounce", "notificationType")
    assert event["mail"]["messageId"] == notification["mail"]["messageId"]
    assert event["bounce"]["bouncedRecipients"] == notification["bounce"]["bouncedRecipients"]
    assert event["bounce"]["feedbackId"] != notification["bounce"]["feedbackId"]


def test_an_event_ends_in_a_line_feed_and_a_notification_does_not(everything: list[Publication]) -> None:
    assert {p.message.endswith("\n") for p in everything if '"eventType"' in p.message} == {True}
    assert {p.message.endswith("\n") for p in everything if '"notificationType"' in p.message} == {False}


def test_only_selected_event_types_are_published() -> None:
    selected = frozenset({EventType.SEND, EventType.BOUNCE})
    message = Message("a@news.example", ("b@one.example", "c@one.example"), "newsletter", publishes=selected)
    publications = published(message, Bounce(("b@one.example",)))
    assert [json.loads(p.message)["eventType"] for p in publications] == ["Send", "Bounce"]


@pytest.mark.parametrize(
    ("mailbox", "events"),
    [
        ("success", ["Send", "Delivery"]),
        ("bounce", ["Send", "Bounce"]),
        ("ooto", ["Send", "Delivery", "Bounce"]),
        ("complaint", ["Send", "Delivery", "Complaint"]),
        ("suppressionlist", ["Send", "Bounce"]),
        ("bounce+with-a-label", ["Send", "Bounce"]),
        ("COMPLAINT", ["Send", "Delivery", "Complaint"]),
    ],
)
def test_a_mailbox_simulator_address_does_what_it_is_for(mailbox: str, events: list[str]) -> None:
    message = newsletter(f"{mailbox}@simulator.amazonses.com", formats=frozenset({Format.CONFIGURATION_SET}))
    assert [json.loads(p.message)["eventType"] for p in published(message)] == events


def test_several_bounces_of_the_mailbox_simulator_are_one_notification() -> None:
    addresses = ("bounce+1@simulator.amazonses.com", "bounce+2@simulator.amazonses.com")
    bounce = the(published(newsletter(*addresses)), "Bounce")["bounce"]
    assert [(r["emailAddress"], r["status"]) for r in bounce["bouncedRecipients"]] == [(a, "5.1.1") for a in addresses]


def test_of_the_mailbox_simulators_addresses_only_complaint_complains() -> None:
    addresses = ("success@simulator.amazonses.com", "complaint@simulator.amazonses.com")
    complaint = the(published(newsletter(*addresses)), "Complaint")["complaint"]
    assert complaint["complainedRecipients"] == [{"emailAddress": "complaint@simulator.amazonses.com"}]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Message("a@a.example", (), "set"), id="no recipient"),
        pytest.param(lambda: Message("a@a.example", ("b@b.example",) * 51, "set"), id="51 recipients"),
        pytest.param(lambda: Message("nobody", ("b@b.example",), "set"), id="a sender without a domain"),
        pytest.param(lambda: Message("a@a.example", ("b@b.example",)), id="events without a configuration set"),
        pytest.param(
            lambda: Bounce(("b@b.example",), BounceType.PERMANENT, BounceSubtype.MAILBOX_FULL), id="no bounce"
        ),
        pytest.param(lambda: published(newsletter("b@b.example"), Complaint("c@b.example")), id="a stranger complains"),
        pytest.param(
            lambda: published(
                newsletter("success@simulator.amazonses.com"), Bounce(("success@simulator.amazonses.com",))
            ),
            id="the mailbox simulator told what to do",
        ),
        pytest.param(
            lambda: SesSimulator().send(NOON.replace(tzinfo=None), newsletter()), id="a time without an offset"
        ),
    ],
)
def test_what_ses_would_not_do_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        make()


def test_the_same_seed_and_calls_publish_the_same() -> None:
    once, again = SesSimulator("seed"), SesSimulator("seed")
    for _ in range(3):
        arguments = (NOON, newsletter(), Complaint("ada@a.example"))
        assert once.send(*arguments) == again.send(*arguments)


def test_every_message_has_an_id_of_its_own() -> None:
    ses, other = SesSimulator("seed"), SesSimulator("another seed")
    sent = [*ses.send(NOON, newsletter()), *ses.send(NOON, newsletter()), *other.send(NOON, newsletter())]
    assert len({d["mail"]["messageId"] for d in documents(sent, "Send")}) == 3


@settings(deadline=None)  # the first example pays for imports
@given(seconds=st.integers(0, 10**9), seed=st.text(max_size=8))
def test_nothing_is_published_before_its_mail_is_sent_and_all_in_order(seconds: int, seed: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    for outcomes in EVERYTHING:
        times = [p.time for p in SesSimulator(seed).send(at, newsletter(), *outcomes)]
        assert times == sorted(times)
        assert times[0] > at


@pytest.mark.parametrize("outcome", [Bounce, Delay])
def test_a_server_says_what_it_is_told_to_say(outcome: type[Bounce | Delay]) -> None:
    said = outcome(("ada@a.example",), status="5.7.1", reply="smtp; 550 5.7.1 <{address}> {not a field}: go away")
    kind, key, recipients = {
        Bounce: ("Bounce", "bounce", "bouncedRecipients"),
        Delay: ("DeliveryDelay", "deliveryDelay", "delayedRecipients"),
    }[outcome]
    (recipient,) = the(published(newsletter(), said), kind)[key][recipients]
    assert recipient["status"] == "5.7.1"
    assert recipient["diagnosticCode"] == "smtp; 550 5.7.1 <ada@a.example> {not a field}: go away"
