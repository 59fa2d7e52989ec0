"""What the answers to all of SES's operations are made with: refusals, pages, and what is not understood."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from ses_reputation_local.ses_account import SesAccount

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListEmailIdentities.html names no default.
MAX_PAGE_SIZE: Final = 1000
DEFAULT_PAGE_SIZE: Final = 100

Parameters = Mapping[str, Any]
Answer = dict[str, Any]
Answers = Mapping[tuple[str, str], Callable[[SesAccount, Parameters], Answer]]
"""By the service and the name of the operation."""

T = TypeVar("T")


class Refusal(Exception):
    """An error response of AWS."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class TimedOut(Exception):
    """A request that gets no answer. Whether it was carried out is another matter."""


def not_found(what: str) -> Refusal:
    """The refusal of a request about something that is not there."""
    return Refusal("NotFoundException", f"{what} does not exist.")


def refuse_others(parameters: Parameters, *understood: str) -> None:
    """Rather no answer than one to half of the question."""
    if others := parameters.keys() - understood:
        raise NotImplementedError(f"the local cloud's SES does not understand {', '.join(sorted(others))}")


def page(items: Sequence[T], parameters: Parameters, size: int) -> tuple[Sequence[T], Mapping[str, str]]:
    """The items that the request's NextToken stands for, and the token of those after them, if there are any."""
    begin = int(parameters.get("NextToken", 0))
    end = begin + size
    return items[begin:end], {"NextToken": str(end)} if end < len(items) else {}


def page_size(parameters: Parameters) -> int:
    """How many items a request wants on a page. Raises Refusal for more than SES puts on one."""
    size: int = parameters.get("PageSize") or DEFAULT_PAGE_SIZE
    if size > MAX_PAGE_SIZE:
        raise Refusal("BadRequestException", f"PageSize can be {MAX_PAGE_SIZE} at most.")
    return size
