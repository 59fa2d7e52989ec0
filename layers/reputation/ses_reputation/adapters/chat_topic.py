"""The chat topic: SNS, from where AWS's chat integration takes alerts to Slack and Microsoft Teams."""

from typing import TYPE_CHECKING

from ses_reputation.notices.alert import Alert
from ses_reputation.notices.chat import chat_message
from ses_reputation.notices.vocabulary import Vocabulary

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class SnsChatTopic:
    """Publishes each alert as a custom notification."""

    def __init__(self, client: "SNSClient", *, topic_arn: str, vocabulary: Vocabulary = Vocabulary.CLASSIC) -> None:
        self._client = client
        self._topic_arn = topic_arn
        self._vocabulary = vocabulary

    def publish(self, alert: Alert) -> str:
        """Send an alert; the SNS message id."""
        answer = self._client.publish(TopicArn=self._topic_arn, Message=chat_message(alert, self._vocabulary))
        return answer["MessageId"]
