"""docs/architecture.md, docs/contributing.md and docs/extending.md say what the code is like."""

import re
from pathlib import Path

import pytest

from docs.generators.architecture import RECEIPTS, STANDINGS
from docs.generators.dependencies import WHY, dependencies
from ses_reputation.adapters import keys
from tests.extensions.try_them import TESTS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "layers/reputation/ses_reputation"
ADAPTERS = "".join(path.read_text() for path in sorted((PACKAGE / "adapters").glob("*.py")))
PAGES = [(ROOT / f"docs/{name}.md").read_text() for name in ("architecture", "contributing", "extending")]
PROSE = [re.sub(r"```.*?```", "", page, flags=re.DOTALL) for page in PAGES]


def test_every_collection_is_described() -> None:
    """Those that constants, words and patterns of the adapters name."""
    constants = re.findall(r"(?:item_key|shards?)\(keys\.([A-Z_]+)|items_of\([^()]*keys\.([A-Z_]+)", ADAPTERS)
    words = re.findall(r"\b(?:item_key|shards?)\(\"([a-z-]+)\"", ADAPTERS)
    patterns = re.findall(r"return f\"([a-z-]+)/\{", ADAPTERS)
    named = {getattr(keys, one or other) for one, other in constants} | {*words} | {*patterns}
    described = {name.strip("`").partition("/")[0] for name, _ in RECEIPTS} - {"MESSAGE_ID"} | STANDINGS.keys()
    assert named == described


def test_a_package_without_a_reason_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docs.generators.dependencies.WHY", {name: why for name, why in WHY.items() if name != "moto"})
    with pytest.raises(ValueError, match=r"give a reason in docs/generators/dependencies\.py: moto$"):
        dependencies()


def test_every_file_that_is_named_is_there() -> None:
    for page in PROSE:
        for path in re.findall(r"`((?:[\w.-]+/)+(?:[\w-]+\.(?:py|toml|yaml))?)`", page):
            assert (ROOT / path).exists() or (PACKAGE / path).exists() or "NAME" in path or "NOUN" in path, path


def test_every_target_that_is_named_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PROSE:
        assert set(re.findall(r"`make ([a-z]+)", page)) <= targets


def test_the_guide_to_extending_explains_each_change() -> None:
    for name in TESTS:
        assert f"## A new {name.replace('-', ' ').replace('event type', 'SES event type')}" in PAGES[2]
