"""Where watch_ses keeps what SES says, on moto: totals that only grow, verdicts with a version, and marks."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from ses_reputation.adapters import clients
from ses_reputation.adapters.batches import BATCH_WRITE_ATTEMPTS, BATCH_WRITE_ITEMS, NotWritten
from ses_reputation.adapters.counters import DynamoDbCounters
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.adapters.identities import DynamoDbIdentities
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.adapters.statistics import PAGE_ITEMS, DynamoDbStatistics
from ses_reputation.adapters.verdicts import DynamoDbVerdicts
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.rates import HourCounts
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.statistics import Reported
from ses_reputation.domain.verdict import SesRate, Verdict, VerdictChange, verdict_change
from ses_reputation.evaluate import Learned
from ses_reputation.notices.alert import ses_alert_of
from ses_reputation.outbox import Channel, Outgoing
from ses_reputation.watch import StatisticsTaken, VersionedVerdict
from ses_reputation_local.cloud import LocalCloud

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEWSLETTER = Scope("configuration-set/newsletter")
KEPT = timedelta(days=396)
HEALTHY = Verdict(ACCOUNT, NOON, enforcement="HEALTHY", sending_enabled=True, daily_quota=50_000, sent_last_day=7)
PROBATION = Verdict(
    ACCOUNT, NOON + HOUR, SesRate("0.051", NOON), enforcement="PROBATION", sending_enabled=True, daily_quota=None
)


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def statistics(cloud: LocalCloud) -> DynamoDbStatistics:
    return DynamoDbStatistics(clients.dynamodb(), counters_table=cloud.resources["CountersTable"], retention=KEPT)


@pytest.fixture
def verdicts(cloud: LocalCloud) -> DynamoDbVerdicts:
    return DynamoDbVerdicts(clients.dynamodb(), table=cloud.resources["StandingsTable"])


@pytest.fixture
def standings(cloud: LocalCloud) -> DynamoDbStandings:
    return DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])


def due(cloud: LocalCloud, client: Any = None, pause: Callable[[int], None] = lambda _: None) -> DynamoDbDue:
    tokens = iter(range(1000))
    return DynamoDbDue(
        client or cloud.client("dynamodb"),
        standings_table=cloud.resources["StandingsTable"],
        new_token=lambda: str(next(tokens)),
        pause=pause,
    )


def hours(cloud: LocalCloud, scope: Scope = ACCOUNT) -> list[HourCounts]:
    """What a rate is made of."""
    counters = DynamoDbCounters(cloud.client("dynamodb"), table=cloud.resources["CountersTable"])
    return list(counters.hours(scope, NOON + 999 * HOUR))


def items(cloud: LocalCloud, table: str = "CountersTable") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("dynamodb").scan(TableName=cloud.resources[table])["Items"]
    return found


def count_event(cloud: LocalCloud, hour: datetime, scope: Scope = ACCOUNT, writer: int = 0, **counts: int) -> None:
    """What record_feedback has counted in an hour; the attributes' dots are underscores here."""
    numbers = {name.replace("_", ".", 1): {"N": str(n)} for name, n in counts.items()}
    item = {"scope": {"S": scope}, "hour": {"S": f"{hour:%Y-%m-%dT%H}#{writer}"}, **numbers}
    cloud.client("dynamodb").put_item(TableName=cloud.resources["CountersTable"], Item=item)


# -- Statistics of the present -----------------------------------------------------------------------------------------


def test_reported_mail_stands_beside_the_events_of_its_hour(cloud: LocalCloud, statistics: DynamoDbStatistics) -> None:
    count_event(cloud, NOON, gmail_hard_bounced=3)
    statistics.write_reported(ACCOUNT, {NOON: 100})
    assert hours(cloud) == [
        HourCounts(NOON, {("gmail", Measure.HARD_BOUNCED): 3, ("unspecified", Measure.REPORTED): 100})
    ]


