"""The adapters on moto, where a use case's fakes can't tell: conditions, conflicts, pages and partial failures."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.stub import Stubber
from moto.dynamodb.models import dynamodb_backends
from msgspec.structs import replace

from ses_reputation.adapters import clients, keys
from ses_reputation.adapters.batches import BATCH_WRITE_ATTEMPTS, BATCH_WRITE_ITEMS, NotWritten
from ses_reputation.adapters.counters import PAGE_ITEMS, DynamoDbCounters
from ses_reputation.adapters.dead_letters import SqsDeadLetters
from ses_reputation.adapters.feedback import DynamoDbFeedback
from ses_reputation.adapters.identities import DynamoDbIdentities
from ses_reputation.adapters.ledger import DynamoDbLedger, counter_writers
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.counting import Entry
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, Rate
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Measures
from ses_reputation.evaluate import Evaluated, Learned, evaluate_reputation
from ses_reputation.notices.alert import alert_of, summary_of
from ses_reputation.record import AlreadyRecorded, Committed, Contended, Write
from ses_reputation.ses_events import Message
from ses_reputation_local.cloud import LocalCloud

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEWSLETTER = Scope("configuration-set/newsletter")
SHOP = Scope("identity/shop.example")


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


def ledger(
    cloud: LocalCloud,
    client: Any = None,
    choose_writer: Callable[[], int] = lambda: 0,
    pause: Callable[[int], None] = lambda _: None,
) -> DynamoDbLedger:
    tokens = iter(range(1000))
    return DynamoDbLedger(
        client or cloud.client("dynamodb"),
        receipts_table=cloud.resources["ReceiptsTable"],
        counters_table=cloud.resources["CountersTable"],
        standings_table=cloud.resources["StandingsTable"],
        receipt_retention=timedelta(days=90),
        counter_retention=timedelta(days=396),
        choose_writer=choose_writer,
        new_token=lambda: str(next(tokens)),
        pause=pause,
    )


def counters(cloud: LocalCloud, client: Any = None) -> DynamoDbCounters:
    return DynamoDbCounters(client or cloud.client("dynamodb"), table=cloud.resources["CountersTable"])


def standings(cloud: LocalCloud, client: Any = None) -> DynamoDbStandings:
    return DynamoDbStandings(client or cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])


def entry(message_id: str = "m-1", *scopes: Scope, time: datetime = NOON) -> Entry:
    return Entry(message_id, "sent", time, time, (ACCOUNT, *scopes), {("gmail", Measure.SENT): 1})


def put_counts(cloud: LocalCloud, writer: int | str, scope: Scope = ACCOUNT, **counts: int) -> None:
    """One counter item of noon, as another writer makes it; the attributes' dots are underscores here."""
    numbers = {name.replace("_", ".", 1): {"N": str(n)} for name, n in counts.items()}
    item = {"scope": {"S": scope}, "hour": {"S": f"2026-03-06T12#{writer}"}, "expires": {"N": "1"}, **numbers}
    cloud.client("dynamodb").put_item(TableName=cloud.resources["CountersTable"], Item=item)


def total(cloud: LocalCloud, scope: Scope = ACCOUNT) -> int:
    return sum(hour.total(Measure.SENT) for hour in counters(cloud).hours(scope, NOON + 999 * HOUR))


def test_a_receipt_in_the_way_is_returned_with_its_scopes_and_nothing_is_written(cloud: LocalCloud) -> None:
    book = ledger(cloud)
    assert book.commit([Write(entry("m-1", SHOP))]) == Committed()
    new, old = Write(entry("m-2")), Write(entry("m-1", SHOP, NEWSLETTER))
    assert book.commit([new, old]) == AlreadyRecorded({("m-1", "sent"): frozenset({ACCOUNT, SHOP})})
    assert total(cloud) == 1


