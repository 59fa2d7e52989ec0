"""What is wrong with what was read: a pure function for each check."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.diagnosis.faults import Fault, Found, found
from ses_reputation.diagnosis.policies import lets_in, outsiders, owner_policy, queue_policy, ses_policy
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
    Topic,
    Versions,
)
from ses_reputation.domain.connections import VOLUME_EVENTS, ConfigurationSet, EventType, Notification
from ses_reputation.domain.counting import hour_of
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.notices.numbers import moment
from ses_reputation.notices.structure import readable
from ses_reputation.schema import SCHEMA
from ses_reputation.settings import (
    EnforceSettings,
    EvaluateSettings,
    LookSettings,
    OperateSettings,
    ReceiveSettings,
    RecordSettings,
    SettingsError,
    ShowSettings,
    SuppressSettings,
    WatchSettings,
)
from ses_reputation.watch import AccountFacts

# What this version consists of. A part that depends on a parameter is not among them.
PARTS = (
    *("BounceTopic", "ComplaintTopic", "VolumeTopic", "StatusTopic", "ChatTopic", "OperationsTopic"),
    *("BounceQueue", "ComplaintQueue", "VolumeQueue", "FeedbackDeadLetterQueue", "FindingDeadLetterQueue"),
    *("EnforcementQueue", "EnforcementDeadLetterQueue", "EvaluationQueue", "EvaluationDeadLetterQueue"),
    *("BounceQueueSource", "ComplaintQueueSource", "VolumeQueueSource", "EnforcementQueueSource"),
    "EvaluationQueueSource",
    *("ReceiptsTable", "CountersTable", "StandingsTable"),
    *("RecordFeedback", "EvaluateReputation", "WatchSes", "Operate", "ReceiveFinding", "EnforceStatus"),
    "ShowDashboard",
    *("BounceSubscription", "ComplaintSubscription", "VolumeSubscription", "EnforcementSubscription"),
    *("FindingBus", "FindingRule", "SesStatusRule"),
    *("EvaluateReputationOnSchedule", "WatchSesOnSchedule"),
    *("FeedbackDeadLetterAlarm", "FindingDeadLetterAlarm", "EnforcementDeadLetterAlarm", "EvaluationDeadLetterAlarm"),
    *("EvaluationLateAlarm", "AlertsNotSentAlarm", "FunctionErrorsAlarm", "QueueAgeAlarm", "EvaluationQueueAgeAlarm"),
    *("FunctionThrottlesAlarm", "TableThrottlesAlarm"),
)

# The topics that SES publishes to, and the queue that each of them fills.
FEEDBACK: Mapping[str, str] = MappingProxyType(
    {"BounceTopic": "BounceQueue", "ComplaintTopic": "ComplaintQueue", "VolumeTopic": "VolumeQueue"}
)

# Every queue that a topic fills, by its topic. What a stack does not have is passed over.
DELIVERIES = (
    *FEEDBACK.items(),
    ("BounceTopic", "SuppressionQueue"),
    ("ComplaintTopic", "SuppressionQueue"),
    ("StatusTopic", "EnforcementQueue"),
)

RECORD, EVALUATE, WATCH = "RecordFeedback", "EvaluateReputation", "WatchSes"

# What each function must be able to read of its environment.
_SETTINGS: Mapping[str, Callable[[Mapping[str, str]], object]] = MappingProxyType(
    {
        RECORD: RecordSettings.from_environment,
        EVALUATE: EvaluateSettings.from_environment,
        WATCH: WatchSettings.from_environment,
        "Operate": OperateSettings.from_environment,
        "ReceiveFinding": ReceiveSettings.from_environment,
        "EnforceStatus": EnforceSettings.from_environment,
        "ShowDashboard": ShowSettings.from_environment,
        "SuppressRecipients": SuppressSettings.from_environment,
        "LookUpBlocklists": LookSettings.from_environment,
    }
)

# AWS refuses what is signed five minutes off; a minute is what a slow answer or a machine just woken up may take.
CLOCK_MAY_DIFFER = timedelta(minutes=1)

# A batch waits half a minute at most, and one that failed is hidden for six.
OLD_MESSAGE = timedelta(minutes=15)

# A run may take five minutes, and Scheduler is a minute late at times.
RUN_MAY_TAKE = timedelta(minutes=10)

DAY = timedelta(days=1)

# States of a resource that CloudFormation has finished with, for better.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
_COMPLETE = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
)

# https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html
_SOURCE_CHANGES = frozenset({"Creating", "Enabling", "Updating"})

# A reason is what somebody sent, or wrote.
_REASON = 200


class Judged(Struct, frozen=True):
    """What a check has looked at, in a line, and what is wrong with it."""

    looked_at: str
    faults: Sequence[Found]


def judged(looked_at: str, faults: Iterable[Found] = ()) -> Judged:
    """A judgement, of however many faults."""
    return Judged(looked_at, tuple(faults))


def judge_stack(parts: Sequence[Part]) -> Judged:
    """Whether all that belongs to this version is there and complete."""
    there = {part.logical_id for part in parts if part.name}
    missing = [found(Fault.PART_MISSING, part=name) for name in PARTS if name not in there]
    incomplete = [
        found(Fault.PART_NOT_COMPLETE, part=part.logical_id, status=part.status)
        for part in parts
        if part.status not in _COMPLETE
    ]
    return judged(numbered(len(parts), "part"), missing + incomplete)


def judge_version(versions: Versions) -> Judged:
    """Whether the command and the stack are of one version. The last number is that of mended mistakes alone: it may
    differ (docs/releases.md).
    """
    command, stack = _release(versions.command), _release(versions.stack or "")
    looked_at = f"the stack is of {_version_text(versions.stack)}, this command of version {versions.command}"
    if command == stack:
        return judged(looked_at)
    fault = Fault.COMMAND_OLDER if command < stack else Fault.STACK_OLDER
    return judged(looked_at, [found(fault, version=_version_text(versions.stack), command=versions.command)])


def _release(version: str) -> tuple[int, ...]:
    """The major and the minor number of a version; of what is none, what is less than any."""
    numbers = re.match(r"(\d+)\.(\d+)\.", version)
    return tuple(map(int, numbers.groups())) if numbers else ()


def _version_text(version: str | None) -> str:
    return f"version {version}" if version else "a version that it does not tell"


def judge_clock(here: datetime, aws: datetime | None) -> Judged:
    """Whether this machine's clock is that of AWS."""
    if aws is None:
        return judged("AWS did not tell its time")
    difference = abs(here - aws)
    if difference < CLOCK_MAY_DIFFER:
        return judged(f"it is {moment(aws)}")
    direction = "ahead of" if here > aws else "behind"
    fault = found(Fault.CLOCK_DIFFERS, difference=age_text(difference), direction=direction)
    return judged(f"it is {moment(aws)}", [fault])


