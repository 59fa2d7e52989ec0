"""Each call of a boto3 client by a function or a command, held against the policy that it would have in AWS."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import lru_cache
from typing import Any

import click
import pytest
from botocore.client import BaseClient
from moto.cloudformation.models import cloudformation_backends
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.iam.models import iam_backends

from ses_reputation.adapters.function_url import FunctionUrl
from ses_reputation_local.functions import running
from tests.access import Request
from tests.aws_calls import requests_of
from tests.privileges import (
    BEYOND_OPERATORS,
    OF_THEIR_OWN,
    OPERATOR,
    OWN_CLOUD,
    Grant,
    Notes,
    matches,
    policy_name,
    written,
)

_notes = Notes()
_listeners = [_notes]
_command: ContextVar[str | None] = ContextVar("command", default=None)


def all_noted() -> Any:
    """All that was noted in this process, as JSON has it."""
    return written(_notes)


@contextmanager
def noted() -> Iterator[Notes]:
    """What functions and commands do meanwhile."""
    notes = Notes()
    _listeners.append(notes)
    try:
        yield notes
    finally:
        _listeners.remove(notes)


def note(who: str, arn: str, request: Request, *, others_may_allow: bool = False) -> None:
    """Hold a request against the policy, or that of the role, with this ARN. One that is not of template.yaml is no
    business of ours: tests have templates of their own.
    """
    policy = _policy(arn, who)
    if policy is None:
        return
    found = matches(policy, request) if request.context else _found(arn, who, request.action, request.resource)
    for notes in _listeners:
        if not found and not others_may_allow:
            _refuse(notes, f"{who} may not {request.action} on {request.resource}")
        notes.uses.update(Grant(who, statement, request.action, place) for statement, place in found)


def _refuse(notes: Notes, what: str) -> None:
    notes.refused[what] = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]


# Every cloud has ARNs of its own, and functions make the same calls again and again.
@lru_cache(maxsize=4096)
def _found(arn: str, who: str, action: str, resource: str) -> tuple[tuple[str, int], ...]:
    return matches(_policy(arn, who) or {"Statement": []}, Request(action, resource))


@lru_cache(maxsize=64)
def _policy(arn: str, who: str) -> Mapping[str, Any] | None:
    """The policy of a role that is named for its function, or a policy of its own, as moto has it."""
    iam: Any = iam_backends[ACCOUNT]["aws"]
    document: Mapping[str, Any] | None = (
        iam.get_role_by_arn(arn).policies.get(policy_name(who))
        if ":role/" in arn
        else json.loads(iam.managed_policies[arn].versions[0].document)
    )
    return document


def _note_call(client: Any, operation: str, params: Mapping[str, Any]) -> None:
    function, command = running.get(), _command.get()
    if function is None and (command is None or command in OWN_CLOUD):
        return
    service, region = client.meta.service_model.service_name, client.meta.region_name
    if "StackName" in params:
        stack = _stack_id(params["StackName"], region)
        if stack is None:  # Whoever names a stack that is not there may not ask for it either.
            return
        params = {**params, "StackName": stack}
    try:
        requests = tuple(requests_of(service, operation, params, region, ACCOUNT))
    except NotImplementedError as unknown:
        for notes in _listeners:
            _refuse(notes, str(unknown))
        return
    if function:
        for request in requests:
            note(function.function, function.role, request)
    elif command:
        _note_command(command, requests)


def _note_command(command: str, requests: Iterable[Request]) -> None:
    for notes in _listeners:
        notes.commands.setdefault(command, set()).update(request.action for request in requests)
    iam: Any = iam_backends[ACCOUNT]["aws"]
    names = OF_THEIR_OWN.get(command, (OPERATOR,))
    arns = {who: arn for who in names for arn in iam.managed_policies if f"-{who}-" in arn}
    if not arns:
        return
    for request in requests:
        # Pseudonyms from before may have been made with a key in any secret.
        beyond = command in BEYOND_OPERATORS or request.action == "secretsmanager:GetSecretValue"
        allowing = [who for who in names if matches(_policy(arns[who], who) or {"Statement": []}, request)]
        for who in allowing or names[:1]:
            note(who, arns[who], request, others_may_allow=beyond)


def _stack_id(name: str, region: str) -> str | None:
    """The ARN of a stack by its name, or itself."""
    stacks: Any = cloudformation_backends[ACCOUNT][region].stacks
    return next((stack.stack_id for stack in stacks.values() if name in {stack.name, stack.stack_id}), None)


def watch_calls(patch: pytest.MonkeyPatch) -> None:
    """Note every call of a client, whichever session made it, and which command is run."""
    call: Callable[..., Any] = vars(BaseClient)["_make_api_call"]
    invoke, post = click.Command.invoke, FunctionUrl.post
    submit: Callable[..., Any] = ThreadPoolExecutor.submit

    def noted_call(client: Any, operation: str, params: Mapping[str, Any]) -> Any:
        _note_call(client, operation, params)
        return call(client, operation, params)

    def noted_command(self: click.Command, context: click.Context) -> Any:
        cli = sys.modules.get("ses_reputation_cli.main")
        if cli is None or context.parent is None or context.parent.command is not cli.main:
            return invoke(self, context)
        entered = _command.set(context.info_name)
        try:
            return invoke(self, context)
        finally:
            _command.reset(entered)

    def noted_post(self: FunctionUrl, document: object) -> Any:
        # No call of boto3: IAM is asked for two actions. https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
        for action in ("InvokeFunctionUrl", "InvokeFunction"):
            _note_url_call(self, action)
        return post(self, document)

    def submit_with_command(self: ThreadPoolExecutor, work: Any, /, *given: Any, **options: Any) -> Any:
        return submit(self, copy_context().run, work, *given, **options)

    patch.setattr(ThreadPoolExecutor, "submit", submit_with_command)
    patch.setattr(BaseClient, "_make_api_call", noted_call)
    patch.setattr(click.Command, "invoke", noted_command)
    patch.setattr(FunctionUrl, "post", noted_post)


def _note_url_call(url: Any, action: str) -> None:
    command = _command.get()
    if command is not None and command not in OWN_CLOUD:
        (request,) = requests_of("lambda", action, {"FunctionName": url._function}, "eu-west-1", ACCOUNT)
        context = {"lambda:InvokedViaFunctionUrl": "true"}
        _note_command(command, [Request(request.action, request.resource, context=context)])
