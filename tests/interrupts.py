"""Ctrl-C for what runs long: it begins nothing new, tells what it has, and ends; the second time it ends at once."""

import signal
from threading import Event
from types import FrameType


def interrupted() -> Event:
    """Is set once somebody presses Ctrl-C. Only the main thread may ask."""
    event = Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        event.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, stop)
    return event


def ignore_interrupts() -> None:
    """For a process at work for another one, which hears of Ctrl-C itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
