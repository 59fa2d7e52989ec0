"""The environment variables that AWS's libraries read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ses_reputation.adapters import clients


@contextmanager
def no_other_aws(region: str) -> Iterator[None]:
    """Until the block ends, the environment has none of the shell's AWS settings: no credentials, profile, endpoint or
    configuration file of the user's can reach anything.
    """
    ours = {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # moto knows no endpoints with an account id in them.
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    }
    # TEST_SERVER_MODE and MOTO_ change what moto does.
    theirs = [name for name in os.environ if name.startswith(("AWS_", "MOTO_", "TEST_SERVER_MODE", "TEST_PROXY_MODE"))]
    before = {name: os.environ.get(name) for name in {*theirs, *ours}}
    for name in theirs:
        del os.environ[name]
    os.environ.update(ours)
    clients.session.cache_clear()  # it may have read others'
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        clients.session.cache_clear()
