"""Counters are compared with the receipts, and mended by them: what differs is found, and nothing else is touched."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ses_reputation.adapters import keys
from ses_reputation.adapters.books import DynamoDbBooks
from ses_reputation.adapters.counters import DynamoDbCounters
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.domain.counting import Cell
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.reconciliation import Counted, Discrepancy, Receipted, compare
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.rebuild import LEAST_RETENTION, LOOKS, Span, UnfitSpan, reconcile, span_of
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.ses_mail import Bounce, BounceSubtype, BounceType, Complaint, Format, Message, Outcome, Topic
from ses_reputation_local.ses_simulator import SesSimulator
from ses_reputation_local.template import read_source
from tests.command import Command

NOW = datetime(2026, 3, 7, 12, 30, tzinfo=UTC)
NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ACME = Scope("tenant/acme")
SENT = ("gmail", Measure.SENT)
TOPICS = {Topic.BOUNCE: "BounceTopic", Topic.COMPLAINT: "ComplaintTopic", Topic.VOLUME: "VolumeTopic"}
SPAN = Span(NINE - DAY, NINE + HOUR)
TEMPLATE = Path(__file__).parents[1] / "template.yaml"


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        cloud.now = NOW
        yield cloud


COMMAND = Command(NOW, ("rebuild",))
run, told = COMMAND.run, COMMAND.told


def mail(cloud: LocalCloud, count: int = 5, at: datetime = NINE) -> None:
    """Mail of acme at two mailbox providers: some bounces, some is complained of."""
    ses = SesSimulator(f"{at}")
    published: dict[str, list[str]] = {topic: [] for topic in TOPICS.values()}
    for number in range(count):
        message = Message(
            "news@shop.example",
            (f"r{number}@gmail.com", f"r{number}@yahoo.com"),
            configuration_set="newsletter",
            tags={"ses:tenant-name": "acme"},
        )
        outcomes: list[Outcome] = []
        if number % 4 == 0:
            outcomes.append(Bounce((message.recipients[0],), BounceType.PERMANENT, BounceSubtype.NO_EMAIL))
        if number % 5 == 0:
            outcomes.append(Complaint(message.recipients[1]))
        for publication in ses.send(at + number * timedelta(minutes=1), message, *outcomes):
            published[TOPICS[publication.topic]].append(publication.message)
    for topic, messages in published.items():
        cloud.publish_all(topic, messages)
    cloud.deliver()


def items(cloud: LocalCloud, table: str = "CountersTable") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("dynamodb").scan(TableName=cloud.resources[table])["Items"]
    return found


def totals(cloud: LocalCloud, scope: Scope = ACCOUNT) -> Mapping[Any, int]:
    counters = DynamoDbCounters(cloud.client("dynamodb"), table=cloud.resources["CountersTable"])
    total: Counter[Any] = Counter()
    for hour in counters.hours(scope, NOW + DAY):
        total.update({(hour.hour, *what): n for what, n in hour.counts.items()})
    return +total


def put(cloud: LocalCloud, item: Mapping[str, Any], table: str = "CountersTable") -> None:
    cloud.client("dynamodb").put_item(TableName=cloud.resources[table], Item=item)


def delete(cloud: LocalCloud, item: Mapping[str, Any], *names: str, table: str = "CountersTable") -> None:
    key = {name: item[name] for name in names}
    cloud.client("dynamodb").delete_item(TableName=cloud.resources[table], Key=key)


def due(cloud: LocalCloud) -> set[str]:
    """The scopes that are marked because something was counted."""
    found = items(cloud, "StandingsTable")
    return {each["name"]["S"].rpartition(" ")[0] for each in found if each["collection"]["S"].startswith("due/")}


# -- The whole of it ---------------------------------------------------------------------------------------------------


def test_what_was_counted_rightly_agrees(cloud: LocalCloud) -> None:
    mail(cloud)
    document = told()
    assert (document["differences"], document["in_motion"], document["without_counts"]) == ([], [], [])
    assert document["agreeing"] == 2 * 4, "the account, the configuration set, the identity and the tenant; two hours"


def test_whatever_is_lost_from_the_counters_or_added_to_them_is_found_and_mended(cloud: LocalCloud) -> None:
    mail(cloud)
    mail(cloud, at=NINE - DAY)
    scopes = {Scope(item["scope"]["S"]) for item in items(cloud)}
    right = {scope: totals(cloud, scope) for scope in scopes}
    for seed in range(3):
        random, damaged = Random(seed), set()  # noqa: S311 - no secret
        for item in random.sample(items(cloud), 3):
            damaged.add((item["scope"]["S"], item["hour"]["S"][:13]))
            numbers = sorted(name for name in item if "." in name)
            if "rebuild" in item["hour"]["S"] or random.randrange(3) == 0:
                delete(cloud, item, "scope", "hour")
            elif random.randrange(2):
                put(cloud, {**item, random.choice(numbers): {"N": "1000"}})
            else:
                put(cloud, {name: value for name, value in item.items() if name != numbers[0]})
        found = told("--apply")
        assert {(d["scope"], d["hour"][:13]) for d in found["differences"]} == damaged
        assert {scope: totals(cloud, scope) for scope in scopes} == right


def test_a_difference_is_listed_by_scope_hour_provider_and_measure(cloud: LocalCloud) -> None:
    mail(cloud)
    item = next(item for item in items(cloud) if item["scope"]["S"] == ACME)
    put(cloud, {**item, "gmail.sent": {"N": "3"}})
    assert told(code=1)["differences"] == [
        {
            "scope": ACME,
            "hour": "2026-03-06T09:00:00Z",
            "provider": "gmail",
            "measure": "sent",
            "counted": 3,
            "by_receipts": 5,
        }
    ]
    output = run(code=1).output
    assert "gmail.sent" in output
    assert "Nothing was changed" in output


def test_mending_twice_adds_nothing_and_says_who_mended_and_when(cloud: LocalCloud) -> None:
    mail(cloud)
    right = totals(cloud)
    for item in items(cloud):
        delete(cloud, item, "scope", "hour")
    assert len(told("--apply")["corrected"]) == 8
    assert told("--apply")["corrected"] == []
    assert totals(cloud) == right
    written = [item for item in items(cloud) if item["hour"]["S"].endswith("#rebuild")]
    assert len(written) == 8
    assert {item["corrected_at"]["S"] for item in written} == {NOW.isoformat()}
    assert all(item["corrected_by"]["S"].startswith("arn:aws:") for item in written)


def test_what_was_mended_is_judged_anew(cloud: LocalCloud) -> None:
    mail(cloud)
    for item in items(cloud, "StandingsTable"):
        if item["collection"]["S"].startswith("due/"):
            delete(cloud, item, "collection", "name", table="StandingsTable")
    for item in items(cloud):
        if item["scope"]["S"] in {ACCOUNT, ACME}:
            delete(cloud, item, "scope", "hour")
    told("--apply")
    assert due(cloud) == {ACCOUNT, ACME, "provider/gmail", "provider/yahoo"}


def test_scopes_that_the_second_format_named_are_in_the_receipt(cloud: LocalCloud) -> None:
    ses = SesSimulator("both")
    message = Message("news@shop.example", ("r@gmail.com",), configuration_set="newsletter", formats=frozenset(Format))
    bounce = Bounce(message.recipients, BounceType.PERMANENT, BounceSubtype.NO_EMAIL)
    bounces = [p.message for p in ses.send(NINE, message, bounce) if p.topic is Topic.BOUNCE]
    identity_first = sorted(bounces, key=lambda text: "notificationType" not in text)
    for text, cells in zip(identity_first, (2, 3), strict=True):
        cloud.publish("BounceTopic", text)
        cloud.deliver()
        document = told()
        assert (document["differences"], document["agreeing"]) == ([], cells)


def test_hours_with_receipts_of_an_older_version_are_named_and_not_guessed(cloud: LocalCloud) -> None:
    mail(cloud)
    receipt = next(item for item in items(cloud, "ReceiptsTable") if "counts" in item)
    put(cloud, {name: value for name, value in receipt.items() if name != "counts"}, "ReceiptsTable")
    hour = receipt["time"]["S"][:13]
    for item in items(cloud):
        if item["hour"]["S"].startswith(hour):
            delete(cloud, item, "scope", "hour")
    document = told("--apply")
    assert (document["differences"], len(document["without_counts"])) == ([], 4)
    assert not [item for item in items(cloud) if item["hour"]["S"].startswith(hour)]


def test_hours_of_ses_statistics_are_left_out(cloud: LocalCloud) -> None:
    mail(cloud)
    hour = {"scope": {"S": ACME}, "expires": {"N": "1"}, "unspecified.reported": {"N": "90"}}
    put(cloud, {**hour, "hour": {"S": "2026-03-06T09#backfill"}})
    put(cloud, {**hour, "scope": {"S": ACCOUNT}, "hour": {"S": "2026-03-06T08#statistics"}})
    put(cloud, {**hour, "scope": {"S": ACCOUNT}, "hour": {"S": "2026-03-06T09#statistics"}})
    document = told()
    assert (document["differences"], document["backfilled"], document["agreeing"]) == ([], 1, 7)


def test_what_nobody_of_ours_wrote_into_a_counter_is_named_and_stops_neither_mending_nor_judging(
    cloud: LocalCloud,
) -> None:
    mail(cloud)
    right = totals(cloud)
    item = next(item for item in items(cloud) if item["scope"]["S"] == ACCOUNT)
    put(cloud, {**item, "gmail.com.foo": {"N": "1"}, "yahoo.sent.by": {"S": "x"}, "other.sent": {"N": "1.5"}})
    document = told()
    assert document["foreign"] == [
        {
            "scope": ACCOUNT,
            "hour": f"{item['hour']['S'][:13]}:00:00Z",
            "attributes": ["gmail.com.foo", "other.sent", "yahoo.sent.by"],
        }
    ]
    assert document["differences"] == []
    assert totals(cloud) == right
    assert "gmail.com.foo" in run().output


def test_one_scope_can_be_looked_at_alone(cloud: LocalCloud) -> None:
    mail(cloud)
    for item in items(cloud):
        delete(cloud, item, "scope", "hour")
    assert {d["scope"] for d in told("--scope", ACME, code=1)["differences"]} == {ACME}
    assert "a mailbox provider has no counters of its own" in run("--scope", "provider/gmail", code=2).output


# -- While others write ------------------------------------------------------------------------------------------------


class WrittenTo:
    """Books that somebody writes to before each look: counters and receipts together, as functions do."""

    def __init__(self, receipts: int, counted: int, writes: Callable[[int], int]) -> None:
        self.receipts, self.lost, self.writes, self.looks = receipts, receipts - counted, writes, 0

    def counted(self, span: Span) -> Mapping[Cell, Counted]:
        return {(ACCOUNT, span.since): Counted({SENT: self.receipts - self.lost}, {})}

    def receipted(self, span: Span, advance: Callable[[int], None]) -> Mapping[Cell, Receipted]:
        advance(1)
        self.receipts += self.writes(self.looks)
        self.looks += 1
        return {(ACCOUNT, span.since): Receipted({SENT: self.receipts})}

    def correct(self, cell: Cell, discrepancy: Discrepancy, by: str, now: datetime) -> bool:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("lost", "writes", "looks", "found"),
    [
        pytest.param(0, lambda _: 0, 1, "agrees", id="nobody writes and nothing is lost"),
        pytest.param(3, lambda _: 0, 2, "differs", id="nobody writes and something is lost"),
        pytest.param(0, lambda look: 1 if look == 0 else 0, 2, "agrees", id="somebody writes at first"),
        pytest.param(
            3, lambda look: 1 if look == 0 else 0, 3, "differs", id="somebody writes at first, and some is lost"
        ),
        pytest.param(3, lambda _: 1, LOOKS, "moves", id="somebody writes all the time"),
    ],
)
def test_a_difference_is_what_two_looks_found_while_nobody_wrote(
    lost: int, writes: Callable[[int], int], looks: int, found: str
) -> None:
    books = WrittenTo(10, 10 - lost, writes)
    comparison = reconcile(books, SPAN, lambda _: None)
    assert books.looks == looks
    assert (comparison.agreeing, len(comparison.discrepancies), len(comparison.moving)) == (
        found == "agrees",
        found == "differs",
        found == "moves",
    )
    assert [d.by_receipts - d.counted for d in comparison.differences()] == ([3] if found == "differs" else [])


def test_mail_that_is_counted_while_an_hour_is_mended_stays_counted(cloud: LocalCloud) -> None:
    mail(cloud)
    for item in items(cloud):
        delete(cloud, item, "scope", "hour")
    books = books_of(cloud)
    comparison = reconcile(books, Span(NINE, NINE + DAY), lambda _: None)
    mail(cloud, 3, at=NINE + timedelta(minutes=30))
    for cell, discrepancy in comparison.discrepancies.items():
        assert books.correct(cell, discrepancy, "somebody", NOW)
    assert totals(cloud)[NINE, *SENT] == 5 + 3
    assert told()["differences"] == []


def test_of_two_who_mend_the_same_hour_one_does(cloud: LocalCloud) -> None:
    mail(cloud)
    right = totals(cloud)
    for item in items(cloud):
        delete(cloud, item, "scope", "hour")
    books = books_of(cloud)
    comparison = reconcile(books, Span(NINE, NINE + DAY), lambda _: None)
    for expected in (True, False):
        for cell, discrepancy in comparison.discrepancies.items():
            assert books.correct(cell, discrepancy, "somebody", NOW) is expected
    assert totals(cloud) == right


def books_of(cloud: LocalCloud) -> DynamoDbBooks:
    client, resources = cloud.client("dynamodb"), cloud.resources
    marks = DynamoDbDue(
        client, standings_table=resources["StandingsTable"], new_token=lambda: "token", pause=lambda _: None
    )
    return DynamoDbBooks(
        client,
        receipts_table=resources["ReceiptsTable"],
        counters_table=resources["CountersTable"],
        counter_retention=365 * DAY,
        due=marks,
    )


def test_a_correction_of_many_providers_is_written_in_parts(cloud: LocalCloud) -> None:
    missing = {(f"provider-{n}", Measure.SENT): n + 1 for n in range(100)}
    assert books_of(cloud).correct((ACCOUNT, NINE), Discrepancy(Counted({}, {}), missing), "somebody", NOW)
    (item,) = items(cloud)
    assert keys.counter_numbers(item) == missing
    assert int(item["expires"]["N"]) == (NINE + 365 * DAY).timestamp(), "with the counters of its hour"
    assert len(due(cloud)) == 101


# -- Which hours -------------------------------------------------------------------------------------------------------


def test_the_hours_compared_are_those_whose_receipts_no_retention_can_have_ended() -> None:
    span = span_of(NOW, None, None, None, 365 * DAY)
    assert span == Span(NOW.replace(minute=0) - 58 * DAY, NOW.replace(minute=0) - HOUR)
    least = read_source(TEMPLATE)["Parameters"]["ReceiptRetentionDays"]["MinValue"]
    assert least * DAY == LEAST_RETENTION


@pytest.mark.parametrize(
    ("since", "until", "retention", "problem"),
    [
        pytest.param(NOW - 88 * DAY, None, 90, None, id="as far back as the retention allows"),
        pytest.param(NOW - 89 * DAY, None, 90, "have expired", id="further back"),
        pytest.param(None, NOW, 90, "over for an hour", id="until an hour that is not over"),
        pytest.param(NOW - 2 * HOUR, NOW - 2 * HOUR, 90, "no full hour", id="nothing at all"),
    ],
)
def test_hours_that_can_not_be_compared_are_refused(
    since: datetime | None, until: datetime | None, retention: int, problem: str | None
) -> None:
    if problem is None:
        span_of(NOW, since, until, None, retention * DAY)
    else:
        with pytest.raises(UnfitSpan, match=problem):
            span_of(NOW, since, until, None, retention * DAY)


# -- Laws --------------------------------------------------------------------------------------------------------------

numbers = st.dictionaries(st.sampled_from([SENT, ("yahoo", Measure.SENT)]), st.integers(1, 5))
cells = st.dictionaries(st.sampled_from([(ACCOUNT, NINE), (ACME, NINE)]), numbers)


@settings(max_examples=30)
@given(cells, cells)
def test_adding_what_is_missing_makes_the_counters_what_the_receipts_say(
    counted: Mapping[Cell, Mapping[Any, int]], receipts: Mapping[Cell, Mapping[Any, int]]
) -> None:
    counters = {cell: Counted(n, {}) for cell, n in counted.items()}
    found = compare(counters, {cell: Receipted(n) for cell, n in receipts.items()}, counters)
    for cell in counted.keys() | receipts.keys():
        mended = Counter(counted.get(cell, {}))
        if cell in found.discrepancies:
            mended.update(found.discrepancies[cell].missing)
        assert +mended == Counter(receipts.get(cell, {}))
