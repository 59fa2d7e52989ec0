"""docs/lifecycle.md says what the code does: its tables are read as a person would, and held against the domain."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from docs import generate
from ses_reputation.adapters.standings import REQUESTS_KEPT
from ses_reputation.domain.categories import METRICS, Category
from ses_reputation.domain.decisions import DISMISSED_FOR, MOST_DAYS, allowed
from ses_reputation.domain.lifecycle import TRANSITIONS, Stage, Status, Trigger, stages_of, triggers_from
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.standing import EVIDENCE_KEPT, Actor, Finding, ReportedChanges
from ses_reputation_local.template import read_source

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGE = (DOCS / "lifecycle.md").read_text()
TIME = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)

every_category = pytest.mark.parametrize("category", Category)


def rows(part: str) -> list[dict[str, str]]:
    """The table of a generated part: each row by the heads of its columns, without marks of code."""
    text = PAGE.partition(f"<!-- {part}:")[2].partition("<!-- end -->")[0].replace("`", "")
    head, _, *body = (
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    )
    return [dict(zip(head, line, strict=True)) for line in body]


def named(text: str) -> set[Category]:
    """The categories that a cell names."""
    groups: dict[str, set[Category]] = {"all": set(Category), "all that are reported": set(Category) - set(METRICS)}
    for row in rows("categories"):
        category = Category(row["category"].split()[-1])
        groups.setdefault(row["accepted changes"].partition(":")[0], set()).add(category)
    found: set[Category] = set()
    for piece in text.split(", "):
        name, _, missing = piece.removesuffix(")").partition(" (but not ")
        found |= groups.get(name) or {Category(name)}
        found -= {Category(missing)} if missing else set()
    return found


STAGES: dict[str, Stage | None] = {
    "no finding": None,
    **{row["stage"]: Stage(row["in code and JSON"]) for row in rows("stages")},
}


@pytest.fixture
def of_lifecycle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this page and a schema: all are written in the same way, and to write them all takes a second."""
    monkeypatch.setattr(generate, "PAGES", {"lifecycle.md": generate.PAGES["lifecycle.md"]})
    schema = "schemas/finding-reported.json"
    monkeypatch.setattr(generate, "SCHEMAS", {schema: generate.SCHEMAS[schema]})


def test_what_is_generated_is_up_to_date() -> None:
    assert [f"{path.name}: {what}" for path, what, _ in generate.stale(DOCS)] == [], "make docs"


@pytest.mark.usefixtures("of_lifecycle")
def test_a_part_that_was_edited_is_named_and_written_anew(tmp_path: Path) -> None:
    docs = shutil.copytree(DOCS, tmp_path / "docs")
    page, schema = docs / "lifecycle.md", docs / "schemas/finding-reported.json"
    page.write_text(PAGE.replace("| yes |", "| maybe |"))
    schema.unlink()
    stale = list(generate.stale(docs))
    assert [(path, what) for path, what, _ in stale] == [(page, "categories, commands"), (schema, "all of it")]
    for path, _, text in stale:
        path.write_text(text)
    assert list(generate.stale(docs)) == []
    page.write_text(PAGE.replace("<!-- categories:", "<!-- kinds:"))
    with pytest.raises(
        generate.UnknownParts, match=r"lifecycle\.md should have the parts .*categories.* it has .*kinds"
    ):
        list(generate.stale(docs))


@pytest.mark.usefixtures("of_lifecycle")
def test_the_check_exits_with_1_and_names_what_is_not_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "DOCS", shutil.copytree(DOCS, tmp_path / "docs"))
    (generate.DOCS / "lifecycle.md").write_text(PAGE.replace("| Healthy |", "| Fine |"))

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(generate.main, arguments)
        return result.exit_code, result.output

    assert run("--check") == (1, "docs/lifecycle.md: statuses, stages, categories is not up to date\n")
    assert run() == (0, "docs/lifecycle.md: statuses, stages, categories written\n")
    assert run("--check") == (0, "")
    assert (generate.DOCS / "lifecycle.md").read_text() == PAGE


@every_category
@pytest.mark.parametrize("stage", Stage)
def test_the_table_of_stages_says_which_categories_have_them(category: Category, stage: Stage) -> None:
    (row,) = (row for row in rows("stages") if STAGES[row["stage"]] is stage)
    assert (category in named(row["categories"])) == (stage in stages_of(category))


