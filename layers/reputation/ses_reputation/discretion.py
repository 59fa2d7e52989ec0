"""What the failure of a function says. Lambda writes the text of an exception into the log, and hands it on.

AWS may quote a request in its error, and a KeyError is what was looked for: whatever an exception of others says may
hold somebody's address. https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from ses_reputation.adapters.aws_errors import code_of

F = TypeVar("F", bound=Callable[..., Any])

_OURS = __name__.partition(".")[0]


class Failed(RuntimeError):
    """A function failed on an exception that is not ours: which, and in which call of AWS, without what it says."""


def discreet(handler: F) -> F:
    """Let a handler fail with texts of our own only. Where it failed is in the stack trace."""

    @wraps(handler)
    def with_own_words(*args: Any, **options: Any) -> Any:
        try:
            return handler(*args, **options)
        except Exception as error:
            if type(error).__module__.partition(".")[0] in {_OURS, handler.__module__}:
                raise
            raise Failed(_named(error)).with_traceback(error.__traceback__) from None

    wrapped: Any = with_own_words
    result: F = wrapped
    return result


def _named(error: Exception) -> str:
    kind, code = type(error).__name__, code_of(error)
    return f"{kind} in {code}" if code else kind
