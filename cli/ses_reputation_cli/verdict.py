"""`ses-reputation verdict`: what SES says itself, beside what was counted here."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
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

from ses_reputation.domain.rates import decimal
from ses_reputation.domain.scopes import Scope, ScopeKind, kind_of
from ses_reputation.domain.verdict import Comparison, Verdict, compare
from ses_reputation.notices.numbers import moment, percent
from ses_reputation.notices.structure import readable
from ses_reputation.notices.texts import METRICS
from ses_reputation_cli.arguments import SCOPE, json_option
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.statuses import SENDING, print_statements

if TYPE_CHECKING:
    from ses_reputation_cli.deployed_stack import DeployedStack

_EXAMPLES = """\b
Examples:
  ses-reputation verdict
  ses-reputation verdict tenant/lucky-deals
  ses-reputation verdict --stack-name ses-reputation-dev --region eu-west-1
  ses-reputation verdict --json | jq .scopes.account.enforcement
"""

_NONE_KNOWN = """\
SES's verdict is not known yet. The function WatchSes reads it at each of its runs: wait for the next one, or look at
its log.
"""


class _Compared(Struct, frozen=True):
    """What SES says of a scope, beside our rates; `evaluated` is when it was judged here last, None if never."""

    verdict: Verdict
    evaluated: datetime | None
    rates: Sequence[Comparison]


@click.command(epilog=_EXAMPLES)
@click.argument("scope", type=SCOPE, required=False)
@json_option
@deployment_options
def command(scope: Scope | None, stack: Stack, *, as_json: bool) -> None:
    """Show SES's own verdict beside ours: the account's status, whether it may send, its quota, and the rates; and of
    tenants the problems that SES has found, and who has switched sending off.

    With a SCOPE it is the verdict on that one. Without, tenants are left out of which SES says nothing bad.

    SES tells a status of the account only, and rates of the account and of configuration sets whose reputation metrics
    are on. It is shown as the function WatchSes read it last. The difference is ours less SES's, in percentage points.
    SES does not publish over which mail it computes its rates, so a small difference is no error.

    https://docs.aws.amazon.com/ses/latest/dg/monitor-sender-reputation.html
    """
    with deployed(stack) as deployment:
        compared = list(_compared(deployment, scope))
    if scope is not None and not compared:
        raise click.ClickException(f"SES has told nothing of {scope}")
    if as_json:
        click.echo(_document(compared))
    elif compared:
        _print(Console(), compared)
    else:
        click.echo(_NONE_KNOWN, nl=False)


def _compared(deployment: "DeployedStack", scope: Scope | None) -> Iterator[_Compared]:
    policy, standings, kept = deployment.policy(), deployment.standings(), deployment.verdicts()
    if scope is None:
        verdicts: Iterable[Verdict] = filter(_says_something, kept.verdicts())
    else:
        verdicts = filter(None, [kept.verdict(scope).verdict])
    for verdict in verdicts:
        standing = standings.read(verdict.scope).standing
        ours = {metric: policy.shown(measured.window) for metric, measured in standing.measures.items()}
        yield _Compared(verdict, standing.evaluated, compare(verdict, ours))


def _says_something(verdict: Verdict) -> bool:
    return _is_asked(verdict) or bool(verdict.open_findings or verdict.stopped)


def _is_asked(verdict: Verdict) -> bool:
    """Whether SES is asked about the scope, rather than telling by itself."""
    return kind_of(verdict.scope) is not ScopeKind.TENANT


def _document(compared: Sequence[_Compared]) -> str:
    scopes = {scope.verdict.scope: _scope(scope) for scope in compared}
    return msgspec.json.format(msgspec.json.encode({"scopes": scopes})).decode()


def _scope(compared: _Compared) -> dict[str, Any]:
    verdict = compared.verdict
    return {
        "read": verdict.time if _is_asked(verdict) else None,
        "evaluated": compared.evaluated,
        "enforcement": verdict.enforcement,
        "sending_enabled": verdict.sending_enabled,
        "daily_quota": verdict.daily_quota,
        "sent_last_day": verdict.sent_last_day,
        "findings": verdict.open_findings,
        "sending": verdict.sending,
        **{
            rate.metric: {
                "ses": rate.ses.rate if rate.ses else None,
                "published": rate.ses.time if rate.ses else None,
                "ours": None if rate.ours is None else decimal(rate.ours),
                "difference_points": None if rate.difference is None else f"{_points(rate.difference):f}",
            }
            for rate in compared.rates
        },
    }


def _print(console: Console, compared: Sequence[_Compared]) -> None:
    for verdict in (scope.verdict for scope in compared):
        if verdict.enforcement or verdict.sending_enabled is not None:
            console.print(
                f"{verdict.scope}: {verdict.enforcement or 'status unknown'}, "
                f"sending {SENDING[verdict.sends]}, {_quota(verdict)}.",
                soft_wrap=True,
                highlight=False,
            )
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("Scope", overflow="fold")
    table.add_column("Rate", no_wrap=True)
    for heading in ("SES", "Ours", "Difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    for scope in compared:
        for n, rate in enumerate(scope.rates):
            table.add_row(
                "" if n else Text(scope.verdict.scope),
                METRICS[rate.metric].name,
                percent(rate.ses.rate) if rate.ses else "-",
                _ours(scope, rate),
                "-" if rate.difference is None else f"{_points(rate.difference):+f}",
            )
    console.print(table)
    for verdict in (scope.verdict for scope in compared):
        if verdict.findings or verdict.sending:
            console.print(Text(f"{readable(verdict.scope)}:"))
            print_statements(console, verdict)
            console.print()
    console.print("Difference: ours less SES's, in percentage points. SES -: not published.", highlight=False)
    console.print(_read([scope.verdict for scope in compared]), highlight=False)


def _quota(verdict: Verdict) -> str:
    """SES's daily quota, and what was sent of it. SES tells both or neither; a quota without a number is no limit."""
    if verdict.sent_last_day is None and verdict.daily_quota is None:
        return "quota unknown, sent in the last day unknown"
    quota = "no daily limit" if verdict.daily_quota is None else f"quota {verdict.daily_quota:,} a day"
    sent = "unknown how many" if verdict.sent_last_day is None else f"{verdict.sent_last_day:,}"
    return f"{quota}, {sent} sent in the last day"


def _ours(compared: _Compared, rate: Comparison) -> str:
    if compared.evaluated is None:
        return "not evaluated yet"
    return "too little mail" if rate.ours is None else percent(rate.ours)


def _points(difference: Fraction) -> Decimal:
    """Percentage points, to four places."""
    return (Decimal(difference.numerator) / difference.denominator).quantize(Decimal("0.0001"))


def _read(verdicts: Sequence[Verdict]) -> str:
    """When SES was asked last, and of which scopes it said no more then."""
    asked = [verdict for verdict in verdicts if _is_asked(verdict)]
    if not asked:
        return "SES tells of tenants by itself, whenever something changes."
    newest = max(verdict.time for verdict in asked)
    older = [f"of {verdict.scope} {moment(verdict.time)}" for verdict in asked if verdict.time != newest]
    return f"Read from SES: {', '.join([moment(newest), *older])}."
