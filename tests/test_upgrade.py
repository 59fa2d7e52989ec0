"""What a release has written, every later one reads and goes on from; and none misreads what a newer one wrote."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from moto.moto_api._internal import mock_random

from ses_reputation.adapters import keys
from ses_reputation.adapters.chunks import DynamoDbChunks
from ses_reputation.adapters.counters import DynamoDbCounters
from ses_reputation.adapters.dead_letter_queues import DeadLetterQueues
from ses_reputation.adapters.enforcements import DynamoDbEnforcements
from ses_reputation.adapters.feedback import DynamoDbFeedback
from ses_reputation.adapters.held_schema import DynamoDbHeldSchema
from ses_reputation.adapters.identities import DynamoDbIdentities
from ses_reputation.adapters.known_weeks import DynamoDbKnownWeeks
from ses_reputation.adapters.replaced_topics import DynamoDbReplacedTopics
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.adapters.verdicts import DynamoDbVerdicts
from ses_reputation.dashboard.pages import ScopePage, fields_of
from ses_reputation.diagnosis.faults import Check
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.enforcement import Enforcement
from ses_reputation.domain.news import News
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.recipients import RecipientStorage
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Standing
from ses_reputation.domain.verdict import Verdict
from ses_reputation.due import Chunk
from ses_reputation.feedback import BOUNCES
from ses_reputation.outbox import Channel, Outgoing
from ses_reputation.redrive import Discarded
from ses_reputation.schema import SCHEMA, TablesAreNewer
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.template import read_source
from tests.command import Command
from tests.released import keep, kept, world
from tests.released.kinds import TABLES
from tests.released.world import END, HOUR, MONDAY, NEWSLETTER

EVALUATE = ["EvaluateReputation"]
LATER = END + 2 * HOUR


COMMAND = Command(END)


@pytest.fixture(params=kept.RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def cloud(release: str) -> Iterator[LocalCloud]:
    """This version, deployed over the tables of a release."""
    with deployed_over(release) as cloud:
        yield cloud


@contextmanager
def deployed_over(release: str) -> Iterator[LocalCloud]:
    with LocalCloud(world.PARAMETERS) as cloud:
        cloud.now = END
        cloud.sent_elsewhere = []
        for table in TABLES:
            kept.put(cloud, table, kept.items(release, table))
        yield cloud


def standings(cloud: LocalCloud) -> DynamoDbStandings:
    return DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])


def total(cloud: LocalCloud, scope: Scope, measure: Measure, before: datetime = END + HOUR) -> int:
    counters = DynamoDbCounters(cloud.client("dynamodb"), table=cloud.resources["CountersTable"])
    return sum(hour.total(measure) for hour in counters.hours(scope, before))


def evaluate(cloud: LocalCloud, now: datetime = LATER) -> Exception | None:
    (run,) = cloud.tick(now, EVALUATE)
    return run.error


# -- What is kept ------------------------------------------------------------------------------------------------------


def test_items_of_every_collection_are_kept() -> None:
    """Those with a constant. Others are found by what stories write: test_rate_stories.py."""
    collections = {
        *(
            keys.OUTBOX,
            keys.WEEKS,
            keys.CHUNKS,
            keys.OPEN_FINDINGS,
            keys.OUTAGES,
            keys.REQUESTS,
            keys.SUMMARY,
            keys.RUNS,
        ),
        *(keys.VERIFIED_IDENTITIES, keys.FEEDBACK_LOOPS, keys.VERDICTS, keys.ENFORCEMENTS, keys.TENANT_VERDICTS),
        *(keys.REPLACED_TOPICS, keys.DISCARDED, keys.SCOPE_COUNTS, keys.STATISTICS, keys.SCHEMA),
        *("standing", "news", "news-in", "due", "scopes"),
    }
    found = {
        kind.removeprefix("standings: ").partition("/")[0] for kind in kept.known() if kind.startswith("standings")
    }
    assert found == collections
    assert {f"counters: {w}" for w in ("events", keys.STATISTICS, keys.BACKFILL, keys.REBUILD)} <= kept.known().keys()
    assert {f"standings: outbox/{channel}" for channel in Channel} <= kept.known().keys()
    assert {f"receipts: {measure}" for measure in BOUNCES} <= kept.known().keys()


def test_what_is_kept_has_the_same_ids_each_time() -> None:
    drawn = []
    for _ in range(2):
        with keep.same_draws():
            drawn.append([uuid4(), mock_random.uuid4(), random.getstate()])
    assert drawn[0] == drawn[1]
    assert uuid4() not in drawn[0]


# -- What was written is read ------------------------------------------------------------------------------------------

DOCUMENTS: dict[str, Any] = {
    "standing": Standing,
    "news": News,
    "news-in": News,
    "outbox": Outgoing,
    "chunks": Chunk,
    "verdicts": Verdict,
    "tenant-verdicts": Verdict,
    "enforcements": Enforcement,
    "discarded": Discarded,
}


def test_a_document_of_a_release_is_read_and_nothing_of_it_is_lost_when_it_is_written_again(release: str) -> None:
    read = set()
    for item in kept.items(release, "standings"):
        collection = item["collection"]["S"].partition("/")[0]
        if collection in DOCUMENTS:
            text = item["document"]["S"]
            again = msgspec.json.encode(msgspec.json.decode(text, type=DOCUMENTS[collection]))
            assert holds(json.loads(again), json.loads(text)), f"{item['collection']} {item['name']}"
            read.add(collection)
    assert read == DOCUMENTS.keys()


def holds(whole: object, part: object) -> bool:
    """Whether all of a document is in another one, which may have more fields."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and holds(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(holds, whole, part))
    return whole == part


