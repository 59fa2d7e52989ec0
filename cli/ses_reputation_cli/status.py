"""`ses-reputation status`: where the account, or any scope, stands."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import click
import msgspec
from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ses_reputation.domain.categories import Category
from ses_reputation.domain.enforcement import Enforcement
from ses_reputation.domain.lifecycle import Stage
from ses_reputation.domain.listing import listed, worst_first
from ses_reputation.domain.news import News
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.rates import Metric
from ses_reputation.domain.scopes import ACCOUNT, Scope, is_other
from ses_reputation.domain.standing import Finding, Standing
from ses_reputation.domain.verdict import Verdict
from ses_reputation.notices.alert import measured_document, outage_document, scope_document
from ses_reputation.notices.arithmetic import lacking_text
from ses_reputation.notices.enforcement import STATES
from ses_reputation.notices.numbers import moment, rows_of_rate, words_of_limits
from ses_reputation.notices.structure import readable
from ses_reputation.notices.texts import METRICS, STANDS_FOR_MANY
from ses_reputation.notices.vocabulary import Vocabulary, other_name, words_of
from ses_reputation_cli.arguments import LISTED, SCOPE, SCOPES, json_option, with_words
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.findings import print_finding
from ses_reputation_cli.history import print_news
from ses_reputation_cli.statuses import (
    SENDING,
    json_text,
    judged_text,
    left_out_text,
    print_outage,
    print_statements,
    rate_text,
    status_text,
)

_NEWS_SHOWN = 10
_OUTAGES_SHOWN = 3

_EXAMPLES = """\b
Examples:
  ses-reputation status
  ses-reputation status tenant/lucky-deals
  ses-reputation status --all --stack-name ses-reputation-dev
  ses-reputation status --json | jq -r '.scopes[] | select(.status != "Healthy") | .scope'
"""


@click.command(epilog=_EXAMPLES)
@click.argument("scope", type=SCOPE, required=False)
@click.option("--all", "everything", is_flag=True, help=f"List all scopes, not just the {LISTED} that are worst off.")
@json_option
@deployment_options
@with_words(scopes=SCOPES)
def command(scope: Scope | None, stack: Stack, *, everything: bool, as_json: bool) -> None:
    """Show where everything stands: the account, what SES says of it, and the scopes, the worst first.

    With a SCOPE it shows that one: its rates and limits, whether it is paused at SES, its open findings, and what
    happened last.

    \b
    SCOPE is one of
    {scopes}.

    Statuses are those of the newest evaluation, as the people who are e-mailed read them. JSON always has the classic
    words, such as Probation.
    """  # noqa: D301 - click takes \b for: do not wrap what follows
    with deployed(stack) as deployment:
        policy, words, standings = deployment.policy(), deployment.vocabulary(), deployment.standings()
        if scope is not None:
            read, verdict = standings.read(scope), deployment.verdicts().verdict(scope).verdict
            if not (read.version or verdict):
                raise click.ClickException(f"nothing is known of {scope}: no mail was counted, no finding reported")
            enforcement = deployment.enforcements().enforcement(scope).enforcement
            known = _Known(read.standing, policy, words, verdict, enforcement, list(standings.news(scope)))
            click.echo(_scope_document(known)) if as_json else _print_scope(Console(), known)
            return
        enforcements = deployment.enforcements().all()
        verdict = deployment.verdicts().verdict(ACCOUNT).verdict
        overview = _overview(standings.all(), verdict, enforcements, policy, words)
    if as_json:
        click.echo(_document(overview))
    else:
        _print(Console(), overview, everything=everything)


class _Known(Struct, frozen=True):
    """What there is to say of one scope."""

    standing: Standing
    policy: Policy
    words: Vocabulary
    verdict: Verdict | None
    enforcement: Enforcement
    news: list[News]


class _Overview(Struct, frozen=True):
    """Every scope, the worst first."""

    standings: Sequence[Standing]
    policy: Policy
    words: Vocabulary
    verdict: Verdict | None
    enforcements: Mapping[Scope, Enforcement]

    @property
    def account(self) -> Standing:
        """The account; a new standing if it was never evaluated."""
        return next((s for s in self.standings if s.scope == ACCOUNT), Standing(ACCOUNT))

    @property
    def waiting(self) -> int:
        """How many findings and outages wait for a person's decision."""
        findings = sum(f.waits_since is not None for s in self.standings for f in s.findings.values())
        return findings + sum(o.waits_since is not None for s in self.standings for o in s.outages)