@pytest.mark.parametrize(
    ("second", "kept"), [(120, 120), (100, 100), (90, 100)], ids=["more", "as much", "less, which is older"]
)
def test_an_hour_that_is_told_again_is_set_and_only_grows(
    statistics: DynamoDbStatistics, second: int, kept: int
) -> None:
    statistics.write_reported(ACCOUNT, {NOON: 100})
    statistics.write_reported(ACCOUNT, {NOON: second})
    assert statistics.reported(ACCOUNT, NOON) == {NOON: kept}


def test_reported_mail_expires_with_the_counters(cloud: LocalCloud, statistics: DynamoDbStatistics) -> None:
    statistics.write_reported(ACCOUNT, {NOON: 100})
    (item,) = items(cloud)
    assert item == {
        "scope": {"S": "account"},
        "hour": {"S": "2026-03-06T12#statistics"},
        "unspecified.reported": {"N": "100"},
        "expires": {"N": str(int((NOON + KEPT).timestamp()))},
    }


def test_what_is_known_is_read_from_an_hour_on_and_per_scope(cloud: LocalCloud, statistics: DynamoDbStatistics) -> None:
    statistics.write_reported(ACCOUNT, {NOON + n * HOUR: 100 + n for n in range(-1, PAGE_ITEMS + 1)})
    statistics.write_reported(NEWSLETTER, {NOON: 40})
    statistics.write_backfill(ACCOUNT, {NOON: Reported(7)})
    count_event(cloud, NOON, gmail_sent=5)
    assert statistics.reported(ACCOUNT, NOON) == {NOON + n * HOUR: 100 + n for n in range(PAGE_ITEMS + 1)}
    assert statistics.reported(ACCOUNT, NOON + timedelta(minutes=59))[NOON] == 100
    assert statistics.reported(NEWSLETTER, NOON) == {NOON: 40}
    assert statistics.reported(Scope("tenant/nobody"), NOON) == {}


def test_a_refusal_of_dynamodb_is_raised(cloud: LocalCloud) -> None:
    client = clients.dynamodb()
    refused = DynamoDbStatistics(client, counters_table=cloud.resources["CountersTable"], retention=KEPT)
    with Stubber(client) as stub:
        stub.add_client_error("update_item", "AccessDeniedException")
        with pytest.raises(ClientError):
            refused.write_reported(ACCOUNT, {NOON: 100})


# -- Statistics of the past --------------------------------------------------------------------------------------------


def test_a_backfill_stands_in_place_of_the_events_of_its_hour(
    cloud: LocalCloud, statistics: DynamoDbStatistics
) -> None:
    count_event(cloud, NOON, gmail_sent=5, gmail_hard_bounced=3)
    assert statistics.write_backfill(ACCOUNT, {NOON: Reported(100, 4, 1)}) == 1
    counts = {
        ("unspecified", Measure.REPORTED): 100,
        ("unspecified", Measure.HARD_BOUNCED): 4,
        ("unspecified", Measure.COMPLAINED): 1,
    }
    assert hours(cloud) == [HourCounts(NOON, counts, backfilled=True)]


@pytest.mark.parametrize(
    ("again", "written"),
    [
        (Reported(100, 4, 1), 0),
        (Reported(90, 4, 0), 0),
        (Reported(101, 4, 1), 1),
        (Reported(100, 5, 1), 1),
        (Reported(100, 4, 2), 1),
    ],
    ids=["the same", "less", "more mail", "more bounces", "more complaints"],
)
def test_a_backfill_that_is_repeated_counts_nothing_twice(
    cloud: LocalCloud, statistics: DynamoDbStatistics, again: Reported, written: int
) -> None:
    first = Reported(100, 4, 1)
    statistics.write_backfill(ACCOUNT, {NOON: first})
    assert statistics.write_backfill(ACCOUNT, {NOON: again}) == written
    (hour,) = hours(cloud)
    kept = again if written else first
    assert [hour.total(measure) for measure in (Measure.REPORTED, Measure.HARD_BOUNCED, Measure.COMPLAINED)] == [
        kept.sent,
        kept.bounced,
        kept.complained,
    ]


