"""The small IAM that the tests over policies ask: what it understands, and that it refuses the rest."""

from typing import Any

import pytest

from tests.access import NOBODY, Answer, Caller, Request, answer, service

ACCOUNT, OTHER = "123456789012", "210987654321"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:bounces"


def allow(**others: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sns:Publish", "Resource": TOPIC, **others}


def asked(*statements: dict[str, Any], caller: Caller = NOBODY, **context: Any) -> Answer:
    return answer({"Statement": list(statements)}, Request("sns:Publish", TOPIC, caller, context))


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param([], Answer.SILENT, id="nothing"),
        pytest.param([allow()], Answer.ALLOWED, id="it"),
        pytest.param([allow(Action="SNS:publish")], Answer.ALLOWED, id="an action in other letters"),
        pytest.param([allow(Action=["sns:Subscribe", "sns:Pub*"])], Answer.ALLOWED, id="an action of several"),
        pytest.param([allow(Action="sns:Subscribe")], Answer.SILENT, id="another action"),
        pytest.param([allow(Resource="*")], Answer.ALLOWED, id="any resource"),
        pytest.param([allow(Resource=f"{TOPIC}-of-others")], Answer.SILENT, id="another resource"),
        pytest.param([allow(Resource=TOPIC.replace("bounces", "[b]ounces"))], Answer.SILENT, id="no other wildcard"),
        pytest.param([allow(), allow(Effect="Deny")], Answer.DENIED, id="a denial is stronger"),
        pytest.param([allow(), allow(Effect="Deny", Action="sns:Subscribe")], Answer.ALLOWED, id="denied is another"),
    ],
)
def test_a_statement_is_about_actions_and_resources(statements: list[dict[str, Any]], expected: Answer) -> None:
    assert asked(*statements) is expected


ROLE = Caller("AWS", f"arn:aws:iam::{ACCOUNT}:role/sender")


@pytest.mark.parametrize(
    ("principal", "caller", "named"),
    [
        pytest.param("*", Caller("AWS"), True, id="everybody, without credentials"),
        pytest.param({"AWS": "*"}, service("ses"), True, id="everybody, also services"),
        pytest.param({"AWS": ACCOUNT}, ROLE, True, id="the account of a role"),
        pytest.param({"AWS": int(ACCOUNT)}, ROLE, True, id="the account, as a number"),
        pytest.param({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, ROLE, True, id="the root of its account"),
        pytest.param({"AWS": OTHER}, ROLE, False, id="another account"),
        pytest.param({"AWS": ["x", ROLE.name]}, ROLE, True, id="the role"),
        pytest.param({"AWS": f"{ROLE.name}-2"}, ROLE, False, id="another role"),
        pytest.param({"Service": "ses.amazonaws.com"}, service("ses"), True, id="a service"),
        pytest.param({"Service": "ses.amazonaws.com"}, service("sns"), False, id="another service"),
        pytest.param({"Service": "ses.amazonaws.com"}, ROLE, False, id="a role is no service"),
    ],
)
def test_a_principal_names_a_caller(principal: Any, caller: Caller, named: bool) -> None:
    assert (asked(allow(Principal=principal), caller=caller) is Answer.ALLOWED) is named


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        pytest.param({"StringEquals": {"k": "a"}}, {"K": "a"}, True, id="the letters of a key do not matter"),
        pytest.param({"StringEquals": {"k": "a"}}, {"k": "A"}, False, id="those of a value do"),
        pytest.param({"StringEquals": {"k": "a"}}, {}, False, id="no key"),
        pytest.param({"StringEquals": {"k": ["a", "b"]}}, {"k": "b"}, True, id="one of two"),
        pytest.param({"StringEquals": {"k": "a*"}}, {"k": "ab"}, False, id="no pattern"),
        pytest.param({"StringLike": {"k": "a*"}}, {"k": "ab"}, True, id="a pattern"),
        pytest.param({"StringEquals": {"k": "a", "l": "b"}}, {"k": "a"}, False, id="one key of two"),
        pytest.param({"StringEquals": {"k": "a"}, "Null": {"l": "true"}}, {"k": "a"}, True, id="two operators"),
        pytest.param({"Null": {"k": "false"}}, {}, False, id="there must be some"),
        pytest.param({"Null": {"k": False}}, {"k": "a"}, True, id="there is some"),
        pytest.param({"Bool": {"k": True}}, {"k": "true"}, True, id="true"),
        pytest.param({"Bool": {"k": "true"}}, {"k": "false"}, False, id="not true"),
        pytest.param({"ArnLike": {"k": "arn:aws:ses:*:1:*"}}, {"k": "arn:aws:ses:x:1:identity/y"}, True, id="an ARN"),
        pytest.param({"ArnEquals": {"k": "arn:aws:ses:*:1:*"}}, {"k": "arn:aws:ses:x:2:y"}, False, id="of another"),
        pytest.param({"ArnLike": {"k": "arn:aws:*:1:x"}}, {"k": "arn:aws:s:y:1:x"}, False, id="not over several parts"),
        pytest.param({"ForAllValues:StringEquals": {"k": "a"}}, {"k": ["a", "a"]}, True, id="all values"),
        pytest.param({"ForAllValues:StringEquals": {"k": "a"}}, {"k": ["a", "b"]}, False, id="not all values"),
        pytest.param({"ForAllValues:StringEquals": {"k": "a"}}, {}, True, id="all of none"),
    ],
)
def test_all_conditions_must_hold(condition: Any, context: dict[str, Any], holds: bool) -> None:
    assert (asked(allow(Condition=condition), **context) is Answer.ALLOWED) is holds


@pytest.mark.parametrize(
    "others",
    [
        {"NotAction": "sns:Subscribe"},
        {"NotPrincipal": "*"},
        {"Principal": 7},
        {"Condition": {"StringNotEquals": {"k": "a"}}},
        {"Condition": {"StringEqualsIfExists": {"k": "a"}}},
        {"Condition": {"ForAnyValue:StringEquals": {"k": "a"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}},
    ],
    ids=str,
)
def test_what_no_policy_of_ours_holds_is_refused_instead_of_guessed(others: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        asked(allow(**others), k="a")
