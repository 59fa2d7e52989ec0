"""Bounces and complaints are found by when they were, in DynamoDB as moto has it."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from msgspec.structs import replace

from ses_reputation.adapters.batches import NotRead
from ses_reputation.adapters.feedback import LISTED, DynamoDbFeedback
from ses_reputation.adapters.ledger import DynamoDbLedger
from ses_reputation.domain.counting import Entry, entries
from ses_reputation.domain.detection import Heard
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.events import Bounce, Complaint, Delay, Mail, Recipient
from ses_reputation.domain.providers import AddressBook
from ses_reputation.domain.recipients import KeptRecipient
from ses_reputation.domain.reply_rules import ReplyClass
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.feedback import BOUNCES, COMPLAINTS, Feedback
from ses_reputation.record import record_feedback
from ses_reputation.ses_events import Message
from ses_reputation_local.cloud import LocalCloud
from tests.test_record import FakeRegister

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NEWSLETTER = Scope("configuration-set/newsletter")


class Table:
    """The receipts table of a local cloud."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.client = cloud.client("dynamodb")
        self.name = cloud.resources["ReceiptsTable"]
        self.pauses: list[int] = []
        self.feedback = DynamoDbFeedback(self.client, table=self.name, pause=self.pauses.append)
        self.ledger = DynamoDbLedger(
            self.client,
            receipts_table=self.name,
            counters_table=cloud.resources["CountersTable"],
            standings_table=cloud.resources["StandingsTable"],
            receipt_retention=90 * DAY,
            counter_retention=400 * DAY,
            choose_writer=lambda: 0,
            new_token=lambda: "token",
            pause=lambda _: None,
        )

    def record(self, *events: Bounce | Complaint | Delay) -> None:
        messages = [Message(str(n), "", event) for n, event in enumerate(events)]
        record_feedback(messages, AddressBook(), self.ledger, NoDeadLetters(), lambda _: None, FakeRegister())

    def found(
        self, scope: Scope = ACCOUNT, since: datetime = NOON - DAY, until: datetime = NOON + DAY
    ) -> list[Feedback]:
        return list(self.feedback.newest_first(scope, BOUNCES, since, until))

    def sample(
        self,
        scope: Scope,
        since: datetime,
        until: datetime,
        size: int,
        classes: Collection[ReplyClass] = tuple(ReplyClass),
    ) -> list[Heard]:
        return list(self.feedback.sample(scope, since, until, size, classes))


class NoDeadLetters:
    def put(self, messages: Sequence[Message]) -> set[str | None]:
        raise AssertionError(f"{len(messages)} messages were unreadable")


@pytest.fixture
def table() -> Iterator[Table]:
    with LocalCloud() as cloud:
        yield Table(cloud)


def bounce(number: int, time: datetime = NOON, **mail: Any) -> Bounce:
    recipient = Recipient(f"r{number}@gmail.com", "5.1.1", "550 unknown")
    return Bounce(Mail(f"m{number}", **mail), time, (recipient,), "Permanent", "NoEmail")


def entry_of(event: Bounce | Complaint) -> Entry:
    (entry,) = entries(event, AddressBook())
    return entry


def test_a_bounce_is_found_with_all_that_is_known_of_it(table: Table) -> None:
    table.record(bounce(1, configuration_set="newsletter"))
    (found,) = table.found()
    assert found == Feedback(
        NOON,
        Measure.HARD_BOUNCED,
        "Permanent/NoEmail",
        "m1",
        (KeptRecipient("r1@gmail.com", "5.1.1", "550 unknown"),),
        (NEWSLETTER,),
    )


def test_what_lists_receipts_is_kept_as_long_as_the_last_of_them(table: Table) -> None:
    times = [NOON, NOON + timedelta(hours=3), NOON + timedelta(hours=1)]
    table.record(*(bounce(n, time) for n, time in enumerate(times)))
    (listing,) = [item for item in table.client.scan(TableName=table.name)["Items"] if "document" in item]
    assert int(listing["expires"]["N"]) == (max(times) + 90 * DAY).timestamp()


