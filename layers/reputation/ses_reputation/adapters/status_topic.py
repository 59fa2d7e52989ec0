"""The status topic: SNS, from where alerts reach people and programs."""

from typing import TYPE_CHECKING

import msgspec

from ses_reputation.notices.alert import Alert
from ses_reputation.notices.email import body, printable, subject
from ses_reputation.notices.vocabulary import Vocabulary

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# Who reads the document rather than the text. `default` goes to people: e-mail, SMS, mobile push.
# https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
PROGRAM_PROTOCOLS = ("sqs", "lambda", "http", "https", "firehose")

# What a subscription can filter by, as far as an alert has it. No alert has more than ten of them: SNS would drop a
# message with more on its way to a queue that takes it raw.
# https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
ATTRIBUTES = (
    "kind",
    "scope",
    "scope_kind",
    "category",
    "metric",
    "before",
    "after",
    "cause",
    "scope_after",
    "reminder",
    "scope_status",
    "action",
    "mode",
)


class SnsStatusTopic:
    """Publishes each alert as an e-mail for people and as a JSON document for programs."""

    def __init__(self, client: "SNSClient", *, topic_arn: str, vocabulary: Vocabulary = Vocabulary.CLASSIC) -> None:
        self._client = client
        self._topic_arn = topic_arn
        self._vocabulary = vocabulary

    def publish(self, alert: Alert) -> str:
        """Send an alert; the SNS message id."""
        document = msgspec.json.encode(alert).decode()
        fields = msgspec.to_builtins(alert)
        texts = {name: fields[name] for name in ATTRIBUTES if isinstance(fields.get(name), str)}
        message = {"default": body(alert, self._vocabulary)} | dict.fromkeys(PROGRAM_PROTOCOLS, document)
        answer = self._client.publish(
            TopicArn=self._topic_arn,
            Subject=subject(alert, self._vocabulary),
            Message=msgspec.json.encode(message).decode(),
            MessageStructure="json",
            MessageAttributes={
                name: {"DataType": "String", "StringValue": printable(text)} for name, text in texts.items()
            },
        )
        return answer["MessageId"]
