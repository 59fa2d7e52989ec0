"""docs/schemas: what leaves keeps to them, what they refuse is wrong, and none breaks what a release promised."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from docs.generators.contracts import ALERTS, CONTRACTS
from ses_reputation.adapters.dead_letters import MAX_REASON, SqsDeadLetters
from ses_reputation.adapters.status_topic import SnsStatusTopic
from ses_reputation.domain.categories import Category
from ses_reputation.domain.changes import Change
from ses_reputation.notices.alert import Alert, alert_of
from ses_reputation.notices.chat import chat_message
from ses_reputation.ses_events import Message
from ses_reputation_cli.examples import POLICIES, examples
from ses_reputation_local.cloud import QueuedMessage
from tests import contracts
from tests.contracts import SCHEMAS, accepts, problems
from tests.released.compatibility import breaks_readers, breaks_senders
from tests.released.kept import RELEASED, RELEASES

READ = ("finding-reported", "operate-command")
ALL = sorted(path.stem for path in SCHEMAS.glob("*.json"))

each_schema = pytest.mark.parametrize("name", ALL)
to_alert = partial(alert_of, account="123456789012", region="eu-west-1")


def schema(name: str, folder: Path = SCHEMAS) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return found


def test_everything_that_leaves_or_is_read_has_a_schema() -> None:
    assert [*sorted(CONTRACTS), *READ] == sorted(ALL, key=lambda name: (name in READ, name))
    assert {type_ for type_, _ in ALERTS.values()} == set(get_args(Alert))


@each_schema
def test_a_schema_is_named_with_its_version_and_has_examples_that_keep_to_it(name: str) -> None:
    found = schema(name)
    assert found["$id"].rpartition(":")[0] == f"urn:ses-reputation:schema:{name}"
    assert found["$id"].rpartition(":")[2].isdecimal()
    assert found["examples"]
    assert [problem for example in found["examples"] for problem in problems(name, example)] == []


@pytest.mark.parametrize("name", ALERTS)
def test_the_example_of_an_alert_is_one_that_the_code_writes(name: str) -> None:
    (example,) = schema(name)["examples"]
    alert = msgspec.convert(example, ALERTS[name][0])
    assert msgspec.json.decode(msgspec.json.encode(alert)) == example


# -- All that can be told ----------------------------------------------------------------------------------------------


class Sns:
    """Keeps the attributes of what is published."""

    def __init__(self) -> None:
        self.attributes: dict[str, str] = {}

    def publish(self, **message: Any) -> dict[str, str]:
        self.attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        return {"MessageId": "1"}


@pytest.mark.parametrize("category", Category)
def test_whatever_can_happen_to_a_finding_is_told_as_the_schemas_say(category: Category) -> None:
    sns: Any = Sns()
    topic = SnsStatusTopic(sns, topic_arn="")
    seen = set()
    for example in examples(category, POLICIES[-1:]):
        news = example.news
        what = (news.before, news.after, news.trigger) if isinstance(news, Change) else (news.kind, news.finding.stage)
        if what not in seen:
            seen.add(what)
            alert = to_alert(news, example.policy)
            document = msgspec.json.decode(msgspec.json.encode(alert))
            found = [
                *problems(f"{document['kind']}-alert", document),
                *problems("chat-message", json.loads(chat_message(alert))),
            ]
            topic.publish(alert)
            assert found + problems("alert-attributes", sns.attributes) == []
    assert len(seen) > 5


class Sqs:
    """Keeps the attributes of what is sent."""

    def __init__(self) -> None:
        self.attributes: list[dict[str, str]] = []

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        for entry in request["Entries"]:
            self.attributes.append({n: v["StringValue"] for n, v in entry["MessageAttributes"].items()})
        return {}


def test_what_is_set_apart_has_the_attributes_that_the_schema_says() -> None:
    sqs: Any = Sqs()
    letters = [Message("1", "{}", problem="x" * 2 * MAX_REASON), Message(None, "{}", problem="no JSON")]
    assert SqsDeadLetters(sqs, queue_url="").put(letters) == set()
    assert [problem for each in sqs.attributes for problem in problems("dead-letter-attributes", each)] == []
    assert len(sqs.attributes) == 2


# -- What is wrong is refused ------------------------------------------------------------------------------------------


def wrong(example: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A document without each field that is needed, and with a value of no type or word that a field may have."""
    for field in found.get("required", ()):
        yield f"without {field}", {name: value for name, value in example.items() if name != field}
    for field in found["properties"]:
        yield f"with another {field}", {**copy.deepcopy(dict(example)), field: [["neither"]]}


@pytest.mark.parametrize("name", [name for name in ALL if "properties" in schema(name)])
def test_a_document_that_lacks_something_or_has_something_else_is_refused(name: str) -> None:
    found = schema(name)
    for what, document in wrong(found["examples"][0], found):
        assert not accepts(name, document), what


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("status-change-alert", {"version": 2}),
        ("status-change-alert", {"kind": "reminder"}),
        ("status-change-alert", {"after": "Under review"}),
        ("status-change-alert", {"time": "yesterday"}),
        ("enforcement-alert", {"action": "stopped"}),
        ("alert-attributes", {"kind": "alert"}),
        ("chat-message", {"source": "program"}),
        ("dead-letter-attributes", {"reason": "x" * (MAX_REASON + 1)}),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_another_word_is_refused(name: str, changes: Mapping[str, object]) -> None:
    example = schema(name)["examples"][0]
    assert accepts(name, example)
    assert not accepts(name, {**example, **changes})


