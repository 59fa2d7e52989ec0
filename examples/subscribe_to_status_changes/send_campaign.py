"""Sends a campaign through SES, asking again and again whether its stream may still send:
python send_campaign.py --table TABLE --configuration-set newsletter --sender news@shop.example
--subject "Spring is here" --text spring.txt --scope tag/campaign=spring < recipients.txt > left.txt
"""

import argparse
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sesv2 import SESV2Client

# Probation is not among them: only new mail can show that the rate is better now.
STOPPING = frozenset({"Pending shutdown", "Shutdown"})

ASK_EVERY = 50
"""Recipients between two questions."""


@dataclass(frozen=True)
class Campaign:
    """What is sent, and the scopes of SES Reputation whose shutdown stops it."""

    sender: str
    subject: str
    text: str
    configuration_set: str
    scopes: Sequence[str]


def stopped(dynamodb: "DynamoDBClient", table: str, scopes: Collection[str]) -> list[str]:
    """Those of the scopes that may not send now, because of any of their findings. What nothing is known of, may."""
    return [scope for scope in scopes if _statuses(dynamodb, table, scope) & STOPPING]


def _statuses(dynamodb: "DynamoDBClient", table: str, scope: str) -> set[str]:
    # There are twelve categories, so one page holds them all.
    answer = dynamodb.query(
        TableName=table,
        KeyConditionExpression="#scope = :scope",
        ExpressionAttributeNames={"#scope": "scope"},
        ExpressionAttributeValues={":scope": {"S": scope}},
        ConsistentRead=True,
    )
    return {item["status"]["S"] for item in answer["Items"]}


def send_campaign(
    campaign: Campaign, recipients: Sequence[str], *, dynamodb: "DynamoDBClient", table: str, ses: "SESV2Client"
) -> Sequence[str]:
    """Send to one after the other; those who are left if the campaign is stopped meanwhile."""
    for number, recipient in enumerate(recipients):
        if number % ASK_EVERY == 0 and stopped(dynamodb, table, campaign.scopes):
            return recipients[number:]
        ses.send_email(
            FromEmailAddress=campaign.sender,
            Destination={"ToAddresses": [recipient]},
            Content={"Simple": {"Subject": {"Data": campaign.subject}, "Body": {"Text": {"Data": campaign.text}}}},
            ConfigurationSetName=campaign.configuration_set,
        )
    return []


def main() -> int:
    """Send to the addresses on standard input, a line each; write those who are left to standard output."""
    parser = argparse.ArgumentParser(description="Sends a campaign, as long as its stream may send.")
    for name in ("table", "configuration-set", "sender", "subject", "text"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--scope", action="append", default=[], help="one more scope whose shutdown stops it")
    given = parser.parse_args()
    scopes = ["account", f"configuration-set/{given.configuration_set}", *given.scope]
    text = Path(given.text).read_text(encoding="utf-8")
    campaign = Campaign(given.sender, given.subject, text, given.configuration_set, scopes)
    left = send_campaign(
        campaign,
        [line.strip() for line in sys.stdin if line.strip()],
        dynamodb=boto3.client("dynamodb"),
        table=given.table,
        ses=boto3.client("sesv2"),
    )
    sys.stdout.writelines(f"{address}\n" for address in left)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
