"""`ses-reputation explain`: the arithmetic of a scope's rates."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from ses_reputation_cli.arguments import SCOPE, SCOPES, json_option, with_words
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.options import errors_for_people, setting_options
from ses_reputation_cli.replay import played

if TYPE_CHECKING:
    from ses_reputation.domain.scopes import Scope

_EXAMPLES = """\b
Examples:
  ses-reputation explain account
  ses-reputation explain configuration-set/newsletter --stack-name ses-reputation-dev
  ses-reputation explain account captured.jsonl --verified-identity shop.example
  ses-reputation explain tenant/lucky-deals events/stories/complaint-wave.toml --json
"""


@click.command(epilog=_EXAMPLES)
@click.argument("scope", type=SCOPE)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="[PATH]...")
@json_option
@deployment_options
@setting_options
@with_words(scopes=SCOPES)
def command(
    scope: "Scope",
    paths: tuple[Path, ...],
    stack: Stack,
    parameters: dict[str, str],
    identities: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Show the arithmetic of a scope's present rates, line by line: what was counted, what was left out and by which
    rule, the window, the floor, where the volume comes from, and the result.

    \b
    SCOPE is one of
    {scopes}.

    Without a PATH it is that of the deployed stack, read with your AWS credentials. With a PATH it is what replaying
    those events comes to (see ses-reputation replay), on this machine; the options for settings apply to that alone.
    """  # noqa: D301 - click takes \b for: do not wrap what follows
    from ses_reputation_cli.explanation import explanation_document, print_explanation  # noqa: PLC0415 - help is quick

    if paths:
        with errors_for_people(), played(paths, parameters, identities) as playback:
            explanation, verdict = playback.explain(scope), None
    elif parameters or identities:
        raise click.UsageError("settings apply to a replay: give the PATH of events, or leave them out")
    else:
        with deployed(stack) as deployment:
            explanation, verdict = deployment.explain(scope)
    if as_json:
        click.echo(explanation_document(explanation, verdict))
    else:
        print_explanation(Console(), explanation, verdict)
