"""EventBridge: events that are put on a bus, matched by the rules there, on their way to functions.

moto 5.2.5 matches events, but knows no targets that are functions, sends to disabled rules as well, takes a bus of
another account or region for one of ours, and shows the time of an event as a number.
"""

import json
import re
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from unittest.mock import patch

from moto.events.models import EventBus, EventsBackend, Rule

from ses_reputation_local.asynchronous import WaitingEvent

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
_MAXIMUM_ENTRIES: Final = 10

_VARIABLE: Final = re.compile(r"<([^<>\"]+)>")
_PATH_STEP: Final = re.compile(r"\.([\w/-]+)|\[(\d+)\]")
# A quotation mark, unless a backslash is before it.
_QUOTATION_MARK: Final = re.compile(r'(?<!\\)(?:\\\\)*"')


class InvalidInput(ValueError):
    """What a rule would send to its target is no JSON."""


@dataclass(frozen=True)
class SentEvent:
    """An event that was put on the bus with this ARN, in another account or region, as its rules see it there."""

    bus: str
    event: Mapping[str, Any]


Elsewhere = Callable[[], list[SentEvent] | None]


@contextmanager
def collected_events(
    waiting: deque[WaitingEvent], now: Callable[[], datetime], home: str, elsewhere: Elsewhere
) -> Iterator[None]:
    """Until the block ends, what rules send to functions is collected, as it was received at that time.

    The buses whose ARNs begin with `home` are ours. What is put on others is refused, or collected if `elsewhere` has a
    list for it. So is an event that says that it comes from AWS itself: those come to a bus by send_to_rules.
    """
    put: Any = EventsBackend.put_events
    with ExitStack() as patches:
        patches.enter_context(patch.object(EventsBackend, "put_events", _put_with_time(put, now, home, elsewhere)))
        patches.enter_context(patch.object(Rule, "send_to_targets", _send_to_functions(waiting, now)))
        yield


def send_to_rules(bus: EventBus, event: Mapping[str, Any]) -> None:
    """Give an event that was sent from elsewhere to the rules of a bus."""
    as_in_moto: Any = {**event, "time": datetime.fromisoformat(event["time"]).timestamp()}
    for rule in bus.rules.values():
        rule.send_to_targets(as_in_moto)


def _put_with_time(
    put_events: Callable[..., Any], now: Callable[[], datetime], home: str, elsewhere: Elsewhere
) -> Callable[..., Any]:
    def put(backend: EventsBackend, events: Sequence[Mapping[str, Any]]) -> Any:
        if len(events) > _MAXIMUM_ENTRIES:
            return put_events(backend, events)
        return [put_one(backend, event) for event in events]

    def put_one(backend: EventsBackend, event: Mapping[str, Any]) -> Any:
        if str(event.get("Source", "")).startswith("aws."):
            # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html
            message = "Not authorized for the source"
            return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": message}
        bus = event.get("EventBusName") or "default"
        event = {"Time": now().timestamp(), **event}
        if bus.startswith("arn:") and not bus.startswith(home):
            sent = elsewhere()
            if sent is None or bus.split(":")[3] != backend.region_name:
                # Another account's bus must let us in by its policy, and is called in its own region.
                # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
                message = f"Not authorized to perform: events:PutEvents on resource: {bus}"
                return {"ErrorCode": "AccessDeniedException", "ErrorMessage": message}
            sent.append(SentEvent(bus, _as_sent(_envelope(backend, event))))
            return {"EventId": sent[-1].event["id"]}
        if bus.removeprefix(home) not in backend.event_buses:
            # EventBridge takes an event for a bus that does not exist, and drops it.
            # https://github.com/aws/aws-cli/issues/9186
            return {"EventId": str(uuid.uuid4())}
        (entry,) = put_events(backend, [event])
        return entry

    return put


def _envelope(backend: EventsBackend, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """An event as moto makes it of what was put."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": event["DetailType"],
        "source": event["Source"],
        "account": backend.account_id,
        "time": event["Time"],
        "region": backend.region_name,
        "resources": event.get("Resources", []),
        "detail": json.loads(event["Detail"]),
    }


def _send_to_functions(waiting: deque[WaitingEvent], now: Callable[[], datetime]) -> Callable[..., None]:
    def send(rule: Rule, original_event: Mapping[str, Any], **_: Any) -> None:
        event = _as_sent(original_event)
        pattern: Any = rule.event_pattern
        if rule.state == "DISABLED" or not pattern.matches_event(event):
            return
        for target in rule.targets:
            waiting.append(WaitingEvent(target["Arn"], target_input(target, event, rule, now())))

    return send


def _as_sent(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html"""
    time = _iso(datetime.fromtimestamp(float(event["time"]), UTC))
    names = ("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail")
    return {name: time if name == "time" else event[name] for name in names}


def target_input(target: Mapping[str, Any], event: Mapping[str, Any], rule: Rule, ingested: datetime) -> object:
    """What a target of a rule gets for an event. Raises InvalidInput if that is no JSON."""
    if "Input" in target:
        return json.loads(target["Input"])
    if "InputPath" in target:
        return _value_at(target["InputPath"], event)
    if "InputTransformer" not in target:
        return event
    paths = target["InputTransformer"].get("InputPathsMap", {})
    variables = {name: _value_at(path, event) for name, path in paths.items()}
    variables |= {
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.name,
        "aws.events.event.ingestion-time": _iso(ingested),
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }
    return _filled_in(target["InputTransformer"]["InputTemplate"], variables)


def _filled_in(template: str, variables: Mapping[str, object]) -> object:
    """Fill in a template: a text is quoted if the template does not quote it, and nothing within quotes is escaped.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """

    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        if name not in variables:
            raise InvalidInput(f"the input template has <{name}>, which is no variable")
        value = variables[name]
        quoted = len(_QUOTATION_MARK.findall(template[: match.start()])) % 2 == 1
        return value if quoted and isinstance(value, str) else json.dumps(value)

    text = _VARIABLE.sub(value_of, template)
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"an input template makes no JSON of an event ({error}): {text}") from error


def _value_at(path: str, event: object) -> object:
    """The value at a JSON path; nothing there is an empty text."""
    value = event
    steps = path.removeprefix("$")
    if not path.startswith("$") or _PATH_STEP.sub("", steps):
        raise InvalidInput(f"the local cloud can't follow the path {path}")
    for name, index in _PATH_STEP.findall(steps):
        if name and isinstance(value, Mapping) and name in value:
            value = value[name]
        elif index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            return ""
    return value


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
