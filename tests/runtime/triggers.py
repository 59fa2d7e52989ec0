"""What calls each function, as the built template says, and one real event by that way."""

import itertools
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ses_reputation_local.cloud import Invocation
from tests.runtime.execution_environment import ROOT
from tests.runtime.runtime_cloud import RuntimeCloud

EVENTS: Final = ROOT / "events"
ZONE: Final = "dbl.example"

START: Final = datetime(2026, 3, 6, 9, tzinfo=UTC)

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
WIDGET_CONTEXT: Final[Mapping[str, Any]] = {
    "dashboardName": "SES-Reputation",
    "widgetId": "widget-1",
    "accountId": "123456789012",
    "locale": "en",
    "timezone": {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0},
    "period": 300,
    "isAutoPeriod": True,
    "timeRange": {"mode": "relative", "start": 1772786700000, "end": 1772790300000},
    "theme": "light",
    "linkCharts": True,
    "title": "",
    "params": {},
    "forms": {"all": {}},
    "width": 1200,
    "height": 900,
}

_numbers = itertools.count()


def sample(name: str) -> Any:
    """An event of events/."""
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def bounce(message_id: str, **mail: Any) -> str:
    """A bounce that was never counted before, unless its message id was."""
    event = sample("configuration-set/bounce")
    return json.dumps(event | {"mail": event["mail"] | {"messageId": message_id} | mail})


def unique() -> str:
    """A name that no other test has."""
    return f"test-{next(_numbers)}"


def trigger(cloud: RuntimeCloud, function: str) -> Invocation:
    """Let happen what calls the function, and return how it ran. What nothing in the template calls is a widget's."""
    cloud.invocations.clear()
    resources = cloud.body["Resources"]
    mine = {
        resource["Type"]: (name, resource["Properties"])
        for name, resource in resources.items()
        if f'"{function}"' in json.dumps(resource["Properties"]) and name != function
    }
    match mine:
        case {"AWS::Lambda::EventSourceMapping": (_, {"EventSourceArn": {"Fn::GetAtt": [queue, _]}})}:
            cloud.enqueue(queue, [bounce(unique())])
            cloud.deliver()
        case {"AWS::Scheduler::Schedule": _}:
            cloud.tick(START + timedelta(minutes=next(_numbers)), [function])
        case {"AWS::Events::Rule": _}:
            event = sample("eventbridge/finding-open") | {"account": cloud.account, "region": cloud.region}
            cloud.receive_event("default", event | {"id": unique()})
            cloud.deliver()
        case {"AWS::Lambda::Url": _}:
            report = {"command": "report", "category": "spamtrap", "evidence": "3 hits", "scope": f"tenant/{unique()}"}
            cloud.call(function, report)
        case _:
            cloud.invoke(function, {"widgetContext": WIDGET_CONTEXT})
    return next(run for run in cloud.invocations if run.function == function)


def events_of(cloud: RuntimeCloud, functions: Iterable[str]) -> dict[str, bytes]:
    """The events that functions get when they are triggered, for processes of their own."""
    for function in functions:
        trigger(cloud, function)
    return {function: cloud.latest[function] for function in functions}
