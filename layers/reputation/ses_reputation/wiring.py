"""The composition roots: each function's use case with its adapters, made from its environment.

That of record_feedback is apart, in record_wiring.py.
"""

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from msgspec import Struct

from ses_reputation.adapters import clients
from ses_reputation.adapters.chat_topic import SnsChatTopic
from ses_reputation.adapters.chunks import DynamoDbChunks
from ses_reputation.adapters.counters import HISTORY_ITEMS, DynamoDbCounters
from ses_reputation.adapters.dead_letters import SqsDeadLetters
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.adapters.enforcements import DynamoDbEnforcements
from ses_reputation.adapters.feedback import DynamoDbFeedback
from ses_reputation.adapters.held_schema import DynamoDbHeldSchema
from ses_reputation.adapters.identities import DynamoDbIdentities
from ses_reputation.adapters.known_weeks import DynamoDbKnownWeeks
from ses_reputation.adapters.pace import Pace
from ses_reputation.adapters.related_buses import EventBridgeRelatedBuses
from ses_reputation.adapters.runs import DynamoDbRuns
from ses_reputation.adapters.sending_controls import SesSendingControls
from ses_reputation.adapters.ses import SesApi
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.adapters.statistics import DynamoDbStatistics
from ses_reputation.adapters.status_topic import SnsStatusTopic
from ses_reputation.adapters.suppression_histories import DynamoDbSuppressionHistories
from ses_reputation.adapters.suppression_list import SesSuppressionList, SesSuppressionPreferences
from ses_reputation.adapters.verdicts import DynamoDbVerdicts
from ses_reputation.adapters.zone_keys import read_zone_keys
from ses_reputation.commands import Answer, Call, answer
from ses_reputation.dashboard.pages import Page
from ses_reputation.dashboard.views import View
from ses_reputation.domain.decisions import Command
from ses_reputation.domain.standing import Act
from ses_reputation.domain.suppression import Preferences
from ses_reputation.domain.survey import Survey, survey
from ses_reputation.due import CHUNK
from ses_reputation.enforce import Enforcer, Handled, enforce_status
from ses_reputation.evaluate import Evaluated, evaluate_reputation
from ses_reputation.judge_chunks import ChunkMessage, Judged, judge_chunk, judge_chunks
from ses_reputation.judge_chunks import read_messages as read_chunks
from ses_reputation.listen import listen_to_ses
from ses_reputation.look_up import LookedUp, look_up_blocklists
from ses_reputation.notices.alert import alert_of, enforcement_alert_of, ses_alert_of, summary_of
from ses_reputation.operate import Done, operate
from ses_reputation.outbox import Channel, Publish
from ses_reputation.receive import Received, receive_finding
from ses_reputation.record_wiring import Kept, back_off, keeping_of
from ses_reputation.ses_events import Message, read_invocation
from ses_reputation.settings import (
    ChannelSettings,
    EnforceSettings,
    EvaluateSettings,
    LookSettings,
    OperateSettings,
    ReceiveSettings,
    ShowSettings,
    SuppressSettings,
    WatchSettings,
)
from ses_reputation.show import Sources, gather
from ses_reputation.status_messages import StatusMessage, read_messages
from ses_reputation.suppress import Suppressed, suppress_recipients
from ses_reputation.watch import Watched, watch_ses

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

# For so long, a recipient whom SES has begun to list by itself is still listed from here, too, which does no harm.
PREFERENCES_KEPT = timedelta(minutes=5)

# A survey of 100,000 scopes: beyond them the graphs tell of those with the worst statuses.
SURVEY_REQUESTS = 50

# What the runs of the functions on a schedule are kept under.
EVALUATE, WATCH = "EvaluateReputation", "WatchSes"


class NotSetApart(RuntimeError):
    """An event can neither be carried out nor set apart: Lambda has to keep it."""


class Evaluator(Struct, frozen=True):
    """`evaluate_reputation` at a moment, `judge_chunks` of what Lambda reads from its queue, and how all scopes stand.

    An evaluation sees only the scopes that are due. The listing of all of them is cheap enough to read after each run:
    10,000 scopes are five requests, and at four runs an hour $0.25 a month. After each chunk it would not be.
    """

    evaluate: Callable[[datetime], Evaluated]
    judge_chunks: Callable[[object], list[Judged]]
    survey: Callable[[], Survey]


