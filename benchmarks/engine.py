"""MiniStack, for what is measured on an engine with real transactions."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.sessions import new_session
from tests.engine.server import CREDENTIALS, REGION, Engine, running


@contextmanager
def at_engine(name: str, application: str = "ministack.app:app") -> Iterator[Engine]:
    """A MiniStack of one's own, and all clients of this process at it, until the block ends."""
    before = dict(os.environ)
    with running(name, application) as engine:
        os.environ.update({**CREDENTIALS, "AWS_ENDPOINT_URL": engine.endpoint, "AWS_DEFAULT_REGION": REGION})
        new_session()
        try:
            yield engine
        finally:
            os.environ.clear()
            os.environ.update(before)
            new_session()