def _overview(
    standings: Iterable[Standing],
    verdict: Verdict | None,
    enforcements: Iterable[Enforcement],
    policy: Policy,
    words: Vocabulary,
) -> _Overview:
    sending = {each.scope: each for each in enforcements if each.state in STATES}
    badness = worst_first(policy)
    return _Overview(sorted(standings, key=lambda standing: badness(listed(standing))), policy, words, verdict, sending)


# -- JSON --------------------------------------------------------------------------------------------------------------


def _document(overview: _Overview) -> str:
    body = {
        "account": scope_document(overview.account, overview.policy),
        "ses": overview.verdict,
        "statuses": Counter(str(standing.status) for standing in overview.standings),
        "waiting": overview.waiting,
        "enforcements": list(overview.enforcements.values()),
        "scopes": [scope_document(standing, overview.policy) for standing in overview.standings],
    }
    return json_text(body)


def _scope_document(known: _Known) -> str:
    standing, policy = known.standing, known.policy
    metrics = {
        metric: {
            "status": standing.metric_status(metric),
            "floor": standing.metric(metric).floor,
            "evidence": policy.evidence(standing.scope, measures.deciding),
            "measured": measured_document(standing.scope, metric, measures, policy),
        }
        for metric, measures in standing.measures.items()
    }
    body = {
        **msgspec.to_builtins(scope_document(standing, policy)),
        "evaluated": standing.evaluated,
        "metrics": metrics,
        "outages": [outage_document(outage) for outage in standing.outages],
        "ses": known.verdict,
        "enforcement": known.enforcement,
        "news": known.news,
    }
    return json_text(body)


# -- Text --------------------------------------------------------------------------------------------------------------


def _print(console: Console, overview: _Overview, *, everything: bool) -> None:
    _print_heading(console, overview.account, overview.words)
    _print_metrics(console, overview.account, overview.policy, overview.words)
    _print_verdict(console, overview.verdict)
    if ACCOUNT in overview.enforcements:
        _print_enforcement(console, overview.enforcements[ACCOUNT])
    others = [standing for standing in overview.standings if standing is not overview.account]
    shown = others if everything else others[:LISTED]
    if shown:
        table = Table(box=box.SIMPLE, pad_edge=False)
        table.add_column("Scope", overflow="fold")
        table.add_column("Status")
        for heading in ("Bounces", "Complaints", "Findings"):
            table.add_column(heading, justify="right", no_wrap=True)
        for standing in shown:
            rates = [
                rate_text(standing.measures[metric].deciding, overview.policy) if metric in standing.measures else "-"
                for metric in Metric
            ]
            known = standing.findings.values()
            findings = f"{len(known)}{_suspected(known)}" if known else ""
            table.add_row(Text(readable(standing.scope)), _status(standing, overview), *rates, findings)
        console.print(table)
    for line in _footer(overview, others[len(shown) :]):
        console.print(line, soft_wrap=True, highlight=False)


def _suspected(findings: Iterable[Finding]) -> str:
    """How many of these findings are only suspected, to be said after how many there are; nothing of none."""
    suspected = sum(finding.stage is Stage.SUSPECTED for finding in findings)
    return f" ({suspected:,} suspected)" if suspected else ""


def _status(standing: Standing, overview: _Overview) -> Text:
    """The status, and below it what is not judged, and what it has led to at SES."""
    shown = judged_text(standing, overview.policy, overview.words)
    if enforcement := overview.enforcements.get(standing.scope):
        shown.append(f"\n{STATES[enforcement.state]}", "dim")
    return shown


