"""`ses-reputation decide`: a person's decision about a finding, or an outage."""

import click

from ses_reputation_cli.arguments import DECISIONS, Whole, json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.operating import carry_out

_EXAMPLES = """\b
Examples:
  ses-reputation decide 57d77a092d accept --note "checked: the list is gone"
  ses-reputation decide 57d extend --days 14 --note "the new form goes live next week"
  ses-reputation decide 57d reinstate --to healthy --note "it was another tenant"
  ses-reputation decide 57d dismiss --note "the provider had an outage"
  ses-reputation decide 57d shutdown --note "it got worse, and nobody answers" --revision 4
"""


@click.command(epilog=_EXAMPLES)
@click.argument("finding")
@click.argument("decision", type=click.Choice(DECISIONS), metavar="DECISION")
@click.option("--note", required=True, metavar="TEXT", help="Why. It is kept for ever, and told with the alert.")
@click.option("--days", type=Whole(1, 365), metavar="N", help="extend: by so many. Default: the length of a probation.")
@click.option(
    "--to",
    type=click.Choice(["probation", "healthy"]),
    help="reinstate: to a new probation, or at once to Healthy. Default: probation.",
)
@click.option(
    "--revision",
    type=Whole(1),
    metavar="N",
    help="Decide only if nobody else has since this revision (findings --json tells it).",
)
@json_option
@deployment_options
def command(  # noqa: PLR0917 - each is an option
    finding: str,
    decision: str,
    note: str,
    days: int | None,
    to: str | None,
    revision: int | None,
    stack: Stack,
    *,
    as_json: bool,
) -> None:
    """Decide about a FINDING (its id, or how that begins), or an outage of a mailbox provider (confirm or dismiss).

    \b
    accept          the changes that were reported: by category, only mail after
                    them counts, there is more time, or the problem is solved
    refuse          the changes, or the appeal
    lift            there is no problem, or no longer one
    extend          the probation, or have one instead of a decision
    shutdown        before the period ends
    reinstate       after an appeal, or without one
    make-permanent  no appeal leads out of it (where repeats can lead to it)
    confirm         what is suspected is so: a probation begins, or what a
                    repeat leads to (of an outage: it is left out for good)
    dismiss         what is suspected is not so: it leaves no trace in repeats
                    (of an outage: what was bounced in it counts again)

    What the lifecycle does not allow is refused with what it would allow (exit code 3). So is a decision that somebody
    else took a moment before you. Who you are is proven by your AWS credentials, and kept with the decision.
    """  # noqa: D301 - click takes \b for: do not wrap what follows
    if days is not None and decision != "extend":
        raise click.UsageError("--days is for extend")
    if to is not None and decision != "reinstate":
        raise click.UsageError("--to is for reinstate")
    with deployed(stack) as deployment:
        subject = deployment.subject(finding)
        body = {
            "command": "decide",
            "scope": subject.scope,
            "finding": subject.id,
            "decision": decision,
            "note": note,
            "days": days,
            "to": to,
            "seen": revision or subject.revision,
        }
        carry_out(deployment, body, as_json=as_json)
