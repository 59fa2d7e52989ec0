"""What several commands have in common: options, and how errors are told."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct

if TYPE_CHECKING:
    from ses_reputation_local.cloud import LocalCloud
    from ses_reputation_local.replay import Playback

# Any address: nothing leaves this process.
_SUBSCRIBER = "you@example.com"

F = TypeVar("F", bound=Callable[..., Any])


class Setting(Struct, frozen=True):
    """An option that sets a parameter of template.yaml. A repeatable one makes a list of its values."""

    option: str
    parameter: str
    metavar: str
    help: str
    repeatable: bool = False


# Every parameter that changes a rate, or what a rate may be. template.yaml checks the values, as CloudFormation does.
SETTINGS = (
    Setting("--profile", "Profile", "NAME", "Limits that SES states: classic, or current."),
    Setting(
        "--limit", "CustomLimits", "LIMIT", "A limit of your own, such as tenant.bounce.limit=4%.", repeatable=True
    ),
    Setting("--volume-source", "VolumeSource", "NAME", "send-events, delivery-events or statistics."),
    Setting("--representative-volume", "RepresentativeVolume", "N", "Recipients that fill a window."),
    Setting("--minimum-volume", "MinimumVolume", "N", "Recipients without which nothing is judged."),
    Setting("--minimum-bounces", "MinimumBounces", "N", "Hard bounces without which no status gets worse."),
    Setting("--minimum-complaints", "MinimumComplaints", "N", "Complaints without which no status gets worse."),
    Setting("--oldest-mail-days", "OldestMailDays", "DAYS", "Age at which mail drops out of a rate."),
    Setting(
        "--feedback-provider",
        "FeedbackProviders",
        "NAME",
        "A mailbox provider, or a domain, that sends complaints back.",
        repeatable=True,
    ),
    Setting(
        "--silent-provider",
        "SilentProviders",
        "NAME",
        "A mailbox provider, or a domain, that sends no complaints back.",
        repeatable=True,
    ),
    Setting("--unproven-providers", "UnprovenProviders", "RULE", "learned, included or excluded."),
    Setting(
        "--feedback-share", "FeedbackShare", "PERCENT", "Share of mail in SES's statistics that can be complained of."
    ),
    Setting(
        "--mailbox-provider",
        "MailboxProviders",
        "DOMAIN=NAME",
        "A domain, and the mailbox provider it belongs to.",
        repeatable=True,
    ),
    Setting("--tenant-tag", "TenantTag", "TAG", "The message tag that names the tenant."),
    Setting("--scope-tag", "ScopeTags", "TAG", "A message tag whose values are scopes.", repeatable=True),
    Setting("--maximum-scopes", "MaximumScopes", "N", "Scopes of one kind that are counted apart in a month."),
)

_GIVEN = "ses_reputation_cli.parameters"


def setting_options(command: F) -> F:
    """Options for what changes a rate, and `--parameter NAME=VALUE` for any parameter of template.yaml.

    The command gets `parameters`, by their names in the template, and `identities`.
    """

    @wraps(command)
    def with_parameters(*args: Any, parameters: dict[str, str], **options: Any) -> Any:
        given: dict[str, str] = click.get_current_context().meta.get(_GIVEN, {})
        return command(*args, parameters={**given, **parameters}, **options)

    decorated: Any = with_parameters
    for decorate in reversed([*map(_setting_option, SETTINGS), _identity_option, _parameter_option]):
        decorated = decorate(decorated)
    result: F = decorated
    return result


def _setting_option(setting: Setting) -> Callable[[F], F]:
    def keep(context: click.Context, _option: click.Parameter, value: str | Sequence[str] | None) -> None:
        if value is not None and value != ():
            text = value if isinstance(value, str) else ",".join(value)
            context.meta.setdefault(_GIVEN, {})[setting.parameter] = text

    return click.option(
        setting.option,
        metavar=setting.metavar,
        multiple=setting.repeatable,
        expose_value=False,
        callback=keep,
        help=setting.help + (" Repeatable." if setting.repeatable else ""),
    )


def _identities(_context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"([^@\s]+@)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", value):
            raise click.BadParameter(f"{value!r} is neither a domain nor an address", param=option)
    return values


_identity_option = click.option(
    "--verified-identity",
    "identities",
    metavar="DOMAIN",
    multiple=True,
    callback=_identities,
    help="A domain or address that is verified in the account: mail to it is in no rate. Repeatable.",
)


def _parameters(_context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    parameters = {}
    for value in values:
        name, equals, setting = value.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{value!r} is not NAME=VALUE", param=option)
        parameters[name] = setting
    return parameters


# As in `sam deploy --parameter-overrides`.
_parameter_option = click.option(
    "-P",
    "--parameter",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_parameters,
    help="Set any parameter of template.yaml, such as ProbationDays=14. Repeatable.",
)


@contextmanager
def errors_for_people() -> Iterator[None]:
    """For a block that uses the local cloud: tell what is wrong with an argument as a usage error (exit code 2), and a
    function's failure, or that the local cloud is not installed, without a traceback (exit code 1).
    """
    from ses_reputation.explain import NothingCounted  # noqa: PLC0415 - help must not wait for it

    try:
        from ses_reputation_local.captures import CaptureError  # noqa: PLC0415
        from ses_reputation_local.replay import ReplayFailed  # noqa: PLC0415
        from ses_reputation_local.stories import StoryError  # noqa: PLC0415
        from ses_reputation_local.template import ParameterError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        from ses_reputation_cli.installation import requirement  # noqa: PLC0415

        raise click.ClickException(
            f"the local cloud is not installed ({error.name} is missing); "
            f"this installs it, too: pipx install --force {quote(requirement('local'))}"
        ) from error

    try:
        yield
    except (CaptureError, StoryError, ParameterError) as error:
        raise click.UsageError(str(error)) from error
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise click.UsageError(f"{error.filename}: {error.strerror}") from error
    except (ReplayFailed, NothingCounted) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def local_cloud(parameters: dict[str, str], address: str | None = None) -> "Iterator[LocalCloud]":
    """A local cloud with these parameters, which is gone when the block ends. Somebody is subscribed.

    If it will be served, its function URLs begin with `address`.
    """
    from ses_reputation_local.cloud import LocalCloud  # noqa: PLC0415 - help must not wait for it

    with LocalCloud({"NotificationEmail": _SUBSCRIBER, **parameters}, address=address) as cloud:
        yield cloud


@contextmanager
def local_playback(parameters: dict[str, str], identities: Sequence[str] = ()) -> "Iterator[Playback]":
    """A playback on a local cloud with these parameters, which is gone when the block ends."""
    from ses_reputation_local.replay import Playback  # noqa: PLC0415 - help must not wait for it

    with local_cloud(parameters) as cloud:
        yield Playback(cloud, identities)
