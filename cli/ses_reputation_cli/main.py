"""The command `ses-reputation` and its subcommands.

A subcommand's module is imported when it is used: help must not wait for boto3.
"""

from importlib import import_module
from typing import Any

import click

# Where each subcommand is, and its line in the help.
COMMANDS = {
    "backfill": "Count what SES still knows of the time before events were connected.",
    "changes": "List what has changed, and who decided it.",
    "changes-made": "Report what was changed about a problem, or appeal against a shutdown.",
    "completion": "Print what makes a shell complete this command.",
    "connect": "Let SES publish the events of your mail to the deployed stack.",
    "cost": "Work out what a volume of mail costs, and what it outgrows.",
    "dashboard": "Show in a browser, or in a file, where everything stands and what to decide.",
    "decide": "Decide about a finding: confirm, dismiss, accept, refuse, lift, extend, shut down, reinstate.",
    "demo": "Tell a story from beginning to end: mail, rates, alerts.",
    "doctor": "Check the deployed stack, and say how to mend what is wrong with it.",
    "explain": "Show the arithmetic of a scope's rates, line by line.",
    "feedback": "List the bounces, delays or complaints themselves: recipient, reason, time.",
    "findings": "List the open findings, or show one with its evidence.",
    "forget": "Take a recipient's address out of what is kept of him.",
    "identities": "List the verified identities that the deployed stack knows.",
    "local": "Keep a local cloud running on a port.",
    "notice": "Show what people are told about a finding of any category, at any stage.",
    "rebuild": "Compare the counters with the receipts, and mend what differs.",
    "redrive": "Look at the dead letters, send them back, or discard them.",
    "replay": "Feed captured events through the local cloud, and say where every scope stands.",
    "report": "Report a problem that no rate shows.",
    "restore": "Bring what was lost back from restored tables.",
    "reviews": "List what waits for a person's decision.",
    "status": "Show where the account, or any scope, stands.",
    "verdict": "Show what SES says itself of the account, beside our rates, or of a tenant.",
}


_EPILOG = """\b
Each command has examples: ses-reputation COMMAND --help

\b
Exit codes:
  0  done
  1  it failed, or AWS refused; the message says what to do
  2  wrong usage
  3  the lifecycle does not allow it; the message says what would be allowed
"""


class _Commands(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for argument in args:
            try:
                argument.encode()
            except UnicodeEncodeError:
                # Bytes that are no UTF-8 come as halves of characters, which can be sent nowhere.
                raise click.UsageError(f"{argument!a} is no text in UTF-8", ctx) from None
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            # It may quote a name that somebody outside has given, which must not turn or hide what is around it.
            shown = "".join(c if c.isprintable() or c in "\n\t" else "?" for c in error.message)
            error.message = shown  # type: ignore[misc]  # an error of the same kind, with all that it knows
            raise

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"ses_reputation_cli.{name.replace('-', '_')}").command
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(package_name="ses-reputation", prog_name="ses-reputation", message="%(prog)s %(version)s")
def main() -> None:
    """Keep an Amazon SES sender in good standing.

    SES Reputation counts what SES reports about your mail, computes bounce and complaint rates, and runs SES's status
    lifecycle for the account and for every configuration set, identity, tenant, message tag and mailbox provider in it.
    """
