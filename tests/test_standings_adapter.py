"""The standings table on moto: what is written together, what is refused together, and what is read back of it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from ses_reputation.adapters.documents import items_of
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.adapters.enforcements import DynamoDbEnforcements
from ses_reputation.adapters.keys import OPEN_FINDINGS
from ses_reputation.adapters.standings import MARK_ATTEMPTS, DynamoDbStandings
from ses_reputation.domain.categories import Category, Severity
from ses_reputation.domain.changes import (
    Change,
    EarlyWarning,
    EvidenceAdded,
    OutageChange,
    OutageEvent,
    Reminder,
    ReminderKind,
    outage_change,
)
from ses_reputation.domain.decisions import Command, Decide, Decision, Report, carry_out, decide_outage
from ses_reputation.domain.enforcement import Enforced
from ses_reputation.domain.lifecycle import Stage, Status, Trigger
from ses_reputation.domain.listing import listed
from ses_reputation.domain.news import NewestNews, News
from ses_reputation.domain.outages import Outage, OutageStage, Tally
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric, Rate
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import EVIDENCE_KEPT, Act, Actor, Finding, Measures, Standing
from ses_reputation.domain.verdict import Verdict, VerdictChange
from ses_reputation.due import Due
from ses_reputation.notices.alert import Alert, alert_of, enforcement_alert_of, ses_alert_of, summary_of
from ses_reputation.outbox import Channel, Outgoing
from ses_reputation_local.cloud import LocalCloud

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEWSLETTER = Scope("configuration-set/newsletter")
ACME = Scope("tenant/acme")
GMAIL = Scope("provider/gmail")
SHOP = Scope("identity/shop.example")
HERE = ("123456789012", "eu-west-1")
ANA = Actor("arn:aws:iam::123456789012:user/ana", proven=True)
MEASURES = Measures(Rate(Metric.BOUNCE_RATE, 24, 190, NOON, 7, 200))


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def standings(cloud: LocalCloud) -> DynamoDbStandings:
    return DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])


def items(cloud: LocalCloud) -> list[Any]:
    """The whole table."""
    found: list[Any] = cloud.client("dynamodb").scan(TableName=cloud.resources["StandingsTable"])["Items"]
    return found


def due(cloud: LocalCloud) -> DynamoDbDue:
    tokens = iter(range(1000))
    table = cloud.resources["StandingsTable"]
    return DynamoDbDue(
        cloud.client("dynamodb"), standings_table=table, new_token=lambda: str(next(tokens)), pause=lambda _: None
    )


def change(time: datetime = NOON, scope: Scope = NEWSLETTER) -> Change:
    """Too many bounces."""
    finding = Finding(
        "f-1",
        Category.BOUNCE_RATE,
        Stage.PROBATION,
        opened=time,
        since=time,
        stage_since=time,
        period_since=time,
        period_end=time + timedelta(days=21),
    )
    return Change(
        id=f"{time:%d%H%M}",
        time=time,
        scope=scope,
        category=Category.BOUNCE_RATE,
        before=None,
        after=Stage.PROBATION,
        trigger=Trigger.LIMIT_EXCEEDED,
        scope_before=Status.HEALTHY,
        scope_after=Status.PROBATION,
        finding=finding,
        measures=MEASURES,
    )


def warning(time: datetime = NOON) -> EarlyWarning:
    return EarlyWarning("warning", time, NEWSLETTER, Metric.BOUNCE_RATE, MEASURES)


def reminder(time: datetime = NOON) -> Reminder:
    finding = change().finding
    return Reminder(
        "reminder", time, NEWSLETTER, ReminderKind.PERIOD_ENDS, finding.category, Status.PROBATION, finding, MEASURES
    )


def verdict_change(time: datetime = NOON) -> VerdictChange:
    before = Verdict(ACCOUNT, NOON - HOUR, enforcement="HEALTHY", sending_enabled=True)
    after = Verdict(ACCOUNT, NOON, enforcement="PROBATION", sending_enabled=False)
    return VerdictChange("verdict", time, ACCOUNT, before, after)


def told(news: News) -> Alert:
    assert not isinstance(news, EvidenceAdded), "nobody is told"
    match news:
        case VerdictChange():
            return ses_alert_of(news, *HERE)
        case Enforced():
            return enforcement_alert_of(news, *HERE)
        case _:
            return alert_of(news, Policy(), *HERE)


def summary(time: datetime = NOON) -> Alert:
    return summary_of([], time, Policy(), *HERE)


def report(scope: Scope = NEWSLETTER, severity: Severity = Severity.PROBATION) -> Report:
    return Report(scope, Category.SPAMTRAP, "three traps were hit", "a blocklist", severity)


def act(
    standings: DynamoDbStandings, command: Command, request: str, now: datetime = NOON, version: int | None = None
) -> tuple[bool, Change | EvidenceAdded]:
    """Carry out a command and write what follows from it: whether it was written, and what happened."""
    read = standings.read(command.scope)
    done = Act(request, ANA, "as agreed")
    after, piece = carry_out(read.standing, command, done, now, Policy())
    assert piece
    alerts = [told(piece)] if isinstance(piece, Change) else []
    version = read.version if version is None else version
    return standings.write_act(after, version, done, now, [piece], alerts), piece


def lift(standings: DynamoDbStandings, scope: Scope) -> Decide:
    """The end of the one finding of a scope."""
    (finding,) = standings.read(scope).standing.findings.values()
    return Decide(scope, finding.id, Decision.LIFT)


def ways(standings: DynamoDbStandings) -> list[tuple[Channel, str]]:
    return [(outgoing.channel, outgoing.alert.id) for outgoing in standings.outgoing()]


def test_a_standing_is_written_with_its_changes_and_alerts(standings: DynamoDbStandings) -> None:
    moved = change()
    standing = Standing(NEWSLETTER, NOON, findings={Category.BOUNCE_RATE: moved.finding})
    assert standings.read(NEWSLETTER).version == 0
    assert standings.write(standing, 0, [moved], [told(moved)])
    read = standings.read(NEWSLETTER)
    assert (read.standing, read.version) == (standing, 1)
    assert list(standings.news(NEWSLETTER)) == [moved]
    assert {outgoing.alert for outgoing in standings.outgoing()} == {told(moved)}
    assert list(standings.all()) == [standing]


@pytest.mark.parametrize("changes", [0, 1], ids=["nothing changed", "a change"])
@pytest.mark.parametrize("stale", [0, 1])
def test_a_standing_that_somebody_else_wrote_is_left_alone(
    standings: DynamoDbStandings, stale: int, changes: int
) -> None:
    first, second, third = (Standing(NEWSLETTER, NOON + n * HOUR) for n in range(3))
    assert standings.write(first, 0, [], [])
    assert standings.write(second, 1, [], [])
    assert not standings.write(third, stale, [change()][:changes], [told(change())][:changes])
    assert standings.read(NEWSLETTER).standing == second
    assert not list(standings.news(NEWSLETTER))
    assert not list(standings.outgoing())


def test_every_standing_is_read_whichever_part_of_the_table_it_is_in(standings: DynamoDbStandings) -> None:
    written = {Scope(f"tenant/{n}"): Standing(Scope(f"tenant/{n}"), NOON) for n in range(40)}
    for standing in written.values():
        assert standings.write(standing, 0, [], [])
    assert {standing.scope: standing for standing in standings.all()} == written


def test_a_scope_that_was_marked_again_is_not_settled(cloud: LocalCloud, standings: DynamoDbStandings) -> None:
    marks = due(cloud)
    marks.mark([(NEWSLETTER, NOON)])
    (seen,) = standings.due()
    marks.mark([(NEWSLETTER, NOON)])
    standings.settle(seen)
    (again,) = standings.due()
    assert again.weeks != seen.weeks
    standings.settle(again)
    assert list(standings.due()) == []
    standings.settle(Due(NEWSLETTER, "gone"))


def test_a_scope_whose_standing_was_rewritten_again_is_not_settled(
    cloud: LocalCloud, standings: DynamoDbStandings
) -> None:
    """An enforcement that sets a floor has the scope judged, also if one before did so and is being judged."""
    client = cloud.client("dynamodb")
    client.transact_write_items(TransactItems=standings.rewritten(standings.read(NEWSLETTER)))
    (seen,) = standings.due()
    client.transact_write_items(TransactItems=standings.rewritten(standings.read(NEWSLETTER)))
    standings.settle(seen)
    (again,) = standings.due()
    standings.settle(again)
    assert list(standings.due()) == []


@pytest.mark.parametrize("floored", [False, True], ids=["its record alone", "with a floor of its standing"])
def test_what_was_done_at_ses_is_not_written_on_a_standing_that_somebody_else_wrote(
    cloud: LocalCloud, standings: DynamoDbStandings, floored: bool
) -> None:
    enforcements = DynamoDbEnforcements(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    standings.write(Standing(NEWSLETTER, NOON), 0, [], [])
    seen, record = enforcements.read(NEWSLETTER), enforcements.enforcement(NEWSLETTER)
    act(standings, report(severity=Severity.SHUTDOWN), "r-1")
    before = items(cloud)
    alerts = [told(change())]
    assert not enforcements.write_enforcement(record.enforcement, 0, [], alerts, seen, floored=floored)
    assert items(cloud) == before
    now = enforcements.read(NEWSLETTER)
    assert enforcements.write_enforcement(record.enforcement, 0, [], alerts, now, floored=floored)


def in_the_way(client: Any, operation: str, times: int) -> Stubber:
    """A transaction of somebody else has one of the items in its hands, so often."""
    stub = Stubber(client)
    for _ in range(times):
        if operation == "transact_write_items":
            reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
            stub.add_client_error(
                operation, "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
            )
        else:
            stub.add_client_error(operation, "TransactionConflictException")
    return stub


def test_a_scope_that_is_being_marked_at_this_moment_stays_on_the_list(
    cloud: LocalCloud, standings: DynamoDbStandings
) -> None:
    due(cloud).mark([(NEWSLETTER, NOON)])
    (seen,) = standings.due()
    client = cloud.client("dynamodb")
    with in_the_way(client, "delete_item", 1):
        DynamoDbStandings(client, table=cloud.resources["StandingsTable"]).settle(seen)
    assert list(standings.due()) == [seen]


def outage(provider: str = "gmail") -> Outage:
    return Outage(f"{provider}-1", provider, NOON - HOUR, NOON, Tally(50, 100), Tally(1, 1000))


def outage_news(event: OutageEvent, outage: Outage) -> OutageChange:
    return outage_change(Scope(f"provider/{outage.provider}"), outage, event, NOON, Policy())


def test_outages_are_known_to_all_as_soon_as_they_are_written_and_the_account_is_due(
    standings: DynamoDbStandings,
) -> None:
    for provider in ("yahoo", "gmail"):
        known = outage(provider)
        news = outage_news(OutageEvent.FOUND, known)
        assert standings.write(Standing(news.scope, NOON, outages=(known,)), 0, [news], [told(news)])
        assert list(standings.due()) == [Due(ACCOUNT, news.id)]
    assert list(standings.outages()) == [outage("gmail"), outage("yahoo")]
    assert list(standings.news(GMAIL)) == [outage_news(OutageEvent.FOUND, outage())]
    assert standings.read(GMAIL).standing.outages == (outage(),)


def test_an_outage_that_somebody_else_wrote_about_first_is_left_alone(
    cloud: LocalCloud, standings: DynamoDbStandings
) -> None:
    assert standings.write(Standing(GMAIL, NOON), 0, [], [])
    before = items(cloud)
    news = outage_news(OutageEvent.FOUND, outage())
    assert not standings.write(Standing(GMAIL, NOON, outages=(outage(),)), 0, [news], [told(news)])
    assert items(cloud) == before


def test_a_decision_about_an_outage_has_the_provider_and_the_account_evaluated(standings: DynamoDbStandings) -> None:
    news = outage_news(OutageEvent.FOUND, outage())
    standings.write(Standing(GMAIL, NOON, outages=(outage(),)), 0, [news], [])
    after, change = decide_outage(
        standings.read(GMAIL).standing,
        outage(),
        Decide(GMAIL, "gmail-1", Decision.CONFIRM),
        Act("r-1", ANA),
        NOON,
        Policy(),
    )
    assert standings.write_act(after, 1, Act("r-1", ANA), NOON, [change], [told(change)])
    assert set(standings.due()) == {Due(GMAIL, "r-1"), Due(ACCOUNT, change.id)}
    assert [known.stage for known in standings.outages()] == [OutageStage.CONFIRMED]


# The listing


def suspicion() -> Finding:
    return Finding("f-2", Category.OTHER, Stage.SUSPECTED, opened=NOON, since=NOON, stage_since=NOON)


def test_the_listing_has_every_scope_the_worst_status_first(standings: DynamoDbStandings) -> None:
    act(standings, report(ACME), "r-1")
    act(standings, report(NEWSLETTER, Severity.SHUTDOWN), "r-2")
    standings.write(Standing(ACCOUNT, NOON), 0, [], [])
    standings.write(Standing(GMAIL, NOON, outages=(outage(),)), 0, [], [])
    standings.write(Standing(SHOP, NOON, findings={Category.OTHER: suspicion()}), 0, [], [])
    listing = standings.listed(1)
    looked_at = [SHOP, GMAIL]
    assert [row.scope for row in listing.rows] == [NEWSLETTER, ACME, *sorted(looked_at), ACCOUNT]
    assert listing.complete
    assert listing.rows == tuple(listed(standings.read(row.scope).standing) for row in listing.rows)
    assert standings.listed(1, well=False).rows == listing.rows[:-1], "nobody has to look at the account"


def test_a_scope_has_another_place_in_the_listing_with_another_status(standings: DynamoDbStandings) -> None:
    act(standings, report(ACME), "r-1")
    standings.write(Standing(ACCOUNT, NOON), 0, [], [])
    act(standings, lift(standings, ACME), "r-2", NOON + HOUR)
    assert [(row.scope, row.status) for row in standings.listed(1).rows] == [
        (ACCOUNT, Status.HEALTHY),
        (ACME, Status.HEALTHY),
    ]


def test_a_standing_that_is_rewritten_by_an_enforcement_stays_in_the_listing(standings: DynamoDbStandings) -> None:
    standings.write(Standing(ACME, NOON), 0, [], [])
    read = standings.read(ACME)
    standings._client.transact_write_items(TransactItems=standings.rewritten(read))
    assert [row.scope for row in standings.listed(1).rows] == [ACME]


def test_a_listing_that_needs_more_requests_than_it_may_make_says_so(
    cloud: LocalCloud, standings: DynamoDbStandings
) -> None:
    for name in "abc":
        standings.write(Standing(Scope(f"tenant/{name}"), NOON), 0, [], [])
    cloud.client("dynamodb").meta.events.register(
        "provide-client-params.dynamodb.Query", lambda params, **_: {**params, "Limit": 2}
    )
    one, two = standings.listed(1), standings.listed(2)
    assert ([row.scope[-1] for row in one.rows], one.complete) == (["a", "b"], False)
    assert ([row.scope[-1] for row in two.rows], two.complete) == (["a", "b", "c"], True)


def test_some_standings_are_read_at_once(standings: DynamoDbStandings) -> None:
    written = [Standing(Scope(f"tenant/{n}"), NOON) for n in range(5)]
    for standing in written:
        standings.write(standing, 0, [], [])
    found = standings.read_some([ACME, *(standing.scope for standing in written[1:])])
    assert found == {standing.scope: standing for standing in written[1:]}
    assert standings.read_some([]) == {}


# What people and programs ask for


def test_an_act_is_written_with_all_that_follows_from_it(cloud: LocalCloud, standings: DynamoDbStandings) -> None:
    assert not standings.is_done("r-1")
    written, opened = act(standings, report(), "r-1")
    assert written
    assert standings.is_done("r-1")
    assert standings.read(NEWSLETTER).version == 1
    assert standings.read(NEWSLETTER).standing.status is Status.PROBATION
    assert list(standings.news(NEWSLETTER)) == [opened]
    assert {outgoing.alert.id for outgoing in standings.outgoing()} == {opened.id}
    assert list(standings.due()) == [Due(NEWSLETTER, "r-1")]
    (request,) = [item for item in items(cloud) if item["collection"] == {"S": "requests"}]
    assert int(request["expires"]["N"]) == int((NOON + timedelta(days=90)).timestamp())


@pytest.mark.parametrize(
    ("request_id", "version"),
    [("r-1", 1), ("r-2", 0), ("r-2", 7)],
    ids=["the act was done", "somebody else was first", "of another time"],
)
def test_an_act_that_is_refused_leaves_nothing_behind(
    cloud: LocalCloud, standings: DynamoDbStandings, request_id: str, version: int
) -> None:
    act(standings, report(), "r-1")
    before = items(cloud)
    written, _ = act(standings, report(severity=Severity.SHUTDOWN), request_id, NOON + HOUR, version)
    assert not written
    assert items(cloud) == before
    assert not standings.is_done("r-2")


def test_an_id_is_of_one_act_whatever_scope_it_is_about(standings: DynamoDbStandings) -> None:
    act(standings, report(), "r-1")
    written, _ = act(standings, report(ACME), "r-1")
    assert not written
    assert standings.read(ACME).version == 0


def test_a_scope_that_somebody_decides_about_while_it_is_evaluated_stays_due(
    cloud: LocalCloud, standings: DynamoDbStandings
) -> None:
    due(cloud).mark([(NEWSLETTER, NOON)])
    (seen,) = standings.due()
    act(standings, report(), "r-1")
    standings.settle(seen)
    assert list(standings.due()) == [Due(NEWSLETTER, "r-1")]


def test_evidence_stays_in_the_history_when_the_finding_has_newer(standings: DynamoDbStandings) -> None:
    reports = EVIDENCE_KEPT + 5
    for n in range(reports):
        act(standings, report(), f"r-{n}", NOON + n * HOUR)
    (finding,) = standings.read(NEWSLETTER).standing.findings.values()
    assert (finding.reports, len(finding.evidence)) == (reports, EVIDENCE_KEPT)
    opened, *added = standings.news(NEWSLETTER)
    assert isinstance(opened, Change)
    observed = [piece.observation.observed for piece in added if isinstance(piece, EvidenceAdded)]
    assert observed == [NOON + n * HOUR for n in range(1, reports)]
    assert {alert for _, alert in ways(standings)} == {opened.id}, "nobody is told of what is known"


def test_exactly_the_scopes_with_open_findings_are_listed(cloud: LocalCloud, standings: DynamoDbStandings) -> None:
    def listed() -> list[str]:
        found: list[str] = [standing.scope for standing in standings.with_findings()]
        items = items_of(cloud.client("dynamodb"), cloud.resources["StandingsTable"], OPEN_FINDINGS)
        assert [item["name"]["S"] for item in items] == found, "who has none is not even looked at"
        return found

    assert listed() == []
    standings.write(Standing(ACCOUNT, NOON), 0, [], [])
    act(standings, report(NEWSLETTER), "r-1")
    act(standings, report(ACME), "r-2")
    assert listed() == [NEWSLETTER, ACME]
    act(standings, report(ACME), "r-3")
    read = standings.read(NEWSLETTER)
    standings.write(read.standing, read.version, [], [])
    assert listed() == [NEWSLETTER, ACME], "neither evidence nor an evaluation without news changes it"
    assert [s.findings for s in standings.with_findings()] == [
        standings.read(scope).standing.findings for scope in (NEWSLETTER, ACME)
    ]
    act(standings, Report(NEWSLETTER, Category.OTHER, "a letter", "a lawyer"), "r-4")
    (spamtrap, other) = standings.read(NEWSLETTER).standing.findings.values()
    act(standings, Decide(NEWSLETTER, spamtrap.id, Decision.LIFT), "r-5", NOON + HOUR)
    assert listed() == [NEWSLETTER, ACME], "one of two is still open"
    act(standings, Decide(NEWSLETTER, other.id, Decision.LIFT), "r-6", NOON + HOUR)
    assert listed() == [ACME]
    act(standings, lift(standings, ACME), "r-7", NOON + HOUR)
    assert listed() == []
    act(standings, report(ACME), "r-8", NOON + 2 * HOUR)
    assert listed() == [ACME]


# History


def test_the_history_of_a_scope_keeps_every_kind_of_news_oldest_first(standings: DynamoDbStandings) -> None:
    _, added = carry_out(
        carry_out(Standing(NEWSLETTER), report(), Act("r-1", ANA), NOON, Policy())[0],
        report(),
        Act("r-2", ANA),
        NOON + 3 * HOUR,
        Policy(),
    )
    assert added
    history: list[News] = [warning(NOON), change(NOON + HOUR), reminder(NOON + 2 * HOUR), added]
    standings.write(Standing(NEWSLETTER), 0, [history[i] for i in (2, 0, 3, 1)], [])
    standings.write(Standing(ACCOUNT), 0, [verdict_change()], [])
    assert list(standings.news(NEWSLETTER)) == history
    assert list(standings.news(ACCOUNT)) == [verdict_change()]


def test_the_newest_of_a_history_comes_first_and_no_more_of_it_than_is_wanted(standings: DynamoDbStandings) -> None:
    history = [change(NOON + n * HOUR) for n in range(4)]
    standings.write(Standing(NEWSLETTER), 0, history, [])
    assert standings.newest_news(NEWSLETTER, 3) == NewestNews(tuple(history[:0:-1]), complete=False)
    assert standings.newest_news(NEWSLETTER, 4) == NewestNews(tuple(history[::-1]), complete=True)
    assert standings.newest_news(ACME, 4) == NewestNews((), complete=True)


MONTHS_END = [
    datetime.fromisoformat(time)
    for time in (
        "2025-12-31T23:59:59+00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-01-31T23:30:00+00:00",
        "2026-02-01T00:00:00+00:00",
        "2026-03-01T09:00:00+00:00",
    )
]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (MONTHS_END[0], MONTHS_END[-1] + HOUR, [0, 1, 2, 3, 4]),
        (MONTHS_END[1], MONTHS_END[3], [1, 2]),
        (MONTHS_END[2], MONTHS_END[3] + timedelta(seconds=1), [2, 3]),
        (MONTHS_END[2] + HOUR / 4, MONTHS_END[4], [3]),
        (MONTHS_END[2] + timedelta(seconds=1), MONTHS_END[3], []),
        (MONTHS_END[1], MONTHS_END[1], []),
    ],
    ids=[
        "four months",
        "one month: its first moment, not its end",
        "over the end of a month",
        "from a 31st over a shorter month",
        "the end of a month in which nothing happened",
        "no time at all",
    ],
)
def test_news_of_all_scopes_between_two_moments_is_read_oldest_first(
    standings: DynamoDbStandings, start: datetime, end: datetime, found: Sequence[int]
) -> None:
    happened = [change(time, (NEWSLETTER, ACME)[n % 2]) for n, time in enumerate(MONTHS_END)]
    for scope in (ACME, NEWSLETTER):
        standings.write(Standing(scope), 0, [piece for piece in happened if piece.scope == scope], [])
    assert list(standings.news_between(start, end)) == [happened[n] for n in found]


# The outbox


@pytest.mark.parametrize(
    "news",
    [change(), warning(), reminder(), verdict_change()],
    ids=["a change", "a warning", "a reminder", "SES's own verdict"],
)
def test_an_alert_of_any_kind_waits_for_both_topics_and_its_news_says_that_it_was_sent(
    cloud: LocalCloud, standings: DynamoDbStandings, news: News
) -> None:
    standings.write(Standing(news.scope), 0, [news], [told(news)])
    waiting = list(standings.outgoing())
    assert waiting == [Outgoing(Channel.CHAT, told(news)), Outgoing(Channel.STATUS, told(news))]
    for outgoing in waiting:
        standings.mark_sent(outgoing, f"{outgoing.channel}-1")
    assert list(standings.outgoing()) == []
    assert list(standings.news(news.scope)) == [news], "what it was about stays"
    assert [item["alert_message_id"]["S"] for item in items(cloud) if "alert_message_id" in item] == ["status-1"]


@pytest.mark.parametrize("sent", Channel)
def test_each_channel_is_sent_for_itself_and_only_the_status_topic_is_noted(
    cloud: LocalCloud, standings: DynamoDbStandings, sent: Channel
) -> None:
    _, shut_down = act(standings, report(ACCOUNT, Severity.SHUTDOWN), "r-1")
    waiting = {outgoing.channel: outgoing for outgoing in standings.outgoing()}
    assert waiting.keys() == set(Channel), "related accounts hear of a shutdown of the account"
    for _ in range(2):  # A function may die before it hears that it was noted.
        standings.mark_sent(waiting[sent], "message-1")
    assert ways(standings) == [(channel, shut_down.id) for channel in sorted(set(Channel) - {sent})]
    noted = [item["collection"]["S"] for item in items(cloud) if "alert_message_id" in item]
    assert noted == (["news/account"] if sent is Channel.STATUS else [])
    assert list(standings.news(ACCOUNT)) == [shut_down]


@pytest.mark.parametrize(
    ("channel", "operation"), [(Channel.STATUS, "transact_write_items"), (Channel.CHAT, "delete_item")]
)
def test_an_alert_that_another_run_marks_at_this_moment_is_marked_again_or_stays(
    cloud: LocalCloud, standings: DynamoDbStandings, channel: Channel, operation: str
) -> None:
    """Two evaluations send what is in the outbox at once. Neither fails because of the other."""
    standings.write(Standing(NEWSLETTER), 0, [change()], [told(change())])
    outgoing = Outgoing(channel, told(change()))
    client = cloud.client("dynamodb")
    patient = DynamoDbStandings(client, table=cloud.resources["StandingsTable"])
    with in_the_way(client, operation, MARK_ATTEMPTS) as stub:
        patient.mark_sent(outgoing, "message-1")
        stub.assert_no_pending_responses()
    assert outgoing in standings.outgoing()
    with in_the_way(client, operation, 1) as stub:
        answer: Any = {"Attributes": {}} if operation == "delete_item" else {}
        stub.add_response(operation, answer)
        patient.mark_sent(outgoing, "message-1")
        stub.assert_no_pending_responses()


def test_alerts_wait_oldest_first(standings: DynamoDbStandings) -> None:
    moments = [change(NOON + 2 * HOUR), change(NOON), change(NOON + HOUR)]
    standings.write(Standing(NEWSLETTER, NOON), 0, moments, [told(moved) for moved in moments])
    assert [o.alert.time for o in standings.outgoing() if o.channel is Channel.STATUS] == [
        NOON,
        NOON + HOUR,
        NOON + 2 * HOUR,
    ]


def test_a_summary_is_sent_and_is_no_news_of_any_scope(cloud: LocalCloud, standings: DynamoDbStandings) -> None:
    assert standings.summarised() is None
    assert standings.write_summary(summary(), None)
    assert standings.summarised() == NOON
    assert list(standings.outgoing()) == [Outgoing(Channel.CHAT, summary()), Outgoing(Channel.STATUS, summary())]
    for outgoing in list(standings.outgoing()):
        standings.mark_sent(outgoing, "message-1")
    assert list(standings.outgoing()) == []
    assert list(standings.news(ACCOUNT)) == []
    assert [item["collection"]["S"] for item in items(cloud)] == ["summary"]


def test_of_two_runs_that_write_the_weeks_summary_one_does(standings: DynamoDbStandings) -> None:
    week = timedelta(days=7)
    assert standings.write_summary(summary(), None)
    assert not standings.write_summary(summary(NOON + HOUR), None)
    assert standings.write_summary(summary(NOON + week), NOON)
    assert not standings.write_summary(summary(NOON + week + HOUR), NOON)
    assert standings.summarised() == NOON + week
    assert [alert for channel, alert in ways(standings) if channel is Channel.STATUS] == [
        summary().id,
        summary(NOON + week).id,
    ]
