"""`ses-reputation reviews`: what waits for a person's decision."""

from collections.abc import Sequence
from datetime import datetime

import click
from rich.console import Console
from rich.text import Text

from ses_reputation.domain.decisions import CHANGES_MADE, allowed
from ses_reputation.notices.alert import outage_document
from ses_reputation_cli.arguments import json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.findings import document, print_finding
from ses_reputation_cli.statuses import json_text, print_outage

_EXAMPLES = """\b
Examples:
  ses-reputation reviews
  ses-reputation reviews --json | jq '.reviews | length'
  ses-reputation decide 57d77a092d accept --note "checked the new sign-up form"
"""


@click.command(epilog=_EXAMPLES)
@json_option
@deployment_options
def command(stack: Stack, *, as_json: bool) -> None:
    """List what waits for a person's decision, the longest first: probations that are over, shutdowns that somebody has
    to approve, changes that a sender has made, appeals, and what is suspected. Each with its evidence, and the
    decisions that are allowed. Outages of mailbox providers that are only suspected come last.
    """
    with deployed(stack) as deployment:
        words, now = deployment.vocabulary(), deployment.now()
        waiting = sorted(
            ((since, found) for found in deployment.findings() if (since := found.finding.waits_since)),
            key=lambda pair: (pair[0], pair[1].finding.id),
        )
        outages = [outage_document(outage) for outage in deployment.outages() if outage.waits_since]
    if as_json:
        click.echo(json_text({"reviews": [document(found) for _, found in waiting], "outages": outages}))
        return
    console = Console()
    if not (waiting or outages):
        console.print("Nothing waits for a decision.")
    for since, found in waiting:
        print_finding(console, found.finding, found.standing.scope, words)
        decisions = [word for word in allowed(found.finding) if word != CHANGES_MADE]
        _print_choice(console, since, now, found.finding.id, decisions)
    for outage in outages:
        print_outage(console, outage)
        _print_choice(console, outage.found, now, outage.id, outage.allowed)


def _print_choice(console: Console, since: datetime, now: datetime, identifier: str, decisions: Sequence[str]) -> None:
    days = max((now - since).days, 0)
    console.print(Text(f"  Waits {days:,} day{'' if days == 1 else 's'}"), soft_wrap=True)
    line = f'  ses-reputation decide {identifier} {"|".join(decisions)} --note "why"\n'
    console.print(Text(line, "cyan"), soft_wrap=True)