def evaluator(environment: Mapping[str, str]) -> Evaluator:
    """An evaluator with the tables, topics and queues of this environment; SettingsError if it is incomplete."""
    settings = EvaluateSettings.from_environment(environment)
    client, sqs = clients.dynamodb(), clients.when_needed(clients.sqs)
    standings = DynamoDbStandings(client, table=settings.standings_table)
    chunks = DynamoDbChunks(
        client, sqs, table=settings.standings_table, queue_url=settings.evaluation_queue_url, size=CHUNK
    )
    account, region = _account_and_region(settings.channels.status_topic_arn)
    judging: dict[str, Any] = {
        "policy": settings.policy,
        "counters": DynamoDbCounters(client, table=settings.counters_table),
        "replies": DynamoDbFeedback(client, table=settings.receipts_table, pause=back_off),
        "standings": standings,
        "chunks": chunks,
        "weeks": DynamoDbKnownWeeks(
            client,
            table=settings.standings_table,
            source=settings.policy.volume_source,
            counter_retention=settings.counter_retention,
        ),
        "channels": channels_of(settings.channels),
        "to_alert": partial(alert_of, account=account, region=region),
    }
    run: Callable[[datetime], Evaluated] = partial(
        evaluate_reputation,
        **judging,
        to_summary=partial(summary_of, account=account, region=region),
        weekly=settings.weekly_summary,
    )

    dead_letters = SqsDeadLetters(sqs, queue_url=settings.dead_letter_queue_url)

    def take(invocation: object) -> list[Judged]:
        judge = partial(judge_chunk, **judging)
        set_apart = partial(_set_apart, dead_letters)
        return list(judge_chunks(read_chunks(invocation), judge, set_apart, chunks.retry_soon))

    runs = DynamoDbRuns(client, table=settings.standings_table)
    schema = DynamoDbHeldSchema(client, table=settings.standings_table)

    def evaluate(now: datetime) -> Evaluated:
        schema.take_up(now)
        return run(now)

    return Evaluator(
        _noted(evaluate, runs, EVALUATE, lambda did: did.in_time),
        take,
        lambda: survey(standings.listed(SURVEY_REQUESTS).rows, settings.policy),
    )


def operator(environment: Mapping[str, str]) -> Callable[[Call], Answer]:
    """`operate` for calls, with the table and the topics of this environment; SettingsError if it is incomplete."""
    settings = OperateSettings.from_environment(environment)
    carry_out = _operate(settings, clients.dynamodb(), channels_of(settings.channels))
    return partial(answer, operate=carry_out, words=settings.channels.vocabulary)


def finding_receiver(environment: Mapping[str, str]) -> Callable[[object], Received]:
    """`receive_finding` of EventBridge's events with the table, the topics and the queue of this environment.

    SettingsError if the environment is incomplete.
    """
    settings = ReceiveSettings.from_environment(environment)
    account, region = _account_and_region(settings.operate.channels.status_topic_arn)
    dead_letters = SqsDeadLetters(clients.when_needed(clients.sqs), queue_url=settings.dead_letter_queue_url)

    def set_apart(invocation: object, reason: str) -> None:
        # In ASCII, since what is set apart may be no text.
        message = Message(None, json.dumps(invocation), problem=reason)
        if dead_letters.put([message]):
            raise NotSetApart(f"the dead-letter queue did not take an event that is refused: {reason}")

    client, table = clients.dynamodb(), settings.operate.standings_table
    channels = channels_of(settings.operate.channels)
    carry_out = _operate(settings.operate, client, channels)
    listen = partial(
        listen_to_ses,
        verdicts=DynamoDbVerdicts(client, table=table),
        outbox=DynamoDbStandings(client, table=table),
        channels=channels,
        to_alert=partial(ses_alert_of, account=account, region=region),
        operate=carry_out,
        pause=back_off,
    )
    return partial(
        receive_finding, account=account, region=region, operate=carry_out, listen=listen, set_apart=set_apart
    )