def judge_functions(functions: Sequence[Function], runs: Sequence[Runs]) -> Judged:
    """Whether functions can be run, fit this version, and do not fail."""
    faults: list[Found] = []
    for function in functions:
        if problem := unfit_settings(function):
            faults.append(found(Fault.VERSION_DIFFERS, function=function.part, reason=problem))
        # An idle function is inactive until somebody calls it; one that is being updated is still the one before.
        if "Failed" in (function.state, function.last_update):
            details = {"name": function.name, "state": function.state, "last_update": function.last_update}
            faults.append(found(Fault.FUNCTION_BROKEN, function=function.part, **details))
    groups = {function.part: function.log_group for function in functions}
    faults += [
        found(
            Fault.FUNCTION_FAILED,
            function=run.part,
            errors=f"{run.errors:,}",
            runs=f"{run.runs:,}",
            time=moment(run.last_error),
            log_group=groups[run.part],
        )
        for run in runs
        if run.last_error
    ]
    total = sum(run.runs for run in runs)
    return judged(f"{numbered(len(functions), 'function')}, {numbered(total, 'run')} in the last day", faults)


def unfit_settings(function: Function) -> str | None:
    """What this version can not read in the settings of a function; None if it can."""
    try:
        _SETTINGS.get(function.part, dict)(function.environment)
    except SettingsError as error:
        return str(error)
    return None


