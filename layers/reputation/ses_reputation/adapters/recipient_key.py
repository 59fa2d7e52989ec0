"""The key that recipients' pseudonyms and the names of receipts are made with, in AWS Secrets Manager."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ses_reputation.domain.recipients import LEAST_KEY, RecipientKey


class KeyNotRead(RuntimeError):
    """The key can not be had. The text says why, and nothing of the key."""


def read_key(client: Any, secret: str) -> RecipientKey:
    """The key in the secret of this name or ARN, with a client of Secrets Manager; KeyNotRead if it can not be had.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
    """
    try:
        value = client.get_secret_value(SecretId=secret).get("SecretString", "")
    except ClientError as error:
        raise KeyNotRead(_problem(secret, error.response.get("Error", {}).get("Code", "no code"))) from None
    except BotoCoreError as error:
        raise KeyNotRead(_problem(secret, type(error).__name__)) from None
    key = RecipientKey(value.encode())
    if len(key) < LEAST_KEY:
        raise KeyNotRead(_problem(secret, f"a key is a text of {LEAST_KEY} characters or more"))
    return key


def _problem(secret: str, why: str) -> str:
    return f"the key of recipients' identities could not be read from the secret {secret}: {why}"
