"""The samples in events/ are true, coherent and complete."""

import hashlib
import ipaddress
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ses_reputation.domain.connections import FEEDBACK_EVENTS, VOLUME_EVENTS
from ses_reputation.domain.counting import Entry, entries
from ses_reputation.domain.providers import AddressBook
from ses_reputation.ses_events import Message, UnreadableEvent, read_event, read_invocation
from ses_reputation_local.ses_mail import BODY_KEYS, NOTIFICATION_TYPES, EventType

EVENTS = Path(__file__).parents[1] / "events"
SAMPLES = sorted(EVENTS.glob("*/*.json"))
EXAMPLE_DOMAIN = re.compile(r"[\w.-]+\.example")
DOCUMENTATION = [ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24")]


def name_of(path: Path) -> str:
    return str(path.relative_to(EVENTS))


def load(name: str) -> Any:
    return json.loads((EVENTS / name).read_text())


def counted(name: str) -> set[tuple[str, str]]:
    """The keys under which a sample's events are counted."""
    return {entry.key for message in read_invocation(load(name)) for entry in _entries(message)}


def _entries(message: Message) -> Iterator[Entry]:
    if message.event is not None:
        yield from entries(message.event, AddressBook())


@pytest.mark.parametrize("path", SAMPLES, ids=name_of)
def test_a_sample_is_printed_to_be_read(path: Path) -> None:
    assert path.read_text() == json.dumps(json.loads(path.read_text()), indent=2, ensure_ascii=False) + "\n"


def test_every_event_type_of_a_configuration_set_has_a_sample() -> None:
    samples = [load(name_of(path)) for path in EVENTS.glob("configuration-set/*.json")]
    assert {sample["eventType"] for sample in samples} == set(EventType)
    assert all(sample.keys() == {"eventType", "mail", BODY_KEYS[sample["eventType"]]} for sample in samples)


def test_what_is_counted_is_what_ses_is_asked_for() -> None:
    """A type that is counted and not connected counts nothing; one that is connected and not counted costs money."""
    samples = EVENTS.glob("configuration-set/*.json")
    counting = {load(name_of(path))["eventType"] for path in samples if counted(name_of(path))}
    asked_for = frozenset[str]().union(*FEEDBACK_EVENTS.values(), *VOLUME_EVENTS.values())
    assert {re.sub(r"(?<=[a-z])(?=[A-Z])| ", "_", kind).upper() for kind in counting} == asked_for


def test_every_notification_of_an_identity_has_a_sample() -> None:
    samples = [load(name_of(path)) for path in EVENTS.glob("identity/*.json")]
    assert {sample["notificationType"] for sample in samples} == NOTIFICATION_TYPES
    assert all("tags" not in sample["mail"] for sample in samples)


@pytest.mark.parametrize(
    "path", [p for p in SAMPLES if p.parent.name in {"configuration-set", "identity", "set-up"}], ids=name_of
)
def test_a_sample_is_read_without_complaint(path: Path) -> None:
    assert read_event(path.read_text())


def test_the_text_that_confirms_an_event_destination_is_read() -> None:
    assert read_event((EVENTS / "set-up/configuration-set.txt").read_text())


@pytest.mark.parametrize("kind", ["bounce", "complaint"])
def test_both_formats_tell_of_the_same_feedback_and_count_it_once(kind: str) -> None:
    assert counted(f"configuration-set/{kind}.json") == counted(f"identity/{kind}.json")
    assert len(counted(f"identity/{kind}.json")) == 1


@pytest.mark.parametrize("path", sorted(EVENTS.glob("envelopes/*.json")), ids=name_of)
def test_every_envelope_holds_the_same_bounce(path: Path) -> None:
    assert counted(name_of(path)) == counted("configuration-set/bounce.json")


def test_the_mixed_batch_has_one_message_that_nobody_can_read() -> None:
    messages = read_invocation(load("envelopes/sns-in-sqs-mixed.json"))
    assert [message.problem is None for message in messages] == [True, False, True, True]
    with pytest.raises(UnreadableEvent):
        read_event(messages[1].body)


@pytest.mark.parametrize("path", sorted(EVENTS.glob("envelopes/*-sqs*.json")), ids=name_of)
def test_the_checksum_of_a_queues_message_is_right(path: Path) -> None:
    for record in load(name_of(path))["Records"]:
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("path", SAMPLES, ids=name_of)
def test_a_sample_names_nobody_real(path: Path) -> None:
    text = path.read_text()
    assert set(re.findall(r"(?<![\w.])\d{12}(?!\w)", text)) <= {"123456789012"}
    assert all(EXAMPLE_DOMAIN.fullmatch(domain) for domain in re.findall(r"@([\w-]+(?:\.[\w-]+)+)", text))
    for address in re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text):
        assert any(ipaddress.ip_address(address) in network for network in DOCUMENTATION)


def test_the_readme_names_every_envelope_and_story() -> None:
    readme = (EVENTS / "README.md").read_text()
    for path in (*EVENTS.glob("envelopes/*"), *EVENTS.glob("stories/*")):
        assert path.name in readme
