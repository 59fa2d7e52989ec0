"""`ses-reputation changes-made`: what was done about a problem, or an appeal."""

import click

from ses_reputation_cli.arguments import MOMENT, Moment, json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.operating import carry_out

_EXAMPLES = """\b
Examples:
  ses-reputation changes-made 57d77a092d --note "took out the bought list" --since 2026-03-06T14:00Z
  ses-reputation changes-made 57d --note "new sign-up form with double opt-in" --since 2h
"""


@click.command(epilog=_EXAMPLES)
@click.argument("finding")
@click.option("--note", required=True, metavar="TEXT", help="What was changed.")
@click.option("--since", type=MOMENT, metavar="TIME", help="When that was, or how long ago. Default: now.")
@json_option
@deployment_options
def command(finding: str, note: str, since: Moment | None, stack: Stack, *, as_json: bool) -> None:
    """Report what was changed about a FINDING, and since when. A person decides whether it is enough; after a shutdown
    it is an appeal. FINDING is its id, or how that begins.
    """
    with deployed(stack) as deployment:
        found = deployment.finding(finding)
        body = {
            "command": "changes-made",
            "scope": found.standing.scope,
            "finding": found.finding.id,
            "note": note,
            "since": since.at(deployment.now()) if since else None,
            "seen": found.finding.revision,
        }
        carry_out(deployment, body, as_json=as_json)
