"""A quicker start, by a third: botocore parses a whole service model (EC2's is 11 MB) to list a service's regions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from botocore.session import Session

# What moto asks for on our way. botocore reads from the model under which name the endpoints are listed: for these it
# is the service's own.
LISTED_BY_NAME: Final = frozenset({"cloudformation", "dynamodb", "ec2", "lambda", "logs", "scheduler", "sns", "sqs"})


@contextmanager
def quick_regions() -> Iterator[None]:
    """Until the block ends, the regions of the services in LISTED_BY_NAME, the same as ever, are listed quickly."""
    with patch.object(Session, "get_available_regions", _without_model(Session.get_available_regions)):
        yield


def _without_model(get_available_regions: Callable[..., list[str]]) -> Callable[..., list[str]]:
    def regions(
        session: Any,
        service_name: str,
        partition_name: str = "aws",
        allow_non_regional: bool = False,  # noqa: FBT001, FBT002 - botocore's
    ) -> list[str]:
        if service_name not in LISTED_BY_NAME:
            return get_available_regions(session, service_name, partition_name, allow_non_regional)
        resolver = session._get_internal_component("endpoint_resolver")
        found: list[str] = resolver.get_available_endpoints(service_name, partition_name, allow_non_regional)
        return found

    return regions
