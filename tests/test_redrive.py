"""Dead letters are looked at, sent back and discarded; whatever is sent back, and however often, counts once."""

import errno
import json
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from ses_reputation.adapters.dead_letter_queues import DeadLetterQueues
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.scopes import Scope
from ses_reputation.redrive import (
    ENCRYPTED,
    GIVEN_UP,
    MAX_SHOWN,
    Discarded,
    Letter,
    Origin,
    Subject,
    Unreadable,
    discard,
    invocation_of,
    reason_of,
    retry,
    subject_of,
)
from ses_reputation_local.cloud import LocalCloud
from tests.command import Command
from tests.test_whole_path import EVENTS, MORNING, mail, publish, totals

NOW = MORNING + timedelta(days=1)
GARBAGE = "no JSON, from jon@mailbox.example"
TENANT = Scope("tenant/hill-bikes")
FINDING: dict[str, Any] = {
    "received": "2026-03-06T09:00:00Z",
    "event": {
        "id": "5f1c2c1e",
        "detail-type": "SES Reputation Finding Reported",
        "source": "trap-monitor",
        "account": "123456789012",
        "region": "eu-west-1",
        "time": "2026-03-06T09:00:00Z",
        "detail": {"version": 1, "scope": TENANT, "category": "spamtrap", "evidence": "3 hits"},
    },
}
ALERT = {"kind": "status-change", "version": 1, "scope": TENANT}
CHUNK = {"chunk": "2026-03-06T09:00:00+00:00/5f1c2c1e"}
HALF = '{"eventType": "\\ud800", "mail": {"messageId": "\\udfff"}}'
ENVELOPE = {"source": "aws.events", "detail-type": "Encrypted Events", "detail": {"encrypted-payload": "AgR4"}}
SENT = {"timestamp": "2026-03-06T09:00:00Z", "destination": ["reader@x.example"]}
BOUNCE = (EVENTS / "configuration-set" / "bounce.json").read_text()


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        cloud.now = NOW
        yield cloud


COMMAND = Command(NOW, ("redrive",))
run, told = COMMAND.run, COMMAND.told


def visible(cloud: LocalCloud, queue: str) -> int:
    answer = cloud.client("sqs").get_queue_attributes(
        QueueUrl=cloud.resources[queue], AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


# -- Looking -----------------------------------------------------------------------------------------------------------


def test_equal_reasons_are_one_row_and_looking_leaves_all_as_it_is(cloud: LocalCloud) -> None:
    cloud.publish_all("BounceTopic", [GARBAGE, f"{GARBAGE} again"])
    cloud.deliver()
    cloud.enqueue("FeedbackDeadLetterQueue", [BOUNCE])
    for _ in range(2):
        document = told()
        assert [(g["queue"], g["letters"]) for g in document["groups"]] == [("feedback", 2), ("feedback", 1)]
        assert document["groups"][1]["reason"] == GIVEN_UP
        assert visible(cloud, "FeedbackDeadLetterQueue") == 3
    assert "--retry sends them back" in run().output


def test_no_address_is_shown_unless_it_is_asked_for(cloud: LocalCloud) -> None:
    cloud.publish("BounceTopic", GARBAGE)
    cloud.deliver()
    cloud.enqueue("FeedbackDeadLetterQueue", [BOUNCE])
    failed = {"responsePayload": {"errorMessage": "KeyError: 'jon@mailbox.example'"}}
    cloud.enqueue("FindingDeadLetterQueue", [json.dumps(failed)])
    for arguments in ((), ("--messages",), ("--json",)):
        assert "@" not in run(*arguments).output
    (recipients,) = (letter["recipients"] for letter in told("--addresses")["letters"] if letter["recipients"])
    assert all("@" in recipient for recipient in recipients)
    assert recipients[0] in run("--addresses").output


def test_what_is_shown_of_a_bounce_is_its_type_scopes_and_mail(cloud: LocalCloud) -> None:
    cloud.enqueue("FeedbackDeadLetterQueue", [BOUNCE])
    (letter,) = told()["letters"]
    assert letter["type"] == "bounce"
    assert letter["message_id"] == json.loads(BOUNCE)["mail"]["messageId"]
    assert any(scope.startswith("configuration-set/") for scope in letter["scopes"])


def test_nothing_is_nothing_wrong(cloud: LocalCloud) -> None:
    assert run().output == "There are no dead letters.\n"
    assert run("--retry", "--apply").output == "There are no dead letters.\n"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        pytest.param(("--apply",), "give one of them", id="apply what"),
        pytest.param(("--retry", "--discard", "x"), "exclude each other", id="both"),
        pytest.param(("--discard", " "), "wants a note", id="an empty note"),
        pytest.param(("--discarded", "--retry"), "only lists", id="list and retry"),
        pytest.param(("--queue", "suppression"), "AutomaticSuppression is off", id="a queue that is not there"),
    ],
)
def test_what_makes_no_sense_is_refused(cloud: LocalCloud, arguments: Sequence[str], problem: str) -> None:
    assert problem in " ".join(run(*arguments, code=2).output.replace("│", " ").split())


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--id", "", "--discard", "x"), id="a blank id"),
        pytest.param(("--reason", " ", "--retry"), id="a blank reason"),
        pytest.param(("--discarded", "--save", "letters.jsonl"), id="list and save"),
        pytest.param(("--discarded", "--messages"), id="list messages"),
        pytest.param(("--discarded", "--addresses"), id="list addresses"),
        pytest.param(("--discarded", "--limit", "5"), id="list so many"),
    ],
)
def test_what_would_do_another_thing_than_was_meant_is_wrong_usage(arguments: Sequence[str]) -> None:
    run(*arguments, code=2)


