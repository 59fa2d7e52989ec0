"""The deployed stack, for the commands that look at it or change it with the user's AWS credentials."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct

if TYPE_CHECKING:
    from ses_reputation_cli.deployed_stack import DeployedStack

F = TypeVar("F", bound=Callable[..., Any])


class Stack(Struct, frozen=True):
    """Which stack: its name, and its region; None is the one of the user's profile."""

    name: str
    region: str | None


def deployment_options(command: F) -> F:
    """`--stack-name` and `--region`. The command gets `stack`."""

    @wraps(command)
    def with_stack(*args: Any, stack_name: str, region: str | None, **options: Any) -> Any:
        return command(*args, stack=Stack(stack_name, region or None), **options)

    decorated: Any = with_stack
    for decorate in (_region_option, _stack_name_option):
        decorated = decorate(decorated)
    result: F = decorated
    return result


_stack_name_option = click.option(
    "--stack-name",
    metavar="NAME",
    default="ses-reputation",
    show_default=True,
    envvar="SES_REPUTATION_STACK",
    show_envvar=True,
    help="The deployed stack.",
)

# boto3 alone would not look at AWS_REGION, which comes first for AWS's own command.
# https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
_region_option = click.option(
    "--region",
    metavar="REGION",
    envvar=("AWS_REGION", "AWS_DEFAULT_REGION"),
    show_envvar=True,
    help="The stack's AWS region. Default: that of your profile.",
)


@contextmanager
def deployed(stack: Stack) -> "Iterator[DeployedStack]":
    """The deployed stack, for a block that uses it; what goes wrong is told in one line (exit code 1)."""
    # Help must not wait for these.
    from ses_reputation.adapters.clients import unusable_endpoint, unusable_profile_endpoint  # noqa: PLC0415
    from ses_reputation.connect import NotAtSes  # noqa: PLC0415
    from ses_reputation.explain import NothingCounted  # noqa: PLC0415
    from ses_reputation.restore import NothingRestored  # noqa: PLC0415
    from ses_reputation_cli.deployed_stack import DeployedStack, FindingNotFound  # noqa: PLC0415

    if name := unusable_endpoint(os.environ):
        raise click.ClickException(f"{name} is no URL such as http://127.0.0.1:4566: {os.environ[name]!r}")
    with aws_errors_for_people():
        if problem := unusable_profile_endpoint():
            raise click.ClickException(problem)
        try:
            yield DeployedStack(stack.name, stack.region)
        except (FindingNotFound, NotAtSes, NothingCounted, NothingRestored) as error:
            raise click.ClickException(str(error)) from error


@contextmanager
def aws_errors_for_people() -> Iterator[None]:
    """Tell in one line, without a traceback, why AWS did not do what it was asked to (exit code 1)."""
    from ses_reputation.adapters.aws_errors import AwsError, explained  # noqa: PLC0415 - help must not wait for boto3
    from ses_reputation.adapters.batches import NotRead, NotWritten  # noqa: PLC0415
    from ses_reputation.adapters.deployment import DeploymentNotFound  # noqa: PLC0415
    from ses_reputation.adapters.function_url import FunctionUrlFailed  # noqa: PLC0415
    from ses_reputation.adapters.secret_texts import SecretNotRead  # noqa: PLC0415
    from ses_reputation.adapters.ses import MetricsNotRead  # noqa: PLC0415
    from ses_reputation.forget import NotForgotten  # noqa: PLC0415
    from ses_reputation.schema import TablesAreNewer  # noqa: PLC0415
    from ses_reputation.settings import SettingsError  # noqa: PLC0415

    try:
        yield
    except AwsError as error:
        raise click.ClickException(explained(error)) from error
    except (
        DeploymentNotFound,
        FunctionUrlFailed,
        MetricsNotRead,
        NotForgotten,
        NotRead,
        NotWritten,
        SecretNotRead,
        TablesAreNewer,
    ) as error:
        raise click.ClickException(str(error)) from error
    except SettingsError as error:
        raise click.ClickException(f"the stack is of another version: {error}; deploy this version") from error