def test_what_is_found_is_the_newest_first_over_days_and_nothing_else(table: Table) -> None:
    times = [NOON, NOON - DAY, NOON - timedelta(hours=1), NOON - 2 * DAY]
    table.record(*(bounce(n, time) for n, time in enumerate(times)))
    table.record(Complaint(Mail("c"), NOON, (Recipient("x@yahoo.com"),), None, "abuse"))
    assert [found.message_id for found in table.found(since=NOON - DAY)] == ["m0", "m2", "m1"]
    assert [found.message_id for found in table.found(since=NOON - DAY, until=NOON)] == ["m2", "m1"]
    (complaint,) = table.feedback.newest_first(ACCOUNT, COMPLAINTS, NOON, NOON + DAY)
    assert (complaint.reason, complaint.recipients[0].address) == ("abuse", "x@yahoo.com")


def test_a_bounce_that_is_told_twice_is_found_once_in_the_scopes_of_both(table: Table) -> None:
    table.record(bounce(1, identity="shop.example"))
    table.record(bounce(1, configuration_set="newsletter"))
    table.record(bounce(1, configuration_set="newsletter"))
    for scope in (ACCOUNT, Scope("identity/shop.example"), NEWSLETTER, Scope("provider/gmail")):
        (found,) = table.found(scope)
        assert set(found.scopes) == {"identity/shop.example", NEWSLETTER}
    assert table.found(Scope("provider/yahoo")) == []


