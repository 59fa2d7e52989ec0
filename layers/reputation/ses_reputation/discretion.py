"""What the failure of a function says. Lambda writes the text of an exception into the log, and hands it on.

AWS may quote a request in its error, and a KeyError is what was looked for: whatever an exception of others says may
hold somebody's address. https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

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
            if _is_ours(error) or type(error).__module__ == handler.__module__:
                raise
            raise Failed(told(error)).with_traceback(error.__traceback__) from None

    wrapped: Any = with_own_words
    result: F = wrapped
    return result


def told(error: Exception) -> str:
    """What may be said of an exception where addresses do not belong: all of ours, and of others which it is."""
    kind = type(error).__name__
    if _is_ours(error):
        return f"{kind}: {error}"
    # AWS's own, as botocore raises them, which nothing here but the adapters imports.
    operation, response = getattr(error, "operation_name", None), getattr(error, "response", None)
    if operation and isinstance(response, Mapping):
        return f"{kind} in {operation}: {response.get('Error', {}).get('Code', 'no code')}"
    # What did not answer. The rest of the URL may be about somebody: SES's has addresses in its path.
    details = getattr(error, "kwargs", None)
    host = urlsplit(str(details.get("endpoint_url", ""))).netloc if isinstance(details, Mapping) else ""
    return f"{kind} at {host}" if host else kind


def _is_ours(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] == _OURS