def test_all_else_of_a_release_is_read(cloud: LocalCloud, release: str) -> None:
    client, table = cloud.client("dynamodb"), cloud.resources["StandingsTable"]
    known = standings(cloud)
    assert known.learned().feedback_share == 40
    assert "proton" in known.learned().providers
    assert known.summarised()
    assert len(list(known.outages())) == 1
    assert len(list(known.with_findings())) >= 3
    assert known.listed(1).rows
    assert all(
        known.is_done(item["name"]["S"]) for item in kept.items(release, "standings") if _is(item, keys.REQUESTS)
    )
    assert DynamoDbIdentities(client, table=table).read() == {"shop.example"}
    assert DynamoDbReplacedTopics(client, table=table).read().keys() == {"shop.example"}
    assert DynamoDbHeldSchema(client, table=table).read() == 1
    verdicts = DynamoDbVerdicts(client, table=table)
    assert {verdict.scope for verdict in verdicts.verdicts()} >= {ACCOUNT, world.BIKES}
    assert verdicts.statistics_taken(END).read == MONDAY + HOUR
    enforcements = DynamoDbEnforcements(client, table=table)
    assert world.BIKES in {enforcement.scope for enforcement in enforcements.all()}
    retention = timedelta(days=365 + 31)  # by the default of OldestMailDays: what was added up by another is nothing
    weeks = DynamoDbKnownWeeks(client, table=table, source=VolumeSource.SEND_EVENTS, counter_retention=retention)
    assert weeks.known(ACCOUNT).totals
    chunks = DynamoDbChunks(client, cloud.client("sqs"), table=table, queue_url="", size=2)
    assert [len(chunk.due) for chunk in chunks.waiting()] == [2]
    queues = DeadLetterQueues(
        cloud.client("sqs"),
        cloud.client("lambda"),
        client,
        dead={},
        sources={},
        ses_rule="",
        standings_table=table,
        pause=print,
    )
    assert [one.note for one in queues.discarded()] == ["It is garbage."]
    feedback = DynamoDbFeedback(client, table=cloud.resources["ReceiptsTable"])
    recent = feedback.recent(world.BIKES, BOUNCES, MONDAY, MONDAY + timedelta(days=1), 50)
    assert {recipient.address for each in recent.feedback for recipient in each.recipients} >= {"reader1@yahoo.com"}


