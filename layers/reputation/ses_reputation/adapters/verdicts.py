"""What SES said of the account last, in the standings table: its verdicts, and what else is kept of its answers."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ses_reputation.adapters import keys
from ses_reputation.adapters.documents import Item, decode, items_of, write_decided, written_out
from ses_reputation.domain.news import News
from ses_reputation.domain.providers import UNSPECIFIED
from ses_reputation.domain.scopes import Scope, ScopeKind, kind_of
from ses_reputation.domain.verdict import Verdict
from ses_reputation.notices.alert import Alert
from ses_reputation.watch import StatisticsTaken, VersionedVerdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_STATISTICS_KEY = keys.item_key(keys.STATISTICS, "since")


class DynamoDbVerdicts:
    """What SES said of the account of one deployment."""

    def __init__(self, client: "DynamoDBClient", *, table: str) -> None:
        self._client = client
        self._table = table

    def verdict(self, scope: Scope) -> VersionedVerdict:
        """The newest verdict on a scope, if there is one."""
        answer = self._client.get_item(TableName=self._table, Key=_key(scope), ConsistentRead=True)
        return _versioned(answer["Item"]) if "Item" in answer else VersionedVerdict()

    def verdicts(self) -> Iterator[Verdict]:
        """The newest verdict on every scope that SES ever judged, by scope, tenants last."""
        for collection in (keys.VERDICTS, keys.TENANT_VERDICTS):
            for item in items_of(self._client, self._table, collection):
                verdict: Verdict = decode(item, Verdict)
                yield verdict

    def versioned_verdicts(self) -> Mapping[Scope, VersionedVerdict]:
        """The newest verdict on every scope that SES can be asked about, which leaves out tenants.

        They are read as they are now: a verdict that lags behind would be refused when written.
        """
        items = items_of(self._client, self._table, keys.VERDICTS)
        return {Scope(item["name"]["S"]): _versioned(item) for item in items}

    def write_verdict(self, verdict: Verdict, version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        """Write a verdict with its news and the alerts to send; False if it no longer has the version."""
        item = {**_key(verdict.scope), **written_out(verdict)}
        return write_decided(self._client, self._table, item, version, news, alerts)

    def write_feedback_share(self, percent: int) -> None:
        """Keep which share of the mail SES says goes to providers that send complaints back."""
        item = {**keys.item_key(keys.FEEDBACK_LOOPS, UNSPECIFIED), "percent": {"N": str(percent)}}
        self._client.put_item(TableName=self._table, Item=item)

    def forget_feedback_share(self) -> None:
        """Keep no share any longer, if there was one: SES does not measure it."""
        self._client.delete_item(TableName=self._table, Key=keys.item_key(keys.FEEDBACK_LOOPS, UNSPECIFIED))

    def statistics_taken(self, first: datetime) -> StatisticsTaken:
        """From which hour on SES's statistics are taken: the one that was given when this was first called."""
        answer = self._client.update_item(
            TableName=self._table,
            Key=_STATISTICS_KEY,
            UpdateExpression="SET #hour = if_not_exists(#hour, :first)",
            ExpressionAttributeNames={"#hour": "hour"},
            ExpressionAttributeValues={":first": keys.string(keys.hour_key(first))},
            ReturnValues="ALL_NEW",
        )
        item = answer["Attributes"]
        read = datetime.fromisoformat(item["read"]["S"]) if "read" in item else None
        return StatisticsTaken(keys.counter_hour(item["hour"]["S"]), read)

    def write_statistics_read(self, time: datetime) -> None:
        """Keep when SES's statistics were last read."""
        self._client.update_item(
            TableName=self._table,
            Key=_STATISTICS_KEY,
            UpdateExpression="SET #read = :time",
            ExpressionAttributeNames={"#read": "read"},
            ExpressionAttributeValues={":time": keys.string(time.isoformat())},
        )


def _key(scope: Scope) -> Item:
    """There can be 300,000 tenants, and who asks about the other scopes reads those all.

    https://docs.aws.amazon.com/ses/latest/dg/tenants.html#limitations
    """
    return keys.item_key(keys.TENANT_VERDICTS if kind_of(scope) is ScopeKind.TENANT else keys.VERDICTS, scope)


def _versioned(item: Item) -> VersionedVerdict:
    return VersionedVerdict(decode(item, Verdict), int(item["version"]["N"]))
