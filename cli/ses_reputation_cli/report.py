"""`ses-reputation report`: a problem that no rate shows."""

import click

from ses_reputation.domain.scopes import Scope
from ses_reputation_cli.arguments import MOMENT, REPORTED, REPORTED_CATEGORY, SCOPE, Moment, json_option, with_words
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.operating import carry_out

_EXAMPLES = """\b
Examples:
  ses-reputation report spamtrap --scope tenant/acme --evidence "14 hits since Monday" --source trap-monitor
  ses-reputation report internal-review --scope account --evidence "AWS case 1234567890" --observed 2026-03-05
  ses-reputation report vulnerable-site --scope identity/shop.example --severity shutdown \\
      --evidence "the invitation form mails strangers"
  ses-reputation report mailbox-provider --scope account --severity suspected --evidence "gmail defers half of our mail"
"""


@click.command(epilog=_EXAMPLES)
@click.argument("category", type=REPORTED_CATEGORY, metavar="CATEGORY")
@click.option("--scope", type=SCOPE, required=True, help="What it is about: account, tenant/NAME, ...")
@click.option("--evidence", required=True, metavar="TEXT", help="What was seen. People read it in the alert.")
@click.option("--source", metavar="TEXT", help="Who saw it. Default: you.")
@click.option("--observed", type=MOMENT, metavar="TIME", help="When it was seen, or how long ago. Default: now.")
@click.option(
    "--severity",
    type=click.Choice(["suspected", "probation", "shutdown"]),
    default="probation",
    show_default=True,
    help="suspected: nothing follows until a person confirms it. shutdown: at once, or pending it where people review.",
)
@click.option("--note", default="", metavar="TEXT", help="Why you report it, for the history.")
@json_option
@deployment_options
@with_words(reported=REPORTED)
def command(  # noqa: PLR0917 - each is an option
    category: str,
    scope: Scope,
    evidence: str,
    source: str | None,
    observed: Moment | None,
    severity: str,
    note: str,
    stack: Stack,
    *,
    as_json: bool,
) -> None:
    """Report a problem that no rate shows. It opens a finding, or is added to the evidence of the one that is open.
    What is suspected changes no status until a person confirms or dismisses it: ses-reputation decide.

    \b
    CATEGORY is one of
    {reported}.

    ses-reputation notice CATEGORY shows what people are told. Programs report by an event: docs/reporting-findings.md.
    """  # noqa: D301 - click takes \b for: do not wrap what follows
    with deployed(stack) as deployment:
        body = {
            "command": "report",
            "scope": scope,
            "category": category.replace("-", "_"),
            "evidence": evidence,
            "source": source,
            "observed": observed.at(deployment.now()) if observed else None,
            "severity": severity,
            "note": note,
        }
        carry_out(deployment, body, as_json=as_json)
