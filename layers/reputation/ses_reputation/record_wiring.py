"""The composition root of record_feedback: its use case with its adapters, made from its environment.

It is apart from the others of wiring.py, since that function starts more often than all others: so it need not import
what only they need, which is half of all modules, and was a tenth of the CPU time of a cold start.
"""

import random
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Generic, Protocol, TypeVar
from uuid import uuid4

from ses_reputation.adapters import clients
from ses_reputation.adapters.dead_letters import SqsDeadLetters
from ses_reputation.adapters.identities import DynamoDbIdentities
from ses_reputation.adapters.ledger import DynamoDbLedger, counter_writers
from ses_reputation.adapters.recipient_key import read_key
from ses_reputation.adapters.scope_register import DynamoDbScopeRegister
from ses_reputation.domain.providers import AddressBook
from ses_reputation.domain.recipients import Keeping, RecipientKey
from ses_reputation.record import Recorded, record_feedback
from ses_reputation.ses_events import read_invocation
from ses_reputation.settings import KeepingSettings, RecordSettings

T = TypeVar("T")

# A recipient at an identity that was verified a few minutes ago may still count.
IDENTITIES_KEPT = timedelta(minutes=5)


class Record(Protocol):
    """`record_feedback` of one of Lambda's events, while there is time."""

    def __call__(self, invocation: object, has_time: Callable[[], bool] = ...) -> Recorded:
        """What became of its messages."""


def recorder(environment: Mapping[str, str]) -> Record:
    """`record_feedback` of Lambda's events with the tables and the queue of this environment.

    SettingsError if the environment is incomplete, SecretNotRead if the key of recipients' identities can not be had.
    """
    settings = RecordSettings.from_environment(environment)
    keeping = keeping_of(settings.keeping)
    client = clients.dynamodb()
    ledger = DynamoDbLedger(
        client,
        receipts_table=settings.receipts_table,
        counters_table=settings.counters_table,
        standings_table=settings.standings_table,
        receipt_retention=settings.receipt_retention,
        counter_retention=settings.counter_retention,
        choose_writer=partial(next, counter_writers(random.randrange)),
        new_token=lambda: uuid4().hex,
        pause=back_off,
    )
    dead_letters = SqsDeadLetters(clients.when_needed(clients.sqs), queue_url=settings.dead_letter_queue_url)
    identities = Kept(DynamoDbIdentities(client, table=settings.standings_table).read, IDENTITIES_KEPT)
    register = DynamoDbScopeRegister(
        client,
        table=settings.standings_table,
        maximum=settings.maximum_scopes,
        receipt_retention=settings.receipt_retention,
        counter_retention=settings.counter_retention,
        pause=back_off,
    )

    def record(invocation: object, has_time: Callable[[], bool] = lambda: True) -> Recorded:
        messages = read_invocation(invocation, settings.tags)
        addresses = AddressBook(identities(), settings.provider_domains, settings.spamtraps)
        return record_feedback(
            messages, addresses, ledger, dead_letters, back_off, register, keeping=keeping, has_time=has_time
        )

    return record


def back_off(attempt: int) -> None:
    """Wait before another attempt: at random, up to twice as long each time, at most a second."""
    time.sleep(random.uniform(0, min(0.02 * 2**attempt, 1)))  # noqa: S311 - nothing secret depends on it


def keeping_of(settings: KeepingSettings) -> Keeping:
    """How recipients are kept, with the key if that takes one. Whoever keeps addresses waits for no client of it."""
    key = read_key(clients.secretsmanager(), settings.key) if settings.key else RecipientKey()
    return Keeping(settings.storage, key)


class Kept(Generic[T]):
    """What a reading brought, kept for a while: for what may be a little out of date. How old it is decides nothing."""

    def __init__(self, read: Callable[[], T], kept: timedelta) -> None:
        self._read = read
        self._seconds = kept.total_seconds()
        self._latest: tuple[float, T] | None = None

    def __call__(self) -> T:
        """What was read a short while ago, or is read now."""
        if self._latest is None or time.monotonic() - self._latest[0] > self._seconds:
            self._latest = time.monotonic(), self._read()
        return self._latest[1]
