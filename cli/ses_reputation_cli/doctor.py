"""`ses-reputation doctor`: what is wrong with a deployment, and how to mend it."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ses_reputation.connect import Choice, find
from ses_reputation.diagnosis.diagnose import Outcome, State, diagnose
from ses_reputation.diagnosis.faults import Fault
from ses_reputation.diagnosis.follow import Mail, Seen, Sent, Way, follow_mail
from ses_reputation.diagnosis.judgements import numbered
from ses_reputation.diagnosis.texts import Told, tell
from ses_reputation.domain.eligibility import Measure
from ses_reputation_cli.arguments import Whole, json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.statuses import json_text

if TYPE_CHECKING:
    from ses_reputation_cli.deployed_stack import DeployedStack

_EXAMPLES = """\b
Examples:
  ses-reputation doctor
  ses-reputation doctor --stack-name ses-reputation-dev --region eu-west-1
  ses-reputation doctor --send me@shop.example --configuration-set newsletter
  ses-reputation doctor --json | jq -r '.checks[] | select(.state != "ok") | .faults[].says'
"""

_COLOURS: Mapping[State, str] = MappingProxyType(
    {State.OK: "green", State.WARNING: "yellow", State.PROBLEM: "bold red", State.UNKNOWN: "magenta"}
)

_INDENT = 9

# Of one kind of fault. Hundreds of configuration sets may have the same.
_SHOWN = 5

# What is mended by following a mail, or is no fault any more once one has been followed. With --send one is.
_FOLLOWED = frozenset({Fault.EVENTS_MAY_MISS, Fault.NO_EVENTS_YET})

_COUNTED: Mapping[Measure, str] = MappingProxyType(
    {Measure.SENT: "that it was sent is counted", Measure.HARD_BOUNCED: "its bounce has a receipt"}
)


class _Case(Struct, frozen=True):
    """What came out of a check, in words."""

    outcome: Outcome
    faults: Sequence[Told]


@click.command(epilog=_EXAMPLES)
@click.option(
    "--send",
    "sender",
    metavar="FROM",
    help="Send one mail from this address to SES's mailbox simulator, and follow it.",
)
@click.option("--configuration-set", metavar="NAME", help="Send it through this configuration set.")
@click.option(
    "--timeout",
    type=Whole(1, 3600),
    default=120,
    show_default=True,
    metavar="SECONDS",
    help="How long to follow it.",
)
@json_option
@deployment_options
@click.pass_context
def command(
    context: click.Context,
    stack: Stack,
    *,
    sender: str | None,
    configuration_set: str | None,
    timeout: int,
    as_json: bool,
) -> None:
    """Check the deployed stack, from SES's events to the people who are told, and say how to mend what is wrong.

    A problem means that mail is not counted, that statuses do not change, or that nobody is told. A warning may be
    meant to be so. What your credentials may not read is unknown; the IAM action that they lack is named, and the other
    checks go on. Nothing is changed.

    With --send one mail goes to the mailbox simulator, where it bounces, and is followed until its bounce has a receipt
    here; if it has none in time, the place where it was lost is looked for. FROM must be verified in SES. The mail is
    charged as any mail is. It is in no rate and in no quota, and works in SES's sandbox, too.

    Exit code: 1 if there is a problem; 0 if there is none, whatever warnings there are and whatever is unknown.

    docs/checking-a-deployment.md has every check, what it means, and how it is mended.
    """
    if configuration_set and not sender:
        raise click.UsageError("--configuration-set is what --send sends through: give both")
    if sender is not None and "@" not in sender:
        raise click.BadParameter(f"{sender!r} is no address", param_hint="'--send'")
    mail = Mail(sender, configuration_set, uuid4().hex[:12]) if sender else None
    # Of a JSON document's reader, only the terminal sees what goes on.
    console = Console(stderr=as_json)
    cases = []
    with deployed(stack) as deployment, console.status("checking") as status:
        for result in _results(deployment, mail, timedelta(seconds=timeout), status.update):
            faults = [tell(fault, stack=deployment.name, region=deployment.region) for fault in result.faults]
            cases.append(_Case(result, list(map(_without_advice, faults)) if mail else faults))
            if not as_json:
                _print(console, cases[-1])
        document = _document(deployment, cases)
    if as_json:
        click.echo(json_text(document))
    else:
        console.print(f"\n{_summary(cases)}", highlight=False)
    context.exit(int(any(case.outcome.state is State.PROBLEM for case in cases)))


def _results(
    deployment: "DeployedStack", mail: Mail | None, timeout: timedelta, tell_progress: Callable[[str], None]
) -> Iterator[Outcome]:
    # Help must not wait for these.
    from ses_reputation.adapters.deployed_parts import unreadable  # noqa: PLC0415
    from ses_reputation_cli.examined_stack import ExaminedStack  # noqa: PLC0415

    # Without a stack there is nothing to check: who asks for it first says so.
    deployment.aws_time()
    if mail is not None and mail.configuration_set:
        _refuse_unknown(deployment, mail.configuration_set)
    yield from diagnose(ExaminedStack(deployment), datetime.now(UTC), unreadable)
    if mail is not None:
        way = Way(
            deployment.mailer(),
            deployment.receipts(),
            examined=lambda: ExaminedStack(deployment),
            pause=lambda wait: time.sleep(wait.total_seconds()),
        )
        yield follow_mail(mail, way, timeout, lambda sent, seen: tell_progress(_on_its_way(sent, seen)), unreadable)


def _without_advice(told: Told) -> Told:
    """A fault without the advice to follow a mail, where that is what is being done."""
    return replace(told, mend="", command=None) if told.fault in _FOLLOWED else told


def _refuse_unknown(deployment: "DeployedStack", configuration_set: str) -> None:
    """NotAtSes if SES has no such configuration set, so that a wrong name sends nothing."""
    from ses_reputation.adapters.aws_errors import AwsError, denied_operation  # noqa: PLC0415 - nor for this

    try:
        find(Choice(configuration_sets=(configuration_set,)), deployment.connections())
    except AwsError as error:
        if denied_operation(error) is None:
            raise  # Who may not list them may still send through one.


def _on_its_way(sent: Sent, seen: Seen) -> str:
    told = [_COUNTED[measure] for measure in sorted(sent.expected & seen.measures)]
    return (
        f"{seen.seconds} s: SES took the mail as {sent.message_id}; {', '.join(told) or 'nothing of it is counted yet'}"
    )


def _print(console: Console, case: _Case) -> None:
    """A line for the check, and a block for each thing that is wrong."""
    result = case.outcome
    line = Text.assemble(
        (f"{result.state:8}", _COLOURS[result.state]), f" {result.check:14} ", (result.looked_at, "dim")
    )
    console.print(line, soft_wrap=True)
    if result.state is State.UNKNOWN and result.action:
        _print_block(console, Text(f"It was left out. The IAM action that these credentials lack: {result.action}"))
    for fault in dict.fromkeys(told.fault for told in case.faults):
        _print_faults(console, [told for told in case.faults if told.fault is fault])


def _print_faults(console: Console, alike: Sequence[Told]) -> None:
    """Faults of one kind: each of them, then what they mean and how they are mended, then the commands to copy."""
    shown = alike[:_SHOWN]
    for told in shown:
        _print_block(console, Text(told.says, _COLOURS[State(told.severity)]))
    if more := len(alike) - len(shown):
        _print_block(console, Text(f"... and {more:,} more: --json lists all of them."))
    for text in dict.fromkeys(text for told in shown for text in (told.means, told.mend) if text):
        _print_block(console, Text(text), _INDENT + 2)
    for told in shown:
        if told.command:
            # Not wrapped, to be copied.
            console.print(Text(f"{' ' * (_INDENT + 2)}$ {told.command}", "cyan"), soft_wrap=True)


def _print_block(console: Console, text: Text, indent: int = _INDENT) -> None:
    console.print(Padding(text, (0, 0, 0, indent), expand=False))


def _summary(cases: Sequence[_Case]) -> str:
    states = Counter(case.outcome.state for case in cases)
    told = [
        f"{states[state]:,} {word}"
        for state, word in (
            (State.PROBLEM, "with a problem"),
            (State.WARNING, "with a warning"),
            (State.UNKNOWN, "that could not be made"),
        )
        if states[state]
    ]
    return f"{numbered(len(cases), 'check')}: {', '.join(told) or 'all is well'}."


def _document(deployment: "DeployedStack", cases: Sequence[_Case]) -> Mapping[str, Any]:
    states = Counter(case.outcome.state for case in cases)
    return {
        "stack": deployment.name,
        "region": deployment.region,
        "time": deployment.now(),
        **{state.value: states[state] for state in State},
        "checks": [
            {
                "check": case.outcome.check,
                "state": case.outcome.state,
                "looked_at": case.outcome.looked_at,
                "lacks": case.outcome.action,
                "faults": case.faults,
            }
            for case in cases
        ],
    }
