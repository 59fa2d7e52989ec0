"""Captured events, as people have them in files."""

import gzip
import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ses_reputation_local.captures import STANDARD_INPUT, CaptureError, read_captures

EVENTS = Path(__file__).parents[1] / "events"
SEND = json.loads((EVENTS / "configuration-set/send.json").read_text())
BOUNCE = json.loads((EVENTS / "configuration-set/bounce.json").read_text())


def capture(tmp_path: Path, content: str | bytes, name: str = "capture.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def kinds(*paths: Path) -> list[str]:
    """What was read, in order: the event's type, or what is no event."""
    return [type(c.event).__name__ if c.event else f"unreadable {c.text}" for c in read_captures(paths)]


def test_one_event_printed_over_many_lines_is_one_event(tmp_path: Path) -> None:
    assert kinds(capture(tmp_path, json.dumps(SEND, indent=2))) == ["Send"]


def test_json_lines_are_an_event_each_and_a_broken_line_is_one_too(tmp_path: Path) -> None:
    lines = [json.dumps(SEND), "", '{"eventType": "Bou', json.dumps(BOUNCE), "  "]
    assert sorted(kinds(capture(tmp_path, "\n".join(lines)))) == ["Bounce", "Send", 'unreadable {"eventType": "Bou']


def test_windows_line_ends_and_a_byte_order_mark_are_no_matter(tmp_path: Path) -> None:
    text = "\ufeff" + "\r\n".join([json.dumps(SEND), json.dumps(BOUNCE)]) + "\r\n"
    assert kinds(capture(tmp_path, text)) == ["Send", "Bounce"]


def test_a_line_separator_within_a_text_ends_no_line(tmp_path: Path) -> None:
    odd = json.dumps({**SEND, "note": "one\u2028two"}, ensure_ascii=False)
    assert kinds(capture(tmp_path, f"{odd}\n{odd}")) == ["Send", "Send"]


def test_an_array_may_hold_events_in_any_envelope_and_anything_else(tmp_path: Path) -> None:
    envelope = {"Type": "Notification", "Message": json.dumps(SEND)}
    assert sorted(kinds(capture(tmp_path, json.dumps([SEND, envelope, json.dumps(BOUNCE), 7, None])))) == [
        "Bounce",
        "Send",
        "Send",
        "unreadable 7",
        "unreadable null",
    ]


def test_a_lambda_event_is_as_many_events_as_it_has_records() -> None:
    assert sorted(k.split()[0] for k in kinds(EVENTS / "envelopes/sns-in-sqs-mixed.json")) == [
        "Bounce",
        "Bounce",
        "Uncounted",
        "unreadable",
    ]


def test_a_folder_is_read_with_its_folders_and_without_its_other_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    capture(tmp_path / "deep", json.dumps(SEND), "a.json")
    capture(tmp_path, gzip.compress(json.dumps(BOUNCE).encode()), "b.ndjson.gz")
    capture(tmp_path, "not an event", "README.md")
    assert kinds(tmp_path) == ["Send", "Bounce"]


def test_a_file_that_is_named_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    assert kinds(capture(tmp_path, json.dumps(SEND), "events.log")) == ["Send"]


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(SEND).encode())))
    assert kinds(STANDARD_INPUT) == ["Send"]


def test_an_empty_file_holds_no_events(tmp_path: Path) -> None:
    assert kinds(capture(tmp_path, "")) == []
    assert kinds(capture(tmp_path, "\n \n")) == []


def test_bytes_that_are_no_text_are_unreadable_events(tmp_path: Path) -> None:
    (kind,) = kinds(capture(tmp_path, b"\xff\xfe\x00\x80"))
    assert kind.startswith("unreadable")


def test_events_are_in_order_of_their_own_time_and_what_has_none_keeps_its_place(tmp_path: Path) -> None:
    late = {**SEND, "mail": {**SEND["mail"], "timestamp": "2026-03-09T00:00:00Z"}}
    lines = ["first", json.dumps(late), "behind the late one", json.dumps(SEND)]
    captured = read_captures([capture(tmp_path, "\n".join(lines))])
    assert [c.text if c.event is None else "" for c in captured] == ["", "first", "", "behind the late one"]
    assert captured[-1].time == datetime(2026, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nowhere.json", None, "there is no such file or folder"),
        ("broken.json.gz", b"no gzip", "broken.json.gz"),
        ("cut.json.gz", gzip.compress(b"x" * 1000, mtime=0)[:20], "cut.json.gz"),
    ],
    ids=["nothing there", "not gzip", "half of a gzip"],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    path = capture(tmp_path, content, name) if content is not None else tmp_path / name
    with pytest.raises(CaptureError, match=message):
        read_captures([path])


def test_a_folder_without_events_says_what_it_looks_for(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"no file in this folder ends with \.json"):
        read_captures([tmp_path])
