"""SES's pace: one call a second of each action, whoever makes it.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html
"""

from collections.abc import Callable

SECONDS_BETWEEN_CALLS = 1.0


class Pace:
    """Waits before a call until a second has passed since the last of the same action from here.

    `sleep` waits for so many seconds; `seconds` is a clock that never goes back. Others in the account have the same
    second: what SES then refuses, boto3 asks again.
    """

    def __init__(self, sleep: Callable[[float], None], seconds: Callable[[], float]) -> None:
        self._sleep = sleep
        self._seconds = seconds
        self._next: dict[str, float] = {}

    def wait(self, action: str) -> None:
        """Wait until this action may be called."""
        now = self._seconds()
        begin = max(now, self._next.get(action, now))
        if begin > now:
            self._sleep(begin - now)
        self._next[action] = begin + SECONDS_BETWEEN_CALLS