def judge_tables(held: int | None) -> Judged:
    """Whether the tables hold a schema that this version knows. Older ones it can all read."""
    if held is None:
        return judged("they hold no schema before the first evaluation")
    newer = [found(Fault.TABLES_NEWER, held=str(held), known=str(SCHEMA))] if held > SCHEMA else []
    return judged(f"they hold schema {held}", newer)


def judge_topics(topics: Sequence[Topic]) -> Judged:
    """Whether SES may publish where it has to, and nobody from outside anywhere."""
    return judged(numbered(len(topics), "topic"), (fault for topic in topics for fault in _of_topic(topic)))


def _of_topic(topic: Topic) -> Iterator[Found]:
    _, partition, _, region, account, _ = topic.arn.split(":")
    feedback = topic.part in FEEDBACK
    policy = ses_policy(topic.arn) if feedback else owner_policy(topic.arn)
    details = {"topic": topic.part, "topic_arn": topic.arn, "policy": json.dumps(policy)}
    sender = f"arn:{partition}:ses:{region}:{account}:*"
    if feedback and not lets_in(topic.policy, "sns:Publish", "ses.amazonaws.com", sender):
        yield found(Fault.TOPIC_CLOSED, **details)
    if others := outsiders(topic.policy, "sns:Publish", account):
        yield found(Fault.TOPIC_OPEN, **details, who=_who(others))


def judge_subscriptions(topics: Sequence[Topic], queues: Sequence[Queue]) -> Judged:
    """Whether what is published gets onto the queues, and nothing else does."""
    by_part, by_topic = {queue.part: queue for queue in queues}, {topic.part: topic for topic in topics}
    faults: list[Found] = []
    for topic_part, queue_part in DELIVERIES:
        if (topic := by_topic.get(topic_part)) and (queue := by_part.get(queue_part)):
            faults += _of_delivery(topic, queue)
    for queue in queues:
        if others := outsiders(queue.policy, "sqs:SendMessage", queue.arn.split(":")[4]):
            faults.append(found(Fault.QUEUE_OPEN, queue=queue.part, url=queue.url, who=_who(others)))
    return judged(f"{numbered(len(queues), 'queue')}, and the topics that fill them", faults)


def _of_delivery(topic: Topic, queue: Queue) -> Iterator[Found]:
    if not any(s.endpoint == queue.arn and s.confirmed for s in topic.subscriptions):
        yield found(
            Fault.NOT_SUBSCRIBED,
            topic=topic.part,
            topic_arn=topic.arn,
            endpoint=queue.part,
            endpoint_arn=queue.arn,
            protocol="sqs",
        )
    if not lets_in(queue.policy, "sqs:SendMessage", "sns.amazonaws.com", topic.arn):
        # A policy is one attribute, whose value is JSON itself.
        attributes = json.dumps({"Policy": json.dumps(queue_policy(queue.arn, topic.arn))})
        yield found(Fault.QUEUE_CLOSED, queue=queue.part, topic=topic.part, url=queue.url, attributes=attributes)


def judge_sources(sources: Sequence[Source]) -> Judged:
    """Whether functions read their queues."""
    return judged(
        numbered(len(sources), "queue that a function reads", "queues that a function reads"),
        (
            found(
                Fault.SOURCE_CHANGING if source.state in _SOURCE_CHANGES else Fault.SOURCE_OFF,
                source=source.part,
                state=source.state.lower(),
                uuid=source.uuid,
            )
            for source in sources
            if source.state != "Enabled"
        ),
    )


