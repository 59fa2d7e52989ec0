"""The commands of the AWS CLI by which a person pauses and resumes sending."""

import shlex
from collections.abc import Mapping
from types import MappingProxyType

from ses_reputation.domain.enforcement import Action, Call, Enforced
from ses_reputation.domain.scopes import ScopeKind, kind_of, name_of

# After what was done comes what undoes it; after what was not, that itself.
_BY_HAND: Mapping[Action, Call] = MappingProxyType(
    {
        Action.WOULD_PAUSE: Call.PAUSE,
        Action.PAUSED: Call.RESUME,
        Action.FOUND_PAUSED: Call.RESUME,
        Action.LEFT_RUNNING: Call.PAUSE,
        Action.WOULD_RESUME: Call.RESUME,
        Action.RESUMED: Call.PAUSE,
        Action.FOUND_RUNNING: Call.PAUSE,
        Action.LEFT_PAUSED: Call.RESUME,
        Action.PAUSE_FAILED: Call.PAUSE,
        Action.RESUME_FAILED: Call.RESUME,
    }
)


def by_hand(action: Action) -> Call | None:
    """What a person may want to do after this, None where nobody but SES can."""
    return _BY_HAND.get(action)


def aws_command(news: Enforced, region: str) -> str:
    """What a person may want to type after this, empty where that can't be said.

    https://docs.aws.amazon.com/cli/latest/reference/sesv2/
    """
    call = by_hand(news.action)
    if call is None:
        return ""
    switch = "--sending-enabled" if call is Call.RESUME else "--no-sending-enabled"
    match kind_of(news.scope):
        case ScopeKind.ACCOUNT:
            words = ["put-account-sending-attributes", switch]
        case ScopeKind.CONFIGURATION_SET if (name := name_of(news.scope)).isprintable():
            words = ["put-configuration-set-sending-options", "--configuration-set-name", name, switch]
        case ScopeKind.TENANT if news.target:
            words = [
                "update-reputation-entity-customer-managed-status",
                "--reputation-entity-type",
                "RESOURCE",
                "--reputation-entity-reference",
                news.target,
                "--sending-status",
                (news.setting or "ENABLED") if call is Call.RESUME else "DISABLED",
            ]
        case _:
            return ""
    return shlex.join(["aws", "sesv2", *words, "--region", region])