def test_as_many_hours_are_told_as_were_written(statistics: DynamoDbStatistics) -> None:
    statistics.write_backfill(ACCOUNT, {NOON: Reported(100)})
    assert statistics.write_backfill(ACCOUNT, {NOON + n * HOUR: Reported(100) for n in range(3)}) == 2
    assert statistics.write_backfill(NEWSLETTER, {}) == 0


def test_the_oldest_live_hour_is_one_with_events(cloud: LocalCloud, statistics: DynamoDbStatistics) -> None:
    assert statistics.oldest_live_hour(ACCOUNT) is None
    statistics.write_backfill(ACCOUNT, {NOON - n * HOUR: Reported(1) for n in range(PAGE_ITEMS + 1)})
    assert statistics.oldest_live_hour(ACCOUNT) is None
    count_event(cloud, NOON + 2 * HOUR, gmail_sent=5)
    assert statistics.oldest_live_hour(ACCOUNT) == NOON + 2 * HOUR
    statistics.write_reported(ACCOUNT, {NOON + HOUR: 100})
    assert statistics.oldest_live_hour(ACCOUNT) == NOON + 2 * HOUR, "there is no event in what SES tells"
    count_event(cloud, NOON - 3 * HOUR, gmail_delayed=1, gmail_reply_spam_block=1)
    assert statistics.oldest_live_hour(ACCOUNT) == NOON + 2 * HOUR, "a delay is no mail"
    count_event(cloud, NOON - HOUR, gmail_hard_bounced=1)
    assert statistics.oldest_live_hour(ACCOUNT) == NOON - HOUR, "in the same hour as a backfill, too"
    assert statistics.oldest_live_hour(NEWSLETTER) is None


def test_the_oldest_live_hour_of_a_measure_is_one_in_which_any_provider_has_it(
    cloud: LocalCloud, statistics: DynamoDbStatistics
) -> None:
    count_event(cloud, NOON - 9 * HOUR, gmail_hard_bounced=1)
    count_event(cloud, NOON - 8 * HOUR, gmail_delivered=1)
    statistics.write_backfill(ACCOUNT, {NOON - 7 * HOUR: Reported(1)})
    assert statistics.oldest_live_hour(ACCOUNT, Measure.SENT) is None
    dotted = {"mail.example.sent": {"N": "5"}, "other.hard_bounced": {"N": "1"}}
    item = {"scope": {"S": ACCOUNT}, "hour": {"S": f"{NOON - 2 * HOUR:%Y-%m-%dT%H}#3"}, **dotted}
    cloud.client("dynamodb").put_item(TableName=cloud.resources["CountersTable"], Item=item)
    count_event(cloud, NOON, gmail_sent=5)
    assert statistics.oldest_live_hour(ACCOUNT, Measure.SENT) == NOON - 2 * HOUR, "whose name may have dots"
    assert statistics.oldest_live_hour(ACCOUNT, Measure.DELIVERED) == NOON - 8 * HOUR
    assert statistics.oldest_live_hour(ACCOUNT) == NOON - 9 * HOUR
    assert statistics.oldest_live_hour(ACCOUNT, Measure.REPORTED) is None, "SES's statistics are no events"


# -- Verdicts ----------------------------------------------------------------------------------------------------------


def change() -> VerdictChange:
    found = verdict_change(HEALTHY, PROBATION)
    assert found
    return found


def test_a_verdict_is_read_as_it_was_written(verdicts: DynamoDbVerdicts) -> None:
    assert verdicts.verdict(ACCOUNT) == VersionedVerdict()
    assert verdicts.write_verdict(HEALTHY, 0, (), ())
    assert verdicts.verdict(ACCOUNT) == VersionedVerdict(HEALTHY, 1)
    assert verdicts.write_verdict(PROBATION, 1, (), ())
    assert verdicts.verdict(ACCOUNT) == VersionedVerdict(PROBATION, 2)


