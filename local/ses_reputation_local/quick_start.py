"""A quicker start: botocore parses a whole service model (EC2's is 11 MB) to list a service's regions, and every new
session parses anew the models of the services that it talks to.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

from botocore.loaders import Loader
from botocore.session import Session

# What moto asks for on our way. botocore reads from the model under which name the endpoints are listed: for these it
# is the service's own.
LISTED_BY_NAME: Final = frozenset(
    {"cloudformation", "dynamodb", "ec2", "events", "iam", "lambda", "logs", "scheduler", "sns", "sqs", "ssm"}
)


@contextmanager
def quick_regions() -> Iterator[None]:
    """Until the block ends, the regions of the services in LISTED_BY_NAME, the same as ever, are listed quickly."""
    with patch.object(Session, "get_available_regions", _without_model(Session.get_available_regions)):
        yield


@contextmanager
def kept_models() -> Iterator[None]:
    """Until the block ends, what botocore's loaders read from its files is what they read before in this process.

    A session keeps it, too, but moto throws the session away whenever a mock begins. botocore does not change it.
    """
    with ExitStack() as stack:
        for name, kept in _KEPT.items():
            stack.enter_context(patch.object(Loader, name, kept))
        yield


def _kept(name: str) -> Callable[..., Any]:
    read = getattr(Loader, name)
    known: dict[object, Any] = {}

    def once(loader: Loader, *args: Any, **options: Any) -> Any:
        key = (tuple(loader.search_paths), args, tuple(sorted(options.items())))
        if key not in known:
            known[key] = read(loader, *args, **options)
        return known[key]

    return once


_KEPT: Final = {name: _kept(name) for name in ("load_service_model", "load_data", "load_data_with_path")}


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
