"""`ses-reputation findings`: the open findings."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ses_reputation.domain.decisions import allowed
from ses_reputation.domain.lifecycle import STAGE_STATUS, Stage, Status
from ses_reputation.domain.scopes import Scope
from ses_reputation.domain.standing import Finding
from ses_reputation.notices.alert import finding_document
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.numbers import day, moment
from ses_reputation.notices.structure import readable
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation_cli.arguments import CATEGORY, SCOPE, json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.statuses import finding_text, json_text

if TYPE_CHECKING:
    from ses_reputation_cli.deployed_stack import Found

_EXAMPLES = """\b
Examples:
  ses-reputation findings
  ses-reputation findings 57d77a092d
  ses-reputation findings --scope tenant/lucky-deals --category spamtrap
  ses-reputation findings --json | jq -r '.findings[].id'
"""


@click.command(epilog=_EXAMPLES)
@click.argument("finding", required=False)
@click.option("--scope", type=SCOPE, help="Those of one scope.")
@click.option("--category", type=CATEGORY, help="Those of one category.", metavar="CATEGORY")
@json_option
@deployment_options
def command(finding: str | None, scope: Scope | None, category: str | None, stack: Stack, *, as_json: bool) -> None:
    """List the open findings of all scopes, the worst first. With the id of a FINDING (or how it begins) show that one:
    its evidence, what was changed about it, and which commands it would take.
    """
    with deployed(stack) as deployment:
        words = deployment.vocabulary()
        found = [deployment.finding(finding)] if finding else deployment.findings()
    wanted = sorted((f for f in found if _is_wanted(f, scope, category)), key=_worst_first)
    if as_json:
        click.echo(json_text({"findings": [document(f) for f in wanted]}))
    elif finding and wanted:
        print_finding(Console(), wanted[0].finding, wanted[0].standing.scope, words)
    else:
        _print(Console(), wanted, words)


def _is_wanted(found: "Found", scope: Scope | None, category: str | None) -> bool:
    return (scope is None or found.standing.scope == scope) and (
        category is None or found.finding.category.replace("_", "-") == category
    )


def _worst_first(found: "Found") -> tuple[Any, ...]:
    return -tuple(Stage).index(found.finding.stage), found.finding.opened, found.standing.scope, found.finding.id


def document(found: "Found") -> dict[str, Any]:
    """A finding with its scope, for programs. `revision` goes up with everything that is decided about it."""
    body: dict[str, Any] = msgspec.to_builtins(finding_document(found.finding))
    return {"scope": found.standing.scope, **body, "revision": found.finding.revision}


def _print(console: Console, found: "Sequence[Found]", words: Vocabulary) -> None:
    if not found:
        console.print("No such finding is open.")
        return
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("Finding", no_wrap=True)
    table.add_column("Scope", overflow="fold")
    table.add_column("About")
    table.add_column("Status")
    table.add_column("Next")
    for each in found:
        finding = each.finding
        table.add_row(
            finding.id,
            Text(readable(each.standing.scope)),
            CATEGORY_TEXTS[finding.category].name,
            finding_text(finding, words),
            coming(finding),
        )
    console.print(table)


def coming(finding: Finding) -> str:
    """What happens to a finding next, in a few words."""
    if finding.stage is Stage.PERMANENT_SHUTDOWN:
        return "for good"
    if finding.waits_since:
        return f"waits for a decision since {day(finding.waits_since)}"
    if finding.period_end and STAGE_STATUS[finding.stage] in {Status.PROBATION, Status.ALMOST_HEALED}:
        return f"ends {day(finding.period_end)}"
    return "waits for an appeal"


def print_finding(console: Console, finding: Finding, scope: Scope, words: Vocabulary) -> None:
    """All that is known about a finding."""
    heading = Text(f"Finding {finding.id}", "bold").append(f": {CATEGORY_TEXTS[finding.category].name} of ")
    heading.append(f"{readable(scope)}, ").append_text(finding_text(finding, words))
    if finding.stage is Stage.PERMANENT_SHUTDOWN:
        heading.append(" for good")
    console.print(heading, soft_wrap=True)
    for label, value in _rows(finding):
        console.print(Text(f"  {label:<18} {value}"), soft_wrap=True)


def _rows(finding: Finding) -> Iterator[tuple[str, str]]:
    yield "Opened", moment(finding.opened) + (f", after {finding.repeat} before" if finding.repeat else "")
    if finding.period_since and finding.period_end:
        yield "Probation", f"{moment(finding.period_since)} to {moment(finding.period_end)}"
        yield "Counts from", moment(finding.since)
    yield "Next", coming(finding)
    if finding.reports:
        yield "Reports", f"{finding.reports:,}"
        for observation in reversed(finding.evidence):
            yield "", f"{moment(observation.observed)}, {readable(observation.source)}: {readable(observation.text)}"
    if changes := finding.changes:
        yield "Changes made", f"since {moment(changes.since)}: {readable(changes.text)}"
        by = f"{readable(changes.by.name)}{'' if changes.by.proven else ' (as stated)'}"
        yield "", f"reported {moment(changes.reported)} by {by}"
    yield "Takes", ", ".join(allowed(finding)) or "no command: it is for good"
