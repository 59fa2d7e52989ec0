"""The composition roots: each function's use case with its adapters, made from its environment."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import uuid4

from ses_reputation.adapters import clients, keys
from ses_reputation.adapters.counters import DynamoDbCounters
from ses_reputation.adapters.dead_letters import SqsDeadLetters
from ses_reputation.adapters.ledger import DynamoDbLedger
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.adapters.status_topic import SnsStatusTopic
from ses_reputation.evaluate import Evaluated, evaluate_reputation
from ses_reputation.notices.alert import alert_of
from ses_reputation.record import Recorded, record_feedback
from ses_reputation.ses_events import Message
from ses_reputation.settings import EvaluateSettings, RecordSettings


def recorder(environment: Mapping[str, str]) -> Callable[[Sequence[Message]], Recorded]:
    """`record_feedback` with the tables and the queue of this environment; SettingsError if it is incomplete."""
    settings = RecordSettings.from_environment(environment)
    ledger = DynamoDbLedger(
        clients.dynamodb(),
        receipts_table=settings.receipts_table,
        counters_table=settings.counters_table,
        standings_table=settings.standings_table,
        receipt_retention=settings.receipt_retention,
        counter_retention=settings.counter_retention,
        choose_writer=partial(random.randrange, keys.WRITERS),
        new_token=lambda: uuid4().hex,
        pause=back_off,
    )
    dead_letters = SqsDeadLetters(clients.sqs(), queue_url=settings.dead_letter_queue_url)
    return partial(record_feedback, ledger=ledger, dead_letters=dead_letters, pause=back_off)


def evaluator(environment: Mapping[str, str]) -> Callable[[datetime], Evaluated]:
    """`evaluate_reputation` with the tables and the topic of this environment; SettingsError if it is incomplete."""
    settings = EvaluateSettings.from_environment(environment)
    client = clients.dynamodb()
    _, _, _, region, account, _ = settings.status_topic_arn.split(":")
    return partial(
        evaluate_reputation,
        policy=settings.policy,
        counters=DynamoDbCounters(client, table=settings.counters_table),
        standings=DynamoDbStandings(client, table=settings.standings_table),
        topic=SnsStatusTopic(clients.sns(), topic_arn=settings.status_topic_arn),
        to_alert=partial(alert_of, policy=settings.policy, account=account, region=region),
    )


def back_off(attempt: int) -> None:
    """Wait before another attempt: at random, up to twice as long each time, at most a second."""
    time.sleep(random.uniform(0, min(0.02 * 2**attempt, 1)))  # noqa: S311 - nothing secret depends on it
