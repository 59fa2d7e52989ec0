"""What a table lost comes back from its backup while mail goes on: nothing counts twice, and nobody is told again."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from ses_reputation.adapters import keys, restored_tables
from ses_reputation.adapters.documents import put_if_unchanged
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.restore import SUFFIX, Outcome, Table
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.ses_mail import Format, Topic
from tests.command import Command
from tests.test_whole_path import EMAIL, HOUR, MORNING, mail, publish, status, totals

TABLES = ("ReceiptsTable", "CountersTable", "StandingsTable")
KEYS = {
    "ReceiptsTable": ("message_id", "entry"),
    "CountersTable": ("scope", "hour"),
    "StandingsTable": ("collection", "name"),
}
SCOPES = ("account", "configuration-set/newsletter", "identity/shop.example")
DAY = timedelta(days=1)


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud({**EMAIL, "MinimumVolume": "20"}) as cloud:
        cloud.now = MORNING + HOUR
        yield cloud


run = Command(MORNING + DAY).run


def restored(*arguments: str) -> Mapping[str, Mapping[str, int]]:
    """What came of each table's items, without what did not happen."""
    tables = json.loads(run("restore", "--json", *arguments).stdout)["tables"]
    return {table: {outcome: n for outcome, n in found.items() if n} for table, found in tables.items()}


