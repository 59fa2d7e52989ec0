"""What an evaluation sends, over fakes: through each channel, reminders, and how everything stands once a week."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change, Reminder
from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation.domain.standing import Standing
from ses_reputation.domain.weekly import Weekly
from ses_reputation.evaluate import Evaluated, EvaluationIncomplete
from ses_reputation.notices.alert import SummaryAlert
from ses_reputation.outbox import Channel
from tests.test_evaluate import (
    BAD,
    GMAIL,
    HOUR,
    HOUR_AFTER_END,
    NEWSLETTER,
    NOW,
    FakeChannel,
    FakeStandings,
    evaluate,
    shutting_down,
)

# Channels


@pytest.mark.parametrize("refusing", Channel)
def test_a_channel_that_fails_keeps_back_no_other_and_is_tried_again(refusing: Channel) -> None:
    counters, standings = shutting_down(ACCOUNT)
    fakes = {channel: FakeChannel(refuses=ACCOUNT if channel is refusing else "") for channel in Channel}

    def run(now: datetime) -> Evaluated:
        return evaluate(
            counters,
            standings,
            fakes[Channel.STATUS],
            now,
            chat=fakes[Channel.CHAT],
            related=fakes[Channel.RELATED],
        )

    with pytest.raises(EvaluationIncomplete, match="1 failures, the first: ConnectionError"):
        run(HOUR_AFTER_END)
    assert {channel for channel in Channel if not fakes[channel].published} == {refusing}
    assert [outgoing.channel for outgoing in standings.waiting] == [refusing]
    fakes[refusing].refuses = ""
    assert run(HOUR_AFTER_END + HOUR).alerts == (1 if refusing is Channel.STATUS else 0)
    assert standings.waiting == []
    assert {len(fake.published) for fake in fakes.values()} == {1}, "nobody is told twice"


def test_only_a_shutdown_of_the_account_itself_goes_to_related_accounts() -> None:
    related, chat, topic = FakeChannel(), FakeChannel(), FakeChannel()
    counters, standings = shutting_down(ACCOUNT, NEWSLETTER)
    assert evaluate(counters, standings, topic, HOUR_AFTER_END, chat=chat, related=related).alerts == 2
    assert chat.published == topic.published
    assert {alert.scope for alert in topic.published} == {ACCOUNT, NEWSLETTER}
    assert [alert.scope for alert in related.published] == [ACCOUNT]


# Reminders


def test_people_are_reminded_before_a_probation_ends_and_that_is_counted() -> None:
    counters, standings = shutting_down(ACCOUNT)
    topic = FakeChannel()
    week_before = NOW + Policy().probation - timedelta(days=7)
    assert evaluate(counters, standings, topic, week_before - HOUR) == Evaluated(scopes=1, awaited=1)
    assert evaluate(counters, standings, topic, week_before) == Evaluated(scopes=1, reminders=1, alerts=1, awaited=1)
    assert evaluate(counters, standings, topic, week_before + HOUR) == Evaluated(scopes=1, awaited=1), "told once"
    (alert,) = topic.published
    reminder = standings.history[-1]
    assert isinstance(reminder, Reminder)
    assert (alert.id, reminder.category) == (reminder.id, Category.BOUNCE_RATE)
    assert standings.kept[ACCOUNT].standing.status is Status.PROBATION


def test_a_review_that_waits_keeps_its_scope_due_and_is_reminded_of_until_it_is_over() -> None:
    standings = FakeStandings(ACCOUNT)
    topic = FakeChannel()
    evaluate(BAD, standings)
    ended = NOW + Policy().probation
    for days, run in (
        (0, Evaluated(scopes=1, changes=1, alerts=1, awaited=1)),
        (1, Evaluated(scopes=1, awaited=1)),
        (3, Evaluated(scopes=1, reminders=1, alerts=1, awaited=1)),
        (5, Evaluated(scopes=1, awaited=1)),
        (6, Evaluated(scopes=1, reminders=1, alerts=1, awaited=1)),
    ):
        assert evaluate(BAD, standings, topic, ended + timedelta(days=days)) == run
    assert standings.kept[ACCOUNT].standing.status is Status.PENDING_DECISION
    assert [type(news) for news in standings.history[1:]] == [Change, Reminder, Reminder]


# The weekly summary. NOW is a Friday, at noon.


WEDNESDAY = Weekly(2)
EIGHT = datetime(2026, 3, 11, 8, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def summaries(topic: FakeChannel) -> list[datetime]:
    return [alert.time for alert in topic.published if isinstance(alert, SummaryAlert)]


def test_the_summary_comes_once_a_week_at_the_first_evaluation_after_its_moment() -> None:
    standings, topic, chat = FakeStandings(), FakeChannel(), FakeChannel()
    now = NOW
    while now < NOW + timedelta(days=21):
        evaluate(BAD, standings, topic, now, weekly=WEDNESDAY, chat=chat)
        now += timedelta(hours=5)
    times = summaries(topic)
    assert [time - EIGHT >= timedelta(0) for time in times] == [True] * 3
    for week, time in enumerate(times):
        assert timedelta(0) <= time - EIGHT - week * timedelta(days=7) < timedelta(hours=5)
    assert chat.published == topic.published


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        (EIGHT - QUARTER, False),
        (EIGHT, True),
        (EIGHT + QUARTER, True),
        (EIGHT + timedelta(hours=23, minutes=59), True),
        (EIGHT + timedelta(days=1), False),
        (EIGHT + timedelta(days=6), False),
    ],
    ids=["just before", "at its moment", "just after", "that day", "a day later", "at the end of that week"],
)
def test_what_is_deployed_in_the_course_of_a_week_sums_up_the_next(now: datetime, sent: bool) -> None:
    topic = FakeChannel()
    evaluate(BAD, FakeStandings(), topic, now, weekly=WEDNESDAY)
    assert summaries(topic) == [now] * sent


def test_nobody_gets_a_summary_that_was_not_asked_for() -> None:
    topic = FakeChannel()
    standings = FakeStandings()
    for days in range(14):
        evaluate(BAD, standings, topic, NOW + timedelta(days=days))
    assert (topic.published, standings.summary_written) == ([], None)


@pytest.mark.parametrize("weekday", range(7))
def test_every_day_of_the_week_can_be_the_one(weekday: int) -> None:
    latest = Weekly(weekday).latest(NOW)
    assert (latest.weekday(), latest.hour) == (weekday, 8)
    assert timedelta(0) <= NOW - latest < timedelta(days=7)


@pytest.mark.parametrize(
    ("now", "latest"),
    [
        pytest.param(EIGHT, EIGHT, id="at the moment"),
        pytest.param(EIGHT - timedelta(microseconds=1), EIGHT - timedelta(days=7), id="just before it"),
        pytest.param(EIGHT.replace(minute=17, second=23, microsecond=45), EIGHT, id="within its hour"),
        pytest.param(EIGHT + timedelta(days=6, hours=3, minutes=5, seconds=7, microseconds=9), EIGHT, id="days later"),
    ],
)
def test_the_moment_of_a_week_is_a_full_hour(now: datetime, latest: datetime) -> None:
    assert WEDNESDAY.latest(now) == latest


def test_the_summary_tells_how_scopes_stand_after_the_run() -> None:
    standings, topic = FakeStandings(ACCOUNT, GMAIL), FakeChannel()
    run = evaluate(BAD, standings, topic, weekly=Weekly(NOW.weekday()))
    assert run == Evaluated(scopes=2, changes=2, alerts=3, awaited=2)
    (summary,) = (alert for alert in topic.published if isinstance(alert, SummaryAlert))
    assert summary.statuses == {"Probation": 2}
    assert [(one.scope, one.status) for one in summary.scopes] == [(ACCOUNT, "Probation"), (GMAIL, "Probation")]


def test_a_summary_that_another_run_wrote_first_is_not_sent_twice() -> None:
    standings, topic = FakeStandings(), FakeChannel()
    standings.overtaken.add(ACCOUNT)
    assert evaluate(BAD, standings, topic, EIGHT, weekly=WEDNESDAY) == Evaluated()
    assert topic.published == []


def test_a_summary_that_fails_keeps_back_no_alert() -> None:
    class NoList(FakeStandings):
        def all(self) -> Iterator[Standing]:
            raise ConnectionError("no answer")

    standings, topic = NoList(ACCOUNT), FakeChannel()
    with pytest.raises(EvaluationIncomplete, match="ConnectionError"):
        evaluate(BAD, standings, topic, weekly=Weekly(NOW.weekday()))
    assert [alert.scope for alert in topic.published] == [ACCOUNT]
    assert standings.summary_written is None