# -- Sending back ------------------------------------------------------------------------------------------------------


def test_events_that_are_retried_twice_count_once(cloud: LocalCloud) -> None:
    published = mail(8, bad=3)
    publish(cloud, published)
    cloud.deliver()
    more = mail(4, bad=4, at=MORNING + timedelta(hours=2))
    for _ in range(2):
        cloud.enqueue("FeedbackDeadLetterQueue", [p.message for p in (*published, *more)])
        assert told("--retry")["dry_run"] is True
        assert visible(cloud, "FeedbackDeadLetterQueue") == len(published) + len(more), "a dry run moves nothing"
        document = told("--retry", "--apply")
        assert all(letter["done"] for letter in document["letters"])
        cloud.deliver()
        right = {Measure.SENT: 12, Measure.DELIVERED: 5, Measure.HARD_BOUNCED: 7, Measure.REPLY_USER_UNKNOWN: 7}
        assert totals(cloud, "account") == right
        assert visible(cloud, "FeedbackDeadLetterQueue") == 0


def test_a_letter_that_fails_again_comes_back_with_its_reason(cloud: LocalCloud) -> None:
    cloud.publish("BounceTopic", GARBAGE)
    cloud.deliver()
    (before,) = told("--retry", "--apply")["letters"]
    cloud.deliver()
    (after,) = told()["letters"]
    assert (after["reason"], visible(cloud, "FeedbackDeadLetterQueue")) == (before["reason"], 1)


