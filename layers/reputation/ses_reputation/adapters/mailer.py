"""SES, as it takes one mail."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ses_reputation.adapters.aws_errors import denied_operation, explained
from ses_reputation.diagnosis.follow import Refused

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

SUBJECT = "ses-reputation doctor"
TEXT = "Sent by ses-reputation doctor to the mailbox simulator of Amazon SES, to see its bounce counted."


class SesMailer:
    """SES in the region of this client."""

    def __init__(self, client: "SESV2Client") -> None:
        self._client = client

    def send(self, sender: str, recipient: str, configuration_set: str | None) -> str:
        """Send a short mail; the id that SES gave it. Refused if SES does not take it.

        https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
        """
        through: Any = {"ConfigurationSetName": configuration_set} if configuration_set else {}
        try:
            answer = self._client.send_email(
                FromEmailAddress=sender,
                Destination={"ToAddresses": [recipient]},
                Content={"Simple": {"Subject": {"Data": SUBJECT}, "Body": {"Text": {"Data": TEXT}}}},
                **through,
            )
        except ClientError as error:
            if denied_operation(error):
                raise
            raise Refused(explained(error)) from error
        return answer["MessageId"]