def test_a_batch_that_was_counted_by_a_run_that_died_is_found_after_it_comes_again(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(table.ledger, "note", die)
        with pytest.raises(Died):
            table.record(bounce(1))
    assert table.found() == []
    table.record(bounce(1))
    assert len(table.found()) == 1


def test_a_large_batch_is_listed_in_few_items_and_found_whole(table: Table) -> None:
    events = [bounce(n, NOON + n * timedelta(seconds=1)) for n in range(LISTED + 1)]
    table.record(*events)
    listings = table.client.query(
        TableName=table.name,
        KeyConditionExpression="message_id = :day",
        ExpressionAttributeValues={":day": {"S": "feedback/2026-03-06"}},
    )["Items"]
    assert len(listings) == 2
    assert [found.message_id for found in table.found()] == [f"m{n}" for n in reversed(range(LISTED + 1))]


def test_no_more_is_read_than_is_asked_for(table: Table) -> None:
    table.record(*(bounce(n, NOON - n * DAY) for n in range(5)))
    queries = []
    table.client.meta.events.register("before-call.dynamodb.Query", lambda **_: queries.append(1))
    newest = next(table.feedback.newest_first(ACCOUNT, BOUNCES, NOON - 300 * DAY, NOON + timedelta(minutes=1)))
    assert (newest.message_id, len(queries)) == ("m0", 1)


def test_what_has_expired_is_left_out(table: Table) -> None:
    table.record(bounce(1), bounce(2))
    gone = entry_of(bounce(1))
    table.client.delete_item(
        TableName=table.name, Key={"message_id": {"S": gone.message_id}, "entry": {"S": gone.name}}
    )
    assert [found.message_id for found in table.found()] == ["m2"]


def test_a_message_whose_id_looks_like_a_list_is_not_taken_for_one(table: Table) -> None:
    table.record(replace(bounce(1), mail=Mail("feedback/2026-03-06")), bounce(2))
    assert {found.message_id for found in table.found()} == {"feedback/2026-03-06", "m2"}


def test_what_dynamodb_did_not_give_is_asked_for_again(table: Table) -> None:
    table.record(bounce(1), bounce(2))
    asked = table.client.batch_get_item
    calls = []

    def grudging(**request: Any) -> Any:
        calls.append(1)
        (wanted,) = request["RequestItems"].values()
        answer = asked(RequestItems={table.name: {"Keys": wanted["Keys"][:1]}})
        if rest := wanted["Keys"][1:]:
            answer["UnprocessedKeys"] = {table.name: {"Keys": rest}}
        return answer

    table.client.batch_get_item = grudging
    assert len(table.found()) == 2
    assert len(calls) == 2
    assert table.pauses == [1], "whoever is asked too much is given time"
    table.client.batch_get_item = lambda **request: {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
    with pytest.raises(NotRead, match="try again"):
        table.found()


def test_the_most_recent_is_found_newest_first_and_no_more_of_it_than_is_wanted(table: Table) -> None:
    of_days = [bounce(n, NOON - n * DAY) for n in range(4)]
    table.record(*of_days, *of_days)

    def recent(size: int, since: datetime = NOON - 7 * DAY) -> tuple[list[str], bool]:
        found = table.feedback.recent(ACCOUNT, BOUNCES, since, NOON + DAY, size)
        return [feedback.message_id for feedback in found.feedback], found.complete

    assert recent(4) == (["m0", "m1", "m2", "m3"], True)
    assert recent(3) == (["m0", "m1", "m2"], False)
    assert recent(4, NOON - 2 * DAY) == (["m0", "m1", "m2"], True)


def test_what_is_recent_is_looked_for_in_so_many_queries_and_no_more(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ses_reputation.adapters.feedback.RECENT_PAGES", 3)
    table.record(bounce(1, NOON - 3 * DAY), bounce(2, NOON - 5 * DAY))
    queries: list[str] = []
    table.client.meta.events.register("before-call.dynamodb.Query", lambda model, **_: queries.append(model.name))

    def recent(until: datetime) -> tuple[int, bool]:
        found = table.feedback.recent(ACCOUNT, BOUNCES, NOON - 7 * DAY, until, 9)
        return len(found.feedback), found.complete

    assert recent(NOON) == (0, False)
    assert len(queries) == 4
    assert recent(NOON - DAY) == (1, False)


BLOCKED = "550 5.7.1 r1 <r1@gmail.com>: blocked using dbl.spamhaus.org"


def blocked(number: int, time: datetime = NOON, **mail: Any) -> Bounce:
    recipient = Recipient(f"r{number}@gmail.com", "5.7.1", BLOCKED)
    return Bounce(Mail(f"m{number}", **mail), time, (recipient,), "Transient", "General")


def test_a_sample_of_replies_says_what_they_mean_and_names_no_recipient(table: Table) -> None:
    delay = Delay(Mail("d"), NOON, (Recipient("x@yahoo.com"),), "SpamDetected")
    stopped = replace(blocked(3), type="Permanent", subtype="OnAccountSuppressionList")
    table.record(blocked(1), stopped, Complaint(Mail("c"), NOON, (Recipient("x@yahoo.com"),), None, "abuse"))
    table.record(delay)
    heard = {(h.provider, h.text, h.reply.reply_class) for h in table.sample(ACCOUNT, NOON, NOON + DAY, 10)}
    assert heard == {
        ("gmail", "550 5.7.1 r1 <(recipient)>: blocked using dbl.spamhaus.org", ReplyClass.BLOCKLIST),
        ("yahoo", "", ReplyClass.SPAM_BLOCK),
    }


def test_a_sample_is_of_one_scope_and_time(table: Table) -> None:
    table.record(blocked(1, tenant="a"), blocked(2, tenant="b"), blocked(3, NOON - 2 * DAY, tenant="a"))
    assert len(table.sample(Scope("tenant/a"), NOON - DAY, NOON + DAY, 10)) == 1
    assert len(table.sample(Scope("tenant/a"), NOON - 2 * DAY, NOON + DAY, 10)) == 2
    assert not table.sample(Scope("tenant/a"), NOON - DAY, NOON, 10)


def test_a_sample_is_read_no_further_than_it_takes(table: Table) -> None:
    table.record(*(blocked(n, NOON - DAY) for n in range(20)))
    table.record(*(blocked(n, NOON) for n in range(20, 40)))
    calls: list[str] = []
    for operation in ("Query", "BatchGetItem"):
        table.client.meta.events.register(
            f"before-call.dynamodb.{operation}", lambda model, **_: calls.append(model.name)
        )
    assert len(table.sample(ACCOUNT, NOON - DAY, NOON + DAY / 4, 15)) == 15
    assert calls == ["Query", "BatchGetItem"]


BLOCKLISTS = {ReplyClass.BLOCKLIST}


def test_a_sample_is_not_crowded_out_by_other_replies_nor_by_what_was_never_attempted(table: Table) -> None:
    minute = timedelta(minutes=1)
    stopped = [replace(bounce(n, NOON + n * minute), subtype="OnAccountSuppressionList") for n in range(2, 8)]
    table.record(blocked(1), *stopped, *(bounce(n, NOON + n * minute) for n in range(10, 16)))
    (heard,) = table.sample(ACCOUNT, NOON, NOON + DAY / 4, 3, BLOCKLISTS)
    assert heard.reply.reply_class is ReplyClass.BLOCKLIST


def test_a_sample_has_a_bounce_that_was_told_twice_once(table: Table) -> None:
    table.record(blocked(1, identity="shop.example"))
    table.record(blocked(1, configuration_set="newsletter"))
    assert len(table.sample(ACCOUNT, NOON, NOON + DAY / 4, 10)) == 1


def test_a_sample_is_the_newest_first_and_is_not_searched_for_for_ever(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_minute = [
        replace(blocked(n, NOON + n * timedelta(minutes=1)), recipients=(Recipient("x@gmail.com", "5.7.1", str(n)),))
        for n in range(6)
    ]
    table.record(*of_minute)
    assert [heard.text for heard in table.sample(ACCOUNT, NOON, NOON + DAY / 4, 3)] == ["5", "4", "3"]
    table.record(*(blocked(n, NOON - DAY) for n in range(7, 9)))
    monkeypatch.setattr("ses_reputation.adapters.feedback.SEARCHED", 6)
    assert table.sample(ACCOUNT, NOON - DAY, NOON + DAY / 4, 10, BLOCKLISTS) == []


def test_samples_of_many_scopes_at_one_moment_read_the_list_once(table: Table) -> None:
    table.record(*(blocked(n, tenant=f"t{n}") for n in range(5)))
    queries: list[str] = []
    table.client.meta.events.register("before-call.dynamodb.Query", lambda model, **_: queries.append(model.name))
    for number in range(5):
        (heard,) = table.sample(Scope(f"tenant/t{number}"), NOON, NOON + DAY / 4, 10)
        assert heard.reply.reply_class is ReplyClass.BLOCKLIST
    assert len(queries) == 1
    table.record(blocked(9, tenant="t1"))
    assert len(table.sample(Scope("tenant/t1"), NOON, NOON + DAY / 3, 10)) == 2, "the next evaluation reads anew"


def test_a_list_that_broke_off_is_not_taken_for_the_whole(table: Table) -> None:
    table.record(blocked(1))
    broken = [True]

    def break_once(**_: Any) -> None:
        if broken and broken.pop():
            raise EndpointConnectionError(endpoint_url="https://dynamodb")

    table.client.meta.events.register("before-call.dynamodb.Query", break_once)
    with pytest.raises(EndpointConnectionError):
        table.sample(ACCOUNT, NOON, NOON + DAY / 4, 10)
    assert len(table.sample(ACCOUNT, NOON, NOON + DAY / 4, 10)) == 1


def test_a_sample_is_looked_for_in_so_many_queries_and_no_more(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each scope of a few replies would read all that a storm of others lists."""
    monkeypatch.setattr("ses_reputation.adapters.feedback.SAMPLED_PAGES", 2)
    table.record(blocked(1, NOON - 2 * DAY), blocked(2, NOON - DAY))
    assert len(table.sample(ACCOUNT, NOON - 7 * DAY, NOON, 10)) == 1
    assert len(table.sample(ACCOUNT, NOON - 7 * DAY, NOON - DAY + DAY / 4, 10)) == 2
