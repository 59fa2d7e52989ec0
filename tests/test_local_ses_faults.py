"""Inside a local cloud, SES fails as a test wants it, and boto3 deals with it as it does with AWS."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from ses_reputation_local.environment import no_other_aws
from ses_reputation_local.ses_account import SesAccount
from ses_reputation_local.ses_calls import answered_calls

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)

ATTEMPTS = 4


@pytest.fixture
def ses() -> Iterator[SesAccount]:
    """The account of a local cloud, without the rest of the cloud."""
    with no_other_aws("eu-west-1"), answered_calls("123456789012", "eu-west-1") as account:
        account.now = NOON
        yield account


@cache
def client(service: str = "sesv2") -> Any:
    """A client that makes four attempts. Its store of retries is shared by the tests, and lasts for them."""
    retries: Any = {"mode": "standard", "total_max_attempts": ATTEMPTS}
    return boto3.client(service, region_name="eu-west-1", config=Config(retries=retries))  # type: ignore[call-overload]


def pause() -> dict[str, Any]:
    answer: dict[str, Any] = client().put_account_sending_attributes(SendingEnabled=False)
    return answer


def attempts(answer: Any) -> int:
    retries: int = answer["ResponseMetadata"]["RetryAttempts"]
    return 1 + retries


def fails(code: str) -> int:
    """Pause the account, which ends in this error: how many attempts boto3 made, and without any effect."""
    with pytest.raises(ClientError) as raised:
        pause()
    assert raised.value.response["Error"]["Code"] == code
    return attempts(raised.value.response)


# -- Errors ------------------------------------------------------------------------------------------------------------


def test_boto3_gets_through_when_a_few_requests_fail(ses: SesAccount) -> None:
    ses.fail("PutAccountSendingAttributes", "TooManyRequestsException", times=ATTEMPTS - 1)
    assert attempts(pause()) == ATTEMPTS
    assert (len(ses.calls), ses.sending_enabled) == (1, False)
    assert attempts(pause()) == 1


def test_boto3_gives_up_when_more_requests_fail_than_it_makes_attempts(ses: SesAccount) -> None:
    ses.fail("PutAccountSendingAttributes", "TooManyRequestsException", times=ATTEMPTS)
    assert fails("TooManyRequestsException") == ATTEMPTS
    assert (ses.calls, ses.sending_enabled) == ([], True)
    assert attempts(pause()) == 1


@pytest.mark.parametrize(
    ("code", "status", "tried_again"),
    [
        ("TooManyRequestsException", 429, True),
        ("ThrottlingException", 400, True),
        ("InternalServiceError", 500, True),
        ("ServiceUnavailable", 503, True),
        ("AccessDeniedException", 403, False),
        ("NotFoundException", 404, False),
        ("BadRequestException", 400, False),
    ],
)
def test_boto3_tries_again_only_after_an_error_that_may_pass(
    ses: SesAccount, code: str, status: int, tried_again: bool
) -> None:
    ses.fail("PutAccountSendingAttributes", code)
    with pytest.raises(ClientError) as raised:
        pause()
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert attempts(raised.value.response) == (ATTEMPTS if tried_again else 1)


def test_a_final_error_is_that_of_whole_calls_however_often_boto3_tries(ses: SesAccount) -> None:
    ses.fail("PutAccountSendingAttributes", "TooManyRequestsException", times=2, final=True)
    assert fails("TooManyRequestsException") == fails("TooManyRequestsException") == ATTEMPTS
    assert attempts(pause()) == 1


def test_errors_come_in_the_order_in_which_they_were_asked_for(ses: SesAccount) -> None:
    ses.fail("PutAccountSendingAttributes", "AccessDeniedException", times=1)
    ses.fail("PutAccountSendingAttributes", "InternalServiceError", times=1)
    ses.time_out("PutAccountSendingAttributes", carried_out=False, times=1)
    assert fails("AccessDeniedException") == 1
    assert attempts(pause()) == 3


def test_what_lasts_takes_the_place_of_what_was_asked_for_before(ses: SesAccount) -> None:
    ses.fail("PutAccountSendingAttributes", "InternalServiceError", times=9)
    ses.fail("PutAccountSendingAttributes", "AccessDeniedException")
    assert fails("AccessDeniedException") == fails("AccessDeniedException") == 1
    ses.fail("PutAccountSendingAttributes", "")
    assert attempts(pause()) == 1


def test_an_operation_that_fails_leaves_the_others_alone(ses: SesAccount) -> None:
    ses.fail("PutAccountSendingAttributes", "AccessDeniedException")
    assert client().get_account()["SendingEnabled"] is True


def test_the_waits_of_boto3_are_remembered_and_take_no_time(ses: SesAccount) -> None:
    ses.fail("PutAccountSendingAttributes", "TooManyRequestsException")
    fails("TooManyRequestsException")
    assert [wait <= 2**n for n, wait in enumerate(ses.faults.waits)] == [True] * (ATTEMPTS - 1)
    assert ses.now == NOON


# -- No answer ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("carried_out", [False, True], ids=["before it took effect", "after it took effect"])
def test_a_request_that_times_out_is_made_again(ses: SesAccount, carried_out: bool) -> None:
    ses.time_out("PutAccountSendingAttributes", carried_out=carried_out, times=1)
    assert attempts(pause()) == 2
    assert len(ses.calls) == (2 if carried_out else 1)


@pytest.mark.parametrize("carried_out", [False, True], ids=["before it took effect", "after it took effect"])
def test_a_call_that_times_out_for_good_may_have_been_carried_out(ses: SesAccount, carried_out: bool) -> None:
    ses.time_out("PutAccountSendingAttributes", carried_out=carried_out, times=1, final=True)
    with pytest.raises(ReadTimeoutError, match=r"amazonaws\.com"):
        pause()
    assert ses.sending_enabled is not carried_out
    assert len(ses.calls) == (ATTEMPTS if carried_out else 0)
    assert attempts(client().get_account()) == 1


# -- The pace ----------------------------------------------------------------------------------------------------------


def test_at_ses_s_pace_boto3_waits_for_the_next_second(ses: SesAccount) -> None:
    ses.pace = True
    assert [attempts(pause()) for _ in range(3)] == [1, 2, 2]
    assert len(ses.calls) == 3


def test_at_ses_s_pace_a_call_a_second_is_never_refused(ses: SesAccount) -> None:
    ses.pace = True
    for second in range(3):
        ses.now = NOON + second * SECOND
        assert attempts(pause()) == 1
        assert attempts(client().get_account()) == 1, "each operation has a pace of its own"


def test_at_ses_s_pace_whoever_makes_one_attempt_is_refused(ses: SesAccount) -> None:
    ses.pace = True
    pause()
    hasty = boto3.client("sesv2", region_name="eu-west-1", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(hasty.exceptions.TooManyRequestsException):
        hasty.put_account_sending_attributes(SendingEnabled=True)
    assert ses.sending_enabled is False
    ses.now = NOON + SECOND
    hasty.put_account_sending_attributes(SendingEnabled=True)


def test_the_first_version_of_ses_has_its_own_word_for_too_fast(ses: SesAccount) -> None:
    ses.pace = True
    client("ses").get_send_statistics()
    ses.fail("GetSendStatistics", "Throttling", times=ATTEMPTS - 1)
    assert attempts(client("ses").get_send_statistics()) == ATTEMPTS
    hasty = boto3.client("ses", region_name="eu-west-1", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError, match="Throttling"):
        hasty.get_send_statistics()


def test_what_ses_lets_through_faster_is_let_through(ses: SesAccount) -> None:
    ses.pace = True
    for _ in range(5):
        assert attempts(client("cloudwatch").list_metrics(Namespace="AWS/SES")) == 1


def test_without_a_pace_nothing_is_too_fast(ses: SesAccount) -> None:
    assert [attempts(pause()) for _ in range(5)] == [1] * 5
