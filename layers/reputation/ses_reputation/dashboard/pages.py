"""Which page is asked for, and the fields by which a link or a form asks for it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from ses_reputation.domain.lifecycle import Status
from ses_reputation.domain.scopes import MAX_SCOPE, Scope, ScopeKind, parse_scope

E = TypeVar("E", bound=StrEnum)

DAYS = (7, 30, 90)
"""How many days the charts of a scope can show."""

_DEFAULT_DAYS = 30
_MOST_PAGES = 1_000_000
_LONGEST = 1_000


class PageNotFound(ValueError):
    """There is no such page; the text says what is wrong with what was asked for."""


class OverviewPage(Struct, frozen=True):
    """The account and all scopes, the worst first: those of one kind or status, or with `search` in their names.

    `number` is which page of them, from 1 on.
    """

    kind: ScopeKind | None = None
    status: Status | None = None
    search: str = ""
    number: int = 1


class ScopePage(Struct, frozen=True):
    """All about one scope, with charts of so many days."""

    scope: Scope
    days: int = _DEFAULT_DAYS


class ReviewsPage(Struct, frozen=True):
    """What waits for a person, the longest first. `number` is which page of it, from 1 on."""

    number: int = 1


Page = OverviewPage | ScopePage | ReviewsPage


def read_page(fields: Mapping[str, object]) -> Page:
    """The page that these fields ask for, the overview if they name none; PageNotFound.

    An empty field is as good as none: so comes what nobody filled in.
    """
    name = _text(fields, "page") or "overview"
    match name:
        case "overview":
            return OverviewPage(
                kind=_one_of(ScopeKind, fields, "kind"),
                status=_one_of(Status, fields, "status"),
                search=_text(fields, "search").strip(),
                number=_number(fields),
            )
        case "scope":
            return ScopePage(_scope(fields), _days(fields))
        case "reviews":
            return ReviewsPage(_number(fields))
        case _:
            raise PageNotFound(f"there is no page {name!r}; there are overview, scope and reviews")


def fields_of(page: Page) -> dict[str, str]:
    """The fields that ask for a page, without those that say nothing."""
    match page:
        case OverviewPage():
            fields = {"kind": page.kind or "", "status": page.status or "", "search": page.search}
            return {"page": "overview", **{name: str(text) for name, text in fields.items() if text}, **_nth(page)}
        case ScopePage():
            return {"page": "scope", "scope": page.scope, "days": str(page.days)}
        case ReviewsPage():
            return {"page": "reviews", **_nth(page)}


def _nth(page: OverviewPage | ReviewsPage) -> dict[str, str]:
    return {"number": str(page.number)} if page.number > 1 else {}


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int) or len(text := str(value)) > _LONGEST:
        raise PageNotFound(f"{name} is no text of at most {_LONGEST:,} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        # JSON can have half a character, which no page and no key can.
        raise PageNotFound(f"{name} {text!a} is no text") from None
    return text


def _one_of(members: type[E], fields: Mapping[str, object], name: str) -> E | None:
    text = _text(fields, name)
    if not text:
        return None
    try:
        return members(text)
    except ValueError:
        raise PageNotFound(f"{name} {text!r} is none of {', '.join(members)}") from None


def _scope(fields: Mapping[str, object]) -> Scope:
    text = _text(fields, "scope")
    if len(text.encode()) > MAX_SCOPE:
        raise PageNotFound(f"a scope has at most {MAX_SCOPE:,} bytes")
    try:
        return parse_scope(text)
    except ValueError as error:
        raise PageNotFound(str(error)) from None


def _days(fields: Mapping[str, object]) -> int:
    days = _whole(fields, "days", _DEFAULT_DAYS)
    if days not in DAYS:
        raise PageNotFound(f"days is none of {', '.join(map(str, DAYS))}")
    return days


def _number(fields: Mapping[str, object]) -> int:
    number = _whole(fields, "number", 1)
    if not 1 <= number <= _MOST_PAGES:
        raise PageNotFound("number is none that a page can have")
    return number


def _whole(fields: Mapping[str, object], name: str, default: int) -> int:
    text = _text(fields, name)
    try:
        return int(text) if text else default
    except ValueError:
        raise PageNotFound(f"{name} {text!r} is no whole number") from None