def _footer(overview: _Overview, left_out: Sequence[Standing]) -> Iterator[str]:
    if not overview.standings:
        yield "Nothing was evaluated yet: connect SES's events, or wait for the next run of EvaluateReputation."
    if left_out:
        yield left_out_text(left_out, overview.policy)
    found = [finding for standing in overview.standings for finding in standing.findings.values()]
    if found:
        plural = "s" if len(found) > 1 else ""
        yield f"{len(found):,} open finding{plural}{_suspected(found)}: ses-reputation findings"
    if overview.waiting:
        yield f"{overview.waiting:,} wait{'s' if overview.waiting == 1 else ''} for a decision: ses-reputation reviews"


def _print_heading(console: Console, standing: Standing, words: Vocabulary) -> None:
    console.print(Text(readable(standing.scope), "bold"), ": ", status_text(standing.status, words), sep="")
    if also := other_name(standing.status, words):
        console.print(f"  {also}", highlight=False)
    if standing.evaluated:
        console.print(f"  Evaluated {moment(standing.evaluated)}", highlight=False)


def _print_metrics(console: Console, standing: Standing, policy: Policy, words: Vocabulary) -> None:
    for metric, measures in standing.measures.items():
        measured = measured_document(standing.scope, metric, measures, policy)
        finding = standing.findings.get(Category(metric))
        placeholders = words_of(words) | words_of_limits(measured)
        rows = rows_of_rate(METRICS[metric], measured, placeholders, finding.since if finding else None)
        status = status_text(standing.metric_status(metric), words)
        console.print("\n", Text(METRICS[metric].name.capitalize(), "bold"), ": ", status, sep="")
        deciding, least = measures.deciding, policy.minimum_count(metric)
        if lacking := lacking_text(policy.evidence(standing.scope, deciding), deciding, policy.minimum_volume, least):
            console.print(f"  {lacking}", soft_wrap=True, highlight=False)
        for row in rows:
            label = f"  {row.label}" if row.detail else row.label
            console.print(f"  {label:<18} {row.value}", soft_wrap=True, highlight=False)
        if floor := standing.metric(metric).floor:
            console.print(f"  {'Floor':<18} mail from before {moment(floor)} does not count", highlight=False)


def _print_verdict(console: Console, verdict: Verdict | None) -> None:
    if verdict and verdict.enforcement:
        sending = SENDING[verdict.sends]
        line = f"\nSES itself says {verdict.enforcement}, sending {sending} (asked {moment(verdict.time)})"
        console.print(line, highlight=False)
    if verdict and (verdict.findings or verdict.sending):
        console.print()
        print_statements(console, verdict)


def _print_enforcement(console: Console, enforcement: Enforcement) -> None:
    if enforcement.state in STATES and enforcement.since:
        line = f"\nSending at SES: {STATES[enforcement.state]}, since {moment(enforcement.since)}"
        finding = f" (finding {enforcement.finding.id})" if enforcement.finding else ""
        console.print(f"{line}{finding}", highlight=False)
    if enforcement.failures:
        console.print("  SES refused something since: the history below says what, and why.", highlight=False)


def _print_scope(console: Console, known: _Known) -> None:
    standing = known.standing
    _print_heading(console, standing, known.words)
    if is_other(standing.scope):
        console.print(f"\n{STANDS_FOR_MANY}", soft_wrap=True, highlight=False)
    _print_metrics(console, standing, known.policy, known.words)
    _print_verdict(console, known.verdict)
    _print_enforcement(console, known.enforcement)
    for finding in standing.findings.values():
        console.print()
        print_finding(console, finding, standing.scope, known.words)
    for outage in reversed(standing.outages[-_OUTAGES_SHOWN:]):
        console.print()
        print_outage(console, outage_document(outage))
        counted = "in no bounce rate here" if outage.is_held(known.policy) else "counted"
        console.print(f"  {'These bounces':<18} {counted}")
    if known.news:
        console.print("\n[bold]What happened[/bold]")
        print_news(console, list(islice(reversed(known.news), _NEWS_SHOWN)), known.words, with_scope=False)
        if len(known.news) > _NEWS_SHOWN:
            before = f"  ... and before: ses-reputation changes {readable(standing.scope)} --all"
            console.print(Text(before), soft_wrap=True)
