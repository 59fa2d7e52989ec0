"""`ses-reputation cost`: what a volume of mail will cost, and what it will outgrow."""

from typing import TYPE_CHECKING, Any

import click

from ses_reputation_cli.arguments import Number, Whole, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from ses_reputation_cli.planning.bill import Line
    from ses_reputation_cli.planning.demand import Demand, Plan
    from ses_reputation_cli.planning.limits import Limit, Storm

# Help must not wait for the domain; a test holds them against it.
SOURCES = ("send-events", "delivery-events", "statistics")
REGIONS = ("us-east-1",)

_EXAMPLES = """\b
Examples:
  ses-reputation cost --mails-per-day 1000000
  ses-reputation cost --mails-per-day 1_000_000 --scopes 500 --scopes-each 3 --bounce-rate 4%
  ses-reputation cost --mails-per-day 250000 --volume-source statistics
  ses-reputation cost --mails-per-day 50_000_000 --maximum-concurrency 20 --storm 200000
  ses-reputation cost --mails-per-day 1000000000 --json | jq .month.dollars
"""


class _PercentType(click.ParamType[float]):
    """A share in percent, with or without the sign: `2%`, `0.05`."""

    name = "percent"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            percent = float(value.removesuffix("%"))
        except ValueError:
            percent = -1.0
        if not 0 <= percent <= 100:
            self.fail(f"{value!r} is no percentage such as 2% or 0.05%", param, ctx)
        return percent / 100


PERCENT = _PercentType()


@click.command(epilog=_EXAMPLES)
@click.option("--mails-per-day", type=Whole(1, 10**12), required=True, help="Mails that are sent in a day.")
@click.option(
    "--scopes",
    type=Whole(0, 10**7),
    default=10,
    show_default=True,
    help="Configuration sets, identities, tenants and values of tags, all together.",
)
@click.option(
    "--scopes-each",
    type=Whole(1, 13),
    default=2,
    show_default=True,
    help="How many of them a mail counts in: 2 with a configuration set, 3 with a tenant, 1 more for each tag.",
)
@click.option(
    "--configuration-sets",
    type=Whole(0, 10**7),
    metavar="N",
    help="How many of the scopes are configuration sets. Default: scopes / scopes-each, and 10 at most.",
)
@click.option("--bounce-rate", type=PERCENT, default="2%", show_default=True, help="Bounces, hard and soft.")
@click.option("--complaint-rate", type=PERCENT, default="0.05%", show_default=True, help="Complaints.")
@click.option(
    "--volume-source",
    type=click.Choice(SOURCES),
    default=SOURCES[0],
    show_default=True,
    help="What tells how much mail was sent: the parameter VolumeSource.",
)
@click.option(
    "--busy-hours",
    type=Number(0.1, 24),
    default=8.0,
    show_default=True,
    help="Hours of the day in which the mail is sent.",
)
@click.option(
    "--maximum-concurrency",
    type=Whole(2, 1000),
    default=5,
    show_default=True,
    help="The parameter MaximumConcurrency.",
)
@click.option(
    "--evaluation-minutes",
    type=Number(1, 1440),
    default=15.0,
    show_default=True,
    help="Minutes between evaluations: the parameters EvaluationSchedule and WatchSchedule.",
)
@click.option(
    "--receipt-retention-days",
    "receipt_days",
    type=Whole(60, 1095),
    default=90,
    show_default=True,
    help="The parameter ReceiptRetentionDays.",
)
@click.option(
    "--oldest-mail-days",
    type=Whole(1, 1095),
    default=365,
    show_default=True,
    help="The parameter OldestMailDays.",
)
@click.option(
    "--storm",
    "bounces",
    type=Whole(1, 10**10),
    metavar="BOUNCES",
    help="Also say what becomes of so many bounces that come at once.",
)
@click.option("--region", type=click.Choice(REGIONS), default=REGIONS[0], show_default=True, help="Whose prices.")
@json_option
def command(*, bounces: int | None, volume_source: str, region: str, as_json: bool, **options: Any) -> None:
    """Work out on paper what a volume of mail asks of AWS: write units, requests, seconds, the monthly bill; and up to
    how much mail each limit of AWS, and each constant of the design, holds.

    Nobody is asked, and no credentials are needed. The prices are those of us-east-1, without the free tiers; other
    regions have others. docs/scale.md has the formulas, and says what was measured and what is
    assumed. What SES charges for the mail itself is not in it.
    """
    from ses_reputation.domain.rates import VolumeSource  # noqa: PLC0415 - help is quick
    from ses_reputation_cli.planning.bill import bill  # noqa: PLC0415
    from ses_reputation_cli.planning.demand import Plan, demand  # noqa: PLC0415
    from ses_reputation_cli.planning.limits import limits, storm  # noqa: PLC0415

    plan = Plan(source=VolumeSource(volume_source), **options)
    if (plan.configuration_sets or 0) > plan.scopes:
        raise click.UsageError("configuration sets are scopes: there are no more --configuration-sets than --scopes")
    asked, found = demand(plan), limits(plan)
    stormed = storm(plan, bounces) if bounces else None
    if as_json:
        click.echo(_document(region, asked, bill(asked), found, stormed))
    else:
        _show(asked, bill(asked), found, stormed)