def _is(item: dict[str, Any], collection: str) -> bool:
    return bool(item["collection"]["S"] == collection)


# -- And gone on from --------------------------------------------------------------------------------------------------


def test_mail_of_a_release_counts_once_and_new_mail_on_top(cloud: LocalCloud) -> None:
    before = {measure: total(cloud, world.BIKES, measure) for measure in Measure}
    world.tell_of_the_morning(cloud)
    assert {measure: total(cloud, world.BIKES, measure) for measure in Measure} == before
    world.tell_of_the_morning(cloud, "another morning")
    sent = total(cloud, world.BIKES, Measure.SENT)
    assert sent == before[Measure.SENT] + 17
    assert total(cloud, world.BIKES, Measure.HARD_BOUNCED) == before[Measure.HARD_BOUNCED] + 7


@pytest.mark.parametrize("storage", [RecipientStorage.HASHED, RecipientStorage.NONE])
def test_so_it_does_where_a_release_kept_no_addresses(release: str, storage: RecipientStorage) -> None:
    with world.keeping(storage) as cloud:
        kept.put(cloud, "receipts", kept.items(release, "receipts", storage))
        world.tell_of_the_morning(cloud)
        assert total(cloud, ACCOUNT, Measure.SENT) == 0
        recorded = [run for run in cloud.invocations if run.function == "RecordFeedback"]
        assert recorded
        assert not [run for run in recorded if run.error or run.result != {"batchItemFailures": []}]


def test_a_standing_of_a_release_is_judged_further(cloud: LocalCloud) -> None:
    known = standings(cloud)
    before = {scope: known.read(scope) for scope in (NEWSLETTER, ACCOUNT)}
    assert evaluate(cloud) is None
    for scope, old in before.items():
        after = known.read(scope)
        assert after.version > old.version
        assert after.standing.evaluated == LATER
        assert old.standing.findings
        assert {f.id for f in old.standing.findings.values()} == {f.id for f in after.standing.findings.values()}
    assert list(known.outgoing()) == []
    assert cloud.sent_elsewhere, "what waited for the other account has gone"
    assert not [run for run in cloud.invocations if run.error]


def test_a_dead_letter_of_a_release_is_sent_back_and_counted(cloud: LocalCloud, release: str) -> None:
    before = total(cloud, ACCOUNT, Measure.HARD_BOUNCED, datetime(2030, 1, 1, tzinfo=UTC))
    for letter in kept.dead_letters(release):
        attributes = {n: {"DataType": "String", "StringValue": v} for n, v in letter["attributes"].items()}
        cloud.client("sqs").send_message(
            QueueUrl=cloud.resources[letter["queue"]], MessageBody=letter["body"], MessageAttributes=attributes
        )
    groups = COMMAND.told("redrive")["groups"]
    assert {group["queue"] for group in groups} == {"feedback", "finding", "enforcement", "suppression", "evaluation"}
    COMMAND.run("redrive", "--retry", "--apply")
    cloud.deliver()
    assert total(cloud, ACCOUNT, Measure.HARD_BOUNCED, datetime(2030, 1, 1, tzinfo=UTC)) == before + 1


# -- A newer schema is refused -----------------------------------------------------------------------------------------


@pytest.fixture
def newer() -> Iterator[LocalCloud]:
    """This version, deployed over tables that a version to come has written in."""
    with deployed_over(kept.RELEASES[-1]) as cloud:
        set_schema(cloud, keys.SCHEMA, "tables", SCHEMA + 1)
        yield cloud


