"""`ses-reputation connect`: let SES publish the events of configuration sets and identities to the deployed stack."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import click
from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ses_reputation.connect import Choice, Outcome, carry_out, find, read
from ses_reputation.domain.connections import (
    CHANGES,
    Action,
    Note,
    Plan,
    Reason,
    Step,
    plan_connection,
    plan_undoing,
)
from ses_reputation.domain.scopes import ScopeKind, kind_of
from ses_reputation_cli.arguments import json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.progress import progress
from ses_reputation_cli.statuses import json_text

T = TypeVar("T")

_EXAMPLES = """\b
Examples:
  ses-reputation connect --all-configuration-sets
  ses-reputation connect --all-configuration-sets --apply
  ses-reputation connect --configuration-set newsletter --identity shop.example
  ses-reputation connect --all-identities --replace --apply
  ses-reputation connect --all-configuration-sets --all-identities --undo
  ses-reputation connect --all-identities --json | jq '.scopes[][] | select(.action == "refuse")'
"""

_REASONS: Mapping[Reason, str] = {
    Reason.MISSING: "missing",
    Reason.PRESENT: "in place",
    Reason.PUBLISHED_BY_OTHERS: "published already, by {others}",
    Reason.DISABLED: "disabled",
    Reason.OTHER_EVENTS: "other events",
    Reason.OTHER_TOPIC: "another topic: {before}",
    Reason.NAME_TAKEN: "a destination of this name does not publish to SNS: remove it, or name it anew",
    Reason.NO_ROOM: "a configuration set has ten event destinations at most: remove one",
    Reason.NOT_NEEDED: "not needed any more",
    Reason.OURS: "of this stack",
    Reason.REPLACED_BEFORE: "{topic} was set before, and is again",
    Reason.NOT_OURS: "publishes to this stack, but was not made by this command",
    Reason.FORWARDING_OFF: "feedback forwarding by e-mail is off, so that SES wants a topic: turn it on first",
}
_REPLACE = "; --replace lets the topic of this stack take its place"

_NOTES: Mapping[Note, str] = {
    Note.TWO_FORMATS: "Where the configuration set of a mail is connected as well, SES tells its bounces and "
    "complaints twice, in both formats: they count once.",
    Note.FORWARDING_STAYS: "Whether SES forwards bounces and complaints by e-mail, too, stays as it is.",
    Note.NO_SEND_EVENTS: "This stack divides by Send events, which identities do not have: connect the configuration "
    "sets as well, or deploy with VolumeSource=delivery-events.",
    Note.VERIFIED_APART: "Verified on their own, so that what is set for their domain does not hold for them: {apart}.",
}

_DONE: Mapping[Action, str] = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REMOVE: "removed",
    Action.LEAVE: "left",
    Action.REFUSE: "refused",
}


class _Report(Struct, frozen=True):
    """A plan, and what came of it; no outcomes if it was not carried out."""

    plan: Plan
    undo: bool
    outcomes: Sequence[Outcome] | None

    @property
    def failed(self) -> Mapping[Step, str]:
        """What went wrong."""
        return {outcome.step: outcome.problem for outcome in self.outcomes or () if outcome.problem is not None}

    @property
    def done(self) -> Collection[Step]:
        """What was changed."""
        return frozenset(outcome.step for outcome in self.outcomes or () if outcome.problem is None)


@click.command(epilog=_EXAMPLES)
@click.option(
    "--configuration-set",
    "configuration_sets",
    metavar="NAME",
    multiple=True,
    help="Connect the event destinations of a configuration set. Repeatable.",
)
@click.option("--all-configuration-sets", is_flag=True, help="Connect those of all configuration sets.")
@click.option(
    "--identity",
    "identities",
    metavar="NAME",
    multiple=True,
    help="Connect the notifications of a verified domain or address. Repeatable.",
)
@click.option("--all-identities", is_flag=True, help="Connect those of all identities.")
@click.option("--dry-run/--apply", default=True, show_default=True, help="Say what would be done, or do it.")
@click.option("--undo", is_flag=True, help="Remove what this command made, and set again what it replaced.")
@click.option("--replace", is_flag=True, help="Let topics of the stack take the place of others that are set.")
@json_option
@deployment_options
def command(
    stack: Stack,
    configuration_sets: tuple[str, ...],
    identities: tuple[str, ...],
    *,
    all_configuration_sets: bool,
    all_identities: bool,
    dry_run: bool,
    undo: bool,
    replace: bool,
    as_json: bool,
) -> None:
    """Let SES tell the deployed stack what becomes of your mail: in event destinations of the configuration sets that
    you choose, and in the notifications of identities. Without --apply it says what would be done, and changes nothing.

    A configuration set gets up to three event destinations, named after the stack: bounces and delivery delays,
    complaints, and the volume, which is Send or Delivery as VolumeSource says. An identity gets a topic for bounces,
    one for complaints, and one for deliveries if VolumeSource is delivery-events.

    What others have set up stays as it is: an event destination of theirs that publishes the same to the stack is
    recognised, another topic of an identity is replaced only with --replace. That topic is remembered; --undo sets it
    again.

    To run it again is safe: it changes only what is missing. SES takes one such change a second.

    \b
    https://docs.aws.amazon.com/ses/latest/dg/monitor-using-event-publishing.html
    https://docs.aws.amazon.com/ses/latest/dg/configure-sns-notifications.html
    """  # noqa: D301 - click takes \b for: do not wrap what follows
    choice = Choice(
        _choice("configuration-set", configuration_sets, everything=all_configuration_sets),
        _choice("identity", identities, everything=all_identities, plural="identities"),
    )
    if choice == Choice():
        raise click.UsageError("choose: --configuration-set, --all-configuration-sets, --identity or --all-identities")
    if undo and replace:
        raise click.UsageError("--undo and --replace exclude each other")
    with deployed(stack) as deployment:
        ses, replaced, wanted = deployment.connections(), deployment.replaced_topics(), deployment.wanted()
        chosen = find(choice, ses)
        found = list(_shown("asking SES", len(chosen), read(chosen, ses, replaced)))
        plan = plan_undoing(found, wanted) if undo else plan_connection(found, wanted, chosen.verified, replace=replace)
        changing = _shown("changing SES", len(plan.changes), carry_out(plan, ses, replaced))
        outcomes = None if dry_run else list(changing)
    report = _Report(plan, undo, outcomes)
    if as_json:
        click.echo(_document(report))
    else:
        _print(Console(), report)
    if outcomes is not None and (problem := _problem(report)):
        raise click.ClickException(problem)


def _choice(option: str, names: tuple[str, ...], *, everything: bool, plural: str = "") -> Collection[str] | None:
    if names and everything:
        raise click.UsageError(f"--{option} and --all-{plural or f'{option}s'} exclude each other")
    return None if everything else names


def _shown(doing: str, total: int, items: Iterable[T]) -> Iterator[T]:
    """The same, while progress is shown."""
    with progress(doing, total) as advance:
        for item in items:
            yield item
            advance(1)


def _problem(report: _Report) -> str:
    """What is not as it was asked for, empty if all is."""
    changes, done, failed = len(report.plan.changes), len(report.done), len(report.failed)
    untried, refused = changes - done - failed, len(report.plan.refused)
    parts = {"failed": failed, "was not tried": untried, "was refused": refused}
    told = [f"{number:,} {_verb(number, verb)}" for verb, number in parts.items() if number]
    if not told:
        return ""
    again = " Run it again: what was done stays, and it goes on from there." if failed else ""
    return f"of {changes + refused:,} changes {', '.join(told)}.{again}"


def _verb(number: int, verb: str) -> str:
    return verb if number == 1 else verb.replace("was ", "were ")


# -- JSON --------------------------------------------------------------------------------------------------------------


def _document(report: _Report) -> str:
    plan = report.plan
    return json_text(
        {
            "dry_run": report.outcomes is None,
            "undo": report.undo,
            "scopes": {scope: [_step(step, report) for step in steps] for scope, steps in plan.scopes.items()},
            "notes": plan.notes,
            "verified_apart": plan.apart,
        }
    )


def _step(step: Step, report: _Report) -> dict[str, Any]:
    return {
        "name": step.name,
        "action": step.action,
        "reason": step.reason,
        "topic": step.topic,
        "topic_before": step.before,
        "events": sorted(step.events),
        "published_by": step.others,
        "done": step in report.done,
        "problem": report.failed.get(step),
    }


# -- Text --------------------------------------------------------------------------------------------------------------


def _print(console: Console, report: _Report) -> None:
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("What", overflow="fold")
    table.add_column("Do" if report.outcomes is None else "Done", no_wrap=True)
    table.add_column("Why", overflow="fold")
    for scope, steps in report.plan.scopes.items():
        table.add_row(Text(scope, "bold"), "", "" if steps else _nothing(report))
        for step in steps:
            table.add_row(_what(step), _state(step, report), Text(report.failed.get(step) or _why(step)))
    if report.plan.scopes:
        console.print(table)
    for text in _texts(report):
        console.print(text, highlight=False, markup=False)


def _nothing(report: _Report) -> str:
    return "nothing of this stack" if report.undo else "nothing to do"


def _what(step: Step) -> Text:
    of_identity = kind_of(step.scope) is ScopeKind.IDENTITY
    name = Text(f"  {step.name} notifications" if of_identity else f"  {step.name}")
    return name.append(f"\n  {', '.join(sorted(step.events))}", "dim") if step.events else name


def _state(step: Step, report: _Report) -> str:
    if report.outcomes is None:
        return step.action
    if step in report.failed:
        return "failed"
    return _DONE[step.action] if step in report.done or step.action not in CHANGES else "not tried"


def _why(step: Step) -> str:
    others = ", ".join(step.others)
    why = _REASONS[step.reason].format(before=step.before, topic=step.topic, others=others)
    return f"{why}{_REPLACE}" if (step.action, step.reason) == (Action.REFUSE, Reason.OTHER_TOPIC) else why


def _texts(report: _Report) -> Iterator[str]:
    """What was done, and what else somebody should know."""
    yield _summary(report)
    for note in report.plan.notes:
        yield f"- {_NOTES[note].format(apart=', '.join(report.plan.apart))}"


def _summary(report: _Report) -> str:
    changes = len(report.plan.changes)
    if not report.plan.scopes:
        return "SES has none of these here."
    if not changes and report.plan.refused:
        return "Nothing can be done: what is refused needs you."
    if not changes:
        return "There is nothing to undo." if report.undo else "There is nothing to do: all of it is connected."
    if report.outcomes is None:
        many = "1 change" if changes == 1 else f"{changes:,} changes"
        return f"Nothing was changed: this was a dry run. --apply makes {many}, one a second."
    return f"{len(report.done):,} of {changes:,} changes {'was' if changes == 1 else 'were'} made."
