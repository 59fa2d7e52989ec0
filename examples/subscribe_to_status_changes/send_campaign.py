"""Sends a campaign through SES, asking again and again whether its stream may still send:
python send_campaign.py --table TABLE --configuration-set newsletter --sender news@shop.example
--subject "Spring is here" --text spring.txt --scope tag/campaign=spring < recipients.txt > left.txt
"""

import argparse
import sys
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sesv2 import SESV2Client

# Probation is not among them: only new mail can show that the rate is better now. Pending shutdown is: it would be a
# shutdown if no person reviewed it first, new mail no longer heals it, and whoever is left loses nothing by waiting.
STOPPING = frozenset({"Pending shutdown", "Shutdown"})

ASK_EVERY = 50
"""Recipients between two questions."""

# What SES may say of one message and not of the next. After anything else (sending is paused, a quota is used up) it
# would refuse the next one, too. https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
ABOUT_ONE = frozenset({"BadRequestException", "MessageRejected"})
REFUSED_IN_A_ROW = 5
"""So many of them are no longer about the recipients: of a sender that is not verified SES says the same."""


class Stopped(RuntimeError):
    """The campaign may not go on; the text says because of which scopes."""


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
    campaign: Campaign, left: deque[str], *, dynamodb: "DynamoDBClient", table: str, ses: "SESV2Client"
) -> None:
    """Send to one after the other, and take who was sent to off the list: however it ends, it has who is left.

    An address that SES refuses goes to its end. Raises Stopped, or the error of AWS that nothing can be sent after.
    """
    in_a_row = 0
    for number in range(len(left)):
        if number % ASK_EVERY == 0 and (scopes := stopped(dynamodb, table, campaign.scopes)):
            raise Stopped(f"{', '.join(scopes)} may not send now")
        try:
            _send(campaign, left[0], ses)
        except ClientError as error:
            in_a_row += 1
            if error.response["Error"]["Code"] not in ABOUT_ONE or in_a_row == REFUSED_IN_A_ROW:
                raise
            sys.stderr.write(f"{left[0]}: {error}\n")
            left.rotate(-1)
        else:
            in_a_row = 0
            left.popleft()


def _send(campaign: Campaign, recipient: str, ses: "SESV2Client") -> None:
    ses.send_email(
        FromEmailAddress=campaign.sender,
        Destination={"ToAddresses": [recipient]},
        Content={"Simple": {"Subject": {"Data": campaign.subject}, "Body": {"Text": {"Data": campaign.text}}}},
        ConfigurationSetName=campaign.configuration_set,
    )


def main() -> int:
    """Send to the addresses on standard input, a line each; write those who are left to standard output.

    If anybody is left, standard error says why, and the exit status is 1.
    """
    parser = argparse.ArgumentParser(description="Sends a campaign, as long as its stream may send.")
    for name in ("table", "configuration-set", "sender", "subject", "text"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--scope", action="append", default=[], help="one more scope whose shutdown stops it")
    given = parser.parse_args()
    scopes = ["account", f"configuration-set/{given.configuration_set}", *given.scope]
    text = Path(given.text).read_text(encoding="utf-8")
    campaign = Campaign(given.sender, given.subject, text, given.configuration_set, scopes)
    left = deque(line.strip() for line in sys.stdin if line.strip())
    try:
        dynamodb, ses = boto3.client("dynamodb"), boto3.client("sesv2")
        send_campaign(campaign, left, dynamodb=dynamodb, table=given.table, ses=ses)
    except (Stopped, ClientError, BotoCoreError) as why:
        sys.stderr.write(f"Stopped: {why}\n")
    finally:
        # Also if somebody stops it by hand.
        sys.stdout.writelines(f"{address}\n" for address in left)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
