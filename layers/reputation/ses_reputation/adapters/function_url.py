"""A function URL that IAM protects: requests are signed, so that the function knows who calls."""

import json
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError, NoRegionError
from botocore.httpsession import URLLib3Session
from botocore.session import get_session
from botocore.utils import get_environ_proxies

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# operate's own timeout is 30 s, and what it was asked to do must not be in doubt.
READ_TIMEOUT = 40
CONNECT_TIMEOUT = 5


class FunctionUrlFailed(RuntimeError):
    """A function URL answered with something that the function did not say; the text says what, and what to do."""


class FunctionUrl:
    """The URL of the function with this name or ARN."""

    def __init__(self, client: "LambdaClient", function: str) -> None:
        self._client = client
        self._function = function

    def post(self, document: object) -> tuple[int, dict[str, Any]]:
        """Send a document as JSON, signed with the user's own credentials: the HTTP status, and the answer.

        FunctionUrlFailed if the function did not answer.
        """
        # https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
        url = self._client.get_function_url_config(FunctionName=self._function)["FunctionUrl"]
        session = get_session()
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        region = self._client.meta.region_name
        if region is None:
            raise NoRegionError
        request = AWSRequest(
            method="POST", url=url, data=msgspec.json.encode(document), headers={"content-type": "application/json"}
        )
        SigV4Auth(credentials.get_frozen_credentials(), "lambda", region).add_auth(request)
        # A proxy and certificates of one's own are found where boto3 finds them.
        http = URLLib3Session(
            verify=session.get_config_variable("ca_bundle") or True,
            proxies=get_environ_proxies(url),
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),  # type: ignore[arg-type] # the stubs know of one number only
        )
        response = http.send(request.prepare())
        status: int = response.status_code
        try:
            answer = json.loads(response.text)
        except ValueError:
            answer = None
        if status == 403:
            # https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
            raise FunctionUrlFailed(
                "AWS denied the call to these credentials: they need lambda:InvokeFunctionUrl and "
                f"lambda:InvokeFunction on {self._function}"
            )
        if not isinstance(answer, dict) or "Message" in answer:
            raise FunctionUrlFailed(f"the function failed (HTTP {status}): its log says why")
        return status, answer
