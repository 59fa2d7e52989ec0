"""The status topic: SNS, from where alerts reach people and programs."""

from typing import TYPE_CHECKING

import msgspec

from ses_reputation.notices.alert import Alert
from ses_reputation.notices.email import body, printable, subject

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# Who reads the document rather than the text. `default` goes to people: e-mail, SMS, mobile push.
# https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
PROGRAM_PROTOCOLS = ("sqs", "lambda", "http", "https", "firehose")

# What a subscription can filter by, as far as an alert has it.
ATTRIBUTES = ("kind", "scope", "scope_kind", "metric", "before", "after", "scope_after")


class SnsStatusTopic:
    """Publishes each alert as an e-mail for people and as a JSON document for programs."""

    def __init__(self, client: "SNSClient", *, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, alert: Alert) -> str:
        """Send an alert; the SNS message id."""
        document = msgspec.json.encode(alert).decode()
        fields = msgspec.to_builtins(alert)
        texts = {name: fields[name] for name in ATTRIBUTES if isinstance(fields.get(name), str)}
        message = {"default": body(alert)} | dict.fromkeys(PROGRAM_PROTOCOLS, document)
        answer = self._client.publish(
            TopicArn=self._topic_arn,
            Subject=subject(alert),
            Message=msgspec.json.encode(message).decode(),
            MessageStructure="json",
            MessageAttributes={
                name: {"DataType": "String", "StringValue": printable(text)} for name, text in texts.items()
            },
        )
        return answer["MessageId"]