# -- What a release promised -------------------------------------------------------------------------------------------


@each_schema
@pytest.mark.parametrize("release", RELEASES)
def test_no_schema_breaks_what_a_release_promised_under_the_same_version(release: str, name: str) -> None:
    folder = RELEASED / release / "schemas"
    if not (folder / f"{name}.json").exists():
        return  # It is newer.
    promised, now = schema(name, folder), schema(name)
    if promised["$id"] == now["$id"]:
        broken = list((breaks_senders if name in READ else breaks_readers)(promised, now))
        assert broken == [], f"raise the version of {name}, or let it be: docs/events-and-schemas.md"


@pytest.mark.parametrize("release", RELEASES)
def test_no_schema_of_a_release_is_gone(release: str) -> None:
    assert {path.stem for path in (RELEASED / release / "schemas").glob("*.json")} <= set(ALL)


FINDING: dict[str, Any] = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
DOCUMENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["a", "b"]},
        "count": {"type": "integer", "maximum": 5},
        "by": {"type": ["string", "null"]},
        "finding": {"anyOf": [{"$ref": "#/$defs/Finding"}, {"type": "null"}]},
        "all": {"type": "array", "items": {"$ref": "#/$defs/Finding"}},
        "version": {"const": 1},
    },
    "required": ["kind", "count", "version"],
    "additionalProperties": False,
    "$defs": {"Finding": FINDING},
}


def changed(**properties: Any) -> dict[str, Any]:
    return {**DOCUMENT, "properties": {**DOCUMENT["properties"], **properties}}


def without(field: str) -> dict[str, Any]:
    return {**DOCUMENT, "properties": {n: p for n, p in DOCUMENT["properties"].items() if n != field}}


FINDING_WITHOUT_ID = {**DOCUMENT, "$defs": {"Finding": {**FINDING, "properties": {}, "required": []}}}


@pytest.mark.parametrize(
    ("now", "readers", "senders"),
    [
        pytest.param(DOCUMENT, [], [], id="nothing"),
        pytest.param(changed(new={"type": "string"}), [], [], id="a new field"),
        pytest.param(changed(kind={"enum": ["a", "b", "c"]}), [], [], id="a new word"),
        pytest.param(changed(kind={"enum": ["a"]}), [], ["$.kind may not be b any more"], id="a word less"),
        pytest.param(without("by"), ["$.by is gone"], ["$.by is refused now"], id="a field less"),
        pytest.param({**DOCUMENT, "required": ["kind", "version"]}, ["$.count may be missing now"], [], id="optional"),
        pytest.param(
            {**DOCUMENT, "required": ["kind", "count", "version", "by"]}, [], ["$.by is needed now"], id="needed"
        ),
        pytest.param(
            changed(count={"type": ["integer", "null"], "maximum": 5}), ["$.count may be null now"], [], id="or null"
        ),
        pytest.param(changed(by={"type": "string"}), [], ["$.by may not be null any more"], id="no longer null"),
        pytest.param(
            changed(count={"type": "integer", "maximum": 4}), [], ["$.count: maximum is lower now"], id="narrower"
        ),
        pytest.param(changed(count={"type": "integer", "maximum": 6}), [], [], id="wider"),
        pytest.param(
            changed(version={"const": 2}),
            ["$.version is 2 now, and was 1"],
            ["$.version may not be 1 any more"],
            id="a version in the document alone",
        ),
        pytest.param(
            FINDING_WITHOUT_ID,
            [f"$.{at}.id {what}" for at in ("finding", "all[]") for what in ("may be missing now", "is gone")],
            [],
            id="a field of a document in it",
        ),
    ],
)
def test_what_breaks_readers_and_senders_is_found(now: Any, readers: list[str], senders: list[str]) -> None:
    assert list(breaks_readers(DOCUMENT, now)) == readers
    assert list(breaks_senders(DOCUMENT, now)) == senders


STRING, INTEGER, NUMBER, NULL = ({"type": name} for name in ("string", "integer", "number", "null"))
X, Y = {"$ref": "#/$defs/X"}, {"$ref": "#/$defs/Y"}


def holding(a: Any, **more: Any) -> dict[str, Any]:
    """A document with `a` in it: X has a field `f` that is always there, Y has none."""
    with_f = {"type": "object", "properties": {"f": STRING}, "required": ["f"]}
    return {"type": "object", "properties": {"a": a}, "$defs": {"X": with_f, "Y": {"type": "object"}}, **more}


WITHOUT_F = {"X": {"type": "object"}}
ANYTHING_ELSE = "array or boolean or null or number or object"


