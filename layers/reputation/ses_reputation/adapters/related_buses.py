"""The event buses of other deployments, which hear of it when this account shuts down."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from ses_reputation.finding_events import SOURCE, STATUS_CHANGED
from ses_reputation.notices.alert import Alert

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
MOST_ENTRIES = 10


class NotTold(RuntimeError):
    """Related accounts' buses did not take an event; the text says which, and why."""


class EventBridgeRelatedBuses:
    """Puts alerts on the buses with these ARNs; there may be none. `client_in` makes the client of a region."""

    def __init__(self, client_in: "Callable[[str], EventBridgeClient]", *, bus_arns: Sequence[str]) -> None:
        self._client_in = client_in
        self._bus_arns = bus_arns

    def publish(self, alert: Alert) -> str:
        """Tell every bus; the ids of the events. NotTold if any refuses: the others may then hear of it twice."""
        detail = msgspec.json.encode(alert).decode()
        told: list[str] = []
        refused: list[str] = []
        for region, arns in self._batches():
            try:
                answer = self._client_in(region).put_events(
                    Entries=[
                        {"EventBusName": arn, "Source": SOURCE, "DetailType": STATUS_CHANGED, "Detail": detail}
                        for arn in arns
                    ]
                )
            except Exception as error:  # noqa: BLE001 - whatever is wrong with some buses, the others still hear of it
                refused += (f"{arn}: {error}" for arn in arns)
                continue
            for arn, entry in zip(arns, answer["Entries"], strict=True):
                if "EventId" in entry:
                    told.append(entry["EventId"])
                else:
                    refused.append(f"{arn}: {entry.get('ErrorMessage')} ({entry.get('ErrorCode')})")
        if refused:
            raise NotTold("; ".join(refused))
        return ",".join(told)

    def _batches(self) -> Iterator[tuple[str, Sequence[str]]]:
        """The buses of each region, as many as one request takes: EventBridge refuses a bus of another region."""
        for region, arns in groupby(sorted(self._bus_arns, key=_region), key=_region):
            buses = list(arns)
            for start in range(0, len(buses), MOST_ENTRIES):
                yield region, buses[start : start + MOST_ENTRIES]


def _region(arn: str) -> str:
    return arn.split(":")[3]
