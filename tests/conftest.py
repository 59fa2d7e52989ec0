"""What the tests share."""

import gc

import pytest
from hypothesis import Phase, settings

from tests.least_privilege import LeastPrivilege

# The machines that run this are shared: an example that is slow there is no failure.
settings.register_profile("project", deadline=None)
# Where the tests are run again and again, and must say the same each time: tests/measure. That a test fails is enough
# there: looking for the smallest example takes minutes.
settings.register_profile(
    "measure",
    deadline=None,
    derandomize=True,
    max_examples=10,
    stateful_step_count=15,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("project")

# The models of botocore and moto are a million objects that stay: going through them again and again to find garbage
# takes a quarter of all time.
gc.set_threshold(50_000, 20, 100)


def pytest_configure(config: pytest.Config) -> None:
    """Whatever is run, no function may do what its role does not allow."""
    config.pluginmanager.register(LeastPrivilege())


def pytest_collection_finish() -> None:
    """Whatever was imported is kept for good."""
    gc.collect()
    gc.freeze()
