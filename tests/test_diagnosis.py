"""What is judged wrong with a deployment, from what was read of it."""

import json
import re
from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest

from ses_reputation.diagnosis import judgements
from ses_reputation.diagnosis.diagnose import Outcome, State, Unreadable, outcome
from ses_reputation.diagnosis.faults import Check, Fault, found
from ses_reputation.diagnosis.judgements import Judged, judged
from ses_reputation.diagnosis.policies import owner_policy, queue_policy, ses_policy
from ses_reputation.diagnosis.readings import (
    Alarm,
    Arrivals,
    Connections,
    DeadLetters,
    Function,
    LastRun,
    Outbox,
    Part,
    Queue,
    Runs,
    Schedule,
    Source,
    Subscription,
    Topic,
    Versions,
)
from ses_reputation.diagnosis.texts import CHECKS, FAULTS, tell
from ses_reputation.domain.connections import ConfigurationSet, Destination, Identity, Notification
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.watch import AccountFacts

NOW = datetime(2026, 3, 20, 12, 40, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ARN = "arn:aws:sns:eu-west-1:123456789012:"
BOUNCE_TOPIC = f"{ARN}BounceTopic"


def topic(part: str, *subscriptions: Subscription) -> Topic:
    arn = f"{ARN}{part}"
    feedback = part in judgements.FEEDBACK
    return Topic(part, arn, ses_policy(arn) if feedback else owner_policy(arn), subscriptions)


OURS = frozenset({BOUNCE_TOPIC})


def queue(part: str = "BounceQueue", *, waiting: int = 0, in_flight: int = 0) -> Queue:
    arn = f"arn:aws:sqs:eu-west-1:123456789012:{part}"
    return Queue(part, f"https://sqs/{part}", arn, queue_policy(arn, BOUNCE_TOPIC), waiting, in_flight)


def schedule(expression: str = "rate(15 minutes)") -> Schedule:
    return Schedule("EvaluateReputationOnSchedule", "it", enabled=True, expression=expression, timezone="UTC")


def destination(*events: str, enabled: bool = True, topic: str = BOUNCE_TOPIC) -> Destination:
    return Destination("to-us", enabled, frozenset(events), topic)


def faults(judgement: Judged) -> list[Fault]:
    return [each.fault for each in judgement.faults]


# -- The table ---------------------------------------------------------------------------------------------------------


def test_every_check_and_every_fault_has_a_row() -> None:
    assert list(CHECKS) == list(Check)
    assert list(FAULTS) == list(Fault)


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_says_what_it_means_and_how_it_is_mended(fault: Fault) -> None:
    row = FAULTS[fault]
    texts = (row.says, row.means, row.mend)
    assert all(text.endswith((".", "}")) for text in texts)
    names = {name for text in (*texts, row.command or "") for _, name, _, _ in Formatter().parse(text) if name}
    told = tell(found(fault, **{name: f"<{name}>" for name in names}), stack="a stack", region="eu-west-1")
    for text in (told.says, told.means, told.mend):
        assert not re.search(r"[{}]", text)


def test_what_stands_in_a_command_is_quoted() -> None:
    case = found(Fault.SET_NOT_CONNECTED, name="$(rm -rf ~)")
    told = tell(case, stack="my stack", region="eu-west-1")
    assert told.command == (
        "ses-reputation connect --stack-name 'my stack' --region eu-west-1 --configuration-set '$(rm -rf ~)'"
    )


# -- How a check comes out ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found_faults", "state"),
    [
        ((), State.OK),
        ((Fault.SANDBOX,), State.WARNING),
        ((Fault.SANDBOX, Fault.SENDING_OFF, Fault.SANDBOX), State.PROBLEM),
    ],
    ids=["nothing", "a warning", "a problem among warnings"],
)
def test_a_check_is_as_bad_as_its_worst_fault(found_faults: tuple[Fault, ...], state: State) -> None:
    result = outcome(Check.ACCOUNT, lambda: judged("", map(found, found_faults)), lambda _: None)
    assert result.state is state


