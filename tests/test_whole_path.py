"""The whole way of an event on the local cloud: from what SES publishes to the alert, with the real handlers."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ses_reputation.adapters.counters import DynamoDbCounters
from ses_reputation.adapters.identities import DynamoDbIdentities
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.ses_mail import (
    Bounce,
    BounceSubtype,
    BounceType,
    Complaint,
    Delay,
    DelayType,
    Format,
    Message,
    Open,
    Outcome,
    Publication,
    Topic,
)
from ses_reputation_local.ses_simulator import SesSimulator

EVENTS = Path(__file__).parents[1] / "events"
MORNING = datetime(2026, 3, 6, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
HARD = (BounceType.PERMANENT, BounceSubtype.NO_EMAIL)
TOPICS = {Topic.BOUNCE: "BounceTopic", Topic.COMPLAINT: "ComplaintTopic", Topic.VOLUME: "VolumeTopic"}
EMAIL = {"NotificationEmail": "ops@shop.example"}


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(EMAIL) as cloud:
        yield cloud


def newsletter(number: int, **changes: Any) -> Message:
    """One mail of the newsletter to one recipient."""
    fields: dict[str, Any] = {
        "source": "Shop <news@shop.example>",
        "recipients": (f"reader-{number}@gmail.com",),
        "configuration_set": "newsletter",
        **changes,
    }
    return Message(**fields)


def mail(count: int, bad: int, *, at: datetime = MORNING, **changes: Any) -> list[Publication]:
    """What SES publishes about `count` newsletters, the first `bad` of which bounce."""
    ses = SesSimulator(f"{at}")
    publications: list[Publication] = []
    for number in range(count):
        message = newsletter(number, **changes)
        outcomes = [Bounce(message.recipients, *HARD)] if number < bad else []
        publications += ses.send(at + number * timedelta(seconds=1), message, *outcomes)
    return publications


def publish(cloud: LocalCloud, publications: list[Publication]) -> None:
    for topic, name in TOPICS.items():
        cloud.publish_all(name, [p.message for p in publications if p.topic is topic])


def totals(cloud: LocalCloud, scope: str) -> dict[Measure, int]:
    """Everything that was ever counted for a scope, without what is zero."""
    counters = DynamoDbCounters(cloud.client("dynamodb"), table=cloud.resources["CountersTable"])
    counted: Counter[Measure] = Counter()
    for hour in counters.hours(Scope(scope), datetime(9999, 1, 1, tzinfo=UTC)):
        for (_, measure), n in hour.counts.items():
            counted[measure] += n
    return dict(counted)


def status(cloud: LocalCloud, scope: str, metric: Metric = Metric.BOUNCE_RATE) -> Status:
    standings = DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    return standings.read(Scope(scope)).standing.metric_status(metric)


def subscribe_program(cloud: LocalCloud, **filter_policy: list[str]) -> str:
    """Subscribe a queue to the status topic, as a program would; the queue's URL."""
    url: str = cloud.client("sqs").create_queue(QueueName="program")["QueueUrl"]
    arn = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    attributes = {"RawMessageDelivery": "true"}
    if filter_policy:
        attributes["FilterPolicy"] = json.dumps(filter_policy)
    cloud.client("sns").subscribe(
        TopicArn=cloud.resources["StatusTopic"], Protocol="sqs", Endpoint=arn, Attributes=attributes
    )
    return url


def received(cloud: LocalCloud, url: str) -> list[dict[str, Any]]:
    messages = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def test_bounces_become_counts_a_status_and_an_alert(cloud: LocalCloud) -> None:
    program = subscribe_program(cloud, scope_kind=["configuration-set"], after=["Probation"])
    publish(cloud, mail(200, bad=21))
    cloud.deliver()
    assert totals(cloud, "account")[Measure.SENT] == 200
    for scope in ("account", "configuration-set/newsletter", "identity/shop.example"):
        assert totals(cloud, scope)[Measure.HARD_BOUNCED] == 21
    cloud.tick(MORNING + HOUR)
    emails = cloud.emails()
    assert sorted(email.subject for email in emails) == [
        "SES bounce rate of account: Healthy -> Probation",
        "SES bounce rate of configuration-set/newsletter: Healthy -> Probation",
        "SES bounce rate of identity/shop.example: Healthy -> Probation",
        "SES bounce rate of provider/gmail: Healthy -> Probation",
    ]
    assert {email.to for email in emails} == {"ops@shop.example"}
    assert all("10.5 % (21 hard bounces in 200 recipients)" in email.body for email in emails)
    (document,) = received(cloud, program)
    assert document["version"] == 1
    assert (document["kind"], document["scope"], document["after"]) == (
        "status-change",
        "configuration-set/newsletter",
        "Probation",
    )
    assert document["measured"]["window"]["count"] == 21
    cloud.tick(MORNING + 2 * HOUR)
    assert cloud.emails() == [], "told once"