def test_a_report_that_is_retried_twice_is_one_finding(cloud: LocalCloud) -> None:
    record = {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": FINDING}
    cloud.enqueue("FindingDeadLetterQueue", [json.dumps(FINDING), json.dumps(record), "nothing that could be sent"])
    document = told("--retry", "--apply", code=1)
    assert sorted(letter["problem"] or "" for letter in document["letters"]) == [
        "",
        "",
        "it is no event: it can only be discarded",
    ]
    cloud.deliver()
    standings = DynamoDbStandings(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"])
    (finding,) = standings.read(TENANT).standing.findings.values()
    assert len(finding.evidence) == 1
    assert visible(cloud, "FindingDeadLetterQueue") == 1


def test_what_came_by_a_queue_of_its_own_goes_back_there() -> None:
    with LocalCloud({"AutomaticSuppression": "true"}) as cloud:
        bodies = {"Enforcement": json.dumps(ALERT), "Suppression": BOUNCE, "Evaluation": json.dumps(CHUNK)}
        for origin, body in bodies.items():
            cloud.enqueue(f"{origin}DeadLetterQueue", [body])
            document = told("--queue", origin.lower(), "--retry", "--apply")
            assert [letter["done"] for letter in document["letters"]] == [True]
            assert [message.body for message in cloud.messages(f"{origin}Queue")] == [body]
            assert cloud.messages(f"{origin}DeadLetterQueue") == []


def test_only_what_is_chosen_is_touched(cloud: LocalCloud) -> None:
    cloud.publish("BounceTopic", GARBAGE)
    cloud.deliver()
    cloud.enqueue("FeedbackDeadLetterQueue", [BOUNCE])
    cloud.enqueue("EnforcementDeadLetterQueue", [json.dumps(ALERT)])
    (given_up,) = told("--queue", "feedback", "--reason", "AGAIN AND AGAIN")["letters"]
    document = told("--id", given_up["id"][:8], "--retry", "--apply")
    assert [letter["id"] for letter in document["letters"]] == [given_up["id"]]
    assert document["not_chosen"] == 2
    assert [visible(cloud, f"{name}DeadLetterQueue") for name in ("Feedback", "Enforcement")] == [1, 1]


# -- Discarding --------------------------------------------------------------------------------------------------------


def test_what_is_discarded_is_gone_and_it_is_kept_who_did_it_and_why(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.publish("BounceTopic", GARBAGE)
    cloud.deliver()
    copy = tmp_path / "letters.jsonl"
    told("--discard", "a test of ours", "--save", str(copy), "--apply")
    assert visible(cloud, "FeedbackDeadLetterQueue") == 0
    (saved,) = map(json.loads, copy.read_text().splitlines())
    assert (saved["body"], saved["queue"]) == (GARBAGE, "feedback")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    (kept,) = told("--discarded")["discarded"]
    assert (kept["note"], kept["origin"], kept["time"]) == ("a test of ours", "feedback", "2026-03-07T09:00:00Z")
    assert kept["by"].startswith("arn:aws:")
    assert "@" not in json.dumps(kept)
    assert "a test of ours" in run("--discarded").output
    assert "File exists" in run("--save", str(copy), code=2).output


def test_of_a_letter_that_could_not_be_deleted_the_next_attempt_is_noted_in_place_of_the_first(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.enqueue("FeedbackDeadLetterQueue", [GARBAGE])
    with monkeypatch.context() as broken:
        broken.setattr(DeadLetterQueues, "delete", lambda _, letters: {letter.id: "no" for letter in letters})
        run("--discard", "first", "--apply", code=1)
    cloud.now += timedelta(minutes=1)
    run("--discard", "second", "--apply")
    assert [one["note"] for one in told("--discarded")["discarded"]] == ["second"]


def test_letters_that_can_not_be_saved_are_left_and_so_is_no_part_of_their_copy(
    cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ses_reputation_cli.redrive.os.fsync", full)
    cloud.enqueue("FeedbackDeadLetterQueue", [GARBAGE])
    copy = tmp_path / "letters.jsonl"
    assert "No space left" in run("--save", str(copy), "--discard", "x", "--apply", code=1).output
    assert not copy.exists()
    assert visible(cloud, "FeedbackDeadLetterQueue") == 1


def test_a_letter_with_half_of_a_character_is_shown_saved_and_discarded(cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.enqueue("FeedbackDeadLetterQueue", [HALF, GARBAGE])
    document = told("--save", str(tmp_path / "letters.jsonl"), "--discard", "x", "--apply")
    assert {letter["message_id"] for letter in document["letters"]} == {"?", None}
    assert len(told("--discarded")["discarded"]) == 2
    assert visible(cloud, "FeedbackDeadLetterQueue") == 0


class FakeQueues:
    """Queues that note what is asked of them, in order, and refuse what they are told to."""

    def __init__(self, refused: str = "", undeletable: str = "") -> None:
        self.refused, self.undeletable = refused, undeletable
        self.did: list[tuple[str, list[str]]] = []

    def _do(self, what: str, ids: Sequence[str], refused: str) -> Mapping[str, str]:
        self.did.append((what, list(ids)))
        return {identifier: "no" for identifier in ids if identifier == refused}

    def send_back(self, letters: Sequence[Letter]) -> Mapping[str, str]:
        return self._do("send", [letter.id for letter in letters], self.refused)

    def delete(self, letters: Sequence[Letter]) -> Mapping[str, str]:
        return self._do("delete", [letter.id for letter in letters], self.undeletable)

    def keep_discarded(self, discarded: Sequence[Discarded]) -> None:
        self.did.append(("keep", [one.id for one in discarded]))


def letter(identifier: str = "1", origin: Origin = Origin.FEEDBACK, body: str = BOUNCE, **attributes: str) -> Letter:
    return Letter(origin, identifier, f"handle {identifier}", body, attributes, MORNING, 1)


def test_a_letter_is_deleted_only_when_it_was_taken_where_it_went() -> None:
    queues = FakeQueues(refused="2", undeletable="3")
    outcomes = {
        one.id: problem for one, problem in retry([letter("1"), letter("2"), letter("3")], queues, 10, lambda _: None)
    }
    assert queues.did == [("send", ["1", "2", "3"]), ("delete", ["1", "3"])]
    assert outcomes == {"1": None, "2": "no", "3": "no"}


def test_a_letter_is_deleted_for_good_only_when_that_was_kept() -> None:
    queues = FakeQueues()
    letters = [letter("1"), letter("2"), letter("3", Origin.FINDING)]
    list(discard(letters, queues, 2, lambda _: None, "ann", NOW, "why"))
    assert queues.did == [("keep", ["1", "2"]), ("delete", ["1", "2"]), ("keep", ["3"]), ("delete", ["3"])]


class FakeSqs:
    """A queue of which a receive sometimes finds nothing though it is not empty, as a short poll of SQS does."""

    def __init__(self, answers: Sequence[int]) -> None:
        self.answers, self.left, self.given = list(answers), sum(answers), 0
        self.waits: list[int] = []

    def receive_message(self, *, MaxNumberOfMessages: int, WaitTimeSeconds: int, **_: Any) -> Any:  # noqa: N803 - SQS's
        self.waits.append(WaitTimeSeconds)
        count = min(self.answers.pop(0) if self.answers else 0, MaxNumberOfMessages)
        self.left -= count
        self.given += count
        system = {"SentTimestamp": "1772787600000", "ApproximateReceiveCount": "1"}
        return {
            "Messages": [
                {"MessageId": f"{self.given - n}", "ReceiptHandle": "h", "Body": "{}", "Attributes": system}
                for n in range(count)
            ]
        }

    def get_queue_attributes(self, **_: Any) -> Any:
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.left)}}


@pytest.mark.parametrize(
    ("answers", "limit", "found", "calls"),
    [
        pytest.param([10, 10, 3], 10_000, 23, 4, id="until it is empty"),
        pytest.param([10, 0, 10], 10_000, 20, 4, id="an empty answer in between"),
        pytest.param([10, 0, 0, 10], 10_000, 10, 3, id="two empty answers"),
        pytest.param([10, 10, 10], 15, 15, 2, id="up to the limit"),
        pytest.param([10] * 300, 10_000, 3000, 301, id="thousands"),
    ],
)
def test_a_queue_is_read_until_it_is_empty(answers: Sequence[int], limit: int, found: int, calls: int) -> None:
    sqs: Any = FakeSqs(answers)
    nothing: Any = None
    queues = DeadLetterQueues(
        sqs,
        nothing,
        nothing,
        dead={Origin.FEEDBACK: "url"},
        sources={},
        ses_rule="",
        standings_table="",
        pause=lambda _: None,
    )
    assert len({one.id for one in queues.receive(Origin.FEEDBACK, limit)}) == found
    assert len(sqs.waits) == calls


class BrokenSqs:
    """Takes no call; `code` says why."""

    def __init__(self, code: str) -> None:
        self.code, self.calls = code, 0

    def change_message_visibility_batch(self, **_: Any) -> Any:
        self.calls += 1
        raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "ChangeMessageVisibilityBatch")


@pytest.mark.parametrize(
    ("code", "calls"),
    [
        pytest.param("ExpiredToken", 1, id="what any other call would meet"),
        pytest.param("QueueDoesNotExist", 2, id="what is wrong with one queue"),
    ],
)
def test_what_can_not_be_given_back_is_told_and_hides_no_other_error(code: str, calls: int) -> None:
    sqs: Any = BrokenSqs(code)
    nothing: Any = None
    queues = DeadLetterQueues(
        sqs,
        nothing,
        nothing,
        dead={Origin.FEEDBACK: "url", Origin.FINDING: "url"},
        sources={},
        ses_rule="",
        standings_table="",
        pause=lambda _: None,
    )
    assert queues.give_back([letter("1"), letter("2", Origin.FINDING)])
    assert sqs.calls == calls


# -- Why, and about what -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "body", "reason"),
    [
        pytest.param({"reason": "no SES notification"}, "", "no SES notification", id="ours"),
        pytest.param({"ErrorMessage": "no permission"}, "", "no permission", id="SNS"),
        pytest.param({"ERROR_MESSAGE": "no function"}, "{}", "no function", id="EventBridge"),
        pytest.param({}, '{"responsePayload": {"errorMessage": "boom"}}', "boom", id="an error that Lambda kept"),
        pytest.param({}, '{"requestContext": {"condition": "EventAgeExceeded"}}', "EventAgeExceeded", id="a condition"),
        pytest.param({}, "[" * 9999, GIVEN_UP, id="moved by SQS"),
        pytest.param({"ERROR_MESSAGE": "no key"}, json.dumps(ENVELOPE), ENCRYPTED, id="EventBridge, for want of a key"),
    ],
)
def test_why_a_letter_is_one(attributes: Mapping[str, str], body: str, reason: str) -> None:
    assert reason_of(attributes, body) == reason


EVENT = FINDING["event"]
FROM_SES = {"received": "2026-03-06T09:00:00Z", "from_ses": {"source": "aws.ses"}}
RULES = "arn:aws:events:eu-west-1:123456789012:rule"


@pytest.mark.parametrize(
    ("body", "rule", "invocation"),
    [
        pytest.param(FINDING, "", FINDING, id="set apart by the function"),
        pytest.param(FROM_SES, "", FROM_SES, id="SES's own, set apart by the function"),
        pytest.param({"requestContext": {}, "requestPayload": FINDING}, "", FINDING, id="Lambda's record"),
        pytest.param(
            EVENT,
            f"{RULES}/bus/ours",
            {"received": MORNING.isoformat(), "event": EVENT},
            id="not delivered from our own bus",
        ),
        pytest.param(
            EVENT,
            f"{RULES}/ses",
            {"received": MORNING.isoformat(), "from_ses": EVENT},
            id="not delivered by SES's rule",
        ),
        pytest.param(
            {**EVENT, "source": "aws.ses"},
            f"{RULES}/bus/ses",
            {"received": MORNING.isoformat(), "event": {**EVENT, "source": "aws.ses"}},
            id="a rule of the same name on our own bus",
        ),
        pytest.param([1], "", None, id="no event"),
    ],
)
def test_what_receive_finding_is_run_on_again(body: object, rule: str, invocation: object) -> None:
    """Who may put events on our own bus can not speak for SES, whatever the event says."""
    dead = letter(origin=Origin.FINDING, body=json.dumps(body), **({"RULE_ARN": rule} if rule else {}))
    if invocation is None:
        with pytest.raises(Unreadable):
            invocation_of(dead, "ses")
    else:
        assert invocation_of(dead, "ses") == invocation


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(ENVELOPE, id="as it is"),
        pytest.param({"received": "2026-03-06T09:00:00Z", "event": ENVELOPE}, id="set apart by the function"),
        pytest.param(
            {"requestContext": {}, "requestPayload": {"received": "", "event": ENVELOPE}}, id="Lambda's record"
        ),
    ],
)
def test_an_event_that_eventbridge_encrypted_is_not_sent_back(body: object) -> None:
    with pytest.raises(Unreadable, match="decrypt it"):
        invocation_of(letter(origin=Origin.FINDING, body=json.dumps(body)), "ses")


