"""`ses-reputation changes`: what has changed, when, and by whom."""

import click
from rich.console import Console

from ses_reputation.domain.changes import Change, OutageChange
from ses_reputation.domain.enforcement import Enforced
from ses_reputation.domain.scopes import Scope
from ses_reputation.notices.numbers import moment
from ses_reputation_cli.arguments import MOMENT, SCOPE, Moment, Whole, json_option, period
from ses_reputation_cli.deployment import Stack, deployed, deployment_options
from ses_reputation_cli.history import print_news
from ses_reputation_cli.statuses import json_text

_EXAMPLES = """\b
Examples:
  ses-reputation changes
  ses-reputation changes tenant/lucky-deals --since 2026-01-01 --all
  ses-reputation changes --since 7d --json | jq -r '.news[] | [.time, .scope, .after] | @tsv'
"""


@click.command(epilog=_EXAMPLES)
@click.argument("scope", type=SCOPE, required=False)
@click.option("--since", type=MOMENT, metavar="TIME", help="A time, or how long ago, such as 7d. Default: 30 days ago.")
@click.option("--until", type=MOMENT, metavar="TIME", help="A time, or how long ago. Default: now.")
@click.option("--limit", type=Whole(1), metavar="N", default=100, show_default=True, help="The newest N.")
@click.option(
    "--all", "everything", is_flag=True, help="Also early warnings, reminders, further evidence, and what SES said."
)
@json_option
@deployment_options
def command(
    scope: Scope | None,
    since: Moment | None,
    until: Moment | None,
    limit: int,
    stack: Stack,
    *,
    everything: bool,
    as_json: bool,
) -> None:
    """List what has changed, the newest first: what was decided, by time and measurement or by whom, and why, and what
    was paused or resumed at SES because of it. This is kept for ever.

    With a SCOPE it is that scope's history alone.
    """
    with deployed(stack) as deployment:
        start, end = period(deployment.now(), since, until)
        words, standings = deployment.vocabulary(), deployment.standings()
        if scope is None:
            told = list(standings.news_between(start, end))
        else:
            told = [piece for piece in standings.news(scope) if start <= piece.time < end]
    wanted = [piece for piece in reversed(told) if everything or isinstance(piece, Change | Enforced | OutageChange)]
    news = wanted[:limit]
    if as_json:
        click.echo(json_text({"news": news}))
    elif news:
        print_news(Console(), news, words, with_scope=scope is None)
        if before := len(wanted) - len(news):
            click.echo(f"  ... and {before:,} before that: --until or --limit")
    else:
        when = f"between {moment(start)} and {moment(end)}" if until else f"since {moment(start)}"
        click.echo(f"Nothing has changed {when}.")
