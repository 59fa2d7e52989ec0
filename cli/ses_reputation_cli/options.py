"""What several commands have in common: options, and how errors are told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ses_reputation_local.replay import Playback

# Any address: nothing leaves this process.
_SUBSCRIBER = "you@example.com"

F = TypeVar("F", bound=Callable[..., Any])


def _parameters(_context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    parameters = {}
    for value in values:
        name, equals, setting = value.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{value!r} is not NAME=VALUE", param=option)
        parameters[name] = setting
    return parameters


def parameter_option(command: F) -> F:
    """`--parameter NAME=VALUE`: a parameter of template.yaml, as in `sam deploy --parameter-overrides`."""
    return click.option(
        "-P",
        "--parameter",
        "parameters",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_parameters,
        help="Set a parameter of template.yaml, such as MinimumVolume=500. Repeatable.",
    )(command)


@contextmanager
def errors_for_people() -> Iterator[None]:
    """Tell what is wrong with an argument as a usage error (exit code 2), and a function's failure without a traceback
    (exit code 1).
    """
    from ses_reputation_local.captures import CaptureError  # noqa: PLC0415 - help must not wait for it
    from ses_reputation_local.replay import ReplayFailed  # noqa: PLC0415
    from ses_reputation_local.stories import StoryError  # noqa: PLC0415
    from ses_reputation_local.template import ParameterError  # noqa: PLC0415

    try:
        yield
    except (CaptureError, StoryError, ParameterError) as error:
        raise click.UsageError(str(error)) from error
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise click.UsageError(f"{error.filename}: {error.strerror}") from error
    except ReplayFailed as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def local_playback(parameters: dict[str, str]) -> "Iterator[Playback]":
    """A playback on a local cloud with these parameters, which is gone when the block ends. Somebody is subscribed."""
    from ses_reputation_local.cloud import LocalCloud  # noqa: PLC0415 - help must not wait for it
    from ses_reputation_local.replay import Playback  # noqa: PLC0415

    with LocalCloud({"NotificationEmail": _SUBSCRIBER, **parameters}) as cloud:
        yield Playback(cloud)
