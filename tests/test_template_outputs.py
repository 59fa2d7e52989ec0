"""What other stacks find of a deployment: the same things by exports and by SSM parameters, under the same names."""

from typing import Any

import pytest

from ses_reputation_local.cloud import LocalCloud
from tests.test_template import SOURCE, of_type

OUTPUTS: dict[str, Any] = SOURCE["Outputs"]
EXPORTED = {name for name, output in OUTPUTS.items() if "Export" in output}
TABLES = {name for name in OUTPUTS if name.endswith("TableName")}
PREFIX = "/ses-reputation/${AWS::StackName}/"
PARAMETERS = {
    parameter["Name"]["Fn::Sub"].removeprefix(PREFIX): logical_id
    for logical_id, parameter in of_type("AWS::SSM::Parameter").items()
}


def test_what_is_exported_and_the_names_of_the_tables_are_parameters_too_and_nothing_else() -> None:
    assert PARAMETERS.keys() == EXPORTED | TABLES
    assert len(TABLES) == 3
    assert not EXPORTED & TABLES, "a table whose name is imported could not be replaced"


@pytest.mark.parametrize("name", PARAMETERS)
def test_an_output_its_export_and_its_parameter_have_one_name_one_value_and_one_condition(name: str) -> None:
    output, parameter = OUTPUTS[name], SOURCE["Resources"][PARAMETERS[name]]
    assert parameter["Properties"] == {"Type": "String", "Name": {"Fn::Sub": PREFIX + name}, "Value": output["Value"]}
    assert PARAMETERS[name] == f"{name}Parameter"
    assert output.get("Condition") == parameter.get("Condition")
    assert output.get("Export", {}).get("Name") == (
        {"Fn::Sub": f"${{AWS::StackName}}-{name}"} if name in EXPORTED else None
    )


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_says_what_it_is_for(name: str) -> None:
    assert OUTPUTS[name]["Description"].endswith(".")


def test_one_call_tells_a_program_all_of_a_deployment() -> None:
    with LocalCloud() as cloud:
        pages = (
            cloud.client("ssm").get_paginator("get_parameters_by_path").paginate(Path="/ses-reputation/ses-reputation")
        )
        read = {each["Name"].rpartition("/")[2]: each["Value"] for page in pages for each in page["Parameters"]}
        exported = {
            each["Name"].removeprefix("ses-reputation-"): each["Value"]
            for page in cloud.client("cloudformation").get_paginator("list_exports").paginate()
            for each in page["Exports"]
        }
        tables = {name: cloud.resources[name.removesuffix("Name")] for name in TABLES}
    assert read == exported | tables
