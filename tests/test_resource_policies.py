"""Who a policy of a topic or a queue lets in."""

from typing import Any

import pytest

from ses_reputation.diagnosis.policies import lets_in, outsiders, owner_policy, queue_policy, ses_policy

ACCOUNT = "123456789012"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:bounces"
SES = "ses.amazonaws.com"
SENDERS = f"arn:aws:ses:eu-west-1:{ACCOUNT}:*"
OF_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def allow(principal: Any, condition: Any = None, action: Any = "sns:Publish", **others: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": TOPIC, **others}
    return {"Statement": [{**statement, "Condition": condition} if condition else statement]}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param({}, [], id="no policy"),
        pytest.param(allow({"Service": SES}, OF_ACCOUNT), [], id="SES for this account"),
        pytest.param(allow({"Service": SES}), [SES], id="SES for anybody"),
        pytest.param(
            allow({"Service": SES}, {"StringEquals": {"aws:SourceAccount": [ACCOUNT, "210987654321"]}}),
            [SES],
            id="SES for two accounts",
        ),
        pytest.param(
            allow({"Service": SES}, {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}),
            [SES],
            id="a condition that holds without its key",
        ),
        pytest.param(
            allow({"Service": SES}, {"ArnLike": {"aws:SourceArn": f"arn:aws:ses:*:{ACCOUNT}:*"}}),
            [],
            id="SES for resources of this account",
        ),
        pytest.param(
            allow({"Service": SES}, {"ArnLike": {"aws:SourceArn": "arn:aws:ses:eu-west-1:*:*"}}),
            [SES],
            id="SES for resources of any account",
        ),
        pytest.param(
            allow({"Service": SES}, {"StringEquals": {"aws:SourceAccount": int(ACCOUNT)}}), [], id="a bare number"
        ),
        pytest.param(
            allow({"Service": SES}, {"ArnLike": {"aws:SourceArn": [int(ACCOUNT)]}}), [SES], id="a number for an ARN"
        ),
        pytest.param(allow({"AWS": int(ACCOUNT)}), [], id="the account, as a bare number"),
        pytest.param(allow({"AWS": 210987654321}), ["210987654321"], id="another, as a bare number"),
        pytest.param(allow("*"), ["*"], id="everybody"),
        pytest.param(allow({"AWS": "*"}, action="SNS:*"), ["*"], id="everybody, by a wildcard action"),
        pytest.param(allow({"AWS": "*"}, action=["sns:Subscribe"]), [], id="everybody, but another action"),
        pytest.param(
            allow({"AWS": "*"}, {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}), [], id="what SNS gives by itself"
        ),
        pytest.param(
            allow({"AWS": "*"}, {"Bool": {"aws:SecureTransport": "true"}}), ["*"], id="everybody, if only by TLS"
        ),
        pytest.param(
            allow({"AWS": [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/x"]}), [], id="the account, and a role of it"
        ),
        pytest.param(
            allow({"AWS": "arn:aws:iam::210987654321:root"}), ["arn:aws:iam::210987654321:root"], id="another"
        ),
        pytest.param(
            {"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "sns:Publish"}},
            ["*"],
            id="all but somebody",
        ),
        pytest.param(
            {"Statement": {"Effect": "Allow", "Principal": "*", "NotAction": "sns:DeleteTopic"}},
            ["*"],
            id="all but some action",
        ),
        pytest.param({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sns:Publish"}]}, [], id="a denial"),
    ],
)
def test_who_is_let_in_from_outside(policy: dict[str, Any], expected: list[str]) -> None:
    assert outsiders(policy, "sns:Publish", ACCOUNT) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param({}, False, id="no policy"),
        pytest.param(allow({"Service": SES}, OF_ACCOUNT), True, id="for this account"),
        pytest.param(allow({"Service": [SES, "sns.amazonaws.com"]}), True, id="for anybody"),
        pytest.param(allow("*"), True, id="everybody"),
        pytest.param(allow({"Service": "sns.amazonaws.com"}, OF_ACCOUNT), False, id="another service"),
        pytest.param(
            allow({"Service": SES}, {"StringEquals": {"aws:SourceAccount": "210987654321"}}), False, id="for another"
        ),
        pytest.param(
            allow({"Service": SES}, {"ArnLike": {"aws:SourceArn": f"arn:aws:ses:eu-west-1:{ACCOUNT}:*"}}),
            True,
            id="for all resources of this region",
        ),
        pytest.param(
            allow({"Service": SES}, {"ArnLike": {"aws:SourceArn": f"arn:aws:ses:eu-west-1:{ACCOUNT}:identity/x"}}),
            True,
            id="for some resource of it",
        ),
        pytest.param(
            allow({"Service": SES}, {"ArnLike": {"aws:SourceArn": f"arn:aws:ses:us-east-1:{ACCOUNT}:*"}}),
            False,
            id="for resources of another region",
        ),
        *(
            pytest.param(
                allow({"Service": SES}, {operator: {"aws:SourceArn": f"arn:aws:ses:eu-west-1:{ACCOUNT}:{name}"}}),
                expected,
                id=f"{operator} {name}",
            )
            for operator, name, expected in (
                ("StringEquals", "*", False),
                ("StringEquals", "identity/*", False),
                ("StringEquals", "identity/x", True),
                ("StringEqualsIgnoreCase", "*", False),
                ("StringLike", "identity/*", True),
                ("ArnEquals", "*", True),
            )
        ),
        pytest.param(
            allow({"Service": SES}, {"StringEquals": {"aws:SourceAccount": "*"}}), False, id="an account named *"
        ),
        pytest.param(
            allow({"Service": SES}, {"StringEquals": {"aws:SourceAccount": int(ACCOUNT)}}), True, id="a bare number"
        ),
        pytest.param(
            {"Statement": [*allow("*")["Statement"], {"Effect": "Deny", "Principal": "*", "Action": "sns:*"}]},
            False,
            id="allowed, and denied to everybody",
        ),
        pytest.param(
            {
                "Statement": [
                    *allow("*")["Statement"],
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "sns:*",
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    },
                ]
            },
            True,
            id="allowed, and denied without TLS",
        ),
    ],
)
def test_whether_ses_is_let_in(policy: dict[str, Any], expected: bool) -> None:
    assert lets_in(policy, "sns:Publish", SES, SENDERS) is expected


def test_a_queue_may_be_open_to_one_topic_only() -> None:
    policy = allow({"Service": "sns.amazonaws.com"}, {"ArnEquals": {"aws:SourceArn": TOPIC}}, "sqs:SendMessage")
    assert lets_in(policy, "sqs:SendMessage", "sns.amazonaws.com", TOPIC)
    assert not lets_in(policy, "sqs:SendMessage", "sns.amazonaws.com", f"{TOPIC}-of-others")


def test_what_a_topic_and_a_queue_are_deployed_with_lets_in_those_who_have_to_and_no_outsider() -> None:
    assert lets_in(ses_policy(TOPIC), "sns:Publish", SES, SENDERS)
    queue = queue_policy(f"arn:aws:sqs:eu-west-1:{ACCOUNT}:bounces", TOPIC)
    assert lets_in(queue, "sqs:SendMessage", "sns.amazonaws.com", TOPIC)
    for policy in (ses_policy(TOPIC), owner_policy(TOPIC)):
        assert outsiders(policy, "sns:Publish", ACCOUNT) == []
    assert outsiders(queue, "sqs:SendMessage", ACCOUNT) == []