def set_schema(cloud: LocalCloud, collection: str, name: str, schema: int) -> None:
    cloud.client("dynamodb").update_item(
        TableName=cloud.resources["StandingsTable"],
        Key=keys.item_key(collection, name),
        UpdateExpression="SET #schema = :schema",
        ExpressionAttributeNames={"#schema": "schema"},
        ExpressionAttributeValues={":schema": {"N": str(schema)}},
    )


def test_nothing_is_judged_in_tables_of_a_newer_version_but_mail_is_counted(newer: LocalCloud) -> None:
    before = world.table(newer, "standings")
    error = evaluate(newer)
    assert isinstance(error, TablesAreNewer)
    assert "the tables hold schema 2, and this version knows none above 1" in str(error)
    assert world.table(newer, "standings") == before
    assert "CompleteEvaluations" not in str(newer.invocations[-1].logs), "so that the alarm is raised"
    counted = total(newer, world.BIKES, Measure.SENT)
    world.tell_of_the_morning(newer, "another morning")
    assert total(newer, world.BIKES, Measure.SENT) > counted
    set_schema(newer, keys.SCHEMA, "tables", SCHEMA)  # as the version to come would find it
    assert evaluate(newer, LATER + HOUR) is None


def test_nobody_decides_about_a_standing_that_a_newer_version_wrote(cloud: LocalCloud) -> None:
    """Though the tables are not known to be newer yet: functions are deployed one after the other."""
    shard = keys.shard("standing", world.BOOKS)
    finding = next(iter(standings(cloud).read(world.BOOKS).standing.findings.values()))
    set_schema(cloud, shard, world.BOOKS, SCHEMA + 1)
    decide = {"command": "decide", "scope": world.BOOKS, "finding": finding.id, "decision": "lift", "note": "Ours."}
    assert_refused(cloud, decide)


def test_nor_about_a_scope_of_which_nothing_was_written_yet(newer: LocalCloud) -> None:
    before = world.table(newer, "standings")
    assert_refused(newer, {"command": "report", "scope": "tenant/new", "category": "other", "evidence": "It is odd."})
    assert world.table(newer, "standings") == before


def assert_refused(cloud: LocalCloud, command: dict[str, Any]) -> None:
    """Through the function URL, which tells nobody what a function raises."""
    answer = cloud.call("Operate", command, world.ANN)
    assert answer.status == 503
    assert "the tables hold schema 2, and this version knows none above 1" in str(answer.body)


def test_the_dashboard_says_that_a_newer_version_wrote_what_it_should_show(cloud: LocalCloud) -> None:
    set_schema(cloud, keys.shard("standing", world.BOOKS), world.BOOKS, SCHEMA + 1)
    run = cloud.invoke("ShowDashboard", {"widgetContext": {}, **fields_of(ScopePage(world.BOOKS))})
    assert run.error is None
    assert "The tables hold schema 2, and this version knows none above 1" in str(run.result)


def test_commands_that_write_into_the_tables_refuse_newer_ones_and_doctor_says_why(newer: LocalCloud) -> None:
    assert newer
    for name in ("rebuild", "restore", "backfill"):
        assert "the tables hold schema 2" in COMMAND.run(name, code=1).output, name
    (check,) = (check for check in COMMAND.told("doctor", code=1)["checks"] if check["check"] == "tables")
    assert check["state"] == "problem"
    assert [fault["fault"] for fault in check["faults"]] == ["tables-newer"]


def test_doctor_makes_every_other_check_where_a_newer_version_wrote_all_documents(newer: LocalCloud) -> None:
    for item in world.table(newer, "standings"):
        if "schema" in item:
            set_schema(newer, item["collection"]["S"], item["name"]["S"], SCHEMA + 1)
    checks = {check["check"]: check for check in COMMAND.told("doctor", code=1)["checks"]}
    assert checks.keys() == set(Check) - {Check.MAIL}
    assert checks["tables"]["state"] == "problem"
    assert "the tables hold schema 2" in checks["alerts"]["looked_at"]
    assert {name for name, check in checks.items() if check["state"] == "unknown"} == {"alerts"}


