"""The local experience: the help of every command, the demo, and a replay of a hundred thousand captured events."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any, Final

import msgspec
from msgspec import Struct

from benchmarks.figures import Figure
from ses_reputation_cli.main import COMMANDS

EVENTS: Final = 100_000
PACE: Final = timedelta(days=7) / EVENTS
QUICK: Final = ("replay", "status")

_ROOT: Final = Path(__file__).parents[1]
_COMMAND: Final = Path(sys.executable).with_name("ses-reputation")

# How many of a thousand events are of which kind.
_KINDS: Final = (("Send", 500), ("Delivery", 480), ("Bounce", 18), ("Complaint", 2))
_PROVIDERS: Final = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "mailbox.example")


class Ran(Struct, frozen=True):
    """What a command took: in seconds, and in MB."""

    cpu: float
    wall: float
    memory: float


def measure(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - as every part is called
    """Help of every command, by turns; then the demo, and a replay."""
    helps: dict[str, list[Ran]] = {name: [] for name in (QUICK if quick else COMMANDS)}
    for _ in range(1 if quick else 3):
        for name, measured in helps.items():
            measured.append(_ran(name, "--help"))
    cpu = {name: median(run.cpu for run in measured) for name, measured in helps.items()}
    slowest = max(cpu, key=lambda name: cpu[name])
    yield Figure("local", "help", "all commands", 1000 * median(cpu.values()), "ms of CPU", "median")
    yield Figure("local", "help", slowest, 1000 * cpu[slowest], "ms of CPU", "the slowest")
    wall = max(median(run.wall for run in measured) for measured in helps.values())
    yield Figure("local", "help", "the slowest", 1000 * wall, "ms", "until it is there")
    if not quick:
        yield from _figures("demo", _ran("demo", "--no-serve"))
    events = 300 if quick else EVENTS
    capture = _ROOT / "build" / "replay.jsonl"
    capture.parent.mkdir(exist_ok=True)
    capture.write_bytes(b"\n".join(map(msgspec.json.encode, captured(events))))
    ran = _ran("replay", str(capture))
    yield from _figures(f"replay of {events:,} events", ran)
    yield Figure("local", f"replay of {events:,} events", "events", events / ran.cpu, "per CPU second")
    capture.unlink()


def _figures(case: str, ran: Ran) -> Iterator[Figure]:
    yield Figure("local", case, "CPU", ran.cpu, "s")
    yield Figure("local", case, "time", ran.wall, "s")
    yield Figure("local", case, "most memory", ran.memory, "MB")


def _ran(*arguments: str) -> Ran:
    """Run the command, with its files compiled, as they are when it is run a second time."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = monotonic()
    process = subprocess.Popen([_COMMAND, *arguments], env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"ses-reputation {' '.join(arguments)} failed")
    return Ran(used.ru_utime + used.ru_stime, monotonic() - started, used.ru_maxrss / 1024)


def captured(events: int) -> Iterator[Any]:
    """So many events, 14,000 a day, as a configuration set publishes them: four of a hundred messages bounce."""
    drawn = random.Random(8)  # noqa: S311 - the same ones each time
    first = datetime(2026, 3, 2, tzinfo=UTC)
    kinds: Sequence[str] = [kind for kind, share in _KINDS for _ in range(share)]
    for number in range(events):
        time = first + number * PACE
        yield _event(drawn.choice(kinds), number, time, f"reader-{number}@{drawn.choice(_PROVIDERS)}")


def _event(kind: str, number: int, time: datetime, recipient: str) -> Any:
    said = time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    bounced = {"emailAddress": recipient, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 unknown"}
    details: Mapping[str, Mapping[str, Any]] = {
        "Send": {},
        "Delivery": {
            "timestamp": said,
            "recipients": [recipient],
            "smtpResponse": "250 ok",
            "processingTimeMillis": 546,
        },
        "Bounce": {
            "timestamp": said,
            "feedbackId": f"feedback-{number}",
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [bounced],
        },
        "Complaint": {
            "timestamp": said,
            "feedbackId": f"feedback-{number}",
            "complainedRecipients": [{"emailAddress": recipient}],
            "complaintFeedbackType": "abuse",
        },
    }
    mail = {
        "timestamp": said,
        "source": "news@shop.example",
        "sourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/shop.example",
        "messageId": f"message-{number}",
        "destination": [recipient],
        "tags": {"ses:configuration-set": ["newsletter"], "ses:from-domain": ["shop.example"]},
    }
    return {"eventType": kind, "mail": mail, kind.lower(): details[kind]}