def failing() -> Judged:
    raise RuntimeError


def test_what_may_not_be_read_is_unknown_and_names_the_action_that_is_lacking() -> None:
    result = outcome(Check.TOPICS, failing, lambda _: Unreadable("denied", operation="GetTopicAttributes"))
    assert result == Outcome(Check.TOPICS, State.UNKNOWN, "denied", action="sns:GetTopicAttributes")


def test_what_is_not_there_is_a_problem() -> None:
    result = outcome(Check.QUEUES, failing, lambda _: Unreadable("no such queue", gone=True))
    assert (result.state, [each.fault for each in result.faults]) == (State.PROBLEM, [Fault.PART_GONE])


def test_an_error_that_does_not_come_of_reading_is_not_hidden() -> None:
    with pytest.raises(RuntimeError):
        outcome(Check.QUEUES, failing, lambda _: None)


# -- The checks --------------------------------------------------------------------------------------------------------


def test_a_part_that_is_missing_or_was_never_created_is_named() -> None:
    parts = [Part(name, "any", f"id-{name}", "UPDATE_COMPLETE") for name in judgements.PARTS[1:]]
    parts.append(Part(judgements.PARTS[0], "any", None, "CREATE_FAILED"))
    missing, failed = judgements.judge_stack(parts).faults
    assert (missing.fault, missing.details["part"]) == (Fault.PART_MISSING, judgements.PARTS[0])
    assert (failed.fault, failed.details["status"]) == (Fault.PART_NOT_COMPLETE, "CREATE_FAILED")


@pytest.mark.parametrize(
    ("stack", "fault"),
    [
        ("0.9.3", None),
        ("0.9.12", None),
        ("0.10.0", Fault.COMMAND_OLDER),
        ("1.0.0", Fault.COMMAND_OLDER),
        ("0.8.9", Fault.STACK_OLDER),
        (None, Fault.STACK_OLDER),
        ("whatever", Fault.STACK_OLDER),
    ],
    ids=["the same", "mended", "ten after nine", "major", "before", "it does not say", "no version"],
)
def test_the_command_and_the_stack_have_to_be_of_one_version_but_for_the_last_number(
    stack: str | None, fault: Fault | None
) -> None:
    found_faults = judgements.judge_version(Versions("0.9.3", stack)).faults
    assert [each.fault for each in found_faults] == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("here", "direction"),
    [(59, None), (-59, None), (60, "ahead of"), (-60, "behind")],
    ids=["almost a minute ahead", "almost a minute behind", "a minute ahead", "a minute behind"],
)
def test_a_clock_may_differ_by_less_than_a_minute(here: int, direction: str | None) -> None:
    found_faults = judgements.judge_clock(NOW + timedelta(seconds=here), NOW).faults
    assert [each.details["direction"] for each in found_faults] == ([direction] if direction else [])


def test_a_function_that_lambda_could_not_set_up_and_one_that_fails_are_told() -> None:
    functions = [
        Function("First", "first", "Failed", "Successful", NOW, {}, "first-log"),
        Function("Second", "second", "Active", "Failed", NOW, {}, "second-log"),
        Function("Idle", "idle", "Inactive", "Successful", NOW, {}, "idle-log"),
    ]
    runs = [Runs("First", 10, 0), Runs("Idle", 3, 1, NOW - HOUR)]
    result = judgements.judge_functions(functions, runs).faults
    assert [(each.fault, each.details["function"]) for each in result] == [
        (Fault.FUNCTION_BROKEN, "First"),
        (Fault.FUNCTION_BROKEN, "Second"),
        (Fault.FUNCTION_FAILED, "Idle"),
    ]
    assert result[2].details["log_group"] == "idle-log"