@pytest.mark.parametrize(
    ("released", "now", "broken"),
    [
        pytest.param(
            holding({"anyOf": [X, NULL]}),
            holding(X, **{"$defs": WITHOUT_F}),
            ["$.a.f may be missing now", "$.a.f is gone"],
            id="no longer null, and without a field",
        ),
        pytest.param(
            holding({"anyOf": [X, NULL]}),
            holding({"anyOf": [Y, NULL]}),
            ["$.a.f may be missing now", "$.a.f is gone"],
            id="another document",
        ),
        pytest.param(
            holding(X),
            holding({"anyOf": [X, Y]}),
            ["$.a.f may be missing now", "$.a.f is gone"],
            id="or another document",
        ),
        pytest.param(holding(INTEGER), holding(NUMBER), ["$.a may be number now"], id="a fraction"),
        pytest.param(holding({"type": "boolean"}), holding({"enum": [1]}), ["$.a may be integer now"], id="1 of true"),
        pytest.param(holding(STRING), holding({}), [f"$.a may be {ANYTHING_ELSE} now"], id="without a type"),
        pytest.param(
            holding({"type": "array", "items": STRING}),
            holding({"type": "array"}),
            [f"$.a[] may be {ANYTHING_ELSE} now"],
            id="a list of anything",
        ),
        pytest.param(
            holding({"type": "object", "additionalProperties": STRING}),
            holding({"type": "object"}),
            [f"$.a[] may be {ANYTHING_ELSE} now"],
            id="names of anything",
        ),
        pytest.param(holding(NUMBER), holding(INTEGER), [], id="no longer a fraction"),
        pytest.param(holding({"anyOf": [X, NULL]}), holding(X), [], id="no longer null"),
        pytest.param(holding({"anyOf": [X, Y]}), holding({"anyOf": [X, Y, DOCUMENT]}), [], id="one more document"),
        pytest.param(holding({"type": ["string", "null"]}), holding({"anyOf": [NULL, STRING]}), [], id="or null"),
    ],
)
def test_what_breaks_readers_is_found(released: Any, now: Any, broken: list[str]) -> None:
    assert list(breaks_readers(released, now)) == broken


@pytest.mark.parametrize(
    ("released", "now", "broken"),
    [
        pytest.param(holding(STRING), holding({"enum": ["b"]}), ["$.a may only be b now"], id="a list of words"),
        pytest.param(holding(STRING), holding({"const": "b"}), ["$.a may only be b now"], id="one word"),
        pytest.param(
            holding({"enum": ["b", "c"]}), holding({"const": "b"}), ["$.a may not be c any more"], id="one word of two"
        ),
        pytest.param(
            holding(STRING),
            holding(STRING, additionalProperties=False),
            ["$: other fields are refused now"],
            id="no other fields",
        ),
        pytest.param(holding(NUMBER), holding(INTEGER), ["$.a may not be number any more"], id="no fraction"),
        pytest.param(holding({}), holding(STRING), [f"$.a may not be {ANYTHING_ELSE} any more"], id="not anything"),
        pytest.param(holding({"anyOf": [X, Y]}), holding({"anyOf": [X]}), ["$.a Y is gone"], id="one document of two"),
        pytest.param(holding({"anyOf": [X, NULL]}), holding(X), ["$.a may not be null any more"], id="no longer null"),
        pytest.param(
            holding({"type": "object"}),
            holding({"type": "object", "minProperties": 1}),
            ["$.a: minProperties is higher now"],
            id="not empty",
        ),
        pytest.param(holding(INTEGER), holding(NUMBER), [], id="a fraction"),
        pytest.param(holding({"enum": ["b"]}), holding(STRING), [], id="any word"),
        pytest.param(holding(X), holding({"anyOf": [X, Y, NULL]}), [], id="or another document"),
        pytest.param(holding({"type": ["string", "null"]}), holding({"anyOf": [NULL, STRING]}), [], id="or null"),
    ],
)
def test_what_breaks_senders_is_found(released: Any, now: Any, broken: list[str]) -> None:
    assert list(breaks_senders(released, now)) == broken


@each_schema
def test_no_schema_has_what_is_not_compared(name: str) -> None:
    others = "prefixItems patternProperties propertyNames allOf not if dependentRequired dependentSchemas contains"
    assert re.findall(rf'"(?:{others.replace(" ", "|")})":', (SCHEMAS / f"{name}.json").read_text()) == []


def test_the_page_shows_how_to_check_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (SCHEMAS.parent / "events-and-schemas.md").read_text()
    (python,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(SCHEMAS.parents[1])
    exec(compile(python, "docs/events-and-schemas.md", "exec"), {})  # noqa: S102 - it is what people will copy


def test_every_schema_is_on_the_page() -> None:
    page = (SCHEMAS.parent / "events-and-schemas.md").read_text()
    assert set(re.findall(r"\(schemas/([a-z-]+)\.json\)", page)) == set(ALL)


def test_messages_that_do_not_keep_to_the_schemas_are_found() -> None:
    message = QueuedMessage("1", '{"kind": "reminder"}', {"kind": "alert"}, 0)
    assert len(list(contracts.problems_of_alerts([message]))) > 10
    assert list(contracts.problems_of_chats([message]))
