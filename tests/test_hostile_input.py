"""What somebody sends who means no good is read, or refused with the reason, and can always be kept."""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from ses_reputation.adapters.keys import feedback_of
from ses_reputation.domain.recipients import MAX_ADDRESS
from ses_reputation.ses_events import MAX_NAME, TagNames
from ses_reputation_cli.main import main
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.server import Clock, Server, address_of, listening, serving
from tests.fuzz.entry_points import TAGS, Desk, Recording, entry_points, in_queue
from tests.fuzz.fuzzing import Covered, fuzz
from tests.fuzz.seeds import EVENTS, of_findings
from tests.fuzz.stores import MAX_ITEM, MAX_TRANSACTION, Sqs

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
BOUNCE: dict[str, Any] = json.loads((EVENTS / "configuration-set" / "bounce.json").read_text())
COMPLAINT: dict[str, Any] = json.loads((EVENTS / "configuration-set" / "complaint.json").read_text())
# Characters of four bytes, of which a name can have 64.
WIDE = "\U0001f4a9"
LINE = "\u202e\x1b[31m[/bold]"


# -- Mutations ---------------------------------------------------------------------------------------------------------


def test_a_thousand_mutated_events_commands_and_files_are_read_or_refused() -> None:
    """`make fuzz` tries a million."""
    covered = Covered()
    for part in fuzz(seed=7, numbers=range(1_000), large=0, bounded=False):
        covered.add(part)
    assert not covered.findings, covered.findings[0].what
    assert covered.entries.total() == 1_000
    assert len(covered.entries) == 8
    assert len(covered.mutations) == 21
    assert len(covered.outcomes) > 100


# -- The largest events ------------------------------------------------------------------------------------------------


def named(event: dict[str, Any], number: int) -> dict[str, Any]:
    """An event whose names are as long as they can be, and like no other's."""

    def name(what: str) -> str:
        return f"{what}{number}".ljust(16) + WIDE * ((MAX_NAME - 16) // 4)

    tags = {"ses:configuration-set": [name("s")], "ses:tenant-name": [name("t")]}
    tags |= {f"tag-{n}": [name(f"{n}")] for n in range(10)}
    mail = {**event["mail"], "messageId": name("m"), "sourceArn": f"arn:aws:ses:x:1:identity/{name('d')}", "tags": tags}
    return {**event, "mail": mail}


def address(number: int) -> str:
    return f"{number}".ljust(MAX_ADDRESS - 12, "x") + "@example.com"


def largest_bounce(number: int) -> str:
    """50 recipients, each with all that a server can say: more than SNS and SQS take, which is 256 KB here."""
    recipients = [
        {"emailAddress": address(n), "status": "5.1.1" * 20, "diagnosticCode": WIDE * 1_000} for n in range(50)
    ]
    event = named(BOUNCE, number)
    return json.dumps({**event, "bounce": {**event["bounce"], "bouncedRecipients": recipients}}, ensure_ascii=False)


def largest_complaint(number: int) -> str:
    suspects = [{"emailAddress": address(n), "diagnosticCode": WIDE * 1_000} for n in range(50)]
    event = named(COMPLAINT, number)
    return json.dumps({**event, "complaint": {**event["complaint"], "complainedRecipients": suspects}})


@pytest.mark.parametrize("body", [largest_bounce, largest_complaint])
def test_a_batch_of_the_largest_events_fits_into_items_and_transactions(body: Any) -> None:
    """What could never be written would come again for ever, and its batch with it."""
    recording = Recording(TagNames(scopes=tuple(f"tag-{n}" for n in range(10))))
    bodies = [body(number) for number in range(10)]
    invocation = {"Records": [{"messageId": f"{n}", "body": each} for n, each in enumerate(bodies)]}
    assert recording.record(invocation) == "counted"
    largest = recording.dynamodb.largest
    assert largest["actions"] <= 100
    assert largest["item"] < MAX_ITEM
    assert largest["transaction"] < MAX_TRANSACTION / 2


def test_what_a_batch_of_bounces_with_ten_tags_of_their_own_lists_fits_into_items() -> None:
    """250 bounces name 3,250 scopes, each with a name that takes 256 bytes, and more as JSON."""
    recording = Recording(TagNames(scopes=tuple(f"tag-{n}" for n in range(10))))
    bodies = [json.dumps(named(BOUNCE, number)) for number in range(250)]
    invocation = {"Records": [{"messageId": f"{n}", "body": each} for n, each in enumerate(bodies)]}
    assert recording.record(invocation) == "counted"
    assert (
        recording.dynamodb.items["receipts", feedback_of(datetime.fromisoformat(BOUNCE["bounce"]["timestamp"]).date())]
        > 1
    )
    assert MAX_ITEM / 4 < recording.dynamodb.largest["item"] < MAX_ITEM


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("messageId", WIDE * 65),
        ("sourceArn", f"arn:aws:ses:x:1:identity/{WIDE * 65}"),
        ("tags", {"ses:tenant-name": [WIDE * 65]}),
        ("tags", {"campaign": ["é" * 129]}),
    ],
    ids=["the message id", "the identity", "the tenant", "a tag"],
)
def test_names_are_measured_in_bytes(path: str, value: object) -> None:
    recording = Recording(TAGS)
    event = {**BOUNCE, "mail": {**BOUNCE["mail"], path: value}}
    assert "bytes, more than SES allows" in recording.record(in_queue(json.dumps(event)))


