"""A deployment with many small senders, in memory: what an evaluation and the dashboard are measured on."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from benchmarks.tables import Tables
from ses_reputation.adapters import clients, keys
from ses_reputation.adapters.counters import DynamoDbCounters
from ses_reputation.adapters.feedback import DynamoDbFeedback
from ses_reputation.adapters.known_weeks import DynamoDbKnownWeeks
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.counting import week_of
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.scopes import ACCOUNT, Scope, ScopeKind, scope
from ses_reputation.domain.survey import survey
from ses_reputation.evaluate import Evaluated, evaluate_reputation
from ses_reputation.notices.alert import alert_of, summary_of
from ses_reputation.outbox import Channel
from ses_reputation_local.environment import no_other_aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from ses_reputation.adapters.documents import Item

NOW: Final = datetime(2026, 11, 26, 12, tzinfo=UTC)
PERIOD: Final = timedelta(minutes=15)
REGION: Final = "eu-west-1"
ACCOUNT_ID: Final = "123456789012"

RECEIPTS, COUNTERS, STANDINGS = "receipts", "counters", "standings"

# In each of these hours a sender writes to a recipient at each of these providers. That is under 9,000 in a year, so
# that no window is full, and all of the history is in each.
_HOURS: Final = range(8, 14)
_PROVIDERS: Final = ("gmail", "microsoft", "yahoo", "other")


class Deployment:
    """Tables, in which some scopes, the account among them, have a history of so many days.

    In each hour they write so many mails to each provider. Every third of their days has a bounce in it.
    """

    def __init__(self, days: int, touched: int, mails: int = 1) -> None:
        self.tables = Tables(
            {RECEIPTS: ("message_id", "entry"), COUNTERS: ("scope", "hour"), STANDINGS: ("collection", "name")},
            {keys.WORST_FIRST: ("listing", "rank", "listed")},
        )
        self.now = NOW
        self.touched = [ACCOUNT, *(scope(ScopeKind.TENANT, f"customer-{n:06}") for n in range(1, touched))]
        for each in self.touched:
            for item in _counters(each, days, mails):
                self.tables.put(COUNTERS, item)

    def add_others(self, number: int) -> None:
        """Add scopes to which nothing happens: they stand as those do that were evaluated, and are not due."""
        known = self.touched[-1]
        item = self.tables.get(STANDINGS, keys.item_key(keys.shard("standing", known), known))
        pattern = msgspec.json.encode(item)
        for n in range(number):
            other = scope(ScopeKind.TENANT, f"quiet-{n:06}")
            copied: Item = msgspec.json.decode(pattern.replace(known.encode(), other.encode()))
            self.tables.put(STANDINGS, {**copied, **keys.item_key(keys.shard("standing", other), other)})

    def touch(self, scopes: Iterable[Scope]) -> None:
        """Have something counted in each of these scopes."""
        week = week_of(self.now)
        for each in scopes:
            mark = {"week": keys.string(week.isoformat()), "token": keys.string("again")}
            self.tables.put(STANDINGS, {**keys.due_key(each, week), **mark})

    def evaluate(self) -> Evaluated:
        """A run, a quarter of an hour after the last one, in which each touched scope was touched again."""
        self.touch(self.touched)
        with self.answering() as client:
            evaluated = evaluate_reputation(self.now, to_summary=TO_SUMMARY, **judging(client))
        self.now += PERIOD
        return evaluated

    def survey(self) -> None:
        """What follows each run: how all scopes stand."""
        with self.answering() as client:
            survey(DynamoDbStandings(client, table=STANDINGS).listed(requests=50).rows, Policy())

    @contextmanager
    def answering(self) -> Iterator["DynamoDBClient"]:
        """A client that is answered from these tables."""
        client = dynamodb()
        with self.tables.answering(client):
            yield client


def judging(client: "DynamoDBClient") -> dict[str, Any]:
    """What whoever judges scopes is given besides them: what the functions are given."""
    return {
        "policy": Policy(),
        "counters": DynamoDbCounters(client, table=COUNTERS),
        "replies": DynamoDbFeedback(client, table=RECEIPTS),
        "standings": DynamoDbStandings(client, table=STANDINGS),
        "channels": {channel: lambda _: "id" for channel in Channel},
        "to_alert": partial(alert_of, account=ACCOUNT_ID, region=REGION),
        "weeks": DynamoDbKnownWeeks(
            client, table=STANDINGS, source=VolumeSource.SEND_EVENTS, counter_retention=timedelta(days=396)
        ),
    }


TO_SUMMARY: Final = partial(summary_of, account=ACCOUNT_ID, region=REGION)


@cache
def dynamodb() -> "DynamoDBClient":
    """A client as the functions have it, that can reach nobody."""
    with no_other_aws(REGION):
        return clients.dynamodb(REGION)


def _counters(of: Scope, days: int, mails: int) -> Iterator["Item"]:
    for day in range(days):
        for hour in _HOURS:
            time = (NOW - timedelta(days=day)).replace(hour=hour)
            if time >= NOW:
                continue
            numbers: dict[str, Any] = {f"{provider}.sent": {"N": f"{mails}"} for provider in _PROVIDERS}
            numbers |= {f"{provider}.delivered": {"N": f"{mails}"} for provider in _PROVIDERS}
            if day % 3 == 0 and hour == _HOURS[0]:
                numbers |= {"gmail.hard_bounced": {"N": "1"}, "gmail.reply_user_unknown": {"N": "1"}}
            key = {"scope": keys.string(of), "hour": keys.string(keys.counter_key(time, 0))}
            yield {**key, **numbers, "expires": keys.expires(time, timedelta(days=396))}