def test_tables_that_were_restored_from_a_newer_version_are_refused(cloud: LocalCloud) -> None:
    dynamodb, name = cloud.client("dynamodb"), f"{cloud.resources['StandingsTable']}-restored"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("collection", "name")],
        KeySchema=[
            {"AttributeName": "collection", "KeyType": "HASH"},
            {"AttributeName": "name", "KeyType": "RANGE"},
        ],
    )
    item = {**keys.item_key(keys.SCHEMA, "tables"), "schema": {"N": str(SCHEMA + 1)}}
    dynamodb.put_item(TableName=name, Item=item)
    assert "the tables hold schema 2" in COMMAND.run("restore", code=1).output


def test_the_first_evaluation_says_in_which_schema_it_writes() -> None:
    with LocalCloud() as cloud:
        schema = DynamoDbHeldSchema(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
        assert schema.read() is None
        for now in (END, END + HOUR):
            assert evaluate(cloud, now) is None
        assert schema.read() == SCHEMA
        (item,) = (item for item in world.table(cloud, "standings") if _is(item, keys.SCHEMA))
        assert item["since"]["S"] == END.isoformat()


# -- What CloudFormation would replace ---------------------------------------------------------------------------------

# What a change of replaces a resource with an empty one. Of a secret, a new way to make it makes another.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
REPLACING: dict[str, tuple[str, ...]] = {
    "AWS::DynamoDB::Table": ("TableName", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes"),
    "AWS::SecretsManager::Secret": ("Name", "GenerateSecretString"),
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
    "AWS::SNS::Topic": ("TopicName", "FifoTopic"),
    "AWS::Events::EventBus": ("Name", "EventSourceName"),
}


def keyed(*names: str, **more: Any) -> dict[str, Any]:
    """The keys of a table, of texts, and its indexes."""
    indexed = [key["AttributeName"] for index in more.values() for each in index for key in each["KeySchema"]]
    return {
        "KeySchema": [{"AttributeName": n, "KeyType": k} for n, k in zip(names, ("HASH", "RANGE"), strict=True)],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in (*names, *indexed)],
        **more,
    }


WORST_FIRST = {
    "IndexName": "WorstFirst",
    "KeySchema": [{"AttributeName": "listing", "KeyType": "HASH"}, {"AttributeName": "rank", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["listed"]},
}
# A contract with every stack that was ever deployed: what is in here stays, as it is, under the same logical id. Under
# another id, or with another of these properties, a deployment would go on with an empty one.
STATEFUL: dict[str, dict[str, Any]] = {
    "ReceiptsTable": keyed("message_id", "entry"),
    "CountersTable": keyed("scope", "hour"),
    "StandingsTable": keyed("collection", "name", GlobalSecondaryIndexes=[WORST_FIRST]),
    "RecipientKey": {"GenerateSecretString": {"PasswordLength": 64, "ExcludePunctuation": True}},
    "FindingBus": {"Name": {"Ref": "AWS::StackName"}},
    **{f"{name}Topic": {} for name in ("Bounce", "Complaint", "Volume", "Status", "Chat", "Operations")},
    **{f"{name}Queue": {} for name in ("Bounce", "Complaint", "Volume", "Enforcement", "Suppression", "Evaluation")},
    **{f"{name}DeadLetterQueue": {} for name in ("Feedback", "Finding", "Enforcement", "Suppression", "Evaluation")},
}


def test_no_upgrade_replaces_what_holds_data_by_something_empty() -> None:
    template = read_source(Path(__file__).parents[1] / "template.yaml")
    found = {}
    for name, resource in template["Resources"].items():
        if replacing := REPLACING.get(resource["Type"]):
            found[name] = {each: resource["Properties"][each] for each in replacing if each in resource["Properties"]}
    assert found == STATEFUL
