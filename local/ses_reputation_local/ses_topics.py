"""What SES publishes to: SNS topics that are there, and whose policy lets it.

Of a policy, what SES needs is understood: statements about publishing, and conditions on who publishes on whose behalf.
A statement with another condition allows nothing here.
"""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from moto.sns.models import Topic, sns_backends

from ses_reputation_local.ses_account import SesAccount

_SERVICE: Final = "ses.amazonaws.com"
_PUBLISH: Final = frozenset({"sns:publish", "sns:*", "*"})
_EXACT: Final = frozenset({"StringEquals"})
# ArnEquals behaves as ArnLike.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_LIKE: Final = frozenset({"StringLike", "ArnEquals", "ArnLike"})


def may_publish(account: SesAccount, topic: str, source: str) -> bool:
    """Whether SES may publish to the topic with this ARN, on behalf of a part of the account such as
    `configuration-set/news`. It does so in its own Region, and not to a FIFO topic.

    https://docs.aws.amazon.com/ses/latest/dg/configure-sns-notifications.html
    """
    found = _topic(account, topic)
    if found is None or found.fifo_topic:
        return False
    owner = found.account_id
    facts = {
        "aws:sourceaccount": account.id,
        # The default policy of a topic: SES is one of the services that act as the topic's owner.
        # https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
        "aws:sourceowner": account.id if owner == account.id else "",
        "aws:sourcearn": f"arn:aws:ses:{account.region}:{account.id}:{source}",
    }
    effects = {
        statement["Effect"]
        for statement in _items(json.loads(found.policy).get("Statement", []))
        if _is_about(statement, facts)
    }
    return effects == {"Allow"}


def publish(account: SesAccount, topic: str, source: str, message: str) -> None:
    """Publish a message. If the topic or its permission is gone, nobody hears of it, as with SES."""
    if may_publish(account, topic, source):
        sns_backends[account.id][account.region].publish(message, topic)


def _topic(account: SesAccount, arn: str) -> Topic | None:
    return sns_backends[account.id][account.region].topics.get(arn)


def _is_about(statement: Mapping[str, Any], facts: Mapping[str, str]) -> bool:
    """Whether a statement of a policy is about SES's publishing."""
    principal = statement.get("Principal", {})
    everybody = principal == "*" or "*" in _items(principal.get("AWS", []))
    actions = {action.lower() for action in _items(statement.get("Action", []))}
    return (
        (everybody or _SERVICE in _items(principal.get("Service", [])))
        and not actions.isdisjoint(_PUBLISH)
        and all(
            _holds(operator, facts.get(name.lower()), list(map(str, _items(wanted))))
            for operator, conditions in statement.get("Condition", {}).items()
            for name, wanted in conditions.items()
        )
    )


def _holds(operator: str, fact: str | None, wanted: list[str]) -> bool:
    if operator in _EXACT:
        return fact in wanted
    return operator in _LIKE and any(fnmatchcase(fact or "", pattern) for pattern in wanted)


def _items(value: Any) -> list[Any]:
    """Policies write one thing with or without a list around it."""
    return value if isinstance(value, list) else [value]