def test_a_function_of_another_version_is_told() -> None:
    function = Function("RecordFeedback", "it", "Active", "Successful", NOW, {"RECEIPTS_TABLE": "x"}, "log")
    (fault,) = judgements.judge_functions([function], []).faults
    assert (fault.fault, "COUNTERS_TABLE" in fault.details["reason"]) == (Fault.VERSION_DIFFERS, True)


@pytest.mark.parametrize(
    ("state", "expected"),
    [("Enabled", []), ("Disabled", [Fault.SOURCE_OFF]), ("Enabling", [Fault.SOURCE_CHANGING])],
)
def test_a_source_must_be_enabled(state: str, expected: list[Fault]) -> None:
    assert faults(judgements.judge_sources([Source("BounceQueueSource", "uuid", state)])) == expected


@pytest.mark.parametrize(
    ("messages", "age", "expected"),
    [
        (1, 15 * MINUTE, []),
        (1, 16 * MINUTE, [Fault.QUEUE_STUCK]),
        (0, 16 * MINUTE, []),
        (1, None, []),
    ],
    ids=["in time", "too old", "gone meanwhile", "of an age that nobody knows yet"],
)
def test_a_message_may_wait_a_quarter_of_an_hour(messages: int, age: timedelta | None, expected: list[Fault]) -> None:
    ages = {"BounceQueue": age} if age else {}
    assert faults(judgements.judge_queues([queue(in_flight=messages)], ages, "log")) == expected


def test_a_queue_that_goes_at_the_pace_of_ses_is_slow_and_no_problem() -> None:
    suppression = queue("SuppressionQueue", waiting=900)
    assert faults(judgements.judge_queues([suppression], {"SuppressionQueue": 3 * HOUR}, "log")) == [Fault.QUEUE_SLOW]


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        (("broken.", "broken.", "other"), "broken; other"),
        ((), "just now SQS shows none of them"),
        (None, "that needs the IAM action sqs:ReceiveMessage"),
    ],
    ids=["each reason once", "none to be seen", "not to be read"],
)
def test_dead_letters_are_told_with_their_reasons(reasons: tuple[str, ...] | None, told: str) -> None:
    dead = queue("FeedbackDeadLetterQueue", waiting=2)
    (fault,) = judgements.judge_dead_letters([DeadLetters(dead, reasons), DeadLetters(queue("None"))]).faults
    assert (fault.details["messages"], fault.details["reasons"]) == ("2 messages", told)


@pytest.mark.parametrize(
    ("expression", "gap"),
    [
        ("rate(1 minute)", MINUTE),
        ("rate(15 minutes)", 15 * MINUTE),
        ("rate(1 hour)", HOUR),
        ("rate(2 days)", 2 * DAY),
        ("cron(0/15 * * * ? *)", HOUR),
        ("cron(0 6 * * ? *)", DAY),
        ("cron(0 8-18 * * ? *)", DAY),
        ("cron(0 8 ? * MON-FRI *)", 31 * DAY),
        ("cron(0 8 1 * ? *)", 31 * DAY),
        ("cron(what is this)", 31 * DAY),
    ],
)
def test_how_long_a_schedule_pauses_at_most(expression: str, gap: timedelta) -> None:
    assert judgements.longest_gap(expression) == gap


@pytest.mark.parametrize(
    ("last", "deployed", "expected"),
    [
        (NOW - 40 * MINUTE, NOW - DAY, []),
        (NOW - 41 * MINUTE, NOW - DAY, [Fault.RUN_LATE]),
        (None, NOW - 40 * MINUTE, [Fault.NOT_RUN_YET]),
        (None, NOW - 41 * MINUTE, [Fault.NEVER_RAN]),
    ],
    ids=["two periods and what a run takes", "a minute more", "never, but just deployed", "never, though it could"],
)
def test_a_run_may_be_missed_once(last: datetime | None, deployed: datetime, expected: list[Fault]) -> None:
    run = LastRun("EvaluateReputation", schedule(), deployed, last, "log")
    assert faults(judgements.judge_run(run, NOW)) == expected


