"""`ses-reputation identities`: the verified identities that a deployment knows."""

import json

import click

from ses_reputation_cli.arguments import json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options

_EXAMPLES = """\b
Examples:
  ses-reputation identities
  ses-reputation identities --stack-name ses-reputation-dev --region eu-west-1
  ses-reputation identities --json | jq -r '.verified_identities[]'
"""

_NONE_KNOWN = """\
No verified identity is known: mail to yourself is in the rates, as mail to anybody is.
The function WatchSes reads them from SES at each of its runs. If the stack was deployed a moment ago, wait for the next
run; if not, look at its log, and whether this is the region that you send from.
"""


@click.command(epilog=_EXAMPLES)
@json_option
@deployment_options
def command(stack: Stack, *, as_json: bool) -> None:
    """List the verified identities that the deployed stack knows, as SES told them last.

    Mail to them is in no rate, as it is not in SES's bounce rate: a domain stands for its subdomains, an address for
    its +labels. One that was verified a moment ago is known after the next run of WatchSes.

    https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
    """
    with deployed(stack) as deployment:
        identities = sorted(deployment.identities().read())
    if as_json:
        click.echo(json.dumps({"verified_identities": identities}, indent=2))
    elif identities:
        click.echo("\n".join(identities))
        click.echo(f"\n{_counted(len(identities))} known. Mail to {_it(len(identities))} is in no rate.")
    else:
        click.echo(_NONE_KNOWN, nl=False)


def _counted(number: int) -> str:
    return f"{number:,} verified identit{'y is' if number == 1 else 'ies are'}"


def _it(number: int) -> str:
    return "it" if number == 1 else "them"
