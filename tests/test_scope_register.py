"""Scopes without end: so many of a month are counted apart, and the rest together, whoever asks and how often."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ses_reputation.adapters.batches import NotWritten
from ses_reputation.adapters.scope_register import ATTEMPTS, DynamoDbScopeRegister
from ses_reputation.domain.admission import Cohort, admitted, cohorts
from ses_reputation.domain.counting import Entry
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.scopes import ACCOUNT, Group, Scope
from ses_reputation_local.cloud import LocalCloud

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TENANTS = Cohort(Group("tenant"), date(2026, 3, 1))
MARCH_IS_KEPT_UNTIL = datetime(2026, 4, 1, tzinfo=UTC) + 400 * DAY + 90 * DAY

STANDINGS = """
Resources:
  StandingsTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: collection, AttributeType: S}
        - {AttributeName: name, AttributeType: S}
      KeySchema:
        - {AttributeName: collection, KeyType: HASH}
        - {AttributeName: name, KeyType: RANGE}
"""


def entry(*scopes: str, sent: datetime = NOON) -> Entry:
    """What is told of mail two days after it was sent."""
    named = (ACCOUNT, *map(Scope, scopes))
    return Entry("m-1", Measure.DELIVERED, sent + 2 * DAY, sent, named, {("gmail", Measure.DELIVERED): 1})


def tenants(*numbers: int) -> Mapping[Cohort, Sequence[Scope]]:
    return {TENANTS: [Scope(f"tenant/t-{number}") for number in numbers]}


# -- Which scopes are limited ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["account", "provider/gmail", "tenant/(other)", "tag/campaign=(other)"])
def test_what_is_one_or_of_a_table_or_stands_for_many_is_not_limited(scope: str) -> None:
    assert cohorts([entry(scope)]) == {}


def test_a_scope_is_of_the_month_of_its_mail_in_utc() -> None:
    late = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)
    in_march, in_april = entry("tenant/a", sent=late), entry("tenant/a", sent=late + timedelta(seconds=1))
    assert [cohort.month for cohort in cohorts([in_march, in_april])] == [date(2026, 3, 1), date(2026, 4, 1)]
    refused = {TENANTS: frozenset({Scope("tenant/a")})}
    assert [admitted(each, refused).scopes[1] for each in (in_march, in_april)] == ["tenant/(other)", "tenant/a"]


def test_an_entry_is_counted_with_all_others_where_its_scope_was_refused_and_only_there() -> None:
    refused = {TENANTS: frozenset({Scope("tenant/a")})}
    read = entry("configuration-set/a", "tenant/a")
    assert admitted(read, refused).scopes == ("account", "configuration-set/a", "tenant/(other)")
    assert admitted(entry("tenant/b"), refused).scopes == ("account", "tenant/b")
    assert admitted(entry("tenant/a", sent=NOON + 31 * DAY), refused).scopes == ("account", "tenant/a")


# -- The register ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("project") / "template.yaml"
    path.write_text(STANDINGS)
    return path


class Table:
    """The table of a local cloud with only that, and the calls that were made of it."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.client = cloud.client("dynamodb")
        self.name = cloud.resources["StandingsTable"]
        self.calls: list[str] = []
        self.pauses: list[int] = []
        self.before: Callable[[str], None] = lambda _: None
        self.client.meta.events.register("before-call.dynamodb", self._called)

    def _called(self, model: Any, **_: object) -> None:
        self.calls.append(model.name)
        self.before(model.name)

    def register(self, maximum: int = 3, remembered: int = 100) -> DynamoDbScopeRegister:
        """As a function has it that starts: it remembers nothing yet."""
        return DynamoDbScopeRegister(
            self.client,
            table=self.name,
            maximum=maximum,
            receipt_retention=90 * DAY,
            counter_retention=400 * DAY,
            pause=self.pauses.append,
            remembered=remembered,
        )

    def items(self) -> dict[tuple[str, str], Any]:
        return {
            (item["collection"]["S"], item["name"]["S"]): item
            for item in self.client.scan(TableName=self.name)["Items"]
        }

    def taken(self) -> int:
        """The count of March's tenants, which is what is registered."""
        items = self.items()
        taken = int(items["scope-counts", "scopes/tenant/2026-03"]["taken"]["N"])
        assert taken == sum(collection == "scopes/tenant/2026-03" for collection, _ in items)
        return taken


@pytest.fixture
def table(template: Path) -> Iterator[Table]:
    with LocalCloud(template=template) as cloud:
        yield Table(cloud)


def test_further_scopes_are_refused_and_those_known_never(table: Table) -> None:
    register = table.register()
    assert register.refused(tenants(1, 2)) == {}
    assert register.refused(tenants(1, 3, 4)) == {TENANTS: {"tenant/t-4"}}
    for again in (register, table.register()):
        assert again.refused(tenants(4, 3, 2, 1, 5)) == {TENANTS: {"tenant/t-4", "tenant/t-5"}}
    assert table.taken() == 3


def test_as_many_as_find_room_are_registered_in_the_order_in_which_they_come(table: Table) -> None:
    assert table.register().refused(tenants(1)) == {}
    assert table.register().refused(tenants(7, 6, 5, 4)) == {TENANTS: {"tenant/t-5", "tenant/t-4"}}
    assert table.taken() == 3