def judge_queues(queues: Sequence[Queue], ages: Mapping[str, timedelta], recorder_log: str) -> Judged:
    """Whether messages are worked off in time. Events of SES should be; other queues may go at SES's pace.

    `ages` are those of the oldest message, as CloudWatch told them last: that of one that is gone for some minutes yet.
    """
    read = [queue for queue in queues if not queue.is_for_dead_letters]
    feedback = FEEDBACK.values()
    return judged(
        f"{numbered(len(read), 'queue')} with {numbered(sum(queue.held for queue in read), 'message')}",
        (
            found(
                Fault.QUEUE_STUCK if queue.part in feedback else Fault.QUEUE_SLOW,
                queue=queue.part,
                messages=numbered(queue.held, "message"),
                age=age_text(ages[queue.part]),
                log_group=recorder_log,
            )
            for queue in read
            if queue.held and ages.get(queue.part, timedelta()) > OLD_MESSAGE
        ),
    )


def judge_dead_letters(letters: Sequence[DeadLetters]) -> Judged:
    """Whether anything was given up."""
    held = sum(each.queue.held for each in letters)
    return judged(
        f"{numbered(len(letters), 'dead-letter queue')} with {numbered(held, 'message')}",
        (
            found(
                Fault.DEAD_LETTERS,
                queue=each.queue.part,
                messages=numbered(each.queue.held, "message"),
                reasons=_reasons(each.reasons),
                url=each.queue.url,
            )
            for each in letters
            if each.queue.held
        ),
    )


def _reasons(reasons: Sequence[str] | None) -> str:
    if reasons is None:
        return "that needs the IAM action sqs:ReceiveMessage"
    told = dict.fromkeys(readable(reason, _REASON).rstrip(".") for reason in reasons)
    # Whoever else is reading it, SQS hides its messages from us meanwhile.
    return "; ".join(told) or "just now SQS shows none of them"


def judge_schedules(schedules: Sequence[Schedule]) -> Judged:
    """Whether the schedules are on."""
    told = [f"{schedule.expression}{_zone(schedule)}" for schedule in schedules]
    return judged(
        f"{numbered(len(schedules), 'schedule')}: {', '.join(told)}",
        (
            found(Fault.SCHEDULE_OFF, schedule=s.part, name=s.name, expression=s.expression)
            for s in schedules
            if not s.enabled
        ),
    )


def _zone(schedule: Schedule) -> str:
    """Only a cron expression goes by a time zone."""
    return f" in {schedule.timezone}" if schedule.expression.startswith("cron") else ""


def judge_run(run: LastRun, now: datetime) -> Judged:
    """Whether a function ended well not longer ago than its schedule lets expect."""
    expected = 2 * longest_gap(run.schedule.expression) + RUN_MAY_TAKE
    details = {"function": run.function, "expression": run.schedule.expression, "log_group": run.log_group}
    if run.time is None:
        age = now - run.deployed
        fault = Fault.NEVER_RAN if age > expected else Fault.NOT_RUN_YET
        return judged("no run has ended well yet", [found(fault, **details, age=age_text(age))])
    age = now - run.time
    looked_at = f"the last run that ended well was for {moment(run.time)}"
    if age <= expected:
        return judged(looked_at)
    return judged(looked_at, [found(Fault.RUN_LATE, **details, time=moment(run.time), age=age_text(age))])


