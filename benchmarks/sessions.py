"""One session for all clients of this process: those of the adapters, and those that others make with boto3."""

from typing import TYPE_CHECKING

import boto3

from ses_reputation.adapters import clients

if TYPE_CHECKING:
    from botocore.session import Session


def new_session() -> "Session":
    """A session that clients are made of from now on. Those that there are keep the one that they came of."""
    clients.session.cache_clear()
    boto3.setup_default_session(botocore_session=clients.session())
    return clients.session()