def test_of_two_copies_that_add_the_same_scope_at_once_one_does(cloud: LocalCloud) -> None:
    """Both read the receipt of an identity notification; the second must see that it is no longer so."""
    book = ledger(cloud)
    book.commit([Write(entry("m-1", SHOP))])
    completion = Write(entry("m-1", SHOP, NEWSLETTER), recorded=frozenset({ACCOUNT, SHOP}))
    assert book.commit([completion]) == Committed()
    assert book.commit([completion]) == AlreadyRecorded({("m-1", "sent"): frozenset({ACCOUNT, SHOP, NEWSLETTER})})
    assert (total(cloud), total(cloud, NEWSLETTER)) == (1, 1)


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_contention_is_told_and_the_next_try_goes_to_other_items(cloud: LocalCloud, code: str) -> None:
    client = clients.dynamodb()
    writers = iter([3, 1])
    book = ledger(cloud, client, choose_writer=lambda: next(writers))
    with Stubber(client) as stub:
        reasons = [{"Code": "None"}, {"Code": code}]
        stub.add_client_error(
            "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
        )
        assert book.commit([Write(entry())]) == Contended()
    assert book.commit([Write(entry())]) == Committed()
    (item,) = cloud.client("dynamodb").scan(TableName=cloud.resources["CountersTable"])["Items"]
    assert item["hour"]["S"] == "2026-03-06T12#1"


def test_a_copy_that_is_counted_at_this_moment_makes_nobody_leave_his_counters(cloud: LocalCloud) -> None:
    client = clients.dynamodb()
    writers = iter([3, 1])
    book = ledger(cloud, client, choose_writer=lambda: next(writers))
    with Stubber(client) as stub:
        reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
        stub.add_client_error(
            "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
        )
        assert book.commit([Write(entry())]) == Contended()
    assert book.commit([Write(entry())]) == Committed()
    (item,) = cloud.client("dynamodb").scan(TableName=cloud.resources["CountersTable"])["Items"]
    assert item["hour"]["S"] == "2026-03-06T12#3"


def test_all_functions_add_to_one_counter_until_they_meet_and_then_to_any() -> None:
    writers = counter_writers(lambda among: among - 1)
    assert [next(writers) for _ in range(3)] == [0, keys.WRITERS - 1, keys.WRITERS - 1]


def test_a_receipt_in_the_way_is_told_before_any_contention(cloud: LocalCloud) -> None:
    client = clients.dynamodb()
    with Stubber(client) as stub:
        reasons = [
            {"Code": "ConditionalCheckFailed", "Item": {"scopes": {"L": [{"S": SHOP}]}}},
            {"Code": "TransactionConflict"},
        ]
        stub.add_client_error(
            "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
        )
        answer = ledger(cloud, client).commit([Write(entry())])
    assert answer == AlreadyRecorded({("m-1", "sent"): frozenset({ACCOUNT, SHOP})})


def test_any_other_refusal_is_raised(cloud: LocalCloud) -> None:
    client = clients.dynamodb()
    with Stubber(client) as stub:
        stub.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            modeled_fields={"CancellationReasons": [{"Code": "ValidationError"}]},
        )
        with pytest.raises(ClientError):
            ledger(cloud, client).commit([Write(entry())])


def test_marks_that_dynamodb_did_not_take_are_sent_again(cloud: LocalCloud) -> None:
    client = clients.dynamodb()
    left = {cloud.resources["StandingsTable"]: [{"PutRequest": {"Item": {"name": {"S": "account"}}}}]}
    pauses: list[int] = []
    with Stubber(client) as stub:
        stub.add_response("batch_write_item", {"UnprocessedItems": left})
        stub.add_response("batch_write_item", {"UnprocessedItems": {}}, {"RequestItems": left})
        ledger(cloud, client, pause=pauses.append).note(due=[(ACCOUNT, NOON), (SHOP, NOON)])
        stub.assert_no_pending_responses()
    assert pauses == [1]


def test_marks_that_dynamodb_never_takes_bring_the_batch_back(cloud: LocalCloud) -> None:
    client = clients.dynamodb()
    left = {cloud.resources["StandingsTable"]: [{"PutRequest": {"Item": {"name": {"S": "account"}}}}]}
    with Stubber(client) as stub:
        for _ in range(BATCH_WRITE_ATTEMPTS):
            stub.add_response("batch_write_item", {"UnprocessedItems": left})
        with pytest.raises(NotWritten, match="1 items"):
            ledger(cloud, client).note(due=[(ACCOUNT, NOON)])


