"""The four questions about an open finding, and their answers."""

import re
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import Stage, stages_of
from ses_reputation.domain.standing import Finding, Standing
from ses_reputation.notices.categories import CATEGORY_TEXTS, SUSPICIONS
from ses_reputation.notices.questions import Question, commands, questions
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation_cli.examples import Example, typical

OTHER_WORDS = {
    Vocabulary.CLASSIC: re.compile(r"(?i)under review|sending pause|review decision|request (?:for )?a review"),
    Vocabulary.CURRENT: re.compile(r"(?i)probation|shut ?down|shut it down|appeal"),
}
OPEN = [
    pytest.param(category, stage, id=f"{category} {stage}")
    for category in Category
    for stage in Stage
    if stage in stages_of(category) - {Stage.RESOLVED}
]


def standing_of(example: Example) -> tuple[Finding, Standing]:
    finding, metric = example.news.finding, example.news.category.metric
    measures = {metric: example.news.measures} if metric and example.news.measures else {}
    return finding, Standing(example.news.scope, measures=measures, findings={finding.category: finding})


def asked(category: Category, stage: Stage, words: Vocabulary = Vocabulary.CLASSIC) -> tuple[Question, ...]:
    example = typical(category, stage)
    return questions(*standing_of(example), example.policy, words)


@pytest.mark.parametrize("words", Vocabulary)
@pytest.mark.parametrize(("category", "stage"), OPEN)
def test_every_open_finding_answers_four_questions_in_the_words_that_people_read(
    category: Category, stage: Stage, words: Vocabulary
) -> None:
    found = asked(category, stage, words)
    assert len({question.title for question in found}) == 4
    for question in found:
        said = "\n".join((question.title, *question.texts, *question.points))
        assert question.texts or question.points
        assert not re.search(r"[{}]|\bNone\b", said)
        assert not OTHER_WORDS[words].search(said)


@pytest.mark.parametrize("category", Category)
def test_why_and_what_to_do_are_those_of_the_category(category: Category) -> None:
    why, what_to_do, *_ = asked(category, Stage.PROBATION)
    assert CATEGORY_TEXTS[category].about in why.texts
    assert len(what_to_do.points) == len(CATEGORY_TEXTS[category].advice)


@pytest.mark.parametrize("category", SUSPICIONS)
def test_what_is_only_suspected_is_asked_about_as_a_suspicion(category: Category) -> None:
    why, how, confirmed, dismissed = asked(category, Stage.SUSPECTED)
    assert why.texts == (SUSPICIONS[category].seen, SUSPICIONS[category].doubt)
    assert len(how.points) == 2
    assert "a probation begins" in confirmed.texts[0]
    assert "as if it had never been" in dismissed.texts[0]


def test_a_running_probation_is_told_with_its_days_in_the_readers_way_of_writing_them() -> None:
    example = typical(Category.BOUNCE_RATE, Stage.PROBATION)
    finding, standing = standing_of(example)
    assert finding.period_end
    told = questions(finding, standing, example.policy, Vocabulary.CLASSIC, lambda time: f"<{time:%d.%m.}>")[2]
    assert any(f"ends, on <{finding.period_end:%d.%m.}>" in text for text in told.texts)
    assert not any("UTC" in text for text in told.texts)


def test_where_no_probation_runs_none_is_given_a_day() -> None:
    told = asked(Category.BOUNCE_RATE, Stage.SHUTDOWN)[2]
    assert not any(re.search(r"\d{4}-\d{2}", text) for text in told.texts)


@pytest.mark.parametrize(
    ("stage", "matters"),
    [
        pytest.param(Stage.PROBATION, [True, True, True, False], id="a shutdown can wait on probation"),
        pytest.param(Stage.PENDING_DECISION, [True, True, True, False], id="and while a decision is pending"),
        pytest.param(Stage.SHUTDOWN, [True, True, False, True], id="a probation can wait after a shutdown"),
        pytest.param(Stage.PERMANENT_SHUTDOWN, [True, True, False, True], id="and more so after one for good"),
    ],
)
def test_what_does_not_apply_can_wait(stage: Stage, matters: list[bool]) -> None:
    assert [question.matters for question in asked(Category.VULNERABLE_SITE, stage)] == matters


def test_a_finding_without_a_measure_still_has_its_answers() -> None:
    """A standing that was put together by hand, or read after its metrics were renamed."""
    example = typical(Category.COMPLAINT_RATE, Stage.PROBATION)
    finding, standing = standing_of(example)
    found = questions(finding, replace(standing, measures={}), example.policy, Vocabulary.CLASSIC)
    assert "over 0.5 %" in found[0].texts[0]


def test_commands_name_what_people_decide_only_where_nothing_else_lets_them() -> None:
    example = typical(Category.BOUNCE_RATE, Stage.PENDING_DECISION)
    finding, standing = standing_of(example)
    lines = {
        deciding: [
            each.line for each in commands(finding, standing, example.policy, Vocabulary.CLASSIC, deciding=deciding)
        ]
        for deciding in (True, False)
    }
    assert any(line.startswith(f"ses-reputation decide {finding.id}") for line in lines[True])
    assert [line.split()[1] for line in lines[False]] == ["changes-made"]


def test_when_it_began_is_said_of_a_rate_that_may_have_come_down_since() -> None:
    example = typical(Category.BOUNCE_RATE, Stage.ALMOST_HEALED)
    finding, standing = standing_of(example)
    opened = datetime(2026, 3, 1, 9, tzinfo=UTC)
    why = questions(replace(finding, opened=opened), standing, example.policy, Vocabulary.CLASSIC)[0]
    assert why.texts[0] == "The bounce rate was over 10 % when this began, on 2026-03-01 09:00 UTC."
