"""Who a policy of a topic or a queue lets in, and the policies that they are deployed with.

Only what such policies hold in practice is understood: what is not counts as open to others, never as closed.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

Policy = Mapping[str, Any]

# Conditions that say on whose behalf a request is made, and those that say which resource made it.
_ACCOUNT_KEYS = frozenset({"aws:sourceaccount", "aws:sourceowner", "aws:principalaccount"})
_RESOURCE_KEYS = frozenset({"aws:sourcearn"})
_WILDCARDS = frozenset("*?")
# Only these match patterns: to the others a wildcard is a character like any other.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_MATCHES = frozenset({"stringlike", "arnequals", "arnlike"})
_EQUALS = frozenset({"stringequals", "stringequalsignorecase"}) | _MATCHES


def outsiders(policy: Policy, action: str, account: str) -> list[str]:
    """Who may do this besides the account itself, and services on its behalf: `*` is everybody."""
    found: dict[str, None] = {}
    for statement in _statements(policy, "Allow", action):
        if not _is_bound_to(statement, account):
            found.update(dict.fromkeys(who for who in _principals(statement) if not _is_account(who, account)))
    return list(found)


def lets_in(policy: Policy, action: str, service: str, source_arn: str) -> bool:
    """Whether a service may do this on behalf of a resource; of any, if its ARN ends in `:*` behind the account."""
    if any("Condition" not in denial and _names(denial, service) for denial in _statements(policy, "Deny", action)):
        return False
    return any(
        _names(statement, service) and _holds(statement, source_arn)
        for statement in _statements(policy, "Allow", action)
    )


def ses_policy(topic_arn: str) -> Policy:
    """The policy of a topic that SES publishes to on behalf of the account, as template.yaml has it."""
    _, partition, _, region, account, _ = topic_arn.split(":")
    return _policy(
        "OnlySesOfThisAccount",
        {"Service": "ses.amazonaws.com"},
        "sns:Publish",
        topic_arn,
        {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": f"arn:{partition}:ses:{region}:{account}:*"},
        },
    )


def owner_policy(topic_arn: str) -> Policy:
    """What SNS gives a topic that has no policy of its own, as far as it is about publishing and subscribing.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    account = topic_arn.split(":")[4]
    actions = ["SNS:Publish", "SNS:Subscribe", "SNS:GetTopicAttributes", "SNS:ListSubscriptionsByTopic"]
    condition = {"StringEquals": {"AWS:SourceOwner": account}}
    return _policy("OnlyThisAccount", {"AWS": "*"}, actions, topic_arn, condition)


def queue_policy(queue_arn: str, topic_arn: str) -> Policy:
    """The policy of a queue that a topic fills, as template.yaml has it."""
    condition = {"ArnEquals": {"aws:SourceArn": topic_arn}}
    return _policy("OnlyItsTopic", {"Service": "sns.amazonaws.com"}, "sqs:SendMessage", queue_arn, condition)


def _policy(sid: str, principal: Any, action: Any, resource: str, condition: Any) -> Policy:
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _statements(policy: Policy, effect: str, action: str) -> Iterator[Policy]:
    """The statements of this effect that are about an action."""
    for statement in _list(policy.get("Statement")):
        if statement.get("Effect") != effect:
            continue
        named = any(fnmatchcase(action.lower(), pattern.lower()) for pattern in _list(statement.get("Action")))
        excluded = "NotAction" in statement and not any(
            fnmatchcase(action.lower(), pattern.lower()) for pattern in _list(statement["NotAction"])
        )
        if named or excluded:
            yield statement


def _principals(statement: Policy) -> Iterator[str]:
    principal = statement.get("Principal")
    if principal is None:  # NotPrincipal: everybody else.
        yield "*"
    elif isinstance(principal, str):
        yield principal
    else:
        for names in principal.values():
            yield from _texts(names)


def _names(statement: Policy, service: str) -> bool:
    return any(who in {"*", service} for who in _principals(statement))


def _is_account(principal: str, account: str) -> bool:
    """Whether it is the account, or a user or role of it: of these its administrators decide."""
    return principal == account or (principal.startswith("arn:") and _account_of(principal) == account)


def _is_bound_to(statement: Policy, account: str) -> bool:
    """Whether conditions let nobody in but on behalf of the account. All conditions must hold, so one is enough."""
    return any(
        all(_is_the_account(key, value, account) for value in values)
        for _, key, values in _equalities(statement)
        if key in _ACCOUNT_KEYS | _RESOURCE_KEYS
    )


def _is_the_account(key: str, value: str, account: str) -> bool:
    return value == account if key in _ACCOUNT_KEYS else _account_of(value) == account


def _holds(statement: Policy, source_arn: str) -> bool:
    """Whether the conditions on who sends are true of a resource. Others are taken to be."""
    account = _account_of(source_arn)
    return all(
        any(_is_it(v, account if key in _ACCOUNT_KEYS else source_arn, patterns=operator in _MATCHES) for v in values)
        for operator, key, values in _equalities(statement)
        if key in _ACCOUNT_KEYS | _RESOURCE_KEYS
    )


def _is_it(value: str, fact: str, *, patterns: bool) -> bool:
    """Whether a condition's value is what is looked at, or one of several where that ends in `*`."""
    if not patterns and not _WILDCARDS.isdisjoint(value):
        return False  # Neither an account nor an ARN has such a character.
    any_of = fact.removesuffix("*")
    return fnmatchcase(fact, value) or (any_of != fact and value.startswith(any_of))


def _equalities(statement: Policy) -> Iterator[tuple[str, str, list[str]]]:
    """Operators, keys and values of conditions that want a key to be one of these. `...IfExists` is none: it holds
    without the key.
    """
    for operator, wanted in statement.get("Condition", {}).items():
        if operator.lower() in _EQUALS:
            for key, values in wanted.items():
                yield operator.lower(), key.lower(), _texts(values)


def _account_of(arn: str) -> str:
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def _texts(value: Any) -> list[str]:
    """What a policy may also write as bare numbers, such as an account."""
    return list(map(str, _list(value)))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
