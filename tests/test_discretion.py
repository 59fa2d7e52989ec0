"""What the failure of a function says: our own words, and of others which exception it is."""

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from ses_reputation.discretion import Failed, discreet, told
from ses_reputation.settings import SettingsError

ABOUT_JANE = "https://email.eu-west-1.amazonaws.com/v2/email/suppression/addresses/jane.roe%40x.example"
QUOTES = ClientError({"Error": {"Code": "ValidationException", "Message": "jane.roe@x.example"}}, "PutItem")


class Ours(RuntimeError):
    """An exception of a handler's own module."""


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (QUOTES, "ClientError in PutItem: ValidationException"),
        (ReadTimeoutError(endpoint_url=ABOUT_JANE), "ReadTimeoutError at email.eu-west-1.amazonaws.com"),
        (KeyError("jane.roe"), "KeyError"),
        (SettingsError("X is missing"), "SettingsError: X is missing"),
    ],
    ids=["of AWS", "of no answer", "of a library", "ours"],
)
def test_of_an_exception_what_can_hold_no_address_is_told(error: Exception, text: str) -> None:
    assert told(error) == text


@pytest.mark.parametrize("error", [QUOTES, KeyError("jane.roe")])
def test_a_function_fails_without_what_others_say(error: Exception) -> None:
    @discreet
    def handler() -> None:
        raise error

    with pytest.raises(Failed) as failed:
        handler()
    assert "jane" not in str(failed.value)
    assert (failed.value.__cause__, failed.value.__suppress_context__) == (None, True)
    assert failed.traceback[-1].name == "handler", "where it failed is to be seen"


@pytest.mark.parametrize("error", [SettingsError("X is missing"), Ours("two messages failed")])
def test_a_function_fails_in_our_own_words(error: Exception) -> None:
    @discreet
    def handler() -> None:
        raise error

    with pytest.raises(type(error)) as failed:
        handler()
    assert failed.value is error
