"""`ses-reputation cost`: what it shows, and what it refuses."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ses_reputation.domain.rates import VolumeSource
from ses_reputation_cli.cost import SOURCES, amount
from ses_reputation_cli.main import main
from ses_reputation_cli.planning.limits import RULES
from ses_reputation_cli.planning.prices import PRICES, REGION, SEEN, Service


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, ("cost", *arguments))


def document(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("mails", [1_000, 1_000_000, 1_000_000_000])
def test_every_service_and_every_limit_is_shown(mails: int) -> None:
    result = run("--mails-per-day", str(mails), "--scopes", "500")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{mails:,} mails a day within 8 hours, 500 scopes besides the account")
    for service in Service:
        assert f"\n {service} " in result.stdout
    words = " ".join(result.stdout.split())
    for rule in RULES:
        assert rule.name.split(",")[0] in words
    assert f"at the prices of {REGION} in {SEEN}" in words


def test_a_program_gets_the_same_numbers() -> None:
    told = document("--mails-per-day", "1_000_000", "--scopes", "3", "--storm", "200000")
    assert told["plan"]["mails_per_day"] == 1_000_000
    assert told["month"]["dollars"] == pytest.approx(sum(line["dollars"] for line in told["month"]["lines"]))
    assert len(told["month"]["lines"]) == len(PRICES)
    assert {limit["name"] for limit in told["limits"]} == {rule.name for rule in RULES}
    assert all(limit["holds"] for limit in told["limits"])
    assert told["storm"]["bounces"] == 200_000
    assert document("--mails-per-day", "1000")["storm"] is None


def test_what_is_outgrown_is_said_with_what_moves_it() -> None:
    told = document("--mails-per-day", "1000000000")
    outgrown = {limit["name"]: limit for limit in told["limits"] if not limit["holds"]}
    assert "MaximumConcurrency" in {limit["moves"] for limit in outgrown.values()}
    assert all(limit["holds_to"] < 1_000_000_000 for limit in outgrown.values())


def test_percentages_are_read_with_and_without_the_sign() -> None:
    plain, signed = (document("--mails-per-day", "1000", "--bounce-rate", text) for text in ("4", "4%"))
    assert plain == signed
    assert plain["plan"]["bounce_rate"] == 0.04


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--mails-per-day", "0"),
        ("--mails-per-day", "1000", "--bounce-rate", "101%"),
        ("--mails-per-day", "1000", "--bounce-rate", "nan"),
        ("--mails-per-day", "1000", "--complaint-rate", "few"),
        ("--mails-per-day", "1000", "--busy-hours", "0"),
        ("--mails-per-day", "1000", "--busy-hours", "1e-300"),
        ("--mails-per-day", "1000", "--busy-hours", "nan"),
        ("--mails-per-day", "1000", "--evaluation-minutes", "nan"),
        ("--mails-per-day", "1000", "--evaluation-minutes", "inf"),
        ("--mails-per-day", "1000", "--maximum-concurrency", "1"),
        ("--mails-per-day", "1000", "--region", "eu-west-1"),
        ("--mails-per-day", "1000", "--volume-source", "guessing"),
        ("--mails-per-day", "1000", "--scopes", "10", "--configuration-sets", "11"),
    ],
    ids=" ".join,
)
def test_what_makes_no_plan_is_refused(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_the_most_extreme_plan_is_worked_out() -> None:
    told = document("--mails-per-day", str(10**12), "--scopes", str(10**7), "--busy-hours", "0.1")
    assert told["month"]["dollars"] > 0


@pytest.mark.parametrize(
    ("option", "said"),
    [("--scopes", "'abc' is not a valid integer."), ("--busy-hours", "'abc' is not a valid number.")],
)
def test_what_is_no_number_is_called_none(option: str, said: str) -> None:
    assert said in run("--mails-per-day", "1000", option, "abc").output


def test_the_account_alone_can_be_planned() -> None:
    assert document("--mails-per-day", "50", "--scopes", "0", "--volume-source", "statistics")["plan"]["scopes"] == 0


def test_a_platform_is_told_how_many_configuration_sets_it_is_taken_to_share() -> None:
    platform = ("--mails-per-day", "1000000", "--scopes", "3010", "--scopes-each", "3")
    assert "3,010 scopes besides the account, 10 of them configuration sets, 3 for each mail" in run(*platform).stdout
    assert document(*platform)["plan"]["configuration_sets"] == 10
    assert document(*platform, "--configuration-sets", "20")["plan"]["configuration_sets"] == 20


def test_the_sources_are_those_of_the_parameter() -> None:
    assert tuple(VolumeSource) == SOURCES


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (0.00002, "0.0000"),
        (2.16, "2.16"),
        (12_345, "12,300"),
        (999_999, "1 million"),
        (74_700_000, "74.7 million"),
        (210e6, "210 million"),
        (2.5e13, "25 trillion"),
    ],
)
def test_amounts_have_three_digits_and_words(number: float, shown: str) -> None:
    assert amount(number) == shown


@pytest.mark.parametrize(
    ("bounces", "said"),
    [
        ("1", "1 bounce is counted in a second, bound by MaximumConcurrency"),
        ("10", "10 bounces at once are counted in a second, bound by MaximumConcurrency"),
        ("100000000", " hours, bound by "),
    ],
)
def test_a_storm_is_said_in_seconds_minutes_or_hours(bounces: str, said: str) -> None:
    result = run("--mails-per-day", "1000", "--storm", bounces)
    assert said in " ".join(result.stdout.split())
