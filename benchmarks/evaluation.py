"""What it costs to judge the scopes whose counts changed: as all scopes become more, and as their history grows.

An evaluation runs as it does in Lambda, with its adapters and boto3, on tables in memory (benchmarks/tables.py). The
same scopes are touched again before each run, and each run is a quarter of an hour later; but for what it costs in the
one run after a scope's week was closed, where a week lies between.
"""

from collections.abc import Iterator, Mapping

from benchmarks.figures import Figure
from benchmarks.senders import NOW, Deployment
from benchmarks.turns import cpu_seconds, peak_megabytes
from ses_reputation.domain.rates import WEEK

PART = "evaluation"

# A week, ten weeks, a year and two: OldestMailDays is a year.
HISTORIES = {7: "a week", 70: "ten weeks", 365: "a year", 730: "two years"}
OTHERS = (0, 900, 9_900, 99_900)

_RUN = """
import sys
from benchmarks.senders import Deployment
deployment = Deployment(days=28, touched=100)
deployment.evaluate()
deployment.add_others(int(sys.argv[1]))
deployment.evaluate()
deployment.survey()
"""


def measure(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - as all parts
    """Judged scopes per CPU second, and what is asked of DynamoDB for each, by history and by how many others exist."""
    if quick:
        yield from _by_history(dict(list(HISTORIES.items())[:2]), touched=2, rounds=1)
        yield from _after_a_week(days=7, touched=2, rounds=1)
        yield from _by_others(OTHERS[:2], touched=5, rounds=1)
    else:
        yield from _by_history(HISTORIES, touched=30, rounds=7)
        yield from _after_a_week(days=365, touched=30, rounds=7)
        yield from _by_others(OTHERS, touched=100, rounds=5)


def _by_history(histories: Mapping[int, str], touched: int, rounds: int) -> Iterator[Figure]:
    deployments = {days: settled(days, touched) for days in histories}
    took = cpu_seconds({days: deployment.evaluate for days, deployment in deployments.items()}, rounds)
    for days, name in histories.items():
        note = "" if days == 7 else f"{took[days] / took[7]:.2f} times that with a week"
        yield from _of_scope(f"history of {name}", deployments[days], took[days], note)


def _after_a_week(days: int, touched: int, rounds: int) -> Iterator[Figure]:
    """A scope is seen once a week like this: the week that was closed since is gone through, added up and kept."""
    # One to warm up, and one of which the requests are counted.
    weeks = rounds + 2
    deployment = Deployment(days + weeks * WEEK.days, touched)
    deployment.now = NOW - weeks * WEEK
    _settle(deployment)

    def a_week_later() -> None:
        deployment.now += WEEK
        deployment.evaluate()

    took = cpu_seconds({"usual": deployment.evaluate, "later": a_week_later}, rounds)
    note = f"{took['later'] / took['usual']:.2f} times that in any other run"
    deployment.now += WEEK
    yield from _of_scope(f"history of {HISTORIES[days]}, a week was closed", deployment, took["later"], note)


def _by_others(others: tuple[int, ...], touched: int, rounds: int) -> Iterator[Figure]:
    deployments = {number: settled(28, touched) for number in others}
    for number, deployment in deployments.items():
        deployment.add_others(number)
    took = cpu_seconds({number: deployment.evaluate for number, deployment in deployments.items()}, rounds)
    surveys = cpu_seconds({number: deployment.survey for number, deployment in deployments.items()}, rounds)
    for number, deployment in deployments.items():
        case = f"{touched} of {touched + number:,} scopes touched"
        note = f"{took[number] / took[others[0]]:.2f} times that with no others" if number else ""
        yield from _of_scope(case, deployment, took[number], note)
        yield Figure(PART, case, "the survey after it", 1e3 * surveys[number], "ms CPU")
        deployment.tables.reset()
        deployment.survey()
        yield Figure(PART, case, "the survey after it", deployment.tables.requests.total(), "requests")
        yield Figure(PART, case, "peak memory", peak_megabytes(_RUN, str(number)), "MB", "with the tables in it")


def settled(days: int, touched: int) -> Deployment:
    """A deployment that was evaluated before: what is done once, or once a week, is done."""
    deployment = Deployment(days, touched)
    _settle(deployment)
    return deployment


def _settle(deployment: Deployment) -> None:
    for _ in range(4):
        deployment.evaluate()


def _of_scope(case: str, deployment: Deployment, seconds: float, note: str) -> Iterator[Figure]:
    touched = len(deployment.touched)
    yield Figure(PART, case, "scopes judged", touched / seconds, "per CPU second", note)
    deployment.tables.reset()
    deployment.evaluate()
    yield Figure(PART, case, "requests", deployment.tables.requests.total() / touched, "per scope")
    yield Figure(PART, case, "read units", deployment.tables.read_units / touched, "per scope")
