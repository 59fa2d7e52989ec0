"""Sending commands to the function Operate, and saying what came of them."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click

from ses_reputation.notices.answers import outcome
from ses_reputation.notices.structure import listed
from ses_reputation_cli.statuses import json_text

if TYPE_CHECKING:
    from ses_reputation_cli.deployed_stack import DeployedStack

REFUSED = 3
"""The exit code for what the lifecycle does not allow."""


class Refused(click.ClickException):
    """The lifecycle does not allow the command."""

    exit_code = REFUSED


def carry_out(deployment: "DeployedStack", command: dict[str, Any], *, as_json: bool) -> None:
    """Have a command carried out, and print what came of it.

    Refused if the lifecycle does not allow it; click.ClickException if it failed.
    """
    # With an id of our own the command can be sent again without being done twice.
    sent = {name: value for name, value in {"id": str(uuid4()), **command}.items() if value is not None}
    status, answer = deployment.operate(sent)
    if as_json and status != HTTPStatus.SERVICE_UNAVAILABLE:
        click.echo(json_text(answer))
    match status:
        case HTTPStatus.OK if not as_json:
            click.echo("\n".join(outcome(answer, deployment.vocabulary())))
        case HTTPStatus.OK:
            pass
        case HTTPStatus.CONFLICT:
            would = listed(answer.get("allowed", []))
            raise Refused(f"{answer['error']}." + (f" Allowed: {would}." if would else ""))
        case HTTPStatus.BAD_REQUEST:
            raise click.UsageError(answer["error"])
        case _:
            raise click.ClickException(str(answer.get("error", f"HTTP {status}: try again")))
