"""evaluate_reputation over fakes: what is due is judged, and what changed is told, once."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from msgspec import structs

from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change, EarlyWarning, EvidenceAdded
from ses_reputation.domain.detection import Heard
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.lifecycle import Stage, Status, Trigger
from ses_reputation.domain.news import News
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import HourCounts, Metric, VolumeSource
from ses_reputation.domain.replies import Reply
from ses_reputation.domain.reply_rules import ReplyClass
from ses_reputation.domain.scopes import ACCOUNT, Scope
from ses_reputation.domain.standing import Standing
from ses_reputation.domain.weekly import Weekly
from ses_reputation.domain.weeks import NOTHING_KNOWN, KnownWeeks
from ses_reputation.due import Chunks, Due
from ses_reputation.evaluate import (
    Evaluated,
    EvaluationIncomplete,
    Learned,
    Versioned,
    evaluate_reputation,
)
from ses_reputation.notices.alert import Alert, OutageAlert, StatusAlert, WarningAlert, alert_of, summary_of
from ses_reputation.outbox import Channel, Outgoing, outgoing_of
from ses_reputation.past import Weeks

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
GMAIL = Scope("provider/gmail")
YAHOO = Scope("provider/yahoo")


class FakeCounters:
    """Counts by scope, newest hour first; notes which scopes were read."""

    def __init__(self, hours: dict[Scope, list[HourCounts]]) -> None:
        self.by_scope = hours
        self.read: list[Scope] = []

    def hours(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterator[HourCounts]:
        self.read.append(scope)
        hours = self.by_scope.get(scope, [])
        return (hour for hour in hours if hour.hour < before and (since is None or since <= hour.hour))


class FakeReplies:
    """What servers replied, whatever the scope; notes who was asked for."""

    def __init__(self, *heard: Heard) -> None:
        self.heard = heard
        self.read: list[Scope] = []

    def sample(
        self, scope: Scope, _since: datetime, _until: datetime, size: int, classes: Collection[ReplyClass]
    ) -> Iterable[Heard]:
        self.read.append(scope)
        return [heard for heard in self.heard if heard.reply.reply_class in classes][:size]


class FakeStandings:
    def __init__(self, *due: Scope) -> None:
        self.marks = dict.fromkeys(due, "1")
        self.kept: dict[Scope, Versioned] = {}
        self.history: list[News] = []
        self.known = Learned()
        self.waiting: list[Outgoing] = []
        self.sent: dict[str, str] = {}
        self.overtaken: set[Scope] = set()
        self.summary_written: datetime | None = None

    def due(self) -> Iterator[Due]:
        return (Due(scope, token) for scope, token in list(self.marks.items()))

    def read(self, scope: Scope) -> Versioned:
        return self.kept.get(scope, Versioned(Standing(scope)))

    def learned(self) -> Learned:
        return self.known

    def outages(self) -> Iterator[Outage]:
        return (outage for known in self.kept.values() for outage in known.standing.outages)

    def write(self, standing: Standing, version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        if standing.scope in self.overtaken or self.read(standing.scope).version != version:
            return False
        self.kept[standing.scope] = Versioned(standing, version + 1)
        self.history += news
        self._put(alerts)
        return True

    def mark(self, scope: Scope, token: str) -> None:
        self.marks[scope] = token

    def settle(self, due: Due) -> None:
        if self.marks.get(due.scope) == due.token:
            del self.marks[due.scope]

    def all(self) -> Iterator[Standing]:
        return (versioned.standing for versioned in self.kept.values())

    def outgoing(self) -> Iterator[Outgoing]:
        return iter(list(self.waiting))

    def mark_sent(self, outgoing: Outgoing, message_id: str) -> None:
        self.waiting.remove(outgoing)
        if outgoing.channel is Channel.STATUS:
            self.sent[outgoing.alert.id] = message_id

    def summarised(self) -> datetime | None:
        return self.summary_written

    def write_summary(self, alert: Alert, before: datetime | None) -> bool:
        if ACCOUNT in self.overtaken or self.summary_written != before:
            return False
        self.summary_written = alert.time
        self._put([alert])
        return True

    def _put(self, alerts: Iterable[Alert]) -> None:
        self.waiting += (outgoing for alert in alerts for outgoing in outgoing_of(alert))


class FakeChannel:
    """Takes alerts, but those about one scope."""

    def __init__(self, refuses: str = "") -> None:
        self.published: list[Alert] = []
        self.refuses = refuses

    def publish(self, alert: Alert) -> str:
        if alert.scope == self.refuses:
            raise ConnectionError("no answer")
        self.published.append(alert)
        return f"message-{len(self.published)}"


def hour(ago: int, provider: str = "gmail", sent: int = 1000, hard_bounced: int = 0) -> HourCounts:
    counts = {(provider, Measure.SENT): sent, (provider, Measure.HARD_BOUNCED): hard_bounced}
    return HourCounts(NOW - ago * HOUR, counts)


NEWSLETTER = Scope("configuration-set/newsletter")
BAD = FakeCounters({ACCOUNT: [hour(1, hard_bounced=200)]})


def evaluate(
    counters: FakeCounters,
    standings: FakeStandings,
    topic: FakeChannel | None = None,
    now: datetime = NOW,
    policy: Policy = Policy(),  # noqa: B008 - it is frozen
    weekly: Weekly | None = None,
    *,
    replies: FakeReplies | None = None,
    chunks: Chunks | None = None,
    weeks: Weeks | None = None,
    **others: FakeChannel,
) -> Evaluated:
    """One run; `topic` is the status topic, and `chat` and `related` may be given, too."""
    channels = {channel: others.get(channel, FakeChannel()) for channel in Channel}
    channels[Channel.STATUS] = topic or FakeChannel()
    return evaluate_reputation(
        now,
        policy=policy,
        counters=counters,
        replies=replies or FakeReplies(),
        standings=standings,
        channels={channel: fake.publish for channel, fake in channels.items()},
        to_alert=partial(alert_of, account="123456789012", region="eu-west-1"),
        to_summary=partial(summary_of, account="123456789012", region="eu-west-1"),
        weekly=weekly,
        chunks=chunks,
        weeks=weeks,
    )


def test_only_what_is_due_is_read_and_judged() -> None:
    counters = FakeCounters({ACCOUNT: [hour(1)], Scope("tenant/idle"): [hour(1)]})
    standings = FakeStandings(ACCOUNT)
    assert evaluate(counters, standings) == Evaluated(scopes=1)
    assert counters.read == [ACCOUNT]
    assert standings.kept.keys() == {ACCOUNT}


def test_each_day_leaves_its_rate_in_the_trend() -> None:
    counters = FakeCounters({ACCOUNT: [hour(1, hard_bounced=10)]})
    standings = FakeStandings(ACCOUNT)
    evaluate(counters, standings)
    standings.marks[ACCOUNT] = "2"
    counters.by_scope[ACCOUNT] = [hour(-47, hard_bounced=40), hour(1, hard_bounced=10)]
    evaluate(counters, standings, now=NOW + timedelta(days=2))
    trend = standings.kept[ACCOUNT].standing.trend
    assert (trend.last, trend.bounce_rate) == ((NOW + timedelta(days=2)).date(), (10_000, None, 25_000))


BLOCKED = Heard("gmail", "550 5.7.1 spam", Reply(ReplyClass.SPAM_BLOCK))


def blocked(ago: int, count: int) -> HourCounts:
    return HourCounts(NOW - ago * HOUR, {("gmail", Measure.SENT): 1000, ("gmail", Measure.REPLY_SPAM_BLOCK): count})


def test_a_rise_of_a_class_of_replies_is_suspected_and_told_with_what_was_heard() -> None:
    standings, topic, replies = FakeStandings(GMAIL), FakeChannel(), FakeReplies(BLOCKED)
    run = evaluate(FakeCounters({ACCOUNT: [blocked(1, 50)]}), standings, topic, replies=replies)
    assert run == Evaluated(scopes=1, changes=1, alerts=1, awaited=1)
    finding = standings.kept[GMAIL].standing.findings[Category.MAILBOX_PROVIDER]
    assert finding.stage is Stage.SUSPECTED
    assert "50 replies" in finding.evidence[0].text
    assert BLOCKED.text in finding.evidence[0].text
    assert standings.kept[GMAIL].standing.status is Status.HEALTHY
    (alert,) = topic.published
    assert isinstance(alert, StatusAlert)
    assert (alert.cause, alert.category) == (Trigger.SUSPECTED, Category.MAILBOX_PROVIDER)


def test_what_is_suspected_already_is_heard_again_the_next_day_and_nobody_is_told() -> None:
    standings, topic, replies = FakeStandings(GMAIL), FakeChannel(), FakeReplies(BLOCKED)
    counters = FakeCounters({ACCOUNT: [blocked(-12, 60), blocked(1, 50)]})
    for hours in (0, 1, 11, 12, 13):
        evaluate(counters, standings, topic, NOW + hours * HOUR, replies=replies)
    assert len(topic.published) == 1
    assert len(standings.kept[GMAIL].standing.findings[Category.MAILBOX_PROVIDER].evidence) == 2
    assert [type(piece) for piece in standings.history] == [Change, EvidenceAdded]
    assert replies.read == [GMAIL, GMAIL]


def test_replies_are_read_only_where_a_class_has_risen() -> None:
    standings, replies = FakeStandings(ACCOUNT, GMAIL, NEWSLETTER), FakeReplies(BLOCKED)
    hours = {scope: [blocked(1, 49)] for scope in (ACCOUNT, NEWSLETTER)}
    assert evaluate(FakeCounters(hours), standings, replies=replies) == Evaluated(scopes=3)
    assert replies.read == []


def refusing(ago: int) -> HourCounts:
    """Half of the mail to Gmail bounces, and next to none elsewhere."""
    counts = {("gmail", Measure.SENT): 1000, ("gmail", Measure.HARD_BOUNCED): 500, ("yahoo", Measure.SENT): 1000}
    return HourCounts(NOW - ago * HOUR, counts)


OUTAGE = [refusing(1), *(hour(24 * ago, sent=100, hard_bounced=1) for ago in range(1, 21))]


@pytest.mark.parametrize(
    ("hold", "status"), [(True, Status.HEALTHY), (False, Status.PROBATION)], ids=["held", "counted"]
)
def test_an_outage_is_told_and_known_to_all_scopes_in_the_same_run(hold: bool, status: Status) -> None:
    standings, topic = FakeStandings(ACCOUNT, NEWSLETTER, GMAIL), FakeChannel()
    counters = FakeCounters({ACCOUNT: OUTAGE, NEWSLETTER: OUTAGE})
    run = evaluate(counters, standings, topic, policy=Policy(hold_outages=hold))
    assert run == Evaluated(
        scopes=3, changes=0 if hold else 3, outages=1, alerts=1 if hold else 4, awaited=1 if hold else 3
    )
    assert {kept.standing.status for kept in standings.kept.values()} == {status}
    (alert,) = [each for each in topic.published if isinstance(each, OutageAlert)]
    assert (alert.scope, alert.cause, alert.held) == ("provider/gmail", "found", hold)
    assert counters.read == [ACCOUNT, NEWSLETTER], "the account's hours are read once"
    assert GMAIL in standings.marks, "its end has to be seen"


def test_an_outage_is_told_once_and_when_it_is_over() -> None:
    standings, topic = FakeStandings(GMAIL), FakeChannel()
    for hours in (0, 0, 1, 2, 3, 4, 5):
        evaluate(FakeCounters({ACCOUNT: OUTAGE}), standings, topic, NOW + hours * HOUR, Policy(hold_outages=True))
    told = [(alert.time, alert.cause) for alert in topic.published if isinstance(alert, OutageAlert)]
    assert told == [(NOW, "found"), (NOW + 3 * HOUR, "over")]
    assert standings.marks == {}


def test_a_healthy_scope_is_settled_until_its_counts_change() -> None:
    standings = FakeStandings(ACCOUNT)
    evaluate(FakeCounters({ACCOUNT: [hour(1)]}), standings)
    assert standings.marks == {}


def test_a_scope_that_is_marked_again_meanwhile_stays_due() -> None:
    standings = FakeStandings(ACCOUNT)

    class MarkedWhileRead(FakeCounters):
        def hours(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterator[HourCounts]:
            standings.marks[ACCOUNT] = "2"
            return super().hours(scope, before, since)

    evaluate(MarkedWhileRead({ACCOUNT: [hour(1)]}), standings)
    assert standings.marks == {ACCOUNT: "2"}


def test_what_is_marked_while_others_are_read_stays_due() -> None:
    """A provider is judged by the account's hours, which may have been read before its newest mail was counted."""
    standings = FakeStandings(ACCOUNT, GMAIL)

    class LazyStandings(FakeStandings):
        def due(self) -> Iterator[Due]:
            yield Due(ACCOUNT, standings.marks[ACCOUNT])
            yield Due(GMAIL, standings.marks[GMAIL])

        def settle(self, due: Due) -> None:
            standings.settle(due)

    class CountedMeanwhile(FakeCounters):
        def hours(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterator[HourCounts]:
            yield from super().hours(scope, before, since)
            standings.marks[GMAIL] = "2"

    evaluate(CountedMeanwhile({ACCOUNT: [hour(1)]}), LazyStandings())
    assert standings.marks == {GMAIL: "2"}


def test_a_change_is_recorded_and_told_once() -> None:
    standings, topic = FakeStandings(ACCOUNT), FakeChannel()
    assert evaluate(BAD, standings, topic) == Evaluated(scopes=1, changes=1, alerts=1, awaited=1)
    (alert,) = topic.published
    assert isinstance(alert, StatusAlert)
    assert (alert.scope, alert.category, alert.metric) == ("account", "bounce_rate", "bounce_rate")
    assert (alert.before, alert.after) == ("Healthy", "Probation")
    assert standings.sent == {alert.id: "message-1"}
    assert evaluate(BAD, standings, topic) == Evaluated(scopes=1, awaited=1), "the same moment again"
    assert evaluate(BAD, standings, topic, NOW + HOUR) == Evaluated(scopes=1, awaited=1), (
        "on probation, time may move it"
    )
    assert len(topic.published) == 1


HOUR_AFTER_END = NOW + Policy().probation + HOUR


def shutting_down(*scopes: Scope) -> tuple[FakeCounters, FakeStandings]:
    """Scopes on probation whose mail since it began is as bad as before, so that its end shuts them down."""
    counters = FakeCounters({scope: [hour(-2, hard_bounced=200), hour(1, hard_bounced=200)] for scope in scopes})
    standings = FakeStandings(*scopes)
    evaluate(counters, standings)
    return counters, standings


def test_what_is_shut_down_is_settled() -> None:
    """Only a person's decision leads out of it, and nobody waits for that."""
    counters, standings = shutting_down(ACCOUNT)
    evaluate(counters, standings, now=HOUR_AFTER_END)
    assert standings.kept[ACCOUNT].standing.status is Status.SHUTDOWN
    assert standings.marks == {ACCOUNT: "1"}, "what has just changed is looked at once more"
    evaluate(counters, standings, now=HOUR_AFTER_END + HOUR)
    assert standings.marks == {}


def test_the_accounts_hours_are_read_once_for_all_its_providers() -> None:
    counters = FakeCounters({ACCOUNT: [hour(1, "gmail"), hour(2, "yahoo", hard_bounced=200), hour(3, "gmail", 10)]})
    standings = FakeStandings(GMAIL, ACCOUNT, YAHOO)
    evaluate(counters, standings)
    assert counters.read == [ACCOUNT]
    windows = {
        scope: kept.standing.measures[Metric.BOUNCE_RATE].window.eligible for scope, kept in standings.kept.items()
    }
    assert windows == {GMAIL: 1010, ACCOUNT: 2010, YAHOO: 1000}
    assert standings.kept[YAHOO].standing.status is Status.PROBATION


class FakeWeeks:
    """Nothing is known of any week; notes, between the scopes that were read, of which ones that was asked."""

    def __init__(self, read: list[Scope]) -> None:
        self._read = read

    def known(self, scope: Scope) -> KnownWeeks:
        self._read.append(Scope(f"known of {scope}"))
        return NOTHING_KNOWN

    def keep(self, _scope: Scope, _known: KnownWeeks) -> bool:
        return True


def test_all_who_share_the_accounts_hours_are_asked_about_before_these_are_read() -> None:
    counters = FakeCounters({ACCOUNT: [hour(1), hour(400, "yahoo")]})
    evaluate(counters, FakeStandings(GMAIL, ACCOUNT, YAHOO), weeks=FakeWeeks(counters.read))
    first, *others = [n for n, name in enumerate(counters.read) if name != ACCOUNT]
    assert others == [first + 1, first + 2]


def warned_hour(hard_bounced: int) -> FakeCounters:
    return FakeCounters({ACCOUNT: [hour(1, hard_bounced=hard_bounced)]})


def test_a_rate_at_its_recommended_value_is_told_once_and_keeps_nothing_due() -> None:
    standings, topic = FakeStandings(ACCOUNT), FakeChannel()
    assert evaluate(warned_hour(50), standings, topic) == Evaluated(scopes=1, warnings=1, alerts=1)
    (warning,) = standings.history
    (alert,) = topic.published
    assert isinstance(warning, EarlyWarning)
    assert isinstance(alert, WarningAlert)
    assert (alert.id, alert.scope, alert.metric) == (warning.id, "account", "bounce_rate")
    assert standings.sent == {alert.id: "message-1"}
    assert standings.marks == {}
    standings.marks[ACCOUNT] = "2"
    assert evaluate(warned_hour(51), standings, topic, NOW + timedelta(minutes=15)) == Evaluated(scopes=1)
    assert len(topic.published) == 1


def test_a_rate_under_its_recommended_value_warns_nobody() -> None:
    assert evaluate(warned_hour(49), FakeStandings(ACCOUNT)) == Evaluated(scopes=1)


@pytest.mark.parametrize(
    ("hard_bounced", "run"),
    [
        (200, Evaluated(scopes=1, warnings=2, alerts=2)),
        (201, Evaluated(scopes=1, changes=1, warnings=1, alerts=2, awaited=1)),
    ],
    ids=["two warnings", "a change and a warning"],
)
def test_warnings_and_changes_of_one_scope_are_counted_apart(hard_bounced: int, run: Evaluated) -> None:
    bounces = hour(1, hard_bounced=hard_bounced).counts
    complaints = {("yahoo", Measure.SENT): 1000, ("yahoo", Measure.COMPLAINED): 3}
    counters = FakeCounters({ACCOUNT: [HourCounts(NOW - HOUR, {**bounces, **complaints})]})
    assert evaluate(counters, FakeStandings(ACCOUNT)) == run


def test_a_warning_that_another_run_wrote_first_is_not_told_twice() -> None:
    standings, topic = FakeStandings(ACCOUNT), FakeChannel()
    standings.overtaken.add(ACCOUNT)
    assert evaluate(warned_hour(50), standings, topic) == Evaluated(scopes=1, overtaken=1)
    assert topic.published == []


@pytest.mark.parametrize(
    ("known", "eligible", "status"),
    [
        (Learned(), 0, Status.HEALTHY),
        (Learned(frozenset({"libero"})), 0, Status.HEALTHY),
        (Learned(frozenset({"proton", "libero"})), 1000, Status.PROBATION),
    ],
    ids=["nothing learned", "of another provider", "of this one"],
)
def test_mail_counts_for_complaints_once_its_provider_has_sent_one(
    known: Learned, eligible: int, status: Status
) -> None:
    counts = {("proton", Measure.SENT): 1000, ("proton", Measure.COMPLAINED): 6}
    standings = FakeStandings(ACCOUNT)
    standings.known = known
    evaluate(FakeCounters({ACCOUNT: [HourCounts(NOW - HOUR, counts)]}), standings)
    standing = standings.kept[ACCOUNT].standing
    assert standing.measures[Metric.COMPLAINT_RATE].window.eligible == eligible
    assert standing.status is status


@pytest.mark.parametrize(
    ("feedback_share", "eligible", "status"),
    [(None, 1000, Status.HEALTHY), (100, 1000, Status.HEALTHY), (99, 990, Status.PROBATION), (0, 0, Status.HEALTHY)],
    ids=["SES does not say: as configured", "all of it", "a little less", "none of it: nothing to judge by"],
)
def test_mail_of_no_known_provider_counts_at_the_share_that_ses_measured(
    feedback_share: int | None, eligible: int, status: Status
) -> None:
    counts = {("unspecified", Measure.REPORTED): 1000, ("yahoo", Measure.COMPLAINED): 5}
    standings = FakeStandings(ACCOUNT)
    standings.known = Learned(feedback_share=feedback_share)
    policy = Policy(volume_source=VolumeSource.STATISTICS)
    evaluate(FakeCounters({ACCOUNT: [HourCounts(NOW - HOUR, counts)]}), standings, policy=policy)
    standing = standings.kept[ACCOUNT].standing
    assert standing.measures[Metric.COMPLAINT_RATE].window.eligible == eligible
    assert standing.status is status


def test_what_is_learned_changes_nothing_else_of_a_policy() -> None:
    policy = Policy(minimum_volume=7)
    learned = Learned(frozenset({"proton"}), 40).applied_to(policy)
    loops = structs.replace(policy.feedback_loops, learned=frozenset({"proton"}), feedback_share=40)
    assert learned == structs.replace(policy, feedback_loops=loops)
    assert Learned().applied_to(policy) == policy


def test_what_another_run_wrote_first_stays_due_and_is_not_told_twice() -> None:
    standings, topic = FakeStandings(ACCOUNT), FakeChannel()
    standings.overtaken.add(ACCOUNT)
    assert evaluate(BAD, standings, topic) == Evaluated(scopes=1, overtaken=1)
    assert (standings.marks, topic.published) == ({ACCOUNT: "1"}, [])


def test_an_alert_that_will_not_go_keeps_back_no_other_and_stays() -> None:
    standings = FakeStandings(ACCOUNT, GMAIL)
    topic = FakeChannel(refuses="account")
    with pytest.raises(EvaluationIncomplete, match="the first: ConnectionError") as incomplete:
        evaluate(BAD, standings, topic)
    did = incomplete.value.evaluated
    assert (did.changes, did.alerts, did.unsent) == (2, 1, 1)
    assert [alert.scope for alert in topic.published] == ["provider/gmail"]
    topic.refuses = ""
    assert evaluate(BAD, standings, topic).alerts == 1
    assert [alert.scope for alert in topic.published] == ["provider/gmail", "account"]


def test_what_a_run_sends_at_its_second_attempt_is_no_failure() -> None:
    class RefusingOnce(FakeChannel):
        def publish(self, alert: Alert) -> str:
            refuses, self.refuses = self.refuses, ""
            if refuses:
                raise ConnectionError("no answer")
            return super().publish(alert)

    standings, topic = FakeStandings(ACCOUNT), FakeChannel(refuses="account")
    with pytest.raises(EvaluationIncomplete):
        evaluate(BAD, standings, topic)
    standings.marks = {GMAIL: "1"}
    run = evaluate(BAD, standings, RefusingOnce(refuses="whatever"))
    assert (run.changes, run.alerts, run.unsent) == (1, 2, 0)
    assert standings.waiting == []


def test_a_scope_that_cannot_be_judged_keeps_back_no_other_and_no_alert() -> None:
    class Broken(FakeCounters):
        def hours(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterator[HourCounts]:
            if scope == NEWSLETTER:
                raise ConnectionError("no answer")
            return super().hours(scope, before, since)

    standings = FakeStandings(NEWSLETTER, ACCOUNT)
    topic = FakeChannel()
    with pytest.raises(EvaluationIncomplete, match="1 failures, the first: ConnectionError"):
        evaluate(Broken(BAD.by_scope), standings, topic)
    assert [alert.scope for alert in topic.published] == [ACCOUNT]
    assert NEWSLETTER in standings.marks, "it is looked at again in the next run"


def test_a_provider_is_not_judged_by_the_part_of_the_accounts_mail_that_could_be_read() -> None:
    class Half(FakeCounters):
        def hours(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterator[HourCounts]:
            yield from super().hours(scope, before, since)
            raise ConnectionError("no answer")

    gmail = Scope("provider/gmail")
    standings = FakeStandings(ACCOUNT, gmail)
    with pytest.raises(EvaluationIncomplete, match="2 failures"):
        evaluate(Half({ACCOUNT: [hour(1)]}), standings)
    assert standings.kept == {}
    assert standings.marks.keys() == {ACCOUNT, gmail}


def test_what_was_left_in_the_outbox_goes_before_anything_can_go_wrong() -> None:
    class NoList(FakeStandings):
        def due(self) -> Iterator[Due]:
            raise ConnectionError("no answer")

    standings, topic = NoList(), FakeChannel()
    left = FakeStandings(ACCOUNT)
    with pytest.raises(EvaluationIncomplete):
        evaluate(BAD, left, FakeChannel(refuses=ACCOUNT))
    standings.waiting = left.waiting
    with pytest.raises(ConnectionError):
        evaluate(BAD, standings, topic)
    assert [alert.scope for alert in topic.published] == [ACCOUNT]


def test_statistics_tell_no_volume_of_a_tenant_so_nothing_of_it_is_read() -> None:
    tenant = Scope("tenant/acme")
    read: list[datetime] = []

    class Watched(FakeCounters):
        def hours(self, scope: Scope, before: datetime, since: datetime | None = None) -> Iterator[HourCounts]:
            for one in super().hours(scope, before, since):
                read.append(one.hour)
                yield one

    standings = FakeStandings(tenant)
    evaluate(
        Watched({tenant: [hour(1, hard_bounced=200)]}), standings, policy=Policy(volume_source=VolumeSource.STATISTICS)
    )
    assert read == []
    assert standings.kept[tenant].standing.status is Status.HEALTHY


def test_mail_of_the_hour_that_is_running_counts_and_that_of_the_future_does_not() -> None:
    counters = FakeCounters({ACCOUNT: [hour(-1, hard_bounced=1000), hour(0, sent=100), hour(1, sent=100)]})
    standings = FakeStandings(ACCOUNT)
    evaluate(counters, standings, now=NOW + timedelta(minutes=15))
    assert standings.kept[ACCOUNT].standing.measures[Metric.BOUNCE_RATE].window.eligible == 200
