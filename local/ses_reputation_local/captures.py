"""Captures: events that were recorded somewhere, read back from files.

A file holds one event, JSON lines, or a JSON array; each may be in any envelope, or a whole Lambda event with several.
"""

import gzip
import sys
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from ses_reputation.domain.events import Event
from ses_reputation.ses_events import UnreadableEvent, messages_in, read_event

STANDARD_INPUT = Path("-")
SUFFIXES = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")
"""The files of a folder that are read; a file that is named itself is read whatever it is called."""


class CaptureError(ValueError):
    """There is nothing to read at a path; the text says why."""


class Captured(Struct, frozen=True):
    """One event as it was recorded: the text of its message, and the event in it, None if that is unreadable.

    `time` is its own, or else that of what it was recorded after.
    """

    text: str
    event: Event | None
    time: datetime


def read_captures(paths: Sequence[Path]) -> list[Captured]:
    """Every event at these paths, in order of their own time.

    What has no time of its own (a set-up message, something unreadable) keeps its place behind what it was recorded
    after. Raises CaptureError for a path where nothing is, or nothing could be.
    """
    read = [(text, _event(text)) for path in paths for text in _texts(path)]
    time = next((event.time for _, event in read if event and event.time), datetime(2000, 1, 1, tzinfo=UTC))
    captured: list[Captured] = []
    for text, event in read:
        time = (event and event.time) or time
        captured.append(Captured(text, event, time))
    return sorted(captured, key=lambda capture: capture.time)


def _event(text: str) -> Event | None:
    try:
        return read_event(text)
    except UnreadableEvent:
        return None


def _texts(path: Path) -> Iterator[str]:
    if path == STANDARD_INPUT:
        yield from _messages(sys.stdin.buffer.read())
    elif _is_folder(path):
        files = sorted(file for file in path.rglob("*") if file.is_file() and file.name.endswith(SUFFIXES))
        if not files:
            raise CaptureError(
                f"{path}: no file in this folder ends with {', '.join(SUFFIXES[:3])} (or these with .gz)"
            )
        for file in files:
            yield from _messages(_contents(file))
    else:
        yield from _messages(_contents(path))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:  # what is far too long to be a name, say
        raise CaptureError(f"{path}: {error}") from error


def _contents(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix == ".gz" else data
    except FileNotFoundError as error:
        raise CaptureError(f"{path}: there is no such file or folder") from error
    except (OSError, EOFError, zlib.error) as error:
        raise CaptureError(f"{path}: {error}") from error


def _messages(data: bytes) -> Iterator[str]:
    """The text of each message: of the one document that the data is, or else of each of its lines."""
    text = data.decode("utf-8-sig", errors="replace")
    try:
        yield from _messages_of(msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError):
        for line in text.split("\n"):  # and at nothing else that Python calls a line end: JSON may hold those
            if line.strip():
                yield from _messages_of_line(line)


def _messages_of_line(line: str) -> Iterator[str]:
    try:
        document = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        yield line
        return
    if isinstance(document, dict) and "Records" not in document:
        yield line  # As it was recorded, rather than written again.
    else:
        yield from _messages_of(document)


def _messages_of(document: object) -> Iterator[str]:
    if isinstance(document, list):
        for element in document:
            yield from _messages_of(element)
    elif isinstance(document, str):
        yield document
    else:
        yield from (body for _, body in messages_in(document))