def enforcer(
    environment: Mapping[str, str], sleep: Callable[[float], None]
) -> Callable[[object, datetime], list[Handled]]:
    """`enforce_status` of Lambda's events with the table, the topics and the queue of this environment.

    `sleep` waits for so many seconds. SettingsError if the environment is incomplete.
    """
    settings = EnforceSettings.from_environment(environment)
    account, region = _account_and_region(settings.channels.status_topic_arn)
    dead_letters = SqsDeadLetters(clients.when_needed(clients.sqs), queue_url=settings.dead_letter_queue_url)
    by = Enforcer(
        policy=settings.policy,
        enforcements=DynamoDbEnforcements(clients.dynamodb(), table=settings.standings_table),
        controls=SesSendingControls(clients.sesv2_switches(), pace=Pace(sleep, time.monotonic).wait),
        channels=channels_of(settings.channels),
        to_alert=partial(enforcement_alert_of, account=account, region=region),
        pause=back_off,
        new_holder=lambda: uuid4().hex,
    )

    def enforce(invocation: object, now: datetime) -> list[Handled]:
        return enforce_status(read_messages(invocation), now, by, partial(_set_apart, dead_letters))

    return enforce


def _set_apart(dead_letters: SqsDeadLetters, message: StatusMessage | ChunkMessage) -> bool:
    """Keep a message that can't be read, with the reason; whether the queue took it."""
    return not dead_letters.put([Message(message.id, message.body, problem=message.problem)])


def _operate(
    settings: OperateSettings, client: "DynamoDBClient", channels: Mapping[Channel, Publish]
) -> Callable[[Command, Act, datetime], Done]:
    account, region = _account_and_region(settings.channels.status_topic_arn)
    schema = DynamoDbHeldSchema(client, table=settings.standings_table)
    carry_out = partial(
        operate,
        policy=settings.policy,
        standings=DynamoDbStandings(client, table=settings.standings_table),
        channels=channels,
        to_alert=partial(alert_of, account=account, region=region),
        pause=back_off,
    )

    def operate_here(command: Command, act: Act, now: datetime) -> Done:
        schema.refuse_newer()  # of a scope that has no standing yet, none says so
        return carry_out(command, act, now)

    return operate_here


def channels_of(settings: ChannelSettings) -> Mapping[Channel, Publish]:
    """What sends an alert through each channel."""
    sns, words = clients.when_needed(clients.sns), settings.vocabulary
    return {
        Channel.STATUS: SnsStatusTopic(sns, topic_arn=settings.status_topic_arn, vocabulary=words).publish,
        Channel.CHAT: SnsChatTopic(sns, topic_arn=settings.chat_topic_arn, vocabulary=words).publish,
        Channel.RELATED: EventBridgeRelatedBuses(clients.events, bus_arns=settings.related_event_buses).publish,
    }


class Watcher(Struct, frozen=True):
    """`watch_ses` at a moment, and for how long, at a moment, no evaluation has ended well; None if none ever did."""

    watch: Callable[[datetime], Watched]
    evaluation_age: Callable[[datetime], timedelta | None]


def watcher(environment: Mapping[str, str]) -> Watcher:
    """A watcher with the tables of this environment and the account that it is in; SettingsError if incomplete."""
    settings = WatchSettings.from_environment(environment)
    client = clients.dynamodb()
    account, region = _account_and_region(settings.status_topic_arn)
    run = partial(
        watch_ses,
        source=settings.volume_source,
        ses=SesApi(clients.sesv2(), clients.ses(), clients.cloudwatch()),
        identities=DynamoDbIdentities(client, table=settings.standings_table, pause=back_off),
        statistics=DynamoDbStatistics(
            client, counters_table=settings.counters_table, retention=settings.counter_retention
        ),
        verdicts=DynamoDbVerdicts(client, table=settings.standings_table),
        due=DynamoDbDue(
            client, standings_table=settings.standings_table, new_token=lambda: uuid4().hex, pause=back_off
        ),
        to_alert=partial(ses_alert_of, account=account, region=region),
    )
    runs = DynamoDbRuns(client, table=settings.standings_table)

    def evaluation_age(now: datetime) -> timedelta | None:
        last = runs.last(EVALUATE)
        # One for a later moment may have ended before this run began.
        return max(now - last, timedelta()) if last else None

    return Watcher(_noted(run, runs, WATCH), evaluation_age)


def _noted(
    run: Callable[[datetime], T], runs: DynamoDbRuns, function: str, ended_well: Callable[[T], bool] = lambda _: True
) -> Callable[[datetime], T]:
    """A use case on a schedule, of which is kept when it last ended well: silence alone would not tell that it stopped.

    It is one write a run.
    """

    def noted(now: datetime) -> T:
        did = run(now)
        if ended_well(did):
            runs.note(function, now)
        return did

    return noted


class Dashboard(Struct, frozen=True):
    """`show.gather` of a page, and the function that decisions go to."""

    gather: Callable[[Page, datetime, tzinfo], View]
    operate_arn: str