def longest_gap(expression: str) -> timedelta:
    """How long a schedule pauses at most. Of a cron expression it is a bound: an hour, a day, or 31 days.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        return int(rate[1]) * {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": DAY}[rate[2]]
    fields = expression.removeprefix("cron(").removesuffix(")").split()
    any_day = len(fields) >= 5 and all(field in {"*", "?"} for field in fields[2:5])
    if not any_day:
        return 31 * DAY
    return timedelta(hours=1) if fields[1] == "*" else DAY


def judge_watch(run: LastRun, identities: int, now: datetime) -> Judged:
    """Whether SES was asked lately, and named verified identities."""
    of_run = judge_run(run, now)
    # Before its first run, nobody can know any.
    none = [found(Fault.NO_IDENTITIES)] if not identities and run.time else []
    looked_at = f"{of_run.looked_at}; {numbered(identities, 'verified identity', 'verified identities')}"
    return judged(looked_at, [*of_run.faults, *none])


def judge_alerts(
    topics: Sequence[Topic], queues: Sequence[Queue], outbox: Outbox, evaluator_log: str, now: datetime
) -> Judged:
    """Whether anybody gets alerts besides our own functions, through their queues, and all were sent."""
    own = {queue.arn for queue in queues}
    channels = [topic for topic in topics if topic.part in ("StatusTopic", "ChatTopic")]
    confirmed = sum(s.confirmed and s.endpoint not in own for topic in channels for s in topic.subscriptions)
    faults = [fault for topic in channels for fault in _not_confirmed(topic)]
    if not confirmed:
        faults += [found(Fault.NOBODY_TOLD, topic_arn=topic.arn) for topic in channels if topic.part == "StatusTopic"]
    if outbox.oldest and now - outbox.oldest > timedelta(hours=1):
        alerts = numbered(outbox.waiting, "alert waits", "alerts wait")
        age = age_text(now - outbox.oldest)
        faults.append(found(Fault.ALERTS_WAITING, alerts=alerts, age=age, log_group=evaluator_log))
    return judged(f"{numbered(confirmed, 'subscriber')} of alerts, {outbox.waiting:,} to be sent", faults)


def judge_alarms(alarms: Sequence[Alarm], topics: Sequence[Topic]) -> Judged:
    """Whether an alarm is raised, and whether anybody hears of it."""
    faults = []
    for alarm in alarms:
        if alarm.state == "ALARM":
            reason = readable(alarm.reason, _REASON).rstrip(".")
            faults.append(found(Fault.ALARM_RAISED, alarm=alarm.part, name=alarm.name, reason=reason))
        if not alarm.heard:
            faults.append(found(Fault.ALARM_MUTE, alarm=alarm.part, name=alarm.name))
    for topic in topics:
        if topic.part == "OperationsTopic":
            faults += _not_confirmed(topic)
            if not any(s.confirmed for s in topic.subscriptions):
                faults.append(found(Fault.NOBODY_ALARMED, topic_arn=topic.arn))
    return judged(numbered(len(alarms), "alarm"), faults)


def _not_confirmed(topic: Topic) -> Iterator[Found]:
    for subscription in topic.subscriptions:
        if not subscription.confirmed:
            yield found(
                Fault.NOT_CONFIRMED,
                topic=topic.part,
                topic_arn=topic.arn,
                endpoint=subscription.endpoint,
                protocol=subscription.protocol,
            )


def judge_account(account: AccountFacts) -> Judged:
    """Whether SES lets the account send, to anybody."""
    sandbox = account.production_access is False
    faults = [found(Fault.SANDBOX)] if sandbox else []
    # https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
    match account.enforcement:
        case None | "HEALTHY":
            pass
        case "PROBATION":
            faults.append(found(Fault.UNDER_REVIEW))
        case enforcement:
            faults.append(found(Fault.SHUT_DOWN, enforcement=readable(enforcement, _REASON)))
    if account.sending_enabled is False:
        faults.append(found(Fault.SENDING_OFF))
    place = "sandbox" if sandbox else "production"
    return judged(f"{place}, {account.enforcement or 'status unknown'}", faults)


def feedback_topics(parts: Sequence[Part]) -> frozenset[str]:
    """The ARNs of the topics that SES publishes to."""
    return frozenset(part.name for part in parts if part.name and part.logical_id in FEEDBACK)


def judge_connections(connections: Connections, ours: frozenset[str], source: VolumeSource) -> Judged:
    """Whether all that a deployment counts is published to it: to `ours`, the topics for that."""
    sets = {each.name: _published(each, ours) for each in connections.configuration_sets}
    identities = {i.name: frozenset(n for n, arn in i.topics.items() if arn in ours) for i in connections.identities}
    faults = [fault for each in connections.configuration_sets for fault in _of_set(each, ours, source)]
    for name, told in identities.items():
        if told and (missing := _wanted_of_identity(source) - told):
            faults.append(found(Fault.IDENTITY_INCOMPLETE, name=name, types=_types(missing), source=source))
    connected = sum(map(bool, sets.values())), sum(map(bool, identities.values()))
    if not any(connected):
        # One line says it for all of them.
        off = [fault for fault in faults if fault.fault is Fault.DESTINATION_OFF]
        faults = [found(Fault.NOTHING_CONNECTED), *off]
    looked_at = (
        f"{connected[0]:,} of {numbered(len(sets), 'configuration set')} and "
        f"{connected[1]:,} of {numbered(len(identities), 'identity', 'identities')} publish here"
    )
    return judged(looked_at, faults)


def _published(configuration_set: ConfigurationSet, ours: frozenset[str]) -> frozenset[str]:
    """The types of events that a configuration set publishes to our topics: whichever, all lead to the same counts."""
    return frozenset(
        event for d in configuration_set.destinations if d.topic in ours and d.enabled for event in d.events
    )


def _of_set(configuration_set: ConfigurationSet, ours: frozenset[str], source: VolumeSource) -> Iterator[Found]:
    name, published = configuration_set.name, _published(configuration_set, ours)
    missing = _wanted_of_set(source) - published
    # What is off and not needed is somebody's decision.
    off = [d for d in configuration_set.destinations if d.topic in ours and not d.enabled and d.events & missing]
    for destination in off:
        update = {
            "Enabled": True,
            "MatchingEventTypes": sorted(destination.events),
            "SnsDestination": {"TopicArn": destination.topic},
        }
        yield found(Fault.DESTINATION_OFF, name=name, destination=destination.name, update=json.dumps(update))
    if not published and not off:
        yield found(Fault.SET_NOT_CONNECTED, name=name)
        return
    for destination in off:
        missing -= destination.events
    if missing:
        yield found(Fault.SET_INCOMPLETE, name=name, types=_types(missing), source=source)


def _wanted_of_set(source: VolumeSource) -> frozenset[str]:
    """The types of events without which a configuration set's rates are wrong."""
    return frozenset({EventType.BOUNCE, EventType.COMPLAINT}) | VOLUME_EVENTS[source]


