"""Every function starts from what was built, with nothing else to import, and answers its first call and its second."""

import json
import subprocess
from pathlib import Path

import pytest

from ses_reputation_local.template import read_template
from tests.runtime.conftest import REPORTED
from tests.runtime.execution_environment import (
    BUILT,
    DEPENDENCIES,
    PYTHON,
    REPUTATION,
    runtime_packages,
)
from tests.runtime.runtime_api import MAXIMUM_RESPONSE_BYTES
from tests.runtime.runtime_cloud import TEMPLATE, RuntimeCloud, functions_of
from tests.runtime.triggers import trigger

FUNCTIONS = functions_of(read_template(TEMPLATE, {}, "eu-west-1").body)

IMPORT_ALL = """
import importlib, json, pkgutil, sys
import ses_reputation
for module in pkgutil.walk_packages(ses_reputation.__path__, "ses_reputation."):
    importlib.import_module(module.name)
print(json.dumps(sorted({m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None)})))
"""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_answers_its_first_call_and_its_second(cloud: RuntimeCloud, function: str) -> None:
    cloud.restart(function)
    runs = [trigger(cloud, function) for _ in range(2)]
    assert [run.error for run in runs] == [None, None]
    first, second = [ended for name, ended in cloud.ended if name == function]
    environment = cloud.environment(function)
    init, most = environment.init_seconds, environment.most_megabytes
    REPORTED.append(
        f"{function:<20} init {1000 * init:4.0f} ms, first call {1000 * (first.seconds - init):4.0f} ms, "
        f"second call {1000 * second.seconds:4.0f} ms, {most} MB of {environment.function.megabytes}"
    )
    assert environment.most_megabytes < environment.function.megabytes
    assert len(json.dumps(second.response)) < MAXIMUM_RESPONSE_BYTES


def test_every_module_finds_all_that_it_imports_in_the_layers_and_the_runtime() -> None:
    path = f"{DEPENDENCIES}:{REPUTATION}:{runtime_packages()}"
    ran = subprocess.run(  # noqa: S603 - our own
        [PYTHON, "-S", "-B", "-c", IMPORT_ALL],
        env={"PYTHONPATH": path, "AWS_DEFAULT_REGION": "eu-west-1", "POWERTOOLS_SERVICE_NAME": "test"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not ran.stderr
    files = [Path(file) for file in json.loads(ran.stdout)]
    assert sum(file.is_relative_to(REPUTATION) for file in files) > 100


def test_the_dependencies_of_this_machine_are_those_of_the_layer() -> None:
    def packages(folder: Path) -> set[str]:
        return {path.name for path in folder.glob("*.dist-info")}

    assert packages(DEPENDENCIES) == packages(BUILT / "DependenciesLayer" / "python")
