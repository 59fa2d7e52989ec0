"""samconfig.toml: what `sam deploy` does of itself, in each environment."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ses_reputation_cli.main import main
from ses_reputation_local.template import check_parameters, check_rules
from tests.test_template import PARAMETERS, SOURCE

CONFIG: dict[str, Any] = tomllib.loads((Path(__file__).parents[1] / "samconfig.toml").read_text())
ENVIRONMENTS = ("default", "prod", "dev")


def stack(environment: str) -> str:
    name: str = CONFIG[environment]["global"]["parameters"]["stack_name"]
    return name


def deploy(environment: str) -> dict[str, Any]:
    settings: dict[str, Any] = CONFIG[environment]["deploy"]["parameters"]
    return settings


def overrides(environment: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in deploy(environment).get("parameter_overrides", "").split())
    return {name: value for name, _, value in pairs}


def test_there_is_no_other_environment() -> None:
    assert CONFIG.keys() == {"version", *ENVIRONMENTS}


def test_prod_is_the_default_by_another_name() -> None:
    assert (stack("prod"), deploy("prod")) == (stack("default"), deploy("default"))


def test_the_command_looks_for_the_stack_that_is_deployed_by_default() -> None:
    assert f"default: {stack('default')}" in CliRunner().invoke(main, ["status", "--help"]).stdout


def test_dev_is_beside_it_and_differs_in_values_of_parameters_alone() -> None:
    assert stack("dev") != stack("default")
    own = {**deploy("dev"), "s3_prefix": deploy("default")["s3_prefix"]}
    del own["parameter_overrides"]
    assert own == deploy("default")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_asks_before_it_changes_anything_and_keeps_its_code_apart(environment: str) -> None:
    assert deploy(environment)["confirm_changeset"] is True
    assert deploy(environment)["resolve_s3"] is True
    assert deploy(environment)["s3_prefix"] == stack(environment)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_roles_are_all_that_it_takes_a_capability_for(environment: str) -> None:
    """A named role or policy, or a nested stack, would take another.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
    """
    assert deploy(environment)["capabilities"] == "CAPABILITY_IAM"
    for resource in SOURCE["Resources"].values():
        assert resource["Type"] not in {"AWS::CloudFormation::Stack", "AWS::Serverless::Application"}
        if resource["Type"].startswith("AWS::IAM::"):
            assert not resource["Properties"].keys() & {"RoleName", "ManagedPolicyName", "UserName", "GroupName"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_values_of_an_environment_are_ones_that_cloudformation_takes(environment: str) -> None:
    values = check_parameters(PARAMETERS, overrides(environment))
    check_rules(SOURCE["Rules"], values)


def test_what_is_for_keeps_has_every_default() -> None:
    assert overrides("default") == {}
    assert PARAMETERS["DeletionProtection"]["Default"] == "true"
