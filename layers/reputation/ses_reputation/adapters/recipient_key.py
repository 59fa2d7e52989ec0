"""The key that recipients' pseudonyms and the names of receipts are made with, in AWS Secrets Manager."""

from typing import Any

from ses_reputation.adapters.secret_texts import SecretNotRead, secret_text
from ses_reputation.domain.recipients import LEAST_KEY, RecipientKey

_HOLDS = "the key of recipients' identities"


def read_key(client: Any, secret: str) -> RecipientKey:
    """The key in the secret of this name or ARN, with a client of Secrets Manager; SecretNotRead if it is not there."""
    key = RecipientKey(secret_text(client, secret, _HOLDS).encode())
    if len(key) < LEAST_KEY:
        raise SecretNotRead(_HOLDS, secret, f"a key is a text of {LEAST_KEY} characters or more")
    return key