@pytest.mark.parametrize(
    ("last", "identities", "expected"),
    [(NOW, 1, []), (NOW, 0, [Fault.NO_IDENTITIES]), (None, 0, [Fault.NOT_RUN_YET])],
    ids=["some are known", "none is", "nobody has looked yet"],
)
def test_who_looks_for_verified_identities_finds_some(
    last: datetime | None, identities: int, expected: list[Fault]
) -> None:
    run = LastRun("WatchSes", schedule(), NOW, last, "log")
    assert faults(judgements.judge_watch(run, identities, NOW)) == expected


CONFIRMED, PENDING = (
    Subscription("email", "ops@shop.example", confirmed=True),
    Subscription("email", "ceo@shop.example", confirmed=False),
)


@pytest.mark.parametrize(
    ("status", "chat", "expected"),
    [
        ((CONFIRMED,), (), []),
        ((), (CONFIRMED,), []),
        ((CONFIRMED, PENDING), (), [Fault.NOT_CONFIRMED]),
        ((PENDING,), (), [Fault.NOT_CONFIRMED, Fault.NOBODY_TOLD]),
        ((), (), [Fault.NOBODY_TOLD]),
    ],
    ids=["by mail", "by chat only", "one of two", "nobody confirmed", "nobody subscribed"],
)
def test_somebody_must_get_the_alerts(
    status: tuple[Subscription, ...], chat: tuple[Subscription, ...], expected: list[Fault]
) -> None:
    topics = [topic("StatusTopic", *status), topic("ChatTopic", *chat), topic("OperationsTopic", PENDING)]
    assert faults(judgements.judge_alerts(topics, [], Outbox(0, None), "log", NOW)) == expected


def test_a_queue_of_ours_is_nobody_who_gets_the_alerts() -> None:
    ours = queue("EnforcementQueue")
    subscribed = topic("StatusTopic", Subscription("sqs", ours.arn, confirmed=True))
    assert faults(judgements.judge_alerts([subscribed], [ours], Outbox(0, None), "log", NOW)) == [Fault.NOBODY_TOLD]


def test_an_alert_may_wait_for_an_hour() -> None:
    topics = [topic("StatusTopic", CONFIRMED)]
    assert faults(judgements.judge_alerts(topics, [], Outbox(3, NOW - HOUR), "log", NOW)) == []
    (fault,) = judgements.judge_alerts(topics, [], Outbox(3, NOW - 2 * HOUR), "log", NOW).faults
    assert (fault.fault, fault.details["alerts"]) == (Fault.ALERTS_WAITING, "3 alerts wait")


@pytest.mark.parametrize(
    ("alarm", "subscription", "expected"),
    [
        (Alarm("A", "a", "OK", "", heard=True), CONFIRMED, []),
        (Alarm("A", "a", "INSUFFICIENT_DATA", "", heard=True), CONFIRMED, []),
        (Alarm("A", "a", "ALARM", "1 > 0", heard=True), CONFIRMED, [Fault.ALARM_RAISED]),
        (Alarm("A", "a", "OK", "", heard=False), CONFIRMED, [Fault.ALARM_MUTE]),
        (Alarm("A", "a", "OK", "", heard=True), PENDING, [Fault.NOT_CONFIRMED, Fault.NOBODY_ALARMED]),
    ],
    ids=["all is well", "just created", "raised", "mute", "nobody listens"],
)
def test_an_alarm_is_heard(alarm: Alarm, subscription: Subscription, expected: list[Fault]) -> None:
    assert faults(judgements.judge_alarms([alarm], [topic("OperationsTopic", subscription)])) == expected