def test_a_rate_at_its_limit_is_warned_about_and_changes_no_status(cloud: LocalCloud) -> None:
    program = subscribe_program(cloud, kind=["early-warning"])
    publish(cloud, mail(200, bad=20))
    cloud.deliver()
    cloud.tick(MORNING + HOUR)
    assert sorted(email.subject for email in cloud.emails()) == [
        "SES bounce rate of account: early warning, at 10 %",
        "SES bounce rate of configuration-set/newsletter: early warning, at 10 %",
        "SES bounce rate of identity/shop.example: early warning, at 10 %",
        "SES bounce rate of provider/gmail: early warning, at 10 %",
    ]
    assert {document["kind"] for document in received(cloud, program)} == {"early-warning"}
    assert status(cloud, "account") is Status.HEALTHY
    cloud.tick(MORNING + 2 * HOUR)
    assert cloud.emails() == [], "told once"


def test_a_rate_under_its_recommended_value_tells_nobody(cloud: LocalCloud) -> None:
    publish(cloud, mail(200, bad=9))
    cloud.deliver()
    cloud.tick(MORNING + HOUR)
    assert cloud.emails() == []
    assert status(cloud, "account") is Status.HEALTHY


def test_mail_to_oneself_and_to_the_simulator_is_recorded_and_in_no_rate(cloud: LocalCloud) -> None:
    identities = DynamoDbIdentities(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    identities.write(frozenset({"shop.example"}))
    publish(cloud, mail(100, bad=100, recipients=("gone@shop.example",)))
    publish(cloud, mail(100, bad=0, at=MORNING + HOUR, recipients=("bounce@simulator.amazonses.com",)))
    publish(cloud, mail(100, bad=1, at=MORNING + 2 * HOUR))
    cloud.deliver()
    cloud.tick(MORNING + 3 * HOUR)
    assert totals(cloud, "account")[Measure.HARD_BOUNCED] == 201
    standings = DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    rate = standings.read(ACCOUNT).standing.measures[Metric.BOUNCE_RATE].window
    assert (rate.count, rate.eligible) == (1, 100)
    assert cloud.emails() == []


def test_an_unknown_bounce_subtype_is_counted_logged_and_measured_once(cloud: LocalCloud) -> None:
    bounce = json.loads((EVENTS / "configuration-set/bounce.json").read_text())
    bounce["bounce"] |= {"bounceType": "Permanent", "bounceSubType": "BrandNew"}
    first, second = (cloud.invoke("RecordFeedback", bounce) for _ in range(2))
    lines = [json.loads(line) for line in first.logs]
    (warning,) = [line for line in lines if line.get("message") == "unknown bounce subtypes"]
    assert warning["subtypes"] == {"BrandNew": 1}
    (metric,) = [line for line in lines if "_aws" in line]
    (directive,) = metric["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "SESReputation/ses-reputation"
    assert ("UnknownBounceSubtype", "Count") in [(m["Name"], m["Unit"]) for m in directive["Metrics"]]
    assert (metric["UnknownBounceSubtype"], metric["service"]) == ([1.0], "record_feedback")
    assert totals(cloud, "account") == {Measure.HARD_BOUNCED: 1, Measure.REPLY_USER_UNKNOWN: 1}
    assert "UnknownBounceSubtype" not in "".join(second.logs)


def test_mail_to_a_provider_counts_for_complaints_from_its_first_complaint_on(cloud: LocalCloud) -> None:
    ses = SesSimulator("learned")
    for number in range(200):
        message = newsletter(number, recipients=(f"r{number}@proton.me",))
        publish(cloud, ses.send(MORNING, message, *([Complaint(message.recipients[0])] if number < 3 else [])))
    cloud.deliver()
    cloud.tick(MORNING + timedelta(days=2))
    (email,) = [email for email in cloud.emails() if email.subject.startswith("SES complaint rate of account")]
    assert email.subject.endswith("Healthy -> Probation")
    assert "1.5 % (3 complaints in 200 recipients" in email.body


def test_tags_are_tenants_and_scopes_where_they_are_named() -> None:
    with LocalCloud({**EMAIL, "TenantTag": "customer", "ScopeTags": "campaign"}) as cloud:
        publish(cloud, mail(3, bad=1, tenant="of-ses", tags={"customer": "hill-bikes", "campaign": "spring"}))
        cloud.deliver()
        for scope in ("tenant/hill-bikes", "tag/campaign=spring"):
            assert totals(cloud, scope)[Measure.HARD_BOUNCED] == 1
        assert totals(cloud, "tenant/of-ses") == {}


def test_an_unreadable_message_is_a_dead_letter_with_its_reason_and_the_others_are_counted(cloud: LocalCloud) -> None:
    publish(cloud, mail(5, bad=5))
    cloud.publish("BounceTopic", '{"eventType": "Bounce", "mail": {"messageId": "m-1"}}')
    cloud.deliver()
    assert totals(cloud, "account")[Measure.HARD_BOUNCED] == 5
    (letter,) = cloud.messages("FeedbackDeadLetterQueue")
    assert letter.attributes["reason"] == "bounce is missing"
    assert letter.body == '{"eventType": "Bounce", "mail": {"messageId": "m-1"}}'
    assert cloud.messages("BounceQueue") == []


def test_what_ses_sends_when_a_topic_is_set_up_is_no_dead_letter(cloud: LocalCloud) -> None:
    for path in (EVENTS / "set-up").iterdir():
        cloud.publish("BounceTopic", path.read_text())
    cloud.deliver()
    assert cloud.messages("FeedbackDeadLetterQueue") == []
    assert totals(cloud, "account") == {}


def test_one_bounce_counts_once_through_every_envelope_and_format(cloud: LocalCloud) -> None:
    samples = [*(EVENTS / "envelopes").glob("*.json"), EVENTS / "configuration-set/bounce.json"]
    for path in (*samples, EVENTS / "identity/bounce.json"):
        run = cloud.invoke("RecordFeedback", json.loads(path.read_text()))
        assert run.error is None
        assert run.result == {"batchItemFailures": []}
    once = {Measure.HARD_BOUNCED: 1, Measure.REPLY_USER_UNKNOWN: 1}
    assert totals(cloud, "account") == once
    assert totals(cloud, "configuration-set/newsletter") == once


def test_an_identity_notification_that_comes_first_loses_no_scope(cloud: LocalCloud) -> None:
    """Half of the time it does, where both are set up for the same mail."""
    both = mail(100, bad=100, formats=frozenset(Format))
    notifications = [p for p in both if "notificationType" in p.message]
    events = [p for p in both if p not in notifications]
    for copies in (notifications, events):
        publish(cloud, copies)
        cloud.deliver()
    assert totals(cloud, "account")[Measure.HARD_BOUNCED] == 100
    assert totals(cloud, "configuration-set/newsletter")[Measure.HARD_BOUNCED] == 100


def test_a_receipt_keeps_who_why_and_when(cloud: LocalCloud) -> None:
    cloud.invoke("RecordFeedback", json.loads((EVENTS / "configuration-set/bounce.json").read_text()))
    raw = json.loads((EVENTS / "configuration-set/bounce.json").read_text())
    items = cloud.client("dynamodb").scan(TableName=cloud.resources["ReceiptsTable"])["Items"]
    (item,) = [item for item in items if "reason" in item]
    (recipient,) = item["recipients"]["L"]
    bounced = raw["bounce"]["bouncedRecipients"][0]
    assert item["message_id"]["S"] == raw["mail"]["messageId"]
    assert item["reason"]["S"] == f"{raw['bounce']['bounceType']}/{raw['bounce']['bounceSubType']}"
    assert datetime.fromisoformat(item["time"]["S"]) == datetime.fromisoformat(raw["bounce"]["timestamp"])
    assert recipient["M"]["address"]["S"] == bounced["emailAddress"]
    assert recipient["M"]["reply"]["S"] == bounced["diagnosticCode"]
    retention = datetime.fromtimestamp(int(item["expires"]["N"]), UTC) - datetime.fromisoformat(item["time"]["S"])
    assert timedelta(days=89) < retention <= timedelta(days=90)


def test_a_receipt_of_a_delivery_keeps_nobody(cloud: LocalCloud) -> None:
    cloud.invoke("RecordFeedback", json.loads((EVENTS / "configuration-set/delivery.json").read_text()))
    items = cloud.client("dynamodb").scan(TableName=cloud.resources["ReceiptsTable"])["Items"]
    assert items
    assert not any("recipients" in item for item in items)


def test_without_sends_deliveries_and_bounces_are_the_volume() -> None:
    with LocalCloud({**EMAIL, "VolumeSource": "delivery-events"}) as cloud:
        publish(cloud, mail(200, bad=21, formats=frozenset({Format.IDENTITY})))
        cloud.deliver()
        cloud.tick(MORNING + HOUR)
        assert {email.subject for email in cloud.emails()} >= {"SES bounce rate of account: Healthy -> Probation"}


def test_a_probation_that_ends_badly_waits_for_a_person_where_one_was_asked_for() -> None:
    with LocalCloud({**EMAIL, "HumanReviewScopes": "account,tenant", "ProbationDays": "1"}) as cloud:
        publish(cloud, mail(200, bad=100))
        cloud.deliver()
        cloud.tick(MORNING + HOUR)
        publish(cloud, mail(200, bad=100, at=MORNING + 3 * HOUR))
        cloud.deliver()
        cloud.tick(MORNING + HOUR + timedelta(days=1))
        assert status(cloud, "account") is Status.PENDING_SHUTDOWN
        assert status(cloud, "configuration-set/newsletter") is Status.SHUTDOWN
        assert "SES bounce rate of account: Probation -> Pending shutdown" in [e.subject for e in cloud.emails()]


def test_a_complaint_wave_puts_the_tenant_on_probation_and_no_other(cloud: LocalCloud) -> None:
    ses = SesSimulator("wave")
    for number in range(600):
        tenant = "lucky-deals" if number < 200 else "hill-bikes"
        message = newsletter(number, tenant=tenant, recipients=(f"r{number}@yahoo.com",))
        outcomes = [Complaint(message.recipients[0])] if number < 3 else []
        publish(cloud, ses.send(MORNING, message, *outcomes))
    cloud.deliver()
    cloud.tick(MORNING + timedelta(days=2))
    subjects = [email.subject for email in cloud.emails()]
    assert [subject for subject in subjects if "early warning" not in subject] == [
        "SES complaint rate of tenant/lucky-deals: Healthy -> Probation"
    ]
    assert len(subjects) == 5, "the account, its identity, configuration set and provider are at 0.5 %"


@pytest.mark.parametrize("event", [{}, {"now": "<aws.scheduler.scheduled-time>"}, {"now": "2026-03-06T10:00:00"}])
def test_a_run_without_its_scheduled_time_is_refused(cloud: LocalCloud, event: dict[str, str]) -> None:
    assert "now" in str(cloud.invoke("EvaluateReputation", event).error)


def test_a_scope_with_a_hostile_name_is_told_like_any_other(cloud: LocalCloud) -> None:
    publish(cloud, mail(100, bad=50, tenant="<b>\u202e\t'\"{0}"))
    cloud.deliver()
    cloud.tick(MORNING + HOUR)
    (email,) = [email for email in cloud.emails() if "tenant/" in email.subject]
    assert email.subject == "SES bounce rate of tenant/<b>? '\"{0}: Healthy -> Probation"


def test_a_missing_variable_is_named(cloud: LocalCloud) -> None:
    name = cloud.resources["EvaluateReputation"]
    cloud.client("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": {}})
    run = cloud.invoke("EvaluateReputation", {"now": "2026-03-06T10:00:00Z"})
    assert "RECEIPTS_TABLE is missing" in str(run.error)


def test_counts_of_random_mail_are_those_of_an_independent_model(cloud: LocalCloud) -> None:
    """Both formats, several recipients, duplicates, any order, batches as they come: every counter is exact."""
    random = Random(20260306)  # noqa: S311 - the same mail every time
    ses = SesSimulator("random")
    publications: list[Publication] = []
    model: dict[str, Counter[Measure]] = {}
    for number in range(400):
        addresses = tuple(
            f"r{number}-{n}@{random.choice(('gmail.com', 'x.example'))}" for n in range(random.randint(1, 3))
        )
        configuration_set = random.choice(("newsletter", "receipts"))
        tenant = random.choice((None, "lucky-deals"))
        formats = random.choice(([Format.CONFIGURATION_SET], [Format.CONFIGURATION_SET, Format.IDENTITY]))
        message = newsletter(
            number,
            recipients=addresses,
            configuration_set=configuration_set,
            tenant=tenant,
            formats=frozenset(formats),
        )
        counted = Counter({Measure.SENT: len(addresses)})
        outcomes: list[Outcome] = []
        bounced: tuple[str, ...] = ()
        if random.random() < 0.3:
            bounced = addresses[:1]
            hard = random.random() < 0.5
            kind = HARD if hard else (BounceType.TRANSIENT, BounceSubtype.MAILBOX_FULL)
            outcomes.append(Bounce(bounced, *kind))
            counted[Measure.HARD_BOUNCED if hard else Measure.SOFT_BOUNCED] = 1
            counted[Measure.REPLY_USER_UNKNOWN if hard else Measure.REPLY_MAILBOX_FULL] = 1
        elif random.random() < 0.2:
            outcomes.append(Complaint(addresses[0]))
            counted[Measure.COMPLAINED] = 1
        if random.random() < 0.1:
            outcomes.append(Open())
        if random.random() < 0.1:
            outcomes.append(Delay(addresses[-1:], DelayType.SPAM_DETECTED))
            counted.update((Measure.DELAYED, Measure.REPLY_SPAM_BLOCK))
        counted[Measure.DELIVERED] = len(addresses) - len(bounced)
        publications += ses.send(MORNING + number * timedelta(minutes=1), message, *outcomes)
        scopes = ["account", "identity/shop.example", f"configuration-set/{configuration_set}"]
        for scope in [*scopes, *([f"tenant/{tenant}"] if tenant else [])]:
            model.setdefault(scope, Counter()).update(counted)
    repeated = publications + random.sample(publications, 200)
    random.shuffle(repeated)
    for start in range(0, len(repeated), 300):
        publish(cloud, repeated[start : start + 300])
        cloud.deliver()
    assert {scope: totals(cloud, scope) for scope in model} == {
        scope: {measure: n for measure, n in counted.items() if n} for scope, counted in model.items()
    }
    assert cloud.messages("FeedbackDeadLetterQueue") == []
    assert totals(cloud, ACCOUNT)[Measure.SENT] > 400


def test_names_that_are_always_new_make_no_more_scopes_than_the_maximum() -> None:
    """Not a status of their own, not an item to evaluate, not an alert: and the mail is counted, and judged as one."""
    with LocalCloud({**EMAIL, "ScopeTags": "campaign", "MaximumScopes": "2"}) as cloud:
        sent = [mail(10, 4, at=MORNING + n * HOUR, tags={"campaign": f"c-{n}"}) for n in range(12)]
        for publications in sent:
            publish(cloud, publications)
        cloud.deliver()
        invocations = [json.loads(line) for i in cloud.invocations for line in i.logs]
        cloud.tick(MORNING + 13 * HOUR)
        standings = DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
        tags = {standing.scope for standing in standings.all() if standing.scope.startswith("tag/")}
        assert tags == {"tag/campaign=c-0", "tag/campaign=c-1", "tag/campaign=(other)"}
        assert totals(cloud, "tag/campaign=(other)")[Measure.HARD_BOUNCED] == 40
        assert status(cloud, "tag/campaign=(other)") is Status.PROBATION
        publish(cloud, [publication for publications in sent for publication in publications])
        cloud.deliver()
        assert totals(cloud, "tag/campaign=(other)")[Measure.HARD_BOUNCED] == 40, "each once"
        assert totals(cloud, "account")[Measure.SENT] == 120
        (told,) = [email.body for email in cloud.emails() if "tag/campaign=(other)" in email.subject][:1]
        assert "MaximumScopes" in told
    assert [line for line in invocations if "too many scopes" in str(line.get("message"))]
    assert any(line.get("ScopesNotApart") for line in invocations)
