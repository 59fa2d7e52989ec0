"""What several commands take as arguments, and how it is read."""

import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from inspect import cleandoc
from math import isfinite
from textwrap import fill
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem
from msgspec import Struct

from ses_reputation.domain.scopes import FORMS, parse_scope

if TYPE_CHECKING:
    from ses_reputation.domain.scopes import Scope

F = TypeVar("F", bound=Callable[..., Any])

_AGO = re.compile(r"(\d{1,6})\s*([mhdw])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

# Completion must not wait for the rest of the domain; a test holds these lists against it.
CATEGORIES = (
    "bounce-rate",
    "complaint-rate",
    "anti-spam-organization",
    "direct-feedback",
    "domain-blocklist",
    "internal-review",
    "mailbox-provider",
    "recipient-feedback",
    "related-account",
    "spamtrap",
    "vulnerable-site",
    "other",
)
REPORTED = CATEGORIES[2:]
SCOPES = tuple(FORMS.values())
DECISIONS = ("accept", "refuse", "lift", "extend", "shutdown", "reinstate", "make-permanent", "confirm", "dismiss")


class _ScopeType(click.ParamType["Scope"]):
    name = "scope"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> "Scope":
        try:
            return parse_scope(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        del ctx, param
        kinds = ("".join(form.partition("/")[:2]) for form in SCOPES)
        return [CompletionItem(kind) for kind in kinds if kind.startswith(incomplete)]


class Moment(Struct, frozen=True):
    """A time, or how long ago: `ago` before whenever now is."""

    time: datetime | None = None
    ago: timedelta = timedelta()

    def at(self, now: datetime) -> datetime:
        """The time that is meant."""
        return self.time or now - self.ago


class _MomentType(click.ParamType[Moment]):
    """A date, a time with or without a zone (UTC), or how long ago: `90m`, `12h`, `7d`, `2w`."""

    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Moment:
        try:
            if ago := _AGO.fullmatch(value):
                return Moment(ago=int(ago[1]) * _UNITS[ago[2]])
            time = datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time: 2026-03-06, 2026-03-06T12:00Z, 12h or 7d (ago)", param, ctx)
        return Moment(time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC))


class _AddressType(click.ParamType[str]):
    """One e-mail address, which becomes lower case, as SES's are in receipts; `-` reads it from standard input."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from ses_reputation.domain.recipients import read_address  # noqa: PLC0415 - help must not wait for it

        try:
            return read_address(sys.stdin.readline() if value == "-" else value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _SecretType(click.ParamType[str]):
    """The name or ARN of a secret."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.strip():
            self.fail("a secret has a name", param, ctx)
        return value


class _Word(click.Choice[str]):
    """One of several words; underscores do for hyphens."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(value.replace("_", "-"), param, ctx)


class Whole(click.IntRange):
    """A whole number within a range. What is none is called so in a user's words, and not a bad range."""

    name = "integer"


class Number(click.FloatRange):
    """A finite number within a range, of which the same holds."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Fail for any other, also for `nan`, which click does not find to be out of any range."""
        number: float = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value!r} is not a valid {self.name}.", param, ctx)
        return number


def with_words(**lists: Sequence[str]) -> Callable[[F], F]:
    """Put each of these lists into the help of a command, where its docstring has the list's name in braces.

    It has to be the only thing in its line, in a part that click does not wrap, since it wraps at hyphens, too.
    """
    wrapped = {
        name: fill(", ".join(words), 76, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
        for name, words in lists.items()
    }

    def put(command: F) -> F:
        command.__doc__ = cleandoc(command.__doc__ or "").format(**wrapped)
        return command

    return put


LISTED = 25
"""Scopes that a table shows, the worst, unless all of them are asked for."""

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on standard output, and nothing else."
)
"""`--json`, of every command that tells something."""

ADDRESS = _AddressType()
SECRET = _SecretType()
SCOPE = _ScopeType()
MOMENT = _MomentType()
CATEGORY = _Word(CATEGORIES)
REPORTED_CATEGORY = _Word(REPORTED)


def period(now: datetime, since: Moment | None, until: Moment | None) -> tuple[datetime, datetime]:
    """From when, and until before when: the last 30 days if nothing else is said."""
    # What has just happened has happened before now, whatever the seconds of two clocks.
    end = until.at(now) if until else now + timedelta(minutes=1)
    return since.at(now) if since else min(now, end) - timedelta(days=30), end
