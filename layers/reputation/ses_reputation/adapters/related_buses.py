"""The event buses of other deployments, which hear of it when this account shuts down."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from ses_reputation.finding_events import SOURCE, STATUS_CHANGED
from ses_reputation.notices.alert import Alert

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
MOST_ENTRIES = 10


class NotTold(RuntimeError):
    """A related account's bus did not take an event; the text says which, and why."""


class EventBridgeRelatedBuses:
    """Puts alerts on the buses with these ARNs; there may be none."""

    def __init__(self, client: "EventBridgeClient", *, bus_arns: Sequence[str]) -> None:
        self._client = client
        self._bus_arns = bus_arns

    def publish(self, alert: Alert) -> str:
        """Tell every bus; the ids of the events. NotTold if one refuses: the others may then hear of it twice."""
        detail = msgspec.json.encode(alert).decode()
        told: list[str] = []
        for start in range(0, len(self._bus_arns), MOST_ENTRIES):
            arns = self._bus_arns[start : start + MOST_ENTRIES]
            answer = self._client.put_events(
                Entries=[
                    {"EventBusName": arn, "Source": SOURCE, "DetailType": STATUS_CHANGED, "Detail": detail}
                    for arn in arns
                ]
            )
            for arn, entry in zip(arns, answer["Entries"], strict=True):
                if "EventId" not in entry:
                    raise NotTold(f"{arn}: {entry.get('ErrorMessage')} ({entry.get('ErrorCode')})")
                told.append(entry["EventId"])
        return ",".join(told)
