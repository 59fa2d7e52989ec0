"""What a page of the dashboard costs, of few scopes and of many: as the widget gets it, on tables in memory."""

from collections.abc import Iterator, Mapping
from datetime import UTC
from functools import partial

from benchmarks.evaluation import settled
from benchmarks.figures import Figure
from benchmarks.senders import ACCOUNT_ID, COUNTERS, RECEIPTS, REGION, STANDINGS, Deployment
from benchmarks.turns import cpu_seconds, peak_megabytes
from ses_reputation.adapters.counters import HISTORY_ITEMS, DynamoDbCounters
from ses_reputation.adapters.enforcements import DynamoDbEnforcements
from ses_reputation.adapters.feedback import DynamoDbFeedback
from ses_reputation.adapters.runs import DynamoDbRuns
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.adapters.verdicts import DynamoDbVerdicts
from ses_reputation.dashboard.pages import OverviewPage, Page, ScopePage, fields_of
from ses_reputation.dashboard.render import render
from ses_reputation.dashboard.widget import read_asked, read_widget
from ses_reputation.domain.policy import Policy
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.show import Sources, gather

PART = "dashboard"
SCOPES = (10, 10_000)
# A sender whose window has all mail of a year in it, which is the most that a page has to read.
DAYS = 365
TOUCHED = 5

_FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:show"
_CONTEXT = {
    "timezone": {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0},
    "theme": "light",
    "forms": {"all": {}},
    "params": {},
    "width": 1580,
    "height": 900,
}
_SHOW = """
import sys
from benchmarks.dashboard import deployment_of, pages_of, show
deployment = deployment_of(int(sys.argv[1]), int(sys.argv[2]))
"""


def measure(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - as all parts
    """CPU, requests, what is read and the size of the overview and of a scope's page."""
    scopes, days, rounds = ((SCOPES[0], 100), 28, 1) if quick else (SCOPES, DAYS, 7)
    for number in scopes:
        deployment = deployment_of(number, days)
        pages = pages_of(deployment)
        took = cpu_seconds({name: partial(show, deployment, page) for name, page in pages.items()}, rounds)
        for name, page in pages.items():
            yield from _of_page(f"{name}, {number:,} scopes", deployment, page, took[name])
            shown = f"show(deployment, pages_of(deployment)[{name!r}])"
            arguments = str(number), str(days)
            memory = peak_megabytes(_SHOW + shown, *arguments) - peak_megabytes(_SHOW, *arguments)
            yield Figure(PART, f"{name}, {number:,} scopes", "memory", max(memory, 0), "MB", "beside the tables")


def _of_page(case: str, deployment: Deployment, page: Page, seconds: float) -> Iterator[Figure]:
    yield Figure(PART, case, "processor", 1e3 * seconds, "ms CPU")
    deployment.tables.reset()
    size = len(show(deployment, page).encode())
    yield Figure(PART, case, "requests", deployment.tables.requests.total(), "")
    yield Figure(
        PART, case, "read", deployment.tables.bytes_read / 1e3, "kB", f"{deployment.tables.read_units:,.0f} units"
    )
    yield Figure(PART, case, "page", size / 1e3, "kB")


def deployment_of(scopes: int, days: int = DAYS) -> Deployment:
    """So many scopes, of which a few have a history."""
    deployment = settled(days, TOUCHED)
    deployment.add_others(scopes - TOUCHED)
    return deployment


def pages_of(deployment: Deployment) -> Mapping[str, Page]:
    """The overview, and the page of a scope that has a history."""
    return {"overview": OverviewPage(), "a scope": ScopePage(deployment.touched[-1])}


def show(deployment: Deployment, page: Page) -> str:
    """A page as show_dashboard makes it."""
    event = {"widgetContext": _CONTEXT, **fields_of(page)}
    widget = read_widget(event, show=_FUNCTION, operate=_FUNCTION)
    with deployment.answering() as client:
        sources = Sources(
            account=ACCOUNT_ID,
            region=REGION,
            policy=Policy(),
            words=Vocabulary.CLASSIC,
            standings=DynamoDbStandings(client, table=STANDINGS),
            verdicts=DynamoDbVerdicts(client, table=STANDINGS),
            enforcements=DynamoDbEnforcements(client, table=STANDINGS, pause=lambda _: None),
            counters=DynamoDbCounters(client, table=COUNTERS, page_items=HISTORY_ITEMS),
            feedback=DynamoDbFeedback(client, table=RECEIPTS, pause=lambda _: None),
            runs=DynamoDbRuns(client, table=STANDINGS),
        )
        return widget.shown(render(gather(read_asked(event), deployment.now, UTC, sources), widget))