def items(cloud: LocalCloud, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("dynamodb").scan(TableName=cloud.resources[table])["Items"]
    return found


def back_up(cloud: LocalCloud) -> None:
    """Restore each table as it is now beside itself: moto knows no other point in time."""
    for table in TABLES:
        name = cloud.resources[table]
        cloud.client("dynamodb").restore_table_to_point_in_time(
            SourceTableName=name, TargetTableName=f"{name}{SUFFIX}", UseLatestRestorableTime=True
        )


def lose(cloud: LocalCloud, *tables: str) -> None:
    for table in tables:
        for item in items(cloud, table):
            key = {name: item[name] for name in KEYS[table]}
            cloud.client("dynamodb").delete_item(TableName=cloud.resources[table], Key=key)


def put(cloud: LocalCloud, table: str, item: Mapping[str, Any]) -> None:
    cloud.client("dynamodb").put_item(TableName=cloud.resources[table], Item=item)


def test_what_all_tables_lost_comes_back_and_nobody_is_told_twice(cloud: LocalCloud) -> None:
    published = mail(30, bad=6)
    publish(cloud, published)
    cloud.deliver()
    cloud.tick(MORNING + HOUR, ["EvaluateReputation"])
    assert len(cloud.emails()) == 4
    right = {scope: totals(cloud, scope) for scope in SCOPES}
    back_up(cloud)
    lose(cloud, *TABLES)
    # No evaluation runs, but mail goes on, and some events come again.
    publish(cloud, [*published[:20], *mail(10, bad=0, at=MORNING + 2 * HOUR)])
    cloud.deliver()
    for _ in range(2):
        run("restore", "--apply")
        run("rebuild", "--apply")
    cloud.tick(MORNING + 4 * HOUR, ["EvaluateReputation"])
    assert cloud.emails() == []
    for scope in SCOPES:
        assert status(cloud, scope) is Status.PROBATION
        assert sum(totals(cloud, scope).values()) == sum(right[scope].values()) + 2 * 10
    publish(cloud, published)
    cloud.deliver()
    assert sum(totals(cloud, "account").values()) == sum(right["account"].values()) + 2 * 10


def test_a_dry_run_says_what_would_come_back_and_changes_nothing(cloud: LocalCloud) -> None:
    publish(cloud, mail(3, bad=1))
    cloud.deliver()
    receipts = len(items(cloud, "ReceiptsTable"))
    back_up(cloud)
    assert "all of it is there" in run("restore").output
    lose(cloud, "ReceiptsTable")
    assert restored()["receipts"] == {"restored": receipts}
    assert items(cloud, "ReceiptsTable") == []
    assert restored("--apply")["receipts"] == {"restored": receipts}
    assert restored("--apply")["receipts"] == {"kept": receipts}


def test_without_a_restored_table_it_is_said_how_to_make_one(cloud: LocalCloud) -> None:
    output = run("restore", code=1).output
    for table in TABLES:
        assert f"--target-table-name {cloud.resources[table]}{SUFFIX}" in output


def test_a_restored_table_that_was_not_ready_is_named_and_once_it_is_both_commands_mend(cloud: LocalCloud) -> None:
    publish(cloud, mail(3, bad=1))
    cloud.deliver()
    right = totals(cloud, "account")
    dynamodb, name = cloud.client("dynamodb"), cloud.resources["CountersTable"]
    back_up(cloud)
    lose(cloud, "ReceiptsTable")
    dynamodb.delete_table(TableName=f"{name}{SUFFIX}")
    output = run("restore", "--apply").output
    assert f"Nothing was read of {name}{SUFFIX}: it is not there, or not ready yet." in output
    assert json.loads(run("restore", "--json").stdout)["not_found"] == {"counters": f"{name}{SUFFIX}"}
    back_up_one = {"TargetTableName": f"{name}{SUFFIX}", "UseLatestRestorableTime": True}
    dynamodb.restore_table_to_point_in_time(SourceTableName=name, **back_up_one)
    lose(cloud, "CountersTable")
    run("rebuild", "--apply")
    restored("--apply")
    run("rebuild", "--apply")
    assert totals(cloud, "account") == right


def test_a_receipt_that_was_written_anew_gets_back_the_scopes_that_it_was_counted_in(cloud: LocalCloud) -> None:
    bounces = [p for p in mail(1, bad=1, formats=frozenset(Format)) if p.topic is Topic.BOUNCE]
    (identity,) = [p for p in bounces if "notificationType" in json.loads(p.message)]
    event = [p for p in bounces if p is not identity]
    publish(cloud, event)
    cloud.deliver()
    right = totals(cloud, "configuration-set/newsletter")
    back_up(cloud)
    lose(cloud, "ReceiptsTable", "CountersTable")
    publish(cloud, [identity])
    cloud.deliver()
    assert totals(cloud, "configuration-set/newsletter") == {}
    assert restored("--apply")["receipts"]["merged"] == 1
    run("rebuild", "--apply")
    assert totals(cloud, "configuration-set/newsletter") == right
    assert totals(cloud, "account") == right


def test_a_receipt_that_was_written_anew_in_another_scope_of_a_group_stays_there(cloud: LocalCloud) -> None:
    """The register was lost too, so who counted with all others found room, or none any more."""
    publish(cloud, mail(1, bad=0)[:1])
    cloud.deliver()
    (sent,) = [item for item in items(cloud, "ReceiptsTable") if item["entry"]["S"] == "sent"]
    back_up(cloud)
    anew = [{"S": "account"}, {"S": "configuration-set/(other)"}]
    put(cloud, "ReceiptsTable", {**sent, "scopes": {"L": anew}})
    for outcome in ("merged", "kept"):
        assert restored("--apply")["receipts"] == {outcome: 1}
        (there,) = items(cloud, "ReceiptsTable")
        assert there["scopes"]["L"] == [*anew, {"S": "identity/shop.example"}]


def test_a_recipient_who_is_forgotten_meanwhile_is_not_written_back(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = {
        "message_id": {"S": "m-1"},
        "entry": {"S": "hard_bounced#1"},
        "recipients": {"L": [{"M": {"address": {"S": "jane@gmail.com"}}}]},
        "scopes": {"L": [{"S": "account"}, {"S": "tenant/acme"}]},
    }
    put(cloud, "ReceiptsTable", receipt)
    back_up(cloud)
    put(cloud, "ReceiptsTable", {**receipt, "scopes": {"L": [{"S": "account"}]}})

    def forget_first(*arguments: Any) -> bool:
        run("forget", "jane@gmail.com", "--apply")
        return put_if_unchanged(*arguments)

    monkeypatch.setattr(restored_tables, "put_if_unchanged", forget_first)
    assert "1 items were changed by others" in run("restore", "--apply", code=1).output
    assert restored("--apply")["receipts"] == {"merged": 1}
    (item,) = items(cloud, "ReceiptsTable")
    assert "jane" not in json.dumps(item)
    assert len(item["scopes"]["L"]) == 2


def standing(name: str, version: int, **attributes: Any) -> dict[str, Any]:
    key = {"collection": {"S": "standing/0"}, "name": {"S": name}}
    return {**key, "version": {"N": str(version)}, **attributes}


@pytest.mark.parametrize(
    ("there", "outcome", "version"),
    [
        pytest.param(None, "restored", 7, id="is missing"),
        pytest.param(1, "replaced", 8, id="was begun anew"),
        pytest.param(7, "kept", 7, id="is the same"),
        pytest.param(9, "kept", 9, id="went on"),
    ],
)
def test_the_standing_that_has_been_through_more_stays(
    cloud: LocalCloud, there: int | None, outcome: str, version: int
) -> None:
    put(cloud, "StandingsTable", standing("tenant/acme", 7))
    back_up(cloud)
    lose(cloud, "StandingsTable")
    if there is not None:
        put(cloud, "StandingsTable", standing("tenant/acme", there))
    assert restored("--apply")["standings"] == {outcome: 1}
    found = {item["collection"]["S"][:4]: item for item in items(cloud, "StandingsTable")}
    assert found["stan"]["version"]["N"] == str(version)
    assert ("due/" in found) == (outcome != "kept"), "what is back is judged"


def test_counts_that_are_back_are_judged_in_weeks_that_are_added_up_anew(cloud: LocalCloud) -> None:
    hour = {"scope": {"S": ACCOUNT}, "hour": {"S": "2026-02-03T07#1"}, "gmail.sent": {"N": "1"}}
    weeks = {**keys.item_key(keys.shard(keys.WEEKS, ACCOUNT), ACCOUNT), "version": {"N": "1"}}
    put(cloud, "CountersTable", hour)
    put(cloud, "StandingsTable", weeks)
    back_up(cloud)
    lose(cloud, "CountersTable", "StandingsTable")
    assert restored("--apply") == {"receipts": {}, "counters": {"restored": 1}, "standings": {}}
    assert items(cloud, "CountersTable") == [hour]
    marked = {item["name"]["S"]: item["week"]["S"] for item in items(cloud, "StandingsTable")}
    assert marked == dict.fromkeys(("account 2026-02-02", "provider/gmail 2026-02-02"), "2026-02-02T00:00:00+00:00")


def test_what_is_not_back_is_in_no_week_that_was_added_up(cloud: LocalCloud) -> None:
    back_up(cloud)
    weeks = {**keys.item_key(keys.shard(keys.WEEKS, ACCOUNT), ACCOUNT), "version": {"N": "1"}}
    put(cloud, "StandingsTable", weeks)
    restored()
    assert items(cloud, "StandingsTable") == [weeks], "nothing is changed yet"
    restored("--apply")
    assert items(cloud, "StandingsTable") == []


def test_an_alert_that_was_sent_since_is_not_sent_again_and_one_that_was_lost_is(cloud: LocalCloud) -> None:
    publish(cloud, mail(30, bad=6))
    cloud.deliver()
    cloud.client("sns").delete_topic(TopicArn=cloud.resources["StatusTopic"])
    cloud.tick(MORNING + HOUR, ["EvaluateReputation"])
    waiting = [item for item in items(cloud, "StandingsTable") if item["collection"]["S"] == "outbox"]
    assert len(waiting) == 4
    back_up(cloud)
    for item in waiting:
        key = {name: item[name] for name in KEYS["StandingsTable"]}
        cloud.client("dynamodb").delete_item(TableName=cloud.resources["StandingsTable"], Key=key)
    assert restored("--apply")["standings"]["sent"] == 4
    lose(cloud, "StandingsTable")
    assert "sent" not in restored("--apply")["standings"]
    assert [item for item in items(cloud, "StandingsTable") if item["collection"]["S"] == "outbox"] == waiting


def test_what_has_expired_stays_away(cloud: LocalCloud) -> None:
    gone = {"scope": {"S": "account"}, "hour": {"S": "2025-03-06T09#1"}, "expires": {"N": "1741251600"}}
    put(cloud, "CountersTable", gone)
    back_up(cloud)
    lose(cloud, "CountersTable")
    assert restored("--apply")["counters"] == {"expired": 1}
    assert items(cloud, "CountersTable") == []


def test_a_scope_that_was_due_is_due_once_its_standing_is_back(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def standings_first(client: Any, table: str, read: Any, **_: Any) -> list[Any]:
        found = client.scan(TableName=table)["Items"]
        return [read(sorted(found, key=lambda item: item["collection"]["S"], reverse=True))]

    monkeypatch.setattr(restored_tables, "scan_parts", standings_first)
    names = [f"tenant/t{number}" for number in range(3)]
    for name in names:
        put(cloud, "StandingsTable", standing(name, 1))
        mark = keys.item_key(keys.shard("due", Scope(name)), name)
        put(cloud, "StandingsTable", {**mark, "token": {"S": "then"}})
    back_up(cloud)
    lose(cloud, "StandingsTable")
    client, resources = cloud.client("dynamodb"), cloud.resources
    marks = DynamoDbDue(
        client, standings_table=resources["StandingsTable"], new_token=lambda: "now", pause=lambda _: None
    )
    tables = restored_tables.DynamoDbRestoredTables(
        client, tables={Table.STANDINGS: resources["StandingsTable"]}, due=marks, now=MORNING
    )
    (_, others) = tables.restore(Table.STANDINGS, apply=True)
    assert others == {Outcome.RESTORED: 3, Outcome.KEPT: 3}
    due = [i["name"]["S"] for i in items(cloud, "StandingsTable") if i["collection"]["S"].startswith("due/")]
    assert sorted(due) == sorted(names)
