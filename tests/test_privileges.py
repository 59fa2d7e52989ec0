"""What is granted against what is done: that a difference is seen, with made-up calls and policies."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from tests.access import Request
from tests.aws_calls import requests_of
from tests.least_privilege import LeastPrivilege
from tests.privileges import (
    NOT_OURS,
    OPERATOR,
    Grant,
    Notes,
    by_function,
    documented,
    granted,
    grants_of,
    matches,
    needs_in,
    read,
    refused,
    undocumented,
    unused,
    written,
)

TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/standings"
POLICY: dict[str, Any] = {
    "Statement": [
        {
            "Sid": "Keep",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:Query"],
            "Resource": [TABLE, f"{TABLE}/index/WorstFirst"],
        },
        {
            "Sid": "Tell",
            "Effect": "Allow",
            "Action": "events:PutEvents",
            "Resource": "*",
            "Condition": {"StringEquals": {"events:source": "ses-reputation"}},
        },
    ]
}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param(Request("dynamodb:GetItem", TABLE), [("Keep", 0)], id="on the first resource"),
        pytest.param(Request("dynamodb:Query", f"{TABLE}/index/WorstFirst"), [("Keep", 1)], id="on the second"),
        pytest.param(Request("dynamodb:PutItem", TABLE), [], id="another action"),
        pytest.param(Request("dynamodb:GetItem", f"{TABLE}-2"), [], id="another resource"),
        pytest.param(Request("events:PutEvents", context={"events:source": "me"}), [], id="a condition that fails"),
        pytest.param(
            Request("events:PutEvents", context={"events:source": "ses-reputation"}), [("Tell", 0)], id="one that holds"
        ),
    ],
)
def test_a_request_is_allowed_by_a_statement_and_one_of_its_resources(request_: Request, expected: Any) -> None:
    assert list(matches(POLICY, request_)) == expected


def test_every_action_on_every_resource_is_a_grant_also_behind_a_condition() -> None:
    get_att, sub = {"Fn::GetAtt": ["Queue", "Arn"]}, {"Fn::Sub": "${Table.Arn}/index/WorstFirst"}
    statement = {"Sid": "S", "Action": ["a:One", "a:Two"], "Resource": [get_att, sub]}
    told = grants_of("F", {"Statement": [{"Fn::If": ["Condition", statement, {"Ref": "AWS::NoValue"}]}]})
    assert told == {
        Grant("F", "S", "a:One", 0): "Queue",
        Grant("F", "S", "a:One", 1): "Table/index/WorstFirst",
        Grant("F", "S", "a:Two", 0): "Queue",
        Grant("F", "S", "a:Two", 1): "Table/index/WorstFirst",
    }


def test_each_resource_of_a_list_that_depends_on_a_condition_is_a_grant() -> None:
    one, two = {"Ref": "One"}, {"Ref": "Two"}
    statement = {"Sid": "S", "Action": "a:One", "Resource": {"Fn::If": ["Condition", [one, two], [one]]}}
    told = grants_of("F", {"Statement": [statement]})
    assert told == {Grant("F", "S", "a:One", 0): "One", Grant("F", "S", "a:One", 1): "Two"}


def every_use() -> Notes:
    return Notes(Counter({grant: 3 for grant in granted() if grant.action not in NOT_OURS}))


def test_a_permission_that_nothing_uses_is_told_with_its_place() -> None:
    notes = every_use()
    assert unused(notes) == []
    one = Grant("EnforceStatus", "KeepWhatIsDone", "dynamodb:DeleteItem", 0)
    del notes.uses[one]
    told = "EnforceStatus may dynamodb:DeleteItem on StandingsTable (KeepWhatIsDone), but never does"
    assert unused(notes) == unused(notes, "EnforceStatus") == [told]
    assert unused(notes, "Operate") == []


def test_what_is_granted_to_somebody_else_has_a_reason_and_is_granted() -> None:
    assert all(NOT_OURS.values())
    assert {grant.action for grant in granted()} >= NOT_OURS.keys()


def test_what_was_done_without_permission_is_told_with_its_test() -> None:
    notes = Notes(refused={"Operate may not sns:Publish on arn:x": "tests/test_x.py::test_y"})
    assert refused(notes) == ["Operate may not sns:Publish on arn:x (tests/test_x.py::test_y)"]


PAGE = """
| commands | the IAM actions that they need |
|---|---|
| all that look | `dynamodb:Query` |
| `report`, `decide` | also `lambda:InvokeFunction` (if `lambda:InvokedViaFunctionUrl`) |
"""


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        pytest.param({"decide": {"dynamodb:Query", "lambda:InvokeFunction"}}, [], id="what is said"),
        pytest.param(
            {"decide": {"dynamodb:Query", "lambda:InvokeFunction"}, "status": {"dynamodb:Scan"}},
            ["status calls dynamodb:Scan, of which the documents say nothing"],
            id="more",
        ),
        pytest.param(
            {"decide": {"dynamodb:Query"}, "status": {"dynamodb:Query"}},
            ["the documents say of decide, report that they need lambda:InvokeFunction, but none does"],
            id="less",
        ),
        pytest.param(
            {"report": {"dynamodb:Query", "lambda:InvokeFunction"}, "status": {"lambda:InvokeFunction"}},
            ["status calls lambda:InvokeFunction, of which the documents say nothing"],
            id="what another needs",
        ),
    ],
)
def test_what_commands_do_is_what_the_documents_say(commands: dict[str, set[str]], expected: list[str]) -> None:
    assert undocumented(Notes(commands=commands), needs_in(PAGE)) == expected


def test_the_documents_name_actions_for_every_command_that_asks_aws() -> None:
    table = documented()
    named = set().union(*(commands for commands, _ in table))
    assert named >= {"feedback", "dashboard", "report", "decide", "connect", "doctor", "backfill"}
    assert all(actions for _, actions in table)


def test_notes_of_several_processes_become_one() -> None:
    grant = next(iter(granted()))
    one = Notes(Counter({grant: 2}), {"a": "t"}, {"status": {"x:One"}})
    other = Notes(Counter({grant: 3}), {"b": "u"}, {"status": {"x:Two"}, "decide": set()})
    both = read([written(one), written(other)])
    assert both == Notes(Counter({grant: 5}), {"a": "t", "b": "u"}, {"status": {"x:One", "x:Two"}, "decide": set()})


def test_a_table_says_who_did_what_how_often() -> None:
    told = by_function(every_use())
    assert told["EvaluateReputation"]["dynamodb:Query"] == {
        "CountersTable": 3,
        "ReceiptsTable": 3,
        "StandingsTable": 3,
        "StandingsTable/index/WorstFirst": 3,
    }
    assert OPERATOR in told


# -- The plugin --------------------------------------------------------------------------------------------------------


def session(**of_worker: Any) -> Any:
    """A run of some tests that all passed; of a worker of xdist, if it has something to hand over its notes with."""
    config = SimpleNamespace(args_source=pytest.Config.ArgsSource.ARGS, getoption=lambda *_: None, **of_worker)
    return SimpleNamespace(config=config, exitstatus=pytest.ExitCode.OK)


def worker(notes: Notes) -> Any:
    return SimpleNamespace(workeroutput={"aws_calls": [written(notes)]})


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        pytest.param(Notes(), pytest.ExitCode.OK, id="nothing refused"),
        pytest.param(Notes(refused={"a": "t"}), pytest.ExitCode.TESTS_FAILED, id="something refused"),
    ],
)
def test_a_run_fails_if_something_was_done_without_permission_in_any_process(notes: Notes, expected: Any) -> None:
    plugin, run = LeastPrivilege(), session()
    plugin.pytest_testnodedown(worker(Notes()))
    plugin.pytest_testnodedown(worker(notes))
    plugin.pytest_testnodedown(SimpleNamespace())  # it crashed
    plugin.pytest_sessionfinish(run, pytest.ExitCode.OK)
    assert run.exitstatus is expected


def test_a_worker_hands_its_notes_over_and_judges_nothing() -> None:
    plugin, run = LeastPrivilege(), session(workeroutput={})
    plugin.pytest_testnodedown(worker(Notes(refused={"a": "t"})))
    plugin.pytest_sessionfinish(run, pytest.ExitCode.OK)
    assert refused(read(run.config.workeroutput["aws_calls"])) == ["a (t)"]
    assert run.exitstatus is pytest.ExitCode.OK


# -- What a call of boto3 is to IAM ------------------------------------------------------------------------------------


def in_iam(service: str, operation: str, **params: Any) -> list[tuple[str, str]]:
    requests = requests_of(service, operation, params, "eu-west-1", "123456789012")
    return [(request.action, request.resource.removeprefix("arn:aws:")) for request in requests]


HERE, A = "eu-west-1:123456789012", {"TableName": "a"}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            in_iam(
                "dynamodb",
                "TransactWriteItems",
                TransactItems=[{"Put": {"TableName": "a"}, "Delete": {"TableName": "b"}}],
            ),
            [("dynamodb:PutItem", f"dynamodb:{HERE}:table/a"), ("dynamodb:DeleteItem", f"dynamodb:{HERE}:table/b")],
            id="a transaction is its parts",
        ),
        pytest.param(
            in_iam("dynamodb", "TransactWriteItems", TransactItems=[{"ConditionCheck": A}]),
            [("dynamodb:ConditionCheckItem", f"dynamodb:{HERE}:table/a")],
            id="a condition in a transaction",
        ),
        pytest.param(
            in_iam("dynamodb", "BatchGetItem", RequestItems={"a": {}, "b": {}}),
            [("dynamodb:BatchGetItem", f"dynamodb:{HERE}:table/{table}") for table in "ab"],
            id="a batch is about each table",
        ),
        pytest.param(
            in_iam("dynamodb", "Query", TableName="a", IndexName="i"),
            [("dynamodb:Query", f"dynamodb:{HERE}:table/a/index/i")],
            id="an index is another resource",
        ),
        pytest.param(
            in_iam("sqs", "SendMessageBatch", QueueUrl="https://sqs.eu-west-1.amazonaws.com/123456789012/q"),
            [("sqs:SendMessage", f"sqs:{HERE}:q")],
            id="a batch of messages",
        ),
        pytest.param(
            in_iam("sesv2", "GetTenant", TenantName="acme"),
            [("ses:GetTenant", f"ses:{HERE}:tenant/acme/tn-1")],
            id="both APIs of SES are one",
        ),
        pytest.param(in_iam("ses", "GetSendStatistics"), [("ses:GetSendStatistics", "*")], id="without a resource"),
    ],
)
def test_a_call_is_actions_on_resources(call: list[tuple[str, str]], expected: list[tuple[str, str]]) -> None:
    assert call == expected


def test_a_call_that_is_not_known_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="dynamodb:ListTables"):
        in_iam("dynamodb", "ListTables")