def test_more_than_one_transaction_holds_are_all_registered(table: Table) -> None:
    assert table.register(maximum=250).refused(tenants(*range(240))) == {}
    assert table.register(maximum=250).refused(tenants(*range(251))) == {TENANTS: {"tenant/t-250"}}
    assert table.taken() == 250


def test_every_cohort_has_room_of_its_own(table: Table) -> None:
    scopes = [*(f"tenant/{n}" for n in "abc"), *(f"tag/campaign={n}" for n in "abc"), *(f"tag/list={n}" for n in "abc")]
    register = table.register()
    assert register.refused(cohorts([entry(*scopes), entry(*scopes, sent=NOON + 31 * DAY)])) == {}
    refused = register.refused(cohorts([entry("tag/campaign=d", "configuration-set/d")]))
    assert refused == {Cohort(Group("tag/campaign"), date(2026, 3, 1)): {"tag/campaign=d"}}


def test_what_is_remembered_asks_nobody_and_what_is_full_is_not_written_to(table: Table) -> None:
    register = table.register()
    register.refused(tenants(1, 2, 3, 4))
    table.calls.clear()
    register.refused(tenants(1, 2, 3, 4))
    assert table.calls == []
    register.refused(tenants(5, 6))
    assert table.calls == ["BatchGetItem"]


def test_no_more_is_remembered_than_there_is_memory_for(table: Table) -> None:
    register = table.register(maximum=2, remembered=2)
    for _ in range(3):
        for number in range(6):
            refused = register.refused(tenants(number))
            assert refused == ({TENANTS: {f"tenant/t-{number}"}} if number > 1 else {})


def test_a_maximum_that_is_raised_lets_more_in_and_a_lowered_one_puts_nobody_out(table: Table) -> None:
    table.register(maximum=2).refused(tenants(1, 2, 3))
    assert table.register(maximum=3).refused(tenants(1, 2, 3)) == {}
    assert table.register(maximum=1).refused(tenants(1, 2, 3, 4)) == {TENANTS: {"tenant/t-4"}}


@pytest.mark.parametrize("maximum", [5, 3], ids=["and there is room", "and it took the last room"])
def test_a_scope_that_another_function_registered_meanwhile_is_in(table: Table, maximum: int) -> None:
    """It was looked up, and not there yet."""
    other = table.register(maximum)

    def meanwhile(call: str) -> None:
        if call == "TransactWriteItems":
            table.before = lambda _: None
            other.refused(tenants(1, 2, 3))

    table.before = meanwhile
    refused = table.register(maximum).refused(tenants(3, 4))
    assert refused == ({} if maximum == 5 else {TENANTS: {"tenant/t-4"}})
    assert table.taken() == min(maximum, 4)


def test_a_scope_that_took_the_last_room_meanwhile_is_in_whoever_asks(table: Table) -> None:
    """It was looked up, not there yet, and only others were tried for the room that was left."""
    other, asking = table.register(maximum=2), table.register(maximum=2)
    other.refused(tenants(1))
    attempts: list[str] = []

    def meanwhile(call: str) -> None:
        attempts.extend([call] if call == "TransactWriteItems" else [])
        if len(attempts) == 2:
            table.before = lambda _: None
            other.refused(tenants(3))

    table.before = meanwhile
    for register in (asking, asking, other):
        assert register.refused(tenants(2, 3)) == {TENANTS: {"tenant/t-2"}}
    assert table.taken() == 2


class Conflicts:
    """Another transaction that is in the way of the next so many."""

    def __init__(self, client: Any, times: int) -> None:
        self.times = times
        client.meta.events.register("before-call.dynamodb.TransactWriteItems", self)

    def __call__(self, **_: object) -> Any:
        if self.times <= 0:
            return None
        self.times -= 1
        reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
        answer = {
            "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
            "CancellationReasons": reasons,
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        response = type("Response", (), {"status_code": 400, "content": json.dumps(answer).encode(), "headers": {}})
        return response, answer


def test_who_is_in_the_way_is_waited_for(table: Table) -> None:
    Conflicts(table.client, times=2)
    assert table.register().refused(tenants(1)) == {}
    assert table.pauses == [1, 2]
    assert table.taken() == 1


def test_nothing_is_decided_while_others_keep_getting_in_the_way(table: Table) -> None:
    register = table.register()
    Conflicts(table.client, times=ATTEMPTS)
    with pytest.raises(NotWritten, match="1 scopes of tenant could not be registered"):
        register.refused(tenants(1))
    assert register.refused(tenants(1)) == {}


def test_the_register_of_a_month_is_kept_while_its_mail_counts_and_copies_can_come_and_its_count_longer(
    table: Table,
) -> None:
    table.register().refused(tenants(1))
    items = table.items()
    until = int(items["scopes/tenant/2026-03", "tenant/t-1"]["expires"]["N"])
    assert datetime.fromtimestamp(until, UTC) == MARCH_IS_KEPT_UNTIL
    assert int(items["scope-counts", "scopes/tenant/2026-03"]["expires"]["N"]) > until
