"""The keys of blocklists that want one, in AWS Secrets Manager."""

import re
from collections.abc import Mapping
from typing import Any

from ses_reputation.adapters.secret_texts import SecretNotRead, secret_text

_HOLDS = "the keys of blocklists"

# A key is one label of the name that is asked for. https://www.rfc-editor.org/rfc/rfc1035#section-2.3.1
_PAIR = re.compile(r"([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)=([A-Za-z0-9-]{1,63})")


def read_zone_keys(client: Any, secret: str) -> Mapping[str, str]:
    """The key of each zone, from a secret such as `dbl.dq.spamhaus.net=KEY,list.example=KEY`.

    With a client of Secrets Manager; SecretNotRead if it can not be had, or is no such list.
    """
    pairs = [pair.strip() for pair in secret_text(client, secret, _HOLDS).split(",")]
    matches = [_PAIR.fullmatch(pair) for pair in pairs if pair]
    if not matches or None in matches:
        raise SecretNotRead(_HOLDS, secret, "it has to be a list such as dbl.dq.spamhaus.net=KEY,list.example=KEY")
    return {match[1].lower(): match[2] for match in matches if match}
