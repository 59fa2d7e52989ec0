"""The adapters on moto, where a use case's fakes can't tell: conditions, conflicts, pages and partial failures."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from ses_reputation.adapters import clients
from ses_reputation.adapters.counters import PAGE_ITEMS, DynamoDbCounters
from ses_reputation.adapters.dead_letters import SqsDeadLetters
from ses_reputation.adapters.ledger import BATCH_WRITE_ATTEMPTS, DynamoDbLedger, ScopesNotMarked
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.counting import Entry, Measure
from ses_reputation.domain.lifecycle import Change, Finding, Measures, Stage, Standing, Status, Trigger
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.evaluate import Due
from ses_reputation.notices.alert import alert_of
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


def standings(cloud: LocalCloud) -> DynamoDbStandings:
    return DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])


def entry(message_id: str = "m-1", *scopes: Scope, time: datetime = NOON) -> Entry:
    return Entry(message_id, "sent", time, (ACCOUNT, *scopes), {("gmail", Measure.SENT): 1})


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
        ledger(cloud, client, pause=pauses.append).mark_due([ACCOUNT, SHOP])
        stub.assert_no_pending_responses()
    assert pauses == [1]


def test_marks_that_dynamodb_never_takes_bring_the_batch_back(cloud: LocalCloud) -> None:
    client = clients.dynamodb()
    left = {cloud.resources["StandingsTable"]: [{"PutRequest": {"Item": {"name": {"S": "account"}}}}]}
    with Stubber(client) as stub:
        for _ in range(BATCH_WRITE_ATTEMPTS):
            stub.add_response("batch_write_item", {"UnprocessedItems": left})
        with pytest.raises(ScopesNotMarked, match="1 scopes"):
            ledger(cloud, client).mark_due([ACCOUNT])


def test_any_number_of_scopes_is_marked(cloud: LocalCloud) -> None:
    scopes = {Scope(f"tenant/{n}") for n in range(120)}
    ledger(cloud).mark_due(scopes)
    assert {due.scope for due in standings(cloud).due()} == scopes


def test_hours_are_read_newest_first_with_what_all_writers_added(cloud: LocalCloud) -> None:
    for writer in (0, 3):
        book = ledger(cloud, choose_writer=lambda writer=writer: writer)  # type: ignore[misc]
        book.commit([Write(entry(f"{writer}-{n}", time=NOON + n * HOUR)) for n in range(3)])
    hours = list(counters(cloud).hours(ACCOUNT, NOON + 2 * HOUR))
    assert [(hour.hour, hour.total(Measure.SENT)) for hour in hours] == [(NOON + HOUR, 2), (NOON, 2)]


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
    list(kept.due())
    list(kept.outbox())
    kept.read(ACCOUNT)
    assert consistent
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


def change(time: datetime = NOON) -> Change:
    finding = Finding(Metric.BOUNCE_RATE, Stage.PROBATION, time, time, time, time + timedelta(days=21))
    return Change(
        id=f"{time:%H%M}",
        time=time,
        scope=NEWSLETTER,
        metric=Metric.BOUNCE_RATE,
        before=None,
        after=Stage.PROBATION,
        trigger=Trigger.LIMIT_EXCEEDED,
        scope_before=Status.HEALTHY,
        scope_after=Status.PROBATION,
        finding=finding,
        measures=Measures(Rate(Metric.BOUNCE_RATE, 24, 190, time, 7)),
    )


def test_a_standing_is_written_with_its_changes_and_alerts(cloud: LocalCloud) -> None:
    kept = standings(cloud)
    moved = change()
    alert = alert_of(moved, Policy(), "123456789012", "eu-west-1")
    standing = Standing(NEWSLETTER, NOON)
    assert kept.read(NEWSLETTER).version == 0
    assert kept.write(standing, 0, [moved], [alert])
    read = kept.read(NEWSLETTER)
    assert (read.standing, read.version) == (standing, 1)
    assert list(kept.changes(NEWSLETTER)) == [moved]
    assert list(kept.outbox()) == [alert]
    assert list(kept.all()) == [standing]


@pytest.mark.parametrize("changes", [0, 1], ids=["nothing changed", "a change"])
@pytest.mark.parametrize("stale", [0, 1])
def test_a_standing_that_somebody_else_wrote_is_left_alone(cloud: LocalCloud, stale: int, changes: int) -> None:
    kept = standings(cloud)
    first, second, third = (Standing(NEWSLETTER, NOON + n * HOUR) for n in range(3))
    assert kept.write(first, 0, [], [])
    assert kept.write(second, 1, [], [])
    alerts = [alert_of(change(), Policy(), "123456789012", "eu-west-1")][:changes]
    assert not kept.write(third, stale, [change()][:changes], alerts)
    assert kept.read(NEWSLETTER).standing == second
    assert not list(kept.changes(NEWSLETTER))
    assert not list(kept.outbox())


def test_a_scope_that_was_marked_again_is_not_settled(cloud: LocalCloud) -> None:
    book, kept = ledger(cloud), standings(cloud)
    book.mark_due([NEWSLETTER])
    (seen,) = kept.due()
    book.mark_due([NEWSLETTER])
    kept.settle(seen)
    (again,) = kept.due()
    assert again.token != seen.token
    kept.settle(again)
    assert list(kept.due()) == []
    kept.settle(Due(NEWSLETTER, "gone"))


def test_a_sent_alert_leaves_the_outbox_and_its_change_says_so(cloud: LocalCloud) -> None:
    kept = standings(cloud)
    moments = [change(NOON + 2 * HOUR), change(NOON)]
    alerts = [alert_of(moved, Policy(), "123456789012", "eu-west-1") for moved in moments]
    kept.write(Standing(NEWSLETTER, NOON), 0, moments, alerts)
    assert [alert.time for alert in kept.outbox()] == [NOON, NOON + 2 * HOUR], "oldest first"
    kept.mark_sent(alerts[1], "message-1")
    assert [alert.time for alert in kept.outbox()] == [NOON + 2 * HOUR]
    assert len(list(kept.changes(NEWSLETTER))) == 2
    items = cloud.client("dynamodb").scan(TableName=cloud.resources["StandingsTable"])["Items"]
    assert [i["alert_message_id"]["S"] for i in items if "alert_message_id" in i] == ["message-1"]


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
