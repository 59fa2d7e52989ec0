"""operate over fakes: what somebody wants is done once, people hear of it, and of two deciding at once one is told."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import pytest

from ses_reputation.domain.categories import Category, Severity
from ses_reputation.domain.changes import Change, EvidenceAdded
from ses_reputation.domain.decisions import ChangesMade, Command, CommandRefused, Decide, Decision, Report, Withdraw
from ses_reputation.domain.lifecycle import Stage, Status
from ses_reputation.domain.news import News
from ses_reputation.domain.outages import Outage, OutageStage, Tally
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Act, Actor, Finding, Standing
from ses_reputation.evaluate import Versioned
from ses_reputation.notices.alert import Alert, OutageAlert, alert_of
from ses_reputation.operate import ATTEMPTS, Contended, Done, operate
from ses_reputation.outbox import Channel, Outgoing, outgoing_of

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TENANT = Scope("tenant/hill-bikes")
ANN = Actor("arn:aws:iam::123456789012:user/ann", proven=True)
BEN = Actor("ben", proven=False)


class FakeStandings:
    """Standings in memory. Somebody else does what is in `before_asking` and `before_writing`, at that moment and once;
    with `busy`, again and again.
    """

    def __init__(self) -> None:
        self.kept: dict[Scope, Versioned] = {}
        self.done: set[str] = set()
        self.history: list[News] = []
        self.waiting: list[Outgoing] = []
        self.sent: list[tuple[Channel, str]] = []
        self.before_asking: Callable[[], object] | None = None
        self.before_writing: Callable[[], object] | None = None
        self.busy = False

    def read(self, scope: Scope) -> Versioned:
        return self.kept.get(scope, Versioned(Standing(scope)))

    def is_done(self, request: str) -> bool:
        other, self.before_asking = self.before_asking, None
        if other:
            other()
        return request in self.done

    def write_act(
        self, standing: Standing, version: int, act: Act, _: datetime, news: Sequence[News], alerts: Sequence[Alert]
    ) -> bool:
        other, self.before_writing = self.before_writing, None
        if other:
            other()
        self.before_writing = other if self.busy else None
        if self.read(standing.scope).version != version or act.id in self.done:
            return False
        self.kept[standing.scope] = Versioned(standing, version + 1)
        self.done.add(act.id)
        self.history += news
        self.waiting += [outgoing for alert in alerts for outgoing in outgoing_of(alert)]
        return True

    def outgoing(self) -> Iterator[Outgoing]:
        return iter(list(self.waiting))

    def mark_sent(self, outgoing: Outgoing, message_id: str) -> None:
        self.waiting.remove(outgoing)
        self.sent.append((outgoing.channel, message_id))


class Desk:
    """Where commands are carried out: `broken` channels send nothing."""

    def __init__(self) -> None:
        self.standings = FakeStandings()
        self.published: list[tuple[Channel, Alert]] = []
        self.broken: set[Channel] = set()
        self.pauses: list[int] = []

    def does(self, command: Command, request: str, by: Actor = ANN, now: datetime = NOW) -> Done:
        return operate(
            command,
            Act(request, by, "because"),
            now,
            policy=Policy(),
            standings=self.standings,
            channels={channel: partial(self._publish, channel) for channel in Channel},
            to_alert=partial(alert_of, account="123456789012", region="eu-west-1"),
            pause=self.pauses.append,
        )

    def _publish(self, channel: Channel, alert: Alert) -> str:
        if channel in self.broken:
            raise ConnectionError("no answer")
        self.published.append((channel, alert))
        return f"message-{len(self.published)}"

    def finding(self, scope: Scope = TENANT, category: Category = Category.SPAMTRAP) -> Finding:
        return self.standings.read(scope).standing.findings[category]

    def status(self, scope: Scope = TENANT) -> Status:
        return self.standings.read(scope).standing.status


def seen(text: str = "3 hits", scope: Scope = TENANT, category: Category = Category.SPAMTRAP) -> Report:
    return Report(scope, category, text, "trap-monitor")


def decide(desk: Desk, decision: Decision, scope: Scope = TENANT) -> Decide:
    return Decide(scope, desk.finding(scope).id, decision)


@pytest.fixture
def desk() -> Desk:
    """One at which a report has opened a finding, and everybody has been told."""
    desk = Desk()
    desk.does(seen(), "opened")
    desk.published.clear()
    desk.standings.sent.clear()
    return desk


def test_a_report_opens_a_finding_keeps_who_and_why_and_tells_people() -> None:
    desk = Desk()
    done = desk.does(seen(), "request-1")
    assert (done.scope, done.scope_status, done.changed, done.unsent) == (TENANT, Status.PROBATION, True, 0)
    assert done.finding == desk.finding()
    (change,) = desk.standings.history
    assert isinstance(change, Change)
    assert change.act == Act("request-1", ANN, "because")
    assert [(channel, alert.id) for channel, alert in desk.published] == [
        (Channel.STATUS, change.id),
        (Channel.CHAT, change.id),
    ]
    assert desk.standings.waiting == []


def test_it_is_kept_when_somebody_acted_last_whatever_clock_came_first(desk: Desk) -> None:
    for hours, last in ((2, 2), (1, 2), (3, 3)):
        desk.does(seen(f"hit {hours}"), f"report {hours}", now=NOW + hours * HOUR)
        assert desk.standings.read(TENANT).standing.acted == NOW + last * HOUR


def test_a_command_is_carried_out_once_however_often_it_is_sent(desk: Desk) -> None:
    command = decide(desk, Decision.SHUTDOWN)
    first = desk.does(command, "request-1")
    for hours in (0, 1, 1000):
        again = desk.does(command, "request-1", now=NOW + hours * HOUR)
        assert again == Done(TENANT, Status.SHUTDOWN), "nothing was done, and that is no error"
    assert first.changed
    assert len(desk.standings.history) == 2, "the report, and one shutdown"
    channels = [channel for channel, _ in desk.published]
    assert len(channels) == len({*channels}), "one alert, through each channel"


def test_a_command_that_arrives_twice_at_once_is_carried_out_once(desk: Desk) -> None:
    command = decide(desk, Decision.SHUTDOWN)
    desk.standings.before_writing = lambda: desk.does(command, "request-1")
    assert desk.does(command, "request-1") == Done(TENANT, Status.SHUTDOWN)
    assert len(desk.standings.history) == 2


def test_what_was_done_a_moment_ago_is_answered_with_the_status_that_it_led_to(desk: Desk) -> None:
    command = decide(desk, Decision.SHUTDOWN)
    desk.standings.before_asking = lambda: desk.does(command, "request-1")
    assert desk.does(command, "request-1") == Done(TENANT, Status.SHUTDOWN)


def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(desk: Desk) -> None:
    lift, shutdown = decide(desk, Decision.LIFT), decide(desk, Decision.SHUTDOWN)
    desk.standings.before_writing = lambda: desk.does(shutdown, "ben-1", by=BEN)
    with pytest.raises(CommandRefused, match="decided upon since you saw it: it is Shutdown now") as refused:
        desk.does(lift, "ann-1")
    assert refused.value.allowed == ("changes-made", "reinstate")
    assert desk.status() is Status.SHUTDOWN
    assert [news.act.by for news in desk.standings.history if isinstance(news, Change) and news.act] == [ANN, BEN]
    assert not desk.standings.is_done("ann-1"), "so that she can decide anew"


def test_who_comes_after_a_finding_was_closed_is_told_that_it_is(desk: Desk) -> None:
    lift, shutdown = decide(desk, Decision.LIFT), decide(desk, Decision.SHUTDOWN)
    desk.standings.before_writing = lambda: desk.does(lift, "ben-1", by=BEN)
    with pytest.raises(CommandRefused, match=r"has no open finding \w+; it has none"):
        desk.does(shutdown, "ann-1")
    assert desk.status() is Status.HEALTHY


def test_who_decides_on_what_is_no_longer_as_he_saw_it_is_told(desk: Desk) -> None:
    first = desk.finding()
    desk.does(ChangesMade(TENANT, first.id, "The list is gone."), "sender-1")
    with pytest.raises(CommandRefused, match="decided upon since you saw it: it is Probation now"):
        desk.does(Decide(TENANT, first.id, Decision.SHUTDOWN, seen=first.revision), "ann-1")
    assert desk.status() is Status.PROBATION


def test_a_report_between_a_reading_and_a_decision_changes_nothing_about_it(desk: Desk) -> None:
    desk.standings.before_writing = lambda: desk.does(seen("2 more"), "monitor-1")
    assert desk.does(decide(desk, Decision.SHUTDOWN), "ann-1").changed
    assert desk.status() is Status.SHUTDOWN
    assert [observation.text for observation in desk.finding().evidence] == ["3 hits", "2 more"]
    assert desk.pauses == [1]


def test_a_write_that_keeps_losing_ends_with_nothing_done(desk: Desk) -> None:
    requests = count()
    desk.standings.busy = True
    desk.standings.before_writing = lambda: desk.does(seen(), f"monitor-{next(requests)}")
    with pytest.raises(Contended, match="kept writing the standing of tenant/hill-bikes; nothing was done"):
        desk.does(decide(desk, Decision.SHUTDOWN), "ann-1")
    assert desk.status() is Status.PROBATION
    assert not desk.standings.is_done("ann-1")
    assert desk.published == []
    assert desk.pauses == list(range(1, ATTEMPTS + 1))


def test_an_alert_that_can_not_be_sent_is_counted_and_stays_in_the_outbox(desk: Desk) -> None:
    desk.broken = {Channel.STATUS}
    done = desk.does(decide(desk, Decision.SHUTDOWN), "ann-1")
    assert (done.changed, done.unsent) == (True, 1)
    channels = {channel for channel, _ in desk.published}
    assert Channel.CHAT in channels - {Channel.STATUS}, "one channel keeps back no other"
    (waiting,) = desk.standings.outgoing()
    assert (waiting.channel, waiting.alert.id) == (Channel.STATUS, desk.standings.history[-1].id)


def test_a_report_of_what_is_known_is_kept_and_tells_nobody(desk: Desk) -> None:
    done = desk.does(seen("2 more"), "monitor-1", by=BEN, now=NOW + HOUR)
    assert (done.changed, done.unsent, done.scope_status) == (False, 0, Status.PROBATION)
    assert done.finding
    assert done.finding.reports == 2
    kept = desk.standings.history[-1]
    assert isinstance(kept, EvidenceAdded)
    assert (kept.observation.text, kept.act.by) == ("2 more", BEN)
    assert desk.published == []
    assert desk.standings.waiting == []


def test_what_is_suspected_is_told_and_what_is_no_news_is_not_even_written() -> None:
    desk = Desk()
    suspicion = Report(TENANT, Category.SPAMTRAP, "3 hits", "trap-monitor", Severity.SUSPECTED)
    opened = desk.does(suspicion, "1")
    assert (opened.changed, opened.nothing_new, opened.scope_status) == (True, False, Status.HEALTHY)
    again = desk.does(suspicion, "2", now=NOW + timedelta(hours=1))
    assert again == Done(TENANT, Status.HEALTHY, desk.finding(), nothing_new=True)
    withdrawal = Withdraw(TENANT, Category.SPAMTRAP, "trap-monitor", "They were not ours.")
    ended = desk.does(withdrawal, "3")
    assert ended.finding
    assert (ended.changed, ended.finding.stage) == (True, Stage.RESOLVED)
    assert desk.does(withdrawal, "4") == Done(TENANT, Status.HEALTHY, nothing_new=True)
    assert len(desk.standings.history) == 2
    assert desk.standings.done == {"1", "3"}
    assert [channel for channel, _ in desk.published] == [Channel.STATUS, Channel.CHAT] * 2


def test_a_refused_command_leaves_no_trace(desk: Desk) -> None:
    before = desk.standings.read(TENANT)
    with pytest.raises(CommandRefused, match="reinstate is not for a finding about spamtrap that is Probation"):
        desk.does(decide(desk, Decision.REINSTATE), "ann-1")
    assert desk.standings.read(TENANT) == before
    assert not desk.standings.is_done("ann-1")
    assert len(desk.standings.history) == 1


@pytest.mark.parametrize(
    ("scope", "heard"), [(ACCOUNT, True), (TENANT, False)], ids=["the account", "one of its tenants"]
)
def test_related_accounts_hear_of_the_shutdown_of_the_account_alone(scope: Scope, heard: bool) -> None:
    desk = Desk()
    desk.does(seen(scope=scope), "opened")
    desk.published.clear()
    desk.does(decide(desk, Decision.SHUTDOWN, scope), "ann-1")
    assert (Channel.RELATED in {channel for channel, _ in desk.published}) == heard


def test_related_accounts_hear_once_of_an_account_that_is_shut_down_for_two_reasons() -> None:
    desk = Desk()
    for category in (Category.SPAMTRAP, Category.DIRECT_FEEDBACK):
        desk.does(seen(scope=ACCOUNT, category=category), f"opened-{category}")
        desk.does(Decide(ACCOUNT, desk.finding(ACCOUNT, category).id, Decision.SHUTDOWN), f"ann-{category}")
    assert [channel for channel, _ in desk.published].count(Channel.RELATED) == 1


GMAIL = Scope("provider/gmail")
OUTAGE = Outage("52916bc6ca", "gmail", NOW - HOUR, NOW, Tally(50, 100), Tally(1, 1000))


def test_an_outage_is_decided_upon_once_and_people_hear_of_it() -> None:
    desk = Desk()
    desk.standings.kept[GMAIL] = Versioned(Standing(GMAIL, outages=(OUTAGE,)), 1)
    command = Decide(GMAIL, OUTAGE.id, Decision.CONFIRM)
    done = desk.does(command, "request-1")
    (confirmed,) = desk.standings.read(GMAIL).standing.outages
    assert (confirmed.stage, confirmed.decided) == (OutageStage.CONFIRMED, NOW)
    assert done == Done(GMAIL, Status.HEALTHY, changed=True, outage=confirmed)
    (told, _) = desk.published
    assert isinstance(told[1], OutageAlert)
    assert (told[1].cause, told[1].act) == ("confirmed", Act("request-1", ANN, "because"))
    assert desk.does(command, "request-1") == Done(GMAIL, Status.HEALTHY), "the same request again"
    assert len(desk.standings.history) == 1


def test_of_two_who_decide_about_an_outage_the_second_is_told() -> None:
    desk = Desk()
    desk.standings.kept[GMAIL] = Versioned(Standing(GMAIL, outages=(OUTAGE,)), 1)
    desk.standings.before_writing = lambda: desk.does(Decide(GMAIL, OUTAGE.id, Decision.DISMISS), "request-1", BEN)
    with pytest.raises(CommandRefused, match="it is dismissed now"):
        desk.does(Decide(GMAIL, OUTAGE.id, Decision.CONFIRM), "request-2")
    assert [outage.stage for outage in desk.standings.read(GMAIL).standing.outages] == [OutageStage.DISMISSED]
