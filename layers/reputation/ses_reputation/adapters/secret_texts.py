"""Texts that are kept in AWS Secrets Manager."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError


class SecretNotRead(RuntimeError):
    """What a secret holds can not be had, or makes no sense. The text says why, and nothing of its value."""

    def __init__(self, holds: str, secret: str, why: str) -> None:
        super().__init__(f"{holds} could not be read from the secret {secret}: {why}")


def secret_text(client: Any, secret: str, holds: str) -> str:
    """The text in the secret of this name or ARN, with a client of Secrets Manager; SecretNotRead if it can not be had.

    `holds` is what is in it, for the error.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
    """
    try:
        return str(client.get_secret_value(SecretId=secret).get("SecretString", ""))
    except ClientError as error:
        raise SecretNotRead(holds, secret, error.response.get("Error", {}).get("Code", "no code")) from None
    except BotoCoreError as error:
        raise SecretNotRead(holds, secret, type(error).__name__) from None
