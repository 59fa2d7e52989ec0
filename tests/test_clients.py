"""Clients are made of what botocore knows of the services, and not before they are needed."""

import sys
from pathlib import Path
from subprocess import run

import pytest
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader

from ses_reputation.adapters import clients
from ses_reputation.adapters.service_models import QuickLoader


@pytest.mark.parametrize("kind", ["service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1"])
def test_of_a_service_the_same_is_read_as_botocore_reads(kind: str) -> None:
    assert QuickLoader().load_service_model("dynamodb", kind) == Loader().load_service_model("dynamodb", kind)


@pytest.mark.parametrize("name", ["endpoints", "partitions", "_retry", "sdk-default-configuration"])
def test_the_same_is_read_of_what_concerns_all_services(name: str) -> None:
    assert QuickLoader().load_data(name) == Loader().load_data(name)


def test_the_members_of_a_shape_keep_their_order() -> None:
    shapes = QuickLoader().load_service_model("sqs", "service-2")["shapes"]
    theirs = Loader().load_service_model("sqs", "service-2")["shapes"]
    assert [list(shape.get("members", ())) for shape in shapes.values()] == [
        list(shape.get("members", ())) for shape in theirs.values()
    ]


def test_a_service_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownServiceError, match="dynamodb, dynamodbstreams"):
        QuickLoader().load_service_model("carrier-pigeon", "service-2")


def test_a_service_has_no_file_of_a_type_that_botocore_has_not() -> None:
    with pytest.raises(DataNotFoundError):
        QuickLoader().load_service_model("sts", "waiters-2")


def test_a_client_is_made_when_it_is_first_called_and_once() -> None:
    made: list[str] = []

    def make() -> str:
        made.append("a client")
        return "a client"

    client = clients.when_needed(make)
    assert not made
    assert client.upper() == "A CLIENT"
    assert client.title() == "A Client"
    assert made == ["a client"]


@pytest.mark.parametrize(
    ("module", "spared"),
    [
        ("ses_reputation.wiring", {"boto3"}),
        ("functions.record_feedback.handler", {"boto3", "ses_reputation.wiring", "ses_reputation.evaluate"}),
    ],
    ids=["no function imports boto3", "record_feedback imports nothing of what only others need"],
)
def test_a_cold_start_is_spared(module: str, spared: set[str]) -> None:
    code = f"import sys, {module}; sys.exit(' '.join({spared} & set(sys.modules)))"
    environment = {"PATH": "", "POWERTOOLS_SERVICE_NAME": "test", "PYTHONPATH": str(Path(__file__).parents[1])}
    ran = run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert ran.stderr.split() == []
