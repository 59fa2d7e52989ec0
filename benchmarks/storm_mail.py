"""The mail of a storm, and the alerts that must come of it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.engine.mail import Count, Published, counted, told

STORY = Path(__file__).with_name("storm.toml")
BUILD = Path(__file__).parents[1] / "build" / "benchmarks"
START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 13

JUDGED = ("account", "configuration-set/newsletter")
UNHARMED = "configuration-set/receipts"
CHANGES = (("Healthy", "Probation"), ("Probation", "Almost healed"), ("Almost healed", "Healthy"))

# Of 100 recipients in storm.toml so many events become: sends, bounces and repeats.
_EVENTS_OF_100 = 144
_SCALED = re.compile(r"^every_hour = (\d+) # in the storm$", re.MULTILINE)


class WentWrong(RuntimeError):
    """Something was lost, counted twice, or not told as it should be. The text says what."""


@dataclass(frozen=True)
class Storm:
    """What SES publishes on the first day, which is the storm, and on each of the days after it."""

    burst: Sequence[Published]
    after: Sequence[Sequence[Published]]

    @property
    def all(self) -> list[Published]:
        """Everything that is published."""
        return [*self.burst, *(each for day in self.after for each in day)]


@dataclass
class Course:
    """How a storm went: seconds, CPU seconds of the functions, and what they met with.

    `ages` are the seconds that the oldest message had waited when each quarter of the messages was counted. `ahead` is
    how much further bounces were counted than the mail that they are divided by, at most.
    """

    messages: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    came_again: int = 0
    invocations: int = 0
    longest: float = 0.0
    evaluations: int = 0
    transactions: int = 0
    conflicts: int = 0
    ages: list[float] = field(default_factory=list)
    ahead: float = 0.0
    alerts: int = 0
    exact: int = 0


def storm(events: int, *, afterwards: bool = True) -> Storm:
    """A storm of about so many events, and the days afterwards until all is healthy again."""
    text = STORY.read_text(encoding="utf-8")
    written = [int(number) for number in _SCALED.findall(text)]
    share = events * 100 / _EVENTS_OF_100 / (2 * sum(written))
    BUILD.mkdir(parents=True, exist_ok=True)
    scaled = BUILD / f"storm-{events}.toml"
    scaled.write_text(_SCALED.sub(lambda found: f"every_hour = {max(round(int(found[1]) * share), 1)}", text))
    days: list[list[Published]] = [[] for _ in range(DAYS + 1)]
    for each in told(scaled, START):
        days[min((each.time - START) // DAY, DAYS)].append(each)
    return Storm(days[0], days[1:] if afterwards else ())


def by_topic(published: Iterable[Published]) -> Mapping[str, list[str]]:
    """The messages for each of the three topics, in the order of their times."""
    messages: dict[str, list[str]] = {"bounce": [], "complaint": [], "volume": []}
    for each in published:
        messages[each.topic].append(each.message)
    return messages


def check(storm: Storm, found: Counter[Count], alerts: Sequence[Mapping[str, Any]]) -> int:
    """The number of counters, of which all are exact. WentWrong if one is not, or unless each change was told once, and
    those of a scope in the order of their times.
    """
    expected = counted(each.message for each in storm.all)
    if found != expected:
        raise WentWrong(f"the counters differ: {(found - expected) + (expected - found)}")
    ids = [alert["id"] for alert in alerts]
    if len(ids) != len(set(ids)):
        raise WentWrong(f"{len(ids) - len(set(ids))} alerts were told twice")
    # Afterwards all is well again, as far as there is an afterwards.
    expected_changes = dict.fromkeys(JUDGED, CHANGES if storm.after else CHANGES[:1])
    for scope in (*JUDGED, UNHARMED):
        changes = [alert for alert in alerts if alert["kind"] == "status-change" and alert["scope"] == scope]
        times = [change["time"] for change in changes]
        if times != sorted(times):
            raise WentWrong(f"the changes of {scope} were told in the order {times}")
        # Bounces and complaints are a finding each.
        for category in ("bounce_rate", "complaint_rate"):
            statuses = tuple((each["before"], each["after"]) for each in changes if each["category"] == category)
            if statuses != expected_changes.get(scope, ()):
                raise WentWrong(f"{scope} changed as follows: {statuses}, for its {category}")
    return len(expected)
