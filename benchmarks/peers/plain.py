"""The plain peer: what most published handlers do with SES's events. Each becomes one item, and that is all.

Nothing is counted, an event that comes twice is written twice, and one that can't be read brings its batch back. It
does what these have in common, among others:
https://aws.amazon.com/blogs/compute/maintaining-a-healthy-email-database-with-aws-lambda-amazon-sns-and-amazon-dynamodb/
https://github.com/yyoshiki41/ses-notification-to-ddb
https://github.com/itmat/nitecap/blob/main/lib/compliance/bounces.py
"""

import json
import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["EVENTS_TABLE"])


def lambda_handler(event: dict[str, Any], _context: object) -> None:
    """Write one item for each event."""
    for record in event["Records"]:
        message = json.loads(record["body"])
        kind, mail = message["eventType"], message["mail"]
        item = {
            "message_id": mail["messageId"],
            "entry": kind,
            "time": mail["timestamp"],
            "source": mail["source"],
            "destination": mail["destination"],
        }
        if kind == "Bounce":
            bounce = message["bounce"]
            item["type"] = bounce["bounceType"]
            item["subtype"] = bounce["bounceSubType"]
            item["recipients"] = [recipient["emailAddress"] for recipient in bounce["bouncedRecipients"]]
            item["reply"] = bounce["bouncedRecipients"][0]["diagnosticCode"]
        elif kind == "Complaint":
            complaint = message["complaint"]
            item["type"] = complaint["complaintFeedbackType"]
            item["recipients"] = [recipient["emailAddress"] for recipient in complaint["complainedRecipients"]]
        elif kind == "Delivery":
            item["reply"] = message["delivery"]["smtpResponse"]
        table.put_item(Item=item)