@pytest.mark.parametrize(
    ("enforcement", "sending", "production", "expected"),
    [
        ("HEALTHY", True, True, []),
        (None, None, None, []),
        ("HEALTHY", True, False, [Fault.SANDBOX]),
        ("PROBATION", True, True, [Fault.UNDER_REVIEW]),
        ("SHUTDOWN", False, True, [Fault.SHUT_DOWN, Fault.SENDING_OFF]),
        ("HEALTHY", False, True, [Fault.SENDING_OFF]),
    ],
    ids=["well", "not told", "sandbox", "under review", "shut down", "paused by its owner"],
)
def test_how_the_account_stands(
    enforcement: str | None, sending: bool | None, production: bool | None, expected: list[Fault]
) -> None:
    account = AccountFacts(enforcement, sending, None, None, vdm_enabled=False, production_access=production)
    assert faults(judgements.judge_account(account)) == expected


ALL = ("BOUNCE", "COMPLAINT", "SEND")


@pytest.mark.parametrize(
    ("destinations", "source", "expected"),
    [
        ([destination(*ALL)], VolumeSource.SEND_EVENTS, {}),
        ([destination("BOUNCE"), destination("COMPLAINT", "SEND")], VolumeSource.SEND_EVENTS, {}),
        ([destination(*ALL)], VolumeSource.DELIVERY_EVENTS, {Fault.SET_INCOMPLETE: "DELIVERY"}),
        ([destination("BOUNCE", "COMPLAINT")], VolumeSource.STATISTICS, {}),
        ([destination("SEND")], VolumeSource.SEND_EVENTS, {Fault.SET_INCOMPLETE: "BOUNCE or COMPLAINT"}),
        ([], VolumeSource.SEND_EVENTS, {Fault.SET_NOT_CONNECTED: ""}),
        ([destination(*ALL, topic=f"{ARN}other")], VolumeSource.SEND_EVENTS, {Fault.SET_NOT_CONNECTED: ""}),
        ([destination(*ALL, enabled=False)], VolumeSource.SEND_EVENTS, {Fault.DESTINATION_OFF: ""}),
        ([destination(*ALL), destination("BOUNCE", "CLICK", enabled=False)], VolumeSource.SEND_EVENTS, {}),
        ([destination("CLICK", enabled=False)], VolumeSource.SEND_EVENTS, {Fault.SET_NOT_CONNECTED: ""}),
        (
            [destination("BOUNCE", enabled=False), destination("SEND")],
            VolumeSource.SEND_EVENTS,
            {Fault.DESTINATION_OFF: "", Fault.SET_INCOMPLETE: "COMPLAINT"},
        ),
    ],
    ids=[
        "all in one",
        "in two",
        "no deliveries, where they are divided by",
        "no volume, where nobody needs it",
        "volume only",
        "nothing",
        "elsewhere",
        "switched off",
        "one off that nobody needs",
        "only one off that nobody needs",
        "one off, one never made",
    ],
)
def test_a_configuration_set_must_publish_what_its_rates_need(
    destinations: list[Destination], source: VolumeSource, expected: dict[Fault, str]
) -> None:
    connected = ConfigurationSet("connected", [destination("BOUNCE", "COMPLAINT", "SEND", "DELIVERY")])
    sets = [connected, ConfigurationSet("newsletter", destinations)]
    result = judgements.judge_connections(Connections(sets, []), OURS, source).faults
    assert {each.fault: each.details.get("types", "") for each in result} == expected
    assert all(each.details["name"] == "newsletter" for each in result)


