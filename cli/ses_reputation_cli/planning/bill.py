"""The monthly bill of a plan."""

from collections.abc import Sequence

from msgspec import Struct

from ses_reputation_cli.planning.demand import MONTH_DAYS, Demand, Plan, demand, monthly
from ses_reputation_cli.planning.prices import PRICES, Item, Service


class Line(Struct, frozen=True):
    """One line of the bill: how much of what is used in a month, and what that costs."""

    service: Service
    item: Item
    what: str
    quantity: float
    dollars: float


def bill(asked: Demand) -> Sequence[Line]:
    """Everything that is paid for in a month of 30 days."""
    used = monthly(asked)
    return [Line(price.service, item, price.what, used[item], price.of(used[item])) for item, price in PRICES.items()]


def total(lines: Sequence[Line]) -> float:
    """Dollars of all lines."""
    return sum(line.dollars for line in lines)


def per_million_mails(plan: Plan) -> float:
    """Dollars for a million mails, at the volume of a plan."""
    return total(bill(demand(plan))) / (plan.mails_per_day * MONTH_DAYS) * 1e6