def test_what_a_batch_leaves_to_be_done_is_one_request_and_what_is_left_of_it_goes_to_its_own_table(
    cloud: LocalCloud,
) -> None:
    client = clients.dynamodb()
    receipts, kept = cloud.resources["ReceiptsTable"], cloud.resources["StandingsTable"]
    asked: list[Any] = []
    bounce = replace(entry(), reason="Permanent/General")

    def take_the_first(params: Any, **_: Any) -> Any:
        requests = json.loads(params["body"])["RequestItems"]
        asked.append({table: len(puts) for table, puts in requests.items()})
        left = {table: puts[1:] for table, puts in requests.items() if puts[1:]}
        return SimpleNamespace(status_code=200), {"UnprocessedItems": left}

    client.meta.events.register_last("before-call.dynamodb.BatchWriteItem", take_the_first)
    ledger(cloud, client).note(due=[(ACCOUNT, NOON), (SHOP, NOON)], feedback_loops=["proton"], feedback=[bounce])
    assert asked == [{kept: 3, receipts: 1}, {kept: 2}, {kept: 1}]


WRITES = (
    (
        "transact_write_items",
        {
            "TransactItems": [
                {
                    "Put": {
                        "TableName": "t",
                        "Item": {"a": {"S": '\u00e4 \u2028 \U0001f4ee "\\'}, "b": {"L": [{"M": {"c": {"N": "1"}}}]}},
                        "ConditionExpression": "attribute_not_exists(a)",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                },
                {
                    "Update": {
                        "TableName": "t",
                        "Key": {"a": {"S": ""}},
                        "UpdateExpression": "ADD #0 :0",
                        "ExpressionAttributeNames": {"#0": "gmail.sent"},
                        "ExpressionAttributeValues": {":0": {"N": "1"}},
                    }
                },
            ],
            "ClientRequestToken": "token",
        },
    ),
    (
        "batch_write_item",
        {
            "RequestItems": {
                "t": [{"PutRequest": {"Item": {"a": {"B": b"\x00\xff"}, "b": {"BOOL": True}, "c": {"NULL": True}}}}],
                "u": [{"DeleteRequest": {"Key": {"a": {"S": "1"}}}}],
            }
        },
    ),
)


@pytest.mark.parametrize(("operation", "parameters"), WRITES, ids=[operation for operation, _ in WRITES])
def test_what_is_written_at_one_go_is_what_boto3_would_send(
    cloud: LocalCloud, operation: str, parameters: dict[str, Any]
) -> None:
    sent: list[Any] = []

    def take(params: Any, **_: Any) -> Any:
        sent.append(params)
        return SimpleNamespace(status_code=200), {}

    for client in (clients.dynamodb(), boto3.client("dynamodb")):
        client.meta.events.register_last("before-call.dynamodb", take)
        getattr(client, operation)(**deepcopy(parameters))
    ours, theirs = sent
    assert json.loads(ours["body"]) == json.loads(theirs["body"])
    assert (ours["url"], ours["headers"]["X-Amz-Target"]) == (theirs["url"], theirs["headers"]["X-Amz-Target"])


def test_a_transaction_has_a_token_so_that_boto3_may_send_it_again(cloud: LocalCloud) -> None:
    client, tokens = clients.dynamodb(), []

    def lose(request: Any, **_: Any) -> None:
        tokens.append(json.loads(request.body)["ClientRequestToken"])
        if len(tokens) == 1:
            raise ConnectTimeoutError(endpoint_url=request.url)

    client.meta.events.register_first("before-send.dynamodb", lose)
    assert ledger(cloud, client).commit([Write(entry())]) == Committed()
    assert ledger(cloud, client).commit([Write(entry("m-2"))]) == Committed()
    first, again, another = tokens
    assert first == again != another


def test_any_number_of_scopes_is_marked(cloud: LocalCloud) -> None:
    scopes = {Scope(f"tenant/{n}") for n in range(120)}
    ledger(cloud).note(due={(scope, NOON) for scope in scopes})
    assert {due.scope for due in standings(cloud).due()} == scopes


def test_providers_that_sent_complaints_are_kept_once(cloud: LocalCloud) -> None:
    kept = standings(cloud)
    assert kept.learned() == Learned()
    many = {f"provider-{n}.example" for n in range(BATCH_WRITE_ITEMS)}
    for providers in ({"proton", "freenet.de"}, {"proton"}, many):
        ledger(cloud).note(feedback_loops=providers)
    assert kept.learned() == Learned(frozenset({"proton", "freenet.de"} | many))


def test_providers_that_dynamodb_never_takes_bring_the_batch_back(cloud: LocalCloud) -> None:
    client = clients.dynamodb()
    left = {cloud.resources["StandingsTable"]: [{"PutRequest": {"Item": {"name": {"S": "proton"}}}}]}
    with Stubber(client) as stub:
        for _ in range(BATCH_WRITE_ATTEMPTS):
            stub.add_response("batch_write_item", {"UnprocessedItems": left})
        with pytest.raises(NotWritten, match="1 items"):
            ledger(cloud, client).note(feedback_loops=["proton"])


@pytest.mark.parametrize("percent", [0, 83])
def test_the_share_that_ses_measured_is_no_provider(cloud: LocalCloud, percent: int) -> None:
    ledger(cloud).note(feedback_loops=["proton"])
    item = {"collection": {"S": "feedback-loops"}, "name": {"S": "unspecified"}, "percent": {"N": str(percent)}}
    cloud.client("dynamodb").put_item(TableName=cloud.resources["StandingsTable"], Item=item)
    assert standings(cloud).learned() == Learned(frozenset({"proton"}), percent)


def test_identities_are_read_as_they_were_written_and_only_differences_are(cloud: LocalCloud) -> None:
    client = clients.dynamodb()
    writes: list[str] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        (requests,) = json.loads(params["body"])["RequestItems"].values()
        writes.extend(kind for request in requests for kind in request)

    client.meta.events.register("before-call.dynamodb.BatchWriteItem", note)
    identities = DynamoDbIdentities(client, table=cloud.resources["StandingsTable"])
    assert identities.read() == frozenset()
    for now, requests in (
        ({"shop.example", "me@mail.example"}, ["PutRequest", "PutRequest"]),
        ({"shop.example", "me@mail.example"}, []),
        ({"shop.example", "new.example"}, ["PutRequest", "DeleteRequest"]),
        (set[str](), ["DeleteRequest", "DeleteRequest"]),
    ):
        identities.write(frozenset(now))
        assert identities.read() == frozenset(now)
        assert writes == requests
        writes.clear()


def test_hours_are_read_newest_first_with_what_all_writers_added(cloud: LocalCloud) -> None:
    for writer in (0, 3):
        book = ledger(cloud, choose_writer=lambda writer=writer: writer)  # type: ignore[misc]
        book.commit([Write(entry(f"{writer}-{n}", time=NOON + n * HOUR)) for n in range(3)])
    hours = list(counters(cloud).hours(ACCOUNT, NOON + 2 * HOUR))
    assert [(hour.hour, hour.total(Measure.SENT)) for hour in hours] == [(NOON + HOUR, 2), (NOON, 2)]


def test_a_provider_may_have_dots_in_its_name(cloud: LocalCloud) -> None:
    increments = {("freenet.de", Measure.SENT): 3, ("freenet.de", Measure.HARD_BOUNCED): 1, ("gmail", Measure.SENT): 2}
    ledger(cloud).commit([Write(Entry("m-1", "sent", NOON, NOON, (ACCOUNT,), increments))])
    (item,) = cloud.client("dynamodb").scan(TableName=cloud.resources["CountersTable"])["Items"]
    assert item["freenet.de.sent"] == {"N": "3"}
    assert list(counters(cloud).hours(ACCOUNT, NOON + HOUR)) == [HourCounts(NOON, increments)]


def test_counters_are_kept_longer_than_the_receipts_that_made_them(cloud: LocalCloud) -> None:
    """A receipt for its time from when it was, a counter for its own from its hour."""
    ledger(cloud).commit([Write(entry(time=NOON + HOUR / 2))])
    client = cloud.client("dynamodb")
    (receipt,) = client.scan(TableName=cloud.resources["ReceiptsTable"])["Items"]
    (counter,) = client.scan(TableName=cloud.resources["CountersTable"])["Items"]
    assert int(receipt["expires"]["N"]) == (NOON + HOUR / 2 + timedelta(days=90)).timestamp()
    assert int(counter["expires"]["N"]) == (NOON + timedelta(days=396)).timestamp()


def test_a_backfilled_hour_is_all_there_is_of_that_hour(cloud: LocalCloud) -> None:
    book = ledger(cloud)
    book.commit([Write(entry("m-1")), Write(entry("m-2", time=NOON + HOUR))])
    put_counts(cloud, "statistics", unspecified_reported=7)
    put_counts(cloud, "backfill", unspecified_reported=90, unspecified_hard_bounced=4)
    backfilled = {("unspecified", Measure.REPORTED): 90, ("unspecified", Measure.HARD_BOUNCED): 4}
    assert list(counters(cloud).hours(ACCOUNT, NOON + 2 * HOUR)) == [
        HourCounts(NOON + HOUR, {("gmail", Measure.SENT): 1}),
        HourCounts(NOON, backfilled, backfilled=True),
    ]


def test_statistics_add_to_the_events_of_their_hour(cloud: LocalCloud) -> None:
    ledger(cloud).commit([Write(entry())])
    put_counts(cloud, 3, gmail_sent=4)
    put_counts(cloud, "statistics", unspecified_reported=90, gmail_sent=10)
    counts = {("gmail", Measure.SENT): 15, ("unspecified", Measure.REPORTED): 90}
    assert list(counters(cloud).hours(ACCOUNT, NOON + HOUR)) == [HourCounts(NOON, counts)]


def test_what_is_from_statistics_is_no_event(cloud: LocalCloud) -> None:
    put_counts(cloud, "statistics", unspecified_reported=90)
    put_counts(cloud, "backfill", unspecified_reported=90)
    assert counters(cloud).newest_event(ACCOUNT, NOON + HOUR) is None
    ledger(cloud).commit([Write(entry("m-1", time=NOON - HOUR))])
    assert counters(cloud).newest_event(ACCOUNT, NOON + HOUR) == NOON - HOUR
    ledger(cloud).commit([Write(entry("m-2"))])
    assert counters(cloud).newest_event(ACCOUNT, NOON + HOUR) == NOON


@pytest.mark.parametrize(
    ("before", "read"),
    [(timedelta(0), 0), (timedelta(seconds=1), 1), (HOUR, 1), (HOUR + timedelta(microseconds=1), 2)],
    ids=["as the hour begins", "a second into it", "as the next begins", "just after"],
)
def test_an_hour_is_read_once_it_has_begun(cloud: LocalCloud, before: timedelta, read: int) -> None:
    ledger(cloud).commit([Write(entry("m-1")), Write(entry("m-2", time=NOON + HOUR))])
    assert len(list(counters(cloud).hours(ACCOUNT, NOON + before))) == read


def test_counts_standings_and_marks_are_read_as_they_are_now(cloud: LocalCloud) -> None:
    """A read that lags behind would settle a scope unseen; moto never lags, so the requests have to show it."""
    client = clients.dynamodb()
    consistent: list[bool] = []
    client.meta.events.register(
        "provide-client-params.dynamodb.*", lambda params, **_: consistent.append(params.get("ConsistentRead", False))
    )
    kept = DynamoDbStandings(client, table=cloud.resources["StandingsTable"])
    list(counters(cloud, client).hours(ACCOUNT, NOON))
    for reading in (kept.all, kept.due, kept.outgoing, kept.with_findings, partial(kept.news, ACCOUNT)):
        list(reading())
    kept.learned()
    kept.read(ACCOUNT)
    kept.is_done("request")
    kept.summarised()
    assert len(consistent) >= 10
    assert all(consistent)


def test_no_more_pages_are_read_than_are_asked_for(cloud: LocalCloud) -> None:
    book = ledger(cloud)
    for day in range(25):
        book.commit([Write(entry(f"{day}-{n}", time=NOON + (24 * day + n) * HOUR)) for n in range(24)])
    requests: list[str] = []
    client = clients.dynamodb()
    client.meta.events.register("before-call.dynamodb.Query", lambda model, **_: requests.append(model.name))
    hours = counters(cloud, client).hours(ACCOUNT, NOON + 999 * HOUR)
    assert requests == []
    # One less: that an hour is complete shows when an earlier one begins.
    for _ in range(PAGE_ITEMS - 1):
        next(hours)
    assert len(requests) == 1
    assert len(list(hours)) == 600 - PAGE_ITEMS + 1


class Reads:
    """Counts a DynamoDB client's requests, and the items that it gets for them."""

    def __init__(self, client: Any) -> None:
        self.requests = self.items = 0
        client.meta.events.register("after-call.dynamodb", self.note)

    def note(self, parsed: Any, **_: Any) -> None:
        self.requests += 1
        self.items += len(parsed.get("Items", ()))


def fill(cloud: LocalCloud, scope: Scope, hours: int, sent: int) -> None:
    """Count so much mail in each of the hours before noon."""
    table = dynamodb_backends[cloud.account][cloud.region].get_table(cloud.resources["CountersTable"])
    for n in range(1, hours + 1):
        hour = f"{NOON - n * HOUR:%Y-%m-%dT%H}#0"
        table.put_item({"scope": {"S": scope}, "hour": {"S": hour}, "gmail.sent": {"N": str(sent)}})


def evaluation(cloud: LocalCloud, scope: Scope, policy: Policy) -> tuple[Reads, Measures]:
    """What the evaluation of one scope reads, and the bounce rate that it finds."""
    ledger(cloud).note(due=[(scope, NOON)])
    client = clients.dynamodb()
    reads, kept = Reads(client), standings(cloud, client)
    run = evaluate_reputation(
        NOON,
        policy=policy,
        counters=counters(cloud, client),
        replies=DynamoDbFeedback(client, table=cloud.resources["ReceiptsTable"]),
        standings=kept,
        channels={},
        to_alert=partial(alert_of, account=cloud.account, region=cloud.region),
        to_summary=partial(summary_of, account=cloud.account, region=cloud.region),
    )
    assert run == Evaluated(scopes=1)
    return reads, kept.read(scope).standing.measures[Metric.BOUNCE_RATE]


def test_two_years_of_history_cost_no_more_to_evaluate_than_a_week(cloud: LocalCloud) -> None:
    """150 recipients an hour: 67 hours hold the representative volume, however many more there are."""
    week, years = Scope("tenant/week"), Scope("tenant/two-years")
    fill(cloud, week, hours=7 * 24, sent=150)
    fill(cloud, years, hours=2 * 365 * 24, sent=150)
    read_of_week, of_week = evaluation(cloud, week, Policy())
    read_of_years, of_years = evaluation(cloud, years, Policy())
    assert (read_of_years.requests, read_of_years.items) == (read_of_week.requests, read_of_week.items)
    assert read_of_years.items < 7 * 24
    assert of_years == of_week
    assert of_years.window == Rate(Metric.BOUNCE_RATE, 0, 10_050, NOON - 67 * HOUR, 67, 10_050)


def test_reading_stops_at_the_oldest_mail_though_the_window_is_not_full(cloud: LocalCloud) -> None:
    years = Scope("tenant/two-years")
    fill(cloud, years, hours=2 * 365 * 24, sent=1)
    reads, measures = evaluation(cloud, years, Policy(oldest_mail=timedelta(days=7)))
    assert measures.window == Rate(Metric.BOUNCE_RATE, 0, 168, NOON - 168 * HOUR, 168, 168)
    assert reads.items <= 168 + PAGE_ITEMS


def test_poison_is_put_apart_ten_at_a_time_and_under_a_megabyte(cloud: LocalCloud) -> None:
    client = clients.sqs()
    sizes: list[int] = []
    client.meta.events.register(
        "provide-client-params.sqs.SendMessageBatch", lambda params, **_: sizes.append(len(params["Entries"]))
    )
    letters = SqsDeadLetters(client, queue_url=cloud.resources["FeedbackDeadLetterQueue"])
    small = [Message(str(n), "x", problem="not JSON") for n in range(12)]
    large = [Message(f"large-{n}", "x" * 400_000, problem="not JSON") for n in range(3)]
    assert letters.put([*small, *large]) == set()
    assert sizes == [10, 4, 1]
    kept = cloud.messages("FeedbackDeadLetterQueue")
    assert {letter.attributes["message_id"] for letter in kept} == {m.id for m in (*small, *large)}
    assert {letter.attributes["reason"] for letter in kept} == {"not JSON"}


def test_a_reason_has_no_characters_that_sqs_refuses_with_the_whole_batch(cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""
    letters = SqsDeadLetters(clients.sqs(), queue_url=cloud.resources["FeedbackDeadLetterQueue"])
    assert letters.put([Message("1", "x", problem="no 'a\0b\uffffc'")]) == set()
    (kept,) = cloud.messages("FeedbackDeadLetterQueue")
    assert kept.attributes["reason"] == "no 'a?b?c'"


def test_poison_that_the_queue_refuses_is_named(cloud: LocalCloud) -> None:
    client = clients.sqs()
    letters = SqsDeadLetters(client, queue_url=cloud.resources["FeedbackDeadLetterQueue"])
    messages = [Message(name, "x", problem="not JSON") for name in ("first", "second")]
    failed = {"Id": "1", "Code": "InternalError", "SenderFault": False}
    with Stubber(client) as stub:
        stub.add_response("send_message_batch", {"Successful": [], "Failed": [failed]})
        assert letters.put(messages) == {"second"}
        stub.add_client_error("send_message_batch", "BatchRequestTooLong")
        assert letters.put(messages) == {"first", "second"}
