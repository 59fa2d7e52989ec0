"""`ses-reputation verdict`: what SES says itself, beside what was counted here."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click
import msgspec
from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ses_reputation.domain.rates import Metric, decimal
from ses_reputation.domain.verdict import SesRate, Verdict
from ses_reputation.notices.email import moment, percent
from ses_reputation.notices.texts import METRICS
from ses_reputation_cli.deployment import Stack, deployed, deployment_options

if TYPE_CHECKING:
    from ses_reputation_cli.deployed_stack import DeployedStack

_EXAMPLES = """\b
Examples:
  ses-reputation verdict
  ses-reputation verdict --stack-name ses-reputation-dev --region eu-west-1
  ses-reputation verdict --json | jq .scopes.account.enforcement
"""

_NONE_KNOWN = """\
SES's verdict is not known yet. The function WatchSes reads it at each of its runs: wait for the next one, or look at
its log.
"""

_SENDING = {True: "on", False: "off", None: "unknown"}


class _Comparison(Struct, frozen=True):
    """One rate of a scope, as SES published it and as it was counted here; None where there is none."""

    metric: Metric
    ses: SesRate | None
    ours: Fraction | None

    @property
    def difference(self) -> Decimal | None:
        """How many percentage points ours is above SES's."""
        if self.ses is None or self.ours is None:
            return None
        points = (self.ours - Fraction(self.ses.rate)) * 100
        return (Decimal(points.numerator) / points.denominator).quantize(Decimal("0.0001"))


_Compared = Sequence[tuple[Verdict, Sequence[_Comparison]]]


@click.command(epilog=_EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output, and nothing else.")
@deployment_options
def command(stack: Stack, *, as_json: bool) -> None:
    """Show SES's own verdict beside ours: the account's status, whether it may send, its quota, and the rates.

    SES tells a status of the account only, and rates of the account and of configuration sets whose reputation metrics
    are on. It is shown as the function WatchSes read it last. The difference is ours less SES's, in percentage points.
    SES does not publish over which mail it computes its rates, so a small difference is no error.

    https://docs.aws.amazon.com/ses/latest/dg/monitor-sender-reputation.html
    """
    with deployed(stack) as deployment:
        compared = list(_compared(deployment))
    if as_json:
        click.echo(_document(compared))
    elif compared:
        _print(Console(), compared)
    else:
        click.echo(_NONE_KNOWN, nl=False)


def _compared(deployment: "DeployedStack") -> Iterator[tuple[Verdict, list[_Comparison]]]:
    policy, standings = deployment.policy(), deployment.standings()
    for verdict in deployment.verdicts().verdicts():
        # Empty as long as the scope was not judged.
        measures = standings.read(verdict.scope).standing.measures
        ours = {metric: policy.shown(measured.window) for metric, measured in measures.items()}
        theirs = {Metric.BOUNCE_RATE: verdict.bounce_rate, Metric.COMPLAINT_RATE: verdict.complaint_rate}
        yield verdict, [_Comparison(metric, theirs[metric], ours.get(metric)) for metric in Metric]


def _document(compared: _Compared) -> str:
    scopes = {verdict.scope: _scope(verdict, comparisons) for verdict, comparisons in compared}
    return msgspec.json.format(msgspec.json.encode({"scopes": scopes})).decode()


def _scope(verdict: Verdict, comparisons: Sequence[_Comparison]) -> dict[str, Any]:
    return {
        "read": verdict.time,
        "enforcement": verdict.enforcement,
        "sending_enabled": verdict.sending_enabled,
        "daily_quota": verdict.daily_quota,
        "sent_last_day": verdict.sent_last_day,
        **{
            rate.metric: {
                "ses": rate.ses.rate if rate.ses else None,
                "published": rate.ses.time if rate.ses else None,
                "ours": None if rate.ours is None else decimal(rate.ours),
                "difference_points": None if rate.difference is None else f"{rate.difference:f}",
            }
            for rate in comparisons
        },
    }


def _print(console: Console, compared: _Compared) -> None:
    for verdict, _ in compared:
        if verdict.enforcement or verdict.sending_enabled is not None:
            quota = "no limit" if verdict.daily_quota is None else f"{verdict.daily_quota:,} a day"
            console.print(
                f"{verdict.scope}: {verdict.enforcement or 'status unknown'}, "
                f"sending {_SENDING[verdict.sending_enabled]}, quota {quota}, {verdict.sent_last_day or 0:,} sent "
                f"in the last day. Read {moment(verdict.time)}.",
                soft_wrap=True,
                highlight=False,
            )
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("Scope", overflow="fold")
    table.add_column("Rate", no_wrap=True)
    for heading in ("SES", "Ours", "Difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    for verdict, comparisons in compared:
        for n, rate in enumerate(comparisons):
            read = f"  read {moment(verdict.time)}"
            table.add_row(
                Text(read, "dim") if n else Text(verdict.scope),
                METRICS[rate.metric].name,
                percent(rate.ses.rate) if rate.ses else "-",
                "-" if rate.ours is None else percent(rate.ours),
                "-" if rate.difference is None else f"{rate.difference:+f}",
            )
    console.print(table)
    console.print("Difference: ours less SES's, in percentage points. -: not published, or too little mail to judge.")