def _wanted_of_identity(source: VolumeSource) -> frozenset[str]:
    bounces = frozenset({Notification.BOUNCE, Notification.COMPLAINT})
    return bounces | {Notification.DELIVERY} if source is VolumeSource.DELIVERY_EVENTS else bounces


def _types(types: Iterable[str]) -> str:
    return " or ".join(sorted(types))


def judge_events(arrivals: Arrivals, source: VolumeSource, deployed: datetime, now: datetime) -> Judged:
    """Whether what SES says was sent was seen here as well. `deployed` is when what records it was last changed."""
    newest = (
        f"the newest event that was counted is of the hour from {moment(arrivals.newest_hour)}"
        if arrivals.newest_hour
        else "no event has been counted yet"
    )
    if arrivals.newest_hour and arrivals.newest_hour >= hour_of(now - DAY):
        return judged(newest)
    if arrivals.sent_last_day:
        sent = numbered(arrivals.sent_last_day, "mail")
        if why := _why_none(arrivals, source, deployed, now):
            return judged(newest, [found(Fault.EVENTS_MAY_MISS, sent=sent, newest=newest, why=why)])
        return judged(newest, [found(Fault.EVENTS_MISSING, sent=sent, newest=newest)])
    return judged(newest, [] if arrivals.newest_hour else [found(Fault.NO_EVENTS_YET)])


def _why_none(arrivals: Arrivals, source: VolumeSource, deployed: datetime, now: datetime) -> str | None:
    """Why no event may have come of a day's mail though nothing is wrong; None if one should have."""
    if source is VolumeSource.STATISTICS:
        return f"With VolumeSource={source} only bounces and complaints come as events, and there may have been none."
    if arrivals.newest_hour is None and now - deployed < DAY:
        return f"It was deployed {age_text(now - deployed)} ago: that mail may be older."
    return None


def numbered(number: int, one: str, several: str | None = None) -> str:
    """A number of things, in words."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def age_text(age: timedelta) -> str:
    """A length of time, roughly."""
    for unit, length in (("day", DAY), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if age >= 2 * length:
            return f"{age // length:,} {unit}s"
    return numbered(int(age.total_seconds()), "second")


def _who(principals: Sequence[str]) -> str:
    return ", ".join("everybody" if who == "*" else readable(who, _REASON) for who in principals)