@pytest.mark.parametrize(
    ("topics", "source", "expected"),
    [
        ({}, VolumeSource.SEND_EVENTS, [Fault.NOTHING_CONNECTED]),
        ({Notification.BOUNCE: f"{ARN}other"}, VolumeSource.SEND_EVENTS, [Fault.NOTHING_CONNECTED]),
        ({Notification.BOUNCE: BOUNCE_TOPIC}, VolumeSource.SEND_EVENTS, [Fault.IDENTITY_INCOMPLETE]),
        (
            {Notification.BOUNCE: BOUNCE_TOPIC, Notification.COMPLAINT: BOUNCE_TOPIC},
            VolumeSource.DELIVERY_EVENTS,
            [Fault.IDENTITY_INCOMPLETE],
        ),
        (
            {Notification.BOUNCE: BOUNCE_TOPIC, Notification.COMPLAINT: BOUNCE_TOPIC},
            VolumeSource.STATISTICS,
            [],
        ),
    ],
    ids=["nothing", "elsewhere", "no complaints", "no deliveries, where they are divided by", "all"],
)
def test_an_identity_that_publishes_something_must_publish_what_rates_need(
    topics: dict[Notification, str], source: VolumeSource, expected: list[Fault]
) -> None:
    connections = Connections([], [Identity("shop.example", topics, forwarding=True)])
    assert faults(judgements.judge_connections(connections, OURS, source)) == expected


def test_a_destination_that_is_off_is_switched_on_as_it_is() -> None:
    sets = [ConfigurationSet("newsletter", [destination("BOUNCE", enabled=False)])]
    result = judgements.judge_connections(Connections(sets, []), OURS, VolumeSource.SEND_EVENTS).faults
    assert [each.fault for each in result] == [Fault.NOTHING_CONNECTED, Fault.DESTINATION_OFF]
    assert json.loads(result[1].details["update"]) == {
        "Enabled": True,
        "MatchingEventTypes": ["BOUNCE"],
        "SnsDestination": {"TopicArn": BOUNCE_TOPIC},
    }


@pytest.mark.parametrize(
    ("newest", "sent", "expected"),
    [
        (NOW.replace(minute=0) - DAY, 100, []),
        (NOW.replace(minute=0) - DAY - HOUR, 100, [Fault.EVENTS_MISSING]),
        (NOW - 30 * DAY, 0, []),
        (NOW - 30 * DAY, None, []),
        (None, 100, [Fault.EVENTS_MISSING]),
        (None, 0, [Fault.NO_EVENTS_YET]),
    ],
    ids=[
        "a day ago",
        "longer ago, and mail since",
        "no mail since",
        "nobody knows",
        "never, and mail",
        "never, no mail",
    ],
)
def test_what_ses_says_was_sent_must_have_been_seen(
    newest: datetime | None, sent: int | None, expected: list[Fault]
) -> None:
    arrivals = Arrivals(newest, sent)
    assert faults(judgements.judge_events(arrivals, VolumeSource.SEND_EVENTS, NOW - DAY, NOW)) == expected


@pytest.mark.parametrize(
    ("newest", "source", "deployed", "expected"),
    [
        (None, VolumeSource.SEND_EVENTS, NOW - DAY + MINUTE, Fault.EVENTS_MAY_MISS),
        (NOW - 2 * DAY, VolumeSource.SEND_EVENTS, NOW - MINUTE, Fault.EVENTS_MISSING),
        (NOW - 30 * DAY, VolumeSource.STATISTICS, NOW - 90 * DAY, Fault.EVENTS_MAY_MISS),
    ],
    ids=["just deployed", "deployed again", "only bounces and complaints come"],
)
def test_that_no_event_came_is_no_more_than_a_warning_where_none_had_to(
    newest: datetime | None, source: VolumeSource, deployed: datetime, expected: Fault
) -> None:
    assert faults(judgements.judge_events(Arrivals(newest, 100), source, deployed, NOW)) == [expected]


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=1), "1 second"),
        (119 * timedelta(seconds=1), "119 seconds"),
        (2 * MINUTE, "2 minutes"),
        (119 * MINUTE, "119 minutes"),
        (2 * HOUR, "2 hours"),
        (47 * HOUR, "47 hours"),
        (50 * HOUR, "2 days"),
    ],
)
def test_an_age_is_told_roughly(age: timedelta, text: str) -> None:
    assert judgements.age_text(age) == text