def dashboard(environment: Mapping[str, str]) -> Dashboard:
    """The pages of the tables of this environment; SettingsError if it is incomplete."""
    settings = ShowSettings.from_environment(environment)
    return Dashboard(partial(gather, sources=shown(settings, clients.dynamodb())), settings.operate_arn)


def shown(settings: ShowSettings, client: "DynamoDBClient") -> Sources:
    """What the pages of these settings are made of."""
    account, region = _account_and_region(settings.operate_arn)
    table = settings.standings_table
    return Sources(
        account=account,
        region=region,
        policy=settings.policy,
        words=settings.vocabulary,
        standings=DynamoDbStandings(client, table=table, pause=back_off),
        verdicts=DynamoDbVerdicts(client, table=table),
        enforcements=DynamoDbEnforcements(client, table=table, pause=back_off),
        counters=DynamoDbCounters(client, table=settings.counters_table, page_items=HISTORY_ITEMS),
        feedback=DynamoDbFeedback(client, table=settings.receipts_table, pause=back_off),
        runs=DynamoDbRuns(client, table=table),
    )


def looker(environment: Mapping[str, str]) -> Callable[[datetime, Callable[[], bool]], LookedUp]:
    """`look_up_blocklists` at a moment, while there is time, with what this environment names.

    SettingsError if the environment is incomplete, SecretNotRead if the keys of its zones can not be had.
    """
    # dnspython takes a tenth of a second to import, and no other function needs it.
    from ses_reputation.adapters.dns_zones import DnsZones  # noqa: PLC0415

    settings = LookSettings.from_environment(environment)
    keys = read_zone_keys(clients.secretsmanager(), settings.keys) if settings.keys else {}
    client, table = clients.dynamodb(), settings.operate.standings_table
    look_up = partial(
        look_up_blocklists,
        zones=settings.zones,
        lists=DnsZones(keys=keys, server=settings.server),
        identities=DynamoDbIdentities(client, table=table),
        standings=DynamoDbStandings(client, table=table),
        operate=_operate(settings.operate, client, channels_of(settings.operate.channels)),
    )
    return lambda now, has_time: look_up(now, has_time=has_time)


def suppressor(
    environment: Mapping[str, str], sleep: Callable[[float], None]
) -> Callable[[object, Callable[[], bool]], Suppressed]:
    """`suppress_recipients` of Lambda's events, while there is time, with the table and the queue of this environment.

    `sleep` waits for so many seconds. SettingsError if the environment is incomplete, SecretNotRead if the key of
    recipients' identities can not be had.
    """
    settings = SuppressSettings.from_environment(environment)
    client, pace = clients.sesv2(), Pace(sleep, time.monotonic).wait
    preferences = _KeptPreferences(SesSuppressionPreferences(client, pace=pace))
    suppression_list = SesSuppressionList(client, pace=pace)
    histories = DynamoDbSuppressionHistories(
        clients.dynamodb(),
        table=settings.receipts_table,
        retention=settings.receipt_retention,
        keeping=keeping_of(settings.keeping),
    )
    dead_letters = SqsDeadLetters(clients.when_needed(clients.sqs), queue_url=settings.dead_letter_queue_url)

    def suppress(invocation: object, has_time: Callable[[], bool]) -> Suppressed:
        messages = read_invocation(invocation)
        return suppress_recipients(messages, preferences, suppression_list, histories, dead_letters, has_time)

    return suppress


def _account_and_region(arn: str) -> tuple[str, str]:
    _, _, _, region, account, *_ = arn.split(":")
    return account, region


class _KeptPreferences:
    """What SES lists by itself, asked for again only when it is a few minutes old."""

    def __init__(self, preferences: SesSuppressionPreferences) -> None:
        self.account = Kept(preferences.account, PREFERENCES_KEPT)
        self._configuration_set = _kept_each(preferences.configuration_set)
        self._tenant = _kept_each(preferences.tenant)

    def configuration_set(self, name: str) -> Preferences:
        """What is set for a configuration set."""
        return self._configuration_set(name)()

    def tenant(self, name: str) -> Preferences:
        """What is set for a tenant."""
        return self._tenant(name)()


def _kept_each(read: Callable[[str], Preferences]) -> Callable[[str], Kept[Preferences]]:
    """A kept reading of each name."""
    return cache(lambda name: Kept(partial(read, name), PREFERENCES_KEPT))
