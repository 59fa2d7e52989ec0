"""What went wrong between this machine and AWS, in a line for the person whose credentials were used."""

from collections.abc import Mapping
from http import HTTPStatus

from botocore import exceptions as botocore_errors
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

AwsError = (BotoCoreError, ClientError, ResponseParserError)
"""Everything that boto3 raises. What can not be read of an answer is no BotoCoreError."""

_EXPIRED = "your AWS credentials have expired: sign in again (for IAM Identity Center: aws sso login)"
_UNKNOWN = "AWS does not know these credentials: check AWS_PROFILE, or the keys in the environment"

# Each API spells them its own way.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html
# https://docs.aws.amazon.com/ses/latest/APIReference/CommonErrors.html
# https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "NotAuthorized"}
)
_NO_TABLE = "ResourceNotFoundException"
_GONE = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        _NO_TABLE,
    }
)
_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
    }
)
_CREDENTIALS: Mapping[str, str] = {
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": "AWS says that the request has expired: the credentials have, or this machine's clock is wrong",
    "InvalidClientTokenId": _UNKNOWN,
    "UnrecognizedClientException": _UNKNOWN,
    "InvalidAccessKeyId": _UNKNOWN,
    "SignatureDoesNotMatch": "AWS does not accept the secret key that belongs to these credentials",
    "MissingAuthenticationToken": _UNKNOWN,
    "InvalidSignatureException": "AWS does not accept the signature: the secret key, or this machine's clock, is wrong",
}


def may_pass(error: ClientError) -> bool:
    """Whether the same call may work later: AWS is asked too much, or something is wrong on its side."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error.response.get("Error", {}).get("Code") in _THROTTLED or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def explained(error: BotoCoreError | ClientError | ResponseParserError) -> str:
    """What is wrong, and what to do about it where that is known. One line."""
    return " ".join((_refusal(error) if isinstance(error, ClientError) else _failure(error)).split())


def denied_operation(error: BotoCoreError | ClientError | ResponseParserError) -> str | None:
    """The call that these credentials may not make, such as `GetTopicAttributes`; None if that is not what is wrong."""
    return error.operation_name if isinstance(error, ClientError) and _code(error) in _DENIED else None


def is_gone(error: BotoCoreError | ClientError | ResponseParserError) -> bool:
    """Whether what was asked about does not exist."""
    return isinstance(error, ClientError) and _code(error) in _GONE


def is_throttled(error: BotoCoreError | ClientError | ResponseParserError) -> bool:
    """Whether AWS refused since it is asked too much."""
    return isinstance(error, ClientError) and _code(error) in _THROTTLED


def is_for_all(error: BotoCoreError | ClientError | ResponseParserError) -> bool:
    """Whether any other call of the same kind would fail like this one, as when permission or credentials are missing;
    what is wrong with one thing may be right with another.
    """
    if not isinstance(error, ClientError):
        return True
    return _code(error) in _DENIED | _THROTTLED | _CREDENTIALS.keys()


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _refusal(error: ClientError) -> str:
    details = error.response.get("Error", {})
    code, message = details.get("Code", ""), details.get("Message", "")
    if code in _DENIED:
        # The message of most services names the action as IAM writes it; this one always names it.
        return f"AWS denied {error.operation_name} to these credentials: {message or code}"
    if code in _THROTTLED:
        return f"AWS is asked too much and refused {error.operation_name}: try again in a minute"
    if code in _CREDENTIALS:
        return _CREDENTIALS[code]
    refused = f"AWS refused {error.operation_name}: {message or 'without a reason'} ({code or 'no code'})"
    # DynamoDB does not say which table.
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
    return f"{refused}: the stack, or this part of it, may have been deleted" if code == _NO_TABLE else refused


def _failure(error: BotoCoreError | ResponseParserError) -> str:
    match error:
        case ResponseParserError():
            return "what answered is not AWS, or was cut off: look at proxies and AWS_ENDPOINT_URL, and try again"
        case botocore_errors.NoCredentialsError():
            return "there are no AWS credentials: set AWS_PROFILE, or sign in (aws configure, aws sso login)"
        case botocore_errors.NoRegionError():
            return "no AWS region is chosen: set --region, AWS_REGION, or the region of your profile"
        case botocore_errors.TokenRetrievalError() | botocore_errors.UnauthorizedSSOTokenError():
            return _EXPIRED
        case botocore_errors.SSOTokenLoadError():
            return "you are not signed in: aws sso login"
        case _:
            return str(error)
