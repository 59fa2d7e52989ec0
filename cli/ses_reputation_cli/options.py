"""Options that several commands have."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

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
