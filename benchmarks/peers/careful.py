"""The careful peer: as the documentation of Powertools for AWS Lambda would have it.

Models check each event, a record that fails comes again alone, each event is counted once thanks to an idempotency
record, and a counter of each scope and hour is raised. What can go wrong between the record and the counters still can.
https://docs.aws.amazon.com/powertools/python/latest/utilities/batch/
https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
"""

import os
from typing import Any, Literal

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from pydantic import BaseModel, Field, Json

logger = Logger(service="careful")
totals = boto3.resource("dynamodb").Table(os.environ["TOTALS_TABLE"])
persistence = DynamoDBPersistenceLayer(
    table_name=os.environ["IDEMPOTENCY_TABLE"], boto3_client=boto3.client("dynamodb")
)
config = IdempotencyConfig(event_key_jmespath="[mail.message_id, kind]")


class Recipient(BaseModel):
    """One bounced or complained recipient."""

    email_address: str = Field(alias="emailAddress")
    status: str | None = None
    diagnostic_code: str | None = Field(default=None, alias="diagnosticCode")


class Mail(BaseModel):
    """The message that an event is about."""

    message_id: str = Field(alias="messageId")
    timestamp: str
    source: str
    source_arn: str = Field(alias="sourceArn")
    destination: list[str]
    tags: dict[str, list[str]]


class Bounce(BaseModel):
    """What SES says of a bounce."""

    type: str = Field(alias="bounceType")
    subtype: str = Field(alias="bounceSubType")
    recipients: list[Recipient] = Field(alias="bouncedRecipients")
    timestamp: str


class Complaint(BaseModel):
    """What SES says of a complaint."""

    recipients: list[Recipient] = Field(alias="complainedRecipients")
    feedback_type: str | None = Field(default=None, alias="complaintFeedbackType")
    timestamp: str


class Delivery(BaseModel):
    """What SES says of a delivery."""

    recipients: list[str]
    timestamp: str


class SesEvent(BaseModel):
    """One event that a configuration set publishes."""

    kind: Literal["Send", "Delivery", "Bounce", "Complaint"] = Field(alias="eventType")
    mail: Mail
    bounce: Bounce | None = None
    complaint: Complaint | None = None
    delivery: Delivery | None = None


class SesRecord(SqsRecordModel):
    """A message of the queue, with an event of SES's in it."""

    body: Json[SesEvent]


@idempotent_function(  # type: ignore[untyped-decorator]
    data_keyword_argument="told", config=config, persistence_store=persistence
)
def count(told: SesEvent) -> dict[str, str]:
    """Raise the counters of the scopes that an event is in."""
    detail = told.bounce or told.complaint or told.delivery
    hour = (detail.timestamp if detail else told.mail.timestamp)[:13]
    measure = told.bounce.type if told.bounce else told.kind
    for scope in (
        "account",
        f"configuration-set/{told.mail.tags['ses:configuration-set'][0]}",
        f"identity/{told.mail.source_arn.rpartition('/')[2]}",
    ):
        totals.update_item(
            Key={"scope": scope, "hour": hour},
            UpdateExpression="ADD #measure :one",
            ExpressionAttributeNames={"#measure": measure},
            ExpressionAttributeValues={":one": 1},
        )
    return {"counted": measure}


def read_and_count(record: SesRecord) -> None:
    """Handle one message."""
    count(told=record.body)


model_processor = BatchProcessor(event_type=EventType.SQS, model=SesRecord)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: Any) -> PartialItemFailureResponse:
    """Handle each message by itself."""
    config.register_lambda_context(context)
    return process_partial_response(
        event=event, context=context, processor=model_processor, record_handler=read_and_count
    )