def test_a_bounce_type_without_end_is_refused_also_where_the_subtype_says_all() -> None:
    bounce = {**BOUNCE["bounce"], "bounceType": "x" * 500_000, "bounceSubType": "OnAccountSuppressionList"}
    assert "bounce.bounceType has 500000 bytes" in Recording(TAGS).record(
        in_queue(json.dumps({**BOUNCE, "bounce": bounce}))
    )


# -- What is set apart -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    ['{"Type": "\\u0000\\u0001"}', "half a character: \ud800", '{"Type": "\\uffff"}'],
    ids=["with a reason that quotes NUL", "with half a character", "with a reason that quotes what is no character"],
)
def test_poison_keeps_back_no_poison_beside_it(body: str) -> None:
    """SQS takes all of a batch that is well formed, or nothing."""

    class Queue(Sqs):
        def send_message_batch(self, **request: Any) -> Any:
            sent.extend(request["Entries"])
            return super().send_message_batch(**request)

    sent: list[dict[str, Any]] = []
    recording = Recording(TAGS, Queue())
    recording.record({"Records": [{"messageId": f"{n}", "body": each} for n, each in enumerate([body, "{", body])]})
    assert len(sent) == 3


def test_a_finding_from_a_source_without_end_is_set_apart_and_makes_no_alert_that_sns_never_takes() -> None:
    invocation = json.loads(of_findings()[0].text)
    del invocation["event"]["detail"]["source"]
    invocation["event"]["source"] = "\0" * 10_000
    assert "source" in Desk().finding_reported(invocation)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"detail":' * 5_000 + "1" + "}" * 5_000], ids=["open", "closed"])
def test_nesting_without_end_ends_no_batch(text: str) -> None:
    points = entry_points()
    mail = json.dumps({**BOUNCE, "mail": {**BOUNCE["mail"], "headers": 0}}).replace(
        '"headers": 0', f'"headers": {text}'
    )
    for name in ("record_feedback, a message", "suppress_recipients", "enforce_status", "replay, a file"):
        for body in (text, mail):
            points[name].read(body.encode(), Random(1))  # noqa: S311 - nothing secret depends on it


# -- The command line --------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a hostile argument has a command write is written into a folder that is thrown away."""
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> str:
    """What a command says, which must be more than a traceback, and must not turn or hide what is around it."""
    result = CliRunner().invoke(main, arguments, obj=NOW)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert all(character.isprintable() or character in "\n\t" for character in result.output)
    return result.output


MALFORMED: dict[str, tuple[tuple[str, ...], str]] = {
    "a name that turns what is around it": (("status", f"tenant/{LINE}"), "nothing is known of tenant/??[31m[/bold]"),
    "half a character": (("status", "tenant/\ud800"), "is no text in UTF-8"),
    "a name that looks like a style": (
        ("feedback", "--kind", "bounce", "--scope", "tenant/[/bold]"),
        "tenant/[/bold] is known",
    ),
    "a report about such a name": (("report", "spamtrap", "--scope", f"tenant/{LINE}", "--evidence", "x"), "[/bold]"),
    "a text without end": (("report", "spamtrap", "--scope", "tenant/a", "--evidence", "x" * 1_501), "length <= 1500"),
    "NUL": (("report", "spamtrap", "--scope", "tenant/a", "--evidence", "a\0b"), "no control characters"),
    "a scope without end": (("report", "spamtrap", "--scope", f"tenant/{'x' * 2_000}", "--evidence", "x"), "<= 1000"),
    "an id that turns what is around it": (("decide", LINE, "lift", "--note", "x"), "??[31m[/bold]"),
    "a number without end": (("decide", "x", "extend", "--days", "9" * 500, "--note", "x"), "--days"),
    "a time without end": (("changes", "--since", "9" * 400), "is no time"),
}


def test_a_malformed_command_is_answered_with_the_reason() -> None:
    with (
        closing(listening("127.0.0.1", 0)) as listener,
        LocalCloud(address=address_of(listener)) as cloud,
        serving(Server(cloud, Clock(NOW)), listener),
    ):
        cloud.now = NOW
        for what, (arguments, said) in MALFORMED.items():
            assert said in run(*arguments), what


def test_names_in_captured_events_can_not_turn_hide_or_style_what_is_shown(tmp_path: Path) -> None:
    event = json.loads(largest_bounce(1))
    event["mail"]["tags"] = {"ses:tenant-name": [LINE], "ses:configuration-set": ["[/]"]}
    (tmp_path / "one.json").write_text(json.dumps(event))
    said = run("replay", str(tmp_path / "one.json"))
    assert "tenant/??[31m[/bold]" in said
    assert "configuration-set/[/]" in said


def test_a_path_that_can_be_none_is_told(tmp_path: Path) -> None:
    assert "too long" in run("replay", "x" * 5_000)
    (tmp_path / "damaged.json.gz").write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x00\x00\xff\xff\xff")
    assert "damaged.json.gz" in run("replay", str(tmp_path / "damaged.json.gz"))