def test_every_verdict_is_listed_and_nothing_else(verdicts: DynamoDbVerdicts) -> None:
    other = Verdict(NEWSLETTER, NOON, SesRate("0.031", NOON))
    verdicts.write_verdict(other, 0, (), ())
    verdicts.write_verdict(PROBATION, 0, [change()], [ses_alert_of(change(), "123456789012", "eu-west-1")])
    verdicts.write_feedback_share(61)
    verdicts.statistics_taken(NOON)
    assert list(verdicts.verdicts()) == [PROBATION, other]
    assert verdicts.versioned_verdicts() == {
        ACCOUNT: VersionedVerdict(PROBATION, 1),
        NEWSLETTER: VersionedVerdict(other, 1),
    }


def test_tenants_which_can_be_many_are_left_out_when_ses_is_asked_about_the_others(verdicts: DynamoDbVerdicts) -> None:
    tenant = Verdict(Scope("tenant/acme"), NOON)
    for verdict in (tenant, HEALTHY):
        assert verdicts.write_verdict(verdict, 0, (), ())
    assert verdicts.versioned_verdicts().keys() == {ACCOUNT}
    assert list(verdicts.verdicts()) == [HEALTHY, tenant]
    assert verdicts.verdict(tenant.scope) == VersionedVerdict(tenant, 1)


def test_a_verdict_is_written_with_its_news_and_its_alert(
    cloud: LocalCloud, verdicts: DynamoDbVerdicts, standings: DynamoDbStandings
) -> None:
    alert = ses_alert_of(change(), cloud.account, cloud.region)
    assert verdicts.write_verdict(PROBATION, 0, [change()], [alert])
    assert list(standings.news(ACCOUNT)) == [change()]
    waiting = list(standings.outgoing())
    assert waiting == [Outgoing(Channel.CHAT, alert), Outgoing(Channel.STATUS, alert)]
    for outgoing in waiting:
        standings.mark_sent(outgoing, "message-1")
    assert list(standings.outgoing()) == []


@pytest.mark.parametrize("with_news", [True, False], ids=["with news", "without news"])
@pytest.mark.parametrize("version", [0, 1])
def test_a_verdict_that_somebody_else_wrote_stays_and_nothing_is_told(
    verdicts: DynamoDbVerdicts, standings: DynamoDbStandings, version: int, *, with_news: bool
) -> None:
    for read in range(version + 1):
        verdicts.write_verdict(HEALTHY, read, (), ())
    news = [change()] if with_news else []
    assert not verdicts.write_verdict(PROBATION, version, news, [ses_alert_of(n, "1", "eu-west-1") for n in news])
    assert verdicts.verdict(ACCOUNT) == VersionedVerdict(HEALTHY, version + 1)
    assert list(standings.news(ACCOUNT)) == []
    assert list(standings.outgoing()) == []


def test_the_feedback_share_is_what_evaluate_reputation_learns(
    verdicts: DynamoDbVerdicts, standings: DynamoDbStandings
) -> None:
    verdicts.forget_feedback_share()
    for percent in (61, 0, 100):
        verdicts.write_feedback_share(percent)
        assert standings.learned() == Learned(feedback_share=percent)
    verdicts.forget_feedback_share()
    assert standings.learned() == Learned()


def test_statistics_begin_when_they_were_first_asked_for(verdicts: DynamoDbVerdicts) -> None:
    assert verdicts.statistics_taken(NOON) == StatisticsTaken(NOON)
    assert verdicts.statistics_taken(NOON + 99 * HOUR) == StatisticsTaken(NOON)
    assert verdicts.statistics_taken(NOON - 99 * HOUR) == StatisticsTaken(NOON)


def test_when_statistics_were_last_read_is_kept_with_their_beginning(verdicts: DynamoDbVerdicts) -> None:
    verdicts.statistics_taken(NOON)
    for time in (NOON + HOUR, NOON + timedelta(hours=1, minutes=15)):
        verdicts.write_statistics_read(time)
        assert verdicts.statistics_taken(NOON + 99 * HOUR) == StatisticsTaken(NOON, time)