def _document(
    region: str, asked: "Demand", lines: "Sequence[Line]", found: "Sequence[Limit]", stormed: "Storm | None"
) -> str:
    from ses_reputation_cli.planning.prices import SEEN  # noqa: PLC0415
    from ses_reputation_cli.statuses import json_text  # noqa: PLC0415

    total = sum(line.dollars for line in lines)
    busy = {
        name: {
            "events_a_second": queue.events_a_second,
            "batches_a_second": queue.a_second,
            "events_in_a_batch": queue.size,
            "transactions_in_a_batch": queue.transactions,
            "write_units_an_event": queue.units_an_event,
            "seconds_of_a_batch": queue.seconds,
            "functions_at_once": queue.at_once,
        }
        for name, queue in asked.queues.items()
    }
    return json_text(
        {
            "prices": {"region": region, "as_of": SEEN, "free_tiers": False},
            "plan": {**_fields(asked.plan), "configuration_sets": asked.plan.sets},
            "busy_hours": busy,
            "evaluation": {"scopes": asked.due, "read_units_a_scope": asked.reads_a_scope},
            "month": {
                "dollars": total,
                "dollars_a_million_mails": _a_million(asked.plan, total),
                "lines": lines,
            },
            "limits": [{"holds": limit.holds, **_fields(limit)} for limit in found],
            "storm": stormed,
        }
    )


def _fields(of: "Limit | Plan") -> dict[str, Any]:
    from msgspec import structs  # noqa: PLC0415

    return structs.asdict(of)


def _a_million(plan: "Plan", dollars: float) -> float:
    from ses_reputation_cli.planning.demand import MONTH_DAYS  # noqa: PLC0415

    return dollars / (plan.mails_per_day * MONTH_DAYS) * 1e6


def _show(asked: "Demand", lines: "Sequence[Line]", found: "Sequence[Limit]", stormed: "Storm | None") -> None:
    from rich.console import Console  # noqa: PLC0415

    from ses_reputation_cli.planning.prices import REGION, SEEN  # noqa: PLC0415

    console, plan = Console(), asked.plan
    console.print(
        f"{plan.mails_per_day:,} mails a day within {plan.busy_hours:g} hours, {plan.scopes:,} scopes besides the"
        f" account, {plan.sets:,} of them configuration sets, {plan.each} for each mail; how much is sent is known from"
        f" {plan.source}.\n",
        highlight=False,
    )
    console.print(_busy(asked))
    console.print(
        f"Each evaluation judges {amount(asked.due)} scopes, in {_duration(asked.evaluated_in)}; each scope takes"
        f" {amount(asked.reads_a_scope)} read units.\n",
        highlight=False,
    )
    console.print(_month(lines))
    total = sum(line.dollars for line in lines)
    console.print(
        f"${_a_million(plan, total):,.2f} for a million mails, at the prices of {REGION} in {SEEN}, without free"
        " tiers.\n",
        highlight=False,
    )
    console.print(_limits(found))
    if stormed:
        bounces = "1 bounce is" if stormed.bounces == 1 else f"{stormed.bounces:,} bounces at once are"
        console.print(
            f"{bounces} counted in {_duration(stormed.seconds)}, bound by"
            f" {stormed.bound_by}, with {100 * stormed.conflicts:.2g} % of transactions in conflict; writing them costs"
            f" ${stormed.dollars:,.2f}.",
            highlight=False,
        )


def _table(title: str, *columns: str) -> "Table":
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column(title, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _busy(asked: "Demand") -> "Table":
    table = _table("In busy hours", *asked.queues)
    queues = list(asked.queues.values())
    rows = {
        "events a second": [queue.events_a_second for queue in queues],
        "events in a batch": [queue.size if queue.events_a_second else 0.0 for queue in queues],
        "write units an event": [queue.units_an_event if queue.events_a_second else 0.0 for queue in queues],
        "functions at once": [queue.at_once for queue in queues],
    }
    for name, numbers in rows.items():
        table.add_row(name, *(amount(number) if number else "-" for number in numbers))
    return table


def _month(lines: "Sequence[Line]") -> "Table":
    table = _table("In a month", "how much", "dollars")
    before = None
    for line in lines:
        if line.service != before:
            table.add_row(
                line.service, "", f"{sum(each.dollars for each in lines if each.service == line.service):,.2f}"
            )
        before = line.service
        table.add_row(f"  {line.what}", amount(line.quantity), f"{line.dollars:,.2f}", style="dim")
    table.add_row("all of it", "", f"{sum(line.dollars for line in lines):,.2f}", style="bold")
    return table


def _limits(found: "Sequence[Limit]") -> "Table":
    from rich.text import Text  # noqa: PLC0415

    table = _table("Limit, and what moves it", "needed", "allowed", "holds to")
    for limit in found:
        name = Text(limit.name, "" if limit.holds else "red").append(f" ({limit.unit})\n  {limit.moves}", "dim")
        table.add_row(name, amount(limit.needs), amount(limit.allows), holds_to(limit))
    return table


GROWING = {"mails_per_day": "mails a day", "scopes": "scopes", "maximum_concurrency": "functions"}
"""What a limit holds to, by what grows."""


def holds_to(limit: "Limit") -> str:
    """Up to how much of what grows a limit holds, in two digits."""
    return "any" if limit.holds_to is None else f"{amount(limit.holds_to, 2)}\n{GROWING[limit.growing]}"


def amount(number: float, digits: int = 3) -> str:
    """A number of so many digits that mean something, with a word for what is large."""
    rounded = float(f"{number:.{digits}g}")
    for size, word in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if abs(rounded) >= size:
            return f"{rounded / size:,.12g}{word}"
    return f"{rounded:,.12g}" if abs(rounded) >= 0.001 or not rounded else f"{rounded:.4f}"


def _duration(seconds: float) -> str:
    """Seconds, or minutes, or hours, whichever is easiest to read."""
    for size, word in ((3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{amount(seconds / size, 2)} {word}"
    return f"{amount(seconds, 2)} seconds" if seconds >= 1.05 else "a second"
