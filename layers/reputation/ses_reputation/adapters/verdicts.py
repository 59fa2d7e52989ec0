"""What SES said of the account last, in the standings table: its verdicts, and what else is kept of its answers."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ses_reputation.adapters import keys
from ses_reputation.adapters.documents import decode, encode, items_of, write_decided
from ses_reputation.domain.providers import UNSPECIFIED
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.verdict import Verdict
from ses_reputation.news import News
from ses_reputation.notices.alert import Alert
from ses_reputation.watch import VersionedVerdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDbVerdicts:
    """What SES said of the account of one deployment."""

    def __init__(self, client: "DynamoDBClient", *, table: str) -> None:
        self._client = client
        self._table = table

    def verdict(self, scope: Scope) -> VersionedVerdict:
        """The newest verdict on a scope, if there is one."""
        # Consistent: a verdict that lags behind would be refused when it is written.
        answer = self._client.get_item(TableName=self._table, Key=_key(keys.VERDICTS, scope), ConsistentRead=True)
        if item := answer.get("Item"):
            return VersionedVerdict(decode(item, Verdict), int(item["version"]["N"]))
        return VersionedVerdict()

    def verdicts(self) -> Iterator[Verdict]:
        """The newest verdict on every scope that SES ever judged, by scope."""
        for item in items_of(self._client, self._table, keys.VERDICTS):
            verdict: Verdict = decode(item, Verdict)
            yield verdict

    def write_verdict(self, verdict: Verdict, version: int, news: Sequence[News], alerts: Sequence[Alert]) -> bool:
        """Write a verdict with its news and the alerts to send; False if it no longer has the version."""
        item = {**_key(keys.VERDICTS, verdict.scope), "document": encode(verdict)}
        return write_decided(self._client, self._table, item, version, news, alerts)

    def write_feedback_share(self, percent: int) -> None:
        """Keep which share of the mail SES says goes to providers that send complaints back."""
        item = {**_key(keys.FEEDBACK_LOOPS, UNSPECIFIED), "percent": {"N": str(percent)}}
        self._client.put_item(TableName=self._table, Item=item)

    def forget_feedback_share(self) -> None:
        """Keep no share any longer, if there was one: SES does not measure it."""
        self._client.delete_item(TableName=self._table, Key=_key(keys.FEEDBACK_LOOPS, UNSPECIFIED))

    def statistics_since(self, first: datetime) -> datetime:
        """The hour from which SES's statistics are taken: the one that was given when this was first called."""
        answer = self._client.update_item(
            TableName=self._table,
            Key=_key(keys.STATISTICS, "since"),
            UpdateExpression="SET #hour = if_not_exists(#hour, :first)",
            ExpressionAttributeNames={"#hour": "hour"},
            ExpressionAttributeValues={":first": keys.string(keys.hour_key(first))},
            ReturnValues="ALL_NEW",
        )
        return keys.counter_hour(answer["Attributes"]["hour"]["S"])


def _key(collection: str, name: str) -> dict[str, Any]:
    return {"collection": keys.string(collection), "name": keys.string(name)}