# -- Identities --------------------------------------------------------------------------------------------------------


def identities(cloud: LocalCloud, client: Any, pause: Callable[[int], None] = lambda _: None) -> DynamoDbIdentities:
    return DynamoDbIdentities(client, table=cloud.resources["StandingsTable"], pause=pause)


def test_two_thousand_new_identities_take_few_calls_and_so_do_two_thousand_that_are_gone(cloud: LocalCloud) -> None:
    client = clients.dynamodb()
    kept = identities(cloud, client)
    verified = frozenset(f"shop-{n}.example" for n in range(2_000))
    calls: list[str] = []
    client.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    for wanted, batches in ((verified, 80), (verified, 0), (frozenset[str](), 80)):
        calls.clear()
        kept.write(wanted)
        assert len(calls) <= 90
        assert calls.count("BatchWriteItem") == batches
        assert kept.read() == wanted


@pytest.mark.parametrize(
    ("known", "wanted", "left"),
    [
        (set(), {"shop.example"}, {"PutRequest": {"Item": {"name": {"S": "shop.example"}}}}),
        ({"shop.example"}, set(), {"DeleteRequest": {"Key": {"name": {"S": "shop.example"}}}}),
    ],
    ids=["a new one", "one that is gone"],
)
def test_identities_that_dynamodb_does_not_take_are_sent_again_and_at_last_are_an_error(
    cloud: LocalCloud, known: set[str], wanted: set[str], left: dict[str, Any]
) -> None:
    client = clients.dynamodb()
    pauses: list[int] = []
    with Stubber(client) as stub:
        stub.add_response("query", {"Items": [{"name": {"S": name}} for name in known]})
        for _ in range(BATCH_WRITE_ATTEMPTS):
            stub.add_response("batch_write_item", {"UnprocessedItems": {cloud.resources["StandingsTable"]: [left]}})
        with pytest.raises(NotWritten, match="1 items"):
            identities(cloud, client, pauses.append).write(frozenset(wanted))
    assert pauses == list(range(1, BATCH_WRITE_ATTEMPTS + 1))


# -- Scopes to evaluate ------------------------------------------------------------------------------------------------


def test_marked_scopes_are_due_with_a_token_that_changes(cloud: LocalCloud, standings: DynamoDbStandings) -> None:
    marks = due(cloud)
    marks.mark({(ACCOUNT, NOON), (NEWSLETTER, NOON)})
    first = {mark.scope: mark.weeks for mark in standings.due()}
    marks.mark({(ACCOUNT, NOON)})
    second = {mark.scope: mark.weeks for mark in standings.due()}
    assert first.keys() == second.keys() == {ACCOUNT, NEWSLETTER}
    assert first[ACCOUNT] != second[ACCOUNT]
    assert first[NEWSLETTER] == second[NEWSLETTER]


def test_more_scopes_than_fit_into_a_batch_are_marked(cloud: LocalCloud, standings: DynamoDbStandings) -> None:
    scopes = {Scope(f"configuration-set/{n}") for n in range(BATCH_WRITE_ITEMS + 1)}
    due(cloud).mark({(scope, NOON) for scope in scopes})
    assert {mark.scope for mark in standings.due()} == scopes


def test_marks_that_dynamodb_does_not_take_are_sent_again_and_at_last_are_an_error(cloud: LocalCloud) -> None:
    client = clients.dynamodb()
    left = {cloud.resources["StandingsTable"]: [{"PutRequest": {"Item": {"name": {"S": "account"}}}}]}
    pauses: list[int] = []
    with Stubber(client) as stub:
        for _ in range(BATCH_WRITE_ATTEMPTS):
            stub.add_response("batch_write_item", {"UnprocessedItems": left})
        with pytest.raises(NotWritten, match="1 items"):
            due(cloud, client, pauses.append).mark([(ACCOUNT, NOON)])
    assert pauses == list(range(1, BATCH_WRITE_ATTEMPTS + 1))