@every_category
@pytest.mark.parametrize("stage", [None, *Stage], ids=lambda stage: stage or "no finding")
def test_the_table_of_transitions_has_each_cell_of_the_lifecycle(category: Category, stage: Stage | None) -> None:
    shown: dict[Trigger, Stage | None] = {}
    for row in rows("transitions"):
        if category in named(row["categories"]) and stage in {STAGES[name] for name in row["from"].split(", ")}:
            assert row["trigger"] not in shown
            shown[Trigger(row["trigger"])] = stage if row["to"] == "stays" else STAGES[row["to"]]
    if stage and stage not in stages_of(category):
        shown = {}  # The page says so above the table.
    assert shown == {trigger: TRANSITIONS[stage, trigger] for trigger in triggers_from(category, stage)}


@every_category
@pytest.mark.parametrize("changes", [False, True], ids=["no changes", "changes wait"])
def test_the_table_of_commands_says_what_is_carried_out(category: Category, changes: bool) -> None:
    reported = ReportedChanges(TIME, TIME, "Cleaned the list.", Actor("mira", proven=True)) if changes else None
    for name, stage in STAGES.items():
        if stage is Stage.RESOLVED or (stage and stage not in stages_of(category)):
            continue
        carried_out = set()
        if stage:
            commands = allowed(Finding("1", category, stage, TIME, TIME, TIME, changes=reported))
            carried_out = {command if command == "changes-made" else f"decide {command}" for command in commands}
        carried_out |= set() if category in METRICS else {"report"}
        assert carried_out == {row["command"] for row in rows("commands") if says_yes(row[name], category, changes)}


def says_yes(cell: str, category: Category, changes: bool) -> bool:
    if cell in {"yes", "no"}:
        return cell == "yes"
    condition, _, categories = cell.partition(": ") if cell.startswith("if changes wait") else ("", "", cell)
    return (changes or not condition) and (not categories or category in named(categories))


def test_the_diagram_has_every_way_from_stage_to_stage_and_no_other() -> None:
    (inside,) = re.findall(r"state \".*\" as open \{\n(.*?)\n  \}", PAGE, re.DOTALL)
    before_shutdown = re.findall(r"as (\w+)$", inside, re.MULTILINE)
    edges: set[tuple[Stage | None, Stage]] = set()
    for source, target in re.findall(r"^  (\S+) --> (\w+) : ", PAGE, re.MULTILINE):
        sources = before_shutdown if source == "open" else [source]
        edges |= {(None if one == "[*]" else Stage(one), Stage(target)) for one in sources}
    assert edges == {(before, after) for (before, _), after in TRANSITIONS.items() if before is not after}


@every_category
def test_every_category_is_a_row(category: Category) -> None:
    assert [row["category"].split()[-1] for row in rows("categories")].count(category) == 1


@pytest.mark.parametrize("status", Status)
def test_every_status_is_a_row_and_says_where_there_is_another_instead(status: Status) -> None:
    (row,) = (row for row in rows("statuses") if row["classic"] == status)
    # SES's dashboard had these five for an account, and the other five for a metric.
    instead = "*shown as Probation*"
    assert (row["of the account, or any scope"] == instead) == (status is Status.ALMOST_HEALED)
    assert (row["of a metric"] == instead) == (status is Status.PENDING_DECISION)


def test_numbers_in_the_text_are_those_of_the_code() -> None:
    policy = Policy()
    text = " ".join(PAGE.split())
    first, last = policy.period_reminders
    for said in (
        f"{policy.probation.days} days, {policy.healing.days} days after {policy.steady // HOUR} hours",
        f"{policy.minimum_volume} recipients",
        f"(`PeriodReminderDays`: {first} days and {last} day)",
        f"its newest {EVIDENCE_KEPT} pieces of evidence",
        f"again for {REQUESTS_KEPT.days} days",
        f"adds days (1 to {MOST_DAYS})",
        f"in this scope for {DISMISSED_FOR.days} days",
    ):
        assert said in text


@pytest.mark.parametrize("page", ["lifecycle.md", "reporting-findings.md"])
def test_what_is_named_as_a_parameter_or_an_output_is_one(page: str) -> None:
    template = read_source(ROOT / "template.yaml")
    # These are fields of an entry for EventBridge, and of its answer.
    known = {*template["Parameters"], *template["Outputs"], "Detail", "DetailType", "Source", "FailedEntryCount"}
    named_here = set(re.findall(r"`([A-Z]+[a-z][A-Za-z]+)(?:=\w+)?`", (DOCS / page).read_text()))
    assert named_here <= known
