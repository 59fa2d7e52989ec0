"""Sending commands to the function Operate, and saying what came of them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click

from ses_reputation.domain.lifecycle import Status
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.structure import listed, readable
from ses_reputation.notices.vocabulary import STATUS_NAMES, Vocabulary, name_of_finding
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
            click.echo(told(answer, deployment.vocabulary()))
        case HTTPStatus.OK:
            pass
        case HTTPStatus.CONFLICT:
            would = listed(answer.get("allowed", []))
            raise Refused(f"{answer['error']}." + (f" Allowed: {would}." if would else ""))
        case HTTPStatus.BAD_REQUEST:
            raise click.UsageError(answer["error"])
        case _:
            raise click.ClickException(f"{answer.get('error', f'HTTP {status}')}: try again")


def told(answer: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    """What came of a command that was carried out, in a line or two."""
    names = STATUS_NAMES[vocabulary]
    finding, outage = answer["finding"], answer.get("outage")
    scope = f"{readable(answer['scope'])} is {names[Status(answer['scope_status'])]}"
    if answer["nothing_new"] and finding is None:
        return f"Nothing was done: a suspicion of this kind was dismissed a short while ago. {scope}."
    if outage:
        return "\n".join(
            [f"Outage {outage['id']} of {outage['provider']}: {outage['stage']}. {scope}.", *_unsent(answer)]
        )
    if finding is None:
        return f"This was done before. {scope}."
    about = f"Finding {finding['id']} ({CATEGORY_TEXTS[finding['category']].name})"
    if answer["nothing_new"]:
        return f"{about} is open already, and this was said of it today. {scope}."
    if not answer["changed"]:
        return f"{about} is open already: this is report {finding['reports']:,} of it. {scope}."
    name = name_of_finding(Status(finding["status"]), vocabulary, suspected=finding["suspected"])
    done = f"{about}: {name}{' for good' if finding['permanent'] else ''}. {scope}."
    return "\n".join([done, *_unsent(answer)])


def _unsent(answer: Mapping[str, Any]) -> list[str]:
    return ["The alert could not be sent yet; the next evaluation sends it."] if answer["unsent"] else []
