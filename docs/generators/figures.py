"""The few figures of docs/performance-and-cost.md, out of the many that performance.md has and scale.md works out."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from docs.generators.tables import table
from ses_reputation_cli.cost import amount
from ses_reputation_cli.planning.bill import bill, per_million_mails, total
from ses_reputation_cli.planning.demand import Plan, demand

PERFORMANCE = Path(__file__).parents[1] / "performance.md"

# Where performance.md has a figure: the part, the case, who, and the unit.
_Place = tuple[str, str, str, str]

_MEASURED: Mapping[str, _Place] = MappingProxyType(
    {
        "Events that are counted in a second of CPU, in batches of 1,000": (
            "ingest",
            "null endpoint, batches of 1,000",
            "record_feedback",
            "events per CPU second",
        ),
        "The same, one by one": ("ingest", "null endpoint, batches of 1", "record_feedback", "events per CPU second"),
        "What DynamoDB charges for an event, in batches of 100": (
            "writes",
            "a mix, account, configuration set, identity, provider",
            "batch of 100",
            "write units an event",
        ),
        "CPU until a function that has just started answers": (
            "cold_start",
            "CPU until the first answer",
            "RecordFeedback",
            "ms",
        ),
        "Scopes that are judged, with a year of mail each": (
            "evaluation",
            "history of a year",
            "scopes judged",
            "per CPU second",
        ),
        "Judging 100,000 scopes, by ten runs at once": (
            "chunks",
            "10 ms a request, 0.29 processors",
            "100,000 scopes",
            "s",
        ),
        "The dashboard's overview of 10,000 scopes": ("dashboard", "overview, 10,000 scopes", "processor", "ms CPU"),
    }
)

_MAILS_A_DAY = (10_000, 100_000, 1_000_000, 10_000_000)


class NoFigure(LookupError):
    """performance.md does not have a figure (any more); the text says which."""


def measured() -> str:
    """What was measured, as performance.md has it."""
    figures = dict(_figures(PERFORMANCE.read_text(encoding="utf-8")))
    rows = []
    for what, place in _MEASURED.items():
        if place not in figures:
            raise NoFigure(f"performance.md has no {', '.join(place)}")
        rows.append((what, f"{figures[place]} {place[-1]}"))
    return table(("what", "measured"), rows)


def bills() -> str:
    """What a month costs, worked out as `ses-reputation cost` does with its defaults."""
    return table(
        ("mails a day", "dollars a month", "of it for a million mails"),
        (
            (amount(mails), f"{total(bill(demand(Plan(mails)))):,.0f}", f"{per_million_mails(Plan(mails)):,.2f}")
            for mails in _MAILS_A_DAY
        ),
    )


def _figures(page: str) -> Iterator[tuple[_Place, str]]:
    """Every figure of the page, by its part, case, who and unit. A case is named in the first of its rows."""
    for part, rows in re.findall(r"<!-- (\w+): measured by make bench -->(.*?)<!-- end -->", page, re.DOTALL):
        case = ""
        for row in re.findall(r"^\| (.*) \|$", rows, re.MULTILINE):
            named, who, figure, unit = (cell.strip() for cell in row.split("|")[:4])
            case = named or case
            yield (part, case, who, unit), figure
