"""`ses-reputation notice`: a preview of everything that people can be told about a finding."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from ses_reputation.domain.categories import Category
from ses_reputation.domain.lifecycle import STAGE_STATUS, Stage, stages_of
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation_cli.main import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ("notice", *arguments))


@pytest.mark.parametrize("category", Category)
def test_every_stage_of_every_category_has_a_preview(category: Category) -> None:
    for stage in stages_of(category):
        result = run(category.replace("_", "-"), "--stage", stage.replace("_", "-"))
        assert result.exit_code == 0, result.output
        subject = result.output.splitlines()[0]
        assert subject.startswith(f"Subject: SES {CATEGORY_TEXTS[category].name} of tenant/acme: ")
        assert subject.endswith(": suspected") if stage is Stage.SUSPECTED else f"-> {STAGE_STATUS[stage]}" in subject


def test_without_a_stage_it_is_the_probation() -> None:
    assert run("spamtrap").output == run("spamtrap", "--stage", "probation").output
    assert (
        "\n\ntenant/acme: spamtrap Healthy -> Probation\n(SES's console calls this: Under review)\n"
        in run("spamtrap").output
    )


def test_names_can_be_written_with_hyphens_and_with_underscores() -> None:
    assert (
        run("bounce_rate", "--stage", "almost_healed").output == run("bounce-rate", "--stage", "almost-healed").output
    )


@pytest.mark.parametrize(
    ("category", "stage", "does_not_have", "has"),
    [
        ("spamtrap", "almost-healed", "a finding about spamtrap is never at almost-healed", "resolved"),
        (
            "bounce-rate",
            "permanent-shutdown",
            "a finding about bounce-rate is never at permanent-shutdown",
            "almost-healed",
        ),
        ("other", "permanent_shutdown", "a finding about other is never at permanent-shutdown", "pending-decision"),
    ],
)
def test_a_stage_that_a_category_does_not_have_is_refused(
    category: str, stage: str, does_not_have: str, has: str
) -> None:
    result = run(category, "--stage", stage)
    assert result.exit_code == 2
    assert does_not_have in result.output
    assert has in result.output.partition("its stages: ")[2]


@pytest.mark.parametrize("arguments", [("spam-trap",), ("spamtrap", "--stage", "limbo")])
def test_a_name_that_there_is_not_is_refused_with_those_that_there_are(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "is none of" in result.output
    assert ("vulnerable-site" if len(arguments) == 1 else "pending-decision") in result.output


def test_help_names_every_category_and_every_stage() -> None:
    text = run("--help").output
    for name in (*Category, *Stage):
        assert name.replace("_", "-") in text


def test_it_can_be_seen_as_chat_shows_it_and_as_a_page_does() -> None:
    message = json.loads(run("spamtrap", "--format", "chat").output)
    assert message["source"] == "custom"
    assert run("spamtrap", "--format", "page").output.startswith('<section class="notice">\n')


def test_it_can_be_seen_in_todays_words() -> None:
    output = run("spamtrap", "--vocabulary", "current").output
    assert output.startswith("Subject: SES spamtrap of tenant/acme: Healthy -> Under review\n")


def test_it_needs_neither_aws_nor_the_local_cloud() -> None:
    code = (
        "import sys; from ses_reputation_cli.main import main\n"
        "main(['notice', 'spamtrap'], standalone_mode=False)\n"
        "assert not {'boto3', 'moto', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)  # noqa: S603 - our own code
