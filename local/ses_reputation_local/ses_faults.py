"""What can go wrong between a client and SES: errors, answers that never come, and SES's pace."""

import math
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from ses_reputation_local.ses_operations import UNPACED, Operation


@dataclass
class Fault:
    """What goes wrong with the next requests, or with all of them. Without a code, there is no answer."""

    code: str | None
    carried_out: bool
    times: int | None
    final: bool


class Faults:
    """What goes wrong, by operation, in the order in which it was asked for.

    boto3 tries again after an error that may pass, as with AWS: each of its attempts is a request here, and what it
    waits between them is in `waits`, in seconds. It does not really wait, nor does the cloud's time go on.
    """

    def __init__(self) -> None:
        # Whether SES takes one request a second of each operation, by the cloud's time and what boto3 waited. It does
        # so for all but sending and a few others. https://docs.aws.amazon.com/ses/latest/dg/quotas.html
        self.pace = False
        self.waits: list[float] = []
        self._waited = 0
        self._last: dict[Operation, int] = {}
        self._ahead: dict[Operation, deque[Fault]] = {}

    def fail(self, operation: str, code: str, *, times: int | None = None, final: bool = False) -> None:
        """Let the next so many requests for an operation, or all from now on, end in this error without any effect.

        An empty code ends that. Is it `final`, then `times` are calls instead of requests: boto3 may try a call again,
        but each attempt ends like the first. Raises ValueError for an operation that is not answered here.
        """
        if code:
            self._add(Operation(operation), Fault(code, carried_out=False, times=times, final=final))
        else:
            self._ahead.pop(Operation(operation), None)

    def time_out(self, operation: str, *, carried_out: bool, times: int | None = None, final: bool = False) -> None:
        """Let requests for an operation get no answer: SES carried them out, or never got them. Otherwise like fail."""
        self._add(Operation(operation), Fault(None, carried_out=carried_out, times=times, final=final))

    def next(self, operation: Operation, earlier: Fault | None) -> Fault | None:
        """What goes wrong with a request, given what went wrong with its call before."""
        if earlier is not None and earlier.final:
            return earlier
        ahead = self._ahead.get(operation)
        if not ahead:
            return None
        fault = ahead[0]
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                ahead.popleft()
        return fault

    def is_too_fast(self, operation: Operation, now: datetime) -> bool:
        """Whether SES refuses a request since it took another in the same second; if it does not, it takes this one."""
        second = int(now.timestamp()) + self._waited
        if not self.pace or operation in UNPACED:
            return False
        if self._last.get(operation) == second:
            return True
        self._last[operation] = second
        return False

    def wait(self, duration: float) -> None:
        """Take note that boto3 waits some seconds: for the pace, it goes on when the next second has begun. A test that
        hands this in where code sleeps need not sleep either.
        """
        self.waits.append(duration)
        self._waited += max(1, math.ceil(duration))

    def _add(self, operation: Operation, fault: Fault) -> None:
        if fault.times is None:
            self._ahead[operation] = deque([fault])
        else:
            self._ahead.setdefault(operation, deque()).append(fault)
