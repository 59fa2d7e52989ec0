"""The tables of docs/scale.md, from the model behind `ses-reputation cost`."""

from collections.abc import Sequence
from pathlib import Path

from docs.generators.tables import table
from ses_reputation.domain.rates import VolumeSource
from ses_reputation_cli.cost import GROWING, amount
from ses_reputation_cli.planning import demand as model
from ses_reputation_cli.planning.bill import bill, per_million_mails, total
from ses_reputation_cli.planning.contention import deployed, simulate
from ses_reputation_cli.planning.demand import Plan, demand
from ses_reputation_cli.planning.limits import Limit, limits
from ses_reputation_cli.planning.prices import PRICES, Price

VOLUMES = tuple(10**n for n in range(3, 10))

_FUNCTIONS = (2, 5, 15, 30, 60)
_WRITERS = (1, 4, 16, 64)
_SIMULATED = 20.0


def prices() -> str:
    """What AWS charges, with its tiers, and where that is written."""
    return table(
        ("service", "what", "for each", "price", "source"),
        ((p.service, p.what, p.unit, _tiers(p), f"<{p.source}>") for p in PRICES.values()),
    )


def constants() -> str:
    """What the model takes as given besides the template, with where each number comes from."""
    rows: Sequence[tuple[str, float, str, str]] = (
        ("EVENT_CPU", model.EVENT_CPU * 1e6, "us of CPU for an event, in batches of 100 and more", "measured: ingest"),
        ("SCOPE_CPU", model.SCOPE_CPU * 1e3, "ms of CPU for a scope that is evaluated", "measured: evaluation"),
        ("VOLUME_RECEIPT", model.VOLUME_RECEIPT, "bytes of the receipt of a send or delivery", "measured: writes"),
        ("FEEDBACK_RECEIPT", model.FEEDBACK_RECEIPT, "bytes of the receipt of a bounce", "measured: writes"),
        ("LISTED", model.LISTED, "bytes of a bounce or complaint in the list of its day", "measured: writes"),
        ("COUNTER", model.COUNTER, "bytes of a counter item", "measured: writes"),
        ("WEEK", model.WEEK, "bytes of a week of a scope that was added up", "measured: evaluation"),
        ("STANDING_WRITES", model.STANDING_WRITES, "write units of a scope that is evaluated", "measured: writes"),
        ("LOGGED", model.LOGGED, "bytes of log lines of an invocation", "assumed"),
        ("TRANSACTION", model.TRANSACTION * 1e3, "ms of a transaction of 100 actions", "assumed"),
        ("REQUEST", model.REQUEST * 1e3, "ms of any other request", "assumed"),
        ("RECENT_DAYS", model.RECENT_DAYS, "days since the newest week that is added up", "on average"),
        ("PROCESSOR", model.PROCESSOR, "of a processor, which 512 MB have", "Lambda: 1,769 MB are one"),
        ("POLLERS", model.POLLERS, "pollers of a queue, which share its messages", "Lambda"),
        ("Plan.providers", Plan(1).providers, "mailbox providers that most mail goes to", "assumed"),
    )
    return table(
        ("constant", "value", "what it is", "from where"),
        ((f"`{name}`", amount(value), what, source) for name, value, what, source in rows),
    )


def volumes() -> str:
    """The default plan at volumes from a thousand to a billion mails a day."""
    return table(
        (
            "mails a day",
            "events a second",
            "sends in a batch",
            "write units an event",
            "functions at once",
            "dollars a month",
            "a million mails",
            "outgrown",
        ),
        map(_volume, VOLUMES),
    )


def sources() -> str:
    """Dollars for a million mails, by where the volume comes from."""
    shown = VOLUMES[1::2]
    return table(
        ("`VolumeSource`", *(f"{amount(mails)} mails a day" for mails in shown)),
        (
            (f"`{source}`", *(f"${per_million_mails(Plan(mails, source=source)):,.2f}" for mails in shown))
            for source in VolumeSource
        ),
    )


def scopes() -> str:
    """A million mails a day in few and in many scopes."""
    shown = ((2, 2), (10, 2), (100, 2), (1_000, 3), (10_000, 3), (10_000, 5))
    plans = [Plan(10**6, scopes=number, scopes_each=each) for number, each in shown]
    return table(
        ("scopes", "of them for each mail", "write units an event", "scopes at each evaluation", "dollars a month"),
        (
            (
                f"{plan.scopes:,}",
                f"{plan.scopes_each}",
                amount(demand(plan).units_an_event),
                amount(demand(plan).due),
                f"{total(bill(demand(plan))):,.2f}",
            )
            for plan in plans
        ),
    )


def outgrown() -> str:
    """Every limit, up to where it holds, and what moves it."""
    return table(
        ("what", "allowed", "holds to", "what moves it", "source"),
        (
            (
                limit.name,
                f"{amount(limit.allows)} {limit.unit}",
                _holds_to(limit),
                limit.moves,
                f"<{limit.source}>"
                if limit.source.startswith("https:")
                else f"[{limit.source}]({Path(limit.source).name})",
            )
            for limit in limits(Plan(10**6))
        ),
    )


def contention() -> str:
    """What functions get done that add to the same counters, by how many writers there are."""
    alone = simulate(deployed(1, 1, 1), _SIMULATED).a_second

    def cell(functions: int, writers: int) -> str:
        met = simulate(deployed(functions, writers, writers), _SIMULATED)
        given_up = met.given_up / (met.given_up + met.written)
        return f"{met.a_second / alone:.1f} times; {100 * met.refused_share:.1f} %; {100 * given_up:.1f} %"

    return table(
        ("functions", *("1 writer" if writers == 1 else f"{writers} writers" for writers in _WRITERS)),
        ((str(functions), *(cell(functions, writers) for writers in _WRITERS)) for functions in _FUNCTIONS),
    )


def _volume(mails: int) -> Sequence[str]:
    plan = Plan(mails)
    asked = demand(plan)
    beyond = [limit.name for limit in limits(plan) if not limit.holds]
    return (
        f"{mails:,}",
        amount(asked.events_a_second),
        amount(asked.queues["volume"].size),
        amount(asked.units_an_event),
        amount(asked.at_once, 2),
        f"{total(bill(asked)):,.2f}",
        f"{per_million_mails(plan):,.2f}",
        "; ".join(beyond) or "nothing",
    )


def _tiers(price: Price) -> str:
    *lower, last = price.tiers
    stated = [f"{_dollars(tier.dollars)} up to {amount(tier.up_to)}" for tier in lower]
    return "; ".join([*stated, _dollars(last.dollars) + (" beyond" if lower else "")])


def _dollars(dollars: float) -> str:
    """A price with all its digits."""
    return f"${dollars:.2f}" if round(dollars, 3) == round(dollars, 2) > 0 else f"${dollars:.10f}".rstrip("0")


def _holds_to(limit: Limit) -> str:
    return "any" if limit.holds_to is None else f"{amount(limit.holds_to, 2)} {GROWING[limit.growing]}"