@pytest.mark.parametrize(
    ("origin", "body"),
    [
        pytest.param(Origin.FEEDBACK, HALF, id="half of a character in an event"),
        pytest.param(
            Origin.FINDING, json.dumps({"detail-type": "\ud800", "detail": {"scope": "\ud800"}}), id="a report"
        ),
        pytest.param(Origin.ENFORCEMENT, json.dumps({"kind": "\ud800", "scope": "\ud800"}), id="an alert"),
        pytest.param(Origin.FINDING, json.dumps({"responsePayload": {"errorMessage": "\ud800"}}), id="a reason"),
        pytest.param(Origin.ENFORCEMENT, json.dumps({"kind": "k" * 500_000, "scope": "s" * 500_000}), id="long texts"),
        pytest.param(Origin.FINDING, '{"event":' * 900 + "1" + "}" * 900, id="an event in an event, and so on"),
    ],
)
def test_what_is_said_of_a_letter_can_be_kept_and_shown_whatever_it_holds(origin: Origin, body: str) -> None:
    dead = letter(origin=origin, body=body)
    assert len(msgspec.json.encode([dead.reason, subject_of(dead)])) < 2_000


@pytest.mark.parametrize(
    ("origin", "body", "subject"),
    [
        pytest.param(Origin.FINDING, FINDING, Subject("SES Reputation Finding Reported", (TENANT,)), id="a report"),
        pytest.param(
            Origin.FINDING,
            {"requestPayload": FROM_SES | {"from_ses": {"detail-type": "Sending Status Disabled"}}},
            Subject("Sending Status Disabled"),
            id="SES's own in Lambda's record",
        ),
        pytest.param(Origin.ENFORCEMENT, ALERT, Subject("status-change", (TENANT,)), id="an alert"),
        pytest.param(Origin.EVALUATION, CHUNK, Subject("chunk"), id="a chunk of scopes"),
        pytest.param(
            Origin.FEEDBACK,
            {"eventType": "Bounce", "mail": {"messageId": "m-1"}},
            Subject("bounce", (), "m-1"),
            id="a bounce that can not be read",
        ),
        pytest.param(
            Origin.FEEDBACK, {"eventType": "Open", "mail": {}, "open": {}}, Subject("uncounted"), id="an open"
        ),
        pytest.param(
            Origin.FEEDBACK,
            {"eventType": "Bounce of jane@x.example", "mail": {"messageId": "to jane@x.example " + 300 * "!"}},
            Subject("unknown", (), ("to (recipient) " + 300 * "!")[:MAX_SHOWN]),
            id="addresses in place of a type and an id",
        ),
        pytest.param(
            Origin.FEEDBACK, {"notificationType": "jane@x.example"}, Subject(), id="an address in place of a type alone"
        ),
        pytest.param(
            Origin.FEEDBACK,
            {"eventType": "Send", "mail": {**SENT, "messageId": "<jane@x.example>"}},
            Subject("send", (), "<(recipient)>", ("reader@x.example",)),
            id="an address as the id of a mail that can be read",
        ),
        pytest.param(
            Origin.FINDING,
            {"event": {"detail-type": "jane@x.example", "detail": {"scope": "identity/jane@x.example"}}},
            Subject("unknown", ("(recipient)",)),
            id="a report with addresses for words",
        ),
        pytest.param(
            Origin.ENFORCEMENT,
            {"kind": "jane@x.example", "scope": "tenant/<jane@x.example>"},
            Subject("unknown", ("tenant/<(recipient)>",)),
            id="an alert with addresses for words",
        ),
        pytest.param(Origin.FEEDBACK, [], Subject(), id="anything"),
        pytest.param(Origin.ENFORCEMENT, [], Subject(), id="anything else"),
    ],
)
def test_what_a_letter_is_about(origin: Origin, body: object, subject: Subject) -> None:
    assert subject_of(letter(origin=origin, body=json.dumps(body))) == subject
